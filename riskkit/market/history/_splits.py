"""Splits in past prices: adjust for given splits, and warn of moves that look like others, or raise."""

from __future__ import annotations

import datetime
import math
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.frozen import FrozenMap
from riskkit._core.validation import number, require_known, short_repr
from riskkit.market.history._checked_prices import day

__all__ = ["RealMoves", "Splits", "adjusted", "check_moves", "checked_real_moves", "checked_splits", "restricted_to"]


#: Ratios by name and date: 5 for a 5:1 split, 1/20 for a reverse split of 1:20.
Splits = Mapping[str, Mapping[str, float]]
#: Dates by name on which a large move is real.
RealMoves = Mapping[str, Sequence[str]]

_MAX_DAILY_MOVE = 0.95
_ROUNDING = 1e-9  # so that 20:1 to the last digit is -95 %
# Prices at most this far apart are of neighbouring trading days, with a long weekend between them.
_MAX_WEEKEND = np.timedelta64(5, "D")
_MIN_LOG_MOVE = math.log(1.8)
_MIN_DEVIATIONS = 8.0
_WINDOW = 63  # returns on each side of a move, from which the local deviation is estimated
_MAD_TO_SD = 1.4826  # standard deviation of a normal law over its median absolute deviation
_LOG_TOLERANCE, _TOLERANCE_DEVIATIONS = 0.02, 4.0
_RATIOS = np.arange(2, 26)
_MAX_WARNINGS = 20
_BATCH = 4096  # moves whose neighbours are in memory at once
_MAX_NAMES = 5


@dataclass(frozen=True)
class _Move:
    """A large move between two consecutive prices of a column, and the split ratios that could explain it."""

    name: str
    row: int
    date: str
    ratio: float
    next_day: bool
    ratios: tuple[int, ...]

    @property
    def is_too_large(self) -> bool:
        """Whether the move is too large for a day."""
        return self.next_day and abs(self.ratio - 1.0) > _MAX_DAILY_MOVE + _ROUNDING

    @property
    def splits_text(self) -> str:
        """The possible splits, formatted."""
        return " or ".join(f"{n}:1" if self.ratio < 1.0 else f"1:{n}" for n in self.ratios)

    @property
    def adjustment(self) -> str:
        """The argument that would adjust for the split."""
        ratio = " or ".join(f"{n}" if self.ratio < 1.0 else f"1/{n}" for n in self.ratios) or "its ratio"
        return f"if it is a split, splits={{{self.name!r}: {{{self.date!r}: {ratio}}}}} divides the prices before it"


def checked_splits(splits: object) -> FrozenMap[FrozenMap[float]]:
    """Return ratios > 0 by name and ISO date."""
    if splits is None:
        return FrozenMap({})
    if not isinstance(splits, Mapping) or not all(isinstance(dates, Mapping) for dates in splits.values()):
        raise InvalidInput(f"splits must be as in {{'TSLA': {{'2020-08-31': 5}}}}, got {short_repr(splits, 80)}")
    result: dict[str, FrozenMap[float]] = {}
    for name, dates in splits.items():
        ratios = {
            _iso(f"splits of {name!r}", date): number(
                f"splits of {name!r} on {short_repr(date, 80)}: the ratio, 5 for 5:1, 1/20 for a reverse split "
                "of 1:20,",
                ratio,
                above=0.0,
            )
            for date, ratio in dates.items()
        }
        result[name] = FrozenMap(ratios)
    return FrozenMap(result)


def checked_real_moves(real_moves: object) -> FrozenMap[tuple[str, ...]]:
    """Return ISO dates by name."""
    if real_moves is None:
        return FrozenMap({})
    if not isinstance(real_moves, Mapping) or any(
        isinstance(dates, str) or not isinstance(dates, Iterable) for dates in real_moves.values()
    ):
        raise InvalidInput(f"real_moves must be as in {{'MRNA': ['2026-08-19']}}, got {short_repr(real_moves, 80)}")
    return FrozenMap(
        {name: tuple(_iso(f"real_moves of {name!r}", date) for date in dates) for name, dates in real_moves.items()}
    )


def _iso(what: str, date: Any) -> str:
    """A calendar date in ISO form."""
    try:
        if isinstance(date, str):
            return str(datetime.datetime.fromisoformat(date).date())
        if isinstance(date, (datetime.date, np.datetime64)) and not pd.isna(date):
            return day(date)
    except ValueError:
        pass
    raise InvalidInput(f"{what} must have dates such as '2020-08-31', got {short_repr(date, 80)}")


def restricted_to(
    by_name: Mapping[str, Any], what: str, columns: Iterable[str], selected: Collection[str]
) -> dict[str, Any]:
    """Return the entries of the selected columns; raise for a name that is not a column."""
    require_known(what, by_name, columns)
    return {name: value for name, value in by_name.items() if name in selected}


def adjusted(levels: pd.DataFrame, splits: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Return prices adjusted for splits: those before each date are divided by its ratio.

    Parameters
    ----------
    levels : DataFrame
        Prices > 0 (date, name), NaN where there is none.
    splits : mapping
        Ratios by name and ISO date, as `checked_splits` returns them.

    Raises
    ------
    InvalidInput
        If a name is no column, or has no price on a date or none before it, or an adjusted price is too small or too
        large for a float.
    """
    if not splits:
        return levels
    require_known("splits", splits, levels.columns)
    result = levels.copy()
    days = _days(levels)
    for name, ratios in splits.items():
        column = result[name].to_numpy(copy=True)
        for date, ratio in ratios.items():
            _check_date(f"splits of {name!r}", levels[name], days, date)
            with np.errstate(over="ignore"):
                column[days < np.datetime64(date)] /= ratio
        for row in np.flatnonzero((column == 0.0) | np.isinf(column))[:1]:
            raise InvalidInput(
                f"splits of {name!r} must leave prices > 0 and finite, got {column[row]:g} on {days[row]} for "
                f"{levels[name].iloc[row]:g}; check the ratios and that price"
            )
        result[name] = column
    return result


def check_moves(
    levels: pd.DataFrame,
    real_moves: Mapping[str, Sequence[str]],
    *,
    location: Callable[[str, int], str] | None = None,
    stacklevel: int = 3,
) -> None:
    """Warn of moves that look like a split, and raise for moves that are too large for a day.

    Parameters
    ----------
    levels : DataFrame
        Prices > 0 (date, name), NaN where there is none. Moves are those between a column's own neighbouring prices.
    real_moves : mapping
        Dates by name, as `checked_real_moves` returns them: moves to accept.
    location : function, optional
        Returns the beginning of messages about a price from the name of its column and its row.
    stacklevel : int
        Stack level of the warnings.

    Raises
    ------
    InvalidInput
        If a name in `real_moves` is no column, or has no move that ends on a date; if a move of a day is above +95 %
        or below -95 % and is not named.

    Warns
    -----
    RiskkitWarning
        Of each move that looks like a split, even if `real_moves` names it.

    Notes
    -----
    A move looks like a split of n:1 or 1:n if its log is at least ln 1.8 and at least 8 local robust deviations, and
    is off ln n, for a whole n from 2 to 25, by at most 0.02 or 4 such deviations, whichever is more. The local robust
    deviation is 1.4826 times the median absolute deviation of the 63 returns before and the 63 after the move.
    """
    require_known("real_moves", real_moves, levels.columns)
    days = _days(levels)
    for name, dates in real_moves.items():
        for date in dates:
            _check_date(f"real_moves of {name!r}", levels[name], days, date)
    location = location or (lambda name, _: f"prices of {name!r} ")
    moves = _large_moves(levels, days)
    _raise_on_large_moves(
        [move for move in moves if move.is_too_large and move.date not in real_moves.get(move.name, ())], location
    )
    likely = [move for move in moves if move.ratios]
    for move in likely[:_MAX_WARNINGS]:
        warnings.warn(
            f"{location(move.name, move.row)}moved to {move.ratio:.4f} times the price before on {move.date}: a likely "
            f"split of {move.splits_text}; {move.adjustment}; if the move is real, it stays as it is",
            RiskkitWarning,
            stacklevel=stacklevel,
        )
    if len(likely) > _MAX_WARNINGS:
        warnings.warn(
            f"{len(likely) - _MAX_WARNINGS:,} more moves look like splits, such as that of {likely[-1].name!r} on "
            f"{likely[-1].date}; are the prices adjusted?",
            RiskkitWarning,
            stacklevel=stacklevel,
        )


def _raise_on_large_moves(moves: list[_Move], location: Callable[[str, int], str]) -> None:
    for move in moves[:1]:
        verdict = f"a likely split of {move.splits_text}" if move.ratios else "probably a split that was missed"
        others = [f"{other.name!r} on {other.date}" for other in moves[1 : 1 + _MAX_NAMES]]
        unlisted = len(moves) - 1 - len(others)
        more = f"; so do {', '.join(others)}" + (f" and {unlisted:,} more" if unlisted else "") if others else ""
        raise InvalidInput(
            f"{location(move.name, move.row)}must move by less than {percent(_MAX_DAILY_MOVE)} in a day, got "
            f"{percent(move.ratio - 1.0, decimals=1, signed=True)} on {move.date} ({move.ratio:.4f} times the price "
            f"before), {verdict}; {move.adjustment}; "
            f"if the move is real, real_moves={{{move.name!r}: [{move.date!r}]}} accepts it{more}"
        )


def _large_moves(levels: pd.DataFrame, days: NDArray[np.datetime64]) -> list[_Move]:
    """Moves that are too large for a day or look like a split, by column."""
    index = cast(pd.DatetimeIndex, levels.index)
    times = (index if index.tz is None else index.tz_convert(None)).to_numpy()
    prices = np.ascontiguousarray(levels.to_numpy(dtype=np.float64).T)
    has_price = ~np.isnan(prices)
    gap, chunks = np.full(_WINDOW, np.nan), []
    columns, ends, starts, positions_by_column, length = [], [], [], [], _WINDOW
    for column_index in range(len(prices)):
        rows = np.flatnonzero(has_price[column_index])
        moves_of_column = np.diff(np.log(prices[column_index, rows]))
        large = np.flatnonzero(np.abs(moves_of_column) >= _MIN_LOG_MOVE)  # which moves beyond +95 % or -95 % are too
        if large.size:
            columns.append(np.full(large.size, column_index))
            starts.append(rows[large])
            ends.append(rows[large + 1])
            positions_by_column.append(length + large)
            chunks += [gap, moves_of_column]
            length += len(moves_of_column) + _WINDOW
    if not columns:
        return []
    column, start, end, positions = map(np.concatenate, (columns, starts, ends, positions_by_column))
    returns = np.concatenate([*chunks, gap])
    size, deviation = np.abs(returns[positions]), _local_deviation(returns, positions)
    distance = np.abs(size[:, None] - np.log(_RATIOS))
    is_near = distance <= np.maximum(_LOG_TOLERANCE, _TOLERANCE_DEVIATIONS * deviation)[:, None]
    is_near &= (size >= np.maximum(_MIN_LOG_MOVE, _MIN_DEVIATIONS * deviation))[:, None]
    next_day = times[end] - times[start] <= _MAX_WEEKEND
    with np.errstate(over="ignore"):
        ratios = np.exp(returns[positions])
    moves = [
        _Move(
            str(levels.columns[column[move]]),
            int(end[move]),
            str(days[end[move]]),
            float(ratios[move]),
            bool(next_day[move]),
            tuple(_RATIOS[is_near[move]].tolist()),
        )
        for move in np.flatnonzero(is_near.any(axis=1) | next_day)
    ]
    return [move for move in moves if move.is_too_large or move.ratios]


def _local_deviation(returns: Array, positions: NDArray[np.intp]) -> Array:
    """1.4826 times the median absolute deviation of the returns around each position, without that return.

    NaN is no return. The deviation is 0 if there are no other returns.
    """
    windows = np.lib.stride_tricks.sliding_window_view(returns, 2 * _WINDOW + 1)
    result = np.empty(len(positions))
    for first in range(0, len(positions), _BATCH):
        batch = positions[first : first + _BATCH]
        neighbours = np.delete(windows[batch - _WINDOW], _WINDOW, axis=1)
        result[first : first + _BATCH] = _medians(np.abs(neighbours - _medians(neighbours)[:, None]))
    return np.nan_to_num(_MAD_TO_SD * result, nan=0.0)


def _medians(rows: Array) -> Array:
    """Median of each row without NaN; NaN if the row has no number."""
    ordered = np.sort(rows, axis=1)  # NaN come last
    count = np.count_nonzero(~np.isnan(rows), axis=1)
    lower, upper = (
        np.take_along_axis(ordered, middle[:, None], axis=1)[:, 0]
        for middle in (np.maximum(count - 1, 0) // 2, count // 2)
    )
    return np.asarray(0.5 * (lower + upper))


def _days(levels: pd.DataFrame) -> NDArray[np.datetime64]:
    """The local calendar day of each row."""
    days: NDArray[np.datetime64] = cast(pd.DatetimeIndex, levels.index).tz_localize(None).to_numpy("datetime64[D]")
    return days


def _check_date(what: str, prices: pd.Series[float], days: NDArray[np.datetime64], date: str) -> None:
    """Raise for a date without a price, or without a price before it."""
    priced_days = days[~np.isnan(prices.to_numpy())]
    if date not in set(map(str, priced_days[1:])):
        nearest = priced_days[np.abs(priced_days - np.datetime64(date)).argmin()]
        raise InvalidInput(
            f"{what} must name dates of its prices after the first, {priced_days[0]}, got {date}; "
            f"the nearest is {nearest}"
        )
