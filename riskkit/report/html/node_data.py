"""What a script shows at each node of the what-if: texts as they stand in the page, and the numbers of figures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from riskkit.comparison._comparison import Comparison
from riskkit.report.figures._themes import PAGE_INK, THEMES, rule_looks
from riskkit.report.html.tables import difference_rows, metric_rows, metrics_shown
from riskkit.report.html.what_if import Grid
from riskkit.report.text.numbers import amount, counted, quoted
from riskkit.report.text.rules import gaps, verdict

__all__ = ["leaves"]

#: What is drawn of a paired difference.
ENDS = ["difference", "low", "high"]

#: Parts of the axis of depths.
DEPTHS = 40


def leaves(grid: Grid) -> dict[str, Any]:
    """Everything a script shows, as data that JSON can hold; what a page shows at the base case is not in it.

    Returns
    -------
    dict
        ``rules``: name, colour and mark of each, the baseline's place in ``baseline``; ``depths``: an axis; ``nodes``:
        a list for each impact with a node for each rate, None for the base case. A node has ``status``, ``table`` and
        ``differences`` (cells, a row a rule), ``verdict`` (sentences), and for each rule, in order, ``gaps``
        (difference, low and high; None for the baseline) and ``curves`` (shares of the paths whose max drawdown
        exceeds each depth).
    """
    scenario = grid.nodes[1.0, 1.0].result.scenario
    looks = rule_looks(scenario, THEMES["page"])
    return {
        "rules": [
            {"name": name, "colour": looks[name].colour.replace(PAGE_INK, "currentColor"), "mark": looks[name].marker}
            for name in scenario.names
        ],
        "baseline": scenario.names.index(scenario.baseline_name),
        "depths": np.linspace(0.0, 1.0, DEPTHS + 1).round(4).tolist(),
        "nodes": [
            [None if impact == rate == 1.0 else _leaf(grid, impact, rate) for rate in grid.rates]
            for impact in grid.impacts
        ],
    }


def _leaf(grid: Grid, impact: float, rate: float) -> dict[str, Any]:
    result = grid.nodes[impact, rate].result
    names, base = result.scenario.names, result.scenario.baseline_name
    ends = {str(name): list(line) for name, *line in gaps(result, "wealth_median")[ENDS].itertuples()}
    return {
        "status": _status(grid, impact, rate),
        "table": metric_rows(result, metrics_shown(result)),
        "differences": difference_rows(result),
        "verdict": verdict(result),
        "gaps": [None if name == base else [_told(end) for end in ends[name]] for name in names],
        "curves": [_exceeded(result, name) for name in names],
    }


def _status(grid: Grid, impact: float, rate: float) -> str:
    """Say what is shown, on how many paths, and what that changes for the baseline, path by path."""
    node = grid.nodes[impact, rate]
    result, base = node.result, node.result.scenario.baseline_name
    rate_name, impact_name = grid.rate_names[grid.rates.index(rate)], grid.impact_names[grid.impacts.index(impact)]
    here, there = (amount(each.estimate(base, "wealth_median"), "times") for each in (result, node.like))
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
    mass = np.bincount(place, result.path_weights, minlength=DEPTHS + 2)
    beyond = mass[::-1].cumsum()[::-1][1:]
    return [round(min(float(share), 1.0), 4) for share in beyond]


def _told(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)
