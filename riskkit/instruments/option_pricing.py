"""What options cost: the implied volatility by strike, the interest rate and the spread."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import INTEREST, VOLATILITY, fraction, plausible
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number

__all__ = ["LEAST_VOLATILITY", "PREMIUM", "OptionPricing", "Terms", "multiple_of_price"]

#: The smallest implied volatility that an option is quoted at.
LEAST_VOLATILITY = 0.01

#: Points of volatility by which quotes exceed the volatility that follows: about those of the ten largest stocks.
PREMIUM = 0.04

#: Above it a strike was typed as a percentage or as a price.
_HIGHEST_STRIKE = 5.0


@dataclass(frozen=True)
class Terms:
    """What the legs of an instrument depend on besides its own fields.

    Parameters
    ----------
    rate : float
        Interest a year, effective: money grows by ``(1 + rate)**years``.
    dividend_yield : float
        Dividends of the underlying a year, effective.
    volatility : float
        The model's own volatility of the underlying a year, shocks included.
    years : float
        Tenor at the opening.

    Examples
    --------
    >>> Terms(0.04, 0.0, 0.57, 1.0).forward
    1.04
    """

    rate: float
    dividend_yield: float
    volatility: float
    years: float

    @property
    def forward(self) -> float:
        """Forward price for the expiry, in units of the price at the opening."""
        return math.exp((math.log1p(self.rate) - math.log1p(self.dividend_yield)) * self.years)


@dataclass(frozen=True)
class OptionPricing:
    """How the options of an instrument are priced: Black-Scholes-Merton at an implied volatility by strike.

    Parameters
    ----------
    volatility : float, optional
        Implied volatility a year at the money, from 0.01 to 10. None: the model's own, shocks included, plus 0.04,
        about the premium of the ten largest stocks; it is stated among the assumptions.
    slope : float
        Change of the implied volatility by ln(strike / forward) / √tenor; below 0 where low strikes cost more.
    rate : float
        Interest a year, -1 < rate <= 1.
    spread : float
        Difference between the implied volatilities at which options are sold and bought, >= 0. Half of it is paid at
        each opening on every option.

    Raises
    ------
    InvalidInput
        If a number is outside its bounds.

    Warns
    -----
    RiskkitWarning
        If a volatility is above 5 or a rate above 0.5: most likely a percentage was meant.

    Notes
    -----
    The implied volatility of a strike is fixed at the opening, for the tenor then, and stays until expiry. It is at
    least 1 %.

    Examples
    --------
    >>> pricing = OptionPricing(0.3, slope=-0.1)
    >>> round(pricing.implied(0.9, Terms(rate=0.0, dividend_yield=0.0, volatility=0.25, years=1.0)), 4)
    0.3105
    """

    volatility: float | None = None
    slope: float = field(default=0.0, kw_only=True)
    rate: float = field(default=0.04, kw_only=True)
    spread: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        if self.volatility is not None:
            what = "OptionPricing: volatility"
            volatility = fraction(what, self.volatility, at_least=LEAST_VOLATILITY)
            set_fields(self, volatility=plausible(what, volatility, VOLATILITY))
        rate = plausible("OptionPricing: rate", fraction("OptionPricing: rate", self.rate, above=-1.0), INTEREST)
        spread = fraction("OptionPricing: spread", self.spread, at_least=0.0, at_most=1.0)
        slope = number("OptionPricing: slope", self.slope)
        if abs(slope) > 1.0:
            raise InvalidInput(
                f"OptionPricing: slope must be from -1 to 1, got {slope:g}: the implied volatility would change by "
                f"{percent(abs(slope))} from the forward to a strike 2.7 times as high in a year"
            )
        set_fields(self, rate=rate, spread=spread, slope=slope)

    def at_the_money(self, terms: Terms) -> float:
        """Return the implied volatility of a strike at the forward price, spread left out."""
        return terms.volatility + PREMIUM if self.volatility is None else self.volatility

    def implied(self, strike: float, terms: Terms) -> float:
        """Return the implied volatility of a strike in units of the price at the opening, spread left out."""
        distance = math.log(strike / terms.forward) / math.sqrt(terms.years)
        return max(self.at_the_money(terms) + self.slope * distance, LEAST_VOLATILITY)

    def describe(self, terms: Terms) -> str:
        """Return how options are priced, in words, without a full stop."""
        volatility = percent(self.at_the_money(terms))
        if self.volatility is None:
            volatility += f" (the model's own {percent(terms.volatility)} and {100.0 * PREMIUM:g} points; assumption)"
        text = f"Black-Scholes-Merton at an implied volatility of {volatility}"
        if self.slope:
            change = f"{100.0 * self.slope:+.3g}"
            text += f" at the money, {change} points by ln(strike / forward) / √years,"
        text += f" and interest of {percent(self.rate)} a year"
        return f"{text}; the spread is {100.0 * self.spread:.3g} points" if self.spread else text


def multiple_of_price(what: str, value: Any) -> float:
    """Return a strike, floor or cap in multiples of the price at the opening, above 0 and at most 5.

    Examples
    --------
    >>> multiple_of_price("Put: strike", 90)
    Traceback (most recent call last):
    riskkit._core.errors.InvalidInput: Put: strike must be at most 5 times the price at the opening, got 90.0: 1.2 is \
120 %, write 0.9 for 90 %
    """
    result = number(what, value, above=0.0)
    if result > _HIGHEST_STRIKE:
        raise InvalidInput(
            f"{what} must be at most {_HIGHEST_STRIKE:g} times the price at the opening, got {result!r}: 1.2 is 120 %, "
            f"write {result / 100.0:g} for {result:g} %"
        )
    return result
