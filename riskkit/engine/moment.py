"""One step of a replay: prices, events and every rule's book, as read-only copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Ints
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, short_repr
from riskkit.engine.kernel import layout
from riskkit.engine.path_batch import PathBatch
from riskkit.engine.recorded_date import Date, Trades, trades_of
from riskkit.engine.trace_data import DEATH
from riskkit.rules import Rule

__all__ = ["Book", "Moment", "stacked"]

#: Account → how it is read from a batch.
ACCOUNTS: Mapping[str, Callable[[PathBatch, int], Array]] = MappingProxyType(
    {
        "cost": lambda batch, book: batch.account(book, layout.COST),
        "tax": lambda batch, book: batch.account(book, layout.TAX),
        "interest": lambda batch, book: batch.account(book, layout.INTEREST),
        "spent": lambda batch, book: batch.account(book, layout.SPENT),
        "deposited": lambda batch, book: batch.deposited(book),
        "vested": lambda batch, book: batch.vested(book),
        "lender_loss": lambda batch, book: batch.account(book, layout.LENDER_LOSS),
        "debt": lambda batch, book: batch.account(book, layout.DEBT),
        "premiums": lambda batch, book: batch.account(book, layout.PREMIUMS),
        "payoffs": lambda batch, book: batch.account(book, layout.PAYOFFS),
        "owed": lambda batch, book: batch.owed(book),
    }
)


class Book:
    """One rule's book at a moment: read-only copies, after the step's price moves and before its trades.

    Money is in multiples of the net start wealth, prices are true ones.
    """

    __slots__ = ("_index", "_moment")

    def __init__(self, moment: Moment, index: int) -> None:
        self._moment, self._index = moment, index

    @property
    def units(self) -> Array:
        """Units held (asset, path); 1 at the start, or 0 in multiples of the net start wealth at start prices."""
        return self._read("units", lambda batch: batch.book_units(self._index) / batch.setup.unit_base[:, None])

    @property
    def stake(self) -> Array:
        """Value of the units at start prices (asset, path); times ``moment.price`` it is their value now."""
        return self._read("stake", lambda batch: batch.book_units(self._index))

    @property
    def weights(self) -> Array:
        """Shares of gross assets (asset, path); a ruined path keeps its last ones."""
        return self._read("weights", lambda batch: self._appraisal(batch)[0])

    @property
    def wealth(self) -> Array:
        """Wealth net of the loan, before the tax of selling (path); 0 after ruin."""
        return self._read("wealth", lambda batch: self._appraisal(batch)[1])

    @property
    def wealth_after_tax(self) -> Array:
        """`wealth` after the tax of selling everything now, at true prices without trading cost or discount (path).

        It is at least 0, and after all tax that is due but not paid yet; without a tax it is `wealth`.
        """

        def read(batch: PathBatch) -> Array:
            tax = batch.tax_on_all(self._index) + batch.tax_due(self._index)
            left: Array = np.maximum(self._appraisal(batch)[1] - tax, 0.0)
            return left

        return self._read("wealth_after_tax", read)

    @property
    def peak(self) -> Array:
        """Highest wealth so far (path), over every step, the start included."""
        return self._read("peak", lambda batch: batch.statistic(self._index, layout.PEAK))

    @property
    def drawdown(self) -> Array:
        """Current loss as a fraction of `peak` (path), 0 … 1."""
        return self._read("drawdown", lambda batch: 1.0 - self.wealth / self.peak)

    @property
    def max_drawdown(self) -> Array:
        """Largest drawdown so far (path), over every step."""
        return self._read("max_drawdown", lambda batch: batch.statistic(self._index, layout.MAX_DRAWDOWN))

    @property
    def unit_cost(self) -> Array:
        """Purchase cost of a unit held (asset, path), whose price is 1 at the start; NaN where nothing is held.

        It needs ``Frictions(tax=...)``, because purchase costs are recorded only then.
        """

        def read(batch: PathBatch) -> Array:
            if not batch.setup.tax.on:
                raise InvalidInput("unit_cost needs a tax: purchase costs are recorded only under Frictions(tax=...)")
            holdings = batch.setup.start.size
            basis = layout.as_paths(batch.books.basis[:, self._index * holdings : (self._index + 1) * holdings])
            stake = batch.book_units(self._index)
            return np.divide(basis, stake, out=np.full_like(stake, np.nan), where=stake > 0.0)

        return self._read("unit_cost", read)

    @property
    def hedges(self) -> Array:
        """Value of each instrument of a `Hedged` rule as a share of `wealth` (instrument, path), below 0 if owed.

        It is 0 where there is no wealth.
        """

        def read(batch: PathBatch) -> Array:
            values, wealth = batch.hedges(self._index), self._appraisal(batch)[1]
            return np.divide(values, wealth, out=np.zeros_like(values), where=wealth > 0.0)

        return self._read("hedges", read)

    @property
    def pledged(self) -> Array:
        """Units that are pledged for instruments (asset, path), in the unit of `units`."""
        return self._read("pledged", lambda batch: batch.pledged(self._index) / batch.setup.unit_base[:, None])

    @property
    def accounts(self) -> Mapping[str, Array]:
        """Totals so far (path), and the current ``debt`` and what is ``owed`` for instruments.

        Net wealth grows by what prices and instruments gain, plus ``deposited vested lender_loss``, less ``cost tax
        interest spent``. ``premiums`` paid and ``payoffs`` received are within it; received premiums and paid pay-offs
        are below 0.
        """
        return MappingProxyType(
            {
                name: self._read(name, lambda batch, read=read: read(batch, self._index))  # type: ignore[misc]
                for name, read in ACCOUNTS.items()
            }
        )

    def _appraisal(self, batch: PathBatch) -> tuple[Array, Array]:
        found: tuple[Array, Array] = self._moment._cached(
            (self._index, "appraisal"), lambda: batch.appraise(self._index)
        )
        return found

    def _read(self, name: str, make: Callable[[PathBatch], Array]) -> Array:
        return self._moment._copy((self._index, name), make)


class Moment:
    """Some paths at one step of a replay, after its price moves and before its trades.

    Arrays are read-only copies that stay valid. A moment can be read only while `observe` runs.

    Attributes
    ----------
    step : int
        Step of the calendar, 0 … T.
    time : float
        Years from the start.
    names : tuple of str
        The holdings, in the order of the asset axis.
    paths : ndarray of int64
        Numbers of the paths (path).
    """

    __slots__ = ("_batch", "_cache", "_date", "names", "paths", "step", "time")

    def __init__(self, batch: PathBatch, paths: Ints, date: Date | None) -> None:
        self._batch: PathBatch | None = batch
        self._date = date
        self._cache: dict[Any, Any] = {}
        self.step, self.time = batch.step, batch.setup.calendar.time(batch.step)
        self.names, self.paths = batch.setup.scenario.portfolio.names, paths

    @property
    def price(self) -> Array:
        """True price of each holding (asset, path); 1 at the start."""
        return self._copy("price", lambda batch: batch.price())

    @property
    def reported(self) -> Array:
        """Reported price (asset, path): that of the last mark where a holding is marked, else the true price."""
        return self._copy(
            "reported", lambda batch: layout.as_paths(batch.marks.price) if batch.setup.marks.on else batch.price()
        )

    @property
    def events(self) -> Mapping[str, Ints]:
        """Number of events of each shock so far (path), by the shock's name."""

        def read() -> Mapping[str, Ints]:
            counts = self._open_batch().event_counts().items()
            return MappingProxyType({name: _read_only(count[: self.paths.size]) for name, count in counts})

        found: Mapping[str, Ints] = self._cached("events", read)
        return found

    def event_table(self) -> pd.DataFrame:
        """A table of the events so far: one row per event, sorted by path and time.

        Returns
        -------
        DataFrame
            Columns ``path`` (its number), ``shock``, ``time`` (years), ``step`` (at whose end it moves prices). A death
            of the investor is a row too; its shock is ``"death"``.
        """
        batch = self._open_batch()
        calendar = batch.setup.calendar
        rows = [(name, events.path, events.time) for name, events in batch.inputs.shock_events.items()]
        if batch.deaths is not None:
            rows.append((DEATH, batch.deaths.lane, batch.deaths.time))
        tables = []
        for name, lanes, times in rows:
            step = np.ceil(times * calendar.steps_per_year).astype(np.int64)
            # An event of the last instant falls in the last step, whatever the rounding.
            included = (lanes < self.paths.size) & ((step <= self.step) | (self.step == calendar.steps))
            columns = {
                "path": self.paths[lanes[included]],
                "shock": name,
                "time": times[included],
                "step": step[included],
            }
            tables.append(pd.DataFrame(columns))
        table = stacked(tables, ["path", "shock", "time", "step"])
        return table.sort_values(["path", "time"], kind="stable", ignore_index=True)

    def book(self, rule: Rule | str) -> Book:
        """The book of a replayed rule, by the rule or its name.

        Parameters
        ----------
        rule : Rule or str

        Returns
        -------
        Book

        Raises
        ------
        InvalidInput
            If the rule was not replayed; the message lists those that were.
        """
        return Book(self, self._rule_index(rule))

    def trades(self, rule: Rule | str) -> Trades | None:
        """The trades of a rule's book on the last date before this step; None before the first date.

        Dates are the steps on which some rule decides, money enters or leaves, dividends matter, a sale window opens,
        an instrument opens, accrues or expires, a tax year ends or lots turn long.

        Parameters
        ----------
        rule : Rule or str

        Returns
        -------
        Trades or None

        Raises
        ------
        InvalidInput
            If the rule was not replayed; the message lists those that were.
        """
        index, date = self._rule_index(rule), self._date
        if date is None:
            return None
        setup, count = self._open_batch().setup, self.paths.size
        found: Trades = self._cached((index, "trades"), lambda: trades_of(setup, date, index, count))
        return found

    def close(self) -> None:
        """End the moment; nothing more can be read from it."""
        self._batch = None

    def _rule_index(self, rule: Rule | str) -> int:
        rules = self._open_batch().setup.scenario.rules
        names = [each.name for each in rules]
        if isinstance(rule, Rule):
            if rule in rules:
                return list(rules).index(rule)
            raise InvalidInput(
                f"rule must be one of those replayed, {', '.join(map(repr, names))}, got {short_repr(rule)}"
            )
        if not isinstance(rule, str):
            raise InvalidInput(f"rule must be a Rule or the name of one, got {short_repr(rule)}")
        require_known("rule", [rule], names)
        return names.index(rule)

    def _open_batch(self) -> PathBatch:
        if self._batch is None:
            raise InvalidInput("a moment can be read only while observe() runs; keep the arrays that you need later")
        return self._batch

    def _cached(self, key: Any, make: Callable[[], Any]) -> Any:
        """A value that is computed once for the moment."""
        if key not in self._cache:
            self._open_batch()
            self._cache[key] = make()
        return self._cache[key]

    def _copy(self, key: Any, make: Callable[[PathBatch], Array]) -> Array:
        """A read-only copy of an array whose last axis is the paths, without the padding of the last block."""
        found: Array = self._cached(key, lambda: _read_only(make(self._open_batch())[..., : self.paths.size].copy()))
        return found


def stacked(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Concatenate tables; without any row, an empty table with the columns."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({name: [] for name in columns})


def _read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array
