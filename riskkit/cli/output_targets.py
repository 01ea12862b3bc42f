"""Checks of output files and folders before anything runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import file_path
from riskkit.comparison.io.folder import FACTS

__all__ = ["check_file", "check_folder"]


def check_file(option: str, name: str, force: bool) -> None:
    """Refuse a file that cannot be written or must not be replaced."""
    file = file_path(option, name)
    if file.is_dir():
        raise InvalidInput(f"{option} must be a file, got the folder {name!r}")
    if os.path.lexists(file) and not force:
        raise _exists_error(option, name)
    _check_writable(option, name, file.parent)


def check_folder(option: str, name: str, force: bool) -> None:
    """Refuse a result folder that cannot be written, holds other files, or must not be replaced."""
    folder = file_path(option, name)
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"{option} must be a folder, got the file {name!r}")
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / FACTS).is_file():
            raise InvalidInput(f"{option} must be new, empty or hold a saved result, got {name!r} with other files")
        if not force:
            raise _exists_error(option, name)
    _check_writable(option, name, next(place for place in (folder, *folder.absolute().parents) if place.exists()))


def _exists_error(option: str, name: str) -> InvalidInput:
    return InvalidInput(f"{option} must be new, got {name!r}, which exists; give --force to replace it")


def _check_writable(option: str, name: str, folder: Path) -> None:
    """Write a temporary file: permissions do not show a full or read-only disk, nor the rights of root."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InvalidInput(f"{option} must be a place that can be written, got {name!r}: {error.strerror}") from error
