"""Figures of a report as SVG, with captions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from riskkit._core.errors import RiskkitWarning
from riskkit.analysis._attribution import Attribution
from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison._comparison import Comparison
from riskkit.instruments import Hedged, terms_of
from riskkit.market import Market
from riskkit.measures._tail import weighted_quantile
from riskkit.optimize.best_possible._gap import Gaps
from riskkit.portfolio._portfolio import Portfolio
from riskkit.report import figures
from riskkit.report.figures._breakeven_curve import breakeven_curve
from riskkit.report.figures._labels import is_after_tax, tax_label
from riskkit.report.figures._path_data import MOST
from riskkit.report.html.blocks import Figure
from riskkit.report.text.numbers import counted, quoted
from riskkit.report.text.rules import replays
from riskkit.toml.stored_instrument import StoredInstrument

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "attribution_figure", "breakeven_figure", "concentration_figure", "differences_figure", "drawdown_figures",
    "drawdown_probability_figure", "fan_figures", "frontier_figure", "gap_figure", "hedge_fan_figures",
    "payoff_figures",
]  # fmt: skip

#: Path-steps times assets that a fan replays in about half a second, and the fewest paths of a fan.
LARGE, FEWEST = 8e7, 100


def rendered(
    figure: Callable[..., Axes], caption: str, *arguments: Any, name: str | None = None, **options: Any
) -> Figure:
    """A figure in the theme of the page; its caption is also the description for screen readers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        # Texts stay texts, in fonts of the reader's machine.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        axes = figure(*arguments, theme="page", **options)
        return Figure(figures.svg(axes, caption), caption, name)


def concentration_figure(portfolio: Portfolio) -> Figure:
    """Bars by founder and by holding."""
    caption = "Shares of gross assets by founder and by holding; holdings in the colours of their founders."
    return rendered(figures.concentration_bars, caption, portfolio)


def fan_figures(result: Comparison, rule: str) -> list[Figure]:
    """Fan charts of wealth and founder weight under a rule; none if there are too few paths."""
    if result.paths < FEWEST:
        return []
    paths, which = _paths_of_fan(result, rule)
    taxed = tax_label(result, is_after_tax(result, None))
    caption = (
        f"Wealth over time{taxed}: at each time the bands hold 50 % and 90 % of {which}; few paths always stay within."
    )
    fans = [rendered(figures.wealth_fan, f"{caption} Lines are single paths.", result, rule, paths=paths)]
    if result.scenario.portfolio.founders:
        caption = f"Weight of the founders over time: at each time the bands hold 50 % and 90 % of {which}."
        fans.append(rendered(figures.founder_weight_fan, caption, result, rule, paths=paths))
    return fans


def _paths_of_fan(result: Comparison, rule: str) -> tuple[int, str]:
    """Paths of a fan that replays in about half a second, and what a caption says of them."""
    affordable = LARGE / (result.scenario.calendar.steps * len(result.scenario.market.assets))
    paths = min(result.paths, MOST, max(int(affordable) // FEWEST * FEWEST, FEWEST))
    total = "" if paths == result.paths else f"the first {paths:,} of "
    return paths, f"{total}{counted(result.paths, 'path')} under {quoted(rule)}"


def hedge_fan_figures(result: Comparison, rule: str) -> list[Figure]:
    """The fan chart of the value of instruments under a hedged rule; none if there are too few paths."""
    if result.paths < FEWEST:
        return []
    paths, which = _paths_of_fan(result, rule)
    caption = (
        f"Value of the instruments as a share of net wealth over time, below 0 where it is owed: the median, and bands "
        f"that hold 50 % and 90 % of {which}."
    )
    return [rendered(figures.hedge_fan, caption, result, rule, paths=paths)]


def payoff_figures(rule: Hedged, market: Market) -> list[Figure]:
    """A pay-off diagram of each holding on which a rule has instruments with legs."""
    runnable = [each for each in rule.instruments if not isinstance(each, StoredInstrument)]
    with_legs = [each for each in runnable if each.legs(terms_of(each, market))]
    return [
        rendered(
            figures.payoff,
            f"{quoted(on)} with the instruments of {quoted(rule.name)} by its price, at the opening and at expiry, "
            "before tax. The premium is taken off, or added where it is received. The thin line is the holding alone.",
            with_legs,
            market,
            on=on,
        )
        for on in dict.fromkeys(each.on for each in with_legs)
    ]


def drawdown_figures(result: Comparison, rule: str, *, replayed: bool) -> list[Figure]:
    """The distribution of max drawdowns, and two single paths if these can be replayed."""
    caption = f"Distribution and quantiles of the maximum drawdown under each rule{_interval_note(result, 'bands')}."
    found = [rendered(figures.max_drawdowns, caption, result)]
    if replayed:
        found.append(_single_paths(result, rule))
    return found


def _single_paths(result: Comparison, rule: str) -> Figure:
    """A path with the median max drawdown, and one at the 95 % quantile."""
    numbers = None
    if result.outcomes.stratum is None and result.outcomes.design.equal:
        depths = result.values(rule, "max_drawdown")
        numbers = list(dict.fromkeys(int((depths == weighted_quantile(depths, p)).argmax()) for p in (0.5, 0.95)))
    # Else path 17 of the result is not path 17 of its scenario, and the figure chooses from the first 500 paths.
    deeper = "" if numbers and len(numbers) == 1 else ", and on one at the 95 % quantile"
    caption = (
        f"Drawdown over time under {quoted(rule)} on a path with the median maximum drawdown{deeper}. Marks are shocks."
    )
    return rendered(figures.under_water, caption, result, rule, paths=numbers)


def drawdown_probability_figure(result: Comparison) -> Figure:
    """The probability that the max drawdown exceeds x under each rule."""
    caption = f"Probability that the maximum drawdown exceeds x under each rule{_interval_note(result, 'bands')}."
    return rendered(figures.drawdown_probability, caption, result, name="curves")


def differences_figure(result: Comparison) -> Figure:
    """Paired differences of median wealth."""
    base = quoted(result.scenario.baseline_name)
    caption = f"Median final wealth under each rule minus that under {base}{_interval_note(result, 'intervals')}."
    return rendered(figures.paired_differences, caption, result, "wealth_median", name="gaps")


def frontier_figure(result: Comparison) -> Figure:
    """Median wealth against CED 95 %."""
    caption = (
        f"Median final wealth against CED 95 % of each rule{_interval_note(result, 'intervals and error ellipses')}; a "
        "higher median and a smaller drawdown are better."
    )
    return rendered(figures.frontier, caption, result, name="frontier")


def _interval_note(result: Comparison, what: str) -> str:
    """The note on intervals in a caption."""
    return "" if replays(result) else f", with 95 % {what}"


def attribution_figure(found: Attribution) -> Figure:
    """The waterfall of risk factors."""
    caption = f"Attribution of the mean maximum drawdown under {quoted(found.rule)} in points, with 95 % intervals."
    return rendered(figures.waterfall, caption, found)


def breakeven_figure(found: BreakEven) -> Figure:
    """The difference of two rules over the varied assumption."""
    caption = f"{quoted(found.first)} minus {quoted(found.second)} by assumed value, with 95 % intervals."
    return rendered(breakeven_curve, caption, found)


def gap_figure(gaps: Gaps) -> Figure:
    """Certainty equivalents of the rules up to the bound."""
    caption = (
        f"Certainty equivalent of final wealth (risk aversion {gaps.policy.risk_aversion:g}) under each rule, and the "
        "bound that no plan of the class exceeds, with 95 % intervals. Beside each bar is its gap in percent of the "
        "bound, with its interval."
    )
    return rendered(figures.gap_bars, caption, gaps)
