"""TOML from strangers: bounded in length, in depth and in digits before it is parsed, each refusal with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskkit._core.errors import InvalidInput
from riskkit.toml.errors import Place, key_path

__all__ = ["read_text", "tables"]

_LONGEST = 2**25  # bytes: a file of 500 holdings with ten years of daily prices
_DEEPEST = 50  # tables and arrays within one another
_MOST_PARTS = 32  # of a dotted key: the time to parse one grows with the cube of its parts
_MOST_DIGITS = 1_000
_MOST_TABLES = 200_000  # tables, arrays and parts of dotted keys: the parser takes up to a kilobyte for each

# What can hold brackets without meaning them comes first; strings without an end go on to the end.
_TOKENS = re.compile(
    rf"""
      (?P<key> (?: (?: (?<![\w-])[\w-]++ | "(?:[^"\\\n]|\\.)*+" | '[^'\n]*+' ) [ \t]*+\.[ \t]*+ ){{{_MOST_PARTS}}} )
    | \"""(?:[^\\]|\\.)*?(?:"{{3,5}}|\Z) | '''.*?(?:'{{3,5}}|\Z) | "(?:[^"\\\n]|\\.)*+"? | '[^'\n]*+'?
    | \#[^\n]*+
    | (?P<number> (?<![\w-])[0-9][0-9a-fA-FxX_]{{{_MOST_DIGITS},}}+ )
    | (?P<opens> [\[{{] ) | (?P<closes> [\]}}] )
    | (?P<dot> (?<![0-9])\. | \.(?![0-9]) | \.(?=[0-9]++[ \t]*+[.=\]]) )
    """,
    re.VERBOSE | re.DOTALL,
)


def read_text(path: Path, source: str) -> str:
    """Return the text of a file in UTF-8; a byte order mark is skipped.

    Parameters
    ----------
    path : Path
        The file.
    source : str
        Its name, for errors.

    Raises
    ------
    InvalidInput
        If it is longer than 32 MiB or not UTF-8.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as stream:
        content = stream.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise InvalidInput(f"{source} must have at most {_LONGEST:,} bytes, got more")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"{source}, line {line}: must be text in UTF-8, got {error.reason} at byte {error.start}"
        ) from None


def tables(text: str, source: str) -> dict[str, Any]:
    """Parse TOML.

    Parameters
    ----------
    text : str
        TOML, of any length.
    source : str
        Name of the file, for errors.

    Raises
    ------
    InvalidInput
        With the line or the key: if it is not TOML, nests tables and arrays more than 50 deep, has a dotted key of
        more than 32 parts, a number of more than 1,000 digits, or more than 200,000 tables, arrays and dots in keys.
    """
    _refuse_endless(text, source)
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{source} must be TOML, got a fault: {error}") from None
    _refuse_deep(data, source)
    return data


def _refuse_endless(text: str, source: str) -> None:
    """Refuse what would take the parser long, or what Python does not take at all."""

    def fault(message: str, place: int) -> InvalidInput:
        return InvalidInput(f"{source}, line {text.count(chr(10), 0, place) + 1}: {message}")

    depth = count = 0
    for token in _TOKENS.finditer(text):
        kind = token.lastgroup
        count += kind in ("opens", "dot")
        if count > _MOST_TABLES:
            raise fault(f"tables, arrays and dots in keys must be at most {_MOST_TABLES:,}, got more", token.start())
        if kind == "opens":
            depth += 1
            if depth > _DEEPEST:
                raise fault(f"tables and arrays must be nested at most {_DEEPEST} deep, got more", token.start())
        elif kind == "closes":
            depth = max(depth - 1, 0)
        elif kind == "key":
            raise fault(f"a dotted key must have at most {_MOST_PARTS} parts, got more", token.start())
        elif kind == "number":
            raise fault(f"a number must have at most {_MOST_DIGITS:,} digits, got more", token.start())


def _refuse_deep(data: Mapping[str, Any], source: str) -> None:
    """Refuse what is deeper than all that reads it can go: dotted keys add to the depth of brackets."""
    waiting: list[tuple[int, Place, Any]] = [(0, (), data)]
    while waiting:
        depth, place, node = waiting.pop()
        if depth > _DEEPEST:
            raise InvalidInput(f"{source}: {key_path(place)} must be nested at most {_DEEPEST} deep, got more")
        inner = node.items() if isinstance(node, dict) else enumerate(node)
        for key, part in inner:
            if isinstance(part, (dict, list)):
                waiting.append((depth + 1, (*place, key) if depth < 3 else place, part))
