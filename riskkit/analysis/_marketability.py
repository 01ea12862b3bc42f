"""Discounts for a stock that cannot be sold for some years: Longstaff's upper bound and Finnerty's average strike."""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["finnerty_discount", "longstaff_bound"]

_N = NormalDist().cdf

#: Below this variance the closed form of Finnerty's loses digits, above the other it has reached its limit.
_SMALL, _LARGE = 1e-4, 50.0


def longstaff_bound(volatility: float, years: float) -> float:
    """Return Longstaff's upper bound on the discount for a stock that cannot be sold for some years.

    Parameters
    ----------
    volatility : float
        A year, >= 0.
    years : float
        Length of the restriction, >= 0.

    Returns
    -------
    float
        A fraction of the market value, >= 0. It is what the right to sell would be worth to a holder who sells at the
        highest price and puts the proceeds in cash: perfect timing, which nobody has. It may exceed 1.

    Notes
    -----
    With s² = σ²T: (2 + s²/2) N(s/2) + s/√(2π) exp(-s²/8) - 1 (Longstaff, "How much can marketability affect security
    values?", *Journal of Finance* 50 (1995) 1767-1774).

    Examples
    --------
    >>> [round(100.0 * longstaff_bound(0.3, years), 3) for years in (1, 2, 5)]
    [26.276, 38.605, 65.772]
    """
    variance = volatility * volatility * years
    sd = math.sqrt(variance)
    peak = sd / math.sqrt(2.0 * math.pi) * math.exp(-variance / 8.0)
    return (2.0 + 0.5 * variance) * _N(0.5 * sd) + peak - 1.0


def finnerty_discount(volatility: float, years: float) -> float:
    """Return Finnerty's discount for a stock that cannot be sold for some years.

    Parameters
    ----------
    volatility : float
        A year, >= 0.
    years : float
        Length of the restriction, >= 0.

    Returns
    -------
    float
        A fraction of the market value, from 0 to 0.3228. It is what a holder loses who would have sold at the average
        price: no timing ability.

    Notes
    -----
    With s² = σ²T and no dividends: 2 N(v/2) - 1, v² = s² + ln(2(exp(s²) - s² - 1)) - 2 ln(exp(s²) - 1), the
    average-strike put of Finnerty, "An average-strike put option model of the marketability discount", *Journal of
    Derivatives* 19 (2012) 53-69. v² is the variance of the log of the average over the final price if both are
    lognormal: s²/3 for small s, ln 2 for large ones.

    Examples
    --------
    >>> [round(finnerty_discount(0.3, years), 4) for years in (1, 2, 5)]
    [0.0685, 0.096, 0.1478]
    """
    variance = volatility * volatility * years
    if variance < _SMALL:
        ratio = variance / 3.0 - variance**2 / 18.0
    elif variance > _LARGE:
        ratio = math.log(2.0)
    else:
        grown = math.expm1(variance)
        ratio = variance + math.log(2.0 * (grown - variance)) - 2.0 * math.log(grown)
    return 2.0 * _N(0.5 * math.sqrt(ratio)) - 1.0
