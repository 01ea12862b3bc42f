"""Placeholder for a user's instrument in a saved result."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit.instruments import Instrument, Terms
from riskkit.market import Market
from riskkit.portfolio._portfolio import Portfolio

__all__ = ["StoredInstrument"]


class StoredInstrument(Instrument):
    """Placeholder for a user's instrument in a saved result: label and repr only; it cannot be run.

    Parameters
    ----------
    text : str
        The instrument's ``repr``, which is that of the placeholder, too.
    title : str
        What it is called in tables.
    """

    text: str
    title: str = field(kw_only=True)

    @property
    def label(self) -> str:
        """What the instrument itself is called."""
        return self.title

    def __repr__(self) -> str:
        return self.text

    def legs(self, terms: Terms) -> Any:
        """Raise, because the code of the instrument is not in the file."""
        raise InvalidInput(
            f"instrument {self.label!r} must be one that can be run, got only its record from a file, {self.text}; "
            "build the scenario in Python with the instrument itself"
        )

    def check(self, portfolio: Portfolio, market: Market, calendar: Calendar) -> None:
        """Accept all: the scenario was checked with the instrument itself."""

    def assumptions(self, market: Market) -> list[str]:
        """Return its ``repr`` and a note that it is an assumption."""
        return [f"{self.label}: {self.text} (assumption)."]
