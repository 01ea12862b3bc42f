"""The compensator: log growth that makes up for the mean of shocks, of regimes and of days that follow each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.calendar import Calendar
from riskkit.market.regimes import Regimes
from riskkit.market.ticks import Ticks

if TYPE_CHECKING:
    from riskkit.market.market import Market

__all__ = ["Compensation", "compensation"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Compensation:
    """What the log growth gains, row by row.

    Attributes
    ----------
    table : ndarray
        Log growth of a step while a row is alive (row, step, asset).
    alive : ndarray
        How alive a row is at the start: on some paths a clock runs faster, or an impact is larger (row, path or 1).
    ends : mapping
        (shock, asset) → the row that ends with a tick.
    """

    table: Array
    alive: Array
    ends: Mapping[tuple[str, str], int]


def compensation(market: Market, calendar: Calendar, ticks: Mapping[str, Ticks]) -> Compensation:
    """Return the compensator of a market.

    One row serves all that is the same on all paths and never ends; each ``once`` shock has its own, which its tick
    ends, and so has each asset of a shock with uncertain parameters.
    """
    names = list(market.assets)
    always = np.zeros((calendar.steps, len(names)))
    rows, alive = [always], [np.ones(1)]
    ends: dict[tuple[str, str], int] = {}
    for part in market.tails:
        if isinstance(part, Regimes) and part.pushes(market.moving, calendar.dt).any():
            always += part.recentring(market.moving, calendar.dt, calendar.steps)
    if market.history is not None:
        always += market.history.recentring(len(names), calendar.steps)
    edges = np.arange(calendar.steps + 1) * calendar.dt
    for shock in market.shocks if market.compensate else ():
        drawn = ticks[shock.name]
        hazard = np.diff(shock.hazard.cumulative(edges))
        same = drawn.means.shape[1] == 1 and bool((drawn.speed == 1.0).all())
        table = np.zeros((calendar.steps, len(names)))
        for holding, (name, impact) in enumerate(shock.impacts.items()):
            column = names.index(name)
            table[:, column] = -hazard * impact.expected
            if not same:
                rows.append(np.zeros_like(table))
                rows[-1][:, column] = -hazard
                alive.append(drawn.speed * drawn.means[holding])
            if shock.once:
                ends[shock.name, name] = len(rows) if same else len(rows) - 1
        if same and shock.once:
            rows.append(table)
            alive.append(np.ones(1))
        elif same:
            always += table
    if len(rows) == 1 and not always.any():
        rows, alive = [], []
    width = max((part.size for part in alive), default=1)
    levels = np.array([np.broadcast_to(part, width) for part in alive]).reshape(len(rows), width)
    return Compensation(np.array(rows).reshape(-1, *always.shape), levels, ends)
