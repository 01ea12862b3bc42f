"""The compiled heart: carry a tile of paths from one date to the next, and keep every book's statistics."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit.engine.borrowing import carry_loan, lane_worth, last_weights
from riskkit.engine.diffusion import correlate, draw_normals, pick_day, read_clock, switch_regime
from riskkit.engine.layout import (
    ABOVE,
    ACCOUNTS,
    AGE,
    DEBT,
    DEEPEST,
    DEPTH,
    EXCESS,
    FALLEN,
    LANES,
    LEAST_PRICE,
    LONGEST,
    PEAK,
    SQUARES,
    STATISTICS,
    UNDER,
    block_of,
    compiled,
)
from riskkit.threefry import exp, fma

__all__ = ["BATCH", "CATASTROPHE_FALL", "advance"]

#: Steps that are simulated before the books look at them together, so that a book's rows are loaded once for all.
BATCH = 4

#: A path has fallen when its wealth is at most this share of its peak (J.P. Morgan 2014).
CATASTROPHE_FALL = 0.3

inlined = njit(error_model="numpy", inline="always")


@inlined
def depth_update(wealth, peak, deepest, depth, squares, under, age, longest, fallen):
    """Take one more point of wealth into a lane's drawdown statistics; return them and the drawdown."""
    peak = wealth if wealth > peak else peak
    below = wealth < peak
    drawdown = 1.0 - wealth / peak
    deepest = drawdown if drawdown > deepest else deepest
    depth += drawdown
    squares = fma(drawdown, drawdown, squares)
    under += 1.0 if below else 0.0
    spell = age + (1.0 if (below or age > 0.0) else 0.0)
    longest = spell if spell > longest else longest
    age = spell if below else 0.0
    fallen = peak if wealth <= CATASTROPHE_FALL * peak else fallen
    return peak, deepest, depth, squares, under, age, longest, fallen, drawdown


@inlined
def worth(units, prices, held, wealth, batch):
    """Wealth of a book at each step of a batch: the sum of units * price over the holdings, in their order."""
    for b in range(batch):
        for i in range(LANES):
            wealth[b, i] = units[0, i] * prices[b, 0, i]
    h = 1
    while h + 1 < held:
        for b in range(batch):
            for i in range(LANES):
                wealth[b, i] = fma(
                    units[h + 1, i], prices[b, h + 1, i], fma(units[h, i], prices[b, h, i], wealth[b, i])
                )
        h += 2
    if h < held:
        for b in range(batch):
            for i in range(LANES):
                wealth[b, i] = fma(units[h, i], prices[b, h, i], wealth[b, i])


@njit(error_model="numpy")
def remember_the_worthless(units, prices, previous, memory, batch):
    """Keep the last weights of the paths of a book on which the last holding of any worth became worthless."""
    for b in range(batch):
        earlier = prices[b - 1] if b > 0 else previous
        for i in range(LANES):
            if not lane_worth(units, prices[b], i) > 0.0:
                last_weights(units, earlier, memory, i)


@inlined
def take_statistics(s, wealth, drawdown, levels, batch):
    """Take a batch of wealth (step, lane) into a book's statistics (row, lane)."""
    for i in range(LANES):
        x = s[PEAK, i], s[DEEPEST, i], s[DEPTH, i], s[SQUARES, i], s[UNDER, i], s[AGE, i], s[LONGEST, i], s[FALLEN, i]
        for b in range(batch):
            y = depth_update(wealth[b, i], x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7])
            drawdown[b, i] = y[8]
            x = y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7]
        s[PEAK, i], s[DEEPEST, i], s[DEPTH, i], s[SQUARES, i] = x[0], x[1], x[2], x[3]
        s[UNDER, i], s[AGE, i], s[LONGEST, i], s[FALLEN, i] = x[4], x[5], x[6], x[7]
    for j in range(4):
        level = levels[j]
        for i in range(LANES):
            excess = s[EXCESS + j, i]
            above = s[ABOVE + j, i]
            for b in range(batch):
                over = drawdown[b, i] - level
                excess += over if over > 0.0 else 0.0
                above += 1.0 if over > 0.0 else 0.0
            s[EXCESS + j, i] = excess
            s[ABOVE + j, i] = above


@inlined
def take_reported(s, wealth, batch):
    """Take a batch of reported wealth (step, lane) into its high and deepest drawdown (2, lane)."""
    for b in range(batch):
        for i in range(LANES):
            peak = wealth[b, i] if wealth[b, i] > s[0, i] else s[0, i]
            drawdown = 1.0 - wealth[b, i] / peak
            s[0, i] = peak
            s[1, i] = drawdown if drawdown > s[1, i] else s[1, i]


@compiled
def advance(paths, t0, t1, diffusion, clock, history, events, cursor, rows, state, books, marks, trading, loan):
    """Carry a tile from step `t0` to step `t1`.

    Parameters
    ----------
    paths : ndarray of uint64
        Numbers of the paths (path).
    diffusion : tuple
        Key of the stream (two words), lower triangular factor of the correlation (asset, asset), and compensator:
        what the log drift gains a step while a row is alive (row, step, asset).
    clock : tuple or None
        None where the market's time runs evenly: the code for it is then not even compiled. Else, as in
        `riskkit.engine.inputs.time_change.TimeChangeInputs`, key, pace table, log variance, and transition cdf,
        volatility, drift and correlation of the regimes; and log rates and regimes (block, 2, lane), changed in place.
    history : tuple or None
        None where returns are drawn. Else key, log growth (asset, row), probability that a block ends, and the row of
        the next step (block, 1, lane), changed in place.
    events : tuple of ndarray
        Of each event: step, lane, part and price factor, sorted by block and step, each block closed by an entry with
        step -1. Of each part: asset (or -1 for a death, which steps the purchase costs up), change of the log growth a
        step, row of the compensator that ends (or -1), and whether the asset is hit.
    cursor : ndarray of int64
        Next event of each block; moved on.
    rows : ndarray of int64
        Market asset of each holding (holding).
    state : tuple of ndarray
        Prices, log growth a step, volatility a step (block, asset, lane), and how alive each row of the compensator
        is (block, row, lane); the first, second and fourth are changed in place.
    books : tuple of ndarray
        Units (block, book * holding, lane), statistics (block, book * row, lane), thresholds (book, 4); and the
        holdings whose own price is watched (watched) with two rows each: the price's high, and the high at the
        latest step on which the price had fallen (block, watched * 2, lane).
    marks : tuple of ndarray
        Whether a holding is marked at a step (step, holding), whether it is marked at each event (holding), the
        holding of each asset or -1, reported prices (block, holding, lane) and reported highs and deepest drawdowns
        (block, book * 2, lane); the last two without rows where no holding is marked.
    trading : tuple
        Purchase cost and allowance (block, book * holding, lane), lots, accounts (block, book * row, lane), last
        weights, trading cost (holding) and tax law; see `riskkit.engine.ledger.trade`.
    loan : tuple or None
        None without a loan: the code for it is then not even compiled. Else growth of the debt a step, its limit as a
        share of gross assets, the two stages of a forced sale, and of each step and holding what a margin call may
        sell, whether it is of today's units, the discount, and the share of today's units that a new allowance gives
        (-1: none begins).
    """
    k0, k1, factor, compensator = diffusion
    if clock is not None:
        clock_key, table, wandering, (switching, scales, pushes, factors), memories = clock
        regimes = switching.shape[0]
        uneven = table.size > 0 or wandering[1] > 0.0
    if history is not None:
        history_key, days, jump, rows_ahead = history
    event_step, event_lane, event_part, event_factor, part_asset, part_growth, part_row, part_hits = events
    prices, growth, spread, alive = state
    units, statistics, thresholds, watched, highs = books
    marked_at, reacts, holding_of, reported_prices, reported_highs = marks
    basis, allowance, lots, accounts, last, cost, law = trading
    assets = prices.shape[1]
    compensators = compensator.shape[0]
    held = rows.size
    rules = thresholds.shape[0]
    pairs = (assets + 1) // 2
    # Reported wealth needs the debt and the units of each step, which a margin call may change within a batch.
    stepwise = False
    if loan is not None:
        stepwise = reported_prices.shape[1] > 0
    marked = reported_prices.shape[1] > 0
    taxed = basis.shape[1] > 0
    limited = allowance.shape[1] > 0
    kinds = lots[0].shape[1] // rules
    normals = np.empty((2 * pairs, LANES))
    draws = np.empty((2, LANES))
    quick = np.empty(LANES)
    day = np.empty(LANES, np.int64)
    swing = np.empty(LANES)
    shown = np.empty((BATCH, held, LANES))
    previous = np.empty((held, LANES))
    told = np.empty((BATCH, held, LANES))
    x = np.empty(LANES)
    wealth = np.empty((BATCH, LANES))
    drawdown = np.empty((BATCH, LANES))
    numbers = np.empty(LANES, np.uint64)
    inverse = np.empty((held, LANES))
    values = np.empty((held, LANES))
    sales = np.empty((held, LANES))
    need = np.zeros(LANES)
    cash = np.empty(LANES)
    gain = np.zeros(LANES)
    sold = np.empty(LANES)
    room = (values, sales, sold, cash, gain)
    for block in range(prices.shape[0]):
        for i in range(LANES):
            numbers[i] = paths[block * LANES + i]
        p = block_of(prices, block, assets)
        g = block_of(growth, block, assets)
        v = block_of(spread, block, assets)
        live = block_of(alive, block, compensators)
        reported = block_of(reported_prices, block, held if marked else 0)
        event = cursor[block]
        t = t0
        while t < t1:
            batch = BATCH if t1 - t >= BATCH and not stepwise else 1
            for h in range(held):
                for i in range(LANES):
                    previous[h, i] = p[rows[h], i]
            for b in range(batch):
                if history is None:
                    draw_normals(k0, k1, numbers, t, normals, pairs)
                else:
                    pick_day(history_key, days, jump, numbers, t, block_of(rows_ahead, block, 1), day)
                if clock is not None:
                    memory = block_of(memories, block, 2)
                    if uneven:
                        read_clock(clock_key, table, wandering, numbers, t, memory, draws, quick)
                    else:
                        quick[:] = 1.0
                for a in range(assets):
                    if history is not None:
                        for i in range(LANES):
                            x[i] = days[a, day[i]] + g[a, i]
                    elif clock is None:
                        correlate(factor, a, normals, x)
                        for i in range(LANES):
                            x[i] = fma(v[a, i], x[i], g[a, i])
                    else:
                        if factors.shape[0] == 1:
                            correlate(factors[0], a, normals, x)
                        else:
                            for k in range(regimes):
                                correlate(factors[k], a, normals, swing)
                                for i in range(LANES):
                                    x[i] = swing[i] if memory[1, i] == k else x[i]
                        for i in range(LANES):
                            swing[i] = v[a, i] * quick[i]
                        for k in range(regimes):
                            f = scales[k, a]
                            for i in range(LANES):
                                swing[i] *= f if memory[1, i] == k else 1.0
                        for i in range(LANES):
                            x[i] = fma(swing[i], fma(-0.5, swing[i], x[i]), g[a, i])
                        for k in range(regimes):
                            f = pushes[k, a]
                            if f != 0.0:
                                for i in range(LANES):
                                    x[i] += f if memory[1, i] == k else 0.0
                    for c in range(compensators):
                        f = compensator[c, t, a]
                        if f != 0.0:
                            for i in range(LANES):
                                x[i] = fma(f, live[c, i], x[i])
                    for i in range(LANES):
                        price = p[a, i] * exp(x[i])
                        p[a, i] = 0.0 if price <= LEAST_PRICE else price
                if clock is not None and regimes > 0:
                    switch_regime(clock_key, switching, numbers, t, memory, draws)
                first_event = event
                while event_step[event] == t:
                    lane = event_lane[event]
                    part = event_part[event]
                    a = part_asset[part]
                    if a < 0:
                        for k in range(rules):
                            u = block_of(units, block * rules + k, held)
                            base = block_of(basis, block * rules + k, held)
                            lot_costs = block_of(lots[1], block * rules + k, kinds)
                            for h in range(held):
                                base[h, lane] = u[h, lane] * p[rows[h], lane]
                                for row in range(law[2][0][h], law[2][0][h + 1]):
                                    lot_costs[row, lane] = p[rows[h], lane]
                    else:
                        if p[a, lane] > 0.0:
                            p[a, lane] *= event_factor[event]
                        if p[a, lane] <= LEAST_PRICE:
                            p[a, lane] = 0.0
                        g[a, lane] += part_growth[part]
                        if part_row[part] >= 0:
                            live[part_row[part], lane] = 0.0
                    event += 1
                if marked:
                    for e in range(first_event, event):
                        a, lane = part_asset[event_part[e]], event_lane[e]
                        if a >= 0 and part_hits[event_part[e]] and holding_of[a] >= 0 and reacts[holding_of[a]]:
                            reported[holding_of[a], lane] = p[a, lane]
                t += 1
                for h in range(held):
                    a = rows[h]
                    for i in range(LANES):
                        shown[b, h, i] = p[a, i]
                if marked:
                    for h in range(held):
                        if marked_at[t, h]:
                            for i in range(LANES):
                                reported[h, i] = shown[b, h, i]
                        for i in range(LANES):
                            told[b, h, i] = reported[h, i]
            worthless = 0
            for h in range(held):
                for i in range(LANES):
                    worthless += 1 if shown[batch - 1, h, i] == 0.0 else 0
            for k in range(rules):
                u = block_of(units, block * rules + k, held)
                s = block_of(statistics, block * rules + k, STATISTICS)
                account = block_of(accounts, block * rules + k, ACCOUNTS)
                if batch == BATCH:
                    worth(u, shown, held, wealth, BATCH)
                else:
                    worth(u, shown, held, wealth, 1)
                if loan is not None:
                    holds = (
                        u,
                        block_of(basis, block * rules + k, held if taxed else 0),
                        block_of(allowance, block * rules + k, held if limited else 0),
                        block_of(lots[0], block * rules + k, kinds),
                        block_of(lots[1], block * rules + k, kinds),
                        account,
                    )
                    scratch = (block_of(last, block * rules + k, held), need, room)
                    terms = (cost, law, taxed, limited)
                    carry_loan(t - batch, batch, loan, terms, shown, previous, inverse, holds, scratch, wealth)
                if worthless > 0:
                    remember_the_worthless(u, shown, previous, block_of(last, block * rules + k, held), batch)
                if batch == BATCH:
                    take_statistics(s, wealth, drawdown, thresholds[k], BATCH)
                else:
                    take_statistics(s, wealth, drawdown, thresholds[k], 1)
                if marked:
                    worth(u, told, held, wealth, batch)
                    for b in range(batch):
                        for i in range(LANES):
                            net = wealth[b, i] - account[DEBT, i]
                            wealth[b, i] = net if net > 0.0 else 0.0
                    take_reported(block_of(reported_highs, block * rules + k, 2), wealth, batch)
            for k in range(watched.size):
                s = block_of(highs, block * watched.size + k, 2)
                h = watched[k]
                for b in range(batch):
                    for i in range(LANES):
                        price = shown[b, h, i]
                        high = price if price > s[0, i] else s[0, i]
                        s[0, i] = high
                        s[1, i] = high if price <= CATASTROPHE_FALL * high else s[1, i]
        cursor[block] = event
