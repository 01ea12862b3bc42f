"""Step 1, compiled: normals, the time change, its regimes, rows of history, and the new prices."""

from __future__ import annotations

import numpy as np

from riskkit._random.threefry import exp, exp_of_growth, normal_pair, threefry2x64, uniform
from riskkit._random.vectors import WIDTH, choose, fma, load, store
from riskkit.engine.kernel.layout import LANES, LEAST_PRICE, block_of, inlined, lanes_of, phase, wide
from riskkit.market.time_change._tails import TABLE_EDGE, TABLE_SIZE

__all__ = ["diffuse"]

U = np.uint64

KNOTS_PER_SCORE = (TABLE_SIZE - 1) / (2.0 * TABLE_EDGE)


@phase
def diffuse(prices, diffusion, time_change, history, block, step, scratch):
    """Step 1: move the prices of a block (asset, lane) by their growth, and draw the next regime."""
    wide()
    assets = prices.price.shape[0]
    if history is not None:
        draw_history_row(history, scratch.paths, step, block_of(history.row, block, 1), scratch.history_row)
    if time_change is not None:
        state = block_of(time_change.state, block, 2)
        draw_pace(time_change, scratch.paths, step, state, scratch.draws, scratch.pace)
        take_pace(time_change, block, step, state, scratch.pace)
    for j in range(0, LANES, WIDTH):
        if history is None:
            draw_normals(diffusion.key, scratch.paths, step, j, scratch.normals, (assets + 1) // 2)
        for a in range(assets):
            at = a * LANES + j
            if history is not None:
                log_growth = past_growth(history, a, j, scratch) + load(prices.growth, at)
            elif time_change is None:
                normal = correlated(diffusion.factor, a, scratch.normals)
                log_growth = fma(load(prices.volatility, at), normal, load(prices.growth, at))
            else:
                log_growth = growth_at_pace(prices, time_change, a, j, state, scratch)
            for c in range(diffusion.compensator.shape[0]):
                compensation = diffusion.compensator[c, step, a]
                if compensation != 0.0:
                    log_growth = fma(compensation, load(prices.compensating, c * LANES + j), log_growth)
            price = load(prices.price, at) * exp_of_growth(log_growth)
            store(prices.price, at, choose(price <= LEAST_PRICE, 0.0, price))
    if time_change is not None and time_change.transition_cdf.shape[0] > 0 and time_change.regime.shape[0] == 0:
        switch_regime(time_change, scratch.paths, step, state, scratch.draws)


@inlined
def draw_normals(key, paths, step, j, normals, pairs):
    """Fill two vectors of normals per pair, for the lanes from `j` on, from the counter (path, step * 2**16 + pair)."""
    k0, k1 = key
    for pair in range(pairs):
        x0, x1 = threefry2x64(k0, k1, load(paths, j), U(step) * U(65536) + U(pair))
        a, b = normal_pair(x0, x1)
        store(normals, 2 * pair * WIDTH, a)
        store(normals, (2 * pair + 1) * WIDTH, b)


@inlined
def correlated(factor, a, normals):
    """Asset `a`'s normal: row `a` of a factor times the vectors of normals."""
    normal = factor[a, 0] * load(normals, 0)
    for column in range(1, a + 1):
        normal = fma(factor[a, column], load(normals, column * WIDTH), normal)
    return normal


@inlined
def past_growth(history, a, j, scratch):
    """Asset `a`'s growth in the rows of history, for the lanes from `j` on."""
    for i in range(j, j + WIDTH):
        scratch.log_growth[i] = history.growth[a, scratch.history_row[i]]
    return load(scratch.log_growth, j)


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
        k0, k1 = time_change.key
        for j in range(0, LANES, WIDTH):
            x0, x1 = threefry2x64(k0, k1, load(paths, j), U(step) * U(65536))
            score, change = normal_pair(x0, x1)
            store(draws, j, score)
            store(draws, LANES + j, change)
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
def growth_at_pace(prices, time_change, a, j, state, scratch):
    """The log growth of asset `a` under its regime, at the pace of business time, for the lanes from `j` on."""
    at = a * LANES + j
    regimes, regime = time_change.transition_cdf.shape[0], load(state, LANES + j)
    normal = correlated(time_change.factors[0], a, scratch.normals)
    for k in range(1, time_change.factors.shape[0]):
        normal = choose(regime == k, correlated(time_change.factors[k], a, scratch.normals), normal)
    sd = load(prices.volatility, at) * load(scratch.pace, j)
    for k in range(regimes):
        sd = sd * choose(regime == k, time_change.regime_volatility[k, a], 1.0)
    log_growth = fma(sd, fma(-0.5, sd, normal), load(prices.growth, at))
    for k in range(regimes):
        drift = time_change.regime_drift[k, a]
        if drift != 0.0:
            log_growth = log_growth + choose(regime == k, drift, 0.0)
    return log_growth


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
