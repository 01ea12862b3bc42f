"""Extra runs of the report: the what-if against `reweight` and fresh comparisons, and reasons for omission."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from report_cases import PORTFOLIO, past, ran, scenario

import riskkit as rk
from riskkit.comparison._comparison import Comparison
from riskkit.engine.outcomes import COLUMNS
from riskkit.report.html.extra_runs import (
    ExtraRun,
    attribution_run,
    breakeven_run,
    coarser_steps,
    path_budget,
    rerun_obstacle,
)
from riskkit.report.html.node_data import node_data
from riskkit.report.html.what_if import Grid, grid, rerun

METRICS = ["wealth_median", "wealth_p05", "goal_probability", "ced95", "turnover"]


def same(result: Comparison, other: Comparison) -> bool:
    """Columns bit for bit, and weights but for their last bits: a factor of 1 rounds their sum anew."""
    return np.allclose(result.path_weights, other.path_weights, rtol=1e-12, atol=0.0) and all(
        np.array_equal(result.outcomes.columns[name], other.outcomes.columns[name])
        for name in COLUMNS
        if not name.startswith(("excess_", "above_"))
    )


def with_impact(case: rk.Scenario, factor: float) -> rk.Scenario:
    """The founder's exit at so many times its impact, mean and spread."""
    shock = case.market.shocks[0]
    impact = {name: rk.Impact(factor * each.mean, factor * each.sd) for name, each in shock.impact.items()}
    return replace(case, market=replace(case.market, shocks=[replace(shock, impact=impact)]))


def with_rate(case: rk.Scenario, rate: float) -> rk.Scenario:
    return replace(case, market=replace(case.market, shocks=[replace(case.market.shocks[0], rate=rate)]))


def found(result: Comparison, paths: int | None = None) -> Grid:
    varied = grid(result, paths)
    assert isinstance(varied, Grid)
    return varied


def test_a_rerun_is_the_comparison_but_for_its_pooled_tail():
    """Paths 0 … 299 are paths 0 … 299, of another market too; 300 is no whole number of blocks."""
    like = ran(scenario(), paths=1000)
    other = with_impact(scenario(), 0.5)
    again = rerun(other, like, 300)
    fresh = ran(other, paths=300)
    assert same(again, fresh)
    assert np.array_equal(again.outcomes.event_counts["founder exit"], fresh.outcomes.event_counts["founder exit"])
    assert np.array_equal(again.outcomes.hazards["founder exit"], fresh.outcomes.hazards["founder exit"])


def test_other_rates_are_those_of_reweight_and_other_impacts_those_of_a_fresh_comparison():
    result = ran(scenario())
    varied = found(result)
    assert varied.reweighted
    assert varied.rate_names == ("0 % a year", "2.5 % a year", "5 % a year", "10 % a year", "20 % a year")
    assert varied.impact_names == ("-25 %", "-50 %", "-75 %")
    for factor in varied.rates:
        assert same(varied.nodes[1.0, factor].result, result.reweight({"founder exit": 0.05 * factor}))
    for factor in (0.5, 1.5):
        fresh = ran(with_impact(scenario(), factor))
        assert same(varied.nodes[factor, 1.0].result, fresh)
        assert same(varied.nodes[factor, 4.0].result, fresh.reweight({"founder exit": 0.2}))
        assert varied.nodes[factor, 4.0].base is result


@pytest.mark.slow
def test_where_the_drift_moves_with_the_rate_each_node_is_a_fresh_comparison():
    case = scenario(compensate=True)
    result = ran(case)
    varied = found(result)
    assert not varied.reweighted
    for impact, rate in varied.nodes:
        assert same(varied.nodes[impact, rate].result, ran(with_rate(with_impact(case, impact), 0.05 * rate)))


def test_on_fewer_paths_the_base_case_beside_a_node_has_as_many():
    """The base case itself stays that of the result, and so do its other rates."""
    result = ran(scenario())
    varied = found(result, paths=200)
    assert varied.nodes[1.5, 1.0].result.paths == varied.nodes[1.5, 1.0].base.paths == 200
    assert same(varied.nodes[1.5, 1.0].base, ran(scenario(), paths=200))
    assert varied.nodes[1.0, 1.0].result is result
    assert varied.nodes[1.0, 2.0].result.paths == 1000


def test_a_result_that_is_stratified_or_weighted_has_nodes_too():
    strata = ran(scenario(), paths=8192, sampling="stratified", on="founder exit")
    varied = found(strata, paths=300)
    assert same(varied.nodes[1.0, 2.0].result, strata.reweight({"founder exit": 0.1}))
    assert same(varied.nodes[0.5, 1.0].result, ran(with_impact(scenario(), 0.5), paths=300))
    weighed = ran(scenario()).reweight({"founder exit": 0.1})
    assert found(weighed).rate_names[2] == "10 % a year"
    assert same(found(weighed).nodes[0.5, 1.0].result, ran(with_rate(with_impact(scenario(), 0.5), 0.1)))


def test_rates_that_leave_too_few_paths_and_impacts_that_cannot_be_are_left_out():
    """-80 % times 1.5 would be -120 %; 120 paths weighted for four times the rate are worth fewer than 100."""
    deep = rk.founder_exit(PORTFOLIO, "Ann", 0.05, -0.8)
    assert found(ran(scenario(shocks=(deep,)))).impacts == (0.5, 1.0)
    varied = found(ran(scenario(), paths=120))
    assert 4.0 not in varied.rates
    assert 1.0 in varied.rates


def test_a_hazard_that_is_not_constant_is_multiplied_and_one_that_cannot_be_varied_is_left():
    hazard = rk.founder_exit(PORTFOLIO, "Ann", rk.Mortality(70, "male"), -0.5)
    assert found(ran(scenario(shocks=(hazard,)))).rate_names[2:4] == ("as assumed", "2 times as likely")
    forced = found(ran(scenario().with_event("founder exit", year=1)))
    assert forced.rates == (1.0,)
    assert forced.impacts == (0.5, 1.0, 1.5)
    nothing = grid(ran(scenario(shocks=(rk.Shock("odd", 0.0, {"A": 0.0}),))))
    assert nothing == "There are no what-if sliders: neither rate nor impact of 'odd' can be varied."


def test_the_founders_shock_is_the_one_that_strikes_founder_holdings_alone():
    crash = rk.Shock("crash", 0.1, {"A": -0.3, "B": -0.2})
    exit_ = rk.founder_exit(PORTFOLIO, "Ann", 0.05, -0.5)
    assert found(ran(scenario(shocks=(crash, exit_)))).shock == "founder exit"
    assert found(ran(scenario(shocks=(crash,)))).shock == "crash"


def test_texts_and_numbers_of_a_node_are_those_of_its_result():
    result = ran(scenario())
    data = node_data(found(result))
    assert data["nodes"][1][2] is None
    node, riskier = data["nodes"][1][3], result.reweight({"founder exit": 0.1})
    assert float(node["table"][1][0].split(" ")[0]) == pytest.approx(
        riskier.table("wealth_median").loc["cap", "wealth_median"], abs=5e-4
    )
    gap = riskier.differences(metrics="wealth_median").loc[("cap", "wealth_median")]
    assert node["gaps"][0] is None
    assert node["gaps"][1] == pytest.approx(gap[["difference", "low", "high"]].tolist(), abs=1e-6)
    # The axis has forty parts: place 8 is 20 %.
    beyond = riskier.path_weights[riskier.values("hold", "max_drawdown") > 0.2].sum()
    assert data["depths"][8] == 0.2
    assert node["curves"][0][8] == pytest.approx(beyond, abs=1e-4)
    assert "10 % a year" in node["status"]
    assert "on 1,000 paths (effective sample size " in node["status"]


def test_extra_runs_give_the_reason_why_they_are_left_out():
    assert rerun_obstacle(ran(scenario())) is None
    replayed = past()
    for answer in (attribution_run(replayed), breakeven_run(replayed), grid(replayed)):
        assert isinstance(answer, str)
        assert "a single sample" in answer
    tilted = ran(scenario()).tilt({rk.Mean("wealth", rule="hold"): 1.3})
    assert "the views hold through the weights" in str(breakeven_run(tilted))


@pytest.mark.slow
def test_the_rival_is_selling_at_once_or_else_the_best_of_the_others():
    answer = breakeven_run(ran(scenario()), paths=100)
    assert isinstance(answer, ExtraRun)
    assert (answer.found.first, answer.found.second) == ("hold", "diversify now")
    # Ann's part is cut for good: with equal expected returns a lower cap is ahead in the median.
    caps = ran(scenario(rk.Cap(0.55, name="high"), rk.Cap(0.5, name="low"), rk.Hold()))
    other = breakeven_run(caps, paths=100)
    assert isinstance(other, ExtraRun)
    best = caps.table("wealth_median")["wealth_median"].drop("high").idxmax()
    assert (other.found.first, other.found.second) == ("high", best)


def test_what_is_varied_is_the_largest_founders_return_or_a_rate_or_nothing():
    crash = rk.Shock("crash", 0.3, {"A": -0.3})
    nobody = rk.Portfolio([rk.Holding("A", 60), rk.Holding("B", 40)])
    case = replace(scenario(rk.Hold(), rk.Rebalance(12), shocks=(crash,)), portfolio=nobody)
    answer = breakeven_run(ran(case), paths=100)
    assert isinstance(answer, ExtraRun)
    assert str(answer.found.vary) == "rate:crash"
    # The default range of a rate ends at 0.2; what is assumed is searched too.
    assert answer.found.between == (0.0, 0.3)
    calm = replace(case, market=replace(case.market, shocks=()))
    assert str(breakeven_run(ran(calm))).startswith("There is no assumption to vary")
    assert breakeven_run(ran(scenario(rk.Hold()))) == "There is only one rule, so there is no break-even between two."


def test_steps_are_as_long_as_the_rules_allow():
    daily = replace(scenario(), steps_per_year=252)
    hold, now, cap = rk.Hold(), rk.DiversifyNow(), rk.Cap(0.5)
    assert coarser_steps(daily, (hold, now)).steps_per_year == 1
    assert coarser_steps(daily, (hold, cap)).steps_per_year == 12
    assert coarser_steps(daily, (hold, rk.DrawdownControl(0.5, every=0))) is daily
    assert coarser_steps(daily, (rk.SellLast(after=rk.Trim(1.0, 1, every=0)), hold)) is daily
    assert coarser_steps(replace(daily, years=1.5), (hold, now)).steps_per_year == 12
    geared = replace(daily, portfolio=rk.Portfolio(PORTFOLIO.holdings, loan=rk.Loan(40, 0.05, 0.5)))
    assert coarser_steps(geared, (hold, now)) is geared
    tails = replace(daily, market=replace(daily.market, tails=rk.StudentT(5)))
    assert coarser_steps(tails, (hold, now)) is tails
    assert coarser_steps(scenario(), (hold, cap)).steps_per_year == 12


def test_paths_of_further_runs_go_by_the_work_within_bounds():
    """24 steps of 3 rules and 2 assets: 120 a path, so 1,000 paths: the nearest power of two is 1,024."""
    assert path_budget(scenario(), 120_000.0) == 1024
    assert path_budget(scenario(), 1.0) == 256
    assert path_budget(scenario(), 1e9) == 4096
