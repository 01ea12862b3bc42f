"""Beyond a budget columns stay on disk, and every answer is the same to the last bit."""

from __future__ import annotations

import gc
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scenes import house

import riskkit as rk
from riskkit.engine import room
from riskkit.engine.collecting import bytes_a_path
from riskkit.engine.plan import make_plan

PATHS = 6000


def scenario():
    return house(rk.Hold(), rk.Rebalance(3), rk.Cap(0.3, founder="Ann"), steps_per_year=12, years=2)


@pytest.fixture(scope="module")
def in_memory():
    return rk.compare(scenario(), paths=PATHS, seed=3)


@pytest.fixture
def small(monkeypatch):
    """The budget counts columns only, so that it can be small."""
    monkeypatch.setattr(room, "PROGRAM_BYTES", 0)


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


def test_a_budget_that_is_enough_leaves_columns_in_memory():
    assert not rk.compare(scenario(), paths=500, memory="1GB").outcomes.on_disk


def test_a_result_on_disk_is_saved_whole_and_not_pickled(on_disk, in_memory, tmp_path, monkeypatch):
    monkeypatch.setattr("riskkit.comparison.stored_paths.ROWS_AT_A_TIME", 1000)
    on_disk.save(tmp_path / "result")
    assert_same_answers(rk.Comparison.load(tmp_path / "result"), in_memory)
    with pytest.raises(rk.InvalidInput, match=r"cannot be pickled; save it, as in result\.save\(folder\)"):
        pickle.dumps(on_disk)


def test_temporary_columns_go_with_their_result(small):
    found = rk.compare(scenario(), paths=PATHS, seed=3, memory="0.5MB")
    folder = Path(found.outcomes.columns["wealth"].columns.parts.folder)
    assert list(folder.glob("*.parquet"))
    del found
    gc.collect()
    assert not folder.exists()


def test_columns_of_a_folder_are_read_where_they_are(small, in_memory, tmp_path):
    found = rk.compare(scenario(), paths=PATHS, seed=3, memory="0.5MB", checkpoint=tmp_path)
    assert_same_answers(found, in_memory)


def test_a_metric_holds_as_few_columns_as_the_budget_counts(small, tmp_path):
    """`WORKING_BYTES` is what is promised for a path; NumPy tells what was taken. Half a column is for the rest."""
    paths = 60_000
    found = rk.compare(scenario(), paths=paths, seed=3, memory=60_000 * room.WORKING_BYTES, checkpoint=tmp_path)
    assert found.outcomes.on_disk
    found.table("turnover")
    found.differences(metrics="turnover")
    tracemalloc.start()
    try:
        start = tracemalloc.get_traced_memory()[0]
        found.table()
        found.differences()
        most = tracemalloc.get_traced_memory()[1] - start
    finally:
        tracemalloc.stop()
    assert most / paths < room.WORKING_BYTES + 4


def test_budgets_that_are_no_size_or_too_small_are_refused():
    for bad in ("2 gigabytes", "-1GB", "0GB", "GB", 0, True, [1]):
        with pytest.raises(rk.InvalidInput, match="memory must be"):
            rk.compare(scenario(), paths=10, memory=bad)
    with pytest.raises(rk.NotEnoughMemory, match=r"memory must be at least .* GB for 90,000,000 paths, whose columns"):
        rk.compare(scenario(), paths=90_000_000, memory="1GB")


@pytest.mark.parametrize(("told", "size"), [("2GB", 2e9), ("1.5 GiB", 1.5 * 2**30), ("800MB", 8e8), (4096, 4096.0)])
def test_sizes_are_read_as_written(told, size):
    assert room.as_bytes(told) == size


def test_a_run_that_does_not_fit_says_that_columns_can_stay_on_disk(monkeypatch):
    plan = make_plan(scenario(), 0)
    monkeypatch.setattr(room, "memory_size", lambda: bytes_a_path(plan) * PATHS)
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
