"""Figures of past prices against pandas and calculations by hand, and the section on history."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_cases import DAYS, legend, line, numbers, prices, rows
from matplotlib.axes import Axes
from report_cases import ran, scenario

import riskkit as rk
from riskkit.report import figures
from riskkit.report.html.history_section import history_sections

YEARS = (DAYS[-1] - DAYS[0]).days / 365.25


def cells(ax: Axes, columns: int) -> np.ndarray:
    return np.ma.filled(ax.collections[0].get_array(), np.nan).reshape(-1, columns)


def at_dates(values: pd.Series, ax: Axes, name: str) -> np.ndarray:
    """The values at the dates at which a line is drawn, in days since 1970, and the line's (point, 2)."""
    drawn = line(ax, name)
    days = (values.index - pd.Timestamp("1970-01-01")).days
    chosen = np.isin(days, drawn[:, 0])
    assert chosen[0]
    assert chosen[-1]
    assert chosen.sum() == len(drawn)
    return np.array([values.to_numpy()[chosen], drawn[:, 1]])


def test_drawdowns_against_a_calculation_by_hand():
    """100, 80, 120, 60, 90: 0, 20 %, 0, 50 %, 25 %. B begins a day later: 50, 40, 60, 30 are 0, 20 %, 0, 50 %."""
    days = pd.bdate_range("2026-01-05", periods=5)
    ax = figures.price_drawdowns(pd.DataFrame({"A": [100.0, 80, 120, 60, 90], "B": [np.nan, 50, 40, 60, 30]}, days))
    assert line(ax, "A")[:, 1] == pytest.approx([0.0, 0.2, 0.0, 0.5, 0.25])
    assert line(ax, "B")[:, 1] == pytest.approx([0.0, 0.2, 0.0, 0.5])
    assert legend(ax) == ["A: at worst 50 %", "B: at worst 50 %"]
    low, high = ax.get_ylim()
    assert high == 0.0
    assert low > 0.5


def test_volatility_against_pandas():
    """Standard deviation of the last 30 log returns, times the root of 519 returns in their years."""
    ax = figures.rolling_volatility(prices(), window=30)
    found = np.log(prices()["A"]).diff().rolling(30).std().dropna() * np.sqrt(519 / YEARS)
    expected, drawn = at_dates(found, ax, "A")
    assert drawn == pytest.approx(expected)


def test_volatility_of_a_column_that_begins_later_is_of_its_own_returns():
    own = prices()["C"].dropna()
    years = (own.index[-1] - own.index[0]).days / 365.25
    found = np.log(own).diff().rolling(30).std().dropna() * np.sqrt((len(own) - 1) / years)
    expected, drawn = at_dates(found, figures.rolling_volatility(prices(), window=30), "C")
    assert drawn == pytest.approx(expected)


def test_window_is_half_a_year_by_default():
    """519 business days in 725 days are 261.5 a year; of twelve months a year it would be 6, so it is 12."""
    assert "over the last 131 returns" in figures.rolling_volatility(prices()).get_ylabel()
    monthly = prices()[["A"]].groupby(np.arange(len(DAYS)) // 20).last().set_axis(DAYS[19::20])
    assert "over the last 12 returns" in figures.rolling_volatility(monthly).get_ylabel()


@pytest.mark.parametrize("other", ["A", "C"])
def test_rolling_correlation_against_pandas(other: str):
    """Over the dates on which both have a price."""
    ax = figures.rolling_correlation(prices(), "B", window=40)
    moves = np.log(prices()[["B", other]].dropna()).diff()
    expected, drawn = at_dates(moves["B"].rolling(40).corr(moves[other]).dropna(), ax, other)
    assert drawn == pytest.approx(expected)
    assert ax.get_ylabel() == "correlation with 'B' over the last 40 returns (−1 to 1)"


def test_a_column_has_one_colour_and_mark_in_every_figure():
    drawn = (figures.price_drawdowns(prices()), figures.rolling_correlation(prices(), "B"))
    lines = [[each for each in ax.get_lines() if each.get_label() in "ABC"] for ax in drawn]
    looks = [{each.get_label(): (each.get_color(), each.get_marker()) for each in found} for found in lines]
    assert looks[1] == {name: looks[0][name] for name in "AC"}


def test_correlations_against_pandas():
    """`DataFrame.corr` takes the periods that two columns have in common; here C only begins later."""
    ax = figures.correlation_matrix(prices())
    assert cells(ax, 3) == pytest.approx(np.log(prices()).diff().corr().to_numpy())
    assert rows(ax) == ["A", "B", "C"]
    assert numbers(ax)[0] == "1.00"


def test_correlation_of_few_common_returns_is_blank():
    """A ends where C begins, but for 20 days, which are 19 returns."""
    short = prices()[["A", "C"]].copy()
    short.iloc[120:, 0] = np.nan
    ax = figures.correlation_matrix(short)
    assert np.isnan(cells(ax, 2)).tolist() == [[False, True], [True, False]]
    assert numbers(ax) == ["1.00", "", "", "1.00"]


def test_monthly_returns_against_pandas():
    """`resample` to the ends of months, and the change from each to the next; the first month is blank."""
    ax = figures.monthly_returns(prices(), "B")
    months = prices()["B"].resample("ME").last().pct_change()
    expected = np.full((2, 12), np.nan)
    for date, value in months.items():
        expected[date.year - 2022, date.month - 1] = value
    assert cells(ax, 12) == pytest.approx(expected, nan_ok=True)
    assert rows(ax) == ["2022", "2023"]
    assert ax.get_xlabel() == "return of 'B' in each month (%)"


def test_a_month_after_one_without_a_price_is_blank():
    """From December to January 10 %, no price in February, so March is blank too, and April -50 %."""
    days = pd.to_datetime(["2025-12-31", "2026-01-30", "2026-03-31", "2026-04-01", "2026-04-30"])
    ax = figures.monthly_returns(pd.Series([100.0, 110, 200, 150, 100], days, name="A"))
    assert rows(ax) == ["2025", "2026"]
    assert cells(ax, 12)[1, :4] == pytest.approx([0.1, np.nan, np.nan, -0.5], nan_ok=True)
    assert [text for text in numbers(ax) if text] == ["10.0", "−50.0"]


def test_a_market_that_draws_from_prices_has_their_figures():
    market = rk.Market(rk.Resampled(prices()[["A", "B"]]))
    assert cells(figures.correlation_matrix(market), 2) == pytest.approx(
        cells(figures.correlation_matrix(prices()[["A", "B"]]), 2)
    )
    assert legend(figures.price_drawdowns(market.history))[0].startswith("A: at worst ")


@pytest.mark.parametrize(
    ("draw", "pattern"),
    [
        (lambda: figures.price_drawdowns([1.0]), "prices must be a DataFrame with a column a name, got list"),
        (lambda: figures.price_drawdowns(scenario().market), "got a market without a history; pass the prices to"),
        (lambda: figures.price_drawdowns(-prices()), "prices of 'A' must be > 0 and finite"),
        (lambda: figures.price_drawdowns(many(11)), "prices: columns of one figure must be at most 10, got 11"),
        (lambda: figures.correlation_matrix(many(31)), "prices: columns of one figure must be at most 30, got 31"),
        (lambda: figures.correlation_matrix(prices()["A"]), "at least two columns for a correlation, got one"),
        (lambda: figures.rolling_correlation(prices()["A"]), "at least two columns for a correlation, got one"),
        (lambda: figures.rolling_correlation(prices(), "D"), "name must name one of 'A', 'B', 'C', got 'D'"),
        (lambda: figures.rolling_volatility(prices(), window=1), "window must be >= 2, got 1"),
        (lambda: figures.rolling_volatility(prices(), window=500), "prices of 'C' must have at least 500 returns"),
        (lambda: figures.rolling_correlation(prices(), window=500), "prices of 'A and C' must have at least 500"),
        (lambda: figures.rolling_volatility(prices()[["A"]][:2]), "prices must have at least 3 rows, got 2"),
        (lambda: figures.monthly_returns(prices()[["A"]][:20]), "must cover two successive months, got 2022-01"),
        (lambda: figures.monthly_returns(prices(), "D"), "name must name one of 'A', 'B', 'C', got 'D'"),
    ],
)  # fmt: skip
def test_refusals(draw, pattern: str):
    with pytest.raises(rk.InvalidInput, match=pattern):
        draw()


def many(columns: int) -> pd.DataFrame:
    return pd.DataFrame({f"name {number}": prices()["A"] for number in range(columns)})


# ---------------------------------------------------------------------------------------------------------------------
# The section of the report
# ---------------------------------------------------------------------------------------------------------------------


def test_a_report_has_a_history_if_prices_are_passed_or_drawn_from():
    """A is the larger holding; C is none, so it comes last."""
    result = ran(scenario(), paths=100)
    assert history_sections(result, None) == ()
    [section] = history_sections(result, prices()[["C", "B", "A"]])
    assert [block.kind for block in section.blocks] == ["paragraph", "table", *["figure"] * 5]
    table = section.blocks[1]
    assert [row[0] for row in table.rows] == ["A", "B", "C"]
    assert table.rows[2][1] == str(DAYS[100].date())
    moves = np.log(prices()["A"]).diff()
    volatility = 100 * moves.std() * np.sqrt(519 / YEARS)
    growth = 100 * (np.exp(moves.sum() / YEARS) - 1)
    deepest = 100 * (1 - prices()["A"] / prices()["A"].cummax()).max()
    assert [text.replace("−", "-") for text in table.rows[0][2:]] == [
        f"{value:.1f}" for value in (volatility, growth, deepest)
    ]
    assert section.blocks[0].sentences[0] == "The prices run from 2022-01-03 to 2023-12-29, on 520 dates."


def test_history_of_one_short_column_says_what_cannot_be_drawn():
    """With 25 prices there is no window of half a year; the other column has too few returns."""
    result = ran(scenario(), paths=100)
    short = prices()[["A", "B"]].iloc[:25].copy()
    short.iloc[10:, 1] = np.nan
    [section] = history_sections(result, short)
    assert "Of 2 columns the section has 1" in section.blocks[0].sentences[3]
    reasons = [block.sentences[0] for block in section.blocks[1:] if block.kind == "paragraph"]
    assert len(reasons) == 1
    assert "window: not drawn, because prices of 'A' must have at least" in reasons[0]


def test_prices_that_are_not_valid_are_refused_before_the_runs(tmp_path):
    result = ran(scenario(), paths=100)
    with pytest.raises(rk.InvalidInput, match="prices of 'A' must be > 0"):
        result.report(tmp_path / "page.html", prices=-prices())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_page_has_the_history(tmp_path):
    ran(scenario(), paths=200).report(tmp_path / "page.html", paths=100, prices=prices())
    assert '<a href="#history">History</a>' in (tmp_path / "page.html").read_text(encoding="utf-8")
