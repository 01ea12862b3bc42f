"""Uses of the public names that a type checker must refuse: each line that ends with ``# refused``, and no other.

The script is never run. tests/test_typing.py has mypy and pyright name the lines.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import riskkit as rk
from riskkit._core.calendar import Calendar
from riskkit.report import figures

portfolio = rk.Portfolio([rk.Holding("A", 1)])
market = rk.Market({"A": rk.Asset(0.08, 0.5)})
shock = rk.Shock("crash", 0.1, {"A": -0.5})
case = rk.Scenario(portfolio, market, [rk.Hold()])
prices = pd.DataFrame({"A": [1.0, 2.0]})
result = rk.compare(case)

# A number, a text and a list of either in each other's place.
rk.Asset("8 %", 0.5)  # refused
rk.Asset(0.08, None)  # refused
rk.Holding(40, "TSLA")  # refused
rk.Holding("TSLA", "40")  # refused
rk.Holding("TSLA", 40, founder=["Musk"])  # refused
rk.Holding("TSLA", 40, cost=[30, 10])  # refused
rk.Holding("TSLA", 40, method="lifo")  # refused
rk.Holding("TSLA", 40, aliases=37)  # refused
rk.TenderWindows("June")  # refused
rk.Band("5 %")  # refused
rk.Band(0.05, to="middle")  # refused
rk.Trim(0.5, years="two")  # refused
rk.Rebalance(to=[0.5, 0.5])  # refused
rk.SellDown({"A": 0.5})  # refused
rk.Trigger([[1.0]], None, [0.0])  # refused
rk.compare(case, check_triggers="always")  # refused
rk.CapitalGains(0.2, at_end="never")  # refused
rk.Mortality(55, "f")  # refused
rk.compare(case, paths="many")  # refused
rk.compare(case, until=["wealth_median"])  # refused
rk.sweep(case, {"rate:crash": 0.1})  # refused
rk.trace(case, "hold", paths=0.5)  # refused
rk.breakeven(case, "hold", "hold", vary="rate:crash", between=0.5)  # refused
result.table(5)  # refused
result.tilt({"wealth": 1.0})  # refused
result.reweight([0.1])  # refused
result.save(3)  # refused
rk.optimize.min_cvar(prices, constraints=0.3)  # refused
rk.optimize.sell_down(case, years=0, into="A", objective="most")  # refused
rk.read.prices(5)  # refused
rk.read.nport("file.xml", derivatives="delta")  # refused
rk.stress(portfolio, 0.5)  # refused

# One object in the place of another.
rk.Scenario(rk.Hold(), market, [rk.Hold()])  # refused
rk.Scenario(portfolio, portfolio, [rk.Hold()])  # refused
rk.Scenario(portfolio, market, ["hold"])  # refused
rk.Scenario(portfolio, market, lambda view: None)  # refused
rk.Scenario(portfolio, market, [rk.Hold()], frictions=rk.CapitalGains(0.2))  # refused
rk.Portfolio([rk.Lot(1, 1)])  # refused
rk.Portfolio(rk.Holding("A", 1))  # refused
rk.Portfolio([rk.Holding("A", 1)], loan=10)  # refused
rk.Holding("A", 1, liquidity="listed")  # refused
rk.Holding("A", 1, liquidity=rk.Marks(6))  # refused
rk.Holding("A", 1, marks=6)  # refused
rk.Market([rk.Asset(0.08, 0.5)])  # refused
rk.Market({"A": 0.08})  # refused
rk.Market({"A": rk.Asset(0.08, 0.5)}, shocks=[rk.Impact(-0.5)])  # refused
rk.Market({"A": rk.Asset(0.08, 0.5)}, shocks=[rk.StudentT(5)])  # refused
rk.Market({"A": rk.Asset(0.08, 0.5)}, contagion=[shock])  # refused
rk.Market({"A": rk.Asset(0.08, 0.5)}, tails=rk.StudentT)  # refused
rk.Market({"A": rk.Asset(0.08, 0.5)}, tails=[shock])  # refused
rk.Market({"A": rk.Asset(0.08, 0.5)}, tails=5)  # refused
rk.Shock("crash", "often", {"A": -0.5})  # refused
rk.Shock("crash", 0.1, -0.5)  # refused
rk.Shock("crash", 0.1, {"A": "half"})  # refused
rk.Shock("crash", rk.StudentT(5), {"A": -0.5})  # refused
rk.Regimes([rk.Regime(), rk.Regime()], switching={})  # refused
rk.Frictions(death=rk.StudentT(5))  # refused
rk.founder_exit(market, "Ann", 0.02, -0.5)  # refused
rk.market_crash(portfolio, 0.02, -0.5)  # refused
rk.SellLast("trim")  # refused
rk.Hedged(rk.Hold(), rk.Hold())  # refused
rk.Hedged("hold", rk.Put("A", 0.9))  # refused
rk.Put("A", 0.9, pricing=0.3)  # refused
rk.Put("A", 0.9, 1.0)  # refused
rk.Collar("A")  # refused
rk.Leg("swap", 1.0)  # refused
rk.compare(market)  # refused
rk.attribution(case, metric=rk.Hold())  # refused
rk.fit(prices, expected_return=0.07, tails=5)  # refused
rk.fit(prices, expected_return=None)  # refused
rk.concentration(case)  # refused
rk.concentration(portfolio, instruments=rk.Hold())  # refused
rk.rule("sell everything")  # refused
rk.rule(lambda: None)  # refused
figures.wealth_fan(portfolio)  # refused
figures.concentration_bars(result)  # refused

# What is missing, what is not there, and what cannot be changed.
rk.Portfolio()  # refused
rk.Scenario(portfolio, market)  # refused
rk.Shock("crash", 0.1)  # refused
rk.EventSource()  # refused
rk.Events(np.array([0]))  # refused
rk.Market({"A": rk.Asset(0.08, 0.5)}, shocks=[rk.Impact(-0.5)])  # refused
rk.Asset(0.08)  # refused
rk.Market({"A": rk.Asset(0.08, 0.5)}, None, rk.StudentT(5))  # refused
rk.Cap(0.2, limits=0.3)  # refused
rk.fit(prices)  # refused
print(rk.NoSuchName)  # refused
result.no_such_method()  # refused
rk.Metric("deep", 3)  # refused
result.table(rk.Hold())  # refused
rk.replay(case, "hold", 3, observe=print)  # refused
portfolio.holdings = ()  # refused
market.shocks = [shock]  # refused
case.years = 5  # refused
portfolio.holdings.append(rk.Holding("B", 1))  # refused

# What comes back has a type too.
bare: list[rk.Holding] = portfolio.holdings  # refused
name: int = portfolio.names[0]  # refused
table: float = result.table()  # refused
share: str = rk.concentration(portfolio).largest  # refused
mean: str = shock.impact["A"].mean  # refused
drawn: rk.Trace = rk.sample(market, years=1)  # refused
weights: float = rk.optimize.min_cvar(prices).weights  # refused
same: rk.Portfolio = replace(case, years=5)  # refused


class Impossible(rk.Rule):
    """A rule whose answer is no target."""

    def decide(self, view: rk.View, state: Any) -> NDArray[np.float64]:  # refused
        return view.weights


class WithFields(rk.Rule):
    """A rule whose fields are its arguments."""

    share: float = 0.5


class NoColumns(rk.Statistic):
    """A statistic whose answer is no mapping of columns."""

    depth: float = 0.5
    columns = ("lost",)

    def start(self, paths: NDArray[np.uint64], calendar: Calendar) -> Any:
        return None

    def update(self, state: Any, first_step: int, wealth: NDArray[np.float64], peak: NDArray[np.float64]) -> Any:
        return state

    def finish(self, state: Any, calendar: Calendar) -> NDArray[np.float64]:  # refused
        return np.zeros(3)


NoColumns(depth="half")  # refused
NoColumns(0.5, ("lost",))  # refused
rk.compare(case, statistics=["max_drawdown"])  # refused
WithFields(share="half")  # refused
WithFields(portion=0.5)  # refused
