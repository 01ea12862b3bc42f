"""Statistics as functions of the path weights: means, variances, correlations and tail means, and their first order.

Each is the weighted mean of something that depends on a few parameters, themselves statistics of the weights: of
(x - m)² with m the mean of x for a variance. To first order in the weights the parameters do not matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.comparison.reweighting.entropy_pooling import spread
from riskkit.measures._tail import weighted_quantile

__all__ = ["CorrelationOf", "Functional", "MeanOf", "SumOf", "TailMeanOf", "VarianceOf"]


class Functional(ABC):
    """A statistic of weighted paths.

    Attributes
    ----------
    low, high : float
        Bounds that no path weights can exceed.
    quantiles : ndarray of bool
        Which parameters are quantiles, so that equations jump in them (parameter).
    samples : ndarray
        What each of those is a quantile of (quantile, path).
    """

    low: float
    high: float
    quantiles: Bools
    samples: Array

    @abstractmethod
    def parameters(self, weights: Array) -> Array:
        """The parameters under path weights (parameter)."""

    @abstractmethod
    def scale(self, weights: Array) -> Array:
        """Size of a change of each parameter (parameter), > 0."""

    @abstractmethod
    def linearised(self, parameters: Array) -> Array:
        """What has the statistic as its mean where the parameters are those of the weights (path)."""

    @abstractmethod
    def slopes(self, parameters: Array) -> Array:
        """Derivatives of `linearised` in the parameters (parameter, path); their means are 0 up to a constant."""

    @abstractmethod
    def equations(self, parameters: Array) -> Array:
        """What has mean 0 where the parameters are those of the weights (parameter, path)."""

    @abstractmethod
    def jacobian(self, parameters: Array, weights: Array) -> Array:
        """Derivatives of the means of the equations in the parameters (equation, parameter)."""

    def shifted(self, parameters: Array, change: float) -> Array:
        """Parameters from which to look for weights whose statistic differs by `change`."""
        return parameters

    def value(self, weights: Array) -> float:
        """The statistic under path weights."""
        return float((weights * self.linearised(self.parameters(weights))).sum())


class MeanOf(Functional):
    """The mean of `values` (path), which has no parameters."""

    def __init__(self, values: Array) -> None:
        self.values = values
        self.low, self.high = float(values.min()), float(values.max())
        self.quantiles, self.samples = np.zeros(0, np.bool_), np.zeros((0, values.size))

    def parameters(self, weights: Array) -> Array:
        """None."""
        return np.zeros(0)

    def scale(self, weights: Array) -> Array:
        """None."""
        return np.zeros(0)

    def linearised(self, parameters: Array) -> Array:
        """The values."""
        return self.values

    def slopes(self, parameters: Array) -> Array:
        """None."""
        return np.zeros((0, self.values.size))

    def equations(self, parameters: Array) -> Array:
        """None."""
        return np.zeros((0, self.values.size))

    def jacobian(self, parameters: Array, weights: Array) -> Array:
        """None."""
        return np.zeros((0, 0))


class VarianceOf(Functional):
    """The variance of `values` (path): the mean of (x - m)², with the mean m as parameter."""

    def __init__(self, values: Array) -> None:
        self.values = values
        self.unit = float(np.ptp(values)) or 1.0
        self.low, self.high = 0.0, 0.25 * float(np.ptp(values)) ** 2
        self.quantiles, self.samples = np.zeros(1, np.bool_), np.zeros((0, values.size))

    def parameters(self, weights: Array) -> Array:
        """The mean."""
        return np.array([(weights * self.values).sum()])

    def scale(self, weights: Array) -> Array:
        """The standard deviation."""
        return np.array([spread(self.values, weights)])

    def linearised(self, parameters: Array) -> Array:
        """Squared deviations."""
        squares: Array = np.square(self.values - parameters[0])
        return squares

    def slopes(self, parameters: Array) -> Array:
        """Deviations, times -2."""
        slopes: Array = -2.0 * (self.values - parameters[0])[None]
        return slopes

    def equations(self, parameters: Array) -> Array:
        """Deviations, in units of the range."""
        deviations: Array = ((self.values - parameters[0]) / self.unit)[None]
        return deviations

    def jacobian(self, parameters: Array, weights: Array) -> Array:
        """That of the mean."""
        return np.array([[-1.0 / self.unit]])


class CorrelationOf(Functional):
    """The correlation r of `first` and `second` (path), with both means, both standard deviations and r as parameters.

    With u and v in standard units it is the mean of r + u v - r (u² + v²) / 2, its influence function plus r (Devlin,
    Gnanadesikan and Kettenring (1975), "Robust estimation and outlier detection with correlation coefficients",
    *Biometrika* 62, 531-545).
    """

    def __init__(self, first: Array, second: Array) -> None:
        self.pair = np.stack([first, second])
        self.low, self.high = -1.0, 1.0
        self.quantiles, self.samples = np.zeros(5, np.bool_), np.zeros((0, first.size))

    def parameters(self, weights: Array) -> Array:
        """Mean and standard deviation of the first, of the second, and the correlation."""
        moments = [[(weights * each).sum(), spread(each, weights)] for each in self.pair]
        u, v = ((each - mean) / sd for each, (mean, sd) in zip(self.pair, moments, strict=True))
        return np.array([*moments[0], *moments[1], (weights * u * v).sum()])

    def scale(self, weights: Array) -> Array:
        """The standard deviations; 1 for the correlation."""
        first, second = (spread(each, weights) for each in self.pair)
        return np.array([first, first, second, second, 1.0])

    def linearised(self, parameters: Array) -> Array:
        """The influence function plus the correlation."""
        u, v, r = self._standard(parameters)
        return r + u * v - 0.5 * r * (np.square(u) + np.square(v))

    def slopes(self, parameters: Array) -> Array:
        """Derivatives in the five parameters."""
        u, v, r = self._standard(parameters)
        first, second = (r * u - v) / parameters[1], (r * v - u) / parameters[3]
        return np.stack([first, u * first, second, v * second, 1.0 - 0.5 * (np.square(u) + np.square(v))])

    def equations(self, parameters: Array) -> Array:
        """Standard units have mean 0 and mean square 1, and their product the mean r."""
        u, v, r = self._standard(parameters)
        return np.stack([u, np.square(u) - 1.0, v, np.square(v) - 1.0, u * v - r])

    def jacobian(self, parameters: Array, weights: Array) -> Array:
        """Where the parameters are those of the weights."""
        _, first, _, second, r = parameters
        found = np.diag([-1.0 / first, -2.0 / first, -1.0 / second, -2.0 / second, -1.0])
        found[4, 1], found[4, 3] = -r / first, -r / second
        return found

    def _standard(self, parameters: Array) -> tuple[Array, Array, float]:
        u, v = (self.pair - parameters[[0, 2], None]) / parameters[[1, 3], None]
        return u, v, float(parameters[4])


class TailMeanOf(Functional):
    """The mean of the largest `share` of `values` (path), or of the smallest; the quantile q is the parameter.

    For the largest it is the mean of q + (x - q)⁺ / share (Rockafellar and Uryasev (2002), "Conditional value-at-risk
    for general loss distributions", *Journal of Banking & Finance* 26, 1443-1471, Theorem 10).
    """

    def __init__(self, values: Array, share: float, largest: bool) -> None:
        self.sign = 1.0 if largest else -1.0
        self.losses, self.share = self.sign * values, share
        self.low, self.high = float(values.min()), float(values.max())
        self.quantiles, self.samples = np.ones(1, np.bool_), self.losses[None]

    def parameters(self, weights: Array) -> Array:
        """The quantile, of the values times the sign."""
        return np.array([weighted_quantile(self.losses, 1.0 - self.share, weights)])

    def scale(self, weights: Array) -> Array:
        """The standard deviation."""
        return np.array([spread(self.losses, weights)])

    def shifted(self, parameters: Array, change: float) -> Array:
        """The quantile moves with its tail: beyond the mean of the tail there is no solution."""
        return parameters + self.sign * change

    def linearised(self, parameters: Array) -> Array:
        """The quantile, and what lies beyond it."""
        mean: Array = self.sign * (parameters[0] + np.maximum(self.losses - parameters[0], 0.0) / self.share)
        return mean

    def slopes(self, parameters: Array) -> Array:
        """1 less the indicator of the tail over its share."""
        slopes: Array = self.sign * (1.0 - (self.losses > parameters[0]) / self.share)[None]
        return slopes

    def equations(self, parameters: Array) -> Array:
        """The indicator of the tail, less its share."""
        beyond: Array = ((self.losses > parameters[0]) - self.share)[None]
        return beyond

    def jacobian(self, parameters: Array, weights: Array) -> Array:
        """Minus the density at the quantile, from the quantiles on both sides of it."""
        draws = 1.0 / np.square(weights).sum()
        width = min(0.5 * self.share, 0.5 * (1.0 - self.share), 0.5 * draws ** (-1.0 / 3.0))
        low, high = (weighted_quantile(self.losses, 1.0 - self.share + way * width, weights) for way in (-1.0, 1.0))
        return np.array([[-2.0 * width / max(high - low, 1e-9 * spread(self.losses, weights))]])


class SumOf(Functional):
    """A linear combination of functionals."""

    def __init__(self, terms: Sequence[tuple[float, Functional]]) -> None:
        self.terms = terms
        ends = [sorted((factor * each.low, factor * each.high)) for factor, each in terms]
        self.low, self.high = sum(low for low, _ in ends), sum(high for _, high in ends)
        self.quantiles = np.concatenate([each.quantiles for _, each in terms])
        self.samples = np.concatenate([each.samples for _, each in terms])

    def parameters(self, weights: Array) -> Array:
        """Those of the terms, one after the other."""
        return np.concatenate([each.parameters(weights) for _, each in self.terms])

    def scale(self, weights: Array) -> Array:
        """Those of the terms."""
        return np.concatenate([each.scale(weights) for _, each in self.terms])

    def linearised(self, parameters: Array) -> Array:
        """The combination of the terms'."""
        terms = [factor * each.linearised(own) for factor, each, own in self._split(parameters)]
        total: Array = np.sum(terms, axis=0)
        return total

    def slopes(self, parameters: Array) -> Array:
        """Those of the terms, times their coefficients."""
        return np.concatenate([factor * each.slopes(own) for factor, each, own in self._split(parameters)])

    def equations(self, parameters: Array) -> Array:
        """Those of the terms."""
        return np.concatenate([each.equations(own) for _, each, own in self._split(parameters)])

    def jacobian(self, parameters: Array, weights: Array) -> Array:
        """Those of the terms, along the diagonal."""
        found = np.zeros((len(parameters), len(parameters)))
        start = 0
        for _, each, own in self._split(parameters):
            stop = start + len(own)
            found[start:stop, start:stop] = each.jacobian(own, weights)
            start = stop
        return found

    def _split(self, parameters: Array) -> list[tuple[float, Functional, Array]]:
        ends = np.cumsum([each.quantiles.size for _, each in self.terms])[:-1]
        own = np.split(parameters, ends)
        return [(factor, each, some) for (factor, each), some in zip(self.terms, own, strict=True)]
