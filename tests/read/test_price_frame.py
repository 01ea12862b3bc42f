"""Prices from a frame of yfinance: column levels in either order, time zones, and invalid frames."""

from __future__ import annotations

from datetime import timedelta, timezone
from itertools import product

import numpy as np
import pandas as pd
import pytest

from riskkit._core.errors import InvalidInput
from riskkit.market import fit
from riskkit.read import prices

DATES = ["2024-03-08", "2024-03-11", "2024-03-12"]  # New York's clocks change on 2024-03-10
CLOSES = pd.DataFrame(
    {"TSLA": [175.3, 177.8, 177.5], "SPY": [511.7, np.nan, 516.8]}, pd.DatetimeIndex(DATES, name="date")
)


def downloaded(auto_adjust=True, group_by="column", zone=None):
    """What yfinance.download(["TSLA", "SPY"], ...) gives: tickers in alphabetical order, and volumes as integers."""
    fields = ["Close", "High", "Low", "Open", "Volume"] if auto_adjust else ["Adj Close", "Close", "High", "Volume"]
    columns = pd.MultiIndex.from_tuples(product(fields, ["SPY", "TSLA"]), names=["Price", "Ticker"])
    frame = pd.DataFrame(7.0, pd.DatetimeIndex(DATES, name="Date").tz_localize(zone), columns)
    for name in ("SPY", "TSLA"):
        frame[fields[0], name] = CLOSES[name].to_numpy()
        frame["Volume", name] = 1_000
    return frame.swaplevel(axis=1).sort_index(axis=1) if group_by == "ticker" else frame


@pytest.mark.parametrize("auto_adjust", [True, False])
@pytest.mark.parametrize("group_by", ["column", "ticker"])
@pytest.mark.parametrize("zone", [None, "America/New_York", "UTC", timezone(timedelta(hours=9))])
def test_the_adjusted_closes_of_yfinance_are_taken(auto_adjust, group_by, zone):
    """Adj Close where there is one, though Close is there too; the local day stays."""
    table = prices(downloaded(auto_adjust, group_by, zone))
    pd.testing.assert_frame_equal(table, CLOSES[["SPY", "TSLA"]], check_index_type=False)
    assert table.index.tz is None
    assert table.columns.names == [None]


def test_levels_need_no_names():
    frame = downloaded()
    frame.columns = frame.columns.set_names([None, None])
    pd.testing.assert_frame_equal(prices(frame), prices(downloaded()))


def test_a_market_is_fitted_to_a_frame_of_yfinance():
    dates = pd.bdate_range("2024-01-01", periods=60, tz="America/New_York", name="Date")
    steps = (np.random.default_rng(0).normal(0, 0.02, (60, 2)) @ [[1, 1], [0, 1]]).cumsum(axis=0)
    columns = pd.MultiIndex.from_product([["Close"], ["A", "B"]], names=["Price", "Ticker"])
    plain = pd.DataFrame(np.exp(steps), dates.tz_localize(None), ["A", "B"])
    arguments = pd.DataFrame(np.exp(steps), dates, columns)
    assert fit(prices(arguments), expected_return=0.07) == fit(plain, expected_return=0.07)


def test_a_wide_frame_is_left_as_it_is():
    pd.testing.assert_frame_equal(prices(CLOSES), CLOSES, check_index_type=False)
    whole = pd.DataFrame({"A": pd.array([4, None, 5], dtype="Int64"), "B": [4, 5, 6]}, CLOSES.index)
    expected = pd.DataFrame({"A": [4, np.nan, 5], "B": [4.0, 5, 6]}, CLOSES.index)
    pd.testing.assert_frame_equal(prices(whole), expected, check_index_type=False)


def indexed(*dates):
    return pd.DataFrame({"A": np.arange(4.0, len(dates) + 4)}, pd.Index(dates, dtype=object))


def stamp(day, zone=None):
    return pd.Timestamp(f"2024-01-{day:02}", tz=zone)


def test_offsets_of_summer_and_winter_are_one_zone():
    west, summer = (timezone(timedelta(hours=hours)) for hours in (-5, -4))
    frame = indexed(pd.Timestamp("2024-03-08", tz=west), pd.Timestamp("2024-03-11", tz=summer))
    assert prices(frame).index.tolist() == [pd.Timestamp("2024-03-08"), pd.Timestamp("2024-03-11")]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            indexed(stamp(2, "America/New_York"), stamp(3, "America/New_York"), stamp(4, "Europe/London")),
            r"prices.iloc\[2\]: dates must be in one time zone, got 2024-01-04 .*00:00 after 2024-01-02 .*-05",
        ),
        # An hour apart, as summer time is, but by their names two places.
        (indexed(stamp(2, "Europe/London"), stamp(3, "Europe/Berlin")), r"iloc\[1\]: dates must be in one time zone"),
        (indexed(stamp(2), stamp(3, "UTC")), r"iloc\[1\]: dates must all have a time zone, or none, got 2024-01-03 00"),
        (
            indexed(stamp(2, "UTC"), stamp(3)),
            r"iloc\[1\]: dates must all have a time zone, or none, got 2024-01-03 after",
        ),
        (indexed(stamp(2), stamp(2)), r"iloc\[1\]: dates must not repeat, got 2024-01-02 again"),
        (indexed(stamp(3), stamp(2)), r"iloc\[1\]: dates must run from old to new, got 2024-01-02 after 2024-01-03"),
        (indexed(stamp(2), pd.NaT), r"iloc\[1\]: every row must have a date, got NaT"),
        (
            indexed("2024-01-02", "2024-01-03"),
            r"iloc\[0\]: the index must hold dates, got '2024-01-02'; pd.to_datetime",
        ),
        (CLOSES.reset_index(drop=True), r"iloc\[0\]: the index must hold dates, got 0; pd.to_datetime makes them"),
        (CLOSES.iloc[:1], "prices: must hold at least two dates, got 1"),
        (CLOSES.iloc[:, :0], "prices: must have a column of prices, got none"),
        (CLOSES.assign(SPY=np.nan), "prices, column 'SPY': must hold at least one price, got none; remove it"),
        (CLOSES.assign(SPY=[1, 0, 1]), r"iloc\[1\], column 'SPY': a price must be > 0 and finite, .* got 0"),
        (CLOSES.assign(SPY=[1, 1, np.inf]), r"iloc\[2\], column 'SPY': a price must be > 0 and finite, .* got inf"),
        (CLOSES.assign(SPY=list("abc")), "prices, column 'SPY': prices must be numbers, got dtype"),
        (CLOSES.assign(SPY=[True, True, False]), "prices, column 'SPY': prices must be numbers, got dtype bool"),
        (CLOSES.rename(columns={"SPY": "TSLA"}), "prices: names of columns must be unique, got 'TSLA' twice"),
        (CLOSES.rename(columns={"SPY": 7}), "prices: names of columns must be non-empty strings, got 7"),
        (
            downloaded().xs("TSLA", axis=1, level=1),
            r"column 'Close': columns must be named by asset, .*'Close', .*; name='TSLA' takes",
        ),
        (
            downloaded()[["High", "Low"]],
            "must have two column levels, one with tickers .* columns such as .*'High', 'SPY'",
        ),
        (pd.concat({"x": downloaded()}, axis=1), "must have two column levels, one with tickers and one with fields"),
        (
            downloaded(auto_adjust=False).drop(columns=("Adj Close", "SPY")),
            "prices, column 'SPY': must have a field 'Adj Close' like the others, got none",
        ),
    ],
)
def test_a_doubtful_frame_is_refused_with_its_place(frame, message):
    with pytest.raises(InvalidInput, match=message):
        prices(frame)
