"""Limits of a holding's liquidity on the sales of a plan."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.calendar import Calendar
from riskkit.portfolio._portfolio import Holding

__all__ = ["allowances"]


def allowances(holding: Holding, calendar: Calendar, dates: int) -> list[tuple[Array, float]]:
    """Return the limits on the shares of the start units that are sold at 0, 1, … years.

    Parameters
    ----------
    holding : Holding
    calendar : Calendar
    dates : int
        Number of yearly dates.

    Returns
    -------
    list of (slopes (date,), side)
        slopes @ shares <= side. Nothing is sold while the holding is locked. An allowance is a share of the units held
        when its window opens, after the sales of earlier dates.

    Examples
    --------
    A tenth of the units held, at the end of each year:

    >>> from riskkit.portfolio._liquidity import TenderWindows
    >>> windows = TenderWindows(months=(12,), limit=0.1)
    >>> for slopes, side in allowances(Holding("SpaceX", 1, liquidity=windows), Calendar(5, 12), dates=3):
    ...     print(slopes, side)
    [1. 0. 0.] 0.0
    [0.1 1.  0. ] 0.1
    [0.1 0.1 1. ] 0.1
    """
    terms = holding.liquidity.terms(calendar)
    steps = np.arange(dates) * calendar.steps_per_year
    rows = []
    for date, step in enumerate(steps):
        limit, opportunities = float(terms.limit[step]), np.flatnonzero(terms.opens[: step + 1])
        if limit == 0.0 or opportunities.size == 0:
            rows.append((np.eye(dates)[date], 0.0))
        elif limit < 1.0 or opportunities[-1] < step:
            opened, share = opportunities[-1], float(terms.limit[opportunities[-1]])
            rows.append((np.where(steps < opened, share, 1.0) * (steps <= step), share))
    return rows
