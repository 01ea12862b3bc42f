"""The tax on gains against cases worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from by_hand import At, Orders, Watch, jumps, live, world

import riskkit as rk

QUARTER = rk.Frictions(tax=rk.CapitalGains(0.25))
NEAR = 1e-10


def taxed(rate=0.25, cost=0.0, **options):
    return rk.Frictions(cost, tax=rk.CapitalGains(rate, **options))


def test_one_sale_with_tax():
    """a 60 bought for 12, b 40; 60/40 to 30/70 at 25 %.

    .30 is sold; half of a cost .06, so the gain is .24 and the tax .06. The rest, .24, buys b. Wealth .94; what is
    left of a cost .06 and is worth .30, so selling all at the end would cost another .06.
    """
    found = live([rk.Holding("a", 60, cost=12), rk.Holding("b", 40)], Orders(((3, (0.3, 0.7)),)), frictions=QUARTER)
    np.testing.assert_allclose(found.end, [0.30, 0.64], rtol=NEAR)
    assert found.columns["tax_paid"] == pytest.approx(0.06, rel=NEAR)
    assert found.columns["cost_paid"] == 0.0
    assert found.wealth[-1] == pytest.approx(0.94, rel=NEAR)
    assert found.columns["deferred_tax"] == pytest.approx(0.06, rel=NEAR)
    assert found.columns["wealth"] == pytest.approx(0.88, rel=NEAR)
    np.testing.assert_allclose(found.trades["amount"].astype(float), [-0.30, 0.24], rtol=NEAR)
    np.testing.assert_allclose(found.trades["tax"].astype(float), [0.06, 0.0], rtol=NEAR)
    np.testing.assert_allclose(found.tax, [0.0] * 4 + [0.06] * 9, rtol=NEAR)


def test_one_sale_with_tax_and_cost():
    """As above at 1 % cost: .30 brings .297, less tax .06 leaves .237, which buys .237/1.01 and pays 1 % on it."""
    found = live(
        [rk.Holding("a", 60, cost=12), rk.Holding("b", 40)], Orders(((3, (0.3, 0.7)),)), frictions=taxed(cost=0.01)
    )
    bought = 0.237 / 1.01
    np.testing.assert_allclose(found.end, [0.30, 0.40 + bought], rtol=NEAR)
    assert found.columns["tax_paid"] == pytest.approx(0.06, rel=NEAR)
    assert found.columns["cost_paid"] == pytest.approx(0.003 + 0.01 * bought, rel=NEAR)


def test_the_gain_is_taken_at_the_price_of_the_day():
    """a 50 at its cost doubles, to 1.00 of 1.50; all of it is sold: gain .50, tax .125, b grows to .50 + .875."""
    found = live(
        [rk.Holding("a", 50), rk.Holding("b", 50)],
        Orders(((3, (0.0, 1.0)),)),
        frictions=QUARTER,
        shocks=jumps(12, a={2: 2.0}),
    )
    np.testing.assert_allclose(found.end, [0.0, 1.375], rtol=NEAR)
    assert found.columns["tax_paid"] == pytest.approx(0.125, rel=NEAR)
    assert found.columns["deferred_tax"] == pytest.approx(0.0, abs=NEAR)


def test_a_purchase_raises_the_cost_by_what_was_paid():
    """a 50 bought for 10 doubles; .25 of b buys .25 of a (units .125). a: .625 units, worth 1.25, cost .10 + .25 = .35.

    Then half of a is sold for .625 at a cost of .175: tax .25 · .45 = .1125.
    """
    found = live(
        [rk.Holding("a", 50, cost=10), rk.Holding("b", 50)],
        Orders(((3, (1.25 / 1.5, 0.25 / 1.5)), (5, (0.625 / 1.5, 0.875 / 1.5)))),
        frictions=QUARTER,
        shocks=jumps(12, a={2: 2.0}),
    )
    assert found.columns["tax_paid"] == pytest.approx(0.1125, rel=NEAR)
    np.testing.assert_allclose(found.end, [0.3125, 0.25 + 0.625 - 0.1125], rtol=NEAR)


THREE = [rk.Holding("a", 40, cost=80), rk.Holding("b", 40, cost=10), rk.Holding("c", 20)]
YEARLY = Orders(((12, (0.0, 0.4, 0.6)), (24, (0.0, 0.2, 0.8)), (36, (0.0, 0.0, 1.0))))


def test_a_loss_is_carried_forward_for_two_years():
    """a 40 bought for 80, b 40 bought for 10.

    Year 1: all of a is sold, a loss of .40, no tax. Year 2: half of b, a gain of .20 - .05 = .15, which the loss takes
    up: .25 of it is left. Before year 3 b doubles: its half is worth .40 and cost .05, a gain of .35, of which .10 is
    taxed: .025. So wealth is 1.20 - .025.
    """
    found = live(THREE, YEARLY, frictions=QUARTER, shocks=jumps(12, b={30: 2.0}), years=4)
    np.testing.assert_allclose(found.tax[[12, 13, 25, 37, 48]], [0.0, 0.0, 0.0, 0.025, 0.025], rtol=NEAR, atol=1e-13)
    np.testing.assert_allclose(found.end, [0.0, 0.0, 1.175], rtol=NEAR)
    assert found.columns["deferred_tax"] == pytest.approx(0.0, abs=1e-12)


def test_losses_without_offset_count_for_nothing():
    """The same three years: tax 0, then .25 · .15 = .0375, then .25 · .35 = .0875 of b (.40)."""
    found = live(THREE, YEARLY, frictions=taxed(loss_offset=False), shocks=jumps(12, b={30: 2.0}), years=4)
    np.testing.assert_allclose(found.tax[[13, 25, 37]], [0.0, 0.0375, 0.125], rtol=NEAR, atol=1e-13)
    assert found.wealth[-1] == pytest.approx(1.2 - 0.125, rel=NEAR)


@pytest.mark.parametrize(("offset", "tax"), [(True, 0.0), (False, 0.075)])
def test_a_loss_and_a_gain_on_one_date(offset, tax):
    """a (.40, cost .80) and b (.40, cost .10) are sold together: -.40 + .30 < 0; alone the gain of .30 pays .075."""
    found = live(THREE, Orders(((3, (0.0, 0.0, 1.0)),)), frictions=taxed(loss_offset=offset))
    assert found.columns["tax_paid"] == pytest.approx(tax, rel=NEAR)
    np.testing.assert_allclose(found.end, [0.0, 0.0, 1.0 - tax], rtol=NEAR)


def test_losses_count_in_the_tax_due_at_the_end():
    """Only a is sold, a loss of .40. At the end b (.40, cost .10) gains .30: no tax is due; without offset .075."""
    for offset, due in ((True, 0.0), (False, 0.075)):
        found = live(THREE, Orders(((3, (0.0, 0.4, 0.6)),)), frictions=taxed(loss_offset=offset))
        assert found.columns["deferred_tax"] == pytest.approx(due, abs=1e-12)
        assert found.columns["wealth"] == pytest.approx(1.0 - due, rel=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Lots
# ---------------------------------------------------------------------------------------------------------------------


def lots(method, *pairs):
    lots = [rk.Lot(*pair) for pair in pairs]
    return rk.Holding("a", sum(lot.value for lot in lots), cost=lots, method=method)


@pytest.mark.parametrize(("method", "gain"), [("fifo", 0.16), ("hifo", 0.04), ("average", 0.10)])
def test_lots_are_sold_in_their_order(method, gain):
    """Lots of 20 bought for 4 and 20 bought for 16; half of the 40 is sold: the first lot, the dear one, or both."""
    found = live([lots(method, (20, 4), (20, 16)), rk.Holding("b", 60)], Orders(((3, (0.2, 0.8)),)), frictions=QUARTER)
    assert found.columns["tax_paid"] == pytest.approx(0.25 * gain, rel=NEAR)
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * (0.20 - gain), rel=NEAR)
    np.testing.assert_allclose(found.end, [0.2, 0.8 - 0.25 * gain], rtol=NEAR)


@pytest.mark.parametrize(("method", "cost"), [("fifo", 0.12), ("hifo", 0.38), ("average", 0.25)])
def test_later_purchases_form_one_more_lot(method, cost):
    """Lots of .2 units at .2 and .2 units at .8 (a unit). .1 unit is bought at 1, .1 at 2: one lot of .2 units at 1.5.

    At price 2 half of the .6 units is sold for .60. Fifo: .2 · .2 + .1 · .8 = .12; hifo: .2 · 1.5 + .1 · .8 = .38;
    average: half of .04 + .16 + .30 = .25.
    """
    orders = Orders(((2, (0.5, 0.5)), (4, (1.2 / 1.5, 0.3 / 1.5)), (6, (0.4, 0.6))))
    found = live(
        [lots(method, (20, 4), (20, 16)), rk.Holding("b", 60)],
        orders,
        frictions=QUARTER,
        shocks=jumps(12, a={3: 2.0}),
    )
    assert found.columns["tax_paid"] == pytest.approx(0.25 * (0.60 - cost), rel=NEAR)
    np.testing.assert_allclose(found.end, [0.3, 0.3 + 0.60 - 0.25 * (0.60 - cost)], rtol=NEAR)
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * (0.60 - (0.50 - cost)), rel=NEAR)


def test_hifo_takes_the_dearest_lot_first_wherever_it_stands():
    """Lots of 10 for 2, 10 for 9, 10 for 5; .15 is sold: .10 at .09 and half of the lot at .05 · 5/10."""
    found = live(
        [lots("hifo", (10, 2), (10, 9), (10, 5)), rk.Holding("b", 70)],
        Orders(((3, (0.15, 0.85)),)),
        frictions=QUARTER,
    )
    assert found.columns["tax_paid"] == pytest.approx(0.25 * (0.15 - 0.09 - 0.025), rel=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Sales scaled to what may be bought
# ---------------------------------------------------------------------------------------------------------------------

CLOSED = rk.Holding("b", 20, liquidity=rk.TenderWindows((12,)))


@pytest.mark.parametrize(
    ("cost", "frictions", "sold"),
    [
        (0, taxed(), 0.2 / 0.75),
        (0, taxed(cost=0.01), 0.202 / (0.99 - 0.25)),
        (30, taxed(), 0.2 / (1.0 - 0.25 * 0.5)),
        (90, taxed(), 0.2),
    ],
)
def test_sales_are_scaled_until_their_cash_after_tax_pays_what_may_be_bought(cost, frictions, sold):
    """a 60 → 20, c 20 → 40, b 20 → 40 is closed to buyers. c costs .20 · (1 + cost); a unit of value sold brings
    1 - cost - .25 · gain share, the gain share being 1, ½ or, at a loss, nothing."""
    found = live([rk.Holding("a", 60, cost=cost), CLOSED, rk.Holding("c", 20)], Orders(((3, (0.2, 0.4, 0.4)),)),
                 frictions=frictions)  # fmt: skip
    np.testing.assert_allclose(found.end, [0.6 - sold, 0.2, 0.4], rtol=NEAR)


def test_scaled_sales_use_up_losses_first():
    """d (10, cost 20) is sold at step 2 into c 10 → 20: a loss of .10. At step 3 a (60, cost 0) pays c 20 → 40.

    The first .10 of the sale is free of tax, the rest bears 25 %: .10 + .75 (s - .10) = .20, s = .10 + .10/.75.
    """
    holdings = [rk.Holding("a", 60, cost=0), CLOSED, rk.Holding("c", 10), rk.Holding("d", 10, cost=20)]
    found = live(holdings, Orders(((2, (0.6, 0.2, 0.2, 0.0)), (3, (0.2, 0.4, 0.4, 0.0)))), frictions=QUARTER)
    np.testing.assert_allclose(found.end, [0.6 - 0.10 - 0.10 / 0.75, 0.2, 0.4, 0.0], rtol=NEAR, atol=1e-12)


@pytest.mark.parametrize(
    ("pairs", "method", "sold"),
    [
        (((10, 0), (50, 50)), "fifo", 0.10 + 0.125),
        (((10, 0), (50, 50)), "hifo", 0.20),
        (((50, 0), (10, 10)), "hifo", 0.10 + 0.10 / 0.75),
    ],
)
def test_scaled_sales_of_lots(pairs, method, sold):
    """.20 is needed. Lots of 10 for nothing and 50 at cost: first in first out brings .075 from the first .10, then
    .125 untaxed. Dearest first brings .20 untaxed; where only .10 is at cost, the rest bears 25 %."""
    found = live([lots(method, *pairs), CLOSED, rk.Holding("c", 20)], Orders(((3, (0.2, 0.4, 0.4)),)),
                 frictions=QUARTER)  # fmt: skip
    np.testing.assert_allclose(found.end, [0.6 - sold, 0.2, 0.4], rtol=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# The end, and death
# ---------------------------------------------------------------------------------------------------------------------

HOLDINGS = [rk.Holding("a", 60, cost=12), rk.Holding("b", 40, cost=50)]


def at_end(word, rule=None, death=None, **terms):
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25, at_end=word), death=death)
    return live(HOLDINGS, rule or rk.Hold(), frictions=frictions, shocks=jumps(12, a={6: 2.0}), **terms)


def test_step_up_against_sell_at_the_end():
    """a doubles to 1.20 at a cost of .12, b .40 has cost .50: gains of 1.08 - .10 = .98, tax .245.

    Sold at the end, wealth is 1.60 - .245; stepped up at death it is 1.60, the classic reason never to sell.
    """
    sold = at_end("sell")
    assert sold.columns["wealth"] == pytest.approx(1.60 - 0.245, rel=NEAR)
    assert sold.columns["tax_paid"] == 0.0
    stepped = at_end("step_up")
    assert stepped.columns["wealth"] == pytest.approx(1.60, rel=NEAR)
    for found in (sold, stepped):
        assert found.columns["deferred_tax"] == pytest.approx(0.245, rel=NEAR)
        assert found.columns["max_drawdown"] == pytest.approx(0.0, abs=1e-11)
    assert at_end("keep").columns == stepped.columns


@pytest.mark.parametrize(
    ("terms", "start", "factor", "losses"),
    [
        ({}, 0.905, 1.05, 0.0),
        ({}, 0.905, 0.95, 1.0),
        ({"loss_offset": False}, 0.88, 1.05, 0.0),
        ({"loss_offset": False}, 0.88, 0.95, 1.0),
        ({"at_end": "step_up"}, 0.905, 1.05, 0.0),
        ({"at_end": "step_up"}, 0.905, 0.95, 1.0),
    ],
)
def test_a_loss_is_taken_from_the_start_after_tax_where_the_end_is_after_tax(terms, start, factor, losses):
    """a 60 bought for 12, b 40 bought for 50: gains of .48 - .10 = .38 at the start, tax .095; without offset .12.

    a rises by 5 % to .63: wealth 1.03, tax .25 · (.51 - .10) = .1025, so .9275 are left, less than 1 and more than the
    .905 at the start. It falls by 5 % to .57: .97 - .25 · (.45 - .10) = .8825. Without offset .9025 and .8575 beside
    .88. Stepped up, 1.03 and .97 stand beside 1.
    """
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25, **terms))
    scenario = world(HOLDINGS, rk.Hold(), frictions=frictions, shocks=jumps(12, a={6: factor}))
    assert scenario.start_after_tax == pytest.approx(start, rel=NEAR)
    result = rk.compare(scenario, paths=128, progress=False)
    assert result.table("loss_probability").iloc[0, 0] == losses
    tax = 0.25 * (0.6 * factor - 0.12 - (0.0 if "loss_offset" in terms else 0.10))
    traced = rk.trace(scenario, "hold")
    np.testing.assert_allclose(traced.wealth[[0, 5, -1], 0], [1.0, 1.0, 0.4 + 0.6 * factor], rtol=NEAR)
    left = [start, start, 0.4 + 0.6 * factor - tax]
    np.testing.assert_allclose(traced.wealth_after_tax[[0, 5, -1], 0], left, rtol=NEAR)


def test_the_start_after_tax_is_a_share_of_wealth_net_of_the_loan_and_at_least_nothing():
    """100 bought for 20, at 25 % a tax of 20: of 50 net 30 are left; of 15 net nothing."""
    for loan, left in ((50, 0.6), (85, 0.0)):
        scenario = world([rk.Holding("a", 100, cost=20)], rk.Hold(), frictions=QUARTER, loan=rk.Loan(loan, 0.0, 0.95))
        assert scenario.start_after_tax == pytest.approx(left, rel=NEAR)
        assert rk.trace(scenario, "hold").wealth_after_tax[0, 0] == pytest.approx(left, abs=NEAR)


def test_without_a_tax_there_is_one_wealth():
    scenario = world(HOLDINGS, rk.Hold(), shocks=jumps(12, a={6: 2.0}))
    traced = rk.trace(scenario, "hold")
    assert scenario.start_after_tax == 1.0
    assert (traced.wealth_after_tax == traced.wealth).all()


def test_a_death_that_comes_at_once_steps_up_to_the_price_of_that_step():
    """A hazard that surely brings the death in step 1: every cost is the value then, .60 and .40. Then a doubles."""
    found = at_end("sell", death=At(0.5 / 12))
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * 0.60, rel=NEAR)
    assert found.columns["wealth"] == pytest.approx(1.60 - 0.15, rel=NEAR)


def test_after_a_death_at_the_high_there_is_nothing_to_tax():
    found = at_end("sell", death=At(7.5 / 12))
    assert found.columns["deferred_tax"] == pytest.approx(0.0, abs=1e-11)
    before = at_end("sell", death=At(4.5 / 12))
    assert before.columns["deferred_tax"] == pytest.approx(0.15, rel=NEAR)


def test_a_death_before_a_compensated_shock_of_its_step_steps_up_to_the_price_before_the_shock():
    """A fall by half, 1.2 times a year and once, that returns make up for: the price gains .6 a year up to the fall.

    It comes at .23 years, in the step that ends at .25; the investor dies at .22. Costs become the price before the
    fall, exp(.6 · .23), and what is held is worth half of that: a gain of -1 for each of value.
    """
    fall = rk.Shock("fall", 1.2, {"a": rk.Impact(-0.5)}, once=True)
    market = rk.Market({"a": rk.Asset(0.0, 1e-13)}, shocks=[fall], compensate=True)
    seen = []
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25), death=At(0.22))
    portfolio = rk.Portfolio([rk.Holding("a", 100, cost=10)])
    scenario = rk.Scenario(portfolio, market, Watch((seen,), tax=True), frictions=frictions, years=1, steps_per_year=12)
    traced = rk.trace(scenario.with_event("fall", year=0.23), "watch")
    np.testing.assert_allclose(traced.prices[[2, 3], 0, 0], [np.exp(0.1), 0.5 * np.exp(0.6 * 0.23)], rtol=NEAR)
    assert seen[3].gain[0] == pytest.approx(-1.0, rel=NEAR)
    assert seen[2].gain[0] == pytest.approx(1.0 - 0.1 / np.exp(0.1), rel=NEAR)


def test_a_sale_after_death_pays_on_the_gain_since_then():
    """Death at step 1; a doubles at step 6 to 1.20 (cost .60) and half is sold at step 8: gain .30, tax .075."""
    found = at_end("sell", rule=Orders(((8, (0.6 / 1.6, 1.0 / 1.6)),)), death=At(0.5 / 12))
    assert found.columns["tax_paid"] == pytest.approx(0.075, rel=NEAR)


def test_death_steps_up_every_lot():
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25), death=At(0.5 / 12))
    found = live([lots("hifo", (20, 4), (20, 16)), rk.Holding("b", 60)], Orders(((3, (0.2, 0.8)),)),
                 frictions=frictions)  # fmt: skip
    assert found.columns["tax_paid"] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(found.end, [0.2, 0.8], rtol=NEAR)


def test_a_death_that_never_comes_changes_no_bit():
    never, without = at_end("sell", death=0.0), at_end("sell")
    assert never.columns == without.columns
    np.testing.assert_array_equal(never.end, without.end)


def test_expected_tax_under_random_death_against_the_closed_form():
    """One holding grows by 8 % a year from a basis of .1; death has rate λ.

    The tax at T is .25 · (S_T - .1) if nobody died (probability e^-λT), else .25 · (S_T - S_t) with t the end of the
    step of the death, which has probability e^-λ(t-dt) - e^-λt.
    """
    rate, years, spy, grown, paths = 0.15, 8, 12, 1.08, 20_000
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25), death=rate)
    scenario = world([rk.Holding("a", 100, cost=10)], rk.Hold(), returns={"a": grown - 1.0}, frictions=frictions,
                     years=years, steps_per_year=spy)  # fmt: skip
    found = rk.compare(scenario, paths=paths, seed=5, progress=False).values("hold", "deferred_tax")
    t = np.arange(1, years * spy + 1) / spy
    chance = np.append(np.exp(-rate * (t - 1 / spy)) - np.exp(-rate * t), math.exp(-rate * years))
    tax = 0.25 * (grown**years - np.append(grown**t, 0.1))
    mean = chance @ tax
    deviation = math.sqrt(chance @ tax**2 - mean**2)
    assert chance.sum() == pytest.approx(1.0)
    assert found.mean() == pytest.approx(mean, abs=4 * deviation / math.sqrt(paths))
    assert found.max() == pytest.approx(tax[-1], rel=1e-9)
    alive = (found > 0.999 * tax[-1]).mean()
    assert alive == pytest.approx(chance[-1], abs=4 * math.sqrt(chance[-1] * (1 - chance[-1]) / paths))


def test_a_rule_sees_the_gain_of_each_holding():
    """Before the rise 1 - .12/.60 = .8 and 1 - .50/.40 = -.25; after it 1 - .12/1.20 = .9."""
    seen = []
    at_end("sell", rule=Watch((seen,), every=3, tax=True))
    seen = {note.step: note for note in seen}
    np.testing.assert_allclose(seen[0].gain, [0.8, -0.25], rtol=NEAR)
    np.testing.assert_allclose(seen[9].gain, [0.9, -0.25], rtol=NEAR)
