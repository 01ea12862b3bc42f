"""Validation of tables of past prices; errors name the column and the date."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_name, require_distinct, short_repr
from riskkit.market.history._price_fields import is_record, record_columns

__all__ = ["cash_hint", "long_gaps", "checked_prices", "day", "named_columns", "rows_a_year"]

_DAYS_A_YEAR = 365.25
# Exchanges have been closed for up to a month; the move over such a closure is a return.
_MAX_CLOSURE = pd.Timedelta(days=31)
_USUAL_PERIOD_FACTOR = 5


def named_columns(prices: object) -> pd.DataFrame:
    """Return a frame whose columns are names, without invisible characters; a Series with a name becomes one.

    Raises for names that differ only by case or punctuation, and for the fields of one company's record.
    """
    if isinstance(prices, pd.Series):
        if not isinstance(prices.name, str):
            raise InvalidInput(
                f"prices must have a name, got a Series with the name {prices.name!r}; prices.rename('TSLA') gives one"
            )
        prices = prices.to_frame()
    if not isinstance(prices, pd.DataFrame):
        raise InvalidInput(f"prices must be a DataFrame with a column a name, got {type(prices).__name__}")
    if prices.columns.empty:
        raise InvalidInput("prices must have at least one column, got none")
    if isinstance(prices.columns, pd.MultiIndex):
        raise InvalidInput(
            f"prices must have one level of columns, got {prices.columns.nlevels}; rk.read.prices takes the adjusted "
            "closes of such a frame"
        )
    for name in prices.columns:
        if not isinstance(name, str) or not name.strip():
            raise InvalidInput(f"prices: names of columns must be non-empty strings, got {short_repr(name)}")
    names = [checked_name("prices: names of columns", name) for name in prices.columns]
    if is_record(names):
        raise InvalidInput(
            f"prices must have a column a name, got the fields of one company: {record_columns(names)}; "
            "rk.read.prices(prices, name='TSLA') takes its (adjusted) close"
        )
    require_distinct("prices: names of columns", names)
    return prices.set_axis(names, axis=1)


def checked_prices(prices: object) -> pd.DataFrame:
    """Return prices > 0 as floats, one row per date from old to new, without rows that have no price."""
    prices = named_columns(prices)
    for label, kind in prices.dtypes.items():
        if kind.kind not in "fiu":
            raise InvalidInput(f"prices of {label!r} must be numbers, got dtype {kind}")
    _check_dates(prices.index)
    levels = prices.astype(np.float64)
    values = levels.to_numpy()
    for row, column in np.argwhere(np.isinf(values) | (values <= 0.0))[:1]:
        raise InvalidInput(
            f"prices of {prices.columns[column]!r} must be > 0 and finite, or NaN where there is none, "
            f"got {values[row, column]:g} on {day(prices.index[row])}"
        )
    for label, series in levels.items():
        count = series.nunique()
        if count == 0:
            raise InvalidInput(
                f"prices of {label!r} must hold at least one price, got only NaN; leave the column out, and "
                f"{cash_hint(label)}"
            )
        if count == 1 and series.count() > 1:
            raise InvalidInput(
                f"prices of {label!r} must vary, got {series.max():g} throughout; leave the column out, and "
                f"{cash_hint(label)}"
            )
    return levels.dropna(how="all")


def cash_hint(name: object) -> str:
    """What to do about an asset without prices that vary."""
    return f"if it is cash, market.with_cash({name!r}, 0.03) adds it at 3 % a year"


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
            f"prices: dates must run from old to new, each once, got {day(index[row + 1])} after {day(index[row])}"
        )


def _refuse_mixed_zones(index: pd.Index[Any]) -> None:
    """Raise for several time zones; pandas stores such dates as plain objects."""
    zones = [date.tzinfo if isinstance(date, datetime) else None for date in index]
    for row, (before, zone) in enumerate(pairwise(zones), start=1):
        if zone != before:
            raise InvalidInput(
                f"prices: dates must be in one time zone, got {zone} in row {row}, {day(index[row])}, after {before}; "
                "give each its local date, with no time zone"
            )


def long_gaps(dates: pd.DatetimeIndex) -> Bools:
    """Return which periods between dates (period) are longer than a month and five times the median."""
    spans = np.diff(dates.as_unit("us").asi8)
    median_span = float(np.median(spans)) if len(spans) else 0.0
    is_long: Bools = spans > max(_MAX_CLOSURE / pd.Timedelta(microseconds=1), _USUAL_PERIOD_FACTOR * median_span)
    return is_long


def rows_a_year(dates: pd.DatetimeIndex) -> float:
    """Return the mean number of rows a year without long gaps."""
    is_gap = long_gaps(dates)
    gap_time = (dates[1:][is_gap] - dates[:-1][is_gap]).to_series().sum()
    days = (dates[-1] - dates[0] - gap_time) / pd.Timedelta(days=1)
    return float((len(dates) - 1 - np.count_nonzero(is_gap)) / (days / _DAYS_A_YEAR))


def day(date: Any) -> str:
    """Format the calendar day of a date."""
    return str(pd.Timestamp(date).date())
