"""Minimum risk: CVaR of returns, CDaR and CED of paths, over constrained weights."""

from __future__ import annotations

from typing import Any

from riskkit._core.validation import one_of
from riskkit.measures._inputs import Labelled
from riskkit.optimize._allocation import Allocation, DrawdownAllocation
from riskkit.optimize._inputs import Bounds, Scenarios
from riskkit.optimize._limits import Limits
from riskkit.optimize._linear_program import solve_linear_program
from riskkit.optimize._problem import make_problem
from riskkit.optimize._tail_oracles import LossTail
from riskkit.optimize.cutting_plane.algorithm import minimise
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.infeasibility import interior_point
from riskkit.optimize.cutting_plane.solver import SolverFailed

__all__ = ["min_cdar", "min_ced", "min_cvar"]

#: Up to this many returns "auto" takes the linear programme, which is about as fast as cuts there.
SMALL = 10_000


def min_cvar(
    returns: Scenarios,
    *,
    level: float = 0.95,
    path_weights: Labelled | None = None,
    min_return: float | None = None,
    bounds: Bounds = (0, 1),
    constraints: Limits = (),
    method: str = "auto",
) -> Allocation:
    """Find the weights with the least conditional value at risk, the mean of the worst 1 - `level` of the losses.

    Parameters
    ----------
    returns : DataFrame or array (scenario, asset), or Paths
        Returns of the assets over one period, 0.1 for a gain of 10 %. An `rk.Paths` gives the returns from its start to
        its end, a scenario a path. NaN is refused.
    level : float
        From 0, the mean loss, to below 1; 0.95 is the worst 5 %.
    path_weights : array (scenario,), optional
        Weights of the scenarios, >= 0; they need not sum to 1.
    min_return : float, optional
        Least mean return of the portfolio.
    bounds : pair, sequence of pairs, or mapping
        Smallest and largest weight: one pair for all assets, a pair for each, or pairs by name (others 0 to 1).
        Finite; below 0 for short positions. Weights sum to 1.
    constraints : function, or sequence of functions
        Functions of the cvxpy weight variable, or of it and the names of the assets, that return a cvxpy constraint or
        a list of them. Ready-made: `founder_limit`, `turnover_limit`, `holding_limits`, `locked`.
    method : {"auto", "lp", "cuts"}
        One linear programme with a row for each scenario, cutting planes, or the choice by size. The proof is the same.

    Returns
    -------
    Allocation
        `objective` is the CVaR of the losses as a fraction of wealth; negative if even the tail gains.

    Raises
    ------
    InvalidInput
        If returns are not finite, there are fewer scenarios than assets, the tail holds less than one scenario, bounds
        do not let weights sum to 1, or constraints are infeasible; the message names a smallest set of conflicting
        constraints, and by how much one of them must be relaxed.
    SolverFailed
        If every solver fails; the message names them.

    Notes
    -----
    Linear programme: Rockafellar and Uryasev, "Optimization of conditional value-at-risk", *Journal of Risk* 2 (2000)
    21-41, eq. 17. Cuts: Künzi-Bay and Mayer, *Computational Management Science* 3 (2006) 3-27, where a cut is the mean
    of the scenarios in the tail. Weights below about 1e-6 are numerical: weights without them are as good.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"A": [-0.3, 0.2, 0.1, 0.1], "B": [0.1, -0.1, 0.0, 0.1]})
    >>> found = min_cvar(returns, level=0.75)
    >>> found.weights.round(4).to_dict(), round(found.objective, 4)
    ({'A': 0.2857, 'B': 0.7143}, 0.0143)
    """
    one_of("method", method, ["auto", "lp", "cuts"])
    problem = make_problem("cvar", returns, level, path_weights)
    region = problem.region(min_return, bounds, constraints)
    start, cuts = interior_point(region), Cuts(len(problem.sample.names))
    small = method == "lp" or (method == "auto" and problem.sample.values.size <= SMALL)
    if small and isinstance(problem.risk, LossTail):
        try:
            start, gradient = solve_linear_program(problem.risk, region)
        except SolverFailed:
            if method == "lp":
                raise
        else:
            cuts.add(gradient, 0.0)
    return problem.answer(minimise(problem.risk, region, cuts, start))


def min_cdar(
    paths: Scenarios,
    *,
    level: float = 0.95,
    path_weights: Labelled | None = None,
    min_return: float | None = None,
    bounds: Bounds = (0, 1),
    constraints: Limits = (),
) -> DrawdownAllocation:
    """Find the weights with the least conditional drawdown at risk on uncompounded returns, over all paths.

    Parameters
    ----------
    paths : array (time, asset, path), DataFrame or array (time, asset) for one path, or Paths
        Returns of each step, >= -1; an `rk.Paths` gives those of its prices. NaN is refused.
    level : float
        From 0, the average drawdown, to below 1; 0.95 is the mean of the worst 5 % of all drawdowns.
    path_weights : array (path,), optional
        Weights of the paths, >= 0; they need not sum to 1.
    min_return : float, optional
        Least mean over the paths of the portfolio's return from start to end, uncompounded.
    bounds, constraints
        As in `min_cvar`.

    Returns
    -------
    DrawdownAllocation
        `objective`, `lower_bound` and `gap` are of drawdowns of uncompounded returns. `cdar95` and `ced95` are of
        compounded wealth, rebalanced to the weights at every step.

    Raises
    ------
    InvalidInput, SolverFailed
        As `min_cvar`.

    Notes
    -----
    Chekhlov, Uryasev and Zabarankin, "Drawdown measure in portfolio optimization", *International Journal of
    Theoretical and Applied Finance* 8 (2005) 13-58. Uncompounded wealth is 1 plus the sum of the weighted returns so
    far, and its drawdown the drop from its peak in multiples of the start wealth, which is convex in the weights. The
    fractional drawdown of compounded wealth is not convex, so it has no proven bound. The two differ more on longer
    paths: over many years, read `cdar95`.

    Examples
    --------
    >>> import numpy as np
    >>> steps = np.array([[-0.2, 0.1], [0.1, -0.1], [0.3, 0.1]])
    >>> found = min_cdar(steps, level=0.75)
    >>> found.weights.round(4).tolist(), round(found.objective, 4)
    ([0.3333, 0.6667], 0.0333)
    """
    return _least_drawdown("cdar", paths, level, path_weights, min_return, bounds, constraints)


def min_ced(
    paths: Scenarios,
    *,
    level: float = 0.95,
    path_weights: Labelled | None = None,
    min_return: float | None = None,
    bounds: Bounds = (0, 1),
    constraints: Limits = (),
) -> DrawdownAllocation:
    """Find the weights with the least conditional expected drawdown on uncompounded returns.

    That is the mean of the worst 1 - `level` of the paths' maximum drawdowns. The tail must contain at least one path.

    Parameters
    ----------
    paths, level, path_weights, min_return, bounds, constraints
        As in `min_cdar`.

    Returns
    -------
    DrawdownAllocation
        As `min_cdar`.

    Raises
    ------
    InvalidInput, SolverFailed
        As `min_cvar`.

    Notes
    -----
    Goldberg and Mahmoud, "Drawdown: from practice to theory and back again", *Mathematics and Financial Economics* 11
    (2017) 275-297, here on uncompounded returns for the reason that `min_cdar` gives.

    Examples
    --------
    The maximum drawdown of one path:

    >>> import numpy as np
    >>> found = min_ced(np.array([[-0.2, 0.1], [0.1, -0.1], [0.3, 0.1]]), level=0.0)
    >>> found.weights.round(4).tolist(), round(found.objective, 4)
    ([0.3333, 0.6667], 0.0333)
    """
    return _least_drawdown("ced", paths, level, path_weights, min_return, bounds, constraints)


def _least_drawdown(
    kind: str, paths: Any, level: float, path_weights: Labelled | None, *limits: Any
) -> DrawdownAllocation:
    problem = make_problem(kind, paths, level, path_weights)
    region = problem.region(*limits)
    return problem.drawdown_answer(
        minimise(problem.risk, region, Cuts(len(problem.sample.names)), interior_point(region))
    )
