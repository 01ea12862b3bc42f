"""Frames of results: labelled by rule, with the assumptions in ``attrs``, and a warning of NaN."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from riskkit._core.errors import RiskkitWarning
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.run_data import RunData

__all__ = ["by_name", "by_rule", "labelled", "warn_of_nan"]


def labelled(result: RunData, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the assumptions of the result in ``attrs["assumptions"]``."""
    frame.attrs["assumptions"] = result.assumptions()
    return frame


def by_name(result: RunData, columns: Mapping[str, Iterable[float]], index: Iterable[str], name: str) -> pd.DataFrame:
    """A frame of numbers with a row for each name in `index`."""
    body = {label: list(values) for label, values in columns.items()}
    return labelled(result, pd.DataFrame(body, index=pd.Index(list(index), name=name), dtype=np.float64))


def by_rule(result: RunData, columns: Mapping[str, Iterable[float]]) -> pd.DataFrame:
    """A frame of numbers with a row a rule."""
    return by_name(result, columns, result.scenario.names, "rule")


def warn_of_nan(found: Mapping[str, Mapping[str, Estimate]], *, error: bool, level: float | None = None) -> None:
    """Warn once of all values, and optionally errors, that are NaN, with the reasons.

    Call it from the function that the user calls: the warning points to the line of that call.

    Parameters
    ----------
    found : mapping of str to mapping of str to Estimate
        What was estimated → rule → estimate.
    error : bool
        Whether standard errors count too.
    level : float, optional
        Of intervals that count too, in (0, 1): one of a quantile may lie beyond the sample though its error does not.
    """
    reasons = []
    for what, estimates in found.items():
        rules: dict[str | None, list[str]] = {}
        for rule, each in estimates.items():
            if math.isnan(each.value) or (error and math.isnan(each.standard_error)):
                rules.setdefault(each.note, []).append(rule)
            elif level is not None and math.isnan(each.interval(level)[0]):
                rules.setdefault(f"too few paths for an interval at {level:g}", []).append(rule)
        reasons += [f"{what} of {', '.join(names)}: {note}" for note, names in rules.items()]
    if reasons:
        kind = "values or standard errors" if error else "values"
        warnings.warn(f"some {kind} are NaN: {'; '.join(reasons)}", RiskkitWarning, stacklevel=3)
