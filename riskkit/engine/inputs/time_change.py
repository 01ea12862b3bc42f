"""The time change for given paths, as plain arrays: tails, volatility clustering and regimes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._random.streams import Streams
from riskkit.market._market import Market
from riskkit.market.diffusion._correlation import factor
from riskkit.market.time_change._time_change import TimeChange

__all__ = ["TimeChangeInputs", "lay_out_time_change"]


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
    stream, dt = streams("clock"), calendar.dt  # the name keys the random numbers of all built-in time changes
    table, log_variance, start = np.empty(0), (0.0, 0.0, 0.0), np.zeros((2, paths.size))
    nothing = np.empty((0, len(market.assets)))
    transition_cdf, tables = np.empty((0, 0)), (nothing, nothing, market.factor[None])
    for time_change in market.tails:
        form = time_change.compiled(dt)
        if time_change.regimes > 1:
            tables = _tables(time_change, market, dt)
            transition_cdf = np.ones((time_change.regimes, time_change.regimes - 1))
        if form is None:
            continue
        if form.pace_table is not None:
            table = form.pace_table
        if form.log_variance is not None:
            log_variance, start[0] = form.log_variance, time_change.start(stream, paths, dt)
        if form.transitions is not None:
            start[1] = time_change.start(stream, paths, dt)
            transition_cdf = np.cumsum(form.transitions, axis=1)[:, :-1]
    return TimeChangeInputs(stream.key, table, log_variance, start, transition_cdf, *tables)


def _tables(time_change: TimeChange, market: Market, dt: float) -> tuple[Array, Array, Array]:
    """Factors on the volatility and drifts a step (regime, asset), and factors of the correlations, checked."""
    plain = market.correlation.to_numpy()
    tables, shape = time_change.tables(market.moving, plain, dt), (time_change.regimes, len(market.assets))
    drift = np.zeros(shape) if tables.drift is None else tables.drift
    for name, array, wanted in (
        ("volatility", tables.volatility, shape),
        ("drift", drift, shape),
        ("correlation", tables.correlation, (*shape, shape[1])),
    ):
        if array is not None and not (isinstance(array, np.ndarray) and array.shape == wanted):
            raise InvalidInput(
                f"{time_change!r}: {name} of its tables must be of shape {wanted}, got {np.shape(array)}"
            )
    correlation = market.factor[None]
    if tables.correlation is not None:
        matrices = tables.correlation
        correlation = np.stack([market.factor if np.array_equal(each, plain) else factor(each) for each in matrices])
        if (correlation == correlation[0]).all():
            correlation = correlation[:1]
    return np.asarray(tables.volatility, dtype=np.float64), drift, correlation
