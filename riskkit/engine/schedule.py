"""Sorts a tape's events by block and step, so that the kernel reads them off in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskkit.engine.layout import LANES, compiled
from riskkit.market.tape import Events

__all__ = ["Schedule", "arrange"]

#: Of each event: step, lane, part and price factor; of each part: asset, change of growth, row of the compensator that
#: ends.
Schedule = tuple[
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.int64],
]


@compiled
def _count(lane, step, width, starts):
    """Add one part's events to the counts of the places (block, step), each kept one place further on."""
    for e in range(lane.size):
        starts[(lane[e] // LANES) * width + step[e] + 1] += 1


@compiled
def _place(part, lane, step, factor, width, starts, out_step, out_lane, out_part, out_factor):
    """Write one part's events to their places; `starts` moves on with each."""
    for e in range(lane.size):
        key = (lane[e] // LANES) * width + step[e]
        at = starts[key]
        starts[key] += 1
        out_step[at] = step[e]
        out_lane[at] = lane[e] % LANES
        out_part[at] = part
        out_factor[at] = factor[e]


def arrange(events: list[Events], blocks: int, steps: int) -> tuple[Schedule, NDArray[np.int64]]:
    """Return the events in the kernel's order and the first event of each block.

    A counting sort by block and step; events of one step stay in the order of the shocks. Each block ends with an
    entry of step -1.
    """
    width = steps + 1
    counts = np.zeros(blocks * width + 1, np.int64)
    counts[width::width] = 1
    for part in events:
        _count(part.lane, part.step, width, counts)
    starts = np.cumsum(counts)
    cursor = starts[: blocks * width : width].copy()
    size = int(starts[-1])
    step, lane, number = np.full(size, -1, np.int32), np.zeros(size, np.int32), np.zeros(size, np.int32)
    factor = np.ones(size)
    for index, part in enumerate(events):
        _place(index, part.lane, part.step, part.factor, width, starts, step, lane, number, factor)
    asset = np.array([part.asset for part in events], dtype=np.int64)
    growth = np.array([part.growth for part in events], dtype=np.float64)
    row = np.array([part.row for part in events], dtype=np.int64)
    return (step, lane, number, factor, asset, growth, row), cursor
