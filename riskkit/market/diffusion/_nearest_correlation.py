"""The nearest correlation matrix (Higham 2002)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market.diffusion._correlation import (
    EIGENVALUE_TOLERANCE,
    INPUT_TOLERANCE,
    matrix_from_pairs,
    smallest_eigenvalue,
    symmetric,
)

__all__ = ["nearest_correlation"]

_TOLERANCE = 1e-9
_MAX_ITERATIONS = 20_000


@overload
def nearest_correlation(
    correlation: pd.DataFrame | Mapping[str, Mapping[str, float]],
) -> pd.DataFrame: ...
@overload
def nearest_correlation(correlation: ArrayLike) -> Array: ...
def nearest_correlation(correlation: Any) -> Any:
    """Return the correlation matrix nearest to a symmetric one.

    Parameters
    ----------
    correlation : array (asset, asset), DataFrame or nested mapping
        Symmetric and finite; NaN is refused. Values outside [-1, 1] and a diagonal other than 1 are repaired too. In
        a frame or a mapping, pairs that are missing are 0.

    Returns
    -------
    ndarray or DataFrame
        An array for an array, else a DataFrame. Positive semidefinite with unit diagonal, so that `Market` takes it.
        A matrix that is one already is returned unchanged.

    Raises
    ------
    InvalidInput
        If the matrix is not square, symmetric or finite.

    Warns
    -----
    RiskkitWarning
        If the iteration is cut short; the result is a correlation matrix near the given one, not quite the nearest.

    Notes
    -----
    Nearest in the Frobenius norm, by alternating projections with Dykstra's correction: Higham, "Computing the nearest
    correlation matrix", IMA J. Numer. Anal. 22 (2002) 329-343, Algorithm 3.3 with unit weights.

    Examples
    --------
    >>> nearest_correlation(np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]])).round(4).tolist()
    [[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]]
    """
    if isinstance(correlation, (pd.DataFrame, Mapping)):
        names = _all_names(correlation)
        matrix = _nearest(matrix_from_pairs(correlation, names))
        return pd.DataFrame(matrix, index=names, columns=names)
    return _nearest(_square(correlation))


def _nearest(matrix: Array) -> Array:
    if np.all(np.diagonal(matrix) == 1.0) and smallest_eigenvalue(matrix) >= -EIGENVALUE_TOLERANCE:
        return np.clip(matrix, -1.0, 1.0)
    unit_diagonal, correction = matrix.copy(), np.zeros_like(matrix)
    semidefinite = matrix
    for _ in range(_MAX_ITERATIONS):
        previous, target = semidefinite, unit_diagonal - correction
        semidefinite = _semidefinite(target)
        correction = semidefinite - target
        change = np.linalg.norm(semidefinite - previous)
        unit_diagonal = semidefinite.copy()
        np.fill_diagonal(unit_diagonal, 1.0)
        distance = np.linalg.norm(unit_diagonal - semidefinite)
        if max(change, distance) <= _TOLERANCE * np.linalg.norm(unit_diagonal):
            break
    else:
        warnings.warn(
            f"nearest_correlation stopped after {_MAX_ITERATIONS} steps; its result is a correlation matrix near the "
            "given one, but not quite the nearest",
            RiskkitWarning,
            stacklevel=3,
        )
    # The two projections still differ in the last digits: end semidefinite, and scale to a unit diagonal.
    result = _semidefinite(unit_diagonal)
    scale = 1.0 / np.sqrt(np.diagonal(result))
    result = np.clip(result * np.outer(scale, scale), -1.0, 1.0)
    np.fill_diagonal(result, 1.0)
    return result


def _semidefinite(matrix: Array) -> Array:
    """Project onto the positive semidefinite matrices."""
    values, vectors = np.linalg.eigh(matrix)
    return symmetric((vectors * np.maximum(values, 0.0)) @ vectors.T)


def _all_names(correlation: pd.DataFrame | Mapping[str, Any]) -> list[str]:
    """Names in order of first appearance."""
    if isinstance(correlation, pd.DataFrame):
        return list(dict.fromkeys([*correlation.index, *correlation.columns]))
    inner = (name for row in correlation.values() if isinstance(row, Mapping) for name in row)
    return list(dict.fromkeys([*correlation, *inner]))


def _square(correlation: ArrayLike) -> Array:
    """Return an array as a validated symmetric matrix of floats."""
    matrix = np.asarray(correlation)
    if matrix.dtype.kind not in "fiu" or matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InvalidInput(
            f"correlation must be a square array of numbers, got shape {matrix.shape} and dtype {matrix.dtype}"
        )
    matrix = matrix.astype(np.float64)
    for row, column in np.argwhere(~np.isfinite(matrix))[:1]:
        raise InvalidInput(f"correlation[{row}, {column}] must be finite, got {float(matrix[row, column])!r}")
    for row, column in np.argwhere(np.abs(matrix - matrix.T) > INPUT_TOLERANCE)[:1]:
        raise InvalidInput(
            f"correlation must be symmetric, got {matrix[row, column]:.6g} at [{row}, {column}] "
            f"but {matrix[column, row]:.6g} at [{column}, {row}]"
        )
    return symmetric(matrix)
