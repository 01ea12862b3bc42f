"""Fan charts and single paths against the comparison and the sampled prices."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from figure_cases import PATHS, SEED, legend, line, note, plain_result, result
from matplotlib.axes import Axes

import riskkit as rk
from riskkit.report import figures


def band_at_the_end(ax: Axes, place: int) -> tuple[float, float]:
    """Lowest and highest point of a band at the last time."""
    points = ax.collections[place].get_paths()[0].vertices
    last = points[np.isclose(points[:, 0], points[:, 0].max()), 1]
    return last.min(), last.max()


@pytest.mark.parametrize(
    ("draw", "quantity"),
    [(figures.wealth_fan, "wealth"), (figures.founder_weight_fan, "founder_weight_end")],
    ids=["wealth", "founder"],
)
def test_fan_ends_at_the_quantiles_of_the_comparison(draw: Callable[..., Axes], quantity: str):
    """Of 200 paths the smallest x with F(x) >= p is the 10th, 50th, 100th, 150th and 190th; nothing is interpolated."""
    ends = np.sort(result().values("cap 30 %", quantity)[:200])
    ax = draw(result(), "cap 30 %", paths=200)
    assert line(ax, "median")[-1] == pytest.approx([10.0, ends[99]], rel=1e-9)
    assert band_at_the_end(ax, 0) == pytest.approx((ends[9], ends[189]), rel=1e-9)
    assert band_at_the_end(ax, 1) == pytest.approx((ends[49], ends[149]), rel=1e-9)


def test_fans_begin_at_the_start():
    assert line(figures.wealth_fan(result(), paths=100), "median")[0] == pytest.approx([0.0, 1.0])
    assert line(figures.founder_weight_fan(result(), paths=100), "median")[0] == pytest.approx([0.0, 0.65])


def test_true_paths_end_where_the_comparison_has_them():
    ends = result().values("hold", "wealth")
    ax = figures.wealth_fan(result(), "hold", paths=100, single_paths=[7, 31])
    assert [line(ax, f"path {path}")[-1, 1] for path in (7, 31)] == pytest.approx(ends[[7, 31]], rel=1e-9)
    assert legend(ax) == ["median of 100 paths", "90 % of them", "50 % of them", "path 7", "path 31"]


def test_wealth_is_in_money_of_the_start():
    """The comparison's own column is; and the axis says so."""
    ax = figures.wealth_fan(plain_result(), paths=100, single_paths=[5])
    assert line(ax, "path 5")[-1, 1] == pytest.approx(plain_result().values("hold", "wealth")[5], rel=1e-9)
    assert ax.get_ylabel() == "wealth under 'hold' (times the start, in money of the start)"


@cache
def taxed_result(at_end: str) -> rk.Comparison:
    """A half with a gain of 80 %, at 25 %: selling all at the start leaves .9."""
    portfolio = rk.Portfolio([rk.Holding("A", 50, cost=10), rk.Holding("B", 50)])
    market = rk.Market({"A": rk.Asset(0.07, 0.1), "B": rk.Asset(0.02, 0.05)})
    frictions = rk.Frictions(tax=rk.CapitalGains(0.25, at_end=at_end))
    scenario = rk.Scenario(portfolio, market, rk.Hold(), frictions=frictions, years=2, steps_per_year=12)
    return rk.compare(scenario, paths=PATHS, seed=SEED, progress=False)


@pytest.mark.parametrize("at_end", ["sell", "step_up"])
@pytest.mark.parametrize("after_tax", [True, False, None])
def test_wealth_is_after_or_before_the_tax_of_selling_as_its_label_says(at_end: str, after_tax: bool | None):
    """The comparison has final wealth under either law, and the tax between them; by default the fan ends there."""
    found = taxed_result(at_end)
    after = at_end == "sell" if after_tax is None else after_tax
    gross = taxed_result("step_up").values("hold", "wealth")
    ends = gross - found.values("hold", "deferred_tax") if after else gross
    ax = figures.wealth_fan(found, single_paths=[7], after_tax=after_tax)
    assert line(ax, "median")[[0, -1], 1] == pytest.approx([0.9 if after else 1.0, np.sort(ends)[199]], rel=1e-9)
    assert line(ax, "path 7")[-1, 1] == pytest.approx(ends[7], rel=1e-9)
    word = "after" if after else "before"
    assert ax.get_ylabel().replace("\n", " ") == f"wealth under 'hold' {word} the tax of selling (times the start)"
    if after_tax is None:
        assert band_at_the_end(ax, 0)[0] == pytest.approx(found.table().loc["hold", "wealth_p05"], rel=1e-9)


def test_drawdowns_are_before_the_tax_of_selling_unless_the_label_says_otherwise():
    found = taxed_result("sell")
    books = rk.trace(found.scenario, "hold", paths=[7], seed=SEED)
    depth = {False: found.values("hold", "max_drawdown")[7], True: rk.measures.max_drawdown(books.wealth_after_tax)[0]}
    assert depth[True] != pytest.approx(depth[False])
    for after_tax, word in ((False, "before"), (True, "after")):
        ax = figures.under_water(found, paths=[7], after_tax=after_tax)
        drawn = ax.get_lines()[0].get_ydata()
        assert np.max(np.asarray(drawn)) == pytest.approx(depth[after_tax], rel=1e-9)
        label = ax.get_ylabel().replace("\n", " ")
        assert label == f"drawdown under 'hold' {word} the tax of selling (% below the peak)"
    assert "(median before tax)" in legend(figures.under_water(found, after_tax=True))[0]


def test_a_fan_is_of_all_paths_of_the_result():
    assert (
        legend(figures.wealth_fan(result()))[0]
        == legend(figures.founder_weight_fan(result()))[0]
        == (f"median of {PATHS} paths")
    )


def test_wealth_axis_is_logarithmic_only_beyond_a_decade():
    """Ten years at 57 % volatility span more than a decade, five at 10 % on half the wealth do not."""
    wide, narrow = figures.wealth_fan(result(), "rebalance yearly"), figures.wealth_fan(plain_result(), paths=100)
    assert (wide.get_yscale(), narrow.get_yscale()) == ("log", "linear")
    assert wide.get_ylabel() == "wealth under 'rebalance yearly' (times the start, logarithmic scale)"
    assert "logarithmic" not in narrow.get_ylabel()


def test_ruined_paths_leave_a_logarithmic_axis_at_its_foot():
    """Half the price goes at each of many ticks, and half is borrowed: many paths lose everything."""
    portfolio = rk.Portfolio([rk.Holding("A", 100)], loan=rk.Loan(50, 0.05, 0.9))
    market = rk.Market({"A": rk.Asset(0.1, 0.2)}, shocks=rk.Shock("fall", 0.5, {"A": -0.6}))
    ruined = rk.compare(rk.Scenario(portfolio, market, rk.Hold(), years=5, steps_per_year=12), paths=200, seed=1)
    ax = figures.wealth_fan(ruined, paths=200)
    assert (ruined.values("hold", "wealth") == 0.0).any()
    assert ax.get_yscale() == "log"
    assert ax.get_ylim()[0] > 0.0


def test_founder_weight_of_one_founder_of_two():
    """Half of A is Ann's, all of B is Bob's: 0.5 x 60 % and 40 % at the start."""
    portfolio = rk.Portfolio([rk.Holding("A", 60, founder={"Ann": 0.5}), rk.Holding("B", 40, founder="Bob")])
    market = rk.Market({"A": rk.Asset(0.05, 0.2), "B": rk.Asset(0.05, 0.2)})
    two = rk.compare(rk.Scenario(portfolio, market, rk.Hold(), years=1, steps_per_year=12), paths=100, seed=1)
    starts = {
        who: line(figures.founder_weight_fan(two, founder=who, paths=100), "median")[0, 1]
        for who in ("Ann", "Bob", None)
    }
    assert starts == pytest.approx({"Ann": 0.3, "Bob": 0.4, None: 0.7})
    assert figures.founder_weight_fan(two, paths=100).get_ylabel().startswith("weight of all founders")


def test_single_paths_are_as_deep_as_the_comparison_has_them():
    depths = result().values("last seller", "max_drawdown")
    ax = figures.under_water(result(), "last seller", paths=[3, 11])
    for path in (3, 11):
        label = f"path {path}: at worst {100 * depths[path]:.0f} %"
        assert line(ax, label)[:, 1].max() == pytest.approx(depths[path], rel=1e-9)
        assert label in legend(ax)


def test_paths_drawn_by_default_are_the_median_and_the_95_percent_quantile():
    """Of 400 max drawdowns these are the 200th and the 380th."""
    depths = result().values("hold", "max_drawdown")
    order = np.argsort(depths, kind="stable")
    text = legend(figures.under_water(result(), "hold"))
    assert text[0] == f"path {order[199]}: at worst {100 * depths[order[199]]:.0f} % (median)"
    assert text[1] == f"path {order[379]}: at worst {100 * depths[order[379]]:.0f} % (95 % quantile)"


def test_shocks_are_marked_where_they_fall():
    """From the prices that `sample` draws: `hold` is worth the start weights times the prices."""
    scenario = result().scenario
    drawn = rk.sample(scenario.market, years=10, steps_per_year=12, paths=20, seed=SEED)
    wealth = np.einsum("a,tap->tp", scenario.portfolio.weights.to_numpy(), drawn.prices)
    depth = 1.0 - wealth / np.maximum.accumulate(wealth)
    struck = drawn.events[drawn.events["shock"] == "founder exit"]
    paths = struck["path"].unique()[:3].tolist()
    assert len(paths) == 3
    ax = figures.under_water(result(), "hold", paths=paths)
    for shock in ("founder exit", "crash"):
        ticks = drawn.events[(drawn.events["shock"] == shock) & drawn.events["path"].isin(paths)]
        # A tick shows at the end of its month.
        months = np.ceil(12.0 * ticks["time"].to_numpy()).astype(int)
        expected = np.column_stack([months / 12.0, depth[months, ticks["path"]]])
        assert np.sort(line(ax, shock), axis=0) == pytest.approx(np.sort(expected, axis=0), abs=1e-9)


def test_a_shock_that_falls_on_no_path_is_not_in_the_legend():
    ax = figures.under_water(plain_result(), paths=2)
    assert len(legend(ax)) == 2
    assert note(ax) == ""


def test_drawdowns_hang_from_the_top():
    low, high = figures.under_water(result(), paths=1).get_ylim()
    assert low > high
    assert low == 1.0


@pytest.mark.slow
def test_thinned_lines_keep_their_lowest_and_highest_points():
    """2521 daily points; the trough and the peak are where NumPy finds them in the whole path."""
    daily = rk.compare(rk.scenarios.baron(), paths=100, seed=SEED, progress=False)
    books = rk.trace(daily.scenario, "hold", paths=[9], seed=SEED)
    drawn = line(figures.wealth_fan(daily, "hold", paths=100, single_paths=[9]), "path 9")
    assert len(drawn) < 700
    for place in (books.wealth[:, 0].argmin(), books.wealth[:, 0].argmax(), 0, -1):
        assert [books.times[place], books.wealth[place, 0]] in drawn.tolist()


def test_no_more_paths_are_followed_than_there_are():
    assert legend(figures.wealth_fan(result(), paths=10_000))[0] == f"median of {PATHS} paths"


def test_a_fan_that_does_not_fit_into_memory_is_refused(monkeypatch: pytest.MonkeyPatch):
    """121 points of wealth, of the weights of the one founder and of all founders: 363 numbers of 8 bytes a path."""
    monkeypatch.setattr("riskkit.engine.execution.memory.memory_size", lambda: 363 * 8 * 100.5 / 0.8)
    with pytest.raises(rk.NotEnoughMemory, match=r"a fan of 101 paths needs 0\.0 GB and the machine has .*fewer paths"):
        figures.wealth_fan(result(), paths=101)
    assert legend(figures.wealth_fan(result(), paths=100))[0] == "median of 100 paths"
