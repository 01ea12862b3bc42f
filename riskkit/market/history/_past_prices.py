"""Historical prices as a market: its assets and the returns to draw from."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Bools
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.fraction_bounds import INTEREST, fraction, plausible
from riskkit._core.frozen import FrozenMap, set_fields
from riskkit._core.validation import boolean, short_repr, text
from riskkit.market.calibration._past_returns import MIN_RETURNS
from riskkit.market.diffusion._asset import Asset, validated_asset
from riskkit.market.history._checked_prices import checked_prices, day, long_gaps, rows_a_year
from riskkit.market.history._splits import adjusted, check_moves, checked_real_moves, checked_splits

__all__ = ["PastPrices", "columns"]


_MAX_NAMES = 3
# Steps a year that differ from the rows a year of the prices by more than this are another frequency.
_FREQUENCY_TOLERANCE = 0.1


@dataclass(frozen=True, eq=False, repr=False)
class PastPrices(Mapping[str, Asset]):
    """Base class of markets that draw returns from history; a mapping of asset names to `Asset`.

    Parameters
    ----------
    prices : DataFrame, or mapping of str to sequence
        Prices > 0, adjusted for splits and dividends; one row per step (DatetimeIndex, old to new), one column per
        asset. Rows with a missing price are left out. As a mapping, as in files: the columns, and ``date`` in ISO form.
    cash : mapping of str to float
        Further assets without risk: name → yearly return.
    splits : mapping of str to mapping of str to float
        Ratios by name and date of splits for which the prices are not yet adjusted: 5 for 5:1, 1/20 for 1:20.
    real_moves : mapping of str to sequence of str
        Dates by name of real moves beyond +95 % or -95 % in a day.
    allow_dropped_rows : bool
        Whether more than half of the rows, or of the time, may be left out because of missing prices.

    Raises
    ------
    InvalidInput
        As `fit`, and if fewer than 20 returns are complete, or more than half of the rows are not.

    Warns
    -----
    RiskkitWarning
        If rows are left out: with the column that is missing in most of them, and their share.
    """

    prices: pd.DataFrame | Mapping[str, Sequence[float | str]]
    cash: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    splits: Mapping[str, Mapping[str, float]] = field(default_factory=dict, kw_only=True)
    real_moves: Mapping[str, Sequence[str]] = field(default_factory=dict, kw_only=True)
    allow_dropped_rows: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        set_fields(self, splits=checked_splits(self.splits), real_moves=checked_real_moves(self.real_moves))
        boolean("allow_dropped_rows", self.allow_dropped_rows)
        prices = checked_prices(_as_frame(self.prices))
        set_fields(self, prices=_read_only(prices))
        all_levels = adjusted(prices, self.splits)
        levels = all_levels.dropna()
        if len(levels) <= MIN_RETURNS:
            raise InvalidInput(
                f"prices must have at least {MIN_RETURNS} returns over rows in which every column has a price, "
                f"got {max(len(levels) - 1, 0)}; leave out the column with the shortest history"
            )
        check_moves(all_levels, self.real_moves, stacklevel=5)
        _warn_of_dropped_rows(all_levels, levels, self.allow_dropped_rows)
        _warn_of_gaps(levels, self.allow_dropped_rows)
        if not isinstance(self.cash, Mapping):
            raise InvalidInput(f"cash must be a mapping {{name: yearly return}}, got {short_repr(self.cash)}")
        for name in self.cash:
            if text("cash: name", name) in levels.columns:
                raise InvalidInput(f"cash: {name!r} must not be a column of prices too")
        rates = {}
        for name, rate in self.cash.items():
            what = f"cash: return of {name!r}"
            rates[name] = plausible(what, fraction(what, rate, above=-1.0), INTEREST)
        set_fields(self, cash=FrozenMap(rates))

    @abstractmethod
    def recentring(self, assets: int, steps: int) -> Array:
        """The correction of log growth that gives the expected returns (step, asset)."""

    @abstractmethod
    def centred(self, dt: float) -> Array:
        """Log returns less the expected log growth of a step of `dt` years (row, column)."""

    @property
    @abstractmethod
    def block_end_probability(self) -> float:
        """Probability that a block of rows ends with a step; at 0 rows follow each other, the first after the last."""

    def windows(self, calendar: Calendar) -> int | None:
        """Number of start rows, which paths use in turn; None if each path starts at a random row."""
        return None

    @abstractmethod
    def describe(self) -> str:
        """Describe the days that returns are drawn from."""

    @cached_property
    def levels(self) -> pd.DataFrame:
        """The complete rows of the prices, adjusted for splits."""
        return _read_only(adjusted(cast(pd.DataFrame, self.prices), self.splits).dropna())

    @cached_property
    def returns(self) -> Array:
        """Log returns (row, column)."""
        moves: Array = np.diff(np.log(self.levels.to_numpy()), axis=0)
        result = moves[self._steps(long_gaps(cast(pd.DatetimeIndex, self.levels.index)))]
        result.flags.writeable = False
        return result

    def _steps(self, is_gap: Bools) -> Bools:
        """Which moves between complete rows are steps: all except those over a long gap."""
        return ~is_gap

    @property
    def steps_per_year(self) -> float:
        """Mean number of rows a year."""
        return rows_a_year(cast(pd.DatetimeIndex, self.levels.index))

    @property
    def span(self) -> str:
        """The first and the last day, formatted."""
        days = cast(pd.DatetimeIndex, self.levels.index)
        return f"{days[0].date()} to {days[-1].date()}"

    def expected(self) -> dict[str, float]:
        """Realized yearly returns, from the mean price relative of a row."""
        with np.errstate(over="ignore"):
            realized = np.exp(self.returns).mean(axis=0) ** self.steps_per_year - 1.0
        for column in np.flatnonzero(~np.isfinite(realized))[:1]:
            raise InvalidInput(
                f"prices of {self.levels.columns[column]!r} must have a finite mean return a year, got more than 1e308 "
                f"over {self.span}; are the dates right?"
            )
        return dict(zip(self.levels.columns, realized.tolist(), strict=True))

    @cached_property
    def assets(self) -> FrozenMap[Asset]:
        """The assets with their realized volatilities."""
        volatility = self.returns.std(axis=0, ddof=1) * np.sqrt(self.steps_per_year)
        # The past may have been wilder than any assumption about the years to come.
        risky = {
            name: validated_asset(mean, deviation)
            for (name, mean), deviation in zip(self.expected().items(), volatility.tolist(), strict=True)
        }
        return FrozenMap({**risky, **{name: Asset(rate, 0.0) for name, rate in self.cash.items()}})

    @cached_property
    def correlation(self) -> pd.DataFrame:
        """Sample correlation of the log returns; 0 for cash."""
        names = list(self.assets)
        matrix = np.eye(len(names))
        size = self.returns.shape[1]
        matrix[:size, :size] = np.corrcoef(self.returns, rowvar=False).reshape(size, size)
        return pd.DataFrame(matrix, index=names, columns=names)

    def check(self, calendar: Calendar) -> None:
        """Raise unless the steps of the calendar are as frequent as the rows."""
        rows = self.steps_per_year
        if abs(calendar.steps_per_year / rows - 1.0) > _FREQUENCY_TOLERANCE:
            raise InvalidInput(
                f"steps_per_year must be that of the prices that returns are taken from, about {rows:.3g}, got "
                f"{calendar.steps_per_year}; thin the prices out first, with prices.resample('ME').last() for months"
            )

    def __getitem__(self, name: str) -> Asset:
        return self.assets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.assets)

    def __len__(self) -> int:
        return len(self.assets)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.levels):,} rows of {', '.join(self.levels.columns)}, {self.span})"

    def _identity(self) -> tuple[Any, ...]:
        days = cast(pd.DatetimeIndex, self.levels.index)
        table = (self.levels.to_numpy().tobytes(), days.asi8.tobytes(), str(days.tz), tuple(self.levels.columns))
        return (type(self), *table, self.cash, self.splits, self.real_moves, self.allow_dropped_rows)

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, PastPrices) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())


def _warn_of_dropped_rows(all_levels: pd.DataFrame, levels: pd.DataFrame, allowed: bool) -> None:
    """Warn of rows with a missing price, and raise if they are more than half."""
    dropped = len(all_levels) - len(levels)
    if not dropped:
        return
    missing = all_levels.isna().sum()
    most_missing = list(missing.index[missing == missing.max()])
    names_text = ", ".join(map(repr, most_missing[:_MAX_NAMES])) + (
        f" and {len(most_missing) - _MAX_NAMES} more" * (len(most_missing) > _MAX_NAMES)
    )
    share = percent(dropped / len(all_levels))
    if 2 * dropped > len(all_levels) and not allowed:
        raise InvalidInput(
            f"prices must have a price of every column in at least half of the rows, got {len(levels):,} of "
            f"{len(all_levels):,} ({share} left out), most because of {names_text}, without {missing.max():,}; "
            "leave that column out, or allow_dropped_rows=True"
        )
    warnings.warn(
        f"{share} of the rows of prices ({dropped:,} of {len(all_levels):,}) have a missing price and are left out, "
        f"most because of {names_text} ({missing.max():,} rows)",
        RiskkitWarning,
        stacklevel=5,
    )


def _warn_of_gaps(levels: pd.DataFrame, allowed: bool) -> None:
    """Warn of long gaps between complete rows, and raise if they are more than half of the history."""
    dates = cast(pd.DatetimeIndex, levels.index)
    is_gap = np.flatnonzero(long_gaps(dates))
    if not is_gap.size:
        return
    gap_spans = (dates[1:] - dates[:-1])[is_gap]
    longest = int(gap_spans.argmax())
    between = f"between {day(dates[is_gap[longest]])} and {day(dates[is_gap[longest] + 1])}"
    share = float(gap_spans.to_series().sum() / (dates[-1] - dates[0]))
    if share > 0.5 and not allowed:
        raise InvalidInput(
            f"prices must cover at least half of their history, got no complete row {between}, and {percent(share)} "
            "of it in long gaps; cut the history, or allow_dropped_rows=True"
        )
    warnings.warn(
        f"prices have no complete row {between}: such long gaps are {percent(share)} of their history",
        RiskkitWarning,
        stacklevel=5,
    )


def _read_only(levels: pd.DataFrame) -> pd.DataFrame:
    values = levels.to_numpy().copy()
    values.flags.writeable = False
    return pd.DataFrame(values, index=levels.index, columns=levels.columns, copy=False)


def _as_frame(prices: object) -> object:
    """The prices as a frame if they are a mapping of columns, else unchanged."""
    if not isinstance(prices, Mapping):
        return prices
    if "date" not in prices:
        raise InvalidInput(f"prices must have the dates of its rows under 'date', got only {', '.join(prices)}")
    days = prices["date"]
    for row, day_value in enumerate(days if isinstance(days, Iterable) and not isinstance(days, str) else [days]):
        if not isinstance(day_value, str | date | np.datetime64):  # pandas would count a number from 1970 on
            raise InvalidInput(f"prices: dates must be as in 2026-01-31, got {short_repr(day_value)} in row {row}")
    try:
        dates = pd.DatetimeIndex(prices["date"])
        return pd.DataFrame({name: values for name, values in prices.items() if name != "date"}, index=dates)
    except ValueError as error:
        raise InvalidInput(
            f"prices must be columns of equal length, with dates as in 2026-01-31, got: {short_repr(str(error))}"
        ) from None


def columns(prices: pd.DataFrame) -> dict[str, list[float | str]]:
    """Return prices as columns of numbers, with dates in ISO form, for files."""
    days = cast(pd.DatetimeIndex, prices.index)
    return {"date": [day.isoformat() for day in days], **{str(name): prices[name].tolist() for name in prices}}
