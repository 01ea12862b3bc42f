"""Oracles: closed forms, each checked against published or hand-worked figures in test_oracles.py."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import kve, ndtr, ndtri
from scipy.stats import multivariate_normal

# ---------------------------------------------------------------------------------------------------------------------
# Brownian drawdown laws. X_t = drift * t + volatility * W_t; the drawdown of X is max(X_0 ... X_t) - X_t.
# ---------------------------------------------------------------------------------------------------------------------


def brownian_max_drawdown_survival(
    depth: ArrayLike, drift: float, volatility: float, horizon: float
) -> NDArray[np.float64]:
    """P(maximum drawdown of X over the horizon > depth), continuous monitoring; absolute error below 1e-10.

    Taylor, "A stopped Brownian motion formula", Annals of Probability 3 (1975) 234-246: the first time tau at which the
    drawdown of X reaches d has, with g = drift / volatility^2 and k = sqrt(g^2 + 2 s / volatility^2), the transform
    E exp(-s tau) = k exp(-g d) / (k cosh(k d) - g sinh(k d)). The wanted P(tau <= horizon) is the inverse transform of
    E exp(-s tau) / s. A fall much faster than the noise is refused: the inversion loses its digits there.
    """
    if drift * math.sqrt(horizon) < -2.5 * volatility:
        raise ValueError("drift * sqrt(horizon) must be >= -2.5 * volatility")
    depths = np.asarray(depth, dtype=np.float64)
    gamma = drift / volatility**2

    def transform(s: NDArray[np.complex128]) -> NDArray[np.complex128]:
        delta = np.sqrt(gamma**2 + 2.0 * s / volatility**2)
        # Divided through by exp(delta d) / 2, so that a deep drawdown does not overflow.
        fall = np.exp(-2.0 * delta * depths)
        below = delta * (1.0 + fall) - gamma * (1.0 - fall)
        return 2.0 * delta * np.exp(-(gamma + delta) * depths) / (below * s)

    inside = np.clip(_inverse_laplace(transform, horizon, depths.ndim), 0.0, 1.0)
    return np.where(depths > 0.0, inside, 1.0)


def brownian_max_drawdown_mean(drift: float, volatility: float, horizon: float) -> float:
    """E[maximum drawdown of X], continuous monitoring: the integral of the survival function over the depth."""
    depth, mass = _depth_nodes(drift, volatility, horizon)
    return float(mass @ brownian_max_drawdown_survival(depth, drift, volatility, horizon))


def gbm_max_drawdown_survival(
    fraction: ArrayLike, growth: float, volatility: float, horizon: float
) -> NDArray[np.float64]:
    """P(maximum fractional drawdown > fraction) of a price with E[S_t] = exp(growth * t), continuous monitoring.

    A fraction f below the peak is -log(1 - f) below it in the log price, whose drift is growth - volatility^2 / 2.
    """
    depth = -np.log1p(-np.asarray(fraction, dtype=np.float64))
    return brownian_max_drawdown_survival(depth, growth - 0.5 * volatility**2, volatility, horizon)


def gbm_max_drawdown_mean(growth: float, volatility: float, horizon: float) -> float:
    """E[maximum fractional drawdown] of a price with E[S_t] = exp(growth * t), continuous monitoring."""
    drift = growth - 0.5 * volatility**2
    depth, mass = _depth_nodes(drift, volatility, horizon)
    return float(mass @ (np.exp(-depth) * brownian_max_drawdown_survival(depth, drift, volatility, horizon)))


def discrete_drawdown_gap(volatility: float, dt: float) -> float:
    """By how much a maximum drawdown of X read every dt falls short of the continuous one, to leading order.

    Broadie, Glasserman and Kou, "A continuity correction for discrete barrier options", Mathematical Finance 7 (1997)
    325-349: an extreme read at steps misses -zeta(1/2)/sqrt(2 pi) = 0.5826 volatility sqrt(dt), here at both ends. So
    P(read > d) is about P(continuous > d + gap), and the error is of smaller order than sqrt(dt).
    """
    return 2.0 * 0.5825971579390106 * volatility * math.sqrt(dt)


def brownian_first_passage(level: float, drift: float, volatility: float, time: ArrayLike) -> NDArray[np.float64]:
    """P(X_0 ... X_time reaches -level at some point), level > 0, continuous monitoring: the inverse Gaussian law.

    Borodin and Salminen, Handbook of Brownian Motion (2nd ed. 2002), part II, 2.0.2. Read every dt, the level is to
    leading order that of half a `discrete_drawdown_gap` further away (Broadie, Glasserman and Kou 1997).
    """
    t = np.asarray(time, dtype=np.float64)
    spread = volatility * np.sqrt(t)
    reflected = np.exp(-2.0 * drift * level / volatility**2) * ndtr((-level + drift * t) / spread)
    return ndtr((-level - drift * t) / spread) + reflected


def _inverse_laplace(
    transform: Callable[[NDArray[np.complex128]], NDArray[np.complex128]], time: float, axes: int, nodes: int = 40
) -> NDArray[np.float64]:
    """Invert a transform at one time; the nodes lie on the first axis of what `transform` takes and returns.

    Weideman, "Optimizing Talbot's contours for the inversion of the Laplace transform", SIAM J. Numer. Anal. 44 (2006)
    2342-2362: the midpoint rule on z = (N / t) (0.5017 u cot(0.6407 u) - 0.6122 + 0.2645 i u), -pi < u < pi.
    """
    u = (2.0 * np.arange(nodes) + 1.0) * math.pi / nodes - math.pi
    cot = 1.0 / np.tan(0.6407 * u)
    z = nodes / time * (0.5017 * u * cot - 0.6122 + 0.2645j * u)
    slope = nodes / time * (0.5017 * cot - 0.5017 * 0.6407 * u * (1.0 + cot**2) + 0.2645j)
    mass = np.exp(z * time) * slope / (1j * nodes)
    shape = (nodes, *[1] * axes)
    result: NDArray[np.float64] = (mass.reshape(shape) * transform(z.reshape(shape))).sum(axis=0).real
    return result


def _depth_nodes(drift: float, volatility: float, horizon: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of Gauss-Legendre over all depths that a path reaches with a probability above 1e-15."""
    top = max(-drift, 0.0) * horizon + 10.0 * volatility * math.sqrt(horizon)
    node, mass = np.polynomial.legendre.leggauss(400)
    return 0.5 * top * (node + 1.0), 0.5 * top * mass


# ---------------------------------------------------------------------------------------------------------------------
# Jumps and clocks
# ---------------------------------------------------------------------------------------------------------------------


def lognormal_impact(mean: float, sd: float) -> tuple[float, float]:
    """Mean and sd of log(1 + impact) where 1 + impact is lognormal and the impact has the given mean and sd."""
    variance = math.log1p((sd / (1.0 + mean)) ** 2)
    return math.log1p(mean) - 0.5 * variance, math.sqrt(variance)


def merton_cumulants(
    drift: float, volatility: float, rate: float, jump_mean: float, jump_sd: float, years: float
) -> tuple[float, float, float, float]:
    """First four cumulants of a log return with drift, diffusion and Poisson jumps N(jump_mean, jump_sd^2) in the log.

    Merton, "Option pricing when underlying stock returns are discontinuous", J. Financial Economics 3 (1976) 125-144.
    The n-th cumulant of compound Poisson jumps is years * rate * E[J^n]; `drift` is that of the log without jumps.
    """
    m, v = jump_mean, jump_sd**2
    return (
        years * (drift + rate * m),
        years * (volatility**2 + rate * (m**2 + v)),
        years * rate * (m**3 + 3.0 * m * v),
        years * rate * (m**4 + 6.0 * m**2 * v + 3.0 * v**2),
    )


def event_probability(rate: float, years: float) -> float:
    """P(at least one tick) of a Poisson clock."""
    return -math.expm1(-rate * years)


def marshall_olkin_survival(first: float, second: float, common: float, s: float, t: float) -> float:
    """P(T1 > s, T2 > t) where own clocks with rates first and second and a common one end the two lives.

    Marshall and Olkin, "A multivariate exponential distribution", J. Amer. Statist. Assoc. 62 (1967) 30-44.
    """
    return math.exp(-first * s - second * t - common * max(s, t))


def marshall_olkin_both_fail(first: float, second: float, common: float, years: float) -> float:
    """P(T1 <= years, T2 <= years), by inclusion and exclusion."""
    alone = [math.exp(-(own + common) * years) for own in (first, second)]
    return 1.0 - sum(alone) + marshall_olkin_survival(first, second, common, years, years)


def joint_loss(
    level: float,
    years: float,
    volatilities: tuple[float, float],
    correlation: float,
    rate: float,
    impact: tuple[float, float],
    expected_return: float,
) -> tuple[float, float, float]:
    """P(first price <= level), P(second <= level) and P(both) where a common event, once, may hit two companies alike.

    Given the time of the event, exponential with the rate, the log prices are normal: it adds one lognormal factor with
    mean 1 + impact[0] and sd impact[1] to both, and E[S_t] = (1 + expected_return)^t is kept up by a drift of
    -rate * impact[0] until it has come. Gauss and Legendre's rule over the time.
    """
    low, spread = lognormal_impact(*impact)
    node, mass = np.polynomial.legendre.leggauss(40)
    times = 0.5 * years * (node + 1.0)
    chances = [*(0.5 * years * mass * rate * np.exp(-rate * times)), math.exp(-rate * years)]
    found = np.zeros(3)
    for chance, (time, hit) in zip(chances, [*((time, 1.0) for time in times), (years, 0.0)], strict=True):
        variances = [years * volatility**2 + hit * spread**2 for volatility in volatilities]
        shared = years * correlation * volatilities[0] * volatilities[1] + hit * spread**2
        growth = years * math.log1p(expected_return) - rate * impact[0] * time + hit * low
        places = [
            (math.log(level) - growth + 0.5 * years * volatility**2) / math.sqrt(variance)
            for volatility, variance in zip(volatilities, variances, strict=True)
        ]
        r = shared / math.sqrt(variances[0] * variances[1])
        both = float(multivariate_normal([0.0, 0.0], [[1.0, r], [r, 1.0]], allow_singular=True).cdf(places))
        found += chance * np.array([float(ndtr(places[0])), float(ndtr(places[1])), both])
    return float(found[0]), float(found[1]), float(found[2])


def weight_after_shock(weight: float, impact: float) -> float:
    """Weight of a holding after its price changed by the fraction `impact` and nothing else moved."""
    return weight * (1.0 + impact) / (1.0 + weight * impact)


# ---------------------------------------------------------------------------------------------------------------------
# The market's clock: log growth log(1 + m) t - volatility^2 G / 2 + volatility sqrt(G) Z with E G = t
# ---------------------------------------------------------------------------------------------------------------------


def normal_inverse_gaussian(
    growth: float, volatility: float, kurtosis: float, years: float
) -> tuple[float, float, float, float]:
    """(a, b, loc, scale) of `scipy.stats.norminvgauss` where G is inverse Gaussian with variance kurtosis years / 756.

    Barndorff-Nielsen, "Normal inverse Gaussian distributions and stochastic volatility modelling", Scand. J. Statistics
    24 (1997) 1-13: the clock volatility^2 G has mean delta / gamma and variance delta / gamma^3, the asymmetry is -1/2
    and alpha^2 = gamma^2 + 1/4; SciPy's a and b are alpha delta and beta delta. `growth` is log(1 + m).
    """
    variance = kurtosis / 756.0
    gamma = 1.0 / (volatility * math.sqrt(variance))
    delta = volatility * years / math.sqrt(variance)
    return delta * math.sqrt(gamma**2 + 0.25), -0.5 * delta, growth * years, delta


def root_mean_inverse_gaussian(variance: float) -> float:
    """E[sqrt(G)] of an inverse Gaussian with mean 1: sqrt(2 shape / pi) exp(shape) K_0(shape) with shape 1 / variance.

    Jorgensen, "Statistical properties of the generalized inverse Gaussian distribution" (1982), 2.1.
    """
    shape = 1.0 / variance
    return math.sqrt(2.0 * shape / math.pi) * float(kve(0, shape))


def clustered_autocorrelation(spread: float, kept: float, root_mean: float = 1.0) -> float:
    """Autocorrelation of absolute returns sqrt(R H) |Z| with a lognormal rate R of mean 1 and sd `spread` of its log.

    The logs of the two rates have correlation `kept`; H is independent from step to step, has mean 1 and
    E sqrt(H) = `root_mean`. With c = 2 root_mean^2 / pi and E sqrt(R R') = exp(-spread^2 (1 - kept) / 4) it is
    c (E sqrt(R R') - exp(-spread^2 / 4)) / (1 - c exp(-spread^2 / 4)).
    Taylor, "Modelling financial time series" (1986), section 3.5.
    """
    share = 2.0 / math.pi * root_mean**2
    apart, together = math.exp(-0.25 * spread**2), math.exp(-0.25 * spread**2 * (1.0 - kept))
    return share * (together - apart) / (1.0 - share * apart)


# ---------------------------------------------------------------------------------------------------------------------
# One risky asset with E[S_t] = exp(growth * t) and cash at exp(rate * t), from wealth 1
# ---------------------------------------------------------------------------------------------------------------------


def constant_mix_mean(weight: float, growth: float, rate: float, years: float) -> float:
    """E[wealth] when the risky weight is kept at all times: exp((w growth + (1 - w) rate) years).

    Merton, "Lifetime portfolio selection under uncertainty", Rev. Economics and Statistics 51 (1969) 247-257: wealth
    is then a geometric Brownian motion with volatility w * volatility.
    """
    return math.exp((weight * growth + (1.0 - weight) * rate) * years)


def constant_mix_quantile(
    p: float, weight: float, growth: float, volatility: float, rate: float, years: float
) -> float:
    """The p-quantile of wealth when the risky weight is kept at all times; p = 0.5 is the median."""
    spread = weight * volatility * math.sqrt(years)
    return constant_mix_mean(weight, growth, rate, years) * math.exp(spread * float(ndtri(p)) - 0.5 * spread**2)


def buy_and_hold_mean(weight: float, growth: float, rate: float, years: float) -> float:
    """E[wealth] when nothing is traded."""
    return weight * math.exp(growth * years) + (1.0 - weight) * math.exp(rate * years)


def buy_and_hold_quantile(
    p: float, weight: float, growth: float, volatility: float, rate: float, years: float
) -> float:
    """The p-quantile of wealth when nothing is traded: a lognormal plus a constant."""
    spread = volatility * math.sqrt(years)
    stock = math.exp(growth * years + spread * float(ndtri(p)) - 0.5 * spread**2)
    return weight * stock + (1.0 - weight) * math.exp(rate * years)


def kelly_fraction(excess: float, volatility: float, crash_rate: float = 0.0, crash_loss: float = 0.0) -> float:
    """The risky weight of largest growth when the price also falls by `crash_loss` at `crash_rate` a year.

    `excess` is the total expected return over cash, crashes included, so the diffusion has excess + rate * loss. Growth
    f (excess + rate loss) - f^2 volatility^2 / 2 + rate log(1 - f loss) is concave in f; its slope is 0 at the answer.
    Merton, "Optimum consumption and portfolio rules in a continuous-time model", J. Economic Theory 3 (1971) 373-413.
    """
    if crash_rate == 0.0 or crash_loss == 0.0:
        return excess / volatility**2

    def slope(f: float) -> float:
        return excess + crash_rate * crash_loss * (1.0 - 1.0 / (1.0 - f * crash_loss)) - f * volatility**2

    return float(brentq(slope, 0.0, (1.0 - 1e-12) / crash_loss, xtol=1e-14))
