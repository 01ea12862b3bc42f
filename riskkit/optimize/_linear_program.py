"""The plain linear programme of CVaR, for small samples: every scenario is a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskkit.optimize._tail_oracles import LossTail
from riskkit.optimize.cutting_plane.feasible_set import Region
from riskkit.optimize.cutting_plane.solver import solve

__all__ = ["solve_whole"]

Array = NDArray[np.float64]

SOLVERS = ("CLARABEL", "HIGHS")


def solve_whole(risk: LossTail, region: Region) -> tuple[Array, Array]:
    """Return the weights of least CVaR, and the gradient of the cut that proves it.

    Parameters
    ----------
    risk : LossTail
    region : Region

    Returns
    -------
    weights, gradient : ndarray (asset,)
        gradient @ weights is below CVaR for all weights.

    Raises
    ------
    SolverFailed
        If no solver solves it; the message says which were tried.

    Notes
    -----
    Rockafellar and Uryasev, "Optimization of conditional value-at-risk", *Journal of Risk* 2 (2000) 21-41, eq. 17. The
    multipliers of the rows are the measure under which the mean loss is largest, among those below mass / tail.
    """
    import cvxpy as cp

    count = len(risk.returns)
    mass = np.full(count, 1.0 / count) if risk.mass is None else risk.mass
    edge, excess = cp.Variable(), cp.Variable(count, nonneg=True)
    rows = -(risk.returns @ region.variable) - edge <= excess
    objective = cp.Minimize(edge + mass @ excess / risk.tail)
    problem = cp.Problem(objective, [rows, *region.box, *region.constraints])
    solve(problem, SOLVERS)
    weights: Array = np.clip(region.variable.value, region.low, region.high)
    return weights, -(_measure(rows.dual_value, mass / risk.tail) @ risk.returns)


def _measure(multipliers: Array, caps: Array) -> Array:
    """The nearest thing to a solver's multipliers that keeps the caps and sums to 1 exactly."""
    measure: Array = np.clip(multipliers, 0.0, caps)
    missing, room = 1.0 - float(measure.sum()), caps - measure
    if missing <= 0.0:
        measure /= measure.sum()
    elif room.any():
        measure += room * (missing / room.sum())
    return measure
