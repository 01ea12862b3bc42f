"""The same paths under other weights: how many equal ones they are worth, and when that is too few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InvalidInput

if TYPE_CHECKING:
    from riskkit.comparison.result import Comparison

__all__ = ["effective_sample_size", "weighed_anew"]

#: The least effective sample size that is let through: paths, and their share of those that keep any weight.
FEWEST_PATHS, SMALLEST_SHARE = 100, 0.01


def effective_sample_size(weights: NDArray[np.float64]) -> float:
    """Number of equally weighted paths with the same sum of squared weights (Kish 1965, section 11.7).

    Parameters
    ----------
    weights : ndarray
        Weight of each path (path), summing to 1.

    Examples
    --------
    >>> effective_sample_size(np.array([0.5, 0.25, 0.25, 0.0]))
    2.6666666666666665
    """
    return 1.0 / float(np.square(weights).sum())


def weighed_anew(
    result: Comparison, logs: NDArray[np.float64], what: str, instead: str, notes: Mapping[str, str]
) -> Comparison:
    """The result with each path's weight multiplied and all of them scaled to sum to 1.

    Parameters
    ----------
    result : Comparison
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
    top = logs.max(where=result.weights > 0.0, initial=-np.inf)
    weights, size = np.zeros(result.paths), 0.0
    if top > -np.inf:
        weights = result.weights * np.exp(logs - top)
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
