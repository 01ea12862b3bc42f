"""Same seed, same bits: for any number of threads, any batch size, longer runs, `sample`, `trace` and `compare`."""

from __future__ import annotations

import numpy as np
import pytest
from friction_scenes import random_friction_scenario
from own_statistics import Drawdowns
from scenes import Ageing, house, house_market, rules_of_every_kind
from twin_check import these_quick

import riskkit as rk
from riskkit.engine.execution import batch_size as batch_size
from riskkit.engine.execution import run as engine_run
from riskkit.engine.inputs.run_setup import RunSetup, make_run_setup

PATHS = 700


def scenario(steps_per_year=12):
    """All rules, at every step where they can be; random impacts, a hazard that is not constant, drift changes."""
    news = rk.Shock(
        "news", Ageing(1.0) + 0.5, {"private": rk.Impact(0.1, 0.04), "venture": rk.Impact(-0.2, 0.05)}, together=-0.5,
        drift_after={"index": 0.01},
    )  # fmt: skip
    return house(*rules_of_every_kind(every=0), market=house_market(news), steps_per_year=steps_per_year, years=2)


def assert_same_outcomes(found, expected, paths=PATHS):
    np.testing.assert_array_equal(found.thresholds, expected.thresholds)
    for name in expected.columns:
        np.testing.assert_array_equal(found.columns[name][:, :paths], expected.columns[name][:, :paths], err_msg=name)
    for name in ("event_counts", "hazards", "holdings"):
        for key, values in getattr(expected, name).items():
            np.testing.assert_array_equal(getattr(found, name)[key][:paths], values[:paths], err_msg=f"{name} {key}")


@pytest.fixture(scope="module")
def alone():
    """The outcomes of one thread with the batch size that the engine chooses."""
    return rk.compare(scenario(), paths=PATHS, seed=1, workers=1, progress=False).outcomes


@pytest.mark.parametrize("workers", [2, 3])
def test_same_bits_for_any_number_of_threads(alone, workers):
    found = rk.compare(scenario(), paths=PATHS, seed=1, workers=workers, progress=False).outcomes
    assert_same_outcomes(found, alone)


@pytest.mark.parametrize("size", [128, 384, 1024, 8192])
def test_same_bits_for_any_batch_size(monkeypatch, alone, size):
    monkeypatch.setattr(engine_run, "paths_per_batch", lambda *arguments: size)
    found = rk.compare(scenario(), paths=PATHS, seed=1, workers=1, progress=False).outcomes
    assert_same_outcomes(found, alone)


@pytest.mark.parametrize("state_bytes", [pytest.param(1, marks=pytest.mark.slow), 2**40])
def test_same_bits_for_any_bytes_of_a_batch(monkeypatch, alone, state_bytes):
    monkeypatch.setattr(batch_size, "STATE_BYTES", state_bytes)
    found = rk.compare(scenario(), paths=PATHS, seed=1, workers=2, progress=False).outcomes
    assert_same_outcomes(found, alone)


# With a loan, a tax and a death; hedges beside them have kernels of their own, which take long to compile.
@pytest.mark.parametrize("number", these_quick([0, 1, 2, 3, 4, 5, 9], (0, 5, 9)))
def test_same_bits_where_the_last_step_is_measured_apart_from_its_moves(monkeypatch, number):
    """Nothing is due between the two here, so that nothing may change."""
    case = random_friction_scenario(number)

    def run():
        return rk.compare(case, paths=256, seed=1, workers=1, progress=False, statistics=[Drawdowns()]).outcomes

    expected = run()
    monkeypatch.setattr(RunSetup, "due_at_end", property(lambda setup: True))
    assert_same_outcomes(run(), expected)


def test_batch_sizes_are_powers_of_two_from_128_to_8192():
    """Small runs and many threads make small batches; so do long lists of events."""
    quick = make_run_setup(house(rk.Hold(), years=1), 0)
    busy = make_run_setup(house(rk.Hold(), market=house_market(rk.Shock("ticker", 500.0, {"cash": 0.0}))), 0)
    sizes = [
        batch_size.paths_per_batch(setup, paths, workers)
        for setup, paths, workers in [(quick, 1, 1), (quick, 10_000, 8), (busy, 10**6, 1), (quick, 10**6, 1)]
    ]
    assert sizes[0] == 128
    assert sizes[3] == 8192
    assert 8 * sizes[1] <= 10_000
    assert sizes[2] < sizes[3]
    assert all(size & (size - 1) == 0 and 128 <= size <= 8192 for size in sizes)


@pytest.mark.slow
@pytest.mark.parametrize("paths", [1, 127, 128, 129, 400])
def test_a_longer_run_begins_with_the_shorter_one(alone, paths):
    found = rk.compare(scenario(), paths=paths, seed=1, workers=1, progress=False).outcomes
    assert found.path_weights.tolist() == [1.0 / paths] * paths
    assert_same_outcomes(found, alone, paths)


def test_another_seed_gives_other_paths(alone):
    found = rk.compare(scenario(), paths=PATHS, seed=2, workers=1, progress=False).outcomes
    assert (found.columns["wealth"] != alone.columns["wealth"]).all()


def test_the_largest_seed_runs_and_the_seed_is_kept():
    result = rk.compare(house(rk.Hold(), years=1), paths=5, seed=2**64 - 1, workers=1, progress=False)
    assert result.seed == 2**64 - 1


@pytest.mark.parametrize("steps_per_year", [12, pytest.param(52, marks=pytest.mark.slow)])
def test_path_k_is_the_same_in_sample_trace_and_compare(steps_per_year):
    """Lists of path numbers in any order, with repetitions, across batches and blocks."""
    whole = scenario(steps_per_year)
    result = rk.compare(whole, paths=PATHS, seed=1, workers=2, progress=False)
    drawn = rk.sample(whole.market, years=2, steps_per_year=steps_per_year, paths=PATHS, seed=1)
    assert drawn.names == whole.portfolio.names
    chosen = [699, 0, 5, 130, 5, 255, 256, 511]
    for rule in whole.rules:
        traced = rk.trace(whole, rule.name, paths=chosen, seed=1)
        assert traced.paths.tolist() == chosen
        np.testing.assert_array_equal(traced.prices, drawn.prices[:, :, chosen])
        np.testing.assert_array_equal(traced.wealth[-1], result.values(rule.name, "wealth")[chosen])
        peaks = np.maximum.accumulate(traced.wealth)
        deepest = (1.0 - traced.wealth / peaks).max(axis=0)
        np.testing.assert_array_equal(deepest, result.values(rule.name, "max_drawdown")[chosen])
        np.testing.assert_array_equal(traced.wealth[:, 2], traced.wealth[:, 4])
    events = drawn.events
    for path in set(chosen):
        mine = events[events["path"] == path]
        for name, counts in result.outcomes.event_counts.items():
            assert (mine["shock"] == name).sum() == counts[path]
        traced = rk.trace(whole, "hold", paths=[path], seed=1).events
        assert traced.to_dict("list") == mine.to_dict("list")


def test_a_count_of_paths_is_the_list_of_their_numbers():
    whole = house(rk.Cap(0.4))
    counted, listed = (rk.trace(whole, "cap", paths=paths, seed=1) for paths in (150, range(150)))
    np.testing.assert_array_equal(counted.wealth, listed.wealth)
    assert counted.trades.equals(listed.trades)
    assert len(counted.trades) > 0
    assert counted.paths.tolist() == list(range(150))


def test_a_path_of_any_number_can_be_traced():
    """Beyond any run: path 10^12 has its own numbers."""
    whole = house(rk.Hold())
    far = rk.trace(whole, "hold", paths=[10**12, 10**12 + 1, 3], seed=1)
    assert len(set(far.wealth[-1])) == 3
    np.testing.assert_array_equal(far.wealth[:, 2], rk.trace(whole, "hold", paths=4, seed=1).wealth[:, 3])


def test_trace_follows_a_rule_that_is_not_in_the_scenario():
    whole = house(rk.Hold())
    own = rk.Cap(0.35, name="mine")
    np.testing.assert_array_equal(
        rk.trace(whole, own, paths=5, seed=1).wealth, rk.trace(house(own), "mine", paths=5, seed=1).wealth
    )


def test_sample_does_not_depend_on_how_many_paths_are_drawn_at_a_time():
    """4096 paths are drawn at a time: 5000 cross the border."""
    market = house_market()
    many = rk.sample(market, years=1, steps_per_year=4, paths=5000, seed=1)
    few = rk.sample(market, years=1, steps_per_year=4, paths=100, seed=1)
    np.testing.assert_array_equal(many.prices[:, :, :100], few.prices)
    late = rk.trace(house(rk.Hold(), years=1, steps_per_year=4), "hold", paths=[4095, 4096, 4999], seed=1)
    np.testing.assert_array_equal(many.prices[:, :, [4095, 4096, 4999]], late.prices)
    first_paths = many.events[many.events["path"] < 100].reset_index(drop=True)
    assert first_paths.equals(few.events)
    assert many.events["path"].is_monotonic_increasing


def test_progress_rises_and_ends_at_the_total():
    for workers in (1, 2):
        reports = []
        rk.compare(
            house(rk.Hold(), years=1), paths=1000, seed=1, workers=workers,
            progress=lambda done, total, reports=reports: reports.append((done, total)),
        )  # fmt: skip
        assert reports[-1] == (1000, 1000)
        assert all(total == 1000 for _, total in reports)
        assert [done for done, _ in reports] == sorted({done for done, _ in reports})
