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


def certainty_equivalent(wealth: Column, weights: Weights, risk_aversion: float = 3.0) -> Estimate:
    """Certainty equivalent of final wealth at constant relative risk aversion γ, by default 3.

    Parameters
    ----------
    wealth : ndarray
        Final wealth, >= 0 (path).
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.
    risk_aversion : float
        γ >= 0; 0 gives the mean, 1 the geometric mean.

    Returns
    -------
    Estimate
        (E w**(1 - γ)) ** (1 / (1 - γ)), and exp(E ln w) for γ = 1. For γ >= 1 ruin on any path of positive weight gives
        exactly 0. The standard error is NaN where the ten paths with the largest terms carry more than 10 % of the
        mean, for γ > 1 the ten worst; for γ = 1 it is not checked.

    Examples
    --------
    >>> wealth = np.tile([1.0, 2.0], 100)  # the mean of 1 and 1/4 is 0.625
    >>> round(certainty_equivalent(wealth, np.full(200, 0.005)).value, 6)
    1.264911
    >>> round(certainty_equivalent(wealth, np.full(200, 0.005), risk_aversion=1.0).value, 6)  # root of 1 × 2
    1.414214
    """
    design, power = as_design(weights), 1.0 - risk_aversion
    if power == 0.0:
        return _geometric_mean(wealth, design)
    with np.errstate(divide="ignore", over="ignore"):
        # A path without weight must not count, though its wealth be 0.
        utility = (wealth + (design.path_weights == 0.0)) ** power
    terms = design.path_weights * utility
    mean = total(terms)
    if math.isinf(mean) or mean == 0.0:
        return Estimate(0.0, 0.0, lambda: np.zeros(len(wealth)))
    value = mean ** (1.0 / power)
    share = large_share(terms, HANDFUL, HANDFUL_SHARE)
    if share is not None:
        carried = percent(share, decimals=0)
        which, what = ("worst", f"1/wealth**{-power:g}") if power < 0.0 else ("best", f"wealth**{power:g}")
        note = f"it rests on a handful of paths: the {HANDFUL} {which} carry {carried} of the mean of {what}"
        return Estimate(value, math.nan, note=note)
    del terms  # may be as large as the memory allows

    def influence() -> Column:
        result: Column = (1.0 / power) * mean ** (1.0 / power - 1.0) * (utility - mean)
        return result

    return Estimate(value, standard_error(influence(), design), influence)


def _geometric_mean(wealth: Column, design: SamplingDesign) -> Estimate:
    """The certainty equivalent at risk aversion 1: exp(E ln w), 0 after ruin on a path of positive weight."""
    if total(design.path_weights * (wealth <= 0.0)) > 0.0:
        return Estimate(0.0, 0.0, lambda: np.zeros(len(wealth)))

    def logs() -> Column:
        result: Column = np.log(wealth + (design.path_weights == 0.0))
        return result

    mean = average(logs(), design)
    value = math.exp(mean)
    return Estimate(value, standard_error(value * (logs() - mean), design), lambda: value * (logs() - mean))
