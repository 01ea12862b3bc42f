"""Distribution of max drawdowns under each rule, and the probability of each depth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.validation import require_known, require_unique
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate, normal_quantile, probability, quantile
from riskkit.report.figures._labels import assumption_notes, tax_label
from riskkit.report.figures._path_data import check_result
from riskkit.report.figures._style import rows_height, styled_axes
from riskkit.report.figures._themes import rule_styles

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["drawdown_probability", "max_drawdowns"]


#: Bins of the drawdown axis.
BINS = 40

#: Marked quantiles, and the height of the highest bar as a share of its row.
QUANTILES, TALLEST = (0.05, 0.5, 0.95), 0.75


def max_drawdowns(
    result: Comparison,
    rules: Iterable[str] | None = None,
    *,
    level: float = 0.95,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Distribution of the paths' max drawdowns under each rule, with quantiles and error bands.

    Parameters
    ----------
    result : Comparison
    rules : iterable of str, optional
        Names of the rules wanted, in that order; all by default.
    level : float
        Of the error bands, in (0, 1).
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        A row a rule: the share of the paths in each fortieth of the axis, all rows on one scale, with Wilson's
        interval as a band; below it the median and the 5 and 95 % quantiles, with intervals from order statistics.
        There are no bands without standard errors, as in a backtest.

    Raises
    ------
    InvalidInput
        If there is no such rule, or the level is out of its bounds.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
    >>> [label.get_text() for label in max_drawdowns(result, ["hold", "diversify now"]).get_yticklabels()]
    ['hold', 'diversify now']
    """
    names = _selected_rules(result, rules)
    normal_quantile(level)
    depths = {name: result.values(name, "max_drawdown") for name in names}
    edges = np.linspace(0.0, _axis_end(depths), BINS + 1)
    bins = {name: _shares(result, values, edges, level) for name, values in depths.items()}
    scale = TALLEST / max(shares[:, 0].max() for shares in bins.values())
    with styled_axes(ax, theme, rows_height(len(names))) as styled:
        styles = rule_styles(result.scenario, styled.theme)
        handles: list[Artist] = []
        for row, name in enumerate(names):
            colour = styles[name].colour
            # The last value is repeated, because a step needs the value at its right edge.
            share, low, high = row - scale * np.vstack([bins[name], bins[name][-1]]).T
            bars = styled.ax.fill_between(
                edges, row, share, step="post", color=colour, alpha=0.3, linewidth=0.0, label=name
            )
            band = styled.ax.fill_between(edges, low, high, step="post", color=colour, alpha=0.4, linewidth=0.0)
            found = [result._calibrated(quantile(depths[name], p, result.outcomes.design)) for p in QUANTILES]
            values = np.array([each.value for each in found])
            ends = np.array([each.interval(level) for each in found]).T
            marks = styled.ax.errorbar(
                values, np.full(len(values), row + 0.14), xerr=np.abs(ends - values), fmt="|", color=colour,
                markersize=7.0, markeredgewidth=1.6, elinewidth=3.0, label=name,
            )  # fmt: skip
            handles = handles or [bars, band, marks.lines[0]]
        styled.rows(names)
        styled.label(f"max drawdown{tax_label(result, after_tax=False)} (%)", x_unit="share")
        styled.ax.set_xlim(0.0, edges[-1])
        styled.legend(handles, ["share of paths", f"its {percent(level, digits=6)} band", "5, 50, 95 % quantiles"])
        styled.note(assumption_notes(result))
    return styled.ax


def drawdown_probability(
    result: Comparison,
    rules: Iterable[str] | None = None,
    *,
    level: float = 0.95,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Probability that the max drawdown exceeds x, for every x and rule, with Wilson's error bands.

    Parameters
    ----------
    result : Comparison
    rules : iterable of str, optional
        Names of the rules wanted, in that order; all by default.
    level : float
        Of the pointwise error bands, in (0, 1).
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        If there is no such rule, or the level is out of its bounds.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
    >>> drawdown_probability(result).get_ylabel()
    'P(max drawdown > x) (% of paths)'
    """
    names = _selected_rules(result, rules)
    normal_quantile(level)
    depths = {name: result.values(name, "max_drawdown") for name in names}
    grid = np.linspace(0.0, _axis_end(depths), BINS + 1)
    with styled_axes(ax, theme) as styled:
        styles = rule_styles(result.scenario, styled.theme)
        handles: list[Artist] = []
        for place, name in enumerate(names):
            found = [_probability(result, depths[name] > x) for x in grid]
            low, high = np.array([each.interval(level) for each in found]).T
            style = styles[name]
            # Markers are staggered by rule so that they do not overlap.
            handles += styled.ax.plot(
                grid, [each.value for each in found], color=style.colour, marker=style.marker, markersize=4.0,
                markevery=(3 * place % 8, 8), linewidth=1.4, label=name,
            )  # fmt: skip
            styled.ax.fill_between(grid, low, high, color=style.colour, alpha=0.2, linewidth=0.0)
        depth = f"x: max drawdown{tax_label(result, after_tax=False)} (%)"
        styled.label(depth, "P(max drawdown > x) (% of paths)", "share", "share")
        styled.ax.set_xlim(0.0, grid[-1])
        styled.ax.set_ylim(0.0, 1.02)
        styled.legend(handles, names)
        styled.note(assumption_notes(result))
    return styled.ax


def _selected_rules(result: Comparison, rules: Iterable[str] | None) -> list[str]:
    every = check_result(result).scenario.names
    names = list(every if rules is None else [rules] if isinstance(rules, str) else rules)
    require_known("rules", names, every)
    require_unique("rules", names)
    if not names:
        raise InvalidInput("rules must name at least one rule, got none")
    return names


def _axis_end(depths: Mapping[str, Array]) -> float:
    """End of the drawdown axis: the largest drawdown, rounded up to a twentieth."""
    deepest = max(float(values.max()) for values in depths.values())
    return max(math.ceil(20.0 * deepest), 1) / 20.0


def _shares(result: Comparison, values: Array, edges: Array, level: float) -> Array:
    """Share of the paths in each bin, and its interval (bin, 3)."""
    place = np.minimum(np.searchsorted(edges, values, side="right") - 1, BINS - 1)
    found = [_probability(result, place == bin) for bin in range(BINS)]
    return np.array([[each.value, *each.interval(level)] for each in found])


def _probability(result: Comparison, happened: Bools) -> Estimate:
    return result._calibrated(probability(happened, result.outcomes.design))
