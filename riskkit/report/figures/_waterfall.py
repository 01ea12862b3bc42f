"""Waterfall chart: contributions that add up to a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, one_of, text
from riskkit.analysis._attribution import Attribution
from riskkit.comparison.estimation.estimate import REFERENCE_Z
from riskkit.comparison.metrics import METRICS
from riskkit.report.figures._labels import UNITS, formatted, quoted, shock_sentences
from riskkit.report.figures._style import NOTE, StyledAxes, rows_height, styled_axes
from riskkit.report.figures._themes import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["waterfall"]

#: Colours of positive and negative contributions.
MORE, LESS = PALETTE[1], PALETTE[0]

_DIGITS = {"share": ".1f", "times": ".3f"}


def waterfall(
    causes: Attribution | pd.DataFrame | pd.Series[float],
    *,
    start: float | None = None,
    name: str | None = None,
    unit: str | None = None,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Waterfall chart: a bar for each contribution, starting where the previous one ends.

    Parameters
    ----------
    causes : Attribution, DataFrame or Series
        The result of `attribution`, whose ``sources`` are drawn; or contributions by name, in the order of the rows:
        a DataFrame with the column ``contribution``, and optionally ``standard_error``, or a Series.
    start : float, optional
        Value before the first contribution; by default the attribution's ``baseline``, else 0.
    name : str, optional
        Label of the axis; by default the attribution's metric and rule, else ``"contribution"``.
    unit : {"share", "times", "years", "a year"}, optional
        By default that of the attribution's metric, else ``"share"``: fractions, shown in percent.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        The first row is the start, unless it is 0; the last one is the total. Errors are 95 % intervals. If the frame
        has ``attrs["assumptions"]``, a note below lists those on shocks.

    Raises
    ------
    InvalidInput
        If there are no contributions, or one of them is not finite.

    Examples
    --------
    >>> ax = waterfall(pd.Series({"diffusion": 0.5, "founder exit": 0.1, "cost": -0.02}), name="max drawdown")
    >>> [label.get_text() for label in ax.get_yticklabels()], ax.get_xlabel()
    (['diffusion', 'founder exit', 'cost', 'total'], 'max drawdown (%)')
    """
    if isinstance(causes, Attribution):
        start = causes.baseline if start is None else start
        name = f"{METRICS[causes.metric].description} under {quoted(causes.rule)}" if name is None else name
        unit = METRICS[causes.metric].unit if unit is None else unit
        causes = causes.sources
    frame = _checked(causes)
    first = 0.0 if start is None else number("start", start)
    kind = "share" if unit is None else one_of("unit", unit, UNITS)
    title = "contribution" if name is None else text("name", name)
    labels = [str(label) for label in frame.index]
    before = [] if first == 0.0 else ["without these"]
    with styled_axes(ax, theme, rows_height(len(labels) + len(before) + 1)) as styled:
        if before:
            _bar(styled, 0, 0.0, first, kind)
        level = first
        for row, (size, error) in enumerate(
            zip(frame["contribution"], frame["standard_error"], strict=True), len(before)
        ):
            _bar(styled, row, level, size, kind, MORE if size > 0.0 else LESS, REFERENCE_Z * error)
            level += size
            # A thin line connects the end of this bar with the start of the next one.
            styled.ax.plot([level, level], [row + 0.3, row + 0.7], color=styled.theme.ink, linewidth=0.6, zorder=0)
        _bar(styled, len(labels) + len(before), 0.0, level, kind)
        styled.rows([*before, *labels, "total"])
        styled.label(f"{title} ({UNITS[kind]})", x_unit=kind)
        styled.ax.axvline(0.0, color=styled.theme.ink, linewidth=0.8)
        styled.ax.margins(x=0.14)
        styled.note(shock_sentences(frame))
    return styled.ax


def _bar(
    styled: StyledAxes, row: int, left: float, size: float, unit: str, colour: str | None = None, error: float = 0.0
) -> None:
    """Draw a bar and its number; without a colour it is a total, in ink."""
    styled.ax.barh(
        row, size, 0.6, left, color=colour or styled.theme.ink, alpha=0.8 if colour else 0.45,
        xerr=error or None, error_kw={"ecolor": styled.theme.ink, "elinewidth": 1.0, "capsize": 2.5},
    )  # fmt: skip
    label = formatted(size, unit, _DIGITS.get(unit, ".3g"), sign="+" if colour else "")
    end = max(left, left + size) + error
    styled.ax.annotate(label, (end, row), (4.0, 0.0), textcoords="offset points", va="center", fontsize=NOTE)


def _checked(causes: object) -> pd.DataFrame:
    """Contributions and their errors; missing errors are 0."""
    if isinstance(causes, pd.Series):
        causes = causes.to_frame("contribution")
    if not isinstance(causes, pd.DataFrame) or "contribution" not in causes:
        raise InvalidInput(
            f"causes must be a Series, or a DataFrame with the column 'contribution', got {type(causes).__name__}"
        )
    if causes.empty:
        raise InvalidInput("causes must hold at least one contribution, got none")
    frame = causes if "standard_error" in causes else causes.assign(standard_error=0.0)
    for label, value in frame["contribution"].items():
        number(f"contribution of {label!r}", value)
    return frame.fillna({"standard_error": 0.0})
