"""Sentences on the risk attribution and the break-even."""

from __future__ import annotations

from riskkit._core.format import percent
from riskkit.analysis._attribution import Attribution
from riskkit.analysis._breakeven import BreakEven
from riskkit.comparison.metrics import METRICS
from riskkit.report.html.extra_runs import assumed_returns_or_rates
from riskkit.report.text.numbers import listed, quoted
from riskkit.scenario._scenario import Scenario

__all__ = ["assumed_value_sentences", "attribution_sentences", "breakeven_sentence", "tail_loss_sentences"]

#: Contributions below this, a twentieth of a point, get no number.
NEGLIGIBLE = 5e-4


def attribution_sentences(found: Attribution, runs: str) -> list[str]:
    """Sentences on the attribution of the mean max drawdown; `runs` is text such as "in runs of 1,000 paths"."""
    contributions = found.sources["contribution"].sort_values(key=abs, ascending=False, kind="stable")
    lines = [f"The mean maximum drawdown under {quoted(found.rule)}, {runs}, is {percent(found.value, decimals=1)}."]
    if contributions.empty:
        return [*lines, "Nothing in this scenario is random, so there is nothing to attribute."]
    more = [f"{_points(value)} from {name}" for name, value in contributions.items() if value >= NEGLIGIBLE]
    less = [f"{name} ({_points(-value)})" for name, value in contributions.items() if value <= -NEGLIGIBLE]
    rest = [str(name) for name, value in contributions.items() if abs(value) < NEGLIGIBLE]
    if found.baseline >= NEGLIGIBLE:
        more.append(f"{_points(found.baseline)} from what would happen without any of these")
    if more:
        lines.append(f"Contributions: {listed(more)}.")
    if less:
        lines.append(f"It is lowered by {listed(less)}.")
    if rest:
        lines.append(f"Almost nothing comes from {listed(rest)}.")
    return [*lines, "These are Shapley values: each risk factor is switched off in every combination with the others."]


def _points(value: float) -> str:
    return f"{100.0 * value:.1f} points"


def tail_loss_sentences(found: Attribution, founders: tuple[str, ...]) -> list[str]:
    """Sentences on the mean loss of the worst 5 % of the paths, and the founders' share of it."""
    lost = float(found.holdings["contribution"].sum())
    rule = quoted(found.rule)
    if lost <= 0.0:
        return [f"Under {rule} even the worst 5 % of the paths gain {percent(-lost)} of the start wealth on average."]
    lines = [f"Under {rule} the worst 5 % of the paths lose {percent(lost)} of the start wealth on average."]
    losses = {str(name): float(value) for name, value in found.founders["contribution"].items() if name in founders}
    points = [f"{_points(value)} with {quoted(name)}" for name, value in losses.items() if value >= NEGLIGIBLE]
    if points:
        lines.append(f"By founder: {listed(points)}.")
    elif losses:
        lines.append("None of this comes with a founder.")
    return lines


def breakeven_sentence(found: BreakEven) -> str:
    """A sentence on where the first rule is ahead, with the metric's description."""
    against = f"{found.second!r} by "
    return found.sentence().replace(against + found.metric, against + METRICS[found.metric].description, 1)


def assumed_value_sentences(found: BreakEven, scenario: Scenario) -> list[str]:
    """Sentences that compare the scenario's own value with the break-even."""
    values = assumed_returns_or_rates(found.vary, scenario)
    low, high = min(values), max(values)
    value = percent(low) if low == high else f"from {percent(low)} to {percent(high)}"
    sentence = f"The scenario assumes {value}{found.vary.unit}"
    if len(found.ties) != 1 or not found.low <= found.high:
        return [f"{sentence}."]
    if high < found.low:
        return [f"{sentence}, which is below the break-even."]
    if low > found.high:
        return [f"{sentence}, which is above the break-even."]
    return [f"{sentence}, which is too close to the break-even for this number of paths."]
