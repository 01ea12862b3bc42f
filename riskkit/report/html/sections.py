"""What a result says by itself, as sections of a report: each says something, or why it cannot."""

from __future__ import annotations

from riskkit.comparison._comparison import Comparison
from riskkit.report.html import figures as pictures
from riskkit.report.html import tables
from riskkit.report.html.blocks import Bullets, Panel, Part, Section, Table, Words
from riskkit.report.html.further_runs import obstacle
from riskkit.report.html.what_if import Grid
from riskkit.report.text.numbers import counted
from riskkit.report.text.outcomes import dangers, depths, ends
from riskkit.report.text.question import concentrated, question, rule_in_words, struck_now
from riskkit.report.text.rules import replays, verdict

__all__ = ["asked", "assumed", "compared", "concentration", "falls", "outcomes"]


def asked(result: Comparison) -> Section:
    """The question, and the rules."""
    scenario = result.scenario
    rows = tuple((rule.name, *rule_in_words(rule)) for rule in scenario.rules)
    table = Table("The rules", ("Rule", "What it does", "Settings"), rows)
    return Section("question", "The question", (Words(tuple(question(scenario))), table))


def assumed(result: Comparison) -> Section:
    """What is taken for granted."""
    words = (
        "Every result depends on these assumptions.",
        "History is a single sample, so the report has no standard errors."
        if replays(result)
        else "The errors in this report are Monte-Carlo errors. They do not measure how uncertain the assumptions are.",
    )
    return Section("assumptions", "Assumptions", (Words(words), Bullets(tuple(result.assumptions()))))


def concentration(result: Comparison) -> Section:
    """How few things the portfolio depends on."""
    portfolio = result.scenario.portfolio
    words = [*concentrated(portfolio), struck_now(result.scenario)]
    by = ("founder", "holding") if portfolio.founders else ("holding",)
    parts: list[Part] = [Words(tuple(words)), pictures.concentration_figure(portfolio)]
    parts += [tables.concentration_table(portfolio, each) for each in by]
    return Section("concentration", "Concentration", tuple(parts))


def outcomes(result: Comparison) -> Section:
    """Where wealth ends under the baseline, and the way there."""
    base, why = result.scenario.baseline_name, _not_followed(result)
    words = Words((*ends(result, base), *dangers(result, base)))
    fans: list[Part] = list(pictures.fan_figures(result, base)) if why is None else []
    if not fans:
        why = why or f"there are only {counted(result.paths, 'path')}"
        fans = [Words((f"Wealth over time is not drawn: {why}.",))]
    return Section("outcomes", "Outcomes", (words, *fans))


def falls(result: Comparison) -> Section:
    """How deep and how long wealth falls."""
    base = result.scenario.baseline_name
    parts: list[Part] = [Words(tuple(depths(result, base)))]
    if any(result.values(rule, "max_drawdown").any() for rule in result.scenario.names):
        parts += pictures.depth_figures(result, base, followed=_not_followed(result) is None)
        if result.outcomes.holdings:
            parts.append(tables.holdings_table(result))
    return Section("drawdowns", "Drawdowns", tuple(parts))


def _not_followed(result: Comparison) -> str | None:
    """Why single paths are not followed through time; those that did happen can be."""
    return None if replays(result) else obstacle(result)


def compared(result: Comparison, grid: Grid | str) -> Section:
    """The rules against one another, with the sliders of the what-if."""
    several = len(result.scenario.names) > 1
    parts: list[Part] = [Words(tuple(verdict(result)), name="verdict")]
    parts.append(_panel(grid) if isinstance(grid, Grid) else Words((grid,)))
    parts.append(tables.rules_table(result))
    missing = tables.unknown(result, tables.metrics_shown(result))
    if missing:
        parts.append(Words(tuple(missing)))
    if several:
        parts += [tables.differences_table(result), pictures.gaps_figure(result)]
    if any(result.values(rule, "max_drawdown").any() for rule in result.scenario.names):
        parts.append(pictures.chance_figure(result))
        parts += [pictures.frontier_figure(result)] if several else []
    return Section("rules", "Comparison of rules", tuple(parts))


def _panel(grid: Grid) -> Panel:
    """Sliders for what can be varied."""
    sliders, how = [], []
    if len(grid.rates) > 1:
        sliders.append(("rate", f"Rate of {grid.shock}", grid.rate_names, grid.rates.index(1.0)))
        how.append(
            "Other rates reweight the same paths by their likelihood ratios."
            if grid.reweighted
            else "Other rates are new runs, because expected returns include the shocks."
        )
    if len(grid.impacts) > 1:
        label = f"Largest impact of {grid.shock}"
        sliders.append(("impact", label, grid.impact_names, grid.impacts.index(1.0)))
        how.append("Other impacts are new runs on the same random numbers.")
    return Panel(tuple(sliders), " ".join([*how, "The sliders stop at computed values only."]))
