"""The question as data: a portfolio, a market, the rules to compare and the horizon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from riskkit.calendar import Calendar
from riskkit.checks import known, number, unique
from riskkit.errors import InvalidInput
from riskkit.frictions import Frictions
from riskkit.market import Market
from riskkit.market.wording import percent
from riskkit.portfolio import Portfolio
from riskkit.rules import Rule

__all__ = ["Scenario"]


@dataclass(frozen=True)
class Scenario:
    """Everything that `compare` needs, checked and frozen.

    Parameters
    ----------
    portfolio : Portfolio
        What is held at the start.
    market : Market
        How prices move; it must have an asset for each holding.
    rules : iterable of Rule
        The rules to compare; their names must be unique.
    frictions : Frictions
        What trading costs.
    years : float
        Horizon; ``years * steps_per_year`` must be whole.
    steps_per_year : int
        252 for daily, 52 weekly, 12 monthly steps.
    goal : float
        Wealth to be reached, in multiples of the start wealth, > 0.
    baseline : str, optional
        Name of the rule that the others are compared with; the first by default.

    Raises
    ------
    InvalidInput
        If a part has the wrong type, or a name in one part is not known to the others.
    """

    portfolio: Portfolio
    market: Market
    rules: Sequence[Rule]
    frictions: Frictions = field(default_factory=Frictions, kw_only=True)
    years: float = field(default=10, kw_only=True)
    steps_per_year: int = field(default=252, kw_only=True)
    goal: float = field(default=5.0, kw_only=True)
    baseline: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for name, kind in (("portfolio", Portfolio), ("market", Market), ("frictions", Frictions)):
            if not isinstance(getattr(self, name), kind):
                raise InvalidInput(f"{name} must be a {kind.__name__}, got {getattr(self, name)!r}")
        rules = (self.rules,) if isinstance(self.rules, Rule) else self.rules
        if isinstance(rules, str) or not isinstance(rules, Iterable):
            raise InvalidInput(f"rules must be a list of rules, got {rules!r}")
        object.__setattr__(self, "rules", tuple(rules))
        if not self.rules:
            raise InvalidInput("rules must hold at least one rule, got none")
        for rule in self.rules:
            if not isinstance(rule, Rule):
                raise InvalidInput(f"rules must be Rule objects (wrap a plain function in rk.rule), got {rule!r}")
        unique("names of rules", (rule.name for rule in self.rules))
        number("goal", self.goal, above=0.0)
        known("market: assets must cover the portfolio; each holding", self.portfolio.names, self.market.assets)
        self.frictions.check(self.portfolio)
        if self.baseline is not None:
            known("baseline", [self.baseline], self.names)
        for rule in self.rules:
            rule.check(self.portfolio)
            rule.dates(self.calendar)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the rules, in order."""
        return tuple(rule.name for rule in self.rules)

    @property
    def baseline_name(self) -> str:
        """Name of the rule that the others are compared with."""
        return self.names[0] if self.baseline is None else self.baseline

    @cached_property
    def calendar(self) -> Calendar:
        """The grid of steps."""
        return Calendar(self.years, self.steps_per_year)

    def save(self, path: str | Path) -> None:
        """Write the scenario to a TOML file; `load` reads it back equal."""
        from riskkit.scenario_file import save_scenario

        save_scenario(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a scenario from a TOML file; needs the extra ``files``."""
        from riskkit.scenario_file import load_scenario

        return load_scenario(path)

    def assumptions(self) -> list[str]:
        """Sentences that say what the scenario takes for granted: returns, volatilities, shocks, costs."""
        return [*self.market.assumptions(), *self._cost_lines()]

    def _cost_lines(self) -> list[str]:
        cost = self.frictions.cost
        if isinstance(cost, float):
            return [f"Trading costs {percent(cost)} of the value traded."] if cost else ["Trading is free."]
        return [
            "Trading costs " + ", ".join(f"{percent(value)} of {name} traded" for name, value in cost.items()) + "."
        ]
