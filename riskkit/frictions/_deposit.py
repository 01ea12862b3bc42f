"""Deposits: money paid into the portfolio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.frozen import FrozenMap, Shorthand, set_fields
from riskkit._core.validation import checked_name, join_first, number, require_known
from riskkit.market import Market
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.proceeds import shares_of_one

__all__ = ["Deposit"]


@dataclass(frozen=True)
class Deposit:
    """A deposit: a twelfth of a year's at each month end before the last step, growing with inflation.

    It comes before spending and before rules decide, and its purchases pay their trading cost. A path that is ruined
    gets none.

    Parameters
    ----------
    amount : float
        Money a year, >= 0, in the unit of the portfolio's values; it grows with the scenario's inflation.
    into : str or mapping of str to float, optional
        The holding that it buys, or shares by holding with sum 1. By default it buys the cash-like holdings
        (volatility 0), or, where there are none, those with no founder, pro rata of their present values; in the
        proportions of the start where these are worth nothing. A worthless holding is not bought: the others take its
        share, and where there are none the path gets no deposit.

    Raises
    ------
    InvalidInput
        If the amount is below 0 or `into` is no name and no shares; and, in a `Scenario`, if `into` names an unknown
        holding or one that cannot be bought at a month end, or, by default, nothing can take the deposit.

    Examples
    --------
    >>> Deposit(12, into="cash").describe()
    'Deposits of 12 a year, growing with inflation, buy cash.'
    """

    amount: float
    into: Shorthand[str | Mapping[str, float] | None, FrozenMap[float] | None] = field(default=cast(Any, None))

    def __post_init__(self) -> None:
        set_fields(self, amount=number("Deposit: amount", self.amount, at_least=0.0))
        into: Any = self.into
        if isinstance(into, str):
            into = {checked_name("Deposit: into", into): 1.0}
        if into is not None:
            set_fields(self, into=shares_of_one("Deposit: into", into))

    def check(self, portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
        """Refuse an unknown holding, one that cannot be bought on a date, and a portfolio that cannot take it."""
        if self.into is not None:
            require_known("Deposit: into", self.into, portfolio.names)
        takers = self.takers(portfolio, market)
        if not takers:
            raise InvalidInput(
                "Deposit: into must name what the deposit buys, because no holding is cash-like (volatility 0) or "
                "without a founder, got None; give into=, or add cash"
            )
        if self.into is None and not any(portfolio.holding(name).value > 0.0 for name in takers):
            raise InvalidInput(
                f"Deposit: into must name what the deposit buys where the holdings that it buys by default start with "
                f"nothing, got None and {join_first(takers)} of value 0; give into="
            )
        closed = {name: portfolio.holdings[portfolio.names.index(name)].liquidity for name in takers}
        steps = list(self.amounts(calendar, 0.0))
        for step in steps:
            shut = [name for name, liquidity in closed.items() if not liquidity.terms(calendar).buyable[step]]
            if len(shut) == len(takers) or (shut and self.into is not None):
                raise InvalidInput(
                    f"Deposit: into must name holdings that can be bought at each month end, got {shut[0]!r}, which "
                    f"cannot be bought after {calendar.time(step):.4g} years ({closed[shut[0]].describe()})"
                )

    def takers(self, portfolio: Portfolio, market: Market) -> tuple[str, ...]:
        """Names of the holdings that the deposit may buy."""
        if self.into is not None:
            return tuple(self.into)
        cash = tuple(name for name in portfolio.names if market.assets[name].volatility == 0.0)
        return cash or tuple(holding.name for holding in portfolio.holdings if holding.founder_share == 0.0)

    def amounts(self, calendar: Calendar, inflation: float) -> dict[int, float]:
        """Step → money deposited there.

        Examples
        --------
        >>> Deposit(12).amounts(Calendar(0.25, 12), inflation=0.0)
        {1: 1.0, 2: 1.0}
        """
        return {
            step: self.amount * (month - before) / 12.0 * (1.0 + inflation) ** calendar.time(step)
            for step, before, month in calendar.flow_dates
        }

    def describe(self) -> str:
        """Return one sentence: how much a year, and what it buys."""
        bought = "cash-like holdings, or else those with no founder, pro rata"
        if self.into is not None:
            alone = len(self.into) == 1
            bought = join_first(name if alone else f"{percent(share)} {name}" for name, share in self.into.items())
        return f"Deposits of {self.amount:,.6g} a year, growing with inflation, buy {bought}."
