"""`sweep`: a metric of every rule on a grid of assumptions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import product

import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_unique, short_repr
from riskkit.analysis._inputs import checked_scenario, run
from riskkit.analysis._parameters import Parameter, parameter
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.estimation.paired_difference import paired_difference
from riskkit.comparison.io.frames import warn_of_nan
from riskkit.comparison.metric import Metric
from riskkit.comparison.metrics import find
from riskkit.scenario._scenario import Scenario
from riskkit.scenario.hedged_books import priced_at_model_volatility

__all__ = ["sweep"]


def sweep(
    scenario: Scenario,
    grid: Mapping[str, Iterable[float]],
    *,
    metric: str | Metric = "growth_median",
    paths: int = 20_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the scenario's rules at every point of a grid of assumptions, on the same random numbers.

    Parameters
    ----------
    scenario : Scenario
        All other assumptions, and the rules.
    grid : mapping of str to iterable of float
        Assumption, such as ``"rate:founder exit"`` or ``"implied_volatility"``, → its values; see
        `riskkit.analysis._parameters.parameter`.
    metric : str or Metric
        Column of `Comparison.table`.
    paths, seed : int
        Of each run.

    Returns
    -------
    DataFrame
        A row for each point and rule, indexed by the assumptions and ``rule``: the metric, its ``standard_error``,
        whether it was ``reweighted`` from a run at another rate, and its ``difference`` from the metric of the
        scenario's baseline with the ``difference_error``, paired on the same paths. ``frame[metric].unstack("rule")``
        has a column a rule. What cannot be estimated is NaN; a `RiskkitWarning` gives the reason. ``attrs["runs"]`` is
        the number of runs, ``attrs["assumptions"]`` the assumptions of the scenario.

    Raises
    ------
    InvalidInput
        If an assumption or the metric is not known (the message lists those that are), or there are no values.

    Notes
    -----
    Where expected returns do not include the shocks (``compensate=False``), other rates are not run: the paths of the
    highest rate are weighted by their likelihood ratios (`Comparison.reweight`), wherever that leaves a sample large
    enough. With ``compensate=True`` the drift moves with the rate, with options at the model's own volatility their
    price does, and every point is a run.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from riskkit.rules import DiversifyNow, Hold
    >>> from riskkit.scenario.scenarios import baron
    >>> case = replace(baron(), rules=[Hold(), DiversifyNow()], steps_per_year=12)
    >>> table = sweep(case, {"expected_return:Musk": [0.08, 0.25]}, paths=2000)
    >>> table["growth_median"].unstack("rule").idxmax(axis=1).tolist()
    ['diversify now', 'hold']
    """
    checked_scenario(scenario)
    chosen = find(metric)
    axes = _axes(scenario, grid)
    drifts = scenario.market.compensate or priced_at_model_volatility(scenario.rules, scenario.market)
    reweightable = [] if drifts else [each for each in axes if each.kind == "rate"]
    runs: dict[tuple[float, ...], Comparison] = {}

    def run_at(point: tuple[float, ...]) -> Comparison:
        """The run at a point."""
        if point not in runs:
            changed = scenario
            for each, value in zip(axes, point, strict=True):
                changed = each.set(changed, value)
            runs[point] = run(changed, *changed.rules, paths=paths, seed=seed, metric=chosen.name)
        return runs[point]

    index, rows = [], []
    without_error: dict[str, Estimate] = {}
    for point in product(*axes.values()):
        likeliest = tuple(
            max(axes[each]) if each in reweightable else value for each, value in zip(axes, point, strict=True)
        )
        rates = {each.name: value for each, value in zip(axes, point, strict=True) if each in reweightable}
        result = _reweighted(run_at(likeliest), rates) if point != likeliest else None
        found = run_at(point) if result is None else result
        base = found.estimate(scenario.baseline_name, chosen)
        for rule in scenario.names:
            estimate = found.estimate(rule, chosen)
            if math.isnan(estimate.value) or math.isnan(estimate.standard_error):
                without_error[rule] = estimate
            index.append((*point, rule))
            gap = paired_difference(estimate, base, found.outcomes.design)
            rows.append([estimate.value, estimate.standard_error, result is not None, gap.value, gap.standard_error])
    warn_of_nan({chosen.name: without_error}, error=True)
    columns = [chosen.name, "standard_error", "reweighted", "difference", "difference_error"]
    frame = pd.DataFrame(rows, pd.MultiIndex.from_tuples(index, names=[*map(str, axes), "rule"]), columns)
    frame.attrs = {"assumptions": scenario.assumptions(), "runs": len(runs)}
    return frame


def _reweighted(result: Comparison, rates: Mapping[str, float]) -> Comparison | None:
    """The result at other rates, or None where too little of the sample would be left."""
    try:
        return result.reweight(rates)
    except InvalidInput:
        return None


def _axes(scenario: Scenario, grid: object) -> dict[Parameter, list[float]]:
    """The assumptions and their values, checked."""
    if not isinstance(grid, Mapping) or not grid:
        raise InvalidInput(
            f"grid must be a mapping {{assumption: values}} with at least one entry, got {short_repr(grid)}"
        )
    axes = {}
    for name, values in grid.items():
        each = parameter(scenario, name)
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise InvalidInput(f"grid: values of {name!r} must be a list of numbers, got {short_repr(values)}")
        axes[each] = [each.check(f"grid: each value of {name!r}", value) for value in values]
        if not axes[each]:
            raise InvalidInput(f"grid: values of {name!r} must hold at least one number, got none")
        require_unique(f"grid: values of {name!r}", map(str, axes[each]))
    return axes
