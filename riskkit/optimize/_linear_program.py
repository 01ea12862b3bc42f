"""The linear programme of CVaR for small samples, with a row for each scenario."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize._tail_oracles import LossTail
from riskkit.optimize.cutting_plane.feasible_set import Region
from riskkit.optimize.cutting_plane.solver import solve

__all__ = ["solve_linear_program"]


SOLVERS = ("CLARABEL", "HIGHS")


def solve_linear_program(risk: LossTail, region: Region) -> tuple[Array, Array]:
    """Return the weights of least CVaR, and the gradient of the cut that proves their optimality.

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
        If every solver fails; the message names them.

    Notes
    -----
    Rockafellar and Uryasev, "Optimization of conditional value-at-risk", *Journal of Risk* 2 (2000) 21-41, eq. 17. The
    multipliers of the rows are the measure of largest mean loss among those below path_weights / tail.
    """
    import cvxpy as cp

    count = len(risk.returns)
    path_weights = np.full(count, 1.0 / count) if risk.path_weights is None else risk.path_weights
    edge, excess = cp.Variable(), cp.Variable(count, nonneg=True)
    rows = -(risk.returns @ region.variable) - edge <= excess
    objective = cp.Minimize(edge + path_weights @ excess / risk.tail)
    problem = cp.Problem(objective, [rows, *region.box, *region.constraints])
    solve(problem, SOLVERS)
    weights: Array = np.clip(region.variable.value, region.low, region.high)
    return weights, -(_measure(rows.dual_value, path_weights / risk.tail) @ risk.returns)


def _measure(multipliers: Array, caps: Array) -> Array:
    """A solver's multipliers, corrected to stay below the caps and sum to 1 exactly."""
    measure: Array = np.clip(multipliers, 0.0, caps)
    missing, slack = 1.0 - float(measure.sum()), caps - measure
    if missing <= 0.0:
        measure /= measure.sum()
    elif slack.any():
        measure += slack * (missing / slack.sum())
    return measure
