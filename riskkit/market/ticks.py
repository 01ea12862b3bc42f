"""When a shock strikes and how hard: tick times ahead of the simulation, from the shock's own stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.market.uncertain import Uncertain, ratio
from riskkit.streams import Stream

if TYPE_CHECKING:
    from riskkit.market.shocks import Shock

__all__ = ["Given", "Ticks", "Times", "draw_ticks", "draw_times", "strike"]

#: What is known of a shock beforehand: number of ticks (path), or one tick time in years for every path.
Given = NDArray[np.int64] | float

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Times:
    """When the clock of one shock ticks on many paths, one entry a tick.

    Attributes
    ----------
    lanes, numbers : ndarray of int64
        Position of the path, and number of the tick on that path from 0 on (tick).
    times : ndarray
        Time in years, in (0, horizon) (tick).
    hazard : ndarray
        Integrated hazard to the horizon, or to the first tick of a ``once`` shock (path).
    speed : ndarray
        How fast the clock of the path runs, on average 1; other than 1 where the rate is uncertain (path).
    """

    lanes: NDArray[np.int64]
    numbers: NDArray[np.int64]
    times: Array
    hazard: Array
    speed: Array


@dataclass(frozen=True, eq=False)
class Ticks:
    """Ticks of one shock on many paths, one entry a tick.

    Attributes
    ----------
    lanes, numbers : ndarray of int64
        Position of the path, and number of the tick on that path (tick); set off ticks have numbers of their own.
    times : ndarray
        Time in years, in (0, horizon) (tick).
    primary : ndarray of bool
        Whether the shock's own clock ticked, and no other shock set it off (tick).
    factors : ndarray
        Price factor of each named holding, in the order of the shock's impact (holding, tick).
    means : ndarray
        Mean impact on each named holding, on each path (holding, path or 1).
    hazard, speed : ndarray
        As in `Times` (path).
    """

    lanes: NDArray[np.int64]
    numbers: NDArray[np.int64]
    times: Array
    primary: NDArray[np.bool_]
    factors: Array
    means: Array
    hazard: Array
    speed: Array


def draw_ticks(
    shock: Shock,
    streams: Callable[[str], Stream],
    paths: NDArray[np.uint64],
    horizon: float,
    given: Given | None = None,
) -> Ticks:
    """Draw the ticks of a shock up to `horizon` years.

    Parameters
    ----------
    shock : Shock
        Its hazard, impacts and whether it strikes once.
    streams : callable
        Gives the stream of a name.
    paths : ndarray of uint64
        Numbers of the paths (path).
    horizon : float
        Years.
    given : ndarray of int or float, optional
        The number of ticks on each path, or the time of the one tick that every path has; what is left of the law is
        drawn conditional on it.
    """
    times = draw_times(shock, streams, paths, horizon, given)
    return strike(shock, streams, paths, times, np.ones(times.lanes.size, np.bool_))


def draw_times(
    shock: Shock,
    streams: Callable[[str], Stream],
    paths: NDArray[np.uint64],
    horizon: float,
    given: Given | None = None,
) -> Times:
    """Draw when the clock of a shock ticks; arguments as in `draw_ticks`."""
    stream = streams(f"shock {shock.name}")
    speed = np.ones(paths.size)
    if isinstance(shock.rate, Uncertain):
        scores = shock.rate.scores(streams, f"rate of {shock.name}", paths)
        speed = ratio(shock.rate.sd / shock.rate.mean, scores)
    total = speed * float(shock.hazard.cumulative(np.array([horizon]))[0])
    if given is None:
        lanes, numbers, arrivals, hazard = _free(stream, paths, total, once=shock.once)
    elif isinstance(given, np.ndarray):
        lanes, numbers, arrivals, hazard = _counted(stream, paths, total, given, once=shock.once)
    else:
        at = speed * float(shock.hazard.cumulative(np.array([given]))[0])
        lanes, numbers = np.arange(paths.size), np.zeros(paths.size, np.int64)
        arrivals, hazard = at, at if shock.once else total
    if isinstance(given, float):
        times = np.full(lanes.size, given)
    elif isinstance(shock.rate, Uncertain):
        times = shock.hazard.inverse(arrivals / speed[lanes])
    else:
        times = shock.hazard.inverse(arrivals)
    return Times(lanes, numbers, times, hazard, speed)


def _free(
    stream: Stream, paths: NDArray[np.uint64], total: Array, *, once: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]:
    """Unit-rate arrivals in the clock of the hazard, by exponential gaps."""
    from riskkit import draws

    lanes, numbers, arrivals, first = draws.arrivals(stream.key, paths, total, once=once)
    return lanes, numbers, arrivals, np.minimum(first, total) if once else total


def _counted(
    stream: Stream, paths: NDArray[np.uint64], total: Array, counts: NDArray[np.int64], *, once: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]:
    """Arrivals given their number: uniform order statistics, or a truncated exponential for the first and only."""
    if once:
        lanes = np.flatnonzero(counts > 0)
        numbers = np.zeros(lanes.size, np.int64)
        uniform = stream.uniforms(paths[lanes], 0)[0]
        arrivals = -np.log1p(uniform * np.expm1(-total[lanes]))
        hazard = total.copy()
        hazard[lanes] = arrivals
        return lanes, numbers, arrivals, hazard
    lanes = np.repeat(np.arange(paths.size), counts + 1)
    numbers = np.arange(lanes.size) - np.repeat(np.cumsum(counts + 1) - counts - 1, counts + 1)
    gaps = -np.log(stream.uniforms(paths[lanes], numbers)[0])
    sums = np.zeros((paths.size, int(counts.max(initial=0)) + 1))
    sums[lanes, numbers] = gaps
    sums = np.cumsum(sums, axis=1)
    inside = numbers < counts[lanes]
    arrivals = total[lanes] * sums[lanes, numbers] / sums[lanes, counts[lanes]]
    return lanes[inside], numbers[inside], arrivals[inside], total


def strike(
    shock: Shock,
    streams: Callable[[str], Stream],
    paths: NDArray[np.uint64],
    times: Times,
    primary: NDArray[np.bool_],
) -> Ticks:
    """Draw how hard a shock strikes at given times: price factors 1 + impact, with log factors correlated `together`.

    Holdings get their normals in the order of their names, so that equal shocks draw alike.
    """
    lanes, numbers = times.lanes, times.numbers
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
    means = np.array([[impact.expected] for impact in impacts])
    if any(isinstance(impact.mean, Uncertain) for impact in impacts):
        means = np.repeat(means, paths.size, axis=1)
        for row, (holding, impact) in enumerate(shock.impacts.items()):
            if isinstance(impact.mean, Uncertain):
                scores = impact.mean.scores(streams, f"impact of {shock.name!r} on {holding!r}", paths)
                level = ratio(impact.mean.sd / (1.0 + impact.expected), scores)
                means[row] = (1.0 + impact.expected) * level - 1.0
                factors[row] *= level[lanes]
    return Ticks(lanes, numbers, times.times, primary, factors, means, times.hazard, times.speed)
