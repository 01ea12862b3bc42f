"""Replayed paths of one rule: the data of fan charts and of figures of single paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.errors import InvalidInput, NotEnoughMemory
from riskkit._core.validation import integer, require_known
from riskkit.comparison._comparison import Comparison
from riskkit.instruments import instruments_of
from riskkit.measures._tail import quantile_place

if TYPE_CHECKING:
    from riskkit.engine._trace import Trace
    from riskkit.engine.moment import Moment

__all__ = [
    "MOST", "QUANTILES", "ReplayedPaths", "check_result", "path_numbers", "replayed_paths", "rule_to_replay",
    "thinned", "trace_paths",
]  # fmt: skip


#: Points in time of a fan, the fewest paths of one, and the most without a number.
POINTS, FEWEST, MOST = 121, 100, 20_000

#: Quantiles of a fan: the bands of 90 % and 50 % of the paths, and the median.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

#: Intervals of time, about one per 1.5 pixels, of which a line keeps the lowest and highest point.
INTERVALS = 300


@dataclass(frozen=True, eq=False)
class ReplayedPaths:
    """Replayed paths 0 … n - 1 of one rule: quantiles at about 120 points in time.

    Attributes
    ----------
    paths : int
        Number of paths.
    times : ndarray
        Years from the start (time).
    wealth, wealth_after_tax : ndarray
        Quantiles in multiples of the start, in money of the start, before the tax of selling and after the tax of
        selling everything at that time (quantile, time).
    founders : mapping of str to ndarray
        Quantiles of the weight of each founder, and under None of all of them (quantile, time).
    hedges : ndarray
        Quantiles of the value of all instruments as a share of net wealth (quantile, time); 0 without any.
    depths : ndarray
        Max drawdown over every step, before the tax of selling (path).
    """

    paths: int
    times: Array
    wealth: Array
    wealth_after_tax: Array
    founders: Mapping[str | None, Array]
    hedges: Array
    depths: Array


#: Replayed paths of each result, by rule and number of paths, for as long as the result is in use.
_CACHE: WeakKeyDictionary[Comparison, dict[tuple[str, int], ReplayedPaths]] = WeakKeyDictionary()


def check_result(result: object) -> Comparison:
    """Return a result; anything else is refused."""
    if not isinstance(result, Comparison):
        raise InvalidInput(f"result must be what rk.compare returns, got {result!r}")
    return result


def rule_to_replay(result: Comparison, rule: str | None) -> str:
    """Return the name of a rule whose paths can be replayed, by default the baseline's."""
    if "tilted" in check_result(result).notes:
        raise InvalidInput(
            "result must not be tilted to draw paths over time, because they are simulated again without the views; "
            "draw those of the result before the tilt"
        )
    require_known("rule", [] if rule is None else [rule], result.scenario.names)
    return result.scenario.baseline_name if rule is None else rule


def replayed_paths(result: Comparison, rule: str, paths: int | None) -> ReplayedPaths:
    """Replay the first paths of a result, by default all up to a limit; all figures of one result share the run."""
    # No more paths than the result has: a backtest would begin again.
    count = min(MOST if paths is None else integer("paths", paths, at_least=FEWEST), result.paths)
    runs = _CACHE.setdefault(result, {})
    if (rule, count) not in runs:
        runs[rule, count] = _replay(result, rule, count)
    return runs[rule, count]


def _replay(result: Comparison, rule: str, paths: int) -> ReplayedPaths:
    from riskkit.engine._replay import replay

    scenario, end = result.scenario, result.scenario.calendar.steps
    points = np.unique(np.linspace(0, end, POINTS).round().astype(int))
    shares = {person: scenario.portfolio.shares(person) for person in (None, *scenario.portfolio.founders)}
    taxed = scenario.frictions.tax is not None
    hedged = bool(instruments_of(scenario.rules[scenario.names.index(rule)]))
    _refuse_too_large((1 + taxed + hedged + len(shares)) * points.size, paths)
    wealth, hedges = np.empty((1 + taxed, points.size, paths)), np.zeros((points.size, paths if hedged else 1))
    founders, depths = np.empty((len(shares), points.size, paths)), np.empty(paths)

    def observe(moment: Moment, first: int) -> None:
        place, rows = np.searchsorted(points, moment.step), slice(first, first + moment.paths.size)
        book, deflator = moment.book(rule), (1.0 + scenario.inflation) ** moment.time
        wealth[0, place, rows] = book.wealth / deflator
        if taxed:
            wealth[1, place, rows] = book.wealth_after_tax / deflator
        for row, share in enumerate(shares.values()):
            founders[row, place, rows] = share @ book.weights
        if hedged:
            hedges[place, rows] = book.hedges.sum(axis=0)
        if moment.step == end:
            depths[rows] = book.max_drawdown

    replay(scenario, rule, range(paths), seed=result.seed, observe=observe, steps=points.tolist())
    lines = [_quantiles(each) for each in wealth]
    return ReplayedPaths(
        paths=paths,
        times=points * scenario.calendar.dt,
        wealth=lines[0],
        wealth_after_tax=lines[-1],
        founders={person: _quantiles(each) for person, each in zip(shares, founders, strict=True)},
        hedges=_quantiles(hedges),
        depths=depths,
    )


def _refuse_too_large(numbers: int, paths: int) -> None:
    """Refuse paths whose numbers would not fit into memory."""
    from riskkit.engine.execution.memory import memory_size

    need, have = 8.0 * numbers * paths, memory_size()
    if have is not None and need > 0.8 * have:
        raise NotEnoughMemory(
            f"a fan of {paths:,} paths needs {need / 2**30:.1f} GB and the machine has {have / 2**30:.1f} GB; ask for "
            "fewer paths"
        )


def _quantiles(values: Array) -> Array:
    """The quantiles of a fan (quantile, time) of values (time, path), whose order changes."""
    places = [quantile_place(p, values.shape[1]) for p in QUANTILES]
    values.partition(places, axis=1)
    return values[:, places].T


def trace_paths(result: Comparison, rule: str, numbers: list[int]) -> Trace:
    """The trace of some paths at every step."""
    from riskkit.engine._trace import trace

    return trace(result.scenario, rule, paths=numbers, seed=result.seed)


def thinned(values: Array) -> Ints:
    """Steps at which a line (time) is drawn: its lowest and highest point in each of 300 intervals, and its ends.

    Examples
    --------
    >>> thinned(np.arange(6.0)).tolist(), thinned(np.zeros(2521)).size < 700
    ([0, 1, 2, 3, 4, 5], True)
    """
    edges = np.linspace(0, values.size, min(INTERVALS, values.size) + 1).astype(int)
    found = {0, values.size - 1}
    for start, end in pairwise(edges):
        found |= {start + int(values[start:end].argmin()), start + int(values[start:end].argmax())}
    return np.array(sorted(found))


def path_numbers(what: str, paths: int | Iterable[int], *, at_least: int, at_most: int) -> list[int]:
    """Numbers of paths: as given, or the first few."""
    if not isinstance(paths, Iterable):
        return list(range(integer(what, paths, at_least=at_least, at_most=at_most)))
    numbers = [integer(f"{what}: each number", path, at_least=0) for path in paths]
    integer(f"{what}: how many there are", len(numbers), at_least=at_least, at_most=at_most)
    return numbers
