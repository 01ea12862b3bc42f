"""Columns beyond the memory budget stay on disk, are read in chunks, and every answer is the same."""

from __future__ import annotations

import gc
import math
import pickle
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scenes import house

import riskkit as rk
from riskkit.engine.columns import bytes_per_path
from riskkit.engine.execution import memory as memory_module
from riskkit.engine.execution import out_of_core as streamed
from riskkit.engine.execution.out_of_core import Streamed, streamed_quantiles
from riskkit.engine.inputs.run_setup import make_run_setup

PATHS = 6000


def scenario():
    return house(rk.Hold(), rk.Rebalance(3), rk.Cap(0.3, founder="Ann"), steps_per_year=12, years=2)


@pytest.fixture(scope="module")
def in_memory():
    return rk.compare(scenario(), paths=PATHS, seed=3)


@pytest.fixture
def small(monkeypatch):
    """The budget counts columns only, so that it can be small."""
    monkeypatch.setattr(memory_module, "PROGRAM_BYTES", 0)


@pytest.fixture
def short_chunks(monkeypatch):
    """Columns are gone through, and added up, 1000 paths at a time; of 200 values the rank is looked up."""
    monkeypatch.setattr(streamed, "CHUNK", 1000)
    monkeypatch.setattr(streamed, "FEW", 200)


@pytest.fixture
def on_disk(small):
    found = rk.compare(scenario(), paths=PATHS, seed=3, memory="0.5MB")
    assert found.outcomes.on_disk
    return found


def assert_same_answers(found, expected):
    for name in ("table", "errors", "differences", "holdings"):
        pd.testing.assert_frame_equal(getattr(found, name)(), getattr(expected, name)(), check_exact=True)


def test_every_answer_is_the_same_from_disk(on_disk, in_memory):
    assert_same_answers(on_disk, in_memory)
    for ask in (
        lambda each: each.interval("wealth_median"),
        lambda each: each.interval("ced95", 0.9),
        lambda each: each.dominance(),
        lambda each: each.regret(),
    ):
        pd.testing.assert_frame_equal(ask(on_disk), ask(in_memory), check_exact=True)
    for quantity in ("wealth", "reported_max_drawdown", "ruin"):
        np.testing.assert_array_equal(on_disk.values("hold", quantity), in_memory.values("hold", quantity))


def of(requested, **named):
    return rk.compare(requested, paths=PATHS, seed=3, **named)


@pytest.mark.slow
@pytest.mark.parametrize("market", ["known", "uncertain"])
def test_every_answer_is_the_same_from_streams(small, short_chunks, market):
    requested = scenario()
    if market == "uncertain":
        assets = {
            name: replace(asset, expected_return=rk.Uncertain(0.08, 0.02))
            for name, asset in requested.market.assets.items()
        }
        requested = replace(requested, market=replace(requested.market, assets=assets))
    found, expected = of(requested, memory=1), of(requested)
    assert found.outcomes.on_disk
    assert_same_answers(found, expected)
    for ask in (
        lambda each: each.interval("wealth_median"),
        lambda each: each.interval("ced95", 0.9),
        lambda each: each.dominance(),
        lambda each: each.regret(),
        lambda each: each.to_pandas(),
        lambda each: each.tilt({rk.Mean("wealth", rule="hold"): 1.5}).table("wealth_mean"),
    ):
        pd.testing.assert_frame_equal(ask(found), ask(expected), check_exact=True)
    for quantity in ("wealth", "ruin"):
        np.testing.assert_array_equal(found.values("hold", quantity), expected.values("hold", quantity))
    np.testing.assert_array_equal(found.worst(7).paths, expected.worst(7).paths)


@pytest.mark.slow
def test_a_reweighted_stream_answers_as_memory_does(small, short_chunks):
    """Ranks under unequal weights are found from sums in another order: the same to rounding."""
    requested = scenario()
    requested = replace(requested, market=replace(requested.market, compensate=False))
    found, expected = (each.reweight({"founder exit": 0.08}) for each in (of(requested, memory=1), of(requested)))
    for name in ("table", "errors", "differences"):
        pd.testing.assert_frame_equal(getattr(found, name)(), getattr(expected, name)(), rtol=1e-9)


@pytest.mark.slow
@pytest.mark.nightly
def test_streams_hold_no_more_for_more_paths(small, short_chunks, monkeypatch, tmp_path):
    """A column that were held whole would take 8 bytes a path: for twice the paths next to nothing is added.

    Of a budget for four columns more, four columns are made use of.
    """
    monkeypatch.setattr("riskkit.engine.execution.batch_size.SHARD_BYTES", 2**18)
    monkeypatch.setattr(streamed, "CHUNK", 4000)
    metrics = ["wealth_p05", "goal_probability", "certainty_equivalent", "ced95", "cdar95", "turnover"]
    most = []
    for paths, memory in ((16_000, 1), (16_000, 1), (32_000, 1), (32_000, 4 * 8 * 32_000)):
        found = rk.compare(scenario(), paths=paths, seed=3, memory=memory, checkpoint=tmp_path)
        tracemalloc.start()
        try:
            start = tracemalloc.get_traced_memory()[0]
            found.table(metrics)
            found.differences(metrics=metrics)
            most.append(tracemalloc.get_traced_memory()[1] - start)
        finally:
            tracemalloc.stop()
    assert most[2] < most[1] + 1.0 * 16_000
    assert 3 * 8 * 32_000 < most[3] - most[2] < 5 * 8 * 32_000


def eight_bits():
    return mock.patch.object(streamed, "BITS", 8)


values = st.floats(allow_nan=False, width=64) | st.sampled_from([0.0, -0.0, 1.0, 5e-324, -5e-324, 1e308])


@given(arrays(np.float64, st.integers(1, 60), elements=values), st.floats(0.001, 1.0), st.integers(1, 70))
def test_a_quantile_of_a_stream_is_that_of_the_sorted_values(column, p, few):
    """The smallest of the sorted values x_1 <= … <= x_n with k / n >= p, k found by exact fractions."""
    with mock.patch.object(streamed, "FEW", few), mock.patch.object(streamed, "CHUNK", 7), eight_bits():
        found = streamed_quantiles(Streamed(column.size, lambda rows: column[rows]), [p])
    wanted = Fraction(p) * (1 - Fraction(1, 10**10)) * column.size
    assert found == [sorted(column)[max(math.ceil(wanted), 1) - 1]]


def test_a_weighted_quantile_of_a_stream_by_hand():
    """Of 3, 1, 2 with weights 1/4, 1/2, 1/4 the share at or below 1 is a half, and at or below 2 three quarters."""
    column, weights = np.array([3.0, 1.0, 2.0]), np.array([0.25, 0.5, 0.25])
    stream = Streamed(3, lambda rows: column[rows])
    found = streamed_quantiles(stream, (0.5, 0.51, 0.75, 0.76, 1.0), weights)
    assert found == [1.0, 2.0, 2.0, 3.0, 3.0]


def test_arithmetic_on_a_stream_is_put_off_and_right():
    column = np.array([4.0, 9.0, 16.0])
    made = []

    def read(rows):
        made.append(rows)
        return column[rows]

    with np.errstate(divide="ignore"):
        lazy = 1.0 / (np.sqrt(Streamed(3, read)) - 2.0)
        lazy += column
    assert not made
    np.testing.assert_array_equal(np.asarray(lazy), [np.inf, 10.0, 16.5])


def test_columns_stay_in_memory_within_the_budget():
    assert not rk.compare(scenario(), paths=500, memory="1GB").outcomes.on_disk


def test_a_result_on_disk_is_saved_whole_and_not_pickled(on_disk, in_memory, tmp_path, monkeypatch):
    monkeypatch.setattr("riskkit.comparison.io.parquet.BYTES_AT_A_TIME", 2**20)
    on_disk.save(tmp_path / "result")
    assert_same_answers(rk.Comparison.load(tmp_path / "result"), in_memory)
    with pytest.raises(rk.InvalidInput, match=r"cannot be pickled; save it, as in result\.save\(folder\)"):
        pickle.dumps(on_disk)


@pytest.mark.slow
@pytest.mark.parametrize("drawn", [{"sampling": "stratified", "on": "founder exit"}, {"until": {"ced95": 0.02}}])
def test_every_way_of_drawing_answers_alike_from_disk(small, short_chunks, drawn):
    found, expected = of(scenario(), memory=8 * 7 * 2 * PATHS, **drawn), of(scenario(), **drawn)
    assert found.outcomes.on_disk
    assert_same_answers(found, expected)


def test_a_reweighted_result_on_disk_is_saved_with_its_hazards(small, short_chunks, tmp_path):
    requested = scenario()
    requested = replace(requested, market=replace(requested.market, compensate=False))
    found, expected = (each.reweight({"founder exit": 0.08}) for each in (of(requested, memory=1), of(requested)))
    found.save(tmp_path / "result")
    loaded = rk.Comparison.load(tmp_path / "result")
    np.testing.assert_array_equal(loaded.outcomes.hazards["founder exit"], expected.outcomes.hazards["founder exit"])
    np.testing.assert_array_equal(loaded.values("cap", "wealth"), expected.values("cap", "wealth"))


def test_temporary_columns_go_with_their_result(small):
    found = rk.compare(scenario(), paths=PATHS, seed=3, memory="0.5MB")
    folder = Path(found.outcomes.columns["wealth"].columns.shards.folder)
    assert list(folder.glob("*.parquet"))
    del found
    gc.collect()
    assert not folder.exists()


def test_columns_of_a_folder_are_read_where_they_are(small, in_memory, tmp_path):
    found = rk.compare(scenario(), paths=PATHS, seed=3, memory="0.5MB", checkpoint=tmp_path)
    assert_same_answers(found, in_memory)


def test_budgets_that_are_no_size_or_too_small_are_refused():
    for bad in ("2 gigabytes", "-1GB", "0GB", "GB", 0, True, [1]):
        with pytest.raises(rk.InvalidInput, match="memory must be"):
            rk.compare(scenario(), paths=10, memory=bad)
    with pytest.raises(rk.NotEnoughMemory, match=r"memory must be at least 500 MB for any number of paths, got 200 MB"):
        rk.compare(scenario(), paths=90_000_000, memory="200MB")
    with pytest.raises(rk.NotEnoughMemory, match="at least 5,540 MB for 90,000,000 paths drawn by strata, got"):
        rk.compare(scenario(), paths=90_000_000, memory="1GB", sampling="stratified", on="founder exit")


def test_paths_that_no_disk_holds_are_refused_before_the_run(tmp_path):
    with pytest.raises(rk.NotEnoughMemory, match=r"need from [\d,.]+ to [\d,.]+ GB on disk, and .* has [\d,.]+ GB"):
        rk.compare(scenario(), paths=10**12, memory="1GB", checkpoint=tmp_path)


@pytest.mark.parametrize(
    ("text", "size"),
    [("600m", 6e8), ("1gb", 1e9), ("2GB", 2e9), ("1.5 GiB", 1.5 * 2**30), ("800MB", 8e8), (4096, 4096.0)],
)
def test_sizes_are_read_as_written(text, size):
    assert memory_module.as_bytes(text) == size


def test_a_run_that_does_not_fit_says_that_columns_can_stay_on_disk(monkeypatch):
    setup = make_run_setup(scenario(), 0)
    monkeypatch.setattr(memory_module, "memory_size", lambda: bytes_per_path(setup) * PATHS)
    with pytest.raises(rk.NotEnoughMemory, match="or give memory= a budget, beyond which columns stay on disk"):
        rk.compare(scenario(), paths=PATHS)


def worst_by_sorting(values, count):
    return np.argsort(values, kind="stable")[:count]


def test_the_worst_paths_are_replayed_bit_for_bit(on_disk):
    wealth = on_disk.values("cap", "wealth")
    found = on_disk.worst(5, rule="cap")
    np.testing.assert_array_equal(found.paths, worst_by_sorting(wealth, 5))
    np.testing.assert_array_equal(found.wealth[-1], np.sort(wealth)[:5])
    depths = on_disk.values("hold", "max_drawdown")
    found = on_disk.worst(4, quantity="max_drawdown")
    np.testing.assert_array_equal(found.paths, worst_by_sorting(-depths, 4))
    np.testing.assert_allclose(rk.measures.max_drawdown(found.wealth), depths[found.paths], rtol=1e-12)


def test_worst_refuses_what_it_cannot_do(in_memory):
    with pytest.raises(rk.InvalidInput, match=r"n must be"):
        in_memory.worst(PATHS + 1)
    with pytest.raises(rk.InvalidInput, match="quantity"):
        in_memory.worst(1, quantity="turnover")
    with pytest.raises(rk.InvalidInput, match="rule"):
        in_memory.worst(1, rule="keep")
    drawn = rk.compare(scenario(), paths=256, sampling="stratified", on="founder exit")
    with pytest.raises(rk.InvalidInput, match="worst needs paths that were drawn plainly, got a stratified result"):
        drawn.worst(1)
