"""The answer of a comparison: tables with errors, paired differences and the paths' own numbers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.checks import known, seed_number
from riskkit.comparison import estimates, rendering
from riskkit.comparison.estimates import Estimate, normal_quantile
from riskkit.comparison.metrics import METRICS, RuleSample, select
from riskkit.comparison.pairing import holm, paired_difference, share_won
from riskkit.engine.outcomes import COLUMNS, Outcomes
from riskkit.errors import InvalidInput, RiskkitWarning
from riskkit.frozen import FrozenMap

if TYPE_CHECKING:
    from riskkit.scenario import Scenario

__all__ = ["Comparison"]

#: Columns that mean something path by path; the rest only serve `cdar95`.
QUANTITIES = tuple(name for name in COLUMNS if not name.startswith(("excess_", "above_")))


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
    _kept: dict[tuple[str, str], Estimate] = field(default_factory=dict, init=False)

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
        return _read_only(self.outcomes.columns[quantity][self.scenario.names.index(rule)])

    def estimate(self, rule: str, metric: str) -> Estimate:
        """A metric of a rule with its error and the paths' influences."""
        known("rule", [rule], self.scenario.names)
        known("metric", [metric], METRICS)
        if (rule, metric) not in self._kept:
            self._kept[rule, metric] = METRICS[metric].estimate(self._sample(rule))
        return self._kept[rule, metric]

    def table(self, metrics: str | Iterable[str] | None = None) -> pd.DataFrame:
        """All metrics, a row a rule.

        Parameters
        ----------
        metrics : str or iterable of str, optional
            Columns wanted, in that order; all by default.

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
        names = select(metrics, self.scenario)
        self._warn(names, error=False)
        return self._frame({name: [each.value for each in self._estimates(name)] for name in names})

    def errors(self, metrics: str | Iterable[str] | None = None) -> pd.DataFrame:
        """Standard errors of `table`, in the same shape.

        Means, tail means and `cdar95` get theirs from the paths' influences, probabilities from Wilson's interval,
        quantiles from order statistics. NaN, with a `RiskkitWarning` that says why, where the error is not known.
        """
        names = select(metrics, self.scenario)
        self._warn(names, error=True)
        return self._frame({name: [each.standard_error for each in self._estimates(name)] for name in names})

    def interval(self, metric: str, level: float = 0.95) -> pd.DataFrame:
        """Confidence interval of one metric, a row a rule.

        Parameters
        ----------
        metric : str
            Column of `table`.
        level : float
            In (0, 1).

        Returns
        -------
        DataFrame
            Columns ``low`` and ``high``: Wilson's interval for a probability, order statistics for a quantile, else
            value -+ z standard errors. NaN where the error is.
        """
        known("metric", [metric], METRICS)
        normal_quantile(level)
        self._warn([metric], error=True)
        ends = [each.interval(level) for each in self._estimates(metric)]
        return self._frame({"low": [low for low, _ in ends], "high": [high for _, high in ends]})

    def differences(
        self, baseline: str | None = None, level: float = 0.95, metrics: str | Iterable[str] | None = None
    ) -> pd.DataFrame:
        """Every rule minus the baseline, paired on the same paths.

        Parameters
        ----------
        baseline : str, optional
            Rule to compare with; the scenario's by default.
        level : float
            Of the intervals, in (0, 1).
        metrics : str or iterable of str, optional
            All by default.

        Returns
        -------
        DataFrame
            Indexed by rule (the baseline left out) and metric, with columns ``difference``, ``standard_error``,
            ``low``, ``high``, ``p_montecarlo`` (two-sided, normal, adjusted by Holm over the rules within a metric)
            and ``won``: the share of paths on which the rule does better by the quantity behind the metric, such as
            final wealth for `wealth_p05` or `goal_probability`; a tie counts half. It is NaN for
            `founder_weight_end`, `rebalances` and `turnover`, where neither way is better.
        """
        base = self.scenario.baseline_name if baseline is None else baseline
        known("baseline", [base], self.scenario.names)
        normal_quantile(level)
        names = select(metrics, self.scenario)
        self._warn(names, error=True)
        rules = [rule for rule in self.scenario.names if rule != base]
        won = {(rule, *behind): self._won(rule, base, *behind) for rule in rules for behind in _behind(names)}
        rows: dict[tuple[str, str], list[float]] = {}
        for name in names:
            reference = self.estimate(base, name)
            found = [paired_difference(self.estimate(rule, name), reference, self.weights, level) for rule in rules]
            adjusted = holm(np.array([each.p for each in found]))
            for rule, each, p in zip(rules, found, adjusted, strict=True):
                share = won[rule, METRICS[name].quantity, METRICS[name].better]
                rows[rule, name] = [each.value, each.standard_error, each.low, each.high, float(p), share]
        index = pd.MultiIndex.from_tuples([(rule, name) for rule in rules for name in names], names=["rule", "metric"])
        columns = ["difference", "standard_error", "low", "high", "p_montecarlo", "won"]
        body = np.array([rows[key] for key in index]).reshape(len(index), len(columns))
        return self._labelled(pd.DataFrame(body, index=index, columns=columns))

    def net(self, metric: str = "wealth_median") -> pd.DataFrame:
        """One metric gross, net of cost, and net of cost and tax, on the same paths.

        Parameters
        ----------
        metric : str
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
        known("metric", [metric], METRICS)
        if np.ptp(self.weights) > 0.0:
            raise InvalidInput("net needs a result whose paths have equal weights; run the plain sample")
        from riskkit.comparison.running import compare

        frictions = self.scenario.frictions
        untaxed = replace(frictions, tax=None, death=None)
        columns = {"net of tax": self.table(metric)[metric]}
        for label, kept in {"net of cost": untaxed, "gross": replace(untaxed, cost=0.0)}.items():
            run = compare(replace(self.scenario, frictions=kept), paths=self.paths, seed=self.seed, progress=False)
            columns[label] = run.table(metric)[metric]
        return self._frame({label: list(columns[label]) for label in ("gross", "net of cost", "net of tax")})

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
            name: estimates.probability(happened, self.outcomes.weights)
            for name, happened in self.outcomes.holdings.items()
        }
        columns = {
            "catastrophe_probability": [each.value for each in found.values()],
            "standard_error": [each.standard_error for each in found.values()],
        }
        return self._frame(columns, index=list(found), name="holding")

    def save(self, folder: str | Path) -> None:
        """Write the result into a folder: the scenario and its facts as TOML, the paths as Parquet.

        Parameters
        ----------
        folder : str or Path
            A new or empty folder, or one that holds a saved result, which is replaced.

        Raises
        ------
        InvalidInput
            If the folder holds anything else.
        """
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

    def __repr__(self) -> str:
        return rendering.as_text(self)

    def _repr_html_(self) -> str:
        return rendering.as_html(self)

    def __getstate__(self) -> dict[str, Any]:
        # Estimates hold functions, which cannot be pickled; they are found again when asked for.
        return {**self.__dict__, "_kept": {}}

    def _estimates(self, metric: str) -> list[Estimate]:
        return [self.estimate(rule, metric) for rule in self.scenario.names]

    def _sample(self, rule: str) -> RuleSample:
        row = self.scenario.names.index(rule)
        columns = {name: values[row] for name, values in self.outcomes.columns.items()}
        thresholds = self.outcomes.thresholds[row]
        return RuleSample(columns, self.outcomes.weights, thresholds, self.scenario.goal, float(self.scenario.years))

    def _warn(self, metrics: list[str], *, error: bool) -> None:
        """One warning for all values, and errors if they are asked for, that are NaN."""
        told = []
        for metric in metrics:
            rules: dict[str | None, list[str]] = {}
            for rule in self.scenario.names:
                found = self.estimate(rule, metric)
                if math.isnan(found.value) or (error and math.isnan(found.standard_error)):
                    rules.setdefault(found.note, []).append(rule)
            told += [f"{metric} of {', '.join(each)}: {note}" for note, each in rules.items()]
        if told:
            what = "values or standard errors" if error else "values"
            warnings.warn(f"some {what} are NaN: {'; '.join(told)}", RiskkitWarning, stacklevel=3)

    def _won(self, rule: str, base: str, quantity: str, better: int) -> float:
        return share_won(self.values(rule, quantity), self.values(base, quantity), better, self.outcomes.weights)

    def _frame(
        self, columns: Mapping[str, list[float]], index: list[str] | None = None, name: str = "rule"
    ) -> pd.DataFrame:
        rows = pd.Index(self.scenario.names if index is None else index, name=name)
        return self._labelled(pd.DataFrame(dict(columns), index=rows, dtype=np.float64))

    def _labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        frame.attrs["assumptions"] = self.scenario.assumptions()
        return frame


def _behind(metrics: list[str]) -> set[tuple[str, int]]:
    return {(METRICS[name].quantity, METRICS[name].better) for name in metrics}


def _read_only(values: NDArray[np.float64]) -> NDArray[np.float64]:
    view = values.view()
    view.flags.writeable = False
    return view
