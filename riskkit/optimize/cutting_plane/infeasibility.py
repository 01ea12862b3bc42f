"""Limits that cannot all hold: which of them conflict, and by how much one of them would have to give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit.optimize.cutting_plane.conic import CONE_SOLVERS, Infeasible, centre
from riskkit.optimize.cutting_plane.feasible_set import Region
from riskkit.optimize.cutting_plane.solver import SolverFailed, solve

__all__ = ["inside"]


def inside(region: Region) -> NDArray[np.float64]:
    """Return a point well inside the region, or raise the error that names the limits in conflict."""
    try:
        return centre(region)
    except Infeasible:
        raise InvalidInput(_explanation(region)) from None


def _explanation(region: Region) -> str:
    conflict = _smallest_conflict(region)
    if not conflict:
        return "nothing meets the bounds; widen them"
    amounts = {name: _shortfall(region, conflict, name) for name in conflict}
    if len(conflict) == 1:
        told, ways = f"{conflict[0]} cannot hold within the bounds", "it must give"
    else:
        told, ways = f"{' and '.join(conflict)} conflict", "one must give"
    least = [f"{name} by at least {amount:.4g}" for name, amount in amounts.items() if amount is not None]
    return f"the limits leave nothing to choose from: {told}" + (f"; {ways}: {', or '.join(least)}" if least else "")


def _smallest_conflict(region: Region) -> tuple[str, ...]:
    """Return a smallest set of limits that cannot hold together within the bounds.

    Limits are left out as long as the rest still conflict, so that each that is left is needed for the conflict. There
    is no smaller one, of other limits, if it has three limits or fewer; beyond that nobody looks.
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
    """By how much a limit must give if the others of a conflict hold; None if it cannot be told or does not help."""
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
