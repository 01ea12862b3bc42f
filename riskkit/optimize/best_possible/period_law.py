"""The law of prices and events between two dates of a plan, from one point of the unit cube a draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit.market._market import Market
from riskkit.market.diffusion._correlation import factor
from riskkit.market.shocks._shock import Shock

__all__ = ["PeriodLaw", "period_laws"]

#: Counts whose probability is below this are left out; no double in (0, 1) reaches them.
SMALLEST = 1e-18


@dataclass(frozen=True, eq=False)
class ShockLaw:
    """What one shock does in a period.

    Attributes
    ----------
    event : int
        Row of the state's events if it happens once, else -1.
    hazard : float
        Integrated hazard of the period.
    cumulative : ndarray (count,)
        Probability of at most 0, 1, 2, … events if it can happen again.
    log_mean, log_sd : ndarray (holding,)
        Of the log impact; 0 for a holding that is not hit.
    loading : ndarray (holding, normal)
        Standardised log impacts in independent normals.
    compensation : ndarray (holding,)
        Change of log growth for each unit of hazard while the shock can still arrive.
    """

    event: int
    hazard: float
    cumulative: Array
    log_mean: Array
    log_sd: Array
    loading: Array
    compensation: Array


@dataclass(frozen=True, eq=False)
class PeriodLaw:
    """Law of the growth of prices over one period, given which shocks have happened.

    Attributes
    ----------
    growth : ndarray (holding,)
        Log growth without shocks, less half the variance.
    loading : ndarray (holding, normal)
        Of the diffusion, in independent normals.
    shocks : tuple of ShockLaw
    """

    growth: Array
    loading: Array
    shocks: tuple[ShockLaw, ...]

    @property
    def dimension(self) -> int:
        """Number of uniforms that a draw takes."""
        return int(self.loading.shape[1] + sum(1 + shock.loading.shape[1] for shock in self.shocks))

    def draw(self, uniforms: Array, events: Array) -> tuple[Array, Array]:
        """Return the factors of prices (holding, point) and the events after the period (event source, point).

        Parameters
        ----------
        uniforms : ndarray (dimension, point)
            In (0, 1).
        events : ndarray (event source, point)
            Before the period. Of a shock that happens once, the draw is conditional on "not yet".
        """
        from scipy.special import ndtri

        normals = self.loading.shape[1]
        growth = self.growth[:, None] + self.loading @ ndtri(uniforms[:normals])
        after, place = events.copy(), normals
        for shock in self.shocks:
            uniform, place = uniforms[place], place + 1
            if shock.event >= 0:
                waiting = events[shock.event] == 0.0
                arrival = -np.log(uniform)
                count = (waiting & (arrival < shock.hazard)).astype(np.float64)
                after[shock.event] += count
                exposure = np.where(waiting, np.minimum(arrival, shock.hazard), 0.0)
            else:
                count = np.searchsorted(shock.cumulative, uniform).astype(np.float64)
                exposure = np.full(uniform.shape, shock.hazard)
            growth += shock.compensation[:, None] * exposure + shock.log_mean[:, None] * count
            if shock.loading.shape[1]:
                scores = shock.loading @ ndtri(uniforms[place : place + shock.loading.shape[1]])
                growth += shock.log_sd[:, None] * (np.sqrt(count) * scores)
                place += shock.loading.shape[1]
        return np.exp(growth), after


def period_laws(market: Market, names: Sequence[str], times: Array) -> tuple[tuple[PeriodLaw, ...], tuple[str, ...]]:
    """Return the law of each period between the times (years), and the names of the shocks that happen once.

    Parameters
    ----------
    market : Market
        With normal returns and shocks without `drift_after`.
    names : sequence of str
        Holdings whose prices are needed.
    times : ndarray (date + 1,)
    """
    assets = list(market.assets)
    rows = np.array([assets.index(name) for name in names])
    correlation = market.correlation.to_numpy()[np.ix_(rows, rows)]
    volatility = np.array([market.assets[name].mean_volatility for name in names])
    growth = np.log1p([market.assets[name].mean_return for name in names]) - 0.5 * volatility**2
    loading = _loading(volatility, correlation, np.flatnonzero(volatility > 0.0))
    shocks = [shock for shock in market.shocks if isinstance(shock, Shock) and set(shock.impact) & set(names)]
    once = tuple(shock.name for shock in shocks if shock.once)
    laws = []
    for start, end in pairwise(times):
        length = end - start
        parts = tuple(_shock_law(shock, names, start, end, market.compensate, once) for shock in shocks)
        laws.append(PeriodLaw(growth * length, loading * np.sqrt(length), parts))
    return tuple(laws), once


def _loading(volatility: Array, correlation: Array, moving: Ints) -> Array:
    """Loadings (holding, normal) of a diffusion in which holdings without volatility do not move."""
    loading = np.zeros((volatility.size, moving.size))
    if moving.size:
        loading[moving] = volatility[moving, None] * factor(correlation[np.ix_(moving, moving)])
    return loading


def _shock_law(
    shock: Shock, names: Sequence[str], start: float, end: float, compensate: bool, once: tuple[str, ...]
) -> ShockLaw:
    low, high = shock.hazard.cumulative(np.array([start, end]))
    hazard = float(high - low)
    size, impacts = len(names), shock.impacts
    log_mean, log_sd, compensation = np.zeros(size), np.zeros(size), np.zeros(size)
    for place, name in enumerate(names):
        if name in impacts:
            log_mean[place], log_sd[place] = impacts[name].log_mean, impacts[name].log_sd
            compensation[place] = -impacts[name].expected if compensate else 0.0
    return ShockLaw(
        once.index(shock.name) if shock.once else -1,
        hazard,
        np.cumsum(_poisson(hazard)),
        log_mean,
        log_sd,
        _impact_loading(shock, names),
        compensation,
    )


def _poisson(hazard: float) -> Array:
    """Probabilities of 0, 1, 2, … events."""
    law = [np.exp(-hazard)]
    while law[-1] > SMALLEST or len(law) < hazard:
        law.append(law[-1] * hazard / len(law))
    return np.array(law)


def _impact_loading(shock: Shock, names: Sequence[str]) -> Array:
    """Standardised log impacts (holding, normal) in independent normals, correlated as `Shock.together` says."""
    if not any(shock.impacts[name].log_sd > 0.0 for name in names if name in shock.impacts):
        return np.zeros((len(names), 0))
    hit = [name in shock.impacts for name in names]
    if shock.together == 1.0:
        return np.array(hit, dtype=np.float64)[:, None]
    correlation = np.full((sum(hit), sum(hit)), shock.together)
    np.fill_diagonal(correlation, 1.0)
    loading = np.zeros((len(names), sum(hit)))
    loading[hit] = factor(correlation)
    return loading
