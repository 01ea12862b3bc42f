"""Valuation of a batch of paths: the holdings' prices on a date, and each book's weights and wealth."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit._random.vectors import WIDTH, fma, load, store
from riskkit.engine.kernel.layout import DEBT, LANES, MOST_PRICE, POSITIONS, block_of, book_of, compiled, lanes_of, wide

__all__ = ["appraise", "gross_wealth", "keep_last_weights", "lane_gross_wealth", "quote"]


@compiled
def quote(asset, prices, quoted, inverse):
    """Write the holdings' prices and their reciprocals (block, holding, lane), once for all books of a date.

    The reciprocal of a price of 0 is 0, so that no units can be bought. Returns the number of extreme prices: not below
    `MOST_PRICE`, or NaN.
    """
    wide()
    holdings = asset.size
    extreme = 0
    for block in range(prices.price.shape[0]):
        market = block_of(prices.price, block, prices.price.shape[1])
        price = block_of(quoted, block, holdings)
        reciprocal = block_of(inverse, block, holdings)
        for h in range(holdings):
            a = asset[h]
            for i in range(LANES):
                price[h, i] = market[a, i]
            for i in range(LANES):
                reciprocal[h, i] = 1.0 / price[h, i] if price[h, i] > 0.0 else 0.0
            for i in range(LANES):
                extreme += 0 if price[h, i] < MOST_PRICE else 1
    return extreme


@njit(error_model="numpy")
def lane_gross_wealth(units, prices, lane):
    """Gross wealth of one path, summed in the same order as for a whole block."""
    gross = units[0, lane] * prices[0, lane]
    for h in range(1, units.shape[0]):
        gross = fma(units[h, lane], prices[h, lane], gross)
    return gross


@njit(error_model="numpy")
def keep_last_weights(units, prices, last_weights, lane):
    """Store the weights of one path at prices (holding, lane), unless all its holdings are worthless."""
    gross = lane_gross_wealth(units, prices, lane)
    if gross > 0.0:
        for h in range(units.shape[0]):
            last_weights[h, lane] = units[h, lane] * prices[h, lane] / gross


@njit(error_model="numpy")
def gross_wealth(units, prices, wealth, step_count):
    """Gross wealth of a book at each step: the sum of units * price over the holdings, in their order."""
    wide()
    holdings = units.shape[0]
    size = holdings * LANES
    for j in range(0, LANES, WIDTH):
        b = 0
        while b + 3 < step_count:
            held, at = load(units, j), b * size + j
            one, two = held * load(prices, at), held * load(prices, at + size)
            three, four = held * load(prices, at + 2 * size), held * load(prices, at + 3 * size)
            for h in range(1, holdings):
                held, at = load(units, h * LANES + j), at + LANES
                one = fma(held, load(prices, at), one)
                two = fma(held, load(prices, at + size), two)
                three = fma(held, load(prices, at + 2 * size), three)
                four = fma(held, load(prices, at + 3 * size), four)
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
def appraise(prices, books, book, weights, wealth):
    """Write the shares of gross assets (holding, path) and the net wealth (path) of one book at prices.

    `prices` are true or reported (block, holding, lane). A path that is ruined has wealth 0 and its last weights.
    """
    wide()
    holdings = prices.shape[1]
    gross = np.empty(LANES)
    for block in range(prices.shape[0]):
        offset = block * LANES
        price = block_of(prices, block, holdings)
        rows = book_of(books, block, book)
        for i in range(LANES):
            gross[i] = 0.0
        for h in range(holdings):
            for i in range(LANES):
                gross[i] = fma(rows.units[h, i], price[h, i], gross[i])
        out = lanes_of(wealth, offset)
        for i in range(LANES):
            net = gross[i] - rows.accounts[DEBT, i] + rows.accounts[POSITIONS, i]
            out[i] = net if net > 0.0 else 0.0
        ruined = 0
        for i in range(LANES):
            ruined += 0 if gross[i] > 0.0 else 1
        for i in range(LANES):
            gross[i] = 1.0 / gross[i] if gross[i] > 0.0 else 0.0
        for h in range(holdings):
            out = lanes_of(weights, h * wealth.size + offset)
            for i in range(LANES):
                out[i] = rows.units[h, i] * price[h, i] * gross[i]
        if ruined > 0:
            for h in range(holdings):
                out = lanes_of(weights, h * wealth.size + offset)
                for i in range(LANES):
                    if gross[i] == 0.0:
                        out[i] = rows.last_weights[h, i]
