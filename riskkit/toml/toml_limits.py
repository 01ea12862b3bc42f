"""Limits of untrusted TOML: length, depth and digits are bounded before parsing; errors name the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskkit._core.errors import InvalidInput
from riskkit.toml.errors import KeyPath, key_path

__all__ = ["read_text", "parse_toml"]

_MAX_FILE_BYTES = 2**25  # bytes: a file of 500 holdings with ten years of daily prices
_MAX_DEPTH = 50  # tables and arrays within one another
_MAX_KEY_PARTS = 32  # of a dotted key; parse time grows with the cube of this number
_MAX_DIGITS = 1_000
_MAX_TABLES = 200_000  # tables, arrays and parts of dotted keys; each takes up to a kilobyte in the parser

# Strings and comments, which may contain brackets, come first; an unclosed string extends to the end.
_TOKENS = re.compile(
    rf"""
      (?P<key> (?: (?: (?<![\w-])[\w-]++ | "(?:[^"\\\n]|\\.)*+" | '[^'\n]*+' ) [ \t]*+\.[ \t]*+ ){{{_MAX_KEY_PARTS}}} )
    | \"""(?:[^\\]|\\.)*?(?:"{{3,5}}|\Z) | '''.*?(?:'{{3,5}}|\Z) | "(?:[^"\\\n]|\\.)*+"? | '[^'\n]*+'?
    | \#[^\n]*+
    | (?P<number> (?<![\w-])[0-9][0-9a-fA-FxX_]{{{_MAX_DIGITS},}}+ )
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
        content = stream.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise InvalidInput(f"{source} must have at most {_MAX_FILE_BYTES:,} bytes, got more")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"{source}, line {line}: must be text in UTF-8, got {error.reason} at byte {error.start}"
        ) from None


def parse_toml(text: str, source: str) -> dict[str, Any]:
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
    _check_limits(text, source)
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{source} must be TOML, got an error: {error}") from None
    _check_depth(data, source)
    return data


def _check_limits(text: str, source: str) -> None:
    """Raise for text that the parser would need too long for, or that Python cannot parse."""

    def error(message: str, position: int) -> InvalidInput:
        return InvalidInput(f"{source}, line {text.count(chr(10), 0, position) + 1}: {message}")

    depth = count = 0
    for token in _TOKENS.finditer(text):
        kind = token.lastgroup
        count += kind in ("opens", "dot")
        if count > _MAX_TABLES:
            raise error(f"tables, arrays and dots in keys must be at most {_MAX_TABLES:,}, got more", token.start())
        if kind == "opens":
            depth += 1
            if depth > _MAX_DEPTH:
                raise error(f"tables and arrays must be nested at most {_MAX_DEPTH} deep, got more", token.start())
        elif kind == "closes":
            depth = max(depth - 1, 0)
        elif kind == "key":
            raise error(f"a dotted key must have at most {_MAX_KEY_PARTS} parts, got more", token.start())
        elif kind == "number":
            raise error(f"a number must have at most {_MAX_DIGITS:,} digits, got more", token.start())


def _check_depth(data: Mapping[str, Any], source: str) -> None:
    """Raise for data nested too deep; dotted keys add to the depth of brackets."""
    stack: list[tuple[int, KeyPath, Any]] = [(0, (), data)]
    while stack:
        depth, key_prefix, node = stack.pop()
        if depth > _MAX_DEPTH:
            raise InvalidInput(f"{source}: {key_path(key_prefix)} must be nested at most {_MAX_DEPTH} deep, got more")
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in items:
            if isinstance(value, (dict, list)):
                stack.append((depth + 1, (*key_prefix, key) if depth < 3 else key_prefix, value))
