"""Step 7 of the compiled kernel: statistics of wealth and its drawdowns, of reported wealth, and highs of prices."""

from __future__ import annotations

from numba import njit

from riskkit._random.threefry import fma
from riskkit.engine.kernel.layout import (
    ABOVE,
    DEBT,
    DRAWDOWN_SQUARES,
    DRAWDOWN_SUM,
    EXCESS,
    INDEX,
    INDEX_DRAWDOWN,
    INDEX_HIGH,
    INVESTED,
    LANES,
    LONGEST_SPELL,
    MAX_DRAWDOWN,
    PEAK,
    PEAK_AT_FALL,
    SPELL,
    STEPS_UNDER_WATER,
    block_of,
    lanes_of,
    wide,
)
from riskkit.engine.kernel.valuation import gross_wealth

__all__ = [
    "record_wealth",
    "update_founder_highs",
    "update_price_highs",
    "update_reported_statistics",
    "update_statistics",
    "update_time_weighted",
]

#: Largest share of its peak at which a path's wealth counts as a catastrophic fall (J.P. Morgan 2014).
CATASTROPHE_FALL = 0.3

phase = njit(error_model="numpy")
inlined = njit(error_model="numpy", inline="always")


@phase
def record_wealth(recorded, book, rule, block, row, scratch, step_count):
    """Write net wealth and its running peak from a row on, before step 7 updates the book's peak."""
    wide()
    steps, paths = recorded.wealth.shape[1], recorded.wealth.shape[2]
    offset = (rule * steps + row) * paths + block * LANES
    for b in range(step_count):
        wealth = lanes_of(recorded.wealth, offset + b * paths)
        peak = lanes_of(recorded.peak, offset + b * paths)
        for i in range(LANES):
            wealth[i] = scratch.wealth[b, i]
        if b == 0:
            for i in range(LANES):
                before = book.statistics[PEAK, i]
                peak[i] = wealth[i] if wealth[i] > before else before
        else:
            previous = lanes_of(recorded.peak, offset + (b - 1) * paths)
            for i in range(LANES):
                peak[i] = wealth[i] if wealth[i] > previous[i] else previous[i]


@inlined
def update_statistics(book, scratch, step_count):
    """Step 7: update a book's statistics with net wealth (step, lane)."""
    stats, wealth, drawdown = book.statistics, scratch.wealth, scratch.drawdown
    for i in range(LANES):
        peak = stats[PEAK, i]
        max_drawdown = stats[MAX_DRAWDOWN, i]
        drawdown_sum = stats[DRAWDOWN_SUM, i]
        drawdown_squares = stats[DRAWDOWN_SQUARES, i]
        steps_under_water = stats[STEPS_UNDER_WATER, i]
        spell = stats[SPELL, i]
        longest_spell = stats[LONGEST_SPELL, i]
        peak_at_fall = stats[PEAK_AT_FALL, i]
        for b in range(step_count):
            value = wealth[b, i]
            peak = value if value > peak else peak
            below = value < peak
            depth = 1.0 - value / peak
            drawdown[b, i] = depth
            max_drawdown = depth if depth > max_drawdown else max_drawdown
            drawdown_sum += depth
            drawdown_squares = fma(depth, depth, drawdown_squares)
            steps_under_water += 1.0 if below else 0.0
            ending = spell + (1.0 if (below or spell > 0.0) else 0.0)
            longest_spell = ending if ending > longest_spell else longest_spell
            spell = ending if below else 0.0
            peak_at_fall = peak if value <= CATASTROPHE_FALL * peak else peak_at_fall
        stats[PEAK, i] = peak
        stats[MAX_DRAWDOWN, i] = max_drawdown
        stats[DRAWDOWN_SUM, i] = drawdown_sum
        stats[DRAWDOWN_SQUARES, i] = drawdown_squares
        stats[STEPS_UNDER_WATER, i] = steps_under_water
        stats[SPELL, i] = spell
        stats[LONGEST_SPELL, i] = longest_spell
        stats[PEAK_AT_FALL, i] = peak_at_fall
    for j in range(4):
        level = book.thresholds[j]
        for i in range(LANES):
            excess = stats[EXCESS + j, i]
            above = stats[ABOVE + j, i]
            for b in range(step_count):
                over = drawdown[b, i] - level
                excess += over if over > 0.0 else 0.0
                above += 1.0 if over > 0.0 else 0.0
            stats[EXCESS + j, i] = excess
            stats[ABOVE + j, i] = above


@phase
def update_time_weighted(flows, wealth, step_count):
    """Step 7 for the time-weighted index: its high and maximum drawdown (row, lane)."""
    wide()
    for b in range(step_count):
        for i in range(LANES):
            index = flows[INDEX, i] * (wealth[b, i] / flows[INVESTED, i]) if flows[INVESTED, i] > 0.0 else 0.0
            high = index if index > flows[INDEX_HIGH, i] else flows[INDEX_HIGH, i]
            drawdown = 1.0 - index / high
            flows[INDEX_HIGH, i] = high
            flows[INDEX_DRAWDOWN, i] = drawdown if drawdown > flows[INDEX_DRAWDOWN, i] else flows[INDEX_DRAWDOWN, i]


@phase
def update_reported_statistics(book, highs, scratch, step_count):
    """Step 7 for reported wealth: its high and maximum drawdown (2, lane)."""
    wide()
    wealth = scratch.wealth
    gross_wealth(book.units, scratch.reported, wealth, step_count)
    for b in range(step_count):
        for i in range(LANES):
            net = wealth[b, i] - book.accounts[DEBT, i]
            net = net if net > 0.0 else 0.0
            peak = net if net > highs[0, i] else highs[0, i]
            drawdown = 1.0 - net / peak
            highs[0, i] = peak
            highs[1, i] = drawdown if drawdown > highs[1, i] else highs[1, i]


@inlined
def update_price_highs(marks, block, scratch, step_count, marked):
    """Update the highest reported price of each holding."""
    reported = scratch.reported if marked else scratch.true
    holdings = reported.shape[1]
    highs = block_of(marks.price_high, block, holdings)
    for h in range(holdings):
        for b in range(step_count):
            for i in range(LANES):
                price = reported[b, h, i]
                highs[h, i] = price if price > highs[h, i] else highs[h, i]


@inlined
def update_founder_highs(founders, block, scratch, step_count):
    """Update the high of each founder holding's price, and its high at the latest catastrophic fall."""
    for k in range(founders.holding.size):
        highs = block_of(founders.highs, block * founders.holding.size + k, 2)
        h = founders.holding[k]
        for b in range(step_count):
            for i in range(LANES):
                price = scratch.true[b, h, i]
                high = price if price > highs[0, i] else highs[0, i]
                highs[0, i] = high
                highs[1, i] = high if price <= CATASTROPHE_FALL * high else highs[1, i]
