"""Underwater plot: drawdowns of single paths over time, and their shocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.validation import boolean
from riskkit.comparison._comparison import Comparison
from riskkit.measures import drawdown
from riskkit.measures._tail import weighted_quantile
from riskkit.report.figures._labels import assumption_notes, formatted, quoted, tax_label
from riskkit.report.figures._path_data import path_numbers, replayed_paths, rule_to_replay, thinned, trace_paths
from riskkit.report.figures._style import styled_axes
from riskkit.report.figures._themes import MARKERS, PALETTE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["under_water"]

#: By default the plot has the paths at these quantiles of the max drawdown, among this many paths.
PATHS = 500
QUANTILES = {0.5: "median", 0.95: "95 % quantile"}


def under_water(
    result: Comparison,
    rule: str | None = None,
    *,
    paths: int | Iterable[int] | None = None,
    after_tax: bool = False,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Drawdowns of single paths under one rule over time, with the shocks marked.

    Parameters
    ----------
    result : Comparison
    rule : str, optional
        Name of a rule; the baseline by default.
    paths : int or iterable of int, optional
        How many paths, from 0 on, or their numbers; at most 6. By default two: of the first 500 paths, those whose
        max drawdown before tax is the median and the 95 % quantile.
    after_tax : bool
        Whether wealth is after the tax of selling everything at that time. By default it is before that tax, as in the
        drawdowns of `Comparison.table`.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        Drawdowns are drawn downwards, from 0 at the top. If there is a tax, the label of their axis says whether wealth
        is before or after the tax of selling. A shock is marked at the end of its step, even if the rule
        has sold the holdings that it hits.

    Raises
    ------
    InvalidInput
        If there is no such rule, a number is out of its bounds, or the result is tilted.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
    >>> under_water(result, "hold", paths=[3, 17]).get_ylabel()
    "drawdown under 'hold' (% below the peak)"
    """
    name, scenario = rule_to_replay(result, rule), result.scenario
    boolean("after_tax", after_tax)
    if paths is None:
        depths = replayed_paths(result, name, PATHS).depths
        found = {int(np.flatnonzero(depths == weighted_quantile(depths, p))[0]): name for p, name in QUANTILES.items()}
    else:
        found = dict.fromkeys(path_numbers("paths", paths, at_least=1, at_most=len(PALETTE)), "")
    books = trace_paths(result, name, list(found))
    depth = drawdown(books.wealth_after_tax if after_tax else books.wealth)
    with styled_axes(ax, theme) as styled:
        handles: list[Artist] = []
        labels = []
        for place, (number, quantile) in enumerate(found.items()):
            line = depth[:, place]
            chosen = f" ({quantile}{' before tax' if after_tax else ''})" if quantile else ""
            labels.append(f"path {number}: at worst {formatted(line.max(), 'share', '.0f')} %{chosen}")
            drawn = thinned(line)
            times, line = books.times[drawn], line[drawn]
            handles += styled.ax.plot(times, line, color=PALETTE[place], linewidth=1.0, label=labels[-1])
            styled.ax.fill_between(times, line, color=PALETTE[place], alpha=0.08, linewidth=0.0)
        for shock, marker in zip(scenario.market.shocks, MARKERS * len(scenario.market.shocks), strict=False):
            events = books.events[books.events["shock"] == shock.name]
            if events.empty:
                continue
            column = [list(found).index(number) for number in events["path"]]
            steps = events["step"].to_numpy()
            handles += styled.ax.plot(
                books.times[steps], depth[steps, column], marker, color=styled.theme.ink, markersize=6.0,
                label=shock.name,
            )  # fmt: skip
            labels.append(shock.name)
        styled.label(
            "years", f"drawdown under {quoted(name)}{tax_label(result, after_tax)} (% below the peak)", y_unit="share"
        )
        styled.ax.set_xlim(books.times[0], books.times[-1])
        styled.ax.set_ylim(1.0, -0.02)
        styled.legend(handles, labels)
        styled.note(assumption_notes(result))
    return styled.ax
