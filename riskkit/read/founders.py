"""The argument `founders` of what reads holdings: whom the value of a security is tied to, by any of its names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import clean_text, name_list, nearest_name, short_repr

__all__ = ["Founder", "checked_founders", "one_founder"]

Founder = str | Mapping[str, float]


def checked_founders(path: str, founders: Mapping[str, Founder] | None, names: Iterable[str]) -> Mapping[str, Founder]:
    """Return the mapping, empty for None; one that names what the file does not hold is refused."""
    given = {} if founders is None else founders
    if not isinstance(given, Mapping):
        raise InvalidInput(f"founders must be a mapping from tickers or names to founders, got {short_repr(given, 80)}")
    given = {clean_text(name) if isinstance(name, str) else name: founder for name, founder in given.items()}
    choices = dict.fromkeys(names)
    for name in given:
        if name not in choices:
            near = nearest_name(str(name), choices)
            hint = f" (did you mean {short_repr(near[0], 80)}?)" if near else ""
            raise InvalidInput(
                f"{path}: founders must name one of {name_list(choices)}, got {short_repr(name, 80)}{hint}"
            )
    return given


def one_founder(path: str, label: str, said: Sequence[Founder | None], places: str = "founders") -> Founder | None:
    """Return what all places say of a security's founder, None if there is none; they must agree."""
    if any(founder != said[0] for founder in said):
        got = name_list(said, " and ")
        raise InvalidInput(f"{path}: {short_repr(label, 80)} must have one founder, got {got} from {places}")
    return said[0] if said else None
