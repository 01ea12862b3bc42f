"""What must hold of every wealth path: bounds, scale, order, and what weights mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import levels, path_weights, wealth_paths, wealth_samples

from riskkit.measures import (
    average_drawdown,
    cdar,
    conditional_expected_drawdown,
    drawdown,
    longest_under_water,
    max_drawdown,
    time_under_water,
    ulcer_index,
)

OF_A_PATH = [max_drawdown, average_drawdown, ulcer_index, time_under_water, longest_under_water]


@given(wealth_paths(), st.floats(1e-6, 1e6))
def test_measures_do_not_depend_on_the_unit_of_money(wealth: np.ndarray, scale: float) -> None:
    """Rounding may move a point that ties with its peak, so the spells are tried with a scale that rounds nothing."""
    for measure in (max_drawdown, average_drawdown, ulcer_index, cdar):
        assert measure(wealth * scale) == pytest.approx(measure(wealth), abs=1e-12)
    for measure in OF_A_PATH:
        assert measure(wealth * 1024.0) == measure(wealth)


@given(wealth_paths(), levels())
def test_drawdowns_are_fractions_in_order(wealth: np.ndarray, level: float) -> None:
    depth = drawdown(wealth)
    assert depth[0] == 0.0
    assert depth.min() >= 0.0
    assert depth.max() <= 1.0
    average, tail, largest = average_drawdown(wealth), cdar(wealth, level), max_drawdown(wealth)
    assert average - 1e-12 <= tail <= largest + 1e-12
    assert average - 1e-12 <= ulcer_index(wealth) <= largest + 1e-12


@given(wealth_paths())
def test_cdar_runs_from_the_average_to_the_largest(wealth: np.ndarray) -> None:
    assert cdar(wealth, 0.0) == pytest.approx(average_drawdown(wealth), abs=1e-12)
    assert cdar(wealth, 1.0 - 1.0 / (2.0 * len(wealth))) == pytest.approx(max_drawdown(wealth), abs=1e-12)


@given(wealth_samples(), levels(), levels())
def test_cdar_and_ced_rise_with_the_level(wealth: np.ndarray, one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert cdar(wealth, low) <= cdar(wealth, high) + 1e-12
    largest = max_drawdown(wealth)
    assert conditional_expected_drawdown(largest, low) <= conditional_expected_drawdown(largest, high) + 1e-12
    assert cdar(wealth, high) <= conditional_expected_drawdown(largest, high) + 1e-12


@given(wealth_paths())
def test_path_that_never_falls_has_no_drawdown(wealth: np.ndarray) -> None:
    rising = np.maximum.accumulate(wealth)
    assert not drawdown(rising).any()
    assert [measure(rising) for measure in OF_A_PATH] == [0.0] * len(OF_A_PATH)


@given(wealth_paths(ruin=False))
def test_path_that_never_rises_ends_at_its_largest_drawdown(wealth: np.ndarray) -> None:
    falling = np.minimum.accumulate(wealth)
    assert max_drawdown(falling) == drawdown(falling)[-1] == 1.0 - falling[-1] / falling[0]


@given(wealth_samples(), st.floats(0.1, 10.0), levels())
def test_equal_weights_are_no_weights(wealth: np.ndarray, weight: float, level: float) -> None:
    equal = np.full(wealth.shape[1], weight)
    for measure in OF_A_PATH:
        assert measure(wealth, weights=equal) == pytest.approx(measure(wealth).mean(), abs=1e-12)
    assert cdar(wealth, level, weights=equal) == pytest.approx(cdar(wealth, level), abs=1e-9)
    largest = max_drawdown(wealth)
    weighted = conditional_expected_drawdown(largest, level, weights=equal)
    assert weighted == pytest.approx(conditional_expected_drawdown(largest, level), abs=1e-9)


@given(wealth_samples(), st.data(), levels())
def test_whole_weights_are_repeated_paths(wealth: np.ndarray, data: st.DataObject, level: float) -> None:
    paths = wealth.shape[1]
    counts = np.array(data.draw(st.lists(st.integers(0, 4), min_size=paths, max_size=paths).filter(any)))
    copies = np.repeat(wealth, counts, axis=1)
    assert cdar(wealth, level, weights=counts) == pytest.approx(cdar(copies, level), abs=1e-9)
    for measure in OF_A_PATH:
        assert measure(wealth, weights=counts) == pytest.approx(measure(copies).mean(), abs=1e-9)


@given(wealth_samples(), st.data(), levels())
def test_only_the_ratios_of_weights_matter(wealth: np.ndarray, data: st.DataObject, level: float) -> None:
    weights = data.draw(path_weights(wealth.shape[1]))
    for scale in (1e-300, 8.0, 1e305):
        assert cdar(wealth, level, weights=scale * weights) == pytest.approx(
            cdar(wealth, level, weights=weights), abs=1e-9
        )
        assert average_drawdown(wealth, weights=scale * weights) == pytest.approx(
            average_drawdown(wealth, weights=weights), abs=1e-12
        )


@given(wealth_samples())
def test_pooled_cdar_of_one_path_is_that_of_the_path(wealth: np.ndarray) -> None:
    assert cdar(wealth[:, :1], 0.9) == cdar(wealth[:, 0], 0.9)
