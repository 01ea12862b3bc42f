"""Format of riskkit's warnings on the command line."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from riskkit._core.errors import RiskkitWarning
from riskkit._core.terminal_text import print_note

__all__ = ["print_warnings"]


@contextmanager
def print_warnings() -> Iterator[None]:
    """Print riskkit's warnings, each once, as lines on stderr."""
    printed: set[str] = set()

    def show(message: Warning | str, *rest: Any) -> None:
        if str(message) not in printed:
            printed.add(str(message))
            print_note(f"riskkit: warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", RiskkitWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield
