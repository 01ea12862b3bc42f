"""The covariance of staggered histories: Stambaugh by hand, the likelihood it maximises, semidefinite always."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.stats import multivariate_normal

from riskkit.errors import RiskkitWarning
from riskkit.market import staggered
from riskkit.market.staggered import staggered_covariance

GONE = np.nan


def sample(rows: int = 60, assets: int = 4, seed: int = 0) -> np.ndarray:
    """Correlated returns with different means and scales."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(rows, 1))
    scales = np.arange(1.0, assets + 1.0)
    return scales * (0.3 + common + rng.standard_t(5, size=(rows, assets)))


def test_two_assets_against_stambaughs_formula_by_hand():
    """A has five returns, B the last three of them.

    Over the common rows A is (1, 2, 3) and B is (0, 4, 2): deviations (-1, 0, 1) and (-2, 2, 0), so the slope is
    2/2 = 1, and what is left of B is (-1, 2, -1), with variance 6/3 = 2. All five of A have mean 1.2 and variance
    24.8/5 = 4.96. So B has variance 2 + 1² · 4.96 = 6.96 and covariance 1 · 4.96; each deviation times the root of
    n / (n - 1), 5/4 for A and 3/2 for B.
    """
    returns = np.array([[-3.0, GONE], [3.0, GONE], [1.0, 0.0], [2.0, 4.0], [3.0, 2.0]])
    common = 4.96 * np.sqrt(5 / 4 * 3 / 2)
    expected = [[4.96 * 5 / 4, common], [common, 6.96 * 3 / 2]]
    assert staggered_covariance(returns, np.ones(5)) == pytest.approx(np.array(expected), rel=1e-12)
    # The weights of a row count by their ratios only.
    assert staggered_covariance(returns, np.full(5, 7.0)) == pytest.approx(np.array(expected), rel=1e-12)


def test_two_assets_with_a_prior_by_hand():
    """The same with a prior of 3 returns.

    In units of their own deviations A is (-4.2, 1.8, -.2, .8, 1.8)/√4.96 and B is (-2, 2, 0)/√(8/3). Over the common
    three rows var A = (2/3)/4.96 = .134409, var B = 1, cov = (2/3)/√(4.96 · 8/3) = .183309. A share of 3/(3 + 3) goes
    to the prior: .567204, 1 and .091654. Slope .091654/.567204 = .161590; left 1 - .161590 · .091654 = .985190. A
    alone keeps variance 1 whatever its share. So B has .985190 + .161590² = 1.011301 of its 8/3, and 3/2 of that.
    """
    returns = np.array([[-3.0, GONE], [3.0, GONE], [1.0, 0.0], [2.0, 4.0], [3.0, 2.0]])
    found = staggered_covariance(returns, np.ones(5), 3.0)
    assert found[0, 0] == pytest.approx(4.96 * 5 / 4, rel=1e-12)
    assert found[1, 1] == pytest.approx(1.011301 * 8 / 3 * 3 / 2, rel=1e-6)
    correlation = found[0, 1] / np.sqrt(found[0, 0] * found[1, 1])
    assert correlation == pytest.approx(0.161590 / np.sqrt(1.011301), rel=1e-5)


def test_complete_histories_have_the_sample_covariance():
    returns = sample()
    assert staggered_covariance(returns, np.ones(60)) == pytest.approx(np.cov(returns, rowvar=False), rel=1e-10)


def likelihood(covariance: np.ndarray, returns: np.ndarray, prior: float, scale: np.ndarray) -> float:
    """Log likelihood of what was observed, at the likeliest mean, plus the prior's: `prior` returns of variance 1."""
    weight, pull = np.zeros_like(covariance), np.zeros(len(covariance))
    seen = [np.flatnonzero(~np.isnan(row)) for row in returns]
    for row, there in zip(returns, seen, strict=True):
        inverse = np.linalg.inv(covariance[np.ix_(there, there)])
        weight[np.ix_(there, there)] += inverse
        pull[there] += inverse @ row[there]
    mean = np.linalg.solve(weight, pull)
    told = sum(
        multivariate_normal.logpdf(row[there], mean[there], covariance[np.ix_(there, there)])
        for row, there in zip(returns, seen, strict=True)
    )
    target = np.linalg.inv(covariance) @ np.diag(scale**2)
    return float(told - 0.5 * prior * (np.linalg.slogdet(covariance)[1] + np.trace(target)))


@pytest.mark.parametrize("prior", [0.0, 20.0])
@pytest.mark.parametrize("gaps", [False, True])
def test_no_other_covariance_is_likelier(prior, gaps):
    """At a maximum the slope is 0 in every direction; scipy's normal density is the judge."""
    returns = sample()
    returns[:20, 1], returns[:35, 3] = GONE, GONE
    if gaps:
        returns[[3, 30, 40, 41], [0, 1, 3, 1]] = GONE
        returns[50:, 2] = GONE
    counts = np.count_nonzero(~np.isnan(returns), axis=0)
    scale = np.nanstd(returns, axis=0)
    # Back from n - 1 to the likelihood's n.
    undo = np.sqrt((counts - 1) / counts)
    best = staggered_covariance(returns, np.ones(60), prior) * np.outer(undo, undo)
    rng = np.random.default_rng(1)
    for _ in range(8):
        way = rng.normal(size=(4, 4))
        way = np.outer(scale, scale) * (way + way.T)
        up, here, down = (likelihood(best + step * way, returns, prior, scale) for step in (1e-3, 0.0, -1e-3))
        # A slope s and a curvature c displace the maximum by s/c steps: here by less than 1e-4 of a unit.
        assert here > max(up, down)
        assert abs(up - down) / 2e-3 < 1e-4 * abs(up - 2.0 * here + down) / 1e-6


def test_the_order_of_the_columns_does_not_matter():
    returns = sample()
    returns[:20, 0], returns[:35, 2], returns[7, 1] = GONE, GONE, GONE
    swap = [2, 0, 3, 1]
    found = staggered_covariance(returns, np.ones(60), 5.0)
    again = staggered_covariance(returns[:, swap], np.ones(60), 5.0)
    assert again == pytest.approx(found[np.ix_(swap, swap)], rel=1e-6)


def test_equal_weights_and_repeated_rows_tell_the_same_correlation():
    """A weight of 2 is that of a return that came twice; only n / (n - 1) tells them apart."""
    returns = sample(rows=40)
    returns[:15, 2] = GONE
    weights = np.where(np.arange(40) % 3 == 0, 2.0, 1.0)
    once = staggered_covariance(returns, weights)
    twice = staggered_covariance(np.repeat(returns, weights.astype(int), axis=0), np.ones(int(weights.sum())))
    for found in (once, twice):
        found /= np.sqrt(np.outer(np.diagonal(found), np.diagonal(found)))
    assert once == pytest.approx(twice, rel=1e-9)


def test_a_twin_of_an_asset_is_no_trouble():
    returns = sample()
    returns[:, 3] = 2.0 * returns[:, 0]
    returns[:30, 1] = GONE
    found = staggered_covariance(returns, np.ones(60))
    assert found[:, 3] == pytest.approx(2.0 * found[:, 0], rel=1e-9)


def test_rounds_cut_short_are_told(monkeypatch):
    monkeypatch.setattr(staggered, "_MOST_ROUNDS", 2)
    returns = sample()
    returns[20:, 0] = GONE
    with pytest.warns(RiskkitWarning, match="still moved after 2 rounds"):
        staggered_covariance(returns, np.ones(60))


@st.composite
def histories(draw: st.DrawFn) -> np.ndarray:
    """Returns (row, asset) with late starts, early ends and gaps, and three numbers that differ in every column."""
    rows, assets = draw(st.integers(8, 20)), draw(st.integers(1, 5))
    returns = draw(npst.arrays(np.float64, (rows, assets), elements=st.floats(-1.0, 1.0)))
    missing = draw(npst.arrays(np.bool_, (rows, assets)))
    for column in range(assets):
        missing[: draw(st.integers(0, rows - 4)), column] = True
        at = rows - 3 + np.arange(3)
        missing[at, column] = False
        returns[at, column] = [0.0, 0.5, draw(st.floats(-1.0, -0.25))]
    returns[missing] = GONE
    return returns


@given(histories(), st.sampled_from([0.0, 0.1, 10.0, np.inf]), st.sampled_from([0.5, 0.9, 1.0]))
def test_the_covariance_is_always_semidefinite(returns, prior, fade):
    """Also where the likelihood is so flat that the search for its top is given up, with a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        covariance = staggered_covariance(returns, fade ** np.arange(len(returns))[::-1], prior)
    scale = np.sqrt(np.diagonal(covariance))
    assert (scale > 0.0).all()
    assert np.linalg.eigvalsh(covariance / np.outer(scale, scale)).min() > -1e-8
