"""Waterfall, heat map, gaps to a bound and concentration bars against their input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figure_cases import gaps, gaps_of, legend, line, note, numbers, rows
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.patches import Rectangle

import riskkit as rk
from riskkit.analysis._breakeven import BreakEven, Tie
from riskkit.analysis._parameters import Parameter
from riskkit.report import figures

Z95 = 1.959964


def bars(ax: Axes) -> np.ndarray:
    """Row, left end and signed length of every bar (bar, 3)."""
    found = [each for each in ax.patches if isinstance(each, Rectangle)]
    return np.array([(each.get_y() + each.get_height() / 2, each.get_x(), each.get_width()) for each in found])


# ---------------------------------------------------------------------------------------------------------------------
# Causes
# ---------------------------------------------------------------------------------------------------------------------


def test_waterfall_goes_from_the_start_by_each_contribution_to_the_sum():
    """1.2 - 0.3 = 0.9, + 0.5 = 1.4."""
    ax = figures.waterfall(pd.Series({"cost": -0.3, "growth": 0.5}), start=1.2, unit="times", name="wealth")
    assert bars(ax) == pytest.approx(np.array([(0, 0, 1.2), (1, 1.2, -0.3), (2, 0.9, 0.5), (3, 0, 1.4)]))
    assert rows(ax) == ["without these", "cost", "growth", "total"]
    assert numbers(ax) == ["1.200", "−0.300", "+0.500", "1.400"]
    assert ax.get_xlabel() == "wealth (times the start)"


def test_waterfall_without_a_start_has_no_row_for_it():
    ax = figures.waterfall(pd.Series({"diffusion": 0.42, "crash": 0.05}))
    assert rows(ax) == ["diffusion", "crash", "total"]
    assert numbers(ax) == ["+42.0", "+5.0", "47.0"]


def test_what_adds_and_what_takes_have_two_colours():
    ax = figures.waterfall(pd.Series({"a": 0.3, "b": -0.1, "c": 0.2}))
    a, b, c, whole = (each.get_facecolor() for each in ax.patches)
    assert a == c
    assert len({a, b, whole}) == 3


def test_waterfall_shows_95_percent_intervals():
    """At the end of its bar, 0.4 + 0.1 -+ 1.96 x 0.02."""
    causes = pd.DataFrame({"contribution": [0.4, 0.1], "standard_error": [np.nan, 0.02]}, ["a", "b"])
    ax = figures.waterfall(causes)
    [error] = [each for each in ax.collections if len(each.get_segments()) == 1]
    assert error.get_segments()[0][:, 0] == pytest.approx([0.5 - 0.02 * Z95, 0.5 + 0.02 * Z95])


def test_attribution_becomes_a_waterfall():
    """Rows are the sources, the last bar ends at the metric."""
    case = replace(rk.scenarios.baron(), steps_per_year=12)
    found = rk.attribution(case, "hold", "max_drawdown_mean", paths=200, seed=1)
    ax = figures.waterfall(found)
    assert rows(ax)[-5:] == ["diffusion", "founder exit", "crash", "trading cost", "total"]
    assert bars(ax)[-1, 2] == pytest.approx(found.value)
    assert ax.get_xlabel().replace("\n", " ") == "mean of max drawdowns under 'hold' (%)"


@pytest.mark.parametrize(
    ("draw", "pattern"),
    [
        (lambda: figures.waterfall([1.0]), "a Series, or a DataFrame with the column 'contribution', got list"),
        (lambda: figures.waterfall(pd.DataFrame({"a": [1.0]})), "with the column 'contribution', got DataFrame"),
        (lambda: figures.waterfall(pd.Series(dtype=float)), "causes must hold at least one contribution, got none"),
        (lambda: figures.waterfall(pd.Series({"a": np.nan})), "contribution of 'a' must be finite, got nan"),
        (lambda: figures.waterfall(pd.Series({"a": 1.0}), unit="%"), "unit must be one of 'share', .*, got '%'"),
        (lambda: figures.waterfall(pd.Series({"a": 1.0}), start=np.inf), "start must be finite, got inf"),
    ],
)  # fmt: skip
def test_waterfall_refuses(draw, pattern: str):
    with pytest.raises(rk.InvalidInput, match=pattern):
        draw()


# ---------------------------------------------------------------------------------------------------------------------
# Sweeps
# ---------------------------------------------------------------------------------------------------------------------

RETURNS, RATES = [0.0, 0.1, 0.2], [0.02, 0.05]


def table(*, plane: bool) -> pd.DataFrame:
    """Growth of `hold` is return - rate - 3 %, that of `sell` 4 %; so they tie where return = 7 % + rate."""
    held = {(back, rate, "hold"): back - rate - 0.03 for back in RETURNS for rate in RATES}
    sold = {(back, rate, "sell"): 0.04 for back in RETURNS for rate in RATES}
    frame = pd.DataFrame({"growth_median": held | sold, "standard_error": 0.001})
    frame.index.names = ["expected_return:Musk", "rate:founder exit", "rule"]
    frame.attrs["assumptions"] = ["Volatility a year: 57 %.", "founder exit: 2 % a year; TSLA -50 % (assumption)."]
    if plane:
        return frame
    part = frame.xs(0.02, level="rate:founder exit")
    part.attrs = frame.attrs
    return part


def cells(ax: Axes) -> np.ndarray:
    return np.asarray(ax.collections[0].get_array()).reshape(-1, 3)


def test_heat_map_has_the_metric_of_a_rule_at_every_point():
    """First assumption across, second one up."""
    ax = figures.sweep_map(table(plane=True), "hold")
    assert cells(ax) == pytest.approx(np.array([[back - rate - 0.03 for back in RETURNS] for rate in RATES]))
    assert numbers(ax) == [f"{value}\n±0.1" for value in ("−5.0", "5.0", "15.0", "−8.0", "2.0", "12.0")]
    assert ax.get_xlabel() == "the expected return of Musk's companies (% a year)"
    assert ax.get_ylabel() == "the rate of founder exit (% a year)"
    scale = ax.figure.axes[1]
    assert scale.get_xlabel() == "yearly growth of the median of final wealth under 'hold' (%)"
    assert note(ax) == "assumes: founder exit: 2 % a year; TSLA −50 %"


def test_ties_of_two_rules_are_drawn_where_their_difference_is_0():
    """At a rate of 2 % they tie at 9 %, at 5 % at 12 %."""
    ax = figures.sweep_map(table(plane=True), "hold", "sell")
    assert cells(ax) == pytest.approx(np.array([[back - rate - 0.07 for back in RETURNS] for rate in RATES]))
    [contour] = [each for each in ax.collections if hasattr(each, "levels")]
    drawn = contour.get_paths()[0].vertices
    assert drawn[:, 0] == pytest.approx(0.07 + drawn[:, 1])
    assert sorted(drawn[[0, -1], 1]) == pytest.approx(RATES)
    assert legend(ax) == ["ties with 'sell'"]


def hatched(ax: Axes) -> list[list[float]]:
    """Centres of the hatched cells."""
    found = [each for each in ax.patches if each.get_hatch()]
    return [[each.get_x() + each.get_width() / 2, each.get_y() + each.get_height() / 2] for each in found]


def test_cells_within_two_standard_errors_of_a_tie_are_hatched():
    """|return - rate - 7 %| is 1 % at (10 %, 2 %) and 2 % at (10 %, 5 %); next come 8 and 9 %.

    Each of the two metrics is uncertain by 0.4 %, their difference by 0.8 % at most: 1 % is within two of these and 2 %
    is not. At 1.1 % each both are, within 4.4 %.
    """
    case = table(plane=True)
    assert hatched(figures.sweep_map(case.assign(standard_error=0.004), "hold", "sell")) == [pytest.approx([0.1, 0.02])]
    ax = figures.sweep_map(case.assign(standard_error=0.011), "hold", "sell")
    assert hatched(ax) == [pytest.approx([0.1, 0.02]), pytest.approx([0.1, 0.05])]
    assert legend(ax)[-1] == "within two standard errors of a tie"
    assert hatched(figures.sweep_map(case.drop(columns="standard_error"), "hold", "sell")) == []
    assert hatched(figures.sweep_map(case.assign(standard_error=0.1), "hold")) == []


def test_errors_of_differences_are_paired_if_the_sweep_has_them():
    """`sell` is the baseline. The paired errors of 0.4 and 1.1 % win over the metrics' own, which would hatch all."""
    case = table(plane=True).assign(standard_error=1.0)
    paired = {
        (back, rate, "hold"): (back - rate - 0.07, 0.004 if rate == 0.02 else 0.011)
        for back in RETURNS
        for rate in RATES
    }
    case["difference"] = [paired[point][0] if point in paired else 0.0 for point in case.index]
    case["difference_error"] = [paired[point][1] if point in paired else 0.0 for point in case.index]
    ax = figures.sweep_map(case, "hold", "sell")
    assert hatched(ax) == [pytest.approx([0.1, 0.05])]
    assert numbers(ax)[1] == "1.0\n±0.4"
    assert hatched(figures.sweep_map(case, "sell", "hold")) == hatched(ax)


def test_no_line_is_drawn_where_nothing_ties():
    worse = table(plane=True)
    worse.loc[(slice(None), slice(None), "sell"), "growth_median"] = 1.0
    assert figures.sweep_map(worse, "hold", "sell").get_legend() is None


def test_one_assumption_makes_a_row_for_each_rule():
    ax = figures.sweep_map(table(plane=False))
    assert rows(ax) == ["hold", "sell"]
    assert cells(ax) == pytest.approx(np.array([[-0.05, 0.05, 0.15], [0.04, 0.04, 0.04]]))


def test_ties_along_one_assumption_are_interpolated():
    """-9 % at 0 and 1 % at 10 %: 0 at 9 %."""
    ax = figures.sweep_map(table(plane=False), against="sell")
    assert rows(ax) == ["hold"]
    assert line(ax, "tie")[:, 0] == pytest.approx([0.09, 0.09])


@pytest.mark.parametrize(("kind", "axis"), [("expected_return:Musk", 0), ("rate:founder exit", 1)])
def test_a_break_even_that_was_found_stands_on_its_own_assumption(kind: str, axis: int):
    """Across for the first assumption, up for the second; one line for each tie."""
    ties = (Tie(0.03, 0.02, 0.04), Tie(0.045, 0.04, 0.05))
    found = BreakEven(
        "hold", "sell", "growth_median", Parameter(*kind.split(":")), (0.0, 0.1), ties, (), 100, 1
    )  # fmt: skip
    ax = figures.sweep_map(table(plane=True), "hold", break_even=found)
    drawn = [each.get_xydata()[:, axis] for each in ax.get_lines() if each.get_label() == "break-even"]
    assert np.array(drawn) == pytest.approx(np.array([[0.03, 0.03], [0.045, 0.045]]))


def test_a_break_even_can_be_given_as_a_number():
    ax = figures.sweep_map(table(plane=False), break_even=0.09)
    assert line(ax, "break-even")[:, 0] == pytest.approx([0.09, 0.09])
    assert legend(ax) == ["break-even"]


@pytest.mark.parametrize(
    ("draw", "pattern"),
    [
        (lambda: figures.sweep_map([1]), r"table must be a DataFrame, as sweep returns it, got \[1\]"),
        (lambda: figures.sweep_map(pd.DataFrame({"a": [1]})), "must be indexed by one or two assumptions and 'rule'"),
        (lambda: figures.sweep_map(table(plane=True)[["standard_error"]]), "first column of table must name one of"),
        (lambda: figures.sweep_map(table(plane=True), "holt"), "rule must name one of 'hold', 'sell', got 'holt'"),
        (lambda: figures.sweep_map(table(plane=True), "hold", "hold"), "against must name one of 'sell', got 'hold'"),
        (lambda: figures.sweep_map(table(plane=True), break_even=np.nan), "each value must be finite, got nan"),
    ],
)  # fmt: skip
def test_heat_map_refuses(draw, pattern: str):
    with pytest.raises(rk.InvalidInput, match=pattern):
        draw()


# ---------------------------------------------------------------------------------------------------------------------
# Gaps to a bound
# ---------------------------------------------------------------------------------------------------------------------


def test_bars_are_certainty_equivalents_up_to_a_line_at_the_bound():
    """A bound of 1.25 ± 0.01: 0.75 is 1 - 0.75 / 1.25 = 40 % below it, 1.225 is 2 %, 1.245 is 0.4 %."""
    ax = figures.gap_bars(gaps())
    band, *drawn = bars(ax)
    assert np.array(drawn) == pytest.approx(np.array([(0, 0, 0.75), (1, 0, 1.225), (3, 0, 1.245)]))
    assert band[1:] == pytest.approx([1.25 - Z95 * 0.01, 2 * Z95 * 0.01])
    [bound] = [each for each in ax.get_lines() if each.get_linewidth() == 1.6]
    assert bound.get_xdata() == pytest.approx([1.25, 1.25])
    assert rows(ax) == ["hold", "diversify now", "rebalance", "adaptive sell down"]
    assert numbers(ax) == [
        "0.7500", "gap 40.00 %\n(36.00 to 44.00 %)",
        "1.2250", "gap 2.00 %\n(1.80 to 2.20 %)",
        "not covered",
        "1.2450", "gap 0.40 %\n(0.30 to 0.50 %)",
    ]  # fmt: skip
    assert legend(ax) == ["bound 1.2500", "its 95 % interval"]
    assert ax.get_xlabel().replace("\n", " ").startswith("certainty equivalent (risk aversion 3) of final wealth")


def test_bars_have_95_percent_intervals_of_their_values():
    """0.75 -+ 1.96 x 0.02 and 1.225 -+ 1.96 x 0.01."""
    errors = [each for each in figures.gap_bars(gaps()).containers if isinstance(each, ErrorbarContainer)]
    ends = [each.lines[2][0].get_segments()[0][:, 0] for each in errors]
    assert ends[0] == pytest.approx([0.7108, 0.7892], abs=1e-5)
    assert ends[1] == pytest.approx([1.2054, 1.2446], abs=1e-5)


def test_gaps_stand_beside_the_bound_and_numbers_on_their_bars():
    """A bar too short for its number has it beside its error, 0.01 + 1.96 x 0.002; the axis ends its numbers there."""
    ax = figures.gap_bars(gaps_of({"ruin": (0.01, 0.002, 0.98, 1.0), "sell": (1.2, 0.01, 0.02, 0.06)}))
    places = {each.get_text(): each.xy[0] for each in ax.texts}
    assert places["0.0100"] == pytest.approx(0.01 + Z95 * 0.002)
    assert places["1.2000"] == 0.0
    assert places["gap 99.20 %\n(98.00 to 100.00 %)"] == pytest.approx(1.25 + Z95 * 0.01)
    assert max(ax.get_xticks()) <= 1.25 + Z95 * 0.01 < ax.get_xlim()[1]


def test_a_policy_alone_is_one_row():
    ax = figures.gap_bars(gaps_of({"adaptive sell down": (1.2, 0.01, 0.02, 0.06)}))
    assert rows(ax) == ["adaptive sell down"]
    assert len(ax.patches) == 2


def test_gap_bars_refuse_what_is_no_gap():
    with pytest.raises(rk.InvalidInput, match=r"gaps must be what Comparison\.gap returns, got 0\.3"):
        figures.gap_bars(0.3)


# ---------------------------------------------------------------------------------------------------------------------
# Concentration
# ---------------------------------------------------------------------------------------------------------------------


def test_concentration_of_the_founding_case():
    """40 + 24 + 1 of 100 are his: 1/(.65² + .35²) = 1.83 and 1/(.40² + .35² + .24² + .01²) = 2.94 equal parts."""
    ax = figures.concentration_bars(rk.scenarios.baron().portfolio)
    assert rows(ax) == ["", "Musk", "no founder", "", "TSLA", "diversified", "SpaceX", "xAI"]
    assert bars(ax)[:, 2] == pytest.approx([0.65, 0.35, 0.40, 0.35, 0.24, 0.01])
    assert numbers(ax) == [
        "by founder: effective number 1.83", "65.0", "35.0",
        "by holding: effective number 2.94", "40.0", "35.0", "24.0", "1.0",
    ]  # fmt: skip


def test_a_holding_of_two_founders_is_a_bar_in_parts_of_their_colours():
    """Of 60 %, half is Ann's and a tenth Bob's; B is all Bob's: 30, 46, 24 by founder."""
    portfolio = rk.Portfolio(
        [rk.Holding("A", 60, founder={"Ann": 0.5, "Bob": 0.1}), rk.Holding("B", 40, founder="Bob")]
    )
    ax = figures.concentration_bars(portfolio)
    assert rows(ax) == ["", "Bob", "Ann", "no founder", "", "A", "B"]
    drawn = bars(ax)
    assert drawn[3:6] == pytest.approx(np.array([(5, 0.0, 0.30), (5, 0.30, 0.06), (5, 0.36, 0.24)]))
    assert drawn[:3, 2] == pytest.approx([0.46, 0.30, 0.24])
    bob, ann, nobody, *parts, whole = (each.get_facecolor() for each in ax.patches)
    assert parts == [ann, bob, nobody]
    assert whole == bob


def test_holdings_beyond_the_twelfth_are_one_bar():
    """Twelve of 10 each and three of 2 each, of 126: the rest are 6/126 = 4.8 %."""
    held = [rk.Holding(f"large {number}", 10) for number in range(12)]
    ax = figures.concentration_bars(rk.Portfolio([*held, *(rk.Holding(f"small {number}", 2) for number in range(3))]))
    assert rows(ax)[-1] == "… and 3 more"
    assert numbers(ax)[-1] == "4.8"


def test_concentration_refuses_what_is_no_portfolio():
    with pytest.raises(rk.InvalidInput, match="portfolio must be a Portfolio, got 'TSLA'"):
        figures.concentration_bars("TSLA")
