"""Validation of the argument `founders` of the readers: founders by ticker, name or other identifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import clean_text, name_list, nearest_name, short_repr

__all__ = ["Founder", "checked_founders", "common_founder"]

Founder = str | Mapping[str, float]


def checked_founders(path: str, founders: Mapping[str, Founder] | None, names: Iterable[str]) -> Mapping[str, Founder]:
    """Return the validated mapping, empty for None; raise if it names a security that is not in the file."""
    by_name = {} if founders is None else founders
    if not isinstance(by_name, Mapping):
        raise InvalidInput(
            f"founders must be a mapping from tickers or names to founders, got {short_repr(by_name, 80)}"
        )
    by_name = {clean_text(name) if isinstance(name, str) else name: founder for name, founder in by_name.items()}
    known_names = dict.fromkeys(names)
    for name in by_name:
        if name not in known_names:
            near = nearest_name(str(name), known_names)
            hint = f" (did you mean {short_repr(near[0], 80)}?)" if near else ""
            raise InvalidInput(
                f"{path}: founders must name one of {name_list(known_names)}, got {short_repr(name, 80)}{hint}"
            )
    return by_name


def common_founder(
    path: str, label: str, founders: Sequence[Founder | None], source: str = "founders"
) -> Founder | None:
    """Return the founder that all entries of a security agree on, None without one; raise if they differ."""
    if any(founder != founders[0] for founder in founders):
        got = name_list(founders, " and ")
        raise InvalidInput(f"{path}: {short_repr(label, 80)} must have one founder, got {got} from {source}")
    return founders[0] if founders else None
