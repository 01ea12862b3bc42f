"""Past log returns of each asset with weights, for fits; validation of their number."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.validation import boolean, number
from riskkit.market.calibration._pairwise_correlation import Pairs, pairs
from riskkit.market.calibration._sample_weights import exponential_weights, standardised, years_before_last
from riskkit.market.history._checked_prices import cash_hint, checked_prices, day, long_gaps, named_columns
from riskkit.market.history._splits import adjusted, check_moves, checked_real_moves, checked_splits, restricted_to

__all__ = ["MIN_RETURNS", "PastReturns", "own_returns", "past_levels", "past_returns"]


#: With fewer returns volatilities and correlations are too uncertain.
MIN_RETURNS = 20
_MIN_DEVIATION = 1e-12


@dataclass(frozen=True, eq=False)
class PastReturns:
    """Past log returns, each from one price of an asset to its next.

    Attributes
    ----------
    levels : DataFrame
        Prices > 0 (date, asset), NaN where there is none.
    weights : ndarray
        Weight of each row, > 0 (row).
    returns : ndarray
        (row, asset), in the row in which the period ends; NaN if no period ends there, or a long gap.
    starts : ndarray
        Row in which the period begins (row, asset); -1 where there is no return.
    years : ndarray
        Time that the returns cover (asset).
    """

    levels: pd.DataFrame
    weights: Array
    returns: Array
    starts: NDArray[np.intp]
    years: Array

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the assets."""
        return tuple(map(str, self.levels.columns))

    @property
    def returns_a_year(self) -> Array:
        """Mean number of returns a year of each asset (asset)."""
        frequency: Array = np.count_nonzero(~np.isnan(self.returns), axis=0) / self.years
        return frequency

    @cached_property
    def pairs(self) -> Pairs:
        """Correlations of all pairs, over their common periods."""
        dates = cast(pd.DatetimeIndex, self.levels.index)
        return pairs(np.log(self.levels.to_numpy()), dates, self.weights)

    @property
    def counts(self) -> Array:
        """Effective number of returns of each asset (asset)."""
        own_counts: Array = np.diagonal(self.pairs.counts)
        return own_counts

    @property
    def volatility(self) -> Array:
        """Yearly weighted standard deviation (n - 1) of each asset's own returns (asset)."""
        deviation = standardised(self.returns, self.weights)[2]
        yearly: Array = deviation * np.sqrt(self.counts / (self.counts - 1.0) * self.returns_a_year)
        return yearly

    @property
    def sample_volatility(self) -> Array:
        """Yearly sample standard deviation of all returns of each asset, unweighted (asset)."""
        deviation: Array = np.nanstd(self.returns, axis=0, ddof=1) * np.sqrt(self.returns_a_year)
        return deviation

    def sample_mean(self, volatility: Array) -> tuple[Array, Array]:
        """Return the yearly expected returns with the median growth of the past, and their standard errors.

        With the mean a of a year's log growth they are e^(a + volatility²/2) - 1, and off by (1 + m) σ / √years.
        """
        expected = np.exp(np.nansum(self.returns, axis=0) / self.years + 0.5 * volatility**2) - 1.0
        return expected, (1.0 + expected) * self.sample_volatility / np.sqrt(self.years)


def past_levels(
    prices: object,
    *,
    splits: object = None,
    real_moves: object = None,
    only: Iterable[str] | None = None,
    stacklevel: int = 4,
) -> pd.DataFrame:
    """Return validated prices, adjusted for splits; of the columns `only` if given.

    Warnings have the stack level `stacklevel`.
    """
    ratios, real = checked_splits(splits), checked_real_moves(real_moves)
    selected_splits_and_moves: tuple[Mapping[str, Mapping[str, float]], Mapping[str, Sequence[str]]] = ratios, real
    prices = named_columns(prices)
    if only is not None:
        selected = set(only)
        selected_splits_and_moves = (
            restricted_to(ratios, "splits", prices.columns, selected),
            restricted_to(real, "real_moves", prices.columns, selected),
        )
        prices = prices.loc[:, [name in selected for name in prices.columns]]
    levels = adjusted(checked_prices(prices), selected_splits_and_moves[0])
    check_moves(levels, selected_splits_and_moves[1], stacklevel=stacklevel)
    return levels


def past_returns(
    levels: pd.DataFrame, half_life: float | None = None, *, allow_dropped_rows: bool = False
) -> PastReturns:
    """Return the returns of validated prices; weights halve every `half_life` years."""
    if half_life is not None:
        half_life = number("half_life", half_life, above=0.0)
    past = own_returns(levels, half_life, allow_dropped_rows=allow_dropped_rows)
    _refuse_few(past, half_life)
    _refuse_constant(past)
    return past


def own_returns(
    levels: pd.DataFrame, half_life: float | None = None, *, allow_dropped_rows: bool = False
) -> PastReturns:
    """Return each column's returns between its own prices, however few, without long gaps."""
    boolean("allow_dropped_rows", allow_dropped_rows)
    dates, log_prices = cast(pd.DatetimeIndex, levels.index), np.log(levels.to_numpy())
    age = years_before_last(dates)
    returns, starts = np.full_like(log_prices, np.nan), np.full(log_prices.shape, -1)
    years = np.zeros(log_prices.shape[1])
    for column, name in enumerate(levels.columns):
        rows = np.flatnonzero(~np.isnan(log_prices[:, column]))
        is_gap = long_gaps(dates[rows])
        first, last = rows[:-1][~is_gap], rows[1:][~is_gap]
        returns[last, column] = log_prices[last, column] - log_prices[first, column]
        starts[last, column] = first
        gap_years = age[rows[:-1][is_gap]] - age[rows[1:][is_gap]]
        years[column] = age[rows[0]] - age[rows[-1]] - gap_years.sum()
        if is_gap.any():
            longest = int(gap_years.argmax())
            longest_gap = dates[rows[:-1][is_gap][longest]], dates[rows[1:][is_gap][longest]]
            share = float(gap_years.sum() / (age[rows[0]] - age[rows[-1]]))
            _warn_of_gap(str(name), longest_gap, share, allow_dropped_rows)
    return PastReturns(levels, exponential_weights(dates, half_life), returns, starts, years)


def _warn_of_gap(name: str, gap: tuple[pd.Timestamp, pd.Timestamp], share: float, allowed: bool) -> None:
    between = f"between {day(gap[0])} and {day(gap[1])}"
    if share > 0.5 and not allowed:
        raise InvalidInput(
            f"prices of {name!r} must cover at least half of their history, got none {between}, and "
            f"{percent(share)} of it in long gaps; cut the history, or allow_dropped_rows=True"
        )
    warnings.warn(
        f"prices of {name!r} have a long gap {between}: the moves over such stretches, {percent(share)} of its "
        "history, are left out",
        RiskkitWarning,
        stacklevel=5,
    )


def _refuse_few(past: PastReturns, half_life: float | None) -> None:
    counts = past.pairs.counts
    weights_note = "" if half_life is None else f", as weights with a half_life of {half_life:g} years count"
    for name, count in zip(past.names, past.counts, strict=True):
        if count < MIN_RETURNS:
            raise InvalidInput(
                f"prices of {name!r} must have at least {MIN_RETURNS} returns from one to the next, got "
                f"{count:.3g}{weights_note or f'; or give it a proxy: proxies={{{name!r}: rk.Proxy(...)}}'}"
            )
    for first, second in combinations(range(len(past.names)), 2):
        if counts[first, second] < MIN_RETURNS:
            raise InvalidInput(
                f"prices of {past.names[first]!r} and {past.names[second]!r} must have at least {MIN_RETURNS} "
                f"returns in common, got {counts[first, second]:.3g}"
                f"{weights_note or '; leave one out, or give it a proxy'}"
            )


def _refuse_constant(past: PastReturns) -> None:
    deviation, counts = past.pairs.deviation, past.pairs.counts
    for column, name in enumerate(past.names):
        if deviation[column, column] < _MIN_DEVIATION:
            raise InvalidInput(
                f"prices of {name!r} must vary, got equal returns throughout; leave the column out, and "
                f"{cash_hint(name)}"
            )
    for column, other in np.argwhere(deviation < _MIN_DEVIATION)[:1]:
        first, second = (past.names[index] for index in sorted((column, other)))
        raise InvalidInput(
            f"prices of {first!r} and {second!r} must vary over the {counts[column, other]:.3g} returns in common"
        )
