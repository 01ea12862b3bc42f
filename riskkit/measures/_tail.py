"""Tails of a sample: weighted quantile and tail mean, value at risk and expected shortfall."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.fraction_bounds import fraction
from riskkit.measures._inputs import Labelled, Measured, checked_weights, relabel, sample

__all__ = ["each_column", "expected_shortfall", "quantile_place", "tail_mean", "var", "weighted_quantile"]

# Sums of weights carry rounding errors: a sum that misses its target by less than this share has reached it.
ROUNDOFF = 1e-10


def var(losses: Labelled, level: float = 0.95, *, weights: Labelled | None = None) -> Measured:
    """Value at risk: the loss that is not exceeded with probability `level`.

    Parameters
    ----------
    losses : array (observation, ...), Series or DataFrame
        Losses as positive numbers, gains negative, observations on the first axis. NaN is refused.
    level : float
        In (0, 1); 0.95 asks for the edge of the worst 5 %.
    weights : array (observation,), optional
        Weights of the observations, >= 0; they need not sum to 1. A Series must have the index of `losses`.

    Returns
    -------
    float, Series by column, or array (...)
        An observed loss: the smallest x with F(x) >= level; nothing is interpolated.

    Raises
    ------
    InvalidInput
        If losses are not finite, the level is outside (0, 1), or weights are negative, all 0 or of the wrong length.

    Examples
    --------
    >>> var([0.01, -0.02, 0.10, 0.03], 0.75)
    0.03
    """
    fraction("level", level, above=0.0, below=1.0)
    return each_column("losses", losses, weights, lambda values, weights: weighted_quantile(values, level, weights))


def expected_shortfall(losses: Labelled, level: float = 0.95, *, weights: Labelled | None = None) -> Measured:
    """Mean of the worst 1 - `level` of the losses (CVaR), with the atom at the edge counted by its fraction.

    Parameters
    ----------
    losses : array (observation, ...), Series or DataFrame
        Losses as positive numbers, gains negative, observations on the first axis. NaN is refused.
    level : float
        From 0, the plain mean, to below 1; 0.95 asks for the mean of the worst 5 %.
    weights : array (observation,), optional
        Weights of the observations, >= 0; they need not sum to 1. A Series must have the index of `losses`.

    Returns
    -------
    float, Series by column, or array (...)
        In the unit of `losses`; continuous and increasing in `level`.

    Raises
    ------
    InvalidInput
        If losses are not finite, the level is outside [0, 1), or weights are negative, all 0 or of the wrong length.

    Notes
    -----
    Rockafellar and Uryasev, "Conditional value-at-risk for general loss distributions", *Journal of Banking & Finance*
    26 (2002) 1443-1471, Theorem 10 and Proposition 8: min over x of x + E[(loss - x)+] / (1 - level), reached at `var`.

    Examples
    --------
    Of five losses the worst 30 % are the largest and half of the second:

    >>> round(expected_shortfall([0.0, 0.1, 0.2, 0.3, 0.6], 0.7), 12)
    0.5
    """
    fraction("level", level, at_least=0.0, below=1.0)
    return each_column("losses", losses, weights, lambda values, weights: tail_mean(values, level, weights))


def quantile_place(p: float, count: int) -> int:
    """Place among `count` equally likely values, from the smallest at 0, of their p-quantile, 0 < p <= 1.

    Examples
    --------
    >>> quantile_place(0.5, 4), quantile_place(0.51, 4), quantile_place(1.0, 4)
    (1, 2, 3)
    """
    return max(math.ceil(p * count * (1.0 - ROUNDOFF)) - 1, 0)


def weighted_quantile(values: Array, p: float, weights: Array | None = None) -> float:
    """Smallest of `values` (1-D) with F(value) >= p, 0 < p <= 1, under weights >= 0 of any sum; nothing is checked.

    Examples
    --------
    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), 0.5, np.array([1.0, 1.0, 2.0]))
    2.0
    """
    if weights is None:
        place = quantile_place(p, values.size)
        return float(np.partition(values, place)[place])
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(sums, p * sums[-1] * (1.0 - ROUNDOFF))]])


def tail_mean(values: Array, level: float, weights: Array | None = None) -> float:
    """Mean of the largest share 1 - level of `values` (1-D) by weight, 0 <= level < 1; nothing is checked.

    The edge atom enters by its fraction, through the minimum formula of Rockafellar and Uryasev (2002), Theorem 10.

    Examples
    --------
    >>> tail_mean(np.array([1.0, 2.0, 3.0, 4.0]), 0.5)
    3.5
    """
    edge = weighted_quantile(values, level, weights)
    excess = np.maximum(values - edge, 0.0)
    mean = excess.mean() if weights is None else weights @ excess / weights.sum()
    return float(edge + mean / (1.0 - level))


def each_column(
    what: str,
    values: Labelled,
    weights: Labelled | None,
    statistic: Callable[[Array, Array | None], float],
) -> Measured:
    """Apply a statistic of a weighted 1-D sample along the first axis, to every column."""
    array = sample(what, values)
    labels = values.index if isinstance(values, pd.Series | pd.DataFrame) else None
    sample_weights = None if weights is None else checked_weights(weights, len(array), labels)
    columns = array.reshape(len(array), -1).T
    result = np.array([statistic(column, sample_weights) for column in columns])
    return relabel(result.reshape(array.shape[1:]), values)
