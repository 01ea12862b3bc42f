"""The engine equals its slow readable twin: prices, books, trades and every column, on random scenarios."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import house, random_scenario
from twin_check import SEED, assert_equals_twin, fixed_thresholds, these_quick
from twin_events import events_of

import riskkit as rk


@pytest.fixture(autouse=True)
def thresholds():
    with fixed_thresholds():
        yield


@pytest.mark.parametrize("number", these_quick(range(21), (0, 3)))
def test_engine_equals_the_twin_on_random_scenarios(number):
    """1 … 7 holdings; 12, 52 and 252 steps a year; shocks, costs, every rule."""
    assert_equals_twin(random_scenario(number), [0, 3])


@pytest.mark.parametrize("steps_per_year", [4, 12, pytest.param(252, marks=pytest.mark.slow)])
def test_engine_equals_the_twin_on_the_house(steps_per_year):
    assert_equals_twin(house(steps_per_year=steps_per_year, years=2), [1, 200])


def test_engine_equals_the_twin_where_nothing_but_shocks_moves():
    """Volatility 0 everywhere: what is left is the algebra of events, compensators and drift changes."""
    portfolio = rk.Portfolio([rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 40)])
    shocks = [
        rk.Shock("often", 6.0, {"a": -0.1, "b": 0.05}, drift_after={"b": 0.02}),
        rk.Shock("once", 0.5, {"a": rk.Impact(-0.5, 0.1)}, once=True, drift_after={"a": -0.1}),
    ]
    for compensate in (False, True):
        market = rk.Market({"a": rk.Asset(0.1, 0), "b": rk.Asset(0.02, 0)}, shocks=shocks, compensate=compensate)
        rules = [rk.Hold(), rk.Rebalance(1), rk.Cap(0.5)]
        scenario = rk.Scenario(portfolio, market, rules, years=4, steps_per_year=12, frictions=rk.Frictions(0.02))
        assert_equals_twin(scenario, [0, 1, 2])


def test_events_of_trace_are_those_of_the_twin():
    scenario = house(rk.Hold())
    paths = [7, 2, 11]
    events = rk.trace(scenario, "hold", paths=paths, seed=SEED).events
    assert events.columns.tolist() == ["path", "shock", "time", "step"]
    for path in paths:
        twin = events_of(scenario, path, SEED)
        expected = sorted((event.time, name) for name in twin for event in twin[name])
        mine = events[events["path"] == path]
        assert mine["shock"].tolist() == [name for _, name in expected]
        np.testing.assert_allclose(mine["time"], [time for time, _ in expected], rtol=1e-13)
        assert mine["step"].tolist() == [int(np.ceil(time * 12)) for time, _ in expected]
    assert len(events) > 0
