"""Splits and real moves: what is warned of, adjusted, let in and refused, on real tables and by hand."""

from __future__ import annotations

import datetime
import math
import time
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market import fit, fit_report
from riskkit.market.history._replayed import Replayed
from riskkit.market.history._splits import check_moves

SPLITS = {"TSLA": {"2020-08-31": 5, "2022-08-25": 3}}
MODERNA = {"MRNA": ["2026-08-19"]}
TABLES = ("tsla_spy_daily", "spy_daily", "ppo_stocks_daily", "baron_names_daily_2024_2026")


def table(data, name: str) -> pd.DataFrame:
    return pd.read_csv(data / f"{name}.csv", index_col="date", parse_dates=True)


def raw_tesla(data) -> pd.DataFrame:
    """As it was traded: before 5:1 on 2020-08-31 and 3:1 on 2022-08-25 a share was worth so many times as much."""
    prices = table(data, "tsla_spy_daily")
    prices.loc[prices.index < "2020-08-31", "TSLA"] *= 5.0
    prices.loc[prices.index < "2022-08-25", "TSLA"] *= 3.0
    return prices


def own_volatility(prices: pd.Series) -> float:
    there = prices.dropna()
    returns = np.log(there).diff().dropna()
    years = (there.index[-1] - there.index[0]).days / 365.25
    return float(returns.std() * math.sqrt(len(returns) / years))


def walks(rows: int = 300, move: float = 0.01, seed: int = 0) -> pd.DataFrame:
    moves = move * np.random.default_rng(seed).normal(size=(rows, 2))
    return pd.DataFrame(100.0 * np.exp(moves.cumsum(axis=0)), pd.bdate_range("2024-01-01", periods=rows), ["A", "B"])


def split(ratio: float, row: int = 150, **others) -> pd.DataFrame:
    """Walks whose first column moves to `ratio` times its last price and nothing else, in a row."""
    prices = walks(**others)
    column = prices["A"].to_numpy(copy=True)
    column[row:] *= ratio * column[row - 1] / column[row]
    return prices.assign(A=column)


def warnings_of(prices: pd.DataFrame, **others) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(prices, expected_return=0.08, **others)
    return [str(each.message) for each in caught]


def test_raw_tesla_warns_with_both_dates_and_ratios(data):
    first, second = warnings_of(raw_tesla(data))
    assert first.startswith(
        "prices of 'TSLA' moved to 0.2251 times the price before on 2020-08-31: a likely split of 4:1 or 5:1;"
    )
    assert second.startswith(
        "prices of 'TSLA' moved to 0.3322 times the price before on 2022-08-25: a likely split of 3:1; "
        "if it is a split, splits={'TSLA': {'2022-08-25': 3}} divides the prices before it"
    )


def test_raw_tesla_with_its_splits_named_fits_as_the_adjusted_table(data):
    """57.1 % and a correlation of .460 with SPY over the whole table; 73.4 % and .354 with the splits missed."""
    market = fit(raw_tesla(data), expected_return=0.08, splits=SPLITS, shrink=False)
    prices = table(data, "tsla_spy_daily")
    assert market.assets["TSLA"].volatility == pytest.approx(own_volatility(prices["TSLA"]), rel=1e-12)
    assert round(market.assets["TSLA"].volatility, 3) == 0.571
    assert round(market.correlation.loc["TSLA", "SPY"], 3) == 0.460
    with pytest.warns(RiskkitWarning, match="likely split"):
        missed = fit(raw_tesla(data), expected_return=0.08, shrink=False)
    assert round(missed.assets["TSLA"].volatility, 3) == 0.734
    assert round(missed.correlation.loc["TSLA", "SPY"], 3) == 0.354


@pytest.mark.slow
def test_splits_are_taken_wherever_prices_are(data):
    """By `fit_report`, `Resampled`, `Replayed` and `backtest`, against the adjusted table."""
    raw, prices = raw_tesla(data), table(data, "tsla_spy_daily")
    report = fit_report(fit(prices, expected_return=0.08), raw, splits=SPLITS)
    assert report.table.loc["TSLA", "sample_volatility"] == pytest.approx(own_volatility(prices["TSLA"]), rel=1e-12)
    for kind in (rk.Resampled, Replayed):
        past = kind(raw, splits=SPLITS)
        np.testing.assert_allclose(past.levels, prices, rtol=1e-14)
        assert past.prices.equals(raw)
        assert replace(past, cash={"cash": 0.02}).levels.equals(past.levels)
    market = rk.Market({"TSLA": rk.Asset(0.1, 0.3)})
    alone = rk.Scenario(rk.Portfolio([rk.Holding("TSLA", 1.0)]), market, [rk.Hold()], years=4061 / 252)
    result = rk.backtest(alone, raw, splits={**SPLITS, "SPY": {"2011-01-03": 7}})
    assert result.values("hold", "wealth")[0] == pytest.approx(362.86 / 1.592667, rel=1e-11)


def test_the_rule_warns_three_times_on_all_tables(data):
    """MRNA 2026-08-19, AAPL 2000-09-29 and RRC 1990-04-10, with ratio and every n in reach; no other move of any."""
    found = [
        line.split("; ")[0]
        for name in TABLES
        for line in warnings_of(
            table(data, name).dropna(axis=1, thresh=60), **({"real_moves": MODERNA} if "baron" in name else {})
        )
        if "likely split" in line
    ]
    assert sorted(found) == [
        "prices of 'AAPL' moved to 0.4813 times the price before on 2000-09-29: a likely split of 2:1",
        "prices of 'MRNA' moved to 2.7697 times the price before on 2026-08-19: a likely split of 1:3",
        "prices of 'RRC' moved to 0.3333 times the price before on 1990-04-10: a likely split of 3:1",
    ]


def test_moderna_is_let_in_by_name_and_refused_without(data):
    prices = table(data, "baron_names_daily_2024_2026")[["MRNA", "TSLA"]]
    with pytest.raises(
        InvalidInput,
        match=r"^prices of 'MRNA' must move by less than 95 % in a day, got \+177\.0 % on 2026-08-19 \(2\.7697 .*, "
        r"a likely split of 1:3; if it is a split, splits=\{'MRNA': \{'2026-08-19': 1/3\}\} divides .*; if the move is "
        r"real, real_moves=\{'MRNA': \['2026-08-19'\]\} accepts it$",
    ):
        fit(prices, expected_return=0.08)
    with pytest.warns(RiskkitWarning, match="'MRNA' moved to 2.7697"):
        market = fit(prices, expected_return=0.08, real_moves=MODERNA, shrink=False)
    assert market.assets["MRNA"].volatility == pytest.approx(own_volatility(prices["MRNA"]), rel=1e-12)
    with pytest.warns(RiskkitWarning, match="'MRNA' moved to 2.7697"):
        report = fit_report(market, prices, real_moves=MODERNA)
    assert report.table.loc["MRNA", "volatility"] == pytest.approx(own_volatility(prices["MRNA"]), rel=1e-12)
    for kind in (rk.Resampled, Replayed):
        with pytest.raises(InvalidInput, match=r"^prices of 'MRNA' must move by less"):
            kind(prices)
        with pytest.warns(RiskkitWarning, match="'MRNA' moved to 2.7697"):
            past = kind(prices, real_moves=MODERNA)
        np.testing.assert_array_equal(past.levels, prices)


@pytest.mark.parametrize("n", [2, 3, 5, 7, 10, 20, 25])
@pytest.mark.parametrize("reverse", [False, True])
def test_every_split_is_warned_of_or_refused_and_adjusted_for_when_named(n, reverse):
    """With it named the table is that before the split, but for one move that is 0 now."""
    ratio = float(n) if reverse else 1.0 / n
    prices = split(ratio)
    kind = f"1:{n}" if reverse else f"{n}:1"
    if abs(ratio - 1.0) > 0.95:
        with pytest.raises(
            InvalidInput, match=rf"^prices of 'A' must move .* a likely split of {kind}; .* real_moves="
        ):
            fit(prices, expected_return=0.08)
    else:
        [line] = warnings_of(prices, shrink=False)
        assert f"a likely split of {kind};" in line
    date = str(prices.index[150].date())
    market = fit(prices, expected_return=0.08, splits={"A": {date: 1.0 / ratio}}, shrink=False)
    assert market.assets["A"].volatility == pytest.approx(own_volatility(split(1.0)["A"]), rel=1e-10)


@pytest.mark.parametrize("ratio", [2 / 3, 3 / 4, 4 / 5, 0.6, 1.7])
def test_a_split_below_ln_1_8_is_indistinguishable_from_a_real_move(ratio):
    """3:2, 4:3 and 5:4 too: docs/markets.md says so."""
    assert warnings_of(split(ratio), shrink=False) == []


def test_bounds_of_the_rule_by_hand():
    """Returns of +1 % and -1 % in turn: their median is 0 or 1 %, their median absolute deviation at most 2 %.

    63 before and 63 after are as often one as the other, so that the median is 0 and every distance to it 1 %: the
    deviation is .014826, 4 of them .0593. A move of ln 2 + .0590 is in reach of 2:1, one of ln 2 + .0596 is not.
    """
    signs = np.tile([1.0, -1.0], 100)
    for off, likely in ((0.0590, True), (0.0596, False), (-0.0590, True), (-0.0596, False)):
        moves = 0.01 * signs
        moves[100] = -(math.log(2.0) + off)
        # The move takes the place of +1 %: another of them keeps both in balance.
        moves[99], moves[101] = -0.01, 0.01
        moves[98] = 0.01
        levels = 100.0 * np.exp(np.concatenate([[0.0], moves]).cumsum())
        prices = pd.DataFrame({"A": levels}, pd.bdate_range("2024-01-01", periods=201))
        around = np.concatenate([moves[37:100], moves[101:164]])
        deviation = 1.4826 * np.median(np.abs(around - np.median(around)))
        assert deviation == pytest.approx(0.014826, rel=1e-6)
        assert bool(warnings_of(prices)) is likely, off


def test_a_move_that_is_usual_locally_gives_no_warning():
    """Where days move by 12 %, 1:2 is no more than 6 deviations away; where they move by 6 %, more than 11."""
    assert warnings_of(split(0.5, move=0.12), shrink=False) == []
    assert len(warnings_of(split(0.5, move=0.06), shrink=False)) == 1


def test_a_split_in_a_column_with_gaps_is_that_of_its_own_prices():
    """A column of trading days beside one of seven days: from Friday to Monday."""
    prices = split(1 / 4)
    wide = prices.reindex(pd.date_range(prices.index[0], prices.index[-1]))
    wide["coin"] = np.exp(0.01 * np.random.default_rng(4).normal(size=len(wide)).cumsum())
    [line] = warnings_of(wide, shrink=False)
    assert "prices of 'A' moved to 0.2500 times" in line


def test_splits_of_time_zones_and_times_of_day_are_those_of_the_local_date():
    prices = split(1 / 4)
    date = str(prices.index[150].date())
    for index in (prices.index.tz_localize("America/New_York"), prices.index + pd.Timedelta(hours=16)):
        moved = prices.set_axis(index)
        assert fit(moved, expected_return=0.08, splits={"A": {date: 4}}, shrink=False).assets[
            "A"
        ].volatility == pytest.approx(own_volatility(split(1.0)["A"]), rel=1e-3)


def test_dates_may_be_dates():
    prices = split(3.0)
    day = prices.index[150]
    for date in (
        day,
        day.date(),
        day.to_datetime64(),
        day.isoformat(),
        datetime.datetime(day.year, day.month, day.day),
    ):
        assert rk.Resampled(prices, 5.0, splits={"A": {date: 1 / 3}}).splits == {"A": {str(day.date()): 1 / 3}}
        with pytest.warns(RiskkitWarning, match="likely split of 1:3"):
            past = rk.Resampled(prices, 5.0, real_moves={"A": [date]}, expected_return=0.08)
        assert past.real_moves == {"A": (str(day.date()),)}


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"splits": {"C": {"2024-07-29": 5}}}, r"^splits must name one of 'A', 'B', got 'C'"),
        (
            {"real_moves": {"a": ["2024-07-29"]}},
            r"^real_moves must name one of 'A', 'B', got 'a' \(did you mean|^real_m",
        ),
        (
            {"splits": {"A": {"2024-07-28": 5}}},
            r"^splits of 'A' must name dates of its prices after the first, 2024-01-01, got 2024-07-28; .* 2024-07-29$",
        ),
        ({"splits": {"A": {"2024-01-01": 5}}}, r"^splits of 'A' must name dates .*, got 2024-01-01; the nearest is"),
        ({"real_moves": {"A": ["2030-01-01"]}}, r"^real_moves of 'A' must name dates .*, got 2030-01-01; the nearest"),
        (
            {"splits": {"A": {"2024-07-29": 0}}},
            r"^splits of 'A' on '2024-07-29': the ratio, 5 for 5:1.*must be > 0, got 0",
        ),
        ({"splits": {"A": {"2024-07-29": "5:1"}}}, r"must be a number, got '5:1'$"),
        (
            {"splits": {"A": {"29.07.2024": 5}}},
            r"^splits of 'A' must have dates such as '2020-08-31', got '29\.07\.2024'$",
        ),
        ({"splits": {"A": {20240729: 5}}}, r"^splits of 'A' must have dates such as '2020-08-31', got 20240729$"),
        ({"splits": {"A": 5}}, r"^splits must be as in \{'TSLA': \{'2020-08-31': 5\}\}, got \{'A': 5\}$"),
        ({"splits": [("A", 5)]}, r"^splits must be as in"),
        (
            {"real_moves": {"A": "2024-07-29"}},
            r"^real_moves must be as in \{'MRNA': \['2026-08-19'\]\}, got \{'A': '2024",
        ),
        ({"real_moves": ["2024-07-29"]}, r"^real_moves must be as in"),
    ],
)
@pytest.mark.parametrize("taker", [lambda prices, **named: fit(prices, expected_return=0.1, **named), rk.Resampled])
def test_unknown_names_and_dates_are_refused(taker, named, message):
    with pytest.raises(InvalidInput, match=message):
        taker(walks(), **named)


@pytest.mark.parametrize(
    ("first", "ratios", "came"),
    [
        (5e-324, [5.0], "got 0 on 2024-01-01 for 4.94066e-324"),  # the least positive float; a fifth of it is 0
        (1e308, [1e-3], r"got inf on 2024-01-01 for 1e\+308"),
        (1e-200, [1e100, 1e100], "got 0 on 2024-01-01 for 1e-200"),  # 1e-400
    ],
)
@pytest.mark.parametrize("taker", [lambda prices, **named: fit(prices, expected_return=0.1, **named), rk.Resampled])
def test_a_ratio_that_leaves_no_price_is_refused(taker, first, ratios, came):
    prices = walks()
    prices.iloc[0, 0] = first
    splits = {"A": dict(zip(("2024-07-29", "2024-07-30"), ratios, strict=False))}
    with pytest.raises(
        InvalidInput, match=rf"^splits of 'A' must leave prices > 0 and finite, {came}; check the ratio"
    ):
        taker(prices, splits=splits)


def test_a_wrong_ratio_leaves_a_move_that_is_refused_or_warned_of():
    """A 5:1 split taken for its reverse: 1/5 of the price before is 1/25 then. A 4:1 split taken for 2:1: 1/2."""
    date = str(walks().index[150].date())
    with pytest.raises(InvalidInput, match=r"^prices of 'A' must move .* likely split of 25:1"):
        fit(split(0.2), expected_return=0.1, splits={"A": {date: 0.2}})
    with pytest.warns(RiskkitWarning, match="likely split of 2:1"):
        fit(split(0.25), expected_return=0.1, splits={"A": {date: 2}}, shrink=False)


def test_several_moves_are_refused_in_one_message():
    prices = split(3.0)
    prices.iloc[200:, 1] *= 30.0
    with pytest.raises(InvalidInput, match=r"^prices of 'A' must move .* accepts it; so do 'B' on 2024-10-07$"):
        fit(prices, expected_return=0.1)


def test_a_table_full_of_moves_gives_a_short_warning():
    """Forty weeks of which the price is a third of the week before, or three times as much: 20 warnings and one."""
    moves = 0.01 * np.random.default_rng(3).normal(size=2000)
    moves[25::50] = np.tile([-1.0, 1.0], 20) * math.log(3.0)
    prices = pd.DataFrame({"A": np.exp(moves.cumsum())}, pd.date_range("1980-01-01", periods=2000, freq="7D"))
    with pytest.warns(RiskkitWarning) as caught:
        check_moves(prices, {})
    assert len(caught) == 21
    assert str(caught[-1].message).startswith("20 more moves look like splits, such as that of 'A' on ")


def test_the_rule_is_quick_on_a_wide_table_and_on_the_worst_one():
    """8,800 days of 20 names; and every return a candidate, which none of the calm tables has."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("1990-01-01", periods=8800)
    calm = pd.DataFrame(np.exp(0.02 * rng.normal(size=(8800, 20)).cumsum(axis=0)), days, [f"A{k}" for k in range(20)])
    calm.iloc[4000:, 3] /= 5.0
    begin = time.perf_counter()
    with pytest.warns(RiskkitWarning, match="likely split of 5:1"):
        check_moves(calm, {})
    assert time.perf_counter() - begin < 1.0
    wild = pd.DataFrame({"A": np.exp(np.tile([0.0, 0.65], 4400))}, days)
    begin = time.perf_counter()
    check_moves(wild, {})
    assert time.perf_counter() - begin < 5.0


def test_the_warning_points_at_the_users_line():
    for call in (
        lambda: fit(split(0.25), expected_return=0.1, shrink=False),
        lambda: rk.Resampled(split(0.25)),
        lambda: Replayed(split(0.25)),
    ):
        with pytest.warns(RiskkitWarning, match="likely split of 4:1") as caught:
            call()
        assert caught[0].filename == __file__
