"""Minimum CVaR against a linear programme, by both methods, under path weights, bounds and constraints."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pytest
from plain_programmes import least_cvar, returns_of

import riskkit as rk
from riskkit.optimize import min_cvar

SAME = 1e-6


@pytest.mark.parametrize("method", ["lp", "cuts"])
@pytest.mark.parametrize(
    ("scenarios", "assets", "level"), [(40, 2, 0.9), (300, 8, 0.95), (500, 20, 0.975), (60, 5, 0.0)]
)
def test_least_cvar_is_that_of_the_linear_programme(scenarios, assets, level, method):
    returns = returns_of(scenarios, assets, seed=scenarios)
    found = min_cvar(returns, level=level, method=method)
    assert found.objective == pytest.approx(least_cvar(returns, level), rel=SAME)
    assert found.gap <= SAME
    assert found.lower_bound <= found.objective
    assert found.objective == pytest.approx(rk.measures.expected_shortfall(-returns @ found.weights, level), rel=1e-9)


def test_larger_samples_too():
    returns = returns_of(4000, 12)
    found = min_cvar(returns)
    assert found.objective == pytest.approx(least_cvar(returns), rel=SAME)
    assert found.status.startswith("optimal")


@pytest.mark.parametrize("method", ["lp", "cuts"])
def test_weights_of_scenarios_count(method):
    returns = returns_of(300, 6)
    path_weights = np.random.default_rng(3).exponential(size=300)
    path_weights[:100] = 0.0
    found = min_cvar(returns, path_weights=path_weights, method=method)
    assert found.objective == pytest.approx(least_cvar(returns, path_weights=path_weights), rel=SAME)
    # Scenarios of weight 0 might as well be left out.
    assert found.objective == pytest.approx(
        min_cvar(returns[100:], path_weights=path_weights[100:]).objective, rel=SAME
    )


@pytest.mark.parametrize("method", ["lp", "cuts"])
def test_bounds_and_a_least_mean_return(method):
    returns = returns_of(250, 6)
    low, high = np.array([-0.2, 0.0, 0.1, 0.0, -0.1, 0.0]), np.array([0.3, 0.5, 0.1, 0.4, 1.0, 0.2])
    least = 0.9 * returns.mean(axis=0).max()

    def limits(w):
        return [w >= low, w <= high, returns.mean(axis=0) @ w >= least]

    found = min_cvar(returns, bounds=np.stack([low, high], axis=1), min_return=least, method=method)
    assert found.objective == pytest.approx(least_cvar(returns, limits=limits), rel=SAME)
    assert found.mean_wealth >= 1.0 + least - 1e-7
    assert (found.weights >= low - 1e-9).all()
    assert (found.weights <= high + 1e-9).all()


CURVED = {
    "norm": lambda w: cp.norm(w) <= 0.55,
    "entropy": lambda w: cp.sum(cp.entr(w)) >= 1.2,
    "quadratic": lambda w: cp.quad_form(w, np.diag([1.0, 2.0, 3.0, 4.0, 5.0])) <= 0.5,
    "list": lambda w: [cp.norm(w - 0.2, 1) <= 0.5, w[0] == 2 * w[1]],
}


@pytest.mark.parametrize("method", ["lp", "cuts"])
@pytest.mark.parametrize("limit", CURVED.values(), ids=CURVED)
def test_any_convex_limit_of_cvxpy(limit, method):
    """Norms and entropies are no linear limits: the master problem is a cone programme then."""
    returns = returns_of(300, 5)

    def limits(w):
        made = limit(w)
        return [w >= 0.0, *(made if isinstance(made, list) else [made])]

    found = min_cvar(returns, constraints=limit, method=method)
    assert found.objective == pytest.approx(least_cvar(returns, limits=limits), rel=SAME)
    assert found.gap <= SAME


def test_a_tail_that_gains_has_a_negative_cvar():
    """B gains 1 or 2 % for sure: its CVaR is -1 %, and A, which can lose, only makes it worse."""
    returns = np.array([[-0.1, 0.01], [0.2, 0.02], [0.0, 0.01], [0.1, 0.02]])
    found = min_cvar(returns, level=0.5)
    assert found.objective == pytest.approx(least_cvar(returns, 0.5), abs=1e-9)
    assert found.objective < 0.0


@pytest.mark.parametrize("method", ["lp", "cuts"])
def test_an_objective_of_0_is_proven_too(method):
    """Cash has no risk and no return; anything else has losses."""
    returns = np.column_stack([returns_of(200, 3) - 0.2, np.zeros(200)])
    found = min_cvar(returns, method=method)
    assert found.objective == pytest.approx(0.0, abs=1e-9)
    assert found.weights.iloc[-1] == pytest.approx(1.0, abs=1e-6)
    assert found.status.startswith("optimal")


def test_equal_assets_are_no_trouble():
    returns = np.repeat(returns_of(400, 2), 3, axis=1)
    found = min_cvar(returns, method="cuts")
    assert found.objective == pytest.approx(least_cvar(returns), rel=SAME)


def test_one_asset_is_held_whole():
    returns = returns_of(50, 1)
    found = min_cvar(returns)
    assert found.weights.to_list() == pytest.approx([1.0])
    assert found.objective == pytest.approx(rk.measures.expected_shortfall(-returns[:, 0], 0.95), rel=1e-9)


def test_a_fixed_weight_stays_fixed():
    returns = returns_of(200, 3)
    found = min_cvar(returns, bounds=[(0.25, 0.25), (0, 1), (0, 1)], method="cuts")
    assert found.weights.iloc[0] == pytest.approx(0.25, abs=1e-9)
    limits = lambda w: [w >= 0.0, w[0] == 0.25]  # noqa: E731
    assert found.objective == pytest.approx(least_cvar(returns, limits=limits), rel=SAME)


def test_paths_are_taken_from_start_to_end():
    market = rk.Market({"A": rk.Asset(0.08, 0.3), "B": rk.Asset(0.05, 0.15)}, {"A": {"B": 0.4}})
    paths = rk.sample(market, years=2, steps_per_year=4, paths=300, seed=5)
    found = min_cvar(paths)
    assert list(found.weights.index) == ["A", "B"]
    assert found.objective == pytest.approx(least_cvar(paths.prices[-1].T - 1.0), rel=SAME)
    assert found.mean_wealth == pytest.approx(float(paths.prices[-1].mean(axis=1) @ found.weights))
