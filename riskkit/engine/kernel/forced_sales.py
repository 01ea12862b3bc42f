"""Forced sales for spending, tax, margin calls and instruments: cash-like holdings first, then the rest pro rata."""

from __future__ import annotations

import numpy as np

from riskkit._random.vectors import fma
from riskkit.engine.kernel.allowances import sellable_value, spare_pledged, terms_of
from riskkit.engine.kernel.layout import (
    DEBT,
    LANES,
    POSITIONS,
    SHORTFALL,
    SPENT,
    TAX,
    TAX_OWED,
    TURNOVER,
    block_of,
    book_of,
    compiled,
    inlined,
    lanes_of,
    phase,
    wide,
)
from riskkit.engine.kernel.ledger import cash_proceeds, sell
from riskkit.engine.kernel.scratch import sale_scratch
from riskkit.engine.kernel.structs import TermArrays
from riskkit.engine.kernel.taxed_sales import sale_fraction
from riskkit.engine.kernel.valuation import lane_gross_wealth

__all__ = ["hand_over", "pay", "pay_tax_owed", "raise_cash", "spend"]

#: A need counts as met if at most this share of it is left.
MET_TOLERANCE = 1e-9


@phase
def raise_cash(need_per_value, stage, terms, book, prices, inverse, scratch, low, high):
    """Sell the holdings of a stage, in proportion to their sellable values, until the need of `scratch` is met.

    `stage` marks the holdings. `need_per_value` is the amount by which each unit of value sold raises the need
    again: 0 for spending, the loan-to-value limit for a margin call, because gross wealth falls. The need is reduced by
    the cash raised, on the lanes low … high - 1. The other arguments are as in `riskkit.engine.kernel.ledger`.
    """
    wide()
    values, sales, sold, cash, need = scratch.values, scratch.sales, scratch.sold, scratch.cash, scratch.need
    for h in range(terms.cost.size):
        for i in range(low, high):
            values[h, i] = book.units[h, i] * prices[h, i]
            most = sellable_value(h, terms.limit[h], terms.opens[h], book, prices[h, i], values[h, i], i)
            sales[h, i] = most if stage[h] & (need[i] > 0.0) else 0.0
    spare_pledged(book, prices, sales, low, high)
    cash_proceeds(terms, book, scratch, low, high)
    for i in range(low, high):
        planned = 0.0
        for h in range(terms.cost.size):
            planned += sales[h, i]
        fraction = sale_fraction(cash[i] - need_per_value * planned, terms.tax, terms, book, scratch, i)
        for h in range(terms.cost.size):
            sales[h, i] *= fraction
    cash_proceeds(terms, book, scratch, low, high)
    sell(terms, book, inverse, scratch, low, high)
    for i in range(low, high):
        remaining = need[i] - (cash[i] - need_per_value * sold[i])
        need[i] = remaining if remaining > MET_TOLERANCE * need[i] else 0.0


@compiled
def spend(share, amount, trading, step, prices, inverse, books, book):
    """Spend `share` of net wealth plus `amount` from one book: cash-like holdings first, then pro rata of the rest.

    `prices` are true and `inverse` their reciprocals (block, holding, lane). Spending that cannot be raised, or would
    use the lender's money, is a shortfall. A path without any wealth left keeps its last weights.
    """
    wide()
    terms = terms_of(trading, step)
    holdings = prices.shape[1]
    scratch = sale_scratch(holdings)
    need = scratch.need
    weights_before = np.empty((holdings, LANES))
    gross = np.empty(LANES)
    wanted = np.empty(LANES)
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        reciprocal = block_of(inverse, block, holdings)
        rows = book_of(books, block, book)
        accounts = rows.accounts
        gross_before(rows, price, gross, weights_before)
        for i in range(LANES):
            net = gross[i] - accounts[DEBT, i] + accounts[POSITIONS, i]
            wanted[i] = share * net + amount if net > 0.0 else 0.0
            need[i] = wanted[i] if wanted[i] < net else (net if net > 0.0 else 0.0)
            if (net <= 0.0 and amount > 0.0) or wanted[i] > need[i]:
                accounts[SHORTFALL, i] = 1.0
        pay_out(SPENT, wanted, gross, weights_before, trading.stages, terms, rows, price, reciprocal, scratch)


@compiled
def pay_tax_owed(trading, step, prices, inverse, books, book):
    """Pay the tax that the years that have ended owe, from one book, as `spend` does.

    What cannot be raised stays owed, and is a shortfall.
    """
    wide()
    terms = terms_of(trading, step)
    holdings = prices.shape[1]
    scratch = sale_scratch(holdings)
    need = scratch.need
    weights_before = np.empty((holdings, LANES))
    gross = np.empty(LANES)
    owed = np.empty(LANES)
    wanted = np.empty(LANES)
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        reciprocal = block_of(inverse, block, holdings)
        rows = book_of(books, block, book)
        accounts = rows.accounts
        gross_before(rows, price, gross, weights_before)
        for i in range(LANES):
            owed[i] = accounts[TAX_OWED, i]
            net = gross[i] - accounts[DEBT, i] + accounts[POSITIONS, i]
            wanted[i] = owed[i] if net > 0.0 else 0.0
            need[i] = min(wanted[i], net) if net > 0.0 else 0.0
            if owed[i] > need[i]:
                accounts[SHORTFALL, i] = 1.0
            accounts[TAX_OWED, i] = accounts[TAX, i]
        pay_out(TAX, wanted, gross, weights_before, trading.stages, terms, rows, price, reciprocal, scratch)
        for i in range(LANES):
            left = owed[i] - (accounts[TAX, i] - accounts[TAX_OWED, i])
            accounts[TAX_OWED, i] = left if left > MET_TOLERANCE * owed[i] else 0.0


@inlined
def gross_before(book, price, gross, weights):
    """Write the gross wealth of a block's paths (lane), and its shares in the holdings (holding, lane)."""
    for i in range(LANES):
        gross[i] = 0.0
    for h in range(price.shape[0]):
        for i in range(LANES):
            gross[i] = fma(book.units[h, i], price[h, i], gross[i])
    for h in range(price.shape[0]):
        for i in range(LANES):
            weights[h, i] = book.units[h, i] * price[h, i] / gross[i]


@inlined
def pay_out(account, wanted, gross, weights_before, stages, terms, book, price, reciprocal, scratch):
    """Raise the need of `scratch` from a block's paths and pay it out; the account is raised by what is paid.

    What is wanted and not raised is a shortfall. A path without any wealth left has the weights from before.
    """
    units, accounts, need = book.units, book.accounts, scratch.need
    holdings = price.shape[0]
    for stage in range(2):
        raise_cash(0.0, stages[stage], terms, book, price, reciprocal, scratch, 0, LANES)
        for i in range(LANES):
            accounts[account, i] += scratch.cash[i]
            accounts[TURNOVER, i] += scratch.sold[i] / gross[i] if gross[i] > 0.0 else 0.0
    for i in range(LANES):
        if need[i] > MET_TOLERANCE * wanted[i]:
            accounts[SHORTFALL, i] = 1.0
        remaining = 0.0
        for h in range(holdings):
            remaining += units[h, i] * price[h, i]
        if wanted[i] > 0.0 and remaining <= 0.0 and gross[i] > 0.0:
            for h in range(holdings):
                book.last_weights[h, i] = weights_before[h, i]


@compiled
def pay(unpaid, stages, trading, step, prices, inverse, books, book):
    """Raise cash from one book for what its instruments require, in two stages.

    Parameters
    ----------
    unpaid : ndarray
        Cash required (path), replaced by what could not be raised.
    stages : ndarray of bool
        The holdings that are sold first and second (2, holding).
    trading : TradingArrays
    step : int
        The step whose terms apply.
    prices, inverse : ndarray
        True prices and their reciprocals (block, holding, lane).
    books : BookArrays
        Changed in place; `books.pledged` is not sold.
    book : int
        Index of the book.
    """
    wide()
    terms = terms_of(trading, step)
    holdings = prices.shape[1]
    scratch = sale_scratch(holdings)
    gross = np.empty(LANES)
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        reciprocal = block_of(inverse, block, holdings)
        rows = book_of(books, block, book)
        left = lanes_of(unpaid, block * LANES)
        for i in range(LANES):
            gross[i] = lane_gross_wealth(rows.units, price, i)
            scratch.need[i] = left[i]
        for stage in range(2):
            raise_cash(0.0, stages[stage], terms, rows, price, reciprocal, scratch, 0, LANES)
            for i in range(LANES):
                rows.accounts[TURNOVER, i] += scratch.sold[i] / gross[i] if gross[i] > 0.0 else 0.0
        for i in range(LANES):
            left[i] = scratch.need[i] if scratch.need[i] > MET_TOLERANCE * left[i] else 0.0


@compiled
def hand_over(unpaid, tax, holding, trading, step, prices, inverse, books, book):
    """Deliver units of one holding of one book in place of cash: a taxable sale at its price, without trading cost.

    Parameters
    ----------
    unpaid : ndarray
        Value to be delivered (path), replaced by what there were no units for.
    tax : ndarray
        The tax that is due now on the delivery is added to it (path).
    holding : int
        Index of the holding.
    trading : TradingArrays
    step : int
        The step whose terms apply, but for cost, discount and allowance.
    prices, inverse : ndarray
        True prices and their reciprocals (block, holding, lane).
    books : BookArrays
        Changed in place; `books.pledged` is not delivered.
    book : int
        Index of the book.
    """
    wide()
    holdings = prices.shape[1]
    free, market = np.zeros(holdings), terms_of(trading, step)
    terms = TermArrays(step, free, market.limit, market.opens, free, market.buyable, trading.tax)
    scratch = sale_scratch(holdings)
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        reciprocal = block_of(inverse, block, holdings)
        rows = book_of(books, block, book)
        left, due = lanes_of(unpaid, block * LANES), lanes_of(tax, block * LANES)
        for h in range(holdings):
            for i in range(LANES):
                scratch.values[h, i] = rows.units[h, i] * price[h, i]
                wanted = left[i] if h == holding else 0.0
                scratch.sales[h, i] = wanted if wanted < scratch.values[h, i] else scratch.values[h, i]
        spare_pledged(rows, price, scratch.sales, 0, LANES)
        for h in range(rows.allowance.shape[0]):
            for i in range(LANES):
                rows.allowance[h, i] += scratch.sales[h, i] * reciprocal[h, i]
        for i in range(LANES):
            gross = lane_gross_wealth(rows.units, price, i)
            rows.accounts[TURNOVER, i] += scratch.sales[holding, i] / gross if gross > 0.0 else 0.0
        cash_proceeds(terms, rows, scratch, 0, LANES)
        sell(terms, rows, reciprocal, scratch, 0, LANES)
        for i in range(LANES):
            due[i] += scratch.sold[i] - scratch.cash[i]
            remaining = left[i] - scratch.sold[i]
            left[i] = remaining if remaining > MET_TOLERANCE * left[i] else 0.0
