"""A stress against hand calculation: by holding, by founder, and on the loan."""

from __future__ import annotations

import math
import pickle

import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.analysis._stress import stress

HELD = [
    rk.Holding("A", 60, founder="Ann"),
    rk.Holding("B", 40, founder={"Ann": 0.5, "Bob": 0.25}),
    rk.Holding("C", 100),
]
CHANGES = {"A": -0.5, "B": -0.2, "C": 0.04}


def test_losses_by_holding_and_by_founder():
    """A loses 30, B 8, C gains 4: 34 of 200. Ann has all of the 30 and half of the 8, Bob a quarter, nobody 2 - 4."""
    found = stress(rk.Portfolio(HELD), CHANGES)
    assert found.loss == pytest.approx(0.17, abs=1e-15)
    assert found.holdings["loss"].to_dict() == pytest.approx({"A": 0.15, "B": 0.04, "C": -0.02})
    assert found.holdings["share"].to_dict() == pytest.approx({"A": 30 / 34, "B": 8 / 34, "C": -4 / 34})
    assert found.founders["loss"].to_dict() == pytest.approx({"Ann": 0.17, "Bob": 0.01, "no founder": -0.01})
    assert found.founders["share"].to_dict() == pytest.approx({"Ann": 34 / 34, "Bob": 2 / 34, "no founder": -2 / 34})
    assert (found.gross, found.net, found.debt, found.margin_call) == (166.0, 166.0, 0.0, False)


def test_a_loan_makes_losses_larger_and_calls():
    """200 gross less 80: 34 lost is 28.3 % of 120; 80 of 166 is 48.2 %, above 45 %; 166/86 = 1.93 from 200/120."""
    portfolio = rk.Portfolio(HELD, loan=rk.Loan(80, 0.05, 0.45))
    found = stress(portfolio, CHANGES)
    assert found.loss == pytest.approx(34 / 120)
    assert found.loan_to_value == pytest.approx(80 / 166)
    assert found.leverage == pytest.approx(166 / 86)
    assert found.margin_call
    assert repr(found).endswith(
        "The loan goes from 40 % to 48.2 % of gross assets, above 45 %: a margin call; leverage from 1.67 to 1.93."
    )


def test_at_its_limit_the_loan_is_not_called():
    """100 falls to 80; 40 of 80 is 50 %, which is the limit and not above it."""
    found = stress(rk.Portfolio([rk.Holding("A", 100)], loan=rk.Loan(40, 0.0, 0.5)), {"A": -0.2})
    assert not found.margin_call
    assert "within 50 %" in repr(found)


def test_ruin_is_the_lenders_loss():
    """100 with a loan of 40 falls to 30: nothing is left, and 10 are missing; the holding lost 70 of 60 net."""
    found = stress(rk.Portfolio([rk.Holding("A", 100)], loan=rk.Loan(40, 0.0, 0.5)), {"A": -0.7})
    assert (found.loss, found.net, found.margin_call) == (1.0, 0.0, True)
    assert found.lender_loss == pytest.approx(10.0)
    assert math.isinf(found.leverage)
    assert found.holdings.loc["A", "loss"] == pytest.approx(70 / 60)
    assert "Ruin" in repr(found)
    assert (
        stress(rk.Portfolio([rk.Holding("A", 100)], loan=rk.Loan(40, 0.0, 0.5)), {"A": -1.0}).loan_to_value == math.inf
    )


def test_without_a_change_nothing_is_lost():
    found = stress(rk.Portfolio(HELD), {})
    assert found.loss == 0.0
    assert found.holdings["loss"].tolist() == [0.0, 0.0, 0.0]
    assert found.holdings["share"].isna().all()


def test_it_is_data():
    found = stress(rk.Portfolio(HELD), CHANGES)
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found) == hash(stress(rk.Portfolio(HELD), dict(reversed(CHANGES.items()))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"D": -0.1}, "changes must name one of 'A', 'B', 'C', got 'D'"),
        ({"A": -1.5}, "change of 'A' must be >= -1, got -1.5"),
        ({"A": float("nan")}, "change of 'A' must be >= -1, got nan"),
        ([-0.5], r"changes must be a mapping \{holding: change\}, got \[-0.5\]"),
    ],
)
def test_bad_changes_are_refused(changes: object, message: str):
    with pytest.raises(InvalidInput, match=message):
        stress(rk.Portfolio(HELD), changes)


def test_a_stress_needs_a_portfolio():
    with pytest.raises(InvalidInput, match="portfolio must be a Portfolio, got 'mine'"):
        stress("mine", {})
