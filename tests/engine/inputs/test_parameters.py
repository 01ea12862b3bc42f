"""Draws of uncertain parameters: one for 16 paths, lognormal, and shared by those that share a word."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from samples import assert_mean, kolmogorov
from scipy import stats

import riskkit as rk
from riskkit._random.streams import Stream
from riskkit.engine.inputs.parameters import asset_parameters
from riskkit.market.diffusion._uncertain import lognormal_factor, prior_scores

GROUP = 16
PATHS = np.arange(16_000, dtype=np.uint64)
STREAMS = partial(Stream, 2)


def groups(values: np.ndarray) -> np.ndarray:
    """(group, member) of 16 consecutive paths."""
    return values.reshape(-1, GROUP)


def test_a_volatility_that_is_not_known_is_lognormal():
    """Mean 0.3, sd 0.1 over the groups: the inputs say so, and the squares of daily returns, E σ² = .09 + .01."""
    market = rk.Market({"a": rk.Asset(0.0, rk.Uncertain(0.3, 0.1))})
    drawn = groups(asset_parameters(market, PATHS, STREAMS, 1.0)[1][0])
    assert (drawn == drawn[:, :1]).all()
    spread = math.sqrt(math.log1p((0.1 / 0.3) ** 2))
    assert kolmogorov(np.log(drawn[:, 0] / 0.3), stats.norm(-0.5 * spread**2, spread).cdf) < 1.0
    prices = rk.sample(market, years=1, steps_per_year=252, paths=16_000, seed=2).prices[:, 0]
    squares = groups((np.diff(np.log(prices), axis=0) ** 2).sum(axis=0)).mean(axis=1)
    assert_mean(squares / drawn[:, 0] ** 2, 1.0)
    assert_mean(squares, 0.3**2 + 0.1**2)


def test_what_is_known_needs_no_column_a_path():
    growth, volatility = asset_parameters(rk.Market({"a": rk.Asset(0.08, 0.3)}), PATHS, STREAMS, 1.0)
    np.testing.assert_allclose(growth, [[math.log(1.08)]], rtol=1e-15)
    assert volatility.tolist() == [[0.3]]


@pytest.mark.parametrize("horizon", [1.0, 10.0])
def test_growth_that_is_not_known_keeps_the_expected_price(horizon):
    """E e^(g T) = (1 + m)^T over the groups, T years on, so that an uncertain mean is not a higher one."""
    market = rk.Market({"a": rk.Asset(rk.Uncertain(0.08, 0.04), 0.2)})
    drawn = groups(asset_parameters(market, PATHS, STREAMS, horizon)[0][0])
    assert_mean(np.exp(drawn[:, 0] * horizon), 1.08**horizon)


def test_scores_are_those_of_the_stream_named_after_the_parameter():
    """The stream's normal of the group's number; parameters that share a word read one stream."""
    expected = np.repeat(Stream(2, "uncertain of rate of s").normals(np.arange(1_000), 0)[0], GROUP)
    np.testing.assert_array_equal(prior_scores(rk.Uncertain(0.1, 0.05), "rate of s", STREAMS, PATHS), expected)
    shared = rk.Uncertain(0.1, 0.05, shared="Ann")
    expected = np.repeat(Stream(2, "uncertain shared Ann").normals(np.arange(1_000), 0)[0], GROUP)
    for place in ("rate of s", "volatility of a"):
        np.testing.assert_array_equal(prior_scores(shared, place, STREAMS, PATHS), expected)


def test_a_lognormal_factor_by_hand():
    """Relative sd √(e - 1): the logarithm is normal with sd 1 and mean -1/2."""
    factor = lognormal_factor(math.sqrt(math.e - 1.0), np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_allclose(np.log(factor), [-1.5, -0.5, 1.5], rtol=1e-12)
