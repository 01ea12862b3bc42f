"""Closed forms of the engine's tests beyond tests/oracles.py; tests/samples.py compares samples with them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from oracles import brownian_max_drawdown_survival, discrete_drawdown_gap

__all__ = [
    "log_covariance",
    "once_mean",
    "poisson_mean",
    "read_max_drawdown_mean",
    "read_max_drawdown_survival",
    "stepwise_mix_mean",
]

# ---------------------------------------------------------------------------------------------------------------------
# Shocks
# ---------------------------------------------------------------------------------------------------------------------


def poisson_mean(expected: ArrayLike, mean: float) -> NDArray[np.float64]:
    """E[Π (1 + impact)] over the events of a Poisson process with `expected` events: exp(expected · mean)."""
    return np.exp(np.asarray(expected, dtype=np.float64) * mean)


def once_mean(expected: ArrayLike, mean: float) -> NDArray[np.float64]:
    """The same for a process that stops after its first event: 1 + mean · P(event)."""
    return 1.0 - mean * np.expm1(-np.asarray(expected, dtype=np.float64))


def log_covariance(
    diffusion: float,
    rate: float,
    first: tuple[float, float],
    second: tuple[float, float],
    together: float,
    years: float,
) -> float:
    """Covariance of two log returns that share a Poisson process: years · (diffusion + rate · E[J1 J2]).

    Campbell's theorem for marked Poisson processes (Kingman, Poisson Processes, 1993, 3.2); (mean, sd) of each log
    impact, whose correlation is `together`.
    """
    return years * (diffusion + rate * (first[0] * second[0] + together * first[1] * second[1]))


# ---------------------------------------------------------------------------------------------------------------------
# Drawdowns read at steps, and a mix that is restored at steps
# ---------------------------------------------------------------------------------------------------------------------


def read_max_drawdown_survival(
    depth: ArrayLike, drift: float, volatility: float, horizon: float, dt: float
) -> NDArray[np.float64]:
    """P(maximum drawdown > depth) of X = drift · t + volatility · W that is read every dt."""
    gap = discrete_drawdown_gap(volatility, dt)
    return brownian_max_drawdown_survival(np.asarray(depth) + gap, drift, volatility, horizon)


def read_max_drawdown_mean(
    drift: float, volatility: float, horizon: float, dt: float, *, fractional: bool = False
) -> float:
    """E of that maximum drawdown D, or of 1 - exp(-D): the integral of P(D > x), or of exp(-x) P(D > x)."""
    top = max(-drift, 0.0) * horizon + 10.0 * volatility * math.sqrt(horizon)
    node, node_weights = np.polynomial.legendre.leggauss(400)
    depth = 0.5 * top * (node + 1.0)
    survival = read_max_drawdown_survival(depth, drift, volatility, horizon, dt)
    return float(0.5 * top * node_weights @ (survival * (np.exp(-depth) if fractional else 1.0)))


def stepwise_mix_mean(weight: float, growth: float, rate: float, dt: float, years: float) -> float:
    """E[wealth] when the risky weight is restored every dt: (w e^{growth dt} + (1 - w) e^{rate dt})^(years/dt)."""
    step = weight * math.exp(growth * dt) + (1.0 - weight) * math.exp(rate * dt)
    return step ** round(years / dt)
