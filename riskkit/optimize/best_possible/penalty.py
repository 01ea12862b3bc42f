"""The penalty: increments of martingales along the paths of a plan, and what each sale is charged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array
from riskkit.optimize.best_possible.value_functions import ConditionalMean, ValueFunctions

__all__ = ["Penalty", "martingales", "penalty"]


def martingales(functions: ValueFunctions, prices: Array, events: Array, sales: Array, mean: ConditionalMean) -> Array:
    """Martingale part of each function along the paths (date, function, path), 0 on the first date.

    Parameters
    ----------
    functions : ValueFunctions
    prices : ndarray (date, holding, path)
        The horizon included.
    events : ndarray (date, event source, path)
    sales : ndarray (date, holding sold, path)
        Sales of the plan whose wealth the functions are of, on the dates before the horizon.
    mean : ConditionalMean
    """
    problem = functions.problem
    state = problem.start(prices[0], events[0])
    parts = np.zeros((problem.dates + 1, functions.rows.count, prices.shape[-1]))
    for date in range(problem.dates):
        after = problem.after_sale(date, state, sales[date])
        state = after.moved(prices[date + 1], events[date + 1])
        expected = mean(date, after, functions)
        parts[date + 1] = parts[date] + functions.at(date + 1, state) - expected
    return parts


@dataclass(frozen=True, eq=False)
class Penalty:
    """Charge of selling all start units of a holding on each date, and a control variate; both have mean zero.

    Attributes
    ----------
    charge : ndarray (date, holding sold, path)
        For adapted sales s, the sum of s * charge has mean zero.
    control : ndarray (path,)
        Martingale part of γ U(W*) + U'(W*) base, which moves with the value of the plan and of its bound.
    """

    charge: Array
    control: Array


def penalty(functions: ValueFunctions, prices: Array, parts: Array) -> Penalty:
    """Return the penalty of the martingales `parts` (date, function, path).

    Notes
    -----
    Selling a unit on date k is worth V = a [(1 - τ) D_T / D_k + τ], a its net proceeds. Given the prices of the date,
    the martingale part of U'(W*) V between k and the horizon is a [(1 - τ) (M_T - M_k) / D_k + τ (N_T - N_k)], M that
    of U'(W*) D_T and N that of U'(W*). What is still held pays the martingale part of its value v on every date, so a
    unit sold on date k pays the sum of those up to k. Haugh, Iyengar and Wang (2016), "Tax-aware dynamic asset
    allocation", *Operations Research* 64, 849-866, section 4, penalise by gradients in the same way.
    """
    problem, rows = functions.problem, functions.rows
    charge = parts[:, rows.values].copy()
    for date in range(problem.dates):
        rest = parts[-1] - parts[date]
        one = problem.one_unit_of_money(prices[date], rest[0], rest[rows.prices])
        charge[date] += problem.proceeds(date, prices[date]) * one
    end, retained = parts[-1], problem.retained
    rate = problem.end_rate[retained]
    control = problem.utility.risk_aversion * end[-1]
    control += (problem.value[retained] * (1.0 - rate)) @ end[rows.prices] + (problem.cost[retained] @ rate) * end[0]
    return Penalty(charge, control)
