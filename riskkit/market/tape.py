"""The tape: all that the kernel needs of a market, for given paths, as plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.calendar import Calendar
from riskkit.market.clock import Clock, lay_out_clock
from riskkit.market.compensation import compensation
from riskkit.market.contagion import Contagion
from riskkit.market.history import History
from riskkit.market.setting_off import Openings, set_off
from riskkit.market.ticks import Given, Ticks, Times, draw_times, strike
from riskkit.market.uncertain import Uncertain, drawn_growth, ratio
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
    row : int
        Row of the compensator that ends with a tick, or -1.
    lane, step : ndarray of int64
        Position of the path, and step at whose end it happens; 0 is the first (tick).
    factor : ndarray
        Factor on the price (tick).
    time : ndarray
        Time in years (tick).
    hits : bool
        Whether the ticks hit the asset; they do not where they change its drift alone.
    """

    asset: int
    growth: float
    row: int
    lane: NDArray[np.int64]
    step: NDArray[np.int64]
    factor: NDArray[np.float64]
    time: NDArray[np.float64]
    hits: bool = True

    def only(self, chosen: NDArray[np.bool_]) -> Events:
        """Those of the ticks that are chosen (tick)."""
        return replace(
            self, lane=self.lane[chosen], step=self.step[chosen], factor=self.factor[chosen], time=self.time[chosen]
        )


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
        Log growth of a step (asset, path or 1): less half the variance where the clock ticks evenly, the expected
        growth itself where `clock` or `history` is given.
    volatility : ndarray
        Standard deviation of a step's log growth (asset, path or 1).
    factor : ndarray
        Lower triangular factor of the correlation (asset, asset).
    clock : Clock or None
        How fast the market's clock runs; None where it ticks evenly.
    history : History or None
        The days that returns are taken from; None where they are drawn.
    compensator : ndarray
        What the log growth gains in a step while a row is alive (row, step, asset).
    alive : ndarray
        How alive each row is at the start (row, path or 1); an event may end it.
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
    clock: Clock | None
    history: History | None
    compensator: NDArray[np.float64]
    alive: NDArray[np.float64]
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
    horizon = calendar.time(calendar.steps)
    clock = lay_out_clock(market, calendar, paths, streams)
    history = None if market.history is None else market.history.lay_out(calendar, paths, streams, len(market.assets))
    growth, volatility = _parameters(market, paths, streams, horizon)
    growth = growth * calendar.dt
    if clock is None and history is None:
        growth = growth - 0.5 * volatility**2 * calendar.dt
    own = {shock.name: draw_times(shock, streams, paths, horizon, given.get(shock.name)) for shock in market.shocks}
    # A shock whose time is given ticks then and at no other time, so no other shock sets it off.
    links = [link for link in market.contagion if not isinstance(given.get(link.target), float)]
    ticks, openings = _ticks(market, links, own, streams, paths, horizon)
    rows = compensation(market, calendar, ticks)
    events = [
        part for shock in market.shocks for part in _events(market, calendar, shock, ticks[shock.name], rows.ends)
    ]
    if market.compensate:
        for link, (lanes, times) in zip(links, openings, strict=True):
            events += _openings(market, calendar, link, ticks[link.target], lanes, times)
    return Tape(
        key=streams("diffusion").key,
        paths=paths,
        growth=growth,
        volatility=volatility * np.sqrt(calendar.dt),
        factor=market.factor,
        clock=clock,
        history=history,
        compensator=rows.table,
        alive=rows.alive,
        ticks=ticks,
        events=events,
    )


def _parameters(
    market: Market, paths: NDArray[np.uint64], streams: Callable[[str], Stream], horizon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Yearly log growth and volatility of each asset (asset, path or 1), with a draw for what is uncertain."""
    assets = market.assets.values()
    growth = np.log1p([[asset.mean_return] for asset in assets])
    volatility = np.array([[asset.mean_volatility] for asset in assets])
    if any(isinstance(asset.expected_return, Uncertain) for asset in assets):
        growth = np.repeat(growth, paths.size, axis=1)
    if any(isinstance(asset.volatility, Uncertain) for asset in assets):
        volatility = np.repeat(volatility, paths.size, axis=1)
    for row, (name, asset) in enumerate(market.assets.items()):
        mean, swing = asset.expected_return, asset.volatility
        if isinstance(mean, Uncertain):
            growth[row] = drawn_growth(mean, mean.scores(streams, f"expected_return of {name}", paths), horizon)
        if isinstance(swing, Uncertain):
            volatility[row] *= ratio(swing.sd / swing.mean, swing.scores(streams, f"volatility of {name}", paths))
    return growth, volatility


def _ticks(
    market: Market,
    links: Sequence[Contagion],
    own: Mapping[str, Times],
    streams: Callable[[str], Stream],
    paths: NDArray[np.uint64],
    horizon: float,
) -> tuple[dict[str, Ticks], Openings]:
    """The ticks of every shock, those that others set off among them, and when each link might have passed."""
    if links:
        return set_off(market.shocks, links, own, streams, paths, horizon)
    ticks = {}
    for shock in market.shocks:
        times = own[shock.name]
        ticks[shock.name] = strike(shock, streams, paths, times, np.ones(times.lanes.size, np.bool_))
    return ticks, []


def _steps(calendar: Calendar, times: NDArray[np.float64]) -> NDArray[np.int64]:
    """The step at whose end something at a time in years happens."""
    step = np.ceil(times * calendar.steps_per_year).astype(np.int64) - 1
    return np.clip(step, 0, calendar.steps - 1)


def _events(
    market: Market, calendar: Calendar, shock: Shock, ticks: Ticks, ends: Mapping[tuple[str, str], int]
) -> list[Events]:
    """What the ticks of one shock do to each asset; `ends` says which row of the compensator ends with them."""
    names = list(market.assets)
    step = _steps(calendar, ticks.times)
    end = (step + 1) * calendar.dt
    drift = shock.drift_after or {}
    impacts = list(shock.impacts)
    parts = []
    for name in dict.fromkeys([*impacts, *drift]):
        factor = ticks.factors[impacts.index(name)] if name in impacts else np.ones(ticks.times.size)
        row = ends.get((shock.name, name), -1)
        if row >= 0:
            unused = shock.hazard.cumulative(end) - shock.hazard.cumulative(ticks.times)
            means = np.broadcast_to(ticks.means[impacts.index(name)], ticks.speed.shape)
            factor = factor * np.exp(unused * (ticks.speed * means)[ticks.lanes])
        change = drift.get(name, 0.0)
        if change:
            factor = factor * np.exp(change * (end - ticks.times))
        parts.append(
            Events(
                names.index(name), change * calendar.dt, row, ticks.lanes, step, factor, ticks.times, name in impacts
            )
        )
    return parts


def _openings(
    market: Market,
    calendar: Calendar,
    link: Contagion,
    target: Ticks,
    lanes: NDArray[np.int64],
    times: NDArray[np.float64],
) -> list[Events]:
    """What makes up for the mean of a set off tick, wherever one might have been."""
    names, step = list(market.assets), _steps(calendar, times)
    shock = next(shock for shock in market.shocks if shock.name == link.target)
    parts = []
    for row, name in enumerate(shock.impacts):
        means = np.broadcast_to(target.means[row], target.speed.shape)[lanes]
        factor = 1.0 / (1.0 + link.probability * means)
        parts.append(Events(names.index(name), 0.0, -1, lanes, step, factor, times, False))
    return parts
