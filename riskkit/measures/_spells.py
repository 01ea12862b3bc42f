"""Spells under water: durations from a peak to the first point that is back at it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskkit._core.array_types import Array, Ints
from riskkit._core.errors import InvalidInput
from riskkit.measures._drawdown import depths, each_path
from riskkit.measures._inputs import Labelled, Measured, wealth_levels

__all__ = ["drawdown_table", "longest_under_water", "time_under_water"]


def time_under_water(wealth: Labelled, *, weights: Labelled | None = None) -> Measured:
    """Share of the points of each path, the start included, at which wealth is below its running peak.

    Parameters
    ----------
    wealth : array (time, ...), Series or DataFrame
        Levels, never returns; > 0 at the start, which counts as a peak, and >= 0 after it. NaN is refused.
    weights : array (path,), optional
        If given, the mean over the paths (the last axis, or the columns) under these weights.

    Returns
    -------
    float, Series by column, or array (..., path)
        Shares from 0 to below 1. With `weights` the path axis is gone.

    Raises
    ------
    InvalidInput
        As `drawdown`; also if weights are negative, all 0, or not one a path.

    Examples
    --------
    >>> time_under_water([100.0, 90.0, 100.0, 95.0])
    0.5
    """
    return each_path(wealth, lambda depth: (depth > 0.0).mean(axis=0), weights)


def longest_under_water(wealth: Labelled, *, weights: Labelled | None = None) -> Measured:
    """Length in steps of the longest spell of each path, from its peak to the first point back at it, or to the end.

    Parameters
    ----------
    wealth : array (time, ...), Series or DataFrame
        Levels, never returns; > 0 at the start, which counts as a peak, and >= 0 after it. NaN is refused.
    weights : array (path,), optional
        If given, the mean over the paths (the last axis, or the columns) under these weights.

    Returns
    -------
    int, Series by column, or array (..., path); with `weights` a float or array (...)
        Steps from one point to the next, also where the index holds dates: `drawdown_table` has days.

    Raises
    ------
    InvalidInput
        As `drawdown`; also if weights are negative, all 0, or not one a path.

    Examples
    --------
    >>> longest_under_water([100.0, 90.0, 95.0, 101.0, 99.0])
    3
    """
    return each_path(wealth, _longest, weights)


def drawdown_table(series: pd.Series[Any] | ArrayLike) -> pd.DataFrame:
    """List every drawdown of one path, the deepest first.

    Parameters
    ----------
    series : Series or array (time,)
        Levels, never returns; > 0 at the start, which counts as a peak, and >= 0 after it. NaN is refused.

    Returns
    -------
    DataFrame
        A row a spell. `peak` is the last point at the old peak, `trough` the first of the lowest points, `recovery` the
        first point back at the peak, missing (NaT or NaN) while the drawdown is open: labels of the index, or steps
        where there is none. `depth` is the drawdown at the trough. `length` runs from peak to recovery, or to the last
        point; `to_trough` from peak to trough, `to_recovery` from trough to recovery. With a DatetimeIndex these are
        calendar days, else steps. Equal depths stay in the order of time.

    Raises
    ------
    InvalidInput
        As `drawdown`; also if `series` is not one path.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-08"])
    >>> drawdown_table(pd.Series([100.0, 60.0, 100.0, 90.0], index=days))[["depth", "length", "to_recovery"]]
       depth  length  to_recovery
    0    0.4     4.0          3.0
    1    0.1     3.0          NaN
    """
    levels = wealth_levels(series)
    if levels.ndim != 1:
        raise InvalidInput(f"series must be one path, a Series or a 1-D array, got shape {levels.shape}")
    depth = depths(levels)
    last = len(depth) - 1
    turns = np.diff((depth > 0.0).astype(np.int8))
    peak = np.flatnonzero(turns == 1)
    back = np.flatnonzero(turns == -1) + 1
    recovery = np.append(back, np.full(len(peak) - len(back), -1, dtype=back.dtype))
    end = np.where(recovery < 0, last, recovery)
    spells = zip(peak, end, strict=True)
    trough = np.array([start + depth[start : stop + 1].argmax() for start, stop in spells], dtype=np.int64)

    index = series.index if isinstance(series, pd.Series) else pd.RangeIndex(last + 1)
    labels, time = index.to_series(index=pd.RangeIndex(last + 1)), _times(index)
    table = pd.DataFrame(
        {
            "peak": labels.reindex(peak).array,
            "trough": labels.reindex(trough).array,
            "recovery": labels.reindex(recovery).array,
            "depth": depth[trough],
            "length": time[end] - time[peak],
            "to_trough": time[trough] - time[peak],
            "to_recovery": np.where(recovery < 0, np.nan, time[end] - time[trough]),
        }
    )
    return table.sort_values("depth", ascending=False, kind="stable", ignore_index=True)


def _times(index: pd.Index[Any]) -> Array | Ints:
    if not isinstance(index, pd.DatetimeIndex):
        return np.arange(len(index))
    # Days of the local calendar: a night in which the clocks change is one day like any other.
    local = index.tz_localize(None)
    return np.asarray((local - local[0]) / pd.Timedelta(days=1), dtype=np.float64)


def _longest(depth: Array) -> Ints:
    step = np.arange(len(depth)).reshape(-1, *[1] * (depth.ndim - 1))
    last_at_peak = np.maximum.accumulate(np.where(depth > 0.0, 0, step), axis=0)
    in_spell = (depth[1:] > 0.0) | (depth[:-1] > 0.0)
    lengths: Ints = np.where(in_spell, step[1:] - last_at_peak[:-1], 0).max(axis=0, initial=0)
    return lengths
