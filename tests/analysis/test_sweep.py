"""A sweep against closed forms, single comparisons and fresh runs at other rates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput
from riskkit.analysis._sweep import sweep


def scenario(*, compensate: bool = False, volatility: float = 0.3) -> rk.Scenario:
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40)])
    shock = rk.founder_exit(portfolio, "Ann", 0.02, -0.5)
    assets = {"A": rk.Asset(0.08, volatility), "B": rk.Asset(0.03, 0.0)}
    market = rk.Market(assets, shocks=shock, compensate=compensate)
    return rk.Scenario(portfolio, market, [rk.Hold(), rk.DiversifyNow()], years=4, steps_per_year=12)


def test_without_risk_growth_is_that_of_the_holdings():
    alone = rk.Portfolio([rk.Holding("A", 1.0, founder="Ann")])
    case = replace(scenario(volatility=0.0), portfolio=alone, rules=[rk.Hold()], baseline=None)
    table = sweep(case, {"expected_return:Ann": [0.0, 0.1], "rate:founder exit": [0.0]}, paths=100)
    assert table["growth_median"].to_list() == pytest.approx([0.0, 0.1])
    assert table.index.names == ["expected_return:Ann", "rate:founder exit", "rule"]


def test_every_point_is_the_comparison_of_that_scenario():
    table = sweep(
        scenario(compensate=True), {"rate:founder exit": [0.01, 0.05], "shift:Ann": [0.0, 0.1]}, paths=500, seed=3
    )
    assert len(table) == 8
    assert table.attrs["runs"] == 4
    assert not table["reweighted"].any()
    for (rate, shift), rows in table.groupby(level=[0, 1]):
        case = scenario(compensate=True)
        shocks = [replace(case.market.shocks[0], rate=rate)]
        assets = {**case.market.assets, "A": rk.Asset(0.08 + shift, 0.3)}
        result = rk.compare(replace(case, market=replace(case.market, assets=assets, shocks=shocks)), paths=500, seed=3)
        assert rows["growth_median"].to_list() == result.table("growth_median")["growth_median"].to_list()
        assert rows["standard_error"].to_list() == result.errors("growth_median")["growth_median"].to_list()
        gap = result.differences(metrics="growth_median").iloc[0]
        assert rows["difference"].to_list() == [0.0, gap["difference"]]
        assert rows["difference_error"].to_list() == [0.0, gap["standard_error"]]


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["wealth_mean", "max_drawdown_mean", "goal_probability"])
def test_other_rates_are_reweighted_and_agree_with_a_fresh_run(metric: str):
    """From 8 % to 2 and 0 %, of independent runs with another seed: within four standard errors of the difference."""
    rates = [0.0, 0.02, 0.08]
    case = replace(scenario(), goal=1.2)
    table = sweep(case, {"rate:founder exit": rates}, metric=metric, paths=4000, seed=1)
    assert table.attrs["runs"] == 1
    assert table["reweighted"].unstack("rule")["hold"].to_list() == [True, True, False]
    for rate in rates:
        market = replace(case.market, shocks=[replace(case.market.shocks[0], rate=rate)])
        fresh = rk.compare(replace(case, market=market), paths=4000, seed=2)
        for rule in case.names:
            value, error = table.loc[(rate, rule), [metric, "standard_error"]]
            off = value - fresh.table(metric).loc[rule, metric]
            own = float(fresh.errors(metric).loc[rule, metric])
            assert abs(off) <= 4.0 * np.hypot(error, own) + 1e-12, (rate, rule)


def test_a_rate_that_leaves_too_little_of_the_sample_is_run():
    """At 3 a year for four years a path without an exit has probability e^-12: nothing is left for a rate of 0."""
    table = sweep(scenario(), {"rate:founder exit": [0.0, 3.0]}, paths=500)
    assert table.attrs["runs"] == 2
    assert not table["reweighted"].any()


def test_what_is_not_a_rate_is_run_once_for_all_rates():
    table = sweep(scenario(), {"shift:Ann": [0.0, 0.1], "rate:founder exit": [0.01, 0.02, 0.03]}, paths=500)
    assert table.attrs["runs"] == 2
    assert table["reweighted"].groupby(level="rate:founder exit").all().to_list() == [True, True, False]
    assert any("founder exit" in line for line in table.attrs["assumptions"])


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({}, r"grid must be a mapping \{assumption: values\} with at least one entry, got \{\}"),
        ([0.1], "grid must be a mapping"),
        ({"rate:founder exit": []}, "grid: values of 'rate:founder exit' must hold at least one number, got none"),
        ({"rate:founder exit": 0.1}, "grid: values of 'rate:founder exit' must be a list of numbers, got 0.1"),
        ({"rate:founder exit": [0.1, "x"]}, "grid: each value of 'rate:founder exit' must be a number, got 'x'"),
        ({"rate:founder exit": [0.1, 0.1]}, "grid: values of 'rate:founder exit' must be unique, got '0.1' twice"),
        ({"rate:exit": [0.1]}, r"vary must name one of .*got 'rate:exit' \(did you mean 'rate:founder exit'\?\)"),
        ({"rate:founder exit": [-0.1]}, r"Shock 'founder exit': rate must be >= 0, got -0\.1"),
    ],
)
def test_bad_grids_are_refused(grid: Any, message: str):
    with pytest.raises(InvalidInput, match=message):
        sweep(scenario(), grid)


def test_other_bad_questions_are_refused():
    with pytest.raises(InvalidInput, match=r"metric must name one of 'wealth_mean', .*got 'growth'"):
        sweep(scenario(), {"rate:founder exit": [0.1]}, metric="growth")
    with pytest.raises(InvalidInput, match="scenario must be a Scenario, got 'baron'"):
        sweep("baron", {"rate:founder exit": [0.1]})
    with pytest.raises(InvalidInput, match="paths must be >= 1, got 0"):
        sweep(scenario(), {"rate:founder exit": [0.1]}, paths=0)
