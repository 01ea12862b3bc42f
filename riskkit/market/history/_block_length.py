"""How long the blocks of a bootstrap should be: long enough to keep what follows upon each other together."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["block_for_clusters", "politis_white"]

# Autocorrelations below this many times sqrt(log10(n) / n), for this many lags in a row, count as none.
_SIGNIFICANT = 2.0
_QUIET_LAGS = 5


def politis_white(series: NDArray[np.float64]) -> float:
    """Return the mean block length of the stationary bootstrap that is best for the mean of a series.

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
    away = series - series.mean()
    most = math.ceil(math.sqrt(size)) + _QUIET_LAGS
    covariance = np.array([float(away[lag:] @ away[: size - lag]) / size for lag in range(min(most, size - 1) + 1)])
    if covariance[0] <= 0.0:
        return 1.0
    quiet = np.abs(covariance[1:] / covariance[0]) < _SIGNIFICANT * math.sqrt(math.log10(size) / size)
    runs = np.convolve(quiet, np.ones(_QUIET_LAGS), "valid") == _QUIET_LAGS
    window = min(2 * (int(runs.argmax()) + 1) if runs.any() else most, covariance.size - 1)
    lags = np.arange(1, window + 1)
    taper = np.minimum(1.0, 2.0 * (1.0 - lags / window))
    slope = 2.0 * float((taper * lags * covariance[1 : window + 1]).sum())
    density = float(covariance[0] + 2.0 * (taper * covariance[1 : window + 1]).sum())
    longest = math.ceil(min(3.0 * math.sqrt(size), size / 3.0))
    if density == 0.0:
        return float(longest)
    return float(np.clip((slope * slope / (density * density) * size) ** (1.0 / 3.0), 1.0, longest))


def block_for_clusters(returns: NDArray[np.float64]) -> float:
    """Return the largest of the block lengths that the returns and the absolute returns of each asset ask for.

    Parameters
    ----------
    returns : ndarray
        Log returns in time order (row, asset).
    """
    return max(politis_white(series) for part in (returns, np.abs(returns)) for series in part.T)
