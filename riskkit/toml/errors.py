"""What is wrong with a file, in plain words: the place, what was required there, what came."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from riskkit._core.size_limits import LONGEST_NAME, MOST_LISTED
from riskkit._core.validation import short_repr

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["Place", "fault_lines", "key_path"]

Place = tuple[str | int, ...]

_MOST, _MOST_WORDS = 60, 1_000  # characters of what came, and of what a data class says of it

# pydantic's kinds of fault that only say that a value has the wrong type, and what should have come.
_WANTED = {
    "bool_type": "true or false",
    "date_type": "a date",
    "dict_type": "a table",
    "float_type": "a number",
    "int_type": "a whole number",
    "model_attributes_type": "a table",
    "string_type": "a string",
    "tuple_type": "an array",
}


def fault_lines(error: ValidationError, data: object, source: str) -> list[str]:
    """Say what is wrong with a file, a line a place, the first ones of many: where, what was required, what came.

    Parameters
    ----------
    error : ValidationError
        From pydantic.
    data : object
        What was read.
    source : str
        Name of the file.
    """
    faults: dict[Place, list[Any]] = {}
    for fault in error.errors(include_url=False):
        faults.setdefault(_place(data, fault), []).append(fault)
    # A union of types tells a fault for each type; those that got further into the file know more.
    above = {place[:depth] for place in faults for depth in range(len(place))}
    deepest = [place for place in faults if place not in above]
    lines = [f"{source}: {line}" for place in deepest[:MOST_LISTED] for line in _told(place, faults[place])]
    if len(deepest) > MOST_LISTED:
        lines.append(f"{source}: there are more faults; mend these first, then read the file again")
    return lines


def _place(data: Any, fault: Any) -> Place:
    """Where in the file a fault is: pydantic's location without the parts that are not keys or positions."""
    place: list[str | int] = []
    for part in fault["loc"]:
        inside = part in data if isinstance(data, Mapping) else isinstance(data, list) and part in range(len(data))
        if inside:
            place.append(part)
            data = data[part]
    if fault["type"] == "missing":
        place.append(fault["loc"][-1])
    return tuple(place)


def _told(place: Place, faults: list[Any]) -> list[str]:
    where = key_path(place)
    wanted = dict.fromkeys(_WANTED[fault["type"]] for fault in faults if fault["type"] in _WANTED)
    others = [fault for fault in faults if fault["type"] not in _WANTED]
    if not others:
        return [f"{where or 'the file'} must be {' or '.join(wanted)}, got {short_repr(faults[0]['input'], _MOST)}"]
    lines = []
    for fault in others:
        if fault["type"] == "literal_error":
            lines.append(f"{where} must be {fault['ctx']['expected']}, got {short_repr(fault['input'], _MOST)}")
        elif fault["type"] == "missing":
            lines.append(f"{where} must be given, got none")
        elif fault["type"] == "value_error":
            words = str(fault["ctx"]["error"])
            words = words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 3]}..."
            lines.append(f"{where}: {words}" if where else words)
        else:
            lines.append(f"{where}: {fault['msg']}, got {short_repr(fault['input'], _MOST)}")
    return list(dict.fromkeys(lines))


def key_path(place: Place) -> str:
    """Write a place in a file as TOML writes keys.

    Examples
    --------
    >>> key_path(("portfolio", "holdings", 0, "founder", "Ann B."))
    'portfolio.holdings[0].founder."Ann B."'
    """
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            bare = re.fullmatch(r"[\w-]+", part, re.ASCII)
            part = part if len(part) <= LONGEST_NAME else f"{part[:LONGEST_NAME]}..."
            path += ("." if path else "") + (part if bare else json.dumps(part, ensure_ascii=False))
    return path
