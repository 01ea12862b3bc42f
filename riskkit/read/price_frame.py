"""Prices from a frame: wide, or with the column levels that yfinance gives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.checks import unique
from riskkit.errors import InvalidInput
from riskkit.read.price_table import ascending, local_times, price_table

__all__ = ["from_frame"]

# The fields of yfinance that hold a closing price, the adjusted one first.
_CLOSES = ("Adj Close", "Close")


def from_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the adjusted closes of a frame, a row a date, a column a name, as `prices` says."""
    closes = _closes(frame) if isinstance(frame.columns, pd.MultiIndex) else frame
    names = _names(closes.columns)
    dates = local_times(_dates(closes.index), _fault)
    ascending(dates, _fault)
    values = _numbers(closes)
    for row, column in np.argwhere(np.isinf(values) | (values <= 0.0))[:1]:
        wanted = "a price must be > 0 and finite, or NaN where there is none"
        raise InvalidInput(f"prices.iloc[{row}], column {names[column]!r}: {wanted}, got {values[row, column]:g}")
    return price_table(dates, names, values, _fault)


def _fault(message: str, at: int | str | None) -> InvalidInput:
    place = f".iloc[{at}]" if isinstance(at, int) else "" if at is None else f", column {at!r}"
    return InvalidInput(f"prices{place}: {message}")


def _closes(frame: pd.DataFrame) -> pd.DataFrame:
    """The closing prices among the fields, one of the two column levels."""
    levels = [frame.columns.get_level_values(level) for level in range(frame.columns.nlevels)]
    found = [(close, level) for close in _CLOSES for level, labels in enumerate(levels) if close in labels]
    if len(levels) != 2 or not found:
        wanted = "two column levels, one with tickers and one with fields of which one is 'Adj Close' or 'Close'"
        raise _fault(f"must have {wanted}, got columns such as {tuple(frame.columns[:1])}", None)
    close, level = found[0]
    closes = frame.loc[:, levels[level] == close].droplevel(level, axis=1)
    for name in dict.fromkeys(levels[1 - level]):
        if name not in closes.columns:
            raise _fault(f"must have a field {close!r} like the others, got none", str(name))
    return closes


def _names(columns: Iterable[Any]) -> list[str]:
    names = list(columns)
    if not names:
        raise _fault("must have a column of prices, got none", None)
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise _fault(f"names of columns must be non-empty strings, got {name!r}", None)
        if name in _CLOSES:
            raise _fault(f"columns must be named by what the prices are of; rename(columns={{{name!r}: 'TSLA'}})", name)
    unique("prices: names of columns", names)
    return names


def _dates(index: pd.Index[Any]) -> list[datetime]:
    dates = list(index)
    for row, date in enumerate(dates):
        if not isinstance(date, datetime):
            raise _fault(f"the index must hold dates, got {date!r}; pd.to_datetime makes them", row)
        if pd.isna(date):
            raise _fault("every row must have a date, got NaT", row)
    return dates


def _numbers(frame: pd.DataFrame) -> NDArray[np.float64]:
    for name, kind in frame.dtypes.items():
        if kind.kind not in "fiu":
            raise _fault(f"prices must be numbers, got dtype {kind}", str(name))
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)
