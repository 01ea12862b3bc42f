"""The no-trade band against published figures, and against the numerically best band."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import solve_banded
from scipy.optimize import minimize
from scipy.special import expit

import riskkit as rk
from riskkit.optimize import no_trade_band


def test_log_utility_against_the_published_figures():
    """Optimal weight .65, volatility .4, 1 % cost of selling: [.57774, .72427], growth loss 4.18e-4."""
    band = no_trade_band(0.65, 0.4, 0.01, 1.0)
    assert band.low == pytest.approx(0.57774, abs=5e-6)
    assert band.high == pytest.approx(0.72427, abs=5e-6)
    assert band.growth_loss == pytest.approx(4.18e-4, abs=5e-7)


def loss_at_the_top(high: float, cost: float) -> float:
    """Fall of log wealth for each unit by which selling lowers log(risky / cash): W falls by cost of what is sold."""
    return cost / (1.0 / high + (1.0 - cost) / (1.0 - high))


def logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def growth_of_band(edges: tuple[float, float], weight: float, volatility: float, cost: float) -> float:
    """Growth rate of wealth that is reflected at the edges, from the stationary law of y = log(risky / cash).

    With cash at 0 and excess return m = weight * volatility**2, y is Brownian motion with drift m - volatility**2 / 2
    and, between two walls, has the density c exp(2 drift y / volatility**2); the upper wall is pushed at the rate
    volatility**2 / 2 * density there. No free-boundary equation is used.
    """
    a, b = logit(edges[0]), logit(edges[1])
    variance = volatility**2
    excess = weight * variance
    tilt = 2.0 * (excess - 0.5 * variance) / variance

    def law(y: float) -> float:
        return math.exp(tilt * (y - a))

    def rate(y: float) -> float:
        p = 1.0 / (1.0 + math.exp(-y))
        return (excess * p - 0.5 * variance * p * p) * law(y)

    probability = quad(law, a, b, epsabs=0.0, epsrel=1e-12)[0]
    pushed = 0.5 * variance * law(b) / probability
    return quad(rate, a, b, epsabs=0.0, epsrel=1e-12)[0] / probability - loss_at_the_top(edges[1], cost) * pushed


@pytest.mark.parametrize(("weight", "volatility", "cost"), [(0.65, 0.4, 0.01), (0.4, 0.25, 0.02), (0.9, 0.3, 0.005)])
def test_log_utility_against_the_band_of_greatest_growth(weight, volatility, cost):
    """The greatest growth over all pairs of edges, by direct search; near it the rate is flat, so edges are coarser."""
    band = no_trade_band(weight, volatility, cost, 1.0)
    found = minimize(
        lambda odds: -growth_of_band((expit(odds[0]), expit(odds[1])), weight, volatility, cost),
        x0=[logit(weight) - 0.5, logit(weight) + 0.5],
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-16, "maxiter": 2000},
    )
    assert [band.low, band.high] == pytest.approx(expit(found.x), abs=2e-6)
    frictionless = 0.5 * (weight * volatility) ** 2
    assert band.growth_loss == pytest.approx(frictionless + found.fun, rel=1e-8)


def rate_of_power_utility(edges, weight, volatility, cost, aversion, points=400):
    """Equivalent certain rate of the band under constant risk aversion A: largest rho / (1 - A) with a positive f in

    s2/2 f'' + (m - s2/2 + (1-A) s2 p) f' + (1-A) (m p - A s2 p**2 / 2) f = rho f,   m = A weight s2,

    f' = 0 at the lower wall and f' = -(1-A) * loss * f at the upper one, by finite differences of second order and
    inverse iteration.
    """
    y = np.linspace(logit(edges[0]), logit(edges[1]), points)
    step = y[1] - y[0]
    p = 1.0 / (1.0 + np.exp(-y))
    variance, power = volatility**2, 1.0 - aversion
    excess = aversion * weight * variance
    drift = excess - 0.5 * variance + power * variance * p
    kill = power * (excess * p - 0.5 * aversion * variance * p * p)
    wall = -power * loss_at_the_top(edges[1], cost)
    below, above = 0.5 * variance / step**2 - 0.5 * drift / step, 0.5 * variance / step**2 + 0.5 * drift / step
    middle = kill - variance / step**2
    # Points beyond the walls mirror those inside them: f(-1) = f(1), f(n) = f(n - 2) + 2 step wall f(n - 1).
    middle[-1] += above[-1] * 2.0 * step * wall
    bands = np.zeros((3, points))
    bands[0, 1:], bands[1], bands[2, :-1] = above[:-1], middle, below[1:]
    bands[0, 1] += below[0]
    bands[2, -2] += above[-1]
    shift = 1.0
    bands[1] -= shift
    f = np.ones(points)
    for _ in range(200):
        new = solve_banded((1, 1), bands, f)
        value = (new @ f) / (f @ f)
        f = new / np.linalg.norm(new)
    return (shift + 1.0 / value) / power


def test_power_utility_against_the_band_of_greatest_certain_rate():
    """Risk aversion 3: the search over edges is flat to the discretisation, hence 3 % of the half-width."""
    weight, volatility, cost, aversion = 0.5, 0.3, 0.02, 3.0
    band = no_trade_band(weight, volatility, cost, aversion)
    found = minimize(
        lambda edges: -rate_of_power_utility(edges, weight, volatility, cost, aversion),
        x0=[0.45, 0.55],
        method="Nelder-Mead",
        options={"xatol": 1e-5, "fatol": 1e-13},
    )
    assert [band.low, band.high] == pytest.approx(found.x, abs=0.03 * band.width)
    frictionless = 0.5 * aversion * (weight * volatility) ** 2
    assert band.growth_loss == pytest.approx(frictionless + found.fun, rel=2e-3)


@pytest.mark.parametrize("aversion", [0.5, 1.0, 2.0, 5.0])
def test_small_costs_against_the_published_expansion(aversion):
    """d = (3 / (4 A) w**2 (1-w)**2 cost)**(1/3), and the loss A s**2 d**2 / 2; the next term is a factor 1 + O(d)."""
    weight, volatility, cost = 0.65, 0.4, 1e-6
    half = (0.75 / aversion * (weight * (1.0 - weight)) ** 2 * cost) ** (1.0 / 3.0)
    band = no_trade_band(weight, volatility, cost, aversion)
    assert band.width == pytest.approx(half, rel=half)
    assert band.approximate_width == pytest.approx(half, rel=1e-12)
    assert band.growth_loss == pytest.approx(0.5 * aversion * (volatility * half) ** 2, rel=2.0 * half)


def test_edges_lie_alike_about_the_weight_at_their_own_prices():
    """Gerhold et al. (2014), Theorem 2.2: w - d at the buying price, w + d at the selling price, 1 - cost of it."""
    weight, cost = 0.3, 0.05
    band = no_trade_band(weight, 0.2, cost, 4.0)
    risky = band.high * (1.0 - cost)
    assert risky / (risky + 1.0 - band.high) - weight == pytest.approx(weight - band.low, rel=1e-12)


@pytest.mark.filterwarnings("ignore:cost should be at most 0.1")
@pytest.mark.parametrize("cost", [1e-10, 1e-3, 0.3, 0.99])
@pytest.mark.parametrize("aversion", [0.05, 1.0, 100.0])
@pytest.mark.parametrize("weight", [0.01, 0.5, 0.99])
def test_the_band_is_a_band_however_extreme(weight, aversion, cost):
    band = no_trade_band(weight, 0.4, cost, aversion)
    assert 0.0 < band.low < weight
    assert band.low < band.high < 1.0
    assert band.growth_loss > 0.0


def test_the_rule_trades_to_the_edges_at_every_step():
    band = no_trade_band(0.65, 0.4, 0.01)
    rule = band.as_rule()
    assert isinstance(rule, rk.Band)
    assert rule.width == pytest.approx((0.72427 - 0.57774) / 2, abs=5e-6)
    assert (rule.to, rule.every, rule.relative) == ("edge", 0, None)
    assert band.as_rule(every=3).every == 3


def test_trading_at_the_edges_loses_what_the_band_says():
    """A band twice as wide, and one half as wide, lose more: by the stationary law, not by the formula."""
    band = no_trade_band(0.65, 0.4, 0.01)
    best = growth_of_band((band.low, band.high), 0.65, 0.4, 0.01)
    for factor in (0.5, 2.0):
        edges = 0.65 - factor * (0.65 - band.low), 0.65 + factor * (band.high - 0.65)
        assert growth_of_band(edges, 0.65, 0.4, 0.01) < best - 1e-5


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        ((0.0, 0.4, 0.01), "weight must be > 0 and < 1, got 0.0"),
        ((1.2, 0.4, 0.01), "weight must be > 0 and < 1, got 1.2"),
        ((0.5, 0.0, 0.01), "volatility must be > 0, got 0.0"),
        ((0.5, 0.4, 0.0), "cost must be > 0 and < 1, got 0.0"),
        ((0.5, 0.4, 1.0), "cost must be > 0 and < 1, got 1.0"),
        ((0.5, 0.4, 0.01, 0.0), "risk_aversion must be > 0, got 0.0"),
        ((math.nan, 0.4, 0.01), "weight must be > 0 and < 1, got nan"),
    ],
)
def test_numbers_out_of_bounds_are_refused(arguments, pattern):
    with pytest.raises(rk.InvalidInput, match=pattern):
        no_trade_band(*arguments)


def test_growth_of_band_integrates_to_the_mean_weight():
    """The yardstick itself: without drift of y the law is uniform; then E p = log((1+e^b)/(1+e^a)) / (b - a)."""
    a, b, volatility = logit(0.4), logit(0.7), 0.3
    mean = math.log((1.0 + math.exp(b)) / (1.0 + math.exp(a))) / (b - a)
    # E p**2 = E p - E p (1 - p) = E p - (p(b) - p(a)) / (b - a)
    square = mean - 0.3 / (b - a)
    expected = 0.5 * volatility**2 * (mean - square)
    assert growth_of_band((0.4, 0.7), 0.5, volatility, 0.0) == pytest.approx(expected, rel=1e-10)
