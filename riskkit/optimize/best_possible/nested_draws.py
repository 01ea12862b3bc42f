"""Conditional means by one-step nested simulation: unbiased for any function, so that the penalty's mean is zero."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from riskkit._core.array_types import Array, Ints, UInts
from riskkit._random.streams import Stream
from riskkit.optimize.best_possible.period_law import PeriodLaw
from riskkit.optimize.best_possible.state import PlanState

__all__ = ["NestedDraws"]

STREAM = "inner draws"

#: Uniforms are kept this far from 0 and 1.
EDGE = 2.0**-54

#: The fewest draws of a stratum on average.
FEWEST = 8


@dataclass(frozen=True, eq=False)
class NestedDraws:
    """A `ConditionalMean` by draws of the next date's state, which the events of the period stratify.

    Whether a shock happens in the period makes two strata, each with its exact probability. Within the strata the
    points are those of a Sobol sequence, shifted at random for each path and date. Every shifted point is uniform, so
    the mean over them is unbiased; together they are spread evenly, so that it varies less than that of independent or
    antithetic draws.

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
        """See `riskkit.optimize.best_possible.value_functions.ConditionalMean`."""
        law, stream = self.laws[date], Stream(self.seed, STREAM)
        design = _design(law, self.inner)
        pairs = [stream.uniforms(self.paths, date, draw) for draw in range((law.dimension + 1) // 2)]
        shift = np.concatenate(pairs)[: law.dimension] if pairs else np.empty((0, self.paths.size))
        points = shift[:, :, None] + design.points[:, None, :]
        points -= np.floor(points)
        points *= design.width[:, None, :]
        points += design.low[:, None, :]
        np.clip(points, EDGE, 1.0 - 2.0 * EDGE, out=points)
        now = state.repeated(self.inner)
        growth, events = law.draw(points.reshape(law.dimension, -1), now.events)
        values = function(now.moved(now.price * growth, events))
        mean: Array = values.reshape(values.shape[0], self.paths.size, self.inner) @ design.weight
        return mean


@dataclass(frozen=True, eq=False)
class _Design:
    """Points (dimension, draw) before their shift, the interval that each is moved to, and its weight (draw)."""

    points: Array
    low: Array
    width: Array
    weight: Array


@cache
def _design(law: PeriodLaw, inner: int) -> _Design:
    """The strata and their points; as many shocks make strata as leave `FEWEST` draws to each on average."""
    places = law.event_places
    stratified = min(len(places), int(np.log2(max(inner // FEWEST, 1))))
    quiet = [float(np.exp(-shock.hazard)) for shock in law.shocks[:stratified]]
    strata = [
        (happened, float(np.prod([1.0 - q if event else q for event, q in zip(happened, quiet, strict=True)])))
        for happened in itertools.product([False, True], repeat=stratified)
    ]
    strata = [(happened, chance) for happened, chance in strata if chance > 0.0]
    counts = _allocation(np.array([chance for _, chance in strata]), inner)
    sequence = _sobol(law.dimension, int(counts.max()))
    points = np.concatenate([sequence[:, :count] for count in counts], axis=1)
    low, width = np.zeros_like(points), np.ones_like(points)
    for place, row in enumerate(places[:stratified]):
        ends = [(quiet[place], 1.0) if happened[place] else (0.0, quiet[place]) for happened, _ in strata]
        low[row] = np.repeat([start for start, _ in ends], counts)
        width[row] = np.repeat([end - start for start, end in ends], counts)
    weight = np.repeat([chance for _, chance in strata] / counts, counts)
    return _Design(points, low, width, weight)


def _allocation(chances: Array, inner: int) -> Ints:
    """Draws of each stratum, in proportion to the root of its probability, at least one, that sum to `inner`."""
    share = np.sqrt(chances) / np.sqrt(chances).sum() * (inner - chances.size)
    counts = np.floor(share).astype(np.int64)
    counts[np.argsort(counts - share, kind="stable")[: inner - chances.size - counts.sum()]] += 1
    return counts + 1


def _sobol(dimension: int, points: int) -> Array:
    """The first points of a Sobol sequence (dimension, point)."""
    if dimension == 0:
        return np.empty((0, points))
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimension, scramble=False)
    found: Array = np.ascontiguousarray(sequence.random_base2(int(np.ceil(np.log2(points))))[:points].T)
    return found
