"""The lower bound by weak duality, from cuts, constraints and multipliers of any solver."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Conic, Region

__all__ = ["lower_bound"]


def lower_bound(region: Region, conic: Conic, cuts: Cuts, x: Array, of_limits: Array, of_cuts: Array) -> float:
    """Return a proven lower bound of the objective over the region.

    Parameters
    ----------
    region : Region
    conic : Conic
        Its constraints, b - A x in a product of cones.
    cuts : Cuts
        Of the objective.
    x : ndarray (column,)
        The solver's solution; used only for cvxpy's auxiliary columns.
    of_limits : ndarray (row,)
        Multipliers u of the constraints, in the dual cone.
    of_cuts : ndarray (cut,)
        Multipliers v of the cuts, with any sum.

    Returns
    -------
    float
        -inf if all multipliers of cuts are 0.

    Notes
    -----
    Weak duality: with v >= 0 and sum 1, the objective in the region is at least the minimum over the box of
    sum v (constant + gradient @ x) + u @ (A x - b). Poor multipliers make the bound loose, never wrong. cvxpy's
    auxiliary columns have no box; their slope is 0 up to the solver's accuracy, and enters at `x`.
    """
    v = np.maximum(of_cuts, 0.0)
    total = v.sum()
    if total == 0.0:
        return -np.inf
    u, v = of_limits / total, v / total
    inequalities = np.s_[conic.equalities : conic.equalities + conic.inequalities]
    u[inequalities] = np.maximum(u[inequalities], 0.0)
    used = np.flatnonzero(v)
    slope = conic.transposed @ u
    own = slope[conic.variable_columns] + v[used] @ cuts.gradients[used]
    slope[conic.variable_columns] = 0.0
    return float(v[used] @ cuts.constants[used] - u @ conic.data["b"] + slope @ x) + region.least(own)
