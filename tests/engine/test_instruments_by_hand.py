"""Instruments against cases worked by hand, on the engine and on its slow twin."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import twin
from by_hand import At, Orders, jumps, live, world
from twin_columns import columns_of

import riskkit as rk

NEAR = 1e-9
CASH = [rk.Holding("a", 60, founder="Ann"), rk.Holding("cash", 40)]
PAIR = [rk.Holding("a", 60, founder="Ann", cost=12), rk.Holding("b", 40)]
FLAT = rk.OptionPricing(0.2, rate=0.0)


def normal(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def call(x, strike, years, volatility=0.2, rate=0.0):
    """Black and Scholes' call at x times the opening price."""
    swing = volatility * math.sqrt(years)
    money = strike * (1.0 + rate) ** -years
    d1 = math.log(x / money) / swing + 0.5 * swing
    return x * normal(d1) - money * normal(d1 - swing)


def put(x, strike, years, volatility=0.2, rate=0.0):
    """By put-call parity."""
    return call(x, strike, years, volatility, rate) - x + strike * (1.0 + rate) ** -years


@pytest.fixture(params=["engine", "twin"])
def follow(request):
    """What becomes of path 0 of a hedged rule: wealth and accounts (time), units in the end, and the columns."""

    def run(holdings, instruments, rule=None, **terms):
        hedged = rk.Hedged(rule or rk.Hold(), instruments)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rk.RiskkitWarning)
            if request.param == "engine":
                found = live(holdings, hedged, **terms)
                accounts = {name: values[:, 0] for name, values in found.trace.accounts.items()}
                return SimpleNamespace(wealth=found.wealth, end=found.end, columns=found.columns, **accounts)
            scenario = world(holdings, hedged, **terms)
            book, _ = twin.run(scenario, hedged, 0, 0)
            accounts = {name: np.array(values) for name, values in book.accounts.items()}
            columns = columns_of(scenario, book, [])
            return SimpleNamespace(
                wealth=np.array(book.wealth), end=np.array(book.units[-1]), columns=columns, **accounts
            )

    return run


def taxed(rate=0.2, **terms):
    return rk.Frictions(tax=rk.CapitalGains(rate, **terms))


# ---------------------------------------------------------------------------------------------------------------------
# Puts
# ---------------------------------------------------------------------------------------------------------------------


def test_a_put_on_one_path(follow):
    """a is 60 of 100, half of it covered for a year at the money, 20 % volatility, no interest; a halves in month 6.

    The put costs .3 · (2 N(.1) - 1) = .3 · .0796557 = .0238967, paid out of cash. Its mark is that at the time left: a
    month on .3 · (2 N(.1 √(11/12)) - 1); it pays .3 · .5 = .15 at T, so that the end is .3 + .4 - .0238967 + .15.
    """
    found = follow(CASH, rk.Put("a", 1.0, share=0.5, pricing=FLAT), cash=["cash"], shocks=jumps(12, a={6: 0.5}))
    premium = 0.3 * (2 * normal(0.1) - 1)
    assert premium == pytest.approx(0.0238967, abs=1e-7)
    assert found.wealth[0] == 1.0
    assert found.wealth[1] == pytest.approx(1 - premium + 0.3 * (2 * normal(0.1 * math.sqrt(11 / 12)) - 1), rel=NEAR)
    assert found.wealth[6] == pytest.approx(0.7 - premium + 0.3 * put(0.5, 1.0, 0.5), rel=NEAR)
    assert found.wealth[12] == pytest.approx(0.85 - premium, rel=NEAR)
    np.testing.assert_allclose(found.premiums[1:], premium, rtol=NEAR)
    np.testing.assert_allclose(found.payoffs, [0.0] * 12 + [0.15], rtol=NEAR)
    np.testing.assert_allclose(found.end, [0.6, 0.4 - premium + 0.15], rtol=NEAR)
    assert found.columns["hedge_cost"] == pytest.approx(premium, rel=NEAR)
    assert found.columns["hedge_payoff"] == pytest.approx(0.15, rel=NEAR)
    assert found.columns["underhedged"] == 0.0
    assert found.columns["founder_weight_end"] == pytest.approx(0.3 / (0.85 - premium), rel=NEAR)
    assert found.columns["founder_delta_end"] == pytest.approx(0.3 / (0.85 - premium), rel=NEAR)


def test_half_of_the_spread_is_a_cost_of_the_opening(follow):
    """At 4 points of spread the put is bought at 22 %: .6 · (2 N(.11) - 1), marked at .6 · (2 N(.1) - 1)."""
    found = follow(CASH, rk.Put("a", 1.0, pricing=rk.OptionPricing(0.2, rate=0.0, spread=0.04)), cash=["cash"])
    paid, worth = 0.6 * (2 * normal(0.11) - 1), 0.6 * (2 * normal(0.1) - 1)
    assert found.premiums[1] == pytest.approx(paid, rel=NEAR)
    assert found.cost[1] == pytest.approx(paid - worth, rel=NEAR)


def test_a_put_rolls_at_new_strikes(follow):
    """Half a year each, all of a: it falls to a half before the first expiry and to a quarter before the second.

    Pay-offs .6 · .5 and .6 · .25; the second premium is of half the price.
    """
    hedge = rk.Put("a", 1.0, years=0.5, pricing=FLAT)
    found = follow(CASH, hedge, cash=["cash"], shocks=jumps(12, a={3: 0.5, 9: 0.5}))
    each = 0.6 * (2 * normal(0.1 * math.sqrt(0.5)) - 1)
    np.testing.assert_allclose(found.premiums[[1, 6, 7, 12]], [each, each, 1.5 * each, 1.5 * each], rtol=NEAR)
    np.testing.assert_allclose(found.payoffs[[6, 7, 11, 12]], [0.0, 0.3, 0.3, 0.45], rtol=NEAR)
    assert found.wealth[12] == pytest.approx(0.15 + 0.4 - 1.5 * each + 0.45, rel=NEAR)


def test_a_put_lives_on_when_its_units_are_sold(follow):
    """The rule sells all of a in month 2; the put that covered it pays .6 · .5 at T all the same."""
    rule = Orders(((2, (0.0, 1.0)),))
    found = follow(CASH, rk.Put("a", 1.0, pricing=FLAT), rule, cash=["cash"], shocks=jumps(12, a={6: 0.5}))
    premium = 0.6 * (2 * normal(0.1) - 1)
    np.testing.assert_allclose(found.end, [0.0, 1.0 - premium + 0.3], rtol=NEAR)


def test_coverage_is_scaled_down_to_what_can_be_paid(follow):
    """a 95 of 100, all covered, so that only the .05 of cash can pay of .95 · .0796557: 66 % of it are covered."""
    holdings = [rk.Holding("a", 95, founder="Ann"), rk.Holding("cash", 5)]
    found = follow(holdings, rk.Put("a", 1.0, pricing=FLAT), cash=["cash"], shocks=jumps(12, a={6: 0.5}))
    covered = 0.05 / (2 * normal(0.1) - 1)
    assert covered / 0.95 == pytest.approx(0.6607, abs=1e-4)
    assert found.columns["underhedged"] == 1.0
    assert found.columns["shortfall"] == 0.0
    assert found.premiums[-1] == pytest.approx(0.05, rel=NEAR)
    assert found.payoffs[-1] == pytest.approx(0.5 * covered, rel=NEAR)
    assert found.end[1] == pytest.approx(0.5 * covered, rel=NEAR)


def test_a_premium_is_paid_by_units_that_are_not_covered(follow):
    """Half of a is covered; no cash. The premium p takes s pro rata of .3 of a and .4 of b; a cost a fifth, tax 20 %.

    Of each s, 3/7 are of a with a gain of 80 %: s (1 - 3/7 · .16) = p.
    """
    found = follow(PAIR, rk.Put("a", 1.0, share=0.5, pricing=FLAT), frictions=taxed())
    sold = 0.3 * (2 * normal(0.1) - 1) / (1 - 3 / 7 * 0.16)
    np.testing.assert_allclose(found.end, [0.6 - 3 / 7 * sold, 0.4 - 4 / 7 * sold], rtol=NEAR)
    assert found.tax[-1] == pytest.approx(3 / 7 * 0.16 * sold, rel=NEAR)
    assert found.columns["turnover"] == pytest.approx(sold, rel=NEAR)


@pytest.mark.slow  # a kernel of its own is compiled
def test_a_death_makes_the_mark_of_a_put_its_cost(follow):
    """a falls to .9 in month 3, the investor dies in month 6, and a falls to .5 in month 9.

    At the death the put is worth m = .6 · P(.9) with half a year left. At expiry it pays .3, of which .3 - m is a gain
    at 20 %. a, stepped up to .54, has none.
    """
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2), death=At(5.5 / 12))
    hedge, shocks = rk.Put("a", 1.0, roll=False, pricing=FLAT), jumps(12, a={3: 0.9, 9: 5 / 9})
    found = follow(CASH, hedge, cash=["cash"], frictions=frictions, shocks=shocks, years=2)
    gain = 0.3 - 0.6 * put(0.9, 1.0, 0.5)
    assert gain == pytest.approx(0.23, abs=0.01)
    np.testing.assert_allclose(found.tax[[12, 13, 24]], [0.0, 0.2 * gain, 0.2 * gain], rtol=NEAR)
    assert found.columns["deferred_tax"] == 0.0


# ---------------------------------------------------------------------------------------------------------------------
# Calls and collars
# ---------------------------------------------------------------------------------------------------------------------


def test_a_covered_call_that_is_exercised(follow):
    """a is 95, bought for 19, cash 5; a call of half a year at 1.2 on all of it; a rises to 1.5 in month 3; tax 25 %.

    The premium c = .95 · C(1.2) joins the cash. At expiry .95 · .3 = .285 is due: the cash pays .05 + c, and units sold
    at 1.5, which cost .2 each, the rest. Their gain of 1.3 a unit is less than the loss on the call, .285 - c, so that
    no tax is due; what is left of that loss lowers the tax on the other units at T.
    """
    holdings = [rk.Holding("a", 95, founder="Ann", cost=19), rk.Holding("cash", 5)]
    hedge = rk.CoveredCall("a", 1.2, years=0.5, roll=False, pricing=rk.OptionPricing(0.3, rate=0.0))
    found = follow(holdings, hedge, cash=["cash"], frictions=taxed(0.25), shocks=jumps(12, a={3: 1.5}))
    premium = 0.95 * call(1.0, 1.2, 0.5, 0.3)
    assert premium == pytest.approx(0.02379, abs=1e-5)
    sold = (0.285 - 0.05 - premium) / 1.5
    np.testing.assert_allclose(found.end, [0.95 - sold, 0.0], rtol=NEAR, atol=1e-12)
    np.testing.assert_allclose(found.premiums[[0, 1, 12]], [0.0, -premium, -premium], rtol=NEAR)
    np.testing.assert_allclose(found.payoffs[[6, 7, 12]], [0.0, -0.285, -0.285], rtol=NEAR)
    assert found.tax[-1] == 0.0
    left = (0.285 - premium) - 1.3 * sold
    assert left > 0.0
    tax = 0.25 * (1.3 * (0.95 - sold) - left)
    assert found.columns["deferred_tax"] == pytest.approx(tax, rel=NEAR)
    assert found.columns["wealth"] == pytest.approx(1.5 * (0.95 - sold) - tax, rel=NEAR)
    # Marks: a month on, all of a at 1, the cash, and the call owed with five months left.
    assert found.wealth[1] == pytest.approx(1.0 + premium - 0.95 * call(1.0, 1.2, 5 / 12, 0.3), rel=NEAR)


@pytest.mark.parametrize("offset", [True, False])
def test_the_premium_of_a_call_that_expires_is_a_gain(follow, offset):
    """The whole premium c is a gain at expiry, at 25 % paid out of cash."""
    hedge = rk.CoveredCall("a", 1.2, years=0.5, roll=False, pricing=rk.OptionPricing(0.3, rate=0.0))
    found = follow(CASH, hedge, cash=["cash"], frictions=taxed(0.25, loss_offset=offset))
    premium = 0.6 * call(1.0, 1.2, 0.5, 0.3)
    np.testing.assert_allclose(found.end, [0.6, 0.4 + 0.75 * premium], rtol=NEAR)
    np.testing.assert_allclose(found.tax[[6, 7]], [0.0, 0.25 * premium], rtol=NEAR)


def test_an_open_call_is_closed_at_its_mark_where_all_is_sold_at_the_end(follow):
    """Half a year, rolled: at T = 9 months the second call has run 3; what it has lost is a gain at 25 %."""
    hedge = rk.CoveredCall("a", 1.2, years=0.5, pricing=rk.OptionPricing(0.3, rate=0.0))
    first, left = 0.6 * call(1.0, 1.2, 0.5, 0.3), 0.6 * call(1.0, 1.2, 0.25, 0.3)
    for at_end, tax in (("sell", 0.25 * (first - left)), ("step_up", 0.0)):
        found = follow(CASH, hedge, cash=["cash"], frictions=taxed(0.25, at_end=at_end), years=0.75)
        assert found.wealth[9] == pytest.approx(1.0 + 1.75 * first - left, rel=NEAR)
        assert found.columns["wealth"] == pytest.approx(1.0 + 1.75 * first - left - tax, rel=NEAR)


def test_pledged_units_are_not_sold(follow):
    """A call on half of a: the rule wants out of a in month 2, but .3 stay, and come free only in month 6."""
    hedge = rk.CoveredCall("a", 5.0, share=0.5, years=0.5, roll=False, pricing=rk.OptionPricing(0.05, rate=0.0))
    for orders, stays in ((((2, (0.0, 1.0)),), 0.3), (((2, (0.0, 1.0)), (6, (0.0, 1.0))), 0.0)):
        found = follow(CASH, hedge, Orders(orders), cash=["cash"])
        np.testing.assert_allclose(found.end, [stays, 1.0 - stays], rtol=NEAR, atol=1e-12)


@pytest.mark.slow  # a kernel of its own is compiled
def test_a_loan_is_secured_by_what_is_not_pledged(follow):
    """100 less a loan of 30, limit a half. All 60 of a are pledged, so that 30 are above half of 40 at once.

    s of b go: 30 - s = .5 (40 - s), s = 20; 10 are left of the loan.
    """
    hedge = rk.CoveredCall("a", 5.0, roll=False, pricing=rk.OptionPricing(0.05, rate=0.0))
    found = follow(PAIR, hedge, loan=rk.Loan(30, 0.0, 0.5))
    np.testing.assert_allclose(found.debt * 70, [30, *[10] * 12], rtol=NEAR)
    np.testing.assert_allclose(found.end * 70, [60, 20], rtol=NEAR)
    assert found.columns["margin_call"] == 1.0
    assert found.columns["margin_unmet"] == 0.0


def test_a_collar_at_no_cost(follow):
    """Floor .9, 30 %, 4 % continuously: the cap is 1.24075912 (shared/oracles/hedges.csv). a rises to 1.5 and ends so.

    The first day costs nothing; .6 · (1.5 - 1.24075912) are due at T, out of cash.
    """
    hedge = rk.Collar("a", 0.9, pricing=rk.OptionPricing(0.3, rate=math.exp(0.04) - 1.0))
    found = follow(CASH, hedge, cash=["cash"], shocks=jumps(12, a={3: 1.5}))
    due = 0.6 * (1.5 - 1.24075912)
    assert found.premiums[-1] == pytest.approx(0.0, abs=NEAR)
    assert found.payoffs[-1] == pytest.approx(-due, rel=1e-7)
    np.testing.assert_allclose(found.end, [0.6, 0.4 - due], rtol=1e-7)


def test_a_collar_on_what_the_rule_sells_at_once_is_nothing(follow):
    """`DiversifyNow` leaves nothing of a to hedge."""
    found = follow(PAIR, rk.Collar("a", 0.9, pricing=FLAT), rk.DiversifyNow(), frictions=taxed())
    assert found.columns["hedge_cost"] == found.columns["underhedged"] == 0.0
    sold = 0.6 * (1 - 0.2 * 0.8)
    np.testing.assert_allclose(found.end, [0.0, 0.4 + sold], rtol=NEAR, atol=1e-12)


def test_settlement_in_cash_takes_all_that_can_be_sold(follow):
    """A call at 1 on all of a, 60; b 40. a doubles: .6 is due. In cash it takes a and b, 120 : 40; in units a alone."""
    shocks = jumps(12, a={3: 2.0})
    for settlement, end in (("cash", [0.6 - 0.75 * 0.6 / 2, 0.4 - 0.25 * 0.6]), ("units", [0.3, 0.4])):
        hedge = rk.CoveredCall("a", 1.0, pricing=rk.OptionPricing(0.01, rate=0.0), settlement=settlement)
        premium = 0.6 * (2 * normal(0.005) - 1)  # of b
        found = follow(PAIR, hedge, shocks=shocks)
        all_b = 0.4 + premium
        if settlement == "cash":
            end = [0.6 - 0.6 * 0.6 / (1.2 + all_b), all_b - 0.6 * all_b / (1.2 + all_b)]
        else:
            end = [0.3, all_b]
        np.testing.assert_allclose(found.end, end, rtol=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Prepaid forwards, and what a settlement leaves unpaid
# ---------------------------------------------------------------------------------------------------------------------


def prepaid(rate=0.0, **terms):
    pricing = rk.OptionPricing(0.3, rate=rate)
    return rk.PrepaidForward("a", 0.9, 1.2, years=1.0, share=0.5, discount=0.1, pricing=pricing, **terms)


def fair_prepayment(rate=0.0):
    return 0.3 * (1.0 - call(1.0, 0.9, 1.0, 0.3, rate) + call(1.0, 1.2, 1.0, 0.3, rate))


def test_a_prepaid_forward_brings_its_prepayment_and_no_tax(follow):
    """P = .9 · .3 · (1 - C(.9) + C(1.2)) buys b; the tenth that the lender retains is a cost."""
    found = follow(PAIR, prepaid(), frictions=taxed(), years=2)
    fair = fair_prepayment()
    np.testing.assert_allclose(found.premiums[[0, 1]], [0.0, -0.9 * fair], rtol=NEAR)
    assert found.cost[1] == pytest.approx(0.1 * fair, rel=NEAR)
    assert found.tax[1] == 0.0
    mark = -0.3 * (1.0 - call(1.0, 0.9, 11 / 12, 0.3) + call(1.0, 1.2, 11 / 12, 0.3))
    assert found.wealth[1] == pytest.approx(1.0 + 0.9 * fair + mark, rel=NEAR)


def test_a_prepaid_forward_that_is_delivered_realises_its_prepayment(follow):
    """a falls to .6: all .3 covered units, worth .18, are owed and delivered. They cost .06, and the amount realised is
    P: 20 % of P - .06 is due in tax.

    All that can be sold pays it pro rata: .18 of a, of which two thirds are a gain, and .4 + P of b, which has none. A
    share x of it brings x (.18 - .2 · .12 + .4 + P).
    """
    found = follow(PAIR, prepaid(), frictions=taxed(), shocks=jumps(12, a={5: 0.6}), years=2)
    paid = 0.9 * fair_prepayment()
    due = 0.2 * (paid - 0.06)
    x = due / (0.58 + paid - 0.2 * 0.12)
    np.testing.assert_allclose(found.end, [0.3 * (1.0 - x), (0.4 + paid) * (1.0 - x)], rtol=NEAR)
    assert found.tax[-1] == pytest.approx(due + 0.2 * 0.12 * x, rel=NEAR)
    assert found.payoffs[-1] == pytest.approx(-0.18, rel=NEAR)
    assert found.wealth[-1] == pytest.approx((0.58 + paid) * (1.0 - x), rel=NEAR)
    assert found.columns["shortfall"] == found.owed[-1] == 0.0
    assert found.columns["deferred_tax"] == pytest.approx(0.2 * 0.12 * (1.0 - x), rel=NEAR)


def test_units_are_delivered_without_trading_cost(follow):
    """As above at a trading cost of 1 % and without tax: the .18 of units meet all that is owed."""
    frictions = rk.Frictions(0.01)
    found = follow(PAIR, prepaid(), frictions=frictions, shocks=jumps(12, a={5: 0.6}), years=2)
    fair = fair_prepayment()
    np.testing.assert_allclose(found.end, [0.3, 0.4 + 0.9 * fair / 1.01], rtol=NEAR)
    assert found.cost[-1] == pytest.approx(0.1 * fair + 0.9 * fair * (1.0 - 1.0 / 1.01), rel=NEAR)
    assert found.columns["shortfall"] == found.owed[-1] == 0.0


def test_a_prepaid_forward_between_floor_and_cap_delivers_the_worth_of_its_floor(follow):
    """a at 1 pays .3 · .9 at expiry, .27 units of a with a basis of .2 each; tax .2 · (P - .054).

    The tax is raised pro rata of .33 of a, at 1 - .2 · .8 = .84, and of .4 + P of b, at no tax. In cash .27 is raised
    of .6 of a and of b, less what the loss of the contract, .27 - P, saves in tax.
    """
    found = follow(PAIR, prepaid(), frictions=taxed(), years=2)
    paid = 0.9 * fair_prepayment()
    x = 0.2 * (paid - 0.054) / (0.33 * 0.84 + 0.4 + paid)
    np.testing.assert_allclose(found.end, [0.33 * (1.0 - x), (0.4 + paid) * (1.0 - x)], rtol=NEAR)
    cash = follow(PAIR, prepaid(settlement="cash"), frictions=taxed(), years=2)
    due = 0.27 + 0.2 * (paid - 0.27)
    sold = due / (1.0 - 0.16 * 0.6 / (1.0 + paid))
    np.testing.assert_allclose(
        cash.end, [0.6 - sold * 0.6 / (1.0 + paid), (0.4 + paid) * (1.0 - sold / (1.0 + paid))], rtol=NEAR
    )
    assert cash.owed[-1] == found.owed[-1] == 0.0


@pytest.mark.slow  # a kernel of its own is compiled
def test_a_death_leaves_a_prepayment_the_amount_realised(follow):
    """As delivered above, but the investor dies in month 3, with a at 1, which each unit costs from then on.

    Losses offset nothing here: the gain of the contract, P - .18, is taxed, and the delivered units at .6 have none.
    """
    frictions = rk.Frictions(tax=rk.CapitalGains(0.2, loss_offset=False), death=At(2.5 / 12))
    found = follow(PAIR, prepaid(), frictions=frictions, shocks=jumps(12, a={5: 0.6}), years=2)
    paid = 0.9 * fair_prepayment()
    assert 0.18 < paid < 0.3
    assert found.tax[-1] == pytest.approx(0.2 * (paid - 0.18), rel=NEAR)


def test_a_forward_that_is_open_at_the_end_is_closed_at_its_mark(follow):
    """T after half a year, a at 1: the mark is -.3 (1 - C(.9) + C(1.2)) with half a year left; the gain is P + mark."""
    found = follow(PAIR, prepaid(), frictions=taxed(), years=0.5)
    paid = 0.9 * fair_prepayment()
    mark = -0.3 * (1.0 - call(1.0, 0.9, 0.5, 0.3) + call(1.0, 1.2, 0.5, 0.3))
    assert found.wealth[6] == pytest.approx(1.0 + paid + mark, rel=NEAR)
    tax = 0.2 * (paid + mark + 0.48)  # of the forward and of a, bought for .12
    assert found.columns["deferred_tax"] == pytest.approx(tax, rel=NEAR)
    assert found.columns["wealth"] == pytest.approx(1.0 + paid + mark - tax, rel=NEAR)


def test_what_is_owed_bears_interest_and_a_later_payoff_repays_it(follow):
    """a 60, b 2 and c 38, which is locked. Nine tenths of a are in a forward at 5 %, whose prepayment buys c; all of b
    has a put for 18 months, opened first, whose premium takes .84 after tax a unit of the rest of a.

    At expiry a is at .6, and all .54 covered units go. Their tax, .2 · (P - .108), takes what is left of a, at .6 less
    tax of a gain of .4, and all of b; the rest is owed. b halves in month 15, and the put pays .01 less its tax, which
    is not enough: what is left bears interest to the end.
    """
    locked = rk.Locked(5, buyable=True)
    holdings = [rk.Holding("a", 60, founder="Ann", cost=12), rk.Holding("b", 2), rk.Holding("c", 38, liquidity=locked)]
    floor = rk.Put("b", 1.0, years=1.5, roll=False, pricing=rk.OptionPricing(0.2, rate=0.05))
    forward = rk.PrepaidForward("a", 0.9, 1.2, years=1.0, share=0.9, discount=0.1, into="c",
                                pricing=rk.OptionPricing(0.3, rate=0.05))  # fmt: skip
    shocks = jumps(12, a={5: 0.6}, b={15: 0.5})
    found = follow(holdings, [floor, forward], frictions=taxed(), shocks=shocks, years=2)
    paid, premium = 0.9 * 1.8 * fair_prepayment(0.05), 0.02 * put(1.0, 1.0, 1.5, 0.2, 0.05)
    left = 0.06 - premium / 0.84
    owed = 0.2 * (paid - 0.54 * 0.2) - left * (0.6 - 0.2 * 0.4) - 0.02
    assert owed > 0.0
    np.testing.assert_allclose(found.owed[[12, 13, 18]], [0, owed * 1.05 ** (1 / 12), owed * 1.05**0.5],
                               rtol=NEAR, atol=1e-12)  # fmt: skip
    payoff = 0.01 - 0.2 * (0.01 - premium)
    rest = (owed * 1.05**0.5 - payoff) * 1.05**0.5
    assert rest > 0.0
    assert found.owed[24] == pytest.approx(rest, rel=NEAR)
    assert found.interest[-1] == pytest.approx(owed * (1.05**0.5 - 1.0) + rest * (1.0 - 1.05**-0.5), rel=NEAR)
    np.testing.assert_allclose(found.end, [0.0, 0.0, 0.38 + paid], rtol=NEAR, atol=1e-12)
    assert found.columns["shortfall"] == 1.0


def test_what_is_owed_bears_interest_and_later_cash_repays_it(follow):
    """A call at 1 on all of a, settled in cash, whose price doubles: .6 is due in month 12, and of a and b a tenth can
    be sold, .12 + .1 (.4 + c + 11 d), with c the premium and d a monthly deposit, which buys b.

    The rest is owed at 5 %. From month 12 on deposits repay it, after the settlement of that date.
    """
    holdings = [replace(each, liquidity=rk.Listed(0.1)) for each in PAIR]
    hedge = rk.CoveredCall("a", 1.0, settlement="cash", roll=False, pricing=rk.OptionPricing(0.01, rate=0.05))
    frictions = rk.Frictions(flows=[rk.Deposit(12.0, into="b")])
    found = follow(holdings, hedge, frictions=frictions, shocks=jumps(12, a={3: 2.0}), years=1.5)
    premium, d = 0.6 * call(1.0, 1.0, 1.0, 0.01, 0.05), 0.01
    owed = [0.6 - 0.12 - 0.1 * (0.4 + premium + 11 * d) - d]
    month = 1.05 ** (1 / 12)
    for _ in range(5):
        owed.append(owed[-1] * month - d)
    np.testing.assert_allclose(found.owed[13:], np.array(owed) * month, rtol=NEAR)
    assert found.interest[-1] == pytest.approx(sum(owed) * (month - 1.0), rel=NEAR)
    assert found.columns["shortfall"] == 1.0


def test_a_dividend_that_repays_what_is_owed_changes_no_wealth(follow):
    """a, .5 bought for nothing, is prepaid at p and delivered whole at T; 20 % tax on .5 p is owed, the units are gone.

    b's dividend of T, which cannot buy b, repays a part of it: wealth is 1 + .5 p - .5 - .1 p before and after.
    """
    holdings = [rk.Holding("a", 50, founder="Ann", cost=0), rk.Holding("b", 40, liquidity=rk.Locked(9)),
                rk.Holding("c", 10)]  # fmt: skip
    forward = rk.PrepaidForward("a", 1.0, 1.5, years=1, share=1.0, discount=0.0, into="c", pricing=FLAT)
    found = follow(holdings, forward, dividends={"b": 0.21}, frictions=taxed(dividend_rate=0.0, at_end="keep"))
    prepaid = 1.0 - call(1.0, 1.0, 1.0) + call(1.0, 1.5, 1.0)
    assert found.wealth[12] == pytest.approx(0.5 + 0.4 * prepaid, rel=NEAR)
    assert 0.0 <= found.owed[12] < 0.1 * prepaid - 0.4 * (1.21 ** (1 / 12) - 1) / 1.22


def test_a_tax_that_nothing_is_left_for_is_ruin_once(follow):
    """A call at 1 on all of a, bought for nothing, whose price rises to 10: 5.4 of its 6 is delivered, and 50 % of the
    sale is due in tax, with the loss of the contract offsetting nothing. .6 of a, .4 of b and the premium c are left.

    What these do not cover is the lender's loss: .6 and c more than what is there, at a tax of 50 % on a. It is entered
    once, though the contract is followed by another one.
    """
    holdings = [rk.Holding("a", 60, founder="Ann", cost=0), rk.Holding("b", 40)]
    call_on_a = rk.CoveredCall("a", 1.0, roll=False, pricing=rk.OptionPricing(0.01, rate=0.0))
    put_on_b = rk.Put("b", 0.5, share=0.5, roll=False, pricing=rk.OptionPricing(0.01, rate=0.0))
    taxes = rk.Frictions(tax=rk.CapitalGains(0.5, loss_offset=False))
    found = follow(holdings, [call_on_a, put_on_b], frictions=taxes, shocks=jumps(12, a={3: 10.0}), years=2)
    premium = 0.6 * call(1.0, 1.0, 1.0, 0.01)
    loss = 0.5 * 5.4 - (0.6 + 0.4 + premium)
    assert found.lender_loss[-1] == pytest.approx(loss, rel=NEAR)
    assert found.wealth[-1] == found.owed[-1] == 0.0
    assert found.columns["ruin"] == 1.0


# ---------------------------------------------------------------------------------------------------------------------
# Exchange funds
# ---------------------------------------------------------------------------------------------------------------------


def test_an_exchange_fund_with_a_fee(follow):
    """Half of a, .3 bought for .06, becomes .3 of b, and shrinks by 1 % a year for a year: .3 · .99^(k/12) in month k.

    A date shows on the next step. b is .4 (its cost) + .297 with a basis of .46 in the end; tax 20 %.
    """
    found = follow(PAIR, rk.ExchangeFund("a", "b", share=0.5, years=1, fee=0.01), frictions=taxed(), years=2)
    k = np.minimum(np.maximum(np.arange(25) - 1, 0), 12)
    np.testing.assert_allclose(found.wealth, 0.7 + 0.3 * 0.99 ** (k / 12), rtol=NEAR)
    np.testing.assert_allclose(found.cost, 0.3 * (1 - 0.99 ** (k / 12)), rtol=NEAR, atol=1e-15)
    np.testing.assert_allclose(found.end, [0.3, 0.697], rtol=NEAR)
    assert found.tax[-1] == found.columns["turnover"] == found.columns["hedge_cost"] == 0.0
    assert found.columns["deferred_tax"] == pytest.approx(0.2 * (0.3 - 0.06 + 0.697 - 0.46), rel=NEAR)


def test_an_exchange_fund_beyond_the_end_pays_its_fee_at_the_end(follow):
    """Seven years of which two pass: .3 · .99²; of b's .4 nothing is lost."""
    found = follow(PAIR, rk.ExchangeFund("a", "b", share=0.5, fee=0.01), years=2)
    assert found.wealth[24] == pytest.approx(0.7 + 0.3 * 0.99**2, rel=NEAR)


def test_the_fee_of_an_exchange_fund_is_at_true_prices(follow):
    """b halves in month 1 and is marked each half year: at its true price a month costs .15 · (1 - .99^(1/12))."""
    marked = [PAIR[0], rk.Holding("b", 40, liquidity=rk.Locked(9), marks=rk.Marks(6))]
    found = follow(marked, rk.ExchangeFund("a", "b", share=0.5, years=1, fee=0.01), shocks=jumps(12, b={1: 0.5}))
    fee = 0.15 * (1 - 0.99 ** (1 / 12))
    assert found.cost[2] == pytest.approx(fee, rel=NEAR)
    assert found.wealth[2] == pytest.approx(0.3 + 0.35 - fee, rel=NEAR)


def test_the_fee_of_an_exchange_fund_is_at_prices_without_the_dividends_paid(follow):
    """b pays 21 % a year, its whole return being 0: without its dividends its price falls by 1.21 a year.

    .3 of its units shrink by .3 · (.99^((k-1)/12) - .99^(k/12)) in month k, at a price of 1.21^(-(k-1)/12): the
    dividend accrued since the last payment is in it. A date shows on the next step, the last one at once.
    """
    found = follow(PAIR, rk.ExchangeFund("a", "b", share=0.5, years=1, fee=0.01), dividends={"b": 0.21})
    k = np.arange(1, 13)
    fees = 0.3 * (0.99 ** ((k - 1) / 12) - 0.99 ** (k / 12)) * 1.21 ** (-(k - 1) / 12)
    np.testing.assert_allclose(found.cost[2:], np.delete(np.cumsum(fees), 10), rtol=NEAR)


def test_units_of_an_exchange_fund_are_pledged_and_others_of_the_holding_are_not(follow):
    """The rule wants all in a in month 3: .4 of b go, the fund's stay."""
    hedge = rk.ExchangeFund("a", "b", share=0.5, fee=0.0)
    found = follow(PAIR, hedge, Orders(((3, (1.0, 0.0)),)))
    np.testing.assert_allclose(found.end, [0.7, 0.3], rtol=NEAR)
