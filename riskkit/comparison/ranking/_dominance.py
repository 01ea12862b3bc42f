"""`dominance`: almost stochastic dominance of one rule over another."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Bools
from riskkit._core.validation import require_known
from riskkit.comparison.estimation.estimate import Estimate, Weights, as_design, normal_quantile, standard_error
from riskkit.comparison.estimation.paired_difference import oriented
from riskkit.comparison.io.frames import by_name, warn_of_nan
from riskkit.comparison.run_data import RunData

__all__ = ["almost_dominance", "dominance"]


#: Gaps between two distribution functions below this are rounding.
SAME = 1e-12


def dominance(
    result: RunData, baseline: str | None = None, quantity: str = "wealth", level: float = 0.95
) -> pd.DataFrame:
    """Almost stochastic dominance of every rule over the baseline: would everybody who likes more prefer it?

    Parameters
    ----------
    baseline : str, optional
        Rule to compare with; the scenario's by default.
    quantity : str
        A quantity of `values` with a better direction; the sign is changed where less is better.
    level : float
        Of the intervals, in (0, 1).

    Returns
    -------
    DataFrame
        Indexed by rule (the baseline left out), with columns ``epsilon``, ``standard_error``, ``low`` and ``high``.
        0: the rule is at least as good at every level. 0.5: the means are the same. 1: the baseline dominates it. The
        error is NaN, with a `RiskkitWarning`, where the distributions do not cross in the sample.

    Raises
    ------
    InvalidInput
        If there is no such rule or quantity, or neither more nor less of it is better.

    Notes
    -----
    With F and G the distribution functions of rule and baseline, epsilon is the area between them where F > G, as a
    share of all area between them (Leshno and Levy, "Preferred by 'all' and preferred by 'most' decision makers:
    almost stochastic dominance", *Management Science* 48 (2002), 1074-1085, eq. 7). Below 0.5, the rule is preferred
    by everybody whose largest marginal utility is at most 1/epsilon - 1 times the smallest one (their Theorem 1). The
    second-order measure is left out: it depends on an upper bound of wealth, which has none (Tzeng, Huang and Shih,
    *Management Science* 59 (2013), 2653-2659).

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> bool(result.dominance().loc["diversify now", "epsilon"] > 0.1)
    True
    """
    base = result.scenario.baseline_name if baseline is None else baseline
    require_known("baseline", [base], result.scenario.names)
    normal_quantile(level)
    theirs = oriented(result, base, quantity)
    found = {
        rule: result._calibrated(almost_dominance(oriented(result, rule, quantity), theirs, result.outcomes.design))
        for rule in result.scenario.names
        if rule != base
    }
    warn_of_nan({"epsilon": found}, error=True)
    ends = [each.interval(level) for each in found.values()]
    columns = {
        "epsilon": [each.value for each in found.values()],
        "standard_error": [each.standard_error for each in found.values()],
        "low": [low for low, _ in ends],
        "high": [high for _, high in ends],
    }
    return by_name(result, columns, found, "rule")


def almost_dominance(ours: Array, theirs: Array, weights: Weights) -> Estimate:
    """Leshno and Levy's epsilon of one outcome against another on the same paths; more is better.

    Parameters
    ----------
    ours, theirs : ndarray
        One number a path for each rule (path).
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.

    Returns
    -------
    Estimate
        A / (A + B), A the area between the distribution functions where ours is the larger, B where theirs is. With
        L(x) and M(x) the lengths of the two sets of levels up to x, A is the mean of L(theirs) - L(ours) and B that of
        M(ours) - M(theirs): a path's influence is (B a - A b) / (A + B)**2 with its own a and b. Which levels are in
        the sets moves A and B in the second order only (del Barrio, Cuesta-Albertos and Matran 2018, Theorem 2.3).

    Examples
    --------
    Ours lies below on a length of 1 by half of the paths, and above on a length of 3:

    >>> almost_dominance(np.array([1.0, 7.0]), np.array([2.0, 4.0]), np.full(2, 0.5)).value
    0.25
    """
    path_weights = as_design(weights).path_weights
    levels = np.concatenate([ours, theirs])
    order = np.argsort(levels)
    gap = np.cumsum(np.concatenate([path_weights, -path_weights])[order])[:-1]
    width = np.diff(levels[order])

    def lengths(inside: Bools) -> tuple[Array, Array]:
        """Length of the set below the level of each path, for ours and theirs."""
        length: Array = np.empty_like(levels)
        length[order] = np.concatenate([[0.0], np.cumsum(width * inside)])
        return length[: len(ours)], length[len(ours) :]

    above, below = gap > SAME, gap < -SAME
    against, supporting = float((gap * width)[above].sum()), -float((gap * width)[below].sum())
    area = against + supporting
    if area == 0.0:
        return Estimate(math.nan, math.nan, note="both have the same distribution")
    value = against / area
    if against == 0.0 or supporting == 0.0:
        return Estimate(value, math.nan, note="the distributions do not cross in this sample")

    def influence() -> Array:
        (above_ours, above_theirs), (below_ours, below_theirs) = lengths(above), lengths(below)
        change = supporting * (above_theirs - above_ours) - against * (below_ours - below_theirs)
        result: Array = change / area**2
        return result

    error = standard_error(influence(), weights)
    return Estimate(value, error, influence, lambda z: (max(value - z * error, 0.0), min(value + z * error, 1.0)))
