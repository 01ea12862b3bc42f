"""Validate and build the table of prices: dates in one time zone and in order, a price in every column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_name, name_list, require_distinct, short_repr, with_place
from riskkit.market.history._price_fields import best_price_columns, record_columns
from riskkit.market.history._splits import adjusted, check_moves, checked_real_moves, checked_splits

__all__ = [
    "ErrorAt",
    "LocationText",
    "adjusted_table",
    "check_ascending",
    "local_times",
    "price_table",
    "record_price_column",
]

#: Makes an error from a message and a row of dates (counted from 0), a column of prices, or None for the whole table.
ErrorAt = Callable[[str, int | str | None], InvalidInput]

#: The beginning of a message about a price, from the name of its column and its row.
LocationText = Callable[[str, int], str]

# The largest shift of summer time.
_SUMMER_TIME = timedelta(hours=1)


def local_times(dates: Sequence[datetime], error_at: ErrorAt) -> list[datetime]:
    """Return local dates without the time zone, which must be the same for all.

    Offsets from UTC count as one zone if they differ by at most an hour, as with summer time.
    """
    if not dates:
        return []
    first = dates[0]
    low = high = first.utcoffset()
    for row, date in enumerate(dates):
        offset = date.utcoffset()
        if (offset is None) != (low is None):
            raise error_at(
                f"dates must all have a time zone, or none, got {_date_text(date)} after {_date_text(first)}", row
            )
        if offset is None or low is None or high is None:
            continue
        low, high = min(low, offset), max(high, offset)
        if _zone_name(date) != _zone_name(first) or high - low > _SUMMER_TIME:
            raise error_at(f"dates must be in one time zone, got {_date_text(date)} after {_date_text(first)}", row)
    return [date.replace(tzinfo=None) for date in dates]


def check_ascending(dates: Sequence[datetime], error_at: ErrorAt) -> None:
    """Refuse dates that repeat or go back."""
    for row, (earlier, later) in enumerate(pairwise(dates), start=1):
        if later == earlier:
            raise error_at(f"dates must not repeat, got {_date_text(later)} again", row)
        if later < earlier:
            raise error_at(f"dates must run from old to new, got {_date_text(later)} after {_date_text(earlier)}", row)


def record_price_column(headers: Sequence[str], name: str | None, error_at: ErrorAt) -> int:
    """Return the index of the price among the fields of one company's record; raise if `name` is None."""
    price_columns = best_price_columns(headers)
    if not price_columns:
        fields = record_columns(headers)
        raise error_at(
            f"must have a column of closes among the fields of one company, got {fields}; "
            "rename columns that are names",
            None,
        )
    if len(price_columns) > 1:
        both = name_list((headers[place] for place in price_columns), " and ")
        quantity = short_repr(headers[price_columns[0]], 80)
        raise error_at(f"must have one column for {quantity}, got {both}; remove all but one", None)
    if name is None:
        fields = record_columns(headers)
        raise error_at(
            "columns must be named by asset, got the fields of one company: "
            f"{fields}; name='TSLA' takes its {headers[price_columns[0]]!r}",
            headers[price_columns[0]],
        )
    return price_columns[0]


def adjusted_table(
    table: pd.DataFrame, splits: object, real_moves: object, location: LocationText, stacklevel: int
) -> pd.DataFrame:
    """Return prices adjusted for the given splits; warn of moves that look like other splits, or raise."""
    real = checked_real_moves(real_moves)
    result = adjusted(table, checked_splits(splits))
    check_moves(result, real, location=location, stacklevel=stacklevel + 1)
    return result


def price_table(dates: Sequence[datetime], names: Sequence[str], values: Array, error_at: ErrorAt) -> pd.DataFrame:
    """Return the table of prices (date, name), NaN where there is none; check names, dates and columns."""
    names = list(names)
    for place, name in enumerate(names):
        with with_place(lambda message, at=name: error_at(message, at)):  # type: ignore[misc]
            names[place] = checked_name("name of a column", name)
    with with_place(lambda message: error_at(message, None)):
        require_distinct("names of columns", names)
    if len(dates) < 2:
        raise error_at(f"must hold at least two dates, got {len(dates)}", None)
    for column in np.flatnonzero(np.isnan(values).all(axis=0))[:1]:
        raise error_at("must hold at least one price, got none; remove it", names[column])
    index = pd.DatetimeIndex(np.array(dates, dtype="datetime64[us]"), name="date")
    return pd.DataFrame(values, index=index, columns=list(names))


def _zone_name(date: datetime) -> str | None:
    """The name of a time zone, None for an offset from UTC."""
    return None if isinstance(date.tzinfo, timezone) else str(date.tzinfo)


def _date_text(date: datetime) -> str:
    return str(date).removesuffix(" 00:00:00")
