"""The what-if: every rule at a few rates and impacts of one shock, on the same streams of random numbers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit.analysis._parameters import Parameter
from riskkit.comparison._compare import compare_without_pilot
from riskkit.comparison._comparison import Comparison
from riskkit.engine.execution.container_limits import thread_count
from riskkit.market import Shock
from riskkit.report.html.extra_runs import path_budget, rerun_obstacle
from riskkit.report.text.numbers import quoted
from riskkit.scenario._scenario import Scenario

__all__ = ["IMPACTS", "RATES", "Grid", "Node", "grid", "rerun"]

#: Factors of the rate and of the impact of the shock.
RATES, IMPACTS = (0.0, 0.5, 1.0, 2.0, 4.0), (0.5, 1.0, 1.5)

#: Path-steps, times the rules and assets that move in each, of all runs of a grid.
STEP_BUDGET = 5e8

#: The most paths of such a run.
MOST_PATHS = 8192


@dataclass(frozen=True, eq=False)
class Node:
    """One point of the grid.

    Attributes
    ----------
    result : Comparison
        The rules at this rate and impact.
    base : Comparison
        The base case on the same paths.
    """

    result: Comparison
    base: Comparison


@dataclass(frozen=True, eq=False)
class Grid:
    """Every rule at some rates and impacts of a shock.

    Attributes
    ----------
    shock : str
        Its name.
    reweighted : bool
        Whether other rates are reweighted paths; else each is a run of its own.
    rates, impacts : tuple of float
        Factors of rate and impact; 1 is among both.
    rate_names, impact_names : tuple of str
        Their values as text.
    nodes : mapping of (float, float) to Node
        (Factor of the impact, factor of the rate) → results.
    fixed_drift : mapping of float to Comparison
        Where expected returns include the shocks: factor of the rate → the base case reweighted to that rate, which
        leaves the growth between shocks as it is. A rate that leaves too few effective paths is missing.
    """

    shock: str
    reweighted: bool
    rates: tuple[float, ...]
    impacts: tuple[float, ...]
    rate_names: tuple[str, ...]
    impact_names: tuple[str, ...]
    nodes: Mapping[tuple[float, float], Node]
    fixed_drift: Mapping[float, Comparison]

    def on_the_same_paths(self, impact: float, rate: float) -> Comparison:
        """The result at a point; of the base case the one on as many paths as other rates have, else other impacts."""
        if not impact == rate == 1.0:
            return self.nodes[impact, rate].result
        neighbour = min((point for point in self.nodes if point != (1.0, 1.0)), key=lambda point: point[0] != 1.0)
        return self.nodes[neighbour].base

    @property
    def base(self) -> Comparison:
        """The base case, with all of its paths."""
        return self.nodes[1.0, 1.0].result


def grid(result: Comparison, paths: int | None = None) -> Grid | str:
    """Run or reweight the rules of a result at other rates and impacts of the founder's shock.

    Parameters
    ----------
    result : Comparison
    paths : int, optional
        Of each new run, at most 8192 and those of the result; by default as many as a second or two allow.

    Returns
    -------
    Grid or str
        Or a sentence on why there is none.

    Notes
    -----
    The shock is the first that hits founder holdings only, else the first. If expected returns do not include the
    shocks, other rates reweight paths (`Comparison.reweight`): those of the result at the impact of the scenario, else
    those of a run on fewer paths. With ``compensate=True`` the drift depends on the rate, and each point is a run.
    Rates that leave too few effective paths, and impacts that no `Impact` may have, are left out.
    """
    why = rerun_obstacle(result)
    if why:
        return f"There are no what-if sliders: {why}."
    scenario = result.scenario
    if not _shocks(scenario):
        return "There are no what-if sliders: no shock has a rate or an impact to vary."
    shock = _founder_shock(scenario)
    cases = _impacts(scenario, shock)
    rates = _rates(scenario, shock)
    reweighted = not scenario.market.compensate
    varied = {
        (impact, rate): case if reweighted else _at_rate(case, shock, rate)
        for (impact, case), rate in product(cases.items(), (1.0,) if reweighted else rates)
        if rate != 0.0 or impact == 1.0  # what never happens has no impact
    }
    count = min(paths or path_budget(scenario, STEP_BUDGET / len(varied)), result.paths, MOST_PATHS)
    equally_weighted = result.outcomes.stratum is None and result.outcomes.design.equal
    with ThreadPoolExecutor(thread_count(None)) as pool:
        jobs = {
            point: pool.submit(rerun, case, result, count)
            for point, case in varied.items()
            if point != (1.0, 1.0) or not equally_weighted or count < result.paths
        }
        runs = {point: job.result() for point, job in jobs.items()}
    runs |= {(impact, 0.0): runs[1.0, 0.0] for impact in cases if (1.0, 0.0) in runs}
    base = runs.get((1.0, 1.0), result)
    nodes = {point: Node(run, base) for point, run in runs.items()}
    if reweighted:
        nodes, rates = _reweighted_nodes(
            result, shock, {impact: runs.get((impact, 1.0), base) for impact in cases}, rates
        )
    if len(cases) * len(rates) == 1:
        return f"There are no what-if sliders: neither rate nor impact of {quoted(shock.name)} can be varied."
    nodes[1.0, 1.0] = Node(result, result)
    names = _rate_names(shock, rates), tuple(percent(impact * _largest_impact(shock), signed=True) for impact in cases)
    fixed_drift = {} if reweighted or len(rates) == 1 else _at_fixed_drift(base, shock, rates)
    return Grid(shock.name, reweighted, rates, tuple(cases), *names, nodes, fixed_drift)


def rerun(scenario: Scenario, like: Comparison, paths: int) -> Comparison:
    """Run every rule of a scenario on paths 0 … n - 1, on one thread.

    Parameters
    ----------
    scenario : Scenario
        With the rules of `like`.
    like : Comparison
        Its seed is taken, and its thresholds of the pooled tail.
    paths : int

    Returns
    -------
    Comparison
        The result of ``compare(scenario, paths=paths, seed=like.seed)``, bit for bit, except ``cdar95``, whose
        thresholds come from another scenario.
    """
    run = compare_without_pilot(scenario, paths=paths, seed=like.seed, thresholds=like.outcomes.thresholds, workers=1)
    return replace(like, scenario=scenario, outcomes=run.outcomes, notes={}, fixed_moments=(), fixed_scores=())


def _reweighted_nodes(
    result: Comparison, shock: Shock, runs: Mapping[float, Comparison], rates: tuple[float, ...]
) -> tuple[dict[tuple[float, float], Node], tuple[float, ...]]:
    """Nodes of the runs reweighted to other rates, and the rates that leave enough effective paths."""
    nodes: dict[tuple[float, float], Node] = {}
    valid_rates = []
    for rate in rates:
        try:
            column = {
                (impact, rate): _reweighted(result if impact == 1.0 else run, shock, rate)
                for impact, run in runs.items()
            }
        except InvalidInput:
            continue
        valid_rates.append(rate)
        nodes |= {point: Node(found, result if point[0] == 1.0 else runs[1.0]) for point, found in column.items()}
    return nodes, tuple(valid_rates)


def _at_fixed_drift(base: Comparison, shock: Shock, rates: tuple[float, ...]) -> dict[float, Comparison]:
    """The base case reweighted to each rate, so that the drift stays that of the base case."""
    market = replace(base.scenario.market, compensate=False)
    # The same paths come from a market without compensation whose drift is that of this one. Estimates do not read it.
    same_paths = replace(base, scenario=replace(base.scenario, market=market))
    found = {}
    for rate in rates:
        try:
            found[rate] = _reweighted(same_paths, shock, rate)
        except InvalidInput:
            continue
    return found


def _reweighted(run: Comparison, shock: Shock, rate: float) -> Comparison:
    if rate == 1.0:
        return run
    with warnings.catch_warnings():
        # The section states the effective sample size, whether the moments of the new rate are matched or not.
        warnings.simplefilter("ignore", RiskkitWarning)
        return run.reweight(factors={shock.name: rate})


def _shocks(scenario: Scenario) -> list[Shock]:
    """Those with a rate and impacts; sources of a user's own have none that could be varied."""
    return [shock for shock in scenario.market.shocks if isinstance(shock, Shock)]


def _founder_shock(scenario: Scenario) -> Shock:
    """The first shock that hits founder holdings only, else the first."""
    founder_holdings = {holding.name for holding in scenario.portfolio.holdings if holding.founder_share > 0.0}
    shocks = _shocks(scenario)
    return next((shock for shock in shocks if founder_holdings.issuperset(shock.impacts)), shocks[0])


def _rates(scenario: Scenario, shock: Shock) -> tuple[float, ...]:
    """Possible factors of the rate."""
    constant = isinstance(shock.rate, float)
    if shock.name in scenario.forced or shock.rate == 0.0 or (scenario.market.compensate and not constant):
        return (1.0,)
    return RATES


def _at_rate(scenario: Scenario, shock: Shock, factor: float) -> Scenario:
    if factor == 1.0 or not isinstance(shock.rate, float):
        return scenario
    return Parameter("rate", shock.name).set(scenario, factor * shock.rate)


def _impacts(scenario: Scenario, shock: Shock) -> dict[float, Scenario]:
    """Factor → the scenario with that many times the impact, for possible factors."""
    largest = _largest_impact(shock)
    cases = {1.0: scenario}
    for factor in IMPACTS if largest else ():
        try:
            cases.setdefault(factor, Parameter("impact", shock.name).set(scenario, factor * largest))
        except InvalidInput:
            continue
    return dict(sorted(cases.items()))


def _largest_impact(shock: Shock) -> float:
    """The mean impact furthest from 0."""
    return max((impact.expected for impact in shock.impacts.values()), key=abs)


def _rate_names(shock: Shock, rates: tuple[float, ...]) -> tuple[str, ...]:
    if isinstance(shock.rate, float):
        return tuple(f"{percent(factor * shock.rate)} a year" for factor in rates)
    return tuple("as assumed" if factor == 1.0 else f"{factor:g} times as likely" for factor in rates)
