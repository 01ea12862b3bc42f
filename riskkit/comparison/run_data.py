"""The data of a comparison: its scenario, its outcomes by path, and the estimate of each metric."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import FrozenMap, read_only, set_fields
from riskkit._core.guessed_names import Hinted
from riskkit._core.validation import require_known, seed_number
from riskkit.comparison.estimation.estimate import Estimate, effective_sample_size
from riskkit.comparison.metric import Metric, RuleColumns, RuleSample
from riskkit.comparison.metrics import BuiltIn, find, undefined
from riskkit.comparison.reweighting.fixed_moments import FixedMoments
from riskkit.engine.outcomes import COLUMNS, TIME_WEIGHTED, Outcomes, path_quantities
from riskkit.scenario._scenario import Scenario

__all__ = ["OVERLAP", "Run", "RunData"]

#: Attributes of earlier versions and their names now.
RENAMED = {"weights": "path_weights", "held": "fixed_moments"}

#: Why a replayed history has no errors.
OVERLAP = "history is one draw, and its windows overlap"


@dataclass(frozen=True, eq=False, repr=False)
class RunData(Hinted):
    """The scenario and outcomes of a run, and its estimates; `Comparison` adds tables and analyses.

    Attributes
    ----------
    scenario : Scenario
        The scenario that was simulated.
    outcomes : Outcomes
        One number a path for each quantity and rule, and the path weights.
    seed : int
        Seed of the run.
    notes : mapping of str to str
        Further facts about the run, such as the version of riskkit.
    fixed_moments : tuple of ndarray
        Quantities whose weighted means are fixed by the views of a tilted result, or by moment matching (path); empty
        for other results.
    fixed_scores : tuple of ndarray
        What gives each of them its coefficient in the influences, where views are not on means alone (path).
    """

    scenario: Scenario
    outcomes: Outcomes
    seed: int
    notes: Mapping[str, str] = field(default_factory=lambda: FrozenMap[str]({}))
    fixed_moments: tuple[Array, ...] = ()
    fixed_scores: tuple[Array, ...] = ()
    _cache: dict[tuple[str, BuiltIn | Metric], Estimate] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        set_fields(self, seed=seed_number(self.seed), notes=FrozenMap(self.notes))
        wanted = (len(self.scenario.names), self.paths)
        for name in (*COLUMNS, *self.outcomes.own_columns):
            shape = self.outcomes.columns[name].shape if name in self.outcomes.columns else None
            if shape != wanted:
                raise InvalidInput(f"outcomes: column {name!r} must have the shape (rule, path) {wanted}, got {shape}")

    @property
    def paths(self) -> int:
        """Number of paths."""
        return len(self.outcomes.path_weights)

    if not TYPE_CHECKING:  # so that type checkers refuse attributes that do not exist

        def __getattr__(self, name: str) -> Any:
            if name in RENAMED:
                raise AttributeError(f"{type(self).__name__}.{name} must be written {RENAMED[name]}")
            return super().__getattr__(name)

    @property
    def has_time_weighted(self) -> bool:
        """Whether it has time-weighted columns of its own: there are external flows, and no earlier version ran it."""
        first = self.outcomes.columns[TIME_WEIGHTED[0]][0, slice(1)]
        return self.scenario.frictions.external_flows and not math.isnan(first[0])

    @property
    def path_weights(self) -> Array:
        """Probability of each path (path), summing to 1; read-only."""
        return read_only(self.outcomes.path_weights)

    @property
    def effective_sample_size(self) -> float:
        """Number of equally weighted paths with the same sum of squared weights (Kish)."""
        return effective_sample_size(self.outcomes.path_weights)

    def assumptions(self) -> list[str]:
        """The assumptions as sentences: those of the scenario, and the views of a tilt."""
        lines = self.scenario.assumptions()
        if "tilted" in self.notes:
            lines.append(f"Views, met by weighting the paths: {self.notes['tilted']} (assumption).")
        return lines

    def values(self, rule: str, quantity: str) -> Array:
        """One number a path.

        Parameters
        ----------
        rule : str
            Name of a rule.
        quantity : str
            ``wealth`` (at the end, in multiples of the start, after the tax of selling everything if
            ``at_end="sell"``), ``max_drawdown``, ``average_drawdown``, ``ulcer``, ``under_water``,
            ``longest_under_water`` (years), ``rebalances`` and ``turnover`` (a year),
            ``cost_paid``, ``tax_paid``, ``deferred_tax``, ``tax_due``, ``reported_max_drawdown``,
            ``founder_weight_end``, ``time_weighted_wealth`` and ``time_weighted_max_drawdown`` (of the time-weighted
            index, which is 1 at the start and ends as `wealth` does; NaN in a result that an earlier version saved);
            1 or 0 for ``still_under_water``, ``catastrophe``, ``margin_call``, ``margin_unmet``, ``ruin``,
            ``shortfall``; and the columns of a `Statistic` of your own.

        Returns
        -------
        ndarray
            Values in path order (path); read-only.

        Raises
        ------
        InvalidInput
            If there is no such rule or quantity.
        """
        require_known("rule", [rule], self.scenario.names)
        require_known("quantity", [quantity], path_quantities(self.outcomes.columns))
        return read_only(np.asarray(self.outcomes.columns[quantity][self.scenario.names.index(rule)]))

    def estimate(self, rule: str, metric: str | BuiltIn | Metric) -> Estimate:
        """A metric of a rule with its error and the paths' influences."""
        require_known("rule", [rule], self.scenario.names)
        each = find(metric)
        if (rule, each) not in self._cache:
            self._cache[rule, each] = self._calibrated(each.estimate(self._sample(rule)))
        return self._cache[rule, each]

    def _calibrated(self, found: Estimate) -> Estimate:
        """An estimate with its error under what the path weights fix: the views of a tilt, or matched moments.

        A replayed history is one draw, so it has no error.
        """
        if self.outcomes.overlapping:
            return Estimate(found.value, math.nan, note=OVERLAP)
        return self._fixed.calibrated(found) if self.fixed_moments else found

    @cached_property
    def _fixed(self) -> FixedMoments:
        return FixedMoments(self.fixed_moments, self.outcomes.design, self.fixed_scores)

    def __getstate__(self) -> dict[str, Any]:
        # Estimates contain functions, which cannot be pickled; they are computed again on access.
        return {name: value for name, value in self.__dict__.items() if name != "_fixed"} | {"_cache": {}}

    def _estimates(self, metrics: Mapping[str, BuiltIn | Metric]) -> dict[str, dict[str, Estimate]]:
        # Rule by rule, because metrics of one rule share what is sorted.
        rules = self.scenario.names
        found = {rule: {name: self.estimate(rule, each) for name, each in metrics.items()} for rule in rules}
        return {name: {rule: found[rule][name] for rule in found} for name in metrics}

    def _sample(self, rule: str) -> RuleSample:
        row = self.scenario.names.index(rule)
        columns, thresholds = RuleColumns(self.outcomes.columns, row), self.outcomes.thresholds[row]
        goal, years = self.scenario.goal, float(self.scenario.years)
        why = undefined("certainty_equivalent", self.scenario)
        tax = self.scenario.frictions.tax
        start = self.scenario.start_after_tax if tax is not None and tax.taxed_at_end else 1.0
        return RuleSample(columns, self.outcomes.design, thresholds, goal, years, why, start)


#: A class of results, for functions that return one of the class that they are given.
Run = TypeVar("Run", bound=RunData)
