"""When the events of a Poisson process happen, in the time of its integrated hazard."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.random_stream import RandomStream

__all__ = ["Arrivals", "counted_arrivals", "free_arrivals"]


#: Position of the path, number, and integrated hazard at each event (event), and exposure (path).
Arrivals = tuple[Ints, Ints, Array, Array]


def free_arrivals(stream: RandomStream, paths: UInts, total: Array, *, once: bool) -> Arrivals:
    """Draw arrivals at rate 1 up to `total` (path), by exponential gaps."""
    path, number, arrivals, first = stream.arrivals(paths, total, once=once)
    return path, number, arrivals, np.minimum(first, total) if once else total


def counted_arrivals(stream: RandomStream, paths: UInts, total: Array, counts: Ints, *, once: bool) -> Arrivals:
    """Draw arrivals given their number: uniform order statistics, or a truncated exponential for the first and only."""
    if once:
        path = np.flatnonzero(counts > 0)
        uniform = stream.uniforms(paths[path], 0)[0]
        arrivals = -np.log1p(uniform * np.expm1(-total[path]))
        exposure = total.copy()
        exposure[path] = arrivals
        return path, np.zeros(path.size, np.int64), arrivals, exposure
    path = np.repeat(np.arange(paths.size), counts + 1)
    number = np.arange(path.size) - np.repeat(np.cumsum(counts + 1) - counts - 1, counts + 1)
    gaps = -np.log(stream.uniforms(paths[path], number)[0])
    sums = np.zeros((paths.size, int(counts.max(initial=0)) + 1))
    sums[path, number] = gaps
    sums = np.cumsum(sums, axis=1)
    inside = number < counts[path]
    arrivals = total[path] * sums[path, number] / sums[path, counts[path]]
    return path[inside], number[inside], arrivals[inside], total
