"""The door: every argument is checked once, here, and an error names the argument, the requirement and what came."""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Collection, Iterable, Sized
from itertools import islice
from typing import Any

from riskkit.errors import InvalidInput
from riskkit.limits import LONGEST_NAME, MOST_ASSETS, MOST_LISTED

__all__ = ["few", "flag", "known", "number", "one_of", "seed_number", "shown", "text", "unique", "whole"]


def shown(value: object, most: int = 200) -> str:
    """Write a value as an error tells it: no more than the beginning of a long one.

    Examples
    --------
    >>> shown("abcdefghij", most=9)
    "'abcde..."
    """
    try:
        words = repr(value)
    except (ValueError, RecursionError):  # thousands of digits or of brackets, which Python does not write out
        words = f"{type(value).__name__} too long or too deep to be shown"
    return words if len(words) <= most else f"{words[: most - 3]}..."


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
        raise InvalidInput(f"{what} must be a number, got {shown(value)}")
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
    wanted = " and ".join(f"{sign} {bound:g}" for sign, bound, _ in bounds if bound is not None) or "finite"
    if not math.isfinite(result) or not all(holds for _, _, holds in bounds):
        raise InvalidInput(f"{what} must be {wanted}, got {result!r}")
    return result


def whole(what: str, value: Any, *, at_least: int | None = None, at_most: int | None = None) -> int:
    """Return `value` as an int within the stated bounds; a float is refused even when it is whole."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise InvalidInput(f"{what} must be a whole number, got {shown(value)}")
    result = int(value)
    bounds = [
        (">=", at_least, at_least is None or result >= at_least),
        ("<=", at_most, at_most is None or result <= at_most),
    ]
    if not all(holds for _, _, holds in bounds):
        wanted = " and ".join(f"{sign} {bound}" for sign, bound, _ in bounds if bound is not None)
        raise InvalidInput(f"{what} must be {wanted}, got {shown(result)}")
    return result


def seed_number(value: Any) -> int:
    """Return a seed: a whole number from 0 to 2**64 - 1."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise InvalidInput(f"seed must be a whole number, got {shown(value)}")
    if not 0 <= int(value) < 2**64:
        raise InvalidInput(f"seed must be from 0 to 2**64 - 1, got {shown(value)}")
    return int(value)


def text(what: str, value: Any) -> str:
    """Return a non-empty string."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{what} must be a non-empty string, got {shown(value)}")
    return value


def flag(what: str, value: Any) -> bool:
    """Return a bool; other truthy values are refused."""
    if not isinstance(value, bool):
        raise InvalidInput(f"{what} must be True or False, got {shown(value)}")
    return value


def few(what: str, items: Sized, most: int) -> None:
    """Refuse more items than `most`.

    Examples
    --------
    >>> few("Market: assets", ["A", "B"], most=2_000)
    """
    if len(items) > most:
        raise InvalidInput(f"{what} must be at most {most:,}, got {len(items):,}")


def one_of(what: str, value: Any, allowed: Iterable[Any]) -> Any:
    """Return `value` if it is among `allowed`."""
    choices = list(allowed)
    if value not in choices:
        raise InvalidInput(f"{what} must be one of {', '.join(map(repr, choices))}, got {shown(value)}")
    return value


def unique(what: str, names: Iterable[str]) -> None:
    """Refuse a name that comes twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInput(f"{what} must be unique, got {shown(name)} twice")
        seen.add(name)


def known(what: str, names: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse a name that is not among `allowed`; the error lists those that exist, or the first, and the nearest one.

    Examples
    --------
    >>> known("rule", ["hold"], ["hold", "cap"])
    """
    choices = dict.fromkeys(map(str, allowed))
    for name in names:
        if not isinstance(name, str) or name not in choices:
            # Nearness is quadratic in the length of names.
            candidates = [each for each in choices if len(each) <= LONGEST_NAME][:MOST_ASSETS]
            near = difflib.get_close_matches(str(name), candidates, n=1) if len(str(name)) <= LONGEST_NAME else []
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise InvalidInput(f"{what} must name one of {_listed(choices)}, got {shown(name)}{hint}")


def _listed(choices: Collection[str]) -> str:
    first = ", ".join(shown(each) for each in islice(choices, MOST_LISTED)) or "none"
    return first if len(choices) <= MOST_LISTED else f"{first} and {len(choices) - MOST_LISTED:,} more"
