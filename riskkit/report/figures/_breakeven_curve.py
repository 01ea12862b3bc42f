"""What would have to be true, drawn: the difference of two rules over an assumption, and where they tie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison.metrics import METRICS
from riskkit.report.figures._labels import quoted, told
from riskkit.report.figures._style import sheet
from riskkit.report.figures._themes import PALETTE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["tie_curve"]

_UNITS = {"share": "points", "times": "times the start", "years": "years", "a year": "a year"}


def tie_curve(found: BreakEven, *, ax: Axes | None = None, theme: str = "light") -> Axes:
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
        The difference with its 95 % interval as a band, which speaks of Monte-Carlo noise only, and a line at each tie.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    table, metric = found.frame(), METRICS[found.metric]
    with sheet(ax, theme) as paper:
        colour, other = PALETTE[:2]
        x = table.index.to_numpy(dtype=float)
        handles: list[Artist] = []
        handles += paper.ax.plot(x, table["difference"], color=colour, linewidth=1.6, label="difference")
        handles.append(paper.ax.fill_between(x, table["low"], table["high"], color=colour, alpha=0.25, linewidth=0.0))
        names = ["difference", "95 % interval"]
        paper.ax.axhline(0.0, color=paper.theme.ink, linewidth=0.8)
        for tie in found.ties:
            handles.append(paper.ax.axvline(tie.value, color=other, linestyle="--", linewidth=1.4))
            names.append(f"tie at {told(tie.value, 'share', '.3g')} %")
        paper.ax.set_xlim(*found.between)
        paper.label(
            f"{found.vary.words} (%{found.vary.unit})",
            f"{metric.description}: {quoted(found.first)} minus {quoted(found.second)} ({_UNITS[metric.unit]})",
            "share",
            metric.unit,
        )
        paper.legend(handles, names)
    return paper.ax
