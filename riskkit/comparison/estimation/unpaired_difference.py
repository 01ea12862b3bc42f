"""Differences between two results, rule by rule: paired where both ran the same paths, else unpaired."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit.comparison.estimation.estimate import Estimate, normal_quantile
from riskkit.comparison.estimation.paired_difference import (
    Difference,
    holm,
    missing_errors,
    paired_difference,
    share_won,
)
from riskkit.comparison.io.frames import warn_of_nan
from riskkit.comparison.metric import Metric
from riskkit.comparison.metrics import BuiltIn, select
from riskkit.comparison.run_data import RunData

__all__ = ["against", "reason_unpaired", "unpaired_difference"]


def against(
    result: RunData,
    other: RunData,
    metrics: str | Metric | Iterable[str | Metric] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """This result minus another, for the rules that both have, such as one scenario under two assumptions.

    Parameters
    ----------
    other : Comparison
        What is subtracted.
    metrics : str, Metric, or iterable of them, optional
        All that both have by default.
    level : float
        Of the intervals, in (0, 1).

    Returns
    -------
    DataFrame
        Indexed by rule and metric, with columns ``value``, ``other``, ``difference``, ``standard_error``, ``low``,
        ``high``, ``p_montecarlo`` (two-sided, normal, adjusted by Holm over the rules within a metric) and ``won``: the
        share of paths on which this result is the better one, a tie counting half. ``attrs["paired"]`` says whether
        the two ran the same paths: the same seed, number, sampling and weights. If so, errors are those of
        differences path by path. If not, they are those of two independent samples, ``won`` is NaN and
        ``attrs["apart"]`` says why; where some of the paths are the same after all, they tend to be too large.

    Raises
    ------
    InvalidInput
        If the two have no rule of the same name, or a metric does not exist.

    Notes
    -----
    Path k draws from the same streams in both, whatever the scenarios: common moves cancel. Where the scenarios have
    little in common pairing gains little, but its errors remain valid.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import riskkit as rk
    >>> dear = replace(rk.scenarios.baron(), frictions=rk.Frictions(0.02))
    >>> first, second = (rk.compare(each, paths=500, seed=1) for each in (rk.scenarios.baron(), dear))
    >>> gap = against(second, first, "wealth_median")
    >>> gap.attrs["paired"], float(gap.loc[("hold", "wealth_median"), "difference"])
    (True, 0.0)
    """
    names = [name for name in result.scenario.names if name in other.scenario.names]
    if not names:
        raise InvalidInput(
            f"results must have a rule of the same name, got {', '.join(map(repr, result.scenario.names))} "
            f"and {', '.join(map(repr, other.scenario.names))}"
        )
    normal_quantile(level)
    other_metrics = select(metrics, other.scenario)
    wanted = {name: metric for name, metric in select(metrics, result.scenario).items() if name in other_metrics}
    sides = [
        {name: {rule: each.estimate(rule, metric) for rule in names} for name, metric in wanted.items()}
        for each in (result, other)
    ]
    for side in sides:
        warn_of_nan(side, error=True)
    ours, theirs = sides
    reason = reason_unpaired(result, other)
    design = max((result.outcomes.design, other.outcomes.design), key=lambda each: each.group)
    sequential = result.outcomes.sequential or other.outcomes.sequential
    gaps = {
        name: {
            rule: unpaired_difference(ours[name][rule], theirs[name][rule], level)
            if reason
            else paired_difference(ours[name][rule], theirs[name][rule], design, level)
            for rule in names
        }
        for name in wanted
    }
    warn_of_nan(missing_errors(gaps), error=True)
    rows: dict[tuple[str, str], list[float]] = {}
    for name, metric in wanted.items():
        pairs = list(gaps[name].values())
        adjusted = holm(np.array([math.nan if sequential else each.p for each in pairs]))
        for rule, each, p in zip(names, pairs, adjusted, strict=True):
            values = ours[name][rule].value, theirs[name][rule].value, each.value, each.standard_error
            won = math.nan if reason else _won(result, other, rule, metric)
            rows[rule, name] = [*values, each.low, each.high, float(p), won]
    index = pd.MultiIndex.from_product([names, wanted], names=["rule", "metric"])
    columns = ["value", "other", "difference", "standard_error", "low", "high", "p_montecarlo", "won"]
    frame = pd.DataFrame([rows[key] for key in index], index=index, columns=columns)
    frame.attrs |= {"paired": reason is None, "apart": reason}
    return frame


def reason_unpaired(result: RunData, other: RunData) -> str | None:
    """Why two results did not run the same paths, the facts of the other first; None if they did."""
    facts: dict[str, list[object]] = {
        "seeds": [each.seed for each in (other, result)],
        "numbers of paths": [each.paths for each in (other, result)],
        "samplings": [each.notes.get("sampling") for each in (other, result)],
        "versions of riskkit": [each.notes.get("version") for each in (other, result)],
    }
    differing = [f"{what} {one} and {two}" for what, (one, two) in facts.items() if one != two]
    if not differing and not np.array_equal(result.path_weights, other.path_weights):
        differing = ["weights of the paths"]
    return f"different {', '.join(differing)}" if differing else None


def unpaired_difference(first: Estimate, second: Estimate, level: float = 0.95) -> Difference:
    """Difference of two statistics of independent samples.

    Parameters
    ----------
    first, second : Estimate
        The statistics.
    level : float
        Of the interval, in (0, 1).

    Returns
    -------
    Difference
        Its error is the root of the sum of the squared errors; interval and p value are normal.

    Examples
    --------
    >>> found = unpaired_difference(Estimate(5.0, 0.3), Estimate(4.0, 0.4))
    >>> found.value, found.standard_error
    (1.0, 0.5)
    """
    z = normal_quantile(level)
    value = first.value - second.value
    error = math.hypot(first.standard_error, second.standard_error)
    p = math.erfc(abs(value) / error / math.sqrt(2.0)) if error > 0.0 else float(value == 0.0)
    return Difference(value, error, value - z * error, value + z * error, math.nan if math.isnan(error) else p)


def _won(result: RunData, other: RunData, rule: str, metric: BuiltIn | Metric) -> float:
    if metric.quantity is None:
        return math.nan
    ours, theirs = (each.values(rule, metric.quantity) for each in (result, other))
    return share_won(ours, theirs, metric.better, result.path_weights)
