"""The ledger of the slow, readable twin: the holdings of a book, its sales and its purchases, as in SEMANTICS.

Units are shares of the start's net wealth at start prices, so that units times price is money in multiples of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from twin_instruments import Contract
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
    """What one book holds and owes at a moment, its instruments and its accounts."""

    scenario: rk.Scenario
    units: list[float]
    lots: list[Lots]
    allowances: list[Allowance]
    tax: TaxYear
    debt: float
    contracts: list[Contract] = field(default_factory=list)
    reserved: Sequence[float] | None = None  # units not for sale, in place of the pledged ones
    step: int = 0
    prices: Sequence[float] = ()
    cost: float = 0.0
    interest: float = 0.0
    spent: float = 0.0
    lender_loss: float = 0.0
    premiums: float = 0.0
    payoffs: float = 0.0
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
    def owed(self) -> float:
        """What settlements have left unpaid, with its interest."""
        return sum(contract.owed for contract in self.contracts)

    @property
    def marks(self) -> float:
        """The instruments at their marks."""
        dt = self.scenario.calendar.dt
        return sum(contract.mark(self.prices[contract.row], self.step, dt) for contract in self.contracts)

    @property
    def net(self) -> float:
        return self.gross + self.marks - self.debt - self.owed

    @property
    def pledged(self) -> list[float]:
        """Units of each holding that instruments pledge."""
        units = [0.0] * len(self.units)
        for contract in self.contracts:
            if contract.pledges is not None and contract.position is not None:
                units[contract.pledges] += contract.position.pledged
        return units

    @property
    def collateral(self) -> float:
        """Gross assets without what is pledged elsewhere."""
        held = zip(self.units, self.pledged, self.prices, strict=True)
        return sum(max(units - pledged, 0.0) * price for units, pledged, price in held)

    @property
    def weights(self) -> list[float]:
        """Shares of gross assets; once ruined or where all is worthless, the last ones."""
        if self.ruined or self.gross <= 0.0:
            return list(self.last_weights)
        return [value / self.gross for value in self.values]

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
        """Units that can be sold now; what is pledged or worthless is not sold."""
        if self.prices[row] <= 0.0:
            return 0.0
        reserved = (self.pledged if self.reserved is None else self.reserved)[row]
        free = max(self.units[row] - reserved, 0.0)
        return min(self.allowances[row].sellable(self.step, self.units[row]), free)

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
        self.turnover += sale.value / self.gross if self.gross > 0.0 else 0.0
        self.cost += sum(sale.costs)
        self.tax.pay(sale.gains)
        for row, sold in enumerate(units):
            if sold > 0.0:
                everything = sold >= self.units[row] * (1.0 - ROUNDING)
                self.lots[row].sell(1.0 if everything else sold / self.units[row])
                self.units[row] = 0.0 if everything else self.units[row] - sold
                self.allowances[row].sold(sold)
        return sale

    def hand_over(self, row: int, units: float) -> Sale:
        """Deliver units in place of cash: a sale for the tax, at the price, without cost, and under no allowance."""
        value = units * self.prices[row]
        everything = units >= self.units[row] * (1.0 - ROUNDING)
        gains = [gains_of(self.lots[row], min(units / self.units[row], 1.0), value)]
        self.turnover += value / self.gross
        tax = self.tax.pay(gains)
        self.lots[row].sell(1.0 if everything else units / self.units[row])
        self.units[row] = 0.0 if everything else self.units[row] - units
        values = [value if each == row else 0.0 for each in self.rows]
        return Sale([units if each == row else 0.0 for each in self.rows], values, [0.0] * len(values), gains, tax)

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
        if self.debt > 0.0 or self.gross > 0.0 or self.owed > 0.0 or self.marks != 0.0:
            self.lender_loss -= self.net
            self.units, self.debt = [0.0] * len(self.units), 0.0
        for contract in self.contracts:
            contract.position, contract.owed = None, 0.0
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


def sell_for(
    book: Holdings, rows: Sequence[int], wanted: float, slope: float = 0.0, at_most: Mapping[int, float] | None = None
) -> Sale:
    """Sell of these holdings what is needed: cash-like ones first, then the others pro rata of what can be sold.

    With `at_most` of the others only the holdings that it names, and so many units of each.
    """
    cash = [book.sellable(row) if row in rows and book.cash_like(row) else 0.0 for row in book.rows]
    others = [book.sellable(row) if row in rows and not book.cash_like(row) else 0.0 for row in book.rows]
    if at_most is not None:
        others = [min(units, at_most.get(row, 0.0)) for row, units in enumerate(others)]
    for plan in (Plan(book, cash, [0.0] * len(cash)), Plan(book, others, cash)):
        x = plan.first_reaching(wanted, slope)
        if x is not None:
            return book.sell(plan.at(x))
    return book.sell(plan.at(1.0))


# ---------------------------------------------------------------------------------------------------------------------
# Where cash goes that a book receives
# ---------------------------------------------------------------------------------------------------------------------


def takers(book: Holdings, into: Mapping[str, float] | None, *, cash_first: bool = True) -> dict[int, float]:
    """Row → share: cash-like holdings, or else those with no founder, pro rata; fixed shares where `into` says so.

    Only what can be bought; none where there is nothing.
    """
    holdings = book.scenario.portfolio.holdings
    free = [row for row in book.rows if holdings[row].founder_share == 0.0]
    cash = [row for row in book.rows if book.cash_like(row)]
    rows = (cash or free) if cash_first else free
    if into is not None:
        rows = [book.names.index(name) for name in into]
    rows = [row for row in rows if book.buyable(row)]
    parts = [book.values[row] for row in rows]
    if into is not None:
        parts = [into[book.names[row]] for row in rows]
    elif sum(parts) <= ROUNDING * book.gross:
        parts = [holdings[row].value for row in rows]
    return {row: part / sum(parts) for row, part in zip(rows, parts, strict=True)}


def invest(book: Holdings, money: float, shares: Mapping[int, float]) -> list[tuple[int, float, float]]:
    """Buy for money, the trading cost included; return the holding, amount and cost of each purchase."""
    needed = sum(share * (1.0 + book.rate_of(row)) for row, share in shares.items())
    bought = []
    for row, share in shares.items():
        value = money * share / needed
        if value > 0.0:
            bought.append((row, value, book.buy(row, value / book.prices[row])))
    return bought


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
