"""A CSV file as lines that know where they stand, so that each error names file, line and column."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import clean_text, file_path, name_list, one_of, short_repr
from riskkit.read.amounts import money

__all__ = ["NOTHING", "CsvFile", "CsvLines", "head_words", "read_csv", "read_lines"]

#: What files write, in small letters, where there is nothing.
NOTHING = ("", "-", "--", "–", "—", "n/a", "#n/a", "n.a.")

_LONGEST = 2**27  # bytes: its cells, as strings, take some ten times as much
_LONGEST_CELL = 32_767  # characters, the most that a spreadsheet's cell holds
_MOST_CELLS = 2**16  # in a line, four times those of a spreadsheet

_DELIMITERS = "\t;|,"
_SAMPLE = 2**16  # characters, to tell the delimiter by
_SAMPLE_LINES = 64

_SPACES = re.compile(r" *+")
_QUOTED = re.compile(r'"[^"]*+"')
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)
_WITHIN, _BETWEEN = re.compile(r"(?<=[a-z])(?=[A-Z])"), re.compile(r"[\W_]+")
_SPECIAL = re.compile(r"[^\n\t -~]")


def _fault(path: str, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
    where = "" if line is None else f", line {line}"
    which = "" if column is None else f", column {short_repr(column, 80)}"
    return InvalidInput(f"{path}{where}{which}: {message}")


@dataclass(frozen=True)
class CsvFile:
    """A table of a CSV file: a line that names the columns, and lines of cells.

    Parameters
    ----------
    path : str
        The file, as it is named in errors.
    columns : tuple of str
        The heads of the columns, without the space around them.
    lines : mapping of int to tuple of str
        The cells by the number of the line on which they begin, as many as there are columns.
    decimal : {".", ","}, optional
        The decimal sign; None where neither the argument nor the file tells it.
    """

    path: str
    columns: tuple[str, ...]
    lines: Mapping[int, tuple[str, ...]]
    decimal: str | None = "."

    def fault(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        """Return an error that begins with the place in the file."""
        return _fault(self.path, message, line, column)

    @cached_property
    def places(self) -> Mapping[str, list[int]]:
        """The places of the columns by their heads, in small letters and with spaces between words."""
        found: dict[str, list[int]] = {}
        for place, head in enumerate(self.columns):
            found.setdefault(head_words(head), []).append(place)
        return found

    def column(self, *heads: str) -> int | None:
        """Return the place of the column with one of these heads, None if there is none; two are refused.

        Heads are compared in small letters, and signs between words as spaces.
        """
        found = sorted(place for head in heads for place in self.places.get(head, ()))
        if len(found) > 1:
            named = name_list((self.columns[place] for place in found), " and ")
            raise self.fault(f"must have one column for {heads[0]}, got {named}; rename or remove one")
        return found[0] if found else None

    def lacks(self, column: str) -> InvalidInput:
        """Return an error that names a column that is missing and those that are there."""
        return self.fault(f"must have a column {column}, got {name_list(self.columns)}")

    def amount(self, line: int, column: int) -> float | None:
        """Return the number that a cell shows, None if it shows none; see `amounts.amount` and `money`."""
        found = self.money(line, column)
        return None if found is None or len(found[1]) > 1 else found[0]

    def money(self, line: int, column: int) -> tuple[float, str] | None:
        """Return the number that a cell shows and its currency, None if it shows none; see `amounts.money`.

        Raises
        ------
        InvalidInput
            If it is a number only with the other decimal sign, or another one where the sign is not known.
        """
        cell = self.lines[line][column]
        if "," not in cell and "." not in cell:
            return money(cell)
        place = line, self.columns[column]
        known = None if self.decimal is None else money(cell, self.decimal)
        if known is not None:
            return known
        point, comma = money(cell, "."), money(cell, ",")
        if self.decimal is None and point and comma and point != comma:
            either = f"got {short_repr(cell, 80)}, which is {comma[0]:.10g} or {point[0]:.10g}"
            raise self.fault(f"must have a known decimal sign, {either}; give decimal=',' or decimal='.'", *place)
        sign = self.decimal or "."
        found, other = (point, comma) if sign == "." else (comma, point)
        if found is None and other is not None:
            given = "," if sign == "." else "."
            got = f"got {short_repr(cell, 80)}; give decimal={given!r}"
            raise self.fault(f"must be a finite number with the decimal sign {sign!r}, {got}", *place)
        return found


@dataclass(frozen=True)
class CsvLines:
    """All lines of a CSV file that are not blank, for readers of files that are more than one table.

    Parameters
    ----------
    path : str
        The file, as it is named in errors.
    lines : mapping of int to tuple of str
        The cells by the number of the line on which they begin.
    blocks : tuple of tuple of int
        The numbers of these lines, in stretches that blank lines part.
    decimal : {".", ","}, optional
        The decimal sign; None where neither the argument nor the file tells it.
    """

    path: str
    lines: Mapping[int, tuple[str, ...]]
    blocks: tuple[tuple[int, ...], ...]
    decimal: str | None = "."

    def fault(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        """Return an error that begins with the place in the file."""
        return _fault(self.path, message, line, column)

    def table(self, head: int, rows: Iterable[int]) -> CsvFile:
        """Return these lines as a table below the line `head`.

        Empty cells at the end of a line do not count: many files end their lines, or only those of the head or only
        the others, with a delimiter.

        Raises
        ------
        InvalidInput
            If a line has more or fewer cells than the head.
        """
        columns = _without_empty_end(self.lines[head], 0)
        table = {}
        for line in rows:
            cells = _without_empty_end(self.lines[line], len(columns))
            if len(cells) != len(columns):
                remedy = "put cells that hold a delimiter in quotes"
                raise self.fault(f"must have {len(columns)} cells like the head, got {len(cells)}; {remedy}", line)
            table[line] = cells
        return CsvFile(self.path, columns, table, self.decimal)


def read_csv(path: str | os.PathLike[str], *, decimal: str | None = None) -> CsvFile:
    """Read a file whose first line that is not blank names the columns, and all of whose lines are one table.

    Parameters
    ----------
    path : str or path
        See `read_lines`.
    decimal : {".", ","}, optional
        See `read_lines`.

    Returns
    -------
    CsvFile
        Blank lines are left out.

    Raises
    ------
    InvalidInput
        See `read_lines`; if a line has more or fewer cells than the head.
    OSError
        If the file cannot be opened.
    """
    text = read_lines(path, decimal=decimal)
    head, *rows = text.lines
    return text.table(head, rows)


def read_lines(path: str | os.PathLike[str], *, decimal: str | None = None) -> CsvLines:
    """Read the lines of a file in UTF-8, or in UTF-16 with a byte order mark, in time linear in its length.

    Cells are parted by commas, semicolons, tabs or bars: by the one that stands equally often in the most lines, or
    that a first line ``sep=;`` names. They may be quoted, with quotes doubled inside. Invisible characters and the
    space around a cell are removed.

    Parameters
    ----------
    path : str or path
        The file.
    decimal : {".", ","}, optional
        The decimal sign of its numbers. By default a point; where cells are not parted by commas, what the file's
        numbers tell, and None if they do not.

    Returns
    -------
    CsvLines
        At least one line.

    Raises
    ------
    InvalidInput
        If the file has no text, is longer than 128 MiB, in another encoding, or badly quoted; if a cell has over
        32,767 characters, or a line over 65,536 cells.
    OSError
        If the file cannot be opened.
    """
    if decimal is not None:
        one_of("decimal", decimal, [".", ","])
    name = str(file_path("path", path))
    text = _text(name)
    lines = text.split("\n")
    hint = _SEPARATOR.fullmatch(lines[0].rstrip())
    delimiter = hint[1] if hint else _delimiter(text)
    clean = clean_text if _SPECIAL.search(text) else str.strip
    table: dict[int, tuple[str, ...]] = {}
    blocks: list[list[int]] = [[]]
    for line, cells in _records(name, lines, 1 if hint else 0, delimiter, clean):
        if any(cells):
            table[line] = cells
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    if not table:
        raise InvalidInput(f"{name}: must name its columns in the first line, got an empty file")
    sign = decimal or ("." if delimiter == "," else _decimal(table.values()))
    return CsvLines(name, table, tuple(tuple(block) for block in blocks if block), sign)


def _text(name: str) -> str:
    """The text of a file, with a line feed at each line's end."""
    with Path(name).open("rb") as stream:
        content = stream.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise InvalidInput(f"{name}: must have at most {_LONGEST:,} bytes, got more; split it")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _fault(
            name,
            f"must be text in UTF-8, got {error.reason}; save it as CSV UTF-8 (not as Windows or Latin text)",
            line,
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    place = text.find("\0")
    if place >= 0:
        line = text.count("\n", 0, place) + 1
        raise _fault(name, "must be text in UTF-8, got a character of code 0; save it as CSV UTF-8", line)
    return text


def _delimiter(text: str) -> str:
    """The sign that stands equally often in the most lines; a comma only if no other does so in as many."""
    sample = [line for line in _QUOTED.sub("", text[:_SAMPLE]).split("\n") if line.strip()][:_SAMPLE_LINES]
    alike = {}
    for sign in _DELIMITERS:
        counts = Counter(count for line in sample if (count := line.count(sign)))
        alike[sign] = max(counts.values(), default=0)
    best = max(alike, key=alike.__getitem__)
    return best if alike[best] else ","


def _records(
    name: str, lines: list[str], first: int, delimiter: str, clean: Callable[[str], str]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The cells of each line, by the number of the line on which they begin."""
    following = first
    while following < len(lines):
        begin, line = following, lines[following]
        following += 1
        if '"' in line:
            cells, following = _quoted(name, lines, begin, delimiter)
            row = tuple(_unwrapped(clean_text(cell)) for cell in cells)
        elif line:
            if len(line) > _LONGEST_CELL:
                long = next((cell for cell in line.split(delimiter) if len(cell) > _LONGEST_CELL), "")
                if long.strip():
                    raise _long_cell(name, begin + 1, long)
            row = tuple(map(clean, line.split(delimiter)))
        else:
            row = ()
        if len(row) > _MOST_CELLS:
            raise _fault(name, f"must have at most {_MOST_CELLS:,} cells, got {len(row):,}", begin + 1)
        yield begin + 1, row


def _quoted(name: str, lines: list[str], begin: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of a line with quotes, which may run over several lines, and the place of the line after it."""
    cells: list[str] = []
    place, line, at = begin, lines[begin], 0
    while True:
        opened = _end(_SPACES, line, at)
        if not line.startswith('"', opened):
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            cells.append(line[at:end])
        else:
            texts: list[str] = []
            length, at = 0, opened + 1
            while True:
                quote = line.find('"', at)
                doubled = quote >= 0 and line.startswith('"', quote + 1)
                texts.append(line[at:] if quote < 0 else line[at : quote + doubled])
                length += len(texts[-1]) + 1
                if length > _LONGEST_CELL:
                    raise _long_cell(name, begin + 1, "".join(texts))
                if doubled:
                    at = quote + 2
                elif quote >= 0:
                    break
                elif place + 1 == len(lines):
                    raise _fault(name, "must be well-formed CSV, got a quote that is not closed; close it", begin + 1)
                else:
                    place, at = place + 1, 0
                    line = lines[place]
                    texts.append("\n")
            end = _end(_SPACES, line, quote + 1)
            if end < len(line) and line[end] != delimiter:
                got = f"{short_repr(line[end : end + 80], 80)} after a quoted cell; double each quote inside a cell"
                raise _fault(name, f"must be well-formed CSV, got {got}", place + 1)
            cells.append("".join(texts))
        if end == len(line):
            return cells, place + 1
        at = end + 1


def _long_cell(name: str, line: int, cell: str) -> InvalidInput:
    wanted = f"a cell must have at most {_LONGEST_CELL:,} characters"
    return _fault(name, f"{wanted}, got {short_repr(cell, 80)}; shorten it, or close the quote that opens it", line)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _unwrapped(cell: str) -> str:
    """A cell without the ``="..."`` by which files keep spreadsheets from reading text as numbers."""
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') and len(cell) > 2 else cell


def _without_empty_end(cells: tuple[str, ...], least: int) -> tuple[str, ...]:
    length = len(cells)
    while length > least and not cells[length - 1]:
        length -= 1
    return cells[:length]


def _decimal(lines: Iterable[tuple[str, ...]]) -> str | None:
    """A point if some numbers need it and none needs a comma, else None."""
    points = False
    for cells in lines:
        for cell in cells:
            if "," not in cell and (points or "." not in cell) and cell.count(".") < 2:
                continue
            point, comma = money(cell, "."), money(cell, ",")
            if comma is not None and point is None:
                return None
            points = points or (point is not None and comma is None)
    return "." if points else None


def head_words(head: str) -> str:
    """Return a head in small letters, with single spaces between its words.

    Examples
    --------
    >>> head_words("Mkt Val (Market Value)"), head_words("PositionValue"), head_words("market_value_usd")
    ('mkt val market value', 'position value', 'market value usd')
    """
    return _BETWEEN.sub(" ", _WITHIN.sub(" ", head).lower()).strip()
