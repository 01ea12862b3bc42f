"""The closed forms agree with published figures and with second, independent routes to the same numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from oracles import (
    brownian_first_passage,
    brownian_max_drawdown_mean,
    brownian_max_drawdown_survival,
    buy_and_hold_mean,
    buy_and_hold_quantile,
    clustered_autocorrelation,
    constant_mix_mean,
    constant_mix_quantile,
    discrete_drawdown_gap,
    event_probability,
    gbm_max_drawdown_mean,
    gbm_max_drawdown_survival,
    joint_loss,
    kelly_fraction,
    lognormal_impact,
    marshall_olkin_both_fail,
    marshall_olkin_survival,
    merton_cumulants,
    normal_inverse_gaussian,
    root_mean_inverse_gaussian,
    weight_after_shock,
)
from scipy import stats
from scipy.special import ndtr


def test_brownian_first_passage_against_the_reflection_principle_and_its_limits() -> None:
    """Without drift 2 P(X_t < -level); with drift down -0.5 the mean time level / 0.5, and in the end it is certain.

    With drift up m the level is never reached with probability 1 - exp(-2 m level / volatility^2).
    """
    assert brownian_first_passage(0.3, 0.0, 0.2, 1.0) == pytest.approx(2.0 * ndtr(-1.5), rel=1e-12)
    times = np.linspace(1e-6, 100.0, 1_000_001)
    reached = brownian_first_passage(1.0, -0.5, 1.0, times)
    assert np.trapezoid(1.0 - reached, times) == pytest.approx(2.0, abs=1e-3)
    assert brownian_first_passage(0.4, 0.1, 0.3, 1e6) == pytest.approx(math.exp(-2.0 * 0.1 * 0.4 / 0.09), rel=1e-9)


def test_brownian_max_drawdown_against_verified_figures() -> None:
    """Drift .5, volatility 1, one year: figures found by two independent routes (half a unit of the last digit)."""
    assert brownian_max_drawdown_mean(0.5, 1.0, 1.0) == pytest.approx(1.068603, abs=5e-7)
    survival = brownian_max_drawdown_survival([1.0, 2.0], 0.5, 1.0, 1.0)
    assert survival[0] == pytest.approx(0.4755597, abs=5e-8)
    assert survival[1] == pytest.approx(0.0373000, abs=5e-8)


def test_brownian_max_drawdown_mean_against_exact_value_of_the_published_function() -> None:
    """Magdon-Ismail et al. (2004): E = 2 volatility^2 / drift Q(drift^2 T / (2 volatility^2)); Q(.5) = .4625377."""
    assert brownian_max_drawdown_mean(1.0, 1.0, 1.0) / 2.0 == pytest.approx(0.4625377, abs=5e-8)


@pytest.mark.parametrize(("volatility", "horizon"), [(1.0, 1.0), (0.3, 10.0), (2.0, 0.25)])
def test_driftless_mean_is_volatility_times_root_of_half_pi_horizon(volatility: float, horizon: float) -> None:
    expected = volatility * math.sqrt(0.5 * math.pi * horizon)
    assert brownian_max_drawdown_mean(0.0, volatility, horizon) == pytest.approx(expected, rel=1e-10)


def test_driftless_survival_against_the_series_for_reflected_motion() -> None:
    """Without drift the drawdown is |W| in law (Levy), and the law of max |W| is a series:

    P(max |W| < d) = 4/pi sum over k of (-1)^k / (2k + 1) exp(-(2k + 1)^2 pi^2 / (8 d^2)).
    """
    depth = np.linspace(0.2, 4.0, 39)
    odd = 2.0 * np.arange(60)[:, np.newaxis] + 1.0
    sign = np.where(np.arange(60) % 2, -1.0, 1.0)[:, np.newaxis]
    inside = 4.0 / math.pi * (sign / odd * np.exp(-((odd * math.pi / depth) ** 2) / 8.0)).sum(axis=0)
    np.testing.assert_allclose(brownian_max_drawdown_survival(depth, 0.0, 1.0, 1.0), 1.0 - inside, atol=1e-10)


@pytest.mark.parametrize("drift", [-2.4, -0.5, 0.0, 2.0])
def test_survival_falls_from_one_to_nothing_and_scales_as_the_motion_does(drift: float) -> None:
    """X / (volatility sqrt(T)) on the clock t / T has volatility 1 and drift * sqrt(T) / volatility."""
    depth = np.linspace(0.0, 12.0, 200)
    survival = brownian_max_drawdown_survival(depth, drift, 1.0, 1.0)
    assert survival[0] == 1.0
    assert survival[-1] == pytest.approx(0.0, abs=1e-10)
    assert np.diff(survival).max() < 1e-10
    scaled = brownian_max_drawdown_survival(0.3 * 2.0 * depth, drift * 0.3 / 2.0, 0.3, 4.0)
    np.testing.assert_allclose(scaled, survival, atol=1e-10)


def test_survival_refuses_a_fall_that_it_cannot_invert() -> None:
    with pytest.raises(ValueError, match=r"must be >= -2\.5"):
        brownian_max_drawdown_survival(1.0, -2.6, 1.0, 1.0)


def test_gbm_max_drawdown_against_verified_figures() -> None:
    """E[S_t] = exp(.10 t), volatility .30, ten years, continuous."""
    assert gbm_max_drawdown_mean(0.10, 0.30, 10.0) == pytest.approx(0.60290, abs=5e-6)
    survival = gbm_max_drawdown_survival([0.5, 0.7], 0.10, 0.30, 10.0)
    np.testing.assert_allclose(survival, [0.76383, 0.23973], atol=6e-6)


def test_discrete_gap_against_the_zeta_function() -> None:
    """-zeta(1/2) / sqrt(2 pi), with zeta(1/2) from its alternating series, averaged twice (error of order n^-5/2)."""
    n = np.arange(1, 200_001)
    partial = np.cumsum(np.where(n % 2, 1.0, -1.0) / np.sqrt(n))[-3:]
    eta = partial @ [0.25, 0.5, 0.25]
    zeta = eta / (1.0 - math.sqrt(2.0))
    assert discrete_drawdown_gap(1.0, 1.0) == pytest.approx(-2.0 * zeta / math.sqrt(2.0 * math.pi), abs=1e-9)
    assert discrete_drawdown_gap(0.3, 0.25) == pytest.approx(0.15 * discrete_drawdown_gap(1.0, 1.0))


def test_merton_cumulants_against_moments_by_quadrature() -> None:
    """The n-th cumulant of the jumps is years * rate * E[J^n]; Gauss-Hermite is exact for these powers."""
    node, mass = np.polynomial.hermite_e.hermegauss(12)
    jump = -0.1 + 0.2 * node
    moments = [3.0 * 0.5 * float(mass @ jump**power) / math.sqrt(2.0 * math.pi) for power in (1, 2, 3, 4)]
    expected = np.add(moments, [3.0 * 0.1, 3.0 * 0.2**2, 0.0, 0.0])
    np.testing.assert_allclose(merton_cumulants(0.1, 0.2, 0.5, -0.1, 0.2, 3.0), expected, rtol=1e-12)


def test_lognormal_impact_gives_back_its_moments() -> None:
    """E[exp(Z)] = exp(m + v/2) and Var = (exp(v) - 1) E^2 for Z ~ N(m, v)."""
    mean, sd = lognormal_impact(-0.5, 0.15)
    factor = math.exp(mean + 0.5 * sd**2)
    assert factor == pytest.approx(0.5)
    assert factor * math.sqrt(math.expm1(sd**2)) == pytest.approx(0.15)


def test_marshall_olkin_and_event_probabilities_against_verified_figures() -> None:
    assert marshall_olkin_survival(0.02, 0.03, 0.01, 10.0, 10.0) == pytest.approx(0.5488116, abs=5e-8)
    assert marshall_olkin_both_fail(0.02, 0.03, 0.01, 10.0) == pytest.approx(0.1376734, abs=5e-8)
    assert marshall_olkin_survival(0.02, 0.03, 0.0, 5.0, 7.0) == pytest.approx(math.exp(-0.1) * math.exp(-0.21))
    told = [event_probability(rate, 10.0) for rate in (0.01, 0.02, 0.05)]
    np.testing.assert_allclose(told, [0.09516, 0.18127, 0.39347], atol=5e-6)


def test_joint_loss_without_events_against_the_orthant() -> None:
    """At the medians of both P(both below) = 1/4 + asin(r) / (2 pi) (Sheppard 1899)."""
    median = math.exp(-0.5 * 0.3**2 * 2.0)
    found = joint_loss(median, 2.0, (0.3, 0.3), 0.6, 0.0, (-0.5, 0.1), 0.0)
    assert found == pytest.approx((0.5, 0.5, 0.25 + math.asin(0.6) / (2.0 * math.pi)), abs=1e-6)


def test_joint_loss_of_independent_companies_against_a_product_given_the_event() -> None:
    """A sure factor 0.5 of the event, no correlation: both lose on their own, given when the event comes."""
    years, rate, volatilities, level = 3.0, 0.2, (0.3, 0.5), 0.4
    time = np.linspace(0.0, years, 20_001)
    alone = []
    for volatility in volatilities:
        growth = years * (math.log(1.05) - 0.5 * volatility**2) + rate * 0.5 * time
        scale = volatility * math.sqrt(years)
        alone.append([ndtr((math.log(level / 0.5) - growth) / scale), ndtr((math.log(level) - growth[-1]) / scale)])
    came, kept = rate * np.exp(-rate * time), math.exp(-rate * years)
    (hit, spared), (other_hit, other_spared) = alone
    expected = [
        np.trapezoid(came * hit, time) + kept * spared,
        np.trapezoid(came * other_hit, time) + kept * other_spared,
        np.trapezoid(came * hit * other_hit, time) + kept * spared * other_spared,
    ]
    assert joint_loss(level, years, volatilities, 0.0, rate, (-0.5, 0.0), 0.05) == pytest.approx(expected, abs=1e-6)


def test_weight_after_a_shock_against_hand_calculation() -> None:
    """.65 * .3 = .195 beside .35: .195 / .545 = .3577982."""
    assert weight_after_shock(0.65, -0.7) == pytest.approx(0.195 / 0.545)


def test_normal_inverse_gaussian_against_the_moments_of_its_clock() -> None:
    """Var = s² E G + s⁴ Var G / 4; E exp(X) = exp(growth t); the excess kurtosis of a day is `kurtosis` as s → 0."""
    law = stats.norminvgauss(*normal_inverse_gaussian(0.1, 0.4, 6.0, 0.5))
    assert law.mean() == pytest.approx(0.5 * (0.1 - 0.08), rel=1e-12)
    assert law.var() == pytest.approx(0.16 * 0.5 + 0.25 * 0.4**4 * 6.0 * 0.5 / 756.0, rel=1e-12)
    place = np.linspace(-4.0, 4.0, 80_001)
    assert np.trapezoid(np.exp(place) * law.pdf(place), place) == pytest.approx(math.exp(0.05), rel=1e-9)
    small = stats.norminvgauss(*normal_inverse_gaussian(0.0, 1e-4, 6.0, 1.0 / 252.0))
    assert small.stats("k") == pytest.approx(6.0, rel=1e-6)


@pytest.mark.parametrize("variance", [0.1, 2.0, 30.0])
def test_root_mean_of_the_inverse_gaussian_against_its_density(variance: float) -> None:
    """Density exp(-(x - 1)² / (2 v x)) / sqrt(2 pi v x³), integrated over y = log x; its own integral is 1."""
    y = np.linspace(-25.0, 12.0, 400_001)
    x = np.exp(y)
    density = np.exp(-((x - 1.0) ** 2) / (2.0 * variance * x)) / np.sqrt(2.0 * math.pi * variance * x)
    assert np.trapezoid(density, y) == pytest.approx(1.0, rel=1e-9)
    assert np.trapezoid(np.sqrt(x) * density, y) == pytest.approx(root_mean_inverse_gaussian(variance), rel=1e-9)


@pytest.mark.parametrize(("spread", "kept"), [(0.8, 0.9), (1.2, 0.3), (0.5, 0.0)])
def test_clustered_autocorrelation_against_quadrature_over_both_log_rates(spread: float, kept: float) -> None:
    """Moments of |r| = sqrt(R) |Z| with E|Z| = sqrt(2/pi), E Z² = 1, by Gauss and Hermite's rule in two dimensions."""
    node, mass = np.polynomial.hermite_e.hermegauss(40)
    mass = mass / mass.sum()
    first, second = node[:, None], kept * node[:, None] + math.sqrt(1.0 - kept**2) * node
    roots = [np.exp(0.5 * spread * log - 0.25 * spread**2) for log in (first, second)]
    mean = math.sqrt(2.0 / math.pi) * float(mass @ roots[0][:, 0])
    product = 2.0 / math.pi * float(mass @ (roots[0] * roots[1]) @ mass)
    found = clustered_autocorrelation(spread, kept)
    assert found == pytest.approx((product - mean**2) / (1.0 - mean**2), rel=1e-9, abs=1e-14)


def test_constant_mix_and_buy_and_hold_against_verified_figures() -> None:
    """.65 at growth .10 and volatility .40, rest at .03, ten years: holding wins the mean and loses the median."""
    assert constant_mix_mean(0.65, 0.10, 0.03, 10.0) == pytest.approx(2.12761, abs=5e-6)
    assert buy_and_hold_mean(0.65, 0.10, 0.03, 10.0) == pytest.approx(2.23933, abs=5e-6)
    assert constant_mix_quantile(0.5, 0.65, 0.10, 0.40, 0.03, 10.0) == pytest.approx(1.51740, abs=5e-6)
    assert buy_and_hold_quantile(0.5, 0.65, 0.10, 0.40, 0.03, 10.0) == pytest.approx(1.26636, abs=5e-6)


@pytest.mark.parametrize("quantile", [constant_mix_quantile, buy_and_hold_quantile])
def test_quantiles_average_to_the_mean(quantile: Callable[..., float]) -> None:
    """The integral of the quantile function over p is the mean; in z = normal quantile of p it is Gauss-Hermite."""
    node, mass = np.polynomial.hermite_e.hermegauss(20)
    values = [quantile(float(ndtr(z)), 0.65, 0.10, 0.40, 0.03, 10.0) for z in node]
    mean = constant_mix_mean if quantile is constant_mix_quantile else buy_and_hold_mean
    assert mass @ values / math.sqrt(2.0 * math.pi) == pytest.approx(mean(0.65, 0.10, 0.03, 10.0), rel=1e-8)


@pytest.mark.parametrize(("rate", "loss", "expected"), [(0.0, 0.0, 0.625), (0.02, 0.6, 0.58449), (0.05, 0.6, 0.53609)])
def test_kelly_fraction_against_verified_figures_and_its_neighbours(rate: float, loss: float, expected: float) -> None:
    best = kelly_fraction(0.10, 0.40, rate, loss)
    assert best == pytest.approx(expected, abs=5e-6)

    def growth(f: float) -> float:
        return f * (0.10 + rate * loss) - 0.5 * (0.40 * f) ** 2 + rate * math.log1p(-f * loss)

    assert growth(best) > max(growth(best - 1e-4), growth(best + 1e-4))
