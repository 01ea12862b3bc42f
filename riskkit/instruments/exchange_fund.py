"""ExchangeFund: units given for those of a fund, at equal value and without tax, and locked there for years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from riskkit._core.array_types import Array
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.format import in_years, percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import set_fields
from riskkit._core.validation import checked_name, require_known
from riskkit.instruments.base import Flow, Instrument, Leg, Position
from riskkit.instruments.flow import on_row
from riskkit.instruments.option_pricing import Terms
from riskkit.market import Market
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import View

__all__ = ["ExchangeFund"]


class ExchangeFund(Instrument):
    """At time 0 units become units of `into` at equal value, with their purchase cost and without tax.

    The units received, not other ones of `into`, are pledged to the end of the tenor, and shrink by the fee at month
    ends and at the horizon.

    Parameters
    ----------
    on : str
        The listed holding that is given.
    into : str
        The holding that is received; it may be worth nothing at the start.
    years : float
        Time for which what is received cannot be sold, a whole number of months; it may end beyond the horizon.
    share : float
        Share of the units of `on` that is given, 0 < share <= 1.
    fee : float
        Share of the units received that is lost a year, 0 <= fee < 1.

    Raises
    ------
    InvalidInput
        If a field is outside its bounds or `into` is `on`; and, in a `Scenario`, as `Instrument` says, or if `into` is
        unknown.

    Notes
    -----
    A contribution of property to a partnership is no sale, and its basis carries over (Internal Revenue Code, sections
    721 and 723); a distribution within seven years may be taxed (sections 704(c)(1)(B) and 737), hence the tenor.

    Examples
    --------
    >>> fund = ExchangeFund("TSLA", "Rest", share=0.5)
    >>> fund.label, fund.legs(Terms(0.04, 0.0, 0.57, 7.0))
    ('exchange fund on TSLA', ())
    """

    into: str
    years: float = field(default=7.0, kw_only=True)
    share: float = field(default=0.5, kw_only=True)
    fee: float = field(default=0.0075, kw_only=True)
    pledges: ClassVar[bool] = True
    may_outlast_horizon: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        what = f"ExchangeFund on {self.on!r}"
        set_fields(
            self,
            into=checked_name(f"{what}: into", self.into),
            fee=fraction(f"{what}: fee", self.fee, at_least=0.0, below=1.0),
        )
        if self.into == self.on:
            raise InvalidInput(f"{what}: into must be another holding than on, got {self.into!r} for both")

    def legs(self, terms: Terms) -> tuple[Leg, ...]:
        """Return none: all it does is an exchange of units."""
        return ()

    def deltas(self, market: Market | None = None) -> Mapping[str, float]:
        """Return that the exposure to what is given becomes one to what is received."""
        return {self.on: -self.share, self.into: self.share}

    def open(self, lot: Position, view: View) -> Flow:
        """Return the exchange of units, and the pledge of those received."""
        received = on_row(self._received(lot, 0.0), self.into, view)
        delivered = on_row(lot.units, self.on, view)
        return Flow(self.label, units=received - delivered, basis="carried over", kind="none", pledge=received)

    def accrue(self, lot: Position, view: View, years: float) -> Flow:
        """Return the fee: units of `into` that are lost at their value; their purchase cost stays with the rest."""
        now = view.time - lot.time
        lost = self._received(lot, now - years) - self._received(lot, now)
        units = on_row(-lost, self.into, view)
        return Flow(self.label, units=units, basis="carried over", kind="none", pledge=units)

    def settle(self, lot: Position, view: View) -> Flow:
        """Return that the units of `into` are free."""
        freed = on_row(-self._received(lot, view.time - lot.time), self.into, view)
        return Flow(self.label, kind="none", pledge=freed)

    def check(self, portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
        """Refuse what every instrument refuses, and an unknown holding `into`."""
        super().check(portfolio, market, calendar)
        require_known(f"ExchangeFund on {self.on!r}: into", [self.into], portfolio.names)

    def describe(self) -> str:
        """Return what is given and received, for how long, and the fee, in words."""
        exchanged = "all units" if self.share == 1.0 else f"{percent(self.share)} of the units"
        return (
            f"{self.label}: at the start {exchanged} become units of {self.into}, which cannot be sold for "
            f"{in_years(self.months)} and bear a fee of {percent(self.fee)} a year"
        )

    def _received(self, lot: Position, years: float) -> Array:
        """Units of the fund that are left so long after the exchange (path): at the start all prices are 1."""
        left: Array = lot.units * (1.0 - self.fee) ** years
        return left
