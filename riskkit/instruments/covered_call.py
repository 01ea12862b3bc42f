"""CoveredCall: a call sold against units that are held, for its premium."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar, Literal

from riskkit._core.format import percent
from riskkit._core.frozen import set_fields
from riskkit.instruments.base import Instrument, Leg
from riskkit.instruments.option_pricing import OptionPricing, Terms, multiple_of_price

__all__ = ["CoveredCall"]


class CoveredCall(Instrument):
    """A call sold on covered units, which are pledged until expiry; the premium is received at once.

    Parameters
    ----------
    on : str
        The listed holding that it is on.
    strike : float
        In multiples of the price at each opening, 0 < strike <= 5: 1.2 is 20 % above it.
    years : float
        Tenor, a whole number of months.
    share : float
        Share of the units of `on` that it covers at each opening, 0 < share <= 1.
    roll : bool
        Whether it is opened again at each expiry, the strike anew.
    settlement : {"units", "cash"}
        What pays for the pay-off after cash-like holdings: the units that the expiry frees, or all that can be sold.
    pricing : OptionPricing
        Implied volatility, rate and spread.

    Raises
    ------
    InvalidInput
        If a field is outside its bounds; and, in a `Scenario`, as `Instrument` says.

    Examples
    --------
    The price of Black and Scholes at 20 %, with a rate of 5 % compounded continuously, is 10.4506:

    >>> import math
    >>> call = CoveredCall("TSLA", 1.0, pricing=OptionPricing(0.2, rate=math.exp(0.05) - 1.0))
    >>> terms = Terms(rate=call.pricing.rate, dividend_yield=0.0, volatility=0.2, years=1.0)
    >>> round(100.0 * call.premium(terms), 4)
    -10.4506
    """

    strike: float
    roll: bool = field(default=True, kw_only=True)
    settlement: Literal["units", "cash"] = field(default="units", kw_only=True)
    pricing: OptionPricing = field(default=OptionPricing(), kw_only=True)
    pledges: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, strike=multiple_of_price(f"CoveredCall on {self.on!r}: strike", self.strike))

    def legs(self, terms: Terms) -> tuple[Leg, ...]:
        """Return the call, owed."""
        return (Leg("call", -1.0, self.strike, self.pricing.implied(self.strike, terms)),)

    def describe(self) -> str:
        """Return strike, tenor and cover in words."""
        return f"{self.label} at {percent(self.strike)} of the price {self._cover()}"
