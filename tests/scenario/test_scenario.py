"""Scenarios: consistency of the parts, and assumptions as sentences."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import pytest

from riskkit._core.errors import InvalidInput
from riskkit.frictions._frictions import Frictions
from riskkit.frictions._spending import Spending
from riskkit.frictions._tax import CapitalGains
from riskkit.market import Asset, Market
from riskkit.portfolio._holding import Holding, Lot, Marks
from riskkit.portfolio._liquidity import Locked, TenderWindows
from riskkit.portfolio._portfolio import Loan, Portfolio
from riskkit.rules import Cap, Hold
from riskkit.scenario._scenario import Scenario


def scenario(**changed):
    """A of 60, B of 30 in tender windows and C of 10 that is locked; a loan of 20; every friction."""
    parts = {
        "portfolio": Portfolio(
            [
                Holding("A", 60, founder="Ann", cost=[Lot(50, 5), Lot(10, 12)], method="fifo"),
                Holding("B", 30, founder="Ann", cost=3, liquidity=TenderWindows(), marks=Marks(reacts=True)),
                Holding("C", 10, liquidity=Locked(2, then=TenderWindows())),
            ],
            loan=Loan(20, 0.05, 0.5),
        ),
        "market": Market({name: Asset(0.08, 0.3) for name in "ABC"}),
        "rules": [Hold(), Cap(0.5, founder="Ann")],
        "frictions": Frictions(0.001, tax=CapitalGains(0.25), spending=Spending(amount=4, grows=True), death=0.02),
        "inflation": 0.02,
    }
    return Scenario(**{**parts, **changed})


def test_assumptions_of_a_full_scenario():
    """60, 30 and 10 cost 5 + 12, 3 and 10, which is 30 % of 100."""
    windows = (
        "sold only at the end of months 6, 12 of each year, at most 10 % of it and 5 % below its price, never bought"
    )
    assert scenario().assumptions() == [
        "Expected return a year: 8 %.",
        "Volatility a year: 30 %.",
        "Correlation of log returns: 0.",
        f"B: {windows}.",
        f"C: locked for 2 years; then {windows}.",
        "B: reported price moves only every 6 months, and at once after a founder event.",
        "Trading costs 0.1 % of the value traded.",
        "Sales pay 25 % tax on their gain; losses offset gains; final wealth is after the tax of selling everything.",
        "Death, 2 % a year, steps the purchase cost of what is held to its market value (assumption).",
        "Spending is 4 a year, growing with inflation.",
        "The holdings at the start cost 30 % of their value.",
        "A loan of 20 % of gross assets bears 5 % a year; above 50 % the lender has listed holdings sold.",
        "Wealth and goal are in money of the start; inflation is 2 % a year.",
    ]


def test_the_default_limit_of_a_loan_is_an_assumption_with_its_source():
    held = Portfolio([Holding(name, 50) for name in "AB"], loan=Loan(20, 0.05))
    assert scenario(portfolio=held, rules=Hold()).assumptions()[-2] == (
        "A loan of 20 % of gross assets bears 5 % a year; above 75 % (equity below 25 %, FINRA Rule 4210; assumption) "
        "the lender has listed holdings sold."
    )


def test_a_holding_that_is_no_asset_is_refused_with_what_adds_cash():
    held = Portfolio([Holding(name, 1) for name in ("A", "CASH")])
    with pytest.raises(InvalidInput, match=r"none for 'CASH'; market\.with_cash\('CASH', 0\.03\) adds cash"):
        scenario(portfolio=held, rules=Hold())
    with pytest.raises(InvalidInput, match=r"none for 'a' \(did you mean 'A'\?\)"):
        scenario(portfolio=Portfolio([Holding("a", 1)]), rules=Hold())


def test_assumptions_omit_absent_parts():
    plain = scenario(
        portfolio=Portfolio([Holding(name, 1) for name in "AB"]), rules=Hold(), frictions=Frictions(), inflation=0
    )
    assert plain.assumptions()[3:] == ["Trading is free."]


def test_holdings_with_equal_liquidity_share_a_line():
    drawn_holdings = [Holding(name, 1, liquidity=Locked(2), marks=Marks(12)) for name in "AB"]
    lines = scenario(portfolio=Portfolio(drawn_holdings), rules=Hold(), frictions=Frictions()).assumptions()
    assert "A, B: locked for 2 years; then listed." in lines
    assert "A, B: reported price moves only every 12 months." in lines


def test_a_scenario_is_data():
    again = pickle.loads(pickle.dumps(scenario()))
    assert again == scenario()
    assert hash(again) == hash(scenario())
    assert replace(scenario(), inflation=0.03) != scenario()


@pytest.mark.parametrize("inflation", [-1.0, math.nan, math.inf])
def test_inflation_that_takes_all_is_refused(inflation):
    with pytest.raises(InvalidInput, match=f"inflation must be > -1, got {inflation}"):
        scenario(inflation=inflation)
    with pytest.raises(InvalidInput, match="inflation must be a number, got '2 %'"):
        scenario(inflation="2 %")


def test_frictions_that_do_not_fit_the_portfolio_are_refused():
    with pytest.raises(InvalidInput, match="Frictions: cost must name one of 'A', 'B', 'C', got 'D'"):
        scenario(frictions=Frictions({"D": 0.01}))
    with pytest.raises(InvalidInput, match="amount a year must be at most the net wealth at the start, 80, got 100"):
        scenario(frictions=Frictions(spending=Spending(amount=100)))
    with pytest.raises(InvalidInput, match=r"frictions must be a Frictions, got 0\.01"):
        scenario(frictions=0.01)
