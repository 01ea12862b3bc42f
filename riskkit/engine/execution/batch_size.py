"""Sizes of batches, which fit into fast memory, and of shards, which are sent or written to disk as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from riskkit._core.array_types import UInts
from riskkit.engine.inputs.events import draw_events
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.own_statistics import recorded_steps
from riskkit.engine.own_time_change import filled_steps
from riskkit.engine.path_batch import PathBatch
from riskkit.market.shocks._contagion import expected_events
from riskkit.market.shocks._shock import Shock

__all__ = [
    "SMALLEST_BATCH",
    "compile_kernel",
    "event_bytes",
    "numbers",
    "paths_per_batch",
    "paths_per_shard",
    "split_ranges",
]

#: Fewest paths of a batch, so that each call of the kernel has some work; whole blocks.
SMALLEST_BATCH = 128

#: Most bytes of a batch: of its state, which is read at every date, and of its events, which are read once.
STATE_BYTES = 8 * 2**20
EVENT_BYTES = 64 * 2**20
BYTES_PER_EVENT = 100

#: Most bytes of wealth that a batch records at a time for statistics in Python, so that they read it from the cache.
RECORD_BYTES = 16 * 2**20

#: Most steps of a shard, about a second's work (a path's steps count once per rule), and most bytes of its columns.
SHARD_STEPS = 2**26
SHARD_BYTES = 32 * 2**20

#: Fewest shards per worker, so that at the end no worker runs alone for long.
SHARDS_PER_WORKER = 8


def numbers(start: int, count: int) -> UInts:
    """Path numbers from `start` on, padded to whole blocks."""
    padded = -(-count // LANES) * LANES
    return np.arange(start, start + padded, dtype=np.uint64)


def split_ranges(ranges: Iterable[range], size: int) -> Iterator[range]:
    """Split ranges into ranges of `size` paths; the last one of each may be shorter.

    Examples
    --------
    >>> list(split_ranges([range(0, 5), range(8, 10)], 4))
    [range(0, 4), range(4, 5), range(8, 10)]
    """
    for each in ranges:
        for start in range(each.start, each.stop, size):
            yield range(start, min(start + size, each.stop))


def event_bytes(setup: RunSetup) -> float:
    """Expected bytes of the events of a path; those of a user's sources are counted on a few paths."""
    market, horizon = setup.scenario.market, setup.calendar.time(setup.calendar.steps)
    shocks = [source for source in market.shocks if isinstance(source, Shock)]
    if len(shocks) < len(market.shocks):
        drawn, _ = draw_events(market, setup.streams, numbers(0, SMALLEST_BATCH), horizon, setup.scenario.forced)
        numbers_drawn = sum(events.path.size * (len(events.factor) + 1) for events in drawn.values())
        return BYTES_PER_EVENT * numbers_drawn / SMALLEST_BATCH
    counts = expected_events(shocks, market.contagion, horizon)
    return BYTES_PER_EVENT * sum(float(n) * (len(s.impacts) + 1) for n, s in zip(counts, shocks, strict=True))


def paths_per_batch(setup: RunSetup, paths: int, workers: int) -> int:
    """Paths of a batch: a power of two from 128 to 8192 that keeps its state in fast memory and all threads busy."""
    arrays = 1 + setup.tax.on + setup.limited + bool(setup.debt or setup.flow_dates)
    assets = len(setup.scenario.market.assets)
    state = 8.0 * (3 * assets + setup.rows.size + len(setup.books) * (arrays * setup.rows.size + layout.STATISTICS + 4))
    events = event_bytes(setup)
    recorded = 16.0 * (len(setup.scenario.rules) * recorded_steps(setup) + filled_steps(setup))
    size = 8192
    while size > SMALLEST_BATCH and (
        size * state > STATE_BYTES
        or size * events > EVENT_BYTES
        or size * recorded > RECORD_BYTES
        or size * workers > max(paths, SMALLEST_BATCH)
    ):
        size //= 2
    return size


def paths_per_shard(setup: RunSetup, batch: int, paths: int, workers: int, column_bytes: float) -> int:
    """Paths of a shard: those of a batch times a power of two."""
    size, steps = batch, setup.calendar.steps * len(setup.books)
    while (
        2 * size * steps <= SHARD_STEPS
        and 2 * size * column_bytes <= SHARD_BYTES
        and 2 * size * workers * SHARDS_PER_WORKER <= paths
    ):
        size *= 2
    return size


def compile_kernel(setup: RunSetup) -> None:
    """Compile the kernel or load it from the cache."""
    batch = PathBatch(replace(setup, statistics=()), numbers(0, SMALLEST_BATCH))
    batch.advance(1)
    for book in range(len(setup.books)):
        batch.fired(book)
    batch.trade(0, batch.appraise(0)[0])
