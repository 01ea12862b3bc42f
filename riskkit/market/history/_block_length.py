"""The block length of the stationary bootstrap by the rule of Politis and White."""

from __future__ import annotations

import math

import numpy as np

from riskkit._core.array_types import Array

__all__ = ["mean_block_length", "politis_white"]

# Autocorrelations below this many times sqrt(log10(n) / n), for this many lags in a row, count as zero.
_SIGNIFICANT = 2.0
_INSIGNIFICANT_LAGS = 5


def politis_white(series: Array) -> float:
    """Return the optimal mean block length of the stationary bootstrap for the mean of a series.

    Parameters
    ----------
    series : ndarray
        Observations in time order (row), at least 20.

    Returns
    -------
    float
        Rows, from 1 to min(3 √n, n/3).

    Notes
    -----
    Politis and White (2004), "Automatic block-length selection for the dependent bootstrap", section 3, with the
    correction of Patton, Politis and White (2009), eq. (10): (2 g² / d)^(1/3) n^(1/3) with g and d from
    autocovariances under a flat-top window of twice the first of five lags in a row without significant
    autocorrelation (the authors' own programs count so; the paper's text takes the lag before).
    """
    size = series.size
    deviations = series - series.mean()
    max_lag = math.ceil(math.sqrt(size)) + _INSIGNIFICANT_LAGS
    covariance = np.array(
        [float(deviations[lag:] @ deviations[: size - lag]) / size for lag in range(min(max_lag, size - 1) + 1)]
    )
    if covariance[0] <= 0.0:
        return 1.0
    is_insignificant = np.abs(covariance[1:] / covariance[0]) < _SIGNIFICANT * math.sqrt(math.log10(size) / size)
    runs = np.convolve(is_insignificant, np.ones(_INSIGNIFICANT_LAGS), "valid") == _INSIGNIFICANT_LAGS
    window = min(2 * (int(runs.argmax()) + 1) if runs.any() else max_lag, covariance.size - 1)
    lags = np.arange(1, window + 1)
    taper = np.minimum(1.0, 2.0 * (1.0 - lags / window))
    slope = 2.0 * float((taper * lags * covariance[1 : window + 1]).sum())
    density = float(covariance[0] + 2.0 * (taper * covariance[1 : window + 1]).sum())
    max_length = math.ceil(min(3.0 * math.sqrt(size), size / 3.0))
    if density == 0.0:
        return float(max_length)
    return float(np.clip((slope * slope / (density * density) * size) ** (1.0 / 3.0), 1.0, max_length))


def mean_block_length(returns: Array) -> float:
    """Return the largest optimal block length over the returns and absolute returns of all assets.

    Parameters
    ----------
    returns : ndarray
        Log returns in time order (row, asset).
    """
    return max(politis_white(series) for columns in (returns, np.abs(returns)) for series in columns.T)
