"""A lock on a folder, held by the operating system: it leaves no file, and ends with its process."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["lock", "unlock"]


def lock(folder: Path) -> int | None:
    """Lock a folder for one run, in this process and in all others of this machine.

    Returns
    -------
    int, optional
        Descriptor for `unlock`; None where the system has no such lock, as Windows and some network drives.

    Raises
    ------
    BlockingIOError
        If another run holds it.
    """
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return descriptor


def unlock(descriptor: int) -> None:
    """Release a folder, also in processes that were forked since."""
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)
