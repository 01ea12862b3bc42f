"""Which rules of a result are hedged, and which of them a figure of instruments is of."""

from __future__ import annotations

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import join_first, require_known
from riskkit.comparison._comparison import Comparison
from riskkit.instruments import Hedged, instruments_of

__all__ = ["hedged_rule", "hedged_rules"]


def hedged_rules(result: Comparison) -> dict[str, Hedged]:
    """The rules with instruments by name, the baseline first if it is one."""
    scenario = result.scenario
    rules = sorted(scenario.rules, key=lambda rule: rule.name != scenario.baseline_name)
    return {rule.name: rule for rule in rules if isinstance(rule, Hedged) and instruments_of(rule)}


def hedged_rule(result: Comparison, name: str | None) -> Hedged:
    """The hedged rule of a name, by default the first of `hedged_rules`; any other is refused."""
    require_known("rule", [] if name is None else [name], result.scenario.names)
    found = hedged_rules(result)
    if not found or (name is not None and name not in found):
        wanted = f"one of the hedged ones, {join_first(map(repr, found))}" if found else "a hedged one, see rk.Hedged"
        raise InvalidInput(f"rule must be {wanted}, got {'none' if name is None else repr(name)}")
    return found[next(iter(found)) if name is None else name]
