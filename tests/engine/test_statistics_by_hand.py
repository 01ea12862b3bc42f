"""Every statistic of a path against a wealth path worked by hand: no diffusion, and events at fixed times."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scenes import house

import riskkit as rk
from riskkit.engine import pilot
from riskkit.engine.columns import rule_columns
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.outcomes import COLUMNS
from riskkit.engine.path_batch import run_batch


def columns_of(levels, thresholds=(0.05, 0.1, 0.25, 0.6), extra=None):
    """Columns of an untouched holding whose price takes these levels, the first of them 1, at monthly points."""
    steps = len(levels) - 1
    shocks, fixed = [], {}
    for step in range(1, steps + 1):
        change = levels[step] / levels[step - 1] - 1.0
        if change:
            shocks.append(rk.Shock(f"step {step}", 1.0, {"a": change}))
            fixed[f"step {step}"] = (step - 0.5) / 12
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=shocks)
    portfolio = rk.Portfolio([rk.Holding("a", 7.0, founder="Ann")])
    scenario = rk.Scenario(portfolio, market, [rk.Hold()], years=steps / 12, steps_per_year=12)
    setup = make_run_setup(scenario, 0)
    batch = run_batch(setup, np.arange(128, dtype=np.uint64), fixed_events=fixed, thresholds=np.array([thresholds]))
    columns = rule_columns(setup, batch, 0)
    for values in columns.values():
        assert (values == values[0]).all()
    return {name: float(values[0]) for name, values in columns.items()}


def test_statistics_of_a_path_with_two_spells_against_hand_calculation():
    """Twelve months, wealth in units of 1/100; drawdowns below.

    point    0    1    2    3    4    5    6    7    8    9   10   11   12
    wealth 100  100   80   90  100  125  125  100   75   50  100  100  120
    dd       0    0   .2   .1    0    0    0   .2   .4   .6   .2   .2  .04

    Under water at 2, 3, 7 … 12: 8 of 13 points. The first spell is from its peak at 1 to 4: 3 months; the second
    from 6 to the end: 6 months, still open. Sum of drawdowns 1.94; of squares .04 + .01 + .04 + .16 + .36 + .04 + .04
    + .0016 = .6916. Excess over .05: .15 + .05 + .15 + .35 + .55 + .15 + .15 = 1.55, at 7 points; over .1: .1 + 0
    + .1 + .3 + .5 + .1 + .1 = 1.2, at 6; over .25: .15 + .35 = .5, at 2; over .6: nothing.
    """
    wealth = [100, 100, 80, 90, 100, 125, 125, 100, 75, 50, 100, 100, 120]
    # A threshold a hair above .1 and .6, where the drawdown in floating point may lie on either side.
    found = columns_of([w / 100 for w in wealth], thresholds=(0.05, 0.1 + 1e-9, 0.25, 0.6 + 1e-9))
    expected = {
        "wealth": 1.2,
        "max_drawdown": 0.6,
        "average_drawdown": 1.94 / 13,
        "ulcer": math.sqrt(0.6916 / 13),
        "under_water": 8 / 13,
        "longest_under_water": 6 / 12,
        "still_under_water": 1.0,
        "catastrophe": 0.0,
        "excess_1": 1.55 / 13,
        "above_1": 7 / 13,
        "excess_2": 1.2 / 13,
        "above_2": 6 / 13,
        "excess_3": 0.5 / 13,
        "above_3": 2 / 13,
        "excess_4": 0.0,
        "above_4": 0.0,
        "rebalances": 0.0,
        "turnover": 0.0,
        "cost_paid": 0.0,
        "tax_paid": 0.0,
        "deferred_tax": 0.0,
        "tax_due": 0.0,
        "reported_max_drawdown": found["max_drawdown"],
        "margin_call": 0.0,
        "margin_unmet": 0.0,
        "ruin": 0.0,
        "shortfall": 0.0,
        "founder_weight_end": 1.0,
        "hedge_cost": 0.0,
        "hedge_payoff": 0.0,
        "underhedged": 0.0,
        "founder_delta_end": 1.0,
        "time_weighted_wealth": 1.2,
        "time_weighted_max_drawdown": 0.6,
    }
    assert sorted(expected) == sorted(COLUMNS)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-12, abs=2e-8), name


def test_a_first_period_loss_counts_from_the_start_value():
    """-50 % at once is a drawdown of 50 %, and its spell begins at 0."""
    found = columns_of([1.0, 0.5, 0.475])
    assert found["max_drawdown"] == pytest.approx(0.525)
    assert found["longest_under_water"] == pytest.approx(2 / 12)
    assert found["under_water"] == pytest.approx(2 / 3)


def test_a_rise_has_no_drawdown_at_all():
    found = columns_of([1.0, 1.0, 1.25, 1.5, 1.5, 3.0])
    for name in ("max_drawdown", "average_drawdown", "ulcer", "under_water", "longest_under_water", "above_1"):
        assert found[name] == 0.0
    assert found["still_under_water"] == 0.0


def test_a_spell_that_ends_exactly_at_its_peak_is_over():
    """Levels that are powers of two, so that the recovery is exact: peak at 1, back at 3."""
    found = columns_of([1.0, 2.0, 1.0, 2.0, 4.0])
    assert found["still_under_water"] == 0.0
    assert found["longest_under_water"] == pytest.approx(2 / 12)
    assert found["under_water"] == pytest.approx(1 / 5)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([1.0, 0.29, 0.39], 1),  # fell to 29 % of the peak, ended at 39 % of it
        ([1.0, 0.29, 0.41], 0),  # ended above 40 %
        ([1.0, 0.31, 0.31], 0),  # never as low as 30 %
        ([1.0, 0.29, 2.0, 0.7], 0),  # the fall was from 1; at .7 the price is above 40 % of it
        ([1.0, 0.29, 2.0, 0.5, 0.7], 1),  # the latest fall is from 2, to 25 %; .7 is 35 % of 2
        ([1.0, 0.29, 2.0, 0.65, 0.7], 0),  # from 2 only to 32.5 %: the latest fall is still that from 1
        ([1.0, 4.0, 1.0, 3.0, 1.1], 1),  # 25 % of 4, and 27.5 % at the end, which is a later t of the same peak
    ],
)
def test_catastrophe_against_cases_worked_by_hand(levels, expected):
    """There is t with W_t ≤ 0.3 · M_t, and W_T ≤ 0.4 · M at the latest such t (J.P. Morgan 2014)."""
    assert columns_of(levels)["catastrophe"] == expected


def test_catastrophe_of_a_holding_is_recorded_for_every_path_from_its_own_price():
    """Beside the books: each holding with a founder, whatever the rules did with it."""
    scenario = house(rk.DiversifyNow(), rk.Hold(), years=5)
    result = rk.compare(scenario, paths=300, seed=2, workers=1, progress=False)
    assert list(result.outcomes.holdings) == ["listed", "private", "venture"]
    prices = rk.trace(scenario, "hold", paths=300, seed=2).prices
    for row, name in enumerate(result.outcomes.holdings):
        expected = []
        for levels in prices[:, row].T:
            peaks = np.maximum.accumulate(levels)
            fallen = peaks[levels <= 0.3 * peaks]
            expected.append(float(fallen.size > 0 and levels[-1] <= 0.4 * fallen[-1]))
        np.testing.assert_array_equal(result.outcomes.holdings[name], expected)
        assert 0 < sum(expected) < 300


@pytest.mark.parametrize("steps_per_year", [12, 52])
def test_thresholds_are_the_pooled_quantiles_of_the_pilots_month_end_drawdowns(monkeypatch, steps_per_year):
    """Smallest x with F(x) ≥ p at p = .90, .94, .96, .98 over the pilot's paths and all month ends."""
    monkeypatch.setattr(pilot, "PILOT_PATHS", 200)
    rules = (rk.Hold(), rk.Cap(0.4), rk.Rebalance(0))
    scenario = house(*rules, steps_per_year=steps_per_year)
    found = rk.compare(scenario, paths=10, seed=4, workers=1, progress=False).outcomes.thresholds
    ends = scenario.calendar.month_ends
    assert len(ends) == 36
    for row, rule in enumerate(rules):
        wealth = rk.trace(scenario, rule, paths=200, seed=4).wealth
        pooled = np.sort((1.0 - wealth / np.maximum.accumulate(wealth))[ends].ravel())
        ranks = [math.ceil(round(p * pooled.size, 6)) - 1 for p in (0.90, 0.94, 0.96, 0.98)]
        np.testing.assert_array_equal(found[row], pooled[ranks])


def test_thresholds_are_those_of_paths_0_to_4095_for_any_number_of_paths():
    assert pilot.PILOT_PATHS == 4096
    scenario = house(rk.Hold(), years=1)
    few = rk.compare(scenario, paths=3, seed=4, progress=False).outcomes.thresholds
    many = rk.compare(scenario, paths=5000, seed=4, progress=False).outcomes.thresholds
    np.testing.assert_array_equal(few, many)


def test_thresholds_that_coincide_are_spread_by_a_millionth():
    """Cash never falls: all four quantiles are 0, so the levels are 0, 1e-6, 2e-6, 3e-6."""
    market = rk.Market({"cash": rk.Asset(0.02, 0.0)})
    scenario = rk.Scenario(rk.Portfolio([rk.Holding("cash", 1.0)]), market, [rk.Hold()], years=1, steps_per_year=12)
    found = rk.compare(scenario, paths=3, seed=4, progress=False).outcomes.thresholds
    np.testing.assert_allclose(found, [[0.0, 1e-6, 2e-6, 3e-6]], rtol=1e-9)


def test_event_counts_and_hazards_of_a_run_are_those_of_its_market():
    scenario = house(rk.Hold())
    result = rk.compare(scenario, paths=150, seed=6, workers=1, progress=False)
    events = rk.sample(scenario.market, years=3, steps_per_year=12, paths=150, seed=6).events
    for shock in scenario.market.shocks:
        mine = events[events["shock"] == shock.name]
        counts = np.bincount(mine["path"].astype(int), minlength=150)
        np.testing.assert_array_equal(result.outcomes.event_counts[shock.name], counts)
        expected = np.full(150, 3 * shock.rate)
        if shock.once:
            expected[mine["path"].astype(int)] = shock.rate * mine["time"]
        np.testing.assert_allclose(result.outcomes.hazards[shock.name], expected, rtol=1e-12)
        assert counts.sum() > 0
