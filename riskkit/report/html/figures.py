"""The figures of a report, as SVG for a page, with their captions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from riskkit._core.errors import RiskkitWarning
from riskkit.analysis._attribution import Attribution
from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison._comparison import Comparison
from riskkit.measures._tail import weighted_quantile
from riskkit.portfolio._portfolio import Portfolio
from riskkit.report import figures
from riskkit.report.figures._breakeven_curve import tie_curve
from riskkit.report.html.blocks import Figure
from riskkit.report.text.numbers import counted, quoted
from riskkit.report.text.rules import replays

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "causes_figure", "chance_figure", "concentration_figure", "depth_figures", "fan_figures", "frontier_figure",
    "gaps_figure", "tie_figure",
]  # fmt: skip

#: Paths that make a fan, and the fewest; path-steps times assets above which the fewest are followed.
FAN, FEWEST, LARGE = 500, 100, 1e8


def drawn(figure: Callable[..., Axes], caption: str, *parts: Any, name: str | None = None, **how: Any) -> Figure:
    """A figure in the ink of the page; its caption is also what a screen reader says of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        # Texts stay texts, in fonts of the reader's machine.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        axes = figure(*parts, theme="page", **how)
        return Figure(figures.svg(axes, caption), caption, name)


def concentration_figure(portfolio: Portfolio) -> Figure:
    """Bars by founder and by holding."""
    caption = "Shares of gross assets by founder and by holding; holdings in the colours of their founders."
    return drawn(figures.concentration_bars, caption, portfolio)


def fan_figures(result: Comparison, rule: str) -> list[Figure]:
    """Wealth and founder weight over time under a rule; none where too few paths can be followed."""
    paths = min(FAN, result.paths) if replays(result) else FAN
    if result.scenario.calendar.steps * len(result.scenario.market.assets) * paths > LARGE:
        paths = FEWEST
    if paths < FEWEST:
        return []
    which = f"{counted(paths, 'path')} under {quoted(rule)}"
    caption = f"Wealth over time: at each time the bands hold 50 % and 90 % of {which}; few paths always stay within."
    fans = [drawn(figures.wealth_fan, f"{caption} Lines are single paths.", result, rule, paths=paths)]
    if result.scenario.portfolio.founders:
        caption = f"Weight of the founders over time: at each time the bands hold 50 % and 90 % of {which}."
        fans.append(drawn(figures.founder_weight_fan, caption, result, rule, paths=paths))
    return fans


def depth_figures(result: Comparison, rule: str, *, followed: bool) -> list[Figure]:
    """The distribution of max drawdowns, and two single paths if these can be followed."""
    caption = f"Distribution and quantiles of the maximum drawdown under each rule{_sure(result, 'bands')}."
    found = [drawn(figures.max_drawdowns, caption, result)]
    if followed:
        found.append(_single_paths(result, rule))
    return found


def _single_paths(result: Comparison, rule: str) -> Figure:
    """One path that is as deep as most, and one that is deeper."""
    numbers = None
    if result.outcomes.stratum is None and result.outcomes.design.equal:
        depths = result.values(rule, "max_drawdown")
        numbers = list(dict.fromkeys(int((depths == weighted_quantile(depths, p)).argmax()) for p in (0.5, 0.95)))
    # Else path 17 of the result is not path 17 of its scenario, and the figure looks among the first 500 of these.
    deeper = "" if numbers and len(numbers) == 1 else ", and on one at the 95 % quantile"
    caption = (
        f"Drawdown over time under {quoted(rule)} on a path with the median maximum drawdown{deeper}. Marks are shocks."
    )
    return drawn(figures.under_water, caption, result, rule, paths=numbers)


def chance_figure(result: Comparison) -> Figure:
    """The probability of every depth under each rule."""
    caption = f"Probability that the maximum drawdown exceeds x under each rule{_sure(result, 'bands')}."
    return drawn(figures.drawdown_probability, caption, result, name="curves")


def gaps_figure(result: Comparison) -> Figure:
    """Paired differences of median wealth."""
    base = quoted(result.scenario.baseline_name)
    caption = f"Median final wealth under each rule minus that under {base}{_sure(result, 'intervals')}."
    return drawn(figures.paired_differences, caption, result, "wealth_median", name="gaps")


def frontier_figure(result: Comparison) -> Figure:
    """Wealth against depth."""
    caption = f"Median final wealth against CED 95 % of each rule{_sure(result, 'error ellipses')}."
    return drawn(figures.frontier, caption, result, name="frontier")


def _sure(result: Comparison, what: str) -> str:
    """What a caption says of the errors that are drawn."""
    return "" if replays(result) else f", with 95 % {what}"


def causes_figure(found: Attribution) -> Figure:
    """The waterfall of sources."""
    caption = f"Attribution of the mean maximum drawdown under {quoted(found.rule)} in points, with 95 % intervals."
    return drawn(figures.waterfall, caption, found)


def tie_figure(found: BreakEven) -> Figure:
    """The difference over the assumption."""
    caption = f"{quoted(found.first)} minus {quoted(found.second)} by assumed value, with 95 % intervals."
    return drawn(tie_curve, caption, found)
