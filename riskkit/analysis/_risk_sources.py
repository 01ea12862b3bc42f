"""The risk sources of a scenario, each with a switch that turns it off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._core.calendar import Calendar
from riskkit._core.random_stream import RandomStream
from riskkit.analysis._option_volatilities import instruments_within, with_instruments
from riskkit.frictions import Deposit, Vesting
from riskkit.market import Events, EventSource, Shock
from riskkit.market.shocks._event_source import Fixed, nothing_earlier
from riskkit.portfolio._holding import Holding, scaled
from riskkit.portfolio._liquidity import Listed
from riskkit.portfolio._portfolio import Portfolio
from riskkit.scenario._scenario import Scenario

__all__ = ["DIFFUSION", "Switch", "sources"]

#: Takes a scenario and returns it without the source.
Switch = Callable[[Scenario], Scenario]


class _NoEvents(EventSource):
    """A source that is switched off; it keeps its name, so that results keep its columns."""

    def draw(
        self,
        stream: RandomStream,
        paths: UInts,
        horizon: float,
        fixed: Fixed | None = None,
        earlier: Mapping[str, Events] = nothing_earlier,
    ) -> Events:
        return Events(np.empty(0, np.int64), np.empty(0), {}, np.zeros(paths.size))

    def compensator(self, calendar: Calendar, names: Sequence[str]) -> Array:
        return np.zeros((calendar.steps, len(names)))


DIFFUSION = "diffusion"

#: A volatility that moves no price, of a holding that is not cash: premiums are paid from cash, and pay-offs buy it.
_HARDLY = 1e-12


def sources(scenario: Scenario) -> dict[str, Switch]:
    """Every active source of a scenario, and every shock, by its name in results.

    ``diffusion`` off is volatility 0 at the same expected returns, without a time change; what deposits buy by default
    they then buy in the proportions of the start, and beside instruments only what was cash before is cash.
    ``uncertainty`` off has every uncertain parameter at its mean; a shock off has no events, and is neither forced,
    triggered nor compensated.
    ``trading cost``, ``tax`` (with the death that steps costs up), ``death``, ``spending``, ``deposits`` and
    ``vesting`` off are left out; ``lock-ups`` off has everything listed, and so without marks, ``marks`` off reports
    true prices, ``loan`` off has the net value in the same proportions, and ``hedge`` off has hedged rules without
    their instruments. A shock with one of these names is called ``"tax (shock)"``.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> list(sources(baron()))
    ['diffusion', 'founder exit', 'crash', 'trading cost']
    """
    shocks = {
        f"{shock.name} (shock)" if shock.name in _SWITCHES else shock.name: _without_shock(shock.name)
        for shock in scenario.market.shocks
    }
    on = {name: switch for name, switch in _SWITCHES.items() if switch(scenario) != scenario}
    diffusion = {DIFFUSION: on.pop(DIFFUSION)} if DIFFUSION in on else {}
    return {**diffusion, **shocks, **on}


def _without_diffusion(scenario: Scenario) -> Scenario:
    hedged = any(True for rule in scenario.rules for _ in instruments_within(rule))
    assets = {
        name: replace(asset, volatility=_HARDLY if hedged and asset.mean_volatility > 0.0 else 0.0)
        for name, asset in scenario.market.assets.items()
    }
    market = replace(scenario.market, assets=assets, tails=(), history=None)
    if market == scenario.market:
        return scenario
    # At volatility 0 all holdings are cash-like; deposits go on buying what they bought.
    flows = [_with_takers(flow, scenario) if isinstance(flow, Deposit) else flow for flow in scenario.frictions.flows]
    return replace(scenario, market=market, frictions=replace(scenario.frictions, flows=flows))


def _with_takers(flow: Deposit, scenario: Scenario) -> Deposit:
    """The deposit, with what it buys by default in the proportions of the start."""
    values = {holding.name: holding.value for holding in scenario.portfolio.holdings}
    takers = flow.takers(scenario.portfolio, scenario.market)
    total = sum(values[name] for name in takers)
    return flow if flow.into is not None else replace(flow, into={name: values[name] / total for name in takers})


def _without_parameter_uncertainty(scenario: Scenario) -> Scenario:
    return replace(scenario, market=scenario.market.at_means())


def _without_shock(name: str) -> Switch:
    def without_events(shock: EventSource) -> EventSource:
        if shock.name != name:
            return shock
        return replace(shock, rate=0.0) if isinstance(shock, Shock) else _NoEvents(name=name)

    def off(scenario: Scenario) -> Scenario:
        shocks = [without_events(shock) for shock in scenario.market.shocks]
        links = [link for link in scenario.market.contagion if link.target != name]
        market = replace(scenario.market, shocks=shocks, contagion=links)
        forced = {event: year for event, year in scenario.forced.items() if event != name}
        return replace(scenario, market=market, forced=forced)

    return off


def _without_cost(scenario: Scenario) -> Scenario:
    return replace(scenario, frictions=replace(scenario.frictions, cost=0.0))


def _without_tax(scenario: Scenario) -> Scenario:
    return replace(scenario, frictions=replace(scenario.frictions, tax=None, death=None))


def _without_death(scenario: Scenario) -> Scenario:
    return replace(scenario, frictions=replace(scenario.frictions, death=None))


def _without_spending(scenario: Scenario) -> Scenario:
    return replace(scenario, frictions=replace(scenario.frictions, spending=None))


def _without_flows(kind: type[Deposit | Vesting]) -> Switch:
    def off(scenario: Scenario) -> Scenario:
        flows = [flow for flow in scenario.frictions.flows if not isinstance(flow, kind)]
        return replace(scenario, frictions=replace(scenario.frictions, flows=flows))

    return off


def _each_holding(change: Callable[[Holding], Holding]) -> Switch:
    def off(scenario: Scenario) -> Scenario:
        holdings = [change(holding) for holding in scenario.portfolio.holdings]
        return replace(scenario, portfolio=replace(scenario.portfolio, holdings=holdings))

    return off


def _without_loan(scenario: Scenario) -> Scenario:
    portfolio = scenario.portfolio
    if portfolio.loan is None:
        return scenario
    fraction = portfolio.net / portfolio.total
    return replace(scenario, portfolio=Portfolio([scaled(holding, fraction) for holding in portfolio.holdings]))


def _without_hedges(scenario: Scenario) -> Scenario:
    """The same rules under the same names, without instruments in their books or in those that they watch."""
    return with_instruments(scenario, lambda instrument: None)


_SWITCHES: dict[str, Switch] = {
    DIFFUSION: _without_diffusion,
    "uncertainty": _without_parameter_uncertainty,
    "trading cost": _without_cost,
    "tax": _without_tax,
    "death": _without_death,
    "spending": _without_spending,
    "deposits": _without_flows(Deposit),
    "vesting": _without_flows(Vesting),
    "lock-ups": _each_holding(lambda holding: replace(holding, liquidity=Listed(), marks=None)),
    "marks": _each_holding(lambda holding: replace(holding, marks=None)),
    "loan": _without_loan,
    "hedge": _without_hedges,
}
