"""A lock on a folder, kept by the system: it leaves no file and goes with its process, however that ends."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["lock", "unlock"]


def lock(folder: Path) -> int | None:
    """Lock a folder for one run, in this process and in all others of this machine.

    Returns
    -------
    int, optional
        What `unlock` takes; None where the system has no such lock, as Windows and some network drives.

    Raises
    ------
    BlockingIOError
        If another run holds it.
    """
    try:
        import fcntl
    except ImportError:
        return None
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(place)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return place


def unlock(place: int) -> None:
    """Let a folder go, also in processes that were forked meanwhile."""
    import fcntl

    fcntl.flock(place, fcntl.LOCK_UN)
    os.close(place)
