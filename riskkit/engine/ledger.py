"""The ledger: what a rule wants is made to happen within liquidity and cost, on every path of a tile at once."""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit.engine.layout import ACCOUNTS, COST, LANES, REBALANCES, TURNOVER, block_of, compiled
from riskkit.threefry import fma

__all__ = ["COUNTED_SALE", "UNTOUCHED", "appraise", "sell", "trade"]

#: A wish of at most this share of wealth leaves a holding untouched, bit for bit.
UNTOUCHED = 1e-12

#: A trade is counted when its sales exceed this share of wealth.
COUNTED_SALE = 1e-9

#: How far a target may be from non-negative and from summing to 1.
TARGET_ROUNDING = 1e-9

inlined = njit(error_model="numpy", inline="always")


@inlined
def sell(units, prices, sales, cost, kept, sold, proceeds, accounts, low, high):
    """Sell `sales` (holding, lane), values at true prices, on the lanes low … high - 1.

    `kept` is the share of a sale's value that arrives as cash, after discount and cost (holding). Writes the value
    sold and the cash received (lane) and books the difference as cost.
    """
    for i in range(low, high):
        sold[i] = 0.0
        proceeds[i] = 0.0
    for h in range(cost.size):
        share = kept[h]
        for i in range(low, high):
            sale = sales[h, i]
            value = units[h, i] * prices[h, i]
            part = sale / value if value > 0.0 else 0.0
            units[h, i] *= 1.0 - part
            sold[i] += sale
            proceeds[i] += sale * share
    for i in range(low, high):
        accounts[COST, i] += sold[i] - proceeds[i]


@compiled
def trade(targets, terms, rows, prices, units, accounts, book, rules):
    """Trade one book of a tile towards its targets; return the first path whose target is not valid, or -1.

    Parameters
    ----------
    targets : ndarray
        Wanted shares of gross wealth (holding, path).
    terms : tuple of ndarray
        Today's terms of each holding (holding): trading cost, share of the units that may be sold, discount below the
        true price, and 1 where it may be bought, else 0.
    rows : ndarray of int64
        Market asset of each holding.
    prices, units, accounts : ndarray
        The tile's prices (block, asset, lane), units (block, rule * holding, lane) and accounts
        (block, rule * row, lane); the last two are changed in place.
    book, rules : int
        Which of how many books.
    """
    cost, limit, discount, buyable = terms
    held = rows.size
    assets = prices.shape[1]
    price = np.empty((held, LANES))
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
        p = block_of(prices, block, assets)
        u = block_of(units, block * rules + book, held)
        account = block_of(accounts, block * rules + book, ACCOUNTS)
        for i in range(LANES):
            gross[i] = 0.0
            total[i] = 0.0
            least[i] = 0.0
            cash[i] = 0.0
            need[i] = 0.0
        for h in range(held):
            a = rows[h]
            for i in range(LANES):
                price[h, i] = p[a, i]
                gross[i] = fma(u[h, i], p[a, i], gross[i])
        for h in range(held):
            for i in range(LANES):
                target = targets[h, offset + i]
                total[i] += target
                least[i] = target if not target >= least[i] else least[i]
        for i in range(LANES):
            if not (abs(total[i] - 1.0) <= TARGET_ROUNDING and least[i] >= -TARGET_ROUNDING):
                return offset + i
        for h in range(held):
            most, share, burden, open_to_buy = limit[h], kept[h], 1.0 + cost[h], buyable[h]
            for i in range(LANES):
                value = u[h, i] * price[h, i]
                target = targets[h, offset + i]
                wish = (target if target > 0.0 else 0.0) * gross[i] - value
                touched = abs(wish) > UNTOUCHED * gross[i]
                sale = -wish if touched and wish < 0.0 else 0.0
                sale = most * value if sale > most * value else sale
                buy = open_to_buy * wish if touched and wish > 0.0 and price[h, i] > 0.0 else 0.0
                sales[h, i] = sale
                buys[h, i] = buy
                cash[i] += sale * share
                need[i] += buy * burden
        for i in range(LANES):
            fewer = need[i] / cash[i] if cash[i] > need[i] else 1.0
            cash[i] = fewer
        for h in range(held):
            for i in range(LANES):
                sales[h, i] *= cash[i]
        sell(u, price, sales, cost, kept, sold, cash, account, 0, LANES)
        for i in range(LANES):
            need[i] = cash[i] / need[i] if need[i] > cash[i] else 1.0
        for h in range(held):
            rate = cost[h]
            for i in range(LANES):
                buy = buys[h, i] * need[i]
                u[h, i] = u[h, i] + buy / price[h, i] if buy > 0.0 else u[h, i]
                account[COST, i] += buy * rate
        for i in range(LANES):
            part = sold[i] / gross[i] if gross[i] > 0.0 else 0.0
            account[TURNOVER, i] += part
            account[REBALANCES, i] += 1.0 if part > COUNTED_SALE else 0.0
    return -1


@compiled
def appraise(rows, prices, units, book, rules, weights, wealth):
    """Write the shares of gross wealth (holding, path) and the gross wealth (path) of one book of a tile."""
    held = rows.size
    assets = prices.shape[1]
    for block in range(prices.shape[0]):
        offset = block * LANES
        p = block_of(prices, block, assets)
        u = block_of(units, block * rules + book, held)
        gross = np.zeros(LANES)
        for h in range(held):
            a = rows[h]
            for i in range(LANES):
                gross[i] = fma(u[h, i], p[a, i], gross[i])
        for h in range(held):
            a = rows[h]
            for i in range(LANES):
                weights[h, offset + i] = u[h, i] * p[a, i] / gross[i]
        for i in range(LANES):
            wealth[offset + i] = gross[i]
