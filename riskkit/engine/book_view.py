"""The view of a book that a rule reads on one of its dates; each quantity is computed when it is first read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Protocol

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints, UInts
from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.structs import BookArrays, MarkArrays
from riskkit.rules import View

__all__ = ["BookView", "MarketView"]


class ViewedPositions(Protocol):
    """The part of `riskkit.engine.instrument_books.InstrumentBooks` that a view reads."""

    def marks(self, book: int) -> Array: ...
    def pledged(self, book: int) -> Array: ...


class ViewedBatch(Protocol):
    """The part of `riskkit.engine.path_batch.PathBatch` that a view reads."""

    setup: RunSetup
    paths: UInts
    step: int
    books: BookArrays
    marks: MarkArrays

    @property
    def positions(self) -> ViewedPositions: ...
    def price(self) -> Array: ...
    def reported_prices(self) -> Array: ...
    def appraise(self, book: int, *, reported: bool = False, paths: Ints | None = None) -> tuple[Array, Array]: ...
    def event_counts(self) -> dict[str, Ints]: ...
    def fired(self, book: int) -> Ints: ...


class MarketView:
    """The quantities of one date that all books share, on all paths of a batch or on some.

    Rules see reported prices. Instruments see true ones, of units whose dividends are not reinvested: for them
    `unit_factors` are given, the ledger's units per unit of theirs (holding).
    """

    def __init__(self, batch: ViewedBatch, unit_factors: Array | None = None) -> None:
        self.batch, self.unit_factors = batch, unit_factors
        self.paths: Ints | None = None
        self._whole = self
        self._books: dict[int, BookView] = {}

    def of_paths(self, paths: Ints) -> MarketView:
        """The same market on some paths, which are places in the batch; no quantity is computed on the others."""
        selected = MarketView(self.batch, self.unit_factors)
        selected.paths, selected._whole = paths, self
        return selected

    def book(self, book: int) -> BookView:
        """One of the books."""
        if book not in self._books:
            self._books[book] = BookView(self, book)
        return self._books[book]

    def rows(self, array: Array, rows: slice) -> Array:
        """Rows of an array (block, row, lane), as (row, path)."""
        return layout.as_paths(array[:, rows]) if self.paths is None else layout.rows_of(array, rows, self.paths)

    def taken(self, array: Array) -> Array:
        """An array (…, path) of all paths, on those of this view."""
        return array if self.paths is None else array.take(self.paths, axis=-1)

    @property
    def count(self) -> int:
        """Number of paths."""
        return (self.batch.paths if self.paths is None else self.paths).size

    @cached_property
    def price(self) -> Array:
        """Prices (holding, path)."""
        if self.unit_factors is not None:
            prices: Array = self.taken(self.batch.price()) * self.unit_factors[:, None]
            return prices
        return self.rows(self.batch.reported_prices(), slice(None))

    @cached_property
    def high(self) -> Array:
        """Highest reported prices so far (holding, path)."""
        return self.rows(self.batch.marks.price_high, slice(None))

    @cached_property
    def events(self) -> Mapping[str, Ints]:
        """Events of each shock so far (path)."""
        if self.paths is None:
            return self.batch.event_counts()
        return {name: counts[self.paths] for name, counts in self._whole.events.items()}


class BookView:
    """The quantities of `riskkit.rules.View`, by their names there, for one book on the paths of a market's view."""

    def __init__(self, market: MarketView, book: int) -> None:
        self.market, self.batch, self.setup, self.book = market, market.batch, market.batch.setup, book

    @cached_property
    def _appraisal(self) -> tuple[Array, Array]:
        return self.batch.appraise(self.book, reported=True, paths=self.market.paths)

    @cached_property
    def _units(self) -> Array:
        """The ledger's units (holding, path)."""
        return self._holdings(self.batch.books.units)

    @property
    def units(self) -> Array:
        """Units in multiples of those at the start, or of the net start wealth (holding, path)."""
        units: Array = self._units / self.setup.unit_base[:, None]
        return units

    @property
    def weights(self) -> Array:
        """Shares of gross assets (holding, path)."""
        return self._appraisal[0]

    @property
    def wealth(self) -> Array:
        """Net wealth (path)."""
        return self._appraisal[1]

    @cached_property
    def peak(self) -> Array:
        """Highest wealth so far (path)."""
        peaks, row = self.batch.books.statistics, self.book * layout.STATISTICS + layout.PEAK
        if self.setup.marks.on:
            peaks, row = self.batch.marks.highs, 2 * self.book
        peak: Array = self.market.rows(peaks, slice(row, row + 1))[0]
        return peak

    @property
    def drawdown(self) -> Array:
        """Current loss as a share of the peak (path)."""
        return 1.0 - self.wealth / self.peak

    @property
    def price(self) -> Array:
        """Reported prices (holding, path)."""
        return self.market.price

    @property
    def high(self) -> Array:
        """Highest reported prices so far (holding, path)."""
        return self.market.high

    @property
    def gain(self) -> Array:
        """Unrealised gain of the holdings as a share of their reported value (holding, path)."""
        if not self.setup.tax.on:
            raise InvalidInput("view.gain needs a tax: purchase costs are recorded only under Frictions(tax=...)")
        basis = self._holdings(self.batch.books.basis)
        value = self._units * self.price
        return 1.0 - np.divide(basis, value, out=np.ones_like(value), where=value > 0.0)

    @property
    def sellable(self) -> Array:
        """Share of the units held that can be sold now (holding, path)."""
        limit, opens = self.setup.limit[self.batch.step], self.setup.opens[self.batch.step]
        share = np.repeat(limit[:, None], self.market.count, axis=1)
        if self.setup.limited:
            units = self._units
            allowance = self._holdings(self.batch.books.allowance)
            allowed = np.minimum(np.divide(allowance, units, out=np.zeros_like(units), where=units > 0.0), 1.0)
            unrestricted = (opens & (limit >= 1.0))[:, None]
            share = np.where(unrestricted, 1.0, np.where(share > 0.0, allowed, 0.0))
        if self.setup.instruments.instruments:
            units, pledged = self._units, self._pledged
            free = np.divide(units - pledged, units, out=np.zeros_like(units), where=units > 0.0)
            share = np.where(pledged > 0.0, np.minimum(share, np.maximum(free, 0.0)), share)
        return share

    @property
    def hedges(self) -> Array:
        """Value of each instrument as a share of net wealth (instrument, path); 0 where there is no wealth."""
        marks, wealth = self.market.taken(self.batch.positions.marks(self.book)), self.wealth
        return np.divide(marks, wealth, out=np.zeros_like(marks), where=wealth > 0.0)

    @property
    def _pledged(self) -> Array:
        """Pledged units of the ledger (holding, path)."""
        return self.market.taken(self.batch.positions.pledged(self.book))

    @property
    def pledged(self) -> Array:
        """Pledged units in multiples of those at the start, or of the net start wealth (holding, path)."""
        return self._pledged / self.setup.unit_base[:, None]

    @property
    def events(self) -> Mapping[str, Ints]:
        """Events of each shock so far (path)."""
        return self.market.events

    @property
    def listed(self) -> Bools:
        """Whether each holding has a market now (holding)."""
        listed: Bools = self.setup.listed[self.batch.step].copy()
        return listed

    def _holdings(self, array: Array) -> Array:
        """The book's rows of an array (block, book * holding, lane), as (holding, path)."""
        holdings = self.setup.rows.size
        return self.market.rows(array, slice(self.book * holdings, (self.book + 1) * holdings))

    def view(self, views: list[View]) -> View:
        """Make the view for the book's rule; add it, and those of the books that it watches, to `views`."""
        companions = self.setup.companions[self.book]
        view = View(
            self.setup.scenario.portfolio,
            step=self.batch.step,
            time=self.setup.calendar.time(self.batch.step),
            read=partial(getattr, self),
            watched=tuple(self.market.book(companion).view(views) for companion in companions),
        )
        views.append(view)
        return view
