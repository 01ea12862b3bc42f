"""From the positions of a file or a frame to a portfolio: one currency, no sums, lots, and what is owed as a loan."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Generic, TypeVar

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.validation import clean_text, join_first, name_key, name_list, number, short_repr, with_place
from riskkit.portfolio._holding import Holding, Lot
from riskkit.portfolio._loan import Loan
from riskkit.read.csv_file import CsvFile
from riskkit.read.currencies import checked_rates, one_currency
from riskkit.read.founders import Founder, checked_founders, one_founder
from riskkit.read.holding_rows import LeftOut, Money, Position, positions
from riskkit.read.holding_words import is_cash

__all__ = ["Made", "Reading", "Terms", "reading_of"]

#: The class of the portfolio that is made; it is given to the readers of tables, which lie below it.
Made = TypeVar("Made")

# FINRA Rule 4210(c): the equity in a margin account must be at least 25 % of the market value of what is held long.
_MOST_OWED = 0.75

_CENT = 0.0101  # sums of rounded values may be a cent off
_LEAST_SHARE = 1e-4  # and small ones less
_LOTS_ROUNDING = 1e-6

_NO_SUM = "lots are not read that do not sum to the value and cost of their line"
_NO_COST = "lots without a purchase cost are taken as bought at today's value"


@dataclass(frozen=True)
class Reading(Generic[Made]):
    """A portfolio that was read, the lines that are left out of it, and in words all that is not plain."""

    portfolio: Made
    left_out: tuple[LeftOut, ...]
    doubts: tuple[str, ...]

    def with_warnings(self, path: str, stacklevel: int) -> Made:
        """Return the portfolio, and warn of each doubt."""
        for doubt in self.doubts:
            warnings.warn(f"{path}: {doubt}", RiskkitWarning, stacklevel=stacklevel)
        return self.portfolio


@dataclass(frozen=True)
class Terms:
    """What is given beside a file of holdings; see `holdings`."""

    founders: Mapping[str, Founder] | None
    currency: str | None
    fx: Mapping[str, float] | None
    keep: Iterable[str]
    loan_rate: float
    max_loan_to_value: float | None


def reading_of(
    portfolio: Callable[..., Made], path: str, files: Sequence[CsvFile], outside: Iterable[LeftOut], terms: Terms
) -> Reading[Made]:
    """Return the portfolio of the tables of a file, of the class given first."""
    rates = checked_rates(terms.currency, terms.fx)
    keep = _checked_keep(terms.keep)
    found: list[Position] = []
    left_out: list[LeftOut] = list(outside)
    doubts: list[str] = []
    for file in files:
        own, out, unread = positions(file, terms.currency, keep)
        found += own
        left_out += out
        doubts += unread
    names = [key for each in found for key in (each.ticker, each.name) if key]
    for name in keep:
        if name not in names:
            raise InvalidInput(f"{path}: must have a line called {short_repr(name, 80)}, which keep names, got none")
    founders = checked_founders(path, terms.founders, names)
    currency, found = _converted(found, terms.currency, rates)
    _check_no_sum(found, keep)
    _check_alike(found)
    held: dict[str, list[Position]] = {}
    for each in found:
        if each.kind == "holding" and each.value.amount > 0.0:
            held.setdefault(each.label, []).append(each)
        elif each.kind != "owed":
            reason = "derivative" if each.kind == "derivative" else "value of 0 or below"
            left_out.append(LeftOut(each.line, each.label, each.value.amount, reason))
    if not held:
        raise InvalidInput(f"{path}: must hold at least one line with a value > 0, got none")
    gross = number(f"{path}: sum of all values", sum(each.value.amount for lines in held.values() for each in lines))
    lots: dict[str, list[str]] = {}
    holdings = [_holding(path, label, lines, founders, lots) for label, lines in held.items()]
    doubts += [f"{reason}: {join_first(names)}" for reason, names in lots.items()]
    told = any(holding.cost is not None for holding in holdings)
    doubts += _without_cost(holdings, held) if told else []
    owed = [each for each in found if each.kind == "owed" and each.value.amount]
    loan = _loan(path, owed, gross, terms) if owed else None
    if loan is not None:
        named = join_first(f"{short_repr(each.label, 80)} ({each.value.amount:,.10g})" for each in owed)
        doubts.append(
            f"money owed becomes a loan: {named}, at {loan.rate:g} a year and at most {loan.max_loan_to_value:.4g} of "
            "gross assets; loan_rate and max_loan_to_value set its terms"
        )
    with with_place(files[0].fault):
        made = portfolio(holdings, loan=loan, currency=currency)
    left_out.sort(key=lambda each: each.line)
    return Reading(made, tuple(left_out), (*_in_words(left_out, gross), *doubts))


def _checked_keep(keep: object) -> list[str]:
    if isinstance(keep, str) or not isinstance(keep, Iterable):
        raise InvalidInput(f"keep must be a list of names, got {short_repr(keep)}")
    return [clean_text(str(name)) for name in keep]


def _converted(
    found: Sequence[Position], currency: str | None, rates: Mapping[str, float]
) -> tuple[str | None, list[Position]]:
    """The portfolio's currency, and the positions in it."""
    stated = dict.fromkeys(each.value.currency for each in found)
    try:
        into = one_currency(stated, currency, rates)
    except InvalidInput as refused:
        own = currency or next(filter(None, stated))
        first = next(each for each in found if each.value.currency != own)
        raise first.file.fault(str(refused), first.line) from None

    def money(amount: Money, each: Position) -> Money:
        if into is None or amount.currency in ("", into):
            return amount
        if amount.currency not in rates:
            remedy = f"give currency={into!r}, fx={{{amount.currency!r}: …}}"
            raise each.file.fault(
                f"a purchase cost must be in {into} like the values, got {amount.currency}; {remedy}", each.line
            )
        return Money(amount.amount * rates[amount.currency], into)

    def position(each: Position) -> Position:
        said = (each.value, each.cost, *chain.from_iterable(each.lots))
        if all(amount is None or amount.currency in ("", into) for amount in said):
            return each
        return replace(
            each,
            value=money(each.value, each),
            cost=None if each.cost is None else money(each.cost, each),
            lots=tuple((money(value, each), None if cost is None else money(cost, each)) for value, cost in each.lots),
        )

    return into, list(map(position, found))


def _check_no_sum(found: Sequence[Position], keep: Collection[str]) -> None:
    """Refuse a line that is the sum of all others, with or without derivatives."""
    for lines in (found, [each for each in found if each.kind != "derivative"]):
        total = sum(each.value.amount for each in lines)
        slack = min(_CENT, _LEAST_SHARE * abs(total))
        for each in lines:
            alike = each.kind == "holding" and abs(2.0 * each.value.amount - total) <= slack
            # Of two equal lines each is the sum of all others.
            if alike and len(lines) > 2 and not {each.label, each.name} & set(keep):
                got = f"{short_repr(each.label, 80)} with {each.value.amount:,.10g}"
                remedy = f"remove the line, or give keep=[{short_repr(each.label, 80)}] if it is a holding"
                raise each.file.fault(
                    f"a holding must not be the sum of all other lines, got {got}; {remedy}", each.line
                )


def _check_alike(found: Sequence[Position]) -> None:
    """Refuse names, and persons, that are equal but for case and punctuation."""
    for what, said in (
        ("names", [(each, each.label) for each in found if each.kind == "holding"]),
        ("founders", [(each, each.founder) for each in found if isinstance(each.founder, str)]),
    ):
        seen: dict[str, tuple[Position, str]] = {}
        for each, name in said:
            earlier, first = seen.setdefault(name_key(name), (each, name))
            if first != name:
                got = f"{short_repr(first, 80)} in line {earlier.line} and {short_repr(name, 80)}"
                raise each.file.fault(
                    f"{what} must differ by more than case and punctuation, got {got}; write them alike", each.line
                )


def _holding(
    path: str, label: str, lines: Sequence[Position], founders: Mapping[str, Founder], lots: dict[str, list[str]]
) -> Holding:
    keys = dict.fromkeys(key for each in lines for key in (each.ticker, each.name) if key in founders)
    column = {each.founder: each.line for each in lines}
    said: list[Founder | None] = [founders[key] for key in keys] or list(column)
    places = "founders" if keys else "lines " + join_first(map(str, column.values()), " and ")
    founder = one_founder(path, label, said, places)
    value = sum(each.value.amount for each in lines)
    first = lines[0]
    with with_place(lambda message: first.file.fault(message, first.line)):
        return Holding(label, value, founder=founder, cost=_purchase(lines, lots))


def _purchase(lines: Sequence[Position], doubts: dict[str, list[str]]) -> float | list[Lot] | None:
    """What was paid for a holding: its lots where the file tells them apart."""
    label = short_repr(lines[0].label, 80)
    lots: list[tuple[float, float | None]] = []
    for each in lines:
        own = [(value.amount, None if cost is None else cost.amount) for value, cost in each.lots]
        total, value = sum(amount for amount, _ in own), each.value.amount
        whole = own and all(amount > 0.0 and cost is not None for amount, cost in own)
        if whole and abs(total - value) <= max(_CENT, _LOTS_ROUNDING * value):
            lots += [(amount * value / total, cost) for amount, cost in own]
        else:
            if own:
                doubts.setdefault(_NO_SUM, []).append(f"{label} (line {each.line})")
            lots.append((value, None if each.cost is None else each.cost.amount))
    costs = [cost for _, cost in lots]
    if all(cost is None for cost in costs):
        return None
    if None in costs:
        doubts.setdefault(_NO_COST, []).append(label)
    if len(lots) == 1:
        return costs[0]
    return [Lot(value, value if cost is None else cost) for value, cost in lots]


def _without_cost(holdings: Iterable[Holding], held: Mapping[str, Sequence[Position]]) -> Iterator[str]:
    """Holdings of which the file tells no cost, while it tells those of others; cash needs none."""
    without = [
        holding.name
        for holding in holdings
        if holding.cost is None and not any(is_cash(each.ticker) or is_cash(each.name) for each in held[holding.name])
    ]
    if without:
        yield f"no purchase cost is told of {name_list(without)}: taken as bought at today's value"


def _loan(path: str, owed: Sequence[Position], gross: float, terms: Terms) -> Loan:
    amount = -sum(each.value.amount for each in owed)
    number(f"{path}: what is owed, as a share of all values,", amount / gross, below=1.0)
    limit = max(_MOST_OWED, amount / gross) if terms.max_loan_to_value is None else terms.max_loan_to_value
    with with_place(owed[0].file.fault):
        return Loan(amount, terms.loan_rate, limit)


def _in_words(left_out: Sequence[LeftOut], gross: float) -> Iterator[str]:
    """Sentences that tell what is left out, a sentence a reason."""

    def having(*reasons: str) -> list[LeftOut]:
        return [each for each in left_out if each.reason in reasons]

    def shares(lines: Iterable[LeftOut]) -> str:
        return join_first(f"{short_repr(each.name, 80)} ({(each.value or 0.0) / gross:.2%})" for each in lines)

    def places(lines: Iterable[LeftOut]) -> str:
        return join_first(f"{short_repr(each.name, 80)} (line {each.line})" for each in lines)

    if sums := having("sum"):
        yield f"lines of sums are left out: {places(sums)}; keep=[name] keeps one that is a holding"
    if derivatives := having("derivative"):
        yield f"options and other derivatives are no shares and are left out (share of the rest): {shares(derivatives)}"
    if shorts := having("value of 0 or below"):
        yield f"lines with a value of 0 or below are left out (share of the rest): {shares(shorts)}"
    if others := having("table", "text"):
        yield f"lines that are no holdings are left out: {places(others)}"
