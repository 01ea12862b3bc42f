"""What the measures refuse, and that they say where it is and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskkit import measures
from riskkit._core.errors import InvalidInput
from riskkit.measures import (
    average_drawdown,
    cdar,
    conditional_expected_drawdown,
    drawdown,
    drawdown_table,
    expected_shortfall,
    longest_under_water,
    max_drawdown,
    time_under_water,
    ulcer_index,
    var,
)

OF_WEALTH = [
    average_drawdown,
    cdar,
    drawdown,
    drawdown_table,
    longest_under_water,
    max_drawdown,
    time_under_water,
    ulcer_index,
]
DAYS = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"])


@pytest.mark.parametrize("measure", OF_WEALTH)
@pytest.mark.parametrize(
    ("wealth", "message"),
    [
        ([1.0, np.nan, 1.2], "wealth must be finite, got NaN at row 1; gaps are refused, not skipped"),
        ([1.0, np.inf], "wealth must be finite, got inf at row 1"),
        ([0.0, 1.0], "wealth must start above 0, got 0.0 at row 0"),
        ([-1.0, 1.0], "wealth must start above 0, got -1.0 at row 0"),
        ([0.02, -0.01, 0.03], "wealth must be >= 0, got -0.01 at row 1; wealth is levels, never returns"),
        ([], "wealth must not be empty, got shape (0,)"),
        (5.0, "wealth must be a sequence, got the single number 5.0"),
        (["1", "2"], "wealth must be numbers, got <U1"),
        ([True, False], "wealth must be numbers, got bool"),
        ([1.0, None], "wealth must be numbers, got object"),
        ([[1.0], [1.0, 2.0]], "wealth must be an array of numbers, got rows of unequal length"),
        (np.ma.masked_invalid([1.0, np.nan]), "wealth must be a plain array, got a masked one"),
        (pd.Series([1.0, np.nan, 1.0], index=DAYS), "got NaN at row 1 (2024-01-02 00:00:00)"),
        (pd.Series([1.0, pd.NA], dtype="Float64"), "got NaN at row 1 (1)"),
        (pd.Series([1.0, 2.0, 1.0], index=DAYS[::-1]), "wealth must be in time order, each date once, got 2024-01-02"),
        (pd.Series([1.0, 2.0], index=DAYS[[0, 0]]), "got 2024-01-01 00:00:00 after 2024-01-01 00:00:00"),
        (pd.Series(["1", "2"]), "wealth must be numbers"),
    ],
)
def test_wealth_that_is_not_levels_is_refused(measure: Callable[[Any], Any], wealth: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)):
        measure(wealth)


@pytest.mark.parametrize("measure", [drawdown, max_drawdown, cdar])
def test_a_fault_in_a_table_is_named_by_row_and_column(measure: Callable[[Any], Any]) -> None:
    table = pd.DataFrame({"A": [1.0, 2.0, 3.0], "B": [1.0, 2.0, np.nan]}, index=DAYS)
    with pytest.raises(InvalidInput, match=re.escape("got NaN at row 2 (2024-01-03 00:00:00), column 'B'")):
        measure(table)
    with pytest.raises(InvalidInput, match=re.escape("got 0.0 at row 0 (0), column 'A'")):
        measure(pd.DataFrame({"A": [0.0, 1.0]}))
    with pytest.raises(InvalidInput, match=re.escape("wealth, column 'A', must be numbers, got")):
        measure(pd.DataFrame({"A": ["x", "y"], "B": [1.0, 2.0]}))
    with pytest.raises(InvalidInput, match=re.escape("got NaN at row 1, column 0")):
        measure(np.array([[1.0, 1.0], [np.nan, 1.0]]))
    with pytest.raises(InvalidInput, match=re.escape("got -1.0 at index (1, 0, 1)")):
        measure(np.array([[[1.0, 1.0]], [[1.0, -1.0]]]))


@pytest.mark.parametrize("level", [1.0, 1.5, -0.1, 95, np.nan, np.inf])
def test_levels_outside_the_range_are_refused(level: float) -> None:
    with pytest.raises(InvalidInput, match="level must be > 0 and < 1, got"):
        var([0.1, 0.2], level)
    for measure in (expected_shortfall, cdar, conditional_expected_drawdown):
        with pytest.raises(InvalidInput, match="level must be >= 0 and < 1, got"):
            measure([0.1, 0.2], level)


def test_level_zero_is_a_mean_but_no_quantile() -> None:
    with pytest.raises(InvalidInput, match=r"level must be > 0 and < 1, got 0\.0"):
        var([0.1, 0.2], 0.0)
    assert expected_shortfall([0.1, 0.3], 0.0) == pytest.approx(0.2)


@pytest.mark.parametrize("level", ["0.95", None, True])
def test_a_level_that_is_no_number_is_refused(level: Any) -> None:
    for measure in (var, expected_shortfall, cdar, conditional_expected_drawdown):
        with pytest.raises(InvalidInput, match="level must be a number, got"):
            measure([0.1, 0.2], level)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, -1.0], "weights must be >= 0, got -1.0 at row 1"),
        ([0.0, 0.0], "weights must not all be 0"),
        ([1.0, np.nan], "weights must be finite, got NaN at row 1"),
        ([1.0, 1.0, 1.0], "weights must be one number for each of 2, shape (2,), got shape (3,)"),
        ([[1.0, 1.0]], "weights must be one number for each of 2, shape (2,), got shape (1, 2)"),
        (1.0, "weights must be a sequence, got the single number 1.0"),
    ],
)
def test_weights_that_are_no_weights_are_refused(weights: Any, message: str) -> None:
    paths = np.ones((3, 2))
    for measure in (average_drawdown, cdar, max_drawdown, time_under_water, longest_under_water, ulcer_index):
        with pytest.raises(InvalidInput, match=re.escape(message)):
            measure(paths, weights=weights)
    for measure in (var, expected_shortfall, conditional_expected_drawdown):
        with pytest.raises(InvalidInput, match=re.escape(message)):
            measure([0.1, 0.2], weights=weights)


def test_weights_of_one_path_are_refused() -> None:
    for measure in (average_drawdown, cdar):
        with pytest.raises(InvalidInput, match="weights must be left out where wealth is one path"):
            measure([1.0, 2.0], weights=[1.0, 1.0])


def test_labelled_weights_in_another_order_are_refused() -> None:
    table = pd.DataFrame({"A": [1.0, 0.5], "B": [1.0, 0.9]})
    with pytest.raises(
        InvalidInput, match="weights must carry the labels of what they weigh, in its order, got 'B', 'A'"
    ):
        cdar(table, weights=pd.Series({"B": 1.0, "A": 2.0}))
    with pytest.raises(InvalidInput, match=r"weights\.reindex"):
        var(pd.Series([0.1, 0.2], index=["x", "y"]), weights=pd.Series([1.0, 2.0]))


@pytest.mark.parametrize("value", [-0.4, 1.2, 40.0])
def test_maximum_drawdowns_of_another_sign_or_unit_are_refused(value: float) -> None:
    with pytest.raises(InvalidInput, match="max_drawdowns must be positive fractions from 0 to 1, got"):
        conditional_expected_drawdown([0.2, value])


@pytest.mark.parametrize("measure", [var, expected_shortfall])
def test_a_gap_does_not_shrink_the_tail(measure: Callable[[Any], Any]) -> None:
    with pytest.raises(InvalidInput, match="losses must be finite, got NaN at row 2"):
        measure(np.array([0.1, 0.2, np.nan, 0.4]))


def test_table_of_more_than_one_path_is_refused() -> None:
    with pytest.raises(InvalidInput, match="series must be one path, a Series or a 1-D array, got shape"):
        drawdown_table(np.ones((3, 2)))


def test_every_public_name_exists() -> None:
    assert sorted(measures.__all__) == measures.__all__
    assert all(callable(getattr(measures, name)) for name in measures.__all__)
