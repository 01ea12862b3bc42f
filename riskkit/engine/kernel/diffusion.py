"""Step 1, compiled: normals, the time change, its regimes, rows of history, and the new prices."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit._random.threefry import exp, fma, normal_pair, threefry2x64, uniform
from riskkit.engine.kernel.layout import LANES, LEAST_PRICE, block_of, lanes_of, wide
from riskkit.market.time_change._tails import TABLE_EDGE, TABLE_SIZE

__all__ = ["diffuse"]

U = np.uint64
inlined = njit(error_model="numpy", inline="always")

KNOTS_PER_SCORE = (TABLE_SIZE - 1) / (2.0 * TABLE_EDGE)


@njit(error_model="numpy")
def diffuse(prices, diffusion, time_change, history, block, step, scratch):
    """Step 1: move the prices of a block (asset, lane) by their growth, and draw the next regime."""
    wide()
    assets = prices.price.shape[0]
    log_growth = scratch.log_growth
    if history is None:
        draw_normals(diffusion.key, scratch.paths, step, scratch.normals, (assets + 1) // 2)
    else:
        draw_history_row(history, scratch.paths, step, block_of(history.row, block, 1), scratch.history_row)
    if time_change is not None:
        state = block_of(time_change.state, block, 2)
        draw_pace(time_change, scratch.paths, step, state, scratch.draws, scratch.pace)
        take_pace(time_change, block, step, state, scratch.pace)
    for a in range(assets):
        if history is not None:
            for i in range(LANES):
                log_growth[i] = history.growth[a, scratch.history_row[i]] + prices.growth[a, i]
        elif time_change is None:
            correlate(diffusion.factor, a, scratch.normals, log_growth)
            for i in range(LANES):
                log_growth[i] = fma(prices.volatility[a, i], log_growth[i], prices.growth[a, i])
        else:
            grow_at_pace(prices, time_change, a, state, scratch)
        for c in range(diffusion.compensator.shape[0]):
            compensation = diffusion.compensator[c, step, a]
            if compensation != 0.0:
                for i in range(LANES):
                    log_growth[i] = fma(compensation, prices.compensating[c, i], log_growth[i])
        for i in range(LANES):
            price = prices.price[a, i] * exp(log_growth[i])
            prices.price[a, i] = 0.0 if price <= LEAST_PRICE else price
    if time_change is not None and time_change.transition_cdf.shape[0] > 0 and time_change.regime.shape[0] == 0:
        switch_regime(time_change, scratch.paths, step, state, scratch.draws)


@inlined
def draw_normals(key, paths, step, normals, pairs):
    """Fill two rows of normals per pair, from the counter (path, step * 2**16 + pair)."""
    k0, k1 = key
    for pair in range(pairs):
        counter = U(step) * U(65536) + U(pair)
        for i in range(LANES):
            x0, x1 = threefry2x64(k0, k1, paths[i], counter)
            a, b = normal_pair(x0, x1)
            normals[2 * pair, i] = a
            normals[2 * pair + 1, i] = b


@inlined
def correlate(factor, a, normals, correlated):
    """Fill `correlated` (lane) with asset `a`'s normal: row `a` of a factor times the rows of normals."""
    loading = factor[a, 0]
    for i in range(LANES):
        correlated[i] = loading * normals[0, i]
    for column in range(1, a + 1):
        loading = factor[a, column]
        for i in range(LANES):
            correlated[i] = fma(loading, normals[column, i], correlated[i])


@inlined
def draw_history_row(history, paths, step, state, history_row):
    """Fill `history_row` (lane) with the row of a step, and move row 0 of `state` to the row of the next step."""
    k0, k1 = history.key
    rows = history.growth.shape[1]
    block_end_probability = history.block_end_probability
    counter = U(step) * U(65536)
    for i in range(LANES):
        x0, x1 = threefry2x64(k0, k1, paths[i], counter)
        row = state[0, i]
        history_row[i] = int(row)
        next_row = row + 1.0 if row + 1.0 < rows else 0.0
        state[0, i] = np.floor(uniform(x1) * rows) if uniform(x0) < block_end_probability else next_row


@inlined
def draw_pace(time_change, paths, step, state, draws, pace):
    """Fill `pace` (lane) with √(G / dt) of a step, and move the log variance, row 0 of `state`, to the next step.

    `draws` (2, lane) holds the normals of the counter (path, step * 2**16).
    """
    table = time_change.table
    persistence, innovation, shift = time_change.log_variance
    if table.size > 0 or innovation > 0.0:
        draw_normals(time_change.key, paths, step, draws, 1)
    if table.size > 0:
        for i in range(LANES):
            position = fma(draws[0, i], KNOTS_PER_SCORE, 0.5 * (TABLE_SIZE - 1))
            position = min(max(position, 0.0), TABLE_SIZE - 1.001)
            knot = int(position)
            pace[i] = fma(position - knot, table[knot + 1] - table[knot], table[knot])
    else:
        for i in range(LANES):
            pace[i] = 1.0
    if innovation > 0.0:
        for i in range(LANES):
            pace[i] *= exp(fma(0.5, state[0, i], -shift))
            state[0, i] = fma(persistence, state[0, i], innovation * draws[1, i])


@inlined
def take_pace(time_change, block, step, state, pace):
    """Multiply `pace` (lane) by that of a user's time change, and write its regime to row 1 of `state`."""
    row, paths = step - time_change.first, time_change.pace.shape[1]
    offset = row * paths + block * LANES
    if time_change.pace.shape[0] > 0:
        own = lanes_of(time_change.pace, offset)
        for i in range(LANES):
            pace[i] *= own[i]
    if time_change.regime.shape[0] > 0:
        regime = lanes_of(time_change.regime, offset)
        for i in range(LANES):
            state[1, i] = regime[i]


@inlined
def grow_at_pace(prices, time_change, a, state, scratch):
    """Fill the log growth (lane) of asset `a` under its regime, at the pace of business time."""
    log_growth, sd = scratch.log_growth, scratch.sd
    regimes = time_change.transition_cdf.shape[0]
    if time_change.factors.shape[0] == 1:
        correlate(time_change.factors[0], a, scratch.normals, log_growth)
    else:
        for k in range(regimes):
            correlate(time_change.factors[k], a, scratch.normals, sd)
            for i in range(LANES):
                log_growth[i] = sd[i] if state[1, i] == k else log_growth[i]
    for i in range(LANES):
        sd[i] = prices.volatility[a, i] * scratch.pace[i]
    for k in range(regimes):
        multiplier = time_change.regime_volatility[k, a]
        for i in range(LANES):
            sd[i] *= multiplier if state[1, i] == k else 1.0
    for i in range(LANES):
        log_growth[i] = fma(sd[i], fma(-0.5, sd[i], log_growth[i]), prices.growth[a, i])
    for k in range(regimes):
        drift = time_change.regime_drift[k, a]
        if drift != 0.0:
            for i in range(LANES):
                log_growth[i] += drift if state[1, i] == k else 0.0


@inlined
def switch_regime(time_change, paths, step, state, draws):
    """Move the number of the regime, row 1 of `state`, to the next step, by the counter (path, step * 2**16 + 1)."""
    k0, k1 = time_change.key
    states, edges = time_change.transition_cdf.shape
    counter = U(step) * U(65536) + U(1)
    for i in range(LANES):
        x0, _ = threefry2x64(k0, k1, paths[i], counter)
        draws[0, i] = uniform(x0)
        draws[1, i] = 0.0
    for k in range(states):
        for edge in range(edges):
            level = time_change.transition_cdf[k, edge]
            for i in range(LANES):
                draws[1, i] += 1.0 if (state[1, i] == k and draws[0, i] > level) else 0.0
    for i in range(LANES):
        state[1, i] = draws[1, i]
