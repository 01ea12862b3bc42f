"""The summary and the last sections of a report: attribution, break-even, method and reproduction."""

from __future__ import annotations

from riskkit.analysis._attribution import Attribution
from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import select
from riskkit.report.html import figures as pictures
from riskkit.report.html import tables
from riskkit.report.html.blocks import Block, Bullets, Columns, KeyFigures, Listing, Paragraph, Section, Terms
from riskkit.report.html.extra_runs import ExtraRun, run_size
from riskkit.report.text.answer import answer_sentence, key_figures
from riskkit.report.text.method import command_line, method, python_lines, reproduction, scenario_text
from riskkit.report.text.numbers import counted
from riskkit.report.text.outcomes import drawdown_sentences, final_wealth_sentences
from riskkit.report.text.risk_attribution import (
    assumed_value_sentences,
    attribution_sentences,
    breakeven_sentence,
    tail_loss_sentences,
)
from riskkit.report.text.rules import ranking_sentences

__all__ = ["attribution_section", "breakeven_section", "method_section", "reproduction_section", "summary_section"]


def summary_section(
    result: Comparison, attribution: ExtraRun[Attribution] | str, break_even: ExtraRun[BreakEven] | str
) -> Section:
    """The first screen: the answer, key figures and one picture; then a few sentences."""
    names, base = result.scenario.names, result.scenario.baseline_name
    figures = key_figures(result, break_even.found if isinstance(break_even, ExtraRun) else None)
    sides: list[tuple[Block, ...]] = [(Paragraph((answer_sentence(result),), name="answer"), KeyFigures(figures))]
    if len(names) > 1 and any(result.values(rule, "max_drawdown").any() for rule in names):
        sides.append((pictures.frontier_figure(result),))
    lines = [
        final_wealth_sentences(result, base)[0],
        drawdown_sentences(result, base)[0],
        *ranking_sentences(result),
    ]
    if isinstance(attribution, ExtraRun):
        lines.append(
            " ".join(attribution_sentences(attribution.found, f"in runs of {run_size(result, attribution)}")[:2])
        )
    if isinstance(break_even, ExtraRun):
        lines.append(breakeven_sentence(break_even.found))
    return Section("summary", "Summary", (Columns(tuple(sides)), Bullets(tuple(lines))))


def attribution_section(result: Comparison, attribution: ExtraRun[Attribution] | str) -> Section:
    """The attribution of the risk."""
    title = "Risk attribution"
    if isinstance(attribution, str):
        return Section("causes", title, (Paragraph((attribution,)),))
    found = attribution.found
    blocks: list[Block] = [
        Paragraph(tuple(attribution_sentences(found, f"in runs of {run_size(result, attribution)}")))
    ]
    founders = result.scenario.portfolio.founders
    by = {"founder": found.founders, "holding": found.holdings} if founders else {"holding": found.holdings}
    losses: list[Block] = [Paragraph(tuple(tail_loss_sentences(found, founders)))]
    losses += [tables.contributions_table(frame, of) for of, frame in by.items()]
    if found.sources.empty:
        return Section("causes", title, (*blocks, *losses))
    return Section("causes", title, (*blocks, Columns(((pictures.attribution_figure(found),), tuple(losses)))))


def breakeven_section(result: Comparison, break_even: ExtraRun[BreakEven] | str) -> Section:
    """The break-even: what would have to be true for the baseline to be the better rule."""
    title = "Break-even: what would have to be true"
    if isinstance(break_even, str):
        return Section("break-even", title, (Paragraph((break_even,)),))
    found = break_even.found
    sentences = (
        breakeven_sentence(found),
        *assumed_value_sentences(found, result.scenario),
        f"The search made {counted(len(found.tried), 'run')} of {run_size(result, break_even)}.",
    )
    return Section("break-even", title, (Columns(((Paragraph(sentences),), (pictures.breakeven_figure(found),))),))


def method_section(result: Comparison) -> Section:
    """The method, the seed, and all metrics with their definitions."""
    blocks: list[Block] = [Paragraph(tuple(method(result))), *tables.every_metric(result)]
    main = tables.main_metrics(result)
    missing = tables.missing_values(result, [name for name in select(None, result.scenario) if name not in main])
    if missing:
        blocks.append(Paragraph(tuple(missing)))
    return Section("method", "Method", (*blocks, Terms(tuple(tables.definitions(result)))))


def reproduction_section(result: Comparison) -> Section:
    """The scenario file and the code that reproduce the report."""
    text, importing = scenario_text(result.scenario)
    blocks: list[Block] = [Paragraph(tuple(reproduction(result, text, importing)))]
    if text is not None:
        blocks += [Listing("scenario.toml", text), Listing("Python", python_lines(result, importing))]
        command = command_line(result, importing)
        if command is not None:
            blocks.append(Listing("The same on the command line", command))
    return Section("again", "How to reproduce this report", tuple(blocks))
