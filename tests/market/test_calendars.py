"""Prices of several calendars in one table: each column by its own prices, each pair by what both have."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market import Market, NormalInverseGaussian, StudentT, equilibrium, fit
from riskkit.market.calibration._fit_report import fit_report
from riskkit.market.calibration._proxy import Proxy
from riskkit.market.calibration._tail_likelihood import fit_tail
from riskkit.portfolio._portfolio import Holding, Portfolio


def mixed(years: int = 2, seed: int = 0) -> pd.DataFrame:
    """One price process seen on three calendars: each day of the week, trading days, ends of months, and short."""
    days = pd.date_range("2022-01-01", periods=365 * years)
    rng = np.random.default_rng(seed)
    moves = 0.01 * rng.normal(size=(len(days), 4)) + 0.015 * rng.normal(size=(len(days), 1))
    table = pd.DataFrame(100.0 * np.exp(moves.cumsum(axis=0)), days, ["always", "trading", "monthly", "short"])
    table.loc[table.index.dayofweek >= 5, "trading"] = np.nan
    table.loc[~table.index.is_month_end, "monthly"] = np.nan
    table.loc[: days[-60], "short"] = np.nan
    return table


def own(prices: pd.Series) -> tuple[pd.Series, float]:
    """A column's own log returns, and how many years they cover, by plain pandas."""
    there = prices.dropna()
    return np.log(there).diff().dropna(), (there.index[-1] - there.index[0]).days / 365.25


def own_volatility(prices: pd.Series) -> float:
    returns, years = own(prices)
    return float(returns.std() * math.sqrt(len(returns) / years))


def common_correlation(prices: pd.DataFrame, one: str, other: str) -> float:
    """From each date on which both have a price to the next."""
    return float(np.log(prices[[one, other]].dropna()).diff().corr().loc[one, other])


@pytest.mark.parametrize("others", [["always"], ["monthly"], ["always", "monthly"], ["short"], ["always", "short"]])
def test_no_column_changes_the_volatility_or_the_mean_of_another(others):
    """A price on every day, on every month's last day, or for two months only: trading days stay what they are."""
    prices = mixed(4)
    with pytest.warns(RiskkitWarning, match="sample means"):
        alone = fit(prices[["trading"]], expected_return="sample mean").assets["trading"]
    with pytest.warns(RiskkitWarning, match="sample means"):
        beside = fit(prices[["trading", *others]], expected_return="sample mean", shrink=False)
    assert beside.assets["trading"].volatility == pytest.approx(alone.volatility, rel=1e-14)
    assert beside.assets["trading"].expected_return == pytest.approx(alone.expected_return, rel=1e-14)


def test_volatilities_and_correlations_against_pandas():
    """Each column by its own returns; a pair by the periods that both have: weeks' ends bridged, whole months."""
    prices = mixed()[["always", "trading", "short"]]
    market = fit(prices, expected_return=0.07, shrink=False)
    for name in prices:
        assert market.assets[name].volatility == pytest.approx(own_volatility(prices[name]), rel=1e-12)
    for one, other in (("always", "trading"), ("always", "short"), ("trading", "short")):
        expected = common_correlation(prices, one, other)
        assert market.correlation.loc[one, other] == pytest.approx(expected, rel=1e-10)
    monthly = mixed(4)[["always", "monthly"]]
    found = fit(monthly, expected_return=0.07, shrink=False)
    assert found.assets["monthly"].volatility == pytest.approx(own_volatility(monthly["monthly"]), rel=1e-12)
    expected = common_correlation(monthly, "always", "monthly")
    assert found.correlation.loc["always", "monthly"] == pytest.approx(expected, rel=1e-10)


def test_a_gap_of_one_day_is_bridged():
    """A holiday of A alone: its return goes from Monday to Wednesday, and the pair's too."""
    prices = mixed()[["always", "trading"]].dropna()
    prices.iloc[100, 0] = np.nan
    market = fit(prices, expected_return=0.07, shrink=False)
    assert market.assets["always"].volatility == pytest.approx(own_volatility(prices["always"]), rel=1e-12)
    expected = common_correlation(prices, "always", "trading")
    assert market.correlation.loc["always", "trading"] == pytest.approx(expected, rel=1e-10)


def test_half_life_is_that_of_the_column_whatever_the_calendar_of_others():
    """Weights count by their ratios only, so an end two days later changes nothing."""
    prices = mixed()[["always", "trading"]]
    later = prices.loc[: prices.index[prices.index.dayofweek == 6][-1]]
    alone = fit(later[["trading"]], expected_return=0.07, half_life=0.3).assets["trading"].volatility
    beside = fit(later, expected_return=0.07, half_life=0.3).assets["trading"].volatility
    assert beside == pytest.approx(alone, rel=1e-12)
    returns, years = own(later["trading"])
    ages = np.asarray((later.index[-1] - returns.index).days) / 365.25
    weights = 0.5 ** (ages / 0.3)
    mean = np.average(returns, weights=weights)
    count = weights.sum() ** 2 / (weights**2).sum()
    variance = np.average((returns - mean) ** 2, weights=weights) * count / (count - 1.0)
    assert alone == pytest.approx(math.sqrt(variance * len(returns) / years), rel=1e-12)


def test_sample_means_are_over_a_columns_own_years():
    """Log growth from its first price to its last, over the years between them, plus half its variance."""
    prices = mixed()[["always", "trading", "short"]]
    with pytest.warns(RiskkitWarning, match="sample means") as warning_records:
        market = fit(prices, expected_return="sample mean", shrink=False)
    for name in prices:
        returns, years = own(prices[name])
        swing = own_volatility(prices[name])
        expected = math.exp(returns.sum() / years + swing**2 / 2) - 1.0
        assert market.assets[name].expected_return == pytest.approx(expected, rel=1e-10)
        assert f"{100 * (1 + expected) * swing / math.sqrt(years):.3g} %" in str(warning_records[0].message)


def test_the_fit_report_is_by_a_columns_own_prices():
    prices = mixed()[["always", "trading", "short"]]
    market = fit(prices, expected_return=0.07, tails=NormalInverseGaussian(6.0), shrink=False)
    table = fit_report(market, prices).table
    for name in prices:
        returns, years = own(prices[name])
        assert table.loc[name, "returns"] == len(returns)
        assert table.loc[name, "sample_volatility"] == pytest.approx(own_volatility(prices[name]), rel=1e-12)
        assert table.loc[name, "sample_volatility"] == pytest.approx(market.assets[name].volatility, rel=1e-12)
        assert table.loc[name, "autocorrelation"] == pytest.approx(returns.abs().autocorr(), rel=1e-9)
        # The excess kurtosis of a day of 252 a year is 6: of n a year, 6 n / 252.
        assert table.loc[name, "kurtosis"] == pytest.approx(6.0 * len(returns) / years / 252.0, rel=1e-9)


def test_a_proxy_and_an_equilibrium_are_made_of_own_volatilities_and_common_correlations():
    """A proxy of the trading column; and returns in proportion to covariances with it: βs to it times the premium."""
    prices = mixed()[["always", "trading"]]
    index = equilibrium(Portfolio([Holding("trading", 1.0)]), premium=0.05, cash=0.02)
    market = fit(prices, expected_return=index, shrink=False, proxies={"new": Proxy("trading", 0.3)})
    swing, other = own_volatility(prices["trading"]), own_volatility(prices["always"])
    correlation = common_correlation(prices, "always", "trading")
    assert market.assets["new"].volatility == pytest.approx(math.hypot(swing, 0.3), rel=1e-10)
    assert market.assets["trading"].expected_return == pytest.approx(0.07, rel=1e-10)
    assert market.assets["new"].expected_return == pytest.approx(0.07, rel=1e-10)
    assert market.assets["always"].expected_return == pytest.approx(
        0.02 + 0.05 * correlation * other / swing, rel=1e-10
    )


def test_a_tail_is_fitted_to_periods_that_begin_and_end_together():
    """On Mondays the two returns cover different times: scipy's density of each alone, of both on other days."""
    prices = mixed()[["always", "trading"]]
    market = fit(prices, expected_return=0.07, tails=StudentT, shrink=False)
    rho = market.correlation.loc["always", "trading"]
    scores = {}
    for name in prices:
        returns, years = own(prices[name])
        scores[name] = (returns - returns.mean()) / (own_volatility(prices[name]) / math.sqrt(len(returns) / years))
    monday = scores["trading"].index.dayofweek == 0
    alone = [scores["trading"][monday], scores["always"].drop(scores["trading"].index[~monday])]
    pair = np.column_stack([scores[name][scores["trading"].index[~monday]] for name in prices])
    pair = pair[~np.isnan(pair).any(axis=1)]

    def log_likelihood(dof: float) -> float:
        from scipy.stats import multivariate_t

        scale = (dof - 2.0) / dof
        single = sum(t.logpdf(part, dof, scale=math.sqrt(scale)).sum() for part in alone)
        return single + multivariate_t.logpdf(pair, shape=scale * np.array([[1.0, rho], [rho, 1.0]]), df=dof).sum()

    [tail] = market.tails
    up, here, down = (log_likelihood(tail.dof * factor) for factor in (1.02, 1.0, 0.98))
    assert here > max(up, down)


def test_a_day_of_the_week_and_a_month_have_the_kurtosis_of_their_length():
    """Two assets with one time change, daily and monthly: a month's return tells 252/12 times the daily kurtosis.

    The likelihood of both is the sum of the two alone, as their periods differ; here it must lie between them.
    """
    rng = np.random.default_rng(2)
    scores = np.full((4000, 2), np.nan)
    starts = np.full((4000, 2), -1)
    scores[:, 0], starts[:, 0] = rng.standard_t(6, 4000) * math.sqrt(4 / 6), np.arange(-1, 3999)
    ends = np.arange(20, 4000, 21)
    scores[ends, 1], starts[ends, 1] = rng.standard_t(6, len(ends)) * math.sqrt(4 / 6), ends - 21
    scores[0, 0] = np.nan
    returns_a_year = np.array([252.0, 12.0])
    all_periods = {"weights": np.ones(4000), "starts": starts, "returns_a_year": returns_a_year}
    both = fit_tail(NormalInverseGaussian, scores, np.eye(2), **all_periods).kurtosis
    daily = scores.copy()
    daily[:, 1] = np.nan
    alone = fit_tail(NormalInverseGaussian, daily, np.eye(2), **all_periods).kurtosis
    monthly = scores[ends, 1:]
    only = fit_tail(
        NormalInverseGaussian,
        monthly,
        np.eye(1),
        weights=np.ones(len(ends)),
        starts=np.arange(len(ends))[:, None],
        returns_a_year=returns_a_year[1:],
    ).kurtosis
    assert min(alone, only) < both < max(alone, only)


def test_a_long_gap_is_left_out_with_a_warning():
    """A year of prices, a year and a half without, another year: volatility by pandas over the two years alone."""
    days = pd.bdate_range("2018-01-01", "2021-12-31")
    prices = pd.DataFrame({"A": np.exp(0.01 * np.random.default_rng(1).normal(size=len(days)).cumsum())}, days)
    prices["B"] = np.exp(0.02 * np.random.default_rng(2).normal(size=len(days)).cumsum())
    prices.loc["2019-07-01":"2020-12-31", "A"] = np.nan
    with pytest.warns(RiskkitWarning, match=r"^prices of 'A' have a long gap between 2019-06-28 and 2021-01-01"):
        market = fit(prices, expected_return=0.07, shrink=False)
    parts = [prices["A"].loc[:"2019-06-30"], prices["A"].loc["2021-01-01":]]
    returns = pd.concat([np.log(part).diff().dropna() for part in parts])
    years = sum((part.index[-1] - part.index[0]).days for part in parts) / 365.25
    assert market.assets["A"].volatility == pytest.approx(returns.std() * math.sqrt(len(returns) / years), rel=1e-12)
    assert market.assets["B"].volatility == pytest.approx(own_volatility(prices["B"]), rel=1e-12)
    both = pd.concat([np.log(prices.loc[part.index]).diff().dropna() for part in parts])
    assert market.correlation.loc["A", "B"] == pytest.approx(both.corr().loc["A", "B"], rel=1e-10)


def test_long_gaps_of_more_than_half_are_refused_unless_allowed():
    """From 2018-06-29 to 2021-01-01 are 917 of 1460 days."""
    days = pd.bdate_range("2018-01-01", "2021-12-31")
    prices = pd.DataFrame({"A": np.exp(0.01 * np.random.default_rng(1).normal(size=len(days)).cumsum())}, days)
    prices.loc["2018-07-01":"2020-12-31", "A"] = np.nan
    share = 100 * (pd.Timestamp("2021-01-01") - pd.Timestamp("2018-06-29")).days / (days[-1] - days[0]).days
    with pytest.raises(
        InvalidInput, match=rf"^prices of 'A' must cover at least half .* and {share:.1f} % .* allow_drop"
    ):
        fit(prices, expected_return=0.07)
    with pytest.warns(RiskkitWarning, match="long gap"):
        market = fit(prices, expected_return=0.07, allow_dropped_rows=True)
    with pytest.raises(InvalidInput, match=r"^prices of 'A' must cover at least half"):
        fit_report(market, prices)
    with pytest.warns(RiskkitWarning, match="long gap"):
        fit_report(market, prices, allow_dropped_rows=True)
    with pytest.raises(InvalidInput, match=r"^allow_dropped_rows must be True or False, got 1$"):
        fit(prices, expected_return=0.07, allow_dropped_rows=1)


def test_a_closure_of_a_few_weeks_is_bridged():
    """Moscow's exchange was closed from 2022-02-25 to 2022-03-24: the move over it is one of the returns."""
    prices = mixed()[["trading"]].dropna()
    prices = prices[(prices.index <= "2022-02-25") | (prices.index >= "2022-03-24")]
    market = fit(prices, expected_return=0.07)
    assert market.assets["trading"].volatility == pytest.approx(own_volatility(prices["trading"]), rel=1e-12)


def seven_days(prices: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The table with a column beside it that has a price on each day of the week."""
    days = pd.date_range(prices.index[0], prices.index[-1])
    coin = np.exp(0.03 * np.random.default_rng(seed).normal(size=len(days)).cumsum())
    return prices.reindex(days).assign(coin=coin)


def tesla(data) -> pd.DataFrame:
    return pd.read_csv(data / "tsla_spy_daily.csv", index_col="date", parse_dates=True)


def test_tesla_beside_a_column_of_seven_days(data):
    """57.1 % over the whole table, its sample mean and its correlation with SPY, .460: as without the column."""
    prices = tesla(data)
    with pytest.warns(RiskkitWarning, match="sample means"):
        market = fit(seven_days(prices), expected_return="sample mean", shrink=False)
    assert market.assets["TSLA"].volatility == pytest.approx(own_volatility(prices["TSLA"]), rel=1e-12)
    assert round(market.assets["TSLA"].volatility, 3) == 0.571
    assert market.correlation.loc["TSLA", "SPY"] == pytest.approx(np.log(prices).diff().corr().iloc[0, 1], rel=1e-10)
    assert round(market.correlation.loc["TSLA", "SPY"], 3) == 0.460
    returns, years = own(prices["TSLA"])
    expected = math.exp(returns.sum() / years + own_volatility(prices["TSLA"]) ** 2 / 2) - 1.0
    assert market.assets["TSLA"].expected_return == pytest.approx(expected, rel=1e-10)


def test_tesla_since_2015_beside_a_column_of_seven_days(data):
    """57.0 %, where a return from row to row made it 65.2 %."""
    prices = tesla(data).loc["2015":]
    market = fit(seven_days(prices), expected_return=0.08)
    assert market.assets["TSLA"].volatility == pytest.approx(own_volatility(prices["TSLA"]), rel=1e-12)
    assert round(market.assets["TSLA"].volatility, 3) == 0.570


def test_tesla_beside_weeks_and_months_and_spacex(data):
    prices = tesla(data)
    names = pd.read_csv(data / "baron_names_daily_2024_2026.csv", index_col="date", parse_dates=True)
    weekly = prices["SPY"].resample("W-FRI").last().rename("weekly").reindex(prices.index)
    monthly = prices["SPY"].resample("BME").last().rename("monthly").reindex(prices.index)
    for column in (weekly, monthly, names["SPCX"].dropna()):
        market = fit(prices[["TSLA"]].join(column), expected_return=0.08, shrink=False)
        assert market.assets["TSLA"].volatility == pytest.approx(own_volatility(prices["TSLA"]), rel=1e-12)
        assert market.assets[column.name].volatility == pytest.approx(own_volatility(column), rel=1e-12)
    assert isinstance(market, Market)
