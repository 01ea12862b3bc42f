"""Printing to a terminal: without control characters, in its encoding, and also where there is none."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

__all__ = ["printable", "print_text", "print_note"]

_PLAIN = str.maketrans({"±": "+/-", "−": "-", "×": "x", "…": "...", "→": "->"})


def printable(words: str, *, keep: str = "\n", mark: str | None = None) -> str:
    """Return text in which unprintable characters, such as escapes and direction marks, are replaced by their codes.

    Parameters
    ----------
    words : str
    keep : str
        Unprintable characters that stay.
    mark : str, optional
        Replacement for each of the others, in place of its code.

    Examples
    --------
    >>> print(printable("\\x1b[31mred\\u202e"))
    \\x1b[31mred\\u202e
    """
    unseen = {sign for sign in set(words) if not sign.isprintable()} - set(keep)
    return words.translate({ord(sign): ascii(sign)[1:-1] if mark is None else mark for sign in unseen})


def print_text(words: str, stream: TextIO | None) -> None:
    """Print text without control characters, in the encoding of the stream.

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


def print_note(words: str) -> None:
    """Print a note on stderr; errors of the stream are ignored."""
    with suppress(OSError):
        print_text(words, sys.stderr)
