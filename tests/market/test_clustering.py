"""Clustering against log-normal stochastic volatility: stationary from the first step, with its autocorrelation."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from oracles import clustered_autocorrelation, root_mean_inverse_gaussian
from samples import assert_mean, kolmogorov
from scipy.special import ndtr

import riskkit as rk
from riskkit._core.errors import InvalidInput

#: So small a volatility that what the drift's -σ² G / 2 adds to a step is far below what the tests can see.
FAINT = 1e-4
DAYS = 252


def moves(tails, *, paths: int, assets: int = 1, steps_per_year: int = DAYS, years: float = 1.0) -> np.ndarray:
    """Log returns of each step (step, asset, path) without drift and correlation, in units of σ √dt."""
    market = rk.Market({f"a{number}": rk.Asset(0.0, FAINT) for number in range(assets)}, tails=tails)
    prices = rk.sample(market, years=years, steps_per_year=steps_per_year, paths=paths, seed=3).prices
    return np.diff(np.log(prices), axis=0) / (FAINT * math.sqrt(1.0 / steps_per_year))


@pytest.mark.parametrize("spread", [0.5, 1.0])
def test_the_rate_has_mean_one_at_every_time(spread):
    """E[r²] = σ² dt from the first step to the last: an asset's volatility keeps its meaning."""
    squares = moves(rk.Clustered(0.1, spread), paths=10_000, years=0.25)[:, 0] ** 2
    for step in (0, 1, 20, 62):
        assert_mean(squares[step], 1.0, f"step {step}")
    assert_mean(squares.mean(axis=0), 1.0, "all steps")


@pytest.mark.parametrize("step", [0, 62])
def test_returns_against_the_mixture_of_normals(step):
    """P(r <= x) = E Φ(x / √R) over a lognormal R with mean 1, at the first step as at the last."""
    found = moves(rk.Clustered(0.05, 1.0), paths=30_000, years=0.25)[step, 0]
    node, mass = np.polynomial.hermite_e.hermegauss(80)
    roots = np.exp(0.5 * node - 0.25)
    assert kolmogorov(found, lambda x: ndtr(x[:, None] / roots) @ mass / mass.sum()) < 1.0


@pytest.mark.parametrize("spread", [0.6, 1.2])
@pytest.mark.parametrize("lag", [1, 5, 25])
def test_autocorrelation_of_absolute_returns(spread, lag):
    """(2/π) e^{-s²/4} (e^{ρ s²/4} - 1) / (1 - (2/π) e^{-s²/4}) with ρ = 2^{-lag dt / half-life}; half-life 13 days.

    Mean and variance of |r| are known, so that a path's mean product has the autocorrelation as its expectation.
    """
    absolute = np.abs(moves(rk.Clustered(13.0 / DAYS, spread), paths=3_000)[:, 0])
    mean = math.sqrt(2.0 / math.pi) * math.exp(-0.125 * spread**2)
    away = absolute - mean
    products = (away[lag:] * away[:-lag]).mean(axis=0) / (1.0 - mean**2)
    assert_mean(products, clustered_autocorrelation(spread, 0.5 ** (lag / 13.0)), f"lag {lag}")


@pytest.mark.parametrize("lag", [1, 10])
def test_autocorrelation_with_a_tail_on_top(lag):
    """Inverse Gaussian days thin it out: E √H enters in place of 1. Kurtosis 6 means Var H = 2."""
    spread, kurtosis = 0.8, 6.0
    tails = [rk.NormalInverseGaussian(kurtosis), rk.Clustered(13.0 / DAYS, spread)]
    absolute = np.abs(moves(tails, paths=3_000)[:, 0])
    root = root_mean_inverse_gaussian(kurtosis / 3.0)
    mean = math.sqrt(2.0 / math.pi) * root * math.exp(-0.125 * spread**2)
    away = absolute - mean
    products = (away[lag:] * away[:-lag]).mean(axis=0) / (1.0 - mean**2)
    assert_mean(products, clustered_autocorrelation(spread, 0.5 ** (lag / 13.0), root), f"lag {lag}")
    assert_mean((absolute**2).mean(axis=0), 1.0, "mean rate")


@pytest.mark.parametrize("steps_per_year", [12, 52, 252])
def test_memory_does_not_depend_on_the_step(steps_per_year):
    """Squared returns a quarter apart: E[r² r'²] = e^{ρ s²} with ρ = 2^{-1/4 / half-life}, whatever lies between."""
    squares = moves(rk.Clustered(0.5, 0.6), paths=20_000, steps_per_year=steps_per_year, years=0.5)[:, 0] ** 2
    lag = steps_per_year // 4
    assert_mean(squares[0] * squares[lag], math.exp(2.0**-0.5 * 0.36))


def test_a_crisis_raises_all_volatilities_together():
    """Of two assets without correlation E[r1² r2²] = E[R²] = e^{s²}, and returns themselves stay uncorrelated."""
    found = moves(rk.Clustered(0.1, 0.7), paths=4_000, assets=2)[::50]
    assert_mean((found[:, 0] ** 2 * found[:, 1] ** 2).mean(axis=0), math.exp(0.49))
    assert_mean((found[:, 0] * found[:, 1]).mean(axis=0), 0.0)


def test_returns_do_not_know_the_last_ones_sign():
    found = moves(rk.Clustered(0.1, 0.7), paths=4_000)[:, 0]
    assert_mean((found[1:] * found[:-1]).mean(axis=0), 0.0)


def test_half_of_a_deviation_is_gone_after_the_half_life():
    clustered = rk.Clustered(0.25, 0.8)
    assert clustered.persistence(0.25) == 0.5
    assert clustered.persistence(0.5) == 0.25
    assert clustered.persistence(1 / 252) ** 63 == pytest.approx(0.5, rel=1e-12)


def test_clustered_is_equal_by_value_hashable_pickles_and_says_what_it_does():
    clustered = rk.Clustered(half_life=0.1, spread=0.8)
    assert clustered == rk.Clustered(0.1, 0.8) == pickle.loads(pickle.dumps(clustered)) == copy.deepcopy(clustered)
    assert hash(clustered) == hash(rk.Clustered(0.1, 0.8))
    assert clustered != rk.Clustered(0.1, 0.9)
    assert repr(clustered) == "Clustered(half_life=0.1, spread=0.8)"
    said = "Volatility clusters: sd of the log of the variance rate 0.8, half-life 0.1 years"
    assert clustered.describe() == said
    market = rk.Market({"a": rk.Asset(0.1, 0.2)}, tails=clustered)
    assert f"{said}." in market.assumptions()
    assert market.tails == (clustered,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 1.0), r"^Clustered: half_life must be > 0, got 0\.0$"),
        ((math.inf, 1.0), r"^Clustered: half_life must be > 0, got inf$"),
        (("a month", 1.0), r"^Clustered: half_life must be a number, got 'a month'$"),
        ((0.1, 0.0), r"^Clustered: spread must be > 0 and <= 3, got 0\.0$"),
        ((0.1, 3.5), r"^Clustered: spread must be > 0 and <= 3, got 3\.5$"),
        ((0.1, math.nan), r"^Clustered: spread must be > 0 and <= 3, got nan$"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Clustered(*arguments)
