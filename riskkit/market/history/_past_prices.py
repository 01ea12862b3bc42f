"""Past prices as a market: the assets that they are of, and the days that returns are taken from."""

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
from numpy.typing import NDArray

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.frozen import FrozenMap
from riskkit._core.validation import boolean, number, short_repr, text
from riskkit.market.calibration._past_returns import FEWEST_RETURNS
from riskkit.market.diffusion._asset import Asset
from riskkit.market.history._checked_prices import blank_stretches, checked_prices, day, percentage, rows_a_year
from riskkit.market.history._splits import adjusted, check_moves, checked_real_moves, checked_splits

__all__ = ["PastPrices", "columns"]

Array = NDArray[np.float64]

_MOST_NAMED = 3
# Steps a year that differ from the rows a year of the prices by more than this are another frequency.
_SAME_FREQUENCY = 0.1


@dataclass(frozen=True, eq=False, repr=False)
class PastPrices(Mapping[str, Asset]):
    """Assets that move by days of the past; as a mapping, their names and `Asset`.

    Parameters
    ----------
    prices : DataFrame, or mapping of str to sequence
        Levels > 0, adjusted for splits and dividends; a row a step (DatetimeIndex, old to new), a column an asset.
        Rows that lack a price are left out. As a mapping, as files have it: the columns, and ``date`` in ISO form.
    cash : mapping of str to float
        Further assets without risk: name → yearly return.
    splits : mapping of str to mapping of str to float
        Ratios by name and date of splits that the prices are not adjusted for: 5 for 5:1, 1/20 for 1:20.
    real_moves : mapping of str to sequence of str
        Dates by name of moves beyond +95 % or -95 % in a day that did happen.
    allow_dropped_rows : bool
        Whether more than half of the rows, or of the time, may be left out for want of prices.

    Raises
    ------
    InvalidInput
        As `fit`, and if fewer than 20 returns are complete, or more than half of the rows are not.

    Warns
    -----
    RiskkitWarning
        If rows are left out: with the column that most of them lack, and their share.
    """

    prices: pd.DataFrame | Mapping[str, Sequence[float | str]]
    cash: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    splits: Mapping[str, Mapping[str, float]] = field(default_factory=dict, kw_only=True)
    real_moves: Mapping[str, Sequence[str]] = field(default_factory=dict, kw_only=True)
    allow_dropped_rows: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "splits", checked_splits(self.splits))
        object.__setattr__(self, "real_moves", checked_real_moves(self.real_moves))
        boolean("allow_dropped_rows", self.allow_dropped_rows)
        prices = checked_prices(_frame(self.prices))
        object.__setattr__(self, "prices", _read_only(prices))
        every = adjusted(prices, self.splits)
        levels = every.dropna()
        if len(levels) <= FEWEST_RETURNS:
            raise InvalidInput(
                f"prices must have at least {FEWEST_RETURNS} returns over rows in which every column has a price, "
                f"got {max(len(levels) - 1, 0)}; leave out the column with the shortest history"
            )
        check_moves(every, self.real_moves, stacklevel=5)
        _tell_dropped(every, levels, self.allow_dropped_rows)
        _tell_stretches(levels, self.allow_dropped_rows)
        if not isinstance(self.cash, Mapping):
            raise InvalidInput(f"cash must be a mapping {{name: yearly return}}, got {short_repr(self.cash)}")
        for name in self.cash:
            if text("cash: name", name) in levels.columns:
                raise InvalidInput(f"cash: {name!r} must not be a column of prices too")
        rates = {name: number(f"cash: return of {name!r}", rate, above=-1.0) for name, rate in self.cash.items()}
        object.__setattr__(self, "cash", FrozenMap(rates))

    @abstractmethod
    def recentring(self, assets: int, steps: int) -> Array:
        """Log growth of each step that keeps the expected returns what they should be (step, asset)."""

    @abstractmethod
    def centred(self, dt: float) -> Array:
        """Log returns less what the expected growth of a step, of `dt` years, comes to (row, column)."""

    @property
    @abstractmethod
    def block_end_probability(self) -> float:
        """That a block of rows ends with a step; with 0 the rows follow each other, from the last to the first."""

    def windows(self, calendar: Calendar) -> int | None:
        """Number of rows at which paths begin, one after the other; None where each begins at a row drawn at random."""
        return None

    @abstractmethod
    def describe(self) -> str:
        """Return which days are taken, in words."""

    @cached_property
    def levels(self) -> pd.DataFrame:
        """The complete rows of the prices, adjusted for splits."""
        return _read_only(adjusted(cast(pd.DataFrame, self.prices), self.splits).dropna())

    @cached_property
    def returns(self) -> Array:
        """Log returns (row, column)."""
        moves: Array = np.diff(np.log(self.levels.to_numpy()), axis=0)
        result = moves[self._steps(blank_stretches(cast(pd.DatetimeIndex, self.levels.index)))]
        result.flags.writeable = False
        return result

    def _steps(self, blank: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which moves from one complete row to the next are steps: all but those over a blank stretch."""
        return ~blank

    @property
    def steps_per_year(self) -> float:
        """Mean number of rows a year."""
        return rows_a_year(cast(pd.DatetimeIndex, self.levels.index))

    @property
    def span(self) -> str:
        """The first and the last day, in words."""
        days = cast(pd.DatetimeIndex, self.levels.index)
        return f"{days[0].date()} to {days[-1].date()}"

    def expected(self) -> dict[str, float]:
        """Yearly returns: those that happened, from the mean price relative of a row."""
        with np.errstate(over="ignore"):
            happened = np.exp(self.returns).mean(axis=0) ** self.steps_per_year - 1.0
        for column in np.flatnonzero(~np.isfinite(happened))[:1]:
            raise InvalidInput(
                f"prices of {self.levels.columns[column]!r} must have a finite mean return a year, got more than 1e308 "
                f"over {self.span}; are the dates right?"
            )
        return dict(zip(self.levels.columns, happened.tolist(), strict=True))

    @cached_property
    def assets(self) -> FrozenMap[Asset]:
        """The assets, with volatilities as they were."""
        volatility = self.returns.std(axis=0, ddof=1) * np.sqrt(self.steps_per_year)
        moving = {
            name: Asset(mean, float(swing))
            for (name, mean), swing in zip(self.expected().items(), volatility, strict=True)
        }
        return FrozenMap({**moving, **{name: Asset(rate, 0.0) for name, rate in self.cash.items()}})

    @cached_property
    def correlation(self) -> pd.DataFrame:
        """Correlation of the log returns, as they were; cash has none."""
        names = list(self.assets)
        matrix = np.eye(len(names))
        size = self.returns.shape[1]
        matrix[:size, :size] = np.corrcoef(self.returns, rowvar=False).reshape(size, size)
        return pd.DataFrame(matrix, index=names, columns=names)

    def check(self, calendar: Calendar) -> None:
        """Refuse a grid whose steps are not as frequent as the rows."""
        rows = self.steps_per_year
        if abs(calendar.steps_per_year / rows - 1.0) > _SAME_FREQUENCY:
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


def _tell_dropped(every: pd.DataFrame, levels: pd.DataFrame, allowed: bool) -> None:
    """Warn of rows that lack a price, and refuse more than half."""
    lost = len(every) - len(levels)
    if not lost:
        return
    missing = every.isna().sum()
    worst = list(missing.index[missing == missing.max()])
    named = ", ".join(map(repr, worst[:_MOST_NAMED])) + (
        f" and {len(worst) - _MOST_NAMED} more" * (len(worst) > _MOST_NAMED)
    )
    share = percentage(lost / len(every))
    if 2 * lost > len(every) and not allowed:
        raise InvalidInput(
            f"prices must have a price of every column in at least half of the rows, got {len(levels):,} of "
            f"{len(every):,} ({share} lost), most for want of {named}, which lack {missing.max():,}; leave that column "
            "out, or allow_dropped_rows=True"
        )
    warnings.warn(
        f"{share} of the rows of prices ({lost:,} of {len(every):,}) lack a price and are left out, most for want of "
        f"{named} ({missing.max():,} rows)",
        RiskkitWarning,
        stacklevel=5,
    )


def _tell_stretches(levels: pd.DataFrame, allowed: bool) -> None:
    """Warn of times without complete rows, and refuse more than half of the history."""
    dates = cast(pd.DatetimeIndex, levels.index)
    blank = np.flatnonzero(blank_stretches(dates))
    if not blank.size:
        return
    spans = (dates[1:] - dates[:-1])[blank]
    first = int(spans.argmax())
    between = f"between {day(dates[blank[first]])} and {day(dates[blank[first] + 1])}"
    share = float(spans.to_series().sum() / (dates[-1] - dates[0]))
    if share > 0.5 and not allowed:
        raise InvalidInput(
            f"prices must cover at least half of their history, got no complete row {between}, and {percentage(share)} "
            "of it in blank stretches; cut the history, or allow_dropped_rows=True"
        )
    warnings.warn(
        f"prices have no complete row {between}: such blank stretches are {percentage(share)} of their history",
        RiskkitWarning,
        stacklevel=5,
    )


def _read_only(levels: pd.DataFrame) -> pd.DataFrame:
    values = levels.to_numpy().copy()
    values.flags.writeable = False
    return pd.DataFrame(values, index=levels.index, columns=levels.columns, copy=False)


def _frame(prices: object) -> object:
    """The prices as a frame, where they come as columns."""
    if not isinstance(prices, Mapping):
        return prices
    if "date" not in prices:
        raise InvalidInput(f"prices must have the dates of its rows under 'date', got only {', '.join(prices)}")
    days = prices["date"]
    for row, each in enumerate(days if isinstance(days, Iterable) and not isinstance(days, str) else [days]):
        if not isinstance(each, str | date | np.datetime64):  # pandas would count a number from 1970 on
            raise InvalidInput(f"prices: dates must be as in 2026-01-31, got {short_repr(each)} in row {row}")
    try:
        dates = pd.DatetimeIndex(prices["date"])
        return pd.DataFrame({name: values for name, values in prices.items() if name != "date"}, index=dates)
    except ValueError as error:
        raise InvalidInput(
            f"prices must be columns of equal length, with dates as in 2026-01-31, got: {short_repr(str(error))}"
        ) from None


def columns(prices: pd.DataFrame) -> dict[str, list[float | str]]:
    """Return prices as columns of plain numbers, and their dates in ISO form: what a file can hold."""
    days = cast(pd.DatetimeIndex, prices.index)
    return {"date": [day.isoformat() for day in days], **{str(name): prices[name].tolist() for name in prices}}
