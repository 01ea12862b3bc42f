"""Input validation of the measures: wealth, samples and weights; results get the labels of their input."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskkit._core.array_types import Array, Bools
from riskkit._core.errors import InvalidInput

__all__ = [
    "Array",
    "Labelled",
    "Measured",
    "checked_path_weights",
    "checked_weights",
    "relabel",
    "sample",
    "wealth_levels",
]

Labelled: TypeAlias = "ArrayLike | pd.Series[Any] | pd.DataFrame"
# A float for one path, a Series by column for a DataFrame, an array for more paths: the input decides.
Measured: TypeAlias = Any


def wealth_levels(wealth: Labelled) -> Array:
    """Return wealth as floats, time on the first axis: finite, above 0 at the start, never below 0, in time order."""
    levels = sample("wealth", wealth)
    _require_time_order(wealth)
    requirements = [(levels[:1], levels[:1] > 0.0, "start above 0"), (levels, levels >= 0.0, "be >= 0")]
    for values, valid, requirement in requirements:
        if not valid.all():
            place = _first(~valid)
            raise InvalidInput(
                f"wealth must {requirement}, got {float(values[place])!r} at {_spot(place, wealth)}; wealth is levels, "
                "never returns: make levels with start * (1 + returns).cumprod() and put the start itself first"
            )
    return levels


def sample(what: str, values: Labelled) -> Array:
    """Return `values` as finite floats with at least one axis and one entry, or refuse them under the name `what`.

    Pandas, NumPy, nested lists of numbers, and whatever turns itself into an array by ``__array__``, time first.
    """
    if isinstance(values, pd.DataFrame):
        for position, name in enumerate(values.columns):
            _require_numbers(f"{what}, column {name!r},", values.dtypes.iloc[position])
        array: Array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    elif isinstance(values, pd.Series):
        _require_numbers(what, values.dtype)
        array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        array = _plain(what, values)
    if array.ndim == 0:
        raise InvalidInput(f"{what} must be a sequence, got the single number {float(array)!r}")
    if array.size == 0:
        raise InvalidInput(f"{what} must not be empty, got shape {array.shape}")
    if not np.isfinite(array).all():
        place = _first(~np.isfinite(array))
        got = "NaN" if np.isnan(array[place]) else repr(float(array[place]))
        raise InvalidInput(f"{what} must be finite, got {got} at {_spot(place, values)}; gaps are refused, not skipped")
    return array


def checked_path_weights(weights: Labelled, wealth: Labelled, levels: Array) -> Array:
    """Return the weights of the paths of wealth, which lie on the last axis of its levels; one path takes none."""
    if levels.ndim == 1:
        raise InvalidInput("weights must be left out where wealth is one path; they are one number a path")
    return checked_weights(weights, levels.shape[-1], wealth.columns if isinstance(wealth, pd.DataFrame) else None)


def checked_weights(weights: Labelled, count: int, labels: pd.Index[Any] | None) -> Array:
    """Return `count` weights >= 0, scaled so that the largest is 1; labelled weights must carry `labels` in order."""
    array = sample("weights", weights)
    if array.shape != (count,):
        raise InvalidInput(f"weights must be one number for each of {count}, shape ({count},), got shape {array.shape}")
    if isinstance(weights, pd.Series) and labels is not None and not weights.index.equals(labels):
        raise InvalidInput(
            f"weights must carry the labels of what they weigh, in its order, got {_few(weights.index)} "
            f"for {_few(labels)}; use weights.reindex(...), or weights.to_numpy() to go by position"
        )
    if array.min() < 0.0:
        place = _first(array < 0.0)
        raise InvalidInput(f"weights must be >= 0, got {float(array[place])!r} at {_spot(place, weights)}")
    if array.max() == 0.0:
        raise InvalidInput("weights must not all be 0")
    scaled: Array = array / array.max()
    return scaled


def relabel(values: NDArray[Any], like: Labelled) -> Measured:
    """Return values by path in the form of their input: a number, a Series by column, or the array itself."""
    if values.ndim == 0:
        return values.item()
    return pd.Series(values, index=like.columns) if isinstance(like, pd.DataFrame) else values


def _plain(what: str, values: Any) -> Array:
    if np.ma.isMaskedArray(values):
        raise InvalidInput(f"{what} must be a plain array, got a masked one; a masked entry is a gap")
    try:
        raw = np.asarray(values)
    except Exception as error:
        # A foreign ``__array__`` may raise anything, such as a RuntimeError where values cannot leave their device.
        got = "rows of unequal length" if isinstance(values, list | tuple) else f"{type(values).__name__}: {error}"
        raise InvalidInput(f"{what} must be an array of numbers, got {got}") from error
    _require_numbers(what, raw.dtype)
    return raw.astype(np.float64, copy=False)


def _require_numbers(what: str, dtype: Any) -> None:
    if dtype.kind not in "iuf":
        raise InvalidInput(f"{what} must be numbers, got {dtype}; text is not converted here, use astype(float)")


def _require_time_order(wealth: Labelled) -> None:
    if not isinstance(wealth, pd.Series | pd.DataFrame):
        return
    if not isinstance(wealth.index, pd.DatetimeIndex | pd.PeriodIndex):
        return
    dates: Any = wealth.index
    late = np.flatnonzero(~(dates[1:] > dates[:-1]))
    if late.size:
        pair = f"{dates[late[0] + 1]} after {dates[late[0]]}"
        raise InvalidInput(f"wealth must be in time order, each date once, got {pair}; use sort_index()")


def _first(places: Bools) -> tuple[int, ...]:
    return tuple(int(axis[0]) for axis in np.nonzero(places))


def _spot(place: tuple[int, ...], values: Labelled) -> str:
    if isinstance(values, pd.Series):
        return f"row {place[0]} ({values.index[place[0]]})"
    if isinstance(values, pd.DataFrame):
        return f"row {place[0]} ({values.index[place[0]]}), column {values.columns[place[1]]!r}"
    if len(place) == 1:
        return f"row {place[0]}"
    return f"row {place[0]}, column {place[1]}" if len(place) == 2 else f"index {place}"


def _few(labels: pd.Index[Any]) -> str:
    first = ", ".join(map(repr, labels[:3]))
    return f"{first}, ..." if len(labels) > 3 else first
