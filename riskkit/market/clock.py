"""The market's clock for given paths, as plain arrays: what tails, clustering and regimes come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskkit.calendar import Calendar
from riskkit.checks import shown
from riskkit.errors import InvalidInput
from riskkit.market.clustering import Clustered
from riskkit.market.regimes import Regimes
from riskkit.market.tails import Tail, clock_table
from riskkit.streams import Stream

if TYPE_CHECKING:
    from riskkit.market.market import Market

__all__ = ["Clock", "Part", "checked_tails", "lay_out_clock"]

Array = NDArray[np.float64]
Part = Tail | Clustered | Regimes


@dataclass(frozen=True, eq=False)
class Clock:
    """How fast the market's clock runs, and in which state the market is; absent parts have no rows.

    Attributes
    ----------
    key : tuple of uint64
        Key of the clock's stream.
    table : ndarray
        √(G / dt) at evenly spaced normal scores (score).
    wandering : tuple of float
        Persistence and innovation of the log rate from step to step, and what half of it is lowered by for a mean
        rate of 1; all 0 without clustering.
    start : ndarray
        Log rate less its mean, and number of the state, of the first step (2, path).
    switching : ndarray
        From each state, the uniforms above which the next state has a higher number (state, state - 1).
    scales, pushes : ndarray
        Factor on the volatility, and log growth added a step (state, asset).
    factors : ndarray
        Lower triangular factors of the correlations (state, asset, asset); one state where all are alike.
    """

    key: tuple[np.uint64, np.uint64]
    table: Array
    wandering: tuple[float, float, float]
    start: Array
    switching: Array
    scales: Array
    pushes: Array
    factors: Array


def checked_tails(tails: Any, names: list[str]) -> tuple[Part, ...]:
    """Return the parts of the clock as a tuple, at most one of each kind."""
    given = () if tails is None else (tails,) if isinstance(tails, Part | type) else tails
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidInput(f"Market: tails must be a tail, Clustered, Regimes, or a list of these, got {shown(tails)}")
    parts = tuple(given)
    for part in parts:
        if not isinstance(part, Part):
            hint = f"; give its parameters: {part.__name__}(...)" if isinstance(part, type) else ""
            raise InvalidInput(f"Market: tails must be a tail, Clustered or Regimes, got {shown(part)}{hint}")
        try:
            hash(part)
        except TypeError:
            raise InvalidInput(f"Market: tails must be hashable (a frozen dataclass is), got {shown(part)}") from None
    for kind, word in ((Tail, "tail"), (Clustered, "Clustered"), (Regimes, "Regimes")):
        alike = [part for part in parts if isinstance(part, kind)]
        if len(alike) > 1:
            raise InvalidInput(f"Market: tails must hold at most one {word}, got {shown(alike)}")
    for part in parts:
        if isinstance(part, Regimes):
            for name, state in part.states.items():
                state.check(f"Market: regime {name!r}", names)
    return parts


def lay_out_clock(
    market: Market, calendar: Calendar, paths: NDArray[np.uint64], streams: Callable[[str], Stream]
) -> Clock | None:
    """Return the clock of given paths, or None where it ticks evenly."""
    if not market.tails:
        return None
    names, dt = list(market.assets), calendar.dt
    table, wandering = np.empty(0), (0.0, 0.0, 0.0)
    start = np.zeros((2, paths.size))
    nothing = np.empty((0, len(names)))
    switching, scales, pushes, factors = np.empty((0, 0)), nothing, nothing, market.factor[None]
    for part in market.tails:
        if isinstance(part, Tail):
            table = clock_table(part, dt)
        elif isinstance(part, Clustered):
            persistence = part.persistence(dt)
            innovation = part.spread * float(np.sqrt(1.0 - persistence**2))
            wandering = (persistence, innovation, 0.25 * part.spread**2)
            start[0] = part.start(streams("clustering"), paths)
        else:
            start[1] = part.start(streams("regimes"), paths)
            switching = np.cumsum(part.transitions(dt), axis=1)[:, :-1]
            scales, pushes = part.scales(names), part.pushes(market.moving, dt)
            factors = part.factors(names, market.factor)
            if (factors == factors[0]).all():
                factors = factors[:1]
    return Clock(streams("clock").key, table, wandering, start, switching, scales, pushes, factors)
