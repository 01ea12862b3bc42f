"""Lots by holding period of the slow, readable twin, as in SEMANTICS, "Tax, in full"."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, field

import riskkit as rk

ROUNDING = 1e-12


@dataclass
class Bought:
    """Units that were bought together, what each cost, and the quarter end at which they are long."""

    units: float
    each: float
    turns: int | None = None  # number of that quarter end; None: long already

    def add(self, units: float, paid: float) -> None:
        self.each = (self.each * self.units + paid) / (self.units + units)
        self.units += units


@dataclass
class DatedLots:
    """What one holding was bought in: lots of the start, what has turned long since, and what may be short, by quarter.

    With an average cost, long lots are one and short ones are sold alike.
    """

    method: str
    steps_per_year: int
    start: list[Bought]
    pool: Bought = field(default_factory=lambda: Bought(0.0, 0.0))
    by_quarter: dict[int, Bought] = field(default_factory=dict)
    last_end: int = 0  # number of the latest quarter end at which something could turn long

    @classmethod
    def of(cls, holding: rk.Holding, net: float, steps_per_year: int) -> DatedLots:
        lots = cls("average" if not isinstance(holding.cost, tuple) else holding.method, steps_per_year, [])
        for lot in holding.lots:
            units, each = lot.value / net, lot.cost / lot.value
            quarter = None
            if lot.age is not None and lot.age < 1.0:
                # Bought in the quarter from 3(q - 1) to 3q months, its end included; today is in the first.
                quarter = 1 if lot.age == 0.0 else math.ceil(round(-12.0 * lot.age, 9) / 3.0)
            if lots.method != "average":
                lots.start.append(Bought(units, each, None if quarter is None else quarter + 4))
            elif quarter is None:
                lots.pool.add(units, units * each)
            else:
                lots.by_quarter.setdefault(quarter, Bought(0.0, 0.0, quarter + 4)).add(units, units * each)
        return lots

    def quarter_end(self, quarter: int) -> int:
        """Its step: that of a month end, as in SEMANTICS, "Time"."""
        return math.floor(3 * quarter * self.steps_per_year / 12 + 0.5)

    def turn(self, step: int) -> None:
        """The start of what is done at a month end: what is due by this step is long."""
        while self.quarter_end(self.last_end + 1) <= step:
            self.last_end += 1
        for lot in self.start:
            if lot.turns is not None and lot.turns <= self.last_end:
                lot.turns = None
        for quarter in [q for q, lot in self.by_quarter.items() if lot.turns <= self.last_end]:
            self.join(self.by_quarter.pop(quarter))

    def join(self, lot: Bought) -> None:
        if lot.units > 0.0:
            self.pool.add(lot.units, lot.units * lot.each)

    def turned(self, step: int) -> DatedLots:
        lots = deepcopy(self)
        lots.turn(step)
        return lots

    def kinds(self) -> tuple[list[Bought], list[Bought]]:
        """The long and the short lots, each from the first bought on."""
        long = [*(lot for lot in self.start if lot.turns is None), self.pool]
        short = [*(lot for lot in self.start if lot.turns is not None)]
        return long, short + [self.by_quarter[quarter] for quarter in sorted(self.by_quarter)]

    def groups(self) -> list[tuple[bool, list[Bought]]]:
        """Lots that are sold alike, in the order in which they are sold, and whether they are long."""
        found = []
        for long, lots in zip((True, False), self.kinds(), strict=True):
            lots = [lot for lot in lots if lot.units > 0.0]
            if self.method == "average":
                found.append((long, lots))
                continue
            while lots:
                dearest = max(lot.each for lot in lots)
                first = next(lot for lot in lots if self.method == "fifo" or lot.each >= dearest * (1.0 - ROUNDING))
                found.append((long, [first]))
                lots.remove(first)
        return found

    @property
    def total(self) -> float:
        return sum(lot.units for _, lots in self.groups() for lot in lots)

    def corners(self) -> list[float]:
        total, seen, shares = self.total, 0.0, []
        for _, lots in self.groups():
            seen += sum(lot.units for lot in lots)
            shares.append(seen / total if total > 0.0 else 1.0)
        return shares

    def taken(self, share: float) -> list[tuple[bool, float, float]]:
        """Of the units that are sold first, a share of all: whether they are long, how many, and their cost."""
        wanted, found = share * self.total, []
        for long, lots in self.groups():
            there = sum(lot.units for lot in lots)
            part = min(wanted / there, 1.0) if there > 0.0 else 0.0
            found.append((long, part * there, part * sum(lot.units * lot.each for lot in lots)))
            wanted -= part * there
        return found

    def cost_of(self, share: float) -> float:
        return sum(cost for _, _, cost in self.taken(share))

    def sell(self, share: float) -> None:
        wanted = share * self.total
        for _, lots in self.groups():
            there = sum(lot.units for lot in lots)
            part = 1.0 if share == 1.0 or wanted >= there else wanted / there
            for lot in lots:
                lot.units = 0.0 if part == 1.0 else lot.units * (1.0 - part)
            wanted = max(wanted - there, 0.0)

    def buy(self, units: float, paid: float, step: int) -> None:
        """A purchase belongs to the quarter up to whose end it is made."""
        quarter = next(q for q in range(1, 4 * step + 5) if self.quarter_end(q) >= step)
        self.by_quarter.setdefault(quarter, Bought(0.0, 0.0, quarter + 4)).add(units, paid)

    def all_lots(self) -> list[Bought]:
        return [*self.start, self.pool, *self.by_quarter.values()]

    def give(self, share: float) -> float:
        """Give a share of every lot; return what it has cost."""
        cost = sum(share * lot.units * lot.each for lot in self.all_lots())
        for lot in self.all_lots():
            lot.units *= 1.0 - share
        return cost

    def take_over(self, units: float, paid: float) -> None:
        """Units that have the cost and the age of others, which were long."""
        self.pool.add(units, paid)

    def scale(self, factor: float) -> None:
        """Fewer units for the same cost."""
        for lot in self.all_lots():
            lot.units *= factor
            lot.each /= factor

    def step_up(self, price: float) -> None:
        """A death: what is held cost what it is worth, and is long; what was short joins what has turned long."""
        long, short = self.kinds()
        for lot in (*long, *short):
            lot.each = price
        for lot in short:
            self.join(lot)
            lot.units = 0.0
        self.by_quarter = {}

    def clear(self) -> None:
        for lot in self.all_lots():
            lot.units = 0.0
