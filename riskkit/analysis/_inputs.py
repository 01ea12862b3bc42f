"""What every question is asked of: a scenario, a rule of it, a number of paths and a seed."""

from __future__ import annotations

from dataclasses import replace

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, short_repr
from riskkit.comparison._compare import compare, compare_without_pilot
from riskkit.comparison._comparison import Comparison
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["checked_scenario", "rule_of", "run"]

#: Metrics that are made of what is recorded above the thresholds of the pilot.
PILOTED = ("cdar95",)


def checked_scenario(scenario: object) -> Scenario:
    """Return the scenario, or refuse what is none."""
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

    Only where `metric` needs the pilot is it run: all else has the same bits without it.
    """
    alone = replace(scenario, rules=rules, baseline=rules[-1].name)
    if metric in PILOTED:
        return compare(alone, paths=paths, seed=seed, progress=False)
    return compare_without_pilot(alone, paths=paths, seed=seed)
