"""Errors of paths that were drawn by strata or in groups, by hand and against the spread of replications."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskkit.comparison.estimation import estimate, tail_estimates
from riskkit.comparison.estimation.estimate import quantiles
from riskkit.engine.outcomes import OrderStatistics, SamplingDesign

STATISTICS = {
    "mean": estimate.mean,
    "probability": lambda x, w: estimate.probability(x > 0.5, w),
    "median": lambda x, w: estimate.quantile(x, 0.5, w),
    "p95": lambda x, w: estimate.quantile(x, 0.95, w),
    "tail": lambda x, w: tail_estimates.tail_mean(x, 0.95, w),
}


def equal(n: int) -> np.ndarray:
    return np.full(n, 1.0 / n)


def test_error_within_strata_by_hand():
    """Strata of probability .9 and .1 with values 1, 3 and 10, 14, 18: means 2 and 14, variances 2 and 16 (n - 1);
    the mean is 3.2, its variance .81 * 2/2 + .01 * 16/3. Without strata the gap between the two would count too:
    .45^2 (2.2^2 + .2^2) + (6.8^2 + 10.8^2 + 14.8^2) / 900."""
    values = np.array([1.0, 10.0, 3.0, 14.0, 18.0])
    stratum = np.array([0, 1, 0, 1, 1])
    weights = np.array([0.45, 0.1 / 3, 0.45, 0.1 / 3, 0.1 / 3])
    found = estimate.mean(values, SamplingDesign(weights, stratum))
    assert found.value == pytest.approx(3.2)
    assert found.standard_error == pytest.approx(math.sqrt(0.81 + 0.16 / 3), rel=1e-12)
    plain = 0.45**2 * (2.2**2 + 0.2**2) + (6.8**2 + 10.8**2 + 14.8**2) / 900
    assert estimate.mean(values, weights).standard_error == pytest.approx(math.sqrt(plain), rel=1e-12)
    assert found.influences == pytest.approx(values - 3.2)


def test_strata_of_a_grouped_sample_by_hand():
    """Pairs (1, 3), (2, 4), (0, 8) of weight 1/6 a path: sums less the mean 3 are -2, 0, 2, times 1/6; with n/(n-1) the
    variance is 3/2 * 8/36. The pairs' first and second paths may be of two strata: all pairs are alike all the same."""
    values, weights = np.array([1.0, 3.0, 2.0, 4.0, 0.0, 8.0]), equal(6)
    for stratum in (None, np.array([0, 1] * 3)):
        found = estimate.mean(values, SamplingDesign(weights, stratum, group=2))
        assert found.value == 3.0
        assert found.standard_error == pytest.approx(math.sqrt(1.5 * 8 / 36), rel=1e-12)


def test_groups_of_other_composition_are_not_compared():
    """Groups of two: 0 0, 0 1, 0 0, 0 1. By hand the two kinds have sums 1, 3 and 8, 12 times 1/8, less the mean 3:
    within kinds the deviations are 1, 1 and 2, 2, the variance 2 * (1 + 1 + 4 + 4) / 64."""
    values = np.array([0.0, 1.0, 4.0, 4.0, 1.0, 2.0, 6.0, 6.0])
    found = estimate.mean(values, SamplingDesign(equal(8), np.array([0, 0, 0, 1, 0, 0, 0, 1]), group=2))
    assert found.standard_error == pytest.approx(math.sqrt(2 * 10 / 64), rel=1e-12)


def test_the_last_group_may_be_short_and_a_stratum_alone_counts_in_full():
    """Values 1, 2, 3 in groups of two, mean 2: sums -1 and 1 by 1/3, variance 2 * 2/9. By strata {1, 2} and {3}: the
    first by hand 2 * (.25 + .25)/9, the second, alone, its square 1/9."""
    values, weights = np.array([1.0, 2.0, 3.0]), equal(3)
    assert estimate.mean(values, SamplingDesign(weights, group=2)).standard_error == pytest.approx(math.sqrt(4 / 9))
    alone = estimate.mean(values, SamplingDesign(weights, np.array([0, 0, 1]))).standard_error
    assert alone == pytest.approx(math.sqrt(2 / 9))


def test_groups_of_one_and_one_stratum_are_the_plain_sample():
    """But for n/(n - 1), which counts within strata."""
    values = np.random.default_rng(21).standard_normal(1000)
    for name, statistic in STATISTICS.items():
        plain = statistic(values, equal(1000))
        found = statistic(values, SamplingDesign(equal(1000), np.zeros(1000, dtype=np.int64)))
        assert found.value == plain.value
        assert found.standard_error == pytest.approx(plain.standard_error, rel=0.02), name
        assert statistic(values, SamplingDesign(equal(1000))).standard_error == plain.standard_error


def test_an_event_on_no_path_of_20_groups_has_the_interval_of_20_draws():
    """320 paths in 20 groups are 20 chances: Newcombe's 0 of 20. Without groups 0 of 320: z^2 / (320 + z^2)."""
    nothing = np.zeros(320)
    assert estimate.probability(nothing, SamplingDesign(equal(320), group=16)).interval() == pytest.approx(
        (0, 0.1611), abs=5e-5
    )
    assert estimate.probability(nothing, equal(320)).interval()[1] == pytest.approx(3.8415 / 323.8415, rel=1e-4)


def stratified_draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, SamplingDesign]:
    """A tenth is 2 + N(0, 1/4) and has two thirds of the paths; the rest is N(0, 1)."""
    stratum = np.arange(n) % 3 % 2
    rare = stratum == 0
    values = np.where(rare, 2.0 + 0.5 * rng.standard_normal(n), rng.standard_normal(n))
    weights = np.where(rare, 0.1 / rare.sum(), 0.9 / (~rare).sum())
    return values, SamplingDesign(weights, stratum)


def grouped_draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, SamplingDesign]:
    """Groups of 16 share a level: between the groups lies as much as within them."""
    values = rng.standard_normal(n) + np.repeat(rng.standard_normal(-(-n // 16)), 16)[:n]
    return values, SamplingDesign(equal(n), group=16)


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("draw", [stratified_draw, grouped_draw])
def test_errors_under_a_design_against_the_spread_of_200_replications(name, draw):
    """A sd from 200 replications is known to 1/sqrt(398), 5 %; four of those. Each value lies at 0 mean bias, so it is
    also the truth that the intervals hold: at least 88 % of 200, which 95 % miss with probability 2e-5."""
    rng = np.random.default_rng(22)
    found = [STATISTICS[name](*draw(rng, 3000)) for _ in range(200)]
    values = [each.value for each in found]
    assert np.mean([each.standard_error for each in found]) == pytest.approx(np.std(values), rel=4 / math.sqrt(398))
    centre = np.mean(values)
    assert np.mean([low <= centre <= high for low, high in (each.interval() for each in found)]) > 0.88


@pytest.mark.parametrize("name", ["median", "p95", "tail"])
@pytest.mark.parametrize("draw", [stratified_draw, grouped_draw])
def test_paired_errors_under_a_design_against_the_spread_of_200_replications(name, draw):
    """Two rules with the same strata, or groups, and most of their luck: the error of their difference."""
    rng = np.random.default_rng(23)
    gaps, errors = [], []
    for _ in range(200):
        x, design = draw(rng, 3000)
        first, second = (STATISTICS[name](values, design) for values in (x, 0.8 * x + 0.2 * rng.standard_normal(3000)))
        gaps.append(first.value - second.value)
        errors.append(estimate.standard_error(first.influences - second.influences, design))
    assert np.mean(errors) == pytest.approx(np.std(gaps), rel=4 / math.sqrt(398))


def test_groups_that_are_ignored_would_give_too_small_errors():
    """Half of the variance is common to 16 paths: the error of the mean is sqrt(1 + 15/2) = 2.9 times the plain one."""
    values, design = grouped_draw(np.random.default_rng(24), 64_000)
    ratio = estimate.mean(values, design).standard_error / estimate.mean(values, design.path_weights).standard_error
    assert ratio == pytest.approx(math.sqrt(8.5), rel=4 / math.sqrt(2 * 4000))


@given(
    arrays(np.float64, st.integers(1, 200), elements=st.sampled_from([-1.5, 0.0, 0.25, 1.0, 2.0, 1e9, np.inf])),
    st.lists(st.floats(0.0, 0.999), min_size=1, max_size=12),
)
def test_order_statistics_in_any_order_are_those_of_the_sorted_values(values, shares):
    before, ranked, rising = values.copy(), OrderStatistics(values), np.sort(values)
    for place in (int(share * values.size) for share in shares):
        assert ranked[place] == rising[place]
    np.testing.assert_array_equal(values, before)


def test_a_design_that_has_sorted_columns_is_pickled_without_them():
    values = np.random.default_rng(1).normal(size=10_000)
    design = SamplingDesign(np.full(values.size, 1.0 / values.size))
    size = len(pickle.dumps(design))
    assert quantiles(values, design, 0.5) == [np.sort(values)[4999]]
    assert len(pickle.dumps(design)) <= size + 200
    assert quantiles(values, pickle.loads(pickle.dumps(design)), 0.5) == [np.sort(values)[4999]]
