"""The slow, readable twin of the engine: one path, one rule, step by step as SEMANTICS tells it, in plain Python.

It shares no code with the engine: prices come from `twin_market`, rules from `twin_rules`, and what happens with them
is worked out here in the words of SEMANTICS, "One step" and "The ledger".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from twin_market import prices_of
from twin_rules import Moment, decider

import riskkit as rk

UNTOUCHED = 1e-12
COUNTED = 1e-9


@dataclass
class Book:
    """What one rule did on one path."""

    wealth: list[float] = field(default_factory=list)  # at each point 0 … T, before that point's trades
    weights: list[list[float]] = field(default_factory=list)
    units: list[list[float]] = field(default_factory=list)  # shares of the start units, before that point's trades
    trades: list[tuple[int, str, float, float]] = field(default_factory=list)  # step, holding, amount, cost
    rebalances: int = 0
    turnover: float = 0.0
    cost: float = 0.0


# ---------------------------------------------------------------------------------------------------------------------
# The ledger
# ---------------------------------------------------------------------------------------------------------------------


def traded(values: list[float], target: list[float], costs: list[float]) -> tuple[list[float], list[float], float]:
    """What is sold and bought of each holding (in money), and the cost, to get from `values` towards `target`."""
    wealth = sum(values)
    wishes = [max(share, 0.0) * wealth - value for share, value in zip(target, values, strict=True)]
    wishes = [wish if abs(wish) > UNTOUCHED * wealth else 0.0 for wish in wishes]
    sales = [max(-wish, 0.0) for wish in wishes]
    buys = [max(wish, 0.0) for wish in wishes]
    proceeds = sum(sale * (1.0 - cost) for sale, cost in zip(sales, costs, strict=True))
    needed = sum(buy * (1.0 + cost) for buy, cost in zip(buys, costs, strict=True))
    if proceeds > needed:
        sales = [sale * needed / proceeds for sale in sales]
    elif needed > proceeds:
        buys = [buy * proceeds / needed for buy in buys]
    paid = sum((sale + buy) * cost for sale, buy, cost in zip(sales, buys, costs, strict=True))
    return sales, buys, paid


# ---------------------------------------------------------------------------------------------------------------------
# One path
# ---------------------------------------------------------------------------------------------------------------------


def run(scenario: rk.Scenario, rule: rk.Rule, path: int, seed: int) -> tuple[Book, list[dict[str, float]]]:
    """The book of one rule on one path, and the prices."""
    prices = prices_of(scenario, path, seed)
    others = [run_book(scenario, companion, prices, []) for companion in rule.watches()]
    return run_book(scenario, rule, prices, others), prices


def run_book(scenario: rk.Scenario, rule: rk.Rule, prices: list[dict[str, float]], others: list[Book]) -> Book:
    portfolio, calendar = scenario.portfolio, scenario.calendar
    names, start = portfolio.names, [holding.value / portfolio.net for holding in portfolio.holdings]
    cost = scenario.frictions.cost
    costs = [cost.get(name, 0.0) if isinstance(cost, Mapping) else cost for name in names]
    dates = {int(step) for step in rule.dates(calendar) if step < calendar.steps}
    decide: Callable[[Moment], list[float] | None] = decider(rule, portfolio)
    units, book, peak = [1.0] * len(names), Book(), 0.0
    for step in range(calendar.steps + 1):
        values = [s * u * prices[step][name] for s, u, name in zip(start, units, names, strict=True)]
        wealth = sum(values)
        peak = max(peak, wealth)
        weights = [value / wealth for value in values]
        book.wealth.append(wealth)
        book.weights.append(weights)
        book.units.append(list(units))
        if step not in dates:
            continue
        moment = Moment(
            portfolio=portfolio, step=step, time=calendar.time(step), units=list(units), weights=weights,
            price=[prices[step][name] for name in names], wealth=wealth, drawdown=1.0 - wealth / peak,
            others=[other.units[step] for other in others],
        )  # fmt: skip
        target = decide(moment)
        if target is None:
            continue
        sales, buys, paid = traded(values, target, costs)
        for row, name in enumerate(names):
            if sales[row] or buys[row]:
                book.trades.append((step, name, buys[row] - sales[row], (buys[row] + sales[row]) * costs[row]))
                units[row] *= 1.0 - sales[row] / values[row] if sales[row] else 1.0
                units[row] += buys[row] / (prices[step][name] * start[row])
        book.cost += paid
        book.turnover += sum(sales) / wealth
        book.rebalances += sum(sales) > COUNTED * wealth
    return book


# ---------------------------------------------------------------------------------------------------------------------
# The statistics
# ---------------------------------------------------------------------------------------------------------------------


def columns_of(scenario: rk.Scenario, book: Book, thresholds: list[float]) -> dict[str, float]:
    """Every column of `compare` for this path, from the wealth at all its points."""
    calendar = scenario.calendar
    years = calendar.time(calendar.steps)
    peaks = np.maximum.accumulate(book.wealth)
    drawdowns = (1.0 - np.array(book.wealth) / peaks).tolist()
    points = len(drawdowns)
    shares = [holding.founder_share for holding in scenario.portfolio.holdings]
    columns = {
        "wealth": book.wealth[-1],
        "max_drawdown": max(drawdowns),
        "average_drawdown": sum(drawdowns) / points,
        "ulcer": math.sqrt(sum(drawdown**2 for drawdown in drawdowns) / points),
        "under_water": sum(wealth < peak for wealth, peak in zip(book.wealth, peaks, strict=True)) / points,
        "longest_under_water": longest_spell(book.wealth) * calendar.dt,
        "still_under_water": float(book.wealth[-1] < peaks[-1]),
        "catastrophe": float(catastrophe(book.wealth)),
        "rebalances": book.rebalances / years,
        "turnover": book.turnover / years,
        "cost_paid": book.cost,
        "tax_paid": 0.0,
        "deferred_tax": 0.0,
        "reported_max_drawdown": max(drawdowns),
        "margin_call": 0.0,
        "margin_unmet": 0.0,
        "ruin": 0.0,
        "shortfall": 0.0,
        "founder_weight_end": sum(share * weight for share, weight in zip(shares, book.weights[-1], strict=True)),
    }
    for number, threshold in enumerate(thresholds, start=1):
        columns[f"excess_{number}"] = sum(max(drawdown - threshold, 0.0) for drawdown in drawdowns) / points
        columns[f"above_{number}"] = sum(drawdown > threshold for drawdown in drawdowns) / points
    return columns


def longest_spell(wealth: list[float]) -> int:
    """Steps of the longest spell under water, from its peak to the first point at or above it, or to the end."""
    longest, at = 0, 0
    for step, value in enumerate(wealth):
        if value >= wealth[at]:
            longest = max(longest, step - at if step - at > 1 else 0)
            at = step
    return max(longest, len(wealth) - 1 - at)


def catastrophe(levels: list[float]) -> bool:
    """There is t with W_t ≤ 0.3 · M_t, and W_T ≤ 0.4 · M at the latest such t."""
    peaks = np.maximum.accumulate(levels)
    fallen = [peak for level, peak in zip(levels, peaks, strict=True) if level <= 0.3 * peak]
    return bool(fallen) and levels[-1] <= 0.4 * fallen[-1]
