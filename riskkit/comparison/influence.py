"""Ready pairs (number, influences) from which metrics are built: means, probabilities, quantiles, tails, functions.

The influences say how far each path moves the number (path); their weighted mean is 0. The standard error and every
paired difference follow from them; see `riskkit.Metric`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import fraction
from riskkit._core.validation import short_repr
from riskkit.comparison.estimation import estimate, tail_estimates
from riskkit.comparison.estimation.estimate import Estimate

__all__ = ["delta", "mean", "probability", "quantile", "tail_mean"]

Pair = tuple[float, Array]


def mean(values: ArrayLike, path_weights: ArrayLike) -> Pair:
    """Weighted mean.

    Parameters
    ----------
    values : array_like
        One number a path (path).
    path_weights : array_like
        Probability of each path (path), sum 1.

    Returns
    -------
    tuple of (float, ndarray)
        The mean, and ``values - mean`` (path). The influences are NaN, and so is the error, where the ten largest terms
        (the largest hundredth, of fewer than 1000 paths) are more than 10 % of the sum.

    Examples
    --------
    >>> number, influences = mean([0.0, 1.0, 2.0], [0.5, 0.25, 0.25])
    >>> number, influences.tolist()
    (0.75, [-0.75, 0.25, 1.25])
    """
    sample, weights = _checked(values, path_weights)
    return _pair(estimate.mean(sample, weights), sample)


def probability(happened: ArrayLike, path_weights: ArrayLike) -> Pair:
    """Probability of something that did or did not happen on each path.

    Parameters
    ----------
    happened : array_like
        True or 1 where it did (path).
    path_weights : array_like
        Probability of each path (path), sum 1.

    Returns
    -------
    tuple of (float, ndarray)
        The share, and ``happened - share`` (path). Where it happened on no path, or on all, the influences are NaN:
        their error of 0 would be false.

    Examples
    --------
    >>> number, influences = probability([True, False, False, False], np.full(4, 0.25))
    >>> number, influences.tolist()
    (0.25, [0.75, -0.25, -0.25, -0.25])
    """
    sample, weights = _checked(happened, path_weights)
    if not ((sample == 0.0) | (sample == 1.0)).all():
        raise InvalidInput("happened must be True or False (1 or 0) on every path, got other numbers")
    found = estimate.probability(sample, weights)
    certain = found.value in (0.0, 1.0)
    return found.value, np.full(sample.size, np.nan) if certain else sample - found.value


def quantile(values: ArrayLike, p: float, path_weights: ArrayLike) -> Pair:
    """Quantile: the smallest value at which the weighted distribution function reaches p, not interpolated.

    Parameters
    ----------
    values : array_like
        One number a path (path).
    p : float
        In (0, 1).
    path_weights : array_like
        Probability of each path (path), sum 1.

    Returns
    -------
    tuple of (float, ndarray)
        The quantile, and ``(p - [value <= quantile]) / f`` (path) with the density f that its order-statistic
        interval implies (Conover 1999, section 3.2); NaN where too few paths lie beyond.

    Examples
    --------
    >>> quantile(np.arange(1.0, 101.0), 0.5, np.full(100, 0.01))[0]
    50.0
    """
    sample, weights = _checked(values, path_weights)
    return _pair(estimate.quantile(sample, fraction("p", p, above=0.0, below=1.0), weights), sample)


def tail_mean(values: ArrayLike, level: float, path_weights: ArrayLike) -> Pair:
    """Mean of the largest ``1 - level`` of the values, with the fractional atom.

    Parameters
    ----------
    values : array_like
        One number a path (path): losses, or drawdowns; of a gain give its negative.
    level : float
        In (0, 1): 0.95 means the largest 5 %.
    path_weights : array_like
        Probability of each path (path), sum 1.

    Returns
    -------
    tuple of (float, ndarray)
        The tail mean, and ``q + (value - q)+ / (1 - level) - tail mean`` (path), q the quantile (Rockafellar and
        Uryasev 2002, Theorem 10); NaN where fewer than ten paths are in the tail.

    Examples
    --------
    >>> round(tail_mean(np.arange(10.0), 0.85, np.full(10, 0.1))[0], 6)  # 9 and half of 8
    8.666667
    """
    sample, weights = _checked(values, path_weights)
    return _pair(tail_estimates.tail_mean(sample, fraction("level", level, above=0.0, below=1.0), weights), sample)


def delta(function: Callable[..., float], gradient: Callable[..., float | Iterable[float]], *pairs: Pair) -> Pair:
    """A smooth function of several numbers of the same paths, by the delta method.

    Parameters
    ----------
    function : callable
        Takes the numbers of the pairs, in their order, and returns a number.
    gradient : callable
        Takes the same, and returns the partial derivatives in the same order; for one pair a number will do.
    *pairs : tuple of (float, ndarray)
        At least one (number, influences).

    Returns
    -------
    tuple of (float, ndarray)
        ``function(...)``, and the sum over pairs of derivative times influences (path).

    Examples
    --------
    >>> number, influences = delta(lambda x: x**0.5, lambda x: 0.5 * x**-0.5, (4.0, np.array([-1.0, 1.0])))
    >>> number, influences.tolist()
    (2.0, [-0.25, 0.25])
    """
    if not pairs:
        raise InvalidInput("delta must be given at least one pair (number, influences), got none")
    numbers, influences = zip(*pairs, strict=True)
    slopes: Any = gradient(*numbers)
    slopes = list(slopes) if isinstance(slopes, Iterable) else [slopes]
    if len(slopes) != len(pairs):
        raise InvalidInput(
            f"gradient must return {len(pairs)} partial derivatives, one a pair, got {short_repr(slopes)}"
        )
    total: Array = np.zeros_like(np.asarray(influences[0], dtype=np.float64))
    for slope, influence in zip(slopes, influences, strict=True):
        total += float(slope) * np.asarray(influence, dtype=np.float64)
    return float(function(*numbers)), total


def _checked(values: ArrayLike, path_weights: ArrayLike) -> tuple[Array, Array]:
    """The values and weights of the paths as arrays of one length."""
    sample, weights = np.asarray(values, dtype=np.float64), np.asarray(path_weights, dtype=np.float64)
    if sample.ndim != 1 or sample.shape != weights.shape or not sample.size:
        raise InvalidInput(
            f"values and path_weights must have the same shape (path,), got {sample.shape} and {weights.shape}"
        )
    if np.isnan(sample).any() or not (weights >= 0.0).all():
        raise InvalidInput("values must not be NaN and path_weights must be >= 0 on every path")
    return sample, weights


def _pair(found: Estimate, values: Array) -> Pair:
    influences = found.influences
    return found.value, np.full(values.size, np.nan) if influences is None else np.asarray(influences)
