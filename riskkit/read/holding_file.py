"""A portfolio from a table of holdings, a line a position: a CSV file, such as brokers export, or a frame."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from riskkit.checks import cleaned, shown
from riskkit.errors import InvalidInput, RiskkitWarning
from riskkit.portfolio import Portfolio
from riskkit.read.csv_file import CsvFile, head_words, read_lines
from riskkit.read.founders import Founder
from riskkit.read.holding_portfolio import Reading, Terms, reading_of
from riskkit.read.holding_tables import tables
from riskkit.read.holding_words import HEADS

__all__ = ["from_frame", "holdings", "read_holdings"]


def holdings(
    path: str | os.PathLike[str],
    founders: Mapping[str, Founder] | None = None,
    *,
    currency: str | None = None,
    fx: Mapping[str, float] | None = None,
    decimal: str | None = None,
    keep: Iterable[str] = (),
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> Portfolio:
    """Read a portfolio from a CSV file, such as brokers export.

    Parameters
    ----------
    path : str or path
        A file in UTF-8, or in UTF-16 as spreadsheets write it, parted by commas, semicolons or tabs, with a column of
        tickers (``ticker``, ``symbol`` …), or of names (``name``, ``holding``, ``description`` …), or one of each; a
        column of values (``value``, ``market value``, ``current value`` …); and perhaps columns of purchase costs
        (``cost basis``, ``total cost`` …, or ``average cost`` … and ``quantity``), of currencies, of put or call, of
        types of asset, and ``founder`` with one person's name. Heads may be in the languages of other brokers. Lines
        above the head, blank lines, other tables and closing notes are left out.
    founders : mapping of str to (str or mapping of str to float), optional
        The founder, or the shares of the value tied to each person, by ticker or by name; wins over the column.
    currency : str, optional
        The portfolio's currency, such as ``"USD"``. By default the one that the file states, None if it states none.
    fx : mapping of str to float, optional
        Units of `currency` for one of each other currency in the file.
    decimal : {".", ","}, optional
        The decimal sign, where the file leaves it open.
    keep : iterable of str
        Tickers or names of lines that are holdings although they look like sums or options.
    loan_rate : float
        Yearly interest on money owed, 0 <= loan_rate < 1. The file does not tell it: give it before simulating.
    max_loan_to_value : float, optional
        Share of gross assets above which the lender calls. By default 0.75 (equity of 25 %, FINRA Rule 4210), or what
        is owed already, if that is more.

    Returns
    -------
    Portfolio
        A holding for each ticker, or for each name where there is no ticker, in the order of the file. Lines of one
        are added up; where they have purchase costs they are its lots. Cash below 0, or a margin loan, becomes a loan.

    Warns
    -----
    RiskkitWarning
        If lines are left out: sums of others; options and other derivatives; values of 0 or below (shorts, closed
        positions); what is outside the table. If money is owed. If a purchase cost is not told. It lists each by name.

    Raises
    ------
    InvalidInput
        With file, line and column: if a column is missing or there are two for one thing; if a value is not a finite
        number; if a line has neither ticker nor name, or is the sum of all others; if values are in several currencies
        without `fx`; if names are equal but for case and punctuation; if lines of one security disagree on the founder.
        If no value is > 0, or their sum is not finite. If `founders` or `keep` names what is not in the file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "holdings.csv"
    ...     _ = file.write_text('Ticker,Market Value,Cost Basis\\nTSLA,"$4,000",900\\nBRK.B,"$6,000","5,000"\\n')
    ...     held = holdings(file, founders={"TSLA": "Musk"})
    >>> held
    Portfolio: gross 10,000, net 10,000, in USD
           value weight founder
    TSLA   4,000  40.0%    Musk
    BRK.B  6,000  60.0%
    >>> held.holding("TSLA").cost
    900.0
    """
    reading = read_holdings(
        path, founders, currency=currency, fx=fx, decimal=decimal, keep=keep, loan_rate=loan_rate,
        max_loan_to_value=max_loan_to_value,
    )  # fmt: skip
    return _told(reading, os.fspath(path), 3)


def from_frame(
    frame: pd.DataFrame,
    founders: Mapping[str, Founder] | None = None,
    *,
    currency: str | None = None,
    fx: Mapping[str, float] | None = None,
    keep: Iterable[str] = (),
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> Portfolio:
    """Return the portfolio of a frame with a row a position: `riskkit.Portfolio.from_frame`."""
    table = _table(frame)
    terms = Terms(founders, currency, fx, keep, loan_rate, max_loan_to_value)
    return _told(reading_of(table.path, [table], (), terms), table.path, 4)


def read_holdings(
    path: str | os.PathLike[str],
    founders: Mapping[str, Founder] | None = None,
    *,
    currency: str | None = None,
    fx: Mapping[str, float] | None = None,
    decimal: str | None = None,
    keep: Iterable[str] = (),
    loan_rate: float = 0.0,
    max_loan_to_value: float | None = None,
) -> Reading:
    """Read as `holdings` does, and return what it would warn of."""
    text = read_lines(path, decimal=decimal)
    found, outside = tables(text)
    terms = Terms(founders, currency, fx, keep, loan_rate, max_loan_to_value)
    return reading_of(text.path, found, outside, terms)


class _FrameTable(CsvFile):
    """A frame as a table of text; lines are rows, counted from 0."""

    def fault(self, message: str, line: int | None = None, column: str | None = None) -> InvalidInput:
        where = "" if line is None else f".iloc[{line}]"
        which = "" if column is None else f", column {shown(column, 80)}"
        return InvalidInput(f"{self.path}{where}{which}: {message}")


def _table(frame: object) -> _FrameTable:
    if not isinstance(frame, pd.DataFrame):
        raise InvalidInput(f"frame must be a DataFrame with a row a holding, got {shown(frame)}")
    if isinstance(frame.index, pd.MultiIndex):
        raise InvalidInput(
            f"frame: must be a table with one level of rows, got {frame.index.nlevels}; frame.reset_index() makes "
            "columns of them"
        )
    columns = [cleaned(str(column)) for column in frame.columns]
    missing = frame.isna().to_numpy()
    rows = [
        ["" if gap else cleaned(str(cell)) for cell, gap in zip(row, gaps, strict=True)]
        for row, gaps in zip(frame.to_numpy(dtype=object), missing, strict=True)
    ]
    if frame.index.dtype.kind == "O":
        head = _index_head(frame.index, columns)
        columns.insert(0, head)
        for cells, label in zip(rows, frame.index, strict=True):
            cells.insert(0, "" if pd.isna(label) is True else cleaned(str(label)))
    lines = {line: tuple(cells) for line, cells in enumerate(rows) if any(cells)}
    return _FrameTable("frame", tuple(columns), lines)


def _index_head(index: pd.Index[Any], columns: Sequence[str]) -> str:
    """What an index of strings is called; without a name it holds tickers, unless a column does."""
    head = "ticker" if index.name is None else cleaned(str(index.name))
    alike = [head_words(head)] if index.name is not None else HEADS["ticker"]
    taken = next((column for column in columns if head_words(column) in alike), None)
    if taken is not None:
        raise InvalidInput(
            f"frame: must have one column for {shown(head, 80)}, got the index and the column {shown(taken, 80)}; "
            "frame.reset_index(drop=True) drops the index"
        )
    return head


def _told(reading: Reading, path: str, stacklevel: int) -> Portfolio:
    for doubt in reading.doubts:
        warnings.warn(f"{path}: {doubt}", RiskkitWarning, stacklevel=stacklevel)
    return reading.portfolio
