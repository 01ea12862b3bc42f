"""The slow, readable twin of the engine: one path, one rule, step by step as in SEMANTICS, in plain Python.

It shares no code with the engine: prices come from `twin_market`, rules from `twin_rules`, what a sale brings from
`twin_ledger`. What happens at which moment is worked out here in the words of SEMANTICS, "One step, in this order".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from twin_hedges import DateLog, charge_fees, open_contracts, pay_dividends, repay, settle
from twin_instruments import Contract, instruments_of, kind_of
from twin_ledger import ROUNDING, Holdings, Trade, invest, sell_for, takers, trade
from twin_liquidity import marked_steps, month_ends
from twin_market import PricePath, path_of
from twin_rules import Decide, Moment, decider
from twin_tax import Lots, gains_of

import riskkit as rk

COUNTED = 1e-9
ACCOUNTS = (
    "cost", "tax", "interest", "spent", "deposited", "vested", "lender_loss", "debt", "owed", "premiums", "payoffs",
)  # fmt: skip


@dataclass
class Book:
    """What one rule did on one path; lists over the points 0 … T are before that point's trades."""

    wealth: list[float] = field(default_factory=list)
    wealth_after_tax: list[float] = field(default_factory=list)  # of selling everything at that point
    reported_wealth: list[float] = field(default_factory=list)
    weights: list[list[float]] = field(default_factory=list)
    units: list[list[float]] = field(default_factory=list)  # of the start's net wealth at start prices
    accounts: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in ACCOUNTS})
    external: list[float] = field(default_factory=list)  # what enters (> 0) or leaves after the statistics of a point
    decided_on: list[list[float]] = field(default_factory=list)  # shares of the start units, after spending
    trades: list[tuple[int, str, float, float, float]] = field(default_factory=list)  # step, holding, amount, cost, tax
    rebalances: int = 0
    turnover: float = 0.0
    called: bool = False
    unmet: bool = False
    short: bool = False
    ruined: bool = False
    deferred_tax: float = 0.0
    marks: list[float] = field(default_factory=list)  # of all instruments together
    underhedged: bool = False
    founder_delta: float = 0.0  # founder exposure at the end by delta, a share of gross assets
    tax_due: float = 0.0


def run(scenario: rk.Scenario, rule: rk.Rule, path: int, seed: int) -> tuple[Book, list[dict[str, float]]]:
    """The book of one rule on one path, and the prices."""
    prices = cached_path(scenario, path, seed)
    return run_book(scenario, rule, prices), prices.points


@lru_cache(maxsize=4)
def cached_path(scenario: rk.Scenario, path: int, seed: int) -> PricePath:
    """Prices are the same for all rules."""
    return path_of(scenario, path, seed)


def run_book(scenario: rk.Scenario, rule: rk.Rule, path: PricePath) -> Book:
    others = [run_book(scenario, companion, path) for companion in rule.watches()]
    return BookRun(scenario, rule, path, others).run()


@dataclass
class BookRun:
    """One book from the start to T."""

    scenario: rk.Scenario
    rule: rk.Rule
    path: PricePath
    others: list[Book]

    def run(self) -> Book:
        scenario, portfolio = self.scenario, self.scenario.portfolio
        last = scenario.calendar.steps
        self.book, self.holdings = Book(), Holdings.at_start(scenario)
        self.holdings.contracts = [Contract.of(instrument, scenario) for instrument in instruments_of(self.rule)]
        self.decide: Decide = decider(self.rule, portfolio)
        self.dates = {int(step) for step in self.rule.dates(scenario.calendar) if step < last}
        self.month_ends = month_ends(scenario)
        self.marked = [marked_steps(holding, scenario) for holding in portfolio.holdings]
        self.reported = [1.0] * len(portfolio.holdings)
        self.high = list(self.reported)
        self.reported_peak = self.deposited = self.vested = 0.0
        self.paid_dividends = 0
        for step in range(last + 1):
            self.log = DateLog()
            self.prices_move(step)
            self.markets_open()
            if step > 0:
                self.interest()
                self.margin_call()
            self.marks(step)
            if step == last:
                self.settlement_and_dividends(step)
            self.statistics()
            if step < last:
                for lots in self.holdings.lots:
                    lots.turn(step)
                if step in self.month_ends:
                    self.settlement_and_dividends(step)
                    self.deposits_and_vesting(step)
                self.tax_of_last_year(step)
                if step in self.month_ends:
                    self.spending(step)
                done = self.decision(step)
                self.openings(step)
                self.write_down(step, done)
                if self.holdings.tax.later and step > 0 and step % scenario.steps_per_year == 0:
                    self.holdings.tax.new_year()
        self.at_the_end()
        return self.book

    # -- before the statistics ----------------------------------------------------------------------------------------

    def prices_move(self, step: int) -> None:
        """New prices; a death among the shocks of the step makes what is held cost what it is worth at its place."""
        names = self.holdings.names
        self.holdings.step, self.holdings.prices = step, [self.path.points[step][name] for name in names]
        if self.path.death == step:
            for lots, name in zip(self.holdings.lots, names, strict=True):
                lots.step_up(self.path.at_death[name])
            for contract in self.holdings.contracts:
                if contract.position is not None and kind_of(contract.instrument) != "PrepaidForward":
                    price = self.path.at_death[names[contract.row]]
                    contract.position.basis = contract.mark(price, step, self.scenario.calendar.dt)

    def markets_open(self) -> None:
        """Listings, ends of locks, windows: an allowance is for the units held now. A new date for the tax begins."""
        for row, allowance in enumerate(self.holdings.allowances):
            allowance.open(self.holdings.step, self.holdings.units[row])
        self.holdings.tax.new_date()

    def interest(self) -> None:
        loan = self.scenario.portfolio.loan
        if loan is not None:
            grown = self.holdings.debt * ((1.0 + loan.rate) ** self.scenario.calendar.dt - 1.0)
            self.holdings.debt += grown
            self.holdings.interest += grown
        for contract in self.holdings.contracts:
            self.holdings.interest += contract.interest(self.scenario.calendar.dt)

    def margin_call(self) -> None:
        """Listed holdings are sold until the loan is at its limit of what is not pledged; what cannot be met stands.

        Where prices have left nothing, it is ruin, and nothing is sold for it.
        """
        holdings, loan = self.holdings, self.scenario.portfolio.loan
        if holdings.ruined:
            return
        weights = self.weights_or_last()
        if loan is not None and holdings.debt > loan.max_loan_to_value * holdings.collateral * (1.0 + ROUNDING):
            self.book.called = True
            holdings.last_weights = list(weights)  # where the call takes all that there is
            limit = loan.max_loan_to_value
            if holdings.net > 0.0:
                rows = [row for row in holdings.rows if holdings.listed(row)]
                holdings.debt -= sell_for(holdings, rows, holdings.debt - limit * holdings.collateral, limit).cash
            self.book.unmet |= holdings.debt > limit * holdings.collateral * (1.0 + 2.0 * ROUNDING)
        self.ruin_if_nothing_is_left(weights)

    def marks(self, step: int) -> None:
        """A reported price moves at its marks, and with `reacts` when a shock hits it."""
        for row, holding in enumerate(self.scenario.portfolio.holdings):
            reacts = holding.marks is not None and holding.marks.reacts and holding.name in self.path.hit[step]
            if step in self.marked[row] or reacts:
                self.reported[row] = self.holdings.prices[row]

    # -- statistics ---------------------------------------------------------------------------------------------------

    def mark_of(self, contract: Contract) -> float:
        return contract.mark(self.holdings.prices[contract.row], self.holdings.step, self.scenario.calendar.dt)

    def statistics(self) -> None:
        book, holdings = self.book, self.holdings
        book.wealth.append(0.0 if holdings.ruined else holdings.net)
        tax = self.tax_of_selling_everything() + holdings.tax.not_paid
        book.wealth_after_tax.append(max(book.wealth[-1] - tax, 0.0))
        book.reported_wealth.append(self.reported_net())
        self.reported_peak = max(self.reported_peak, book.reported_wealth[-1])
        self.high = [max(pair) for pair in zip(self.high, self.reported, strict=True)]
        holdings.last_weights = self.weights_or_last()
        book.weights.append(holdings.weights)
        book.marks.append(holdings.marks)
        book.units.append(list(holdings.units))
        now = (
            holdings.cost,
            holdings.tax.total,
            holdings.interest,
            holdings.spent,
            self.deposited,
            self.vested,
            holdings.lender_loss,
            holdings.debt,
            holdings.owed,
            holdings.premiums,
            holdings.payoffs,
        )
        for name, value in zip(ACCOUNTS, now, strict=True):
            book.accounts[name].append(value)
        book.external.append(0.0)

    def reported_net(self) -> float:
        """Net wealth at reported prices; no less than nothing can be lost."""
        worth = sum(units * price for units, price in zip(self.holdings.units, self.reported, strict=True))
        return max(worth + self.holdings.marks - self.holdings.debt - self.holdings.owed, 0.0)

    # -- after the statistics -----------------------------------------------------------------------------------------

    def settlement_and_dividends(self, step: int) -> None:
        """Fees of exchange funds, what expires, and dividends. A ruined book has none of them."""
        holdings = self.holdings
        if not holdings.ruined:
            weights = self.weights_or_last()
            charge_fees(holdings, step, self.log)
            settle(holdings, step, self.log)
            self.ruin_if_nothing_is_left(weights)
        if not holdings.ruined:
            weights = self.weights_or_last()
            pay_dividends(holdings, step, self.paid_dividends, self.log)
            self.ruin_if_nothing_is_left(weights)
        self.paid_dividends = step

    def openings(self, step: int) -> None:
        """Instruments open on the units that the rule has left."""
        if not self.holdings.ruined:
            weights = self.weights_or_last()
            open_contracts(self.holdings, step, self.log)
            self.ruin_if_nothing_is_left(weights)

    def deposits_and_vesting(self, step: int) -> None:
        """Deposits, then what vests. A ruined book receives nothing."""
        if self.holdings.ruined:
            return
        flows = self.scenario.frictions.flows
        before, month = self.months_that_end(step)
        for flow in flows:
            if isinstance(flow, rk.Deposit):
                self.deposit(flow, step, month - before)
        for flow in flows:
            if isinstance(flow, rk.Vesting):
                self.vesting(flow, step, before, month)

    def months_that_end(self, step: int) -> tuple[int, int]:
        """The months that end on this step: those after the first number, up to the second."""
        earlier = [month for end, month in self.month_ends.items() if end < step]
        return max(earlier, default=0), self.month_ends[step]

    def deposit(self, flow: rk.Deposit, step: int, months: int) -> None:
        """A twelfth for each month, grown with inflation."""
        grown = (1.0 + self.scenario.inflation) ** self.scenario.calendar.time(step)
        money = flow.amount * months / 12.0 / self.scenario.portfolio.net * grown
        left, shares = repay(self.holdings, money), takers(self.holdings, flow.into)
        received = money if shares else money - left
        self.deposited += received
        self.book.external[step] += received
        if shares:
            self.log.bought += invest(self.holdings, left, shares)

    def vesting(self, flow: rk.Vesting, step: int, before: int, month: int) -> None:
        """Nothing before the cliff, then what has passed of the years, less what is withheld, at today's price."""
        all_months, cliff = round(12 * flow.years), round(12 * flow.cliff)
        vested_before, vested_now = (min(m, all_months) if m >= cliff else 0 for m in (before, month))
        over = flow.until is not None and self.path.first_events.get(flow.until, math.inf) <= step * (
            self.scenario.calendar.dt
        )
        units = flow.value / self.scenario.portfolio.net * (vested_now - vested_before) / all_months
        units *= 1.0 - flow.withholding
        if over or units == 0.0:
            return
        holdings, row = self.holdings, self.holdings.names.index(flow.on)
        value = units * holdings.prices[row]
        holdings.units[row] += units
        holdings.lots[row].buy(units, value, step)
        self.vested += value
        self.book.external[step] += value
        self.log.bought.append((row, value, 0.0))

    def tax_of_last_year(self, step: int) -> None:
        """Four months after the end of a tax year its tax is paid, as far as net wealth goes; the rest stays owed."""
        holdings, per_year = self.holdings, self.scenario.steps_per_year
        tax = holdings.tax
        # Where a step is a year, the month is that of the year's end, on which the year has not ended yet.
        aprils = [max(math.floor((12 * year + 4) * per_year / 12 + 0.5), year * per_year + 1) for year in range(1, 100)]
        if not tax.later or step not in aprils or tax.owed <= 0.0:
            return
        if holdings.ruined or holdings.net <= 0.0:
            self.book.short = True
            return
        payable, weights = min(tax.owed, holdings.net), holdings.weights
        sale = sell_for(holdings, list(holdings.rows), payable)
        if holdings.gross <= 0.0:
            holdings.last_weights = list(weights)
        owed = tax.owed
        tax.total += sale.cash
        tax.owed = max(owed - sale.cash, 0.0)
        if tax.owed <= owed * COUNTED:
            tax.owed = 0.0
        self.book.short |= tax.owed > 0.0
        if payable < owed and sale.cash >= payable * (1.0 - ROUNDING):
            holdings.ruin(weights)
        self.ruin_if_nothing_is_left(weights)
        sale.tax = sale.cash
        self.log.sales.append(sale)

    def spending(self, step: int) -> None:
        """A twelfth of a year's, never more than net wealth; what cannot be raised is a shortfall."""
        spending, holdings = self.scenario.frictions.spending, self.holdings
        if spending is None:
            return
        if spending.rate is not None:
            due = spending.rate / 12.0 * (0.0 if holdings.ruined else holdings.net)
        else:
            grown = (1.0 + self.scenario.inflation) ** self.scenario.calendar.time(step) if spending.grows else 1.0
            due = spending.amount / 12.0 / self.scenario.portfolio.net * grown
        if due <= 0.0:
            return
        if holdings.ruined:
            self.book.short = True
            return
        payable, weights = min(due, holdings.net), holdings.weights
        sale = sell_for(holdings, list(holdings.rows), payable)
        if holdings.gross <= 0.0:
            holdings.last_weights = list(weights)
        paid = min(sale.cash, payable)
        holdings.spent += sale.cash
        self.book.external[step] -= sale.cash
        self.book.short |= paid < due * (1.0 - COUNTED)
        if payable < due and paid >= payable * (1.0 - ROUNDING):
            holdings.ruin(weights)  # all net wealth is spent
        self.ruin_if_nothing_is_left(weights)
        self.log.sales.append(sale)

    def decision(self, step: int) -> Trade | None:
        """The rule decides on the reported moment, and its trade is made."""
        holdings = self.holdings
        start = [holding.value / self.scenario.portfolio.net for holding in self.scenario.portfolio.holdings]
        units = [unit / (first or 1.0) for unit, first in zip(holdings.units, start, strict=True)]
        self.book.decided_on.append(units)
        if step not in self.dates or holdings.ruined:
            return None
        values = [unit * price for unit, price in zip(holdings.units, self.reported, strict=True)]
        moment = Moment(
            portfolio=self.scenario.portfolio,
            step=step,
            time=self.scenario.calendar.time(step),
            units=units,
            weights=[value / sum(values) for value in values] if sum(values) > 0.0 else holdings.weights,
            price=list(self.reported),
            high=list(self.high),
            wealth=self.reported_net(),
            peak=self.reported_peak,
            listed=[holdings.listed(row) for row in holdings.rows],
            sellable=[holdings.sellable(row) / unit if unit else 0.0 for row, unit in enumerate(holdings.units)],
            gain=[gain_share(value, lots) for value, lots in zip(values, holdings.lots, strict=True)],
            others=[other.decided_on[step] for other in self.others],
            hedges=[self.mark_of(each) / (self.reported_net() or math.inf) for each in holdings.contracts],
            pledged=[unit / (first or 1.0) for unit, first in zip(holdings.pledged, start, strict=True)],
        )
        target = self.decide(moment)
        weights, gross = holdings.weights, sum(values)
        done = None if target is None else trade(holdings, target, self.reported)
        if done is not None:
            self.book.rebalances += sum(done.sold) > COUNTED * gross
            self.ruin_if_nothing_is_left(weights)
        return done

    def write_down(self, step: int, done: Trade | None) -> None:
        """One row a holding for all that the date sold and bought; the date's tax split by value sold."""
        nothing = [0.0] * len(self.holdings.units)
        rule = done or Trade(nothing, nothing, nothing, 0.0)
        sales = self.log.sales
        sold = [sum(each) for each in zip(rule.sold, *(sale.values for sale in sales), strict=True)]
        costs = [sum(each) for each in zip(rule.costs, *(sale.costs for sale in sales), strict=True)]
        tax = rule.tax + sum(sale.tax for sale in sales)  # that on gains of instruments is in the accounts only
        for row, name in enumerate(self.holdings.names):
            came = [(amount, cost) for to, amount, cost in self.log.bought if to == row]
            paid = [(amount, taxed) for payer, amount, taxed in self.log.dividends if payer == row]
            moved = [amount for of, amount in self.log.moved if of == row]
            if sold[row] or rule.bought[row] or came or paid or moved:
                share = sold[row] / sum(sold) if sold[row] else 0.0
                amount = sum(amount for amount, _ in came) + rule.bought[row] - sold[row]
                amount += sum(moved) - sum(amount for amount, _ in paid)
                cost = sum(cost for _, cost in came) + costs[row]
                taxes = share * tax + sum(taxed for _, taxed in paid)
                self.book.trades.append((step, name, amount, cost, taxes))
        self.book.short |= self.log.short
        self.book.underhedged |= self.log.underhedged

    def tax_of_selling_everything(self) -> float:
        """What selling everything now would cost in tax, at true prices, on the same date as a margin sale now."""
        holdings = self.holdings
        if holdings.ruined and not holdings.tax.later:
            return 0.0
        lots = [each.turned(holdings.step) for each in holdings.lots]
        gains = [gains_of(each, 1.0, value) for value, each in zip(holdings.values, lots, strict=True)]
        open_now = [(contract, contract.position) for contract in holdings.contracts if contract.position is not None]
        gains += [
            holdings.tax.gain_of_option(self.mark_of(contract) - position.basis, contract.instrument.years)
            for contract, position in open_now
        ]
        return holdings.tax.extra(gains)

    def at_the_end(self) -> None:
        holdings = self.holdings
        self.book.deferred_tax = self.tax_of_selling_everything()
        self.book.tax_due = holdings.tax.not_paid
        self.book.turnover, self.book.ruined = holdings.turnover, holdings.ruined
        self.book.short |= self.log.short
        shares = [holding.founder_share for holding in self.scenario.portfolio.holdings]
        self.book.founder_delta = sum(share * w for share, w in zip(shares, self.book.weights[-1], strict=True))
        for contract in holdings.contracts if holdings.gross > 0.0 else ():
            exposure = contract.exposure(holdings.prices[contract.row], holdings.step, self.scenario.calendar.dt)
            self.book.founder_delta += shares[contract.row] * exposure / holdings.gross

    # -- ruin ---------------------------------------------------------------------------------------------------------

    def ruin_if_nothing_is_left(self, weights: Sequence[float]) -> None:
        if not self.holdings.ruined and self.holdings.net <= 0.0:
            self.holdings.ruin(weights)

    def weights_or_last(self) -> Sequence[float]:
        """At the prices of this moment; where all has become worthless, at those of the point before."""
        holdings = self.holdings
        if holdings.gross > 0.0 or holdings.ruined:
            return holdings.weights
        before = [self.path.points[holdings.step - 1][name] for name in holdings.names]
        values = [units * price for units, price in zip(holdings.units, before, strict=True)]
        return [value / sum(values) for value in values] if sum(values) > 0.0 else holdings.last_weights


def gain_share(value: float, lots: Lots) -> float:
    """Unrealised gain as a share of the reported value; 0 where there is none."""
    return (value - lots.cost_of(1.0)) / value if value > 0.0 else 0.0
