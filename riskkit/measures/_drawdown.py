"""Drawdowns of wealth paths, and statistics of them path by path."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Ints
from riskkit.measures._inputs import Labelled, Measured, checked_path_weights, relabel, wealth_levels

__all__ = ["average_drawdown", "depths", "drawdown", "each_path", "max_drawdown", "ulcer_index"]

Wealth = TypeVar("Wealth", "pd.Series[float]", pd.DataFrame, Array)


def drawdown(wealth: Wealth) -> Wealth:
    """Fraction by which wealth lies below its running peak, at every point.

    Parameters
    ----------
    wealth : array (time, ...), Series or DataFrame
        Levels, never returns; > 0 at the start, which counts as a peak, and >= 0 after it. NaN is refused.

    Returns
    -------
    array, Series or DataFrame
        Of the shape and with the labels of `wealth`: 0 at a peak, 0.4 at 40 % below it, 1 at ruin.

    Raises
    ------
    InvalidInput
        If wealth is not finite, starts at or below 0, is negative anywhere, or its dates are not in order.

    Notes
    -----
    D_t = 1 - W_t / max(W_0, ..., W_t), on compounded wealth.

    Examples
    --------
    >>> drawdown([100.0, 50.0, 75.0, 110.0]).tolist()
    [0.0, 0.5, 0.25, 0.0]
    """
    depth = depths(wealth_levels(wealth))
    if isinstance(wealth, pd.DataFrame):
        return pd.DataFrame(depth, index=wealth.index, columns=wealth.columns)
    if isinstance(wealth, pd.Series):
        return pd.Series(depth, index=wealth.index, name=wealth.name)
    return depth


def max_drawdown(wealth: Labelled, *, weights: Labelled | None = None) -> Measured:
    """Largest drawdown of each path, the drop from a peak to the lowest point after it.

    Parameters
    ----------
    wealth : array (time, ...), Series or DataFrame
        Levels, never returns; > 0 at the start, which counts as a peak, and >= 0 after it. NaN is refused.
    weights : array (path,), optional
        If given, the mean over the paths (the last axis, or the columns) under these weights.

    Returns
    -------
    float, Series by column, or array (..., path)
        Fractions from 0 to 1. With `weights` the path axis is gone.

    Raises
    ------
    InvalidInput
        As `drawdown`; also if weights are negative, all 0, or not one a path.

    Examples
    --------
    >>> max_drawdown([1.0, 0.4, 0.16])
    0.84
    """
    return each_path(wealth, lambda depth: depth.max(axis=0), weights)


def average_drawdown(wealth: Labelled, *, weights: Labelled | None = None) -> Measured:
    """Mean drawdown of each path over all its points, the start and the points at a peak included.

    Parameters
    ----------
    wealth : array (time, ...), Series or DataFrame
        Levels, never returns; > 0 at the start, which counts as a peak, and >= 0 after it. NaN is refused.
    weights : array (path,), optional
        If given, the mean over time and over the paths (the last axis, or the columns) under these weights.

    Returns
    -------
    float, Series by column, or array (..., path)
        Fractions from 0 to 1. With `weights` the path axis is gone.

    Raises
    ------
    InvalidInput
        As `drawdown`; also if weights are negative, all 0, or not one a path.

    Examples
    --------
    >>> average_drawdown([100.0, 50.0, 75.0, 110.0])
    0.1875
    """
    return each_path(wealth, lambda depth: depth.mean(axis=0), weights)


def ulcer_index(wealth: Labelled, *, weights: Labelled | None = None) -> Measured:
    """Root mean square drawdown of each path: deep drawdowns weigh more than shallow ones.

    Parameters
    ----------
    wealth : array (time, ...), Series or DataFrame
        Levels, never returns; > 0 at the start, which counts as a peak, and >= 0 after it. NaN is refused.
    weights : array (path,), optional
        If given, the mean of the paths' indices (the last axis, or the columns) under these weights.

    Returns
    -------
    float, Series by column, or array (..., path)
        A fraction, not percent. With `weights` the path axis is gone.

    Raises
    ------
    InvalidInput
        As `drawdown`; also if weights are negative, all 0, or not one a path.

    Notes
    -----
    sqrt(sum of D_t^2 / n) over all n points, the start included (Martin and McCann, *The Investor's Guide to Fidelity
    Funds*, 1989, who write D in percent).

    Examples
    --------
    >>> ulcer_index([100.0, 50.0, 100.0, 100.0])
    0.25
    """
    return each_path(wealth, _root_mean_square, weights)


def _root_mean_square(depth: Array) -> Array:
    return np.asarray(np.sqrt(np.square(depth).mean(axis=0)), dtype=np.float64)


def depths(levels: Array) -> Array:
    """Drawdown of validated levels (time, ...); exactly 0 at every point that is not below the running peak."""
    depth: Array = np.maximum.accumulate(levels, axis=0)
    np.divide(levels, depth, out=depth)
    return np.subtract(1.0, depth, out=depth)


def each_path(
    wealth: Labelled,
    statistic: Callable[[Array], Array | Ints],
    weights: Labelled | None,
) -> Measured:
    """Apply a statistic of drawdowns (time, ...) to every path; with weights, average it over the last axis."""
    levels = wealth_levels(wealth)
    path_weights = None if weights is None else checked_path_weights(weights, wealth, levels)
    values = np.asarray(statistic(depths(levels)))
    if path_weights is not None:
        values = np.asarray(values @ path_weights / path_weights.sum())
    return relabel(values, wealth)
