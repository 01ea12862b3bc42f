"""Read a portfolio from a DataFrame or a mapping of positions, by the same rules as a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import checked_name, clean_text, short_repr
from riskkit.read.csv_file import EMPTY_CELLS, CsvTable, header_words
from riskkit.read.currencies import currency_in_header
from riskkit.read.founders import Founder
from riskkit.read.holding_portfolio import HoldingOptions, PortfolioT, portfolio_from_tables
from riskkit.read.holding_words import HEADERS, is_price_header, is_value_header, per_unit

__all__ = ["from_frame"]


def from_frame(
    portfolio_class: Callable[..., PortfolioT],
    frame: pd.DataFrame | pd.Series[Any] | Mapping[str, Any],
    founders: Mapping[str, Founder] | None = None,
    *,
    currency: str | None = None,
    fx: Mapping[str, float] | None = None,
    keep: Iterable[str] = (),
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> PortfolioT:
    """Return the portfolio of a frame with one row per position, as `portfolio_class`: `Portfolio.from_frame`."""
    if isinstance(frame, pd.Series):
        frame = frame.to_frame("value")
    elif isinstance(frame, Mapping):
        frame, founders = _mapping_frame(frame, founders)
    table = _frame_table(frame)
    options = HoldingOptions(founders, currency, fx, keep, loan_rate, max_loan_to_value)
    return portfolio_from_tables(portfolio_class, table.path, [table], (), options).with_warnings(table.path, 4)


def _mapping_frame(
    holdings: Mapping[str, Any], founders: Mapping[str, Founder] | None
) -> tuple[pd.DataFrame, Mapping[str, Founder] | None]:
    """The frame of a mapping of names to values, or to fields such as shares and price; and the founders by name."""
    rows: dict[str, dict[str, Any]] = {}
    own_founders: dict[str, Founder] = {}
    for name, fields in holdings.items():
        checked_name("frame: name of a holding", name)
        holding = short_repr(name, 80)
        if isinstance(fields, Real):
            fields = {"value": fields}
        if not isinstance(fields, Mapping):
            raise InvalidInput(
                f"frame: {holding} must be a value, or a mapping such as {{'shares': 10, 'price': 400.0}}, got "
                f"{short_repr(fields)}; pd.DataFrame makes a frame of columns"
            )
        for field in fields:
            if not isinstance(field, str) or not _is_field(field):
                raise InvalidInput(
                    f"frame: fields of {holding} must be among value, shares, price, cost, cost per share, currency, "
                    f"name and founder, got {short_repr(field)}"
                )
        rows[name] = {field: cell for field, cell in fields.items() if field != "founder"}
        if fields.get("founder") is not None:
            own_founders[name] = fields["founder"]
    if not rows:
        raise InvalidInput("frame must hold at least one holding, got none")
    together = {**own_founders, **(founders or {})}
    return pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), dtype=object)), together or None


def _is_field(header: str) -> bool:
    words = header_words(header)
    if words in ("founder", "name") or words in HEADERS["quantity"] or words in HEADERS["currency"]:
        return True
    return is_value_header(header) or is_price_header(header) or per_unit(header) is not None


def _with_values(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with shares times price where it has these and no value."""
    columns = {kind: _columns_of(frame, kind) for kind in ("value", "quantity", "price")}
    if not columns["value"] and bool(columns["quantity"]) != bool(columns["price"]):
        there, lacking = ("shares", "price") if columns["quantity"] else ("price", "shares")
        raise InvalidInput(f"frame: must have a column value, or shares and price, got {there} without {lacking}")
    if not columns["quantity"] or len(columns["price"]) != 1 or len(columns["value"]) > 1:
        return frame
    quantity, price = columns["quantity"][0], columns["price"][0]
    head = columns["value"][0] if columns["value"] else _value_head(frame.columns[price])
    values: list[Any] = list(frame.iloc[:, columns["value"][0]]) if columns["value"] else [None] * len(frame)
    for row, value in enumerate(values):
        factors: tuple[Any, Any] = frame.iat[row, quantity], frame.iat[row, price]
        if not _is_empty(value) or any(map(_is_empty, factors)):
            continue
        for factor, column in zip(factors, (quantity, price), strict=True):
            if isinstance(factor, bool) or not isinstance(factor, Real):
                place = f"frame.iloc[{row}], column {short_repr(str(frame.columns[column]), 80)}"
                raise InvalidInput(
                    f"{place}: must be a number, got {short_repr(factor, 80)}; or give a column of values"
                )
        values[row] = _as_float(factors[0]) * _as_float(factors[1])
    result = frame.copy()
    if columns["value"]:
        result.isetitem(columns["value"][0], values)
    else:
        result.insert(len(result.columns), head, values)
    return result


def _as_float(factor: Any) -> float:
    """A number as a float; a whole number beyond all floats is infinite, and its value is refused."""
    try:
        return float(factor)
    except OverflowError:
        return math.inf


def _columns_of(frame: pd.DataFrame, kind: str) -> list[int]:
    """Numbers of the columns of values, of quantities or of prices."""
    tests: dict[str, Callable[[str], bool]] = {
        "value": is_value_header,
        "quantity": lambda header: header_words(header) in HEADERS["quantity"],
        "price": is_price_header,
    }
    return [number for number, column in enumerate(frame.columns) if tests[kind](clean_text(str(column)))]


def _value_head(price: object) -> str:
    """The header of the values that are made of a column of prices: it has the same currency."""
    return f"value {currency_in_header(str(price))}".strip()


def _is_empty(cell: Any) -> bool:
    return cell is None or pd.isna(cell) is True or (isinstance(cell, str) and cell.strip().lower() in EMPTY_CELLS)


class _FrameTable(CsvTable):
    """A frame as a table of text; lines are row numbers, counted from 0."""

    def error(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        row_text = "" if line is None else f".iloc[{line}]"
        column_text = "" if column is None else f", column {short_repr(column, 80)}"
        return InvalidInput(f"{self.path}{row_text}{column_text}: {message}")


def _frame_table(frame: object) -> _FrameTable:
    if not isinstance(frame, pd.DataFrame):
        raise InvalidInput(
            f"frame must be a DataFrame with one row per holding, a Series or a mapping, got {short_repr(frame)}"
        )
    if isinstance(frame.index, pd.MultiIndex):
        raise InvalidInput(
            f"frame: must be a table with one index level, got {frame.index.nlevels}; frame.reset_index() makes "
            "columns of them"
        )
    frame = _with_values(frame)
    columns = [clean_text(str(column)) for column in frame.columns]
    missing = frame.isna().to_numpy()
    rows = [
        ["" if is_missing else clean_text(str(cell)) for cell, is_missing in zip(row, missing_cells, strict=True)]
        for row, missing_cells in zip(frame.to_numpy(dtype=object), missing, strict=True)
    ]
    if frame.index.dtype.kind == "O":
        header = _index_head(frame.index, columns)
        columns.insert(0, header)
        for cells, label in zip(rows, frame.index, strict=True):
            cells.insert(0, "" if pd.isna(label) is True else clean_text(str(label)))
    lines = {line: tuple(cells) for line, cells in enumerate(rows) if any(cells)}
    return _FrameTable("frame", tuple(columns), lines)


def _index_head(index: pd.Index[Any], columns: Sequence[str]) -> str:
    """The header of an index of strings: its name, else "ticker"; raise if a column has that header too."""
    header = "ticker" if index.name is None else clean_text(str(index.name))
    same_headers = [header_words(header)] if index.name is not None else HEADERS["ticker"]
    duplicate = next((column for column in columns if header_words(column) in same_headers), None)
    if duplicate is not None:
        raise InvalidInput(
            f"frame: must have one column for {short_repr(header, 80)}, got the index and the column "
            f"{short_repr(duplicate, 80)}; frame.reset_index(drop=True) drops the index"
        )
    return header
