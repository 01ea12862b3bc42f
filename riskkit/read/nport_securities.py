"""Which lines of an N-PORT file are one security, and what it is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence

from riskkit.read.nport_lines import Line

__all__ = ["by_security", "free_name"]


def by_security(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Return the lines of each security by its unique name, in the order of their first lines.

    Lines that share an identifier are one security, be it through others. Its name is its ticker, else its title, else
    its issuer; a name that several would have is followed by the CUSIP, else the ISIN, else a number.
    """
    securities = _together(lines)
    labels = [_first(same, "ticker", "title", "issuer") for same in securities]
    holders = Counter(labels)
    tries: Counter[str] = Counter()
    named: dict[str, list[Line]] = {}
    for label, same in zip(labels, securities, strict=True):
        identifier = _first(same, "cusip", "isin") if holders[label] > 1 else ""
        named[free_name(f"{label} ({identifier})" if identifier else label, named, tries)] = same
    return named


def free_name(label: str, taken: Container[str], tries: Counter[str] | None = None) -> str:
    """Return the label, with a number if it is taken; `tries` keeps how many were, so that none is tried again."""
    tries = Counter() if tries is None else tries
    name = label
    while name in taken:
        tries[label] += 1
        name = f"{label} ({tries[label] + 1})"
    return name


def _together(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines of one security in one list: a union-find over identifiers, led by the first line of each."""
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


def _identifiers(line: Line) -> list[tuple[str, str]]:
    """CUSIP and ISIN; of unlisted stock without either, what tells its issuer."""
    identifiers = [("cusip", line.cusip), ("isin", line.isin)]
    if line.unlisted and line.equity and not (line.cusip or line.isin):
        identifiers = [("lei", line.lei), ("issuer", line.issuer.casefold())]
    return [(kind, text) for kind, text in identifiers if text]


def _first(lines: Sequence[Line], *kinds: str) -> str:
    """The first of these texts that a line has, the first kind before the second."""
    return next((text for kind in kinds for line in lines if (text := getattr(line, kind))), "")
