"""Rows of selected paths: gathered side by side into one block, and scattered back.

A rule with a trigger is asked about few paths. What concerns these alone is computed on a block of them, by the same
functions as for a block of the batch. `paths` are at most `LANES` places in the batch; the lanes that they leave free
are 0, which is a path that holds nothing.
"""

from __future__ import annotations

import numpy as np

from riskkit.engine.kernel.layout import (
    ACCOUNTS,
    COST,
    LANES,
    LOSSES,
    REBALANCES,
    SHORT_LOSSES,
    TAX,
    TURNOVER,
    inlined,
    phase,
)
from riskkit.engine.kernel.structs import BookArrays

__all__ = ["gather", "gather_book", "gathered_scratch", "scatter_book"]

#: Accounts of a book that its trades read or change: all, and those that are taxed.
TRADED, TAXED = (REBALANCES, TURNOVER, COST), (TAX, LOSSES, SHORT_LOSSES)


@inlined
def gathered_scratch(books, holdings, lanes):
    """Arrays of one block for what a trade reads of a book; `lanes` is `LANES`, or 0 where nothing is gathered."""
    count = books.thresholds.shape[0]
    unused = np.empty((1, 0, lanes))
    return BookArrays(
        np.empty((1, holdings, lanes)),
        unused,
        np.empty((1, books.thresholds.shape[1])),
        np.empty((1, books.basis.shape[1] // count, lanes)),
        np.empty((1, books.allowance.shape[1] // count, lanes)),
        np.empty((1, books.lot_units.shape[1] // count, lanes)),
        np.empty((1, books.lot_costs.shape[1] // count, lanes)),
        np.empty((1, ACCOUNTS, lanes)),
        unused,
        unused,
        np.empty((1, books.pledged.shape[1] // count, lanes)),
        unused,
    )


@phase
def gather(source, first, paths, gathered):
    """Copy rows of a batch (block, row, lane), from the row `first` on, into a block (row, lane)."""
    for i in range(paths.size):
        block, lane = paths[i] // LANES, paths[i] % LANES
        for row in range(gathered.shape[0]):
            gathered[row, i] = source[block, first + row, lane]
    for row in range(gathered.shape[0]):
        for i in range(paths.size, LANES):
            gathered[row, i] = 0.0


@phase
def scatter(gathered, paths, target, first):
    """Copy the rows of a block back into those of a batch."""
    for i in range(paths.size):
        block, lane = paths[i] // LANES, paths[i] % LANES
        for row in range(gathered.shape[0]):
            target[block, first + row, lane] = gathered[row, i]


@phase
def gather_book(books, book, paths, gathered):
    """Copy what a trade reads of a book into the arrays of `gathered_scratch`."""
    gather(books.units, book * gathered.units.shape[1], paths, gathered.units[0])
    gather(books.basis, book * gathered.basis.shape[1], paths, gathered.basis[0])
    gather(books.allowance, book * gathered.allowance.shape[1], paths, gathered.allowance[0])
    gather(books.lot_units, book * gathered.lot_units.shape[1], paths, gathered.lot_units[0])
    gather(books.lot_costs, book * gathered.lot_costs.shape[1], paths, gathered.lot_costs[0])
    gather(books.pledged, book * gathered.pledged.shape[1], paths, gathered.pledged[0])
    for row in TRADED:
        gather(books.accounts, book * ACCOUNTS + row, paths, gathered.accounts[0, row : row + 1])
    if books.basis.shape[1] > 0:
        for row in TAXED:
            gather(books.accounts, book * ACCOUNTS + row, paths, gathered.accounts[0, row : row + 1])


@phase
def scatter_book(gathered, paths, books, book):
    """Copy what a trade changes of a book back from the arrays of `gathered_scratch`."""
    scatter(gathered.units[0], paths, books.units, book * gathered.units.shape[1])
    scatter(gathered.basis[0], paths, books.basis, book * gathered.basis.shape[1])
    scatter(gathered.allowance[0], paths, books.allowance, book * gathered.allowance.shape[1])
    scatter(gathered.lot_units[0], paths, books.lot_units, book * gathered.lot_units.shape[1])
    scatter(gathered.lot_costs[0], paths, books.lot_costs, book * gathered.lot_costs.shape[1])
    for row in TRADED:
        scatter(gathered.accounts[0, row : row + 1], paths, books.accounts, book * ACCOUNTS + row)
    if books.basis.shape[1] > 0:
        for row in TAXED:
            scatter(gathered.accounts[0, row : row + 1], paths, books.accounts, book * ACCOUNTS + row)
