"""The nearest correlation matrix against the published examples and the conditions that single it out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market import Asset, Market, nearest_correlation
from riskkit.market.diffusion import _nearest_correlation as nearest

IMPOSSIBLE = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])


def test_three_by_three_example_of_higham_2002():
    """Higham (2002), section 4: off-diagonals 0.7607 and 0.1573, at distance 0.5278."""
    repaired = nearest_correlation(IMPOSSIBLE)
    assert repaired.round(4).tolist() == [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    assert np.linalg.norm(repaired - IMPOSSIBLE) == pytest.approx(0.5278, abs=5e-5)


def test_four_by_four_example_of_higham_2002():
    """Higham (2002), section 4: the second difference matrix, with 2 on its diagonal."""
    matrix = 2.0 * np.eye(4) - np.eye(4, k=1) - np.eye(4, k=-1)
    repaired = nearest_correlation(matrix)
    assert repaired[0].round(4).tolist() == [1.0, -0.8084, 0.1916, 0.1068]
    assert repaired[1].round(4).tolist() == [-0.8084, 1.0, -0.6562, 0.1916]


def test_equal_impossible_correlations_against_the_closed_form():
    """n assets at r < -1/(n-1): by symmetry the nearest has all pairs at the edge, -1/(n-1)."""
    matrix = np.full((5, 5), -0.6)
    np.fill_diagonal(matrix, 1.0)
    off_diagonal = nearest_correlation(matrix)[np.tril_indices(5, -1)]
    assert off_diagonal == pytest.approx(np.full(10, -0.25), abs=1e-8)


@settings(max_examples=30)
@given(npst.arrays(np.float64, (4, 4), elements=st.floats(-1.0, 1.0)))
def test_the_result_is_a_correlation_and_meets_the_conditions_of_a_nearest_one(values):
    """Higham (2002), theorem 2.4: X - A = V D V' + diagonal, where V spans the null space of X and D is semidefinite.

    So with some diagonal t: X - A - diag(t) is positive semidefinite and its product with X is 0. The diagonal of
    (X - A - diag(t)) X = 0 with X_ii = 1 gives t = diag((X - A) X).
    """
    matrix = np.tril(values, -1)
    matrix = matrix + matrix.T + np.eye(4)
    repaired = nearest_correlation(matrix)
    assert np.all(np.diagonal(repaired) == 1.0)
    assert np.array_equal(repaired, repaired.T)
    assert np.linalg.eigvalsh(repaired)[0] > -1e-14
    moved = repaired - matrix
    rest = moved - np.diag(np.diagonal(moved @ repaired))
    # The iteration ends at a relative step of 1e-9; it converges linearly, so what is left may be some times that.
    assert np.linalg.eigvalsh(rest)[0] > -1e-7
    assert np.abs(rest @ repaired).max() < 1e-7


def test_a_valid_matrix_is_returned_unchanged():
    valid = np.array([[1.0, -0.3], [-0.3, 1.0]])
    assert np.array_equal(nearest_correlation(valid), valid)
    assert np.array_equal(nearest_correlation(np.ones((3, 3))), np.ones((3, 3)))


def test_array_gives_array_frame_gives_frame_and_market_takes_both_forms():
    names = ["A", "B", "C"]
    as_frame = nearest_correlation(pd.DataFrame(IMPOSSIBLE, index=names, columns=names))
    as_mapping = nearest_correlation({"A": {"B": 1.0}, "B": {"C": 1.0}})
    assert isinstance(nearest_correlation(IMPOSSIBLE.tolist()), np.ndarray)
    assert list(as_frame.index) == list(as_frame.columns) == names
    assert as_frame.equals(as_mapping)
    market = Market({name: Asset(0.1, 0.2) for name in names}, as_frame)
    assert market.correlation.equals(as_frame)


def test_a_repaired_matrix_of_random_numbers_passes_the_check_of_market():
    values = np.random.default_rng(1).uniform(-1.0, 1.0, (12, 12))
    names = [str(number) for number in range(12)]
    matrix = pd.DataFrame(np.tril(values, -1) + np.tril(values, -1).T + np.eye(12), index=names, columns=names)
    assets = {name: Asset(0.1, 0.2) for name in names}
    with pytest.raises(InvalidInput, match=r"rk\.nearest_correlation"):
        Market(assets, matrix)
    Market(assets, nearest_correlation(matrix))


def test_an_iteration_that_is_cut_short_warns_and_still_gives_a_correlation(monkeypatch):
    monkeypatch.setattr(nearest, "_MAX_ITERATIONS", 2)
    with pytest.warns(RiskkitWarning, match="stopped after 2 steps"):
        repaired = nearest_correlation(IMPOSSIBLE)
    assert np.linalg.eigvalsh(repaired)[0] > -1e-14
    assert np.all(np.diagonal(repaired) == 1.0)


@pytest.mark.parametrize("value", [np.ones((2, 3)), np.ones(3), np.zeros((0, 0)), np.array([["1"]]), 1.0])
def test_what_is_no_square_array_of_numbers_is_refused(value):
    with pytest.raises(InvalidInput, match=r"^correlation must be a square array of numbers, got shape"):
        nearest_correlation(value)


def test_nan_and_asymmetry_are_refused_with_their_place():
    with pytest.raises(InvalidInput, match=r"^correlation\[0, 1\] must be finite, got nan$"):
        nearest_correlation(np.array([[1.0, np.nan], [np.nan, 1.0]]))
    with pytest.raises(InvalidInput, match=r"^correlation must be symmetric, got 0.5 at \[0, 1\] but 0.4 at \[1, 0\]$"):
        nearest_correlation(np.array([[1.0, 0.5], [0.4, 1.0]]))
