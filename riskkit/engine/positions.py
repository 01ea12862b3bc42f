"""Settlement and opening of the instruments of a batch of paths, executed by the ledger as flows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from riskkit._core.array_types import Array, Bools
from riskkit.engine.book_view import BookView, MarketView
from riskkit.engine.flow import ExecutedFlow, executed
from riskkit.engine.inputs.instruments import Opening
from riskkit.engine.instrument_books import InstrumentBooks, Priced
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.allowances import UNTOUCHED
from riskkit.engine.kernel.forced_sales import hand_over, pay
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.kernel.receipts import invest, tax_gain
from riskkit.engine.kernel.structs import BookArrays, InstrumentArrays
from riskkit.instruments import Flow, Instrument
from riskkit.rules import View

__all__ = ["Positions"]

#: Coverage below its share by no more than this fraction is rounding.
COVERED = 1e-9


@dataclass
class Due:
    """A flow of one book that is due on a date.

    Attributes
    ----------
    book, instrument : int
    place : int
        Of the instrument among those of the book.
    flow : ExecutedFlow
    units : ndarray
        Units that it is to cover (path).
    fraction : ndarray
        What is executed of it (path).
    gain_of_units : ndarray or float
        Gain of the units that it sells (path).
    unpaid, tax : ndarray or float
        What is still to be paid of a settlement, and of the tax on it (path).
    """

    book: int
    instrument: int
    place: int
    flow: ExecutedFlow
    units: Array
    fraction: Array
    gain_of_units: Array | float = 0.0
    unpaid: Array = field(init=False)
    tax: Array = field(init=False)

    def __post_init__(self) -> None:
        self.unpaid, self.tax = np.zeros_like(self.fraction), np.zeros_like(self.fraction)


class Positions(InstrumentBooks):
    """Settles and opens the instruments of every book on one batch of paths."""

    def __init__(self, batch: Priced, arrays: InstrumentArrays | None) -> None:
        super().__init__(batch, arrays)
        self.taxes = np.zeros((batch.paths.size // LANES, len(self.setup.books), LANES))
        self._factors = np.ones(self.setup.rows.size)
        self._due: list[Due] = []
        self._spared: dict[int, Array] = {}

    def refresh(self) -> None:
        """Write the value of every book's positions, less what is owed or still to be paid, into its accounts."""
        accounts = self.batch.books.accounts
        for book, rows in enumerate(self.table.of_book):
            net = np.zeros(accounts[:, 0].shape)
            for k in rows:
                net += self.covered(book, k) * self.arrays.mark[:, k] - self.owed(book, k)
            for due in self._due:
                if due.book == book:
                    net -= (due.unpaid + due.tax).reshape(-1, LANES)
            accounts[:, book * layout.ACCOUNTS + layout.POSITIONS] = net

    # A holding may be bought with what one instrument brings and sold for what the next one takes, and both trades have
    # their cost: so the first instruments of all books pay, then the second ones, and so on.

    def settlements(self) -> tuple[Callable[[], None], ...]:
        """What is done where something accrues or expires."""
        paid = [partial(do, place) for place in self._places for do in (self.settle, self.hand_over, self.pay_taxes)]
        return self.begin_settlement, *paid, self.end_settlement

    def openings(self) -> tuple[Callable[[], None], ...]:
        """What is done where something opens."""
        return self.begin_opening, *(partial(self.pay_premium, place) for place in self._places), self.open

    @property
    def _places(self) -> range:
        return range(max(len(rows) for rows in self.table.of_book))

    @property
    def transfers(self) -> tuple[Callable[..., None], ...]:
        """The actions that move units without a trade."""
        return self.begin_settlement, self.hand_over, self.open

    @property
    def actions(self) -> tuple[Callable[..., None], ...]:
        """All that is done on a date, in this order."""
        settlement = (self.begin_settlement, self.settle, self.hand_over, self.pay_taxes, self.end_settlement)
        return *settlement, self.begin_opening, self.pay_premium, self.open

    # -- settlement ---------------------------------------------------------------------------------------------------

    def begin_settlement(self) -> None:
        """Execute what accrues, and the units that settlements deliver and free."""
        step, views = self.batch.step, list[View]()
        self._due, self._factors = [], self.setup.unit_factors(step, paid=False)
        market, since = MarketView(self.batch, self._factors), self.setup.since_month_end(step)
        for book, rows in enumerate(self.table.of_book):
            for place, k in enumerate(rows):
                opening = self._open_now(k)
                if opening is None:
                    continue
                instrument, lot = self.table.instruments[k], self._position(book, k, opening)
                view = BookView(market, book).view(views)
                all_of_it, accrued = np.ones(self.batch.paths.size), instrument.accrue(lot, view, since)
                if accrued is not None:
                    self._move(Due(book, k, place, self._executed(instrument, "accrue", accrued), lot.units, all_of_it))
                if opening.expiry == step:
                    flow = self._executed(instrument, "settle", instrument.settle(lot, view))
                    due = Due(book, k, place, flow, lot.units, all_of_it)
                    self._move(due)
                    self._due.append(due)
        for view in views:
            view.close()

    def settle(self, place: int) -> None:
        """Receive and pay the cash of what has expired of the instruments at one place in their books.

        It is paid from cash-like holdings, or from all that can be sold.
        """
        for due in self._due_at(place):
            flow = due.flow
            self._account(due.book, layout.PAYOFFS)[:] += flow.cash.reshape(-1, LANES)
            due.tax = self._tax(due.book, flow, flow.gain + due.gain_of_units)
            due.unpaid = np.maximum(-flow.cash, 0.0)
            stages = self.setup.stages.copy()
            stages[1] &= self.table.instruments[due.instrument].settlement != "units"
            self._pay(due.unpaid, stages, self.pledged(due.book), due.book)
            withheld = np.minimum(np.maximum(due.tax, 0.0), np.maximum(flow.cash, 0.0))
            due.tax -= withheld
            self._receive(due, np.maximum(flow.cash, 0.0) - withheld)
            self.covered(due.book, due.instrument)[:] = 0.0
        self.refresh()

    def hand_over(self, place: int) -> None:
        """Deliver the units that a settlement frees for what is unpaid; what there are no units for is owed."""
        for due in self._due_at(place):
            book, row = due.book, int(self.table.holding[due.instrument])
            if self.table.instruments[due.instrument].settlement == "units" and due.unpaid.any():
                reserved = self.pledged(book)
                freed = np.maximum(-due.flow.pledge[row], 0.0) * self._factors[row]
                reserved[row] = np.maximum(self._units(book)[row] - freed, reserved[row])
                terms = (row, self.setup.trading, self.batch.step, *self.batch.quotes())
                hand_over(due.unpaid, due.tax, *terms, self._reserving(book, reserved), book)
        self.refresh()

    def pay_taxes(self, place: int) -> None:
        """Pay the tax on settlements that their cash did not pay; what cannot be paid of it or of them is owed."""
        for due in self._due_at(place):
            unpaid = np.maximum(due.tax, 0.0)
            self._pay(unpaid, self.setup.stages, self.pledged(due.book), due.book)
            self._owe(due, due.unpaid, np.abs(due.flow.cash))
            self._owe(due, unpaid, due.tax)
            self._receive(due, np.maximum(-due.tax, 0.0))
            due.unpaid, due.tax = np.zeros_like(unpaid), np.zeros_like(unpaid)
        self.refresh()

    def _due_at(self, place: int) -> list[Due]:
        """What is due of the instruments at one place in their books, without paths that have been ruined since."""
        dues = [due for due in self._due if due.place == place]
        for due in dues:
            empty = self._account(due.book, layout.POSITIONS).reshape(-1) == 0.0
            ruined = empty & ~self._alive(due.book)
            if ruined.any():
                left = np.where(ruined, 0.0, 1.0)
                due.flow, due.unpaid, due.tax = due.flow.scaled(left), due.unpaid * left, due.tax * left
        return dues

    def end_settlement(self) -> None:
        """Free what are dividends of pledged units."""
        self._due = []
        self._free_dividends()
        self.refresh()

    def _owe(self, due: Due, unpaid: Array, wanted: Array) -> None:
        """Enter what could not be paid of what was wanted as owed for an instrument; rounding is no shortfall."""
        short = unpaid > np.maximum(COVERED * wanted, UNTOUCHED)
        self._account(due.book, layout.SHORTFALL)[short.reshape(-1, LANES)] = 1.0
        self.owed(due.book, due.instrument)[:] += unpaid.reshape(-1, LANES)

    def _free_dividends(self) -> None:
        """Free the ledger's units that are dividends of pledged units: these earn theirs, which are not pledged."""
        holdings, pledged = self.setup.rows.size, self.batch.books.pledged
        paid = self.setup.unit_factors(self.batch.step, paid=True) / self._factors
        for row in np.flatnonzero(paid != 1.0):
            pledged[:, row::holdings] *= paid[row]

    # -- opening ------------------------------------------------------------------------------------------------------

    def begin_opening(self) -> None:
        """Find what each opening is to cover, and which units are not sold for it."""
        step, views = self.batch.step, list[View]()
        opening = {k for k, openings in enumerate(self.table.openings) if step in openings}
        for k in opening:
            self._set_terms(k, self.table.openings[k][step])
        self._due, self._factors = [], self.setup.unit_factors(step, paid=True)
        market = MarketView(self.batch, self._factors)
        for book, rows in enumerate(self.table.of_book):
            view, dues = BookView(market, book).view(views), list[Due]()
            for place, k in enumerate(rows):
                if k in opening:
                    instrument, units = self.table.instruments[k], self._cover(book, k)
                    flow = instrument.open(self._position(book, k, self.table.openings[k][step], units), view)
                    all_of_it = np.ones(self.batch.paths.size)
                    dues.append(Due(book, k, place, self._executed(instrument, "open", flow), units, all_of_it))
            self._spared[book] = self._reserved(book, dues)
            self._due += dues
        for view in views:
            view.close()

    def pay_premium(self, place: int) -> None:
        """Pay and receive the premiums of the instruments at one place in their books."""
        for due in self._due:
            if due.place == place:
                self._pay_premium(due)
        self.refresh()

    def open(self) -> None:
        """Move and pledge the units of what has opened."""
        alive = [self._alive(book) for book in range(len(self.table.of_book))]
        for due in self._due:
            due.fraction = np.where(alive[due.book], due.fraction, 0.0)
            self._move(due)
        self._due = []
        self.refresh()

    def _cover(self, book: int, k: int) -> Array:
        """Units that an instrument is to cover (path); where the price is 0, none."""
        instrument, row = self.table.instruments[k], self.table.holding[k]
        units = self._units(book)[row] / self._factors[row]
        worthless = self.batch.price()[row] <= 0.0
        missed = (worthless & (units > 0.0)).reshape(-1, LANES)
        self._account(book, layout.UNDERHEDGED)[missed] = 1.0
        return np.where(worthless, 0.0, instrument.share * units)

    def _set_terms(self, k: int, opening: Opening) -> None:
        """Fix the price at the opening, what a covered unit costs, and its mark, on every path."""
        ex_price = self.batch.quotes()[0][:, self.table.holding[k]] * self.table.ex_dividend[opening.step, k]
        self.arrays.opening_price[:, k] = ex_price
        self.arrays.premium[:, k] = opening.premium * ex_price
        self.arrays.mark[:, k] = opening.mid * ex_price

    def _pay_premium(self, due: Due) -> None:
        """Pay or receive one premium; cover that cannot be paid is scaled down."""
        book, flow, alive = due.book, due.flow, self._alive(due.book)
        wanted = np.where(alive, np.maximum(-flow.cash, 0.0), 0.0)
        # The premium of a collar at no cost is rounding: nothing is sold for it, and it scales nothing down.
        value = due.units * self.arrays.opening_price[:, due.instrument].reshape(-1)
        wanted[wanted <= UNTOUCHED * value] = 0.0
        unpaid = wanted.copy()
        self._pay(unpaid, self.setup.stages, self._spared[book], book)
        due.fraction = 1.0 - np.divide(unpaid, wanted, out=np.zeros_like(wanted), where=wanted > 0.0)
        short = ((due.fraction < 1.0 - COVERED) & (unpaid > UNTOUCHED)).reshape(-1, LANES)
        self._account(book, layout.UNDERHEDGED)[short] = 1.0
        due.fraction = np.where(alive, due.fraction, 0.0)
        self.covered(book, due.instrument)[:] = (due.units * due.fraction).reshape(-1, LANES)
        self._account(book, layout.PREMIUMS)[:] -= (flow.cash * due.fraction).reshape(-1, LANES)
        received = np.where(alive, np.maximum(flow.cash, 0.0), 0.0)
        tax = self._tax(book, flow, flow.gain * due.fraction)
        withheld = np.minimum(np.maximum(tax, 0.0), received)
        unpaid = np.maximum(tax, 0.0) - withheld
        self._pay(unpaid, self.setup.stages, self._spared[book], book)
        self._owe(due, unpaid, tax)
        self._receive(due, received - withheld + np.maximum(-tax, 0.0))

    def _alive(self, book: int) -> Bools:
        """Whether a book holds anything (path): a ruined one does not."""
        alive: Bools = self._units(book).sum(axis=0) > 0.0
        return alive

    def _reserved(self, book: int, dues: list[Due]) -> Array:
        """Units that no premium of this date is paid from: pledged ones, or covered ones if these are more."""
        pledged, covered = self.pledged(book), np.zeros_like(self.pledged(book))
        for due in dues:
            for row in range(self.setup.rows.size):
                # What is exchanged is given; what comes for it is not there yet to be sold.
                pledged[row] += np.maximum(due.flow.pledge[row] - due.flow.units[row], 0.0) * self._factors[row]
            row = self.table.holding[due.instrument]
            if not self.table.instruments[due.instrument].pledges:
                covered[row] += due.units * self._factors[row]
        return np.maximum(pledged, covered)

    # -- the ledger ---------------------------------------------------------------------------------------------------

    def _pay(self, unpaid: Array, stages: Bools, reserved: Array, book: int) -> None:
        """Raise cash; `unpaid` becomes what could not be raised (path). Reserved units (holding, path) are not sold."""
        if not (unpaid > 0.0).any():
            return
        quotes, books = self.batch.quotes(), self._reserving(book, reserved)
        pay(unpaid, stages, self.setup.trading, self.batch.step, *quotes, books, book)

    def _reserving(self, book: int, reserved: Array) -> BookArrays:
        """The books with other units of one book (holding, path) than the pledged ones withheld from sale."""
        books, holdings = self.batch.books, self.setup.rows.size
        pledged = books.pledged.copy()
        pledged[:, book * holdings : (book + 1) * holdings] = layout.as_blocks(reserved)
        return books._replace(pledged=pledged)

    def _receive(self, due: Due, cash: Array) -> None:
        """Repay with cash what is owed for instruments, and invest the rest; what nothing can take is a claim."""
        book = due.book
        cash = self._repay(book, cash)
        if not (cash > 0.0).any():
            return
        invested = cash.copy()
        terms = (*self.setup.takers(due.flow.into), self.setup.start, self.setup.trading, self.batch.step)
        invest(invested, *terms, *self.batch.quotes(), self.batch.books, book)
        self.owed(book, due.instrument)[:] -= (cash - invested).reshape(-1, LANES)

    def repay(self, book: int, cash: Array) -> Array:
        """Repay what is owed for instruments with cash (path) from elsewhere; return the cash that is left."""
        left = self._repay(book, cash)
        self.refresh()
        return left

    def _repay(self, book: int, cash: Array) -> Array:
        for k in self.table.of_book[book]:
            owed = self.owed(book, k)
            repaid = np.minimum(np.maximum(owed.reshape(-1), 0.0), np.maximum(cash, 0.0))
            owed -= repaid.reshape(owed.shape)
            cash = cash - repaid
        return cash

    def _tax(self, book: int, flow: ExecutedFlow, gain: Array) -> Array:
        """Tax that is due now on a gain that is not from a trade (path)."""
        if not self.setup.tax.on or flow.kind == "none" or not gain.any():
            return np.zeros_like(gain)
        due = gain.copy()
        tax_gain(due, flow.kind == "capital", self.setup.trading.tax, self.batch.books, book)
        self.taxes[:, book] += due.reshape(-1, LANES)
        return due

    def _move(self, due: Due) -> None:
        """Execute the units, pledges and cost of a flow."""
        flow, factors = due.flow.scaled(due.fraction), self._factors
        if flow.units.any():
            gain, lost = flow.move_units(
                self.setup, self.batch.books, due.book, self.batch.step, self.batch.price(), factors
            )
            due.gain_of_units = gain
            self._account(due.book, layout.COST)[:] += lost.reshape(-1, LANES)
        self._account(due.book, layout.COST)[:] += flow.cost.reshape(-1, LANES)
        holdings = self.setup.rows.size
        rows = self.batch.books.pledged[:, due.book * holdings : (due.book + 1) * holdings]
        for row in range(holdings):
            change = (flow.pledge[row] * factors[row]).reshape(-1, LANES)
            if change.any():
                before = rows[:, row].copy()
                rows[:, row] += change
                rows[:, row][rows[:, row] <= COVERED * before] = 0.0

    def _executed(self, instrument: Instrument, method: str, flow: Flow) -> ExecutedFlow:
        return executed(instrument.label, method, flow, self.setup.scenario.portfolio.names, self.batch.paths.size)
