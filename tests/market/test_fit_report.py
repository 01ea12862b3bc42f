"""The fit report against scipy, pandas and published figures."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from riskkit._core.errors import InvalidInput
from riskkit.market import (
    Asset,
    Clustered,
    Market,
    NormalInverseGaussian,
    Regime,
    Regimes,
    Resampled,
    StudentT,
    fit,
)
from riskkit.market.calibration._fit_report import fit_report
from riskkit.market.calibration._implied_moments import implied_beyond, implied_kurtosis
from riskkit.market.calibration._proxy import Proxy

DAY = 1.0 / 252.0


def walks(rows: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    moves = 0.01 * (rng.normal(size=(rows, 1)) + rng.standard_t(4, size=(rows, 2)))
    return pd.DataFrame(np.exp(moves.cumsum(axis=0)), pd.bdate_range("2020-01-01", periods=rows), ["A", "B"])


def market(tails: object = ()) -> Market:
    return Market({"A": Asset(0.07, 0.2), "B": Asset(0.07, 0.5)}, tails=tails)


def test_what_the_past_was_against_scipy_and_pandas():
    prices = walks()
    prices.iloc[:100, 1] = np.nan
    prices.iloc[300, 0] = np.nan
    table = fit_report(fit(prices, expected_return=0.07), prices).table
    for name in prices:
        own = prices[name].dropna()
        there = np.log(own).diff().dropna()
        years = (own.index[-1] - own.index[0]).days / 365.25
        row = table.loc[name]
        kurtosis = stats.kurtosis(there)
        swing = there.std() * math.sqrt(len(there) / years)
        assert row["returns"] == len(there)
        assert row["sample_volatility"] == pytest.approx(swing, rel=1e-10)
        assert row["volatility_error"] == pytest.approx(swing * math.sqrt((kurtosis + 2) / (4 * len(there))), rel=1e-10)
        assert row["sample_kurtosis"] == pytest.approx(kurtosis, rel=1e-10)
        large = np.abs(stats.zscore(there)) > 4.0
        assert row["sample_beyond_4sd"] == pytest.approx(large.mean(), rel=1e-12)
        assert row["autocorrelation"] == pytest.approx(there.abs().autocorr(), rel=1e-9)
        mean = math.exp(there.sum() / years + swing**2 / 2) - 1.0
        assert row["mean_return"] == pytest.approx(mean, rel=1e-9)
        error = (1.0 + mean) * swing / math.sqrt(years)
        assert row["mean_return_error"] == pytest.approx(error, rel=1e-9)


def test_error_of_the_volatility_is_that_of_many_samples():
    """4000 samples of 250 returns with kurtosis 3 (Laplace): sd of their volatilities, known to 4/√(2·4000)."""
    samples = 0.01 * np.random.default_rng(0).laplace(size=(4000, 250))
    seen = samples.std(axis=1, ddof=1)
    reported_error = seen.mean() * math.sqrt((3.0 + 2.0) / (4 * 250))
    assert seen.std() == pytest.approx(reported_error, rel=4.0 / math.sqrt(8000))


def test_normal_and_student_and_inverse_gaussian_days_against_scipy():
    """A t with 5 degrees of freedom has excess kurtosis 6/(5 - 4) and sd √(5/3); an NIG's day has what it was given."""
    assert implied_kurtosis(market(), DAY) == pytest.approx([0.0, 0.0])
    assert implied_beyond(market(), DAY, 4.0) == pytest.approx([2.0 * stats.norm.sf(4.0)] * 2, rel=1e-12)
    student = market(StudentT(5.0))
    assert implied_kurtosis(student, DAY) == pytest.approx([6.0, 6.0], rel=1e-12)
    assert implied_beyond(student, DAY, 4.0) == pytest.approx(
        [2.0 * stats.t.sf(4.0 * math.sqrt(5 / 3), 5)] * 2, rel=1e-5
    )
    assert implied_kurtosis(market(StudentT(4.0)), DAY) == pytest.approx([math.inf] * 2)
    inverse = market(NormalInverseGaussian(6.0))
    assert implied_kurtosis(inverse, DAY) == pytest.approx([6.0, 6.0], rel=1e-12)
    assert implied_kurtosis(inverse, 5.0 * DAY) == pytest.approx([6.0 / 5.0] * 2, rel=1e-12)
    expected = 2.0 * stats.norminvgauss.sf(4.0, 0.5, 0.0, scale=math.sqrt(0.5))
    assert implied_beyond(inverse, DAY, 4.0) == pytest.approx([expected] * 2, rel=1e-5)


def test_clustered_days_against_quadrature():
    """The pace is lognormal with mean 1 and log sd s: E[pace²] = e^(s²). With a tail the two multiply."""
    clustered = market(Clustered(half_life=0.1, spread=0.8))
    assert implied_kurtosis(clustered, DAY) == pytest.approx([3.0 * math.exp(0.64) - 3.0] * 2, rel=1e-12)

    def beyond(score: float) -> float:
        pace = math.exp(0.8 * score - 0.32)
        return 2.0 * stats.norm.sf(4.0 / math.sqrt(pace)) * stats.norm.pdf(score)

    assert implied_beyond(clustered, DAY, 4.0) == pytest.approx([integrate.quad(beyond, -9.0, 9.0)[0]] * 2, rel=1e-6)
    both = market([Clustered(half_life=0.1, spread=0.8), StudentT(6.0)])
    assert implied_kurtosis(both, DAY) == pytest.approx([3.0 * math.exp(0.64) * 2.0 - 3.0] * 2, rel=1e-12)

    def beyond_both(score: float) -> float:
        pace = math.exp(0.8 * score - 0.32)
        return 2.0 * stats.t.sf(4.0 * math.sqrt(6 / 4 / pace), 6) * stats.norm.pdf(score)

    expected = integrate.quad(beyond_both, -9.0, 9.0)[0]
    assert implied_beyond(both, DAY, 4.0) == pytest.approx([expected] * 2, rel=1e-5)


def test_days_of_two_regimes_by_hand():
    """A fifth of the time A swings three times as much: mean square .8 + .2 · 9 = 2.6, mean fourth power 17. B is even.

    So the kurtosis of A is 3 · 17 / 2.6² - 3, and its days beyond 4 sd are those of two normals.
    """
    regimes = Regimes(
        {"calm": Regime(), "storm": Regime(volatility={"A": 3.0})},
        switching={"calm": {"storm": 1}, "storm": {"calm": 4}},
    )
    assert implied_kurtosis(market(regimes), DAY) == pytest.approx(
        [3.0 * 17.0 / 2.6**2 - 3.0, 0.0], rel=1e-12, abs=1e-12
    )
    limit = 4.0 * math.sqrt(2.6)
    expected = 2.0 * (0.8 * stats.norm.sf(limit) + 0.2 * stats.norm.sf(limit / 3.0))
    assert implied_beyond(market(regimes), DAY, 4.0) == pytest.approx([expected, 2.0 * stats.norm.sf(4.0)], rel=1e-12)


def test_tesla_and_spy_against_the_published_figures(data):
    """FIELD: excess kurtosis 4.75 (without its bias of .01), max drawdowns 73.632 % and 33.717 %."""
    from riskkit import read

    prices = read.prices(data / "tsla_spy_daily.csv")
    report = fit_report(fit(prices, expected_return=0.08, tails=NormalInverseGaussian), prices)
    tesla = report.table.loc["TSLA"]
    assert tesla["returns"] == 4061
    assert tesla["sample_kurtosis"] == pytest.approx(4.75, abs=0.02)
    assert tesla["max_drawdown"] == pytest.approx(0.73632, abs=5e-6)
    assert report.table.loc["SPY", "max_drawdown"] == pytest.approx(0.33717, abs=5e-6)
    assert tesla["kurtosis"] == pytest.approx(4.67, abs=0.5)
    assert any("large moves came in clusters (SPY, TSLA" in line for line in report.remarks)


def test_correlation_is_summarized_by_its_eigenvalues():
    """Of a pair with correlation .6 they are .4 and 1.6."""
    market = Market({"A": Asset(0.07, 0.2), "B": Asset(0.07, 0.5)}, {"A": {"B": 0.6}})
    report = fit_report(market, walks())
    assert report.smallest_eigenvalue == pytest.approx(0.4, rel=1e-12)
    assert report.condition_number == pytest.approx(4.0, rel=1e-12)
    assert "- Correlation: smallest eigenvalue 0.4, condition number 4." in repr(report)


def test_remarks_say_what_is_not_modelled():
    """Storms of ten days in a hundred, three times as wild; 4 sd of a normal come once in 16,000 days."""
    rng = np.random.default_rng(1)
    rows = 1000
    storms = np.where(np.arange(rows) % 100 < 10, 0.06, 0.01)
    prices = pd.DataFrame(
        {"A": np.exp((storms * rng.normal(size=rows)).cumsum())}, pd.bdate_range("2020-01-01", periods=rows)
    )
    plain = fit(prices, expected_return=0.07, proxies={"New": Proxy("A", 0.3)})
    text = repr(fit_report(plain, prices))
    assert "large moves came in clusters (A: absolute returns" in text
    assert "moves beyond 4 sd were more than twice as frequent as in the market (A)" in text
    assert "Not compared, without enough prices: New." in text
    assert "survivors" in text
    stormy = Market(plain.assets, plain.correlation, tails=Clustered(half_life=0.05, spread=1.2))
    text = repr(fit_report(stormy, prices))
    assert "came together" not in text
    assert "survivors" in text


def test_history_itself_has_the_shape_that_it_had():
    prices = walks()
    table = fit_report(Market(Resampled(prices)), prices).table
    assert table["kurtosis"].to_numpy() == pytest.approx(table["sample_kurtosis"].to_numpy(), rel=1e-10)
    assert table["beyond_4sd"].to_numpy() == pytest.approx(table["sample_beyond_4sd"].to_numpy(), rel=1e-10)
    assert table["volatility"].to_numpy() == pytest.approx(table["sample_volatility"].to_numpy(), rel=1e-10)


def test_columns_that_are_no_asset_or_too_short_are_left_out():
    prices = walks().assign(C=lambda table: table["A"] * 2.0)
    prices.iloc[:-10, 1] = np.nan
    report = fit_report(market(), prices)
    assert list(report.table.index) == ["A"]
    assert "Not compared, without enough prices: B." in report.remarks


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InvalidInput, match=r"^market must be a Market, got 'market'$"):
        fit_report("market", walks())
    with pytest.raises(InvalidInput, match=r"^prices must have at least 20 returns of an asset .* none of 'A', 'B'$"):
        fit_report(market(), walks().rename(columns=str.lower))
    with pytest.raises(InvalidInput, match=r"^prices of 'A' must be > 0"):
        fit_report(market(), -walks())
