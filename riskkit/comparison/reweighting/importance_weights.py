"""Importance weights: path weights times factors, refused where the effective sample size is too small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit.comparison.estimation.estimate import effective_sample_size
from riskkit.comparison.run_data import Run

__all__ = ["reweighted"]

#: The least effective sample size: in paths, and as a share of the paths with a weight > 0.
FEWEST_PATHS, SMALLEST_SHARE = 100, 0.01


def reweighted(result: Run, logs: Array, what: str, advice: str, notes: Mapping[str, str]) -> Run:
    """The result with each path weight multiplied by a factor, and all scaled to sum to 1.

    Parameters
    ----------
    result : RunData
        Its paths and weights are the prior.
    logs : ndarray
        Logarithms of the factors (path); minus infinity gives a path weight 0.
    what, advice : str
        The request, and what to do where too few paths are left, for the error.
    notes : mapping of str to str
        Additional notes of the new result.

    Raises
    ------
    InvalidInput
        If the effective sample size is below 100 paths or 1 % of the paths with a weight > 0.
    """
    top = logs.max(where=result.path_weights > 0.0, initial=-np.inf)
    weights, size = np.zeros(result.paths), 0.0
    if top > -np.inf:
        weights = result.path_weights * np.exp(logs - top)
        weights /= weights.sum()
        size = effective_sample_size(weights)
    least = max(FEWEST_PATHS, SMALLEST_SHARE * np.count_nonzero(weights))
    if not size >= least:
        raise InvalidInput(
            f"{what} must leave an effective sample size of at least {least:,.0f} paths, "
            f"got {size:,.1f} of {result.paths:,}; {advice}"
        )
    all_notes = {**result.notes, **notes, "effective sample size": f"{size:,.0f} of {result.paths:,} paths"}
    return replace(result, outcomes=replace(result.outcomes, path_weights=weights), notes=all_notes)
