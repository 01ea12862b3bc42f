"""Prices from a frame: wide, or with the column levels that yfinance gives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import name_list, short_repr
from riskkit.market.history._price_fields import best_price, field, is_record
from riskkit.read.price_dates import HEADS
from riskkit.read.price_table import ascending, local_times, price_table, record_price

__all__ = ["from_frame"]


def from_frame(frame: pd.DataFrame | pd.Series[float], name: str | None = None) -> pd.DataFrame:
    """Return the adjusted closes of a frame, a row a date, a column a name, as `prices` says."""
    if isinstance(frame, pd.Series):
        called = frame.name if name is None else name
        if not isinstance(called, str):
            raise _fault(f"a Series must have a name, got {short_repr(called)}; name='TSLA' gives it one", None)
        frame = frame.to_frame(called)
        if name is None and field(called) is not None:
            raise _fault(
                f"a Series must be named by what the prices are of, got {short_repr(called)}; give name='TSLA'",
                None,
            )
    elif isinstance(frame.columns, pd.MultiIndex):
        frame = _named(_closes(frame), name)
    else:
        frame = _record(_dated(frame), name)
    names = _names(frame.columns)
    dates = local_times(_dates(frame.index), _fault)
    ascending(dates, _fault)
    values = _numbers(frame)
    for row, column in np.argwhere(np.isinf(values) | (values <= 0.0))[:1]:
        wanted = "a price must be > 0 and finite, or NaN where there is none"
        raise InvalidInput(
            f"prices.iloc[{row}], column {short_repr(names[column], 80)}: {wanted}, got {values[row, column]:g}"
        )
    return price_table(dates, names, values, _fault)


def _fault(message: str, at: int | str | None) -> InvalidInput:
    place = f".iloc[{at}]" if isinstance(at, int) else "" if at is None else f", column {short_repr(at, 80)}"
    return InvalidInput(f"prices{place}: {message}")


def _closes(frame: pd.DataFrame) -> pd.DataFrame:
    """The closing prices among the fields, one of the two column levels."""
    levels = [frame.columns.get_level_values(level) for level in range(frame.columns.nlevels)]
    labels = [[label for label in dict.fromkeys(level) if isinstance(label, str)] for level in levels]
    fields = [level for level, heads in enumerate(labels) if heads and all(map(field, heads)) and best_price(heads)]
    if len(levels) != 2 or not fields:
        wanted = "two column levels, one with tickers and one with fields of which one is 'Adj Close' or 'Close'"
        raise _fault(f"must have {wanted}, got columns such as {short_repr(tuple(frame.columns[:1]), 80)}", None)
    level = fields[0]
    best = [labels[level][place] for place in best_price(labels[level])]
    if len(best) > 1:
        raise _fault(f"must have one column for the close, got {name_list(best, ' and ')}; drop one", None)
    close = best[0]
    closes = frame.loc[:, levels[level] == close].droplevel(level, axis=1)
    for name in dict.fromkeys(levels[1 - level]):
        if name not in closes.columns:
            raise _fault(f"must have a field {short_repr(close, 80)} like the others, got none", str(name))
    return closes


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its column of dates as the index, where they are no index yet."""
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame
    for name in frame.columns:
        if isinstance(name, str) and name.lower() in HEADS and frame.columns.to_list().count(name) == 1:
            if frame[name].dtype.kind != "M":
                raise _fault(
                    f"dates must be the index, or a column of dates, got dtype {frame[name].dtype}; "
                    f"frame.set_index(pd.to_datetime(frame.pop({short_repr(name, 80)}))), with its unit= for "
                    "counts from 1970 on",
                    name,
                )
            return frame.set_index(name)
    return frame


def _record(frame: pd.DataFrame, name: str | None) -> pd.DataFrame:
    """The price of one company, where the columns are the fields of its record."""
    heads = [head if isinstance(head, str) else "" for head in frame.columns]
    if is_record(heads):
        place = record_price(heads, name, _fault)
        return frame.iloc[:, [place]].set_axis([name], axis=1)
    return _named(frame, name)


def _named(frame: pd.DataFrame, name: str | None) -> pd.DataFrame:
    if name is None:
        return frame
    if frame.shape[1] != 1:
        raise _fault(f"must be the record of one company where name is given, got {frame.shape[1]} columns", None)
    return frame.set_axis([name], axis=1)


def _names(columns: Iterable[Any]) -> list[str]:
    names = list(columns)
    if not names:
        raise _fault("must have a column of prices, got none", None)
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise _fault(f"names of columns must be non-empty strings, got {short_repr(name)}", None)
    return names


def _dates(index: pd.Index[Any]) -> list[datetime]:
    dates = list(index)
    for row, date in enumerate(dates):
        if not isinstance(date, datetime):
            raise _fault(f"the index must hold dates, got {short_repr(date)}; pd.to_datetime makes them", row)
        if pd.isna(date):
            raise _fault("every row must have a date, got NaT", row)
    return dates


def _numbers(frame: pd.DataFrame) -> NDArray[np.float64]:
    for name, kind in frame.dtypes.items():
        if kind.kind not in "fiu":
            raise _fault(f"prices must be numbers, got dtype {kind}", str(name))
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)
