"""Past returns as the kernel reads them: which rows, where paths begin, and when a block ends."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit._random.streams import Stream
from riskkit.engine.inputs.history import lay_out_history
from riskkit.market.history._replayed import Replayed

ROWS = 30
RETURNS = np.random.default_rng(4).normal(0.0, 0.03, (ROWS, 2))
PRICES = pd.DataFrame(
    100.0 * np.exp(np.vstack([np.zeros(2), RETURNS.cumsum(axis=0)])),
    pd.date_range("2020-01-01", periods=ROWS + 1, freq="7D"),
    ["a", "b"],
)
WEEKLY = Calendar(0.25, 52)  # 13 steps


def laid_out(past, paths=6_000):
    return lay_out_history(rk.Market(past), WEEKLY, np.arange(paths, dtype=np.uint64), partial(Stream, 3))


def test_a_market_without_history_has_no_past_returns():
    market = rk.Market({"a": rk.Asset(0.1, 0.2)})
    assert lay_out_history(market, WEEKLY, np.arange(4, dtype=np.uint64), partial(Stream, 3)) is None


def test_resampled_rows_are_centred_and_all_alike_likely_to_come_first():
    """Returns less the log of their mean price relative; cash moves by nothing. Chi-square with limit 6e-5."""
    inputs = laid_out(rk.Resampled(PRICES, 5.0, cash={"c": 0.02}))
    np.testing.assert_allclose(inputs.growth[:2], RETURNS.T - np.log(np.exp(RETURNS).mean(axis=0))[:, None], atol=1e-12)
    assert not inputs.growth[2].any()
    assert inputs.block_end_probability == pytest.approx(0.2, rel=1e-15)
    counts = np.bincount(inputs.start.astype(int), minlength=ROWS)
    assert ((counts - 200.0) ** 2 / 200.0).sum() < stats.chi2.isf(6e-5, ROWS - 1)


def test_replayed_paths_begin_on_one_day_after_another_and_then_at_the_first_again():
    """30 returns and 13 steps leave 18 days to begin on; what is left of a return beside the expected growth."""
    past = Replayed(PRICES)
    inputs = laid_out(past, paths=40)
    assert inputs.start.tolist() == [path % 18 for path in range(40)]
    assert inputs.block_end_probability == 0.0
    expected = np.log1p([past.assets[name].mean_return for name in "ab"]) / 52.0
    np.testing.assert_allclose(inputs.growth, (RETURNS - expected).T, atol=1e-12)
    assert set(laid_out(Replayed(PRICES, starts=7), paths=40).start.tolist()) == set(range(7))
