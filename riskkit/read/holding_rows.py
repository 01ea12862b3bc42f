"""Classify each line of a table of holdings: a position, a debt, or a line to leave out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from riskkit._core.validation import name_list, number, short_repr
from riskkit.read.amounts import money
from riskkit.read.csv_file import EMPTY_CELLS, CsvTable, header_words
from riskkit.read.currencies import currency_code, currency_in_header, is_currency_code
from riskkit.read.founders import Founder
from riskkit.read.holding_words import (
    HEADERS,
    is_base_currency_header,
    is_cash,
    is_debt,
    is_margin,
    is_option,
    is_sum,
    is_value_header,
    kind_of_derivative,
    names_no_holding,
    per_unit,
)

__all__ = ["LeftOut", "Money", "Position", "is_table_header", "read_positions"]


@dataclass(frozen=True)
class Money:
    """An amount and its currency's code, "" where none is stated."""

    amount: float
    currency: str


@dataclass(frozen=True)
class Position:
    """A line of a table of holdings with a value.

    Parameters
    ----------
    file : CsvFile
        The table.
    line : int
        The number of the line.
    ticker, name : str
        Ticker and name; one may be empty.
    value : Money
        The value as written, below 0 for a short position.
    cost : Money or None
        The purchase cost; None without one.
    founder : str or None
        The founder in the column `founder`.
    kind : {"holding", "debt", "derivative"}
        A debt has a value below 0.
    lots : tuple of (Money, Money or None)
        Value and cost of the tax lots that the lines below it list.
    """

    file: CsvTable = field(repr=False, compare=False)
    line: int
    ticker: str
    name: str
    value: Money
    cost: Money | None = None
    founder: Founder | None = None
    kind: str = "holding"
    lots: tuple[tuple[Money, Money | None], ...] = ()

    @property
    def label(self) -> str:
        """Ticker, else name."""
        return self.ticker or self.name


@dataclass(frozen=True)
class LeftOut:
    """A line that is not a holding, and the reason; the value is None for a line without one."""

    line: int
    name: str
    value: float | None
    reason: str


@dataclass(frozen=True)
class _Columns:
    ticker: int | None
    name: int | None
    founder: int | None
    quantity: int | None
    currency: int | None
    type: int | None
    put_or_call: int | None
    strike: int | None
    value: int
    cost: int | None
    unit_cost: int | None
    lot_level: int | None


_NAMES = frozenset((*HEADERS["ticker"], *HEADERS["name"]))


def is_table_header(cells: tuple[str, ...]) -> bool:
    """Whether a line is a header: it names a column of names and one of values, and has no number."""
    if any(map(money, cells)):
        return False
    named = any(header_words(cell) in _NAMES for cell in cells)
    return named and any(map(is_value_header, cells))


def read_positions(
    file: CsvTable, currency: str | None, keep: Collection[str]
) -> tuple[list[Position], list[LeftOut], list[str]]:
    """Return the positions of a table, the lines left out, and the texts of warnings.

    Parameters
    ----------
    file : CsvFile
        The table.
    currency : str, optional
        The portfolio's currency; it decides between several currencies of one sign and between several columns.
    keep : collection of str
        Names of holdings that look like sums or options.
    """
    if len(file.lines) > _MAX_LINES:
        raise file.error(f"must have at most {_MAX_LINES:,} lines of holdings, got {len(file.lines):,}; split the file")
    columns = _columns(file, currency)
    table_positions: list[Position] = []
    left_out: list[LeftOut] = []
    lots: dict[int, list[tuple[Money, Money | None]]] = {}  # by the index of the position that they detail
    nearest_above: dict[str, int] = {}  # by label, the index of the nearest position above
    for line, cells in file.lines.items():
        ticker, name = (_cell_text(cells, column) for column in (columns.ticker, columns.name))
        ticker = ticker.rstrip("*").rstrip() or ticker
        label = ticker or name
        in_keep = label in keep or name in keep
        if not in_keep and _is_sum_line(cells, columns):
            sum_cell = next(cell for cell in cells if is_sum(cell))
            amount = file.money(line, columns.value)
            left_out.append(LeftOut(line, label or sum_cell, None if amount is None else amount[0], "sum"))
            continue
        if not label:
            raise file.error("must have a ticker or a name, got neither", line)
        if sum(map(bool, cells)) == 1 and len(cells) > _GROUP_TITLE_WIDTH:
            left_out.append(LeftOut(line, label, None, "text"))
            continue
        value = _money(file, line, columns.value, columns, currency)
        if value is None:
            requirement = "must be a finite number"
            got = f"got {short_repr(cells[columns.value], 80)}; give the value, or remove the line"
            raise file.error(f"{requirement}, {got}", line, file.columns[columns.value])
        cost = _cost(file, line, columns, currency, value)
        if columns.lot_level is not None and cells[columns.lot_level].lower() in _LOT_LEVELS:
            if label not in nearest_above:
                requirement = (
                    f"a lot must be below the line that sums it, got none called {short_repr(label, 80)} above"
                )
                raise file.error(f"{requirement}; add that line, or move it above its lots", line)
            lots.setdefault(nearest_above[label], []).append((value, cost))
            continue
        founder = (
            None if columns.founder is None else _founder_name(file, line, columns.founder, cells[columns.founder])
        )
        position = Position(file, line, ticker, name, value, cost, founder)
        if not in_keep and _is_derivative(file, line, columns, (ticker, name)):
            position = replace(position, kind="derivative")
        elif _is_debt(position):
            position = replace(position, kind="debt", value=Money(-abs(value.amount), value.currency))
        nearest_above[label] = len(table_positions)
        table_positions.append(position)
    warning_texts = []
    if columns.unit_cost is not None and columns.cost is None and columns.quantity is None:
        column_name = short_repr(file.columns[columns.unit_cost], 80)
        warning_texts.append(f"column {column_name} is ignored: a cost per unit needs a column of quantities")
    with_lots = [replace(each, lots=tuple(lots[n])) if n in lots else each for n, each in enumerate(table_positions)]
    return with_lots, left_out, warning_texts


_MAX_LINES = 25_000  # more than the largest index funds hold
_GROUP_TITLE_WIDTH = 3  # columns; in a wider table a line with one cell is a group title
_LOT_LEVELS = ("lot", "lots", "tax lot", "taxlot")


def _columns(file: CsvTable, currency: str | None) -> _Columns:
    def first_column(role: str) -> int | None:
        return next((file.column(header) for header in HEADERS[role] if header in file.column_indices), None)

    ticker, name = first_column("ticker"), first_column("name")
    if ticker is None and name is None:
        raise file.missing_column_error("ticker, symbol, name or holding")
    value = _single_column(
        file, "value", [n for n, header in enumerate(file.columns) if is_value_header(header)], currency
    )
    if value is None:
        raise file.missing_column_error("value, value_usd, market_value or market_value_usd")
    costs = {n: unit for n, header in enumerate(file.columns) if (unit := per_unit(header)) is not None}
    return _Columns(
        ticker, name, first_column("founder"), first_column("quantity"), first_column("currency"),
        first_column("type"), first_column("put or call"), first_column("strike"), value,
        _single_column(file, "cost", [n for n, unit in costs.items() if not unit], currency),
        _single_column(file, "cost of a unit", [n for n, unit in costs.items() if unit], currency),
        _level_column(file),
    )  # fmt: skip


def _single_column(file: CsvTable, quantity: str, columns: list[int], currency: str | None) -> int | None:
    """The only column of these; of several, the one in the portfolio's currency, or the only one with a currency."""
    currencies = {column: currency_code(currency_in_header(file.columns[column]), currency) for column in columns}
    if len(columns) > 1:
        in_currency = [
            column
            for column in columns
            if currencies[column] and currencies[column] == (currency or currencies[column])
        ]
        columns = in_currency if len(in_currency) == 1 else columns
    if len(columns) > 1:
        names = name_list((file.columns[column] for column in columns), " and ")
        raise file.error(f"must have one column for {quantity}, got {names}; rename or remove one")
    return columns[0] if columns else None


def _level_column(file: CsvTable) -> int | None:
    """The column that distinguishes tax lots from the lines that sum them."""
    for column in range(len(file.columns)):
        levels = {cells[column].lower() for cells in file.lines.values()}
        if levels & set(_LOT_LEVELS) and levels & {"summary", "position", "holding"}:
            return column
    return None


def _cell_text(cells: tuple[str, ...], column: int | None) -> str:
    return "" if column is None or cells[column].lower() in EMPTY_CELLS else cells[column]


def _is_sum_line(cells: tuple[str, ...], columns: _Columns) -> bool:
    name_columns = {columns.ticker, columns.name}
    no_name = all(names_no_holding(_cell_text(cells, column)) for column in name_columns)
    others = (cell for column, cell in enumerate(cells) if column not in name_columns)
    return (no_name and any(map(is_sum, cells))) or any(is_sum(cell, only=True) for cell in others)


def _money(file: CsvTable, line: int, column: int, columns: _Columns, preferred: str | None) -> Money | None:
    """The amount in a cell; its currency is in the cell, the header, or the line's column of currencies."""
    number = file.money(line, column)
    if number is None:
        return None
    amount, written_currency = number
    header = file.columns[column]
    stated_currency = "" if columns.currency is None else _cell_text(file.lines[line], columns.currency)
    line_currency = currency_code(stated_currency) if stated_currency else None
    cell_currency = currency_code(written_currency, line_currency or preferred) if written_currency else ""
    header_currency = currency_code(currency_in_header(header), cell_currency or preferred)
    if cell_currency and header_currency and cell_currency != header_currency:
        raise file.error(
            f"must be in {header_currency} like the header, got {short_repr(file.lines[line][column], 80)}",
            line,
            header,
        )
    if cell_currency and line_currency and cell_currency != line_currency and not header_currency:
        got = f"got {short_repr(file.lines[line][column], 80)} beside {short_repr(stated_currency, 80)}"
        raise file.error(f"must be in the currency that the line states, {got}; correct one of them", line, header)
    currency = header_currency or cell_currency or ("" if is_base_currency_header(header) else line_currency or "")
    if currency and not is_currency_code(currency):
        faulty_column = columns.currency if currency == line_currency else column
        got = (
            f"got {short_repr(stated_currency if currency == line_currency else written_currency, 80)}; write its code"
        )
        raise file.error(
            f"a currency must be a code of three letters such as USD, {got}", line, file.columns[faulty_column or 0]
        )
    return Money(amount, currency)


def _cost(file: CsvTable, line: int, columns: _Columns, preferred: str | None, value: Money) -> Money | None:
    """The purchase cost: the total, else unit cost times quantity; None without either."""
    for column, quantity_column in ((columns.cost, None), (columns.unit_cost, columns.quantity)):
        if column is None or (column == columns.unit_cost and quantity_column is None):
            continue
        if not _cell_text(file.lines[line], column):
            continue
        cost = _money(file, line, column, columns, preferred)
        if cost is None:
            got = short_repr(file.lines[line][column], 80)
            raise file.error(f"must be a finite number or empty, got {got}", line, file.columns[column])
        if quantity_column is not None:
            quantity = file.amount(line, quantity_column) if _cell_text(file.lines[line], quantity_column) else None
            if quantity is None:
                continue
            cost = Money(cost.amount * abs(quantity), cost.currency)
            number(f"{file.path}: cost of a unit times the quantity in line {line}", cost.amount)
        if cost.amount < 0.0 < value.amount:
            got = short_repr(file.lines[line][column], 80)
            raise file.error(
                f"a purchase cost must be >= 0, got {got}; correct or empty it", line, file.columns[column]
            )
        return cost
    return None


def _founder_name(file: CsvTable, line: int, column: int, cell: str) -> str | None:
    if re.search(r"[\d%:;=]", cell):
        requirement = "must be one person's name (give shares through the argument founders)"
        raise file.error(f"{requirement}, got {short_repr(cell, 80)}", line, file.columns[column])
    return None if cell.lower() in EMPTY_CELLS else cell


def _is_derivative(file: CsvTable, line: int, columns: _Columns, names: Collection[str]) -> bool:
    cells = file.lines[line]
    put_or_call = _cell_text(cells, columns.put_or_call).lower()
    if put_or_call and put_or_call not in ("put", "call", "p", "c", "puts", "calls"):
        got = short_repr(cells[columns.put_or_call or 0], 80)
        raise file.error(f"must be put or call, or empty, got {got}", line, file.columns[columns.put_or_call or 0])
    kind = "" if columns.type is None else cells[columns.type]
    return bool(put_or_call or _has_strike(cells, columns) or kind_of_derivative(kind) or any(map(is_option, names)))


def _has_strike(cells: tuple[str, ...], columns: _Columns) -> bool:
    return columns.strike is not None and _cell_text(cells, columns.strike).strip("0.,") != ""


def _is_debt(position: Position) -> bool:
    """Whether a line is a debt: cash below 0, or a name such as "Margin loan"."""
    if is_debt(position.label):
        return True
    if position.value.amount > 0.0 and is_margin(position.label):
        got = f"{short_repr(position.label, 80)} with {position.value.amount:,.10g}"
        raise position.file.error(
            f"a margin balance must be a debt or cash, got {got}; call it 'Margin loan' or 'Cash'", position.line
        )
    return position.value.amount < 0.0 and is_cash(position.label)
