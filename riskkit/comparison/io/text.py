"""A comparison as text for a terminal and as HTML for a notebook: the main metrics, then the assumptions."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Sequence
from itertools import dropwhile

import pandas as pd

from riskkit._core.format import common_decimals
from riskkit._core.terminal_text import printable
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.metrics import METRICS
from riskkit.comparison.run_data import OVERLAP, RunData
from riskkit.engine.outcomes import TIME_WEIGHTED

__all__ = ["WIDTH", "as_html", "as_text", "column_with_errors", "printed_metrics", "unit_text", "with_error"]

#: Metrics that are printed where they apply to the scenario; `table` has all of them.
PRINTED_METRICS = (
    "wealth_median",
    "wealth_p05",
    "goal_probability",
    "loss_probability",
    "max_drawdown_median",
    "ced95",
    "founder_weight_end",
    "deferred_tax",
    "tax_due",
    "reported_max_drawdown_median",
    "time_weighted_growth",
    "time_weighted_max_drawdown_median",
    "margin_call_probability",
    "ruin_probability",
    "shortfall_probability",
    "hedge_cost",
    "hedge_payoff",
    "founder_delta_end",
    "underhedged_probability",
)

WIDTH = 110


def with_error(estimate: Estimate, unit: str) -> str:
    """A value and its standard error, cut to two digits of the error or three decimals; a share in percent.

    Examples
    --------
    >>> with_error(Estimate(1.53412, 0.0123), "times"), with_error(Estimate(0.61234, 0.0021), "share")
    ('1.534 ±0.012', '61.23 ±0.21')
    """
    return column_with_errors([estimate], unit)[0]


def column_with_errors(estimates: Sequence[Estimate], unit: str) -> list[str]:
    """Values and standard errors of a column of a table, all with the same number of decimals; shares in percent.

    Examples
    --------
    >>> column_with_errors([Estimate(0.0711, 0.0018), Estimate(0.32238, 0.00081)], "share")
    ['7.11 ±0.18', '32.24 ±0.08']
    """
    scale = 100.0 if unit == "share" else 1.0
    decimals = common_decimals(scale * each.standard_error for each in estimates)
    return [
        "nan"
        if math.isnan(each.value)
        else f"{scale * each.value:.{decimals}f} ±{scale * each.standard_error:.{decimals}f}"
        for each in estimates
    ]


def as_text(result: RunData) -> str:
    """Table, notes and assumptions; tables and sentences are broken at 110 characters."""
    metrics = printed_metrics(result)
    # Metric names break at their underscores, so that many columns fit on a line.
    heads = [[*name.split("_"), unit_text(name)] for name in metrics]
    depth = max(map(len, heads))
    columns = [[""] * (depth - len(words)) + words for words in heads]
    rules = [""] * depth + list(result.scenario.names)
    for column, cells in zip(columns, _cells(result, metrics), strict=True):
        column += cells
    lines = [_heading(result)]
    for block in _blocks(rules, columns):
        lines += ["", *block]
    lines += [line for note in _notes(result, metrics) for line in _wrapped(note, "")]
    lines += ["", "Assumptions"]
    lines += [line for sentence in result.assumptions() for line in _wrapped(sentence, "- ")]
    return printable("\n".join(lines))


def _blocks(first: list[str], columns: list[list[str]]) -> list[list[str]]:
    """Tables as lines: as many columns as fit side by side, each table beginning with the first column."""
    width = max(map(len, first))
    blocks: list[list[str]] = []
    for column in columns:
        column_width = max(map(len, column))
        cells = [cell.rjust(column_width) for cell in column]
        if not blocks or len(blocks[-1][0]) + 2 + column_width > WIDTH:
            blocks.append([name.ljust(width) for name in first])
        blocks[-1] = [f"{line}  {cell}" for line, cell in zip(blocks[-1], cells, strict=True)]
    # The names of a block's metrics may all be shorter than the longest of another block.
    return [[line.rstrip() for line in dropwhile(str.isspace, block)] for block in blocks]


def as_html(result: RunData) -> str:
    """Table, notes and assumptions for a notebook; every text is escaped."""
    metrics = printed_metrics(result)
    heads = [f"{name} ({unit_text(name)})" for name in metrics]
    frame = pd.DataFrame(dict(zip(heads, _cells(result, metrics), strict=True)), index=list(result.scenario.names))
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in _notes(result, metrics))
    assumptions = "".join(f"<li>{html.escape(line)}</li>" for line in result.assumptions())
    heading = f"<p>{html.escape(_heading(result))}</p>"
    return printable(f"<div>{heading}{frame.to_html()}{notes}<p>Assumptions</p><ul>{assumptions}</ul></div>")


def printed_metrics(result: RunData) -> list[str]:
    """The metrics that a result prints: those that apply to its scenario, and that its version recorded."""
    recorded = (
        name for name in PRINTED_METRICS if result.has_time_weighted or METRICS[name].quantity not in TIME_WEIGHTED
    )
    return [name for name in recorded if METRICS[name].where(result.scenario)]


def _heading(result: RunData) -> str:
    scenario = result.scenario
    rules, years = _count(len(scenario.rules), "rule"), _count(scenario.years, "year")
    paths = _count(result.paths, "path")
    goal = f"goal {scenario.goal:g} times the start"
    if result.outcomes.overlapping:
        return f"{rules} over {years}, {goal}, as it happened"
    return f"{rules} over {years}, {goal}, {paths}, seed {result.seed}; value ±standard error"


def _count(number: float, word: str) -> str:
    return f"{number:,.10g} {word}{'' if number == 1 else 's'}"


def _cells(result: RunData, metrics: list[str]) -> list[list[str]]:
    """A column a metric, with a cell a rule."""
    missing_error = " ±nan" if result.outcomes.overlapping else ""
    columns = (
        column_with_errors([result.estimate(rule, name) for rule in result.scenario.names], METRICS[name].unit)
        for name in metrics
    )
    return [[cell.removesuffix(missing_error) for cell in column] for column in columns]


def unit_text(metric: str) -> str:
    """The unit of a metric in a printed head."""
    unit = METRICS[metric].unit
    return "%" if unit == "share" else unit


def _notes(result: RunData, metrics: list[str]) -> list[str]:
    """Notes of the run, and the reasons for NaN values and errors of the table."""
    usual = {"version": result.notes.get("version"), "sampling": "plain"}
    facts = [f"{name}: {fact}" for name, fact in result.notes.items() if usual.get(name) != fact]
    if result.outcomes.overlapping:
        return [*facts, f"No errors are given: {OVERLAP}."]
    reasons = ((rule, name, result.estimate(rule, name).note) for rule in result.scenario.names for name in metrics)
    return [*facts, *(f"{name} of {rule}: {note}" for rule, name, note in reasons if note)]


def _wrapped(text: str, bullet: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=bullet, subsequent_indent=" " * len(bullet))
