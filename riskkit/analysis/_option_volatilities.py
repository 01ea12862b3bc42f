"""The instruments in the rules of a scenario, and the implied volatility of their options, set to other ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from riskkit.instruments import Hedged, Instrument
from riskkit.instruments.base import terms_of
from riskkit.market import Market
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = [
    "has_options",
    "has_own_pricing",
    "instruments_within",
    "options_of",
    "with_fixed_volatilities",
    "with_instruments",
    "with_volatility",
]


def with_instruments(scenario: Scenario, change: Callable[[Instrument], Instrument | None]) -> Scenario:
    """Return the scenario with other instruments in its rules, which keep their names.

    Parameters
    ----------
    scenario : Scenario
    change : callable
        Takes an instrument and returns another one, or None for none.

    Returns
    -------
    Scenario
        The same object where nothing changes. Rules within rules, such as the one that `SellLast` watches, change too.
    """
    rules = tuple(_changed(rule, change) for rule in scenario.rules)
    return scenario if rules == scenario.rules else replace(scenario, rules=rules, baseline=scenario.baseline_name)


def _changed(rule: Rule, change: Callable[[Instrument], Instrument | None]) -> Rule:
    """The rule with other instruments, in the rules within it too."""
    new: dict[str, Any] = {}
    for field in dataclasses.fields(rule):
        value = getattr(rule, field.name)
        if isinstance(value, Rule):
            new[field.name] = _changed(value, change)
    if isinstance(rule, Hedged):
        new["instruments"] = tuple(each for each in map(change, rule.instruments) if each is not None)
    if all(getattr(rule, name) == value for name, value in new.items()):
        return rule
    return replace(rule, **new)


def instruments_within(rule: Rule) -> Iterator[Instrument]:
    """Yield the instruments of a rule, and of the rules within it."""
    if isinstance(rule, Hedged):
        yield from rule.instruments
    for field in dataclasses.fields(rule):
        value = getattr(rule, field.name)
        if isinstance(value, Rule):
            yield from instruments_within(value)


def has_options(instrument: Instrument, market: Market) -> bool:
    """Whether an instrument has calls or puts."""
    return any(leg.is_option for leg in instrument.legs(terms_of(instrument, market)))


def options_of(scenario: Scenario) -> list[Instrument]:
    """Return the instruments with calls or puts in the rules of a scenario, and in the rules within them."""
    found = (each for rule in scenario.rules for each in instruments_within(rule))
    return [each for each in found if has_options(each, scenario.market)]


def has_own_pricing(instrument: Instrument) -> bool:
    """Whether the pricing is a field, which can be set, and not that of the class."""
    return any(field.name == "pricing" for field in dataclasses.fields(instrument))


def with_fixed_volatilities(scenario: Scenario) -> Scenario:
    """Return the scenario with the model's own volatility, where options are priced at it, as a number.

    Options then cost the same whatever changes in the market.
    """

    def change(instrument: Instrument) -> Instrument:
        pricing = instrument.pricing
        if pricing.volatility is not None or not has_own_pricing(instrument):
            return instrument
        if not has_options(instrument, scenario.market):
            return instrument
        return _priced_at(instrument, pricing.at_the_money(terms_of(instrument, scenario.market)))

    return with_instruments(scenario, change)


def with_volatility(scenario: Scenario, volatility: float) -> Scenario:
    """Return the scenario with every option of its rules at one implied volatility at the money."""

    def change(instrument: Instrument) -> Instrument:
        return _priced_at(instrument, volatility) if has_options(instrument, scenario.market) else instrument

    return with_instruments(scenario, change)


def _priced_at(instrument: Instrument, volatility: float) -> Instrument:
    changed: Any = replace(instrument, pricing=replace(instrument.pricing, volatility=volatility))  # type: ignore[call-arg]
    made: Instrument = changed
    return made
