"""Random instruments and dividends, which the random scenarios with every friction get beside all the rest."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import riskkit as rk
from riskkit.market.diffusion._asset import validated_asset

__all__ = ["Guarded", "HedgeDraws", "hedges_of", "with_dividends"]


class Guarded(rk.Rule):
    """Sells a part of what is not pledged, less of it the more its instruments are worth."""

    every: int = 1

    def decide(self, view, state):
        units = np.where(view.units > 0.0, view.units, 1.0)
        free = np.clip(1.0 - view.pledged / units, 0.0, 1.0)
        worth = np.tanh(view.hedges.sum(axis=0)) if len(view.hedges) else 0.0
        target = view.weights * (1.0 - 0.2 * free * (1.0 - 0.5 * worth)) + 0.01 / len(view.names)
        return target / target.sum(axis=0), None


@dataclass
class HedgeDraws:
    """Draws of the hedges of one scenario; `draws` have chances, numbers between two and one of several."""

    draws: Any
    portfolio: rk.Portfolio
    market: rk.Market
    years: float

    def rules(self, rules: tuple[rk.Rule, ...]) -> tuple[rk.Rule, ...]:
        """About half of them hedged; a rule that waits for another book may have that one hedged instead."""
        found: list[rk.Rule] = []
        for rule in (*rules, Guarded(self.draws.one_of(1, 1, 3))):
            hedged = self.hedged(rule) if isinstance(rule, Guarded) or self.draws.chance(0.55) else rule
            if isinstance(rule, rk.SellLast) and self.draws.chance(0.5):
                hedged = replace(rule, after=self.hedged(rule.after))
            found.append(hedged if self.fits(hedged) else rule)
        return tuple(found)

    def fits(self, rule: rk.Rule) -> bool:
        """Whether its instruments fit; a put may cost more than any call below 100 brings."""
        try:
            rk.Scenario(self.portfolio, self.market, [rule], years=self.years, steps_per_year=12)
        except rk.InvalidInput:
            return False
        return True

    def hedged(self, rule: rk.Rule) -> rk.Rule:
        """The rule with one to three instruments; those that nothing is left to cover for are left out."""
        pledged: dict[str, float] = {}
        by_puts: dict[str, float] = {}
        found: list[rk.Instrument] = []
        for _ in range(int(self.draws.generator.integers(1, 4))):
            instrument = self.instrument()
            covered = by_puts if isinstance(instrument, rk.Put) else pledged
            left = 1.0 - covered.get(instrument.on, 0.0)
            share = left * self.draws.one_of(1.0, self.draws.between(0.05, 1.0))
            if share > 1e-3:
                covered[instrument.on] = covered.get(instrument.on, 0.0) + share
                found.append(replace(instrument, share=min(share, 1.0)))
        return rk.Hedged(rule, found)

    def instrument(self) -> rk.Instrument:
        """Of any kind, on any listed holding that moves, from a month to beyond the horizon."""
        draws, on = self.draws, self.draws.one_of(*self.underlyings)
        kind = draws.one_of(rk.Put, rk.CoveredCall, rk.Collar, rk.Collar, rk.PrepaidForward, rk.ExchangeFund)
        horizon = round(12 * self.years)
        months = draws.one_of(1, 2, 3, 6, int(draws.generator.integers(1, horizon + 1)), horizon, horizon + 7)
        if kind is rk.ExchangeFund:
            into = draws.one_of(*(name for name in self.portfolio.names if name != on))
            return rk.ExchangeFund(on, into, years=months / 12, fee=draws.one_of(0.0, 0.0075, draws.between(0.0, 0.3)))
        terms: dict[str, Any] = {
            "years": months / 12,
            "pricing": self.pricing(),
            "settlement": draws.one_of("units", "cash"),
        }
        floor = draws.between(0.4, 1.1)
        if kind is rk.PrepaidForward:
            into = draws.one_of(None, *self.takers) if draws.chance(0.5) else None
            discount = draws.one_of(0.0, draws.between(0.0, 0.4))
            return rk.PrepaidForward(on, floor, floor + draws.between(0.01, 0.8), discount=discount, into=into, **terms)
        terms["roll"] = months > horizon or draws.chance(0.6)
        if kind is rk.Collar:
            cap = None if draws.chance(0.6) else floor + draws.between(0.01, 0.8)
            return rk.Collar(on, min(floor, 0.95) if cap is None else floor, cap, **terms)
        return kind(on, draws.between(0.5, 1.6), **terms)

    def pricing(self) -> rk.OptionPricing:
        """The model's own volatility or another one, flat or sloped."""
        draws = self.draws
        return rk.OptionPricing(
            draws.one_of(None, draws.between(0.02, 0.9)),
            slope=draws.one_of(0.0, draws.between(-0.2, 0.2)),
            rate=draws.one_of(0.0, 0.04, draws.between(-0.03, 0.15)),
            spread=draws.one_of(0.0, draws.between(0.0, 0.1)),
        )

    @property
    def underlyings(self) -> list[str]:
        """What is listed and moves."""
        moves = [h for h in self.portfolio.holdings if self.market.assets[h.name].volatility > 0.0]
        return [holding.name for holding in moves if isinstance(holding.liquidity, rk.Listed)]

    @property
    def takers(self) -> list[str]:
        """What can be bought at all times."""
        return [h.name for h in self.portfolio.holdings if isinstance(h.liquidity, rk.Listed)]


def hedges_of(
    draws: Any, portfolio: rk.Portfolio, market: rk.Market, rules: tuple[rk.Rule, ...], years: float
) -> tuple[rk.Portfolio, rk.Market, tuple[rk.Rule, ...]]:
    """A portfolio, market and rules with instruments; most often cash is added, which takes what they bring."""
    if draws.chance(0.25):
        return portfolio, market, rules
    if draws.chance(0.7) or len(portfolio.holdings) == 1:
        cash = rk.Holding("cash", draws.between(0.001, 0.3) * portfolio.total)
        portfolio = replace(portfolio, holdings=(*portfolio.holdings, cash))
        market = replace(market, assets={**market.assets, "cash": rk.Asset(draws.between(-0.01, 0.05), 0.0)})
    hedging = HedgeDraws(draws, portfolio, market, years)
    if not hedging.underlyings:
        return portfolio, market, rules
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)  # a narrow collar, a large volatility
        return portfolio, market, hedging.rules(rules)


def with_dividends(draws: Any, market: rk.Market) -> rk.Market:
    """The market with dividends of some of its assets."""
    if draws.chance(0.5):
        return market
    assets = {
        name: validated_asset(
            asset.expected_return, asset.volatility, dividend_yield=draws.one_of(0.0, draws.between(0.0, 0.15))
        )
        for name, asset in market.assets.items()
    }
    return replace(market, assets=assets)


def without_hedges(scenario: rk.Scenario) -> rk.Scenario:
    """The scenario with its rules alone."""
    rules = (rule.rule if isinstance(rule, rk.Hedged) else rule for rule in scenario.rules)
    return replace(scenario, rules=tuple(dict.fromkeys(rules)))
