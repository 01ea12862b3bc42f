"""`probability`: how likely a quantity lies above or below thresholds, a row a rule and threshold."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from numbers import Real

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, require_known, short_repr
from riskkit.comparison.estimation import estimate
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.io.frames import labelled, warn_of_nan
from riskkit.comparison.io.parquet import BEYOND_ONE
from riskkit.comparison.run_data import RunData
from riskkit.engine.outcomes import QUANTITIES, path_quantities

__all__ = ["probability"]


def probability(
    result: RunData,
    quantity: str,
    *,
    above: float | Iterable[float] | None = None,
    below: float | Iterable[float] | None = None,
) -> pd.DataFrame:
    """Probability that a quantity lies above, or below, each of some thresholds.

    Parameters
    ----------
    quantity : str
        Of `values`, such as ``max_drawdown`` or ``wealth``.
    above, below : float or iterable of float
        One of the two: thresholds from low to high, in the unit of the quantity: wealth in multiples of the start,
        drawdowns as positive fractions, 0.3 for 30 %. A path at a threshold lies neither above nor below it.

    Returns
    -------
    DataFrame
        Indexed by rule and by threshold (``above`` or ``below``), with columns ``probability`` and ``standard_error``,
        fractions. Errors are those of `errors`: half of Wilson's 95 % interval / 1.96. A path on which a statistic of
        your own is NaN lies neither above nor below.

    Warns
    -----
    RiskkitWarning
        If errors are NaN, because the result is a replayed history.

    Raises
    ------
    InvalidInput
        If the quantity does not exist, both or none of `above` and `below` are given, or thresholds are none, out of
        order, or beyond what the quantity can be.

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> found = result.probability("max_drawdown", above=[0.5, 0.7])
    >>> print(found.head(2).round(3).reset_index().to_string(index=False))
    rule  above  probability  standard_error
    hold    0.5        0.841           0.012
    hold    0.7        0.297           0.014

    A column a threshold:

    >>> result.probability("wealth", below=[0.5, 1])["probability"].unstack(sort=False).loc["hold"].round(3).to_dict()
    {0.5: 0.11, 1.0: 0.387}
    """
    require_known("quantity", [quantity], path_quantities(result.outcomes.columns))
    if (above is None) == (below is None):
        raise InvalidInput(
            f"probability must be given thresholds as above= or as below=, got {'neither' if above is None else 'both'}"
        )
    side, given_thresholds = ("above", above) if below is None else ("below", below)
    thresholds = _checked(side, quantity, given_thresholds)
    found: dict[tuple[str, float], Estimate] = {}
    for row, rule in enumerate(result.scenario.names):
        values = result.outcomes.columns[quantity][row]
        for threshold in thresholds:
            happened = values > threshold if side == "above" else values < threshold
            found[rule, threshold] = result._calibrated(estimate.probability(happened, result.outcomes.design))
    # The reason for a NaN is the same at all thresholds.
    first = {rule: found[rule, thresholds[0]] for rule in result.scenario.names}
    warn_of_nan({f"probability of {quantity}": first}, error=True)
    columns = {
        "probability": [each.value for each in found.values()],
        "standard_error": [each.standard_error for each in found.values()],
    }
    index = pd.MultiIndex.from_tuples(list(found), names=["rule", side])
    return labelled(result, pd.DataFrame(columns, index, dtype=np.float64))


def _checked(side: str, quantity: str, thresholds: object) -> list[float]:
    """The thresholds as numbers, from low to high."""
    if isinstance(thresholds, Real):
        thresholds = [thresholds]
    if isinstance(thresholds, str) or not isinstance(thresholds, Iterable):
        raise InvalidInput(f"{side} must be a number or a list of numbers, got {short_repr(thresholds)}")
    levels = [_level(side, quantity, each) for each in thresholds]
    if not levels:
        raise InvalidInput(f"{side} must hold at least one threshold, got none")
    for low, high in pairwise(levels):
        if not low < high:
            raise InvalidInput(f"{side}: thresholds must rise, each once, got {high:g} after {low:g}")
    return levels


def _level(side: str, quantity: str, threshold: object) -> float:
    if quantity not in QUANTITIES:
        return number(f"{side}: threshold of {quantity}", threshold)
    if quantity in BEYOND_ONE:
        return number(f"{side}: threshold of {quantity}", threshold, at_least=0.0)
    return number(
        f"{side}: threshold of {quantity}, a fraction such as 0.3 for 30 %,", threshold, at_least=0, at_most=1
    )
