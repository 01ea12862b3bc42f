"""Compare samples with numbers and laws, with tolerances from standard errors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["KOLMOGOROV", "SIGMAS", "assert_mean", "assert_share", "cumulants", "kolmogorov", "kolmogorov_of_two"]

#: Every statistical tolerance is this many standard errors.
SIGMAS = 4.0

#: Root n times the largest gap between two distribution functions exceeds this with probability 6e-5, as a normal
#: exceeds 4 standard errors: 2 exp(-2 x²) = 6.3e-5 (Kolmogorov 1933).
KOLMOGOROV = 2.28


def assert_mean(values: ArrayLike, expected: float, what: str = "mean") -> None:
    """The mean of independent values is `expected` to within 4 standard errors, taken from the values."""
    sample = np.asarray(values, dtype=np.float64)
    error = sample.std(ddof=1) / math.sqrt(sample.size)
    off = (sample.mean() - expected) / error
    assert abs(off) < SIGMAS, f"{what}: {sample.mean():.6g} is {off:.2f} standard errors off {expected:.6g}"


def assert_share(happened: ArrayLike, expected: float, what: str = "share") -> None:
    """The share of true values is `expected` to within 4 standard errors of a binomial with that probability."""
    sample = np.asarray(happened, dtype=np.float64)
    error = math.sqrt(expected * (1.0 - expected) / sample.size)
    off = (sample.mean() - expected) / error
    assert abs(off) < SIGMAS, f"{what}: {sample.mean():.6g} is {off:.2f} standard errors off {expected:.6g}"


def cumulants(values: NDArray[np.float64]) -> list[tuple[float, float]]:
    """The first four cumulants of a sample, each with its standard error.

    Errors are those of the influences of the moments: of k2 z² - k2, of k3 z³ - k3 - 3 k2 z, and of k4 = m4 - 3 m2²
    z⁴ - m4 - 4 m3 z - 6 m2 (z² - m2), where z is the value less the mean (Stuart and Ord, Kendall's Advanced Theory
    of Statistics I, 10.5). Their bias is of order 1/n.
    """
    z = values - values.mean()
    m2, m3, m4 = (float((z**power).mean()) for power in (2, 3, 4))
    found = [values.mean(), m2, m3, m4 - 3.0 * m2**2]
    influences = [z, z**2 - m2, z**3 - m3 - 3.0 * m2 * z, z**4 - m4 - 4.0 * m3 * z - 6.0 * m2 * (z**2 - m2)]
    return [(float(k), float(i.std()) / math.sqrt(z.size)) for k, i in zip(found, influences, strict=True)]


def kolmogorov(values: NDArray[np.float64], law: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
    """Root n times the largest gap between the sample's distribution function and a law's, over `KOLMOGOROV`.

    Below 1 the sample is in accord with the law.
    """
    p = law(np.sort(values))
    grid = np.arange(values.size + 1) / values.size
    gap = max(float((grid[1:] - p).max()), float((p - grid[:-1]).max()))
    return gap * math.sqrt(values.size) / KOLMOGOROV


def kolmogorov_of_two(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The same for the gap of two independent samples, with n m / (n + m) in place of n."""
    places = np.sort(np.concatenate([first, second]))
    below = [np.searchsorted(np.sort(sample), places, side="right") / sample.size for sample in (first, second)]
    size = first.size * second.size / (first.size + second.size)
    return float(np.abs(below[0] - below[1]).max()) * math.sqrt(size) / KOLMOGOROV
