"""Conditional means by one-step nested simulation: unbiased for any function, so that the penalty's mean is zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from riskkit._core.array_types import Array, UInts
from riskkit._random.streams import Stream
from riskkit.optimize.best_possible.period_law import PeriodLaw
from riskkit.optimize.best_possible.state import PlanState

__all__ = ["NestedDraws"]

STREAM = "inner draws"

#: Uniforms are retained this far from 0 and 1.
EDGE = 2.0**-54


@dataclass(frozen=True, eq=False)
class NestedDraws:
    """A `ConditionalMean` by draws of the next date's state at the points of a lattice.

    The lattice is shifted at random for each path and date, and folded. Every point is then uniform in the unit cube,
    so the mean over them is unbiased; together they are spread evenly, so that it varies less than the mean of
    independent or antithetic draws.

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

    def __call__(self, date: int, state: PlanState, function: Callable[[PlanState], Array]) -> Array:
        """See `riskkit.optimize.best_possible.value_functions.ConditionalMean`."""
        law, stream = self.laws[date], Stream(self.seed, STREAM)
        pairs = [stream.uniforms(self.paths, date, draw) for draw in range((law.dimension + 1) // 2)]
        shift = np.concatenate(pairs)[: law.dimension] if pairs else np.empty((0, self.paths.size))
        points = shift[:, :, None] + _lattice(law.dimension, self.inner)[:, None, :]
        points -= np.floor(points)
        points = 1.0 - np.abs(2.0 * points - 1.0)
        np.clip(points, EDGE, 1.0 - 2.0 * EDGE, out=points)
        now = state.repeated(self.inner)
        growth, events = law.draw(points.reshape(law.dimension, now.size), now.events)
        values = function(now.moved(now.price * growth, events))
        mean: Array = values.reshape(values.shape[0], self.paths.size, self.inner).mean(axis=2)
        return mean


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
