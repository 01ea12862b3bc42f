"""Risk budgets: weights under which every asset contributes its share of the risk, with limits by founder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, one_of, short_repr
from riskkit.measures._inputs import Labelled
from riskkit.optimize._allocation import RiskBudget
from riskkit.optimize._inputs import Names, Scenarios
from riskkit.optimize._limits import Limits, named_limits
from riskkit.optimize._problem import make_problem
from riskkit.optimize._risk_parity import balanced_mix, least_risk_mix, simplex_region, volatility_of
from riskkit.optimize.cutting_plane.conic import CONE_SOLVERS
from riskkit.optimize.cutting_plane.infeasibility import interior_point
from riskkit.optimize.cutting_plane.solver import solve

__all__ = ["risk_budget"]


#: Smallest budget of an asset; with a budget of 0 its weight would not be determined.
SMALLEST = 1e-6

ROUNDING = 1e-9

#: A mix is riskless if its risk is below this share of the largest return.
RISKLESS = 1e-9


def risk_budget(
    returns: Scenarios,
    *,
    budgets: Mapping[Any, float] | pd.Series[float] | None = None,
    limits: Limits = (),
    risk: str = "volatility",
    level: float = 0.95,
    path_weights: Labelled | None = None,
) -> RiskBudget:
    """Find the long-only weights under which each asset contributes its budget of the risk (risk parity if equal).

    Parameters
    ----------
    returns : DataFrame or array (scenario, asset), or Paths
        As in `min_cvar`. Every mix of the assets must have risk: leave cash out.
    budgets : mapping or Series, optional
        Share of the risk of each asset, > 0 and with sum 1; equal shares by default.
    limits : function, or sequence of functions
        Limits on the budgets, written like `constraints` of `min_cvar`: ``founder_limit("Musk", 0.3, portfolio)`` lets
        at most 30 % of the risk ride on Musk. Budgets that violate them are replaced by the nearest feasible ones.
    risk : {"volatility", "cvar"}
        The risk to share out.
    level : float
        Of the CVaR; 0.95 is the worst 5 %.
    path_weights : array (scenario,), optional
        Weights of the scenarios, >= 0; they need not sum to 1.

    Returns
    -------
    RiskBudget
        With `risk`, `budgets` and `contributions`. `objective`, `lower_bound` and `gap` are of the convex function in
        the notes.

    Raises
    ------
    InvalidInput
        As `min_cvar`; also if budgets do not sum to 1, limits on them conflict, or some mix of the assets has no risk.
    SolverFailed
        If every solver fails; the message says which were tried.

    Notes
    -----
    The contributions w_i dr/dw_i of a risk r that grows in proportion to the weights sum to r (Euler). They equal the
    budgets b_i r where x = w times a number minimises r(x) - sum of b_i log x_i, which is convex: Spinu, "An algorithm
    for computing risk parity weights" (2013), for volatility; Mausser and Romanko, "Long-only equal risk contribution
    portfolios for CVaR under discrete distributions", *Quantitative Finance* 18 (2018) 1927-1945. r is in multiples of
    the risk of equal weights. CVaR of a sample has kinks, where contributions jump by about the weight of one scenario
    in the tail; the budgets are met up to that. The nearest budgets minimise relative entropy, which scales all assets
    of a founder by the same factor.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"A": [0.1, -0.1, 0.1, -0.1], "B": [0.4, 0.4, -0.4, -0.4]})
    >>> risk_budget(returns).weights.round(4).to_dict()
    {'A': 0.8, 'B': 0.2}
    """
    one_of("risk", risk, ["volatility", "cvar"])
    problem = make_problem("cvar", returns, level if risk == "cvar" else 0.0, path_weights)
    names = problem.sample.names
    shares = _nearest_feasible(_checked_budgets(budgets, names), limits, names)
    measure = (
        volatility_of(problem.sample.values, problem.sample.path_weights) if risk == "volatility" else problem.risk
    )
    least = least_risk_mix(measure, len(names))
    if least.bound <= RISKLESS * np.abs(problem.sample.values).max():
        riskless = ", ".join(repr(name) for name, weight in zip(names, least.point, strict=True) if weight > 1e-3)
        raise InvalidInput(
            f"risk_budget: every mix of the assets must have risk, got {least.value:.3g} for a mix of {riskless}; "
            "leave out riskless assets"
        )
    found = balanced_mix(measure, shares, least.bound)
    weights = found.point[:-1] / found.point[:-1].sum()
    value, slope = measure(weights)
    return RiskBudget(
        **problem.result_fields(found, weights),
        risk=value,
        budgets=problem.by_asset(shares, "budget"),
        contributions=problem.by_asset(weights * slope / value, "contribution"),
    )


def _checked_budgets(budgets: Any, names: Names) -> Array:
    if budgets is None:
        return np.full(len(names), 1.0 / len(names))
    mapping = dict(budgets) if isinstance(budgets, Mapping | pd.Series) else {}
    if set(mapping) != set(names):
        wanted = ", ".join(map(repr, names))
        raise InvalidInput(f"budgets must be a mapping with an entry for each of {wanted}, got {short_repr(budgets)}")
    shares = np.array([number(f"budget of {name!r}", mapping[name], at_least=SMALLEST) for name in names])
    if abs(shares.sum() - 1.0) > ROUNDING:
        raise InvalidInput(f"budgets must sum to 1, got {shares.sum():.6g}")
    return shares


def _nearest_feasible(wanted: Array, limits: Any, names: Names) -> Array:
    """The feasible budgets nearest to the wanted ones in relative entropy."""
    import cvxpy as cp

    shares = cp.Variable(len(names))
    region = simplex_region(shares, SMALLEST, named_limits(limits, shares, names))
    shares.value = wanted
    if all(np.all(constraint.violation() <= ROUNDING) for constraint in region.constraints):
        return wanted
    interior_point(region)
    solve(cp.Problem(cp.Minimize(cp.sum(cp.kl_div(shares, wanted))), [*region.box, *region.constraints]), CONE_SOLVERS)
    nearest: Array = shares.value / shares.value.sum()
    return nearest
