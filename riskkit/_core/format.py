"""Number formats: percentages, and fractions grouped by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["grouped", "percent"]

_MOST_GROUPS = 8


def percent(value: float, *, signed: bool = False) -> str:
    """Format a fraction as a percentage: three significant digits, with a plus sign if `signed`.

    Examples
    --------
    >>> percent(0.57), percent(-0.5, signed=True), percent(0.1746)
    ('57 %', '-50 %', '17.5 %')
    """
    # More than three digits before the point stay: 1230 %, never 1.23e+03 %.
    scaled = 100.0 * value + 0.0
    digits = f"{scaled:.0f}" if abs(scaled) >= 1000.0 else f"{scaled:.3g}"
    return f"{'+' if signed and value > 0.0 else ''}{digits} %"


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
