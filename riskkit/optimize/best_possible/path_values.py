"""Values of the bound and of plans on simulated paths, in batches on several threads, and their estimates."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.best_possible._inputs import PlanClass
from riskkit.optimize.best_possible.log_linear import LogLinearFit
from riskkit.optimize.best_possible.nested_draws import NestedDraws
from riskkit.optimize.best_possible.penalty import martingales, penalty
from riskkit.optimize.best_possible.plan_paths import PlanPaths
from riskkit.optimize.best_possible.problem import SellDownProblem
from riskkit.optimize.best_possible.value_functions import ValueFunctions, fit_value_functions

__all__ = ["GapEstimate", "PathValues", "fit_functions", "gap_estimate", "path_values", "plan_wealth"]

#: Paths and inner draws of the fit; both affect how tight a bound is, never whether it holds.
FIT_PATHS, FIT_DRAWS = 8000, 16

#: Draws of a batch.
BATCH = 65_536

#: Half width of a 95 % interval in standard errors.
Z = 1.959963984540054


@dataclass(frozen=True, eq=False)
class PathValues:
    """Utilities by path, after the control variate where stated.

    Attributes
    ----------
    bound : ndarray (path)
        Value of the inner problem, less the control variate.
    charge : ndarray (plan, path)
        Penalty of the sales of each plan.
    control : ndarray (path)
        The control variate; its mean is zero, as is that of `charge`.
    """

    bound: Array
    charge: Array
    control: Array


def plan_wealth(problem: SellDownProblem, prices: Array, sales: Array) -> Array:
    """Final wealth of sales (date, holding sold, path) on paths (path)."""
    worth = problem.worth_of_sales(prices)
    left = 1.0 - sales.sum(axis=0)
    return np.asarray(problem.base(prices[-1]) + (sales * worth[:-1]).sum(axis=(0, 1)) + (left * worth[-1]).sum(axis=0))


def fit_functions(plans: PlanClass, paths: PlanPaths, fit_seed: int) -> ValueFunctions:
    """Fit the functions of the plan whose sales are those of the paths, which are of `fit_seed`."""
    problem = plans.problem
    few = paths.rows(slice(0, FIT_PATHS))
    mean = NestedDraws(plans.laws, few.numbers, FIT_DRAWS, fit_seed)
    states = problem.states(few.prices, few.events, few.sales)
    return fit_value_functions(problem, states, few.sales, mean, LogLinearFit(problem))


def path_values(
    plans: PlanClass,
    functions: ValueFunctions,
    paths: PlanPaths,
    others: Sequence[Array],
    *,
    inner: int,
    seed: int,
    workers: int,
    report: Callable[[int, int], None],
) -> PathValues:
    """Compute the values of all paths.

    Parameters
    ----------
    plans : PlanClass
    functions : ValueFunctions
        Fitted on other paths.
    paths : PlanPaths
        With the sales of the plan of the functions.
    others : sequence of ndarray (date, holding sold, path)
        Sales of the plans whose penalties are wanted.
    inner, seed, workers : int
        Inner draws, the seed of their shifts, and threads.
    report : callable
        Takes the number of paths done and their total.
    """
    from riskkit.engine.execution.backends import in_threads
    from riskkit.optimize.best_possible.inner_problem import relaxed_values

    total = paths.numbers.size
    size = max(BATCH // inner, 1)
    found = PathValues(np.empty(total), np.empty((len(others), total)), np.empty(total))

    def compute(first: int) -> int:
        rows = slice(first, min(first + size, total))
        batch = paths.rows(rows)
        mean = NestedDraws(plans.laws, batch.numbers, inner, seed)
        made = penalty(functions, batch.prices, martingales(functions, batch.prices, batch.events, batch.sales, mean))
        found.bound[rows] = relaxed_values(plans.problem, batch.prices, made.charge) - made.control
        found.control[rows] = made.control
        for place, sales in enumerate(others):
            chosen = sales[..., rows]
            left = 1.0 - chosen.sum(axis=0)
            charge = (chosen * made.charge[:-1]).sum(axis=(0, 1)) + (left * made.charge[-1]).sum(axis=0)
            found.charge[place, rows] = charge
        return rows.stop - rows.start

    done = 0
    for count in in_threads(compute, range(0, total, size), workers, threading.Event()):
        done += count
        report(done, total)
    return found


@dataclass(frozen=True)
class GapEstimate:
    """Estimates of a bound, of a plan and of the gap between them, with standard errors and a 95 % interval."""

    bound: float
    bound_error: float
    value: float
    value_error: float
    gap: float
    low: float
    high: float


def gap_estimate(problem: SellDownProblem, bound: Array, plan: Array) -> GapEstimate:
    """Estimate the certainty equivalents of two utilities (path) whose paths are the same, and their gap."""
    utility, count = problem.utility, bound.size
    upper, lower = (utility.certainty_equivalent(float(each.mean())) for each in (bound, plan))
    slopes = [utility.slope_of_certainty_equivalent(float(each.mean())) for each in (bound, plan)]
    root = np.sqrt(count)
    influence = lower / upper**2 * slopes[0] * bound - slopes[1] / upper * plan
    gap, error = 1.0 - lower / upper, float(influence.std(ddof=1)) / root
    return GapEstimate(
        bound=upper,
        bound_error=slopes[0] * float(bound.std(ddof=1)) / root,
        value=lower,
        value_error=slopes[1] * float(plan.std(ddof=1)) / root,
        gap=gap,
        low=max(gap - Z * error, 0.0),
        high=gap + Z * error,
    )
