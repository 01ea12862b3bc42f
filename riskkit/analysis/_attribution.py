"""`attribution`: what a risk figure comes from, by source, by holding and by founder."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit._core.errors import RiskkitWarning
from riskkit._core.validation import require_known
from riskkit.analysis._inputs import checked_scenario, rule_of, run
from riskkit.analysis._risk_sources import sources
from riskkit.analysis._shapley import shapley
from riskkit.analysis._tail_contributions import tail_parts
from riskkit.comparison.estimation.estimate import standard_error
from riskkit.comparison.metrics import METRICS
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["Attribution", "attribution"]

_BASELINE = "expected growth alone"

_UNITS = {"share": "points", "times": "times the start", "years": "years", "a year": "a year"}


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """What a metric of a rule comes from.

    Attributes
    ----------
    rule, metric : str
        Whose, and which.
    value, standard_error : float
        The metric with everything on.
    baseline : float
        The metric with every source off: expected growth alone.
    sources : DataFrame
        A row a source: its ``contribution`` to value - baseline (Shapley), and the ``standard_error`` of that. They
        sum to it to rounding.
    holdings, founders : DataFrame
        What the expected shortfall of final wealth, 1 - ``wealth_es95``, is made of, whatever the metric: the
        ``contribution`` of each holding or founder, of trading cost and of tax, its ``standard_error``, and its
        ``share``. For `Hold` they are Euler's contributions.
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
        """Say how much of the metric each source is, largest first."""
        parts = self.sources["contribution"].sort_values(key=np.abs, ascending=False, kind="stable")
        told = [(value, str(name)) for name, value in parts.items()]
        if abs(self.baseline) > 0.0 or not told:
            told.insert(0, (self.baseline, _BASELINE))
        words = [f"{self._shown(value)} {name}" for value, name in told]
        words[0] = words[0].replace(" ", " are ", 1)
        listed = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
        unit = _UNITS[METRICS[self.metric].unit]
        return f"Of the {self._shown(self.value)} {unit} of {self.metric} under {self.rule!r}, {listed}."

    def __repr__(self) -> str:
        runs = f"{self.paths:,} paths a run, seed {self.seed}"
        baseline = pd.DataFrame({"contribution": self.baseline, "standard_error": 0.0}, [_BASELINE])
        whole = pd.DataFrame({"contribution": self.value, "standard_error": self.standard_error}, [self.metric])
        by_source = pd.concat([baseline, self.sources, whole])
        return "\n\n".join(
            [
                f"{self.sentence()} ({runs})",
                by_source.map(self._shown).to_string(),
                "Expected shortfall of final wealth, worst 5 % of the paths",
                _table(self.holdings),
                _table(self.founders),
            ]
        )

    def _shown(self, value: float) -> str:
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
    """Say what a metric comes from: diffusion, each shock and each friction; and who is behind the worst outcomes.

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
    Sources are switched off one after the other and in every combination, and each gets the mean of what it adds:
    2**n runs for n sources up to six, which is exact; beyond, 20 random orders, whose error is in the standard errors.
    Diffusion off is volatility 0 at the same expected return. A shock of rate 0 contributes exactly 0. See
    `riskkit.analysis._risk_sources.sources` for the sources, `riskkit.analysis._tail_contributions.tail_parts`
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
    every = sources(scenario)
    played = {name: off for name, off in every.items() if off(scenario) != scenario}
    switches = list(played.values())
    notes: set[str] = set()
    result = run(scenario, chosen, paths=paths, seed=seed, metric=metric)

    @cache
    def value(on: frozenset[int]) -> NDArray[np.float64]:
        """The metric, then its influences."""
        left = scenario
        for place, off in enumerate(switches):
            if place not in on:
                left = off(left)
        ran = result if left is scenario else run(left, chosen, paths=paths, seed=seed, metric=metric)
        found = ran.estimate(chosen.name, metric)
        if found.note:
            notes.add(found.note)
        influences = np.full(paths, np.nan) if found.influences is None else found.influences
        return np.concatenate([[found.value], influences])

    whole = result.estimate(chosen.name, metric)
    shares, errors = shapley(len(switches), value, seed)
    design = result.outcomes.design
    told = pd.DataFrame(0.0, pd.Index(list(every), name="source"), ["contribution", "standard_error"])
    for name, share, drawn in zip(played, shares, errors, strict=True):
        error = standard_error(share[1:], design) if np.isfinite(share[1:]).all() else np.nan
        told.loc[name] = [share[0], np.hypot(error, drawn[0])]
    told.attrs["assumptions"] = scenario.assumptions()
    if notes:
        warnings.warn(f"some parts of {metric} are NaN: {'; '.join(sorted(notes))}", RiskkitWarning, stacklevel=2)
    holdings, founders = tail_parts(scenario, chosen, result.values(chosen.name, "wealth"), seed)
    return Attribution(
        chosen.name, metric, whole.value, whole.standard_error, float(value(frozenset())[0]),
        told, holdings, founders, paths, seed,
    )  # fmt: skip


def _table(frame: pd.DataFrame) -> str:
    shown = frame.assign(share=(100.0 * frame["share"]).map("{:.1f} %".format))
    return shown.rename_axis(None).to_string(float_format="{:.4f}".format)
