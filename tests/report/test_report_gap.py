"""The section of a report on the gap to the best plan: sentence and figure, or the reason why there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_cases import chosen, past, ran, scenario

import riskkit as rk
from riskkit.optimize.best_possible._gap import gaps_of
from riskkit.report.html.blocks import Columns, Paragraph, Section
from riskkit.report.html.extra_runs import ExtraRun
from riskkit.report.html.gap_section import DRAWS, FIT_PATHS, gap_run, gap_sections
from riskkit.report.html.page import page


def only(result: rk.Comparison, paths: int | None = None) -> Section:
    [section] = gap_sections(result, paths)
    assert (section.name, section.title) == ("best", "How far from the best")
    return section


def sentence(result: rk.Comparison) -> str:
    """The whole section, where it is one sentence."""
    [paragraph] = only(result).blocks
    assert isinstance(paragraph, Paragraph)
    [text] = paragraph.sentences
    return text


def test_section_has_the_sentence_the_figure_and_what_is_not_covered():
    """Two years: A is sold on two dates into B. The cap sells each month."""
    result = ran(scenario(), paths=100)
    [columns] = only(result).blocks
    assert isinstance(columns, Columns)
    (paragraph, table), (figure,) = columns.sides
    run = gap_run(result)
    assert isinstance(run, ExtraRun)
    gaps = run.found
    assert paragraph.sentences == (
        gaps.sentence,
        "The bound is an estimate on 1,024 paths.",
        "'adaptive sell down' is a policy fitted for it on 4,096 paths of another seed.",
    )
    assert "only sell founder holdings, on yearly dates from the start, into B and leave" in gaps.sentence
    assert table.rows == (("cap", gaps.table.loc["cap", "not_covered"]),)
    assert table.rows[0][1].startswith("it trades between")
    for name in ("hold", "diversify now", "adaptive sell down"):
        assert f">gap {100 * gaps.table.loc[name, 'gap']:.2f} %<" in figure.svg
        assert f">{gaps.table.loc[name, 'certainty_equivalent']:.4f}<" in figure.svg
    assert figure.svg.count(">not covered<") == 1
    assert f">bound {gaps.bound:.4f}<" in figure.svg


def test_numbers_are_those_of_the_gap_of_a_comparison_on_its_paths():
    """Hold and sell now trade at the start alone, so the run has yearly steps."""
    result = ran(scenario(rk.Hold(), rk.DiversifyNow()), paths=100)
    run = gap_run(result, 1500)
    assert isinstance(run, ExtraRun)
    assert run.steps_per_year == 1
    alike = ran(replace(result.scenario, steps_per_year=1), paths=1500)
    same = gaps_of(alike, "B", 1, DRAWS, None, None, False, fit_paths=FIT_PATHS)
    assert run.found.table.equals(same.table)
    assert (run.found.bound, run.found.standard_error) == (same.bound, same.standard_error)


def test_run_has_as_many_paths_as_a_bound_needs_and_says_so():
    result = ran(scenario(rk.Hold(), rk.DiversifyNow()), paths=100)
    [columns] = only(result, 100).blocks
    sentences = columns.sides[0][0].sentences
    assert sentences[1] == "The bound is an estimate on 1,000 paths in yearly steps."
    assert sentences[3] == "It takes more paths than the 100 of the other extra runs."


def test_under_a_tax_a_sentence_says_what_a_loss_does():
    case = replace(scenario(rk.Hold(), rk.DiversifyNow()), frictions=rk.Frictions(tax=rk.CapitalGains(0.2)))
    [columns] = only(ran(case, paths=100)).blocks
    assert columns.sides[0][0].sentences[-1] == (
        "Here a loss refunds its tax at once; in the other sections it is carried forward."
    )


@pytest.mark.parametrize(
    ("rules", "into"),
    [
        ((rk.Hold(), rk.DiversifyNow()), "B and C"),
        ((rk.Hold(), rk.DiversifyNow(into={"C": 1.0})), "C"),
        ((rk.Hold(), rk.Cap(0.2, into={"C": 1.0}), rk.DiversifyNow()), "B and C"),
        ((rk.Hold(), rk.Cap(0.2, every=12, at_start=True, into={"C": 1.0})), "C"),
        ((rk.Hold(),), "B and C"),
    ],
)
def test_proceeds_go_where_the_rules_put_them(rules: tuple[rk.Rule, ...], into: str):
    """Those of selling all at once, else of the alternative; by default pro rata into B and C, here 30 to 10."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 30), rk.Holding("C", 10)])
    market = rk.Market({name: rk.Asset(0.08, 0.2) for name in portfolio.names})
    run = gap_run(ran(rk.Scenario(portfolio, market, rules, years=1, steps_per_year=12), paths=100))
    assert isinstance(run, ExtraRun)
    assert f"from the start, into {into} and leave" in run.found.sentence
    assert (run.found.table["not_covered"].drop("cap", errors="ignore") == "").all()
    assert run.found.policy.rule.into == ({"C": 1.0} if into == "C" else {"B": 0.75, "C": 0.25})


def unsimulated(case: rk.Scenario) -> rk.Comparison:
    """Two rules that never sell, on two paths that nobody has drawn."""
    return chosen({"hold": [1.0, 1.2], "wait": [1.0, 1.2]}, case=case)


def test_what_is_not_covered_has_its_reason_in_a_sentence():
    """Tails, a death, paths that cannot be drawn again, and no taker of the proceeds."""
    case, left_out = scenario(), "The gap to the best plan is left out: "
    tails = replace(case, market=replace(case.market, tails=rk.StudentT(5)))
    death = replace(case, frictions=rk.Frictions(death=rk.Mortality(80, "male"), tax=rk.CapitalGains(0.2)))
    for each, reason in (
        (tails, "market must have normal log returns and plain shocks, got tails="),
        (death, "scenario must be without a death, got "),
    ):
        text = sentence(unsimulated(each))
        assert text.startswith(left_out + reason)
        assert text.endswith(".")
    assert sentence(past()) == f"{left_out}the paths are historical, a single sample that cannot be drawn again."
    both = rk.Portfolio([rk.Holding("A", 60, founder="Ann"), rk.Holding("B", 40, founder="Bob")])
    assert sentence(unsimulated(replace(case, portfolio=both, rules=[rk.Hold()], baseline=None))) == (
        f"{left_out}every holding has a founder, and no rule says what the proceeds buy."
    )


def test_many_holdings_and_dates_are_left_to_the_reader():
    """Of 13 holdings on 10 dates."""
    names = [f"company {number}" for number in range(13)]
    portfolio = rk.Portfolio([*(rk.Holding(name, 1, founder="Ann") for name in names), rk.Holding("B", 10)])
    market = rk.Market({name: rk.Asset(0.08, 0.2) for name in portfolio.names})
    case = rk.Scenario(portfolio, market, rk.Hold(), years=10, steps_per_year=12)
    assert sentence(unsimulated(case)) == (
        "The gap to the best plan is left out: it takes minutes for 13 holdings and 10 dates."
    )


def test_without_a_founder_holding_there_is_no_section():
    nobody = rk.Portfolio([rk.Holding("A", 60), rk.Holding("B", 40)])
    case = replace(scenario(rk.Hold(), rk.Rebalance(12), shocks=()), portfolio=nobody)
    assert gap_sections(ran(case, paths=100)) == ()


@pytest.mark.slow
def test_report_of_the_founding_case_has_the_section():
    """Of seven rules three are of the class: hold, sell now, and the last seller, who must wait for five years."""
    case = replace(rk.scenarios.baron(), years=3, steps_per_year=12)
    text = page(ran(case, paths=200), paths=100)
    section = text[text.index('id="best"') : text.index('id="method"')]
    assert "Among plans that only sell founder holdings, on yearly dates from the start, into diversified" in section
    assert "The bound is an estimate on 1,000 paths." in section
    assert section.count("<svg") == 1
    assert section.count(">not covered<") == 4
    assert section.count(">gap ") == 4
