"""Correlation matrices: validation and triangular factor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, require_known, require_unique, short_repr

__all__ = [
    "EIGENVALUE_TOLERANCE",
    "INPUT_TOLERANCE",
    "matrix_from_pairs",
    "correlation_matrix",
    "factor",
    "smallest_eigenvalue",
    "symmetric",
]

# Matrices computed or printed elsewhere have rounding errors; a larger error is a mistake in the input.
INPUT_TOLERANCE = 1e-8
# Eigenvalues of a matrix that is semidefinite on paper are negative by a few times 1e-16.
EIGENVALUE_TOLERANCE = 1e-10


def correlation_matrix(correlation: object, names: Iterable[str]) -> Array:
    """Return a correlation by name as a validated matrix.

    Parameters
    ----------
    correlation : DataFrame, nested mapping or None
        ``{"A": {"B": 0.3}}`` or a frame with names on both axes. A pair may be given in one order or in both; pairs
        that are missing are 0, a missing diagonal is 1. None: all pairs are 0.
    names : iterable of str
        Names of the assets, in the order of the result.

    Returns
    -------
    ndarray, shape (asset, asset)
        Read-only, symmetric, unit diagonal, positive semidefinite.

    Raises
    ------
    InvalidInput
        If a name is unknown, a number is NaN or outside [-1, 1], the two orders of a pair differ, the diagonal is not
        1, or the matrix is not positive semidefinite (the message gives its smallest eigenvalue).

    Examples
    --------
    >>> correlation_matrix({"A": {"B": 0.3}}, ["A", "B"]).tolist()
    [[1.0, 0.3], [0.3, 1.0]]
    """
    asset_names = list(names)
    matrix = matrix_from_pairs(correlation, asset_names)
    for row, column in np.argwhere(np.abs(matrix) > 1.0 + INPUT_TOLERANCE)[:1]:
        raise InvalidInput(
            f"correlation of {asset_names[row]!r} and {asset_names[column]!r} must be from -1 to 1, "
            f"got {matrix[row, column]:.6g}"
        )
    for row in np.flatnonzero(np.abs(np.diagonal(matrix) - 1.0) > INPUT_TOLERANCE)[:1]:
        raise InvalidInput(f"correlation of {asset_names[row]!r} with itself must be 1, got {matrix[row, row]:.6g}")
    matrix = np.clip(matrix, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    if (
        correlation is not None
        and not _has_cholesky_factor(matrix)
        and (lowest := smallest_eigenvalue(matrix)) < -EIGENVALUE_TOLERANCE
    ):
        raise InvalidInput(
            f"correlation must be positive semidefinite, got smallest eigenvalue {lowest:.6g}; "
            "rk.nearest_correlation gives the nearest matrix that is"
        )
    matrix.flags.writeable = False
    return matrix


def factor(matrix: Array) -> Array:
    """Return the lower triangular C with C C' = matrix.

    Parameters
    ----------
    matrix : ndarray, shape (asset, asset)
        A correlation matrix: symmetric, unit diagonal, positive semidefinite, of any rank.

    Returns
    -------
    ndarray, shape (asset, asset)
        Lower triangular, diagonal >= 0, rows of length 1.

    Notes
    -----
    Cholesky where it exists. Otherwise matrix = B B' with B from the eigenvectors, B' = Q R, and C = R': stable for
    any rank, where elimination without pivots is not.

    Examples
    --------
    >>> factor(np.array([[1.0, 0.6], [0.6, 1.0]])).tolist()
    [[1.0, 0.0], [0.6, 0.8]]
    """
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(matrix)
    values[values < values.max() * len(values) * np.finfo(np.float64).eps] = 0.0
    _, upper = np.linalg.qr((vectors * np.sqrt(values)).T)
    lower = np.tril(upper.T * np.where(np.diagonal(upper) < 0.0, -1.0, 1.0)) + 0.0
    return np.asarray(lower / np.linalg.norm(lower, axis=1, keepdims=True), dtype=np.float64)


def _has_cholesky_factor(matrix: Array) -> bool:
    """Whether Cholesky's factor exists; this takes a tenth of the time of the eigenvalues."""
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def smallest_eigenvalue(matrix: Array) -> float:
    """Return the smallest eigenvalue of a symmetric matrix."""
    return float(np.linalg.eigvalsh(matrix)[0])


def symmetric(matrix: Array) -> Array:
    """Return the symmetric part of a matrix."""
    return np.asarray(0.5 * matrix + 0.5 * matrix.T)


def matrix_from_pairs(correlation: object, names: list[str]) -> Array:
    """Return the matrix of the pairs in the order of `names`; missing pairs are 0, a missing diagonal is 1."""
    matrix = np.full((len(names), len(names)), np.nan)
    if isinstance(correlation, pd.DataFrame):
        _fill_from_frame(correlation, names, matrix)
    elif isinstance(correlation, Mapping):
        _fill_from_mapping(correlation, names, matrix)
    elif correlation is not None:
        raise InvalidInput(
            f"correlation must be a DataFrame or {{name: {{name: number}}}}, got {type(correlation).__name__}; "
            "an array becomes one by pd.DataFrame(array, index=names, columns=names)"
        )
    for row, column in np.argwhere(np.abs(matrix - matrix.T) > INPUT_TOLERANCE)[:1]:
        raise InvalidInput(
            f"correlation must be symmetric, got {matrix[row, column]:.6g} for {names[row]!r} and {names[column]!r} "
            f"but {matrix[column, row]:.6g} for {names[column]!r} and {names[row]!r}"
        )
    missing = np.isnan(matrix)
    matrix[missing] = matrix.T[missing]
    matrix[np.isnan(matrix)] = 0.0
    no_diagonal = np.diagonal(missing)
    matrix[no_diagonal, no_diagonal] = 1.0
    # A zero has one sign here, so that equal matrices have equal bytes.
    return symmetric(matrix) + 0.0


def _fill_from_frame(correlation: pd.DataFrame, names: list[str], matrix: Array) -> None:
    for what, labels in (("correlation: rows", correlation.index), ("correlation: columns", correlation.columns)):
        require_known(what, labels, names)
        require_unique(what, labels)
    for name, kind in correlation.dtypes.items():
        if kind.kind not in "fiu":
            raise InvalidInput(f"correlation: column {name!r} must hold numbers, got dtype {kind}")
    values = correlation.to_numpy(dtype=np.float64)
    for row, column in np.argwhere(~np.isfinite(values))[:1]:
        raise InvalidInput(
            f"correlation of {correlation.index[row]!r} and {correlation.columns[column]!r} must be finite, "
            f"got {float(values[row, column])!r}"
        )
    index_of = {name: position for position, name in enumerate(names)}
    matrix[np.ix_([index_of[name] for name in correlation.index], [index_of[name] for name in correlation.columns])] = (
        values
    )


def _fill_from_mapping(correlation: Mapping[str, Mapping[str, float]], names: list[str], matrix: Array) -> None:
    index_of = {name: position for position, name in enumerate(names)}
    require_known("correlation", (name for name in correlation if name not in index_of), names)
    for first, row in correlation.items():
        if not isinstance(row, Mapping):
            raise InvalidInput(f"correlation of {first!r} must be a mapping {{name: number}}, got {short_repr(row)}")
        require_known(f"correlation of {first!r}", (name for name in row if name not in index_of), names)
        for second, value in row.items():
            matrix[index_of[first], index_of[second]] = number(f"correlation of {first!r} and {second!r}", value)
