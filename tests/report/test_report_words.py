"""Sentences of the report in each of their cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_cases import PORTFOLIO, chosen, past, ran, scenario

import riskkit as rk
from riskkit.analysis._attribution import Attribution
from riskkit.analysis._breakeven import BreakEven, Tie
from riskkit.analysis._parameters import parameter
from riskkit.comparison._comparison import Comparison
from riskkit.comparison.estimation.paired_difference import Difference
from riskkit.report.html.sections import outcomes_section
from riskkit.report.text.method import command_line, method, python_lines, reproduction, scenario_text
from riskkit.report.text.numbers import in_years, listed, several
from riskkit.report.text.outcomes import (
    danger_sentences,
    drawdown_sentences,
    final_wealth_sentences,
    sale_today_sentences,
)
from riskkit.report.text.question import (
    concentration_sentences,
    headline,
    question_sentences,
    shock_loss_sentence,
)
from riskkit.report.text.risk_attribution import (
    assumed_value_sentences,
    attribution_sentences,
    breakeven_sentence,
    tail_loss_sentences,
)
from riskkit.report.text.rules import verdict_sentences

#: A hundred paths from 0.02 to 2, of which the 50th is 1.
UP_TO_TWO = [k / 50 for k in range(1, 101)]


# ---------------------------------------------------------------------------------------------------------------------
# The question and the portfolio
# ---------------------------------------------------------------------------------------------------------------------


def portfolio_of(*holdings: rk.Holding, loan: rk.Loan | None = None) -> rk.Portfolio:
    return rk.Portfolio(holdings, loan=loan)


def over(portfolio: rk.Portfolio, *rules: rk.Rule, shocks: tuple[rk.Shock, ...] = (), **how: float) -> rk.Scenario:
    market = rk.Market({name: rk.Asset(0.1, 0.2) for name in portfolio.names}, shocks=shocks)
    return rk.Scenario(portfolio, market, rules or (rk.Hold(),), years=1, steps_per_year=12, **how)


def test_title_names_the_founder_with_the_largest_part_or_says_that_there_is_none():
    two = portfolio_of(rk.Holding("A", 30, founder="Ann"), rk.Holding("B", 70, founder="Bob"))
    assert headline(over(two)) == "70 % with Bob: 1 rule over 1 year"
    assert headline(over(portfolio_of(rk.Holding("A", 1)))) == "1 holding with no founder: 1 rule over 1 year"


def test_question_for_one_rule_and_for_many_with_and_without_loan_founder_and_inflation():
    plain = question_sentences(over(portfolio_of(rk.Holding("A", 50))))
    assert plain == [
        "A portfolio of 1 holding worth 50 is followed for 1 year.",
        "No holding is tied to a founder.",
        "What becomes of it under the rule 'hold', and how deep can wealth fall on the way?",
        "The goal is 5 times the start.",
    ]
    # 60 of 100 gross; the loan of 40 leaves 60 net, so that this is all of it.
    geared = portfolio_of(rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40), loan=rk.Loan(40, 0.05, 0.5))
    asked = question_sentences(over(geared, rk.Hold(), rk.Cap(0.5), inflation=0.02))
    assert asked[0] == "A portfolio of 2 holdings worth 100 in all, less a loan of 40, is followed for 1 year."
    assert asked[1] == "Of the gross value 60 % (100 % net of the loan) rides on 'Ann'."
    assert asked[2].startswith("Which of these 2 rules leaves the owner better off")
    assert asked[3] == "The goal is 5 times the start, in money of the start."


def test_concentration_by_founder_is_higher_lower_or_the_same():
    """Equal holdings n of one founder are one group; halves with two founders and nobody are more groups."""
    assert concentration_sentences(portfolio_of(rk.Holding("A", 1), rk.Holding("B", 1)))[1].startswith(
        "No holding is tied to a founder"
    )
    assert "no founder stands behind two" in concentration_sentences(PORTFOLIO)[1]
    one = portfolio_of(*(rk.Holding(name, 1, founder="Ann") for name in "ABC"), rk.Holding("D", 1))
    # Shares 3/4 and 1/4: 1 / (9/16 + 1/16) = 1.6, of 4 equal holdings.
    assert concentration_sentences(one) == [
        "By holding the portfolio is as concentrated as 4 equal parts (effective number, 1 / Herfindahl index); the "
        "largest, 'A', is 25 % of gross assets.",
        "By founder the effective number is only 1.6; the largest group, 'Ann', is 75 %.",
    ]
    split = portfolio_of(rk.Holding("A", 1, founder={"Ann": 0.5, "Bob": 0.5}))
    assert concentration_sentences(split)[1].startswith(
        "By founder the effective number is 2, because holdings are shared between founders"
    )
    assert "as concentrated as 1 equal part (" in concentration_sentences(split)[0]


def test_events_take_add_or_leave_wealth_and_a_missing_shock_is_stated():
    """0.6 x -50 % = -30 %; 0.6 x +10 % = +6 %; 0.6 x -40 % + 0.4 x 60 % = 0."""
    shocks = (
        rk.Shock("exit", 0.1, {"A": -0.5}),
        rk.Shock("luck", 0.1, {"A": 0.1}),
        rk.Shock("swap", 0.1, {"A": -0.4, "B": 0.6}),
    )
    assert shock_loss_sentence(over(PORTFOLIO, shocks=shocks)) == (
        "Today, at its mean impact and before any trade, 'exit' takes 30 % of wealth, 'luck' adds 6 % to wealth "
        "and 'swap' leaves wealth unchanged."
    )
    assert shock_loss_sentence(over(PORTFOLIO)) == "No shock is assumed that hits several holdings at once."


# ---------------------------------------------------------------------------------------------------------------------
# What can happen
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "sentence"),
    [(1.0, "neither a gain nor a loss"), (1.44, "a gain of "), (0.81, "a loss of ")],
)
def test_the_median_gains_loses_or_stays(factor, sentence):
    """The 50th of the hundred paths is the factor: over two years 1.44 is +20 % a year, 0.81 is -10 %."""
    line = final_wealth_sentences(chosen({"hold": [factor * value for value in UP_TO_TWO]}), "hold")[0]
    assert sentence in line
    assert ("a year" in line) == (factor != 1.0)
    if factor != 1.0:
        assert {1.44: "of 20 % a year", 0.81: "of 10 % a year"}[factor] in line


def test_constant_wealth_is_stated_as_certain_and_reaches_or_misses_the_goal():
    assert final_wealth_sentences(chosen({"hold": [1.21] * 100}), "hold") == [
        "Under 'hold' every path ends with 1.21 times the start, a gain of 10 % a year.",
        "That misses the goal of 1.5 times the start.",
    ]
    assert (
        final_wealth_sentences(chosen({"hold": [1.69] * 100}), "hold")[1]
        == "That reaches the goal of 1.5 times the start."
    )


@pytest.mark.parametrize(
    ("shift", "sentence"),
    [
        (0.0, "49 % of the paths end below the start, and 26 % of the paths reach the goal of 1.5 times the start."),
        (2.0, "None of the paths end below the start, and all paths reach the goal of 1.5 times the start."),
        (-1.5, "All paths end below the start, and none of the paths reach the goal of 1.5 times the start."),
    ],
)
def test_chances_of_none_some_and_all(shift, sentence):
    """Of k/50, k = 1 … 100, 49 are below 1 and 26 are at 1.5 or more."""
    wealth = [max(value + shift, 0.01) for value in UP_TO_TWO]
    assert final_wealth_sentences(chosen({"hold": wealth}), "hold")[1] == sentence


def test_what_selling_today_would_leave_is_reported_where_a_tax_is_due():
    """60 bought for 10 at 20 %: a tax of 10 of 100; without a gain, or without a tax, nothing is said."""
    gained = rk.Portfolio([rk.Holding("A", 60, founder="Ann", cost=10), rk.Holding("B", 40)])
    taxed = replace(scenario(), portfolio=gained, frictions=rk.Frictions(tax=rk.CapitalGains(0.2)))
    assert sale_today_sentences(taxed) == [
        "Selling everything today would leave 0.9 of the wealth after tax.",
        "Final wealth is after that tax too, so a path ends below the start if it ends below 0.9; drawdowns are before "
        "it.",
    ]
    stepped_up = replace(taxed, frictions=rk.Frictions(tax=rk.CapitalGains(0.2, at_end="step_up")))
    assert sale_today_sentences(stepped_up)[1] == "Final wealth and drawdowns are before that tax."
    assert sale_today_sentences(replace(taxed, portfolio=PORTFOLIO)) == []
    assert sale_today_sentences(scenario()) == []
    page = outcomes_section(ran(taxed, paths=100))
    assert "would leave 0.9 of the wealth after tax" in str(page)
    assert "Wealth over time after the tax of selling: at each time the bands hold 50 % and 90 % of 100 paths" in str(
        page
    )


def test_dangers_are_reported_where_there_is_a_loan_or_spending():
    wealth = {"hold": UP_TO_TWO}
    some, none = [1.0] * 10 + [0.0] * 90, [0.0] * 100
    assert danger_sentences(chosen(wealth), "hold") == []
    geared = replace(scenario(), portfolio=rk.Portfolio(PORTFOLIO.holdings, loan=rk.Loan(40, 0.05, 0.5)))
    assert danger_sentences(chosen(wealth, case=geared, margin_call=some, margin_unmet=none, ruin=none), "hold") == [
        "10 % of the paths have a margin call, and none of the paths have one that sales cannot meet.",
        "None of the paths lose everything.",
    ]
    assert danger_sentences(chosen(wealth, case=geared), "hold")[0] == "None of the paths have a margin call."
    spends = replace(scenario(), frictions=rk.Frictions(spending=rk.Spending(rate=0.05)))
    assert danger_sentences(chosen(wealth, case=spends, ruin=some, shortfall=some), "hold") == [
        "10 % of the paths lose everything.",
        "10 % of the paths run out of money to spend.",
    ]


def test_growth_and_falls_without_flows_are_reported_where_there_are_any():
    """Over two years the index doubles on every path, √2 a year; without flows there is no such sentence."""
    paid_in = replace(scenario(), frictions=rk.Frictions(flows=[rk.Deposit(5)]))
    index = {"time_weighted_wealth": [2.0] * 100, "time_weighted_max_drawdown": [0.25] * 100}
    line = (
        "Leaving out what is paid in and spent (time-weighted), median growth is 41.4 % a year, and the median maximum "
        "drawdown 25 %."
    )
    assert drawdown_sentences(chosen({"hold": UP_TO_TWO}, case=paid_in, **index), "hold")[-1] == line
    fallen = chosen({"hold": UP_TO_TWO}, {"hold": [0.25] * 100}, case=paid_in, **index)
    assert line in drawdown_sentences(fallen, "hold")
    assert "time-weighted" not in " ".join(drawdown_sentences(chosen({"hold": UP_TO_TWO}), "hold"))


def test_depths_of_none_one_and_many():
    wealth = {"hold": UP_TO_TWO}
    assert drawdown_sentences(chosen(wealth), "hold") == ["Under 'hold' wealth never falls below its peak."]
    fixed = drawdown_sentences(chosen(wealth, {"hold": [0.25] * 100}), "hold")
    assert fixed[0] == "Under 'hold' the maximum drawdown is 25 % on every path."
    many = drawdown_sentences(
        chosen(wealth, {"hold": [k / 100 for k in range(100)]}, still_under_water=[1.0] * 100, catastrophe=[0.0] * 100),
        "hold",
    )
    # The 50th of 0 … 0.99 is 0.49; the five deepest, 0.95 … 0.99, have the mean 0.97.
    assert many[0].startswith("Under 'hold' the median maximum drawdown is 4")
    assert "The mean over the worst 5 % of the paths is 97" in many[0]
    assert many[1].endswith("all paths are below their peak at the end.")
    assert many[-1] == "None of the paths fall by 70 % from a peak and are still 60 % below it at the end."
    assert not any("As reported" in line for line in many)


def test_depth_as_reported_is_reported_where_holdings_are_marked():
    marked = rk.Portfolio(
        [rk.Holding("A", 60, founder="Ann", liquidity=rk.TenderWindows(), marks=rk.Marks(6)), rk.Holding("B", 40)]
    )
    result = chosen(
        {"hold": UP_TO_TWO},
        {"hold": [0.5] * 100},
        case=replace(scenario(), portfolio=marked),
        reported_max_drawdown=[0.2] * 100,
    )
    assert (
        "As reported, with the marks of unlisted holdings, the median maximum drawdown is 20 %."
        in drawdown_sentences(result, "hold")
    )


# ---------------------------------------------------------------------------------------------------------------------
# Rules against one another
# ---------------------------------------------------------------------------------------------------------------------


def test_one_rule_is_compared_with_nothing():
    assert verdict_sentences(chosen({"hold": UP_TO_TWO})) == ["There is only one rule, 'hold', so nothing is compared."]


def test_rules_that_do_the_same_are_reported_as_the_same():
    two = verdict_sentences(chosen({"hold": UP_TO_TWO, "also": UP_TO_TWO}))
    assert two[0].startswith("Both rules have the same median final wealth, 1")
    depth = dict.fromkeys(("a", "b", "c"), [0.3] * 100)
    three = verdict_sentences(chosen(dict.fromkeys(depth, UP_TO_TWO), depth))
    assert three[0].startswith("All 3 rules have the same median")
    assert three[1] == (
        "All 3 rules have the same mean maximum drawdown over the worst 5 % of the paths (CED 95 %), 30 %."
    )
    assert three[-1] == "All rules are Pareto-efficient in median wealth and CED 95 % on these paths."


def test_a_rule_that_is_surely_ahead_and_one_that_is_not():
    """Paths that all move by 1 % tell the rules apart; a shuffled copy of the baseline cannot be told from it."""
    random = np.random.default_rng(1)
    wealth = random.lognormal(0.0, 0.4, 400)
    shuffled = random.permutation(wealth * np.where(np.arange(400) % 2, 1.02, 0.99))
    result = chosen(
        {
            "hold": wealth.tolist(),
            "above": (1.5 * wealth).tolist(),
            "below": (0.5 * wealth).tolist(),
            "other": shuffled.tolist(),
            "same": wealth.tolist(),
        },
        {name: [0.1 * (place + 1)] * 400 for place, name in enumerate(("below", "hold", "same", "other", "above"))},
    )
    sentence = verdict_sentences(result)
    assert sentence[0].startswith("'above' has the highest median final wealth, ")
    assert sentence[1] == (
        "In paired differences from the baseline 'hold', the median is higher under 'above', lower under 'below', too "
        "close to tell under 'other' and the same under 'same'."
    )
    assert sentence[2] == "'above' ends above 'hold' on 100 % of the paths."
    assert sentence[3] == (
        "'below' has the smallest mean maximum drawdown over the worst 5 % of the paths (CED 95 %), 10 %."
    )
    assert sentence[4].startswith("The Pareto-efficient rules in median wealth and CED 95 % on these paths are ")


def test_the_baseline_may_be_ahead_and_another_as_good_as_it():
    wealth = np.array(UP_TO_TWO)
    sentence = verdict_sentences(chosen({"hold": UP_TO_TWO, "twin": UP_TO_TWO, "less": (0.5 * wealth).tolist()}))
    assert sentence[0].endswith(", as does 'twin'.")
    assert sentence[1].endswith("the median is lower under 'less' and the same under 'twin'.")
    assert not any("ends above" in line for line in sentence)


def test_too_few_paths_are_named():
    random = np.random.default_rng(2)
    sentence = verdict_sentences(chosen({name: random.lognormal(0.0, 0.5, 200).tolist() for name in ("a", "b")}))
    assert sentence[1] in ("The paths are too few to tell it from 'a'.", "The paths are too few to tell it from 'b'.")


def test_one_rule_ahead_in_both():
    wealth = np.array(UP_TO_TWO)
    result = chosen({"hold": UP_TO_TWO, "best": (1.5 * wealth).tolist()}, {"hold": [0.5] * 100, "best": [0.3] * 100})
    assert (
        verdict_sentences(result)[-1] == "Only 'best' is Pareto-efficient in median wealth and CED 95 % on these paths."
    )


def test_history_has_an_order_but_nothing_says_how_sure_it_is():
    sentence = verdict_sentences(past())
    assert sentence[-1] == "History is a single sample, so the statistical errors of these numbers are unknown."
    assert not any("too few to tell" in line or "too close" in line for line in sentence)


def test_twenty_names_are_counted_where_they_are_not_listed():
    assert several("abc") == "'a', 'b' and 'c'"
    assert several(str(k) for k in range(20)) == "'0', '1', '2', '3', '4', '5' and 14 more"
    assert listed(["x"] * 7) == "x, x, x, x, x, x and x"
    assert in_years(0.04) == "0 months"
    assert in_years(1.96) == "2 years"


# ---------------------------------------------------------------------------------------------------------------------
# Causes and break-even
# ---------------------------------------------------------------------------------------------------------------------


def attributed(baseline: float, contributions: dict[str, float], losses: dict[str, float]) -> Attribution:
    sources = pd.DataFrame({"contribution": contributions, "standard_error": 0.001})
    parts = pd.DataFrame({"contribution": losses, "standard_error": 0.001, "share": 0.5})
    whole = baseline + sum(contributions.values())
    return Attribution("hold", "max_drawdown_mean", whole, 0.001, baseline, sources, parts, parts, 100, 1)


def test_causes_add_take_off_or_hardly_matter():
    found = attributed(0.02, {"diffusion": 0.3, "exit": 0.1, "tax": -0.01, "trading cost": 0.0001}, {"Ann": 0.4})
    assert attribution_sentences(found, "in runs of 100 paths") == [
        "The mean maximum drawdown under 'hold', in runs of 100 paths, is 41.0 %.",
        "Contributions: 30.0 points from diffusion, 10.0 points from exit and 2.0 points from what would happen "
        "without any of these.",
        "It is lowered by tax (1.0 points).",
        "Almost nothing comes from trading cost.",
        "These are Shapley values: each risk factor is switched off in every combination with the others.",
    ]
    assert attribution_sentences(attributed(0.0, {}, {}), "so")[1].startswith("Nothing in this scenario is random")


def test_the_worst_paths_lose_with_a_founder_without_one_or_gain():
    lose = tail_loss_sentences(attributed(0.0, {}, {"Ann": 0.3, "no founder": 0.2, "tax": 0.1}), ("Ann",))
    assert lose == [
        "Under 'hold' the worst 5 % of the paths lose 60 % of the start wealth on average.",
        "By founder: 30.0 points with 'Ann'.",
    ]
    spared = tail_loss_sentences(attributed(0.0, {}, {"Ann": -0.1, "no founder": 0.2}), ("Ann",))
    assert spared[1] == "None of this comes with a founder."
    assert len(tail_loss_sentences(attributed(0.0, {}, {"no founder": 0.2}), ())) == 1
    gain = tail_loss_sentences(attributed(0.0, {}, {"Ann": -0.3}), ("Ann",))
    assert gain == ["Under 'hold' even the worst 5 % of the paths gain 30 % of the start wealth on average."]


def break_even_of(*ties: Tie, vary: str = "expected_return:Ann") -> BreakEven:
    tried = ((0.0, Difference(-0.1, 0.01, -0.12, -0.08, 0.0)), (0.4, Difference(0.1, 0.01, 0.08, 0.12, 0.0)))
    varied = parameter(scenario(), vary)
    return BreakEven("hold", "cap", "growth_median", varied, (0.0, 0.4), ties, tried, 100, 1)


@pytest.mark.parametrize(
    ("tie", "sentence"),
    [
        (Tie(0.2, 0.15, 0.25), "The scenario assumes 10 % a year, which is below the break-even."),
        (Tie(0.05, 0.04, 0.06), "The scenario assumes 10 % a year, which is above the break-even."),
        (
            Tie(0.1, 0.08, 0.12),
            "The scenario assumes 10 % a year, which is too close to the break-even for this number of paths.",
        ),
        (Tie(0.1, np.nan, np.nan), "The scenario assumes 10 % a year."),
    ],
)
def test_what_is_assumed_is_below_above_or_within_the_break_even(tie, sentence):
    assert assumed_value_sentences(break_even_of(tie), scenario()) == [sentence]


def test_the_break_even_tells_its_metric_in_words():
    assert breakeven_sentence(break_even_of(Tie(0.2, 0.15, 0.25))) == (
        "'hold' beats 'cap' by yearly growth of the median of final wealth only if the expected return of Ann's "
        "companies is above 20 % a year (95 % interval 15 % to 25 %)."
    )


def test_assumed_value_stands_alone_where_there_are_none_or_several_ties():
    assert assumed_value_sentences(break_even_of(), scenario()) == ["The scenario assumes 10 % a year."]
    two = break_even_of(Tie(0.1, 0.09, 0.11), Tie(0.3, 0.29, 0.31))
    assert assumed_value_sentences(two, scenario()) == ["The scenario assumes 10 % a year."]


def test_companies_with_different_returns_are_reported_as_a_range_and_a_rate_as_a_rate():
    both = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40, founder="Ann")])
    market = rk.Market({"A": rk.Asset(0.05, 0.3), "B": rk.Asset(0.12, 0.2)})
    case = rk.Scenario(both, market, rk.Hold(), years=2, steps_per_year=12)
    assert assumed_value_sentences(break_even_of(Tie(0.1, 0.09, 0.11)), case) == [
        "The scenario assumes from 5 % to 12 % a year, which is too close to the break-even for this number of paths."
    ]
    rate = break_even_of(Tie(0.1, 0.09, 0.11), vary="rate:founder exit")
    assert assumed_value_sentences(rate, scenario()) == [
        "The scenario assumes 5 % a year, which is below the break-even."
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Method, and how to make it again
# ---------------------------------------------------------------------------------------------------------------------


def test_method_states_sampling_and_weights():
    plain = ran(scenario())
    words = " ".join(method(plain))
    assert "on the same 1,000 paths of 24 steps (12 a year), seed 3" in words
    assert "one standard error" in words
    assert "effective sample size" not in words
    assert "reweighted: founder exit from 5 % to 10 % a year" in " ".join(method(plain.reweight({"founder exit": 0.1})))
    tilted = plain.tilt({rk.Mean("wealth", rule="hold"): 1.3})
    assert "so that these views hold: mean of wealth of hold = 1.3" in " ".join(method(tilted))
    strata = ran(scenario(), paths=8192, sampling="stratified", on="founder exit")
    assert "stratified by the number of events of 'founder exit'" in " ".join(method(strata))
    assert "The effective sample size is" in " ".join(method(strata))
    until = ran(scenario(rk.Hold()), until={"wealth_median": 0.05})
    assert "or the path limit were reached: wealth_median 0.05" in " ".join(method(until))
    unsure = replace(
        scenario(rk.Hold()), market=rk.Market({"A": rk.Asset(rk.Uncertain(0.1, 0.02), 0.3), "B": rk.Asset(0.1, 0.2)})
    )
    assert "Each group of sixteen paths shares one draw" in " ".join(method(ran(unsure, paths=320)))


def test_method_of_history_gives_windows_and_no_errors():
    """699 returns have 699 - 522 + 1 = 178 windows of two years of 261 days."""
    words = " ".join(method(past()))
    assert "past prices: 178 windows of 522 steps (261 a year), of which 1 does not overlap" in words
    assert "no standard errors can be given" in words
    assert "one standard error" not in words


def test_python_lines_make_the_same_result(tmp_path, monkeypatch):
    """The listings are saved and run as they say, but for the report itself."""
    monkeypatch.chdir(tmp_path)
    strata = ran(scenario(), paths=8192, sampling="stratified", on="founder exit")
    for result in (ran(scenario()), strata, past(), past(starts="first")):
        text, importing = scenario_text(result.scenario)
        assert not importing
        (tmp_path / "scenario.toml").write_text(text, encoding="utf-8")
        lines, _, last = python_lines(result, importing).rpartition("\n")
        assert last == 'result.report("report.html")'
        names: dict[str, Comparison] = {}
        exec(lines, names)
        again = names["result"]
        assert again.scenario == result.scenario
        assert np.array_equal(again.values("hold", "wealth"), result.values("hold", "wealth"))
        assert np.array_equal(again.path_weights, result.path_weights)


def test_there_is_a_command_only_for_what_a_command_can_do():
    plain = ran(scenario())
    assert command_line(plain, True) == (
        "riskkit run scenario.toml --allow-import --paths 1000 --seed 3 --report report.html"
    )
    strata = ran(scenario(), paths=8192, sampling="stratified", on="founder exit")
    for other in (strata, past(), plain.tilt({rk.Mean("wealth", rule="hold"): 1.3})):
        assert command_line(other, False) is None


def test_limits_of_the_listings_are_stated():
    plain = ran(scenario())
    text, importing = scenario_text(plain.scenario)
    assert reproduction(plain, text, importing) == [
        "Save the first listing as scenario.toml. The second listing reproduces the report."
    ]
    assert "at the new rates" in reproduction(plain.reweight({"founder exit": 0.1}), text, importing)[1]
    assert (
        "tilt the result again" in reproduction(plain.tilt({rk.Mean("wealth", rule="hold"): 1.3}), text, importing)[1]
    )
    own = ran(scenario(rk.Hold(), rk.rule(lambda view: None, name="mine")))
    assert "The file holds only the name and repr of 'mine'" in reproduction(own, *scenario_text(own.scenario))[1]
    assert "no file can hold" in reproduction(own, None, False)[0]
