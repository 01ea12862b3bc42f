"""Closed forms beyond tests/oracles.py, and estimators with the standard errors that a test's tolerance is made of."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from oracles import brownian_max_drawdown_survival, discrete_drawdown_gap

__all__ = [
    "SIGMAS",
    "cumulants",
    "assert_mean",
    "assert_share",
    "kolmogorov",
    "log_covariance",
    "once_mean",
    "poisson_mean",
    "read_max_drawdown_mean",
    "read_max_drawdown_survival",
    "stepwise_mix_mean",
]

#: Every statistical tolerance is this many standard errors.
SIGMAS = 4.0

#: Root n times the largest gap between two distribution functions exceeds this with probability 6e-5, as a normal
#: exceeds 4 standard errors: 2 exp(-2 x²) = 6.3e-5 (Kolmogorov 1933).
KOLMOGOROV = 2.28


# ---------------------------------------------------------------------------------------------------------------------
# Samples against numbers
# ---------------------------------------------------------------------------------------------------------------------


def assert_mean(values: ArrayLike, expected: float, what: str = "mean") -> None:
    """The mean of independent values is `expected` to within 4 standard errors, taken from the values."""
    sample = np.asarray(values, dtype=np.float64)
    error = sample.std(ddof=1) / math.sqrt(sample.size)
    off = (sample.mean() - expected) / error
    assert abs(off) < SIGMAS, f"{what}: {sample.mean():.6g} is {off:.2f} standard errors off {expected:.6g}"


def assert_share(happened: ArrayLike, expected: float, what: str = "share") -> None:
    """The share of true values is `expected` to within 4 standard errors of a binomial with that probability."""
    sample = np.asarray(happened, dtype=np.float64)
    error = math.sqrt(expected * (1.0 - expected) / sample.size)
    off = (sample.mean() - expected) / error
    assert abs(off) < SIGMAS, f"{what}: {sample.mean():.6g} is {off:.2f} standard errors off {expected:.6g}"


def cumulants(values: NDArray[np.float64]) -> list[tuple[float, float]]:
    """The first four cumulants of a sample, each with its standard error.

    Errors are those of the influences of the moments: of k2 z² - k2, of k3 z³ - k3 - 3 k2 z, and of k4 = m4 - 3 m2²
    z⁴ - m4 - 4 m3 z - 6 m2 (z² - m2), where z is the value less the mean (Stuart and Ord, Kendall's Advanced Theory
    of Statistics I, 10.5). Their bias is of order 1/n.
    """
    z = values - values.mean()
    m2, m3, m4 = (float((z**power).mean()) for power in (2, 3, 4))
    found = [values.mean(), m2, m3, m4 - 3.0 * m2**2]
    influences = [z, z**2 - m2, z**3 - m3 - 3.0 * m2 * z, z**4 - m4 - 4.0 * m3 * z - 6.0 * m2 * (z**2 - m2)]
    return [(float(k), float(i.std()) / math.sqrt(z.size)) for k, i in zip(found, influences, strict=True)]


def kolmogorov(values: NDArray[np.float64], law: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
    """Root n times the largest gap between the sample's distribution function and a law's, over `KOLMOGOROV`.

    Below 1 the sample is in accord with the law.
    """
    p = law(np.sort(values))
    grid = np.arange(values.size + 1) / values.size
    gap = max(float((grid[1:] - p).max()), float((p - grid[:-1]).max()))
    return gap * math.sqrt(values.size) / KOLMOGOROV


# ---------------------------------------------------------------------------------------------------------------------
# Shocks
# ---------------------------------------------------------------------------------------------------------------------


def poisson_mean(expected: ArrayLike, mean: float) -> NDArray[np.float64]:
    """E[Π (1 + impact)] over the ticks of a Poisson clock with `expected` ticks: exp(expected · mean)."""
    return np.exp(np.asarray(expected, dtype=np.float64) * mean)


def once_mean(expected: ArrayLike, mean: float) -> NDArray[np.float64]:
    """The same for a clock that stops after its first tick: 1 + mean · P(tick)."""
    return 1.0 - mean * np.expm1(-np.asarray(expected, dtype=np.float64))


def log_covariance(
    diffusion: float,
    rate: float,
    first: tuple[float, float],
    second: tuple[float, float],
    together: float,
    years: float,
) -> float:
    """Covariance of two log returns that share a Poisson clock: years · (diffusion + rate · E[J1 J2]).

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
    node, mass = np.polynomial.legendre.leggauss(400)
    depth = 0.5 * top * (node + 1.0)
    survival = read_max_drawdown_survival(depth, drift, volatility, horizon, dt)
    return float(0.5 * top * mass @ (survival * (np.exp(-depth) if fractional else 1.0)))


def stepwise_mix_mean(weight: float, growth: float, rate: float, dt: float, years: float) -> float:
    """E[wealth] when the risky weight is restored every dt: (w e^{growth dt} + (1 - w) e^{rate dt})^(years/dt)."""
    step = weight * math.exp(growth * dt) + (1.0 - weight) * math.exp(rate * dt)
    return step ** round(years / dt)
