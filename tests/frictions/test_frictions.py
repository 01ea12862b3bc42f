"""Costs, tax, spending and death as data."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from riskkit._core.errors import InvalidInput
from riskkit.frictions._frictions import Frictions
from riskkit.frictions._spending import Spending
from riskkit.frictions._tax import CapitalGains
from riskkit.market.hazards._hazard import Constant
from riskkit.portfolio._holding import Holding
from riskkit.portfolio._portfolio import Loan, Portfolio

PORTFOLIO = Portfolio([Holding("A", 60), Holding("B", 40)], loan=Loan(20, 0.05, 0.5))


def refused(message):
    return pytest.raises(InvalidInput, match=message)


def test_costs_by_holding():
    np.testing.assert_array_equal(Frictions(0.01).costs(PORTFOLIO), [0.01, 0.01])
    np.testing.assert_array_equal(Frictions({"B": 0.02}).costs(PORTFOLIO), [0.0, 0.02])
    np.testing.assert_array_equal(Frictions().costs(PORTFOLIO), [0.0, 0.0])


def test_frictions_are_data():
    clock = Constant(0.01) + 0.02
    for frictions in (
        Frictions(),
        Frictions({"A": 0.01}, tax=CapitalGains(0.2), spending=Spending(amount=3, grows=True), death=0.02),
        Frictions(tax=CapitalGains(0.2), death=clock),
    ):
        again = pickle.loads(pickle.dumps(frictions))
        assert again == frictions
        assert hash(again) == hash(frictions)
    assert Frictions(tax=CapitalGains(0.2), death=Constant(0.02)) == Frictions(tax=CapitalGains(0.2), death=0.02)
    assert Frictions(tax=CapitalGains(0.2), death=clock).death == clock


def test_in_words():
    assert Frictions().assumptions() == Frictions({}).assumptions() == ["Trading is free."]
    assert Frictions({"A": 0.01}).assumptions() == ["Trading costs 1 % of A traded."]
    full = Frictions(0.001, tax=CapitalGains(0.2), spending=Spending(rate=0.03), death=0.02).assumptions()
    assert full == [
        "Trading costs 0.1 % of the value traded.",
        CapitalGains(0.2).describe(),
        "Death, 2 % a year, steps the purchase cost of what is held to its market value (assumption).",
        "Spending is 3 % of current wealth a year.",
    ]
    clocked = Frictions(tax=CapitalGains(0.2), death=Constant(0.01) + 0.02).assumptions()
    assert "Death, at 0.01 + 0.02, steps" in clocked[2]
    assert Spending(amount=12_500, grows=True).describe() == "Spending is 12,500 a year, growing with inflation."


@pytest.mark.parametrize("cost", [-0.01, 1.0, math.nan])
def test_a_cost_outside_zero_to_one_is_refused(cost):
    with refused(f"Frictions: cost must be >= 0 and < 1, got {cost}"):
        Frictions(cost)
    with refused(f"Frictions: cost of 'A' must be >= 0 and < 1, got {cost}"):
        Frictions({"A": cost})


def test_an_unknown_holding_is_refused():
    with refused("Frictions: cost must name one of 'A', 'B', got 'C'"):
        Frictions({"C": 0.01}).check(PORTFOLIO)


def test_parts_of_another_kind_are_refused():
    with refused(r"Frictions: tax must be a CapitalGains such as CapitalGains\(0.238\), got 0.2"):
        Frictions(tax=0.2)
    with refused(r"Frictions: spending must be a Spending such as Spending\(rate=0.03\), got 0.03"):
        Frictions(spending=0.03)
    with refused("Frictions: death must be >= 0, got -0.02"):
        Frictions(tax=CapitalGains(0.2), death=-0.02)
    with refused("Frictions: death must be a number, got 'soon'"):
        Frictions(tax=CapitalGains(0.2), death="soon")


def test_a_death_without_a_tax_changes_nothing_and_is_refused():
    with refused(r"death must come with a tax, .* got death=0.02 and no tax; give tax=CapitalGains\(rate\), or leave"):
        Frictions(death=0.02)


@pytest.mark.parametrize("rate", [-0.01, 1.0, math.nan])
def test_a_spending_rate_outside_zero_to_one_is_refused(rate):
    with refused(f"Spending: rate must be >= 0 and < 1, got {rate}"):
        Spending(rate)


def test_spending_that_is_not_one_number_is_refused():
    with refused("Spending: exactly one of rate and amount must be given, got rate=None and amount=None"):
        Spending()
    with refused("Spending: exactly one of rate and amount must be given, got rate=0.03 and amount=4"):
        Spending(0.03, 4)
    with refused("Spending: amount must be >= 0, got -4.0"):
        Spending(amount=-4)
    with refused("Spending: grows must be False with a rate, which follows wealth, got True"):
        Spending(0.03, grows=True)
    with refused("Spending: grows must be True or False, got 'yes'"):
        Spending(amount=4, grows="yes")


def test_spending_above_wealth_is_refused():
    """Gross 100 less a loan of 20 leaves 80."""
    Frictions(spending=Spending(amount=80)).check(PORTFOLIO)
    with refused("Spending: amount a year must be at most the net wealth at the start, 80, got 81"):
        Frictions(spending=Spending(amount=81)).check(PORTFOLIO)


def test_cost_and_tax_that_take_all_a_sale_brings_are_refused():
    """A holding with purchase cost 0 sold at a cost of 10 % and a tax of 95 % would leave less than nothing."""
    with pytest.raises(InvalidInput, match=r"highest cost plus the tax rate must be < 1, got 1\.05"):
        Frictions({"A": 0.05, "B": 0.1}, tax=CapitalGains(0.95))
