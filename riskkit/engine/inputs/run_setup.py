"""The setup of a run, which all its paths share: books, dates, terms of trade, random streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints
from riskkit._core.calendar import Calendar
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr
from riskkit._random.streams import Stream
from riskkit.engine.inputs.dividends import DividendDate, dividend_dates
from riskkit.engine.inputs.instruments import InstrumentTable, instrument_table
from riskkit.engine.inputs.receipts import CashReceipt, UnitReceipt, cash_receipts, unit_receipts
from riskkit.engine.inputs.tax_law import TaxLaw, tax_law
from riskkit.engine.kernel.structs import LoanArrays, TradingArrays, TriggerArrays
from riskkit.engine.statistic import Statistic
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules import Rule, Trigger
from riskkit.scenario._scenario import Scenario

__all__ = ["RunSetup", "make_run_setup", "trading_dates"]


@dataclass(frozen=True, eq=False)
class MarkTable:
    """When reported prices move.

    Attributes
    ----------
    on : bool
        Whether some holding is marked, rather than priced, at every step.
    at : ndarray of bool
        Whether the reported price is the true one (step, holding).
    reacts : ndarray of bool
        Whether an event that hits the holding is marked at once (holding).
    """

    on: bool
    at: Bools
    reacts: Bools


@dataclass(frozen=True, eq=False)
class RunSetup:
    """A scenario and a seed, compiled for the engine.

    Attributes
    ----------
    scenario : Scenario
    calendar : Calendar
    streams : callable
        Gives the stream of a name.
    books : tuple of Rule
        The scenario's rules, then the companion rules that they watch.
    companions : tuple of tuple of int
        For each book, the books that it watches.
    triggers : tuple of TriggerArrays or None
        For each book, where its rule may act; None where it decides about all paths.
    due : mapping of int to tuple of int
        Step → books whose rules decide on it.
    dates : tuple of int
        The steps on which some rule decides, money enters or leaves, dividends matter, a sale window opens, a tax year
        ends, its tax is paid or lots turn long, increasing.
    rows : ndarray of int64
        Market asset of each holding.
    start : ndarray
        Value of each holding at the start, in multiples of the net start wealth.
    cost : ndarray
        Trading cost of each holding.
    limit, discount, buyable : ndarray
        Terms of trade (step, holding).
    opens, listed : ndarray of bool
        Whether a new allowance begins, and whether a margin call may sell (step, holding).
    founder : ndarray
        Share of each holding that depends on a founder.
    tax : TaxLaw
    marks : MarkTable
    spending : mapping of int to tuple
        Step → share of wealth and amount (in start wealth) that are spent there.
    cash_receipts, unit_receipts : mapping of int to tuple
        Step → what the books receive there.
    instruments : InstrumentTable
        The instruments of all books.
    dividends : mapping of int to DividendDate
        Step → the dividends that are paid there, of which the last may be at the end.
    statistics : tuple of Statistic
        The user's statistics of the wealth of each rule.
    check_triggers : bool
        Whether rules with a trigger decide about all paths too, as a check.
    brownian_values : bool
        Whether the final Brownian values of the assets are recorded, for moment matching.
    """

    scenario: Scenario
    calendar: Calendar
    streams: Callable[[str], Stream]
    books: tuple[Rule, ...]
    companions: tuple[tuple[int, ...], ...]
    triggers: tuple[TriggerArrays | None, ...]
    due: dict[int, tuple[int, ...]]
    dates: tuple[int, ...]
    rows: Ints
    start: Array
    cost: Array
    limit: Array
    discount: Array
    buyable: Array
    opens: Bools
    listed: Bools
    founder: Array
    tax: TaxLaw
    marks: MarkTable
    spending: dict[int, tuple[float, float]]
    cash_receipts: dict[int, tuple[CashReceipt, ...]]
    unit_receipts: dict[int, tuple[UnitReceipt, ...]]
    instruments: InstrumentTable
    dividends: dict[int, DividendDate]
    statistics: tuple[Statistic, ...] = ()
    check_triggers: bool = False
    brownian_values: bool = False

    @cached_property
    def restricted(self) -> Bools:
        """Which holdings cannot be sold whole at every step (holding)."""
        whole: Bools = np.asarray((self.opens & (self.limit >= 1.0)).all(axis=0))
        return ~whole

    @property
    def limited(self) -> bool:
        """Whether some holding cannot be sold whole at every step."""
        return bool(self.restricted.any())

    @property
    def external_flows(self) -> bool:
        """Whether money enters or leaves the books: spending, deposits, vesting."""
        return self.scenario.frictions.external_flows

    @cached_property
    def flow_dates(self) -> frozenset[int]:
        """The steps with external flows, or on which tax is paid or lots turn long."""
        return frozenset([*self.spending, *self.cash_receipts, *self.unit_receipts, *self.tax.paid, *self.tax.turning])

    @cached_property
    def yields(self) -> Array:
        """Dividend yield of each holding (holding)."""
        assets = self.scenario.market.assets
        return np.array([assets[name].dividend_yield for name in self.scenario.portfolio.names])

    def last_payment(self, step: int, *, paid: bool) -> int:
        """Step of the last payment of dividends before a step, or, with `paid`, on it."""
        ends = self.calendar.month_ends
        before = ends[ends <= step] if paid else ends[ends < step]
        return int(before[-1]) if before.size else 0

    def unit_factors(self, step: int, *, paid: bool) -> Array:
        """The ledger's units per unit held (holding); a reinvested dividend leaves these unchanged."""
        factors: Array = (1.0 + self.yields) ** -self.calendar.time(self.last_payment(step, paid=paid))
        return factors

    def since_month_end(self, step: int) -> float:
        """Years since the last month end before a step."""
        return self.calendar.time(step - self.last_payment(step, paid=False))

    @cached_property
    def default_takers(self) -> Bools:
        """The holdings that cash buys by default: cash-like ones, or else those with no founder (holding)."""
        cash: Bools = self.stages[0]
        return cash if cash.any() else self.founder == 0.0

    def takers(self, into: str | Mapping[str, float] | tuple[str, ...] | None) -> tuple[Bools, Array]:
        """The holdings that cash buys, and fixed shares of them or zeros (holding)."""
        names = self.scenario.portfolio.names
        shares = np.zeros(len(names))
        if into is None:
            return self.default_takers, shares
        named = (into,) if isinstance(into, str) else tuple(into)
        if isinstance(into, Mapping):
            shares = np.array([into.get(name, 0.0) for name in names])
        return np.array([name in named for name in names]), shares

    @cached_property
    def liable_books(self) -> tuple[int, ...]:
        """The books that can owe something: a loan, or what instruments require."""
        hedged = tuple(book for book, rows in enumerate(self.instruments.of_book) if rows)
        return tuple(range(len(self.books))) if self.debt > 0.0 else hedged

    @property
    def due_at_end(self) -> bool:
        """Whether something is due at the end, before the statistics of the last step."""
        return self.calendar.steps in self.dividends or self.calendar.steps in self.instruments.settling

    @cached_property
    def unit_base(self) -> Array:
        """What units are reported in multiples of (holding): the start value; 1 for a holding that starts with 0.

        The net start wealth is 1.
        """
        return np.where(self.start > 0.0, self.start, 1.0)

    @property
    def debt(self) -> float:
        """The loan at the start, in multiples of the net start wealth."""
        loan = self.scenario.portfolio.loan
        return 0.0 if loan is None else loan.amount / self.scenario.portfolio.net

    @cached_property
    def trading(self) -> TradingArrays:
        """The terms of trade as the kernel takes them."""
        return TradingArrays(
            asset=self.rows,
            cost=self.cost,
            limit=self.limit,
            opens=self.opens,
            discount=self.discount,
            buyable=self.buyable,
            restricted=self.restricted,
            stages=self.stages,
            tax=self.tax.arrays,
        )

    @cached_property
    def trading_between_dates(self) -> TradingArrays:
        """The same for the steps between dates: without the tax where nothing in them is taxed."""
        taxed = self.loan is not None or self.scenario.frictions.death is not None
        return self.trading if taxed else self.trading._replace(tax=None)

    @cached_property
    def loan(self) -> LoanArrays | None:
        """The loan as the kernel takes it, if there is one."""
        loan = self.scenario.portfolio.loan
        if loan is None:
            return None
        growth = (1.0 + loan.rate) ** self.calendar.dt
        return LoanArrays(growth=growth, limit=loan.max_loan_to_value, callable=self.limit * self.listed)

    @cached_property
    def holding_of(self) -> Ints:
        """Holding of each market asset, or -1 (asset)."""
        holding = np.full(len(self.scenario.market.assets), -1, dtype=np.int64)
        holding[self.rows] = np.arange(self.rows.size)
        return holding

    @cached_property
    def stages(self) -> Bools:
        """Which holdings a forced sale takes first (cash-like ones) and second (the rest) (2, holding)."""
        assets = self.scenario.market.assets
        cash = np.array([assets[name].volatility == 0.0 for name in self.scenario.portfolio.names])
        return np.stack([cash, ~cash])

    @property
    def founder_holdings(self) -> Ints:
        """Indices of the holdings that depend on a founder; the kernel records their own prices."""
        return np.flatnonzero(self.founder > 0.0)


def make_run_setup(
    scenario: Scenario,
    seed: int,
    statistics: tuple[Statistic, ...] = (),
    *,
    check_triggers: bool = False,
    brownian_values: bool = False,
) -> RunSetup:
    """Compile a scenario."""
    portfolio, calendar = scenario.portfolio, scenario.calendar
    books, companions = _books(tuple(scenario.rules))
    due: dict[int, tuple[int, ...]] = {}
    for book, rule in enumerate(books):
        for step in sorted({int(step) for step in rule.dates(calendar)}):
            if 0 <= step < calendar.steps:
                due[step] = (*due.get(step, ()), book)
    terms = [holding.liquidity.terms(calendar) for holding in portfolio.holdings]
    names = list(scenario.market.assets)
    limit, opens = np.stack([term.limit for term in terms], axis=1), np.stack([term.opens for term in terms], axis=1)
    spending = _spending(scenario)
    in_cash, in_units, tax = cash_receipts(scenario), unit_receipts(scenario), tax_law(scenario)
    instruments, dividends = instrument_table(scenario, books), dividend_dates(scenario)
    dates = {*due, *spending, *in_cash, *in_units, *tax.paid, *tax.year_ends}
    dates |= {step for step in (*instruments.dates, *dividends, *tax.turning) if step < calendar.steps}
    # An allowance that begins at one step and not at the next one lasts for several steps.
    lasting = (opens[:-1] & ~(opens[1:] & (limit[1:] >= 1.0))).any(axis=1)
    dates |= {int(step) for step in np.flatnonzero(lasting)}
    return RunSetup(
        scenario=scenario,
        calendar=calendar,
        streams=partial(Stream, seed),
        books=books,
        companions=companions,
        triggers=tuple(_trigger(rule, portfolio) for rule in books),
        due=due,
        dates=tuple(sorted(dates)),
        rows=np.array([names.index(name) for name in portfolio.names], dtype=np.int64),
        start=np.array([holding.value for holding in portfolio.holdings]) / portfolio.net,
        cost=scenario.frictions.costs(portfolio),
        limit=limit,
        opens=opens,
        listed=np.stack([term.listed for term in terms], axis=1),
        discount=np.stack([term.discount for term in terms], axis=1),
        buyable=np.stack([term.buyable for term in terms], axis=1).astype(float),
        founder=portfolio.shares(),
        tax=tax,
        marks=_mark_table(scenario),
        spending=spending,
        cash_receipts=in_cash,
        unit_receipts=in_units,
        instruments=instruments,
        dividends=dividends,
        statistics=statistics,
        check_triggers=check_triggers,
        brownian_values=brownian_values,
    )


def trading_dates(scenario: Scenario) -> tuple[int, ...]:
    """Steps on which some rule decides, money enters or leaves, dividends matter or a sale window opens, increasing.

    On other steps, only margin calls change units.
    """
    return make_run_setup(scenario, 0).dates


def _books(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, ...], tuple[tuple[int, ...], ...]]:
    """The rules and every companion that they watch, each once, and the books that each watches."""
    books = list(rules)
    companions: list[tuple[int, ...]] = []
    for rule in books:  # grows while companions are found
        watched = []
        for companion in rule.watches():
            if companion not in books:
                books.append(companion)
            watched.append(books.index(companion))
        companions.append(tuple(watched))
    return tuple(books), tuple(companions)


def _trigger(rule: Rule, portfolio: Portfolio) -> TriggerArrays | None:
    """A rule's trigger in the kernel's arrays."""
    trigger, assets = rule.trigger(portfolio), len(portfolio.names)
    if trigger is None:
        return None
    if not isinstance(trigger, Trigger) or trigger.values.shape[1] != assets:
        columns = f"one of {trigger.values.shape[1]} assets" if isinstance(trigger, Trigger) else short_repr(trigger)
        raise InvalidInput(
            f"rule {rule.name!r}: trigger(portfolio) must return None or a Trigger of {assets} assets, got {columns}"
        )
    never = np.full(assets, np.inf)
    levels = (never if level is None else level for level in (trigger.price, trigger.fallen))
    # Fresh arrays, because Numba compiles anew for one that is read-only.
    return TriggerArrays(*(np.array(each) for each in (trigger.values, trigger.wealth, trigger.peak, *levels)))


def _mark_table(scenario: Scenario) -> MarkTable:
    """The steps at which each holding's reported price moves: all of them, or its marks."""
    calendar, holdings = scenario.calendar, scenario.portfolio.holdings
    at = np.ones((calendar.steps + 1, len(holdings)), dtype=bool)
    for column, holding in enumerate(holdings):
        if holding.marks is not None:
            at[:, column] = holding.liquidity.terms(calendar).listed
            at[holding.liquidity.listing(calendar) :, column] = True
            at[0, column] = True
            at[calendar.every(holding.marks.every), column] = True
            at[calendar.steps, column] |= calendar.steps in _marked_months(calendar, holding.marks.every)
    reacts = np.array([holding.marks is not None and holding.marks.reacts for holding in holdings])
    return MarkTable(any(holding.marks is not None for holding in holdings), at, reacts)


def _marked_months(calendar: Calendar, every: int) -> set[int]:
    """The steps of every `every`-th month end, including the last step."""
    return {calendar.month_end(month) for month in range(every, int(calendar.months.max(initial=0)) + 1, every)}


def _spending(scenario: Scenario) -> dict[int, tuple[float, float]]:
    """Step → share of wealth and amount spent there: a twelfth of a year's at each month end before the last step."""
    spending, calendar = scenario.frictions.spending, scenario.calendar
    if spending is None:
        return {}
    by_step: dict[int, tuple[float, float]] = {}
    for step, before, month in calendar.flow_dates:
        years = (month - before) / 12.0
        growth = (1.0 + scenario.inflation) ** calendar.time(step) if spending.grows else 1.0
        amount = 0.0 if spending.amount is None else spending.amount / scenario.portfolio.net * growth
        by_step[step] = ((spending.rate or 0.0) * years, amount * years)
    return by_step
