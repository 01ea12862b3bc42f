"""Infeasible constraints: a smallest conflicting set, and by how much one of them must be relaxed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from typing import Any

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit.optimize.cutting_plane.conic import CONE_SOLVERS, Infeasible, centre
from riskkit.optimize.cutting_plane.feasible_set import Region
from riskkit.optimize.cutting_plane.solver import SolverFailed, solve

__all__ = ["interior_point"]


def interior_point(region: Region) -> Array:
    """Return a point in the interior of the region, or raise the error that names the conflicting constraints."""
    try:
        return centre(region)
    except Infeasible:
        raise InvalidInput(_explanation(region)) from None


def _explanation(region: Region) -> str:
    conflict = _smallest_conflict(region)
    if not conflict:
        return "the bounds are infeasible; widen them"
    amounts = {name: _shortfall(region, conflict, name) for name in conflict}
    if len(conflict) == 1:
        reason, remedy = f"{conflict[0]} is infeasible within the bounds", "relax it"
    else:
        reason, remedy = f"{' and '.join(conflict)} conflict", "relax one of them"
    least = [f"{name} by at least {amount:.4g}" for name, amount in amounts.items() if amount is not None]
    return f"the constraints are infeasible: {reason}" + (f"; {remedy}: {', or '.join(least)}" if least else "")


def _smallest_conflict(region: Region) -> tuple[str, ...]:
    """Return a smallest set of constraints that is infeasible within the bounds.

    Constraints are removed as long as the rest still conflict, so each remaining one is needed for the conflict. Up to
    three constraints the set is a smallest one; beyond that no other sets are searched.
    """
    core = tuple(region.limits)
    for name in region.limits:
        without = tuple(other for other in core if other != name)
        if _conflict(region, without):
            core = without
    for size in range(min(len(core), 3)):
        for chosen in combinations(region.limits, size):
            if _conflict(region, chosen):
                return chosen
    return core


def _conflict(region: Region, chosen: Iterable[str]) -> bool:
    try:
        centre(replace(region, limits={name: region.limits[name] for name in chosen}))
    except SolverFailed as failure:
        return isinstance(failure, Infeasible)
    return False


def _shortfall(region: Region, conflict: Iterable[str], name: str) -> float | None:
    """By how much a constraint must be relaxed if the others of a conflict hold; None if unknown or no help."""
    import cvxpy as cp

    slack = cp.Variable(nonneg=True)
    relaxed = [_relaxed(constraint, slack) for constraint in region.limits[name]]
    if any(constraint is None for constraint in relaxed):
        return None
    others = replace(region, limits={other: region.limits[other] for other in conflict if other != name})
    problem = cp.Problem(cp.Minimize(slack), [*relaxed, *others.constraints, *region.box])
    try:
        solve(problem, CONE_SOLVERS)
    except SolverFailed:
        return None
    return float(problem.value)


def _relaxed(constraint: Any, slack: Any) -> Any:
    import cvxpy as cp

    if isinstance(constraint, cp.constraints.Inequality):
        return constraint.expr <= slack
    if isinstance(constraint, cp.constraints.Equality):
        return cp.abs(constraint.expr) <= slack
    return None
