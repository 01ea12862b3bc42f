"""Comparison of rules: two metrics at once with their joint errors, and paired differences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, require_unique
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate, normal_quantile, standard_error
from riskkit.comparison.metrics import METRICS
from riskkit.engine.outcomes import SamplingDesign
from riskkit.instruments import Hedged
from riskkit.report.figures._labels import UNITS, assumption_notes, metric_description, metric_label, quoted
from riskkit.report.figures._path_data import check_result
from riskkit.report.figures._style import NOTE, StyledAxes, rows_height, styled_axes
from riskkit.report.figures._themes import rule_styles

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["frontier", "paired_differences"]


def frontier(
    result: Comparison,
    x: str = "ced95",
    y: str = "wealth_median",
    *,
    level: float = 0.95,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Every rule by two metrics at once, with their errors, and a line through the Pareto-efficient rules.

    A thin line leads from a rule to the same rule with instruments, where both are in the scenario.

    Parameters
    ----------
    result : Comparison
    x, y : str
        Columns of `Comparison.table`; by default the median of final wealth over CED 95 %.
    level : float
        Of the error bars and ellipses, in (0, 1). A bar is the interval of one metric, as in `Comparison.interval`; an
        ellipse contains the true pair of values with this probability. Both measure Monte-Carlo error only.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        The frontier is that of `Comparison.frontier`, and an arrow points in the better direction of both metrics;
        neither is drawn for metrics without a better direction. A rule whose metric is NaN is left out, one whose error
        is NaN has no bar and no ellipse; a `RiskkitWarning` gives the reason.

    Raises
    ------
    InvalidInput
        If there is no such metric, both are the same or NaN for every rule, or the level is out of its bounds.

    Notes
    -----
    The covariance of the two estimates comes from the paths' influences, as every error does. For two normal errors
    the ellipse at a level is where the squared Mahalanobis distance is the quantile of chi-squared with
    two degrees of freedom, -2 ln(1 - level).

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
    >>> ax = frontier(result)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('mean of the worst 5 % of max drawdowns (%)', 'median of final wealth (times the start)')
    """
    require_unique("x and y", [x, y])
    normal_quantile(level)
    require_known("x and y", [x, y], METRICS)
    graded = METRICS[x].better != 0 and METRICS[y].better != 0
    table = check_result(result).frontier(x, y) if graded else check_result(result).table([x, y])
    table = table.dropna(subset=[x, y])
    if table.empty:
        raise InvalidInput(f"a frontier needs a rule for which both {x} and {y} are known, got none; see table")
    with styled_axes(ax, theme) as styled:
        from matplotlib.patches import Ellipse

        styles = rule_styles(result.scenario, styled.theme)
        handles: list[Artist] = []
        for name, a, b in table[[x, y]].itertuples():
            style, right, high = styles[name], result.estimate(name, x), result.estimate(name, y)
            handles += styled.ax.plot(
                [a], [b], color=style.colour, marker=style.marker, markersize=6.0, linestyle="none", label=name
            )
            across, up = (np.abs(np.array(each.interval(level)) - each.value)[:, None] for each in (right, high))
            styled.ax.errorbar(a, b, up, across, fmt="none", ecolor=style.colour, elinewidth=1.0, capsize=2.5)
            spread = _covariance(right, high, result.outcomes.design)
            if spread is not None:
                width, height, angle = _axes_of_ellipse(spread, level)
                styled.ax.add_patch(
                    Ellipse((a, b), width, height, angle=angle, facecolor=style.colour, alpha=0.2, label=name)
                )
        labels = list(table.index)
        if graded:
            points = table[table["frontier"]].sort_values(x)
            handles += styled.ax.plot(
                points[x], points[y], color=styled.theme.ink, linewidth=0.8, linestyle=":", marker="o", markersize=12.0,
                markerfacecolor="none", zorder=1, label="on the frontier",
            )  # fmt: skip
            labels.append("on the frontier")
        hedges = _hedge_lines(styled, result, table[[x, y]])
        if hedges:
            handles.append(hedges[0])
            labels.append("a rule and the same, hedged")
        # Space for the arrow, which lies beyond the best rules.
        styled.ax.margins(0.14)
        styled.ax.autoscale_view()
        if graded:
            _point_to_better(styled, METRICS[x].better, METRICS[y].better)
        styled.label(metric_label(x, result), metric_label(y, result), METRICS[x].unit, METRICS[y].unit)
        styled.legend(handles, labels)
        styled.note(assumption_notes(result))
    return styled.ax


def _hedge_lines(styled: StyledAxes, result: Comparison, points: pd.DataFrame) -> list[Artist]:
    """Draw a thin line from each rule to the same rule with instruments; return the lines."""
    lines: list[Artist] = []
    rules = [rule for rule in result.scenario.rules if rule.name in points.index]
    for rule in rules:
        if isinstance(rule, Hedged) and rule.rule in rules:
            ends = points.loc[[rule.rule.name, rule.name]].to_numpy()
            lines += styled.ax.plot(
                ends[:, 0], ends[:, 1], color=styled.theme.ink, alpha=0.6, linewidth=0.8, zorder=1, label="hedged"
            )
    return lines


def _point_to_better(styled: StyledAxes, right: int, up: int) -> None:
    """Draw an arrow into the corner in which both metrics are better: right for 1 and left for -1, up and down."""
    corner, start = (0.5 + 0.485 * right, 0.5 + 0.49 * up), (0.5 + 0.45 * right, 0.5 + 0.43 * up)
    styled.ax.annotate(
        "better", corner, start, "axes fraction", "axes fraction", ha="left" if right < 0 else "right",
        va="center", fontsize=NOTE,
        arrowprops={
            "arrowstyle": "->", "color": styled.theme.ink, "shrinkA": 0.0, "shrinkB": 0.0,
            "relpos": (0.0 if right < 0 else 1.0, 0.5),
        },
    )  # fmt: skip


def _covariance(first: Estimate, second: Estimate, design: SamplingDesign) -> Array | None:
    """Covariance matrix of two estimates on the same paths (2, 2); None if an error is NaN."""
    ours, theirs = first.influences, second.influences
    if ours is None or theirs is None or math.isnan(first.standard_error + second.standard_error):
        return None
    # Var(a + b) - Var(a - b) = 4 Cov(a, b), so one function gives every error.
    joint = (standard_error(ours + theirs, design) ** 2 - standard_error(ours - theirs, design) ** 2) / 4.0
    return np.array([[standard_error(ours, design) ** 2, joint], [joint, standard_error(theirs, design) ** 2]])


def _axes_of_ellipse(covariance: Array, level: float) -> tuple[float, float, float]:
    """Lengths of the two axes of an error ellipse, and the angle of the first one in degrees."""
    variances, directions = np.linalg.eigh(covariance)
    lengths = 2.0 * np.sqrt(-2.0 * math.log1p(-level) * np.maximum(variances, 0.0))
    return lengths[0], lengths[1], math.degrees(math.atan2(directions[1, 0], directions[0, 0]))


def paired_differences(
    result: Comparison,
    metric: str = "wealth_median",
    *,
    baseline: str | None = None,
    level: float = 0.95,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Forest plot of `Comparison.differences`: every rule minus the baseline, paired, with its interval.

    Parameters
    ----------
    result : Comparison
        With at least two rules.
    metric : str
        Column of `Comparison.table`.
    baseline : str, optional
        Rule to compare with; the scenario's by default.
    level : float
        Of the intervals, in (0, 1).
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        A row a rule. The intervals measure Monte-Carlo error only.

    Raises
    ------
    InvalidInput
        If there is only one rule, there is no such metric or rule, or the level is out of its bounds.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
    >>> paired_differences(result, "ced95").get_yticklabels()[0].get_text()
    'diversify now'
    """
    scenario = check_result(result).scenario
    require_known("metric", [metric], METRICS)
    if len(scenario.names) < 2:
        raise InvalidInput("paired differences need at least two rules, got one")
    base = scenario.baseline_name if baseline is None else baseline
    table = result.differences(base, level, metric).droplevel("metric")
    definition = METRICS[metric]
    side = {1: "; right of 0 is better", -1: "; left of 0 is better", 0: ""}[definition.better]
    with styled_axes(ax, theme, rows_height(len(table))) as styled:
        styles = rule_styles(scenario, styled.theme)
        styled.ax.axvline(0.0, color=styled.theme.ink, linewidth=0.8)
        for row, (name, line) in enumerate(table.iterrows()):
            style, value = styles[str(name)], line["difference"]
            styled.ax.errorbar(
                value, row, xerr=[[value - line["low"]], [line["high"] - value]], color=style.colour,
                marker=style.marker, markersize=6.0, elinewidth=1.6, capsize=3.0, label=str(name),
            )  # fmt: skip
        styled.rows(table.index)
        styled.label(
            f"{metric_description(metric, result)}, minus that of {quoted(base)} ({UNITS[definition.unit]}){side}",
            x_unit=definition.unit,
        )
        styled.note(assumption_notes(result))
    return styled.ax
