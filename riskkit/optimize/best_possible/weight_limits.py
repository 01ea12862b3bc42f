"""The adaptive policy: sell what is above a limit on the weight, which depends on date, price, other weights and events.

Its fit maximises expected utility over simulated paths, with exact gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.best_possible.plan_paths import PlanPaths
from riskkit.optimize.best_possible.problem import SellDownProblem

__all__ = ["WeightLimits", "fit_weight_limits"]

#: Limits of the weights at which the search starts; the best of them after a few steps goes on.
STARTS = (0.02, 0.15, 0.4)

#: Steps of the search from each start, on the first paths; and steps and paths of the last search.
FIRST_STEPS, FIRST_PATHS, STEPS = 40, 4000, 250

#: Coefficients are kept within these bounds; a limit of the weight is then anywhere between 0 and 1.
LARGEST = 15.0


@dataclass(frozen=True, eq=False)
class WeightLimits:
    """Sales that bring each weight down to a limit, and the gradient of their expected utility.

    The limit of a holding's weight is 1 / (1 + exp(-x)), x = level + price * ln(price) + others * (weight of the other
    holdings for sale) + event * (events so far), for each date. The weights are gross, before the trades of the date.

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
        """Dates, holdings sold, and coefficients: level, price, others, and one for each event source."""
        return self.problem.dates, self.problem.sold.size, 3 + self.paths.events.shape[1]

    def sales(self, coefficients: Array) -> Array:
        """Shares of the start units sold (date, holding sold, path)."""
        return self._forward(coefficients)[0]

    def mean_utility(self, coefficients: Array) -> tuple[float, Array]:
        """Mean utility, and its gradient in the coefficients (date, holding sold, coefficient)."""
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
            money = problem.proceeds(date, price)
            # Of one unit of sales: its final worth is counted apart; what it buys counts for later weights only.
            bought = problem.mix[:, None] / price[problem.receivers]
            to_sales = slope * worth[date] + money * (to_bought * bought).sum(axis=0)
            to_left = to_remaining - to_sales
            to_remaining = to_sales + np.where(step.binding, 0.0, to_left * step.kept_share)
            pull = np.where(step.binding, to_left, 0.0)
            to_limit = pull * step.wealth / value
            to_wealth = (pull * step.limit / value).sum(axis=0)
            score = to_limit * step.limit * (1.0 - step.limit)
            gradient[date] = np.einsum("hcp,hp->hc", step.features, score)
            to_others = score * coefficients[date, :, 2, None]
            to_weight = to_others.sum(axis=0) - to_others
            to_remaining += to_weight * value / step.wealth
            to_wealth -= (to_weight * step.weight).sum(axis=0) / step.wealth
            to_remaining += to_wealth * value
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

    `binding` says where the limit decides (holding sold, path); elsewhere `kept_share` of the units stay.
    """

    remaining: Array
    limit: Array
    weight: Array
    wealth: Array
    features: Array
    binding: Array
    kept_share: Array


def _step(problem: SellDownProblem, date: int, state, coefficients: Array) -> _Step:  # type: ignore[no-untyped-def]
    price = state.price
    value = problem.value[problem.sold, None] * price[problem.sold]
    wealth = (state.remaining * value).sum(axis=0) + problem.value[problem.kept] @ price[problem.kept]
    wealth = wealth + (state.bought * price[problem.receivers]).sum(axis=0)
    weight = state.remaining * value / wealth
    rows = [np.ones_like(weight), np.log(price[problem.sold]), weight.sum(axis=0) - weight]
    rows += [np.broadcast_to(event, weight.shape) for event in state.events]
    features = np.stack(rows, axis=1)
    score = np.einsum("hcp,hc->hp", features, coefficients)
    limit = 1.0 / (1.0 + np.exp(-np.clip(score, -40.0, 40.0)))
    least = state.remaining * (1.0 - problem.limit[date][:, None])
    wanted = limit * wealth / value
    binding = (wanted < state.remaining) & (wanted > least)
    kept_share = np.where(wanted <= least, 1.0 - problem.limit[date][:, None], 1.0)
    remaining = np.where(binding, wanted, np.where(wanted <= least, least, state.remaining))
    return _Step(remaining, limit, weight, wealth, features, binding, kept_share)


def fit_weight_limits(problem: SellDownProblem, paths: PlanPaths) -> tuple[Array, float]:
    """Return the coefficients (date, holding sold, coefficient) of greatest mean utility, and the mean utility.

    The limit does not fall with the price: the coefficient of the price is at least 0.
    """
    few = WeightLimits(problem, paths.rows(slice(0, FIRST_PATHS)))
    best, most = None, -np.inf
    for level in STARTS:
        start = np.zeros(few.shape)
        start[:, :, 0] = np.log(level / (1.0 - level))
        found, value = _search(few, start, FIRST_STEPS)
        if value > most:
            best, most = found, value
    assert best is not None
    return _search(WeightLimits(problem, paths), best, STEPS)


def _search(limits: WeightLimits, start: Array, steps: int) -> tuple[Array, float]:
    from scipy.optimize import minimize

    utility = limits.problem.utility

    def loss(x: Array) -> tuple[float, Array]:
        value, gradient = limits.mean_utility(x.reshape(limits.shape))
        slope = utility.slope_of_certainty_equivalent(value)
        return -utility.certainty_equivalent(value), -slope * gradient.ravel()

    low = np.full(limits.shape, -LARGEST)
    low[:, :, 1] = 0.0
    bounds = np.stack([low.ravel(), np.full(start.size, LARGEST)], axis=1)
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
    coefficients = found.x.reshape(limits.shape)
    return coefficients, limits.mean_utility(coefficients)[0]
