"""Scratch arrays of sales and trades on one block."""

from __future__ import annotations

import numpy as np

from riskkit.engine.kernel.layout import LANES, inlined
from riskkit.engine.kernel.structs import SaleScratch, TradeScratch

__all__ = ["sale_scratch", "trade_scratch"]


@inlined
def sale_scratch(holdings):
    """Scratch arrays of a sale."""
    return SaleScratch(
        np.empty((holdings, LANES)), np.empty((holdings, LANES)), np.empty(LANES), np.empty(LANES), np.zeros(LANES),
        np.zeros(LANES), np.zeros(LANES),
    )  # fmt: skip


@inlined
def trade_scratch(holdings):
    """Scratch arrays of a trade."""
    return TradeScratch(
        sale_scratch(holdings), np.empty((holdings, LANES)), np.empty((holdings, LANES)), np.empty(LANES),
        np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty((holdings, LANES)),
    )  # fmt: skip
