"""The feasible set: a box and named cvxpy constraints, and their conic matrix form for the solvers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.frozen import memoized

__all__ = ["Conic", "Region"]


@dataclass(frozen=True, eq=False)
class Region:
    """A bounded convex set: a box and constraints on one cvxpy variable.

    Parameters
    ----------
    variable : cvxpy.Variable
        1-D, without attributes such as ``nonneg``.
    low, high : ndarray (variable,)
        The box; finite, low <= high. Lower bounds need it.
    fixed_constraints : sequence of cvxpy.Constraint
        Constraints that errors never propose to relax, such as that weights sum to 1.
    limits : mapping of str to sequence of cvxpy.Constraint
        Other convex constraints, by name for errors.
    """

    variable: Any
    low: Array
    high: Array
    fixed_constraints: Sequence[Any] = ()
    limits: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    @property
    def constraints(self) -> list[Any]:
        """All constraints in one list, without the box."""
        return [*self.fixed_constraints, *(constraint for limit in self.limits.values() for constraint in limit)]

    @property
    def box(self) -> list[Any]:
        """The box as cvxpy constraints."""
        return [self.variable >= self.low, self.variable <= self.high]

    @memoized
    def conic(self, solver: str) -> Conic:
        """Return cvxpy's matrix form of the constraints for a solver, without the box."""
        import cvxpy as cp

        problem = cp.Problem(cp.Minimize(cp.sum(self.variable)), self.constraints)
        data, chain, _ = problem.get_problem_data(solver)
        first = data["param_prob"].var_id_to_col[self.variable.id]
        return Conic(solver, problem, chain, data, slice(first, first + self.variable.size))

    def least(self, slope: Array) -> float:
        """Return the minimum over the box of slope @ variable."""
        return float(np.minimum(slope * self.low, slope * self.high).sum())


@dataclass(frozen=True, eq=False)
class Conic:
    """Constraints as rows, b - A x in a product of cones: first equalities, then inequalities, then all others.

    Attributes
    ----------
    solver : str
        The solver of this form.
    problem, chain : cvxpy objects
        For solving such data with cvxpy.
    data : mapping
        Entries ``A``, ``b`` and ``dims`` among others, as `cvxpy.Problem.get_problem_data` returns them.
    variable_columns : slice
        Columns of the region's variable; the others are cvxpy's auxiliary ones, for functions such as norms.
    """

    solver: str
    problem: Any
    chain: Any
    data: Mapping[str, Any]
    variable_columns: slice

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.data["A"].shape[0])

    @property
    def columns(self) -> int:
        """Number of columns."""
        return int(self.data["A"].shape[1])

    @property
    def equalities(self) -> int:
        """Number of rows that must be 0."""
        return int(self.data["dims"].zero)

    @property
    def inequalities(self) -> int:
        """Number of rows that must be >= 0."""
        return int(self.data["dims"].nonneg)

    @property
    def linear(self) -> bool:
        """Whether all constraints are linear equalities and inequalities."""
        return self.equalities + self.inequalities == self.rows

    @cached_property
    def transposed(self) -> Any:
        """Matrix (column, row)."""
        return self.data["A"].T.tocsr()

    def extended(self, objective: Array, more: Array, sides: Array) -> dict[str, Any]:
        """Return the data of: minimise objective @ x under the constraints and more @ x <= sides.

        There may be new columns. The new rows go between the equalities and the other inequalities.
        """
        from scipy import sparse

        new_columns = sparse.csr_array((self.rows, len(objective) - self.columns))
        limits = sparse.hstack([self.data["A"], new_columns]).tocsr()
        dims = copy(self.data["dims"])
        dims.nonneg += len(sides)
        first = self.equalities
        return {
            **self.data,
            "A": sparse.vstack([limits[:first], sparse.csr_array(more), limits[first:]]).tocsc(),
            "b": np.concatenate([self.data["b"][:first], sides, self.data["b"][first:]]),
            "c": objective,
            "dims": dims,
        }
