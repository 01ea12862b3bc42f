"""`breakeven`: the value of an assumption at which two rules tie, with its interval."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from operator import attrgetter

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.validation import require_known, short_repr
from riskkit.analysis._inputs import checked_scenario, rule_of, run
from riskkit.analysis._parameters import Parameter, parameter
from riskkit.comparison.estimation.paired_difference import Difference, paired_difference
from riskkit.comparison.metrics import METRICS, undefined
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario

__all__ = ["BreakEven", "Tie", "breakeven"]

#: Points of the grid on which changes of sign are looked for.
GRID = 21

#: A root is found to this share of the range.
PRECISION = 1e-4


@dataclass(frozen=True)
class Tie:
    """A value at which two rules tie.

    Attributes
    ----------
    value : float
        Where the difference of the two changes its sign.
    low, high : float
        Ends of the values around it whose paired 95 % interval covers 0; NaN where the error is NaN. At an end of the
        range they may lie further out.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class BreakEven:
    """The values of an assumption at which two rules tie.

    Attributes
    ----------
    first, second : str
        Names of the rules.
    metric : str
        What they are compared by.
    vary : Parameter
        The assumption that is varied.
    between : tuple of float
        The range that was searched.
    ties : tuple of Tie
        One for each change of sign on the grid, in order; there may be none.
    tried : tuple of (float, Difference)
        Every value that was tried, in order, and the paired difference there, first minus second.
    paths, seed : int
        Those of every run.
    """

    first: str
    second: str
    metric: str
    vary: Parameter
    between: tuple[float, float]
    ties: tuple[Tie, ...]
    tried: tuple[tuple[float, Difference], ...]
    paths: int
    seed: int

    @property
    def values(self) -> tuple[float, ...]:
        """Every value at which they tie."""
        return tuple(tie.value for tie in self.ties)

    @property
    def value(self) -> float:
        """The value at which they tie; NaN unless there is exactly one."""
        return self._only.value

    @property
    def low(self) -> float:
        """Lower end of its interval; NaN unless there is exactly one."""
        return self._only.low

    @property
    def high(self) -> float:
        """Upper end of its interval; NaN unless there is exactly one."""
        return self._only.high

    def frame(self) -> pd.DataFrame:
        """Every value that was tried: ``difference``, ``standard_error``, ``low`` and ``high``, first minus second."""
        rows = [[each.value, each.standard_error, each.low, each.high] for _, each in self.tried]
        index = pd.Index([value for value, _ in self.tried], name=str(self.vary))
        return pd.DataFrame(rows, index, ["difference", "standard_error", "low", "high"])

    def sentence(self) -> str:
        """State where the first rule is ahead of the second."""
        better = METRICS[self.metric].better or 1
        signs = [better * each.value for _, each in self.tried if abs(each.value) > 0.0]
        if not self.ties:
            verb = ("beats" if signs[0] > 0 else "is behind") if signs else "cannot be distinguished from"
            low, high = map(percent, self.between)
            return f"{self._rules(verb)} wherever {self.vary.words} is from {low} to {high}{self.vary.unit}."
        ahead = signs[0] > 0
        values = [self._tie_in_words(tie) for tie in self.ties]
        ranges = [f"below {values[0]}"] if ahead else []
        inner = range(1 if ahead else 0, len(values) - 1, 2)
        ranges += [f"between {values[place]} and {values[place + 1]}" for place in inner]
        if ahead == (len(values) % 2 == 0):
            ranges.append(f"above {values[-1]}")
        return f"{self._rules('beats')} only if {self.vary.words} is {' or '.join(ranges)}."

    def __repr__(self) -> str:
        runs = f"{len(self.tried)} runs of {self.paths:,} paths, seed {self.seed}"
        low, high = map(percent, self.between)
        return f"{self.sentence()}\nSearched from {low} to {high}{self.vary.unit}: {runs}"

    @property
    def _only(self) -> Tie:
        return self.ties[0] if len(self.ties) == 1 else Tie(math.nan, math.nan, math.nan)

    def _rules(self, verb: str) -> str:
        return f"{self.first!r} {verb} {self.second!r} by {self.metric}"

    def _tie_in_words(self, tie: Tie) -> str:
        if math.isnan(tie.low):
            return f"{percent(tie.value)}{self.vary.unit} (too few paths for an interval)"
        low, high = percent(tie.low), percent(tie.high)
        low += " or less" if tie.low == self.between[0] else ""
        high += " or more" if tie.high == self.between[1] else ""
        return f"{percent(tie.value)}{self.vary.unit} (95 % interval {low} to {high})"


def breakeven(
    scenario: Scenario,
    first: Rule | str,
    second: Rule | str,
    *,
    vary: str,
    metric: str = "growth_median",
    between: tuple[float, float] | None = None,
    paths: int = 20_000,
    seed: int = 0,
) -> BreakEven:
    """Find the value of an assumption at which two rules tie.

    Parameters
    ----------
    scenario : Scenario
        All other assumptions.
    first, second : Rule or str
        Rules, or names of the scenario's.
    vary : str
        The assumption: ``"expected_return:Musk"``, ``"shift:Musk"``, ``"rate:founder exit"``,
        ``"impact:founder exit"`` or ``"implied_volatility"``, that of every option of both rules; see
        `riskkit.analysis._parameters.parameter`.
    metric : str
        Column of `Comparison.table`.
    between : tuple of float, optional
        Lowest and highest value; by default 0 to 0.4 for an expected return, -0.1 to 0.3 for a shift, 0 to 0.2 for a
        rate, -0.9 to 0 for the impact of a loss and 0.1 to 1 for an implied volatility.
    paths, seed : int
        Of each run. All runs use the same random numbers.

    Returns
    -------
    BreakEven
        One tie for each change of sign of the paired difference on a grid of 21 values, narrowed down by bisection to
        1/10,000 of the range; perhaps none.

    Raises
    ------
    InvalidInput
        If a name is not known (the message lists those that are), the rules are the same, the range is empty or the
        metric has no finite expectation.

    Warns
    -----
    RiskkitWarning
        If an interval is NaN, because there are too few paths; if an end of the range is an expected return above 2:
        most likely a percentage was meant.

    Notes
    -----
    The interval of a tie is the set of values at which the paired 95 % interval of the difference covers 0, so it
    covers Monte-Carlo noise only. 21 runs for the grid, and about 25 for each tie and its interval.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from riskkit.scenario.scenarios import baron
    >>> found = breakeven(
    ...     replace(baron(), steps_per_year=12), "hold", "diversify now", vary="expected_return:Musk", paths=2000
    ... )
    >>> found.low < found.value < found.high
    True
    """
    checked_scenario(scenario)
    one, other = rule_of(scenario, first), rule_of(scenario, second)
    if one.name == other.name:
        raise InvalidInput(
            f"first and second must be two rules with names of their own, got {short_repr(one.name)} twice"
        )
    require_known("metric", [metric], METRICS)
    if why := undefined(metric, scenario):
        raise InvalidInput(
            f"metric must have a finite expectation, got {short_repr(metric)}, but {why}; choose another"
        )
    alone = replace(scenario, rules=(one, other), baseline=other.name)
    varied = parameter(alone, vary)
    ends = _ends(between, varied) if between is not None else varied.default_range(alone)
    tried: dict[float, Difference] = {}

    def difference(value: float) -> Difference:
        if value not in tried:
            changed = varied.set(alone, value)
            result = run(changed, *changed.rules, paths=paths, seed=seed, metric=metric)
            ours, theirs = (result.estimate(rule.name, metric) for rule in (one, other))
            tried[value] = paired_difference(ours, theirs, result.outcomes.design)
        return tried[value]

    # Rounded, so that 0.06 is not 0.060000000000000005.
    inner = [round(value, 12) for value in np.linspace(*ends, GRID)[1:-1].tolist()]
    grid = [ends[0], *inner, ends[1]]
    precision = PRECISION * (ends[1] - ends[0])
    brackets = _sign_changes(grid, [difference(value).value for value in grid])
    roots = [_bisect(lambda value: difference(value).value, *bracket, precision) for bracket in brackets]
    ties = tuple(_tie(difference, root, tried, precision) for root in roots)
    if any(math.isnan(tie.low) for tie in ties):
        message = f"the interval of a tie is NaN: the error of {metric} is unknown with {paths:,} paths; ask for more"
        warnings.warn(message, RiskkitWarning, stacklevel=2)
    order = tuple(sorted(tried.items()))
    return BreakEven(one.name, other.name, metric, varied, ends, ties, order, paths, seed)


def _ends(between: object, varied: Parameter) -> tuple[float, float]:
    if isinstance(between, str) or not isinstance(between, Sequence) or len(between) != 2:
        raise InvalidInput(f"between must be a pair (lowest, highest), got {short_repr(between)}")
    low, high = (varied.check("between: each end", end) for end in between)
    if not low < high:
        raise InvalidInput(f"between must be a pair (lowest, highest) with lowest < highest, got {short_repr(between)}")
    return low, high


def _sign_changes(points: list[float], values: list[float]) -> list[tuple[float, float]]:
    """Neighbours between which the values change their sign; points where they are 0 or NaN are skipped."""
    signs = [(point, value > 0.0) for point, value in zip(points, values, strict=True) if abs(value) > 0.0]
    return [(a, b) for (a, side), (b, other) in pairwise(signs) if side != other]


def _bisect(function: Callable[[float], float], left: float, right: float, precision: float) -> float:
    """A root between two points at which a function has different signs."""
    start, end = function(left), function(right)
    while right - left > precision:
        middle = 0.5 * (left + right)
        value = function(middle)
        if value * start > 0.0:
            left, start = middle, value
        else:
            right, end = middle, value
    return left + (right - left) * start / (start - end)


def _tie(
    difference: Callable[[float], Difference], root: float, tried: dict[float, Difference], precision: float
) -> Tie:
    """A root and the ends of the values around it at which the interval of the difference covers 0."""
    if math.isnan(difference(root).standard_error):
        return Tie(root, math.nan, math.nan)
    below = sorted((value for value in tried if value < root), reverse=True)
    above = sorted(value for value in tried if value > root)
    low, high = (_end(difference, [root, *outward], precision) for outward in (below, above))
    return Tie(root, low, high)


def _end(difference: Callable[[float], Difference], outward: list[float], precision: float) -> float:
    """The last value, going outward from the root, up to which the interval of the difference covers 0 throughout."""

    def covers(value: float) -> bool:
        return not (difference(value).low > 0.0 or difference(value).high < 0.0)

    inside = list(takewhile(covers, outward))
    if not inside:
        return outward[0]  # the error is smaller than the precision of the root
    if len(inside) == len(outward):
        return outward[-1]
    last, beyond = inside[-1], outward[len(inside)]
    bound = attrgetter("low" if difference(beyond).low > 0.0 else "high")
    return _bisect(lambda value: bound(difference(value)), min(last, beyond), max(last, beyond), precision)
