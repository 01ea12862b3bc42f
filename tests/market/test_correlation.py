"""Correlations are read by name, refused when impossible, and factored at any rank."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from riskkit._core.errors import InvalidInput
from riskkit.market.diffusion._correlation import correlation_matrix, factor

NAMES = ["A", "B", "C"]
FULL = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.1], [0.2, -0.1, 1.0]])


def frame(matrix: np.ndarray, names: list[str] = NAMES) -> pd.DataFrame:
    return pd.DataFrame(matrix, index=names, columns=names, copy=True)


def test_missing_pairs_are_zero_and_the_missing_diagonal_is_one():
    assert np.array_equal(correlation_matrix(None, NAMES), np.eye(3))
    assert np.array_equal(correlation_matrix({}, NAMES), np.eye(3))
    expected = np.array([[1.0, 0.0, 0.3], [0.0, 1.0, 0.0], [0.3, 0.0, 1.0]])
    assert np.array_equal(correlation_matrix({"C": {"A": 0.3}}, NAMES), expected)


@pytest.mark.parametrize(
    "given",
    [
        {"A": {"B": 0.5, "C": 0.2}, "B": {"C": -0.1}},
        {"C": {"A": 0.2, "B": -0.1}, "B": {"A": 0.5}},
        {"A": {"A": 1, "B": 0.5}, "B": {"A": 0.5, "C": -0.1}, "C": {"A": 0.2}},
        frame(FULL),
        frame(FULL).loc[["C", "A", "B"], ["B", "C", "A"]],
        frame(FULL).loc[["A", "B"], ["B", "C"]],
    ],
)
def test_all_ways_of_writing_one_correlation_agree(given):
    assert np.array_equal(correlation_matrix(given, NAMES), FULL)


def test_the_result_is_read_only_and_the_input_is_left_alone():
    given = frame(FULL)
    matrix = correlation_matrix(given, NAMES)
    with pytest.raises(ValueError, match="read-only"):
        matrix[0, 1] = 0.0
    given.loc["A", "B"] = 0.9
    assert matrix[0, 1] == 0.5


def test_rounding_of_a_computed_matrix_is_forgiven():
    near = FULL + np.array([[0.0, 1e-10, 0], [0, 2e-16, 0], [0, 0, 0]])
    matrix = correlation_matrix(frame(near), NAMES)
    assert np.array_equal(matrix, matrix.T)
    assert np.all(np.diagonal(matrix) == 1.0)
    assert correlation_matrix({"A": {"B": 1 + 1e-12}}, ["A", "B"])[0, 1] == 1.0


@pytest.mark.parametrize("value", [1.2, -1.01])
def test_a_number_outside_minus_one_to_one_is_refused(value):
    with pytest.raises(InvalidInput, match=rf"^correlation of 'A' and 'B' must be from -1 to 1, got {value:g}$"):
        correlation_matrix({"A": {"B": value}}, NAMES)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nan_and_infinity_are_refused(value):
    with pytest.raises(InvalidInput, match=rf"^correlation of 'A' and 'B' must be finite, got {value}$"):
        correlation_matrix({"A": {"B": value}}, NAMES)
    given = frame(FULL)
    given.loc["B", "C"] = value
    with pytest.raises(InvalidInput, match=rf"^correlation of 'B' and 'C' must be finite, got {value}$"):
        correlation_matrix(given, NAMES)


def test_two_orders_of_a_pair_that_differ_are_refused():
    message = r"^correlation must be symmetric, got 0.5 for 'A' and 'B' but 0.4 for 'B' and 'A'$"
    with pytest.raises(InvalidInput, match=message):
        correlation_matrix({"A": {"B": 0.5}, "B": {"A": 0.4}}, NAMES)
    given = frame(FULL)
    given.loc["B", "A"] = 0.4
    with pytest.raises(InvalidInput, match=message):
        correlation_matrix(given, NAMES)


def test_a_diagonal_other_than_one_is_refused():
    with pytest.raises(InvalidInput, match=r"^correlation of 'B' with itself must be 1, got 0\.9$"):
        correlation_matrix({"B": {"B": 0.9}}, NAMES)


@pytest.mark.parametrize("given", [{"A": {"TSLB": 0.1}}, {"TSLB": {"A": 0.1}}, frame(FULL, ["A", "TSLA", "TSLB"])])
def test_unknown_names_are_refused_with_the_nearest_one(given):
    with pytest.raises(InvalidInput, match=r"must name one of 'A', 'TSLA', got 'TSLB' \(did you mean 'TSLA'\?\)"):
        correlation_matrix(given, ["A", "TSLA"])


def test_a_name_that_comes_twice_is_refused():
    with pytest.raises(InvalidInput, match=r"^correlation: rows must be unique, got 'A' twice$"):
        correlation_matrix(frame(FULL, ["A", "A", "B"]), NAMES)


@pytest.mark.parametrize("given", [FULL, FULL.tolist(), 0.5, "A"])
def test_a_correlation_without_names_is_refused(given):
    with pytest.raises(InvalidInput, match=r"^correlation must be a DataFrame or \{name: \{name: number\}\}, got"):
        correlation_matrix(given, NAMES)


def test_text_in_a_frame_and_a_number_for_a_row_are_refused():
    with pytest.raises(InvalidInput, match=r"^correlation: column 'A' must hold numbers, got dtype"):
        correlation_matrix(frame(FULL).astype({"A": str}), NAMES)
    with pytest.raises(InvalidInput, match=r"^correlation of 'A' must be a mapping \{name: number\}, got 0\.5$"):
        correlation_matrix({"A": 0.5}, NAMES)
    with pytest.raises(InvalidInput, match=r"^correlation of 'A' and 'B' must be a number, got '0\.5'$"):
        correlation_matrix({"A": {"B": "0.5"}}, NAMES)


def test_not_positive_semidefinite_is_refused_with_the_smallest_eigenvalue_and_the_repair():
    """All pairs of three assets at r have eigenvalues 1 - r (twice) and 1 + 2r: at -0.9 the smallest is -0.8."""
    given = {"A": {"B": -0.9, "C": -0.9}, "B": {"C": -0.9}}
    with pytest.raises(InvalidInput, match=r"smallest eigenvalue -0\.8; rk\.nearest_correlation"):
        correlation_matrix(given, NAMES)


def test_a_matrix_on_the_edge_is_taken():
    """Three assets at -1/2 each have eigenvalues 3/2, 3/2 and 0."""
    edge = {"A": {"B": -0.5, "C": -0.5}, "B": {"C": -0.5}}
    lower = factor(correlation_matrix(edge, NAMES))
    assert np.abs(lower @ lower.T - correlation_matrix(edge, NAMES)).max() < 1e-15


def test_factor_against_hand_calculation():
    """C11 = 1, C21 = .6, C22 = .8, C31 = .3, C32 = (.66 - .18)/.8 = .6, C33 = sqrt(1 - .09 - .36) = sqrt(.55)."""
    matrix = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.66], [0.3, 0.66, 1.0]])
    expected = np.array([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.3, 0.6, math.sqrt(0.55)]])
    assert np.abs(factor(matrix) - expected).max() < 1e-15


def test_factor_of_perfect_correlations_is_perfect():
    matrix = np.array([[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])
    lower = factor(matrix)
    assert np.abs(lower - np.array([[1.0, 0, 0], [1, 0, 0], [-1, 0, 0]])).max() < 1e-15


def test_factor_of_no_correlation_is_the_identity_bit_for_bit():
    assert np.array_equal(factor(np.eye(7)), np.eye(7))


@st.composite
def correlations(draw: st.DrawFn) -> np.ndarray:
    """Correlation matrices of any rank: products of unit vectors, some of them equal or opposite."""
    assets, rank = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    vectors = draw(npst.arrays(np.float64, (assets, rank), elements=st.floats(-1.0, 1.0, width=32)))
    vectors[:, 0] += np.where(np.linalg.norm(vectors, axis=1) < 1e-3, 1.0, 0.0)
    for row in range(1, assets):
        vectors[row] = draw(st.sampled_from([vectors[row], vectors[0], -vectors[0]]))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    matrix = np.clip(vectors @ vectors.T, -1.0, 1.0)
    matrix = 0.5 * (matrix + matrix.T)
    np.fill_diagonal(matrix, 1.0)
    return matrix


@given(correlations())
def test_factor_times_its_transpose_is_the_matrix_at_any_rank(matrix):
    names = [str(number) for number in range(len(matrix))]
    taken = correlation_matrix(frame(matrix, names), names)
    lower = factor(taken)
    assert np.array_equal(lower, np.tril(lower))
    assert np.all(np.diagonal(lower) >= 0.0)
    assert np.abs(lower @ lower.T - taken).max() < 1e-12
