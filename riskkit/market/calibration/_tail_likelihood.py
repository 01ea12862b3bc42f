"""Maximum-likelihood fit of a tail: all assets jointly, because they share the time change."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market.time_change._tails import NormalInverseGaussian, StudentT, Tail

__all__ = ["fit_tail"]


# Eigenvalues of a correlation below this count as 0: identical assets are one observation.
_SINGULAR = 1e-10


def fit_tail(
    kind: type[Tail],
    scores: Array,
    correlation: Array,
    *,
    weights: Array,
    starts: NDArray[np.intp],
    returns_a_year: Array,
) -> StudentT | NormalInverseGaussian:
    """Return the tail with the maximum-likelihood parameter for past returns.

    Parameters
    ----------
    kind : type
        StudentT or NormalInverseGaussian.
    scores : ndarray
        Returns less their mean, divided by the volatility of a return (row, asset), in the row in which the period of
        each ends; NaN where there is none.
    correlation : ndarray
        Of the scores (asset, asset).
    weights : ndarray
        Of each row, > 0 (row).
    starts : ndarray
        Row in which the period of each return begins (row, asset); read where there is a return.
    returns_a_year : ndarray
        Mean number of returns a year (asset).

    Raises
    ------
    InvalidInput
        If there is no likelihood for `kind`.

    Warns
    -----
    RiskkitWarning
        If the likeliest parameter lies at an end of the search range.

    Notes
    -----
    Given the time change, all assets are jointly normal over a period, so their returns follow a
    multivariate Student t or normal inverse Gaussian law with the given correlation and unit variances, and the log
    likelihoods of the periods are added up with their weights. Returns of one period are those that begin and end in
    the same rows: an asset with a price on each day of the week is alone on the day after a weekend. Periods are
    assumed independent, and the drift's term of order σ² a period is left out. If assets have individual tails, the
    parameter is that of their common part.
    """
    from scipy.optimize import minimize_scalar

    if kind not in _FAMILIES:
        supported = " or ".join(family.__name__ for family in _FAMILIES)
        raise InvalidInput(f"tails must be {supported}, or a tail with its parameters given, got {kind.__name__}")
    family = _FAMILIES[kind]
    scores, weights = _periods(scores, starts, weights)
    lengths, sizes = _lengths(scores, correlation)
    is_present = ~np.isnan(scores)
    returns_a_year_of_period = is_present @ returns_a_year / is_present.sum(axis=1)

    def negative_log_likelihood(exponent: float) -> float:
        return -float(
            weights @ family.log_density(np.exp(exponent), lengths, sizes, returns_a_year_of_period) / weights.sum()
        )

    low, high = np.log(family.range)
    optimum = minimize_scalar(negative_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    tail = family.build(float(np.exp(optimum.x)))
    if min(optimum.x - low, high - optimum.x) < 1e-3:
        warnings.warn(
            f"the likeliest {tail!r} lies at the edge of the search range: the returns have no tail of this kind",
            RiskkitWarning,
            stacklevel=3,
        )
    return tail


@dataclass(frozen=True)
class _Family:
    """A tail with one positive parameter: the search range, the log density, and the constructor."""

    range: tuple[float, float]
    log_density: Callable[[float, Array, Array, Array], Array]
    build: Callable[[float], StudentT | NormalInverseGaussian]


def _log_student(excess: float, lengths: Array, sizes: Array, returns_a_year: Array) -> Array:
    """Multivariate Student t with unit variances, 2 + `excess` degrees of freedom; Kotz and Nadarajah 2004, (1.1)."""
    from scipy.special import gammaln

    half = 0.5 * (2.0 + excess)
    density: Array = gammaln(half + 0.5 * sizes) - gammaln(half) - 0.5 * sizes * np.log(np.pi * excess)
    return density - (half + 0.5 * sizes) * np.log1p(lengths / excess)


def _log_inverse_gaussian(kurtosis: float, lengths: Array, sizes: Array, returns_a_year: Array) -> Array:
    """Normal with an inverse Gaussian variance of mean 1; Barndorff-Nielsen 1997, in several dimensions."""
    shape: Array = 756.0 / (kurtosis * returns_a_year)
    stretched = shape + lengths
    order = 0.5 * (sizes + 1.0)
    density: Array = 0.5 * np.log(2.0 * shape / np.pi) - 0.5 * sizes * np.log(2.0 * np.pi)
    density += 0.5 * order * np.log(shape / stretched)
    return density + _log_bessel(order, np.sqrt(shape * stretched), shape)


def _log_bessel(order: Array, argument: Array, shift: Array) -> Array:
    """log K(argument) + shift for orders 1, 1½, 2 …; upwards by the recurrence, which never overflows in logs."""
    from scipy.special import kve

    start = np.where(order % 1.0 == 0.0, 0.0, 0.5)
    result: Array = np.log(kve(start, argument)) + (shift - argument)
    ratio = kve(start + 1.0, argument) / kve(start, argument)
    while (is_unfinished := start < order).any():
        result[is_unfinished] += np.log(ratio[is_unfinished])
        start = start + is_unfinished
        ratio = 1.0 / ratio + 2.0 * start / argument
    return result


_FAMILIES: dict[type[Tail], _Family] = {
    StudentT: _Family((1e-2, 1e3), _log_student, lambda excess: StudentT(2.0 + excess)),
    NormalInverseGaussian: _Family((1e-2, 1e3), _log_inverse_gaussian, NormalInverseGaussian),
}


def _periods(scores: Array, starts: NDArray[np.intp], weights: Array) -> tuple[Array, Array]:
    """Scores (period, asset) and weights of periods; one period has all scores with the same first and last row."""
    period_starts = np.where(np.isnan(scores), -1, starts)
    parts_of_periods: list[tuple[Array, Array]] = []
    while (period_starts >= 0).any():
        latest = period_starts.max(axis=1)
        same, rows = (period_starts == latest[:, None]) & (period_starts >= 0), np.flatnonzero(latest >= 0)
        parts_of_periods.append((np.where(same, scores, np.nan)[rows], weights[rows]))
        period_starts = np.where(same, -1, period_starts)
    period_scores, weight = zip(*parts_of_periods, strict=True)
    return np.concatenate(period_scores), np.concatenate(weight)


def _lengths(scores: Array, correlation: Array) -> tuple[Array, Array]:
    """Squared Mahalanobis length of each period over its assets, and their number (period)."""
    is_present = ~np.isnan(scores)
    lengths, sizes = np.zeros(len(scores)), np.zeros(len(scores))
    patterns, pattern_of_period = np.unique(is_present, axis=0, return_inverse=True)
    for pattern, columns in enumerate(patterns):
        rows = pattern_of_period == pattern
        values, vectors = np.linalg.eigh(correlation[np.ix_(columns, columns)])
        is_nonzero = values > _SINGULAR
        lengths[rows] = ((scores[np.ix_(rows, columns)] @ vectors[:, is_nonzero]) ** 2 / values[is_nonzero]).sum(axis=1)
        sizes[rows] = is_nonzero.sum()
    return lengths, sizes
