"""A comparison as text for the terminal and as HTML for a notebook: the telling metrics, then what was assumed."""

from __future__ import annotations

import html
import math
import textwrap
from typing import TYPE_CHECKING

import pandas as pd

from riskkit.comparison.estimates import Estimate
from riskkit.comparison.metrics import METRICS

if TYPE_CHECKING:
    from riskkit.comparison.result import Comparison

__all__ = ["as_html", "as_text", "with_error"]

#: The metrics that are shown; `table` has all of them.
SHOWN = (
    "wealth_median",
    "wealth_p05",
    "goal_probability",
    "loss_probability",
    "max_drawdown_median",
    "ced95",
    "founder_weight_end",
)

WIDTH = 110


def with_error(estimate: Estimate, unit: str) -> str:
    """A value and its standard error, cut to two digits of the error or three decimals; a share in percent.

    Examples
    --------
    >>> with_error(Estimate(1.53412, 0.0123), "times"), with_error(Estimate(0.61234, 0.0021), "share")
    ('1.534 ±0.012', '61.23 ±0.21')
    """
    scale = 100.0 if unit == "share" else 1.0
    value, error = scale * estimate.value, scale * estimate.standard_error
    if math.isnan(value):
        return "nan"
    if math.isnan(error):
        return f"{value:.2f} ±nan"
    digits = 2 if error == 0.0 else min(max(1 - math.floor(math.log10(error)), 0), 3)
    return f"{value:.{digits}f} ±{error:.{digits}f}"


def as_text(result: Comparison) -> str:
    """Table, notes and assumptions, the sentences wrapped at 110 characters."""
    cells = _cells(result)
    # Metric names break at their underscores, so that seven columns fit on a line.
    heads = [[*name.split("_"), _unit(name)] for name in SHOWN]
    depth = max(map(len, heads))
    padded = [[""] * (depth - len(words)) + words for words in heads]
    rows = [["", *line] for line in zip(*padded, strict=True)] + [[rule, *line] for rule, line in cells.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(SHOWN) + 1)]
    lines = [_heading(result), ""]
    for row in rows:
        first, *others = row
        right = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *right]).rstrip())
    lines += [part for note in _notes(result) for part in _wrapped(note, "")]
    lines += ["", "Assumptions"]
    lines += [part for line in result.scenario.assumptions() for part in _wrapped(line, "- ")]
    return "\n".join(lines)


def as_html(result: Comparison) -> str:
    """The same for a notebook; every text is escaped."""
    heads = [f"{name} ({_unit(name)})" for name in SHOWN]
    frame = pd.DataFrame.from_dict(_cells(result), orient="index", columns=heads)
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in _notes(result))
    assumed = "".join(f"<li>{html.escape(line)}</li>" for line in result.scenario.assumptions())
    heading = f"<p>{html.escape(_heading(result))}</p>"
    return f"<div>{heading}{frame.to_html()}{notes}<p>Assumptions</p><ul>{assumed}</ul></div>"


def _heading(result: Comparison) -> str:
    scenario = result.scenario
    rules, years = _count(len(scenario.rules), "rule"), _count(scenario.years, "year")
    paths = _count(result.paths, "path")
    goal = f"goal {scenario.goal:g} times the start"
    return f"{rules} over {years}, {goal}, {paths}, seed {result.seed}; value ±standard error"


def _count(number: float, word: str) -> str:
    return f"{number:,.10g} {word}{'' if number == 1 else 's'}"


def _cells(result: Comparison) -> dict[str, list[str]]:
    return {
        rule: [with_error(result.estimate(rule, name), METRICS[name].unit) for name in SHOWN]
        for rule in result.scenario.names
    }


def _unit(metric: str) -> str:
    unit = METRICS[metric].unit
    return "%" if unit == "share" else unit


def _notes(result: Comparison) -> list[str]:
    """Why a number that is shown is NaN."""
    told = ((rule, name, result.estimate(rule, name).note) for rule in result.scenario.names for name in SHOWN)
    return [f"{name} of {rule}: {note}" for rule, name, note in told if note]


def _wrapped(text: str, bullet: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))
