"""The pooled tail of drawdowns from four thresholds against the exact one over all points of all paths."""

from __future__ import annotations

import math

import numpy as np
import pytest

from riskkit.comparison.estimation.estimate import standard_error
from riskkit.comparison.estimation.pooled_cdar import pooled_tail_mean


def drawdowns(rng: np.random.Generator, paths: int, steps: int = 250) -> np.ndarray:
    """Drawdowns (time, path) of random walks from 1, the start included."""
    logs = np.cumsum(0.02 * rng.standard_normal((steps, paths)) + 0.0003, axis=0)
    wealth = np.exp(np.vstack([np.zeros(paths), logs]))
    return 1.0 - wealth / np.maximum.accumulate(wealth, axis=0)


def at_thresholds(depths: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Stored statistics: mean excess over, and share of points above, each threshold (threshold, path)."""
    excess = np.array([np.maximum(depths - each, 0.0).mean(axis=0) for each in thresholds])
    return excess, np.array([(depths > each).mean(axis=0) for each in thresholds])


def exact(depths: np.ndarray, weights: np.ndarray, level: float = 0.95) -> tuple[float, np.ndarray]:
    """Pooled tail mean by sorting every point, the edge counted by its fraction; and each path's influence."""
    points, point_weights = depths.ravel(), np.tile(weights / len(depths), (len(depths), 1)).ravel()
    order = np.argsort(points)[::-1]
    points, point_weights = points[order], point_weights[order]
    before = np.concatenate([[0.0], np.cumsum(point_weights)[:-1]])
    taken = np.clip(1.0 - level - before, 0.0, point_weights)
    eta = points[taken > 0][-1]
    value = float((points * taken).sum() / (1.0 - level))
    return value, eta + np.maximum(depths - eta, 0.0).mean(axis=0) / (1.0 - level) - value


def pilot(depths: np.ndarray) -> np.ndarray:
    return np.quantile(depths, [0.90, 0.94, 0.96, 0.98])


@pytest.mark.parametrize("weighted", [False, True])
def test_four_thresholds_against_the_exact_pooled_tail(weighted):
    """The cubic between thresholds must cost far less than the noise: a twentieth of a standard error here."""
    rng = np.random.default_rng(1)
    depths = drawdowns(rng, 2000)
    weights = rng.uniform(0.5, 1.5, 2000) if weighted else np.ones(2000)
    weights /= weights.sum()
    thresholds = pilot(drawdowns(rng, 2000))
    found = pooled_tail_mean(thresholds, *at_thresholds(depths, thresholds), 0.95, weights)
    value, influences = exact(depths, weights)
    error = standard_error(influences, weights)
    assert found.value == pytest.approx(value, abs=error / 20)
    assert found.standard_error == pytest.approx(error, rel=0.01)
    assert np.abs(found.influences - influences).max() < 0.01
    assert (weights * found.influences).sum() == pytest.approx(0.0, abs=1e-15)


def test_error_against_the_spread_of_200_replications():
    """A sd from 200 replications is known to 1/sqrt(398), 5 %; four of those."""
    rng = np.random.default_rng(2)
    thresholds = pilot(drawdowns(rng, 2000, 100))
    weights = np.full(300, 1 / 300)
    found = [
        pooled_tail_mean(thresholds, *at_thresholds(drawdowns(rng, 300, 100), thresholds), 0.95, weights)
        for _ in range(200)
    ]
    spread = np.std([each.value for each in found])
    assert np.mean([each.standard_error for each in found]) == pytest.approx(spread, rel=4 / math.sqrt(398))


@pytest.mark.parametrize("thresholds", [(0.90, 0.94, 0.96, 0.98), (0.1, 0.95, 0.96, 0.97), (0.5, 0.6, 0.7, 0.99)])
def test_uniform_drawdowns_are_exact(thresholds):
    """Uniform on 0 ... 1: E(eta) = (1-eta)^2 / 2, which the cubic meets exactly; the worst 5 % average .975."""
    eta = np.array(thresholds)
    excess, above = (np.tile(each[:, None], 20) for each in ((1 - eta) ** 2 / 2, 1 - eta))
    found = pooled_tail_mean(eta, excess, above, 0.95, np.full(20, 0.05))
    assert found.value == pytest.approx(0.975, rel=1e-14)
    assert found.standard_error == pytest.approx(0.0, abs=1e-15)


def test_no_drawdowns_at_all():
    """Pilot quantiles that coincide at 0 are spread by 1e-6; nothing exceeds any."""
    nothing = np.zeros((4, 3))
    found = pooled_tail_mean(np.arange(4) * 1e-6, nothing, nothing, 0.95, np.full(3, 1 / 3))
    assert (found.value, found.standard_error) == (0.0, 0.0)


def test_drawdowns_rarer_than_the_tail():
    """At 2 of 100 points there is a drawdown, .1 and .3: the worst 5 % are those two and three zeros, mean .4 / 5."""
    depths = np.zeros((100, 1))
    depths[10:12, 0] = 0.1, 0.3
    thresholds = np.arange(4) * 1e-6
    found = pooled_tail_mean(thresholds, *at_thresholds(depths, thresholds), 0.95, np.ones(1))
    assert found.value == pytest.approx(0.08, rel=1e-12)


@pytest.mark.parametrize("thresholds", [(0.2, 0.3, 0.4, 0.5), (0.96, 0.97, 0.98, 0.99)])
def test_a_tail_outside_the_thresholds_is_nan(thresholds):
    eta = np.array(thresholds)
    found = pooled_tail_mean(eta, (1 - eta[:, None]) ** 2 / 2, 1 - eta[:, None], 0.95, np.ones(1))
    assert math.isnan(found.value)
    assert math.isnan(found.standard_error)
    assert found.influences is None
    assert "begin outside" in found.note
