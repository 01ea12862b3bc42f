"""A lock on a folder for one run; it ends with the process, however that ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["LOCK", "lock_folder"]

#: Name of the file that is locked.
LOCK = ".lock"


def lock_folder(folder: Path) -> BaseFileLock | None:
    """Lock a folder for one run, in this process and in all others of this machine.

    Returns
    -------
    BaseFileLock, optional
        The lock, to be released; None where the file system has no locks, as some network drives, or the folder cannot
        be written.

    Raises
    ------
    filelock.Timeout
        If another run has locked it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise
    except (NotImplementedError, OSError):
        return None
    return lock
