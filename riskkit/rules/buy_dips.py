"""BuyDips: buy more of a founder holding, while it is listed, each time its price has fallen far enough."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import NOTHING, accept_fields, linked, takers, total
from riskkit.rules.trigger import Trigger

__all__ = ["BuyDips"]


class BuyDips(Rule):
    """Once per dip of a founder holding that is listed, buy `amount` of wealth of it from the holdings with no founder.

    Parameters
    ----------
    drawdown : float
        Fall of the price below its running high, above 0 and below 1, that counts as a dip.
    amount : float
        What is bought at each dip, as a share of gross assets (which is wealth where there is no loan), above 0 and
        at most 1.
    every : int
        Months between consultations; 0 means every step.

    Notes
    -----
    The running high is the highest reported price over every step, the start included. A holding is bought once, and
    again only after its price has made a new high, on any step. One that lists later has its running high from the
    start, but is bought only on dates on which it can be traded on a market, which it cannot in a lock-up. The money
    comes pro rata from the holdings with no founder and is limited to what they are worth; dips on one date share it
    alike. A purchase that a date cannot fill is not asked for again. The state is the running high at which each
    holding was last bought (holding, path), 0 before.

    Examples
    --------
    >>> BuyDips(0.3, amount=0.02).name
    'buy dips'
    """

    drawdown: float
    amount: float
    every: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)
        set_fields(
            self,
            drawdown=fraction("BuyDips: drawdown", self.drawdown, above=0.0, below=1.0),
            amount=fraction("BuyDips: amount", self.amount, above=0.0, at_most=1.0),
        )

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Buy the holdings whose price has just fallen far enough."""
        bought = _listing(view.portfolio)
        price, high = view.price[list(bought)], view.high[list(bought)]
        bought_at = np.zeros_like(high) if state is None else state
        dip = (high > bought_at) & (price <= (1.0 - self.drawdown) * high)
        if not all(view.portfolio.holdings[row].liquidity.listed for row in bought):
            dip &= view.listed[list(bought), None]
        if not dip.any():
            return None, bought_at
        payers = takers(view.portfolio, bought)
        available = np.asarray(total(view.weights[row] for row in payers))
        dips = np.asarray(total(dip.astype(np.float64)))
        paid = np.where(available > NOTHING, np.minimum(self.amount * dips, available), 0.0)
        keep = 1.0 - paid / np.maximum(available, NOTHING)
        target = np.array(view.weights)
        for row in payers:
            target[row] *= keep
        each = paid / np.maximum(dips, 1.0)
        for row, dipped in zip(bought, dip, strict=True):
            target[row] += np.where(dipped, each, 0.0)
        return target, np.where(dip, high, bought_at)

    def check(self, portfolio: Portfolio) -> None:
        """Refuse a portfolio with no founder holding that is ever listed, or none to pay from."""
        if not _listing(portfolio):
            raise InvalidInput("BuyDips: the portfolio must have a listed holding with a founder, got none")
        if not takers(portfolio, ()):
            raise InvalidInput("BuyDips: the portfolio must have a holding without a founder to pay from, got none")

    def trigger(self, portfolio: Portfolio) -> Trigger:
        """Fire where the price of a holding is far enough below its running high."""
        fallen = np.full(len(portfolio.names), math.inf)
        fallen[list(_listing(portfolio))] = self.drawdown
        return Trigger(np.zeros((0, fallen.size)), [], [], fallen=fallen)


def _listing(portfolio: Portfolio) -> tuple[int, ...]:
    """Rows of the founder holdings that are listed at some time."""
    return tuple(row for row in linked(portfolio) if portfolio.holdings[row].liquidity.lists)
