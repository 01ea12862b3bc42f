"""Purchase costs and capital-gains tax of the slow, readable twin, as in SEMANTICS, "The ledger"."""

from __future__ import annotations

from dataclasses import dataclass, field

import riskkit as rk

#: Lots bought at one price cost the same to this share.
ROUNDING = 1e-12


@dataclass
class Lots:
    """What one holding was bought in: units and cost a unit; with an average cost there is one lot."""

    method: str
    units: list[float]
    each: list[float]
    later: bool  # whether the last lot is that of later purchases

    @classmethod
    def of(cls, holding: rk.Holding, net: float) -> Lots:
        """As bought; units are shares of the start's net wealth at start prices."""
        if holding.method == "average" or not isinstance(holding.cost, tuple):
            each = holding.basis / holding.value if holding.value > 0.0 else 0.0
            return cls("average", [holding.value / net], [each], True)
        units = [lot.value / net for lot in holding.lots]
        return cls(holding.method, [*units, 0.0], [*(lot.cost / lot.value for lot in holding.lots), 0.0], True)

    def order(self) -> list[int]:
        """The lots in the order in which they are sold: of those that cost the same, but for rounding, the oldest."""
        rows = list(range(len(self.units)))
        if self.method != "hifo":
            return rows
        order = []
        while rows:
            dearest = max(self.each[row] for row in rows)
            order.append(next(row for row in rows if self.each[row] >= dearest * (1.0 - ROUNDING)))
            rows.remove(order[-1])
        return order

    def corners(self) -> list[float]:
        """Shares of all units at which a sale comes to the next lot."""
        total, seen, shares = sum(self.units), 0.0, []
        for row in self.order():
            seen += self.units[row]
            shares.append(seen / total if total > 0.0 else 1.0)
        return shares

    def cost_of(self, share: float) -> float:
        """What the units cost that are sold first, a share of all."""
        wanted, cost = share * sum(self.units), 0.0
        for row in self.order():
            taken = min(self.units[row], wanted)
            cost += taken * self.each[row]
            wanted -= taken
        return cost

    def sell(self, share: float) -> None:
        wanted = share * sum(self.units)
        for row in self.order():
            taken = self.units[row] if share == 1.0 else min(self.units[row], wanted)
            self.units[row] -= taken
            wanted -= taken

    def buy(self, units: float, paid: float) -> None:
        """A purchase joins the last lot, at their average cost."""
        after = self.units[-1] + units
        self.each[-1] = (self.each[-1] * self.units[-1] + paid) / after
        self.units[-1] = after

    def give(self, share: float) -> float:
        """Give a share of every lot; return what it has cost."""
        cost = share * self.cost_of(1.0)
        self.units = [units * (1.0 - share) for units in self.units]
        return cost

    def scale(self, factor: float) -> None:
        """Fewer units for the same cost."""
        self.units = [units * factor for units in self.units]
        self.each = [each / factor for each in self.each]

    def step_up(self, price: float) -> None:
        """A death: what is held cost what it is worth."""
        self.each = [price] * len(self.each)


@dataclass
class TaxYear:
    """The tax of one book: gains and losses of a date are one sum, and what is lost on earlier dates is carried."""

    law: rk.CapitalGains | None
    carried: float = 0.0
    gain: float = 0.0  # of the date so far
    paid: float = 0.0  # on the date so far
    total: float = field(default=0.0)

    def new_date(self) -> None:
        self.carried = max(self.carried - self.gain, 0.0)
        self.gain = self.paid = 0.0

    def due(self, gains: list[float]) -> float:
        """Tax of more sales on the date; below 0 where their losses give back what the date has paid."""
        if self.law is None:
            return 0.0
        if not self.law.loss_offset:
            return self.law.rate * sum(max(gain, 0.0) for gain in gains)
        return self.law.rate * max(self.gain + sum(gains) - self.carried, 0.0) - self.paid

    def pay(self, gains: list[float]) -> float:
        due = self.due(gains)
        self.total += due
        if self.law is not None and self.law.loss_offset:
            self.paid += due
            self.gain += sum(gains)
        return due
