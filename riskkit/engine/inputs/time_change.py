"""The time change for given paths, as plain arrays: tails, volatility clustering and regimes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._core.calendar import Calendar
from riskkit._random.streams import Stream, Streams
from riskkit.market._market import Market
from riskkit.market.time_change._clustered import Clustered
from riskkit.market.time_change._regimes import Regimes
from riskkit.market.time_change._tails import Tail, clock_table

__all__ = ["TimeChangeInputs", "lay_out_time_change", "starting_log_variance", "starting_regime"]


@dataclass(frozen=True, eq=False)
class TimeChangeInputs:
    """How fast the market's time runs, and in which regime the market is; arrays of absent parts have no rows.

    Attributes
    ----------
    key : tuple of uint64
        Key of the time change's stream.
    pace_table : ndarray
        √(G / dt) at evenly spaced normal scores, with G the time that passes in a step (score).
    log_variance : tuple of float
        AR(1) process of the log of the variance rate: persistence and innovation from step to step, and what half of
        it is lowered by for a mean rate of 1; all 0 without clustering.
    start : ndarray
        Log of the variance rate less its mean, and number of the regime, of the first step (2, path).
    transition_cdf : ndarray
        From each regime, the uniforms above which the next regime has a higher number (regime, regime - 1).
    regime_volatility, regime_drift : ndarray
        Factor on the volatility, and log growth added a step (regime, asset).
    regime_correlation : ndarray
        Lower triangular factors of the correlations (regime, asset, asset); one regime where all are alike.
    """

    key: tuple[np.uint64, np.uint64]
    pace_table: Array
    log_variance: tuple[float, float, float]
    start: Array
    transition_cdf: Array
    regime_volatility: Array
    regime_drift: Array
    regime_correlation: Array


def lay_out_time_change(market: Market, calendar: Calendar, paths: UInts, streams: Streams) -> TimeChangeInputs | None:
    """Return the time change of given paths, or None where time runs evenly."""
    if not market.tails:
        return None
    names, dt = list(market.assets), calendar.dt
    table, log_variance = np.empty(0), (0.0, 0.0, 0.0)
    start = np.zeros((2, paths.size))
    nothing = np.empty((0, len(names)))
    transition_cdf, volatility, drift, correlation = np.empty((0, 0)), nothing, nothing, market.factor[None]
    for part in market.tails:
        if isinstance(part, Tail):
            table = clock_table(part, dt)
        elif isinstance(part, Clustered):
            persistence = part.persistence(dt)
            innovation = part.spread * float(np.sqrt(1.0 - persistence**2))
            log_variance = (persistence, innovation, 0.25 * part.spread**2)
            start[0] = starting_log_variance(part, streams("clustering"), paths)
        else:
            start[1] = starting_regime(part, streams("regimes"), paths)
            transition_cdf = np.cumsum(part.transitions(dt), axis=1)[:, :-1]
            volatility, drift = part.scales(names), part.pushes(market.moving, dt)
            correlation = part.factors(names, market.factor)
            if (correlation == correlation[0]).all():
                correlation = correlation[:1]
    return TimeChangeInputs(
        streams("clock").key, table, log_variance, start, transition_cdf, volatility, drift, correlation
    )


def starting_log_variance(clustered: Clustered, stream: Stream, paths: UInts) -> Array:
    """Draw the log of the variance rate in the first step, less its mean, from the stationary law (path)."""
    drawn: Array = clustered.spread * stream.normals(paths, 0)[0]
    return drawn


def starting_regime(regimes: Regimes, stream: Stream, paths: UInts) -> Array:
    """Draw the number of the regime of the first step from the stationary law (path)."""
    edges = np.cumsum(list(regimes.shares.values()))[:-1]
    regime: Array = np.searchsorted(edges, stream.uniforms(paths, 0)[0], side="right").astype(np.float64)
    return regime
