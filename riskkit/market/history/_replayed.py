"""Replayed history: each path starts on its own day of the past and follows the prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.market.history._past_prices import PastPrices

__all__ = ["Replayed"]


@dataclass(frozen=True, eq=False, repr=False)
class Replayed(PastPrices):
    """Past prices replayed without change; path k starts at row k.

    Parameters
    ----------
    prices, cash, splits, real_moves, allow_dropped_rows
        As for `Resampled`, except that the move over a long gap is one step.
    starts : int, optional
        Number of start rows; by default all that leave enough rows for the horizon.
    """

    starts: int | None = field(default=None, kw_only=True)

    def recentring(self, assets: int, steps: int) -> Array:
        """Return zeros: realized returns are not corrected (step, asset)."""
        return np.zeros((steps, assets))

    def windows(self, calendar: Calendar) -> int:
        """Number of start rows; the path after the last starts at the first row again."""
        self.check(calendar)
        count = len(self.returns) - calendar.steps + 1
        if count < 1:
            raise InvalidInput(
                f"prices must cover {calendar.steps:,} steps from one day on, got {len(self.returns):,} returns; "
                "shorten years"
            )
        return count if self.starts is None else min(self.starts, count)

    def centred(self, dt: float) -> Array:
        """Log returns less the expected log growth of a step of `dt` years (row, column)."""
        expected = np.log1p([self.assets[name].mean_return for name in self.levels.columns]) * dt
        difference: Array = self.returns - expected
        return difference

    @property
    def block_end_probability(self) -> float:
        """Return 0: rows follow each other."""
        return 0.0

    def _steps(self, is_gap: Bools) -> Bools:
        """All moves, so that wealth follows the prices."""
        return np.ones_like(is_gap)

    def describe(self) -> str:
        """Return which days are replayed."""
        return f"Returns are those of {self.span}, as they happened; shocks of the scenario are left out"

    def _identity(self) -> tuple[Any, ...]:
        return (*super()._identity(), self.starts)
