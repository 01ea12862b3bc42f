"""Identities: rules that are special cases of each other, shocks without effect, names in another order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scenes import house, house_market, house_portfolio, rules_of_every_kind

import riskkit as rk
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.outcomes import COLUMNS


def run(scenario, paths=300, seed=7):
    return rk.compare(scenario, paths=paths, seed=seed, workers=1, progress=False)


def assert_same_bits(first, one, second, other, but=()):
    """Every column of rule `one` of a comparison is that of rule `other` of another (or the same) one."""
    a, b = first.scenario.names.index(one), second.scenario.names.index(other)
    np.testing.assert_array_equal(first.outcomes.thresholds[a], second.outcomes.thresholds[b])
    for name in COLUMNS:
        if name not in but:
            found, expected = first.outcomes.columns[name][a], second.outcomes.columns[name][b]
            np.testing.assert_array_equal(found, expected, err_msg=name)


# ---------------------------------------------------------------------------------------------------------------------
# Rules
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [0, 1, 3])
@pytest.mark.parametrize("cost", [0.0, 0.01])
def test_a_band_of_no_width_is_a_rebalancing(every, cost):
    result = run(house(rk.Band(0.0, every=every), rk.Rebalance(every), cost=cost))
    assert_same_bits(result, "band", result, "rebalance")


@pytest.mark.parametrize("to", ["target", "edge"])
def test_an_infinite_band_is_hold(to):
    result = run(house(rk.Band(math.inf, to=to, every=0), rk.Band(1.0, to=to, name="band of one"), rk.Hold()))
    assert_same_bits(result, "band", result, "hold")
    assert_same_bits(result, "band of one", result, "hold")


def test_rebalancing_to_the_start_weights_by_name_is_rebalancing():
    """.40, .20, .10, .25 and .05 of 100 are the start weights."""
    to = {"listed": 0.4, "private": 0.2, "venture": 0.1, "index": 0.25, "cash": 0.05}
    result = run(house(rk.Rebalance(3), rk.Rebalance(3, to=to, name="by name")))
    assert_same_bits(result, "rebalance", result, "by name")


@pytest.mark.parametrize(
    "rule",
    [
        rk.Cap(1.0, every=0),
        rk.BuyDips(0.999, 0.1, every=0),
        rk.TakeProfit(1e9, 0.5, every=0),
        rk.SellLast(after=rk.Hold()),
        rk.SellLast(after=rk.Trim(0.5, 1.0), then=rk.Rebalance(0)),
    ],
    ids=lambda rule: repr(rule)[:30],
)
def test_a_rule_that_never_has_cause_is_hold_bit_for_bit(rule):
    result = run(house(rule, rk.Hold(name="stay")))
    assert_same_bits(result, rule.name, result, "stay")


def test_sell_last_behind_diversify_now_sells_a_month_later():
    """The other book is out after its trades at 0; this one sees it at the first month end and sells all."""
    scenario = house(rk.SellLast(after=rk.DiversifyNow()), years=1)
    traced = rk.trace(scenario, "sell last", paths=5, seed=1)
    sold = traced.trades[traced.trades["amount"].astype(float) < 0.0]
    assert (sold["time"] == 1 / 12).all()
    assert set(sold["holding"]) == {"listed", "private", "venture"}
    np.testing.assert_allclose(traced.weights[2:, :3], 0.0, atol=1e-15)


def test_a_companion_that_is_also_a_rule_of_the_scenario_has_one_book():
    trim = rk.Trim(1.0, 1.0)
    assert len(make_run_setup(house(trim, rk.SellLast(after=trim)), 0).books) == 2
    alone, beside = run(house(rk.SellLast(after=trim))), run(house(trim, rk.SellLast(after=trim)))
    assert_same_bits(alone, "sell last", beside, "sell last")
    assert_same_bits(run(house(trim)), "trim", beside, "trim")


def test_other_rules_in_the_scenario_change_nothing():
    rules = rules_of_every_kind()
    together = run(house(*rules))
    for rule in rules[2:]:
        assert_same_bits(run(house(rule)), rule.name, together, rule.name)


class OwnRebalance(rk.Rule):
    """A user's copy of `Rebalance`."""

    every: int = 3

    def decide(self, view, state):
        start = np.array([[holding.value] for holding in view.portfolio.holdings]) / view.portfolio.total
        return np.repeat(start, view.wealth.size, axis=1), None


def rebalance_as_a_function(view):
    start = np.array([[holding.value] for holding in view.portfolio.holdings]) / view.portfolio.total
    return np.broadcast_to(start, view.weights.shape)


class OwnCap(rk.Rule):
    """A user's copy of `Cap`, in his own words."""

    limit: float = 0.4
    every: int = 1
    at_start: bool = True

    def decide(self, view, state):
        tied = view.founder_share() > 0.0
        weight = view.founder_weight()
        keep = np.where(weight > self.limit, self.limit / weight, 1.0)
        target = view.weights * np.where(tied[:, None], keep, 1.0)
        free = target[~tied].sum(axis=0)
        target[~tied] *= 1.0 + (1.0 - target.sum(axis=0)) / free
        return target, None


class OwnControl(rk.Rule):
    """A user's rule with a state: the highest wealth on its own dates, which he keeps himself."""

    every: int = 0

    def decide(self, view, state):
        high = np.maximum(view.wealth, 1.0 if state is None else state)
        assert (high == view.peak).all()
        np.testing.assert_array_equal(1.0 - view.wealth / high, view.drawdown)
        return None, high


def test_a_users_class_and_plain_function_give_the_numbers_of_the_rule_that_they_copy():
    own = rk.rule(rebalance_as_a_function, every=3, name="function")
    result = run(house(rk.Rebalance(3), OwnRebalance(name="class"), own))
    assert_same_bits(result, "class", result, "rebalance")
    assert_same_bits(result, "function", result, "rebalance")


def test_a_users_cap_gives_the_numbers_of_the_built_in_one():
    """Other operations in another order: equal to rounding, and trades on the same dates."""
    result = run(house(rk.Cap(0.4), OwnCap()))
    for quantity in ("wealth", "ulcer", "turnover", "cost_paid", "founder_weight_end", "max_drawdown"):
        np.testing.assert_allclose(result.values("own cap", quantity), result.values("cap", quantity), rtol=1e-11)
    np.testing.assert_array_equal(result.values("own cap", "rebalances"), result.values("cap", "rebalances"))


def test_a_state_comes_back_as_it_was_returned():
    result = run(house(OwnControl(), rk.Hold()))
    assert_same_bits(result, "own control", result, "hold")


# ---------------------------------------------------------------------------------------------------------------------
# What a rule sees
# ---------------------------------------------------------------------------------------------------------------------


class Watcher(rk.Rule):
    """Writes down what it sees, and trades a little."""

    every: int = 1
    at_start: bool = True

    def decide(self, view, state):
        SEEN.append(
            {
                "step": view.step, "time": view.time, "names": view.names, "units": view.units.copy(),
                "weights": view.weights.copy(), "wealth": view.wealth.copy(), "peak": view.peak.copy(),
                "drawdown": view.drawdown.copy(), "price": view.price.copy(), "sellable": view.sellable.copy(),
                "events": {name: counts.copy() for name, counts in view.events.items()},
                "founder": view.founder_weight(), "bob": view.founder_weight("Bob"),
                "shares": (view.founder_share().tolist(), view.founder_share("Bob").tolist()),
            }
        )  # fmt: skip
        target = view.weights.copy()
        target[0] *= 0.95
        target[4] += view.weights[0] - target[0]
        return target, None


SEEN: list[dict] = []


def test_a_view_against_the_trace():
    scenario = house(Watcher(), years=2)
    SEEN.clear()
    traced = rk.trace(scenario, "watcher", paths=40, seed=9)
    assert [seen["step"] for seen in SEEN] == list(range(24))  # at the start and at month ends, never at T
    start = scenario.portfolio.weights.to_numpy()[:, None]
    peaks = np.maximum.accumulate(traced.wealth)
    share = np.array([1.0, 1.0, 0.5, 0.0, 0.0])
    for seen in SEEN:
        step = seen["step"]
        assert seen["time"] == step / 12
        assert seen["names"] == ("listed", "private", "venture", "index", "cash")
        assert seen["shares"] == ([1.0, 1.0, 0.5, 0.0, 0.0], [0.0, 0.0, 0.2, 0.0, 0.0])
        view = {name: value[..., :40] for name, value in seen.items() if isinstance(value, np.ndarray)}
        np.testing.assert_array_equal(view["wealth"], traced.wealth[step])
        np.testing.assert_array_equal(view["weights"], traced.weights[step])
        np.testing.assert_array_equal(view["price"], traced.prices[step])
        np.testing.assert_array_equal(view["peak"], peaks[step])
        np.testing.assert_array_equal(view["drawdown"], 1.0 - traced.wealth[step] / peaks[step])
        units = traced.weights[step] * traced.wealth[step] / traced.prices[step] / start
        np.testing.assert_allclose(view["units"], units, rtol=1e-13)
        np.testing.assert_allclose(view["founder"], share @ traced.weights[step], rtol=1e-13)
        np.testing.assert_allclose(view["bob"], 0.2 * traced.weights[step, 2], rtol=1e-13)
        assert (view["sellable"] == 1.0).all()
        for name, counts in seen["events"].items():
            mine = traced.events[(traced.events["shock"] == name) & (traced.events["step"] <= step)]
            np.testing.assert_array_equal(counts[:40], np.bincount(mine["path"].astype(int), minlength=40))
    assert (SEEN[0]["units"] == 1.0).all()
    assert sum(counts.sum() for counts in SEEN[-1]["events"].values()) > 0


# ---------------------------------------------------------------------------------------------------------------------
# Shocks and assets
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compensate", [False, True])
@pytest.mark.parametrize("once", [False, True])
def test_a_shock_without_impact_changes_nothing_bit_for_bit(compensate, once):
    none = rk.Shock("nothing", 2.0, {"listed": 0.0, "index": rk.Impact(0.0, 0.0)}, once=once, drift_after={"cash": 0.0})
    rules = (rk.Hold(), rk.Rebalance(0), rk.Cap(0.4))
    without = run(house(*rules, market=house_market(compensate=compensate)))
    with_it = run(house(*rules, market=house_market(none, compensate=compensate)))
    assert with_it.outcomes.event_counts["nothing"].sum() > 100
    for rule in rules:
        assert_same_bits(with_it, rule.name, without, rule.name)


def test_a_shock_more_changes_no_other_draw():
    """A new shock on venture alone: other prices and the events of other shocks keep every bit."""
    more = rk.Shock("scandal", 1.0, {"venture": rk.Impact(-0.4, 0.1)}, drift_after={"venture": -0.05})
    markets = (house_market(), house_market(more))
    before, after = (rk.sample(market, years=3, steps_per_year=12, paths=200, seed=3) for market in markets)
    names = before.names
    for name in ("listed", "private", "index", "cash"):
        row = names.index(name)
        np.testing.assert_array_equal(after.prices[:, row], before.prices[:, row], err_msg=name)
    assert (after.prices[:, names.index("venture")] != before.prices[:, names.index("venture")]).any()
    others = after.events[after.events["shock"] != "scandal"].reset_index(drop=True)
    assert others.equals(before.events)
    assert len(after.events) > len(others)


def test_the_order_of_shocks_is_of_no_account():
    """Impacts of one step are factors: the order in which they are listed moves the last bits at most."""
    shocks = house_market().shocks
    one, other = house(market=house_market(shocks=shocks)), house(market=house_market(shocks=shocks[::-1]))
    first, second = run(one), run(other)
    for rule in one.names:
        for quantity in ("wealth", "max_drawdown", "cost_paid"):
            np.testing.assert_allclose(first.values(rule, quantity), second.values(rule, quantity), rtol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
def test_assets_that_are_not_held_do_not_disturb(count):
    """Put behind those that are held, uncorrelated with them, they leave every bit."""
    market = house_market()
    spare = {f"spare {i}": rk.Asset(0.5, 1.5) for i in range(count)}
    more = rk.Market({**market.assets, **spare}, market.correlation, shocks=market.shocks, compensate=market.compensate)
    without, with_them = run(house()), run(house(market=more))
    for rule in without.scenario.names:
        assert_same_bits(with_them, rule, without, rule)


def test_the_order_of_holdings_is_of_no_account():
    """Prices go by name and keep every bit; wealth is a sum in another order, equal to rounding."""
    portfolio = house_portfolio()
    turned = rk.Portfolio(portfolio.holdings[::-1])
    rules = rules_of_every_kind()
    one, other = (
        rk.Scenario(each, house_market(), rules, frictions=rk.Frictions({"listed": 0.02}), years=3, steps_per_year=12)
        for each in (portfolio, turned)
    )
    first, second = run(one), run(other)
    for rule in one.names:
        for quantity in ("wealth", "average_drawdown", "cost_paid", "turnover", "founder_weight_end"):
            found, expected = second.values(rule, quantity), first.values(rule, quantity)
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12, err_msg=f"{rule}: {quantity}")
    a, b = (rk.trace(scenario, "cap", paths=10, seed=7) for scenario in (one, other))
    assert b.names == a.names[::-1]
    np.testing.assert_array_equal(b.prices, a.prices[:, ::-1])
    np.testing.assert_allclose(b.weights, a.weights[:, ::-1], rtol=1e-11, atol=1e-14)


def test_money_in_other_units_changes_nothing():
    """Values doubled: shares of the start and all results are the same, bit for bit."""
    double = rk.Portfolio([rk.Holding(h.name, 2.0 * h.value, founder=h.founder) for h in house_portfolio().holdings])
    rules = rules_of_every_kind()
    other = rk.Scenario(double, house_market(), rules, frictions=rk.Frictions(0.01), years=3, steps_per_year=12)
    first, second = run(house()), run(other)
    for rule in rules:
        assert_same_bits(second, rule.name, first, rule.name)
