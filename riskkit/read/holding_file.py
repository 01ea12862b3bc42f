"""Read a portfolio from a CSV file of positions, such as brokers export."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from riskkit.portfolio._portfolio import Portfolio
from riskkit.read.csv_file import read_lines
from riskkit.read.founders import Founder
from riskkit.read.holding_portfolio import HoldingOptions, ReadResult, portfolio_from_tables
from riskkit.read.holding_tables import find_tables

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
        A file in UTF-8, or in UTF-16 as spreadsheets write it, with commas, semicolons or tabs, with a column of
        tickers (``ticker``, ``symbol`` …), or of names (``name``, ``holding``, ``description`` …), or one of each; a
        column of values (``value``, ``market value``, ``current value`` …); and perhaps columns of purchase costs
        (``cost basis``, ``total cost`` …, or ``average cost`` … and ``quantity``), of currencies, of put or call, of
        types of asset, and ``founder`` with one person's name. Headers may be in the languages of other brokers. Lines
        above the header, blank lines, other tables and closing notes are left out.
    founders : mapping of str to (str or mapping of str to float), optional
        The founder, or the shares of the value that depend on each founder, by ticker or name; overrides the column.
    currency : str, optional
        The portfolio's currency, such as ``"USD"``. By default the file's currency, None if it names none.
    fx : mapping of str to float, optional
        Units of `currency` for one of each other currency in the file.
    decimal : {".", ","}, optional
        The decimal sign, if the file's numbers do not determine it.
    keep : iterable of str
        Tickers or names of holdings that look like sums or options.
    loan_rate : float
        Yearly interest on the loan, 0 <= loan_rate < 1. The file does not contain it: set it before simulating.
    max_loan_to_value : float, optional
        Share of gross assets above which the lender calls. By default 0.75 (equity of 25 %, FINRA Rule 4210), or the
        present share of the loan, if that is more.

    Returns
    -------
    Portfolio
        A holding for each ticker, or for each name where there is no ticker, in the order of the file. Lines of one
        are added up; where they have purchase costs they are its tax lots. Cash below 0 or a margin loan is the loan.

    Warns
    -----
    RiskkitWarning
        If lines are left out: sums of others; options and other derivatives; values of 0 or below (shorts, closed
        positions); lines outside the table. If there is a loan. If a purchase cost is missing. Each is listed by name.

    Raises
    ------
    InvalidInput
        With file, line and column: if a column is missing or there are two for one thing; if a value is not a finite
        number; if a line has neither ticker nor name, or is the sum of all others; if values are in several currencies
        without `fx`; if names differ only by case or punctuation; if lines of one security disagree on the founder.
        If no value is > 0, or their sum is not finite. If `founders` or `keep` names a security not in the file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "holdings.csv"
    ...     _ = file.write_text('Ticker,Market Value,Cost Basis\\nTSLA,"$4,000",900\\nBRK.B,"$6,000","5,000"\\n')
    ...     portfolio = holdings(file, founders={"TSLA": "Musk"})
    >>> portfolio
    Portfolio: gross 10,000, net 10,000, in USD
           value  weight  founder
    TSLA   4,000  40.0 %     Musk
    BRK.B  6,000  60.0 %
    >>> portfolio.holding("TSLA").cost
    900.0
    """
    result = read_holdings(
        path, founders, currency=currency, fx=fx, decimal=decimal, keep=keep, loan_rate=loan_rate,
        max_loan_to_value=max_loan_to_value,
    )  # fmt: skip
    return result.with_warnings(os.fspath(path), 3)


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
) -> ReadResult[Portfolio]:
    """Read as `holdings` does, and return the warnings instead of issuing them."""
    file = read_lines(path, decimal=decimal)
    csv_tables, lines_outside = find_tables(file)
    options = HoldingOptions(founders, currency, fx, keep, loan_rate, max_loan_to_value)
    return portfolio_from_tables(Portfolio, file.path, csv_tables, lines_outside, options)
