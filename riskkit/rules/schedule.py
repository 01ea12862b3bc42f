"""Numbers by holding and date, as the rules that sell on given dates take them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr

__all__ = ["refuse_other_dates", "refuse_uneven_dates", "schedule"]


def schedule(what: str, rows: Any, noun: str, check: Callable[[str, Any], float]) -> dict[str, tuple[float, ...]]:
    """Return checked numbers by holding, one a date; `noun` says what one number is."""
    if not isinstance(rows, Mapping) or not rows:
        raise InvalidInput(
            f"{what} must be a mapping from names of holdings to {noun}s by date, got {short_repr(rows)}"
        )
    checked = {}
    for name, row in rows.items():
        if isinstance(row, str) or not isinstance(row, Iterable):
            raise InvalidInput(f"{what}: {noun}s of {name!r} must be a list, one a date, got {short_repr(row)}")
        checked[name] = tuple(check(f"{what}: {noun} of {name!r}", value) for value in row)
    return checked


def refuse_uneven_dates(what: str, rows: Mapping[str, Sequence[float]]) -> None:
    """Refuse a schedule whose holdings have different numbers of dates, or none."""
    lengths = {name: len(row) for name, row in rows.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise InvalidInput(f"{what} must have the same number of dates for all holdings, at least one, got {lengths}")


def refuse_other_dates(what: str, rows: Any, field: str, like: Mapping[str, Any]) -> None:
    """Refuse a schedule that has other holdings, or other numbers of dates, than another field's."""
    got, required = ({name: len(row) for name, row in mapping.items()} for mapping in (rows, like))
    if got != required:
        raise InvalidInput(f"{what} must have the holdings and numbers of dates of {field}, {required}, got {got}")
