"""The adaptive policy: sales down to limits on weights, fitted to maximise expected utility over simulated paths."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.best_possible.plan_arrays import PlanArrays, plan_arrays
from riskkit.optimize.best_possible.plan_paths import PlanPaths
from riskkit.optimize.best_possible.problem import SellDownProblem
from riskkit.rules.adaptive_sale import LARGEST_SCORE

__all__ = ["WeightLimits", "fit_weight_limits"]

#: Limits of all weights at which the search starts on the first paths; the best one goes on over all paths.
STARTS = (0.02, 0.15, 0.4)

#: Paths and steps of the first searches and of the next one, and steps of the last, which is over all paths.
FIRST_PATHS, FIRST_STEPS, MORE_PATHS, MORE_STEPS, STEPS = 4000, 40, 20_000, 150, 40

#: Degrees in time of the coefficients: level, price, weight of the others, events.
DEGREES = (2, 1, 1, 1)

#: Penalty of a squared variable in the certainty equivalent: what hardly matters stays moderate.
SMOOTHING = 2e-6

#: Paths of a batch.
BATCH = 2048

#: Bound of a coefficient, and the coefficient of the others' weight at which the search starts.
LARGEST, FIRST_OTHERS = 15.0, -0.1


@dataclass(frozen=True, eq=False)
class WeightLimits:
    """Sales down to limits on weights on given paths, and the gradient of their mean utility.

    Limits are those of `riskkit.rules.adaptive_sale.AdaptiveSellDown`: coefficients are level, price, others, and
    one for each event source, by date and holding sold.

    Parameters
    ----------
    problem : SellDownProblem
    paths : PlanPaths
        Their sales are ignored.
    """

    problem: SellDownProblem
    paths: PlanPaths

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of dates, holdings sold, and coefficients."""
        return self.problem.dates, self.problem.sold.size, 3 + self.paths.events.shape[1]

    def sales(self, coefficients: Array) -> Array:
        """Shares of the start units sold (date, holding sold, path)."""
        self.mean_utility(coefficients)
        return self._inputs.sales.copy()

    def mean_utility(self, coefficients: Array) -> tuple[float, Array]:
        """Mean utility, and its gradient in the coefficients (date, holding sold, coefficient)."""
        from riskkit.engine.execution.backends import in_threads
        from riskkit.engine.execution.container_limits import thread_count
        from riskkit.optimize.best_possible.limit_gradient import utility_and_gradient

        inputs, limits = self._inputs, np.ascontiguousarray(coefficients)
        count = inputs.base.size
        total, gradient = np.empty(-(-count // BATCH)), np.empty((-(-count // BATCH), *self.shape))

        def compute(batch: int) -> None:
            total[batch], gradient[batch] = utility_and_gradient(
                inputs.plan,
                limits,
                LARGEST_SCORE,
                inputs.prices,
                inputs.log_prices,
                inputs.events,
                inputs.worth,
                inputs.base,
                batch * BATCH,
                min(batch * BATCH + BATCH, count),
                inputs.sales,
            )

        # The sums of batches are added in their order, so that the bits do not depend on the number of threads.
        for _ in in_threads(compute, range(total.size), min(thread_count(None), total.size), threading.Event()):
            pass
        return float(total.sum()) / count, gradient.sum(axis=0) / count

    @cached_property
    def _inputs(self) -> _Inputs:
        problem, prices = self.problem, np.ascontiguousarray(self.paths.prices)
        return _Inputs(
            plan_arrays(problem),
            prices,
            np.log(prices[:-1, problem.sold]),
            np.ascontiguousarray(self.paths.events),
            problem.worth_of_sales(prices),
            problem.base(prices[-1]),
            np.empty((problem.dates, problem.sold.size, prices.shape[-1])),
        )


@dataclass(frozen=True, eq=False)
class _Inputs:
    """Arrays of `limit_gradient.utility_and_gradient`, which do not depend on the limits but for the sales."""

    plan: PlanArrays
    prices: Array
    log_prices: Array
    events: Array
    worth: Array
    base: Array
    sales: Array


def fit_weight_limits(problem: SellDownProblem, paths: PlanPaths) -> tuple[Array, float]:
    """Return the coefficients (date, holding sold, coefficient) of greatest mean utility found, and that utility.

    Coefficients are polynomials in time, so that few numbers are fitted. The limit does not rise with the weight of the
    other holdings.
    """
    few = _Search(WeightLimits(problem, paths.rows(slice(0, FIRST_PATHS))))
    found = max((few.best(few.start(level), FIRST_STEPS) for level in STARTS), key=few.certainty_equivalent)
    more = _Search(WeightLimits(problem, paths.rows(slice(0, MORE_PATHS))))
    found = more.best(found, MORE_STEPS)
    all_paths = _Search(WeightLimits(problem, paths))
    coefficients = all_paths.coefficients(all_paths.best(found, STEPS))
    return coefficients, all_paths.limits.mean_utility(coefficients)[0]


@dataclass(frozen=True, eq=False)
class _Search:
    """The search over polynomials in time: variables are their coefficients in Legendre polynomials."""

    limits: WeightLimits

    def _bases(self) -> list[Array]:
        """Values of the polynomials of each coefficient (date, degree)."""
        dates, _, count = self.limits.shape
        time = np.linspace(-1.0, 1.0, dates) if dates > 1 else np.zeros(1)
        degrees = [min(DEGREES[min(place, 3)], dates - 1) for place in range(count)]
        return [np.asarray(np.polynomial.legendre.legvander(time, degree), np.float64) for degree in degrees]

    def start(self, level: float) -> Array:
        """Variables of a constant limit."""
        holdings = self.limits.shape[1]
        start = np.zeros(sum(basis.shape[1] * holdings for basis in self._bases()))
        start[:holdings] = np.log(level / (1.0 - level))
        # Not 0, where the bound of this coefficient would hide its slope.
        others = holdings * sum(basis.shape[1] for basis in self._bases()[:2])
        start[others : others + holdings] = FIRST_OTHERS
        return start

    def coefficients(self, variables: Array) -> Array:
        """Coefficients (date, holding sold, coefficient)."""
        found, place = np.empty(self.limits.shape), 0
        for column, basis in enumerate(self._bases()):
            size = basis.shape[1] * self.limits.shape[1]
            found[:, :, column] = basis @ variables[place : place + size].reshape(basis.shape[1], -1)
            place += size
        found[:, :, 2] = np.minimum(found[:, :, 2], 0.0)
        return found

    def certainty_equivalent(self, variables: Array) -> float:
        """The certainty equivalent at the variables."""
        value, _ = self.limits.mean_utility(self.coefficients(variables))
        return self.limits.problem.utility.certainty_equivalent(value)

    def best(self, start: Array, steps: int) -> Array:
        """Variables of a local maximum."""
        from scipy.optimize import minimize

        utility = self.limits.problem.utility

        def loss(variables: Array) -> tuple[float, Array]:
            coefficients = self.coefficients(variables)
            value, gradient = self.limits.mean_utility(coefficients)
            gradient[:, :, 2] *= coefficients[:, :, 2] < 0.0
            slopes = [(basis.T @ gradient[:, :, column]).ravel() for column, basis in enumerate(self._bases())]
            scale = -utility.slope_of_certainty_equivalent(value)
            loss = SMOOTHING * float(variables @ variables) - utility.certainty_equivalent(value)
            return loss, scale * np.concatenate(slopes) + 2.0 * SMOOTHING * variables

        bounds = [(-LARGEST, LARGEST)] * start.size
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
        best: Array = found.x
        return best
