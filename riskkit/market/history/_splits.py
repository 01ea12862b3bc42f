"""Splits in past prices: named ones are adjusted for, and moves that look like one are warned of or refused."""

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

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.frozen import FrozenMap
from riskkit._core.validation import number, require_known, short_repr
from riskkit.market.history._checked_prices import day

__all__ = ["RealMoves", "Splits", "adjusted", "check_moves", "checked_real_moves", "checked_splits", "restricted"]

Array = NDArray[np.float64]

#: Ratios by name and date: 5 for a 5:1 split, 1/20 for a reverse split of 1:20.
Splits = Mapping[str, Mapping[str, float]]
#: Dates by name on which a large move is real.
RealMoves = Mapping[str, Sequence[str]]

_LARGEST_MOVE = 0.95
_ROUNDING = 1e-9  # so that 20:1 to the last digit is -95 %
# Prices at most this far apart are those of neighbouring trading days, with a long weekend between them.
_LONGEST_WEEKEND = np.timedelta64(5, "D")
_SMALLEST_SPLIT = math.log(1.8)
_DEVIATIONS = 8.0
_WINDOW = 63  # returns on each side of a move, which say how much is usual there
_NORMAL = 1.4826  # standard deviations of a normal law in its median absolute deviation
_REACH, _REACH_DEVIATIONS = 0.02, 4.0
_RATIOS = np.arange(2, 26)
_MOST_WARNINGS = 20
_BATCH = 4096  # moves whose neighbours are in memory at once
_MOST_NAMED = 5


@dataclass(frozen=True)
class _Move:
    """A large move of one column between two of its own prices: where it ends, and which splits it could be."""

    name: str
    row: int
    date: str
    ratio: float
    next_day: bool
    ratios: tuple[int, ...]

    @property
    def beyond(self) -> bool:
        """Whether it is too large for a day."""
        return self.next_day and abs(self.ratio - 1.0) > _LARGEST_MOVE + _ROUNDING

    @property
    def kinds(self) -> str:
        """The splits that it could be, in words."""
        return " or ".join(f"{n}:1" if self.ratio < 1.0 else f"1:{n}" for n in self.ratios)

    @property
    def adjustment(self) -> str:
        """The argument that adjusts for it."""
        ratio = " or ".join(f"{n}" if self.ratio < 1.0 else f"1/{n}" for n in self.ratios) or "its ratio"
        return f"if it is a split, splits={{{self.name!r}: {{{self.date!r}: {ratio}}}}} divides the prices before it"


def checked_splits(splits: object) -> FrozenMap[FrozenMap[float]]:
    """Return ratios > 0 by name and ISO date."""
    if splits is None:
        return FrozenMap({})
    if not isinstance(splits, Mapping) or not all(isinstance(dates, Mapping) for dates in splits.values()):
        raise InvalidInput(f"splits must be as in {{'TSLA': {{'2020-08-31': 5}}}}, got {short_repr(splits, 80)}")
    found: dict[str, FrozenMap[float]] = {}
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
        found[name] = FrozenMap(ratios)
    return FrozenMap(found)


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


def restricted(named: Mapping[str, Any], what: str, columns: Iterable[str], kept: Collection[str]) -> dict[str, Any]:
    """Return what is named of the columns that are kept; a name that is no column is refused."""
    require_known(what, named, columns)
    return {name: value for name, value in named.items() if name in kept}


def adjusted(levels: pd.DataFrame, splits: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Return prices with those before each named date divided by its ratio.

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
    place: Callable[[str, int], str] | None = None,
    stacklevel: int = 3,
) -> None:
    """Warn of moves that look like a split, and refuse those that are too large for a day.

    Parameters
    ----------
    levels : DataFrame
        Prices > 0 (date, name), NaN where there is none. Moves are those between a column's own neighbouring prices.
    real_moves : mapping
        Dates by name, as `checked_real_moves` returns them: moves that are let in.
    place : function, optional
        Says where a price stands, from the name of its column and its row; messages begin with it.
    stacklevel : int
        Of the warnings, seen from the caller.

    Raises
    ------
    InvalidInput
        If a name in `real_moves` is no column, or has no move that ends on a date; if a move of a day is above +95 %
        or below -95 % and is not named.

    Warns
    -----
    RiskkitWarning
        Of each move that looks like a split, whether it is named or not.

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
    where = place or (lambda name, _: f"prices of {name!r} ")
    moves = _large_moves(levels, days)
    _refuse([move for move in moves if move.beyond and move.date not in real_moves.get(move.name, ())], where)
    likely = [move for move in moves if move.ratios]
    for move in likely[:_MOST_WARNINGS]:
        warnings.warn(
            f"{where(move.name, move.row)}moved to {move.ratio:.4f} times the price before on {move.date}: a likely "
            f"split of {move.kinds}; {move.adjustment}; if the move is real, it stays as it is",
            RiskkitWarning,
            stacklevel=stacklevel,
        )
    if len(likely) > _MOST_WARNINGS:
        warnings.warn(
            f"{len(likely) - _MOST_WARNINGS:,} more moves look like splits, such as that of {likely[-1].name!r} on "
            f"{likely[-1].date}; are the prices adjusted?",
            RiskkitWarning,
            stacklevel=stacklevel,
        )


def _refuse(moves: list[_Move], where: Callable[[str, int], str]) -> None:
    for move in moves[:1]:
        looks = f"a likely split of {move.kinds}" if move.ratios else "probably a split that was missed"
        others = [f"{other.name!r} on {other.date}" for other in moves[1 : 1 + _MOST_NAMED]]
        uncounted = len(moves) - 1 - len(others)
        more = f"; so do {', '.join(others)}" + (f" and {uncounted:,} more" if uncounted else "") if others else ""
        raise InvalidInput(
            f"{where(move.name, move.row)}must move by less than {_LARGEST_MOVE:.0%} in a day, got "
            f"{move.ratio - 1.0:+.1%} on {move.date} ({move.ratio:.4f} times the price before), {looks}; "
            f"{move.adjustment}; if the move is real, real_moves={{{move.name!r}: [{move.date!r}]}} lets it in{more}"
        )


def _large_moves(levels: pd.DataFrame, days: NDArray[np.datetime64]) -> list[_Move]:
    """Moves that are too large for a day, or look like a split, column by column."""
    index = cast(pd.DatetimeIndex, levels.index)
    times = (index if index.tz is None else index.tz_convert(None)).to_numpy()
    prices = np.ascontiguousarray(levels.to_numpy(dtype=np.float64).T)
    there = ~np.isnan(prices)
    gap, pieces = np.full(_WINDOW, np.nan), []
    columns, ends, starts, places, length = [], [], [], [], _WINDOW
    for place in range(len(prices)):
        rows = np.flatnonzero(there[place])
        own = np.diff(np.log(prices[place, rows]))
        large = np.flatnonzero(np.abs(own) >= _SMALLEST_SPLIT)  # which moves beyond +95 % or -95 % are too
        if large.size:
            columns.append(np.full(large.size, place))
            starts.append(rows[large])
            ends.append(rows[large + 1])
            places.append(length + large)
            pieces += [gap, own]
            length += len(own) + _WINDOW
    if not columns:
        return []
    column, start, end, at = map(np.concatenate, (columns, starts, ends, places))
    returns = np.concatenate([*pieces, gap])
    size, deviation = np.abs(returns[at]), _local_deviation(returns, at)
    off = np.abs(size[:, None] - np.log(_RATIOS))
    near = off <= np.maximum(_REACH, _REACH_DEVIATIONS * deviation)[:, None]
    near &= (size >= np.maximum(_SMALLEST_SPLIT, _DEVIATIONS * deviation))[:, None]
    next_day = times[end] - times[start] <= _LONGEST_WEEKEND
    with np.errstate(over="ignore"):
        ratios = np.exp(returns[at])
    moves = [
        _Move(
            str(levels.columns[column[move]]),
            int(end[move]),
            str(days[end[move]]),
            float(ratios[move]),
            bool(next_day[move]),
            tuple(_RATIOS[near[move]].tolist()),
        )
        for move in np.flatnonzero(near.any(axis=1) | next_day)
    ]
    return [move for move in moves if move.beyond or move.ratios]


def _local_deviation(returns: Array, at: NDArray[np.intp]) -> Array:
    """1.4826 times the median absolute deviation of the returns around each of some (at), which it leaves out.

    NaN are no returns. It is 0 where there are no others.
    """
    windows = np.lib.stride_tricks.sliding_window_view(returns, 2 * _WINDOW + 1)
    result = np.empty(len(at))
    for first in range(0, len(at), _BATCH):
        own = at[first : first + _BATCH]
        around = np.delete(windows[own - _WINDOW], _WINDOW, axis=1)
        result[first : first + _BATCH] = _medians(np.abs(around - _medians(around)[:, None]))
    return np.nan_to_num(_NORMAL * result, nan=0.0)


def _medians(rows: Array) -> Array:
    """Median of each row without its NaN; NaN where it has nothing else."""
    ordered = np.sort(rows, axis=1)  # NaN come last
    count = np.count_nonzero(~np.isnan(rows), axis=1)
    lower, upper = (
        np.take_along_axis(ordered, middle[:, None], axis=1)[:, 0]
        for middle in (np.maximum(count - 1, 0) // 2, count // 2)
    )
    return np.asarray(0.5 * (lower + upper))


def _days(levels: pd.DataFrame) -> NDArray[np.datetime64]:
    """The calendar day of each row, as its clock shows it."""
    days: NDArray[np.datetime64] = cast(pd.DatetimeIndex, levels.index).tz_localize(None).to_numpy("datetime64[D]")
    return days


def _check_date(what: str, prices: pd.Series[float], days: NDArray[np.datetime64], date: str) -> None:
    """Refuse a date on which a column has no price, or none before it."""
    there = days[~np.isnan(prices.to_numpy())]
    if date not in set(map(str, there[1:])):
        near = there[np.abs(there - np.datetime64(date)).argmin()]
        raise InvalidInput(
            f"{what} must name dates of its prices after the first, {there[0]}, got {date}; the nearest is {near}"
        )
