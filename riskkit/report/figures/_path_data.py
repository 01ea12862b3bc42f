"""Replayed paths of one rule: the data of fan charts and of figures of single paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, require_known
from riskkit.comparison._comparison import Comparison
from riskkit.measures import max_drawdown

if TYPE_CHECKING:
    from riskkit.engine._trace import Trace

__all__ = [
    "ReplayedPaths", "check_result", "path_numbers", "replayed_paths", "rule_to_replay", "thinned", "trace_paths",
]  # fmt: skip


#: Points in time of a fan, paths that are replayed at once, and the fewest paths of a fan.
POINTS, BATCH, FEWEST = 121, 128, 100

#: Intervals of time, about one per 1.5 pixels, of which a line keeps the lowest and highest point.
INTERVALS = 300


@dataclass(frozen=True, eq=False)
class ReplayedPaths:
    """Replayed paths 0 … n - 1 of one rule, at about 120 points in time.

    Attributes
    ----------
    times : ndarray
        Years from the start (time).
    wealth : ndarray
        In multiples of the start, in money of the start (time, path).
    founders : mapping of str to ndarray
        Weight of each founder, and under None of all of them (time, path).
    depths : ndarray
        Max drawdown, at every step (path).
    """

    times: Array
    wealth: Array
    founders: Mapping[str | None, Array]
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


def replayed_paths(result: Comparison, rule: str, paths: int) -> ReplayedPaths:
    """Replay the first paths of a result; all figures of one result share the run."""
    # No more paths than the result has: a backtest would begin again.
    count = min(integer("paths", paths, at_least=FEWEST), result.paths)
    runs = _CACHE.setdefault(result, {})
    if (rule, count) not in runs:
        runs[rule, count] = _replay(result, rule, count)
    return runs[rule, count]


def _replay(result: Comparison, rule: str, paths: int) -> ReplayedPaths:
    scenario = result.scenario
    points = np.unique(np.linspace(0, scenario.calendar.steps, POINTS).round().astype(int))
    shares = {person: scenario.portfolio.shares(person) for person in (None, *scenario.portfolio.founders)}
    wealth, depths = np.empty((points.size, paths)), np.empty(paths)
    founders = {person: np.empty((points.size, paths)) for person in shares}
    times = np.empty(0)
    # In batches, because full traces fill the memory.
    for start in range(0, paths, BATCH):
        numbers = list(range(start, min(start + BATCH, paths)))
        books, real = trace_paths(result, rule, numbers)
        times = books.times[points]
        wealth[:, numbers] = real[points]
        depths[numbers] = max_drawdown(books.wealth)
        for person, share in shares.items():
            founders[person][:, numbers] = np.tensordot(share, books.weights[points], axes=(0, 1))
    return ReplayedPaths(times, wealth, founders, depths)


def trace_paths(result: Comparison, rule: str, numbers: list[int]) -> tuple[Trace, Array]:
    """The trace of some paths at every step, and their wealth in money of the start (time, path)."""
    from riskkit.engine._trace import trace

    books = trace(result.scenario, rule, paths=numbers, seed=result.seed)
    deflator: Array = (1.0 + result.scenario.inflation) ** books.times[:, None]
    return books, books.wealth / deflator


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
