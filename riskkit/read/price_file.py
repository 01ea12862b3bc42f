"""Read prices from a wide or long CSV file into a table (date, name) with gaps."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_name, clean_text, name_list, short_repr
from riskkit.market.history._price_fields import best_price_columns, field, is_record
from riskkit.market.history._splits import RealMoves, Splits
from riskkit.read.csv_file import CsvLines, CsvTable, read_lines
from riskkit.read.price_dates import DATE_HEADERS, checked_format, date_column, read_dates
from riskkit.read.price_frame import from_frame
from riskkit.read.price_table import ErrorAt, adjusted_table, check_ascending, price_table, record_price_column

__all__ = ["prices"]

# The headers of the names in a long file; the first match wins.
_NAME_HEADERS = ("ticker", "symbol"), ("name",)

_MAX_PRICES = 10**8  # a long file with different dates for each name makes a table far larger than itself


def prices(
    source: str | os.PathLike[str] | pd.DataFrame | pd.Series[float],
    *,
    name: str | None = None,
    splits: Splits | None = None,
    real_moves: RealMoves | None = None,
    date_format: str | None = None,
    decimal: str | None = None,
) -> pd.DataFrame:
    """Read adjusted closes from a CSV file, or from a frame such as yfinance gives.

    Parameters
    ----------
    source : str, path, DataFrame or Series
        A file in UTF-8 with commas, semicolons, tabs or bars as delimiters, with a column of dates (``date``,
        ``timestamp``, ``datetime`` …, or the first where it has no header), either *wide*, with a column of prices for
        each name; *long*, with a row for each date and name, which it is if it has a column ``ticker``, ``symbol`` or
        ``name``; one company's *record*, with columns such as open, high, low and close; or with the three lines of
        headers that yfinance's frames are written with. An empty cell is a day without a price.

        Or a frame with a row a date and a column a name, or with the two column levels of yfinance, fields and
        tickers, in either order, or one company's record; or a Series of prices with a name. NaN is a day without a
        price.

        Where there are several fields, the adjusted close is taken in any spelling (``Adj Close``, ``adjClose``,
        ``Close (adjusted)`` …), else the close (which yfinance adjusts by default), else ``price`` or ``NAV``; if two
        fields match, the table is refused.
    name : str, optional
        The name of the company, for one company's record or a Series without a name.
    splits : mapping of str to mapping of str to float, optional
    Splits not yet in the prices: ``{"TSLA": {"2020-08-31": 5}}`` divides the prices of TSLA before
        that date by 5. A reverse split has a ratio below 1: 1/20 for 1:20.
    real_moves : mapping of str to sequence of str, optional
        Real moves beyond +95 % or -95 % in a day: ``{"MRNA": ["2026-08-19"]}`` accepts that one.
    date_format : str, optional
        The format of a file's dates for `datetime.strptime`: ``"%d/%m/%Y"``. By default they must be in ISO format.
    decimal : {".", ","}, optional
        The decimal sign of a file's numbers. By default a point, or the sign that the numbers imply if the delimiter is
        not a comma.

    Returns
    -------
    DataFrame
        Prices > 0, one row per date, one column per name in the order of the source. The index is called ``date``; a
        time zone is dropped and the local time stays. Days without a price are NaN: nothing is filled, and no row is
        left out.

    Raises
    ------
    InvalidInput
        With file, line and column, or with row and column of the frame: if there is no column of dates or names differ
        by case and punctuation only; if the table is one company's record and no name is given; if a date cannot be
        read, is repeated or out of order (for one name in a long file), or of another time zone than those before; if
        a price is text, infinite or not > 0; if there are fewer than two dates; if a column has no price at all; if a
        price moves by more than +95 % or -95 % in a day, and neither `splits` nor `real_moves` names it.

    Warns
    -----
    RiskkitWarning
        If a move looks like a split (`fit`).

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
    if name is not None:
        name = checked_name("name", name)
    if isinstance(source, pd.DataFrame | pd.Series):
        for what, value in (("date_format", date_format), ("decimal", decimal)):
            if value is not None:
                raise InvalidInput(
                    f"{what} must not be given with a frame, which needs no parsing, got {short_repr(value)}"
                )
        table = from_frame(source, name)
        return adjusted_table(table, splits, real_moves, lambda column, _: f"prices, column {column!r}: ", 3)
    file_prices = _read_file(read_lines(source, decimal=decimal), name, checked_format(date_format))
    return adjusted_table(file_prices.table, splits, real_moves, file_prices.location, 3)


@dataclass(frozen=True, eq=False)
class _FilePrices:
    """Prices with the line number of each (row, name), and the header of their column if they share one."""

    path: str
    table: pd.DataFrame
    lines: np.ndarray
    header: str | None

    def location(self, name: str, row: int) -> str:
        line = self.lines[row, list(self.table.columns).index(name)]
        if self.header is None:
            return f"{self.path}, line {line}, column {short_repr(name, 80)}: "
        return f"{self.path}, line {line}, column {short_repr(self.header, 80)}: {short_repr(name, 80)} "


def _read_file(text: CsvLines, name: str | None, date_format: str | None) -> _FilePrices:
    first, *rows = text.lines
    double = _three_line_header(text)
    if double is not None:
        return _read_wide(double, name, date_format)
    file = text.table(first, rows)
    names = _first_column(file, _NAME_HEADERS)
    if names is None:
        return _read_wide(file, name, date_format)
    if name is not None:
        header = file.columns[names]
        raise file.error("name must not be given for a file with a column of names, got both", column=header)
    return _read_long(file, names, date_format)


def _three_line_header(text: CsvLines) -> CsvTable | None:
    """The prices of a file with the three header lines of yfinance's frames, None for other files.

    Fields and tickers are in the first two lines, in either order; the third has only the header of the dates.
    """
    if len(text.lines) < 3:
        return None
    (first_line, first_cells), (second_line, second_cells), (_, dates) = list(text.lines.items())[:3]
    if (
        clean_text(dates[0]).lower() not in DATE_HEADERS
        or any(dates[1:])
        or len(first_cells) < 2
        or len(first_cells) != len(second_cells)
    ):
        return None
    levels = {first_line: first_cells[1:], second_line: second_cells[1:]}
    fields = [line for line, headers in levels.items() if all(map(field, headers))]
    if not fields:
        requirement = "must name a field such as 'Adj Close' or 'Close' in each cell of one of two header lines"
        raise text.error(
            f"{requirement}, got {short_repr(first_cells[1], 80)} and {short_repr(second_cells[1], 80)}", first_line
        )
    field_cells, names = levels.pop(fields[0]), next(iter(levels.values()))
    labels = list(dict.fromkeys(field_cells))
    closes = [labels[column] for column in best_price_columns(labels)]
    if len(closes) != 1:
        got = name_list(closes or labels, " and ")
        raise text.error(f"must have one field that is the adjusted close or the close, got {got}", fields[0])
    price_columns = [1 + column for column, kind in enumerate(field_cells) if kind == closes[0]]
    names_with_prices = {names[column - 1] for column in price_columns}
    missing = [each for each in names if each not in names_with_prices]
    if missing:
        raise text.error(f"must have a field {closes[0]!r} like the others, got none", fields[0], missing[0])
    rows = dict(list(text.lines.items())[3:])
    for line, cells in rows.items():
        if len(cells) != len(first_cells):
            raise text.error(f"must have {len(first_cells)} cells like the header, got {len(cells)}", line)
    columns = (dates[0], *(names[column - 1] for column in price_columns))
    table = {line: (cells[0], *(cells[column] for column in price_columns)) for line, cells in rows.items()}
    return CsvTable(text.path, columns, table, text.decimal)


def _read_wide(file: CsvTable, name: str | None, date_format: str | None) -> _FilePrices:
    dates_column = _date_column(file)
    error_at = _error_at(file, dates_column, list(file.lines))
    price_columns = [column for column in range(len(file.columns)) if column != dates_column]
    headers = [file.columns[column] for column in price_columns]
    if is_record(headers):
        price_columns = [price_columns[record_price_column(headers, name, error_at)]]
    elif name is not None and len(price_columns) > 1:
        raise file.error(
            f"must be the record of one company if name is given, got {len(price_columns)} columns of prices"
        )
    names = [name] if name is not None else headers
    dates = read_dates(file, dates_column, date_format, error_at)
    check_ascending(dates, error_at)
    table = np.empty((len(dates), len(names)))
    for row, line in enumerate(file.lines):
        table[row] = [_price(file, line, column) for column in price_columns]
    lines = np.repeat(np.array(list(file.lines), dtype=np.int64)[:, None], len(names), axis=1)
    header = file.columns[price_columns[0]] if name is not None else None
    return _FilePrices(file.path, price_table(dates, names, table, error_at), lines, header)


def _read_long(file: CsvTable, name: int, date_format: str | None) -> _FilePrices:
    dates_column = date_column(file)
    if dates_column is None:
        raise file.missing_column_error("'date'")
    candidates = best_price_columns(file.columns)
    if not candidates:
        raise file.missing_column_error(f"'adj close', 'close' or 'price' beside {file.columns[name]!r}")
    if len(candidates) > 1:
        both = name_list((file.columns[column] for column in candidates), " and ")
        raise file.error(
            f"must have one column for {field(file.columns[candidates[0]])}, got {both}; rename or remove one"
        )
    [price] = candidates
    lines = list(file.lines)
    dates = read_dates(file, dates_column, date_format, _error_at(file, dates_column, lines))
    rows: dict[str, list[int]] = {}
    for row, (line, cells) in enumerate(file.lines.items()):
        if not cells[name]:
            raise file.error("must have the name of the asset, got nothing", line, file.columns[name])
        rows.setdefault(cells[name], []).append(row)
    days = sorted(set(dates))
    if len(days) * len(rows) > _MAX_PRICES:
        got = f"{len(days):,} dates of {len(rows):,} names"
        raise file.error(f"must make a table of at most {_MAX_PRICES:,} prices, got {got}; split it")
    row_of_date = {date: row for row, date in enumerate(days)}
    table = np.full((len(days), len(rows)), math.nan)
    line_numbers = np.zeros(table.shape, dtype=np.int64)
    for column, name_rows in enumerate(rows.values()):
        check_ascending(
            [dates[row] for row in name_rows], _error_at(file, dates_column, [lines[row] for row in name_rows])
        )
        for row in name_rows:
            table[row_of_date[dates[row]], column] = _price(file, lines[row], price)
            line_numbers[row_of_date[dates[row]], column] = lines[row]
    prices_table = price_table(days, list(rows), table, _error_at(file, dates_column, lines))
    return _FilePrices(file.path, prices_table, line_numbers, file.columns[price])


def _first_column(file: CsvTable, headers: Iterable[tuple[str, ...]]) -> int | None:
    """The index of the column with the first of these headers in the file."""
    return next((place for same in headers if (place := file.column(*same)) is not None), None)


def _error_at(file: CsvTable, dates_column: int, lines: Sequence[int]) -> ErrorAt:
    def error_at(message: str, where: int | str | None) -> InvalidInput:
        if isinstance(where, int):
            return file.error(message, lines[where], file.columns[dates_column] or "date")
        return file.error(message, column=where)

    return error_at


def _date_column(file: CsvTable) -> int:
    date_columns = [column for column, name in enumerate(file.columns) if name.lower() == "date"]
    dates_column = date_columns[0] if date_columns else date_column(file)
    if dates_column is None:
        raise file.missing_column_error("'date'")
    seen: set[str] = set()
    for column, name in enumerate(file.columns):
        if not name and column != dates_column:
            raise file.error(f"every column must have a name, got none for column {column + 1}")
        key = "date" if column in date_columns else name
        if key in seen:
            raise file.error("names of columns must be unique, got this one twice", column=name)
        seen.add(key)
    if len(seen) < 2:
        raise file.error("must have a column of prices beside the dates, got none")
    return dates_column


def _price(file: CsvTable, line: int, column: int) -> float:
    cell = file.lines[line][column]
    if not cell:
        return math.nan
    value = file.amount(line, column)
    if value is None or value <= 0.0:
        requirement = "a price must be a number > 0, or empty where there is none"
        raise file.error(f"{requirement}, got {short_repr(cell, 80)}", line, file.columns[column])
    return value
