"""A CSV file as lines that know where they stand, so that each error names file, line and column."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from riskkit.errors import InvalidInput

__all__ = ["NOTHING", "CsvFile", "amount", "read_csv"]

#: What files write, in small letters, where there is nothing.
NOTHING = ("", "-", "--", "n/a", "#n/a")

_LONGEST = 2**27  # bytes: its cells, as strings, take some ten times as much

# A currency sign, a sign, and digits either plain or in comma-separated groups of three.
_NUMBER = re.compile(r"([-+]?[$€£¥]?|[$€£¥][-+])(\d{1,3}(,\d{3})+(\.\d*)?|\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True)
class CsvFile:
    """The text of a CSV file; blank lines are left out.

    Parameters
    ----------
    path : str
        The file, as it is named in errors.
    columns : tuple of str
        The heads of the columns, without the space around them.
    lines : mapping of int to tuple of str
        The cells by the number of the line on which they begin; the head is line 1 unless blank lines precede it.
    """

    path: str
    columns: tuple[str, ...]
    lines: Mapping[int, tuple[str, ...]]

    def fault(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        """Return an error that begins with the place in the file."""
        where = "" if line is None else f", line {line}"
        which = "" if column is None else f", column {column!r}"
        return InvalidInput(f"{self.path}{where}{which}: {message}")

    def column(self, *heads: str) -> int | None:
        """Return the place of the column with one of these heads, None if there is none; two are refused.

        Heads are compared in small letters, and signs between words as spaces.
        """
        found = [n for n, head in enumerate(self.columns) if re.sub(r"[\W_]+", " ", head.lower()).strip() in heads]
        if len(found) > 1:
            named = " and ".join(repr(self.columns[column]) for column in found)
            raise self.fault(f"must have one column for {heads[0]}, got {named}; rename or remove one")
        return found[0] if found else None

    def lacks(self, column: str) -> InvalidInput:
        """Return an error that names a column that is missing and those that are there."""
        return self.fault(f"must have a column {column}, got {', '.join(map(repr, self.columns))}")


def read_csv(path: str | os.PathLike[str]) -> CsvFile:
    """Read a comma-separated file in UTF-8 whose first line names the columns.

    Parameters
    ----------
    path : str or path
        The file; a byte order mark is skipped.

    Returns
    -------
    CsvFile
        Every line has as many cells as the head.

    Raises
    ------
    InvalidInput
        If the file is empty, longer than 128 MiB, not UTF-8, badly quoted, or a line has more or fewer cells than the
        head.
    OSError
        If the file cannot be opened.
    """
    name = os.fspath(path)
    with Path(name).open("rb") as stream:
        content = stream.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise InvalidInput(f"{name}: must have at most {_LONGEST:,} bytes, got more; split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"{name}, line {line}: must be text in UTF-8, got {error.reason}; save it as CSV UTF-8"
        ) from None
    lines: dict[int, tuple[str, ...]] = {}
    reader = csv.reader(io.StringIO(text, newline=None), strict=True)
    begin = 1
    try:
        for row in reader:
            cells = tuple(cell.strip() for cell in row)
            if any(cells):
                lines[begin] = cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(f"{name}, line {begin}: must be well-formed CSV, got {error}") from None
    if not lines:
        raise InvalidInput(f"{name}: must name its columns in the first line, got an empty file")
    first = next(iter(lines))
    columns = lines.pop(first)
    if len(columns) == 1 and any(sign in columns[0] for sign in ";\t|"):
        raise InvalidInput(f"{name}, line {first}: columns must be separated by commas, got {columns[0]!r}")
    result = CsvFile(name, columns, lines)
    for line, cells in lines.items():
        if len(cells) != len(columns):
            raise result.fault(f"must have {len(columns)} cells like the head, got {len(cells)}", line)
    return result


def amount(cell: str) -> float | None:
    """Return the number that a cell shows, or None if it shows none.

    Commas may part groups of three digits, a currency sign may stand before, and brackets mean a negative number.

    Examples
    --------
    >>> amount("$1,234.5"), amount("(7)"), amount("12,5"), amount("nan")
    (1234.5, -7.0, None, None)
    """
    bracketed = cell.startswith("(") and cell.endswith(")")
    inner = cell[1:-1].strip() if bracketed else cell
    if not _NUMBER.fullmatch(inner) or (bracketed and "-" in inner):
        return None
    value = float(re.sub(r"[$€£¥,]", "", inner))
    if not math.isfinite(value):
        return None
    return -value if bracketed else value
