"""`sample` and `trace`: full price paths and full books, from the same kernel and streams as `compare`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput, NotEnoughMemory
from riskkit._core.guessed_names import hint_keywords
from riskkit._core.validation import integer, require_known, short_repr
from riskkit.engine._replay import path_numbers, replay
from riskkit.engine.execution.interrupt import stopping
from riskkit.engine.execution.memory import memory_size
from riskkit.engine.moment import ACCOUNTS, Moment, stacked
from riskkit.engine.trace_data import Paths, Trace
from riskkit.market import Market
from riskkit.portfolio._portfolio import Holding, Portfolio
from riskkit.rules import Hold, Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["Paths", "Trace", "sample", "trace"]


EVENT_COLUMNS = ["path", "shock", "time", "step"]


@hint_keywords
@stopping("before the paths were drawn")
def sample(market: Market, *, years: float, steps_per_year: int = 252, paths: int = 1000, seed: int = 0) -> Paths:
    """Simulate full price paths of a market.

    Parameters
    ----------
    market : Market
    years : float
        Horizon; ``years * steps_per_year`` must be whole.
    steps_per_year : int
        252 for daily, 12 for monthly steps.
    paths : int
        Number of paths, at least 1.
    seed : int
        Same seed, same paths; path k is path k of `compare` with that seed.

    Returns
    -------
    Paths

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement.
    NotEnoughMemory
        If the paths would not fit; `compare` stores none.

    Examples
    --------
    >>> import riskkit as rk
    >>> market = rk.Market({"TSLA": rk.Asset(0.08, 0.57), "cash": rk.Asset(0.03, 0.0)})
    >>> drawn = rk.sample(market, years=1, steps_per_year=12, paths=3, seed=1)
    >>> drawn.prices.shape
    (13, 2, 3)
    """
    if not isinstance(market, Market):
        raise InvalidInput(f"market must be a Market, got {short_repr(market)}")
    calendar = Calendar(years, steps_per_year)
    count = integer("paths", paths, at_least=1)
    portfolio = Portfolio([Holding(name, 1.0) for name in market.assets])
    scenario = Scenario(portfolio, market, (Hold(),), years=years, steps_per_year=steps_per_year)
    _refuse_too_large(calendar, len(market.assets) * count, f"{count:,} stored paths")
    prices = np.empty((calendar.steps + 1, len(market.assets), count))
    events: list[pd.DataFrame] = []

    def store(moment: Moment, first: int) -> None:
        prices[moment.step, :, first : first + moment.paths.size] = moment.price
        if moment.step == calendar.steps:
            events.append(moment.event_table())

    replay(scenario, scenario.rules, range(count), seed=seed, observe=store, steps=range(calendar.steps + 1))
    return Paths(portfolio.names, _times(calendar), prices, stacked(events, EVENT_COLUMNS))


@stopping("before the books were complete")
def trace(scenario: Scenario, rule: Rule | str, *, paths: int | Iterable[int] = 1, seed: int = 0) -> Trace:
    """Record one rule's books at every step.

    Parameters
    ----------
    scenario : Scenario
    rule : Rule or str
        A rule, or the name of one of the scenario's.
    paths : int or iterable of int
        A count (paths 0 … n - 1), or the numbers of the paths.
    seed : int
        Path 17 here is path 17 of `compare` with that seed, bit for bit.

    Returns
    -------
    Trace
        ``wealth`` is before the tax of selling, ``wealth_after_tax`` after the tax of selling everything at that time.

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement.
    NotEnoughMemory
        If the books would not fit.
    """
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {short_repr(scenario)}")
    if isinstance(rule, str):
        require_known("rule", [rule], scenario.names)
        rule = scenario.rules[scenario.names.index(rule)]
    elif not isinstance(rule, Rule):
        raise InvalidInput(f"rule must be a Rule or the name of one, got {short_repr(rule)}")
    chosen = path_numbers(paths if isinstance(paths, Iterable) else range(integer("paths", paths, at_least=1)))
    names, calendar = scenario.portfolio.names, scenario.calendar
    _refuse_too_large(calendar, (2 * len(names) + 2) * chosen.size, f"the books of {chosen.size:,} paths")
    wealth, after_tax = (np.empty((calendar.steps + 1, chosen.size)) for _ in range(2))
    weights, prices = (np.empty((calendar.steps + 1, len(names), chosen.size)) for _ in range(2))
    accounts = {name: np.empty((calendar.steps + 1, chosen.size)) for name in ACCOUNTS}
    trades: list[tuple[NDArray[Any], ...]] = []
    events: list[pd.DataFrame] = []

    def store(moment: Moment, first: int) -> None:
        step, rows, book = moment.step, slice(first, first + moment.paths.size), moment.book(rule)
        wealth[step, rows], weights[step, :, rows], prices[step, :, rows] = book.wealth, book.weights, moment.price
        after_tax[step, rows] = book.wealth_after_tax
        for name, totals in book.accounts.items():
            accounts[name][step, rows] = totals
        last = moment.trades(rule)
        if last is not None and last.step == step - 1:
            holding, path = np.nonzero(last.traded)
            amounts = (each[holding, path] for each in (last.amount, last.cost, last.tax))
            trades.append((np.full(path.size, last.step), holding, first + path, *amounts))
        if step == calendar.steps:
            events.append(moment.event_table())

    replay(scenario, rule, chosen, seed=seed, observe=store, steps=range(calendar.steps + 1))
    table = stacked(events, EVENT_COLUMNS).sort_values(["path", "time"], kind="stable", ignore_index=True)
    traded = _trade_table(trades, chosen, names, calendar)
    return Trace(names, chosen, _times(calendar), wealth, after_tax, weights, prices, traded, table, accounts)


def _times(calendar: Calendar) -> Array:
    return np.arange(calendar.steps + 1, dtype=np.float64) * calendar.dt


def _refuse_too_large(calendar: Calendar, row: int, what: str) -> None:
    """Refuse arrays that would not fit into memory."""
    need, have = 8.0 * (calendar.steps + 1) * row, memory_size()
    if have is not None and need > 0.8 * have:
        raise NotEnoughMemory(
            f"{what} over {calendar.steps:,} steps need {need / 2**30:.1f} GB and the machine has "
            f"{have / 2**30:.1f} GB; ask for fewer paths, or use compare, which stores none"
        )


def _trade_table(
    trades: list[tuple[NDArray[Any], ...]], chosen: Ints, names: tuple[str, ...], calendar: Calendar
) -> pd.DataFrame:
    """One row per holding traded on a date, sorted by date, holding and position of the path.

    `trades` are, for each date and batch of paths, the step, holding, position, amount, cost and tax of its rows.
    """
    if not any(rows[0].size for rows in trades):
        return stacked([], ["path", "time", "holding", "amount", "cost", "tax"])
    step, holding, position, amount, cost, tax = (np.concatenate(column) for column in zip(*trades, strict=True))
    order = np.lexsort((position, holding, step))
    columns = {
        "path": chosen[position],
        "time": step / calendar.steps_per_year,
        "holding": np.array(names, dtype=object)[holding],
        "amount": amount,
        "cost": cost,
        "tax": tax,
    }
    return pd.DataFrame({name: values[order] for name, values in columns.items()})
