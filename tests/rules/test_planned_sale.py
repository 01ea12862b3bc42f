"""SellDown: a plan in units at yearly dates, carried over, never bought back, and answering to ranks of prices."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from rule_views import PORTFOLIO, moment, paths

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit.rules.planned_sale import SellDown

PLAN = SellDown({"TSLA": [0.5, 0.25, 0.0], "SPACEX": [0.0, 0.1, 0.4]}, into={"INDEX": 0.6, "CASH": 0.4})


def at_year(years, *, units=(1.0, 1.0, 1.0, 1.0, 1.0), price=(1.0, 1.0, 1.0, 1.0, 1.0)):
    return moment(units=[units], price=[price], month=12 * years)


def test_each_date_sells_its_share_of_the_start_units_in_weights():
    """Half of TSLA's weight of .4 at the start; 60 % of what it brings goes to INDEX, 40 % to CASH."""
    target, state = PLAN.decide(at_year(0), None)
    np.testing.assert_allclose(target, paths((0.2, 0.2, 0.1, 0.2 + 0.12, 0.1 + 0.08)), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(state, [[0.5], [0.0]])


def test_later_dates_keep_what_the_plan_keeps():
    """After one year a quarter of TSLA's start units is kept, half of the half that is left, and .9 of SPACEX's."""
    _, state = PLAN.decide(at_year(0), None)
    target, state = PLAN.decide(at_year(1, units=(0.5, 1.0, 1.0, 1.0, 1.0)), state)
    np.testing.assert_allclose(target[:2], paths((0.4 * 0.5, 0.2 * 0.9)), rtol=0, atol=1e-15)
    np.testing.assert_allclose(state, [[0.75], [0.1]], rtol=0, atol=1e-15)


def test_what_a_date_could_not_sell_is_due_again_and_nothing_is_bought_back():
    """At two years the plan keeps .25 and .5: of 1 unit of TSLA, none of .4 of SPACEX, which is below."""
    _, state = PLAN.decide(at_year(0), None)
    _, state = PLAN.decide(at_year(1), state)
    view = at_year(2, units=(1.0, 0.4, 1.0, 1.0, 1.0))
    target, _ = PLAN.decide(view, state)
    np.testing.assert_allclose(target[:2], paths((0.4 * 0.25, 0.2)), rtol=0, atol=1e-15)


def test_a_date_with_nothing_to_sell_does_not_trade():
    rule = SellDown({"TSLA": [0.0, 1.0]})
    assert rule.decide(at_year(0), None)[0] is None
    target, _ = rule.decide(at_year(1), np.zeros((1, 1)))
    assert target[0, 0] == 0.0  # whole, with no crumb
    np.testing.assert_allclose(target[[3, 4], 0], [0.2 + 0.4 * 2 / 3, 0.1 + 0.4 / 3], rtol=0, atol=1e-15)


def test_shares_follow_the_rank_of_the_price():
    """Ranks 0, .5, 1 at prices .5, 1, 3: a price of .75 has rank .25, 2 has .75, 9 has 1 and .1 has 0.

    Shares run from .1 at rank 0 to .5 at rank 1, so they are .1 + .4 rank.
    """
    rule = SellDown(
        {"TSLA": [0.0, 0.1]},
        into={"CASH": 1.0},
        shares_high={"TSLA": [0.0, 0.5]},
        prices={"TSLA": [[1.0, 1.0, 1.0], [0.5, 1.0, 3.0]]},
    )
    prices = [(p, 1.0, 1.0, 1.0, 1.0) for p in (0.75, 2.0, 9.0, 0.1)]
    view = moment(*[(0.4, 0.2, 0.1, 0.2, 0.1)] * 4, units=[(1.0,) * 5] * 4, price=prices, month=12)
    target, state = rule.decide(view, np.zeros((1, 4)))
    np.testing.assert_allclose(state, [[0.2, 0.4, 0.5, 0.1]], rtol=0, atol=1e-15)
    np.testing.assert_allclose(target[0], 0.4 * (1.0 - state[0]), rtol=0, atol=1e-15)


def test_it_decides_at_the_start_and_yearly_before_the_horizon():
    assert PLAN.dates(Calendar(5, 252)).tolist() == [0, 252, 504]
    assert PLAN.dates(Calendar(2, 12)).tolist() == [0, 12]


def test_behind_a_pledge_it_leaves_out_what_was_planned_before():
    """The clients sell all at time 0, so the pledge lets go at the first later date: a year on, then .25 is sold.

    The half that was planned for time 0 is left out; at two years only .4 of SPACEX is planned.
    """
    portfolio = rk.Portfolio(
        [rk.Holding("TSLA", 40, founder="Musk"), rk.Holding("SPACEX", 20, founder="Musk"), rk.Holding("CASH", 40)]
    )
    market = rk.Market({name: rk.Asset(0.0, 0.0) for name in portfolio.names})
    plan = SellDown(PLAN.shares, into={"CASH": 1.0})
    rule = rk.SellLast(after=rk.DiversifyNow(), then=plan)
    traded = rk.trace(rk.Scenario(portfolio, market, [rule], years=4, steps_per_year=12), rule).trades
    sold = traded[traded["amount"] < 0.0].set_index(["time", "holding"])["amount"]
    assert sold.to_dict() == pytest.approx({(1.0, "TSLA"): -0.1, (1.0, "SPACEX"): -0.02, (2.0, "SPACEX"): -0.08})


def test_windows_delay_a_plan_but_do_not_shrink_it():
    """A fifth of what is held in each yearly window: 1, .8, .64 and .512 are held after 0, 1, 2 and 3 years."""
    windows = rk.TenderWindows(months=(12,), limit=0.2, discount=0.0)
    portfolio = rk.Portfolio([rk.Holding("SPACEX", 50, founder="Musk", liquidity=windows), rk.Holding("CASH", 50)])
    market = rk.Market({name: rk.Asset(0.0, 0.0) for name in portfolio.names})
    rule = SellDown({"SPACEX": [0.45, 0.0, 0.0, 0.0]})
    traced = rk.trace(rk.Scenario(portfolio, market, [rule], years=5, steps_per_year=4), rule)
    units = traced.weights[:, 0, 0] / 0.5
    assert units[[0, 1, 5, 9, 13, 20]] == pytest.approx([1.0, 1.0, 0.8, 0.64, 0.55, 0.55])


def test_rules_are_data():
    rule = SellDown(
        {"TSLA": [0.5, 0.25]},
        shares_high={"TSLA": [0.5, 0.5]},
        prices={"TSLA": [[1.0, 1.0], [0.5, 2.0]]},
        name="plan",
    )
    assert pickle.loads(pickle.dumps(rule)) == rule
    assert hash(rule) == hash(replace(rule))
    assert rule.shares["TSLA"] == (0.5, 0.25)
    assert "SellDown(name='plan'" in repr(rule)


def test_it_comes_back_from_a_file(tmp_path):
    plain = SellDown({"TSLA": [0.5, 0.25], "SpaceX": [0.0, 1 / 3]}, into={"diversified": 1.0})
    answering = SellDown(
        {"TSLA": [0.5, 0.25]},
        shares_high={"TSLA": [0.5, 0.5]},
        prices={"TSLA": [[1.0, 1.0], [0.5, 2.0]]},
        name="answers",
    )
    pledged = rk.SellLast(after=rk.Trim(1.0, years=2), then=plain)
    scenario = replace(rk.scenarios.baron(), rules=[plain, answering, pledged], baseline=None)
    scenario.save(tmp_path / "plan.toml")
    assert rk.Scenario.load(tmp_path / "plan.toml") == scenario


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shares": {}}, "SellDown: shares must be a mapping from names of holdings to shares by date"),
        ({"shares": {"TSLA": 0.5}}, "SellDown: shares: shares of 'TSLA' must be a list, one a date, got 0.5"),
        ({"shares": {"TSLA": [-0.1]}}, "SellDown: shares: share of 'TSLA' must be >= 0 and <= 1, got -0.1"),
        ({"shares": {"TSLA": [0.1], "SPACEX": [0.1, 0.1]}}, "must have the same number of dates for all holdings"),
        ({"shares": {"TSLA": []}}, "must have the same number of dates for all holdings, at least one"),
        ({"shares": {"TSLA": [0.6, 0.6]}}, r"sum of the shares of 'TSLA' must be <= 1, got 1\.2"),
        ({"shares": {"TSLA": [0.5]}, "into": {"CASH": 0.5}}, "SellDown: into: shares must sum to 1"),
        ({"shares": {"TSLA": [0.5]}, "shares_high": {"TSLA": [0.5]}}, "shares_high and prices must be given together"),
        (
            {"shares": {"TSLA": [0.5]}, "shares_high": {"TSLA": [0.5, 0.1]}, "prices": {"TSLA": [[1.0, 1.0]]}},
            "shares_high must have the holdings and numbers of dates of shares, {'TSLA': 1}, got {'TSLA': 2}",
        ),
        (
            {"shares": {"TSLA": [0.5]}, "shares_high": {"TSLA": [0.5]}, "prices": {"SPACEX": [[1.0, 1.0]]}},
            "prices must have the holdings and numbers of dates of shares, {'TSLA': 1}, got {'SPACEX': 1}",
        ),
        (
            {"shares": {"TSLA": [0.5]}, "shares_high": {"TSLA": [0.5]}, "prices": {"TSLA": [[2.0, 1.0]]}},
            "price of 'TSLA' must be at least two numbers a date, increasing, got",
        ),
        (
            {"shares": {"TSLA": [0.5]}, "shares_high": {"TSLA": [0.5]}, "prices": [[2.0, 1.0]]},
            "prices must be a mapping from names of holdings to prices by date",
        ),
        (
            {"shares": {"T": [0.0, 0.6]}, "shares_high": {"T": [0.5, 0.1]}, "prices": {"T": [[1.0, 1.0], [1.0, 1.0]]}},
            r"sum of the shares of 'T' must be <= 1, got 1\.1",
        ),
    ],
)
def test_bad_fields_are_refused(fields, message):
    with pytest.raises(rk.InvalidInput, match=message):
        SellDown(**fields)


def test_a_portfolio_that_does_not_fit_is_refused():
    with pytest.raises(rk.InvalidInput, match=r"SellDown: shares must name one of .* got 'xAI'"):
        SellDown({"xAI": [0.5]}).check(PORTFOLIO)
    with pytest.raises(rk.InvalidInput, match="into must name holdings that the rule does not sell, got 'TSLA'"):
        SellDown({"TSLA": [0.5]}, into={"TSLA": 1.0}).check(PORTFOLIO)
    alone = rk.Portfolio([rk.Holding("TSLA", 1, founder="Musk")])
    with pytest.raises(rk.InvalidInput, match="the proceeds must have somewhere to go"):
        SellDown({"TSLA": [0.5]}).check(alone)
