"""The compensator: log growth that offsets the expected effect of shocks, regimes and dependent past returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit._core.calendar import Calendar
from riskkit.engine.inputs.shock_events import ShockEvents
from riskkit.market._market import Market
from riskkit.market.time_change._regimes import Regimes

__all__ = ["Compensator", "lay_out_compensator"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Compensator:
    """What the log growth gains, row by row.

    Attributes
    ----------
    growth : ndarray
        Log growth of a step while a row is active (row, step, asset).
    level : ndarray
        What each row is multiplied by at the start: a rate or an impact may differ from path to path (row, path or 1).
    ends : mapping
        (shock, asset) → the row that ends with an event.
    """

    growth: Array
    level: Array
    ends: Mapping[tuple[str, str], int]


def lay_out_compensator(market: Market, calendar: Calendar, events: Mapping[str, ShockEvents]) -> Compensator:
    """Return the compensator of a market.

    One row serves all that is the same on all paths and never ends; each ``once`` shock has its own, which its event
    ends, and so has each asset of a shock with uncertain parameters.
    """
    names = list(market.assets)
    always = np.zeros((calendar.steps, len(names)))
    rows, level = [always], [np.ones(1)]
    ends: dict[tuple[str, str], int] = {}
    for part in market.tails:
        if isinstance(part, Regimes) and part.pushes(market.moving, calendar.dt).any():
            always += part.recentring(market.moving, calendar.dt, calendar.steps)
    if market.history is not None:
        always += market.history.recentring(len(names), calendar.steps)
    edges = np.arange(calendar.steps + 1) * calendar.dt
    for shock in market.shocks if market.compensate else ():
        drawn = events[shock.name]
        hazard = np.diff(shock.hazard.cumulative(edges))
        same = drawn.mean_impacts.shape[1] == 1 and bool((drawn.rate_factor == 1.0).all())
        table = np.zeros((calendar.steps, len(names)))
        for holding, (name, impact) in enumerate(shock.impacts.items()):
            column = names.index(name)
            table[:, column] = -hazard * impact.expected
            if not same:
                rows.append(np.zeros_like(table))
                rows[-1][:, column] = -hazard
                level.append(drawn.rate_factor * drawn.mean_impacts[holding])
            if shock.once:
                ends[shock.name, name] = len(rows) if same else len(rows) - 1
        if same and shock.once:
            rows.append(table)
            level.append(np.ones(1))
        elif same:
            always += table
    if len(rows) == 1 and not always.any():
        rows, level = [], []
    width = max((row.size for row in level), default=1)
    levels = np.array([np.broadcast_to(row, width) for row in level]).reshape(len(rows), width)
    return Compensator(np.array(rows).reshape(-1, *always.shape), levels, ends)
