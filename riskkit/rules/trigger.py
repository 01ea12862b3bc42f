"""Trigger: where a rule has cause to act, as data, so that the rule need not be asked about other paths."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import Converted, converting_dataclass, read_only, set_fields
from riskkit._core.validation import array_summary, short_repr

__all__ = ["Trigger"]


@converting_dataclass(eq=False)
class Trigger:
    """The paths on which a rule may act: those on which any row, any price or any fall holds.

    `Rule.trigger` returns one. The rule is then asked only about the paths that fire on its date.

    Parameters
    ----------
    values : array_like
        Coefficients v of the values of the holdings (row, asset).
    wealth, peak : array_like
        Coefficients w of net wealth and m of its peak (row). A row fires where Σ v·V > w·W + m·M - 1e-10·W, with V the
        values of the holdings, W ``view.wealth`` and M ``view.peak``, all in multiples of the net start wealth.
    price : array_like, optional
        Fires where ``view.price >= price`` for some holding (asset), >= 0; inf never fires.
    fallen : array_like, optional
        Fires where ``view.price <= (1 - fallen) * view.high`` for some holding (asset), >= 0; inf never fires.

    Raises
    ------
    InvalidInput
        If an array has another shape, or numbers that are not allowed.

    Notes
    -----
    Values are at reported prices, before any trade of the date. The term 1e-10·W lets a path fire whose row is equal
    up to rounding. To fire too often costs time and changes no result. A ruined path has values and wealth 0.

    A weight above c is a row of coefficients: V_h > c Σ V. Without any row, price or fall nothing ever fires.

    Examples
    --------
    Two holdings; fires where the first is worth more than 0.3 of both:

    >>> Trigger([[0.7, -0.3]], wealth=[0.0], peak=[0.0]).values
    array([[ 0.7, -0.3]])
    """

    values: Converted[ArrayLike, Array]
    wealth: Converted[ArrayLike, Array]
    peak: Converted[ArrayLike, Array]
    price: Converted[ArrayLike | None, Array | None] = cast(Any, None)
    fallen: Converted[ArrayLike | None, Array | None] = cast(Any, None)

    def __post_init__(self) -> None:
        values = _numbers("values", self.values, "(row, asset)", (None, None))
        if values.shape[1] == 0:
            raise InvalidInput(f"Trigger: values must have at least one asset, got shape {values.shape}")
        rows, assets = values.shape
        set_fields(self, values=values)
        for name in ("wealth", "peak"):
            set_fields(self, **{name: _numbers(name, getattr(self, name), f"(row) = ({rows},)", (rows,))})
        for name in ("price", "fallen"):
            level = getattr(self, name)
            if level is not None:
                level = _numbers(name, level, f"(asset) = ({assets},)", (assets,), never=True)
                set_fields(self, **{name: level})

    def __eq__(self, other: object) -> bool:
        return self._contents() == other._contents() if isinstance(other, Trigger) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._contents())

    def __reduce__(self) -> tuple[type[Trigger], tuple[Array | None, ...]]:
        return Trigger, (self.values, self.wealth, self.peak, self.price, self.fallen)

    def _contents(self) -> tuple[Any, ...]:
        arrays = (self.values, self.wealth, self.peak, self.price, self.fallen)
        return tuple(None if array is None else (array.shape, array.tobytes()) for array in arrays)


def _numbers(name: str, value: Any, shaped: str, shape: tuple[int | None, ...], *, never: bool = False) -> Array:
    """Return a read-only array of this shape: finite numbers, or with `never` levels from 0 to inf."""
    try:
        array = np.array(value)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.size == 0:
        array = array.astype(np.float64)
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if array.dtype.kind not in "fiu" or not fits:
        came = array_summary(value, short_repr(value))
        raise InvalidInput(f"Trigger: {name} must be numbers of shape {shaped}, got {came}")
    array = array.astype(np.float64) + 0.0  # -0.0 is 0.0: equal triggers have equal bytes
    if never and not (array >= 0.0).all():
        raise InvalidInput(f"Trigger: {name} must be >= 0 (inf: never), got {short_repr(array.tolist())}")
    if not never and not np.isfinite(array).all():
        raise InvalidInput(f"Trigger: {name} must be finite, got {short_repr(array.tolist())}")
    return read_only(array)
