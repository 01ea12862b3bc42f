"""Import user classes that a file names as ``mypackage.module:ClassName``, only if allowed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from operator import attrgetter
from typing import Any

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr
from riskkit.toml.errors import KeyPath, key_path
from riskkit.toml.schema_types import concrete_subclasses, has_table, is_riskkit_class

__all__ = ["import_path", "user_classes"]


def import_path(cls: type) -> str | None:
    """Return the import path of a user class, None if it cannot be imported or built from data.

    Examples
    --------
    >>> from riskkit.rules import Hold
    >>> import_path(Hold) is None  # riskkit's own classes go by their bare names
    True
    """
    is_replacement = any(concrete_subclasses(base) for base in cls.__mro__[1:] if is_riskkit_class(base))
    if is_riskkit_class(cls) or not is_replacement or cls.__module__ == "__main__" or not has_table(cls):
        return None
    try:
        resolved = attrgetter(cls.__qualname__)(sys.modules[cls.__module__])
    except (AttributeError, KeyError):
        return None
    return f"{cls.__module__}:{cls.__qualname__}" if resolved is cls else None


def user_classes(data: object, source: str, allow_import: bool) -> dict[str, type]:
    """Import the classes that a file names by import path.

    Parameters
    ----------
    data : object
        The parsed file; the key ``type`` of a table is its class.
    source : str
        Name of the file, for errors.
    allow_import : bool
        Whether to import, which runs the code of the module.

    Returns
    -------
    dict of str to type
        Import path → class.

    Raises
    ------
    InvalidInput
        If a class is named and importing is not allowed, or there is no such class.
    """
    classes: dict[str, type] = {}
    for key, path in _paths(data, ()):
        location = f"{source}: {key_path(key)}"
        if not allow_import:
            raise InvalidInput(
                f"{location} must name a class of riskkit's, "
                f"got {short_repr(path)}, code from outside; if you trust the file, give "
                "--allow-import, or allow_import=True in Python"
            )
        if path not in classes:
            classes[path] = _imported(path, location)
    return classes


def _paths(data: object, key: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Every import path under a key ``type``, with the key."""
    if isinstance(data, Mapping):
        class_path = data.get("type")
        if isinstance(class_path, str) and re.fullmatch(r"[\w.]+:[\w.]+", class_path):
            yield (*key, "type"), class_path
    items = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for child_key, item in items:
        yield from _paths(item, (*key, child_key))


def _imported(path: str, location: str) -> type:
    module, _, name = path.partition(":")
    try:
        imported: Any = attrgetter(name)(import_module(module))
        if isinstance(imported, type) and has_table(imported):
            return imported
    except Exception as error:
        raise InvalidInput(
            f"{location} must name a class that can be imported, got {short_repr(path)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    raise InvalidInput(
        f"{location} must name a data class, such as a subclass of rk.Rule, whose required fields a file can hold, "
        f"got {short_repr(path)}, {short_repr(imported, 60)}"
    )
