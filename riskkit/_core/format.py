"""Number formats: percentages, decimals of values with errors, and fractions grouped by name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

__all__ = ["common_decimals", "grouped", "in_years", "percent", "value_with_error"]

_MOST_GROUPS = 8

#: The most decimals of a value with its standard error, and the number without a positive error.
_MOST_DECIMALS, _DECIMALS_WITHOUT_ERROR = 3, 2


def percent(value: float, *, digits: int = 3, decimals: int | None = None, signed: bool = False) -> str:
    """Format a fraction as a percentage.

    Parameters
    ----------
    value : float
        The fraction.
    digits : int
        Significant digits. A value of less than 99.995 % never becomes 100 %.
    decimals : int, optional
        A fixed number of decimals, for columns, in place of significant digits.
    signed : bool
        Whether a positive value has a plus sign.

    Examples
    --------
    >>> percent(0.57), percent(-0.5, signed=True), percent(0.1746), percent(0.9996)
    ('57 %', '-50 %', '17.5 %', '99.96 %')
    >>> percent(0.1746, digits=10), percent(0.57, decimals=1)
    ('17.46 %', '57.0 %')
    """
    scaled = 100.0 * value + 0.0
    if decimals is not None:
        text = f"{scaled:z.{decimals}f}"
    elif abs(scaled) >= 10.0**digits:
        text = f"{scaled:.0f}"  # 1230 %, never 1.23e+03 %
    else:
        text = f"{scaled:.{digits}g}"
        if text in ("100", "-100") and abs(scaled) < 99.995:
            text = f"{scaled:.2f}"
    return f"{'+' if signed and value > 0.0 else ''}{text} %"


def common_decimals(errors: Iterable[float]) -> int:
    """Number of decimals of all values and standard errors of a column.

    The largest error has two digits and the smallest positive one at least one, with three decimals at most; without
    a positive error there are two.

    Examples
    --------
    >>> common_decimals([0.18, 0.081]), common_decimals([0.18, 0.0044]), common_decimals([12.0]), common_decimals([])
    (2, 3, 0, 2)
    """
    orders = [math.floor(math.log10(error)) for error in errors if 0.0 < error < math.inf]
    if not orders:
        return _DECIMALS_WITHOUT_ERROR
    return min(max(1 - max(orders), -min(orders), 0), _MOST_DECIMALS)


def value_with_error(value: float, error: float) -> str:
    """Format a value and its standard error, both cut to two digits of the error.

    Examples
    --------
    >>> value_with_error(0.36402, 0.00338), value_with_error(0.36402, 0.0), value_with_error(0.36402, math.nan)
    ('0.3640 ± 0.0034', '0.36402 ± 0', '0.36402 ± nan')
    """
    if not 0.0 < error < math.inf:
        return f"{value:.6g} ± {error:g}"
    decimals = max(1 - math.floor(math.log10(error)), 0)
    return f"{value:z.{decimals}f} ± {error:.{decimals}f}"


def grouped(values: Mapping[str, float], *, alone: bool = True) -> str:
    """Format fractions by name: names of equal ones together, many different ones as a range.

    Where all fractions are equal, the names are left out if `alone`, for a sentence about nothing else.

    Examples
    --------
    >>> grouped({"TSLA": 0.08, "SpaceX": 0.08, "Rest": 0.05})
    '8 % (TSLA, SpaceX), 5 % (Rest)'
    >>> grouped({"TSLA": 0.08, "Rest": 0.08})
    '8 %'
    """
    groups: dict[str, list[str]] = {}
    for name, value in values.items():
        groups.setdefault(percent(value), []).append(name)
    if alone and len(groups) == 1:
        return next(iter(groups))
    if len(groups) <= _MOST_GROUPS:
        return ", ".join(f"{formatted} ({', '.join(names)})" for formatted, names in groups.items())
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    middle = percent(float(np.median(list(values.values()))))
    return f"from {percent(values[low])} ({low}) to {percent(values[high])} ({high}), median {middle}"


def in_years(months: int) -> str:
    """Return a number of months in words, in years where it is whole ones.

    Examples
    --------
    >>> in_years(1), in_years(24)
    ('1 month', '2 years')
    """
    count, unit = (months // 12, "year") if months % 12 == 0 else (months, "month")
    return f"{count} {unit}{'' if count == 1 else 's'}"
