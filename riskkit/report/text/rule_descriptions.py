"""What each rule does, in a sentence with all of its settings."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from riskkit._core.format import percent
from riskkit.instruments import Hedged
from riskkit.report.text.numbers import listed, quoted
from riskkit.rules import (
    CPPI,
    AdaptiveSellDown,
    Band,
    BuyDips,
    Cap,
    DiversifyNow,
    DrawdownControl,
    FunctionRule,
    Hold,
    Rebalance,
    Rule,
    SellDown,
    SellLast,
    TakeProfit,
    Trim,
)
from riskkit.toml.stored_rule import StoredRule

__all__ = ["rule_description"]

#: Months between two decisions → an adverb.
OFTEN: Mapping[int, str] = MappingProxyType({0: "at every step", 1: "monthly", 3: "quarterly", 12: "yearly"})


def rule_description(rule: Rule) -> str:
    """A sentence on what a rule does, with its settings; of a user's own rule, its docstring or repr.

    Examples
    --------
    >>> rule_description(Cap(0.3))
    'Sells the founder holdings down to 30 % of gross assets whenever their weight exceeds 30 %, checked monthly.'
    >>> rule_description(Rebalance(3))
    'Returns to the start weights quarterly.'
    """
    described = _SENTENCES.get(type(rule))
    if described is None:
        return _own_rule(rule)
    sentence, used = described
    text = sentence(rule)
    more = _changed_settings(rule, {*used, "every", "into", "name"})
    return f"{text}{f' ({more})' if more else ''}."


def _hold(rule: Hold) -> str:
    return "Never trades"


def _diversify_now(rule: DiversifyNow) -> str:
    return (
        "Sells every founder holding at the start as far as it may be sold, and the rest as soon as it may, "
        f"{_checked(rule)}{_into(rule.into)}"
    )


def _cap(rule: Cap) -> str:
    if rule.holding is None:
        sold, weight = _founder_holdings(rule.founder), "their weight"
    else:
        sold, weight = quoted(rule.holding), "its weight"
    to = percent(rule.limit if rule.to is None else rule.to)
    later = "" if rule.at_start else ", not at the start"
    return (
        f"Sells {sold} down to {to} of gross assets whenever {weight} exceeds {percent(rule.limit)}, "
        f"{_checked(rule)}{later}{_into(rule.into)}"
    )


def _trim(rule: Trim) -> str:
    sold = "every founder holding" if rule.founder is None else f"every holding of {quoted(rule.founder)}"
    return (
        f"Sells {percent(rule.fraction)} of the start units of {sold} in equal parts over {rule.years:g} "
        f"year{'' if rule.years == 1 else 's'}, {_often(rule)}{_into(rule.into)}"
    )


def _take_profit(rule: TakeProfit) -> str:
    sold = "each founder holding" if rule.founder is None else f"each holding of {quoted(rule.founder)}"
    return (
        f"Sells {percent(rule.fraction)} of {sold} once, when its reported price reaches {rule.multiple:g} times the "
        f"start, {_checked(rule)}{_into(rule.into)}"
    )


def _sell_last(rule: SellLast) -> str:
    if rule.then is None:
        often = OFTEN.get(1 if rule.every is None else rule.every, f"every {rule.every} months")
        then = f"sells every founder holding as far as it may be sold, checked {often}{_into(rule.into)}"
    else:
        then = f"follows {quoted(rule.then.name)}: {_inner(rule.then)}"
    return (
        f"Holds until another owner is out of every founder holding, one who follows {quoted(rule.after.name)} "
        f"({_inner(rule.after)}); then {then}"
    )


def _rebalance(rule: Rebalance) -> str:
    return f"Returns to {'the start weights' if rule.to is None else _shares(rule.to)} {_often(rule)}"


def _band(rule: Band) -> str:
    if math.isinf(rule.width):
        return "Never trades, because its bands are infinitely wide"
    more = "" if rule.relative is None else f", or by {percent(rule.relative)} of that weight if this is more"
    done = (
        "Returns all holdings to their start weights"
        if rule.to == "target"
        else "Moves the holdings outside their bands to the nearer edge"
    )
    return (
        f"{done} whenever one is off its start weight by more than {100.0 * rule.width:.3g} points{more}, "
        f"{_checked(rule)}"
    )


def _buy_dips(rule: BuyDips) -> str:
    return (
        f"Buys {percent(rule.amount)} of gross assets of a listed founder holding once per dip, when its price is "
        f"{percent(rule.drawdown)} below its running high, {_checked(rule)}, paid pro rata from the holdings with no "
        "founder"
    )


def _drawdown_control(rule: DrawdownControl) -> str:
    where = "at" if rule.buy_back else "below"
    return (
        f"Keeps the weight of {_founder_holdings(rule.founder)} {where} a ceiling that falls from their start weight "
        f"to 0 as the drawdown of wealth nears {percent(rule.limit)}, {_checked(rule)}{_into(rule.into)}"
    )


def _cppi(rule: CPPI) -> str:
    start = ", from the start on" if rule.at_start else ""
    return (
        f"Keeps {rule.multiple:g} times the wealth above a floor, which is {percent(rule.floor)} of the start wealth, "
        f"in {_founder_holdings(rule.founder)}, {_checked(rule)}{start}{_into(rule.into)}"
    )


def _sell_down(rule: SellDown) -> str:
    plans = [f"{quoted(name)} {', '.join(map(percent, shares))}" for name, shares in rule.shares.items()]
    high = "" if rule.shares_high is None else ", and more of it the higher the price ranks"
    return f"Sells planned shares of the start units after 0, 1, 2 … years: {'; '.join(plans)}{high}{_into(rule.into)}"


def _adaptive_sell_down(rule: AdaptiveSellDown) -> str:
    dates = len(next(iter(rule.level.values())))
    often = "a year" if rule.per_year == 1 else f"{rule.per_year} times a year"
    names = listed([quoted(name) for name in rule.level])
    return (
        f"Sells {names} down to limits on their weights, on {dates} dates, {often}; the limits depend on the date, the "
        f"holding's price, the weight of the others and the events so far{_into(rule.into)}"
    )


def _hedged(rule: Hedged) -> str:
    own = rule_description(rule.rule).removesuffix(".")
    if not rule.instruments:
        return own
    return f"{own}. Beside it: {'; '.join(each.describe() for each in rule.instruments)}"


#: Class → its sentence, and the settings that it states beside `every` and `into`.
_SENTENCES: Mapping[type[Rule], tuple[Callable[[Any], str], tuple[str, ...]]] = MappingProxyType(
    {
        Hold: (_hold, ()),
        DiversifyNow: (_diversify_now, ()),
        Cap: (_cap, ("limit", "founder", "holding", "to", "at_start")),
        Trim: (_trim, ("fraction", "years", "founder")),
        TakeProfit: (_take_profit, ("multiple", "fraction", "founder")),
        SellLast: (_sell_last, ("after", "then")),
        Rebalance: (_rebalance, ("to",)),
        Band: (_band, ("width", "relative", "to")),
        BuyDips: (_buy_dips, ("drawdown", "amount")),
        DrawdownControl: (_drawdown_control, ("limit", "founder", "buy_back")),
        CPPI: (_cppi, ("floor", "multiple", "founder", "at_start")),
        SellDown: (_sell_down, ("shares", "shares_high", "prices")),
        AdaptiveSellDown: (_adaptive_sell_down, ("level", "price", "others", "events", "per_year")),
        Hedged: (_hedged, ("rule", "instruments")),
    }
)


def _own_rule(rule: Rule) -> str:
    """The first docstring paragraph of a user's own rule and its settings, else its repr."""
    if isinstance(rule, StoredRule):
        return f"A user's own rule, of which the file holds only the name and repr: {rule.text}"
    documented: object = rule.function if isinstance(rule, FunctionRule) else type(rule)
    summary = " ".join((inspect.getdoc(documented) or "").strip().split("\n\n")[0].split())
    # A data class without a docstring has its signature as docstring.
    if not summary or summary.startswith(f"{type(rule).__name__}("):
        return f"A user's own rule: {_call(rule)}"
    settings = {field.name: getattr(rule, field.name) for field in fields(rule)}
    text = re.sub(r"`(\w+)`", lambda field: _setting_text(settings.get(field[1], field[1])), summary)
    more = _changed_settings(rule, {"name", "function"})
    return f"{text}{f' ({more})' if more else ''}"


def _call(rule: Rule) -> str:
    """A call that makes the rule; a function is its name, because its repr holds an address."""
    names = sorted((field.name for field in fields(rule)), key=lambda name: name == "name")
    return f"{type(rule).__name__}({', '.join(f'{name}={_setting_text(getattr(rule, name))}' for name in names)})"


def _changed_settings(rule: Rule, stated: set[str]) -> str:
    """Settings that differ from their defaults and are not stated elsewhere."""
    return ", ".join(
        f"{field.name} = {_setting_text(getattr(rule, field.name))}"
        for field in fields(rule)
        if field.name not in stated and getattr(rule, field.name) != field.default
    )


def _setting_text(value: object) -> str:
    if isinstance(value, Rule):
        return quoted(value.name)
    return getattr(value, "__name__", type(value).__name__) if callable(value) else repr(value)


def _inner(rule: Rule) -> str:
    """A rule's sentence inside another one."""
    text = rule_description(rule).removesuffix(".")
    return text[:1].lower() + text[1:]


def _founder_holdings(founder: str | None) -> str:
    return "the founder holdings" if founder is None else f"the holdings of {quoted(founder)}"


def _often(rule: Any) -> str:
    return OFTEN.get(rule.every, f"every {rule.every} months")


def _checked(rule: Any) -> str:
    return f"checked {_often(rule)}"


def _into(into: Mapping[str, float] | None) -> str:
    return "" if into is None else f", and puts the proceeds into {_shares(into)}"


def _shares(weights: Mapping[str, float]) -> str:
    shares: Sequence[str] = [f"{percent(weight)} {quoted(name)}" for name, weight in weights.items()]
    return listed(shares)
