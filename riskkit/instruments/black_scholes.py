"""The closed form of Black, Scholes and Merton: value and delta of a European call or put, in NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array

__all__ = ["option_delta", "option_value"]


def option_value(
    kind: str,
    price: ArrayLike,
    *,
    strike: float,
    years: ArrayLike,
    rate: float,
    dividend_yield: float,
    volatility: float,
) -> Array:
    """Return the value of a European call or put.

    Parameters
    ----------
    kind : {"call", "put"}
    price : array
        Price of the underlying without accrued dividend, >= 0.
    strike : float
        In the unit of the price, > 0.
    years : array
        Time to expiry, >= 0; at 0 the value is the pay-off. It broadcasts with `price`.
    rate, dividend_yield : float
        A year, effective: money grows by ``(1 + rate)**years``.
    volatility : float
        A year, >= 0; at 0 the value is the discounted pay-off at the forward price.

    Returns
    -------
    ndarray
        In the unit of the price, of the shape of `price` and `years`; >= 0.

    Notes
    -----
    Equation (13) of Black and Scholes ("The pricing of options and corporate liabilities", *Journal of Political
    Economy* 81 (1973) 637-654) with the dividend yield of Merton ("Theory of rational option pricing", *Bell Journal of
    Economics and Management Science* 4 (1973) 141-183, section 7): with r = ln(1 + rate), y = ln(1 + dividend_yield),
    d₁ = (ln(S/K) + (r - y + σ²/2) τ) / (σ √τ) and d₂ = d₁ - σ √τ, the call is S e^{-yτ} N(d₁) - K e^{-rτ} N(d₂).

    Examples
    --------
    >>> terms = dict(strike=100.0, years=1.0, rate=math.exp(0.05) - 1.0, dividend_yield=0.0, volatility=0.2)
    >>> round(float(option_value("call", 100.0, **terms)), 4), round(float(option_value("put", 100.0, **terms)), 4)
    (10.4506, 5.5735)
    """
    from scipy.special import ndtr

    forward, paid, deviation, score = _parts(price, strike, years, rate, dividend_yield, volatility)
    sign = 1.0 if kind == "call" else -1.0
    random = sign * (forward * ndtr(sign * score) - paid * ndtr(sign * (score - deviation)))
    certain = np.maximum(sign * (forward - paid), 0.0)
    return np.where(deviation > 0.0, np.maximum(random, 0.0), certain)


def option_delta(
    kind: str,
    price: ArrayLike,
    *,
    strike: float,
    years: ArrayLike,
    rate: float,
    dividend_yield: float,
    volatility: float,
) -> Array:
    """Return the derivative of `option_value` by the price; parameters as there.

    Returns
    -------
    ndarray
        From 0 to 1 for a call, from -1 to 0 for a put. Where the value has a kink it is that of the side on which the
        option is worthless.

    Examples
    --------
    >>> terms = dict(strike=1.0, years=1.0, rate=0.0, dividend_yield=0.0, volatility=0.2)
    >>> round(float(option_delta("call", 1.0, **terms)), 4), round(float(option_delta("put", 1.0, **terms)), 4)
    (0.5398, -0.4602)
    """
    from scipy.special import ndtr

    forward, paid, deviation, score = _parts(price, strike, years, rate, dividend_yield, volatility)
    sign = 1.0 if kind == "call" else -1.0
    in_the_money = np.where(deviation > 0.0, ndtr(sign * score), sign * (forward - paid) > 0.0)
    return np.asarray(sign * np.exp(-math.log1p(dividend_yield) * np.asarray(years)) * in_the_money)


def _parts(
    price: ArrayLike, strike: float, years: ArrayLike, rate: float, dividend_yield: float, volatility: float
) -> tuple[Array, Array, Array, Array]:
    """S e^{-yτ}, K e^{-rτ}, σ√τ and d₁."""
    time: Any = np.asarray(years, dtype=np.float64)
    forward = np.asarray(price, dtype=np.float64) * np.exp(-math.log1p(dividend_yield) * time)
    paid = strike * np.exp(-math.log1p(rate) * time)
    deviation = volatility * np.sqrt(time)
    # A price of 0 has the score -inf; without deviation the score is not used.
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.log(forward / paid) / deviation + 0.5 * deviation
    return forward, paid, deviation, score
