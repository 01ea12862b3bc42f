"""Dividends of a book: the accrued share of each payer leaves its value, less tax it is reinvested.

Prices in the engine are total-return prices, those of a unit whose dividends are reinvested. A dividend of the share a
of the value, taxed at the rate r and reinvested in the payer, therefore multiplies its units by 1 - r a; one that buys
something else multiplies them by 1 - a. Where tax is paid later, r is 0 on the date.
"""

from __future__ import annotations

from numba import njit

from riskkit.engine.kernel.gains_tax import AVERAGE, tax_dividend
from riskkit.engine.kernel.holding_period import record_purchase
from riskkit.engine.kernel.layout import LANES, block_of, book_of, compiled, lanes_of, wide

__all__ = ["pay_dividends", "reinvest_in_payers"]


@njit(error_model="numpy")
def add_purchase(h, paid, price, step, tax, book, lane):
    """Add a reinvested dividend of one path to the purchase costs of a holding."""
    book.basis[h, lane] += paid
    record_purchase(h, paid / price, paid, step, tax, book, lane)


@compiled
def pay_dividends(accrued, itself, rate, trading, step, prices, books, book, cash):
    """Pay the accrued dividends of one book, and reinvest those of the payers that buy themselves.

    Parameters
    ----------
    accrued : ndarray
        Dividend as a share of each holding's value (holding).
    itself : ndarray of bool
        Whether a holding's dividend buys the holding itself (holding).
    rate : float
        The tax, as a share of a dividend.
    trading : TradingArrays
    step : int
        The step on which they are paid.
    prices : ndarray
        True prices (block, holding, lane).
    books : BookArrays
        Changed in place.
    book : int
        Index of the book.
    cash : ndarray
        Written: the dividends after tax that are not reinvested yet (holding, path).
    """
    wide()
    tax = trading.tax
    holdings, paths = cash.shape
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        rows = book_of(books, block, book)
        taxed = rows.basis.shape[0] > 0
        for h in range(holdings):
            left = lanes_of(cash, h * paths + block * LANES)
            for i in range(LANES):
                left[i] = 0.0
            if not accrued[h] > 0.0:
                continue
            for i in range(LANES):
                dividend = accrued[h] * (rows.units[h, i] * price[h, i])
                left[i] = dividend - tax_dividend(tax, rows, rate * dividend, i)
            rate_now = 0.0 if tax.later else rate
            share = rate_now * accrued[h] if itself[h] else accrued[h]
            for i in range(LANES):
                rows.units[h, i] *= 1.0 - share
            if taxed and (tax.by_period or tax.methods[h] != AVERAGE):
                # The purchase cost of a lot stays; its units are fewer.
                for row in range(tax.starts[h], tax.starts[h + 1]):
                    for i in range(LANES):
                        rows.lot_units[row, i] *= 1.0 - accrued[h]
                        rows.lot_costs[row, i] /= 1.0 - accrued[h]
            if itself[h]:
                for i in range(LANES):
                    if taxed and left[i] > 0.0:
                        add_purchase(h, left[i], price[h, i], step, tax, rows, i)
                    left[i] = 0.0


@compiled
def reinvest_in_payers(stays, trading, step, prices, books, book, cash):
    """Reinvest the dividends of some paths in the holdings that paid them, at true prices and without cost.

    Parameters
    ----------
    stays : ndarray of bool
        The paths (path).
    trading, step, prices, books, book
        As in `pay_dividends`.
    cash : ndarray
        The dividends after tax that are not reinvested yet (holding, path); set to 0 on these paths.
    """
    holdings, paths = cash.shape
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        rows = book_of(books, block, book)
        for h in range(holdings):
            left = lanes_of(cash, h * paths + block * LANES)
            for i in range(LANES):
                if stays[block * LANES + i] and left[i] > 0.0:
                    rows.units[h, i] += left[i] / price[h, i]
                    if rows.basis.shape[0] > 0:
                        add_purchase(h, left[i], price[h, i], step, trading.tax, rows, i)
                    left[i] = 0.0
