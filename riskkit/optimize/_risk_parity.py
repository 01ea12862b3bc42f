"""The convex problem of risk budgets: at its minimum, risk contributions are proportional to given shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.cutting_plane.algorithm import Oracle, Proven, minimise
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Region

__all__ = ["Volatility", "balanced_mix", "least_risk_mix", "simplex_region", "volatility_of"]


@dataclass(frozen=True, eq=False)
class Volatility:
    """Standard deviation of the portfolio's return.

    Parameters
    ----------
    factor : ndarray (asset, asset)
        F with F'F the covariance.
    """

    factor: Array

    def __call__(self, weights: Array) -> tuple[float, Array]:
        """Return the volatility at the weights and its gradient there."""
        scores = self.factor @ weights
        value = float(np.linalg.norm(scores))
        return value, self.factor.T @ scores / (value or 1.0)


def volatility_of(returns: Array, path_weights: Array | None) -> Volatility:
    """Return the volatility of returns (scenario, asset) with path weights of sum 1, equal by default."""
    share = np.full(len(returns), 1.0 / len(returns)) if path_weights is None else path_weights
    centred = (returns - share @ returns) * np.sqrt(share)[:, np.newaxis]
    return Volatility(np.asarray(np.linalg.qr(centred).R, dtype=np.float64))


def simplex_region(variable: Any, smallest: float, limits: Mapping[str, list[Any]]) -> Region:
    """Return the feasible set of long-only shares with sum 1."""
    import cvxpy as cp

    size = np.ones(variable.size)
    return Region(variable, smallest * size, size, [cp.sum(variable) == 1.0], limits)


def least_risk_mix(measure: Oracle, assets: int) -> Proven:
    """Return the mix of least risk."""
    import cvxpy as cp

    equal = np.full(assets, 1.0 / assets)
    return minimise(measure, simplex_region(cp.Variable(assets), 0.0, {}), Cuts(assets), equal)


def balanced_mix(measure: Oracle, shares: Array, least: float) -> Proven:
    """Minimise r(x) - shares @ log(x), r being the risk in units of that of equal weights.

    Parameters
    ----------
    measure : Oracle
        Grows in proportion to x.
    shares : ndarray (asset,)
        Above 0, sum 1.
    least : float
        A lower bound, above 0, of the risk of any mix. At the minimum r(x) is 1, so this bounds x.

    Returns
    -------
    Proven
        Its point is x followed by the height s >= - shares @ log(x) (plus r(x) for volatility), which moves the
        logarithm into the constraints.
    """
    import cvxpy as cp

    assets = shares.size
    equal = np.full(assets, 1.0 / assets)
    unit = measure(equal)[0]
    point = cp.Variable(assets + 1)
    x, height = point[:-1], point[-1]
    barrier = -shares @ cp.log(x)
    low, high = np.zeros(assets + 1), np.full(assets + 1, unit / least)
    low[-1], high[-1] = -math.log(unit / least), 1.0 + math.log(assets)
    start = np.append(equal, high[-1])
    if isinstance(measure, Volatility):
        region = Region(point, low, high, [cp.norm(measure.factor @ x) / unit + barrier <= height])
        upwards = np.append(np.zeros(assets), 1.0)
        return minimise(lambda at: (float(at[-1]), upwards), region, Cuts(assets + 1), start)

    def objective(at: Array) -> tuple[float, Array]:
        value, slope = measure(at[:-1])
        return value / unit + float(at[-1]), np.append(slope / unit, 1.0)

    return minimise(objective, Region(point, low, high, [barrier <= height]), Cuts(assets + 1), start)
