"""Input validation: the class of plans that a scenario, its dates and `into` define."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, number, short_repr
from riskkit.market._market import Market
from riskkit.market.shocks._shock import Shock
from riskkit.optimize.best_possible.period_law import PeriodLaw, period_laws
from riskkit.optimize.best_possible.problem import SellDownProblem
from riskkit.optimize.best_possible.utility import PowerUtility
from riskkit.optimize.sale_plans.checks import holdings_to_sell, refuse_nonlinear
from riskkit.rules.proceeds import shares_of_one
from riskkit.scenario._scenario import Scenario

__all__ = ["PlanClass", "plan_class"]


@dataclass(frozen=True, eq=False)
class PlanClass:
    """A class of plans: those that sell on given dates into a fixed mix and leave the proceeds there.

    Attributes
    ----------
    scenario : Scenario
    into : mapping of str to float
        Share of the proceeds by holding.
    per_year : int
        Dates a year.
    problem : SellDownProblem
    laws : tuple of PeriodLaw
        Of each period between two dates.
    once : tuple of str
        Shocks that happen once, in the order of the state's events.
    steps : ndarray of int
        Steps of the dates and, last, of the horizon (date + 1,).
    """

    scenario: Scenario
    into: Mapping[str, float]
    per_year: int
    problem: SellDownProblem
    laws: tuple[PeriodLaw, ...]
    once: tuple[str, ...]
    steps: Ints

    @property
    def sold_names(self) -> list[str]:
        """Names of the holdings that are sold."""
        return [self.scenario.portfolio.names[row] for row in self.problem.sold]

    @property
    def times(self) -> Array:
        """Dates in years, without the horizon."""
        return self.steps[:-1] / self.scenario.steps_per_year

    def describe(self) -> str:
        """The class in words, to stand after "plans that"."""
        names = " and ".join(self.into)
        often = "yearly dates" if self.per_year == 1 else f"{self.per_year} dates a year"
        return f"only sell founder holdings, on {often} from the start, into {names} and leave the proceeds there"


def plan_class(scenario: Scenario, into: str | Mapping[str, float], per_year: int, risk_aversion: float) -> PlanClass:
    """Return the class of plans of a scenario.

    Raises
    ------
    InvalidInput
        If the scenario's final wealth is not linear in the sales, its market cannot be drawn from one date to the next,
        or an argument does not meet its requirement.
    """
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {short_repr(scenario)}")
    number("risk_aversion", risk_aversion, above=0.0)
    steps = _steps(scenario, per_year)
    refuse_nonlinear(scenario)
    _refuse_other(scenario)
    _refuse_market(scenario.market)
    receivers = shares_of_one("into", {into: 1.0} if isinstance(into, str) else into)
    times = steps / scenario.steps_per_year
    sold = np.array(holdings_to_sell(scenario, receivers, times[:-1]))
    names, frictions = scenario.portfolio.names, scenario.frictions
    retained = np.array([row for row in range(len(names)) if row not in sold])
    share = np.array([receivers.get(name, 0.0) for name in names])
    trading_cost = frictions.costs(scenario.portfolio)
    bought = np.flatnonzero(share)
    deflator = (1.0 + scenario.inflation) ** -scenario.years
    unit = deflator / scenario.portfolio.net
    tax = frictions.tax
    rate = 0.0 if tax is None else tax.rate
    end_rate = rate if tax is not None and tax.taxed_at_end else 0.0
    discount, limit = _sale_terms(scenario, sold, steps[:-1])
    problem = SellDownProblem(
        value=unit * np.array([holding.value for holding in scenario.portfolio.holdings]),
        cost=unit * np.array([holding.basis for holding in scenario.portfolio.holdings]),
        sold=sold,
        retained=retained,
        receivers=bought,
        mix=share[bought] / (share @ (1.0 + trading_cost)),
        discount=discount,
        limit=limit,
        trading_cost=trading_cost[sold],
        rate=rate,
        end_rate=np.full(len(names), end_rate),
        utility=PowerUtility(float(risk_aversion)),
    )
    laws, once = period_laws(scenario.market, names, times)
    return PlanClass(scenario, receivers, per_year, problem, laws, once, steps)


def _steps(scenario: Scenario, per_year: int) -> Ints:
    integer("per_year", per_year, at_least=1, at_most=12)
    if 12 % per_year or scenario.steps_per_year % per_year:
        raise InvalidInput(
            f"per_year must divide 12 and the {scenario.steps_per_year} steps a year of the scenario, got {per_year}"
        )
    gap = scenario.steps_per_year // per_year
    last = scenario.calendar.steps
    return np.append(np.arange(0, last, gap), last)


def _refuse_other(scenario: Scenario) -> None:
    """Refuse what the state of a plan does not have."""
    for what, value in (("a death", scenario.frictions.death), ("forced events", dict(scenario.forced) or None)):
        if value is not None:
            raise InvalidInput(f"scenario must be without {what}, got {short_repr(value)}: the bound does not cover it")
    if scenario.market.pays_dividends:
        raise InvalidInput(
            "scenario must be without dividends, got an Asset with dividend_yield > 0: what dividends buy is not part "
            "of a plan; set dividend_yield=0, since expected_return includes the dividends"
        )


def _refuse_market(market: Market) -> None:
    """Refuse a market whose law from one date to the next is not that of normal returns and shocks."""
    found = None
    if market.tails:
        found = f"tails={market.tails!r}"
    elif market.history is not None:
        found = "past returns"
    elif market.uncertain:
        found = "an uncertain parameter"
    elif market.contagion:
        found = f"the contagion from {market.contagion[0].source!r} to {market.contagion[0].target!r}"
    for source in market.shocks if found is None else ():
        if not isinstance(source, Shock):
            found = f"the event source {source.name!r}"
        elif source.drift_after:
            found = f"drift_after of the shock {source.name!r}"
    if found is not None:
        raise InvalidInput(
            f"market must have normal log returns and plain shocks, got {found}: the conditional means of the bound "
            "are drawn from one date to the next, which takes a law that these dates determine; leave it out"
        )


def _sale_terms(scenario: Scenario, sold: Ints, steps: Ints) -> tuple[Array, Array]:
    """Discount of a sale, and the largest share of what is held that each date lets go (date, holding sold)."""
    discount, limit = np.empty((steps.size, sold.size)), np.zeros((steps.size, sold.size))
    for place, row in enumerate(sold):
        holding = scenario.portfolio.holdings[row]
        terms = holding.liquidity.terms(scenario.calendar)
        discount[:, place] = terms.discount[steps]
        previous = -1
        for date, step in enumerate(steps):
            opened = np.flatnonzero(terms.opens[: step + 1])
            if terms.limit[step] == 0.0 or opened.size == 0:
                continue
            opened_at = int(opened[-1])
            limit[date, place] = terms.limit[opened_at]
            if opened_at == previous and terms.limit[opened_at] < 1.0:
                raise InvalidInput(
                    f"Holding {holding.name!r}: each date must have an allowance of its own, got a sale window that "
                    f"opens at step {opened_at} and lasts over two dates; take a smaller per_year"
                )
            previous = opened_at
        if not limit[:, place].any():
            raise InvalidInput(
                f"Holding {holding.name!r} must be open for sale on some date, got dates outside its windows only; "
                f"take another per_year, or name it in into to keep it (it is {holding.liquidity.describe()})"
            )
    return discount, limit
