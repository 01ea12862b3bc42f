"""Oracles: tail means of losses or drawdowns as functions of the weights, with subgradients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array

__all__ = ["DrawdownTail", "LossTail", "MaxDrawdownTail", "tail_shares"]


#: Numbers in a block of a product. OpenBLAS splits larger ones among threads. That gains little, because the product
#: is limited by memory bandwidth, and is ten times slower on busy cores.
BLOCK = 8192

#: Relative tolerance for rounding errors in sums of weights.
ROUNDOFF = 1e-10


def tail_shares(losses: Array, tail: float, path_weights: Array | None = None) -> tuple[NDArray[np.intp], Array]:
    """Positions of the largest losses, and the share of the tail of each; the shares sum to 1.

    Parameters
    ----------
    losses : ndarray (observation,)
        One for each scenario.
    tail : float
        Probability of the tail, above 0 and at most 1.
    mass : ndarray (observation,), optional
        Weights of the observations, sum 1; equal by default. Observations of weight 0 are never in the tail.

    Returns
    -------
    positions, shares : ndarray

    Notes
    -----
    The atom at the edge enters by its fraction, so shares @ losses[positions] is the tail mean of Rockafellar and
    Uryasev, *Journal of Banking & Finance* 26 (2002) 1443-1471, Proposition 8.

    Examples
    --------
    >>> positions, shares = tail_shares(np.array([0.0, 0.1, 0.2, 0.3, 0.6]), 0.3)
    >>> sorted(zip(positions.tolist(), shares.round(4).tolist()))
    [(3, 0.3333), (4, 0.6667)]
    """
    if path_weights is not None:
        return _weighted_tail_shares(losses, tail, path_weights)
    filled = tail * losses.size
    count = max(math.ceil(filled * (1.0 - ROUNDOFF)), 1)
    # The partition puts the edge of the tail first.
    positions = np.argpartition(losses, losses.size - count)[losses.size - count :]
    shares = np.full(count, 1.0 / filled)
    shares[0] = 1.0 - (count - 1) / filled
    return positions, shares


def _weighted_tail_shares(losses: Array, tail: float, path_weights: Array) -> tuple[NDArray[np.intp], Array]:
    """`tail_shares` for unequal weights: sorts as many of the largest losses as fill the tail."""
    count = min(math.ceil(2.0 * tail * losses.size), losses.size)
    while True:
        largest = np.argpartition(losses, losses.size - count)[losses.size - count :]
        if count == losses.size or path_weights[largest].sum() >= tail:
            break
        count = min(2 * count, losses.size)
    order = largest[np.argsort(-losses[largest])]
    reached = np.minimum(np.cumsum(path_weights[order]), tail)
    shares = np.diff(reached, prepend=0.0) / reached[-1]
    inside = shares > 0.0
    return order[inside], shares[inside]


def product(rows: Array, vector: Array) -> Array:
    """Return rows @ vector, in blocks."""
    count, length = rows.shape
    size = max(BLOCK // length, 1)
    whole = count - count % size
    result = np.empty(count)
    np.matmul(rows[:whole].reshape(-1, size, length), vector, out=result[:whole].reshape(-1, size))
    np.matmul(rows[whole:], vector, out=result[whole:])
    return result


def mixture(shares: Array, rows: Array) -> Array:
    """Return shares @ rows without threads; see `BLOCK`."""
    mixed: Array = np.einsum("s,sa->a", shares, rows)
    return mixed


@dataclass(frozen=True, eq=False)
class LossTail:
    """CVaR: mean of the worst losses, a loss being -returns @ weights.

    Parameters
    ----------
    returns : ndarray (scenario, asset)
    tail : float
        1 - level.
    mass : ndarray (scenario,), optional
        Weights of the scenarios, sum 1.
    """

    returns: Array
    tail: float
    path_weights: Array | None = None

    def __call__(self, weights: Array) -> tuple[float, Array]:
        """Return the tail mean at the weights and its subgradient there."""
        positions, shares = tail_shares(-product(self.returns, weights), self.tail, self.path_weights)
        gradient = -mixture(shares, self.returns[positions])
        return float(gradient @ weights), gradient


@dataclass(frozen=True, eq=False)
class DrawdownTail:
    """CDaR on uncompounded returns: mean of the worst drawdowns of all paths at all points, the start included.

    Parameters
    ----------
    gains : ndarray (path, point, asset)
        Sums of the returns up to each point; 0 at the first, the start.
    tail : float
        1 - level.
    mass : ndarray (path,), optional
        Weights of the paths, sum 1.
    """

    gains: Array
    tail: float
    path_weights: Array | None = None

    def __call__(self, weights: Array) -> tuple[float, Array]:
        """Return the tail mean at the weights and its subgradient there."""
        paths, points, assets = self.gains.shape
        rows = self.gains.reshape(paths * points, assets)
        level = product(rows, weights).reshape(paths, points)
        peak = np.maximum.accumulate(level, axis=1)
        point_weights = None if self.path_weights is None else np.repeat(self.path_weights / points, points)
        positions, shares = tail_shares((peak - level).ravel(), self.tail, point_weights)
        # The start of each path is its first peak, so the last peak before a point is on the same path.
        every_peak = np.flatnonzero(level == peak)
        peaks = every_peak[np.searchsorted(every_peak, positions, side="right") - 1]
        gradient = mixture(shares, rows[peaks]) - mixture(shares, rows[positions])
        return float(gradient @ weights), gradient


@dataclass(frozen=True, eq=False)
class MaxDrawdownTail:
    """CED on uncompounded returns: mean of the worst of the paths' maximum drawdowns.

    Parameters
    ----------
    gains : ndarray (path, point, asset)
        Sums of the returns up to each point; 0 at the first, the start.
    tail : float
        1 - level.
    mass : ndarray (path,), optional
        Weights of the paths, sum 1.
    """

    gains: Array
    tail: float
    path_weights: Array | None = None

    def __call__(self, weights: Array) -> tuple[float, Array]:
        """Return the tail mean at the weights and its subgradient there."""
        points, assets = self.gains.shape[1:]
        level = product(self.gains.reshape(-1, assets), weights).reshape(-1, points)
        peak = np.maximum.accumulate(level, axis=1)
        depth = peak - level
        lowest = depth.argmax(axis=1)
        every = np.arange(len(depth))
        paths, shares = tail_shares(depth[every, lowest], self.tail, self.path_weights)
        bottom = lowest[paths]
        top = (level[paths] == peak[paths, bottom][:, np.newaxis]).argmax(axis=1)
        gradient = mixture(shares, self.gains[paths, top] - self.gains[paths, bottom])
        return float(gradient @ weights), gradient
