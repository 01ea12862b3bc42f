"""Laws of every market: expected prices, the same yearly law for any length of steps, and the same bits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from oracles import lognormal_impact, merton_cumulants
from samples import SIGMAS, assert_mean, cumulants, kolmogorov_of_two
from test_same_bits import assert_same_outcomes

import riskkit as rk
from riskkit.engine.execution import run as engine_run

ASSETS = {"a": rk.Asset(0.10, 0.35), "b": rk.Asset(0.03, 0.15), "cash": rk.Asset(0.02, 0.0)}
CORRELATION = {"a": {"b": 0.4}}
REGIMES = rk.Regimes(
    {
        "calm": rk.Regime(0.7, drift={"a": 0.1}),
        "storm": rk.Regime(2.0, drift={"a": -0.8, "b": -0.3}, correlation={"a": {"b": 0.8}}),
    },
    switching={"calm": {"storm": 0.7}, "storm": {"calm": 2.0}},
)
NIG, CLUSTERED = rk.NormalInverseGaussian(15), rk.Clustered(0.2, 0.8)
TAILS = {
    "normal": (),
    "Student's t": rk.StudentT(3),
    "normal inverse Gaussian": NIG,
    "clustered": CLUSTERED,
    "regimes": REGIMES,
    "Student's t, clustered": [rk.StudentT(5), CLUSTERED],
    "regimes, normal inverse Gaussian": [REGIMES, NIG],
    "all together": [NIG, CLUSTERED, REGIMES],
}
SHOCKS = (
    rk.Shock("news", 1.0, {"a": rk.Impact(-0.15, 0.05), "b": 0.05}, together=-0.3),
    rk.Shock("exit", 0.2, {"a": rk.Impact(-0.5, 0.15)}, once=True),
    rk.Contagion("exit", "news", 0.5, delay=0.3),
)


def market(tails=(), shocks=(), **more) -> rk.Market:
    return rk.Market(ASSETS, CORRELATION, tails=tails, shocks=shocks, compensate=True, **more)


def past() -> rk.Resampled:
    """A made-up year of weekly prices to draw from."""
    moves = np.random.default_rng(5).normal(0.0, 0.03, (60, 2)).cumsum(axis=0)
    weeks = pd.date_range("2020-01-01", periods=60, freq="7D")
    return rk.Resampled(pd.DataFrame(np.exp(moves), weeks, ["a", "b"]), 5, expected_return=0.05, cash={"cash": 0.02})


# ---------------------------------------------------------------------------------------------------------------------
# Expected prices
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shocks", [(), SHOCKS], ids=["without shocks", "with shocks"])
@pytest.mark.parametrize("tails", TAILS)
def test_expected_prices_are_those_of_the_assets_at_every_time(tails, shocks):
    """E[S_t] = (1 + m)^t, exactly, under every time change and every shock."""
    prices = rk.sample(market(TAILS[tails], shocks), years=2, steps_per_year=12, paths=30_000, seed=11).prices
    for month in (1, 2, 6, 12, 24):
        for row, mean in ((0, 0.10), (1, 0.03)):
            assert_mean(prices[month, row], (1.0 + mean) ** (month / 12), f"asset {row} after {month} months")
    np.testing.assert_allclose(prices[-1, 2], 1.02**2, rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# Steps of any length
# ---------------------------------------------------------------------------------------------------------------------

#: Markets whose law over a year is the same for any step. Student's t is a law of the step, and clustering and regimes
#: hold within a step, so that theirs is the same only in the limit of short steps.
ADDITIVE = {
    "normal": market(),
    "normal inverse Gaussian": market(rk.NormalInverseGaussian(60)),
    "shocks": market((), SHOCKS),
    "normal inverse Gaussian with shocks": market(rk.NormalInverseGaussian(60), SHOCKS),
}


@pytest.fixture(scope="module")
def yearly() -> dict[tuple[str, int], np.ndarray]:
    """Log prices after a year in 12, 52 and 252 steps, from seeds of their own."""
    return {
        (kind, steps): np.log(rk.sample(each, years=1, steps_per_year=steps, paths=10_000, seed=steps).prices[-1])
        for kind, each in ADDITIVE.items()
        for steps in (12, 52, 252)
    }


@pytest.mark.parametrize("kind", ADDITIVE)
@pytest.mark.parametrize(("few", "many"), [(12, 52), (12, 252), (52, 252)])
def test_yearly_law_does_not_depend_on_the_step(yearly, kind, few, many):
    """Two samples by Kolmogorov and Smirnov, and by their first four cumulants; the joint law by that of a sum."""
    one, other = yearly[kind, few], yearly[kind, many]
    for first, second in ((one[0], other[0]), (one[1], other[1]), (one[0] + one[1], other[0] + other[1])):
        assert kolmogorov_of_two(first, second) < 1.0
        for (value, error), (second_value, second_error) in zip(cumulants(first), cumulants(second), strict=True):
            assert abs(value - second_value) < SIGMAS * math.hypot(error, second_error)


@pytest.mark.parametrize("steps_per_year", [12, 52, 252])
def test_yearly_cumulants_against_the_sum_of_those_of_time_change_and_shocks(steps_per_year):
    """Independent parts: the normal inverse Gaussian's cumulants and Merton's, for any step."""
    m, s, kurtosis, rate, mean, sd = 0.10, 0.35, 60.0, 1.0, -0.15, 0.05
    shock = rk.Shock("news", rate, {"a": rk.Impact(mean, sd)})
    both = rk.Market({"a": rk.Asset(m, s)}, tails=rk.NormalInverseGaussian(kurtosis), shocks=[shock])
    log = np.log(rk.sample(both, years=1, steps_per_year=steps_per_year, paths=20_000, seed=13).prices[-1, 0])
    v, c = s**2, kurtosis / 756.0
    jumps = merton_cumulants(0.0, 0.0, rate, *lognormal_impact(mean, sd), 1.0)
    time_change = time_change_cumulants(math.log(1.0 + m), v, c)
    for order, ((value, error), one, other) in enumerate(zip(cumulants(log), time_change, jumps, strict=True), start=1):
        assert abs(value - one - other) < SIGMAS * error, f"cumulant {order}"


def time_change_cumulants(growth, v, c):
    """First four cumulants of growth - v G / 2 + √(v G) Z for an inverse Gaussian G with mean 1 and variance c.

    ln E e^{uX} = u growth + K(v (u² - u) / 2) with K(x) = (1 - √(1 - 2 c x)) / c; its Taylor coefficients at 0, where
    K(x) = x + c x²/2 + c² x³/2 + 5 c³ x⁴/8.
    """
    inner = np.polynomial.Polynomial([0.0, -0.5 * v, 0.5 * v])
    series = inner + 0.5 * c * inner**2 + 0.5 * c**2 * inner**3 + 0.625 * c**3 * inner**4
    coefficients = series.coef[1:5] * [1.0, 2.0, 6.0, 24.0]
    return [growth + coefficients[0], *coefficients[1:]]


# ---------------------------------------------------------------------------------------------------------------------
# The same bits
# ---------------------------------------------------------------------------------------------------------------------

RICH = {
    "all together": (market([NIG, CLUSTERED, REGIMES], SHOCKS), 12),
    "history": (rk.Market(past(), shocks=SHOCKS, compensate=True), 52),
    "uncertain": (
        rk.Market(
            {**ASSETS, "a": rk.Asset(rk.Uncertain(0.1, 0.05), rk.Uncertain(0.35, 0.1))}, CORRELATION, tails=NIG,
            shocks=[rk.Shock("news", rk.Uncertain(1.0, 0.5), {"a": rk.Uncertain(-0.15, 0.03)}), SHOCKS[1]],
            compensate=True,
        ),
        12,
    ),
}  # fmt: skip
PATHS = 700


def scenario(kind: str) -> rk.Scenario:
    rich, steps_per_year = RICH[kind]
    portfolio = rk.Portfolio([rk.Holding("a", 50, founder="Ann"), rk.Holding("b", 40), rk.Holding("cash", 10)])
    rules = [rk.Hold(), rk.Cap(0.4), rk.Rebalance(3)]
    return rk.Scenario(portfolio, rich, rules, years=2, steps_per_year=steps_per_year)


@pytest.fixture(scope="module")
def alone():
    """The outcomes of one thread with the batch size that the engine chooses."""
    return {kind: rk.compare(scenario(kind), paths=PATHS, seed=1, workers=1, progress=False).outcomes for kind in RICH}


@pytest.mark.parametrize("kind", RICH)
def test_same_bits_for_any_number_of_threads(alone, kind):
    found = rk.compare(scenario(kind), paths=PATHS, seed=1, workers=3, progress=False).outcomes
    assert_same_outcomes(found, alone[kind])


@pytest.mark.parametrize("kind", RICH)
@pytest.mark.parametrize("size", [128, 384, 8192])
def test_same_bits_for_any_batch_size(monkeypatch, alone, kind, size):
    monkeypatch.setattr(engine_run, "paths_per_batch", lambda *arguments: size)
    found = rk.compare(scenario(kind), paths=PATHS, seed=1, workers=1, progress=False).outcomes
    assert_same_outcomes(found, alone[kind])


@pytest.mark.slow
@pytest.mark.parametrize("kind", RICH)
def test_a_longer_run_begins_with_the_shorter_one(alone, kind):
    found = rk.compare(scenario(kind), paths=130, seed=1, workers=1, progress=False).outcomes
    assert_same_outcomes(found, alone[kind], 130)


@pytest.mark.parametrize("kind", RICH)
def test_path_k_is_the_same_in_sample_trace_and_compare(alone, kind):
    whole, chosen = scenario(kind), [699, 0, 130, 255, 256]
    traced = rk.trace(whole, "cap", paths=chosen, seed=1)
    steps_per_year = RICH[kind][1]
    drawn = rk.sample(whole.market, years=2, steps_per_year=steps_per_year, paths=PATHS, seed=1)
    np.testing.assert_array_equal(traced.prices, drawn.prices[:, :3, chosen])
    np.testing.assert_array_equal(traced.wealth[-1], alone[kind].columns["wealth"][1, chosen])


@pytest.mark.parametrize("kind", RICH)
def test_adding_a_shock_changes_no_other_draw(kind):
    """A shock that hits cash alone changes neither the other prices nor any other event."""
    rich, steps_per_year = RICH[kind]
    more = replace(rich, shocks=[*rich.shocks, rk.Shock("devaluation", 0.5, {"cash": rk.Impact(-0.1, 0.03)})])
    one, other = (rk.sample(each, years=2, steps_per_year=steps_per_year, paths=300, seed=2) for each in (rich, more))
    np.testing.assert_array_equal(one.prices[:, :2], other.prices[:, :2])
    assert (one.prices[-1, 2] != other.prices[-1, 2]).any()
    others = other.events[other.events["shock"] != "devaluation"].reset_index(drop=True)
    assert others.equals(one.events)


@pytest.mark.parametrize("tails", [NIG, CLUSTERED, REGIMES], ids=["tail", "clustered", "regimes"])
def test_time_changes_have_streams_of_their_own(tails):
    """Events and impacts are those of the plain market, and so is cash."""
    one, other = (rk.sample(each, years=2, steps_per_year=12, paths=300, seed=2) for each in (
        market((), SHOCKS), market(tails, SHOCKS)))  # fmt: skip
    assert one.events.equals(other.events)
    np.testing.assert_allclose(one.prices[:, 2], other.prices[:, 2], rtol=1e-13)
    assert (one.prices[-1, 0] != other.prices[-1, 0]).all()
