"""PrepaidForward: units to be delivered later, within a floor and a cap, for money now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, ClassVar, Literal, cast

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import fraction
from riskkit._core.frozen import FrozenMap, Shorthand, set_fields
from riskkit._core.validation import checked_name, join_first, require_known
from riskkit.instruments.base import Flow, Instrument, Leg, Position
from riskkit.instruments.option_pricing import OptionPricing, Terms, multiple_of_price
from riskkit.market import Market
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules.base import View
from riskkit.rules.proceeds import shares_of_one

__all__ = ["PrepaidForward"]


class PrepaidForward(Instrument):
    """A variable prepaid forward: most of the price now, units or their worth at expiry, no tax before.

    At expiry the book owes min(S, floor) + max(S - cap, 0) for a covered unit: below the floor all of it, between floor
    and cap the worth of the floor, above the cap what exceeds it, too. Covered units are pledged until then. It does
    not roll.

    Parameters
    ----------
    on : str
        The listed holding that it is on.
    floor, cap : float
        In multiples of the price at the opening, 0 < floor < cap <= 5.
    years : float
        Tenor, a whole number of months; it may end beyond the horizon.
    share : float
        Share of the units of `on` that it covers, 0 < share <= 1.
    discount : float
        Share of the fair prepayment that the lender retains, 0 <= discount < 1.
    into : str or mapping of str to float, optional
        What the prepayment buys: a holding, or shares by holding with sum 1. By default the holdings with no founder,
        pro rata of their present values.
    settlement : {"units", "cash"}
        What pays at expiry after cash-like holdings: the units that the expiry frees, or all that can be sold.
    pricing : OptionPricing
        Implied volatility, rate and spread.

    Raises
    ------
    InvalidInput
        If a field is outside its bounds; and, in a `Scenario`, as `Instrument` says, or if `into` names an unknown
        holding.

    Notes
    -----
    The form of Internal Revenue Service, Revenue Ruling 2003-7: no sale at the opening, because the number of units
    delivered depends on the price. With P, C the put and call of Black, Scholes and Merton the prepayment a unit is
    S e^{-yτ} - C(floor) + C(cap), less the discount, and the mark its negative, P(floor) - C(cap) - floor e^{-rτ}.

    Examples
    --------
    The fair prepayment for 90 to 120 over three years at 30 % and a rate of 4 % compounded continuously is 87.911928:

    >>> import math
    >>> pricing = OptionPricing(0.3, rate=math.exp(0.04) - 1.0)
    >>> forward = PrepaidForward("TSLA", 0.9, 1.2, discount=0.05, pricing=pricing)
    >>> terms = Terms(rate=pricing.rate, dividend_yield=0.0, volatility=0.3, years=3.0)
    >>> round(-100.0 * forward.mid(terms), 6), round(-100.0 * forward.premium(terms) / 0.95, 6)
    (87.911928, 87.911928)
    """

    floor: float
    cap: float
    years: float = field(default=3.0, kw_only=True)
    share: float = field(default=0.3, kw_only=True)
    discount: float = field(default=0.05, kw_only=True)
    into: Shorthand[str | Mapping[str, float] | None, FrozenMap[float] | None] = field(
        default=cast(Any, None), kw_only=True
    )
    settlement: Literal["units", "cash"] = field(default="units", kw_only=True)
    pricing: OptionPricing = field(default=OptionPricing(), kw_only=True)
    pledges: ClassVar[bool] = True
    premium_steps_up: ClassVar[bool] = False  # the prepayment stays the amount realised
    may_outlast_horizon: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        what = f"PrepaidForward on {self.on!r}"
        set_fields(
            self,
            floor=multiple_of_price(f"{what}: floor", self.floor),
            cap=multiple_of_price(f"{what}: cap", self.cap),
            discount=fraction(f"{what}: discount", self.discount, at_least=0.0, below=1.0),
        )
        if self.floor >= self.cap:
            raise InvalidInput(f"{what}: floor must be below cap, got floor={self.floor!r} and cap={self.cap!r}")
        into: Any = self.into
        if isinstance(into, str):
            into = {checked_name(f"{what}: into", into): 1.0}
        if into is not None:
            set_fields(self, into=shares_of_one(f"{what}: into", into))

    def legs(self, terms: Terms) -> tuple[Leg, ...]:
        """Return what is owed: the floor, less the put, and the call."""
        return (
            Leg("put", 1.0, self.floor, self.pricing.implied(self.floor, terms)),
            Leg("call", -1.0, self.cap, self.pricing.implied(self.cap, terms)),
            Leg("cash", -self.floor),
        )

    def premium(self, terms: Terms, years: float | None = None) -> float:
        """Return minus the prepayment: the legs at half of the spread, less the discount."""
        return (1.0 - self.discount) * super().premium(terms, years)

    def open(self, lot: Position, view: View) -> Flow:
        """Return the prepayment, which buys `into`, and the pledge."""
        into = self.into
        if into is None:
            no_founder = view.founder_share() == 0.0
            names = tuple(name for name, free in zip(view.names, no_founder, strict=True) if free)
            return replace(super().open(lot, view), into=names or None)
        return replace(super().open(lot, view), into=into)

    def check(self, portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
        """Refuse what every instrument refuses, and an unknown holding in `into`."""
        super().check(portfolio, market, calendar)
        if self.into is not None:
            require_known(f"PrepaidForward on {self.on!r}: into", self.into, portfolio.names)

    def describe(self) -> str:
        """Return floor, cap, discount, tenor, cover and what it buys, in words."""
        bought = "the holdings with no founder, pro rata"
        if self.into is not None:
            alone = len(self.into) == 1
            bought = join_first(name if alone else f"{percent(share)} {name}" for name, share in self.into.items())
        return (
            f"{self.label} with a floor of {percent(self.floor)} and a cap of {percent(self.cap)} {self._cover()}; the "
            f"prepayment, {percent(self.discount)} below its fair value, buys {bought}"
        )
