"""Tables of past prices: checked once, with every fault named by column and date."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.checks import unique
from riskkit.errors import InvalidInput

__all__ = ["checked_prices", "refuse_missed_splits", "rows_a_year"]

_LARGEST_RETURN = 0.95
_DAYS_A_YEAR = 365.25
# Rows at most this far apart are neighbouring trading days, with a long weekend between them.
_LONGEST_WEEKEND = pd.Timedelta(days=5)


def checked_prices(prices: object) -> pd.DataFrame:
    """Return levels > 0 as floats, a row a date from old to new; rows without any price are left out."""
    if not isinstance(prices, pd.DataFrame):
        raise InvalidInput(f"prices must be a DataFrame with a column a name, got {type(prices).__name__}")
    if prices.columns.empty:
        raise InvalidInput("prices must have at least one column, got none")
    for name in prices.columns:
        if not isinstance(name, str) or not name.strip():
            raise InvalidInput(f"prices: names of columns must be non-empty strings, got {name!r}")
    unique("prices: names of columns", prices.columns)
    for label, kind in prices.dtypes.items():
        if kind.kind not in "fiu":
            raise InvalidInput(f"prices of {label!r} must be numbers, got dtype {kind}")
    _check_dates(prices.index)
    levels = prices.astype(np.float64)
    values = levels.to_numpy()
    for row, column in np.argwhere(np.isinf(values) | (values <= 0.0))[:1]:
        raise InvalidInput(
            f"prices of {prices.columns[column]!r} must be > 0 and finite, or NaN where there is none, "
            f"got {values[row, column]:g} on {_day(prices.index[row])}"
        )
    for label, series in levels.items():
        count = series.nunique()
        if count == 0:
            raise InvalidInput(f"prices of {label!r} must hold at least one price, got only NaN; leave the column out")
        if count == 1 and series.count() > 1:
            raise InvalidInput(
                f"prices of {label!r} must vary, got {series.max():g} throughout; cash is rk.Asset(rate, volatility=0)"
            )
    return levels.dropna(how="all")


def _check_dates(index: pd.Index[Any]) -> None:
    if not isinstance(index, pd.DatetimeIndex):
        _refuse_mixed_zones(index)
        raise InvalidInput(f"prices must have a DatetimeIndex, got {type(index).__name__}; pd.to_datetime makes one")
    if index.hasnans:
        raise InvalidInput("prices: every row must have a date, got NaT")
    for row in np.flatnonzero((index.year < 1) | (index.year > 9999))[:1]:
        raise InvalidInput(f"prices: dates must be of the years 1 to 9999, got the year {index.year[row]} in row {row}")
    for row in np.flatnonzero(np.diff(index.asi8) <= 0)[:1]:
        raise InvalidInput(
            f"prices: dates must run from old to new, each once, got {_day(index[row + 1])} after {_day(index[row])}"
        )


def _refuse_mixed_zones(index: pd.Index[Any]) -> None:
    """pandas keeps dates of several time zones as plain objects."""
    zones = [date.tzinfo if isinstance(date, datetime) else None for date in index]
    for row, (before, zone) in enumerate(pairwise(zones), start=1):
        if zone != before:
            raise InvalidInput(
                f"prices: dates must be in one time zone, got {zone} in row {row}, {_day(index[row])}, after {before}; "
                "give each its local date, with no time zone"
            )


def refuse_missed_splits(levels: pd.DataFrame, returns: NDArray[np.float64]) -> None:
    """Refuse a log return (row - 1, column) from one day to the next that can only be a split."""
    dates = cast(pd.DatetimeIndex, levels.index)
    next_day = np.asarray(dates[1:] - dates[:-1] <= _LONGEST_WEEKEND)
    with np.errstate(over="ignore"):
        changes = np.expm1(returns)
    for row, column in np.argwhere((np.abs(changes) > _LARGEST_RETURN) & next_day[:, None])[:1]:
        raise InvalidInput(
            f"prices of {levels.columns[column]!r} must move by less than {_LARGEST_RETURN:.0%} in a day, "
            f"got {changes[row, column]:+.1%} on {_day(dates[row + 1])}; probably a split that "
            "was missed: correct the prices before it, or, if the move is real, set that price to NaN"
        )


def rows_a_year(dates: pd.DatetimeIndex) -> float:
    """Return the mean number of rows a year."""
    days = (dates[-1] - dates[0]) / pd.Timedelta(days=1)
    return float((len(dates) - 1) / (days / _DAYS_A_YEAR))


def _day(date: Any) -> str:
    return str(pd.Timestamp(date).date())
