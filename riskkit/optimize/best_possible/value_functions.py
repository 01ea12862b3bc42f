"""Fitted functions of the state whose martingale parts make the penalty: marginal utility, prices under it, values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.optimize.best_possible.problem import SellDownProblem
from riskkit.optimize.best_possible.state import PlanState

__all__ = ["ConditionalFit", "ConditionalMean", "FittedRatios", "Rows", "ValueFunctions", "fit_value_functions"]

#: Fitted conditional means (function, point) of a state, as ratios to `scales`.
FittedRatios = Callable[[PlanState], Array]


class ConditionalMean(Protocol):
    """The conditional mean of a function of the state on the next date, exact or an unbiased estimate of it."""

    def __call__(self, date: int, state: PlanState, functions: ValueFunctions) -> Array:
        """Return the mean of the functions on the next date (function, point), given the state after a date's sales.

        An estimate must have exactly this mean given the state, and be independent of the next state itself.
        """


class ConditionalFit(Protocol):
    """Fits functions of the state on a date to conditional means."""

    def __call__(self, date: int, state: PlanState, targets: Array, positive: Bools) -> FittedRatios:
        """Return functions of the state that are close to `targets` (function, point).

        Those that are `positive` (function) have positive estimates.
        """


@dataclass(frozen=True)
class Rows:
    """The order of the functions: marginal utility, retained prices under it, value of each holding sold, utility."""

    retained: int
    sold: int

    @property
    def prices(self) -> slice:
        """Rows of the retained prices, after the row 0 of marginal utility."""
        return slice(1, 1 + self.retained)

    @property
    def values(self) -> slice:
        """Rows of the values of a unit not yet sold."""
        return slice(1 + self.retained, 1 + self.retained + self.sold)

    @property
    def count(self) -> int:
        """Number of functions; the last is utility."""
        return 2 + self.retained + self.sold


@dataclass(frozen=True, eq=False)
class ValueFunctions:
    """Functions of the date and the state before its sales, of a plan with final wealth W*.

    They are estimates of E[U'(W*)], E[U'(W*) P_T] for the price P of each retained holding, the value v of a unit of
    each holding not yet sold, and E[U(W*)]. At the horizon they are exact.

    Parameters
    ----------
    problem : SellDownProblem
    fitted : sequence of callable
        Of each date before the horizon; the ratios of the conditional means to `scales`.

    Notes
    -----
    Brown, Smith and Sun (2010), "Information relaxations and duality in stochastic dynamic programs", *Operations
    Research* 58, 785-801, section 3: any functions give a valid bound, and the better they are, the tighter it is.
    """

    problem: SellDownProblem
    fitted: Sequence[FittedRatios]

    @property
    def rows(self) -> Rows:
        """The order of the functions."""
        return Rows(self.problem.retained.size, self.problem.sold.size)

    def at(self, date: int, state: PlanState) -> Array:
        """The functions on a date, the horizon included (function, point)."""
        if date == self.problem.dates:
            return _at_horizon(self.problem, self.rows, state)
        ratios = self.fitted[date](state)
        values = ratios * scales(self.problem, self.rows, state)
        if self.problem.utility.risk_aversion == 1.0:
            values[-1] = ratios[-1] + np.log(self.problem.liquidation(state)[0])
        waiting, now = values[self.rows.values], self.worth_of_selling(date, state, values)
        values[self.rows.values] = waiting + self.problem.limit[date][:, None] * np.maximum(now - waiting, 0.0)
        return np.asarray(values)

    def worth_of_selling(self, date: int, state: PlanState, values: Array) -> Array:
        """Value of selling all start units of each holding now, from the first rows of `values` (sold, point)."""
        one = self.problem.one_unit_of_money(state.price, values[0], values[self.rows.prices])
        return np.asarray(self.problem.proceeds(date, state.price) * one)


def scales(problem: SellDownProblem, rows: Rows, state: PlanState) -> Array:
    """The scale of each function: what it would be if all that is held were turned into cash (function, point)."""
    scale = _at_horizon(problem, rows, state)
    if problem.utility.risk_aversion == 1.0:
        scale[-1] = 1.0
    return scale


def fit_value_functions(
    problem: SellDownProblem, states: Sequence[PlanState], sales: Array, mean: ConditionalMean, fit: ConditionalFit
) -> ValueFunctions:
    """Fit the functions backwards from the horizon.

    Parameters
    ----------
    problem : SellDownProblem
    states : sequence of PlanState
        States of a plan on each date before its sales.
    sales : ndarray (date, holding sold, point)
        Its sales.
    mean : ConditionalMean
        Mean of the functions of the next date, to which those of a date are fitted.
    fit : ConditionalFit
    """
    fitted: list[FittedRatios] = [_not_fitted] * problem.dates
    functions = ValueFunctions(problem, fitted)
    logarithmic = problem.utility.risk_aversion == 1.0
    positive = np.ones(functions.rows.count, dtype=np.bool_)
    positive[-1] = not logarithmic
    for date in reversed(range(problem.dates)):
        after = problem.after_sale(date, states[date], sales[date])
        later = mean(date, after, functions)
        if logarithmic:
            later[-1] -= np.log(problem.liquidation(states[date])[0])
        fitted[date] = fit(date, states[date], later / scales(problem, functions.rows, states[date]), positive)
    return functions


def _not_fitted(state: PlanState) -> Array:
    raise AssertionError("the functions are fitted backwards")


def _at_horizon(problem: SellDownProblem, rows: Rows, state: PlanState) -> Array:
    wealth, _ = problem.liquidation(state)
    marginal = problem.utility.marginal(wealth)
    values = np.empty((rows.count, wealth.size))
    values[0] = marginal
    values[rows.prices] = marginal * state.price[problem.retained]
    values[rows.values] = marginal * problem.worth_unsold(state.price)[problem.sold]
    values[-1] = problem.utility(wealth)
    return values
