"""The tape: all that the kernel needs of a market, for given paths, as plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.calendar import Calendar
from riskkit.market.ticks import Given, Ticks
from riskkit.streams import Stream

if TYPE_CHECKING:
    from riskkit.market.market import Market
    from riskkit.market.shocks import Shock

__all__ = ["Events", "Tape", "record"]


@dataclass(frozen=True, eq=False)
class Events:
    """What the ticks of one shock do to one asset, an entry a tick, in no particular order of steps.

    Attributes
    ----------
    asset : int
        Row of the asset.
    growth : float
        Change of the log growth of every later step.
    clock : int
        Row of the compensator that ends with a tick, or -1.
    lane, step : ndarray of int64
        Position of the path, and step at whose end it happens; 0 is the first (tick).
    factor : ndarray
        Factor on the price (tick).
    """

    asset: int
    growth: float
    clock: int
    lane: NDArray[np.int64]
    step: NDArray[np.int64]
    factor: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tape:
    """A market laid out for given paths.

    Attributes
    ----------
    key : tuple of uint64
        Key of the diffusion's stream.
    paths : ndarray of uint64
        Numbers of the paths (path).
    growth : ndarray
        Log growth of a step, less half the variance (asset, path or 1).
    volatility : ndarray
        Standard deviation of a step's log growth (asset, path or 1).
    factor : ndarray
        Lower triangular factor of the correlation (asset, asset).
    compensator : ndarray
        What the log growth gains in a step while a clock can still tick (clock, step, asset); the first row, where
        there is one, is of clocks that never end.
    ticks : mapping of str to Ticks
        The ticks of each shock.
    events : list of Events
        What they do, an entry for each shock and asset it concerns.
    """

    key: tuple[np.uint64, np.uint64]
    paths: NDArray[np.uint64]
    growth: NDArray[np.float64]
    volatility: NDArray[np.float64]
    factor: NDArray[np.float64]
    compensator: NDArray[np.float64]
    ticks: Mapping[str, Ticks]
    events: list[Events]


def record(
    market: Market,
    calendar: Calendar,
    paths: NDArray[np.uint64],
    streams: Callable[[str], Stream],
    given: Mapping[str, Given],
) -> Tape:
    """Lay out a market for given paths; see `Market.tape`."""
    mean = np.array([asset.expected_return for asset in market.assets.values()])
    volatility = np.array([asset.volatility for asset in market.assets.values()])
    growth = np.log1p(mean) * calendar.dt - 0.5 * volatility**2 * calendar.dt
    horizon = calendar.time(calendar.steps)
    ticks = {shock.name: shock.events(streams, paths, horizon, given.get(shock.name)) for shock in market.shocks}
    compensator, clocks = _compensator(market, calendar)
    events = [
        part
        for shock in market.shocks
        for part in _events(market, calendar, shock, ticks[shock.name], clocks.get(shock.name, -1))
    ]
    return Tape(
        key=streams("diffusion").key,
        paths=paths,
        growth=growth[:, None],
        volatility=(volatility * np.sqrt(calendar.dt))[:, None],
        factor=market.factor,
        compensator=compensator,
        ticks=ticks,
        events=events,
    )


def _compensator(market: Market, calendar: Calendar) -> tuple[NDArray[np.float64], dict[str, int]]:
    """Log growth that makes up for the mean of the shocks, and the row of each clock that can end."""
    if not market.compensate or not market.shocks:
        return np.zeros((0, calendar.steps, len(market.assets))), {}
    ending = [shock.name for shock in market.shocks if shock.once]
    clocks = {name: row + 1 for row, name in enumerate(ending)}
    table = np.zeros((1 + len(ending), calendar.steps, len(market.assets)))
    edges = np.arange(calendar.steps + 1) * calendar.dt
    names = list(market.assets)
    for shock in market.shocks:
        hazard = np.diff(shock.hazard.cumulative(edges))
        for name, impact in shock.impacts.items():
            table[clocks.get(shock.name, 0), :, names.index(name)] -= hazard * impact.mean
    return table, clocks


def _events(market: Market, calendar: Calendar, shock: Shock, ticks: Ticks, clock: int) -> list[Events]:
    """What the ticks of one shock do to each asset; `clock` is the compensator's row that ends with its tick, or -1."""
    names = list(market.assets)
    step = np.clip(np.ceil(ticks.times * calendar.steps_per_year).astype(np.int64) - 1, 0, calendar.steps - 1)
    end = (step + 1) * calendar.dt
    drift = shock.drift_after or {}
    impacts = list(shock.impacts)
    parts = []
    for name in dict.fromkeys([*impacts, *drift]):
        factor = ticks.factors[impacts.index(name)] if name in impacts else np.ones(ticks.times.size)
        if clock >= 0 and name in impacts:
            unused = shock.hazard.cumulative(end) - shock.hazard.cumulative(ticks.times)
            factor = factor * np.exp(unused * shock.impacts[name].mean)
        change = drift.get(name, 0.0)
        if change:
            factor = factor * np.exp(change * (end - ticks.times))
        parts.append(Events(names.index(name), change * calendar.dt, clock, ticks.lanes, step, factor))
    return parts
