"""The covariance of histories that start at different dates and have gaps: all of each is used."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import RiskkitWarning
from riskkit.market.correlation import symmetric
from riskkit.market.shrinkage import shrunk_share
from riskkit.market.weighting import effective_count, pair_counts, standardised

__all__ = ["staggered_covariance"]

Array = NDArray[np.float64]
Places = NDArray[np.intp]

_TOLERANCE = 1e-8
_MOST_ROUNDS = 1000
# Directions whose variance is less than this share of the largest are those of assets that are the same.
_SINGULAR = 1e-10


def staggered_covariance(returns: Array, weights: Array, prior: float = 0.0) -> Array:
    """Return the covariance of one row's returns (asset, asset), positive semidefinite.

    Parameters
    ----------
    returns : ndarray
        (row, asset); NaN where there is none. Each asset must have returns that vary.
    weights : ndarray
        Of each row, > 0 (row).
    prior : float
        Number κ of uncorrelated returns that every history is lengthened by, `prior_returns`; 0 for none.

    Notes
    -----
    The normal distribution's maximum likelihood. Assets that start later are regressed on those that are there already,
    over the rows that they have in common; their variance and covariances follow from the regression and from the
    longer histories (Stambaugh, "Analyzing investments whose histories differ in length", J. Financial Economics 45
    (1997) 285-331). Each block of assets that start together takes one regression. Where a return is
    missing after the start, its conditional mean and variance take its place, again and again until nothing moves (EM:
    Dempster, Laird and Rubin 1977; Little and Rubin, "Statistical analysis with missing data", section 11.2). The
    moments that a block is regressed on are first shrunk by κ / (n + κ) for its n common rows, an inverse Wishart
    prior's mode, or, in a complete history, Ledoit and Wolf's estimate.

    Each variance is multiplied by n / (n - 1) for its own n returns, as sample variances are.
    """
    kept = ~np.isnan(returns).all(axis=1)
    returns, weights = returns[kept], weights[kept]
    scores, _, deviation = standardised(returns, weights)
    first = np.argmax(~np.isnan(returns), axis=0)
    order = np.argsort(first, kind="stable")
    matrix = np.empty((len(order), len(order)))
    matrix[np.ix_(order, order)] = _normal_likelihood(scores[:, order], weights, first[order], prior)
    own = np.diagonal(pair_counts(returns, weights))
    scale = deviation * np.sqrt(own / (own - 1.0))
    return symmetric(matrix * np.outer(scale, scale))


def _normal_likelihood(scores: Array, weights: Array, first: Places, prior: float) -> Array:
    """Maximum likelihood of scores whose columns are ordered by the row `first` in which they start."""
    starts, sizes = np.unique(first, return_counts=True)
    blocks = list(zip(starts, np.cumsum(sizes), strict=True))
    shares = [shrunk_share(prior, effective_count(weights[start:])) for start, _ in blocks]
    patterns = list(_gaps(np.isnan(scores), blocks))
    mean, covariance = np.zeros(len(first)), np.eye(len(first))
    for _ in range(_MOST_ROUNDS):
        moments = _moments(scores, weights, blocks, patterns, mean, covariance)
        before = covariance
        mean, covariance = _regressed(moments, blocks, shares)
        if not patterns or np.abs(covariance - before).max() < _TOLERANCE:
            return covariance
    warnings.warn(
        f"the covariance of histories with gaps still moved after {_MOST_ROUNDS} rounds; it is near the likeliest, but "
        "not quite there",
        RiskkitWarning,
        stacklevel=4,
    )
    return covariance


def _gaps(missing: NDArray[np.bool_], blocks: list[tuple[int, int]]) -> Iterator[tuple[int, Places, Places, Places]]:
    """Yield block, rows, missing and observed columns of rows that miss the same columns after their start."""
    ends = [start for start, _ in blocks[1:]] + [len(missing)]
    for block, ((start, width), end) in enumerate(zip(blocks, ends, strict=True)):
        kinds, which = np.unique(missing[start:end, :width], axis=0, return_inverse=True)
        for kind, holes in enumerate(kinds):
            if holes.any():
                yield block, start + np.flatnonzero(which == kind), np.flatnonzero(holes), np.flatnonzero(~holes)


def _moments(
    scores: Array,
    weights: Array,
    blocks: list[tuple[int, int]],
    patterns: list[tuple[int, Places, Places, Places]],
    mean: Array,
    covariance: Array,
) -> Array:
    """Expected weighted products of (1, scores), summed over all rows from each block's start on."""
    filled = np.column_stack([np.ones(len(scores)), np.nan_to_num(scores)])
    left = np.zeros((len(blocks), filled.shape[1], filled.shape[1]))
    for block, rows, holes, seen in patterns:
        slopes = _slopes(covariance, seen, holes)
        filled[np.ix_(rows, 1 + holes)] = mean[holes] + (scores[np.ix_(rows, seen)] - mean[seen]) @ slopes
        spread = covariance[np.ix_(holes, holes)] - covariance[np.ix_(holes, seen)] @ slopes
        left[block][np.ix_(1 + holes, 1 + holes)] += weights[rows].sum() * spread
    starts = [start for start, _ in blocks]
    for block, rows in enumerate(np.split(np.arange(len(scores)), starts[1:])):
        left[block] += (filled[rows].T * weights[rows]) @ filled[rows]
    return left[::-1].cumsum(axis=0)[::-1]


def _regressed(moments: Array, blocks: list[tuple[int, int]], shares: list[float]) -> tuple[Array, Array]:
    """Mean and covariance of all assets, block after block: each from its regression on those before it."""
    size = blocks[-1][1]
    mean, covariance = np.zeros(size), np.zeros((size, size))
    done = 0
    for products, (_, width), share in zip(moments, blocks, shares, strict=True):
        centre = products[0, 1 : width + 1] / products[0, 0]
        common = products[1 : width + 1, 1 : width + 1] / products[0, 0] - np.outer(centre, centre)
        common = (1.0 - share) * common + share * np.eye(width)
        old, new = np.arange(done), np.arange(done, width)
        slopes = _slopes(common, old, new)
        unexplained = common[np.ix_(new, new)] - common[np.ix_(new, old)] @ slopes
        shared = covariance[:done, :done] @ slopes
        covariance[:done, done:width], covariance[done:width, :done] = shared, shared.T
        covariance[done:width, done:width] = unexplained + slopes.T @ shared
        mean[new] = centre[new] + (mean[old] - centre[old]) @ slopes
        done = width
    return mean, covariance


def _slopes(covariance: Array, given: Places, wanted: Places) -> Array:
    """Slopes of the regression of some assets on others (given, wanted); of assets that are the same, the shortest."""
    inverse = np.linalg.pinv(covariance[np.ix_(given, given)], rcond=_SINGULAR, hermitian=True)
    slopes: Array = inverse @ covariance[np.ix_(given, wanted)]
    return slopes
