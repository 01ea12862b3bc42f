"""History itself as a market: days that did happen, in blocks, with all assets together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.calendar import Calendar
from riskkit.checks import known, number, text
from riskkit.errors import InvalidInput
from riskkit.frozen import FrozenMap, remembered
from riskkit.market.assets import Asset
from riskkit.market.block_length import block_for_clusters
from riskkit.market.price_table import checked_prices, refuse_missed_splits, rows_a_year
from riskkit.market.wording import percent
from riskkit.streams import Stream

__all__ = ["History", "Resampled", "columns"]

Array = NDArray[np.float64]

_FEWEST_RETURNS = 20
# Steps a year that differ from the rows a year of the prices by more than this are another frequency.
_SAME_FREQUENCY = 0.1


@dataclass(frozen=True, eq=False)
class History:
    """Days of the past as the kernel reads them.

    Attributes
    ----------
    key : tuple of uint64
        Key of the stream that says where blocks begin.
    growth : ndarray
        Log growth, to which that of the tape is added (asset, row).
    jump : float
        Probability that a block ends with a step; with 0 the rows follow each other, from the last to the first.
    start : ndarray
        Row of the first step (path).
    """

    key: tuple[np.uint64, np.uint64]
    growth: Array
    jump: float
    start: Array


@dataclass(frozen=True, eq=False)
class Resampled(Mapping[str, Asset]):
    """Joint returns of the past in random blocks; in a `Market` it takes the place of assets and correlation.

    Parameters
    ----------
    prices : DataFrame, or mapping of str to sequence
        Levels > 0, adjusted for splits and dividends; a row a step (DatetimeIndex, old to new), a column an asset.
        Rows that lack a price are left out. As a mapping, as files have it: the columns, and ``date`` in ISO form.
    block : float, optional
        Mean length of a block in rows, >= 1. By default the longest that Politis and White's rule gives for the
        returns and the absolute returns of each asset.
    expected_return : float or mapping of str to float, optional
        Yearly, > -1. By default what happened, which says little: its standard error is told in the assumptions.
    cash : mapping of str to float, optional
        Further assets without risk: name → yearly return.

    Raises
    ------
    InvalidInput
        As `fit`, and if fewer than 20 returns are complete.

    Notes
    -----
    The stationary bootstrap (Politis and Romano 1994): blocks of geometric length begin at rows that are all alike
    likely, and run on from the last row to the first. Log returns are shifted, step by step and alike on all paths, so
    that E[S_t] = (1 + m)**t. No step is worse than one that did happen; days beyond are for shocks. The steps of a
    scenario must be as frequent as the rows.
    """

    prices: pd.DataFrame | Mapping[str, Sequence[float | str]]
    block: float | None = None
    expected_return: float | Mapping[str, float] | None = field(default=None, kw_only=True)
    cash: Mapping[str, float] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        levels = checked_prices(_frame(self.prices)).dropna()
        returns = np.diff(np.log(levels.to_numpy()), axis=0)
        if len(returns) < _FEWEST_RETURNS:
            raise InvalidInput(
                f"prices must have at least {_FEWEST_RETURNS} returns over rows in which every column has a price, "
                f"got {len(returns)}; leave out the column with the shortest history"
            )
        refuse_missed_splits(levels, returns)
        levels.to_numpy().flags.writeable = False
        object.__setattr__(self, "prices", levels)
        block = block_for_clusters(returns) if self.block is None else self.block
        object.__setattr__(self, "block", number("Resampled: block", block, at_least=1.0, at_most=float(len(returns))))
        names = list(levels.columns)
        expected = self.expected_return
        if isinstance(expected, Mapping):
            known("Resampled: expected_return", expected, names)
            known("Resampled: expected_return must name each column of prices; each column", names, expected)
            checked = {
                name: number(f"Resampled: expected_return of {name!r}", expected[name], above=-1.0) for name in names
            }
            object.__setattr__(self, "expected_return", FrozenMap(checked))
        elif expected is not None:
            object.__setattr__(self, "expected_return", number("Resampled: expected_return", expected, above=-1.0))
        if not isinstance(self.cash, Mapping):
            raise InvalidInput(f"Resampled: cash must be a mapping {{name: yearly return}}, got {self.cash!r}")
        for name in self.cash:
            if text("Resampled: name in cash", name) in names:
                raise InvalidInput(f"Resampled: cash {name!r} must not be a column of prices too")
        rates = {name: number(f"Resampled: cash {name!r}", rate, above=-1.0) for name, rate in self.cash.items()}
        object.__setattr__(self, "cash", FrozenMap(rates))

    @property
    def levels(self) -> pd.DataFrame:
        """The complete rows of the prices."""
        return cast(pd.DataFrame, self.prices)

    @cached_property
    def returns(self) -> Array:
        """Log returns (row, column)."""
        result: Array = np.diff(np.log(self.levels.to_numpy()), axis=0)
        result.flags.writeable = False
        return result

    @property
    def steps_per_year(self) -> float:
        """Mean number of rows a year."""
        return rows_a_year(cast(pd.DatetimeIndex, self.levels.index))

    @cached_property
    def assets(self) -> FrozenMap[Asset]:
        """The assets: expected returns as asked for, volatilities as they were."""
        names, rows = list(self.levels.columns), self.steps_per_year
        happened = np.exp(self.returns).mean(axis=0) ** rows - 1.0
        expected = self.expected_return
        volatility = self.returns.std(axis=0, ddof=1) * np.sqrt(rows)
        assets = {}
        for column, name in enumerate(names):
            mean = (
                expected[name] if isinstance(expected, Mapping) else happened[column] if expected is None else expected
            )
            assets[name] = Asset(float(mean), float(volatility[column]))
        return FrozenMap({**assets, **{name: Asset(rate, 0.0) for name, rate in self.cash.items()}})

    @cached_property
    def correlation(self) -> pd.DataFrame:
        """Correlation of the log returns, as they were; cash has none."""
        names = list(self.assets)
        matrix = np.eye(len(names))
        size = self.returns.shape[1]
        matrix[:size, :size] = np.corrcoef(self.returns, rowvar=False).reshape(size, size)
        return pd.DataFrame(matrix, index=names, columns=names)

    def __getitem__(self, name: str) -> Asset:
        return self.assets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.assets)

    def __len__(self) -> int:
        return len(self.assets)

    def check(self, calendar: Calendar) -> None:
        """Refuse a grid whose steps are not as frequent as the rows."""
        rows = self.steps_per_year
        if abs(calendar.steps_per_year / rows - 1.0) > _SAME_FREQUENCY:
            raise InvalidInput(
                f"steps_per_year must be that of the prices that are resampled, about {rows:.3g}, got "
                f"{calendar.steps_per_year}; thin the prices out first, with prices.resample('ME').last() for months"
            )

    @remembered
    def recentring(self, assets: int, steps: int) -> Array:
        """Log growth of each step that makes up for the mean of what the days before have done (step, asset).

        Days that follow each other depend on each other, so the mean of a product of days is not the product of their
        means; it is followed over all rows, from which a path may have come.
        """
        growth, stay = np.exp(self._centred), 1.0 - 1.0 / cast(float, self.block)
        result = np.zeros((steps, assets))
        weight = np.full_like(growth, 1.0 / len(growth))
        for step in range(steps):
            grown = weight * growth
            total = grown.sum(axis=0)
            result[step, : growth.shape[1]] = -np.log(total)
            grown /= total
            weight = stay * np.roll(grown, 1, axis=0) + (1.0 - stay) / len(growth)
        return result

    @property
    def _centred(self) -> Array:
        """Log returns, shifted so that the mean of their exponentials is 1 (row, column)."""
        centred: Array = self.returns - np.log(np.exp(self.returns).mean(axis=0))
        return centred

    def lay_out(
        self, calendar: Calendar, paths: NDArray[np.uint64], streams: Callable[[str], Stream], assets: int
    ) -> History:
        """Return the days that given paths draw from; `assets` counts those of the market, cash last."""
        self.check(calendar)
        stream, rows = streams("history"), len(self.returns)
        growth = np.zeros((assets, rows))
        growth[: self.returns.shape[1]] = self._centred.T
        start = np.floor(stream.uniforms(paths, 0, 1)[0] * rows)
        return History(stream.key, growth, 1.0 / cast(float, self.block), start)

    def describe(self) -> str:
        """Return what it does, and how sure the expected returns are where they are history's own."""
        first, last = (str(date.date()) for date in (self.levels.index[0], self.levels.index[-1]))
        words = f"Returns are drawn from {first} to {last} in blocks of {self.block:.3g} rows on average"
        if self.expected_return is not None:
            return words
        error = self.returns.std(axis=0, ddof=1) * self.steps_per_year / np.sqrt(len(self.returns))
        means = (
            f"{name} {percent(self.assets[name].mean_return)} ± {percent(float(sd))}"
            for name, sd in zip(self.levels.columns, error, strict=True)
        )
        return f"{words}; expected returns are those of that time: {', '.join(means)} (standard error)"

    def _identity(self) -> tuple[Any, ...]:
        index = cast(pd.DatetimeIndex, self.levels.index)
        data = (self.levels.to_numpy().tobytes(), index.asi8.tobytes(), str(index.tz), tuple(self.levels.columns))
        return (*data, self.block, self.expected_return, self.cash)

    def __eq__(self, other: object) -> bool:
        return self._identity() == other._identity() if isinstance(other, Resampled) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())


def _frame(prices: object) -> object:
    """The prices as a frame, where they come as columns."""
    if not isinstance(prices, Mapping):
        return prices
    if "date" not in prices:
        raise InvalidInput(f"prices must have the dates of its rows under 'date', got only {', '.join(prices)}")
    try:
        dates = pd.DatetimeIndex(prices["date"])
        return pd.DataFrame({name: values for name, values in prices.items() if name != "date"}, index=dates)
    except ValueError as error:
        raise InvalidInput(
            f"prices must be columns of equal length, with dates as in 2026-01-31, got: {error}"
        ) from None


def columns(prices: pd.DataFrame) -> dict[str, list[float | str]]:
    """Return prices as columns of plain numbers, and their dates in ISO form: what a file can hold."""
    days = cast(pd.DatetimeIndex, prices.index)
    return {"date": [day.isoformat() for day in days], **{str(name): prices[name].tolist() for name in prices}}
