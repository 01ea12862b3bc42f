"""Collar: a put bought and a call sold, by default at no cost."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import field
from typing import ClassVar, Literal

import numpy as np

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import user_stacklevel
from riskkit._core.frozen import memoized, set_fields
from riskkit.instruments.base import Instrument, Leg, terms_of
from riskkit.instruments.option_pricing import OptionPricing, Terms, multiple_of_price
from riskkit.market import Market
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["Collar"]

#: Narrower collars may count as a sale for tax; practice in the United States stays at 95 % to 110 %.
_NARROWEST = 0.15

#: A zero-cost cap above it is none, and the number of strikes up to it among which the first crossing is sought.
_HIGHEST_CAP, _STRIKES = 100.0, 500


class Collar(Instrument):
    """A put bought at `floor` and a call sold at `cap` on covered units, which are pledged until expiry.

    Parameters
    ----------
    on : str
        The listed holding that it is on.
    floor : float
        Strike of the put in multiples of the price at each opening, 0 < floor < cap.
    cap : float, optional
        Strike of the call, at most 5. None: the smallest above the price, and above the floor, at which the call pays
        for the put, half of the spread taken from both; see `cap_at`.
    years : float
        Tenor, a whole number of months.
    share : float
        Share of the units of `on` that it covers at each opening, 0 < share <= 1.
    roll : bool
        Whether it is opened again at each expiry, the strikes anew.
    settlement : {"units", "cash"}
        What pays for the pay-off after cash-like holdings: the units that the expiry frees, or all that can be sold.
    pricing : OptionPricing
        Implied volatility, rate and spread.

    Raises
    ------
    InvalidInput
        If a field is outside its bounds; and, in a `Scenario`, as `Instrument` says, or if no call below 100 times the
        price pays for the put.

    Warns
    -----
    RiskkitWarning
        If the cap is less than 0.15 above the floor, which may count as a sale of what is covered; of a zero-cost
        collar in a `Scenario`.

    Examples
    --------
    The zero-cost strike for a put of strike 90 at 30 % and a rate of 4 % compounded continuously is 124.075912:

    >>> import math
    >>> collar = Collar("TSLA", 0.9, pricing=OptionPricing(0.3, rate=math.exp(0.04) - 1.0))
    >>> terms = Terms(rate=collar.pricing.rate, dividend_yield=0.0, volatility=0.3, years=1.0)
    >>> round(100.0 * collar.cap_at(terms), 6)
    124.075912
    """

    floor: float
    cap: float | None = None
    roll: bool = field(default=True, kw_only=True)
    settlement: Literal["units", "cash"] = field(default="units", kw_only=True)
    pricing: OptionPricing = field(default=OptionPricing(), kw_only=True)
    pledges: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        what = f"Collar on {self.on!r}"
        set_fields(self, floor=multiple_of_price(f"{what}: floor", self.floor))
        if self.cap is not None:
            set_fields(self, cap=multiple_of_price(f"{what}: cap", self.cap))
            if self.floor >= self.cap:
                raise InvalidInput(f"{what}: floor must be below cap, got floor={self.floor!r} and cap={self.cap!r}")
            self._warn_of_narrow(self.cap)

    def legs(self, terms: Terms) -> tuple[Leg, ...]:
        """Return the put, and the call, owed."""
        return (self._put(terms), self._call(self.cap_at(terms), terms))

    def premium(self, terms: Terms, years: float | None = None) -> float:
        """Return what is paid at the opening; of a zero-cost collar exactly 0 for its own tenor."""
        if self.cap is None and (years is None or math.isclose(years, terms.years)):
            return 0.0
        return super().premium(terms, years)

    @memoized
    def cap_at(self, terms: Terms) -> float:
        """Return the cap; of a zero-cost collar that of the terms.

        Raises
        ------
        InvalidInput
            If no call at a strike from max(floor, 1) to 100 pays for the put.

        Notes
        -----
        The smallest K > max(floor, 1) with C(K) = P(floor), at implied volatilities less and plus half of the spread:
        the first change of sign among 500 strikes in a geometric progression, then bisection.
        """
        if self.cap is not None:
            return self.cap
        half_spread = 0.5 * self.pricing.spread
        cost = float(self._put(terms).worsened(half_spread).value(1.0, terms.years, terms))

        def surplus(strike: float) -> float:
            call = self._call(strike, terms).worsened(half_spread)
            return -float(call.value(1.0, terms.years, terms)) - cost

        strikes = np.geomspace(max(self.floor, 1.0), _HIGHEST_CAP, _STRIKES).tolist()
        low = strikes[0]
        paid = surplus(low) > 0.0
        for high in strikes[1:] if paid else ():
            if surplus(high) <= 0.0:
                return _bisected(surplus, low, high)
            low = high
        raise InvalidInput(
            f"Collar on {self.on!r}: cap must be given, because no call at a strike from {max(self.floor, 1.0):g} to "
            f"{_HIGHEST_CAP:g} times the price pays for the put at {self.floor:g}, which costs {percent(cost)} of the "
            "price, got cap=None; lower the floor or give a cap"
        )

    def check(self, portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
        """Refuse what every instrument refuses, and a zero-cost collar whose call cannot pay; warn of a narrow one."""
        super().check(portfolio, market, calendar)
        if self.cap is None:
            self._warn_of_narrow(self.cap_at(terms_of(self, market)))

    def describe(self) -> str:
        """Return floor, cap, tenor and cover in words."""
        cap = "a cap at no cost" if self.cap is None else f"a cap of {percent(self.cap)}"
        return f"{self.label} with a floor of {percent(self.floor)} and {cap} {self._cover()}"

    def assumptions(self, market: Market) -> list[str]:
        """Return what is assumed of it as sentences; of a zero-cost collar the cap, too."""
        lines = super().assumptions(market)
        if self.cap is None:
            lines.append(f"The cap of the {self.label} is {percent(self.cap_at(terms_of(self, market)))} of the price.")
        return lines

    def _put(self, terms: Terms) -> Leg:
        return Leg("put", 1.0, self.floor, self.pricing.implied(self.floor, terms))

    def _call(self, strike: float, terms: Terms) -> Leg:
        return Leg("call", -1.0, strike, self.pricing.implied(strike, terms))

    def _warn_of_narrow(self, cap: float) -> None:
        width = cap - self.floor
        if width < _NARROWEST - 1e-9:
            warnings.warn(
                f"Collar on {self.on!r}: cap - floor should be at least {_NARROWEST:g}, got {width:.3g} (floor "
                f"{self.floor:g}, cap {cap:.4g}); a narrower collar may count as a sale of what it covers, whose tax "
                "is not modelled",
                RiskkitWarning,
                stacklevel=user_stacklevel(),
            )


def _bisected(function: Callable[[float], float], low: float, high: float) -> float:
    """Return a root between two numbers, at the first of which the function is above 0 and at the second not."""
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if function(middle) > 0.0 else (low, middle)
    return high
