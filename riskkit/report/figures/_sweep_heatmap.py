"""Heat map of a metric over a grid of assumptions, with the line on which two rules tie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, require_known
from riskkit.analysis._breakeven import BreakEven
from riskkit.analysis._parameters import KINDS, Parameter
from riskkit.comparison.metrics import METRICS
from riskkit.report.figures._heat_cells import CELL_INK, draw_cells, draw_colour_scale, hatch, mark_cells, points
from riskkit.report.figures._labels import UNITS, formatted, one_line, quoted, shock_sentences, shortened
from riskkit.report.figures._style import HEIGHT, StyledAxes, rows_height, styled_axes

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.patheffects import AbstractPathEffect

__all__ = ["sweep_map"]


#: The most cells with a number in each, the most rows with its error below it, and the most ticks of an axis.
MOST_NUMBERS, MOST_ROWS, MOST_TICKS = 56, 8, 9

#: A difference of fewer standard errors than this is marked as a tie.
TIE = 2.0


def sweep_map(
    table: pd.DataFrame,
    rule: str | None = None,
    against: str | None = None,
    *,
    break_even: BreakEven | float | Iterable[float] | None = None,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Heat map of a sweep: a metric over one or two assumptions, and where two rules tie.

    Parameters
    ----------
    table : DataFrame
        As `sweep` returns it: indexed by one or two assumptions and ``rule``, its first column the metric.
    rule : str, optional
        The rule to draw. By default the first one for two assumptions, and all, a row each, for one.
    against : str, optional
        Rule whose metric is subtracted; a line is drawn where the difference is 0.
    break_even : BreakEven, float or iterable of float, optional
        Draws lines at the result of `breakeven` for one of the assumptions, or at values of the first one.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        A cell is centred on each point of the grid; where there are few, each has its number with the standard error.
        Ties are interpolated between the points, and cells within two standard errors of a tie are hatched. The error
        of a difference is the paired one where one of the rules is the baseline of the sweep; otherwise it is the sum
        of both errors, which it cannot exceed. If the frame has ``attrs["assumptions"]``, a note below lists those on
        shocks, with their values before the sweep.

    Raises
    ------
    InvalidInput
        If the table is no sweep of one or two assumptions, or there is no such rule or assumption in it.

    Examples
    --------
    >>> points = pd.MultiIndex.from_product([[0.0, 0.1, 0.2], ["hold", "sell"]], names=["rate:founder exit", "rule"])
    >>> table = pd.DataFrame({"growth_median": [0.08, 0.05, 0.06, 0.05, 0.02, 0.04]}, points)
    >>> ax = sweep_map(table, against="sell")
    >>> ax.get_xlabel(), [label.get_text() for label in ax.get_yticklabels()]
    ('the rate of founder exit (% a year)', ['hold'])
    """
    assumptions, metric, rules = _checked(table)
    require_known("rule", [] if rule is None else [rule], rules)
    require_known("against", [] if against is None else [against], [name for name in rules if name != rule])
    drawn_rules = [name for name in rules if name != against] if rule is None else [rule]
    lines = _lines(break_even, assumptions)
    values = table[metric].unstack("rule")
    if against is not None:
        values = values.sub(values[against], axis=0)
    errors = pd.DataFrame({name: _errors(table, name, against) for name in drawn_rules})
    plane = len(assumptions) == 2
    if plane:
        drawn_rules = drawn_rules[:1]
    mesh, error = (_arranged(frame, drawn_rules, plane=plane) for frame in (values, errors))
    with styled_axes(ax, theme, HEIGHT if plane else rows_height(len(drawn_rules))) as styled:
        styled.ax.set_xticks(_ticks(mesh.columns))
        if plane:
            styled.label(_axis_label(assumptions[0]), _axis_label(assumptions[1]), "share", "share")
            styled.ax.set_yticks(_ticks(mesh.index))
        else:
            styled.label(_axis_label(assumptions[0]), x_unit="share")
            styled.rows(drawn_rules)
        unit = METRICS[metric].unit
        drawn = draw_cells(styled, mesh, _texts(mesh, error, unit), **_colours(mesh, diverging=against is not None))
        marks: dict[str, Artist] = {}
        if against is not None:
            marks = _draw_ties(styled, mesh, error, against, joined=plane)
        for name, at in lines.items():
            along = styled.ax.axvline if name == assumptions[0] else styled.ax.axhline
            for value in at:
                along(value, color=CELL_INK, linestyle="--", linewidth=1.6, path_effects=_halo(), label="break-even")
                marks["break-even"] = _line("--")
        if marks:
            styled.legend(list(marks.values()), marks)
        # The y label lies between the cells and the colour bar; only a legend reserves space for it.
        padding = 0.02 if marks or not plane else 0.1
        draw_colour_scale(styled, drawn, _colour_label(metric, drawn_rules, against), unit, padding)
        styled.note(shock_sentences(table))
    return styled.ax


def _checked(table: object) -> tuple[list[str], str, list[str]]:
    """Names of the assumptions, the metric and the rules of a sweep."""
    if not isinstance(table, pd.DataFrame):
        raise InvalidInput(f"table must be a DataFrame, as sweep returns it, got {table!r}")
    names = list(table.index.names)
    if "rule" not in names or not 2 <= len(names) <= 3:
        raise InvalidInput(
            f"table must be indexed by one or two assumptions and 'rule', got {names}; select a part of a larger sweep"
        )
    metric = "" if table.columns.empty else str(table.columns[0])
    require_known("first column of table", [metric], METRICS)
    rules = [str(name) for name in table.index.get_level_values("rule").unique()]
    return [str(name) for name in names if name != "rule"], metric, rules


def _lines(break_even: BreakEven | float | Iterable[float] | None, assumptions: list[str]) -> dict[str, list[float]]:
    """Assumption → values of its break-even lines."""
    if break_even is None:
        return {}
    if isinstance(break_even, BreakEven):
        require_known("break_even: its assumption", [str(break_even.vary)], assumptions)
        return {str(break_even.vary): list(break_even.values)}
    listed = break_even if isinstance(break_even, Iterable) else [break_even]
    return {assumptions[0]: [number("break_even: each value", value) for value in listed]}


def _axis_label(assumption: str) -> str:
    kind, _, name = assumption.partition(":")
    if kind not in KINDS:
        return f"{one_line(assumption)} (%)"
    varied = Parameter(kind, shortened(name))
    return f"{varied.words} (%{varied.unit})"


def _colour_label(metric: str, rules: list[str], against: str | None) -> str:
    """Label of the colour bar."""
    whose = f" under {quoted(rules[0])}" if len(rules) == 1 else ""
    minus = "" if against is None else f", minus that under {quoted(against)}"
    return f"{METRICS[metric].description}{whose}{minus} ({UNITS[METRICS[metric].unit]})"


def _ticks(labels: pd.Index[Any]) -> list[float]:
    """Ticks: the points of the grid, thinned if there are many."""
    every = -(-len(labels) // MOST_TICKS)
    return [float(point) for point in points(labels)[::every]]


def _errors(table: pd.DataFrame, rule: str, against: str | None) -> pd.Series[float]:
    """Standard error of a rule's metric, or of its difference from another rule's, at each point; NaN if unknown."""
    own = table.reindex(columns=["standard_error", "difference", "difference_error"]).unstack("rule")
    if against is None:
        return own["standard_error", rule]
    for base, other in ((against, rule), (rule, against)):
        # The rule that does not differ from the sweep's baseline on any path is the baseline.
        if (own["difference", base] == 0.0).all() and (own["difference_error", base] == 0.0).all():
            return own["difference_error", other]
    return own["standard_error", rule] + own["standard_error", against]


def _arranged(frame: pd.DataFrame, rules: list[str], *, plane: bool) -> pd.DataFrame:
    """A frame (point, rule) as cells: of one rule over both assumptions, or a row for each rule."""
    return frame[rules[0]].unstack(0) if plane else frame[rules].T.set_axis(range(len(rules)), axis=0)


def _texts(mesh: pd.DataFrame, error: pd.DataFrame, unit: str) -> pd.DataFrame | None:
    """The number in each cell and its standard error; none if there are too many cells."""
    if mesh.size > MOST_NUMBERS:
        return None
    digits = ".1f" if unit == "share" else ".2f"
    texts = mesh.map(lambda value: formatted(value, unit, digits))
    if len(mesh) > MOST_ROWS:
        return texts
    return texts + error.map(lambda value: "" if np.isnan(value) else f"\n±{formatted(value, unit, digits)}")


def _colours(mesh: pd.DataFrame, *, diverging: bool) -> dict[str, Any]:
    top = float(np.nanmax(np.abs(mesh.to_numpy(dtype=np.float64)))) or 1.0
    return {"vmin": -top, "vmax": top, "cmap": "PuOr"} if diverging else {"cmap": "cividis"}


def _draw_ties(
    styled: StyledAxes, mesh: pd.DataFrame, error: pd.DataFrame, against: str, *, joined: bool
) -> dict[str, Artist]:
    """Hatch cells near a tie and draw where the difference is 0; return the legend."""
    from matplotlib.patches import Patch

    marks: dict[str, Artist] = {}
    near = (mesh.abs() <= TIE * error).to_numpy()
    if _draw_zero(styled, mesh, joined=joined):
        marks[f"ties with {quoted(against)}"] = _line("-")
    if near.any():
        mark_cells(styled, mesh, near)
        marks["within two standard errors of a tie"] = Patch(facecolor="#f7f7f7", **hatch())
    return marks


def _draw_zero(styled: StyledAxes, mesh: pd.DataFrame, *, joined: bool) -> bool:
    """Draw where the difference is 0, as one line or row by row; return whether it is 0 anywhere."""
    x, y, values = points(mesh.columns), points(mesh.index), mesh.to_numpy(dtype=np.float64)
    if joined and min(values.shape) > 1:
        if not np.nanmin(values) < 0.0 < np.nanmax(values):
            return False
        styled.ax.contour(x, y, values, levels=[0.0], colors=[CELL_INK], linewidths=1.8).set_path_effects(_halo())
        return True
    crossed = np.argwhere(values[:, 1:] * values[:, :-1] < 0.0)
    for row, column in crossed:
        before, after = values[row, column : column + 2]
        at = x[column] + (x[column + 1] - x[column]) * before / (before - after)
        ends = [y[row] - 0.45, y[row] + 0.45]
        styled.ax.plot([at, at], ends, color=CELL_INK, linewidth=1.8, path_effects=_halo(), label="tie")
    return len(crossed) > 0


def _line(style: Literal["-", "--"]) -> Artist:
    """Legend handle of a line."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=CELL_INK, linestyle=style, linewidth=1.8, path_effects=_halo())


def _halo() -> list[AbstractPathEffect]:
    """A bright outline that makes a dark line visible on dark cells and pages."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=3.4, foreground="#ffffff")]
