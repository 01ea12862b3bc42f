"""The time-weighted index, I_t = I_{t-1} W_t / (W_{t-1} + F_{t-1}), against cases worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from by_hand import jumps, live
from scenes import house

import riskkit as rk

NEAR = 1e-10
PAIR = [rk.Holding("a", 60), rk.Holding("b", 40)]
MONTHLY = rk.Frictions(spending=rk.Spending(rate=0.12))  # 1 % at each of 11 month ends


def test_spending_at_prices_that_stand_still_leaves_the_index_where_it_is():
    """Wealth falls to .99^11; what was spent was no loss."""
    found = live(PAIR, rk.Hold(), frictions=MONTHLY).columns
    assert found["wealth"] == pytest.approx(0.99**11, rel=NEAR)
    assert found["max_drawdown"] == pytest.approx(1.0 - 0.99**11, rel=NEAR)
    assert found["time_weighted_wealth"] == pytest.approx(1.0, rel=NEAR)
    assert found["time_weighted_max_drawdown"] == pytest.approx(0.0, abs=NEAR)


def test_the_index_is_the_product_of_the_growth_between_the_flows():
    """a triples in month 2, 2.2; both halve in month 5, 1.1. The deepest fall is that from 2.2 to 1.1, one half."""
    found = live(PAIR, rk.Hold(), frictions=MONTHLY, shocks=jumps(12, a={2: 3.0, 5: 0.5}, b={5: 0.5})).columns
    assert found["time_weighted_wealth"] == pytest.approx(1.1, rel=NEAR)
    assert found["time_weighted_max_drawdown"] == pytest.approx(0.5, rel=NEAR)
    assert found["max_drawdown"] > 0.5 + 0.01


def test_the_cost_of_raising_what_is_spent_is_a_loss():
    """.01 of 1 is spent each month; its sale at 2 % takes .01/.98, so that W + F is W - .01 and the next W less."""
    frictions = rk.Frictions(0.02, spending=rk.Spending(amount=12.0))
    found = live(PAIR, rk.Hold(), frictions=frictions)
    wealth = 1.0 - 0.01 / 0.98 * np.arange(12)
    np.testing.assert_allclose(found.wealth[1:], wealth, rtol=NEAR)
    index = np.prod(wealth[1:] / (wealth[:-1] - 0.01))
    assert found.columns["time_weighted_wealth"] == pytest.approx(index, rel=NEAR)
    assert found.columns["time_weighted_max_drawdown"] == pytest.approx(1.0 - index, rel=NEAR)


def test_it_ends_as_final_wealth_does():
    """After the tax of selling everything, and in money of the start: a triples, 2.2 less 25 % of a gain of 1.8."""
    tax = rk.CapitalGains(0.25)
    holdings = [rk.Holding("a", 60, cost=30), rk.Holding("b", 40, cost=10)]
    frictions = rk.Frictions(tax=tax, spending=rk.Spending(amount=0.0))
    found = live(holdings, rk.Hold(), frictions=frictions, shocks=jumps(12, a={2: 3.0}), inflation=0.1).columns
    assert found["time_weighted_wealth"] == pytest.approx((2.2 - 0.25 * 1.8) / 1.1, rel=NEAR)


def test_what_is_spent_whole_is_ruin():
    """Half of the wealth is lost in month 2; 100 a month of the 50 that are left then is all."""
    found = live(
        PAIR, rk.Hold(), frictions=rk.Frictions(spending=rk.Spending(amount=100.0)),
        shocks=jumps(12, a={2: 0.05}, b={2: 0.05}),
    ).columns  # fmt: skip
    assert found["ruin"] == 1.0
    assert found["time_weighted_wealth"] == 0.0
    assert found["time_weighted_max_drawdown"] == 1.0


@pytest.mark.parametrize("frictions", [rk.Frictions(0.01, tax=rk.CapitalGains(0.2)),
                                       rk.Frictions(0.01, spending=rk.Spending(0.0))])  # fmt: skip
def test_without_flows_it_is_money_weighted_to_the_last_bit(frictions):
    """No spending, or spending of 0: growth, drawdowns and their errors, under inflation and a tax at the end."""
    scenario = replace(house(rk.Hold(), rk.Rebalance(1)), frictions=frictions, inflation=0.03)
    result = rk.compare(scenario, paths=300, seed=3, workers=1, progress=False)
    same = {"time_weighted_growth": "growth_median"}
    same |= {f"time_weighted_max_drawdown_{each}": f"max_drawdown_{each}" for each in ("mean", "median", "p95")}
    found, errors = result.table(list(same)), result.errors(list(same))
    for one, other in same.items():
        np.testing.assert_array_equal(found[one], result.table(other)[other])
        np.testing.assert_array_equal(errors[one], result.errors(other)[other])


def test_the_table_has_time_weighted_metrics_where_money_enters_or_leaves():
    names = [
        "time_weighted_growth", "time_weighted_max_drawdown_mean", "time_weighted_max_drawdown_median",
        "time_weighted_max_drawdown_p95",
    ]  # fmt: skip
    plain = house(rk.Hold())
    spends = replace(plain, frictions=MONTHLY)
    tables = [rk.compare(each, paths=128, workers=1, progress=False).table() for each in (plain, spends)]
    assert [name for name in tables[1] if name not in tables[0]] == [
        "ruin_probability", "shortfall_probability", *names
    ]  # fmt: skip
