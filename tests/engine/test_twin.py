"""The engine equals its slow readable twin: prices, books, trades and every column, on random scenarios."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import twin
from scenes import house, random_scenario
from twin_ticks import ticks_of

import riskkit as rk
from riskkit.engine import run as engine_run
from riskkit.engine.outcomes import COLUMNS

#: Rounding only: exp and log differ by an ulp from the math library's, over up to a thousand steps.
CLOSE = {"rtol": 1e-11, "atol": 1e-12}
SEED = 5


@pytest.fixture(autouse=True)
def fixed_thresholds(monkeypatch):
    """Levels that no path stands on: from the pilot, one of them may be a path's own drawdown to the last bit."""
    levels = [0.0312359, 0.101923, 0.219283, 0.340918]
    monkeypatch.setattr(
        engine_run, "placed_thresholds", lambda scenario, *rest: np.tile(levels, (len(scenario.rules), 1))
    )


def assert_equals_twin(scenario: rk.Scenario, paths: list[int]) -> None:
    result = rk.compare(scenario, paths=max(paths) + 1, seed=SEED, workers=1, progress=False)
    for row, rule in enumerate(scenario.rules):
        traced = rk.trace(scenario, rule, paths=paths, seed=SEED)
        trades = []
        for place, path in enumerate(paths):
            book, prices = twin.run(scenario, rule, path, SEED)
            told = f"rule {rule.name!r}, path {path}"
            expected = [[price[name] for name in traced.names] for price in prices]
            np.testing.assert_allclose(traced.prices[:, :, place], expected, **CLOSE, err_msg=told)
            np.testing.assert_allclose(traced.wealth[:, place], book.wealth, **CLOSE, err_msg=told)
            np.testing.assert_allclose(traced.weights[:, :, place], book.weights, **CLOSE, err_msg=told)
            trades += [(path, scenario.calendar.time(step), *trade) for step, *trade in book.trades]
            columns = twin.columns_of(scenario, book, result.outcomes.thresholds[row].tolist())
            assert sorted(columns) == sorted(COLUMNS)
            for name, value in columns.items():
                found = result.outcomes.columns[name][row, path]
                np.testing.assert_allclose(found, value, **CLOSE, err_msg=f"{told}: {name}")
        assert_same_trades(traced.trades, trades)


def assert_same_trades(found: pd.DataFrame, expected: list[tuple]) -> None:
    assert found.columns.tolist() == ["path", "time", "holding", "amount", "cost", "tax"]
    table = pd.DataFrame(expected, columns=["path", "time", "holding", "amount", "cost"])
    order = ["path", "time", "holding"]
    found, table = (frame.sort_values(order, ignore_index=True) for frame in (found, table))
    assert found[order].values.tolist() == table[order].values.tolist()
    # An amount is a difference of units, so that it is known to rounding of the holding, not of itself.
    np.testing.assert_allclose(found["amount"].astype(float), table["amount"].astype(float), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(found["cost"].astype(float), table["cost"].astype(float), rtol=1e-9, atol=1e-11)
    assert (found["tax"].astype(float) == 0.0).all()


@pytest.mark.parametrize("number", range(21))
def test_engine_equals_the_twin_on_random_scenarios(number):
    """1 … 7 holdings; 12, 52 and 252 steps a year; shocks, costs, every rule."""
    assert_equals_twin(random_scenario(number), [0, 3])


@pytest.mark.parametrize("steps_per_year", [4, 12, 252])
def test_engine_equals_the_twin_on_the_house(steps_per_year):
    assert_equals_twin(house(steps_per_year=steps_per_year, years=2), [1, 200])


def test_engine_equals_the_twin_where_nothing_but_shocks_moves():
    """Volatility 0 everywhere: what is left is the algebra of ticks, compensators and drift changes."""
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


def test_events_of_trace_are_the_ticks_of_the_twin():
    scenario = house(rk.Hold())
    paths = [7, 2, 11]
    events = rk.trace(scenario, "hold", paths=paths, seed=SEED).events
    assert events.columns.tolist() == ["path", "shock", "time", "step"]
    for path in paths:
        expected = sorted((tick.time, name) for name, ticks in ticks_of(scenario, path, SEED).items() for tick in ticks)
        mine = events[events["path"] == path]
        assert list(zip(mine["time"], mine["shock"], strict=True)) == expected
        assert mine["step"].tolist() == [int(np.ceil(time * 12)) for time, _ in expected]
    assert len(events) > 0
