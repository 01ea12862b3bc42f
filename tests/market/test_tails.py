"""Tails against other routes to their laws: a clock with mean 1; Student's t, normal inverse Gaussian, Laplace."""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from oracles import normal_inverse_gaussian
from samples import SIGMAS, assert_mean, cumulants, kolmogorov
from scipy import stats
from scipy.special import ndtr

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.market.time_change._tails import TABLE_EDGE, TABLE_SIZE, pace_table

DAY = 1.0 / 252.0
#: So small a volatility that what the drift's -σ² G / 2 adds to a step is far below what the tests can see.
FAINT = 1e-4


@dataclass(frozen=True)
class Gamma(rk.Tail):
    """A user's own tail, as in the docstring of `Tail`: with shape 1 the clock's time is exponential."""

    shape: float

    def law(self, dt):
        return stats.gamma(self.shape, scale=1.0 / self.shape)


def steps_of(tail: rk.Tail, steps_per_year: int, paths: int, years: float = 1.0, seed: int = 1) -> np.ndarray:
    """Log returns of single steps without drift, in units of σ √dt, all independent."""
    market = rk.Market({"a": rk.Asset(0.0, FAINT)}, tails=tail)
    prices = rk.sample(market, years=years, steps_per_year=steps_per_year, paths=paths, seed=seed).prices[:, 0]
    return (np.diff(np.log(prices), axis=0) / (FAINT * math.sqrt(1.0 / steps_per_year))).ravel()


# ---------------------------------------------------------------------------------------------------------------------
# The clock
# ---------------------------------------------------------------------------------------------------------------------

#: Tail, length of a step, P(G / dt <= x) by another route, and Var(G / dt).
CLOCKS = {
    "t 3": (rk.StudentT(3), DAY, lambda x: stats.chi2(3).sf(1.0 / x), math.inf),
    "t 12": (rk.StudentT(12), 1 / 12, lambda x: stats.chi2(12).sf(10.0 / x), 0.25),
    "nig 6, days": (rk.NormalInverseGaussian(6), DAY, lambda x: inverse_gaussian(x, 2.0), 2.0),
    "nig 6, months": (rk.NormalInverseGaussian(6), 1 / 12, lambda x: inverse_gaussian(x, 6 / 63), 6 / 63),
    "nig 90, days": (rk.NormalInverseGaussian(90), DAY, lambda x: inverse_gaussian(x, 30.0), 30.0),
    "gamma": (Gamma(0.5), DAY, lambda x: stats.chi2(1).cdf(x), 2.0),
}


def inverse_gaussian(x, variance):
    """Φ(√(λ/x) (x - 1)) + e^{2λ} Φ(-√(λ/x) (x + 1)) with mean 1 and λ = 1 / variance (Chhikara and Folks 1974)."""
    shape = 1.0 / variance
    root = np.sqrt(shape / x)
    return ndtr(root * (x - 1.0)) + np.exp(2.0 * shape + stats.norm.logcdf(-root * (x + 1.0)))


@pytest.mark.parametrize("name", CLOCKS)
def test_clock_has_mean_one_and_its_variance(name):
    """By the trapezoid rule over the normal score, 64 points to each of the table's pieces; cut off at ±8.

    Reading lines between knots 1/256 apart changes a moment by some h² = 1.5e-5 of it.
    """
    tail, dt, _, variance = CLOCKS[name]
    assert float(tail.law(dt).mean()) == pytest.approx(1.0, rel=1e-12)
    assert float(tail.law(dt).var()) == pytest.approx(variance, rel=1e-12)
    table, knots = pace_table(tail, dt), np.linspace(-TABLE_EDGE, TABLE_EDGE, TABLE_SIZE)
    scores = np.linspace(-TABLE_EDGE, TABLE_EDGE, 64 * (TABLE_SIZE - 1) + 1)
    pace = np.interp(scores, knots, table) ** 2
    density = np.exp(-0.5 * scores**2) / math.sqrt(2.0 * math.pi)
    cut = ndtr(-TABLE_EDGE) * (pace[0] + pace[-1])
    assert np.trapezoid(density * pace, scores) + cut == pytest.approx(1.0, abs=1e-6)
    if math.isfinite(variance):
        assert np.trapezoid(density * pace**2, scores) - 1.0 == pytest.approx(variance, rel=1e-3)


@pytest.mark.parametrize("name", CLOCKS)
def test_clock_has_the_law_of_the_tail(name):
    """P(G <= the table's value at a score z) = Φ(z), in the middle, in both wings and far out; G scaled to mean 1.

    For ν degrees of freedom G = (ν - 2) / χ²; with shape 1/2 the gamma law is χ² with one degree.
    """
    tail, dt, law, _ = CLOCKS[name]
    table, knots = pace_table(tail, dt), np.linspace(-TABLE_EDGE, TABLE_EDGE, TABLE_SIZE)
    for score in (-3.0, -1.0, 0.0, 1.0, 2.5, 4.0):
        pace = float(table[knots == score][0]) ** 2
        below = float(law(pace)) if score <= 0.0 else 1.0 - float(law(pace))
        assert below == pytest.approx(ndtr(-abs(score)), rel=2e-4), f"score {score}"


@pytest.mark.parametrize("kurtosis", [1, 6, 20, 100])
@pytest.mark.parametrize("steps_per_year", [12, 52, 252])
def test_a_clock_is_built_in_silence_and_rises(kurtosis, steps_per_year):
    """Far out in the wings the quantiles must neither warn nor fall back."""
    tail = rk.NormalInverseGaussian(kurtosis)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = pace_table.__wrapped__(tail, 1.0 / steps_per_year)
    assert np.isfinite(table).all()
    assert np.diff(table).min() >= 0.0


def test_a_tail_is_one_clock_for_all_assets():
    """Of two assets without correlation E[r1² r2²] / (σ1² σ2² dt²) = E[(G/dt)²] = 1 + 2 for a kurtosis of 6."""
    market = rk.Market({"a": rk.Asset(0.0, FAINT), "b": rk.Asset(0.0, 2 * FAINT)}, tails=rk.NormalInverseGaussian(6))
    prices = rk.sample(market, years=1, steps_per_year=252, paths=800, seed=2).prices
    moves = np.diff(np.log(prices), axis=0) / (FAINT * math.sqrt(DAY))
    assert_mean((moves[:, 0] * moves[:, 1] / 2.0).ravel(), 0.0)
    assert_mean((moves[:, 0] * moves[:, 1] / 2.0).ravel() ** 2, 3.0)


def test_paces_of_different_steps_are_independent():
    """The mean of r² over 252 days has variance (3 · 3 - 1) / 252 for a kurtosis of 6, as if days were drawn apart."""
    squares = steps_of(rk.NormalInverseGaussian(6), 252, 2000).reshape(252, -1) ** 2
    assert_mean(squares.mean(axis=0), 1.0)
    assert_mean((squares.mean(axis=0) - 1.0) ** 2, 8.0 / 252.0)


# ---------------------------------------------------------------------------------------------------------------------
# Log returns
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dof", [2.5, 4, 12])
@pytest.mark.parametrize("steps_per_year", [12, 252])
def test_log_returns_of_a_step_against_students_t(dof, steps_per_year):
    """√((ν - 2) / ν) times a t variable, whatever the step."""
    found = steps_of(rk.StudentT(dof), steps_per_year, 100_000 // steps_per_year)
    assert kolmogorov(found * math.sqrt(dof / (dof - 2.0)), stats.t(dof).cdf) < 1.0


def test_kurtosis_of_a_step_under_students_t():
    """Excess kurtosis 6 / (ν - 4) = 0.5 for ν = 16, and variance 1."""
    _, (second, error), _, (fourth, wide) = cumulants(steps_of(rk.StudentT(16), 252, 1600))
    assert abs(second - 1.0) < SIGMAS * error
    assert abs(fourth - 0.5) < SIGMAS * wide
    assert SIGMAS * wide < 0.5  # the sample is large enough to tell it from a normal


def test_log_returns_under_a_users_tail_against_laplace():
    """An exponential clock: √G Z is Laplace with variance 1 (Kotz, Kozubowski and Podgorski 2001, 2.2)."""
    assert kolmogorov(steps_of(Gamma(1.0), 12, 8000), stats.laplace(scale=math.sqrt(0.5)).cdf) < 1.0


@pytest.mark.parametrize(("steps_per_year", "years"), [(252, DAY), (12, 1.0), (52, 1.0), (252, 1.0)])
def test_log_returns_against_the_normal_inverse_gaussian(steps_per_year, years):
    """The law of a day, and of a year in 12, 52 and 252 steps, with the skew that -σ² G / 2 brings at σ = 0.5."""
    growth, volatility, kurtosis = math.log(1.1), 0.5, 20.0
    market = rk.Market({"a": rk.Asset(0.1, volatility)}, tails=rk.NormalInverseGaussian(kurtosis))
    drawn = rk.sample(market, years=years, steps_per_year=steps_per_year, paths=20_000, seed=steps_per_year)
    law = stats.norminvgauss(*normal_inverse_gaussian(growth, volatility, kurtosis, years))
    # SciPy integrates the density anew for each value: 300 of them, and lines between, err by less than 1e-4.
    grid = np.quantile(np.log(drawn.prices[-1, 0]), np.linspace(0.0, 1.0, 300))
    below = law.cdf(grid)
    assert kolmogorov(np.log(drawn.prices[-1, 0]), lambda x: np.interp(x, grid, below)) < 1.0


def test_kurtosis_of_a_day_is_the_parameter_and_shrinks_with_the_horizon():
    """3 of a day for `kurtosis` 3; of a month, 21 days, 63 / 21 = 3 for `kurtosis` 63."""
    _, (second, error), _, (fourth, wide) = cumulants(steps_of(rk.NormalInverseGaussian(3), 252, 1600))
    assert abs(second - 1.0) < SIGMAS * error
    assert abs(fourth - 3.0) < SIGMAS * wide
    _, _, _, (monthly, wide) = cumulants(steps_of(rk.NormalInverseGaussian(63), 12, 30_000))
    assert abs(monthly - 3.0) < SIGMAS * wide


# ---------------------------------------------------------------------------------------------------------------------
# As data
# ---------------------------------------------------------------------------------------------------------------------


def test_tails_are_equal_by_value_hashable_pickle_and_say_what_they_do():
    for tail, shown, said in (
        (
            rk.StudentT(5), "StudentT(dof=5.0)",
            "Log returns of a step have Student's t tails with 5 degrees of freedom",
        ),
        (
            rk.NormalInverseGaussian(6), "NormalInverseGaussian(kurtosis=6.0)",
            "Log returns are normal inverse Gaussian; the excess kurtosis of a day is 6",
        ),
        (Gamma(0.5), "Gamma(shape=0.5)", "Days are uneven for all assets at once: Gamma(shape=0.5)"),
    ):  # fmt: skip
        assert tail == copy.deepcopy(tail) == pickle.loads(pickle.dumps(tail))
        assert hash(tail) == hash(copy.deepcopy(tail))
        assert (repr(tail), tail.describe()) == (shown, said)
        market = rk.Market({"a": rk.Asset(0.1, 0.2)}, tails=tail)
        assert f"{said}." in market.assumptions()
        assert said in repr(market)
        assert market == rk.Market({"a": rk.Asset(0.1, 0.2)}, tails=[tail]) == pickle.loads(pickle.dumps(market))
        assert market != rk.Market({"a": rk.Asset(0.1, 0.2)})
    assert rk.StudentT(5) != rk.StudentT(6)


def test_the_table_of_a_clock_is_kept_and_read_only():
    table = pace_table(rk.StudentT(5), DAY)
    assert table is pace_table(rk.StudentT(5), DAY)
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 1.0


@pytest.mark.parametrize("dof", [2, 1.5, math.nan, math.inf, "5", True])
def test_degrees_of_freedom_up_to_two_are_refused(dof):
    with pytest.raises(InvalidInput, match=r"^StudentT: dof must be (> 2|a number), got"):
        rk.StudentT(dof)


@pytest.mark.parametrize("kurtosis", [0, -3, math.nan, math.inf, "6"])
def test_a_kurtosis_that_is_not_positive_is_refused(kurtosis):
    with pytest.raises(InvalidInput, match=r"^NormalInverseGaussian: kurtosis must be (> 0|a number), got"):
        rk.NormalInverseGaussian(kurtosis)


@pytest.mark.parametrize(
    ("tails", "message"),
    [
        (5, r"^Market: tails must be a tail, Clustered, Regimes or another TimeChange, or a list of these, got 5$"),
        ("t", r"^Market: tails must be a tail, Clustered, Regimes or another TimeChange, or a list of these, got 't'$"),
        ([5], r"^Market: tails must be a tail, Clustered, Regimes or another TimeChange, got 5$"),
        ([rk.StudentT], r"^Market: tails must be .*; give its parameters: StudentT\(\.\.\.\)$"),
        ([rk.StudentT(4), rk.NormalInverseGaussian(5)], r"^Market: tails must hold at most one tail, got \[StudentT"),
        ([rk.Clustered(1, 1), rk.Clustered(2, 1)], r"^Market: tails must hold at most one Clustered, got \[Clustered"),
    ],
)
def test_tails_of_a_market_that_are_none_are_refused(tails, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Market({"a": rk.Asset(0.1, 0.2)}, tails=tails)


def test_a_tail_without_a_law_is_no_tail():
    with pytest.raises(TypeError, match="abstract"):
        rk.Tail()


@dataclass
class Changeable(rk.Tail):
    """Not frozen, so that it has no hash."""

    shape: float

    def law(self, dt):
        return stats.gamma(self.shape, scale=1.0 / self.shape)


@dataclass(frozen=True)
class Backwards(rk.Tail):
    """A clock that now and then runs backwards."""

    def law(self, dt):
        return stats.norm(1.0, 1.0)


def test_a_users_tail_must_be_hashable_as_a_clock_must():
    """A market is hashable, and the table of a clock is kept by its tail."""
    with pytest.raises(InvalidInput, match=r"must be hashable \(a frozen dataclass is\), got .*Changeable"):
        rk.Market({"a": rk.Asset(0.1, 0.2)}, tails=Changeable(0.5))


def test_a_users_law_that_is_no_law_of_time_is_refused():
    """Its negative values would make prices that are not numbers."""
    market = rk.Market({"a": rk.Asset(0.1, 0.2)}, tails=Backwards())
    with pytest.raises(InvalidInput, match="Backwards"):
        rk.sample(market, years=1, steps_per_year=12, paths=10)
