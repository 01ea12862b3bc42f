"""A tile: some paths, their prices, and every rule's book on them, carried from date to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.engine import layout
from riskkit.engine.advance import advance
from riskkit.engine.layout import LANES
from riskkit.engine.ledger import appraise, quote, trade
from riskkit.engine.plan import Plan
from riskkit.engine.schedule import arrange
from riskkit.errors import InvalidInput
from riskkit.market.ticks import Given
from riskkit.rules import View

__all__ = ["Tile", "run_tile"]

Array = NDArray[np.float64]


class Tile:
    """The state of some paths. Arrays are (block, row, lane); see `riskkit.engine.layout`.

    Parameters
    ----------
    plan : Plan
    paths : ndarray of uint64
        Numbers of the paths; their count is a multiple of the lanes of a block.
    given : mapping
        What is known of some shocks beforehand.
    """

    def __init__(self, plan: Plan, paths: NDArray[np.uint64], given: Mapping[str, Given] | None = None) -> None:
        self.plan = plan
        self.paths = paths
        self.step = 0
        blocks = paths.size // LANES
        self.tape = plan.scenario.market.tape(plan.calendar, paths, plan.streams, given or {})
        assets = self.tape.factor.shape[0]
        shape = (assets, paths.size)
        self.prices = np.ones((blocks, assets, LANES))
        self.growth = layout.as_blocks(np.broadcast_to(self.tape.growth, shape))
        self.spread = layout.as_blocks(np.broadcast_to(self.tape.volatility, shape))
        self.alive = np.ones((blocks, self.tape.compensator.shape[0], LANES))
        self.events, self.cursor = arrange(self.tape.events, blocks, plan.calendar.steps)
        books, held = len(plan.books), plan.rows.size
        self.units = np.empty((blocks, books * held, LANES))
        self.units[:] = np.tile(plan.start, books)[None, :, None]
        self.statistics = np.zeros((blocks, books * layout.STATISTICS, LANES))
        self.statistics[:, layout.PEAK :: layout.STATISTICS] = 1.0
        self.accounts = np.zeros((blocks, books * layout.ACCOUNTS, LANES))
        self.highs = np.zeros((blocks, plan.watched.size * 2, LANES))
        self.highs[:, ::2] = 1.0
        self.states: list[Any] = [None] * books
        self.quotes: tuple[Array, Array] | None = None

    def advance(self, step: int) -> None:
        """Carry prices and statistics on to `step`."""
        if step > self.step:
            state = (self.prices, self.growth, self.spread, self.alive)
            books = (self.units, self.statistics, self.plan.thresholds, self.plan.watched, self.highs)
            tape = self.tape
            advance(
                *tape.key, self.paths, self.step, step, tape.factor, tape.compensator, self.events, self.cursor,
                self.plan.rows, state, books,
            )  # fmt: skip
            self.step = step
            self.quotes = None

    def consult(self) -> None:
        """Ask every rule that is due, each on the view before any trade, then trade."""
        due = self.plan.due.get(self.step, ())
        shared: dict[str, Any] = {}
        views: list[View] = []
        wishes = []
        for book in due:
            view = self._view(book, shared, views)
            wishes.append((book, self._ask(book, view)))
        for view in views:
            view.close()
        for book, target in wishes:
            if target is not None:
                self.trade(book, target)

    def book_units(self, book: int) -> Array:
        """Units of a book as shares of the start wealth at start prices (holding, path)."""
        held = self.plan.rows.size
        return layout.as_paths(self.units[:, book * held : (book + 1) * held])

    def statistic(self, book: int, row: int) -> Array:
        """One statistic of a book (path)."""
        return self.statistics[:, book * layout.STATISTICS + row].reshape(-1)

    def account(self, book: int, row: int) -> Array:
        """One account of a book (path)."""
        return self.accounts[:, book * layout.ACCOUNTS + row].reshape(-1)

    def price(self) -> Array:
        """Prices of the holdings, 1 at the start (holding, path)."""
        return layout.as_paths(self._quoted()[0])

    def appraise(self, book: int) -> tuple[Array, Array]:
        """Shares of gross wealth (holding, path) and gross wealth (path) of a book."""
        weights, wealth = np.empty((self.plan.rows.size, self.paths.size)), np.empty(self.paths.size)
        appraise(self._quoted()[0], self.units, book, len(self.plan.books), weights, wealth)
        return weights, wealth

    def tick_counts(self) -> dict[str, NDArray[np.int64]]:
        """Ticks of each shock up to now (path)."""
        counts = {}
        for name, ticks in self.tape.ticks.items():
            before = ticks.times * self.plan.calendar.steps_per_year <= self.step
            counts[name] = np.bincount(ticks.lanes[before], minlength=self.paths.size)
        return counts

    def _quoted(self) -> tuple[Array, Array]:
        """Prices of the holdings now and their reciprocals (block, holding, lane)."""
        if self.quotes is None:
            shape = (self.paths.size // LANES, self.plan.rows.size, LANES)
            self.quotes = np.empty(shape), np.empty(shape)
            quote(self.plan.rows, self.prices, *self.quotes)
        return self.quotes

    def _ask(self, book: int, view: View) -> Array | None:
        rule = self.plan.books[book]
        try:
            answer = rule.decide(view, self.states[book])
        except Exception as error:
            error.add_note(f"while rule {rule.name!r} was asked at step {self.step} ({view.time:.4g} years)")
            raise
        when = f"at step {self.step} ({view.time:.4g} years)"
        if not isinstance(answer, tuple) or len(answer) != 2:
            came = type(answer).__name__
            raise InvalidInput(f"rule {rule.name!r}: decide must return (target, state), got {came} {when}")
        target, self.states[book] = answer
        if target is None:
            return None
        shape = (self.plan.rows.size, self.paths.size)
        if not isinstance(target, np.ndarray) or target.shape != shape or target.dtype.kind not in "fiu":
            came = (
                f"{target.dtype} of shape {target.shape}" if isinstance(target, np.ndarray) else type(target).__name__
            )
            wanted = f"an array of numbers of shape (asset, path) = {shape}"
            raise InvalidInput(f"rule {rule.name!r}: target must be {wanted}, got {came} {when}")
        return np.ascontiguousarray(target, dtype=np.float64)

    def trade(self, book: int, target: Array) -> None:
        """Trade a book towards target weights (holding, path), as far as today's terms let it."""
        plan, step = self.plan, self.step
        terms = (plan.cost, plan.limit[step], plan.discount[step], plan.buyable[step])
        books = len(plan.books)
        bad = trade(target, terms, *self._quoted(), self.units, self.accounts, book, books)
        if bad >= 0:
            raise InvalidInput(
                f"rule {plan.books[book].name!r}: a path's target must be finite, >= 0 and sum to 1, got "
                f"{target[:, bad].tolist()} (sum {target[:, bad].sum():.6g}) on path {int(self.paths[bad])} "
                f"at step {step} ({plan.calendar.time(step):.4g} years)"
            )

    def _view(self, book: int, shared: dict[str, Any], views: list[View]) -> View:
        """The view of a book at this moment; `shared` keeps what all books see alike."""
        kept: dict[str, tuple[Array, Array]] = {}

        def appraised() -> tuple[Array, Array]:
            if "appraisal" not in kept:
                kept["appraisal"] = self.appraise(book)
            return kept["appraisal"]

        def once(name: str, make: Callable[[], Any]) -> Any:
            if name not in shared:
                shared[name] = make()
            return shared[name]

        def drawdown() -> Array:
            return 1.0 - appraised()[1] / self.statistic(book, layout.PEAK)

        readers: dict[str, Callable[[], Any]] = {
            "units": lambda: self.book_units(book) / self.plan.start[:, None],
            "weights": lambda: appraised()[0],
            "wealth": lambda: appraised()[1],
            "peak": lambda: self.statistic(book, layout.PEAK).copy(),
            "drawdown": drawdown,
            "price": lambda: once("price", self.price),
            "sellable": lambda: np.repeat(self.plan.limit[self.step][:, None], self.paths.size, axis=1),
            "events": lambda: once("events", self.tick_counts),
        }
        watched = tuple(self._view(companion, shared, views) for companion in self.plan.companions[book])
        view = View(
            self.plan.scenario.portfolio,
            step=self.step,
            time=self.plan.calendar.time(self.step),
            read=lambda name: readers[name](),
            watched=watched,
        )
        views.append(view)
        return view


def run_tile(
    plan: Plan,
    paths: NDArray[np.uint64],
    *,
    given: Mapping[str, Given] | None = None,
    also: Mapping[int, Callable[[Tile], None]] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Tile:
    """Run a tile from start to end.

    Parameters
    ----------
    plan : Plan
    paths : ndarray of uint64
        Numbers of the paths, a multiple of the lanes of a block.
    given : mapping, optional
        What is known of some shocks beforehand.
    also : mapping of int to callable, optional
        Step → what is to be done with the tile there, after the step's statistics and before the rules are asked.
    stopped : callable, optional
        Asked between dates; true ends the run early.
    """
    tile = Tile(plan, paths, given)
    extra = also or {}
    for step in sorted({*plan.dates, *extra, plan.calendar.steps}):
        if stopped():
            break
        tile.advance(step)
        if step in extra:
            extra[step](tile)
        if step in plan.due:
            tile.consult()
    return tile
