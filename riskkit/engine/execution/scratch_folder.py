"""A folder for columns that goes with its run; that of a run that was killed goes when the next one makes its own."""

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

__all__ = ["TemporaryFolder"]

PREFIX = "riskkit-columns-"

#: An empty folder may have been made a moment ago and not be locked yet; one that is older, in seconds, is left over.
MOMENT = 86400.0


class TemporaryFolder:
    """A new folder that is removed with this object, or at the end of the program, and locked until then.

    Attributes
    ----------
    path : Path
        Where it is.

    Raises
    ------
    InvalidInput
        If no temporary folder can be written.
    """

    def __init__(self) -> None:
        with suppress(OSError):
            for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
                _remove_if_left(left)
        try:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        except OSError as error:
            raise InvalidInput(
                "memory needs a temporary folder that can be written, for the columns beyond the budget, got none: "
                f"{error.strerror}; TMPDIR may name one"
            ) from None
        weakref.finalize(self, _remove, self.path, lock(self.path))


def _remove(folder: Path, place: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if place is not None:
        unlock(place)


def _remove_if_left(folder: Path) -> None:
    """Remove a folder of this user whose process is dead; one that holds anything but parts is not ours to remove."""
    with suppress(OSError):
        found, files = folder.lstat(), list(folder.iterdir())
        if not S_ISDIR(found.st_mode) or not all(file.name.startswith("paths-") for file in files):
            return
        if not files and time.time() - found.st_mtime < MOMENT:
            return
        place = lock(folder)
        if place is None:
            return
        try:
            if found.st_uid == os.getuid():
                for file in files:
                    file.unlink(missing_ok=True)
                folder.rmdir()
        finally:
            unlock(place)
