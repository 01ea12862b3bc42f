"""Labels of figures: names, numbers in their units, and notes of the assumptions."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from riskkit._core.format import percent
from riskkit._core.terminal_text import printable
from riskkit._core.validation import boolean
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import METRICS
from riskkit.market import EventSource, Shock

__all__ = [
    "UNITS",
    "assumption_note",
    "assumption_notes",
    "formatted",
    "is_after_tax",
    "metric_description",
    "metric_label",
    "one_line",
    "quoted",
    "shock_sentences",
    "shortened",
    "tax_label",
    "wrapped",
]

#: Unit → its text on an axis.
UNITS: Mapping[str, str] = MappingProxyType(
    {"share": "%", "times": "times the start", "years": "years", "a year": "a year", "ratio": "ratio"}
)

#: Columns of wealth over time, which is before the tax of selling.
BEFORE_TAX = frozenset(
    {
        "average_drawdown",
        "catastrophe",
        "longest_under_water",
        "max_drawdown",
        "still_under_water",
        "ulcer",
        "under_water",
    }
)

#: Assumptions in a note before the rest are counted.
MOST_NOTES = 4


def one_line(name: str) -> str:
    """A name on one line, with unprintable characters replaced.

    Examples
    --------
    >>> one_line("two\\nlines\\x00")
    'two lines�'
    """
    return printable(" ".join(name.split()), mark="�")


def shortened(name: str, most: int = 32) -> str:
    """A name of at most `most` characters, cut in the middle because long names often differ at their ends.

    Examples
    --------
    >>> shortened("sell everything over five years", 15)
    'sell ev…e years'
    """
    name = one_line(name)
    if len(name) <= most:
        return name
    end = most // 2
    return f"{name[: most - end - 1]}…{name[-end:]}"


def quoted(name: str) -> str:
    """A name in quotation marks, shortened to fit a label."""
    return f"'{shortened(name)}'"


def wrapped(name: str) -> str:
    """A name wrapped onto two or three lines, as the label of a row.

    Examples
    --------
    >>> wrapped("sell everything over five years")
    'sell everything over five\\nyears'
    """
    return "\n".join(textwrap.wrap(shortened(name, 40), 26)) or name


def formatted(value: float, unit: str, digits: str = ".6g", sign: str = "") -> str:
    """A number in its unit without the unit's name; a share is in percent. ``sign="+"`` prints a plus sign too.

    Examples
    --------
    >>> formatted(0.57, "share"), formatted(-2.0, "times"), formatted(-1e-9, "share", ".1f")
    ('57', '−2', '0.0')
    """
    return f"{100.0 * value if unit == 'share' else value:{sign}z{digits}}".replace("-", "−")


def is_after_tax(result: Comparison, after_tax: bool | None) -> bool:
    """Whether wealth is after the tax of selling everything; by default if final wealth is."""
    tax = result.scenario.frictions.tax
    return tax is not None and tax.taxed_at_end if after_tax is None else boolean("after_tax", after_tax)


def tax_label(result: Comparison, after_tax: bool) -> str:
    """What a label says about the tax of selling; nothing where there is no tax."""
    if result.scenario.frictions.tax is None:
        return ""
    return f" {'after' if after_tax else 'before'} the tax of selling"


def metric_description(metric: str, result: Comparison) -> str:
    """The description of a metric; if there is a tax, with whether its wealth is before or after the tax of selling."""
    definition = METRICS[metric]
    if definition.quantity != "wealth" and definition.quantity not in BEFORE_TAX:
        return definition.description
    taxed = tax_label(result, definition.quantity == "wealth" and is_after_tax(result, None))
    return f"{definition.description}{taxed and ','}{taxed}"


def metric_label(metric: str, result: Comparison) -> str:
    """The description of a metric with its unit."""
    return f"{metric_description(metric, result)} ({UNITS[METRICS[metric].unit]})"


def assumption_notes(result: Comparison) -> list[str]:
    """Short notes of a result's shocks, and of its views if it is tilted.

    Examples
    --------
    >>> import riskkit as rk
    >>> assumption_notes(rk.compare(rk.scenarios.baron(), paths=100))
    ['founder exit −50 % (2 % a year, once)', 'crash −40 % to −20 % (10 % a year)']
    """
    scenario = result.scenario
    shocks = [_shock_label(shock, float(scenario.years)) for shock in scenario.market.shocks]
    return shocks + ([f"views: {result.notes['tilted']}"] if "tilted" in result.notes else [])


def _shock_label(shock: EventSource, years: float) -> str:
    if not isinstance(shock, Shock):
        return one_line(shock.describe().removesuffix(" (assumption)"))
    changes = [impact.expected for impact in shock.impacts.values()]
    ends = dict.fromkeys(percent(end, signed=True) for end in (min(changes), max(changes)))
    if isinstance(shock.rate, float):
        often = f"{percent(shock.rate)} a year"
    else:
        often = f"{shock.hazard.cumulative(np.array([years]))[0]:.3g} expected in {years:g} years"
    change = " to ".join(ends).replace("-", "−")
    return f"{one_line(shock.name)} {change} ({often}{', once' if shock.once else ''})"


def shock_sentences(frame: pd.DataFrame) -> list[str]:
    """The assumptions on shocks in a table's ``attrs``, without their text in brackets.

    Examples
    --------
    >>> table = pd.DataFrame()
    >>> table.attrs["assumptions"] = ["Volatility a year: 57 %.", "failure: 1 % a year; xAI -90 % (assumption)."]
    >>> shock_sentences(table)
    ['failure: 1 % a year; xAI −90 %']
    """
    sentences = [line for line in frame.attrs.get("assumptions", []) if line.endswith("(assumption).")]
    return [re.sub(r" \([^)]*\)", "", line).rstrip(".").replace("-", "−") for line in sentences]


def assumption_note(notes: Iterable[str], width: int) -> str:
    """A wrapped note of the assumptions; empty if there are none."""
    notes = [shortened(note, 2 * width) for note in notes]
    if not notes:
        return ""
    if len(notes) > MOST_NOTES:
        notes[MOST_NOTES - 1 :] = [f"and {len(notes) - MOST_NOTES + 1} more"]
    return textwrap.fill(f"assumes: {'; '.join(notes)}", width)
