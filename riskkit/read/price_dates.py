"""Find and parse the column of dates in a price file, in ISO format or a given one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr, text
from riskkit.read.csv_file import CsvTable
from riskkit.read.price_table import ErrorAt, local_times

__all__ = ["DATE_HEADERS", "checked_format", "date_column", "read_dates"]

#: Headers of columns of dates, in lower case.
DATE_HEADERS = (
    "date",
    "timestamp",
    "datetime",
    "date time",
    "time",
    "trade date",
    "trading date",
    "as of date",
    "unnamed 0",
)

# Common formats of dates other than ISO. They are suggested in errors, and never used to parse.
_KNOWN_FORMATS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%y", "%m/%d/%y",
    "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%b %d %Y",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M",
    "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p",
)  # fmt: skip
_MAX_DATE_LENGTH = 64  # characters of a date


def checked_format(date_format: object) -> str | None:
    """Return a `datetime.strptime` format that has day, month and year, or None."""
    if date_format is None:
        return None
    checked = text("date_format", date_format)
    try:
        is_complete = datetime.strptime(datetime(2021, 11, 23).strftime(checked), checked) == datetime(2021, 11, 23)
    except ValueError:
        is_complete = False
    if not is_complete:
        raise InvalidInput(
            f"date_format must have day, month and year, as in '%d/%m/%Y', got {short_repr(date_format, 80)}"
        )
    return checked


def date_column(file: CsvTable) -> int | None:
    """Return the index of the column of dates, else of a first column without a header; raise if there are two."""
    found = file.column(*DATE_HEADERS)
    return 0 if found is None and file.columns and not file.columns[0] else found


def read_dates(file: CsvTable, column: int, date_format: str | None, error_at: ErrorAt) -> list[datetime]:
    """Return the dates of all lines, without their time zone."""
    header = file.columns[column] or "date"
    dates = []
    for line, cells in file.lines.items():
        cell = cells[column]
        try:
            if len(cell) > _MAX_DATE_LENGTH:
                raise ValueError
            dates.append(datetime.strptime(cell, date_format) if date_format else datetime.fromisoformat(cell))
        except ValueError:
            if date_format:
                message = f"must be a date of the format {date_format!r}, got {short_repr(cell, 80)}"
            else:
                remedy = _remedy(cell, [cells[column] for cells in file.lines.values()])
                message = f"must be a date such as 2026-08-21, got {short_repr(cell, 80)}{remedy}"
            raise file.error(message, line, header) from None
    return local_times(dates, error_at)


def _remedy(cell: str, cells: Sequence[str]) -> str:
    """The argument to suggest: the formats that fit the cell, if possible those that fit all cells."""
    if cell.isdigit() and len(cell) in (10, 13):
        unit = "s" if len(cell) == 10 else "ms"
        return f"; a count from 1970 on: read the frame and set its index to pd.to_datetime(column, unit={unit!r})"
    fitting = [date_format for date_format in _KNOWN_FORMATS if _fits(cell, date_format)]
    fitting = [date_format for date_format in fitting if all(_fits(other, date_format) for other in cells)] or fitting
    return f"; give date_format={' or '.join(map(repr, fitting))}" if fitting else ""


def _fits(cell: str, date_format: str) -> bool:
    try:
        datetime.strptime(cell, date_format)
    except ValueError:
        return False
    return len(cell) <= _MAX_DATE_LENGTH
