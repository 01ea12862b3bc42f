"""Prices from wide and long CSV files: gaps stay, and invalid content is refused with its place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market import fit
from riskkit.read import prices


def written(folder, content):
    path = folder / "prices.csv"
    path.write_text(content, encoding="utf-8")
    return path


def test_gaps_and_staggered_starts_are_kept(tmp_path):
    path = written(tmp_path, 'SPCX,Date,TSLA\n,2026-06-11,310.5\n1135,2026-06-12,\n"1,136.5",2026-06-15,312\n')
    index = pd.DatetimeIndex(["2026-06-11", "2026-06-12", "2026-06-15"], name="date")
    expected = pd.DataFrame({"SPCX": [np.nan, 1135, 1136.5], "TSLA": [310.5, np.nan, 312]}, index)
    pd.testing.assert_frame_equal(prices(path), expected, check_index_type=False)
    assert prices(path).index.name == "date"


def test_a_table_that_pandas_wrote_is_read_unchanged(tmp_path):
    """With dates in microseconds, which are not what every pandas counts in by itself."""
    dates = pd.date_range("2024-01-31", periods=50, freq="B", name="date", unit="us")
    frame = pd.DataFrame(np.exp(0.1 * np.random.default_rng(0).normal(size=(50, 3))), dates, ["A", "B", "C"])
    frame.iloc[:7, 1] = np.nan
    frame.to_csv(tmp_path / "prices.csv")
    pd.testing.assert_frame_equal(
        prices(tmp_path / "prices.csv"), frame, check_exact=True, check_freq=False, check_index_type=False
    )


def test_a_time_zone_is_dropped_and_the_local_day_stays(tmp_path):
    # New York's offset changes on 2024-03-10; the local midnights are what counts.
    path = written(tmp_path, "date,A\n2024-03-08 00:00:00-05:00,1\n2024-03-11 00:00:00-04:00,1.5\n")
    assert prices(path).index.tolist() == [pd.Timestamp("2024-03-08"), pd.Timestamp("2024-03-11")]


LONG = """\
Ticker,Date,Open,Close,Adj Close
TSLA,2026-06-11,1,310.5,309
TSLA,2026-06-12,1,312,311
SPCX,2026-06-12,1,1135,1134
SPCX,2026-06-15,1,"1,136.5",1135.5
TSLA,2026-06-16,1,313,312
"""


def long_table(closes_of_tesla, closes_of_spacex):
    index = pd.DatetimeIndex(["2026-06-11", "2026-06-12", "2026-06-15", "2026-06-16"], name="date")
    return pd.DataFrame({"TSLA": closes_of_tesla, "SPCX": closes_of_spacex}, index)


@pytest.mark.parametrize(
    ("header", "tesla", "spacex"),
    [
        ("Ticker,Date,Open,Close,Adj Close", [309, 311, np.nan, 312], [np.nan, 1134, 1135.5, np.nan]),
        ("symbol,DATE,name,close,adjusted_close", [309, 311, np.nan, 312], [np.nan, 1134, 1135.5, np.nan]),
        ("Name,date,Volume,Close,Price", [310.5, 312, np.nan, 313], [np.nan, 1135, 1136.5, np.nan]),
        ("name,date,open,PRICE,change", [310.5, 312, np.nan, 313], [np.nan, 1135, 1136.5, np.nan]),
    ],
)
def test_a_long_file_becomes_wide(tmp_path, header, tesla, spacex):
    """A column of names marks it; the adjusted close goes before the close, and that before the price."""
    path = written(tmp_path, LONG.replace(LONG.split("\n")[0], header))
    pd.testing.assert_frame_equal(prices(path), long_table(tesla, spacex), check_index_type=False)


def test_the_order_of_a_long_files_lines_does_not_matter_but_within_a_name(tmp_path):
    header, *lines = LONG.splitlines()
    by_date = sorted(lines, key=lambda line: line.split(",")[1])
    table = prices(written(tmp_path, "\n".join([header, *by_date])))
    pd.testing.assert_frame_equal(table, prices(written(tmp_path, LONG)))


def test_a_market_is_fitted_to_a_long_file_as_to_a_wide_one(tmp_path):
    dates = pd.date_range("2024-01-31", periods=60, freq="B", name="date")
    steps = np.random.default_rng(0).normal(0, 0.02, (60, 2)) @ [[1, 1], [0, 1]]
    frame = pd.DataFrame(np.exp(steps.cumsum(axis=0)), dates, ["A", "B"])
    frame.to_csv(tmp_path / "wide.csv")
    frame.melt(ignore_index=False, var_name="ticker", value_name="price").to_csv(tmp_path / "long.csv")
    wide, long = (fit(prices(tmp_path / f"{kind}.csv"), expected_return=0.07) for kind in ("wide", "long"))
    assert wide == long


@pytest.mark.parametrize(
    ("lines", "row", "message"),
    [
        (["2026-01-05 00:00:00-05:00", "2026-01-06 00:00:00+01:00"], 3, "2026-01-06 .*01:00 after 2026-01-05 .*-05:00"),
        (["2026-01-05 00:00:00-05:00", "2026-01-06"], 3, "all have a time zone, or none, got 2026-01-06 after 2026-"),
        (["2026-01-05", "2026-01-06", "2026-01-07 00:00:00Z"], 4, "all have a time zone, or none, got 2026-01-07 00"),
        # Each neighbour is an hour away: New York's summer, its winter, and Chicago's winter.
        (["2026-07-06T00:00-04:00", "2026-12-07T00:00-05:00", "2026-12-08T00:00-06:00"], 4, "be in one time zone"),
    ],
)
def test_mixed_time_zones_are_refused_with_their_place(tmp_path, lines, row, message):
    for content in (["date,A", *(f"{line},1" for line in lines)], ["ticker,date,close", *(f"A,{x},1" for x in lines)]):
        with pytest.raises(InvalidInput, match=f"line {row}, column 'date': dates must .*{message}"):
            prices(written(tmp_path, "\n".join(content)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("ticker,close\nA,1\n", "prices.csv: must have a column 'date', got 'ticker', 'close'"),
        ("date,ticker,open\n2024-01-02,A,1\n", "must have a column 'adj close', 'close' or 'price' beside 'ticker'"),
        ("date,ticker,symbol,close\n", "must have one column for ticker, got 'ticker' and 'symbol'; rename or remove"),
        (
            "date,ticker,Adj Close,adj_close\n",
            "must have one column for adjusted close, got 'Adj Close' and 'adj_close'",
        ),
        ("date,ticker,close\n", "prices.csv: must hold at least two dates, got 0"),
        ("date,ticker,close\n2024-01-02,A,1\n2024-01-02,B,1\n", "prices.csv: must hold at least two dates, got 1"),
        ("date,ticker,close\n2024-01-02,,1\n", "line 2, column 'ticker': must have the name of the asset, got nothing"),
        ("date,ticker,close\nsoon,A,1\n", "line 2, column 'date': must be a date such as 2026-08-21, got 'soon'"),
        (
            "date,ticker,close\n2024-01-02,A,1\n2024-01-02,B,1\n2024-01-02,A,2\n",
            "line 4, column 'date': dates must not repeat, got 2024-01-02 again",
        ),
        (
            "date,ticker,close\n2024-01-03,A,1\n2024-01-01,B,1\n2024-01-02,A,2\n",
            "line 4, column 'date': dates must run from old to new, got 2024-01-02 after 2024-01-03",
        ),
        ("date,ticker,close\n2024-01-02,A,0\n2024-01-03,A,1\n", "line 2, column 'close': a price must be .* got '0'"),
        ("date,ticker,close\n2024-01-02,A,\n2024-01-03,B,1\n", "column 'A': must hold at least one price, got none"),
        ("date,open,close\n2024-01-02,1,1\n", "column 'close': columns must be named by asset"),
        (
            "date,Adj Close\n2024-01-02,1\n",
            "column 'Adj Close': columns must be named by .* one company: 'Adj Close'; name='TSLA' takes",
        ),
    ],
)
def test_a_doubtful_long_file_is_refused_with_its_place(tmp_path, content, message):
    with pytest.raises(InvalidInput, match=message):
        prices(written(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "prices.csv: must have a header line, got an empty file"),
        ("day,A\n2024-01-02,1\n2024-01-03,2\n", "prices.csv: must have a column 'date', got 'day', 'A'"),
        ("date\n2024-01-02\n2024-01-03\n", "prices.csv: must have a column of prices beside the dates, got none"),
        ("date,,A\n2024-01-02,,1\n2024-01-03,,2\n", "every column must have a name, got none for column 2"),
        ("date,A,\n2024-01-02,1,5\n2024-01-03,2,6\n", "line 2: must have 2 cells like the header, got 3"),
        ("date,A,A\n2024-01-02,1,1\n2024-01-03,2,1\n", "column 'A': names of columns must be unique"),
        ("date,A,Date\n2024-01-02,1,x\n2024-01-03,2,x\n", "column 'Date': names of columns must be unique"),
        ("date,A\n", "must hold at least two dates, got 0"),
        ("date,A\n2024-01-02,1\n", "must hold at least two dates, got 1"),
        (
            "date,A\n2024-01-02,1\n01/03/2024,2\n",
            "prices.csv, line 3, column 'date': must be a date such as 2026-08-21, got '01/03/2024'",
        ),
        ("Date,A\n2024-01-02,1\n,2\n", "line 3, column 'Date': must be a date such as 2026-08-21, got ''"),
        ("date,A\n2024-02-30,1\n2024-03-01,2\n", "line 2, column 'date': must be a date .* got '2024-02-30'"),
        (
            "date,A\n2024-01-02,1\n\n2024-01-02,2\n",
            "line 4, column 'date': dates must not repeat, got 2024-01-02 again",
        ),
        (
            "date,A\n2024-01-03,1\n2024-01-02,2\n",
            "line 3, column 'date': dates must run from old to new, got 2024-01-02 after 2024-01-03",
        ),
        (
            "date,A,B\n2024-01-02,1,1\n2024-01-03,2,n/a\n",
            "prices.csv, line 3, column 'B': a price must be a number > 0, or empty where there is none, got 'n/a'",
        ),
        ("date,A\n2024-01-02,1\n2024-01-03,0\n", "line 3, column 'A': a price must be a number > 0, .* got '0'"),
        ("date,A\n2024-01-02,-1\n2024-01-03,1\n", "line 2, column 'A': a price must be a number > 0, .* got '-1'"),
        ("date,A\n2024-01-02,inf\n2024-01-03,1\n", "line 2, column 'A': a price must be a number > 0, .* got 'inf'"),
        ("date,A\n2024-01-02,nan\n2024-01-03,1\n", "line 2, column 'A': a price must be a number > 0, .* got 'nan'"),
        ("date,A,B\n2024-01-02,1,\n2024-01-03,1,\n", "column 'B': must hold at least one price, got none; remove"),
        ("date,A\n2024-01-02,1,5\n2024-01-03,1\n", "line 2: must have 2 cells like the header, got 3"),
    ],
)
def test_a_doubtful_file_is_refused_with_its_place(tmp_path, content, message):
    with pytest.raises(InvalidInput, match=message):
        prices(written(tmp_path, content))


def test_the_tesla_file_has_the_days_and_closes_of_its_readme(data):
    table = prices(data / "tsla_spy_daily.csv")
    assert table.shape == (4062, 2)
    assert (table.index[0], table.index[-1]) == (pd.Timestamp("2010-06-29"), pd.Timestamp("2026-08-21"))
    assert table["TSLA"].iloc[0] == 1.592667
    assert not table.isna().to_numpy().any()


def test_a_staggered_start_in_the_real_file_stays_a_gap(data):
    """SpaceX was listed on 2026-06-12: 49 closes. Moderna's move of 2026-08-19 is accepted with a warning."""
    with pytest.warns(RiskkitWarning, match=r"line 500, column 'MRNA': moved to 2\.7697 times .* likely split of 1:3"):
        table = prices(data / "baron_names_daily_2024_2026.csv", real_moves={"MRNA": ["2026-08-19"]})
    assert table.shape == (501, 27)
    assert table["SPCX"].first_valid_index() == pd.Timestamp("2026-06-12")
    assert table["SPCX"].count() == 49
