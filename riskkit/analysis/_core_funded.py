"""`core_funded`: whether the goal and the spending are met without any founder holding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, short_repr
from riskkit.analysis._inputs import checked_scenario, run
from riskkit.comparison.estimation import estimate
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.frictions import Deposit, Frictions, Vesting
from riskkit.portfolio import Holding, Portfolio
from riskkit.rules import Hold
from riskkit.scenario._scenario import Scenario

__all__ = ["core_funded"]


def core_funded(scenario: Scenario, *, paths: int = 20_000, seed: int = 0) -> Estimate:
    """Estimate the probability that goal and spending are met with every founder holding at 0.

    The core is what depends on no founder: the holdings with no founder share, less the loan. From the start the
    founder holdings are worth nothing, and the core is held.

    Parameters
    ----------
    scenario : Scenario
        The assumptions; its rules are ignored. The goal stays the same amount of money, a multiple of the whole start
        wealth. Spending of a share of wealth is that share of the core. What vests of a founder holding is worth
        nothing.
    paths : int
        Number of paths.
    seed : int
        Same seed, same prices as in `compare`.

    Returns
    -------
    Estimate
        Its ``value`` is the probability that final wealth, after tax and in money of the start, is at or above the
        goal and no spending has fallen short; its ``standard_error``, and its ``interval()``. Exactly 0 where the core
        does not exceed the loan, or a year's spending is more than the core.

    Raises
    ------
    InvalidInput
        If a deposit buys a founder holding, or the core exceeds the loan but the loan is above its limit.

    Examples
    --------
    A core of 40 in bonds is to become 55 of the 100 at the start:

    >>> import riskkit as rk
    >>> holdings = [rk.Holding("TSLA", 60, founder="Musk"), rk.Holding("bonds", 40)]
    >>> market = rk.Market({"TSLA": rk.Asset(0.08, 0.57), "bonds": rk.Asset(0.03, 0.05)})
    >>> case = rk.Scenario(rk.Portfolio(holdings), market, rk.Hold(), years=10, steps_per_year=12, goal=0.55)
    >>> rk.core_funded(case, paths=2000)
    Estimate(0.417 ± 0.011)
    """
    checked_scenario(scenario)
    integer("paths", paths, at_least=1)
    core = _core(scenario)
    if core is None:
        return Estimate(0.0, 0.0)
    result = run(core, Hold(), paths=paths, seed=seed)
    columns = result.outcomes.columns
    met = (np.asarray(columns["wealth"][0]) >= core.goal) & (np.asarray(columns["shortfall"][0]) == 0.0)
    return result._calibrated(estimate.probability(met, result.outcomes.design))


def _core(scenario: Scenario) -> Scenario | None:
    """The scenario with every founder holding at 0; None where loan or spending take the whole core."""
    portfolio = scenario.portfolio
    founders = [holding.name for holding in portfolio.holdings if holding.founder_share > 0.0]
    value = sum(holding.value for holding in portfolio.holdings if holding.name not in founders)
    debt = 0.0 if portfolio.loan is None else portfolio.loan.amount
    spending = scenario.frictions.spending
    if value <= debt or (spending is not None and (spending.amount or 0.0) > value - debt):
        return None
    if portfolio.loan is not None and debt > portfolio.loan.max_loan_to_value * value:
        raise InvalidInput(
            f"scenario must have a loan of at most max_loan_to_value = {portfolio.loan.max_loan_to_value:g} of the "
            f"holdings with no founder, {value:g}, got {debt:g}: the lender would have them sold at the start"
        )
    holdings = [_worthless(each) if each.name in founders else each for each in portfolio.holdings]
    core = Portfolio(holdings, loan=portfolio.loan, currency=portfolio.currency)
    return replace(
        scenario,
        portfolio=core,
        rules=(Hold(),),
        baseline=None,
        frictions=_without_founders(scenario.frictions, founders),
        goal=scenario.goal * portfolio.net / core.net,
    )


def _worthless(holding: Holding) -> Holding:
    """The holding with value 0."""
    return replace(holding, value=0.0, cost=None)


def _without_founders(frictions: Frictions, founders: list[str]) -> Frictions:
    """The frictions without vesting of founder holdings; a deposit into one is refused."""
    flows = [flow for flow in frictions.flows if not (isinstance(flow, Vesting) and flow.on in founders)]
    for flow in flows:
        lost = [name for name in (flow.into or () if isinstance(flow, Deposit) else ()) if name in founders]
        if lost:
            raise InvalidInput(
                f"Deposit: into must name holdings with no founder, which are worth something here, got "
                f"{short_repr(lost[0])}; give into= another holding"
            )
    return replace(frictions, flows=flows)
