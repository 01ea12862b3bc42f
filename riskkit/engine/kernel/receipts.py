"""Receipts of a book outside its rule's trades: cash that is invested, and units that are delivered.

A path whose net wealth is 0 or less is ruined, and receives nothing.
"""

from __future__ import annotations

from riskkit._random.vectors import fma
from riskkit.engine.kernel.allowances import UNTOUCHED, terms_of
from riskkit.engine.kernel.gains_tax import realise
from riskkit.engine.kernel.holding_period import record_purchase
from riskkit.engine.kernel.layout import DEBT, LANES, POSITIONS, block_of, book_of, compiled, lanes_of, wide
from riskkit.engine.kernel.ledger import buy
from riskkit.engine.kernel.scratch import trade_scratch
from riskkit.engine.kernel.valuation import lane_gross_wealth

__all__ = ["deliver", "invest", "tax_gain"]


@compiled
def invest(cash, takers, shares, start, trading, step, prices, inverse, books, book):
    """Invest cash in one book; cash that a path cannot invest is set to 0.

    The purchases are in the proportions of `shares`, or, where these are 0 throughout, of the present values; of the
    start where these are nothing. Holdings that cannot be bought, or are worthless, take no part. Together with their
    trading cost the purchases use the cash.

    Parameters
    ----------
    cash : ndarray
        Cash received (path), changed in place.
    takers : ndarray of bool
        The holdings that may be bought (holding).
    shares : ndarray
        Fixed proportions of the purchases (holding).
    start : ndarray
        Values at the start (holding).
    trading : TradingArrays
    step : int
        The step whose terms apply.
    prices, inverse : ndarray
        True prices and their reciprocals (block, holding, lane).
    books : BookArrays
        Changed in place.
    book : int
        Index of the book.
    """
    wide()
    terms = terms_of(trading, step)
    holdings = prices.shape[1]
    fixed = shares.sum() > 0.0
    scratch = trade_scratch(holdings)
    orders, buys, gross, total, at_start = scratch.orders, scratch.buys, scratch.gross, scratch.total, scratch.ratio
    need, money = scratch.sale.need, scratch.sale.cash
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        reciprocal = block_of(inverse, block, holdings)
        rows = book_of(books, block, book)
        received = lanes_of(cash, block * LANES)
        for i in range(LANES):
            gross[i] = 0.0
            total[i] = 0.0
            at_start[i] = 0.0
            need[i] = 0.0
        for h in range(holdings):
            may_buy = takers[h] and terms.buyable[h] > 0.0
            for i in range(LANES):
                gross[i] = fma(rows.units[h, i], price[h, i], gross[i])
                open_here = may_buy & (reciprocal[h, i] > 0.0)
                orders[h, i] = (shares[h] if fixed else rows.units[h, i] * price[h, i]) if open_here else 0.0
                buys[h, i] = start[h] if open_here else 0.0
                total[i] += orders[h, i]
                at_start[i] += buys[h, i]
        for i in range(LANES):
            from_start = (not fixed) & (total[i] <= UNTOUCHED * gross[i])
            whole = at_start[i] if from_start else total[i]
            if not ((gross[i] + rows.accounts[POSITIONS, i] > rows.accounts[DEBT, i]) & (whole > 0.0)):
                received[i] = 0.0
            for h in range(holdings):
                order = buys[h, i] if from_start else orders[h, i]
                buys[h, i] = received[i] * order / whole if whole > 0.0 else 0.0
                need[i] += buys[h, i] * (1.0 + terms.cost[h])
            money[i] = received[i]
        buy(terms, reciprocal, rows, scratch)


@compiled
def deliver(units, holding, trading, step, prices, books, book):
    """Deliver units of one holding to one book, at a purchase cost of their price; write their value.

    Parameters
    ----------
    units : ndarray
        Units (path); replaced by their value, which is 0 on a ruined path.
    holding : int
        Index of the holding.
    trading : TradingArrays
    step : int
        The step on which they are delivered.
    prices : ndarray
        True prices (block, holding, lane).
    books : BookArrays
        Changed in place.
    book : int
        Index of the book.
    """
    holdings = prices.shape[1]
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        rows = book_of(books, block, book)
        received = lanes_of(units, block * LANES)
        for i in range(LANES):
            count = received[i]
            received[i] = 0.0
            net = lane_gross_wealth(rows.units, price, i) - rows.accounts[DEBT, i] + rows.accounts[POSITIONS, i]
            if count > 0.0 and net > 0.0:
                received[i] = count * price[holding, i]
                rows.units[holding, i] += count
                record_purchase(trading.tax, holding, count, received[i], step, rows, i)


@compiled
def tax_gain(gain, long, tax, books, book):
    """Tax a gain of one book that is not from units, in the sum of the date or the year.

    Parameters
    ----------
    gain : ndarray
        Gain (path), < 0 a loss; replaced by the tax that is due now, < 0 where a loss refunds tax that the date has
        paid.
    long : bool
        Whether it is long-term.
    tax : TaxArrays
    books : BookArrays
        Changed in place.
    book : int
        Index of the book.
    """
    for block in range(books.units.shape[0]):
        rows = book_of(books, block, book)
        due = lanes_of(gain, block * LANES)
        for i in range(LANES):
            due[i] = realise(tax, rows, due[i], long, i)
