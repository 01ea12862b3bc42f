"""The same paths under other weights, and when too few of them are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit.comparison.estimation.estimate import effective_sample_size
from riskkit.comparison.run_data import Run

__all__ = ["weighed_anew"]

#: The least effective sample size that is let through: paths, and their share of those that keep any weight.
FEWEST_PATHS, SMALLEST_SHARE = 100, 0.01


def weighed_anew(result: Run, logs: NDArray[np.float64], what: str, instead: str, notes: Mapping[str, str]) -> Run:
    """The result with each path's weight multiplied and all of them scaled to sum to 1.

    Parameters
    ----------
    result : RunData
        Whose paths and weights are taken.
    logs : ndarray
        Logarithms of the factors (path); minus infinity takes a path out.
    what, instead : str
        What was asked, and what to do where too few paths are left, for the error.
    notes : mapping of str to str
        What the notes of the new result gain.

    Raises
    ------
    InvalidInput
        If the effective sample size is below 100 paths or 1 % of those that keep any weight.
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
            f"got {size:,.1f} of {result.paths:,}; {instead}"
        )
    told = {**result.notes, **notes, "effective sample size": f"{size:,.0f} of {result.paths:,} paths"}
    return replace(result, outcomes=replace(result.outcomes, weights=weights), notes=told)
