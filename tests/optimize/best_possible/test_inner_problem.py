"""The dual of the inner problem against a general convex solver, and its validity at any multiplier."""

from __future__ import annotations

from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from exact_tree import Tree

from riskkit.optimize.best_possible.inner_problem import relaxed_values
from riskkit.optimize.best_possible.utility import PowerUtility


@pytest.mark.parametrize("risk_aversion", [0.5, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("limit", [1.0, 0.3])
def test_dual_against_a_convex_solver(risk_aversion, limit):
    """Random charges on the tree; sales of a date are at most `limit` of what is then held."""
    tree = Tree(0.12)
    problem = replace(tree.problem, utility=PowerUtility(risk_aversion), limit=np.full((6, 1), limit))
    rng = np.random.default_rng(4)
    charge = 0.3 * rng.normal(size=(7, 1, 64))
    found = relaxed_values(problem, tree.prices, charge)
    for path in range(0, 64, 13):
        sales = cp.Variable(7, nonneg=True)
        wealth = 0.35 * 1.05**6 + tree.worth[:, path] @ sales
        utility = cp.log(wealth) if risk_aversion == 1.0 else cp.power(wealth, 1 - risk_aversion) / (1 - risk_aversion)
        held = [1 - (cp.sum(sales[:date]) if date else 0) for date in range(6)]
        constraints = [cp.sum(sales) == 1, *(sales[date] <= limit * held[date] for date in range(6))]
        programme = cp.Problem(cp.Maximize(utility - charge[:, 0, path] @ sales), constraints)
        programme.solve(solver="CLARABEL")
        assert found[path] == pytest.approx(programme.value, abs=2e-6)


def test_never_below_any_plan():
    """Weak duality: no sales have a higher utility less charge, on any path."""
    tree, rng = Tree(0.08), np.random.default_rng(7)
    charge = 0.2 * rng.normal(size=(7, 1, 64))
    found = relaxed_values(tree.problem, tree.prices, charge)
    for _ in range(500):
        sales = rng.dirichlet(np.full(7, 0.3), size=64).T
        wealth = 0.35 * 1.05**6 + (sales * tree.worth).sum(axis=0)
        assert (-0.5 * wealth**-2.0 - (sales * charge[:, 0]).sum(axis=0) <= found + 1e-12).all()
