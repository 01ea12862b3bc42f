"""Reported prices that move at marks only, against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from by_hand import Orders, Watch, jumps, live

import riskkit as rk

NEAR = 1e-10

CLOSED = rk.TenderWindows((6, 12), 0.1, 0.0)


def marked(every=6, reacts=False, liquidity=CLOSED):
    """A holding of 50 that is marked, and a listed one of 50."""
    marks = rk.Marks(every, reacts=reacts)
    return [rk.Holding("a", 50, founder="Ann", liquidity=liquidity, marks=marks), rk.Holding("b", 50)]


def test_reported_prices_move_in_steps_at_the_marks_and_true_ones_at_every_step():
    """a grows by 2 % a month, b stands; marked every 6 months: reported 1 until month 5, 1.02⁶ until month 11, …"""
    seen = []
    found = live(marked(), Watch((seen,)), returns={"a": 1.02**12 - 1.0}, years=2)
    true = 1.02 ** np.arange(25)
    reported = true[6 * (np.arange(24) // 6)]
    np.testing.assert_allclose([note.price[0] for note in seen], reported, rtol=NEAR)
    np.testing.assert_allclose([note.price[1] for note in seen], 1.0, rtol=NEAR)
    np.testing.assert_allclose([note.wealth for note in seen], 0.5 + 0.5 * reported, rtol=NEAR)
    np.testing.assert_allclose([note.weights[0] for note in seen], reported / (1.0 + reported), rtol=NEAR)
    np.testing.assert_allclose(found.wealth, 0.5 + 0.5 * true, rtol=NEAR)
    np.testing.assert_allclose(found.trace.prices[:, 0, 0], true, rtol=NEAR)
    assert found.columns["wealth"] == pytest.approx(0.5 + 0.5 * true[24], rel=NEAR)


def test_the_drawdown_that_is_shown_and_the_one_there_is():
    """a rises to 2 at month 2, falls to 1 at month 4, to .8 at month 7 and is at 1 from month 9 on.

    True wealth: 1, 1.5, 1, .9, 1: deepest 1 - .9/1.5 = .4. Marked at months 6 and 12 the price is 1 each time: no
    drawdown is reported at all. Marked every 3 months it is 2, 1, 1, 1: 1 - 1/1.5 = 1/3.
    """
    path = jumps(12, a={2: 2.0, 4: 0.5, 7: 0.8, 9: 1.25})
    half, quarter = (live(marked(every), rk.Hold(), shocks=path) for every in (6, 3))
    for found in (half, quarter):
        assert found.columns["max_drawdown"] == pytest.approx(0.4, rel=NEAR)
    assert half.columns["reported_max_drawdown"] == pytest.approx(0.0, abs=1e-11)
    assert quarter.columns["reported_max_drawdown"] == pytest.approx(1 / 3, rel=NEAR)


def test_without_marks_the_two_are_the_same():
    holdings = [rk.Holding("a", 50, liquidity=CLOSED), rk.Holding("b", 50)]
    found = live(holdings, rk.Hold(), shocks=jumps(12, a={2: 2.0, 4: 0.5}))
    assert found.columns["reported_max_drawdown"] == found.columns["max_drawdown"] == pytest.approx(1 / 3, rel=NEAR)


def test_a_mark_on_the_last_step_shows():
    """a falls to .4 at month 8; the mark of month 12 tells: 1 - .7. With a horizon of 11 months it is not told."""
    found = live(marked(), rk.Hold(), shocks=jumps(12, a={8: 0.4}))
    assert found.columns["reported_max_drawdown"] == pytest.approx(0.3, rel=NEAR)
    short = live(marked(), rk.Hold(), shocks=jumps(12, a={8: 0.4}), years=11 / 12)
    assert short.columns["reported_max_drawdown"] == pytest.approx(0.0, abs=1e-11)


@pytest.mark.parametrize(("reacts", "told"), [(False, 1.0), (True, 0.6 * 1.02**3)])
def test_an_event_is_marked_at_once_where_it_reacts(reacts, told):
    """a grows by 2 % a month; at month 3 the founder leaves and it loses 40 %. The reported price takes in the event
    and what had been missing until then, or neither until month 6."""
    seen = []
    shocks = jumps(12, a={3: 0.6}, b={5: 0.5})
    live(marked(reacts=reacts), Watch((seen,)), returns={"a": 1.02**12 - 1.0}, shocks=shocks)
    prices = [note.price[0] for note in seen]
    np.testing.assert_allclose(prices[:7], [1, 1, 1, *[told] * 3, 0.6 * 1.02**6], rtol=NEAR)
    assert seen[5].price[1] == pytest.approx(0.5, rel=NEAR)


def test_two_events_of_one_step_are_both_in_the_mark():
    seen = []
    shocks = [
        *jumps(12, a={3: 0.6}),
        *(rk.Shock("again", s.rate, {"a": -0.5}, once=True) for s in jumps(12, a={3: 0.6})),
    ]
    live(marked(reacts=True), Watch((seen,)), shocks=shocks)
    np.testing.assert_allclose([note.price[0] for note in seen[:5]], [1, 1, 1, 0.3, 0.3], rtol=NEAR)


def test_the_drawdown_that_rules_see_is_the_reported_one():
    """a falls by half at month 2 (true drawdown .25, unseen) and is marked at month 6; the peak is as reported."""
    seen = []
    live(marked(), Watch((seen,)), shocks=jumps(12, a={1: 3.0, 2: 1 / 6}))
    np.testing.assert_allclose([note.drawdown for note in seen], [0] * 6 + [0.25] * 6, rtol=NEAR, atol=1e-11)
    np.testing.assert_allclose([note.peak for note in seen], 1.0, rtol=NEAR)


def test_a_trade_is_made_at_the_true_price():
    """a is truly worth 2 but reported at 1; a wish to sell a fifth of it, as reported .10 of 1.00, sells .10 units.

    They bring .20, which buys .20 of b.
    """
    holdings = marked(12, liquidity=rk.TenderWindows((3,), 0.5, 0.0))
    found = live(holdings, Orders(((3, (0.4, 0.6)),)), shocks=jumps(12, a={2: 2.0}))
    # What b may buy is what its wish says: .10 as reported; the sale is scaled down to it.
    np.testing.assert_allclose(found.end, [0.45, 0.6], rtol=NEAR)
    assert found.wealth[-1] == pytest.approx(1.5, rel=NEAR)


def test_a_trade_below_the_reported_price_brings_less():
    """a is truly worth .5 but reported at 1: .10 as reported is .10 units, which bring .05 for b."""
    holdings = marked(12, liquidity=rk.TenderWindows((3,), 0.5, 0.0))
    found = live(holdings, Orders(((3, (0.4, 0.6)),)), shocks=jumps(12, a={2: 0.5}))
    np.testing.assert_allclose(found.end, [0.4, 0.55], rtol=NEAR)


def test_a_discount_is_off_the_true_price():
    """As above at 10 % off: .10 units at .5 bring .045."""
    holdings = marked(12, liquidity=rk.TenderWindows((3,), 0.5, 0.1))
    found = live(holdings, Orders(((3, (0.4, 0.6)),)), shocks=jumps(12, a={2: 0.5}))
    np.testing.assert_allclose(found.end, [0.4, 0.545], rtol=NEAR)
    assert found.columns["cost_paid"] == pytest.approx(0.005, rel=NEAR)


def test_take_profit_waits_for_the_mark():
    """The price doubles at month 2, but it is reported at month 6 only: sold then, not in the window of month 3."""
    holdings = marked(liquidity=rk.TenderWindows((3, 6), 1.0, 0.0))
    found = live(holdings, rk.TakeProfit(1.5, 0.5), shocks=jumps(12, a={2: 2.0}))
    assert found.trades["time"].unique() == [0.5]
    np.testing.assert_allclose(found.end, [0.25, 1.0], rtol=NEAR)


def test_spending_and_the_lender_go_by_true_prices():
    """a falls to .2 at month 2, unseen until month 6: 1 % of .6, not of 1, is spent at month 2."""
    frictions = rk.Frictions(spending=rk.Spending(0.12))
    found = live(marked(), rk.Hold(), shocks=jumps(12, a={2: 0.2}), frictions=frictions)
    assert found.spent[3] - found.spent[2] == pytest.approx(0.01 * (0.5 * 0.2 + 0.49), rel=NEAR)
    called = live(marked(), rk.Hold(), shocks=jumps(12, a={2: 0.2}), loan=rk.Loan(40, 0.0, 0.5))
    assert called.columns["margin_call"] == 1.0
    assert called.debt[2] * 60 == pytest.approx(40 - (40 - 30) / 0.5, rel=NEAR)


def test_the_gain_is_told_at_the_reported_price():
    """Bought for .10, reported .50 though worth 1.00: 1 - .10/.50; from month 6 on 1 - .10/1.00."""
    seen = []
    holdings = [rk.Holding("a", 50, cost=10, liquidity=CLOSED, marks=rk.Marks(6)), rk.Holding("b", 50)]
    live(
        holdings,
        Watch((seen,), tax=True),
        shocks=jumps(12, a={2: 2.0}),
        frictions=rk.Frictions(tax=rk.CapitalGains(0.2)),
    )
    gains = [note.gain[0] for note in seen]
    np.testing.assert_allclose(gains, [0.8] * 6 + [0.9] * 6, rtol=NEAR)
