"""Statistics of the worst paths with their errors: the mean of a tail and the certainty equivalent."""

from __future__ import annotations

import math

import numpy as np

from riskkit._core.format import percent
from riskkit.comparison.estimation.estimate import (
    Estimate,
    Weights,
    as_design,
    average,
    quantiles,
    standard_error,
)
from riskkit.comparison.estimation.few_paths import HANDFUL, HANDFUL_SHARE, large_share
from riskkit.engine.execution.out_of_core import Column, total
from riskkit.engine.outcomes import SamplingDesign

__all__ = ["certainty_equivalent", "few_in_tail", "tail_mean"]


def tail_mean(values: Column, level: float, weights: Weights) -> Estimate:
    """Mean of the largest ``1 - level`` of the values, with the fractional atom.

    Parameters
    ----------
    values : ndarray
        One number a path (path).
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.
    level : float
        0.95 means the largest 5 %.

    Returns
    -------
    Estimate
        q + E(value - q)+ / (1 - level) with q the quantile (Rockafellar & Uryasev 2002, Theorem 10); as q minimises
        it, its own error does not count, and a path's influence is q + (value - q)+ / (1 - level) - tail mean. The
        error is NaN where fewer than ten paths lie beyond q, or in the tail with its fraction of those at q; paths
        count by weight, and those that share a draw count as one.

    Examples
    --------
    >>> round(tail_mean(np.arange(10.0), 0.85, np.full(10, 0.1)).value, 6)  # 9 and half of 8
    8.666667
    """
    design = as_design(weights)
    (q,) = quantiles(values, design, level)

    def path_values() -> Column:
        return q + np.maximum(values - q, 0.0) / (1.0 - level)

    value = average(path_values(), design)
    beyond, edge = design.path_weights * (values > q), design.path_weights * (values == q)
    fraction = (1.0 - level - total(beyond)) / total(edge)
    if note := few_in_tail(design, beyond) or few_in_tail(design, beyond + fraction * edge):
        return Estimate(value, math.nan, note=note)
    error = standard_error(path_values() - value, design, abs(value))
    return Estimate(value, error, lambda: path_values() - value)


def few_in_tail(design: SamplingDesign, tail_weights: Column) -> str | None:
    """The reason for a NaN error where the weights in a tail belong to too few draws; else None."""
    tail_weights = design.group_sums(tail_weights)
    squares = total(np.square(tail_weights))
    if squares == 0.0:
        return None
    draws = round(total(tail_weights) ** 2 / squares)
    return f"it rests on a handful of paths: {draws} in the tail" if draws < HANDFUL else None


def certainty_equivalent(wealth: Column, weights: Weights) -> Estimate:
    """Certainty equivalent of final wealth at constant relative risk aversion 3.

    Parameters
    ----------
    wealth : ndarray
        Final wealth, >= 0 (path).
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.

    Returns
    -------
    Estimate
        (E w**-2) ** -1/2. Ruin on any path of positive weight gives exactly 0. The standard error is NaN where the
        ten worst paths carry more than 10 % of the mean.

    Examples
    --------
    >>> wealth = np.tile([1.0, 2.0], 100)  # the mean of 1 and 1/4 is 0.625
    >>> round(certainty_equivalent(wealth, np.full(200, 0.005)).value, 6)
    1.264911
    """
    design = as_design(weights)
    with np.errstate(divide="ignore", over="ignore"):
        # A path without weight must not count, though its wealth be 0.
        power = (wealth + (design.path_weights == 0.0)) ** -2.0
    terms = design.path_weights * power
    mean = total(terms)
    if math.isinf(mean):
        return Estimate(0.0, 0.0, lambda: np.zeros(len(wealth)))
    value = mean**-0.5
    share = large_share(terms, HANDFUL, HANDFUL_SHARE)
    if share is not None:
        carried = percent(share, decimals=0)
        note = f"it rests on a handful of paths: the {HANDFUL} worst carry {carried} of the mean of 1/wealth**2"
        return Estimate(value, math.nan, note=note)
    del terms  # may be as large as the memory allows

    def influence() -> Column:
        result: Column = -0.5 * mean**-1.5 * (power - mean)
        return result

    return Estimate(value, standard_error(influence(), design), influence)
