"""Entropy pooling against closed forms, an independent solver and hand calculation of what is feasible."""

from __future__ import annotations

import math

import numpy as np
import pytest

from riskkit.comparison.reweighting.entropy_pooling import (
    Bound,
    attainable,
    feasible,
    least_divergent,
    relative_entropy,
)


def pooled(prior: np.ndarray, *bounds: Bound) -> np.ndarray:
    logs, _ = least_divergent(prior, bounds)
    weights = prior * np.exp(logs - logs.max())
    return weights / weights.sum()


def normal_grid() -> tuple[np.ndarray, np.ndarray]:
    """A standard normal law on a grid so fine and wide that sums are integrals to the last digits."""
    x = np.arange(-1200, 1201) / 100.0
    prior = np.exp(-0.5 * x**2)
    return x, prior / prior.sum()


@pytest.mark.parametrize("mean", [-1.5, 0.3, 2.0])
def test_a_mean_of_a_normal_moves_it_as_it_is(mean):
    """The exponential tilt of N(0, 1) to mean m is N(m, 1): variance 1, and relative entropy m² / 2."""
    x, prior = normal_grid()
    weights = pooled(prior, Bound(x, mean, 0))
    assert (weights * x).sum() == pytest.approx(mean, abs=1e-9)
    assert (weights * (x - mean) ** 2).sum() == pytest.approx(1.0, abs=1e-8)
    assert relative_entropy(weights, prior) == pytest.approx(0.5 * mean**2, abs=1e-8)
    np.testing.assert_allclose(weights, np.exp(-0.5 * (x - mean) ** 2) / np.exp(-0.5 * x**2).sum(), atol=1e-10)


def test_a_mean_of_one_normal_moves_another_by_their_correlation():
    """Of two normals with correlation 0.6, a mean of 0.5 for the first gives 0.3 for the second."""
    grid = np.arange(-80, 81) / 10.0
    x, y = (each.ravel() for each in np.meshgrid(grid, grid))
    prior = np.exp(-(x**2 - 1.2 * x * y + y**2) / (2.0 * (1.0 - 0.36)))
    prior /= prior.sum()
    weights = pooled(prior, Bound(x, 0.5, 0))
    assert (weights * y).sum() == pytest.approx(0.3, abs=1e-8)
    assert (weights * (y - 0.3) ** 2).sum() == pytest.approx(1.0, abs=1e-8)


def test_two_points_by_hand():
    """0 at 0.8 and 10 at 0.2 to a mean of 5: 0.5 each; relative entropy 0.5 ln(0.5/0.8) + 0.5 ln(0.5/0.2) = 0.2231."""
    prior = np.array([0.8, 0.2])
    weights = pooled(prior, Bound(np.array([0.0, 10.0]), 5.0, 0))
    np.testing.assert_allclose(weights, [0.5, 0.5], rtol=1e-9)
    assert relative_entropy(weights, prior) == pytest.approx(0.5 * math.log(0.5 / 0.8) + 0.5 * math.log(0.5 / 0.2))


def test_a_probability_scales_weights_inside_and_outside_the_event():
    """From 3 of 10 to 0.6: inside each path weighs 0.6 / 3, outside 0.4 / 7."""
    inside = (np.arange(10) < 3).astype(float)
    weights = pooled(np.full(10, 0.1), Bound(inside, 0.6, 0))
    np.testing.assert_allclose(weights, np.where(inside == 1.0, 0.2, 0.4 / 7.0), rtol=1e-9)


def test_a_bound_that_holds_already_moves_nothing():
    x, prior = normal_grid()
    logs, multipliers = least_divergent(prior, [Bound(x, -0.5, 1), Bound(x**2, 2.0, -1)])
    assert multipliers.tolist() == [0.0, 0.0]
    assert np.ptp(logs) == 0.0


def test_a_bound_that_binds_is_an_equality_and_leaves_the_other_alone():
    x, prior = normal_grid()
    bounds = [Bound(x, 0.4, 1), Bound(x**2, 1.5, -1)]
    _, multipliers = least_divergent(prior, bounds)
    assert multipliers[0] > 0.0
    assert multipliers[1] == 0.0
    np.testing.assert_allclose(pooled(prior, *bounds), pooled(prior, Bound(x, 0.4, 0)), atol=1e-12)


def test_a_view_stated_twice_counts_once():
    x, prior = normal_grid()
    once, twice = pooled(prior, Bound(x, 0.7, 0)), pooled(prior, Bound(x, 0.7, 0), Bound(x, 0.7, 0))
    np.testing.assert_allclose(twice, once, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_against_an_independent_solver(seed):
    """The same problem in cvxpy: equality, lower and upper bound at once, unequal prior."""
    import cvxpy as cp

    rng = np.random.default_rng(seed)
    values = rng.normal(size=(3, 40))
    values[2] = values[2] > 0.5
    prior = rng.uniform(0.5, 1.5, 40)
    prior /= prior.sum()
    bounds = [Bound(values[0], 0.3, 0), Bound(values[1], 0.2, 1), Bound(values[2], 0.25, -1)]
    w = cp.Variable(40)
    met = [cp.sum(w) == 1, values[0] @ w == 0.3, values[1] @ w >= 0.2, values[2] @ w <= 0.25]
    tight = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), 1e-11)
    cp.Problem(cp.Minimize(cp.sum(cp.rel_entr(w, prior))), met).solve(solver="CLARABEL", **tight)
    np.testing.assert_allclose(pooled(prior, *bounds), w.value, atol=1e-6)


def test_infeasible_bounds_are_found():
    """Of 0 … 4, a share of 0.5 at 3 or above leaves means from 0.5 · 0 + 0.5 · 3 to 0.5 · 2 + 0.5 · 4."""
    x, prior = np.arange(5.0), np.full(5, 0.2)
    high = Bound((x >= 3.0).astype(float), 0.5, 0)
    assert attainable(x, [high], prior) == pytest.approx((1.5, 3.0), abs=1e-9)
    assert feasible([high, Bound(x, 1.6, 0)], prior)
    assert not feasible([high, Bound(x, 1.4, 0)], prior)
    assert not feasible([high, Bound(x, 3.1, 1)], prior)
    assert feasible([high, Bound(x, 3.1, -1)], prior)
    assert least_divergent(prior, [high, Bound(x, 1.4, 0)]) is None
    assert least_divergent(prior, [high, Bound(x, 1.6, 0)]) is not None


def test_relative_entropy_by_hand():
    """0.75 ln(0.75 / 0.5) + 0.25 ln(0.25 / 0.5) = 0.1308; a path that is left out counts 0."""
    assert relative_entropy(np.array([0.75, 0.25]), np.array([0.5, 0.5])) == pytest.approx(0.130812, abs=1e-6)
    assert relative_entropy(np.array([0.5, 0.5, 0.0]), np.array([0.4, 0.4, 0.2])) == pytest.approx(math.log(1.25))
