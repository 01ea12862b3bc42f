"""Minimum CDaR and CED against linear programmes; compounded wealth against the measures."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from plain_programmes import least_cdar, least_ced, returns_of

import riskkit as rk
from riskkit.optimize import DrawdownAllocation, min_cdar, min_ced

SAME = 1e-6


def steps_of(times: int, assets: int, paths: int, seed: int = 0) -> np.ndarray:
    """Returns (time, asset, path)."""
    return 0.2 * returns_of(times * paths, assets, seed).reshape(times, paths, assets).transpose(0, 2, 1)


@pytest.mark.parametrize("level", [0.0, 0.3, 0.8, 0.95])
@pytest.mark.parametrize(("ours", "plain"), [(min_cdar, least_cdar), (min_ced, least_ced)])
def test_least_drawdown_is_that_of_the_linear_programme(ours, plain, level):
    steps = steps_of(12, 5, 25)
    found = ours(steps, level=level)
    assert found.objective == pytest.approx(plain(steps, level), rel=SAME)
    assert found.gap <= SAME


@pytest.mark.parametrize(("ours", "plain"), [(min_cdar, least_cdar), (min_ced, least_ced)])
def test_under_weights_of_paths_bounds_and_limits(ours, plain):
    steps = steps_of(10, 4, 40, seed=2)
    path_weights = np.random.default_rng(1).exponential(size=40)
    mean = np.tensordot(steps.sum(axis=0), path_weights / path_weights.sum(), axes=1)
    least = 0.5 * (mean.max() + mean.mean())

    def limits(w):
        return [w >= 0.05, w <= 0.6, mean @ w >= least, cp.norm(w) <= 0.7]

    found = ours(
        steps,
        path_weights=path_weights,
        min_return=least,
        bounds=(0.05, 0.6),
        constraints=lambda w: cp.norm(w) <= 0.7,
        level=0.9,
    )
    assert found.objective == pytest.approx(plain(steps, 0.9, path_weights, limits), rel=SAME)
    assert found.mean_wealth == pytest.approx(1.0 + mean @ found.weights)


def test_one_path_may_be_a_table():
    """A single path is a pool of its own points; level 0 of CED is its largest drawdown."""
    steps = steps_of(60, 3, 1)
    table = pd.DataFrame(steps[:, :, 0], columns=["A", "B", "C"])
    found = min_cdar(table, level=0.9)
    assert found.objective == pytest.approx(least_cdar(steps, 0.9), rel=SAME)
    assert list(found.weights.index) == ["A", "B", "C"]
    assert min_ced(table, level=0.0).objective == pytest.approx(least_ced(steps, 0.0), rel=SAME)


def test_the_start_counts_as_a_peak_and_as_a_point():
    """One asset falls by 10 % and stays: drawdowns 0, 0.1, 0.1, mean 0.0667; without the start it would be 0.1."""
    found = min_cdar(np.array([[-0.1], [0.0]]), level=0.0)
    assert found.objective == pytest.approx(0.2 / 3.0)


def test_uncompounded_drawdowns_can_exceed_1_and_compounded_ones_cannot():
    """[-60 %] x 3 is a drawdown of 180 % uncompounded; compounded 1 - 0.4^3 = 93.6 %."""
    found = min_ced(np.full((3, 1), -0.6), level=0.0)
    assert found.objective == pytest.approx(1.8)
    assert found.ced95 == pytest.approx(0.936)


@pytest.mark.parametrize("weighted", [False, True])
def test_restated_drawdowns_are_those_of_compounded_wealth(weighted):
    steps = steps_of(12, 4, 60, seed=4)
    path_weights = np.random.default_rng(2).exponential(size=60) if weighted else None
    found = min_cdar(steps, path_weights=path_weights)
    growth = 1.0 + np.einsum("tap,a->tp", steps, found.weights.to_numpy())
    wealth = np.concatenate([np.ones((1, 60)), np.cumprod(growth, axis=0)])
    deepest = rk.measures.max_drawdown(wealth)
    same = np.ones(60) if path_weights is None else path_weights
    assert isinstance(found, DrawdownAllocation)
    assert found.cdar95 == pytest.approx(rk.measures.cdar(wealth, 0.95, weights=same), rel=1e-9)
    assert found.ced95 == pytest.approx(
        rk.measures.conditional_expected_drawdown(deepest, 0.95, weights=same), rel=1e-9
    )


def test_ruin_by_short_weights_is_for_good():
    """Weights 2 and -1: the short doubles, wealth is 1 + 2 * 0 - 1 = 0, and the rise after it brings nothing back."""
    steps = np.array([[0.0, 1.0], [0.5, 0.0], [0.5, 0.0]])
    found = min_ced(steps, level=0.0, bounds=[(2.0, 2.0), (-1.0, -1.0)])
    assert found.ced95 == pytest.approx(1.0)


def test_paths_are_taken_step_by_step():
    market = rk.Market({"A": rk.Asset(0.08, 0.3), "B": rk.Asset(0.05, 0.15)}, {"A": {"B": 0.4}})
    paths = rk.sample(market, years=3, steps_per_year=4, paths=30, seed=5)
    steps = paths.prices[1:] / paths.prices[:-1] - 1.0
    found = min_cdar(paths)
    assert found.objective == pytest.approx(least_cdar(steps), rel=SAME)
    assert list(found.weights.index) == ["A", "B"]
