"""A file is written beside its place and moved there, so that it is there whole or not at all, come what may."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["PARTIAL", "write_atomically"]

#: What a file's name ends with while it is being written; a leftover is of no use.
PARTIAL = ".partial"


def write_atomically(path: Path, write: Callable[[Any], object]) -> None:
    """Write a file, or leave what was there as it was.

    Parameters
    ----------
    path : Path
        The file; one that exists is replaced, a link by a file of its own.
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
    unfinished = path.with_name(path.name + PARTIAL)
    unfinished.unlink(missing_ok=True)  # it may be a link that someone laid to a file elsewhere
    try:
        with unfinished.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
