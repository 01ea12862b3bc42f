"""A tile: some paths, their prices, and every rule's book on them, carried from date to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.engine import layout
from riskkit.engine.advance import advance
from riskkit.engine.appraisal import appraise, quote
from riskkit.engine.borrowing import ruin_the_insolvent
from riskkit.engine.extremes import extreme_price
from riskkit.engine.forced import spend
from riskkit.engine.layout import LANES
from riskkit.engine.ledger import open_markets, trade
from riskkit.engine.outcomes import NO_THRESHOLD, THRESHOLDS
from riskkit.engine.plan import Plan
from riskkit.engine.schedule import arrange, draw_deaths, with_deaths
from riskkit.errors import InvalidInput
from riskkit.market.tape import Tape
from riskkit.market.ticks import Given
from riskkit.rules import View

__all__ = ["Tile", "run_tile"]

Array = NDArray[np.float64]

#: After so many steps at the latest a tile looks whether it is to stop.
STEPS_A_LOOK = 256


class Tile:
    """The state of some paths. Arrays are (block, row, lane); see `riskkit.engine.layout`.

    Parameters
    ----------
    plan : Plan
    paths : ndarray of uint64
        Numbers of the paths; their count is a multiple of the lanes of a block.
    given : mapping
        What is known of some shocks beforehand.
    thresholds : ndarray, optional
        Drawdown levels at which each scenario rule's pooled tail is recorded (rule, 4); none is by default.
    """

    def __init__(
        self,
        plan: Plan,
        paths: NDArray[np.uint64],
        given: Mapping[str, Given] | None = None,
        thresholds: Array | None = None,
    ) -> None:
        self.plan, self.paths, self.step = plan, paths, 0
        blocks = paths.size // LANES
        known = {**(given or {}), **plan.scenario.forced}
        self.tape = plan.scenario.market.tape(plan.calendar, paths, plan.streams, known)
        assets = self.tape.factor.shape[0]
        shape = (assets, paths.size)
        self.prices = np.ones((blocks, assets, LANES))
        self.growth = layout.as_blocks(np.broadcast_to(self.tape.growth, shape))
        self.spread = layout.as_blocks(np.broadcast_to(self.tape.volatility, shape))
        self.alive = layout.as_blocks(np.broadcast_to(self.tape.alive, (self.tape.alive.shape[0], paths.size)))
        self.clock, self.history = _clock(self.tape), _history(self.tape)
        self.deaths = draw_deaths(plan, paths)
        self.events, self.cursor = arrange(with_deaths(self.tape.events, self.deaths), blocks, plan.calendar.steps)
        books, held = len(plan.books), plan.rows.size
        self.units = _repeated(plan.start, books, blocks)
        self.statistics = np.zeros((blocks, books * layout.STATISTICS, LANES))
        self.statistics[:, layout.PEAK :: layout.STATISTICS] = 1.0
        self.thresholds = np.full((books, THRESHOLDS), NO_THRESHOLD)
        if thresholds is not None:
            self.thresholds[: len(thresholds)] = thresholds
        self.accounts = np.zeros((blocks, books * layout.ACCOUNTS, LANES))
        self.highs = np.zeros((blocks, plan.watched.size * 2, LANES))
        self.highs[:, ::2] = 1.0
        tax, marked = plan.tax, plan.marks.on
        self.accounts[:, layout.DEBT :: layout.ACCOUNTS] = plan.debt
        self.basis = _repeated(tax.basis if tax.on else tax.basis[:0], books, blocks)
        self.lots = _repeated(tax.lot_units, books, blocks), _repeated(tax.lot_costs, books, blocks)
        self.allowance = np.zeros((blocks, books * held * plan.limited, LANES))
        self.last = np.zeros((blocks, books * held, LANES))
        self.reported = np.ones((blocks, held * marked, LANES))
        self.reported_highs = np.zeros((blocks, books * 2 * marked, LANES))
        self.reported_highs[:, ::2] = 1.0
        self.law = (tax.rate, tax.offset, (tax.starts, tax.methods))
        self.states: list[Any] = [None] * books
        self.quotes: tuple[Array, Array] | None = None

    def advance(self, step: int) -> None:
        """Carry prices and statistics on to `step`."""
        if step > self.step:
            state = (self.prices, self.growth, self.spread, self.alive)
            books = (self.units, self.statistics, self.thresholds, self.plan.watched, self.highs)
            tape, plan = self.tape, self.plan
            marks = (plan.marks.at, plan.marks.reacts, plan.holding_of, self.reported, self.reported_highs)
            trading = (self.basis, self.allowance, self.lots, self.accounts, self.last, plan.cost, self.law)
            diffusion = (*tape.key, tape.factor, tape.compensator)
            market = (diffusion, self.clock, self.history, self.events, self.cursor)
            advance(self.paths, self.step, step, *market, plan.rows, state, books, marks, trading, plan.loan)
            self.step = step
            self.quotes = None
            if step == plan.calendar.steps:
                self._quoted()

    def consult(self) -> None:
        """Open the windows of the date, spend, ask every rule that is due on the view before any trade, then trade."""
        for act in (self.pay_out, self.decide):
            before = self.units.copy() if self.plan.debt else self.units
            act()
            self.settle(before)

    def pay_out(self) -> None:
        """Open the windows of the date, and spend what is due."""
        self._open()
        self._spend()

    def settle(self, before: Array) -> None:
        """Ruin the paths that the sales of an act have left with no more than the loan.

        `before` are the units before the act (block, book * holding, lane), whose weights such a path keeps.
        """
        if self.plan.debt:
            books = len(self.plan.books)
            for book in range(books):
                held = (before, self.units, self.basis, self.accounts, self.last)
                ruin_the_insolvent(self._quoted()[0], *held, book, books)

    def decide(self) -> None:
        """Ask every rule that is due on the view before any trade, then trade; the taxable date ends with it."""
        due = self.plan.due.get(self.step, ())
        if due:
            self._quoted()
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
        losses = self.accounts[:, layout.LOSSES :: layout.ACCOUNTS]
        np.maximum(losses, 0.0, out=losses)

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

    def appraise(self, book: int, *, reported: bool = False) -> tuple[Array, Array]:
        """Shares of gross assets (holding, path) and net wealth (path) of a book, at true or at reported prices."""
        weights, wealth = np.empty((self.plan.rows.size, self.paths.size)), np.empty(self.paths.size)
        prices = self.reported if reported and self.plan.marks.on else self._quoted()[0]
        appraise(prices, self.units, self.accounts, self.last, book, len(self.plan.books), weights, wealth)
        return weights, wealth

    def gain(self, book: int) -> Array:
        """Unrealised gain of a book's holdings as a share of their reported value (holding, path)."""
        if not self.plan.tax.on:
            raise InvalidInput("view.gain needs a tax: purchase costs are followed only under Frictions(tax=...)")
        held = self.plan.rows.size
        basis = layout.as_paths(self.basis[:, book * held : (book + 1) * held])
        prices = layout.as_paths(self.reported) if self.plan.marks.on else self.price()
        value = self.book_units(book) * prices
        return 1.0 - np.divide(basis, value, out=np.ones_like(value), where=value > 0.0)

    def sellable(self, book: int) -> Array:
        """Share of the units held that can be sold now (holding, path)."""
        plan, held = self.plan, self.plan.rows.size
        share = np.repeat(plan.limit[self.step][:, None], self.paths.size, axis=1)
        if plan.limited:
            units = self.book_units(book)
            left = layout.as_paths(self.allowance[:, book * held : (book + 1) * held])
            part = np.minimum(np.divide(left, units, out=np.zeros_like(units), where=units > 0.0), 1.0)
            whole = (plan.opens[self.step] & (plan.limit[self.step] >= 1.0))[:, None]
            share = np.where(whole, 1.0, np.where(share > 0.0, part, 0.0))
        return share

    def tax_on_all(self, book: int) -> Array:
        """Tax that selling everything at true prices now would cost (path).

        Below 0 where it would give back tax that the date has paid on a margin sale.
        """
        tax, held = self.plan.tax, self.plan.rows.size
        if not tax.on:
            return np.zeros(self.paths.size)
        gains = self.book_units(book) * self.price()
        gains -= layout.as_paths(self.basis[:, book * held : (book + 1) * held])
        if not tax.offset:
            gains = np.maximum(gains, 0.0)
        losses = self.account(book, layout.LOSSES)
        due: Array = tax.rate * (np.maximum(gains.sum(axis=0) - losses, 0.0) - np.maximum(-losses, 0.0))
        return due

    def tick_counts(self) -> dict[str, NDArray[np.int64]]:
        """Ticks of each shock up to now (path)."""
        counts = {}
        for name, ticks in self.tape.ticks.items():
            before = ticks.times * self.plan.calendar.steps_per_year <= self.step
            counts[name] = np.bincount(ticks.lanes[before], minlength=self.paths.size)
        return counts

    def _quoted(self) -> tuple[Array, Array]:
        """Prices of the holdings now and their reciprocals (block, holding, lane); extreme prices are refused."""
        if self.quotes is None:
            shape = (self.paths.size // LANES, self.plan.rows.size, LANES)
            quotes = np.empty(shape), np.empty(shape)
            if quote(self.plan.rows, self.prices, *quotes):
                raise extreme_price(self, quotes[0])
            self.quotes = quotes
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
        target: Any = answer[0]
        self.states[book] = answer[1]
        if target is None:
            return None
        shape = (self.plan.rows.size, self.paths.size)
        if not isinstance(target, np.ndarray) or target.shape != shape or target.dtype.kind not in "fiu":
            came = (
                f"{target.dtype} of shape {target.shape}" if isinstance(target, np.ndarray) else type(target).__name__
            )
            shaped = f"an array of numbers of shape (asset, path) = {shape}"
            raise InvalidInput(f"rule {rule.name!r}: target must be {shaped}, got {came} {when}")
        wanted: Array = np.ascontiguousarray(target, dtype=np.float64)
        return wanted

    def trade(self, book: int, target: Array) -> None:
        """Trade a book towards target weights (holding, path), as far as today's terms let it."""
        plan, step = self.plan, self.step
        books = len(plan.books)
        held = (self.units, self.basis, self.allowance, self.lots, self.accounts)
        bad = trade(target, self._terms(), self.law, *self._quoted(), self.reported, *held, book, books)
        if bad >= 0:
            raise InvalidInput(
                f"rule {plan.books[book].name!r}: a path's target must be finite, >= 0 and sum to 1, got "
                f"{target[:, bad].tolist()} (sum {target[:, bad].sum():.6g}) on path {int(self.paths[bad])} "
                f"at step {step} ({plan.calendar.time(step):.4g} years)"
            )

    def _terms(self) -> tuple[Array, Array, NDArray[np.bool_], Array, Array]:
        """Today's terms of trade of each holding."""
        plan, step = self.plan, self.step
        return plan.cost, plan.limit[step], plan.opens[step], plan.discount[step], plan.buyable[step]

    def _open(self) -> None:
        """Begin the allowances of the holdings whose window or month begins today.

        Under a loan the kernel has done it, because a margin call may sell at the same step.
        """
        plan, step = self.plan, self.step
        if plan.debt and step:
            return
        opening = plan.opens[step] & plan.held_back
        if opening.any():
            for book in range(len(plan.books)):
                open_markets(opening, plan.limit[step], self.units, self.allowance, book, len(plan.books))

    def _spend(self) -> None:
        """Spend from every book what is due today."""
        if self.step in self.plan.spending:
            held = (self.units, self.basis, self.allowance, self.lots, self.accounts, self.last)
            due = (*self.plan.spending[self.step], self.plan.stages, self._terms(), self.law)
            for book in range(len(self.plan.books)):
                spend(*due, *self._quoted(), *held, book, len(self.plan.books))

    def _view(self, book: int, shared: dict[str, Any], views: list[View]) -> View:
        """The view of a book at this moment; `shared` keeps what all books see alike."""
        kept: dict[str, tuple[Array, Array]] = {}

        def appraised() -> tuple[Array, Array]:
            if "appraisal" not in kept:
                kept["appraisal"] = self.appraise(book, reported=True)
            return kept["appraisal"]

        def once(name: str, make: Callable[[], Any]) -> Any:
            if name not in shared:
                shared[name] = make()
            return shared[name]

        def peak() -> Array:
            if self.plan.marks.on:
                return self.reported_highs[:, 2 * book].reshape(-1)
            return self.statistic(book, layout.PEAK)

        def price() -> Array:
            return layout.as_paths(self.reported) if self.plan.marks.on else self.price()

        readers: dict[str, Callable[[], Any]] = {
            "units": lambda: self.book_units(book) / self.plan.start[:, None],
            "weights": lambda: appraised()[0],
            "wealth": lambda: appraised()[1],
            "peak": lambda: peak().copy(),
            "drawdown": lambda: 1.0 - appraised()[1] / peak(),
            "price": lambda: once("price", price),
            "gain": lambda: self.gain(book),
            "sellable": lambda: self.sellable(book),
            "events": lambda: once("events", self.tick_counts),
            "listed": lambda: self.plan.listed[self.step].copy(),
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


def _clock(tape: Tape) -> tuple[Any, ...] | None:
    """The market's clock as the kernel takes it."""
    clock = tape.clock
    if clock is None:
        return None
    # Fresh arrays, because Numba compiles anew for one that is read-only.
    regimes = (np.array(clock.switching), np.array(clock.scales), np.array(clock.pushes), np.array(clock.factors))
    return clock.key, np.array(clock.table), clock.wandering, regimes, layout.as_blocks(clock.start)


def _history(tape: Tape) -> tuple[Any, ...] | None:
    """The days of history as the kernel takes them."""
    history = tape.history
    if history is None:
        return None
    return history.key, history.growth, history.jump, layout.as_blocks(history.start[None])


def _repeated(values: Array, books: int, blocks: int) -> Array:
    """Give every book and lane the same values (block, book * row, lane)."""
    array: Array = np.empty((blocks, books * values.size, LANES))
    array[:] = np.tile(values, books)[None, :, None]
    return array


def run_tile(
    plan: Plan,
    paths: NDArray[np.uint64],
    *,
    given: Mapping[str, Given] | None = None,
    thresholds: Array | None = None,
    also: Mapping[int, Callable[[Tile], None]] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Tile:
    """Run a tile from start to end.

    Parameters
    ----------
    plan : Plan
    paths : ndarray of uint64
        Numbers of the paths, a multiple of the lanes of a block.
    given, thresholds : optional
        As in `Tile`.
    also : mapping of int to callable, optional
        Step → what is to be done with the tile there, after the step's statistics and before the rules are asked.
    stopped : callable, optional
        Asked between dates and every few steps; true ends the run early.
    """
    tile = Tile(plan, paths, given, thresholds)
    extra, dates = also or {}, set(plan.dates)
    for step in sorted({*dates, *extra, plan.calendar.steps}):
        while step - tile.step > STEPS_A_LOOK and not stopped():
            tile.advance(tile.step + STEPS_A_LOOK)
        if stopped():
            break
        tile.advance(step)
        if step in extra:
            extra[step](tile)
        if step in dates:
            tile.consult()
    return tile
