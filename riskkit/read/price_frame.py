"""Read prices from a DataFrame: wide, or with the column levels of yfinance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import name_list, short_repr
from riskkit.market.history._price_fields import best_price_columns, field, is_record
from riskkit.read.price_dates import DATE_HEADERS
from riskkit.read.price_table import check_ascending, local_times, price_table, record_price_column

__all__ = ["from_frame"]


def from_frame(frame: pd.DataFrame | pd.Series[float], name: str | None = None) -> pd.DataFrame:
    """Return the adjusted closes of a frame, one row per date and one column per name; see `prices`."""
    if isinstance(frame, pd.Series):
        series_name = frame.name if name is None else name
        if not isinstance(series_name, str):
            raise _error_at(f"a Series must have a name, got {short_repr(series_name)}; name='TSLA' gives it one", None)
        frame = frame.to_frame(series_name)
        if name is None and field(series_name) is not None:
            raise _error_at(
                f"a Series must be named by its asset, got {short_repr(series_name)}; give name='TSLA'",
                None,
            )
    elif isinstance(frame.columns, pd.MultiIndex):
        frame = _with_name(_closes(frame), name)
    else:
        frame = _record_prices(_with_date_index(frame), name)
    names = _names(frame.columns)
    dates = local_times(_dates(frame.index), _error_at)
    check_ascending(dates, _error_at)
    values = _as_floats(frame)
    for row, column in np.argwhere(np.isinf(values) | (values <= 0.0))[:1]:
        requirement = "a price must be > 0 and finite, or NaN where there is none"
        raise InvalidInput(
            f"prices.iloc[{row}], column {short_repr(names[column], 80)}: {requirement}, got {values[row, column]:g}"
        )
    return price_table(dates, names, values, _error_at)


def _error_at(message: str, where: int | str | None) -> InvalidInput:
    column = (
        f".iloc[{where}]" if isinstance(where, int) else "" if where is None else f", column {short_repr(where, 80)}"
    )
    return InvalidInput(f"prices{column}: {message}")


def _closes(frame: pd.DataFrame) -> pd.DataFrame:
    """The closing prices, selected from the column level with the fields."""
    levels = [frame.columns.get_level_values(level) for level in range(frame.columns.nlevels)]
    labels = [[label for label in dict.fromkeys(level) if isinstance(label, str)] for level in levels]
    fields = [
        level
        for level, headers in enumerate(labels)
        if headers and all(map(field, headers)) and best_price_columns(headers)
    ]
    if len(levels) != 2 or not fields:
        requirement = "two column levels, one with tickers and one with fields of which one is 'Adj Close' or 'Close'"
        raise _error_at(
            f"must have {requirement}, got columns such as {short_repr(tuple(frame.columns[:1]), 80)}", None
        )
    level = fields[0]
    candidates = [labels[level][column] for column in best_price_columns(labels[level])]
    if len(candidates) > 1:
        raise _error_at(f"must have one column for the close, got {name_list(candidates, ' and ')}; drop one", None)
    close = candidates[0]
    closes = frame.loc[:, levels[level] == close].droplevel(level, axis=1)
    for name in dict.fromkeys(levels[1 - level]):
        if name not in closes.columns:
            raise _error_at(f"must have a field {short_repr(close, 80)} like the others, got none", str(name))
    return closes


def _with_date_index(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its column of dates as the index, unless the index has them already."""
    if isinstance(frame.index, pd.DatetimeIndex):
        return frame
    for name in frame.columns:
        if isinstance(name, str) and name.lower() in DATE_HEADERS and frame.columns.to_list().count(name) == 1:
            if frame[name].dtype.kind != "M":
                raise _error_at(
                    f"dates must be the index, or a column of dates, got dtype {frame[name].dtype}; "
                    f"frame.set_index(pd.to_datetime(frame.pop({short_repr(name, 80)}))), with its unit= for "
                    "counts from 1970 on",
                    name,
                )
            return frame.set_index(name)
    return frame


def _record_prices(frame: pd.DataFrame, name: str | None) -> pd.DataFrame:
    """The price of one company if the columns are the fields of its record, else the frame."""
    headers = [header if isinstance(header, str) else "" for header in frame.columns]
    if is_record(headers):
        column = record_price_column(headers, name, _error_at)
        return frame.iloc[:, [column]].set_axis([name], axis=1)
    return _with_name(frame, name)


def _with_name(frame: pd.DataFrame, name: str | None) -> pd.DataFrame:
    if name is None:
        return frame
    if frame.shape[1] != 1:
        raise _error_at(f"must be the record of one company if name is given, got {frame.shape[1]} columns", None)
    return frame.set_axis([name], axis=1)


def _names(columns: Iterable[Any]) -> list[str]:
    names = list(columns)
    if not names:
        raise _error_at("must have a column of prices, got none", None)
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise _error_at(f"names of columns must be non-empty strings, got {short_repr(name)}", None)
    return names


def _dates(index: pd.Index[Any]) -> list[datetime]:
    dates = list(index)
    for row, date in enumerate(dates):
        if not isinstance(date, datetime):
            raise _error_at(f"the index must hold dates, got {short_repr(date)}; pd.to_datetime makes them", row)
        if pd.isna(date):
            raise _error_at("every row must have a date, got NaT", row)
    return dates


def _as_floats(frame: pd.DataFrame) -> Array:
    for name, kind in frame.dtypes.items():
        if kind.kind not in "fiu":
            raise _error_at(f"prices must be numbers, got dtype {kind}", str(name))
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)
