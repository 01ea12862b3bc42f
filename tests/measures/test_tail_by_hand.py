"""Quantiles, value at risk and expected shortfall against hand calculation and exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.measures import expected_shortfall, var
from riskkit.measures._tail import tail_mean, weighted_quantile


def test_var_is_an_observed_loss_and_not_interpolated() -> None:
    """F of 1 2 3 4 is .25 .5 .75 1: the smallest x with F >= .5 is 2, with F >= .51 it is 3."""
    losses = [4.0, 1.0, 3.0, 2.0]
    assert [var(losses, level) for level in (0.25, 0.5, 0.51, 0.75, 0.76)] == [1.0, 2.0, 3.0, 3.0, 4.0]


@pytest.mark.parametrize("count", [7, 10, 49, 100, 1000])
def test_quantile_is_not_moved_by_rounding(count: int) -> None:
    """k/n gives the k-th smallest although k/n * n and sums of weights are off by rounding (.07 * 100 > 7)."""
    values = np.arange(1.0, count + 1.0)
    for k in range(1, count + 1):
        assert weighted_quantile(values, k / count) == k
        assert weighted_quantile(values, k / count, np.full(count, 0.1)) == k


def test_shortfall_from_forty_to_forty_one_observations() -> None:
    """Losses .10 and .05 on top. Of 40 the worst 5 % are 2 observations: .075. One more, a gain, makes them 2.05:

    (.10 + .05 + .05 * .01) / 2.05 = .0734146, where a floor of the index jumps to .10 or stays.
    """
    losses = np.concatenate([[0.10, 0.05], np.full(38, 0.01)])
    assert expected_shortfall(losses, 0.95) == pytest.approx(0.075, rel=1e-13)
    assert expected_shortfall(np.append(losses, -0.02), 0.95) == pytest.approx(0.1505 / 2.05, rel=1e-12)


def test_weights_need_not_sum_to_one_and_zero_weights_do_not_count() -> None:
    """Losses 1 2 3 with weights 2 1 1: F is .5 .75 1. The worst 40 % are 3 with .25 and 2 with .15: 1.05 / .4."""
    losses, weights = [1.0, 2.0, 3.0, 99.0], [2.0, 1.0, 1.0, 0.0]
    assert var(losses, 0.6, weights=weights) == 2.0
    assert expected_shortfall(losses, 0.6, weights=weights) == pytest.approx(1.05 / 0.4, rel=1e-13)
    assert expected_shortfall(losses, 0.999, weights=weights) == pytest.approx(3.0, rel=1e-13)


def test_shortfall_at_level_zero_is_the_weighted_mean() -> None:
    assert expected_shortfall([-1.0, 2.0, 5.0], 0.0) == pytest.approx(2.0, rel=1e-14)
    assert expected_shortfall([-1.0, 2.0, 5.0], 0.0, weights=[0.0, 3.0, 1.0]) == pytest.approx(2.75, rel=1e-14)


def test_tables_give_a_value_by_column() -> None:
    losses = pd.DataFrame({"A": [0.1, -0.2, 0.3, 0.0], "B": [0.0, 0.1, 0.1, 0.4]})
    weights = pd.Series([1.0, 2.0, 3.0, 4.0])
    for measure in (var, expected_shortfall):
        for sample_weights in (None, weights):
            by_column = measure(losses, 0.7, weights=sample_weights)
            assert list(by_column.index) == ["A", "B"]
            for name in losses:
                assert by_column[name] == measure(losses[name], 0.7, weights=sample_weights)


def _exact_tail_mean(values: list[int], weights: list[int], level: Fraction) -> Fraction:
    """Take weight from the largest value down until 1 - level of it is used up."""
    tail_weight = (1 - level) * sum(weights)
    left, total = tail_weight, Fraction(0)
    for value, weight in sorted(zip(values, weights, strict=True), reverse=True):
        taken = min(Fraction(weight), left)
        total += taken * value
        left -= taken
    return total / tail_weight


def _exact_quantile(values: list[int], weights: list[int], p: Fraction) -> int:
    cumulative = 0
    for value, weight in sorted(zip(values, weights, strict=True)):
        cumulative += weight
        if cumulative >= p * sum(weights) and weight:
            return value
    raise AssertionError("p is at most 1")


@given(
    pairs=st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 6)), min_size=1, max_size=25).filter(
        lambda pairs: any(weight for _, weight in pairs)
    ),
    parts=st.integers(1, 40),
    numerator=st.integers(0, 39),
)
def test_weighted_tail_against_exact_fractions_and_repetition(
    pairs: list[tuple[int, int]], parts: int, numerator: int
) -> None:
    """An integer weight is so many copies; both agree with the definition in exact arithmetic."""
    level = Fraction(numerator % parts, parts)
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]
    array, sample_weights = np.array(values, dtype=float), np.array(weights, dtype=float)
    copies = np.repeat(array, weights)
    expected = float(_exact_tail_mean(values, weights, level))
    assert tail_mean(array, float(level), sample_weights) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert tail_mean(copies, float(level)) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    if level > 0:
        assert weighted_quantile(array, float(level), sample_weights) == _exact_quantile(values, weights, level)
        assert weighted_quantile(copies, float(level)) == _exact_quantile(values, weights, level)


@given(
    losses=st.lists(st.floats(-10.0, 10.0), min_size=1, max_size=30),
    levels=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)),
)
def test_shortfall_rises_with_the_level_and_lies_between_var_and_the_largest(
    losses: list[float], levels: tuple[float, float]
) -> None:
    low, high = sorted(levels)
    assert expected_shortfall(losses, low) <= expected_shortfall(losses, high) + 1e-9
    assert var(losses, high) - 1e-9 <= expected_shortfall(losses, high) <= max(losses) + 1e-9


def test_shortfall_minimises_the_rockafellar_uryasev_objective() -> None:
    """No threshold gives less than the tail mean; the objective is convex and linear between losses."""
    rng = np.random.default_rng(3)
    losses, weights = rng.standard_t(3, size=400), rng.random(400)
    share = weights / weights.sum()
    for level in (0.5, 0.9, 0.987):
        objective = [x + share @ np.maximum(losses - x, 0.0) / (1.0 - level) for x in losses]
        assert expected_shortfall(losses, level, weights=weights) == pytest.approx(min(objective), rel=1e-12)
