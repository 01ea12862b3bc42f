"""How the paths of a run are cut: tiles that fit into fast memory, and parts that travel or go to disk whole."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskkit._core.terminal_text import print_note
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.own_statistics import recorded_steps
from riskkit.engine.path_batch import PathBatch
from riskkit.market.shocks._contagion import expected_ticks

__all__ = ["compile_kernel", "cut", "event_bytes", "numbers", "part_size", "tile_size"]

#: Bytes of state, which is gone through at every date, and of events, which are read once, that a batch may hold.
STATE_BYTES = 8 * 2**20
EVENT_BYTES = 64 * 2**20
BYTES_AN_EVENT = 100

#: Bytes of wealth that a batch may record at a time for statistics that are not compiled: what they read is still near.
RECORD_BYTES = 16 * 2**20

#: A part is about a second's work, a path's steps counted once for each rule, and its columns take at most so much.
PART_STEPS = 2**26
PART_BYTES = 32 * 2**20

#: So many parts a worker at least, that none is long alone at the end.
PARTS_A_WORKER = 8


def numbers(start: int, count: int) -> NDArray[np.uint64]:
    """Path numbers from `start` on, filled up to whole blocks."""
    whole = -(-count // LANES) * LANES
    return np.arange(start, start + whole, dtype=np.uint64)


def cut(ranges: Iterable[range], size: int) -> Iterator[range]:
    """The ranges in pieces of `size` paths, each range's last one shorter.

    Examples
    --------
    >>> list(cut([range(0, 5), range(8, 10)], 4))
    [range(0, 4), range(4, 5), range(8, 10)]
    """
    for each in ranges:
        for start in range(each.start, each.stop, size):
            yield range(start, min(start + size, each.stop))


def event_bytes(setup: RunSetup) -> float:
    """Bytes that the events of a path are expected to take."""
    market = setup.scenario.market
    ticks = expected_ticks(market.shocks, market.contagion, setup.calendar.time(setup.calendar.steps))
    return BYTES_AN_EVENT * sum(float(n) * (len(s.impacts) + 1) for n, s in zip(ticks, market.shocks, strict=True))


def tile_size(setup: RunSetup, paths: int, workers: int) -> int:
    """Paths a batch: a power of two from 128 to 8192 that keeps its state in fast memory and all threads busy."""
    held = 1 + setup.tax.on + setup.limited + bool(setup.debt or setup.spending)
    assets = len(setup.scenario.market.assets)
    state = 8.0 * (3 * assets + setup.rows.size + len(setup.books) * (held * setup.rows.size + layout.STATISTICS + 4))
    events, recorded = event_bytes(setup), 16.0 * len(setup.scenario.rules) * recorded_steps(setup)
    size = 8192
    while size > LANES and (
        size * state > STATE_BYTES
        or size * events > EVENT_BYTES
        or size * recorded > RECORD_BYTES
        or size * workers > max(paths, LANES)
    ):
        size //= 2
    return size


def part_size(setup: RunSetup, batch: int, paths: int, workers: int, bytes_a_path: float) -> int:
    """Paths a part: those of a batch or a power of two times as many."""
    size, steps = batch, setup.calendar.steps * len(setup.books)
    while (
        2 * size * steps <= PART_STEPS
        and 2 * size * bytes_a_path <= PART_BYTES
        and 2 * size * workers * PARTS_A_WORKER <= paths
    ):
        size *= 2
    return size


def compile_kernel(setup: RunSetup) -> None:
    """Compile, or load from the cache, what a run needs; say so when it takes more than a moment."""
    note = "riskkit: compiling the kernel for this machine, once; about ten seconds"
    timer = threading.Timer(1.5, lambda: print_note(note))
    timer.daemon = True
    timer.start()
    try:
        batch = PathBatch(replace(setup, statistics=()), numbers(0, LANES))
        batch.advance(1)
        for book in range(len(setup.books)):
            batch.fired(book)
        batch.trade(0, batch.appraise(0)[0])
    finally:
        timer.cancel()
