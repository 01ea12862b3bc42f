"""Riskkit's warnings on the command line."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from riskkit._core.errors import RiskkitWarning
from riskkit._core.terminal_text import print_note

__all__ = ["warnings_told"]


@contextmanager
def warnings_told() -> Iterator[None]:
    """Print riskkit's warnings, each once, as lines on stderr."""
    told: set[str] = set()

    def show(message: Warning | str, *rest: Any) -> None:
        if str(message) not in told:
            told.add(str(message))
            print_note(f"riskkit: warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", RiskkitWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield
