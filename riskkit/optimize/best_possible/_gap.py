"""How far each rule of a result is from the best: one bound for all plans of the class, and each rule's gap to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._core.format import percent, value_with_error
from riskkit._core.validation import integer
from riskkit.comparison._progress import Progress, progress_reporter
from riskkit.optimize.best_possible._adaptive_sell_down import adaptive_sell_down
from riskkit.optimize.best_possible._inputs import PlanClass, plan_class
from riskkit.optimize.best_possible._upper_bound import FEWEST_DRAWS, check_paths, of_class
from riskkit.optimize.best_possible.path_values import (
    FIT_PATHS,
    fit_functions,
    gap_estimate,
    path_values,
    plan_wealth,
)
from riskkit.optimize.best_possible.plan_paths import PlanPaths, simulate
from riskkit.optimize.best_possible.policy import Policy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from riskkit.comparison._comparison import Comparison

__all__ = ["Gaps", "gaps_of"]

#: Risk aversion of `compare`'s certainty equivalent.
RISK_AVERSION = 3.0

#: Most paths of the bound and of the policy's fit, where the caller names no number.
MOST_PATHS = 20_000


@dataclass(frozen=True, eq=False, repr=False)
class Gaps:
    """Certainty equivalents of rules and of a fitted policy beside the bound of their class.

    Attributes
    ----------
    table : DataFrame
        Indexed by rule; the last row is the policy. ``certainty_equivalent`` with ``standard_error``, in multiples of
        the start wealth, where losses refund their tax at once; ``carried_forward``, what the tax of `compare`, which
        carries losses forward, changes; ``gap``, the fraction 1 - certainty equivalent / bound, with its 95 % interval
        ``low`` to ``high``; and ``not_covered``, the reason why a rule is not of the class, else empty. Numbers of a
        rule that is not covered are NaN.
    bound, standard_error : float
        No plan of the class has a higher certainty equivalent, up to the standard error.
    plans : str
        The class in words, to stand after "plans that".
    policy : Policy
        The adaptive sell-down whose functions make the bound.
    inner, paths, seed : int
        Inner draws a date, paths and their seed.
    """

    table: pd.DataFrame = field(repr=False)
    bound: float
    standard_error: float
    plans: str
    policy: Policy
    inner: int
    paths: int
    seed: int

    @property
    def sentence(self) -> str:
        """What is proven, and which rule is nearest to it."""
        covered = self.table[self.table["not_covered"] == ""]
        numbers = covered[["certainty_equivalent", "gap", "low", "high"]].to_numpy(np.float64)
        nearest = int(np.argmin(numbers[:, 1]))
        name, (value, gap, low, high) = covered.index[nearest], numbers[nearest].tolist()
        return (
            f"Among plans that {self.plans}, no plan, however clever, has a certainty equivalent above "
            f"{value_with_error(self.bound, self.standard_error)} times the start wealth; '{name}' has {value:.4f}, a "
            f"gap of {100.0 * gap:.2f} % (95 % interval {100.0 * low:.2f} to {100.0 * high:.2f} %)."
        )

    def figure(self, *, ax: Axes | None = None, theme: str = "light") -> Axes:
        """Draw each rule's certainty equivalent up to the bound.

        Parameters
        ----------
        ax, theme
            See `riskkit.report.figures`.

        Returns
        -------
        Axes
            As of `riskkit.report.figures.gap_bars`.
        """
        from riskkit.report.figures._gap_bars import gap_bars

        return gap_bars(self, ax=ax, theme=theme)

    def __repr__(self) -> str:
        lines = []
        for name, row in self.table.iterrows():
            words = (
                f"not covered: {row['not_covered']}"
                if row["not_covered"]
                else f"{row['certainty_equivalent']:.4f}, gap {percent(row['gap'], decimals=2)} "
                f"({percent(row['low'], decimals=2)} to {percent(row['high'], decimals=2)})"
            )
            lines.append(f"  {name}: {words}")
        return "\n".join([self.sentence, *lines])


def gaps_of(
    result: Comparison,
    into: str | Mapping[str, float],
    per_year: int,
    inner: int,
    paths: int | None,
    workers: int | None,
    progress: bool | Progress | None,
    fit_paths: int = MOST_PATHS,
) -> Gaps:
    """Return the gaps of the rules of a result; see `Comparison.gap`. The policy is fitted on `fit_paths` at least."""
    from riskkit.engine.execution.container_limits import thread_count

    if np.ptp(result.path_weights) > 0.0:
        raise InvalidInput(
            "gap needs a result of equal path weights, got one that is stratified, reweighted or tilted; compare with "
            "sampling='plain'"
        )
    scenario, seed = result.scenario, result.seed
    plans = plan_class(scenario, into, per_year, RISK_AVERSION)
    integer("inner", inner, at_least=FEWEST_DRAWS)
    count = min(result.paths, MOST_PATHS) if paths is None else integer("paths", paths, at_most=result.paths)
    check_paths(plans, count)
    policy_seed, fit_seed = ((seed + more) % 2**64 for more in (1, 2))
    # What a holder of marks does not see is no part of a policy, but may be part of a bound.
    unmarked = replace(
        scenario, portfolio=replace(scenario.portfolio, holdings=[
            replace(holding, marks=None) for holding in scenario.portfolio.holdings
        ]),
    )  # fmt: skip
    policy = adaptive_sell_down(unmarked, into=into, per_year=per_year, paths=max(count, fit_paths), seed=policy_seed)
    rule = policy.as_rule()
    functions = fit_functions(plans, of_class(plans, rule, min(count, FIT_PATHS), fit_seed), fit_seed)
    simulated = of_class(plans, rule, count, seed)
    found = {each.name: simulate(plans, each, count, seed) for each in scenario.rules}
    covered = {name: sales.sales for name, sales in found.items() if isinstance(sales, PlanPaths)}
    label = rule.name if rule.name not in found else f"{rule.name} (fitted here)"
    covered[label] = simulated.sales
    with progress_reporter(progress, count) as report:
        values = path_values(
            plans, functions, simulated, list(covered.values()), inner=inner, seed=seed,
            workers=thread_count(workers), report=report,
        )  # fmt: skip
    rows: dict[str, dict[str, float | str]] = {
        name: {"not_covered": reason} for name, reason in found.items() if isinstance(reason, str)
    }
    bounds = []
    for place, (name, sales) in enumerate(covered.items()):
        utility = plans.problem.utility(plan_wealth(plans.problem, simulated.prices, sales))
        made = gap_estimate(plans.problem, values.bound, utility - values.charge[place] - values.control)
        bounds.append((made.bound, made.bound_error))
        rows[name] = {
            "certainty_equivalent": made.value,
            "standard_error": made.value_error,
            "carried_forward": _carried_forward(result, plans, name, utility),
            "gap": made.gap,
            "low": made.low,
            "high": made.high,
            "not_covered": "",
        }
    columns = ["certainty_equivalent", "standard_error", "carried_forward", "gap", "low", "high", "not_covered"]
    table = pd.DataFrame.from_dict(rows, orient="index").reindex(index=[*found, label], columns=columns)
    table.index.name = "rule"
    return Gaps(table, *bounds[0], plans.describe(), policy, inner, count, seed)


def _carried_forward(result: Comparison, plans: PlanClass, name: str, utility: Array) -> float:
    """What the tax of `compare` changes in the certainty equivalent, on the same paths; NaN of a rule not compared."""
    if name not in result.scenario.names:
        return float("nan")
    wealth = result.values(name, "wealth")[: utility.size]
    true = plans.problem.utility
    with np.errstate(divide="ignore"):
        actual = true.certainty_equivalent(float(true(wealth).mean()))
    return actual - true.certainty_equivalent(float(utility.mean()))
