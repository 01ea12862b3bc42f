"""Every public name of riskkit, with its arguments in every documented form: type-checked, and run.

tests/test_typing.py checks this script with mypy --strict and pyright, and runs it in an empty folder. Sizes are as
small as the functions allow; what the numbers are is tested elsewhere.
"""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, assert_type

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit._core.random_stream import RandomStream
from riskkit.engine.moment import Moment
from riskkit.market.shocks._event_source import Fixed
from riskkit.portfolio._liquidity import LiquidityTerms
from riskkit.report import figures

Array = NDArray[np.float64]

PATHS = 512


class Equal(rk.Rule):
    """A rule of a user's own, with fields and a state."""

    share: float = 1.0
    names: Sequence[str] = ()
    every: int = 6

    def decide(self, view: rk.View, state: int | None) -> tuple[Array | None, int]:
        asked = 1 if state is None else state + 1
        target = view.weights.copy()
        target[:] = self.share / len(view.names) + (1.0 - self.share) * view.weights
        return target, asked

    def check(self, portfolio: rk.Portfolio) -> None:
        assert set(self.names) <= set(portfolio.names)

    def watches(self) -> tuple[rk.Rule, ...]:
        return (rk.Hold(),)


class OnFridays(rk.Rule):
    """A rule with dates of its own, which says nothing of its state."""

    def dates(self, calendar: Calendar) -> NDArray[np.int64]:
        return np.arange(0, calendar.steps, 5, dtype=np.int64)

    def decide(self, view: rk.View, state: Any) -> tuple[Array | None, Any]:
        seen = [view.units, view.wealth, view.peak, view.drawdown, view.price, view.high, view.sellable]
        seen.append(view.founder_share("Ann"))
        assert all(isinstance(array, np.ndarray) for array in seen)
        counts: Mapping[str, NDArray[np.int64]] = view.events
        tied = view.founder_weight() + view.founder_weight("Ann")
        return (None if view.listed.all() or not counts or tied.max() > 9.0 else view.weights), state


class OnAFall(rk.Rule):
    """A rule that decides about the paths alone that its trigger names."""

    fall: float = 0.2

    def decide(self, view: rk.View, state: Array | None) -> tuple[Array | None, Array]:
        lowest = view.wealth if state is None else np.minimum(state, view.wealth)
        return None, lowest

    def trigger(self, portfolio: rk.Portfolio) -> rk.Trigger:
        assets = len(portfolio.names)
        made = rk.Trigger(np.zeros((0, assets)), [], [], fallen=[self.fall] * assets)
        same = rk.Trigger(made.values, wealth=made.wealth, peak=np.zeros(0), price=None, fallen=made.fallen)
        assert_type(made.price, Array | None)
        assert made == replace(same, fallen=np.full(assets, self.fall))
        assert hash(made) == hash(same)
        return made


@dataclass(frozen=True)
class Gamma(rk.Tail):
    """A tail of a user's own."""

    shape: float

    def law(self, dt: float) -> Any:
        from scipy.stats import gamma

        return gamma(self.shape, scale=1.0 / self.shape)


@dataclass(frozen=True)
class Odd(rk.TimeChange):
    """A time change of a user's own: odd years are rough, in one of two regimes."""

    rough: float = 1.5
    regimes = 2

    def start(self, stream: RandomStream, paths: NDArray[np.uint64], dt: float) -> Array:
        first: Array = stream.uniforms(paths, 0)[0]
        return first

    def advance(
        self, stream: RandomStream, paths: NDArray[np.uint64], steps: NDArray[np.int64], dt: float, state: Array
    ) -> tuple[Array, NDArray[np.int64], Array]:
        odd = np.floor(steps * dt).astype(np.int64)[:, None] % 2
        return np.ones((steps.size, paths.size)), np.where(state < 0.5, odd, 1 - odd), state

    def tables(self, moving: Mapping[str, bool], correlation: Array, dt: float) -> rk.RegimeTables:
        volatility = np.sqrt(np.array([[2.0 - self.rough], [self.rough]])).repeat(len(moving), axis=1)
        return rk.RegimeTables(volatility, None, np.stack([correlation, correlation]))


@dataclass(frozen=True)
class Ageing(rk.Hazard):
    """A hazard of a user's own."""

    growth: float

    def cumulative(self, t: ArrayLike) -> Array:
        return 0.5 * self.growth * np.asarray(t, dtype=np.float64) ** 2


class Yearly(rk.EventSource):
    """A source of events of a user's own: a loss at the end of each year and with each event of another source."""

    asset: str
    loss: float = 0.1
    after = ("exit 0",)

    def draw(
        self,
        stream: RandomStream,
        paths: NDArray[np.uint64],
        horizon: float,
        fixed: Fixed | None = None,
        earlier: Mapping[str, rk.Events] = MappingProxyType({}),
    ) -> rk.Events:
        other = earlier["exit 0"]
        assert stream.uniforms(paths, 0).shape == stream.normals(paths, 0, draw=1).shape == (2, paths.size)
        years = np.arange(1.0, horizon + 1e-9)
        path = np.concatenate([np.repeat(np.arange(paths.size), years.size), other.path])
        time = np.concatenate([np.tile(years, paths.size), other.time])
        assert other.count(paths.size).sum() == other.number.size
        return rk.Events(path, time, {self.asset: np.full(path.size, 1.0 - self.loss)}, drift_after={self.asset: 0.0})

    def compensator(self, calendar: Calendar, names: Sequence[str]) -> Array:
        return np.zeros((calendar.steps, len(names)))

    def scaled(self, factor: float) -> rk.EventSource:
        return replace(self, loss=factor * self.loss)


class NotOfRiskkit:
    """Any object with ``cumulative`` is a hazard."""

    def cumulative(self, t: ArrayLike) -> Array:
        return 0.01 * np.asarray(t, dtype=np.float64)


@dataclass(frozen=True)
class Open(rk.Liquidity):
    """Terms of trade of a user's own."""

    share: float = 1.0

    def terms(self, calendar: Calendar, start: int = 0) -> LiquidityTerms:
        steps = calendar.steps + 1
        always, never = np.ones(steps, bool), np.zeros(steps, bool)
        return LiquidityTerms(np.full(steps, self.share), always, np.zeros(steps), always, never)

    def describe(self) -> str:
        return "always open"


def portfolios() -> rk.Portfolio:
    """Holdings in every form; the portfolio of the scenarios."""
    lots = [rk.Lot(30, 3), rk.Lot(10, 12)]
    listed = rk.Holding("A", 40, founder="Ann", cost=lots, method="hifo", liquidity=rk.Listed(0.5), aliases=["AAA"])
    tender = rk.TenderWindows(range(3, 13, 3), limit=0.2, discount=0.1, buyable=True, until=0.5, then=rk.Listed())
    windows = rk.Holding("B", 25, founder={"Ann": 0.5, "Bob": 0.25}, liquidity=tender, marks=rk.Marks(6, reacts=True))
    locked = rk.Holding("C", np.float64(5), cost=2, liquidity=rk.Locked(0.5, then=rk.TenderWindows((6, 12))))
    rest = rk.Holding("Rest", 30, cost=(rk.Lot(30, 20),), aliases=("VTI", "US9229087690"))
    holdings = [listed, windows, locked, rest]
    assert_type(listed.lots, tuple[rk.Lot, ...])
    assert_type(listed.aliases, tuple[str, ...])
    assert listed.founder["Ann"] == 1.0
    assert rest.founder_share == 0.0
    assert rest.basis == 20.0

    by_name = {holding.name: holding for holding in holdings}
    for each in (
        rk.Portfolio(holdings),
        rk.Portfolio(tuple(holdings), loan=None),
        rk.Portfolio(holding for holding in holdings),
        rk.Portfolio(by_name.values(), loan=rk.Loan(10, 0.05, 0.5), currency="USD"),
        replace(rk.Portfolio(holdings), holdings=[rest], currency="EUR"),
    ):
        assert_type(each.holdings, tuple[rk.Holding, ...])
        assert each.holdings[-1].name == "Rest"
    frame = pd.DataFrame({"symbol": ["A", "Rest"], "value": [60.0, 40.0], "cost basis": [10.0, 30.0]})
    rk.Portfolio.from_frame(frame, {"A": "Ann"}, currency="USD", fx={"EUR": 1.1}, keep=["A"], loan_rate=0.04)
    rk.Portfolio.from_frame(frame, {"A": {"Ann": 0.5}}, keep={"A", "Rest"}, max_loan_to_value=None)
    assert_type(rk.Portfolio.from_frame({"A": 60.0, "Rest": {"shares": 4, "price": 10.0}}), rk.Portfolio)
    assert_type(rk.Portfolio.from_frame(frame.set_index("symbol")["value"]), rk.Portfolio)
    assert_type(rk.Loan(10, 0.05).max_loan_to_value, float)

    portfolio = rk.Portfolio([rest, listed, windows, locked])
    fund = rk.Portfolio([rk.Holding("FUND", 60), rk.Holding("A", 40)])
    for aliases in ({"A": "AAA"}, {"A": ["AAA", "C"]}, {"A": ("AAA",)}, None):
        fund.look_through({"FUND": portfolio}, aliases)
    names: tuple[str, ...] = portfolio.names + portfolio.founders
    total: float = portfolio.total + portfolio.net + portfolio.holding("A").value + portfolio.tied()["Ann"]
    assert "Ann" in names
    assert total > 0.0
    assert portfolio.exposure()["Ann"] < portfolio.exposure("holding", of="net").sum() + 1.0
    assert portfolio.weights.sum() > 0.9
    assert portfolio.values["A"] == 40.0
    assert portfolio.shares("Ann").shape == portfolio.shares().shape
    assert not portfolio.frame().empty
    found: rk.Concentration = rk.concentration(portfolio, by="founder")
    assert found.largest + found.herfindahl + found.top5 + found.effective_number + found.entropy_number > 0.0
    assert found.shares[found.largest_name] == rk.concentration(portfolio, "founder").largest
    return portfolio


def shocks_of(portfolio: rk.Portfolio, market: rk.Market) -> list[rk.Shock]:
    """Shocks in every form."""
    rates: list[float | rk.Uncertain | rk.Hazard] = [
        0.02,
        0,
        np.float64(0.02),
        rk.Uncertain(0.02, 0.01, shared="judgement"),
        Ageing(0.001),
        rk.Seasonal(0.1, 0.5, peak=0.7),
        rk.Mortality(55, "male") + 0.01,
        0.01 + Ageing(0.001),
    ]
    impacts: list[float | rk.Uncertain | rk.Impact] = [-0.5, rk.Uncertain(-0.5, 0.1), rk.Impact(-0.5, sd=0.15)]
    made = [rk.founder_exit(portfolio, "Ann", rate, impacts[0], name=f"exit {n}") for n, rate in enumerate(rates)]
    made += [rk.founder_exit(portfolio, "Bob", 0.1, impact, once=False) for impact in impacts]
    made += [
        rk.market_crash(market, 0.1, rk.Impact(rk.Uncertain(-0.3, 0.1), 0.1), {"A": 2.0}),
        rk.market_crash(market, Ageing(0.01), -0.3, betas=None, name="crash"),
        rk.breakthrough("C", 0.1, 3.0, name="success"),
        rk.failure("C", 0.05, recovery=0.1, name=None),
        rk.Shock("ruling", 0.05, {"A": -0.2, "B": rk.Impact(-0.4, 0.05), "C": rk.Uncertain(-0.1, 0.05)}),
        rk.Shock("by hand", NotOfRiskkit(), {"A": -0.2}, once=True, together=0.5, drift_after={"A": -0.02}),
    ]
    plain = {"A": -0.2, "B": -0.1}
    shock = rk.Shock("a mapping of numbers", 0.1, plain)
    assert shock.impact["A"].mean == -0.2
    assert shock.hazard.inverse([0.1, 0.2]).shape == (2,)
    assert "A" in replace(shock, impact={"A": rk.Impact(-0.1)}).describe()
    return [*made, shock]


def markets(portfolio: rk.Portfolio) -> rk.Market:
    """Markets in every form; the market of the scenarios."""
    assets = {
        "A": rk.Asset(0.08, 0.5),
        "B": rk.Asset(rk.Uncertain(0.1, 0.02), rk.Uncertain(0.6, 0.1, shared="volatility")),
        "C": rk.Asset(expected_return=0, volatility=1),
        "Rest": rk.Asset(np.float64(0.07), 0.16),
        "Cash": rk.Asset(0.03, 0),
        "Fund": rk.Asset(0.07, 0.16, dividend_yield=0.02),
    }
    frame = pd.DataFrame(np.eye(2), index=["A", "B"], columns=["A", "B"])
    pairs = {"A": {"B": 0.5, "Rest": 0.4}}
    market = rk.Market(assets, pairs)
    for correlation in (frame, pairs, {"A": {"B": 0}}, None):
        assert_type(rk.Market(assets, correlation).correlation, pd.DataFrame)
        rk.Regime(volatility=2.0, correlation=correlation)
    nearest: pd.DataFrame = rk.nearest_correlation({"A": {"B": 0.9, "Rest": 0.9}, "B": {"Rest": -0.9}})
    repaired: Array = rk.nearest_correlation(np.array([[1.0, 1.2], [1.2, 1.0]]))
    rk.nearest_correlation([[1.0, 0.2], [0.2, 1.0]])
    rk.Market(assets, rk.nearest_correlation(frame))
    assert nearest.shape == (3, 3)
    assert repaired.shape == (2, 2)

    shocks = shocks_of(portfolio, market)
    shock, other = shocks[0], shocks[1]
    link = rk.Contagion(shock.name, other.name, 0.5, delay=0.1)
    rk.Market(assets, shocks=[shock, other, rk.Contagion(shock.name, other.name, probability=0.3)])
    rk.Market(assets, shocks=(shock, other), contagion=[link], compensate=True)
    mixed: list[rk.Shock | rk.Contagion] = [shock, other, link]
    rk.Market(assets, shocks=mixed)
    rk.Market(assets, shocks=iter(mixed))
    rk.Market(assets, shocks=shock)
    rk.Market(assets, shocks={each.name: each for each in shocks[:2]}.values(), contagion=link)
    yearly = Yearly("A", loss=0.2, name="each year")
    rk.sample(rk.Market(assets, shocks=[Yearly("A"), shock]), years=2, steps_per_year=4, paths=8)
    own: list[rk.EventSource] = [yearly, *shocks[:2]]
    rk.Market(assets, shocks=own, contagion=link)
    assert_type(yearly.loss, float)
    sources = rk.Market(assets, shocks=[shock, other], contagion=(link,)).shocks
    assert_type(sources, tuple[rk.Shock | rk.EventSource, ...])
    assert_type(market.contagion, tuple[rk.Contagion, ...])

    states = {"calm": rk.Regime(), "storm": rk.Regime({"A": 2.0}, {"A": -0.3}, {"A": {"B": 0.8}})}
    regimes = rk.Regimes(states, switching={"calm": {"storm": 1}, "storm": {"calm": 4.0}})
    clustered = rk.Clustered(half_life=0.1, spread=0.8)
    assert regimes.shares["calm"] > 0.5
    rk.Market(assets, tails=rk.StudentT(5))
    rk.Market(assets, tails=rk.NormalInverseGaussian(6.0))
    rk.Market(assets, tails=[rk.StudentT(5), clustered, regimes])
    rk.Market(assets, tails=(Gamma(0.5), clustered))
    rk.Market(assets, tails=Gamma(0.5))
    rk.Market(assets, tails=regimes)
    rk.Market(assets, tails=Odd(1.2))
    rk.sample(rk.Market(assets, tails=[Odd(), rk.StudentT(5), clustered]), years=2, steps_per_year=4, paths=8)
    changes: list[rk.TimeChange] = [rk.StudentT(5), clustered, regimes]
    assert_type(rk.Market(assets, tails=changes).tails, tuple[rk.TimeChange, ...])
    rk.Market(assets, tails=None)
    replace(market, tails=[clustered], shocks=[*market.shocks, shock])
    for part in rk.Market(assets, tails=clustered).tails:
        assert part.describe()
    assert market.assets["A"].mean_volatility == 0.5
    assert market.assumptions()
    one: dict[str, rk.Asset] = {name: rk.Asset(0.07, 0.2) for name in assets}
    crash = rk.market_crash(rk.Market(one), 0.5, -0.3, name="crash")
    founder_exit = rk.founder_exit(portfolio, "Ann", 0.3, rk.Impact(-0.5, 0.1))
    return rk.Market(one, pairs, shocks=[founder_exit, crash, rk.Contagion("crash", "founder exit", 0.1)])


def prices_of(names: Sequence[str]) -> pd.DataFrame:
    """Three years of made-up daily prices."""
    dates = pd.bdate_range("2023-01-02", periods=700)
    steps = np.random.default_rng(1).normal(0.0003, 0.02, (len(dates), len(names)))
    return pd.DataFrame(100.0 * np.exp(steps.cumsum(axis=0)), index=dates, columns=list(names))


def history(portfolio: rk.Portfolio) -> None:
    """Markets from prices, in every form."""
    prices = prices_of(["A", "B", "Rest"])
    returns: dict[str, float | rk.Uncertain] = {"A": 0.1, "B": rk.Uncertain(0.08, 0.02), "Rest": 0.07}
    splits = {"A": {"2024-06-10": 1.02}}
    moves = {"B": ["2024-06-10"], "A": ()}
    implied = rk.equilibrium(rk.Portfolio([rk.Holding("A", 1), rk.Holding("B", 1), rk.Holding("Rest", 8)]), 0.05)
    market = rk.fit(prices, expected_return=0.07, tails=rk.StudentT, real_moves={"A": ()})
    rk.fit(prices["A"], expected_return=rk.Uncertain(0.07, 0.01), shrink=False, half_life=1)
    rk.fit(prices, expected_return=returns, tails=rk.NormalInverseGaussian(4.0), splits=None)
    rk.fit(prices, expected_return={"A": 0.1, "B": 0.1, "Rest": 0.1}, tails=[rk.StudentT(5), rk.Clustered(0.1, 0.5)])
    rk.fit(prices, expected_return=implied, proxies={"C": rk.Proxy("B", extra_volatility=0.4, beta=1)})
    rk.fit(prices, expected_return="sample mean", allow_dropped_rows=True)
    assert rk.fit_report(market, prices).table.shape[0] == 3
    rk.fit_report(rk.fit(prices["A"], expected_return=0.07), prices["A"])
    fitted = rk.fit_marks(pd.Series([77.0, 81.0, 185.0, 212.0], pd.date_range("2022-12-31", periods=4, freq="YE")))
    assert fitted.volatility > 0.0

    resampled = rk.Resampled(prices, 20, cash={"Cash": 0.03}, expected_return={"A": 0.1, "B": 0.08, "Rest": 0.07})
    assert_type(rk.Market(resampled, shocks=[rk.failure("A", 0.1)]).assets, Mapping[str, rk.Asset])
    assert_type(rk.Market(resampled).with_cash("T-bills", 0.03), rk.Market)
    rk.Resampled(prices, expected_return=0.07, splits={}, real_moves={"A": []}, allow_dropped_rows=True)
    columns = {"date": [f"{date:%Y-%m-%d}" for date in prices.index], "A": prices["A"].tolist()}
    rk.Market(rk.Resampled(columns))
    rk.fit(prices, expected_return=0.07, splits=splits)
    held = rk.Portfolio([rk.Holding("A", 60), rk.Holding("Rest", 40)])
    case = rk.Scenario(held, market, [rk.Hold(), rk.Rebalance()], years=1)
    assert rk.backtest(case, prices, starts="all", workers=1).paths > 0
    rk.backtest(case, prices, starts="first", real_moves={"A": ()}, allow_dropped_rows=True)
    assert portfolio.names
    assert moves


def rules_of() -> list[rk.Rule]:
    """Rules in every form."""
    into = {"Rest": 0.9, "Cash": 0.1}

    def equal_weights(view: rk.View) -> Array:
        return np.full_like(view.weights, 1.0 / len(view.names))

    made: list[rk.Rule] = [
        rk.Band(0.05, relative=0.5, to="edge"),
        rk.BuyDips(0.2, 0.1, every=3),
        rk.Cap(0.2, founder="Ann", into={"Rest": 1}),
        rk.Cap(0.2, holding="A", to=0.1, at_start=False, name="cap of A"),
        rk.DiversifyNow(into={"Rest": 1.0}, every=3),
        rk.CPPI(0.7, multiple=2, into={"Rest": 1.0}, at_start=True),
        rk.DrawdownControl(0.4, "Ann"),
        rk.DrawdownControl(limit=0.4, buy_back=True, name="Grossman and Zhou"),
        rk.Hold(),
        rk.Rebalance(12, to={"A": 0.25, "B": 0.25, "Rest": 0.5}),
        rk.SellDown({"A": [0.5, 0.25], "B": (0.1, 0.1)}, into={"Rest": 1.0}),
        rk.SellDown({"A": np.array([0.5, 0.25])}, name="an array"),
        rk.SellDown({"A": [0, 0.5]}, shares_high={"A": [0.1, 0.6]}, prices={"A": [[1.0, 1.0], [0.5, 1.5]]}, name="x"),
        rk.SellLast(after=rk.Trim(0.5, 2), then=rk.Cap(0.1), every=None),
        rk.TakeProfit(2, 0.25, founder="Ann"),
        rk.Trim(fraction=0.5, years=2, into=None, name="slowly"),
        Equal(names=["A"], every=3),
        Equal(0.5, ("A", "B"), name="half"),
        OnFridays(),
        OnAFall(0.3),
        rk.rule(equal_weights, every=12),
        rk.rule(lambda view: view.weights.copy(), name="a lambda"),
        rk.rule(lambda view: None, every=0, name="nobody trades"),
    ]
    assert into
    assert replace(rk.Cap(0.2), limit=0.3, name="a cap").limit == 0.3
    assert replace(Equal(), share=0.5).share == 0.5
    return made


class Strangle(rk.Instrument):
    """An instrument of one's own."""

    low: float
    high: float = 1.2
    pricing: rk.OptionPricing = rk.OptionPricing(0.3)

    def legs(self, terms: rk.Terms) -> tuple[rk.Leg, ...]:
        put = rk.Leg("put", 1.0, self.low, self.pricing.implied(self.low, terms))
        return (put, rk.Leg("call", quantity=1, strike=self.high, volatility=0.3))

    def settle(self, lot: rk.Position, view: rk.View) -> rk.Flow:
        return rk.Flow(self.label, cash=lot.value, gain=lot.value - lot.premium, kind="short")


def instruments_of_each_kind() -> list[rk.Hedged]:
    """Hedged rules in every form."""
    pricing = rk.OptionPricing(0.5, slope=-0.05, rate=0.03, spread=0.02)
    collar = rk.Collar("A", 0.9)
    assert_type(collar.cap, float | None)
    instruments: list[rk.Instrument] = [
        rk.Put("A", 0.9, years=0.25, share=0.5, roll=False, pricing=pricing),
        rk.CoveredCall(on="A", strike=1.2, share=0.1, settlement="cash"),
        rk.Collar("A", floor=0.9, cap=1.2, share=0.1),
        rk.PrepaidForward("A", 0.9, 1.2, years=2, share=0.1, discount=0.02, into="Rest"),
        rk.PrepaidForward("A", 0.9, 1.2, share=0.1, into={"Rest": 0.5, "Cash": 0.5}),
        rk.ExchangeFund("A", "Rest", share=0.1, years=7, fee=0.01),
        Strangle("A", 0.8, years=0.5),
    ]
    assert_type(instruments[0].premium(rk.Terms(0.04, 0.0, 0.5, 1.0)), float)
    assert_type(instruments[0].deltas(), Mapping[str, float])
    both = rk.Portfolio([rk.Holding("A", 1), rk.Holding("Rest", 1)])
    assert rk.concentration(both, "founder", instruments=instruments[0]).largest < 1.0
    assert both.exposure(instruments=[collar], market=rk.Market({"A": rk.Asset(0.0, 0.3)})).sum() > 0.0
    hedged = rk.Hedged(rk.Hold(), collar)
    assert_type(hedged.instruments, tuple[rk.Instrument, ...])
    assert replace(collar, floor=0.8).floor == 0.8
    return [hedged, rk.Hedged(rk.Cap(0.3), (each for each in instruments), name="all"), rk.Hedged(rk.Hold(), ())]


def scenarios(portfolio: rk.Portfolio, market: rk.Market, folder: Path) -> rk.Scenario:
    """Scenarios in every form; the one that is compared."""
    rules = rules_of()
    rk.Scenario(portfolio, market, rules)
    rk.Scenario(portfolio, market, tuple(rules), years=0.5, steps_per_year=12, goal=2, inflation=0.02)
    rk.Scenario(portfolio, market, {rule.name: rule for rule in rules}.values(), baseline="hold")
    rk.Scenario(portfolio, market, rk.Hold(), forced={"crash": 1})
    assert instruments_of_each_kind()
    rk.Scenario(portfolio, market, (rule for rule in rules), frictions=rk.Frictions({"A": 0.01, "B": 0.02}))
    for death in (0.01, rk.Mortality(70, "female"), Ageing(0.01), None):
        rk.Frictions(0.01, tax=rk.CapitalGains(0.2), death=death)
    at_ends: tuple[Literal["sell", "step_up", "keep"], ...] = ("sell", "step_up", "keep")
    for at_end in at_ends:
        rk.CapitalGains(0.2, dividend_rate=0.3, loss_offset=False, at_end=at_end)
    rk.Frictions(spending=rk.Spending(amount=1, grows=True))
    rk.Frictions(flows=rk.Deposit(12))
    paid_in = rk.Frictions(flows=[rk.Deposit(1, "A"), rk.Deposit(1.0, {"A": 0.5, "B": 0.5}), rk.Vesting("A", 2, 4)])
    assert_type(paid_in.flows, tuple[rk.Deposit | rk.Vesting, ...])
    rk.Vesting("A", 2, years=4, cliff=0.5, until="crash", withholding=0.4)
    frictions = rk.Frictions(0.002, tax=rk.CapitalGains(0.25), spending=rk.Spending(0.02))
    pair = [rk.Hold(), rk.Trim(0.5, 1, every=3)]
    case = rk.Scenario(portfolio, market, pair, frictions=frictions, years=1, steps_per_year=12)
    assert_type(case.rules, tuple[rk.Rule, ...])
    assert replace(case, rules=[rk.Hold()], years=2).names == ("hold",)
    assert case.with_event("crash", year=0.5).forced["crash"] == 0.5
    for file in (folder / "case.toml", str(folder / "case.toml")):
        case.save(file)
        assert rk.Scenario.load(file, allow_import=False) == case
    assert case.assumptions()
    assert case.baseline_name == case.names[0]
    assert_type(case.start_after_tax, float)
    assert rk.scenarios.baron(0.5).years == rk.scenarios.baron().years
    return case


def deep(columns: Mapping[str, Array], path_weights: Array) -> tuple[float, Array]:
    """A metric with influences: how often half is lost."""
    return rk.influence.probability(columns["max_drawdown"] > 0.5, path_weights)


def reward(columns: Mapping[str, Array], path_weights: Array) -> tuple[float, Array]:
    """A metric made of all the ready pairs."""
    pairs = (
        rk.influence.mean(columns["max_drawdown"], path_weights),
        rk.influence.quantile(columns["wealth"], 0.5, path_weights),
        rk.influence.tail_mean(columns["ulcer"], 0.9, path_weights),
    )
    return rk.influence.delta(lambda a, b, c: a + b + c, lambda a, b, c: [1.0, 1.0, 1.0], *pairs)


def own_metrics(result: rk.Comparison) -> None:
    """Metrics of one's own, beside names."""
    own = rk.Metric("deep", deep, unit="share", better=-1, description="how often half is lost")
    plain = rk.Metric("least", lambda columns, path_weights: float(columns["wealth"].min()), unit="times")
    assert_type(result.table(own), pd.DataFrame)
    assert_type(result.table([own, plain]), pd.DataFrame)
    assert_type(result.table(["ced95", own]), pd.DataFrame)
    assert_type(result.table((rk.Metric("reward", reward, better=1),)), pd.DataFrame)
    assert_type(result.errors([own]), pd.DataFrame)
    assert_type(result.interval(own), pd.DataFrame)
    assert_type(result.differences(metrics=[own, "ced95"]), pd.DataFrame)
    assert_type(result.frontier(own, "wealth_median"), pd.DataFrame)


class Lowest(rk.Statistic):
    """A statistic of a user's own, with a field, columns and a state."""

    floor: float = 0.0
    columns = ("lowest", "step_of_lowest")
    nan_means = "never below the floor"

    def start(self, paths: NDArray[np.uint64], calendar: Calendar) -> tuple[Array, NDArray[np.int64]]:
        assert calendar.steps > 0
        return np.full(paths.size, np.inf), np.zeros(paths.size, np.int64)

    def update(
        self, state: tuple[Array, NDArray[np.int64]], first_step: int, wealth: Array, peak: Array
    ) -> tuple[Array, NDArray[np.int64]]:
        lowest, step = state
        here = wealth.min(axis=0)
        step = np.where(here < lowest, first_step + wealth.argmin(axis=0), step)
        return np.minimum(np.minimum(lowest, here), peak[0]), step

    def finish(self, state: tuple[Array, NDArray[np.int64]], calendar: Calendar) -> dict[str, NDArray[Any]]:
        lowest, step = state
        return {"lowest": lowest, "step_of_lowest": step}


class Last(rk.Statistic):
    """The least that a statistic must say."""

    columns = ("last",)

    def start(self, paths: NDArray[np.uint64], calendar: Calendar) -> None:
        return None

    def update(self, state: Any, first_step: int, wealth: Array, peak: Array) -> Any:
        return wealth[-1].copy()

    def finish(self, state: Any, calendar: Calendar) -> Mapping[str, Array]:
        return {self.columns[0]: state}


def own_statistics(case: rk.Scenario) -> None:
    """Statistics of one's own, alone, in lists and tuples, and with keywords."""
    again = Lowest(0.5, name="again", columns=("lowest_again", "step_again"), nan_means="")
    assert again == replace(again)
    assert_type(again.nan_means, str)
    result = rk.compare(case, paths=64, statistics=Lowest(floor=0.1))
    rk.compare(case, paths=64, statistics=[Lowest(), Last()])
    rk.compare(case, paths=64, statistics=(Last(columns=("end",)),), until={"wealth_mean": 1.0}, max_paths=4096)
    assert result.values("hold", "lowest").shape == (64,)


def comparisons(case: rk.Scenario, folder: Path) -> rk.Comparison:
    """`compare` and what a `Comparison` answers."""

    def tell(done: int, total: int) -> None:
        assert done <= total

    result = rk.compare(case, paths=PATHS, seed=1, workers=1, progress=tell, memory="2GB", backend="threads")
    rk.compare(case, paths=64, progress=False, memory=1e9, checkpoint=str(folder / "first"))
    rk.compare(case, paths=64, progress=None, checkpoint=folder / "second", check_triggers=True)
    for on in ("crash", ["crash"], ("founder exit", "crash"), {"crash": 1}):
        rk.compare(case, paths=512, sampling="stratified", on=on)
    other = rk.compare(case, paths=4096, until={"wealth_median": 0.5}, max_paths=8192)

    own_metrics(result)
    own_statistics(case)
    metrics = ["wealth_median", "ced95"]
    for chosen in ("wealth_median", metrics, tuple(metrics), (name for name in metrics), None):
        assert_type(result.table(chosen), pd.DataFrame)
    assert_type(result.errors(metrics), pd.DataFrame)
    assert_type(result.interval("wealth_median", level=0.9), pd.DataFrame)
    assert_type(result.differences("hold", 0.9, metrics), pd.DataFrame)
    assert_type(result.dominance(quantity="wealth"), pd.DataFrame)
    assert_type(result.frontier("ced95", y="wealth_median"), pd.DataFrame)
    assert_type(result.regret(), pd.DataFrame)
    assert_type(result.against(other, "wealth_median"), pd.DataFrame)
    assert_type(result.against(other, metrics, level=0.9), pd.DataFrame)
    assert_type(result.net("wealth_mean"), pd.DataFrame)
    assert_type(result.to_pandas(), pd.DataFrame)
    assert_type(result.holdings(), pd.DataFrame)
    assert_type(result.worst(2, rule="hold", quantity="max_drawdown"), rk.Trace)
    assert_type(result.paths, int)
    assert_type(result.effective_sample_size, float)
    assert_type(result.assumptions(), list[str])
    assert result.values("hold", "wealth").shape == result.path_weights.shape
    found = result.estimate("hold", "wealth_mean")
    assert result.reweight({"crash": 0.4}).paths == result.reweight(factors={"crash": 0.9}).paths == PATHS
    views = {rk.Mean("wealth", rule="hold"): found.value}
    result.tilt(views)
    result.tilt({rk.Probability("crash", at_least=1): (0.3, None)})
    result.tilt(
        {rk.Quantile("wealth", 0.5, rule="hold"): [0.9, 1.2], rk.Probability("wealth", rule="hold", at_most=1): 0.5}
    )
    hold, trim = rk.Quantity("wealth", rule="hold"), rk.Quantity("wealth", rule="trim")
    result.tilt({rk.Mean(trim - 0.5 * hold): (0.0, None), rk.Variance(hold) - 4.0 * rk.Variance(trim): (None, 9.0)})
    result.tilt({rk.Correlation(hold, -trim): (-1.0, 0.9), rk.TailMean(hold / 2.0, 0.05, "highest"): (0.1, 9.0)})
    for file in (folder / "columns.parquet", str(folder / "columns.parquet")):
        result.to_parquet(file)
    result.to_xarray()
    assert_type(result.probability("max_drawdown", above=[0.3, 0.5]), pd.DataFrame)
    assert_type(result.probability("wealth", below=1.0), pd.DataFrame)
    assert_type(result.to_latex(["sharpe", "ced95"]), str)
    with suppress(rk.MissingExtra):
        result.to_excel(folder / "result.xlsx", metrics="ced95", sheets={"own": pd.DataFrame()}, force=True)
    for place in (folder / "saved", str(folder / "again")):
        result.save(place)
        assert rk.Comparison.load(place).paths == PATHS
    return result


def reported(result: rk.Comparison, page: str | Path) -> None:
    """A report takes the longest of all, so it is written once."""
    result.report(page, force=True, paths=100)


def explained(case: rk.Scenario, rule: rk.Rule | str | None) -> pd.DataFrame:
    """Attribution, too, takes many runs."""
    causes = rk.attribution(case, rule, "max_drawdown_mean", paths=64, seed=1)
    assert causes.sentence()
    figures.waterfall(causes)
    return causes.sources


def paths_of(case: rk.Scenario, market: rk.Market, folder: Path) -> rk.Paths:
    """Single paths."""
    drawn: rk.Paths = rk.sample(market, years=1, steps_per_year=12, paths=200, seed=1)
    assert drawn.prices.shape[1] == len(drawn.names)
    assert not drawn.frame(3).empty
    assert not drawn.to_pandas().empty
    drawn.to_xarray()
    for chosen in (2, [0, 5], (1, 2), range(3), np.array([1, 4])):
        rk.trace(case, "hold", paths=chosen, seed=1)

    def observe(moment: Moment, first: int) -> None:
        book = moment.book("hold")
        assert book.weights.shape == moment.price.shape
        assert book.wealth_after_tax.shape == book.max_drawdown.shape == moment.paths.shape
        assert moment.trades("hold") is None or first == 0

    rk.replay(case, "hold", [4, 1], seed=1, observe=observe)
    rk.replay(case, case.rules[0], np.array([4, 1]), observe=observe)
    rk.replay(case, ["hold", rk.Cap(0.2)], (4, 1), observe=observe)
    rk.replay(case, "hold", range(2), observe=observe, steps=[0, 3], fixed={"crash": 0.5})
    traced: rk.Trace = rk.trace(case, rk.Cap(0.2), paths=2)
    assert traced.wealth_after_tax.shape == traced.wealth.shape
    for start in ("2026-01-01", datetime.date(2026, 1, 1), None):
        assert not (traced.returns(0) if start is None else traced.returns(start=start)).empty
    assert not traced.to_pandas().empty
    traced.to_xarray()
    for file in (folder / "traced.parquet", str(folder / "traced.parquet")):
        traced.to_parquet(file)
        drawn.to_parquet(file)
    return drawn


def published(case: rk.Scenario) -> None:
    """Published figures, assumptions made of them, and a scenario beside them."""
    figure: rk.evidence.Figure = rk.evidence.single_stock(sector="all").figures[0]
    assert rk.evidence.table()["value"].min() < figure.value
    death: rk.evidence.Assumption = rk.evidence.ceo_death(age=54, sex="male", founder=True)
    shocks: list[rk.Shock] = [
        death.shock(case.portfolio, "Ann"),
        rk.evidence.ceo_turnover().shock(case.portfolio, "Ann", impact=-0.1),
        rk.evidence.departure(kind="bad news").shock(case.portfolio, "Ann", rate=0.02, name="departure"),
    ]
    assert all(shock.source for shock in shocks)
    assert rk.evidence.venture().values
    assert rk.evidence.volatility_premium().sources
    found = rk.evidence.check(case, paths=128, seed=1)
    assert len(found.frame()) == len(found.rows) > len(found.flagged)
    assert rk.scenarios.baron(shock="evidence") != rk.scenarios.baron(0.08, shock="stress")
    assert rk.Shock("exit", 0.02, {"A": -0.5}, source="mine").source == "mine"


def questions(case: rk.Scenario, folder: Path) -> None:
    """What is asked of a scenario besides, and its figures."""
    stressed = rk.stress(case.portfolio, {"A": -0.5, "B": -1})
    assert stressed.loss > 0.0
    assert not stressed.holdings.empty
    pair = rk.Portfolio([rk.Holding("A", 40, founder="Ann"), rk.Holding("Rest", 60)])
    one_shock = rk.Market({name: rk.Asset(0.07, 0.2) for name in pair.names}, shocks=rk.failure("A", 0.1, name="crash"))
    simple = rk.Scenario(pair, one_shock, [rk.Hold(), rk.DiversifyNow()], years=1, steps_per_year=12)
    causes = explained(simple, "hold")
    reported(rk.compare(simple, paths=128), folder / "page.html")
    worst = rk.reverse_stress(case, loss=0.3, rule=rk.Hold(), paths=2000)
    rk.reverse_stress(case, rule="hold", paths=2000)
    funded: float = rk.core_funded(simple, paths=128, seed=1).value
    assert 0.0 <= funded <= 1.0
    worth: float = rk.private_value(simple, "A", into="Rest", rule="hold", risk_aversion=2, paths=2000, seed=1).value
    rk.private_value(simple, "A", into={"Rest": 1.0}, rule=rk.Hold(), paths=2000)
    assert worth > 0.0
    published(simple)
    assert worst is not None
    tie = rk.breakeven(simple, "hold", rk.DiversifyNow(), vary="expected_return:Ann", between=(-0.2, 0.5), paths=256)
    assert tie.sentence()
    table = rk.sweep(case, {"expected_return:Ann": [0.0, 0.1], "rate:crash": np.array([0.1, 0.5])}, paths=64)
    rk.sweep(case, {"expected_return:Ann": (0, 0.1)}, metric="wealth_mean", paths=64)
    doubts = rk.Market({**case.market.assets, "A": rk.Asset(rk.Uncertain(0.08, 0.05), 0.5)}, shocks=case.market.shocks)
    assert not rk.uncertainty(replace(case, market=doubts), "wealth_mean", paths=4096, workers=1).empty

    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes

    result = rk.compare(case, paths=256)
    hedged = rk.Hedged(rk.Hold(), rk.Put("A", 0.9, pricing=rk.OptionPricing(0.3)))
    one = rk.sweep(case, {"expected_return:Ann": [0.0, 0.1]}, paths=64)
    plan = rk.optimize.sell_down(simple, years=0, into="Rest", paths=1000)
    growth = np.random.default_rng(0).normal(0.0, 0.01, (300, 2)).cumsum(axis=0)
    prices = pd.DataFrame(np.exp(growth), pd.bdate_range("2024-01-01", periods=300), ["A", "B"])
    axes: list[Axes] = [
        figures.concentration_bars(case.portfolio, theme="dark"),
        figures.concentration_bars(case.portfolio, ax=plt.subplots()[1]),
        figures.drawdown_probability(result, ["hold"]),
        figures.founder_weight_fan(result, "hold", founder="Ann", paths=100),
        figures.frontier(result, "ced95", "wealth_median", level=0.9),
        figures.hedge_fan(rk.compare(replace(case, rules=hedged, baseline=None), paths=256), paths=100),
        figures.payoff(rk.Put("A", 0.9), case.market, on="A", theme="dark"),
        figures.payoff([rk.Put("A", 0.9), rk.CoveredCall("A", 1.2)], case.market),
        figures.max_drawdowns(result, ("hold", "trim")),
        figures.paired_differences(result, "wealth_median", baseline="hold"),
        figures.sweep_map(one, "hold", against="trim", break_even=0.05),
        figures.sweep_map(one, "hold", against="trim", break_even=[0.05, 0.08]),
        figures.sweep_map(one, "hold", against="trim", break_even=tie),
        figures.sweep_map(table, "hold"),
        figures.under_water(result, "hold", paths=[0, 3]),
        figures.under_water(result, paths=3, after_tax=True),
        figures.waterfall(causes, name="hold"),
        figures.waterfall(pd.Series({"crash": 0.2, "rest": 0.1}), start=0.0, name="loss", unit="share"),
        figures.wealth_fan(result, "hold", paths=100, single_paths=2),
        figures.wealth_fan(result, paths=100, single_paths=(0, 1)),
        figures.wealth_fan(result, after_tax=False),
        figures.correlation_matrix(prices),
        figures.price_drawdowns(prices, theme="dark"),
        figures.price_drawdowns(prices["A"]),
        figures.price_drawdowns(rk.Market(rk.Resampled(prices))),
        figures.rolling_volatility(prices, window=20),
        figures.rolling_correlation(prices, "B", window=20),
        figures.monthly_returns(prices, "B"),
        figures.sales_by_year(plan),
        plan.figure(theme="page"),
        result.figure("frontier"),
        result.figure("wealth_fan", rule="hold", paths=100),
    ]
    (folder / "figure.svg").write_text(figures.svg(axes[0], label="weights"), encoding="utf-8")
    assert rk.report.figures is figures


def measured() -> None:
    """Measures of arrays, of lists and of what pandas has."""
    levels = np.array([1.0, 1.2, 0.9, 1.1, 0.8])
    dates = pd.date_range("2024-01-01", periods=5)
    series = pd.Series(levels, dates)
    many = pd.DataFrame({"x": levels, "y": levels[::-1] + 0.5}, dates)
    measures: list[Callable[[Any], Any]] = [
        rk.measures.average_drawdown,
        rk.measures.longest_under_water,
        rk.measures.max_drawdown,
        rk.measures.time_under_water,
        rk.measures.ulcer_index,
        rk.measures.cdar,
    ]
    for measure in measures:
        for wealth in (levels, levels.tolist(), series, many):
            measure(wealth)
    deep: float = rk.measures.max_drawdown(levels)
    assert rk.measures.max_drawdown([1, 2, 1]) > deep
    rk.measures.ulcer_index(many, weights=[0.5, 0.5])
    assert_type(rk.measures.drawdown(series), "pd.Series[float]")
    assert_type(rk.measures.drawdown(many), pd.DataFrame)
    assert rk.measures.drawdown(levels).shape == (5,)
    assert not rk.measures.drawdown_table(series).empty
    losses = np.linspace(-0.5, 0.5, 101)
    for tail in (rk.measures.var, rk.measures.expected_shortfall, rk.measures.conditional_expected_drawdown):
        tail(np.abs(losses), 0.9, weights=np.ones(101))
        tail(pd.Series(np.abs(losses)), level=0.9)


def optimised(case: rk.Scenario, drawn: rk.Paths) -> None:
    """Optimisers, with scenarios, bounds and limits in every form."""
    frame = pd.DataFrame(drawn.prices[-1].T / drawn.prices[0].T - 1.0, columns=list(drawn.names))
    limits = [
        rk.optimize.founder_limit("Ann", 0.5, case.portfolio),
        rk.optimize.turnover_limit(0.9, case.portfolio),
        *rk.optimize.holding_limits({"A": 0.3, "Rest": (0.1, 0.9)}),
        *rk.optimize.locked("C", case.portfolio),
        *rk.optimize.locked(["C"], case.portfolio),
    ]

    def at_most_half(weights: Any) -> Any:
        return weights[0] <= 0.5

    def named(weights: Any, names: Sequence[str]) -> list[Any]:
        return [weights[names.index("A")] <= 0.4]

    ones = np.ones(len(frame))
    found = rk.optimize.min_cvar(frame, level=0.9, path_weights=ones, bounds=(0, 1), constraints=limits[:1])
    assert_type(found, rk.optimize.Allocation)
    assert_type(found.weights, "pd.Series[float]")
    rk.optimize.min_cvar(frame.to_numpy(), bounds=[(0, 0.5)] * 6, constraints=at_most_half, method="lp")
    rk.optimize.min_cvar(drawn, bounds={"A": (0.0, 0.3)}, constraints=[*limits, at_most_half, named], method="auto")
    rk.optimize.min_cvar(drawn, bounds=np.array([0.0, 0.6]), constraints=(named,), min_return=-0.9)
    assert_type(rk.optimize.min_cdar(drawn, constraints=limits[:1]), rk.optimize.DrawdownAllocation)
    assert_type(rk.optimize.min_ced(drawn.prices[1:] / drawn.prices[:-1] - 1.0), rk.optimize.DrawdownAllocation)
    assert_type(rk.optimize.frontier(frame, risk="cvar", points=3), list[rk.optimize.Allocation])
    risky = frame.drop(columns="Cash") if "Cash" in frame else frame
    assert_type(rk.optimize.risk_budget(risky), rk.optimize.RiskBudget)
    shares = {str(name): 1.0 / risky.shape[1] for name in risky}
    rk.optimize.risk_budget(risky, budgets=shares, limits=at_most_half, risk="cvar", level=0.5)
    rk.optimize.risk_budget(risky, budgets=pd.Series(shares), limits=limits[:1])
    pair = rk.Market({"A": rk.Asset(0.08, 0.3), "Rest": rk.Asset(0.06, 0.15)})
    for founder in (None, "A", {"A": 0.5}):
        assert rk.optimize.kelly(pair, founder, cash=0.02).status
    assert rk.optimize.no_trade_band(0.4, 0.5, 0.01, risk_aversion=2) is not None
    averaged = [replace(each, cost=each.basis, method="average") for each in case.portfolio.holdings]
    taxed = replace(case, portfolio=rk.Portfolio(averaged), frictions=rk.Frictions(tax=rk.CapitalGains(0.2)))
    pledge = rk.SellLast(after=rk.Trim(0.5, 1))
    plan: rk.optimize.Plan = rk.optimize.sell_down(taxed, years=0, into="Rest", paths=1000, seed=1)
    rk.optimize.sell_down(
        taxed, years=0, into={"Rest": 1}, objective="expected_tax", constraints=limits[:1], paths=1000
    )
    assert plan.as_rule("planned").name == "planned"
    assert pledge.name
    short = replace(rk.scenarios.baron(), years=2, steps_per_year=12, rules=[rk.Hold()], baseline=None)
    policy: rk.optimize.Policy = rk.optimize.adaptive_sell_down(short, into="diversified", years=1, paths=1000)
    assert_type(policy.as_rule("adaptive"), rk.AdaptiveSellDown)
    bound: rk.optimize.Bound = rk.optimize.upper_bound(short, policy, into={"diversified": 1}, inner=4, paths=1000)
    assert bound.sentence
    result = rk.compare(short, paths=1000, seed=3, progress=False)
    gaps: rk.optimize.Gaps = result.gap(into="diversified", inner=4, paths=1000, progress=False)
    assert gaps.sentence
    figures.gap_bars(gaps, theme="dark")
    assert rk.AdaptiveSellDown({"A": [0.0]}, {"A": (0.1,)}, {"A": [0]}, {"exit": {"A": [1.0]}}, per_year=12)


def files(folder: Path) -> None:
    """Readers, from paths as text and as `Path`, and from frames."""
    prices = prices_of(["A", "B"])
    file = folder / "prices.csv"
    prices.to_csv(file, index_label="date")
    sources: list[str | Path | pd.DataFrame | pd.Series[float]] = [file, str(file), prices, prices["A"]]
    for source in sources:
        assert_type(rk.read.prices(source), pd.DataFrame)
    rk.read.prices(file, splits={}, real_moves={"A": []}, date_format=None, decimal=None)
    book = folder / "holdings.csv"
    book.write_text("symbol,value,cost basis\nA,60,10\nRest,40,30\n", encoding="utf-8")
    for path in (book, str(book)):
        assert_type(rk.read.holdings(path, {"A": "Ann"}, keep=["A"], fx={"EUR": 1.1}, currency="USD"), rk.Portfolio)
    rk.read.holdings(book, founders={"A": {"Ann": 0.5}}, decimal=None, loan_rate=0.04, max_loan_to_value=0.5)
    line = "<invstOrSec><name>{}</name><valUSD>{}</valUSD><fairValLevel>{}</fairValLevel></invstOrSec>"
    filing = folder / "primary_doc.xml"
    filing.write_text(
        "<edgarSubmission><formData><fundInfo><netAssets>100</netAssets></fundInfo><invstOrSecs>"
        + line.format("SpaceX", 35, 3)
        + line.format("Bonds", 65, 2)
        + "</invstOrSecs></formData></edgarSubmission>",
        encoding="utf-8",
    )
    for path in (filing, str(filing)):
        rk.read.nport(path, {"SpaceX": "Musk"}, derivatives="leave out", unlisted=rk.TenderWindows())
    rk.read.nport(filing, founders={"SpaceX": {"Musk": 1}}, derivatives="notional", loan_rate=0.04)


def errors() -> None:
    """Errors, by their kind."""
    try:
        rk.Loan(-1, 0.05, 0.5)
    except rk.InvalidInput as error:
        print(error)
    for kind in (rk.InvalidInput, rk.MissingExtra, rk.NotCompiled, rk.NotEnoughMemory, rk.optimize.SolverFailed):
        assert issubclass(kind, rk.RiskkitError)
    assert issubclass(rk.Interrupted, KeyboardInterrupt)
    assert issubclass(rk.RiskkitWarning, Warning)


def main(folder: Path) -> None:
    """Use everything once; samples as small as these are warned of."""
    warnings.simplefilter("ignore", rk.RiskkitWarning)
    portfolio = portfolios()
    market = markets(portfolio)
    history(portfolio)
    case = scenarios(portfolio, market, folder)
    comparisons(case, folder)
    drawn = paths_of(case, market, folder)
    questions(case, folder)
    measured()
    optimised(case, drawn)
    files(folder)
    errors()


if __name__ == "__main__":
    import sys

    main(Path(sys.argv[1]))
