"""What a run leaves behind: one number a path for each quantity and rule, and the weights of the paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "THRESHOLDS", "Outcomes"]

#: Number of drawdown levels at which each rule's pooled tail is kept.
THRESHOLDS = 4

#: Quantities kept for every rule and path. Money is in multiples of the start wealth, time in years, counts a year.
COLUMNS = (
    "wealth",  # at the end
    "max_drawdown",
    "average_drawdown",  # over the points 0 … T, as is the next
    "ulcer",  # root of the mean squared drawdown
    "under_water",  # share of the points below the peak
    "longest_under_water",  # years
    "still_under_water",  # 1 or 0
    "catastrophe",  # 1 or 0
    *(f"excess_{level + 1}" for level in range(THRESHOLDS)),  # mean over time of (drawdown - threshold)+
    *(f"above_{level + 1}" for level in range(THRESHOLDS)),  # share of the points with drawdown > threshold
    "rebalances",
    "turnover",
    "cost_paid",
    "tax_paid",
    "deferred_tax",  # due if everything were sold at the end
    "reported_max_drawdown",
    "margin_call",  # 1 or 0, as are the next three
    "margin_unmet",
    "ruin",
    "shortfall",
    "founder_weight_end",
)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Columns of a run.

    Attributes
    ----------
    columns : mapping of str to ndarray
        Quantity → values (rule, path), for every name in `COLUMNS`.
    weights : ndarray
        Weight of each path (path), summing to 1; 1/N for a plain sample.
    thresholds : ndarray
        The drawdown levels behind the ``excess_*`` and ``above_*`` columns (rule, 4), increasing.
    ticks : mapping of str to ndarray
        Shock → number of ticks in the horizon (path).
    hazards : mapping of str to ndarray
        Shock → integrated hazard to the horizon, or to the first tick of a ``once`` shock (path).
    holdings : mapping of str to ndarray
        Founder holding → 1 where its price ended in catastrophe, else 0 (path).
    """

    columns: Mapping[str, NDArray[np.float64]]
    weights: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    ticks: Mapping[str, NDArray[np.int64]]
    hazards: Mapping[str, NDArray[np.float64]]
    holdings: Mapping[str, NDArray[np.float64]]
