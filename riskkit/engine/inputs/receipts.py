"""What the books receive on each date: cash that is invested, and units that vest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.frictions import Deposit, Vesting
from riskkit.scenario._scenario import Scenario

__all__ = ["CashReceipt", "UnitReceipt", "cash_receipts", "unit_receipts"]


class CashReceipt(NamedTuple):
    """Cash that is received and invested.

    Attributes
    ----------
    cash : float
        In multiples of the net start wealth.
    takers : ndarray of bool
        The holdings that it may buy (holding).
    shares : ndarray
        Shares of the cash (holding); 0 throughout: pro rata of present values.
    """

    cash: float
    takers: Bools
    shares: Array


class UnitReceipt(NamedTuple):
    """Units that are received, at a purchase cost of their price.

    Attributes
    ----------
    holding : int
    units : float
        In multiples of the net start wealth at start prices.
    until : str or None
        The shock whose first event ends it.
    """

    holding: int
    units: float
    until: str | None


def cash_receipts(scenario: Scenario) -> dict[int, tuple[CashReceipt, ...]]:
    """Step → the deposits that are due there, in their order."""
    portfolio = scenario.portfolio
    due: dict[int, tuple[CashReceipt, ...]] = {}
    for flow in scenario.frictions.flows:
        if not isinstance(flow, Deposit):
            continue
        bought = flow.takers(portfolio, scenario.market)
        takers = np.array([name in bought for name in portfolio.names])
        fixed = {} if flow.into is None else flow.into
        shares = np.array([fixed.get(name, 0.0) for name in portfolio.names])
        for step, amount in flow.amounts(scenario.calendar, scenario.inflation).items():
            due[step] = (*due.get(step, ()), CashReceipt(amount / portfolio.net, takers, shares))
    return due


def unit_receipts(scenario: Scenario) -> dict[int, tuple[UnitReceipt, ...]]:
    """Step → the units that vest there, less those withheld, in the order of the grants."""
    portfolio = scenario.portfolio
    due: dict[int, tuple[UnitReceipt, ...]] = {}
    for flow in scenario.frictions.flows:
        if not isinstance(flow, Vesting):
            continue
        units = flow.value / portfolio.net * (1.0 - flow.withholding)
        for step, share in flow.shares(scenario.calendar).items():
            receipt = UnitReceipt(portfolio.names.index(flow.on), units * share, flow.until)
            due[step] = (*due.get(step, ()), receipt)
    return due
