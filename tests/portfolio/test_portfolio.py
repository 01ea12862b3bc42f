"""Holdings, portfolios, exposure and look-through; figures of the Baron case from published percentages."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit._core.errors import InvalidInput
from riskkit.portfolio._concentration import concentration
from riskkit.portfolio._holding import Holding, Lot, Marks, scaled
from riskkit.portfolio._liquidity import Listed, Locked, TenderWindows
from riskkit.portfolio._portfolio import Loan, Portfolio


def baron() -> Portfolio:
    return Portfolio(
        [
            Holding("TSLA", 40, founder="Musk"),
            Holding("SpaceX", 24, founder="Musk"),
            Holding("xAI", 1, founder={"Musk": 0.5, "Huang": 0.2}),
            Holding("Rest", 35),
        ]
    )


def test_one_name_means_the_whole_value():
    assert Holding("TSLA", 40, founder="Musk") == Holding("TSLA", 40.0, founder={"Musk": 1.0})
    assert Holding("TSLA", 40, founder="Musk").founder_share == 1.0
    assert Holding("Rest", 35).founder == {}
    assert Holding("Rest", 35).founder_share == 0.0
    assert Holding("Rest", 35).liquidity == Listed()


def test_purchase_cost():
    """Bought at its value by default; a cost above the value is a loss; lots add up: 5 + 12 for 50 + 10."""
    assert Holding("A", 60).cost is None
    assert Holding("A", 60).basis == 60.0
    assert Holding("A", 60, cost=0).basis == 0.0
    assert Holding("A", 60, cost=75).basis == 75.0
    lots = Holding("A", 60, cost=iter([Lot(50, 5), Lot(10, 12)]), method="hifo")
    assert lots.cost == lots.lots == (Lot(50, 5), Lot(10, 12))
    assert lots.basis == 17.0
    assert Holding("A", 60, cost=6).lots == (Lot(60, 6),)
    # Three lots of a third that were typed as 0.333333333333.
    assert len(Holding("A", 1, cost=[Lot(0.333333333333, 0.1)] * 3).lots) == 3


def test_a_holding_with_all_of_it_is_data():
    holding = Holding("A", 60, cost=[Lot(60, 5)], method="fifo", liquidity=TenderWindows(), marks=Marks(3, reacts=True))
    again = pickle.loads(pickle.dumps(holding))
    assert again == holding
    assert hash(again) == hash(holding)
    assert Holding("A", 60, cost=5) == Holding("A", 60, cost=5.0) != holding


def test_a_portfolio_against_hand_calculation():
    portfolio = baron()
    assert portfolio.names == ("TSLA", "SpaceX", "xAI", "Rest")
    assert portfolio.founders == ("Musk", "Huang")
    assert portfolio.total == portfolio.net == 100.0
    pd.testing.assert_series_equal(
        portfolio.weights,
        pd.Series([0.40, 0.24, 0.01, 0.35], pd.Index(portfolio.names, name="holding"), name="weight"),
    )
    np.testing.assert_array_equal(portfolio.values, [40, 24, 1, 35])
    np.testing.assert_array_equal(portfolio.shares("Musk"), [1, 1, 0.5, 0])
    np.testing.assert_array_equal(portfolio.shares("Huang"), [0, 0, 0.2, 0])
    np.testing.assert_allclose(portfolio.shares(), [1, 1, 0.7, 0], rtol=1e-15)
    assert portfolio.holding("xAI").value == 1.0


def test_exposure_by_founder_and_by_holding():
    # Musk 40 + 24 + 1/2, Huang 1/5, nobody 35 + 3/10.
    exposure = baron().exposure()
    assert exposure.index.tolist() == ["Musk", "Huang", "no founder"]
    np.testing.assert_allclose(exposure, [0.645, 0.002, 0.353], rtol=1e-14)
    np.testing.assert_allclose(baron().exposure(by="holding"), [0.40, 0.24, 0.01, 0.35], rtol=1e-15)


def test_exposure_of_net_with_a_loan():
    # Gross 100, loan 20, net 80: 64.5 / 80, and all of it together 100 / 80.
    portfolio = Portfolio(baron().holdings, loan=Loan(20, 0.05, 0.5))
    assert portfolio.net == 80.0
    assert portfolio.exposure(of="net")["Musk"] == pytest.approx(64.5 / 80, rel=1e-14)
    assert portfolio.exposure(of="net").sum() == pytest.approx(1.25, rel=1e-14)
    assert portfolio.exposure("holding", "net").sum() == pytest.approx(1.25, rel=1e-14)
    assert portfolio.exposure(of="gross")["Musk"] == pytest.approx(0.645, rel=1e-14)


def test_a_founder_with_no_share_stays_known():
    portfolio = Portfolio([Holding("A", 1, founder={"Ann": 0.0}), Holding("B", 1)])
    assert portfolio.founders == ("Ann",)
    np.testing.assert_array_equal(portfolio.shares("Ann"), [0, 0])


def test_a_portfolio_is_data():
    portfolio = Portfolio(iter(baron().holdings), loan=Loan(20, 0.05, 0.5))
    again = pickle.loads(pickle.dumps(portfolio))
    assert again == portfolio
    assert hash(again) == hash(portfolio)
    assert portfolio != baron()
    with pytest.raises(AttributeError):
        portfolio.loan = None


def test_repr_is_a_table():
    assert repr(baron()).splitlines() == [
        "Portfolio: gross 100, net 100",
        "        value  weight                founder",
        "TSLA       40  40.0 %                   Musk",
        "SpaceX     24  24.0 %                   Musk",
        "xAI         1   1.0 %  Musk 50 %, Huang 20 %",
        "Rest       35  35.0 %",
    ]
    many = repr(Portfolio([Holding(f"H{i}", 1) for i in range(40)], loan=Loan(10, 0.05, 0.5))).splitlines()
    assert many[0] == "Portfolio: gross 40, net 30, loan 10 at 5 % a year"
    assert many[-1] == "… and 28 more, 70 %"
    assert baron().frame().loc["xAI", "founder"] == "Musk 0.5, Huang 0.2"
    assert "<td>40.0 %</td>" in baron()._repr_html_()
    assert "gross 100" in baron()._repr_html_()


def person(share: float) -> Portfolio:
    """A fund without a loan of which `share` is tied to Musk."""
    return Portfolio([Holding("TSLA", share, founder="Musk"), Holding("Others", 1 - share)])


def mine() -> Portfolio:
    return Portfolio([Holding("Musk's companies", 65, founder="Musk"), Holding("FUND", 35)])


def test_baron_through_funds_with_22_percent_is_72_7_percent():
    # 0.65 + 0.35 * 0.22 = 0.727
    seen = mine().look_through({"FUND": person(0.22)})
    assert seen.names == ("Musk's companies", "TSLA", "Others")
    assert seen.total == pytest.approx(100, rel=1e-14)
    assert seen.loan is None
    assert seen.exposure()["Musk"] == pytest.approx(0.727, rel=1e-12)


def test_baron_through_a_leveraged_fund_with_50_percent_of_net_is_82_5_percent_of_net():
    """The fund holds 107 for each 100 of net value, of which 50 in Musk's companies: 0.65 + 0.35 * 0.50 = 0.825.

    The share of the loan is 35 * 7 / 100 = 2.45, so gross is 102.45, and of gross it is 82.5 / 102.45.
    """
    fund = Portfolio([Holding("TSLA", 50, founder="Musk"), Holding("Others", 57)], loan=Loan(7, 0.06, 0.3))
    seen = mine().look_through({"FUND": fund})
    assert seen.net == pytest.approx(100, rel=1e-14)
    assert seen.loan.amount == pytest.approx(2.45, rel=1e-14)
    assert (seen.loan.rate, seen.loan.max_loan_to_value) == (0.06, pytest.approx(0.3, rel=1e-14))
    assert seen.exposure(of="net")["Musk"] == pytest.approx(0.825, rel=1e-12)
    assert seen.exposure()["Musk"] == pytest.approx(82.5 / 102.45, rel=1e-12)


def test_holdings_of_one_name_become_one():
    """TSLA 40 of my own, wholly Musk's, and 20 through the fund, of which the fund says a half: (40 + 10)/60 = 5/6."""
    own = Portfolio([Holding("TSLA", 40, founder="Musk"), Holding("FUND", 40), Holding("Cash", 20)])
    fund = Portfolio([Holding("Cash", 3), Holding("TSLA", 3, founder={"Musk": 0.5, "Huang": 0.1})])
    seen = own.look_through({"FUND": fund})
    assert seen.names == ("TSLA", "Cash")
    np.testing.assert_allclose(seen.values, [60, 40], rtol=1e-14)
    assert seen.holding("TSLA").founder == {"Musk": pytest.approx(5 / 6), "Huang": pytest.approx(0.1 / 3)}


def test_funds_within_funds():
    # All of FUND but its 10 % cash is in SUB, of which 22 % is Musk's: 0.65 + 0.35 * 0.9 * 0.22.
    fund = Portfolio([Holding("SUB", 90), Holding("Cash", 10)])
    seen = mine().look_through({"FUND": fund, "SUB": person(0.22)})
    assert seen.names == ("Musk's companies", "TSLA", "Others", "Cash")
    assert seen.exposure()["Musk"] == pytest.approx(0.65 + 0.35 * 0.9 * 0.22, rel=1e-12)


def test_loans_on_both_floors_keep_the_net_value_and_a_limit_they_meet():
    """Each at its limit of a half: my equity is 1/2, that of what I own 1/2, so the loan is 3/4 of gross.

    Gross 100 and loan 50 become gross 200 and loan 50 + 100 = 150; the rate is (50 * 0.02 + 100 * 0.05)/150 = 0.04.
    """
    own = Portfolio([Holding("FUND", 100)], loan=Loan(50, 0.02, 0.5))
    fund = Portfolio([Holding("A", 2, founder="Ann")], loan=Loan(1, 0.05, 0.5))
    seen = own.look_through({"FUND": fund})
    assert (seen.total, seen.net) == (200, 50)
    assert (seen.loan.amount, seen.loan.max_loan_to_value) == (150, 0.75)
    assert seen.loan.rate == pytest.approx(0.04)
    assert seen.exposure(of="net")["Ann"] == pytest.approx(4.0)


def test_purchase_costs_go_through_a_fund():
    """Half of the fund is mine. A: 10 at cost 4 and half of 20 at cost 6: 7. B: half of lots 12/2 and 8/9."""
    own = Portfolio([Holding("A", 10, cost=4), Holding("FUND", 20)])
    fund = Portfolio([Holding("A", 20, cost=6), Holding("B", 20, cost=[Lot(12, 2), Lot(8, 9)], method="fifo")])
    seen = own.look_through({"FUND": fund})
    assert seen.holding("A") == Holding("A", 20, cost=7)
    assert seen.holding("B") == Holding("B", 10, cost=[Lot(6, 1), Lot(4, 4.5)], method="fifo")


def test_lots_of_one_name_stay_apart():
    """Mine are one lot of 10 at cost 4; a fund wholly mine brings two, and a second fund its 5 bought at value."""
    own = Portfolio([Holding("A", 10, cost=4, method="hifo"), Holding("F", 20), Holding("G", 5)])
    funds = {"F": Portfolio([Holding("A", 20, cost=[Lot(12, 2), Lot(8, 9)])]), "G": Portfolio([Holding("A", 5)])}
    lots = [Lot(10, 4), Lot(12, 2), Lot(8, 9), Lot(5, 5)]
    assert own.look_through(funds).holdings == (Holding("A", 35, cost=lots, method="hifo"),)


def test_what_was_bought_at_its_value_stays_so_through_a_fund():
    seen = Portfolio([Holding("A", 10), Holding("F", 20)]).look_through({"F": Portfolio([Holding("A", 3)])})
    assert seen.holdings == (Holding("A", 30),)


def test_look_through_nothing_is_the_portfolio_itself():
    assert baron().look_through({}) == baron()


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(0.01, 1e6), min_size=2, max_size=5),
    st.lists(st.floats(0.01, 1e6), min_size=1, max_size=5),
    st.floats(0.01, 0.99),
    st.floats(0.0, 1.0),
)
def test_look_through_keeps_net_value_and_adds_the_founder_of_net(values, inside, share, leverage):
    own = Portfolio(
        [Holding(f"H{i}", value, founder="Musk" if i else None) for i, value in enumerate(values)],
        loan=Loan(0.4 * math.fsum(values), 0.03, 0.4),
    )
    holdings = [Holding(f"H{i}", value, founder={"Musk": share}) for i, value in enumerate(inside, start=1)]
    amount = 0.9 * leverage * math.fsum(inside)
    fund = Portfolio(holdings, loan=Loan(amount, 0.05, 0.9) if amount else None)
    seen = own.look_through({"H0": fund})
    assert seen.net == pytest.approx(own.net, rel=1e-9)
    through = values[0] / own.net * fund.exposure(of="net")["Musk"]
    assert seen.exposure(of="net")["Musk"] == pytest.approx(own.exposure(of="net")["Musk"] + through, rel=1e-9)


def refused(message: str):
    return pytest.raises(InvalidInput, match=message)


@pytest.mark.parametrize("value", [-3.0, math.nan, math.inf])
def test_a_value_that_is_negative_or_not_finite_is_refused(value):
    with refused(rf"Holding 'TSLA': value must be >= 0, got {float(value)}"):
        Holding("TSLA", value)


def test_a_holding_of_value_0_has_no_cost_and_no_group():
    empty = Holding("FUND", 0, founder="Ann")
    assert (empty.basis, empty.lots) == (0.0, ())
    portfolio = Portfolio([Holding("A", 80, founder="Bob"), empty, Holding("B", 20)])
    assert portfolio.weights.to_dict() == {"A": 0.8, "FUND": 0.0, "B": 0.2}
    assert portfolio.exposure().to_dict() == {"Bob": 0.8, "Ann": 0.0, "no founder": pytest.approx(0.2)}
    for by, groups in (("holding", {"A": 0.8, "B": 0.2}), ("founder", {"Bob": 0.8, "B": 0.2})):
        assert dict(concentration(portfolio, by=by).groups) == groups
    with refused(r"Holding 'FUND': cost must be left out for a value of 0, of which nothing is held, got 3\.0"):
        Holding("FUND", 0, cost=3)
    with refused("holdings must hold at least one Holding with a value > 0, got values of 0 alone"):
        Portfolio([empty, Holding("B", 0)])


def test_look_through_of_a_fund_of_value_0_and_of_a_company_held_with_0():
    """The fund of value 0 brings its companies at 0, and no debt; two holdings of 0 weigh the same."""
    fund = Portfolio([Holding("A", 2, founder={"Ann": 0.4}, cost=[Lot(2, 1)])], loan=Loan(1, 0.05, 0.9))
    own = Portfolio([Holding("FUND", 0), Holding("A", 0, founder={"Ann": 0.8}), Holding("B", 5)])
    seen = own.look_through({"FUND": fund})
    assert (seen.net, seen.loan) == (5.0, None)
    assert seen.holding("A").founder == {"Ann": pytest.approx(0.6)}


@pytest.mark.parametrize("value", ["40", None, True])
def test_a_value_that_is_not_a_number_is_refused(value):
    with refused("Holding 'TSLA': value must be a number, got "):
        Holding("TSLA", value)


@pytest.mark.parametrize("name", ["", "  ", None, 7])
def test_a_holding_without_a_name_is_refused(name):
    with refused("name of a holding must be a non-empty string, got "):
        Holding(name, 1)


@pytest.mark.parametrize("share", [-0.1, 1.5, math.nan, math.inf])
def test_a_founder_share_outside_zero_to_one_is_refused(share):
    with refused(f"Holding 'A': founder share of 'Musk' must be >= 0 and <= 1, got {share}"):
        Holding("A", 1, founder={"Musk": share})


def test_founder_shares_that_sum_past_one_are_refused():
    with refused(r"Holding 'A': founder shares must sum to at most 1, got 1\.1"):
        Holding("A", 1, founder={"Musk": 0.6, "Huang": 0.5})
    assert Holding("A", 1, founder={"a": 0.1, "b": 0.2, "c": 0.7}).founder_share == 1.0


@pytest.mark.parametrize(
    ("founder", "message"),
    [
        ("", "Holding 'A': founder must be a non-empty string, got ''"),
        (7, "Holding 'A': founder must be a name or a mapping from names to shares, got 7"),
        ({3: 0.5}, "Holding 'A': founder must be a non-empty string, got 3"),
        ({"Musk": "half"}, "Holding 'A': founder share of 'Musk' must be a number, got 'half'"),
        ("no founder", "Holding 'A': founder must be a person, got 'no founder'; leave founder out instead"),
    ],
)
def test_a_founder_that_is_none_is_refused(founder, message):
    with refused(message):
        Holding("A", 1, founder=founder)


def test_a_liquidity_of_another_kind_is_refused():
    with refused("Holding 'A': liquidity must be a Liquidity such as Listed\\(\\), got 'listed'"):
        Holding("A", 1, liquidity="listed")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Holding("A", 1, cost=-1), r"Holding 'A': cost must be >= 0, got -1\.0"),
        (lambda: Holding("A", 1, cost=math.nan), r"Holding 'A': cost must be >= 0, got nan"),
        (lambda: Holding("A", 1, cost="1"), r"Holding 'A': cost must be a number, got '1'"),
        (lambda: Holding("A", 1, cost=[]), r"Holding 'A': cost must hold at least one Lot, got none; leave it out"),
        (lambda: Holding("A", 1, cost=[1.0]), r"Holding 'A': cost must be a number or Lot objects, got 1\.0"),
        (lambda: Holding("A", 1, cost={"A": 1}), r"Holding 'A': cost must be a number, got \{'A': 1\}"),
        (lambda: Holding("A", 3, cost=[Lot(2, 1)]), r"Holding 'A': values of lots must sum to its value 3, got 2"),
        (lambda: Lot(0, 1), r"Lot: value must be > 0, got 0\.0"),
        (lambda: Lot(1, -1), r"Lot: cost must be >= 0, got -1\.0"),
        (lambda: Holding("A", 1, method="lifo"), r"A': method must be one of 'average', 'fifo', 'hifo', got 'lifo'"),
        (lambda: Marks(0), r"Marks: every must be >= 1, got 0"),
        (lambda: Marks(1.5), r"Marks: every must be a whole number, got 1\.5"),
        (lambda: Marks(reacts=1), r"Marks: reacts must be True or False, got 1"),
        (lambda: Holding("A", 1, marks=6, liquidity=Locked(1)), r"A': marks must be a Marks such as Marks\(every=6\)"),
        (
            lambda: Holding("A", 1, marks=Marks()),
            r"Holding 'A': marks must be left out for a listed holding, .* Locked",
        ),
    ],
)
def test_a_purchase_cost_or_marks_that_cannot_be_are_refused(build, message):
    with refused(message):
        build()


@pytest.mark.parametrize(
    ("holdings", "message"),
    [
        ([], "holdings must hold at least one Holding, got none"),
        (7, "holdings must be a list of Holding objects, got 7"),
        ("TSLA", "holdings must be a list of Holding objects, got 'TSLA'"),
        ({"TSLA": 40}, "holdings must be Holding objects, got 'TSLA'"),
        ([Holding("A", 1), Holding("A", 2)], "names of holdings must be unique, got 'A' twice"),
        ([Holding("A", 1e308), Holding("B", 1e308)], "gross value of the portfolio must be finite"),
    ],
)
def test_a_portfolio_that_is_none_is_refused(holdings, message):
    with refused(message):
        Portfolio(holdings)


@pytest.mark.parametrize(
    ("loan", "message"),
    [
        ((0, 0.05, 0.5), "Loan: amount must be > 0, got 0.0"),
        ((math.nan, 0.05, 0.5), "Loan: amount must be > 0, got nan"),
        ((1, -0.01, 0.5), "Loan: rate must be >= 0 and < 1, got -0.01"),
        ((1, 1.0, 0.5), "Loan: rate must be >= 0 and < 1, got 1.0"),
        ((1, 0.05, 0.0), "Loan: max_loan_to_value must be > 0 and < 1, got 0.0"),
        ((1, 0.05, 1.0), "Loan: max_loan_to_value must be > 0 and < 1, got 1.0"),
    ],
)
def test_a_loan_out_of_bounds_is_refused(loan, message):
    with refused(message):
        Loan(*loan)


def test_the_default_limit_of_a_loan_is_that_of_finra():
    """Rule 4210(c)(1): equity of at least 25 % of the long positions, so a loan of at most 75 %."""
    assert Loan(20, 0.05) == Loan(20, 0.05, 0.75)


def test_a_loan_above_its_limit_at_the_start_is_refused():
    with refused(r"loan must be at most max_loan_to_value = 0.5 of the gross value 100 .* got 60, which is 0.6"):
        Portfolio(baron().holdings, loan=Loan(60, 0.05, 0.5))
    with refused("loan must be a Loan, got 20"):
        Portfolio(baron().holdings, loan=20)


def test_an_unknown_founder_or_holding_is_refused_with_those_that_exist():
    with refused("founder must name one of 'Musk', 'Huang', got 'Muskk' \\(did you mean 'Musk'\\?\\)"):
        baron().shares("Muskk")
    with refused("holding must name one of 'TSLA', 'SpaceX', 'xAI', 'Rest', got 'TSLS'"):
        baron().holding("TSLS")


def test_exposure_by_or_of_something_else_is_refused():
    with refused("by must be one of 'founder', 'holding', got 'sector'"):
        baron().exposure(by="sector")
    with refused("of must be one of 'gross', 'net', got 'assets'"):
        baron().exposure(of="assets")


def test_a_fund_that_nobody_holds_is_refused():
    with refused("look_through: fund must name one of .*'FUND', 'TSLA', 'Others', got 'FUNDS' .did you mean 'FUND'"):
        mine().look_through({"FUND": person(0.22), "FUNDS": person(0.22)})
    with refused("look_through: fund 'FUND' must be a Portfolio, got 0.22"):
        mine().look_through({"FUND": 0.22})
    with refused("look_through: funds must be a mapping"):
        mine().look_through([person(0.22)])


def test_a_fund_that_holds_itself_is_refused():
    first = Portfolio([Holding("SUB", 1), Holding("Cash", 1)])
    second = Portfolio([Holding("FUND", 1)])
    with refused("fund 'FUND' must not hold itself, got FUND → SUB → FUND"):
        mine().look_through({"FUND": first, "SUB": second})


@pytest.mark.parametrize(("age", "long"), [(None, True), (1.0, True), (0.999, False), (0, False)])
def test_a_lot_is_long_from_its_first_year_on(age, long):
    lot = Lot(30, 3, age=age)
    assert lot.long is long
    assert scaled(Holding("TSLA", 30, cost=[lot]), 0.5).cost == (Lot(15, 1.5, age=age),)


@pytest.mark.parametrize("age", [-0.1, float("nan")])
def test_an_age_below_zero_is_refused(age):
    with pytest.raises(InvalidInput, match="Lot: age must be"):
        Lot(30, 3, age=age)
