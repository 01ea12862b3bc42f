"""An independent optimiser finds the same least CVaR on the prices it ships: twenty stocks, 1990 to 2022."""

from __future__ import annotations

import pytest

from riskkit.measures import expected_shortfall
from riskkit.optimize import min_cvar, risk_budget


@pytest.fixture(scope="module")
def returns():
    datasets = pytest.importorskip("skfolio.datasets")
    return datasets.load_sp500_dataset().pct_change().iloc[1:]


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_least_cvar_agrees(returns, level):
    optimization = pytest.importorskip("skfolio.optimization")
    risk = pytest.importorskip("skfolio").RiskMeasure.CVAR
    tight = dict.fromkeys(["tol_gap_abs", "tol_gap_rel"], 1e-9)
    theirs = optimization.MeanRisk(risk_measure=risk, cvar_beta=level, solver_params=tight).fit(returns)
    ours = min_cvar(returns, level=level)
    assert ours.objective == pytest.approx(expected_shortfall(-returns @ theirs.weights_, level), rel=1e-6)
    assert ours.weights.to_numpy() == pytest.approx(theirs.weights_, abs=2e-3)


def test_risk_parity_agrees(returns):
    """Weights at the minimum of a smooth function: an objective right to 1e-7 leaves them free by its root."""
    optimization = pytest.importorskip("skfolio.optimization")
    theirs = optimization.RiskBudgeting().fit(returns)
    ours = risk_budget(returns)
    assert ours.weights.to_numpy() == pytest.approx(theirs.weights_, abs=3e-4)
