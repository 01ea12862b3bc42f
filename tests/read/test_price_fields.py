"""The column of the price: spellings of "adjusted", one company's record, yfinance's headers, dates and decimals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.read import prices

DATES = pd.DatetimeIndex(["2026-06-11", "2026-06-12", "2026-06-15"], name="date")
ADJUSTED = [309.0, 311.0, 312.0]  # the close is one more, everything else is far away
SPELLINGS = [
    "Adj Close", "adjClose", "AdjClose", "adj_close", "Adjusted Close", "adjusted_close", "Close (adjusted)",
    "Adj. Close", "Adj Close**", "ADJ CLOSE", "Close Adj", "adjclose", "Adjusted closing price", "adjustedClose",
    "Adj_Price", "Close (adj.)",
]  # fmt: skip


def record(headers, closes=("Close",)) -> pd.DataFrame:
    """A frame of these columns: the adjusted closes, the closes, and 7, 8, 9 in all others."""
    frame = pd.DataFrame({header: [7.0, 8.0, 9.0] for header in headers}, DATES)
    for header in headers:
        if header in SPELLINGS:
            frame[header] = ADJUSTED
        elif header in closes:
            frame[header] = np.array(ADJUSTED) + 1.0
    return frame


def written(folder, content):
    path = folder / "prices.csv"
    path.write_text(content, encoding="utf-8")
    return path


def values(table: pd.DataFrame) -> dict[str, list[float]]:
    return {name: table[name].tolist() for name in table}


@pytest.mark.parametrize("adjusted", SPELLINGS)
@pytest.mark.parametrize("order", [1, -1])
def test_any_spelling_of_adjusted_goes_before_the_close(tmp_path, adjusted, order):
    """In a record, a long file and a frame with two levels in either order, whichever stands first."""
    headers = ["Open", "Close", adjusted, "Volume"][::order]
    frame = record(headers)
    assert values(prices(frame, name="TSLA")) == {"TSLA": ADJUSTED}
    frame.to_csv(tmp_path / "record.csv")
    assert values(prices(tmp_path / "record.csv", name="TSLA")) == {"TSLA": ADJUSTED}
    frame.assign(ticker="TSLA").to_csv(tmp_path / "long.csv")
    assert values(prices(tmp_path / "long.csv")) == {"TSLA": ADJUSTED}
    levels = pd.concat({"TSLA": frame, "SPY": 2.0 * frame}, axis=1)
    for both in (levels, levels.swaplevel(axis=1)):
        assert values(prices(both)) == {"TSLA": ADJUSTED, "SPY": [2.0 * value for value in ADJUSTED]}
        both.to_csv(tmp_path / "levels.csv")
        assert values(prices(tmp_path / "levels.csv")) == {"TSLA": ADJUSTED, "SPY": [2 * value for value in ADJUSTED]}


@pytest.mark.parametrize(
    "headers",
    [
        ("open", "high", "low", "close", "volume"),
        ("Price", "Open", "High", "Low"),
        ("Price", "Open", "High", "Low", "Vol.", "Change %"),
        ("NAV", "Volume"),
        ("volume", "close"),
        ("Close/Last", "Volume", "Open", "High", "Low"),
        ("OPEN", "HIGH", "LOW", "LAST PRICE"),
    ],
)
def test_a_record_is_taken_with_its_name_and_refused_without(tmp_path, headers):
    """The close, or the only column that can be one."""
    close = next(
        header for header in headers if header.lower() in ("close", "price", "nav", "close/last", "last price")
    )
    frame = record(headers, (close,))
    frame.to_csv(tmp_path / "prices.csv")
    for source in (frame, tmp_path / "prices.csv"):
        assert values(prices(source, name="TSLA")) == {"TSLA": [310.0, 312.0, 313.0]}
        with pytest.raises(
            InvalidInput, match=rf"column '{close}': columns must be named by .*; name='TSLA' takes its"
        ):
            prices(source)


@pytest.mark.parametrize("two", [("adjClose", "Adj Close"), ("Close", "Last"), ("Price", "NAV")])
def test_two_matching_columns_are_refused(tmp_path, two):
    frame = record([*two, "Volume", "Open"])
    frame.to_csv(tmp_path / "prices.csv")
    levels = pd.concat({"TSLA": frame}, axis=1)
    levels.to_csv(tmp_path / "levels.csv")
    frame.assign(ticker="TSLA").to_csv(tmp_path / "long.csv")
    for source in (frame, tmp_path / "prices.csv"):
        with pytest.raises(InvalidInput, match=rf"must have one .*, got '{two[0]}' and '{two[1]}'; remove"):
            prices(source, name="TSLA")
    for source in (levels, tmp_path / "levels.csv", tmp_path / "long.csv"):
        with pytest.raises(InvalidInput, match=rf"must have one .*, got '{two[0]}' and '{two[1]}'"):
            prices(source)


def test_tickers_that_are_words_stay_names(tmp_path):
    """Lowe's beside Home Depot, Opendoor beside Tesla: one field among names is a name."""
    path = written(tmp_path, "date,LOW,HD\n2026-06-11,220,330\n2026-06-12,221,331\n")
    assert values(prices(path)) == {"LOW": [220.0, 221.0], "HD": [330.0, 331.0]}
    frame = pd.DataFrame({"OPEN": [1.0, 1.1], "TSLA": [310.0, 311.0]}, DATES[:2])
    assert values(prices(frame)) == {"OPEN": [1.0, 1.1], "TSLA": [310.0, 311.0]}
    with pytest.raises(
        InvalidInput, match=r"must have a column of closes among the fields of one company, got 'OPEN', 'LOW'; ren"
    ):
        prices(frame.set_axis(["OPEN", "LOW"], axis=1))


def test_a_name_is_for_one_company():
    frame = pd.DataFrame({"A": [1.0, 1.1], "B": [1.0, 1.1]}, DATES[:2])
    with pytest.raises(InvalidInput, match=r"must be the record of one company if name is given, got 2 columns"):
        prices(frame, name="TSLA")
    assert list(prices(frame[["A"]], name="TSLA")) == ["TSLA"]
    with pytest.raises(InvalidInput, match=r"^name must be a non-empty string, got ''$"):
        prices(frame[["A"]], name="")


def test_a_name_beside_a_column_of_names_is_refused(tmp_path):
    path = written(tmp_path, "date,ticker,close\n2026-06-11,A,1\n2026-06-12,A,1\n")
    with pytest.raises(
        InvalidInput, match=r"prices.csv, column 'ticker': name must not be given for a file with a column"
    ):
        prices(path, name="B")


def test_a_series_is_taken_with_a_name():
    series = pd.Series([1.0, 1.1], DATES[:2], name="TSLA")
    assert values(prices(series)) == {"TSLA": [1.0, 1.1]}
    assert values(prices(series.rename(None), name="SPY")) == {"SPY": [1.0, 1.1]}
    assert values(prices(series.rename("Close"), name="SPY")) == {"SPY": [1.0, 1.1]}
    with pytest.raises(InvalidInput, match=r"^prices: a Series must have a name, got None; name='TSLA' gives it one$"):
        prices(series.rename(None))
    with pytest.raises(InvalidInput, match=r"^prices: a Series must be named by .*, got 'Close'; give name='TSLA'$"):
        prices(series.rename("Close"))


@pytest.mark.parametrize("first", ["Price", ""])
def test_the_three_lines_of_heads_that_yfinance_writes(tmp_path, first):
    """As of version 0.2.50, and before, when the levels had no names."""
    second = "Ticker" if first else ""
    content = (
        f"{first},Close,Close,High,High\n{second},SPY,TSLA,SPY,TSLA\nDate,,,,\n"
        "2026-06-11,600.5,310.5,7,7\n2026-06-12,,311.5,7,7\n"
    )
    table = prices(written(tmp_path, content))
    expected = pd.DataFrame({"SPY": [600.5, np.nan], "TSLA": [310.5, 311.5]}, DATES[:2])
    pd.testing.assert_frame_equal(table, expected, check_index_type=False)
    one = (
        f"{first},Close,High,Low,Open,Volume\n{second},TSLA,TSLA,TSLA,TSLA,TSLA\nDate,,,,,\n2026-06-11,310.5,7,7,7,7\n"
    )
    assert values(prices(written(tmp_path, one + "2026-06-12,311.5,7,7,7,7\n"))) == {"TSLA": [310.5, 311.5]}
    with pytest.raises(InvalidInput, match=r"line 5, column 'TSLA': a price must be a number > 0, .* got '-1'"):
        prices(written(tmp_path, content.replace("311.5", "-1")))
    with pytest.raises(InvalidInput, match=r"line 1, column 'TSLA': must have a field 'Close' like the others"):
        prices(written(tmp_path, content.replace("Close,Close,", "Close,Open,")))
    with pytest.raises(InvalidInput, match=r"line 1: must have one field that is the adjusted close or the close, got"):
        prices(written(tmp_path, content.replace("Close", "Open")))


@pytest.mark.parametrize(
    "header", ["timestamp", "Timestamp", "datetime", "Date Time", "time", "trade_date", "", "Unnamed: 0"]
)
def test_heads_of_the_dates(tmp_path, header):
    path = written(tmp_path, f"{header},TSLA\n2026-06-11,310.5\n2026-06-12 16:00:00,311.5\n")
    assert prices(path).index.tolist() == [pd.Timestamp("2026-06-11"), pd.Timestamp("2026-06-12 16:00")]


def test_a_column_of_dates_in_a_frame_is_its_index():
    frame = pd.DataFrame({"timestamp": DATES, "open": 7.0, "high": 7.0, "low": 7.0, "close": ADJUSTED, "volume": 7})
    assert values(prices(frame, name="coin")) == {"coin": ADJUSTED}
    counted = frame.assign(timestamp=DATES.as_unit("ms").asi8)
    with pytest.raises(
        InvalidInput, match=r"column 'timestamp': dates must be the index, or .* dtype int64; frame\.set_i"
    ):
        prices(counted, name="coin")


@pytest.mark.parametrize(
    ("first", "second", "remedy"),
    [
        ("11/06/2026", "12/06/2026", r"give date_format='%d/%m/%Y' or '%m/%d/%Y'$"),
        ("12/06/2026", "13/06/2026", r"give date_format='%d/%m/%Y'$"),
        ("06/12/2026", "06/15/2026", r"give date_format='%m/%d/%Y'$"),
        ("11.06.2026", "12.06.2026", r"give date_format='%d\.%m\.%Y'$"),
        ("11-Jun-26", "12-Jun-26", r"give date_format='%d-%b-%y'$"),
        ("Jun 11, 2026", "Jun 12, 2026", r"give date_format='%b %d, %Y'$"),
        ("1781136000", "1781222400", r"a count from 1970 on: .* unit='s'\)$"),
    ],
)
def test_dates_in_another_form_are_refused_with_the_format_that_they_fit(tmp_path, first, second, remedy):
    """Never read by a guess, even where only one format fits all dates."""
    path = written(tmp_path, f'date,TSLA\n"{first}",310.5\n"{second}",311.5\n')
    with pytest.raises(InvalidInput, match=rf"prices.csv, line 2, column 'date': must be a date such as .*; {remedy}"):
        prices(path)


def test_dates_and_numbers_of_a_german_file(tmp_path):
    path = written(tmp_path, "Date;TSLA;SPY\n11.06.2026;1.310,5;600,25\n12.06.2026;1.311,5;\n")
    table = prices(path, date_format="%d.%m.%Y", decimal=",")
    expected = pd.DataFrame({"TSLA": [1310.5, 1311.5], "SPY": [600.25, np.nan]}, DATES[:2])
    pd.testing.assert_frame_equal(table, expected, check_index_type=False)
    path = written(tmp_path, "date,TSLA\n06/11/2026,310.5\n06/12/2026,311.5\n")
    assert prices(path, date_format="%m/%d/%Y").index.tolist() == DATES[:2].tolist()
    with pytest.raises(
        InvalidInput, match=r"line 2, column 'date': must be a date of the format '%d\.%m\.%Y', got '06/1"
    ):
        prices(path, date_format="%d.%m.%Y")


@pytest.mark.parametrize("value", ["%Q", "%Y-%m", "", 5, "dd/mm/yyyy"])
def test_an_invalid_format_of_dates_is_refused(tmp_path, value):
    path = written(tmp_path, "date,TSLA\n06/11/2026,310.5\n06/12/2026,311.5\n")
    with pytest.raises(InvalidInput, match=r"^date_format must "):
        prices(path, date_format=value)


def test_arguments_of_files_are_refused_beside_a_frame():
    frame = pd.DataFrame({"A": [1.0, 1.1]}, DATES[:2])
    for arguments in ({"date_format": "%d/%m/%Y"}, {"decimal": ","}):
        with pytest.raises(InvalidInput, match=rf"^{next(iter(arguments))} must not be given with a frame"):
            prices(frame, **arguments)


def test_splits_and_moves_are_warned_of_with_file_line_and_column(tmp_path):
    """A 5:1 split in a wide and a long file, and a fall to 1/30 that is too much for a day."""
    dates = pd.bdate_range("2024-01-01", periods=80, name="date")
    moves = 0.01 * np.random.default_rng(0).normal(size=(80, 2))
    frame = pd.DataFrame(100.0 * np.exp(moves.cumsum(axis=0)), dates, ["A", "B"])
    raw = frame.copy()
    raw.iloc[40:, 0] /= 5.0
    day = str(dates[40].date())
    raw.to_csv(tmp_path / "wide.csv")
    long = raw.melt(ignore_index=False, var_name="ticker", value_name="close")
    long.to_csv(tmp_path / "long.csv")
    for source, where in (
        (tmp_path / "wide.csv", r"wide\.csv, line 42, column 'A': moved"),
        (tmp_path / "long.csv", r"long\.csv, line 42, column 'close': 'A' moved"),
        (raw, r"prices, column 'A': moved"),
    ):
        with pytest.warns(
            RiskkitWarning, match=rf"{where} to 0\.\d+ .* on {day}: a likely split of 5:1;"
        ) as warning_records:
            prices(source)
        assert warning_records[0].filename == __file__
        adjusted = prices(source, splits={"A": {day: 5}})
        np.testing.assert_allclose(adjusted, frame.assign(A=frame["A"] / 5.0), rtol=1e-12)
    raw.iloc[60:, 1] /= 30.0
    raw.to_csv(tmp_path / "wide.csv")
    with pytest.raises(
        InvalidInput, match=r"wide\.csv, line 62, column 'B': must move by less than 95 % in a day, got -9"
    ):
        prices(tmp_path / "wide.csv", splits={"A": {day: 5}})
    taken = prices(tmp_path / "wide.csv", splits={"A": {day: 5}}, real_moves={"B": [str(dates[60].date())]})
    np.testing.assert_allclose(taken["B"], raw["B"], rtol=1e-12)


def test_names_that_look_alike_are_refused_and_what_cannot_be_seen_is_removed(tmp_path):
    path = written(tmp_path, "date,BRK.B,BRK/B\n2026-06-11,1,1\n2026-06-12,1.1,1.1\n")
    with pytest.raises(InvalidInput, match=r"prices.csv: .*differ by more than case and punctuation, got 'BRK.B' and"):
        prices(path)
    path = written(tmp_path, "date,ticker,close\n2026-06-11,TSLA,1\n2026-06-12,tsla,1.1\n")
    with pytest.raises(InvalidInput, match=r"case and punctuation, got 'TSLA' and 'tsla'"):
        prices(path)
    path = written(tmp_path, "date,\u200bTSLA\n2026-06-11,1\n2026-06-12,1.1\n")
    assert list(prices(path)) == ["TSLA"]
    frame = pd.DataFrame({"TSLA\u200b": [1.0, 1.1]}, DATES[:2])
    assert list(prices(frame)) == ["TSLA"]
