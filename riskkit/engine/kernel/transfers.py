"""Transfers of units into and out of a book that are no trades at a market price."""

from __future__ import annotations

from riskkit.engine.kernel.allowances import terms_of
from riskkit.engine.kernel.gains_tax import AVERAGE, buy_lot, take_lots
from riskkit.engine.kernel.holding_period import BUCKETS, record_purchase, sell_lots_by_period
from riskkit.engine.kernel.layout import LANES, book_of, compiled, lanes_of, phase

__all__ = ["KEEP", "PRO_RATA", "SOLD", "give", "take"]

#: What becomes of the purchase cost of units that are given: it leaves in the order in which lots are sold, it leaves
#: pro rata of all lots, or it stays with the rest of the holding.
SOLD, PRO_RATA, KEEP = range(3)

#: Of a holding at most this share is left where it is given whole: the rest is rounding.
NOTHING_LEFT = 1e-12


@compiled
def give(units, holding, what, trading, step, books, book):
    """Take units of one holding out of one book.

    Parameters
    ----------
    units : ndarray
        Units (path), >= 0; replaced by the purchase cost that leaves with them, 0 without a tax.
    holding : int
        Index of the holding.
    what : int
        `SOLD`, `PRO_RATA` or `KEEP`.
    trading : TradingArrays
    step : int
        The step whose terms apply.
    books : BookArrays
        Changed in place.
    book : int
        Index of the book.
    """
    terms = terms_of(trading, step)
    for block in range(books.units.shape[0]):
        rows = book_of(books, block, book)
        leaving = lanes_of(units, block * LANES)
        for i in range(LANES):
            before, count = rows.units[holding, i], leaving[i]
            leaving[i] = 0.0
            if not (count > 0.0 and before > 0.0):
                continue
            fraction = count / before if before - count > NOTHING_LEFT * before else 1.0
            rows.units[holding, i] = before - count if fraction < 1.0 else 0.0
            leaving[i] = take_cost(trading.tax, fraction, holding, what, terms, rows, i)


@phase
def take_cost(tax, fraction, holding, what, terms, book, lane):
    """Take a fraction of a holding of one path out of its purchase cost and its lots; return the cost that leaves."""
    if tax is None:
        return 0.0
    first, last, method = tax.starts[holding], tax.starts[holding + 1], tax.methods[holding]
    cost = book.basis[holding, lane]
    if what == SOLD and tax.by_period:
        sell_lots_by_period(holding, fraction, terms, book, lane)
        return cost - book.basis[holding, lane]
    if what == SOLD and method != AVERAGE:
        sold = take_lots(book.lot_units, book.lot_costs, first, last, method, fraction, lane, True)
        book.basis[holding, lane] -= sold
        return sold
    for row in range(first, last):
        book.lot_units[row, lane] *= 1.0 - fraction
        if what == KEEP and fraction < 1.0:
            book.lot_costs[row, lane] /= 1.0 - fraction
    if what == KEEP and fraction < 1.0:
        return 0.0
    book.basis[holding, lane] *= 1.0 - fraction
    return cost * fraction


@compiled
def take(units, costs, holding, carried, trading, step, books, book):
    """Add units of one holding to one book, at their purchase costs (path).

    With `carried` the costs are those of other units, whose holding period is carried over too: they count as long.
    """
    for block in range(books.units.shape[0]):
        rows = book_of(books, block, book)
        taken, paid = lanes_of(units, block * LANES), lanes_of(costs, block * LANES)
        for i in range(LANES):
            if taken[i] > 0.0:
                rows.units[holding, i] += taken[i]
                add_cost(trading.tax, holding, taken[i], paid[i], carried, step, rows, i)


@phase
def add_cost(tax, holding, units, paid, carried, step, book, lane):
    """Enter units of a holding of one path in its purchase cost and its lots; carried ones in its long lot."""
    if tax is not None and tax.by_period and carried:
        book.basis[holding, lane] += paid
        buy_lot(book.lot_units, book.lot_costs, tax.starts[holding + 1] - BUCKETS - 1, units, paid, lane)
    else:
        record_purchase(tax, holding, units, paid, step, book, lane)
