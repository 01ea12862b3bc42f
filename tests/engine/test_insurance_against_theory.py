"""CPPI and drawdown control against their theory: cushions that compound, floors that hold, and the gap risk."""

from __future__ import annotations

import math

import numpy as np
import pytest

import riskkit as rk

YEARS = 2


def traced(rule: rk.Rule, *, growth: float = 0.05, volatility: float = 0.3, paths: int = 200) -> rk.Trace:
    """Paths of a founder stock, at first 40 % of wealth, beside cash at 0 %, in weekly steps without costs."""
    portfolio = rk.Portfolio([rk.Holding("stock", 40, founder="Ann"), rk.Holding("cash", 60)])
    market = rk.Market({"stock": rk.Asset(growth, volatility), "cash": rk.Asset(0.0, 0.0)})
    scenario = rk.Scenario(portfolio, market, rule, years=YEARS, steps_per_year=52)
    return rk.trace(scenario, rule, paths=paths, seed=11)


def stock_returns(found: rk.Trace) -> np.ndarray:
    prices = found.prices[:, found.names.index("stock")]
    return prices[1:] / prices[:-1] - 1.0


def test_the_cushion_of_cppi_compounds_the_multiple_of_the_returns():
    """Black and Perold (1992): C(t+1) = C(t) + m C(t) r, so W(t) = floor + (1 - floor) Π (1 + m r).

    A multiple of 0.8 is never bound by 1. The start weight, 0.4, is brought to it at time 0.
    """
    found = traced(rk.CPPI(0.5, 0.8, every=0, at_start=True))
    cushion = 0.5 * np.cumprod(1.0 + 0.8 * stock_returns(found), axis=0)
    np.testing.assert_allclose(found.wealth[1:], 0.5 + cushion, rtol=0, atol=1e-12)


def test_cppi_against_its_law_in_continuous_time():
    """ln of the cushion at T is normal, with mean ln C0 + (m μ - ½ m² σ²) T and variance m² σ² T (Black and Perold).

    μ = ln 1.05. With weekly steps the mean of the product is (1 + m (1.05^(1/52) - 1))^104 to 2e-5 of this law. Over
    4,000 paths the means and variances of the logarithm are within four standard errors, and 0.3 % for the steps: the
    variance of ln(1 + m r) exceeds m² σ² dt by about (m - 1)² m² σ⁴ dt² / 2.
    """
    multiple, volatility, paths = 2.0, 0.15, 4000
    found = traced(rk.CPPI(0.9, multiple, every=0, at_start=True), volatility=volatility, paths=paths)
    logs = np.log(found.wealth[-1] - 0.9)
    spread = multiple * volatility * math.sqrt(YEARS)
    expected = math.log(0.1) + multiple * math.log(1.05) * YEARS - 0.5 * spread**2
    assert abs(logs.mean() - expected) < 4.0 * spread / math.sqrt(paths) + 0.003
    assert logs.std() == pytest.approx(spread, rel=4.0 / math.sqrt(2.0 * paths) + 0.003)


@pytest.mark.parametrize("multiple", [1.0, 3.0, 6.0])
def test_wealth_stays_above_the_floor_of_cppi_until_a_step_falls_by_more_than_1_of_the_multiple(multiple):
    """With 60 % volatility a week has an sd of 8 %, so that a fall of a sixth comes in two years, and one of a third
    hardly ever. Where 1 binds the weight, wealth has more than the cushion to lose, so a gap need not go through.
    """
    found = traced(rk.CPPI(0.8, multiple, every=0, at_start=True), volatility=0.6, paths=1000)
    below = found.wealth[1:] < 0.8 - 1e-12  # a cushion of 1e-17 is rounding
    through = below.any(axis=0)
    first = below.argmax(axis=0)[through]
    assert (stock_returns(found)[first, through.nonzero()[0]] < -1.0 / multiple).all()
    if multiple == 6.0:
        assert 0.0 < through.mean() < 0.9
        # Below the floor all is in cash.
        at_once = found.wealth[1:][first, through.nonzero()[0]]
        np.testing.assert_allclose(found.wealth[-1, through], at_once, rtol=0, atol=1e-12)
    else:
        assert not through.any()


def test_drawdown_control_that_buys_back_against_its_recursion():
    """Grossman and Zhou (1993) with w0 = 0.4 and limit L: the stock is worth (w0 / L) (W - (1 - L) M) on each date.

    W(t+1) = W(t) + that times the stock's return, M the highest W so far.
    """
    limit = 0.1
    found = traced(rk.DrawdownControl(limit, every=0, buy_back=True))
    wealth, peak = np.ones(200), np.ones(200)
    for step, moved in enumerate(stock_returns(found)):
        # At time 0 nothing is decided, and the start weight is the ceiling: w0 / L · L.
        wealth = wealth + 0.4 / limit * (wealth - (1.0 - limit) * peak) * moved
        peak = np.maximum(peak, wealth)
        np.testing.assert_allclose(found.wealth[step + 1], wealth, rtol=0, atol=1e-11)


@pytest.mark.parametrize("volatility", [0.3, 1.2])
def test_the_drawdown_stays_below_the_limit_until_a_step_falls_by_more_than_limit_of_start_weight(volatility):
    """Limit 0.08 and weight 0.4: a fall of a fifth in a week, five sd at 30 % volatility and 1.2 sd at 120 %."""
    found = traced(rk.DrawdownControl(0.08, every=0, buy_back=True), volatility=volatility, paths=500)
    drawdown = 1.0 - found.wealth / np.maximum.accumulate(found.wealth, axis=0)
    gap = (stock_returns(found) < -0.08 / 0.4).any(axis=0)
    deepest = drawdown.max(axis=0)
    assert (deepest[~gap] < 0.08).all()
    if volatility == 1.2:
        assert (deepest > 0.08).any()
    else:
        assert not gap.any()
        assert deepest.max() > 0.06  # the limit is near: many paths lose most of the cushion
