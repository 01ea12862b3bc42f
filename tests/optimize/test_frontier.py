"""Every point of a frontier has the minimum risk for its mean, and the frontier is convex."""

from __future__ import annotations

import numpy as np
import pytest
from plain_programmes import least_cdar, least_ced, least_cvar, returns_of

from riskkit.optimize import DrawdownAllocation, frontier, min_cvar

RETURNS = returns_of(1500, 8)


def test_points_are_the_least_risk_for_their_mean():
    """The last point's mean may fall short of the largest by 1e-7, which the risk's slope multiplies."""
    mean = RETURNS.mean(axis=0)
    curve = frontier(RETURNS, points=6)
    assert curve[0].objective == pytest.approx(least_cvar(RETURNS), rel=1e-6)
    assert curve[-1].mean_wealth == pytest.approx(1.0 + mean.max(), abs=1e-6)
    assert np.diff([point.mean_wealth for point in curve]) == pytest.approx(
        np.full(5, (1.0 + mean.max() - curve[0].mean_wealth) / 5.0), abs=1e-5
    )
    for point in curve[1:]:
        reached = point.mean_wealth - 1.0

        def limits(w, reached=reached):
            return [w >= 0.0, mean @ w >= reached - 1e-9]

        assert point.objective == pytest.approx(least_cvar(RETURNS, limits=limits), rel=1e-5)
        assert point.gap <= 1e-6


def test_the_curve_rises_and_is_convex():
    curve = frontier(RETURNS, points=8)
    risk = np.array([point.objective for point in curve])
    assert (np.diff(risk) > -1e-9).all()
    assert (np.diff(risk, 2) > -1e-6).all()


def test_cuts_are_shared():
    """A point takes fewer evaluations with the cuts of those before it than alone."""
    curve = frontier(RETURNS, points=8)
    for point in curve[2:-1]:
        alone = min_cvar(RETURNS, min_return=point.mean_wealth - 1.0 - 1e-8, method="cuts")
        assert point.iterations < alone.iterations
        assert point.objective == pytest.approx(alone.objective, rel=1e-5)


@pytest.mark.parametrize(("risk", "plain"), [("cdar", least_cdar), ("ced", least_ced)])
def test_drawdowns_too(risk, plain):
    steps = 0.2 * RETURNS[:600, :4].reshape(15, 40, 4).transpose(0, 2, 1)
    mean = steps.sum(axis=0).mean(axis=1)
    curve = frontier(steps, risk=risk, points=3, level=0.9)
    for point in curve:
        assert isinstance(point, DrawdownAllocation)
        reached = point.mean_wealth - 1.0

        def limits(w, reached=reached):
            return [w >= 0.0, mean @ w >= reached - 1e-9]

        assert point.objective == pytest.approx(plain(steps, 0.9, limits=limits), rel=1e-5)


def test_a_frontier_of_one_point_repeats_it():
    """With equal means there is nothing to trade."""
    returns = RETURNS - RETURNS.mean(axis=0)
    curve = frontier(returns, points=3)
    least = least_cvar(returns)
    assert [point.objective for point in curve] == pytest.approx([least] * 3, rel=1e-6)


def test_limits_hold_at_every_point():
    curve = frontier(RETURNS, points=4, bounds=(0.0, 0.4), constraints=lambda w: w[0] + w[1] >= 0.3)
    for point in curve:
        assert point.weights.max() <= 0.4 + 1e-8
        assert point.weights.iloc[:2].sum() >= 0.3 - 1e-8
