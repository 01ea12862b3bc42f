"""Put: a bought put, which pays what the price falls below its strike."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from riskkit._core.format import percent
from riskkit._core.frozen import set_fields
from riskkit.instruments.base import Instrument, Leg
from riskkit.instruments.option_pricing import OptionPricing, Terms, multiple_of_price

__all__ = ["Put"]


class Put(Instrument):
    """A bought put on covered units; it pledges nothing and lives to expiry if the units are sold.

    Parameters
    ----------
    on : str
        The listed holding that it is on.
    strike : float
        In multiples of the price at each opening, 0 < strike <= 5: 0.9 is 10 % below it.
    years : float
        Tenor, a whole number of months.
    share : float
        Share of the units of `on` that it covers at each opening, 0 < share <= 1.
    roll : bool
        Whether it is opened again at each expiry, the strike anew.
    settlement : {"units", "cash"}
        What pays for a settlement after cash-like holdings; a put never pays at one.
    pricing : OptionPricing
        Implied volatility, rate and spread.

    Raises
    ------
    InvalidInput
        If a field is outside its bounds; and, in a `Scenario`, as `Instrument` says.

    Examples
    --------
    The row of a put of strike 90 in Black and Scholes at 30 % and a rate of 4 % compounded continuously, 5.620188:

    >>> import math
    >>> put = Put("TSLA", 0.9, pricing=OptionPricing(0.3, rate=math.exp(0.04) - 1.0))
    >>> terms = Terms(rate=put.pricing.rate, dividend_yield=0.0, volatility=0.3, years=1.0)
    >>> round(100.0 * put.premium(terms), 6)
    5.620188
    """

    strike: float
    roll: bool = field(default=True, kw_only=True)
    settlement: Literal["units", "cash"] = field(default="cash", kw_only=True)
    pricing: OptionPricing = field(default=OptionPricing(), kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, strike=multiple_of_price(f"Put on {self.on!r}: strike", self.strike))

    def legs(self, terms: Terms) -> tuple[Leg, ...]:
        """Return the put."""
        return (Leg("put", 1.0, self.strike, self.pricing.implied(self.strike, terms)),)

    def describe(self) -> str:
        """Return strike, tenor and cover in words."""
        return f"{self.label} at {percent(self.strike)} of the price {self._cover()}"
