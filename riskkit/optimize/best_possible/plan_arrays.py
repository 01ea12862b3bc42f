"""What compiled code needs of a plan's problem and of its fitted functions, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit.optimize.best_possible.problem import SellDownProblem

__all__ = ["FunctionArrays", "PlanArrays", "plan_arrays"]


class PlanArrays(NamedTuple):
    """What compiled code needs of a `SellDownProblem`, under the same names.

    Attributes
    ----------
    places : ndarray of int (receiver,)
        Of the receivers among the retained holdings.
    """

    value: Array
    cost: Array
    sold: Ints
    retained: Ints
    receivers: Ints
    places: Ints
    mix: Array
    discount: Array
    limit: Array
    trading_cost: Array
    rate: float
    end_rate: Array
    risk_aversion: float


class FunctionArrays(NamedTuple):
    """Log-linear functions of one date.

    Attributes
    ----------
    coefficients : ndarray (function, feature)
    low, high : ndarray (function,)
        Bounds of the linear form.
    """

    coefficients: Array
    low: Array
    high: Array


def plan_arrays(problem: SellDownProblem) -> PlanArrays:
    """The arrays of a problem, contiguous."""

    def numbers(array: Array) -> Array:
        return np.ascontiguousarray(array, np.float64)

    def rows(array: Ints) -> Ints:
        return np.ascontiguousarray(array, np.int64)

    return PlanArrays(
        value=numbers(problem.value),
        cost=numbers(problem.cost),
        sold=rows(problem.sold),
        retained=rows(problem.retained),
        receivers=rows(problem.receivers),
        places=rows(np.searchsorted(problem.retained, problem.receivers)),
        mix=numbers(problem.mix),
        discount=numbers(problem.discount),
        limit=numbers(problem.limit),
        trading_cost=numbers(problem.trading_cost),
        rate=float(problem.rate),
        end_rate=numbers(problem.end_rate),
        risk_aversion=float(problem.utility.risk_aversion),
    )
