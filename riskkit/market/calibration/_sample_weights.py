"""Exponential sample weights, the effective number of observations, and weighted standardization."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array

__all__ = ["effective_count", "exponential_weights", "standardised", "years_before_last"]


_DAYS_A_YEAR = 365.25


def years_before_last(dates: pd.Index[Any]) -> Array:
    """Return the years from each date to the last."""
    return np.asarray((dates[-1] - dates) / pd.Timedelta(days=_DAYS_A_YEAR), dtype=np.float64)


def exponential_weights(dates: pd.Index[Any], half_life: float | None) -> Array:
    """Return the weight of each date (row): 1 for the last, 1/2 for `half_life` years before it; all 1 for None."""
    if half_life is None:
        return np.ones(len(dates))
    weights: Array = np.exp2(-years_before_last(dates) / half_life)
    return weights


def effective_count(weights: Array) -> float:
    """Return the effective number of observations: (Σ w)² / Σ w² (Kish 1965, "Survey sampling")."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def standardised(returns: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Return the returns with mean 0 and mean square 1, and their means and standard deviations (asset)."""
    is_present = ~np.isnan(returns)
    total = weights @ is_present
    mean = weights @ np.where(is_present, returns, 0.0) / total
    deviation = np.sqrt(weights @ np.where(is_present, returns - mean, 0.0) ** 2 / total)
    return (returns - mean) / deviation, mean, deviation
