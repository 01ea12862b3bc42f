"""The no-trade band of Merton's problem: how far a weight may drift before a trade is worth its cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from riskkit._core.fraction_bounds import COST, VOLATILITY, fraction, plausible
from riskkit._core.validation import number
from riskkit.rules import Band

__all__ = ["NoTradeBand", "no_trade_band"]


@dataclass(frozen=True)
class NoTradeBand:
    """A band of weights without trades.

    Attributes
    ----------
    low, high : float
        Edges, as shares of wealth at the ask price, 0 < low < high < 1.
    growth_loss : float
        Loss of the yearly growth rate from cost, >= 0: the certain rate that free trading is worth.
    approximate_width : float
        Half-width by the first term of the expansion in the cost.
    """

    low: float
    high: float
    growth_loss: float
    approximate_width: float

    @property
    def width(self) -> float:
        """Half of the distance between the edges."""
        return 0.5 * (self.high - self.low)

    def as_rule(self, every: int = 0) -> Band:
        """Return the rule that trades to the nearer edge, with the band around the start weights of a portfolio.

        Parameters
        ----------
        every : int
            Months between decisions; 0, the default, is every step, as in the theory.
        """
        return Band(self.width, to="edge", every=every, name="no-trade band")


def no_trade_band(weight: float, volatility: float, cost: float, risk_aversion: float = 1.0) -> NoTradeBand:
    """Return the band in which it is optimal not to trade a risky asset and cash.

    Parameters
    ----------
    weight : float
        Best weight without cost, in (0, 1): excess return / (risk_aversion * volatility**2).
    volatility : float
        Annualised standard deviation of log returns, > 0, at most 10.
    cost : float
        Share of the value lost in a sale, in (0, 1); purchases are free. If a sale and a purchase cost c each, it is
        ``2 * c / (1 + c)``, and the weights are at the price including the cost of buying.
    risk_aversion : float
        Constant relative risk aversion, > 0; 1 is log utility, the greatest growth.

    Returns
    -------
    NoTradeBand

    Raises
    ------
    InvalidInput
        If a number is outside its bounds.

    Warns
    -----
    RiskkitWarning
        If the volatility is above 5 or the cost above 0.1: most likely a percentage was meant.

    Notes
    -----
    Gerhold, Guasoni, Muhle-Karbe and Schachermayer, "Transaction costs, trading volume, and the liquidity premium",
    *Finance and Stochastics* 18 (2014) 1-37, Theorem 2.2: for one asset in Brownian motion and an infinite horizon the
    edges are w - d at the buying and w + d at the selling price, and the loss is risk_aversion * (volatility * d)**2
    / 2. Their free-boundary equation depends on the position in the band only through the weight p = w + v, and
    integrates to

        -log(1 - cost) = integral over v from -d to d of  g / (q (q - g)),  q = p (1 - p),  g = A (d**2 - v**2)

    with A the risk aversion. This is exact for every risk aversion; for log utility it is the solution of Taksar,
    Klass and Assaf, *Mathematics of Operations Research* 13 (1988) 277-294. To first order it gives the expansion
    d = (3/(4 A) * w**2 * (1 - w)**2 * cost)**(1/3).

    Examples
    --------
    >>> band = no_trade_band(0.65, volatility=0.4, cost=0.01)
    >>> round(band.low, 5), round(band.high, 5), round(band.growth_loss, 6)
    (0.57774, 0.72427, 0.000418)
    """
    weight = fraction("weight", weight, above=0.0, below=1.0)
    volatility = plausible("volatility", number("volatility", volatility, above=0.0), VOLATILITY)
    cost = plausible("cost", fraction("cost", cost, above=0.0, below=1.0), COST)
    aversion = number("risk_aversion", risk_aversion, above=0.0)
    half = _half_width(weight, cost, aversion)
    sold = (weight + half) / ((1.0 - weight - half) * (1.0 - cost))
    return NoTradeBand(
        low=weight - half,
        high=sold / (1.0 + sold),
        growth_loss=0.5 * aversion * (volatility * half) ** 2,
        approximate_width=(0.75 / aversion * (weight * (1.0 - weight)) ** 2 * cost) ** (1.0 / 3.0),
    )


def _half_width(weight: float, cost: float, aversion: float) -> float:
    """The d of the equation in the notes of `no_trade_band`."""
    from scipy.optimize import brentq

    product = weight * (1.0 - weight)

    def excess(half: float) -> float:
        # g / (q (q - g)) = 1 / (q - g) - 1 / q, and both parts are quadratic in v.
        root = (1.0 - 2.0 * weight) ** 2 - 4.0 * (aversion - 1.0) * (product - aversion * half**2)
        ours = _integral(root, half, product - (2.0 * aversion - 1.0) * half**2)
        return ours - _integral(1.0, half, product + half**2) + math.log1p(-cost)

    # The integral grows from 0 without bound as d approaches `largest`.
    largest = _largest_half_width(weight, aversion) * (1.0 - 1e-7)
    return float(brentq(excess, 0.0, largest, xtol=1e-15)) if excess(largest) > 0.0 else largest


def _integral(root: float, half: float, rest: float) -> float:
    """Integral of 1 / (a v**2 + b v + c) from -d to d, by root = b**2 - 4 a c and rest = c - a d**2."""
    size = math.sqrt(abs(root))
    if size * half < 1e-12 * rest:
        return 2.0 * half / rest
    if root > 0.0:
        return 2.0 / size * math.atanh(size * half / rest)
    return 2.0 / size * math.atan2(size * half, rest)


def _largest_half_width(weight: float, aversion: float) -> float:
    """Least upper bound of the d at which both edges are in (0, 1) and q > g everywhere between them.

    q - g = (A - 1) v**2 + (1 - 2 w) v + w (1 - w) - A d**2 is least at an edge, where it is q, or at its vertex.
    """
    inside = min(weight, 1.0 - weight)
    if aversion <= 1.0:
        return inside
    vertex = (weight - 0.5) / (aversion - 1.0)
    square = (weight * (1.0 - weight) - (aversion - 1.0) * vertex**2) / aversion
    return min(inside, math.sqrt(square)) if square > vertex**2 else inside
