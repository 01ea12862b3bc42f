"""The inner problem: the most a plan that sees the whole path can gain after the penalty, by its exact dual."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Array
from riskkit._random.compiling import compiled
from riskkit.optimize.best_possible.problem import SellDownProblem

__all__ = ["relaxed_values"]

#: Bisections of the multiplier's bracket; each halves the logarithm of its width.
BISECTIONS = 32


def relaxed_values(problem: SellDownProblem, prices: Array, charge: Array) -> Array:
    """Return an upper bound of the utility less the penalty of any sales on each path (path).

    Parameters
    ----------
    problem : SellDownProblem
    prices : ndarray (date, holding, path)
        The horizon included.
    charge : ndarray (date, holding sold, path)
        Penalty of selling all start units of a holding on a date.

    Notes
    -----
    Sales s >= 0 sum to 1 for each holding, the horizon included, and each date's is at most its limit of what is then
    held. For every multiplier λ > 0 the maximum over s of U(base + s·V) - s·Z is at most the conjugate of U at λ, which
    is γ / (1 - γ) λ**((γ - 1) / γ), or -1 - ln λ for γ = 1, plus λ base, plus the maximum over s of s·(λ V - Z). The
    last is a stopping problem for each holding, which a recursion solves. The sum is convex in λ and its minimum is
    the maximum over s; it lies where the wealth of the maximising sales crosses λ**(-1/γ), found by bisection. Any λ is
    valid.
    """
    worth = problem.worth_of_sales(prices)
    base = problem.base(prices[-1])
    limit = np.ascontiguousarray(problem.limit)
    found: Array = _dual_values(worth, np.ascontiguousarray(charge), base, limit, problem.utility.risk_aversion)
    return found


@compiled
def _dual_values(worth, charge, base, limit, risk_aversion):
    dates, holdings, paths = worth.shape
    values = np.empty(paths)
    for path in range(paths):
        low, high = base[path], base[path]
        for holding in range(holdings):
            least = most = worth[0, holding, path]
            for date in range(1, dates):
                least = min(least, worth[date, holding, path])
                most = max(most, worth[date, holding, path])
            low += least
            high += most
        below, above = -risk_aversion * np.log(high), -risk_aversion * np.log(low)
        multiplier = np.exp(0.5 * (below + above))
        for _ in range(BISECTIONS):
            middle = 0.5 * (below + above)
            multiplier = np.exp(middle)
            wealth = base[path]
            for holding in range(holdings):
                wealth += _best_sales(worth, charge, limit, holding, path, multiplier)[1]
            if wealth > multiplier ** (-1.0 / risk_aversion):
                above = middle
            else:
                below = middle
        total = multiplier * base[path]
        for holding in range(holdings):
            total += _best_sales(worth, charge, limit, holding, path, multiplier)[0]
        if risk_aversion == 1.0:
            total += -1.0 - np.log(multiplier)
        else:
            power = (risk_aversion - 1.0) / risk_aversion
            total += risk_aversion / (1.0 - risk_aversion) * multiplier**power
        values[path] = total
    return values


@compiled
def _best_sales(worth, charge, limit, holding, path, multiplier):
    """The maximum over the sales of one holding of λ V - Z, and the final worth of the maximising sales."""
    last = limit.shape[0]
    wealth = worth[last, holding, path]
    value = multiplier * wealth - charge[last, holding, path]
    for back in range(1, last + 1):
        date = last - back
        now = multiplier * worth[date, holding, path] - charge[date, holding, path]
        if now > value:
            share = limit[date, holding]
            value += share * (now - value)
            wealth += share * (worth[date, holding, path] - wealth)
    return value, wealth
