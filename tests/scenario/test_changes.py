"""The changes from one scenario to another: every field of one is named, and the lines are those written by hand."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit.scenario._changes import scenario_changes

BASE = rk.scenarios.baron()
MARKET = BASE.market
HISTORY = pd.DataFrame(
    np.exp(np.random.default_rng(0).normal(0.0, 0.01, (300, 4)).cumsum(axis=0)),
    pd.bdate_range("2020-01-01", periods=300),
    list(MARKET.assets),
)


def holdings(**changed: rk.Holding) -> rk.Portfolio:
    return replace(BASE.portfolio, holdings=[changed.get(each.name, each) for each in BASE.portfolio.holdings])


def market(**changed: Any) -> rk.Scenario:
    return replace(BASE, market=replace(MARKET, **changed))


def correlated(value: float) -> pd.DataFrame:
    table = MARKET.correlation.copy()
    table.loc["TSLA", "xAI"] = table.loc["xAI", "TSLA"] = value
    return table


EXIT, CRASH = MARKET.shocks

#: A changed scenario → its lines.
CHANGED: list[tuple[rk.Scenario, list[str]]] = [
    (
        replace(BASE, frictions=rk.Frictions(0.001, flows=[rk.Deposit(3), rk.Vesting("TSLA", 8, 2)])),
        [
            "Deposits of 3 a year, growing with inflation, buy cash-like holdings, or else those with no founder, pro "
            "rata: added",
            "TSLA worth 8 at start prices vests over 2 years, 50 % after 1 year and the rest in equal months: added",
        ],
    ),
    (rk.scenarios.baron(0.1746), ["expected return of TSLA, SpaceX, xAI: 8 % → 17.46 %"]),
    (
        replace(BASE, portfolio=holdings(TSLA=rk.Holding("TSLA", 41.5, founder={"Musk": 0.5}, cost=7))),
        ["value of TSLA: 40 → 41.5", "share of TSLA tied to Musk: 100 % → 50 %", "cost of TSLA: none → 7"],
    ),
    (
        replace(BASE, portfolio=holdings(SpaceX=rk.Holding("SpaceX", 24, founder="Musk", liquidity=rk.Locked(1)))),
        ["liquidity of SpaceX: listed → locked for 1 year; then listed"],
    ),
    (replace(BASE, portfolio=rk.Portfolio(BASE.portfolio.holdings[1:])), ["holding 'TSLA': removed"]),
    (replace(BASE, portfolio=replace(BASE.portfolio, currency="USD")), ["currency: none → 'USD'"]),
    (
        market(assets={**MARKET.assets, "gold": rk.Asset(0.02, 0.15)}, correlation=None),
        [
            "asset 'gold': added",
            "correlation of TSLA and SpaceX, TSLA and xAI, SpaceX and xAI: 0.15 → 0",
            "correlation of TSLA and diversified: 0.45 → 0",
            "correlation of SpaceX and diversified, xAI and diversified: 0.3 → 0",
        ],
    ),
    (market(correlation=correlated(0.2)), ["correlation of TSLA and xAI: 0.15 → 0.2"]),
    (market(tails=rk.StudentT(5)), ["tail 'StudentT': added"]),
    (market(shocks=[EXIT]), ["shock 'crash': removed"]),
    (market(shocks=[CRASH, EXIT]), ["order of the shocks: changed"]),
    (
        market(shocks=[replace(EXIT, rate=0.05), replace(CRASH, impact={**CRASH.impact, "TSLA": -0.5})]),
        ["rate of shock 'founder exit': 2 % → 5 %", "impact of shock 'crash' on TSLA: -35 % ± 10 % → -50 %"],
    ),
    (market(compensate=False), ["expected returns include the shocks: yes → no"]),
    (
        market(contagion=rk.Contagion("founder exit", "crash", 0.5)),
        ["contagion 'founder exit → crash': added"],
    ),
    (
        replace(BASE, rules=[rk.Hold(), rk.Cap(0.2, name="cap 30 %"), *BASE.rules[5:]]),
        [
            "rules 'diversify now', 'client trim', 'last seller': removed",
            "limit of rule 'cap 30 %': 30 % → 20 %",
        ],
    ),
    (
        replace(BASE, rules=[*BASE.rules[:5], rk.Hold(name="rebalance yearly"), BASE.rules[6]]),
        [
            "rule 'rebalance yearly': Rebalance(name='rebalance yearly', every=12, to=None) → "
            "Hold(name='rebalance yearly', every=1)"
        ],
    ),
    (replace(BASE, baseline="cap 30 %"), ["baseline: 'hold' → 'cap 30 %'"]),
    (replace(BASE, frictions=rk.Frictions(0.0125)), ["trading cost: 0.1 % → 1.25 %"]),
    (replace(BASE, years=5), ["years: 10 → 5"]),
    (replace(BASE, steps_per_year=12), ["steps per year: 252 → 12"]),
    (replace(BASE, goal=3.5), ["goal: 5 → 3.5"]),
    (replace(BASE, inflation=0.02), ["inflation: 0 % → 2 %"]),
    (BASE.with_event("crash", year=2), ["forced year of crash: none → 2"]),
]


@pytest.mark.parametrize(("changed", "lines"), CHANGED)
def test_lines_written_by_hand(changed: rk.Scenario, lines: list[str]):
    assert scenario_changes(BASE, changed) == lines


def test_every_field_of_a_scenario_is_compared():
    """The cases above change each field of a scenario, a portfolio and a market (history: below)."""
    for of in (lambda each: each, lambda each: each.portfolio, lambda each: each.market):
        one = of(BASE)
        changed = {each.name for each in fields(one) for other, _ in CHANGED if _differs(one, of(other), each.name)}
        assert changed | {"history", "loan"} >= {each.name for each in fields(one)}


def _differs(one: Any, other: Any, name: str) -> bool:
    before, after = getattr(one, name), getattr(other, name)
    return not before.equals(after) if isinstance(before, pd.DataFrame) else before != after


def test_instruments_are_compared_by_their_labels():
    """A field of one that both rules have, and one that only one of them has."""
    before, after = (
        replace(BASE, rules=[rk.Hedged(rk.Hold(), instruments, name="hedged")], baseline=None)
        for instruments in (
            [rk.Put("TSLA", 0.9), rk.CoveredCall("TSLA", 1.2)],
            [rk.Put("TSLA", 0.8, pricing=rk.OptionPricing(0.5))],
        )
    )
    assert scenario_changes(before, after) == [
        "strike of put on TSLA of rule 'hedged': 0.9 → 0.8",
        "volatility of pricing of put on TSLA of rule 'hedged': none → 50 %",
        "instrument covered call on TSLA of rule 'hedged': removed",
    ]


def test_fields_of_a_tax_and_a_loan():
    loan, tax = rk.Loan(10, 0.05, 0.5), rk.CapitalGains(0.2)
    before = replace(BASE, portfolio=replace(BASE.portfolio, loan=loan), frictions=rk.Frictions(tax=tax))
    after = replace(
        BASE,
        portfolio=replace(BASE.portfolio, loan=replace(loan, amount=12)),
        frictions=rk.Frictions(tax=replace(tax, rate=0.238)),
    )
    assert scenario_changes(before, after) == ["amount of loan: 10 → 12", "rate of tax: 20 % → 23.8 %"]
    assert scenario_changes(BASE, after)[0].startswith("loan: none → Loan(")


def test_another_history_is_one_line_without_its_prices():
    shorter = rk.Resampled(HISTORY.iloc[1:])
    before, after = (replace(BASE, market=rk.Market(history)) for history in (rk.Resampled(HISTORY), shorter))
    lines = scenario_changes(before, after)
    assert "prices of history: changed" in lines
    assert max(map(len, lines)) < 120


def test_equal_scenarios_have_no_changes():
    assert scenario_changes(BASE, rk.scenarios.baron()) == []
    assert scenario_changes(BASE, replace(BASE, baseline=None)) == []  # the first rule is the baseline already


def test_the_lines_beyond_twenty_are_counted():
    rules = [rk.Cap(0.1 + 0.01 * number, name=f"cap {number}") for number in range(30)]
    lower = [replace(rule, limit=rule.limit - 0.001 * number) for number, rule in enumerate(rules, 1)]
    lines = scenario_changes(*(replace(BASE, rules=each, baseline=None) for each in (rules, lower)))
    assert len(lines) == 20
    assert lines[-1] == "and 11 more changes"
