"""Views on variances, correlations, tail means and combinations: closed forms, skfolio, and errors by repetition."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from random_results import random_result

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.reweighting.entropy_pooling import Bound, relative_entropy
from riskkit.comparison.reweighting.functionals import CorrelationOf, Functional, TailMeanOf, VarianceOf
from riskkit.comparison.reweighting.nonlinear_pooling import FunctionalBound, pooled

HOLD, TRIM = rk.Quantity("wealth", rule="hold"), rk.Quantity("wealth", rule="trim")


def weights_of(prior: np.ndarray, *curved: FunctionalBound, means: tuple[Bound, ...] = ()) -> np.ndarray:
    found = pooled(prior, means, curved)
    assert found is not None
    weights = prior * np.exp(found.logs - found.logs.max())
    return weights / weights.sum()


def normal_grid(width: float = 12.0, steps: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """A standard normal law on a grid so fine and wide that sums are integrals to the last digits."""
    x = np.arange(-width * steps, width * steps + 1) / steps
    prior = np.exp(-0.5 * x**2)
    return x, prior / prior.sum()


def moments(x: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    mean = (weights * x).sum()
    return float(mean), float((weights * (x - mean) ** 2).sum())


# ---------------------------------------------------------------------------------------------------------------------
# Closed forms
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variance", [0.2, 0.9, 3.0])
def test_a_variance_of_a_normal_gives_a_normal(variance):
    """From N(0, 1): N(0, v), at a relative entropy of (v - 1 - ln v) / 2."""
    x, prior = normal_grid()
    weights = weights_of(prior, FunctionalBound(VarianceOf(x), variance, 0))
    assert moments(x, weights) == pytest.approx((0.0, variance), abs=1e-7)
    assert relative_entropy(weights, prior) == pytest.approx(0.5 * (variance - 1.0 - math.log(variance)), abs=1e-7)


def test_a_variance_beside_a_mean():
    """N(m, v), at (m² + v - 1 - ln v) / 2."""
    x, prior = normal_grid()
    weights = weights_of(prior, FunctionalBound(VarianceOf(x), 0.5, 0), means=(Bound(x, 0.7, 0),))
    assert moments(x, weights) == pytest.approx((0.7, 0.5), abs=1e-7)
    expected = 0.5 * (0.49 + 0.5 - 1.0 - math.log(0.5))
    assert relative_entropy(weights, prior) == pytest.approx(expected, abs=1e-7)


def test_a_variance_alone_moves_the_mean_where_that_is_nearer():
    """Exponential law e^-x to variance 4: the exponential law with mean 2 has it, but the nearest does not.

    Of all weights e^(a (x - m)²) with m their mean, by minimum over a grid of means with mean and variance both stated.
    """
    x = np.arange(0, 4000) / 100.0 + 0.005
    prior = np.exp(-x)
    prior /= prior.sum()
    alone = weights_of(prior, FunctionalBound(VarianceOf(x), 0.5, 0))
    mean, variance = moments(x, alone)
    assert variance == pytest.approx(0.5, abs=1e-7)
    best = relative_entropy(alone, prior)

    def stated(m: float) -> float:
        return relative_entropy(
            weights_of(prior, FunctionalBound(VarianceOf(x), 0.5, 0), means=(Bound(x, m, 0),)), prior
        )

    assert stated(mean) == pytest.approx(best, abs=1e-9)
    assert min(stated(mean - 0.02), stated(mean + 0.02)) > best + 1e-5
    assert stated(1.0) > best + 0.005


@pytest.mark.parametrize("correlation", [-0.3, 0.0, 0.9])
def test_a_correlation_of_normals_gives_normals(correlation):
    """From a correlation of 0.5 to r, at ln((1 - 0.25) / (1 - r²)) / 2 + (1 - 0.5 r) / (1 - 0.25) - 1; means 0.

    Variances 1 would be the answer with both stated. Of bivariate normals with variance s² the relative entropy is
    s² (1 - 0.5 r) / 0.75 - 1 - ln(s²) + ln(0.75 / (1 - r²)) / 2, least at s² = 0.75 / (1 - 0.5 r).
    """
    grid = np.arange(-140, 141) / 14.0
    x, y = (each.ravel() for each in np.meshgrid(grid, grid))
    prior = np.exp(-(x**2 - x * y + y**2) / (2.0 * 0.75))
    prior /= prior.sum()
    view = FunctionalBound(CorrelationOf(x, y), correlation, 0)
    alone = weights_of(prior, view)
    variance = 0.75 / (1.0 - 0.5 * correlation)
    assert moments(x, alone) == pytest.approx((0.0, variance), abs=1e-6)
    assert (alone * x * y).sum() == pytest.approx(correlation * variance, abs=1e-6)
    expected = -math.log(variance) + 0.5 * math.log(0.75 / (1.0 - correlation**2))
    assert relative_entropy(alone, prior) == pytest.approx(expected, abs=1e-6)
    fixed = (Bound(x, 0.0, 0), Bound(y, 0.0, 0), Bound(x**2, 1.0, 0), Bound(y**2, 1.0, 0))
    stated = weights_of(prior, view, means=fixed)
    expected = 0.5 * math.log(0.75 / (1.0 - correlation**2)) + (1.0 - 0.5 * correlation) / 0.75 - 1.0
    assert relative_entropy(stated, prior) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("target", [-2.5, -1.6])
def test_a_tail_mean_of_a_normal_against_integrals(target):
    """The nearest law has the density of N(0, 1) above the quantile q, and times e^(k (q - x)) below it.

    Mass below q, with completion of the square: e^(kq + k²/2) Φ(q + k), and first moment of it: that times
    -(k + φ(q + k) / Φ(q + k)) by the truncated normal law. p = 0.05 and the target fix q and k; the mass above is
    1 - Φ(q).
    """
    x, prior = normal_grid(10.0, 200)
    weights = weights_of(prior, FunctionalBound(TailMeanOf(x, 0.05, False), target, 0))
    tail = np.cumsum(weights)
    edge = int(np.searchsorted(tail, 0.05))
    quantile = x[edge]
    slope = -(np.log(weights[edge - 100] / prior[edge - 100]) - np.log(weights[edge - 300] / prior[edge - 300])) / (
        x[edge - 100] - x[edge - 300]
    )
    law = NormalDist()
    below = math.exp(slope * quantile + 0.5 * slope**2) * law.cdf(quantile + slope)
    total = below + 1.0 - law.cdf(quantile)
    # A grid of 1/200 knows the quantile to its width, times a density below 0.2.
    assert below / total == pytest.approx(0.05, abs=0.2 / 200)
    mean = -(slope + law.pdf(quantile + slope) / law.cdf(quantile + slope))
    assert mean == pytest.approx(target, abs=2.0 / 200)
    assert rk.measures.expected_shortfall(-x, 0.95, weights=weights) == pytest.approx(-target, abs=1e-8)


def test_bounds_that_hold_already_move_nothing():
    x, prior = normal_grid()
    functional = VarianceOf(x)
    bounds = [FunctionalBound(functional, 0.5, 1), FunctionalBound(functional, 1.5, -1)]
    found = pooled(prior, (), [*bounds, FunctionalBound(TailMeanOf(x, 0.05, False), -3.0, 1)])
    assert np.ptp(found.logs) == 0.0
    assert not found.multipliers.any()


# ---------------------------------------------------------------------------------------------------------------------
# skfolio
# ---------------------------------------------------------------------------------------------------------------------


def skewed_pair(paths: int = 800) -> np.ndarray:
    """Two return series with correlation and tails (path, 2)."""
    rng = np.random.default_rng(5)
    first = 0.02 * rng.standard_t(6, paths)
    return np.stack([first, 0.5 * first + 0.01 * np.expm1(rng.standard_normal(paths))], axis=1)


def by_skfolio(returns: np.ndarray, **views: list[str]) -> np.ndarray:
    prior = pytest.importorskip("skfolio.prior", reason="skfolio is not installed")
    # Its dual stops at 1e-8 of its scaled views.
    model = prior.EntropyPooling(**views).fit(returns)
    return np.asarray(model.return_distribution_.sample_weight)


@pytest.mark.parametrize("variance", [0.0002, 0.0009])
def test_mean_and_variance_against_skfolio(variance):
    returns = skewed_pair()
    expected = by_skfolio(returns, mean_views=["x0 == 0.004"], variance_views=[f"x0 == {variance}"])
    x, prior = returns[:, 0], np.full(len(returns), 1.0 / len(returns))
    found = weights_of(prior, FunctionalBound(VarianceOf(x), variance, 0), means=(Bound(x, 0.004, 0),))
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


def test_correlation_with_means_and_variances_against_skfolio():
    """With means and variances stated, as skfolio fixes them. A unit of weight is 1/800 = 1.25e-3."""
    returns = skewed_pair()
    views = {
        "mean_views": ["x0 == 0.002", "x1 == 0.005"],
        "variance_views": ["x0 == 0.0005", "x1 == 0.0004"],
        "correlation_views": ["(x0, x1) == 0.6"],
    }
    expected = by_skfolio(returns, **views)
    x, y = returns.T
    prior = np.full(len(x), 1.0 / len(x))
    curved = [
        FunctionalBound(VarianceOf(x), 0.0005, 0),
        FunctionalBound(VarianceOf(y), 0.0004, 0),
        FunctionalBound(CorrelationOf(x, y), 0.6, 0),
    ]
    found = weights_of(prior, *curved, means=(Bound(x, 0.002, 0), Bound(y, 0.005, 0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("cvar", [0.04, 0.07])
def test_tail_mean_against_skfolio(cvar):
    """skfolio finds the quantile to 1e-4, which moves the weight of a path by less than 2 % of 1/800."""
    returns = skewed_pair()
    expected = by_skfolio(returns, mean_views=["x1 == 0.005"], cvar_views=[f"x0 == {cvar}"])
    x, y = returns.T
    prior = np.full(len(x), 1.0 / len(x))
    found = weights_of(prior, FunctionalBound(TailMeanOf(x, 0.05, False), -cvar, 0), means=(Bound(y, 0.005, 0),))
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.02 / 800)
    assert relative_entropy(found, prior) == pytest.approx(relative_entropy(expected, prior), rel=1e-3)


# ---------------------------------------------------------------------------------------------------------------------
# On results
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_views_of_every_kind_hold_at_once():
    result = random_result(4000)
    views = {
        rk.Variance(HOLD): 0.5,
        rk.Correlation(HOLD, rk.Quantity("max_drawdown", rule="hold")): (-0.85, None),
        rk.TailMean("wealth", 0.1, rule="trim"): 0.6,
        rk.TailMean("max_drawdown", 0.05, "highest", rule="hold"): (None, 0.72),
        rk.Mean(HOLD - TRIM): 0.02,
        rk.Probability(HOLD - TRIM, at_least=0.0): (0.55, None),
        rk.Variance(TRIM) - 1.1 * rk.Variance(HOLD): 0.0,
        rk.Mean(HOLD) + rk.TailMean(HOLD, 0.05): (None, 1.9),
    }
    tilted = result.tilt(views)
    weights = tilted.path_weights
    hold, trim, depth = (HOLD.values(result), TRIM.values(result), result.values("hold", "max_drawdown"))
    shortfall = rk.measures.expected_shortfall
    assert moments(hold, weights)[1] == pytest.approx(0.5, abs=1e-7)
    assert moments(trim, weights)[1] == pytest.approx(0.55, abs=1e-7)
    covariance = np.cov(hold, depth, aweights=weights, ddof=0)
    assert covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]) >= -0.85 - 1e-7
    assert shortfall(-trim, 0.9, weights=weights) == pytest.approx(-0.6, abs=1e-7)
    assert shortfall(depth, 0.95, weights=weights) <= 0.72 + 1e-7
    assert moments(hold - trim, weights)[0] == pytest.approx(0.02, abs=1e-8)
    assert weights[hold >= trim].sum() >= 0.55 - 1e-8
    assert moments(hold, weights)[0] - shortfall(-hold, 0.95, weights=weights) <= 1.9 + 1e-7


def test_sums_of_means_are_means_of_sums():
    result = random_result()
    one = result.tilt({rk.Mean(HOLD) - 0.5 * rk.Mean(TRIM): 0.7})
    other = result.tilt({rk.Mean(HOLD - TRIM / 2.0): 0.7})
    np.testing.assert_allclose(one.path_weights, other.path_weights, rtol=1e-9)
    names = result.tilt({rk.Mean("wealth", rule="hold"): 1.5, rk.Variance("wealth", rule="hold"): 0.4})
    quantities = result.tilt({rk.Mean(HOLD): 1.5, rk.Variance(HOLD): 0.4})
    np.testing.assert_array_equal(names.path_weights, quantities.path_weights)


def test_a_sure_event_and_a_variance():
    """Given the exit, the variance of what is left."""
    result = random_result(4000)
    tilted = result.tilt({rk.Probability("founder exit", at_least=1): 1.0, rk.Variance(HOLD): 0.5})
    happened = result.outcomes.event_counts["founder exit"] == 1
    assert not tilted.path_weights[~happened].any()
    assert moments(HOLD.values(result), tilted.path_weights)[1] == pytest.approx(0.5, abs=1e-7)
    assert tilted.errors("wealth_mean").loc["hold", "wealth_mean"] > 0.0


def test_descriptions_of_combinations():
    assert (HOLD - 2 * TRIM).describe() == "(wealth of hold - 2 wealth of trim)"
    assert (-HOLD / 4).describe() == "(-0.25 wealth of hold)"
    assert rk.Variance(HOLD + TRIM - HOLD / 2).describe() == "variance of (0.5 wealth of hold + wealth of trim)"
    assert (rk.Variance(HOLD) - 2 * rk.Mean(TRIM)).describe() == "variance of wealth of hold - 2 mean of wealth of trim"
    assert rk.TailMean("wealth", 0.025, rule="hold").describe() == "mean of the lowest 2.5 % of wealth of hold"
    tilted = random_result().tilt({rk.Correlation(HOLD, TRIM): 0.9})
    assert tilted.notes["tilted"] == "correlation of wealth of hold and wealth of trim = 0.9"


# ---------------------------------------------------------------------------------------------------------------------
# Errors
# ---------------------------------------------------------------------------------------------------------------------


def normal_result(paths: int, seed: int) -> Comparison:
    """Wealth of hold and trim with means 10, variances 1 and correlation 0.8."""
    rng = np.random.default_rng(seed)
    result = random_result(paths, seed)
    first, other = rng.standard_normal((2, paths))
    result.outcomes.columns["wealth"][0] = 10.0 + first
    result.outcomes.columns["wealth"][2] = 10.0 + 0.8 * first + 0.6 * other
    return result


def variance_of(rule: str) -> rk.Metric:
    """The variance of final wealth with its influences."""

    def computed(columns, path_weights):
        values = np.asarray(columns["wealth"])
        mean, variance = moments(values, path_weights)
        return variance, (values - mean) ** 2 - variance

    return rk.Metric(f"variance of {rule}", computed)


def test_what_views_fix_has_no_error():
    tilted = normal_result(4000, 1).tilt({rk.Variance(HOLD): 1.4, rk.TailMean(TRIM, 0.05): 7.5})
    assert tilted.estimate("hold", variance_of("hold")).standard_error == 0.0
    assert tilted.estimate("hold", variance_of("hold")).value == pytest.approx(1.4, abs=1e-8)
    assert tilted.estimate("trim", variance_of("trim")).standard_error > 0.0
    assert tilted.estimate("hold", "wealth_mean").standard_error > 0.0


def test_the_error_of_a_mean_under_a_variance_against_its_closed_form():
    """To variance v = 0.5 from N(0, 1), e^(a x²) with a = (1 - 1/v) / 2 = -1/2.

    The mean m solves E[w (x - m)] = 0 with w = e^(a (x - m)²): its influence is x w / E[w] over 1 + 2 a v = v, and the
    variance is E[x² w²] / (E[w]² v²) / n. E[w] = √v; w² is √(v') times the density of N(0, v'), 1/v' = 2/v - 1 = 3, so
    E[x² w²] = v'^1.5, and the variance is 3^-1.5 / 0.125 / n = 1.5396 / n: more than the 1 / n of the plain mean.
    """
    found = normal_result(20_000, 3).tilt({rk.Variance(HOLD): 0.5}).estimate("hold", "wealth_mean")
    expected = math.sqrt(3.0**-1.5 / 0.125 / 20_000)
    assert found.standard_error == pytest.approx(expected, rel=0.04)
    assert abs(found.value - 10.0) < 4.0 * expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "views",
    [
        {rk.Variance(HOLD): 0.6},
        {rk.Variance(HOLD): 1.5, rk.Mean(HOLD): 10.2},
        {rk.Correlation(HOLD, TRIM): 0.5},
        {rk.TailMean(HOLD, 0.2): 8.2},
        {rk.TailMean(HOLD, 0.2): 9.0, rk.Variance(TRIM): (None, 0.8)},
        {rk.Variance(TRIM) - rk.Variance(HOLD): 0.3},
    ],
    ids=["smaller variance", "mean and variance", "correlation", "worse tail", "better tail and variance", "sum"],
)
def test_errors_under_views_against_repetition(views):
    """The standard deviation of 150 answers is known to 4 / sqrt(300) = 23 %."""
    found = [normal_result(1000, seed).tilt(views) for seed in range(150)]
    for rule, metric in (("hold", "wealth_mean"), ("trim", "wealth_mean"), ("trim", "wealth_p05")):
        answers = [each.estimate(rule, metric) for each in found]
        spread = np.std([answer.value for answer in answers], ddof=1)
        error = np.mean([answer.standard_error for answer in answers])
        if spread > 1e-8:
            assert error == pytest.approx(spread, rel=0.23), (rule, metric)
        else:
            assert error < 1e-8


# ---------------------------------------------------------------------------------------------------------------------
# Refusals
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ({rk.Variance(HOLD): 0.0}, r"where variance of wealth of hold can be above 0 and below \d.*, got .* = 0"),
        ({rk.Variance(HOLD): (500.0, None)}, "got variance of wealth of hold >= 500"),
        ({rk.Correlation(HOLD, TRIM): 1.0}, r"can be above -1 and below 1, got correlation of .* = 1"),
        (
            {rk.TailMean(HOLD, 0.05): 0.0},
            r"where mean of the lowest 5 % of wealth of hold can be above 0\.\d+ and below",
        ),
        pytest.param(
            {rk.Mean(HOLD): 1.4, rk.Variance(HOLD): 0.01, rk.Probability(HOLD, at_least=3.0): 0.2},
            r"no weights of the paths were found that meet .*variance of wealth of hold = 0\.01.*; state weaker views",
            marks=pytest.mark.slow,
        ),
        (
            {rk.TailMean(HOLD, 0.05): 1.2, rk.Probability(HOLD, at_most=0.9): 0.3, rk.Mean("founder exit"): 0.5},
            r"meet P\(wealth of hold <= 0\.9\) = 0\.3; mean of the lowest 5 % of wealth of hold = 1\.2; state",
        ),
        ({rk.Quantile(HOLD, 0.5) - rk.Mean(HOLD): 0.0}, "a view on a sum must not have a quantile in it, got 50 %"),
        ({rk.Variance("founder exits"): 0.1}, "quantity without rule= must name one of 'founder exit'"),
    ],
)
def test_views_that_no_weights_meet_are_refused_by_name(views, message):
    with pytest.raises(InvalidInput, match=message):
        random_result().tilt(views)


def test_quantities_that_do_not_vary_have_no_correlation():
    result = random_result()
    result.outcomes.columns["wealth"][2] = 1.0
    with pytest.raises(InvalidInput, match=r"correlation of .* must be of quantities that vary, got 1 on all paths"):
        result.tilt({rk.Correlation(HOLD, TRIM): 0.5})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: rk.TailMean("wealth", 1.0), r"TailMean: p must be > 0 and < 1, got 1\.0"),
        (lambda: rk.TailMean("wealth", 0.05, "worst"), "TailMean: tail must be"),
        (lambda: rk.Correlation("wealth", HOLD), "Correlation: first must be a Quantity, such as .*, got 'wealth'"),
        (lambda: rk.Correlation(HOLD, HOLD), "Correlation must be of two quantities, got wealth of hold twice"),
        (lambda: rk.Mean(HOLD, rule="hold"), "Mean: rule must be left out where quantity is a Quantity, got 'hold'"),
        (lambda: HOLD - HOLD, "a combination of quantities must have a coefficient that is not 0"),
        (lambda: HOLD * math.inf, "the factor of a term must be finite, got inf"),
        (lambda: HOLD / 0, "the divisor of a term must not be 0"),
        (lambda: rk.Quantity(""), "Quantity: quantity must be a non-empty string"),
    ],
)
def test_views_are_validated_when_they_are_built(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()


def test_only_like_is_added_to_like():
    for build in (lambda: HOLD + 0.03, lambda: HOLD - rk.Mean(HOLD), lambda: rk.Mean(HOLD) + 1.0):
        with pytest.raises(TypeError, match="unsupported operand"):
            build()


# ---------------------------------------------------------------------------------------------------------------------
# Functionals
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["variance", "correlation", "lowest", "highest"])
def test_linearised_functionals_are_their_values_to_first_order(kind):
    """Moved to weights w + e d, the value moves by e Σ d · linearised, up to e²."""
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 400))
    functional: Functional = {
        "variance": VarianceOf(x),
        "correlation": CorrelationOf(x, x + y),
        "lowest": TailMeanOf(x, 0.105, False),
        "highest": TailMeanOf(x, 0.105, True),
    }[kind]
    weights = rng.uniform(0.5, 1.5, 400)
    weights /= weights.sum()
    change = weights * rng.uniform(-1.0, 1.0, 400)
    change -= weights * change.sum()
    moved = functional.value(weights + 1e-5 * change) - functional.value(weights - 1e-5 * change)
    linear = functional.linearised(functional.parameters(weights))
    assert moved / 2e-5 == pytest.approx((change * linear).sum(), rel=1e-5, abs=1e-8)
    equations = functional.equations(functional.parameters(weights))
    assert np.abs(equations @ weights).max() < (weights.max() if functional.quantiles.any() else 1e-12)
