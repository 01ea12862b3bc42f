"""`regret`: the shortfall of each rule against the best rule of each path."""

from __future__ import annotations

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit.comparison.estimation import estimate
from riskkit.comparison.estimation.estimate import Estimate, normal_quantile
from riskkit.comparison.estimation.paired_difference import oriented
from riskkit.comparison.io.frames import labelled, warn_of_nan
from riskkit.comparison.run_data import RunData
from riskkit.engine.outcomes import SamplingDesign

__all__ = ["regret"]


def regret(result: RunData, quantity: str = "wealth", level: float = 0.95) -> pd.DataFrame:
    """The shortfall of each rule against the best rule in hindsight, path by path.

    Parameters
    ----------
    quantity : str
        A quantity of `values` with a better direction; the sign is changed where less is better.
    level : float
        Of the intervals, in (0, 1).

    Returns
    -------
    DataFrame
        Indexed by rule and statistic, with columns ``value``, ``standard_error``, ``low`` and ``high``. A path's
        regret is the distance to the best of this comparison's rules on that path, >= 0, in the unit of the quantity
        (Savage 1951). Statistics: its ``mean``, ``median`` and ``p95``, and ``best``, the share of paths on which the
        rule is the best one; rules that tie share a path equally, so that the shares sum to 1.

    Raises
    ------
    InvalidInput
        If there is no such quantity, or neither more nor less of it is better.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> scenario = replace(rk.scenarios.baron(), rules=[rk.Hold(), rk.DiversifyNow()], steps_per_year=12)
    >>> result = rk.compare(scenario, paths=50_000, seed=1)
    >>> result.regret().xs("best", level="statistic")["value"].round(1).to_dict()
    {'hold': 0.2, 'diversify now': 0.8}
    """
    normal_quantile(level)
    outcomes = np.stack([oriented(result, rule, quantity) for rule in result.scenario.names])
    best = outcomes.max(axis=0)
    winners = (outcomes == best).sum(axis=0)
    found: dict[str, dict[str, Estimate]] = {}
    for rule, row in zip(result.scenario.names, outcomes, strict=True):
        for name, each in _statistics(best - row, (row == best) / winners, result.outcomes.design).items():
            found.setdefault(name, {})[rule] = result._calibrated(each)
    warn_of_nan(found, error=True, level=level)
    rows = [(rule, name) for rule in result.scenario.names for name in found]
    cells = [found[name][rule] for rule, name in rows]
    body = [[each.value, each.standard_error, *each.interval(level)] for each in cells]
    index = pd.MultiIndex.from_tuples(rows, names=["rule", "statistic"])
    return labelled(result, pd.DataFrame(body, index, ["value", "standard_error", "low", "high"]))


def _statistics(distance: Array, won: Array, design: SamplingDesign) -> dict[str, Estimate]:
    return {
        "mean": estimate.mean(distance, design),
        "median": estimate.quantile(distance, 0.5, design),
        "p95": estimate.quantile(distance, 0.95, design),
        "best": estimate.probability(won, design),
    }
