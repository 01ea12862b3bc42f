"""Run a scenario: a pilot places the thresholds, then shards of paths are simulated and their columns joined."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import NotEnoughMemory
from riskkit.engine.columns import Columns, ShardColumns, bytes_per_path
from riskkit.engine.execution.backends import in_processes, in_threads, joblib_backend
from riskkit.engine.execution.batch_size import compile_kernel, paths_per_batch, paths_per_shard, split_ranges
from riskkit.engine.execution.checkpoint import begin_checkpoint, locked_folder, open_checkpoint
from riskkit.engine.execution.interrupt import stopping
from riskkit.engine.execution.memory import out_of_core_budget, refuse_full_disk, refuse_too_large
from riskkit.engine.execution.shards import Shards, on_disk
from riskkit.engine.execution.task import Task, run_packed_task
from riskkit.engine.inputs.run_setup import RunSetup, make_run_setup
from riskkit.engine.outcomes import Outcomes, Rows
from riskkit.engine.pilot import placed_thresholds
from riskkit.engine.statistic import Statistic
from riskkit.market.diffusion._uncertain import GROUP
from riskkit.scenario._scenario import Scenario

__all__ = ["Execution", "run"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Execution:
    """Execution settings; they do not affect results.

    Attributes
    ----------
    threads : int
        Number of threads of this process.
    workers : int, optional
        Number of processes of another backend; by default all that it has.
    backend : str
        ``"threads"``, ``"loky"``, ``"dask"`` or ``"ray"``.
    memory : float, optional
        Memory budget in bytes; columns beyond it stay on disk.
    checkpoint : Path, optional
        Folder that stores finished shards.
    """

    threads: int
    workers: int | None = None
    backend: str = "threads"
    memory: float | None = None
    checkpoint: Path | None = None

    def concurrent_tasks(self) -> int:
        """Number of tasks that run at the same time."""
        if self.backend == "threads":
            return self.threads
        with joblib_backend(self.backend, self.workers) as workers:
            return workers


def run(
    scenario: Scenario,
    path_counts: Sequence[int],
    seed: int,
    execution: Execution,
    progress: Progress,
    on: tuple[str, ...] = (),
    thresholds: Array | None = None,
    statistics: tuple[Statistic, ...] = (),
    check_triggers: bool = False,
    brownian_values: bool = False,
) -> Generator[Outcomes]:
    """Run every rule of a scenario, and yield the outcomes of paths 0 … n - 1 for each n of `path_counts`.

    Parameters
    ----------
    scenario : Scenario
    path_counts : sequence of int
        Numbers of paths, increasing; each run continues where the one before ended.
    seed : int
    execution : Execution
    progress : callable
        Called with the number of paths done and their total, in the calling thread.
    on : tuple of str
        Shocks by whose number of events the paths are stratified; none for a plain sample.
    thresholds : ndarray, optional
        Drawdown levels at which each rule's pooled tail is recorded (rule, 4); by default a pilot run places them.
        Not with a checkpoint, which stores the pilot's.
    statistics : tuple of Statistic
        The user's statistics of the wealth of each rule.
    check_triggers : bool
        Whether rules with a trigger decide about all paths too, as a check.
    brownian_values : bool
        Whether the final Brownian values of the assets are recorded, for moment matching.

    Raises
    ------
    NotEnoughMemory
        If the columns would not fit.
    Interrupted
        On Ctrl-C.
    """
    with contextlib.ExitStack() as stack:
        stop = threading.Event()
        with stopping(f"before the {path_counts[0]:,} paths were done", stop, execution.checkpoint):
            if execution.checkpoint is not None:
                stack.enter_context(locked_folder(execution.checkpoint))
            setup = make_run_setup(
                scenario, seed, statistics, check_triggers=check_triggers, brownian_values=brownian_values
            )
            task, shards, budget = _prepared(setup, path_counts, seed, execution, on, thresholds, stop)
            columns, done = Columns.empty(task.setup, 0), 0
        for paths in path_counts:
            with stopping(f"before the {paths:,} paths were done", stop, execution.checkpoint):
                if shards is None:
                    columns = columns.extended(task.setup, paths)
                    missing = [range(done, paths)]
                else:
                    missing = shards.missing(paths)
                done = paths - sum(map(len, missing))
                if not missing:
                    progress(done, paths)
                in_place = shards is None and execution.backend == "threads"
                finished = _finished_shards(task, missing, execution, stop, columns if in_place else None)
                with contextlib.closing(finished):
                    for shard, shard_columns in finished:
                        if shards is None:
                            columns.place(shard.start, shard_columns)
                        else:
                            shards.write(shard.start, shard_columns)
                        done += len(shard)
                        progress(done, paths)
                outcomes = _outcomes(task, paths, columns, shards, budget)
            yield outcomes


def _prepared(
    setup: RunSetup,
    path_counts: Sequence[int],
    seed: int,
    execution: Execution,
    on: tuple[str, ...],
    thresholds: Array | None,
    stop: threading.Event,
) -> tuple[Task, Shards | None, float | None]:
    """The task of each path, the shards on disk if there are any, and the memory budget for columns on disk."""
    budget = out_of_core_budget(setup, path_counts, execution.memory, stratified=bool(on))
    if budget is not None and setup.brownian_values:
        raise NotEnoughMemory(
            f"memory must hold all columns of {path_counts[-1]:,} paths with sampling='moment matched', got "
            f"{execution.memory or 0.0:,.0f} bytes; give more memory or ask for fewer paths"
        )
    size = paths_per_batch(setup, path_counts[-1], execution.threads)
    refuse_too_large(setup, path_counts, size, execution.threads, on_disk=budget is not None)
    shards = None
    if execution.checkpoint is not None:
        shards, thresholds = open_checkpoint(execution.checkpoint, setup, seed, on)
    elif budget is not None:
        shards = Shards()
    if shards is not None:
        refuse_full_disk(setup, sum(map(len, shards.missing(path_counts[-1]))), shards.folder)
    compile_kernel(setup)
    if thresholds is None:
        thresholds = placed_thresholds(setup, execution.threads, stop)
        if execution.checkpoint is not None:
            begin_checkpoint(execution.checkpoint, setup, seed, on, thresholds)
    return Task(setup, seed, on, thresholds), shards, budget


def _finished_shards(
    task: Task, missing: Sequence[range], execution: Execution, stop: threading.Event, into: Columns | None
) -> Generator[tuple[range, ShardColumns], None, None]:
    """Run the missing paths, and yield each finished shard with those of its columns that are not yet `into` place."""
    setup, paths, workers = task.setup, sum(map(len, missing)), execution.concurrent_tasks()
    batch = paths_per_batch(setup, paths, workers)
    # Columns that are neither sent nor written need no shards larger than a batch.
    size = batch if into is not None else paths_per_shard(setup, batch, paths, workers, bytes_per_path(setup))
    if execution.backend == "threads":

        def run_shard(shard: range) -> tuple[range, ShardColumns]:
            if into is None:
                return shard, task.run(shard, batch, stop.is_set)
            task.fill(into, 0, shard, batch, stop.is_set)
            return shard, {}

        yield from in_threads(run_shard, split_ranges(missing, size), execution.threads, stop)
    else:
        packed = task.packed()
        arguments = ((packed, shard, batch) for shard in split_ranges(missing, size))
        yield from in_processes(run_packed_task, arguments, execution.workers, execution.backend)


def _outcomes(task: Task, paths: int, columns: Columns, shards: Shards | None, budget: float | None) -> Outcomes:
    """The outcomes of the paths, with their weights."""
    setup, strata = task.setup, task.strata
    quantities: Mapping[str, Rows]
    named: Mapping[str, Any]
    if shards is not None and budget is not None:
        quantities, named = on_disk(shards, setup, paths, budget)
    else:
        if shards is not None:
            columns = Columns.empty(setup, paths)
            shards.read(range(paths), columns.stored)
        quantities, named = columns.quantities, columns.named
    stratum, weights = None, np.broadcast_to(1.0 / paths, paths)
    if strata is not None:
        stratum = strata.of(np.arange(paths, dtype=np.uint64))
        weights = strata.weights(stratum)
    return Outcomes(
        columns=quantities,
        path_weights=weights,
        thresholds=task.thresholds.copy(),
        stratum=stratum,
        group=GROUP if setup.scenario.market.uncertain else 1,
        own_columns={name: each.nan_means for each in setup.statistics for name in each.columns},
        on_disk=budget is not None,
        **named,
    )
