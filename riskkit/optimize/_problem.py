"""An optimisation problem: a risk as a function of the weights, its feasible set and its result."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.validation import number
from riskkit.measures import cdar, conditional_expected_drawdown, max_drawdown
from riskkit.measures._inputs import Labelled
from riskkit.optimize._allocation import Allocation, DrawdownAllocation
from riskkit.optimize._inputs import Sample, box, path_gains, scenario_returns
from riskkit.optimize._limits import named_limits
from riskkit.optimize._tail_oracles import DrawdownTail, LossTail, MaxDrawdownTail
from riskkit.optimize.cutting_plane.algorithm import Oracle, Proven
from riskkit.optimize.cutting_plane.feasible_set import Region

__all__ = ["RISKS", "Problem", "make_problem"]


RISKS = ("cvar", "cdar", "ced")


@dataclass(frozen=True, eq=False)
class Problem:
    """A risk of checked scenarios as a function of the weights.

    Parameters
    ----------
    sample : Sample
    risk : Oracle
        Convex in the weights.
    began : float
        Reading of `time.perf_counter` at the start.
    """

    sample: Sample
    risk: Oracle
    began: float

    def region(self, min_return: float | None, bounds: Any, constraints: Any) -> Region:
        """Return the feasible weights."""
        import cvxpy as cp

        names = self.sample.names
        low, high = box(bounds, names)
        weights = cp.Variable(len(names), name="weights")
        limits = named_limits(constraints, weights, names)
        if min_return is not None:
            least = number("min_return", min_return)
            limits = {f"min_return={least:g}": [self.sample.mean @ weights >= least], **limits}
        return Region(weights, low, high, [cp.sum(weights) == 1.0], limits)

    def result_fields(self, found: Proven, weights: Array) -> dict[str, Any]:
        """Return the fields that every result has."""
        return {
            "weights": self.by_asset(weights, "weight"),
            "objective": found.value,
            "lower_bound": found.bound,
            "gap": found.gap,
            "status": found.status,
            "iterations": found.iterations,
            "seconds": time.perf_counter() - self.began,
            "mean_wealth": 1.0 + float(self.sample.mean @ weights),
        }

    def by_asset(self, values: Array, name: str) -> pd.Series[float]:
        """Label values by the names of the assets."""
        return pd.Series(values, pd.Index(self.sample.names, name="asset"), name=name)

    def answer(self, found: Proven) -> Allocation:
        """Return the result."""
        if self.sample.values.ndim == 2:
            return Allocation(**self.result_fields(found, found.point))
        return self.drawdown_answer(found)

    def drawdown_answer(self, found: Proven) -> DrawdownAllocation:
        """Return the result for paths, with the drawdowns of compounded wealth."""
        # Wealth that falls below 0, possible with short weights, stays 0.
        growth = np.maximum(1.0 + np.diff(self.sample.values @ found.point, axis=1), 0.0)
        wealth = np.cumprod(np.column_stack([np.ones(len(growth)), growth]), axis=1).T
        path_weights, deepest = self.sample.path_weights, max_drawdown(wealth)
        return DrawdownAllocation(
            **self.result_fields(found, found.point),
            cdar95=cdar(wealth, 0.95, weights=path_weights),
            ced95=conditional_expected_drawdown(deepest, 0.95, weights=path_weights),
        )


def make_problem(kind: str, returns: Any, level: float, path_weights: Labelled | None) -> Problem:
    """Check the scenarios for one of `RISKS` and return its problem."""
    began = time.perf_counter()
    if kind == "cvar":
        sample = scenario_returns(returns, level, path_weights)
        return Problem(sample, LossTail(sample.values, sample.tail, sample.path_weights), began)
    whole = kind == "ced"
    sample = path_gains(returns, level, path_weights, whole_paths=whole)
    tail = MaxDrawdownTail if whole else DrawdownTail
    return Problem(sample, tail(sample.values, sample.tail, sample.path_weights), began)
