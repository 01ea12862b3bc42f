"""Holdings of value 0 at the start, which are bought later, against cases worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from by_hand import Orders, Watch, jumps, live
from scenes import house

import riskkit as rk
from riskkit.analysis._replayed_paths import books_of
from riskkit.engine._replay import replay

NEAR = 1e-10
EMPTY = [rk.Holding("a", 100, founder="Ann", cost=40), rk.Holding("fund", 0)]


def test_a_rule_buys_it_and_its_units_are_of_the_net_start_wealth():
    """At month 1, price 2, half of a, less 25 % of its gain, buys the fund; at month 3 the fund doubles.

    Half of a, .5, has the cost .2: tax .25·.3 = .075 leaves .425, which buy .2125 units at 2.
    """
    seen: tuple[list, ...] = ([],)
    order = Orders(((1, (0.5, 0.5)),), name="half")
    terms = {"shocks": jumps(12, fund={1: 2.0, 3: 2.0}), "frictions": rk.Frictions(tax=rk.CapitalGains(0.25))}
    found = live(EMPTY, order, **terms)
    assert found.units[1].tolist() == [1.0, 0.0]
    assert found.end == pytest.approx([0.5, 0.2125], rel=NEAR)
    assert found.wealth[4] == pytest.approx(0.5 + 0.2125 * 4, rel=NEAR)
    # At the end .5 of a cost .2, and the fund .425.
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * (0.5 - 0.2 + 0.85 - 0.425), rel=NEAR)
    units = []
    replay(found.scenario, order, range(1), seed=0, observe=lambda m, _: units.append(m.book(order).units[:, 0].copy()))
    np.testing.assert_allclose(units[-1], [0.5, 0.2125], rtol=NEAR)
    live(EMPTY, Watch(seen, every=1), frictions=rk.Frictions(flows=[rk.Deposit(12, into="fund")]))
    np.testing.assert_allclose([each.units[1] for each in seen[0]], 0.01 * np.arange(12), rtol=NEAR, atol=1e-15)


def test_vesting_brings_it_and_cost_follows_lots():
    """A grant of 12 over a year brings .01 a month of a holding that starts with nothing, at a cost of its price."""
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25), flows=[rk.Vesting("fund", 12, 1, cliff=0)])
    found = live(EMPTY, rk.Hold(), frictions=frictions, shocks=jumps(12, fund={2: 3.0}))
    np.testing.assert_allclose(found.units[:, 1], 0.01 * np.array([0, 0, *range(1, 12)]), rtol=NEAR, atol=1e-15)
    # The first .01 costs .01, the ten later ones .03 each.
    assert found.columns["deferred_tax"] == pytest.approx(0.25 * (0.6 + 3 * 0.11 - 0.31), rel=NEAR)


def test_to_the_start_weights_keeps_it_at_0():
    found = live(EMPTY, rk.Rebalance(1), frictions=rk.Frictions(flows=[rk.Deposit(12, into="fund")]))
    # Each date's deposit is sold again on it.
    assert found.units[:, 1].tolist() == pytest.approx([0.0] * 13, abs=1e-15)


def test_a_founder_holding_of_0_is_nothing_to_sell_for_a_plan_and_out_for_a_pledge():
    """Trim sells shares of what was held at the start; SellLast waits for founder holdings that begin with something.

    The pledged book sells a at time 0, so that from month 1 on all of its founder holdings are out.
    """
    holdings = [rk.Holding("a", 50, founder="Ann"), rk.Holding("fund", 0, founder="Ann"), rk.Holding("b", 50)]
    flows = rk.Frictions(flows=[rk.Deposit(12, into="fund")])
    trimmed = live(holdings, rk.Trim(1.0, 0.5), frictions=flows)
    assert trimmed.units[-1] == pytest.approx([0.0, 0.11, 1.0], abs=1e-9)
    last = live(holdings, rk.SellLast(after=rk.DiversifyNow()))
    assert last.units[:, 0].tolist() == pytest.approx([0.5, 0.5] + [0.0] * 11, abs=1e-9)
    with pytest.raises(rk.InvalidInput, match=r"SellDown: start value of 'fund' in shares must be > 0, got 0\.0"):
        live(holdings, rk.SellDown({"fund": (1.0,)}))


def test_what_has_no_place_to_go_but_holdings_of_0_is_refused():
    with pytest.raises(rk.InvalidInput, match=r"Cap: .* no other holding with a value > 0 is without a founder"):
        live(EMPTY, rk.Cap(0.3, "Ann"))
    assert live(EMPTY, rk.Cap(0.3, "Ann", into={"fund": 1.0})).end == pytest.approx([0.3, 0.7], rel=1e-9)
    with pytest.raises(rk.InvalidInput, match="Deposit: into must name what the deposit buys where the holdings that"):
        live(EMPTY, rk.Hold(), frictions=rk.Frictions(flows=[rk.Deposit(12)]))


def test_a_holding_of_0_that_nobody_buys_changes_nothing():
    """The house with a sixth holding of 0, whose asset comes last."""
    plain = house(rk.Hold(), rk.Cap(0.3), rk.Rebalance(12), years=2)
    market = plain.market.with_cash("fund", 0.05)
    more = rk.Portfolio([*plain.portfolio.holdings, rk.Holding("fund", 0)])
    other = replace(plain, portfolio=more, market=market)
    one, two = (rk.compare(each, paths=300, seed=3, progress=False) for each in (plain, other))
    for rule in plain.names:
        np.testing.assert_allclose(two.values(rule, "wealth"), one.values(rule, "wealth"), rtol=1e-12)
        np.testing.assert_allclose(two.values(rule, "max_drawdown"), one.values(rule, "max_drawdown"), rtol=1e-9)
    assert (books_of(other, other.rules[0], np.arange(8), 3).profits[5] == 0.0).all()


def test_files_keep_it(tmp_path):
    scenario = house(rk.Hold(), years=1)
    market = scenario.market.with_cash("fund", 0.03)
    scenario = replace(
        scenario, portfolio=rk.Portfolio([*scenario.portfolio.holdings, rk.Holding("fund", 0)]), market=market
    )
    scenario.save(tmp_path / "case.toml")
    assert rk.Scenario.load(tmp_path / "case.toml") == scenario
