"""What a replay shows at one step: prices, events, and every rule's book, as read-only copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import require_known, short_repr
from riskkit.engine.kernel import layout
from riskkit.engine.path_batch import Tile
from riskkit.engine.trace_data import DEATH
from riskkit.rules import Rule

__all__ = ["Book", "Date", "Moment", "Trades", "stacked", "trade_on_date"]

Array = NDArray[np.float64]

#: Account of a book → its row.
ACCOUNTS = {
    "cost": layout.COST,
    "tax": layout.TAX,
    "interest": layout.INTEREST,
    "spent": layout.SPENT,
    "lender_loss": layout.LENDER_LOSS,
    "debt": layout.DEBT,
}


@dataclass(frozen=True, eq=False)
class Trades:
    """What one rule's book traded on one date, spending included; margin calls are no trades of a date.

    Money is in multiples of the net start wealth.

    Attributes
    ----------
    step : int
        The date.
    time : float
        The date in years from the start.
    traded : ndarray of bool
        Whether units changed (asset, path); with spending and a trade of the rule, the amount may still be 0.
    amount : ndarray
        Bought, > 0, or sold, < 0 (asset, path).
    cost : ndarray
        Trading cost and the discount of a sale, >= 0 (asset, path).
    tax : ndarray
        The path's tax on the date, split by value sold; below 0 where a loss gives back tax that a margin call of
        the date has paid (asset, path).
    stake : ndarray
        Value of the units held after the date, at start prices (asset, path).
    """

    step: int
    time: float
    traded: NDArray[np.bool_] = field(repr=False)
    amount: Array = field(repr=False)
    cost: Array = field(repr=False)
    tax: Array = field(repr=False)
    stake: Array = field(repr=False)


@dataclass(frozen=True, eq=False)
class Date:
    """What all books did on one date, as the batch has it in memory.

    Attributes
    ----------
    step : int
    prices : ndarray
        Prices of the date (holding, path).
    acts : list of (ndarray, ndarray)
        Units before and after spending, and before and after the rules' trades (block, book * holding, lane).
    units : ndarray
        Units in the end (block, book * holding, lane).
    tax : ndarray
        Tax that each book has paid on the date (block, book, lane).
    """

    step: int
    prices: Array
    acts: list[tuple[Array, Array]]
    units: Array
    tax: Array


def trade_on_date(tile: Tile) -> Date:
    """Do what `Tile.consult` does, and note it."""
    taxes = tile.books.accounts[:, layout.TAX :: layout.ACCOUNTS]
    paid, acts = taxes.copy(), []
    for act in (tile.pay_out, tile.decide):
        before = tile.books.units.copy()
        act()
        acts.append((before, tile.books.units.copy()))
        tile.settle(before)
    return Date(tile.step, tile.price(), acts, tile.books.units.copy(), taxes - paid)


class Book:
    """One rule's book at a moment: read-only copies, after the step's price moves and before its trades.

    Money is in multiples of the net start wealth, prices are true ones.
    """

    __slots__ = ("_moment", "_place")

    def __init__(self, moment: Moment, place: int) -> None:
        self._moment, self._place = moment, place

    @property
    def units(self) -> Array:
        """Units held (asset, path); 1 at the start."""
        return self._read("units", lambda tile: tile.book_units(self._place) / tile.plan.start[:, None])

    @property
    def stake(self) -> Array:
        """Value of the units at start prices (asset, path); times ``moment.price`` it is their value now."""
        return self._read("stake", lambda tile: tile.book_units(self._place))

    @property
    def weights(self) -> Array:
        """Shares of gross assets (asset, path); a ruined path keeps its last ones."""
        return self._read("weights", lambda tile: self._appraised(tile)[0])

    @property
    def wealth(self) -> Array:
        """Wealth net of the loan (path); 0 after ruin."""
        return self._read("wealth", lambda tile: self._appraised(tile)[1])

    @property
    def peak(self) -> Array:
        """Highest wealth so far (path), over every step, the start included."""
        return self._read("peak", lambda tile: tile.statistic(self._place, layout.PEAK))

    @property
    def drawdown(self) -> Array:
        """Fraction of `peak` that is lost now (path), 0 … 1."""
        return self._read("drawdown", lambda tile: 1.0 - self.wealth / self.peak)

    @property
    def unit_cost(self) -> Array:
        """Purchase cost of a unit held (asset, path), whose price is 1 at the start; NaN where nothing is held.

        It needs ``Frictions(tax=...)``, without which purchase costs are not followed.
        """

        def read(tile: Tile) -> Array:
            if not tile.plan.tax.on:
                raise InvalidInput("unit_cost needs a tax: purchase costs are followed only under Frictions(tax=...)")
            held = tile.plan.start.size
            basis = layout.as_paths(tile.books.basis[:, self._place * held : (self._place + 1) * held])
            stake = tile.book_units(self._place)
            return np.divide(basis, stake, out=np.full_like(stake, np.nan), where=stake > 0.0)

        return self._read("unit_cost", read)

    @property
    def accounts(self) -> Mapping[str, Array]:
        """Totals so far (path): ``cost tax interest spent lender_loss``, and the ``debt`` that stands."""
        return MappingProxyType(
            {
                name: self._read(name, lambda tile, row=row: tile.account(self._place, row))  # type: ignore[misc]
                for name, row in ACCOUNTS.items()
            }
        )

    def _appraised(self, tile: Tile) -> tuple[Array, Array]:
        found: tuple[Array, Array] = self._moment._once((self._place, "appraised"), lambda: tile.appraise(self._place))
        return found

    def _read(self, name: str, make: Callable[[Tile], Array]) -> Array:
        return self._moment._array((self._place, name), make)


class Moment:
    """Some paths at one step of a replay, after its price moves and before its trades.

    What is read is a copy: it is read-only, and stays as it is. A moment can be read while `observe` runs.

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

    __slots__ = ("_date", "_kept", "_tile", "names", "paths", "step", "time")

    def __init__(self, tile: Tile, paths: NDArray[np.int64], date: Date | None) -> None:
        self._tile: Tile | None = tile
        self._date = date
        self._kept: dict[Any, Any] = {}
        self.step, self.time = tile.step, tile.plan.calendar.time(tile.step)
        self.names, self.paths = tile.plan.scenario.portfolio.names, paths

    @property
    def price(self) -> Array:
        """True price of each holding (asset, path); 1 at the start."""
        return self._array("price", lambda tile: tile.price())

    @property
    def reported(self) -> Array:
        """Price as reported (asset, path): that of the last mark where a holding is marked, else the true one."""
        return self._array(
            "reported", lambda tile: layout.as_paths(tile.marks.price) if tile.plan.marks.on else tile.price()
        )

    @property
    def events(self) -> Mapping[str, NDArray[np.int64]]:
        """Number of events of each shock so far (path), by the shock's name."""

        def read() -> Mapping[str, NDArray[np.int64]]:
            counts = self._batch().tick_counts().items()
            return MappingProxyType({name: _read_only(count[: self.paths.size]) for name, count in counts})

        found: Mapping[str, NDArray[np.int64]] = self._once("events", read)
        return found

    def event_table(self) -> pd.DataFrame:
        """Events so far: a row an event, by path and time.

        Returns
        -------
        DataFrame
            Columns ``path`` (its number), ``shock``, ``time`` (years), ``step`` (at whose end it shows). A death of
            the investor is a row too, whose shock is ``"death"``.
        """
        tile = self._batch()
        calendar = tile.plan.calendar
        rows = [(name, events.path, events.time) for name, events in tile.inputs.shock_events.items()]
        if tile.deaths is not None:
            rows.append((DEATH, tile.deaths.lane, tile.deaths.time))
        tables = []
        for name, lanes, times in rows:
            step = np.ceil(times * calendar.steps_per_year).astype(np.int64)
            # An event of the last instant falls in the last step, whatever the rounding.
            kept = (lanes < self.paths.size) & ((step <= self.step) | (self.step == calendar.steps))
            columns = {"path": self.paths[lanes[kept]], "shock": name, "time": times[kept], "step": step[kept]}
            tables.append(pd.DataFrame(columns))
        table = stacked(tables, ["path", "shock", "time", "step"])
        return table.sort_values(["path", "time"], kind="stable", ignore_index=True)

    def book(self, rule: Rule | str) -> Book:
        """The book of a replayed rule, or of the one of that name.

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
        return Book(self, self._place(rule))

    def trades(self, rule: Rule | str) -> Trades | None:
        """What a rule's book traded on the last date before this step; None before the first.

        Dates are the steps on which some rule decides, something is spent or a sale window opens.

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
        place = self._place(rule)
        if self._date is None:
            return None
        found: Trades = self._once((place, "trades"), lambda: self._traded(place))
        return found

    def close(self) -> None:
        """End the moment: what was not read before cannot be read any more."""
        self._tile = None

    def _traded(self, place: int) -> Trades:
        plan, date, count = self._batch().plan, self._date, self.paths.size
        assert date is not None
        rows = slice(place * plan.start.size, (place + 1) * plan.start.size)

        def of_book(units: Array) -> Array:
            return layout.as_paths(units[:, rows])[:, :count]

        acts = [(of_book(before), of_book(after)) for before, after in date.acts]
        amounts = [(after - before) * date.prices[:, :count] for before, after in acts]
        sold = [np.maximum(-amount, 0.0) for amount in amounts]
        rate = plan.cost[:, None]
        brings = (1.0 - plan.discount[date.step][:, None]) * (1.0 - rate)
        cost = [
            sale * (1.0 - brings) + np.maximum(amount, 0.0) * rate for sale, amount in zip(sold, amounts, strict=True)
        ]
        total = np.sum(sold, axis=0)
        whole = total.sum(axis=0)
        tax = date.tax[:, place].reshape(-1)[:count]
        arrays = (
            np.any([before != after for before, after in acts], axis=0),
            np.sum(amounts, axis=0),
            np.sum(cost, axis=0),
            total / np.where(whole > 0.0, whole, 1.0) * tax,
            of_book(date.units),
        )
        return Trades(date.step, plan.calendar.time(date.step), *map(_read_only, arrays))

    def _place(self, rule: Rule | str) -> int:
        rules = self._batch().plan.scenario.rules
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

    def _batch(self) -> Tile:
        if self._tile is None:
            raise InvalidInput("a moment can be read only while observe() runs; keep the arrays that you need later")
        return self._tile

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What is read once and then the same for the moment."""
        if key not in self._kept:
            self._batch()
            self._kept[key] = make()
        return self._kept[key]

    def _array(self, key: Any, make: Callable[[Tile], Array]) -> Array:
        """A read-only copy of an array whose last axis is the paths, without those that fill a block up."""
        found: Array = self._once(key, lambda: _read_only(make(self._batch())[..., : self.paths.size].copy()))
        return found


def stacked(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put tables below each other; without any row, an empty table with the columns."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame({name: [] for name in columns})


def _read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array
