"""A portfolio from a file of holdings, a line a position, such as brokers export."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from riskkit.portfolio._portfolio import Portfolio
from riskkit.read.csv_file import read_lines
from riskkit.read.founders import Founder
from riskkit.read.holding_portfolio import Reading, Terms, reading_of
from riskkit.read.holding_tables import tables

__all__ = ["holdings", "read_holdings"]


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
    return reading.with_warnings(os.fspath(path), 3)


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
) -> Reading[Portfolio]:
    """Read as `holdings` does, and return what it would warn of."""
    text = read_lines(path, decimal=decimal)
    found, outside = tables(text)
    terms = Terms(founders, currency, fx, keep, loan_rate, max_loan_to_value)
    return reading_of(Portfolio, text.path, found, outside, terms)
