"""Prices from a CSV file, wide or long: dates down, names across, gaps kept."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from riskkit.checks import shown
from riskkit.errors import InvalidInput
from riskkit.read.csv_file import CsvFile, read_csv
from riskkit.read.price_frame import from_frame
from riskkit.read.price_table import Fault, ascending, local_times, price_table

__all__ = ["prices"]

# The heads of a long file; a column further left in the list goes before the others.
_NAMES = ("ticker", "symbol"), ("name",)
_CLOSES = ("adj close", "adjusted close"), ("close",)
_PRICES = *_CLOSES, ("price",)

_LARGEST = 10**8  # prices: a long file with other dates for each name makes a table far larger than itself


def prices(source: str | os.PathLike[str] | pd.DataFrame) -> pd.DataFrame:
    """Read adjusted closes from a CSV file, or from a frame such as yfinance gives.

    Parameters
    ----------
    source : str, path or DataFrame
        A comma-separated file in UTF-8 with a column ``date`` (any case) of ISO dates, either *wide*, with a column of
        prices for each name, or *long*, with a row for each date and name. It is long if it has a column ``ticker``,
        ``symbol`` or ``name``; prices are then in the column ``adj close``, else ``close``, else ``price``, and other
        columns are ignored. An empty cell is a day without a price.

        Or a frame with a row a date and a column a name, or with the two column levels of yfinance, fields and
        tickers, in either order: ``Adj Close`` is taken, or, where there is none, ``Close`` (which is adjusted with
        ``auto_adjust=True``, the default of yfinance). NaN is a day without a price.

    Returns
    -------
    DataFrame
        Prices > 0, a row a date, a column a name in the order of the source. The index is called ``date``; a time zone
        is dropped, and what its clock shows is kept. Days without a price are NaN: nothing is filled, no row is left
        out.

    Raises
    ------
    InvalidInput
        With file, line and column, or with row and column of the frame: if there is no column of dates or two columns
        have one name; if a date cannot be read, is repeated or out of order (for one name in a long file), or of
        another time zone than those before; if a price is text, infinite or not > 0; if there are fewer than two
        dates; if a column has no price at all.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "prices.csv"
    ...     _ = file.write_text("Date,TSLA,SPCX\\n2026-06-11,310.5,\\n2026-06-12,312,135\\n")
    ...     wide = prices(file)
    ...     rows = "2026-06-11,TSLA,310.5", "2026-06-12,TSLA,312", "2026-06-12,SPCX,135"
    ...     _ = file.write_text("\\n".join(["date,ticker,close", *rows]))
    ...     long = prices(file)
    >>> wide["SPCX"].tolist(), long.equals(wide)
    ([nan, 135.0], True)

    >>> columns = pd.MultiIndex.from_product([["Close", "Volume"], ["TSLA"]], names=["Price", "Ticker"])
    >>> dates = pd.DatetimeIndex(["2026-06-11", "2026-06-12"], tz="America/New_York")
    >>> prices(pd.DataFrame([[310.5, 1e6], [312.0, 1e6]], dates, columns)).to_csv()
    'date,TSLA\\n2026-06-11,310.5\\n2026-06-12,312.0\\n'
    """
    if isinstance(source, pd.DataFrame):
        return from_frame(source)
    file = read_csv(source)
    name = _column(file, _NAMES)
    return _wide(file) if name is None else _long(file, name)


def _wide(file: CsvFile) -> pd.DataFrame:
    where = _date_column(file)
    field = _column(file, _CLOSES)
    if field is not None:
        wanted = "columns must be named by what the prices are of; rename this one, or add a column 'ticker'"
        raise file.fault(wanted, column=file.columns[field])
    fault = _fault(file, where, list(file.lines))
    priced = [column for column in range(len(file.columns)) if column != where]
    names = [file.columns[column] for column in priced]
    dates = _dates(file, where)
    ascending(dates, fault)
    table = np.empty((len(dates), len(names)))
    for row, line in enumerate(file.lines):
        table[row] = [_price(file, line, column) for column in priced]
    return price_table(dates, names, table, fault)


def _long(file: CsvFile, name: int) -> pd.DataFrame:
    where, price = file.column("date"), _column(file, _PRICES)
    if where is None:
        raise file.lacks("'date'")
    if price is None:
        raise file.lacks(f"'adj close', 'close' or 'price' beside {file.columns[name]!r}")
    dates = _dates(file, where)
    lines = list(file.lines)
    rows: dict[str, list[int]] = {}
    for row, (line, cells) in enumerate(file.lines.items()):
        if not cells[name]:
            raise file.fault("must name what the price is of, got nothing", line, file.columns[name])
        rows.setdefault(cells[name], []).append(row)
    days = sorted(set(dates))
    if len(days) * len(rows) > _LARGEST:
        got = f"{len(days):,} dates of {len(rows):,} names"
        raise file.fault(f"must make a table of at most {_LARGEST:,} prices, got {got}; split it")
    place = {date: row for row, date in enumerate(days)}
    table = np.full((len(days), len(rows)), math.nan)
    for column, own in enumerate(rows.values()):
        ascending([dates[row] for row in own], _fault(file, where, [lines[row] for row in own]))
        for row in own:
            table[place[dates[row]], column] = _price(file, lines[row], price)
    return price_table(days, list(rows), table, _fault(file, where, lines))


def _column(file: CsvFile, heads: Sequence[tuple[str, ...]]) -> int | None:
    """The place of the column with the first of these heads that the file has."""
    return next((place for same in heads if (place := file.column(*same)) is not None), None)


def _fault(file: CsvFile, where: int, lines: Sequence[int]) -> Fault:
    def fault(message: str, at: int | str | None) -> InvalidInput:
        if isinstance(at, int):
            return file.fault(message, lines[at], file.columns[where])
        return file.fault(message, column=at)

    return fault


def _date_column(file: CsvFile) -> int:
    dated = [column for column, name in enumerate(file.columns) if name.lower() == "date"]
    if not dated:
        raise file.lacks("'date'")
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
    """The dates of all lines, without their time zone."""
    dates = []
    for line, cells in file.lines.items():
        try:
            dates.append(datetime.fromisoformat(cells[where]))
        except ValueError:
            message = f"must be a date such as 2026-08-21, got {cells[where]!r}"
            raise file.fault(message, line, file.columns[where]) from None
    return local_times(dates, _fault(file, where, list(file.lines)))


def _price(file: CsvFile, line: int, column: int) -> float:
    cell = file.lines[line][column]
    if not cell:
        return math.nan
    value = file.amount(line, column)
    if value is None or value <= 0.0:
        wanted = "a price must be a number > 0, or empty where there is none"
        raise file.fault(f"{wanted}, got {shown(cell, 80)}", line, file.columns[column])
    return value
