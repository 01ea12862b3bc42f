"""The first screen of a report and its numbers: the answer, key figures, money, and one number of digits a column."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from report_cases import PORTFOLIO, chosen, past, ran, scenario

import riskkit as rk
from riskkit.analysis._breakeven import BreakEven, Tie
from riskkit.analysis._parameters import parameter
from riskkit.comparison.estimation.estimate import Estimate
from riskkit.comparison.estimation.paired_difference import Difference
from riskkit.report.html import tables
from riskkit.report.html.what_if import Grid, grid
from riskkit.report.html.what_if_tables import TIE, conventions_table, grid_table
from riskkit.report.text.answer import answer_sentence, key_figures
from riskkit.report.text.numbers import cells, money
from riskkit.report.text.outcomes import final_wealth_sentences
from riskkit.report.text.question import question_sentences

#: A hundred paths from 0.02 to 2, of which the 50th is 1.
UP_TO_TWO = [k / 50 for k in range(1, 101)]


def in_dollars(value: float = 1e9) -> rk.Scenario:
    """The case of the tests with holdings of that net value in USD."""
    holdings = [rk.Holding("A", 0.6 * value, founder="Ann"), rk.Holding("B", 0.4 * value)]
    return replace(scenario(), portfolio=rk.Portfolio(holdings, currency="USD"))


# ---------------------------------------------------------------------------------------------------------------------
# The answer
# ---------------------------------------------------------------------------------------------------------------------


def test_answer_is_the_paired_lead_over_the_baseline_with_its_interval():
    result = ran(scenario())
    best = result.table("wealth_median")["wealth_median"].idxmax()
    line = result.differences(metrics="wealth_median").droplevel("metric").loc[best]
    value, low, high = re.findall(r"[\d.]+", answer_sentence(result).partition("start: ")[2].replace("95 %", ""))[:3]
    for text, number in ((value, line["difference"]), (low, line["low"]), (high, line["high"])):
        assert float(text) == pytest.approx(number, abs=0.501 * 10.0 ** -len(text.partition(".")[2]))
    assert answer_sentence(result).startswith(f"After 2 years '{best}' has the highest median wealth, ")
    assert "more than under the baseline, 'hold'" in answer_sentence(result)


def test_answer_where_the_baseline_leads_where_all_tie_and_where_there_is_one_rule():
    """The 50th of the paths is 1 and half of it 0.5, without any error in the pairing but that of the median."""
    half = [value / 2 for value in UP_TO_TWO]
    ahead = answer_sentence(chosen({"hold": UP_TO_TWO, "less": half, "least": [0.01] * 100}))
    assert "'hold' has the highest median wealth" in ahead
    assert "more than under the next rule, 'less'" in ahead
    assert answer_sentence(chosen({"hold": UP_TO_TWO, "also": UP_TO_TWO})).startswith("Both rules have the same median")
    twin = answer_sentence(chosen({"hold": UP_TO_TWO, "twin": UP_TO_TWO, "less": half}))
    assert twin.endswith("that under the next rule, 'twin', is the same.")
    alone = answer_sentence(chosen({"hold": UP_TO_TWO}))
    assert re.fullmatch(
        r"After 2 years the median wealth under 'hold' is [\d.]+ times the start \(95 % .* to .*\)\.", alone
    )


def test_answer_says_where_the_paths_cannot_tell_and_gives_history_no_interval():
    random = np.random.default_rng(2)
    unsure = answer_sentence(chosen({name: random.lognormal(0.0, 0.5, 200).tolist() for name in ("a", "b")}))
    assert unsure.endswith("which these paths cannot tell from 0.")
    assert "interval" not in answer_sentence(past())


# ---------------------------------------------------------------------------------------------------------------------
# Key figures
# ---------------------------------------------------------------------------------------------------------------------


def break_even_of(*ties: Tie) -> BreakEven:
    tried = ((0.0, Difference(-0.1, 0.01, -0.12, -0.08, 0.0)), (0.4, Difference(0.1, 0.01, 0.08, 0.12, 0.0)))
    varied = parameter(scenario(), "expected_return:Ann")
    return BreakEven("hold", "cap", "growth_median", varied, (0.0, 0.4), ties, tried, 100, 1)


def test_key_figures_are_share_median_and_low_wealth_drawdown_and_break_even():
    """60 of 100 are with Ann; drawdowns 0 … 0.99, of which the worst five have the mean 0.97."""
    result = chosen({"hold": UP_TO_TWO}, {"hold": [k / 100 for k in range(100)]})
    figures = key_figures(result, break_even_of(Tie(0.2, 0.15, 0.25)))
    assert figures[0] == ("60 %", "of gross assets with 'Ann'")
    assert re.fullmatch(r"1\.\d+ and 0\.\d+", figures[1][0])
    assert figures[2][0].startswith("97")
    assert figures[3] == (
        "20 %",
        "break-even: the expected return of Ann's companies a year at which 'hold' and 'cap' tie (95 % interval 15 % "
        "to 25 %); the scenario assumes 10 %",
    )
    assert key_figures(result, break_even_of())[3][0] == "none"
    assert key_figures(result, break_even_of(Tie(0.1, math.nan, math.nan), Tie(0.3, 0.2, 0.4)))[3][0] == "10 % and 30 %"
    assert len(key_figures(result, None)) == 3


def test_share_of_net_wealth_stands_beside_a_loan_and_the_largest_holding_where_nobody_is_a_founder():
    """60 of 100 gross; a loan of 40 leaves 60 net."""
    geared = replace(scenario(), portfolio=rk.Portfolio(PORTFOLIO.holdings, loan=rk.Loan(40, 0.05, 0.5)))
    assert key_figures(chosen({"hold": UP_TO_TWO}, case=geared), None)[0] == (
        "60 %",
        "of gross assets with 'Ann', 100 % of net wealth",
    )
    nobody = replace(scenario(rk.Hold(), shocks=()), portfolio=rk.Portfolio([rk.Holding("A", 60), rk.Holding("B", 40)]))
    assert key_figures(chosen({"hold": UP_TO_TWO}, case=nobody), None)[0] == (
        "60 %",
        "of gross assets in 'A'; no holding is tied to a founder",
    )


# ---------------------------------------------------------------------------------------------------------------------
# Money, and digits
# ---------------------------------------------------------------------------------------------------------------------


def test_amounts_are_the_multiples_times_the_net_value_at_the_start():
    """Wealth of exactly 1.21 times 2 billion is 2.42 billion; less a loan of half, 1.21 billion."""
    flat = {"hold": [1.21] * 100}
    assert (
        "1.21 times the start (USD 2.42 billion)"
        in final_wealth_sentences(chosen(flat, case=in_dollars(2e9)), "hold")[0]
    )
    holdings = in_dollars(2e9).portfolio.holdings
    geared = replace(in_dollars(), portfolio=rk.Portfolio(holdings, loan=rk.Loan(1e9, 0.05, 0.6), currency="USD"))
    assert "(USD 1.21 billion)" in final_wealth_sentences(chosen(flat, case=geared), "hold")[0]
    assert "worth USD 2 billion in all, less a loan of USD 1 billion, is" in question_sentences(geared)[0]
    assert "USD" not in final_wealth_sentences(chosen(flat), "hold")[0]
    assert money(1_234_567.0, "EUR") == "EUR 1.23457 million"


def test_table_in_money_has_one_unit_and_commas_and_is_left_out_without_a_currency():
    assert tables.money_table(chosen({"hold": UP_TO_TWO})) is None
    small = tables.money_table(chosen({"hold": [1.5] * 100, "none": [0.25] * 100}, case=in_dollars(200_000.0)))
    assert small is not None
    assert small.caption.startswith("Final wealth in USD; ")
    assert small.rows == (("hold", *["300,000.00"] * 3), ("none", *["50,000.00"] * 3))
    large = tables.money_table(chosen({"hold": [1.5] * 100}, case=in_dollars(3e9)))
    assert large is not None
    assert large.caption.startswith("Final wealth in USD billion")
    assert large.rows == (("hold", *["4.50"] * 3),)


def test_columns_have_one_number_of_digits_in_values_and_errors():
    """Of errors 0.2, 1.3 and 4 points the median has two digits at one decimal."""
    column = cells([Estimate(0.5, 0.013), Estimate(0.25, 0.002), Estimate(0.75, 0.04)], "share")
    assert column == ["50.0 ±1.3", "25.0 ±0.2", "75.0 ±4.0"]
    result = ran(scenario(rk.Hold(), rk.Cap(0.5), rk.DiversifyNow(), rk.Rebalance(3), rk.DrawdownControl(0.5)))
    blocks = [tables.rules_table(result), tables.differences_table(result)]
    for table in [*blocks, *tables.every_metric(result)]:
        by_column = table.caption.startswith(("Results", "Each rule"))
        for line in list(zip(*table.rows, strict=True))[1:] if by_column else [row[1:] for row in table.rows]:
            decimals = {len(number.partition(".")[2]) for cell in line for number in re.findall(r"\d+\.?\d*", cell)}
            assert len(decimals) == 1, line


# ---------------------------------------------------------------------------------------------------------------------
# Tables of the what-if
# ---------------------------------------------------------------------------------------------------------------------


def found(case: rk.Scenario, **how: int) -> Grid:
    varied = grid(ran(case), **how)
    assert isinstance(varied, Grid)
    return varied


def test_cells_within_two_errors_of_a_tie_are_marked():
    """Where the founder never leaves, selling at once hardly matters to the median; where he does, it does."""
    varied = found(scenario(rk.Hold(), rk.DiversifyNow()))
    table = grid_table(varied)
    assert table.heads == ("Largest impact", *varied.rate_names)
    marked = set()
    for impact, row in zip(varied.impacts, table.rows, strict=True):
        for rate, cell in zip(varied.rates, row[1:], strict=True):
            line = varied.nodes[impact, rate].result.differences(metrics="wealth_median").iloc[0]
            close = abs(line["difference"]) <= 2.0 * line["standard_error"]
            assert cell.startswith(f"{TIE} ") == close
            value = float(cell.removeprefix(f"{TIE} ").split(" ")[0])
            assert value == pytest.approx(line["difference"], abs=6e-4)
            marked.add(close)
    assert marked == {True, False}


def test_single_rule_has_its_median_in_the_table():
    varied = found(scenario(rk.Hold()))
    assert grid_table(varied).caption.startswith("Median final wealth under 'hold' (times the start) by rate")
    assert TIE not in str(grid_table(varied).rows)


def test_other_convention_is_a_market_whose_drift_is_that_of_the_base_case():
    """A shock of -50 % at 5 % a year takes 2.5 % a year from the growth of A, which a drift of exp(0.025) returns.

    Prices of such a market without compensation are those of the base case, so its paths at other rates are
    `reweight`, here on the same 1,000 paths.
    """
    shock = (rk.Shock("crash", 0.05, {"A": -0.5}),)
    compensated = scenario(compensate=True, shocks=shock)
    varied = found(compensated, paths=1000)
    market = compensated.market
    faster = {**market.assets, "A": rk.Asset(1.1 * math.exp(0.025) - 1.0, 0.3)}
    plain = ran(replace(compensated, market=replace(market, assets=faster, compensate=False)))
    for factor, result in varied.fixed_drift.items():
        expected = plain.reweight({"crash": 0.05 * factor}).table(["wealth_median", "wealth_p05"])
        np.testing.assert_allclose(result.table(["wealth_median", "wealth_p05"]), expected, rtol=1e-9)
    table = conventions_table(varied)
    assert table is not None
    assert len(table.rows) == len(varied.rates)
    base = table.rows[varied.rates.index(1.0)]
    # In the base case the conventions agree.
    assert base[1].split(" ")[0] == base[2].split(" ")[0]
    assert conventions_table(found(scenario())) is None
