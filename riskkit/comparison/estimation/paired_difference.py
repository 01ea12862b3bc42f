"""Paired differences of a statistic between two rules: error, p value and the share of paths won."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.validation import require_known
from riskkit.comparison.estimation.estimate import (
    Estimate,
    Weights,
    as_design,
    average,
    normal_quantile,
    single_draw,
    standard_error,
)
from riskkit.comparison.estimation.few_paths import HANDFUL
from riskkit.comparison.io.frames import labelled, warn_of_nan
from riskkit.comparison.metric import Metric
from riskkit.comparison.metrics import METRICS, select
from riskkit.comparison.run_data import RunData
from riskkit.engine.execution.out_of_core import Column
from riskkit.engine.outcomes import SamplingDesign

__all__ = ["Difference", "differences", "holm", "oriented", "paired_difference", "share_won"]


#: Differences below this share of the statistics themselves are rounding, not evidence.
SAME = 1e-12


@dataclass(frozen=True)
class Difference:
    """A statistic of one rule minus that of another.

    Attributes
    ----------
    value, standard_error, low, high : float
        The difference, its error and the ends of its interval.
    p : float
        Two-sided p value of no difference, before any adjustment.
    note : str, optional
        Why the error is NaN although the two statistics have one.
    """

    value: float
    standard_error: float
    low: float
    high: float
    p: float
    note: str | None = None


def differences(
    result: RunData,
    baseline: str | None = None,
    level: float = 0.95,
    metrics: str | Metric | Iterable[str | Metric] | None = None,
) -> pd.DataFrame:
    """Every rule minus the baseline, paired on the same paths.

    Parameters
    ----------
    baseline : str, optional
        Rule to compare with; the scenario's by default.
    level : float
        Of the intervals, in (0, 1).
    metrics : str, Metric, or iterable of them, optional
        All built-in ones by default.

    Returns
    -------
    DataFrame
        Indexed by rule (the baseline left out) and metric, with columns ``difference``, ``standard_error``,
        ``low``, ``high``, ``p_montecarlo`` (two-sided, normal, adjusted by Holm over the rules within a metric)
        and ``won``: the share of paths on which the rule does better by the quantity of the metric, such as
        final wealth for `wealth_p05` or `goal_probability`; a tie counts half. It is NaN for
        `founder_weight_end`, `rebalances` and `turnover`, where neither way is better, and for `wealth_volatility`,
        `wealth_skewness`, `sharpe`, `sortino` and a `Metric` of your own, which compare no single paths. The p value is
        NaN where the number of paths depended on the results (``until``): it would not be valid.
    """
    base = result.scenario.baseline_name if baseline is None else baseline
    require_known("baseline", [base], result.scenario.names)
    normal_quantile(level)
    chosen = select(metrics, result.scenario)
    found = {
        name: {rule: result.estimate(rule, each) for rule in result.scenario.names} for name, each in chosen.items()
    }
    warn_of_nan(found, error=True)
    rules = [rule for rule in result.scenario.names if rule != base]
    quantities = {(each.quantity, each.better) for each in chosen.values()}
    won = {(rule, *each): _won(result, rule, base, *each) for rule in rules for each in quantities}
    gaps = {
        name: {
            rule: paired_difference(found[name][rule], found[name][base], result.outcomes.design, level)
            for rule in rules
        }
        for name in chosen
    }
    warn_of_nan(missing_errors(gaps), error=True)
    rows: dict[tuple[str, str], list[float]] = {}
    for name, metric in chosen.items():
        pairs = list(gaps[name].values())
        adjusted = holm(np.array([math.nan if result.outcomes.sequential else each.p for each in pairs]))
        for rule, each, p in zip(rules, pairs, adjusted, strict=True):
            share = won[rule, metric.quantity, metric.better]
            rows[rule, name] = [each.value, each.standard_error, each.low, each.high, float(p), share]
    index = pd.MultiIndex.from_tuples([(rule, name) for rule in rules for name in chosen], names=["rule", "metric"])
    columns = ["difference", "standard_error", "low", "high", "p_montecarlo", "won"]
    body = np.array([rows[key] for key in index]).reshape(len(index), len(columns))
    return labelled(result, pd.DataFrame(body, index=index, columns=columns))


def missing_errors(found: Mapping[str, Mapping[str, Difference]]) -> dict[str, dict[str, Estimate]]:
    """Differences without an error between statistics that have one, in the form of `warn_of_nan`."""
    return {
        f"difference in {name}": {
            rule: Estimate(gap.value, math.nan, note=gap.note) for rule, gap in gaps.items() if gap.note
        }
        for name, gaps in found.items()
    }


def oriented(result: RunData, rule: str, quantity: str) -> Array:
    """A quantity of a rule (path), negated where less is better; refused where neither direction is better."""
    values = result.values(rule, quantity)
    better = {metric.quantity: metric.better for metric in METRICS.values() if metric.quantity is not None}
    require_known("quantity with a better side", [quantity], [name for name, side in better.items() if side])
    return values if better[quantity] > 0 else -values


def _won(result: RunData, rule: str, base: str, quantity: str | None, better: int) -> float:
    if quantity is None:
        return math.nan
    columns, names = result.outcomes.columns[quantity], result.scenario.names
    ours, theirs = columns[names.index(rule)], columns[names.index(base)]
    return share_won(ours, theirs, better, result.outcomes.design)


def paired_difference(first: Estimate, second: Estimate, weights: Weights, level: float = 0.95) -> Difference:
    """Difference of one statistic under two rules on the same paths.

    Parameters
    ----------
    first, second : Estimate
        The statistic under the rule and under the one it is compared with.
    weights : ndarray or SamplingDesign
        Weight of each path (path), or how the paths were drawn.
    level : float
        Of the interval, in (0, 1).

    Returns
    -------
    Difference
        The error comes from the difference of the influences path by path, so what moves both rules alike cancels.
        Interval and p value are normal. Without variance the p value is 1 for no difference, up to rounding, and
        else 0. NaN where one of the errors is NaN, and where fewer than ten paths differ by the same amount in
        statistics that have an error.

    Examples
    --------
    >>> from riskkit.comparison.estimation.estimate import mean
    >>> weights = np.full(4, 0.25)
    >>> ours, theirs = mean(np.array([6.0, 3.0, 5.0, 10.0]), weights), mean(np.array([5.0, 1.0, 2.0, 8.0]), weights)
    >>> found = paired_difference(ours, theirs, weights)
    >>> found.value, round(found.standard_error, 4)
    (2.0, 0.3536)
    """
    z = normal_quantile(level)
    value = first.value - second.value
    ours, theirs = first.influences, second.influences
    if ours is None or theirs is None or math.isnan(value):
        return Difference(value, math.nan, math.nan, math.nan, math.nan)
    size = max(abs(first.value), abs(second.value))
    error = standard_error(ours - theirs, weights, size)
    if abs(value) <= SAME * size:
        p = 1.0
    elif note := _handful(first, second, error, as_design(weights)):
        return Difference(value, math.nan, math.nan, math.nan, math.nan, note)
    elif error == 0.0:
        p = 0.0
    else:
        p = math.erfc(abs(value) / error / math.sqrt(2.0))
    return Difference(value, error, value - z * error, value + z * error, p)


def _handful(first: Estimate, second: Estimate, error: float, design: SamplingDesign) -> str | None:
    """The reason for a NaN error where too few paths agree on a difference of uncertain statistics; else None."""
    draws = round(design.effective_sample_size)
    if error > 0.0 or draws >= HANDFUL or first.standard_error == second.standard_error == 0.0:
        return None
    return single_draw(design) or f"it rests on a handful of paths: {draws} in all, which agree"


def holm(p: Array) -> Array:
    """p values adjusted for being one of several, by Holm's step-down (1979).

    Parameters
    ----------
    p : ndarray
        p values (test); NaN is not counted as a test and stays NaN.

    Returns
    -------
    ndarray
        The smallest level at which each test would be rejected when all are tested together (test).

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    result: Array = np.full(len(p), np.nan)
    order = [index for index in np.argsort(p) if not math.isnan(p[index])]
    steps = [min(1.0, (len(order) - rank) * float(p[index])) for rank, index in enumerate(order)]
    result[order] = np.maximum.accumulate(steps) if steps else steps
    return result


def share_won(ours: Column, theirs: Column, better: int, weights: Weights) -> float:
    """Share of paths on which one rule does better than another; a tie counts half.

    So a rule that does the same as the other scores 0.5, and the two rules' shares of each other sum to 1.

    Parameters
    ----------
    ours, theirs : ndarray
        One number a path for each rule (path).
    better : int
        1 if higher is better, -1 if lower is; 0 gives NaN.
    weights : ndarray or SamplingDesign
        Weight of each path (path), summing to 1.

    Examples
    --------
    >>> share_won(np.array([2.0, 1.0, 1.0, 3.0]), np.array([1.0, 1.0, 2.0, 1.0]), 1, np.full(4, 0.25))
    0.625
    """
    if better == 0:
        return math.nan
    return average(0.5 + 0.5 * np.sign(better * (ours - theirs)), weights)
