"""Pooled CDaR: the mean of the worst drawdowns over time and paths, from statistics at a few thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.format import percent
from riskkit.comparison.estimation.estimate import Estimate, Weights, as_design, average, standard_error
from riskkit.comparison.estimation.tail_estimates import few_in_tail
from riskkit.engine.execution.out_of_core import Column

__all__ = ["pooled_tail_mean"]


#: The last threshold is at most this where the pilot had no drawdown: equal ones are spread by 1e-6.
NO_DRAWDOWN = 1e-5


def pooled_tail_mean(
    thresholds: Array, excess: Sequence[Column] | Array, above: Sequence[Column] | Array, level: float, weights: Weights
) -> Estimate:
    """Conditional drawdown at risk of all drawdowns of all paths.

    Parameters
    ----------
    thresholds : ndarray
        Drawdown levels, increasing (threshold).
    excess : ndarray or sequence of ndarray
        Mean over time of (drawdown - threshold)+ (threshold, path).
    above : ndarray or sequence of ndarray
        Share of the points in time with drawdown > threshold (threshold, path).
    level : float
        0.95 means the worst 5 % of all points.
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.

    Returns
    -------
    Estimate
        The minimum over eta of eta + E(eta) / (1 - level), E the weighted mean excess (Rockafellar & Uryasev 2002,
        Theorem 10; for drawdowns Chekhlov, Uryasev & Zabarankin 2005, here on wealth). Between the thresholds E is
        the cubic that meets `excess` and the slopes ``-above`` at both ends (Hermite). A path's influence is
        eta + E_i(eta) / (1 - level) - value, with its own cubic. NaN where the minimum lies outside the thresholds,
        but for a first threshold of 0: no drawdown is below it, so it is the minimum. The error is NaN where the worst
        drawdowns are those of fewer than ten paths.

    Examples
    --------
    Of drawdowns that are uniform from 0 to 1, the worst 5 % average 0.975:

    >>> eta = np.array([[0.90], [0.94], [0.96], [0.98]])
    >>> round(pooled_tail_mean(eta[:, 0], (1 - eta) ** 2 / 2, 1 - eta, 0.95, np.ones(1)).value, 12)
    0.975
    """
    tail = 1.0 - level
    shares = np.array([average(row, weights) for row in above])
    inside = np.flatnonzero(shares <= tail)
    if len(inside) == 0 or (inside[0] == 0 and shares[0] < tail and thresholds[0] > 0.0):
        ends = f"{thresholds[0]:.4g} to {thresholds[-1]:.4g}"
        return Estimate(
            math.nan, math.nan, note=f"the worst {percent(tail)} of all drawdowns begin outside the thresholds, {ends}"
        )
    right = int(inside[0])
    if right == 0:
        # Where these paths have no drawdown but those of the pilot had some, all paths are the edge of the tail.
        unseen = shares[0] == 0.0 and thresholds[-1] > NO_DRAWDOWN
        edge = above[0] + 1.0 if unseen else above[0]
        return _estimate(float(thresholds[0]), lambda: excess[0], lambda: edge, tail, weights)
    left = right - 1
    width = float(thresholds[right] - thresholds[left])
    start, end = average(excess[left], weights), average(excess[right], weights)
    s = _minimum(width, tail, start, end, shares[left], shares[right])

    def path_excess() -> Column:
        # In place, as columns may be as large as the memory allows.
        along: Column = (1.0 + 2.0 * s) * (1.0 - s) ** 2 * excess[left]
        along += s * s * (3.0 - 2.0 * s) * excess[right]
        slopes: Column = s * (1.0 - s) ** 2 * above[left]
        slopes += s * s * (s - 1.0) * above[right]
        slopes *= width
        along -= slopes
        return along

    def path_above() -> Column:
        result: Column = (1.0 - s) * above[left]
        result += s * above[right]
        return result

    return _estimate(float(thresholds[left]) + s * width, path_excess, path_above, tail, weights)


def _minimum(width: float, tail: float, start: float, end: float, above: float, beyond: float) -> float:
    """Where between two thresholds, from 0 to 1, the slope of eta + E(eta) / tail changes from < 0 to >= 0.

    The slope is a quadratic; of its two zeros this is the one in (0, 1], in the form that loses no digits.
    """
    rise, left, right = end - start, -width * above, -width * beyond
    a = 3.0 * (left + right) - 6.0 * rise
    b = 6.0 * rise - 4.0 * left - 2.0 * right
    c = left + width * tail
    root = math.sqrt(max(b * b - 4.0 * a * c, 0.0))
    return min(max(-2.0 * c / (b + root), 0.0), 1.0)


def _estimate(
    eta: float, path_excess: Callable[[], Column], path_above: Callable[[], Column], tail: float, weights: Weights
) -> Estimate:
    design = as_design(weights)

    def contributions() -> Column:
        result = path_excess() / tail
        result += eta
        return result

    value = average(contributions(), design)
    if note := few_in_tail(design, design.path_weights * path_above()):
        return Estimate(value, math.nan, note=note)

    def influence() -> Column:
        result = contributions()
        result -= value
        return result

    return Estimate(value, standard_error(influence(), design, abs(value)), influence)
