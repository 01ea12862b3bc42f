"""Risk budgets: weights under which every asset carries its share of the risk, and no founder more than a limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, one_of, short_repr
from riskkit.measures._inputs import Labelled
from riskkit.optimize._allocation import RiskBudget
from riskkit.optimize._inputs import Names, Scenarios
from riskkit.optimize._limits import Limits, named_limits
from riskkit.optimize._problem import task
from riskkit.optimize._risk_parity import balanced, least_risk, mixes, volatility_of
from riskkit.optimize.cutting_plane.conic import CONE_SOLVERS
from riskkit.optimize.cutting_plane.infeasibility import inside
from riskkit.optimize.cutting_plane.solver import solve

__all__ = ["risk_budget"]

Array = NDArray[np.float64]

#: Smallest share of the risk that an asset may be given; with none, its weight would not be determined.
SMALLEST = 1e-6

ROUNDING = 1e-9

#: Share of the largest return below which a mix counts as free of risk.
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
    """Find the long-only weights under which each asset carries its share of the risk (risk parity if all are equal).

    Parameters
    ----------
    returns : DataFrame or array (scenario, asset), or Paths
        As in `min_cvar`. Every mix of the assets must have risk: leave cash out.
    budgets : mapping or Series, optional
        Share of the risk of each asset, > 0 and with sum 1; equal shares when left out.
    limits : function, or sequence of functions
        Limits on the budgets, written as `constraints` of `min_cvar` are: ``founder_limit("Musk", 0.3, portfolio)``
        lets no more than 30 % of the risk ride on Musk. Where `budgets` break them, the nearest ones that do not are
        taken.
    risk : {"volatility", "cvar"}
        What is shared out.
    level : float
        Of the CVaR; 0.95 asks for the worst 5 %.
    path_weights : array (scenario,), optional
        Weights of the scenarios, >= 0; they need not sum to 1.

    Returns
    -------
    RiskBudget
        With `risk`, `budgets` and `contributions`. `objective`, `lower_bound` and `gap` speak of the convex function in
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
    portfolios for CVaR under discrete distributions", *Quantitative Finance* 18 (2018) 1927-1945. r is counted in
    multiples of the risk of equal weights. CVaR of a sample has kinks, where contributions jump by about the weight of
    one scenario in the tail; they meet the budgets up to that. The nearest budgets are nearest in relative entropy,
    which scales the assets of a founder alike.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> returns = pd.DataFrame({"A": [0.1, -0.1, 0.1, -0.1], "B": [0.4, 0.4, -0.4, -0.4]})
    >>> risk_budget(returns).weights.round(4).to_dict()
    {'A': 0.8, 'B': 0.2}
    """
    one_of("risk", risk, ["volatility", "cvar"])
    work = task("cvar", returns, level if risk == "cvar" else 0.0, path_weights)
    names = work.sample.names
    shares = _nearest(_wanted(budgets, names), limits, names)
    measure = volatility_of(work.sample.values, work.sample.mass) if risk == "volatility" else work.risk
    least = least_risk(measure, len(names))
    if least.bound <= RISKLESS * np.abs(work.sample.values).max():
        held = ", ".join(repr(name) for name, weight in zip(names, least.point, strict=True) if weight > 1e-3)
        raise InvalidInput(
            f"risk_budget: every mix of the assets must have risk, got {least.value:.3g} for a mix of {held}; leave "
            "out what has none"
        )
    found = balanced(measure, shares, least.bound)
    weights = found.point[:-1] / found.point[:-1].sum()
    value, slope = measure(weights)
    return RiskBudget(
        **work.told(found, weights),
        risk=value,
        budgets=work.by_asset(shares, "budget"),
        contributions=work.by_asset(weights * slope / value, "contribution"),
    )


def _wanted(budgets: Any, names: Names) -> Array:
    if budgets is None:
        return np.full(len(names), 1.0 / len(names))
    given = dict(budgets) if isinstance(budgets, Mapping | pd.Series) else {}
    if set(given) != set(names):
        wanted = ", ".join(map(repr, names))
        raise InvalidInput(f"budgets must be a mapping with an entry for each of {wanted}, got {short_repr(budgets)}")
    shares = np.array([number(f"budget of {name!r}", given[name], at_least=SMALLEST) for name in names])
    if abs(shares.sum() - 1.0) > ROUNDING:
        raise InvalidInput(f"budgets must sum to 1, got {shares.sum():.6g}")
    return shares


def _nearest(wanted: Array, limits: Any, names: Names) -> Array:
    """The budgets nearest to the wanted ones in relative entropy that keep the limits."""
    import cvxpy as cp

    shares = cp.Variable(len(names))
    region = mixes(shares, SMALLEST, named_limits(limits, shares, names))
    shares.value = wanted
    if all(np.all(constraint.violation() <= ROUNDING) for constraint in region.constraints):
        return wanted
    inside(region)
    solve(cp.Problem(cp.Minimize(cp.sum(cp.kl_div(shares, wanted))), [*region.box, *region.constraints]), CONE_SOLVERS)
    nearest: Array = shares.value / shares.value.sum()
    return nearest
