"""The column of dates in a file of prices: found by its head, read in ISO form or in a format that is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr, text
from riskkit.read.csv_file import CsvFile
from riskkit.read.price_table import Fault, local_times

__all__ = ["HEADS", "checked_format", "date_column", "read_dates"]

#: Heads of columns of dates, in small letters.
HEADS = ("date", "timestamp", "datetime", "date time", "time", "trade date", "trading date", "as of date", "unnamed 0")

# What dates look like where they are not in ISO form; only to say what may be meant, never to read them by.
_FORMATS = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%y", "%m/%d/%y",
    "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%b %d %Y",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M",
    "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p",
)  # fmt: skip
_LONGEST = 64  # characters of a date


def checked_format(date_format: object) -> str | None:
    """Return a format of `datetime.strptime` with a day, a month and a year, or None."""
    if date_format is None:
        return None
    wanted = text("date_format", date_format)
    try:
        whole = datetime.strptime(datetime(2021, 11, 23).strftime(wanted), wanted) == datetime(2021, 11, 23)
    except ValueError:
        whole = False
    if not whole:
        raise InvalidInput(
            f"date_format must tell day, month and year, as in '%d/%m/%Y', got {short_repr(date_format, 80)}"
        )
    return wanted


def date_column(file: CsvFile) -> int | None:
    """The place of the column of dates; the first one without a head where no head says so; two are refused."""
    found = file.column(*HEADS)
    return 0 if found is None and file.columns and not file.columns[0] else found


def read_dates(file: CsvFile, where: int, date_format: str | None, fault: Fault) -> list[datetime]:
    """The dates of all lines, without their time zone."""
    head = file.columns[where] or "date"
    dates = []
    for line, cells in file.lines.items():
        cell = cells[where]
        try:
            if len(cell) > _LONGEST:
                raise ValueError
            dates.append(datetime.strptime(cell, date_format) if date_format else datetime.fromisoformat(cell))
        except ValueError:
            if date_format:
                message = f"must be a date of the format {date_format!r}, got {short_repr(cell, 80)}"
            else:
                remedy = _remedy(cell, [cells[where] for cells in file.lines.values()])
                message = f"must be a date such as 2026-08-21, got {short_repr(cell, 80)}{remedy}"
            raise file.fault(message, line, head) from None
    return local_times(dates, fault)


def _remedy(cell: str, cells: Sequence[str]) -> str:
    """The argument that may help: of the formats that the cell fits, those that all others fit too."""
    if cell.isdigit() and len(cell) in (10, 13):
        unit = "s" if len(cell) == 10 else "ms"
        return f"; a count from 1970 on: read the frame and set its index to pd.to_datetime(column, unit={unit!r})"
    fitting = [form for form in _FORMATS if _fits(cell, form)]
    fitting = [form for form in fitting if all(_fits(other, form) for other in cells)] or fitting
    return f"; give date_format={' or '.join(map(repr, fitting))}" if fitting else ""


def _fits(cell: str, form: str) -> bool:
    try:
        datetime.strptime(cell, form)
    except ValueError:
        return False
    return len(cell) <= _LONGEST
