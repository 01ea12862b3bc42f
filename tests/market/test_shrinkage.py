"""Shrinkage against scikit-learn's Ledoit–Wolf, and where histories differ in length."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.covariance import ledoit_wolf

from riskkit.market import fit
from riskkit.market.calibration._pairwise_correlation import pairs
from riskkit.market.calibration._shrinkage import prior_sample_size, shrinkage_intensity


def sample(rows: int, assets: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.01 * (rng.normal(size=(rows, 1)) + rng.standard_t(5, size=(rows, assets)))


def prior(returns: np.ndarray) -> float:
    """Of returns (row, asset) a day apart; a NaN at the start is a price that is not there yet."""
    first = np.where(np.isnan(returns[0]), np.nan, 0.0)
    late = np.isnan(returns) & ~np.isnan(np.vstack([returns[1:], returns[-1:]]))
    levels = np.vstack([first, np.where(np.isnan(returns), np.nan, np.nan_to_num(returns).cumsum(axis=0))])
    levels[1:][late] = 0.0
    dates = pd.date_range("2020-01-01", periods=len(levels))
    return prior_sample_size(pairs(levels, dates, np.ones(len(levels))))


@pytest.mark.parametrize(("rows", "assets"), [(120, 4), (60, 25), (500, 6), (40, 60)])
def test_correlation_and_share_are_those_of_scikit_learn(rows, assets):
    """ledoit_wolf of returns with mean 0 and variance 1 (n): its target is then the identity."""
    returns = sample(rows, assets)
    scores = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    expected, share = ledoit_wolf(scores)
    assert shrinkage_intensity(prior(returns), np.array(rows)) == pytest.approx(share, rel=1e-10)
    levels = np.exp(np.vstack([np.zeros(assets), returns.cumsum(axis=0)]))
    names = [f"A{asset}" for asset in range(assets)]
    prices = pd.DataFrame(levels, pd.bdate_range("2020-01-01", periods=rows + 1), names)
    found = fit(prices, expected_return=0.07)
    assert found.correlation.to_numpy() == pytest.approx(expected, rel=1e-9, abs=1e-12)
    years = (prices.index[-1] - prices.index[0]).days / 365.25
    volatility = [asset.volatility for asset in found.assets.values()]
    assert volatility == pytest.approx(returns.std(axis=0, ddof=1) * math.sqrt(rows / years), rel=1e-10)


def test_returns_that_are_told_apart_from_nothing_are_shrunk_altogether():
    """scikit-learn's share is 1 here: the squared correlation is no more than its sampling variance."""
    scores = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0], [0.0, 2.0], [2.0, 0.0], [-2.0, -2.0]])
    scores = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    assert ledoit_wolf(scores)[1] == 1.0
    assert prior(scores) == math.inf
    assert shrinkage_intensity(math.inf, np.array(7.0)) == 1.0


def test_prior_of_unequal_histories_against_hand_calculation():
    """Ten returns of A, 1 and -1 in turn; the last eight of B, as often 1 as -1, and like A's in six of them.

    All squares are 1, so the diagonals have no variance. Of the pair's eight products six are 1 and two -1: s = 1/2,
    v = 1 - 1/4, d = 1/4, and the pair counts twice. κ = 2 · 3/4 / (2 (1/4 - 3/4/8)) = 4.8, and a correlation over
    eight returns gives 4.8/12.8 = 3/8 of itself.
    """
    a = np.tile([1.0, -1.0], 5)
    b = np.array([np.nan, np.nan, 1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
    found = prior(np.column_stack([a, b]))
    assert found == pytest.approx(4.8, rel=1e-12)
    assert shrinkage_intensity(found, np.array(8.0)) == pytest.approx(3 / 8, rel=1e-12)
