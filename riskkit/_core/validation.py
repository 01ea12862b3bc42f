"""Input validation: an error names the argument, the requirement and the value that came."""

from __future__ import annotations

import difflib
import math
import numbers
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from riskkit._core.errors import InvalidInput
from riskkit._core.size_limits import LONGEST_NAME, MOST_ASSETS, MOST_LISTED

__all__ = [
    "array_summary", "boolean", "checked_currency", "checked_name", "clean_text", "file_path", "integer", "join_first",
    "name_key",
    "name_list", "nearest_name", "number", "one_of", "require_at_most", "require_distinct", "require_known",
    "require_unique", "seed_number", "short_repr", "text", "with_place",
]  # fmt: skip

# Beside format and control characters: letters and marks without a visible form (Unicode,
# Default_Ignorable_Code_Point), and the blank of Braille.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

_PUNCTUATION = {code: " " for code in range(128) if unicodedata.category(chr(code))[0] in "PZ"}
_SPACES, _LOOSE = re.compile(r" ++"), re.compile(r"(?<![0-9]) ++| ++(?![0-9])")

_CONTROL = {code: None for code in (*range(32), 127) if not chr(code).isspace()}


def short_repr(value: object, most: int = 200) -> str:
    """Return the repr of a value for an error message, cut to `most` characters.

    Examples
    --------
    >>> short_repr("abcdefghij", most=9)
    "'abcde..."
    """
    try:
        words = repr(value)
    except (ValueError, RecursionError):  # thousands of digits or of brackets, which Python does not write out
        words = f"{type(value).__name__} too long or too deep to be shown"
    return words if len(words) <= most else f"{words[: most - 3]}..."


def array_summary(value: object, otherwise: str | None = None) -> str:
    """Return the type and shape of an array for an error message; of anything else `otherwise`, or its type.

    Examples
    --------
    >>> array_summary(np.zeros((2, 3))), array_summary([1.0])
    ('float64 of shape (2, 3)', 'list')
    """
    if isinstance(value, np.ndarray):
        return f"{value.dtype} of shape {value.shape}"
    return type(value).__name__ if otherwise is None else otherwise


def number(
    what: str,
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return `value` as a finite float within the stated bounds, or refuse it under the name `what`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InvalidInput(f"{what} must be a number, got {short_repr(value)}")
    try:
        result = float(value)
    except OverflowError:
        raise InvalidInput(f"{what} must be finite, got a whole number beyond 1e308") from None
    bounds = [
        (">", above, above is None or result > above),
        (">=", at_least, at_least is None or result >= at_least),
        ("<", below, below is None or result < below),
        ("<=", at_most, at_most is None or result <= at_most),
    ]
    required = " and ".join(f"{sign} {bound:g}" for sign, bound, _ in bounds if bound is not None) or "finite"
    if not math.isfinite(result) or not all(holds for _, _, holds in bounds):
        raise InvalidInput(f"{what} must be {required}, got {result!r}")
    return result


def integer(what: str, value: Any, *, at_least: int | None = None, at_most: int | None = None) -> int:
    """Return `value` as an int within the stated bounds; a float is refused even when it is whole."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise InvalidInput(f"{what} must be a whole number, got {short_repr(value)}")
    result = int(value)
    bounds = [
        (">=", at_least, at_least is None or result >= at_least),
        ("<=", at_most, at_most is None or result <= at_most),
    ]
    if not all(holds for _, _, holds in bounds):
        required = " and ".join(f"{sign} {bound}" for sign, bound, _ in bounds if bound is not None)
        raise InvalidInput(f"{what} must be {required}, got {short_repr(result)}")
    return result


def seed_number(value: Any) -> int:
    """Return a seed: a whole number from 0 to 2**64 - 1."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise InvalidInput(f"seed must be a whole number, got {short_repr(value)}")
    if not 0 <= int(value) < 2**64:
        raise InvalidInput(f"seed must be from 0 to 2**64 - 1, got {short_repr(value)}")
    return int(value)


def text(what: str, value: Any) -> str:
    """Return a non-empty string."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{what} must be a non-empty string, got {short_repr(value)}")
    return value


def clean_text(words: str) -> str:
    """Return text without invisible characters, and with single plain spaces.

    Zero-width spaces and joiners, byte order marks, soft hyphens, marks of direction and other control characters are
    removed; accents are composed with their letters.

    Examples
    --------
    >>> clean_text("TSLA\\u200b"), clean_text("\\ufeffBRK.B\\u00a0 "), clean_text("Berkshire\\n  Hathaway")
    ('TSLA', 'BRK.B', 'Berkshire Hathaway')
    """
    if words.isascii():
        words = words.translate(_CONTROL)
    else:
        words = unicodedata.normalize("NFC", _UNSEEN.sub("", words))
        words = "".join(
            sign for sign in words if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf", "Cs")
        )
    return " ".join(words.split())


def checked_name(what: str, value: Any) -> str:
    """Return a name without invisible characters; one that has no visible character is refused."""
    result = clean_text(text(what, value))
    if not result:
        raise InvalidInput(f"{what} must be a non-empty string, got only invisible characters, {short_repr(value)}")
    if len(result) > LONGEST_NAME:
        raise InvalidInput(
            f"{what} must have at most {LONGEST_NAME} characters, got {len(result):,}: {short_repr(result, 80)}"
        )
    return result


def checked_currency(what: str, value: Any) -> str:
    """Return a currency code: three capital letters."""
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise InvalidInput(f"{what} must be a code of three capital letters such as 'USD', got {short_repr(value)}")
    return value


def name_key(words: str) -> str:
    """Return the key of a name: names that differ only in case and punctuation have the same.

    Between two digits punctuation stays, as one sign: 1.5 is not 15.

    Examples
    --------
    >>> {name_key(name) for name in ("BRK.B", "BRK/B", "brk b", "BRKB")}, name_key("2x 1.5")
    ({'brkb'}, '2x1 5')
    """
    folded = unicodedata.normalize("NFKC", clean_text(words)).casefold()
    if folded.isascii():
        spaced = folded.translate(_PUNCTUATION)
    else:
        spaced = "".join(" " if unicodedata.category(sign)[0] in "PZ" else sign for sign in folded)
    return _LOOSE.sub("", _SPACES.sub(" ", spaced)) or folded


def require_distinct(what: str, names: Iterable[str]) -> None:
    """Refuse a name that comes twice, or that differs from another one only in case and punctuation."""
    seen: dict[str, str] = {}
    for words in names:
        key = name_key(words)
        if key in seen:
            if words == seen[key]:
                raise InvalidInput(f"{what} must be unique, got {short_repr(words)} twice")
            got = f"{short_repr(seen[key], 80)} and {short_repr(words, 80)}"
            raise InvalidInput(f"{what} must differ by more than case and punctuation, got {got}; write them alike")
        seen[key] = words


def file_path(what: str, value: Any) -> Path:
    """Return a path, or refuse under the name `what` a value that no system can open.

    Examples
    --------
    >>> file_path("path", "prices.csv").suffix
    '.csv'
    """
    if not isinstance(value, (str, os.PathLike)) or not isinstance(os.fspath(value), str):
        raise InvalidInput(f"{what} must be a path, got {short_repr(value, 80)}")
    if "\0" in os.fspath(value):
        raise InvalidInput(f"{what} must be a path without NUL characters, got {short_repr(os.fspath(value), 80)}")
    return Path(value)


def boolean(what: str, value: Any) -> bool:
    """Return a bool; other truthy values are refused."""
    if not isinstance(value, bool):
        raise InvalidInput(f"{what} must be True or False, got {short_repr(value)}")
    return value


def require_at_most(what: str, items: Sized, most: int) -> None:
    """Refuse more items than `most`.

    Examples
    --------
    >>> require_at_most("Market: assets", ["A", "B"], most=2_000)
    """
    if len(items) > most:
        raise InvalidInput(f"{what} must be at most {most:,}, got {len(items):,}")


def one_of(what: str, value: Any, allowed: Iterable[Any]) -> Any:
    """Return `value` if it is among `allowed`."""
    choices = list(allowed)
    if value not in choices:
        raise InvalidInput(f"{what} must be one of {', '.join(map(repr, choices))}, got {short_repr(value)}")
    return value


def require_unique(what: str, names: Iterable[str]) -> None:
    """Refuse a name that comes twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInput(f"{what} must be unique, got {short_repr(name)} twice")
        seen.add(name)


def nearest_name(words: str, choices: Iterable[str]) -> list[str]:
    """Return the one among `choices` that was most likely meant, as a list of one name or none."""
    if len(words) > LONGEST_NAME:
        return []
    # The time is quadratic in the length of a name, for each of the choices.
    candidates = [choice for choice in islice(choices, MOST_ASSETS) if len(choice) <= LONGEST_NAME]
    key = name_key(words)
    same = [choice for choice in candidates if name_key(choice) == key][:1]
    return same or difflib.get_close_matches(words, candidates, n=1)


def require_known(what: str, names: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse a name that is not among `allowed`; the error lists those that exist, or the first, and the nearest one.

    Examples
    --------
    >>> require_known("rule", ["hold"], ["hold", "cap"])
    """
    choices = dict.fromkeys(map(str, allowed))
    for name in names:
        if not isinstance(name, str) or name not in choices:
            near = nearest_name(str(name), choices)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise InvalidInput(f"{what} must name one of {name_list(choices) or 'none'}, got {short_repr(name)}{hint}")


def name_list(names: Iterable[object], between: str = ", ") -> str:
    """Join the first names of a list, each cut to 80 characters, and add how many more there are.

    Examples
    --------
    >>> name_list(["TSLA", "VTI"]), name_list(range(23), between="; ")[-25:]
    ("'TSLA', 'VTI'", '16; 17; 18; 19 and 3 more')
    """
    return join_first((short_repr(name, 80) for name in names), between)


def join_first(texts: Iterable[str], between: str = ", ") -> str:
    """Join the first texts of a list, and add how many more there are."""
    left = iter(texts)
    first = between.join(islice(left, MOST_LISTED))
    rest = sum(1 for _ in left)
    return f"{first} and {rest:,} more" if rest else first


@contextmanager
def with_place(fault: Callable[[str], InvalidInput]) -> Iterator[None]:
    """Turn an `InvalidInput` raised in the block into one that names its place in a file; `fault` makes it."""
    try:
        yield
    except InvalidInput as refused:
        raise fault(str(refused)) from None
