"""`sample` and `trace`: whole paths and whole books, from the same kernel and streams as `compare`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.calendar import Calendar
from riskkit.checks import known, seed_number, shown, whole
from riskkit.engine import layout
from riskkit.engine.inputs.market_inputs import PriceEvents
from riskkit.engine.inputs.shock_events import ShockEvents
from riskkit.engine.interruption import stopping
from riskkit.engine.layout import LANES
from riskkit.engine.plan import Plan, make_plan
from riskkit.engine.recorded import DEATH, Paths, Trace
from riskkit.engine.room import memory_size
from riskkit.engine.tile import Tile
from riskkit.engine.tiles import compile_kernel
from riskkit.errors import InvalidInput, NotEnoughMemory
from riskkit.market import Market
from riskkit.portfolio import Holding, Portfolio
from riskkit.rules import Hold, Rule
from riskkit.scenario import Scenario

__all__ = ["Paths", "Trace", "sample", "trace"]

Array = NDArray[np.float64]

_ACCOUNTS = {
    "cost": layout.COST,
    "tax": layout.TAX,
    "interest": layout.INTEREST,
    "spent": layout.SPENT,
    "lender_loss": layout.LENDER_LOSS,
    "debt": layout.DEBT,
}


@stopping("before the paths were drawn")
def sample(market: Market, *, years: float, steps_per_year: int = 252, paths: int = 1000, seed: int = 0) -> Paths:
    """Draw whole price paths of a market.

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
        raise InvalidInput(f"market must be a Market, got {shown(market)}")
    calendar = Calendar(years, steps_per_year)
    count = whole("paths", paths, at_least=1)
    portfolio = Portfolio([Holding(name, 1.0) for name in market.assets])
    scenario = Scenario(portfolio, market, (Hold(),), years=years, steps_per_year=steps_per_year)
    plan = make_plan(scenario, seed_number(seed))
    _refuse_too_large(calendar, len(market.assets) * count, f"{count:,} stored paths")
    compile_kernel(plan)
    prices = np.empty((calendar.steps + 1, len(market.assets), count))
    events = []
    for start in range(0, count, 32 * LANES):
        chosen = np.arange(start, min(start + 32 * LANES, count))
        tile = Tile(plan, _filled(chosen))
        for step in range(calendar.steps + 1):
            tile.advance(step)
            prices[step, :, chosen] = tile.price()[:, : chosen.size].T
        events.append(_event_table(plan, tile.inputs.shock_events, chosen))
    return Paths(plan.scenario.portfolio.names, _times(calendar), prices, pd.concat(events, ignore_index=True))


@stopping("before the books were complete")
def trace(scenario: Scenario, rule: Rule | str, *, paths: int | Iterable[int] = 1, seed: int = 0) -> Trace:
    """Follow one rule's books step by step.

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

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement.
    NotEnoughMemory
        If the books would not fit.
    """
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {shown(scenario)}")
    if isinstance(rule, str):
        known("rule", [rule], scenario.names)
        rule = scenario.rules[scenario.names.index(rule)]
    elif not isinstance(rule, Rule):
        raise InvalidInput(f"rule must be a Rule or the name of one, got {shown(rule)}")
    chosen = _chosen(paths)
    alone = replace(scenario, rules=(rule,), baseline=None)
    plan = make_plan(alone, seed_number(seed))
    names, calendar = alone.portfolio.names, plan.calendar
    _refuse_too_large(calendar, (2 * len(names) + 1) * chosen.size, f"the books of {chosen.size:,} paths")
    compile_kernel(plan)
    size = chosen.size
    wealth = np.empty((calendar.steps + 1, size))
    weights, prices = (np.empty((calendar.steps + 1, len(names), size)) for _ in range(2))
    accounts = {name: np.empty((calendar.steps + 1, size)) for name in _ACCOUNTS}
    tile = Tile(plan, _filled(chosen))
    trades: list[pd.DataFrame] = []
    for step in range(calendar.steps + 1):
        tile.advance(step)
        shares, worth = tile.appraise(0)
        wealth[step], weights[step], prices[step] = worth[:size], shares[:, :size], tile.price()[:, :size]
        for name, row in _ACCOUNTS.items():
            accounts[name][step] = tile.account(0, row)[:size]
        if step in plan.dates:
            paid = tile.account(0, layout.TAX)[:size].copy()
            acts = []
            for act in (tile.pay_out, tile.decide):
                before, held = tile.books.units.copy(), tile.book_units(0)[:, :size]
                act()
                acts.append((held, tile.book_units(0)[:, :size]))
                tile.settle(before)
            paid = tile.account(0, layout.TAX)[:size] - paid
            trades.append(_trade_table(plan, step, chosen, acts, paid, prices[step]))
    return Trace(
        names, chosen, _times(calendar), wealth, weights, prices,
        _stacked(trades, ["path", "time", "holding", "amount", "cost", "tax"]),
        _event_table(plan, tile.inputs.shock_events, chosen, tile.deaths),
        accounts,
    )  # fmt: skip


def _chosen(paths: int | Iterable[int]) -> NDArray[np.int64]:
    """The numbers of the paths that were asked for."""
    if isinstance(paths, Iterable):
        numbers = [whole("paths: each number", path, at_least=0, at_most=2**62) for path in paths]
        if not numbers:
            raise InvalidInput("paths must name at least one path, got none")
        return np.array(numbers, dtype=np.int64)
    return np.arange(whole("paths", paths, at_least=1), dtype=np.int64)


def _filled(chosen: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Path numbers filled up to whole blocks with repetitions of the last."""
    fill = -chosen.size % LANES
    return np.concatenate([chosen, np.full(fill, chosen[-1])]).astype(np.uint64)


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


def _event_table(
    plan: Plan, events: Mapping[str, ShockEvents], chosen: NDArray[np.int64], deaths: PriceEvents | None = None
) -> pd.DataFrame:
    """A row an event of the chosen paths, and a row a death, by path and time."""
    rows = [(name, drawn.lanes, drawn.times) for name, drawn in events.items()]
    if deaths is not None:
        rows.append((DEATH, deaths.lane, deaths.time))
    tables = []
    for name, lanes, times in rows:
        kept = lanes < chosen.size
        step = np.ceil(times[kept] * plan.calendar.steps_per_year).astype(np.int64)
        columns = {"path": chosen[lanes[kept]], "shock": name, "time": times[kept], "step": step}
        tables.append(pd.DataFrame(columns))
    table = _stacked(tables, ["path", "shock", "time", "step"])
    return table.sort_values(["path", "time"], kind="stable", ignore_index=True)


def _trade_table(
    plan: Plan, step: int, chosen: NDArray[np.int64], acts: list[tuple[Array, Array]], tax: Array, prices: Array
) -> pd.DataFrame:
    """A row for each holding traded on a date.

    `acts` are the units before and after spending, and before and after the rule's trade (holding, path), `tax` is
    what the date has paid (path).
    """
    amounts = [(after - before) * prices for before, after in acts]
    sold = [np.maximum(-amount, 0.0) for amount in amounts]
    rate = plan.cost[:, None]
    brings = (1.0 - plan.discount[step][:, None]) * (1.0 - rate)
    cost = sum(
        sale * (1.0 - brings) + np.maximum(amount, 0.0) * rate for sale, amount in zip(sold, amounts, strict=True)
    )
    total = np.sum(sold, axis=0)
    whole = total.sum(axis=0)
    share = total / np.where(whole > 0.0, whole, 1.0)
    holding, path = np.nonzero(np.any([before != after for before, after in acts], axis=0))
    return pd.DataFrame(
        {
            "path": chosen[path],
            "time": plan.calendar.time(step),
            "holding": np.array(plan.scenario.portfolio.names, dtype=object)[holding],
            "amount": np.sum(amounts, axis=0)[holding, path],
            "cost": cost[holding, path],
            "tax": (share * tax)[holding, path],
        }
    )


def _stacked(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put tables below each other; without any row, an empty table with the columns."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({name: [] for name in columns})
