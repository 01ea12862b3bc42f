"""Prices that fall to 0, and prices beyond the range of numbers, worked by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from by_hand import FOUND, LOST, Orders, Watch, live, sinking

import riskkit as rk
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.path_batch import run_batch
from riskkit.market.diffusion._asset import validated_asset

NEAR = 1e-10


@pytest.fixture(autouse=True)
def no_warnings():
    """Nothing divides by 0 on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


PAIR = [rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 40)]


def test_a_price_that_falls_to_nothing_stays_there():
    """a is worthless from month 3 on, though it would rise a hundred thousand million millionfold at month 6."""
    found = live(PAIR, rk.Hold(), shocks=sinking(a={3: LOST, 6: FOUND}))
    np.testing.assert_allclose(found.trace.prices[:, 0, 0], [1.0] * 3 + [0.0] * 10, atol=1e-11)
    assert (found.trace.prices[3:, 0, 0] == 0.0).all()
    np.testing.assert_allclose(found.wealth, [1.0] * 3 + [0.4] * 10, rtol=NEAR)
    np.testing.assert_allclose(found.trace.weights[3:, :, 0], [[0.0, 1.0]] * 10, rtol=NEAR)
    assert found.end[0] == 0.6
    assert found.columns["max_drawdown"] == pytest.approx(0.6, rel=NEAR)
    assert found.columns["founder_weight_end"] == 0.0
    assert found.columns["ruin"] == 0.0


@pytest.mark.parametrize(("fall", "left"), [(1.01e-150, 1.01e-150), (0.99e-150, 0.0)])
def test_the_least_price_is_a_hundred_and_fifty_digits_down(fall, left):
    found = live(PAIR, rk.Hold(), shocks=sinking(a={3: fall}))
    assert found.trace.prices[-1, 0, 0] == pytest.approx(left, rel=1e-5, abs=0.0)


def test_a_fall_by_steps_ends_at_the_step_that_passes_the_least_price():
    """A tenth of a digit more each month: 1e-149.9 is a price, 1e-150.1 is not; the step after that is 0 too."""
    found = live(PAIR, rk.Hold(), shocks=sinking(a={2: 10**-149.9, 4: 10**-0.2, 5: 10.0}))
    prices = found.trace.prices[:, 0, 0]
    np.testing.assert_allclose(prices[2:4], 10**-149.9, rtol=1e-5)
    assert (prices[4:] == 0.0).all()


def test_what_is_worthless_is_never_bought_and_its_units_stay():
    """Back to 60/40 each month: a cannot be bought, so that nothing of b is sold either; the .6 units stay."""
    found = live(PAIR, rk.Rebalance(1), shocks=sinking(a={3: LOST}), frictions=rk.Frictions(0.01))
    np.testing.assert_array_equal(found.end, [0.6, 0.4])
    assert found.columns["turnover"] == pytest.approx(0.0, abs=1e-9)


def test_the_rest_of_a_trade_goes_on_beside_a_worthless_holding():
    """a is lost; b .40 and c .20 are to be 20 % each, a 60 %: b wants to sell .28, c to sell .08, a may not be bought.

    Then to 0/50/50: .10 of b goes into c.
    """
    holdings = [rk.Holding("a", 40), rk.Holding("b", 40), rk.Holding("c", 20)]
    orders = Orders(((4, (0.6, 0.2, 0.2)), (5, (0.0, 0.5, 0.5))))
    found = live(holdings, orders, shocks=sinking(a={3: LOST}))
    np.testing.assert_allclose(found.units[5, 1:], [0.4, 0.2], rtol=NEAR)
    np.testing.assert_allclose(found.end, [0.4, 0.3, 0.3], rtol=NEAR)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        rk.BuyDips(0.3, 0.05), rk.Band(0.05), rk.Band(0.03, relative=0.2, to="edge"), rk.Cap(0.4, to=0.3),
        rk.Trim(0.6, 1.0), rk.TakeProfit(1.3, 0.5), rk.DiversifyNow(), rk.DrawdownControl(0.4), rk.Rebalance(1),
        rk.DrawdownControl(0.4, buy_back=True), rk.CPPI(0.2, 1.5),
        rk.SellLast(after=rk.Trim(1.0, 0.5)), rk.SellDown({"a": (0.5, 0.5)}),
    ],
    ids=lambda rule: rule.name,
)  # fmt: skip
def test_every_rule_lives_with_worthless_holdings(rule):
    """First a founder holding is lost, then the rest: no NaN, no warning, wealth while there is some, then ruin."""
    holdings = [rk.Holding("a", 40, founder="Ann"), rk.Holding("c", 20, founder="Ann"), rk.Holding("b", 40)]
    found = live(holdings, rule, shocks=sinking(a={3: LOST}, c={9: LOST}, b={9: LOST}), frictions=rk.Frictions(0.01))
    assert np.isfinite(found.trace.weights).all()
    np.testing.assert_allclose(found.trace.weights.sum(axis=1), 1.0, rtol=1e-12)
    assert (found.wealth[:9] > 0.0).all()
    assert (found.wealth[9:] == 0.0).all()
    assert found.columns["ruin"] == 1.0
    assert found.columns["max_drawdown"] == 1.0
    assert all(np.isfinite(list(found.columns.values())))


def test_a_book_of_worthless_holdings_is_ruined_and_shows_its_last_weights():
    """b doubles at month 2 (.60 : .80), half of it goes at month 2 into a: 1.00 : .40. All is lost at month 5."""
    seen = []

    class Both(rk.Rule):
        every: int = 0

        def decide(self, view, state):
            seen.append(view.weights[:, 0].copy())
            target = np.array(view.weights)
            if view.step == 2:
                target[:] = np.array([[1.0 / 1.4], [0.4 / 1.4]])
            return target, None

    found = live(PAIR, Both(), shocks=sinking(a={5: LOST}, b={2: 2.0, 5: LOST}))
    np.testing.assert_allclose(found.wealth, [1, 1, 1.4, 1.4, 1.4, *[0] * 8], rtol=NEAR)
    np.testing.assert_allclose(found.trace.weights[5:, 0, 0], 1.0 / 1.4, rtol=NEAR)
    np.testing.assert_allclose(seen[-1], [1.0 / 1.4, 0.4 / 1.4], rtol=NEAR)
    assert found.columns["founder_weight_end"] == pytest.approx(1.0 / 1.4, rel=NEAR)


def test_a_worthless_book_under_a_loan_is_the_lenders_loss():
    """100 with a loan of 40, all of it lost at month 4: the lender loses 40; the weights are those of month 3."""
    found = live(PAIR, rk.Hold(), loan=rk.Loan(40, 0.0, 0.5), shocks=sinking(a={4: LOST}, b={2: 1.5, 4: LOST}))
    assert found.lender_loss[-1] * 60 == pytest.approx(40.0, rel=NEAR)
    assert found.debt[-1] == 0.0
    assert found.columns["ruin"] == found.columns["margin_call"] == found.columns["margin_unmet"] == 1.0
    np.testing.assert_allclose(found.trace.weights[4:, :, 0], [[0.5, 0.5]] * 9, rtol=NEAR)


def test_a_margin_call_counts_a_worthless_holding_as_nothing():
    """a is lost: 40 of b against a loan of 30 of at most half. 20 of b are sold, which leaves 20 against 10."""
    found = live(PAIR, rk.Hold(), loan=rk.Loan(30, 0.0, 0.5), shocks=sinking(a={4: LOST}))
    np.testing.assert_allclose(found.end * 70, [60.0, 20.0], rtol=NEAR)
    assert found.debt[-1] * 70 == pytest.approx(10.0, rel=NEAR)


def test_spending_from_worthless_holdings_is_a_shortfall():
    """12 a year is .01 a month; all is lost at month 5, so that 4 payments are made and the rest cannot be."""
    frictions = rk.Frictions(spending=rk.Spending(amount=12.0))
    found = live(PAIR, rk.Hold(), shocks=sinking(a={5: LOST}, b={5: LOST}), frictions=frictions)
    assert found.spent[-1] == pytest.approx(0.04, rel=NEAR)
    assert found.columns["shortfall"] == found.columns["ruin"] == 1.0


def test_the_cost_of_what_is_worthless_is_a_loss_when_all_is_sold_at_the_end():
    """a (cost .60) is lost, b (cost .10) is worth .40: gains of -.60 + .30, no tax; without offset 25 % of .30."""
    holdings = [rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 40, cost=10)]
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25))
    found = live(holdings, rk.Hold(), shocks=sinking(a={5: LOST}), frictions=frictions)
    assert found.columns["deferred_tax"] == 0.0
    assert found.columns["wealth"] == pytest.approx(0.4, rel=NEAR)
    alone = rk.Frictions(tax=rk.CapitalGains(0.25, loss_offset=False))
    found = live(holdings, rk.Hold(), shocks=sinking(a={5: LOST}), frictions=alone)
    assert found.columns["deferred_tax"] == pytest.approx(0.075, rel=NEAR)


def test_a_rule_sees_a_worthless_holding():
    """Price 0, weight 0, all units, a gain of 0 as a share of nothing; a catastrophe of the holding."""
    seen = []
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25))
    found = live(PAIR, Watch((seen,), tax=True), shocks=sinking(a={5: LOST}), frictions=frictions)
    after = seen[6]
    assert (after.price[0], after.weights[0], after.units[0], after.gain[0]) == (0.0, 0.0, 1.0, 0.0)
    result = rk.compare(found.scenario, paths=2, workers=1, progress=False)
    assert (result.outcomes.holdings["a"] == 1.0).all()


def test_a_mark_may_still_tell_a_price_where_there_is_none():
    """a is lost at month 2 and marked at month 6: until then the rule wants to sell half of it, and no unit goes."""
    marked = rk.TenderWindows((3, 9), 1.0, 0.0)
    holdings = [rk.Holding("a", 60, founder="Ann", liquidity=marked, marks=rk.Marks(6)), rk.Holding("b", 40)]
    found = live(holdings, Orders(((3, (0.3, 0.7)), (9, (0.0, 1.0)))), shocks=sinking(a={2: LOST}))
    np.testing.assert_array_equal(found.end, [0.6, 0.4])
    assert found.columns["reported_max_drawdown"] == pytest.approx(0.6, rel=NEAR)


@pytest.mark.parametrize(("loan", "fall"), [(None, 0.0), (rk.Loan(40.0, 0.0, 0.9), 1.0)])
def test_a_mark_tells_a_price_after_all_is_lost_unless_the_lender_took_the_units(loan, fall):
    """a is all there is, lost at month 2 and not marked within the half year. True wealth falls to 0, reported wealth
    stays: units stay, and their reported price is 1. A lender takes them at month 2, and nothing is reported."""
    a = rk.Holding("a", 100, founder="Ann", liquidity=rk.Locked(2), marks=rk.Marks(12))
    found = live([a], rk.Hold(), shocks=sinking(a={2: LOST}), loan=loan, years=0.5)
    assert found.columns["max_drawdown"] == found.columns["ruin"] == 1.0
    assert found.columns["reported_max_drawdown"] == pytest.approx(fall, abs=NEAR)
    assert found.end[0] == (0.0 if loan else 1.0)


def test_a_path_is_the_same_alone_and_among_others_where_prices_are_lost():
    """Steps one by one (trace) and by fours (compare) give the same bits, whenever in the four the price is lost."""
    for step in (4, 5, 6, 7, 8):
        found = live(PAIR, rk.Hold(), shocks=sinking(a={step: LOST}, b={step: LOST}))
        result = rk.compare(found.scenario, paths=1, workers=1, progress=False)
        assert result.values("hold", "founder_weight_end")[0] == found.trace.weights[-1, 0, 0]
        assert found.trace.weights[-1, 0, 0] == pytest.approx(0.6, rel=NEAR)
        assert result.values("hold", "ruin")[0] == 1.0


def test_heavy_tails_run_to_the_end():
    """Monthly steps under `StudentT(2.05)`: many a step of business time is so long that a price falls to 0."""
    market = rk.Market({"a": rk.Asset(0.08, 5.0), "b": rk.Asset(0.05, 0.2)}, tails=rk.StudentT(2.05))
    rules = [rk.Hold(), rk.Rebalance(1), rk.BuyDips(0.3, 0.05), rk.Cap(0.4)]
    scenario = rk.Scenario(rk.Portfolio(PAIR), market, rules, years=10, steps_per_year=12)
    result = rk.compare(scenario, paths=20_000, seed=1, workers=1, progress=False)
    lost = rk.sample(market, years=10, steps_per_year=12, paths=2000, seed=1).prices[-1] == 0.0
    assert 0 < lost[0].sum() < 2000
    for rule in scenario.names:
        assert np.isfinite(result.values(rule, "wealth")).all()
        assert (result.values(rule, "ruin") == (result.values(rule, "wealth") == 0.0)).all()


# ---------------------------------------------------------------------------------------------------------------------
# Prices that are too high
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asset", "more", "cause"),
    [
        (rk.Asset(0.0, 0.2), {"shocks": [rk.Shock("boom", 1000.0, {"a": 0.5})]}, "the shock 'boom'"),
        (rk.Asset(0.0, 0.2), {"shocks": [rk.Shock("s", 50.0, {"a": -0.1}, drift_after={"a": 10.0})]}, "the shock 's'"),
        (validated_asset(1e6, 0.2), {}, "its expected return"),
        (validated_asset(0.0, 200.0), {"tails": rk.StudentT(3)}, "its volatility under the tail StudentT(dof=3.0)"),
        (validated_asset(0.0, 200.0), {}, "its volatility"),
    ],
    ids=["shock", "drift after a shock", "expected return", "tail", "volatility"],
)
def test_the_refusal_of_a_high_price_names_what_made_it(asset, more, cause):
    """A volatility of 200 takes prices down rather than up: there the price is set by hand."""
    market = rk.Market({"a": asset}, **more)
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("a", 1.0)]), market, [rk.Hold()], years=30, steps_per_year=12)
    setup = make_run_setup(scenario, 1)
    if asset.volatility == 200.0:
        from riskkit.engine.path_batch import PathBatch

        batch = PathBatch(setup, np.arange(128, dtype=np.uint64))
        batch.prices.price[:] = 1e200
        with pytest.raises(rk.InvalidInput) as refused:
            batch.price()
    else:
        with pytest.raises(rk.InvalidInput) as refused:
            run_batch(setup, np.arange(128, dtype=np.uint64))
    message = str(refused.value)
    assert "price of 'a' must stay below 1e+150 times that of the start, got " in message
    assert f"most of it comes from {cause}:" in message
