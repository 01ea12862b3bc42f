"""Tender windows, lock-ups, monthly limits and what cannot be bought, against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from by_hand import Orders, Watch, jumps, live

import riskkit as rk

NEAR = 1e-10


def two(liquidity, **options):
    """A holding of 50 with stated terms of trade, with a founder, and an index of 50."""
    return [rk.Holding("a", 50, founder="Ann", liquidity=liquidity, **options), rk.Holding("b", 50)]


def all_out(every=1):
    """Wants everything out of a, at every date but the first."""
    return rk.Rebalance(every, to={"b": 1.0})


def test_a_window_that_fills_a_tenth_at_a_discount():
    """a is to be sold whole. Month 6: a tenth of .50 goes at 5 % below its price: .05 brings .0475, which buys b.

    Months 12 and 18: a tenth of .45 and of .405. Nothing between, and the window of month 24 falls on T and is void.
    """
    found = live(two(rk.TenderWindows()), all_out(), years=2)
    units = [0.5, 0.45, 0.45, 0.405, 0.405, 0.3645, 0.3645]
    np.testing.assert_allclose(found.units[[6, 7, 12, 13, 18, 19, 24], 0], units, rtol=NEAR)
    sold = 0.05 + 0.045 + 0.0405
    assert found.end[1] == pytest.approx(0.5 + 0.95 * sold, rel=NEAR)
    assert found.columns["cost_paid"] == pytest.approx(0.05 * sold, rel=NEAR)
    assert sorted(set(found.trades["time"])) == [0.5, 1.0, 1.5]
    assert found.columns["rebalances"] == pytest.approx(1.5)
    np.testing.assert_allclose(found.cost[[6, 7]], [0.0, 0.0025], rtol=NEAR)


def test_a_window_sells_at_a_discount_of_the_true_price_less_the_cost_of_trading():
    """a doubles before the window: a tenth of it is worth .10, brings .10 · .95 · .99 and buys b at 1 %."""
    found = live(two(rk.TenderWindows((6,))), all_out(), shocks=jumps(12, a={5: 2.0}), frictions=rk.Frictions(0.01))
    bought = 0.10 * 0.95 * 0.99 / 1.01
    np.testing.assert_allclose(found.end, [0.45, 0.5 + bought], rtol=NEAR)
    assert found.columns["cost_paid"] == pytest.approx(0.10 - 0.10 * 0.95 * 0.99 + 0.01 * bought, rel=NEAR)


def test_the_discount_lessens_the_gain_that_is_taxed():
    """.05 is sold for .0475; it cost .01: tax 25 % of .0375. At the end no discount is taken: .25 · (.45 - .09)."""
    found = live(two(rk.TenderWindows((6,)), cost=10), all_out(), frictions=rk.Frictions(tax=rk.CapitalGains(0.25)))
    tax = 0.25 * 0.0375
    np.testing.assert_allclose(found.end, [0.45, 0.5 + 0.0475 - tax], rtol=NEAR)
    assert found.columns["tax_paid"] == pytest.approx(tax, rel=NEAR)
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * 0.36, rel=NEAR)


def test_a_window_that_falls_on_the_last_step_is_void():
    found = live(two(rk.TenderWindows((12,))), all_out(every=0))
    assert found.end.tolist() == [0.5, 0.5]
    assert len(found.trades) == 0


def test_a_window_is_of_the_units_held_when_it_opens():
    """Limit ½; the rule is asked at every step, on a month's only step: ½ of .50, then ½ of what is left."""
    found = live(two(rk.TenderWindows((3, 6), 0.5, 0.0)), all_out(every=0))
    assert found.end[0] == pytest.approx(0.125, rel=NEAR)


def test_a_window_without_limit_takes_all_of_it():
    found = live(two(rk.TenderWindows((3,), 1.0, 0.2)), all_out())
    np.testing.assert_allclose(found.end, [0.0, 0.5 + 0.4], rtol=NEAR)


def test_a_wish_below_the_limit_is_met():
    found = live(two(rk.TenderWindows((3,), 0.5, 0.0)), Orders(((2, (0.4, 0.6)), (3, (0.4, 0.6)))))
    np.testing.assert_allclose(found.units[[3, 4], 0], [0.5, 0.4], rtol=NEAR)


def test_a_lock_that_ends_in_the_middle_of_a_year():
    """Locked for .55 years: the first step at or after it is month 7 (.583). The founder's holding is asked for at
    every step; it is sold then, and is first missing at month 8."""
    found = live(two(rk.Locked(0.55)), all_out(every=0))
    assert (found.units[:8, 0] == 0.5).all()
    assert (found.units[8:, 0] == 0.0).all()
    assert found.trades["time"].unique() == [pytest.approx(7 / 12)]
    exact = live(two(rk.Locked(0.5)), all_out(every=0))
    assert exact.trades["time"].unique() == [0.5]


def test_a_lock_longer_than_the_horizon_never_ends():
    found = live(two(rk.Locked(2.0)), all_out(every=0))
    assert found.end.tolist() == [0.5, 0.5]


def test_a_monthly_limit():
    """A fifth a month, 48 steps a year: a fifth of .50 goes at step 1, a fifth of the rest at each month end before T.

    12 sales in all; none on the other steps.
    """
    found = live(two(rk.Listed(0.2)), all_out(every=0), steps_per_year=48)
    assert found.end[0] == pytest.approx(0.5 * 0.8**12, rel=NEAR)
    steps = np.unique(np.rint(48 * found.trades["time"].astype(float)).astype(int))
    assert steps.tolist() == [1, *range(4, 48, 4)]


def test_what_is_left_of_a_month_can_be_sold_later_in_it_and_lapses_with_it():
    """48 steps a year, a fifth of .50 = .10 a month. Step 1: .04 is sold, step 2: .06 of the .08 wanted, step 3: none.

    Step 4 opens .08 of the .40 left; nothing is asked of it, and step 8 opens the same .08, of which all is sold.
    """
    orders = ((1, 0.46), (2, 0.38), (3, 0.38), (8, 0.2), (9, 0.2))
    found = live(two(rk.Listed(0.2)), Orders(tuple((step, (a, 1.0 - a)) for step, a in orders)), steps_per_year=48)
    np.testing.assert_allclose(
        found.units[[1, 2, 3, 4, 8, 9, 10], 0], [0.5, 0.46, 0.4, 0.4, 0.4, 0.32, 0.32], rtol=NEAR
    )


def test_a_monthly_limit_of_everything_is_no_limit():
    """All of the units held may go in a month: at its end as on any other step of it."""
    for step in (0, 2, 4, 6):
        found = live(two(rk.Listed(1.0)), Orders(((step, (0.0, 1.0)),)), steps_per_year=48)
        assert found.end[0] == 0.0, step


def test_purchases_have_no_monthly_limit():
    found = live(two(rk.Listed(0.2)), Orders(((2, (1.0, 0.0)),)), steps_per_year=48)
    np.testing.assert_allclose(found.end, [1.0, 0.0], rtol=NEAR, atol=1e-12)


def test_a_listing_with_its_lock_up():
    """Windows until year 3: a tenth at each of months 6 … 30, .9⁵ is left. Then half a year of lock, with no window at
    month 36, and from month 42 it is listed: all of the rest goes at its price."""
    liquidity = rk.TenderWindows(until=3, then=rk.Locked(0.5))
    found = live(two(liquidity), all_out(every=0), years=4)
    steps = np.unique(np.rint(12 * found.trades["time"].astype(float)).astype(int))
    assert steps.tolist() == [6, 12, 18, 24, 30, 42]
    assert found.units[42, 0] == pytest.approx(0.5 * 0.9**5, rel=NEAR)
    assert found.end[0] == 0.0
    assert found.columns["cost_paid"] == pytest.approx(0.05 * 0.5 * (1.0 - 0.9**5), rel=NEAR)


def test_windows_that_come_after_a_lock():
    """Locked for 2 years, then tender windows: those of months 24 and 30, but none before."""
    found = live(two(rk.Locked(2, then=rk.TenderWindows())), all_out(every=0), years=3)
    steps = np.unique(np.rint(12 * found.trades["time"].astype(float)).astype(int))
    assert steps.tolist() == [24, 30]
    assert found.end[0] == pytest.approx(0.5 * 0.81, rel=NEAR)


def test_what_is_unlisted_cannot_be_bought():
    for liquidity in (rk.TenderWindows(), rk.Locked(0.5), rk.Locked(2)):
        found = live(two(liquidity), Orders(tuple((step, (0.8, 0.2)) for step in range(1, 6))))
        assert found.end.tolist() == [0.5, 0.5]
        assert found.columns["turnover"] == 0.0


def test_what_is_unlisted_but_buyable_is_bought_at_its_price_on_any_step():
    for liquidity in (rk.TenderWindows(buyable=True), rk.Locked(2, buyable=True)):
        found = live(two(liquidity), Orders(((4, (0.8, 0.2)),)), frictions=rk.Frictions(0.01))
        np.testing.assert_allclose(found.end, [0.5 + 0.297 / 1.01, 0.2], rtol=NEAR)


def test_it_can_be_bought_once_it_is_listed():
    found = live(two(rk.Locked(0.5)), Orders(((5, (0.8, 0.2)), (6, (0.7, 0.3)))))
    np.testing.assert_allclose(found.end, [0.7, 0.3], rtol=NEAR)


def test_sells_come_first_and_buys_are_scaled_to_the_cash_there_is():
    """a 60 → 0 in a window of ¼ at 10 % off: .15 brings .135. b 20 → 50 and c 20 → 50 want .30 each: .0675 each."""
    holdings = [
        rk.Holding("a", 60, liquidity=rk.TenderWindows((3,), 0.25, 0.1)), rk.Holding("b", 20), rk.Holding("c", 20),
    ]  # fmt: skip
    found = live(holdings, Orders(((3, (0.0, 0.5, 0.5)),)))
    np.testing.assert_allclose(found.end, [0.45, 0.2675, 0.2675], rtol=NEAR)


def test_sales_are_scaled_where_the_rest_may_not_be_bought():
    """a 60 → 20 would bring .40; c may take .20 of it, b (closed) none: half of the sale is done."""
    holdings = [rk.Holding("a", 60), rk.Holding("b", 20, liquidity=rk.Locked(2)), rk.Holding("c", 20)]
    found = live(holdings, Orders(((3, (0.2, 0.4, 0.4)),)))
    np.testing.assert_allclose(found.end, [0.4, 0.2, 0.4], rtol=NEAR)
    assert found.end[1] == 0.2


def test_several_discounts_in_one_sale():
    """a 30 and b 30 in a window, half of each, at 10 % and 20 % off: .15 · .9 + .15 · .8 = .255 goes to c."""
    holdings = [
        rk.Holding("a", 30, liquidity=rk.TenderWindows((3,), 0.5, 0.1)),
        rk.Holding("b", 30, liquidity=rk.TenderWindows((3,), 0.5, 0.2)),
        rk.Holding("c", 40),
    ]
    found = live(holdings, Orders(((3, (0.0, 0.0, 1.0)),)))
    np.testing.assert_allclose(found.end, [0.15, 0.15, 0.4 + 0.255], rtol=NEAR)


def test_a_rule_sees_what_it_could_sell_now():
    """Closed, then a tenth at month 6; a lock; what is left of a fifth; nothing that is not there."""
    seen = []
    liquid = [rk.Holding("a", 30, liquidity=rk.TenderWindows()), rk.Holding("b", 30, liquidity=rk.Locked(0.5))]
    live([*liquid, rk.Holding("c", 40)], Watch((seen,)))
    by_step = {note.step: note.sellable.tolist() for note in seen}
    for step in range(12):
        assert by_step[step] == pytest.approx([0.1 if step == 6 else 0.0, 1.0 if step >= 6 else 0.0, 1.0])


class Seller(rk.Rule):
    """Sells .06 of a at its first date, and notes what it could sell then and at the next."""

    seen: tuple[list, ...]
    every: int = 0

    def decide(self, view, state):
        self.seen[0].append(view.sellable[0, 0])
        target = view.weights.copy()
        if view.step == 1:
            target[0] -= 0.06
            target[1] += 0.06
        return target, None


def test_what_it_sold_is_taken_off_what_it_could_sell():
    """A fifth of .50 is .10; after .06 there is .04 of .44 left, until step 4 opens a fifth of .44 anew."""
    seen = []
    live(two(rk.Listed(0.2)), Seller((seen,)), steps_per_year=48)
    np.testing.assert_allclose(seen[:5], [0.2, 0.04 / 0.44, 0.04 / 0.44, 0.2, 0.2], rtol=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Rules under windows
# ---------------------------------------------------------------------------------------------------------------------


def test_trim_carries_over_what_a_window_did_not_take():
    """Half of a (.50 → .25 units) over one year, a 24th a month, in windows of a fifth at months 4, 8, 16, 20.

    Due by month 4: .50 · 4/24 = .0833, of which a fifth of .50 allows all. By month 8: .1667; .0833 again. From month
    12 on .25 is due: at month 16 a fifth of .3333 = .0667 is sold, and the last .0167 at month 20.
    """
    found = live(two(rk.TenderWindows((4, 8), 0.2, 0.0)), rk.Trim(0.5, years=1), years=2)
    expected = [0.5, 0.5 - 1 / 12, 0.5 - 2 / 12, 0.5 - 2 / 12 - 1 / 15, 0.25]
    np.testing.assert_allclose(found.units[[4, 5, 9, 17, 21], 0], expected, rtol=NEAR)
    assert (np.diff(found.units[:, 0]) <= 1e-11).all()
    assert found.end[0] == pytest.approx(0.25, rel=NEAR)


def test_trim_never_buys_back():
    """It is closed at first and buyable; its price then falls and rises. Units only fall."""
    holdings = two(rk.TenderWindows((6, 12), 0.5, 0.0, buyable=True))
    found = live(holdings, rk.Trim(0.3, years=1), years=2, shocks=jumps(12, a={7: 0.3, 14: 5.0}))
    assert (found.trades.loc[found.trades["holding"] == "a", "amount"] < 0.0).all()
    assert found.end[0] == pytest.approx(0.35, rel=NEAR)


def test_take_profit_carries_over_what_a_window_did_not_take():
    """a triples at month 2; half of it, .25, is to go: .10 in the window of month 6, .08 in that of 12, .064 at 18,
    and the .006 left at 24, though the price has long been back where it was."""
    found = live(
        two(rk.TenderWindows((6, 12), 0.2, 0.0, buyable=True)),
        rk.TakeProfit(2.5, 0.5),
        years=3,
        shocks=jumps(12, a={2: 3.0, 4: 1 / 3}),
    )
    np.testing.assert_allclose(found.units[[6, 7, 13, 19, 25], 0], [0.5, 0.4, 0.32, 0.256, 0.25], rtol=NEAR)
    assert found.end[0] == pytest.approx(0.25, rel=NEAR)
    assert (found.trades.loc[found.trades["holding"] == "a", "amount"] < 0.0).all()


# ---------------------------------------------------------------------------------------------------------------------
# Dips of a holding that lists later
# ---------------------------------------------------------------------------------------------------------------------


def dips(liquidity, moves, **options):
    """Steps at whose end `BuyDips(0.3, 0.05)` has bought a, whose price is multiplied by factors at given steps."""
    found = live(two(liquidity, **options), rk.BuyDips(0.3, 0.05, every=0), shocks=jumps(12, a=moves))
    own = found.trades[(found.trades["holding"] == "a") & (found.trades["amount"].astype(float) > 0.0)]
    return np.rint(12 * own["time"].astype(float)).astype(int).tolist()


@pytest.mark.parametrize(
    "liquidity",
    [
        rk.TenderWindows((3,), 0.1, 0.0, until=0.5, then=rk.Listed()),
        rk.Locked(0.5),
        rk.TenderWindows((3,), 0.1, 0.0, until=0.25, then=rk.Locked(0.25)),
        rk.Locked(0.25, then=rk.TenderWindows((3,), 0.1, 0.0, until=0.25, then=rk.Listed())),
    ],
    ids=lambda liquidity: liquidity.describe(),
)
def test_a_dip_of_a_holding_that_lists_later_is_bought_once_it_is_listed(liquidity):
    """Listed at month 6. A fall to .6 at month 8 is a dip. One at month 2 that lasts is bought at month 6; one that is
    over by then is not. A high of 2 before the listing counts: 1.3 at month 7 is .65 of it."""
    assert dips(liquidity, {8: 0.6}) == [8]
    assert dips(liquidity, {2: 0.6}) == [6]
    assert dips(liquidity, {2: 0.6, 4: 1.5}) == []
    assert dips(liquidity, {2: 2.0, 7: 0.65}) == [7]
    assert dips(liquidity, {7: 0.6, 8: 2.0, 9: 0.5}) == [7, 9]


def test_a_holding_that_never_lists_is_no_dip():
    for liquidity in (rk.TenderWindows((3,)), rk.Locked(0.5, then=rk.TenderWindows())):
        with pytest.raises(rk.InvalidInput, match="must have a listed holding with a founder"):
            dips(liquidity, {8: 0.6})
    listed = rk.Holding("c", 50, founder="Ann")
    found = live([*two(rk.TenderWindows((3,), buyable=True)), listed], rk.BuyDips(0.3, 0.05),
                 shocks=jumps(12, a={3: 0.5}))  # fmt: skip
    assert len(found.trades) == 0


def test_a_rule_sees_what_is_listed():
    """Each a (asset) of booleans: windows until month 6, a lock until month 3, and what has a market from the start."""
    seen = []

    class Reader(rk.Rule):
        every: int = 0

        def decide(self, view, state):
            seen.append(view.listed.tolist())
            return None, None

    windows = rk.TenderWindows((3,), until=0.5, then=rk.Listed())
    live([rk.Holding("a", 30, liquidity=windows), rk.Holding("b", 30, liquidity=rk.Locked(0.25)),
          rk.Holding("c", 40)], Reader())  # fmt: skip
    assert seen[:11] == [[step >= 6, step >= 3, True] for step in range(1, 12)]
