"""Rules against one another, in words: which one is ahead, of which others, and whether the paths can tell."""

from __future__ import annotations

import warnings

import pandas as pd

from riskkit._core.errors import RiskkitWarning
from riskkit._core.format import percent
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.metrics import METRICS
from riskkit.report.text.numbers import amount, listed, quoted, several

__all__ = ["gaps", "replays", "verdict"]

#: Differences below this share of the statistics are rounding.
SAME = 1e-12

#: Metric → how the rule that is first in it is told, and how all of them are where none is.
FIRST = {
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
    """Whether the paths are what did happen, of which no error can be told."""
    return result.outcomes.overlapping


def gaps(result: Comparison, metric: str, baseline: str | None = None) -> pd.DataFrame:
    """Every other rule minus the baseline, in one metric; without the warnings, as the report tells of what is NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RiskkitWarning)
        return result.differences(baseline, metrics=metric).droplevel("metric")


def verdict(result: Comparison) -> list[str]:
    """Say which rule is ahead in median wealth and in depth, and what that says of the baseline."""
    names, base = result.scenario.names, result.scenario.baseline_name
    if len(names) == 1:
        return [f"There is only one rule, {quoted(base)}, so nothing is compared."]
    richest, lines = _first(result, "wealth_median")
    if richest is not None:
        lines.append(_against(result, base))
        if richest != base:
            above = result.values(richest, "wealth") > result.values(base, "wealth")
            won = float(result.path_weights[above].sum())
            lines.append(f"{quoted(richest)} ends above {quoted(base)} on {percent(won)} of the paths.")
    if any(result.values(name, "max_drawdown").any() for name in names):
        lines += _first(result, "ced95")[1]
        lines += _unbeaten(result)
    if replays(result):
        lines.append("History is a single sample, so the statistical errors of these numbers are unknown.")
    return lines


def _first(result: Comparison, metric: str) -> tuple[str | None, list[str]]:
    """The rule that is first in a metric, and sentences that say so; None where all rules are the same."""
    names, better, unit = result.scenario.names, METRICS[metric].better, METRICS[metric].unit
    first = max(names, key=lambda name: better * result.estimate(name, metric).value)
    value = result.estimate(first, metric)
    alone, together = FIRST[metric]
    behind = gaps(result, metric, first)
    even = behind["difference"].abs() <= SAME * abs(value.value)
    same = [name for name in behind.index if even[name]]
    if len(same) == len(behind):
        every = "Both rules" if len(names) == 2 else f"All {len(names)} rules"
        return None, [f"{together.format(every, amount(value, unit))}."]
    also = f", as {'does' if len(same) == 1 else 'do'} {several(same)}" if same else ""
    lines = [f"{alone.format(quoted(first), amount(value, unit))}{also}."]
    ends = behind["high"] < 0.0 if better > 0 else behind["low"] > 0.0
    unsure = [name for name in behind.index if not even[name] and not ends[name]]
    if unsure and not replays(result):
        lines.append(f"The paths are too few to tell it from {several(unsure)}.")
    return first, lines


def _against(result: Comparison, base: str) -> str:
    """How the median of each rule stands to that of the baseline."""
    found = gaps(result, "wealth_median")
    even = found["difference"].abs() <= SAME * abs(result.estimate(base, "wealth_median").value)
    low, high = (found["difference"],) * 2 if replays(result) else (found["low"], found["high"])
    groups: dict[str, list[str]] = {"higher": [], "lower": [], "too close to tell": [], "the same": []}
    for name in found.index:
        sides = {"the same": even[name], "higher": low[name] > 0.0, "lower": high[name] < 0.0}
        groups[next((side for side, holds in sides.items() if holds), "too close to tell")].append(name)
    told = [f"{side} under {several(members)}" for side, members in groups.items() if members]
    return f"In paired differences from the baseline {quoted(base)}, the median is {listed(told)}."


def _unbeaten(result: Comparison) -> list[str]:
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
