"""Building blocks of a report: sections of paragraphs, lists, tables, figures and listings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "Block", "Bullets", "Columns", "Figure", "KeyFigures", "Listing", "Panel", "Paragraph", "Section", "Table", "Terms",
]  # fmt: skip


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of sentences, with an optional HTML id."""

    kind: ClassVar[str] = "paragraph"
    sentences: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True)
class KeyFigures:
    """A few numbers in large type, each with its text and what it says."""

    kind: ClassVar[str] = "key_figures"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Bullets:
    """A list of sentences; those that end with ``(assumption)`` are marked."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """Terms and their definitions."""

    kind: ClassVar[str] = "terms"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its heading.

    Attributes
    ----------
    caption : str
    heads : tuple of str
        One for each column, the first one included.
    rows : tuple of tuple of str
    name : str, optional
        HTML id.
    """

    kind: ClassVar[str] = "table"
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    name: str | None = None

    @property
    def text_columns(self) -> tuple[bool, ...]:
        """Whether each column holds text rather than numbers.

        Examples
        --------
        >>> Table("", ("rule", "what", "wealth"), (("a", "", "1.2 ±0.1"), ("b", "limit = 0.3", "–"))).text_columns
        (True, True, False)
        """
        return tuple(
            any(letter.isalpha() for cell in column for letter in cell) for column in zip(*self.rows, strict=True)
        )


@dataclass(frozen=True)
class Figure:
    """A figure as SVG with its caption."""

    kind: ClassVar[str] = "figure"
    svg: str
    caption: str
    name: str | None = None


@dataclass(frozen=True)
class Listing:
    """A listing to copy, such as code."""

    kind: ClassVar[str] = "listing"
    title: str
    text: str


@dataclass(frozen=True)
class Panel:
    """The sliders of the what-if.

    Attributes
    ----------
    sliders : tuple of (str, str, tuple of str, int)
        Name, label, text of each node, and the node of the base case.
    note : str
    """

    kind: ClassVar[str] = "panel"
    sliders: tuple[tuple[str, str, tuple[str, ...], int], ...]
    note: str


@dataclass(frozen=True)
class Columns:
    """Blocks beside each other on a wide screen, and below each other on a narrow one and on paper."""

    kind: ClassVar[str] = "columns"
    sides: tuple[tuple[Block, ...], ...]


#: Any building block.
Block = Paragraph | KeyFigures | Bullets | Terms | Table | Figure | Listing | Panel | Columns


@dataclass(frozen=True)
class Section:
    """A section of a report.

    Attributes
    ----------
    name : str
        HTML id.
    title : str
    blocks : tuple of Block
    """

    name: str
    title: str
    blocks: tuple[Block, ...]
