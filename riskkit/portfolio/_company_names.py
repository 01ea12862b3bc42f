"""Companies across portfolios: holdings matched by identifier, name or alias, and warnings for likely matches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import name_key, short_repr
from riskkit.portfolio._holding import Holding, merged

__all__ = ["Companies", "company_words"]

_MOST_LISTED = 20
_MOST_WORDS = 8  # of a name; they distinguish it from others
_SHORTEST = 4  # letters of a first word, for names that begin alike to be similar
_NO_COMPANY = frozenset({"other", "others", "cash", "rest", "bond", "bonds", "stocks", "fund", "funds"})

#: Words for the legal form of a company or the kind of its security; they do not identify the company.
_FORM = re.compile(
    r"\b((class|cl|series|ser)\.?\s+[a-z0-9]|[a-z]\W+shares|the|incorporated|inc|corporation|corp|company|co|limited|ltd|"
    r"llc|lp|plc|gmbh|kgaa|ag|se|sa|nv|bv|spa|asa|ab|oyj|common|com|ordinary|ord|preferred|pref|pfd|stock|stk|shares?|"
    r"shs|adr|ads|sponsored|class|series)\b"
)
_WORD = re.compile(r"[^\W_]+")


def company_words(name: str) -> tuple[str, ...]:
    """Return the words of a name, in small letters, without those for a legal form or a kind of security.

    Examples
    --------
    >>> company_words("Tesla, Inc."), company_words("TESLA INC COM"), company_words("Alphabet Inc. Class A")
    (('tesla',), ('tesla',), ('alphabet',))
    """
    folded = name.casefold()
    return tuple(_WORD.findall(_FORM.sub(" ", folded)) or _WORD.findall(folded))


@dataclass
class _Company:
    """A holding, and the portfolios that it comes from."""

    holding: Holding
    sources: dict[str, None]

    @property
    def persons(self) -> Mapping[str, float]:
        return cast(Mapping[str, float], self.holding.founder)

    @property
    def place(self) -> str:
        return " and ".join(self.sources)


class Companies:
    """Holdings of several portfolios; those of one company are merged.

    Two holdings are one company if a name or alias of one is a name or alias of the other, but for case and
    punctuation, or if the aliases that are given say so.

    Parameters
    ----------
    aliases : mapping of str to sequence of str
        Further names of companies.
    """

    def __init__(self, aliases: Mapping[str, Sequence[str]]) -> None:
        self._same: dict[str, set[str]] = {}
        for name, others in aliases.items():
            group = {name_key(each) for each in (name, *others)}
            group = group.union(*(self._same.get(key, ()) for key in group))
            self._same.update(dict.fromkeys(group, group))
        self._places: dict[str, int] = {}
        self._companies: dict[int, _Company] = {}
        self._spellings: dict[str, tuple[str, str]] = {}
        self._doubts: list[str] = []

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """One for each company, in the position and with the name, liquidity and marks of its first holding."""
        return tuple(company.holding for company in self._companies.values())

    @property
    def keys(self) -> set[str]:
        """All their names and aliases, in the form of `name_key`."""
        return set(self._places)

    def add(self, holding: Holding, source: str) -> None:
        """Add a holding of the portfolio that `source` names in messages."""
        for person in cast(Mapping[str, float], holding.founder):
            spelling, where = self._spellings.setdefault(name_key(person), (person, source))
            if spelling != person:
                raise InvalidInput(
                    f"look_through: founders must be spelled alike, got {short_repr(spelling, 80)} in {where} and "
                    f"{short_repr(person, 80)} in {source}; write one as the other"
                )
        keys = self._keys(holding)
        places = sorted({self._places[key] for key in keys if key in self._places})
        company = _Company(holding, {source: None})
        for place in reversed(places):
            company = self._merged(self._companies[place], company)
        for place in places[1:]:
            del self._companies[place]
        place = places[0] if places else len(self._places)
        self._companies[place] = company
        self._places.update(dict.fromkeys((*keys, *self._keys(company.holding)), place))

    def _keys(self, holding: Holding) -> set[str]:
        keys = {name_key(name) for name in (holding.name, *holding.aliases)}
        return keys.union(*(self._same.get(key, ()) for key in keys))

    def _merged(self, first: _Company, second: _Company) -> _Company:
        """Two holdings of one company merged; where their founders differ, an error or a warning says so."""
        name = first.holding.name
        if first.persons and second.persons and not set(first.persons) & set(second.persons):
            raise InvalidInput(
                f"look_through: {short_repr(name, 80)} must have the same founders everywhere, got "
                f"{_listed(first.persons)} in {first.place} and {_listed(second.persons)} in {second.place}; spell "
                "them alike, or name the holdings apart"
            )
        for one, other in ((first, second), (second, first)):
            if one.persons and not other.persons:
                self._doubts.append(
                    f"{short_repr(name, 80)} is tied to {_listed(one.persons)} in {one.place} and to nobody in "
                    f"{other.place}, whose part counts as tied to nobody; give the founder in both"
                )
        return _Company(merged(first.holding, second.holding), {**first.sources, **second.sources})

    def doubts(self, own: str) -> list[str]:
        """Warnings of likely matches that are not merged: companies held in `own` or with a founder, and founders."""
        pairs = [
            f"{short_repr(one.holding.name, 80)} in {one.place} and "
            f"{short_repr(other.holding.name, 80)} in {other.place}"
            for one, other in self._similar()
            if not set(one.sources) & set(other.sources)
            and (own in {**one.sources, **other.sources} or one.persons or other.persons)
        ]
        doubts = list(self._doubts)
        if pairs:
            more = f"; and {len(pairs) - _MOST_LISTED} more" if len(pairs) > _MOST_LISTED else ""
            doubts.append(
                f"may be one company but are not merged: {'; '.join(pairs[:_MOST_LISTED])}{more}; "
                "aliases={name: other name} merges them"
            )
        longer: dict[str, list[tuple[str, str]]] = {}
        for person, source in self._spellings.values():
            for other, where in longer.setdefault(person.casefold().split()[-1], []):
                if where != source and _is_part_of_name(person, other):
                    doubts.append(
                        f"founders {short_repr(other, 80)} in {where} and {short_repr(person, 80)} in {source} may be "
                        "one person and are taken for two; spell them alike if they are"
                    )
            longer[person.casefold().split()[-1]].append((person, source))
        return doubts

    def _similar(self) -> Iterable[tuple[_Company, _Company]]:
        """Pairs of companies whose names are equal, or begin alike, apart from words for their legal form."""
        named: dict[tuple[str, ...], dict[tuple[str, ...], _Company]] = {}
        begun: dict[tuple[str, ...], dict[tuple[str, ...], _Company]] = {}
        pairs: dict[tuple[str, str], tuple[_Company, _Company]] = {}
        for company in self._companies.values():
            sources = tuple(company.sources)
            for name in (company.holding.name, *company.holding.aliases):
                words = company_words(name)[:_MOST_WORDS]
                if not words:
                    continue
                begins = len(words[0]) >= _SHORTEST and words[0] not in _NO_COMPANY
                starts = [words[:length] for length in range(1, len(words))] if begins else []
                near = [each for start in (*starts, words) for each in named.get(start, {}).values()]
                for other in (*near, *begun.get(words, {}).values()):
                    if other is not company:
                        pairs.setdefault((other.holding.name, company.holding.name), (other, company))
                named.setdefault(words, {}).setdefault(sources, company)
                for start in starts:
                    begun.setdefault(start, {}).setdefault(sources, company)
        return pairs.values()


def _is_part_of_name(one: str, other: str) -> bool:
    """Whether a person's name is part of another one, such as a surname."""
    words, others = set(one.casefold().split()), set(other.casefold().split())
    return words <= others or others <= words


def _listed(persons: Iterable[str]) -> str:
    return ", ".join(short_repr(person, 80) for person in persons)
