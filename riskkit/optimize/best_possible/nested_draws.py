"""Conditional means by one-step nested simulation: unbiased for any function, so that the penalty's mean is zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._random.streams import Stream
from riskkit.optimize.best_possible.log_linear import LogLinearFunctions
from riskkit.optimize.best_possible.period_law import PeriodLaw
from riskkit.optimize.best_possible.plan_arrays import FunctionArrays, plan_arrays
from riskkit.optimize.best_possible.state import PlanState
from riskkit.optimize.best_possible.value_functions import ValueFunctions

__all__ = ["NestedDraws"]

STREAM = "inner draws"

#: At the horizon, where the functions are exact.
NO_FUNCTIONS = FunctionArrays(np.empty((0, 0)), np.empty(0), np.empty(0))


@dataclass(frozen=True, eq=False)
class NestedDraws:
    """A `ConditionalMean` by draws of the next date's state at the points of a lattice.

    The lattice is shifted at random for each path and date, and folded. Every point is then uniform in the unit cube,
    so the mean over them is unbiased; together they are spread evenly, so that it varies less than the mean of
    independent or antithetic draws. A control variate of known mean is taken off.

    Parameters
    ----------
    laws : sequence of PeriodLaw
        Of each period.
    paths : ndarray of uint64 (path)
        Numbers of the paths.
    inner : int
        Draws for each path and date.
    seed : int

    References
    ----------
    Hickernell (2002), "Obtaining O(N**(-2+ε)) convergence for lattice quadrature rules", *Monte Carlo and Quasi-Monte
    Carlo Methods 2000*, 274-289: the shift and the folding, x -> 1 - abs(2 x - 1).
    """

    laws: Sequence[PeriodLaw]
    paths: UInts
    inner: int
    seed: int

    def __call__(self, date: int, state: PlanState, functions: ValueFunctions) -> Array:
        """See `riskkit.optimize.best_possible.value_functions.ConditionalMean`; the functions are log-linear."""
        from riskkit.optimize.best_possible.nested_means import nested_means

        law, stream, problem = self.laws[date], Stream(self.seed, STREAM), functions.problem
        pairs = [stream.uniforms(self.paths, date, draw) for draw in range((law.dimension + 1) // 2)]
        shifts = np.concatenate(pairs)[: law.dimension] if pairs else np.empty((0, self.paths.size))
        arrays = NO_FUNCTIONS
        if date + 1 < problem.dates:
            fitted = functions.fitted[date + 1]
            assert isinstance(fitted, LogLinearFunctions)
            arrays = fitted.arrays
        estimates: Array = nested_means(
            plan_arrays(problem),
            law,
            date + 1,
            arrays,
            np.ascontiguousarray(shifts),
            _lattice(law.dimension, self.inner),
            *(np.ascontiguousarray(part) for part in (state.price, state.events, state.remaining, state.bought)),
            state.credit,
        )
        return estimates


@cache
def _lattice(dimension: int, points: int) -> Array:
    """The best lattice of Korobov's form, (i a**j mod n) / n, by the criterion P2 (dimension, point)."""
    found, least = np.zeros((dimension, points)), np.inf
    for generator in range(1, points):
        if np.gcd(generator, points) == 1:
            multipliers = np.array([pow(generator, power, points) for power in range(dimension)])
            lattice = np.outer(multipliers, np.arange(points)) % points / points
            bernoulli = lattice * lattice - lattice + 1.0 / 6.0
            criterion = np.prod(1.0 + 0.5 * np.pi**2 * bernoulli, axis=0).mean()
            if criterion < least - 1e-12:
                found, least = lattice, criterion
    return found
