"""Standardised final Brownian values and exponential martingales of the assets, recovered from their final prices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints, UInts
from riskkit._core.frozen import name_in_words
from riskkit.engine.inputs.market_inputs import MarketInputs
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.path_batch import PathBatch
from riskkit.market.time_change._time_change import TimeChange

__all__ = ["FinalValues", "final_values", "moving_holdings", "simulated_values"]

#: Steps whose paces are computed at a time; a user's time change expects at most so many.
STEPS_AT_ONCE = 64

#: Where an asset's volatility over the horizon is smaller, rounding in its price would show in its Brownian value.
SMALLEST_SPREAD = 1e-5


class FinalValues(NamedTuple):
    """What the diffusion has done to each asset by the end of each path.

    Attributes
    ----------
    brownian : ndarray
        B = Σ √G Cz / √T over the steps, with Cz the correlated normals, G the time that passes in a step, times the
        square of the regime's factor on the volatility, and E ΣG = T (asset, path).
    log_martingale : ndarray
        σ √T B - σ² ΣG / 2 (asset, path), whose exponential has the mean 1.
    """

    brownian: Array
    log_martingale: Array


def moving_holdings(setup: RunSetup) -> tuple[str, ...]:
    """The holdings with a volatility, which are the assets in `final_values`."""
    moving = setup.scenario.market.moving
    return tuple(name for name in setup.scenario.portfolio.names if moving[name])


def final_values(batch: PathBatch) -> FinalValues:
    """Final Brownian values and log martingales of the moving holdings of a finished batch.

    They are what is left of the logarithm of the final price without drift, compensator and events, so that a plain run
    stores nothing for them. Where a price is 0, and where rounding would show, the paths are simulated once more.
    """
    setup, inputs = batch.setup, batch.inputs
    names = list(setup.scenario.market.assets)
    rows = [names.index(name) for name in moving_holdings(setup)]
    variance, drift = _elapsed(setup, inputs, batch.paths)
    spread = inputs.volatility[rows] * math.sqrt(setup.calendar.steps)
    halved = 0.5 * spread**2 * variance[rows]
    price = layout.as_paths(batch.prices.price)[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        martingale = np.log(price) - drift[rows]
        for place, row in enumerate(rows):
            martingale[place] -= _log_drift(setup, inputs, row, batch.paths.size)
        if inputs.time_change is None:
            martingale -= halved  # the growth of the inputs includes it
        brownian = (martingale + halved) / spread
    unclear: Bools = (price == 0.0).any(axis=0) | bool((spread < SMALLEST_SPREAD).any())
    if unclear.any():
        simulated = simulated_values(setup, inputs, batch.paths, unclear)
        brownian[:, unclear], martingale[:, unclear] = simulated.brownian[rows], simulated.log_martingale[rows]
    return FinalValues(brownian, martingale)


def simulated_values(setup: RunSetup, inputs: MarketInputs, paths: UInts, chosen: Bools) -> FinalValues:
    """Final Brownian values and log martingales of all assets, simulated from the streams; NaN without a volatility.

    Parameters
    ----------
    setup : RunSetup
    inputs : MarketInputs
    paths : ndarray of uint64
        Numbers of the paths that `inputs` is of (path).
    chosen : ndarray of bool
        The paths that are simulated (path).
    """
    assets, dt, paths = len(setup.scenario.market.assets), setup.calendar.dt, paths[chosen]
    spread = inputs.volatility * math.sqrt(setup.calendar.steps)
    factors, scale = inputs.correlation_factor[None], np.ones((1, assets))
    if inputs.time_change is not None and inputs.time_change.regime_volatility.size:
        factors, scale = inputs.time_change.regime_correlation, inputs.time_change.regime_volatility
    stream, brownian, variance = setup.streams("diffusion"), *np.zeros((2, assets, paths.size))
    for steps, pace, regime in _paces(setup, paths):
        for row, step in enumerate(steps.tolist()):
            pairs = [stream.normals(paths, step, pair) for pair in range((assets + 1) // 2)]
            normals, state = np.concatenate(pairs)[:assets], regime[row]
            own = factors[state if len(factors) > 1 else np.zeros_like(state)]
            root = pace[row] * scale[state].T
            brownian += root * np.einsum("pac,cp->ap", own, normals)
            variance += root**2
    brownian *= math.sqrt(dt / setup.calendar.time(setup.calendar.steps))
    variance *= 1.0 / setup.calendar.steps
    with np.errstate(invalid="ignore"):
        moving = np.where(spread > 0.0, 1.0, np.nan)
        return FinalValues(moving * brownian, moving * (spread * brownian - 0.5 * spread**2 * variance))


def _log_drift(setup: RunSetup, inputs: MarketInputs, row: int, paths: int) -> Array:
    """What an asset's log price has gained by drift, compensator and events (path)."""
    calendar, compensator = setup.calendar, inputs.compensator
    total = np.broadcast_to(calendar.steps * inputs.growth[row], paths).copy()
    for own, level in zip(compensator.growth, compensator.level, strict=True):
        total += level * own[:, row].sum()
    for events in inputs.price_events:
        if events.asset != row or not events.lane.size:
            continue
        change = np.log(events.factor) + (calendar.steps - 1 - events.step) * events.growth
        if events.row >= 0:
            ended, level = compensator.growth[events.row, :, row], compensator.level[events.row]
            change -= (ended.sum() - np.cumsum(ended)[events.step]) * np.broadcast_to(level, paths)[events.lane]
        total += np.bincount(events.lane, weights=change, minlength=paths)
    return total


def _elapsed(setup: RunSetup, inputs: MarketInputs, paths: UInts) -> tuple[Array, Array]:
    """ΣG / T of each asset, and its log drift by regimes (asset, path or 1)."""
    time_change, assets = inputs.time_change, len(setup.scenario.market.assets)
    if time_change is None:
        return np.ones((assets, 1)), np.zeros((assets, 1))
    regimes = max(len(time_change.regime_volatility), 1)
    elapsed, visits = np.zeros((regimes, paths.size)), np.zeros((regimes, paths.size))
    for _, pace, regime in _paces(setup, paths):
        for number in range(regimes):
            inside = regime == number
            elapsed[number] += np.einsum("sp,sp->p", inside * pace, pace)
            visits[number] += inside.sum(axis=0)
    elapsed /= setup.calendar.steps
    if not time_change.regime_volatility.size:
        return np.repeat(elapsed, assets, axis=0), np.zeros((assets, 1))
    scale, drift = time_change.regime_volatility, time_change.regime_drift
    return np.einsum("ka,kp->ap", scale**2, elapsed), np.einsum("ka,kp->ap", drift, visits)


def _paces(setup: RunSetup, paths: UInts) -> Iterator[tuple[Ints, Array, Ints]]:
    """Some steps at a time, in order: their numbers, √(G / dt) without regimes, and the regime (step, path)."""
    dt, last, time_changes = setup.calendar.dt, setup.calendar.steps, []
    for time_change in setup.scenario.market.tails:
        own = type(time_change).compiled is TimeChange.compiled
        stream = setup.streams(f"time change {name_in_words(type(time_change))}" if own else "clock")
        time_changes.append((time_change, stream, time_change.start(stream, paths, dt)))
    for first in range(0, last, STEPS_AT_ONCE):
        steps = np.arange(first, min(first + STEPS_AT_ONCE, last))
        pace, regime = np.ones((steps.size, paths.size)), np.zeros((steps.size, paths.size), np.int64)
        for number, (time_change, stream, state) in enumerate(time_changes):
            factor, switched, state = time_change.advance(stream, paths, steps, dt, state)
            time_changes[number] = (time_change, stream, state)
            pace *= factor
            regime = regime if switched is None else switched
        yield steps, pace, regime
