"""Interest, margin calls and ruin against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from by_hand import At, Orders, Watch, jumps, live

import riskkit as rk

NEAR = 1e-10
NET = 60.0  # 100 less a loan of 40


def borrowed(holdings, rule=None, *, amount=40.0, rate=0.0, limit=0.5, **terms):
    return live(holdings, rule or rk.Hold(), loan=rk.Loan(amount, rate, limit), **terms)


def test_interest_is_a_power_of_one_plus_the_rate():
    """40 at 6 % on 100 that stand still: the debt is 40 · 1.06^t, wealth what is left of 100, both over 60."""
    found = borrowed([rk.Holding("a", 100)], rate=0.06, limit=0.9, years=3)
    t = np.arange(37) / 12
    np.testing.assert_allclose(found.debt, 40 * 1.06**t / NET, rtol=1e-12)
    np.testing.assert_allclose(found.interest, 40 * (1.06**t - 1.0) / NET, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(found.wealth, (100 - 40 * 1.06**t) / NET, rtol=NEAR)
    assert found.columns["margin_call"] == 0.0
    assert found.columns["wealth"] == pytest.approx((100 - 40 * 1.06**3) / NET, rel=NEAR)
    assert found.columns["max_drawdown"] == pytest.approx(1.0 - found.wealth[-1], rel=NEAR)


def test_wealth_is_net_and_weights_are_of_gross_assets():
    """Baron Partners at 2026-06-30 holds 1.070 of net assets: gross 107, loan 7. A tenth more is 10.7 % of net."""
    holdings = [rk.Holding("a", 53.5), rk.Holding("b", 53.5)]
    found = borrowed(holdings, amount=7.0, shocks=jumps(12, a={2: 1.1}, b={2: 1.1}))
    assert found.scenario.portfolio.total / found.scenario.portfolio.net == pytest.approx(1.070)
    np.testing.assert_allclose(found.wealth[[0, 1, 2, 12]], [1.0, 1.0, 1.107, 1.107], rtol=NEAR)
    np.testing.assert_allclose(found.trace.weights[:, :, 0], 0.5, rtol=NEAR)
    np.testing.assert_allclose(found.end, 0.535, rtol=NEAR)


def test_a_trade_meets_targets_of_gross_assets():
    """100 at 40 of debt: a quarter of a (½ of 100) is moved to b, to 25/75 of 100. The debt stands."""
    found = borrowed([rk.Holding("a", 50), rk.Holding("b", 50)], Orders(((2, (0.25, 0.75)),)))
    np.testing.assert_allclose(found.end * NET, [25, 75], rtol=NEAR)
    assert found.columns["turnover"] == pytest.approx(0.25, rel=NEAR)
    assert found.debt[-1] == pytest.approx(40 / NET)


# ---------------------------------------------------------------------------------------------------------------------
# Margin calls
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "tax", "sold"),
    [(0.0, False, 5 / 0.5), (0.02, False, 5 / 0.48), (0.0, True, 5 / (0.5 - 0.25 * 6 / 7)),
     (0.02, True, 5 / (0.48 - 0.25 * 6 / 7))],
)  # fmt: skip
def test_a_margin_call_that_just_restores(cost, tax, sold):
    """100 fall to 70 at step 2, against a loan of 40 of at most half: 40 > 35. Selling s gives 40 - c s = .5 (70 - s).

    A unit of value sold brings c: 1 less the cost, less 25 % of its gain, which is 6/7 where it was bought for 10.
    The sale is made at once: it shows in the wealth of the same step, and the loan is at its limit.
    """
    frictions = rk.Frictions(cost, tax=rk.CapitalGains(0.25) if tax else None)
    found = borrowed([rk.Holding("a", 100, cost=10 / 0.7)], frictions=frictions, shocks=jumps(12, a={2: 0.7}))
    if tax:
        sold = 5 / ((0.5 - cost) - 0.25 * (1 - (10 / 0.7) / 70))
    brings = sold * (1.0 - cost) - (0.25 * sold * (1 - (10 / 0.7) / 70) if tax else 0.0)
    gross, debt = 70 - sold, 40 - brings
    assert debt == pytest.approx(0.5 * gross)
    np.testing.assert_allclose(found.debt[[0, 1, 2, 12]] * NET, [40, 40, debt, debt], rtol=NEAR)
    np.testing.assert_allclose(found.wealth[[1, 2, 12]] * NET, [60, gross - debt, gross - debt], rtol=NEAR)
    assert found.end[0] * NET == pytest.approx(gross / 0.7, rel=NEAR)
    assert found.cost[2] * NET == pytest.approx(cost * sold, rel=NEAR, abs=1e-14)
    assert found.columns["margin_call"] == 1.0
    assert found.columns["margin_unmet"] == 0.0
    assert found.columns["ruin"] == 0.0
    assert found.columns["turnover"] == pytest.approx(sold / 70, rel=NEAR)
    assert found.columns["rebalances"] == 0.0
    assert len(found.trades) == 0


def test_a_loan_at_its_limit_is_not_called():
    """The loan is exactly at its limit from the start, at no interest."""
    found = borrowed([rk.Holding("a", 80), rk.Holding("b", 20)], amount=50)
    assert found.columns["margin_call"] == 0.0


def test_interest_alone_can_bring_a_call():
    """50 of 100 at 12 %: after a month 50 · 1.12^(1/12) passes half, and each month sells twice the interest of it."""
    found = borrowed([rk.Holding("a", 100)], amount=50, rate=0.12)
    gross, debt = 100.0, 50.0
    for step in range(1, 13):
        debt *= 1.12 ** (1 / 12)
        sold = (debt - 0.5 * gross) / 0.5
        gross, debt = gross - sold, debt - sold
        assert found.debt[step] * 50 == pytest.approx(debt, rel=1e-9)
        assert found.wealth[step] * 50 == pytest.approx(gross - debt, rel=1e-9)


MIXED = [rk.Holding("a", 60), rk.Holding("b", 36), rk.Holding("cash", 4)]


def test_a_margin_call_sells_cash_first_and_then_the_rest_pro_rata():
    """a falls by half: 30 + 36 + 4 = 70; 10 must go: 4 of cash, then 6 in the ratio 30 : 36."""
    found = borrowed(MIXED, cash=["cash"], shocks=jumps(12, a={2: 0.5}))
    np.testing.assert_allclose(found.end * NET, [(30 - 6 * 30 / 66) / 0.5, 36 - 6 * 36 / 66, 0.0], rtol=NEAR)
    assert found.debt[-1] * NET == pytest.approx(30, rel=NEAR)


def test_a_margin_call_that_cash_meets_touches_nothing_else():
    """a falls to .9: 54 + 26 + 10 = 90 against 46 of at most half: 2 of cash do. The others keep every bit."""
    holdings = [rk.Holding("a", 60), rk.Holding("b", 30), rk.Holding("cash", 10)]
    found = borrowed(holdings, amount=48, cash=["cash"], shocks=jumps(12, a={2: 0.9}))
    assert found.end[2] * 52 == pytest.approx(10 - 2 * (48 - 47), rel=NEAR)
    assert found.end[0] == 60 / 52
    assert found.end[1] == 30 / 52


def test_a_margin_call_sells_listed_holdings_only():
    """b, of tender windows and buyable, and c, locked, are not sold, not even in the window of the step of the call."""
    holdings = [
        rk.Holding("a", 50),
        rk.Holding("b", 30, liquidity=rk.TenderWindows((2,), 1.0, buyable=True)),
        rk.Holding("c", 20, liquidity=rk.Locked(2)),
    ]
    found = borrowed(holdings, shocks=jumps(12, a={2: 0.4}))
    np.testing.assert_allclose(found.end * NET, [(20 - 10) / 0.4, 30, 20], rtol=NEAR)
    assert (found.end[1:] == np.array([30, 20]) / NET).all()
    assert found.columns["margin_unmet"] == 0.0


def test_the_loan_stands_after_a_margin_call_that_cannot_be_met():
    """All is locked: 100 fall to 70 and the loan of 40 stands; it is called but no unit is sold, and nobody is ruined.

    When the price has come back, wealth is what it was.
    """
    found = borrowed([rk.Holding("a", 100, liquidity=rk.Locked(2))], shocks=jumps(12, a={2: 0.7, 5: 1 / 0.7}))
    np.testing.assert_allclose(found.debt, 40 / NET)
    np.testing.assert_allclose(found.wealth[[2, 4, 5]] * NET, [30, 30, 60], rtol=NEAR)
    assert found.end[0] == 100 / NET
    assert [found.columns[name] for name in ("margin_call", "margin_unmet", "ruin")] == [1.0, 1.0, 0.0]


def test_a_margin_call_that_can_be_met_partly():
    """80 are locked, 20 listed: all of these are sold, 20 of 40 are owed on the 48 that are left: still below half."""
    holdings = [rk.Holding("a", 80, liquidity=rk.Locked(2)), rk.Holding("b", 20)]
    met = borrowed(holdings, shocks=jumps(12, a={2: 0.6}))
    sold = (40 - 34) / 0.5
    assert met.end[1] * NET == pytest.approx(20 - sold, rel=NEAR)
    assert met.columns["margin_unmet"] == 0.0
    unmet = borrowed(holdings, shocks=jumps(12, a={2: 0.4}))
    assert unmet.end[1] == 0.0
    np.testing.assert_allclose(unmet.debt[[2, 12]] * NET, 20, rtol=NEAR)
    np.testing.assert_allclose(unmet.wealth[[2, 12]] * NET, 12, rtol=NEAR)
    assert unmet.columns["margin_unmet"] == 1.0
    assert unmet.columns["ruin"] == 0.0


def test_a_call_that_was_unmet_is_met_when_the_lock_ends():
    """Locked for half a year. The call of step 2 is unmet until step 6, where a listing comes before a call: 10 go."""
    for then in (rk.Listed(), rk.Listed(0.9)):
        holdings = [rk.Holding("a", 100, liquidity=rk.Locked(0.5, then=then))]
        found = borrowed(holdings, shocks=jumps(12, a={2: 0.7}))
        np.testing.assert_allclose(found.debt[[2, 5, 6, 12]] * NET, [40, 40, 30, 30], rtol=NEAR, err_msg=repr(then))


def test_a_margin_call_keeps_to_the_monthly_limit():
    """A tenth a month of 100, which fall to 70 at step 1 of 4 a month: 7 are sold of the 10 that should be.

    At step 4 a tenth of the 63 left may go; what is missing is 40 - 7 - .5 · 63 = 1.5, so 3 are sold.
    """
    found = borrowed([rk.Holding("a", 100, liquidity=rk.Listed(0.1))], shocks=jumps(48, a={1: 0.7}), steps_per_year=48)
    np.testing.assert_allclose(found.debt[[1, 2, 3, 5]] * NET, [33, 33, 33, 30], rtol=NEAR)
    assert found.columns["margin_unmet"] == 1.0


# ---------------------------------------------------------------------------------------------------------------------
# Ruin
# ---------------------------------------------------------------------------------------------------------------------


def test_a_margin_call_that_ruins():
    """100 fall to 30 at step 2, below the loan of 40: the lender loses 10, and wealth is 0 from then on, though the
    price rises tenfold at step 5."""
    found = borrowed(
        [rk.Holding("a", 70), rk.Holding("b", 30)], shocks=jumps(12, a={2: 0.3, 5: 10.0}, b={2: 0.3, 5: 10.0})
    )
    np.testing.assert_allclose(found.wealth, [1.0, 1.0, *[0.0] * 11], rtol=NEAR)
    assert (found.wealth[2:] == 0.0).all()
    np.testing.assert_allclose(found.lender_loss * NET, [0, 0, *[10] * 11], rtol=NEAR)
    assert (found.debt[2:] == 0.0).all()
    assert (found.end == 0.0).all()
    assert found.columns["max_drawdown"] == 1.0
    assert found.columns["wealth"] == 0.0
    assert found.columns["ruin"] == 1.0
    assert found.columns["margin_call"] == 1.0
    assert found.columns["average_drawdown"] == pytest.approx(11 / 13, rel=NEAR)
    assert found.columns["catastrophe"] == 1.0


def test_a_sale_for_the_lender_whose_tax_ruins():
    """100, bought for nothing, fall to 70 against 40; tax is 50 %. A sale of s brings .5 s and lowers the limit by
    .5 s: it helps nothing, so all is sold. 35 are paid back, the tax is 35, and the lender loses 5."""
    found = borrowed(
        [rk.Holding("a", 100, cost=0)], frictions=rk.Frictions(tax=rk.CapitalGains(0.5)), shocks=jumps(12, a={2: 0.7})
    )
    assert found.columns["ruin"] == 1.0
    assert found.tax[-1] * NET == pytest.approx(35, rel=NEAR)
    assert found.lender_loss[-1] * NET == pytest.approx(5, rel=NEAR)
    assert found.columns["deferred_tax"] == 0.0
    assert found.columns["wealth"] == 0.0


def test_a_ruined_path_is_shown_with_its_last_weights_and_a_drawdown_of_one():
    """a 70 · .2 = 14 and b 30 · .5 = 15 at the step of ruin: shares 14/29 and 15/29 from then on."""
    seen = []
    borrowed([rk.Holding("a", 70), rk.Holding("b", 30)], Watch((seen,)),
             shocks=jumps(12, a={2: 0.2, 6: 9.0}, b={2: 0.5}))  # fmt: skip
    for note in seen[2:]:
        np.testing.assert_allclose(note.weights, [14 / 29, 15 / 29], rtol=NEAR)
        assert note.wealth == 0.0
        assert note.drawdown == 1.0
        assert (note.units == 0.0).all()
    np.testing.assert_allclose(seen[1].weights, [0.7, 0.3], rtol=NEAR)


def test_the_target_of_a_ruined_path_is_ignored():
    """Orders go on after ruin, even one that would be refused elsewhere."""
    orders = Orders(((1, (0.5, 0.5)), (4, (0.9, 0.1)), (5, (0.9, 0.9))))
    found = borrowed([rk.Holding("a", 70), rk.Holding("b", 30)], orders, shocks=jumps(12, a={2: 0.2}, b={2: 0.2}))
    assert (found.end == 0.0).all()
    assert found.columns["rebalances"] == 1.0
    assert found.trades["time"].unique() == [pytest.approx(1 / 12)]


def test_a_call_on_the_last_step():
    """The fall comes at T: the margin call is made there and then."""
    found = borrowed([rk.Holding("a", 100)], shocks=jumps(12, a={12: 0.7}), frictions=rk.Frictions(0.02))
    sold = 5 / 0.48
    assert found.wealth[-1] * NET == pytest.approx((70 - sold) / 2, rel=NEAR)
    assert found.columns["cost_paid"] * NET == pytest.approx(0.02 * sold, rel=NEAR)


@pytest.mark.parametrize(
    ("death", "tax", "sold"), [(1, 0.0, 0.1), (3, 0.024, 0.16), (4, 0.024, 0.16), (9, 0.024, 0.16)]
)
def test_a_death_soon_after_a_margin_call_does_not_touch_its_tax(death, tax, sold):
    """Assets of 2 (cost .4) on a debt of 1, both of net wealth, limit .6, tax 20 %. At step 2 the price falls to .8.

    Of each sale of the 1.6 three quarters are gain, so that it brings .85: 1 - .85 s = .6 (1.6 - s), s = .16, and the
    tax is .2 · .75 · .16 = .024. After a death at step 1 the cost is 2, above 1.6: 1 - s = .6 (1.6 - s), s = .1.
    """
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2), death=At((death - 0.5) / 12))
    a = rk.Holding("a", 100, cost=20)
    found = borrowed([a], amount=50, limit=0.6, shocks=jumps(12, a={2: 0.8}), frictions=frictions)
    assert found.tax[-1] == pytest.approx(tax, abs=NEAR)
    assert found.columns["tax_paid"] == pytest.approx(tax, abs=NEAR)
    assert found.columns["turnover"] == pytest.approx(sold / 1.6, rel=NEAR)
    assert found.columns["wealth"] == pytest.approx(0.6 - tax, rel=NEAR)
