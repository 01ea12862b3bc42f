"""Compiled loops that draw whole arrays: uniforms, normals and the arrival times of a unit-rate Poisson process."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._random.compiling import compiled, inlined, wide
from riskkit._random.threefry import log, normal_pair, threefry2x64, uniform
from riskkit._random.vectors import WIDTH, load, store

__all__ = ["arrivals", "fill_normals", "normals", "uniforms"]

U = np.uint64


@compiled
def uniforms(k0, k1, paths, counters):
    """Return two uniforms in (0, 1) for each (path, counter)."""
    wide()
    out = np.empty((2, paths.size))
    for i in range(paths.size):
        x0, x1 = threefry2x64(k0, k1, paths[i], counters[i])
        out[0, i] = uniform(x0)
        out[1, i] = uniform(x1)
    return out


@compiled
def fill_normals(k0, k1, paths, counters, out):
    """Write two standard normals for each (path, counter) into `out` (2, path)."""
    wide()
    size = paths.size
    whole = size - size % WIDTH
    _fill_vectors(k0, k1, paths, counters, whole, out)
    if whole < size:
        words, drawn = np.zeros((2, WIDTH), np.uint64), np.empty((2, WIDTH))
        for i in range(whole, size):
            words[0, i - whole] = paths[i]
            words[1, i - whole] = counters[i]
        _fill_vectors(k0, k1, words[0], words[1], WIDTH, drawn)
        for i in range(whole, size):
            out[0, i] = drawn[0, i - whole]
            out[1, i] = drawn[1, i - whole]


@inlined
def _fill_vectors(k0, k1, paths, counters, whole, out):
    """Fill the first `whole` columns, which are a whole number of vectors."""
    for i in range(0, whole, WIDTH):
        x0, x1 = threefry2x64(k0, k1, load(paths, i), load(counters, i))
        a, b = normal_pair(x0, x1)
        store(out, i, a)
        store(out, out.shape[1] + i, b)


def normals(k0: np.uint64, k1: np.uint64, paths: UInts, counters: UInts) -> Array:
    """Return two standard normals for each (path, counter) (2, path)."""
    out = np.empty((2, paths.size))
    fill_normals(k0, k1, paths, counters, out)
    return out


@compiled
def _arrivals(k0, k1, paths, limits, most, lanes, numbers, times, first):
    """Draw gaps in rounds over the paths still before their limits; return the count, or -1 beyond the capacity."""
    wide()
    size = paths.size
    waiting = np.arange(size)
    keys = paths.copy()
    until = limits.copy()
    elapsed = np.zeros(size)
    count = 0
    number = 0
    while size > 0 and number < most:
        if count + size > times.size:
            return -1
        counter = U(number) * U(65536)
        for i in range(size):
            x0, _ = threefry2x64(k0, k1, keys[i], counter)
            elapsed[i] += -log(uniform(x0))
        if number == 0:
            for i in range(size):
                first[i] = elapsed[i]
        left = 0
        # Without branches, which the processor could not predict: what is beyond its limit is overwritten.
        for i in range(size):
            lanes[count + left] = waiting[i]
            times[count + left] = elapsed[i]
            waiting[left] = waiting[i]
            keys[left] = keys[i]
            until[left] = until[i]
            elapsed[left] = elapsed[i]
            left += elapsed[i] < until[i]
        numbers[count : count + left] = number
        count += left
        size = left
        number += 1
    return count


def arrivals(
    key: tuple[np.uint64, np.uint64], paths: UInts, limits: Array, *, once: bool
) -> tuple[Ints, Ints, Array, Array]:
    """Return the unit-rate arrivals of every path before its limit (path).

    Returns
    -------
    lanes, numbers, times : ndarray
        One entry an arrival: position in `paths`, its number from 0 on, and its time; ordered by number, then lane.
    first : ndarray
        Time of the first arrival of each path, also where it lies beyond the limit (path).
    """
    expected = float((np.minimum(limits, 1.0) if once else limits).sum())
    capacity = int(expected + 10.0 * np.sqrt(expected) + 64.0) + paths.size  # a round may overwrite so many
    while True:
        lanes, numbers = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
        times, first = np.empty(capacity), np.empty(paths.size)
        most = 1 if once else np.iinfo(np.int32).max
        count = _arrivals(*key, paths, limits, most, lanes, numbers, times, first)
        if count >= 0:
            return lanes[:count], numbers[:count], times[:count], first
        capacity *= 2
