"""Hold: never trade."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit.rules.base import Rule, View
from riskkit.rules.proceeds import accept_fields

__all__ = ["Hold"]


class Hold(Rule):
    """Never trade.

    Parameters
    ----------
    every : int
        Months between consultations, as with every rule; the answer is always no.

    Examples
    --------
    >>> Hold().name
    'hold'
    """

    every: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        accept_fields(self)

    def decide(self, view: View, state: Any) -> tuple[Array | None, Any]:
        """Trade nothing."""
        return None, None

    def dates(self, calendar: Calendar) -> Ints:
        """No dates: the rule has nothing to decide."""
        return np.zeros(0, dtype=np.int64)
