"""Bounds on simulated paths: never below a policy, tight for a good one, the same for any threads, refusals by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from plan_cases import taxed_baron

import riskkit as rk

adaptive_sell_down, upper_bound = rk.optimize.adaptive_sell_down, rk.optimize.upper_bound


def quick(scenario, rule, **options):
    options = {"into": "diversified", "inner": 16, "paths": 1000, "progress": False, **options}
    return upper_bound(scenario, rule, **options)


@pytest.fixture(scope="module")
def policy():
    return adaptive_sell_down(taxed_baron(0.12), into="diversified", paths=8000)


@pytest.fixture(scope="module")
def bound(policy):
    return upper_bound(taxed_baron(0.12), policy, into="diversified", inner=64, paths=3000, progress=False)


@pytest.mark.slow
def test_gap_of_the_policy_is_below_one_percent_at_twelve(bound):
    assert 0.0 < bound.gap < 0.01
    assert bound.low <= bound.gap <= bound.high
    assert bound.gap == pytest.approx(1 - bound.rule_value / bound.value, abs=1e-12)


@pytest.mark.slow
def test_bound_is_not_below_any_rule(bound):
    """Certainty equivalents of five rules on the same paths; 4 standard errors of each."""
    scenario = taxed_baron(0.12)
    for rule in (rk.Hold(), rk.DiversifyNow(), rk.Trim(1.0, 5, every=12), rk.Cap(0.3, every=12), rk.TakeProfit(2, 0.5)):
        if isinstance(rule, rk.TakeProfit):
            rule = replace(rule, every=12)
        found = quick(scenario, rule, paths=2000)
        assert found.value > found.rule_value - 4 * found.rule_standard_error
        assert found.value > bound.rule_value - 4 * (bound.rule_standard_error + found.standard_error)
        assert bound.value > found.rule_value - 4 * (bound.standard_error + found.rule_standard_error)


@pytest.mark.slow
def test_more_inner_draws_tighten_the_bound(policy, bound):
    rough = upper_bound(taxed_baron(0.12), policy, into="diversified", inner=8, paths=3000, progress=False)
    assert rough.value > bound.value + 4 * (rough.standard_error + bound.standard_error)


def test_same_bits_for_any_number_of_threads():
    found = [quick(taxed_baron(years=3), rk.DiversifyNow(), workers=workers) for workers in (1, 2, 3)]
    assert found[0] == found[1] == found[2]


@pytest.mark.slow
@pytest.mark.parametrize("risk_aversion", [0.5, 1.0, 2.0, 6.0])
def test_other_risk_aversions(risk_aversion):
    scenario = taxed_baron(0.12, years=3)
    policy = adaptive_sell_down(scenario, into="diversified", paths=4000, risk_aversion=risk_aversion)
    found = quick(scenario, policy, inner=64, paths=2000, risk_aversion=risk_aversion)
    assert -4 * (found.standard_error + found.rule_standard_error) < found.value - found.rule_value
    assert found.gap < 0.02


def test_certain_prices_have_no_gap():
    """Without risk the best plan is known: hold what grows faster than the index."""
    assets = {"STOCK": rk.Asset(0.10, 0.0), "INDEX": rk.Asset(0.06, 0.0)}
    portfolio = rk.Portfolio([rk.Holding("STOCK", 60, founder="F", cost=30), rk.Holding("INDEX", 40)])
    scenario = rk.Scenario(portfolio, rk.Market(assets), [rk.Hold()], years=4, steps_per_year=1,
                           frictions=rk.Frictions(tax=rk.CapitalGains(0.2)))  # fmt: skip
    stock, index = 0.6 * 1.1**4, 0.4 * 1.06**4
    best = stock - 0.2 * (stock - 0.3) + index - 0.2 * (index - 0.4)
    found = quick(scenario, rk.Hold(), into="INDEX")
    assert found.rule_value == pytest.approx(best, rel=1e-9)
    assert found.value == pytest.approx(best, rel=1e-6)


@pytest.mark.slow
def test_windows_locks_and_a_mix():
    """A locked holding is not sold before its time, by a plan or in the bound; two receivers at fixed shares."""
    case = taxed_baron(0.12)
    holdings = [
        replace(holding, liquidity=rk.TenderWindows((6, 12), 0.1, 0.05)) if holding.name == "SpaceX"
        else replace(holding, liquidity=rk.Locked(2.5)) if holding.name == "xAI" else holding
        for holding in case.portfolio.holdings
    ]  # fmt: skip
    market = case.market.with_cash("cash", 0.03)
    scenario = replace(case, portfolio=rk.Portfolio([*holdings, rk.Holding("cash", 5)]), market=market, years=4)
    into = {"diversified": 0.7, "cash": 0.3}
    policy = adaptive_sell_down(scenario, into=into, paths=4000)
    found = quick(scenario, policy, into=into, inner=64, paths=2000)
    free = quick(replace(scenario, portfolio=rk.Portfolio([*case.portfolio.holdings, rk.Holding("cash", 5)])),
                 rk.DiversifyNow(into=into, every=12), into=into, inner=64, paths=2000)  # fmt: skip
    assert 0 < found.gap < 0.02
    assert found.value < free.rule_value + 4 * (found.standard_error + free.rule_standard_error)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (rk.Rebalance(12), "it sells 'diversified'|it buys"),
        (rk.Trim(1.0, 5), "it trades between"),
        (rk.BuyDips(0.3, 0.1), "it trades between|it buys|it sells 'diversified'"),
        (rk.Hedged(rk.Hold(), rk.Put("TSLA", 0.8)), "it has instruments"),
    ],
)
def test_rules_outside_the_class_are_refused_with_the_reason(rule, reason):
    with pytest.raises(rk.InvalidInput, match=f"must be of the class that the bound covers.*({reason})"):
        quick(taxed_baron(), rule)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fit_seed": 0}, "fit_seed must differ from seed"),
        ({"inner": 1}, "inner must be >= 2"),
        ({"paths": 500}, "paths must be >= 1000"),
        ({"risk_aversion": -1.0}, "risk_aversion must be > 0"),
        ({"into": "nothing"}, "into"),
        ({"per_year": 7}, "per_year must divide 12"),
    ],
)
def test_bad_arguments_are_refused_by_name(options, message):
    with pytest.raises(rk.InvalidInput, match=message):
        quick(taxed_baron(), rk.DiversifyNow(), **options)


def test_the_seed_of_a_policy_is_not_one_to_judge_it_by():
    scenario = taxed_baron(0.12, years=2)
    policy = adaptive_sell_down(scenario, into="diversified", paths=1000)
    with pytest.raises(rk.InvalidInput, match="seed must differ from the seed of the Policy"):
        quick(scenario, policy, seed=1)
    with pytest.raises(rk.InvalidInput, match="rule must be a Rule, Policy or Plan"):
        quick(taxed_baron(0.12), "hold")


@pytest.mark.slow
def test_gap_of_a_result():
    scenario = taxed_baron(0.12, years=4, rules=[rk.Hold(), rk.DiversifyNow(), rk.Rebalance(12)])
    result = rk.compare(scenario, paths=2000, seed=5, progress=False)
    gaps = result.gap(into="diversified", progress=False)
    assert gaps.table.index.tolist() == ["hold", "diversify now", "rebalance", "adaptive sell down"]
    assert gaps.table["not_covered"].tolist() == ["", "", "it buys 'TSLA'", ""]
    assert pd.isna(gaps.table.loc["rebalance", "gap"])
    assert "rebalance: not covered: it buys 'TSLA'" in repr(gaps)
    assert "'adaptive sell down'" in gaps.sentence
    covered = gaps.table[gaps.table["not_covered"] == ""]
    assert np.allclose(covered["gap"].astype(float), 1 - covered["certainty_equivalent"].astype(float) / gaps.bound)
    assert abs(gaps.table.loc["hold", "carried_forward"]) < 1e-3  # almost no path ends below its purchase cost


def test_gap_refuses_weighted_paths():
    result = rk.compare(taxed_baron(years=2), paths=2000, seed=5, sampling="stratified", on="crash", progress=False)
    with pytest.raises(rk.InvalidInput, match="equal path weights"):
        result.gap(into="diversified")
