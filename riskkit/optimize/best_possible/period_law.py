"""The law of prices and events between two dates of a plan, from one point of the unit cube a draw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit.market._market import Market
from riskkit.market.diffusion._correlation import factor
from riskkit.market.shocks._shock import Shock

__all__ = ["PeriodLaw", "period_laws"]


class PeriodLaw(NamedTuple):
    """Law of the growth of prices over one period, given which shocks have happened; plain arrays for compiled code.

    Attributes
    ----------
    growth : ndarray (holding,)
        Log growth without shocks, less half the variance.
    loading : ndarray (holding, normal)
        Of the diffusion, in independent normals.
    event : ndarray of int (shock,)
        Row of the state's events of a shock that happens once, else -1.
    hazard : ndarray (shock,)
        Integrated hazard of the period.
    cumulative : ndarray (shock, count)
        Probability of at most 0, 1, 2, … events of a shock that can happen again.
    log_mean, log_sd : ndarray (shock, holding)
        Of the log impact; 0 for a holding that is not hit.
    factors : ndarray of int (shock,)
        Number of independent normals of the log impacts.
    impact_loading : ndarray (shock, holding, factor)
        Standardised log impacts in these normals.
    compensation : ndarray (shock, holding)
        Change of log growth for each unit of hazard while the shock can still arrive.
    """

    growth: Array
    loading: Array
    event: Ints
    hazard: Array
    cumulative: Array
    log_mean: Array
    log_sd: Array
    factors: Ints
    impact_loading: Array
    compensation: Array

    @property
    def normals(self) -> int:
        """Number of independent normals of the diffusion."""
        return int(self.loading.shape[1])

    @property
    def dimension(self) -> int:
        """Number of uniforms that a draw takes: for the diffusion, then for each shock its arrivals and its factors."""
        return self.normals + int((1 + self.factors).sum())

    @property
    def arrivals(self) -> Ints:
        """Places of the uniforms that decide on arrivals; all others are for normals."""
        return np.asarray(self.normals + np.cumsum(1 + self.factors) - 1 - self.factors, dtype=np.int64)


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
    impacts, laws = _impacts(shocks, names, market.compensate), []
    for start, end in pairwise(times):
        length = end - start
        hazards = [float(np.diff(shock.hazard.cumulative(np.array([start, end])))[0]) for shock in shocks]
        laws.append(
            PeriodLaw(
                growth * length,
                loading * np.sqrt(length),
                np.array([once.index(shock.name) if shock.once else -1 for shock in shocks], dtype=np.int64),
                np.array(hazards),
                _cumulative(hazards),
                *impacts,
            )
        )
    return tuple(laws), once


def _loading(volatility: Array, correlation: Array, moving: Ints) -> Array:
    """Loadings (holding, normal) of a diffusion in which holdings without volatility do not move."""
    loading = np.zeros((volatility.size, moving.size))
    if moving.size:
        loading[moving] = volatility[moving, None] * factor(correlation[np.ix_(moving, moving)])
    return loading


def _impacts(
    shocks: Sequence[Shock], names: Sequence[str], compensate: bool
) -> tuple[Array, Array, Ints, Array, Array]:
    """Log means and sds of impacts, factors and their loadings, and compensation, as `PeriodLaw` has them."""
    shape = len(shocks), len(names)
    log_mean, log_sd, compensation = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    loadings = [_impact_loading(shock, names) for shock in shocks]
    factors = np.array([loading.shape[1] for loading in loadings], dtype=np.int64)
    impact_loading = np.zeros((*shape, int(factors.max(initial=0))))
    for row, (shock, loading) in enumerate(zip(shocks, loadings, strict=True)):
        impact_loading[row, :, : loading.shape[1]] = loading
        for place, name in enumerate(names):
            if name in shock.impacts:
                impact = shock.impacts[name]
                log_mean[row, place], log_sd[row, place] = impact.log_mean, impact.log_sd
                compensation[row, place] = -impact.expected if compensate else 0.0
    return log_mean, log_sd, factors, impact_loading, compensation


def _cumulative(hazards: Sequence[float]) -> Array:
    """Poisson probabilities of at most 0, 1, 2, … events (shock, count), up to counts that no uniform reaches."""
    from scipy.special import pdtr

    most = max(hazards, default=0.0)
    counts = np.arange(np.ceil(most + 12.0 * np.sqrt(most) + 30.0))
    return np.asarray(pdtr(counts, np.array(hazards)[:, None]), dtype=np.float64)


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
