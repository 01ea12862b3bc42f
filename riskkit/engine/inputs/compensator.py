"""The compensator: log growth that offsets the expected effect of shocks, regimes and dependent past returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import array_summary, short_repr
from riskkit._random.streams import Streams
from riskkit.market._market import Market
from riskkit.market.shocks._event_source import EventSource
from riskkit.market.shocks._shock import Shock
from riskkit.market.time_change._time_change import TimeChange

__all__ = ["Compensator", "Ending", "lay_out_compensator"]


@dataclass(frozen=True, eq=False)
class Ending:
    """A row that an event ends.

    Attributes
    ----------
    shock : Shock
    row : int
    level : ndarray
        Mean impact times the factor on the hazard (path).
    """

    shock: Shock
    row: int
    level: Array

    def unused(self, path: Ints, time: Array, end: Array) -> Array:
        """Return the price factors that take back the offset of the rest of the step, from `time` to `end` (event)."""
        hazard = self.shock.hazard.cumulative(end) - self.shock.hazard.cumulative(time)
        factor: Array = np.exp(hazard * self.level[path])
        return factor


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
    ends: Mapping[tuple[str, str], Ending]


def lay_out_compensator(market: Market, calendar: Calendar, paths: UInts, streams: Streams) -> Compensator:
    """Return the compensator of a market.

    One row serves all that is the same on all paths and never ends; each ``once`` shock has its own, which its event
    ends, and so has each asset of a shock with uncertain parameters.
    """
    names = list(market.assets)
    always = np.zeros((calendar.steps, len(names)))
    rows, level = [always], [np.ones(1)]
    ends: dict[tuple[str, str], Ending] = {}
    for time_change in market.tails:
        if time_change.regimes > 1:
            always += _recentring(time_change, market, calendar)
    if market.history is not None:
        always += market.history.recentring(len(names), calendar.steps)
    for source in market.shocks if market.compensate else ():
        table = _offset(source, calendar, names)
        if not isinstance(source, Shock) or not (source.once or source.uncertain):
            always += table
            continue
        stream = streams(f"shock {source.name}")
        rate_factor, mean_impacts = source.rate_factor(stream, paths), source.mean_impacts(stream, paths)
        for name in source.impacts:
            if source.uncertain:
                rows.append(np.zeros_like(table))
                column = names.index(name)
                rows[-1][:, column] = -np.diff(source.hazard.cumulative(np.arange(calendar.steps + 1) * calendar.dt))
                level.append(rate_factor * mean_impacts[name])
            if source.once:
                row = len(rows) - 1 if source.uncertain else len(rows)
                ends[source.name, name] = Ending(source, row, rate_factor * mean_impacts[name])
        if not source.uncertain:
            rows.append(table)
            level.append(np.ones(1))
    if len(rows) == 1 and not always.any():
        rows, level = [], []
    width = max((row.size for row in level), default=1)
    levels = np.array([np.broadcast_to(row, width) for row in level]).reshape(len(rows), width)
    return Compensator(np.array(rows).reshape(-1, *always.shape), levels, ends)


def _recentring(time_change: TimeChange, market: Market, calendar: Calendar) -> Array:
    """The log drift that makes up for the mean of the drifts of regimes (step, asset)."""
    shape = (calendar.steps, len(market.assets))
    drift = time_change.tables(market.moving, market.correlation.to_numpy(), calendar.dt).drift
    if drift is None or not drift.any():
        return np.zeros(shape)
    found = time_change.recentring(market.moving, calendar.dt, calendar.steps)
    if not isinstance(found, np.ndarray) or found.shape != shape:
        raise InvalidInput(
            f"{time_change!r}: recentring must return log drifts of shape (step, asset) = {shape}, as its regimes have "
            f"drifts, got {short_repr(found)}"
        )
    return found


def _offset(source: EventSource, calendar: Calendar, names: list[str]) -> Array:
    """The log drift that offsets the mean effect of a source's events (step, asset), checked."""
    drift, shape = source.compensator(calendar, names), (calendar.steps, len(names))
    what = f"shock {source.name!r}"
    if drift is None:
        raise InvalidInput(
            f"{what} must define compensator(calendar, names) under compensate=True, where expected returns include "
            "the shocks, got None; define it, or say compensate=False"
        )
    if not isinstance(drift, np.ndarray) or drift.shape != shape or drift.dtype.kind != "f":
        came = array_summary(drift, short_repr(drift))
        raise InvalidInput(f"{what}: compensator must return floats of shape (step, asset) = {shape}, got {came}")
    if not np.isfinite(drift).all():
        raise InvalidInput(f"{what}: compensator must return finite numbers, got {drift[~np.isfinite(drift)][0]}")
    return drift
