"""How the paths of a run are cut: tiles that fit into fast memory, and parts that travel or go to disk whole."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskkit._core.terminal_text import print_note
from riskkit.engine.inputs.events import draw_events
from riskkit.engine.inputs.run_setup import Plan
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.own_statistics import recorded_steps
from riskkit.engine.path_batch import Tile
from riskkit.market.shocks._contagion import expected_events
from riskkit.market.shocks._shock import Shock

__all__ = ["compile_kernel", "cut", "event_bytes", "numbers", "part_size", "tile_size"]

#: Bytes of state, which is gone through at every date, and of events, which are read once, that a tile may hold.
STATE_BYTES = 8 * 2**20
EVENT_BYTES = 64 * 2**20
BYTES_AN_EVENT = 100

#: Bytes of wealth that a tile may record at a time for statistics that are not compiled: what they read is still near.
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


def event_bytes(plan: Plan) -> float:
    """Bytes that the events of a path are expected to take; those of a user's sources are counted on a few paths."""
    market, horizon = plan.scenario.market, plan.calendar.time(plan.calendar.steps)
    shocks = [source for source in market.shocks if isinstance(source, Shock)]
    if len(shocks) < len(market.shocks):
        drawn, _ = draw_events(market, plan.streams, numbers(0, LANES), horizon, plan.scenario.forced)
        return BYTES_AN_EVENT * sum(events.path.size * (len(events.factor) + 1) for events in drawn.values()) / LANES
    expected = expected_events(shocks, market.contagion, horizon)
    return BYTES_AN_EVENT * sum(
        float(count) * (len(shock.impacts) + 1) for count, shock in zip(expected, shocks, strict=True)
    )


def tile_size(plan: Plan, paths: int, workers: int) -> int:
    """Paths a tile: a power of two from 128 to 8192 that keeps its state in fast memory and all threads busy."""
    held = 1 + plan.tax.on + plan.limited + bool(plan.debt or plan.spending)
    assets = len(plan.scenario.market.assets)
    state = 8.0 * (3 * assets + len(plan.books) * (held * plan.rows.size + layout.STATISTICS + 4))
    events, recorded = event_bytes(plan), 16.0 * len(plan.scenario.rules) * recorded_steps(plan)
    size = 8192
    while size > LANES and (
        size * state > STATE_BYTES
        or size * events > EVENT_BYTES
        or size * recorded > RECORD_BYTES
        or size * workers > max(paths, LANES)
    ):
        size //= 2
    return size


def part_size(plan: Plan, tile: int, paths: int, workers: int, bytes_a_path: float) -> int:
    """Paths a part: those of a tile or a power of two times as many."""
    size, steps = tile, plan.calendar.steps * len(plan.books)
    while (
        2 * size * steps <= PART_STEPS
        and 2 * size * bytes_a_path <= PART_BYTES
        and 2 * size * workers * PARTS_A_WORKER <= paths
    ):
        size *= 2
    return size


def compile_kernel(plan: Plan) -> None:
    """Compile, or load from the cache, what a run needs; say so when it takes more than a moment."""
    note = "riskkit: compiling the kernel for this machine, once; about ten seconds"
    timer = threading.Timer(1.5, lambda: print_note(note))
    timer.daemon = True
    timer.start()
    try:
        tile = Tile(replace(plan, statistics=()), numbers(0, LANES))
        tile.advance(1)
        tile.trade(0, tile.appraise(0)[0])
    finally:
        timer.cancel()
