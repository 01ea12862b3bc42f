"""What a sale on each date does to final wealth, on each simulated path: final wealth is linear in what is sold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.rules import Hold, SellLast
from riskkit.rules.proceeds import linked
from riskkit.rules.sell_last import OUT
from riskkit.scenario._scenario import Scenario

if TYPE_CHECKING:
    from riskkit.engine.moment import Moment

__all__ = ["Prices", "Sales", "simulate", "value_sales"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Prices:
    """Simulated prices on the dates of a plan and, last, at the horizon.

    Attributes
    ----------
    true, shown : ndarray
        True and reported price of each holding, 1 at the start (time, holding, path).
    paid : ndarray
        Purchase cost of a unit of what is held since the start (time, holding, path); 0 without a tax.
    free : ndarray of bool
        Whether the investor may sell: always, or once the book that goes first is out (time, path).
    """

    true: Array
    shown: Array
    paid: Array
    free: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Sales:
    """Final wealth is base + sum of gain * share sold; money is in multiples of the start wealth.

    Attributes
    ----------
    base : ndarray
        Final wealth where nothing is sold (path).
    gain : ndarray
        What selling all start units of a holding on a date adds to final wealth (date, holding sold, path).
    tax : ndarray
        Tax of that sale, below 0 for a loss (date, holding sold, path).
    free : ndarray
        1 where the investor may sell; where he may not, 0, and gain and tax are 0 too (date, holding sold, path).
    """

    base: Array
    gain: Array
    tax: Array
    free: Array


def simulate(scenario: Scenario, dates: int, pledge: SellLast | None, paths: int, seed: int) -> Prices:
    """Carry paths 0 … `paths` - 1 to the horizon, and note prices and purchase costs at 0, 1, … `dates` - 1 years."""
    from riskkit.engine._replay import replay
    from riskkit.engine.execution.interrupt import stopping

    first_out = () if pledge is None else (pledge.after,)
    nothing = Hold(name="held since the start" + "".join(rule.name for rule in first_out))
    steps = [*(date * scenario.steps_per_year for date in range(dates)), scenario.calendar.steps]
    founders = list(linked(scenario.portfolio))
    shape = (len(steps), len(scenario.portfolio.names), paths)
    prices = Prices(np.empty(shape), np.empty(shape), np.zeros(shape), np.ones((len(steps), paths), dtype=np.bool_))

    def note(moment: Moment, first: int) -> None:
        time, part = steps.index(moment.step), slice(first, first + moment.paths.size)
        prices.true[time, :, part], prices.shown[time, :, part] = moment.price, moment.reported
        if scenario.frictions.tax is not None:
            prices.paid[time, :, part] = moment.book(nothing).unit_cost
        if pledge is not None:
            # As `SellLast` has it: nobody is out at the start, and who is out once stays out.
            out = (moment.book(pledge.after).units[founders] < OUT).all(axis=0)
            prices.free[time, part] = time > 0 and out | prices.free[time - 1, part]

    with stopping("before the paths of the plan were drawn"):
        replay(scenario, (nothing, *first_out), range(paths), seed=seed, observe=note, steps=steps)
    return prices


def value_sales(scenario: Scenario, prices: Prices, sold: list[int], into: Array) -> Sales:
    """Value the sale of every holding on every date.

    Parameters
    ----------
    scenario : Scenario
    prices : Prices
    sold : list of int
        Rows of the holdings that may be sold.
    into : ndarray
        Share of the proceeds that each holding takes (holding).

    Notes
    -----
    A sale of the value V, after the discount, pays its cost c V and the tax on V less what was paid for it; a loss
    brings its tax back at once. What is left buys the takers, who are held, and taxed as the scenario says in the end.
    """
    frictions, portfolio, calendar = scenario.frictions, scenario.portfolio, scenario.calendar
    rate = 0.0 if frictions.tax is None else frictions.tax.rate
    last_rate = rate if frictions.tax is not None and frictions.tax.taxed_at_end else 0.0
    deflator = (1.0 + scenario.inflation) ** -scenario.years
    cost, start = frictions.costs(portfolio), np.array(portfolio.weights)[:, None]
    price, paid = prices.true[:-1], prices.paid[:-1]
    last, last_paid = prices.true[-1], prices.paid[-1]
    kept = start * (last - last_rate * (last - last_paid))

    # A unit of money in a taker: what it grows to, and its purchase cost, which a death may have stepped up since.
    grown = last / price
    cost_of_it = np.where(last_paid == paid, 1.0, last_paid / price)
    placed = np.einsum("h,thp->tp", into / (into @ (1.0 + cost)), grown - last_rate * (grown - cost_of_it))

    steps = np.arange(len(price)) * scenario.steps_per_year
    discount = np.stack([portfolio.holdings[row].liquidity.terms(calendar).discount[steps] for row in sold], axis=1)
    value = start[sold] * price[:, sold] * (1.0 - discount[:, :, None])
    tax = rate * (value - start[sold] * paid[:, sold])
    money = value * (1.0 - cost[sold])[:, None] - tax
    free = np.repeat(prices.free[:-1, None, :], len(sold), axis=1).astype(np.float64)
    return Sales(
        base=deflator * kept.sum(axis=0),
        gain=deflator * free * (money * placed[:, None, :] - kept[sold]),
        tax=free * tax,
        free=free,
    )
