"""Text for a terminal: in the characters that it can show, and nothing that it would obey."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from riskkit.errors import RiskkitWarning

__all__ = ["harmless", "say", "warnings_told"]

_PLAIN = str.maketrans({"±": "+/-", "−": "-", "×": "x", "…": "...", "→": "->"})


def harmless(words: str) -> str:
    """The words with what is not text, such as an escape or a mark that turns the writing round, shown as its code.

    Examples
    --------
    >>> print(harmless("\\x1b[31mred\\u202e"))
    \\x1b[31mred\\u202e
    """
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in words)


def say(words: str, stream: TextIO | None = None) -> None:
    """Print words that are harmless, in the characters that the stream can show."""
    stream = sys.stdout if stream is None else stream
    words = harmless(words)
    encoding = stream.encoding or "ascii"
    try:
        words.encode(encoding)
    except UnicodeEncodeError:
        words = words.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    print(words, file=stream, flush=True)


@contextmanager
def warnings_told() -> Iterator[None]:
    """Print riskkit's warnings, each once, as lines on stderr."""
    told: set[str] = set()

    def show(message: Warning | str, *rest: Any) -> None:
        if str(message) not in told:
            told.add(str(message))
            say(f"riskkit: warning: {message}", sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", RiskkitWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        yield
