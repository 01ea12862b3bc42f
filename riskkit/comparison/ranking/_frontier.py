"""`frontier`: the Pareto-efficient rules in two metrics."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, require_unique
from riskkit.comparison.estimation.paired_difference import paired_difference
from riskkit.comparison.io.frames import labelled, warn_of_nan
from riskkit.comparison.metric import Metric
from riskkit.comparison.metrics import METRICS, BuiltIn, find
from riskkit.comparison.run_data import RunData

__all__ = ["frontier"]


def frontier(result: RunData, x: str | Metric = "ced95", y: str | Metric = "wealth_median") -> pd.DataFrame:
    """The Pareto-efficient rules: no other rule is at least as good in both metrics and better in one.

    Parameters
    ----------
    x, y : str or Metric
        Two metrics with a better direction.

    Returns
    -------
    DataFrame
        Indexed by rule, with a column for each metric and

        - ``frontier``: True for the Pareto-efficient rules of this sample;
        - ``beaten_by``: for the others, the rule that beats it with the smallest p value;
        - ``p_montecarlo``: that p value; NaN on the frontier, where an error is NaN, and after ``until``. A rule with a
          large one may be beaten in this sample only.

    Raises
    ------
    InvalidInput
        If there is no such metric, or it has no better direction; the message lists those that can be used.

    Notes
    -----
    The p value is that of the intersection-union test (Berger 1982): the larger one of the one-sided p values of the
    two paired differences, times the number of other rules, of which the one with the smallest was picked.

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> result.frontier()["frontier"].to_dict()["diversify now"]
    True
    """
    pair = _with_direction(x), _with_direction(y)
    names = [metric.name for metric in pair]
    require_unique("metrics", names)
    rules = result.scenario.names
    found = {metric.name: {rule: result.estimate(rule, metric) for rule in rules} for metric in pair}
    warn_of_nan(found, error=True)
    rows = []
    for rule in rules:
        values = [found[name][rule].value for name in names]
        p_values = {other: p for other in rules if (p := _p_value(result, other, rule, pair)) is not None}
        best = min(p_values, key=lambda other: (math.isnan(p_values[other]), p_values[other]), default=None)
        adjusted = math.nan
        if best is not None and not result.outcomes.sequential:
            adjusted = min((len(rules) - 1) * p_values[best], 1.0)
        rows.append([*values, best is None and not any(map(math.isnan, values)), best, adjusted])
    columns = [*names, "frontier", "beaten_by", "p_montecarlo"]
    return labelled(result, pd.DataFrame(rows, pd.Index(rules, name="rule"), columns))


def _with_direction(metric: str | Metric) -> BuiltIn | Metric:
    """A metric with a better direction; others are refused."""
    if isinstance(metric, Metric) and not metric.better:
        raise InvalidInput(f"frontier: Metric {metric.name!r} must have a better side, got better=0; make it 1 or -1")
    if not isinstance(metric, Metric):
        require_known("metrics with a better side", [metric], [name for name, each in METRICS.items() if each.better])
    return find(metric)


def _p_value(result: RunData, better: str, worse: str, pair: Iterable[BuiltIn | Metric]) -> float | None:
    """One-sided p value of one rule beating another in both metrics; None where it does not in this sample."""
    design, gains, p_values = result.outcomes.design, [], []
    for metric in pair:
        found = paired_difference(result.estimate(better, metric), result.estimate(worse, metric), design)
        # A p value of 1 is a tie up to rounding; without an error all paths have the same difference.
        gains.append(0.0 if found.p == 1.0 else metric.better * found.value)
        error = found.standard_error
        p_values.append(0.0 if error == 0.0 else 0.5 * math.erfc(gains[-1] / error / math.sqrt(2.0)))
    if not all(gain >= 0.0 for gain in gains) or not any(gains):
        return None
    return math.nan if any(map(math.isnan, p_values)) else max(p_values)
