"""Market inputs: all that the kernel needs of a market, for given paths, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskkit._core.calendar import Calendar
from riskkit._random.streams import Streams
from riskkit.engine.inputs.compensator import Compensator, lay_out_compensator
from riskkit.engine.inputs.history import HistoryInputs, lay_out_history
from riskkit.engine.inputs.parameters import asset_parameters
from riskkit.engine.inputs.shock_events import Fixed, ShockEvents, draw_shock_events
from riskkit.engine.inputs.time_change import TimeChangeInputs, lay_out_time_change
from riskkit.market._market import Market
from riskkit.market.shocks._contagion import Contagion
from riskkit.market.shocks._shock import Shock

__all__ = ["MarketInputs", "PriceEvents", "lay_out"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PriceEvents:
    """What the events of one shock do to one asset, one entry an event, in no particular order of steps.

    Attributes
    ----------
    asset : int
        Row of the asset.
    growth : float
        Change of the log growth of every later step.
    row : int
        Row of the compensator that ends with an event, or -1.
    lane, step : ndarray of int64
        Position of the path, and step at whose end it happens; 0 is the first (event).
    factor : ndarray
        Factor on the price (event).
    time : ndarray
        Time in years (event).
    hits : bool
        Whether the events hit the asset; they do not where they change its drift alone.
    unused : ndarray, optional
        The part of `factor` that takes back the compensator of the rest of the step (event); it belongs to the drift
        of the step. None where there is none.
    """

    asset: int
    growth: float
    row: int
    lane: Ints
    step: Ints
    factor: Array
    time: Array
    hits: bool = True
    unused: Array | None = None

    def only(self, chosen: NDArray[np.bool_]) -> PriceEvents:
        """Those of the events that are chosen (event)."""
        unused = None if self.unused is None else self.unused[chosen]
        lane, step = self.lane[chosen], self.step[chosen]
        return replace(self, lane=lane, step=step, factor=self.factor[chosen], time=self.time[chosen], unused=unused)


@dataclass(frozen=True, eq=False)
class MarketInputs:
    """A market laid out for given paths.

    Attributes
    ----------
    key : tuple of uint64
        Key of the diffusion's stream.
    growth : ndarray
        Log growth of a step (asset, path or 1): less half the variance where time runs evenly, the expected growth
        itself where `time_change` or `history` is given.
    volatility : ndarray
        Standard deviation of a step's log growth (asset, path or 1).
    correlation_factor : ndarray
        Lower triangular factor of the correlation (asset, asset).
    time_change : TimeChangeInputs or None
        How fast the market's time runs; None where it runs evenly.
    history : HistoryInputs or None
        The past returns that paths draw from; None where returns come from the diffusion.
    compensator : Compensator
        What the log growth gains in a step to offset shocks, regimes and dependent returns.
    shock_events : mapping of str to ShockEvents
        The events of each shock.
    price_events : list of PriceEvents
        What they do to prices, an entry for each shock and asset it concerns.
    """

    key: tuple[np.uint64, np.uint64]
    growth: Array
    volatility: Array
    correlation_factor: Array
    time_change: TimeChangeInputs | None
    history: HistoryInputs | None
    compensator: Compensator
    shock_events: Mapping[str, ShockEvents]
    price_events: list[PriceEvents]


def lay_out(
    market: Market,
    calendar: Calendar,
    paths: NDArray[np.uint64],
    streams: Streams,
    fixed: Mapping[str, Fixed] | None = None,
) -> MarketInputs:
    """Lay a market out for given paths, as the kernel needs it.

    Parameters
    ----------
    market : Market
    calendar : Calendar
        The grid of steps.
    paths : ndarray of uint64
        Numbers of the paths (path).
    streams : callable
        Gives the stream of random numbers of a name.
    fixed : mapping, optional
        Shock → its number of events on each path, or the time in years of the one event that every path has.

    Returns
    -------
    MarketInputs
        Plain arrays.
    """
    horizon, fixed = calendar.time(calendar.steps), fixed or {}
    time_change = lay_out_time_change(market, calendar, paths, streams)
    history = lay_out_history(market, calendar, paths, streams)
    growth, volatility = asset_parameters(market, paths, streams, horizon)
    growth = growth * calendar.dt
    if time_change is None and history is None:
        growth = growth - 0.5 * volatility**2 * calendar.dt
    # A shock at a fixed time happens then and at no other time, so no other shock triggers it.
    links = [link for link in market.contagion if not isinstance(fixed.get(link.target), float)]
    drawn, opportunities = draw_shock_events(market.shocks, links, streams, paths, horizon, fixed)
    compensator = lay_out_compensator(market, calendar, drawn)
    price_events = [
        events
        for shock in market.shocks
        for events in _price_events(market, calendar, shock, drawn[shock.name], compensator.ends)
    ]
    if market.compensate:
        for link, (lanes, times) in zip(links, opportunities, strict=True):
            price_events += _compensated_opportunities(market, calendar, link, drawn[link.target], lanes, times)
    return MarketInputs(
        key=streams("diffusion").key,
        growth=growth,
        volatility=volatility * np.sqrt(calendar.dt),
        correlation_factor=market.factor,
        time_change=time_change,
        history=history,
        compensator=compensator,
        shock_events=drawn,
        price_events=price_events,
    )


def _steps(calendar: Calendar, times: Array) -> Ints:
    """The step at whose end something at a time in years happens."""
    step = np.ceil(times * calendar.steps_per_year).astype(np.int64) - 1
    return np.clip(step, 0, calendar.steps - 1)


def _price_events(
    market: Market, calendar: Calendar, shock: Shock, events: ShockEvents, ends: Mapping[tuple[str, str], int]
) -> list[PriceEvents]:
    """What the events of one shock do to each asset; `ends` says which row of the compensator ends with them."""
    names = list(market.assets)
    step = _steps(calendar, events.times)
    end = (step + 1) * calendar.dt
    drift = shock.drift_after or {}
    impacts = list(shock.impacts)
    result = []
    for name in dict.fromkeys([*impacts, *drift]):
        factor = events.factors[impacts.index(name)] if name in impacts else np.ones(events.times.size)
        row, unused = ends.get((shock.name, name), -1), None
        if row >= 0:
            hazard = shock.hazard.cumulative(end) - shock.hazard.cumulative(events.times)
            means = np.broadcast_to(events.mean_impacts[impacts.index(name)], events.rate_factor.shape)
            unused = np.exp(hazard * (events.rate_factor * means)[events.lanes])
            factor = factor * unused
        change = drift.get(name, 0.0)
        if change:
            factor = factor * np.exp(change * (end - events.times))
        growth, hits = change * calendar.dt, name in impacts
        asset, lanes, times = names.index(name), events.lanes, events.times
        result.append(PriceEvents(asset, growth, row, lanes, step, factor, times, hits, unused))
    return result


def _compensated_opportunities(
    market: Market, calendar: Calendar, link: Contagion, target: ShockEvents, lanes: Ints, times: Array
) -> list[PriceEvents]:
    """What offsets the mean of a triggered event, wherever the link could have triggered one."""
    names, step = list(market.assets), _steps(calendar, times)
    shock = next(shock for shock in market.shocks if shock.name == link.target)
    result = []
    for row, name in enumerate(shock.impacts):
        means = np.broadcast_to(target.mean_impacts[row], target.rate_factor.shape)[lanes]
        factor = 1.0 / (1.0 + link.probability * means)
        result.append(PriceEvents(names.index(name), 0.0, -1, lanes, step, factor, times, False))
    return result
