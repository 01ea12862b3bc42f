"""Spending, shortfalls and inflation against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from by_hand import At, Orders, Watch, jumps, live, world

import riskkit as rk

NEAR = 1e-10


def spends(rate=None, *, amount=None, grows=False, cost=0.0, tax=None):
    tax = None if tax is None else rk.CapitalGains(tax)
    return rk.Frictions(cost, tax=tax, spending=rk.Spending(rate, amount, grows=grows))


PAIR = [rk.Holding("a", 60), rk.Holding("b", 40)]


def test_a_share_of_wealth_is_spent_at_each_month_end_before_the_last():
    """12 % a year is 1 % a month: after k month ends .99^k is left. The spending of a date shows on the next step.

    There are 11 month ends before T; the 12th is T itself.
    """
    found = live(PAIR, rk.Hold(), frictions=spends(0.12))
    k = np.array([0, 0, *range(1, 12)])
    np.testing.assert_allclose(found.wealth, 0.99**k, rtol=NEAR)
    np.testing.assert_allclose(found.spent, 1.0 - 0.99**k, rtol=NEAR, atol=1e-15)
    np.testing.assert_allclose(found.trace.weights[:, :, 0], [[0.6, 0.4]] * 13, rtol=NEAR)
    assert found.columns["shortfall"] == 0.0
    assert found.columns["rebalances"] == 0.0
    assert found.columns["turnover"] == pytest.approx(0.11, rel=NEAR)


def test_a_share_is_of_wealth_as_it_is_then():
    """a doubles before the second month end: 1 % of 1.00, then 1 % of .99 · 1.6."""
    found = live(PAIR, rk.Hold(), frictions=spends(0.12), shocks=jumps(12, a={2: 2.0}))
    assert found.spent[2] == pytest.approx(0.01, rel=NEAR)
    assert found.spent[3] == pytest.approx(0.01 + 0.01 * 0.99 * 1.6, rel=NEAR)


def test_a_share_is_of_net_wealth():
    """100 less a loan of 40: 1 % a month of 60 is spent, and the loan stands."""
    found = live(PAIR, rk.Hold(), frictions=spends(0.12), loan=rk.Loan(40, 0.0, 0.9))
    np.testing.assert_allclose(found.wealth[[2, 12]], [0.99, 0.99**11], rtol=NEAR)
    assert found.debt[-1] == pytest.approx(40 / 60)


def test_an_amount_is_a_twelfth_a_month():
    """6 a year of 100 is .005 a month."""
    found = live(PAIR, rk.Hold(), frictions=spends(amount=6.0))
    np.testing.assert_allclose(found.spent, 0.005 * np.array([0, 0, *range(1, 12)]), rtol=NEAR)


def test_an_amount_that_grows_with_inflation():
    """At month end k, 6/12 · 1.1^(k/12) of 100."""
    found = live(PAIR, rk.Hold(), frictions=spends(amount=6.0, grows=True), inflation=0.1, years=2)
    due = 0.005 * 1.1 ** (np.arange(1, 24) / 12)
    np.testing.assert_allclose(found.spent[2:], np.cumsum(due), rtol=NEAR)
    level = live(PAIR, rk.Hold(), frictions=spends(amount=6.0), inflation=0.1, years=2)
    assert level.spent[-1] == pytest.approx(23 * 0.005, rel=NEAR)


THREE = [rk.Holding("a", 60), rk.Holding("b", 38.5), rk.Holding("cash", 1.5)]


def test_cash_is_spent_first_and_then_the_rest_pro_rata():
    """.01 a month. Month 1: .01 of the .015 of cash. Month 2: the last .005 of cash, and .005 of a and b, 60 : 38.5."""
    found = live(THREE, rk.Hold(), frictions=spends(amount=12.0), cash=["cash"])
    np.testing.assert_allclose(found.units[2], [0.60, 0.385, 0.005], rtol=NEAR)
    np.testing.assert_allclose(found.units[3], [0.60 - 0.3 / 98.5, 0.385 - 0.1925 / 98.5, 0.0], rtol=NEAR, atol=1e-15)
    assert found.units[12, :2].sum() == pytest.approx(1.0 - 0.11, rel=NEAR)


@pytest.mark.parametrize("amount", [12.0, 7.0, 1.1, 3.3, 0.123])
def test_other_units_keep_every_bit_where_cash_can_pay(amount):
    """The other holdings are small, so that a rounding error of the cash would show in them."""
    holdings = [rk.Holding("a", 0.003), rk.Holding("b", 1e-5), rk.Holding("cash", 99)]
    found = live(holdings, rk.Hold(), frictions=spends(amount=amount, cost=0.003, tax=0.2), cash=["cash"],
                 returns={"cash": 0.037})  # fmt: skip
    total = sum(holding.value for holding in holdings)
    assert found.end[:2].tolist() == [0.003 / total, 1e-5 / total]


def test_spending_takes_pro_rata_of_what_can_be_sold():
    """a is locked; b 30 in a window of a third at month 1, at 10 % off, and c 30: 10 and 30 can be sold.

    The .04 spent take s · (10, 30)/40 with .9 · s/4 + 3 s/4 = .04.
    """
    holdings = [
        rk.Holding("a", 40, liquidity=rk.Locked(2)),
        rk.Holding("b", 30, liquidity=rk.TenderWindows((1,), 1 / 3, 0.1)),
        rk.Holding("c", 30),
    ]
    found = live(holdings, rk.Hold(), frictions=spends(amount=48.0))
    sold = 0.04 / 0.975
    np.testing.assert_allclose(found.units[2], [0.4, 0.3 - sold / 4, 0.3 - 3 * sold / 4], rtol=NEAR)
    assert found.cost[2] == pytest.approx(0.1 * sold / 4, rel=NEAR)
    np.testing.assert_allclose(found.units[3], [0.4, 0.3 - sold / 4, 0.26 - 3 * sold / 4], rtol=NEAR)


def test_spending_pays_its_own_cost_and_tax():
    """.01 is needed from a holding that cost a fifth of its value, at 2 % cost and 25 %: s (.98 - .25 · .8) = .01."""
    found = live([rk.Holding("a", 100, cost=20)], rk.Hold(), frictions=spends(amount=12.0, cost=0.02, tax=0.25))
    sold = 0.01 / (0.98 - 0.2)
    assert found.units[2, 0] == pytest.approx(1.0 - sold, rel=NEAR)
    assert found.spent[2] == pytest.approx(0.01, rel=NEAR)
    assert found.cost[2] == pytest.approx(0.02 * sold, rel=NEAR)
    assert found.tax[2] == pytest.approx(0.2 * sold, rel=NEAR)
    assert found.end[0] == pytest.approx(1.0 - 11 * sold, rel=NEAR)


def test_spending_out_of_lots():
    """.01 is needed; the dearest lot, .004 at cost, pays .004 untaxed, the one bought for nothing the rest at 25 %."""
    holding = rk.Holding("a", 100, cost=[rk.Lot(99.6, 0), rk.Lot(0.4, 0.4)], method="hifo")
    found = live([holding], rk.Hold(), frictions=spends(amount=12.0, tax=0.25))
    assert found.units[2, 0] == pytest.approx(1.0 - 0.004 - 0.006 / 0.75, rel=NEAR)


def test_a_path_that_cannot_pay_is_a_shortfall():
    """a is locked, cash is .015: month 1 is paid, .005 of month 2, and nothing after."""
    holdings = [rk.Holding("a", 98.5, liquidity=rk.Locked(2)), rk.Holding("cash", 1.5)]
    found = live(holdings, rk.Hold(), frictions=spends(amount=12.0), cash=["cash"])
    np.testing.assert_allclose(found.spent, [0, 0, 0.01, *[0.015] * 10], rtol=NEAR)
    assert found.columns["shortfall"] == 1.0
    assert found.columns["ruin"] == 0.0
    assert found.end[0] == 0.985


def test_what_can_just_be_paid_is_no_shortfall():
    """Cash of .11 pays 11 months of .01."""
    holdings = [rk.Holding("a", 89, liquidity=rk.Locked(2)), rk.Holding("cash", 11)]
    found = live(holdings, rk.Hold(), frictions=spends(amount=12.0), cash=["cash"])
    assert found.columns["shortfall"] == 0.0
    assert found.end[1] == pytest.approx(0.0, abs=1e-14)


def test_spending_that_takes_all_ruins_and_the_last_weights_are_shown():
    """a falls to 2 % and b to 1 % at month 3, after two payments of .05: all that is left, .9 (.012 + .004), is spent.

    The shares of the last moment, .012 : .004, are shown from then on, though prices rise a hundredfold.
    """
    seen = []
    found = live(
        PAIR,
        Watch((seen,)),
        frictions=spends(amount=60.0),
        shocks=jumps(12, a={3: 0.02, 8: 100.0}, b={3: 0.01, 8: 100.0}),
    )
    left = 0.9 * (0.6 * 0.02 + 0.4 * 0.01)
    assert found.spent[-1] == pytest.approx(0.1 + left, rel=NEAR)
    assert (found.wealth[4:] == 0.0).all()
    assert found.columns["ruin"] == 1.0
    assert found.columns["shortfall"] == 1.0
    assert found.columns["max_drawdown"] == 1.0
    np.testing.assert_allclose(seen[6].weights, [0.75, 0.25], rtol=NEAR)


def test_a_ruined_path_that_owes_an_amount_cannot_pay():
    """The lender takes all at step 2, after one month was paid; the amounts due later are a shortfall, shares not."""
    for frictions, short in ((spends(amount=6.0), 1.0), (spends(0.06), 0.0)):
        found = live(PAIR, rk.Hold(), frictions=frictions, loan=rk.Loan(40, 0.0, 0.5),
                     shocks=jumps(12, a={2: 0.1}, b={2: 0.1}))  # fmt: skip
        assert found.columns["ruin"] == 1.0
        assert found.columns["shortfall"] == short


def test_spending_comes_before_the_rule_decides():
    """.10 is spent from cash, .10, at month 1; the rule then sees .90, with weights 4/9 and 5/9, and no cash."""
    seen = []
    holdings = [rk.Holding("a", 40), rk.Holding("b", 50), rk.Holding("cash", 10)]
    live(holdings, Watch((seen,), every=1), frictions=spends(amount=120.0 / 1.2), cash=["cash"], years=1)
    month = next(note for note in seen if note.step == 1)
    left = 1.0 - 100 / 1200
    np.testing.assert_allclose(month.weights, [0.4 / left, 0.5 / left, (0.1 - 100 / 1200) / left], rtol=NEAR)
    assert month.wealth == pytest.approx(left, rel=NEAR)
    assert month.units[2] == pytest.approx(1.0 - 10 / 12, rel=NEAR)


def test_the_window_serves_spending_first_and_the_rule_with_the_rest():
    """A fifth of a, .12, may be sold at month 1. Spending takes its share of what can be sold, .12 of a and .40 of b:
    .052 · 12/52 = .012; the rule, which wants all of a sold, gets the other .108."""
    holdings = [rk.Holding("a", 60, liquidity=rk.TenderWindows((1,), 0.2, 0.0)), rk.Holding("b", 40)]
    found = live(holdings, Orders(((1, (0.0, 1.0)),)), frictions=spends(amount=62.4))
    np.testing.assert_allclose(found.units[2], [0.48, 0.4 - 0.04 + 0.108], rtol=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Inflation
# ---------------------------------------------------------------------------------------------------------------------


def test_inflation_deflates_final_wealth():
    """1.6 after two years at 4 %: 1.6/1.04² in money of the start."""
    found = live(PAIR, rk.Hold(), shocks=jumps(12, a={2: 2.0}), inflation=0.04, years=2)
    assert found.columns["wealth"] == pytest.approx(1.6 / 1.04**2, rel=NEAR)
    assert live(PAIR, rk.Hold(), inflation=-0.04).columns["wealth"] == pytest.approx(1.0 / 0.96, rel=NEAR)


def test_the_goal_is_in_money_of_the_start():
    """Half of the paths (a hazard of mean ln 2) double in money, which is 1.92 in money of the start: a goal of 1.95 is
    missed by all, one of 1.90 is met by those that doubled."""
    shock = rk.Shock("rise", np.log(2.0), {"a": 1.0}, once=True)
    scenario = world([rk.Holding("a", 100)], rk.Hold(), shocks=[shock], inflation=2.0 / 1.92 - 1.0)
    for goal, met in ((1.90, True), (1.95, False)):
        from dataclasses import replace

        result = rk.compare(replace(scenario, goal=goal), paths=4000, seed=1, progress=False)
        found = float(result.table(["goal_probability"]).iloc[0, 0])
        assert found == pytest.approx(0.5, abs=4 * 0.5 / 4000**0.5) if met else found == 0.0
        assert float(result.table(["loss_probability"]).iloc[0, 0]) == pytest.approx(1.0 - 0.5, abs=0.04)


def test_events_of_these_tests_happen_at_the_stated_times():
    found = live(PAIR, rk.Hold(), shocks=[rk.Shock("x", At(0.2), {"a": -0.5}, once=True)])
    np.testing.assert_allclose(found.trace.prices[[2, 3], 0, 0], [1.0, 0.5], rtol=NEAR)


def test_spending_never_takes_the_lenders_money():
    """100 with a loan of 90 and a limit of 99 %: 12 a year are 1 a month, and net wealth is 10.

    Nothing moves and nothing bears interest. After nine months net wealth is 1; the tenth 1 is all of it, so that the
    eleventh cannot be paid; the lender has his 90 and loses nothing.
    """
    portfolio = rk.Portfolio([rk.Holding("a", 100.0)], loan=rk.Loan(90.0, 0.0, 0.99))
    market = rk.Market({"a": rk.Asset(0.0, 0.0)})
    frictions = rk.Frictions(spending=rk.Spending(amount=9.6))
    scenario = rk.Scenario(portfolio, market, [rk.Hold()], frictions=frictions, years=2, steps_per_year=12)
    traced = rk.trace(scenario, "hold")
    assert traced.accounts["spent"][-1, 0] <= 1.0 + 1e-12
    assert traced.accounts["lender_loss"][-1, 0] <= 1e-12
    assert rk.compare(scenario, paths=10, workers=1).values("hold", "shortfall").all()


# ---------------------------------------------------------------------------------------------------------------------
# Spending and a rule on one date
# ---------------------------------------------------------------------------------------------------------------------


def sums(found):
    """Cost and tax of all trades, and of the accounts at the end."""
    trades = [found.trades[name].astype(float).sum() for name in ("cost", "tax")]
    return trades, [found.cost[-1], found.tax[-1]]


def test_the_costs_of_spending_and_of_a_rule_on_one_date_add_up():
    """At 10 %, month 1: .045 is spent: .03 of a and .02 of b are sold. The rule then sells .036 of b for a.

    The .0324 that they bring buy .0324/1.1 of a, whose row has the balance and the cost of both.
    """
    holdings = [rk.Holding("a", 60), rk.Holding("b", 40)]
    orders = Orders(((1, (0.606 / 0.95, 0.344 / 0.95)),))
    found = live(holdings, orders, frictions=spends(amount=54.0, cost=0.1), years=2 / 12)
    bought = 0.036 * 0.9 / 1.1
    rows = found.trades.set_index("holding").astype({"amount": float, "cost": float})
    assert rows.loc["a", "amount"] == pytest.approx(-0.03 + bought, rel=NEAR)
    assert rows.loc["a", "cost"] == pytest.approx(0.003 + 0.1 * bought, rel=NEAR)
    assert rows.loc["b", "amount"] == pytest.approx(-0.02 - 0.036, rel=NEAR)
    assert rows.loc["b", "cost"] == pytest.approx(0.0056, rel=NEAR)
    trades, accounts = sums(found)
    np.testing.assert_allclose(trades, accounts, rtol=NEAR)


def test_a_balance_of_nothing_has_its_costs_too():
    """a (cash-like) trades at 10 %, b free. .045 of a is sold for .0405 of spending; then .0495 of b for .045 of a."""
    holdings = [rk.Holding("a", 50), rk.Holding("b", 50)]
    wanted = (0.455 + 0.0495) / 0.955
    frictions = rk.Frictions({"a": 0.1}, spending=rk.Spending(amount=100 * 0.0405 * 12))
    found = live(holdings, Orders(((1, (wanted, 1.0 - wanted)),)), frictions=frictions, years=2 / 12, cash=["a"])
    rows = found.trades.set_index("holding").astype({"amount": float, "cost": float})
    assert rows.loc["a", "amount"] == pytest.approx(0.0, abs=1e-12)
    assert rows.loc["a", "cost"] == pytest.approx(0.009, rel=NEAR)
    trades, accounts = sums(found)
    np.testing.assert_allclose(trades, accounts, rtol=NEAR)


@pytest.mark.parametrize("offset", [True, False])
@pytest.mark.parametrize("rule", [rk.Rebalance(1), rk.Cap(0.4), rk.DiversifyNow(), rk.Trim(0.6, 1.0)])
def test_costs_and_taxes_of_all_trades_are_those_of_the_accounts(rule, offset):
    """Two years of a market that moves, with gains and losses, spending and windows: sums over every path."""
    window = rk.TenderWindows((3, 6, 9, 12), 0.5, 0.05)
    holdings = [
        rk.Holding("a", 40, founder="Ann", cost=10), rk.Holding("b", 20, founder="Ann", cost=40, liquidity=window),
        rk.Holding("c", 30, cost=[rk.Lot(20, 30), rk.Lot(10, 1)], method="fifo"), rk.Holding("cash", 10),
    ]  # fmt: skip
    market = rk.Market({"a": rk.Asset(0.1, 0.6), "b": rk.Asset(0.1, 0.5), "c": rk.Asset(0.05, 0.3),
                        "cash": rk.Asset(0.02, 0.0)})  # fmt: skip
    frictions = rk.Frictions(0.01, tax=rk.CapitalGains(0.3, loss_offset=offset), spending=rk.Spending(0.2))
    scenario = rk.Scenario(rk.Portfolio(holdings), market, [rule], frictions=frictions, years=2, steps_per_year=12)
    traced = rk.trace(scenario, rule, paths=40, seed=1)
    own = traced.trades.astype({"cost": float, "tax": float}).groupby("path")[["cost", "tax"]].sum()
    for name in ("cost", "tax"):
        np.testing.assert_allclose(own[name].reindex(range(40), fill_value=0.0), traced.accounts[name][-1],
                                   rtol=1e-9, atol=1e-12)  # fmt: skip
