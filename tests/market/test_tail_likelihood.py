"""A tail's parameter: the maximum of scipy's densities, and the truth behind simulated returns."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate
from scipy.stats import invgauss, multivariate_normal, multivariate_t, norminvgauss, t

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market import fit
from riskkit.market.calibration._tail_likelihood import fit_tail
from riskkit.market.time_change._tails import NormalInverseGaussian, StudentT, Tail

CORRELATION = np.array([[1.0, 0.4, 0.2], [0.4, 1.0, -0.3], [0.2, -0.3, 1.0]])
DAYS = 252.0


def draws(tail: Tail, rows: int, correlation: np.ndarray = CORRELATION, seed: int = 0) -> np.ndarray:
    """Returns of unit variance with one time change (row, asset)."""
    rng = np.random.default_rng(seed)
    time_change = tail.law(1.0 / DAYS).rvs((rows, 1), random_state=rng)
    return np.sqrt(time_change) * rng.normal(size=(rows, len(correlation))) @ np.linalg.cholesky(correlation).T


def fitted(kind: type[Tail], scores: np.ndarray, correlation: np.ndarray = CORRELATION, **others) -> Tail:
    """Each return covers one row, unless others say where it begins."""
    weights = others.get("weights", np.ones(len(scores)))
    starts = others.get("starts", np.arange(len(scores))[:, None] - np.zeros(scores.shape, dtype=int))
    returns_a_year = np.full(scores.shape[1], others.get("returns_a_year", DAYS))
    return fit_tail(kind, scores, correlation, weights=weights, starts=starts, returns_a_year=returns_a_year)


def student(dof: float, scores: np.ndarray, correlation: np.ndarray = CORRELATION) -> np.ndarray:
    """Log density with the given correlation and unit variances: the scale matrix is (dof - 2) / dof times it."""
    return multivariate_t.logpdf(scores, shape=correlation * (dof - 2.0) / dof, df=dof)


def is_the_maximum(log_likelihood, at: float, step: float) -> bool:
    up, here, down = (log_likelihood(at * (1.0 + sign * step)) for sign in (1.0, 0.0, -1.0))
    return here > max(up, down)


def test_student_is_the_maximum_of_scipys_density():
    scores = draws(StudentT(4.0), 300)
    dof = fitted(StudentT, scores).dof
    assert is_the_maximum(lambda nu: student(nu, scores).sum(), dof, 1e-3)


def test_normal_inverse_gaussian_is_the_maximum_of_scipys_density():
    """One asset: α = δ = √λ and β = 0, with λ = 756 / (kurtosis · 252) the shape of a day's time change."""
    scores = draws(NormalInverseGaussian(6.0), 400, np.eye(1))
    kurtosis = fitted(NormalInverseGaussian, scores, np.eye(1)).kurtosis

    def log_likelihood(kurtosis: float) -> float:
        shape = 3.0 / kurtosis
        return norminvgauss.logpdf(scores[:, 0], shape, 0.0, scale=math.sqrt(shape)).sum()

    assert is_the_maximum(log_likelihood, kurtosis, 1e-3)


@pytest.mark.slow
def test_several_assets_with_an_inverse_gaussian_time_change_against_quadrature():
    """The density is the mean over the time change of a normal density; of two and three assets, some days with one."""
    scores = draws(NormalInverseGaussian(6.0), 24, seed=3)
    scores[::3, 1] = np.nan
    kurtosis = fitted(NormalInverseGaussian, scores).kurtosis

    def log_density(row: np.ndarray, kurtosis: float) -> float:
        there = np.flatnonzero(~np.isnan(row))
        part, law = CORRELATION[np.ix_(there, there)], invgauss(kurtosis / 3.0, scale=3.0 / kurtosis)

        def mixed(log_clock: float) -> float:
            time_change = math.exp(log_clock)
            return multivariate_normal.pdf(row[there], cov=time_change * part) * law.pdf(time_change) * time_change

        return math.log(integrate.quad(mixed, -12.0, 8.0, limit=200)[0])

    assert is_the_maximum(lambda at: sum(log_density(row, at) for row in scores), kurtosis, 2e-3)


def test_student_with_missing_assets_is_the_maximum_over_what_there_is():
    scores = draws(StudentT(4.0), 300)
    scores[:100, 2], scores[50:150, 0], scores[60] = np.nan, np.nan, np.nan

    def log_likelihood(dof: float) -> float:
        total = 0.0
        for row in scores:
            there = np.flatnonzero(~np.isnan(row))
            if there.size:
                total += student(dof, row[there], CORRELATION[np.ix_(there, there)])
        return total

    assert is_the_maximum(log_likelihood, fitted(StudentT, scores).dof, 1e-3)


def information(kind: str, truth: float) -> float:
    """Fisher information of one standardised return, by the squared slope of scipy's log density."""

    def log_density(x: np.ndarray, at: float) -> np.ndarray:
        if kind == "student":
            return t.logpdf(x, at, scale=math.sqrt((at - 2.0) / at))
        return norminvgauss.logpdf(x, 3.0 / at, 0.0, scale=math.sqrt(3.0 / at))

    def weighted(x: float) -> float:
        slope = (log_density(x, truth + 1e-4) - log_density(x, truth - 1e-4)) / 2e-4
        return slope**2 * math.exp(log_density(x, truth))

    return 2.0 * integrate.quad(weighted, 0.0, 60.0, limit=400)[0]


def test_the_truth_is_found_within_four_standard_errors():
    """One asset of 40,000 days with known variance; the error is 1/√(n I)."""
    rows, one = 40_000, np.eye(1)
    dof = fitted(StudentT, draws(StudentT(5.0), rows, one), one).dof
    assert abs(dof - 5.0) < 4.0 / math.sqrt(rows * information("student", 5.0))
    kurtosis = fitted(NormalInverseGaussian, draws(NormalInverseGaussian(6.0), rows, one), one).kurtosis
    assert abs(kurtosis - 6.0) < 4.0 / math.sqrt(rows * information("inverse gaussian", 6.0))


def test_scipys_own_fit_agrees_where_it_knows_the_mean_and_fits_the_scale_too():
    """Both are off by no more than four of scipy's larger errors; with a free scale the information is less."""
    scores = draws(StudentT(5.0), 20_000, np.eye(1))
    theirs, _, _ = t.fit(scores[:, 0], floc=0.0)
    ours = fitted(StudentT, scores, np.eye(1)).dof
    # Information about (dof, scale) at 5 and 1 (Lange, Little and Taylor 1989, appendix B), for one dimension.
    from scipy.special import polygamma

    dof = 5.0
    about_dof = 0.25 * (polygamma(1, dof / 2) - polygamma(1, (dof + 1) / 2)) - 0.5 * (dof + 5) / (
        dof * (dof + 1) * (dof + 3)
    )
    about_both, about_scale = -2.0 / ((dof + 1) * (dof + 3)), 2.0 * dof / (dof + 3)
    error = math.sqrt(1.0 / (20_000 * (about_dof - about_both**2 / about_scale)))
    assert abs(ours - theirs) < 4.0 * error


def test_a_row_of_weight_two_counts_as_two_rows():
    scores = draws(StudentT(4.0), 200)
    weights = np.where(np.arange(200) % 5 == 0, 2.0, 1.0)
    once = fitted(StudentT, scores, weights=weights)
    assert once.dof == pytest.approx(fitted(StudentT, np.repeat(scores, weights.astype(int), axis=0)).dof, rel=1e-5)


def test_kurtosis_is_that_of_a_day_for_any_rows():
    """The same numbers as weekly returns: a week's kurtosis is a fifth of a day's, with 5 of 252 days."""
    scores = draws(NormalInverseGaussian(6.0), 500)
    weekly = fitted(NormalInverseGaussian, scores, returns_a_year=DAYS / 5.0)
    assert weekly.kurtosis == pytest.approx(5.0 * fitted(NormalInverseGaussian, scores).kurtosis, rel=1e-4)


def test_hundreds_of_assets_do_not_overflow():
    scores = draws(NormalInverseGaussian(6.0), 400, np.eye(400), seed=2)
    time_change = (scores**2).mean(axis=1)
    # With so many assets the clock is all but seen; its variance over 400 days is 2 ± 4 errors of a sample variance.
    law = NormalInverseGaussian(6.0).law(1.0 / DAYS)
    fourth = float(law.stats("k")) + 3.0
    error = 2.0 * math.sqrt((fourth - 1.0) / 400.0)
    assert abs(time_change.var() - 2.0) < 4.0 * error
    kurtosis = fitted(NormalInverseGaussian, scores, np.eye(400)).kurtosis
    # The likelihood of a seen inverse Gaussian clock of mean 1: shape = 1 / mean((g - 1)² / g).
    assert kurtosis == pytest.approx(3.0 * float(((time_change - 1.0) ** 2 / time_change).mean()), rel=0.02)


def test_two_names_of_one_asset_are_one_observation():
    scores = draws(StudentT(4.0), 300, np.eye(1))
    twins = np.column_stack([scores, scores])
    assert fitted(StudentT, twins, np.ones((2, 2))).dof == pytest.approx(
        fitted(StudentT, scores, np.eye(1)).dof, rel=1e-5
    )


def test_returns_without_tails_are_warned_of():
    thin = np.tile([[1.0], [-1.0]], (100, 1))
    with pytest.warns(RiskkitWarning, match="lies at the edge of the search range: the returns have no tail"):
        fitted(StudentT, thin, np.eye(1))


def test_a_kind_without_a_likelihood_is_refused():
    with pytest.raises(InvalidInput, match=r"^tails must be StudentT or NormalInverseGaussian, or a tail .*, got int$"):
        fitted(int, draws(StudentT(4.0), 50))


def test_fit_finds_the_tail_of_simulated_prices():
    """Two assets of 4000 days: the error of one asset with known variance, 1/√(n I), is more than ours."""
    steps = 0.02 * draws(StudentT(6.0), 4000, CORRELATION[:2, :2], seed=4)
    prices = pd.DataFrame(np.exp(steps.cumsum(axis=0)), pd.bdate_range("2005-01-03", periods=4000), ["A", "B"])
    market = fit(prices, expected_return=0.07, tails=StudentT)
    [tail] = market.tails
    assert abs(tail.dof - 6.0) < 4.0 / math.sqrt(4000 * information("student", 6.0))
    market_with_tails = fit(prices, expected_return=0.07, tails=StudentT(3.0))
    assert market_with_tails.tails == (StudentT(3.0),)
    assert fit(prices, expected_return=0.07).tails == ()
    assert market_with_tails.assets == market.assets
