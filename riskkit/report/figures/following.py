"""Paths of one rule followed through time: what fans and single paths are drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from riskkit.checks import known, whole
from riskkit.comparison.result import Comparison
from riskkit.errors import InvalidInput
from riskkit.measures import max_drawdown
from riskkit.scenario import Scenario

if TYPE_CHECKING:
    from riskkit.engine.record import Trace

__all__ = ["Followed", "checked_result", "chosen_rule", "followed", "path_numbers", "traced"]

Array = NDArray[np.float64]

#: Points in time at which a fan is drawn, paths that are followed at once, and the fewest that make a fan.
POINTS, BATCH, FEWEST = 121, 128, 100


@dataclass(frozen=True, eq=False)
class Followed:
    """Paths 0 … n - 1 of one rule, at about 120 points in time.

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


def checked_result(result: object) -> Comparison:
    """Return a result; anything else is refused."""
    if not isinstance(result, Comparison):
        raise InvalidInput(f"result must be what rk.compare returns, got {result!r}")
    return result


def chosen_rule(result: Comparison, rule: str | None) -> str:
    """Return the name of a rule, by default the baseline's."""
    if rule is None:
        return checked_result(result).scenario.baseline_name
    known("rule", [rule], checked_result(result).scenario.names)
    return rule


def followed(result: Comparison, rule: str, paths: int) -> Followed:
    """Follow the first paths of a result; figures of one rule share the run."""
    return _followed(result.scenario, rule, result.seed, whole("paths", paths, at_least=FEWEST))


@lru_cache(maxsize=4)
def _followed(scenario: Scenario, rule: str, seed: int, paths: int) -> Followed:
    from riskkit.engine.record import trace

    steps = scenario.calendar.steps
    points = np.unique(np.linspace(0, steps, POINTS).round().astype(int))
    shares = {person: scenario.portfolio.shares(person) for person in (None, *scenario.portfolio.founders)}
    wealth, depths = np.empty((points.size, paths)), np.empty(paths)
    founders = {person: np.empty((points.size, paths)) for person in shares}
    times = np.empty(0)
    # In batches, as whole books fill the memory.
    for start in range(0, paths, BATCH):
        numbers = np.arange(start, min(start + BATCH, paths))
        books = trace(scenario, rule, paths=numbers.tolist(), seed=seed)
        times = books.times[points]
        wealth[:, numbers] = _real(scenario, books)[points]
        depths[numbers] = max_drawdown(books.wealth)
        for person, share in shares.items():
            founders[person][:, numbers] = np.tensordot(share, books.weights[points], axes=(0, 1))
    return Followed(times, wealth, founders, depths)


def traced(result: Comparison, rule: str, numbers: list[int]) -> tuple[Trace, Array]:
    """The books of some paths at every step, and their wealth in money of the start (time, path)."""
    from riskkit.engine.record import trace

    books = trace(result.scenario, rule, paths=numbers, seed=result.seed)
    return books, _real(result.scenario, books)


def path_numbers(what: str, paths: int | Iterable[int], at_most: int) -> list[int]:
    """Numbers of paths: those given, or the first few."""
    if not isinstance(paths, Iterable):
        return list(range(whole(what, paths, at_least=0, at_most=at_most)))
    numbers = [whole(f"{what}: each number", path, at_least=0) for path in paths]
    whole(f"{what}: how many there are", len(numbers), at_least=1, at_most=at_most)
    return numbers


def _real(scenario: Scenario, books: Trace) -> Array:
    deflator: Array = (1.0 + scenario.inflation) ** books.times[:, None]
    return books.wealth / deflator
