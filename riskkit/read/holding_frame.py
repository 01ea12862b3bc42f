"""A portfolio from a frame of holdings, a row a position, by the rules of files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import clean_text, short_repr
from riskkit.read.csv_file import CsvFile, head_words
from riskkit.read.founders import Founder
from riskkit.read.holding_portfolio import Made, Terms, reading_of
from riskkit.read.holding_words import HEADS

__all__ = ["from_frame"]


def from_frame(
    portfolio: Callable[..., Made],
    frame: pd.DataFrame,
    founders: Mapping[str, Founder] | None = None,
    *,
    currency: str | None = None,
    fx: Mapping[str, float] | None = None,
    keep: Iterable[str] = (),
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> Made:
    """Return the portfolio of a frame with a row a position, of the class given first: `Portfolio.from_frame`."""
    table = _table(frame)
    terms = Terms(founders, currency, fx, keep, loan_rate, max_loan_to_value)
    return reading_of(portfolio, table.path, [table], (), terms).with_warnings(table.path, 4)


class _FrameTable(CsvFile):
    """A frame as a table of text; lines are rows, counted from 0."""

    def fault(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        where = "" if line is None else f".iloc[{line}]"
        which = "" if column is None else f", column {short_repr(column, 80)}"
        return InvalidInput(f"{self.path}{where}{which}: {message}")


def _table(frame: object) -> _FrameTable:
    if not isinstance(frame, pd.DataFrame):
        raise InvalidInput(f"frame must be a DataFrame with a row a holding, got {short_repr(frame)}")
    if isinstance(frame.index, pd.MultiIndex):
        raise InvalidInput(
            f"frame: must be a table with one level of rows, got {frame.index.nlevels}; frame.reset_index() makes "
            "columns of them"
        )
    columns = [clean_text(str(column)) for column in frame.columns]
    missing = frame.isna().to_numpy()
    rows = [
        ["" if gap else clean_text(str(cell)) for cell, gap in zip(row, gaps, strict=True)]
        for row, gaps in zip(frame.to_numpy(dtype=object), missing, strict=True)
    ]
    if frame.index.dtype.kind == "O":
        head = _index_head(frame.index, columns)
        columns.insert(0, head)
        for cells, label in zip(rows, frame.index, strict=True):
            cells.insert(0, "" if pd.isna(label) is True else clean_text(str(label)))
    lines = {line: tuple(cells) for line, cells in enumerate(rows) if any(cells)}
    return _FrameTable("frame", tuple(columns), lines)


def _index_head(index: pd.Index[Any], columns: Sequence[str]) -> str:
    """What an index of strings is called; without a name it holds tickers, unless a column does."""
    head = "ticker" if index.name is None else clean_text(str(index.name))
    alike = [head_words(head)] if index.name is not None else HEADS["ticker"]
    taken = next((column for column in columns if head_words(column) in alike), None)
    if taken is not None:
        raise InvalidInput(
            f"frame: must have one column for {short_repr(head, 80)}, got the index and the column "
            f"{short_repr(taken, 80)}; frame.reset_index(drop=True) drops the index"
        )
    return head
