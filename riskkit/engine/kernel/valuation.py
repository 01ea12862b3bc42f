"""Valuation of a batch of paths: each book's weights and wealth at the prices of a date."""

from __future__ import annotations

import numpy as np

from riskkit._random.vectors import WIDTH, fma, load, store
from riskkit.engine.kernel.layout import (
    ACCOUNTS,
    DEBT,
    LANES,
    POSITIONS,
    block_of,
    book_of,
    compiled,
    inlined,
    lanes_of,
    phase,
    wide,
)
from riskkit.engine.kernel.selected_paths import gather

__all__ = ["appraise", "gross_wealth", "invert", "keep_last_weights", "lane_gross_wealth"]


@inlined
def invert(price, inverse):
    """Write the reciprocals of a block's prices (holding, lane); that of 0 is 0, so that no units can be bought."""
    for h in range(price.shape[0]):
        for i in range(LANES):
            inverse[h, i] = 1.0 / price[h, i] if price[h, i] > 0.0 else 0.0


@phase
def lane_gross_wealth(units, prices, lane):
    """Gross wealth of one path, summed in the same order as for a whole block."""
    gross = units[0, lane] * prices[0, lane]
    for h in range(1, units.shape[0]):
        gross = fma(units[h, lane], prices[h, lane], gross)
    return gross


@phase
def keep_last_weights(units, prices, last_weights, lane):
    """Store the weights of one path at prices (holding, lane), unless all its holdings are worthless."""
    gross = lane_gross_wealth(units, prices, lane)
    if gross > 0.0:
        for h in range(units.shape[0]):
            last_weights[h, lane] = units[h, lane] * prices[h, lane] / gross


@phase
def gross_wealth(units, prices, wealth, step_count):
    """Gross wealth of a book at each step: the sum of units * price over the holdings, in their order."""
    wide()
    holdings = units.shape[0]
    size = holdings * LANES
    for j in range(0, LANES, WIDTH):
        b = 0
        while b + 3 < step_count:
            owned, at = load(units, j), b * size + j
            one, two = owned * load(prices, at), owned * load(prices, at + size)
            three, four = owned * load(prices, at + 2 * size), owned * load(prices, at + 3 * size)
            for h in range(1, holdings):
                owned, at = load(units, h * LANES + j), at + LANES
                one = fma(owned, load(prices, at), one)
                two = fma(owned, load(prices, at + size), two)
                three = fma(owned, load(prices, at + 2 * size), three)
                four = fma(owned, load(prices, at + 3 * size), four)
            store(wealth, b * LANES + j, one)
            store(wealth, (b + 1) * LANES + j, two)
            store(wealth, (b + 2) * LANES + j, three)
            store(wealth, (b + 3) * LANES + j, four)
            b += 4
        while b < step_count:
            at = b * size + j
            one = load(units, j) * load(prices, at)
            for h in range(1, holdings):
                at += LANES
                one = fma(load(units, h * LANES + j), load(prices, at), one)
            store(wealth, b * LANES + j, one)
            b += 1


@compiled
def appraise(prices, paths, books, book, weights, wealth):
    """Write the shares of gross assets (holding, path) and the net wealth (path) of one book at prices.

    `prices` are true or reported (block, holding, lane). `paths` are places in the batch; none: all. A path that is
    ruined has wealth 0 and its last weights.
    """
    wide()
    holdings, count = weights.shape
    some = paths.size > 0
    gathered, owed, gross = np.empty((2, holdings, LANES)), np.empty((2, LANES)), np.empty(LANES)
    for first in range(0, count, LANES):
        lanes = min(count - first, LANES)
        if some:
            those = paths[first : first + lanes]
            price, units = block_of(gathered, 0, holdings), block_of(gathered, 1, holdings)
            gather(prices, 0, those, price)
            gather(books.units, book * holdings, those, units)
            gather(books.accounts, book * ACCOUNTS + DEBT, those, owed[:1])
            gather(books.accounts, book * ACCOUNTS + POSITIONS, those, owed[1:])
            debt, positions = owed[0], owed[1]
        else:
            price, rows = block_of(prices, first // LANES, holdings), book_of(books, first // LANES, book)
            units, debt, positions = rows.units, rows.accounts[DEBT], rows.accounts[POSITIONS]
        for i in range(LANES):
            gross[i] = 0.0
        for h in range(holdings):
            for i in range(LANES):
                gross[i] = fma(units[h, i], price[h, i], gross[i])
        out = lanes_of(wealth, first)
        for i in range(lanes):
            net = gross[i] - debt[i] + positions[i]
            out[i] = net if net > 0.0 else 0.0
        ruined = 0
        for i in range(lanes):
            ruined += 0 if gross[i] > 0.0 else 1
        for i in range(LANES):
            gross[i] = 1.0 / gross[i] if gross[i] > 0.0 else 0.0
        for h in range(holdings):
            out = lanes_of(weights, h * count + first)
            for i in range(lanes):
                out[i] = units[h, i] * price[h, i] * gross[i]
        if ruined > 0:
            for i in range(lanes):
                if gross[i] == 0.0:
                    path = paths[first + i] if some else first + i
                    for h in range(holdings):
                        row = book * holdings + h
                        weights[h, first + i] = books.last_weights[path // LANES, row, path % LANES]
