"""`attribution`: a risk metric decomposed by source, and expected shortfall by holding and by founder."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.validation import require_known
from riskkit.analysis._inputs import checked_scenario, rule_of, run
from riskkit.analysis._option_volatilities import with_fixed_volatilities
from riskkit.analysis._risk_sources import sources
from riskkit.analysis._shapley import shapley
from riskkit.analysis._tail_contributions import tail_contributions
from riskkit.comparison.estimation.estimate import standard_error
from riskkit.comparison.metrics import METRICS
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["Attribution", "attribution"]

_BASELINE = "expected growth alone"

_UNITS = {"share": "points", "times": "times the start", "years": "years", "a year": "a year", "ratio": ""}


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """A metric of a rule, decomposed.

    Attributes
    ----------
    rule, metric : str
        Names of the rule and of the metric.
    value, standard_error : float
        The metric with every source on.
    baseline : float
        The metric with every source off: expected growth alone.
    sources : DataFrame
        A row a source: its ``contribution`` to value - baseline (Shapley), and the ``standard_error`` of that. They
        sum to it to rounding.
    holdings, founders : DataFrame
        The expected shortfall of final wealth, 1 - ``wealth_es95``, decomposed, whatever the metric: the
        ``contribution`` of each holding or founder, of trading cost and of tax, its ``standard_error``, and its
        ``share``. For `Hold` they are Euler's contributions. Instruments of a `Hedged` rule are one row, ``"hedge"``:
        premiums less pay-offs and marks, while their spread, discount and fees are trading cost.
    paths, seed : int
        Those of every run.
    """

    rule: str
    metric: str
    value: float
    standard_error: float
    baseline: float
    sources: pd.DataFrame
    holdings: pd.DataFrame
    founders: pd.DataFrame
    paths: int
    seed: int

    def sentence(self) -> str:
        """State how much of the metric each source contributes, largest first."""
        contributions = self.sources["contribution"].sort_values(key=np.abs, ascending=False, kind="stable")
        terms = [(value, str(name)) for name, value in contributions.items()]
        if abs(self.baseline) > 0.0 or not terms:
            terms.insert(0, (self.baseline, _BASELINE))
        words = [f"{self._formatted(value)} {name}" for value, name in terms]
        words[0] = words[0].replace(" ", " are ", 1)
        listed = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
        unit = _UNITS[METRICS[self.metric].unit]
        value = " ".join([self._formatted(self.value), unit]).rstrip()
        return f"Of the {value} of {self.metric} under {self.rule!r}, {listed}."

    def __repr__(self) -> str:
        runs = f"{self.paths:,} paths a run, seed {self.seed}"
        baseline = pd.DataFrame({"contribution": self.baseline, "standard_error": 0.0}, [_BASELINE])
        whole = pd.DataFrame({"contribution": self.value, "standard_error": self.standard_error}, [self.metric])
        by_source, unit = pd.concat([baseline, self.sources, whole]), _UNITS[METRICS[self.metric].unit]
        return "\n\n".join(
            [
                f"{self.sentence()} ({runs})",
                by_source.map(self._formatted).rename(columns=lambda name: f"{name} ({unit})").to_string(),
                "Expected shortfall of final wealth, worst 5 % of the paths",
                _table(self.holdings),
                _table(self.founders),
            ]
        )

    def _formatted(self, value: float) -> str:
        if METRICS[self.metric].unit == "share":
            return f"{100.0 * value:.1f}"
        return f"{value:.3f}"


def attribution(
    scenario: Scenario,
    rule: Rule | str | None = None,
    metric: str = "max_drawdown_mean",
    *,
    paths: int = 20_000,
    seed: int = 0,
) -> Attribution:
    """Decompose a metric into diffusion, shocks and frictions, and the worst outcomes into holdings and founders.

    Parameters
    ----------
    scenario : Scenario
        The assumptions.
    rule : Rule or str, optional
        The rule, or its name in the scenario; its baseline by default.
    metric : str
        Column of `Comparison.table`.
    paths, seed : int
        Of each run. All runs use the same random numbers.

    Returns
    -------
    Attribution

    Raises
    ------
    InvalidInput
        If a name is not known; the message lists those that are.

    Notes
    -----
    Sources are switched off in every combination, and each gets the mean of what it adds (its Shapley value):
    2**n runs for n sources up to six, which is exact; beyond, 20 random orders, whose error is in the standard errors.
    Diffusion off is volatility 0 at the same expected return; hedge off is the rule without its instruments, whose
    options are priced as in the scenario whatever else is off. A shock of rate 0 contributes exactly 0. See
    `riskkit.analysis._risk_sources.sources` for the sources, `riskkit.analysis._tail_contributions.tail_contributions`
    for the worst outcomes, which take one more run of 6 % of the paths.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from riskkit.scenario.scenarios import baron
    >>> found = attribution(replace(baron(), steps_per_year=12), "hold", "max_drawdown_mean", paths=2000)
    >>> found.sources.index.tolist()
    ['diffusion', 'founder exit', 'crash', 'trading cost']
    >>> bool(abs(found.sources["contribution"].sum() - (found.value - found.baseline)) < 1e-12)
    True
    """
    checked_scenario(scenario)
    chosen = rule_of(scenario, rule)
    require_known("metric", [metric], METRICS)
    scenario = with_fixed_volatilities(replace(scenario, rules=(chosen,), baseline=chosen.name))
    chosen = scenario.rules[0]
    every = sources(scenario)
    active = {name: off for name, off in every.items() if off(scenario) != scenario}
    switches = list(active.values())
    notes: set[str] = set()
    result = run(scenario, chosen, paths=paths, seed=seed, metric=metric)

    @cache
    def value(on: frozenset[int]) -> Array:
        """The metric, then its influences."""
        remaining = scenario
        for place, off in enumerate(switches):
            if place not in on:
                remaining = off(remaining)
        if remaining is scenario:
            found = result.estimate(chosen.name, metric)
        else:
            run_without = run(remaining, *remaining.rules, paths=paths, seed=seed, metric=metric)
            found = run_without.estimate(chosen.name, metric)
        if found.note:
            notes.add(found.note)
        influences = np.full(paths, np.nan) if found.influences is None else found.influences
        return np.concatenate([[found.value], influences])

    whole = result.estimate(chosen.name, metric)
    shares, errors = shapley(len(switches), value, seed)
    design = result.outcomes.design
    table = pd.DataFrame(0.0, pd.Index(list(every), name="source"), ["contribution", "standard_error"])
    for name, share, sampling_error in zip(active, shares, errors, strict=True):
        error = standard_error(share[1:], design) if np.isfinite(share[1:]).all() else np.nan
        table.loc[name] = [share[0], np.hypot(error, sampling_error[0])]
    table.attrs["assumptions"] = scenario.assumptions()
    if notes:
        warnings.warn(
            f"some contributions to {metric} are NaN: {'; '.join(sorted(notes))}", RiskkitWarning, stacklevel=2
        )
    holdings, founders = tail_contributions(scenario, chosen, result.values(chosen.name, "wealth"), seed)
    return Attribution(
        chosen.name, metric, whole.value, whole.standard_error, float(value(frozenset())[0]),
        table, holdings, founders, paths, seed,
    )  # fmt: skip


def _table(frame: pd.DataFrame) -> str:
    formatted = frame.assign(share=frame["share"].map(partial(percent, decimals=1))).rename_axis(None)
    heads = {name: f"{name} (times)" for name in ("contribution", "standard_error")}
    return formatted.rename(columns=heads).to_string(float_format="{:.4f}".format)
