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

from riskkit._core.errors import InvalidInput
from riskkit.engine.execution.folder_lock import lock, unlock

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
        weakref.finalize(self, _remove, self.path, lock(self.path))


def _remove(folder: Path, descriptor: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if descriptor is not None:
        unlock(descriptor)


def _remove_if_left_over(folder: Path) -> None:
    """Remove a folder of this user whose process has ended; one with files other than shards stays."""
    with suppress(OSError):
        status, files = folder.lstat(), list(folder.iterdir())
        if not S_ISDIR(status.st_mode) or not all(file.name.startswith("paths-") for file in files):
            return
        if not files and time.time() - status.st_mtime < UNLOCKED_SECONDS:
            return
        descriptor = lock(folder)
        if descriptor is None:
            return
        try:
            if status.st_uid == os.getuid():
                for file in files:
                    file.unlink(missing_ok=True)
                folder.rmdir()
        finally:
            unlock(descriptor)
