"""Tilting: the paths weighted so that stated views hold, and as little else as possible changes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import number, short_repr
from riskkit.comparison.reweighting.entropy_pooling import (
    Bound,
    attainable,
    feasible,
    least_divergent,
    relative_entropy,
)
from riskkit.comparison.reweighting.importance_weights import weighed_anew
from riskkit.comparison.reweighting.views import Belief, Moment
from riskkit.comparison.run_data import Run, RunData

__all__ = ["tilt"]

Array = NDArray[np.float64]
View = TypeVar("View", bound=Belief)

WAY_OUT = "believe less, or run a scenario that is nearer to what you believe"


@dataclass(frozen=True, eq=False)
class _Demand:
    """A mean over the paths that a view bounds on one side, or fixes."""

    view: str
    moment: Moment
    target: float
    side: int

    def bound(self, kept: NDArray[np.bool_]) -> Bound:
        return Bound(self.moment.values[kept], self.target, self.side)


def tilt(result: Run, views: Mapping[View, float | Sequence[float | None]]) -> Run:
    """The same comparison as it would be if you were right: views by minimum relative entropy.

    Parameters
    ----------
    views : mapping of Mean, Probability or Quantile to float or pair
        Statistic of a path's quantity → what it is, or the pair of what it is at least and at most, either of them
        None. A probability of 0 or 1 leaves only the paths with the right outcome. All views are stated at once.

    Returns
    -------
    Comparison
        Its paths have new weights: of all that meet the views, those nearest to the present ones. What it prints tells
        the views, the effective sample size and the relative entropy, which is 0 for views that hold already. The
        views hold by design: standard errors, paired differences and p values tell what is left open by them.

    Raises
    ------
    InvalidInput
        - If there is no such rule, quantity or shock.
        - If the sample has no support for a view; the message names it, and what the sample allows.
        - If views contradict each other in the sample; the message names the fewest that do.
        - If the effective sample size falls below 100 paths, or 1 % of those that keep any weight.
        - If the result is tilted already: state all views at once.

    Notes
    -----
    Entropy pooling (Meucci, "Fully flexible views: theory and practice", *Risk* 21 (2008), no. 10, 97-102): weights w
    minimise Σ w ln(w / w0) under the views. A quantile view fixes the probability of staying at or below a value.
    The error of a statistic comes from what its influences have beyond their regression on the views' own quantities
    under the new weights (Deville and Särndal, "Calibration estimators in survey sampling", *Journal of the American
    Statistical Association* 87 (1992), 376-382).

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
    demands = _demands(result, views)
    kept, open_demands = _condition(result.path_weights > 0.0, demands)
    prior = result.path_weights[kept] / result.path_weights[kept].sum()
    logs = np.full(result.paths, -math.inf)
    logs[kept] = 0.0
    binding: list[_Demand] = []
    if open_demands:
        found = least_divergent(prior, [demand.bound(kept) for demand in open_demands])
        if found is None:
            _refuse_contradiction(open_demands, kept, prior)
            raise InvalidInput(f"tilt: views must leave more than a few paths, got {_in_words(demands)}; {WAY_OUT}")
        logs[kept], multipliers = found
        binding = [demand for demand, multiplier in zip(open_demands, multipliers, strict=True) if multiplier != 0.0]
    words = _in_words(demands)
    tilted = weighed_anew(result, logs, f"tilt ({words})", WAY_OUT, {"tilted": words})
    entropy = relative_entropy(tilted.path_weights, result.path_weights)
    return replace(
        tilted,
        notes={**tilted.notes, "relative entropy": f"{entropy:.6g}"},
        fixed_moments=tuple(demand.moment.values for demand in binding),
    )


def _demands(result: RunData, views: Any) -> list[_Demand]:
    """Every view as bounds of means."""
    if not isinstance(views, Mapping) or not views:
        raise InvalidInput(
            f"tilt: views must be a mapping {{Mean, Probability or Quantile: value}}, got {short_repr(views)}"
        )
    demands = []
    for belief, value in views.items():
        if not isinstance(belief, Belief):
            raise InvalidInput(f"tilt: a view must be of a Mean, Probability or Quantile, got {short_repr(belief)}")
        low, high = _ends(belief.describe(), value)
        view = f"{belief.describe()} {_value_in_words(low, high)}"
        for moment in belief.moments(belief.values(result), low, high):
            if moment.low == moment.high:
                demands.append(_Demand(view, moment, moment.low, 0))
                continue
            for target, side in ((moment.low, 1), (moment.high, -1)):
                if math.isfinite(target):
                    demands.append(_Demand(view, moment, target, side))
    return demands


def _ends(what: str, value: Any) -> tuple[float, float]:
    """The two ends of what a statistic may be; infinite where it is open."""
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


def _in_words(demands: Sequence[_Demand]) -> str:
    return "; ".join(dict.fromkeys(demand.view for demand in demands))


def _condition(kept: NDArray[np.bool_], demands: Sequence[_Demand]) -> tuple[NDArray[np.bool_], list[_Demand]]:
    """The paths that are left by demands at the very end of what is possible, and the demands that are open still.

    A demand for the largest mean that there can be, such as a probability of 1, leaves the paths that have it.
    """
    at_first = kept.sum()
    while True:
        left = kept.copy()
        still = []
        for demand in demands:
            values, target, side = demand.moment.values, demand.target, demand.side
            low, high = values[kept].min(), values[kept].max()
            if (target > high and side >= 0) or (target < low and side <= 0):
                given = "" if kept.sum() == at_first else "given the other views "
                raise InvalidInput(
                    f"tilt: view must have support in the sample, where {given}{demand.moment.words} can be from "
                    f"{low:g} to {high:g}, got {demand.view}"
                )
            if low < target < high:
                still.append(demand)
            elif (target == high and side >= 0) or (target == low and side <= 0):
                left &= values == target
        if left.sum() == kept.sum():
            return kept, still
        if not left.any():
            raise InvalidInput(f"tilt: views must leave some paths, got {_in_words(demands)}, which no path meets")
        kept = left


def _refuse_contradiction(demands: Sequence[_Demand], kept: NDArray[np.bool_], prior: Array) -> None:
    """Name the fewest views that cannot hold together, and what the others leave of the last one."""

    def bounds(of: Sequence[_Demand]) -> list[Bound]:
        return [demand.bound(kept) for demand in of]

    if feasible(bounds(demands), prior):
        return
    clashing = list(demands)
    for demand in demands:
        without = [other for other in clashing if other is not demand]
        if not feasible(bounds(without), prior):
            clashing = without
    *others, last = clashing
    low, high = attainable(last.moment.values[kept], bounds(others), prior)
    raise InvalidInput(
        f"tilt: views must not contradict each other in the sample, got {_in_words(clashing)}; given the others, "
        f"{last.moment.words} can be from {low:.4g} to {high:.4g}"
    )
