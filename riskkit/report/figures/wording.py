"""Texts in figures: names that show as they are, numbers in their units, and what a figure takes for granted."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np

from riskkit.comparison.metrics import METRICS
from riskkit.market import Shock
from riskkit.market.wording import percent
from riskkit.scenario import Scenario

__all__ = ["ASSUMPTION", "UNITS", "assumed", "assumed_shocks", "named_unit", "plain", "quoted", "shortened", "told", "wrapped"]

#: Unit → how it stands on an axis.
UNITS: Mapping[str, str] = MappingProxyType(
    {"share": "%", "times": "times the start", "years": "years", "a year": "a year"}
)

#: How a sentence on an assumed shock ends.
ASSUMPTION = "(assumption)"

_PARTS_TOLD = 4


def plain(name: str) -> str:
    """A name on one line, with what cannot be printed replaced.

    Examples
    --------
    >>> plain("two\\nlines\\x00")
    'two lines�'
    """
    return "".join(sign if sign.isprintable() else "�" for sign in " ".join(name.split()))


def shortened(name: str, most: int = 32) -> str:
    """A name of at most so many signs, cut in the middle, as long names often differ at their ends.

    Examples
    --------
    >>> shortened("sell everything over five years", 15)
    'sell ev…e years'
    """
    name = plain(name)
    if len(name) <= most:
        return name
    end = most // 2
    return f"{name[: most - end - 1]}…{name[-end:]}"


def quoted(name: str) -> str:
    """A name in quotation marks, cut to what a label bears."""
    return f"'{shortened(name)}'"


def wrapped(name: str, width: int = 20) -> str:
    """A name on about two lines."""
    return "\n".join(textwrap.wrap(shortened(name, 2 * width - 2), width)) or name


def told(value: float, unit: str, digits: str = ".6g", sign: str = "") -> str:
    """A number in its unit, a share in percent, without the unit's name; with its sign if `sign` is "+".

    Examples
    --------
    >>> told(0.57, "share"), told(-2.0, "times"), told(-1e-9, "share", ".1f")
    ('57', '−2', '0.0')
    """
    return f"{100.0 * value if unit == 'share' else value:{sign}z{digits}}".replace("-", "−")


def named_unit(metric: str) -> str:
    """What a metric is, with its unit."""
    return f"{METRICS[metric].description} ({UNITS[METRICS[metric].unit]})"


def assumed_shocks(scenario: Scenario) -> list[str]:
    """Each shock that a scenario assumes, in a few words.

    Examples
    --------
    >>> from riskkit.scenarios import baron
    >>> assumed_shocks(baron())
    ['founder exit −50 % (2 % a year, once)', 'crash −40 % to −20 % (10 % a year)']
    """
    return [_in_words(shock, float(scenario.years)) for shock in scenario.market.shocks]


def _in_words(shock: Shock, years: float) -> str:
    changes = [impact.expected for impact in shock.impacts.values()]
    ends = dict.fromkeys(percent(end, signed=True) for end in (min(changes), max(changes)))
    if isinstance(shock.rate, float):
        often = f"{percent(shock.rate)} a year"
    else:
        often = f"{shock.hazard.cumulative(np.array([years]))[0]:.3g} expected in {years:g} years"
    change = " to ".join(ends).replace("-", "−")
    return f"{plain(shock.name)} {change} ({often}{', once' if shock.once else ''})"


def assumed(parts: Iterable[str], width: int) -> str:
    """A note of what is assumed, wrapped; empty where that is nothing."""
    parts = [shortened(part, 2 * width) for part in parts]
    if not parts:
        return ""
    if len(parts) > _PARTS_TOLD:
        parts[_PARTS_TOLD - 1 :] = [f"and {len(parts) - _PARTS_TOLD + 1} more"]
    return textwrap.fill(f"assumes: {'; '.join(parts)}", width)
