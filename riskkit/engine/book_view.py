"""What a rule sees of a book on one of its dates: each quantity is computed when it is first read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit.engine.inputs.run_setup import Plan
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.structs import BookArrays, MarkArrays
from riskkit.rules import View

__all__ = ["BookView", "MarketView"]

Array = NDArray[np.float64]


class Paths(Protocol):
    """What a view reads of `riskkit.engine.path_batch.Tile`."""

    plan: Plan
    paths: NDArray[np.uint64]
    step: int
    books: BookArrays
    marks: MarkArrays

    def price(self) -> Array: ...
    def statistic(self, book: int, row: int) -> Array: ...
    def book_units(self, book: int) -> Array: ...
    def appraise(self, book: int, *, reported: bool = False) -> tuple[Array, Array]: ...
    def tick_counts(self) -> dict[str, NDArray[np.int64]]: ...


class MarketView:
    """What all books see alike on one date."""

    def __init__(self, tile: Paths) -> None:
        self.tile = tile

    @cached_property
    def price(self) -> Array:
        """Reported prices (holding, path)."""
        tile = self.tile
        return layout.as_paths(tile.marks.price) if tile.plan.marks.on else tile.price()

    @cached_property
    def events(self) -> Mapping[str, NDArray[np.int64]]:
        """Events of each shock so far (path)."""
        return self.tile.tick_counts()


class BookView:
    """The quantities of `riskkit.rules.View`, by their names there, for one book of a tile on one date."""

    def __init__(self, market: MarketView, book: int) -> None:
        self.market, self.tile, self.plan, self.book = market, market.tile, market.tile.plan, book

    @cached_property
    def _appraisal(self) -> tuple[Array, Array]:
        return self.tile.appraise(self.book, reported=True)

    @property
    def units(self) -> Array:
        """Units in multiples of those at the start (holding, path)."""
        return self.tile.book_units(self.book) / self.plan.start[:, None]

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
        if self.plan.marks.on:
            return self.tile.marks.highs[:, 2 * self.book].reshape(-1)
        return self.tile.statistic(self.book, layout.PEAK)

    @property
    def peak(self) -> Array:
        """Highest wealth so far (path); a copy, because the next steps change it in place."""
        return self._peak.copy()

    @property
    def drawdown(self) -> Array:
        """Share of the peak that is lost now (path)."""
        return 1.0 - self.wealth / self._peak

    @property
    def price(self) -> Array:
        """Reported prices (holding, path)."""
        return self.market.price

    @property
    def gain(self) -> Array:
        """Unrealised gain of the holdings as a share of their reported value (holding, path)."""
        if not self.plan.tax.on:
            raise InvalidInput("view.gain needs a tax: purchase costs are followed only under Frictions(tax=...)")
        basis = self._rows(self.tile.books.basis)
        value = self.tile.book_units(self.book) * self.price
        return 1.0 - np.divide(basis, value, out=np.ones_like(value), where=value > 0.0)

    @property
    def sellable(self) -> Array:
        """Share of the units held that can be sold now (holding, path)."""
        limit, opens = self.plan.limit[self.tile.step], self.plan.opens[self.tile.step]
        share = np.repeat(limit[:, None], self.tile.paths.size, axis=1)
        if self.plan.limited:
            units = self.tile.book_units(self.book)
            left = self._rows(self.tile.books.allowance)
            part = np.minimum(np.divide(left, units, out=np.zeros_like(units), where=units > 0.0), 1.0)
            whole = (opens & (limit >= 1.0))[:, None]
            share = np.where(whole, 1.0, np.where(share > 0.0, part, 0.0))
        return share

    @property
    def events(self) -> Mapping[str, NDArray[np.int64]]:
        """Events of each shock so far (path)."""
        return self.market.events

    @property
    def listed(self) -> NDArray[np.bool_]:
        """Whether each holding has a market now (holding)."""
        listed: NDArray[np.bool_] = self.plan.listed[self.tile.step].copy()
        return listed

    def _rows(self, array: Array) -> Array:
        """The book's holdings of an array (block, book * holding, lane), as (holding, path)."""
        holdings = self.plan.rows.size
        return layout.as_paths(array[:, self.book * holdings : (self.book + 1) * holdings])

    def opened(self, views: list[View]) -> View:
        """The view that a rule is given; it and those of the books that it watches are added to `views`."""
        companions = self.plan.companions[self.book]
        watched = tuple(BookView(self.market, companion).opened(views) for companion in companions)
        view = View(
            self.plan.scenario.portfolio,
            step=self.tile.step,
            time=self.plan.calendar.time(self.tile.step),
            read=partial(getattr, self),
            watched=watched,
        )
        views.append(view)
        return view
