"""Oracles against the tail means of the measures, and subgradients below the risk everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from plain_programmes import returns_of

from riskkit.measures import expected_shortfall
from riskkit.optimize._tail_oracles import BLOCK, DrawdownTail, LossTail, MaxDrawdownTail, product, tail_shares


@given(st.data())
def test_shares_of_the_tail_give_the_tail_mean(data):
    size = data.draw(st.integers(1, 40))
    losses = data.draw(npst.arrays(np.float64, size, elements=st.floats(-10, 10)))
    weights = data.draw(
        st.none() | npst.arrays(np.float64, size, elements=st.just(0.0) | st.floats(1e-3, 10)).filter(np.any)
    )
    level = data.draw(st.sampled_from([0.0, 0.5, 0.9, 0.95]) | st.floats(0.0, 0.99))
    path_weights = None if weights is None else weights / weights.sum()
    positions, shares = tail_shares(losses, 1.0 - level, path_weights)
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= 0.0).all()
    caps = (np.full(size, 1.0 / size) if path_weights is None else path_weights)[positions] / (1.0 - level)
    assert (shares <= caps * (1 + 1e-9) + 1e-12).all()
    assert len(set(positions.tolist())) == len(positions)
    wanted = expected_shortfall(losses, level, weights=weights)
    assert shares @ losses[positions] == pytest.approx(wanted, rel=1e-8, abs=1e-8)


RETURNS = returns_of(600, 4, seed=8)
GAINS = np.concatenate([np.zeros((50, 1, 4)), np.cumsum(RETURNS.reshape(50, 12, 4), axis=1)], axis=1)


def losses(weights):
    return -RETURNS @ weights


def depths(weights):
    level = GAINS @ weights
    return np.maximum.accumulate(level, axis=1) - level


#: Each oracle with what it is the tail mean of, one number a scenario, point or path.
RISKS = {
    LossTail: (RETURNS, losses),
    DrawdownTail: (GAINS, lambda weights: depths(weights).ravel()),
    MaxDrawdownTail: (GAINS, lambda weights: depths(weights).max(axis=1)),
}
TAILS = [1.0, 0.7, 0.3, 0.05]
POINTS = np.random.default_rng(1).dirichlet(np.ones(4), 12) + 0.2 * np.random.default_rng(2).standard_normal((12, 4))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("kind", RISKS)
def test_oracles_tell_the_tail_mean_and_slopes_below_the_risk(kind, tail, weighted):
    """f(y) >= f(x) + g(x) @ (y - x) for a convex f; and f(c x) = c f(x), so that f(x) = g(x) @ x."""
    scenarios, outcomes = RISKS[kind]
    path_weights = np.random.default_rng(0).exponential(size=len(scenarios)) if weighted else np.ones(len(scenarios))
    risk = kind(scenarios, tail, path_weights / path_weights.sum() if weighted else None)
    answers = [risk(point) for point in POINTS]
    for point, (value, slope) in zip(POINTS, answers, strict=True):
        values = outcomes(point)
        weights = np.repeat(path_weights, values.size // path_weights.size)
        assert value == pytest.approx(expected_shortfall(values, 1.0 - tail, weights=weights), rel=1e-9, abs=1e-12)
        assert value == pytest.approx(slope @ point)
        for other, (there, _) in zip(POINTS, answers, strict=True):
            assert there >= value + slope @ (other - point) - 1e-12


@pytest.mark.parametrize("rows", [1, BLOCK // 3, BLOCK // 3 + 1, 3 * BLOCK])
def test_products_in_blocks_are_products(rows):
    generator = np.random.default_rng(2)
    matrix, vector = generator.standard_normal((rows, 3)), generator.standard_normal(3)
    assert product(matrix, vector) == pytest.approx(matrix @ vector, rel=1e-12, abs=1e-12)
