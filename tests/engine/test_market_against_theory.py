"""Prices against closed forms: Merton's law, expected prices under every kind of shock, Poisson and Marshall-Olkin."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracles import (
    lognormal_impact,
    marshall_olkin_both_fail,
    marshall_olkin_survival,
    merton_cumulants,
    weight_after_shock,
)
from samples import SIGMAS, assert_mean, assert_share, cumulants, kolmogorov
from scenes import Ageing
from scipy import stats
from theory import log_covariance, once_mean, poisson_mean

import riskkit as rk

TEN = 10.0


# ---------------------------------------------------------------------------------------------------------------------
# Diffusion and jumps
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps_per_year", [1, 12])
def test_terminal_law_without_shocks_against_the_lognormal(steps_per_year):
    """Log return normal with mean T (ln(1 + m) - σ²/2) and variance σ² T, in however many steps."""
    market = rk.Market({"a": rk.Asset(0.10, 0.57)})
    drawn = rk.sample(market, years=5, steps_per_year=steps_per_year, paths=50_000, seed=1)
    log = np.log(drawn.prices[-1, 0])
    law = stats.norm(5 * (math.log(1.1) - 0.5 * 0.57**2), 0.57 * math.sqrt(5)).cdf
    assert kolmogorov(log, law) < 1.0


@pytest.mark.parametrize(("mean", "sd"), [(-0.3, 0.10), (-0.03, 0.10), (0.05, 0.15), (0.0, 0.2)])
@pytest.mark.parametrize("compensate", [False, True])
def test_terminal_law_with_shocks_against_merton(compensate, mean, sd):
    """Cumulants 1 … 4 of the log return: k1 = T(ν + λμ), k2 = T(σ² + λ(μ² + δ²)), k3 = Tλ(μ³ + 3μδ²), k4 likewise."""
    m, sigma, rate, years = 0.10, 0.25, 0.8, 3.0
    shock = rk.Shock("crash", rate, {"a": rk.Impact(mean, sd)})
    market = rk.Market({"a": rk.Asset(m, sigma)}, shocks=[shock], compensate=compensate)
    drawn = rk.sample(market, years=years, steps_per_year=4, paths=200_000, seed=2)
    drift = math.log(1.0 + m) - 0.5 * sigma**2 - (rate * mean if compensate else 0.0)
    expected = merton_cumulants(drift, sigma, rate, *lognormal_impact(mean, sd), years)
    for order, ((value, error), truth) in enumerate(zip(cumulants(np.log(drawn.prices[-1, 0])), expected, strict=True)):
        assert abs(value - truth) < SIGMAS * error, f"cumulant {order + 1}: {value:.5g} against {truth:.5g}"


def test_joint_law_of_three_assets_against_their_covariances():
    """σᵢσⱼρ from the diffusion, λE[JᵢJⱼ] from a shock that hits the first two."""
    sigma, together, rate, years = np.array([0.3, 0.5, 0.2]), -0.4, 1.5, 2.0
    rho = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])
    names = ["a", "b", "c"]
    nested = {names[i]: {names[j]: rho[i, j] for j in range(i + 1, 3)} for i in range(2)}
    hit = {"a": rk.Impact(-0.3, 0.1), "b": rk.Impact(0.4, 0.15)}
    shock = rk.Shock("news", rate, hit, together=together)
    assets = {name: rk.Asset(0.05, s) for name, s in zip(names, sigma, strict=True)}
    drawn = rk.sample(rk.Market(assets, nested, shocks=[shock]), years=years, steps_per_year=2, paths=100_000, seed=3)
    log = np.log(drawn.prices[-1])
    log -= log.mean(axis=1, keepdims=True)
    first, second = lognormal_impact(-0.3, 0.1), lognormal_impact(0.4, 0.15)
    for i, j, pair in [(0, 1, (first, second)), (0, 2, None), (1, 2, None), (0, 0, (first, first))]:
        diffusion = rho[i, j] * sigma[i] * sigma[j]
        truth = years * diffusion
        if pair is not None:
            truth = log_covariance(diffusion, rate, *pair, 1.0 if i == j else together, years)
        assert_mean(log[i] * log[j], truth, f"covariance of {names[i]} and {names[j]}")


def test_a_singular_correlation_moves_two_assets_as_one():
    market = rk.Market({"a": rk.Asset(0.1, 0.4), "b": rk.Asset(0.1, 0.4)}, {"a": {"b": 1.0}})
    prices = rk.sample(market, years=1, steps_per_year=52, paths=50, seed=1).prices
    np.testing.assert_allclose(prices[:, 0], prices[:, 1], rtol=1e-12)


def test_cash_grows_by_its_rate():
    market = rk.Market({"a": rk.Asset(0.1, 0.4), "cash": rk.Asset(0.03, 0.0)}, {"a": {"cash": 0.5}})
    prices = rk.sample(market, years=10, steps_per_year=12, paths=5, seed=1).prices
    expected = 1.03 ** (np.arange(121) / 12)
    np.testing.assert_allclose(prices[:, 1], np.repeat(expected[:, None], 5, axis=1), rtol=1e-13)


# ---------------------------------------------------------------------------------------------------------------------
# Expected prices
# ---------------------------------------------------------------------------------------------------------------------

SHOCKS = {
    "often": (rk.Shock("often", 1.0, {"often": rk.Impact(-0.3, 0.1), "mix": 0.2}), poisson_mean),
    "once": (rk.Shock("once", 0.2, {"once": rk.Impact(-0.6, 0.15), "mix": -0.5}, once=True), once_mean),
    "ageing": (rk.Shock("ageing", Ageing(0.3), {"ageing": -0.4, "mix": rk.Impact(-0.4, 0.1)}), poisson_mean),
    "ageing once": (rk.Shock("ageing once", Ageing(0.1) + 0.05, {"last": 0.5, "mix": 0.9}, once=True), once_mean),
}
HIT = {"often": ["often"], "once": ["once"], "ageing": ["ageing"], "last": ["ageing once"], "mix": list(SHOCKS)}


@pytest.mark.slow
@pytest.mark.parametrize("compensate", [True, False])
def test_expected_prices_at_every_step_against_theory(compensate):
    """E[S_t] = (1 + m)^t with `compensate`, `once` shocks too; else times Π exp(Λ(t) E J) or 1 + E J · P(event)."""
    names, m = list(HIT), 0.07
    market = rk.Market(
        {name: rk.Asset(m, 0.15) for name in names},
        shocks=[shock for shock, _ in SHOCKS.values()],
        compensate=compensate,
    )
    drawn = rk.sample(market, years=6, steps_per_year=2, paths=100_000, seed=4)
    for row, name in enumerate(names):
        for step, time in enumerate(drawn.times):
            truth = (1.0 + m) ** time
            for shock, law in (SHOCKS[hit] for hit in HIT[name]) if not compensate else ():
                truth *= float(law(shock.hazard.cumulative(time), shock.impact[name].mean))
            if step:
                assert_mean(drawn.prices[step, row], truth, f"E[{name}] at {time} years, {compensate=}")
            else:
                assert (drawn.prices[0, row] == 1.0).all()


def test_an_event_within_a_step_is_compensated_up_to_its_time():
    """Volatility 0 and one step of a year: with an event at τ the price is (1 + m)(1 + J) e^{-λ J τ}, else e^{-λ J}."""
    rate, impact, m = 0.7, -0.5, 0.04
    shock = rk.Shock("exit", rate, {"a": impact}, once=True)
    market = rk.Market({"a": rk.Asset(m, 0.0)}, shocks=[shock], compensate=True)
    drawn = rk.sample(market, years=1, steps_per_year=1, paths=200, seed=5)
    times = dict(zip(drawn.events["path"], drawn.events["time"], strict=True))
    assert 50 < len(times) < 150
    for path in range(200):
        expected = (1 + m) * math.exp(-rate * impact * times.get(path, 1.0)) * (1 + impact if path in times else 1.0)
        assert drawn.prices[1, 0, path] == pytest.approx(expected, rel=1e-13)


# ---------------------------------------------------------------------------------------------------------------------
# Several shocks, and a founder's exit
# ---------------------------------------------------------------------------------------------------------------------


def test_joint_survival_against_marshall_olkin():
    """Own hazards .02 and .03 and a common one .01, ten years: both survive .5488116, both fail .1376734."""
    shocks = [
        rk.Shock("own a", 0.02, {"a": -0.9}, once=True),
        rk.Shock("own b", 0.03, {"b": -0.9}, once=True),
        rk.Shock("both", 0.01, {"a": -0.9, "b": -0.9}, once=True),
    ]
    market = rk.Market({"a": rk.Asset(0.0, 0.0), "b": rk.Asset(0.0, 0.0)}, shocks=shocks)
    drawn = rk.sample(market, years=10, steps_per_year=1, paths=100_000, seed=10)
    alive = drawn.prices > 0.5
    assert marshall_olkin_survival(0.02, 0.03, 0.01, 10, 10) == pytest.approx(0.5488116, abs=5e-8)
    assert marshall_olkin_both_fail(0.02, 0.03, 0.01, 10) == pytest.approx(0.1376734, abs=5e-8)
    assert_share(alive[10, 0] & alive[10, 1], marshall_olkin_survival(0.02, 0.03, 0.01, 10, 10))
    assert_share(~alive[10, 0] & ~alive[10, 1], marshall_olkin_both_fail(0.02, 0.03, 0.01, 10))
    for s, t in [(3, 8), (9, 2), (5, 5)]:
        assert_share(alive[s, 0] & alive[t, 1], marshall_olkin_survival(0.02, 0.03, 0.01, s, t), f"beyond {s} and {t}")


def test_a_founder_exit_moves_weights_as_the_hand_calculation_says():
    """-70 % on a weight of .65 leaves .195 / .545 = .3577982; a holding with half the founder falls by half of it."""
    portfolio = rk.Portfolio([rk.Holding("a", 65, founder="Ann"), rk.Holding("b", 35)])
    with pytest.warns(rk.RiskkitWarning, match="50 is 5000 % a year"):  # so that it happens at once
        soon = rk.founder_exit(portfolio, "Ann", 50.0, -0.7)
    market = rk.Market(
        {"a": rk.Asset(0.0, 0.0), "b": rk.Asset(0.0, 0.0)},
        shocks=[soon],
    )
    scenario = rk.Scenario(portfolio, market, [rk.Hold()], years=1, steps_per_year=1)
    found = rk.compare(scenario, paths=100, seed=1, workers=1, progress=False).values("hold", "founder_weight_end")
    assert weight_after_shock(0.65, -0.7) == pytest.approx(0.3577982, abs=5e-8)
    np.testing.assert_allclose(found, 0.3577982, atol=5e-8)
