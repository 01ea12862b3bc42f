"""Oracles of the optimisers: the risks as linear programmes in cvxpy, a row for each scenario or point of a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cvxpy as cp
import numpy as np

__all__ = ["least_cdar", "least_ced", "least_cvar", "returns_of"]


def returns_of(scenarios: int, assets: int, seed: int = 0) -> np.ndarray:
    """Returns (scenario, asset) with a common factor and heavy tails."""
    generator = np.random.default_rng(seed)
    common = generator.standard_t(4, (scenarios, 1)) * generator.uniform(0.02, 0.2, assets)
    own = generator.standard_t(5, (scenarios, assets)) * generator.uniform(0.02, 0.2, assets)
    return np.maximum(common + own + generator.uniform(0.0, 0.1, assets), -0.95)


def solved(risk: Any, weights: cp.Variable, constraints: list[Any], limits: Callable[..., list[Any]] | None) -> float:
    """The least risk over long-only weights, or over those within limits."""
    allowed = [weights >= 0.0] if limits is None else limits(weights)
    problem = cp.Problem(cp.Minimize(risk), [*constraints, cp.sum(weights) == 1.0, *allowed])
    tight = dict.fromkeys(["tol_gap_abs", "tol_gap_rel", "tol_feas"], 1e-10)
    problem.solve(solver=cp.CLARABEL, **tight)
    assert problem.status in {cp.OPTIMAL, cp.OPTIMAL_INACCURATE}
    return float(problem.value)


def least_cvar(
    returns: np.ndarray,
    level: float = 0.95,
    path_weights: np.ndarray | None = None,
    limits: Callable[..., list[Any]] | None = None,
) -> float:
    """Rockafellar and Uryasev (2000): min over w and the edge of edge + E[(loss - edge)+] / (1 - level)."""
    scenarios, assets = returns.shape
    path_weights = np.full(scenarios, 1.0 / scenarios) if path_weights is None else path_weights / path_weights.sum()
    weights, edge, excess = cp.Variable(assets), cp.Variable(), cp.Variable(scenarios, nonneg=True)
    return solved(edge + path_weights @ excess / (1.0 - level), weights, [excess >= -returns @ weights - edge], limits)


def least_cdar(
    steps: np.ndarray,
    level: float = 0.95,
    path_weights: np.ndarray | None = None,
    limits: Callable[..., list[Any]] | None = None,
) -> float:
    """Chekhlov, Uryasev and Zabarankin (2005): the same tail mean of peak - level at all points, the start included."""
    gains, weights, peak, rows = _paths(steps)
    points, paths = peak.shape
    path_weights = np.full(paths, 1.0 / paths) if path_weights is None else path_weights / path_weights.sum()
    edge, excess = cp.Variable(), cp.Variable((points, paths), nonneg=True)
    level_of = [gains[:, :, path] @ weights for path in range(paths)]
    tail = [excess[:, path] >= peak[:, path] - level_of[path] - edge for path in range(paths)]
    return solved(edge + cp.sum(excess @ path_weights) / points / (1.0 - level), weights, [*rows, *tail], limits)


def least_ced(
    steps: np.ndarray,
    level: float = 0.95,
    path_weights: np.ndarray | None = None,
    limits: Callable[..., list[Any]] | None = None,
) -> float:
    """Tail mean over the paths of the largest peak - level (Goldberg and Mahmoud, 2017)."""
    gains, weights, peak, rows = _paths(steps)
    paths = peak.shape[1]
    path_weights = np.full(paths, 1.0 / paths) if path_weights is None else path_weights / path_weights.sum()
    edge, excess, deepest = cp.Variable(), cp.Variable(paths, nonneg=True), cp.Variable(paths)
    depth = [deepest[path] >= peak[:, path] - gains[:, :, path] @ weights for path in range(paths)]
    return solved(
        edge + path_weights @ excess / (1.0 - level), weights, [*rows, *depth, excess >= deepest - edge], limits
    )


def _paths(steps: np.ndarray) -> tuple[np.ndarray, cp.Variable, cp.Variable, list[Any]]:
    """Sums of returns (point, asset, path), the weights, and running peaks (point, path) with their rows."""
    times, assets, paths = steps.shape
    gains = np.concatenate([np.zeros((1, assets, paths)), np.cumsum(steps, axis=0)])
    weights, peak = cp.Variable(assets), cp.Variable((times + 1, paths))
    rows = [peak[:, path] >= gains[:, :, path] @ weights for path in range(paths)]
    return gains, weights, peak, [*rows, peak[1:] >= peak[:-1]]
