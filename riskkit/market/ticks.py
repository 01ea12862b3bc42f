"""When a shock strikes and how hard: tick times ahead of the simulation, from the shock's own stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.streams import Stream

if TYPE_CHECKING:
    from riskkit.market.shocks import Shock

__all__ = ["Given", "Ticks", "draw_ticks"]

#: What is known of a shock beforehand: number of ticks (path), or one tick time in years for every path.
Given = NDArray[np.int64] | float


@dataclass(frozen=True, eq=False)
class Ticks:
    """Ticks of one shock on many paths, one entry a tick.

    Attributes
    ----------
    lanes, numbers : ndarray of int64
        Position of the path, and number of the tick on that path from 0 on (tick).
    times : ndarray
        Time in years, in (0, horizon) (tick).
    factors : ndarray
        Price factor of each named holding, in the order of the shock's impact (holding, tick).
    hazard : ndarray
        Integrated hazard to the horizon, or to the first tick of a ``once`` shock (path).
    """

    lanes: NDArray[np.int64]
    numbers: NDArray[np.int64]
    times: NDArray[np.float64]
    factors: NDArray[np.float64]
    hazard: NDArray[np.float64]


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
    stream = streams(f"shock {shock.name}")
    total = float(shock.hazard.cumulative(np.array([horizon]))[0])
    if given is None:
        lanes, numbers, arrivals, hazard = _free(stream, paths, total, once=shock.once)
    elif isinstance(given, np.ndarray):
        lanes, numbers, arrivals, hazard = _counted(stream, paths, total, given, once=shock.once)
    else:
        at = float(shock.hazard.cumulative(np.array([given]))[0])
        lanes, numbers = np.arange(paths.size), np.zeros(paths.size, np.int64)
        arrivals = np.full(paths.size, at)
        hazard = np.full(paths.size, at if shock.once else total)
    times = np.full(lanes.size, given) if isinstance(given, float) else shock.hazard.inverse(arrivals)
    return Ticks(lanes, numbers, times, _factors(shock, stream, paths[lanes], numbers), hazard)


def _free(
    stream: Stream, paths: NDArray[np.uint64], total: float, *, once: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Unit-rate arrivals in the clock of the hazard, by exponential gaps."""
    from riskkit import draws

    lanes, numbers, arrivals, first = draws.arrivals(stream.key, paths, total, once=once)
    return lanes, numbers, arrivals, np.minimum(first, total) if once else np.full(paths.size, total)


def _counted(
    stream: Stream, paths: NDArray[np.uint64], total: float, counts: NDArray[np.int64], *, once: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Arrivals given their number: uniform order statistics, or a truncated exponential for the first and only."""
    if once:
        lanes = np.flatnonzero(counts > 0)
        numbers = np.zeros(lanes.size, np.int64)
        uniform = stream.uniforms(paths[lanes], 0)[0]
        arrivals = -np.log1p(uniform * np.expm1(-total))
        hazard = np.full(paths.size, total)
        hazard[lanes] = arrivals
        return lanes, numbers, arrivals, hazard
    lanes = np.repeat(np.arange(paths.size), counts + 1)
    numbers = np.arange(lanes.size) - np.repeat(np.cumsum(counts + 1) - counts - 1, counts + 1)
    gaps = -np.log(stream.uniforms(paths[lanes], numbers)[0])
    sums = np.zeros((paths.size, int(counts.max(initial=0)) + 1))
    sums[lanes, numbers] = gaps
    sums = np.cumsum(sums, axis=1)
    inside = numbers < counts[lanes]
    arrivals = total * sums[lanes, numbers] / sums[lanes, counts[lanes]]
    return lanes[inside], numbers[inside], arrivals[inside], np.full(paths.size, total)


def _factors(
    shock: Shock, stream: Stream, paths: NDArray[np.uint64], numbers: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Price factors 1 + impact of each holding at each tick; the log factors have correlation `together`.

    Holdings get their normals in the order of their names, so that equal shocks draw alike.
    """
    impacts = list(shock.impacts.values())
    places = sorted(range(len(impacts)), key=list(shock.impacts).__getitem__)
    size = len(impacts)
    factors = np.empty((size, paths.size))
    if all(impact.sd == 0.0 for impact in impacts):
        factors[:] = np.array([1.0 + impact.mean for impact in impacts])[:, None]
        return factors
    own = np.sqrt(max(1.0 - shock.together, 0.0)) if size > 1 else 1.0
    shared = (np.sqrt(max(1.0 + (size - 1) * shock.together, 0.0)) - own) / size if size > 1 else 0.0
    normals = [row for pair in range((size + 1) // 2) for row in stream.normals(paths, numbers, 1 + pair)][:size]
    common = shared * sum(normals) if shared else 0.0
    for normal, row in zip(normals, places, strict=True):
        impact = impacts[row]
        if impact.sd == 0.0:
            factors[row] = 1.0 + impact.mean
        else:
            factors[row] = np.exp(impact.log_mean + impact.log_sd * (own * normal + common))
    return factors
