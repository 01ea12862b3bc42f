"""Log-linear functions of a plan's state, fitted to what they are the conditional means of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.optimize.best_possible.plan_arrays import FunctionArrays
from riskkit.optimize.best_possible.problem import SellDownProblem
from riskkit.optimize.best_possible.state import PlanState

__all__ = ["LogLinearFit", "LogLinearFunctions", "feature_count", "features"]

#: Scoring steps, the size below which they stop, and the penalty of a squared coefficient, for each point.
STEPS, SMALL_STEP, RIDGE = 20, 1e-5, 1e-8

#: Bounds of a logarithm during the fit, and of a target from below.
LARGEST, SMALLEST = 30.0, 1e-12


def features(problem: SellDownProblem, state: PlanState) -> Array:
    """Features of a state (feature, point): shares of wealth and their powers, log prices, log wealth, events.

    Shares are of the holdings that are sold, and of those retained but the last, after tax.
    """
    wealth, parts = problem.liquidation(state)
    shares = parts / wealth
    retained = _kept_shares(problem, state, wealth)[:-1]
    log_price = np.log(state.price[problem.sold])
    log_wealth = np.log(wealth)
    rows = [np.ones_like(wealth), *shares, *retained, *state.events, *log_price, log_wealth, log_wealth**2]
    for place, share in enumerate(shares):
        rows += [share * other for other in shares[place:]]
        rows += [share**3, share * log_wealth, share * log_price[place], log_price[place] ** 2]
        rows += [share * event for event in state.events]
    return np.stack(rows)


def feature_count(problem: SellDownProblem, events: int) -> int:
    """Number of features with that many event sources."""
    sold = problem.sold.size
    return 3 + 2 * sold + problem.retained.size - 1 + events + sold * (sold + 1) // 2 + sold * (4 + events)


def _kept_shares(problem: SellDownProblem, state: PlanState, wealth: Array) -> Array:
    values = problem.value[problem.retained, None] * state.price[problem.retained]
    values[np.searchsorted(problem.retained, problem.receivers)] += state.bought * state.price[problem.receivers]
    return np.asarray(values / wealth)


@dataclass(frozen=True, eq=False)
class LogLinearFit:
    """A `ConditionalFit` by generalised linear models with a logarithmic link and errors in proportion (gamma).

    Fisher scoring for this link has the same matrix in every step; see McCullagh and Nelder (1989), *Generalized Linear
    Models*, section 8.3.

    Parameters
    ----------
    problem : SellDownProblem
    """

    problem: SellDownProblem

    def __call__(self, date: int, state: PlanState, targets: Array, positive: Bools) -> LogLinearFunctions:
        """See `riskkit.optimize.best_possible.value_functions.ConditionalFit`."""
        design = features(self.problem, state)
        gram = design @ design.T + RIDGE * state.size * np.eye(len(design))
        start = np.where(positive[:, None], np.log(np.maximum(targets, SMALLEST)), targets)
        coefficients = np.linalg.solve(gram, design @ start.T).T
        for _ in range(STEPS):
            fitted_logs = np.clip(coefficients[positive] @ design, -LARGEST, LARGEST)
            residual = np.minimum(targets[positive] * np.exp(-fitted_logs), LARGEST) - 1.0
            step = np.linalg.solve(gram, design @ residual.T).T
            coefficients[positive] += step
            if np.abs(step).max() < SMALL_STEP:
                break
        # Far from the states of the fit a polynomial may be anything; a function stays within what it was fitted to.
        bounded = np.ascontiguousarray(coefficients, dtype=np.float64), start.min(axis=1), start.max(axis=1)
        return LogLinearFunctions(self.problem, FunctionArrays(*bounded), positive)


@dataclass(frozen=True, eq=False)
class LogLinearFunctions:
    """Fitted functions of a state: exp of a linear form of the features, or the form itself where not positive.

    Parameters
    ----------
    problem : SellDownProblem
    arrays : FunctionArrays
    positive : ndarray of bool (function,)
    """

    problem: SellDownProblem
    arrays: FunctionArrays
    positive: Bools

    def __call__(self, state: PlanState) -> Array:
        """The functions (function, point)."""
        coefficients, low, high = self.arrays
        values = np.clip(coefficients @ features(self.problem, state), low[:, None], high[:, None])
        np.exp(values, out=values, where=self.positive[:, None])
        return values
