"""Tilting: the path weights of least relative entropy under which stated views hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, short_repr
from riskkit.comparison.reweighting.entropy_pooling import (
    Bound,
    attainable,
    feasible,
    least_divergent,
    relative_entropy,
)
from riskkit.comparison.reweighting.fixed_moments import fixed_with_scores
from riskkit.comparison.reweighting.functionals import Functional
from riskkit.comparison.reweighting.importance_weights import reweighted
from riskkit.comparison.reweighting.moment_matching import is_matched
from riskkit.comparison.reweighting.nonlinear_pooling import FunctionalBound, Pooled, pooled
from riskkit.comparison.reweighting.views import Moment, ViewStatistic
from riskkit.comparison.run_data import Run, RunData

__all__ = ["tilt"]

View = TypeVar("View", bound=ViewStatistic)

STATISTICS = "Mean, Probability, Quantile, TailMean, Variance or Correlation"

ADVICE = "state weaker views, or run a scenario that is closer to them"


@dataclass(frozen=True, eq=False)
class _Constraint:
    """A mean over the paths that a view fixes, or bounds on one side."""

    view: str
    moment: Moment
    target: float
    side: int

    def bound(self, support: Bools) -> Bound:
        return Bound(self.moment.values[support], self.target, self.side)


@dataclass(frozen=True, eq=False)
class _CurvedConstraint:
    """A value that a view fixes of a statistic that is no mean over the paths, or bounds on one side."""

    view: str
    statistic: ViewStatistic
    target: float
    side: int


def tilt(result: Run, views: Mapping[View, float | Sequence[float | None]]) -> Run:
    """The same comparison under views of yours, by minimum relative entropy.

    Parameters
    ----------
    views : mapping of a statistic to float or pair
        `Mean`, `Probability`, `Quantile`, `TailMean`, `Variance` or `Correlation`, or a sum of them, → its value, or a
        pair (at least, at most), either of them None. They are of a path's quantity, or of a linear combination of
        `Quantity`. A probability of 0 or 1 leaves only the paths with the right outcome. All views are stated at once.

    Returns
    -------
    Comparison
        Its paths have new weights: of all that meet the views, those nearest to the present ones. Its printed text
        states the views, the effective sample size and the relative entropy, which is 0 for views that hold already.
        The views hold exactly: standard errors, paired differences and p values cover what they leave open.

    Raises
    ------
    InvalidInput
        - If there is no such rule, quantity or shock.
        - If the sample has no support for a view; the message names it, and the range of the sample.
        - If views contradict each other in the sample; the message names a smallest set that does.
        - If no weights are found for views on variances, correlations and tail means; the message names such a set.
        - If the effective sample size falls below 100 paths, or 1 % of the paths with a weight > 0.
        - If the result is tilted already: state all views at once; or if it is moment matched.

    Notes
    -----
    Entropy pooling (Meucci, "Fully flexible views: theory and practice", *Risk* 21 (2008), no. 10, 97-102): weights w
    minimise Σ w ln(w / w0) under the views. A quantile view fixes the probability of staying at or below a value.
    A variance, a correlation and a tail mean are no means over the paths. They are made so by the parameters in them,
    such as the mean in a variance, and the weights are found together with these. So a view on a variance moves the
    mean too, if that is nearer; other programs leave it where it is (Meucci 2008), and so does a second view on the
    `Mean`.
    The error of a statistic comes from what its influences have beyond their regression on the views' own quantities
    under the new weights (Deville and Särndal, "Calibration estimators in survey sampling", *Journal of the American
    Statistical Association* 87 (1992), 376-382). Parameters count as estimated from the same paths.

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> tilted = result.tilt({rk.Mean("wealth", rule="hold"): 1.5, rk.Probability("crash", at_least=1): (0.5, None)})
    >>> round(float(tilted.table("wealth_mean").loc["hold", "wealth_mean"]), 9)
    1.5
    """
    if "tilted" in result.notes:
        raise InvalidInput(
            "tilt needs a result that is not tilted, as its views would no longer hold; state all at once"
        )
    if is_matched(result):
        raise InvalidInput(
            "tilt needs a result that is not moment matched, as its means would no longer hold; run rk.compare without "
            "sampling='moment matched'"
        )
    constraints, curved = _constraints(result, views)
    words = _in_words([*constraints, *curved])
    support, inner = _condition(result.path_weights > 0.0, constraints)
    prior = result.path_weights[support] / result.path_weights[support].sum()
    logs = np.full(result.paths, -math.inf)
    logs[support] = 0.0
    bounds = _functional_bounds(result, curved, support)
    multipliers: Array = np.zeros(0)
    if bounds:
        logs[support], multipliers = _pooled(prior, support, inner, bounds)
    elif inner:
        found = least_divergent(prior, [each.bound(support) for each in inner])
        if found is None:
            _refuse_contradiction(inner, support, prior)
            raise InvalidInput(f"tilt: views must leave more than a few paths, got {words}; {ADVICE}")
        logs[support], multipliers = found
    tilted = reweighted(result, logs, f"tilt ({words})", ADVICE, {"tilted": words})
    entropy = relative_entropy(tilted.path_weights, result.path_weights)
    notes = {**tilted.notes, "relative entropy": f"{entropy:.6g}"}
    binding = [each.moment.values for each, multiplier in zip(inner, multipliers, strict=False) if multiplier != 0.0]
    slopes: dict[Functional, float] = {}
    for (_, each), multiplier in zip(bounds, multipliers[len(inner) :], strict=True):
        slopes[each.functional] = slopes.get(each.functional, 0.0) + float(multiplier)
    scores: tuple[Array, ...] = ()
    if any(slopes.values()):
        binding, scores = fixed_with_scores(binding, slopes, tilted.path_weights, support)
    return replace(tilted, notes=notes, fixed_moments=tuple(binding), fixed_scores=scores)


def _constraints(result: RunData, views: Any) -> tuple[list[_Constraint], list[_CurvedConstraint]]:
    """Every view as constraints on means, or on what is no mean."""
    if not isinstance(views, Mapping) or not views:
        raise InvalidInput(f"tilt: views must be a mapping {{{STATISTICS}: value}}, got {short_repr(views)}")
    constraints: list[_Constraint] = []
    curved: list[_CurvedConstraint] = []
    for statistic, value in views.items():
        if not isinstance(statistic, ViewStatistic):
            raise InvalidInput(f"tilt: a view must be of a {STATISTICS}, got {short_repr(statistic)}")
        low, high = _bounds(statistic.describe(), value)
        view = f"{statistic.describe()} {_value_in_words(low, high)}"
        moments = statistic.moments(result, low, high)
        if moments is None:
            curved += [_CurvedConstraint(view, statistic, target, side) for target, side in _sides(low, high)]
            continue
        for moment in moments:
            constraints += [_Constraint(view, moment, target, side) for target, side in _sides(moment.low, moment.high)]
    return constraints, curved


def _sides(low: float, high: float) -> list[tuple[float, int]]:
    """Bounds as targets with their sides: 0 for equal, 1 for at least and -1 for at most."""
    if low == high:
        return [(low, 0)]
    return [(target, side) for target, side in ((low, 1), (high, -1)) if math.isfinite(target)]


def _bounds(what: str, value: Any) -> tuple[float, float]:
    """The lower and upper bound of a view; infinite where there is none."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return (number(what, value),) * 2
    if len(value) != 2 or all(end is None for end in value):
        raise InvalidInput(f"{what} must be a number or a pair (at least, at most), got {short_repr(value)}")
    low = -math.inf if value[0] is None else number(what, value[0])
    high = math.inf if value[1] is None else number(what, value[1])
    if low > high:
        raise InvalidInput(f"{what} must be at most its upper bound {high:g}, got at least {low:g}")
    return low, high


def _value_in_words(low: float, high: float) -> str:
    if low == high:
        return f"= {low:g}"
    if math.isinf(low):
        return f"<= {high:g}"
    return f">= {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"


def _in_words(constraints: Sequence[_Constraint | _CurvedConstraint]) -> str:
    return "; ".join(dict.fromkeys(each.view for each in constraints))


def _condition(support: Bools, constraints: Sequence[_Constraint]) -> tuple[Bools, list[_Constraint]]:
    """Drop the paths that constraints at the edge of the sample exclude; return the others and the inner constraints.

    A constraint to the largest possible mean, such as a probability of 1, leaves the paths with the largest value.
    """
    first_size = support.sum()
    while True:
        remaining = support.copy()
        inner = []
        for each in constraints:
            values, target, side = each.moment.values, each.target, each.side
            low, high = values[support].min(), values[support].max()
            if (target > high and side >= 0) or (target < low and side <= 0):
                condition = "" if support.sum() == first_size else "given the other views "
                raise InvalidInput(
                    f"tilt: view must have support in the sample, where {condition}{each.moment.description} can be "
                    f"from {low:g} to {high:g}, got {each.view}"
                )
            if low < target < high:
                inner.append(each)
            elif (target == high and side >= 0) or (target == low and side <= 0):
                remaining &= values == target
        if remaining.sum() == support.sum():
            return support, inner
        if not remaining.any():
            raise InvalidInput(f"tilt: views must leave some paths, got {_in_words(constraints)}, which no path meets")
        support = remaining


def _refuse_contradiction(constraints: Sequence[_Constraint], support: Bools, prior: Array) -> None:
    """Raise an error that names a smallest set of contradictory views, if there is one."""

    def bounds(some: Sequence[_Constraint]) -> list[Bound]:
        return [each.bound(support) for each in some]

    if feasible(bounds(constraints), prior):
        return
    clashing = list(constraints)
    for constraint in constraints:
        without = [other for other in clashing if other is not constraint]
        if not feasible(bounds(without), prior):
            clashing = without
    *others, last = clashing
    low, high = attainable(last.moment.values[support], bounds(others), prior)
    raise InvalidInput(
        f"tilt: views must not contradict each other in the sample, got {_in_words(clashing)}; given the others, "
        f"{last.moment.description} can be from {low:.4g} to {high:.4g}"
    )


def _functional_bounds(
    result: RunData, curved: Sequence[_CurvedConstraint], support: Bools
) -> list[tuple[str, FunctionalBound]]:
    """The constraints that are not on means as bounds, with their views; those that always hold are left out."""
    functionals = {each.statistic: each.statistic.functional(result, support) for each in curved}
    bounds = []
    for each in curved:
        functional = functionals[each.statistic]
        low, high = functional.low, functional.high
        if (each.target <= low and each.side > 0) or (each.target >= high and each.side < 0):
            continue
        if not low < each.target < high:
            raise InvalidInput(
                f"tilt: view must have support in the sample, where {each.statistic.describe()} can be above {low:g} "
                f"and below {high:g}, got {each.view}"
            )
        bounds.append((each.view, FunctionalBound(functional, each.target, each.side)))
    return bounds


def _pooled(
    prior: Array, support: Bools, constraints: Sequence[_Constraint], bounds: Sequence[tuple[str, FunctionalBound]]
) -> tuple[Array, Array]:
    """Logarithms of the factors, and multipliers; refused with a smallest set of views for which none are found."""

    def solution(views: Sequence[str]) -> Pooled | None:
        curved = [bound for view, bound in bounds if view in views]
        linear = [each.bound(support) for each in constraints if each.view in views]
        if curved:
            return pooled(prior, linear, curved)
        found = least_divergent(prior, linear) if linear else (np.zeros(len(prior)), np.zeros(0))
        return None if found is None else Pooled(*found)

    views = list(dict.fromkeys([*(each.view for each in constraints), *(view for view, _ in bounds)]))
    found = solution(views)
    if found is not None:
        return found.logs, found.multipliers
    _refuse_contradiction(constraints, support, prior)
    clashing = views
    for view in views:
        without = [other for other in clashing if other != view]
        if without and solution(without) is None:
            clashing = without
    raise InvalidInput(f"tilt: no weights of the paths were found that meet {'; '.join(clashing)}; {ADVICE}")
