"""Read CSV files with line numbers, so that each error names file, line and column."""

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

__all__ = ["EMPTY_CELLS", "CsvTable", "CsvLines", "header_words", "read_csv", "read_lines"]

#: Cells that mean "no value", in lower case.
EMPTY_CELLS = ("", "-", "--", "–", "—", "n/a", "#n/a", "n.a.")

_MAX_FILE_BYTES = 2**27  # the cells, as strings, take about ten times as much memory
_MAX_CELL_LENGTH = 32_767  # characters, the most that a spreadsheet's cell holds
_MAX_CELLS = 2**16  # in a line, four times those of a spreadsheet

_DELIMITERS = "\t;|,"
_SAMPLE_LENGTH = 2**16  # characters from which the delimiter is detected
_SAMPLE_LINES = 64

_SPACES = re.compile(r" *+")
_QUOTED = re.compile(r'"[^"]*+"')
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)
_CAMEL_CASE_BORDER, _WORD_SEPARATOR = re.compile(r"(?<=[a-z])(?=[A-Z])"), re.compile(r"[\W_]+")
_SPECIAL = re.compile(r"[^\n\t -~]")


def _error(path: str, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
    line_text = "" if line is None else f", line {line}"
    column_text = "" if column is None else f", column {short_repr(column, 80)}"
    return InvalidInput(f"{path}{line_text}{column_text}: {message}")


@dataclass(frozen=True)
class CsvTable:
    """One table of a CSV file: a header line and the lines of cells below it.

    Parameters
    ----------
    path : str
        The file, as it is named in errors.
    columns : tuple of str
        The headers of the columns, without the space around them.
    lines : mapping of int to tuple of str
        The cells by the number of the line on which they begin, as many as there are columns.
    decimal : {".", ","}, optional
        The decimal sign; None if neither the argument nor the file determines it.
    """

    path: str
    columns: tuple[str, ...]
    lines: Mapping[int, tuple[str, ...]]
    decimal: str | None = "."

    def error(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        """Return an error whose message begins with the file, line and column."""
        return _error(self.path, message, line, column)

    @cached_property
    def column_indices(self) -> Mapping[str, list[int]]:
        """The indices of the columns by header, in lower case with spaces between words."""
        indices: dict[str, list[int]] = {}
        for index, header in enumerate(self.columns):
            indices.setdefault(header_words(header), []).append(index)
        return indices

    def column(self, *headers: str) -> int | None:
        """Return the index of the column with one of these headers, None without one; raise if there are two.

        Headers are compared in lower case, with punctuation between words read as spaces.
        """
        indices = sorted(index for header in headers for index in self.column_indices.get(header, ()))
        if len(indices) > 1:
            names = name_list((self.columns[index] for index in indices), " and ")
            raise self.error(f"must have one column for {headers[0]}, got {names}; rename or remove one")
        return indices[0] if indices else None

    def missing_column_error(self, column: str) -> InvalidInput:
        """Return the error of a missing column; it lists the columns that exist."""
        return self.error(f"must have a column {column}, got {name_list(self.columns)}")

    def amount(self, line: int, column: int) -> float | None:
        """Return the number in a cell, None if it is not one; see `amounts.amount` and `money`."""
        number = self.money(line, column)
        return None if number is None or len(number[1]) > 1 else number[0]

    def money(self, line: int, column: int) -> tuple[float, str] | None:
        """Return the number in a cell and its currency, None if it is not a number; see `amounts.money`.

        Raises
        ------
        InvalidInput
            If the cell is a number only with the other decimal sign, or a different number where the sign is unknown.
        """
        cell = self.lines[line][column]
        if "," not in cell and "." not in cell:
            return money(cell)
        location = line, self.columns[column]
        parsed = None if self.decimal is None else money(cell, self.decimal)
        if parsed is not None:
            return parsed
        point, comma = money(cell, "."), money(cell, ",")
        if self.decimal is None and point and comma and point != comma:
            message = f"got {short_repr(cell, 80)}, which is {comma[0]:.10g} or {point[0]:.10g}"
            raise self.error(f"must have a known decimal sign, {message}; give decimal=',' or decimal='.'", *location)
        decimal = self.decimal or "."
        number, other = (point, comma) if decimal == "." else (comma, point)
        if number is None and other is not None:
            needed = "," if decimal == "." else "."
            got = f"got {short_repr(cell, 80)}; give decimal={needed!r}"
            raise self.error(f"must be a finite number with the decimal sign {decimal!r}, {got}", *location)
        return number


@dataclass(frozen=True)
class CsvLines:
    """The non-blank lines of a CSV file, for readers of files with more than one table.

    Parameters
    ----------
    path : str
        The file, as it is named in errors.
    lines : mapping of int to tuple of str
        The cells by the number of the line on which they begin.
    blocks : tuple of tuple of int
        The numbers of these lines, in blocks separated by blank lines.
    decimal : {".", ","}, optional
        The decimal sign; None if neither the argument nor the file determines it.
    """

    path: str
    lines: Mapping[int, tuple[str, ...]]
    blocks: tuple[tuple[int, ...], ...]
    decimal: str | None = "."

    def error(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        """Return an error whose message begins with the file, line and column."""
        return _error(self.path, message, line, column)

    def table(self, header: int, rows: Iterable[int]) -> CsvTable:
        """Return the lines `rows` as a table with the header line `header`.

        Empty cells at the end of a line do not count: many files end their lines, or only those of the header or only
        the others, with a delimiter.

        Raises
        ------
        InvalidInput
            If a line has more or fewer cells than the header.
        """
        columns = _without_trailing_empty(self.lines[header], 0)
        table = {}
        for line in rows:
            cells = _without_trailing_empty(self.lines[line], len(columns))
            if len(cells) != len(columns):
                remedy = "put cells that hold a delimiter in quotes"
                raise self.error(f"must have {len(columns)} cells like the header, got {len(cells)}; {remedy}", line)
            table[line] = cells
        return CsvTable(self.path, columns, table, self.decimal)


def read_csv(path: str | os.PathLike[str], *, decimal: str | None = None) -> CsvTable:
    """Read a file that is one table; its first non-blank line is the header.

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
        See `read_lines`; if a line has more or fewer cells than the header.
    OSError
        If the file cannot be opened.
    """
    text = read_lines(path, decimal=decimal)
    header, *rows = text.lines
    return text.table(header, rows)


def read_lines(path: str | os.PathLike[str], *, decimal: str | None = None) -> CsvLines:
    """Read the lines of a file in UTF-8, or in UTF-16 with a byte order mark, in time linear in its length.

    The delimiter is a comma, semicolon, tab or bar: the one whose count is the same in the most lines, or the one that
    a first line ``sep=;`` names. Cells may be quoted, with quotes doubled inside. Invisible characters and the space
    around a cell are removed.

    Parameters
    ----------
    path : str or path
        The file.
    decimal : {".", ","}, optional
        The decimal sign of its numbers. By default a point; where the delimiter is not a comma, the sign that the
        file's numbers imply, or None if they imply neither.

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
    text = _decoded_text(name)
    lines = text.split("\n")
    separator_line = _SEPARATOR.fullmatch(lines[0].rstrip())
    delimiter = separator_line[1] if separator_line else _detect_delimiter(text)
    clean_cell = clean_text if _SPECIAL.search(text) else str.strip
    table: dict[int, tuple[str, ...]] = {}
    blocks: list[list[int]] = [[]]
    for line, cells in _rows(name, lines, 1 if separator_line else 0, delimiter, clean_cell):
        if any(cells):
            table[line] = cells
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    if not table:
        raise InvalidInput(f"{name}: must have a header line, got an empty file")
    file_decimal = decimal or ("." if delimiter == "," else _detect_decimal(table.values()))
    return CsvLines(name, table, tuple(tuple(block) for block in blocks if block), file_decimal)


def _decoded_text(name: str) -> str:
    """The decoded text of a file, with line feeds as line ends."""
    with Path(name).open("rb") as stream:
        content = stream.read(_MAX_FILE_BYTES + 1)
    if len(content) > _MAX_FILE_BYTES:
        raise InvalidInput(f"{name}: must have at most {_MAX_FILE_BYTES:,} bytes, got more; split it")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(
            name,
            f"must be text in UTF-8, got {error.reason}; save it as CSV UTF-8 (not as Windows or Latin text)",
            line,
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    nul_index = text.find("\0")
    if nul_index >= 0:
        line = text.count("\n", 0, nul_index) + 1
        raise _error(name, "must be text in UTF-8, got a character of code 0; save it as CSV UTF-8", line)
    return text


def _detect_delimiter(text: str) -> str:
    """The delimiter whose count is the same in the most lines; a comma only if no other has as many."""
    sample = [line for line in _QUOTED.sub("", text[:_SAMPLE_LENGTH]).split("\n") if line.strip()][:_SAMPLE_LINES]
    consistent_lines = {}
    for sign in _DELIMITERS:
        counts = Counter(count for line in sample if (count := line.count(sign)))
        consistent_lines[sign] = max(counts.values(), default=0)
    delimiter = max(consistent_lines, key=consistent_lines.__getitem__)
    return delimiter if consistent_lines[delimiter] else ","


def _rows(
    name: str, lines: list[str], start: int, delimiter: str, clean: Callable[[str], str]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The cells of each record, with the number of the line on which it begins."""
    next_line = start
    while next_line < len(lines):
        first_line, line = next_line, lines[next_line]
        next_line += 1
        if '"' in line:
            cells, next_line = _quoted_cells(name, lines, first_line, delimiter)
            row = tuple(_without_formula_quotes(clean_text(cell)) for cell in cells)
        elif line:
            if len(line) > _MAX_CELL_LENGTH:
                long_cell = next((cell for cell in line.split(delimiter) if len(cell) > _MAX_CELL_LENGTH), "")
                if long_cell.strip():
                    raise _long_cell_error(name, first_line + 1, long_cell)
            row = tuple(map(clean, line.split(delimiter)))
        else:
            row = ()
        if len(row) > _MAX_CELLS:
            raise _error(name, f"must have at most {_MAX_CELLS:,} cells, got {len(row):,}", first_line + 1)
        yield first_line + 1, row


def _quoted_cells(name: str, lines: list[str], first_line: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of a record with quotes, which may span several lines, and the index of the next line."""
    cells: list[str] = []
    line_index, line, position = first_line, lines[first_line], 0
    while True:
        opened = _match_end(_SPACES, line, position)
        if not line.startswith('"', opened):
            end = line.find(delimiter, position)
            end = len(line) if end < 0 else end
            cells.append(line[position:end])
        else:
            chunks: list[str] = []
            length, position = 0, opened + 1
            while True:
                quote = line.find('"', position)
                doubled = quote >= 0 and line.startswith('"', quote + 1)
                chunks.append(line[position:] if quote < 0 else line[position : quote + doubled])
                length += len(chunks[-1]) + 1
                if length > _MAX_CELL_LENGTH:
                    raise _long_cell_error(name, first_line + 1, "".join(chunks))
                if doubled:
                    position = quote + 2
                elif quote >= 0:
                    break
                elif line_index + 1 == len(lines):
                    raise _error(
                        name, "must be well-formed CSV, got a quote that is not closed; close it", first_line + 1
                    )
                else:
                    line_index, position = line_index + 1, 0
                    line = lines[line_index]
                    chunks.append("\n")
            end = _match_end(_SPACES, line, quote + 1)
            if end < len(line) and line[end] != delimiter:
                got = f"{short_repr(line[end : end + 80], 80)} after a quoted cell; double each quote inside a cell"
                raise _error(name, f"must be well-formed CSV, got {got}", line_index + 1)
            cells.append("".join(chunks))
        if end == len(line):
            return cells, line_index + 1
        position = end + 1


def _long_cell_error(name: str, line: int, cell: str) -> InvalidInput:
    requirement = f"a cell must have at most {_MAX_CELL_LENGTH:,} characters"
    return _error(
        name, f"{requirement}, got {short_repr(cell, 80)}; shorten it, or close the quote that opens it", line
    )


def _match_end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return position if match is None else match.end()


def _without_formula_quotes(cell: str) -> str:
    """A cell without ``="..."``, which keeps spreadsheets from reading text as a number."""
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') and len(cell) > 2 else cell


def _without_trailing_empty(cells: tuple[str, ...], min_length: int) -> tuple[str, ...]:
    length = len(cells)
    while length > min_length and not cells[length - 1]:
        length -= 1
    return cells[:length]


def _detect_decimal(lines: Iterable[tuple[str, ...]]) -> str | None:
    """A point if some numbers require it and none requires a comma, else None."""
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


def header_words(header: str) -> str:
    """Return a header in lower case, with single spaces between its words.

    Examples
    --------
    >>> header_words("Mkt Val (Market Value)"), header_words("PositionValue"), header_words("market_value_usd")
    ('mkt val market value', 'position value', 'market value usd')
    """
    return _WORD_SEPARATOR.sub(" ", _CAMEL_CASE_BORDER.sub(" ", header).lower()).strip()
