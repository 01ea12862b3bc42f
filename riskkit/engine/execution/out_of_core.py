"""Columns too long for the memory: arithmetic on them is put off until a number is asked for, and done by pieces."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike, NDArray

from riskkit.measures._tail import ROUNDOFF

__all__ = ["Column", "Streamed", "part_of", "pieces", "streamed_quantiles", "total"]

#: Paths a piece. A sum is that of the pieces' sums, in memory too, so that its bits are the same from anywhere.
PIECE = 2**20

#: A quantile is found by its leading bits, so many at a time, until so few values share them that they are ranked.
BITS, FEW = 16, 2**20

#: Bits of a double, and that of its sign.
WHOLE, SIGN = 64, np.uint64(1 << 63)


class Streamed(NDArrayOperatorsMixin):
    """One number a path, made anew each time it is gone through.

    It takes part in NumPy's elementwise arithmetic, which gives another such column. Where a whole array is needed it
    becomes one, with the memory that takes.

    Parameters
    ----------
    size : int
        Number of paths.
    piece : callable
        Makes the values of some paths in a row, given as a slice (path).
    """

    ndim = 1

    def __init__(self, size: int, piece: Callable[[slice], NDArray[Any]]) -> None:
        self.size, self.piece = size, piece

    @property
    def shape(self) -> tuple[int]:
        """(path,)."""
        return (self.size,)

    def __len__(self) -> int:
        return self.size

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        made = np.asarray(self.piece(slice(0, self.size)), dtype)
        return made.copy() if copy else made

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **named: Any) -> Any:
        if method != "__call__" or named:
            return NotImplemented
        # In place (`out`) means no more than that the caller's name is bound to the new column.
        errors = np.geterr()

        def piece(part: slice) -> NDArray[Any]:
            with np.errstate(**errors):
                made: NDArray[Any] = ufunc(*(part_of(each, part) for each in inputs))
            return made

        return Streamed(self.size, piece)

    def astype(self, dtype: DTypeLike) -> Streamed:
        """The column in another type."""
        return Streamed(self.size, lambda part: self.piece(part).astype(dtype))

    @cached_property
    def counts(self) -> NDArray[np.float64]:
        """How many values there are for each combination of the leading bits; every quantile begins with it."""
        return _masses(self, None, 0, 0)


#: One number a path (path), all there or made when it is asked for.
Column = NDArray[np.float64] | Streamed


def part_of(values: Any, part: slice) -> Any:
    """Values of some paths in a row (path), of a column or of one number for all."""
    if isinstance(values, Streamed):
        return values.piece(part)
    return values[part] if np.ndim(values) else values


def pieces(values: Any, group: int = 1) -> Iterator[tuple[int, NDArray[Any]]]:
    """Go through a column in pieces of whole groups: the first path of each, and the values."""
    step = PIECE // group * group
    for start in range(0, len(values), step):
        yield start, part_of(values, slice(start, min(start + step, len(values))))


def total(values: Column) -> float:
    """Sum over the paths, by pieces.

    Examples
    --------
    >>> total(np.array([1.0, 2.5]))
    3.5
    """
    return float(np.sum([piece.sum() for _, piece in pieces(values)]))


def streamed_quantiles(values: Streamed, shares: Iterable[float], weights: Column | None = None) -> list[float]:
    """Smallest values with F(value) >= p for each share p, exactly those of the whole array, which is never sorted.

    Parameters
    ----------
    values : Streamed
        One number a path (path).
    shares : iterable of float
        Each in (0, 1].
    weights : ndarray or Streamed, optional
        Weight of each path (path); by default all the same.

    Examples
    --------
    >>> column = np.array([3.0, -1.0, 2.0, 5.0])
    >>> streamed_quantiles(Streamed(4, lambda part: column[part]), [0.5, 0.75])
    [2.0, 3.0]
    """
    mass = float(len(values)) if weights is None else total(weights)
    bins = [_bin(values, p * mass * (1.0 - ROUNDOFF), weights) for p in shares]
    found: list[list[NDArray[np.float64]]] = [[] for _ in bins]
    if any(each.known < WHOLE for each in bins):
        for _, piece in pieces(values):
            keys = _keys(piece)
            for each, few in zip(bins, found, strict=True):
                if each.known < WHOLE:
                    few.append(piece[keys >> np.uint64(WHOLE - each.known) == each.prefix])
    return [
        float(np.partition(np.concatenate(few), each.rank)[each.rank]) if few else _value(each.prefix)
        for each, few in zip(bins, found, strict=True)
    ]


class _Bin(NamedTuple):
    """The values whose `known` leading bits are `prefix`, and the place among them of the one that is sought."""

    prefix: int
    known: int
    rank: int


def _bin(values: Streamed, target: float, weights: Column | None) -> _Bin:
    """The bin in which the mass reaches the target: of few values, or of one."""
    below, prefix, known = 0.0, 0, 0
    masses = values.counts if weights is None else _masses(values, weights, 0, 0)
    while True:
        reached = below + np.cumsum(masses)
        place = min(int(np.searchsorted(reached, target)), int(np.flatnonzero(masses)[-1]))
        below = float(reached[place - 1]) if place else below
        prefix, known = (prefix << BITS) | place, known + BITS
        if known == WHOLE or (weights is None and masses[place] <= FEW):
            return _Bin(prefix, known, max(math.ceil(target - below) - 1, 0))
        masses = _masses(values, weights, prefix, known)


def _keys(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """The bits of the values, so turned that they rise with them."""
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.uint64)
    return np.where(bits & SIGN, ~bits, bits | SIGN)


def _value(key: int) -> float:
    """The value that has a key."""
    bits = np.array([key], dtype=np.uint64)
    return float(np.where(bits & SIGN, bits ^ SIGN, ~bits).view(np.float64)[0])


def _masses(values: Streamed, weights: Column | None, prefix: int, known: int) -> NDArray[np.float64]:
    """Mass of the values that begin with the `known` bits of `prefix`, by those that come next."""
    masses = np.zeros(1 << BITS)
    for start, piece in pieces(values):
        keys = _keys(piece)
        own = None if weights is None else part_of(weights, slice(start, start + len(piece)))
        if known:
            there = keys >> np.uint64(WHOLE - known) == prefix
            keys, own = keys[there], None if own is None else own[there]
        nexts = (keys >> np.uint64(WHOLE - known - BITS)) & np.uint64((1 << BITS) - 1)
        masses += np.bincount(nexts.astype(np.int64), weights=own, minlength=1 << BITS)
    return masses
