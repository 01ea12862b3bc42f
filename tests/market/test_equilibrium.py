"""Expected returns that a portfolio implies: by hand, and in a fitted market."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from riskkit._core.errors import InvalidInput
from riskkit.market import fit
from riskkit.market.calibration._equilibrium import Equilibrium, equilibrium
from riskkit.market.calibration._proxy import Proxy
from riskkit.portfolio._portfolio import Holding, Portfolio

HALVES = Portfolio([Holding("A", 50), Holding("B", 50)])
COVARIANCE = np.array([[0.04, 0.06, 0.0], [0.06, 0.25, 0.01], [0.0, 0.01, 0.09]])


def test_two_halves_against_hand_calculation():
    """Σw = (.05, .155, .005) and w'Σw = .1025: betas 20/41, 62/41 and 2/41, times 4.1 %, above 1 % of cash."""
    found = equilibrium(HALVES, 0.041, cash=0.01).expected_returns(COVARIANCE, ["A", "B", "C"])
    assert list(found) == ["A", "B", "C"]
    assert list(found.values()) == pytest.approx([0.03, 0.072, 0.012], rel=1e-12)


def test_the_portfolio_earns_the_premium_in_a_fitted_market():
    rng = np.random.default_rng(0)
    steps = 0.01 * (rng.normal(size=(300, 1)) + rng.normal(size=(300, 3)) * [0.5, 1.0, 2.0])
    prices = pd.DataFrame(np.exp(steps.cumsum(axis=0)), pd.bdate_range("2024-01-01", periods=300), ["A", "B", "C"])
    portfolio = Portfolio([Holding("C", 10), Holding("A", 30)])
    market = fit(
        prices, expected_return=equilibrium(portfolio, 0.05, cash=0.02), proxies={"P": Proxy("A", 0.4, beta=1.5)}
    )
    returns = {name: asset.expected_return for name, asset in market.assets.items()}
    assert 0.25 * returns["C"] + 0.75 * returns["A"] == pytest.approx(0.07, rel=1e-12)
    # What has a proxy earns by what it shares with it: noise of its own is not paid.
    assert returns["P"] - 0.02 == pytest.approx(1.5 * (returns["A"] - 0.02), rel=1e-12)
    # An index alone: each asset's beta to it, which is its correlation times the ratio of volatilities.
    market = fit(prices, expected_return=equilibrium(Portfolio([Holding("B", 1)]), 0.05))
    beta = market.correlation.loc["C", "B"] * market.assets["C"].volatility / market.assets["B"].volatility
    assert market.assets["C"].expected_return == pytest.approx(0.05 * beta, rel=1e-9)


def test_it_is_data():
    assert equilibrium(HALVES, 0.04) == Equilibrium(HALVES, 0.04, 0.0)
    assert pickle.loads(pickle.dumps(equilibrium(HALVES, 0.04))) == equilibrium(HALVES, 0.04)
    assert hash(equilibrium(HALVES, 0.04)) == hash(equilibrium(HALVES, 0.04))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: equilibrium({"A": 1.0}, 0.04), r"^equilibrium: portfolio must be a Portfolio, got \{"),
        (lambda: equilibrium(HALVES, math.nan), "^equilibrium: premium must be finite, got nan$"),
        (lambda: equilibrium(HALVES, 0.04, cash=-1.0), r"^equilibrium: cash must be > -1, got -1\.0$"),
        (
            lambda: equilibrium(HALVES, 0.04).expected_returns(COVARIANCE, ["A", "C", "D"]),
            "^equilibrium: portfolio must name one of 'A', 'C', 'D', got 'B'",
        ),
        (
            lambda: equilibrium(HALVES, -0.5, cash=-0.3).expected_returns(COVARIANCE, ["A", "B", "C"]),
            r"^equilibrium: expected return of 'B' must be > -1, got -1\.05",
        ),
    ],
)
def test_portfolios_without_implied_returns_are_refused(build, message):
    with pytest.raises(InvalidInput, match=message):
        build()
