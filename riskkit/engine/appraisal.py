"""What a tile is worth: the holdings' prices on a date, and each book's weights and wealth."""

from __future__ import annotations

import numpy as np

from riskkit.engine.layout import ACCOUNTS, DEBT, LANES, MOST_PRICE, block_of, compiled, lanes_of
from riskkit.threefry import fma

__all__ = ["appraise", "quote"]


@compiled
def quote(rows, prices, quoted, inverse):
    """Write the holdings' prices and their reciprocals (block, holding, lane), once for all books of a date.

    The reciprocal of a price that has fallen to 0 is 0, so that no units can be had for it. Returns how many of the
    prices cannot be computed with: not below `MOST_PRICE`, or not numbers.
    """
    held = rows.size
    extreme = 0
    for block in range(prices.shape[0]):
        p = block_of(prices, block, prices.shape[1])
        out = block_of(quoted, block, held)
        reciprocal = block_of(inverse, block, held)
        for h in range(held):
            a = rows[h]
            for i in range(LANES):
                out[h, i] = p[a, i]
            for i in range(LANES):
                reciprocal[h, i] = 1.0 / out[h, i] if out[h, i] > 0.0 else 0.0
            for i in range(LANES):
                extreme += 0 if out[h, i] < MOST_PRICE else 1
    return extreme


@compiled
def appraise(prices, units, accounts, last, book, rules, weights, wealth):
    """Write the shares of gross assets (holding, path) and the net wealth (path) of one book of a tile.

    A path that is ruined has wealth 0 and its last weights, which `last` keeps (block, rule * holding, lane).
    """
    held = prices.shape[1]
    gross = np.empty(LANES)
    for block in range(prices.shape[0]):
        offset = block * LANES
        p = block_of(prices, block, held)
        u = block_of(units, block * rules + book, held)
        account = block_of(accounts, block * rules + book, ACCOUNTS)
        for i in range(LANES):
            gross[i] = 0.0
        for h in range(held):
            for i in range(LANES):
                gross[i] = fma(u[h, i], p[h, i], gross[i])
        out = lanes_of(wealth, offset)
        for i in range(LANES):
            net = gross[i] - account[DEBT, i]
            out[i] = net if net > 0.0 else 0.0
        ruined = 0
        for i in range(LANES):
            ruined += 0 if gross[i] > 0.0 else 1
        for i in range(LANES):
            gross[i] = 1.0 / gross[i] if gross[i] > 0.0 else 0.0
        for h in range(held):
            out = lanes_of(weights, h * wealth.size + offset)
            for i in range(LANES):
                out[i] = u[h, i] * p[h, i] * gross[i]
        if ruined > 0 and last.shape[1] > 0:
            memory = block_of(last, block * rules + book, held)
            for h in range(held):
                out = lanes_of(weights, h * wealth.size + offset)
                for i in range(LANES):
                    if gross[i] == 0.0:
                        out[i] = memory[h, i]
