"""Risk budgets are met: closed forms for volatility, a direct programme for CVaR.

At the minimum of a smooth function an objective that is right to 1e-8 leaves weights free by about its root, 1e-4.
"""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from plain_programmes import returns_of

import riskkit as rk
from riskkit.optimize import founder_limit, risk_budget


def sample_with(covariance: np.ndarray) -> np.ndarray:
    """Scenarios whose covariance is the given one exactly: the columns of a Hadamard matrix are uncorrelated."""
    hadamard = np.array([[1.0]])
    while len(hadamard) <= len(covariance):
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    return hadamard[:, 1 : len(covariance) + 1] @ np.linalg.cholesky(covariance).T


def test_uncorrelated_assets_against_the_closed_form():
    """w_i^2 sd_i^2 in proportion to b_i, so w_i in proportion to sqrt(b_i) / sd_i."""
    sd, shares = np.array([0.1, 0.2, 0.4]), np.array([0.2, 0.3, 0.5])
    found = risk_budget(sample_with(np.diag(sd**2)), budgets=dict(enumerate(shares)))
    wanted = np.sqrt(shares) / sd
    assert found.weights.to_numpy() == pytest.approx(wanted / wanted.sum(), abs=1e-4)
    assert found.contributions.to_numpy() == pytest.approx(shares, abs=1e-4)
    assert found.risk == pytest.approx(1.0 / wanted.sum(), rel=1e-4)


def test_equal_correlations_against_the_closed_form():
    """Equal shares under one correlation for all pairs: w_i in proportion to 1 / sd_i (Maillard et al., 2010)."""
    sd = np.array([0.1, 0.2, 0.4, 0.5])
    correlation = np.full((4, 4), 0.3) + 0.7 * np.eye(4)
    found = risk_budget(sample_with(np.outer(sd, sd) * correlation))
    assert found.weights.to_numpy() == pytest.approx(1.0 / sd / (1.0 / sd).sum(), abs=1e-4)


def test_two_assets_for_any_correlation():
    """Two assets carry equal shares at w_1 sd_1 = w_2 sd_2, whatever their correlation."""
    for rho in (-0.9, 0.0, 0.8):
        covariance = np.array([[0.01, 0.03 * rho], [0.03 * rho, 0.09]])
        assert risk_budget(sample_with(covariance)).weights.to_list() == pytest.approx([0.75, 0.25], abs=1e-4)


def test_weighted_scenarios_are_repeated_scenarios():
    returns = returns_of(60, 3)
    times = np.random.default_rng(1).integers(1, 4, 60)
    weighted = risk_budget(returns, path_weights=times.astype(float))
    repeated = risk_budget(np.repeat(returns, times, axis=0))
    assert weighted.weights.to_numpy() == pytest.approx(repeated.weights.to_numpy(), abs=1e-4)
    assert weighted.risk == pytest.approx(repeated.risk, rel=1e-4)


def test_founder_limit_scales_the_founders_shares():
    """Three of four assets are Musk's. With 30 % at most, 10 % each are left for them, and 70 % for bonds."""
    holdings = [rk.Holding(name, 1, founder="Musk") for name in ("TSLA", "SpaceX", "xAI")]
    portfolio = rk.Portfolio([*holdings, rk.Holding("bonds", 1)])
    returns = pd.DataFrame(sample_with(np.diag([0.09, 0.16, 0.25, 0.01])), columns=portfolio.names)
    found = risk_budget(returns, limits=founder_limit("Musk", 0.3, portfolio))
    assert found.budgets.to_dict() == pytest.approx({"TSLA": 0.1, "SpaceX": 0.1, "xAI": 0.1, "bonds": 0.7}, abs=1e-4)
    wanted = np.sqrt(found.budgets) / np.array([0.3, 0.4, 0.5, 0.1])
    assert found.weights.to_numpy() == pytest.approx((wanted / wanted.sum()).to_numpy(), abs=1e-4)
    assert found.contributions[["TSLA", "SpaceX", "xAI"]].sum() == pytest.approx(0.3, abs=1e-4)


def test_shares_that_keep_the_limits_are_left_alone():
    wanted = {0: 0.2, 1: 0.3, 2: 0.5}
    found = risk_budget(returns_of(100, 3), budgets=wanted, limits=lambda b: b[2] <= 0.6)
    assert found.budgets.to_dict() == pytest.approx(wanted, rel=1e-12)


def test_cvar_against_a_direct_programme():
    """One programme with a row a scenario: min edge + E[(loss - edge)+] / (1 - level) - sum of b log x."""
    returns, shares = returns_of(400, 4) - 0.05, np.array([0.1, 0.2, 0.3, 0.4])
    found = risk_budget(returns, risk="cvar", level=0.9, budgets=dict(enumerate(shares)))
    x, edge, excess = cp.Variable(4), cp.Variable(), cp.Variable(400, nonneg=True)
    risk = edge + cp.sum(excess) / 40.0
    cp.Problem(cp.Minimize(risk - shares @ cp.log(x)), [excess >= -returns @ x - edge]).solve(solver=cp.CLARABEL)
    assert found.weights.to_numpy() == pytest.approx(x.value / x.value.sum(), abs=1e-3)
    assert found.risk == pytest.approx(
        rk.measures.expected_shortfall(-returns @ found.weights.to_numpy(), 0.9), rel=1e-9
    )
    assert found.gap <= 1e-6
    assert found.lower_bound <= found.objective


def test_cvar_contributions_meet_the_shares_up_to_one_scenario_in_the_tail():
    """1000 scenarios fill the tail: at a kink contributions jump by about the loss of one, 1e-3 of the risk."""
    found = risk_budget(returns_of(20_000, 5) - 0.05, risk="cvar")
    assert found.contributions.sum() == pytest.approx(1.0)
    assert found.contributions.to_numpy() == pytest.approx(np.full(5, 0.2), abs=5e-3)
    assert found.status.startswith("optimal")


def test_the_text_says_how_well_the_shares_are_met():
    text = repr(risk_budget(returns_of(100, 3)))
    assert text.startswith("RiskBudget\n")
    assert "budgets met to" in text
