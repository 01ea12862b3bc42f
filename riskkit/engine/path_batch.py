"""A tile: some paths, their prices, and every rule's book on them, carried from date to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit.engine.book_view import BookView, MarketView
from riskkit.engine.inputs.event_order import arrange, draw_deaths, with_deaths
from riskkit.engine.inputs.market_inputs import MarketInputs, lay_out
from riskkit.engine.inputs.run_setup import Plan
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.advance import advance
from riskkit.engine.kernel.forced_sales import spend
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.kernel.ledger import trade
from riskkit.engine.kernel.margin_loan import ruin_the_insolvent
from riskkit.engine.kernel.structs import (
    BookArrays,
    DiffusionArrays,
    FounderArrays,
    HistoryArrays,
    MarkArrays,
    PriceArrays,
    TimeChangeArrays,
)
from riskkit.engine.kernel.valuation import appraise, quote
from riskkit.engine.outcomes import NO_THRESHOLD, THRESHOLDS
from riskkit.engine.own_statistics import OwnStatistics
from riskkit.engine.price_range import extreme_price
from riskkit.market.shocks._event_source import Fixed
from riskkit.rules import View

__all__ = ["Tile", "run_tile"]

Array = NDArray[np.float64]

#: After so many steps at the latest a tile looks whether it is to stop.
STEPS_A_LOOK = 256


class Tile:
    """The state of some paths. Arrays are (block, row, lane); see `riskkit.engine.kernel.layout`.

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
        given: Mapping[str, Fixed] | None = None,
        thresholds: Array | None = None,
    ) -> None:
        self.plan, self.paths, self.step = plan, paths, 0
        blocks = paths.size // LANES
        fixed = {**(given or {}), **plan.scenario.forced}
        self.inputs = lay_out(plan.scenario.market, plan.calendar, paths, plan.streams, fixed)
        self.time_change, self.history = _time_change(self.inputs), _history(self.inputs)
        self.deaths = draw_deaths(plan, paths)
        events = with_deaths(self.inputs.price_events, self.deaths, plan.rows)
        self.events = arrange(events, blocks, plan.calendar.steps)
        self.prices = _prices(self.inputs, paths.size)
        self.diffusion = DiffusionArrays(
            self.inputs.key, self.inputs.correlation_factor, self.inputs.compensator.growth
        )
        self.books, self.marks, self.founders = (
            _books(plan, blocks, thresholds),
            _marks(plan, blocks),
            _founders(plan, blocks),
        )
        self.states: list[Any] = [None] * len(plan.books)
        self.own_statistics = OwnStatistics(plan, paths)
        self.quotes: tuple[Array, Array] | None = None

    def advance(self, step: int) -> None:
        """Carry prices and statistics on to `step`."""
        while step > self.step:
            plan, own, end = self.plan, self.own_statistics, self.own_statistics.chunk_end(self.step, step)
            market = (self.prices, self.diffusion, self.time_change, self.history, self.events)
            books = (self.books, self.marks, self.founders, plan.trading, plan.loan)
            advance(self.paths, self.step, end, *market, *books, own.recorded)
            own.update(self.step + 1, end)
            self.step = end
            self.quotes = None
            if end == plan.calendar.steps:
                self._quoted()

    def consult(self) -> None:
        """Spend, ask every rule that is due on the view before any trade, then trade."""
        for act in (self.pay_out, self.decide):
            before = self.books.units.copy() if self.plan.debt else self.books.units
            act()
            self.settle(before)

    def pay_out(self) -> None:
        """Spend from every book what is due today."""
        if self.step in self.plan.spending:
            for book in range(len(self.plan.books)):
                spend(*self.plan.spending[self.step], self.plan.trading, self.step, *self._quoted(), self.books, book)

    def settle(self, before: Array) -> None:
        """Ruin the paths that the sales of an act have left with no more than the loan.

        `before` are the units before the act (block, book * holding, lane), whose weights such a path keeps.
        """
        if self.plan.debt:
            for book in range(len(self.plan.books)):
                ruin_the_insolvent(self._quoted()[0], before, self.books, book)

    def decide(self) -> None:
        """Ask every rule that is due on the view before any trade, then trade; the taxable date ends with it."""
        due = self.plan.due.get(self.step, ())
        if due:
            self._quoted()
        market = MarketView(self)
        views: list[View] = []
        wishes = []
        for book in due:
            view = BookView(market, book).opened(views)
            wishes.append((book, self._ask(book, view)))
        for view in views:
            view.close()
        for book, target in wishes:
            if target is not None:
                self.trade(book, target)
        losses = self.books.accounts[:, layout.LOSSES :: layout.ACCOUNTS]
        np.maximum(losses, 0.0, out=losses)

    def book_units(self, book: int) -> Array:
        """Units of a book as shares of the start wealth at start prices (holding, path)."""
        held = self.plan.rows.size
        return layout.as_paths(self.books.units[:, book * held : (book + 1) * held])

    def statistic(self, book: int, row: int) -> Array:
        """One statistic of a book (path)."""
        return self.books.statistics[:, book * layout.STATISTICS + row].reshape(-1)

    def account(self, book: int, row: int) -> Array:
        """One account of a book (path)."""
        return self.books.accounts[:, book * layout.ACCOUNTS + row].reshape(-1)

    def price(self) -> Array:
        """Prices of the holdings, 1 at the start (holding, path)."""
        return layout.as_paths(self._quoted()[0])

    def appraise(self, book: int, *, reported: bool = False) -> tuple[Array, Array]:
        """Shares of gross assets (holding, path) and net wealth (path) of a book, at true or at reported prices."""
        weights, wealth = np.empty((self.plan.rows.size, self.paths.size)), np.empty(self.paths.size)
        prices = self.marks.price if reported and self.plan.marks.on else self._quoted()[0]
        appraise(prices, self.books, book, weights, wealth)
        return weights, wealth

    def tax_on_all(self, book: int) -> Array:
        """Tax that selling everything at true prices now would cost (path).

        Below 0 where it would give back tax that the date has paid on a margin sale.
        """
        tax, held = self.plan.tax, self.plan.rows.size
        if not tax.on:
            return np.zeros(self.paths.size)
        gains = self.book_units(book) * self.price()
        gains -= layout.as_paths(self.books.basis[:, book * held : (book + 1) * held])
        if not tax.offset:
            gains = np.maximum(gains, 0.0)
        losses = self.account(book, layout.LOSSES)
        due: Array = tax.rate * (np.maximum(gains.sum(axis=0) - losses, 0.0) - np.maximum(-losses, 0.0))
        return due

    def tick_counts(self) -> dict[str, NDArray[np.int64]]:
        """Ticks of each shock up to now (path)."""
        counts = {}
        for name, events in self.inputs.shock_events.items():
            before = events.time * self.plan.calendar.steps_per_year <= self.step
            counts[name] = np.bincount(events.path[before], minlength=self.paths.size)
        return counts

    def _quoted(self) -> tuple[Array, Array]:
        """Prices of the holdings now and their reciprocals (block, holding, lane); extreme prices are refused."""
        if self.quotes is None:
            shape = (self.paths.size // LANES, self.plan.rows.size, LANES)
            quotes = np.empty(shape), np.empty(shape)
            if quote(self.plan.rows, self.prices, *quotes):
                raise extreme_price(self.plan, self.inputs, self.paths, self.step, quotes[0])
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
        bad = trade(target, plan.trading, step, *self._quoted(), self.marks.price, self.books, book)
        if bad >= 0:
            raise InvalidInput(
                f"rule {plan.books[book].name!r}: a path's target must be finite, >= 0 and sum to 1, got "
                f"{target[:, bad].tolist()} (sum {target[:, bad].sum():.6g}) on path {int(self.paths[bad])} "
                f"at step {step} ({plan.calendar.time(step):.4g} years)"
            )


def _time_change(inputs: MarketInputs) -> TimeChangeArrays | None:
    """The market's time change as the kernel takes it."""
    change = inputs.time_change
    if change is None:
        return None
    # Fresh arrays, because Numba compiles anew for one that is read-only.
    return TimeChangeArrays(
        key=change.key,
        table=np.array(change.pace_table),
        log_variance=change.log_variance,
        transition_cdf=np.array(change.transition_cdf),
        regime_volatility=np.array(change.regime_volatility),
        regime_drift=np.array(change.regime_drift),
        factors=np.array(change.regime_correlation),
        state=layout.as_blocks(change.start),
    )


def _history(inputs: MarketInputs) -> HistoryArrays | None:
    """Past returns as the kernel takes them."""
    history = inputs.history
    if history is None:
        return None
    start = layout.as_blocks(history.start[None])
    return HistoryArrays(history.key, history.growth, history.block_end_probability, start)


def _prices(inputs: MarketInputs, paths: int) -> PriceArrays:
    """The market's state at the start."""
    shape, level = (inputs.correlation_factor.shape[0], paths), inputs.compensator.level
    growth = layout.as_blocks(np.broadcast_to(inputs.growth, shape))
    volatility = layout.as_blocks(np.broadcast_to(inputs.volatility, shape))
    compensating = layout.as_blocks(np.broadcast_to(level, (level.shape[0], paths)))
    return PriceArrays(np.ones_like(growth), growth, volatility, compensating)


def _books(plan: Plan, blocks: int, thresholds: Array | None) -> BookArrays:
    """Every book at the start, where the holdings that open there have their allowance."""
    books, tax = len(plan.books), plan.tax
    levels = np.full((books, THRESHOLDS), NO_THRESHOLD)
    if thresholds is not None:
        levels[: len(thresholds)] = thresholds
    statistics = np.zeros((blocks, books * layout.STATISTICS, LANES))
    statistics[:, layout.PEAK :: layout.STATISTICS] = 1.0
    accounts = np.zeros((blocks, books * layout.ACCOUNTS, LANES))
    accounts[:, layout.DEBT :: layout.ACCOUNTS] = plan.debt
    allowance = np.where(plan.opens[0] & plan.held_back, plan.limit[0] * plan.start, 0.0)
    return BookArrays(
        units=_repeated(plan.start, books, blocks),
        statistics=statistics,
        thresholds=levels,
        basis=_repeated(tax.basis if tax.on else tax.basis[:0], books, blocks),
        allowance=_repeated(allowance if plan.limited else allowance[:0], books, blocks),
        lot_units=_repeated(tax.lot_units, books, blocks),
        lot_costs=_repeated(tax.lot_costs, books, blocks),
        accounts=accounts,
        last_weights=np.zeros((blocks, books * plan.rows.size, LANES)),
    )


def _marks(plan: Plan, blocks: int) -> MarkArrays:
    """Reported prices and wealth at the start; without rows where every holding is priced at every step."""
    marked = plan.marks.on
    highs = np.zeros((blocks, len(plan.books) * 2 * marked, LANES))
    highs[:, ::2] = 1.0
    price = np.ones((blocks, plan.rows.size * marked, LANES))
    return MarkArrays(plan.marks.at, plan.marks.reacts, plan.holding_of, price, highs)


def _founders(plan: Plan, blocks: int) -> FounderArrays:
    """The founder holdings' own prices at the start."""
    highs = np.zeros((blocks, plan.watched.size * 2, LANES))
    highs[:, ::2] = 1.0
    return FounderArrays(plan.watched, highs)


def _repeated(values: Array, books: int, blocks: int) -> Array:
    """Give every book and lane the same values (block, book * row, lane)."""
    array: Array = np.empty((blocks, books * values.size, LANES))
    array[:] = np.tile(values, books)[None, :, None]
    return array


def run_tile(
    plan: Plan,
    paths: NDArray[np.uint64],
    *,
    given: Mapping[str, Fixed] | None = None,
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
