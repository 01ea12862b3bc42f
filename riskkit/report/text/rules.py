"""Sentences that compare the rules: which one is best, and whether the difference is significant."""

from __future__ import annotations

import warnings

import pandas as pd

from riskkit._core.errors import RiskkitWarning
from riskkit._core.format import percent
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import METRICS
from riskkit.report.text.numbers import amount, listed, quoted, several

__all__ = ["SAME", "metric_differences", "ranking_sentences", "replays", "verdict_sentences"]

#: Relative differences below this are rounding errors.
SAME = 1e-12

#: Metric → the sentence on its best rule, and the sentence if all rules are equal.
BEST = {
    "wealth_median": (
        "{} has the highest median final wealth, {} times the start",
        "{} have the same median final wealth, {} times the start",
    ),
    "ced95": (
        "{} has the smallest mean maximum drawdown over the worst 5 % of the paths (CED 95 %), {}",
        "{} have the same mean maximum drawdown over the worst 5 % of the paths (CED 95 %), {}",
    ),
}


def replays(result: Comparison) -> bool:
    """Whether the paths are historical, so there are no standard errors."""
    return result.outcomes.overlapping


def metric_differences(result: Comparison, metric: str, baseline: str | None = None) -> pd.DataFrame:
    """Every other rule minus the baseline in one metric; no warnings, because the report explains each NaN itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        return result.differences(baseline, metrics=metric).droplevel("metric")


def verdict_sentences(result: Comparison) -> list[str]:
    """Sentences on the best rule by median wealth and by drawdown, and on the baseline."""
    names, base = result.scenario.names, result.scenario.baseline_name
    if len(names) == 1:
        return [f"There is only one rule, {quoted(base)}, so nothing is compared."]
    richest, lines = _best(result, "wealth_median")
    if richest is not None:
        lines.append(_baseline_sentence(result, base))
        if richest != base:
            above = result.values(richest, "wealth") > result.values(base, "wealth")
            won = float(result.path_weights[above].sum())
            lines.append(f"{quoted(richest)} ends above {quoted(base)} on {percent(won)} of the paths.")
    if any(result.values(name, "max_drawdown").any() for name in names):
        lines += _best(result, "ced95")[1]
        lines += _efficient_rules(result)
    if replays(result):
        lines.append("History is a single sample, so the statistical errors of these numbers are unknown.")
    return lines


def ranking_sentences(result: Comparison) -> list[str]:
    """Sentences on rules too close to the best one for these paths, and on each rule against the baseline."""
    best, lines = _best(result, "wealth_median") if len(result.scenario.names) > 1 else (None, [])
    if best is None:
        return []
    unsure = [" ".join(lines)] if len(lines) > 1 else []
    return [*unsure, _baseline_sentence(result, result.scenario.baseline_name)]


def _best(result: Comparison, metric: str) -> tuple[str | None, list[str]]:
    """The best rule by a metric, None if all are equal, and sentences on it."""
    names, better, unit = result.scenario.names, METRICS[metric].better, METRICS[metric].unit
    best = max(names, key=lambda name: better * result.estimate(name, metric).value)
    value = result.estimate(best, metric)
    one_best, all_equal = BEST[metric]
    differences = metric_differences(result, metric, best)
    equal = differences["difference"].abs() <= SAME * abs(value.value)
    same = [name for name in differences.index if equal[name]]
    if len(same) == len(differences):
        every = "Both rules" if len(names) == 2 else f"All {len(names)} rules"
        return None, [f"{all_equal.format(every, amount(value, unit))}."]
    also = f", as {'does' if len(same) == 1 else 'do'} {several(same)}" if same else ""
    lines = [f"{one_best.format(quoted(best), amount(value, unit))}{also}."]
    significant = differences["high"] < 0.0 if better > 0 else differences["low"] > 0.0
    unsure = [name for name in differences.index if not equal[name] and not significant[name]]
    if unsure and not replays(result):
        lines.append(f"The paths are too few to tell it from {several(unsure)}.")
    return best, lines


def _baseline_sentence(result: Comparison, base: str) -> str:
    """A sentence that compares the median of each rule with that of the baseline."""
    found = metric_differences(result, "wealth_median")
    equal = found["difference"].abs() <= SAME * abs(result.estimate(base, "wealth_median").value)
    low, high = (found["difference"],) * 2 if replays(result) else (found["low"], found["high"])
    groups: dict[str, list[str]] = {"higher": [], "lower": [], "too close to tell": [], "the same": []}
    for name in found.index:
        sides = {"the same": equal[name], "higher": low[name] > 0.0, "lower": high[name] < 0.0}
        groups[next((side for side, holds in sides.items() if holds), "too close to tell")].append(name)
    clauses = [f"{side} under {several(members)}" for side, members in groups.items() if members]
    return f"In paired differences from the baseline {quoted(base)}, the median is {listed(clauses)}."


def _efficient_rules(result: Comparison) -> list[str]:
    """The Pareto-efficient rules: no other rule has both a higher median wealth and a smaller drawdown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        ahead = result.frontier()["frontier"]
    names = [str(name) for name in ahead.index[ahead]]
    if not names:
        return []
    if len(names) == len(ahead):
        return ["All rules are Pareto-efficient in median wealth and CED 95 % on these paths."]
    if len(names) == 1:
        return [f"Only {quoted(names[0])} is Pareto-efficient in median wealth and CED 95 % on these paths."]
    return [f"The Pareto-efficient rules in median wealth and CED 95 % on these paths are {several(names)}."]
