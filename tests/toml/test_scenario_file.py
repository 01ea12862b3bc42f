"""Scenarios go to TOML and back without loss; errors about a file name the key and the reason."""

from __future__ import annotations

import itertools
import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import riskkit
from riskkit import rules as built_in
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import clean_text
from riskkit.frictions._deposit import Deposit
from riskkit.frictions._frictions import Frictions
from riskkit.frictions._spending import Spending
from riskkit.frictions._tax import CapitalGains
from riskkit.frictions._vesting import Vesting
from riskkit.instruments import (
    Collar,
    CoveredCall,
    ExchangeFund,
    Hedged,
    Instrument,
    OptionPricing,
    PrepaidForward,
    Put,
)
from riskkit.market import Asset, Hazard, Impact, Market, Shock
from riskkit.market.diffusion._uncertain import Uncertain
from riskkit.market.hazards._hazard import Constant, SumHazard
from riskkit.market.hazards._mortality import Mortality
from riskkit.market.hazards._scaled import ScaledHazard
from riskkit.market.hazards._seasonal import Seasonal
from riskkit.market.history._replayed import Replayed
from riskkit.market.history._resampled import Resampled
from riskkit.market.shocks._contagion import Contagion
from riskkit.market.time_change._clustered import Clustered
from riskkit.market.time_change._regimes import Regime, Regimes
from riskkit.market.time_change._tails import NormalInverseGaussian, StudentT
from riskkit.portfolio._holding import Holding, Lot, Marks
from riskkit.portfolio._liquidity import Liquidity, Listed, Locked, TenderWindows
from riskkit.portfolio._portfolio import Loan, Portfolio
from riskkit.rules import (
    CPPI,
    AdaptiveSellDown,
    Band,
    BuyDips,
    Cap,
    DiversifyNow,
    DrawdownControl,
    Hold,
    Rebalance,
    Rule,
    SellDown,
    SellLast,
    TakeProfit,
    Trim,
)
from riskkit.scenario._scenario import Scenario
from riskkit.scenario.scenarios import baron
from riskkit.toml import from_toml, load, save, to_toml
from riskkit.toml.schema_types import concrete_subclasses

HOLDINGS = ("TSLA", "SpaceX", "rest", 'cash of "A. B."')


def round_trip(scenario: Scenario, **options: bool) -> Scenario:
    return from_toml(Scenario, to_toml(scenario, **options))


# Scenarios of every kind

positive = st.floats(1e-6, 1e6)
share = st.floats(0.0, 1.0, exclude_min=True, exclude_max=True)
every = st.integers(0, 24)
into = st.one_of(st.none(), st.just({"rest": 1.0}), st.just({"rest": 0.25, HOLDINGS[3]: 0.75}))
founder = st.sampled_from([None, "Musk"])
# Names as they are kept: what cannot be seen is removed from them.
labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).map(clean_text).filter(bool)


def simple_rules() -> dict[str, st.SearchStrategy[Rule]]:
    width = st.one_of(st.just(math.inf), st.floats(0.0, 1.0))
    return {
        "Hold": st.builds(Hold, every),
        "DiversifyNow": st.builds(DiversifyNow, into, every),
        "Rebalance": st.builds(Rebalance, every, into),
        "Band": st.builds(Band, width, st.one_of(st.none(), width), st.sampled_from(["target", "edge"]), every),
        "Cap": st.one_of(
            st.builds(Cap, share, founder=founder, into=into, every=every, at_start=st.booleans()),
            st.builds(Cap, share, holding=st.just("TSLA"), to=st.one_of(st.none(), st.just(0.0))),
        ),
        "Trim": st.builds(Trim, share, positive, founder, into, every),
        "TakeProfit": st.builds(TakeProfit, st.floats(1.01, 100.0), share, founder, into, every),
        "BuyDips": st.builds(BuyDips, share, share, every),
        "DrawdownControl": st.builds(DrawdownControl, share, founder, into, every, st.booleans()),
        "CPPI": st.builds(CPPI, share, st.floats(1e-6, 1e3), founder, into, every, st.booleans()),
        "AdaptiveSellDown": st.builds(
            AdaptiveSellDown,
            st.just({"TSLA": [0.5, 0.1 + 0.2], "SpaceX": [-1.0, 2.0]}),
            st.fixed_dictionaries({"TSLA": st.tuples(share, share), "SpaceX": st.tuples(share, share)}),
            st.just({"TSLA": [0.0, -1.0], "SpaceX": [0.0, 0.0]}),
            st.one_of(st.none(), st.just({"exit": {"TSLA": [0.0, 1.0], "SpaceX": [0.5, 0.0]}})),
            into,
            st.sampled_from([1, 2, 4]),
        ),
        "SellDown": st.one_of(
            st.builds(SellDown, st.just({"TSLA": [0.5, 0.1 + 0.2]}), into),
            st.builds(
                SellDown,
                st.fixed_dictionaries({"TSLA": st.tuples(share)}),
                into,
                st.fixed_dictionaries({"TSLA": st.tuples(share)}),
                st.just({"TSLA": [[0.5, 1.0, 2.0]]}),
            ),
        ),
    }


def all_rules() -> dict[str, st.SearchStrategy[Rule]]:
    simple = simple_rules()
    inner = st.one_of(*simple.values())
    last = st.one_of(st.builds(SellLast, inner, inner), st.builds(SellLast, inner, into=into, every=every))
    return {**simple, "SellLast": st.one_of(last, st.builds(SellLast, last))}


def instruments() -> dict[str, st.SearchStrategy[Instrument]]:
    """Instruments on TSLA that cover 1 % of it, so that any ten fit together."""
    volatility, points = st.floats(0.1, 2.0), st.floats(0.0, 0.1)
    pricing = st.builds(OptionPricing, volatility, slope=st.floats(-0.1, 0.0), rate=points, spread=points)
    common = {"on": st.just("TSLA"), "share": st.just(0.01), "years": st.sampled_from([0.25, 1 / 6, 0.1 + 0.15])}
    rolled = {**common, "roll": st.just(True), "settlement": st.sampled_from(["units", "cash"]), "pricing": pricing}
    floors, caps = st.floats(0.5, 0.9), st.floats(1.1, 5.0)
    return {
        "Put": st.builds(Put, strike=floors, **rolled),
        "CoveredCall": st.builds(CoveredCall, strike=caps, **rolled),
        "Collar": st.builds(Collar, floor=floors, cap=caps, **rolled),
        "PrepaidForward": st.builds(
            PrepaidForward, floor=floors, cap=caps, discount=points, into=into, pricing=pricing, **common
        ),
        "ExchangeFund": st.builds(ExchangeFund, into=st.just("rest"), fee=points, **common),
    }


def hedged_rules() -> st.SearchStrategy[Rule]:
    several = st.lists(st.one_of(*instruments().values()), max_size=3)
    return st.builds(Hedged, st.one_of(*simple_rules().values()), several)


@st.composite
def impacts(draw: st.DrawFn) -> Any:
    mean = draw(st.floats(-0.99, 2.0))
    spread = draw(st.floats(0.0, 10.0))
    return draw(st.sampled_from([mean, Impact(mean), Impact(mean, spread)]))


def hazards() -> dict[str, st.SearchStrategy[Hazard]]:
    rates = st.floats(0.0, 3.0)
    simple: dict[str, st.SearchStrategy[Hazard]] = {
        "Constant": st.builds(Constant, rates),
        "Mortality": st.builds(Mortality, st.floats(20.0, 90.0), st.sampled_from(["male", "female"])),
        "Seasonal": st.builds(Seasonal, rates, st.floats(0.0, 1.0), st.floats(0.0, 1.0, exclude_max=True)),
    }
    parts = st.lists(st.one_of(rates, *simple.values()), min_size=1, max_size=3)
    scaled = st.builds(ScaledHazard, rates, st.one_of(*simple.values()))
    return {**simple, "SumHazard": st.builds(SumHazard, parts), "ScaledHazard": scaled}


def clocks() -> st.SearchStrategy[float | Hazard]:
    return st.one_of(st.floats(0.0, 3.0), *hazards().values())


@st.composite
def shocks(draw: st.DrawFn, name: str) -> Shock:
    hit = draw(st.lists(st.sampled_from(HOLDINGS), min_size=1, unique=True))
    drift = draw(st.one_of(st.none(), st.dictionaries(st.sampled_from(HOLDINGS), st.floats(-1.0, 1.0))))
    return Shock(
        name,
        draw(clocks()),
        {holding: draw(impacts()) for holding in hit},
        once=draw(st.booleans()),
        together=draw(st.floats(-0.3, 1.0)) if len(hit) < 4 else 1.0,
        drift_after=drift,
    )


@st.composite
def markets(draw: st.DrawFn) -> Market:
    order = draw(st.permutations(HOLDINGS))
    assets = {name: Asset(draw(st.floats(-0.9, 2.0)), draw(st.floats(0.0, 2.0))) for name in order}
    # Within ±1/3 a matrix of four is diagonally dominant, and so positive semidefinite.
    correlation: dict[str, dict[str, float]] = {}
    for first, second in itertools.combinations(HOLDINGS, 2):
        if draw(st.booleans()):
            correlation.setdefault(first, {})[second] = draw(st.floats(-0.33, 0.33))
    names = draw(st.lists(labels, max_size=3, unique=True))
    return Market(
        assets, correlation, shocks=tuple(draw(shocks(name)) for name in names), compensate=draw(st.booleans())
    )


def simple_liquidities() -> dict[str, st.SearchStrategy[Liquidity]]:
    months = st.lists(st.integers(1, 12), min_size=1, unique=True)
    return {
        "Listed": st.builds(Listed, st.one_of(st.none(), share)),
        "TenderWindows": st.builds(TenderWindows, months, share, share, buyable=st.booleans()),
        "Locked": st.builds(Locked, positive, buyable=st.booleans()),
    }


def liquidities() -> st.SearchStrategy[Liquidity]:
    simple = st.one_of(*simple_liquidities().values())
    locked = st.builds(Locked, positive, buyable=st.booleans(), then=simple)
    return st.one_of(simple, locked, st.builds(TenderWindows, until=positive, then=locked))


@st.composite
def holdings(draw: st.DrawFn, name: str, value: float, founder: Any) -> Holding:
    # BuyDips needs a listed holding with a founder.
    liquidity = draw(simple_liquidities()["Listed"] if name == "TSLA" else liquidities())
    cost = st.floats(0.0, 1e6)
    lots = [Lot(0.25 * value, draw(cost)), Lot(0.75 * value, draw(cost))]
    return Holding(
        name,
        value,
        founder=founder,
        cost=draw(st.one_of(st.none(), cost, st.just(value), st.just(lots))),
        method=draw(st.sampled_from(["average", "fifo", "hifo"])),
        liquidity=liquidity,
        marks=None
        if liquidity.listed
        else draw(st.one_of(st.none(), st.builds(Marks, st.integers(1, 60), st.booleans()))),
    )


@st.composite
def frictions(draw: st.DrawFn, wealth: float) -> Frictions:
    costs = st.floats(0.0, 0.1)
    amount = st.floats(0.0, 1.0).map(wealth.__mul__)
    tax = draw(
        st.one_of(
            st.none(),
            st.builds(
                CapitalGains,
                st.floats(0.0, 0.89),
                loss_offset=st.booleans(),
                at_end=st.sampled_from(["sell", "step_up", "keep"]),
            ),
        )
    )
    rates = st.floats(0.0, 0.5)
    deaths = {name: hazard for name, hazard in hazards().items() if name != "Constant"}
    spending = st.one_of(st.none(), st.builds(Spending, rates), st.builds(Spending, amount=amount, grows=st.booleans()))
    return Frictions(
        draw(st.one_of(costs, st.dictionaries(st.sampled_from(HOLDINGS), costs))),
        tax=tax,
        spending=draw(spending),
        death=None if tax is None else draw(st.one_of(st.none(), rates, *deaths.values())),
        flows=draw(st.lists(st.one_of(deposits(), vestings()), max_size=3)),
    )


def deposits() -> st.SearchStrategy[Deposit]:
    # TSLA is always listed.
    return st.builds(Deposit, st.floats(0.0, 1e6), st.sampled_from(["TSLA", {"TSLA": 1.0}]))


def vestings() -> st.SearchStrategy[Vesting]:
    months = st.integers(12, 60).map(lambda count: count / 12)
    names, withheld = st.sampled_from(HOLDINGS), st.floats(0.0, 0.9)
    return st.builds(Vesting, names, st.floats(0.0, 1e6), months, withholding=withheld)


@st.composite
def portfolios(draw: st.DrawFn) -> Portfolio:
    shares = draw(st.sampled_from(["Musk", {"Musk": 0.5, "Ann B.": 0.5}, {"Musk": 1.0, "Zed": 0.0}, {"Musk": 0.3}]))
    values = [draw(positive) for _ in HOLDINGS]
    linked = [shares, "Musk", None, None]
    drawn_holdings = [draw(holdings(*parts)) for parts in zip(HOLDINGS, values, linked, strict=True)]
    loan = draw(st.sampled_from([None, Loan(0.1 * sum(values), 0.05, 0.5)]))
    return Portfolio(drawn_holdings, loan=loan)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    drawn = draw(st.lists(st.one_of(*all_rules().values(), hedged_rules()), min_size=1, max_size=4))
    portfolio = draw(portfolios())
    names = draw(st.lists(labels, min_size=len(drawn), max_size=len(drawn), unique=True))
    market = draw(markets())
    forced = draw(st.sets(st.sampled_from(market.shocks))) if market.shocks else ()
    return Scenario(
        portfolio,
        market,
        [replace(rule, name=name) for rule, name in zip(drawn, names, strict=True)],
        frictions=draw(frictions(portfolio.net)),
        years=draw(st.sampled_from([1, 10, 0.25, 2.5])),
        steps_per_year=draw(st.sampled_from([12, 52, 252])),
        goal=draw(positive),
        baseline=draw(st.sampled_from([None, names[-1]])),
        inflation=draw(st.sampled_from([0, 0.0, 0.02, -0.01])),
        forced={shock.name: 0.25 for shock in forced},
    )


@pytest.mark.parametrize("examples", [15, pytest.param(60, marks=pytest.mark.slow)])
def test_a_scenario_is_read_back_equal_and_in_order(examples: int):
    """Mappings are equal in any order, but the numbers of an event's impacts are drawn in theirs."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(scenarios())
    def holds(scenario: Scenario) -> None:
        back = round_trip(scenario)
        assert back == scenario
        assert hash(back) == hash(scenario)
        assert round_trip(back) == scenario
        assert list(back.market.assets) == list(scenario.market.assets)
        assert [list(shock.impact) for shock in back.market.shocks] == [list(s.impact) for s in scenario.market.shocks]

    holds()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(all_rules()))
def test_every_built_in_rule_round_trips(name: str):
    @settings(max_examples=25, deadline=None)
    @given(all_rules()[name])
    def holds(rule: Rule) -> None:
        scenario = replace(baron(), portfolio=portfolio(), market=market(), rules=[rule], baseline=None)
        assert round_trip(scenario).rules == (rule,)

    holds()


def test_the_strategies_here_know_every_built_in_rule():
    public = {name for name in built_in.__all__ if isinstance(getattr(built_in, name), type)}
    assert set(all_rules()) == public - {"FunctionRule", "Rule", "Trigger", "View"}
    assert set(concrete_subclasses(Rule)) == {*all_rules(), "Hedged", "StoredRule"}
    assert set(concrete_subclasses(Instrument)) == {*instruments(), "StoredInstrument"}
    assert set(concrete_subclasses(Liquidity)) == set(simple_liquidities())
    assert set(concrete_subclasses(Hazard)) == set(hazards())


def portfolio() -> Portfolio:
    linked = ["Musk", "Musk", None, None]
    return Portfolio([Holding(name, 25.0, founder=tied) for name, tied in zip(HOLDINGS, linked, strict=True)])


def market() -> Market:
    return Market({name: Asset(0.08, 0.3) for name in HOLDINGS})


# What a file looks like


def test_a_file_written_by_hand():
    """The same scenario as text and as Python: short forms, defaults left out, whole numbers for fractions."""
    text = """
    years = 5
    goal = 2
    rules = [
        { type = "Hold" },
        { type = "SellLast", name = "last", after = { type = "Trim", fraction = 1, years = 2 } },
        { type = "Band", width = inf },
    ]
    [portfolio]
    holdings = [
        { name = "A", value = 60, founder = "Ann" },
        { name = "B", value = 40, liquidity = { type = "Listed" } },
    ]
    loan = { amount = 10, rate = 0.03, max_loan_to_value = 0.5 }
    [market]
    correlation.A.B = 0.5
    [market.assets]
    A = { expected_return = 0.1, volatility = 0.4 }
    B = { expected_return = 0.05, volatility = 0.1 }
    [[market.shocks]]
    name = "failure"
    rate = 0.01
    once = true
    impact = { A = -0.9, B = { mean = -0.2, sd = 0.05 } }
    [frictions]
    cost = { A = 0.002 }
    """
    drawn_holdings = [Holding("A", 60, founder="Ann"), Holding("B", 40)]
    expected = Scenario(
        Portfolio(drawn_holdings, loan=Loan(10, 0.03, 0.5)),
        Market(
            {"A": Asset(0.1, 0.4), "B": Asset(0.05, 0.1)},
            {"A": {"B": 0.5}},
            shocks=[Shock("failure", 0.01, {"A": -0.9, "B": Impact(-0.2, 0.05)}, once=True)],
        ),
        [Hold(), SellLast(after=Trim(1.0, 2), name="last"), Band(math.inf)],
        frictions=Frictions({"A": 0.002}),
        years=5,
        goal=2,
    )
    assert from_toml(Scenario, text) == expected


def test_a_file_with_every_friction_written_by_hand():
    text = """
    inflation = 0.02
    rules = [{ type = "Hold" }]
    [portfolio]
    holdings = [
        { name = "A", value = 60, cost = [{ value = 50, cost = 5 }, { value = 10, cost = 12 }], method = "hifo" },
        { name = "B", value = 30, cost = 3, marks = { every = 3 }, liquidity = { type = "TenderWindows", months = [6], \
until = 3, then = { type = "Locked", years = 0.5 } } },
        { name = "C", value = 10, liquidity = { type = "Listed", monthly_limit = 0.1 } },
    ]
    [market.assets]
    A = { expected_return = 0.1, volatility = 0.4 }
    B = { expected_return = 0.1, volatility = 0.4 }
    C = { expected_return = 0.1, volatility = 0.4 }
    [frictions]
    tax = { rate = 0.238, at_end = "step_up" }
    spending = { amount = 4, grows = true }
    death = 0.02
    """
    windows = TenderWindows([6], until=3, then=Locked(0.5))
    drawn_holdings = [
        Holding("A", 60, cost=[Lot(50, 5), Lot(10, 12)], method="hifo"),
        Holding("B", 30, cost=3, marks=Marks(3), liquidity=windows),
        Holding("C", 10, liquidity=Listed(0.1)),
    ]
    expected = Scenario(
        Portfolio(drawn_holdings),
        Market({name: Asset(0.1, 0.4) for name in "ABC"}),
        [Hold()],
        frictions=Frictions(
            tax=CapitalGains(0.238, at_end="step_up"), spending=Spending(amount=4, grows=True), death=0.02
        ),
        inflation=0.02,
    )
    assert from_toml(Scenario, text.replace("\\\n", "")) == expected


def test_flows_written_by_hand():
    """A table without a type is a deposit; `into` may be a name or shares."""
    text = """
    rules = [{ type = "Hold" }]
    [portfolio]
    holdings = [{ name = "A", value = 60 }, { name = "B", value = 40 }]
    [market.assets]
    A = { expected_return = 0.1, volatility = 0.4 }
    B = { expected_return = 0.1, volatility = 0.4 }
    [[market.shocks]]
    name = "exit"
    rate = 0.1
    impact = { A = -0.5 }
    [[frictions.flows]]
    amount = 12
    into = "B"
    [[frictions.flows]]
    type = "Deposit"
    amount = 3
    into = { A = 0.25, B = 0.75 }
    [[frictions.flows]]
    type = "Vesting"
    on = "A"
    value = 20
    years = 4
    until = "exit"
    withholding = 0.4
    """
    read = from_toml(Scenario, text)
    assert read.frictions.flows == (
        Deposit(12, "B"), Deposit(3, {"A": 0.25, "B": 0.75}), Vesting("A", 20, 4, until="exit", withholding=0.4)
    )  # fmt: skip
    assert round_trip(read) == read


def test_hazards_written_by_hand():
    """Rates in a sum may be plain numbers."""
    text = """
    rules = [{ type = "Hold" }]
    [portfolio]
    holdings = [{ name = "A", value = 60 }]
    [market.assets.A]
    expected_return = 0.1
    volatility = 0.4
    [[market.shocks]]
    name = "founder exit"
    rate = { type = "SumHazard", parts = [{ type = "Mortality", age = 54, sex = "male" }, 0.01] }
    impact = { A = -0.5 }
    [[market.shocks]]
    name = "earnings"
    rate = { type = "Seasonal", rate = 0.4, amplitude = 1, peak = 0.25 }
    impact = { A = -0.1 }
    [frictions]
    tax = { rate = 0.2 }
    death = { type = "Mortality", age = 80.5, sex = "female" }
    """
    scenario = from_toml(Scenario, text)
    founder_exit, earnings = scenario.market.shocks
    assert founder_exit.rate == Mortality(54, "male") + 0.01
    assert earnings.rate == Seasonal(0.4, 1.0, 0.25)
    assert scenario.frictions.death == Mortality(80.5, "female")
    assert round_trip(scenario) == scenario
    assert '{ type = "Mortality", age = 54.0, sex = "male" },\n    0.01,\n' in to_toml(scenario)


def test_every_part_of_a_market_round_trips():
    """The table of a field with several classes has a type; an impact without a type is an `Impact`."""
    states = Regimes(
        {"calm": Regime(), "storm": Regime(2.0)}, switching={"calm": {"storm": 0.5}, "storm": {"calm": 4.0}}
    )
    unsure = Uncertain(-0.5, 0.1, shared="Musk")
    rich = Market(
        {name: Asset(Uncertain(0.08, 0.02), Uncertain(0.3, 0.1)) for name in HOLDINGS},
        tails=[NormalInverseGaussian(6.0), Clustered(0.1, 0.8), states],
        shocks=[
            Shock("a", Uncertain(0.02, 0.01), {"TSLA": unsure, "rest": Impact(-0.4, 0.1)}),
            Shock("b", 0.1, {"TSLA": Uncertain(-0.2, 0.05)}),
            Contagion("a", "b", 0.5, delay=0.25),
        ],
    )
    for each in (rich, replace(rich, tails=[StudentT(5)])):
        scenario = replace(baron(), portfolio=portfolio(), market=each, rules=[Hold()], baseline=None)
        assert round_trip(scenario) == scenario
    read = from_toml(Scenario, to_toml(baron()).replace("mean = -0.5\n", 'type = "Uncertain"\nmean = -0.5\n', 1))
    assert read.market.shocks[0].impacts["TSLA"] == Impact(Uncertain(-0.5, 0.15))


def test_a_market_made_of_history_includes_its_prices():
    days = pd.bdate_range("2024-01-01", periods=300)
    prices = pd.DataFrame(np.exp(np.random.default_rng(0).normal(0.0, 0.01, (300, 4)).cumsum(axis=0)), days, HOLDINGS)
    past = Resampled(prices, block=7.5, expected_return=dict.fromkeys(HOLDINGS, 0.07), cash={"cash": 0.02})
    for history in (past, Replayed(prices)):
        scenario = replace(baron(), portfolio=portfolio(), market=Market(history), rules=[Hold()], baseline=None)
        assert round_trip(scenario) == scenario
    text = to_toml(scenario).replace("date = [", "day = [")
    with pytest.raises(InvalidInput, match="prices must have the dates of its rows under 'date'"):
        from_toml(Scenario, text)


def test_a_small_scenario_is_a_small_file():
    scenario = Scenario(Portfolio([Holding("A", 60, founder="Ann")]), Market({"A": Asset(0.1, 0.4)}), [Hold()])
    assert to_toml(scenario).splitlines() == [
        'riskkit = "0.1"',
        "rules = [",
        '    { type = "Hold" },',
        "]",
        "",
        "[portfolio]",
        "holdings = [",
        '    { name = "A", value = 60.0, founder = "Ann" },',
        "]",
        "",
        "[market.assets.A]",
        "expected_return = 0.1",
        "volatility = 0.4",
    ]


def test_numbers_of_numpy_are_written_as_numbers():
    scenario = replace(baron(), years=np.float64(5.0), steps_per_year=np.int64(12))
    assert round_trip(scenario) == scenario


def test_save_and_load(tmp_path: Path):
    file = tmp_path / "scenario.toml"
    for scenario in (baron(), baron(0.1746)):
        scenario.save(file)
        assert Scenario.load(file) == scenario
        assert [path.name for path in tmp_path.iterdir()] == ["scenario.toml"]


def test_a_refused_scenario_leaves_the_file_as_it_was(tmp_path: Path):
    file = tmp_path / "scenario.toml"
    save(baron(), file)
    before = file.read_bytes()
    with pytest.raises(InvalidInput):
        save(replace(baron(), rules=[riskkit.rule(lambda view: None, name="mine")], baseline=None), file)
    assert file.read_bytes() == before


def test_files_that_cannot_be_opened(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        load(Scenario, tmp_path / "nothing.toml")
    with pytest.raises(FileNotFoundError):
        save(baron(), tmp_path / "no folder" / "scenario.toml")


def test_a_byte_order_mark_is_accepted(tmp_path: Path):
    """Some editors begin UTF-8 with one."""
    file = tmp_path / "scenario.toml"
    file.write_bytes(b"\xef\xbb\xbf" + to_toml(baron()).encode())
    assert load(Scenario, file) == baron()


def test_a_file_that_is_not_text(tmp_path: Path):
    file = tmp_path / "scenario.toml"
    file.write_bytes(b"goal = 5 # \xff")
    with pytest.raises(
        InvalidInput, match=r"scenario.toml, line 1: must be text in UTF-8, got invalid start byte at byte 11"
    ):
        load(Scenario, file)


def test_the_fields_of_a_scenario_are_the_keys_of_its_file():
    """A field that is added later is covered without a line here or there."""
    changed = replace(baron(), years=3, goal=2.0, steps_per_year=12, inflation=0.02)
    text = to_toml(changed.with_event("crash", year=1))
    written = {line.split(" =")[0] for line in text.split("[")[0].splitlines() if " = " in line}
    tables = {"portfolio", "market", "rules", "frictions", "forced"}
    assert "\n[forced]\ncrash = 1.0\n" in text
    assert from_toml(Scenario, text).forced == {"crash": 1.0}
    assert written | tables == {field.name for field in fields(Scenario)} | {"riskkit"}
    assert isinstance(baron().portfolio.holdings[0].liquidity, Listed)
