"""Concentration against hand calculation and Hill numbers."""

from __future__ import annotations

import math
import pickle
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit._core.errors import InvalidInput
from riskkit.portfolio._concentration import concentration
from riskkit.portfolio._holding import Holding
from riskkit.portfolio._portfolio import Portfolio


def one_person() -> Portfolio:
    """40 + 25 + 2 on one founder, the other 33 spread evenly over ten names."""
    tied = [Holding(name, value, founder="Musk") for name, value in (("TSLA", 40), ("SpaceX", 25), ("xAI", 2))]
    return Portfolio([*tied, *(Holding(f"Other {i}", 3.3) for i in range(10))])


def test_effective_numbers_of_40_25_2_and_the_rest_spread_over_ten():
    """By name 1/(.40² + .25² + .02² + 10·.033²) = 1/.23379 = 4.28; by founder 1/(.67² + 10·.033²) = 1/.45979 = 2.17."""
    by_name, by_founder = concentration(one_person()), concentration(one_person(), by="founder")
    assert by_name.herfindahl == pytest.approx(0.23379, rel=1e-12)
    assert by_founder.herfindahl == pytest.approx(0.45979, rel=1e-12)
    assert round(by_name.effective_number, 2) == 4.28
    assert round(by_founder.effective_number, 2) == 2.17
    assert (by_founder.largest, by_founder.largest_name) == (pytest.approx(0.67), "Musk")
    assert by_name.largest_name == "TSLA"
    assert by_name.top5 == pytest.approx(0.40 + 0.25 + 3 * 0.033)
    assert by_founder.top5 == pytest.approx(0.67 + 4 * 0.033)


def test_entropy_number_against_hand_calculation():
    # Shares 1/2, 1/4, 1/4: entropy 1.5 ln 2, so 2^1.5 groups; Herfindahl 3/8.
    measured = concentration(Portfolio([Holding("A", 1), Holding("B", 2), Holding("C", 1)]))
    assert measured.entropy_number == pytest.approx(2**1.5, rel=1e-14)
    assert measured.effective_number == pytest.approx(8 / 3, rel=1e-14)
    assert measured.shares.index.tolist() == ["B", "A", "C"]


def test_through_a_fund_the_founder_is_one_group_of_72_7_percent():
    """65 of my own and 22 % of 35 in the fund: .65 + .35 · .22 = .727; its rest is .273: .727² + .273² = .603058."""
    own = Portfolio([Holding("TSLA", 40, founder="Musk"), Holding("SpaceX", 25, founder="Musk"), Holding("FUND", 35)])
    fund = Portfolio([Holding("SPCX", 12, founder="Musk"), Holding("TSLA", 10, founder="Musk"), Holding("Rest", 78)])
    measured = concentration(own.look_through({"FUND": fund}), by="founder")
    assert measured.groups == pytest.approx({"Musk": 0.727, "Rest": 0.273}, rel=1e-12)
    assert measured.herfindahl == pytest.approx(0.603058, rel=1e-12)


def test_what_is_tied_to_nobody_is_a_group_of_its_own():
    """Of 60 a half is Ann's and a quarter Bob's; of 40 all is Bob's: Ann 30, Bob 15 + 40, the rest of the first 15."""
    portfolio = Portfolio([Holding("Both", 60, founder={"Ann": 0.5, "Bob": 0.25}), Holding("His", 40, founder="Bob")])
    shares = concentration(portfolio, by="founder").shares
    assert shares.to_dict() == pytest.approx({"Bob": 0.55, "Ann": 0.30, "Both without founder": 0.15})


def test_a_holding_named_like_a_founder_is_not_mixed_up_with_the_person():
    portfolio = Portfolio([Holding("Dell", 1), Holding("VMware", 3, founder="Dell")])
    assert concentration(portfolio, by="founder").shares.to_dict() == {"Dell": 0.75, "Dell without founder": 0.25}


def test_rounding_of_thirds_makes_no_group():
    holding = Holding("A", 1, founder={"a": 1 / 3, "b": 1 / 3, "c": 1 - 2 / 3 - 1e-15})
    assert len(concentration(Portfolio([holding]), by="founder").groups) == 3


def test_founders_without_a_share_make_no_group():
    portfolio = Portfolio([Holding("A", 1, founder={"Ann": 0.0}), Holding("B", 1)])
    assert concentration(portfolio, by="founder").groups == {"A": 0.5, "B": 0.5}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 1e6), st.sampled_from([None, "Ann", "Bob"]), st.floats(0.0, 1.0)), min_size=1)
)
def test_hill_numbers_are_ordered_and_grouping_never_spreads(lines):
    holdings = [Holding(f"H{i}", v, founder={who: share} if who else None) for i, (v, who, share) in enumerate(lines)]
    portfolio = Portfolio(holdings)
    for by in ("holding", "founder"):
        measured = concentration(portfolio, by=by)
        groups = len(measured.groups)
        assert measured.shares.sum() == pytest.approx(1.0, rel=1e-9)
        # Hill numbers fall with their order: count (0), entropy (1), Herfindahl (2), reciprocal of the largest (∞).
        falling = [groups, measured.entropy_number, measured.effective_number, 1 / measured.largest]
        assert np.all(np.diff(falling) <= 1e-9 * groups)
        assert measured.largest <= measured.top5 <= 1 + 1e-9
    if all(share == 1.0 or who is None for _, who, share in lines):
        assert concentration(portfolio, "founder").herfindahl >= concentration(portfolio).herfindahl * (1 - 1e-9)


def test_concentration_is_data_with_a_readable_repr():
    measured = concentration(one_person(), by="founder")
    assert measured == pickle.loads(pickle.dumps(measured))
    assert hash(measured) == hash(pickle.loads(pickle.dumps(measured)))
    assert repr(measured).splitlines()[:4] == [
        "Concentration by founder, 11 groups",
        "  Herfindahl index  0.4598",
        "  effective number  2.17",
        f"  entropy number    {math.exp(-0.67 * math.log(0.67) - 0.33 * math.log(0.033)):.2f}",
    ]


def test_concentration_of_something_else_is_refused():
    with pytest.raises(InvalidInput, match="by must be one of 'holding', 'founder', got 'sector'"):
        concentration(one_person(), by="sector")
    with pytest.raises(InvalidInput, match="portfolio must be a Portfolio, got"):
        concentration([Holding("A", 1)])


def test_exposure_and_concentration_take_time_in_proportion_to_the_holdings():
    """20,000 equal holdings of as many founders are 20,000 groups; an array of shares a founder would be 3 GB."""
    many = Portfolio([Holding(f"N{n}", 1.0, founder=f"P{n}") for n in range(20_000)])
    begun = time.process_time()
    by_founder = many.exposure()
    measured = [concentration(many, by) for by in ("holding", "founder")]
    assert time.process_time() - begun < 5.0
    assert by_founder["P19999"] == pytest.approx(1 / 20_000)
    assert [each.effective_number for each in measured] == pytest.approx([20_000, 20_000])
