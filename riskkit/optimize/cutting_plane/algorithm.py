"""The cutting-plane method: minimise a convex function over a region with a proven lower bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Region
from riskkit.optimize.cutting_plane.master import Master
from riskkit.optimize.cutting_plane.solver import SolverFailed

__all__ = ["Oracle", "Proven", "minimise"]

#: x → f(x) and a subgradient at x of a convex f.
Oracle: TypeAlias = Callable[[Array], tuple[float, Array]]

#: Relative gap of an optimal result.
GAP = 1e-7

#: Step of a query from the best point towards the minimiser of the cuts: longer after a success, else shorter.
FIRST_STEP, SHORTEST_STEP, STRETCH = 0.3, 0.2, 1.5

#: An objective below this share of its steepest slope is near 0; its gap is relative to that share.
NEAR_ZERO = 1e-3

#: The most iterations, and the most without a better point or bound.
MOST, PATIENCE = 5000, 250


@dataclass(frozen=True, eq=False)
class Proven:
    """The best point of a region, with a proven lower bound.

    Attributes
    ----------
    point : ndarray (variable,)
    value, bound : float
        Objective at the point, and its proven lower bound.
    gap : float
        value - bound, relative to the value or, near 0, to a thousandth of the steepest slope.
    iterations : int
        Number of queries of the objective.
    seconds : float
    trouble : str
        The solvers that failed, and how; empty if none did.
    """

    point: Array
    value: float
    bound: float
    gap: float
    iterations: int
    seconds: float
    trouble: str = ""

    @property
    def status(self) -> str:
        """Status of the search as text, with advice."""
        trouble = f" (solvers that failed: {self.trouble})" if self.trouble else ""
        if self.gap <= GAP:
            return f"optimal: no feasible point is better by more than {self.gap:.1e} of the objective{trouble}"
        return (
            f"not proven optimal: stopped after {self.iterations} iterations, and a feasible point may be better by up "
            f"to {self.gap:.1e} of the objective; if that is too much, try fewer assets, without near duplicates"
            f"{trouble}"
        )


def minimise(oracle: Oracle, region: Region, cuts: Cuts, start: Array) -> Proven:
    """Minimise a convex function over a region.

    Parameters
    ----------
    oracle : callable
        Takes x and returns f(x) and a subgradient.
    region : Region
    cuts : Cuts
        Cuts of f so far; new ones are added.
    start : ndarray (variable,)
        A point of the region, preferably in its interior.

    Returns
    -------
    Proven

    Raises
    ------
    SolverFailed
        If every solver fails on the first master problem; the message names them. A later failure ends the search and
        is in the status.

    Notes
    -----
    Kelley, "The cutting-plane method for solving convex programs", *J. SIAM* 8 (1960) 703-712, queried between the
    best point and the minimiser of the cuts (Ben-Ameur and Neto, "Acceleration of cutting-plane and column generation
    algorithms", *Networks* 49, 2007, 3-17); for CVaR Künzi-Bay and Mayer, "Computational aspects of minimizing
    conditional value-at-risk", *Computational Management Science* 3 (2006) 3-27. Each query cuts the minimiser off or
    shrinks the gap by a fixed share. The number of cuts grows with the variables, and hardly with the scenarios.

    Examples
    --------
    >>> import cvxpy as cp
    >>> region = Region(cp.Variable(2), low=np.zeros(2), high=np.ones(2))
    >>> target = np.array([0.2, 3.0])
    >>> squared = lambda x: (float((x - target) @ (x - target)), 2 * (x - target))
    >>> found = minimise(squared, region, Cuts(2), start=np.array([0.5, 0.5]))
    >>> found.point.round(2).tolist(), round(found.value, 6), found.gap <= 1e-7
    ([0.2, 1.0], 4.0, True)
    """
    began = time.perf_counter()
    best, (value, gradient) = start, oracle(start)
    steepest = float(np.abs(gradient).max()) or 1.0
    step = 1.0 if len(cuts) else FIRST_STEP
    cuts.add(gradient, value - float(gradient @ start))
    master = Master(region, 1.0 / steepest)
    bound, gap, iterations, progress = -np.inf, np.inf, 1, 1
    while True:
        try:
            outer, below = master.solve(cuts)
        except SolverFailed:
            if bound == -np.inf:
                raise
            break
        bound = max(bound, below)
        closer = max(value - bound, 0.0) / max(abs(value), NEAR_ZERO * steepest)
        if closer < gap:
            gap, progress = closer, iterations
        if gap <= GAP or iterations == MOST or iterations - progress == PATIENCE:
            break
        query = np.clip(best + step * (outer - best), region.low, region.high)
        there, gradient = oracle(query)
        cuts.add(gradient, there - float(gradient @ query))
        if there < value:
            best, value, step = query, there, min(step * STRETCH, 1.0)
        else:
            step = max(step / STRETCH, SHORTEST_STEP)
        iterations += 1
    trouble = ", then ".join(master.tried)
    return Proven(best, value, min(bound, value), gap, iterations, time.perf_counter() - began, trouble)
