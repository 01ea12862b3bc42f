"""The ledger of the slow, readable twin: the holdings of a book, its sales and its purchases, as in SEMANTICS.

Units are shares of the start's net wealth at start prices, so that units times price is money in multiples of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from twin_liquidity import Allowance, terms_of
from twin_tax import Gains, Lots, TaxYear, gains_of

import riskkit as rk

UNTOUCHED = 1e-12
ROUNDING = 1e-12


@dataclass
class Sale:
    """Units of each holding that are sold, and what comes of it."""

    units: list[float]
    values: list[float]  # at true prices, before discount and cost
    costs: list[float]  # discount included
    gains: list[Gains]
    tax: float

    @property
    def value(self) -> float:
        return sum(self.values)

    @property
    def cash(self) -> float:
        """What is left of the sale after discount, cost and tax."""
        return self.value - sum(self.costs) - self.tax


@dataclass
class Holdings:
    """What one book holds and owes at a moment, and its accounts."""

    scenario: rk.Scenario
    units: list[float]
    lots: list[Lots]
    allowances: list[Allowance]
    tax: TaxYear
    debt: float
    step: int = 0
    prices: Sequence[float] = ()
    cost: float = 0.0
    interest: float = 0.0
    spent: float = 0.0
    lender_loss: float = 0.0
    turnover: float = 0.0
    ruined: bool = False
    last_weights: Sequence[float] = ()

    @classmethod
    def at_start(cls, scenario: rk.Scenario) -> Holdings:
        portfolio = scenario.portfolio
        return cls(
            scenario=scenario,
            units=[holding.value / portfolio.net for holding in portfolio.holdings],
            lots=[Lots.of(holding, scenario) for holding in portfolio.holdings],
            allowances=[Allowance(terms_of(holding.liquidity, scenario)) for holding in portfolio.holdings],
            tax=TaxYear(scenario.frictions.tax),
            debt=0.0 if portfolio.loan is None else portfolio.loan.amount / portfolio.net,
        )

    @property
    def names(self) -> tuple[str, ...]:
        return self.scenario.portfolio.names

    @property
    def rows(self) -> range:
        return range(len(self.units))

    @property
    def values(self) -> list[float]:
        return [units * price for units, price in zip(self.units, self.prices, strict=True)]

    @property
    def gross(self) -> float:
        return sum(self.values)

    @property
    def net(self) -> float:
        return self.gross - self.debt

    @property
    def weights(self) -> list[float]:
        """Shares of gross assets; once ruined, the last ones."""
        return list(self.last_weights) if self.ruined else [value / self.gross for value in self.values]

    def rate_of(self, row: int) -> float:
        """Trading cost of a holding, a share of the value."""
        cost = self.scenario.frictions.cost
        return cost.get(self.names[row], 0.0) if isinstance(cost, Mapping) else cost

    def cash_like(self, row: int) -> bool:
        return self.scenario.market.assets[self.names[row]].volatility == 0.0

    def listed(self, row: int) -> bool:
        return self.allowances[row].terms[self.step].listed

    def buyable(self, row: int) -> bool:
        return self.allowances[row].terms[self.step].buyable and self.prices[row] > 0.0

    def sellable(self, row: int) -> float:
        """Units that can be sold now; what is worthless is not sold."""
        return self.allowances[row].sellable(self.step, self.units[row]) if self.prices[row] > 0.0 else 0.0

    def quote(self, units: Sequence[float]) -> Sale:
        """What a sale of these units would bring, without making it."""
        values, costs, gains = [], [], []
        for row, sold in enumerate(units):
            discount, rate = self.allowances[row].terms[self.step].discount, self.rate_of(row)
            value = sold * self.prices[row]
            share = min(sold / self.units[row], 1.0) if sold else 0.0
            values.append(value)
            costs.append(value * (1.0 - (1.0 - discount) * (1.0 - rate)))
            gains.append(gains_of(self.lots[row], share, value * (1.0 - discount)) if sold else (0.0, 0.0))
        return Sale(list(units), values, costs, gains, self.tax.due(gains))

    def sell(self, units: Sequence[float]) -> Sale:
        """Make the sale; its cash is the caller's to use."""
        sale = self.quote(units)
        self.turnover += sale.value / self.gross
        self.cost += sum(sale.costs)
        self.tax.pay(sale.gains)
        for row, sold in enumerate(units):
            if sold > 0.0:
                everything = sold >= self.units[row] * (1.0 - ROUNDING)
                self.lots[row].sell(1.0 if everything else sold / self.units[row])
                self.units[row] = 0.0 if everything else self.units[row] - sold
                self.allowances[row].sold(sold)
        return sale

    def buy(self, row: int, units: float) -> float:
        """Buy units at the true price; return the trading cost."""
        value = units * self.prices[row]
        self.units[row] += units
        self.lots[row].buy(units, value, self.step)
        self.cost += value * self.rate_of(row)
        return value * self.rate_of(row)

    def ruin(self, weights: Sequence[float]) -> None:
        """Nothing is left, for good; what the assets do not cover the lender loses.

        Worthless units that no lender takes stay: a mark may still tell a price.
        """
        self.ruined, self.last_weights = True, list(weights)
        if self.debt > 0.0 or self.gross > 0.0:
            self.lender_loss += self.debt - self.gross
            self.units, self.debt = [0.0] * len(self.units), 0.0
            for lots in self.lots:
                lots.clear()


# ---------------------------------------------------------------------------------------------------------------------
# How much is to be sold: cash is a line with corners in what is sold
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """A sale of the part x, from 0 to 1, of `units` of each holding, after all of `before`."""

    book: Holdings
    units: Sequence[float]
    before: Sequence[float]

    def at(self, x: float) -> list[float]:
        return [first + x * units for first, units in zip(self.before, self.units, strict=True)]

    def corners(self) -> list[float]:
        """Where the line of cash against x may bend: at the next lot, and where a gain begins to be taxed."""
        corners = {0.0, 1.0}
        for row, units in enumerate(self.units):
            if units > 0.0:
                fraction = self.book.units[row] / units
                corners |= {share * fraction for share in self.book.lots[row].corners() if share * fraction < 1.0}
        places = sorted(corners)
        for line in self.taxed():
            for low, high in pairwise(places):
                first, last = line(low), line(high)
                if first * last < 0.0:
                    corners.add(low + (high - low) * first / (first - last))
        return sorted(corners)

    def taxed(self) -> list[Callable[[float], float]]:
        """What is taxed where it is above 0, as functions of x: the sums of gains, or each without offset."""
        tax = self.book.tax
        if tax.law is None or tax.later:
            return []
        if not tax.law.loss_offset:
            return [
                lambda x, row=row, kind=kind: self.book.quote(self.at(x)).gains[row][kind]
                for row in self.book.rows
                for kind in (0, 1)
            ]

        def net(x: float, kinds: Sequence[int]) -> float:
            gain = tax.with_sales(self.book.quote(self.at(x)).gains)
            return sum(gain[kind] - tax.carried[kind] for kind in kinds)

        return [lambda x, kinds=kinds: net(x, kinds) for kinds in ((0,), (1,), (0, 1))]

    def first_reaching(self, wanted: float, slope: float = 0.0) -> float | None:
        """The least x at which cash less `slope` times the value sold is `wanted`; None where it never is."""

        def reached(x: float) -> float:
            sale = self.book.quote(self.at(x))
            return sale.cash - slope * sale.value - wanted

        places = self.corners()
        if reached(places[0]) >= 0.0:
            return places[0]
        for low, high in pairwise(places):
            first, last = reached(low), reached(high)
            if last >= 0.0:
                return low + (high - low) * -first / (last - first)
        return None


def sell_for(book: Holdings, rows: Sequence[int], wanted: float, slope: float = 0.0) -> Sale:
    """Sell of these holdings what is needed: cash-like ones first, then the others pro rata of what can be sold."""
    cash = [book.sellable(row) if row in rows and book.cash_like(row) else 0.0 for row in book.rows]
    others = [book.sellable(row) if row in rows and not book.cash_like(row) else 0.0 for row in book.rows]
    for plan in (Plan(book, cash, [0.0] * len(cash)), Plan(book, others, cash)):
        x = plan.first_reaching(wanted, slope)
        if x is not None:
            return book.sell(plan.at(x))
    return book.sell(plan.at(1.0))


# ---------------------------------------------------------------------------------------------------------------------
# The trade of a rule
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Trade:
    """What a rule's trade did: money sold and bought, and cost, of each holding; and the tax."""

    sold: list[float]
    bought: list[float]
    costs: list[float]
    tax: float


def trade(book: Holdings, target: Sequence[float], reported: Sequence[float]) -> Trade | None:
    """Trade towards the target: wishes in units at reported prices, carried out at true ones."""
    seen = [units * price for units, price in zip(book.units, reported, strict=True)]
    wealth = sum(seen)
    wishes = [max(share, 0.0) * wealth - value for share, value in zip(target, seen, strict=True)]
    wishes = [wish if abs(wish) > UNTOUCHED * wealth else 0.0 for wish in wishes]
    sales = [min(-w / reported[row], book.sellable(row)) if w < 0.0 else 0.0 for row, w in enumerate(wishes)]
    buys = [w / reported[row] if w > 0.0 and book.buyable(row) else 0.0 for row, w in enumerate(wishes)]
    plan = Plan(book, sales, [0.0] * len(sales))
    stretch = more_than_wished(book, sales, reported)
    buys = [stretch * units for units in buys]
    money = [units * book.prices[row] for row, units in enumerate(buys)]
    needed = sum(value * (1.0 + book.rate_of(row)) for row, value in enumerate(money))
    proceeds = book.quote(sales).cash
    if proceeds > needed:
        fraction = plan.first_reaching(needed)
        sales = sales if fraction is None else plan.at(fraction)
    elif proceeds < needed:
        buys = [units * proceeds / needed for units in buys]
    if not any(sales):
        return None
    sale = book.sell(sales)
    costs = [cost + (book.buy(row, buys[row]) if buys[row] else 0.0) for row, cost in enumerate(sale.costs)]
    bought = [units * book.prices[row] for row, units in enumerate(buys)]
    return Trade(sale.values, bought, costs, sale.tax)


def more_than_wished(book: Holdings, sales: Sequence[float], reported: Sequence[float]) -> float:
    """What the sales bring, where that is more than the rule thought: it goes where the buys go, pro rata."""
    thought = sum(units * reported[row] for row, units in enumerate(sales))
    true = sum(units * book.prices[row] for row, units in enumerate(sales))
    return max(true / thought, 1.0) if thought > 0.0 else 1.0
