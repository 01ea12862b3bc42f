"""Events of which something is fixed beforehand, against the conditional laws of Poisson processes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from samples import assert_mean, assert_share, kolmogorov
from scenes import Ageing, house, house_market
from scipy import stats

import riskkit as rk
from riskkit._random.streams import Stream
from riskkit.engine.inputs.run_setup import make_run_setup
from riskkit.engine.path_batch import run_batch

YEARS = 8.0
PATHS = 40_000
HAZARDS = [0.4, Ageing(0.05) + 0.02]


def drawn(shock, fixed, paths=PATHS, seed=1):
    return shock.draw(Stream(seed, f"shock {shock.name}"), np.arange(paths, dtype=np.uint64), YEARS, fixed)


@pytest.mark.parametrize("hazard", HAZARDS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_times_given_their_number_are_uniform_order_statistics_of_the_hazard(hazard, count):
    """Given n ticks, Λ(t_k)/Λ(T) is Beta(k, n + 1 - k) (Kingman, Poisson Processes, 2.4)."""
    shock = rk.Shock("s", hazard, {"a": -0.1})
    total = float(shock.hazard.cumulative(YEARS))
    ticks = drawn(shock, np.full(PATHS, count))
    assert np.array_equal(np.bincount(ticks.path, minlength=PATHS), np.full(PATHS, count))
    assert (ticks.exposure == total).all()
    for k in range(count):
        share = shock.hazard.cumulative(ticks.time[ticks.number == k]) / total
        assert kolmogorov(share, stats.beta(k + 1, count - k).cdf) < 1.0
    ordered = np.full((PATHS, count), np.nan)
    ordered[ticks.path, ticks.number] = ticks.time
    assert (np.diff(ordered, axis=1) > 0.0).all()


@pytest.mark.parametrize("hazard", HAZARDS)
def test_time_given_that_it_comes_once_is_a_truncated_exponential_of_the_hazard(hazard):
    """P(t ≤ x | it comes) = (1 - e^{-Λ(x)}) / (1 - e^{-Λ(T)})."""
    shock = rk.Shock("s", hazard, {"a": -0.1}, once=True)
    total = float(shock.hazard.cumulative(YEARS))
    counts = np.arange(PATHS) % 2
    ticks = drawn(shock, counts)
    assert np.array_equal(np.bincount(ticks.path, minlength=PATHS), counts)
    assert kolmogorov(ticks.time, lambda t: np.expm1(-shock.hazard.cumulative(t)) / math.expm1(-total)) < 1.0
    expected = np.full(PATHS, total)
    expected[ticks.path] = shock.hazard.cumulative(ticks.time)
    np.testing.assert_allclose(ticks.exposure, expected, rtol=1e-12)


def test_counts_may_differ_from_path_to_path_and_be_nought():
    counts = np.arange(PATHS) % 4
    ticks = drawn(rk.Shock("s", 0.4, {"a": rk.Impact(-0.3, 0.1)}), counts)
    assert np.array_equal(np.bincount(ticks.path, minlength=PATHS), counts)
    for lane in (0, 1, 2, 3):
        assert sorted(ticks.number[ticks.path == lane]) == list(range(lane))
    assert_mean(ticks.factor["a"], 0.7)
    none = drawn(rk.Shock("s", 0.4, {"a": -0.3}), np.zeros(PATHS, dtype=np.int64))
    assert none.time.size == 0
    assert none.factor["a"].shape == (0,)


def test_free_draws_are_given_draws_with_poisson_counts():
    """What stratified sampling rests on: of the paths with n free ticks the first tick has the law given n."""
    shock = rk.Shock("s", 0.4, {"a": -0.1})
    free = drawn(shock, None, paths=200_000)
    counts = np.bincount(free.path, minlength=200_000)
    for n in (1, 3):
        first = free.time[(free.number == 0) & (counts[free.path] == n)]
        assert kolmogorov(first / YEARS, stats.beta(1, n).cdf) < 1.0


def test_impacts_do_not_know_how_the_time_was_found():
    shock = rk.Shock("s", 0.4, {"a": rk.Impact(-0.3, 0.1)})
    free, counted, timed = drawn(shock, None), drawn(shock, np.ones(PATHS, dtype=np.int64)), drawn(shock, 2.5)
    first = free.path[free.number == 0]
    np.testing.assert_array_equal(free.factor["a"][free.number == 0], counted.factor["a"][first])
    np.testing.assert_array_equal(timed.factor["a"], counted.factor["a"])


@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("hazard", HAZARDS)
def test_a_given_time_is_every_paths_one_tick(hazard, once):
    shock = rk.Shock("s", hazard, {"a": -0.1}, once=once)
    ticks = drawn(shock, 2.5)
    assert np.array_equal(ticks.path, np.arange(PATHS))
    assert (ticks.number == 0).all()
    assert (ticks.time == 2.5).all()
    expected = float(shock.hazard.cumulative(2.5 if once else YEARS))
    np.testing.assert_allclose(ticks.exposure, expected, rtol=1e-15)


# ---------------------------------------------------------------------------------------------------------------------
# Through the engine: volatility 0 and given times leave nothing to chance
# ---------------------------------------------------------------------------------------------------------------------


def prices_with_given_ticks(market, given, *, years=2, steps_per_year=12):
    """Price of the first asset at each point, of 128 paths."""
    portfolio = rk.Portfolio([rk.Holding(name, 1.0) for name in market.assets])
    setup = make_run_setup(rk.Scenario(portfolio, market, [rk.Hold()], years=years, steps_per_year=steps_per_year), 0)
    seen = {}
    also = {step: lambda batch: seen.update({batch.step: batch.price()[0]}) for step in range(setup.calendar.steps + 1)}
    run_batch(setup, np.arange(128, dtype=np.uint64), fixed_events=given, callbacks=also)
    return np.array([seen[step] for step in range(setup.calendar.steps + 1)])


@pytest.mark.parametrize("time", [0.3, 0.5, 1.999, 1 / 12])
def test_a_tick_shows_at_the_end_of_its_step(time):
    """0.3 years are 3.6 months: the price falls at month 4. A tick on a month's end falls on it."""
    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[rk.Shock("s", 1.0, {"a": -0.4})])
    prices = prices_with_given_ticks(market, {"s": time})
    expected = np.where(np.arange(25) >= math.ceil(round(12 * time, 9)), 0.6, 1.0)
    np.testing.assert_allclose(prices, np.repeat(expected[:, None], 128, axis=1), rtol=1e-15)


@pytest.mark.parametrize(("time", "shown"), [(0.25, 3), (0.2501, 4)])
def test_a_tick_is_counted_from_the_step_on_which_it_shows(time, shown):
    """Also one that falls on a step's very end: 0.25 years are three months."""
    seen = []

    def look(view):
        seen.append((view.step, view.events["s"].tolist(), view.price[0].tolist()))

    market = rk.Market({"a": rk.Asset(0.0, 0.0)}, shocks=[rk.Shock("s", 1.0, {"a": -0.5})])
    portfolio = rk.Portfolio([rk.Holding("a", 1.0)])
    scenario = rk.Scenario(portfolio, market, [rk.rule(look, every=0)], years=0.5, steps_per_year=12)
    run_batch(make_run_setup(scenario, 0), np.arange(128, dtype=np.uint64), fixed_events={"s": time})
    assert seen == [(step, [step >= shown] * 128, [0.5 if step >= shown else 1.0] * 128) for step in range(1, 6)]


@pytest.mark.parametrize("compensate", [False, True])
@pytest.mark.parametrize("once", [False, True])
def test_drift_after_and_the_compensator_against_the_formula_at_every_point(once, compensate):
    """From the tick τ on the log drift is changed by d: S_t = (1 + m)^t (1 + J) e^{d (t - τ)}, compensated by
    e^{-λ J t}, up to τ only where the clock stops; drift_after itself is never compensated."""
    m, rate, impact, change, time = 0.06, 0.3, -0.45, -0.2, 0.77
    shock = rk.Shock("s", rate, {"a": impact}, once=once, drift_after={"a": change})
    market = rk.Market({"a": rk.Asset(m, 0.0)}, shocks=[shock], compensate=compensate)
    prices = prices_with_given_ticks(market, {"s": time})
    t = np.arange(25) / 12
    shown = t >= time
    expected = (1 + m) ** t * np.where(shown, (1 + impact) * np.exp(change * (t - time)), 1.0)
    if compensate:
        expected *= np.exp(-rate * impact * np.where(shown & once, time, t))
    np.testing.assert_allclose(prices, np.repeat(expected[:, None], 128, axis=1), rtol=1e-13)


def test_drift_after_adds_up_over_ticks_and_may_fall_on_a_holding_that_is_not_hit():
    """Two clocks: 0.1 more from 0.5 on, then -0.3 from 1.2 on; the impact hits the other asset."""
    shocks = [
        rk.Shock("first", 1.0, {"b": -0.1}, drift_after={"a": 0.1}),
        rk.Shock("second", 1.0, {"b": -0.1}, once=True, drift_after={"a": -0.3}),
    ]
    market = rk.Market({"a": rk.Asset(0.0, 0.0), "b": rk.Asset(0.0, 0.2)}, shocks=shocks, compensate=True)
    prices = prices_with_given_ticks(market, {"first": 0.5, "second": 1.2})
    t = np.arange(25) / 12
    expected = np.exp(0.1 * np.maximum(t - 0.5, 0.0) - 0.3 * np.maximum(t - 1.2, 0.0))
    expected[t < 0.5] = 1.0
    np.testing.assert_allclose(prices, np.repeat(expected[:, None], 128, axis=1), rtol=1e-13)


def test_what_is_given_of_one_shock_changes_no_other_draw():
    """A forced event: the crash's ticks and the diffusion stay what they are, bit for bit."""
    scenario = house(rk.Hold(), market=house_market(compensate=False))
    setup = make_run_setup(scenario, 3)
    paths = np.arange(256, dtype=np.uint64)
    free, forced = run_batch(setup, paths), run_batch(setup, paths, fixed_events={"founder exit": 1.0})
    one, other = (each.inputs.shock_events["crash"] for each in (forced, free))
    np.testing.assert_array_equal(one.path, other.path)
    np.testing.assert_array_equal(one.time, other.time)
    for holding, factor in other.factor.items():
        np.testing.assert_array_equal(one.factor[holding], factor)
    np.testing.assert_array_equal(forced.price()[3:], free.price()[3:])  # index and cash are not hit by the exit
    assert (forced.price()[0] != free.price()[0]).any()


def test_weights_of_given_counts_give_back_the_plain_mean():
    """Law of total expectation over the strata no tick, one tick: p0 E0 + p1 E1 = E, each by its own sample."""
    shock = rk.Shock("s", 0.1, {"a": rk.Impact(-0.5, 0.1)}, once=True)
    tick = -math.expm1(-0.1 * YEARS)
    hit = drawn(shock, np.ones(PATHS, dtype=np.int64))
    assert_mean(hit.factor["a"], 0.5)
    free = drawn(shock, None)
    assert_share(np.bincount(free.path, minlength=PATHS), tick)
    factor = np.ones(PATHS)
    factor[free.path] = free.factor["a"]
    assert_mean(factor, 1.0 - tick + tick * 0.5)
