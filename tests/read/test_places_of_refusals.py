"""Every error about a file names it first, and no message grows with the file."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from filings import filing, investment, written

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.validation import name_list
from riskkit.read import holdings, nport, prices
from riskkit.read.amounts import money

LONG = "N" * 501


def of_lines(tmp_path, *lines: str):
    path = tmp_path / "held.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (("ticker,value", "VTI,40", f"{LONG},60"), ", line 3: name of a holding must have at most 500 characters"),
        (("ticker,value,founder", f"VTI,40,{LONG}", "X,60,"), ", line 2: Holding 'VTI': founder must have at most 500"),
        (("ticker,value,founder", "VTI,40,", "X,60,no founder"), ", line 3: Holding 'X': founder must be a person"),
        (("ticker,value,cost", "VTI,40,1e308", "VTI,30,1e308", "X,1,1"), ", line 2: Holding 'VTI': sum of the costs"),
        (("ticker,value", "VTI,40", "Margin loan,35"), ": loan must be at most max_loan_to_value = 0.5"),
    ],
)
def test_an_error_of_a_holding_or_a_portfolio_names_the_place_in_the_file(tmp_path, lines, place):
    path = of_lines(tmp_path, *lines)
    with pytest.raises(InvalidInput, match=re.escape(f"{path}{place}")):
        holdings(path, max_loan_to_value=0.5)


def test_an_error_of_an_argument_names_the_file_too(tmp_path):
    path = of_lines(tmp_path, "ticker,value", "VTI,40", "Cash,-5")
    with pytest.raises(InvalidInput, match=re.escape(f"{path}: Loan: rate")):
        holdings(path, loan_rate=1.5)
    with pytest.raises(InvalidInput, match=re.escape(f"{path}, line 2: Holding 'VTI': founder shares must sum")):
        holdings(path, {"VTI": {"Ann": 0.7, "Bob": 0.7}})


@pytest.mark.parametrize(
    ("column", "cell", "got"),
    [
        ("currency", "USD-1", "line 2, column 'currency': a currency must be a code of three letters .*, got 'USD-1'"),
        ("Währung", "US Dollar", "line 2, column 'Währung': .* got 'US Dollar'; write its code"),
        ("ccy", "X" * 9000, "line 2, column 'ccy': .* got 'X{60}"),
    ],
)
def test_an_invalid_currency_code_is_refused_in_its_column(tmp_path, column, cell, got):
    path = of_lines(tmp_path, f"ticker,value,{column}", f"VTI,40,{cell}")
    with pytest.raises(InvalidInput, match=got) as refusal:
        holdings(path)
    assert len(str(refusal.value)) < len(str(path)) + 300


def test_a_currency_in_words_beside_a_head_that_names_it_does_no_harm(tmp_path):
    path = of_lines(tmp_path, "ticker,market value (USD),currency", "VTI,40,US Dollar", "X,60,US Dollar")
    assert holdings(path).currency == "USD"


def test_a_security_of_a_filing_with_a_name_that_is_too_long_is_refused_in_its_line(tmp_path):
    path = written(tmp_path, filing(investment(1, ticker="TSLA", name=LONG), net=1))
    with pytest.raises(
        InvalidInput, match=rf"{re.escape(str(path))}, line \d+: Holding 'TSLA': alias must have at mos"
    ):
        nport(path)


@pytest.mark.parametrize("header", [LONG, f"{LONG} close", "\u00e9" * 501])
def test_a_head_of_prices_that_is_too_long_is_refused_in_its_column(tmp_path, header):
    path = of_lines(tmp_path, f"date,{header}", "2026-06-11,1", "2026-06-12,2")
    with pytest.raises(InvalidInput, match=rf"^{re.escape(str(path))}, column '.*: name of a column must have at most"):
        prices(path)
    dates = pd.DatetimeIndex(["2026-06-11", "2026-06-12"])
    with pytest.raises(InvalidInput, match=r"^prices, column '.*: name of a column must have at most 500"):
        prices(pd.DataFrame({header: [1.0, 2.0]}, dates))


# ---------------------------------------------------------------------------------------------------------------------
# Frames of holdings
# ---------------------------------------------------------------------------------------------------------------------


def test_an_index_of_tickers_beside_a_column_of_tickers_is_refused():
    for frame in (
        pd.DataFrame({"ticker": ["TSLA", "VTI"], "value": [60.0, 40.0]}, index=["a", "b"]),
        pd.DataFrame({"Symbol": ["TSLA", "VTI"], "value": [60.0, 40.0]}, index=["a", "b"]),
        pd.DataFrame({"name": ["TSLA", "VTI"], "value": [60.0, 40.0]}, index=pd.Index(["a", "b"], name="Name")),
    ):
        with pytest.raises(InvalidInput, match=r"^frame: must have one column for .*reset_index\(drop=True\) drops"):
            rk.Portfolio.from_frame(frame)
        portfolio = rk.Portfolio.from_frame(frame.reset_index(drop=True))
        assert portfolio.values.to_dict() == {"TSLA": 60.0, "VTI": 40.0}


def test_rows_with_two_levels_are_refused_with_the_remedy():
    rows = pd.MultiIndex.from_tuples([("a", "TSLA"), ("a", "VTI")], names=["account", "ticker"])
    frame = pd.DataFrame({"value": [60.0, 40.0]}, index=rows)
    with pytest.raises(InvalidInput, match=r"frame: must be a table with one index level, got 2; frame.reset_index"):
        rk.Portfolio.from_frame(frame)
    assert rk.Portfolio.from_frame(frame.reset_index()).values.to_dict() == {"TSLA": 60.0, "VTI": 40.0}


def test_gaps_of_any_kind_in_a_frame_are_empty_cells():
    frame = pd.DataFrame(
        {"ticker": ["TSLA", "VTI", None], "value": [60.0, 40.0, np.nan], "founder": ["Musk", pd.NA, pd.NaT]}
    )
    assert rk.Portfolio.from_frame(frame).tied() == {"Musk": 60.0}


# ---------------------------------------------------------------------------------------------------------------------
# Lists in messages
# ---------------------------------------------------------------------------------------------------------------------


def test_a_list_in_a_message_has_twenty_names_of_eighty_characters():
    assert name_list(["a", "b"], " and ") == "'a' and 'b'"
    assert name_list([]) == ""
    text = name_list(["x" * 1000] * 1234)
    assert text.count("xxx...") == 20
    assert text.endswith(" and 1,214 more")
    assert len(text) < 20 * 82 + 20


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("ticker,value", "TOTAL {n},0"),
        ("ticker,value", "Cash {n},-1"),
        ("ticker,value", "{0} {n},-1"),
        ("ticker,value,put/call", "{0} option {n},1,Put"),
        ("ticker,value,cost", "{0} {n},1,"),
    ],
    ids=["sums", "owed", "shorts", "options", "no cost"],
)
def test_a_warning_about_a_thousand_lines_is_no_longer_than_one_about_twenty(tmp_path, header, row):
    own = "VTI,1e6" + ",1" * ("cost" in header) + "," * ("put" in header)
    rows = (row.format("A" * 300, n=n) for n in range(1, 1001))
    with pytest.warns(RiskkitWarning) as warning_records:
        holdings(of_lines(tmp_path, header, own, *rows))
    assert all(len(str(one.message)) < 4_000 for one in warning_records)
    assert len(warning_records) <= 2


@pytest.mark.parametrize("what", ["value", "cost", "currency", "timestamp"])
def test_a_refusal_about_a_thousand_columns_lists_twenty(tmp_path, what):
    first = "timestamp" if what == "timestamp" else "ticker,value" if what != "value" else "ticker"
    path = of_lines(tmp_path, ",".join([first, *([what] * 1000)]), ",".join(["1"] * (1001 + ("," in first))))
    with pytest.raises(InvalidInput, match=r"must have one column for .* and \d+ more") as refusal:
        (prices if what == "timestamp" else holdings)(path)
    assert len(str(refusal.value)) < 1_000


# ---------------------------------------------------------------------------------------------------------------------
# Numbers
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decimal", [".", ","])
def test_plain_numbers_are_read_to_the_last_bit(decimal):
    """Python reads the same digits; a text of 400 digits is above 1e308 and no number."""
    for digits in ("0.1", "1310.5", "-0.30000000000000004", "5.", "-7", "00012.50", "9" * 300, "0." + "1" * 400):
        assert money(digits.replace(".", decimal), decimal) == (float(digits), "")
    for digits in ("9" * 400, "--5", "1.2.3", "5-5", "١٢"):
        assert money(digits.replace(".", decimal), decimal) is None
