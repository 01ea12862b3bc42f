"""Further runs for a report: what the risk comes from, and what would have to be true; or why they are not made."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.analysis._attribution import Attribution, attribution
from riskkit.analysis._breakeven import BreakEven, breakeven
from riskkit.analysis._parameters import OWN, ROUNDING, Parameter, parameter
from riskkit.analysis._risk_sources import sources
from riskkit.comparison._comparison import Comparison
from riskkit.market import Shock
from riskkit.portfolio._liquidity import Listed
from riskkit.report.text.numbers import several
from riskkit.report.text.rules import replays
from riskkit.rules import DiversifyNow, Hold, Rule
from riskkit.scenario._scenario import Scenario
from riskkit.toml import StoredRule, StoredSource

__all__ = ["Answer", "assumed_values", "causes", "coarser", "obstacle", "room", "tie"]

T = TypeVar("T")

#: The fewest and the most paths of a further run, unless they are given.
FEWEST, MOST = 250, 4000

#: Up to so many sources of risk the steps of the scenario are kept: 2**n runs.
FINE_SOURCES = 4

#: Path-steps, times the rules and assets that move in each, that the runs behind the causes may take.
WORK = 2e8


@dataclass(frozen=True, eq=False)
class Answer(Generic[T]):
    """What was found, and the steps a year of the runs that it was found with."""

    found: T
    steps_per_year: int


def room(scenario: Scenario, work: float) -> int:
    """Paths of a run that takes so many path-steps, times what moves in each; in two digits.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> room(baron(), 1e8), room(baron(), 1e12), room(baron(), 1e5)
    (3600, 4000, 250)
    """
    moving = len(scenario.rules) + len(scenario.market.assets)
    paths = float(f"{work / scenario.calendar.steps / moving:.2g}")
    return min(max(int(paths), FEWEST), MOST)


def obstacle(result: Comparison) -> str | None:
    """Why the scenario of a result cannot be run anew, to go with its answers; None where it can."""
    scenario = result.scenario
    stored = [rule.name for rule in scenario.rules if isinstance(rule, StoredRule)]
    stored += [source.name for source in scenario.market.shocks if isinstance(source, StoredSource)]
    if stored:
        return f"the saved result holds only the name and repr of {several(stored)}"
    if replays(result):
        return "the paths are historical, a single sample that cannot be drawn again"
    if "tilted" in result.notes:
        return "the views hold through the weights of these paths and would not hold on new ones"
    return None


def causes(result: Comparison, paths: int | None = None) -> Answer[Attribution] | str:
    """Ask what the max drawdown of the baseline comes from.

    Parameters
    ----------
    result : Comparison
    paths : int, optional
        Of each run; by default as many as a second or two allow.

    Returns
    -------
    Answer or str
        Or why there is none, as a sentence.
    """
    why = obstacle(result)
    if why:
        return f"The risk attribution is left out: {why}."
    scenario = result.scenario
    rule = scenario.rules[scenario.names.index(scenario.baseline_name)]
    number = len(sources(scenario))
    if number > FINE_SOURCES:
        scenario = coarser(scenario, (rule,))
    alone = replace(scenario, rules=(rule,), baseline=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        found = attribution(alone, paths=paths or room(alone, WORK / 2 ** min(number, 6)), seed=result.seed)
    return Answer(found, alone.steps_per_year)


def tie(result: Comparison, paths: int | None = None) -> Answer[BreakEven] | str:
    """Ask at which return of the largest founder's companies the baseline ties with its rival.

    Parameters
    ----------
    result : Comparison
    paths : int, optional
        Of each run.

    Returns
    -------
    Answer or str
        Or why there is none, as a sentence. Where no founder's companies can be varied, it is the rate of a shock.
    """
    why = obstacle(result)
    if why:
        return f"The break-even is left out: {why}."
    scenario, rival = result.scenario, _rival(result)
    if rival is None:
        return "There is only one rule, so there is no break-even between two."
    varied = _varied(scenario)
    if varied is None:
        return "There is no assumption to vary: neither a founder's company nor a shock with a constant rate."
    base = scenario.rules[scenario.names.index(scenario.baseline_name)]
    case = coarser(scenario, (base, rival))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        found = breakeven(
            case,
            base,
            rival,
            vary=str(varied),
            between=_searched(varied, scenario),
            paths=paths or room(case, WORK / 50),
            seed=result.seed,
        )
    return Answer(found, case.steps_per_year)


def _rival(result: Comparison) -> Rule | None:
    """What the baseline is weighed against: selling all at once if that is among the rules, else the best of them."""
    scenario = result.scenario
    others = [rule for rule in scenario.rules if rule.name != scenario.baseline_name]
    yardstick = [rule for rule in others if isinstance(rule, DiversifyNow)]
    ranked = sorted(others, key=lambda rule: -result.estimate(rule.name, "wealth_median").value)
    return next(iter([*yardstick, *ranked]), None)


def _varied(scenario: Scenario) -> Parameter | None:
    """The assumption that is varied: the return of the largest founder's companies, else the rate of a shock."""
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


def _searched(varied: Parameter, scenario: Scenario) -> tuple[float, float]:
    """The range of the break-even, widened to what the scenario assumes."""
    values = [*varied.default_range(scenario), *assumed_values(varied, scenario)]
    return min(values), max(values)


def assumed_values(varied: Parameter, scenario: Scenario) -> list[float]:
    """What the scenario assumes where a break-even varies one value: one for each company, or a rate."""
    if varied.kind == "rate":
        shocks = [each for each in scenario.market.shocks if isinstance(each, Shock) and each.name == varied.name]
        return [each.rate for each in shocks if isinstance(each.rate, float)]
    own = {name: asset.mean_return for name, asset in scenario.market.assets.items()}
    shares = zip(scenario.portfolio.names, scenario.portfolio.shares(varied.name), strict=True)
    return [own[name] for name, share in shares if share >= OWN - ROUNDING]


def coarser(scenario: Scenario, rules: tuple[Rule, ...]) -> Scenario:
    """The scenario in steps as long as the law of final wealth under these rules allows: months, or years.

    Rules trade at month ends, prices and shocks have the same law at any step. What looks at every step, such as a
    margin call, or has steps of its own, such as history and uneven clocks, keeps the scenario as it is.

    Examples
    --------
    >>> from riskkit.rules import Cap
    >>> from riskkit.scenario.scenarios import baron
    >>> coarser(baron(), (Hold(), DiversifyNow())).steps_per_year, coarser(baron(), (Hold(), Cap(0.3))).steps_per_year
    (1, 12)
    """
    months = 12.0 * scenario.years + 1.0
    asked = [each for rule in rules for each in (rule, *rule.watches())]
    market, frictions = scenario.market, scenario.frictions
    if (
        scenario.portfolio.loan is not None
        or market.history is not None
        or market.tails
        or any(len(rule.dates(scenario.calendar)) > months for rule in asked)
    ):
        return scenario
    listed = all(holding.liquidity == Listed() for holding in scenario.portfolio.holdings)
    idle = frictions.spending is None and frictions.death is None and listed
    # What is listed is sold at the start, so that neither of the two trades after it.
    longest = (1, 12) if idle and all(isinstance(rule, Hold | DiversifyNow) for rule in rules) else (12,)
    for steps in longest:
        if steps < scenario.steps_per_year:
            try:
                return replace(scenario, steps_per_year=steps)
            except InvalidInput:
                continue
    return scenario
