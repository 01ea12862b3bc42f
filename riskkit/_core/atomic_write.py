"""Atomic file writes: write to a temporary file, then rename."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["PARTIAL", "write_atomically"]

#: Suffix of the temporary file; one that is left over from a crash is of no use.
PARTIAL = ".partial"


def write_atomically(path: Path, write: Callable[[Any], object]) -> None:
    """Write a file atomically: it has the old content until it has all of the new.

    Parameters
    ----------
    path : Path
        The file; one that exists is replaced. A link is replaced by a file; its target stays.
    write : function
        Takes a binary file that is open for writing, and leaves it open.

    Raises
    ------
    OSError
        If the file cannot be opened, written or moved.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "numbers.txt"
    ...     write_atomically(path, lambda file: file.write(b"1 2 3"))
    ...     path.read_text()
    '1 2 3'
    """
    temporary = path.with_name(path.name + PARTIAL)
    temporary.unlink(missing_ok=True)  # it may be a link to a file elsewhere
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
