"""Causes and break-even in words."""

from __future__ import annotations

from riskkit._core.format import percent
from riskkit.analysis._attribution import Attribution
from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison.metrics import METRICS
from riskkit.report.html.further_runs import assumed_values
from riskkit.report.text.numbers import listed, quoted
from riskkit.scenario._scenario import Scenario

__all__ = ["assumed_value", "caused", "lost_in_the_tail", "tied"]

#: Contributions below this are not worth a number: a twentieth of a point.
NEGLIGIBLE = 5e-4


def caused(found: Attribution, runs: str) -> list[str]:
    """Say what the mean of the max drawdowns comes from; `runs` tells of the runs, such as "in runs of 1,000 paths"."""
    parts = found.sources["contribution"].sort_values(key=abs, ascending=False, kind="stable")
    lines = [f"The mean maximum drawdown under {quoted(found.rule)}, {runs}, is {100.0 * found.value:.1f} %."]
    if parts.empty:
        return [*lines, "Nothing in this scenario is random, so there is nothing to attribute."]
    more = [f"{_points(value)} from {name}" for name, value in parts.items() if value >= NEGLIGIBLE]
    less = [f"{name} ({_points(-value)})" for name, value in parts.items() if value <= -NEGLIGIBLE]
    rest = [str(name) for name, value in parts.items() if abs(value) < NEGLIGIBLE]
    if found.baseline >= NEGLIGIBLE:
        more.append(f"{_points(found.baseline)} from what would happen without any of these")
    if more:
        lines.append(f"Of this come {listed(more)}.")
    if less:
        lines.append(f"It is lowered by {listed(less)}.")
    if rest:
        lines.append(f"Almost nothing comes from {listed(rest)}.")
    return [*lines, "These are Shapley values: each risk factor is switched off in every combination with the others."]


def _points(value: float) -> str:
    return f"{100.0 * value:.1f} points"


def lost_in_the_tail(found: Attribution, founders: tuple[str, ...]) -> list[str]:
    """Say what is lost on the worst paths, and with whom."""
    lost = float(found.holdings["contribution"].sum())
    rule = quoted(found.rule)
    if lost <= 0.0:
        return [f"Under {rule} even the worst 5 % of the paths gain {percent(-lost)} of the start wealth on average."]
    lines = [f"Under {rule} the worst 5 % of the paths lose {percent(lost)} of the start wealth on average."]
    parts = {str(name): float(part) for name, part in found.founders["contribution"].items() if name in founders}
    told = [f"{_points(part)} with {quoted(name)}" for name, part in parts.items() if part >= NEGLIGIBLE]
    if told:
        lines.append(f"Of this come {listed(told)}.")
    elif parts:
        lines.append("None of this comes with a founder.")
    return lines


def tied(found: BreakEven) -> str:
    """Say where the first rule is ahead, with the metric in words."""
    against = f"{found.second!r} by "
    return found.sentence().replace(against + found.metric, against + METRICS[found.metric].description, 1)


def assumed_value(found: BreakEven, scenario: Scenario) -> list[str]:
    """Say what the scenario assumes where a break-even asks what would have to be true."""
    values = assumed_values(found.vary, scenario)
    low, high = min(values), max(values)
    said = percent(low) if low == high else f"from {percent(low)} to {percent(high)}"
    told = f"The scenario assumes {said}{found.vary.unit}"
    if len(found.ties) != 1 or not found.low <= found.high:
        return [f"{told}."]
    if high < found.low:
        return [f"{told}, which is below that."]
    if low > found.high:
        return [f"{told}, which is above that."]
    return [f"{told}, which is too close to that for these paths to tell."]
