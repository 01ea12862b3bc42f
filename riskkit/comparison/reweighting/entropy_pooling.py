"""Entropy pooling: the path weights with bounded means that are nearest to a prior in relative entropy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, Ints

__all__ = ["Bound", "attainable", "feasible", "least_divergent", "nearby", "relative_entropy", "spread"]


#: How far from its bound a mean may end, in standard deviations of what is averaged.
TOLERANCE = 1e-10

#: Newton steps that refine the optimiser's dual solution to the last digits.
NEWTON_STEPS = 20


@dataclass(frozen=True, eq=False)
class Bound:
    """An equality or one-sided bound on a weighted mean over the paths.

    Attributes
    ----------
    values : ndarray
        What is averaged (path).
    target : float
        Value, lower bound or upper bound of its mean.
    side : int
        0: equal; 1: at least; -1: at most.
    """

    values: Array
    target: float
    side: int


class _Unbounded(Exception):
    """The dual has no minimum: no weights meet the bounds."""


def relative_entropy(weights: Array, prior: Array) -> float:
    """Σ w ln(w / prior), >= 0, and 0 only for equal weights.

    Examples
    --------
    >>> round(relative_entropy(np.array([1.0, 0.0]), np.array([0.5, 0.5])), 6)
    0.693147
    """
    from scipy.special import rel_entr

    return max(float(rel_entr(weights, prior).sum()), 0.0)


def least_divergent(prior: Array, bounds: Sequence[Bound], start: Array | None = None) -> tuple[Array, Array] | None:
    """Logarithms of the factors on the prior weights that meet the bounds with least relative entropy.

    Parameters
    ----------
    prior : ndarray
        Weight of each path (path), > 0, summing to 1.
    bounds : sequence of Bound
        Each with values on both sides of its target.
    start : ndarray, optional
        Multipliers to start from (bound); 0 by default.

    Returns
    -------
    tuple of ndarray, or None
        The logarithms (path), up to a constant, and the multipliers in standard deviations (bound), 0 for a bound that
        does not bind. None if no weights meet the bounds, or only at the edge of what the values allow.

    Notes
    -----
    The factors are exp(Σ multiplier · value), and the multipliers minimise ln Σ prior · exp(Σ multiplier · (value -
    target)), which is convex with gradient mean - target (Meucci, "Fully flexible views: theory and practice", *Risk*
    21 (2008), no. 10, 97-102, section 2 and appendix A.1). A bound on one side has a multiplier of one sign.

    Examples
    --------
    Equal weights on 0 and 1, moved to a mean of 3/4: the odds of 1 become 3.

    >>> half = np.array([0.5, 0.5])
    >>> logs, _ = least_divergent(half, [Bound(np.array([0.0, 1.0]), 0.75, 0)])
    >>> float(np.exp(logs[1] - logs[0]).round(9))
    3.0
    """
    from scipy.optimize import minimize

    standardised = np.stack([_standardised(bound, prior) for bound in bounds])
    sides = np.array([bound.side for bound in bounds])

    # No weights are further from the prior than all on its smallest, so a dual below this has no solution.
    lowest = float(np.log(prior.min())) - 1e-6

    def dual(multipliers: Array) -> tuple[float, Array]:
        path_weights, value = _tilted(prior, standardised, multipliers)
        if value < lowest:
            raise _Unbounded
        return value, _distances(standardised, path_weights)

    signs = [(None if side <= 0 else 0.0, None if side >= 0 else 0.0) for side in sides]
    first = np.zeros(len(bounds)) if start is None else start
    try:
        multipliers = minimize(dual, first, jac=True, method="L-BFGS-B", bounds=signs).x
    except _Unbounded:
        return None
    found = _refined(prior, standardised, sides, multipliers)
    return None if found is None else (np.einsum("b,bp->p", found, standardised), found)


def nearby(prior: Array, values: Array) -> Array | None:
    """Weights with given means that are close to those of the prior, which Newton's method finds at once.

    Parameters
    ----------
    prior : ndarray
        Weight of each path (path), > 0, summing to 1.
    values : ndarray
        Quantities whose means are to be 0, each with values on both sides of it and a standard deviation of about 1
        (quantity, path).

    Returns
    -------
    ndarray, or None
        Weights of least relative entropy (path), summing to 1, as in `least_divergent`. None if Newton's steps do not
        lead to any.

    Examples
    --------
    >>> nearby(np.full(3, 1 / 3), np.array([[-1.0, 0.0, 1.5]])).round(3).tolist()
    [0.397, 0.338, 0.265]
    """
    with np.errstate(over="ignore", invalid="ignore"):
        multipliers = _refined(prior, values, np.zeros(len(values), dtype=np.int64), np.zeros(len(values)))
    return None if multipliers is None else _tilted(prior, values, multipliers)[0]


def _tilted(prior: Array, standardised: Array, multipliers: Array) -> tuple[Array, float]:
    """Weights (path), and the logarithm of the sum that scales them."""
    logs = np.einsum("b,bp->p", multipliers, standardised)
    largest = logs.max()
    unscaled = prior * np.exp(logs - largest)
    total = float(unscaled.sum())
    return unscaled / total, largest + np.log(total)


def _distances(standardised: Array, path_weights: Array) -> Array:
    """How far each mean is from its bound."""
    # Not a matrix product: that may be split among threads, and the last bit would depend on their number.
    result: Array = np.einsum("bp,p->b", standardised, path_weights)
    return result


def _refined(prior: Array, standardised: Array, sides: Ints, multipliers: Array) -> Array | None:
    """The multipliers under which every bound is met, by Newton's method from some that are near; None if none are."""
    for _ in range(NEWTON_STEPS):
        path_weights, _ = _tilted(prior, standardised, multipliers)
        distance = _distances(standardised, path_weights)
        if not np.isfinite(distance).all():
            return None
        free = (sides == 0) | (multipliers != 0.0)
        # A bound that is met with a multiplier of 0 stays inactive; one that is violated becomes active again.
        free |= sides * distance < -TOLERANCE
        if np.abs(distance[free]).max(initial=0.0) <= TOLERANCE:
            return multipliers
        centred = standardised[free] - distance[free, None]
        step = np.zeros(len(multipliers))
        step[free] = np.linalg.lstsq(np.einsum("bp,cp->bc", path_weights * centred, centred), -distance[free])[0]
        multipliers = multipliers + step
        multipliers[sides * multipliers < 0.0] = 0.0
    return None


def feasible(bounds: Sequence[Bound], prior: Array) -> bool:
    """Whether any path weights meet the bounds."""
    return not np.isnan(_least_mean(np.zeros(len(prior)), bounds, prior))


def attainable(values: Array, bounds: Sequence[Bound], prior: Array) -> tuple[float, float]:
    """Least and largest mean of `values` under any weights that meet the bounds; NaN where none do."""
    return _least_mean(values, bounds, prior), -_least_mean(-values, bounds, prior)


def _least_mean(values: Array, bounds: Sequence[Bound], prior: Array) -> float:
    """The least mean under weights that meet the bounds, by linear programming; NaN where none do."""
    from scipy.optimize import linprog

    rows = [(bound.side, _standardised(bound, prior)) for bound in bounds]
    at_most = [-side * row for side, row in rows if side != 0]
    equal = [np.ones(len(values)), *(row for side, row in rows if side == 0)]
    found = linprog(
        values,
        A_ub=np.stack(at_most) if at_most else None,
        b_ub=np.zeros(len(at_most)) if at_most else None,
        A_eq=np.stack(equal),
        b_eq=np.eye(len(equal))[0],
        method="highs",
    )
    return np.nan if found.fun is None else float(found.fun)


def _standardised(bound: Bound, prior: Array) -> Array:
    """Values less the target, in units of their standard deviation."""
    result: Array = (bound.values - bound.target) / spread(bound.values, prior)
    return result


def spread(values: Array, prior: Array) -> float:
    """Standard deviation of `values` under the prior weights."""
    mean = (prior * values).sum()
    return float(np.sqrt((prior * (values - mean) ** 2).sum()))
