"""The most likely move of normal log returns that loses a given part of what is held."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["likely_move"]

Array = NDArray[np.float64]


def likely_move(weights: Array, mean: Array, spread: Array, target: float) -> Array | None:
    """Find the log returns of largest density at which a held portfolio is worth at most a target.

    Parameters
    ----------
    weights : ndarray
        Value of each holding at the start, in multiples of the start wealth (holding).
    mean : ndarray
        Mean of each log return over the horizon (holding).
    spread : ndarray
        Log returns are mean + spread @ z with z independent standard normals (holding, normal).
    target : float
        Wealth not to be exceeded at the horizon, > 0.

    Returns
    -------
    ndarray or None
        z of smallest length (normal): all 0 where the most likely move of all loses that much already. None where no
        move does, because what does not move is worth more.

    Notes
    -----
    The density falls with |z|² / 2, half the squared Mahalanobis distance from the mean. Log wealth,
    log Σ w exp(mean + spread z), is convex in z, so that the problem is convex and has one solution; with a single
    holding it is z = (log(target / w) - mean) / spread. It is the design point of the first-order reliability method
    (Hasofer and Lind, "Exact and invariant second-moment code format", J. Engineering Mechanics 100, 1974, 111-121).

    Examples
    --------
    >>> likely_move(np.array([1.0]), np.array([0.0]), np.array([[0.5]]), np.exp(-1.0)).round(6).tolist()
    [-2.0]
    """
    from scipy import optimize

    still = ~spread.any(axis=1)
    if weights[still] @ np.exp(mean[still]) >= target:
        return None

    def parts(z: Array) -> Array:
        values: Array = weights * np.exp(mean + spread @ z)
        return values

    def room(z: Array) -> float:
        return float(np.log(target) - np.log(parts(z).sum()))

    def slope(z: Array) -> Array:
        values = parts(z)
        change: Array = -(values / values.sum()) @ spread
        return change

    start: Array = np.zeros(spread.shape[1])
    if room(start) >= 0.0:
        return start
    # Typed loosely: SciPy's stubs, where they are installed, know no constraint with a slope.
    minimize: Any = optimize.minimize
    found = minimize(
        lambda z: 0.5 * z @ z,
        start,
        jac=lambda z: z,
        constraints={"type": "ineq", "fun": room, "jac": slope},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    best: Array = found.x
    return best
