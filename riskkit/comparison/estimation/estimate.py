"""A statistic of weighted paths with its error: means, probabilities, quantiles and functions of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array
from riskkit._core.format import percent, value_with_error
from riskkit._core.fraction_bounds import fraction
from riskkit.comparison.estimation.few_paths import HANDFUL_SHARE, rests_on_few
from riskkit.engine.execution.out_of_core import Column, Streamed, streamed_quantiles, total
from riskkit.engine.outcomes import SamplingDesign
from riskkit.measures._tail import ROUNDOFF, quantile_place

__all__ = [
    "REFERENCE_Z",
    "Estimate",
    "Weights",
    "as_design",
    "average",
    "delta",
    "effective_sample_size",
    "mean",
    "normal_quantile",
    "probability",
    "quantile",
    "quantiles",
    "single_draw",
    "standard_error",
]


#: Weight of each path (path), summing to 1, of independent paths; or how the paths were drawn.
Weights = Column | SamplingDesign

#: Relative rounding error of a double.
ROUNDING = 1e-15


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """A statistic of the paths with its standard error.

    Attributes
    ----------
    value : float
        The statistic; NaN where it cannot be estimated.
    standard_error : float
        Its Monte-Carlo error; NaN where that cannot be estimated.
    influence : callable, optional
        Computes `influences`; a function, because an array for every rule and metric would fill the memory.
    bounds : callable, optional
        Takes z, the normal quantile of a level, and returns the low and high end of the statistic's own interval;
        by default ``value -+ z * standard_error``.
    note : str, optional
        Why the value or its error is NaN.
    order_statistics : bool
        Whether the ends of `bounds` are order statistics: those of a statistic with half the error are at half of z.

    Examples
    --------
    >>> Estimate(0.36402, 0.00338)
    Estimate(0.3640 ± 0.0034)
    """

    value: float
    standard_error: float
    influence: Callable[[], Column] | None = None
    bounds: Callable[[float], tuple[float, float]] | None = None
    note: str | None = None
    order_statistics: bool = False

    @property
    def influences(self) -> Column | None:
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

    def __repr__(self) -> str:
        why = f": {self.note}" if self.note else ""
        return f"Estimate({value_with_error(self.value, self.standard_error)}{why})"


def normal_quantile(level: float) -> float:
    """z of a two-sided normal interval at `level`, in (0, 1).

    Examples
    --------
    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return NormalDist().inv_cdf((1.0 + fraction("level", level, above=0.0, below=1.0)) / 2.0)


#: The level at which an asymmetric interval is turned into a standard error: half its width / z.
REFERENCE_Z = normal_quantile(0.95)


def as_design(weights: Weights) -> SamplingDesign:
    """How the paths were drawn; from weights alone, each independently of the others."""
    return weights if isinstance(weights, SamplingDesign) else SamplingDesign(weights)


def average(values: Column, weights: Weights) -> float:
    """Weighted mean over the paths; their plain mean where all weights are the same."""
    design = as_design(weights)
    # Sums, never dot products: those may be split among threads, and the last bit would depend on their number.
    return total(values) / len(values) if design.equal else total(design.path_weights * values)


def standard_error(influences: Column, weights: Weights, size: float = 0.0) -> float:
    """Standard error of a statistic from the influences of its paths and how they were drawn.

    Parameters
    ----------
    influences : ndarray
        How far each path moves the statistic (path); their weighted mean is 0.
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.
    size : float
        Size of the statistic: an error that rounding alone would leave in it is 0.

    Returns
    -------
    float
        Root of the sum of ``(weight * influence)**2``: for weights 1/N the sd of the influences / root N. Paths that
        are drawn in groups are summed by group first. Within strata the deviations from the stratum's mean count,
        times n/(n-1) for n independent draws (Cochran, *Sampling Techniques* (1977), section 5.4 and, for groups,
        chapter 9); a stratum with one draw counts as if its mean were 0.

    Examples
    --------
    Two strata of two paths each. Only the strata's means differ, and they contribute no error:

    >>> weights, influences = np.full(4, 0.25), np.array([-1.0, -1.0, 1.0, 1.0])
    >>> standard_error(influences, weights), standard_error(influences, SamplingDesign(weights, np.array([0, 0, 1, 1])))
    (0.5, 0.0)
    """
    design = as_design(weights)
    group_sums = design.group_sums(design.path_weights * influences)
    if design.stratum_of_group is None:
        variance = total(np.square(group_sums))
    else:
        order, sizes = design.groups_by_stratum
        sums, starts = np.asarray(group_sums)[order], np.cumsum(sizes) - sizes
        stratum_means = np.where(sizes > 1, np.add.reduceat(sums, starts) / sizes, 0.0)
        squares = np.add.reduceat(np.square(sums - np.repeat(stratum_means, sizes)), starts)
        variance = float((squares * sizes / np.maximum(sizes - 1, 1)).sum())
    error = math.sqrt(variance)
    return error if error > ROUNDING * size else 0.0


def single_draw(design: SamplingDesign) -> str | None:
    """The reason for a NaN error where all paths, by their weight, belong to one independent draw; else None.

    Examples
    --------
    >>> weights = np.full(32, 1 / 32)
    >>> single_draw(SamplingDesign(weights, group=32)), single_draw(SamplingDesign(weights, group=16))
    ('it rests on a single draw', None)
    """
    return "it rests on a single draw" if round(design.effective_sample_size) < 2 else None


def mean(values: Column, weights: Weights) -> Estimate:
    """Weighted mean.

    Parameters
    ----------
    values : ndarray
        One number a path (path).
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.

    Returns
    -------
    Estimate
        With influences ``values - mean``. For weights that were drawn with the paths this is the error of the
        self-normalised mean (Owen 2013, Monte Carlo theory, eq. 9.9). The error is NaN where the ten largest terms
        of the sum (the largest hundredth, of fewer than 1000 paths) are more than 10 % of it: the next run may lack
        them, or have twice as many. It is NaN for a single draw, too.

    Examples
    --------
    >>> found = mean(np.array([0.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.25]))
    >>> found.value, found.influences.tolist()
    (0.75, [-0.75, 0.25, 1.25])
    """
    design = as_design(weights)
    value = average(values, design)
    if why := rests_on_few(np.abs(values), HANDFUL_SHARE, design) or single_draw(design):
        return Estimate(value, math.nan, note=why)
    return Estimate(value, standard_error(values - value, design, abs(value)), lambda: values - value)


def probability(happened: NDArray[np.generic] | Streamed, weights: Weights) -> Estimate:
    """Probability of something that did or did not happen on each path.

    Parameters
    ----------
    happened : ndarray
        True or 1 where it did (path).
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.

    Returns
    -------
    Estimate
        Its interval is Wilson's (1927), with the number of plain paths that would give the same variance in place
        of n: p(1-p) / variance, which is N for weights 1/N. Where there is no variance, for instance because it
        happened on no path, that number is 1 / sum(w**2), w being the weights of the paths or of their groups. The
        standard error is half the width of the 95 % interval / 1.96; so it is not 0 where nothing happened.

    Examples
    --------
    >>> [round(end, 4) for end in probability(np.zeros(20), np.full(20, 0.05)).interval()]
    [0.0, 0.1611]
    """
    design = as_design(weights)
    x = happened.astype(np.float64)
    value = min(average(x, design), 1.0)
    variance = standard_error(x - value, design, 1.0) ** 2
    spread = value * (1.0 - value)
    if spread > 0.0 and variance > 0.0:
        effective = spread / variance
    else:
        effective = 1.0 / total(np.square(design.group_sums(design.path_weights)))
    low, high = _wilson(value, effective, REFERENCE_Z)
    return Estimate(
        value, (high - low) / (2.0 * REFERENCE_Z), lambda: x - value, lambda z: _wilson(value, effective, z)
    )


def _wilson(p: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share p of n."""
    centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n)
    half = z / (1.0 + z * z / n) * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def quantile(values: Column, p: float, weights: Weights) -> Estimate:
    """Quantile: the smallest value at which the weighted distribution function reaches p, not interpolated.

    Parameters
    ----------
    values : ndarray
        One number a path (path).
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.
    p : float
        In (0, 1).

    Returns
    -------
    Estimate
        Its interval ends at order statistics: at the quantiles p -+ z s, s the error of the distribution function
        at the quantile, root of p(1-p)/N for weights 1/N (Conover 1999, section 3.2). The standard error is half
        the width of the 95 % interval / 1.96; it is NaN where one end lies beyond the sample, for a single draw, and
        where the strata leave no variance at the quantile. The influences are
        (p - [value <= quantile]) / f, with the density f = s / standard error that this implies.

    Examples
    --------
    >>> found = quantile(np.arange(1.0, 101.0), 0.5, np.full(100, 0.01))
    >>> found.value, found.interval()
    (50.0, (41.0, 60.0))
    """
    design = as_design(weights)
    (value,) = quantiles(values, design, p)
    unstratified = math.sqrt(p * (1.0 - p) / design.effective_sample_size)
    drawn = unstratified if design.plain else standard_error((values <= value).astype(np.float64) - p, design, 1.0)
    spread = drawn or unstratified

    def ends(z: float) -> tuple[float, float]:
        below, beyond = p - z * spread, p + z * spread
        if below <= 0.0 or beyond >= 1.0:
            return math.nan, math.nan
        low, high = quantiles(values, design, below, beyond)
        return low, high

    low, high = ends(REFERENCE_Z)
    error = (high - low) / (2.0 * REFERENCE_Z)
    note = single_draw(design)
    if math.isnan(error):
        note = f"too few paths to bracket the {percent(p)} quantile"
    elif drawn == 0.0 and error > 0.0:
        note = f"the strata leave no variance at the {percent(p)} quantile"
    if note:
        return Estimate(value, math.nan, note=note)

    def influence() -> Column:
        # Centred on the share at or below the quantile, which the step of F at the quantile puts a little above p.
        below = (values <= value).astype(np.float64)
        raw = average(below, design) - below
        own = standard_error(raw, design)
        return raw * (error / own if own > 0.0 else 0.0)

    return Estimate(value, error, influence, ends, order_statistics=True)


def quantiles(values: Column, design: SamplingDesign, *shares: float) -> list[float]:
    """Quantiles of the weighted paths."""
    if isinstance(values, Streamed):
        return streamed_quantiles(values, shares, None if design.equal else design.path_weights)
    if design.equal:
        ordered = design.order_statistics(values)
        return [ordered[quantile_place(p, len(values))] for p in shares]
    ranked, cumulative = design.sorted_by_value(values)
    return [float(ranked[np.searchsorted(cumulative, p * cumulative[-1] * (1.0 - ROUNDOFF))]) for p in shares]


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
        return Estimate(value, math.nan, note=inner.note or f"its derivative is infinite at {inner.value:g}")
    influence, bounds = inner.influence, inner.bounds
    return Estimate(
        value,
        abs(slope) * inner.standard_error,
        None if influence is None else lambda: slope * influence(),
        None if bounds is None else lambda z: _ordered(*map(function, bounds(z))),
        order_statistics=inner.order_statistics,
    )


def effective_sample_size(weights: Array) -> float:
    """Number of equally weighted paths with the same sum of squared weights (Kish 1965, section 11.7).

    Parameters
    ----------
    weights : ndarray
        Weight of each path (path), summing to 1.

    Examples
    --------
    >>> effective_sample_size(np.array([0.5, 0.25, 0.25, 0.0]))
    2.6666666666666665
    """
    return 1.0 / float(np.square(weights).sum())


def _ordered(first: float, second: float) -> tuple[float, float]:
    return (second, first) if second < first else (first, second)
