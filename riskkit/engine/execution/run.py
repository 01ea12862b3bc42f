"""Runs a scenario: the pilot that places the thresholds, then every part of the paths, then one set of columns."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.engine.columns import Columns, Piece, bytes_a_path
from riskkit.engine.execution.backends import elsewhere, in_processes, in_threads
from riskkit.engine.execution.batch_size import compile_kernel, cut, part_size, tile_size
from riskkit.engine.execution.checkpoint import alone_in, begin_checkpoint, open_checkpoint
from riskkit.engine.execution.interrupt import stopping
from riskkit.engine.execution.memory import refuse_full_disk, refuse_too_large, room_on_disk
from riskkit.engine.execution.shards import Parts, on_disk
from riskkit.engine.execution.task import Work, piece_elsewhere
from riskkit.engine.inputs.run_setup import RunSetup, make_run_setup
from riskkit.engine.outcomes import Outcomes, Rows
from riskkit.engine.pilot import placed_thresholds
from riskkit.engine.statistic import Statistic
from riskkit.market.diffusion._uncertain import GROUP
from riskkit.scenario._scenario import Scenario

__all__ = ["Means", "run"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Means:
    """With what a run is made; its numbers do not depend on it.

    Attributes
    ----------
    threads : int
        Threads of this process.
    workers : int, optional
        Processes of another backend; by default all that it has.
    backend : str
        ``"threads"``, ``"loky"``, ``"dask"`` or ``"ray"``.
    memory : float, optional
        Bytes beyond which columns stay on disk.
    checkpoint : Path, optional
        Folder that keeps finished parts.
    """

    threads: int
    workers: int | None = None
    backend: str = "threads"
    memory: float | None = None
    checkpoint: Path | None = None

    def tasks_at_a_time(self) -> int:
        """How many tasks run at a time."""
        if self.backend == "threads":
            return self.threads
        with elsewhere(self.backend, self.workers) as workers:
            return workers


def run(
    scenario: Scenario,
    looks: Sequence[int],
    seed: int,
    means: Means,
    progress: Progress,
    on: tuple[str, ...] = (),
    thresholds: NDArray[np.float64] | None = None,
    statistics: tuple[Statistic, ...] = (),
    check_triggers: bool = False,
) -> Generator[Outcomes]:
    """Run every rule of a scenario, and yield what became of paths 0 … n - 1 for each n of `looks`.

    Parameters
    ----------
    scenario : Scenario
    looks : sequence of int
        Numbers of paths, increasing; each run goes on where the one before ended.
    seed : int
    means : Means
    progress : callable
        Called with the number of paths done and their total, in the calling thread.
    on : tuple of str
        Shocks by whose number of ticks the paths are stratified; none for a plain sample.
    thresholds : ndarray, optional
        Drawdown levels at which each rule's pooled tail is recorded (rule, 4); by default a pilot run places them.
        Not with a checkpoint, which keeps the pilot's.
    statistics : tuple of Statistic
        A user's statistics of the wealth of each rule.
    check_triggers : bool
        Whether rules with a trigger decide about all paths too, as a check.

    Raises
    ------
    NotEnoughMemory
        If the columns would not fit.
    Interrupted
        On Ctrl-C.
    """
    with contextlib.ExitStack() as held:
        stop = threading.Event()
        with stopping(f"before the {looks[0]:,} paths were done", stop, means.checkpoint):
            if means.checkpoint is not None:
                held.enter_context(alone_in(means.checkpoint))
            setup = make_run_setup(scenario, seed, statistics, check_triggers=check_triggers)
            work, parts, room = _prepared(setup, looks, seed, means, on, thresholds, stop)
            columns, done = Columns.empty(work.setup, 0), 0
        for paths in looks:
            with stopping(f"before the {paths:,} paths were done", stop, means.checkpoint):
                if parts is None:
                    columns = columns.extended(work.setup, paths)
                    todo = [range(done, paths)]
                else:
                    todo = parts.missing(paths)
                done = paths - sum(map(len, todo))
                if not todo:
                    progress(done, paths)
                in_place = parts is None and means.backend == "threads"
                with contextlib.closing(_pieces(work, todo, means, stop, in_place=in_place)) as pieces:
                    for part, piece in pieces:
                        if parts is None:
                            columns.place(part.start, piece)
                        else:
                            parts.write(part.start, piece)
                        done += len(part)
                        progress(done, paths)
                outcomes = _outcomes(work, paths, columns, parts, room)
            yield outcomes


def _prepared(
    setup: RunSetup,
    looks: Sequence[int],
    seed: int,
    means: Means,
    on: tuple[str, ...],
    thresholds: NDArray[np.float64] | None,
    stop: threading.Event,
) -> tuple[Work, Parts | None, float | None]:
    """What is asked of each path, the parts on disk if any are kept, and the room that columns on disk may take."""
    room = room_on_disk(setup, looks, means.memory, stratified=bool(on))
    size = tile_size(setup, looks[-1], means.threads)
    refuse_too_large(setup, looks, size, means.threads, on_disk=room is not None)
    parts = None
    if means.checkpoint is not None:
        parts, thresholds = open_checkpoint(means.checkpoint, setup, seed, on)
    elif room is not None:
        parts = Parts()
    if parts is not None:
        refuse_full_disk(setup, sum(map(len, parts.missing(looks[-1]))), parts.folder)
    compile_kernel(setup)
    if thresholds is None:
        thresholds = placed_thresholds(setup, means.threads, stop)
        if means.checkpoint is not None:
            begin_checkpoint(means.checkpoint, setup, seed, on, thresholds)
    return Work(setup, seed, on, thresholds), parts, room


def _pieces(
    work: Work, todo: Sequence[range], means: Means, stop: threading.Event, *, in_place: bool
) -> Generator[tuple[range, Piece], None, None]:
    """Run what is to do, and yield each piece of it that is done."""
    setup, paths, beside = work.setup, sum(map(len, todo)), means.tasks_at_a_time()
    batch = tile_size(setup, paths, beside)
    # What neither travels nor is written needs no larger parts.
    size = batch if in_place else part_size(setup, batch, paths, beside, bytes_a_path(setup))
    if means.backend == "threads":

        def piece(part: range) -> tuple[range, Piece]:
            return part, work.piece(part, batch, stop.is_set)

        yield from in_threads(piece, cut(todo, size), means.threads, stop)
    else:
        packed = work.packed()
        tasks = ((packed, part, batch) for part in cut(todo, size))
        yield from in_processes(piece_elsewhere, tasks, means.workers, means.backend)


def _outcomes(work: Work, paths: int, columns: Columns, parts: Parts | None, room: float | None) -> Outcomes:
    """What became of the paths, with their weights."""
    setup, strata = work.setup, work.strata
    quantities: Mapping[str, Rows]
    named: Mapping[str, Any]
    if parts is not None and room is not None:
        quantities, named = on_disk(parts, setup, paths, room)
    else:
        if parts is not None:
            columns = Columns.empty(setup, paths)
            parts.read(range(paths), columns.stored)
        quantities, named = columns.quantities, columns.named
    stratum, weights = None, np.broadcast_to(1.0 / paths, paths)
    if strata is not None:
        stratum = strata.of(np.arange(paths, dtype=np.uint64))
        weights = strata.weights(stratum)
    return Outcomes(
        columns=quantities,
        weights=weights,
        thresholds=work.thresholds.copy(),
        stratum=stratum,
        group=GROUP if setup.scenario.market.uncertain else 1,
        own_columns={name: each.nan_means for each in setup.statistics for name in each.columns},
        on_disk=room is not None,
        **named,
    )
