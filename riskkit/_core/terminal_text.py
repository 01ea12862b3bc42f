"""Text for a terminal: in the characters that it can show, nothing that it would obey, and no need for one."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

__all__ = ["printable", "print_text", "print_note"]

_PLAIN = str.maketrans({"±": "+/-", "−": "-", "×": "x", "…": "...", "→": "->"})


def printable(words: str, *, kept: str = "\n", mark: str | None = None) -> str:
    """The words with what is not text, such as an escape or a mark that turns the writing round, shown as its code.

    Parameters
    ----------
    words : str
    kept : str
        Characters that stay although they do not show.
    mark : str, optional
        What stands for each of the others in place of its code.

    Examples
    --------
    >>> print(printable("\\x1b[31mred\\u202e"))
    \\x1b[31mred\\u202e
    """
    unseen = {sign for sign in set(words) if not sign.isprintable()} - set(kept)
    return words.translate({ord(sign): ascii(sign)[1:-1] if mark is None else mark for sign in unseen})


def print_text(words: str, stream: TextIO | None) -> None:
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


def print_note(words: str) -> None:
    """Print a note on stderr, if anybody can read it there."""
    with suppress(OSError):
        print_text(words, sys.stderr)
