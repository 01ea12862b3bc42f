"""Maximum drawdowns of simulated motions against the exact law, with the correction for reading it at steps.

Tolerances are four standard errors. What the correction leaves over is of the order of the step (.001 and .0004 here),
less than a tenth of them.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracles import (
    brownian_max_drawdown_mean,
    brownian_max_drawdown_survival,
    discrete_drawdown_gap,
    gbm_max_drawdown_survival,
)

from riskkit.measures import max_drawdown


def _motion(drift: float, volatility: float, horizon: float, steps: int, paths: int) -> np.ndarray:
    dt = horizon / steps
    moves = drift * dt + volatility * math.sqrt(dt) * np.random.default_rng(20).normal(size=(steps, paths))
    return np.concatenate([np.zeros((1, paths)), np.cumsum(moves, axis=0)])


@pytest.mark.parametrize("drift", [-1.0, 0.0, 0.5])
def test_max_drawdown_against_brownian_theory(drift: float) -> None:
    paths, steps = 4000, 1000
    depth = -np.log1p(-max_drawdown(np.exp(_motion(drift, 1.0, 1.0, steps, paths))))
    gap = discrete_drawdown_gap(1.0, 1.0 / steps)
    mean = brownian_max_drawdown_mean(drift, 1.0, 1.0) - gap
    assert depth.mean() == pytest.approx(mean, abs=4.0 * depth.std() / math.sqrt(paths))
    for threshold in (0.5, 1.0, 2.0):
        expected = float(brownian_max_drawdown_survival(threshold + gap, drift, 1.0, 1.0))
        error = math.sqrt(expected * (1.0 - expected) / paths)
        assert (depth > threshold).mean() == pytest.approx(expected, abs=4.0 * error)


def test_max_drawdown_of_ten_years_of_daily_prices_against_theory() -> None:
    """E[S_t] = exp(.10 t), volatility .30: a fraction f read daily is a depth -log(1 - f) + gap of the motion."""
    paths, steps, growth, volatility = 2000, 2520, 0.10, 0.30
    price = np.exp(_motion(growth - 0.5 * volatility**2, volatility, 10.0, steps, paths))
    largest = max_drawdown(price)
    gap = discrete_drawdown_gap(volatility, 10.0 / steps)
    for fraction in (0.5, 0.7):
        continuous = 1.0 - (1.0 - fraction) * math.exp(-gap)
        expected = float(gbm_max_drawdown_survival(continuous, growth, volatility, 10.0))
        error = math.sqrt(expected * (1.0 - expected) / paths)
        assert (largest > fraction).mean() == pytest.approx(expected, abs=4.0 * error)
