"""The question in words: what is held, who stands behind it, and what one event would do to it now."""

from __future__ import annotations

import re
from dataclasses import fields

from riskkit._core.format import percent
from riskkit.analysis._stress import stress
from riskkit.market import Shock
from riskkit.portfolio._concentration import concentration
from riskkit.portfolio._portfolio import Portfolio
from riskkit.report.text.numbers import counted, listed, quoted
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario
from riskkit.toml import StoredRule

__all__ = ["concentrated", "headline", "question", "rule_in_words", "struck_now"]


def headline(scenario: Scenario) -> str:
    """What the report is about, in one line.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> headline(baron())
    '65 % with Musk: 7 rules over 10 years'
    """
    portfolio = scenario.portfolio
    asked = f"{counted(len(scenario.rules), 'rule')} over {counted(scenario.years, 'year')}"
    if not portfolio.founders:
        return f"{counted(len(portfolio.names), 'holding')} with no founder: {asked}"
    exposure = portfolio.exposure()[list(portfolio.founders)]
    return f"{percent(exposure.max())} with {exposure.idxmax()}: {asked}"


def question(scenario: Scenario) -> list[str]:
    """Say what is held, by whom it stands or falls, and what is asked."""
    portfolio, rules = scenario.portfolio, scenario.names
    loan = f", less a loan of {portfolio.loan.amount:,.6g}," if portfolio.loan is not None else ""
    one = len(portfolio.names) == 1
    held = f"{counted(len(portfolio.names), 'holding')} worth {portfolio.total:,.6g}{'' if one else ' in all'}{loan}"
    money = ", in money of the start" if scenario.inflation else ""
    asked = (
        f"What becomes of it under the rule {quoted(rules[0])}, and how deep can wealth fall on the way?"
        if len(rules) == 1
        else f"Which of these {len(rules)} rules leaves the owner better off, how deep can wealth fall on the way, "
        "and how sure is that?"
    )
    return [
        f"A portfolio of {held} is followed for {counted(scenario.years, 'year')}.",
        _behind(portfolio),
        asked,
        f"The goal is {scenario.goal:g} times the start{money}.",
    ]


def _behind(portfolio: Portfolio) -> str:
    """Who stands behind how much."""
    if not portfolio.founders:
        return "No holding is tied to a founder."
    of_gross, of_net = (portfolio.exposure(of=base) for base in ("gross", "net"))
    order = sorted(portfolio.founders, key=lambda person: -of_gross[person])
    also = {person: f" ({percent(of_net[person])} net of the loan)" if portfolio.loan else "" for person in order}
    told = [f"{percent(of_gross[person])}{also[person]} rides on {quoted(person)}" for person in order]
    return f"Of the gross value {listed(told)}."


def concentrated(portfolio: Portfolio) -> list[str]:
    """Say how few things a portfolio depends on, by holding and by founder."""
    holdings, founders = (concentration(portfolio, by) for by in ("holding", "founder"))
    parts = counted(float(f"{holdings.effective_number:.3g}"), "equal part")
    lines = [
        f"By holding the portfolio is as concentrated as {parts} (effective number, 1 / Herfindahl index); the "
        f"largest, {quoted(holdings.largest_name)}, is {percent(holdings.largest)} of gross assets."
    ]
    if not portfolio.founders:
        return [*lines, "No holding is tied to a founder, so counting by founder changes nothing."]
    ratio = founders.effective_number / holdings.effective_number
    if abs(ratio - 1.0) < 1e-9:
        return [*lines, "Counting by founder changes nothing, because no founder stands behind two holdings."]
    number = f"{founders.effective_number:.3g}"
    side = "only " if ratio < 1.0 else ""
    why = "" if ratio < 1.0 else ", because holdings are shared between founders or tied to them in part"
    return [
        *lines,
        f"By founder the effective number is {side}{number}{why}; the largest group, {quoted(founders.largest_name)}, "
        f"is {percent(founders.largest)}.",
    ]


def struck_now(scenario: Scenario) -> str:
    """Say what each shock would do to net wealth at once, at its mean impact."""
    portfolio = scenario.portfolio
    told, others = [], []
    for shock in scenario.market.shocks:
        if not isinstance(shock, Shock):
            others.append(quoted(shock.name))
            continue
        changes = {name: impact.expected for name, impact in shock.impacts.items() if name in portfolio.names}
        told.append(f"{quoted(shock.name)} {_taken(stress(portfolio, changes).loss)}")
    if not told and others:
        return f"The events of {listed(others)} have no fixed mean impact."
    if not told:
        return "No shock is assumed that hits several holdings at once."
    return f"Today, at its mean impact and before any trade, {listed(told)}."


def _taken(loss: float) -> str:
    if loss == 0.0:
        return "leaves wealth unchanged"
    return f"takes {percent(loss)} of wealth" if loss > 0.0 else f"adds {percent(-loss)} to wealth"


def rule_in_words(rule: Rule) -> tuple[str, str]:
    """What a rule does, as its class says, and those of its settings that are not the defaults.

    Examples
    --------
    >>> from riskkit.rules import Rebalance
    >>> rule_in_words(Rebalance(3))
    ('Return to the start weights, or to those given, on every date.', 'every = 3')
    """
    if isinstance(rule, StoredRule):
        return "A user-defined rule, of which the file holds only the name and repr.", rule.text
    settings = {field.name: getattr(rule, field.name) for field in fields(rule) if field.name != "name"}
    defaults = {field.name: field.default for field in fields(rule)}
    told = " ".join((type(rule).__doc__ or "").strip().split("\n\n")[0].split())
    # A data class without a docstring gets its signature for one.
    if not told or told.startswith(f"{type(rule).__name__}("):
        told = "A user-defined rule."
    words = re.sub(r"`(\w+)`", lambda field: _shown(settings.get(field[1])), told)
    own = [f"{name} = {_shown(value)}" for name, value in settings.items() if value != defaults[name]]
    return words, ", ".join(own)


def _shown(value: object) -> str:
    """A setting; of a function its name, as its address is another one in each run."""
    if value is None:
        return "the default"
    if isinstance(value, Rule):
        return quoted(value.name)
    return getattr(value, "__name__", type(value).__name__) if callable(value) else repr(value)
