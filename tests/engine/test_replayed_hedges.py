"""What a replay reads of hedged books: marks, pledges and trades by hand, and their sums against the accounts."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from by_hand import jumps
from scipy.stats import norm

import riskkit as rk

CLOSE = {"rtol": 1e-9, "atol": 1e-10}

#: A hardly moves between its jumps, but is not cash.
STILL = 1e-12


def put_value(price: float, strike: float, years: float, volatility: float) -> float:
    """K N(-d₂) - S N(-d₁) at a rate of 0."""
    deviation = volatility * math.sqrt(years)
    score = math.log(price / strike) / deviation + 0.5 * deviation
    return strike * float(norm.cdf(deviation - score)) - price * float(norm.cdf(-score))


PUT = rk.Put("A", 0.9, share=0.5, pricing=rk.OptionPricing(0.4, rate=0.0, spread=0.02))
PROTECTED = rk.Hedged(rk.Hold(), PUT, name="protected")
PREMIUM, MID = put_value(1.0, 0.9, 1.0, 0.41), put_value(1.0, 0.9, 1.0, 0.40)


def halved(rule: rk.Rule) -> rk.Scenario:
    """60 of A, which halves after six of twenty-four months, and 40 of cash; 1 % cost and 20 % tax."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("Cash", 40)])
    market = rk.Market({"A": rk.Asset(0.0, STILL), "Cash": rk.Asset(0.0, 0.0)}, shocks=jumps(24, A={6: 0.5}))
    frictions = rk.Frictions(0.01, tax=rk.CapitalGains(0.2))
    return rk.Scenario(portfolio, market, [rule], frictions=frictions, years=2, steps_per_year=12)


def test_a_put_that_is_opened_marked_settled_and_opened_again_by_hand():
    """0.3 units are covered at a strike of 0.9 for 0.3 P, P at 41 %: cash is sold for it, of which 1 % is lost.

    After six months the mark is 0.3 times the put at 0.5 with half a year left, at 40 %. After twelve 0.3 (0.9 - 0.5)
    is paid; 20 % of the gain over the premium is tax, and the rest buys cash, of which 1 % is cost. The next premium is
    0.3 · 0.5 P, the price being 0.5.
    """
    seen = {}

    def observe(moment, first):
        book, trades = moment.book(PROTECTED), moment.trades(PROTECTED)
        seen[moment.step] = book.hedges[:, 0], book.pledged[:, 0], book.wealth[0], book.accounts, trades

    rk.replay(halved(PROTECTED), PROTECTED, [0], observe=observe, steps=[0, 1, 6, 13])
    sold = 0.3 * PREMIUM / 0.99
    cash = 0.4 - sold
    first = seen[1][4]
    assert seen[0][4] is None
    assert seen[0][0].tolist() == [0.0]
    np.testing.assert_allclose(first.amount[:, 0], [0.0, -sold], **CLOSE)
    np.testing.assert_allclose(first.cost[:, 0], [0.0, 0.01 * sold], **CLOSE)
    np.testing.assert_allclose(first.hedge_cost, 0.3 * (PREMIUM - MID), **CLOSE)
    np.testing.assert_allclose(
        [first.premiums[0], first.payoffs[0], first.hedge_tax[0]], [0.3 * PREMIUM, 0, 0], **CLOSE
    )
    mark = 0.3 * put_value(0.5, 0.9, 0.5, 0.4)
    np.testing.assert_allclose(seen[6][2], 0.3 + cash + mark, **CLOSE)
    np.testing.assert_allclose(seen[6][0], mark / (0.3 + cash + mark), **CLOSE)
    assert seen[6][1].tolist() == [0.0, 0.0]
    tax = 0.2 * (0.12 - 0.3 * PREMIUM)
    bought, sold_again = (0.12 - tax) / 1.01, 0.15 * PREMIUM / 0.99
    second = seen[13][4]
    assert second.step == 12
    np.testing.assert_allclose(second.amount[:, 0], [0.0, bought - sold_again], **CLOSE)
    np.testing.assert_allclose(second.cost[:, 0], [0.0, 0.01 * (bought + sold_again)], **CLOSE)
    np.testing.assert_allclose(second.hedge_cost, 0.15 * (PREMIUM - MID), **CLOSE)
    np.testing.assert_allclose(second.premiums, 0.15 * PREMIUM, **CLOSE)
    np.testing.assert_allclose([second.payoffs[0], second.hedge_tax[0]], [0.12, tax], **CLOSE)
    assert not second.tax.any()
    np.testing.assert_allclose(second.stake[:, 0], [0.6, cash + bought - sold_again], **CLOSE)


def test_a_forced_exit_under_a_put_of_two_years_stands_at_its_mark():
    """After the exit of year 1, which takes 60 %, a year is left: S + the put at 0.4, both on 0.6 of the wealth.

    The premium was paid from cash; without spread, cost and tax nothing else moves.
    """
    put = rk.Put("A", 0.9, years=2, roll=False, pricing=rk.OptionPricing(0.4, rate=0.0))
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("Cash", 40)])
    shock = rk.founder_exit(portfolio, "Ann", 0.02, -0.6)
    market = rk.Market({"A": rk.Asset(0.0, STILL), "Cash": rk.Asset(0.0, 0.0)}, shocks=shock)
    rules = [rk.Hold(), rk.Hedged(rk.Hold(), put, name="protected")]
    case = rk.Scenario(portfolio, market, rules, years=2, steps_per_year=12)
    wealth = {}

    def observe(moment, first):
        wealth[moment.step] = [moment.book(name).wealth[0] for name in ("hold", "protected")]

    rk.replay(case, rules, [0], fixed={"founder exit": 1.0}, observe=observe, steps=[11, 12, 24])
    premium = 0.6 * put_value(1.0, 0.9, 2.0, 0.4)
    before, after = 0.6 * put_value(1.0, 0.9, 13 / 12, 0.4), 0.6 * put_value(0.4, 0.9, 1.0, 0.4)
    np.testing.assert_allclose(wealth[11], [1.0, 1.0 - premium + before], **CLOSE)
    np.testing.assert_allclose(wealth[12], [0.64, 0.64 - premium + after], **CLOSE)
    np.testing.assert_allclose(wealth[24], [0.64, 0.64 - premium + 0.6 * 0.5], **CLOSE)
    forced = rk.compare(case.with_event("founder exit", year=1), paths=64, progress=False)
    np.testing.assert_allclose(forced.table("wealth_mean")["wealth_mean"], wealth[24], **CLOSE)


def test_pledged_units_are_those_that_can_be_required():
    """A call on 0.5 and a prepaid forward on 0.3 pledge 0.8 of A; an exchange fund what is received, less its fee.

    Units of a holding that starts with nothing are counted in multiples of the net start wealth.
    """
    pricing = rk.OptionPricing(0.4, rate=0.0)
    call = rk.CoveredCall("A", 1.2, years=0.5, share=0.5, pricing=pricing)
    forward = rk.PrepaidForward("A", 0.8, 1.2, years=1, share=0.3, pricing=pricing)
    fund = rk.ExchangeFund("A", "Fund", years=7, share=0.2, fee=0.01)
    rule = rk.Hedged(rk.Hold(), [call, forward, fund])
    holdings = [rk.Holding("A", 60, founder="Ann"), rk.Holding("Cash", 40), rk.Holding("Fund", 0)]
    assets = {"A": rk.Asset(0.0, STILL), "Cash": rk.Asset(0.0, 0.0), "Fund": rk.Asset(0.0, STILL)}
    case = rk.Scenario(rk.Portfolio(holdings), rk.Market(assets), [rule], years=2, steps_per_year=12)
    found = []
    rk.replay(
        case, rule, [0], observe=lambda moment, first: found.append(moment.book(rule).pledged[:, 0]), steps=[1, 13]
    )
    # The call is rolled onto half of the 0.8 that is left, whose delivery of the prepaid floor came first.
    np.testing.assert_allclose(found[0], [0.8, 0.0, 0.12], rtol=1e-6)
    np.testing.assert_allclose(found[1][2], 0.12 * 0.99 ** (12 / 12), rtol=1e-6)


def test_changes_of_the_accounts_are_those_of_the_trades():
    """Over every date of noisy books: cost, tax, premiums and pay-offs, to rounding."""
    pricing = rk.OptionPricing(0.45, rate=0.03, spread=0.04)
    instruments = [
        rk.Collar("A", 0.9, 1.2, years=0.25, share=0.6, pricing=pricing),
        rk.PrepaidForward("A", 0.8, 1.3, years=1, share=0.3, pricing=pricing),
        rk.Put("B", 0.95, years=0.5, pricing=pricing),
        rk.ExchangeFund("B", "C", share=0.3),
    ]
    rules = [rk.Hedged(rk.Cap(0.5), instruments, name="hedged"), rk.Cap(0.5)]
    holdings = [rk.Holding("A", 60, founder="Ann", cost=10), rk.Holding("B", 20), rk.Holding("C", 20)]
    market = rk.Market(
        {"A": rk.Asset(0.08, 0.45), "B": rk.Asset(0.06, 0.3), "C": rk.Asset(0.03, 0.1)},
        shocks=rk.Shock("exit", 0.3, {"A": -0.5}, once=True),
    )
    frictions = rk.Frictions(0.01, tax=rk.CapitalGains(0.2))
    case = rk.Scenario(rk.Portfolio(holdings), market, rules, frictions=frictions, years=2, steps_per_year=12)
    totals: dict[str, list] = {rule.name: [] for rule in rules}

    def observe(moment, first):
        for rule in rules:
            totals[rule.name].append((moment.step, moment.book(rule).accounts, moment.trades(rule)))

    rk.replay(case, rules, range(50), observe=observe, steps=range(24))
    for name, rows in totals.items():
        for (_, before, _), (step, after, trades) in pairwise(rows):
            changes = {each: after[each] - before[each] for each in ("cost", "tax", "premiums", "payoffs")}
            assert trades is None or trades.step == step - 1
            sums = {
                "cost": trades.cost.sum(axis=0) + trades.hedge_cost,
                "tax": trades.tax.sum(axis=0) + trades.hedge_tax,
                "premiums": trades.premiums,
                "payoffs": trades.payoffs,
            }
            for each, change in changes.items():
                np.testing.assert_allclose(sums[each], change, atol=1e-12, err_msg=f"{name}, {each}, step {step}")
    assert all(each.any() for each in (totals["hedged"][4][2].payoffs, totals["hedged"][4][2].hedge_cost))
    plain = totals["cap"][4][2]
    assert not any(each.any() for each in (plain.premiums, plain.payoffs, plain.hedge_cost, plain.hedge_tax))


def test_a_book_without_instruments_has_none():
    found = []

    def observe(moment, first):
        book = moment.book("hold")
        found.extend([book.hedges, book.pledged])

    rk.replay(halved(rk.Hold()), "hold", range(3), observe=observe, steps=[3])
    assert [each.shape for each in found] == [(0, 3), (2, 3)]
    assert not found[1].any()
