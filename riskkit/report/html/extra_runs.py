"""Extra runs for a report: attribution, break-even and the check of evidence, or the reason why they are left out."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.analysis._attribution import Attribution, attribution
from riskkit.analysis._breakeven import BreakEven, breakeven
from riskkit.analysis._evidence_check import checkable, evidence_check, path_count
from riskkit.analysis._parameters import OWN, ROUNDING, Parameter, parameter
from riskkit.analysis._risk_sources import sources
from riskkit.comparison._comparison import Comparison
from riskkit.instruments import Hedged, instruments_of
from riskkit.market import Shock
from riskkit.optimize.best_possible._gap import Gaps
from riskkit.portfolio._liquidity import Listed
from riskkit.report.text.numbers import counted, several
from riskkit.report.text.rules import replays
from riskkit.rules import DiversifyNow, Hold, Rule
from riskkit.scenario._scenario import Scenario
from riskkit.toml.stored_instrument import StoredInstrument
from riskkit.toml.stored_rule import StoredRule
from riskkit.toml.stored_source import StoredSource

__all__ = [
    "ExtraRun", "alternative", "assumed_returns_or_rates", "attribution_run", "breakeven_run", "coarser_steps",
    "evidence_sentences", "path_budget", "rerun_obstacle", "run_size",
]  # fmt: skip

T = TypeVar("T")

#: The fewest and the most paths of an extra run by default.
FEWEST_PATHS, MOST_PATHS = 256, 4096

#: Up to this many risk factors, which take 2**n runs, the attribution has the steps of the scenario.
FINE_SOURCES = 4

#: Path-steps, times the rules and assets that move in each, of all runs of the attribution.
STEP_BUDGET = 1e8


@dataclass(frozen=True, eq=False)
class ExtraRun(Generic[T]):
    """The result of extra runs, and their steps a year."""

    found: T
    steps_per_year: int


def path_budget(scenario: Scenario, step_budget: float) -> int:
    """Paths of a run with a budget of path-steps times the rules and assets that move in each.

    The nearest power of two, because the engine's batches are powers of two and a small batch costs as much as a large
    one.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> path_budget(baron(), 1e8), path_budget(baron(), 1e12), path_budget(baron(), 1e5)
    (4096, 4096, 256)
    """
    moving = len(scenario.rules) + len(scenario.market.assets)
    paths = step_budget / scenario.calendar.steps / moving
    return min(max(int(2.0 ** round(math.log2(paths))), FEWEST_PATHS), MOST_PATHS)


def run_size(result: Comparison, run: ExtraRun[Attribution] | ExtraRun[BreakEven] | ExtraRun[Gaps]) -> str:
    """Paths of the extra runs, and their steps where these are longer than those of the result."""
    lengths = {1: "yearly", 12: "monthly"}
    steps = run.steps_per_year
    longer = f" in {lengths[steps]} steps" if steps != result.scenario.steps_per_year else ""
    return f"{counted(run.found.paths, 'path')}{longer}"


def rerun_obstacle(result: Comparison) -> str | None:
    """Why the scenario of a result cannot be run again for the report; None if it can."""
    scenario = result.scenario
    inner = {rule.name: rule.rule if isinstance(rule, Hedged) else rule for rule in scenario.rules}
    stored = [name for name, rule in inner.items() if isinstance(rule, StoredRule)]
    instruments = dict.fromkeys(each for rule in scenario.rules for each in instruments_of(rule))
    stored += [each.label for each in instruments if isinstance(each, StoredInstrument)]
    stored += [source.name for source in scenario.market.shocks if isinstance(source, StoredSource)]
    if stored:
        return f"the saved result holds only the name and repr of {several(stored)}"
    if replays(result):
        return "the paths are historical, a single sample that cannot be drawn again"
    if "tilted" in result.notes:
        return "the views hold through the weights of these paths and would not hold on new ones"
    return None


def attribution_run(result: Comparison, paths: int | None = None) -> ExtraRun[Attribution] | str:
    """Attribute the max drawdown of the baseline to risk factors.

    Parameters
    ----------
    result : Comparison
    paths : int, optional
        Of each run; by default as many as a second or two allow.

    Returns
    -------
    ExtraRun or str
        Or a sentence on why there is none.
    """
    why = rerun_obstacle(result)
    if why:
        return f"The risk attribution is left out: {why}."
    scenario = result.scenario
    rule = scenario.rules[scenario.names.index(scenario.baseline_name)]
    number = len(sources(scenario))
    if number > FINE_SOURCES:
        scenario = coarser_steps(scenario, (rule,))
    alone = replace(scenario, rules=(rule,), baseline=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        found = attribution(
            alone, paths=paths or path_budget(alone, STEP_BUDGET / 2 ** min(number, 6)), seed=result.seed
        )
    return ExtraRun(found, alone.steps_per_year)


def breakeven_run(result: Comparison, paths: int | None = None) -> ExtraRun[BreakEven] | str:
    """Find the return of the largest founder's companies at which the baseline ties with the alternative.

    Parameters
    ----------
    result : Comparison
    paths : int, optional
        Of each run.

    Returns
    -------
    ExtraRun or str
        Or a sentence on why there is none. If no founder's companies can be varied, the rate of a shock is.
    """
    why = rerun_obstacle(result)
    if why:
        return f"The break-even is left out: {why}."
    scenario, other = result.scenario, alternative(result)
    if other is None:
        return "There is only one rule, so there is no break-even between two."
    varied = _varied_parameter(scenario)
    if varied is None:
        return "There is no assumption to vary: neither a founder's company nor a shock with a constant rate."
    base = scenario.rules[scenario.names.index(scenario.baseline_name)]
    case = coarser_steps(scenario, (base, other))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        found = breakeven(
            case,
            base,
            other,
            vary=str(varied),
            between=_search_range(varied, scenario),
            paths=paths or path_budget(case, STEP_BUDGET / 50),
            seed=result.seed,
        )
    return ExtraRun(found, case.steps_per_year)


def evidence_sentences(result: Comparison, paths: int | None = None) -> list[str]:
    """Sentences that set the founder holdings beside published figures; none without a founder holding with a risk.

    Parameters
    ----------
    result : Comparison
    paths : int, optional
        Of the run; by default as many as a second or two allow.
    """
    if not checkable(result.scenario):
        return []
    why = rerun_obstacle(result)
    if why:
        return [f"Published figures are not set beside the founder holdings: {why}."]
    count = path_count(result.scenario) if paths is None else paths
    found = evidence_check(result.scenario, paths=count, seed=result.seed)
    return found.sentences()


def alternative(result: Comparison) -> Rule | None:
    """The rule to compare the baseline with: selling all at once if it is among the rules, else the best of them."""
    scenario = result.scenario
    others = [rule for rule in scenario.rules if rule.name != scenario.baseline_name]
    yardstick = [rule for rule in others if isinstance(rule, DiversifyNow)]
    ranked = sorted(others, key=lambda rule: -result.estimate(rule.name, "wealth_median").value)
    return next(iter([*yardstick, *ranked]), None)


def _varied_parameter(scenario: Scenario) -> Parameter | None:
    """The varied assumption: the return of the largest founder's companies, else the rate of a shock."""
    exposure = scenario.portfolio.exposure()
    people = sorted(scenario.portfolio.founders, key=lambda person: -exposure[person])
    for name in [
        *(f"expected_return:{person}" for person in people),
        *(f"rate:{shock.name}" for shock in scenario.market.shocks if isinstance(shock, Shock)),
    ]:
        try:
            return parameter(scenario, name)
        except InvalidInput:
            continue
    return None


def _search_range(varied: Parameter, scenario: Scenario) -> tuple[float, float]:
    """The search range of the break-even, widened to the scenario's own values."""
    values = [*varied.default_range(scenario), *assumed_returns_or_rates(varied, scenario)]
    return min(values), max(values)


def assumed_returns_or_rates(varied: Parameter, scenario: Scenario) -> list[float]:
    """The scenario's own values of a varied assumption: a return for each company, or a rate."""
    if varied.kind == "rate":
        shocks = [each for each in scenario.market.shocks if isinstance(each, Shock) and each.name == varied.name]
        return [each.rate for each in shocks if isinstance(each.rate, float)]
    own = {name: asset.mean_return for name, asset in scenario.market.assets.items()}
    shares = zip(scenario.portfolio.names, scenario.portfolio.shares(varied.name), strict=True)
    return [own[name] for name, share in shares if share >= OWN - ROUNDING]


def coarser_steps(scenario: Scenario, rules: tuple[Rule, ...]) -> Scenario:
    """The scenario in the longest steps that leave the law of final wealth under these rules: months or years.

    Rules trade at month ends; prices and shocks have the same law at any step. A scenario stays unchanged if it has
    something at every step, such as margin calls, or steps of its own, such as history and time changes.

    Examples
    --------
    >>> from riskkit.rules import Cap
    >>> from riskkit.scenario.scenarios import baron
    >>> coarser_steps(baron(), (Hold(), DiversifyNow())).steps_per_year
    1
    >>> coarser_steps(baron(), (Hold(), Cap(0.3))).steps_per_year
    12
    """
    months = 12.0 * scenario.years + 1.0
    simulated = [each for rule in rules for each in (rule, *rule.watches())]
    market, frictions = scenario.market, scenario.frictions
    if (
        scenario.portfolio.loan is not None
        or market.history is not None
        or market.tails
        or any(len(rule.dates(scenario.calendar)) > months for rule in simulated)
    ):
        return scenario
    listed = all(holding.liquidity == Listed() for holding in scenario.portfolio.holdings)
    idle = not frictions.external_flows and frictions.death is None and listed and not market.pays_dividends
    # Listed holdings are sold at the start, so neither of the two trades later.
    longest = (1, 12) if idle and all(isinstance(rule, Hold | DiversifyNow) for rule in rules) else (12,)
    for steps in longest:
        if steps < scenario.steps_per_year:
            try:
                return replace(scenario, steps_per_year=steps)
            except InvalidInput:
                continue
    return scenario
