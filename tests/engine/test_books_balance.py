"""The books under every friction at once: what balances on every path and step, and what never changes a bit."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
import pytest
from hedge_scenes import HedgeDraws, with_dividends
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scenes import house, house_market, rules_of_every_kind

import riskkit as rk
from riskkit.engine import _replay
from riskkit.engine.kernel import layout
from riskkit.engine.outcomes import COLUMNS
from riskkit.engine.path_batch import PathBatch

PATHS = 128
NEAR = 1e-9


# ---------------------------------------------------------------------------------------------------------------------
# Random scenarios
# ---------------------------------------------------------------------------------------------------------------------


class Anything(rk.Rule):
    """Wants other weights, some of them 0, on every path and date; on some paths it wants what there is."""

    number: int = 0
    every: int = 1
    at_start: bool = True

    def decide(self, view, state):
        draw = np.random.default_rng([self.number, view.step])
        wanted = draw.dirichlet(np.full(len(view.names), 0.5), view.weights.shape[1]).T
        return np.where(draw.random(view.weights.shape[1]) < 0.3, view.weights, wanted), None


def some(*values):
    return st.sampled_from(values)


def liquidities(depth: int = 2):
    then = st.just(rk.Listed()) if depth == 0 else liquidities(depth - 1)
    months = some((6, 12), (1, 2, 3), (2, 5, 8), tuple(range(1, 13)))
    limit, discount = some(0.1, 1 / 3, 0.9, 1.0), some(0.0, 0.05, 0.2)
    tender = st.builds(rk.TenderWindows, months, limit, discount, buyable=st.booleans())
    listing = st.builds(
        rk.TenderWindows, months, limit, discount, buyable=st.booleans(), until=some(0.3, 1.0), then=then
    )
    locked = st.builds(rk.Locked, some(0.1, 0.5, 1.2, 9.0), buyable=st.booleans(), then=then)
    return st.one_of(st.just(rk.Listed()), st.builds(rk.Listed, some(0.05, 1 / 3, 0.9)), tender, listing, locked)


@st.composite
def holdings(draw, name: str, founder: bool):
    value = draw(some(0.01, 3.0, 20.0, 50.0))
    liquidity = draw(liquidities())
    cost = draw(some(None, 0.0, 0.1 * value, value, 2.5 * value, "lots"))
    if cost == "lots":
        lot_values = np.array([0.5, 0.2, 0.3]) * value
        cost = [rk.Lot(float(each), float(each) * draw(some(0.0, 0.2, 0.9, 1.7))) for each in lot_values]
        value = math.fsum(lot_values)
    marks = (
        None if liquidity.listed else draw(st.one_of(st.none(), st.builds(rk.Marks, some(3, 6), reacts=st.booleans())))
    )
    method = draw(some("average", "fifo", "hifo"))
    return rk.Holding(
        name, value, founder="Ann" if founder else None, cost=cost, method=method, liquidity=liquidity, marks=marks
    )


def external_flows(all_holdings, assets, shocks, net):
    """A deposit that always finds something to buy, or the vesting of any holding."""
    always = [h for h in all_holdings if isinstance(h.liquidity, rk.Listed)]  # "index" is one of them
    cash = [h for h in all_holdings if assets[h.name].volatility == 0.0]
    takers = cash or [h for h in all_holdings if h.founder_share == 0.0]
    into = [st.sampled_from([h.name for h in always]), st.just({h.name: 1.0 / len(always) for h in always})]
    into += [st.none()] if any(h in always for h in takers) else []
    months = some(1, 5, 12, 30)
    vesting = st.builds(
        lambda on, value, years, share, until, withheld: rk.Vesting(
            on, value, years / 12, cliff=math.floor(share * years) / 12, until=until, withholding=withheld
        ),
        st.sampled_from([h.name for h in all_holdings]), some(0.0, 0.1 * net, 2.0 * net), months,
        some(0.0, 0.3, 1.0), st.sampled_from([None, *shocks]), some(0.0, 0.4),
    )  # fmt: skip
    return st.one_of(st.builds(rk.Deposit, some(0.0, 0.1 * net, 3.0 * net), st.one_of(into)), vesting)


@st.composite
def scenarios(draw) -> rk.Scenario:
    others = draw(st.integers(0, 3))
    all_holdings = [draw(holdings("ann", True)), *(draw(holdings(f"h{i}", draw(st.booleans()))) for i in range(others))]
    all_holdings += [rk.Holding("index", draw(some(5.0, 40.0)), cost=draw(some(None, 1.0, 60.0)))]
    if draw(st.booleans()):
        all_holdings.append(rk.Holding("cash", draw(some(0.5, 20.0))))
    gross = sum(holding.value for holding in all_holdings)
    loan = None
    if draw(st.booleans()):
        limit = draw(some(0.5, 0.7))
        loan = rk.Loan(draw(some(0.1, 0.4, 0.5)) * gross, draw(some(0.0, 0.08, 0.4)), limit)
    portfolio = rk.Portfolio(all_holdings, loan=loan)
    assets = {
        h.name: rk.Asset(
            draw(some(-0.2, 0.0, 0.1)), draw(some(0.0, 0.2, 0.8)), dividend_yield=draw(some(0.0, 0.0, 0.03, 0.15))
        )
        for h in all_holdings
    }
    assets["cash"] = rk.Asset(0.02, 0.0)
    shocks = []
    if draw(st.booleans()):
        shocks.append(rk.founder_exit(portfolio, "Ann", 0.7, rk.Impact(-0.7, 0.1)))
    if draw(st.booleans()):
        shocks.append(rk.Shock("crash", 1.0, {"index": rk.Impact(-0.5, 0.1), all_holdings[0].name: -0.4}))
    tax = None
    if draw(some(True, True, False)):
        tax = rk.CapitalGains(
            draw(some(0.238, 0.5, 0.238, 0.0)), dividend_rate=draw(some(None, 0.4)),
            loss_offset=draw(some(True, True, False)),
        )  # fmt: skip
    net = portfolio.net
    spending = draw(
        st.one_of(
            st.none(),
            st.builds(rk.Spending, some(0.04, 0.5)),
            st.builds(rk.Spending, st.none(), some(0.05 * net, 0.6 * net), grows=st.booleans()),
        )
    )
    flows = draw(st.lists(external_flows(all_holdings, assets, [shock.name for shock in shocks], net), max_size=3))
    death = draw(some(None, 0.5)) if tax is not None and tax.rate > 0.0 else None
    cost = draw(some(0.0, 0.01, {all_holdings[0].name: 0.05}))
    return rk.Scenario(
        portfolio,
        rk.Market(assets, shocks=shocks, compensate=draw(st.booleans())),
        [draw(rules().filter(lambda rule: fits(rule, portfolio)))],
        frictions=rk.Frictions(cost, tax=tax, spending=spending, death=death, flows=flows),
        years=draw(some(1, 2)),
        steps_per_year=draw(some(12, 24, 48)),
        inflation=draw(some(0.0, 0.1)),
    )


def fits(rule, portfolio) -> bool:
    try:
        rule.check(portfolio)
    except rk.InvalidInput:
        return False
    return True


def rules():
    fixed = [rule for every in (0, 1) for rule in rules_of_every_kind(every) if not isinstance(rule, rk.Rebalance)]
    anything = st.builds(Anything, st.integers(0, 99), some(0, 1, 2))
    return st.one_of(anything, anything, some(rk.Rebalance(0), rk.Rebalance(1), *fixed))


# ---------------------------------------------------------------------------------------------------------------------
# What the books are held to, written down again
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """A moment at which units may change: units before and after (holding, path), and money accounts after."""

    kind: str  # "market", "dividend", "reinvest", "deposit", "vest", "spend" or "trade"
    step: int
    before: np.ndarray
    after: np.ndarray
    prices: np.ndarray
    accounts: np.ndarray
    wish: np.ndarray | None = None
    deposited: np.ndarray | None = None
    vested: np.ndarray | None = None


class Watched(PathBatch):
    """A batch that writes down every moment at which the units of its first book may change."""

    latest: Watched

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self.journal: list[Event] = []
        type(self).latest = self

    def note(self, kind, before, wish=None) -> None:
        accounts = np.array([self.account(0, row) for row in range(layout.ACCOUNTS)])
        received = self.deposited(0).copy(), self.vested(0).copy()
        self.journal.append(Event(kind, self.step, before, self.book_units(0), self.price(), accounts, wish, *received))

    def advance(self, step) -> None:
        self.before_moves = self.book_units(0)
        super().advance(step)
        if self.before_moves is not None:
            self.note("market", self.before_moves)

    def before_last_statistics(self) -> None:
        self.note("market", self.before_moves)
        self.before_moves = None
        super().before_last_statistics()

    def pay_dividends(self) -> None:
        before = self.book_units(0)
        super().pay_dividends()
        self.note("dividend", before)

    def invest_dividends(self) -> None:
        before = self.book_units(0)
        super().invest_dividends()
        self.note("reinvest", before)

    def invest_deposits(self) -> None:
        before = self.book_units(0)
        super().invest_deposits()
        self.note("deposit", before)

    def vest(self) -> None:
        before = self.book_units(0)
        super().vest()
        self.note("vest", before)

    def pay_spending(self) -> None:
        before = self.book_units(0)
        super().pay_spending()
        self.note("spend", before)

    def trade(self, book, target, paths=None) -> None:
        before = self.book_units(0)
        weights = self.appraise(0, reported=True)[0]
        super().trade(book, target, paths)
        if book == 0:
            wanted = weights.copy()
            wanted[:, slice(None) if paths is None else paths] = target
            self.note("trade", before, np.maximum(wanted, 0.0) - weights)


@dataclass(frozen=True)
class Terms:
    """What holds for a holding at one step; `limit` is of the units that were held at step `opened`."""

    limit: float
    opened: int
    discount: float
    buyable: bool
    listed: bool


def terms_of(liquidity, scenario, start: int = 0) -> list[Terms]:
    """The terms at the steps from `start` to T, by the specification alone."""
    last, a_year = round(scenario.years * scenario.steps_per_year), scenario.steps_per_year
    ends = {math.floor(month * a_year / 12 + 0.5): month for month in range(1, 12 * math.ceil(scenario.years) + 1)}
    steps = range(start, last + 1)
    until = None
    if isinstance(liquidity, rk.Listed):
        if liquidity.monthly_limit is None:
            return [Terms(1.0, step, 0.0, True, True) for step in steps]
        opened = [max([start, *(end for end in ends if end <= step)]) for step in steps]
        return [Terms(liquidity.monthly_limit, begin, 0.0, True, True) for begin in opened]
    if isinstance(liquidity, rk.Locked):
        until = liquidity.years
        terms = [Terms(0.0, -1, 0.0, liquidity.buyable, False) for _ in steps]
    else:
        until = liquidity.until
        terms = []
        for step in steps:
            window = 0 < step < last and step in ends and (ends[step] - 1) % 12 + 1 in liquidity.months
            share, discount = (liquidity.limit, liquidity.discount) if window else (0.0, 0.0)
            terms.append(Terms(share, step if window else -1, discount, liquidity.buyable, False))
    if until is not None:
        end = next((step for step in steps if step - start >= until * a_year - 1e-6), last + 1)
        terms[end - start :] = [] if end > last else terms_of(liquidity.then, scenario, end)
    return terms


class Basis:
    """Lots of a holding and their cost a unit (lot, path), by the specification alone; the average is one lot."""

    def __init__(self, holding, net) -> None:
        self.method = holding.method if isinstance(holding.cost, tuple) else "average"
        lots = [rk.Lot(holding.value, holding.basis)] if self.method == "average" else holding.lots
        later = 0 if self.method == "average" else 1
        self.units = np.zeros((len(lots) + later, PATHS))
        self.each = np.zeros((len(lots) + later, PATHS))
        for row, lot in enumerate(lots):
            self.units[row], self.each[row] = lot.value / net, lot.cost / lot.value

    def sell(self, fraction):
        """Take out the share `part` (path) and return what it cost."""
        wanted, cost, paths = fraction * self.units.sum(axis=0), np.zeros(PATHS), np.arange(PATHS)
        waiting = np.ones(self.each.shape, dtype=bool)
        for place in range(len(self.each)):
            rows = np.full(PATHS, place)
            if self.method == "hifo":
                # What was bought at one price costs the same but for rounding; the oldest comes first.
                dearest = np.where(waiting, self.each, -1.0).max(axis=0)
                rows = np.argmax(waiting & (self.each >= dearest * (1.0 - 1e-12)), axis=0)
            waiting[rows, paths] = False
            taken = np.minimum(self.units[rows, paths], wanted)
            cost += taken * self.each[rows, paths]
            self.units[rows, paths] -= taken
            wanted = wanted - taken
        self.units[:, fraction >= 1.0] = 0.0
        return cost

    def buy(self, units, paid) -> None:
        """Add a purchase to the last lot, at the average cost."""
        after = self.units[-1] + units
        each = np.divide(self.each[-1] * self.units[-1] + paid, after, out=np.zeros(PATHS), where=after > 0.0)
        self.each[-1] = np.where(units > 0.0, each, self.each[-1])
        self.units[-1] = after

    def pay(self, accrued) -> None:
        """A dividend: the old units are worth less of the price with dividends reinvested, at the same cost."""
        self.units *= 1.0 - accrued
        self.each /= 1.0 - accrued

    def step_up(self, paths, price) -> None:
        self.each[:, paths] = price[paths]


def death_steps(batch):
    """Step in which each path's purchase costs are stepped up (none: -1), and what each asset's price is at its end
    over what it is at the death: the shocks of the step that come later (asset, path)."""
    steps, times = np.full(PATHS, -1), np.full(PATHS, np.inf)
    later = np.ones((batch.prices.price.shape[1], PATHS))
    if batch.deaths is not None:
        steps[batch.deaths.lane], times[batch.deaths.lane] = batch.deaths.step + 1, batch.deaths.time
        for effect in batch.inputs.price_events:
            after = (effect.step + 1 == steps[effect.lane]) & (effect.time > times[effect.lane])
            drift = 1.0 if effect.unused is None else effect.unused[after]  # compensated up to the shock, before both
            np.multiply.at(later[effect.asset], effect.lane[after], effect.factor[after] / drift)
    return steps, later


def audit(scenario: rk.Scenario, seed: int) -> None:
    """Hold one run to everything."""
    with patch.object(_replay, "PathBatch", Watched):
        traced = rk.trace(scenario, scenario.rules[0], paths=PATHS, seed=seed)
    batch = Watched.latest
    balance(traced, batch)
    ruin_stays(traced, batch)
    terms = [terms_of(holding.liquidity, scenario) for holding in scenario.portfolio.holdings]
    used = within_the_terms(scenario, batch, terms)
    money(scenario, batch, terms)
    spending_and_calls(scenario, batch, used)
    what_is_received(scenario, batch)
    time_weighted(scenario, traced, batch)


def balance(traced, batch) -> None:
    """Change of net wealth = gain + external - cost - tax - interest + lender's loss, units rebuilt from trades.

    What the lender takes after the sales of a date has no gain in the step that follows.
    """
    accounts = traced.accounts
    gross = traced.wealth + accounts["debt"]
    units = traced.weights * gross[:, None] / traced.prices
    trades = traced.trades
    step = np.searchsorted(traced.times, trades["time"].astype(float) - 1e-9)
    row = trades["holding"].map(list(traced.names).index).astype(int)
    path = trades["path"].astype(int)
    np.add.at(units, (step, row, path), trades["amount"].astype(float) / traced.prices[step, row, path])
    taken = np.array([event.before.sum(axis=0) == 0.0 for event in batch.journal if event.kind == "market"])[1:]
    units[:-1] *= ~taken[:, None]
    gain = (units[:-1] * np.diff(traced.prices, axis=0)).sum(axis=1)
    outflow = sum(np.diff(accounts[name], axis=0) for name in ("cost", "tax", "spent", "interest"))
    inflow = sum(np.diff(accounts[name], axis=0) for name in ("deposited", "vested", "lender_loss"))
    expected = gain - outflow + inflow
    scale = np.maximum(gross[:-1], gross[1:])
    # Accounts are sums since the start, so that a difference of two has the rounding of the sum.
    rounding = 1e-14 * (1.0 + sum(accounts.values())[1:])
    assert (np.abs(np.diff(traced.wealth, axis=0) - expected) <= NEAR * scale + rounding).all()
    for name in ("cost", "spent", "interest", "deposited", "vested", "lender_loss"):
        assert (np.diff(accounts[name], axis=0) >= 0.0).all(), name
    np.testing.assert_allclose(
        trades["cost"].astype(float).sum(), paid_on_dates(batch, layout.COST), rtol=NEAR, atol=NEAR
    )
    np.testing.assert_allclose(
        trades["tax"].astype(float).sum(), paid_on_dates(batch, layout.TAX), rtol=NEAR, atol=NEAR
    )
    assert (traced.wealth >= 0.0).all()
    np.testing.assert_allclose(traced.weights.sum(axis=1), 1.0, rtol=1e-12)


def paid_on_dates(batch, row) -> float:
    """What an account has grown by on dates, over all paths; the rest are margin calls, and dividends of the end."""
    values = [np.zeros(PATHS), *(event.accounts[row] for event in batch.journal)]
    steps = zip(batch.journal, values[:-1], values[1:], strict=True)
    last = batch.setup.calendar.steps
    dates = ((before, after) for event, before, after in steps if event.kind != "market" and event.step < last)
    return math.fsum((after - before).sum() for before, after in dates)


def ruin_stays(traced, batch) -> None:
    ruined = traced.wealth <= 0.0
    assert (ruined[1:] >= ruined[:-1]).all()
    assert (traced.accounts["debt"][ruined] == 0.0).all()
    assert (traced.accounts["lender_loss"][:, ~ruined[-1]] == 0.0).all()
    for event in batch.journal:
        assert (event.after[:, ruined[event.step]] == 0.0).all()
        assert (event.after >= 0.0).all()
    deepest = batch.statistic(0, layout.MAX_DRAWDOWN)
    assert (deepest[ruined[-1]] == 1.0).all()
    # Below 1e-16 of the peak a drawdown is 1 but for rounding.
    assert ((deepest < 1.0) | (traced.wealth[-1] < 1e-15))[~ruined[-1]].all()
    start = traced.weights[np.argmax(ruined, axis=0), :, np.arange(PATHS)].T
    for weights, dead in zip(traced.weights, ruined, strict=True):
        np.testing.assert_array_equal(weights[:, dead], start[:, dead])


def within_the_terms(scenario, batch, terms):
    """What may not be sold or bought keeps its units; return which holdings are sold out at each event (event, …)."""
    count = len(terms)
    base, sold = np.zeros((count, PATHS)), np.zeros((count, PATHS))
    calls = np.zeros(PATHS)
    used = []
    for number, event in enumerate(batch.journal):
        now = [term[event.step] for term in terms]
        wiped = (event.after.sum(axis=0) == 0.0) & (event.before.sum(axis=0) > 0.0) & (event.kind == "market")
        same = event.after == event.before
        change = event.after - event.before
        if event.kind == "market":
            called = event.accounts[layout.MARGIN_CALLS] > calls
            calls = event.accounts[layout.MARGIN_CALLS]
            assert same[:, ~called].all()
        if event.kind in ("market", "spend"):
            assert (change <= 0.0).all()
        if event.kind in ("deposit", "vest", "reinvest"):
            assert (change >= 0.0).all()
        for h, term in enumerate(now):
            what = f"{scenario.portfolio.names[h]} in event {number}, {event.kind} of step {event.step}"
            opens = term.opened == event.step
            if event.kind == "dividend":
                assert (change[h] <= 0.0).all(), what
                continue
            if term.limit == 0.0 or (event.kind == "market" and not term.listed):
                assert (change[h] >= 0.0)[~wiped].all(), what
            if not term.buyable and event.kind != "vest":
                assert (change[h] <= 0.0).all(), what
            if event.wish is not None:
                still = np.abs(event.wish[h]) <= 0.9e-12
                assert same[h, still].all(), what
                assert (change[h] <= 0.0)[event.wish[h] < 0.0].all(), what
                assert (change[h] >= 0.0)[event.wish[h] > 0.0].all(), what
            gone = np.where(wiped, 0.0, np.maximum(-change[h], 0.0))
            if opens and event.kind == "market":
                base[h], sold[h] = event.before[h], 0.0
            sold[h] += gone
            if 0.0 < term.limit < 1.0:
                assert (sold[h] <= (term.limit + 2e-12) * base[h] + 1e-14 * event.before[h]).all(), what
        limits = np.array([[term.limit] for term in now])
        # What is left of an allowance can be less than the rounding of the units that have been bought since.
        rounding = NEAR * limits * base + 1e-14 * np.maximum(event.before, event.after)
        used.append((event.after == 0.0) | (limits == 0.0) | ((limits < 1.0) & (limits * base - sold <= rounding)))
    return used


def money(scenario, batch, terms) -> None:
    """Cost and tax so far, against the hand formulas; a ruined path counts until its ruin. Dividends have no cost.

    With losses carried forward the tax so far is the rate times the highest sum of gains that any date ended with: a
    date adds to it what exceeds the losses left, and until it ends a loss takes back what it has added. Without offset
    it is the rate times the sum of the gains alone.
    """
    portfolio, frictions, tax = scenario.portfolio, scenario.frictions, scenario.frictions.tax
    basis = [Basis(holding, portfolio.net) for holding in portfolio.holdings]
    rates = [
        frictions.cost.get(n, 0.0) if not isinstance(frictions.cost, float) else frictions.cost for n in portfolio.names
    ]
    cash = [scenario.market.assets[name].volatility == 0.0 for name in portfolio.names]
    deaths, later = death_steps(batch)
    total, most, lone, cost, on_dividends = (np.zeros(PATHS) for _ in range(5))
    yields = [scenario.market.assets[name].dividend_yield for name in portfolio.names]
    dividend_rate = 0.0 if tax is None else tax.rate if tax.dividend_rate is None else tax.dividend_rate
    ends = {0, *batch.setup.calendar.month_ends.tolist(), batch.setup.calendar.steps}
    alive = np.ones(PATHS, dtype=bool)
    date = 0
    for event in batch.journal:
        most, date = most if event.step == date else np.maximum(most, total), event.step
        alive &= event.before.sum(axis=0) > 0.0
        if event.kind == "market":
            for h in range(len(basis)):
                basis[h].step_up(deaths == event.step, event.prices[h] / later[batch.setup.rows[h]])
            alive &= ~((event.after.sum(axis=0) == 0.0) & (event.before.sum(axis=0) > 0.0))
        if event.kind == "dividend":
            years = (event.step - max(end for end in ends if end < event.step)) / scenario.steps_per_year
            for h in range(len(basis)):
                accrued = 1.0 - (1.0 + yields[h]) ** -years
                dividend = accrued * event.before[h] * event.prices[h]
                bought = event.after[h] - (1.0 - accrued) * event.before[h]  # of itself
                bought = np.where(bought > 1e-12 * event.before[h], bought, 0.0)
                net = (1.0 - dividend_rate) * dividend
                assert (np.abs(bought * event.prices[h] - np.where(bought > 0.0, net, 0.0)) <= NEAR * dividend).all()
                basis[h].pay(accrued)
                basis[h].buy(bought, bought * event.prices[h])
                on_dividends += dividend_rate * dividend
            assert (np.abs(event.accounts[layout.COST] - cost) <= NEAR * (1.0 + np.abs(total) + lone))[alive].all()
            continue
        for stage in ((True,), (False,)) if event.kind != "trade" else ((True, False),):
            for h in range(len(basis)):
                if cash[h] not in stage:
                    continue
                change, price, term = event.after[h] - event.before[h], event.prices[h], terms[h][event.step]
                down, up = np.maximum(-change, 0.0), np.maximum(change, 0.0)
                fraction = np.divide(down, event.before[h], out=np.zeros(PATHS), where=down > 0.0)
                gain = down * price * (1.0 - term.discount) - basis[h].sell(fraction)
                total += gain
                lone += np.maximum(gain, 0.0)
                cost += down * price * (1.0 - (1.0 - term.discount) * (1.0 - rates[h]))
                cost += 0.0 if event.kind == "vest" else up * price * rates[h]
                basis[h].buy(up, up * price)
        scale = NEAR * (1.0 + np.abs(total) + lone)
        paid = event.accounts[layout.COST]
        assert (np.abs(paid - cost) <= scale)[alive].all(), f"cost in {event.kind} of step {event.step}"
        if tax is None:
            assert (event.accounts[layout.TAX] == 0.0).all()
            continue
        due = tax.rate * (np.maximum(most, total) if tax.loss_offset else lone) + on_dividends
        paid = event.accounts[layout.TAX]
        assert (paid >= due - scale)[alive].all(), f"tax too low in {event.kind} of step {event.step}"
        assert (paid <= due + scale)[alive].all(), f"tax too high in {event.kind} of step {event.step}"


def spending_and_calls(scenario, batch, used) -> None:
    """Spending is what is due, or net wealth, or all that can be sold, whichever is least; a loan above its limit has
    nothing left to be sold for it."""
    portfolio, spending, loan = scenario.portfolio, scenario.frictions.spending, scenario.portfolio.loan
    cash = np.array([scenario.market.assets[name].volatility == 0.0 for name in portfolio.names])
    terms = [terms_of(holding.liquidity, scenario) for holding in portfolio.holdings]
    before = np.zeros((layout.ACCOUNTS, PATHS))
    for event, gone in zip(batch.journal, used, strict=True):
        gross = (event.before * event.prices).sum(axis=0)
        spent = event.accounts[layout.SPENT] - before[layout.SPENT]
        if event.kind != "spend":
            assert (spent == 0.0).all()
        else:
            net = np.maximum(gross - event.accounts[layout.DEBT], 0.0)
            due = np.zeros(PATHS)
            ends = {math.floor(m * scenario.steps_per_year / 12 + 0.5) for m in range(1, 12 * round(scenario.years))}
            if spending is not None and event.step in ends and spending.rate is not None:
                due = spending.rate * net / 12
            elif spending is not None and event.step in ends:
                time = event.step / scenario.steps_per_year
                growth = (1.0 + scenario.inflation) ** time if spending.grows else 1.0
                due = np.full(PATHS, spending.amount / portfolio.net / 12 * growth)
            payable = np.minimum(due, net)
            assert (spent <= payable * (1.0 + NEAR) + 1e-14).all()
            assert gone[:, spent < payable * (1.0 - 2.0 * NEAR) - 1e-14].all()
            short = spent < due * (1.0 - 2.0 * NEAR) - 1e-14
            assert (event.accounts[layout.SHORTFALL][short] == 1.0).all()
            touched = (event.after != event.before)[~cash].any(axis=0)
            assert gone[cash][:, touched].all()
        if event.kind == "market" and loan is not None:
            gross = (event.after * event.prices).sum(axis=0)
            over = event.accounts[layout.DEBT] > loan.max_loan_to_value * gross * (1.0 + 2.0 * NEAR)
            listed = np.array([term[event.step].listed for term in terms])
            assert gone[listed][:, over].all()
            assert (event.accounts[layout.UNMET_CALL][over] == 1.0).all()
        before = event.accounts


def what_is_received(scenario, batch) -> None:
    """Deposits are what is due, on every path with wealth that finds something to buy, and buy it after their cost.

    What vests is in the proportion of the months that have passed, less what is withheld, up to the first event.
    """
    portfolio, flows, a_year = scenario.portfolio, scenario.frictions.flows, scenario.steps_per_year
    ends = {math.floor(m * a_year / 12 + 0.5): m for m in range(1, 12 * round(scenario.years))}
    names, prices = list(portfolio.names), None
    deposited = vested = np.zeros(PATHS)
    for event in batch.journal:
        prices, month = event.prices, ends.get(event.step)
        net = (event.before * prices).sum(axis=0) - event.accounts[layout.DEBT]
        change = (event.after - event.before) * prices
        if event.kind == "deposit":
            amounts = [flow.amount for flow in flows if isinstance(flow, rk.Deposit)] if month else []
            due = math.fsum(amounts) / 12 / portfolio.net * (1.0 + scenario.inflation) ** (event.step / a_year)
            grown = event.deposited - deposited
            assert (np.abs(grown - due) <= NEAR * due)[(net > 0.0) & (prices > 0.0).all(axis=0)].all()
            assert (grown <= due * (1.0 + NEAR)).all()
            assert (grown[net <= 0.0] == 0.0).all()
            assert (change.sum(axis=0) <= grown * (1.0 + NEAR) + 1e-14).all()
        elif event.kind == "vest":
            units = np.zeros(event.before.shape)
            for flow in flows:
                if isinstance(flow, rk.Vesting) and month:
                    whole, cliff = round(12 * flow.years), round(12 * flow.cliff)
                    now, before = (min(m, whole) if m >= cliff else 0 for m in (month, month - 1))
                    still = np.ones(PATHS) if flow.until is None else not_yet(batch, flow.until, event.step)
                    share = (now - before) / whole * (1.0 - flow.withholding)
                    units[names.index(flow.on)] += flow.value / portfolio.net * share * still * (net > 0.0)
            np.testing.assert_allclose(event.after - event.before, units, rtol=NEAR, atol=1e-12)
            np.testing.assert_allclose(event.vested - vested, (units * prices).sum(axis=0), rtol=1e-8, atol=1e-12)
        else:
            assert (event.deposited == deposited).all()
            assert (event.vested == vested).all()
        deposited, vested = event.deposited, event.vested


def not_yet(batch, shock, step):
    """1 where a shock has had no event by the end of a step (path)."""
    events = batch.inputs.shock_events[shock]
    early = events.path[np.ceil(events.time * batch.setup.calendar.steps_per_year) <= step]
    return (np.bincount(early, minlength=PATHS) == 0).astype(float)


def time_weighted(scenario, traced, batch) -> None:
    """The index is the product of W_t / (W_{t-1} + F_{t-1}), F from the accounts."""
    accounts = traced.accounts
    flow = np.diff(accounts["deposited"] + accounts["vested"] - accounts["spent"], axis=0)
    invested = traced.wealth[:-1] + flow
    left = invested > 1e-9 * traced.wealth[:-1]
    growth = np.divide(traced.wealth[1:], invested, out=np.zeros_like(invested), where=left)
    index = np.vstack([np.ones(PATHS), np.cumprod(growth, axis=0)])
    # Where flows take nearly all, what is left is known to the rounding of the whole only.
    exact = (invested > 1e-3 * traced.wealth[:-1]).all(axis=0) | (traced.wealth[-1] <= 0.0)
    found, drawdown = batch.time_weighted(0, traced.wealth[-1])
    np.testing.assert_allclose(found[exact], index[-1][exact], rtol=1e-8, atol=1e-12)
    expected = (1.0 - index / np.maximum.accumulate(index)).max(axis=0)
    np.testing.assert_allclose(drawdown[exact], expected[exact], rtol=1e-8, atol=1e-8)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios(), seed=st.integers(0, 999))
def test_the_books_balance_under_anything(scenario, seed):
    audit(scenario, seed)


# ---------------------------------------------------------------------------------------------------------------------
# Instruments and dividends
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class HypothesisDraws:
    """The draws that `hedge_scenes` asks for, so that Hypothesis can shrink them."""

    draw: st.DrawFn

    @property
    def generator(self) -> HypothesisDraws:
        return self

    def chance(self, probability: float) -> bool:
        return self.draw(st.booleans())

    def between(self, low: float, high: float) -> float:
        return self.draw(st.floats(low, high))

    def one_of(self, *values):
        return self.draw(st.sampled_from(values))

    def integers(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high - 1))


@st.composite
def hedged_scenarios(draw) -> rk.Scenario:
    """A random scenario whose rule has one to three instruments, and whose assets may pay dividends."""
    plain, draws = draw(scenarios()), HypothesisDraws(draw)
    market = with_dividends(draws, plain.market)
    hedging = HedgeDraws(draws, plain.portfolio, market, plain.years)
    assume(hedging.underlyings)
    rule = hedging.hedged(plain.rules[0])
    assume(hedging.fits(rule))
    return replace(plain, market=market, rules=[rule])


class Growing(PathBatch):
    """A batch that notes what prices and instruments bring its first book in each step, and how large the book is."""

    latest: Growing

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self.growth: list[np.ndarray] = []
        self.size: list[np.ndarray] = []
        type(self).latest = self

    def _advance(self, start, end, *args, moves=True, **options) -> None:
        before = self.assets()
        super()._advance(start, end, *args, moves=moves, **options)
        if moves:
            amounts, prices = before[0], self.assets()[1]
            self.growth.append((amounts * (prices - before[1])).sum(axis=0))
            self.size.append(np.maximum(*(np.abs(amounts * each).sum(axis=0) for each in (prices, before[1]))))

    def assets(self) -> tuple[np.ndarray, np.ndarray]:
        """Units and covered units of the first book, and their prices and marks (holding and instrument, path)."""
        rows = self.setup.instruments.of_book[0]
        covered = [self.positions.covered(0, k).reshape(1, -1) for k in rows]
        marks = [self.positions.arrays.mark[:, k].reshape(1, -1) for k in rows]
        return np.concatenate([self.book_units(0), *covered]), np.concatenate([self.price(), *marks])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Collar on:riskkit.RiskkitWarning")
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario=hedged_scenarios(), seed=st.integers(0, 999))
def test_hedged_books_balance_under_anything(scenario, seed):
    """Change of net wealth = growth + external - cost - tax - interest + lender's loss, on every path and step.

    Growth is what the units and covered units of the step before gain by prices and marks.
    """
    with patch.object(_replay, "PathBatch", Growing):
        traced = rk.trace(scenario, scenario.rules[0], paths=PATHS, seed=seed)
    accounts, batch = traced.accounts, Growing.latest
    outflow = sum(np.diff(accounts[name], axis=0) for name in ("cost", "tax", "spent", "interest"))
    inflow = sum(np.diff(accounts[name], axis=0) for name in ("deposited", "vested", "lender_loss"))
    error = np.abs(np.diff(traced.wealth, axis=0) - (np.array(batch.growth) - outflow + inflow))
    # Accounts are sums since the start, so that a difference of two has the rounding of the sum.
    rounding = 1e-14 * (1.0 + sum(np.abs(values) for values in accounts.values())[1:])
    assert (error <= NEAR * np.array(batch.size) + rounding).all()
    for name in ("cost", "spent", "deposited", "vested", "lender_loss"):
        assert (np.diff(accounts[name], axis=0) >= -rounding).all(), name
    assert (traced.wealth >= 0.0).all()
    ruined = traced.wealth <= 0.0
    assert (ruined[1:] >= ruined[:-1]).all()
    assert (accounts["lender_loss"][:, ~ruined[-1]] == 0.0).all()


# ---------------------------------------------------------------------------------------------------------------------
# What must not change a bit
# ---------------------------------------------------------------------------------------------------------------------


def columns(scenario, paths=500, seed=4, workers=1):
    """Every column of every rule of a run."""
    result = rk.compare(scenario, paths=paths, seed=seed, workers=workers, progress=False)
    return {
        (rule, name): result.outcomes.columns[name][row] for row, rule in enumerate(scenario.names) for name in COLUMNS
    }


def assert_same(one, other, but=()):
    for key, values in one.items():
        if key[1] not in but:
            np.testing.assert_array_equal(values, other[key], err_msg=str(key))


NOTHINGS = {
    "tax": rk.Frictions(0.01, tax=rk.CapitalGains(0.0)),
    "tax, no offset": rk.Frictions(0.01, tax=rk.CapitalGains(0.0, loss_offset=False, at_end="keep")),
    "spending": rk.Frictions(0.01, spending=rk.Spending(0.0)),
    "death": rk.Frictions(0.01, tax=rk.CapitalGains(0.0), death=0.3),
    "all": rk.Frictions({"listed": 0.01, "private": 0.01, "venture": 0.01, "index": 0.01, "cash": 0.01},
                        tax=rk.CapitalGains(0.0, at_end="keep"), spending=rk.Spending(amount=0.0)),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("frictions", NOTHINGS.values(), ids=list(NOTHINGS))
def test_frictions_that_are_nothing_change_no_bit(frictions):
    """Every built-in rule, every column, against a run without tax, spending and death."""
    plain = house()
    assert_same(columns(plain), columns(replace(plain, frictions=frictions)))


def test_a_loan_that_is_never_called_and_bears_no_interest_moves_no_unit():
    """Hold: the same units, and wealth that differs by the debt alone."""
    plain = house(rk.Hold())
    holdings = plain.portfolio.holdings
    borrowed = replace(plain, portfolio=rk.Portfolio(holdings, loan=rk.Loan(1e-6, 0.0, 0.99)))
    one, other = columns(plain), columns(borrowed)
    np.testing.assert_allclose(one["hold", "wealth"], other["hold", "wealth"], rtol=1e-5)
    assert (other["hold", "margin_call"] == 0.0).all()


def troubled(*chosen: rk.Rule) -> rk.Scenario:
    """The house with every friction at once: tax, windows, marks, lots, a loan, flows, death, inflation."""
    lots, both = [rk.Lot(30, 3), rk.Lot(10, 12)], {"Ann": 0.3, "Bob": 0.2}
    tender = rk.TenderWindows((2, 5, 8), 0.3, until=2, then=rk.Locked(0.5))
    holdings = [
        rk.Holding("listed", 40, founder="Ann", cost=lots, method="hifo", liquidity=rk.Listed(0.4)),
        rk.Holding("private", 20, founder="Ann", cost=2, liquidity=tender, marks=rk.Marks(3, reacts=True)),
        rk.Holding("venture", 10, founder=both, liquidity=rk.Locked(1.5, buyable=True), marks=rk.Marks(6)),
        rk.Holding("index", 25, cost=[rk.Lot(15, 20), rk.Lot(10, 2)], method="fifo"),
        rk.Holding("cash", 5),
    ]
    tax = rk.CapitalGains(0.238)
    plain = house(
        *chosen, market=house_market(rk.Shock("deep", 0.3, {"listed": -0.6, "index": -0.4})), steps_per_year=24
    )
    return replace(
        plain,
        portfolio=rk.Portfolio(holdings, loan=rk.Loan(30, 0.05, 0.5)),
        frictions=rk.Frictions(
            0.01,
            tax=tax,
            spending=rk.Spending(amount=4, grows=True),
            death=0.1,
            flows=[rk.Deposit(3), rk.Deposit(2, "index"), rk.Vesting("listed", 8, 1.5, until="deep", withholding=0.3)],
        ),
        inflation=0.02,
    )


@pytest.mark.slow
def test_the_same_bits_for_batches_of_any_size_and_any_number_of_workers(monkeypatch):
    monkeypatch.setattr("riskkit.engine.pilot.PILOT_PATHS", 512)
    scenario = troubled()
    found = {}
    for size, workers in ((128, 2), (512, 1), (1024, 3)):
        monkeypatch.setattr("riskkit.engine.execution.run.paths_per_batch", lambda *arguments, size=size: size)
        found[size] = columns(scenario, paths=1200, workers=workers)
    for size in (512, 1024):
        assert_same(found[128], found[size])
    for name in ("margin_call", "ruin", "tax_paid", "reported_max_drawdown", "shortfall"):
        assert found[128]["hold", name].max() > 0.0, name


@pytest.mark.slow
def test_a_path_is_the_same_alone_and_among_others():
    """Path 77 of a trace of one path, and of `compare`."""
    scenario = troubled(rk.Trim(0.8, 1.0), rk.Cap(0.3))
    among = columns(scenario, paths=100)
    for rule in scenario.names:
        traced = rk.trace(scenario, rule, paths=[77], seed=4)
        assert traced.accounts["tax"][-1, 0] == among[rule, "tax_paid"][77]
        assert traced.accounts["cost"][-1, 0] == among[rule, "cost_paid"][77]


@pytest.mark.slow
def test_sell_last_behind_a_book_that_never_sells_is_hold_bit_for_bit():
    """Behind `Hold`, and behind books whose sales are shut out, under every friction at once."""
    behind = [
        rk.SellLast(after=rk.Hold(), name="behind hold"),
        rk.SellLast(after=rk.TakeProfit(1e9, 0.5), name="profit"),
    ]
    found = columns(troubled(rk.Hold(), *behind))
    for rule in ("behind hold", "profit"):
        for name in COLUMNS:
            if not name.startswith(("excess", "above")):
                np.testing.assert_array_equal(found[rule, name], found["hold", name], err_msg=name)


def test_sell_last_behind_a_locked_book_is_hold_bit_for_bit():
    """The other book wants to sell all at once, but its windows never come: it never gets out."""
    locked = [replace(h, liquidity=rk.Locked(9), cost=1.0) if h.founder else h for h in house().portfolio.holdings]
    chosen = (rk.Hold(), rk.SellLast(after=rk.DiversifyNow()))
    plain = house(*chosen)
    scenario = replace(plain, portfolio=rk.Portfolio(locked), frictions=rk.Frictions(0.01, tax=rk.CapitalGains(0.3)))
    found = columns(scenario)
    for name in COLUMNS:
        np.testing.assert_array_equal(found["sell last", name], found["hold", name], err_msg=name)


def test_the_other_book_is_truly_simulated_under_its_own_frictions():
    """It wants to sell all at once, and is let .95 of it at months 3, 6, 9, 12, 15: below 1e-6 at the fifth, .05⁵.

    The second book, which could have sold in the same windows, holds until then; its first is that of month 18.
    """
    window = rk.TenderWindows((3, 6, 9, 12), 0.95, 0.0)
    portfolio = rk.Portfolio([rk.Holding("a", 50, founder="Ann", liquidity=window), rk.Holding("b", 50)])
    market = rk.Market({"a": rk.Asset(0.0, 0.3), "b": rk.Asset(0.0, 0.1)})
    rule = rk.SellLast(after=rk.DiversifyNow())
    scenario = rk.Scenario(portfolio, market, [rule], frictions=rk.Frictions(tax=rk.CapitalGains(0.2)), years=3,
                           steps_per_year=12)  # fmt: skip
    trades = rk.trace(scenario, rule, paths=20).trades
    assert trades["time"].min() == pytest.approx(1.5)


def test_trim_and_take_profit_carry_over_and_never_buy_back():
    """On every path the founder's units only fall, in windows alone, and stop at what was to be kept."""
    window = rk.TenderWindows((3, 6, 9, 12), 0.3, 0.05, buyable=True)
    portfolio = rk.Portfolio([rk.Holding("a", 50, cost=5, founder="Ann", liquidity=window), rk.Holding("b", 50)])
    market = rk.Market({"a": rk.Asset(0.05, 0.7), "b": rk.Asset(0.04, 0.2)})
    frictions = rk.Frictions(0.01, tax=rk.CapitalGains(0.238))
    for rule, least in ((rk.Trim(0.6, 1.0), 0.4), (rk.Trim(0.6, 1.0, every=0), 0.4), (rk.TakeProfit(1.2, 0.5), 0.5)):
        scenario = rk.Scenario(portfolio, market, [rule], frictions=frictions, years=4, steps_per_year=24)
        traced = rk.trace(scenario, rule, paths=200, seed=6)
        own = traced.trades[traced.trades["holding"] == "a"]
        assert len(own) > 0
        assert (own["amount"] < 0.0).all()
        assert set(np.rint(own["time"].astype(float) * 24).astype(int) % 6) == {0}
        units = 2.0 * traced.weights[:, 0] * traced.wealth / traced.prices[:, 0]
        assert (units[-1] >= least - 1e-9).all()
        left = units[-1][own["path"].unique()]
        if isinstance(rule, rk.Trim):
            np.testing.assert_allclose(units[-1], least, rtol=1e-9)
        else:
            assert (np.isclose(left, least, rtol=1e-9)).mean() > 0.8
