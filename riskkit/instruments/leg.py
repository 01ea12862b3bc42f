"""Leg: a call, a put, a forward or cash, of which instruments are made."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.frozen import set_fields
from riskkit._core.validation import number, one_of
from riskkit.instruments.black_scholes import option_delta, option_value
from riskkit.instruments.option_pricing import LEAST_VOLATILITY, Terms

__all__ = ["Leg"]


@dataclass(frozen=True)
class Leg:
    """One simple claim of an instrument on a covered unit, in units of the price at the opening.

    With x the price now, without accrued dividend, over that at the opening, the claim at expiry is max(x - strike, 0)
    for a call, max(strike - x, 0) for a put, x - strike for a forward and 1 for cash.

    Parameters
    ----------
    kind : {"call", "put", "forward", "cash"}
    quantity : float
        Claims a covered unit; below 0 they are owed.
    strike : float
        In units of the price at the opening; above 0 for calls and puts.
    volatility : float
        Implied volatility a year of calls and puts, >= 0, fixed at the opening.

    Raises
    ------
    InvalidInput
        If the kind is another one or a number is outside its bounds.

    Examples
    --------
    >>> terms = Terms(rate=0.04, dividend_yield=0.0, volatility=0.3, years=1.0)
    >>> Leg("put", 1.0, strike=0.9, volatility=0.3).value(0.8, 0.0, terms).round(12).tolist()
    0.1
    """

    kind: Literal["call", "put", "forward", "cash"]
    quantity: float
    strike: float = 0.0
    volatility: float = 0.0

    def __post_init__(self) -> None:
        one_of("Leg: kind", self.kind, ("call", "put", "forward", "cash"))
        least = {"above": 0.0} if self.is_option else {"at_least": 0.0}
        set_fields(
            self,
            quantity=number(f"Leg of kind {self.kind!r}: quantity", self.quantity),
            strike=number(f"Leg of kind {self.kind!r}: strike", self.strike, **least),
            volatility=number(f"Leg of kind {self.kind!r}: volatility", self.volatility, at_least=0.0),
        )

    @property
    def is_option(self) -> bool:
        """Whether it is a call or a put."""
        return self.kind in ("call", "put")

    def value(self, price: ArrayLike, years: ArrayLike, terms: Terms) -> Array:
        """Return its value for a covered unit.

        Parameters
        ----------
        price : array
            Price now, without accrued dividend, over that at the opening.
        years : array
            Time to expiry, >= 0; at 0 the value is the pay-off.
        terms : Terms
            For the rate and the dividend yield.

        Returns
        -------
        ndarray
            In units of the price at the opening, of the shape of `price` and `years`.
        """
        if self.kind in ("call", "put"):
            return self.quantity * option_value(self.kind, price, **self._arguments(years, terms))
        time = np.asarray(years, dtype=np.float64)
        paid = np.exp(-math.log1p(terms.rate) * time)
        if self.kind == "cash":
            return self.quantity * np.broadcast_to(paid, np.broadcast_shapes(np.shape(price), time.shape))
        unit = np.asarray(price, dtype=np.float64) * np.exp(-math.log1p(terms.dividend_yield) * time)
        return np.asarray(self.quantity * (unit - self.strike * paid))

    def delta(self, price: ArrayLike, years: ArrayLike, terms: Terms) -> Array:
        """Return the derivative of `value` by the price: covered units to which the leg amounts; parameters as there.

        Examples
        --------
        >>> terms = Terms(rate=0.0, dividend_yield=0.0, volatility=0.2, years=1.0)
        >>> Leg("call", -1.0, strike=1.0, volatility=0.2).delta(1.0, 1.0, terms).round(4).tolist()
        -0.5398
        """
        if self.kind in ("call", "put"):
            return self.quantity * option_delta(self.kind, price, **self._arguments(years, terms))
        time = np.asarray(years, dtype=np.float64)
        unit = np.exp(-math.log1p(terms.dividend_yield) * time) if self.kind == "forward" else np.zeros_like(time)
        return self.quantity * np.broadcast_to(unit, np.broadcast_shapes(np.shape(price), time.shape))

    def worsened(self, points: float) -> Leg:
        """Return the leg at a volatility that is worse for the book: higher if bought, lower if owed, at least 1 %.

        Forwards and cash have none and stay as they are.

        Examples
        --------
        >>> Leg("call", -1.0, strike=1.2, volatility=0.3).worsened(0.01).volatility
        0.29
        """
        if not self.is_option:
            return self
        volatility = self.volatility + math.copysign(points, self.quantity)
        return replace(self, volatility=max(volatility, LEAST_VOLATILITY))

    def _arguments(self, years: ArrayLike, terms: Terms) -> dict[str, Any]:
        return {
            "strike": self.strike,
            "years": years,
            "rate": terms.rate,
            "dividend_yield": terms.dividend_yield,
            "volatility": self.volatility,
        }
