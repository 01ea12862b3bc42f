"""The view of a book that a rule reads on one of its dates; each quantity is computed when it is first read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array, Bools, Ints, UInts
from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.structs import BookArrays, MarkArrays
from riskkit.rules import View

__all__ = ["BookView", "MarketView"]


class ViewedBatch(Protocol):
    """The part of `riskkit.engine.path_batch.PathBatch` that a view reads."""

    setup: RunSetup
    paths: UInts
    step: int
    books: BookArrays
    marks: MarkArrays

    def price(self) -> Array: ...
    def statistic(self, book: int, row: int) -> Array: ...
    def book_units(self, book: int) -> Array: ...
    def appraise(self, book: int, *, reported: bool = False) -> tuple[Array, Array]: ...
    def event_counts(self) -> dict[str, Ints]: ...
    def fired(self, book: int) -> Bools: ...
    def hedges(self, book: int) -> Array: ...
    def pledged(self, book: int) -> Array: ...


class MarketView:
    """The quantities of one date that all books share.

    Rules see reported prices. Instruments see true ones, of units whose dividends are not reinvested: for them
    `unit_factors` are given, the ledger's units per unit of theirs (holding).
    """

    def __init__(self, batch: ViewedBatch, unit_factors: Array | None = None) -> None:
        self.batch, self.unit_factors = batch, unit_factors

    @cached_property
    def price(self) -> Array:
        """Prices (holding, path)."""
        batch = self.batch
        if self.unit_factors is not None:
            prices: Array = batch.price() * self.unit_factors[:, None]
            return prices
        return layout.as_paths(batch.marks.price) if batch.setup.marks.on else batch.price()

    @cached_property
    def high(self) -> Array:
        """Highest reported prices so far (holding, path)."""
        return layout.as_paths(self.batch.marks.price_high)

    @cached_property
    def events(self) -> Mapping[str, Ints]:
        """Events of each shock so far (path)."""
        return self.batch.event_counts()


class BookView:
    """The quantities of `riskkit.rules.View`, by their names there, for one book of a batch of paths on one date."""

    def __init__(self, market: MarketView, book: int) -> None:
        self.market, self.batch, self.setup, self.book = market, market.batch, market.batch.setup, book

    @cached_property
    def _appraisal(self) -> tuple[Array, Array]:
        return self.batch.appraise(self.book, reported=True)

    @property
    def units(self) -> Array:
        """Units in multiples of those at the start, or of the net start wealth (holding, path)."""
        return self.batch.book_units(self.book) / self.setup.unit_base[:, None]

    @property
    def weights(self) -> Array:
        """Shares of gross assets (holding, path)."""
        return self._appraisal[0]

    @property
    def wealth(self) -> Array:
        """Net wealth (path)."""
        return self._appraisal[1]

    @property
    def _peak(self) -> Array:
        if self.setup.marks.on:
            return self.batch.marks.highs[:, 2 * self.book].reshape(-1)
        return self.batch.statistic(self.book, layout.PEAK)

    @property
    def peak(self) -> Array:
        """Highest wealth so far (path); a copy, because the next steps change it in place."""
        return self._peak.copy()

    @property
    def drawdown(self) -> Array:
        """Current loss as a share of the peak (path)."""
        return 1.0 - self.wealth / self._peak

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
        basis = self._rows(self.batch.books.basis)
        value = self.batch.book_units(self.book) * self.price
        return 1.0 - np.divide(basis, value, out=np.ones_like(value), where=value > 0.0)

    @property
    def sellable(self) -> Array:
        """Share of the units held that can be sold now (holding, path)."""
        limit, opens = self.setup.limit[self.batch.step], self.setup.opens[self.batch.step]
        share = np.repeat(limit[:, None], self.batch.paths.size, axis=1)
        if self.setup.limited:
            units = self.batch.book_units(self.book)
            allowance = self._rows(self.batch.books.allowance)
            allowed = np.minimum(np.divide(allowance, units, out=np.zeros_like(units), where=units > 0.0), 1.0)
            unrestricted = (opens & (limit >= 1.0))[:, None]
            share = np.where(unrestricted, 1.0, np.where(share > 0.0, allowed, 0.0))
        if self.setup.instruments.instruments:
            units, pledged = self.batch.book_units(self.book), self.batch.pledged(self.book)
            free = np.divide(units - pledged, units, out=np.zeros_like(units), where=units > 0.0)
            share = np.where(pledged > 0.0, np.minimum(share, np.maximum(free, 0.0)), share)
        return share

    @property
    def hedges(self) -> Array:
        """Value of each instrument as a share of net wealth (instrument, path); 0 where there is no wealth."""
        marks, wealth = self.batch.hedges(self.book), self.wealth
        return np.divide(marks, wealth, out=np.zeros_like(marks), where=wealth > 0.0)

    @property
    def pledged(self) -> Array:
        """Pledged units in multiples of those at the start, or of the net start wealth (holding, path)."""
        return self.batch.pledged(self.book) / self.setup.unit_base[:, None]

    @property
    def events(self) -> Mapping[str, Ints]:
        """Events of each shock so far (path)."""
        return self.market.events

    @property
    def listed(self) -> Bools:
        """Whether each holding has a market now (holding)."""
        listed: Bools = self.setup.listed[self.batch.step].copy()
        return listed

    def _rows(self, array: Array) -> Array:
        """The book's holdings of an array (block, book * holding, lane), as (holding, path)."""
        holdings = self.setup.rows.size
        return layout.as_paths(array[:, self.book * holdings : (self.book + 1) * holdings])

    def view(self, views: list[View], paths: NDArray[np.intp] | None = None) -> View:
        """Make the view of some paths for the book's rule; add it, and those of the books that it watches, to `views`.

        By default it is of all paths.
        """
        companions = self.setup.companions[self.book]
        watched = tuple(BookView(self.market, companion).view(views, paths) for companion in companions)
        view = View(
            self.setup.scenario.portfolio,
            step=self.batch.step,
            time=self.setup.calendar.time(self.batch.step),
            read=partial(getattr, self) if paths is None else partial(self._of_paths, paths),
            watched=watched,
        )
        views.append(view)
        return view

    def _of_paths(self, paths: NDArray[np.intp], name: str) -> Any:
        """A quantity on some of the paths."""
        value = getattr(self, name)
        if name == "listed":  # (holding)
            return value
        if isinstance(value, Mapping):
            return {key: array[paths] for key, array in value.items()}
        return np.take(value, paths, axis=-1)
