"""Instruments in the books of a scenario: their checks, and what is assumed of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.size_limits import MOST_INSTRUMENTS
from riskkit._core.validation import require_at_most, short_repr
from riskkit.instruments import Hedged, Instrument, instruments_of
from riskkit.instruments.base import terms_of
from riskkit.market import Market
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules import Rule
from riskkit.toml.stored_rule import StoredRule

__all__ = ["check_instruments", "instrument_assumptions", "priced_at_model_volatility"]


def check_instruments(rules: Iterable[Rule], portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
    """Refuse an instrument of any book that does not fit, and one that no book would have.

    Books are those of the rules, and those that they watch.

    Examples
    --------
    >>> import riskkit as rk
    >>> scenario = rk.scenarios.baron()
    >>> hedged = rk.Hedged(rk.Hold(), rk.Put("VTI", 0.9))
    >>> check_instruments([hedged], scenario.portfolio, scenario.market, scenario.calendar)
    Traceback (most recent call last):
    riskkit._core.errors.InvalidInput: Put: on must name one of 'TSLA', 'SpaceX', 'xAI', 'diversified', got 'VTI'
    """
    books = _books(rules)
    instruments = [each for rule in books for each in instruments_of(rule)]
    require_at_most("instruments of all rules", instruments, MOST_INSTRUMENTS)
    for rule in books:
        _refuse_hidden(rule)
        for instrument in instruments_of(rule):
            instrument.check(portfolio, market, calendar)


def instrument_assumptions(rules: Iterable[Rule], market: Market, *, taxed: bool) -> list[str]:
    """Return what is assumed of the instruments of all books, each sentence once; none where there are none."""
    instruments = list(dict.fromkeys(each for rule in _books(rules) for each in instruments_of(rule)))
    if not instruments:
        return []
    lines = [line for each in instruments for line in each.assumptions(market)]
    lines.append("Weights of holdings, and rules that act on them, leave the deltas of instruments out.")
    if taxed:
        lines.append("Rules of tax on constructive sales, straddles and holding periods are not modelled.")
    return list(dict.fromkeys(lines))


def priced_at_model_volatility(rules: Iterable[Rule], market: Market) -> tuple[Instrument, ...]:
    """Return the instruments of all books whose options are priced at the model's own volatility, each once."""
    own = (
        each
        for rule in _books(rules)
        for each in instruments_of(rule)
        if each.pricing.volatility is None and any(leg.is_option for leg in each.legs(terms_of(each, market)))
    )
    return tuple(dict.fromkeys(own))


def _books(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules, and every rule whose book they watch, each once."""
    books = list(rules)
    for rule in books:  # grows while companions are found
        if not _is_record(rule):
            books += [each for each in rule.watches() if each not in books]
    return tuple(books)


def _rules_in_fields(rule: Rule) -> Iterator[tuple[str, Rule]]:
    for field in fields(rule):
        value = getattr(rule, field.name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, Rule):
                yield field.name, each


def _refuse_hidden(rule: Rule) -> None:
    """Refuse a hedged rule within a rule that only asks it for decisions, so that its instruments are in no book."""
    if _is_record(rule):
        return
    watched = rule.watches()
    waiting = [rule.rule if isinstance(rule, Hedged) else rule]
    for each in waiting:  # grows while rules within rules are found
        for name, inner in _rules_in_fields(each):
            if any(inner is companion for companion in watched):
                continue
            if isinstance(inner, Hedged):
                raise InvalidInput(
                    f"rule {each.name!r}: {name} must not be hedged, got {short_repr(inner)}, whose instruments no "
                    "book would have; hedge the whole rule: rk.Hedged(rule, instruments)"
                )
            waiting.append(inner)


def _is_record(rule: Rule) -> bool:
    """Whether a rule, or one within it, is only a record in a file: what it watches is not known."""
    return isinstance(rule, StoredRule) or any(_is_record(inner) for _, inner in _rules_in_fields(rule))
