"""The answer of a comparison: tables with errors, paired differences and the paths' own numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.checks import known, seed_number
from riskkit.comparison import (
    efficient_rules,
    estimates,
    exporting,
    hindsight,
    likelihood_ratio,
    pairing,
    rendering,
    replaying,
    stochastic_dominance,
    tilting,
    two_results,
)
from riskkit.comparison.calibration import calibrated
from riskkit.comparison.estimates import Estimate, normal_quantile
from riskkit.comparison.framing import by_name, by_rule, warn_of_nan
from riskkit.comparison.metric import ColumnsOf, Metric, RuleSample
from riskkit.comparison.metrics import BuiltIn, find, select, undefined
from riskkit.comparison.weighting import effective_sample_size
from riskkit.engine.outcomes import COLUMNS, QUANTITIES, Outcomes
from riskkit.errors import InvalidInput
from riskkit.frozen import FrozenMap

if TYPE_CHECKING:
    from riskkit.scenario import Scenario

__all__ = ["Comparison"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What `compare` found: every metric of every rule, with Monte-Carlo errors.

    All tables are DataFrames whose ``attrs["assumptions"]`` lists what the scenario takes for granted. Errors,
    intervals and p values speak of Monte-Carlo noise only, not of how sure the assumptions are.

    Attributes
    ----------
    scenario : Scenario
        What was asked.
    outcomes : Outcomes
        One number a path for each quantity and rule, and the weights of the paths.
    seed : int
        Seed of the run.
    notes : mapping of str to str
        Further facts about the run, such as the version of riskkit.
    held : tuple of ndarray
        What has a mean that the weights of a tilted result hold where it is (path); empty for others.

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> result.table(["wealth_median", "ced95"]).columns.tolist()
    ['wealth_median', 'ced95']
    >>> result.differences(metrics="ced95").columns.tolist()
    ['difference', 'standard_error', 'low', 'high', 'p_montecarlo', 'won']
    """

    scenario: Scenario
    outcomes: Outcomes
    seed: int
    notes: Mapping[str, str] = field(default_factory=lambda: FrozenMap[str]({}))
    held: tuple[NDArray[np.float64], ...] = ()
    _kept: dict[tuple[str, BuiltIn | Metric], Estimate] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", seed_number(self.seed))
        object.__setattr__(self, "notes", FrozenMap(self.notes))
        wanted = (len(self.scenario.names), self.paths)
        for name in COLUMNS:
            shape = self.outcomes.columns[name].shape if name in self.outcomes.columns else None
            if shape != wanted:
                raise InvalidInput(f"outcomes: column {name!r} must have the shape (rule, path) {wanted}, got {shape}")

    @property
    def paths(self) -> int:
        """Number of paths."""
        return len(self.outcomes.weights)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weight of each path (path), summing to 1; read-only."""
        return _read_only(self.outcomes.weights)

    @property
    def effective_sample_size(self) -> float:
        """Number of equally weighted paths with the same sum of squared weights (Kish)."""
        return effective_sample_size(self.outcomes.weights)

    def assumptions(self) -> list[str]:
        """Sentences that say what the answers take for granted: those of the scenario, and the views of a tilt."""
        lines = self.scenario.assumptions()
        if "tilted" in self.notes:
            lines.append(f"Views, met by weighting the paths: {self.notes['tilted']} (assumption).")
        return lines

    def values(self, rule: str, quantity: str) -> NDArray[np.float64]:
        """One number a path.

        Parameters
        ----------
        rule : str
            Name of a rule.
        quantity : str
            ``wealth`` (at the end, in multiples of the start), ``max_drawdown``, ``average_drawdown``, ``ulcer``,
            ``under_water``, ``longest_under_water`` (years), ``rebalances`` and ``turnover`` (a year),
            ``cost_paid``, ``tax_paid``, ``deferred_tax``, ``reported_max_drawdown``, ``founder_weight_end``; 1 or 0
            for ``still_under_water``, ``catastrophe``, ``margin_call``, ``margin_unmet``, ``ruin``, ``shortfall``.

        Returns
        -------
        ndarray
            Values in path order (path); read-only.

        Raises
        ------
        InvalidInput
            If there is no such rule or quantity.
        """
        known("rule", [rule], self.scenario.names)
        known("quantity", [quantity], QUANTITIES)
        return _read_only(np.asarray(self.outcomes.columns[quantity][self.scenario.names.index(rule)]))

    def estimate(self, rule: str, metric: str | BuiltIn | Metric) -> Estimate:
        """A metric of a rule with its error and the paths' influences."""
        known("rule", [rule], self.scenario.names)
        each = find(metric)
        if (rule, each) not in self._kept:
            self._kept[rule, each] = self.calibrated(each.estimate(self._sample(rule)))
        return self._kept[rule, each]

    def calibrated(self, found: Estimate) -> Estimate:
        """An estimate under the weights of this result, with the error that the views of a tilt leave it.

        What happened is one draw, whatever the number of windows: no error is told.
        """
        if self.outcomes.overlapping:
            return Estimate(found.value, math.nan, note=rendering.OVERLAP)
        return calibrated(found, self.held, self.outcomes.design)

    def table(self, metrics: str | Metric | Iterable[str | Metric] | None = None) -> pd.DataFrame:
        """All metrics, a row a rule.

        Parameters
        ----------
        metrics : str, Metric, or iterable of them, optional
            Columns wanted, in that order; all built-in ones by default.

        Returns
        -------
        DataFrame
            Indexed by rule. Wealth, cost and tax are in multiples of the start wealth, drawdowns and probabilities
            fractions, times in years. A metric that cannot be told is NaN, with a `RiskkitWarning` that says why.

        Raises
        ------
        InvalidInput
            If a metric does not exist; the message lists those that do.
        """
        chosen = select(metrics, self.scenario)
        found = self._estimates(chosen)
        warn_of_nan(found, error=False)
        return by_rule(self, {name: [each.value for each in found[name].values()] for name in chosen})

    def errors(self, metrics: str | Metric | Iterable[str | Metric] | None = None) -> pd.DataFrame:
        """Standard errors of `table`, in the same shape.

        Means, tail means and `cdar95` get theirs from the paths' influences, probabilities from Wilson's interval,
        quantiles from order statistics. NaN, with a `RiskkitWarning` that says why, where the error is not known.
        """
        chosen = select(metrics, self.scenario)
        found = self._estimates(chosen)
        warn_of_nan(found, error=True)
        return by_rule(self, {name: [each.standard_error for each in found[name].values()] for name in chosen})

    def interval(self, metric: str | Metric, level: float = 0.95) -> pd.DataFrame:
        """Confidence interval of one metric, a row a rule.

        Parameters
        ----------
        metric : str or Metric
            Column of `table`.
        level : float
            In (0, 1).

        Returns
        -------
        DataFrame
            Columns ``low`` and ``high``: Wilson's interval for a probability, order statistics for a quantile, else
            value -+ z standard errors. NaN where the error is.
        """
        chosen = find(metric)
        normal_quantile(level)
        found = self._estimates({chosen.name: chosen})
        warn_of_nan(found, error=True, level=level)
        ends = [each.interval(level) for each in found[chosen.name].values()]
        return by_rule(self, {"low": [low for low, _ in ends], "high": [high for _, high in ends]})

    def net(self, metric: str | Metric = "wealth_median") -> pd.DataFrame:
        """One metric gross, net of cost, and net of cost and tax, on the same paths.

        Parameters
        ----------
        metric : str or Metric
            Column of `table`.

        Returns
        -------
        DataFrame
            A row a rule; columns ``gross`` (before trading cost and tax), ``net of cost`` (no tax) and ``net of tax``
            (this result). A death goes with the tax; discounts of tender windows and spending stay in all three.

        Notes
        -----
        The first two are runs of their own on the same streams, so this takes the time of two more comparisons.
        """
        name = find(metric).name
        if np.ptp(self.weights) > 0.0:
            raise InvalidInput(
                "net runs the scenario again and needs paths of equal weights, got a result that is stratified, "
                "reweighted or tilted; call it on that of a plain rk.compare"
            )
        from riskkit.comparison.running import compare

        frictions = self.scenario.frictions
        untaxed = replace(frictions, tax=None, death=None)
        columns = {"net of tax": self.table(metric)[name]}
        for label, kept in {"net of cost": untaxed, "gross": replace(untaxed, cost=0.0)}.items():
            run = compare(replace(self.scenario, frictions=kept), paths=self.paths, seed=self.seed, progress=False)
            columns[label] = run.table(metric)[name]
        return by_rule(self, {label: columns[label] for label in ("gross", "net of cost", "net of tax")})

    differences = pairing.differences
    dominance = stochastic_dominance.dominance
    frontier = efficient_rules.frontier
    regret = hindsight.regret
    reweight = likelihood_ratio.reweight
    tilt = tilting.tilt
    against = two_results.against
    to_pandas = exporting.to_pandas
    to_parquet = exporting.to_parquet
    to_xarray = exporting.to_xarray
    worst = replaying.worst

    def holdings(self) -> pd.DataFrame:
        """Each founder holding on its own: how likely its price ends in catastrophe.

        Published figures for that (40 % of all stocks ever in the Russell 3000; J.P. Morgan 2014) are for single
        stocks, not for portfolios.

        Returns
        -------
        DataFrame
            Indexed by holding, with columns ``catastrophe_probability`` and ``standard_error``.
        """
        found = {
            name: self.calibrated(estimates.probability(happened, self.outcomes.design))
            for name, happened in self.outcomes.holdings.items()
        }
        columns = {
            "catastrophe_probability": [each.value for each in found.values()],
            "standard_error": [each.standard_error for each in found.values()],
        }
        return by_name(self, columns, found, "holding")

    def save(self, folder: str | Path) -> None:
        """Write the result into a folder: the scenario and its facts as TOML, the paths as Parquet.

        Parameters
        ----------
        folder : str or Path
            A new or empty folder, or one that holds a saved result, which is replaced.

        Raises
        ------
        InvalidInput
            If the folder holds anything else, or the result is tilted: save the one that was tilted, and tilt again.
        """
        if self.held:
            raise InvalidInput("save needs a result that is not tilted; save the one that was tilted, and tilt again")
        from riskkit.comparison.storage import save_result

        save_result(self, folder)

    @staticmethod
    def load(folder: str | Path) -> Comparison:
        """Read a result that `save` wrote; every number comes back bit for bit.

        Raises
        ------
        InvalidInput
            If a file is missing, damaged or of another format; the message names it.
        """
        from riskkit.comparison.storage import load_result

        return load_result(folder)

    def report(self, path: str | Path, *, force: bool = False, paths: int | None = None) -> None:
        """Write a report that stands alone: one HTML file with figures, tables and sentences, for whoever decides.

        It loads nothing and can be read without scripts; with them, sliders show the rules at other rates and impacts
        of the founder's shock.

        Parameters
        ----------
        path : str or Path
            The file.
        force : bool
            Whether a file that exists is replaced.
        paths : int, optional
            Paths of each of the further runs behind causes, break-even and sliders, at least 100; by default so many
            that a report takes a few seconds. The report tells their number.

        Raises
        ------
        InvalidInput
            If the file exists and `force` is false, it cannot be written, or a number is out of its bounds.
        MissingExtra
            If matplotlib or Jinja2 is not installed.

        Examples
        --------
        >>> import tempfile
        >>> from dataclasses import replace
        >>> import riskkit as rk
        >>> scenario = replace(rk.scenarios.baron(), rules=[rk.Hold(), rk.Cap(0.3)], steps_per_year=12)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     rk.compare(scenario, paths=1000, seed=1).report(f"{folder}/report.html", paths=100)
        ...     Path(f"{folder}/report.html").read_text(encoding="utf-8")[:15]
        '<!doctype html>'
        """
        from riskkit.report.page import write_report

        write_report(self, path, force=force, paths=paths)

    def __repr__(self) -> str:
        return rendering.as_text(self)

    def _repr_html_(self) -> str:
        return rendering.as_html(self)

    def __getstate__(self) -> dict[str, Any]:
        # Estimates hold functions, which cannot be pickled; they are found again when asked for.
        return {**self.__dict__, "_kept": {}}

    def _estimates(self, metrics: Mapping[str, BuiltIn | Metric]) -> dict[str, dict[str, Estimate]]:
        # Rule by rule, because metrics of one rule share what is sorted.
        found = {
            rule: {name: self.estimate(rule, each) for name, each in metrics.items()} for rule in self.scenario.names
        }
        return {name: {rule: found[rule][name] for rule in found} for name in metrics}

    def _sample(self, rule: str) -> RuleSample:
        row = self.scenario.names.index(rule)
        columns, thresholds = ColumnsOf(self.outcomes.columns, row), self.outcomes.thresholds[row]
        goal, years = self.scenario.goal, float(self.scenario.years)
        why = undefined("certainty_equivalent", self.scenario)
        return RuleSample(columns, self.outcomes.design, thresholds, goal, years, why)


def _read_only(values: NDArray[np.float64]) -> NDArray[np.float64]:
    view = values.view()
    view.flags.writeable = False
    return view
