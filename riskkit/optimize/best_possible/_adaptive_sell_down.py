"""The adaptive sell-down: how much to sell depends on prices, weights and events, fitted over simulated paths."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, number, one_of, seed_number, short_repr
from riskkit.optimize.best_possible._inputs import PlanClass, plan_class
from riskkit.optimize.best_possible.plan_paths import PlanPaths, simulate_prices
from riskkit.optimize.best_possible.policy import Policy
from riskkit.optimize.best_possible.weight_limits import WeightLimits, fit_weight_limits
from riskkit.rules import Hold
from riskkit.rules.adaptive_sale import AdaptiveSellDown
from riskkit.scenario._scenario import Scenario

__all__ = ["adaptive_sell_down"]

#: Fewest paths of a fit, in all and for each coefficient.
FEWEST_PATHS, FEWEST_EACH = 1000, 20

#: Edges of the prices in the table, and the fewest paths behind a number.
PRICES, FEWEST_IN_TABLE = (0.5, 1.0, 2.0, 4.0), 30

#: Steps a year on which prices are drawn; the law on the dates is the same for any.
MONTHLY = 12


def adaptive_sell_down(
    scenario: Scenario,
    *,
    into: str | Mapping[str, float],
    years: int | None = None,
    per_year: int = 1,
    objective: Literal["certainty_equivalent"] = "certainty_equivalent",
    risk_aversion: float = 3.0,
    paths: int = 100_000,
    seed: int = 1,
) -> Policy:
    """Fit a policy that sells founder holdings down to limits on their weights, which respond to what happens.

    Parameters
    ----------
    scenario : Scenario
        Portfolio, market, frictions and horizon; its rules are ignored. Log returns are normal and shocks plain (no
        tails, histories, contagion, uncertain parameters or `drift_after`); there are no loan, spending, deposits,
        vesting, death, dividends or marks.
    into : str or mapping of str to float
        The holding that receives the proceeds, or the share of each that does, sum 1. It is not sold.
    years : int, optional
        Last date of the policy in years, >= 0 and below the horizon; by default the last one before the horizon.
    per_year : int
        Dates a year, which divides 12.
    objective : {"certainty_equivalent"}
        Maximise the certainty equivalent of final wealth under constant relative risk aversion.
    risk_aversion : float
        Relative risk aversion γ > 0; `compare` reports γ = 3.
    paths, seed : int
        The policy is fitted over paths 0 … `paths` - 1 of that seed, on monthly steps; at least 1000, and 20 for each
        coefficient. It does not know those of `compare`'s default seed 0.

    Returns
    -------
    Policy
        `Policy.as_rule` gives the rule.

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement, or the scenario has what a plan cannot have; the message names it.

    Notes
    -----
    On every date each holding is sold down to a limit on its weight, 1 / (1 + exp(-x)), x linear in the logarithm of
    its price, the weight of the other holdings for sale and the number of events so far, with coefficients that are
    polynomials in time. The coefficients maximise mean utility over the paths by L-BFGS with exact gradients; the
    problem is not concave, so this is a local maximum. How far it may be from the best of all plans is what
    `upper_bound` proves. By its form the policy never buys back, sells a holding the more the higher its weight is, and
    never keeps more of it the more of wealth is in the others.

    References
    ----------
    Constantinides (1986), "Capital market equilibrium with transaction costs", *Journal of Political Economy* 94,
    842-862: with a cost of selling it is optimal to sell down to the edge of a region of weights.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from riskkit.scenario.scenarios import baron
    >>> policy = adaptive_sell_down(replace(baron(), years=3), into="diversified", paths=1000)
    >>> policy.value > policy.unsold, policy.as_rule().name
    (True, 'adaptive sell down')
    """
    began = time.perf_counter()
    one_of("objective", objective, ["certainty_equivalent"])
    seed_number(seed)
    integer("paths", paths, at_least=FEWEST_PATHS)
    plans = plan_class(scenario, into, per_year, risk_aversion)
    for holding in scenario.portfolio.holdings:
        if holding.marks is not None:
            raise InvalidInput(
                f"Holding {holding.name!r} must be without marks, got {short_repr(holding.marks)}: a policy is fitted "
                "to true prices, which a holder of marks does not see"
            )
    plans = _last_dates(_on_monthly_steps(plans, into, risk_aversion), years)
    simulated = simulate_prices(plans, paths, seed)
    limits = WeightLimits(plans.problem, simulated)
    coefficients_each = int(np.prod(limits.shape[1:])) * 2
    integer(f"paths for {coefficients_each} coefficients", paths, at_least=FEWEST_EACH * coefficients_each)
    coefficients, value = fit_weight_limits(plans.problem, simulated)
    utility = plans.problem.utility
    unsold = float(utility(plans.problem.worth_unsold(simulated.prices[-1]).sum(axis=0)).mean())
    return Policy(
        table=_table(plans, simulated, limits.sales(coefficients)),
        value=utility.certainty_equivalent(value),
        unsold=utility.certainty_equivalent(unsold),
        risk_aversion=float(risk_aversion),
        paths=paths,
        seed=seed,
        seconds=time.perf_counter() - began,
        rule=_rule(plans, coefficients),
    )


def _on_monthly_steps(plans: PlanClass, into: str | Mapping[str, float], risk_aversion: float) -> PlanClass:
    """The same class on monthly steps where these are fewer: prices on the dates have the same law."""
    scenario = plans.scenario
    whole = abs(MONTHLY * scenario.years - round(MONTHLY * scenario.years)) < 1e-9
    if scenario.steps_per_year <= MONTHLY or not whole:
        return plans
    coarse = replace(scenario, steps_per_year=MONTHLY, rules=[Hold()], baseline=None)
    return plan_class(coarse, into, plans.per_year, risk_aversion)


def _last_dates(plans: PlanClass, years: int | None) -> PlanClass:
    """The class without sales after the last date."""
    if years is None:
        return plans
    number("years", years, at_least=0.0, below=float(plans.scenario.years))
    limit = np.where(plans.times[:, None] <= years + 1e-9, plans.problem.limit, 0.0)
    return replace(plans, problem=replace(plans.problem, limit=limit))


def _rule(plans: PlanClass, coefficients: Array) -> AdaptiveSellDown:
    """The rule of the coefficients (date, holding sold, coefficient), without the dates on which nothing is sold."""
    dates = int(np.flatnonzero(plans.problem.limit.any(axis=1)).max()) + 1

    def schedule(column: int) -> dict[str, list[float]]:
        return dict(zip(plans.sold_names, coefficients[:dates, :, column].T.tolist(), strict=True))

    return AdaptiveSellDown(
        schedule(0),
        schedule(1),
        schedule(2),
        {shock: schedule(3 + place) for place, shock in enumerate(plans.once)},
        plans.into,
        plans.per_year,
    )


def _table(plans: PlanClass, paths: PlanPaths, sales: Array) -> pd.DataFrame:
    """Mean share sold of what is held, by holding, price and date."""
    edges = (0.0, *PRICES, np.inf)
    words = [f"below {PRICES[0]:g}", *(f"{low:g} to {high:g}" for low, high in pairwise(PRICES))]
    words.append(f"above {PRICES[-1]:g}")
    before = 1.0 - np.concatenate([np.zeros_like(sales[:1]), np.cumsum(sales, axis=0)[:-1]])
    rows = []
    for place, row in enumerate(plans.problem.sold):
        for low, high in pairwise(edges):
            shares = []
            for date in range(plans.problem.dates):
                price, units = paths.prices[date, row], before[date, place]
                chosen = (price >= low) & (price < high) & (units > 1e-6)
                enough = chosen.sum() >= FEWEST_IN_TABLE
                shares.append((sales[date, place, chosen] / units[chosen]).mean() if enough else np.nan)
            rows.append(shares)
    index = pd.MultiIndex.from_product([plans.sold_names, words], names=["holding", "price"])
    return pd.DataFrame(rows, index, pd.Index(plans.times, name="years"))
