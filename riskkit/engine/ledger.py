"""The ledger: sales with their discount, cost and tax, and the trade of a book towards its targets.

Sales work on one block and a range of its lanes: all of them for a trade, a single one for a margin call.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from riskkit.engine.gains import AVERAGE, buy_lot, lane_gain, part_of_lots, part_to_sell, take_lots, tax_on
from riskkit.engine.layout import (
    ACCOUNTS,
    COST,
    LANES,
    LOSSES,
    REBALANCES,
    TAX,
    TURNOVER,
    block_of,
    compiled,
    lanes_of,
)
from riskkit.threefry import fma

__all__ = [
    "COUNTED_SALE",
    "UNTOUCHED",
    "available",
    "cash_of",
    "open_markets",
    "part_of_sales",
    "sell",
    "trade",
]

#: A wish of at most this share of wealth leaves a holding untouched, bit for bit.
UNTOUCHED = 1e-12

#: A trade is counted when its sales exceed this share of wealth.
COUNTED_SALE = 1e-9

#: How far a target may be from non-negative and from summing to 1.
TARGET_ROUNDING = 1e-9

inlined = njit(error_model="numpy", inline="always")


# What the functions below share travels in three tuples. `how`: trading cost and discount (holding), whether there are
# a tax and limits, and the tax law. `holds`: the rows of one book: units, purchase cost, units that may still be sold,
# units and unit costs of lots, accounts (row, lane). `room`: values held and planned sales (holding, lane), then value
# sold, cash and gain (lane), which the functions fill.


@njit(error_model="numpy")
def cash_of(how, holds, room, low, high):
    """Write the cash that the planned sales bring before tax, and their gain, on the lanes low … high - 1."""
    cost, discount, taxed, _, law = how
    basis, lot_units, lot_costs = holds[1], holds[3], holds[4]
    values, sales, _, cash, gain = room
    offset, lots = law[1], law[2]
    for i in range(low, high):
        cash[i] = 0.0
    for h in range(cost.size):
        share = (1.0 - discount[h]) * (1.0 - cost[h])
        for i in range(low, high):
            cash[i] += sales[h, i] * share
    if taxed:
        for i in range(low, high):
            gain[i] = 0.0
        if lot_units.shape[0] > 0:
            for i in range(low, high):
                gain[i] = lane_gain(sales, 1.0, values, 1.0 - discount, basis, offset, lots, lot_units, lot_costs, i)
        else:
            for h in range(cost.size):
                share = 1.0 - discount[h]
                for i in range(low, high):
                    part = sales[h, i] / values[h, i] if sales[h, i] > 0.0 else 0.0
                    one = sales[h, i] * share - basis[h, i] * part
                    gain[i] += one if (offset | (one > 0.0)) else 0.0


@njit(error_model="numpy")
def part_of_sales(need, brings, how, holds, room, lane):
    """Smallest share of one path's planned sales that meets its need; 1 where no share does.

    The sales take `brings` off the need before tax, in proportion.
    """
    _, discount, taxed, _, law = how
    sales, losses = room[1], holds[5][LOSSES, lane]
    apart = False
    if taxed and need > 0.0:
        for h in range(discount.size):
            apart |= (law[2][1][h] != AVERAGE) & (sales[h, lane] > 0.0)
    if apart:
        return part_of_lots(
            need, brings, sales, room[0], 1.0 - discount, holds[1], losses, law, holds[3], holds[4], lane
        )
    return part_to_sell(need, brings, room[4][lane] if taxed else 0.0, losses, law[0])


@njit(error_model="numpy")
def sell(how, holds, inverse, room, low, high):
    """Make the planned sales on the lanes low … high - 1, and settle cost and tax.

    `inverse` is 1/price (holding, lane). Writes the value sold and the cash received after discount, cost and tax. A
    holding sold whole is left with no units at all; one that is not sold keeps its units bit for bit.
    """
    cost, _, taxed, limited, law = how
    units, basis, left, lot_units, lot_costs, accounts = holds
    values, sales, sold, cash, gain = room
    rate, offset, lots = law
    starts, methods = lots
    cash_of(how, holds, room, low, high)
    for i in range(low, high):
        sold[i] = 0.0
    for h in range(cost.size):
        for i in range(low, high):
            sold[i] += sales[h, i]
        if limited:
            for i in range(low, high):
                left[h, i] -= sales[h, i] * inverse[h, i]
        if taxed:
            if methods[h] == AVERAGE:
                for i in range(low, high):
                    part = sales[h, i] / values[h, i] if sales[h, i] > 0.0 else 0.0
                    basis[h, i] = basis[h, i] * (1.0 - part) if part < 1.0 else 0.0
            else:
                for i in range(low, high):
                    if sales[h, i] > 0.0:
                        part = min(sales[h, i] / values[h, i], 1.0)
                        take_lots(lot_units, lot_costs, starts[h], starts[h + 1], methods[h], part, i, True)
                        basis[h, i] = 0.0
                        for row in range(starts[h], starts[h + 1]):
                            basis[h, i] += lot_units[row, i] * lot_costs[row, i]
        for i in range(low, high):
            sale = sales[h, i]
            rest = units[h, i] - sale * inverse[h, i]
            units[h, i] = rest if (sale < values[h, i]) & (rest > 0.0) else (units[h, i] if sale == 0.0 else 0.0)
    for i in range(low, high):
        accounts[COST, i] += sold[i] - cash[i]
    if taxed:
        for i in range(low, high):
            tax = tax_on(gain[i], accounts[LOSSES, i], rate)
            accounts[TAX, i] += tax
            cash[i] -= tax
        if offset:
            for i in range(low, high):
                accounts[LOSSES, i] -= gain[i]


@inlined
def available(h, limit, opens, units, allowance, limited, price, value, lane):
    """Value of a holding that may be sold now: all of it, what is left of the open allowance, or nothing."""
    if limited:
        left = max(allowance[h, lane], 0.0)
        some = left * price if left < units[h, lane] * (1.0 - UNTOUCHED) else value
        return value if (limit >= 1.0) & opens else (some if limit > 0.0 else 0.0)
    return value * limit


@compiled
def open_markets(opening, limit, units, allowance, book, rules):
    """Begin new allowances: the share `limit` of the units held now, of the holdings that open today (holding)."""
    held = limit.size
    for block in range(units.shape[0]):
        u = block_of(units, block * rules + book, held)
        left = block_of(allowance, block * rules + book, held)
        for h in range(held):
            if opening[h]:
                for i in range(LANES):
                    left[h, i] = limit[h] * u[h, i]


@compiled
def trade(targets, terms, law, prices, inverse, shown, units, basis, allowance, lots, accounts, book, rules):
    """Trade one book of a tile towards its targets; return the first path whose target is not valid, or -1.

    Where holdings are marked, wishes are turned into units at the reported prices and carried out at the true ones.
    Let r be the value at reported prices of all that is to be sold, after what liquidity cuts, and t its true value.
    If t exceeds r, every wish to buy is multiplied by t / r: what the sales bring beyond the wish goes where the buys
    go, pro rata. The rest is the rule of every trade, at true prices. So a sale is never cut because it brings more
    than the rule saw, and where nothing may be bought nothing is sold.

    Parameters
    ----------
    targets : ndarray
        Wanted shares of gross wealth as reported (holding, path).
    terms : tuple of ndarray
        Today's terms of each holding (holding): trading cost, share of the units that may be sold, whether that share
        is of today's units, discount below the true price, and 1 where it may be bought, else 0.
    law : tuple
        Tax rate, whether losses count, and the lots' first rows and methods.
    prices, inverse, shown : ndarray
        The holdings' true prices, their reciprocals, and the reported prices (block, holding, lane); the last without
        rows where no holding is marked.
    units, basis, allowance : ndarray
        Units, purchase cost, and units that may still be sold (block, rule * holding, lane); the latter two have no
        rows where there is no tax, or no holding that is limited. Changed in place, as are the next two.
    lots : tuple of ndarray
        Units and unit costs of lots kept apart (block, rule * lot, lane), without rows where there are none.
    accounts : ndarray
        Accounts (block, rule * row, lane).
    book, rules : int
        Which of how many books.
    """
    cost, limit, opens, discount, buyable = terms
    rate = law[0]
    starts, methods = law[2]
    held = prices.shape[1]
    paths = targets.shape[1]
    taxed = basis.shape[1] > 0
    marked = shown.shape[1] > 0
    limited = allowance.shape[1] > 0
    kinds = lots[0].shape[1] // rules
    values = np.empty((held, LANES))
    wanted = np.empty((held, LANES))
    sales = np.empty((held, LANES))
    buys = np.empty((held, LANES))
    gross = np.empty(LANES)
    total = np.empty(LANES)
    least = np.empty(LANES)
    cash = np.empty(LANES)
    gain = np.zeros(LANES)
    need = np.empty(LANES)
    sold = np.empty(LANES)
    true = np.empty(LANES)
    beyond = np.empty(LANES)
    how = (cost, discount, taxed, limited, law)
    room = (values, sales, sold, cash, gain)
    for block in range(prices.shape[0]):
        offset_of_block = block * LANES
        p = block_of(prices, block, held)
        r = block_of(inverse, block, held)
        told = block_of(shown, block, held) if marked else p
        u = block_of(units, block * rules + book, held)
        b = block_of(basis, block * rules + book, held if taxed else 0)
        left = block_of(allowance, block * rules + book, held if limited else 0)
        lot_units = block_of(lots[0], block * rules + book, kinds)
        lot_costs = block_of(lots[1], block * rules + book, kinds)
        account = block_of(accounts, block * rules + book, ACCOUNTS)
        for i in range(LANES):
            gross[i] = 0.0
            total[i] = 0.0
            least[i] = 0.0
            need[i] = 0.0
        for h in range(held):
            for i in range(LANES):
                values[h, i] = u[h, i] * p[h, i]
            for i in range(LANES):
                gross[i] = fma(u[h, i], told[h, i], gross[i])
            row = lanes_of(targets, h * paths + offset_of_block)
            for i in range(LANES):
                wanted[h, i] = row[i]
            for i in range(LANES):
                total[i] += wanted[h, i]
            for i in range(LANES):
                least[i] = least[i] if wanted[h, i] >= least[i] else wanted[h, i]
        wrong = 0
        for i in range(LANES):
            valid = (abs(total[i] - 1.0) <= TARGET_ROUNDING) & (least[i] >= -TARGET_ROUNDING)
            wrong += 0 if (valid | (gross[i] <= 0.0)) else 1
        if wrong > 0:
            for i in range(LANES):
                if gross[i] > 0.0 and not (abs(total[i] - 1.0) <= TARGET_ROUNDING and least[i] >= -TARGET_ROUNDING):
                    return offset_of_block + i
        for h in range(held):
            most = limit[h]
            today = opens[h]
            burden = 1.0 + cost[h]
            open_to_buy = buyable[h]
            for i in range(LANES):
                target = wanted[h, i]
                gap = (target if target > 0.0 else 0.0) * gross[i] - u[h, i] * told[h, i]
                gap = gap if abs(gap) > UNTOUCHED * gross[i] else 0.0
                wanted[h, i] = gap
            if marked:
                for i in range(LANES):
                    wanted[h, i] *= p[h, i] / told[h, i] if told[h, i] != p[h, i] else 1.0
            for i in range(LANES):
                sale = -wanted[h, i] if wanted[h, i] < 0.0 else 0.0
                most_of_it = available(h, most, today, u, left, limited, p[h, i], values[h, i], i)
                sales[h, i] = sale if sale < most_of_it else most_of_it
            for i in range(LANES):
                buys[h, i] = wanted[h, i] * open_to_buy if (wanted[h, i] > 0.0) & (r[h, i] > 0.0) else 0.0
            for i in range(LANES):
                need[i] += buys[h, i] * burden
        if marked:
            for i in range(LANES):
                true[i] = 0.0
                total[i] = 0.0
                beyond[i] = 0.0
            for h in range(held):
                for i in range(LANES):
                    same = (told[h, i] == p[h, i]) | (sales[h, i] == 0.0)
                    true[i] += values[h, i]
                    total[i] += sales[h, i] if same else sales[h, i] / p[h, i] * told[h, i]
                    beyond[i] += sales[h, i]
            for i in range(LANES):
                beyond[i] = beyond[i] / total[i] if beyond[i] > total[i] else 1.0
                need[i] *= beyond[i]
            for h in range(held):
                for i in range(LANES):
                    buys[h, i] *= beyond[i]
        holds = (u, b, left, lot_units, lot_costs, account)
        cash_of(how, holds, room, 0, LANES)
        if taxed:
            for i in range(LANES):
                total[i] = part_to_sell(need[i], cash[i], gain[i], account[LOSSES, i], rate)
            if kinds > 0:
                for i in range(LANES):
                    if total[i] < 1.0:
                        total[i] = part_of_sales(need[i], cash[i], how, holds, room, i)
        else:
            for i in range(LANES):
                total[i] = need[i] / cash[i] if cash[i] > need[i] * (1.0 + UNTOUCHED) else 1.0
        for h in range(held):
            for i in range(LANES):
                sales[h, i] *= total[i]
        sell(how, holds, r, room, 0, LANES)
        for i in range(LANES):
            money = cash[i] if cash[i] > 0.0 else 0.0
            total[i] = money / need[i] if need[i] > money else 1.0
        for h in range(held):
            fee = cost[h]
            for i in range(LANES):
                buys[h, i] *= total[i]
            for i in range(LANES):
                u[h, i] = fma(buys[h, i], r[h, i], u[h, i])
            for i in range(LANES):
                account[COST, i] += buys[h, i] * fee
            if taxed:
                for i in range(LANES):
                    b[h, i] += buys[h, i]
                if methods[h] != AVERAGE:
                    for i in range(LANES):
                        if buys[h, i] > 0.0:
                            buy_lot(lot_units, lot_costs, starts[h + 1] - 1, buys[h, i] * r[h, i], buys[h, i], i)
        for i in range(LANES):
            part = sold[i] / gross[i] if gross[i] > 0.0 else 0.0
            account[REBALANCES, i] += 1.0 if part > COUNTED_SALE else 0.0
            if marked:
                part = sold[i] / true[i] if true[i] > 0.0 else 0.0
            account[TURNOVER, i] += part
    return -1
