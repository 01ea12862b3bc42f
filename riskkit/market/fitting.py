"""A market from real prices: volatility and correlation from history, expected returns from the user."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import combinations
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.checks import known, number, unique
from riskkit.errors import InvalidInput, RiskkitWarning
from riskkit.market.assets import Asset
from riskkit.market.correlation import smallest_eigenvalue
from riskkit.market.market import Market
from riskkit.market.nearest import nearest_correlation

__all__ = ["fit"]

_FEWEST_RETURNS = 20
_LARGEST_RETURN = 0.95
_DAYS_A_YEAR = 365.25
# Rows at most this far apart are neighbouring trading days, with a long weekend between them.
_LONGEST_WEEKEND = pd.Timedelta(days=5)


def fit(prices: pd.DataFrame, *, expected_return: float | Mapping[str, float]) -> Market:
    """Return a market with the volatilities and correlations of past prices.

    Parameters
    ----------
    prices : DataFrame
        Levels > 0, adjusted for splits and dividends; a row a date (DatetimeIndex, old to new), a column a name. NaN
        is a date without a price: histories may start and end at different dates and have gaps.
    expected_return : float or mapping of str to float
        Yearly, > -1; one for all, or one for each column. It is never taken from history.

    Returns
    -------
    Market
        With an asset for each column, in their order, and no shocks.

    Raises
    ------
    InvalidInput
        If a price is not > 0; dates repeat or are out of order; a column has no price or only one value; a column has
        fewer than 20 returns, or a pair fewer than 20 in common; a price moves by more than 95 % in a day, which is
        most likely a split that was missed; an expected return is missing or names no column.

    Warns
    -----
    RiskkitWarning
        If the pairwise correlations are not positive semidefinite together; they are repaired by
        `nearest_correlation`.

    Notes
    -----
    Rows without any price are left out. A return is the change of the log price from one row to the next, where the
    column has a price in both; nothing is filled or bridged. Volatility is the sample standard deviation (n - 1) of
    all returns of a column, times the root of the mean number of rows a year, (rows - 1) / (days from the first to
    the last row / 365.25). Correlation of a pair is Pearson's, over the dates on which both have a return.

    Prices that can be had today are those of survivors: what failed is not among them.

    Examples
    --------
    >>> dates = pd.bdate_range("2024-01-01", periods=262)
    >>> steps = np.random.default_rng(0).normal(0.0, 0.02, (262, 2))
    >>> market = fit(pd.DataFrame(np.exp(steps.cumsum(axis=0)), dates, ["A", "B"]), expected_return=0.07)
    >>> market.assets["A"].expected_return, round(market.assets["A"].volatility, 3)
    (0.07, 0.329)
    """
    levels = _checked_prices(prices)
    names = [str(name) for name in levels.columns]
    expected = _expected_returns(expected_return, names)
    returns = np.diff(np.log(levels.to_numpy()), axis=0)
    _refuse_missed_splits(levels, returns)
    _refuse_short(names, returns)
    volatility = np.nanstd(returns, axis=0, ddof=1) * np.sqrt(_rows_a_year(cast(pd.DatetimeIndex, levels.index)))
    for name, value in zip(names, volatility, strict=True):
        if value < 1e-12:
            raise InvalidInput(f"prices of {name!r} must vary, got equal returns throughout")
    assets = {name: Asset(expected[name], float(value)) for name, value in zip(names, volatility, strict=True)}
    return Market(assets, pd.DataFrame(_correlation(names, returns), index=names, columns=names))


def _checked_prices(prices: object) -> pd.DataFrame:
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
        raise InvalidInput(f"prices must have a DatetimeIndex, got {type(index).__name__}; pd.to_datetime makes one")
    if index.hasnans:
        raise InvalidInput("prices: every row must have a date, got NaT")
    for row in np.flatnonzero(np.diff(index.asi8) <= 0)[:1]:
        raise InvalidInput(
            f"prices: dates must run from old to new, each once, got {_day(index[row + 1])} after {_day(index[row])}"
        )


def _expected_returns(expected_return: object, names: list[str]) -> dict[str, float]:
    if not isinstance(expected_return, Mapping):
        value = number("expected_return", expected_return, above=-1.0)
        return dict.fromkeys(names, value)
    known("expected_return", expected_return, names)
    missing = [name for name in names if name not in expected_return]
    if missing:
        raise InvalidInput(
            f"expected_return must have a value for each column of prices, got none for {', '.join(map(repr, missing))}"
        )
    return {name: number(f"expected_return of {name!r}", expected_return[name], above=-1.0) for name in names}


def _refuse_missed_splits(levels: pd.DataFrame, returns: NDArray[np.float64]) -> None:
    dates = cast(pd.DatetimeIndex, levels.index)
    next_day = np.asarray(dates[1:] - dates[:-1] <= _LONGEST_WEEKEND)
    changes = np.expm1(returns)
    for row, column in np.argwhere((np.abs(changes) > _LARGEST_RETURN) & next_day[:, None])[:1]:
        raise InvalidInput(
            f"prices of {levels.columns[column]!r} must move by less than {_LARGEST_RETURN:.0%} in a day, "
            f"got {changes[row, column]:+.1%} on {_day(dates[row + 1])}; probably a split that "
            "was missed: correct the prices before it, or, if the move is real, set that price to NaN"
        )


def _refuse_short(names: list[str], returns: NDArray[np.float64]) -> None:
    counts = np.count_nonzero(~np.isnan(returns), axis=0)
    for name, count in zip(names, counts, strict=True):
        if count < _FEWEST_RETURNS:
            raise InvalidInput(
                f"prices of {name!r} must have at least {_FEWEST_RETURNS} returns from row to row, got {count}"
            )


def _rows_a_year(dates: pd.DatetimeIndex) -> float:
    days = (dates[-1] - dates[0]) / pd.Timedelta(days=1)
    return float((len(dates) - 1) / (days / _DAYS_A_YEAR))


def _correlation(names: list[str], returns: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.eye(len(names))
    for first, second in combinations(range(len(names)), 2):
        pair = returns[:, [first, second]]
        pair = pair[~np.isnan(pair).any(axis=1)]
        if len(pair) < _FEWEST_RETURNS:
            raise InvalidInput(
                f"prices of {names[first]!r} and {names[second]!r} must have at least {_FEWEST_RETURNS} returns "
                f"in common, got {len(pair)}"
            )
        if pair.std(axis=0).min() < 1e-12:
            raise InvalidInput(
                f"prices of {names[first]!r} and {names[second]!r} must vary over the {len(pair)} returns in common"
            )
        matrix[first, second] = matrix[second, first] = _pearson(pair[:, 0], pair[:, 1])
    repaired = nearest_correlation(matrix)
    moved = float(np.abs(repaired - matrix).max())
    if moved > 0.0:
        warnings.warn(
            "the correlations of these prices, each over the dates that a pair has in common, are not positive "
            f"semidefinite together (smallest eigenvalue {smallest_eigenvalue(matrix):.3g}); the nearest correlation "
            f"matrix is used, which moves them by up to {moved:.3g}",
            RiskkitWarning,
            stacklevel=3,
        )
    return repaired


def _pearson(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    first, second = first - first.mean(), second - second.mean()
    return float(np.clip(first @ second / np.sqrt((first @ first) * (second @ second)), -1.0, 1.0))


def _day(date: Any) -> str:
    return str(pd.Timestamp(date).date())
