"""The parameter of a tail by maximum likelihood: all assets at once, since one clock drives them all."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market.time_change._tails import NormalInverseGaussian, StudentT, Tail

__all__ = ["fit_tail"]

Array = NDArray[np.float64]

# Eigenvalues of a correlation below this are 0: assets that are the same tell nothing twice.
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
    """Return the tail whose parameter makes past returns likeliest.

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
        If the likeliest parameter lies at an end of the range that is searched.

    Notes
    -----
    Given the time on the market's clock, all assets are jointly normal over a period, so their returns follow a
    multivariate Student t or normal inverse Gaussian law with the given correlation and unit variances, and the log
    likelihoods of the periods are added up with their weights. Returns of one period are those that begin and end in
    the same rows: an asset that has a price each day of the week stands alone on the day after a weekend. Periods are
    taken as independent, and the drift's term of order σ² a period is left out. Where assets have tails of their own,
    the parameter is that of what they share.
    """
    from scipy.optimize import minimize_scalar

    if kind not in _FAMILIES:
        able = " or ".join(family.__name__ for family in _FAMILIES)
        raise InvalidInput(f"tails must be {able}, or a tail with its parameters given, got {kind.__name__}")
    family = _FAMILIES[kind]
    scores, weights = _periods(scores, starts, weights)
    lengths, sizes = _lengths(scores, correlation)
    seen = ~np.isnan(scores)
    often = seen @ returns_a_year / seen.sum(axis=1)

    def shortfall(exponent: float) -> float:
        return -float(weights @ family.log_density(np.exp(exponent), lengths, sizes, often) / weights.sum())

    low, high = np.log(family.range)
    found = minimize_scalar(shortfall, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    tail = family.build(float(np.exp(found.x)))
    if min(found.x - low, high - found.x) < 1e-3:
        warnings.warn(
            f"the likeliest {tail!r} lies at the edge of what is searched: the returns have no tail of this kind",
            RiskkitWarning,
            stacklevel=3,
        )
    return tail


@dataclass(frozen=True)
class _Family:
    """A tail in one positive parameter: the range that is searched, the density, and the tail itself."""

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
    while (todo := start < order).any():
        result[todo] += np.log(ratio[todo])
        start = start + todo
        ratio = 1.0 / ratio + 2.0 * start / argument
    return result


_FAMILIES: dict[type[Tail], _Family] = {
    StudentT: _Family((1e-2, 1e3), _log_student, lambda excess: StudentT(2.0 + excess)),
    NormalInverseGaussian: _Family((1e-2, 1e3), _log_inverse_gaussian, NormalInverseGaussian),
}


def _periods(scores: Array, starts: NDArray[np.intp], weights: Array) -> tuple[Array, Array]:
    """Scores (period, asset) and weights of periods: a row for those that begin and end in the same rows."""
    begins = np.where(np.isnan(scores), -1, starts)
    found: list[tuple[Array, Array]] = []
    while (begins >= 0).any():
        latest = begins.max(axis=1)
        same, rows = (begins == latest[:, None]) & (begins >= 0), np.flatnonzero(latest >= 0)
        found.append((np.where(same, scores, np.nan)[rows], weights[rows]))
        begins = np.where(same, -1, begins)
    each, weight = zip(*found, strict=True)
    return np.concatenate(each), np.concatenate(weight)


def _lengths(scores: Array, correlation: Array) -> tuple[Array, Array]:
    """Squared Mahalanobis length of each period over the assets it has, and their number (period)."""
    seen = ~np.isnan(scores)
    lengths, sizes = np.zeros(len(scores)), np.zeros(len(scores))
    kinds, which = np.unique(seen, axis=0, return_inverse=True)
    for kind, columns in enumerate(kinds):
        rows = which == kind
        values, vectors = np.linalg.eigh(correlation[np.ix_(columns, columns)])
        told = values > _SINGULAR
        lengths[rows] = ((scores[np.ix_(rows, columns)] @ vectors[:, told]) ** 2 / values[told]).sum(axis=1)
        sizes[rows] = told.sum()
    return lengths, sizes
