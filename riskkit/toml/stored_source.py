"""Placeholder for a user's source of events in a saved result."""

from __future__ import annotations

from collections.abc import Mapping

from riskkit._core.array_types import UInts
from riskkit._core.errors import InvalidInput
from riskkit._core.random_stream import RandomStream
from riskkit.market import Events, EventSource
from riskkit.market.shocks._event_source import Fixed, nothing_earlier

__all__ = ["StoredSource"]


class StoredSource(EventSource):
    """Placeholder for a user's source of events in a saved result: name and repr only; it cannot be run.

    Parameters
    ----------
    text : str
        The source's ``repr``, which is that of the placeholder, too.
    """

    text: str

    def __repr__(self) -> str:
        return self.text

    def draw(
        self,
        stream: RandomStream,
        paths: UInts,
        horizon: float,
        fixed: Fixed | None = None,
        earlier: Mapping[str, Events] = nothing_earlier,
    ) -> Events:
        """Raise, because the code of the source is not in the file."""
        raise InvalidInput(
            f"shock {self.name!r} must be a source that can be run, got only its record from a file, {self.text}; "
            "build the scenario in Python with the source itself"
        )

    def describe(self) -> str:
        """Return its ``repr`` and a note that it is an assumption."""
        return f"{self.name}: {self.text} (assumption)"
