"""Sentences on the method of a result, and the listings that reproduce it."""

from __future__ import annotations

from dataclasses import replace

from riskkit._core.errors import InvalidInput
from riskkit._version import __version__
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.reweighting.moment_matching import MOMENT_MATCHED, is_matched
from riskkit.report.text.numbers import counted, several
from riskkit.report.text.rules import replays
from riskkit.scenario._scenario import Scenario
from riskkit.toml import to_toml

__all__ = ["command_line", "method", "python_lines", "reproduction", "scenario_text"]


def method(result: Comparison) -> list[str]:
    """Sentences on the number of paths, their sampling and weights, and the meaning of the errors."""
    scenario, notes = result.scenario, result.notes
    steps = f"{counted(scenario.calendar.steps, 'step')} ({scenario.steps_per_year} a year)"
    version = notes.get("version", __version__)
    if replays(result):
        disjoint = -(-result.paths // scenario.calendar.steps)
        return [
            f"Every rule was run through past prices: {counted(result.paths, 'window')} of {steps}, of which "
            f"{disjoint} {'does' if disjoint == 1 else 'do'} not overlap, with riskkit {version}.",
            "History is a single sample, whatever the number of windows, so no standard errors can be given.",
        ]
    lines = [
        f"Every rule was run on the same {counted(result.paths, 'path')} of {steps}, seed {result.seed}, with riskkit "
        f"{version}.",
        "The same seed gives the same paths for any number of processors.",
    ]
    strata = stratified_on(result)
    if strata:
        lines.append(
            f"Sampling is stratified by the number of events of {several(strata)}, and the paths are weighted "
            "accordingly."
        )
    if is_matched(result):
        lines.append(
            "The paths are weighted so that the means of what drives the market, such as the final Brownian value of "
            "each asset and the number of events, are exact (moment matching)."
        )
    if "until" in notes:
        lines.append(f"Paths were added until these standard errors or the path limit were reached: {notes['until']}.")
    if "reweighted" in notes:
        lines.append(f"The paths were drawn at other rates and reweighted: {notes['reweighted']}.")
    if "tilted" in notes:
        lines.append(f"The paths are weighted so that these views hold: {notes['tilted']}.")
    if not result.outcomes.design.equal:
        lines.append(f"The effective sample size is {result.effective_sample_size:,.0f} paths.")
    if scenario.market.uncertain:
        lines.append(
            "Each group of sixteen paths shares one draw of the uncertain parameters, and standard errors are computed "
            "from these groups."
        )
    return [
        *lines,
        "A number after ± is one standard error, and intervals are at the 95 % level. Both measure Monte-Carlo error "
        "only.",
        "Differences between rules are paired path by path, so the randomness that both share cancels.",
    ]


def stratified_on(result: Comparison) -> list[str]:
    """Shocks whose number of events was stratified."""
    _, on, names = result.notes.get("sampling", "").partition("stratified on ")
    if not on:
        return []
    # Names may hold commas themselves.
    return [shock.name for shock in result.scenario.market.shocks if f", {shock.name}, " in f", {names}, "]


def scenario_text(scenario: Scenario) -> tuple[str | None, bool]:
    """The scenario as TOML (None if no file can hold it), and whether reading it imports user-defined classes."""
    texts: list[str | None] = []
    for strict in (True, False):
        try:
            texts.append(to_toml(scenario, strict=strict))
        except InvalidInput:
            texts.append(None)
    complete, stored = texts
    return complete or stored, complete is not None and complete != stored


def reproduction(result: Comparison, text: str | None, importing: bool) -> list[str]:
    """Sentences on how to reproduce the report, and on the limits of the listings."""
    if text is None:
        return [
            "The scenario contains user-defined code that no file can hold. The Python code that built it is needed."
        ]
    lines = ["Save the first listing as scenario.toml. The second listing reproduces the report."]
    if importing:
        lines.append("The file names user-defined classes, which must be importable.")
    stored = _rules_without_code(result.scenario)
    if stored:
        lines.append(f"The file holds only the name and repr of {several(stored)}: put the rule itself in its place.")
    if "reweighted" in result.notes:
        lines.append(
            "They simulate at the new rates. The results agree with the reweighted ones within the standard errors."
        )
    if "tilted" in result.notes:
        lines.append("They do not contain the views: tilt the result again before writing its report.")
    return lines


def _rules_without_code(scenario: Scenario) -> list[str]:
    """Rules of which a file can hold only the name and repr."""
    found = []
    for rule in scenario.rules:
        try:
            to_toml(replace(scenario, rules=(rule,), baseline=None))
        except InvalidInput:
            found.append(rule.name)
    return found


def python_lines(result: Comparison, importing: bool) -> str:
    """Python code that reproduces a result and its report."""
    load = '"scenario.toml", allow_import=True' if importing else '"scenario.toml"'
    lines = ["import riskkit as rk", "", f"scenario = rk.Scenario.load({load})"]
    strata = stratified_on(result)
    if replays(result):
        past = result.scenario.market.history
        one, real = getattr(past, "starts", None) == 1, bool(past is not None and past.real_moves)
        lines.append("past = scenario.market.history")
        more = _keyword_argument("starts", "first") * one + ", real_moves=past.real_moves" * real
        lines.append(f"result = rk.backtest(scenario, past.levels{more})")
    else:
        sampling = f"{_keyword_argument('sampling', 'stratified')}, on={strata!r}" if strata else ""
        if is_matched(result):
            sampling = _keyword_argument("sampling", MOMENT_MATCHED)
        lines.append(f"result = rk.compare(scenario, paths={result.paths:_}, seed={result.seed}{sampling})")
    return "\n".join([*lines, 'result.report("report.html")'])


def _keyword_argument(name: str, value: str) -> str:
    return f', {name}="{value}"'


def command_line(result: Comparison, importing: bool) -> str | None:
    """The command that reproduces the report; None if the command line lacks the sampling or the weights."""
    if replays(result) or "tilted" in result.notes or stratified_on(result) or is_matched(result):
        return None
    allowed = " --allow-import" if importing else ""
    return f"riskkit run scenario.toml{allowed} --paths {result.paths} --seed {result.seed} --report report.html"
