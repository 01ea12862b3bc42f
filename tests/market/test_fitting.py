"""A market fitted to prices: against hand calculation, pandas and published figures, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from riskkit.errors import InvalidInput, RiskkitWarning
from riskkit.market import fit


def walks(rows: int = 300, names: tuple[str, ...] = ("A", "B", "C"), seed: int = 0) -> pd.DataFrame:
    """Correlated price paths on business days."""
    rng = np.random.default_rng(seed)
    moves = 0.02 * rng.normal(size=(rows, len(names))) + 0.01 * rng.normal(size=(rows, 1))
    return pd.DataFrame(100.0 * np.exp(moves.cumsum(axis=0)), pd.bdate_range("2024-01-01", periods=rows), list(names))


def test_volatility_and_correlation_against_hand_calculation():
    """A moves by ±1 % in turn, B by ±2 % in turn with it, 24 returns on 25 consecutive days.

    Each mean is 0, so the sample variance of A is 24·.01²/23, of B 24·.02²/23; the correlation is 1. 25 rows a day
    apart are 24 rows in 24/365.25 years, so 365.25 rows a year.
    """
    signs = np.concatenate([[0.0], np.tile([1.0, -1.0], 12)])
    levels = np.exp(np.cumsum(np.outer(signs, [0.01, 0.02]), axis=0))
    prices = pd.DataFrame(levels, pd.date_range("2024-01-01", periods=25), ["A", "B"])
    market = fit(prices, expected_return={"B": 0.1, "A": 0.05})
    assert list(market.assets) == ["A", "B"]
    assert market.assets["A"].volatility == pytest.approx(0.01 * math.sqrt(24 / 23 * 365.25), rel=1e-10)
    assert market.assets["B"].volatility == pytest.approx(0.02 * math.sqrt(24 / 23 * 365.25), rel=1e-10)
    assert (market.assets["A"].expected_return, market.assets["B"].expected_return) == (0.05, 0.1)
    assert market.correlation.loc["A", "B"] == pytest.approx(1.0, abs=1e-12)
    assert market.shocks == ()


def test_staggered_histories_with_gaps_against_pandas():
    """pandas leaves a return next to a gap out too, and takes each pair's correlation over its common returns."""
    prices = walks()
    prices.iloc[:200, 2] = np.nan
    prices.iloc[250:, 0] = np.nan
    prices.iloc[[50, 51, 120], 1] = np.nan
    returns = np.log(prices).diff()
    years = (prices.index[-1] - prices.index[0]).days / 365.25
    market = fit(prices, expected_return=0.07)
    for name in prices:
        expected = returns[name].std() * math.sqrt(299 / years)
        assert market.assets[name].volatility == pytest.approx(expected, rel=1e-12)
    assert np.abs(market.correlation - returns.corr()).to_numpy().max() < 1e-12


def test_dates_without_any_price_change_nothing_but_the_calendar():
    """Weekends as empty rows: Friday and Monday are neighbours all the same."""
    prices = walks()
    assert fit(prices.asfreq("D"), expected_return=0.07) == fit(prices, expected_return=0.07)


def test_the_frame_is_left_alone_and_time_zones_and_whole_numbers_are_fine():
    prices = walks().tz_localize("UTC").round(0).astype(int)
    before = prices.copy()
    assert fit(prices, expected_return=0.0) == fit(prices.astype(float).tz_localize(None), expected_return=0.0)
    assert prices.equals(before)


def test_pairs_that_do_not_fit_together_are_repaired_with_a_warning():
    """A follows B in the first half, B follows C in the second, and A runs against C in the third."""
    rng = np.random.default_rng(5)
    moves = 0.01 * rng.normal(size=(91, 3))
    moves[:31, 1] = moves[:31, 0]
    moves[31:61, 2] = moves[31:61, 1]
    moves[61:, 2] = -moves[61:, 0]
    prices = pd.DataFrame(np.exp(moves.cumsum(axis=0)), pd.bdate_range("2024-01-01", periods=91), ["A", "B", "C"])
    prices.iloc[:31, 2] = np.nan
    prices.iloc[31:61, 0] = np.nan
    prices.iloc[61:, 1] = np.nan
    with pytest.warns(RiskkitWarning, match=r"not positive semidefinite together \(smallest eigenvalue -1\)"):
        market = fit(prices, expected_return=0.07)
    # The pairs are 1, 1 and -1; the nearest correlation has 1/2, 1/2 and -1/2, by symmetry and on the edge of the cone.
    assert market.correlation.to_numpy()[[0, 1, 0], [1, 2, 2]] == pytest.approx([0.5, 0.5, -0.5], abs=1e-6)


def test_tesla_and_spy_against_the_published_figures(data):
    """FIELD: log volatility 57.15 % (and 17.01 % of SPY) at 252 days a year, correlation 0.4604, over 4061 returns."""
    from riskkit import read

    prices = read.prices(data / "tsla_spy_daily.csv")
    market = fit(prices, expected_return=0.08)
    rows_a_year = 4061 / ((prices.index[-1] - prices.index[0]).days / 365.25)
    to_252 = math.sqrt(252 / rows_a_year)
    assert rows_a_year == pytest.approx(251.5, abs=0.1)
    assert market.assets["TSLA"].volatility * to_252 == pytest.approx(0.5715, abs=5e-5)
    assert market.assets["SPY"].volatility * to_252 == pytest.approx(0.1701, abs=5e-5)
    assert market.correlation.loc["TSLA", "SPY"] == pytest.approx(0.4604, abs=5e-5)


def test_tesla_and_spacex_correlation_since_the_listing(data):
    """FIELD: 0.147 over the 48 daily returns since SpaceX was listed."""
    from riskkit import read

    prices = read.prices(data / "baron_names_daily_2024_2026.csv")[["TSLA", "SPCX"]]
    market = fit(prices, expected_return=0.08)
    assert market.correlation.loc["TSLA", "SPCX"] == pytest.approx(0.147, abs=5e-4)


@pytest.mark.parametrize("value", [0.0, -5.0, math.inf])
def test_prices_at_or_below_zero_are_refused_with_name_and_date(value):
    prices = walks()
    prices.iloc[3, 1] = value
    with pytest.raises(InvalidInput, match=rf"^prices of 'B' must be > 0 and finite.*, got {value:g} on 2024-01-04$"):
        fit(prices, expected_return=0.1)


def test_dates_out_of_order_repeated_or_missing_are_refused():
    prices = walks()
    with pytest.raises(InvalidInput, match=r"^prices: dates must run .*, got 2025-02-20 after 2025-02-21$"):
        fit(prices.iloc[::-1], expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices: dates must run .* each once, got 2024-01-01 after 2024-01-01$"):
        fit(prices.iloc[[0, 0, 1]], expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices: every row must have a date, got NaT$"):
        fit(prices.set_axis(prices.index.where(prices.index != prices.index[4])), expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices must have a DatetimeIndex, got RangeIndex"):
        fit(prices.reset_index(drop=True), expected_return=0.1)


def test_a_single_row_a_short_history_and_a_short_overlap_are_refused_with_the_count():
    prices = walks()
    with pytest.raises(InvalidInput, match=r"^prices of 'A' must have at least 20 returns .*, got 0$"):
        fit(prices.iloc[:1], expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices of 'A' must have at least 20 returns .*, got 19$"):
        fit(prices.iloc[:20], expected_return=0.1)
    prices.iloc[:-20, 2] = np.nan
    with pytest.raises(InvalidInput, match=r"^prices of 'C' must have at least 20 returns .*, got 19$"):
        fit(prices, expected_return=0.1)
    prices = walks()
    prices.iloc[150:, 0], prices.iloc[:140, 1] = np.nan, np.nan
    with pytest.raises(InvalidInput, match=r"^prices of 'A' and 'B' must have at least 20 returns in common, got 9$"):
        fit(prices, expected_return=0.1)


def test_constant_and_empty_columns_are_refused():
    with pytest.raises(InvalidInput, match=r"^prices of 'B' must vary, got 5 throughout; cash is rk\.Asset"):
        fit(walks().assign(B=5.0), expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices of 'B' must hold at least one price, got only NaN"):
        fit(walks().assign(B=np.nan), expected_return=0.1)
    growing = walks().assign(B=1.001 ** np.arange(300))
    with pytest.raises(InvalidInput, match=r"^prices of 'B' must vary, got equal returns throughout$"):
        fit(growing, expected_return=0.1)
    asleep = walks()
    asleep.iloc[200:, 0], asleep.iloc[:200, 1] = asleep.iloc[200, 0], np.nan
    with pytest.raises(InvalidInput, match=r"^prices of 'A' and 'B' must vary over the 99 returns in common$"):
        fit(asleep, expected_return=0.1)


@pytest.mark.parametrize(("ratio", "told"), [(20.0, r"\+1\d\d\d\.\d%"), (1 / 25, r"-9\d\.\d%")])
def test_a_missed_split_is_refused_with_name_and_date(ratio, told):
    prices = walks()
    prices.loc["2024-05-06":, "C"] *= ratio
    with pytest.raises(InvalidInput, match=rf"^prices of 'C' must move by less than 95%.*, got {told} on 2024-05-06"):
        fit(prices, expected_return=0.1)


def test_a_large_move_over_a_month_is_no_missed_split():
    monthly = walks(60).set_axis(pd.date_range("2015-01-31", periods=60, freq="ME"))
    monthly.iloc[30:, 0] *= 2.2
    assert fit(monthly, expected_return=0.1).assets["A"].volatility > 0.3


def test_expected_returns_must_name_every_column_and_no_other():
    prices = walks()
    with pytest.raises(InvalidInput, match=r"^expected_return must have a value for each .*, got none for 'B', 'C'$"):
        fit(prices, expected_return={"A": 0.1})
    with pytest.raises(InvalidInput, match=r"^expected_return must name one of 'A', 'B', 'C', got 'D'"):
        fit(prices, expected_return={"A": 0.1, "B": 0.1, "C": 0.1, "D": 0.1})
    with pytest.raises(InvalidInput, match=r"^expected_return of 'B' must be > -1, got -1\.0$"):
        fit(prices, expected_return={"A": 0.1, "B": -1.0, "C": 0.1})
    with pytest.raises(InvalidInput, match=r"^expected_return must be > -1, got nan$"):
        fit(prices, expected_return=math.nan)
    with pytest.raises(TypeError, match="expected_return"):
        fit(prices)


def test_what_is_no_frame_of_named_numbers_is_refused():
    prices = walks()
    with pytest.raises(InvalidInput, match=r"^prices must be a DataFrame with a column a name, got Series$"):
        fit(prices["A"], expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices must have at least one column, got none$"):
        fit(prices[[]], expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices: names of columns must be non-empty strings, got 0$"):
        fit(prices.set_axis([0, 1, 2], axis=1), expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices: names of columns must be unique, got 'A' twice$"):
        fit(prices.set_axis(["A", "A", "B"], axis=1), expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices of 'B' must be numbers, got dtype"):
        fit(prices.astype({"B": str}), expected_return=0.1)
