"""The tax on gains as the ledger needs it: rates, lots at the start, and the dates of quarters and tax years."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.calendar import Calendar
from riskkit.engine.kernel.gains_tax import AVERAGE, FIFO, HIFO
from riskkit.engine.kernel.holding_period import BUCKETS
from riskkit.engine.kernel.structs import TaxArrays
from riskkit.portfolio._holding import Holding, Lot
from riskkit.scenario._scenario import Scenario

__all__ = ["TaxLaw", "tax_law"]

#: Quarter ends between a purchase's own and the one at which it turns long.
QUARTERS_SHORT = 4

#: Months of a tax year, and those after it until its tax is paid.
YEAR, APRIL = 12, 4

#: Ages typed as decimals are meant to be whole quarters.
AGE_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class TaxLaw:
    """The tax on gains as the ledger needs it.

    Attributes
    ----------
    on : bool
        Whether there is a tax.
    rate : float
    short_rate : float or None
        Rate of short-term gains; None where all gains are taxed alike.
    later : bool
        Whether the tax of a year is paid in the next one.
    offset : bool
        Whether losses count against gains.
    starts, methods : ndarray of int64
        First row of each holding's lots (holding + 1), and how it is sold (holding).
    basis : ndarray
        Purchase cost of each holding, in start wealth (holding).
    lot_units, lot_costs : ndarray
        Units of each lot and their unit cost (lot); each holding with lots ends with an empty one for purchases, or
        with the rows of `riskkit.engine.kernel.holding_period`.
    long_from, quarter : ndarray of int64
        Step from which on each lot is long (lot), and number of the bucket of each step's purchases (step); empty
        without a rate of short-term gains.
    turning : mapping of int to ndarray
        Step → the buckets that turn long there.
    paid, year_ends : frozenset of int
        Steps on which tax is paid, and on which a tax year ends, where it is paid later.
    """

    on: bool
    rate: float
    short_rate: float | None
    later: bool
    offset: bool
    starts: Ints
    methods: Ints
    basis: Array
    lot_units: Array
    lot_costs: Array
    long_from: Ints
    quarter: Ints
    turning: dict[int, Ints]
    paid: frozenset[int]
    year_ends: frozenset[int]

    @property
    def by_period(self) -> bool:
        """Whether short-term gains have a rate of their own."""
        return self.short_rate is not None

    @cached_property
    def arrays(self) -> TaxArrays | None:
        """The tax as the kernel takes it, if there is one."""
        if not self.on:
            return None
        return TaxArrays(
            rate=self.rate,
            short_rate=self.rate if self.short_rate is None else self.short_rate,
            sale_rate=0.0 if self.later else self.rate,
            offset=self.offset,
            by_period=self.by_period,
            later=self.later,
            starts=self.starts,
            methods=self.methods,
            long_from=self.long_from,
            quarter=self.quarter,
        )

    def on_net_gains(self, long: Array, short: Array) -> Array:
        """Tax on net gains, below 0 for losses (path)."""
        short_rate = self.rate if self.short_rate is None else self.short_rate
        both = np.maximum(long + short, 0.0)
        separate = self.rate * long + short_rate * short
        due: Array = np.where(short < 0.0, self.rate * both, np.where(long < 0.0, short_rate * both, separate))
        return due


@dataclass
class LotTable:
    """The rows of all lots while they are listed."""

    units: list[float]
    costs: list[float]
    long_from: list[int]

    def add(self, units: float, cost: float, long_from: int) -> None:
        """Add a row, with the cost of a unit."""
        self.units.append(units)
        self.costs.append(cost)
        self.long_from.append(long_from)


def tax_law(scenario: Scenario) -> TaxLaw:
    """The tax of a scenario, and the purchase costs of its holdings."""
    tax, net, calendar = scenario.frictions.tax, scenario.portfolio.net, scenario.calendar
    by_period = tax is not None and tax.short_rate is not None
    later = tax is not None and tax.paid_later
    table, starts, methods = LotTable([], [], []), [0], []
    for holding in scenario.portfolio.holdings:
        tracks_lots = tax is not None and isinstance(holding.cost, tuple) and holding.method != "average"
        methods.append({"fifo": FIFO, "hifo": HIFO}[holding.method] if tracks_lots else AVERAGE)
        if by_period:
            _add_lots_by_period(table, holding, methods[-1], net, calendar)
        elif tracks_lots:
            for lot in holding.lots:
                table.add(lot.value / net, lot.cost / lot.value, 0)
            table.add(0.0, 0.0, 0)
        starts.append(len(table.units))
    return TaxLaw(
        on=tax is not None,
        rate=tax.rate if tax is not None else 0.0,
        short_rate=tax.short_rate if tax is not None else None,
        later=later,
        offset=tax.loss_offset if tax is not None else True,
        starts=np.array(starts, dtype=np.int64),
        methods=np.array(methods, dtype=np.int64),
        basis=np.array([holding.basis for holding in scenario.portfolio.holdings]) / net,
        lot_units=np.array(table.units, dtype=np.float64),
        lot_costs=np.array(table.costs, dtype=np.float64),
        long_from=np.array(table.long_from if by_period else [], dtype=np.int64),
        quarter=_buckets_by_step(calendar) if by_period else np.zeros(0, dtype=np.int64),
        turning=_turning_buckets(calendar) if by_period else {},
        paid=_payment_steps(calendar) if later else frozenset(),
        year_ends=_year_ends(calendar) if later else frozenset(),
    )


def _add_lots_by_period(table: LotTable, holding: Holding, method: int, net: float, calendar: Calendar) -> None:
    """Add a holding's lots at the start, its long lot of later purchases, and its buckets.

    Under the average method, the lots at the start are in the long lot and the buckets.
    """
    pooled: list[list[Lot]] = [[] for _ in range(BUCKETS + 1)]
    for lot in holding.lots:
        quarter = None if lot.long else _quarter_of(lot)
        if method == AVERAGE:
            pooled[BUCKETS if quarter is None else quarter % BUCKETS].append(lot)
        else:
            turns = -1 if quarter is None else calendar.month_end(3 * (quarter + QUARTERS_SHORT))
            table.add(lot.value / net, lot.cost / lot.value, turns)
    never = np.iinfo(np.int64).max
    for place in (BUCKETS, *range(BUCKETS)):
        value = math.fsum(lot.value for lot in pooled[place])
        cost = math.fsum(lot.cost for lot in pooled[place])
        table.add(value / net, cost / value if value > 0.0 else 0.0, -1 if place == BUCKETS else never)


def _quarter_of(lot: Lot) -> int:
    """The quarter in which a young lot was bought; 1 is the first after the start, with time 0."""
    age = 0.0 if lot.age is None else lot.age
    return 1 if age == 0.0 else -math.floor(4.0 * age + AGE_ROUNDING)


def _buckets_by_step(calendar: Calendar) -> Ints:
    """Number of the bucket of each step's purchases (step), 0 … T: the quarter up to whose end they are made."""
    ends = _quarter_ends(calendar)
    quarters = 1 + np.searchsorted(ends, np.arange(calendar.steps + 1), side="left")
    return np.asarray(quarters % BUCKETS, dtype=np.int64)


def _quarter_ends(calendar: Calendar) -> list[int]:
    """Steps of the quarter ends, from the first to one beyond T."""
    ends = [calendar.month_end(3)]
    while ends[-1] <= calendar.steps:
        ends.append(calendar.month_end(3 * (len(ends) + 1)))
    return ends


def _turning_buckets(calendar: Calendar) -> dict[int, Ints]:
    """Step → the buckets that turn long there."""
    turning: dict[int, list[int]] = {}
    for quarter, step in enumerate(_quarter_ends(calendar), start=1):
        if step <= calendar.steps:
            turning.setdefault(step, []).append((quarter - QUARTERS_SHORT) % BUCKETS)
    return {step: np.array(buckets, dtype=np.int64) for step, buckets in turning.items()}


def _year_ends(calendar: Calendar) -> frozenset[int]:
    """Steps before T on which a tax year ends."""
    return frozenset(range(calendar.steps_per_year, calendar.steps, calendar.steps_per_year))


def _payment_steps(calendar: Calendar) -> frozenset[int]:
    """Steps before T on which the tax of a year is paid: later than its end, however long the steps are."""
    ends = sorted(_year_ends(calendar))
    aprils = [calendar.month_end(YEAR * year + APRIL) for year in range(1, len(ends) + 1)]
    steps = {max(april, end + 1) for april, end in zip(aprils, ends, strict=True)}
    return frozenset(step for step in steps if step < calendar.steps)
