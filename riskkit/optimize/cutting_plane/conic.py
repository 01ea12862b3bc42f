"""Conic programmes over a region: an interior point, and the master problem under nonlinear constraints."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.cutting_plane.bound import lower_bound
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Conic, Region
from riskkit.optimize.cutting_plane.solver import SolverFailed

__all__ = ["CONE_SOLVERS", "Cone", "Infeasible", "centre"]


#: Solvers in order, with their settings. An almost solved problem of Clarabel must meet the constraints to 1e-7.
CONE_SOLVERS: dict[str, dict[str, float]] = {
    "CLARABEL": {"reduced_tol_feas": 1e-7},
    "SCS": {"eps_abs": 1e-8, "eps_rel": 1e-8, "max_iters": 100_000},
}

SOLVED = {"Solved", "AlmostSolved", "solved"}
IMPOSSIBLE = {"PrimalInfeasible", "AlmostPrimalInfeasible", "infeasible"}


class Infeasible(SolverFailed):
    """A solver proved that no point meets all constraints."""


class Cone:
    """Minimise t over a region, where t >= scale * (constant + gradient @ x) for every cut, without warm starts.

    Parameters
    ----------
    region : Region
    scale : float
        Scales the slopes of the cuts to about 1, as the solver's tolerances assume.
    solver : str
        One of `CONE_SOLVERS`.
    """

    def __init__(self, region: Region, scale: float, solver: str) -> None:
        self._region, self._scale, self._conic = region, scale, region.conic(solver)

    def solve(self, cuts: Cuts) -> tuple[Array, float]:
        """Return the minimiser and a proven lower bound of the objective."""
        conic = self._conic
        rows = np.zeros((len(cuts), conic.columns + 1))
        rows[:, conic.variable_columns], rows[:, -1] = self._scale * cuts.gradients, -1.0
        height = np.append(np.zeros(conic.columns), 1.0)
        x, of_limits, of_cuts = _solve_conic(self._region, conic, height, rows, -self._scale * cuts.constants)
        x, of_limits = x[:-1], of_limits / self._scale
        return x[conic.variable_columns], lower_bound(self._region, conic, cuts, x, of_limits, of_cuts)


def centre(region: Region) -> Array:
    """Return a point in the interior of the region.

    Raises
    ------
    Infeasible
        If the region is empty.
    SolverFailed
        If every solver fails; the message names them.
    """
    tried = []
    for solver in CONE_SOLVERS:
        conic = region.conic(solver)
        try:
            x, _, _ = _solve_conic(region, conic, np.zeros(conic.columns), np.empty((0, conic.columns)), np.empty(0))
        except Infeasible:
            raise
        except SolverFailed as failure:
            tried.append(str(failure))
        else:
            return np.clip(x[conic.variable_columns], region.low, region.high)
    raise SolverFailed(f"no solver found a feasible point; tried {', then '.join(tried)}")


def _solve_conic(
    region: Region, conic: Conic, objective: Array, rows: Array, sides: Array
) -> tuple[Array, Array, Array]:
    """Minimise objective @ x where rows @ x <= sides; return x, multipliers of the constraints and of the rows."""
    size = region.low.size
    box = np.zeros((2 * size, objective.size))
    box[:, conic.variable_columns] = np.concatenate([np.eye(size), -np.eye(size)])
    more, more_sides = np.concatenate([rows, box]), np.concatenate([sides, region.high, -region.low])
    data = conic.extended(objective, more, more_sides)
    found = conic.chain.solve_via_data(conic.problem, data, solver_opts=CONE_SOLVERS[conic.solver])
    if conic.solver == "SCS":
        status, x, duals = found["info"]["status"], found["x"], found["y"]
    else:
        status, x, duals = str(found.status), np.array(found.x), np.array(found.z)
    if status not in SOLVED:
        raise (Infeasible if status in IMPOSSIBLE else SolverFailed)(f"{conic.solver}: {status}")
    first, last = conic.equalities, conic.equalities + len(more)
    return x, np.delete(duals, np.s_[first:last]), duals[first : first + len(rows)]
