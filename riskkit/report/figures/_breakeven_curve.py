"""Break-even curve: the difference of two rules over an assumption, and where they tie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison.metrics import METRICS
from riskkit.report.figures._labels import formatted, quoted
from riskkit.report.figures._style import styled_axes
from riskkit.report.figures._themes import PALETTE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["breakeven_curve"]

_UNITS = {"share": "points", "times": "times the start", "years": "years", "a year": "a year"}


def breakeven_curve(found: BreakEven, *, ax: Axes | None = None, theme: str = "light") -> Axes:
    """The difference of two rules at every value of an assumption that was tried.

    Parameters
    ----------
    found : BreakEven
        What `breakeven` returns.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        The difference with a band of its 95 % Monte-Carlo interval, and a line at each tie.

    Raises
    ------
    """
    table, metric = found.frame(), METRICS[found.metric]
    with styled_axes(ax, theme) as styled:
        colour, other = PALETTE[:2]
        x = table.index.to_numpy(dtype=float)
        handles: list[Artist] = []
        handles += styled.ax.plot(x, table["difference"], color=colour, linewidth=1.6, label="difference")
        handles.append(styled.ax.fill_between(x, table["low"], table["high"], color=colour, alpha=0.25, linewidth=0.0))
        names = ["difference", "95 % interval"]
        styled.ax.axhline(0.0, color=styled.theme.ink, linewidth=0.8)
        for tie in found.ties:
            handles.append(styled.ax.axvline(tie.value, color=other, linestyle="--", linewidth=1.4))
            names.append(f"tie at {formatted(tie.value, 'share', '.3g')} %")
        styled.ax.set_xlim(*found.between)
        styled.label(
            f"{found.vary.words} (%{found.vary.unit})",
            f"{metric.description}: {quoted(found.first)} minus {quoted(found.second)} ({_UNITS[metric.unit]})",
            "share",
            metric.unit,
        )
        styled.legend(handles, names)
    return styled.ax
