"""The ledger: allowances, sales with their discount, cost and tax, and trades of a book towards its targets.

Sales work on one book's rows of one block and a range of its lanes: all of them for a trade, a single one for a margin
call. The groups of arrays are those of `riskkit.engine.kernel.structs`.
"""

from __future__ import annotations

import numpy as np

from riskkit._random.vectors import fma
from riskkit.engine.kernel.allowances import UNTOUCHED, sellable_value, spare_pledged, terms_of
from riskkit.engine.kernel.holding_period import record_purchase
from riskkit.engine.kernel.layout import (
    COST,
    LANES,
    REBALANCES,
    TURNOVER,
    block_of,
    book_of,
    compiled,
    lanes_of,
    phase,
    wide,
)
from riskkit.engine.kernel.scratch import trade_scratch
from riskkit.engine.kernel.selected_paths import gather, gather_book, gathered_scratch, scatter_book
from riskkit.engine.kernel.taxed_sales import pay_tax, sell_purchase_costs, write_gains, write_sale_fractions
from riskkit.engine.kernel.valuation import invert

__all__ = [
    "COUNTED_SALE",
    "buy",
    "cash_proceeds",
    "sell",
    "trade",
]

#: A trade is counted when its sales exceed this share of wealth.
COUNTED_SALE = 1e-9

#: Tolerance of targets, which must be non-negative and sum to 1.
TARGET_ROUNDING = 1e-9


@phase
def cash_proceeds(terms, book, scratch, low, high):
    """Write the cash proceeds of the planned sales before tax, and their gain, on the lanes low … high - 1."""
    wide()
    sales, cash = scratch.sales, scratch.cash
    for i in range(low, high):
        cash[i] = 0.0
    for h in range(terms.cost.size):
        share = (1.0 - terms.discount[h]) * (1.0 - terms.cost[h])
        for i in range(low, high):
            cash[i] += sales[h, i] * share
    write_gains(terms.tax, terms, book, scratch, low, high)


@phase
def sell(terms, book, inverse, scratch, low, high):
    """Make the planned sales on the lanes low … high - 1, and settle cost and tax.

    `inverse` is 1/price (holding, lane). The scratch arrays have the `cash_proceeds` of the sales; the value sold, and
    the cash received after discount, cost and tax, are written there. A holding sold whole has exactly 0 units; one
    that is not sold keeps its units bit for bit.
    """
    wide()
    sales, values, sold, cash = scratch.sales, scratch.values, scratch.sold, scratch.cash
    units, accounts = book.units, book.accounts
    limited = book.allowance.shape[0] > 0
    for i in range(low, high):
        sold[i] = 0.0
    for h in range(terms.cost.size):
        for i in range(low, high):
            sold[i] += sales[h, i]
        if limited:
            for i in range(low, high):
                book.allowance[h, i] -= sales[h, i] * inverse[h, i]
        sell_purchase_costs(terms.tax, h, terms, book, scratch, low, high)
        for i in range(low, high):
            sale = sales[h, i]
            rest = units[h, i] - sale * inverse[h, i]
            units[h, i] = rest if (sale < values[h, i]) & (rest > 0.0) else (units[h, i] if sale == 0.0 else 0.0)
    for i in range(low, high):
        accounts[COST, i] += sold[i] - cash[i]
    pay_tax(terms.tax, book, scratch, low, high)


@compiled
def trade(targets, paths, trading, step, prices, reported, books, book):
    """Trade one book towards targets on some paths of a batch, or on all.

    Where holdings are marked, orders are converted to units at reported prices and executed at true prices. Let r be
    the value of all sales at reported prices, after limits of liquidity, and t their true value. If t exceeds r, every
    buy order is multiplied by t / r, so that the extra proceeds are invested in proportion to the buy orders. All else
    is as in any trade, at true prices. A sale is therefore never reduced because it brings more than the rule
    expected, and nothing is sold where nothing may be bought.

    Parameters
    ----------
    targets : ndarray
        Target shares of reported gross wealth (holding, path), of the paths that trade.
    paths : ndarray of int64
        These paths, as places in the batch; none: all.
    trading : TradingArrays
    step : int
        The step whose terms apply.
    prices, reported : ndarray
        The holdings' true prices, and the reported prices (block, holding, lane); the second without rows where no
        holding is marked.
    books : BookArrays
        Changed in place.
    book : int
        Index of the book.

    Returns
    -------
    int
        The first column of `targets` that is not valid, or -1.
    """
    wide()
    terms = terms_of(trading, step)
    holdings, count = targets.shape
    marked, some = reported.shape[1] > 0, paths.size > 0
    scratch = trade_scratch(holdings)
    size = LANES if some else 0
    gathered, gathered_prices = gathered_scratch(books, holdings, size), np.empty((2, holdings, size))
    for first in range(0, count, LANES):
        lanes = min(count - first, LANES)
        those = paths[first : first + lanes]
        if some:
            price = rule_price = block_of(gathered_prices, 0, holdings)
            gather(prices, 0, those, price)
            if marked:
                rule_price = block_of(gathered_prices, 1, holdings)
                gather(reported, 0, those, rule_price)
            gather_book(books, book, those, gathered)
            rows = book_of(gathered, 0, 0)
        else:
            block = first // LANES
            price = rule_price = block_of(prices, block, holdings)
            if marked:
                rule_price = block_of(reported, block, holdings)
            rows = book_of(books, block, book)
        invalid = read_targets(targets, first, lanes, price, rule_price, rows, scratch)
        if invalid >= 0:
            return invalid
        if plan_orders(terms, price, rule_price, rows, scratch, marked):
            if marked:
                buy_for_true_proceeds(price, rule_price, scratch)
            scale_sales(terms, rows, scratch)
            invert(price, scratch.inverse)
            sell(terms, rows, scratch.inverse, scratch.sale, 0, LANES)
            buy(terms, scratch.inverse, rows, scratch)
            count_trade(rows, scratch, marked)
            if some:
                scatter_book(gathered, those, books, book)
    return -1


@phase
def read_targets(targets, first, lanes, price, rule_price, book, scratch):
    """Read the targets of a block, its values and gross wealth; return the first column that is not valid, or -1."""
    wide()
    orders, gross, total, smallest = scratch.orders, scratch.gross, scratch.total, scratch.smallest
    values = scratch.sale.values
    holdings, columns = targets.shape
    for i in range(LANES):
        gross[i] = 0.0
        total[i] = 0.0
        smallest[i] = 0.0
    for h in range(holdings):
        row = lanes_of(targets, h * columns + first)
        for i in range(LANES):
            orders[h, i] = row[i] if i < lanes else 0.0
        for i in range(LANES):
            values[h, i] = book.units[h, i] * price[h, i]
        for i in range(LANES):
            gross[i] = fma(book.units[h, i], rule_price[h, i], gross[i])
        for i in range(LANES):
            total[i] += orders[h, i]
        for i in range(LANES):
            smallest[i] = smallest[i] if orders[h, i] >= smallest[i] else orders[h, i]
    invalid = 0
    for i in range(LANES):
        valid = (abs(total[i] - 1.0) <= TARGET_ROUNDING) & (smallest[i] >= -TARGET_ROUNDING)
        invalid += 0 if (valid | (gross[i] <= 0.0)) else 1
    if invalid > 0:
        for i in range(LANES):
            if gross[i] > 0.0 and not (abs(total[i] - 1.0) <= TARGET_ROUNDING and smallest[i] >= -TARGET_ROUNDING):
                return first + i
    return -1


@phase
def plan_orders(terms, price, rule_price, book, scratch, marked):
    """Convert targets to buys and to sales within the limits of liquidity, and sum the cash that the buys need.

    Returns whether there is any order.
    """
    wide()
    orders, buys, gross, sales = scratch.orders, scratch.buys, scratch.gross, scratch.sale.sales
    values, need = scratch.sale.values, scratch.sale.need
    count = 0
    for i in range(LANES):
        need[i] = 0.0
    for h in range(terms.cost.size):
        limit, opens, buyable, cash_per_value = terms.limit[h], terms.opens[h], terms.buyable[h], 1.0 + terms.cost[h]
        for i in range(LANES):
            target = orders[h, i]
            gap = (target if target > 0.0 else 0.0) * gross[i] - book.units[h, i] * rule_price[h, i]
            orders[h, i] = gap if abs(gap) > UNTOUCHED * gross[i] else 0.0
        for i in range(LANES):
            count += 0 if orders[h, i] == 0.0 else 1
        if marked:
            for i in range(LANES):
                orders[h, i] *= price[h, i] / rule_price[h, i] if rule_price[h, i] != price[h, i] else 1.0
        for i in range(LANES):
            sale = -orders[h, i] if orders[h, i] < 0.0 else 0.0
            most = sellable_value(h, limit, opens, book, price[h, i], values[h, i], i)
            sales[h, i] = sale if sale < most else most
        for i in range(LANES):
            buys[h, i] = orders[h, i] * buyable if (orders[h, i] > 0.0) & (price[h, i] > 0.0) else 0.0
        for i in range(LANES):
            need[i] += buys[h, i] * cash_per_value
    spare_pledged(book, price, sales, 0, LANES)
    return count > 0


@phase
def buy_for_true_proceeds(price, rule_price, scratch):
    """Scale up the buys where the sales bring more at true prices than at reported prices."""
    wide()
    values, sales, need = scratch.sale.values, scratch.sale.sales, scratch.sale.need
    true_gross, total, ratio, buys = scratch.true_gross, scratch.total, scratch.ratio, scratch.buys
    holdings = values.shape[0]
    for i in range(LANES):
        true_gross[i] = 0.0
        total[i] = 0.0
        ratio[i] = 0.0
    for h in range(holdings):
        for i in range(LANES):
            unchanged = (rule_price[h, i] == price[h, i]) | (sales[h, i] == 0.0)
            true_gross[i] += values[h, i]
            total[i] += sales[h, i] if unchanged else sales[h, i] / price[h, i] * rule_price[h, i]
            ratio[i] += sales[h, i]
    for i in range(LANES):
        ratio[i] = ratio[i] / total[i] if ratio[i] > total[i] else 1.0
        need[i] *= ratio[i]
    for h in range(holdings):
        for i in range(LANES):
            buys[h, i] *= ratio[i]


@phase
def scale_sales(terms, book, scratch):
    """Scale down the sales where they bring more than the buys need, and write their `cash_proceeds`."""
    wide()
    sale, total = scratch.sale, scratch.total
    cash_proceeds(terms, book, sale, 0, LANES)
    write_sale_fractions(terms.tax, terms, book, sale, total)
    scaled = 0
    for i in range(LANES):
        scaled += 0 if total[i] == 1.0 else 1
    if scaled > 0:
        for h in range(terms.cost.size):
            for i in range(LANES):
                sale.sales[h, i] *= total[i]
        cash_proceeds(terms, book, sale, 0, LANES)


@phase
def buy(terms, inverse, book, scratch):
    """Buy with the cash of the sales; scale down where it does not suffice."""
    wide()
    buys, total, cash, need = scratch.buys, scratch.total, scratch.sale.cash, scratch.sale.need
    for i in range(LANES):
        money = cash[i] if cash[i] > 0.0 else 0.0
        total[i] = money / need[i] if need[i] > money else 1.0
    for h in range(terms.cost.size):
        fee = terms.cost[h]
        for i in range(LANES):
            buys[h, i] *= total[i]
        for i in range(LANES):
            book.units[h, i] = fma(buys[h, i], inverse[h, i], book.units[h, i])
        for i in range(LANES):
            book.accounts[COST, i] += buys[h, i] * fee
        for i in range(LANES):
            if buys[h, i] > 0.0:
                record_purchase(terms.tax, h, buys[h, i] * inverse[h, i], buys[h, i], terms.step, book, i)


@phase
def count_trade(book, scratch, marked):
    """Count the trade, and add its turnover as a share of true gross wealth."""
    wide()
    gross, true_gross, sold = scratch.gross, scratch.true_gross, scratch.sale.sold
    for i in range(LANES):
        fraction = sold[i] / gross[i] if gross[i] > 0.0 else 0.0
        book.accounts[REBALANCES, i] += 1.0 if fraction > COUNTED_SALE else 0.0
        if marked:
            fraction = sold[i] / true_gross[i] if true_gross[i] > 0.0 else 0.0
        book.accounts[TURNOVER, i] += fraction
