"""Scenarios that the engine's tests share: a small household, and any number of random ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

import riskkit as rk
from riskkit.market import Hazard

__all__ = ["Ageing", "house", "house_market", "house_portfolio", "random_scenario", "rules_of_every_kind"]

CORRELATION = {"listed": {"private": 0.4, "index": 0.5}, "private": {"index": 0.3}}


@dataclass(frozen=True)
class Ageing(Hazard):
    """An intensity that grows from 0: `growth` more a year, each year."""

    growth: float

    def cumulative(self, t):
        return 0.5 * self.growth * np.asarray(t, dtype=float) ** 2


def house_portfolio() -> rk.Portfolio:
    """65 % with one founder (a third holding in part), the rest in an index and cash."""
    return rk.Portfolio(
        [
            rk.Holding("listed", 40, founder="Ann"),
            rk.Holding("private", 20, founder="Ann"),
            rk.Holding("venture", 10, founder={"Ann": 0.3, "Bob": 0.2}),
            rk.Holding("index", 25),
            rk.Holding("cash", 5),
        ]
    )


def house_market(*more: rk.Shock, compensate: bool = True, shocks: tuple[rk.Shock, ...] | None = None) -> rk.Market:
    """Five assets, an exit that comes once and a crash that comes again; `more` shocks after them."""
    portfolio = house_portfolio()
    assets = {
        "listed": rk.Asset(0.10, 0.50),
        "private": rk.Asset(0.08, 0.60),
        "venture": rk.Asset(0.05, 0.80),
        "index": rk.Asset(0.06, 0.16),
        "cash": rk.Asset(0.02, 0.0),
    }
    if shocks is None:
        exit_ = rk.founder_exit(portfolio, "Ann", 0.1, rk.Impact(-0.5, 0.15))
        crash = rk.Shock("crash", 0.4, {"listed": rk.Impact(-0.3, 0.1), "index": rk.Impact(-0.2, 0.05)}, together=0.6)
        shocks = (exit_, crash)
    return rk.Market(assets, CORRELATION, shocks=(*shocks, *more), compensate=compensate)


def rules_of_every_kind(every: int = 1) -> tuple[rk.Rule, ...]:
    """Each built-in rule, some in two ways, for portfolios with a founder's holdings and others."""
    return (
        rk.Hold(),
        rk.DiversifyNow(),
        rk.Rebalance(3),
        rk.Rebalance(0, name="rebalance always"),
        rk.Band(0.05, every=every),
        rk.Band(0.03, relative=0.2, to="edge", every=every, name="to the edge"),
        rk.Cap(0.4, to=0.3, every=every),
        rk.Trim(0.6, 1.5, every=every),
        rk.TakeProfit(1.3, 0.5, every=every),
        rk.BuyDips(0.2, 0.05, every=every),
        rk.SellLast(after=rk.Trim(1.0, 1.0)),
        rk.DrawdownControl(0.4, every=every),
        rk.DrawdownControl(0.3, every=every, buy_back=True, name="control that buys back"),
        rk.CPPI(0.6, 2.0, every=every),
    )


def house(*rules: rk.Rule, market: rk.Market | None = None, years: float = 3, steps_per_year: int = 12, cost=0.01):
    """The house as a scenario; every kind of rule unless some are given."""
    return rk.Scenario(
        house_portfolio(),
        house_market() if market is None else market,
        rules or rules_of_every_kind(),
        frictions=rk.Frictions(cost),
        years=years,
        steps_per_year=steps_per_year,
    )


def random_scenario(number: int) -> rk.Scenario:
    """The `number`-th random scenario: 1 … 7 holdings in a market of up to 9 assets in another order, 0 … 3 shocks."""
    draw = np.random.default_rng([2026, number])
    own_names = [f"h{i}" for i in range(1 + number % 7)]
    names = [str(name) for name in draw.permutation([*own_names, *(f"other{i}" for i in range(draw.integers(0, 3)))])]
    holdings = []
    for place, name in enumerate(own_names):
        founder = {"Ann": float(draw.choice([1.0, 1.0, 0.4])), "Bob": 0.0} if place % 2 == 0 else None
        holdings.append(rk.Holding(name, float(draw.uniform(1.0, 100.0)), founder=founder))
    assets = {
        name: rk.Asset(float(draw.uniform(-0.05, 0.2)), float(draw.choice([0.0, *draw.uniform(0.05, 0.9, 4)])))
        for name in names
    }
    loadings = draw.normal(size=(len(names), 2))
    covariance = loadings @ loadings.T + np.diag(draw.uniform(0.3, 2.0, len(names)))
    scale = np.sqrt(np.diag(covariance))
    correlation = pd.DataFrame(covariance / np.outer(scale, scale), index=names, columns=names)
    shocks = [_random_shock(draw, f"shock {i}", names) for i in range(int(draw.choice([0, 1, 2, 2, 3])))]
    portfolio = rk.Portfolio(holdings)
    every = int(draw.choice([0, 1, 1, 2, 3]))
    steps_per_year = (12, 52, 252)[number % 3]
    rules = tuple(rule for rule in rules_of_every_kind(every) if _fits(rule, portfolio))
    if number % 2:
        cost: float | dict[str, float] = float(draw.uniform(0.0, 0.05))
    else:
        cost = {name: float(draw.uniform(0.0, 0.1)) for name in own_names[1:]}
    return rk.Scenario(
        portfolio,
        rk.Market(assets, correlation, shocks=shocks, compensate=bool(draw.integers(2))),
        rules,
        frictions=rk.Frictions(cost),
        years=float(draw.choice([1, 1.5, 2])) if steps_per_year == 252 else float(draw.choice([1, 2.5, 4])),
        steps_per_year=steps_per_year,
    )


def _random_shock(draw: np.random.Generator, name: str, names: list[str]) -> rk.Shock:
    hit = [str(asset) for asset in draw.permutation(names)[: draw.integers(1, len(names) + 1)]]
    impact = {}
    for asset in hit:
        mean = float(draw.choice([-1.0, 1.0]) * draw.uniform(0.1, 0.6))
        impact[asset] = rk.Impact(mean, float(draw.choice([0.0, 0.25])) * abs(mean))
    lowest = -1.0 / (len(hit) - 1) if len(hit) > 1 else -1.0
    rate = float(draw.uniform(0.1, 3.0))
    drift = {asset: float(draw.normal(0.0, 0.1)) for asset in draw.permutation(names)[:2]}
    return rk.Shock(
        name,
        rate if draw.random() < 0.7 else Ageing(rate) + 0.1,
        impact,
        once=bool(draw.integers(2)),
        together=float(draw.choice([1.0, lowest, 0.5 * (1.0 + lowest), 0.0])),
        drift_after={str(asset): change for asset, change in drift.items()} if draw.random() < 0.5 else None,
    )


def _fits(rule: rk.Rule, portfolio: rk.Portfolio) -> bool:
    try:
        rule.check(portfolio)
    except rk.InvalidInput:
        return False
    return not math.isnan(portfolio.total)
