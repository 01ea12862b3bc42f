"""The dividends of a scenario: what has accrued on each date, and what the dividends of unlisted payers buy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.scenario._scenario import Scenario

__all__ = ["DividendDate", "dividend_dates", "dividend_rate"]


class DividendDate(NamedTuple):
    """The dividends of one date.

    Attributes
    ----------
    accrued : ndarray
        Dividend since the last date as a share of each holding's value (holding).
    itself : ndarray of bool
        Whether a holding's dividend buys the holding itself (holding).
    takers : tuple of ndarray of bool
        What the other dividends buy: the first group of holdings that can be bought (holding).
    """

    accrued: Array
    itself: Bools
    takers: tuple[Bools, ...]


def dividend_rate(scenario: Scenario) -> float:
    """The tax as a share of a dividend."""
    tax = scenario.frictions.tax
    return 0.0 if tax is None else tax.rate_of_dividends


def dividend_dates(scenario: Scenario) -> dict[int, DividendDate]:
    """Step → the dividends that change something there: at each month end, and at the end what has accrued by then.

    Without a tax the dividends of a listed payer, which buy the payer, change nothing.
    """
    calendar, portfolio = scenario.calendar, scenario.portfolio
    assets = [scenario.market.assets[name] for name in portfolio.names]
    growth = np.log1p([asset.dividend_yield for asset in assets])
    if not growth.any():
        return {}
    taxed = scenario.frictions.tax is not None
    terms = [holding.liquidity.terms(calendar) for holding in portfolio.holdings]
    cash = np.array([asset.volatility == 0.0 for asset in assets])
    no_founder = portfolio.shares() == 0.0
    due: dict[int, DividendDate] = {}
    last = 0
    for step in sorted({*calendar.month_ends.tolist(), calendar.steps}):
        listed = np.array([term.listed[step] for term in terms])
        accrued = np.where(taxed | ~listed, -np.expm1(growth * (calendar.time(last) - calendar.time(step))), 0.0)
        if accrued.any():
            due[step] = DividendDate(accrued, listed, (cash, listed & no_founder))
        last = step
    return due
