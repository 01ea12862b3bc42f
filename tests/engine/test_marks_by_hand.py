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
    """a falls to .4 at month 8; the mark of month 12 reports it: 1 - .7. Over 11 months it is not reported."""
    found = live(marked(), rk.Hold(), shocks=jumps(12, a={8: 0.4}))
    assert found.columns["reported_max_drawdown"] == pytest.approx(0.3, rel=NEAR)
    short = live(marked(), rk.Hold(), shocks=jumps(12, a={8: 0.4}), years=11 / 12)
    assert short.columns["reported_max_drawdown"] == pytest.approx(0.0, abs=1e-11)


@pytest.mark.parametrize(("reacts", "reported"), [(False, 1.0), (True, 0.6 * 1.02**3)])
def test_an_event_is_marked_at_once_where_it_reacts(reacts, reported):
    """a grows by 2 % a month; at month 3 the founder leaves and it loses 40 %. The reported price takes in the event
    and what had been missing until then, or neither until month 6."""
    seen = []
    shocks = jumps(12, a={3: 0.6}, b={5: 0.5})
    live(marked(reacts=reacts), Watch((seen,)), returns={"a": 1.02**12 - 1.0}, shocks=shocks)
    prices = [note.price[0] for note in seen]
    np.testing.assert_allclose(prices[:7], [1, 1, 1, *[reported] * 3, 0.6 * 1.02**6], rtol=NEAR)
    assert seen[5].price[1] == pytest.approx(0.5, rel=NEAR)


@pytest.mark.parametrize(
    ("impact", "reported"), [({"b": -0.5}, 1.0), ({"a": -0.5}, 0.5), ({"a": -0.5, "b": -0.5}, 0.5)]
)
def test_a_shock_that_changes_the_drift_alone_is_no_hit(impact, reported):
    """At month 3 b is hit, and a's yearly log drift falls by 1.2: a is marked at month 6 only, unless it is hit too."""
    seen = []
    shock = rk.Shock("news", jumps(12, a={3: 0.5})[0].rate, impact, once=True, drift_after={"a": -1.2})
    live(marked(reacts=True), Watch((seen,)), shocks=[shock])
    # The event is in the middle of month 3, so that half a month of the new drift is in the mark of that step.
    marked_at = reported if reported == 1.0 else reported * np.exp(-1.2 / 24)
    np.testing.assert_allclose([note.price[0] for note in seen][2:5], [1.0, marked_at, marked_at], rtol=1e-5)


def test_two_events_of_one_step_are_both_in_the_mark():
    seen = []
    shocks = [
        *jumps(12, a={3: 0.6}),
        *(rk.Shock("again", s.rate, {"a": -0.5}, once=True) for s in jumps(12, a={3: 0.6})),
    ]
    live(marked(reacts=True), Watch((seen,)), shocks=shocks)
    np.testing.assert_allclose([note.price[0] for note in seen[:5]], [1, 1, 1, 0.3, 0.3], rtol=NEAR)


@pytest.mark.parametrize("drift_first", [True, False])
def test_a_mark_at_an_event_is_the_true_price_at_the_end_of_its_step(drift_first):
    """At month 3 a loses 40 %, and another shock adds -1.2 to its yearly log drift: half a month of it is marked."""
    seen = []
    [hit] = jumps(12, a={3: 0.6})
    drift = rk.Shock("news", hit.rate, {"b": -0.5}, once=True, drift_after={"a": -1.2})
    found = live(marked(reacts=True), Watch((seen,)), shocks=[drift, hit] if drift_first else [hit, drift])
    np.testing.assert_allclose([note.price[0] for note in seen][2:5], [1.0, *[0.6 * np.exp(-1.2 / 24)] * 2], rtol=1e-5)
    assert seen[3].price[0] == found.trace.prices[3, 0, 0]


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
    np.testing.assert_allclose(found.end, [0.4, 0.7], rtol=NEAR)
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


def test_the_gain_is_at_the_reported_price():
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


# ---------------------------------------------------------------------------------------------------------------------
# Units at reported prices, money at true ones
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("true", [2.0, 1.0, 0.5])
def test_trim_sells_the_units_that_it_wants_whatever_the_true_price(true):
    """Half of the .50 units is due by month 6, in a window that takes all: .25 units go, and b gets what they bring."""
    holdings = marked(12, liquidity=rk.TenderWindows((6,), 1.0, 0.0))
    found = live(holdings, rk.Trim(0.5, 0.5), shocks=jumps(12, a={2: true}))
    np.testing.assert_allclose(found.end, [0.25, 0.5 + 0.25 * true], rtol=NEAR)


def test_what_a_sale_brings_beyond_the_wish_goes_where_the_buys_go_pro_rata():
    """a (.40) is truly worth 3 a unit and marked at 1; .20 of wealth is to go, half to b and a quarter each to c and
    d. .20 units bring .60, less 1 % of cost .594, which buys at 1 %: .594/1.01 in the ratio 2 : 1 : 1."""
    window = rk.TenderWindows((3,), 1.0, 0.0)
    holdings = [
        rk.Holding("a", 40, liquidity=window, marks=rk.Marks(12)), rk.Holding("b", 20), rk.Holding("c", 20),
        rk.Holding("d", 20),
    ]  # fmt: skip
    orders = Orders(((3, (0.2, 0.3, 0.25, 0.25)),))
    found = live(holdings, orders, shocks=jumps(12, a={2: 3.0}), frictions=rk.Frictions(0.01))
    bought = 0.594 / 1.01
    np.testing.assert_allclose(found.end, [0.2, 0.2 + bought / 2, 0.2 + bought / 4, 0.2 + bought / 4], rtol=NEAR)


def test_a_marked_and_an_unmarked_sale_of_one_date():
    """a (marked at 1, truly 2) and b sell .10 each as reported, c is to buy .20: it gets .20 + .10."""
    window = rk.TenderWindows((3,), 1.0, 0.0)
    holdings = [rk.Holding("a", 40, liquidity=window, marks=rk.Marks(12)), rk.Holding("b", 40), rk.Holding("c", 20)]
    found = live(holdings, Orders(((3, (0.3, 0.3, 0.4)),)), shocks=jumps(12, a={2: 2.0}))
    np.testing.assert_allclose(found.end, [0.3, 0.3, 0.5], rtol=NEAR)


def test_a_purchase_that_cannot_be_made_shrinks_sales_as_it_does_without_marks():
    """a is to sell .40 as reported, b to buy .20 and d, which is closed, .20. Half of the sale is made: .20 units,
    which bring .40 at a true price of 2, all of it for b. At 5 % of cost the share is (.20 · 1.05) / (.40 · .95)."""
    window = rk.TenderWindows((3,), 1.0, 0.0)
    holdings = [
        rk.Holding("a", 60, liquidity=window, marks=rk.Marks(12)), rk.Holding("b", 20),
        rk.Holding("d", 20, liquidity=rk.Locked(2)),
    ]  # fmt: skip
    orders = Orders(((3, (0.2, 0.4, 0.4)),))
    found = live(holdings, orders, shocks=jumps(12, a={2: 2.0}))
    np.testing.assert_allclose(found.end, [0.4, 0.6, 0.2], rtol=NEAR)
    dear = live(holdings, orders, shocks=jumps(12, a={2: 2.0}), frictions=rk.Frictions(0.05))
    sold = 0.4 * (0.2 * 1.05) / (0.4 * 0.95)
    np.testing.assert_allclose(dear.end, [0.6 - sold, 0.2 + 2 * sold * 0.95 / 1.05, 0.2], rtol=NEAR)


def test_nothing_is_sold_where_nothing_may_be_bought_at_whatever_true_price():
    """b is closed too: what a would bring beyond its wish has nowhere to go either."""
    window = rk.TenderWindows((3,), 1.0, 0.0)
    holdings = [
        rk.Holding("a", 60, liquidity=window, marks=rk.Marks(12)), rk.Holding("b", 40, liquidity=rk.Locked(2)),
    ]  # fmt: skip
    found = live(holdings, Orders(((3, (0.2, 0.8)),)), shocks=jumps(12, a={2: 2.0}))
    np.testing.assert_allclose(found.end, [0.6, 0.4], rtol=NEAR)


def test_a_purchase_of_a_marked_holding_is_of_units_too():
    """.10 of wealth as reported is .10 units of a. Truly they cost .20, and b's .10 buys .05; or .05, and half of b's
    sale is enough."""
    holdings = marked(12, liquidity=rk.Locked(2, buyable=True))
    for true, end in ((2.0, [0.55, 0.4]), (0.5, [0.6, 0.45])):
        found = live(holdings, Orders(((3, (0.6, 0.4)),)), shocks=jumps(12, a={2: true}))
        np.testing.assert_allclose(found.end, end, rtol=NEAR)


def test_tax_under_marks_is_on_true_gains():
    """.10 units, bought for .02, bring .20 at 20 % tax on .18: .164 for b."""
    window = rk.TenderWindows((3,), 1.0, 0.0)
    holdings = [rk.Holding("a", 50, cost=10, liquidity=window, marks=rk.Marks(12)), rk.Holding("b", 50)]
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2))
    found = live(holdings, Orders(((3, (0.4, 0.6)),)), shocks=jumps(12, a={2: 2.0}), frictions=frictions)
    np.testing.assert_allclose(found.end, [0.4, 0.5 + 0.164], rtol=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Turnover and rebalances
# ---------------------------------------------------------------------------------------------------------------------


def test_turnover_is_of_true_wealth():
    """a (.50, marked) doubles unseen: true wealth is 1.50 and reported 1. A quarter of what is reported goes from b to
    a: .25/1.50. Or from a to b: .25 units, truly .50: .50/1.50. Or .25 of true wealth, .125 units: .25/1.50."""
    both = marked(12, liquidity=rk.TenderWindows((3,), 1.0, 0.0, buyable=True))
    for target, turnover in (((0.75, 0.25), 0.25 / 1.5), ((0.25, 0.75), 0.5 / 1.5), ((0.375, 0.625), 0.25 / 1.5)):
        found = live(both, Orders(((3, target),)), shocks=jumps(12, a={2: 2.0}))
        assert found.columns["turnover"] == pytest.approx(turnover, rel=NEAR)
        assert found.columns["rebalances"] == 1.0
    fallen = live(both, Orders(((3, (0.75, 0.25)),)), shocks=jumps(12, a={2: 0.5}))
    assert fallen.columns["turnover"] == pytest.approx(0.125 / 0.75, rel=NEAR)


def test_a_trade_counts_by_reported_wealth():
    """a is truly worth a hundred thousand times its mark. 2e-9 of what is reported goes from b to a: it counts, though
    it is 4e-14 of true wealth."""
    both = marked(12, liquidity=rk.Locked(2, buyable=True))
    found = live(both, Orders(((3, (0.5 + 2e-9, 0.5 - 2e-9)),)), shocks=jumps(12, a={2: 1e5}))
    assert found.columns["rebalances"] == 1.0
    assert found.columns["turnover"] == pytest.approx(2e-9 / (0.5e5 + 0.5), rel=1e-6)


# ---------------------------------------------------------------------------------------------------------------------
# The end of marks
# ---------------------------------------------------------------------------------------------------------------------

WINDOWS = rk.TenderWindows((6,), 0.1, 0.0)


@pytest.mark.parametrize(
    ("liquidity", "listed"),
    [
        (rk.TenderWindows((6,), 0.1, 0.0, until=0.5, then=WINDOWS), 99),
        (rk.TenderWindows((6,), 0.1, 0.0, until=0.5, then=rk.Listed()), 6),
        (rk.TenderWindows((6,), 0.1, 0.0, until=0.5, then=rk.Locked(0.5)), 6),
        (rk.TenderWindows((6,), 0.1, 0.0, until=0.5, then=rk.Locked(0.25, then=rk.Locked(0.25))), 6),
        (rk.TenderWindows((6,), 0.1, 0.0, until=0.5, then=rk.Locked(0.5, then=WINDOWS)), 99),
        (rk.TenderWindows((6,), 0.1, 0.0, until=0.25,
                          then=rk.TenderWindows((6,), 0.1, 0.0, until=0.25, then=rk.Locked(1))), 6),
        (rk.Locked(0.25, then=rk.TenderWindows((6,), 0.1, 0.0, until=0.5, then=rk.Listed())), 9),
        (rk.Locked(0.25, then=WINDOWS), 99),
        (rk.Locked(0.5), 6),
    ],
    ids=lambda value: value.describe() if isinstance(value, rk.Liquidity) else str(value),
)  # fmt: skip
def test_marks_end_with_the_listing_and_not_with_a_change_of_windows(liquidity, listed):
    """a grows by 2 % a month and is marked once a year: reported 1 until it is listed, a lock-up or not."""
    seen = []
    live(marked(12, liquidity=liquidity), Watch((seen,)), returns={"a": 1.02**12 - 1.0})
    expected = [1.02**step if step >= listed else 1.0 for step in range(12)]
    np.testing.assert_allclose([note.price[0] for note in seen], expected, rtol=NEAR)


@pytest.mark.parametrize(
    "liquidity",
    [
        rk.TenderWindows((6,), 0.1, 0.0, until=0.5, then=rk.Listed()),
        rk.TenderWindows((6,), 0.1, 0.0, until=0.5, then=rk.Locked(0.5)),
        rk.Locked(0.25, then=rk.TenderWindows((6,), 0.1, 0.0, until=0.25, then=rk.Listed(0.1))),
        rk.Locked(0.5),
    ],
    ids=lambda value: value.describe(),
)
def test_the_price_of_a_listed_holding_is_seen_on_the_last_step_too(liquidity):
    """a, listed from month 6 on, falls to .4 in the last month, 11, which is no mark: reported 1 - .7, as it is."""
    found = live(marked(12, liquidity=liquidity), rk.Hold(), shocks=jumps(12, a={11: 0.4}), years=11 / 12)
    assert found.columns["reported_max_drawdown"] == pytest.approx(0.3, rel=NEAR)
