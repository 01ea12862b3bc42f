"""How numbers and the names they belong to are put into words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["grouped", "percent"]

_GROUPS_SHOWN = 8


def percent(value: float, *, signed: bool = False) -> str:
    """Return a fraction in words: three significant digits, and its sign if asked.

    Examples
    --------
    >>> percent(0.57), percent(-0.5, signed=True), percent(0.1746)
    ('57 %', '-50 %', '17.5 %')
    """
    # More than three digits before the point are kept: 1230 %, never 1.23e+03 %.
    scaled = 100.0 * value + 0.0
    shown = f"{scaled:.0f}" if abs(scaled) >= 1000.0 else f"{scaled:.3g}"
    return f"{'+' if signed and value > 0.0 else ''}{shown} %"


def grouped(values: Mapping[str, float], *, alone: bool = True) -> str:
    """Return fractions by name in words, equal ones told together; many different ones as a range.

    Names are left out where all fractions are equal, if `alone`: nothing else is told of.

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
    if len(groups) <= _GROUPS_SHOWN:
        return ", ".join(f"{shown} ({', '.join(names)})" for shown, names in groups.items())
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    middle = percent(float(np.median(list(values.values()))))
    return f"from {percent(values[low])} ({low}) to {percent(values[high])} ({high}), median {middle}"
