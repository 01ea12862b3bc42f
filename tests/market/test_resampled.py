"""Resampled history against the exact moments of the stationary bootstrap."""

from __future__ import annotations

import contextlib
import copy
import math
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from samples import SIGMAS, assert_mean, assert_share
from scipy import stats

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market.history._replayed import Replayed

ROWS, BLOCK = 80, 4.0
WEEKS = 365.25 / 7.0  # rows a year of weekly prices


def history(seed: int = 3, rows: int = ROWS) -> pd.DataFrame:
    """Weekly prices of two assets whose returns are correlated, with each other and with those of the week before."""
    noise = np.random.default_rng(seed).normal(0.0, 0.02, (rows, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    returns = noise.copy()
    for row in range(1, rows):
        returns[row] += 0.5 * returns[row - 1]
    levels = np.vstack([np.zeros(2), returns.cumsum(axis=0)])
    return pd.DataFrame(100.0 * np.exp(levels), pd.date_range("2020-01-01", periods=rows + 1, freq="7D"), ["a", "b"])


PRICES = history()
RETURNS = np.diff(np.log(PRICES.to_numpy()), axis=0)


def drawn(past, *, paths=4_000, years=1.0, shocks=(), seed=1, **more) -> np.ndarray:
    market = rk.Market(past, shocks=shocks, **more)
    return rk.sample(market, years=years, steps_per_year=52, paths=paths, seed=seed).prices


def rows_drawn(past: rk.Resampled, **more) -> np.ndarray:
    """Number of the row behind each step (step, path).

    All paths are shifted alike at a step. With 2000 paths the worst move is that of the worst row, which gives the
    shift of each asset; then one row must fit both assets to rounding.
    """
    moves = np.diff(np.log(drawn(past, paths=2_000, **more)), axis=0)
    moves -= (moves.min(axis=2) - RETURNS.min(axis=0))[:, :, None]
    gaps = np.abs(moves[:, 0, :, None] - RETURNS[:, 0])
    found = gaps.argmin(axis=2)
    np.testing.assert_allclose(moves.transpose(0, 2, 1), RETURNS[found], atol=1e-12)
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Which days
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def days() -> np.ndarray:
    return rows_drawn(rk.Resampled(PRICES, BLOCK, expected_return=0.08))


def test_each_step_is_one_day_of_the_past_for_all_assets_together(days):
    """One row fits both assets to 1e-12; all rows are alike likely, at the first step as at the last."""
    for step in (0, 1, 30, 51):
        counts = np.bincount(days[step], minlength=ROWS)
        statistic = ((counts - days.shape[1] / ROWS) ** 2).sum() * ROWS / days.shape[1]
        assert statistic < stats.chi2.isf(6e-5, ROWS - 1), f"step {step}"


def test_blocks_run_on_and_end_with_probability_one_over_their_length(days):
    """The next row follows with 1 - 1/L, or by chance after a jump; from the last it is the first."""
    follows = (days[1:] - days[:-1]) % ROWS == 1
    assert_share(follows, 1.0 - 1.0 / BLOCK + 1.0 / (BLOCK * ROWS))
    ends = days[:-1] == ROWS - 1
    assert_share(follows[ends], 1.0 - 1.0 / BLOCK + 1.0 / (BLOCK * ROWS))
    after = days[1:][~follows]
    assert_share(after < ROWS // 2, 0.5)


def test_lengths_of_blocks_are_geometric(days):
    """P(a block goes on for k more rows) = q^k with q = 1 - 1/L + 1/(L n), blocks that begin by chance where the
    last one ended counted as one."""
    follows = (days[1:] - days[:-1]) % ROWS == 1
    continuation = 1.0 - 1.0 / BLOCK + 1.0 / (BLOCK * ROWS)
    for more in (2, 5, 10):
        run = np.lib.stride_tricks.sliding_window_view(follows[1 : 1 + more], more, axis=0).all(axis=-1)[0]
        assert_share(run[~follows[0]], continuation**more, f"{more} more")


def test_blocks_of_one_row_are_independent_days():
    found = rows_drawn(rk.Resampled(PRICES, 1), years=0.25)
    assert_share((found[1:] - found[:-1]) % ROWS == 1, 1.0 / ROWS)
    assert_share(found[1:] == found[:-1], 1.0 / ROWS)


# ---------------------------------------------------------------------------------------------------------------------
# Moments
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1.0, 4.0, 40.0])
def test_expected_prices_are_those_asked_for_at_every_time(block):
    """E[S_t] = (1 + m)^t although days depend on those before: without that, momentum would add to the mean."""
    prices = drawn(rk.Resampled(PRICES, block, expected_return={"a": 0.10, "b": -0.03}), paths=20_000)
    for week in (1, 2, 10, 30, 52):
        for row, mean in ((0, 0.10), (1, -0.03)):
            assert_mean(prices[week, row], (1.0 + mean) ** (week / 52), f"{row} after {week} weeks")


@pytest.mark.parametrize("block", [1.0, 4.0, 40.0])
def test_second_moments_against_those_of_the_sample(block):
    """Variance and covariance of a step are the sample's; k steps apart they are (1 - 1/L)^k times those of the past
    k rows apart, counted round from the last row to the first (Politis and Romano 1994, (3))."""
    moves = np.diff(np.log(drawn(rk.Resampled(PRICES, block, expected_return=0.0), paths=8_000)), axis=0)
    away, centred = moves - moves.mean(axis=2, keepdims=True), RETURNS - RETURNS.mean(axis=0)
    for one, other in ((0, 0), (0, 1), (1, 1)):
        for lag in (0, 1, 3):
            expected = (1.0 - 1.0 / block) ** lag * (centred[:, one] * np.roll(centred[:, other], -lag)).mean()
            product = (away[: 52 - lag, one] * away[lag:, other]).mean(axis=0)
            assert_mean(product, expected, f"{one} and {other}, {lag} apart")


def test_expected_returns_left_out_are_those_that_happened():
    """(mean of the price relatives)^rows a year - 1; its standard error is (1 + m) · sd · rows a year / √n."""
    past = rk.Resampled(PRICES, BLOCK)
    relatives = PRICES.to_numpy()[1:] / PRICES.to_numpy()[:-1]
    happened = relatives.mean(axis=0) ** WEEKS - 1.0
    assert [asset.expected_return for asset in past.values()] == pytest.approx(happened.tolist(), rel=1e-12)
    prices = drawn(past, paths=20_000)
    for row in range(2):
        assert_mean(prices[-1, row], 1.0 + happened[row])
    errors = (1.0 + happened) * RETURNS.std(axis=0, ddof=1) * WEEKS / math.sqrt(ROWS)
    for name, mean, error in zip("ab", happened, errors, strict=True):
        assert f"{name} {100 * mean:.3g} % ± {100 * error:.3g} %" in past.describe()


def test_assets_and_correlation_of_the_market_are_the_samples():
    market = rk.Market(rk.Resampled(PRICES, BLOCK, expected_return=0.08, cash={"cash": 0.02}))
    assert list(market.assets) == ["a", "b", "cash"]
    volatility = RETURNS.std(axis=0, ddof=1) * math.sqrt(WEEKS)
    assert [asset.volatility for asset in market.assets.values()] == pytest.approx([*volatility, 0.0], rel=1e-12)
    assert [asset.expected_return for asset in market.assets.values()] == [0.08, 0.08, 0.02]
    expected = np.eye(3)
    expected[:2, :2] = np.corrcoef(RETURNS.T)
    np.testing.assert_allclose(market.correlation, expected, rtol=1e-12)


def test_one_asset_alone_can_be_resampled():
    prices = drawn(rk.Resampled(PRICES[["b"]], 5, expected_return=0.05))
    assert prices.shape[1] == 1
    assert_mean(prices[-1, 0], 1.05)


def test_cash_grows_at_its_rate():
    prices = drawn(rk.Resampled(PRICES, BLOCK, cash={"cash": 0.03}), paths=50)
    np.testing.assert_allclose(prices[:, 2], np.repeat((1.03 ** (np.arange(53) / 52))[:, None], 50, 1), rtol=1e-12)


def test_rows_that_lack_a_price_are_left_out():
    gaps = PRICES.copy()
    gaps.iloc[[10, 11], 0] = np.nan
    with pytest.warns(
        RiskkitWarning, match=r"^2\.47 % of the rows of prices \(2 of 81\) .* most because of 'a' \(2 rows"
    ):
        whole = rk.Resampled(gaps, BLOCK)
    assert whole.levels.equals(PRICES.drop(PRICES.index[[10, 11]]))
    assert whole == rk.Resampled(PRICES.drop(PRICES.index[[10, 11]]), BLOCK)


# ---------------------------------------------------------------------------------------------------------------------
# With the rest of a market
# ---------------------------------------------------------------------------------------------------------------------


def test_shocks_come_on_top_of_history_and_can_be_made_up_for():
    """Falls deeper than any that happened, and E[S_T] = (1 + m)^T with them."""
    crash = rk.Shock("crash", 0.5, {"a": rk.Impact(-0.4, 0.05)})
    past = rk.Resampled(PRICES, BLOCK, expected_return=0.08)
    prices = drawn(past, paths=20_000, shocks=[crash], compensate=True)
    assert_mean(prices[-1, 0], 1.08)
    assert_mean(prices[-1, 1], 1.08)
    worst = np.diff(np.log(prices[:, 0]), axis=0).min(axis=0)
    assert_share(worst < RETURNS[:, 0].min() - 0.1, -math.expm1(-0.5))


def test_a_shock_changes_no_day_that_is_drawn():
    past = rk.Resampled(PRICES, BLOCK, expected_return=0.08)
    plain, hit = drawn(past, paths=300), drawn(past, paths=300, shocks=[rk.Shock("s", 1.0, {"a": -0.3})])
    np.testing.assert_array_equal(plain[:, 1], hit[:, 1])
    assert (plain[-1, 0] != hit[-1, 0]).any()


def test_an_uncertain_expected_return_is_possible_with_history():
    market = rk.Market(rk.Resampled(PRICES, BLOCK, expected_return=0.08))
    unsure = replace(market, assets={**market.assets, "a": rk.Asset(rk.Uncertain(0.08, 0.03), 0.2)})
    prices = rk.sample(unsure, years=2, steps_per_year=52, paths=16_000, seed=1).prices[-1, 0]
    assert_mean(prices.reshape(-1, 16).mean(axis=1), 1.08**2)


# ---------------------------------------------------------------------------------------------------------------------
# As data
# ---------------------------------------------------------------------------------------------------------------------


def test_resampled_is_equal_by_value_hashable_pickles_and_keeps_its_prices():
    past = rk.Resampled(PRICES, BLOCK, expected_return={"a": 0.1, "b": 0.1}, cash={"cash": 0.02})
    same = rk.Resampled(PRICES.copy(), BLOCK, expected_return={"a": 0.1, "b": 0.1}, cash={"cash": 0.02})
    assert past == same == pickle.loads(pickle.dumps(past)) == copy.deepcopy(past)
    assert hash(past) == hash(same) == hash(pickle.loads(pickle.dumps(past)))
    for other in (
        rk.Resampled(PRICES, 5.0, expected_return={"a": 0.1, "b": 0.1}, cash={"cash": 0.02}),
        rk.Resampled(PRICES, BLOCK, expected_return=0.1, cash={"cash": 0.03}),
        rk.Resampled(1.01 * PRICES, BLOCK, expected_return={"a": 0.1, "b": 0.1}, cash={"cash": 0.02}),
        Replayed(PRICES, cash={"cash": 0.02}),
    ):
        assert past != other
    market = rk.Market(past)
    assert market == rk.Market(same) == pickle.loads(pickle.dumps(market)) == replace(market)
    assert f"{past.describe()}." in market.assumptions()


def test_later_changes_of_a_frame_have_no_effect():
    prices = PRICES.copy()
    past = rk.Resampled(prices, BLOCK)
    hash_before = hash(past)
    prices.iloc[3, 0] = 1.0
    assert hash(past) == hash_before
    with contextlib.suppress(ValueError):
        past.prices.iloc[3, 0] = 1.0
    assert hash(past) == hash_before
    assert past.prices.equals(PRICES)


def test_the_repr_of_a_history_is_one_line():
    """A frame of prices has no place in the text of an error."""
    text = repr(rk.Resampled(PRICES, BLOCK))
    assert text.startswith("Resampled(")
    assert len(text) < 200
    assert "\n" not in text


def test_description_says_which_days_and_how_long_the_blocks():
    past = rk.Resampled(PRICES, BLOCK, expected_return=0.08)
    assert past.describe() == "Returns are drawn from 2020-01-01 to 2021-07-14 in blocks of 4 rows on average"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"block": 0.5}, r"^Resampled: block must be >= 1 and <= 80, got 0\.5$"),
        ({"block": 81}, r"^Resampled: block must be >= 1 and <= 80, got 81\.0$"),
        ({"block": "long"}, r"^Resampled: block must be a number, got 'long'$"),
        ({"expected_return": -1.0}, r"^Resampled: expected_return must be > -1, got -1\.0$"),
        ({"expected_return": {"a": 0.1, "c": 0.1}}, r"^Resampled: expected_return must name one of 'a', 'b', got 'c'"),
        ({"expected_return": {"a": 0.1}}, r"^Resampled: expected_return must name each column of prices.*'b'"),
        ({"expected_return": {"a": 0.1, "b": "x"}}, r"^Resampled: expected_return of 'b' must be a number, got 'x'$"),
        ({"cash": {"a": 0.02}}, r"cash:? 'a' must not be a column of prices too$"),
        ({"cash": {"c": -1.0}}, r"cash.*'c'.* must be > -1, got -1\.0$"),
        ({"cash": {"": 0.02}}, r"cash.* must be a non-empty string, got ''$"),
        ({"cash": 0.02}, r"cash must be a mapping \{name: yearly return\}, got 0\.02$"),
        ({"prices": PRICES["a"].rename(None)}, r"^prices must have a name, got a Series with the name None"),
        ({"prices": PRICES.to_numpy()}, r"^prices must be .*, got ndarray$"),
        ({"prices": PRICES.iloc[:20]}, r"^prices must have at least 20 returns .*, got 19; leave out the column"),
        ({"prices": PRICES.assign(c=[np.nan] * 70 + [*range(1, 12)])}, r"every column has a price, got 10; leave out"),
        ({"prices": PRICES.assign(c=0.0)}, r"^prices of 'c' must be > 0 and finite, .*, got 0 on 2020-01-01$"),
        ({"prices": PRICES.iloc[::-1]}, r"^prices: dates must run from old to new, each once, got"),
    ],
)
def test_bad_input_is_refused(change, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Resampled(**{"prices": PRICES, "block": BLOCK, **change})


def test_a_missed_split_is_refused():
    daily = PRICES.set_axis(pd.bdate_range("2020-01-01", periods=ROWS + 1), axis=0)
    daily.iloc[40:, 0] /= 50.0
    with pytest.raises(InvalidInput, match=r"^prices of 'a' must move by less than 95 % in a day, got -98.*split"):
        rk.Resampled(daily)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"correlation": {"a": {"b": 0.5}}}, r"^Market: correlation must not be given beside Resampled"),
        ({"tails": rk.StudentT(4)}, r"^Market: tails must not be given beside Resampled"),
        ({"tails": [rk.Clustered(0.1, 0.5)]}, r"^Market: tails must not be given beside Resampled"),
    ],
)
def test_correlation_and_tails_beside_history_are_refused(more, message):
    with pytest.raises(InvalidInput, match=message):
        rk.Market(rk.Resampled(PRICES, BLOCK), **more)


def test_tails_cannot_be_added_to_a_market_of_history_later():
    """They would be among the assumptions without an effect."""
    with pytest.raises(InvalidInput, match=r"^Market: tails must not be given beside"):
        replace(rk.Market(rk.Resampled(PRICES, BLOCK)), tails=rk.StudentT(4))


@pytest.mark.parametrize("names", [("a",), ("a", "c"), ("b", "a"), ("a", "b", "c")])
def test_history_of_other_assets_than_the_markets_is_refused(names):
    """A market would else give one asset the days of another."""
    with pytest.raises(InvalidInput, match="history"):
        rk.Market({name: rk.Asset(0.1, 0.2) for name in names}, history=rk.Resampled(PRICES, BLOCK))
    with pytest.raises(InvalidInput, match="history"):
        rk.Market({"a": rk.Asset(0.1, 0.2)}, history=3)


@pytest.mark.parametrize("steps_per_year", [12, 252, 45])
def test_steps_of_another_frequency_are_refused(steps_per_year):
    """Weekly prices: 52.18 rows a year; 45 is 14 % away."""
    with pytest.raises(InvalidInput, match=r"^steps_per_year must be that of the prices .* about 52\.2, got"):
        rk.sample(rk.Market(rk.Resampled(PRICES, BLOCK)), years=1, steps_per_year=steps_per_year, paths=10)


def test_the_block_length_left_out_is_that_of_politis_and_white():
    bootstrap = pytest.importorskip("arch.bootstrap", reason="arch is not installed")
    found = [bootstrap.optimal_block_length(part)["stationary"].max() for part in (RETURNS, np.abs(RETURNS))]
    assert rk.Resampled(PRICES).block == pytest.approx(max(*found, 1.0), rel=1e-12)


def test_moments_distinguish_blocks_from_single_days():
    """The covariance of neighbouring weeks under blocks of 4 is 30 standard errors away from none."""
    moves = np.diff(np.log(drawn(rk.Resampled(PRICES, 4.0), paths=8_000)[:, 0]), axis=0)
    away = moves - moves.mean(axis=1, keepdims=True)
    product = (away[:-1] * away[1:]).mean(axis=0)
    assert product.mean() > 5.0 * SIGMAS * product.std() / math.sqrt(product.size)


# ---------------------------------------------------------------------------------------------------------------------
# Rows and stretches that are left out
# ---------------------------------------------------------------------------------------------------------------------


def with_weekends(prices: pd.DataFrame) -> pd.DataFrame:
    """Business days beside a column that has a price on each day of the week."""
    days = pd.date_range(prices.index[0], prices.index[-1])
    coin = 100.0 * np.exp(np.random.default_rng(1).normal(0.0, 0.03, len(days)).cumsum())
    return prices.reindex(days).assign(coin=coin)


DAILY = PRICES.set_axis(pd.bdate_range("2020-01-01", periods=ROWS + 1), axis=0)


@pytest.mark.parametrize("kind", [rk.Resampled, Replayed])
def test_rows_left_out_are_warned_of_with_the_column_and_their_share(kind):
    """80 business days after a Wednesday: the 112th day after it is the 81st row, and 32 days are of weekends."""
    with pytest.warns(
        RiskkitWarning, match=r"^28\.3 % of the rows of prices \(32 of 113\) .* because of 'a', 'b' \(32 rows"
    ):
        past = kind(with_weekends(DAILY))
    assert list(past.levels.index) == list(DAILY.index)
    late = DAILY.assign(c=np.r_[[np.nan] * 30, DAILY["a"].to_numpy()[30:] ** 0.5])
    late.iloc[50, 0] = np.nan
    with pytest.warns(
        RiskkitWarning, match=r"^38\.3 % of the rows of prices \(31 of 81\) .* because of 'c' \(30 rows\)$"
    ):
        kind(late)
    few = DAILY.copy()
    few.iloc[3, 1] = np.nan
    with pytest.warns(RiskkitWarning, match=r"^1\.23 % of the rows of prices \(1 of 81\).* because of 'b' \(1 rows\)$"):
        kind(few)


@pytest.mark.parametrize("kind", [rk.Resampled, Replayed])
def test_more_than_half_of_the_rows_are_left_out_only_if_allowed(kind):
    """41 of 81 rows lack c; of 80 as many are half, and give a warning."""
    late = DAILY.assign(c=np.r_[[np.nan] * 41, DAILY["a"].to_numpy()[41:] ** 0.5])
    message = (
        r"^prices must have a price of every column in at least half of the rows, got 40 of 81 \(50\.6 % left out\), "
        r"most because of 'c', without 41; leave that column out, or allow_dropped_rows=True$"
    )
    with pytest.raises(InvalidInput, match=message):
        kind(late)
    returns = {"expected_return": 0.08} if kind is rk.Resampled else {}  # those of eight weeks are no assumption
    with pytest.warns(RiskkitWarning, match=r"^50\.6 % of the rows"):
        past = kind(late, allow_dropped_rows=True, **returns)
    assert len(past.levels) == 40
    with pytest.warns(RiskkitWarning, match=r"^50 % of the rows"):
        kind(late.drop(late.index[0]), **returns)
    with pytest.raises(InvalidInput, match=r"^allow_dropped_rows must be True or False, got 'yes'$"):
        kind(DAILY, allow_dropped_rows="yes")


def test_tesla_and_the_index_beside_spacex_are_not_resampled_from_ten_weeks_unsaid(data):
    """4,062 rows, of which SPCX has prices in 49."""
    prices = pd.read_csv(data / "tsla_spy_daily.csv", index_col="date", parse_dates=True)
    names = pd.read_csv(data / "baron_names_daily_2024_2026.csv", index_col="date", parse_dates=True)
    beside = prices.join(names["SPCX"])
    for taker in (rk.Resampled, Replayed):
        with pytest.raises(
            InvalidInput, match=r"got 49 of 4,062 \(98\.8 % left out\), most because of 'SPCX', without 4,013"
        ):
            taker(beside)
        with pytest.warns(RiskkitWarning, match=r"^98\.8 % of the rows of prices \(4,013 of 4,062\) .* of 'SPCX'"):
            assert len(taker(beside, allow_dropped_rows=True).returns) == 48


def test_a_long_gap_is_warned_of_and_no_return_is_drawn_over_it():
    """Weeks of 2020 and, a year later, of 2021: 80 rows, but the move from the one to the other is no week."""
    gap = PRICES.set_axis([*PRICES.index[:40], *(PRICES.index[40:] + pd.Timedelta(days=364))], axis=0)
    with pytest.warns(
        RiskkitWarning, match=r"^prices have no complete row between 2020-09-30 and 2021-10-06: .* 40\.2 %"
    ):
        past = rk.Resampled(gap, BLOCK)
    np.testing.assert_array_equal(past.returns, np.delete(RETURNS, 39, axis=0))
    assert past.steps_per_year == pytest.approx(WEEKS, rel=1e-12)
    with pytest.warns(RiskkitWarning, match="no complete row between"):
        assert len(Replayed(gap).returns) == 80
    far = PRICES.set_axis([*PRICES.index[:40], *(PRICES.index[40:] + pd.Timedelta(days=3640))], axis=0)
    with pytest.raises(InvalidInput, match=r"^prices must cover at least half of their history, got no complete row"):
        rk.Resampled(far, BLOCK)


def test_splits_and_real_moves_and_dropped_rows_go_to_a_file_and_back():
    """The original prices are stored too, so that the file shows the adjustments."""
    from riskkit.toml import from_toml, to_toml

    day, real = (str(DAILY.index[row].date()) for row in (40, 60))
    portfolio = rk.Portfolio([rk.Holding("a", 60, founder="Ann"), rk.Holding("b", 40)])
    # Three times the price in seven weeks is more a year than a file takes as an assumption.
    for kind, move in ((rk.Resampled, 3.0), (Replayed, 0.04)):
        raw = DAILY.copy()
        raw.iloc[40:, 0] /= 5.0
        raw.iloc[60:, 1] *= move
        raw.iloc[:45, 1] = np.nan
        arguments = {"splits": {"a": {day: 5}}, "real_moves": {"b": [real]}, "allow_dropped_rows": True}
        if kind is rk.Resampled:
            arguments["expected_return"] = 0.08
        with pytest.warns(RiskkitWarning) as warning_records:
            scenario = rk.Scenario(
                portfolio, rk.Market(kind(raw, **arguments)), [rk.Hold()], years=1, steps_per_year=261
            )
        assert len(warning_records) == 2
        text = to_toml(scenario)
        for line in ("[market.history.splits", f"{day} = 5.0", "allow_dropped_rows = true", real):
            assert line in text
        with pytest.warns(RiskkitWarning) as again:
            back = from_toml(rk.Scenario, text)
        assert [str(each.message) for each in again] == [str(each.message) for each in warning_records]
        assert back == scenario
        assert back.market.history.splits == {"a": {day: 5.0}}
        pd.testing.assert_frame_equal(back.market.history.prices, raw, check_freq=False, check_exact=True)


def test_cash_is_added_to_a_history_as_by_its_own_argument():
    prices = pd.DataFrame(
        {"A": 100.0 * np.exp(np.random.default_rng(0).normal(0.0, 0.02, 60).cumsum())},
        pd.bdate_range("2024-01-01", periods=60),
    )
    added = rk.Market(rk.Resampled(prices, block=5.0, expected_return=0.05)).with_cash("CASH", 0.03)
    assert added == rk.Market(rk.Resampled(prices, block=5.0, expected_return=0.05, cash={"CASH": 0.03}))
