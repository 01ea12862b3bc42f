"""What a market's time change implies for the returns of one step: their kurtosis, and how many are large."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array

if TYPE_CHECKING:
    from riskkit.market._market import Market

__all__ = ["implied_beyond", "implied_kurtosis"]


def implied_kurtosis(market: Market, dt: float) -> Array:
    """Return the excess kurtosis of a step's log return (asset), to the first order in σ² dt; `dt` in years.

    Given G, the time that passes, a return is normal with a variance in proportion to G: 3 E[G²] / E[G]² - 3. NaN
    where a time change does not tell it.
    """
    square = np.ones(len(market.assets))
    for part in market.tails:
        moment = part.second_moment(dt)
        square *= np.nan if moment is None else moment
        if part.regimes > 1:
            law = part.regime_law(list(market.assets))
            square *= np.nan if law is None else law[0] @ law[1] ** 4
    return 3.0 * square - 3.0


def implied_beyond(market: Market, dt: float, limit: float) -> Array:
    """Return the probability of a step's log return beyond `limit` standard deviations, either side (asset).

    NaN where a time change does not tell it.
    """
    from scipy.special import ndtr

    share = np.zeros(len(market.assets))
    pace, chance = np.ones(1), np.ones(1)
    for part in market.tails:
        nodes = part.quadrature(dt)
        if nodes is None:
            return np.full(share.size, np.nan)
        pace, chance = np.outer(pace, nodes[0]).ravel(), np.outer(chance, nodes[1]).ravel()
    for probability, scales in _regimes(market):
        share += probability * np.array([2.0 * chance @ ndtr(-limit / (pace * scale)) for scale in scales])
    return share


def _regimes(market: Market) -> Iterator[tuple[float, Array]]:
    """Probability of each regime of the market, and the factors on the volatilities there (asset)."""
    for part in market.tails:
        if part.regimes > 1:
            law = part.regime_law(list(market.assets))
            yield from [(np.nan, np.ones(len(market.assets)))] if law is None else zip(*law, strict=True)
            return
    yield 1.0, np.ones(len(market.assets))
