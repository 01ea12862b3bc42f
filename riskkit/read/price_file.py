"""Prices from a CSV file, wide or long: dates down, names across, gaps kept."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_name, clean_text, name_list, short_repr
from riskkit.market.history._price_fields import best_price, field, is_record
from riskkit.market.history._splits import RealMoves, Splits
from riskkit.read.csv_file import CsvFile, CsvLines, read_lines
from riskkit.read.price_dates import HEADS, checked_format, date_column, read_dates
from riskkit.read.price_frame import from_frame
from riskkit.read.price_table import Fault, adjusted_table, ascending, price_table, record_price

__all__ = ["prices"]

# The heads of a long file; a column further left in the list goes before the others.
_NAMES = ("ticker", "symbol"), ("name",)

_LARGEST = 10**8  # prices: a long file with other dates for each name makes a table far larger than itself


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
        A file in UTF-8 whose cells are parted by commas, semicolons, tabs or bars, with a column of dates (``date``,
        ``timestamp``, ``datetime`` …, or the first where it has no head), either *wide*, with a column of prices for
        each name; *long*, with a row for each date and name, which it is if it has a column ``ticker``, ``symbol`` or
        ``name``; one company's *record*, with columns such as open, high, low and close; or with the three lines of
        heads that yfinance's frames are written with. An empty cell is a day without a price.

        Or a frame with a row a date and a column a name, or with the two column levels of yfinance, fields and
        tickers, in either order, or one company's record; or a Series of prices with a name. NaN is a day without a
        price.

        Where there are several fields, the adjusted close is taken in any spelling (``Adj Close``, ``adjClose``,
        ``Close (adjusted)`` …), else the close (which yfinance adjusts unless told otherwise), else ``price`` or
        ``NAV``; two that may be meant are refused.
    name : str, optional
        Of the one company whose record the table is; of a Series without a name.
    splits : mapping of str to mapping of str to float, optional
        Splits that the prices are not adjusted for: ``{"TSLA": {"2020-08-31": 5}}`` divides the prices of TSLA before
        that date by 5. A reverse split has a ratio below 1: 1/20 for 1:20.
    real_moves : mapping of str to sequence of str, optional
        Moves beyond +95 % or -95 % in a day that did happen: ``{"MRNA": ["2026-08-19"]}`` lets that one in.
    date_format : str, optional
        Of the dates of a file, as `datetime.strptime` takes it: ``"%d/%m/%Y"``. By default they must be in ISO form.
    decimal : {".", ","}, optional
        The decimal sign of a file's numbers. By default a point, or what the numbers of a file tell whose cells are not
        parted by commas.

    Returns
    -------
    DataFrame
        Prices > 0, a row a date, a column a name in the order of the source. The index is called ``date``; a time zone
        is dropped, and what its clock shows is kept. Days without a price are NaN: nothing is filled, no row is left
        out.

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
                    f"{what} must not be given with a frame, whose dates and numbers are read, got {short_repr(value)}"
                )
        table = from_frame(source, name)
        return adjusted_table(table, splits, real_moves, lambda column, _: f"prices, column {column!r}: ", 3)
    read = _read(read_lines(source, decimal=decimal), name, checked_format(date_format))
    return adjusted_table(read.table, splits, real_moves, read.place, 3)


@dataclass(frozen=True, eq=False)
class _Read:
    """Prices, and where each stands in the file: the line (row, name), and the column where all have one."""

    path: str
    table: pd.DataFrame
    lines: np.ndarray
    head: str | None

    def place(self, name: str, row: int) -> str:
        line = self.lines[row, list(self.table.columns).index(name)]
        if self.head is None:
            return f"{self.path}, line {line}, column {short_repr(name, 80)}: "
        return f"{self.path}, line {line}, column {short_repr(self.head, 80)}: {short_repr(name, 80)} "


def _read(text: CsvLines, name: str | None, date_format: str | None) -> _Read:
    first, *rows = text.lines
    double = _double_head(text)
    if double is not None:
        return _wide(double, name, date_format)
    file = text.table(first, rows)
    names = _column(file, _NAMES)
    if names is None:
        return _wide(file, name, date_format)
    if name is not None:
        head = file.columns[names]
        raise file.fault("name must not be given where a column has the names, got it beside this one", column=head)
    return _long(file, names, date_format)


def _double_head(text: CsvLines) -> CsvFile | None:
    """The prices of a file with the three lines of heads that yfinance's frames are written with, None for others.

    Fields and tickers stand in the first two lines, in either order, and the head of the dates alone in the third.
    """
    if len(text.lines) < 3:
        return None
    (one, first), (other, second), (_, dates) = list(text.lines.items())[:3]
    if clean_text(dates[0]).lower() not in HEADS or any(dates[1:]) or len(first) < 2 or len(first) != len(second):
        return None
    levels = {one: first[1:], other: second[1:]}
    fields = [line for line, heads in levels.items() if all(map(field, heads))]
    if not fields:
        wanted = "must name a field such as 'Adj Close' or 'Close' in each cell of one of two lines of heads"
        raise text.fault(f"{wanted}, got {short_repr(first[1], 80)} and {short_repr(second[1], 80)}", one)
    kinds, names = levels.pop(fields[0]), next(iter(levels.values()))
    labels = list(dict.fromkeys(kinds))
    best = [labels[place] for place in best_price(labels)]
    if len(best) != 1:
        got = name_list(best or labels, " and ")
        raise text.fault(f"must have one field that is the adjusted close or the close, got {got}", fields[0])
    places = [1 + place for place, kind in enumerate(kinds) if kind == best[0]]
    priced = {names[place - 1] for place in places}
    lacking = [each for each in names if each not in priced]
    if lacking:
        raise text.fault(f"must have a field {best[0]!r} like the others, got none", fields[0], lacking[0])
    rows = dict(list(text.lines.items())[3:])
    for line, cells in rows.items():
        if len(cells) != len(first):
            raise text.fault(f"must have {len(first)} cells like the head, got {len(cells)}", line)
    columns = (dates[0], *(names[place - 1] for place in places))
    table = {line: (cells[0], *(cells[place] for place in places)) for line, cells in rows.items()}
    return CsvFile(text.path, columns, table, text.decimal)


def _wide(file: CsvFile, name: str | None, date_format: str | None) -> _Read:
    where = _date_column(file)
    fault = _fault(file, where, list(file.lines))
    priced = [column for column in range(len(file.columns)) if column != where]
    heads = [file.columns[column] for column in priced]
    if is_record(heads):
        priced = [priced[record_price(heads, name, fault)]]
    elif name is not None and len(priced) > 1:
        raise file.fault(f"must be the record of one company where name is given, got {len(priced)} columns of prices")
    names = [name] if name is not None else heads
    dates = read_dates(file, where, date_format, fault)
    ascending(dates, fault)
    table = np.empty((len(dates), len(names)))
    for row, line in enumerate(file.lines):
        table[row] = [_price(file, line, column) for column in priced]
    lines = np.repeat(np.array(list(file.lines), dtype=np.int64)[:, None], len(names), axis=1)
    head = file.columns[priced[0]] if name is not None else None
    return _Read(file.path, price_table(dates, names, table, fault), lines, head)


def _long(file: CsvFile, name: int, date_format: str | None) -> _Read:
    where = date_column(file)
    if where is None:
        raise file.lacks("'date'")
    found = best_price(file.columns)
    if not found:
        raise file.lacks(f"'adj close', 'close' or 'price' beside {file.columns[name]!r}")
    if len(found) > 1:
        both = name_list((file.columns[column] for column in found), " and ")
        raise file.fault(f"must have one column for {field(file.columns[found[0]])}, got {both}; rename or remove one")
    [price] = found
    lines = list(file.lines)
    dates = read_dates(file, where, date_format, _fault(file, where, lines))
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
    at = np.zeros(table.shape, dtype=np.int64)
    for column, own in enumerate(rows.values()):
        ascending([dates[row] for row in own], _fault(file, where, [lines[row] for row in own]))
        for row in own:
            table[place[dates[row]], column] = _price(file, lines[row], price)
            at[place[dates[row]], column] = lines[row]
    made = price_table(days, list(rows), table, _fault(file, where, lines))
    return _Read(file.path, made, at, file.columns[price])


def _column(file: CsvFile, heads: Iterable[tuple[str, ...]]) -> int | None:
    """The place of the column with the first of these heads that the file has."""
    return next((place for same in heads if (place := file.column(*same)) is not None), None)


def _fault(file: CsvFile, where: int, lines: Sequence[int]) -> Fault:
    def fault(message: str, at: int | str | None) -> InvalidInput:
        if isinstance(at, int):
            return file.fault(message, lines[at], file.columns[where] or "date")
        return file.fault(message, column=at)

    return fault


def _date_column(file: CsvFile) -> int:
    dated = [column for column, name in enumerate(file.columns) if name.lower() == "date"]
    where = dated[0] if dated else date_column(file)
    if where is None:
        raise file.lacks("'date'")
    seen: set[str] = set()
    for column, name in enumerate(file.columns):
        if not name and column != where:
            raise file.fault(f"every column must have a name, got none for column {column + 1}")
        key = "date" if column in dated else name
        if key in seen:
            raise file.fault("names of columns must be unique, got this one twice", column=name)
        seen.add(key)
    if len(seen) < 2:
        raise file.fault("must have a column of prices beside the dates, got none")
    return where


def _price(file: CsvFile, line: int, column: int) -> float:
    cell = file.lines[line][column]
    if not cell:
        return math.nan
    value = file.amount(line, column)
    if value is None or value <= 0.0:
        wanted = "a price must be a number > 0, or empty where there is none"
        raise file.fault(f"{wanted}, got {short_repr(cell, 80)}", line, file.columns[column])
    return value
