"""A market fitted to prices: against hand calculation, pandas and published figures, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market import Clustered, Uncertain, fit
from riskkit.market.calibration._proxy import Proxy


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
    with pytest.warns(RiskkitWarning, match="A, B move as one"):
        market = fit(prices, expected_return={"B": 0.1, "A": 0.05}, shrink=False)
    assert list(market.assets) == ["A", "B"]
    assert market.assets["A"].volatility == pytest.approx(0.01 * math.sqrt(24 / 23 * 365.25), rel=1e-10)
    assert market.assets["B"].volatility == pytest.approx(0.02 * math.sqrt(24 / 23 * 365.25), rel=1e-10)
    assert (market.assets["A"].expected_return, market.assets["B"].expected_return) == (0.05, 0.1)
    assert market.correlation.loc["A", "B"] == pytest.approx(1.0, abs=1e-12)
    assert (market.shocks, market.tails) == ((), ())


def test_complete_histories_against_pandas():
    prices = walks()
    returns = np.log(prices).diff()
    market = fit(prices, expected_return=0.07, shrink=False)
    years = (prices.index[-1] - prices.index[0]).days / 365.25
    for name in prices:
        expected = returns[name].std() * math.sqrt(299 / years)
        assert market.assets[name].volatility == pytest.approx(expected, rel=1e-12)
    assert np.abs(market.correlation - returns.corr()).to_numpy().max() < 1e-12


def test_half_life_against_pandas():
    """pandas' weights by age and its correction for bias; with a row a day, ages in rows are ages in days."""
    prices = walks().set_axis(pd.date_range("2024-01-01", periods=300))
    faded = np.log(prices).diff().ewm(halflife=36.525)
    market = fit(prices, expected_return=0.07, half_life=0.1, shrink=False)
    for name in prices:
        expected = faded.std()[name].iloc[-1] * math.sqrt(365.25)
        assert market.assets[name].volatility == pytest.approx(expected, rel=1e-9)
    assert np.abs(market.correlation - faded.corr().loc[prices.index[-1]]).to_numpy().max() < 1e-9


def test_half_life_against_hand_calculation():
    """41 returns a day apart: +1 % and -1 % in turn for forty days, then 0; a half-life of twenty days.

    The return that is k days old weighs 2^(-k/20), and is +1 % for even k. With a the sum of these weights for k from 1
    to 40 and b their sum with signs, the mean square is 1e-4 · a/(1 + a), the mean .01 · b/(1 + a), and the returns
    are worth n = (1 + a)² / (1 + Σ 4^(-k/20)) equal ones.
    """
    signs = np.concatenate([[0.0], np.tile([1.0, -1.0], 20), [0.0]])
    prices = pd.DataFrame({"A": np.exp(0.01 * signs.cumsum())}, pd.date_range("2024-01-01", periods=42))
    ages = range(1, 41)
    a = sum(2.0 ** (-k / 20) for k in ages)
    b = sum((-1.0) ** k * 2.0 ** (-k / 20) for k in ages)
    count = (1.0 + a) ** 2 / (1.0 + sum(4.0 ** (-k / 20) for k in ages))
    variance = 1e-4 * a / (1.0 + a) - (0.01 * b / (1.0 + a)) ** 2
    market = fit(prices, expected_return=0.07, half_life=20 / 365.25)
    expected = math.sqrt(variance * count / (count - 1.0) * 365.25)
    assert market.assets["A"].volatility == pytest.approx(expected, rel=1e-9)


def test_a_short_history_has_the_volatility_of_its_own_days():
    """B has the volatility of its calm quarter, and A that of all its days, as in pandas."""
    rng = np.random.default_rng(3)
    moves = 0.02 * rng.normal(size=(500, 1)) + 0.005 * rng.normal(size=(500, 2))
    moves[-80:] /= 2.0
    prices = pd.DataFrame(np.exp(moves.cumsum(axis=0)), pd.bdate_range("2024-01-01", periods=500), ["A", "B"])
    prices.iloc[:-80, 1] = np.nan
    market = fit(prices, expected_return=0.07, shrink=False)
    for name in prices:
        own = prices[name].dropna()
        returns = np.log(own).diff().dropna()
        years = (own.index[-1] - own.index[0]).days / 365.25
        expected = returns.std() * math.sqrt(len(returns) / years)
        assert market.assets[name].volatility == pytest.approx(expected, rel=1e-12)
    both = np.log(prices.dropna()).diff()
    assert market.correlation.loc["A", "B"] == pytest.approx(both.corr().loc["A", "B"], rel=1e-12)


def test_dates_without_any_price_change_nothing_but_the_calendar():
    """Weekends as empty rows: Friday and Monday are neighbours all the same."""
    prices = walks()
    assert fit(prices.asfreq("D"), expected_return=0.07) == fit(prices, expected_return=0.07)


def test_the_frame_is_left_alone_and_time_zones_and_whole_numbers_are_fine():
    prices = walks().tz_localize("UTC").round(0).astype(int)
    before = prices.copy()
    assert fit(prices, expected_return=0.0) == fit(prices.astype(float).tz_localize(None), expected_return=0.0)
    assert prices.equals(before)


def contradictory() -> pd.DataFrame:
    """A follows B in the first part, B follows C in the second, and A runs against C in the third."""
    rng = np.random.default_rng(5)
    moves = 0.01 * rng.normal(size=(91, 3))
    moves[:31, 1] = moves[:31, 0]
    moves[31:61, 2] = moves[31:61, 1]
    moves[61:, 2] = -moves[61:, 0]
    prices = pd.DataFrame(np.exp(moves.cumsum(axis=0)), pd.bdate_range("2024-01-01", periods=91), ["A", "B", "C"])
    prices.iloc[:31, 2] = np.nan
    prices.iloc[31:61, 0] = np.nan
    prices.iloc[61:, 1] = np.nan
    return prices


def test_pairs_that_do_not_fit_together_still_make_a_correlation():
    """Each pair has a correlation of 1 or -1, which no three assets have: by symmetry the nearest is ½, ½ and -½.

    Higham's problem for 1, 1, -1: (½, ½, -½) has eigenvalues 0, 1.5, 1.5 and is the projection, as in
    `test_nearest`; shrinkage alone would leave the smallest eigenvalue below 0 too.
    """
    with pytest.warns(RiskkitWarning) as warning_records:
        market = fit(contradictory(), expected_return=0.07, shrink=False)
    pairs = market.correlation.to_numpy()[[0, 1, 0], [1, 2, 2]]
    assert pairs == pytest.approx([0.5, 0.5, -0.5], abs=2e-6)
    assert np.linalg.eigvalsh(market.correlation).min() > 0.0
    assert [str(each.message)[:44] for each in warning_records] == [
        "prices of 'A' have a long gap between 2024-0",
        "correlations over different periods contradi",
    ]
    assert "0.500 in place of 1.000" in str(warning_records[1].message)


def test_a_repair_below_two_digits_gives_no_warning():
    """Three of four columns are the same but for a gap in two of them: what it takes is beyond the second digit."""
    prices = walks(names=("A", "D"))
    prices["B"], prices["C"] = 2.0 * prices["A"], 3.0 * prices["A"]
    prices.iloc[40, 0], prices.iloc[80, 2] = np.nan, np.nan
    with pytest.warns(RiskkitWarning, match=r"move as one \(smallest eigenvalue"):
        market = fit(prices, expected_return=0.07, shrink=False)
    assert np.linalg.eigvalsh(market.correlation).min() > -1e-10


def test_tesla_and_spy_against_the_published_figures(data):
    """FIELD: log volatility 57.15 % (and 17.01 % of SPY) at 252 days a year, correlation 0.4604, over 4061 returns."""
    from riskkit import read

    prices = read.prices(data / "tsla_spy_daily.csv")
    market = fit(prices, expected_return=0.08, shrink=False)
    rows_a_year = 4061 / ((prices.index[-1] - prices.index[0]).days / 365.25)
    to_252 = math.sqrt(252 / rows_a_year)
    assert rows_a_year == pytest.approx(251.5, abs=0.1)
    assert market.assets["TSLA"].volatility * to_252 == pytest.approx(0.5715, abs=5e-5)
    assert market.assets["SPY"].volatility * to_252 == pytest.approx(0.1701, abs=5e-5)
    assert market.correlation.loc["TSLA", "SPY"] == pytest.approx(0.4604, abs=5e-5)


def test_tesla_and_spacex_correlation_since_the_listing(data):
    """FIELD: 0.147 over the 48 daily returns since SpaceX was listed."""
    from riskkit import read

    with pytest.warns(RiskkitWarning, match="column 'MRNA': moved to 2.7697 .* likely split of 1:3"):
        every = read.prices(data / "baron_names_daily_2024_2026.csv", real_moves={"MRNA": ["2026-08-19"]})
    prices = every[["TSLA", "SPCX"]].dropna()
    market = fit(prices, expected_return=0.08, shrink=False)
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


def test_mixed_time_zones_are_refused_with_the_row():
    prices = walks()
    dates = [*prices.index[:4].tz_localize("UTC"), *prices.index[4:].tz_localize("America/New_York")]
    with pytest.raises(
        InvalidInput, match=r"^prices: dates must be in one time zone, got America/New_York in row 4, 2024"
    ):
        fit(prices.set_axis(pd.Index(dates, dtype=object)), expected_return=0.1)


def test_a_single_row_a_short_history_and_a_short_overlap_are_refused_with_the_count():
    prices = walks()
    few = r"must have at least 20 returns from one to the next, got"
    with pytest.raises(InvalidInput, match=rf"^prices of 'A' {few} 0; or give it a proxy"):
        fit(prices.iloc[:1], expected_return=0.1)
    with pytest.raises(InvalidInput, match=rf"^prices of 'A' {few} 19; or give it a proxy: proxies={{'A': rk.Proxy"):
        fit(prices.iloc[:20], expected_return=0.1)
    with pytest.raises(InvalidInput, match=rf"^prices of 'A' {few} 15\.\d, as weights with a half_life of 0\.02 years"):
        fit(prices, expected_return=0.1, half_life=0.02)
    prices.iloc[:-20, 2] = np.nan
    with pytest.raises(InvalidInput, match=rf"^prices of 'C' {few} 19;"):
        fit(prices, expected_return=0.1)
    prices = walks()
    prices.iloc[150:, 0], prices.iloc[:140, 1] = np.nan, np.nan
    with pytest.raises(InvalidInput, match=r"^prices of 'A' and 'B' must have at least 20 returns in common, got 9; "):
        fit(prices, expected_return=0.1)


def test_too_few_returns_for_a_correlation_without_shrinkage_are_refused_with_the_counts():
    names = tuple(f"A{number}" for number in range(30))
    with pytest.raises(
        InvalidInput, match=r"^prices of 'A0' must have at least 31 returns among 30 columns where .* got 29; shrink"
    ):
        fit(walks(30, names), expected_return=0.1, shrink=False)
    prices = walks(names=names)
    prices.iloc[:-30, 3] = np.nan
    with pytest.raises(
        InvalidInput, match=r"^prices of 'A3' must have at least 31 returns among 30 columns .* got 29;"
    ):
        fit(prices, expected_return=0.1, shrink=False)
    fit(prices.iloc[:, :10], expected_return=0.1, shrink=False)


def test_strong_shrinkage_is_warned_of():
    rng = np.random.default_rng(1)
    prices = pd.DataFrame(
        np.exp(0.01 * rng.normal(size=(60, 2)).cumsum(axis=0)), pd.bdate_range("2024-01-01", periods=60), ["A", "B"]
    )
    with pytest.warns(RiskkitWarning, match=r"too few to tell the correlations of A, B from 0, .* takes 100 % .*proxy"):
        market = fit(prices, expected_return=0.07)
    assert market.correlation.loc["A", "B"] == 0.0


def test_an_expected_return_of_cash_without_prices_names_with_cash():
    with pytest.raises(InvalidInput, match=r"'CASH', which has no prices; .* market\.with_cash\('CASH', 0\.03\)"):
        fit(walks(), expected_return={"A": 0.1, "B": 0.1, "CASH": 0.03})
    with pytest.raises(InvalidInput, match=r"got 'a' \(did you mean 'A'\?\)"):
        fit(walks(), expected_return={"a": 0.1, "B": 0.1})


def test_constant_and_empty_columns_are_refused():
    with pytest.raises(
        InvalidInput, match=r"^prices of 'B' must vary, got 5 throughout; .* market\.with_cash\('B', 0\.03\)"
    ):
        fit(walks().assign(B=5.0), expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices of 'B' must hold at least one price, got only NaN; .*with_cash"):
        fit(walks().assign(B=np.nan), expected_return=0.1)
    growing = walks().assign(B=1.001 ** np.arange(300))
    with pytest.raises(InvalidInput, match=r"^prices of 'B' must vary, got equal returns throughout; .*with_cash"):
        fit(growing, expected_return=0.1)
    asleep = walks()
    asleep.iloc[200:, 0], asleep.iloc[:200, 1] = asleep.iloc[200, 0], np.nan
    with pytest.raises(InvalidInput, match=r"^prices of 'A' and 'B' must vary over the 99 returns in common$"):
        fit(asleep, expected_return=0.1)


@pytest.mark.parametrize(("ratio", "move"), [(20.0, r"\+1\d\d\d\.\d %"), (1 / 25, r"-9\d\.\d %")])
def test_a_missed_split_is_refused_with_name_and_date(ratio, move):
    prices = walks()
    prices.loc["2024-05-06":, "C"] *= ratio
    with pytest.raises(InvalidInput, match=rf"^prices of 'C' must move by less than 95 %.*, got {move} on 2024-05-06"):
        fit(prices, expected_return=0.1)


def test_a_large_move_over_a_month_is_only_warned_of():
    """+119 % in a month, where months move by 2 %: let in, and warned of, since it is off 1:2 by .09 in logs."""
    monthly = walks(60).set_axis(pd.date_range("2015-01-31", periods=60, freq="ME"))
    monthly.iloc[30:, 0] *= 2.2
    with pytest.warns(
        RiskkitWarning, match=r"^prices of 'A' moved to 2\.1904 .* on 2017-07-31: a likely split of 1:2;"
    ):
        market = fit(monthly, expected_return=0.1, shrink=False)
    assert market.assets["A"].volatility > 0.3


def test_expected_returns_must_name_every_column_and_no_other():
    prices = walks()
    with pytest.raises(
        InvalidInput, match=r"^expected_return must have a value for each asset, got none for 'B', 'C'$"
    ):
        fit(prices, expected_return={"A": 0.1})
    with pytest.raises(InvalidInput, match=r"^expected_return must name columns .*, 'A', 'B', 'C', got 'D', which"):
        fit(prices, expected_return={"A": 0.1, "B": 0.1, "C": 0.1, "D": 0.1})
    with pytest.raises(InvalidInput, match=r"^expected_return of 'B' must be > -1, got -1\.0$"):
        fit(prices, expected_return={"A": 0.1, "B": -1.0, "C": 0.1})
    with pytest.raises(InvalidInput, match=r"^expected_return must be > -1, got nan$"):
        fit(prices, expected_return=math.nan)
    with pytest.raises(TypeError, match="expected_return"):
        fit(prices)


def test_the_sample_mean_is_used_only_by_name_with_a_warning_of_its_error():
    """365 daily returns of ±2 % in turn and .1 % on top: mean log growth .36525 a year, over 365/365.25 years.

    The sample sd is √(.02² · 365/364) (an odd last day moves it in the fifth digit), times √365.25 a year.
    """
    signs = np.tile([1.0, -1.0], 183)[:365]
    levels = np.exp(np.concatenate([[0.0], 0.02 * signs + 0.001]).cumsum())
    prices = pd.DataFrame({"A": levels}, pd.date_range("2024-01-01", periods=366))
    with pytest.warns(
        RiskkitWarning, match=r"expected returns are sample means: A [\d.]+ % ± [\d.]+ % \(one"
    ) as warning_records:
        market = fit(prices, expected_return="sample mean")
    swing = market.assets["A"].volatility
    assert swing == pytest.approx(0.02 * math.sqrt(365.25), rel=2e-3)
    growth = 365.25 * (0.001 + 0.02 / 365)
    expected = math.exp(growth + swing**2 / 2) - 1.0
    assert market.assets["A"].expected_return == pytest.approx(expected, rel=1e-9)
    error = (1.0 + expected) * swing / math.sqrt(365 / 365.25)
    assert f"± {100 * error:.3g} %" in str(warning_records[0].message)
    with pytest.raises(InvalidInput, match=r"^expected_return must be one of 'sample mean', got 'mean'$"):
        fit(prices, expected_return="mean")
    with pytest.raises(InvalidInput, match=r"must not be 'sample mean' if .* proxies .*, got 'B'; give a mapping$"):
        fit(prices, expected_return="sample mean", proxies={"B": Proxy("A", 0.3)})


def test_an_expected_return_may_be_uncertain():
    unsure = Uncertain(0.15, 0.05)
    market = fit(walks(), expected_return={"A": unsure, "B": 0.1, "C": 0.1})
    assert market.assets["A"].expected_return == unsure


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, "1"])
def test_a_half_life_that_is_none_is_refused(value):
    with pytest.raises(InvalidInput, match=r"^half_life must be "):
        fit(walks(), expected_return=0.1, half_life=value)


def test_flags_and_tails_that_are_none_are_refused():
    with pytest.raises(InvalidInput, match=r"^shrink must be True or False, got 1$"):
        fit(walks(), expected_return=0.1, shrink=1)
    with pytest.raises(InvalidInput, match=r"^tails must be StudentT or NormalInverseGaussian, or .*, got Clustered$"):
        fit(walks(), expected_return=0.1, tails=Clustered)


def test_a_series_with_a_name_is_a_frame_of_one_column():
    prices = walks()
    assert fit(prices["A"], expected_return=0.1) == fit(prices[["A"]], expected_return=0.1)


@pytest.mark.parametrize(
    "heads",
    [
        ("Open", "High", "Low"),
        ("Price", "Open", "High"),
        ("open", "close", "volume"),
        ("NAV", "Volume", "Change"),
        ("Close", "Adj Close", "Volume"),
    ],
)
def test_the_record_of_one_company_is_refused_with_the_way_to_take_it(heads):
    """Wherever a frame is taken."""
    from riskkit.comparison._backtest import backtest
    from riskkit.market import Resampled, fit_report
    from riskkit.scenario.scenarios import baron

    company_fields = walks().set_axis(list(heads), axis=1)
    message = rf"^prices must have a column a name, got the fields of one company: '{heads[0]}', .*name='TSLA'\) takes"
    for taker in (
        lambda: fit(company_fields, expected_return=0.1),
        lambda: fit_report(fit(walks(), expected_return=0.1), company_fields),
        lambda: Resampled(company_fields),
        lambda: backtest(baron(), company_fields),
    ):
        with pytest.raises(InvalidInput, match=message):
            taker()


def test_names_that_look_alike_are_refused_and_what_cannot_be_seen_is_removed():
    prices = walks()
    for names in (("BRK.B", "BRK/B", "C"), ("Musk", "musk", "C"), ("A", "B C", "B-C")):
        with pytest.raises(InvalidInput, match=r"^prices: names of columns must differ by more than case and punct"):
            fit(prices.set_axis(list(names), axis=1), expected_return=0.1)
    hidden = fit(prices.set_axis(["A\u200b", "\ufeffB", "C "], axis=1), expected_return=0.1)
    assert hidden == fit(prices, expected_return=0.1)


def test_what_is_no_frame_of_named_numbers_is_refused():
    prices = walks()
    with pytest.raises(InvalidInput, match=r"^prices must be a DataFrame with a column a name, got dict$"):
        fit({"A": prices["A"]}, expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices must have a name, got a Series with the name None; .*rename"):
        fit(prices["A"].rename(None), expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices must have at least one column, got none$"):
        fit(prices[[]], expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices: names of columns must be non-empty strings, got 0$"):
        fit(prices.set_axis([0, 1, 2], axis=1), expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices: names of columns must be unique, got 'A' twice$"):
        fit(prices.set_axis(["A", "A", "B"], axis=1), expected_return=0.1)
    with pytest.raises(InvalidInput, match=r"^prices of 'B' must be numbers, got dtype"):
        fit(prices.astype({"B": str}), expected_return=0.1)
