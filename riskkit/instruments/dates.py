"""The dates of an instrument: when it opens and expires."""

from __future__ import annotations

import numpy as np

from riskkit._core.array_types import Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr

__all__ = ["require_dates"]


def require_dates(what: str, openings: Ints, expiries: Ints, calendar: Calendar) -> None:
    """Refuse dates of a user's own at which positions would overlap, or that are not steps before T."""
    opened, expired = np.asarray(openings), np.asarray(expiries)
    if opened.ndim == 1 and opened.shape == expired.shape and opened.size and opened.dtype.kind == "i":
        apart = (opened < expired).all() and (expired[:-1] <= opened[1:]).all()
        if apart and opened[0] >= 0 and opened[-1] < calendar.steps:
            return
    raise InvalidInput(
        f"{what}: openings(calendar) must return increasing steps from 0 to {calendar.steps - 1}, and "
        f"expiries(calendar) for each a later one, at most the next opening, got {short_repr(opened.tolist(), 80)} "
        f"and {short_repr(expired.tolist(), 80)}"
    )
