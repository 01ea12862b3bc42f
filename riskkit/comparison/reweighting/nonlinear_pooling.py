"""Entropy pooling under bounds on variances, correlations and tail means, which are no means over the paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.comparison.reweighting.entropy_pooling import Bound, least_divergent, spread
from riskkit.comparison.reweighting.functionals import Functional

__all__ = ["FunctionalBound", "Pooled", "pooled"]

#: How far from its bound a statistic may end, in standard deviations of what is averaged.
TOLERANCE = 1e-8

#: Rounds over the quantiles of several tail means.
ROUNDS = 30

#: Of the hybrid method: differences are taken over steps of 1e-5, as the multipliers are exact to 1e-10.
SEARCH = {"eps": 1e-10, "factor": 0.5, "xtol": 1e-10, "maxfev": 200}

#: A share of the weights that is 0 up to what the multipliers are solved to.
SHARE = 1e-10

#: To what a quantile is solved for, in standard deviations.
PRECISION = 1e-13

#: The smallest step of the targets from the statistics of the prior to their bounds.
SMALLEST_STEP = 1.0 / 32.0

#: Residual of a trial at which no weights are found, in the units of the equations.
REJECTED = 1e3


@dataclass(frozen=True, eq=False)
class FunctionalBound:
    """An equality or one-sided bound on a functional.

    Attributes
    ----------
    functional : Functional
        The statistic; bounds on the same one share the object.
    target : float
        Its value, lower bound or upper bound.
    side : int
        0: equal; 1: at least; -1: at most.
    """

    functional: Functional
    target: float
    side: int


@dataclass(frozen=True, eq=False)
class Pooled:
    """Weights that meet all bounds.

    Attributes
    ----------
    logs : ndarray
        Logarithms of the factors on the prior weights (path), up to a constant.
    multipliers : ndarray
        Of the bounds on means, then of those on functionals, in units of what is averaged; 0 where one does not bind.
    """

    logs: Array
    multipliers: Array


def pooled(prior: Array, bounds: Sequence[Bound], curved: Sequence[FunctionalBound]) -> Pooled | None:
    """The path weights of least relative entropy under bounds on means and on functionals.

    Parameters
    ----------
    prior : ndarray
        Weight of each path (path), > 0, summing to 1.
    bounds : sequence of Bound
        On means.
    curved : sequence of FunctionalBound
        On functionals; at least one.

    Returns
    -------
    Pooled or None
        None if no weights are found.

    Notes
    -----
    At the least relative entropy the factors are exp(Σ multiplier · linearised functional), as for means, with the
    parameters of the functionals, such as the mean in a variance, equal to those of the new weights. The parameters are
    found by Powell's hybrid method on these equations, with the problem in the multipliers solved at each trial. The
    equation of a quantile jumps at each path, so it is solved by Brent's method, one tail mean after the other (Meucci,
    Ardia and Keel, "Fully flexible extreme views", *Journal of Risk* 14 (2011), no. 2, 39-49, search the quantile over
    the paths). A bound on one side is a convex problem for some statistics only; the solution is the one that is
    reached from the weights that meet the bounds on means alone.
    """
    return _Problem(prior, bounds, curved).solution()


class _Problem:
    """The bounds, and the latest multipliers, where the next trial starts."""

    def __init__(self, prior: Array, bounds: Sequence[Bound], curved: Sequence[FunctionalBound]) -> None:
        self.prior, self.bounds, self.curved = prior, bounds, curved
        self.functionals: list[Functional] = list({id(each.functional): each.functional for each in curved}.values())
        self.ends = np.cumsum([each.quantiles.size for each in self.functionals])
        self.quantiles: Bools = np.concatenate([each.quantiles for each in self.functionals])
        self.last: Array | None = None

    def solution(self) -> Pooled | None:
        """Weights that meet the bounds, reached in steps where one step is too long."""
        weights = self.prior
        if self.bounds:
            under_means = least_divergent(self.prior, self.bounds)
            if under_means is None:
                return None
            weights = self._weights(under_means[0])
        self.scale = np.concatenate([each.scale(weights) for each in self.functionals])
        if not (self.scale > 0.0).all():
            return None
        values = {id(each): each.value(weights) for each in self.functionals}
        first = np.array([values[id(each.functional)] for each in self.curved])
        last = np.array([each.target for each in self.curved])
        sides = np.array([each.side for each in self.curved])
        first = np.where(sides * (first - last) > 0.0, last, first)  # met already: the bound itself
        parameters = np.concatenate([each.parameters(weights) for each in self.functionals])
        done, step = 0.0, 1.0
        while done < 1.0:
            self.targets = first + (done + step) * (last - first) if done + step < 1.0 else last
            found = self._settled(self._shifted(parameters, step * (last - first)))
            if found is not None:
                parameters, done = found, done + step
                step = min(2.0 * step, 1.0 - done)
            elif step <= SMALLEST_STEP:
                return None
            else:
                step *= 0.5
                self.last = None
        trial = self._at(parameters)
        return None if trial is None else self._checked(*trial)

    def _shifted(self, parameters: Array, changes: Array) -> Array:
        """The parameters from which to start at the present targets."""
        own = np.split(parameters, self.ends[:-1])
        change = {id(each.functional): way for each, way in zip(self.curved, changes, strict=True) if way != 0.0}
        return np.concatenate(
            [each.shifted(some, change.get(id(each), 0.0)) for each, some in zip(self.functionals, own, strict=True)]
        )

    def _settled(self, parameters: Array) -> Array | None:
        """The parameters equal to those of the weights that are found with them, at the present targets."""
        for _ in range(ROUNDS):
            before = parameters
            found = self._next(parameters)
            if found is None:
                return None
            parameters = found
            moved = np.abs(parameters - before)[self.quantiles] > TOLERANCE * self.scale[self.quantiles]
            if self.quantiles.sum() < 2 or not moved.any():
                return parameters
        return None

    def _next(self, parameters: Array) -> Array | None:
        """One round: each quantile in turn, with all that is smooth solved at each of its trials."""
        if not self.quantiles.any():
            return self._smooth(parameters)
        for place in self.quantiles.nonzero()[0]:
            found = self._quantile(parameters, int(place))
            if found is None:
                return None
            parameters = found
        return parameters

    def _smooth(self, parameters: Array) -> Array | None:
        """The parameters with those that are no quantiles equal to those of the weights."""
        from scipy.optimize import root

        free = (~self.quantiles).nonzero()[0]
        if not free.size:
            return parameters

        def moved(steps: Array) -> Array:
            trial = parameters.copy()
            trial[free] += steps * self.scale[free]
            return trial

        def residual(steps: Array) -> Array:
            found = self._at(moved(steps))
            return np.full(free.size, REJECTED) if found is None else self._residual(moved(steps), found[0])[free]

        zero = np.zeros(free.size)
        if np.abs(residual(zero)).max() <= TOLERANCE:
            return parameters
        found = root(residual, zero, method="hybr", options=SEARCH)
        return moved(found.x) if np.abs(found.fun).max() <= TOLERANCE else None

    def _quantile(self, parameters: Array, place: int) -> Array | None:
        """The parameters with one quantile solved for."""
        scale = float(self.scale[place])
        search = _Search(self, parameters, place)
        start, step = float(parameters[place]), 0.02 * scale
        # The share beyond the quantile falls with it: where it is too large, the quantile must rise.
        first = search.excess(start)
        if first is None:
            return None
        way, end, other = (1.0 if first > 0.0 else -1.0), start, first
        while other * way > 0.0:
            trial = search.excess(end + way * step)
            if trial is None:  # beyond what the bounds allow: approach more slowly
                step /= 8.0
            else:
                start, end, other = end, end + way * step, trial
                step *= 2.0
            if not 1e-9 * scale < step < 1e3 * scale:
                return None
        if first != 0.0 and other != 0.0 and not search.between(min(start, end), max(start, end), PRECISION * scale):
            return None
        return search.parameters

    def _at(self, parameters: Array) -> tuple[Array, Array, Array] | None:
        """Weights, logarithms and multipliers at fixed parameters, where the functionals are means."""
        curves = self._linearised(parameters)
        bounds = [*self.bounds]
        for (curve, each), target in zip(curves, self.targets, strict=True):
            bounds.append(Bound(curve, target, each.side))
        found = least_divergent(self.prior, bounds, self.last)
        if found is None and self.last is not None:
            found = least_divergent(self.prior, bounds)
        if found is None:
            return None
        logs, self.last = found
        units = np.array([spread(each.values, self.prior) for each in bounds])
        return self._weights(logs), logs, self.last / units

    def _linearised(self, parameters: Array) -> list[tuple[Array, FunctionalBound]]:
        own = dict(zip(map(id, self.functionals), np.split(parameters, self.ends[:-1]), strict=True))
        curves = {id(each): each.linearised(own[id(each)]) for each in self.functionals}
        return [(curves[id(each.functional)], each) for each in self.curved]

    def _residual(self, parameters: Array, weights: Array) -> Array:
        """Means of the equations, 0 where the parameters are those of the weights."""
        own = np.split(parameters, self.ends[:-1])
        equations = np.concatenate([each.equations(some) for each, some in zip(self.functionals, own, strict=True)])
        result: Array = np.einsum("jp,p->j", equations, weights)
        return result

    def _weights(self, logs: Array) -> Array:
        unscaled = self.prior * np.exp(logs - logs.max())
        weights: Array = unscaled / unscaled.sum()
        return weights

    def _checked(self, weights: Array, logs: Array, multipliers: Array) -> Pooled | None:
        """The solution, if the statistics of its weights meet their bounds."""
        for each in self.curved:
            unit = spread(each.functional.linearised(each.functional.parameters(weights)), self.prior)
            distance = each.functional.value(weights) - each.target
            if (abs(distance) if each.side == 0 else -each.side * distance) > TOLERANCE * unit:
                return None
        return Pooled(logs, multipliers)


class _Search:
    """Trials of one quantile; all that is smooth is solved at each of them.

    Attributes
    ----------
    parameters : ndarray
        Those of the latest trial (parameter).
    """

    def __init__(self, problem: _Problem, parameters: Array, place: int) -> None:
        self.problem, self.parameters, self.place = problem, parameters, place
        self.sample = np.concatenate([each.samples for each in problem.functionals])[self.index]
        self.atom = 0.0

    @property
    def index(self) -> int:
        """Place of the quantile among the quantiles."""
        return int(self.problem.quantiles[: self.place].sum())

    def excess(self, value: float) -> float | None:
        """The share of the paths beyond a value, less that of the tail; None where no weights are found."""
        trial = self.parameters.copy()
        trial[self.place] = value
        settled = self.problem._smooth(trial)
        found = None if settled is None else self.problem._at(settled)
        if settled is None or found is None:
            return None
        self.parameters = settled
        self.atom = float(found[0][self.sample == value].sum())
        excess = float(self.problem._residual(settled, found[0])[self.place])
        return excess if abs(excess) > SHARE else 0.0

    def between(self, low: float, high: float, precision: float) -> bool:
        """Solve between two values with a positive and a negative excess; False where no weights are found.

        At a path the excess jumps by its weight. The quantile is a path where the jump crosses 0, else it lies between
        two paths.
        """
        from scipy.optimize import brentq

        points = np.unique(self.sample[(self.sample > low) & (self.sample < high)])
        while points.size:
            middle = points.size // 2
            excess = self.excess(float(points[middle]))
            if excess is None:
                return False
            if excess <= 0.0 <= excess + self.atom:
                return True
            if excess > 0.0:
                low, points = float(points[middle]), points[middle + 1 :]
            else:
                high, points = float(points[middle]), points[:middle]

        def excess_or_nan(value: float) -> float:
            excess = self.excess(value)
            return np.nan if excess is None else excess

        brentq(excess_or_nan, low, high, xtol=precision, maxiter=200, disp=False)
        return self.excess(float(self.parameters[self.place])) is not None
