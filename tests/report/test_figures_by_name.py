"""Figures of a result by their names, and the figure of a sale plan."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from figure_cases import legend, plain_result, plan, prices, result
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import riskkit as rk
from riskkit.report import figures
from riskkit.report.figures._by_name import OF_PRICES, OF_RESULT


@pytest.mark.parametrize("name", [*OF_RESULT, "concentration_bars"])
def test_every_figure_of_a_result_has_its_name(name: str):
    """The same picture as of its function, whose data is the result or its portfolio."""
    options = {"paths": 100} if name.endswith("fan") else {}
    data = result().scenario.portfolio if name == "concentration_bars" else result()
    by_name, by_function = result().figure(name, **options), getattr(figures, name)(data, **options)
    assert by_name.get_xlabel() == by_function.get_xlabel()
    for one, other in zip(by_name.get_lines(), by_function.get_lines(), strict=True):
        assert np.array_equal(one.get_xydata(), other.get_xydata(), equal_nan=True)


def test_arguments_are_passed_on():
    mine = Figure().add_subplot()
    assert result().figure("paired_differences", metric="ced95", ax=mine, theme="dark") is mine
    assert mine.get_xlabel().startswith("mean of the worst 5 % of max drawdowns")


@cache
def resampled() -> rk.Comparison:
    """One year drawn from two columns of past prices."""
    portfolio = rk.Portfolio([rk.Holding("A", 1, founder="Ann"), rk.Holding("B", 1)])
    market = rk.Market(rk.Resampled(prices()[["A", "B"]]))
    scenario = rk.Scenario(portfolio, market, rk.Hold(), years=1, steps_per_year=261)
    return rk.compare(scenario, paths=100, progress=False)


@pytest.mark.parametrize("name", OF_PRICES)
def test_figures_of_prices_are_of_those_that_the_market_draws_from(name: str):
    drawn, expected = resampled().figure(name), getattr(figures, name)(prices()[["A", "B"]])
    assert (drawn.get_xlabel(), drawn.get_ylabel()) == (expected.get_xlabel(), expected.get_ylabel())


def test_the_column_of_a_figure_of_prices_is_its_argument_too():
    assert resampled().figure("monthly_returns", name="B").get_xlabel() == "return of 'B' in each month (%)"


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        (
            "frontiers",
            r"name must name one of 'wealth_fan', .*'concentration_bars', got 'frontiers' \(did you mean 'frontier'",
        ),
        ("price_drawdowns", "got 'price_drawdowns'"),
        ("waterfall", "got 'waterfall'"),
        (3, "got 3"),
    ],
)
def test_a_name_that_is_none_is_refused_with_those_that_exist(name: object, pattern: str):
    """Without past prices their figures do not exist."""
    with pytest.raises(rk.InvalidInput, match=pattern):
        plain_result().figure(name)


# ---------------------------------------------------------------------------------------------------------------------
# The sale plan
# ---------------------------------------------------------------------------------------------------------------------


def stacks(ax: Axes) -> list[list[tuple[float, float]]]:
    """Bottom and height of each bar (series, date)."""
    return [[(bar.get_y(), bar.get_height()) for bar in bars] for bars in ax.containers]


def test_sales_are_shares_of_the_start_weights():
    """Of 40, 24 and 1 %: 20 + 0 + 1 % now, 10 + 24 + 0 % in a year; 65 - 21 = 44 % and 44 - 34 = 10 % are left."""
    ax = figures.sales_by_year(plan())
    tesla, spacex, xai, tax = stacks(ax)
    assert tesla == [pytest.approx((0.0, 0.2)), pytest.approx((0.0, 0.1))]
    assert spacex == [pytest.approx((0.2, 0.0)), pytest.approx((0.1, 0.24))]
    assert xai == [pytest.approx((0.2, 0.01)), pytest.approx((0.34, 0.0))]
    assert tax == [pytest.approx((0.0, 0.05)), pytest.approx((0.0, 0.08))]
    [left] = ax.get_lines()
    assert left.get_xydata() == pytest.approx(np.array([[0.0, 0.44], [1.0, 0.10]]))
    assert legend(ax) == ["TSLA sold", "SpaceX sold", "xAI sold", "expected tax", "not yet sold"]


def test_without_a_tax_there_is_no_bar_for_it():
    untaxed = replace(plan(), expected_tax=pd.Series(0.0, plan().table.columns))
    assert "expected tax" not in legend(figures.sales_by_year(untaxed))


def test_many_holdings_are_added_up_beyond_the_colours():
    """Twelve of 1 to 12 %, all sold now: the eight largest stand alone, 1 + 2 + 3 + 4 = 10 % are the others."""
    names = [f"company {number}" for number in range(1, 13)]
    table = pd.DataFrame({0: 1.0}, names)
    many = replace(plan(), table=table, weights=pd.Series(np.arange(1, 13) / 100, names))
    ax = figures.sales_by_year(replace(many, expected_tax=pd.Series([0.0], [0])))
    assert legend(ax)[:-1] == [f"company {number} sold" for number in range(5, 13)] + ["4 other holdings sold"]
    assert stacks(ax)[-1] == [pytest.approx((0.68, 0.10))]


def test_plan_draws_itself():
    mine = Figure().add_subplot()
    assert plan().figure(ax=mine, theme="dark") is mine
    assert legend(mine) == legend(figures.sales_by_year(plan()))


def test_what_is_no_plan_is_refused():
    with pytest.raises(rk.InvalidInput, match="plan must be what sell_down returns, got 'plan'"):
        figures.sales_by_year("plan")


def test_the_plan_of_a_scenario_has_the_start_weights():
    """40, 24 and 1 of 100 in the founding case."""
    found = rk.optimize.sell_down(rk.scenarios.baron(), years=0, into="diversified", paths=1000)
    assert found.weights.to_dict() == pytest.approx({"TSLA": 0.40, "SpaceX": 0.24, "xAI": 0.01})
