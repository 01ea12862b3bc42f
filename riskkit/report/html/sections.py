"""Sections of a report from the result itself; a section without content gives the reason."""

from __future__ import annotations

from riskkit.comparison._comparison import Comparison
from riskkit.report.html import figures as pictures
from riskkit.report.html import tables
from riskkit.report.html.blocks import Block, Bullets, Columns, Panel, Paragraph, Section, Table
from riskkit.report.html.extra_runs import rerun_obstacle
from riskkit.report.html.what_if import Grid
from riskkit.report.html.what_if_tables import conventions_table, grid_table
from riskkit.report.text.numbers import counted
from riskkit.report.text.outcomes import danger_sentences, drawdown_sentences, final_wealth_sentences
from riskkit.report.text.question import (
    concentration_sentences,
    question_sentences,
    shock_loss_sentence,
)
from riskkit.report.text.rule_descriptions import rule_description
from riskkit.report.text.rules import replays, verdict_sentences

__all__ = [
    "assumptions_section", "concentration_section", "drawdown_section", "outcomes_section", "question_section",
    "replay_obstacle", "rules_section",
]  # fmt: skip


def question_section(result: Comparison) -> Section:
    """The question and the rules."""
    scenario = result.scenario
    rows = tuple((rule.name, rule_description(rule)) for rule in scenario.rules)
    caption = "The rules; proceeds go pro rata into the holdings with no founder, unless the rule says otherwise"
    table = Table(caption, ("Rule", "What it does"), rows)
    return Section("question", "The question", (Paragraph(tuple(question_sentences(scenario))), table))


def assumptions_section(result: Comparison, evidence: list[str]) -> Section:
    """The assumptions, and sentences that set published figures beside them."""
    sentences = (
        "Every result depends on these assumptions.",
        "History is a single sample, so the report has no standard errors."
        if replays(result)
        else "The errors in this report are Monte-Carlo errors. They do not measure how uncertain the assumptions are.",
    )
    blocks: list[Block] = [Paragraph(sentences), Bullets(tuple(result.assumptions()))]
    if evidence:
        blocks += [Paragraph(("Beside them, what has been published:",)), Bullets(tuple(evidence))]
    return Section("assumptions", "Assumptions", tuple(blocks))


def concentration_section(result: Comparison) -> Section:
    """The concentration of the portfolio."""
    portfolio = result.scenario.portfolio
    sentences = [*concentration_sentences(portfolio), shock_loss_sentence(result.scenario)]
    by = ("founder", "holding") if portfolio.founders else ("holding",)
    both = tuple(tables.concentration_table(portfolio, each) for each in by)
    columns = Columns(((pictures.concentration_figure(portfolio),), both))
    return Section("concentration", "Concentration", (Paragraph(tuple(sentences)), columns))


def outcomes_section(result: Comparison) -> Section:
    """Final wealth under the baseline, and wealth over time."""
    base, why = result.scenario.baseline_name, replay_obstacle(result)
    paragraph = Paragraph((*final_wealth_sentences(result, base), *danger_sentences(result, base)))
    blocks: list[Block] = [paragraph]
    money = tables.money_table(result)
    if money is not None:
        blocks.append(money)
    fans = pictures.fan_figures(result, base) if why is None else []
    if fans:
        blocks.append(Columns(tuple((fan,) for fan in fans)))
    else:
        why = why or f"there are only {counted(result.paths, 'path')}"
        blocks.append(Paragraph((f"Wealth over time is not drawn: {why}.",)))
    return Section("outcomes", "Outcomes", tuple(blocks))


def drawdown_section(result: Comparison) -> Section:
    """Depth and length of drawdowns."""
    base = result.scenario.baseline_name
    blocks: list[Block] = [Paragraph(tuple(drawdown_sentences(result, base)))]
    if any(result.values(rule, "max_drawdown").any() for rule in result.scenario.names):
        drawn = pictures.drawdown_figures(result, base, replayed=replay_obstacle(result) is None)
        blocks.append(Columns(tuple((figure,) for figure in drawn)))
        if result.outcomes.holdings:
            blocks.append(tables.holdings_table(result))
    return Section("drawdowns", "Drawdowns", tuple(blocks))


def replay_obstacle(result: Comparison) -> str | None:
    """Why single paths cannot be replayed; historical paths can be."""
    return None if replays(result) else rerun_obstacle(result)


def rules_section(result: Comparison, grid: Grid | str) -> Section:
    """The comparison of the rules, with the sliders of the what-if."""
    several = len(result.scenario.names) > 1
    blocks: list[Block] = [Paragraph(tuple(verdict_sentences(result)), name="verdict")]
    blocks.append(_panel(grid) if isinstance(grid, Grid) else Paragraph((grid,)))
    blocks.append(tables.rules_table(result))
    missing = tables.missing_values(result, tables.main_metrics(result))
    if missing or isinstance(grid, Grid):
        blocks.append(Paragraph(tuple(missing), name="missing"))
    drawn = []
    if several:
        blocks.append(tables.differences_table(result))
        drawn.append(pictures.differences_figure(result))
    if any(result.values(rule, "max_drawdown").any() for rule in result.scenario.names):
        drawn.append(pictures.drawdown_probability_figure(result))
    if drawn:
        blocks.append(Columns(tuple((figure,) for figure in drawn)))
    if isinstance(grid, Grid):
        blocks += _what_if(grid)
    return Section("rules", "Comparison of rules", tuple(blocks))


def _what_if(grid: Grid) -> list[Block]:
    """All points of the what-if in a table, and medians under the other convention of expected returns."""
    blocks: list[Block] = [grid_table(grid)]
    conventions = conventions_table(grid)
    if conventions is not None:
        sentences = (
            "Expected returns include the shocks, so a higher rate comes with faster growth between shocks, and the "
            "median of a rule that holds may rise with the rate.",
            "The other convention leaves the growth between shocks as in the base case, so a higher rate lowers the "
            "expected returns. It reweights the paths of the base case by their likelihood ratios.",
        )
        blocks += [Paragraph(sentences), conventions]
    return blocks


def _panel(grid: Grid) -> Panel:
    """Sliders for the rate and the impact of the shock."""
    sliders, notes = [], []
    if len(grid.rates) > 1:
        sliders.append(("rate", f"Rate of {grid.shock}", grid.rate_names, grid.rates.index(1.0)))
        notes.append(
            "Other rates reweight the same paths by their likelihood ratios."
            if grid.reweighted
            else "Other rates are new runs. Expected returns include the shocks, so a higher rate raises the growth "
            "between shocks, and the median of a rule that holds may rise. A table below has the other convention."
        )
    if len(grid.impacts) > 1:
        label = f"Largest impact of {grid.shock}"
        sliders.append(("impact", label, grid.impact_names, grid.impacts.index(1.0)))
        notes.append("Other impacts are new runs on the same random numbers.")
    return Panel(tuple(sliders), " ".join([*notes, "The sliders stop at computed values only."]))
