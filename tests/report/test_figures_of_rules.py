"""Figures that compare rules against the numbers of the paths."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from figure_cases import PATHS, legend, line, note, plain_result, result, rows
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Ellipse

import riskkit as rk
from riskkit.report import figures

Z95 = 1.959964


def wilson(p: float, n: int) -> tuple[float, float]:
    """Wilson's score interval at 95 % (1927)."""
    centre, half = p + Z95**2 / (2 * n), Z95 * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    return max((centre - half) / (1 + Z95**2 / n), 0.0), (centre + half) / (1 + Z95**2 / n)


# ---------------------------------------------------------------------------------------------------------------------
# Drawdowns
# ---------------------------------------------------------------------------------------------------------------------


def test_probability_of_a_drawdown_is_the_share_of_deeper_paths_with_wilsons_band():
    depths = result().values("client trim", "max_drawdown")
    ax = figures.drawdown_probability(result(), ["hold", "client trim"])
    points = line(ax, "client trim")
    assert len(points) == 41
    assert points[:, 1] == pytest.approx([(depths > x).mean() for x in points[:, 0]])
    corners = ax.collections[1].get_paths()[0].vertices
    for x, share in points:
        ends = corners[np.isclose(corners[:, 0], x), 1]
        assert (ends.min(), ends.max()) == pytest.approx(wilson(share, PATHS), rel=1e-6, abs=1e-12)
    assert legend(ax) == ["hold", "client trim"]


def heights(ax: Axes, place: int, row: int) -> np.ndarray:
    """How high the outline of a filled area lies above its row in the middle of each of 40 bins, at most."""
    points = ax.collections[place].get_paths()[0].vertices
    middles = (np.arange(40) + 0.5) * ax.get_xlim()[1] / 40
    return np.array([
        max(row - y for (a, y), (b, z) in pairwise(points) if min(a, b) < x < max(a, b))
        for x in middles
    ])  # fmt: skip


def test_distribution_of_max_drawdowns_is_the_histogram_of_the_paths_with_wilsons_band():
    """All rows have one scale: the highest bar of all takes three quarters of a row."""
    ax = figures.max_drawdowns(result())
    names, reach = list(result().scenario.names), ax.get_xlim()[1]
    counts = np.array(
        [np.histogram(result().values(name, "max_drawdown"), 40, (0.0, reach))[0] for name in names]
    )  # fmt: skip
    scale = 0.75 / counts.max()
    for row in range(len(names)):
        assert heights(ax, 3 * row, row) == pytest.approx(scale * counts[row], abs=1e-9)
        upper = [scale * PATHS * wilson(count / PATHS, PATHS)[1] for count in counts[row]]
        assert heights(ax, 3 * row + 1, row) == pytest.approx(upper, rel=1e-6)
    assert rows(ax) == names


def test_quantiles_of_max_drawdowns_have_intervals_from_order_statistics():
    """p -+ 1.96 root(p(1-p)/400): of the 400 paths the 20th, 200th and 380th, from the 12th to the 29th, and so on."""
    ordered = np.sort(result().values("hold", "max_drawdown"))
    ax = figures.max_drawdowns(result(), ["hold"])
    [marks] = ax.containers
    points, _, [bars] = marks.lines
    assert points.get_xdata() == pytest.approx(ordered[[19, 199, 379]])
    spread = [Z95 * math.sqrt(p * (1 - p) / PATHS) for p in (0.05, 0.5, 0.95)]
    for (low, high), p, s in zip(bars.get_segments(), (0.05, 0.5, 0.95), spread, strict=True):
        ends = [math.ceil(PATHS * (p + sign * s)) - 1 for sign in (-1, 1)]
        assert [low[0], high[0]] == pytest.approx(ordered[ends])


def test_history_that_is_replayed_has_values_but_no_error_bands():
    days = pd.bdate_range("2020-01-01", periods=300)
    steps = np.random.default_rng(0).normal(0.0, 0.02, (300, 2))
    prices = pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), days, ["A", "B"])
    portfolio = rk.Portfolio([rk.Holding("A", 1, founder="Ann"), rk.Holding("B", 1)])
    market = rk.Market({"A": rk.Asset(0.05, 0.3), "B": rk.Asset(0.05, 0.3)})
    found = rk.backtest(rk.Scenario(portfolio, market, rk.Hold(), years=0.5), prices)
    ax = figures.drawdown_probability(found)
    assert np.isfinite(line(ax, "hold")).all()
    assert ax.collections[0].get_paths() == []
    with pytest.warns(rk.RiskkitWarning, match="its windows overlap"):
        assert len(figures.frontier(found).patches) == 0


# ---------------------------------------------------------------------------------------------------------------------
# The frontier
# ---------------------------------------------------------------------------------------------------------------------


def covariance(ellipse: Ellipse) -> np.ndarray:
    """What an ellipse at 95 % says: 5.991465 is that quantile of chi-squared with two degrees of freedom."""
    turn = math.radians(ellipse.angle)
    axes = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return axes @ np.diag([(ellipse.width / 2) ** 2, (ellipse.height / 2) ** 2]) @ axes.T / 5.991465


def test_frontier_has_the_means_and_the_covariance_of_the_means():
    """For two means of one sample it is the sample's covariance / n."""
    ax = figures.frontier(result(), "max_drawdown_mean", "longest_under_water")
    ellipses = {each.get_label(): each for each in ax.patches}
    for name in result().scenario.names:
        both = np.stack([result().values(name, quantity) for quantity in ("max_drawdown", "longest_under_water")])
        assert line(ax, name) == pytest.approx(both.mean(axis=1)[None, :])
        assert ellipses[name].center == pytest.approx(both.mean(axis=1))
        assert covariance(ellipses[name]) == pytest.approx(np.cov(both, bias=True) / PATHS, rel=1e-5)


def test_frontier_runs_through_the_rules_that_no_other_one_beats():
    """Less drawdown and a higher chance of the goal are better; the line is ordered by drawdown."""
    ax = figures.frontier(result(), "max_drawdown_mean", "goal_probability")
    points = {name: line(ax, name)[0] for name in result().scenario.names}
    best = [
        (x, y) for x, y in points.values()
        if not any(a <= x and b >= y and (a, b) != (x, y) for a, b in points.values())
    ]  # fmt: skip
    assert line(ax, "on the frontier") == pytest.approx(np.array(sorted(best)))
    assert legend(ax) == [*result().scenario.names, "on the frontier"]


def test_error_bars_are_the_intervals_of_the_table():
    ax = figures.frontier(result(), level=0.9)
    intervals = {metric: result().interval(metric, 0.9) for metric in ("ced95", "wealth_median")}
    for name, bars in zip(result().frontier("ced95", "wealth_median").index, ax.containers, strict=True):
        [across], [up] = (each.get_segments() for each in bars.lines[2])
        assert across[:, 0] == pytest.approx(intervals["ced95"].loc[name].to_numpy())
        assert up[:, 1] == pytest.approx(intervals["wealth_median"].loc[name].to_numpy())


def better(ax: Axes) -> list[tuple[float, float]]:
    """The corner of the picture to which its arrow points."""
    return [tuple(each.xy) for each in ax.texts if each.get_text() == "better"]


def test_an_arrow_points_to_the_better_corner():
    """Less drawdown and more wealth: left and up; more chance of the goal and less time under water: right and down."""
    [(left, up)] = better(figures.frontier(result()))
    assert left < 0.05
    assert up > 0.95
    [(right, down)] = better(figures.frontier(result(), "goal_probability", "longest_under_water"))
    assert right > 0.95
    assert down < 0.05
    assert better(figures.frontier(result(), "turnover", "founder_weight_end")) == []


def test_no_frontier_where_neither_more_nor_less_is_better():
    ax = figures.frontier(result(), "turnover", "founder_weight_end")
    assert legend(ax) == list(result().scenario.names)


def test_errors_under_weights_are_those_of_the_result():
    """Of a reweighted result the ellipse's variances are the squared standard errors of its table."""
    scenario = result().scenario
    market = replace(scenario.market, compensate=False)
    found = rk.compare(replace(scenario, market=market, rules=scenario.rules[:2], baseline=None), paths=1000, seed=1)
    riskier = found.reweight({"founder exit": 0.04})
    ax = figures.frontier(riskier, "max_drawdown_mean", "longest_under_water")
    errors = riskier.errors(["max_drawdown_mean", "longest_under_water"])
    for ellipse in ax.patches:
        text = errors.loc[ellipse.get_label()].to_numpy()
        assert np.sqrt(np.diag(covariance(ellipse))) == pytest.approx(text, rel=1e-5)
    assert "4 % a year" in note(ax)


# ---------------------------------------------------------------------------------------------------------------------
# Paired differences
# ---------------------------------------------------------------------------------------------------------------------


def test_forest_has_the_paired_differences_and_their_intervals():
    """Mean and sd / root n of the difference path by path."""
    ax = figures.paired_differences(result(), "max_drawdown_mean", baseline="cap 30 %")
    others = [name for name in result().scenario.names if name != "cap 30 %"]
    assert rows(ax) == others
    base = result().values("cap 30 %", "max_drawdown")
    for row, (name, container) in enumerate(zip(others, ax.containers, strict=True)):
        gap = result().values(name, "max_drawdown") - base
        point, _, [bar] = container.lines
        assert point.get_xydata() == pytest.approx(np.array([[gap.mean(), row]]))
        half = Z95 * gap.std() / math.sqrt(PATHS)
        assert bar.get_segments()[0][:, 0] == pytest.approx([gap.mean() - half, gap.mean() + half], rel=1e-6)


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        ("wealth_median", "median of final wealth, minus that of 'hold' (times the start); right of 0 is better"),
        ("ced95", "mean of the worst 5 % of max drawdowns, minus that of 'hold' (%); left of 0 is better"),
        ("rebalances", "trades a year, minus that of 'hold' (a year)"),
    ],
)
def test_forest_says_which_side_is_better(metric: str, text: str):
    assert figures.paired_differences(result(), metric).get_xlabel().replace("\n", " ") == text


def test_a_rule_has_one_colour_and_mark_in_every_figure():
    curves = {each.get_label(): each for each in figures.drawdown_probability(result()).get_lines()}
    points = {each.get_label(): each for each in figures.frontier(result()).get_lines()}
    forest = dict(zip(result().scenario.names[1:], figures.paired_differences(result()).containers, strict=True))
    styles = set()
    for name in result().scenario.names:
        look = curves[name].get_color(), curves[name].get_marker()
        assert (points[name].get_color(), points[name].get_marker()) == look
        if name in forest:
            assert (forest[name].lines[0].get_color(), forest[name].lines[0].get_marker()) == look
        styles.add(look)
    assert len(styles) == 7
    assert to_hex(line_of_fan("client trim")) == curves["client trim"].get_color().lower()


def line_of_fan(rule: str) -> str:
    lines = figures.wealth_fan(result(), rule, paths=100).get_lines()
    return next(each.get_color() for each in lines if each.get_label() == "median")


def test_figures_say_which_shocks_they_assume():
    text = "assumes: founder exit −50 % (2 % a year, once); crash −40 % to −20 % (10 % a year)"
    drawn = [
        figures.wealth_fan(result(), paths=100), figures.founder_weight_fan(result(), paths=100),
        figures.under_water(result(), paths=1), figures.max_drawdowns(result()),
        figures.drawdown_probability(result()), figures.frontier(result()), figures.paired_differences(result()),
    ]  # fmt: skip
    assert {note(ax) for ax in drawn} == {text}
    assert note(figures.frontier(plain_result())) == ""


def test_many_shocks_are_counted_beyond_the_first():
    """Three of seven by name."""
    scenario = plain_result().scenario
    shocks = [rk.Shock(f"shock {number}", 0.01, {"A": -0.1}) for number in range(7)]
    scenario = replace(scenario, market=replace(scenario.market, shocks=shocks))
    text = note(figures.frontier(rk.compare(scenario, paths=200)))
    assert text.endswith("shock 2 −10 % (1 % a year); and 4 more")


# ---------------------------------------------------------------------------------------------------------------------
# Refusals
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (lambda: figures.wealth_fan("result"), "result must be what rk.compare returns, got 'result'"),
        (lambda: figures.max_drawdowns("result"), "result must be what rk.compare returns, got 'result'"),
        (lambda: figures.frontier("result"), "result must be what rk.compare returns, got 'result'"),
        (lambda: figures.wealth_fan(result(), "holt"), "rule must name one of 'hold', .*, got 'holt'"),
        (lambda: figures.under_water(result(), paths=7), "paths must be >= 1 and <= 6, got 7"),
        (lambda: figures.under_water(result(), paths=[]), "paths: how many there are must be >= 1 and <= 6, got 0"),
        (lambda: figures.under_water(result(), paths=[-1]), "paths: each number must be >= 0, got -1"),
        (lambda: figures.wealth_fan(result(), single_paths=6), "single_paths must be >= 0 and <= 5, got 6"),
        (lambda: figures.wealth_fan(result(), paths=99), "paths must be >= 100, got 99"),
        (lambda: figures.founder_weight_fan(result(), founder="Ann"), "founder must name one of 'Musk', got 'Ann'"),
        (lambda: figures.max_drawdowns(result(), ["holt"]), "rules must name one of"),
        (lambda: figures.max_drawdowns(result(), []), "rules must name at least one rule, got none"),
        (lambda: figures.max_drawdowns(result(), ["hold", "hold"]), "rules must be unique, got 'hold' twice"),
        (lambda: figures.drawdown_probability(result(), level=1.0), "level must be > 0 and < 1, got 1.0"),
        (lambda: figures.frontier(result(), "ced95", "ced95"), "x and y must be unique, got 'ced95' twice"),
        (lambda: figures.frontier(result(), "ced"), "x and y must name one of"),
        (lambda: figures.frontier(result(), level=0.0), "level must be > 0 and < 1, got 0.0"),
        (lambda: figures.paired_differences(result(), "ced"), "metric must name one of"),
        (lambda: figures.paired_differences(result(), baseline="holt"), "baseline must name one of"),
    ],
)  # fmt: skip
def test_refusals(draw, text: str):
    with pytest.raises(rk.InvalidInput, match=text):
        draw()


def test_no_paired_differences_of_one_rule():
    alone = replace(result().scenario, rules=result().scenario.rules[:1])
    with pytest.raises(rk.InvalidInput, match="paired differences need at least two rules, got one"):
        figures.paired_differences(rk.compare(alone, paths=100))


@pytest.mark.parametrize("draw", [figures.wealth_fan, figures.founder_weight_fan, figures.under_water])
def test_paths_are_not_followed_under_views_that_they_do_not_know(draw):
    tilted = result().tilt({rk.Probability("crash", at_least=1): (0.5, None)})
    with pytest.raises(rk.InvalidInput, match="result must not be tilted to draw paths over time"):
        draw(tilted)
    assert "views: " in note(figures.max_drawdowns(tilted))


def test_no_founder_weight_without_a_founder():
    portfolio = rk.Portfolio([rk.Holding("A", 1)])
    market = rk.Market({"A": rk.Asset(0.05, 0.2)})
    found = rk.compare(rk.Scenario(portfolio, market, rk.Hold(), years=1, steps_per_year=12), paths=100)
    with pytest.raises(rk.InvalidInput, match="must have a holding that is tied to a founder, got none"):
        figures.founder_weight_fan(found)
