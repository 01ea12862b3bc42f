"""Deposits and vesting against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from by_hand import LOST, Watch, jumps, live, sinking, world

import riskkit as rk

NEAR = 1e-10
PAIR = [rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 40)]
CASH = [rk.Holding("a", 60), rk.Holding("cash", 40)]


def receives(*flows, cost=0.0, tax=None, spending=None):
    tax = None if tax is None else rk.CapitalGains(tax, at_end="keep")
    return rk.Frictions(cost, tax=tax, spending=spending, flows=flows)


# ---------------------------------------------------------------------------------------------------------------------
# Deposits
# ---------------------------------------------------------------------------------------------------------------------


def test_deposits_into_cash_alone_grow_like_an_annuity():
    """119 deposits of 1 on 100, the last a month before T, at i a month.

    W = (1 + i)^120 + .01·((1 + i)^120 - (1 + i))/i, i = 1.05^(1/12) - 1; the time-weighted index is (1 + i)^120.
    """
    found = live([rk.Holding("cash", 100)], rk.Hold(), frictions=receives(rk.Deposit(12.0)), cash=["cash"],
                 returns={"cash": 0.05}, years=10)  # fmt: skip
    i = 1.05 ** (1 / 12) - 1
    wealth = 1.05**10 + 0.01 * (1.05**10 - (1 + i)) / i
    assert found.columns["wealth"] == pytest.approx(wealth, rel=NEAR)
    assert found.deposited[-1] == pytest.approx(1.19, rel=NEAR)
    assert found.columns["time_weighted_wealth"] == pytest.approx(1.05**10, rel=NEAR)
    assert found.columns["max_drawdown"] == found.columns["time_weighted_max_drawdown"] == 0.0
    assert found.columns["turnover"] == found.columns["rebalances"] == 0.0


def test_deposits_grow_with_inflation():
    """At month end k, .01 · 1.1^(k/12)."""
    found = live(CASH, rk.Hold(), frictions=receives(rk.Deposit(12.0)), cash=["cash"], inflation=0.1, years=2)
    np.testing.assert_allclose(found.deposited[2:], 0.01 * np.cumsum(1.1 ** (np.arange(1, 24) / 12)), rtol=NEAR)


def test_deposits_buy_cash_like_holdings_else_those_with_no_founder():
    """.01 a month into cash; without cash into b, which is nobody's."""
    found = live(CASH, rk.Hold(), frictions=receives(rk.Deposit(12.0)), cash=["cash"])
    np.testing.assert_allclose(found.units[-1], [0.6, 0.4 + 0.11], rtol=NEAR)
    found = live(PAIR, rk.Hold(), frictions=receives(rk.Deposit(12.0)))
    np.testing.assert_allclose(found.units[-1], [0.6, 0.4 + 0.11], rtol=NEAR)


def test_deposits_are_pro_rata_of_present_values():
    """b and c, 20 : 20, before b triples in month 2: then 60 : 20. Month 1 .005 each; month 2 .0075 and .0025."""
    holdings = [rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 20), rk.Holding("c", 20)]
    found = live(holdings, rk.Hold(), frictions=receives(rk.Deposit(12.0)), shocks=jumps(12, b={2: 3.0}))
    np.testing.assert_allclose(found.units[2], [0.6, 0.205, 0.205], rtol=NEAR)
    share = 3 * 0.205 / (4 * 0.205)
    np.testing.assert_allclose(found.units[3], [0.6, 0.205 + 0.01 * share / 3, 0.205 + 0.01 * (1 - share)], rtol=NEAR)


def test_where_the_takers_are_worth_nothing_the_start_decides():
    """x and y, 10 and 30 of 10,000, are spent at month 1, .014 a month. Month 2 deposits .01, 1 : 3, and spends them.

    Cash is sold first, so nothing of it is left after any date; the gap of .004 comes out of a.
    """
    holdings = [rk.Holding("a", 9960), rk.Holding("x", 10), rk.Holding("y", 30)]
    frictions = receives(rk.Deposit(1200.0), spending=rk.Spending(amount=12 * 140.0))
    found = live(holdings, rk.Hold(), frictions=frictions, cash=["x", "y"])
    np.testing.assert_allclose(found.units[2], [0.996, 0.0, 0.0], rtol=NEAR, atol=1e-15)
    np.testing.assert_allclose(found.units[3], [0.992, 0.0, 0.0], rtol=NEAR, atol=1e-15)
    date = found.trades[found.trades["time"].astype(float).between(0.16, 0.17)]
    assert sorted(date["holding"]) == ["a", "x", "y"]  # bought and spent
    frictions = receives(rk.Deposit(1200.0), rk.Vesting("a", 0.0, 1), spending=rk.Spending(amount=12 * 40.0))
    # Of what is deposited .006 stays from month 1 on; it is 1 : 3 too.
    found = live(holdings, rk.Hold(), frictions=frictions, cash=["x", "y"])
    np.testing.assert_allclose(found.units[2], [0.996, 0.001 + 0.25 * 0.006, 0.003 + 0.75 * 0.006], rtol=NEAR)


def test_fixed_shares_and_a_worthless_taker():
    """60 % into b, 40 % into cash; from month 3 on b is worthless, and cash takes all: .006·2, then .004·2 + .01·9."""
    holdings = [rk.Holding("a", 50), rk.Holding("b", 20), rk.Holding("cash", 30)]
    dead = sinking(b={3: LOST})
    found = live(holdings, rk.Hold(), frictions=receives(rk.Deposit(12.0, {"b": 0.6, "cash": 0.4})), cash=["cash"],
                 shocks=dead)  # fmt: skip
    np.testing.assert_allclose(found.end, [0.5, 0.2 + 0.012, 0.3 + 0.008 + 0.09], rtol=NEAR)


def test_purchases_pay_their_cost_and_become_purchase_costs():
    """.01 buys .01/1.02 of b at 2 %; later all is sold at 3 times: the gain is 2/3 of the proceeds."""
    found = live([rk.Holding("b", 100, cost=20)], rk.Hold(), frictions=receives(rk.Deposit(12.0), cost=0.02, tax=0.25))
    bought = 0.01 / 1.02
    assert found.units[2, 0] == pytest.approx(1.0 + bought, rel=NEAR)
    np.testing.assert_allclose(found.cost[2:], 0.02 * bought * np.arange(1, 12), rtol=NEAR)
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * (1.0 - 0.2), rel=NEAR)
    # W + F is .01 more than W, and the next W only .01/1.02.
    wealth = 1.0 + bought * np.arange(12)
    index = np.prod(wealth[1:] / (wealth[:-1] + 0.01))
    assert found.columns["time_weighted_wealth"] == pytest.approx(index, rel=NEAR)
    trades = found.trades[found.trades["path"] == 0]
    np.testing.assert_allclose(trades["amount"].astype(float), bought, rtol=NEAR)
    np.testing.assert_allclose(trades["cost"].astype(float), 0.02 * bought, rtol=NEAR)


def test_deposits_come_before_spending_and_before_rules_decide():
    """.01 is deposited and .005 of it spent; the rule sees what is left."""
    seen: tuple[list, ...] = ([],)
    frictions = receives(rk.Deposit(12.0), spending=rk.Spending(amount=6.0))
    found = live(CASH, Watch(seen, every=1, at_start=False), frictions=frictions, cash=["cash"])
    assert found.columns["shortfall"] == 0.0
    np.testing.assert_allclose(seen[0][0].wealth, 1.005, rtol=NEAR)
    assert found.columns["time_weighted_wealth"] == pytest.approx(1.0, rel=NEAR)


def test_a_ruined_path_receives_nothing():
    """Both are worthless from month 2 on: one deposit and one vest before it, none after."""
    dead = sinking(a={2: LOST}, b={2: LOST})
    found = live(PAIR, rk.Hold(), frictions=receives(rk.Deposit(12.0), rk.Vesting("a", 12, 1, cliff=0)), shocks=dead)
    assert found.deposited[-1] == pytest.approx(0.01, rel=NEAR)
    assert found.vested[-1] == pytest.approx(0.01, rel=NEAR)
    assert found.columns["wealth"] == found.columns["time_weighted_wealth"] == 0.0
    assert found.columns["ruin"] == found.columns["time_weighted_max_drawdown"] == 1.0


def test_a_deposit_can_meet_no_margin_call_before_its_date():
    """100 with a loan of 40, limit 50 %: in month 2 all falls by 30 %, to 70.42 with the .6 of month 1; 40 is too much.

    Sales bring the loan down to net wealth, 30.42, half of gross assets; then month 2 brings .6.
    """
    found = live([rk.Holding("b", 100)], rk.Hold(), frictions=receives(rk.Deposit(12 * 0.6)),
                 loan=rk.Loan(40, 0.0, 0.5), shocks=jumps(12, b={2: 0.7}))  # fmt: skip
    assert found.columns["margin_call"] == 1.0
    gross = 0.7 * (100 + 0.6) / 60
    sold = 2 * (40 / 60) - gross  # debt - sold = (gross - sold) / 2
    assert found.debt[2] == pytest.approx(40 / 60 - sold, rel=NEAR)
    assert found.wealth[3] == pytest.approx(gross - 40 / 60 + 0.01, rel=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Vesting
# ---------------------------------------------------------------------------------------------------------------------


def test_a_quarter_vests_at_the_cliff_and_then_equal_months():
    """24 of 100 over 4 years: 6 after 12 months, then .5 a month; a holds 60 at first. The last month is T and late."""
    found = live(PAIR, rk.Hold(), frictions=receives(rk.Vesting("a", 24, years=4)), years=4)
    k = np.arange(49)
    vested = np.where(k > 12, 0.005 * np.minimum(k - 1, 47), 0.0)  # a date shows on the next step
    np.testing.assert_allclose(found.units[:, 0], 0.6 + vested, rtol=NEAR)
    np.testing.assert_allclose(found.vested, vested, rtol=NEAR, atol=1e-15)
    assert found.columns["time_weighted_wealth"] == pytest.approx(1.0, rel=NEAR)


def test_vesting_is_of_units_at_the_price_of_the_day():
    """a doubles in month 2. Months 1 to 3 of 12 of .12: .01, then .02 and .02; units .01 each."""
    found = live(PAIR, rk.Hold(), frictions=receives(rk.Vesting("a", 12, 1, cliff=0.0)), shocks=jumps(12, a={2: 2.0}))
    np.testing.assert_allclose(found.vested[2:5], [0.01, 0.03, 0.05], rtol=NEAR)
    np.testing.assert_allclose(found.units[4], [0.63, 0.4], rtol=NEAR)


def test_what_vests_costs_its_price_that_day_and_pays_no_trading_cost():
    """a doubles in month 2; the purchase cost of a, 15, grows by 1, then 2 ten times: 36. Worth 2·71; 25 % of 106."""
    found = live([rk.Holding("a", 60, cost=15), rk.Holding("b", 40)], rk.Hold(),
                 frictions=receives(rk.Vesting("a", 12, 1, cliff=0.0), cost=0.02, tax=0.25),
                 shocks=jumps(12, a={2: 2.0}))  # fmt: skip
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * (1.42 - 0.36), rel=NEAR)
    assert found.cost[-1] == 0.0
    assert (found.trades["cost"].astype(float) == 0.0).all()
    np.testing.assert_allclose(found.trades["amount"].astype(float), [0.01, *[0.02] * 10], rtol=NEAR)


def test_what_is_withheld_never_reaches_the_book():
    """40 % of .01 a month: .006 arrive, and no tax is paid for them."""
    found = live(PAIR, rk.Hold(), frictions=receives(rk.Vesting("a", 12, 1, cliff=0.0, withholding=0.4), tax=0.25))
    np.testing.assert_allclose(found.vested[2:], 0.006 * np.arange(1, 12), rtol=NEAR)
    assert found.tax[-1] == 0.0
    assert found.columns["time_weighted_wealth"] == pytest.approx(1.0, rel=NEAR)


@pytest.mark.parametrize(("month", "vests"), [(6, 5), (1, 0)])
def test_what_has_not_vested_by_the_first_event_is_lost(month, vests):
    """a halves in month 6 (1): what was due at its end and later does not come; months 1 to 5 (none) have."""
    shocks = jumps(12, a={month: 0.5})
    flow = rk.Vesting("a", 12, 1, cliff=0.0, until=shocks[0].name)
    found = live(PAIR, rk.Hold(), frictions=receives(flow), shocks=shocks)
    assert found.end[0] == pytest.approx(0.6 + 0.01 * vests, rel=NEAR)


def test_the_cliff_is_lost_too():
    shocks = jumps(12, a={10: 0.5})
    found = live(PAIR, rk.Hold(), frictions=receives(rk.Vesting("a", 24, 2, until=shocks[0].name)), shocks=shocks,
                 years=2)  # fmt: skip
    assert found.vested[-1] == 0.0


def test_several_month_ends_on_one_step_vest_together():
    """Steps of half a year: month ends fall on steps 1 and 2 from months 3 and 9 on; those of step 1 are 3 to 8.

    Step 1 is the latest month of it, 8 of 24; step 2, 14 of 24; step 3, 20 of 24; step 4 is T.
    """
    found = live(PAIR, rk.Hold(), frictions=receives(rk.Vesting("a", 24, 2, cliff=0.0)), steps_per_year=2, years=2)
    np.testing.assert_allclose(found.vested, [0.0, 0.0, 0.08, 0.14, 0.20], rtol=NEAR)


def test_shares_vest_into_a_locked_holding_and_cannot_be_sold():
    """The rule wants out of a, which is locked for two years; what vests is locked with it."""
    holdings = [rk.Holding("a", 60, founder="Ann", liquidity=rk.Locked(2)), rk.Holding("b", 40)]
    found = live(holdings, rk.DiversifyNow(), frictions=receives(rk.Vesting("a", 12, 1, cliff=0.0)))
    assert found.end[0] == pytest.approx(0.6 + 0.11, rel=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# What does not change, and what is refused
# ---------------------------------------------------------------------------------------------------------------------


def test_flows_of_nothing_change_no_bit():
    plain = live(CASH, rk.Rebalance(1), cash=["cash"], frictions=rk.Frictions(0.01, tax=rk.CapitalGains(0.2)))
    flows = (rk.Deposit(0.0), rk.Vesting("a", 0.0, 1))
    found = live(CASH, rk.Rebalance(1), cash=["cash"],
                 frictions=rk.Frictions(0.01, tax=rk.CapitalGains(0.2), flows=flows))  # fmt: skip
    assert found.columns == plain.columns
    assert found.wealth.tolist() == plain.wealth.tolist()


BAD = {
    "into: unknown": (PAIR, rk.Deposit(1, "c"), "Deposit: into must name one of 'a', 'b', got 'c'"),
    "nothing takes it": ([PAIR[0]], rk.Deposit(1), r"Deposit: into must name what the deposit buys, because no"),
    "into what is locked": (
        [PAIR[0], rk.Holding("b", 40, liquidity=rk.Locked(0.5))], rk.Deposit(1, "b"),
        r"can be bought at each month end, got 'b', which cannot be bought after 0.08333 years \(locked",
    ),
    "all takers are locked": (
        [PAIR[0], rk.Holding("b", 40, liquidity=rk.Locked(0.5))], rk.Deposit(1), "got 'b', which cannot be bought"),
    "on: unknown": (PAIR, rk.Vesting("c", 1, 2), "Vesting: on must name one of 'a', 'b', got 'c'"),
    "until: unknown": (
        PAIR, rk.Vesting("a", 1, 2, until="exit"), r"Vesting of 'a': until must name one of .*got 'exit'"),
}  # fmt: skip


@pytest.mark.parametrize(("holdings", "flow", "message"), BAD.values(), ids=list(BAD))
def test_what_does_not_fit_the_portfolio_is_refused_by_name(holdings, flow, message):
    with pytest.raises(rk.InvalidInput, match=message):
        world(holdings, rk.Hold(), frictions=receives(flow))
