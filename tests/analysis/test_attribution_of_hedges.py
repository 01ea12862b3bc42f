"""Instruments in attribution: their contribution by hand, and their profit and loss from prices and accounts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

import riskkit as rk
from riskkit.analysis._replayed_paths import books_of
from riskkit.analysis._risk_sources import sources
from riskkit.analysis._tail_contributions import tail_contributions

SEED = 5

#: A hardly moves by itself, but is not cash.
STILL = 1e-12


def put_value(price, strike: float, years: float, volatility: float):
    """K N(-d₂) - S N(-d₁) at a rate of 0."""
    deviation = volatility * math.sqrt(years)
    score = np.log(price / strike) / deviation + 0.5 * deviation
    return strike * norm.cdf(deviation - score) - price * norm.cdf(-score)


def call_value(price, strike: float, years: float, volatility: float):
    """Put-call parity at a rate of 0."""
    return put_value(price, strike, years, volatility) + price - strike


def two_holdings(*rules: rk.Rule, volatility: float = STILL, **changed: object) -> rk.Scenario:
    """60 of A, which its founder's exit takes 60 % off, and 40 of cash; two years of monthly steps."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("Cash", 40)])
    shock = rk.founder_exit(portfolio, "Ann", 0.02, -0.6)
    assets = {"A": rk.Asset(0.0, volatility), "Cash": rk.Asset(0.0, 0.0)}
    return rk.Scenario(portfolio, rk.Market(assets, shocks=shock), rules, years=2, steps_per_year=12, **changed)


@pytest.mark.parametrize("quoted", [0.4, None])
def test_what_exit_and_hedge_do_together_is_shared_by_hand(quoted: float | None):
    """With premium P for a put at 0.9, and an exit in year 1: nothing 1, exit 0.64, put 1 - P, both 0.94 - P.

    The exit adds -0.36 or -0.06, in the mean -0.21; the put -P or 0.3 - P. P is that of the scenario, with the exit or
    without: at the model's own volatility the exit, of hazard 0.02, gives √((1 - e^-0.04) / 2) · ln(1/0.4).
    """
    own = math.sqrt(0.5 * -math.expm1(-0.04)) * math.log(1.0 / 0.4)
    premium = 0.6 * put_value(1.0, 0.9, 2.0, own + 0.04 if quoted is None else quoted)
    put = rk.Put("A", 0.9, years=2, roll=False, pricing=rk.OptionPricing(quoted, rate=0.0))
    case = two_holdings(rk.Hedged(rk.Hold(), put, name="protected")).with_event("founder exit", year=1)
    found = rk.attribution(case, metric="wealth_mean", paths=128)
    assert found.baseline == pytest.approx(1.0, abs=1e-9)
    assert found.value == pytest.approx(0.94 - premium, abs=1e-9)
    assert found.rule == "protected"
    expected = {"founder exit": -0.21, "hedge": 0.15 - premium}
    assert found.sources["contribution"].to_dict() == pytest.approx(expected, abs=1e-9)
    losses = {"A": 0.36, "Cash": 0.0, "hedge": premium - 0.3}
    assert found.holdings["contribution"].loc[list(losses)].to_dict() == pytest.approx(losses, abs=1e-9)
    assert found.founders["contribution"]["hedge"] == pytest.approx(premium - 0.3, abs=1e-9)


def test_the_line_of_the_hedge_is_pay_off_and_mark_less_mid_premium_of_prices():
    """A put of one year and a collar of two and a half, on 0.5 and 0.4 of A, over two years, from the prices alone.

    Put: 0.3 ((0.9 - S₁)⁺ - p); collar, half a year before its expiry: 0.24 (P - C now, less P - C at the start). Mid
    prices: the spread of 10 points is in the trading cost, as what is paid above them.
    """
    pricing = rk.OptionPricing(0.45, rate=0.0, spread=0.1)
    put = rk.Put("A", 0.9, share=0.5, roll=False, pricing=pricing)
    collar = rk.Collar("A", 0.8, 1.3, years=2.5, share=0.4, pricing=pricing)
    rule = rk.Hedged(rk.Hold(), [put, collar], name="hedged")
    case = two_holdings(rule, volatility=0.4)
    result = rk.compare(case, paths=400, seed=SEED, progress=False)
    wealth = result.values("hedged", "wealth")
    holdings, founders = tail_contributions(case, rule, wealth, SEED)
    price = rk.trace(case, rule, paths=400, seed=SEED).prices[:, 0]
    paid_off = 0.3 * (np.maximum(0.9 - price[12], 0.0) - put_value(1.0, 0.9, 1.0, 0.45))
    now = put_value(price[24], 0.8, 0.5, 0.45) - call_value(price[24], 1.3, 0.5, 0.45)
    then = put_value(1.0, 0.8, 2.5, 0.45) - call_value(1.0, 1.3, 2.5, 0.45)
    worst = np.argsort(wealth, kind="stable")[:20]
    expected = -(paid_off + 0.24 * (now - then))[worst].mean()
    assert holdings.loc["hedge", "contribution"] == pytest.approx(expected, abs=1e-10)
    assert founders.loc["hedge", "contribution"] == pytest.approx(expected, abs=1e-10)
    assert holdings.loc["A", "contribution"] == pytest.approx(0.6 * (1.0 - price[24, worst]).mean(), abs=1e-10)
    spread = 0.3 * (put_value(1.0, 0.9, 1.0, 0.5) - put_value(1.0, 0.9, 1.0, 0.45))
    spread += 0.24 * (put_value(1.0, 0.8, 2.5, 0.5) - put_value(1.0, 0.8, 2.5, 0.45))
    spread += 0.24 * (call_value(1.0, 1.3, 2.5, 0.45) - call_value(1.0, 1.3, 2.5, 0.4))
    assert holdings.loc["trading cost", "contribution"] == pytest.approx(spread, abs=1e-10)
    assert holdings["contribution"].sum() == pytest.approx(1.0 - result.table("wealth_es95").iloc[0, 0], abs=1e-12)


def test_the_profit_of_instruments_is_that_of_the_accounts():
    """Pay-offs less premiums plus the marks at the end, beside cost, tax, spending and trades; without spread."""
    pricing = rk.OptionPricing(0.5, rate=0.03)
    instruments = [
        rk.Collar("A", 0.9, 1.2, years=0.25, share=0.5, pricing=pricing),
        rk.PrepaidForward("A", 0.8, 1.3, years=3, share=0.3, discount=0.0, pricing=pricing),
        rk.Put("A", 0.8, years=0.5, pricing=pricing),
        rk.ExchangeFund("A", "Fund", share=0.1, years=1),
    ]
    rule = rk.Hedged(rk.Cap(0.5), instruments, name="hedged")
    holdings = [rk.Holding("A", 60, founder="Ann", cost=20), rk.Holding("Fund", 20), rk.Holding("Cash", 20)]
    assets = {"A": rk.Asset(0.08, 0.5), "Fund": rk.Asset(0.05, 0.2), "Cash": rk.Asset(0.02, 0.0)}
    frictions = rk.Frictions(0.01, tax=rk.CapitalGains(0.2), spending=rk.Spending(rate=0.04))
    case = rk.Scenario(
        rk.Portfolio(holdings), rk.Market(assets), [rule], frictions=frictions, years=2, steps_per_year=12
    )
    paths, expected = np.arange(60), np.zeros(60)

    def observe(moment, first):
        book = moment.book(rule)
        accounts, place = book.accounts, slice(first, first + moment.paths.size)
        marks = book.hedges.sum(axis=0) * book.wealth
        expected[place] = accounts["payoffs"] - accounts["premiums"] + marks - accounts["owed"]

    rk.replay(case, rule, paths, seed=SEED, observe=observe, steps=[24])
    found = books_of(case, rule, paths, SEED)
    np.testing.assert_allclose(found.hedge, expected, atol=1e-12)
    assert np.abs(found.hedge).max() > 0.05


def test_without_instruments_there_is_neither_line_nor_source():
    case = two_holdings(rk.Hedged(rk.Hold(), (), name="plain"), volatility=0.3)
    found = rk.attribution(case, metric="wealth_mean", paths=200)
    assert "hedge" not in found.sources.index
    assert "hedge" not in found.holdings.index


def test_the_hedge_is_off_in_books_that_are_watched_too():
    """`SellLast` behind a hedged book: off, it watches the same rule under the same name without instruments."""
    put = rk.Put("A", 0.9, pricing=rk.OptionPricing(0.4))
    case = two_holdings(rk.SellLast(after=rk.Hedged(rk.Trim(0.5, 1), put, name="first"), name="last"))
    off = sources(case)["hedge"](case)
    assert off.rules == (rk.SellLast(after=rk.Hedged(rk.Trim(0.5, 1), (), name="first"), name="last"),)


def test_beside_instruments_only_cash_is_cash_without_diffusion():
    """Premiums are paid from what was cash before: 0.6 of A keeps its units, and volatility its place."""
    put = rk.Put("A", 0.9, pricing=rk.OptionPricing(0.4))
    case = two_holdings(rk.Hedged(rk.Hold(), put), volatility=0.4)
    off = sources(case)["diffusion"](case).market.assets
    assert off["Cash"].volatility == 0.0
    assert 0.0 < off["A"].volatility <= 1e-12
