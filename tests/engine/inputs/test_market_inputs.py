"""A market laid out for paths: growth and volatility of a step, and what events do to prices, by hand."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit._random.streams import Stream
from riskkit.engine.inputs.market_inputs import lay_out

MONTHLY = Calendar(2, 12)
PATHS = np.arange(8, dtype=np.uint64)
STREAMS = partial(Stream, 1)


def test_growth_and_volatility_of_a_step_by_hand():
    """(ln 1.08 - 0.3² / 2) / 12 and 0.3 / √12; under a tail the half variance follows the time that passes instead."""
    assets = {"a": rk.Asset(0.08, 0.3)}
    even = lay_out(rk.Market(assets), MONTHLY, PATHS, STREAMS)
    np.testing.assert_allclose(even.growth, [[(math.log(1.08) - 0.045) / 12]], rtol=1e-12)
    np.testing.assert_allclose(even.volatility, [[0.3 / math.sqrt(12)]], rtol=1e-12)
    uneven = lay_out(rk.Market(assets, tails=rk.StudentT(5)), MONTHLY, PATHS, STREAMS)
    np.testing.assert_allclose(uneven.growth, [[math.log(1.08) / 12]], rtol=1e-12)


@pytest.mark.parametrize(("time", "step"), [(0.01, 0), (1 / 12, 0), (0.0834, 1), (1.999, 23), (2.0, 23)])
def test_an_event_falls_on_the_end_of_its_step(time, step):
    """A month is a step; what falls on the very end of one belongs to it, and the last step is the horizon's."""
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[rk.Shock("s", 1.0, {"a": -0.4})])
    (events,) = lay_out(market, MONTHLY, PATHS, STREAMS, {"s": time}).price_events
    assert (events.step == step).all()
    np.testing.assert_allclose(events.factor, 0.6, rtol=1e-15)
    assert events.hits
    assert (events.asset, events.row, events.growth) == (0, -1, 0.0)


def test_drift_after_an_event_begins_within_its_step():
    """From 0.3 years on, that is 0.4 of month four: e^(0.12 · 0.4 / 12) there and 0.12 / 12 a month later; no hit."""
    shock = rk.Shock("s", 1.0, {"b": -0.4}, drift_after={"a": 0.12})
    market = rk.Market({"a": rk.Asset(0.0, 0.0), "b": rk.Asset(0.0, 0.0)}, shocks=[shock])
    hit, drift = lay_out(market, MONTHLY, PATHS, STREAMS, {"s": 0.3}).price_events
    assert (hit.asset, hit.hits, hit.growth) == (1, True, 0.0)
    assert (drift.asset, drift.hits) == (0, False)
    assert drift.growth == pytest.approx(0.01, rel=1e-12)
    np.testing.assert_allclose(drift.factor, math.exp(0.01 * 0.4), rtol=1e-12)


def test_the_compensator_of_a_shock_that_comes_once_is_cut_off_at_its_event():
    """At 0.3 years 0.4 of month four is left: the month's offset e^(0.6 · 0.5 / 12) is taken back for that part."""
    shock = rk.Shock("s", 0.6, {"a": -0.5}, once=True)
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[shock], compensate=True)
    (events,) = lay_out(market, MONTHLY, PATHS, STREAMS, {"s": 0.3}).price_events
    np.testing.assert_allclose(events.factor, 0.5 * math.exp(-0.6 * 0.5 * 0.4 / 12), rtol=1e-12)
    assert events.row == 1


def test_a_shock_at_a_fixed_time_is_triggered_at_no_other():
    """The source is sure to trigger the target, but for the target's time being fixed."""
    shocks = [rk.Shock("source", 5.0, {"a": -0.1}), rk.Shock("target", 0.0, {"a": -0.2})]
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[*shocks, rk.Contagion("source", "target", 0.9)])
    free = lay_out(market, MONTHLY, PATHS, STREAMS).shock_events["target"]
    assert not free.primary.any()
    assert free.time.size > PATHS.size
    assert lay_out(market, MONTHLY, PATHS, STREAMS, {"target": 0.5}).shock_events["target"].time.tolist() == [0.5] * 8


def test_opportunities_are_offset_where_the_mean_is_compensated():
    """Where the link could have triggered -20 % with probability 0.5, the price is divided by 1 - 0.5 · 0.2 = 0.9."""
    shocks = [rk.Shock("source", 0.0, {"a": -0.1}), rk.Shock("target", 0.0, {"a": -0.2})]
    link = rk.Contagion("source", "target", 0.5, delay=0.25)
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[*shocks, link], compensate=True)
    *_, offset = lay_out(market, MONTHLY, PATHS, STREAMS, {"source": 0.3}).price_events
    assert (offset.lane.tolist(), offset.hits) == (list(range(8)), False)
    np.testing.assert_allclose(offset.factor, 1.0 / 0.9, rtol=1e-12)
    np.testing.assert_allclose(offset.time, 0.55, rtol=1e-12)
    assert (offset.step == 6).all()
