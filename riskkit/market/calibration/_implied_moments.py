"""Kurtosis and probability of large returns of one step that a market's time change implies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array
from riskkit.market.time_change._clustered import Clustered
from riskkit.market.time_change._regimes import Regimes
from riskkit.market.time_change._tails import TABLE_EDGE, TABLE_SIZE, Tail, clock_table

if TYPE_CHECKING:
    from riskkit.market._market import Market

__all__ = ["implied_beyond", "implied_kurtosis"]


# Nodes of Gauss and Hermite's rule over the log rate of clustering.
_NODES = 41


def implied_kurtosis(market: Market, dt: float) -> Array:
    """Return the excess kurtosis of a step's log return (asset), to the first order in σ² dt; `dt` in years.

    Given the time change G, a return is normal with a variance in proportion to G: 3 E[G²] / E[G]² - 3.
    """
    square = np.ones(len(market.assets))
    for time_change in market.tails:
        if isinstance(time_change, Tail):
            square *= 1.0 + time_change.law(dt).var()
        elif isinstance(time_change, Clustered):
            square *= math.exp(time_change.spread**2)
        else:
            shares, scales = _states(time_change, market)
            square *= shares @ scales**4
    return 3.0 * square - 3.0


def implied_beyond(market: Market, dt: float, limit: float) -> Array:
    """Return the probability of a step's log return beyond `limit` standard deviations, either side (asset)."""
    from scipy.special import ndtr

    result = np.zeros(len(market.assets))
    factor, probability = np.ones(1), np.ones(1)
    for time_change in market.tails:
        if not isinstance(time_change, Regimes):
            factors, probabilities = _volatility_factors(time_change, dt)
            factor, probability = np.outer(factor, factors).ravel(), np.outer(probability, probabilities).ravel()
    for share_of_time, scales in _all_states(market):
        result += share_of_time * np.array([2.0 * probability @ ndtr(-limit / (factor * scale)) for scale in scales])
    return result


def _volatility_factors(time_change: Tail | Clustered, dt: float) -> tuple[Array, Array]:
    """Factors on the volatility (square roots of the time change), and their probabilities."""
    if isinstance(time_change, Tail):
        scores = np.linspace(-TABLE_EDGE, TABLE_EDGE, TABLE_SIZE)
        density = np.exp(-0.5 * scores**2)
        return clock_table(time_change, dt), density / density.sum()
    scores, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return np.exp(0.5 * time_change.spread * scores - 0.25 * time_change.spread**2), weights / weights.sum()


def _all_states(market: Market) -> Iterator[tuple[float, Array]]:
    """Share of time in each regime, and the factors on the volatilities in it (asset)."""
    for time_change in market.tails:
        if isinstance(time_change, Regimes):
            yield from zip(*_states(time_change, market), strict=True)
            return
    yield 1.0, np.ones(len(market.assets))


def _states(time_change: Regimes, market: Market) -> tuple[Array, Array]:
    return np.array(list(time_change.shares.values())), time_change.scales(list(market.assets))
