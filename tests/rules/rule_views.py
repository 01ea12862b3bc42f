"""Views made by hand, so that rules can decide without an engine."""

from __future__ import annotations

import numpy as np

from riskkit.portfolio._liquidity import Liquidity
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import View

#: 40 % and 20 % on Musk, 10 % half on Huang, 20 % and 10 % on nobody. Musk 0.60, Huang 0.05, any founder 0.65.
PORTFOLIO = Portfolio(
    [
        Holding("TSLA", 40, founder="Musk"),
        Holding("SPACEX", 20, founder="Musk", liquidity=Liquidity()),
        Holding("NVDA", 10, founder={"Huang": 0.5}),
        Holding("INDEX", 20),
        Holding("CASH", 10),
    ]
)
START = (0.4, 0.2, 0.1, 0.2, 0.1)


def paths(*columns):
    """An (asset, path) array from one tuple a path."""
    return np.array(columns, dtype=float).T


def moment(
    *weights, units=None, price=None, high=None, drawdown=None, wealth=None, month=1, portfolio=PORTFOLIO, watched=()
):
    """A view at the end of a month of 21 steps, of paths with these weights (default: one at the start weights).

    Units, prices and wealth are 1 and the drawdown is 0 unless given, as one tuple a path (drawdown and wealth: one
    number a path).
    The highest prices so far are those of the moment, or 1 where these are lower.
    """
    weights = paths(*(weights or (START,)))
    ones = np.ones_like(weights)
    quantities = {
        "weights": weights,
        "units": ones.copy() if units is None else paths(*units),
        "price": ones.copy() if price is None else paths(*price),
        "drawdown": np.zeros(weights.shape[1]) if drawdown is None else np.array(drawdown, dtype=float),
        "wealth": np.ones(weights.shape[1]) if wealth is None else np.array(wealth, dtype=float),
        "listed": np.array([holding.liquidity.listed for holding in portfolio.holdings]),
    }
    quantities["peak"] = quantities["wealth"] / np.maximum(1.0 - quantities["drawdown"], 1e-300)
    quantities["high"] = np.maximum(quantities["price"], 1.0) if high is None else paths(*high)
    return View(portfolio, step=21 * month, time=month / 12, read=quantities.__getitem__, watched=watched)


def target_of(rule, view, state=None):
    """The target of one decision, from no state unless one is passed."""
    return rule.decide(view, state)[0]
