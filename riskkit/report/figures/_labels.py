"""Texts in figures: names that show as they are, numbers in their units, and what a figure takes for granted."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from riskkit._core.format import percent
from riskkit._core.terminal_text import printable
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import METRICS
from riskkit.market import EventSource, Shock

__all__ = [
    "UNITS",
    "assumed",
    "named_unit",
    "plain",
    "quoted",
    "shock_sentences",
    "shortened",
    "taken_for_granted",
    "told",
    "wrapped",
]

#: Unit → how it stands on an axis.
UNITS: Mapping[str, str] = MappingProxyType(
    {"share": "%", "times": "times the start", "years": "years", "a year": "a year"}
)

_PARTS_TOLD = 4


def plain(name: str) -> str:
    """A name on one line, with what cannot be printed replaced.

    Examples
    --------
    >>> plain("two\\nlines\\x00")
    'two lines�'
    """
    return printable(" ".join(name.split()), mark="�")


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


def wrapped(name: str) -> str:
    """A name on two lines, rarely three, beside its row.

    Examples
    --------
    >>> wrapped("sell everything over five years")
    'sell everything over five\\nyears'
    """
    return "\n".join(textwrap.wrap(shortened(name, 40), 26)) or name


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


def taken_for_granted(result: Comparison) -> list[str]:
    """Each shock that a result assumes, and the views of a tilted one, in a few words.

    Examples
    --------
    >>> import riskkit as rk
    >>> taken_for_granted(rk.compare(rk.scenarios.baron(), paths=100))
    ['founder exit −50 % (2 % a year, once)', 'crash −40 % to −20 % (10 % a year)']
    """
    scenario = result.scenario
    shocks = [_in_words(shock, float(scenario.years)) for shock in scenario.market.shocks]
    return shocks + ([f"views: {result.notes['tilted']}"] if "tilted" in result.notes else [])


def _in_words(shock: EventSource, years: float) -> str:
    if not isinstance(shock, Shock):
        return plain(shock.describe().removesuffix(" (assumption)"))
    changes = [impact.expected for impact in shock.impacts.values()]
    ends = dict.fromkeys(percent(end, signed=True) for end in (min(changes), max(changes)))
    if isinstance(shock.rate, float):
        often = f"{percent(shock.rate)} a year"
    else:
        often = f"{shock.hazard.cumulative(np.array([years]))[0]:.3g} expected in {years:g} years"
    change = " to ".join(ends).replace("-", "−")
    return f"{plain(shock.name)} {change} ({often}{', once' if shock.once else ''})"


def shock_sentences(frame: pd.DataFrame) -> list[str]:
    """The sentences on assumed shocks that a table carries, without what they add in brackets.

    Examples
    --------
    >>> table = pd.DataFrame()
    >>> table.attrs["assumptions"] = ["Volatility a year: 57 %.", "failure: 1 % a year; xAI -90 % (assumption)."]
    >>> shock_sentences(table)
    ['failure: 1 % a year; xAI −90 %']
    """
    told = [line for line in frame.attrs.get("assumptions", []) if line.endswith("(assumption).")]
    return [re.sub(r" \([^)]*\)", "", line).rstrip(".").replace("-", "−") for line in told]


def assumed(parts: Iterable[str], width: int) -> str:
    """A note of what is assumed, wrapped; empty where that is nothing."""
    parts = [shortened(part, 2 * width) for part in parts]
    if not parts:
        return ""
    if len(parts) > _PARTS_TOLD:
        parts[_PARTS_TOLD - 1 :] = [f"and {len(parts) - _PARTS_TOLD + 1} more"]
    return textwrap.fill(f"assumes: {'; '.join(parts)}", width)
