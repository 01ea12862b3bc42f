"""Sentences on the question: the portfolio, its founders, and the loss of one shock today."""

from __future__ import annotations

from riskkit._core.format import percent
from riskkit.analysis._stress import stress
from riskkit.market import Shock
from riskkit.portfolio._concentration import concentration
from riskkit.portfolio._portfolio import Portfolio
from riskkit.report.text.numbers import counted, listed, money, quoted
from riskkit.scenario._scenario import Scenario

__all__ = ["concentration_sentences", "headline", "question_sentences", "shock_loss_sentence"]


def headline(scenario: Scenario) -> str:
    """The title of the report.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> headline(baron())
    '65 % with Musk: 7 rules over 10 years'
    """
    portfolio = scenario.portfolio
    scope = f"{counted(len(scenario.rules), 'rule')} over {counted(scenario.years, 'year')}"
    if not portfolio.founders:
        return f"{counted(len(portfolio.names), 'holding')} with no founder: {scope}"
    exposure = portfolio.exposure()[list(portfolio.founders)]
    return f"{percent(exposure.max())} with {exposure.idxmax()}: {scope}"


def question_sentences(scenario: Scenario) -> list[str]:
    """Sentences on the portfolio, its founders, the question and the goal."""
    portfolio, rules = scenario.portfolio, scenario.names
    currency, together = portfolio.currency, "" if len(portfolio.names) == 1 else " in all"
    loan = f", less a loan of {money(portfolio.loan.amount, currency)}," if portfolio.loan is not None else ""
    holdings = f"{counted(len(portfolio.names), 'holding')} worth {money(portfolio.total, currency)}{together}{loan}"
    real = ", in money of the start" if scenario.inflation else ""
    query = (
        f"What becomes of it under the rule {quoted(rules[0])}, and how deep can wealth fall on the way?"
        if len(rules) == 1
        else f"Which of these {len(rules)} rules leaves the owner better off, how deep can wealth fall on the way, "
        "and how sure is that?"
    )
    return [
        f"A portfolio of {holdings} is followed for {counted(scenario.years, 'year')}.",
        _founder_sentence(portfolio),
        query,
        f"The goal is {scenario.goal:g} times the start{real}.",
    ]


def _founder_sentence(portfolio: Portfolio) -> str:
    """A sentence on the share of each founder."""
    if not portfolio.founders:
        return "No holding is tied to a founder."
    of_gross, of_net = (portfolio.exposure(of=base) for base in ("gross", "net"))
    order = sorted(portfolio.founders, key=lambda person: -of_gross[person])
    net = {person: f" ({percent(of_net[person])} net of the loan)" if portfolio.loan else "" for person in order}
    shares = [f"{percent(of_gross[person])}{net[person]} rides on {quoted(person)}" for person in order]
    return f"Of the gross value {listed(shares)}."


def concentration_sentences(portfolio: Portfolio) -> list[str]:
    """Sentences on the concentration of a portfolio by holding and by founder."""
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


def shock_loss_sentence(scenario: Scenario) -> str:
    """A sentence on the loss of net wealth from each shock today, at its mean impact."""
    portfolio = scenario.portfolio
    losses, others = [], []
    for shock in scenario.market.shocks:
        if not isinstance(shock, Shock):
            others.append(quoted(shock.name))
            continue
        changes = {name: impact.expected for name, impact in shock.impacts.items() if name in portfolio.names}
        losses.append(f"{quoted(shock.name)} {_wealth_change(stress(portfolio, changes).loss)}")
    unknown = f"The events of {listed(others)} have no fixed mean impact." if others else ""
    if losses:
        return f"Today, at its mean impact and before any trade, {listed(losses)}. {unknown}".rstrip()
    return unknown or "No shock is assumed that hits several holdings at once."


def _wealth_change(loss: float) -> str:
    if loss == 0.0:
        return "leaves wealth unchanged"
    return f"takes {percent(loss)} of wealth" if loss > 0.0 else f"adds {percent(-loss)} to wealth"
