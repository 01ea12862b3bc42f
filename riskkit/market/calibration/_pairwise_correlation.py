"""Pairwise correlations of assets with different calendars, each over the common periods."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit.market.calibration._sample_weights import effective_count, standardised
from riskkit.market.history._checked_prices import long_gaps

__all__ = ["Pairs", "pairs"]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Statistics over the common periods of each pair; all arrays are (asset, asset), diagonal: the asset alone.

    Attributes
    ----------
    counts : ndarray
        Effective number of periods (Kish).
    deviation : ndarray
        Standard deviation (n) of the first asset's returns over the common periods; NaN where there are none.
    correlation : ndarray
        Of the returns, symmetric; NaN where there are no common periods or one of the two does not vary over them.
    variance : ndarray
        Of one product of the two standardised returns.
    """

    counts: Array
    deviation: Array
    correlation: Array
    variance: Array


def pairs(log_prices: Array, dates: pd.DatetimeIndex, weights: Array) -> Pairs:
    """Return the correlation of each pair over the periods between dates on which both have a price.

    Parameters
    ----------
    log_prices : ndarray
        (row, asset); NaN where there is none.
    dates : DatetimeIndex
        Of the rows.
    weights : ndarray
        Of the period that ends with each row, > 0 (row).

    Notes
    -----
    A price each day of the week beside one each day of trading: Friday to Monday is one period of both. Periods that
    are a long gap of the pair's common dates (`blank_stretches`) are left out.
    """
    size = log_prices.shape[1]
    counts = np.zeros((size, size))
    deviation, correlation, variance = (np.full((size, size), np.nan) for _ in range(3))
    calendars, group_of_asset = np.unique(~np.isnan(log_prices), axis=1, return_inverse=True)
    groups = [np.flatnonzero(group_of_asset == group) for group in range(calendars.shape[1])]
    for first, second in combinations_with_replacement(range(len(groups)), 2):
        first_columns, second_columns = groups[first], groups[second]
        columns = np.union1d(first_columns, second_columns)
        common = np.flatnonzero(calendars[:, first] & calendars[:, second])
        is_used = ~long_gaps(dates[common])
        if not is_used.any():
            continue
        moves = np.diff(log_prices[np.ix_(common, columns)], axis=0)[is_used]
        weight = weights[common[1:][is_used]]
        with np.errstate(invalid="ignore", divide="ignore"):
            scores, _, spread = standardised(moves, weight)
        share = weight / weight.sum()
        left, right = (scores[:, np.searchsorted(columns, group)] for group in (first_columns, second_columns))
        product = (left.T * share) @ right
        spreads = (left**2).T * share @ right**2 - product**2
        block, mirrored = np.ix_(first_columns, second_columns), np.ix_(second_columns, first_columns)
        counts[block] = counts[mirrored] = effective_count(weight)
        deviation[block] = spread[np.searchsorted(columns, first_columns)][:, None]
        deviation[mirrored] = spread[np.searchsorted(columns, second_columns)][:, None]
        correlation[block], correlation[mirrored] = product, product.T
        variance[block], variance[mirrored] = spreads, spreads.T
    return Pairs(counts, deviation, correlation, variance)
