"""The frontier: the rules that no other rule beats in two metrics at once."""

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
    """Which rules nobody beats: no other one is at least as good in both metrics and better in one.

    Parameters
    ----------
    x, y : str or Metric
        Two metrics of which more is better, or less is: the sign is seen to.

    Returns
    -------
    DataFrame
        Indexed by rule, with a column for each metric and

        - ``frontier``: True for the rules that nobody beats in this sample;
        - ``beaten_by``: else the rule that beats it most surely;
        - ``p_montecarlo``: of that, how likely noise alone would show as much; NaN on the frontier, where an error
          cannot be told, and after ``until``. A rule with a large one is beaten in this sample only.

    Raises
    ------
    InvalidInput
        If there is no such metric, or it only describes what a rule does; the message lists those that can be used.

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
    pair = _graded(x), _graded(y)
    names = [metric.name for metric in pair]
    require_unique("metrics", names)
    rules = result.scenario.names
    found = {metric.name: {rule: result.estimate(rule, metric) for rule in rules} for metric in pair}
    warn_of_nan(found, error=True)
    rows = []
    for rule in rules:
        values = [found[name][rule].value for name in names]
        chances = {other: chance for other in rules if (chance := _chance(result, other, rule, pair)) is not None}
        surest = min(chances, key=lambda other: (math.isnan(chances[other]), chances[other]), default=None)
        p = math.nan
        if surest is not None and not result.outcomes.sequential:
            p = min((len(rules) - 1) * chances[surest], 1.0)
        rows.append([*values, surest is None and not any(map(math.isnan, values)), surest, p])
    columns = [*names, "frontier", "beaten_by", "p_montecarlo"]
    return labelled(result, pd.DataFrame(rows, pd.Index(rules, name="rule"), columns))


def _graded(metric: str | Metric) -> BuiltIn | Metric:
    """A metric of which more is better, or less is; others are refused."""
    if isinstance(metric, Metric) and not metric.better:
        raise InvalidInput(f"frontier: Metric {metric.name!r} must have a better side, got better=0; make it 1 or -1")
    if not isinstance(metric, Metric):
        require_known("metrics with a better side", [metric], [name for name, each in METRICS.items() if each.better])
    return find(metric)


def _chance(result: RunData, better: str, worse: str, pair: Iterable[BuiltIn | Metric]) -> float | None:
    """One-sided p value of one rule beating another in both metrics; None where it does not in this sample."""
    design, gains, chances = result.outcomes.design, [], []
    for metric in pair:
        found = paired_difference(result.estimate(better, metric), result.estimate(worse, metric), design)
        # A p value of 1 is a tie up to rounding; without an error both rules do alike, or one does better, throughout.
        gains.append(0.0 if found.p == 1.0 else metric.better * found.value)
        error = found.standard_error
        chances.append(0.0 if error == 0.0 else 0.5 * math.erfc(gains[-1] / error / math.sqrt(2.0)))
    if not all(gain >= 0.0 for gain in gains) or not any(gains):
        return None
    return math.nan if any(map(math.isnan, chances)) else max(chances)
