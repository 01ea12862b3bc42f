"""The master problem: the minimum of all cuts over a region, with fallback solvers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from riskkit._core.array_types import Array
from riskkit.optimize.cutting_plane.conic import CONE_SOLVERS, Cone
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Region
from riskkit.optimize.cutting_plane.simplex import Simplex
from riskkit.optimize.cutting_plane.solver import SolverFailed

__all__ = ["Master"]


class Form(Protocol):
    """A solver form: minimise t over a region, where t >= scale * (constant + gradient @ x) for every cut."""

    def solve(self, cuts: Cuts) -> tuple[Array, float]:
        """Return the minimiser and a proven lower bound of the objective; `SolverFailed` if there is none."""


class Master:
    """Solves with simplex if the constraints are linear, else with cones; if a solver fails, the next one follows.

    Parameters
    ----------
    region : Region
    scale : float
        Scales the slopes of the cuts to about 1.

    Attributes
    ----------
    tried : list of str
        The solvers that failed, and how.
    """

    def __init__(self, region: Region, scale: float) -> None:
        self.tried: list[str] = []
        self._forms = _forms(region, scale)
        self._form = next(self._forms)

    def solve(self, cuts: Cuts) -> tuple[Array, float]:
        """Return the minimiser and a proven lower bound of the objective; `SolverFailed` if no solver is left."""
        while True:
            try:
                return self._form.solve(cuts)
            except SolverFailed as failure:
                self.tried.append(str(failure))
                next_form = next(self._forms, None)
                if next_form is None:
                    raise SolverFailed(f"no solver found a solution; tried {', then '.join(self.tried)}") from failure
                self._form = next_form


def _forms(region: Region, scale: float) -> Iterator[Form]:
    if region.conic("CLARABEL").linear:
        yield Simplex(region, scale)
    for solver in CONE_SOLVERS:
        yield Cone(region, scale, solver)
