"""Dividends of a book: the accrued share of each payer leaves its value, less tax it is reinvested.

Prices in the engine are total-return prices, those of a unit whose dividends are reinvested. A dividend of the share a
of the value, taxed at the rate r and reinvested in the payer, therefore multiplies its units by 1 - r a; one that buys
something else multiplies them by 1 - a. Where tax is paid later, r is 0 on the date.
"""

from __future__ import annotations

from riskkit.engine.kernel.gains_tax import AVERAGE, rate_on_the_date, tax_dividend
from riskkit.engine.kernel.holding_period import record_purchase
from riskkit.engine.kernel.layout import LANES, block_of, book_of, compiled, lanes_of, phase, wide

__all__ = ["pay_dividends", "reinvest_in_payers"]


@phase
def shrink_lots(tax, h, share, book):
    """Take a share of a holding's units out of its lots, whose purchase costs stay."""
    if tax is not None and (tax.by_period or tax.methods[h] != AVERAGE):
        for row in range(tax.starts[h], tax.starts[h + 1]):
            for i in range(LANES):
                book.lot_units[row, i] *= 1.0 - share
                book.lot_costs[row, i] /= 1.0 - share


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
    holdings, paths = cash.shape
    rate_now = rate_on_the_date(trading.tax, rate)
    for block in range(prices.shape[0]):
        price = block_of(prices, block, holdings)
        rows = book_of(books, block, book)
        for h in range(holdings):
            left = lanes_of(cash, h * paths + block * LANES)
            for i in range(LANES):
                left[i] = 0.0
            if not accrued[h] > 0.0:
                continue
            for i in range(LANES):
                dividend = accrued[h] * (rows.units[h, i] * price[h, i])
                left[i] = dividend - tax_dividend(trading.tax, rows, rate * dividend, i)
            share = rate_now * accrued[h] if itself[h] else accrued[h]
            for i in range(LANES):
                rows.units[h, i] *= 1.0 - share
            shrink_lots(trading.tax, h, accrued[h], rows)
            if itself[h]:
                for i in range(LANES):
                    if left[i] > 0.0:
                        record_purchase(trading.tax, h, left[i] / price[h, i], left[i], step, rows, i)
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
                    record_purchase(trading.tax, h, left[i] / price[h, i], left[i], step, rows, i)
                    left[i] = 0.0
