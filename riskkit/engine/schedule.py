"""Sorts a tape's events by block and step, so that the kernel reads them off in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskkit.engine.layout import LANES, compiled
from riskkit.market.tape import Events

__all__ = ["Schedule", "arrange"]

#: Step, lane, asset, price factor, change of growth, clock that ends: the kernel's arrays.
Schedule = tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]
]


@compiled
def _sort(lane, step, asset, factor, growth, clock, blocks, steps):
    """Counting sort by (block, step); events of one step keep their order. Each block ends with an entry of step -1."""
    width = steps + 1
    starts = np.zeros(blocks * width + 1, np.int64)
    for e in range(lane.size):
        starts[(lane[e] // LANES) * width + step[e] + 1] += 1
    for b in range(blocks):
        starts[b * width + steps + 1] += 1
    for key in range(blocks * width):
        starts[key + 1] += starts[key]
    size = lane.size + blocks
    out_step = np.full(size, -1)
    out_lane = np.zeros(size, np.int64)
    out_asset = np.zeros(size, np.int64)
    out_factor = np.ones(size)
    out_growth = np.zeros(size)
    out_clock = np.full(size, -1)
    cursor = np.empty(blocks, np.int64)
    for b in range(blocks):
        cursor[b] = starts[b * width]
    for e in range(lane.size):
        key = (lane[e] // LANES) * width + step[e]
        at = starts[key]
        starts[key] += 1
        out_step[at] = step[e]
        out_lane[at] = lane[e] % LANES
        out_asset[at] = asset[e]
        out_factor[at] = factor[e]
        out_growth[at] = growth[e]
        out_clock[at] = clock[e]
    return (out_step, out_lane, out_asset, out_factor, out_growth, out_clock), cursor


def arrange(events: Events, blocks: int, steps: int) -> tuple[Schedule, NDArray[np.int64]]:
    """Return the events in the kernel's order and the first event of each block."""
    schedule: Schedule
    cursor: NDArray[np.int64]
    schedule, cursor = _sort(
        events.lane, events.step, events.asset, events.factor, events.growth, events.clock, blocks, steps
    )
    return schedule, cursor
