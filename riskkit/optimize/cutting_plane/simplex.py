"""The master problem as a linear programme with warm starts in HiGHS: a new cut costs a few pivots."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.cutting_plane.bound import lower_bound
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Region
from riskkit.optimize.cutting_plane.solver import SolverFailed

__all__ = ["Simplex"]


#: Feasibility tolerance of constraints and cuts.
ACCURACY = 1e-9


class Simplex:
    """Minimise t over a region of linear constraints, where t >= scale * (constant + gradient @ x) for every cut.

    Parameters
    ----------
    region : Region
    scale : float
        Scales the slopes of the cuts to about 1, as the solver's tolerances assume.
    """

    def __init__(self, region: Region, scale: float) -> None:
        from highspy import HighsLp
        from scipy import sparse

        conic = region.conic("CLARABEL")
        self._region, self._conic, self._scale, self._row_count = region, conic, scale, 0
        program = HighsLp()
        program.num_row_, program.num_col_ = conic.rows, conic.columns + 1
        program.col_cost_ = np.append(np.zeros(conic.columns), 1.0)
        low, high = np.full(conic.columns + 1, -np.inf), np.full(conic.columns + 1, np.inf)
        low[conic.variable_columns], high[conic.variable_columns] = region.low, region.high
        program.col_lower_, program.col_upper_ = low, high
        sides = conic.data["b"]
        program.row_lower_ = np.where(np.arange(conic.rows) < conic.equalities, sides, -np.inf)
        program.row_upper_ = sides
        matrix = sparse.csc_array(conic.data["A"])
        program.a_matrix_.start_ = np.append(matrix.indptr, matrix.nnz)
        program.a_matrix_.index_, program.a_matrix_.value_ = matrix.indices, matrix.data
        self._model = _silent_highs()
        for option in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self._model.setOptionValue(option, ACCURACY)
        self._model.setOptionValue("threads", 1)
        self._model.setOptionValue("presolve", "off")
        self._model.passModel(program)

    def solve(self, cuts: Cuts) -> tuple[Array, float]:
        """Return the minimiser and a proven lower bound of the objective, starting from the last basis."""
        from highspy import HighsModelStatus

        conic = self._conic
        places = np.append(np.arange(conic.variable_columns.start, conic.variable_columns.stop), conic.columns).astype(
            np.int32
        )
        for row in range(self._row_count, len(cuts)):
            values = np.append(-self._scale * cuts.gradients[row], 1.0)
            self._model.addRow(self._scale * cuts.constants[row], np.inf, values.size, places, values)
        self._row_count = len(cuts)
        self._model.run()
        status = self._model.getModelStatus()
        if status != HighsModelStatus.kOptimal:
            raise SolverFailed(f"HiGHS: {self._model.modelStatusToString(status)}")
        solution = self._model.getSolution()
        x, duals = np.array(solution.col_value[:-1]), np.array(solution.row_dual)
        of_limits, of_cuts = -duals[: conic.rows] / self._scale, duals[conic.rows :]
        return x[conic.variable_columns], lower_bound(self._region, conic, cuts, x, of_limits, of_cuts)


def _silent_highs() -> Any:
    """A HiGHS that prints nothing, not even the banner of its first use, which comes before any option is read."""
    from highspy import Highs

    class Silent(Highs):
        def enableCallbacks(self) -> None:
            self.silent()
            super().enableCallbacks()  # type: ignore[no-untyped-call]

    return Silent()  # type: ignore[no-untyped-call]
