"""Purchase costs and capital-gains tax of the slow, readable twin, as in SEMANTICS, "The ledger" and "Tax, in full"."""

from __future__ import annotations

from dataclasses import dataclass, field

from twin_holding_period import DatedLots

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
    def of(cls, holding: rk.Holding, scenario: rk.Scenario) -> Lots | DatedLots:
        """As bought; units are shares of the start's net wealth at start prices."""
        law, net = scenario.frictions.tax, scenario.portfolio.net
        if law is not None and law.short_rate is not None:
            return DatedLots.of(holding, net, scenario.steps_per_year)
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

    def taken(self, share: float) -> list[tuple[bool, float, float]]:
        """All units are long."""
        return [(True, share * sum(self.units), self.cost_of(share))]

    def turn(self, step: int) -> None:
        """All are long from the start."""

    def turned(self, step: int) -> Lots:
        return self

    def clear(self) -> None:
        self.units = [0.0] * len(self.units)

    def buy(self, units: float, paid: float, step: int) -> None:
        """A purchase joins the last lot, at their average cost."""
        after = self.units[-1] + units
        self.each[-1] = (self.each[-1] * self.units[-1] + paid) / after
        self.units[-1] = after

    def give(self, share: float) -> float:
        """Give a share of every lot; return what it has cost."""
        cost = share * self.cost_of(1.0)
        self.units = [units * (1.0 - share) for units in self.units]
        return cost

    def take_over(self, units: float, paid: float) -> None:
        """Units that have the cost of others."""
        self.buy(units, paid, 0)

    def scale(self, factor: float) -> None:
        """Fewer units for the same cost."""
        self.units = [units * factor for units in self.units]
        self.each = [each / factor for each in self.each]

    def step_up(self, price: float) -> None:
        """A death: what is held cost what it is worth."""
        self.each = [price] * len(self.each)


Gains = tuple[float, float]  # long-term and short-term; all are long-term where there is one rate


def gains_of(lots: Lots | DatedLots, share: float, proceeds: float) -> Gains:
    """Gains of selling a share of a holding; each unit sold brings the same."""
    taken = lots.taken(share)
    units = sum(count for _, count, _ in taken)
    if units == 0.0:
        return proceeds, 0.0
    kinds = []
    for kind in (True, False):
        those = [(count, cost) for long, count, cost in taken if long == kind]
        kinds.append(proceeds * sum(count for count, _ in those) / units - sum(cost for _, cost in those))
    return kinds[0], kinds[1]


@dataclass
class TaxYear:
    """The tax of one book: gains and losses of a period are one sum a kind, and what is lost earlier is carried.

    The period is a date, or a year where its tax is paid in the next one.
    """

    law: rk.CapitalGains | None
    carried: list[float] = field(default_factory=lambda: [0.0, 0.0])  # long-term, short-term losses
    gain: list[float] = field(default_factory=lambda: [0.0, 0.0])  # of the period so far
    total: float = field(default=0.0)  # paid
    owed: float = 0.0  # of the years that have ended
    on_dividends: float = 0.0  # of this year, where it is paid in the next one

    @property
    def later(self) -> bool:
        return self.law is not None and self.law.paid == "next april"

    def tax_of(self, gain: list[float]) -> float:
        """Losses offset gains of their own kind first, then of the other."""
        long, short = (made - lost for made, lost in zip(gain, self.carried, strict=True))
        if long < 0.0 < short:
            long, short = 0.0, short + long
        elif short < 0.0 < long:
            long, short = long + short, 0.0
        short_rate = self.law.rate if self.law.short_rate is None else self.law.short_rate
        return self.law.rate * max(long, 0.0) + short_rate * max(short, 0.0)

    def new_date(self) -> None:
        if not self.later:
            self.new_period()

    def new_period(self) -> None:
        """What is left of losses after the gains of both kinds is carried in its kind."""
        long, short = (lost - made for made, lost in zip(self.gain, self.carried, strict=True))
        if long < 0.0 < short:
            short = max(short + long, 0.0)
        elif short < 0.0 < long:
            long = max(long + short, 0.0)
        self.carried, self.gain = [max(long, 0.0), max(short, 0.0)], [0.0, 0.0]

    def new_year(self) -> None:
        self.owed += self.tax_of(self.gain) + self.on_dividends
        self.on_dividends = 0.0
        self.new_period()

    def with_sales(self, gains: list[Gains]) -> list[float]:
        """The gains of the period with those of more sales."""
        found = list(self.gain)
        for each in gains:
            for kind, gain in enumerate(each):
                found[kind] += gain if self.law.loss_offset else max(gain, 0.0)
        return found

    def extra(self, gains: list[Gains]) -> float:
        """By how much more sales raise the tax of the period."""
        return 0.0 if self.law is None else self.tax_of(self.with_sales(gains)) - self.tax_of(self.gain)

    def gain_of_option(self, gain: float, years: float) -> Gains:
        """Long-term from a tenor of a year on, where short-term gains have a rate of their own."""
        short = self.law is not None and self.law.short_rate is not None and years < 1.0
        return (0.0, gain) if short else (gain, 0.0)

    def pay_on_dividend(self, tax: float) -> float:
        """Enter the tax on a dividend; return what of it is due now."""
        if self.later:
            self.on_dividends += tax
            return 0.0
        self.total += tax
        return tax

    def due(self, gains: list[Gains]) -> float:
        """Tax to be paid out of more sales; below 0 where their losses give back what the date has paid."""
        return 0.0 if self.later else self.extra(gains)

    def pay(self, gains: list[Gains]) -> float:
        due = self.due(gains)
        self.total += due
        if self.law is not None:
            self.gain = self.with_sales(gains)
        return due

    @property
    def not_paid(self) -> float:
        """What is owed and not paid yet."""
        return self.owed + self.tax_of(self.gain) + self.on_dividends if self.later else 0.0
