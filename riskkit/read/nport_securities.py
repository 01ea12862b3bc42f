"""Group the lines of an N-PORT file by security, name the groups, and find the security of a reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from riskkit._core.validation import name_key
from riskkit.read.nport_derivatives import Security
from riskkit.read.nport_lines import Line

__all__ = ["UniqueNames", "SecurityIndex", "group_by_security", "with_unique_names"]


class SecurityIndex:
    """Finds a reference security among the holdings, by identifier, else by a unique name."""

    def __init__(self, securities: Mapping[str, Iterable[Security]]) -> None:
        self._holding_by_identifier: dict[tuple[str, str], str] = {}
        self._holdings_by_name: dict[str, dict[str, None]] = {}
        self._identifiers: dict[str, set[tuple[str, str]]] = {}
        for name, group in securities.items():
            self.add(name, group)

    def add(self, name: str, group: Iterable[Security]) -> None:
        """Add the securities of a holding."""
        identifiers = self._identifiers.setdefault(name, set())
        for security in group:
            identifiers.update(_identifiers(security))
            for identifier in _identifiers(security):
                self._holding_by_identifier.setdefault(identifier, name)
            for text in _security_names(security):
                self._holdings_by_name.setdefault(name_key(text), {})[name] = None

    def find(self, security: Security) -> str | None:
        """The name of the holding, None without one or if several match."""
        for identifier in _identifiers(security):
            if identifier in self._holding_by_identifier:
                return self._holding_by_identifier[identifier]
        for text in _security_names(security):
            candidates = [
                name for name in self._holdings_by_name.get(name_key(text), ()) if self._is_compatible(name, security)
            ]
            if len(candidates) == 1:
                return candidates[0]
        return None

    def _is_compatible(self, name: str, security: Security) -> bool:
        """Whether no identifier differs: two CUSIPs are two securities, such as two share classes."""
        kinds = {kind for kind, _ in self._identifiers[name]}
        return not any(kind in kinds for kind, _ in _identifiers(security))


def group_by_security(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the lines of each security, in the order of their first lines (union-find over identifiers)."""
    parent = list(range(len(lines)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    first_index: dict[tuple[str, str], int] = {}
    for index, line in enumerate(lines):
        for identifier in _grouping_keys(line):
            roots = root(index), root(first_index.setdefault(identifier, index))
            parent[max(roots)] = min(roots)
    securities: dict[int, list[Line]] = {}
    for index, line in enumerate(lines):
        securities.setdefault(root(index), []).append(line)
    return list(securities.values())


def with_unique_names(securities: Iterable[Sequence[Line]], names: UniqueNames) -> dict[str, Sequence[Line]]:
    """Return the groups of lines by unique names.

    A name is the ticker, else the title, else the issuer; a name of several groups is followed by the CUSIP, else the
    ISIN, else a number.
    """
    groups = list(securities)
    labels = [_first_text(group, "ticker", "title", "issuer") for group in groups]
    counts = Counter(map(name_key, labels))
    result: dict[str, Sequence[Line]] = {}
    for label, group in zip(labels, groups, strict=True):
        identifier = _first_text(group, "cusip", "isin") if counts[name_key(label)] > 1 else ""
        result[names.take(f"{label} ({identifier})" if identifier else label)] = group
    return result


class UniqueNames:
    """Makes names unique by a number where they differ only by case or punctuation."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(map(name_key, taken))
        self._suffixes: Counter[str] = Counter()

    def take(self, label: str) -> str:
        """Return the label, with a number if it is taken, and mark it as taken."""
        name = label
        while name_key(name) in self._taken:
            self._suffixes[name_key(label)] += 1  # stored, so that no number is tried twice
            name = f"{label} ({self._suffixes[name_key(label)] + 1})"
        self._taken.add(name_key(name))
        return name


def _grouping_keys(line: Line) -> list[tuple[str, str]]:
    """CUSIP and ISIN; for unlisted stock without either, the issuer."""
    identifiers = _identifiers(line)
    if line.unlisted and line.equity and not identifiers:
        issuer = [("lei", line.lei), ("issuer", line.issuer.casefold())]
        return [(kind, text) for kind, text in issuer if text]
    return identifiers


def _identifiers(security: Security) -> list[tuple[str, str]]:
    return [(kind, text) for kind, text in (("cusip", security.any_cusip), ("isin", security.isin)) if text]


def _security_names(security: Security) -> list[str]:
    return [text for text in (security.ticker, security.title, security.issuer) if text]


def _first_text(lines: Iterable[Security], *kinds: str) -> str:
    """The first of these attributes that a line has; the first kind goes before the second."""
    return next((text for kind in kinds for line in lines if (text := getattr(line, kind))), "")
