"""Cone programmes over a region: a point inside it, and the master problem where limits are not linear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskkit.optimize.cutting_plane.bound import lower_bound
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Conic, Region
from riskkit.optimize.cutting_plane.solver import SolverFailed

__all__ = ["CONE_SOLVERS", "Cone", "Infeasible", "centre"]

Array = NDArray[np.float64]

#: Solvers in the order of trial, with their settings. What Clarabel calls almost solved must still keep limits to 1e-7.
CONE_SOLVERS: dict[str, dict[str, float]] = {
    "CLARABEL": {"reduced_tol_feas": 1e-7},
    "SCS": {"eps_abs": 1e-8, "eps_rel": 1e-8, "max_iters": 100_000},
}

SOLVED = {"Solved", "AlmostSolved", "solved"}
IMPOSSIBLE = {"PrimalInfeasible", "AlmostPrimalInfeasible", "infeasible"}


class Infeasible(SolverFailed):
    """A solver found that no point meets all limits."""


class Cone:
    """Minimise t over a region, where t >= scale * (constant + gradient @ x) for every cut; from scratch each time.

    Parameters
    ----------
    region : Region
    scale : float
        Brings the slopes of the cuts near 1, where the solver's tolerances are meant for.
    solver : str
        One of `CONE_SOLVERS`.
    """

    def __init__(self, region: Region, scale: float, solver: str) -> None:
        self._region, self._scale, self._conic = region, scale, region.conic(solver)

    def solve(self, cuts: Cuts) -> tuple[Array, float]:
        """Return the minimiser and a proven lower bound of the objective."""
        conic = self._conic
        rows = np.zeros((len(cuts), conic.columns + 1))
        rows[:, conic.own], rows[:, -1] = self._scale * cuts.gradients, -1.0
        height = np.append(np.zeros(conic.columns), 1.0)
        x, of_limits, of_cuts = _solved(self._region, conic, height, rows, -self._scale * cuts.constants)
        x, of_limits = x[:-1], of_limits / self._scale
        return x[conic.own], lower_bound(self._region, conic, cuts, x, of_limits, of_cuts)


def centre(region: Region) -> Array:
    """Return a point well inside the region.

    Raises
    ------
    Infeasible
        If there is no point in it.
    SolverFailed
        If no solver can tell; the message says which were tried.
    """
    tried = []
    for solver in CONE_SOLVERS:
        conic = region.conic(solver)
        try:
            x, _, _ = _solved(region, conic, np.zeros(conic.columns), np.empty((0, conic.columns)), np.empty(0))
        except Infeasible:
            raise
        except SolverFailed as failure:
            tried.append(str(failure))
        else:
            return np.clip(x[conic.own], region.low, region.high)
    raise SolverFailed(f"no solver found a point within the limits; tried {', then '.join(tried)}")


def _solved(region: Region, conic: Conic, objective: Array, rows: Array, sides: Array) -> tuple[Array, Array, Array]:
    """Minimise objective @ x where rows @ x <= sides; return x and the multipliers of the limits and of the rows."""
    size = region.low.size
    box = np.zeros((2 * size, objective.size))
    box[:, conic.own] = np.concatenate([np.eye(size), -np.eye(size)])
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
