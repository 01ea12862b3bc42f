"""Shock events: when each shock happens and how hard it hits, drawn before prices from the shock's own stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskkit._random import draws
from riskkit._random.streams import Stream, Streams
from riskkit.engine.inputs.branching import TRIGGERED, branch
from riskkit.engine.inputs.parameters import lognormal_factor, prior_scores
from riskkit.market.diffusion._uncertain import Uncertain
from riskkit.market.shocks._contagion import Contagion
from riskkit.market.shocks._shock import Shock

__all__ = ["Fixed", "Opportunities", "ShockEvents", "draw_events", "draw_shock_events", "sample_impacts"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Paths = NDArray[np.uint64]

#: What is fixed of a shock beforehand: number of events (path), or the time in years of the one event of every path.
Fixed = Ints | float

#: For each link, when it could have triggered an event: position of the path, and time in years (opportunity).
Opportunities = list[tuple[Ints, Array]]

#: Position of the path, number, and integrated hazard at each event (event), and exposure (path).
_Arrivals = tuple[Ints, Ints, Array, Array]


@dataclass(frozen=True, eq=False)
class ShockEvents:
    """Events of one shock on many paths.

    Attributes
    ----------
    lanes, numbers : ndarray of int64
        Position of the path, and number of the event on that path from 0 on; triggered events have numbers of their own
        (event).
    times : ndarray
        Time in years, in (0, horizon) (event).
    primary : ndarray of bool
        Whether the event comes from the shock's own hazard, and no other shock triggered it (event).
    factors : ndarray
        Price factor of each named holding, in the order of the shock's impact (holding, event).
    mean_impacts : ndarray
        Mean impact on each named holding, on each path (holding, path or 1).
    exposure : ndarray
        Integrated hazard to the horizon, or to the first event of a ``once`` shock (path).
    rate_factor : ndarray
        Factor on the hazard, on average 1; other than 1 where the rate is uncertain (path).
    """

    lanes: Ints
    numbers: Ints
    times: Array
    primary: NDArray[np.bool_]
    factors: Array
    mean_impacts: Array
    exposure: Array
    rate_factor: Array


def draw_shock_events(
    shocks: Sequence[Shock],
    links: Sequence[Contagion],
    streams: Streams,
    paths: Paths,
    horizon: float,
    fixed: Mapping[str, Fixed],
) -> tuple[dict[str, ShockEvents], Opportunities]:
    """Draw the events of every shock, those that others trigger among them.

    Parameters
    ----------
    shocks : sequence of Shock
    links : sequence of Contagion
    streams, paths, horizon
        As in `draw_events`.
    fixed : mapping of str to Fixed
        Shock → what is fixed of it beforehand.

    Returns
    -------
    events : dict of str to ShockEvents
    opportunities : list
        For each link, when its target could have been triggered, whether it was or not.
    """
    own = {shock.name: draw_events(shock, streams, paths, horizon, fixed.get(shock.name)) for shock in shocks}
    return _with_triggered(shocks, links, own, streams, paths, horizon) if links else (own, [])


def draw_events(
    shock: Shock, streams: Streams, paths: Paths, horizon: float, fixed: Fixed | None = None
) -> ShockEvents:
    """Draw the events that come from a shock's own hazard, up to `horizon` years.

    Parameters
    ----------
    shock : Shock
        Its hazard, impacts and whether it happens once.
    streams : callable
        Gives the stream of a name.
    paths : ndarray of uint64
        Numbers of the paths (path).
    horizon : float
        Years.
    fixed : ndarray of int or float, optional
        The number of events on each path, or the time of the one event that every path has. The rest of the law is
        drawn conditional on it.
    """
    stream = streams(f"shock {shock.name}")
    rate_factor = np.ones(paths.size)
    if isinstance(shock.rate, Uncertain):
        scores = prior_scores(shock.rate, f"rate of {shock.name}", streams, paths)
        rate_factor = lognormal_factor(shock.rate.sd / shock.rate.mean, scores)
    total = rate_factor * float(shock.hazard.cumulative(np.array([horizon]))[0])
    if fixed is None:
        lanes, numbers, arrivals, exposure = _free(stream, paths, total, once=shock.once)
    elif isinstance(fixed, np.ndarray):
        lanes, numbers, arrivals, exposure = _counted(stream, paths, total, fixed, once=shock.once)
    else:
        at = rate_factor * float(shock.hazard.cumulative(np.array([fixed]))[0])
        lanes, numbers = np.arange(paths.size), np.zeros(paths.size, np.int64)
        arrivals, exposure = at, at if shock.once else total
    if isinstance(fixed, float):
        times = np.full(lanes.size, fixed)
    elif isinstance(shock.rate, Uncertain):
        times = shock.hazard.inverse(arrivals / rate_factor[lanes])
    else:
        times = shock.hazard.inverse(arrivals)
    factors, mean_impacts = sample_impacts(shock, streams, paths, lanes, numbers)
    primary = np.ones(lanes.size, np.bool_)
    return ShockEvents(lanes, numbers, times, primary, factors, mean_impacts, exposure, rate_factor)


def _free(stream: Stream, paths: Paths, total: Array, *, once: bool) -> _Arrivals:
    """Unit-rate arrivals in the time of the integrated hazard, by exponential gaps."""
    lanes, numbers, arrivals, first = draws.arrivals(stream.key, paths, total, once=once)
    return lanes, numbers, arrivals, np.minimum(first, total) if once else total


def _counted(stream: Stream, paths: Paths, total: Array, counts: Ints, *, once: bool) -> _Arrivals:
    """Arrivals given their number: uniform order statistics, or a truncated exponential for the first and only."""
    if once:
        lanes = np.flatnonzero(counts > 0)
        numbers = np.zeros(lanes.size, np.int64)
        uniform = stream.uniforms(paths[lanes], 0)[0]
        arrivals = -np.log1p(uniform * np.expm1(-total[lanes]))
        exposure = total.copy()
        exposure[lanes] = arrivals
        return lanes, numbers, arrivals, exposure
    lanes = np.repeat(np.arange(paths.size), counts + 1)
    numbers = np.arange(lanes.size) - np.repeat(np.cumsum(counts + 1) - counts - 1, counts + 1)
    gaps = -np.log(stream.uniforms(paths[lanes], numbers)[0])
    sums = np.zeros((paths.size, int(counts.max(initial=0)) + 1))
    sums[lanes, numbers] = gaps
    sums = np.cumsum(sums, axis=1)
    inside = numbers < counts[lanes]
    arrivals = total[lanes] * sums[lanes, numbers] / sums[lanes, counts[lanes]]
    return lanes[inside], numbers[inside], arrivals[inside], total


def sample_impacts(shock: Shock, streams: Streams, paths: Paths, lanes: Ints, numbers: Ints) -> tuple[Array, Array]:
    """Draw the price factors 1 + impact of given events, with log factors correlated `together`.

    Holdings get their normals in the order of their names, so that equal shocks draw alike.

    Parameters
    ----------
    shock, streams, paths
        As in `draw_events`.
    lanes, numbers : ndarray of int64
        Position of the path, and number of the event on that path (event); they alone key the draws.

    Returns
    -------
    factors : ndarray
        In the order of the shock's impact (holding, event).
    mean_impacts : ndarray
        Mean impact, as each path has drawn it (holding, path or 1).
    """
    stream, drawn = streams(f"shock {shock.name}"), paths[lanes]
    impacts = list(shock.impacts.values())
    places = sorted(range(len(impacts)), key=list(shock.impacts).__getitem__)
    size = len(impacts)
    factors = np.empty((size, lanes.size))
    factors[:] = np.array([1.0 + impact.expected for impact in impacts])[:, None]
    if any(impact.sd > 0.0 for impact in impacts):
        own = np.sqrt(max(1.0 - shock.together, 0.0)) if size > 1 else 1.0
        shared = (np.sqrt(max(1.0 + (size - 1) * shock.together, 0.0)) - own) / size if size > 1 else 0.0
        normals = [row for pair in range((size + 1) // 2) for row in stream.normals(drawn, numbers, 1 + pair)][:size]
        common = shared * sum(normals) if shared else 0.0
        for normal, row in zip(normals, places, strict=True):
            impact = impacts[row]
            if impact.sd > 0.0:
                factors[row] = np.exp(impact.log_mean + impact.log_sd * (own * normal + common))
    mean_impacts = np.array([[impact.expected] for impact in impacts])
    if any(isinstance(impact.mean, Uncertain) for impact in impacts):
        mean_impacts = np.repeat(mean_impacts, paths.size, axis=1)
        for row, (holding, impact) in enumerate(shock.impacts.items()):
            if isinstance(impact.mean, Uncertain):
                scores = prior_scores(impact.mean, f"impact of {shock.name!r} on {holding!r}", streams, paths)
                level = lognormal_factor(impact.mean.sd / (1.0 + impact.expected), scores)
                mean_impacts[row] = (1.0 + impact.expected) * level - 1.0
                factors[row] *= level[lanes]
    return factors, mean_impacts


def _with_triggered(
    shocks: Sequence[Shock],
    links: Sequence[Contagion],
    own: Mapping[str, ShockEvents],
    streams: Streams,
    paths: Paths,
    horizon: float,
) -> tuple[dict[str, ShockEvents], Opportunities]:
    """Add the events that shocks trigger in each other to those of their own hazards."""
    names = [shock.name for shock in shocks]
    counts = [own[name].lanes.size for name in names]
    lanes = np.concatenate([own[name].lanes for name in names])
    order = np.argsort(lanes, kind="stable")
    primary = (
        lanes[order],
        np.concatenate([own[name].times for name in names])[order],
        np.repeat(np.arange(len(names)), counts)[order],
        np.concatenate([own[name].numbers for name in names])[order],
    )
    table = (
        np.array([names.index(link.source) for link in links]),
        np.array([names.index(link.target) for link in links]),
        np.array([link.probability for link in links]),
        np.array([link.delay for link in links]),
    )
    keys = np.array([streams(f"contagion {link.source!r} to {link.target!r}").key for link in links], dtype=np.uint64)
    once = np.array([shock.once for shock in shocks])
    happened, possible = branch(paths, float(horizon), once, primary, table, keys)
    lane, time, row, number = np.array(happened, dtype=np.float64).reshape(-1, 4).T
    events = {}
    for index, shock in enumerate(shocks):
        mine = row == index
        events[shock.name] = _merged(
            shock, own[shock.name], streams, paths, lane[mine].astype(np.int64), time[mine], number[mine]
        )
    lane, time, link = np.array(possible, dtype=np.float64).reshape(-1, 3).T
    return events, [(lane[link == k].astype(np.int64), time[link == k]) for k in range(len(links))]


def _merged(
    shock: Shock, own: ShockEvents, streams: Streams, paths: Paths, lanes: Ints, times: Array, number: Array
) -> ShockEvents:
    """The events of one shock, own and triggered; a `number` below 0 is a triggered event's."""
    numbers = number.astype(np.int64)
    primary = numbers >= 0
    numbers = np.where(primary, numbers, TRIGGERED - numbers)
    exposure = own.exposure
    if shock.once:
        exposure = exposure.copy()
        early = lanes[~primary]
        exposure[early] = own.rate_factor[early] * shock.hazard.cumulative(times[~primary])
    factors, _ = sample_impacts(shock, streams, paths, lanes, numbers)
    return replace(own, lanes=lanes, numbers=numbers, times=times, primary=primary, factors=factors, exposure=exposure)
