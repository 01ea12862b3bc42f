"""Refusals of the optimisers name the argument."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from plain_programmes import returns_of

import riskkit as rk
from riskkit.optimize import frontier, min_cdar, min_ced, min_cvar, risk_budget

RETURNS = returns_of(100, 4)
STEPS = 0.1 * returns_of(60, 3).reshape(20, 3, 3)


A_GAP = np.where(STEPS[3, 1, 2] == STEPS, np.nan, STEPS)


def with_a_gap() -> pd.DataFrame:
    table = pd.DataFrame(RETURNS, columns=list("ABCD"), copy=True)
    table.loc[7, "C"] = np.nan
    return table


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        ({"returns": with_a_gap()}, r"returns must be finite, got NaN at row 7 \(7\), column 'C'"),
        ({"returns": RETURNS[:3]}, "scenarios must be at least as many as assets, got 3 for 4 assets"),
        ({"returns": RETURNS[:, 0]}, r"returns must have shape \(scenario, asset\), got shape \(100,\)"),
        ({"returns": pd.DataFrame(RETURNS, columns=list("ABBC"))}, "names of assets must be unique, got 'B' twice"),
        ({"returns": "prices"}, "returns must be numbers"),
        ({"returns": [["a", "b"]]}, "returns must be numbers"),
        ({"level": 0.999}, "level must leave at least one of the scenarios in the tail, got 0.999, .* 0.1 of 100"),
        ({"level": 1.0}, "level must be >= 0 and < 1, got 1.0"),
        ({"path_weights": np.ones(3)}, r"weights must be one number for each of 100, .* got shape \(3,\)"),
        ({"path_weights": -np.ones(100)}, "weights must be >= 0, got -1.0"),
        (
            {"path_weights": np.arange(100) < 10},
            "weights must be numbers",
        ),
        ({"path_weights": (np.arange(100) < 10).astype(float)}, "the tail holds 0.5 of 10 scenarios"),
        ({"bounds": (0, 0.2)}, "bounds must let the weights sum to 1, got upper bounds that sum to 0.8"),
        ({"bounds": (0.3, 1)}, "bounds must let the weights sum to 1, got lower bounds that sum to 1.2"),
        ({"bounds": (1, 0)}, "upper bound of 0 must be >= 1, got 0.0"),
        ({"bounds": (0, np.inf)}, "upper bound of 0 must be >= 0, got inf"),
        ({"bounds": 0.5}, r"bounds must be a pair \(low, high\), one pair for each of 4 assets"),
        ({"bounds": [(0, 1)] * 3}, "bounds must be a pair"),
        ({"bounds": {"E": (0, 1)}}, "bounds must name assets among 0, 1, 2, 3, got 'E'"),
        ({"bounds": {2: 0.3}}, r"bounds of 2 must be a pair \(low, high\), got 0.3"),
        ({"min_return": "much"}, "min_return must be a number, got 'much'"),
        ({"method": "simplex"}, "method must be one of 'auto', 'lp', 'cuts', got 'simplex'"),
    ],
)
def test_min_cvar_refuses_by_name(arguments, pattern):
    with pytest.raises(rk.InvalidInput, match=pattern):
        min_cvar(**{"returns": RETURNS, **arguments})


@pytest.mark.parametrize("optimiser", [min_cdar, min_ced])
@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        ({"paths": STEPS[:1, :, :1]}, "returns along the paths must be at least as many as assets, got 1 for 3 assets"),
        ({"paths": 1.0 + STEPS - 3.0}, "paths must be returns, each >= -1"),
        ({"paths": STEPS[0, 0]}, r"paths must have shape \(time, asset\) for one path or \(time, asset, path\)"),
        (
            {"paths": np.where(STEPS[3, 1, 2] == STEPS, np.nan, STEPS)},
            r"paths must be finite, got NaN at index \(3, 1, 2\)",
        ),
        ({"paths": STEPS, "path_weights": np.ones(20)}, "weights must be one number for each of 3"),
        ({"paths": STEPS, "bounds": (0, 0.2), "level": 0.5}, "bounds must let the weights sum to 1"),
    ],
)
def test_min_cdar_and_min_ced_refuse_by_name(optimiser, arguments, pattern):
    with pytest.raises(rk.InvalidInput, match=pattern):
        optimiser(**{"level": 0.0, **arguments})


def test_the_tail_of_ced_is_of_paths_that_of_cdar_of_points():
    """Three paths of 21 points: 5 % of them is 0.15 paths, but 3.15 points."""
    with pytest.raises(rk.InvalidInput, match=r"the tail holds 0.15 of 3 paths; use a level of at most 0.6667"):
        min_ced(STEPS)
    with pytest.raises(rk.InvalidInput, match=r"the tail holds 0.63 of 63 points"):
        min_cdar(STEPS, level=0.99)
    assert min_cdar(STEPS).status.startswith("optimal")


@pytest.mark.parametrize(
    ("call", "pattern"),
    [
        (lambda: frontier(RETURNS, points=1), "points must be >= 2, got 1"),
        (lambda: frontier(RETURNS, risk="volatility"), "risk must be one of 'cvar', 'cdar', 'ced', got 'volatility'"),
        (lambda: frontier(RETURNS, constraints=lambda w: w[0] >= 2), "constraint 1 is infeasible within the bounds"),
        (lambda: risk_budget(RETURNS, risk="ced"), "risk must be one of 'volatility', 'cvar', got 'ced'"),
        (
            lambda: risk_budget(RETURNS, budgets={0: 1.0}),
            "budgets must be a mapping with an entry for each of 0, 1, 2, 3",
        ),
        (lambda: risk_budget(RETURNS, budgets=dict.fromkeys(range(4), 0.3)), "budgets must sum to 1, got 1.2"),
        (
            lambda: risk_budget(RETURNS, budgets={0: 0.0, 1: 0.5, 2: 0.3, 3: 0.2}),
            "budget of 0 must be >= 1e-06, got 0.0",
        ),
        (lambda: risk_budget(RETURNS, limits=lambda b: b <= 0.2), "constraint 1 is infeasible .* by at least 0.05"),
        (
            lambda: risk_budget(np.column_stack([RETURNS, np.full(100, 0.02)])),
            "risk_budget: every mix .* for a mix of 4",
        ),
        (lambda: risk_budget(0.01 + 0.0 * RETURNS), "risk_budget: every mix of the assets must have risk"),
        (lambda: risk_budget(RETURNS + 3.0, risk="cvar"), "risk_budget: every mix of the assets must have risk, got -"),
    ],
)
def test_frontier_and_risk_budget_refuse_by_name(call, pattern):
    with pytest.raises(rk.InvalidInput, match=pattern):
        call()
