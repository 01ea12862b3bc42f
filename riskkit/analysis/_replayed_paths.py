"""Books of a rule on replayed paths: profits by holding, costs, and wealth by month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit.instruments import instruments_of
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

if TYPE_CHECKING:
    from riskkit.engine.moment import Moment

__all__ = ["Books", "books_of", "monthly_wealth"]


@dataclass(frozen=True, eq=False)
class Books:
    """Profit and loss of a rule on some paths over the horizon, in multiples of the start wealth.

    Attributes
    ----------
    profits : ndarray
        Of each holding, from price moves alone (holding, path).
    cost, tax, interest, spent, deposited, vested, lender_loss : ndarray
        Totals (path). Wealth is 1 + the profits + hedge - cost - tax - interest - spent + deposited + vested
        + lender_loss.
    wealth : ndarray
        Net wealth in the end, before the tax of selling everything, in money of the end (path).
    hedge : ndarray
        Marks and pay-offs of instruments less their premiums, before spread, discount and fees, which are in `cost`
        (path).
    """

    profits: Array
    cost: Array
    tax: Array
    interest: Array
    spent: Array
    deposited: Array
    vested: Array
    lender_loss: Array
    wealth: Array
    hedge: Array


def books_of(scenario: Scenario, rule: Rule, paths: Ints, seed: int) -> Books:
    """Replay a rule on the paths of these numbers and add up the profit and loss of each holding and of instruments.

    Units change on the dates of the rule and its instruments only, so prices are read there; under a loan a margin call
    may sell at any step, so they are read at every step.
    """
    from riskkit.engine._replay import replay
    from riskkit.engine.inputs.run_setup import trading_dates

    end = scenario.calendar.steps
    dates = trading_dates(replace(scenario, rules=(rule,), baseline=None))
    steps = list(range(end + 1)) if scenario.portfolio.loan is not None else sorted({0, *dates, end})
    accounts = ("cost", "tax", "interest", "spent", "deposited", "vested", "lender_loss")
    profits = np.zeros((len(scenario.portfolio.names), paths.size))
    totals = np.zeros((len(accounts) + 1, paths.size))
    price, stake, before = np.empty(0), np.empty(0), 0

    def observe(moment: Moment, first: int) -> None:
        nonlocal price, stake, before
        place, book = slice(first, first + moment.paths.size), moment.book(rule)
        if moment.step:
            traded = moment.trades(rule)
            if traded is not None and traded.step == before:
                stake = traded.stake
            profits[:, place] += stake * (moment.price - price)
        price, stake, before = moment.price, book.stake, moment.step
        if moment.step == end:
            totals[:, place] = [*(book.accounts[name] for name in accounts), book.wealth]

    replay(scenario, rule, paths, seed=seed, observe=observe, steps=steps)
    cost, tax, interest, spent, deposited, vested, lender_loss, wealth = totals
    hedge: Array = np.zeros(paths.size)
    if instruments_of(rule):
        # What neither holdings nor another account explains: these are exact, so that it is so too.
        explained = profits.sum(axis=0) - cost - tax - interest - spent + deposited + vested + lender_loss
        hedge = wealth - 1.0 - explained
    return Books(profits, cost, tax, interest, spent, deposited, vested, lender_loss, wealth, hedge)


def monthly_wealth(scenario: Scenario, rule: Rule, paths: Ints, seed: int) -> Array:
    """Wealth at each month end and at the horizon (time, path) of the paths of these numbers."""
    from riskkit.engine._replay import replay

    ends = sorted({*scenario.calendar.month_ends.tolist(), scenario.calendar.steps})
    wealth = np.empty((len(ends), paths.size))

    def observe(moment: Moment, first: int) -> None:
        wealth[ends.index(moment.step), first : first + moment.paths.size] = moment.book(rule).wealth

    replay(scenario, rule, paths, seed=seed, observe=observe, steps=ends)
    return wealth
