"""Out-of-core columns: lazy element-wise arithmetic, evaluated in chunks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike, NDArray

from riskkit._core.array_types import Array, UInts
from riskkit.measures._tail import ROUNDOFF

__all__ = ["Column", "Streamed", "chunks", "streamed_quantiles", "total", "values_at"]

#: Paths of a chunk. Sums add the chunks' sums, in memory too, so that their bits do not depend on where columns are.
CHUNK = 2**20

#: A quantile is found by its leading bits: `BITS` at a time, until at most `FEW` values share them and can be sorted.
BITS, FEW = 16, 2**20

#: Bits of a double, and that of its sign.
WHOLE, SIGN = 64, np.uint64(1 << 63)


class Streamed(NDArrayOperatorsMixin):
    """One number per path, computed in chunks each time it is read.

    NumPy's element-wise arithmetic on it gives another such column. Where an array is needed, it is converted to one,
    which takes the memory of all paths.

    Parameters
    ----------
    size : int
        Number of paths.
    read : callable
        Returns the values of a slice of the paths (path).
    """

    ndim = 1

    def __init__(self, size: int, read: Callable[[slice], NDArray[Any]]) -> None:
        self.size, self.read = size, read

    @property
    def shape(self) -> tuple[int]:
        """(path,)."""
        return (self.size,)

    def __len__(self) -> int:
        return self.size

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        values = np.asarray(self.read(slice(0, self.size)), dtype)
        return values.copy() if copy else values

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **named: Any) -> Any:
        if method != "__call__" or named:
            return NotImplemented
        # With `out`, as in `x += y`, the result is a new column too; the caller's name is then bound to it.
        errors = np.geterr()

        def read(rows: slice) -> NDArray[Any]:
            with np.errstate(**errors):
                values: NDArray[Any] = ufunc(*(values_at(each, rows) for each in inputs))
            return values

        return Streamed(self.size, read)

    def astype(self, dtype: DTypeLike) -> Streamed:
        """The column in another type."""
        return Streamed(self.size, lambda rows: self.read(rows).astype(dtype))

    @cached_property
    def counts(self) -> Array:
        """Number of values for each combination of the leading bits; the search for every quantile begins with it."""
        return _weights_by_bits(self, None, 0, 0)


#: One number per path (path), in memory or computed when it is read.
Column = Array | Streamed


def values_at(values: Any, rows: slice) -> Any:
    """Values of a slice of the paths (path), of a column or of one number for all."""
    if isinstance(values, Streamed):
        return values.read(rows)
    return values[rows] if np.ndim(values) else values


def chunks(values: Any, group: int = 1) -> Iterator[tuple[int, NDArray[Any]]]:
    """Iterate over a column in chunks of whole groups: the first path of each chunk, and its values."""
    step = CHUNK // group * group
    for start in range(0, len(values), step):
        yield start, values_at(values, slice(start, min(start + step, len(values))))


def total(values: Column) -> float:
    """Sum over the paths, in chunks.

    Examples
    --------
    >>> total(np.array([1.0, 2.5]))
    3.5
    """
    return float(np.sum([chunk.sum() for _, chunk in chunks(values)]))


def streamed_quantiles(values: Streamed, shares: Iterable[float], weights: Column | None = None) -> list[float]:
    """Smallest values with F(value) >= p for each share p, exactly as of the whole array, without sorting it.

    Parameters
    ----------
    values : Streamed
        One number per path (path).
    shares : iterable of float
        Each in (0, 1].
    weights : ndarray or Streamed, optional
        Weight of each path (path); by default all the same.

    Examples
    --------
    >>> column = np.array([3.0, -1.0, 2.0, 5.0])
    >>> streamed_quantiles(Streamed(4, lambda rows: column[rows]), [0.5, 0.75])
    [2.0, 3.0]
    """
    total_weight = float(len(values)) if weights is None else total(weights)
    bins = [_bin(values, p * total_weight * (1.0 - ROUNDOFF), weights) for p in shares]
    found: list[list[Array]] = [[] for _ in bins]
    if any(each.bits_fixed < WHOLE for each in bins):
        for _, chunk in chunks(values):
            keys = _keys(chunk)
            for each, few in zip(bins, found, strict=True):
                if each.bits_fixed < WHOLE:
                    few.append(chunk[keys >> np.uint64(WHOLE - each.bits_fixed) == each.prefix])
    return [
        float(np.partition(np.concatenate(few), each.rank)[each.rank]) if few else _value(each.prefix)
        for each, few in zip(bins, found, strict=True)
    ]


class _Bin(NamedTuple):
    """The values whose first `bits_fixed` bits are `prefix`, and the rank of the quantile among them."""

    prefix: int
    bits_fixed: int
    rank: int


def _bin(values: Streamed, target: float, weights: Column | None) -> _Bin:
    """The bin in which the cumulative weight reaches the target; it has few values, or a single one."""
    below, prefix, bits_fixed = 0.0, 0, 0
    by_bits = values.counts if weights is None else _weights_by_bits(values, weights, 0, 0)
    while True:
        reached = below + np.cumsum(by_bits)
        place = min(int(np.searchsorted(reached, target)), int(np.flatnonzero(by_bits)[-1]))
        below = float(reached[place - 1]) if place else below
        prefix, bits_fixed = (prefix << BITS) | place, bits_fixed + BITS
        if bits_fixed == WHOLE or (weights is None and by_bits[place] <= FEW):
            return _Bin(prefix, bits_fixed, max(math.ceil(target - below) - 1, 0))
        by_bits = _weights_by_bits(values, weights, prefix, bits_fixed)


def _keys(values: Array) -> UInts:
    """The bits of the values, mapped so that their order is that of the values."""
    bits = np.ascontiguousarray(values, dtype=np.float64).view(np.uint64)
    return np.where(bits & SIGN, ~bits, bits | SIGN)


def _value(key: int) -> float:
    """The value of a key."""
    bits = np.array([key], dtype=np.uint64)
    return float(np.where(bits & SIGN, bits ^ SIGN, ~bits).view(np.float64)[0])


def _weights_by_bits(values: Streamed, weights: Column | None, prefix: int, bits_fixed: int) -> Array:
    """Weight of the values that begin with the `bits_fixed` bits of `prefix`, by the bits that come next."""
    by_bits = np.zeros(1 << BITS)
    for start, chunk in chunks(values):
        keys = _keys(chunk)
        chunk_weights = None if weights is None else values_at(weights, slice(start, start + len(chunk)))
        if bits_fixed:
            inside = keys >> np.uint64(WHOLE - bits_fixed) == prefix
            keys, chunk_weights = keys[inside], None if chunk_weights is None else chunk_weights[inside]
        next_bits = (keys >> np.uint64(WHOLE - bits_fixed - BITS)) & np.uint64((1 << BITS) - 1)
        by_bits += np.bincount(next_bits.astype(np.int64), weights=chunk_weights, minlength=1 << BITS)
    return by_bits
