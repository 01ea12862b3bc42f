"""The changes from one scenario to another, field by field, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np

from riskkit._core.format import percent
from riskkit._core.validation import join_first, short_repr
from riskkit.frictions import CapitalGains, Deposit, Spending, Vesting
from riskkit.instruments import Instrument
from riskkit.market import Contagion, Impact, Market, Uncertain
from riskkit.portfolio import Liquidity
from riskkit.scenario._scenario import Scenario

__all__ = ["scenario_changes"]

#: The most lines; the other changes are counted.
_MOST_LINES = 20

#: Significant digits of a number: what a person types, and where two numbers then look the same, all.
_DIGITS = (6, 17)

#: Fields whose numbers are fractions, printed in percent.
_FRACTIONS = {
    "discount", "dividend_rate", "dividend_yield", "drift_after", "drawdown", "expected_return", "founder", "fraction",
    "impact", "inflation", "limit", "max_loan_to_value", "mean", "monthly_limit", "probability", "rate", "trading cost",
    "volatility", "width",
}  # fmt: skip

#: Fields whose words are not their names; what joins the owner of a mapping to a key of it.
_WORDS = {"compensate": "expected returns include the shocks", "forced": "forced year", "founder": "share"}
_JOINTS = {"founder": " tied to ", "forced": " of "}


#: What is said of an object that only one of the two has: the second, or the first.
_WHOLE = ("added", "removed")


class _Change(NamedTuple):
    """A line: what has changed, of whom, and how."""

    what: str
    owner: str
    text: str


def scenario_changes(first: Scenario, second: Scenario) -> list[str]:
    """Say what differs between two scenarios.

    Parameters
    ----------
    first, second : Scenario
        Before and after.

    Returns
    -------
    list of str
        One line a changed field, equal changes of several holdings together; empty for equal scenarios. After 20
        lines the rest is counted.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from riskkit.scenario.scenarios import baron
    >>> scenario_changes(baron(), replace(baron(0.1746), years=5, rules=baron().rules[:-2]))
    ['expected return of TSLA, SpaceX, xAI: 8 % → 17.46 %', "rules 'rebalance yearly', 'drawdown control': removed", \
'years: 10 → 5']
    """
    lines = [_line(what, owners, text) for (what, text), owners in _grouped(_scenario(first, second)).items()]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES - 1 :] = [f"and {len(lines) - _MOST_LINES + 1} more changes"]
    return lines


def _grouped(changes: Iterable[_Change]) -> dict[tuple[str, str], list[str]]:
    """The owners of each change."""
    groups: dict[tuple[str, str], list[str]] = {}
    for what, owner, text in changes:
        groups.setdefault((what, text), []).append(owner)
    return groups


def _line(what: str, owners: list[str], text: str) -> str:
    if not any(owners):
        return f"{what}: {text}"
    if text in _WHOLE:
        return f"{what}{'s' if len(owners) > 1 else ''} {join_first(owners)}: {text}"
    return f"{what}{' of ' if what else ''}{join_first(owners)}: {text}"


def _scenario(first: Scenario, second: Scenario) -> Iterator[_Change]:
    yield from _named("holding", first.portfolio.holdings, second.portfolio.holdings)
    for name in ("loan", "currency"):
        yield from _changes(name, "", getattr(first.portfolio, name), getattr(second.portfolio, name))
    yield from _market(first.market, second.market)
    yield from _named("rule", first.rules, second.rules)
    yield from _changes("baseline", "", first.baseline_name, second.baseline_name)
    yield from _changes("trading cost", "", first.frictions.cost, second.frictions.cost)
    for name in ("tax", "spending", "death"):
        yield from _changes(name, "", getattr(first.frictions, name), getattr(second.frictions, name))
    yield from _flows(first.frictions.flows, second.frictions.flows)
    for name in ("years", "steps_per_year", "goal", "inflation", "forced"):
        yield from _changes(name, "", getattr(first, name), getattr(second, name))


def _flows(first: tuple[Deposit | Vesting, ...], second: tuple[Deposit | Vesting, ...]) -> Iterator[_Change]:
    """Changes of deposits and vesting, which have no names: each is removed or added as a whole."""
    for flow in (*(each for each in first if each not in second), *(each for each in second if each not in first)):
        yield _Change(flow.describe().rstrip("."), "", _WHOLE[flow in first])


def _market(first: Market, second: Market) -> Iterator[_Change]:
    both = [name for name in first.assets if name in second.assets]
    yield from _pairs("asset", first.assets, second.assets)
    before, after = (market.correlation.loc[both, both].to_numpy() for market in (first, second))
    for row, column in np.argwhere(np.triu(before != after)):
        yield from _changes("correlation", f"{both[row]} and {both[column]}", before[row, column], after[row, column])
    yield from _pairs("tail", *({type(each).__name__: each for each in market.tails} for market in (first, second)))
    yield from _named("shock", first.shocks, second.shocks)
    yield from _pairs("contagion", *({_link(each): each for each in market.contagion} for market in (first, second)))
    for name in ("compensate", "history"):
        yield from _changes(name, "", getattr(first, name), getattr(second, name))


def _link(link: Contagion) -> str:
    return f"{link.source} → {link.target}"


def _named(kind: str, first: Iterable[Any], second: Iterable[Any]) -> Iterator[_Change]:
    """Changes of objects that have their names."""
    before, after = ({each.name: each for each in side} for side in (first, second))
    yield from _pairs(kind, before, after)


def _pairs(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[_Change]:
    """Changes of objects by name: added, removed, another field, another order."""
    for name in dict.fromkeys([*before, *after]):
        if name in before and name in after:
            # A field such as the expected return says what it belongs to; a setting of a rule does not.
            owner = name if kind in ("asset", "holding") else f"{kind} {name!r}"
            yield from _changes("", owner, before[name], after[name])
        else:
            yield _Change(kind, repr(name), _WHOLE[name in before])
    if list(before) != list(after) and set(before) == set(after):
        yield _Change(f"order of the {kind}s", "", "changed")


def _changes(what: str, owner: str, before: Any, after: Any) -> Iterator[_Change]:
    """Changes of a value: of each field of a data class, of each item of a mapping, or of the whole."""
    if _equal(before, after):
        return
    words = _WORDS.get(what, what.replace("_", " "))
    if type(before) is type(after) and is_dataclass(before) and not isinstance(before, Impact | Uncertain):
        inner = f"{words} of {owner}" if words and owner else words or owner
        pairs = ((each.name, getattr(before, each.name), getattr(after, each.name)) for each in fields(before))
        found = [change for name, one, other in pairs for change in _changes(name, inner, one, other)]
        yield from found or [_Change(words, owner, "changed")]  # unequal in what is no field
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            full = f"{owner}{_JOINTS.get(what, ' on ')}{key}" if owner else key
            yield from _changes(what, full, before.get(key), after.get(key))
    elif what == "instruments" and _labels_differ(before) and _labels_differ(after):
        one, other = ({each.label: each for each in side} for side in (before, after))
        for label in dict.fromkeys([*one, *other]):
            if label in one and label in other:
                yield from _changes("", f"{label} of {owner}", one[label], other[label])
            else:
                yield _Change("instrument", f"{label} of {owner}", _WHOLE[label in one])
    else:
        for digits in _DIGITS:
            texts = [_text(value, what in _FRACTIONS, digits) for value in (before, after)]
            if texts[0] != texts[1]:
                break
        yield _Change(words, owner, " → ".join(texts) if texts[0] != texts[1] else "changed")


def _labels_differ(instruments: Iterable[Instrument]) -> bool:
    """Whether a label names one instrument alone."""
    labels = [each.label for each in instruments]
    return len(labels) == len(set(labels))


def _equal(before: Any, after: Any) -> bool:
    try:
        return bool(before == after)
    except ValueError:  # of arrays and frames
        return bool(np.array_equal(np.asarray(before), np.asarray(after)))


def _text(value: Any, fraction: bool, digits: int) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | int):
        return percent(value, digits=digits) if fraction else f"{value:.{digits}g}"
    if isinstance(value, Impact) and not isinstance(value.mean, Uncertain):
        mean, sd = (percent(number, digits=digits) for number in (value.mean, value.sd))
        return f"{mean} ± {sd}" if value.sd else mean
    if isinstance(value, Liquidity | CapitalGains | Spending | Uncertain):
        return str(value.describe()).rstrip(".")
    text = short_repr(value, 80)
    return type(value).__name__ if "\n" in text else text  # of a table
