"""Fallback solvers: if one fails the next is tried; if all fail the error gives the status of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from riskkit._core.errors import RiskkitError

__all__ = ["SolverFailed", "solve"]


class SolverFailed(RiskkitError, RuntimeError):
    """No solver found a solution; the message gives the status of each."""


def solve(problem: Any, solvers: Iterable[str]) -> None:
    """Solve a cvxpy problem with the first of the solvers that can."""
    import cvxpy as cp

    tried = []
    for solver in solvers:
        try:
            problem.solve(solver=solver)
        except cp.SolverError as error:
            tried.append(f"{solver}: {error}")
            continue
        if problem.status == cp.OPTIMAL:
            return
        tried.append(f"{solver}: {problem.status}")
    raise SolverFailed(f"no solver found a solution; tried {', then '.join(tried)}")
