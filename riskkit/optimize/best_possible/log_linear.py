"""Log-linear functions of a plan's state, fitted to what they are the conditional means of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.optimize.best_possible.problem import SellDownProblem
from riskkit.optimize.best_possible.state import PlanState
from riskkit.optimize.best_possible.value_functions import FittedRatios

__all__ = ["LogLinearFit", "features"]

#: Newton steps, the size below which they stop, and the penalty of a squared coefficient, for each point.
STEPS, SMALL_STEP, RIDGE = 25, 1e-5, 1e-7

#: Bounds of a fitted logarithm.
LARGEST = 30.0


def features(problem: SellDownProblem, state: PlanState) -> Array:
    """Features of a state (feature, point): shares of wealth and their powers, log prices, log wealth, events.

    Shares are of the holdings that are sold, and of those kept but the last, after tax.
    """
    wealth, parts = problem.liquidation(state)
    shares = parts / wealth
    kept = _kept_shares(problem, state, wealth)[:-1]
    log_price = np.log(state.price[problem.sold])
    log_wealth = np.log(wealth)
    rows = [np.ones_like(wealth), *shares, *kept, *state.events, *log_price, log_wealth, log_wealth**2]
    for place, share in enumerate(shares):
        rows += [share * other for other in shares[place:]]
        rows += [share**3, share * log_wealth, share * log_price[place], log_price[place] ** 2]
        rows += [share * event for event in state.events]
    return np.stack(rows)


def _kept_shares(problem: SellDownProblem, state: PlanState, wealth: Array) -> Array:
    values = problem.value[problem.kept, None] * state.price[problem.kept]
    values[np.searchsorted(problem.kept, problem.receivers)] += state.bought * state.price[problem.receivers]
    return np.asarray(values / wealth)


@dataclass(frozen=True, eq=False)
class LogLinearFit:
    """A `ConditionalFit` by generalised linear models with a logarithmic link.

    Parameters
    ----------
    problem : SellDownProblem
    """

    problem: SellDownProblem

    def __call__(self, date: int, state: PlanState, targets: Array, positive: Bools) -> FittedRatios:
        """See `riskkit.optimize.best_possible.value_functions.ConditionalFit`."""
        design = features(self.problem, state)
        coefficients = np.stack([
            _fit_logarithm(design, target) if exponential else _fit_mean(design, target)
            for target, exponential in zip(targets, positive, strict=True)
        ])  # fmt: skip
        problem = self.problem

        def fitted(point: PlanState) -> Array:
            values = coefficients @ features(problem, point)
            np.exp(np.clip(values, -LARGEST, LARGEST), out=values, where=positive[:, None])
            return values

        return fitted


def _fit_logarithm(design: Array, target: Array) -> Array:
    """Coefficients of the Poisson quasi-likelihood, by Newton's method with steps of at most 1."""
    count = target.size
    coefficients = np.zeros(len(design))
    coefficients[0] = np.log(target.mean())
    ridge = RIDGE * count * np.eye(len(design))
    for _ in range(STEPS):
        fitted = np.exp(np.clip(coefficients @ design, -LARGEST, LARGEST))
        gradient = design @ (target - fitted) - RIDGE * count * coefficients
        step = np.linalg.solve((design * fitted) @ design.T + ridge, gradient)
        size = np.abs(step).max()
        coefficients += step * min(1.0, 1.0 / size) if size > 0.0 else 0.0
        if size < SMALL_STEP:
            break
    return coefficients


def _fit_mean(design: Array, target: Array) -> Array:
    ridge = RIDGE * target.size * np.eye(len(design))
    return np.asarray(np.linalg.solve(design @ design.T + ridge, design @ target))
