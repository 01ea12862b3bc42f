"""Scratch folders: each is removed with its run, or by the next run if its own was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import weakref
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING

from riskkit._core.errors import InvalidInput
from riskkit.engine.execution.folder_lock import LOCK, lock_folder

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["ScratchFolder"]

PREFIX = "riskkit-columns-"

#: Seconds for which an empty folder may be new and not locked yet; an older one is left over.
UNLOCKED_SECONDS = 86400.0


class ScratchFolder:
    """A new temporary folder, locked until it is removed with this object or at the end of the program.

    Attributes
    ----------
    path : Path
        The folder.

    Raises
    ------
    InvalidInput
        If no temporary folder can be written.
    """

    def __init__(self) -> None:
        with suppress(OSError):
            for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
                _remove_if_left_over(folder)
        try:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        except OSError as error:
            raise InvalidInput(
                "memory needs a temporary folder that can be written, for the columns beyond the budget, got none: "
                f"{error.strerror}; TMPDIR may name one"
            ) from None
        weakref.finalize(self, _remove, self.path, lock_folder(self.path))


def _remove(folder: Path, lock: BaseFileLock | None) -> None:
    if lock is not None:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left_over(folder: Path) -> None:
    """Remove a folder of this user whose process has ended; one with files other than shards stays."""
    from filelock import Timeout

    with suppress(OSError, Timeout):
        status = folder.lstat()
        if not S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            return
        shards = [file for file in folder.iterdir() if file.name != LOCK]
        if not all(file.name.startswith("paths-") for file in shards):
            return
        if not shards and time.time() - status.st_mtime < UNLOCKED_SECONDS:
            return
        lock = lock_folder(folder)
        if lock is None:
            return
        lock.release()  # a file that is open cannot be removed on Windows
        for file in (*shards, folder / LOCK):
            file.unlink(missing_ok=True)
        folder.rmdir()
