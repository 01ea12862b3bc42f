"""Market inputs: all that the kernel needs of a market, for given paths, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints, UInts
from riskkit._core.calendar import Calendar
from riskkit._random.streams import Streams
from riskkit.engine.inputs.compensator import Compensator, Ending, lay_out_compensator
from riskkit.engine.inputs.events import draw_events
from riskkit.engine.inputs.history import HistoryInputs, lay_out_history
from riskkit.engine.inputs.parameters import asset_parameters
from riskkit.engine.inputs.time_change import TimeChangeInputs, lay_out_time_change
from riskkit.market._market import Market
from riskkit.market.shocks._contagion import Contagion
from riskkit.market.shocks._event_source import Events, Fixed
from riskkit.market.shocks._shock import Shock

__all__ = ["MarketInputs", "PriceEvents", "lay_out"]


@dataclass(frozen=True, eq=False)
class PriceEvents:
    """What the events of one source do to one asset, one entry an event, in no particular order of steps.

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

    def only(self, chosen: Bools) -> PriceEvents:
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
    shock_events : mapping of str to Events
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
    shock_events: Mapping[str, Events]
    price_events: list[PriceEvents]


def lay_out(
    market: Market,
    calendar: Calendar,
    paths: UInts,
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
        Shock → its number of events on each path, or the time in years of the one event that every path has. A shock
        at a fixed time happens then and at no other time, so no other shock triggers it.

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
    drawn, opportunities = draw_events(market, streams, paths, horizon, fixed)
    compensator = lay_out_compensator(market, calendar, paths, streams)
    price_events = [
        events
        for name, source_events in drawn.items()
        for events in _price_events(market, calendar, name, source_events, compensator.ends)
    ]
    if market.compensate:
        for link, (path, time) in zip(market.contagion, opportunities, strict=True):
            if path.size:
                price_events += _compensated_opportunities(market, calendar, link, streams, paths, path, time)
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
    step = np.ceil(times * calendar.steps_per_year)
    step -= 1.0
    np.clip(step, 0.0, calendar.steps - 1.0, out=step)
    return step.astype(np.int64)


def _price_events(
    market: Market, calendar: Calendar, source: str, events: Events, ends: Mapping[tuple[str, str], Ending]
) -> list[PriceEvents]:
    """What the events of one source do to each asset; `ends` says which row of the compensator ends with them."""
    names = list(market.assets)
    step = _steps(calendar, events.time)
    result = []
    for name in dict.fromkeys([*events.factor, *events.drift_after]):
        hits, change = name in events.factor, events.drift_after.get(name, 0.0)
        factor = events.factor[name] if hits else np.ones(events.time.size)
        ending, unused = ends.get((source, name)), None
        if ending is not None or change:
            end = (step + 1).astype(np.float64) * calendar.dt
        if ending is not None:
            unused = ending.unused(events.path, events.time, end)
            factor = factor * unused
        if change:
            factor = factor * np.exp(change * (end - events.time))
        row = -1 if ending is None else ending.row
        growth, asset = change * calendar.dt, names.index(name)
        result.append(PriceEvents(asset, growth, row, events.path, step, factor, events.time, hits, unused))
    return result


def _compensated_opportunities(
    market: Market,
    calendar: Calendar,
    link: Contagion,
    streams: Streams,
    paths: UInts,
    path: Ints,
    time: Array,
) -> list[PriceEvents]:
    """What offsets the mean of a triggered event, wherever the link could have triggered one."""
    names, step = list(market.assets), _steps(calendar, time)
    target = next(source for source in market.shocks if source.name == link.target)
    assert isinstance(target, Shock)  # the market has refused another one
    result = []
    for name, mean_impact in target.mean_impacts(streams(f"shock {target.name}"), paths).items():
        factor = 1.0 / (1.0 + link.probability * mean_impact[path])
        result.append(PriceEvents(names.index(name), 0.0, -1, path, step, factor, time, False))
    return result
