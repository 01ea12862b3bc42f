"""Means of a plan's functions over draws of the next date, compiled, with a control variate of known mean."""

from __future__ import annotations

import numpy as np

from riskkit._random.compiling import compiled, phase
from riskkit.optimize.best_possible.function_values import elasticities, function_values, set_exponentials
from riskkit.optimize.best_possible.growth_moments import (
    draw_growth,
    log_mean_of_power,
    mean_of_logarithm,
)
from riskkit.optimize.best_possible.lattice_draws import lattice_draws

__all__ = ["nested_means"]

#: Logarithm of the mean square of a control variate, over its squared mean, below which it is used.
MOST_SPREAD = 0.7


@compiled
def nested_means(plan, law, date, functions, shifts, lattice, price, events, remaining, bought, credit):
    """Return unbiased estimates of the conditional means of the functions of the next date (function, path).

    Parameters
    ----------
    plan : PlanArrays
    law : PeriodLaw
        Of the period from the date to the next.
    date : int
        The next date; the number of dates stands for the horizon, where the functions are exact.
    functions : FunctionArrays
        Of the next date; not used at the horizon.
    shifts : ndarray (dimension, path)
        Of the lattice, uniform in (0, 1).
    lattice : ndarray (dimension, draw)
    price, events, remaining, bought : ndarray (…, path)
        The state after the sales of the date.
    credit : ndarray (path,)

    Notes
    -----
    The control variate of a function is f0 * prod((G / G0)**a), G being the factors of prices of a draw, G0 those where
    the diffusion stands at its median and no shock arrives, and f0 the function there. It is the first-order expansion
    of the function's logarithm if the exponents a are its elasticities, and its mean is known. Glasserman (2004),
    *Monte Carlo Methods in Financial Engineering*, section 4.1: as no coefficient depends on the draws, the estimate is
    unbiased whatever f0 and a are.
    """
    paths, count = shifts.shape[1], lattice.shape[1]
    holdings, sources, rows = plan.value.size, events.shape[0], 2 + plan.retained.size + plan.sold.size
    logarithmic, features = plan.risk_aversion == 1.0, functions.coefficients.shape[1]
    estimates, exponents = np.empty((rows, paths)), np.empty((rows, holdings))
    shift, units, purchases = np.empty(shifts.shape[0]), np.empty(remaining.shape[0]), np.empty(bought.shape[0])
    draws, before = np.empty(lattice.shape), np.empty(sources)
    # The last column of these is where the diffusion stands at its median and no shock arrives.
    growth, later, happened = (
        np.empty((holdings, count + 1)),
        np.empty((holdings, count + 1)),
        np.empty((sources, count + 1)),
    )
    scratch, values, control = np.empty((features + 2, count + 1)), np.empty((rows, count + 1)), np.empty(count)
    for path in range(paths):
        _copy(shifts, path, shift)
        _copy(remaining, path, units)
        _copy(bought, path, purchases)
        _copy(events, path, before)
        lattice_draws(law, shift, lattice, draws)
        draw_growth(law, draws, before, growth, happened)
        for holding in range(holdings):
            set_exponentials(growth[holding], 1.0, later[holding])
            for draw in range(count + 1):
                later[holding, draw] *= price[holding, path]
        function_values(plan, date, functions, later, happened, units, purchases, credit[path], scratch, values)
        elasticities(plan, later, count, units, purchases, credit[path], exponents)
        for row in range(rows):
            total, median = 0.0, 0.0
            for draw in range(count):
                total += values[row, draw]
                control[draw] = 0.0
            estimates[row, path] = total / count
            for holding in range(holdings):
                exponent = exponents[row, holding]
                median += exponent * growth[holding, count]
                for draw in range(count):
                    control[draw] += exponent * (growth[holding, draw] - growth[holding, count])
            if logarithmic and row == rows - 1:
                scale, expected = 1.0, mean_of_logarithm(law, exponents[row], before) - median
            else:
                log_mean = log_mean_of_power(law, exponents[row], 1.0, before)
                spread = log_mean_of_power(law, exponents[row], 2.0, before) - 2.0 * log_mean
                # Where it varies by more than its mean, it would vary by more than the function.
                scale = values[row, count] if spread < MOST_SPREAD else 0.0
                expected = np.exp(log_mean - median)
                set_exponentials(control, 1.0, control)
            if scale != 0.0:
                total = 0.0
                for draw in range(count):
                    total += control[draw]
                estimates[row, path] -= scale * (total / count - expected)
    return estimates


@phase
def _copy(source, column, target):
    for row in range(target.size):
        target[row] = source[row, column]
