"""Precision on order: how many paths are run before the errors are looked at, and whether they are small enough."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.frozen import FrozenMap
from riskkit._core.validation import integer, number, require_known, short_repr
from riskkit.comparison.metrics import METRICS, undefined
from riskkit.comparison.run_data import RunData
from riskkit.scenario._scenario import Scenario

__all__ = ["MOST_TIMES", "Precision"]

#: Errors are looked at after this many paths, 64 batches of 64, at the earliest.
FEWEST_PATHS = 4096

#: Where no most is given, a run may take this many times the paths it begins with.
MOST_TIMES = 16


@dataclass(frozen=True)
class Precision:
    """Standard errors that are wanted, and the paths that may be spent on them.

    Parameters
    ----------
    errors : mapping of str to float
        Metric → largest standard error, > 0, that any rule may have.
    paths, max_paths : int
        The paths to begin with, and the most.

    Raises
    ------
    InvalidInput
        If there is no such metric, an error is not > 0, or `max_paths` is below `paths`.

    Examples
    --------
    >>> Precision({"ced95": 0.005}, 10_000, 50_000).looks
    (10000, 20000, 40000, 50000)
    """

    errors: Mapping[str, float]
    paths: int
    max_paths: int

    def __post_init__(self) -> None:
        if not isinstance(self.errors, Mapping) or not self.errors:
            raise InvalidInput(f"until must be a mapping {{metric: standard error}}, got {short_repr(self.errors)}")
        require_known("until", self.errors, METRICS)
        wanted = {name: number(f"until: error of {name!r}", error, above=0.0) for name, error in self.errors.items()}
        object.__setattr__(self, "errors", FrozenMap(wanted))
        integer("max_paths", self.max_paths, at_least=self.paths)

    def check(self, scenario: Scenario) -> None:
        """Refuse a metric that has no finite expectation: its error is not known for any number of paths."""
        for metric in self.errors:
            if why := undefined(metric, scenario):
                raise InvalidInput(f"until: {metric} must have a finite expectation, but {why}; leave it out")

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of paths at which the errors are looked at: doubling from `paths`, or 4096, to `max_paths`."""
        counts = [min(max(self.paths, FEWEST_PATHS), self.max_paths)]
        while counts[-1] < self.max_paths:
            counts.append(min(2 * counts[-1], self.max_paths))
        return tuple(counts)

    def reached(self, result: RunData) -> bool:
        """Whether every error is there."""
        return all(error <= self.errors[metric] for metric, _, error in self._found(result))

    def warn(self, result: RunData) -> None:
        """Say which error is not there, and how many paths it would take if errors fall like one over their root."""
        told = []
        for metric, rule, error in self._found(result):
            wanted = self.errors[metric]
            if math.isnan(error):
                told.append(f"that of {metric} of {rule} cannot be told: {result.estimate(rule, metric).note}")
            elif error > wanted:
                needed = _rounded_up(result.paths * (error / wanted) ** 2)
                told.append(f"{metric} of {rule} has {error:.3g} and would take about {needed:,} paths for {wanted:g}")
        if told:
            warnings.warn(
                f"until: after {result.paths:,} paths not all standard errors are there: {'; '.join(told)}",
                RiskkitWarning,
                stacklevel=3,
            )

    def _found(self, result: RunData) -> Iterator[tuple[str, str, float]]:
        """Metric, rule and standard error of all that was asked for."""
        for metric in self.errors:
            for rule in result.scenario.names:
                yield metric, rule, result.estimate(rule, metric).standard_error


def _rounded_up(count: float) -> int:
    """To two digits."""
    unit = 10.0 ** max(math.floor(math.log10(count)) - 1, 0)
    return int(math.ceil(count / unit) * unit)
