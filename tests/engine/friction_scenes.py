"""Random scenarios with every friction, in all combinations, on which the twin and the engine are compared."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
from hedge_scenes import hedges_of, with_dividends
from scenes import Ageing, random_scenario, rules_of_every_kind

import riskkit as rk
from riskkit.market.diffusion._asset import validated_asset
from riskkit.market.hazards._hazard import Constant

__all__ = ["Anything", "Careful", "random_friction_scenario"]


class Anything(rk.Rule):
    """Wants other weights on every date, some of them 0; where the founder's weight is high, what there is."""

    number: int = 0
    every: int = 1
    at_start: bool = True

    def decide(self, view, state):
        draw = np.random.default_rng([self.number, view.step])
        wanted = draw.dirichlet(np.full(len(view.names), 0.5))
        still = view.weights[0] > draw.uniform(0.0, 2.0)
        return np.where(still, view.weights, wanted[:, None]), None


class Careful(rk.Rule):
    """Sells a part of what can be sold now, more of what has gained less, and less the deeper wealth has fallen."""

    taxed: bool
    every: int = 1

    def decide(self, view, state):
        gain = np.where(view.weights > 0.0, np.tanh(view.gain), 0.0) if self.taxed else np.zeros_like(view.weights)
        fallen = view.wealth / view.peak
        target = view.weights * (1.0 - 0.2 * fallen * view.sellable * (1.0 - 0.5 * gain)) + 0.01 / len(view.names)
        return target / target.sum(axis=0), None


@dataclass
class ScenarioDraws:
    """Draws of one scenario."""

    generator: np.random.Generator

    def chance(self, probability: float) -> bool:
        return bool(self.generator.random() < probability)

    def between(self, low: float, high: float) -> float:
        return float(self.generator.uniform(low, high))

    def one_of(self, *values):
        return values[int(self.generator.integers(len(values)))]

    # -- holdings -----------------------------------------------------------------------------------------------------

    def liquidity(self, years: float, depth: int = 0) -> rk.Liquidity:
        """Listed, with a limit, windows, a lock, or several of these one after the other."""
        kind = self.generator.random()
        if depth == 3 or kind < 0.3:
            return rk.Listed() if self.chance(0.6) else rk.Listed(self.one_of(1.0, self.between(0.02, 0.9)))
        length = self.between(0.02, 0.5) * years if self.chance(0.8) else 2.0 * years
        if kind < 0.55:
            return rk.Locked(length, buyable=self.chance(0.3), then=self.liquidity(years, depth + 1))
        months = self.one_of((6, 12), (1, 2, 3), (12,), (3, 6, 9, 12), tuple(range(1, 13)))
        terms = {
            "limit": self.one_of(1.0, self.between(0.05, 0.95)),
            "discount": self.one_of(0.0, self.between(0, 0.3)),
        }
        if self.chance(0.4):
            return rk.TenderWindows(months, **terms, buyable=self.chance(0.3))
        then = self.liquidity(years, depth + 1)
        return rk.TenderWindows(months, **terms, buyable=self.chance(0.3), until=length, then=then)

    def with_frictions(self, holding: rk.Holding, years: float, plain: bool) -> rk.Holding:
        """The same holding with a purchase cost or lots, a liquidity and marks; a plain one is listed."""
        liquidity = rk.Listed() if plain else self.liquidity(years)
        marks = None
        if not liquidity.listed and self.chance(0.6):
            marks = rk.Marks(int(self.one_of(1, 2, 3, 6, 12)), reacts=self.chance(0.5))
        value, cost = holding.value, None
        if self.chance(0.4):
            shares = self.generator.dirichlet(np.full(int(self.generator.integers(1, 6)), 2.0)) * value
            dear = [self.one_of(0.0, self.between(0.0, 1.0), self.between(0.5, 2.5)) for _ in shares]
            cost = [rk.Lot(float(s), float(s) * each) for s, each in zip(shares, dear, strict=True)]
            value = math.fsum(lot.value for lot in cost)
        elif self.chance(0.8):
            cost = value * self.one_of(0.0, self.between(0.0, 1.0), self.between(0.5, 2.5))
        method = self.one_of("average", "fifo", "hifo")
        return replace(holding, value=value, cost=cost, method=method, liquidity=liquidity, marks=marks)

    # -- what is owed, taken and spent --------------------------------------------------------------------------------

    def loan(self, gross: float) -> rk.Loan | None:
        """Often near its limit from the start."""
        if self.chance(0.5):
            return None
        limit = self.between(0.3, 0.85)
        fraction = self.between(0.9, 0.999) if self.chance(0.4) else self.between(0.1, 0.9)
        return rk.Loan(fraction * limit * gross, self.one_of(0.0, self.between(0.0, 0.4)), limit)

    def tax(self) -> rk.CapitalGains | None:
        if self.chance(0.2):
            return None
        ends = self.one_of("sell", "sell", "step_up", "keep")
        return rk.CapitalGains(self.between(0.05, 0.6), loss_offset=self.chance(0.75), at_end=ends)

    def full_tax(self, tax: rk.CapitalGains) -> rk.CapitalGains:
        """The same tax, often with a rate of short-term gains, or paid in the next year."""
        short_rate = self.between(tax.rate, 0.9) if self.chance(0.6) else None
        return replace(tax, short_rate=short_rate, paid=self.one_of("at once", "next april"))

    def with_ages(self, holding: rk.Holding) -> rk.Holding:
        """The same holding, with ages of its lots: some unknown, some in whole quarters, some of today."""
        if not isinstance(holding.cost, tuple):
            return holding
        ages = [self.one_of(None, 0.0, 0.25, 0.75, 2.0, self.between(0.0, 1.3)) for _ in holding.cost]
        return replace(holding, cost=[replace(lot, age=age) for lot, age in zip(holding.cost, ages, strict=True)])

    def spending(self, net: float) -> rk.Spending | None:
        """Nothing, a share, or an amount; some of it more than a portfolio lives through."""
        if self.chance(0.4):
            return None
        if self.chance(0.4):
            return rk.Spending(self.between(0.0, 0.5))
        return rk.Spending(
            amount=self.one_of(self.between(0.0, 0.2), self.between(0.2, 1.0)) * net, grows=self.chance(0.5)
        )

    def flows(self, portfolio: rk.Portfolio, market: rk.Market, years: float) -> list[rk.Deposit | rk.Vesting]:
        """None, or up to four; some end with a shock, some go on after all has been lost."""
        shocks = [shock.name for shock in market.shocks]
        always = [h.name for h in portfolio.holdings if h.liquidity.listed or bought_at_all_times(h.liquidity)]
        found: list[rk.Deposit | rk.Vesting] = []
        for _ in range(int(self.generator.integers(0, 5)) if self.chance(0.7) else 0):
            if self.chance(0.5):
                months = int(self.generator.integers(1, math.ceil(12 * years) + 6))
                cliff = int(self.generator.integers(0, months + 1)) / 12
                on = portfolio.names[int(self.generator.integers(len(portfolio.names)))]
                until = self.one_of(*shocks) if shocks and self.chance(0.6) else None
                value = self.between(0.0, 0.6) * portfolio.net
                held_back = self.one_of(0.0, self.between(0.0, 0.9))
                found.append(rk.Vesting(on, value, months / 12, cliff=cliff, until=until, withholding=held_back))
                continue
            into = None
            if always and self.chance(0.5):
                shares = self.generator.dirichlet(np.full(len(always), 1.0))
                into = self.one_of(always[0], dict(zip(always, map(float, shares), strict=True)))
            deposit = rk.Deposit(self.one_of(0.0, self.between(0.0, 0.5), self.between(0.5, 3.0)) * portfolio.net, into)
            found += [deposit] if into is not None or takers_at_all_times(deposit, portfolio, market) else []
        return found

    def death(self) -> float | rk.Hazard | None:
        """Never, soon, in the first step or so, or at some time."""
        soon = Constant(self.between(10.0, 200.0)) + 0.0  # a rate that large, alone, would be taken for a percentage
        return self.one_of(None, self.between(0.1, 0.5), soon, Ageing(self.between(0.2, 3.0)))

    # -- rules --------------------------------------------------------------------------------------------------------

    def rules(self, portfolio: rk.Portfolio, number: int, taxed: bool) -> tuple[rk.Rule, ...]:
        """Four of them, and one that wants anything."""
        every = self.one_of(0, 1, 1, 2)
        among = [*rules_of_every_kind(every), *companions(every), rk.Rebalance(1, name="rebalance monthly")]
        among += [Careful(taxed, every)] * 2
        among = [rule for rule in among if fits(rule, portfolio)]
        chosen = dict.fromkeys(among[int(place)] for place in self.generator.permutation(len(among))[:4])
        return (*chosen, Anything(number, self.one_of(0, 1, 1, 3), self.chance(0.5)))


def companions(every: int) -> list[rk.Rule]:
    """Rules that wait for another book."""
    return [
        rk.SellLast(after=rk.DiversifyNow(), name="after the yardstick"),
        rk.SellLast(after=rk.Trim(1.0, 0.5), then=rk.Cap(0.2, every=every), name="then a cap"),
        rk.SellLast(after=rk.TakeProfit(1.05, 1.0), every=every, name="after profits"),
    ]


def fits(rule: rk.Rule, portfolio: rk.Portfolio) -> bool:
    try:
        rule.check(portfolio)
    except rk.InvalidInput:
        return False
    return True


def bought_at_all_times(liquidity: rk.Liquidity | None) -> bool:
    """Whether nothing stands in the way of a purchase at any time."""
    if isinstance(liquidity, rk.Listed):
        return True
    then = getattr(liquidity, "then", None)
    return bool(getattr(liquidity, "buyable", False)) and (then is None or bought_at_all_times(then))


def takers_at_all_times(deposit: rk.Deposit, portfolio: rk.Portfolio, market: rk.Market) -> bool:
    """Whether a deposit always finds something that it can buy."""
    cash = [h for h in portfolio.holdings if market.assets[h.name].volatility == 0.0]
    takers = cash or [h for h in portfolio.holdings if h.founder_share == 0.0]
    return any(bought_at_all_times(holding.liquidity) for holding in takers)


def bought_unlisted(liquidity: rk.Liquidity | None) -> bool:
    """Whether it can be bought at some time before it is listed."""
    return liquidity is not None and (
        getattr(liquidity, "buyable", False) or bought_unlisted(getattr(liquidity, "then", None))
    )


def random_friction_scenario(number: int) -> rk.Scenario:
    """The `number`-th random scenario: taxes, lots, deaths, windows, marks, a loan, flows, instruments and inflation.

    Steps are months, weeks and days in turn.
    """
    plain, draws = random_scenario(number), ScenarioDraws(np.random.default_rng([2028, number]))
    steps_per_year = (12, 52, 252)[number % 3]
    years = {12: draws.one_of(1.0, 2.5, 4.0), 52: draws.one_of(1.0, 1.5, 2.0), 252: draws.one_of(0.5, 1.0)}[
        steps_per_year
    ]
    all_listed = draws.chance(0.15)
    holdings = [
        draws.with_frictions(holding, years, plain=all_listed or draws.chance(0.25))
        for holding in plain.portfolio.holdings
    ]
    gross = math.fsum(holding.value for holding in holdings)
    # Draws of their own, so that the rest of the scenario is the same with them and without.
    of_tax = ScenarioDraws(np.random.default_rng([2030, number]))
    holdings = [of_tax.with_ages(holding) for holding in holdings]
    portfolio = rk.Portfolio(holdings, loan=draws.loan(gross))
    tax = draws.tax()
    if tax is not None:
        tax = of_tax.full_tax(tax)
    market = plain.market
    # Marked at 1 and bought at 1e-99, a holding would have units that only the rounding of money decides.
    mortal = [holding.name for holding in holdings if holding.marks is None or not bought_unlisted(holding.liquidity)]
    if mortal and draws.chance(0.1):
        doomed = mortal[int(draws.generator.integers(len(mortal)))]
        # Half a squared volatility a year takes its logarithm below that of 1e-150 within the horizon.
        asset = validated_asset(market.assets[doomed].expected_return, math.sqrt(1000.0 / years))
        market = replace(market, assets={**market.assets, doomed: asset})
    # Draws of their own, so that the rest of the scenario is the same with them and without.
    flows = ScenarioDraws(np.random.default_rng([2029, number])).flows(portfolio, market, years)
    rules = draws.rules(portfolio, number, tax is not None)
    hedges = ScenarioDraws(np.random.default_rng([2032, number]))
    dividends = with_dividends(ScenarioDraws(np.random.default_rng([2031, number])), market)
    with_hedges = hedges_of(hedges, portfolio, dividends, rules, years)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)  # a collar at no cost may be a narrow one
        return rk.Scenario(
            *with_hedges,
            frictions=rk.Frictions(
                draws.one_of(0.0, plain.frictions.cost),
                tax=tax,
                spending=draws.spending(portfolio.net),
                death=None if tax is None else draws.death(),
                flows=flows,
            ),
            years=years,
            steps_per_year=steps_per_year,
            inflation=draws.one_of(0.0, draws.between(-0.02, 0.1)),
        )
