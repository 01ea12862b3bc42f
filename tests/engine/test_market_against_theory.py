"""Prices against closed forms: Merton's law, expected prices under every kind of shock, Poisson and Marshall-Olkin."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from oracles import (
    event_probability,
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
from riskkit.streams import Stream

TEN = 10.0


def ticks_of(shock: rk.Shock, paths: int, years: float, seed: int = 0, given=None):
    return shock.events(partial(Stream, seed), np.arange(paths, dtype=np.uint64), years, given)


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


@pytest.mark.parametrize("compensate", [True, False])
def test_expected_prices_at_every_step_against_theory(compensate):
    """E[S_t] = (1 + m)^t with `compensate`, `once` shocks included; else times Π exp(Λ(t) E J) or 1 + E J · P(tick)."""
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


def test_a_tick_within_a_step_is_compensated_as_far_as_it_has_come():
    """Volatility 0 and one step of a year: with a tick at τ the price is (1 + m)(1 + J) e^{-λ J τ}, else e^{-λ J}."""
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
# Clocks
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hazard", [0.02, 0.7, 3.0, Ageing(0.06), Ageing(0.02) + 0.1])
def test_counts_of_ticks_against_poisson(hazard):
    """Chi-square over the counts that are expected at least 20 times, the rest in one; limit of probability 6e-5."""
    paths = 100_000
    shock = rk.Shock("s", hazard, {"a": -0.1})
    ticks = ticks_of(shock, paths, TEN, seed=6)
    counts = np.bincount(ticks.lanes, minlength=paths)
    law = stats.poisson(float(shock.hazard.cumulative(TEN)))
    seen = [k for k in range(counts.max() + 2) if paths * law.pmf(k) >= 20]
    expected = np.array([*(law.pmf(k) for k in seen), 1.0 - sum(law.pmf(k) for k in seen)]) * paths
    found = np.array([*((counts == k).sum() for k in seen), (~np.isin(counts, seen)).sum()])
    kept = expected >= 5
    statistic = ((found - expected)[kept] ** 2 / expected[kept]).sum()
    assert statistic < stats.chi2.isf(6e-5, kept.sum() - 1)


@pytest.mark.parametrize("hazard", [0.7, Ageing(0.06) + 0.1])
def test_times_of_ticks_against_the_hazard(hazard):
    """Given their number, ticks are spread as Λ(t)/Λ(T); the first one comes as 1 - e^{-Λ(t)}."""
    shock = rk.Shock("s", hazard, {"a": -0.1})
    total = float(shock.hazard.cumulative(TEN))
    ticks = ticks_of(shock, 50_000, TEN, seed=7)
    assert (ticks.times > 0.0).all()
    assert (ticks.times < TEN).all()
    assert kolmogorov(ticks.times, lambda t: shock.hazard.cumulative(t) / total) < 1.0
    first = ticks.times[ticks.numbers == 0]
    assert kolmogorov(first, lambda t: np.expm1(-shock.hazard.cumulative(t)) / np.expm1(-total)) < 1.0


@pytest.mark.parametrize(("rate", "figure"), [(0.01, 0.09516), (0.02, 0.18127), (0.05, 0.39347)])
@pytest.mark.parametrize("once", [False, True])
def test_probability_of_any_event_in_ten_years_against_the_figures(rate, figure, once):
    """1 - e^{-10 λ}: 9.516, 18.127 and 39.347 % at 1, 2 and 5 % a year."""
    assert event_probability(rate, TEN) == pytest.approx(figure, abs=5e-6)
    ticks = ticks_of(rk.Shock("s", rate, {"a": -0.1}, once=once), 100_000, TEN, seed=8)
    happened = np.bincount(ticks.lanes, minlength=100_000)
    if once:
        assert happened.max() == 1
    assert_share(happened > 0, event_probability(rate, TEN))


@pytest.mark.parametrize("hazard", [0.3, Ageing(0.06)])
def test_integrated_hazard_of_each_path_against_its_definition(hazard):
    """To the horizon, or to the first tick of a `once` shock; then its mean is that of ticks, 1 - e^{-Λ(T)}."""
    total = float(rk.Shock("s", hazard, {"a": -0.1}).hazard.cumulative(TEN))
    again = ticks_of(rk.Shock("s", hazard, {"a": -0.1}), 20_000, TEN, seed=9)
    assert (again.hazard == total).all()
    shock = rk.Shock("s", hazard, {"a": -0.1}, once=True)
    once = ticks_of(shock, 20_000, TEN, seed=9)
    expected = np.full(20_000, total)
    expected[once.lanes] = shock.hazard.cumulative(once.times)
    np.testing.assert_allclose(once.hazard, expected, rtol=1e-12)
    assert_mean(once.hazard, -math.expm1(-total))


def test_joint_survival_against_marshall_olkin():
    """Own clocks .02 and .03 and a common one .01, ten years: both survive .5488116, both fail .1376734."""
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


def test_shocks_of_different_names_are_independent():
    """Of two clocks with 1 and 2 expected ticks the product of the counts has mean 2."""
    paths = 100_000
    counts = [
        np.bincount(ticks_of(rk.Shock(name, rate, {"a": -0.1}), paths, TEN, seed=11).lanes, minlength=paths)
        for name, rate in (("first", 0.1), ("second", 0.2))
    ]
    assert_mean(counts[0] * counts[1], 2.0)


# ---------------------------------------------------------------------------------------------------------------------
# Impacts
# ---------------------------------------------------------------------------------------------------------------------


def one_event_a_path(impact, together=1.0, paths=200_000, seed=12):
    shock = rk.Shock("s", 1.0, impact, together=together)
    ticks = ticks_of(shock, paths, 1.0, seed, np.ones(paths, dtype=np.int64))
    assert ticks.times.size == paths
    return dict(zip(impact, ticks.factors, strict=True))


@pytest.mark.parametrize(
    ("mean", "sd"),
    [(-0.5, 0.15), (-0.9, 0.05), (0.4, 0.2), (-0.023, 0.01), (-0.03, 0.1), (0.05, 0.2), (0.0, 0.1)],
)
def test_impacts_against_the_lognormal_with_their_mean_and_sd(mean, sd):
    factor = one_event_a_path({"a": rk.Impact(mean, sd)})["a"]
    assert_mean(factor, 1.0 + mean)
    assert_mean((factor - 1.0 - mean) ** 2, sd**2, "variance")
    assert kolmogorov(np.log(factor), stats.norm(*lognormal_impact(mean, sd)).cdf) < 1.0


@pytest.mark.parametrize("together", [1.0, 0.7, 0.0, -0.2, -0.5])
def test_together_is_the_correlation_of_log_impacts(together):
    """Of three holdings, down to -1/2; of holdings with different sds, with a certain impact among them."""
    impact = {"a": rk.Impact(-0.5, 0.15), "b": rk.Impact(0.4, 0.1), "c": rk.Impact(-0.2, 0.05), "d": -0.3}
    if together == -0.5:
        del impact["d"]  # of four holdings -1/3 is the lowest
    factor = one_event_a_path(impact, together)
    if "d" in factor:
        assert (factor["d"] == 0.7).all()
    log = {name: np.log(factor[name]) for name in "abc"}
    for i, j in ("ab", "ac", "bc"):
        found = np.corrcoef(log[i], log[j])[0, 1]
        assert abs(found - together) < SIGMAS * (1.0 - together**2) / math.sqrt(200_000) + 1e-12
    for name in "abc":
        assert_mean(factor[name], 1.0 + impact[name].mean)
        assert_mean((factor[name] - 1.0 - impact[name].mean) ** 2, impact[name].sd ** 2, f"variance of {name}")
    if together == -0.5:
        standard = sum((log[name] - log[name].mean()) / impact[name].log_sd for name in "abc")
        assert np.abs(standard).max() < 1e-9  # at the bound the three cancel


def test_impacts_of_different_ticks_of_a_path_are_independent():
    shock = rk.Shock("s", 1.0, {"a": rk.Impact(-0.5, 0.15)})
    paths = 50_000
    ticks = ticks_of(shock, paths, 1.0, 13, np.full(paths, 2))
    log = np.empty((2, paths))
    log[ticks.numbers, ticks.lanes] = np.log(ticks.factors[0])
    assert abs(np.corrcoef(log)[0, 1]) < SIGMAS / math.sqrt(paths)


def test_a_founder_exit_moves_weights_as_the_hand_calculation_says():
    """-70 % on a weight of .65 leaves .195 / .545 = .3577982; a holding with half the founder falls by half of it."""
    portfolio = rk.Portfolio([rk.Holding("a", 65, founder="Ann"), rk.Holding("b", 35)])
    market = rk.Market(
        {"a": rk.Asset(0.0, 0.0), "b": rk.Asset(0.0, 0.0)},
        shocks=[rk.founder_exit(portfolio, "Ann", 50.0, -0.7)],
    )
    scenario = rk.Scenario(portfolio, market, [rk.Hold()], years=1, steps_per_year=1)
    found = rk.compare(scenario, paths=100, seed=1, workers=1, progress=False).values("hold", "founder_weight_end")
    assert weight_after_shock(0.65, -0.7) == pytest.approx(0.3577982, abs=5e-8)
    np.testing.assert_allclose(found, 0.3577982, atol=5e-8)
