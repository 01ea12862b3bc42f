"""Text for a terminal: in the characters that it can show, nothing that it would obey, and no need for one."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

__all__ = ["printable", "say", "tell"]

_PLAIN = str.maketrans({"±": "+/-", "−": "-", "×": "x", "…": "...", "→": "->"})


def printable(words: str) -> str:
    """The words with what is not text, such as an escape or a mark that turns the writing round, shown as its code.

    Examples
    --------
    >>> print(printable("\\x1b[31mred\\u202e"))
    \\x1b[31mred\\u202e
    """
    if words.isprintable():
        return words
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in words)


def say(words: str, stream: TextIO | None) -> None:
    """Print words that are printable, in the characters that the stream can show.

    Parameters
    ----------
    words : str
    stream : file or None
        Nothing is printed where there is none, as in a service and under ``pythonw``, or where it is closed.

    Raises
    ------
    OSError
        If nobody reads the stream any more, or its disk is full.
    """
    if stream is None or stream.closed:
        return
    words = printable(words)
    encoding = getattr(stream, "encoding", None) or "ascii"
    try:
        words.encode(encoding)
    except UnicodeEncodeError:
        words = words.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    print(words, file=stream, flush=True)


def tell(words: str) -> None:
    """Print a note on stderr, if anybody can read it there."""
    with suppress(OSError):
        say(words, sys.stderr)
