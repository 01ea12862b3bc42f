"""One step of the market without shocks, compiled: normals, the market's clock, its regimes, and days of history."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit.engine.layout import LANES
from riskkit.market.tails import TABLE_EDGE, TABLE_SIZE
from riskkit.threefry import exp, fma, normal_pair, threefry2x64, uniform

__all__ = ["correlate", "draw_normals", "pick_day", "read_clock", "switch_regime"]

U = np.uint64
inlined = njit(error_model="numpy", inline="always")

KNOTS_A_SCORE = (TABLE_SIZE - 1) / (2.0 * TABLE_EDGE)


@inlined
def draw_normals(k0, k1, paths, step, normals, pairs):
    """Fill two rows of normals a pair, from the counter (path, step * 2**16 + pair)."""
    for pair in range(pairs):
        counter = U(step) * U(65536) + U(pair)
        for i in range(LANES):
            x0, x1 = threefry2x64(k0, k1, paths[i], counter)
            a, b = normal_pair(x0, x1)
            normals[2 * pair, i] = a
            normals[2 * pair + 1, i] = b


@inlined
def read_clock(key, table, wandering, numbers, step, state, draws, quick):
    """Fill `quick` (lane) with √(G / dt) of a step, and move the log rate, row 0 of `state`, to the next step.

    `draws` (2, lane) is room for the normals of the counter (path, step * 2**16).
    """
    persistence, innovation, damping = wandering
    draw_normals(key[0], key[1], numbers, step, draws, 1)
    if table.size > 0:
        for i in range(LANES):
            at = fma(draws[0, i], KNOTS_A_SCORE, 0.5 * (TABLE_SIZE - 1))
            at = min(max(at, 0.0), TABLE_SIZE - 1.001)
            knot = int(at)
            quick[i] = fma(at - knot, table[knot + 1] - table[knot], table[knot])
    else:
        for i in range(LANES):
            quick[i] = 1.0
    if innovation > 0.0:
        for i in range(LANES):
            quick[i] *= exp(fma(0.5, state[0, i], -damping))
            state[0, i] = fma(persistence, state[0, i], innovation * draws[1, i])


@inlined
def switch_regime(key, switching, numbers, step, state, draws):
    """Move the number of the regime, row 1 of `state`, to the next step, by the counter (path, step * 2**16 + 1)."""
    states, edges = switching.shape
    counter = U(step) * U(65536) + U(1)
    for i in range(LANES):
        x0, _ = threefry2x64(key[0], key[1], numbers[i], counter)
        draws[0, i] = uniform(x0)
        draws[1, i] = 0.0
    for k in range(states):
        for edge in range(edges):
            level = switching[k, edge]
            for i in range(LANES):
                draws[1, i] += 1.0 if (state[1, i] == k and draws[0, i] > level) else 0.0
    for i in range(LANES):
        state[1, i] = draws[1, i]


@inlined
def correlate(factor, a, normals, x):
    """Fill `x` (lane) with asset `a`'s normal: row `a` of a factor times the rows of normals."""
    f = factor[a, 0]
    for i in range(LANES):
        x[i] = f * normals[0, i]
    for m in range(1, a + 1):
        f = factor[a, m]
        for i in range(LANES):
            x[i] = fma(f, normals[m, i], x[i])


@inlined
def pick_day(key, days, jump, numbers, step, state, day):
    """Fill `day` (lane) with the row of history of a step, and move row 0 of `state` to the next step's."""
    rows = days.shape[1]
    counter = U(step) * U(65536)
    for i in range(LANES):
        x0, x1 = threefry2x64(key[0], key[1], numbers[i], counter)
        row = state[0, i]
        day[i] = int(row)
        after = row + 1.0 if row + 1.0 < rows else 0.0
        state[0, i] = np.floor(uniform(x1) * rows) if uniform(x0) < jump else after
