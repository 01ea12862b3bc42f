"""Read a portfolio from a DataFrame of positions, by the same rules as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import clean_text, short_repr
from riskkit.read.csv_file import CsvTable, header_words
from riskkit.read.founders import Founder
from riskkit.read.holding_portfolio import HoldingOptions, PortfolioT, portfolio_from_tables
from riskkit.read.holding_words import HEADERS

__all__ = ["from_frame"]


def from_frame(
    portfolio_class: Callable[..., PortfolioT],
    frame: pd.DataFrame,
    founders: Mapping[str, Founder] | None = None,
    *,
    currency: str | None = None,
    fx: Mapping[str, float] | None = None,
    keep: Iterable[str] = (),
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> PortfolioT:
    """Return the portfolio of a frame with one row per position, as `portfolio_class`: `Portfolio.from_frame`."""
    table = _frame_table(frame)
    options = HoldingOptions(founders, currency, fx, keep, loan_rate, max_loan_to_value)
    return portfolio_from_tables(portfolio_class, table.path, [table], (), options).with_warnings(table.path, 4)


class _FrameTable(CsvTable):
    """A frame as a table of text; lines are row numbers, counted from 0."""

    def error(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        row_text = "" if line is None else f".iloc[{line}]"
        column_text = "" if column is None else f", column {short_repr(column, 80)}"
        return InvalidInput(f"{self.path}{row_text}{column_text}: {message}")


def _frame_table(frame: object) -> _FrameTable:
    if not isinstance(frame, pd.DataFrame):
        raise InvalidInput(f"frame must be a DataFrame with one row per holding, got {short_repr(frame)}")
    if isinstance(frame.index, pd.MultiIndex):
        raise InvalidInput(
            f"frame: must be a table with one index level, got {frame.index.nlevels}; frame.reset_index() makes "
            "columns of them"
        )
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
