"""Fan charts over time: bands of 50 % and 90 % of the paths, for wealth and for the founder's weight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.validation import require_known
from riskkit.comparison._comparison import Comparison
from riskkit.measures._tail import weighted_quantile
from riskkit.report.figures._labels import assumption_notes, quoted
from riskkit.report.figures._path_data import path_numbers, replayed_paths, rule_to_replay, thinned, trace_paths
from riskkit.report.figures._style import StyledAxes, styled_axes
from riskkit.report.figures._themes import PALETTE, rule_styles

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["founder_weight_fan", "wealth_fan"]


#: Bands, widest first: the share of the paths within, and the opacity.
BANDS = ((0.90, 0.16), (0.50, 0.24))

#: The wealth axis is logarithmic above this ratio of highest to lowest: a linear one would hide low wealth.
DECADE = 10.0


def wealth_fan(
    result: Comparison,
    rule: str | None = None,
    *,
    paths: int = 500,
    single_paths: int | Iterable[int] = 3,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Wealth over time under one rule: the median, bands of 50 % and 90 % of the paths, and a few single paths.

    Parameters
    ----------
    result : Comparison
    rule : str, optional
        Name of a rule; the baseline by default.
    paths : int
        Paths 0 … n - 1 make the fan, at least 100. They are simulated again, in about a second for 500.
    single_paths : int or iterable of int
        How many single paths, from 0 on, or their numbers; at most 5.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        Wealth is in multiples of the start, in money of the start, before tax at the end; its axis is logarithmic if
        it spans more than a decade. A band holds its share of the paths at each time; few paths always stay within.

    Raises
    ------
    InvalidInput
        If there is no such rule, a number is out of its bounds, or the result is tilted.
    MissingExtra
        If matplotlib is not installed.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
    >>> wealth_fan(result, "hold", paths=100).get_ylabel()
    "wealth under 'hold' (times the start)"
    """
    name, scenario = rule_to_replay(result, rule), result.scenario
    numbers = path_numbers("single_paths", single_paths, at_least=0, at_most=len(PALETTE) - 1)
    fan = replayed_paths(result, name, paths)
    with styled_axes(ax, theme) as styled:
        colour = rule_styles(scenario, styled.theme)[name].colour
        handles, labels, spanned = _draw(styled, fan.times, fan.wealth, colour)
        if numbers:
            books, wealth = trace_paths(result, name, numbers)
            free = [each for each in PALETTE if each != colour]
            for number, values, own in zip(numbers, wealth.T, free, strict=False):
                labels.append(f"path {number}")
                drawn = thinned(values)
                handles += styled.ax.plot(books.times[drawn], values[drawn], color=own, linewidth=0.8, label=labels[-1])
            spanned = np.concatenate([spanned.ravel(), wealth.ravel()])
        # A logarithmic axis has no 0: a ruined path leaves through the bottom.
        low, high = spanned[spanned > 0.0].min(), spanned.max()
        if high > DECADE * low:
            styled.logarithmic(low, high)
        money = ", in money of the start" if scenario.inflation else ""
        styled.label("years", f"wealth under {quoted(name)} (times the start{money})", y_unit="times")
        styled.legend(handles, labels)
        styled.note(assumption_notes(result))
    return styled.ax


def founder_weight_fan(
    result: Comparison,
    rule: str | None = None,
    *,
    founder: str | None = None,
    paths: int = 500,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Weight of a founder over time under one rule: the median, and bands of 50 % and 90 % of the paths.

    Parameters
    ----------
    result : Comparison
    rule : str, optional
        Name of a rule; the baseline by default.
    founder : str, optional
        A person; all founders together by default.
    paths : int
        Paths 0 … n - 1 make the fan, at least 100.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        Weights are shares of gross assets, before the trades of each date.

    Raises
    ------
    InvalidInput
        If there is no such rule or founder (the message lists those that exist), or a number is out of its bounds,
        or the result is tilted.
    MissingExtra
        If matplotlib is not installed.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
    >>> founder_weight_fan(result, "cap 30 %", paths=100).get_ylabel()
    "weight of 'Musk' under 'cap 30 %' (% of gross assets)"
    """
    name, scenario = rule_to_replay(result, rule), result.scenario
    founders = scenario.portfolio.founders
    if not founders:
        raise InvalidInput("the portfolio must have a holding that is tied to a founder, got none")
    require_known("founder", [founder] if founder is not None else [], founders)
    fan = replayed_paths(result, name, paths)
    with styled_axes(ax, theme) as styled:
        colour = rule_styles(scenario, styled.theme)[name].colour
        handles, labels, _ = _draw(styled, fan.times, fan.founders[founder], colour)
        who = "all founders" if founder is None and len(founders) > 1 else quoted(founder or founders[0])
        styled.label("years", f"weight of {who} under {quoted(name)} (% of gross assets)", y_unit="share")
        styled.ax.set_ylim(0.0, 1.0)
        styled.legend(handles, labels)
        styled.note(assumption_notes(result))
    return styled.ax


def _draw(styled: StyledAxes, times: Array, values: Array, colour: str) -> tuple[list[Artist], list[str], Array]:
    """Draw the bands and the median of values (time, path); return handles, labels and quantiles (line, time)."""
    shares = [0.5 - share / 2.0 for share, _ in BANDS] + [0.5] + [0.5 + share / 2.0 for share, _ in reversed(BANDS)]
    lines = np.array([[weighted_quantile(row, share) for row in values] for share in shares])
    handles: list[Artist] = [*styled.ax.plot(times, lines[len(BANDS)], color=colour, linewidth=2.0, label="median")]
    for place, (_, darkness) in enumerate(BANDS):
        band = styled.ax.fill_between(
            times, lines[place], lines[-1 - place], color=colour, alpha=darkness, linewidth=0.0
        )
        handles.append(band)
    styled.ax.set_xlim(times[0], times[-1])
    inside = [f"{percent(share, decimals=0)} of them" for share, _ in BANDS]
    return handles, [f"median of {values.shape[1]:,} paths", *inside], lines
