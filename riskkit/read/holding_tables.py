"""Where the tables of holdings stand in a file: below a preamble, apart from other tables and from notes."""

from __future__ import annotations

from riskkit._core.validation import short_repr
from riskkit.read.amounts import money
from riskkit.read.csv_file import CsvFile, CsvLines
from riskkit.read.holding_rows import LeftOut, is_table_head
from riskkit.read.holding_words import is_sum

__all__ = ["tables"]

_SECTION_HEAD = "Header"  # the second cell, behind the name of a section, in activity statements
_SENTENCE = 4  # words
_MOST_TABLES = 200  # accounts in one export


def tables(text: CsvLines) -> tuple[list[CsvFile], list[LeftOut]]:
    """Return the tables of a file that hold holdings, and the lines outside them.

    A table begins at a line with a head for names and one for values. Blank lines do not end it; another head does,
    of holdings or of something else. Text above the first table is not listed among what is left out.
    """
    heads = {line for line, cells in text.lines.items() if is_table_head(cells)}
    if len(heads) > _MOST_TABLES:
        raise text.fault(f"must have at most {_MOST_TABLES} tables of holdings, got {len(heads):,}; split the file")
    if not heads:
        first, *others = text.lines
        return [text.table(first, others)], []
    if any(text.lines[head][1:2] == (_SECTION_HEAD,) for head in heads):
        return _sections(text, heads)
    rows_of: dict[int, list[int]] = {}
    left_out: list[LeftOut] = []
    rows: list[int] | None = None
    width, elsewhere = 0, False
    for block in text.blocks:
        taken = False
        for line in block:
            cells = text.lines[line]
            filled = [cell for cell in cells if cell]
            if line in heads:
                rows_of[line] = rows = []
                width, elsewhere, taken = len(filled), False, True
            elif rows is None or elsewhere:
                if rows is not None or len(filled) > 1:
                    left_out.append(_outside(text, line))
            elif len(filled) == 1 and (not taken or len(filled[0].split()) >= _SENTENCE):
                left_out.append(_outside(text, line))
            elif (
                not taken and len(filled) not in (1, width) and not any(money(cell) or is_sum(cell) for cell in filled)
            ):
                elsewhere = True
                left_out.append(_outside(text, line))
            elif len(cells) < width and any(map(is_sum, cells)):
                left_out.append(LeftOut(line, next(filter(is_sum, cells)), None, "sum"))
            else:
                taken = True
                rows.append(line)
    return [text.table(head, lines) for head, lines in rows_of.items()], left_out


def _sections(text: CsvLines, heads: set[int]) -> tuple[list[CsvFile], list[LeftOut]]:
    """The tables of a statement each of whose lines begins with its section, and with what it is: a head or data."""
    rows_of: dict[int, list[int]] = {}
    left_out: dict[str, LeftOut] = {}
    head: int | None = None
    for line, cells in text.lines.items():
        if line in heads:
            head = line
            rows_of[line] = []
        elif head is not None and cells[0] == text.lines[head][0] and cells[1:2] != (_SECTION_HEAD,):
            rows_of[head].append(line)
        else:
            left_out.setdefault(cells[0], LeftOut(line, cells[0], None, "table"))
    return [text.table(head, lines) for head, lines in rows_of.items()], list(left_out.values())


def _outside(text: CsvLines, line: int) -> LeftOut:
    filled = [cell for cell in text.lines[line] if cell]
    return LeftOut(line, short_repr(", ".join(filled[:4]), 80)[1:-1], None, "text" if len(filled) == 1 else "table")
