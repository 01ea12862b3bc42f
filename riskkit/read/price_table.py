"""A table of prices from dates and columns: dates in one time zone and in order, every column with a price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_name, name_list, require_distinct, short_repr, with_place
from riskkit.market.history._price_fields import best_price, record_columns
from riskkit.market.history._splits import adjusted, check_moves, checked_real_moves, checked_splits

__all__ = ["Fault", "Place", "adjusted_table", "ascending", "local_times", "price_table", "record_price"]

#: Makes an error about a row of dates, counted from 0, about a column of prices, or about all of it.
Fault = Callable[[str, int | str | None], InvalidInput]

#: Says where a price stands, from the name of its column and its row; messages begin with it.
Place = Callable[[str, int], str]

# The most by which summer time moves the clock of one place.
_SUMMER_TIME = timedelta(hours=1)


def local_times(dates: Sequence[datetime], fault: Fault) -> list[datetime]:
    """Return dates without their time zone, which all of them must share: what the clock of that zone shows.

    Zones that are told as offsets from UTC are one if the offsets are at most an hour apart, as with summer time.
    """
    if not dates:
        return []
    first = dates[0]
    low = high = first.utcoffset()
    for row, date in enumerate(dates):
        offset = date.utcoffset()
        if (offset is None) != (low is None):
            raise fault(f"dates must all have a time zone, or none, got {_told(date)} after {_told(first)}", row)
        if offset is None or low is None or high is None:
            continue
        low, high = min(low, offset), max(high, offset)
        if _zone(date) != _zone(first) or high - low > _SUMMER_TIME:
            raise fault(f"dates must be in one time zone, got {_told(date)} after {_told(first)}", row)
    return [date.replace(tzinfo=None) for date in dates]


def ascending(dates: Sequence[datetime], fault: Fault) -> None:
    """Refuse dates that repeat or go back."""
    for row, (earlier, later) in enumerate(pairwise(dates), start=1):
        if later == earlier:
            raise fault(f"dates must not repeat, got {_told(later)} again", row)
        if later < earlier:
            raise fault(f"dates must run from old to new, got {_told(later)} after {_told(earlier)}", row)


def record_price(heads: Sequence[str], name: str | None, fault: Fault) -> int:
    """Return the place of the price among the fields of one company's record; without its name they are refused."""
    found = best_price(heads)
    if not found:
        fields = record_columns(heads)
        raise fault(
            f"must have a column of closes among the fields of one company, got {fields}; "
            "rename columns that are names",
            None,
        )
    if len(found) > 1:
        both = name_list((heads[place] for place in found), " and ")
        what = short_repr(heads[found[0]], 80)
        raise fault(f"must have one column for {what}, got {both}; remove those that are not meant", None)
    if name is None:
        fields = record_columns(heads)
        raise fault(
            "columns must be named by what the prices are of, got the fields of one company: "
            f"{fields}; name='TSLA' takes its {heads[found[0]]!r}",
            heads[found[0]],
        )
    return found[0]


def adjusted_table(
    table: pd.DataFrame, splits: object, real_moves: object, place: Place, stacklevel: int
) -> pd.DataFrame:
    """Return prices adjusted for the splits that are named; moves that look like others are told or refused."""
    real = checked_real_moves(real_moves)
    result = adjusted(table, checked_splits(splits))
    check_moves(result, real, place=place, stacklevel=stacklevel + 1)
    return result


def price_table(
    dates: Sequence[datetime], names: Sequence[str], values: NDArray[np.float64], fault: Fault
) -> pd.DataFrame:
    """Return prices (date, name), NaN where there is none, of two dates or more; each column must have a price."""
    names = list(names)
    for place, name in enumerate(names):
        with with_place(lambda message, at=name: fault(message, at)):  # type: ignore[misc]
            names[place] = checked_name("name of a column", name)
    with with_place(lambda message: fault(message, None)):
        require_distinct("names of columns", names)
    if len(dates) < 2:
        raise fault(f"must hold at least two dates, got {len(dates)}", None)
    for column in np.flatnonzero(np.isnan(values).all(axis=0))[:1]:
        raise fault("must hold at least one price, got none; remove it", names[column])
    index = pd.DatetimeIndex(np.array(dates, dtype="datetime64[us]"), name="date")
    return pd.DataFrame(values, index=index, columns=list(names))


def _zone(date: datetime) -> str | None:
    """The name of a time zone, None for a plain offset from UTC."""
    return None if isinstance(date.tzinfo, timezone) else str(date.tzinfo)


def _told(date: datetime) -> str:
    return str(date).removesuffix(" 00:00:00")
