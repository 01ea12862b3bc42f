"""Contributions to the expected shortfall of wealth: by hand, by Euler's theorem, and to the last digit of the sum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import riskkit as rk
from riskkit.analysis._tail_contributions import tail_contributions

SEED = 7


def scenario(**changed: Any) -> rk.Scenario:
    """Ann has A and half of B; of C nobody has anything."""
    holdings = [rk.Holding("A", 50, founder="Ann"), rk.Holding("B", 30, founder={"Ann": 0.5}), rk.Holding("C", 20)]
    shocks = [rk.Shock("exit", 0.1, {"A": -0.5, "B": -0.25}, once=True)]
    assets = {"A": rk.Asset(0.08, 0.5), "B": rk.Asset(0.08, 0.4), "C": rk.Asset(0.05, 0.15)}
    market = rk.Market(assets, {"A": {"B": 0.3}}, shocks=shocks)
    case = rk.Scenario(rk.Portfolio(holdings), market, [rk.Hold()], years=2, steps_per_year=12)
    return replace(case, **changed)


def contributions_of(case: rk.Scenario, rule: rk.Rule, paths: int):
    result = rk.compare(replace(case, rules=[rule], baseline=None), paths=paths, seed=SEED)
    wealth = result.values(rule.name, "wealth")
    return result, *tail_contributions(case, rule, wealth, SEED)


@pytest.mark.parametrize("paths", [200, 30, 5])
def test_contributions_of_hold_by_hand(paths: int):
    """The losses w (1 - S_T) of each holding, over the worst 5 % by hand: of 30 paths the worst one and half of the
    next, of 5 a quarter of the worst."""
    _, holdings, founders = contributions_of(scenario(), rk.Hold(), paths)
    end = rk.trace(scenario(), "hold", paths=paths, seed=SEED).prices[-1]
    losses = np.array([[0.5], [0.3], [0.2]]) * (1.0 - end)
    worst = np.argsort(losses.sum(axis=0))[::-1]
    share = np.clip(0.05 * paths - np.arange(paths), 0.0, 1.0)
    expected = losses[:, worst] @ share / (0.05 * paths)
    np.testing.assert_allclose(holdings["contribution"].iloc[:3], expected, rtol=1e-12)
    assert holdings.index.tolist() == ["A", "B", "C", "trading cost", "tax"]
    assert holdings["contribution"].iloc[3:].tolist() == pytest.approx([0.0, 0.0], abs=1e-12)
    tied = {"Ann": expected[0] + 0.5 * expected[1], "no founder": 0.5 * expected[1] + expected[2]}
    assert founders["contribution"].iloc[:2].to_dict() == pytest.approx(tied, rel=1e-12)
    assert holdings["share"].sum() == pytest.approx(1.0)


def test_they_are_eulers_contributions():
    """Holding x derivative: the expected shortfall when one weight is a little larger, by difference quotient.

    Between two samples points the expected shortfall of a sample is linear in the weights."""
    paths, step = 2000, 1e-7
    _, holdings, _ = contributions_of(scenario(), rk.Hold(), paths)
    end = rk.trace(scenario(), "hold", paths=paths, seed=SEED).prices[-1]
    weights = np.array([0.5, 0.3, 0.2])

    def shortfall(weights: np.ndarray) -> float:
        return float(np.sort(weights @ (1.0 - end))[-100:].mean())

    for place in range(3):
        more = weights.copy()
        more[place] += step
        slope = (shortfall(more) - shortfall(weights)) / step
        assert holdings["contribution"].iloc[place] == pytest.approx(weights[place] * slope, rel=1e-6)


FRICTIONS = rk.Frictions(0.02, tax=rk.CapitalGains(0.25), death=0.05, spending=rk.Spending(rate=0.04))
FLOWS = [rk.Deposit(3), rk.Vesting("A", 20, 2, cliff=0.5, withholding=0.4)]
LENT = [
    rk.Holding("A", 50, founder="Ann", cost=5),
    rk.Holding("B", 30, founder={"Ann": 0.5}, liquidity=rk.TenderWindows()),
    rk.Holding("C", 20),
]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"frictions": rk.Frictions(0.02)},
        {"frictions": FRICTIONS, "inflation": 0.03},
        {"portfolio": rk.Portfolio(LENT, loan=rk.Loan(40, 0.06, 0.5)), "frictions": FRICTIONS},
        {"portfolio": rk.Portfolio(LENT, loan=rk.Loan(60, 0.06, 0.65))},
        {"frictions": replace(FRICTIONS, flows=FLOWS), "inflation": 0.03},
    ],
    ids=["nothing", "cost", "tax, spending, inflation", "all with a loan", "a loan that ruins", "deposits, vesting"],
)
@pytest.mark.parametrize("rule", [rk.Hold(), rk.Cap(0.4), rk.Rebalance(0), rk.TakeProfit(1.2, 0.5)])
def test_they_sum_to_the_shortfall(rule: rk.Rule, changed: dict[str, Any]):
    result, holdings, founders = contributions_of(scenario(**changed), rule, 600)
    whole = 1.0 - result.table("wealth_es95").iloc[0, 0]
    assert holdings["contribution"].sum() == pytest.approx(whole, abs=1e-12)
    assert founders["contribution"].sum() == pytest.approx(whole, abs=1e-12)


def test_lines_are_those_that_take_from_wealth():
    _, holdings, _ = contributions_of(scenario(inflation=0.03, frictions=FRICTIONS), rk.Cap(0.4), 600)
    lines = holdings["contribution"].iloc[3:]
    assert lines.index.tolist() == ["trading cost", "tax", "spending", "inflation"]
    assert (lines > 0.0).all()
    _, paid, _ = contributions_of(scenario(frictions=rk.Frictions(flows=FLOWS)), rk.Hold(), 600)
    assert paid.index[3:].tolist() == ["trading cost", "tax", "deposits", "vesting"]
    assert paid.loc["deposits", "contribution"] == pytest.approx(-0.03 * 23 / 12)  # 3 of 100 a year, 23 month ends
    assert lines["inflation"] == pytest.approx(1.0 - 1.03**-2)
    _, holdings, _ = contributions_of(
        scenario(portfolio=rk.Portfolio(LENT, loan=rk.Loan(60, 0.06, 0.65))), rk.Hold(), 600
    )
    assert holdings.index[3:].tolist() == ["trading cost", "tax", "interest", "lender's loss"]
    assert holdings.loc["lender's loss", "contribution"] < 0.0


def test_profits_of_a_rule_that_trades_against_its_trades():
    """End value less start value, less what was bought, plus what was sold, from the full books of every path."""
    case, rule = scenario(frictions=rk.Frictions(0.01)), rk.Rebalance(3)
    result, holdings, _ = contributions_of(case, rule, 100)
    books = rk.trace(case, rule, paths=100, seed=SEED)
    value = books.weights[-1] * books.wealth[-1]
    bought = books.trades.pivot_table(index="holding", columns="path", values="amount", aggfunc="sum").loc[
        ["A", "B", "C"]
    ]
    loss = np.array([[0.5], [0.3], [0.2]]) + bought.to_numpy() - value
    worst = np.argsort(result.values(rule.name, "wealth"))[:5]
    np.testing.assert_allclose(holdings["contribution"].iloc[:3], loss[:, worst].mean(axis=1), rtol=1e-10)
    cost = books.trades.groupby("path")["cost"].sum().to_numpy()
    assert holdings.loc["trading cost", "contribution"] == pytest.approx(cost[worst].mean(), rel=1e-10)


def test_paths_that_tie_at_the_edge_share_it():
    """Every path ends alike, so that all of them are the worst 5 % in equal parts."""
    still = {name: rk.Asset(asset.expected_return, 0.0) for name, asset in scenario().market.assets.items()}
    _, holdings, _ = contributions_of(scenario(market=rk.Market(still)), rk.Hold(), 300)
    assert holdings.loc["A", "contribution"] == pytest.approx(0.5 * (1.0 - 1.08**2))
    assert holdings["standard_error"].max() < 1e-12


@pytest.mark.slow
def test_errors_are_those_of_repeating_the_run():
    """Standard deviation over 60 seeds, itself known to 1/sqrt(118) = 9 %, against the stated ones; four times."""
    case, found = scenario(), []
    for seed in range(60):
        wealth = rk.compare(case, paths=1000, seed=seed).values("hold", "wealth")
        found.append(tail_contributions(case, rk.Hold(), wealth, seed)[0].iloc[:3])
    spread = np.std([each["contribution"] for each in found], axis=0, ddof=1)
    stated = np.sqrt(np.mean([np.square(each["standard_error"]) for each in found], axis=0))
    np.testing.assert_allclose(stated, spread, rtol=0.37)
