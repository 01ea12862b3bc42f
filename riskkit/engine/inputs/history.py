"""Returns from history: which past returns the given paths draw from, and where each path begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit._core.calendar import Calendar
from riskkit._random.streams import Streams
from riskkit.market._market import Market

__all__ = ["HistoryInputs", "lay_out_history"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HistoryInputs:
    """Past returns as the kernel reads them.

    Attributes
    ----------
    key : tuple of uint64
        Key of the stream that says where blocks begin.
    growth : ndarray
        Log growth, to which that of the market inputs is added (asset, row).
    block_end_probability : float
        That a block ends with a step; with 0 the rows follow each other, from the last to the first.
    start : ndarray
        Row of the first step (path).
    """

    key: tuple[np.uint64, np.uint64]
    growth: Array
    block_end_probability: float
    start: Array


def lay_out_history(
    market: Market, calendar: Calendar, paths: NDArray[np.uint64], streams: Streams
) -> HistoryInputs | None:
    """Return the past returns of given paths, or None where the market draws returns from its diffusion."""
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
