"""Effect of a sale on each date on final wealth, by simulated path: final wealth is linear in the sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.rules import Hold, SellLast
from riskkit.rules.proceeds import linked
from riskkit.rules.sell_last import OUT
from riskkit.scenario._scenario import Scenario

if TYPE_CHECKING:
    from riskkit.engine.moment import Moment

__all__ = ["Prices", "Sales", "simulate", "value_sales"]


@dataclass(frozen=True, eq=False)
class Prices:
    """Simulated prices on the dates of a plan and, last, at the horizon.

    Attributes
    ----------
    true, reported : ndarray
        True and reported price of each holding, 1 at the start (time, holding, path).
    paid : ndarray
        Purchase cost of a unit held since the start (time, holding, path); 0 without a tax.
    free : ndarray of bool
        Whether the investor may sell: always, or after the book of a pledge has sold everything (time, path).
    """

    true: Array
    reported: Array
    paid: Array
    free: Bools


@dataclass(frozen=True, eq=False)
class Sales:
    """Final wealth is base + sum of gain * share sold; money is in multiples of the start wealth.

    Attributes
    ----------
    base : ndarray
        Final wealth without sales (path).
    gain : ndarray
        Change of final wealth from selling all start units of a holding on a date (date, holding sold, path).
    tax : ndarray
        Tax of that sale, below 0 for a loss (date, holding sold, path).
    free : ndarray
        1 if the investor may sell; else 0, and gain and tax are 0 too (date, holding sold, path).
    """

    base: Array
    gain: Array
    tax: Array
    free: Array


def simulate(scenario: Scenario, dates: int, pledge: SellLast | None, paths: int, seed: int) -> Prices:
    """Simulate paths 0 … `paths` - 1; return prices and purchase costs at 0, 1, … `dates` - 1 years and the horizon."""
    from riskkit.engine._replay import replay
    from riskkit.engine.execution.interrupt import stopping

    first_out = () if pledge is None else (pledge.after,)
    nothing = Hold(name="held since the start" + "".join(rule.name for rule in first_out))
    steps = [*(date * scenario.steps_per_year for date in range(dates)), scenario.calendar.steps]
    founders = list(linked(scenario.portfolio))
    shape = (len(steps), len(scenario.portfolio.names), paths)
    prices = Prices(np.empty(shape), np.empty(shape), np.zeros(shape), np.ones((len(steps), paths), dtype=np.bool_))

    def store(moment: Moment, first: int) -> None:
        time, batch = steps.index(moment.step), slice(first, first + moment.paths.size)
        prices.true[time, :, batch], prices.reported[time, :, batch] = moment.price, moment.reported
        if scenario.frictions.tax is not None:
            # Of a holding that starts with nothing any cost will do: it only says when a death has stepped it up.
            prices.paid[time, :, batch] = np.nan_to_num(moment.book(nothing).unit_cost, nan=1.0)
        if pledge is not None:
            # As in `SellLast`: no book is out at the start, and a book that is out stays out.
            out = (moment.book(pledge.after).units[founders] < OUT).all(axis=0)
            prices.free[time, batch] = time > 0 and out | prices.free[time - 1, batch]

    with stopping("before the paths of the plan were drawn"):
        replay(scenario, (nothing, *first_out), range(paths), seed=seed, observe=store, steps=steps)
    return prices


def value_sales(scenario: Scenario, prices: Prices, sold: list[int], into: Array) -> Sales:
    """Value the sale of every holding on every date.

    Parameters
    ----------
    scenario : Scenario
    prices : Prices
    sold : list of int
        Rows of the holdings to sell.
    into : ndarray
        Share of the proceeds that each holding receives (holding).

    Notes
    -----
    A sale of the value V, after the discount, pays its cost c V and the tax on V less the purchase cost; a loss refunds
    its tax at once. The rest buys `into`, which is held to the end and taxed there as the scenario says.
    """
    frictions, portfolio, calendar = scenario.frictions, scenario.portfolio, scenario.calendar
    rate = 0.0 if frictions.tax is None else frictions.tax.rate
    last_rate = rate if frictions.tax is not None and frictions.tax.taxed_at_end else 0.0
    deflator = (1.0 + scenario.inflation) ** -scenario.years
    cost, start = frictions.costs(portfolio), np.array(portfolio.weights)[:, None]
    price, paid = prices.true[:-1], prices.paid[:-1]
    last, last_paid = prices.true[-1], prices.paid[-1]
    unsold_wealth = start * (last - last_rate * (last - last_paid))

    # A unit of money in `into`: its final value, and its purchase cost, which a death may have stepped up since.
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
        base=deflator * unsold_wealth.sum(axis=0),
        gain=deflator * free * (money * placed[:, None, :] - unsold_wealth[sold]),
        tax=free * tax,
        free=free,
    )
