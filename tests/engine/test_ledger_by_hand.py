"""The ledger against trades worked by hand, and the accounting identity on every step of every path."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from scenes import house, rules_of_every_kind

import riskkit as rk
from riskkit.engine.columns import rule_columns
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.path_batch import run_batch
from riskkit.portfolio._liquidity import Liquidity, LiquidityTerms


class Once(rk.Rule):
    """Asks for one target on one step."""

    target: tuple[float, ...]
    step: int = 1

    def decide(self, view, state):
        return np.repeat(np.array(self.target)[:, None], view.weights.shape[1], axis=1), None

    def dates(self, calendar):
        return np.array([self.step])


@dataclass(frozen=True)
class Bound(Liquidity):
    """May be sold up to a limit, and bought or not."""

    limit: float = 1.0
    buyable: bool = True

    def terms(self, calendar, start=0):
        points = calendar.steps + 1
        every_step = np.ones(points, dtype=bool)
        return LiquidityTerms(
            limit=np.full(points, self.limit),
            opens=every_step,
            discount=np.zeros(points),
            buyable=np.full(points, self.buyable),
            listed=every_step,
        )


def after_one_trade(start, target, cost, liquidity=None, step=1):
    """Units (shares of the start), columns and trades of a market that stands still, after one trade in one year."""
    names = [chr(ord("a") + i) for i in range(len(start))]
    ways = {name: (liquidity or {}).get(name, rk.Listed()) for name in names}
    holdings = [rk.Holding(name, value, liquidity=ways[name]) for name, value in zip(names, start, strict=True)]
    market = rk.Market({name: rk.Asset(0.0, 0.0) for name in names})
    costs = rk.Frictions(dict(zip(names, cost, strict=True)) if isinstance(cost, tuple) else cost)
    rule = Once(tuple(target), step)
    scenario = rk.Scenario(rk.Portfolio(holdings), market, [rule], frictions=costs, years=1, steps_per_year=4)
    setup = make_run_setup(scenario, 0)
    batch = run_batch(setup, np.arange(128, dtype=np.uint64))
    return SimpleNamespace(
        units=batch.book_units(0)[:, 0],
        columns={name: values[0] for name, values in rule_columns(setup, batch, 0).items()},
        trades=rk.trace(scenario, rule, paths=1).trades,
    )


def test_a_trade_with_cost_against_hand_calculation():
    """60/40 to 30/70 at 1 %: sold .30, received .297; wanted .30 costs .303, so bought is .30 · .297/.303 = .2940594.

    Cost .003 + .002940594; wealth 1 less that. Turnover .30 in one year, one rebalancing.
    """
    found = after_one_trade([60, 40], [0.3, 0.7], 0.01)
    bought = 0.30 * 0.297 / 0.303
    np.testing.assert_allclose(found.units, [0.30, 0.40 + bought], rtol=1e-14)
    paid = 0.003 + 0.01 * bought
    assert found.columns["cost_paid"] == pytest.approx(paid, rel=1e-13)
    assert found.columns["wealth"] == pytest.approx(1.0 - paid, rel=1e-14)
    assert found.columns["turnover"] == pytest.approx(0.30)
    assert found.columns["rebalances"] == 1.0
    assert found.trades["holding"].tolist() == ["a", "b"]
    np.testing.assert_allclose(found.trades["amount"].astype(float), [-0.30, bought], rtol=1e-13)
    np.testing.assert_allclose(found.trades["cost"].astype(float), [0.003, 0.01 * bought], rtol=1e-13)
    assert (found.trades["time"] == 0.25).all()
    assert (found.trades["path"] == 0).all()


def test_costs_of_each_holding_against_hand_calculation():
    """50/30/20 to 20/40/40 at 2 %, 0 and 5 %: received .30 · .98 = .294; wanted .10 and .20 cost .10 + .21 = .31."""
    found = after_one_trade([50, 30, 20], [0.2, 0.4, 0.4], (0.02, 0.0, 0.05))
    fraction = 0.294 / 0.31
    np.testing.assert_allclose(found.units, [0.2, 0.3 + 0.1 * fraction, 0.2 + 0.2 * fraction], rtol=1e-14)
    assert found.columns["cost_paid"] == pytest.approx(0.30 * 0.02 + 0.20 * fraction * 0.05, rel=1e-13)


def test_without_cost_the_target_is_met_exactly():
    found = after_one_trade([50, 30, 20], [0.1, 0.2, 0.7], 0.0)
    np.testing.assert_allclose(found.units, [0.1, 0.2, 0.7], rtol=1e-15)
    assert found.columns["cost_paid"] == 0.0


def test_after_a_sale_of_everything_no_units_remain():
    found = after_one_trade([60, 40], [0.0, 1.0], 0.01)
    assert found.units[0] == 0.0
    assert found.units[1] == pytest.approx(0.4 + 0.6 * 0.99 / 1.01, rel=1e-14)


def test_sales_are_scaled_down_where_too_little_may_be_bought():
    """a 60 → 20, b 20 → 40 but closed to buyers, c 20 → 40, at 1 %: what may be bought costs .20 · 1.01 = .202, which
    sales of .202/.99 = .2040404 pay. No loose cash is left."""
    found = after_one_trade([60, 20, 20], [0.2, 0.4, 0.4], 0.01, {"b": Bound(buyable=False)})
    sold = 0.202 / 0.99
    np.testing.assert_allclose(found.units, [0.6 - sold, 0.2, 0.4], rtol=1e-14)
    assert found.columns["turnover"] == pytest.approx(sold)
    assert found.columns["cost_paid"] == pytest.approx(0.01 * (sold + 0.2))
    assert found.columns["wealth"] == pytest.approx(1.0 - 0.01 * (sold + 0.2), rel=1e-14)


def test_sales_of_several_holdings_are_scaled_alike():
    """a 40 → 10 and b 40 → 30 want to sell .40, but c 20 may take .05 only: both sales shrink to an eighth."""
    found = after_one_trade([40, 40, 15, 5], [0.1, 0.3, 0.2, 0.4], 0.0, {"d": Bound(buyable=False)})
    np.testing.assert_allclose(found.units, [0.4 - 0.3 / 8, 0.4 - 0.1 / 8, 0.2, 0.05], rtol=1e-14)


def test_liquidity_cuts_a_sale_and_buys_are_scaled_down_to_what_it_brings():
    """a 60 → 0, but a quarter of it, .15, may be sold; b and c wanted .20 and .40 and get a quarter of that."""
    found = after_one_trade([60, 20, 20], [0.0, 0.4, 0.6], 0.0, {"a": Bound(limit=0.25)})
    np.testing.assert_allclose(found.units, [0.45, 0.25, 0.30], rtol=1e-14)
    assert found.columns["turnover"] == pytest.approx(0.15)


def test_nothing_is_sold_where_nothing_may_be_bought():
    found = after_one_trade([60, 40], [0.2, 0.8], 0.01, {"b": Bound(buyable=False)})
    assert found.units.tolist() == [0.6, 0.4]
    assert found.columns["rebalances"] == 0.0
    assert found.columns["cost_paid"] == 0.0
    assert len(found.trades) == 0


def test_a_locked_holding_is_neither_sold_nor_made_up_for():
    found = after_one_trade([60, 20, 20], [0.0, 0.0, 1.0], 0.0, {"a": Bound(limit=0.0)})
    np.testing.assert_allclose(found.units, [0.6, 0.0, 0.4], rtol=1e-15)


def test_an_order_below_a_million_millionth_of_wealth_changes_no_bit():
    """|wish| ≤ 1e-12 · W: not touched. A little more: traded, but counted only above 1e-9 · W."""
    still = after_one_trade([60, 40], [0.6 - 4e-13, 0.4 + 4e-13], 0.01)
    assert still.units.tolist() == [0.6, 0.4]
    assert len(still.trades) == 0
    small = after_one_trade([60, 40], [0.6 - 5e-10, 0.4 + 5e-10], 0.01)
    assert small.units[0] < 0.6
    assert len(small.trades) == 2
    assert small.columns["rebalances"] == 0.0
    assert small.columns["turnover"] == pytest.approx(5e-10, rel=1e-5)
    counted = after_one_trade([60, 40], [0.6 - 2e-9, 0.4 + 2e-9], 0.01)
    assert counted.columns["rebalances"] == 1.0


def test_a_target_may_be_off_by_rounding_only():
    """Shares that sum to 1 within 1e-9 and are ≥ -1e-9 pass; a share below 0 counts as 0."""
    found = after_one_trade([60, 40], [-1e-10, 1.0 + 1e-10], 0.0)
    assert found.units[0] == 0.0
    with pytest.raises(rk.InvalidInput, match="sum to 1"):
        after_one_trade([60, 40], [0.3, 0.7 + 1e-8], 0.0)
    with pytest.raises(rk.InvalidInput, match=">= 0"):
        after_one_trade([60, 40], [-1e-8, 1.0 + 1e-8], 0.0)


def test_a_trade_shows_in_the_next_steps_drawdown():
    """A trade at time 0 that costs 2 %: wealth at 0 is 1, from the next point on .98, all of it under water."""
    portfolio = rk.Portfolio([rk.Holding("a", 1.0), rk.Holding("b", 1.0)])
    market = rk.Market({"a": rk.Asset(0.0, 0.0), "b": rk.Asset(0.0, 0.0)})
    rule = Once((1.0, 0.0), 0)
    scenario = rk.Scenario(portfolio, market, [rule], frictions=rk.Frictions(0.02), years=1, steps_per_year=4)
    traced = rk.trace(scenario, rule)
    left = 0.5 + 0.5 * 0.98 / 1.02
    np.testing.assert_allclose(traced.wealth[:, 0], [1.0, *[left] * 4], rtol=1e-15)
    np.testing.assert_allclose(traced.weights[:, :, 0], [[0.5, 0.5], *[[1.0, 0.0]] * 4], rtol=1e-15)
    result = rk.compare(scenario, paths=4, progress=False)
    np.testing.assert_allclose(result.values("once", "under_water"), 0.8)
    np.testing.assert_allclose(result.values("once", "max_drawdown"), 1.0 - left, rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# The identity, and untouched holdings
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", rules_of_every_kind(every=0), ids=lambda rule: rule.name)
def test_wealth_changes_by_market_gain_less_cost_on_every_step(rule):
    """Units are rebuilt from the trades alone; wealth(t + 1) - wealth(t) = Σ units · price change - cost, to 1e-10."""
    scenario = house(rule, steps_per_year=52, years=2)
    traced = rk.trace(scenario, rule, paths=60, seed=3)
    start = scenario.portfolio.weights.to_numpy()
    points, _, paths = traced.prices.shape
    bought, paid = np.zeros_like(traced.prices), np.zeros((points, paths))
    trades = traced.trades
    step = np.rint(trades["time"].astype(float) * 52).astype(int)
    row = trades["holding"].map(list(traced.names).index).astype(int)
    path = trades["path"].astype(int)
    np.add.at(bought, (step, row, path), trades["amount"].astype(float) / traced.prices[step, row, path])
    np.add.at(paid, (step, path), trades["cost"].astype(float))
    units = start[:, None] + np.cumsum(bought, axis=0)  # after the trades of each point
    gain = (units[:-1] * np.diff(traced.prices, axis=0)).sum(axis=1)
    np.testing.assert_allclose(np.diff(traced.wealth, axis=0), gain - paid[:-1], atol=1e-10)
    assert (paid[-1] == 0.0).all()
    np.testing.assert_allclose(traced.weights.sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(
        traced.weights[1:] * traced.wealth[1:, None], units[:-1] * traced.prices[1:], rtol=1e-9, atol=1e-11
    )
    total = rk.compare(scenario, paths=60, seed=3, workers=1, progress=False).values(rule.name, "cost_paid")
    np.testing.assert_allclose(paid.sum(axis=0), total, atol=1e-12)
    assert (len(trades) == 0) == isinstance(rule, rk.Hold)


class Spy(rk.Rule):
    """Asks for a cap that pays into the index alone, and checks the other holdings' units on every date."""

    every: int = 0

    def decide(self, view, state):
        untouched = view.units[[1, 2, 4]]
        assert (untouched == 1.0).all()
        target = view.weights.copy()
        over = np.maximum(target[0] - 0.5, 0.0)
        target[0] -= over
        target[3] += over
        return target, None


def test_untouched_holdings_keep_their_units_bit_for_bit():
    """At every step for three years, beside trades of their neighbours; also the paths that do not trade."""
    scenario = house(Spy(), steps_per_year=52)
    traced = rk.trace(scenario, "spy", paths=100, seed=1)
    assert set(traced.trades["holding"]) == {"listed", "index"}
    result = rk.compare(scenario, paths=100, seed=1, workers=1, progress=False)
    idle = result.values("spy", "rebalances") == 0.0
    hold = rk.compare(house(rk.Hold(), steps_per_year=52), paths=100, seed=1, workers=1, progress=False)
    assert 0 < idle.sum() < 100
    np.testing.assert_array_equal(result.values("spy", "wealth")[idle], hold.values("hold", "wealth")[idle])


def test_all_rules_decide_on_the_view_before_any_trade():
    """Two books that trade on the same date see nothing of each other, in whatever order they stand."""
    rules = rules_of_every_kind(every=1)
    one, other = house(*rules), house(*reversed(rules))
    first = rk.compare(one, paths=200, seed=2, workers=1, progress=False)
    second = rk.compare(other, paths=200, seed=2, workers=1, progress=False)
    for rule in rules:
        for quantity in ("wealth", "turnover", "cost_paid", "ulcer"):
            np.testing.assert_array_equal(first.values(rule.name, quantity), second.values(rule.name, quantity))
