"""The proof: a lower bound that follows from cuts, limits and multipliers, whichever solver they are from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Conic, Region

__all__ = ["lower_bound"]

Array = NDArray[np.float64]


def lower_bound(region: Region, conic: Conic, cuts: Cuts, x: Array, of_limits: Array, of_cuts: Array) -> float:
    """Return what no point of the region falls below.

    Parameters
    ----------
    region : Region
    conic : Conic
        Its limits, b - A x in a product of cones.
    cuts : Cuts
        Of the objective.
    x : ndarray (column,)
        The solver's answer; used for cvxpy's own columns alone.
    of_limits : ndarray (row,)
        Multipliers u of the limits, in the dual cone.
    of_cuts : ndarray (cut,)
        Multipliers v of the cuts, of any sum.

    Returns
    -------
    float
        -inf if all multipliers of cuts are 0.

    Notes
    -----
    Weak duality: with v >= 0 and sum 1, the objective in the region is at least the minimum over the box of
    sum v (constant + gradient @ x) + u @ (A x - b). Poor multipliers make that loose, never wrong. cvxpy's own columns
    have no box; their slope is 0 up to the solver's accuracy, and counts at `x`.
    """
    v = np.maximum(of_cuts, 0.0)
    mass = v.sum()
    if mass == 0.0:
        return -np.inf
    u, v = of_limits / mass, v / mass
    inequalities = np.s_[conic.equalities : conic.equalities + conic.inequalities]
    u[inequalities] = np.maximum(u[inequalities], 0.0)
    used = np.flatnonzero(v)
    slope = conic.transposed @ u
    own = slope[conic.own] + v[used] @ cuts.gradients[used]
    slope[conic.own] = 0.0
    return float(v[used] @ cuts.constants[used] - u @ conic.data["b"] + slope @ x) + region.least(own)
