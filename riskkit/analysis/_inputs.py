"""Input validation of the analyses, and the comparison that each of them runs."""

from __future__ import annotations

from dataclasses import replace

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, short_repr
from riskkit.comparison._compare import compare, compare_without_pilot
from riskkit.comparison._comparison import Comparison
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["checked_scenario", "rule_of", "run"]

#: Metrics that need the thresholds of the pilot.
METRICS_WITH_PILOT = ("cdar95",)

#: Path-steps, times the rules, below which a run takes a few milliseconds and one thread.
SMALL_RUN = 2**21


def checked_scenario(scenario: object) -> Scenario:
    """Return the scenario; anything else is refused."""
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {short_repr(scenario)}")
    return scenario


def rule_of(scenario: Scenario, rule: Rule | str | None) -> Rule:
    """Return a rule, the scenario's rule of that name, or its baseline for None."""
    if isinstance(rule, Rule):
        return rule
    name = scenario.baseline_name if rule is None else rule
    if not isinstance(name, str):
        raise InvalidInput(f"rule must be a Rule or the name of one, got {short_repr(rule)}")
    require_known("rule", [name], scenario.names)
    return scenario.rules[scenario.names.index(name)]


def run(scenario: Scenario, *rules: Rule, paths: int, seed: int, metric: str = "wealth_mean") -> Comparison:
    """Compare these rules alone, the last being the baseline, without a progress bar.

    The pilot runs only where `metric` needs it: all other metrics have the same bits without it.
    """
    alone = replace(scenario, rules=rules, baseline=rules[-1].name)
    if metric in METRICS_WITH_PILOT:
        return compare(alone, paths=paths, seed=seed, progress=False)
    # Threads cost more than they save on a few milliseconds of work.
    workers = 1 if paths * alone.calendar.steps * len(rules) < SMALL_RUN else None
    return compare_without_pilot(alone, paths=paths, seed=seed, workers=workers)
