"""The calendar of a simulation: its steps, its month ends and the dates of rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riskkit._core.array_types import Ints
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import integer, number

__all__ = ["Calendar"]

# Dates are arrays; a mistyped horizon should not exhaust the memory.
_MOST_YEARS, _MOST_STEPS = 1000, 10_000_000


@dataclass(frozen=True)
class Calendar:
    """The time grid of a simulation: prices move and rules decide at steps 0 … T.

    Parameters
    ----------
    years : float
        Horizon in years, > 0 and at most 1000; ``years * steps_per_year`` must be whole, and at most ten million.
    steps_per_year : int
        Steps a year, at least 1.

    Examples
    --------
    >>> calendar = Calendar(1, 252)
    >>> calendar.month_ends[:3].tolist(), calendar.steps
    ([21, 42, 63], 252)
    """

    years: float
    steps_per_year: int

    def __post_init__(self) -> None:
        number("years", self.years, above=0.0)
        integer("steps_per_year", self.steps_per_year, at_least=1)
        if self.years > _MOST_YEARS or self.steps_per_year > _MOST_STEPS / self.years:
            raise InvalidInput(
                f"years must be at most {_MOST_YEARS:,}, and years * steps_per_year at most {_MOST_STEPS:,} steps, "
                f"got {self.years:g} years of {self.steps_per_year} steps"
            )
        steps = self.years * self.steps_per_year
        if round(steps) < 1 or abs(steps - round(steps)) > 1e-9 * max(1.0, steps):
            raise InvalidInput(f"years * steps_per_year must be a whole number of steps >= 1, got {steps!r}")

    @property
    def steps(self) -> int:
        """Number T of steps; path statistics cover the T + 1 points 0 … T."""
        return round(self.years * self.steps_per_year)

    @property
    def dt(self) -> float:
        """Length of a step in years."""
        return 1.0 / self.steps_per_year

    def time(self, step: int) -> float:
        """Time of a step in years from the start."""
        return step / self.steps_per_year

    def month_end(self, month: int) -> int:
        """Step of the `month`-th month end, floor(month * steps_per_year / 12 + 1/2)."""
        return (2 * month * self.steps_per_year + 12) // 24

    @cached_property
    def months(self) -> Ints:
        """Numbers of the month ends in 1 … T, counted from 1; where several fall on one step, the last."""
        last = {self.month_end(month): month for month in range(1, self._last_month + 1)}
        return np.array([month for step, month in last.items() if step > 0], dtype=np.int64)

    @cached_property
    def month_ends(self) -> Ints:
        """Steps of the month ends in 1 … T, each once."""
        return np.array([self.month_end(int(month)) for month in self.months], dtype=np.int64)

    @cached_property
    def flow_dates(self) -> tuple[tuple[int, int, int], ...]:
        """The month ends in 1 … T - 1: step, number of the month end before (0 at first), own number.

        Examples
        --------
        >>> Calendar(1, 12).flow_dates[:2], Calendar(1.5, 2).flow_dates
        (((1, 0, 1), (2, 1, 2)), ((1, 0, 8), (2, 8, 14)))
        """
        months = self.months.tolist()
        dates = zip(self.month_ends.tolist(), [0, *months[:-1]], months, strict=True)
        return tuple(date for date in dates if date[0] < self.steps)

    def every(self, months: int, *, at_start: bool = False) -> Ints:
        """Steps before T at every `months`-th month end; 0 means every step.

        Time 0 is included only with `at_start`; T never is.
        """
        if months == 0:
            steps = np.arange(1, self.steps, dtype=np.int64)
        else:
            ends = [self.month_end(month) for month in range(months, self._last_month + 1, months)]
            steps = np.unique(np.array([step for step in ends if 0 < step < self.steps], dtype=np.int64))
        return np.concatenate([np.zeros(1, dtype=np.int64), steps]) if at_start else steps

    @property
    def _last_month(self) -> int:
        return 12 * self.steps // self.steps_per_year
