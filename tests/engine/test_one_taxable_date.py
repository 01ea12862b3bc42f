"""One date is one taxable date: netted sales, a death among its shocks, and lots of equal cost."""

from __future__ import annotations

from decimal import Decimal, getcontext

import numpy as np
import pytest
from by_hand import At, Orders, jumps, live, world
from numba import njit

import riskkit as rk
from riskkit.engine.kernel.gains_tax import proportional_sale_fraction, tax_on

NEAR = 1e-10


def spends(amount, rate=0.2, cost=0.0, **options):
    return rk.Frictions(cost, tax=rk.CapitalGains(rate, **options), spending=rk.Spending(amount=amount))


# ---------------------------------------------------------------------------------------------------------------------
# Losses and gains of one date
# ---------------------------------------------------------------------------------------------------------------------


def test_a_loss_of_the_second_stage_gives_back_the_tax_of_the_first():
    """Stock 98 (cost 200), cash 2 (cost 1), tax 20 %, spending 60 a year: .05 a month.

    Month 1: .02 of cash is sold first, a gain of .01, tax .002, which leaves .032 to be raised. The stock is sold at
    a loss of 102/98 of its value, so that .01 of loss gives the .002 back: .03 of stock does, and the tax is 0.
    Without offset the tax of .002 stands, and .032 of stock is sold.
    """
    holdings = [rk.Holding("stock", 98, cost=200), rk.Holding("cash", 2, cost=1)]
    found = live(holdings, rk.Hold(), frictions=spends(60.0), cash=["cash"])
    np.testing.assert_allclose(found.units[2], [0.98 - 0.03, 0.0], rtol=NEAR, atol=1e-15)
    np.testing.assert_allclose(found.tax, 0.0, atol=1e-15)
    np.testing.assert_allclose(found.spent[2], 0.05, rtol=NEAR)
    alone = live(holdings, rk.Hold(), frictions=spends(60.0, loss_offset=False), cash=["cash"])
    np.testing.assert_allclose(alone.units[2], [0.98 - 0.032, 0.0], rtol=NEAR, atol=1e-15)
    np.testing.assert_allclose(alone.tax[2:], 0.002, rtol=NEAR)


def test_a_loss_that_refunds_only_a_fraction():
    """Cash .04 (cost 0) pays .008 of tax; the other .018 come from stock with a loss of a tenth of its value: s + .2 ·
    .1 s = .018. The date has gained .04 - .1 s, and paid a fifth of that."""
    holdings = [rk.Holding("stock", 96, cost=1.1 * 96), rk.Holding("cash", 4, cost=0)]
    found = live(holdings, rk.Hold(), frictions=spends(60.0), cash=["cash"])
    sold = 0.018 / 1.02
    np.testing.assert_allclose(found.units[2], [0.96 - sold, 0.0], rtol=NEAR, atol=1e-15)
    assert found.tax[2] == pytest.approx(0.2 * (0.04 - 0.1 * sold), rel=NEAR)


def test_a_loss_of_the_rule_gives_back_the_tax_of_spending():
    """Spending .01 from cash (cost 0) pays a tax of .0025 of .0125 sold. On the same date the rule wants to sell all of
    a (.40, cost .80) into b: a loss, which gives the .0025 back. So .3975 of a pay for the .40 of b.

    At month 2 b is up by half and partly sold at a gain: no tax, as .385 of loss are carried forward.
    """
    holdings = [rk.Holding("a", 40, cost=80), rk.Holding("b", 40), rk.Holding("cash", 20, cost=0)]
    cash, rest = 0.2 - 0.0125, 1.0 - 0.0125
    orders = Orders(((1, (0.0, (rest - cash) / rest, cash / rest)), (2, (0.0, 0.5, 0.5))))
    found = live(holdings, orders, frictions=spends(12.0), cash=["cash"], shocks=jumps(12, b={2: 1.5}))
    np.testing.assert_allclose(found.units[2], [0.0025, 0.8, cash], rtol=NEAR, atol=1e-12)
    np.testing.assert_allclose(found.tax[2:4], 0.0, atol=1e-15)


def test_a_loss_of_spending_counts_against_the_gain_of_the_rule():
    """Spending takes .05 of cash-like bonds (cost twice their value): a loss of .05. On the same date the rule sells
    .20 of a (cost 0): .15 is taxed, .03, and .17 goes into bonds. Without offset .20 is taxed."""
    holdings = [rk.Holding("a", 50, cost=0), rk.Holding("bonds", 50, cost=100)]
    for offset, tax in ((True, 0.03), (False, 0.04)):
        found = live(holdings, Orders(((1, (0.3 / 0.95, 0.65 / 0.95)),)), cash=["bonds"],
                     frictions=spends(60.0, loss_offset=offset))  # fmt: skip
        assert found.tax[2] == pytest.approx(tax, rel=NEAR)
        np.testing.assert_allclose(found.units[2], [0.3, 0.45 + 0.2 - tax], rtol=NEAR)


def test_a_margin_sale_and_the_rule_of_one_date_are_netted():
    """100 with a loan of 40 of at most half; b (cost 0) falls to 20 at step 2, a stands at 50 (cost 100): 70, so 10
    must go, pro rata 50 : 20, at a loss of 50/7 and a gain of 20/7: no tax. Then the rule sells the rest of b into a:
    in all the date has gained 20 on b and lost 50/7 on a. What that tax leaves, 60 less it, is called again at step 3:
    half of the tax is too much, so that the tax is sold once more."""
    holdings = [rk.Holding("a", 50, cost=100), rk.Holding("b", 50, cost=0)]
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2))
    found = live(holdings, Orders(((2, (1.0, 0.0)),)), loan=rk.Loan(40, 0.0, 0.5), frictions=frictions,
                 shocks=jumps(12, b={2: 0.4}))  # fmt: skip
    tax = 0.2 * (20 - 50 / 7)
    np.testing.assert_allclose(found.tax[[2, 3]] * 60, [0.0, tax], rtol=NEAR, atol=1e-12)
    np.testing.assert_allclose(found.end * 60, [60 - 2 * tax, 0.0], rtol=NEAR, atol=1e-12)


def test_a_loss_of_the_rule_gives_back_the_tax_of_a_margin_sale():
    """a (listed, cost 0) falls from 60 to 40 at step 2, b (cost 60) stands at 40, in a window, which no lender can use:
    80 against 50 of at most half. The call sells s of a alone, which brings .8 s: 50 - .8 s = .5 (80 - s), s = 33.33,
    tax 6.67. In its window b is to go into a at a loss of half its value: a unit of value brings 1.1 with the tax that
    is given back, so that 40/1.1 of b pay for the 40 of a."""
    window = rk.TenderWindows((2,), 1.0, 0.0)
    holdings = [rk.Holding("a", 60, cost=0), rk.Holding("b", 40, cost=60, liquidity=window)]
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2))
    found = live(holdings, Orders(((2, (1.0, 0.0)),)), loan=rk.Loan(50, 0.0, 0.5), frictions=frictions,
                 shocks=jumps(12, a={2: 2 / 3}))  # fmt: skip
    called, sold = 10 / 0.3, 40 / 1.1
    assert found.tax[2] * 50 == pytest.approx(0.2 * called, rel=NEAR)
    assert found.tax[3] * 50 == pytest.approx(0.2 * (called - 0.5 * sold), rel=NEAR)
    assert found.debt[-1] * 50 == pytest.approx(50 - 0.8 * called, rel=NEAR)
    np.testing.assert_allclose(found.end * 50, [(40 - called + 40) * 1.5, 40 - sold], rtol=NEAR)
    assert found.trades["tax"].astype(float).sum() * 50 == pytest.approx(-0.1 * sold, rel=NEAR)


def test_what_a_date_has_paid_is_not_given_back_on_the_next():
    """Month 1: .05 of cash (cost 0), tax. Month 2: cash is gone; stock is sold at a loss, which is carried forward."""
    holdings = [rk.Holding("stock", 90, cost=180), rk.Holding("cash", 6.25, cost=0), rk.Holding("b", 3.75)]
    found = live(holdings, rk.Hold(), frictions=spends(60.0), cash=["cash"])
    np.testing.assert_allclose(found.tax[2:], 0.2 * 0.0625, rtol=NEAR)


def test_the_sale_of_all_at_the_end_is_of_the_date_of_a_margin_sale():
    """A call on the last step sells at a gain; all that is left has a loss: what it would give back is `deferred_tax`.

    60 of a (cost 0) fall to 40 at step 12, b stands at 40 (cost 60) and is not listed: 80 against 50 of at most half.
    s of a brings .8 s: s = 33.33 and 6.67 of tax. Selling the rest: 6.67 of gain and 20 of loss: 13.33 · 20 % back.
    """
    holdings = [rk.Holding("a", 60, cost=0), rk.Holding("b", 40, cost=60, liquidity=rk.Locked(2))]
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2))
    found = live(holdings, rk.Hold(), loan=rk.Loan(50, 0.0, 0.5), frictions=frictions, shocks=jumps(12, a={12: 2 / 3}))
    sold = 10 / 0.3
    assert found.columns["tax_paid"] * 50 == pytest.approx(0.2 * sold, rel=NEAR)
    assert found.columns["deferred_tax"] * 50 == pytest.approx(0.2 * ((40 - sold) - 20), rel=NEAR)


@njit(error_model="numpy")
def share_and_tax(need, gain, losses):
    """The share of sales of 1 to meet a need, and the tax on its gain, at 20 %."""
    share = proportional_sale_fraction(need, 1.0, gain, losses, 0.2)
    return share, tax_on(share * gain, losses, 0.2)


@pytest.mark.parametrize("losses", [0.3, 0.0, -0.3])
@pytest.mark.parametrize("gain", [0.9, 0.2, 0.0, -0.2, -0.9])
@pytest.mark.parametrize("need", [0.05, 0.3, 0.6])
def test_the_share_to_sell_meets_the_need_exactly(losses, gain, need):
    """Cash 1 and a gain, at 20 %: a thousand shares tried one by one say which is the first that does."""
    fraction, due = share_and_tax(need, gain, losses)
    tried = np.linspace(0.0, 1.0, 100_001)
    tax = 0.2 * (np.maximum(tried * gain - losses, 0.0) - max(-losses, 0.0))
    enough = np.flatnonzero(tried - tax >= need)
    assert fraction == pytest.approx(tried[enough[0]] if enough.size else 1.0, abs=1.01e-5)
    if fraction < 1.0:
        assert fraction - due == pytest.approx(need, rel=1e-12)


def test_a_margin_sale_stops_where_the_loan_is_back_at_its_limit_though_more_would_hurt():
    """a 100 against 52, of at most 90 %, at 5 % cost and 40 % tax: after a fall to 57 that is 51.3 and .7 too much.

    A unit of value sold brings .95 and takes .9 off the limit: .05 net, less 40 % of its gain. The first lot (fifo) is
    sold at its cost and the second at a gain whose tax is more than it brings: 14 of the first are enough.
    """
    lots = [rk.Lot(50, 28.5), rk.Lot(50, 0)]
    holdings = [rk.Holding("a", 100, cost=lots, method="fifo")]
    frictions = rk.Frictions(0.05, tax=rk.CapitalGains(0.4))
    found = live(holdings, rk.Hold(), loan=rk.Loan(52, 0.0, 0.9), frictions=frictions, shocks=jumps(12, a={2: 0.57}))
    assert found.debt[2] * 48 == pytest.approx(52 - 0.95 * 14, rel=1e-9)
    assert found.columns["margin_unmet"] == 0.0


# ---------------------------------------------------------------------------------------------------------------------
# A death in its place
# ---------------------------------------------------------------------------------------------------------------------


def mourned(death, shocks, **options):
    """A 50 (cost 5), B 50; all of A is sold at month 3, at 20 % tax."""
    holdings = [rk.Holding("A", 50, cost=5), rk.Holding("B", 50)]
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2), death=At(death))
    return live(holdings, Orders(((3, (0.0, 1.0)),)), frictions=frictions, shocks=shocks, **options)


def at(time, factor, name="A"):
    return rk.Shock(f"{name} at {time}", At(time), {name: factor - 1.0}, once=True)


@pytest.mark.parametrize(
    ("death", "tax"), [(0.04, 0.2 * (4.0 - 0.5)), (0.07, 0.2 * (4.0 - 1.0)), (0.1, 0.2 * (4.0 - 1.0)), (0.2, 0.0)]
)
def test_a_death_takes_its_place_among_the_shocks_of_its_step(death, tax):
    """A doubles at .06 years, within the first month, and is at four times that from month 2 on. A death at .04 steps
    the cost up to .50 and one at .07 to 1.00, both in that month; one at .1 comes in the next before the rise at .12;
    one at .2 comes after all."""
    found = mourned(death, [at(0.06, 2.0), at(0.12, 4.0)])
    assert found.columns["tax_paid"] == pytest.approx(tax, rel=1e-9, abs=1e-12)


def test_a_death_between_two_shocks_of_a_step_in_whatever_order_they_stand():
    """-50 % at .02, ×3 at .06 and +100 % of B at .01: the death at .04 finds A at .25."""
    shocks = [at(0.06, 3.0), at(0.02, 0.5), at(0.01, 2.0, "B")]
    for order in (shocks, shocks[::-1]):
        assert mourned(0.04, order).columns["tax_paid"] == pytest.approx(0.2 * (0.75 - 0.25), rel=1e-9)


def test_a_death_steps_lots_up_at_its_place():
    """Both lots cost 1 a unit: the death at .04 comes before the rise to 2 at .06. Half of 1.00 is sold: .20 · .25."""
    lots = [rk.Lot(30, 3), rk.Lot(20, 30)]
    for method in ("fifo", "hifo"):
        holdings = [rk.Holding("A", 50, cost=lots, method=method), rk.Holding("B", 50)]
        frictions = rk.Frictions(tax=rk.CapitalGains(0.2), death=At(0.04))
        found = live(holdings, Orders(((3, (1 / 3, 2 / 3)),)), frictions=frictions, shocks=[at(0.06, 2.0)])
        assert found.columns["tax_paid"] == pytest.approx(0.2 * 0.25, rel=1e-9)


def test_a_death_is_listed_among_the_events():
    """A row of its own at its time, in order; one at most on each path, and as many as the rate says."""
    events = mourned(0.04, [at(0.06, 2.0), at(0.02, 4.0)]).trace.events
    assert events["shock"].tolist() == ["A at 0.02", "death", "A at 0.06"]
    np.testing.assert_allclose(events["time"].astype(float), [0.02, 0.04, 0.06], atol=1e-6)
    assert events["step"].tolist() == [1, 1, 1]
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2), death=0.5)
    scenario = world([rk.Holding("A", 50, cost=5)], rk.Hold(), frictions=frictions)
    died = rk.trace(scenario, "hold", paths=2000, seed=1).events
    assert set(died["shock"]) == {"death"}
    assert died["path"].is_unique
    chance = 1.0 - np.exp(-0.5)
    assert len(died) / 2000 == pytest.approx(chance, abs=4 * (chance * (1 - chance) / 2000) ** 0.5)


def test_a_shock_of_the_name_death_is_refused_beside_the_investors():
    shock = rk.Shock("death", 0.1, {"A": -0.5})
    world([rk.Holding("A", 50)], rk.Hold(), shocks=[shock])
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2), death=0.5)
    with pytest.raises(rk.InvalidInput, match="a shock must not be named 'death' beside Frictions"):
        world([rk.Holding("A", 50)], rk.Hold(), shocks=[shock], frictions=frictions)


# ---------------------------------------------------------------------------------------------------------------------
# Lots that cost the same
# ---------------------------------------------------------------------------------------------------------------------


def exact_wealth(prices, first_lots, weights, method, rate, dead):
    """Wealth of a monthly rebalancing to 60 digits: lots and one more for purchases; of equal ones the oldest first.

    A holding with one lot is at average cost: purchases go into it. `first_lots` are the lots of each holding (value,
    cost), `prices` (time, holding).
    """
    getcontext().prec = 60
    prices = [[Decimal(float(price)) for price in row] for row in prices]
    lots = [[[Decimal(value), Decimal(cost) / Decimal(value)] for value, cost in holding] for holding in first_lots]
    lots = [[*holding, [Decimal(0), Decimal(0)]] if len(holding) > 1 else holding for holding in lots]
    rate, losses, wealth = Decimal(rate), Decimal(0), []
    for step, price in enumerate(prices):
        values = [sum(lot[0] for lot in holding) * p for holding, p in zip(lots, price, strict=True)]
        wealth.append(float(sum(values)))
        if step == dead:
            for holding, p in zip(lots, price, strict=True):
                for lot in holding:
                    lot[1] = p
        if step in (0, len(prices) - 1):
            continue
        wishes = [Decimal(w) * sum(values) - value for w, value in zip(weights, values, strict=True)]
        gain = money = Decimal(0)
        for holding, p, wish in zip(lots, price, wishes, strict=True):
            order = range(len(holding))
            if method == "hifo":
                order = sorted(order, key=lambda row, holding=holding: (-round(holding[row][1], 40), row))
            left = max(-wish / p, Decimal(0))
            for row in order:
                taken = min(holding[row][0], left)
                holding[row][0] -= taken
                left -= taken
                gain += taken * (p - holding[row][1])
                money += taken * p
        money -= rate * max(gain - losses, Decimal(0))
        losses = max(losses - gain, Decimal(0))
        wanted = sum(wish for wish in wishes if wish > 0)
        for holding, p, wish in zip(lots, price, wishes, strict=True):
            if wish > 0:
                bought = wish * money / wanted / p
                last = holding[-1]
                last[1] = (last[0] * last[1] + bought * p) / (last[0] + bought)
                last[0] += bought
    return wealth


@pytest.mark.parametrize("method", ["hifo", "fifo"])
@pytest.mark.parametrize("dead", [1, 3, None])
def test_lots_that_cost_the_same_are_sold_in_their_order(method, dead):
    """Four lots, one of which cost nothing; a death in the first step, at whose end a purchase is made too.

    All lots then cost the same, and the purchase too but for the rounding of its price. Which one is sold first
    decides with what later purchases are averaged: it is the oldest.
    """
    lots = [(10.0, 0.0), (10.0, 5.0), (16.0, 32.0), (4.0, 4.0)]
    holdings = [rk.Holding("a", 40, cost=[rk.Lot(*lot) for lot in lots], method=method), rk.Holding("b", 60)]
    death = None if dead is None else At((dead - 0.5) / 12)
    market = rk.Market({"a": rk.Asset(0.1, 0.6), "b": rk.Asset(0.02, 0.2)})
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25), death=death)
    scenario = rk.Scenario(rk.Portfolio(holdings), market, [rk.Rebalance(1)], frictions=frictions, years=2,
                           steps_per_year=12)  # fmt: skip
    traced = rk.trace(scenario, "rebalance", paths=24, seed=3)
    remaining = [[(value / 100, cost / 100) for value, cost in lots], [(0.6, 0.6)]]
    for path in range(24):
        expected = exact_wealth(traced.prices[:, :, path], remaining, [0.4, 0.6], method, 0.25, dead)
        np.testing.assert_allclose(traced.wealth[:, path], expected, rtol=1e-12)
