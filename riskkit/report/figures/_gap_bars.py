"""Certainty equivalents of rules up to the bound of all plans of their class, and each rule's gap to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.validation import short_repr
from riskkit.comparison.estimation.estimate import REFERENCE_Z
from riskkit.optimize.best_possible._gap import Gaps
from riskkit.report.figures._style import NOTE, StyledAxes, rows_height, styled_axes
from riskkit.report.figures._themes import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["gap_bars"]

#: Colours of the bars, of the numbers on them, and of the bound.
BAR, ON_BAR, BOUND = PALETTE[0], "#ffffff", PALETTE[1]

#: Width in pixels of a gap with its interval, and of a number on a bar.
GAP, NUMBER = 120.0, 45.0

#: Share of a new figure's width that is left beside names, and the largest share of the plot that gaps take.
BESIDE_NAMES, MOST = 0.72, 0.5


def gap_bars(gaps: Gaps, *, ax: Axes | None = None, theme: str = "light") -> Axes:
    """Certainty equivalent of each rule as a bar, up to a line at the bound, with its gap.

    Parameters
    ----------
    gaps : Gaps
        What `Comparison.gap` returns.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        A row a rule, in the order of ``gaps.table``. On each bar stands the certainty equivalent; errors are 95 %
        intervals, and so is the band of the bound. Beside it stands the gap in percent of the bound with its 95 %
        interval. A rule that is not covered has no bar; ``gaps.table`` has the reason.

    Raises
    ------
    InvalidInput
        If it is not the result of `Comparison.gap`.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> rules = [rk.DiversifyNow(), rk.Rebalance(12)]
    >>> scenario = replace(rk.scenarios.baron(), rules=rules, baseline=None, years=2, steps_per_year=12)
    >>> gaps = rk.compare(scenario, paths=1000, seed=1).gap(into="diversified", inner=16)
    >>> [label.get_text() for label in gap_bars(gaps).get_yticklabels()]
    ['diversify now', 'rebalance', 'adaptive sell down']
    """
    if not isinstance(gaps, Gaps):
        raise InvalidInput(f"gaps must be what Comparison.gap returns, got {short_repr(gaps)}")
    from matplotlib.ticker import MaxNLocator

    end, thickness = gaps.bound + REFERENCE_Z * gaps.standard_error, min(0.2 * len(gaps.table), 0.6)
    with styled_axes(ax, theme, rows_height(len(gaps.table))) as styled:
        width = styled.ax.bbox.width * (BESIDE_NAMES if styled.owns_figure else 1.0)
        # The gaps stand to the right of the bound, and the axis has no numbers there.
        right = end / (1.0 - min(GAP / width, MOST))
        styled.ax.set_xlim(0.0, right)
        numbers = np.asarray(MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(0.0, end))
        styled.ax.set_xticks(numbers[numbers <= end])
        band = styled.ax.axvspan(2.0 * gaps.bound - end, end, color=BOUND, alpha=0.25, linewidth=0.0)
        line = styled.ax.axvline(gaps.bound, color=BOUND, linewidth=1.6)
        for row, (_, rule) in enumerate(gaps.table.iterrows()):
            if rule["not_covered"]:
                _text(styled, row, 0.0, "not covered")
                continue
            value, error, gap, low, high = (
                float(rule[name]) for name in ("certainty_equivalent", "standard_error", "gap", "low", "high")
            )
            _bar(styled, row, thickness, value, REFERENCE_Z * error, on_bar=width * value / right > NUMBER)
            interval = f"({100.0 * low:.2f} to {percent(high, decimals=2)})"
            _text(styled, row, end, f"gap {percent(gap, decimals=2)}\n{interval}")
        styled.rows(gaps.table.index)
        styled.label(
            f"certainty equivalent (risk aversion {gaps.policy.risk_aversion:g}) of final wealth (times the start)",
            x_unit="times",
        )
        styled.legend([line, band], [f"bound {gaps.bound:.4f}", "its 95 % interval"])
    return styled.ax


def _bar(styled: StyledAxes, row: int, thickness: float, value: float, error: float, *, on_bar: bool) -> None:
    """Draw a bar with its error, and its number on it or, if it is too short, beside it."""
    styled.ax.barh(
        row, value, thickness, color=BAR,
        xerr=error, error_kw={"ecolor": styled.theme.ink, "elinewidth": 1.0, "capsize": 2.5},
    )  # fmt: skip
    _text(styled, row, 0.0 if on_bar else value + error, f"{value:.4f}", ON_BAR if on_bar else styled.theme.ink)


def _text(styled: StyledAxes, row: int, place: float, text: str, colour: str | None = None) -> None:
    """Write a text to the right of a place in a row."""
    styled.ax.annotate(
        text, (place, row), (4.0, 0.0), textcoords="offset points", va="center", fontsize=NOTE,
        color=colour or styled.theme.ink,
    )  # fmt: skip
