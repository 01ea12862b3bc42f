"""The stopping rule of `until`: after how many paths errors are checked, and whether they are small enough."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.frozen import FrozenMap, set_fields
from riskkit._core.validation import integer, number, require_known, short_repr
from riskkit.comparison.metrics import METRICS, undefined
from riskkit.comparison.run_data import RunData
from riskkit.scenario._scenario import Scenario

__all__ = ["MAX_PATHS_FACTOR", "Precision"]

#: Errors are checked after this many paths at the earliest: 64 batches of 64.
FEWEST_PATHS = 4096

#: Without `max_paths` a run takes at most this many times the paths it begins with.
MAX_PATHS_FACTOR = 16


@dataclass(frozen=True)
class Precision:
    """Target standard errors, and the number of paths allowed for them.

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
    >>> Precision({"ced95": 0.005}, 10_000, 50_000).path_counts
    (10000, 20000, 40000, 50000)
    """

    errors: Mapping[str, float]
    paths: int
    max_paths: int

    def __post_init__(self) -> None:
        if not isinstance(self.errors, Mapping) or not self.errors:
            raise InvalidInput(f"until must be a mapping {{metric: standard error}}, got {short_repr(self.errors)}")
        require_known("until", self.errors, METRICS)
        targets = {name: number(f"until: error of {name!r}", error, above=0.0) for name, error in self.errors.items()}
        set_fields(self, errors=FrozenMap(targets))
        integer("max_paths", self.max_paths, at_least=self.paths)

    def check(self, scenario: Scenario) -> None:
        """Refuse a metric without a finite expectation: no number of paths gives it an error."""
        for metric in self.errors:
            if why := undefined(metric, scenario):
                raise InvalidInput(f"until: {metric} must have a finite expectation, but {why}; leave it out")

    @property
    def path_counts(self) -> tuple[int, ...]:
        """Numbers of paths at which errors are checked: doubling from `paths`, or 4096, to `max_paths`."""
        counts = [min(max(self.paths, FEWEST_PATHS), self.max_paths)]
        while counts[-1] < self.max_paths:
            counts.append(min(2 * counts[-1], self.max_paths))
        return tuple(counts)

    def reached(self, result: RunData) -> bool:
        """Whether every error is small enough."""
        return all(error <= self.errors[metric] for metric, _, error in self._errors(result))

    def warn(self, result: RunData) -> None:
        """Warn of each error that is too large, with the paths it needs if errors fall as 1 / sqrt(paths)."""
        reasons = []
        for metric, rule, error in self._errors(result):
            target = self.errors[metric]
            if math.isnan(error):
                reasons.append(f"that of {metric} of {rule} cannot be estimated: {result.estimate(rule, metric).note}")
            elif error > target:
                needed = _rounded_up(result.paths * (error / target) ** 2)
                reasons.append(f"{metric} of {rule} has {error:.3g} and needs about {needed:,} paths for {target:g}")
        if reasons:
            warnings.warn(
                f"until: after {result.paths:,} paths not all standard errors are small enough: {'; '.join(reasons)}",
                RiskkitWarning,
                stacklevel=4,  # that of the caller of `compare`, which is decorated
            )

    def _errors(self, result: RunData) -> Iterator[tuple[str, str, float]]:
        """Metric, rule and standard error of each target."""
        for metric in self.errors:
            for rule in result.scenario.names:
                yield metric, rule, result.estimate(rule, metric).standard_error


def _rounded_up(count: float) -> int:
    """To two digits."""
    unit = 10.0 ** max(math.floor(math.log10(count)) - 1, 0)
    return int(math.ceil(count / unit) * unit)
