"""Statistics of weighted paths and their errors against closed forms, hand calculation, print and bootstrap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from riskkit.comparison.estimation import estimate, tail_estimates
from riskkit.measures._tail import weighted_quantile

N = 100_000


def equal(n: int) -> np.ndarray:
    return np.full(n, 1.0 / n)


def lognormal(seed: int, sigma: float = 0.4, n: int = N) -> np.ndarray:
    return np.exp(sigma * np.random.default_rng(seed).standard_normal(n))


def tilted(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A standard normal by way of draws from N(1/2, 1) and their likelihood ratios, self-normalised."""
    x = rng.standard_normal(n) + 0.5
    weights = np.exp(0.125 - 0.5 * x)
    return x, weights / weights.sum()


def test_repr_has_two_digits_of_the_error_and_no_array():
    found = estimate.mean(np.arange(1000.0), equal(1000))
    assert repr(found) == "Estimate(499.5 ± 9.1)"  # sd 288.7 / root 1000 = 9.13
    assert repr(estimate.Estimate(1.5, 1e-7)) == "Estimate(1.50000000 ± 0.00000010)"
    assert repr(estimate.Estimate(1e6, 1234.0)) == "Estimate(1000000 ± 1234)"
    assert repr(estimate.Estimate(0.25, 0.0)) == "Estimate(0.25 ± 0)"
    assert repr(estimate.Estimate(math.nan, math.nan, note="no path")) == "Estimate(nan ± nan: no path)"


def test_mean_of_three_weighted_paths_by_hand():
    """Weights 1/2, 1/4, 1/4 on 0, 1, 2: mean 3/4; sum (w (x - 3/4))^2 = (9/16)/4 + (1/16)/16 + (25/16)/16 = 62/256."""
    found = estimate.mean(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.25]))
    assert found.value == 0.75
    assert found.standard_error == pytest.approx(math.sqrt(62 / 256), rel=1e-15)
    np.testing.assert_allclose(found.influences, [-0.75, 0.25, 1.25])


def test_plain_mean_is_that_of_numpy_and_its_error_the_sd_over_root_n():
    x = lognormal(1)
    found = estimate.mean(x, equal(N))
    assert found.value == x.mean()
    assert found.standard_error == pytest.approx(x.std() / math.sqrt(N), rel=1e-12)


def test_error_of_the_mean_against_lognormal_theory():
    """sd of exp(s Z) is sqrt((e^{s^2} - 1) e^{s^2}); a sample variance is known to sqrt((kurtosis - 1)/N)."""
    s2 = 0.4**2
    found = estimate.mean(lognormal(2), equal(N))
    kurtosis = math.exp(4 * s2) + 2 * math.exp(3 * s2) + 3 * math.exp(2 * s2) - 3
    truth = math.sqrt((math.exp(s2) - 1) * math.exp(s2) / N)
    assert found.standard_error == pytest.approx(truth, rel=4 * math.sqrt((kurtosis - 1) / N) / 2)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_probability_interval_against_newcombes_printed_table(k, n, low, high):
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score without continuity correction)."""
    found = estimate.probability(np.arange(n) < k, equal(n))
    assert found.value == pytest.approx(k / n)
    assert found.interval(0.95) == pytest.approx((low, high), abs=5e-5)
    assert found.standard_error == pytest.approx((high - low) / (2 * 1.959964), abs=5e-5)


def test_probability_interval_at_another_level_from_wilsons_formula():
    """z of 90 % is 1.644854; p = 0.3, n = 50."""
    z, p, n = 1.644853627, 0.3, 50
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    found = estimate.probability(np.arange(n) < 15, equal(n))
    assert found.interval(0.90) == pytest.approx((centre - half, centre + half), rel=1e-9)


def test_weighted_probability_by_hand():
    """Weights .4 .3 .2 .1, it happened on the first: p = .4, sum (w (x-p))^2 = .16 .36 + .16 (.09 + .04 + .01) = .08.

    Plain paths with that variance: .24 / .08 = 3; Wilson with n = 3, z = 1.96: centre (.4 + 3.8416/6) / (1 + 3.8416/3).
    """
    found = estimate.probability(np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.4, 0.3, 0.2, 0.1]))
    low, high = found.interval(0.95)
    assert (low + high) / 2 == pytest.approx((0.4 + 3.8416 / 6) / (1 + 3.8416 / 3), rel=1e-4)


def test_order_statistics_interval_of_the_median_by_hand():
    """100 values: the error of F at the median is .05, so the ends are the .402 and .598 quantiles: ranks 41 and 60."""
    found = estimate.quantile(np.arange(1.0, 101.0), 0.5, equal(100))
    assert found.value == 50.0
    assert found.interval(0.95) == (41.0, 60.0)
    assert found.standard_error == pytest.approx(19 / 2 / 1.959964, rel=1e-6)


@pytest.mark.parametrize("p", [0.05, 0.5, 0.95])
def test_error_of_a_quantile_against_lognormal_theory(p):
    """sqrt(p (1-p) / N) / f(q). The interval spans m = 2 z sqrt(N p (1-p)) spacings, so it is known to 1 / sqrt(m)."""
    found = estimate.quantile(lognormal(3), p, equal(N))
    law = stats.lognorm(0.4)
    truth = math.sqrt(p * (1 - p) / N) / law.pdf(law.ppf(p))
    spacings = 2 * 1.96 * math.sqrt(N * p * (1 - p))
    assert found.standard_error == pytest.approx(truth, rel=4 / math.sqrt(spacings))
    assert found.value == pytest.approx(law.ppf(p), abs=4 * truth)


def test_a_quantile_is_not_bracketed_by_too_few_paths():
    found = estimate.quantile(np.arange(20.0), 0.05, equal(20))
    assert found.value == 0.0
    assert math.isnan(found.standard_error)
    assert found.influences is None
    assert "too few paths to bracket the 5 % quantile" in found.note
    assert all(map(math.isnan, found.interval()))


def test_tail_mean_against_fieldmd_fractional_atoms():
    """FIELD.md: ten drawdowns, tail means .093 / .18 / .275 / .28333 / .30 at 0 / .5 / .8 / .85 / .9."""
    x = np.array([0, 0.05, 0.10, 0, 0.02, 0.20, 0.30, 0.25, 0, 0.01])
    for level, truth in [(0.5, 0.18), (0.8, 0.275), (0.85, 0.85 / 3), (0.9, 0.30)]:
        assert tail_estimates.tail_mean(x, level, equal(10)).value == pytest.approx(truth, rel=1e-12)


def test_tail_mean_and_its_error_against_normal_theory():
    """E = phi(z)/(1-a); var of (X-z)+ from E(X-z)+ = phi - z(1-a), E(X-z)+^2 = (1+z^2)(1-a) - z phi.

    The variance is that of about N(1-a) tail values, known to sqrt((kurtosis - 1)/(N(1-a))) with kurtosis < 12.
    """
    x, a = np.random.default_rng(4).standard_normal(N), 0.95
    z = stats.norm.ppf(a)
    phi = stats.norm.pdf(z)
    first, second = phi - z * (1 - a), (1 + z**2) * (1 - a) - z * phi
    truth = math.sqrt((second - first**2) / N) / (1 - a)
    found = tail_estimates.tail_mean(x, a, equal(N))
    assert found.standard_error == pytest.approx(truth, rel=4 * math.sqrt(11 / (N * (1 - a))) / 2)
    assert found.value == pytest.approx(phi / (1 - a), abs=4 * truth)


def test_certainty_equivalent_against_lognormal_theory():
    """E w^-2 = e^{2 s^2}, so its -1/2 power is e^{-s^2}; var w^-2 = e^{8 s^2} - e^{4 s^2}, slope -1/2 e^{-3 s^2}."""
    s2 = 0.2**2
    found = tail_estimates.certainty_equivalent(lognormal(5, sigma=0.2), equal(N))
    truth = 0.5 * math.exp(-3 * s2) * math.sqrt((math.exp(8 * s2) - math.exp(4 * s2)) / N)
    assert found.value == pytest.approx(math.exp(-s2), abs=4 * truth)
    assert found.standard_error == pytest.approx(truth, rel=0.05)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 6.0])
def test_certainty_equivalent_of_any_risk_aversion_against_lognormal_theory(gamma):
    """Of e^{s z} it is e^{(1-γ) s²/2}; relative error: the sd of the power over (1-γ) √N, or s/√N for γ = 1."""
    s2, power = 0.2**2, 1.0 - gamma
    found = tail_estimates.certainty_equivalent(lognormal(5, sigma=0.2), equal(N), gamma)
    value = math.exp(0.5 * power * s2)
    relative = math.sqrt(math.expm1(power**2 * s2)) / abs(power) if power else math.sqrt(s2)
    truth = value * relative / math.sqrt(N)
    assert found.value == pytest.approx(value, abs=4 * truth)
    assert found.standard_error == pytest.approx(truth, rel=0.05)
    assert np.mean(found.influences) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("gamma", "expected"), [(0.0, 0.99), (0.5, 0.99**2), (1.0, 0.0), (1.5, 0.0)])
def test_ruin_on_one_path_of_a_hundred_by_risk_aversion(gamma, expected):
    """At γ = 1/2 it is (E √w)² = 0.99²; from 1 on ruin decides."""
    found = tail_estimates.certainty_equivalent(np.append(np.ones(99), 0.0), equal(100), gamma)
    assert found.value == pytest.approx(expected, abs=1e-15)


def test_ruin_on_one_path_makes_the_certainty_equivalent_zero():
    found = tail_estimates.certainty_equivalent(np.append(np.ones(99), 0.0), equal(100))
    assert (found.value, found.standard_error) == (0.0, 0.0)
    assert not found.influences.any()


def test_ruin_on_a_path_without_weight_does_not_count():
    weights = np.append(np.full(200, 1 / 200), 0.0)
    found = tail_estimates.certainty_equivalent(np.append(np.full(200, 2.0), 0.0), weights)
    assert found.value == pytest.approx(2.0)


def test_a_certainty_equivalent_that_rests_on_a_handful_has_no_error():
    """Ten paths at 0.1 among 990 at 1: 10 * 100 / (1000 + 990) = 50.25 % of the sum of w^-2."""
    wealth = np.append(np.ones(990), np.full(10, 0.1))
    found = tail_estimates.certainty_equivalent(wealth, equal(1000))
    assert found.value == pytest.approx((1990 / 1000) ** -0.5)
    assert math.isnan(found.standard_error)
    assert "the 10 worst carry 50 %" in found.note


def test_delta_method_of_a_square_root_by_hand():
    """Median 49 of 0 ... 99 has the interval 40 ... 59; growth over two years is sqrt - 1, its slope 1/2 / sqrt(49)."""
    median = estimate.quantile(np.arange(100.0), 0.5, equal(100))
    found = estimate.delta(median, lambda x: math.sqrt(x) - 1, lambda x: 0.5 / math.sqrt(x))
    assert found.value == 6.0
    assert found.standard_error == pytest.approx(median.standard_error / 14)
    assert found.interval(0.95) == pytest.approx((math.sqrt(40) - 1, math.sqrt(59) - 1))
    np.testing.assert_allclose(found.influences, median.influences / 14)


def test_a_falling_function_swaps_the_ends_of_the_interval():
    median = estimate.quantile(np.arange(100.0), 0.5, equal(100))
    assert estimate.delta(median, lambda x: -x, lambda x: -1.0).interval(0.95) == (-59.0, -40.0)


@pytest.mark.parametrize("name", ["mean", "tail", "certainty"])
def test_errors_against_the_bootstrap(name):
    """2000 resamples know a sd to 1/sqrt(4000) = 1.6 %; four of those, and 5 % for what resampling adds at n = 2000."""
    functions = {
        "mean": (estimate.mean, lambda x: x.mean()),
        "tail": (lambda x, w: tail_estimates.tail_mean(x, 0.9, w), lambda x: np.sort(x)[-len(x) // 10 :].mean()),
        "certainty": (tail_estimates.certainty_equivalent, lambda x: np.mean(x**-2.0) ** -0.5),
    }
    ours, plain = functions[name]
    x = lognormal(6, sigma=0.3, n=2000)
    how = {"n_resamples": 2000, "method": "percentile", "vectorized": False}
    truth = stats.bootstrap((x,), plain, random_state=np.random.default_rng(7), **how)
    found = ours(x, equal(2000))
    assert found.value == pytest.approx(plain(x), rel=1e-12)
    assert found.standard_error == pytest.approx(truth.standard_error, rel=4 / math.sqrt(4000) + 0.05)


STATISTICS = {
    "mean": estimate.mean,
    "probability": lambda x, w: estimate.probability(x > 0.5, w),
    "median": lambda x, w: estimate.quantile(x, 0.5, w),
    "p95": lambda x, w: estimate.quantile(x, 0.95, w),
    "tail": lambda x, w: tail_estimates.tail_mean(x, 0.95, w),
}


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("weighted", [False, True])
def test_errors_against_the_spread_of_200_replications(name, weighted):
    """A sd from 200 replications is known to 1/sqrt(398), 5 %; four of those."""
    rng = np.random.default_rng(8)
    found = []
    for _ in range(200):
        x, w = tilted(rng, 2000) if weighted else (rng.standard_normal(2000), equal(2000))
        found.append(STATISTICS[name](x, w))
    spread = np.std([each.value for each in found])
    assert np.mean([each.standard_error for each in found]) == pytest.approx(spread, rel=4 / math.sqrt(398))


@pytest.mark.parametrize("name", ["median", "p95", "tail"])
def test_paired_errors_against_the_spread_of_200_replications(name):
    """Two rules that share most of their luck: the influences, not the two errors, give the error of the difference."""
    rng = np.random.default_rng(9)
    gaps, errors, apart = [], [], []
    for _ in range(200):
        x = rng.standard_normal(2000)
        y = 0.9 * x + 0.2 * rng.standard_normal(2000) + 0.1
        first, second = (STATISTICS[name](values, equal(2000)) for values in (x, y))
        gaps.append(first.value - second.value)
        errors.append(estimate.standard_error(first.influences - second.influences, equal(2000)))
        apart.append(math.hypot(first.standard_error, second.standard_error))
    assert np.mean(errors) == pytest.approx(np.std(gaps), rel=4 / math.sqrt(398))
    assert np.mean(apart) > 1.5 * np.mean(errors)


@pytest.mark.parametrize("name", STATISTICS)
def test_influences_have_mean_zero_and_give_the_error(name):
    for x, w in [(lognormal(10, n=3000), equal(3000)), tilted(np.random.default_rng(11), 3000)]:
        found = STATISTICS[name](x, w)
        assert (w * found.influences).sum() == pytest.approx(0.0, abs=1e-12)
        if name != "probability":
            assert estimate.standard_error(found.influences, w) == pytest.approx(found.standard_error, rel=1e-9)


def test_whole_weights_equal_repeated_paths():
    """A path of weight 3 is three paths as far as values go."""
    x, counts = lognormal(12, n=500), np.random.default_rng(13).integers(1, 4, 500)
    repeated, w = np.repeat(x, counts), counts / counts.sum()
    for name in STATISTICS:
        value = STATISTICS[name](repeated, equal(len(repeated))).value
        assert STATISTICS[name](x, w).value == pytest.approx(value, rel=1e-12)
    assert estimate.quantile(x, 0.3, w).value == weighted_quantile(x, 0.3, w)


def test_a_level_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"level must be > 0 and < 1, got 1\.0"):
        estimate.mean(np.arange(3.0), equal(3)).interval(1)


# ---------------------------------------------------------------------------------------------------------------------
# What rests on a handful of paths
# ---------------------------------------------------------------------------------------------------------------------


def test_a_mean_that_rests_on_a_handful_has_no_error():
    """Of 2000 paths ten at 200 and 1990 at 1: the ten carry 2000 of 3990. At 20 they carry 200 of 2190, 9.1 %."""
    for high, carried in ((200.0, 0.50), (20.0, None)):
        found = estimate.mean(np.append(np.ones(1990), np.full(10, high)), equal(2000))
        assert found.value == pytest.approx((1990 + 10 * high) / 2000)
        assert math.isnan(found.standard_error) == (carried is not None)
        assert (found.influences is None) == (carried is not None)
        assert found.note == (carried and "it rests on a handful of paths: the 10 largest carry 50 % of it")


def test_in_a_small_sample_the_largest_hundredth_is_the_handful():
    """300 paths at 1 but for three at 50: 150 of 447 is a third. Of 99 paths none is a hundredth: nothing is said."""
    found = estimate.mean(np.append(np.ones(297), np.full(3, 50.0)), equal(300))
    assert found.note == "it rests on a handful of paths: the 3 largest carry 34 % of it"
    assert estimate.mean(np.append(np.ones(98), 50.0), equal(99)).standard_error > 0.0


@pytest.mark.parametrize(("paths", "has_error"), [(180, False), (200, True)])
def test_a_tail_of_fewer_than_ten_paths_has_no_error(paths, has_error):
    """5 % of 180 paths are nine."""
    found = tail_estimates.tail_mean(lognormal(20, n=paths), 0.95, equal(paths))
    assert math.isfinite(found.value)
    assert math.isfinite(found.standard_error) == has_error
    assert has_error or found.note == "it rests on a handful of paths: 9 in the tail"


def test_many_paths_of_little_weight_do_not_make_a_tail():
    """The worst 4 % are a path of weight .03 and 1000 of 1e-5: .04^2 / (.03^2 + 1000 * 1e-10) = 1.8 equal ones."""
    weights = np.concatenate([[0.03], np.full(1000, 1e-5), np.full(960, 0.001)])
    found = tail_estimates.tail_mean(np.append(np.ones(1001), np.zeros(960)), 0.96, weights)
    assert found.note == "it rests on a handful of paths: 2 in the tail"
