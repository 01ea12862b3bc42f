"""Placeholder for a user's rule in a saved result."""

from __future__ import annotations

from typing import Any

from riskkit._core.errors import InvalidInput
from riskkit.rules import Rule, View

__all__ = ["StoredRule"]


class StoredRule(Rule):
    """Placeholder for a user's rule in a saved result: name and repr only; it cannot be run.

    Parameters
    ----------
    text : str
        The rule's ``repr``, which is that of the placeholder, too.
    """

    text: str

    def __repr__(self) -> str:
        return self.text

    def decide(self, view: View, state: Any) -> Any:
        """Raise, because the code of the rule is not in the file."""
        raise self._refusal()

    def watches(self) -> tuple[Rule, ...]:
        """Raise, so that a run stops before it starts."""
        raise self._refusal()

    def _refusal(self) -> InvalidInput:
        return InvalidInput(
            f"rule {self.name!r} must be a rule that can be run, got only its record from a file, {self.text}; "
            "build the scenario in Python with the rule itself"
        )
