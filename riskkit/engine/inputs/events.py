"""Events: every source draws its own, those that depend on others after them, and links let events trigger events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import array_summary, name_list, number, short_repr
from riskkit._random.streams import Streams
from riskkit.engine.inputs.branching import branch
from riskkit.market._market import Market
from riskkit.market.shocks._contagion import Contagion, drawing_order
from riskkit.market.shocks._event_source import Events, EventSource, Fixed
from riskkit.market.shocks._shock import Shock

__all__ = ["Opportunities", "draw_events"]


#: For each link, when it could have triggered an event: position of the path, and time in years (opportunity).
Opportunities = list[tuple[Ints, Array]]

#: Draws the events of a source, with what is fixed of them beforehand.
_Draw = Callable[[EventSource, Fixed | None], Events]


def draw_events(
    market: Market, streams: Streams, paths: UInts, horizon: float, fixed: Mapping[str, Fixed]
) -> tuple[dict[str, Events], Opportunities]:
    """Draw the events of every source of a market, those that others trigger among them.

    Parameters
    ----------
    market : Market
    streams : callable
        Gives the stream of a name.
    paths : ndarray of uint64
        Numbers of the paths (path).
    horizon : float
        Years.
    fixed : mapping of str to Fixed
        Source → what is fixed of it beforehand. One whose event has a fixed time is not triggered.

    Returns
    -------
    events : dict of str to Events
        In the order of the market's sources.
    opportunities : list
        For each of the market's links, when its target could have been triggered, whether it was or not.
    """
    drawn: dict[str, Events] = {}
    names = list(market.assets)

    def draw(source: EventSource, fixed: Fixed | None) -> Events:
        stream, earlier = streams(f"shock {source.name}"), {name: drawn[name] for name in source.after}
        try:
            events = source.draw(stream, paths, horizon, fixed=fixed, earlier=MappingProxyType(earlier))
        except Exception as error:
            error.add_note(f"while shock {source.name!r} drew its events")
            raise
        return events if isinstance(source, Shock) else _checked(source, events, paths, horizon, fixed, names)

    before, behind = drawing_order(market.shocks, market.contagion)
    for source in before:
        drawn[source.name] = draw(source, fixed.get(source.name))
    links = [link for link in market.contagion if not isinstance(fixed.get(link.target), float)]
    opportunities = _trigger(before, links, drawn, draw, streams, paths, horizon) if links else []
    for source in behind:
        drawn[source.name] = draw(source, fixed.get(source.name))
    found = dict(zip(links, opportunities, strict=True))
    none = np.empty(0, np.int64), np.empty(0)
    return {source.name: drawn[source.name] for source in market.shocks}, [
        found.get(link, none) for link in market.contagion
    ]


def _trigger(
    sources: Sequence[EventSource],
    links: Sequence[Contagion],
    drawn: dict[str, Events],
    draw: _Draw,
    streams: Streams,
    paths: UInts,
    horizon: float,
) -> Opportunities:
    """Let events trigger each other: replace those of each target by its own and triggered ones."""
    linked = [source for source in sources if any(source.name in (link.source, link.target) for link in links)]
    names = [source.name for source in linked]
    own = [drawn[name] for name in names]
    path = np.concatenate([events.path for events in own])
    order = np.argsort(path, kind="stable")
    primary = (
        path[order],
        np.concatenate([events.time for events in own])[order],
        np.repeat(np.arange(len(names)), [events.path.size for events in own])[order],
        np.concatenate([events.number for events in own])[order],
    )
    table = (
        np.array([names.index(link.source) for link in links]),
        np.array([names.index(link.target) for link in links]),
        np.array([link.probability for link in links]),
        np.array([link.delay for link in links]),
    )
    keys = np.array([streams(f"contagion {link.source!r} to {link.target!r}").key for link in links], dtype=np.uint64)
    once = np.array([events.once for events in own])
    happened, possible = branch(paths, float(horizon), once, primary, table, keys)
    position, time, row, number = np.array(happened, dtype=np.float64).reshape(-1, 4).T
    for index, source in enumerate(linked):
        if any(link.target == source.name for link in links):
            mine, before = row == index, drawn[source.name]
            triggered = number[mine] < 0.0
            arrivals = Events(position[mine].astype(np.int64), time[mine], {}, once=before.once, triggered=triggered)
            drawn[source.name] = _with_exposure(draw(source, arrivals), before)
    position, time, link = np.array(possible, dtype=np.float64).reshape(-1, 3).T
    return [(position[link == k].astype(np.int64), time[link == k]) for k in range(len(links))]


def _with_exposure(events: Events, before: Events) -> Events:
    """The events with the exposure of before on the paths where none was triggered, to the same bits."""
    if events.exposure is None or before.exposure is None:
        return replace(events, exposure=None)
    exposure, changed = before.exposure.copy(), events.path[~events.primary]
    exposure[changed] = events.exposure[changed]
    return replace(events, exposure=exposure)


def _checked(
    source: EventSource, events: object, paths: UInts, horizon: float, fixed: Fixed | None, names: Sequence[str]
) -> Events:
    """What a user's source has drawn, by path and time, if it is what it must be."""
    what = f"shock {source.name!r}: draw must return"
    if not isinstance(events, Events):
        raise InvalidInput(f"{what} Events, got {short_repr(events)}")
    path = _array(f"{what} path", events.path, "iu").astype(np.int64)
    size = path.size
    if size and not (path.min() >= 0 and path.max() < paths.size):
        raise InvalidInput(
            f"{what} path as positions from 0 to {paths.size - 1}, got {path.min()} to {path.max()}; the numbers of "
            "the paths are paths[path]"
        )
    time = _array(f"{what} time", events.time, "iuf", size)
    if size and not (time.min() > 0.0 and time.max() <= horizon):
        raise InvalidInput(f"{what} time above 0 and at most {horizon:g} years, got {time.min()} to {time.max()}")
    factor = {}
    for name, values in _mapping(f"{what} factor", events.factor, names).items():
        factor[name] = _array(f"{what} factor of {name!r}", values, "iuf", size)
        if size and not factor[name].min() >= 0.0:
            raise InvalidInput(f"{what} factor of {name!r} >= 0, got {factor[name].min()}")
    drift = {}
    for name, change in _mapping(f"{what} drift_after", events.drift_after, names).items():
        drift[name] = number(f"{what} drift_after of {name!r}", change)
    exposure = None
    if events.exposure is not None:
        exposure = _array(f"{what} exposure", events.exposure, "iuf", paths.size)
        if not exposure.min() >= 0.0:
            raise InvalidInput(f"{what} exposure >= 0, got {exposure.min()}")
    triggered = None
    if isinstance(fixed, Events):
        _refuse_others(what, fixed, path, time)
        triggered = fixed.triggered
    elif fixed is not None:
        _refuse_other_counts(what, fixed, path, time, paths.size)
    if events.once and size and np.bincount(path).max() > 1:
        raise InvalidInput(f"{what} at most one event a path with once=True, got {np.bincount(path).max()}")
    found = Events(path, time, factor, exposure, drift_after=drift, once=bool(events.once), triggered=triggered)
    return found if triggered is not None else _in_order(found)


def _in_order(events: Events) -> Events:
    """The events by path and time, so that their order does not depend on the batch."""
    order = np.lexsort((events.time, events.path))
    factor = {name: values[order] for name, values in events.factor.items()}
    return replace(events, path=events.path[order], time=events.time[order], factor=factor)


def _refuse_other_counts(what: str, fixed: Ints | float, path: Ints, time: Array, paths: int) -> None:
    """Refuse events that are not those of a fixed number or time."""
    counts = np.bincount(path, minlength=paths)
    if isinstance(fixed, np.ndarray):
        if not np.array_equal(counts, fixed):
            wrong = int(np.argmax(counts != fixed))
            raise InvalidInput(
                f"{what} as many events on each path as fixed says, got {counts[wrong]} instead of {fixed[wrong]}; a "
                "source whose draw does not know fixed cannot be sampled by strata"
            )
    elif not (np.array_equal(counts, np.ones(paths, np.int64)) and (time == fixed).all()):
        raise InvalidInput(
            f"{what} one event on each path at {fixed:g} years, as fixed says, got {path.size} events on {paths} "
            "paths; a source whose draw does not know fixed cannot be forced"
        )


def _refuse_others(what: str, fixed: Events, path: Ints, time: Array) -> None:
    """Refuse events other than those that have been fixed."""
    if not (np.array_equal(path, fixed.path) and np.array_equal(time, fixed.time)):
        raise InvalidInput(
            f"{what} the events that fixed says, in their order, got others; a source whose draw does not know fixed "
            "cannot be the target of a Contagion"
        )


def _mapping(what: str, values: object, names: Sequence[str]) -> Mapping[str, object]:
    """A mapping from assets."""
    if not isinstance(values, Mapping) or not set(values) <= set(names):
        came = short_repr(values) if not isinstance(values, Mapping) else name_list(set(values) - set(names))
        raise InvalidInput(f"{what} as a mapping from assets of the market, {name_list(names)}, got {came}")
    return values


def _array(what: str, values: object, kinds: str, size: int | None = None) -> Array:
    """An array of finite numbers of one axis."""
    shape = "(event,)" if size is None else f"({size},)"
    if not isinstance(values, np.ndarray) or values.ndim != 1 or values.dtype.kind not in kinds:
        wanted = "whole numbers" if kinds == "iu" else "numbers"
        raise InvalidInput(f"{what} as an array of {wanted} of shape {shape}, got {array_summary(values)}")
    if size is not None and values.size != size:
        raise InvalidInput(f"{what} as an array of numbers of shape {shape}, got one of shape {values.shape}")
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise InvalidInput(f"{what} as finite numbers, got {numbers[~np.isfinite(numbers)][0]}")
    return numbers
