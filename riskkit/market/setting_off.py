"""Contagion at work: the ticks that shocks set off in each other, added to those of their own clocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from riskkit.market.contagion import Contagion
from riskkit.market.shocks import Shock
from riskkit.market.ticks import Ticks, Times, strike
from riskkit.streams import Stream

__all__ = ["Openings", "set_off"]

#: For each link, when it might have passed: position of the path, and time in years (tick).
Openings = list[tuple[NDArray[np.int64], NDArray[np.float64]]]


def set_off(
    shocks: Sequence[Shock],
    links: Sequence[Contagion],
    own: Mapping[str, Times],
    streams: Callable[[str], Stream],
    paths: NDArray[np.uint64],
    horizon: float,
) -> tuple[dict[str, Ticks], Openings]:
    """Return the ticks of every shock, own and set off.

    Parameters
    ----------
    shocks : sequence of Shock
    links : sequence of Contagion
    own : mapping of str to Times
        When the shocks' own clocks tick.
    streams : callable
        Gives the stream of a name.
    paths : ndarray of uint64
        Numbers of the paths (path).
    horizon : float
        Years.

    Returns
    -------
    ticks : dict of str to Ticks
    openings : list
        For each link, when it might have passed: the target was alive, whether it was set off or not.
    """
    from riskkit.cascade import SET_OFF, cascade

    names = [shock.name for shock in shocks]
    counts = [own[name].lanes.size for name in names]
    lanes = np.concatenate([own[name].lanes for name in names])
    order = np.argsort(lanes, kind="stable")
    ticks = (
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
    happened, opened = cascade(paths, float(horizon), once, ticks, table, keys)
    lane, time, shock, number = np.array(happened, dtype=np.float64).reshape(-1, 4).T
    found = {}
    for row, struck in enumerate(shocks):
        mine = shock == row
        at, when = lane[mine].astype(np.int64), time[mine]
        numbers = number[mine].astype(np.int64)
        primary = numbers >= 0
        numbers = np.where(primary, numbers, SET_OFF - numbers)
        hazard, speed = own[struck.name].hazard, own[struck.name].speed
        if struck.once:
            hazard = hazard.copy()
            early = at[~primary]
            hazard[early] = speed[early] * struck.hazard.cumulative(when[~primary])
        found[struck.name] = strike(struck, streams, paths, Times(at, numbers, when, hazard, speed), primary)
    lane, time, link = np.array(opened, dtype=np.float64).reshape(-1, 3).T
    return found, [(lane[link == k].astype(np.int64), time[link == k]) for k in range(len(links))]
