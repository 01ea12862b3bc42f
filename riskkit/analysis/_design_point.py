"""The design point (FORM): the most likely log returns under which a portfolio falls to a target value."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskkit._core.array_types import Array

__all__ = ["design_point"]


def design_point(weights: Array, mean: Array, spread: Array, target: float) -> Array | None:
    """Find the normal log returns of largest density at which an untraded portfolio is worth at most a target.

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
        z of smallest length (normal): all 0 where the mean log returns lose that much already. None where no returns
        do, because the holdings without risk are worth more.

    Notes
    -----
    The density falls with |z|² / 2, half the squared Mahalanobis distance from the mean. Log wealth,
    log Σ w exp(mean + spread z), is convex in z, so that the problem is convex and has one solution; with a single
    holding it is z = (log(target / w) - mean) / spread. It is the design point of the first-order reliability method
    (Hasofer and Lind, "Exact and invariant second-moment code format", J. Engineering Mechanics 100, 1974, 111-121).

    Examples
    --------
    >>> design_point(np.array([1.0]), np.array([0.0]), np.array([[0.5]]), np.exp(-1.0)).round(6).tolist()
    [-2.0]
    """
    from scipy import optimize

    riskless = ~spread.any(axis=1)
    if weights[riskless] @ np.exp(mean[riskless]) >= target:
        return None

    def holding_values(z: Array) -> Array:
        values: Array = weights * np.exp(mean + spread @ z)
        return values

    def slack(z: Array) -> float:
        return float(np.log(target) - np.log(holding_values(z).sum()))

    def slope(z: Array) -> Array:
        values = holding_values(z)
        change: Array = -(values / values.sum()) @ spread
        return change

    start: Array = np.zeros(spread.shape[1])
    if slack(start) >= 0.0:
        return start
    # Typed as Any: SciPy's stubs, where they are installed, have no constraint with a gradient.
    minimize: Any = optimize.minimize
    found = minimize(
        lambda z: 0.5 * z @ z,
        start,
        jac=lambda z: z,
        constraints={"type": "ineq", "fun": slack, "jac": slope},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    best: Array = found.x
    return best
