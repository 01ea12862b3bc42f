"""Data of each what-if node for the page's script: texts of the page, and numbers of the figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from riskkit.comparison._comparison import Comparison
from riskkit.report.figures._themes import PAGE_INK, THEMES, rule_styles
from riskkit.report.html.tables import difference_rows, main_metrics, metric_rows, missing_values
from riskkit.report.html.what_if import Grid
from riskkit.report.text.numbers import amount, counted, quoted
from riskkit.report.text.rules import metric_differences, verdict_sentences

__all__ = ["node_data"]

#: Columns of a drawn paired difference.
INTERVAL = ["difference", "low", "high"]

#: Bins of the drawdown axis.
DEPTHS = 40


def node_data(grid: Grid) -> dict[str, Any]:
    """All data of the what-if for JSON, without the base case, which is in the page.

    Returns
    -------
    dict
        ``rules``: name, colour and mark of each, the baseline's place in ``baseline``; ``depths``: an axis; ``nodes``:
        a list for each impact with a node for each rate, None for the base case. A node has ``status``, ``table`` and
        ``differences`` (cells, a row a rule), ``verdict`` and ``missing`` (sentences), and for each rule, in order,
        ``gaps`` (difference, low and high; None for the baseline) and ``curves`` (shares of the paths whose max
        drawdown exceeds each depth).
    """
    scenario = grid.nodes[1.0, 1.0].result.scenario
    styles = rule_styles(scenario, THEMES["page"])
    return {
        "rules": [
            {"name": name, "colour": styles[name].colour.replace(PAGE_INK, "currentColor"), "mark": styles[name].marker}
            for name in scenario.names
        ],
        "baseline": scenario.names.index(scenario.baseline_name),
        "depths": np.linspace(0.0, 1.0, DEPTHS + 1).round(4).tolist(),
        "nodes": [
            [None if impact == rate == 1.0 else _node(grid, impact, rate) for rate in grid.rates]
            for impact in grid.impacts
        ],
    }


def _node(grid: Grid, impact: float, rate: float) -> dict[str, Any]:
    result = grid.nodes[impact, rate].result
    names, base = result.scenario.names, result.scenario.baseline_name
    differences = metric_differences(result, "wealth_median")[INTERVAL]
    intervals = {str(name): list(line) for name, *line in differences.itertuples()}
    return {
        "status": _status(grid, impact, rate),
        "table": metric_rows(result, main_metrics(result)),
        "differences": difference_rows(result),
        "verdict": verdict_sentences(result),
        "missing": missing_values(result, main_metrics(result)),
        "gaps": [None if name == base else [_finite(value) for value in intervals[name]] for name in names],
        "curves": [_exceeded(result, name) for name in names],
    }


def _status(grid: Grid, impact: float, rate: float) -> str:
    """Sentences on the node, its number of paths, and the baseline's median on the same paths."""
    node = grid.nodes[impact, rate]
    result, base = node.result, node.result.scenario.baseline_name
    rate_name, impact_name = grid.rate_names[grid.rates.index(rate)], grid.impact_names[grid.impacts.index(impact)]
    here, there = (amount(each.estimate(base, "wealth_median"), "times") for each in (result, node.base))
    size = "" if result.outcomes.design.equal else f" (effective sample size {result.effective_sample_size:,.0f})"
    return (
        f"What if: {quoted(grid.shock)} at {rate_name}, with a largest impact of {impact_name}, on "
        f"{counted(result.paths, 'path')}{size}. The median final wealth under {quoted(base)} is {here} times the "
        f"start; in the base case it is {there} on the same paths. The other sections show the base case."
    )


def _exceeded(result: Comparison, rule: str) -> list[float]:
    """Share of the paths whose max drawdown exceeds each depth."""
    values = result.values(rule, "max_drawdown")
    bins = np.linspace(0.0, 1.0, DEPTHS + 1)
    # A drawdown on an edge does not exceed it.
    place = np.searchsorted(bins, values, side="left")
    weight_in_bin = np.bincount(place, result.path_weights, minlength=DEPTHS + 2)
    beyond = weight_in_bin[::-1].cumsum()[::-1][1:]
    return [round(min(float(share), 1.0), 4) for share in beyond]


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)
