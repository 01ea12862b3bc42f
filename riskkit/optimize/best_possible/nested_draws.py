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

#: Uniforms are kept this far from 0 and 1.
EDGE = 2.0**-54


@dataclass(frozen=True, eq=False)
class NestedDraws:
    """A `ConditionalMean` by draws of the next date's state: a Sobol sequence, shifted at random for each path and date.

    Each shifted point is uniform, so the mean over them is unbiased; together they are spread evenly, so that it varies
    less than that of independent or antithetic draws.

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
    Cranley and Patterson (1976), "Randomization of number theoretic methods for multiple integration", *SIAM Journal on
    Numerical Analysis* 13, 904-914.
    """

    laws: Sequence[PeriodLaw]
    paths: UInts
    inner: int
    seed: int

    def __call__(self, date: int, state: PlanState, function: Callable[[PlanState], Array]) -> Array:
        """See `riskkit.optimize.best_possible.penalty.ConditionalMean`."""
        law, stream = self.laws[date], Stream(self.seed, STREAM)
        pairs = [stream.uniforms(self.paths, date, draw) for draw in range((law.dimension + 1) // 2)]
        shift = np.concatenate(pairs)[: law.dimension] if pairs else np.empty((0, self.paths.size))
        points = shift[:, :, None] + _sobol(law.dimension, self.inner)[:, None, :]
        points -= np.floor(points)
        np.clip(points, EDGE, 1.0 - 2.0 * EDGE, out=points)
        now = state.repeated(self.inner)
        growth, events = law.draw(points.reshape(law.dimension, -1), now.events)
        values = function(now.moved(now.price * growth, events))
        mean: Array = values.reshape(values.shape[0], self.paths.size, self.inner).mean(axis=2)
        return mean


@cache
def _sobol(dimension: int, points: int) -> Array:
    """The first points of a Sobol sequence (dimension, point)."""
    if dimension == 0:
        return np.empty((0, points))
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimension, scramble=False)
    found: Array = np.ascontiguousarray(sequence.random_base2(int(np.ceil(np.log2(points))))[:points].T)
    return found
