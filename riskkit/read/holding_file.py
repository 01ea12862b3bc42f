"""A portfolio from a CSV file of holdings, a line a position."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from riskkit.checks import number, shown
from riskkit.errors import RiskkitWarning
from riskkit.holding import Holding
from riskkit.portfolio import Portfolio
from riskkit.read.csv_file import NOTHING, CsvFile, read_csv
from riskkit.read.founders import Founder, checked_founders, one_founder

__all__ = ["holdings"]

_TICKER = ("ticker", "symbol")
_NAME = ("name", "holding")
_VALUE = ("value", "value usd", "market value", "market value usd")
_FOUNDER = ("founder",)
_SUMS = ("total", "totals", "grand total", "sum")


@dataclass(frozen=True)
class _Position:
    line: int
    ticker: str
    name: str
    value: float
    founder: Founder | None

    @property
    def label(self) -> str:
        return self.ticker or self.name


def holdings(path: str | os.PathLike[str], founders: Mapping[str, Founder] | None = None) -> Portfolio:
    """Read a portfolio from a CSV file.

    Parameters
    ----------
    path : str or path
        A comma-separated file in UTF-8 with, in any case, a column ``ticker`` or ``symbol``, or ``name`` or
        ``holding``, or one of each; a column ``value``, ``value_usd``, ``market_value`` or ``market value usd``; and
        perhaps a column ``founder`` with one person's name. Values may have a currency sign and commas between groups
        of three digits. Other columns are ignored.
    founders : mapping of str to (str or mapping of str to float), optional
        The founder, or the shares of the value tied to each person, by ticker or by name; wins over the column.

    Returns
    -------
    Portfolio
        A holding for each ticker, or for each name where there is no ticker; lines of one are added up. The order is
        that of the file.

    Warns
    -----
    RiskkitWarning
        If lines with a value of 0 or below (shorts, closed positions) are left out; it lists them with their value as
        a share of the rest.

    Raises
    ------
    InvalidInput
        With file, line and column: if a column is missing or there are two for one thing; if a value is not a finite
        number; if a line has neither ticker nor name, or is a sum of others; if lines of one security disagree on the
        founder. If no value is > 0, or their sum is not finite. If `founders` names a security that is not in the file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "holdings.csv"
    ...     _ = file.write_text('Ticker,Market Value\\nTSLA,"$4,000"\\nBRK.B,"6,000"\\n')
    ...     holdings(file, founders={"TSLA": "Musk"})
    Portfolio: gross 10,000, net 10,000
           value weight founder
    TSLA   4,000  40.0%    Musk
    BRK.B  6,000  60.0%
    """
    file = read_csv(path)
    positions = _positions(file)
    given = checked_founders(file.path, founders, (key for p in positions for key in (p.ticker, p.name) if key))
    held: dict[str, list[_Position]] = {}
    for position in positions:
        if position.value > 0.0:
            held.setdefault(position.label, []).append(position)
    if not held:
        raise file.fault("must hold at least one line with a value > 0, got none")
    number(f"{file.path}: sum of all values", sum(position.value for lines in held.values() for position in lines))
    portfolio = Portfolio(tuple(_holding(file, label, lines, given) for label, lines in held.items()))
    left_out = [position for position in positions if position.value <= 0.0]
    if left_out:
        listed = ", ".join(f"{p.label!r} ({p.value / portfolio.total:.2%})" for p in left_out)
        warnings.warn(
            f"{file.path}: lines with a value of 0 or below are left out (share of the rest): {listed}",
            RiskkitWarning,
            stacklevel=2,
        )
    return portfolio


def _positions(file: CsvFile) -> list[_Position]:
    ticker, name, value, founder = (file.column(*heads) for heads in (_TICKER, _NAME, _VALUE, _FOUNDER))
    if ticker is None and name is None:
        raise file.lacks("ticker, symbol, name or holding")
    if value is None:
        raise file.lacks("value, value_usd, market_value or market_value_usd")
    positions = []
    for line, cells in file.lines.items():
        called = [_called(cells, column) for column in (ticker, name)]
        if not any(called):
            raise file.fault("must have a ticker or a name, got neither", line)
        if not called[0] and called[1].lower() in _SUMS:
            raise file.fault(f"must be a holding, got a line of sums, {called[1]!r}; remove it", line)
        worth = file.amount(line, value)
        if worth is None:
            raise file.fault(f"must be a finite number, got {shown(cells[value], 80)}", line, file.columns[value])
        person = None if founder is None else _person(file, line, founder, cells[founder])
        positions.append(_Position(line, called[0], called[1], worth, person))
    return positions


def _called(cells: tuple[str, ...], column: int | None) -> str:
    return "" if column is None or cells[column].lower() in NOTHING else cells[column]


def _person(file: CsvFile, line: int, column: int, cell: str) -> str | None:
    if re.search(r"[\d%:;=]", cell):
        wanted = "must be one person's name (give shares through the argument founders)"
        raise file.fault(f"{wanted}, got {cell!r}", line, file.columns[column])
    return None if cell.lower() in NOTHING else cell


def _holding(file: CsvFile, label: str, lines: list[_Position], founders: Mapping[str, Founder]) -> Holding:
    keys = dict.fromkeys(key for position in lines for key in (position.ticker, position.name) if key in founders)
    column = {position.founder: position.line for position in lines}
    said: list[Founder | None] = [founders[key] for key in keys] or list(column)
    places = "founders" if keys else "lines " + " and ".join(map(str, column.values()))
    return Holding(
        label, sum(position.value for position in lines), founder=one_founder(file.path, label, said, places)
    )
