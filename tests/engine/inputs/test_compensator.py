"""The compensator's rows against hand calculation: what offsets the mean of each kind of shock, and what ends it."""

from __future__ import annotations

from functools import partial

import numpy as np

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit._random.streams import Stream
from riskkit.engine.inputs.market_inputs import lay_out

CALENDAR = Calendar(1, 4)
PATHS = np.arange(32, dtype=np.uint64)
ASSETS = {"a": rk.Asset(0.05, 0.0), "b": rk.Asset(0.05, 0.0)}


def rows_of(shocks, compensate=True):
    market = rk.Market(ASSETS, shocks=shocks, compensate=compensate)
    return lay_out(market, CALENDAR, PATHS, partial(Stream, 1)).compensator


def test_a_shock_that_comes_again_and_again_is_offset_at_every_step():
    """Rate 0.8 a year, -50 % on a: 0.8 / 4 · 0.5 = 0.1 a quarter, on all paths and for good."""
    rows = rows_of([rk.Shock("s", 0.8, {"a": -0.5})])
    np.testing.assert_allclose(rows.growth, [[[0.1, 0.0]] * 4], rtol=1e-12)
    assert rows.level.tolist() == [[1.0]]
    assert rows.ends == {}


def test_a_shock_that_comes_once_has_a_row_that_its_event_ends():
    rows = rows_of([rk.Shock("s", 0.8, {"a": -0.5, "b": 0.25}, once=True)])
    np.testing.assert_allclose(rows.growth, [[[0.0, 0.0]] * 4, [[0.1, -0.05]] * 4], rtol=1e-12)
    assert {key: ending.row for key, ending in rows.ends.items()} == {("s", "a"): 1, ("s", "b"): 1}


def test_an_uncertain_rate_has_a_row_an_asset_at_the_paths_own_level():
    """The row is the mean hazard, and its level the path's mean impact times its factor on the rate."""
    market = rk.Market(ASSETS, shocks=[rk.Shock("s", rk.Uncertain(0.8, 0.4), {"a": -0.5, "b": 0.2})], compensate=True)
    inputs = lay_out(market, CALENDAR, PATHS, partial(Stream, 1))
    factor = market.shocks[0].rate_factor(Stream(1, "shock s"), PATHS)
    assert len(np.unique(factor)) == 2  # 32 paths are two groups
    np.testing.assert_allclose(inputs.compensator.growth[1:, :, :].sum(axis=1), [[-0.8, 0.0], [0.0, -0.8]], rtol=1e-12)
    np.testing.assert_allclose(inputs.compensator.level[1:], [-0.5 * factor, 0.2 * factor], rtol=1e-12)


def test_what_comes_on_top_is_not_offset():
    assert rows_of([rk.Shock("s", 0.8, {"a": -0.5})], compensate=False).growth.shape == (0, 4, 2)
