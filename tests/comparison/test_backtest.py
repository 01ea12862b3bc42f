"""Backtests against hand calculation on the same prices with pandas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning

STEPS = 261  # business days a year
STARTS = 120


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    """Business days of three companies over two years and 119 days: 120 windows of two years, of which one fits in."""
    moves = np.random.default_rng(8).normal([2e-4, 4e-4, 0.0], [0.02, 0.01, 0.015], (2 * STEPS + STARTS - 1, 3))
    levels = np.vstack([np.zeros(3), moves.cumsum(axis=0)])
    return pd.DataFrame(
        [50.0, 20.0, 8.0] * np.exp(levels), pd.bdate_range("2015-01-01", periods=len(levels)), ["a", "b", "c"]
    )


def scenario(*rules: rk.Rule, years: float = 2, shocks=(), **more) -> rk.Scenario:
    """50 % a, 30 % b, 20 % cash; a market whose risk is left out of a backtest."""
    portfolio = rk.Portfolio([rk.Holding("a", 50, founder="Ann"), rk.Holding("b", 30), rk.Holding("cash", 20)])
    market = rk.Market(
        {"a": rk.Asset(0.5, 0.9), "b": rk.Asset(0.1, 0.4), "cash": rk.Asset(0.03, 0.0)},
        {"a": {"b": 0.9}}, tails=rk.StudentT(3), shocks=shocks,
    )  # fmt: skip
    return rk.Scenario(portfolio, market, rules or [rk.Hold()], years=years, steps_per_year=STEPS, **more)


def relatives(prices: pd.DataFrame, start: int, end: int) -> np.ndarray:
    """Price of a, b and cash at row `end` as a multiple of that at row `start`."""
    moved = (prices.iloc[end] / prices.iloc[start])[["a", "b"]]
    return np.array([*moved, 1.03 ** ((end - start) / STEPS)])


def test_wealth_of_hold_against_the_prices_of_each_window(prices):
    """Path k starts on row k; shocks, tails and expected returns of the scenario are left out."""
    result = rk.backtest(scenario(shocks=[rk.Shock("crash", 5.0, {"a": -0.9})]), prices)
    assert result.paths == STARTS
    expected = [relatives(prices, k, k + 2 * STEPS) @ [0.5, 0.3, 0.2] for k in range(STARTS)]
    np.testing.assert_allclose(result.values("hold", "wealth"), expected, rtol=1e-11)


def test_wealth_of_yearly_rebalancing_against_hand_calculation(prices):
    """Shares go back to 50, 30 and 20 % after a year, and not at the horizon: the years' growths multiply."""
    result = rk.backtest(scenario(rk.Rebalance(12)), prices)
    years = [
        [relatives(prices, k + year * STEPS, k + (year + 1) * STEPS) @ [0.5, 0.3, 0.2] for k in range(STARTS)]
        for year in range(2)
    ]
    np.testing.assert_allclose(result.values("rebalance", "wealth"), np.prod(years, axis=0), rtol=1e-11)
    np.testing.assert_array_equal(result.values("rebalance", "rebalances"), 0.5)


def test_cost_of_the_one_trade_against_hand_calculation(prices):
    """Half a per cent of what is sold and bought: with s sold and e bought e = (s (1 - c)) / (1 + c)."""
    result = rk.backtest(scenario(rk.Rebalance(12), frictions=rk.Frictions(0.005)), prices, starts="first")
    grown = relatives(prices, 0, STEPS) * [0.5, 0.3, 0.2]
    gap = np.array([0.5, 0.3, 0.2]) * grown.sum() - grown
    sold, bought = -gap[gap < 0.0].sum(), gap[gap > 0.0].sum()
    after = grown + np.where(gap > 0.0, gap * (sold * 0.995 / 1.005) / bought, gap)
    expected = after @ relatives(prices, STEPS, 2 * STEPS)
    assert result.values("rebalance", "wealth")[0] == pytest.approx(expected, rel=1e-11)


def test_drawdowns_against_the_measures_of_each_window(prices):
    """Daily wealth of the hold rule."""
    result = rk.backtest(scenario(), prices)
    cash = 1.03 ** (np.arange(2 * STEPS + 1) / STEPS)
    for k in (0, 17, STARTS - 1):
        window = prices.iloc[k : k + 2 * STEPS + 1]
        wealth = 0.5 * window["a"] / window["a"].iloc[0] + 0.3 * window["b"] / window["b"].iloc[0] + 0.2 * cash
        for quantity, measure in (
            ("max_drawdown", rk.measures.max_drawdown),
            ("average_drawdown", rk.measures.average_drawdown),
            ("ulcer", rk.measures.ulcer_index),
        ):
            assert result.values("hold", quantity)[k] == pytest.approx(float(measure(wealth)), rel=1e-9), quantity


def test_a_rule_sees_the_prices_of_its_window(prices):
    """`TakeProfit` sells where the price has doubled since the window's own start, on month ends."""
    seen = {}

    def record_price(view):
        seen[view.step] = view.price[0].copy()

    rk.backtest(scenario(rk.rule(record_price)), prices)
    for step in (22, 261):  # the first and the twelfth month end
        expected = prices["a"].to_numpy()[step : step + STARTS] / prices["a"].to_numpy()[:STARTS]
        np.testing.assert_allclose(seen[step][:STARTS], expected, rtol=1e-11)


def test_starts_first_is_the_first_of_all(prices):
    both = [rk.backtest(scenario(rk.Hold(), rk.Cap(0.5)), prices, starts=starts) for starts in ("first", "all")]
    assert [result.paths for result in both] == [1, STARTS]
    for rule in ("hold", "cap"):
        for quantity in ("wealth", "max_drawdown", "ulcer", "turnover", "founder_weight_end", "longest_under_water"):
            first, every = (result.values(rule, quantity) for result in both)
            assert first[0] == every[0]


def test_a_backtest_has_no_errors_and_no_p_values(prices):
    """Windows overlap, so their number gives no error. The notes count the disjoint ones."""
    result = rk.backtest(scenario(rk.Hold(), rk.Rebalance(1)), prices)
    columns = ["wealth_mean", "wealth_median", "max_drawdown_mean", "loss_probability", "ced95"]
    assert result.table(columns).notna().all(axis=None)
    with pytest.warns(RiskkitWarning, match="overlap"):
        assert result.errors(columns).isna().all(axis=None)
    with pytest.warns(RiskkitWarning, match="overlap"):
        differences = result.differences(metrics=columns)
    assert differences["difference"].notna().all()
    assert differences["won"].notna().all()
    assert differences[["standard_error", "low", "high", "p_montecarlo"]].isna().all(axis=None)
    with pytest.warns(RiskkitWarning, match="overlap"):
        assert result.interval("wealth_mean").isna().all(axis=None)
    assert result.notes["windows"] == "120, of which 1 disjoint"


def test_the_text_counts_the_windows_and_has_no_errors(prices):
    text = str(rk.backtest(scenario(), prices))
    assert "windows: 120, of which 1 disjoint" in " ".join(text.split())
    assert "seed" not in text
    assert "as they happened" in text


@pytest.mark.parametrize(("starts", "disjoint"), [(1, 1), (522, 1), (523, 2), (1045, 3)])
def test_disjoint_windows_are_those_that_fit_one_behind_the_other(starts, disjoint):
    """Windows of 522 steps: the second begins where the first has ended, at start 523, the third at start 1045."""
    moves = np.random.default_rng(1).normal(0.0, 0.01, starts + 2 * STEPS).cumsum()
    longer = pd.DataFrame({"a": np.exp(moves)}, pd.bdate_range("2000-01-01", periods=len(moves)))
    market = rk.Market({"a": rk.Asset(0.1, 0.2)})
    alone = rk.Scenario(rk.Portfolio([rk.Holding("a", 1.0)]), market, [rk.Hold()], years=2, steps_per_year=STEPS)
    result = rk.backtest(alone, longer)
    assert result.paths == starts
    assert [int(word) for word in result.notes["windows"].replace(",", "").split() if word.isdigit()] == [
        starts, disjoint
    ]  # fmt: skip


def test_assumptions_name_the_replayed_history(prices):
    assumptions = rk.backtest(scenario(), prices).table("wealth_mean").attrs["assumptions"]
    days = "2015-01-01 to 2017-06-16"
    assert f"Returns are those of {days}, as they happened; shocks of the scenario are left out." in assumptions
    assert not any("Student" in line or "correlation 0.9" in line for line in assumptions)


def test_events_that_a_scenario_forces_are_left_out_with_its_shocks(prices):
    """They are what-ifs of the model; history has none."""
    shocked = scenario(shocks=[rk.Shock("crash", 0.1, {"a": -0.5})])
    plain, forced = (rk.backtest(each, prices) for each in (shocked, shocked.with_event("crash", year=1)))
    np.testing.assert_array_equal(forced.values("hold", "wealth"), plain.values("hold", "wealth"))


def test_workers_and_order_of_columns_change_nothing(prices):
    one = rk.backtest(scenario(rk.Cap(0.5)), prices, workers=1)
    other = rk.backtest(scenario(rk.Cap(0.5)), prices[["c", "b", "a"]], workers=3)
    np.testing.assert_array_equal(one.values("cap", "wealth"), other.values("cap", "wealth"))


def test_rows_that_lack_a_price_are_left_out(prices):
    gaps = prices.copy()
    gaps.iloc[5, 0] = np.nan
    gaps.iloc[9, 1] = np.nan
    with pytest.warns(
        RiskkitWarning,
        match=r"^0\.312 % of the rows of prices \(2 of 642\) have a missing price .* because of 'a', 'b' \(1 rows",
    ):
        found = rk.backtest(scenario(), gaps)
    complete = prices.drop(prices.index[[5, 9]])
    assert found.paths == STARTS - 2
    expected = [relatives(complete, k, k + 2 * STEPS) @ [0.5, 0.3, 0.2] for k in range(STARTS - 2)]
    np.testing.assert_allclose(found.values("hold", "wealth"), expected, rtol=1e-11)


def test_tesla_and_the_index_in_one_window_against_the_published_drawdowns(data: Path):
    """FIELD: of the 4062 closes the max drawdown is 73.632 %, the average one 22.751 % and the ulcer index 27.396 %."""
    closes = pd.read_csv(data / "tsla_spy_daily.csv", index_col="date", parse_dates=True)
    market = rk.Market({name: rk.Asset(0.1, 0.3) for name in closes})
    alone = rk.Scenario(rk.Portfolio([rk.Holding("TSLA", 1.0)]), market, [rk.Hold()], years=4061 / 252)
    result = rk.backtest(alone, closes)
    assert result.paths == 1
    found = {
        name: round(100.0 * float(result.values("hold", name)[0]), 3)
        for name in ("max_drawdown", "average_drawdown", "ulcer")
    }
    assert found == {"max_drawdown": 73.632, "average_drawdown": 22.751, "ulcer": 27.396}
    assert result.values("hold", "wealth")[0] == pytest.approx(362.86 / 1.592667, rel=1e-11)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scenario": "hold"}, r"^scenario must be a Scenario, got 'hold'$"),
        ({"prices": None}, r"^prices must be a DataFrame with a column a name, got NoneType$"),
        ({"starts": "last"}, r"^starts must name one of 'all', 'first', got 'last'"),
        ({"starts": None}, r"^starts must name one of 'all', 'first', got None"),
        ({"workers": 0}, r"^workers must be >= 1, got 0$"),
        (
            {"scenario": scenario(years=3)},
            r"^prices must cover 783 steps from one day on, got 641 returns; shorten years$",
        ),
    ],
)
def test_bad_input_is_refused(prices, change, message):
    with pytest.raises(InvalidInput, match=message):
        rk.backtest(**{"scenario": scenario(), "prices": prices, **change})


def test_prices_that_lack_a_holding_are_refused(prices):
    """Also those of a holding that the scenario's market has: its model is left out."""
    with pytest.raises(
        InvalidInput,
        match=r"^prices must have a column for each holding; each holding must name one of 'a', 'c', got 'b'",
    ):
        rk.backtest(scenario(), prices[["a", "c"]])


def test_prices_of_another_frequency_or_order_are_refused(prices):
    with pytest.raises(
        InvalidInput, match=r"^steps_per_year must be that of the prices .* about 52\.\d, got 261; thin"
    ):
        rk.backtest(scenario(), prices.resample("W").last())
    with pytest.raises(InvalidInput, match=r"^prices: dates must run from old to new, each once, got"):
        rk.backtest(scenario(), prices.iloc[::-1])
    with pytest.raises(InvalidInput, match=r"^prices of 'a' must be > 0 and finite, .* got -1 on 2015-01-01$"):
        rk.backtest(scenario(), prices.assign(a=-1.0))
