"""Make a portfolio of the positions of a file or frame: convert currencies, refuse sums, collect lots and the loan."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Generic, TypeVar

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.format import percent
from riskkit._core.validation import clean_text, join_first, name_key, name_list, number, short_repr, with_place
from riskkit.portfolio._holding import Holding, Lot
from riskkit.portfolio._loan import MAX_LOAN_TO_VALUE, Loan
from riskkit.read.csv_file import CsvTable
from riskkit.read.currencies import checked_rates, common_currency
from riskkit.read.founders import Founder, checked_founders, common_founder
from riskkit.read.holding_rows import LeftOut, Money, Position, read_positions
from riskkit.read.holding_words import is_cash

__all__ = ["PortfolioT", "ReadResult", "HoldingOptions", "portfolio_from_tables"]

#: The portfolio class. It is an argument, because `Portfolio.from_frame` calls this module.
PortfolioT = TypeVar("PortfolioT")

_SUM_TOLERANCE = 0.0101  # a cent: sums of rounded values may differ by that much
_SUM_RELATIVE_TOLERANCE = 1e-4  # for small sums
_LOTS_TOLERANCE = 1e-6

_LOTS_MISMATCH = "lots are ignored that do not sum to the value and cost of their line"
_LOTS_WITHOUT_COST = "lots without a purchase cost are taken as bought at today's value"


@dataclass(frozen=True)
class ReadResult(Generic[PortfolioT]):
    """A portfolio, the lines left out of it, and the texts of the warnings."""

    portfolio: PortfolioT
    left_out: tuple[LeftOut, ...]
    warning_texts: tuple[str, ...]

    def with_warnings(self, path: str, stacklevel: int) -> PortfolioT:
        """Return the portfolio and issue the warnings."""
        for warning_text in self.warning_texts:
            warnings.warn(f"{path}: {warning_text}", RiskkitWarning, stacklevel=stacklevel)
        return self.portfolio


@dataclass(frozen=True)
class HoldingOptions:
    """The arguments of `holdings` beside the file."""

    founders: Mapping[str, Founder] | None
    currency: str | None
    fx: Mapping[str, float] | None
    keep: Iterable[str]
    loan_rate: float
    max_loan_to_value: float | None


def portfolio_from_tables(
    portfolio_class: Callable[..., PortfolioT],
    path: str,
    tables: Sequence[CsvTable],
    lines_outside: Iterable[LeftOut],
    options: HoldingOptions,
) -> ReadResult[PortfolioT]:
    """Return the portfolio of the tables of a file, as an instance of `portfolio_class`."""
    rates = checked_rates(options.currency, options.fx)
    keep = _checked_keep(options.keep)
    all_positions: list[Position] = []
    left_out: list[LeftOut] = list(lines_outside)
    warning_texts: list[str] = []
    for table in tables:
        table_positions, table_left_out, table_warnings = read_positions(table, options.currency, keep)
        all_positions += table_positions
        left_out += table_left_out
        warning_texts += table_warnings
    names = [key for each in all_positions for key in (each.ticker, each.name) if key]
    for name in keep:
        if name not in names:
            raise InvalidInput(f"{path}: must have a line called {short_repr(name, 80)}, which keep names, got none")
    founders = checked_founders(path, options.founders, names)
    currency, all_positions = _converted(all_positions, options.currency, rates)
    _check_no_sum(all_positions, keep)
    _check_distinct_names(all_positions)
    lines_by_label: dict[str, list[Position]] = {}
    for each in all_positions:
        if each.kind == "holding" and each.value.amount > 0.0:
            lines_by_label.setdefault(each.label, []).append(each)
        elif each.kind != "debt":
            reason = "derivative" if each.kind == "derivative" else "value of 0 or below"
            left_out.append(LeftOut(each.line, each.label, each.value.amount, reason))
    if not lines_by_label:
        raise InvalidInput(f"{path}: must hold at least one line with a value > 0, got none")
    gross = number(
        f"{path}: sum of all values", sum(each.value.amount for lines in lines_by_label.values() for each in lines)
    )
    lots: dict[str, list[str]] = {}
    holdings = [_holding(path, label, lines, founders, lots) for label, lines in lines_by_label.items()]
    warning_texts += [f"{reason}: {join_first(names)}" for reason, names in lots.items()]
    has_costs = any(holding.cost is not None for holding in holdings)
    warning_texts += _missing_cost_warnings(holdings, lines_by_label) if has_costs else []
    debts = [each for each in all_positions if each.kind == "debt" and each.value.amount]
    loan = _loan(path, debts, gross, options) if debts else None
    if loan is not None:
        debt_names = join_first(f"{short_repr(each.label, 80)} ({each.value.amount:,.10g})" for each in debts)
        warning_texts.append(
            f"negative cash and debts become a loan: {debt_names}, at {percent(loan.rate)} a year and at most "
            f"{percent(loan.max_loan_to_value)} of gross assets; loan_rate and max_loan_to_value set its terms"
        )
    with with_place(tables[0].error):
        portfolio = portfolio_class(holdings, loan=loan, currency=currency)
    left_out.sort(key=lambda each: each.line)
    return ReadResult(portfolio, tuple(left_out), (*_left_out_warnings(left_out, gross), *warning_texts))


def _checked_keep(keep: object) -> list[str]:
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        raise InvalidInput(f"keep must be a list of names, got {short_repr(keep)}")
    return [clean_text(str(name)) for name in keep]


def _converted(
    positions: Sequence[Position], currency: str | None, rates: Mapping[str, float]
) -> tuple[str | None, list[Position]]:
    """The portfolio's currency, and the positions converted to it."""
    currencies = dict.fromkeys(each.value.currency for each in positions)
    try:
        target = common_currency(currencies, currency, rates)
    except InvalidInput as error:
        first_currency = currency or next(filter(None, currencies))
        first = next(each for each in positions if each.value.currency != first_currency)
        raise first.file.error(str(error), first.line) from None

    def convert(amount: Money, each: Position) -> Money:
        if target is None or amount.currency in ("", target):
            return amount
        if amount.currency not in rates:
            remedy = f"give currency={target!r}, fx={{{amount.currency!r}: …}}"
            raise each.file.error(
                f"a purchase cost must be in {target} like the values, got {amount.currency}; {remedy}", each.line
            )
        return Money(amount.amount * rates[amount.currency], target)

    def position(each: Position) -> Position:
        amounts = (each.value, each.cost, *chain.from_iterable(each.lots))
        if all(amount is None or amount.currency in ("", target) for amount in amounts):
            return each
        return replace(
            each,
            value=convert(each.value, each),
            cost=None if each.cost is None else convert(each.cost, each),
            lots=tuple(
                (convert(value, each), None if cost is None else convert(cost, each)) for value, cost in each.lots
            ),
        )

    return target, list(map(position, positions))


def _check_no_sum(positions: Sequence[Position], keep: Collection[str]) -> None:
    """Refuse a line that is the sum of all others, with or without derivatives."""
    for lines in (positions, [each for each in positions if each.kind != "derivative"]):
        total = sum(each.value.amount for each in lines)
        tolerance = min(_SUM_TOLERANCE, _SUM_RELATIVE_TOLERANCE * abs(total))
        for each in lines:
            is_sum = each.kind == "holding" and abs(2.0 * each.value.amount - total) <= tolerance
            # Of two equal lines each is the sum of all others.
            if is_sum and len(lines) > 2 and not {each.label, each.name} & set(keep):
                got = f"{short_repr(each.label, 80)} with {each.value.amount:,.10g}"
                remedy = f"remove the line, or give keep=[{short_repr(each.label, 80)}] if it is a holding"
                raise each.file.error(
                    f"a holding must not be the sum of all other lines, got {got}; {remedy}", each.line
                )


def _check_distinct_names(positions: Sequence[Position]) -> None:
    """Refuse names of holdings, and of founders, that differ only by case or punctuation."""
    for what, named_positions in (
        ("names", [(each, each.label) for each in positions if each.kind == "holding"]),
        ("founders", [(each, each.founder) for each in positions if isinstance(each.founder, str)]),
    ):
        seen: dict[str, tuple[Position, str]] = {}
        for each, name in named_positions:
            earlier, first = seen.setdefault(name_key(name), (each, name))
            if first != name:
                got = f"{short_repr(first, 80)} in line {earlier.line} and {short_repr(name, 80)}"
                raise each.file.error(
                    f"{what} must differ by more than case and punctuation, got {got}; write them alike", each.line
                )


def _holding(
    path: str, label: str, lines: Sequence[Position], founders: Mapping[str, Founder], lots: dict[str, list[str]]
) -> Holding:
    keys = dict.fromkeys(key for each in lines for key in (each.ticker, each.name) if key in founders)
    founder_lines = {each.founder: each.line for each in lines}
    founders_found: list[Founder | None] = [founders[key] for key in keys] or list(founder_lines)
    source = "founders" if keys else "lines " + join_first(map(str, founder_lines.values()), " and ")
    founder = common_founder(path, label, founders_found, source)
    value = sum(each.value.amount for each in lines)
    first = lines[0]
    with with_place(lambda message: first.file.error(message, first.line)):
        return Holding(label, value, founder=founder, cost=_purchase_cost(lines, lots))


def _purchase_cost(lines: Sequence[Position], warning_texts: dict[str, list[str]]) -> float | list[Lot] | None:
    """The purchase cost of a holding, or its tax lots if the file lists them."""
    label = short_repr(lines[0].label, 80)
    lots: list[tuple[float, float | None]] = []
    for each in lines:
        line_lots = [(value.amount, None if cost is None else cost.amount) for value, cost in each.lots]
        total, value = sum(amount for amount, _ in line_lots), each.value.amount
        complete = line_lots and all(amount > 0.0 and cost is not None for amount, cost in line_lots)
        if complete and abs(total - value) <= max(_SUM_TOLERANCE, _LOTS_TOLERANCE * value):
            lots += [(amount * value / total, cost) for amount, cost in line_lots]
        else:
            if line_lots:
                warning_texts.setdefault(_LOTS_MISMATCH, []).append(f"{label} (line {each.line})")
            lots.append((value, None if each.cost is None else each.cost.amount))
    costs = [cost for _, cost in lots]
    if all(cost is None for cost in costs):
        return None
    if None in costs:
        warning_texts.setdefault(_LOTS_WITHOUT_COST, []).append(label)
    if len(lots) == 1:
        return costs[0]
    return [Lot(value, value if cost is None else cost) for value, cost in lots]


def _missing_cost_warnings(
    holdings: Iterable[Holding], lines_by_label: Mapping[str, Sequence[Position]]
) -> Iterator[str]:
    """The warning about holdings without a cost in a file with costs; cash needs none."""
    without = [
        holding.name
        for holding in holdings
        if holding.cost is None
        and not any(is_cash(each.ticker) or is_cash(each.name) for each in lines_by_label[holding.name])
    ]
    if without:
        yield f"no purchase cost is given for {name_list(without)}: taken as bought at today's value"


def _loan(path: str, debts: Sequence[Position], gross: float, options: HoldingOptions) -> Loan:
    amount = -sum(each.value.amount for each in debts)
    number(f"{path}: the loan as a share of all values", amount / gross, below=1.0)
    limit = max(MAX_LOAN_TO_VALUE, amount / gross) if options.max_loan_to_value is None else options.max_loan_to_value
    with with_place(debts[0].file.error):
        return Loan(amount, options.loan_rate, limit)


def _left_out_warnings(left_out: Sequence[LeftOut], gross: float) -> Iterator[str]:
    """Warnings about the lines left out, one for each reason."""

    def with_reason(*reasons: str) -> list[LeftOut]:
        return [each for each in left_out if each.reason in reasons]

    def shares_text(lines: Iterable[LeftOut]) -> str:
        return join_first(
            f"{short_repr(each.name, 80)} ({percent((each.value or 0.0) / gross, decimals=2)})" for each in lines
        )

    def lines_text(lines: Iterable[LeftOut]) -> str:
        return join_first(f"{short_repr(each.name, 80)} (line {each.line})" for each in lines)

    if sums := with_reason("sum"):
        yield f"lines of sums are left out: {lines_text(sums)}; keep=[name] keeps one that is a holding"
    if derivatives := with_reason("derivative"):
        yield f"options and other derivatives are left out (share of the rest): {shares_text(derivatives)}"
    if shorts := with_reason("value of 0 or below"):
        yield f"lines with a value of 0 or below are left out (share of the rest): {shares_text(shorts)}"
    if others := with_reason("table", "text"):
        yield f"lines that are not holdings are left out: {lines_text(others)}"
