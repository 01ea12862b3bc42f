"""Volatility, skewness, Sharpe and Sortino ratio of the log of final wealth, with their errors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from riskkit.comparison.estimation.estimate import (
    Estimate,
    Weights,
    as_design,
    average,
    single_draw,
    standard_error,
)
from riskkit.comparison.estimation.few_paths import rests_on_few
from riskkit.comparison.estimation.tail_estimates import few_in_tail
from riskkit.engine.execution.out_of_core import Column, total
from riskkit.engine.outcomes import SamplingDesign

__all__ = ["sharpe_ratio", "skewness", "sortino_ratio", "volatility"]

#: A standard deviation below this is rounding: log wealth is the same on all paths.
SAME = 1e-12

#: The largest share of the sum of squares, and of cubes, that a handful of paths may carry. Twice that of the largest
#: hundredth of a normal sample: with z = 2.576 and φ its density, 2(zφ + 0.005) = 8.5 % of the squares and
#: 2φ(z² + 2)/√(8/π) = 15.7 % of the cubes.
MOST_OF_SQUARES, MOST_OF_CUBES = 0.17, 0.31

_RUINED = "wealth is 0 on some paths, and its logarithm has no mean"
_CONSTANT = "final wealth is the same on all paths"
_NO_LOSS = "no path ends below the start"


def volatility(wealth: Column, years: float, weights: Weights) -> Estimate:
    """Volatility of final wealth: the standard deviation of its log, a year.

    Parameters
    ----------
    wealth : ndarray
        Final wealth in multiples of the start (path).
    years : float
        Horizon, > 0.
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.

    Returns
    -------
    Estimate
        s / √years, with s² = E(x - μ)² the weighted variance of x = ln wealth and μ = E x. A path's influence on s is
        ((x - μ)² - s²) / 2s. NaN where wealth is 0 on a path with a weight. The error is NaN where the ten largest
        squares (the largest hundredth, of fewer than 1000 paths) are more than 17 % of their sum.

    Examples
    --------
    >>> found = volatility(np.exp([-0.2, 0.2]), 4.0, np.full(2, 0.5))
    >>> round(found.value, 6)
    0.1
    """
    design, mean, sd = _moments(wealth, weights)
    scale = 1.0 / math.sqrt(years)
    if sd == 0.0:
        return Estimate(0.0, 0.0, lambda: 0.0 * wealth)
    if undefined := _undefined(sd):
        return undefined

    def influence() -> Column:
        return scale * (np.square(_log(wealth) - mean) - sd**2) / (2.0 * sd)

    note = rests_on_few(_squares(wealth, mean), MOST_OF_SQUARES, design)
    return _estimate(scale * sd, influence, design, note)


def skewness(wealth: Column, weights: Weights) -> Estimate:
    """Skewness of the log of final wealth: 0 if wealth is lognormal, below 0 if large losses are more likely.

    Parameters
    ----------
    wealth, weights : ndarray
        See `volatility`.

    Returns
    -------
    Estimate
        g = m₃ / s³, with m₃ = E(x - μ)³. With z = (x - μ) / s a path's influence is z³ - g - 3z - 1.5 g (z² - 1). NaN
        where wealth is 0 on a path with a weight, or the same on all. The error is NaN where the ten largest cubes
        (the largest hundredth, of fewer than 1000 paths) are more than 31 % of their sum.

    Examples
    --------
    >>> round(skewness(np.exp([0.0, 0.0, 0.0, -1.0]), np.full(4, 0.25)).value, 6)  # -(1 - 2p) / √(p(1 - p)), p = 1/4
    -1.154701
    """
    design, mean, sd = _moments(wealth, weights)
    if undefined := _undefined(sd):
        return undefined

    def scores() -> Column:
        return (_log(wealth) - mean) / sd

    value = average(scores() ** 3, design)

    def influence() -> Column:
        z = scores()
        return z**3 - value - 3.0 * z - 1.5 * value * (np.square(z) - 1.0)

    return _estimate(value, influence, design, rests_on_few(np.abs(scores()) ** 3, MOST_OF_CUBES, design))


def sharpe_ratio(wealth: Column, years: float, weights: Weights) -> Estimate:
    """Sharpe ratio of final wealth over cash at 0 %: mean log growth a year over the volatility of final wealth.

    Parameters
    ----------
    wealth, years, weights : ndarray, float, ndarray
        See `volatility`.

    Returns
    -------
    Estimate
        (μ / years) / (s / √years) = μ / (s √years) (Sharpe 1994, of log growth over the horizon, a year). With
        z = (x - μ) / s a path's influence is (z - μ (z² - 1) / 2s) / √years. NaN where wealth is 0 on a path with a
        weight, or the same on all; the error as that of `volatility`.

    Examples
    --------
    >>> round(sharpe_ratio(np.exp([0.2, 0.6]), 4.0, np.full(2, 0.5)).value, 6)  # 10 % a year over 10 %
    1.0
    """
    design, mean, sd = _moments(wealth, weights)
    if undefined := _undefined(sd):
        return undefined
    scale = 1.0 / math.sqrt(years)

    def influence() -> Column:
        z = (_log(wealth) - mean) / sd
        return scale * (z - mean * (np.square(z) - 1.0) / (2.0 * sd))

    note = rests_on_few(_squares(wealth, mean), MOST_OF_SQUARES, design)
    return _estimate(scale * mean / sd, influence, design, note)


def sortino_ratio(wealth: Column, years: float, weights: Weights) -> Estimate:
    """Sortino ratio of final wealth, target 0 %: mean log growth a year over the downside deviation a year.

    Parameters
    ----------
    wealth, years, weights : ndarray, float, ndarray
        See `volatility`.

    Returns
    -------
    Estimate
        μ / (d √years), with d² = E min(x, 0)² the squared downside deviation of x = ln wealth (Sortino and Price 1994).
        A path's influence is ((x - μ) / d - μ (min(x, 0)² - d²) / 2d³) / √years. NaN where wealth is 0 on a path with
        a weight, or on no path below the start. The error is NaN where fewer than ten paths end below the start.

    Examples
    --------
    >>> round(sortino_ratio(np.exp([0.6, -0.2]), 4.0, np.full(2, 0.5)).value, 6)  # 5 % a year over √(0.02 / 4)
    0.707107
    """
    design, mean, sd = _moments(wealth, weights)
    if math.isnan(sd):
        return Estimate(math.nan, math.nan, note=_RUINED)

    def squared_losses() -> Column:
        return np.square(np.minimum(_log(wealth), 0.0))

    square = average(squared_losses(), design)
    if square <= SAME**2:
        return Estimate(math.nan, math.nan, note=_NO_LOSS)
    downside, scale = math.sqrt(square), 1.0 / math.sqrt(years)

    def influence() -> Column:
        raw = (_log(wealth) - mean) / downside - mean * (squared_losses() - square) / (2.0 * downside**3)
        return scale * raw

    losing = design.path_weights * (wealth < 1.0)
    return _estimate(scale * mean / downside, influence, design, few_in_tail(design, losing))


def _log(wealth: Column) -> Column:
    """Log wealth (path); a path without weight may have wealth 0, and counts for nothing at any finite value."""
    logs: Column = np.log(np.maximum(wealth, np.finfo(np.float64).tiny))
    return logs


def _squares(wealth: Column, mean: float) -> Column:
    squares: Column = np.square(_log(wealth) - mean)
    return squares


def _moments(wealth: Column, weights: Weights) -> tuple[SamplingDesign, float, float]:
    """The sampling design, and mean and standard deviation of log wealth: NaN after ruin, sd 0 where it is rounding."""
    design = as_design(weights)
    if total(design.path_weights * (wealth <= 0.0)) > 0.0:
        return design, math.nan, math.nan
    mean = average(_log(wealth), design)
    sd = math.sqrt(average(_squares(wealth, mean), design))
    return design, mean, 0.0 if sd <= SAME * max(abs(mean), 1.0) else sd


def _undefined(sd: float) -> Estimate | None:
    """NaN with the reason where log wealth has no standard deviation, or none above 0."""
    if sd > 0.0:
        return None
    return Estimate(math.nan, math.nan, note=_RUINED if math.isnan(sd) else _CONSTANT)


def _estimate(value: float, influence: Callable[[], Column], design: SamplingDesign, note: str | None) -> Estimate:
    if note := note or single_draw(design):
        return Estimate(value, math.nan, note=note)
    return Estimate(value, standard_error(influence(), design, abs(value)), influence)
