"""Prices from a CSV file: dates down, names across, gaps kept."""

from __future__ import annotations

import math
import os
from datetime import datetime

import numpy as np
import pandas as pd

from riskkit.read.csv_file import CsvFile, amount, read_csv

__all__ = ["prices"]


def prices(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a wide CSV file of adjusted closes.

    Parameters
    ----------
    path : str or path
        A comma-separated file in UTF-8: a column ``date`` (any case) of ISO dates, oldest first, and a column of
        prices for each name. An empty cell is a day without a price.

    Returns
    -------
    DataFrame
        Prices > 0, a row a date, a column a name in the file's order. The index is called ``date``; a time of day is
        kept, a time zone is dropped. Days without a price are NaN: nothing is filled, no row is left out.

    Raises
    ------
    InvalidInput
        With file, line and column: if there is no column of dates or two columns have one name; if a date cannot be
        read, is repeated or out of order; if a price is text, infinite or not > 0; if there are fewer than two dates;
        if a column has no price at all.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "prices.csv"
    ...     _ = file.write_text("Date,TSLA,SPCX\\n2026-06-11,310.5,\\n2026-06-12,312,135\\n")
    ...     table = prices(file)
    >>> table["SPCX"].tolist()
    [nan, 135.0]
    """
    file = read_csv(path)
    where = _date_column(file)
    names = [name for column, name in enumerate(file.columns) if column != where]
    if len(file.lines) < 2:
        raise file.fault(f"must hold at least two dates, got {len(file.lines)}")
    dates = _dates(file, where)
    table = np.empty((len(file.lines), len(names)))
    for row, (line, cells) in enumerate(file.lines.items()):
        values = (cell for column, cell in enumerate(cells) if column != where)
        table[row] = [_price(file, line, name, cell) for name, cell in zip(names, values, strict=True)]
    for column, name in enumerate(names):
        if np.isnan(table[:, column]).all():
            raise file.fault("must hold at least one price, got none; remove the column", column=name)
    index = pd.DatetimeIndex(np.array(dates, dtype="datetime64[us]"), name="date")
    return pd.DataFrame(table, index=index, columns=names)


def _date_column(file: CsvFile) -> int:
    dated = [column for column, name in enumerate(file.columns) if name.lower() == "date"]
    if not dated:
        raise file.fault(f"must have a column 'date', got {', '.join(map(repr, file.columns))}")
    seen: set[str] = set()
    for column, name in enumerate(file.columns):
        if not name:
            raise file.fault(f"every column must have a name, got none for column {column + 1}")
        key = "date" if column in dated else name
        if key in seen:
            raise file.fault("names of columns must be unique, got this one twice", column=name)
        seen.add(key)
    if len(seen) < 2:
        raise file.fault("must have a column of prices beside the dates, got none")
    return dated[0]


def _dates(file: CsvFile, where: int) -> list[datetime]:
    head = file.columns[where]
    dates: list[datetime] = []
    for line, cells in file.lines.items():
        try:
            date = datetime.fromisoformat(cells[where]).replace(tzinfo=None)
        except ValueError:
            raise file.fault(f"must be a date such as 2026-08-21, got {cells[where]!r}", line, head) from None
        if dates and date == dates[-1]:
            raise file.fault(f"dates must not repeat, got {cells[where]} again", line, head)
        if dates and date < dates[-1]:
            previous = dates[-1].date().isoformat()
            raise file.fault(f"dates must run from old to new, got {cells[where]} after {previous}", line, head)
        dates.append(date)
    return dates


def _price(file: CsvFile, line: int, name: str, cell: str) -> float:
    if not cell:
        return math.nan
    value = amount(cell)
    if value is None or value <= 0.0:
        raise file.fault(f"a price must be a number > 0, or empty where there is none, got {cell!r}", line, name)
    return value
