"""The tax of every book of a batch: what is due, what selling everything would cost, and the end of taxable dates."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from riskkit._core.array_types import Array
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.gains_tax import end_taxable_periods
from riskkit.engine.kernel.holding_period import BUCKETS
from riskkit.engine.kernel.structs import BookArrays

__all__ = ["due", "end_date", "on_all"]


def end_date(setup: RunSetup, step: int, books: BookArrays) -> None:
    """End the taxable date, or the tax year where tax is paid later; only losses are carried forward."""
    tax = setup.tax
    if tax.later or tax.by_period:
        if not tax.later or step in tax.year_ends:
            end_taxable_periods(tax.arrays, books)
    else:
        losses = books.accounts[:, layout.LOSSES :: layout.ACCOUNTS]
        np.maximum(losses, 0.0, out=losses)


def due(setup: RunSetup, books: BookArrays, book: int) -> Array:
    """Tax of a book that is owed but not paid yet, that of this year's gains and dividends so far included (path)."""
    long, short, owed, dividends = (
        _account(books, book, row) for row in (layout.LOSSES, layout.SHORT_LOSSES, layout.TAX_OWED, layout.DIVIDEND_TAX)
    )
    if not setup.tax.later:
        return np.zeros(owed.size)
    return setup.tax.on_net_gains(-long, -short) + owed + dividends


def on_all(
    setup: RunSetup,
    step: int,
    price: Array,
    books: BookArrays,
    book: int,
    options: tuple[Array, Array],
) -> Array:
    """Tax that selling all of a book at true prices now would cost (path).

    It is below 0 where that would refund tax that a margin sale of the date has paid, or lower the tax of the year.

    Parameters
    ----------
    setup : RunSetup
    step : int
    price : ndarray
        True prices (holding, path).
    books : BookArrays
    book : int
        Index of the book.
    options : tuple of ndarray
        Long-term and short-term gains of closing the book's instruments at their marks (instrument, path).
    """
    tax, holdings = setup.tax, setup.rows.size
    if not tax.on:
        return np.zeros(price.shape[1])
    if tax.by_period:
        return _by_period_on_all(setup, step, price, books, book, options)
    rows = slice(book * holdings, (book + 1) * holdings)
    gains = layout.as_paths(books.units[:, rows]) * price
    gains -= layout.as_paths(books.basis[:, rows])
    gains = np.concatenate([gains, *options])
    if not tax.offset:
        gains = np.maximum(gains, 0.0)
    losses = _account(books, book, layout.LOSSES)
    due: Array = tax.rate * (np.maximum(gains.sum(axis=0) - losses, 0.0) - np.maximum(-losses, 0.0))
    return due


def _by_period_on_all(
    setup: RunSetup, step: int, price: Array, books: BookArrays, book: int, options: tuple[Array, Array]
) -> Array:
    """`on_all` where short-term gains have a rate of their own (path): after lots have turned long on this date."""
    tax, lots = setup.tax, setup.tax.long_from.size
    rows = slice(book * lots, (book + 1) * lots)
    units, costs = (layout.as_paths(each[:, rows]) for each in (books.lot_units, books.lot_costs))
    net = [-_account(books, book, row) for row in (layout.LOSSES, layout.SHORT_LOSSES)]
    before = tax.on_net_gains(*net)
    for h, (first, last) in enumerate(pairwise(tax.starts.tolist())):
        gains = units[first:last] * price[h] - units[first:last] * costs[first:last]
        long = tax.long_from[first:last] <= step
        long[tax.turning.get(step, np.zeros(0, np.int64)) - BUCKETS] = True
        for kind, those in enumerate((long, ~long)):
            gain = gains[those].sum(axis=0)
            net[kind] += gain if tax.offset else np.maximum(gain, 0.0)
    for kind, gains in enumerate(options):
        net[kind] += (gains if tax.offset else np.maximum(gains, 0.0)).sum(axis=0)
    return tax.on_net_gains(*net) - before


def _account(books: BookArrays, book: int, row: int) -> Array:
    """One account of a book (path); a copy."""
    account: Array = books.accounts[:, book * layout.ACCOUNTS + row].reshape(-1)
    return account
