"""The efficient frontier: the least risk for each mean wealth; all points share one pool of cuts."""

from __future__ import annotations

import numpy as np

from riskkit._core.validation import integer, one_of
from riskkit.measures._inputs import Labelled
from riskkit.optimize._allocation import Allocation
from riskkit.optimize._inputs import Bounds, Scenarios
from riskkit.optimize._limits import Limits
from riskkit.optimize._problem import RISKS, make_problem
from riskkit.optimize.cutting_plane.algorithm import minimise
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.infeasibility import interior_point

__all__ = ["frontier"]


#: Tolerance of the mean return at each point. It gives the last point's feasible set an interior.
SLACK = 1e-7


def frontier(
    returns: Scenarios,
    *,
    risk: str = "cvar",
    points: int = 10,
    level: float = 0.95,
    path_weights: Labelled | None = None,
    bounds: Bounds = (0, 1),
    constraints: Limits = (),
) -> list[Allocation]:
    """Trade mean wealth against tail risk: the weights of least risk for evenly spaced mean returns.

    Parameters
    ----------
    returns : DataFrame, array or Paths
        As in `min_cvar` for ``"cvar"``, as in `min_cdar` for the other two.
    risk : {"cvar", "cdar", "ced"}
        The risk to minimise.
    points : int
        At least 2: the first has the least risk of all, the last the largest mean.
    level, path_weights, bounds, constraints
        As in `min_cvar` and `min_cdar`.

    Returns
    -------
    list of Allocation
        By rising `mean_wealth`; each with its own proof. Drawdowns are as in `min_cdar`.

    Raises
    ------
    InvalidInput, SolverFailed
        As `min_cvar`.

    Notes
    -----
    A cut of the risk does not depend on the mean, so all points share one pool of cuts, and another point takes a few
    evaluations.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"A": [-0.3, 0.2, 0.1, 0.4], "B": [0.1, -0.1, 0.0, 0.1]})
    >>> curve = frontier(returns, points=3, level=0.75)
    >>> pd.DataFrame({"mean wealth": [a.mean_wealth for a in curve], "CVaR": [a.objective for a in curve]}).round(3)
       mean wealth   CVaR
    0        1.046  0.014
    1        1.073  0.157
    2        1.100  0.300
    """
    one_of("risk", risk, RISKS)
    integer("points", points, at_least=2)
    problem = make_problem(risk, returns, level, path_weights)
    mean, cuts = problem.sample.mean, Cuts(len(problem.sample.names))
    everywhere = problem.region(None, bounds, constraints)
    start = interior_point(everywhere)
    least = minimise(problem.risk, everywhere, cuts, start)
    most = minimise(lambda weights: (float(-mean @ weights), -mean), everywhere, Cuts(mean.size), start)
    curve = [problem.answer(least)]
    for target in np.linspace(mean @ least.point, mean @ most.point, points)[1:]:
        region = problem.region(target - SLACK, bounds, constraints)
        curve.append(problem.answer(minimise(problem.risk, region, cuts, interior_point(region))))
    return curve
