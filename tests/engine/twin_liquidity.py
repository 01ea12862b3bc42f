"""Trading windows and marks of the slow, readable twin: when a holding may be traded, and when it is marked.

By the words of `riskkit.portfolio._liquidity` and SEMANTICS, "Time" and "The ledger"; it calls none of their code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import riskkit as rk


@dataclass(frozen=True)
class Terms:
    """What holds for a holding at one step."""

    limit: float  # share of the units that an allowance is for; 0: nothing can be sold; inf: no limit
    opens: bool  # a new allowance begins, of the units held now
    discount: float
    buyable: bool
    listed: bool
    seen: bool  # its price is seen at all times, so that there are no marks


def month_end(scenario: rk.Scenario, month: int) -> int:
    return math.floor(month * scenario.steps_per_year / 12 + 0.5)


def month_ends(scenario: rk.Scenario) -> dict[int, int]:
    """Step → the number of the last month that ends on it, up to T."""
    last = round(scenario.years * scenario.steps_per_year)
    ends = {month_end(scenario, month): month for month in range(1, 12 * math.ceil(scenario.years) + 1)}
    return {step: month for step, month in ends.items() if 0 < step <= last}


def terms_of(liquidity: rk.Liquidity, scenario: rk.Scenario) -> list[Terms]:
    """The terms at each step 0 … T: those of each stage from its first step to the next one's."""
    points = round(scenario.years * scenario.steps_per_year) + 1
    terms: list[Terms] = []
    start, windows_before = 0, False
    stage: rk.Liquidity | None = liquidity
    while stage is not None and start < points:
        years = stage.years if isinstance(stage, rk.Locked) else getattr(stage, "until", None)
        # A date in years that is meant to be a step may miss it by rounding.
        stop = points if years is None else start + math.ceil(years * scenario.steps_per_year - 1e-7)
        seen = isinstance(stage, rk.Listed) or (windows_before and listing(stage))
        terms += in_force(stage, scenario, range(start, min(stop, points)), seen)
        windows_before |= isinstance(stage, rk.TenderWindows)
        stage, start = getattr(stage, "then", None), stop
    return terms


def listing(stage: rk.Liquidity) -> bool:
    """A lock-up at whose end the holding trades like any other: it is listed already, only not for sale."""
    while isinstance(stage, rk.Locked):
        stage = stage.then
    return isinstance(stage, rk.Listed)


def in_force(stage: rk.Liquidity, scenario: rk.Scenario, steps: range, seen: bool) -> list[Terms]:
    """The terms of one stage at the steps at which it holds."""
    if isinstance(stage, rk.Listed):
        if stage.monthly_limit is None:
            return [Terms(math.inf, True, 0.0, True, True, seen) for _ in steps]
        opens = {steps.start, *month_ends(scenario)}
        return [Terms(stage.monthly_limit, step in opens, 0.0, True, True, seen) for step in steps]
    closed = Terms(0.0, False, 0.0, stage.buyable, False, seen)
    if isinstance(stage, rk.Locked):
        return [closed for _ in steps]
    assert isinstance(stage, rk.TenderWindows)
    last = round(scenario.years * scenario.steps_per_year)
    on = {month_end(scenario, 12 * year + m) for year in range(math.ceil(scenario.years)) for m in stage.months}
    window = Terms(stage.limit, True, stage.discount, stage.buyable, False, seen)
    return [window if step in on and 0 < step < last else closed for step in steps]


def marked_steps(holding: rk.Holding, scenario: rk.Scenario) -> set[int]:
    """Steps at which the reported price is set to the true one, whatever happens."""
    terms = terms_of(holding.liquidity, scenario)
    if holding.marks is None:
        return set(range(len(terms)))
    # A month of the calendar that ends on the step of another one counts once; the marks go by their own months.
    months = range(holding.marks.every, 12 * math.ceil(scenario.years) + 1, holding.marks.every)
    return {0, *(month_end(scenario, month) for month in months), *(s for s, term in enumerate(terms) if term.seen)}


@dataclass
class Allowance:
    """How many units of one holding may still be sold."""

    terms: list[Terms]
    left: float = 0.0

    def open(self, step: int, units: float) -> None:
        """A new allowance, in place of what is left of the one before."""
        if self.terms[step].opens and self.terms[step].limit < math.inf:
            self.left = self.terms[step].limit * units

    def sellable(self, step: int, units: float) -> float:
        """Units that may be sold now; an allowance of all units is, on its day, of those too that arrive that day."""
        limit = self.terms[step].limit
        whole = limit == math.inf or (limit == 1.0 and self.terms[step].opens)
        return 0.0 if limit == 0.0 else units if whole else min(units, self.left)

    def sold(self, units: float) -> None:
        self.left = max(self.left - units, 0.0)
