"""Ledoit and Wolf's shrinkage of a correlation, as the size of a prior sample."""

from __future__ import annotations

import math

import numpy as np

from riskkit._core.array_types import Array
from riskkit.market.calibration._pairwise_correlation import Pairs

__all__ = ["prior_sample_size", "shrinkage_intensity"]


def prior_sample_size(pairs: Pairs) -> float:
    """Return the number of uncorrelated prior returns that, added to the sample, minimize the expected error.

    Parameters
    ----------
    pairs : Pairs
        Correlations of all pairs; each must have periods in common.

    Returns
    -------
    float
        κ >= 0; infinite if no correlation of the sample differs from 0. A correlation over n returns is then
        multiplied by n / (n + κ).

    Notes
    -----
    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", J. Multivariate Anal. 88
    (2004) 365-411, shrink the covariance S of n returns to (1 - δ) S + δ μ I with δ = b² / d² (their lemma 3.2 to 3.4).
    Of standardised returns μ = 1, so S is the correlation and the target says that assets are uncorrelated. With the
    sampling variance v of one product of two scores and the squared distance d = (s - I)², summed over all pairs,
    δ = (Σ v / n) / Σ d, which is κ / (n + κ) for κ = Σ v / Σ (d - v / n): one observation's variance, over what is
    left of the squared correlations when their own sampling variance is taken off. Written so, nothing asks that all
    pairs have the same number n of returns, and a pair with few is shrunk more.
    """
    distance = (pairs.correlation - np.eye(len(pairs.correlation))) ** 2
    signal = float((distance - pairs.variance / pairs.counts).sum())
    return float(pairs.variance.sum()) / signal if signal > 0.0 else math.inf


def shrinkage_intensity(prior: float, counts: Array) -> Array:
    """Return the shrinkage intensity δ = κ / (n + κ) of correlations over n returns (of any shape)."""
    return np.ones_like(counts) if math.isinf(prior) else prior / (counts + prior)
