"""The past that a market is fitted to: log returns with their weights, refused where there are too few."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.checks import number
from riskkit.errors import InvalidInput
from riskkit.market.price_table import checked_prices, refuse_missed_splits, rows_a_year
from riskkit.market.weighting import fading, pair_counts

__all__ = ["FEWEST_RETURNS", "PastReturns", "past_returns"]

Array = NDArray[np.float64]

#: With fewer returns neither a volatility nor a correlation is worth its name.
FEWEST_RETURNS = 20
_STILL = 1e-12


@dataclass(frozen=True, eq=False)
class PastReturns:
    """Log returns of the past.

    Attributes
    ----------
    names : tuple of str
        Of the assets.
    returns : ndarray
        (row, asset); NaN where an asset lacks the price of the row or of the one before.
    weights : ndarray
        What each row counts, > 0 (row).
    rows_a_year : float
        Mean number of rows a year.
    """

    names: tuple[str, ...]
    returns: Array
    weights: Array
    rows_a_year: float

    @property
    def counts(self) -> Array:
        """Effective number of returns of each asset (asset)."""
        own: Array = np.diagonal(pair_counts(self.returns, self.weights))
        return own

    @property
    def sample_volatility(self) -> Array:
        """Yearly sample standard deviation of all returns of each asset, unweighted (asset)."""
        deviation: Array = np.nanstd(self.returns, axis=0, ddof=1) * np.sqrt(self.rows_a_year)
        return deviation

    def sample_mean(self, volatility: Array) -> tuple[Array, Array]:
        """Return the yearly expected returns whose median growth is that of the past, and their standard errors.

        With the mean a of a year's log growth they are e^(a + volatility²/2) - 1, and off by (1 + m) σ / √years.
        """
        years = np.count_nonzero(~np.isnan(self.returns), axis=0) / self.rows_a_year
        expected = np.exp(self.rows_a_year * np.nanmean(self.returns, axis=0) + 0.5 * volatility**2) - 1.0
        return expected, (1.0 + expected) * self.sample_volatility / np.sqrt(years)


def past_returns(prices: object, half_life: float | None = None) -> PastReturns:
    """Read prices, given by date and name; weights fade by half in `half_life` years."""
    if half_life is not None:
        half_life = number("half_life", half_life, above=0.0)
    levels = checked_prices(prices)
    names, dates = tuple(map(str, levels.columns)), cast(pd.DatetimeIndex, levels.index)
    returns = np.diff(np.log(levels.to_numpy()), axis=0)
    refuse_missed_splits(levels, returns)
    weights = fading(dates, half_life)[1:]
    _refuse_few(names, returns, weights, half_life)
    _refuse_standstill(names, returns)
    return PastReturns(names, returns, weights, rows_a_year(dates))


def _refuse_few(names: tuple[str, ...], returns: Array, weights: Array, half_life: float | None) -> None:
    counts = pair_counts(returns, weights)
    fading_too = "" if half_life is None else f", as weights with a half_life of {half_life:g} years count"
    for name, count in zip(names, np.diagonal(counts), strict=True):
        if count < FEWEST_RETURNS:
            raise InvalidInput(
                f"prices of {name!r} must have at least {FEWEST_RETURNS} returns from row to row, got "
                f"{count:.3g}{fading_too or f'; or give it a proxy: proxies={{{name!r}: rk.Proxy(...)}}'}"
            )
    for first, second in combinations(range(len(names)), 2):
        if counts[first, second] < FEWEST_RETURNS:
            raise InvalidInput(
                f"prices of {names[first]!r} and {names[second]!r} must have at least {FEWEST_RETURNS} returns "
                f"in common, got {counts[first, second]:.3g}{fading_too or '; leave one out, or give it a proxy'}"
            )


def _refuse_standstill(names: tuple[str, ...], returns: Array) -> None:
    seen = ~np.isnan(returns)
    for column, name in enumerate(names):
        if np.nanstd(returns[:, column]) < _STILL:
            raise InvalidInput(f"prices of {name!r} must vary, got equal returns throughout")
    for pair in combinations(range(len(names)), 2):
        common = returns[seen[:, pair].all(axis=1)][:, pair]
        if common.std(axis=0).min() < _STILL:
            first, second = (names[column] for column in pair)
            raise InvalidInput(f"prices of {first!r} and {second!r} must vary over the {len(common)} returns in common")
