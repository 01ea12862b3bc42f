"""Step 7 of the compiled kernel: statistics of wealth and its drawdowns, of reported wealth, and highs of prices."""

from __future__ import annotations

from riskkit._random.vectors import WIDTH, any_of, choose, fma, load, repeat, store
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
    POSITIONS,
    SPELL,
    STEPS_UNDER_WATER,
    block_of,
    inlined,
    lanes_of,
    phase,
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

#: More than what a drawdown's rounding can be.
ROUNDING = 1e-15

#: A drawdown that may be such a fall.
NEAR_CATASTROPHE = 1.0 - CATASTROPHE_FALL - ROUNDING


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


@phase
def update_statistics(book, scratch, step_count):
    """Step 7: update a book's statistics with net wealth (step, lane).

    A drawdown is computed with the reciprocal of the peak, so that only a new peak costs a division. The rarer
    statistics follow where some lane of a vector has them: a new maximum, thresholds, catastrophic falls.
    """
    wide()
    stats, wealth, drawdown = book.statistics, scratch.wealth, scratch.drawdown
    for j in range(0, LANES, WIDTH):
        first = load(stats, PEAK * LANES + j)
        peak, inverse = first, 1.0 / first
        drawdown_sum = load(stats, DRAWDOWN_SUM * LANES + j)
        drawdown_squares = load(stats, DRAWDOWN_SQUARES * LANES + j)
        steps_under_water = load(stats, STEPS_UNDER_WATER * LANES + j)
        spell = load(stats, SPELL * LANES + j)
        longest_spell = load(stats, LONGEST_SPELL * LANES + j)
        deepest = repeat(0.0)
        for b in range(step_count):
            value = load(wealth, b * LANES + j)
            at_peak = value >= peak
            if any_of(value > peak):
                peak = choose(at_peak, value, peak)
                inverse = 1.0 / peak
            depth = fma(-1.0 * value, inverse, 1.0)
            depth = choose(at_peak | (depth < 0.0), 0.0, depth)
            store(drawdown, b * LANES + j, depth)
            deepest = choose(depth > deepest, depth, deepest)
            drawdown_sum = drawdown_sum + depth
            drawdown_squares = fma(depth, depth, drawdown_squares)
            steps_under_water = choose(at_peak, steps_under_water, steps_under_water + 1.0)
            # A spell ends with the step that reaches the peak; without one before it, that step counts for nothing.
            spell = spell + 1.0
            longest_spell = choose(spell > longest_spell, spell, longest_spell)
            spell = choose(at_peak, 0.0, spell)
        store(stats, PEAK * LANES + j, peak)
        store(stats, DRAWDOWN_SUM * LANES + j, drawdown_sum)
        store(stats, DRAWDOWN_SQUARES * LANES + j, drawdown_squares)
        store(stats, STEPS_UNDER_WATER * LANES + j, steps_under_water)
        store(stats, SPELL * LANES + j, spell)
        store(stats, LONGEST_SPELL * LANES + j, choose(steps_under_water > 0.0, longest_spell, 0.0))
        if any_of(deepest > load(stats, MAX_DRAWDOWN * LANES + j) - ROUNDING):
            update_max_drawdown(stats, wealth, first, j, step_count)
        if any_of(deepest > NEAR_CATASTROPHE):
            update_peak_at_fall(stats, wealth, first, j, step_count)
        for k in range(4):
            if not any_of(deepest > book.thresholds[k]):
                break
            update_excess(stats, drawdown, book.thresholds[k], k, j, step_count)


@inlined
def update_max_drawdown(stats, wealth, first_peak, j, step_count):
    """Update the maximum drawdown with 1 - wealth / peak, rounded as NumPy does, on the lanes from `j` on."""
    peak, max_drawdown = first_peak, load(stats, MAX_DRAWDOWN * LANES + j)
    for b in range(step_count):
        value = load(wealth, b * LANES + j)
        peak = choose(value > peak, value, peak)
        depth = 1.0 - value / peak
        max_drawdown = choose(depth > max_drawdown, depth, max_drawdown)
    store(stats, MAX_DRAWDOWN * LANES + j, max_drawdown)


@inlined
def update_peak_at_fall(stats, wealth, first_peak, j, step_count):
    """Record the peak at the latest step on which wealth is a catastrophic fall below it, on the lanes from `j` on."""
    peak, peak_at_fall = first_peak, load(stats, PEAK_AT_FALL * LANES + j)
    for b in range(step_count):
        value = load(wealth, b * LANES + j)
        peak = choose(value > peak, value, peak)
        peak_at_fall = choose(value <= CATASTROPHE_FALL * peak, peak, peak_at_fall)
    store(stats, PEAK_AT_FALL * LANES + j, peak_at_fall)


@inlined
def update_excess(stats, drawdown, level, k, j, step_count):
    """Add the excess of drawdowns over the `k`-th threshold, and count the steps above, on the lanes from `j` on."""
    excess, above = load(stats, (EXCESS + k) * LANES + j), load(stats, (ABOVE + k) * LANES + j)
    for b in range(step_count):
        over = load(drawdown, b * LANES + j) - level
        excess = choose(over > 0.0, excess + over, excess)
        above = choose(over > 0.0, above + 1.0, above)
    store(stats, (EXCESS + k) * LANES + j, excess)
    store(stats, (ABOVE + k) * LANES + j, above)


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
            net = wealth[b, i] - book.accounts[DEBT, i] + book.accounts[POSITIONS, i]
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
    for at in range(0, holdings * LANES, WIDTH):
        high = load(highs, at)
        for b in range(step_count):
            price = load(reported, b * holdings * LANES + at)
            high = choose(price > high, price, high)
        store(highs, at, high)


@inlined
def update_founder_highs(founders, block, scratch, step_count):
    """Update the high of each founder holding's price, and its high at the latest catastrophic fall."""
    holdings = scratch.true.shape[1]
    for k in range(founders.holding.size):
        highs = block_of(founders.highs, block * founders.holding.size + k, 2)
        for j in range(0, LANES, WIDTH):
            first = load(highs, j)
            high, least = first, first
            for b in range(step_count):
                price = load(scratch.true, (b * holdings + founders.holding[k]) * LANES + j)
                high = choose(price > high, price, high)
                least = choose(price < least, price, least)
            store(highs, j, high)
            if any_of(least <= CATASTROPHE_FALL * high):
                high, high_at_fall = first, load(highs, LANES + j)
                for b in range(step_count):
                    price = load(scratch.true, (b * holdings + founders.holding[k]) * LANES + j)
                    high = choose(price > high, price, high)
                    high_at_fall = choose(price <= CATASTROPHE_FALL * high, high, high_at_fall)
                store(highs, LANES + j, high_at_fall)
