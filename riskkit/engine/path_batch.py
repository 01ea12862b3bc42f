"""A batch of paths: their prices and every rule's book on them, advanced from date to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints, UInts
from riskkit.engine import tax_accounts
from riskkit.engine.decisions import Decisions
from riskkit.engine.dividends import Dividends
from riskkit.engine.inputs.event_order import arrange, draw_deaths, with_deaths
from riskkit.engine.inputs.market_inputs import lay_out
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.instrument_books import instruments_at_start
from riskkit.engine.kernel import layout
from riskkit.engine.kernel.advance import advance
from riskkit.engine.kernel.forced_sales import pay_tax_owed, spend
from riskkit.engine.kernel.holding_period import turn_buckets_long
from riskkit.engine.kernel.layout import LANES
from riskkit.engine.kernel.margin_loan import ruin_insolvent_paths
from riskkit.engine.kernel.receipts import deliver, invest
from riskkit.engine.kernel.structs import DiffusionArrays, TimeChangeArrays
from riskkit.engine.own_statistics import OwnStatistics
from riskkit.engine.own_time_change import OwnTimeChange
from riskkit.engine.positions import Positions
from riskkit.engine.priced_books import PricedBooks
from riskkit.engine.start_state import (
    books_at_start,
    founders_at_start,
    history_arrays,
    marks_at_start,
    prices_at_start,
    time_change_arrays,
)
from riskkit.engine.time_weighted import index_of, restart_index
from riskkit.market.shocks._event_source import Fixed

__all__ = ["PathBatch", "run_batch"]


#: A batch checks at least this often whether it is to stop.
STEPS_PER_CHECK = 256


class PathBatch(PricedBooks):
    """The state of some paths. Arrays are (block, row, lane); see `riskkit.engine.kernel.layout`.

    Parameters
    ----------
    setup : RunSetup
    paths : ndarray of uint64
        Numbers of the paths; their count is a multiple of the lanes of a block.
    fixed_events : mapping
        Shocks whose event times are fixed beforehand.
    thresholds : ndarray, optional
        Drawdown levels at which each scenario rule's pooled tail is recorded (rule, 4); by default none.
    """

    def __init__(
        self,
        setup: RunSetup,
        paths: UInts,
        fixed_events: Mapping[str, Fixed] | None = None,
        thresholds: Array | None = None,
    ) -> None:
        self.setup, self.paths, self.step = setup, paths, 0
        blocks = paths.size // LANES
        fixed = {**(fixed_events or {}), **setup.scenario.forced}
        self.inputs = lay_out(setup.scenario.market, setup.calendar, paths, setup.streams, fixed)
        self.time_change, self.history = time_change_arrays(self.inputs), history_arrays(self.inputs)
        self.deaths = draw_deaths(setup, paths)
        events = with_deaths(self.inputs.price_events, self.deaths, setup.rows)
        self.events = arrange(events, blocks, setup.calendar.steps)
        self.prices = prices_at_start(self.inputs, paths.size)
        self.diffusion = DiffusionArrays(
            self.inputs.key, self.inputs.correlation_factor, self.inputs.compensator.growth
        )
        self.books, self.marks, self.founders = (
            books_at_start(setup, blocks, thresholds),
            marks_at_start(setup, blocks),
            founders_at_start(setup, blocks),
        )
        self.instruments = instruments_at_start(setup.instruments, blocks)
        self.positions = Positions(self, self.instruments)
        self.decisions = Decisions(setup, paths.size)
        self.own_statistics, self.own_time_change = OwnStatistics(setup, paths), OwnTimeChange(setup, paths)
        self._before_flows: list[tuple[Array, Array]] = []
        self.dividends = Dividends(setup, paths.size)

    def advance(self, step: int) -> None:
        """Advance prices and statistics to `step`.

        What is due at the end comes between the moves of the last step and its statistics.
        """
        last = self.setup.calendar.steps
        split = self.setup.due_at_end and self.step < last <= step
        most_steps = max(self.own_statistics.steps, self.own_time_change.steps)
        while step > self.step:
            start, end = self.step, min(step, self.step + most_steps) if most_steps else step
            if split and start < last - 1:
                end = min(end, last - 1)
            time_change = self.own_time_change.filled(self.time_change, start, end)
            if split and end == last:
                self._advance(start, end, time_change, measures=False)
                self.before_last_statistics()
                self._advance(start, end, time_change, moves=False)
            else:
                self._advance(start, end, time_change)
            self.own_statistics.update(start + 1, end)
            if end == last:
                self.holding_prices()

    def _advance(
        self, start: int, end: int, time_change: TimeChangeArrays | None, *, moves: bool = True, measures: bool = True
    ) -> None:
        """Make the moves of some steps, take their measures, or both."""
        setup = self.setup
        market = (self.prices, self.diffusion, time_change, self.history, self.events)
        books = (self.books, self.marks, self.founders, setup.trading_between_dates, setup.loan, self.instruments)
        advance(self.paths, start, end, *market, *books, self.own_statistics.recorded, moves, measures)
        self.step = end
        if moves:
            self.forget_prices()

    def before_last_statistics(self) -> None:
        """Do what is due at the end, after the moves of the last step and before its statistics."""
        self.perform((*self.settlements(), *self.dividend_actions()))

    def process_date(self) -> None:
        """Do what is due on this date."""
        self.perform(self.actions())
        self.end_taxable_date()

    def perform(self, actions: Iterable[Callable[[], None]]) -> None:
        """Do some actions in their order; a path may be ruined by any of them."""
        for action in actions:
            units_before = self.books.units.copy() if self.setup.liable_books else self.books.units
            action()
            self.ruin_insolvent(units_before)

    def actions(self) -> tuple[Callable[[], None], ...]:
        """What is done on this date, in this order; external flows start from the wealth that item 7 measures."""
        flows = self.step in self.setup.flow_dates
        actions: list[Callable[[], None]] = [self.turn_lots_long, self.begin_flows] if flows else []
        actions += [*self.settlements(), *self.dividend_actions()]
        if flows:
            actions += [self.invest_deposits, self.vest, self.pay_tax, self.pay_spending, self.end_flows]
        actions.append(self.decide)
        if self.step in self.setup.instruments.opening:
            actions += self.positions.openings()
        return tuple(actions)

    def settlements(self) -> tuple[Callable[[], None], ...]:
        """What settles the instruments that expire on this date, and what accrues to them."""
        return self.positions.settlements() if self.step in self.setup.instruments.settling else ()

    @property
    def transfers(self) -> tuple[Callable[..., None], ...]:
        """The actions that move units without a trade, so that there is no trading cost."""
        return self.vest, self.pay_dividends, *self.positions.transfers

    def dividend_actions(self) -> tuple[Callable[[], None], ...]:
        """What dividends need on this date, if any change something."""
        return (self.pay_dividends, self.invest_dividends) if self.step in self.setup.dividends else ()

    def pay_dividends(self) -> None:
        """Pay the dividends of every book, and reinvest those of listed payers in the payers."""
        self.dividends.pay(self.step, self.quotes(), self.books)

    def invest_dividends(self) -> None:
        """Invest the dividends of unlisted payers in every book."""
        self.dividends.invest(self.step, self.quotes(), self.books, self.positions.repay)

    def turn_lots_long(self) -> None:
        """Let the purchases that are old enough at this quarter end turn long."""
        buckets = self.setup.tax.turning.get(self.step)
        if buckets is not None:
            turn_buckets_long(buckets, self.setup.tax.starts, self.books)

    @property
    def deliveries(self) -> tuple[Callable[..., None], ...]:
        """The transfers that are a sale for the tax."""
        return (self.positions.hand_over,)

    def begin_flows(self) -> None:
        """Record each book's net wealth and external flows so far."""
        books = range(len(self.setup.books)) if self.setup.external_flows else ()
        self._before_flows = [(self.appraise(book)[1], self.received(book)) for book in books]

    def received(self, book: int) -> Array:
        """What a book has received in external flows so far, less what it has paid out (path)."""
        return self.deposited(book) + self.vested(book) - self.account(book, layout.SPENT)

    def deposited(self, book: int) -> Array:
        """What has been deposited in a book so far (path)."""
        deposited: Array = self._flows(book, layout.DEPOSITED).reshape(-1)
        return deposited

    def vested(self, book: int) -> Array:
        """What has vested in a book so far, at the prices of that time (path)."""
        vested: Array = self._flows(book, layout.VESTED).reshape(-1)
        return vested

    def invest_deposits(self) -> None:
        """Invest the deposits that are due on this date in every book."""
        for receipt in self.setup.cash_receipts.get(self.step, ()):
            for book in range(len(self.setup.books)):
                cash = self.positions.repay(book, np.full(self.paths.size, receipt.cash))
                repaid = receipt.cash - cash
                terms = (receipt.takers, receipt.shares, self.setup.start, self.setup.trading, self.step)
                invest(cash, *terms, *self.quotes(), self.books, book)
                rows = self._flows(book, layout.DEPOSITED)
                rows += (repaid + cash).reshape(rows.shape)

    def vest(self) -> None:
        """Deliver the units that vest on this date to every book."""
        for receipt in self.setup.unit_receipts.get(self.step, ()):
            lost = np.zeros(self.paths.size, np.bool_) if receipt.until is None else self.happened(receipt.until)
            for book in range(len(self.setup.books)):
                units = np.where(lost, 0.0, receipt.units)
                deliver(units, receipt.holding, self.setup.trading, self.step, self.holding_prices(), self.books, book)
                rows = self._flows(book, layout.VESTED)
                rows += units.reshape(rows.shape)

    def _flows(self, book: int, row: int) -> Array:
        """A view of one row of a book's external flows (block, lane); zeros without any."""
        if not self.setup.external_flows:
            return np.zeros((self.paths.size // LANES, LANES))
        return self.books.flows[:, book * layout.FLOW_ROWS + row]

    def pay_tax(self) -> None:
        """Pay what past tax years owe, if it is due on this date, from every book."""
        if self.step in self.setup.tax.paid:
            for book in range(len(self.setup.books)):
                pay_tax_owed(self.setup.trading, self.step, *self.quotes(), self.books, book)

    def pay_spending(self) -> None:
        """Pay the spending that is due on this date from every book."""
        if self.step in self.setup.spending:
            for book in range(len(self.setup.books)):
                spend(*self.setup.spending[self.step], self.setup.trading, self.step, *self.quotes(), self.books, book)

    def end_flows(self) -> None:
        """Let the time-weighted indices start anew from wealth after the external flows of the date."""
        for book, (wealth, received) in enumerate(self._before_flows):
            restart_index(self.books, book, wealth, self.received(book) - received)

    def ruin_insolvent(self, units_before: Array) -> None:
        """Ruin the paths whose wealth after sales is no more than the loan.

        `units_before` are the units before the sales (block, book * holding, lane); a ruined path keeps their weights.
        """
        for book in self.setup.liable_books:
            ruin_insolvent_paths(self.holding_prices(), units_before, self.books, book)

    def decide(self) -> None:
        """Let every rule that is due decide on its view before any trade, then trade."""
        due = self.setup.due.get(self.step, ())
        if due:
            self.holding_prices()
            for order in self.decisions.orders(self, due):
                self.trade(order.book, order.target, order.paths)

    def end_taxable_date(self) -> None:
        """End the taxable date, or the tax year where tax is paid later."""
        if self.setup.tax.on:
            tax_accounts.end_date(self.setup, self.step, self.books)

    def statistic(self, book: int, row: int) -> Array:
        """One statistic of a book (path)."""
        return self.books.statistics[:, book * layout.STATISTICS + row].reshape(-1)

    def account(self, book: int, row: int) -> Array:
        """One account of a book (path)."""
        return self.books.accounts[:, book * layout.ACCOUNTS + row].reshape(-1)

    def time_weighted(self, book: int, wealth: Array) -> tuple[Array, Array]:
        """The time-weighted index of a book at net wealth (path), and its maximum drawdown (path).

        Without external flows they are wealth and its maximum drawdown.
        """
        if not self.setup.external_flows:
            return wealth, self.statistic(book, layout.MAX_DRAWDOWN)
        drawdown: Array = self._flows(book, layout.INDEX_DRAWDOWN).reshape(-1)
        return index_of(self.books, book, wealth), drawdown

    def tax_on_all(self, book: int) -> Array:
        """Tax that selling everything at true prices now would cost (path), as `tax_accounts.on_all` says."""
        options = self.positions.gains_by_period(book)
        return tax_accounts.on_all(self.setup, self.step, self.price(), self.books, book, options)

    def tax_due(self, book: int) -> Array:
        """Tax that is owed but not paid yet, that of this year's gains and dividends so far included (path)."""
        return tax_accounts.due(self.setup, self.books, book)

    def happened(self, shock: str) -> Bools:
        """Whether a shock has happened so far (path)."""
        happened, events = np.zeros(self.paths.size, np.bool_), self.inputs.shock_events[shock]
        happened[events.path[events.time * self.setup.calendar.steps_per_year <= self.step]] = True
        return happened

    def event_counts(self) -> dict[str, Ints]:
        """Number of events of each shock so far (path)."""
        counts = {}
        for name, events in self.inputs.shock_events.items():
            before = events.time * self.setup.calendar.steps_per_year <= self.step
            counts[name] = np.bincount(events.path[before], minlength=self.paths.size)
        return counts


def run_batch(
    setup: RunSetup,
    paths: UInts,
    *,
    fixed_events: Mapping[str, Fixed] | None = None,
    thresholds: Array | None = None,
    callbacks: Mapping[int, Callable[[PathBatch], None]] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> PathBatch:
    """Run a batch of paths from start to end.

    Parameters
    ----------
    setup : RunSetup
    paths : ndarray of uint64
        Numbers of the paths, a multiple of the lanes of a block.
    fixed_events, thresholds : optional
        As in `PathBatch`.
    callbacks : mapping of int to callable, optional
        Step → function that is called with the batch there, after the step's statistics and before the rules decide.
    stopped : callable, optional
        Called between dates and every `STEPS_PER_CHECK` steps; true ends the run early.
    """
    batch = PathBatch(setup, paths, fixed_events, thresholds)
    by_step, dates = callbacks or {}, set(setup.dates)
    for step in sorted({*dates, *by_step, setup.calendar.steps}):
        while step - batch.step > STEPS_PER_CHECK and not stopped():
            batch.advance(batch.step + STEPS_PER_CHECK)
        if stopped():
            break
        batch.advance(step)
        if step in by_step:
            by_step[step](batch)
        if step in dates:
            batch.process_date()
    return batch
