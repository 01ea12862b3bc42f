"""What instruments and dividends do to a book of the slow, readable twin on its dates, as in SEMANTICS.

Each function makes one kind of flow; what is sold and bought for it goes into the book's `DateLog`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from twin_instruments import Contract, Position, kind_of, price_of
from twin_ledger import ROUNDING, Holdings, Sale, invest, sell_for, takers

COUNTED = 1e-9


@dataclass
class DateLog:
    """What a date has sold and bought outside the rule's trade."""

    sales: list[Sale] = field(default_factory=list)
    bought: list[tuple[int, float, float]] = field(default_factory=list)  # holding, amount, cost
    dividends: list[tuple[int, float, float]] = field(default_factory=list)  # holding, what left it, tax
    moved: list[tuple[int, float]] = field(default_factory=list)  # holding, what was exchanged or lost to a fee
    tax: float = 0.0  # of option gains
    short: bool = False  # a payment could not be made
    underhedged: bool = False  # an opening covered less than its share


# ---------------------------------------------------------------------------------------------------------------------
# Cash of an instrument
# ---------------------------------------------------------------------------------------------------------------------


def repay(book: Holdings, money: float) -> float:
    """Pay back what is owed, one instrument after the other; return what is left of the money."""
    for debtor in book.contracts:
        repaid = min(max(debtor.owed, 0.0), money)
        debtor.owed -= repaid
        money -= repaid
    return money


def receive(book: Holdings, contract: Contract, money: float, log: DateLog, shares: dict[int, float]) -> None:
    """Repay what is owed first; the rest is invested. Where nothing can be bought it stays a claim."""
    money = repay(book, money)
    if shares:
        log.bought += invest(book, money, shares)
    else:
        contract.owed -= money


def shares_of(book: Holdings, instrument: Any) -> dict[int, float]:
    """What takes the cash of an instrument; the prepayment of a forward goes to all holdings with no founder."""
    into = getattr(instrument, "into", None)
    if isinstance(into, str):
        into = {into: 1.0}
    return takers(book, into, cash_first=kind_of(instrument) != "PrepaidForward")


def settle(book: Holdings, step: int, log: DateLog) -> None:
    """What expires on this date pays or is paid, after tax; all of its units are free from here."""
    expired: list[tuple[Contract, float, float, float]] = []
    for contract in book.contracts:
        position = contract.position
        if position is not None and position.expires == step:
            payoff = contract.mark(book.prices[contract.row], step, book.scenario.calendar.dt)
            expired.append((contract, payoff, payoff - position.basis, position.pledged))
            position.pledged = 0.0
    for contract, payoff, gain, freed in expired:
        contract.position = None
        if contract.law is not None:
            tax = book.tax.pay([book.tax.gain_of_option(gain, contract.instrument.years)])
            log.tax += tax
            book.payoffs += payoff
            due = pay_in_cash(book, contract, payoff, freed, tax, log)
            if broke(book, due):
                return
            hand_over(book, due, log)
            if broke(book, due):
                return
            pay_tax(book, due, log)
            if book.net <= 0.0:
                return


@dataclass
class Due:
    """What is still to be paid of a settlement, and the tax on it."""

    contract: Contract
    payoff: float
    unpaid: float
    freed: float
    tax: float


def pay_in_cash(book: Holdings, contract: Contract, payoff: float, freed: float, tax: float, log: DateLog) -> Due:
    """From cash-like holdings, and where it is not settled in units from all that can be sold."""
    unpaid = 0.0
    if payoff < 0.0:
        cash_only = {} if contract.instrument.settlement == "units" else None
        unpaid = -payoff - raise_cash(book, -payoff, log, cash_only)
    withheld = min(max(tax, 0.0), max(payoff, 0.0))
    if payoff > 0.0:
        receive(book, contract, payoff - withheld, log, takers(book, None))
    return Due(contract, payoff, unpaid, freed, tax - withheld)


def broke(book: Holdings, due: Due) -> bool:
    """Whether what is still to be paid is more than there is; it is ruin then, and nothing more is sold for it."""
    if book.net - due.unpaid - due.tax > 0.0:
        return False
    due.contract.owed += due.unpaid + due.tax
    return True


def hand_over(book: Holdings, due: Due, log: DateLog) -> None:
    """The units that the expiry frees go for what is unpaid, as far as they do."""
    row = due.contract.row
    if due.contract.instrument.settlement != "units" or due.unpaid <= 0.0 or book.prices[row] <= 0.0:
        return
    free = min(max(book.units[row] - book.pledged[row], 0.0), due.freed)
    units = min(due.unpaid / book.prices[row], free)
    if units > 0.0:
        sale = book.hand_over(row, units)
        log.sales.append(sale)
        due.tax += sale.tax
        left = due.unpaid - units * book.prices[row]
        due.unpaid = left if left > COUNTED * due.unpaid else 0.0


def pay_tax(book: Holdings, due: Due, log: DateLog) -> None:
    """The rest of the tax is raised as spending is; what is unpaid of it or of the settlement is owed."""
    unpaid = due.tax - raise_cash(book, due.tax, log) if due.tax > 0.0 else 0.0
    for missing, wanted in ((due.unpaid, abs(due.payoff)), (unpaid, due.tax)):
        due.contract.owed += missing
        log.short |= missing > max(wanted * COUNTED, ROUNDING)
    if due.tax < 0.0:
        receive(book, due.contract, -due.tax, log, takers(book, None))


def raise_cash(book: Holdings, wanted: float, log: DateLog, at_most: Mapping[int, float] | None = None) -> float:
    """Sell for an amount, as far as that can be done; return what it brings of it."""
    sale = sell_for(book, list(book.rows), wanted, at_most=at_most)
    log.sales.append(sale)
    return wanted if sale.cash >= wanted * (1.0 - ROUNDING) else max(sale.cash, 0.0)


# ---------------------------------------------------------------------------------------------------------------------
# Openings
# ---------------------------------------------------------------------------------------------------------------------


def open_contracts(book: Holdings, step: int, log: DateLog) -> None:
    """All that opens on this date, on the units that there are before the first of them.

    Premiums are paid and received one after the other; then units are exchanged.
    """
    opening = [contract for contract in book.contracts if step in contract.openings]
    if not opening:
        return
    covered = [contract.instrument.share * book.units[contract.row] for contract in opening]
    reserve(book, opening, covered)
    for contract, units in zip(opening, covered, strict=True):
        if book.prices[contract.row] <= 0.0:
            log.underhedged |= units > 0.0
        elif contract.law is not None:
            open_options(book, contract, units, step, log)
    book.reserved = None
    for contract, units in zip(opening, covered, strict=True):
        if contract.law is None:
            exchange(book, contract, units, step, log)


def reserve(book: Holdings, opening: list[Contract], covered: list[float]) -> None:
    """Units that are not sold for a premium: what is pledged, today's included, or what puts of today cover."""
    pledged, by_puts = book.pledged, [0.0] * len(book.units)
    for contract, units in zip(opening, covered, strict=True):
        if kind_of(contract.instrument) == "Put":
            by_puts[contract.row] += units
        else:
            pledged[contract.row] += units
    book.reserved = [max(pair) for pair in zip(pledged, by_puts, strict=True)]


def open_options(book: Holdings, contract: Contract, units: float, step: int, log: DateLog) -> None:
    law, price = contract.law, book.prices[contract.row]
    assert law is not None
    expires = contract.openings[step]
    years = (expires - step) * book.scenario.calendar.dt
    each = price * price_of(contract.instrument, law, contract.legs, years)
    scale = 1.0
    if each * units > ROUNDING * price * units:  # that of a collar at no cost is rounding
        paid = raise_cash(book, each * units, log)
        scale = paid / (each * units)
        log.underhedged |= scale < 1.0 - COUNTED
    premium = each * units * scale
    contract.position = Position(units * scale, price, step, expires, premium, premium)
    if contract.pledges is not None:
        contract.position.pledged = units * scale
    book.premiums += premium
    book.cost += premium - contract.mark(price, step, book.scenario.calendar.dt)
    if premium < 0.0:
        receive(book, contract, -premium, log, shares_of(book, contract.instrument))


def exchange(book: Holdings, contract: Contract, units: float, step: int, log: DateLog) -> None:
    """Units for others of equal value; a share of the cost of all goes with them."""
    row, into = contract.row, contract.pledges
    assert into is not None
    share = units / book.units[row] if units > 0.0 else 0.0
    basis = book.lots[row].give(share)
    book.units[row] -= units
    received = units * book.prices[row] / book.prices[into]
    if received > 0.0:
        book.units[into] += received
        book.lots[into].take_over(received, basis)
    log.moved += [(row, -units * book.prices[row]), (into, received * book.prices[into])]
    expires = contract.openings[step]
    contract.position = Position(units, book.prices[row], step, expires, 0.0, 0.0, pledged=received, accrued=step)


# ---------------------------------------------------------------------------------------------------------------------
# Fees and dividends
# ---------------------------------------------------------------------------------------------------------------------


def charge_fees(book: Holdings, step: int, log: DateLog) -> None:
    """An exchange fund's units shrink while they are pledged; what they have cost stays."""
    for contract in book.contracts:
        position, row = contract.position, contract.pledges
        if position is None or contract.law is not None:
            continue
        assert row is not None
        years = (step - position.accrued) * book.scenario.calendar.dt
        lost = position.pledged * (1.0 - (1.0 - contract.instrument.fee) ** years)
        if lost > 0.0:
            book.lots[row].scale(1.0 - lost / book.units[row])
            book.cost += lost * book.prices[row]
            book.units[row] -= lost
            log.moved.append((row, -lost * book.prices[row]))
        position.pledged -= lost
        position.accrued = step


def pay_dividends(book: Holdings, step: int, since: int, log: DateLog) -> None:
    """What has accrued since the last payment: after tax it buys the same holding, or others where that is unlisted.

    A unit here is one whose dividends are reinvested, so that a payment leaves fewer units for what they have cost, and
    fewer that are pledged: what a dividend buys is not.
    """
    dt, law = book.scenario.calendar.dt, book.scenario.frictions.tax
    cash: dict[int, float] = {}
    for row, name in enumerate(book.names):
        dividend_yield = book.scenario.market.assets[name].dividend_yield
        share = 1.0 - (1.0 + dividend_yield) ** (-(step - since) * dt)
        for contract in book.contracts:
            if contract.pledges == row and contract.position is not None:
                contract.position.pledged *= 1.0 - share
        accrued = share * book.values[row]
        if accrued > 0.0:
            tax = 0.0 if law is None else book.tax.pay_on_dividend(law.rate_of_dividends * accrued)
            book.units[row] *= 1.0 - share
            book.lots[row].scale(1.0 - share)
            if book.listed(row):
                reinvest(book, row, accrued - tax)
            else:
                cash[row] = accrued - tax
            log.dividends.append((row, tax if book.listed(row) else accrued, tax))
    takers_now, total = dividend_takers(book), sum(cash.values())
    # Where the rest does not cover what is owed, a dividend buys its payer, so that the path is not ruined in between.
    if total > 0.0 and takers_now and book.net > 0.0:
        log.bought += invest(book, repay(book, total), takers_now)
        return
    for row, money in cash.items():
        reinvest(book, row, money)
        log.dividends.append((row, -money, 0.0))


def reinvest(book: Holdings, row: int, money: float) -> None:
    """Buy a payer for its own dividend, at the true price and at no cost."""
    if money > 0.0:
        book.units[row] += money / book.prices[row]
        book.lots[row].buy(money / book.prices[row], money, book.step)


def dividend_takers(book: Holdings) -> dict[int, float]:
    """What the dividend of an unlisted holding buys: cash-like holdings, or else listed ones with no founder."""
    holdings = book.scenario.portfolio.holdings
    rows = [row for row in book.rows if book.cash_like(row) and book.buyable(row)]
    rows = rows or [r for r in book.rows if holdings[r].founder_share == 0.0 and book.listed(r) and book.buyable(r)]
    parts = [book.values[row] for row in rows]
    if sum(parts) <= ROUNDING * book.gross:
        parts = [holdings[row].value for row in rows]
    return {row: part / sum(parts) for row, part in zip(rows, parts, strict=True)}
