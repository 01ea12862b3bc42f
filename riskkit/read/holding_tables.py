"""Find the tables of holdings in a file, and leave out the preamble, other tables and notes."""

from __future__ import annotations

from riskkit._core.validation import short_repr
from riskkit.read.amounts import money
from riskkit.read.csv_file import CsvLines, CsvTable
from riskkit.read.holding_rows import LeftOut, is_table_header
from riskkit.read.holding_words import is_sum

__all__ = ["find_tables"]

_SECTION_HEADER = "Header"  # the second cell of a header line in activity statements; the first names the section
_MIN_SENTENCE_WORDS = 4
_MAX_TABLES = 200  # accounts in one export


def find_tables(file: CsvLines) -> tuple[list[CsvTable], list[LeftOut]]:
    """Return the tables of holdings in a file, and the lines outside them.

    A table begins at a line with a header for names and one for values. Blank lines do not end it; another header
    line does. Text above the first table is not listed among the lines left out.
    """
    headers = {line for line, cells in file.lines.items() if is_table_header(cells)}
    if len(headers) > _MAX_TABLES:
        raise file.error(f"must have at most {_MAX_TABLES} tables of holdings, got {len(headers):,}; split the file")
    if not headers:
        first, *others = file.lines
        return [file.table(first, others)], []
    if any(file.lines[header][1:2] == (_SECTION_HEADER,) for header in headers):
        return _sections(file, headers)
    rows_of: dict[int, list[int]] = {}
    left_out: list[LeftOut] = []
    rows: list[int] | None = None
    width, in_other_table = 0, False
    for block in file.blocks:
        in_table = False
        for line in block:
            cells = file.lines[line]
            filled = [cell for cell in cells if cell]
            if line in headers:
                rows_of[line] = rows = []
                width, in_other_table, in_table = len(filled), False, True
            elif rows is None or in_other_table:
                if rows is not None or len(filled) > 1:
                    left_out.append(_left_out(file, line))
            elif len(filled) == 1 and (not in_table or len(filled[0].split()) >= _MIN_SENTENCE_WORDS):
                left_out.append(_left_out(file, line))
            elif (
                not in_table
                and len(filled) not in (1, width)
                and not any(money(cell) or is_sum(cell) for cell in filled)
            ):
                in_other_table = True
                left_out.append(_left_out(file, line))
            elif len(cells) < width and any(map(is_sum, cells)):
                left_out.append(LeftOut(line, next(filter(is_sum, cells)), None, "sum"))
            else:
                in_table = True
                rows.append(line)
    return [file.table(header, lines) for header, lines in rows_of.items()], left_out


def _sections(file: CsvLines, headers: set[int]) -> tuple[list[CsvTable], list[LeftOut]]:
    """The tables of an activity statement: each line begins with its section and with "Header" or "Data"."""
    rows_of: dict[int, list[int]] = {}
    left_out: dict[str, LeftOut] = {}
    header: int | None = None
    for line, cells in file.lines.items():
        if line in headers:
            header = line
            rows_of[line] = []
        elif header is not None and cells[0] == file.lines[header][0] and cells[1:2] != (_SECTION_HEADER,):
            rows_of[header].append(line)
        else:
            left_out.setdefault(cells[0], LeftOut(line, cells[0], None, "table"))
    return [file.table(header, lines) for header, lines in rows_of.items()], list(left_out.values())


def _left_out(file: CsvLines, line: int) -> LeftOut:
    filled = [cell for cell in file.lines[line] if cell]
    return LeftOut(line, short_repr(", ".join(filled[:4]), 80)[1:-1], None, "text" if len(filled) == 1 else "table")
