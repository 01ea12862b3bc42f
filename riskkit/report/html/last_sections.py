"""What further runs say, and how all of it was found: the last sections of a report, and its summary."""

from __future__ import annotations

from riskkit.analysis._attribution import Attribution
from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import select
from riskkit.report.html import figures as pictures
from riskkit.report.html import tables
from riskkit.report.html.blocks import Bullets, Listing, Part, Section, Terms, Words
from riskkit.report.html.further_runs import Answer
from riskkit.report.text.causes import assumed_value, caused, lost_in_the_tail, tied
from riskkit.report.text.method import command_line, method, python_lines, reproduction, scenario_text
from riskkit.report.text.numbers import counted
from riskkit.report.text.outcomes import depths, ends
from riskkit.report.text.question import question
from riskkit.report.text.rules import verdict

__all__ = ["came_from", "found_by", "made_again", "needed", "summary"]


def summary(result: Comparison, causes: Answer[Attribution] | str, tie: Answer[BreakEven] | str) -> Section:
    """The report in a few sentences."""
    base = result.scenario.baseline_name
    lines = [
        question(result.scenario)[1],
        ends(result, base)[0],
        depths(result, base)[0],
        *verdict(result)[:2],
    ]
    if isinstance(causes, Answer):
        lines.append(" ".join(caused(causes.found, f"in runs of {_run_size(result, causes)}")[:2]))
    if isinstance(tie, Answer):
        lines.append(tied(tie.found))
    return Section("summary", "Summary", (Bullets(tuple(lines)),))


def came_from(result: Comparison, causes: Answer[Attribution] | str) -> Section:
    """What the risk comes from."""
    title = "Risk attribution"
    if isinstance(causes, str):
        return Section("causes", title, (Words((causes,)),))
    found = causes.found
    parts: list[Part] = [Words(tuple(caused(found, f"in runs of {_run_size(result, causes)}")))]
    if not found.sources.empty:
        parts.append(pictures.causes_figure(found))
    founders = result.scenario.portfolio.founders
    parts.append(Words(tuple(lost_in_the_tail(found, founders))))
    by = {"founder": found.founders, "holding": found.holdings} if founders else {"holding": found.holdings}
    parts += [tables.contribution_table(frame, of) for of, frame in by.items()]
    return Section("causes", title, tuple(parts))


def needed(result: Comparison, tie: Answer[BreakEven] | str) -> Section:
    """What would have to be true for the baseline to be right."""
    title = "Break-even: what would have to be true"
    if isinstance(tie, str):
        return Section("break-even", title, (Words((tie,)),))
    found = tie.found
    words = (
        tied(found),
        *assumed_value(found, result.scenario),
        f"The search made {counted(len(found.tried), 'run')} of {_run_size(result, tie)}.",
    )
    return Section("break-even", title, (Words(words), pictures.tie_figure(found)))


def _run_size(result: Comparison, answer: Answer[Attribution] | Answer[BreakEven]) -> str:
    """Paths of the extra runs, and their steps where these are longer than those of the result."""
    lengths = {1: "yearly", 12: "monthly"}
    steps = answer.steps_per_year
    longer = f" in {lengths[steps]} steps" if steps != result.scenario.steps_per_year else ""
    return f"{counted(answer.found.paths, 'path')}{longer}"


def found_by(result: Comparison) -> Section:
    """Method, seed, and all metrics with what they mean."""
    parts: list[Part] = [Words(tuple(method(result))), *tables.every_metric(result)]
    shown = tables.metrics_shown(result)
    missing = tables.unknown(result, [name for name in select(None, result.scenario) if name not in shown])
    if missing:
        parts.append(Words(tuple(missing)))
    return Section("method", "Method", (*parts, Terms(tuple(tables.definitions(result)))))


def made_again(result: Comparison) -> Section:
    """The scenario file, and the lines that make the report again."""
    text, importing = scenario_text(result.scenario)
    parts: list[Part] = [Words(tuple(reproduction(result, text, importing)))]
    if text is not None:
        parts += [Listing("scenario.toml", text), Listing("Python", python_lines(result, importing))]
        command = command_line(result, importing)
        if command is not None:
            parts.append(Listing("The same on the command line", command))
    return Section("again", "How to reproduce this report", tuple(parts))
