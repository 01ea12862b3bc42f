"""Tables of a report: rules by metrics with errors, paired differences, concentration, contributions."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import pandas as pd

from riskkit._core.errors import RiskkitWarning
from riskkit._core.format import percent
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.metrics import METRICS, select
from riskkit.portfolio._portfolio import Portfolio
from riskkit.report.figures._labels import UNITS
from riskkit.report.html.blocks import Table
from riskkit.report.text.numbers import UNKNOWN, cells, changes, magnitude, quoted, several
from riskkit.report.text.rules import metric_differences, replays

__all__ = [
    "DIFFERENCES", "MAIN_METRICS", "concentration_table", "contributions_table", "definitions", "difference_rows",
    "differences_table", "errors_note", "every_metric", "holdings_table", "main_metrics", "metric_rows",
    "missing_values", "money_table", "rules_table",
]  # fmt: skip

#: Metric → heading in the main table, which has those that apply to the scenario.
MAIN_METRICS: Mapping[str, str] = MappingProxyType(
    {
        "wealth_median": "Median final wealth",
        "wealth_p05": "5 % quantile of final wealth",
        "goal_probability": "Reaches the goal",
        "loss_probability": "Ends below the start",
        "max_drawdown_median": "Median max drawdown",
        "ced95": "CED 95 %",
        "founder_weight_end": "Founder weight at the end",
        "turnover": "Turnover a year",
        "tax_paid": "Tax paid",
        "tax_due": "Tax due at the end",
        "ruin_probability": "Ruin",
        "margin_call_probability": "Margin call",
        "shortfall_probability": "Could not pay in full",
    }
)

#: The most rules in a table with a column for each.
RULES_PER_TABLE = 5

#: Metrics of the paired differences.
DIFFERENCES = ("wealth_median", "wealth_p05", "ced95")


def main_metrics(result: Comparison) -> list[str]:
    """Metrics of the main table that apply to the scenario."""
    scenario = result.scenario
    idle = set() if scenario.portfolio.founders else {"founder_weight_end"}
    idle |= set() if scenario.frictions.tax is not None else {"tax_paid"}
    return [name for name in MAIN_METRICS if name not in idle and METRICS[name].where(scenario)]


def metric_rows(result: Comparison, metrics: list[str]) -> list[list[str]]:
    """Cells of a table, a row a rule; each metric has one number of digits."""
    # Rule by rule, because metrics of one rule share what is sorted.
    found = [[result.estimate(rule, name) for name in metrics] for rule in result.scenario.names]
    columns = [
        _without_errors(result, cells(column, METRICS[name].unit))
        for name, column in zip(metrics, zip(*found, strict=True), strict=True)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _without_errors(result: Comparison, texts: list[str]) -> list[str]:
    """The cells of a column; in a backtest, where no error exists, without the sign of a missing error."""
    return [text.removesuffix(UNKNOWN) for text in texts] if replays(result) else texts


def rules_table(result: Comparison) -> Table:
    """The main table."""
    metrics, base = main_metrics(result), result.scenario.baseline_name
    heads = ("Rule", *(f"{MAIN_METRICS[name]} ({UNITS[METRICS[name].unit]})" for name in metrics))
    rows = zip(result.scenario.names, metric_rows(result, metrics), strict=True)
    caption = f"Results of each rule{errors_note(result)}"
    named = [
        (f"{name} (baseline)" if name == base and len(result.scenario.names) > 1 else name, *row) for name, row in rows
    ]
    return Table(caption, heads, tuple(named), name="rules-table")


def difference_rows(result: Comparison) -> list[list[str]]:
    """Cells of the paired differences and the share of paths won, a row for each rule but the baseline."""
    found = {name: metric_differences(result, name) for name in DIFFERENCES}
    columns = [
        _without_errors(result, changes(_estimates(frame, "difference"), METRICS[name].unit))
        for name, frame in found.items()
    ]
    won = [f"{100.0 * share:.1f}" for share in found[DIFFERENCES[0]]["won"]]
    return [list(row) for row in zip(*columns, won, strict=True)]


def _estimates(frame: pd.DataFrame, column: str) -> list[Estimate]:
    """A column of a table with its standard errors."""
    return [
        Estimate(float(value), float(error))
        for value, error in zip(frame[column], frame["standard_error"], strict=True)
    ]


def errors_note(result: Comparison) -> str:
    """The note on standard errors in a caption."""
    return "" if replays(result) else "; ± is one standard error"


def differences_table(result: Comparison) -> Table:
    """Every rule minus the baseline."""
    base = result.scenario.baseline_name
    names = [name for name in result.scenario.names if name != base]
    units = {"share": "points", "times": UNITS["times"]}
    heads = (
        "Rule",
        *(f"{MAIN_METRICS[name]} ({units[METRICS[name].unit]})" for name in DIFFERENCES),
        "Ends higher (% of the paths; a tie counts half)",
    )
    rows = tuple((name, *row) for name, row in zip(names, difference_rows(result), strict=True))
    return Table(
        f"Each rule minus {quoted(base)}, on the same paths{errors_note(result)}", heads, rows, "differences-table"
    )


def every_metric(result: Comparison) -> list[Table]:
    """All metrics, a row a metric, in tables of a few rules each that fit on paper."""
    metrics, names = list(select(None, result.scenario)), result.scenario.names
    heads = [f"{name} ({UNITS[METRICS[name].unit]})" for name in metrics]
    columns = metric_rows(result, metrics)
    tables = []
    for start in range(0, len(names), RULES_PER_TABLE):
        chosen = slice(start, start + RULES_PER_TABLE)
        rows = tuple(zip(heads, *columns[chosen], strict=True))
        more = (
            ""
            if len(names) <= RULES_PER_TABLE
            else f", rules {start + 1} to {min(start + RULES_PER_TABLE, len(names))}"
        )
        tables.append(Table(f"All metrics{more}", ("Metric", *names[chosen]), rows))
    return tables


def missing_values(result: Comparison, metrics: Iterable[str]) -> list[str]:
    """Sentences on missing values and missing standard errors, with their reasons."""
    if replays(result):
        return []
    lines = []
    for name in metrics:
        found = {rule: result.estimate(rule, name) for rule in result.scenario.names}
        for missing, verb in ((True, "is not available"), (False, "has no standard error")):
            notes = {rule: each.note for rule, each in found.items() if each.note and math.isnan(each.value) is missing}
            if notes:
                why = "; ".join(dict.fromkeys(filter(None, notes.values())))
                lines.append(f"The {METRICS[name].description} {verb} under {several(notes)}: {why}.")
    return lines


def money_table(result: Comparison) -> Table | None:
    """Final wealth of each rule in money; None where the portfolio has no currency."""
    portfolio = result.scenario.portfolio
    if portfolio.currency is None:
        return None
    size, name = magnitude(portfolio.net)
    rules, factor = result.scenario.names, portfolio.net / size
    metrics = {"wealth_p05": "5 % quantile", "wealth_median": "Median", "wealth_p95": "95 % quantile"}
    columns = []
    for metric in metrics:
        found = [result.estimate(rule, metric) for rule in rules]
        in_money = [Estimate(factor * each.value, factor * each.standard_error) for each in found]
        columns.append([_grouped(text) for text in _without_errors(result, cells(in_money, "times"))])
    real = ", in money of the start" if result.scenario.inflation else ""
    caption = f"Final wealth in {portfolio.currency}{name}{real}{errors_note(result)}"
    return Table(caption, ("Rule", *metrics.values()), tuple(zip(rules, *columns, strict=True)), name="money-table")


def _grouped(text: str) -> str:
    """A cell with commas between thousands."""
    return re.sub(r"\d{4,}(?=[ .]|$)", lambda digits: f"{int(digits[0]):,}", text)


def holdings_table(result: Comparison) -> Table:
    """Founder holdings individually: the probability that a price ends in a catastrophe."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        found = result.holdings()
    names = [str(name) for name in found.index]
    column = [Estimate(value, error) for _, value, error in found.itertuples()]
    rows = tuple(zip(names, _without_errors(result, cells(column, "share")), strict=True))
    caption = "Founder holdings individually: the price falls by 70 % and is still 60 % below that peak at the end"
    return Table(caption, ("Holding", "Share of the paths (%)"), rows)


def definitions(result: Comparison) -> list[tuple[str, str]]:
    """Definition of each metric."""
    return [
        (name, f"{METRICS[name].description} ({UNITS[METRICS[name].unit]})") for name in select(None, result.scenario)
    ]


def concentration_table(portfolio: Portfolio, by: str) -> Table:
    """Shares of gross assets, and of net wealth if there is a loan, largest first."""
    bases = ["gross"] if portfolio.loan is None else ["gross", "net"]
    exposure = pd.DataFrame({base: portfolio.exposure(by, base) for base in bases})
    ordered = exposure.sort_values("gross", ascending=False, kind="stable")
    heads = (by.capitalize(), *(f"Share of {'gross assets' if base == 'gross' else 'net wealth'}" for base in bases))
    rows = tuple(
        (str(name), *(percent(share) for share in row))
        for name, row in zip(ordered.index, ordered.to_numpy(), strict=True)
    )
    return Table(f"By {by}", heads, rows)


def contributions_table(frame: pd.DataFrame, of: str) -> Table:
    """Contributions to the mean loss of the worst 5 % of the paths."""
    shares = ["–" if math.isnan(share) else percent(share, decimals=1) for share in frame["share"]]
    losses = changes(_estimates(frame, "contribution"), "share")
    rows = tuple(zip(map(str, frame.index), losses, shares, strict=True))
    return Table(
        f"Loss on the worst 5 % of the paths by {of}; gains are negative",
        (of.capitalize(), "Loss (points of the start wealth)", "Share of the total"),
        rows,
    )
