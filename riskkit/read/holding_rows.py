"""What each line of a table of holdings is: a position, money owed, or something that is left out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from riskkit._core.validation import name_list, number, short_repr
from riskkit.read.amounts import money
from riskkit.read.csv_file import NOTHING, CsvFile, head_words
from riskkit.read.currencies import code, in_head, is_code
from riskkit.read.founders import Founder
from riskkit.read.holding_words import (
    HEADS,
    is_aside,
    is_base,
    is_cash,
    is_margin,
    is_option,
    is_owed,
    is_sum,
    is_value_head,
    kind_of_derivative,
    per_unit,
)

__all__ = ["LeftOut", "Money", "Position", "is_table_head", "positions"]


@dataclass(frozen=True)
class Money:
    """An amount and its currency's code, "" where none is stated."""

    amount: float
    currency: str


@dataclass(frozen=True)
class Position:
    """A line with a value.

    Parameters
    ----------
    file : CsvFile
        Where it stands.
    line : int
        Its line.
    ticker, name : str
        What it is called; one may be empty.
    value : Money
        As it stands, below 0 for a short position.
    cost : Money or None
        What was paid for it; None if the file does not tell.
    founder : str or None
        The person in its column.
    kind : {"holding", "owed", "derivative"}
        Money owed has a value below 0.
    lots : tuple of (Money, Money or None)
        Value and cost of the lots that lines below it tell.
    """

    file: CsvFile = field(repr=False, compare=False)
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
    """A line that is no holding, and why it is left out; the value is None where it has none."""

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
    side: int | None
    strike: int | None
    value: int
    cost: int | None
    unit_cost: int | None
    level: int | None


_NAMES = frozenset((*HEADS["ticker"], *HEADS["name"]))


def is_table_head(cells: tuple[str, ...]) -> bool:
    """Whether a line names a column of names and a column of values, and no cell of it is a number."""
    if any(map(money, cells)):
        return False
    named = any(head_words(cell) in _NAMES for cell in cells)
    return named and any(map(is_value_head, cells))


def positions(
    file: CsvFile, currency: str | None, keep: Collection[str]
) -> tuple[list[Position], list[LeftOut], list[str]]:
    """Return the positions of a table, what is left out of it, and doubts in words.

    Parameters
    ----------
    file : CsvFile
        The table.
    currency : str, optional
        That of the portfolio, for signs and columns that could mean several.
    keep : collection of str
        Names of lines that are holdings although they look like sums or options.
    """
    if len(file.lines) > _MOST_LINES:
        raise file.fault(
            f"must have at most {_MOST_LINES:,} lines of holdings, got {len(file.lines):,}; split the file"
        )
    columns = _columns(file, currency)
    found: list[Position] = []
    left_out: list[LeftOut] = []
    lots: dict[int, list[tuple[Money, Money | None]]] = {}  # by the position that they detail, a place in `found`
    newest: dict[str, int] = {}  # by name, the place in `found` of the nearest position above
    for line, cells in file.lines.items():
        ticker, name = (_called(cells, column) for column in (columns.ticker, columns.name))
        ticker = ticker.rstrip("*").rstrip() or ticker
        label = ticker or name
        kept = label in keep or name in keep
        if not kept and _says_sum(cells, columns):
            said = next(cell for cell in cells if is_sum(cell))
            amount = file.money(line, columns.value)
            left_out.append(LeftOut(line, label or said, None if amount is None else amount[0], "sum"))
            continue
        if not label:
            raise file.fault("must have a ticker or a name, got neither", line)
        if sum(map(bool, cells)) == 1 and len(cells) > _TITLED:
            left_out.append(LeftOut(line, label, None, "text"))
            continue
        value = _money(file, line, columns.value, columns, currency)
        if value is None:
            wanted = "must be a finite number"
            got = f"got {short_repr(cells[columns.value], 80)}; give the value, or remove the line"
            raise file.fault(f"{wanted}, {got}", line, file.columns[columns.value])
        cost = _cost(file, line, columns, currency, value)
        if columns.level is not None and cells[columns.level].lower() in _LOTS:
            if label not in newest:
                wanted = f"a lot must stand below the line that sums it, got none called {short_repr(label, 80)} above"
                raise file.fault(f"{wanted}; add that line, or move it above its lots", line)
            lots.setdefault(newest[label], []).append((value, cost))
            continue
        founder = None if columns.founder is None else _person(file, line, columns.founder, cells[columns.founder])
        position = Position(file, line, ticker, name, value, cost, founder)
        if not kept and _is_derivative(file, line, columns, (ticker, name)):
            position = replace(position, kind="derivative")
        elif _owes(position):
            position = replace(position, kind="owed", value=Money(-abs(value.amount), value.currency))
        newest[label] = len(found)
        found.append(position)
    doubts = []
    if columns.unit_cost is not None and columns.cost is None and columns.quantity is None:
        unread = short_repr(file.columns[columns.unit_cost], 80)
        doubts.append(f"column {unread} is not read: a cost per unit needs a column of quantities")
    detailed = [replace(each, lots=tuple(lots[n])) if n in lots else each for n, each in enumerate(found)]
    return detailed, left_out, doubts


_MOST_LINES = 25_000  # more than the largest index funds hold
_TITLED = 3  # columns; in a wider table a line with one cell is the title of a group
_LOTS = ("lot", "lots", "tax lot", "taxlot")


def _columns(file: CsvFile, currency: str | None) -> _Columns:
    def first(role: str) -> int | None:
        return next((file.column(head) for head in HEADS[role] if head in file.places), None)

    ticker, name = first("ticker"), first("name")
    if ticker is None and name is None:
        raise file.lacks("ticker, symbol, name or holding")
    value = _one(file, "value", [n for n, head in enumerate(file.columns) if is_value_head(head)], currency)
    if value is None:
        raise file.lacks("value, value_usd, market_value or market_value_usd")
    costs = {n: unit for n, head in enumerate(file.columns) if (unit := per_unit(head)) is not None}
    return _Columns(
        ticker, name, first("founder"), first("quantity"), first("currency"), first("type"), first("put or call"),
        first("strike"), value,
        _one(file, "cost", [n for n, unit in costs.items() if not unit], currency),
        _one(file, "cost of a unit", [n for n, unit in costs.items() if unit], currency),
        _level(file),
    )  # fmt: skip


def _one(file: CsvFile, what: str, places: list[int], currency: str | None) -> int | None:
    """The one column of these; of several, the one in the portfolio's currency, or the only one that names its own."""
    stated = {place: code(in_head(file.columns[place]), currency) for place in places}
    if len(places) > 1:
        own = [place for place in places if stated[place] and stated[place] == (currency or stated[place])]
        places = own if len(own) == 1 else places
    if len(places) > 1:
        named = name_list((file.columns[place] for place in places), " and ")
        raise file.fault(f"must have one column for {what}, got {named}; rename or remove one")
    return places[0] if places else None


def _level(file: CsvFile) -> int | None:
    """The column that tells lines that sum up lots from the lots."""
    for column in range(len(file.columns)):
        said = {cells[column].lower() for cells in file.lines.values()}
        if said & set(_LOTS) and said & {"summary", "position", "holding"}:
            return column
    return None


def _called(cells: tuple[str, ...], column: int | None) -> str:
    return "" if column is None or cells[column].lower() in NOTHING else cells[column]


def _says_sum(cells: tuple[str, ...], columns: _Columns) -> bool:
    names = {columns.ticker, columns.name}
    aside = all(is_aside(_called(cells, place)) for place in names)
    others = (cell for place, cell in enumerate(cells) if place not in names)
    return (aside and any(map(is_sum, cells))) or any(is_sum(cell, alone=True) for cell in others)


def _money(file: CsvFile, line: int, column: int, columns: _Columns, near: str | None) -> Money | None:
    """The money in a cell: its currency stands there, or in the head, or in the line's column of currencies."""
    found = file.money(line, column)
    if found is None:
        return None
    amount, written = found
    head = file.columns[column]
    stated = "" if columns.currency is None else _called(file.lines[line], columns.currency)
    row = code(stated) if stated else None
    own = code(written, row or near) if written else ""
    named = code(in_head(head), own or near)
    if own and named and own != named:
        raise file.fault(
            f"must be in {named} like the head, got {short_repr(file.lines[line][column], 80)}", line, head
        )
    if own and row and own != row and not named:
        got = f"got {short_repr(file.lines[line][column], 80)} beside {short_repr(stated, 80)}"
        raise file.fault(f"must be in the currency that the line states, {got}; correct one of them", line, head)
    currency = named or own or ("" if is_base(head) else row or "")
    if currency and not is_code(currency):
        place = columns.currency if currency == row else column
        got = f"got {short_repr(stated if currency == row else written, 80)}; write its code"
        raise file.fault(
            f"a currency must be a code of three letters such as USD, {got}", line, file.columns[place or 0]
        )
    return Money(amount, currency)


def _cost(file: CsvFile, line: int, columns: _Columns, near: str | None, value: Money) -> Money | None:
    """What was paid: the total, else the cost of a unit times the quantity; None where the line does not tell it."""
    for column, factor in ((columns.cost, None), (columns.unit_cost, columns.quantity)):
        if column is None or (column == columns.unit_cost and factor is None):
            continue
        if not _called(file.lines[line], column):
            continue
        cost = _money(file, line, column, columns, near)
        if cost is None:
            got = short_repr(file.lines[line][column], 80)
            raise file.fault(f"must be a finite number or empty, got {got}", line, file.columns[column])
        if factor is not None:
            quantity = file.amount(line, factor) if _called(file.lines[line], factor) else None
            if quantity is None:
                continue
            cost = Money(cost.amount * abs(quantity), cost.currency)
            number(f"{file.path}: cost of a unit times the quantity in line {line}", cost.amount)
        if cost.amount < 0.0 < value.amount:
            got = short_repr(file.lines[line][column], 80)
            raise file.fault(
                f"a purchase cost must be >= 0, got {got}; correct or empty it", line, file.columns[column]
            )
        return cost
    return None


def _person(file: CsvFile, line: int, column: int, cell: str) -> str | None:
    if re.search(r"[\d%:;=]", cell):
        wanted = "must be one person's name (give shares through the argument founders)"
        raise file.fault(f"{wanted}, got {short_repr(cell, 80)}", line, file.columns[column])
    return None if cell.lower() in NOTHING else cell


def _is_derivative(file: CsvFile, line: int, columns: _Columns, names: Collection[str]) -> bool:
    cells = file.lines[line]
    side = _called(cells, columns.side).lower()
    if side and side not in ("put", "call", "p", "c", "puts", "calls"):
        got = short_repr(cells[columns.side or 0], 80)
        raise file.fault(f"must be put or call, or empty, got {got}", line, file.columns[columns.side or 0])
    kind = "" if columns.type is None else cells[columns.type]
    return bool(side or _strike(cells, columns) or kind_of_derivative(kind) or any(map(is_option, names)))


def _strike(cells: tuple[str, ...], columns: _Columns) -> bool:
    return columns.strike is not None and _called(cells, columns.strike).strip("0.,") != ""


def _owes(position: Position) -> bool:
    """Whether a line is money owed: cash below 0, or what is called a loan."""
    if is_owed(position.label):
        return True
    if position.value.amount > 0.0 and is_margin(position.label):
        got = f"{short_repr(position.label, 80)} with {position.value.amount:,.10g}"
        raise position.file.fault(
            f"a margin balance must be owed or held, got {got}; call it 'Margin loan' or 'Cash'", position.line
        )
    return position.value.amount < 0.0 and is_cash(position.label)
