"""Full price paths and full books as data: arrays, with export to pandas, Parquet, xarray and return series."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Ints
from riskkit._core.atomic_write import write_atomically
from riskkit._core.errors import InvalidInput, MissingExtra
from riskkit._core.validation import file_path, integer, short_repr

__all__ = ["DEATH", "Paths", "Trace", "step_dates", "xarray_module"]


#: Name of the investor's death among the events of a trace.
DEATH = "death"


@dataclass(frozen=True, eq=False)
class Paths:
    """Full price paths.

    Attributes
    ----------
    names : tuple of str
        Names of the assets.
    times : ndarray
        Years from the start (time).
    prices : ndarray
        Prices, 1 at the start (time, asset, path).
    events : DataFrame
        One row per event: path, shock, time (years), step (at whose end it moves prices).
    """

    names: tuple[str, ...]
    times: Array = field(repr=False)
    prices: Array = field(repr=False)
    events: pd.DataFrame = field(repr=False)

    def frame(self, path: int = 0) -> pd.DataFrame:
        """Prices of one path as a DataFrame (time, asset)."""
        return pd.DataFrame(self.prices[:, :, path], index=pd.Index(self.times, name="years"), columns=list(self.names))

    def to_pandas(self) -> pd.DataFrame:
        """All prices in one long frame: one row per path and time.

        Returns
        -------
        DataFrame
            Columns ``path``, ``time`` (years) and, for each asset, ``price: NAME``.
        """
        columns = {f"price: {name}": self.prices[:, row] for row, name in enumerate(self.names)}
        return _long(np.arange(self.prices.shape[2]), self.times, columns)

    def to_parquet(self, path: str | Path) -> None:
        """Write the frame of `to_pandas` to a Parquet file."""
        write_atomically(file_path("path", path), lambda file: self.to_pandas().to_parquet(file, index=False))

    def to_xarray(self) -> Any:
        """The prices as an ``xarray.Dataset``: ``price`` (time, asset, path), with labels."""
        return xarray_module().Dataset(
            {"price": (("time", "asset", "path"), self.prices)},
            coords={"time": self.times, "asset": list(self.names), "path": np.arange(self.prices.shape[2])},
        )


@dataclass(frozen=True, eq=False)
class Trace:
    """The full books of one rule on some paths.

    Attributes
    ----------
    names : tuple of str
        Names of the holdings.
    paths : ndarray of int
        Numbers of the paths.
    times : ndarray
        Years from the start (time).
    wealth : ndarray
        Net wealth in multiples of the start, before the tax of selling, after the step's price moves and before its
        trades (time, path).
    wealth_after_tax : ndarray
        The same after the tax of selling everything at that time, without trading cost or discount; at least 0, and
        equal to `wealth` without a tax (time, path).
    weights, prices : ndarray
        Shares of gross assets before the step's trades, and prices from 1 (time, asset, path).
    trades : DataFrame
        One row per holding traded on a date: path, time, holding, amount (bought or vested > 0, sold < 0), cost
        (discount included), tax (on gains, a path's tax on the date split by value sold, below 0 where a loss refunds
        tax that a margin call of the date has paid; and on dividends); money in multiples of the start wealth.
        Deposits are purchases; what vests has no cost. A dividend that buys its own payer is a sale of its tax alone,
        without cost; one of an unlisted holding is a sale of the holding, without cost, and a purchase. Where several
        of these, spending and the rule trade one holding on one date, the amount is the balance, and cost and tax are
        of all. Sales of a margin call happen before the date, dividends of the last step before its wealth is
        measured, as are settlements; these, spreads and fees of instruments, and tax on their gains appear in
        `accounts` only.
    events : DataFrame
        One row per event: path, shock, time, step; and one per death of the investor, whose shock is ``"death"``.
    accounts : mapping of str to ndarray
        Totals so far, before the step's trades, in multiples of the start wealth (time, path): ``cost``, ``tax``,
        ``interest``, ``spent``, ``deposited``, ``vested``, ``lender_loss``, ``premiums`` paid and ``payoffs`` received
        for instruments, and the current ``debt`` and what is ``owed`` for instruments.
    """

    names: tuple[str, ...]
    paths: Ints
    times: Array = field(repr=False)
    wealth: Array = field(repr=False)
    wealth_after_tax: Array = field(repr=False)
    weights: Array = field(repr=False)
    prices: Array = field(repr=False)
    trades: pd.DataFrame = field(repr=False)
    events: pd.DataFrame = field(repr=False)
    accounts: Mapping[str, Array] = field(repr=False)

    def returns(self, path: int | None = None, *, start: str | datetime.date = "2026-01-01") -> pd.Series[float]:
        """The simple returns of one path's wealth by date, as quantstats, empyrical and pyfolio take them.

        Wealth is before the tax of selling.

        Parameters
        ----------
        path : int, optional
            Number of a path; the first by default.
        start : str or date
            The day on whose morning the path begins. The steps of a month are spread evenly over its days, and a
            return is dated by the last day of its step, so that twelve months of daily steps are a calendar year.

        Returns
        -------
        Series
            One return per step, named ``"path 17"``; the index is a DatetimeIndex, and ``(1 + returns).prod()`` is the
            final wealth. After ruin, which is a return of -1, returns are 0. Spending counts as a loss, and what is
            deposited or vests as a gain.

        Raises
        ------
        InvalidInput
            If the path was not traced, or `start` is no date.

        Examples
        --------
        >>> import riskkit as rk
        >>> book = rk.trace(rk.scenarios.baron(), "hold", paths=[17], seed=1)
        >>> returns = book.returns(17, start="2026-01-01")
        >>> len(returns), str(returns.index[0].date()), str(returns.index[-1].date())
        (2520, '2026-01-02', '2035-12-31')
        """
        number = int(self.paths[0]) if path is None else integer("path", path, at_least=0)
        if number not in self.paths:
            raise InvalidInput(
                f"path must be one of those traced, {', '.join(map(str, self.paths))}, got {short_repr(path)}"
            )
        wealth = self.wealth[:, int(np.argmax(self.paths == number))]
        growth = np.divide(wealth[1:], wealth[:-1], out=np.ones(wealth.size - 1), where=wealth[:-1] > 0.0)
        return pd.Series(growth - 1.0, index=step_dates(self.times, start), name=f"path {number}")

    def to_pandas(self) -> pd.DataFrame:
        """The books in one long frame: one row per path and time; `trades` and `events` are separate frames.

        Returns
        -------
        DataFrame
            Columns ``path``, ``time`` (years), ``wealth``, ``wealth_after_tax``, the accounts and, for each holding,
            ``weight: NAME`` and ``price: NAME``.
        """
        columns = {"wealth": self.wealth, "wealth_after_tax": self.wealth_after_tax, **self.accounts}
        for what, values in (("weight", self.weights), ("price", self.prices)):
            columns |= {f"{what}: {name}": values[:, row] for row, name in enumerate(self.names)}
        return _long(self.paths, self.times, columns)

    def to_parquet(self, path: str | Path) -> None:
        """Write the frame of `to_pandas` to a Parquet file."""
        write_atomically(file_path("path", path), lambda file: self.to_pandas().to_parquet(file, index=False))

    def to_xarray(self) -> Any:
        """The books as an ``xarray.Dataset``, with labels.

        Returns
        -------
        xarray.Dataset
            ``wealth``, ``wealth_after_tax`` and the accounts (time, path), ``weight`` and ``price``
            (time, holding, path).
        """
        by_holding, by_path = ("time", "holding", "path"), ("time", "path")
        values = {
            "wealth": (by_path, self.wealth),
            "wealth_after_tax": (by_path, self.wealth_after_tax),
            "weight": (by_holding, self.weights),
            "price": (by_holding, self.prices),
        }
        return xarray_module().Dataset(
            values | {name: (by_path, account) for name, account in self.accounts.items()},
            coords={"time": self.times, "holding": list(self.names), "path": self.paths},
        )


def step_dates(times: Array, start: str | datetime.date) -> pd.DatetimeIndex:
    """The last day of each step of a path that begins on the morning of a day.

    Parameters
    ----------
    times : ndarray
        Years from the start (time), from 0 on.
    start : str or date
        The day.

    Returns
    -------
    DatetimeIndex
        One date for each time but the first; with hours where there are more steps than days.

    Raises
    ------
    InvalidInput
        If `start` is no date.

    Examples
    --------
    >>> step_dates(np.arange(4) / 12, "2026-01-01").strftime("%d %b").tolist()
    ['31 Jan', '28 Feb', '31 Mar']
    """
    first = pd.to_datetime(start, errors="coerce") if isinstance(start, str | datetime.date) else pd.NaT
    if pd.isna(first):
        raise InvalidInput(f"start must be a date, such as '2026-01-01', got {short_repr(start)}")
    months = 12.0 * times[1:]
    # A time that is a whole number of months, up to rounding, is the end of the last of them.
    past_months = np.floor(np.where(np.abs(months - np.rint(months)) < 1e-9, np.rint(months), months)).astype(int)
    ends = pd.DatetimeIndex([first + pd.DateOffset(months=month) for month in range(int(past_months[-1]) + 2)])
    moments = ends[past_months] + (ends[past_months + 1] - ends[past_months]) * np.maximum(months - past_months, 0.0)
    last_moments = pd.DatetimeIndex(moments - pd.Timedelta(1, "us"))
    days = last_moments.normalize()
    return days if days.is_unique else last_moments


def xarray_module() -> Any:
    """The package xarray, or an error that says how to install it."""
    try:
        return import_module("xarray")
    except ImportError:
        raise MissingExtra("to_xarray needs xarray: pip install xarray") from None


def _long(paths: Ints, times: Array, columns: Mapping[str, Array]) -> pd.DataFrame:
    """Columns (time, path) as a frame with one row per path and time, sorted by path."""
    labels = {"path": np.repeat(paths, times.size), "time": np.tile(times, paths.size)}
    return pd.DataFrame({**labels, **{name: values.ravel(order="F") for name, values in columns.items()}})
