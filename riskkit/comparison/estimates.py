"""A statistic of weighted paths with its error: means, probabilities, quantiles, tail means and functions of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from riskkit.checks import number
from riskkit.measures.tail import weighted_quantile

__all__ = [
    "Estimate",
    "average",
    "certainty_equivalent",
    "delta",
    "mean",
    "normal_quantile",
    "probability",
    "quantile",
    "standard_error",
    "tail_mean",
]

Array = NDArray[np.float64]

#: Number of paths, and the share of a sum of w**-2 that they may carry, before its error is not believed.
HANDFUL, HANDFUL_SHARE = 10, 0.10

#: The last bits of a double, as a share of it.
ROUNDING = 1e-15


@dataclass(frozen=True, eq=False)
class Estimate:
    """A statistic of the paths and how sure it is.

    Attributes
    ----------
    value : float
        The statistic; NaN where it cannot be told.
    standard_error : float
        Its Monte-Carlo error; NaN where that cannot be told.
    influence : callable, optional
        Computes `influences`; kept as a function because an array for every rule and metric would fill the memory.
    bounds : callable, optional
        Takes z, the normal quantile of a level, and returns the low and high end of the statistic's own interval;
        by default ``value -+ z * standard_error``.
    note : str, optional
        Why the value or its error is NaN.
    """

    value: float
    standard_error: float
    influence: Callable[[], Array] | None = None
    bounds: Callable[[float], tuple[float, float]] | None = None
    note: str | None = None

    @property
    def influences(self) -> Array | None:
        """How far each path moves the statistic (path): weighted mean 0, and None where it is not known.

        The error of any smooth function of several statistics of the same paths follows from these.
        """
        return None if self.influence is None else self.influence()

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Low and high end of the confidence interval at `level`, in (0, 1); NaN where the error is."""
        z = normal_quantile(level)
        if math.isnan(self.standard_error):
            return math.nan, math.nan
        if self.bounds is not None:
            return self.bounds(z)
        return self.value - z * self.standard_error, self.value + z * self.standard_error


def normal_quantile(level: float) -> float:
    """z of a two-sided normal interval at `level`, in (0, 1).

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return NormalDist().inv_cdf((1.0 + number("level", level, above=0.0, below=1.0)) / 2.0)


#: The level at which an asymmetric interval is turned into a standard error: half its width / z.
REFERENCE_Z = normal_quantile(0.95)


def average(values: Array, weights: Array) -> float:
    """Weighted mean over the paths; exactly ``values.mean()`` where all weights are the same."""
    # Sums, never dot products: those may be split among threads, and the last bit would depend on their number.
    return float(values.mean()) if _equal(weights) else float((weights * values).sum())


def standard_error(influences: Array, weights: Array, size: float = 0.0) -> float:
    """Root of the sum of ``(weight * influence)**2``: for weights 1/N the sd of the influences / root N.

    An error that rounding alone would leave in a statistic of the given `size` is 0.
    """
    error = math.sqrt(float(np.square(weights * influences).sum()))
    return error if error > ROUNDING * size else 0.0


def mean(values: Array, weights: Array) -> Estimate:
    """Weighted mean.

    Parameters
    ----------
    values, weights : ndarray
        One number a path (path); the weights sum to 1.

    Returns
    -------
    Estimate
        With influences ``values - mean``. For weights that were drawn with the paths this is the error of the
        self-normalised mean (Owen 2013, Monte Carlo theory, eq. 9.9).

    Examples
    --------
    >>> found = mean(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.25]))
    >>> found.value, found.influences.tolist()
    (0.75, [-0.75, 0.25, 1.25])
    """
    value = average(values, weights)
    return Estimate(value, standard_error(values - value, weights, abs(value)), lambda: values - value)


def probability(happened: NDArray[np.generic], weights: Array) -> Estimate:
    """Probability of something that did or did not happen on each path.

    Parameters
    ----------
    happened : ndarray
        True or 1 where it did (path).
    weights : ndarray
        Weight of each path, summing to 1.

    Returns
    -------
    Estimate
        Its interval is Wilson's (1927), with the number of plain paths that would give the same variance in place
        of n: p(1-p) / sum((w (x-p))**2), which is N for weights 1/N; where all or none happened, 1 / sum(w**2).
        The standard error is half the width of the 95 % interval / 1.96; so it is not 0 where nothing happened.

    Examples
    --------
    >>> [round(end, 4) for end in probability(np.zeros(20), np.full(20, 0.05)).interval()]
    [0.0, 0.1611]
    """
    x = happened.astype(np.float64)
    value = min(average(x, weights), 1.0)
    variance = standard_error(x - value, weights) ** 2
    spread = value * (1.0 - value)
    effective = spread / variance if spread > 0.0 and variance > 0.0 else 1.0 / float(np.square(weights).sum())
    low, high = _wilson(value, effective, REFERENCE_Z)
    return Estimate(
        value, (high - low) / (2.0 * REFERENCE_Z), lambda: x - value, lambda z: _wilson(value, effective, z)
    )


def _wilson(p: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share p of n."""
    centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n)
    half = z / (1.0 + z * z / n) * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def quantile(values: Array, p: float, weights: Array) -> Estimate:
    """Quantile: the smallest value at which the weighted distribution function reaches p, not interpolated.

    Parameters
    ----------
    values, weights : ndarray
        One number a path (path); the weights sum to 1.
    p : float
        In (0, 1).

    Returns
    -------
    Estimate
        Its interval ends at order statistics: at the quantiles p -+ z s, s the error of the distribution function
        at the quantile, root of p(1-p)/N for weights 1/N (Conover 1999, section 3.2). The standard error is half
        the width of the 95 % interval / 1.96; it is NaN where one end lies beyond the sample. The influences are
        (p - [value <= quantile]) / f, with the density f = s / standard error that this implies.

    Examples
    --------
    >>> found = quantile(np.arange(1.0, 101.0), 0.5, np.full(100, 0.01))
    >>> found.value, found.interval()
    (50.0, (41.0, 60.0))
    """
    plain = None if _equal(weights) else weights
    value = float(weighted_quantile(values, p, plain))
    spread = math.sqrt(p * (1.0 - p) / len(values))
    if plain is not None:
        spread = standard_error((values <= value).astype(np.float64) - p, weights)

    def bounds(z: float) -> tuple[float, float]:
        low, high = p - z * spread, p + z * spread
        if low <= 0.0 or high >= 1.0:
            return math.nan, math.nan
        return float(weighted_quantile(values, low, plain)), float(weighted_quantile(values, high, plain))

    low, high = bounds(REFERENCE_Z)
    error = (high - low) / (2.0 * REFERENCE_Z)
    if math.isnan(error):
        return Estimate(value, error, note=f"too few paths to bracket the {p:.0%} quantile")

    def influence() -> Array:
        # Centred on the share at or below the quantile, which the step of F at the quantile puts a little above p.
        below = (values <= value).astype(np.float64)
        raw = average(below, weights) - below
        own = standard_error(raw, weights)
        return raw * (error / own if own > 0.0 else 0.0)

    return Estimate(value, error, influence, bounds)


def tail_mean(values: Array, level: float, weights: Array) -> Estimate:
    """Mean of the largest ``1 - level`` of the values, with the fractional atom.

    Parameters
    ----------
    values, weights : ndarray
        One number a path (path); the weights sum to 1.
    level : float
        0.95 means the largest 5 %.

    Returns
    -------
    Estimate
        q + E(value - q)+ / (1 - level) with q the quantile (Rockafellar & Uryasev 2002, Theorem 10); as q minimises
        it, its own error does not count, and a path's influence is q + (value - q)+ / (1 - level) - tail mean.

    Examples
    --------
    >>> round(tail_mean(np.arange(10.0), 0.85, np.full(10, 0.1)).value, 6)  # 9 and half of 8
    8.666667
    """
    q = float(weighted_quantile(values, level, None if _equal(weights) else weights))

    def path_values() -> Array:
        return q + np.maximum(values - q, 0.0) / (1.0 - level)

    value = average(path_values(), weights)
    error = standard_error(path_values() - value, weights, abs(value))
    return Estimate(value, error, lambda: path_values() - value)


def delta(inner: Estimate, function: Callable[[float], float], derivative: Callable[[float], float]) -> Estimate:
    """A monotone function of an estimate, by the delta method.

    Parameters
    ----------
    inner : Estimate
        What the function is applied to.
    function, derivative : callable
        The function, rising or falling throughout, and its derivative.

    Returns
    -------
    Estimate
        Influences and error are those of `inner` times the derivative; the error is NaN where that is infinite. The
        interval of a quantile or probability is carried over by the function itself.

    Examples
    --------
    >>> found = delta(Estimate(4.0, 0.2), lambda x: x**0.5, lambda x: 0.5 * x**-0.5)
    >>> found.value, found.standard_error
    (2.0, 0.05)
    """
    value = function(inner.value)
    if inner.standard_error == 0.0:
        return Estimate(value, 0.0, inner.influence)
    slope = derivative(inner.value)
    if math.isnan(inner.standard_error) or math.isinf(slope):
        return Estimate(value, math.nan, note=inner.note or f"it has no slope where its source is {inner.value:g}")
    influence, bounds = inner.influence, inner.bounds
    return Estimate(
        value,
        abs(slope) * inner.standard_error,
        None if influence is None else lambda: slope * influence(),
        None if bounds is None else lambda z: _ordered(*map(function, bounds(z))),
    )


def certainty_equivalent(wealth: Array, weights: Array) -> Estimate:
    """The sure wealth that an investor of constant relative risk aversion 3 would take instead.

    Parameters
    ----------
    wealth, weights : ndarray
        Final wealth, >= 0, and weight of each path (path); the weights sum to 1.

    Returns
    -------
    Estimate
        (E w**-2) ** -1/2. Ruin on any path of positive weight gives exactly 0. The standard error is NaN where the
        ten worst paths carry more than 10 % of the mean: it then rests on too few to be believed.

    Examples
    --------
    >>> wealth = np.tile([1.0, 2.0], 100)  # the mean of 1 and 1/4 is 0.625
    >>> round(certainty_equivalent(wealth, np.full(200, 0.005)).value, 6)
    1.264911
    """
    with np.errstate(divide="ignore", over="ignore"):
        power = np.where(weights > 0.0, wealth, 1.0) ** -2.0
    terms = weights * power
    total = float(terms.sum())
    if math.isinf(total):
        return Estimate(0.0, 0.0, lambda: np.zeros(len(wealth)))
    value = total**-0.5
    first = max(len(terms) - HANDFUL, 0)
    share = float(np.partition(terms, first)[first:].sum()) / total
    if share > HANDFUL_SHARE:
        note = f"it rests on a handful of paths: the {HANDFUL} worst carry {share:.0%} of the mean of 1/wealth**2"
        return Estimate(value, math.nan, note=note)

    def influence() -> Array:
        result: Array = -0.5 * total**-1.5 * (power - total)
        return result

    return Estimate(value, standard_error(influence(), weights), influence)


def _ordered(first: float, second: float) -> tuple[float, float]:
    return (second, first) if second < first else (first, second)


def _equal(weights: Array) -> bool:
    return bool((weights == weights[0]).all())
