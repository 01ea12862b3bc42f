"""What a batch of paths has in instruments: covered units, marks, gains, pledges and what is owed, book by book."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from riskkit._core.array_types import Array
from riskkit.engine.book_view import ViewedBatch
from riskkit.engine.inputs.instruments import InstrumentTable, Opening
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.kernel.structs import InstrumentArrays
from riskkit.instruments import Position

__all__ = ["InstrumentBooks", "Priced", "instruments_at_start"]

#: Tenor from which on the gain of an option is long-term, in years.
LONG = 1.0


class Priced(ViewedBatch, Protocol):
    """The part of `riskkit.engine.path_batch.PathBatch` that positions need."""

    def book_units(self, book: int) -> Array: ...
    def quotes(self) -> tuple[Array, Array]: ...


def instruments_at_start(table: InstrumentTable, blocks: int) -> InstrumentArrays | None:
    """The instruments in the kernel's arrays, before anything has opened; None without any."""
    if not table.instruments:
        return None
    shape = (blocks, len(table.instruments), LANES)
    return InstrumentArrays(
        hedged=np.array([bool(rows) for rows in table.of_book], np.bool_),
        holding=table.holding,
        steps_up=table.steps_up,
        first_leg=table.first_leg,
        kind=table.kind,
        quantity=table.quantity,
        terms=table.leg_terms,
        is_open=table.is_open,
        ex_dividend=table.ex_dividend,
        owed_growth=table.owed_growth,
        opening_price=np.ones(shape),
        premium=np.zeros(shape),
        mark=np.zeros(shape),
    )


class InstrumentBooks:
    """The instruments of every book on one batch of paths.

    Units are as in `riskkit.instruments.Position`; pledged units are stored as the ledger's own, in which reinvested
    dividends leave a holding unchanged.

    Parameters
    ----------
    batch : Priced
    arrays : InstrumentArrays or None
        None where no book has any.
    """

    def __init__(self, batch: Priced, arrays: InstrumentArrays | None) -> None:
        self.batch = batch
        self.setup: RunSetup = batch.setup
        self.table = self.setup.instruments
        if arrays is not None:
            self.arrays: InstrumentArrays = arrays

    def covered(self, book: int, k: int) -> Array:
        """Covered units of one instrument in one book, a view (block, lane)."""
        return self._row(book, k)

    def owed(self, book: int, k: int) -> Array:
        """What one book owes for one instrument, a view (block, lane); < 0 is cash that nothing could be bought for."""
        return self._row(book, len(self.table.instruments) + k)

    def total_owed(self, book: int) -> Array:
        """What one book owes for its instruments (path)."""
        total = np.zeros(self.batch.paths.size)
        for k in self.table.of_book[book]:
            total += self.owed(book, k).reshape(-1)
        return total

    def marks(self, book: int) -> Array:
        """Value of each instrument of a book now (instrument, path), in the order of `Hedged`."""
        rows = [(self.covered(book, k) * self.arrays.mark[:, k]).reshape(-1) for k in self.table.of_book[book]]
        return np.array(rows).reshape(len(rows), self.batch.paths.size)

    def gains(self, book: int) -> Array:
        """Gain of closing each instrument of a book at its mark (instrument, path)."""
        costs = [(self.covered(book, k) * self.arrays.premium[:, k]).reshape(-1) for k in self.table.of_book[book]]
        return self.marks(book) - np.array(costs).reshape(len(costs), self.batch.paths.size)

    def pledged(self, book: int) -> Array:
        """Pledged units of a book, in the ledger's units (holding, path)."""
        holdings, pledged = self.setup.rows.size, self.batch.books.pledged
        if not self.table.instruments:
            return np.zeros((holdings, self.batch.paths.size))
        return layout.as_paths(pledged[:, book * holdings : (book + 1) * holdings])

    def gains_by_period(self, book: int) -> tuple[Array, Array]:
        """Long-term and short-term gains of closing each instrument of a book at its mark (instrument, path)."""
        tenors = [self.table.instruments[k].years for k in self.table.of_book[book]]
        long = np.array([years >= LONG for years in tenors], np.bool_)
        gains = self.gains(book)
        return gains[long], gains[~long]

    def founder_delta(self, book: int) -> Array:
        """What instruments add to founder exposure, by delta, as a share of gross assets (path)."""
        prices, calendar, step = self.batch.price(), self.setup.calendar, self.batch.step
        added = np.zeros(self.batch.paths.size)
        for k in self.table.of_book[book]:
            opening, row = self._open_now(k), self.table.holding[k]
            if opening is None or opening.expiry == step or self.setup.founder[row] == 0.0:
                continue
            ex_price, first = prices[row] * self.table.ex_dividend[step, k], self.arrays.opening_price[:, k].reshape(-1)
            ratio = np.divide(ex_price, first, out=np.zeros_like(first), where=first > 0.0)
            years = calendar.time(opening.expiry - step)
            delta = sum(leg.delta(ratio, years, self.table.terms[k]) for leg in self.table.legs[k])
            added += self.setup.founder[row] * self.covered(book, k).reshape(-1) * ex_price * delta
        gross = (self._units(book) * prices).sum(axis=0)
        share: Array = np.divide(added, gross, out=np.zeros_like(added), where=gross > 0.0)
        return share

    def _open_now(self, k: int) -> Opening | None:
        """The opening of an instrument that has not expired before this step."""
        step = self.batch.step
        for opening in self.table.openings[k].values():
            if opening.step < step <= opening.expiry:
                return opening
        return None

    def _position(self, book: int, k: int, opening: Opening, units: Array | None = None) -> Position:
        """The position of a book in one instrument, or, with `units`, in so many covered units (path)."""
        instrument = self.table.instruments[k]
        units = self.covered(book, k).reshape(-1).copy() if units is None else units
        return Position(
            units=units,
            price=self.arrays.opening_price[:, k].reshape(-1).copy(),
            premium=units * self.arrays.premium[:, k].reshape(-1),
            value=units * self.arrays.mark[:, k].reshape(-1),
            legs=self.table.legs[k],
            opened=opening.step,
            time=self.setup.calendar.time(opening.step),
            years=instrument.years,
            pledges=instrument.pledges,
        )

    def _units(self, book: int) -> Array:
        """Units of a book in the ledger's units (holding, path)."""
        return self.batch.book_units(book)

    def _row(self, book: int, row: int) -> Array:
        rows = 2 * len(self.table.instruments)
        view: Array = self.batch.books.positions[:, book * rows + row]
        return view

    def _account(self, book: int, row: int) -> Array:
        view: Array = self.batch.books.accounts[:, book * layout.ACCOUNTS + row]
        return view
