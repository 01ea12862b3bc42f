"""Dividends against cases worked by hand, and the printed case of Stein and Siegel."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from by_hand import LOST, Orders, jumps, live, sinking
from friction_scenes import random_friction_scenario
from hedge_scenes import without_hedges
from own_statistics import Drawdowns
from scenes import house, rules_of_every_kind

import riskkit as rk
from riskkit.analysis._replayed_paths import books_of
from riskkit.engine.outcomes import COLUMNS
from riskkit.market.diffusion._asset import validated_asset

NEAR = 1e-10

#: What accrues in a month of a yield of 6 % a year, as a share of the value: 1 - 1.06^(-1/12).
A = 1.0 - 1.06 ** (-1 / 12)


def taxed(rate, dividend_rate=None, at_end="keep", **more):
    return rk.Frictions(tax=rk.CapitalGains(rate, dividend_rate=dividend_rate, at_end=at_end), **more)


# ---------------------------------------------------------------------------------------------------------------------
# Stein and Siegel
# ---------------------------------------------------------------------------------------------------------------------

#: Their case: dividends at 39.6 %, gains at 20 % in the end.
STEIN_SIEGEL = rk.CapitalGains(0.2, dividend_rate=0.396)


def stein_siegel_by_year(basis, wealth=1.0):
    """Growth of 7 % and a dividend of 3 % of the value at the start of each year, reinvested after 39.6 % tax.

    After 20 years the gain over the purchase costs is taxed at 20 %.
    """
    for _ in range(20):
        net = 0.604 * 0.03 * wealth
        basis, wealth = basis + net, 1.07 * wealth + net
    return wealth - 0.2 * (wealth - basis)


def test_the_formula_of_stein_and_siegel_gives_what_they_print():
    """4.5 held and 3.8 sold now, where 20 % of the million are paid at once."""
    assert stein_siegel_by_year(0.0) == pytest.approx(4.512914, abs=5e-7)
    assert stein_siegel_by_year(0.8, 0.8) == pytest.approx(3.770331, abs=5e-7)


@pytest.mark.parametrize("cost", [0, [rk.Lot(40, 0), rk.Lot(60, 0)]])
def test_the_case_of_stein_and_siegel_paid_monthly(cost):
    """Held 4.614834; sold now and bought anew 3.851867, which is 0.8 times a book of basis 1."""
    holding = rk.Holding("fund", 100, cost=cost, method="average" if cost == 0 else "hifo")
    terms = {
        "returns": {"fund": 1.07 * 1.03 - 1.0}, "dividends": {"fund": 0.03}, "cash": ["fund"], "years": 20,
        "frictions": rk.Frictions(tax=STEIN_SIEGEL),
    }  # fmt: skip
    assert live([holding], rk.Hold(), **terms).columns["wealth"] == pytest.approx(4.614834, abs=1e-6)
    anew = live([rk.Holding("fund", 80)], rk.Hold(), **terms)
    assert 0.8 * anew.columns["wealth"] == pytest.approx(3.851867, abs=1e-6)


# ---------------------------------------------------------------------------------------------------------------------
# One payer
# ---------------------------------------------------------------------------------------------------------------------


def test_a_listed_payer_loses_the_tax_of_each_dividend():
    """Each month end, T included, units shrink by 1 - .25 A; the other holding keeps its own."""
    holdings = [rk.Holding("a", 60, cost=60), rk.Holding("b", 40)]
    found = live(holdings, rk.Hold(), frictions=taxed(0.25), dividends={"a": 0.06})
    left = 0.6 * (1.0 - 0.25 * A) ** np.arange(12)
    # Before month end k's dividend they are those after the k - 1 before; at T, after all twelve.
    np.testing.assert_allclose(found.units[1:12, 0], left[:11], rtol=NEAR)
    assert found.end[0] == pytest.approx(0.6 * (1.0 - 0.25 * A) ** 12, rel=NEAR)
    np.testing.assert_allclose(found.units[:, 1], 0.4, rtol=NEAR)
    np.testing.assert_allclose(found.tax[1:12], 0.6 - left[:11], rtol=NEAR, atol=1e-15)
    assert found.columns["tax_paid"] == pytest.approx(0.6 - found.end[0], rel=NEAR)
    assert found.columns["cost_paid"] == found.columns["turnover"] == found.columns["rebalances"] == 0.0
    assert found.columns["max_drawdown"] == pytest.approx(0.6 - found.end[0], rel=1e-8)
    # In the table, what a dividend loses to its tax is sold for it; the dividend of T is in the accounts alone.
    assert set(found.trades["holding"]) == {"a"}
    np.testing.assert_allclose(found.trades["amount"].astype(float), -0.25 * A * left[:11], rtol=NEAR)
    np.testing.assert_allclose(found.trades["tax"].astype(float), 0.25 * A * left[:11], rtol=NEAR)
    assert (found.trades["cost"] == 0.0).all()


def test_reinvested_dividends_become_purchase_costs():
    """Cost 30 of 60: at T it is .3 plus the sum of .75 A times the value at each month end; the gain is taxed at 20 %.

    A price of 1.06 a year, all of it dividend, so that value k is .6·(1.06^(1/12)(1 - .25 A))^(k-1)·1.06^(1/12).
    """
    holdings = [rk.Holding("a", 60, cost=30), rk.Holding("b", 40)]
    frictions = taxed(0.2, 0.25, "sell")
    found = live(holdings, rk.Hold(), frictions=frictions, dividends={"a": 0.06}, returns={"a": 0.06})
    value, cost = 0.6, 0.3
    for _ in range(12):
        value *= 1.06 ** (1 / 12)
        cost, value = cost + 0.75 * A * value, value * (1.0 - 0.25 * A)
    assert found.columns["deferred_tax"] == pytest.approx(0.2 * (value - cost), rel=NEAR)
    assert found.columns["wealth"] == pytest.approx(0.4 + value - 0.2 * (value - cost), rel=NEAR)


@pytest.mark.parametrize("method", ["fifo", "hifo"])
def test_a_reinvested_dividend_is_a_lot_of_its_own(method):
    """Lots 40 (cost 10) and 20 (cost 10); one dividend of A at month 1, then half is sold in month 1 at price 1.

    Ex dividend the old lots are 40(1-A) and 20(1-A) units for 10 each, the new one .75·60 A at its price of 1. Half of
    60(1 - .25 A) are sold. First in, first out: all from the first lot, at 10/(40(1-A)) a unit. Highest cost: the new
    one first, at 1, then the 20 for 10, the rest at 10/(40(1-A)).
    """
    lots = [rk.Lot(40, 10), rk.Lot(20, 10)]
    holdings = [rk.Holding("a", 60, cost=lots, method=method), rk.Holding("b", 40)]
    half = 0.5 * 0.6 * (1 - 0.25 * A)
    gross = 0.4 + 2 * half
    order = Orders(((1, (half / gross, 1 - half / gross)),), name="order")
    found = live(holdings, order, frictions=taxed(0.2, 0.25), dividends={"a": 0.06})
    old = 0.1 / (0.4 * (1 - A))
    if method == "fifo":
        cost = half * old
    else:
        dear, new = 0.2 * (1 - A), 0.75 * 0.6 * A
        cost = 0.1 + new + (half - dear - new) * old
    # Only what a's tax leaves is bought; a sale keeps its units' share, so the whole order is sold.
    gain_tax = 0.2 * (half - cost)
    assert found.tax[2] == pytest.approx(0.25 * 0.6 * A + gain_tax, rel=1e-8)
    # The table says which tax is whose.
    first = found.trades[found.trades["time"].astype(float) < 0.1].set_index("holding")
    assert float(first.loc["a", "tax"]) == pytest.approx(found.tax[2], rel=NEAR)
    assert float(first.loc["a", "amount"]) == pytest.approx(-0.25 * 0.6 * A - half, rel=NEAR)


def test_a_dividend_of_what_accrued_since_the_last_month_end_is_paid_at_the_end():
    """Two steps a month, half a month at T: 11.5 months of yield in all, so units are .94^… of each accrual."""
    found = live([rk.Holding("a", 100)], rk.Hold(), frictions=taxed(0.25), dividends={"a": 0.06}, years=23 / 24,
                 steps_per_year=24)  # fmt: skip
    last = 1.0 - 1.06 ** (-1 / 24)
    assert found.end[0] == pytest.approx((1 - 0.25 * A) ** 11 * (1 - 0.25 * last), rel=NEAR)


def test_a_dividend_is_no_external_flow():
    """The time-weighted index falls with the tax, as wealth does; a deposit beside it starts from wealth of item 7."""
    holdings = [rk.Holding("a", 100)]
    frictions = taxed(0.25, flows=[rk.Deposit(12.0, into="a")])
    found = live(holdings, rk.Hold(), frictions=frictions, dividends={"a": 0.06})
    wealth, index = 1.0, 1.0
    for month in range(1, 13):
        before = wealth  # W + F of the date before, or the start
        kept = wealth if month == 1 else (wealth - 0.01) * (1 - 0.25 * A) + 0.01
        measured = kept if month < 12 else kept * (1 - 0.25 * A)
        index *= measured / before
        wealth = measured + 0.01
    assert found.columns["time_weighted_wealth"] == pytest.approx(index, rel=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# Unlisted payers
# ---------------------------------------------------------------------------------------------------------------------

LOCKED = rk.Locked(9)


def test_the_dividend_of_an_unlisted_payer_buys_cash_after_its_tax_and_cost():
    """A of .6 leaves a each month; .75 of it, less 2 % cost on what is bought, is cash. No tax on the purchase."""
    holdings = [rk.Holding("a", 60, liquidity=LOCKED), rk.Holding("b", 30), rk.Holding("cash", 10)]
    found = live(holdings, rk.Hold(), frictions=taxed(0.25, cost=0.02), dividends={"a": 0.06}, cash=["cash"])
    left = 0.6 * (1 - A) ** 12
    assert found.end[0] == pytest.approx(left, rel=NEAR)
    assert found.end[1] == 0.3
    assert found.end[2] == pytest.approx(0.1 + 0.75 * (0.6 - left) / 1.02, rel=NEAR)
    assert found.columns["tax_paid"] == pytest.approx(0.25 * (0.6 - left), rel=NEAR)
    assert found.columns["cost_paid"] == pytest.approx(0.02 * 0.75 * (0.6 - left) / 1.02, rel=NEAR)
    first = found.trades[found.trades["time"].astype(float) < 0.1].set_index("holding")
    assert float(first.loc["a", "amount"]) == pytest.approx(-0.6 * A, rel=NEAR)
    assert float(first.loc["a", "tax"]) == pytest.approx(0.25 * 0.6 * A, rel=NEAR)
    assert float(first.loc["cash", "amount"]) == pytest.approx(0.75 * 0.6 * A / 1.02, rel=NEAR)
    assert float(first.loc["cash", "cost"]) == pytest.approx(0.02 * 0.75 * 0.6 * A / 1.02, rel=NEAR)


def test_without_cash_it_buys_listed_holdings_with_no_founder_pro_rata_also_without_a_tax():
    """b and c, 10 : 30; neither the founder's d nor the locked e."""
    holdings = [
        rk.Holding("a", 40, liquidity=LOCKED), rk.Holding("b", 10), rk.Holding("c", 30),
        rk.Holding("d", 10, founder="Ann"), rk.Holding("e", 10, liquidity=rk.Locked(9, buyable=True)),
    ]  # fmt: skip
    found = live(holdings, rk.Hold(), dividends={"a": 0.06})
    paid = 0.4 * (1.0 - (1 - A) ** 12)
    np.testing.assert_allclose(found.end, [0.4 - paid, 0.1 + paid / 4, 0.3 + paid * 3 / 4, 0.1, 0.1], rtol=NEAR)
    np.testing.assert_allclose(found.wealth, 1.0, rtol=NEAR)


def test_without_either_it_buys_itself_at_its_true_price():
    """Until month 4 b takes a's dividend; then b is worthless. a's price doubles in month 2, its mark does not."""
    holdings = [
        rk.Holding("a", 60, founder="Ann", liquidity=LOCKED, marks=rk.Marks(12)), rk.Holding("b", 10),
        rk.Holding("d", 30, founder="Ann"),
    ]  # fmt: skip
    moves = [*jumps(12, a={2: 2.0}), *sinking(b={4: LOST})]
    found = live(holdings, rk.Hold(), frictions=taxed(0.25, cost=0.02), dividends={"a": 0.06}, shocks=moves)
    assert found.end[0] == pytest.approx(0.6 * (1 - A) ** 3 * (1 - 0.25 * A) ** 9, rel=NEAR)
    assert found.end[2] == 0.3
    spent = 0.75 * 0.6 * A * (1.0 + 2.0 * (1 - A) + 2.0 * (1 - A) ** 2)
    assert found.columns["cost_paid"] == pytest.approx(0.02 * spent / 1.02, rel=NEAR)


def test_once_listed_a_payer_buys_itself():
    """Locked for half a year: months 1 to 5 buy cash; at month 6 it is listed."""
    holdings = [rk.Holding("a", 60, liquidity=rk.Locked(0.5)), rk.Holding("cash", 40)]
    found = live(holdings, rk.Hold(), frictions=taxed(0.25), dividends={"a": 0.06}, cash=["cash"])
    assert found.end[0] == pytest.approx(0.6 * (1 - A) ** 5 * (1 - 0.25 * A) ** 7, rel=NEAR)
    assert found.end[1] == pytest.approx(0.4 + 0.75 * 0.6 * (1 - (1 - A) ** 5), rel=NEAR)


# ---------------------------------------------------------------------------------------------------------------------
# What does not change, and what balances
# ---------------------------------------------------------------------------------------------------------------------


def with_dividends(scenario, *yields):
    """The scenario with these dividend yields of its assets, in turn."""
    assets = {
        name: validated_asset(asset.expected_return, asset.volatility, dividend_yield=q)
        for (name, asset), q in zip(scenario.market.assets.items(), cycle(yields), strict=False)
    }
    return replace(scenario, market=replace(scenario.market, assets=assets))


def test_a_dividend_of_a_ruined_path_is_nothing():
    """Both holdings are worthless from month 2 on."""
    holdings = [rk.Holding("a", 60), rk.Holding("b", 40, liquidity=LOCKED)]
    found = live(holdings, rk.Hold(), frictions=taxed(0.25), dividends={"a": 0.06, "b": 0.06},
                 shocks=sinking(a={2: LOST}, b={2: LOST}))  # fmt: skip
    # At month 1 the dividend of b buys a.
    assert found.tax[-1] == pytest.approx(0.25 * A, rel=NEAR)
    assert found.wealth[-1] == 0.0


def test_a_dividend_may_not_ruin_a_path_between_payment_and_purchase():
    """A loan of 59.9 on 60 of a locked payer and .1 of cash: a's dividend of .29 is more than is left of wealth.

    The margin call of month 1 finds .1 of cash to sell. Afterwards nothing but a covers the loan, so a buys itself.
    """
    holdings = [rk.Holding("a", 60, liquidity=LOCKED), rk.Holding("b", 0.1)]
    found = live(holdings, rk.Hold(), loan=rk.Loan(59.9, 0.0, 0.9999), dividends={"a": 0.06}, years=0.25)
    assert found.columns["ruin"] == 0.0
    np.testing.assert_allclose(found.wealth, 1.0, rtol=1e-7)


@pytest.mark.slow
def test_untaxed_dividends_of_listed_payers_change_no_bit():
    """Every built-in rule and column; the steps at which units change are the same too."""
    plain = house(*rules_of_every_kind(), years=2)
    paying = with_dividends(plain, 0.03, 0.0, 0.2, 0.05, 0.01)
    runs = [rk.compare(each, paths=300, seed=1, progress=False, statistics=[Drawdowns()]) for each in (plain, paying)]
    for name in (*COLUMNS, *Drawdowns.columns):
        expected, found = (run.outcomes.columns[name] for run in runs)
        np.testing.assert_array_equal(found[:], expected[:], err_msg=name)


def test_a_dividend_rate_of_0_changes_purchase_costs_alone():
    """Wealth before the tax of selling equals that without dividends at every step, to the rounding of 12 products."""
    holdings = [rk.Holding("a", 60, cost=10), rk.Holding("b", 40)]
    terms = {"returns": {"a": 0.1}, "shocks": jumps(12, a={3: 0.5})}
    plain = live(holdings, rk.Hold(), frictions=taxed(0.2, 0.0), **terms)
    found = live(holdings, rk.Hold(), frictions=taxed(0.2, 0.0), dividends={"a": 0.06}, **terms)
    np.testing.assert_allclose(found.wealth, plain.wealth, rtol=1e-12)
    assert found.columns["deferred_tax"] < plain.columns["deferred_tax"]


def test_statistics_of_the_last_step_see_wealth_after_its_dividend_tax():
    scenario = with_dividends(house(rk.Hold(), years=1), 0.1)
    scenario = replace(scenario, frictions=taxed(0.2, 0.5))
    result = rk.compare(scenario, paths=256, seed=2, progress=False, statistics=[Drawdowns()])
    for own, built_in in zip(Drawdowns.columns, ("max_drawdown", "average_drawdown"), strict=False):
        columns = result.outcomes.columns
        np.testing.assert_allclose(columns[own][:], columns[built_in][:], rtol=1e-12, atol=1e-15)
    traced = rk.trace(scenario, "hold", paths=256, seed=2)
    peak = np.maximum.accumulate(traced.wealth)
    np.testing.assert_allclose((1 - traced.wealth / peak).max(axis=0), result.values("hold", "max_drawdown"), rtol=1e-9)


@pytest.mark.filterwarnings("ignore:Collar on")
@pytest.mark.parametrize("number", range(6))
def test_books_balance_with_dividends_under_every_friction(number):
    """Wealth is 1 + all profits - cost - tax - interest - spent + deposited + vested + the lender's loss."""
    scenario = with_dividends(without_hedges(random_friction_scenario(number)), 0.03, 0.15, 0.0, 0.06)
    books = books_of(scenario, scenario.rules[number % len(scenario.rules)], np.arange(64), 3)
    wealth = 1.0 + books.profits.sum(axis=0) - books.cost - books.tax - books.interest - books.spent
    wealth += books.deposited + books.vested + books.lender_loss
    scale = 1.0 + np.abs(books.profits).sum(axis=0) + books.spent + books.deposited + books.vested
    assert (np.abs(wealth - books.wealth) <= 1e-9 * scale).all()


@pytest.mark.filterwarnings("ignore:Collar on")
@pytest.mark.parametrize("number", range(6))
def test_trades_of_a_trace_explain_every_unit_and_all_tax(number):
    """Units of the next step are those before plus the amounts at true prices; taxes of the table are the account's.

    Without a loan, whose margin calls are not in the table.
    """
    scenario = with_dividends(without_hedges(random_friction_scenario(number)), 0.03, 0.15, 0.0, 0.06)
    scenario = replace(scenario, portfolio=rk.Portfolio(scenario.portfolio.holdings))
    traced = rk.trace(scenario, scenario.rules[number % len(scenario.rules)], paths=16, seed=3)
    amount = np.zeros((traced.times.size, len(traced.names), 16))
    tax = np.zeros((traced.times.size, 16))
    step = np.rint(traced.trades["time"].astype(float) * scenario.steps_per_year).astype(int)
    row, path = traced.trades["holding"].map(list(traced.names).index).astype(int), traced.trades["path"].astype(int)
    np.add.at(amount, (step, row, path), traced.trades["amount"].astype(float))
    np.add.at(tax, (step, path), traced.trades["tax"].astype(float))
    value = traced.weights * traced.wealth[:, None]
    before = traced.prices[:-1]
    growth = np.divide(traced.prices[1:], before, out=np.zeros_like(before), where=before > 0.0)
    expected = (value[:-1] + amount[:-1]) * growth
    alive = (traced.wealth > 0.0).all(axis=0)
    # All steps but the last, at which dividends are paid before wealth is measured.
    np.testing.assert_allclose(value[1:-1, :, alive], expected[:-1, :, alive], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.cumsum(tax, axis=0)[:-2], traced.accounts["tax"][1:-1], rtol=1e-9, atol=1e-12)
    assert scenario.market.pays_dividends
