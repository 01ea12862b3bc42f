"""The branching process of contagion, compiled: how events trigger events, path by path, in the order of time."""

from __future__ import annotations

import heapq

import numpy as np

from riskkit._random.compiling import compiled
from riskkit._random.threefry import threefry2x64, uniform
from riskkit.market.shocks._event_source import TRIGGERED

__all__ = ["branch"]

U = np.uint64


@compiled
def branch(paths, horizon, once, own, links, keys):
    """Go through each path's events in the order of time; return those that happened, and the links' opportunities.

    Parameters
    ----------
    paths : ndarray of uint64
        Numbers of the paths (path).
    horizon : float
        Years.
    once : ndarray of bool
        Whether a shock happens at most once (shock).
    own : tuple of ndarray
        Of the shocks' own events, sorted by path: position of the path, time, shock, number (event).
    links : tuple of ndarray
        Source, target, probability, delay (link).
    keys : ndarray of uint64
        Key of each link's stream (link, 2).

    Returns
    -------
    list of (path, time, shock, number), list of (path, time, link)
        Events by path and time; number -1 - k is the k-th event that was triggered.
    """
    own_path, own_time, own_shock, own_number = own
    source, target, probability, delay = links
    happened = [(0, 0.0, 0, 0)]
    opportunities = [(0, 0.0, 0)]
    at = 0
    while at < own_path.size:
        path = own_path[at]
        alive = np.ones(once.size, np.bool_)
        triggered = np.zeros(once.size, np.int64)
        # Time, order of arrival, shock, number of the event (-1 where triggered), link or -1, whether the link passes.
        waiting = [(own_time[at], at, own_shock[at], own_number[at], -1, True)]
        at += 1
        while at < own_path.size and own_path[at] == path:
            heapq.heappush(waiting, (own_time[at], at, own_shock[at], own_number[at], -1, True))
            at += 1
        order = own_path.size
        while len(waiting) > 0:
            time, _, shock, number, link, passes = heapq.heappop(waiting)
            if not alive[shock]:
                continue
            if link >= 0:
                opportunities.append((path, time, link))
                if not passes:
                    continue
                triggered[shock] += 1
                number = -triggered[shock]
            happened.append((path, time, shock, number))
            alive[shock] = not once[shock]
            drawn = U(number) if number >= 0 else U(TRIGGERED - number)
            for k in range(source.size):
                if source[k] == shock and time + delay[k] < horizon:
                    x0, _ = threefry2x64(keys[k, 0], keys[k, 1], paths[path], drawn * U(65536))
                    order += 1
                    heapq.heappush(waiting, (time + delay[k], order, target[k], 0, k, uniform(x0) < probability[k]))
    return happened[1:], opportunities[1:]
