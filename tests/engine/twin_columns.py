"""The statistics of the slow, readable twin: every column of `compare` for one path, from its book."""

from __future__ import annotations

import math

import numpy as np
from twin import Book

import riskkit as rk


def columns_of(scenario: rk.Scenario, book: Book, thresholds: list[float]) -> dict[str, float]:
    """Every column of `compare` for this path, from the wealth at all its points."""
    calendar = scenario.calendar
    years = calendar.time(calendar.steps)
    peaks = np.maximum.accumulate(book.wealth)
    drawdowns = (1.0 - np.array(book.wealth) / peaks).tolist()
    points = len(drawdowns)
    reported = 1.0 - np.array(book.reported_wealth) / np.maximum.accumulate(book.reported_wealth)
    shares = [holding.founder_share for holding in scenario.portfolio.holdings]
    columns = {
        "wealth": final_wealth(scenario, book),
        "max_drawdown": max(drawdowns),
        "average_drawdown": sum(drawdowns) / points,
        "ulcer": math.sqrt(sum(drawdown**2 for drawdown in drawdowns) / points),
        "under_water": sum(wealth < peak for wealth, peak in zip(book.wealth, peaks, strict=True)) / points,
        "longest_under_water": longest_spell(book.wealth) * calendar.dt,
        "still_under_water": float(book.wealth[-1] < peaks[-1]),
        "catastrophe": float(catastrophe(book.wealth)),
        "rebalances": book.rebalances / years,
        "turnover": book.turnover / years,
        "cost_paid": book.accounts["cost"][-1],
        "tax_paid": book.accounts["tax"][-1],
        "deferred_tax": book.deferred_tax,
        "tax_due": book.tax_due,
        "reported_max_drawdown": float(reported.max()),
        "margin_call": float(book.called),
        "margin_unmet": float(book.unmet),
        "ruin": float(book.ruined),
        "shortfall": float(book.short),
        "hedge_cost": book.accounts["premiums"][-1] / years,
        "hedge_payoff": book.accounts["payoffs"][-1] / years,
        "founder_delta_end": book.founder_delta,
        "underhedged": float(book.underhedged),
        "founder_weight_end": sum(share * weight for share, weight in zip(shares, book.weights[-1], strict=True)),
        "time_weighted_wealth": time_weighted_index(book, final_wealth(scenario, book))[-1],
        "time_weighted_max_drawdown": deepest_fall(time_weighted_index(book, book.wealth[-1])),
    }
    for number, threshold in enumerate(thresholds, start=1):
        columns[f"excess_{number}"] = sum(max(drawdown - threshold, 0.0) for drawdown in drawdowns) / points
        columns[f"above_{number}"] = sum(drawdown > threshold for drawdown in drawdowns) / points
    return columns


def final_wealth(scenario: rk.Scenario, book: Book) -> float:
    """After the tax of selling everything where `at_end` says so, in money of the start."""
    tax, wealth = scenario.frictions.tax, book.wealth[-1]
    if tax is not None and tax.at_end == "sell":
        wealth -= book.deferred_tax
    wealth = max(wealth - book.tax_due, 0.0)
    return wealth / (1.0 + scenario.inflation) ** scenario.years


def time_weighted_index(book: Book, last: float) -> list[float]:
    """I_t = I_{t-1} · W_t / (W_{t-1} + F_{t-1}) from 1 on, F the external flows after W; the last W is `last`.

    Ruined from W + F <= 0: the index is 0 from then on.
    """
    index = [1.0]
    for step, wealth in enumerate([*book.wealth[1:-1], last], start=1):
        invested = book.wealth[step - 1] + book.external[step - 1]
        left = invested > 1e-12 * book.wealth[step - 1]  # but for rounding
        index.append(index[-1] * wealth / invested if left else 0.0)
    return index


def deepest_fall(levels: list[float]) -> float:
    return float((1.0 - np.array(levels) / np.maximum.accumulate(levels)).max())


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
