"""The ledger: what a rule wants is made to happen within liquidity and cost, on every path of a tile at once."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit.engine.layout import ACCOUNTS, COST, LANES, REBALANCES, TURNOVER, block_of, compiled, lanes_of
from riskkit.threefry import fma

__all__ = ["COUNTED_SALE", "UNTOUCHED", "appraise", "quote", "sell", "trade"]

#: A wish of at most this share of wealth leaves a holding untouched, bit for bit.
UNTOUCHED = 1e-12

#: A trade is counted when its sales exceed this share of wealth.
COUNTED_SALE = 1e-9

#: How far a target may be from non-negative and from summing to 1.
TARGET_ROUNDING = 1e-9

inlined = njit(error_model="numpy", inline="always")


@inlined
def sell(units, inverse, values, sales, kept, sold, proceeds, accounts, low, high):
    """Sell `sales` (holding, lane), values at true prices, on the lanes low … high - 1.

    `inverse` is 1/price and `values` the value held (holding, lane); `kept` is the share of a sale's value that arrives
    as cash, after discount and cost (holding). Writes the value sold and the cash received (lane) and books the
    difference as cost. A holding sold whole is left with no units at all.
    """
    for i in range(low, high):
        sold[i] = 0.0
        proceeds[i] = 0.0
    for h in range(kept.size):
        share = kept[h]
        for i in range(low, high):
            sale = sales[h, i]
            left = units[h, i] - sale * inverse[h, i]
            units[h, i] = left if (sale < values[h, i]) & (left > 0.0) else (units[h, i] if sale == 0.0 else 0.0)
        for i in range(low, high):
            sold[i] += sales[h, i]
        for i in range(low, high):
            proceeds[i] += sales[h, i] * share
    for i in range(low, high):
        accounts[COST, i] += sold[i] - proceeds[i]


@compiled
def quote(rows, prices, shown, inverse):
    """Write the holdings' prices and their reciprocals (block, holding, lane), once for all books of a date.

    The reciprocal of a price that has fallen to 0 is 0, so that no units can be had for it.
    """
    held = rows.size
    for block in range(prices.shape[0]):
        p = block_of(prices, block, prices.shape[1])
        out = block_of(shown, block, held)
        reciprocal = block_of(inverse, block, held)
        for h in range(held):
            a = rows[h]
            for i in range(LANES):
                out[h, i] = p[a, i]
            for i in range(LANES):
                reciprocal[h, i] = 1.0 / out[h, i] if out[h, i] > 0.0 else 0.0


@compiled
def trade(targets, terms, prices, inverse, units, accounts, book, rules):
    """Trade one book of a tile towards its targets; return the first path whose target is not valid, or -1.

    Parameters
    ----------
    targets : ndarray
        Wanted shares of gross wealth (holding, path).
    terms : tuple of ndarray
        Today's terms of each holding (holding): trading cost, share of the units that may be sold, discount below the
        true price, and 1 where it may be bought, else 0.
    prices, inverse : ndarray
        The holdings' prices and their reciprocals (block, holding, lane).
    units, accounts : ndarray
        The tile's units (block, rule * holding, lane) and accounts (block, rule * row, lane); changed in place.
    book, rules : int
        Which of how many books.
    """
    cost, limit, discount, buyable = terms
    held = prices.shape[1]
    paths = targets.shape[1]
    values = np.empty((held, LANES))
    wanted = np.empty((held, LANES))
    sales = np.empty((held, LANES))
    buys = np.empty((held, LANES))
    gross = np.empty(LANES)
    total = np.empty(LANES)
    least = np.empty(LANES)
    cash = np.empty(LANES)
    need = np.empty(LANES)
    sold = np.empty(LANES)
    kept = (1.0 - discount) * (1.0 - cost)
    for block in range(prices.shape[0]):
        offset = block * LANES
        p = block_of(prices, block, held)
        r = block_of(inverse, block, held)
        u = block_of(units, block * rules + book, held)
        account = block_of(accounts, block * rules + book, ACCOUNTS)
        for i in range(LANES):
            gross[i] = 0.0
            total[i] = 0.0
            least[i] = 0.0
            cash[i] = 0.0
            need[i] = 0.0
        for h in range(held):
            for i in range(LANES):
                values[h, i] = u[h, i] * p[h, i]
            for i in range(LANES):
                gross[i] = fma(u[h, i], p[h, i], gross[i])
            row = lanes_of(targets, h * paths + offset)
            for i in range(LANES):
                wanted[h, i] = row[i]
            for i in range(LANES):
                total[i] += wanted[h, i]
            for i in range(LANES):
                least[i] = least[i] if wanted[h, i] >= least[i] else wanted[h, i]
        wrong = 0
        for i in range(LANES):
            valid = (abs(total[i] - 1.0) <= TARGET_ROUNDING) & (least[i] >= -TARGET_ROUNDING)
            wrong += 0 if valid else 1
        if wrong > 0:
            for i in range(LANES):
                if not (abs(total[i] - 1.0) <= TARGET_ROUNDING and least[i] >= -TARGET_ROUNDING):
                    return offset + i
        for h in range(held):
            most = limit[h]
            share = kept[h]
            burden = 1.0 + cost[h]
            open_to_buy = buyable[h]
            for i in range(LANES):
                value = values[h, i]
                target = wanted[h, i]
                gap = (target if target > 0.0 else 0.0) * gross[i] - value
                sale = -gap if gap < -UNTOUCHED * gross[i] else 0.0
                sales[h, i] = sale if sale < most * value else most * value
                buys[h, i] = gap * open_to_buy if gap > UNTOUCHED * gross[i] else 0.0
            for i in range(LANES):
                cash[i] += sales[h, i] * share
            for i in range(LANES):
                need[i] += buys[h, i] * burden
        for i in range(LANES):
            total[i] = need[i] / cash[i] if cash[i] > need[i] else 1.0
        for h in range(held):
            for i in range(LANES):
                sales[h, i] *= total[i]
        sell(u, r, values, sales, kept, sold, cash, account, 0, LANES)
        for i in range(LANES):
            total[i] = cash[i] / need[i] if need[i] > cash[i] else 1.0
        for h in range(held):
            rate = cost[h]
            for i in range(LANES):
                buys[h, i] *= total[i]
            for i in range(LANES):
                u[h, i] = fma(buys[h, i], r[h, i], u[h, i])
            for i in range(LANES):
                account[COST, i] += buys[h, i] * rate
        for i in range(LANES):
            part = sold[i] / gross[i] if gross[i] > 0.0 else 0.0
            account[TURNOVER, i] += part
            account[REBALANCES, i] += 1.0 if part > COUNTED_SALE else 0.0
    return -1


@compiled
def appraise(prices, units, book, rules, weights, wealth):
    """Write the shares of gross wealth (holding, path) and the gross wealth (path) of one book of a tile."""
    held = prices.shape[1]
    gross = np.empty(LANES)
    for block in range(prices.shape[0]):
        offset = block * LANES
        p = block_of(prices, block, held)
        u = block_of(units, block * rules + book, held)
        for i in range(LANES):
            gross[i] = 0.0
        for h in range(held):
            for i in range(LANES):
                gross[i] = fma(u[h, i], p[h, i], gross[i])
        out = lanes_of(wealth, offset)
        for i in range(LANES):
            out[i] = gross[i]
        for i in range(LANES):
            gross[i] = 1.0 / gross[i]
        for h in range(held):
            out = lanes_of(weights, h * wealth.size + offset)
            for i in range(LANES):
                out[i] = u[h, i] * p[h, i] * gross[i]
