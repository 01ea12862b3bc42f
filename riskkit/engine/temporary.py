"""A folder for columns that goes with its run; that of a run that was killed goes when the next one makes its own."""

from __future__ import annotations

import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR

from riskkit.engine.locking import lock, unlock

__all__ = ["temporary_folder"]

PREFIX = "riskkit-columns-"


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that is removed with the object that is returned, and locked as long as that lives."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_if_left(left)
    folder = tempfile.TemporaryDirectory(prefix=PREFIX)
    place = lock(Path(folder.name))
    if place is not None:
        weakref.finalize(folder, unlock, place)
    return folder


def _remove_if_left(folder: Path) -> None:
    """Remove a folder of this user whose process is dead; one that holds anything but parts is not ours to remove."""
    with suppress(OSError):
        found, files = folder.lstat(), list(folder.iterdir())
        # An empty one may have been made a moment ago and not be locked yet.
        if not files or not S_ISDIR(found.st_mode) or not all(file.name.startswith("paths-") for file in files):
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
