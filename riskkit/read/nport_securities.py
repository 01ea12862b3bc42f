"""Which lines of an N-PORT file are one security, what it is called, and which one a derivative refers to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from riskkit._core.validation import name_key
from riskkit.read.nport_derivatives import Security
from riskkit.read.nport_lines import Line

__all__ = ["FreeNames", "SecurityIndex", "by_security", "named"]


class SecurityIndex:
    """Finds the security that a derivative refers to, by its identifiers, else by a name that only it has."""

    def __init__(self, securities: Mapping[str, Iterable[Security]]) -> None:
        self._holdings: dict[tuple[str, str], str] = {}
        self._called: dict[str, dict[str, None]] = {}
        self._numbers: dict[str, set[tuple[str, str]]] = {}
        for name, same in securities.items():
            self.add(name, same)

    def add(self, name: str, same: Iterable[Security]) -> None:
        """Add a security under the name of its holding."""
        numbers = self._numbers.setdefault(name, set())
        for security in same:
            numbers.update(_numbers(security))
            for number in _numbers(security):
                self._holdings.setdefault(number, name)
            for text in _texts(security):
                self._called.setdefault(name_key(text), {})[name] = None

    def find(self, security: Security) -> str | None:
        """The name of the holding, None where there is none or it could be one of several."""
        for number in _numbers(security):
            if number in self._holdings:
                return self._holdings[number]
        for text in _texts(security):
            found = [name for name in self._called.get(name_key(text), ()) if self._may_be(name, security)]
            if len(found) == 1:
                return found[0]
        return None

    def _may_be(self, name: str, security: Security) -> bool:
        """Two CUSIPs are two securities, such as two classes of shares, whatever they are called."""
        kinds = {kind for kind, _ in self._numbers[name]}
        return not any(kind in kinds for kind, _ in _numbers(security))


def by_security(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the lines of each security, in the order of their first lines: a union-find over identifiers."""
    leader = list(range(len(lines)))

    def led_by(place: int) -> int:
        while leader[place] != place:
            leader[place] = place = leader[leader[place]]
        return place

    first: dict[tuple[str, str], int] = {}
    for place, line in enumerate(lines):
        for identifier in _identifiers(line):
            pair = led_by(place), led_by(first.setdefault(identifier, place))
            leader[max(pair)] = min(pair)
    securities: dict[int, list[Line]] = {}
    for place, line in enumerate(lines):
        securities.setdefault(led_by(place), []).append(line)
    return list(securities.values())


def named(securities: Iterable[Sequence[Line]], names: FreeNames) -> dict[str, Sequence[Line]]:
    """Return the securities by their unique names.

    A name is the ticker, else the title, else the issuer; one that several would have is followed by the CUSIP, else
    the ISIN, else a number.
    """
    groups = list(securities)
    labels = [_first(same, "ticker", "title", "issuer") for same in groups]
    holders = Counter(map(name_key, labels))
    found: dict[str, Sequence[Line]] = {}
    for label, same in zip(labels, groups, strict=True):
        identifier = _first(same, "cusip", "isin") if holders[name_key(label)] > 1 else ""
        found[names.take(f"{label} ({identifier})" if identifier else label)] = same
    return found


class FreeNames:
    """Names of holdings, told apart by a number where they are equal but for case and punctuation."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(map(name_key, taken))
        self._tries: Counter[str] = Counter()

    def take(self, label: str) -> str:
        """Return the label, with a number if it is taken; it is taken from now on."""
        name = label
        while name_key(name) in self._taken:
            self._tries[name_key(label)] += 1  # kept, so that no number is tried twice
            name = f"{label} ({self._tries[name_key(label)] + 1})"
        self._taken.add(name_key(name))
        return name


def _identifiers(line: Line) -> list[tuple[str, str]]:
    """CUSIP and ISIN; of unlisted stock without either, what tells its issuer."""
    identifiers = _numbers(line)
    if line.unlisted and line.equity and not identifiers:
        issuer = [("lei", line.lei), ("issuer", line.issuer.casefold())]
        return [(kind, text) for kind, text in issuer if text]
    return identifiers


def _numbers(security: Security) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in (("cusip", security.any_cusip), ("isin", security.isin)) if text]


def _texts(security: Security) -> list[str]:
    return [text for text in (security.ticker, security.title, security.issuer) if text]


def _first(lines: Iterable[Security], *kinds: str) -> str:
    """The first of these texts that a line has, the first kind before the second."""
    return next((text for kind in kinds for line in lines if (text := getattr(line, kind))), "")
