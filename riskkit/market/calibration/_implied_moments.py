"""What a market's clock implies for the returns of one step: their kurtosis, and how many are large."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.market.time_change._clustered import Clustered
from riskkit.market.time_change._regimes import Regimes
from riskkit.market.time_change._tails import TABLE_EDGE, TABLE_SIZE, Tail, clock_table

if TYPE_CHECKING:
    from riskkit.market._market import Market

__all__ = ["implied_beyond", "implied_kurtosis"]

Array = NDArray[np.float64]

# Nodes of Gauss and Hermite's rule over the log rate of clustering.
_NODES = 41


def implied_kurtosis(market: Market, dt: float) -> Array:
    """Return the excess kurtosis of a step's log return (asset), to the first order in σ² dt; `dt` in years.

    Given G, the time on the clock, a return is normal with a variance in proportion to G: 3 E[G²] / E[G]² - 3.
    """
    square = np.ones(len(market.assets))
    for part in market.tails:
        if isinstance(part, Tail):
            square *= 1.0 + part.law(dt).var()
        elif isinstance(part, Clustered):
            square *= math.exp(part.spread**2)
        else:
            shares, scales = _states(part, market)
            square *= shares @ scales**4
    return 3.0 * square - 3.0


def implied_beyond(market: Market, dt: float, limit: float) -> Array:
    """Return the probability of a step's log return beyond `limit` standard deviations, either side (asset)."""
    from scipy.special import ndtr

    share = np.zeros(len(market.assets))
    pace, chance = np.ones(1), np.ones(1)
    for part in market.tails:
        if not isinstance(part, Regimes):
            more, weight = _paces(part, dt)
            pace, chance = np.outer(pace, more).ravel(), np.outer(chance, weight).ravel()
    for state, scales in _all_states(market):
        share += state * np.array([2.0 * chance @ ndtr(-limit / (pace * scale)) for scale in scales])
    return share


def _paces(part: Tail | Clustered, dt: float) -> tuple[Array, Array]:
    """Square roots of the clock's pace, and the probability of each."""
    if isinstance(part, Tail):
        scores = np.linspace(-TABLE_EDGE, TABLE_EDGE, TABLE_SIZE)
        density = np.exp(-0.5 * scores**2)
        return clock_table(part, dt), density / density.sum()
    scores, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return np.exp(0.5 * part.spread * scores - 0.25 * part.spread**2), weights / weights.sum()


def _all_states(market: Market) -> Iterator[tuple[float, Array]]:
    """Share of time in each state of the market, and the factors on the volatilities there (asset)."""
    for part in market.tails:
        if isinstance(part, Regimes):
            yield from zip(*_states(part, market), strict=True)
            return
    yield 1.0, np.ones(len(market.assets))


def _states(part: Regimes, market: Market) -> tuple[Array, Array]:
    return np.array(list(part.shares.values())), part.scales(list(market.assets))
