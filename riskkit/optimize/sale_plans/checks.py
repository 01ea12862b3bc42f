"""Checks of a sale plan: a scenario whose final wealth is linear in the sales, and the holdings to sell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, short_repr
from riskkit.portfolio._liquidity import Listed
from riskkit.rules.proceeds import linked
from riskkit.scenario._scenario import Scenario

__all__ = ["holdings_to_sell", "refuse_nonlinear"]


def refuse_nonlinear(scenario: Scenario) -> None:
    """Refuse a scenario whose final wealth is not linear in the sales; the error names the cause."""
    frictions = scenario.frictions
    for what, feature in (
        ("loan", scenario.portfolio.loan), ("spending", frictions.spending), ("flows", frictions.flows or None)
    ):  # fmt: skip
        if feature is not None:
            raise InvalidInput(
                f"scenario must be without {what}, "
                f"got {short_repr(feature)}: with it final wealth is not linear in the sales"
            )
    _refuse_dividends(scenario)
    tax = frictions.tax
    if tax is None:
        return
    for what, value in (("short_rate", tax.short_rate), ("paid", tax.paid if tax.paid_later else None)):
        if value is not None:
            raise InvalidInput(
                f"scenario must have a tax without {what}, got {what}={value!r}: a plan pays one rate on all gains, at "
                "once; plan without it, and compare with it"
            )
    for holding in scenario.portfolio.holdings:
        if holding.method != "average" and len(holding.lots) > 1:
            raise InvalidInput(
                f"Holding {holding.name!r}: method must be 'average' for a plan, "
                f"got {short_repr(holding.method)}: final wealth "
                "is not linear in sales of lots; plan with the average, and compare with the lots"
            )


def _refuse_dividends(scenario: Scenario) -> None:
    """Refuse dividends that buy or are taxed; those of listed payers without a tax change nothing."""
    listed = all(isinstance(holding.liquidity, Listed) for holding in scenario.portfolio.holdings)
    if scenario.market.pays_dividends and not (listed and scenario.frictions.tax is None):
        raise InvalidInput(
            "scenario must be without dividends where there is a tax or an unlisted holding, got an Asset with "
            "dividend_yield > 0: what dividends buy is not part of the plan"
        )


def holdings_to_sell(scenario: Scenario, receivers: Mapping[str, float], times: Array) -> list[int]:
    """Return the rows of the holdings to sell: founder holdings that receive no proceeds.

    Parameters
    ----------
    scenario : Scenario
    receivers : mapping of str to float
        The holdings that the proceeds buy, and their shares.
    times : ndarray (date,)
        Dates of the sales in years.

    Raises
    ------
    InvalidInput
        If a receiver is unknown or cannot be bought on every date, or nothing is left to sell.
    """
    portfolio, calendar = scenario.portfolio, scenario.calendar
    require_known("into", receivers, portfolio.names)
    steps = np.rint(times * scenario.steps_per_year).astype(np.int64)
    for name in receivers:
        closed = np.flatnonzero(~portfolio.holding(name).liquidity.terms(calendar).buyable[steps])
        if closed.size:
            raise InvalidInput(
                f"into must name holdings that can be bought on every date, got {short_repr(name)}, which cannot after "
                f"{times[closed[0]]:g} years"
            )
    holdings = portfolio.holdings
    sold = [row for row in linked(portfolio) if holdings[row].name not in receivers and holdings[row].value > 0.0]
    if not sold:
        raise InvalidInput("scenario must have a founder holding that is not in `into`, got nothing to sell")
    if scenario.frictions.death is not None:
        for name in receivers:
            if portfolio.holding(name).value == 0.0:
                raise InvalidInput(
                    f"into must name holdings with a value > 0 where a death steps purchase costs up, got {name!r}"
                )
    return sold
