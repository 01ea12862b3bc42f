"""The section on the gap of a report: certainty equivalents of rules up to the bound of all plans that only sell."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.comparison._compare import compare_without_pilot
from riskkit.comparison._comparison import Comparison
from riskkit.optimize.best_possible._gap import RISK_AVERSION, Gaps, gaps_of
from riskkit.optimize.best_possible._inputs import plan_class
from riskkit.optimize.best_possible._upper_bound import FEWEST_EACH, FEWEST_PATHS
from riskkit.optimize.best_possible.log_linear import feature_count
from riskkit.report.html import figures as pictures
from riskkit.report.html.blocks import Block, Columns, Paragraph, Section, Table
from riskkit.report.html.extra_runs import ExtraRun, alternative, coarser_steps, rerun_obstacle, run_size
from riskkit.report.text.numbers import counted, quoted
from riskkit.rules import DiversifyNow
from riskkit.rules.proceeds import linked, takers

__all__ = ["gap_run", "gap_sections"]

#: Paths of the run by default and of the fit of the policy, and inner draws.
PATHS, FIT_PATHS, DRAWS = 1024, 4096, 32

#: The most sales (holdings to sell times dates) for which the run is made.
MOST_SALES = 120


def gap_sections(result: Comparison, paths: int | None = None) -> tuple[Section, ...]:
    """The section on the gap; none where there is no founder holding to sell.

    Parameters
    ----------
    result : Comparison
    paths : int, optional
        Of each extra run of the report.
    """
    if not linked(result.scenario.portfolio):
        return ()
    title, run = "How far from the best", gap_run(result, paths)
    if isinstance(run, str):
        return (Section("best", title, (Paragraph((run,)),)),)
    gaps = run.found
    texts: list[Block] = [Paragraph((gaps.sentence, *_run_sentences(result, run, paths)))]
    reasons = gaps.table["not_covered"]
    rows = tuple((str(name), str(reason)) for name, reason in reasons[reasons != ""].items())
    if rows:
        texts.append(Table("Rules of which the bound says nothing", ("Rule", "Why it is not covered"), rows))
    return (Section("best", title, (Columns((tuple(texts), (pictures.gap_figure(gaps),))),)),)


def gap_run(result: Comparison, paths: int | None = None) -> ExtraRun[Gaps] | str:
    """Bound the certainty equivalent of all plans that sell once a year, and find the gap of each rule to it.

    Parameters
    ----------
    result : Comparison
    paths : int, optional
        Of the run; by default 1024. It has as many as a bound needs if these are more.

    Returns
    -------
    ExtraRun or str
        Or a sentence on why there is none.
    """
    left_out = "The gap to the best plan is left out"
    why = rerun_obstacle(result)
    if why:
        return f"{left_out}: {why}."
    into = _receivers(result)
    if into is None:
        return f"{left_out}: every holding has a founder, and no rule says what the proceeds buy."
    case = coarser_steps(result.scenario, result.scenario.rules)
    try:
        plans = plan_class(case, into, 1, RISK_AVERSION)
        sold, dates = plans.problem.sold.size, plans.problem.dates
        if sold * dates > MOST_SALES:
            return f"{left_out}: it takes minutes for {counted(sold, 'holding')} and {counted(dates, 'date')}."
        fewest = max(FEWEST_PATHS, FEWEST_EACH * feature_count(plans.problem, len(plans.once)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RiskkitWarning)
            run = compare_without_pilot(case, paths=max(paths or PATHS, fewest), seed=result.seed)
            found = gaps_of(run, into, 1, DRAWS, run.paths, None, False, fit_paths=FIT_PATHS)
            return ExtraRun(found, case.steps_per_year)
    except InvalidInput as error:
        return f"{left_out}: {error}."


def _receivers(result: Comparison) -> Mapping[str, float] | None:
    """Shares of the proceeds by holding: those of the first rule that sells all, else of the first that names any.

    By default they are those of `DiversifyNow`: pro rata of their start values into holdings with no founder.
    """
    rules, portfolio = result.scenario.rules, result.scenario.portfolio
    sell_all = [rule for rule in rules if isinstance(rule, DiversifyNow)]
    for rule in sell_all[:1] or (alternative(result), *rules):
        into = getattr(rule, "into", None)
        if isinstance(into, Mapping):
            return into
    receiving = [portfolio.holdings[row] for row in takers(portfolio, linked(portfolio))]
    values = {holding.name: holding.value for holding in receiving if holding.value > 0.0}
    total = sum(values.values())
    return {name: value / total for name, value in values.items()} or None


def _run_sentences(result: Comparison, run: ExtraRun[Gaps], paths: int | None) -> list[str]:
    """Paths and steps of the run, and how it differs from the rest of the report."""
    gaps = run.found
    policy, fitted_on = quoted(str(gaps.table.index[-1])), counted(gaps.policy.paths, "path")
    sentences = [
        f"The bound is an estimate on {run_size(result, run)}.",
        f"{policy} is a policy fitted for it on {fitted_on} of another seed.",
    ]
    if paths is not None and paths < gaps.paths:
        sentences.append(f"It takes more paths than the {paths:,} of the other extra runs.")
    if result.scenario.frictions.tax is not None:
        sentences.append("Here a loss refunds its tax at once; in the other sections it is carried forward.")
    return sentences
