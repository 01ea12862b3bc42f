"""Classes of the user's own in a file: by import path, ``mypackage.module:ClassName``, and only where allowed."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from operator import attrgetter
from typing import Any

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr
from riskkit.toml.errors import Place, key_path
from riskkit.toml.schema_types import has_table, is_ours, members

__all__ = ["import_path", "own_classes"]


def import_path(cls: type) -> str | None:
    """What a file says for a class of the user's own; None where it could not be found, or not be built, by that.

    Examples
    --------
    >>> from riskkit.rules import Hold
    >>> import_path(Hold) is None  # riskkit's own classes go by their bare names
    True
    """
    stands_for = any(members(base) for base in cls.__mro__[1:] if is_ours(base))
    if is_ours(cls) or not stands_for or cls.__module__ == "__main__" or not has_table(cls):
        return None
    try:
        found = attrgetter(cls.__qualname__)(sys.modules[cls.__module__])
    except (AttributeError, KeyError):
        return None
    return f"{cls.__module__}:{cls.__qualname__}" if found is cls else None


def own_classes(data: object, source: str, allow_import: bool) -> dict[str, type]:
    """Import the classes that a file names by import path.

    Parameters
    ----------
    data : object
        What was read; tables say their class by the key ``type``.
    source : str
        Name of the file, for errors.
    allow_import : bool
        Whether importing, which runs the code of the module, is allowed.

    Returns
    -------
    dict of str to type
        Import path → class.

    Raises
    ------
    InvalidInput
        If a class is named and importing is not allowed, or there is no such class.
    """
    found: dict[str, type] = {}
    for place, path in _paths(data, ()):
        where = f"{source}: {key_path(place)}"
        if not allow_import:
            raise InvalidInput(
                f"{where} must name a class of riskkit's, "
                f"got {short_repr(path)}, code from outside; if you trust the file, give "
                "--allow-import, or allow_import=True in Python"
            )
        if path not in found:
            found[path] = _imported(path, where)
    return found


def _paths(data: object, place: Place) -> Iterator[tuple[Place, str]]:
    """Every import path under a key ``type``, and its place."""
    if isinstance(data, Mapping):
        named = data.get("type")
        if isinstance(named, str) and re.fullmatch(r"[\w.]+:[\w.]+", named):
            yield (*place, "type"), named
    parts = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, part in parts:
        yield from _paths(part, (*place, key))


def _imported(path: str, where: str) -> type:
    module, _, name = path.partition(":")
    try:
        found: Any = attrgetter(name)(import_module(module))
        if isinstance(found, type) and has_table(found):
            return found
    except Exception as error:
        raise InvalidInput(
            f"{where} must name a class that can be imported, got {short_repr(path)}: {type(error).__name__}: {error}"
        ) from error
    raise InvalidInput(
        f"{where} must name a data class, such as a subclass of rk.Rule, whose required fields a file can hold, "
        f"got {short_repr(path)}, {short_repr(found, 60)}"
    )
