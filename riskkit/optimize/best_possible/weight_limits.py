"""The adaptive policy: sales down to limits on weights, fitted to maximise expected utility over simulated paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.best_possible.plan_paths import PlanPaths
from riskkit.optimize.best_possible.problem import SellDownProblem
from riskkit.optimize.best_possible.state import PlanState
from riskkit.rules.adaptive_sale import weight_limit

__all__ = ["WeightLimits", "fit_weight_limits"]

#: Limits of all weights at which the search starts on the first paths; the best one goes on over all paths.
STARTS = (0.02, 0.15, 0.4)

#: Paths and steps of the first searches, and steps of the last.
FIRST_PATHS, FIRST_STEPS, STEPS = 4000, 40, 150

#: Degrees in time of the coefficients: level, price, weight of the others, events.
DEGREES = (2, 1, 1, 1)

#: Penalty of a squared variable in the certainty equivalent: what hardly matters stays moderate.
SMOOTHING = 2e-6

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
        return self._forward(coefficients)[0]

    def mean_utility(self, coefficients: Array) -> tuple[float, Array]:
        """Mean utility, and its gradient in the coefficients (date, holding sold, coefficient).

        The gradient is exact, by the chain rule backwards in time: `to_…` is the derivative in what it names.
        """
        problem, prices = self.problem, self.paths.prices
        sales, steps = self._forward(coefficients)
        worth = problem.worth_of_sales(prices)
        left = 1.0 - sales.sum(axis=0)
        wealth = problem.base(prices[-1]) + (sales * worth[:-1]).sum(axis=(0, 1)) + (left * worth[-1]).sum(axis=0)
        slope = problem.utility.marginal(wealth) / wealth.size
        to_remaining, to_bought = slope * worth[-1], np.zeros((problem.receivers.size, wealth.size))
        gradient = np.empty(self.shape)
        for date in reversed(range(problem.dates)):
            step, price = steps[date], prices[date]
            value = problem.value[problem.sold, None] * price[problem.sold]
            bought = problem.mix[:, None] / price[problem.receivers]
            to_sales = slope * worth[date] + problem.proceeds(date, price) * (to_bought * bought).sum(axis=0)
            to_left = to_remaining - to_sales
            pull = np.where(step.binding, to_left, 0.0)
            to_remaining = to_sales + (to_left - pull) * step.least_kept
            to_limit = pull * step.wealth / value
            to_wealth = (pull * step.limit / value).sum(axis=0)
            to_score = to_limit * step.limit * (1.0 - step.limit)
            gradient[date] = np.einsum("hcp,hp->hc", step.features, to_score)
            to_others = to_score * coefficients[date, :, 2, None]
            to_weight = to_others.sum(axis=0) - to_others
            to_wealth -= (to_weight * step.weight).sum(axis=0) / step.wealth
            to_remaining += to_weight * value / step.wealth + to_wealth * value
            to_bought = to_bought + to_wealth * price[problem.receivers]
        return float(problem.utility(wealth).mean()), gradient

    def _forward(self, coefficients: Array) -> tuple[Array, list[_Step]]:
        problem, paths = self.problem, self.paths
        state = problem.start(paths.prices[0], paths.events[0])
        sales, steps = np.empty((problem.dates, problem.sold.size, state.size)), []
        for date in range(problem.dates):
            state = state.moved(paths.prices[date], paths.events[date])
            step = _step(problem, date, state, coefficients[date])
            sales[date] = state.remaining - step.remaining
            steps.append(step)
            state = problem.after_sale(date, state, sales[date])
        return sales, steps


@dataclass(frozen=True, eq=False)
class _Step:
    """What the policy does on one date.

    Attributes
    ----------
    remaining, limit, weight : ndarray (holding sold, path)
        Units after the sales; limits on the weights; weights before the sales.
    wealth : ndarray (path)
        Gross wealth before the sales.
    features : ndarray (holding sold, coefficient, path)
    binding : ndarray of bool (holding sold, path)
        Where the limit decides what is retained.
    least_kept : ndarray (holding sold, path)
        The share of the units that is retained elsewhere: all, or all but what the date lets go.
    """

    remaining: Array
    limit: Array
    weight: Array
    wealth: Array
    features: Array
    binding: Array
    least_kept: Array


def _step(problem: SellDownProblem, date: int, state: PlanState, coefficients: Array) -> _Step:
    value = problem.value[problem.sold, None] * state.price[problem.sold]
    wealth = (state.remaining * value).sum(axis=0) + problem.value[problem.retained] @ state.price[problem.retained]
    wealth = wealth + (state.bought * state.price[problem.receivers]).sum(axis=0)
    weight = state.remaining * value / wealth
    rows = [np.ones_like(weight), np.log(state.price[problem.sold]), weight.sum(axis=0) - weight]
    rows += [np.broadcast_to(event, weight.shape) for event in state.events]
    features = np.stack(rows, axis=1)
    limit = weight_limit(np.einsum("hcp,hc->hp", features, coefficients))
    wanted, locked = limit * wealth / value, 1.0 - problem.limit[date][:, None]
    over, short = wanted < state.remaining, wanted <= state.remaining * locked
    least_kept = np.where(over & short, locked, 1.0)
    remaining = np.where(over & ~short, wanted, state.remaining * least_kept)
    return _Step(remaining, limit, weight, wealth, features, over & ~short, least_kept)


def fit_weight_limits(problem: SellDownProblem, paths: PlanPaths) -> tuple[Array, float]:
    """Return the coefficients (date, holding sold, coefficient) of greatest mean utility found, and that utility.

    Coefficients are polynomials in time, so that few numbers are fitted. The limit does not rise with the weight of the
    other holdings.
    """
    few = _Search(WeightLimits(problem, paths.rows(slice(0, FIRST_PATHS))))
    found = max((few.best(few.start(level), FIRST_STEPS) for level in STARTS), key=few.certainty_equivalent)
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
