"""Returns from history: the past returns that paths draw from, and the row at which each path begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._core.calendar import Calendar
from riskkit._random.streams import Streams
from riskkit.market._market import Market

__all__ = ["HistoryInputs", "lay_out_history"]


@dataclass(frozen=True, eq=False)
class HistoryInputs:
    """Past returns in the form that the kernel reads.

    Attributes
    ----------
    key : tuple of uint64
        Key of the stream that draws the beginnings of blocks.
    growth : ndarray
        Log growth of each row; that of the market inputs is added to it (asset, row).
    block_end_probability : float
        Probability that a block ends with a step; with 0 the rows follow each other, and the first follows the last.
    start : ndarray
        Row of the first step (path).
    """

    key: tuple[np.uint64, np.uint64]
    growth: Array
    block_end_probability: float
    start: Array


def lay_out_history(market: Market, calendar: Calendar, paths: UInts, streams: Streams) -> HistoryInputs | None:
    """Return the past returns of some paths, or None where the market draws returns from its diffusion."""
    past = market.history
    if past is None:
        return None
    past.check(calendar)
    stream, windows = streams("history"), past.windows(calendar)
    rows, columns = past.returns.shape
    growth = np.zeros((len(market.assets), rows))
    growth[:columns] = past.centred(calendar.dt).T
    if windows is None:
        start = np.floor(stream.uniforms(paths, 0, 1)[0] * rows)
    else:
        start = (paths % np.uint64(windows)).astype(np.float64)
    return HistoryInputs(stream.key, growth, past.block_end_probability, start)
