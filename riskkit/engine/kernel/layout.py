"""Memory layout of a batch of paths: blocks of lanes, and the rows of each book.

Every array of a batch is (block, …, lane), with the lanes of a block side by side. The compiled loops read a block as
an array of constant width, so that the compiler can use full vectors. Their indices are `i` for the lane, `h` for the
holding, `a` for the asset, `k` for the book or the regime, and `b` for the step of those simulated at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, types
from numba.extending import intrinsic

from riskkit._core.array_types import Array, Ints
from riskkit._random.compiling import compiled, inlined, phase, wide
from riskkit.engine.kernel.structs import BookArrays

__all__ = [
    "ACCOUNTS",
    "FLOW_ROWS",
    "LANES",
    "LEAST_PRICE",
    "MOST_PRICE",
    "STATISTICS",
    "as_blocks",
    "as_paths",
    "block_of",
    "book_of",
    "compiled",
    "inlined",
    "lanes_of",
    "phase",
    "rows_of",
    "wide",
]

#: Paths of a block.
LANES = 64

#: Bounds of a price, which is 1 at the start: one that falls to the first is 0 from then on, one that rises to the
#: second is refused. The squares of prices and of their reciprocals are therefore finite.
LEAST_PRICE, MOST_PRICE = 1e-150, 1e150

#: Statistics of a book: rows of an array (block, book, row, lane).
PEAK, MAX_DRAWDOWN, DRAWDOWN_SUM, DRAWDOWN_SQUARES = 0, 1, 2, 3
STEPS_UNDER_WATER, SPELL, LONGEST_SPELL, PEAK_AT_FALL = 4, 5, 6, 7
EXCESS, ABOVE = 8, 12
STATISTICS = 16

#: Accounts of a book: rows of an array (block, book, row, lane). Losses are carried forward; below 0 they are the net
#: gain on which the date has paid tax, or, where tax is paid in the next year, on which the year will pay it. Without
#: a rate of short-term gains all are long-term. Where tax is paid later: what years that have ended owe, and what is to
#: be paid on the dividends of this year. Positions are the value of instruments less what is owed for them.
REBALANCES, TURNOVER, COST, TAX, LOSSES, DEBT = range(6)
INTEREST, MARGIN_CALLS, UNMET_CALL, LENDER_LOSS, SPENT, SHORTFALL = range(6, 12)
SHORT_LOSSES, TAX_OWED, DIVIDEND_TAX = range(12, 15)
POSITIONS, PREMIUMS, PAYOFFS, UNDERHEDGED = range(15, 19)
ACCOUNTS = 19

#: External flows of a book: rows of an array (block, book, row, lane). The time-weighted index at the last date with
#: flows, and net wealth after them; between such dates the index moves with wealth. Its high and maximum drawdown. Sums
#: of what has been deposited and has vested.
INDEX, INVESTED, INDEX_HIGH, INDEX_DRAWDOWN, DEPOSITED, VESTED = range(6)
FLOW_ROWS = 6


@intrinsic
def address(typingctx: Any, array: Any, offset: Any) -> Any:
    """Pointer to the element at a flat offset of a contiguous array of doubles."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.gep(data, [arguments[1]])

    return types.CPointer(types.float64)(array, types.intp), generate


@inlined
def block_of(array, index, rows):
    """View (row, lane) of the `index`-th block of `rows` rows of LANES doubles in a contiguous array."""
    return carray(address(array, index * rows * LANES), (rows, LANES))


@inlined
def lanes_of(array, offset):
    """View (lane) of the LANES doubles from a flat offset on in a contiguous array."""
    return carray(address(array, offset), LANES)


@inlined
def book_of(books, block, book):
    """The rows of one book in one block."""
    count = books.thresholds.shape[0]
    index = block * count + book
    return BookArrays(
        block_of(books.units, index, books.units.shape[1] // count),
        block_of(books.statistics, index, STATISTICS),
        books.thresholds[book],
        block_of(books.basis, index, books.basis.shape[1] // count),
        block_of(books.allowance, index, books.allowance.shape[1] // count),
        block_of(books.lot_units, index, books.lot_units.shape[1] // count),
        block_of(books.lot_costs, index, books.lot_costs.shape[1] // count),
        block_of(books.accounts, index, ACCOUNTS),
        block_of(books.last_weights, index, books.last_weights.shape[1] // count),
        block_of(books.flows, index, books.flows.shape[1] // count),
        block_of(books.pledged, index, books.pledged.shape[1] // count),
        block_of(books.positions, index, books.positions.shape[1] // count),
    )


def as_paths(array: Array) -> Array:
    """Convert (block, row, lane) to a new array (row, path)."""
    return np.array(array.transpose(1, 0, 2), order="C").reshape(array.shape[1], -1)


def rows_of(array: Array, rows: slice, paths: Ints) -> Array:
    """Rows of some paths, which are places in the batch, of (block, row, lane); a new array (row, path)."""
    block, lane = np.divmod(paths, LANES)
    return np.ascontiguousarray(array[block, rows, lane].T)


def as_blocks(array: Array) -> Array:
    """Convert (row, path) to a new array (block, row, lane)."""
    rows, paths = array.shape
    return np.array(array.reshape(rows, paths // LANES, LANES).transpose(1, 0, 2), order="C")
