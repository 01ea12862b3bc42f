"""What a report is made of: sections, and in them paragraphs, lists, tables, figures and listings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["Bullets", "Figure", "Listing", "Panel", "Part", "Section", "Table", "Terms", "Words"]


@dataclass(frozen=True)
class Words:
    """Sentences that make a paragraph; a script finds it by its name."""

    kind: ClassVar[str] = "words"
    sentences: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True)
class Bullets:
    """Sentences in a list; those that end with ``(assumption)`` are marked."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """Words and what they mean."""

    kind: ClassVar[str] = "terms"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows under headings; the first cell of each row is its own heading.

    Attributes
    ----------
    caption : str
    heads : tuple of str
        One for each column, the first one included.
    rows : tuple of tuple of str
    name : str, optional
        By which a script finds it.
    """

    kind: ClassVar[str] = "table"
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    name: str | None = None

    @property
    def wordy(self) -> tuple[bool, ...]:
        """Whether each column holds words rather than numbers.

        Examples
        --------
        >>> Table("", ("rule", "what", "wealth"), (("a", "", "1.2 ±0.1"), ("b", "limit = 0.3", "–"))).wordy
        (True, True, False)
        """
        return tuple(any(sign.isalpha() for cell in column for sign in cell) for column in zip(*self.rows, strict=True))


@dataclass(frozen=True)
class Figure:
    """A picture as SVG that can stand in a page, and what it shows."""

    kind: ClassVar[str] = "figure"
    svg: str
    caption: str
    name: str | None = None


@dataclass(frozen=True)
class Listing:
    """Text to be copied, in a language."""

    kind: ClassVar[str] = "listing"
    title: str
    text: str


@dataclass(frozen=True)
class Panel:
    """Where the sliders of the what-if stand.

    Attributes
    ----------
    sliders : tuple of (str, str, tuple of str, int)
        Name, label, what each node says, and the node of the base case.
    note : str
    """

    kind: ClassVar[str] = "panel"
    sliders: tuple[tuple[str, str, tuple[str, ...], int], ...]
    note: str


Part = Words | Bullets | Terms | Table | Figure | Listing | Panel


@dataclass(frozen=True)
class Section:
    """A part of a report with a heading.

    Attributes
    ----------
    name : str
        By which links find it.
    title : str
    parts : tuple of Part
    """

    name: str
    title: str
    parts: tuple[Part, ...]
