"""The time-weighted index of every book: I_t = I_{t-1} W_t / (W_{t-1} + F_{t-1}), F the external flows of a date.

From one flow of a path to the next the index moves with net wealth W, so a book stores the index at the last flow and
W + F after it; `riskkit.engine.kernel.path_statistics` measures the drawdowns. Source: CFA Institute, "Global
Investment Performance Standards" 2020 (time-weighted return).
"""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.structs import BookArrays

__all__ = ["index_of", "restart_index", "start_rows"]

#: Wealth of which flows leave at most this share is spent whole: the rest is rounding.
NOTHING_LEFT = 1e-12


def start_rows(blocks: int, books: int) -> Array:
    """The rows of the external flows at the start (block, book * row, lane)."""
    rows: Array = np.zeros((blocks, books * layout.FLOW_ROWS, layout.LANES))
    for row in (layout.INDEX, layout.INVESTED, layout.INDEX_HIGH):
        rows[:, row :: layout.FLOW_ROWS] = 1.0
    return rows


def index_of(books: BookArrays, book: int, wealth: Array) -> Array:
    """The index of a book at net wealth (path); 0 once wealth and the flows after it came to nothing."""
    index, invested = (_row(books, book, row).reshape(-1) for row in (layout.INDEX, layout.INVESTED))
    growth: Array = np.divide(wealth, invested, out=np.zeros_like(wealth), where=invested > 0.0)
    return index * growth


def restart_index(books: BookArrays, book: int, wealth: Array, flow: Array) -> None:
    """Let the index of a book start anew from wealth and the external flow of a date.

    Parameters
    ----------
    books : BookArrays
        Changed in place, on the paths whose flow is not 0.
    book : int
        Index of the book.
    wealth : ndarray
        Net wealth before the flows of the date (path).
    flow : ndarray
        Their sum, > 0 received and < 0 paid out (path).
    """
    index, invested = (_row(books, book, row) for row in (layout.INDEX, layout.INVESTED))
    flows = (flow != 0.0).reshape(index.shape)
    left = np.where(wealth + flow > NOTHING_LEFT * wealth, wealth + flow, 0.0)
    index[:] = np.where(flows, index_of(books, book, wealth).reshape(index.shape), index)
    invested[:] = np.where(flows, left.reshape(index.shape), invested)


def _row(books: BookArrays, book: int, row: int) -> Array:
    """A view of one row of the external flows of a book (block, lane)."""
    return books.flows[:, book * layout.FLOW_ROWS + row]
