"""Fan charts over time: bands of 50 % and 90 % of the paths, for wealth, the founder's weight and instruments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent
from riskkit._core.validation import require_known
from riskkit.comparison._comparison import Comparison
from riskkit.report.figures._hedged_rules import hedged_rule
from riskkit.report.figures._labels import assumption_notes, is_after_tax, quoted, tax_label
from riskkit.report.figures._path_data import (
    QUANTILES,
    check_result,
    path_numbers,
    replayed_paths,
    rule_to_replay,
    thinned,
    trace_paths,
)
from riskkit.report.figures._style import StyledAxes, styled_axes
from riskkit.report.figures._themes import PALETTE, rule_styles

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["founder_weight_fan", "hedge_fan", "wealth_fan"]


#: Opacity of the bands, widest first.
OPACITY = (0.16, 0.24)

#: The wealth axis is logarithmic above this ratio of highest to lowest: a linear one would hide low wealth.
DECADE = 10.0


def wealth_fan(
    result: Comparison,
    rule: str | None = None,
    *,
    paths: int | None = None,
    single_paths: int | Iterable[int] = 3,
    after_tax: bool | None = None,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Wealth over time under one rule: the median, bands of 50 % and 90 % of the paths, and a few single paths.

    Parameters
    ----------
    result : Comparison
    rule : str, optional
        Name of a rule; the baseline by default.
    paths : int, optional
        Paths 0 … n - 1 make the fan, at least 100; by default all of the result, at most 20,000. They are simulated
        again under this rule alone; ``paths=result.paths`` draws all, at about 3 kB of memory a path.
    single_paths : int or iterable of int
        How many single paths, from 0 on, or their numbers; at most 5.
    after_tax : bool, optional
        Whether wealth is after the tax of selling everything at that time, from the start on. By default it is where
        final wealth is, under ``CapitalGains(at_end="sell")``, so that the fan ends at the quantiles of the table.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        Wealth is in multiples of the start before tax, in money of the start. The label of its axis says whether it
        is before or after the tax of selling, if there is a tax, and whether the scale is logarithmic: it is if wealth
        spans more than a decade. A band holds its share of the paths at each time; few paths always stay within.

    Raises
    ------
    InvalidInput
        If there is no such rule, a number is out of its bounds, or the result is tilted.
    NotEnoughMemory
        If the paths would not fit.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> result = rk.compare(replace(rk.scenarios.baron(), steps_per_year=12), paths=1000, seed=1)
    >>> wealth_fan(result, "hold", paths=100).get_ylabel()
    "wealth under 'hold' (times the start, logarithmic scale)"
    """
    name, scenario = rule_to_replay(result, rule), result.scenario
    taxed = is_after_tax(result, after_tax)
    numbers = path_numbers("single_paths", single_paths, at_least=0, at_most=len(PALETTE) - 1)
    fan = replayed_paths(result, name, paths)
    with styled_axes(ax, theme) as styled:
        colour = rule_styles(scenario, styled.theme)[name].colour
        spanned = fan.wealth_after_tax if taxed else fan.wealth
        handles, labels = _draw(styled, fan.times, spanned, fan.paths, colour)
        if numbers:
            books = trace_paths(result, name, numbers)
            deflator = (1.0 + scenario.inflation) ** books.times[:, None]
            wealth = (books.wealth_after_tax if taxed else books.wealth) / deflator
            free = [each for each in PALETTE if each != colour]
            for number, values, own in zip(numbers, wealth.T, free, strict=False):
                labels.append(f"path {number}")
                drawn = thinned(values)
                handles += styled.ax.plot(books.times[drawn], values[drawn], color=own, linewidth=0.8, label=labels[-1])
            spanned = np.concatenate([spanned.ravel(), wealth.ravel()])
        # A logarithmic axis has no 0: a ruined path leaves through the bottom.
        low, high = spanned[spanned > 0.0].min(), spanned.max()
        unit = "times the start, in money of the start" if scenario.inflation else "times the start"
        if high > DECADE * low:
            styled.logarithmic(low, high)
            unit = f"{unit}, logarithmic scale"
        styled.label("years", f"wealth under {quoted(name)}{tax_label(result, taxed)} ({unit})", y_unit="times")
        styled.legend(handles, labels)
        styled.note(assumption_notes(result))
    return styled.ax


def founder_weight_fan(
    result: Comparison,
    rule: str | None = None,
    *,
    founder: str | None = None,
    paths: int | None = None,
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
    paths : int, optional
        As in `wealth_fan`.
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
    NotEnoughMemory
        If the paths would not fit.

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
        handles, labels = _draw(styled, fan.times, fan.founders[founder], fan.paths, colour)
        who = "all founders" if founder is None and len(founders) > 1 else quoted(founder or founders[0])
        styled.label("years", f"weight of {who} under {quoted(name)} (% of gross assets)", y_unit="share")
        styled.ax.set_ylim(0.0, 1.0)
        styled.legend(handles, labels)
        styled.note(assumption_notes(result))
    return styled.ax


def hedge_fan(
    result: Comparison,
    rule: str | None = None,
    *,
    paths: int | None = None,
    ax: Axes | None = None,
    theme: str = "light",
) -> Axes:
    """Value of the instruments over time under a hedged rule: the median, and bands of 50 % and 90 % of the paths.

    Parameters
    ----------
    result : Comparison
    rule : str, optional
        Name of a hedged rule; the baseline by default if it is hedged, else the first one that is.
    paths : int, optional
        As in `wealth_fan`.
    ax, theme
        See `riskkit.report.figures`.

    Returns
    -------
    Axes
        Values are shares of net wealth, marked at mid volatilities, before the settlements and openings of each date;
        below 0 the book owes them.

    Raises
    ------
    InvalidInput
        If there is no such rule or it is not hedged, a number is out of its bounds, or the result is tilted.
    NotEnoughMemory
        If the paths would not fit.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> hedged = rk.Hedged(rk.Hold(), rk.Put("TSLA", 0.8))
    >>> result = rk.compare(replace(rk.scenarios.baron(), rules=[hedged], steps_per_year=12, baseline=None), paths=100)
    >>> hedge_fan(result).get_ylabel()
    "value of the instruments under 'hold + put on TSLA' (% of net wealth)"
    """
    name = rule_to_replay(result, hedged_rule(check_result(result), rule).name)
    fan = replayed_paths(result, name, paths)
    with styled_axes(ax, theme) as styled:
        colour = rule_styles(result.scenario, styled.theme)[name].colour
        styled.ax.axhline(0.0, color=styled.theme.ink, linewidth=0.8)
        handles, labels = _draw(styled, fan.times, fan.hedges, fan.paths, colour)
        styled.label("years", f"value of the instruments under {quoted(name)} (% of net wealth)", y_unit="share")
        styled.legend(handles, labels)
        styled.note(assumption_notes(result))
    return styled.ax


def _draw(styled: StyledAxes, times: Array, lines: Array, paths: int, colour: str) -> tuple[list[Artist], list[str]]:
    """Draw the bands and the median of quantiles (quantile, time); return handles and labels."""
    middle = len(QUANTILES) // 2
    handles: list[Artist] = [*styled.ax.plot(times, lines[middle], color=colour, linewidth=2.0, label="median")]
    inside = []
    for place, opacity in enumerate(OPACITY):
        band = styled.ax.fill_between(
            times, lines[place], lines[-1 - place], color=colour, alpha=opacity, linewidth=0.0
        )
        handles.append(band)
        inside.append(f"{percent(QUANTILES[-1 - place] - QUANTILES[place], decimals=0)} of them")
    styled.ax.set_xlim(times[0], times[-1])
    return handles, [f"median of {paths:,} paths", *inside]
