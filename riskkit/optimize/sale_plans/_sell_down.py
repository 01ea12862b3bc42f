"""The sell-down plan: how much of each founder holding to sell, and when, optimised over simulated paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import boolean, integer, number, one_of, seed_number, short_repr
from riskkit.market.calibration._negative_moments import infinite_inverse_square
from riskkit.optimize._limits import Limits
from riskkit.optimize.cutting_plane.algorithm import minimise
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.infeasibility import interior_point
from riskkit.optimize.sale_plans.checks import holdings_to_sell, refuse_nonlinear
from riskkit.optimize.sale_plans.model import SaleModel
from riskkit.optimize.sale_plans.objectives import OBJECTIVES
from riskkit.optimize.sale_plans.sale_plan import Plan
from riskkit.optimize.sale_plans.scenario_paths import simulate, value_sales
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules import Rule, SellLast
from riskkit.rules.planned_sale import SellDown, rank
from riskkit.rules.proceeds import shares_of_one
from riskkit.scenario._scenario import Scenario

__all__ = ["sell_down"]


#: Evenly spaced ranks at which a responding plan stores the prices of each date.
KNOTS = 21

#: With fewer paths the worst 5 % are too few to optimise.
FEWEST_PATHS = 1000


def sell_down(
    scenario: Scenario,
    *,
    years: int,
    into: str | Mapping[str, float],
    objective: Literal["wealth_es95", "certainty_equivalent", "expected_tax"] = "wealth_es95",
    budget: float | None = None,
    constraints: SellLast | Limits = (),
    respond: bool = False,
    paths: int = 20_000,
    seed: int = 0,
) -> Plan:
    """Optimise the share of the start units of each founder holding to sell at t = 0, 1, … `years` years.

    Parameters
    ----------
    scenario : Scenario
        Portfolio, market, frictions and horizon; its rules are ignored. Without a loan,
        spending, deposits, vesting and, under a tax, dividends.
    years : int
        Last date of the plan, >= 0 and below the horizon.
    into : str or mapping of str to float
        The holding that receives the proceeds, or the share of each that does, sum 1. It is not sold, even with a
        founder.
    objective : {"wealth_es95", "certainty_equivalent", "expected_tax"}
        Maximise the mean of the worst 5 % of final wealth, or its certainty equivalent under constant relative risk
        aversion 3 (refused if that has no finite expectation, as under `StudentT`); or minimise the expected tax of the
        sales, which sells nothing unless a constraint requires it.
    budget : float, optional
        The most expected tax of any one date, in multiples of the start wealth, >= 0.
    constraints : iterable
        Limits on the weights after the plan, as in `min_cvar`: functions of a cvxpy vector of the weights in the order
        of the portfolio, such as `founder_limit`. The weights are the expected ones at start prices, before cost and
        tax. A `SellLast` rule without `then` is a pledge: nothing is sold on a path until the book of its `after` has
        sold everything.
    respond : bool
        Whether the share may depend on the rank of the holding's price among the paths: share = a + b * rank.
    paths, seed : int
        The plan is optimised over paths 0 … `paths` - 1 of `compare` with that seed, at least 1000.

    Returns
    -------
    Plan
        `Plan.as_rule` gives the rule; evaluate it by `compare` with another seed.

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement, or constraints conflict: the message names them.
    SolverFailed
        If every solver fails; the message names them.

    Notes
    -----
    A sale pays its cost, its window's discount and the tax on its gain, and the proceeds buy `into` and stay there, so
    final wealth on each path is linear in the shares. Its tail mean is then concave in them (Rockafellar and Uryasev,
    *Journal of Risk* 2 (2000) 21-41, Theorem 2), and so is the certainty equivalent. Both are solved by cutting planes
    with a proven bound; see `riskkit.optimize.cutting_plane.algorithm`. In the model a loss refunds its tax at once;
    `compare` applies the true tax. Holdings with marks trade at reported weights, which the model ignores.

    Windows, locks and monthly limits hold on the plan's dates, for the larger of the shares at the lowest and the
    highest rank, and as if the pledge ended at the start.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> plan = sell_down(baron(), years=2, into="diversified", paths=2000)
    >>> plan.gap < 1e-6, plan.as_rule().name
    (True, 'sell down')
    """
    _check(scenario, objective, budget)
    dates = integer("years", years, at_least=0) + 1
    if years >= scenario.years:
        raise InvalidInput(
            f"years must be below the horizon of {scenario.years:g} years, at which nothing is traded, got {years}"
        )
    boolean("respond", respond)
    integer("paths", paths, at_least=FEWEST_PATHS)
    receivers = shares_of_one("into", {into: 1.0} if isinstance(into, str) else into)
    sold = holdings_to_sell(scenario, receivers, np.arange(dates, dtype=np.float64))
    limits = list(constraints) if isinstance(constraints, Iterable) else [constraints]
    pledge = _pledge_of(limits, scenario.portfolio)

    prices = simulate(scenario, dates, pledge, paths, seed_number(seed))
    shares = np.array([receivers.get(name, 0.0) for name in scenario.portfolio.names])
    knots = _knots(prices.reported[:-1, sold]) if respond else None
    ranks = None if knots is None else _ranks(prices.reported[:-1, sold], knots)
    model = SaleModel(scenario, sold, shares, value_sales(scenario, prices, sold, shares), ranks)
    region = model.region(budget, [each for each in limits if not isinstance(each, SellLast)])
    objective_function = OBJECTIVES[objective](model)
    found = minimise(objective_function, region, Cuts(region.variable.size), interior_point(region))

    x = model.projected(found.point)
    names = pd.Index([scenario.portfolio.names[row] for row in sold], name="holding")
    columns = pd.RangeIndex(dates, name="years")
    rule: Rule = _sell_down_rule(list(names), receivers, model.ends(x), knots)
    return Plan(
        table=pd.DataFrame((model.mean_slopes(model.sales.free) @ x).T, names, columns),
        weights=scenario.portfolio.weights[names],
        objective=objective,
        value=objective_function.reported_value(objective_function(x)[0]),
        unsold=objective_function.reported_value(objective_function(np.zeros(x.size))[0]),
        bound=objective_function.reported_value(found.bound),
        gap=found.gap,
        status=found.status,
        expected_tax=pd.Series((model.mean_slopes(model.sales.tax) @ x).sum(axis=1), columns, name="expected tax"),
        paths=paths,
        seed=seed,
        iterations=found.iterations,
        seconds=found.seconds,
        rule=rule if pledge is None else SellLast(pledge.after, rule),
    )


def _check(scenario: Scenario, objective: str, budget: float | None) -> None:
    """Refuse a scenario whose final wealth is not linear in the sales, or without what the objective needs."""
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {short_repr(scenario)}")
    one_of("objective", objective, OBJECTIVES)
    if objective == "certainty_equivalent":
        why = infinite_inverse_square(scenario.market, scenario.portfolio.names, scenario.calendar.dt)
        if why:
            raise InvalidInput(
                f"objective must have a finite expectation, got {short_repr(objective)}, but {why}; "
                "choose 'wealth_es95'"
            )
    refuse_nonlinear(scenario)
    if scenario.frictions.tax is None:
        if budget is not None or objective == "expected_tax":
            argument = f"budget={budget!r}" if budget is not None else f"objective={objective!r}"
            raise InvalidInput(f"scenario must have a tax for {argument}; give it Frictions(tax=CapitalGains(rate))")
        return
    if budget is not None:
        number("budget", budget, at_least=0.0)


def _pledge_of(constraints: list[Any], portfolio: Portfolio) -> SellLast | None:
    """The pledge among the constraints, if any."""
    pledges = [each for each in constraints if isinstance(each, SellLast)]
    if len(pledges) > 1:
        raise InvalidInput(f"constraints must hold at most one pledge, got {len(pledges)} SellLast rules")
    for pledge in pledges:
        if pledge.then is not None:
            raise InvalidInput(
                f"constraints: SellLast must be without then, which is the plan, got {short_repr(pledge.then)}"
            )
        pledge.check(portfolio)
    return pledges[0] if pledges else None


def _knots(reported: Array) -> Array:
    """Quantiles (date, holding, knot) at evenly spaced ranks of prices (date, holding, path)."""
    return np.moveaxis(np.quantile(reported, np.linspace(0.0, 1.0, KNOTS), axis=2), 0, 2)


def _ranks(reported: Array, knots: Array) -> Array:
    """Rank of each price (date, holding, path) among the paths."""
    ranks = np.empty_like(reported)
    for place in np.ndindex(reported.shape[:2]):
        ranks[place] = rank(reported[place], knots[place])
    return ranks


def _sell_down_rule(
    names: list[str], receivers: Mapping[str, float], ends: tuple[Array, Array], knots: Array | None
) -> SellDown:
    """The rule that sells these shares (date, holding)."""
    low, high = (dict(zip(names, end.T.tolist(), strict=True)) for end in ends)
    if knots is None:
        return SellDown(low, receivers)
    return SellDown(low, receivers, high, dict(zip(names, knots.swapaxes(0, 1).tolist(), strict=True)))
