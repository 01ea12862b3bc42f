"""Paired differences, Holm's adjustment and the share of paths won, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from riskkit.comparison.estimation import estimate
from riskkit.comparison.estimation.paired_difference import holm, paired_difference, share_won

FOUR = np.full(4, 0.25)


def test_holm_by_hand():
    """The smallest times 4, the next times 3, ...: .004 -> .016, .02 -> .06, .025 -> .05 raised to .06, .9."""
    adjusted = holm(np.array([0.02, 0.9, 0.004, 0.025]))
    np.testing.assert_allclose(adjusted, [0.06, 0.9, 0.016, 0.06], rtol=1e-14)


def test_holm_stops_at_one_and_leaves_out_nan():
    np.testing.assert_allclose(holm(np.array([0.6, np.nan, 0.7])), [1.0, np.nan, 1.0])
    np.testing.assert_allclose(holm(np.array([0.03, np.nan])), [0.03, np.nan])
    assert holm(np.array([])).size == 0


def test_paired_difference_of_means_by_hand():
    """Gaps 1, 2, 3, 2: mean 2, variance .5, error sqrt(.5/4); z = 2 / .35355 = 5.65685, two-sided p 1.5417e-8."""
    theirs = np.array([5.0, 1.0, 2.0, 8.0])
    ours = theirs + np.array([1.0, 2.0, 3.0, 2.0])
    found = paired_difference(estimate.mean(ours, FOUR), estimate.mean(theirs, FOUR), FOUR, 0.95)
    error = math.sqrt(0.5 / 4)
    assert found.value == pytest.approx(2.0)
    assert found.standard_error == pytest.approx(error)
    assert (found.low, found.high) == pytest.approx((2 - 1.959964 * error, 2 + 1.959964 * error), rel=1e-6)
    assert found.p == pytest.approx(1.5417e-8, rel=1e-4)


def test_paired_difference_of_two_probabilities_is_mcnemars():
    """Of 100 paths 9 reach the goal under the first rule only, 2 under the second: error sqrt(11 - 49/100)/100."""
    first, second = np.zeros(100), np.zeros(100)
    first[:29] = 1.0
    second[9:31] = 1.0
    w = np.full(100, 0.01)
    found = paired_difference(estimate.probability(first, w), estimate.probability(second, w), w)
    assert found.value == pytest.approx(0.07)
    assert found.standard_error == pytest.approx(math.sqrt(11 - 49 / 100) / 100)


def test_weighted_paired_difference_by_hand():
    """Gaps 1 and 3 at weights 3/4 and 1/4: mean 1.5; (3/4 * -.5)^2 + (1/4 * 1.5)^2 = 2 * .375^2."""
    w = np.array([0.75, 0.25])
    ours, theirs = np.array([2.0, 7.0]), np.array([1.0, 4.0])
    found = paired_difference(estimate.mean(ours, w), estimate.mean(theirs, w), w)
    assert found.value == pytest.approx(1.5)
    assert found.standard_error == pytest.approx(0.375 * math.sqrt(2))


def test_without_variance_only_a_true_difference_counts():
    constant = estimate.mean(np.full(4, 2.0), FOUR)
    same = paired_difference(constant, estimate.mean(np.full(4, 2.0), FOUR), FOUR)
    other = paired_difference(constant, estimate.mean(np.full(4, 1.5), FOUR), FOUR)
    assert (same.value, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)
    assert (other.value, other.low, other.high, other.p) == (0.5, 0.5, 0.5, 0.0)


def test_a_constant_has_no_error_though_its_sum_is_rounded():
    """A tenth on each of a million paths: their mean is off by an ulp, which must not look like noise."""
    w = np.full(1_000_000, 1e-6)
    constant, nothing = estimate.mean(np.full(1_000_000, 0.1), w), estimate.mean(np.zeros(1_000_000), w)
    assert constant.standard_error == 0.0
    assert paired_difference(constant, nothing, w).standard_error == 0.0


def test_a_difference_in_the_last_bit_is_no_evidence():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    found = paired_difference(estimate.mean(x, FOUR), estimate.mean(x * (1 + 1e-15), FOUR), FOUR)
    assert found.p == 1.0


def test_a_difference_from_a_statistic_without_error_has_no_error():
    x = np.arange(1.0, 21.0)
    w = np.full(20, 0.05)
    found = paired_difference(estimate.quantile(x, 0.5, w), estimate.quantile(x, 0.05, w), w)
    assert found.value == 9.0
    assert all(map(math.isnan, (found.standard_error, found.low, found.high, found.p)))


def test_share_won_by_hand():
    """Weights .4 .3 .2 .1; higher, lower, equal, higher: .4 + .2 / 2 + .1."""
    ours, theirs = np.array([2.0, 1.0, 1.0, 5.0]), np.array([1.0, 2.0, 1.0, 4.0])
    w = np.array([0.4, 0.3, 0.2, 0.1])
    assert share_won(ours, theirs, 1, w) == pytest.approx(0.6)
    assert share_won(ours, theirs, -1, w) == pytest.approx(0.4)
    assert math.isnan(share_won(ours, theirs, 0, w))
