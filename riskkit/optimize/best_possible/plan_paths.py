"""Paths of a scenario on a plan's dates, with the sales of a rule's book, and whether the rule is of the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit.instruments.hedged import instruments_of
from riskkit.optimize.best_possible._inputs import PlanClass
from riskkit.rules import Hold, Rule

if TYPE_CHECKING:
    from riskkit.engine.moment import Moment

__all__ = ["PlanPaths", "simulate"]

#: Changes of a stake that are rounding, as a share of the start wealth.
ROUNDING = 1e-9

#: Deviation from the mix that is rounding, as a share of a purchase.
MIX_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class PlanPaths:
    """Simulated paths on the dates of a class of plans.

    Attributes
    ----------
    numbers : ndarray of uint64 (path)
    prices : ndarray (date + 1, holding, path)
        True prices, the horizon included.
    events : ndarray (date + 1, event source, path)
        Events so far of the shocks that happen once.
    sales : ndarray (date, holding sold, path)
        Shares of the start units that the rule sells.
    """

    numbers: UInts
    prices: Array
    events: Array
    sales: Array

    def rows(self, chosen: slice) -> PlanPaths:
        """Some of the paths."""
        arrays = (self.prices[..., chosen], self.events[..., chosen], self.sales[..., chosen])
        return PlanPaths(self.numbers[chosen], *(np.ascontiguousarray(array) for array in arrays))


def simulate(plans: PlanClass, rule: Rule, paths: int, seed: int) -> PlanPaths | str:
    """Simulate paths 0 … `paths` - 1 with a rule's book; return why the rule is not of the class where it is not."""
    from riskkit.engine._replay import replay
    from riskkit.engine.execution.interrupt import stopping

    if instruments_of(rule):
        return "it has instruments"
    scenario, problem, steps = plans.scenario, plans.problem, plans.steps.tolist()
    dates, names = problem.dates, scenario.portfolio.names
    start = np.array([holding.value for holding in scenario.portfolio.holdings]) / scenario.portfolio.net
    prices = np.empty((dates + 1, len(names), paths))
    events = np.zeros((dates + 1, len(plans.once), paths))
    sales = np.zeros((dates, problem.sold.size, paths))
    place_of = {step: date for date, step in enumerate(steps)}
    after_dates = {step + 1: date for date, step in enumerate(steps[:-1])}
    stake: dict[str, Array] = {}
    reasons: list[str] = []

    def store(moment: Moment, first: int) -> None:
        batch = slice(first, first + moment.paths.size)
        stakes = moment.book(rule).stake
        if moment.step in after_dates:
            date = after_dates[moment.step]
            change = stakes - stake["before"]
            sales[date, :, batch] = -change[problem.sold] / start[problem.sold, None]
            reasons.extend(_foreign_trades(plans, change, prices[date, :, batch]))
            stake["after"] = stakes
        if moment.step in place_of:
            date = place_of[moment.step]
            prices[date, :, batch] = moment.price
            for row, name in enumerate(plans.once):
                events[date, row, batch] = moment.events[name]
            if date > 0 and np.abs(stakes - stake["after"]).max() > ROUNDING:
                reasons.append(f"it trades between {steps[date - 1]} and {steps[date]} of the calendar's steps")
            stake["before"] = stakes

    with stopping("before the paths of the bound were drawn"):
        replay(scenario, rule, range(paths), seed=seed, observe=store, steps=sorted({*place_of, *after_dates}))
    if reasons:
        return reasons[0]
    np.clip(sales, 0.0, 1.0, out=sales)
    return PlanPaths(np.arange(paths, dtype=np.uint64), prices, events, sales)


def simulate_prices(plans: PlanClass, paths: int, seed: int) -> PlanPaths:
    """Simulate paths 0 … `paths` - 1 on which nothing is sold."""
    found = simulate(plans, Hold(name="nothing sold"), paths, seed)
    assert isinstance(found, PlanPaths)
    return found


def _foreign_trades(plans: PlanClass, change: Array, price: Array) -> list[str]:
    """Why the trades of a date, as changes of stakes (holding, path), are not of the class; empty if they are."""
    problem, names = plans.problem, plans.scenario.portfolio.names
    for row in problem.sold:
        if change[row].max() > ROUNDING:
            return [f"it buys {names[row]!r}"]
    for row in problem.retained:
        if change[row].min() < -ROUNDING:
            return [f"it sells {names[row]!r}"]
        if row not in problem.receivers and change[row].max() > ROUNDING:
            return [f"its proceeds go to {names[row]!r}"]
    bought = change[problem.receivers] * price[problem.receivers]
    total = bought.sum(axis=0)
    mix = problem.mix / problem.mix.sum()
    if (np.abs(bought - mix[:, None] * total) > MIX_ROUNDING * total + ROUNDING).any():
        return ["its proceeds do not go to the mix of into"]
    return []
