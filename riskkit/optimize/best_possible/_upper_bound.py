"""The upper bound: what no plan that only sells can exceed, by information relaxation with a penalty of mean zero."""

from __future__ import annotations

from collections.abc import Mapping

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, seed_number, short_repr
from riskkit.comparison._progress import Progress, progress_reporter
from riskkit.optimize.best_possible._inputs import PlanClass, plan_class
from riskkit.optimize.best_possible.bound import Bound
from riskkit.optimize.best_possible.log_linear import feature_count
from riskkit.optimize.best_possible.path_values import (
    FIT_PATHS,
    fit_functions,
    gap_estimate,
    path_values,
    plan_wealth,
)
from riskkit.optimize.best_possible.plan_paths import PlanPaths, simulate
from riskkit.optimize.best_possible.policy import Policy
from riskkit.optimize.sale_plans.sale_plan import Plan
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["upper_bound"]

#: Fewest paths of a bound, in all and for each feature of the fitted functions; fewest inner draws.
FEWEST_PATHS, FEWEST_EACH, FEWEST_DRAWS = 1000, 20, 2


def upper_bound(
    scenario: Scenario,
    rule: Rule | Policy | Plan,
    *,
    into: str | Mapping[str, float],
    per_year: int = 1,
    inner: int = 64,
    paths: int = 100_000,
    seed: int = 0,
    fit_seed: int = 2,
    risk_aversion: float = 3.0,
    workers: int | None = None,
    progress: bool | Progress | None = None,
) -> Bound:
    """Bound the certainty equivalent of all plans that only sell, and tell how far a rule is from it.

    The bound covers every plan that sells founder holdings on the given dates, never buys them back, puts the proceeds
    after cost and tax into one fixed mix and leaves them there, however it decides. It holds for any rule; the better
    the rule is, the tighter it is.

    Parameters
    ----------
    scenario : Scenario
        As in `adaptive_sell_down`; marks are allowed.
    rule : Rule, Policy or Plan
        A rule of the class, such as ``adaptive_sell_down(...)`` or `Hold`.
    into : str or mapping of str to float
        The holding that receives the proceeds, or the share of each that does, sum 1.
    per_year : int
        Dates of sales a year from the start on, which divides 12.
    inner : int
        Draws of the next date for each path and date, at least 2. More of them make the bound tighter, at a cost in
        proportion; powers of two are best.
    paths, seed : int
        The bound is an estimate over paths 0 … `paths` - 1 of `compare` with that seed; at least 1000, and 20 for each
        feature of the fitted functions.
    fit_seed : int
        Seed of the paths, at most 8000, on which these functions are fitted; another one than `seed` and than those of
        the rule's own fit.
    risk_aversion : float
        Relative risk aversion γ > 0; `compare` reports γ = 3.
    workers : int, optional
        Threads; by default one for each processor. Results do not depend on it.
    progress
        As in `compare`.

    Returns
    -------
    Bound
        ``bound.sentence`` says what is proven.

    Raises
    ------
    InvalidInput
        If the rule is not of the class (the message says why), seeds are equal, the scenario has what a plan cannot
        have, or another argument does not meet its requirement.

    Notes
    -----
    A plan that knew the whole path would gain the maximum of U(W) over all sales. It is charged for this knowledge: for
    final wealth W* of the rule and V the final worth of a unit sold on a date, each sale pays
    U'(W*) V less its conditional mean, and each unit still held pays the increments of the martingale part of its own
    value. Every charge is known before times an increment of mean zero, so no plan without foresight pays anything on
    average, and the mean of the maximum after charges bounds them all (Brown, Smith and Sun, "Information relaxations
    and duality in stochastic dynamic programs", *Operations Research* 58 (2010) 785-801, Theorem 2.1; gradient
    penalties for taxes: Haugh, Iyengar and Wang, "Tax-aware dynamic asset allocation", *Operations Research* 64 (2016)
    849-866). Conditional means are of functions that are fitted on other paths, by unbiased draws of the next date, so
    the charge has mean zero whatever the fit. The maximum is bounded by its exact dual. A martingale that moves with
    both is taken off bound and value, which changes no mean and makes both estimates precise.

    What is proven is up to the sampling error of the estimate, which `standard_error` and the interval state.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from riskkit.rules import DiversifyNow
    >>> from riskkit.scenario.scenarios import baron
    >>> scenario = replace(baron(), years=2, steps_per_year=12)
    >>> bound = upper_bound(scenario, DiversifyNow(), into="diversified", inner=16, paths=1000, progress=False)
    >>> bound.value > bound.rule_value, bound.gap < 0.05
    (True, True)
    """
    from riskkit.engine.execution.container_limits import thread_count

    plans = plan_class(scenario, into, per_year, risk_aversion)
    chosen = checked_rule(rule, seed, fit_seed)
    integer("inner", inner, at_least=FEWEST_DRAWS)
    check_paths(plans, paths)
    threads = thread_count(workers)
    fitted_on = of_class(plans, chosen, min(paths, FIT_PATHS), fit_seed)
    functions = fit_functions(plans, fitted_on, fit_seed)
    simulated = of_class(plans, chosen, paths, seed)
    with progress_reporter(progress, paths) as report:
        values = path_values(
            plans, functions, simulated, [simulated.sales], inner=inner, seed=seed, workers=threads, report=report
        )
    utility = plans.problem.utility(plan_wealth(plans.problem, simulated.prices, simulated.sales))
    found = gap_estimate(plans.problem, values.bound, utility - values.charge[0] - values.control)
    return Bound(
        value=found.bound,
        standard_error=found.bound_error,
        gap=found.gap,
        low=found.low,
        high=found.high,
        rule=chosen.name,
        rule_value=found.value,
        rule_standard_error=found.value_error,
        plans=plans.describe(),
        risk_aversion=float(risk_aversion),
        inner=inner,
        paths=paths,
        seed=seed,
        fit_seed=fit_seed,
    )


def checked_rule(rule: object, seed: int, fit_seed: int) -> Rule:
    """Return the rule; seeds that are equal are refused, because the charge would not have mean zero."""
    seed_number(seed)
    seed_number(fit_seed)
    if fit_seed == seed:
        raise InvalidInput(
            f"fit_seed must differ from seed, got {seed} for both: on the paths of the fit the penalty does not have "
            "mean zero, and the bound does not hold"
        )
    if isinstance(rule, Policy | Plan):
        if rule.seed == seed:
            raise InvalidInput(
                f"seed must differ from the seed of the {type(rule).__name__}, got {seed} for both: it was fitted on "
                "these paths; take another seed"
            )
        return rule.as_rule()
    if not isinstance(rule, Rule):
        raise InvalidInput(f"rule must be a Rule, Policy or Plan, got {short_repr(rule)}")
    return rule


def check_paths(plans: PlanClass, paths: int) -> None:
    """Refuse too few paths for the features of the fitted functions."""
    integer("paths", paths, at_least=FEWEST_PATHS)
    count = feature_count(plans.problem, len(plans.once))
    integer(f"paths for {count} features", paths, at_least=FEWEST_EACH * count)


def of_class(plans: PlanClass, rule: Rule, paths: int, seed: int) -> PlanPaths:
    """Simulate a rule; one that is not of the class is refused."""
    found = simulate(plans, rule, paths, seed)
    if isinstance(found, str):
        raise InvalidInput(
            f"rule {rule.name!r} must be of the class that the bound covers, plans that {plans.describe()}, but {found}"
        )
    return found
