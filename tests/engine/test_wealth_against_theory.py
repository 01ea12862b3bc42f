"""Wealth against closed forms: maximum drawdowns read at steps, and constant mix against buy and hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracles import (
    buy_and_hold_mean,
    buy_and_hold_quantile,
    constant_mix_mean,
    constant_mix_quantile,
    gbm_max_drawdown_mean,
)
from samples import SIGMAS, assert_mean, assert_share
from theory import read_max_drawdown_mean, read_max_drawdown_survival, stepwise_mix_mean

import riskkit as rk


def held_alone(growth, volatility, *, years, steps_per_year, paths, seed):
    """Maximum drawdowns of one asset with E[S_t] = exp(growth · t)."""
    market = rk.Market({"a": rk.Asset(math.expm1(growth), volatility)})
    portfolio = rk.Portfolio([rk.Holding("a", 1.0)])
    scenario = rk.Scenario(portfolio, market, [rk.Hold()], years=years, steps_per_year=steps_per_year)
    return rk.compare(scenario, paths=paths, seed=seed, progress=False).values("hold", "max_drawdown")


def test_max_drawdown_of_a_stock_read_daily_against_brownian_theory():
    """Growth .10, volatility .30, ten years. Read continuously the mean is .60290; daily reading misses
    2 · .5826 σ √dt of the log drawdown (Broadie, Glasserman and Kou 1997), which this sample can tell."""
    deepest = held_alone(0.10, 0.30, years=10, steps_per_year=252, paths=40_000, seed=1)
    drift, dt = 0.10 - 0.5 * 0.30**2, 1 / 252
    assert_mean(deepest, read_max_drawdown_mean(drift, 0.30, 10.0, dt, fractional=True))
    for fraction in (0.3, 0.5, 0.7):
        depth = -math.log(1.0 - fraction)
        assert_share(deepest > fraction, float(read_max_drawdown_survival(depth, drift, 0.30, 10.0, dt)), f"{fraction}")
    assert gbm_max_drawdown_mean(0.10, 0.30, 10.0) == pytest.approx(0.60290, abs=5e-6)
    assert (0.60290 - deepest.mean()) / (deepest.std() / 200.0) > SIGMAS


def test_max_drawdown_in_logs_against_brownian_theory():
    """Drift .5, volatility 1, one year in 2000 steps; continuously E = 1.068603, P(> 1) = .4755597, P(> 2) = .03730."""
    deepest = held_alone(1.0, 1.0, years=1, steps_per_year=2000, paths=20_000, seed=2)
    depth, dt = -np.log1p(-deepest), 1 / 2000
    assert_mean(depth, read_max_drawdown_mean(0.5, 1.0, 1.0, dt))
    for level in (0.7, 1.0, 2.0):
        assert_share(depth > level, float(read_max_drawdown_survival(level, 0.5, 1.0, 1.0, dt)), f"P(> {level})")


@pytest.mark.slow
def test_constant_mix_against_buy_and_hold():
    """.65 at growth .10 and volatility .40, the rest at .03, ten years: hold wins the mean, 2.23933 against 2.12761,
    and loses the median, 1.26636 against 1.51740."""
    w, growth, sigma, rate, years, steps_per_year = 0.65, 0.10, 0.40, 0.03, 10.0, 52
    portfolio = rk.Portfolio([rk.Holding("stock", w), rk.Holding("cash", 1.0 - w)])
    market = rk.Market({"stock": rk.Asset(math.expm1(growth), sigma), "cash": rk.Asset(math.expm1(rate), 0.0)})
    rules = [rk.Hold(), rk.Rebalance(0)]
    scenario = rk.Scenario(portfolio, market, rules, years=years, steps_per_year=steps_per_year)
    result = rk.compare(scenario, paths=60_000, seed=3, progress=False)
    hold, mix = (result.values(name, "wealth") for name in ("hold", "rebalance"))
    assert_mean(hold, buy_and_hold_mean(w, growth, rate, years))
    assert_mean(mix, stepwise_mix_mean(w, growth, rate, 1 / steps_per_year, years))
    assert stepwise_mix_mean(w, growth, rate, 1e-4, years) == pytest.approx(2.12761, abs=1e-4)
    # With weekly trades the log growth of a mix misses that of continuous ones by less than 1e-4 a year.
    for values, quantile in ((hold, buy_and_hold_quantile), (mix, constant_mix_quantile)):
        for p in (0.05, 0.5, 0.9):
            assert_share(values <= quantile(p, w, growth, sigma, rate, years), p, f"{quantile.__name__} at {p}")
    table = result.table(["wealth_mean", "wealth_median"])
    errors = result.errors(["wealth_mean", "wealth_median"])
    figures = [[2.23933, 1.26636], [2.12761, 1.51740]]
    assert (np.abs(table.to_numpy() - figures) < SIGMAS * errors.to_numpy()).all()
    assert constant_mix_mean(w, growth, rate, years) == pytest.approx(2.12761, abs=5e-6)
    assert table.loc["hold", "wealth_mean"] > table.loc["rebalance", "wealth_mean"]
    assert table.loc["hold", "wealth_median"] < table.loc["rebalance", "wealth_median"]


def test_a_costly_mix_pays_its_cost_on_every_trade():
    """Two assets alike but for their noise, restored weekly: E[turnover] a year is Σ E|drift of the weight| / dt.

    From w = 1/2 a step's weight moves by about w (1 - w) (x1 - x2), x1 - x2 normal with variance 2 σ² dt, so what is
    sold is .25 · σ √(2 dt) · √(2/π) of wealth, each step but the last; cost is that of both sides.
    """
    sigma, steps_per_year, cost = 0.2, 52, 0.001
    portfolio = rk.Portfolio([rk.Holding("a", 1.0), rk.Holding("b", 1.0)])
    market = rk.Market({"a": rk.Asset(0.0, sigma), "b": rk.Asset(0.0, sigma)})
    scenario = rk.Scenario(
        portfolio, market, [rk.Rebalance(0)], years=2, steps_per_year=steps_per_year, frictions=rk.Frictions(cost)
    )
    result = rk.compare(scenario, paths=4000, seed=4, progress=False)
    dt = 1 / steps_per_year
    sold = 0.25 * sigma * math.sqrt(2 * dt) * math.sqrt(2 / math.pi)
    turnover = result.values("rebalance", "turnover")
    # The weight moves by tanh(x/2)/2, not x/4: less by the part E|x|³/(12 E|x|) = σ² dt / 3 = 0.026 %.
    assert turnover.mean() == pytest.approx(sold * 103 / 2, rel=3e-4 + SIGMAS * 0.76 / math.sqrt(103 * 4000))
    assert (result.values("rebalance", "rebalances") == 103 / 2).all()
    wealth, paid = result.values("rebalance", "wealth"), result.values("rebalance", "cost_paid")
    assert_mean(wealth + paid, 1.0, "martingale plus what it paid")
