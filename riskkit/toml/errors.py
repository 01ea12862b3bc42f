"""Readable errors about a file: the key, the requirement and the value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from riskkit._core.size_limits import LONGEST_NAME, MOST_LISTED
from riskkit._core.validation import short_repr

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["KeyPath", "error_lines", "key_path"]

KeyPath = tuple[str | int, ...]

_MAX_INPUT_LENGTH, _MAX_MESSAGE_LENGTH = 60, 1_000  # characters of the value, and of the message of a data class

# pydantic's errors about types, and the type that each requires.
_TYPE_NAMES = {
    "bool_type": "true or false",
    "date_type": "a date",
    "dict_type": "a table",
    "float_type": "a number",
    "int_type": "a whole number",
    "model_attributes_type": "a table",
    "string_type": "a string",
    "tuple_type": "an array",
}


def error_lines(error: ValidationError, data: object, source: str) -> list[str]:
    """Return one line per invalid key, up to a maximum: the key, the requirement and the value.

    Parameters
    ----------
    error : ValidationError
        From pydantic.
    data : object
        The parsed file.
    source : str
        Name of the file.
    """
    errors_by_key: dict[KeyPath, list[Any]] = {}
    for entry in error.errors(include_url=False):
        errors_by_key.setdefault(_key_of_error(data, entry), []).append(entry)
    # A union reports an error for each alternative; those deeper in the file are more specific.
    parents = {key[:depth] for key in errors_by_key for depth in range(len(key))}
    deepest = [key for key in errors_by_key if key not in parents]
    lines = [f"{source}: {line}" for key in deepest[:MOST_LISTED] for line in _lines_of_key(key, errors_by_key[key])]
    if len(deepest) > MOST_LISTED:
        lines.append(f"{source}: there are more errors; correct these first, then read the file again")
    return lines


def _key_of_error(data: Any, entry: Any) -> KeyPath:
    """The key of an error: pydantic's location without labels of alternatives."""
    key: list[str | int] = []
    for part in entry["loc"]:
        is_key = part in data if isinstance(data, Mapping) else isinstance(data, list) and part in range(len(data))
        if is_key:
            key.append(part)
            data = data[part]
    if entry["type"] == "missing":
        key.append(entry["loc"][-1])
    return tuple(key)


def _lines_of_key(key: KeyPath, entries: list[Any]) -> list[str]:
    key_text = key_path(key)
    type_names = dict.fromkeys(_TYPE_NAMES[entry["type"]] for entry in entries if entry["type"] in _TYPE_NAMES)
    others = [entry for entry in entries if entry["type"] not in _TYPE_NAMES]
    if not others:
        value = short_repr(entries[0]["input"], _MAX_INPUT_LENGTH)
        return [f"{key_text or 'the file'} must be {' or '.join(type_names)}, got {value}"]
    lines = []
    for entry in others:
        if entry["type"] == "literal_error":
            lines.append(
                f"{key_text} must be {entry['ctx']['expected']}, got {short_repr(entry['input'], _MAX_INPUT_LENGTH)}"
            )
        elif entry["type"] == "missing":
            lines.append(f"{key_text} must be given, got none")
        elif entry["type"] == "value_error":
            message = str(entry["ctx"]["error"])
            message = message if len(message) <= _MAX_MESSAGE_LENGTH else f"{message[: _MAX_MESSAGE_LENGTH - 3]}..."
            lines.append(f"{key_text}: {message}" if key_text else message)
        else:
            lines.append(f"{key_text}: {entry['msg']}, got {short_repr(entry['input'], _MAX_INPUT_LENGTH)}")
    return list(dict.fromkeys(lines))


def key_path(key: KeyPath) -> str:
    """Format a key as in TOML.

    Examples
    --------
    >>> key_path(("portfolio", "holdings", 0, "founder", "Ann B."))
    'portfolio.holdings[0].founder."Ann B."'
    """
    path = ""
    for part in key:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            is_bare = re.fullmatch(r"[\w-]+", part, re.ASCII)
            part = part if len(part) <= LONGEST_NAME else f"{part[:LONGEST_NAME]}..."
            path += ("." if path else "") + (part if is_bare else json.dumps(part, ensure_ascii=False))
    return path
