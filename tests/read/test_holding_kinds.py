"""Holdings files with sums, lots, options, debts, several currencies and similar names."""

from __future__ import annotations

import math
import re
import time

import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.read import holdings
from riskkit.read.holding_file import read_holdings


def written(folder, content):
    path = folder / "held.csv"
    path.write_text(content, encoding="utf-8")
    return path


def framed(content):
    """The same cells as a frame of strings, read by pandas."""
    import io

    return pd.read_csv(io.StringIO(content), dtype=str, keep_default_na=False)


def refused(message, **matching):
    return pytest.raises(InvalidInput, match=re.escape(message), **matching)


# ---------------------------------------------------------------------------------------------------------------------
# Sums
# ---------------------------------------------------------------------------------------------------------------------

SUMS = [
    "TOTAL", "Total", "Totals:", "Grand Total", "Account Total", "Total Account Value", "Subtotal", "Sub-Total",
    "Portfolio total (USD)", "Total ...123", "Sum", "Net Account Value", "Total Equities",
    "Summe", "Gesamt", "Gesamtsumme", "Gesamtwert Depot 123", "Zwischensumme",
    "Total général", "Sous-total", "Somme",
    "Total cartera", "Suma", "Totale", "Totale portafoglio", "Somma", "Totaal", "Eindtotaal", "Total geral", "Soma",
    "Summa", "Totalt", "I alt", "Yhteensä", "Razem", "Celkem", "Összesen", "Toplam", "Итого", "合計", "合计", "합계",
]  # fmt: skip


KEPT = [("TSLA", 60), ("VTI", 40)]


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("header", ["symbol,value", "name,value", "symbol,name,value", "name,type,symbol,value"])
def test_a_row_that_says_it_is_a_sum_is_left_out_with_a_warning(tmp_path, name, header):
    """TSLA 60 and VTI 40 are 60 % and 40 %, in each column that may hold the word."""
    width = header.count(",")
    for sum_column in range(width):
        sums = ",".join(f'"{name}"' if sum_column == column else "" for column in range(width))
        name_column = header.split(",").index("symbol") if "symbol" in header else 0
        rows = "".join(f"{',' * name_column}{ticker}{',' * (width - name_column)}{value}\n" for ticker, value in KEPT)
        path = written(tmp_path, f"{header}\n{rows}{sums},99\n")
        with pytest.warns(RiskkitWarning, match=r"lines of sums are left out: .* \(line 4\); keep=\[name\]"):
            portfolio = holdings(path)
        assert portfolio.weights.to_dict() == {"TSLA": 0.6, "VTI": 0.4}


@pytest.mark.parametrize(
    "name",
    ["Vanguard Total Stock Market Index", "TotalEnergies SE", "Total SA", "Sumitomo", "Summit Materials", "Somali Air",
     "Total Return Bond Fund Institutional", "Cash", "Account Ltd", "Toplamak"],
)  # fmt: skip
def test_names_that_only_resemble_sums_are_holdings(tmp_path, name):
    portfolio = holdings(written(tmp_path, f"name,value\nTSLA,60\n{name},15\nOther,25\n"))
    assert portfolio.names == ("TSLA", name, "Other")


def test_a_security_with_total_in_its_name_is_recognized_by_its_ticker(tmp_path):
    portfolio = holdings(written(tmp_path, "symbol,name,value\nVTI,Total Portfolio,70\nTSLA,Tesla,30\n"))
    assert portfolio.names == ("VTI", "TSLA")


def test_a_ticker_that_is_a_word_for_sums_is_read_with_keep(tmp_path):
    path = written(tmp_path, "symbol,value\nSUM,60\nTSLA,10\nVTI,30\n")
    assert holdings(path, keep=["SUM"]).names == ("SUM", "TSLA", "VTI")
    with refused("held.csv: must have a line called 'SUMM', which keep names, got none"):
        holdings(path, keep=["SUMM"])
    with refused("keep must be a list of names, got 'SUM'"):
        holdings(path, keep="SUM")


@pytest.mark.parametrize(
    "rows",
    [
        [("TSLA", 60), ("VTI", 40), ("ALL OF IT", 100)],
        [("DEPOT 7", 100.01), ("TSLA", 60), ("VTI", 40)],
        [("TSLA", 33_333.33), ("VTI", 33_333.33), ("BND", 33_333.33), ("Endbetrag", 100_000.0)],
        [("TSLA", 60), ("TSLA Jan 16 2026 200 Put", 5), ("VTI", 35), ("Endbetrag", 100)],
        [("TSLA", 60), ("VTI", 80), ("Cash", -40), ("Endbetrag", 100)],
        [("TSLA", 0.6), ("VTI", 0.4), ("All", 1.0)],
    ],
)
def test_a_row_that_equals_the_sum_of_all_others_is_refused_with_its_line_and_the_way_to_keep_it(tmp_path, rows):
    path = written(tmp_path, "symbol,value\n" + "".join(f"{name},{value}\n" for name, value in rows))
    line, (name, _) = max(enumerate(rows, start=2), key=lambda row: row[1][1])
    message = f"held.csv, line {line}: a holding must not be the sum of all other lines, got {name!r}"
    with refused(message) as error:
        holdings(path)
    assert f"remove the line, or give keep=[{name!r}] if it is a holding" in str(error.value)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("warnings.warn", lambda *_, **__: None)
        assert name in holdings(path, keep=[name]).names


def test_two_equal_holdings_are_no_sums_of_each_other(tmp_path):
    assert holdings(written(tmp_path, "symbol,value\nTSLA,50\nVTI,50\n")).weights.tolist() == [0.5, 0.5]


def test_rows_that_detail_the_row_above_are_not_added_to_it(tmp_path):
    """Of three files with a summary and its lots TSLA is 60 of 100, bought for 6 + 12."""
    files = [
        "level,symbol,value,cost basis\nSummary,TSLA,60,18\nLot,TSLA,40,6\nLot,TSLA,20,12\nSummary,VTI,40,30\n",
        "symbol,value,cost basis,kind of row\nTSLA,60,18,SUMMARY\nTSLA,40,6,LOT\nTSLA,20,12,LOT\nVTI,40,30,SUMMARY\n",
        "Row,name,value,cost\nPosition,TSLA,60,18\nTax lot,TSLA,40,6\nTax lot,TSLA,20,12\nPosition,VTI,40,30\n",
    ]
    for content in files:
        portfolio = holdings(written(tmp_path, content))
        assert portfolio.values.to_dict() == {"TSLA": 60.0, "VTI": 40.0}
        assert portfolio.holding("TSLA").cost == (rk.Lot(40, 6), rk.Lot(20, 12))
        assert portfolio.holding("VTI").cost == 30.0


def test_lots_belong_to_the_nearest_row_of_their_name_above_where_two_accounts_hold_one_symbol(tmp_path):
    """TSLA is 60 in one account, bought for 6 + 12, and 30 in another, bought for 9: 90 of 100, three lots, 27 paid."""
    content = (
        "account,level,symbol,value,cost basis\n"
        "A,Summary,TSLA,60,18\nA,Lot,TSLA,40,6\nA,Lot,TSLA,20,12\nA,Summary,VTI,10,8\nA,Lot,VTI,10,8\n"
        "B,Summary,TSLA,30,9\nB,Lot,TSLA,30,9\n"
    )
    portfolio = holdings(written(tmp_path, content))
    assert portfolio.values.to_dict() == {"TSLA": 90.0, "VTI": 10.0}
    assert portfolio.holding("TSLA").cost == (rk.Lot(40, 6), rk.Lot(20, 12), rk.Lot(30, 9))
    assert portfolio.holding("VTI").cost == 8.0


def test_lots_without_their_summary_are_refused_and_lots_that_do_not_sum_are_warned_of(tmp_path):
    lone = "level,symbol,value\nSummary,VTI,40\nLot,TSLA,40\nLot,TSLA,20\n"
    for content, line in ((lone, 3), ("level,symbol,value\nLot,TSLA,60\nSummary,TSLA,60\nSummary,VTI,40\n", 2)):
        with refused(f"line {line}: a lot must be below the line that sums it, got none called 'TSLA' above; add"):
            holdings(written(tmp_path, content))
    off = "level,symbol,value,cost\nSummary,TSLA,60,18\nLot,TSLA,40,6\nLot,TSLA,19,12\n"
    with pytest.warns(
        RiskkitWarning, match=r"lots are ignored that do not sum to the value and cost .*: 'TSLA' \(line 2\)"
    ):
        assert holdings(written(tmp_path, off)).holding("TSLA").cost == 18.0


# ---------------------------------------------------------------------------------------------------------------------
# Currencies
# ---------------------------------------------------------------------------------------------------------------------

MIXED = {
    "a column": "ticker,value,currency\nTSLA,60000,USD\n7203.T,2800000,JPY\n",
    "signs": 'ticker,value\nTSLA,"$60,000"\n7203.T,"¥2,800,000"\n',
    "codes in cells": 'ticker,value\nTSLA,"USD 60,000"\n7203.T,"2,800,000 JPY"\n',
    "signs and a column": 'symbol,market value,Währung\nTSLA,"$60,000",USD\n7203.T,"¥2,800,000",JPY\n',
    "codes in small letters": "ticker,value,ccy\nTSLA,60000,usd\n7203.T,2800000,jpy\n",
}


@pytest.mark.parametrize("content", MIXED.values(), ids=MIXED)
def test_mixed_currencies_are_refused_unless_rates_convert_them(tmp_path, content):
    """2,800,000 yen at 0.0067 are 18,760 dollars: TSLA is 60,000 / 78,760 = 76.2 %, not 2.1 %."""
    path = written(tmp_path, content)
    for arguments in ({}, {"currency": "USD"}, {"currency": "USD", "fx": {"EUR": 1.1}}):
        with refused("held.csv, line 3: values must be in one currency") as error:
            holdings(path, **arguments)
        assert "USD and JPY; give currency='USD', fx={'JPY': …}" in str(error.value)
    portfolio = holdings(path, currency="USD", fx={"JPY": 0.0067})
    assert portfolio.currency == "USD"
    np.testing.assert_allclose(portfolio.values, [60_000, 18_760], rtol=1e-12)
    assert rk.Portfolio.from_frame(framed(content), currency="USD", fx={"JPY": 0.0067}) == portfolio
    yen = holdings(path, currency="JPY", fx={"USD": 150.0})
    np.testing.assert_allclose(yen.values, [9_000_000, 2_800_000], rtol=1e-12)


@pytest.mark.parametrize(
    ("content", "currency"),
    [
        ("ticker,value\nTSLA,60\n", None),
        ("ticker,value\nTSLA,$60\nVTI,40\n", "USD"),
        ("ticker,value (€)\nTSLA,60\n", "EUR"),
        ("ticker,market_value_usd\nTSLA,60\n", "USD"),
        ("ticker,value,currency\nTSLA,60,GBp\n", "GBX"),
        ("ticker,value,currency\nTSLA,$60,CAD\n", "CAD"),
        ("ticker,value in CHF,currency\nTSLA,60,USD\nNESN,40,CHF\n", "CHF"),
        ("ticker,value,value (EUR)\nTSLA,1,60\n", "EUR"),
    ],
)
def test_the_currency_of_a_file_is_that_of_the_portfolio(tmp_path, content, currency):
    assert holdings(written(tmp_path, content)).currency == currency


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("ticker,value\nTSLA,€60\n", {"currency": "USD"}, "line 2: values must be in one currency, USD, got EUR; give"),
        (
            "ticker,value,currency\nA,6,USD\nB,4,\nC,3,EUR\n",
            {"currency": "USD", "fx": {"EUR": 1.1}},
            "and some without a",
        ),
        (
            "ticker,value,currency\nA,€6,USD\n",
            {},
            "line 2, column 'value': must be in the currency that the line states",
        ),
        ("ticker,value (USD)\nA,€6\n", {}, "line 2, column 'value (USD)': must be in USD like the header, got '€6'"),
        ("ticker,value (USD),value (EUR)\nA,6,5\n", {}, "must have one column for value, got 'value (USD)' and"),
        ("ticker,value\nA,6\n", {"fx": {"EUR": 1.1}}, "fx must come with the currency that values are converted to"),
        ("ticker,value\nA,6\n", {"currency": "USD", "fx": {"EUR": 0}}, "fx of 'EUR' must be > 0, got 0.0"),
        ("ticker,value\nA,6\n", {"currency": "USD", "fx": {"USD": 2}}, "fx of 'USD', the currency itself, must be 1"),
        ("ticker,value\nA,6\n", {"currency": "USD", "fx": [1]}, "fx must be a mapping from currencies to rates"),
        ("ticker,value\nA,6\n", {"currency": "dollars"}, "currency must be a code of three capital letters"),
    ],
)
def test_what_is_unclear_about_money_is_refused(tmp_path, content, arguments, message):
    with refused(message):
        holdings(written(tmp_path, content), **arguments)


def test_the_currency_is_in_files_and_copies_of_a_portfolio():
    own_holdings = [rk.Holding("TSLA", 60, founder="Musk"), rk.Holding("FUND", 40)]
    portfolio = rk.Portfolio(own_holdings, currency="EUR")
    assert repr(portfolio).startswith("Portfolio: gross 100, net 100, in EUR\n")
    assert portfolio != rk.Portfolio(own_holdings)
    market = rk.Market({"TSLA": rk.Asset(0.08, 0.5), "FUND": rk.Asset(0.06, 0.2)})
    scenario = rk.Scenario(portfolio, market, [rk.Hold()])
    from riskkit.toml import from_toml, to_toml

    text = to_toml(scenario)
    assert 'currency = "EUR"' in text
    assert from_toml(rk.Scenario, text) == scenario
    with refused("currency of the portfolio must be a code of three capital letters such as 'USD', got 'eur'"):
        rk.Portfolio(own_holdings, currency="eur")


def test_a_fund_in_another_currency_is_looked_through_by_weight():
    """40 euros of a fund that has a quarter in TSLA: 60 + 10 and 30 euros."""
    portfolio = rk.Portfolio([rk.Holding("TSLA", 60), rk.Holding("FUND", 40)], currency="EUR")
    holdings_of_fund = [rk.Holding("TSLA", 1000), rk.Holding("Other", 3000)]
    for currency in ("USD", "EUR", None):
        seen = portfolio.look_through({"FUND": rk.Portfolio(holdings_of_fund, currency=currency)})
        assert seen.currency == "EUR"
        assert seen.values.to_dict() == {"TSLA": 70.0, "Other": 30.0}


# ---------------------------------------------------------------------------------------------------------------------
# Purchase costs
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["cost", "cost basis",
    "Total Cost", "Cost Basis Total", "Book cost", "Einstandswert",
                                  "cost_basis ($)", "CostBasisMoney"])  # fmt: skip
def test_purchase_costs_are_read(tmp_path, header):
    content = f"symbol,value,{header}\nTSLA,60,10\nVTI,40,0\n"
    for portfolio in (holdings(written(tmp_path, content)), rk.Portfolio.from_frame(framed(content))):
        assert [holding.cost for holding in portfolio.holdings] == [10.0, 0.0]


@pytest.mark.parametrize(
    "header", ["average cost", "Avg Price", "Price Paid $", "Cost/Share", "Average Cost Basis", "PRU"]
)
def test_the_cost_of_a_unit_is_taken_times_the_quantity(tmp_path, header):
    """3 shares at 5 cost 15."""
    content = f"symbol,quantity,{header},value\nTSLA,3,5,60\n"
    assert holdings(written(tmp_path, content)).holding("TSLA").cost == 15.0
    without = f"symbol,{header},value\nTSLA,5,60\n"
    with pytest.warns(RiskkitWarning, match="is ignored: a cost per unit needs a column of quantities"):
        assert holdings(written(tmp_path, without)).holding("TSLA").cost is None


def test_lines_of_one_security_are_its_lots(tmp_path):
    path = written(tmp_path, "symbol,value,cost basis\nTSLA,40,6\nVTI,40,30\nTSLA,20,12\n")
    assert holdings(path).holding("TSLA").cost == (rk.Lot(40, 6), rk.Lot(20, 12))


def test_a_missing_cost_is_warned_of(tmp_path):
    path = written(tmp_path, "symbol,value,cost\nTSLA,60,10\nVTI,40,--\nCash,5,\n")
    with pytest.warns(RiskkitWarning, match="no purchase cost is given for 'VTI': taken as bought at today's value"):
        assert holdings(path).holding("VTI").cost is None
    path = written(tmp_path, "symbol,value,cost\nTSLA,60,10\nTSLA,40,n/a\n")
    with pytest.warns(
        RiskkitWarning, match="lots without a purchase cost are taken as bought at today's value: 'TSLA'"
    ):
        assert holdings(path).holding("TSLA").cost == (rk.Lot(60, 10), rk.Lot(40, 40))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("TSLA,60,abc", "line 2, column 'cost': must be a finite number or empty, got 'abc'"),
        ("TSLA,60,-5", "line 2, column 'cost': a purchase cost must be >= 0, got '-5'; correct or empty it"),
        (
            "TSLA,$60,€5",
            "line 2: a purchase cost must be in USD like the values, got EUR; give currency='USD', fx={'EUR'",
        ),
    ],
)
def test_an_invalid_cost_is_refused(tmp_path, row, message):
    with refused(message):
        holdings(written(tmp_path, f"symbol,value,cost\n{row}\n"))


# ---------------------------------------------------------------------------------------------------------------------
# Options
# ---------------------------------------------------------------------------------------------------------------------

OPTIONS = [
    "TSLA 260116P00200000", "TSLA  260116P00200000", "TSLA260116P00200000", "-TSLA260116P200", "TSLA260116C202.5",
    "BRK.B 260116C00500000", "TSLA Jan 16 2026 200 Put", "TSLA Jan 16 '26 $200 Call", "TSLA 01/16/2026 200.00 P",
    "TSLA 16JAN26 200 P", "TSLA 2026-01-16 200 C", "PUT (TSLA) TESLA INC JAN 16 26 $200 (100 SHS)",
    "TSLA $200 Put 1/16/2026", "TSLA 1/16/2026 Put $200.00", "Tesla Put 200 16.01.2026", "TSLA 20260116 PUT 200",
]  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_is_left_out_with_a_warning_that_names_it(tmp_path, name):
    """8 beside 60 and 40: 8 % of the rest."""
    for header, row in (("symbol,value", f'"{name}",8'), ("symbol,description,value", f'X1,"{name}",8')):
        gap = "," * header.count(",")
        rows = f"{header}\nTSLA{gap}60\nVTI{gap}40\n{row}\n"
        with pytest.warns(RiskkitWarning, match=r"options and other derivatives are left out .*\(8\.00 %\)"):
            portfolio = holdings(written(tmp_path, rows))
        assert portfolio.values.to_dict() == {"TSLA": 60.0, "VTI": 40.0}


@pytest.mark.parametrize(
    ("column", "cell"),
    [("put/call", "Put"), ("Put/Call", "C"), ("Right", "P"), ("Option Type", "call"), ("Asset Type", "Option"),
     ("Security Type", "Equity and Index Options"), ("type", "OPT"), ("Asset class", "Futures"), ("Strike", "200")],
)  # fmt: skip
def test_a_column_can_mark_an_option(tmp_path, column, cell):
    """The minimal case of a put: TSLA 60 and TSLA,8,Put make TSLA 60, not 68."""
    content = f"ticker,value,{column}\nTSLA,60,\nVTI,40,\nTSLA,8,{cell}\n"
    with pytest.warns(RiskkitWarning, match=r"left out \(share of the rest\): 'TSLA' \(8\.00 %\)"):
        assert holdings(written(tmp_path, content)).values.to_dict() == {"TSLA": 60.0, "VTI": 40.0}
    with pytest.warns(RiskkitWarning, match=r"^frame: options"):
        assert rk.Portfolio.from_frame(framed(content)).values.to_dict() == {"TSLA": 60.0, "VTI": 40.0}


def test_what_a_column_of_put_and_call_may_hold(tmp_path):
    with refused("line 2, column 'put/call': must be put or call, or empty, got 'maybe'"):
        holdings(written(tmp_path, "ticker,value,put/call\nTSLA,60,maybe\n"))


@pytest.mark.parametrize(
    "name",
    ["TSLA", "BRK.B", "Global X Nasdaq 100 Covered Call ETF", "US TREASURY 4% 01/15/2030 CALL 01/15/2028",
     "TREASURY BILL 06/30/2026", "Tesla Inc 5.3% 08/15/2025", "S&P 500 PutWrite", "Target 2030 Fund C",
     "Call Center AG"],
)  # fmt: skip
def test_names_that_only_resemble_options_are_holdings(tmp_path, name):
    assert holdings(written(tmp_path, f'name,value\n"{name}",60\nOther,45\n')).names == (name, "Other")


def test_an_option_is_read_with_keep(tmp_path):
    path = written(tmp_path, "ticker,value\nTSLA,60\nTSLA260116P200,8\n")
    assert holdings(path, keep=["TSLA260116P200"]).names == ("TSLA", "TSLA260116P200")


# ---------------------------------------------------------------------------------------------------------------------
# Money owed
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    ["Cash,-40000", 'Cash,"(40,000)"', "Margin balance,-40000", "Margin loan,40000", "Debit balance,-40000",
     "Net cash,-40000", "USD,-40000", "Cash & Cash Investments,-40000", "Lombardkredit,40000",
     "Verrechnungskonto,-40000"],
)  # fmt: skip
def test_negative_cash_and_debts_become_a_loan(tmp_path, row):
    """Of 100,000 gross, 40,000 are debt."""
    content = f"symbol,value\nTSLA,60000\nVTI,40000\n{row}\n"
    with pytest.warns(
        RiskkitWarning, match=r"negative cash and debts become a loan: .*, at 0 % a year and at most 75 % of"
    ):
        portfolio = holdings(written(tmp_path, content))
    assert portfolio.loan == rk.Loan(40_000, 0.0, 0.75)
    assert (portfolio.total, portfolio.net) == (100_000.0, 60_000.0)
    with pytest.warns(RiskkitWarning, match=r"negative cash and debts become a loan"):
        framed_loan = rk.Portfolio.from_frame(framed(content), loan_rate=0.06, max_loan_to_value=0.5).loan
    assert framed_loan == rk.Loan(40_000, 0.06, 0.5)


def test_cash_and_debts_are_separate(tmp_path):
    content = "symbol,value\nTSLA,90\nCash,10\nCash,-40\nMargin loan,-5\n"
    with pytest.warns(RiskkitWarning, match=r"'Cash' \(-40\), 'Margin loan' \(-5\)"):
        portfolio = holdings(written(tmp_path, content))
    assert portfolio.values.to_dict() == {"TSLA": 90.0, "Cash": 10.0}
    assert portfolio.loan.amount == 45.0


@pytest.mark.parametrize("name", ["Invesco Senior Loan ETF", "COWZ", "Cash America"])
def test_shorts_are_no_loans_unless_they_are_of_cash(tmp_path, name):
    positive = holdings(written(tmp_path, f"name,value\nTSLA,90\n{name},20\n"))
    assert positive.loan is None
    assert name in positive.names


def test_a_positive_margin_balance_and_a_loan_above_gross_are_refused(tmp_path):
    with refused(
        "line 3: a margin balance must be a debt or cash, got 'Margin balance' with 5; call it 'Margin loan' or"
    ):
        holdings(written(tmp_path, "symbol,value\nTSLA,90\nMargin balance,5\n"))
    with refused("held.csv: the loan as a share of all values must be < 1, got 1.1"):
        holdings(written(tmp_path, "symbol,value\nTSLA,100\nCash,-110\n"))


# ---------------------------------------------------------------------------------------------------------------------
# Names
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"), [("TSLA", "tsla"), ("BRK.B", "BRK/B"), ("BRK.B", "BRK B"), ("BRK-B", "BRKB")]
)
def test_names_that_differ_only_by_case_or_punctuation_are_refused_with_both_lines(tmp_path, first, second):
    content = f"ticker,value\n{first},60\nVTI,10\n{second},30\n"
    message = f"names must differ by more than case and punctuation, got '{first}' in line"
    with refused(f"held.csv, line 4: {message} 2 and '{second}'; write them alike"):
        holdings(written(tmp_path, content))
    with refused(f"frame.iloc[2]: {message} 0 and '{second}'; write them alike"):
        rk.Portfolio.from_frame(framed(content))


@pytest.mark.parametrize("other", ["musk", "MUSK", "Musk."])
def test_founders_that_differ_only_by_case_or_punctuation_are_refused(tmp_path, other):
    path = written(tmp_path, f"ticker,value,founder\nTSLA,60,Musk\nSPCX,40,{other}\n")
    with refused(f"line 3: founders must differ by more than case and punctuation, got 'Musk' in line 2 and {other!r}"):
        holdings(path)
    with refused(f"names of founders must differ by more than case and punctuation, got 'Musk' and {other!r}"):
        holdings(written(tmp_path, "ticker,value\nTSLA,60\nSPCX,40\n"), {"TSLA": "Musk", "SPCX": other})


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u00ad", "\u202e", "\u2060"])
def test_invisible_characters_do_not_change_a_name(tmp_path, sign):
    content = f"ticker,value,founder\n{sign}TSLA,60,Musk\nVTI,10,\nTSLA{sign},30,{sign}Musk\n"
    for portfolio in (holdings(written(tmp_path, content)), rk.Portfolio.from_frame(framed(content))):
        assert portfolio.values.to_dict() == {"TSLA": 90.0, "VTI": 10.0}
        assert portfolio.founders == ("Musk",)
    assert holdings(written(tmp_path, content), {f"VTI{sign}": f"Bogle{sign}"}).founders == ("Musk", "Bogle")


# ---------------------------------------------------------------------------------------------------------------------
# Frames
# ---------------------------------------------------------------------------------------------------------------------


def test_a_frame_is_read_by_the_rules_of_files():
    """Numbers, NaN, an index of tickers, and a row of sums."""
    frame = pd.DataFrame(
        {"value": [60.0, 40.0, 100.0], "cost basis": [10.0, math.nan, 10.0], "founder": ["Musk", None, None]},
        index=["TSLA", "VTI", "TOTAL"],
    )
    with pytest.warns(RiskkitWarning) as seen:
        portfolio = rk.Portfolio.from_frame(frame)
    assert {str(warning.message)[:40] for warning in seen} == {
        "frame: lines of sums are left out: 'TOTA", "frame: no purchase cost is given for 'VT",
    }  # fmt: skip
    assert {warning.filename for warning in seen} == {__file__}
    assert portfolio == rk.Portfolio([rk.Holding("TSLA", 60, cost=10, founder="Musk"), rk.Holding("VTI", 40)])


def test_the_frame_of_a_portfolio_gives_the_portfolio_again():
    portfolio = rk.Portfolio([rk.Holding("TSLA", 61, founder="Musk"), rk.Holding("VTI", 39.25)])
    assert rk.Portfolio.from_frame(portfolio.frame()) == portfolio


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pd.DataFrame({"ticker": ["A", "B", "C"], "value": [60.0, 40.0, 100.0]}),
            "frame.iloc[2]: a holding must not be",
        ),
        (pd.DataFrame({"ticker": ["A"], "value": [np.inf]}), "frame.iloc[0], column 'value': must be a finite number"),
        (
            pd.DataFrame({"ticker": ["A", "B"], "value": [1.0, np.nan]}),
            "frame.iloc[1], column 'value': must be a finite",
        ),
        (pd.DataFrame({"ticker": ["A"], "worth": [1.0]}), "frame: must have a column value, value_usd"),
        (
            pd.DataFrame({"ticker": ["A"], "price": [1.0]}),
            "frame: must have a column value, or shares and price, got price",
        ),
        (
            pd.DataFrame({"ticker": ["A"], "shares": ["ten"], "price": [1.0]}),
            "frame.iloc[0], column 'shares': must be a number, got 'ten'",
        ),
        (pd.DataFrame({"value": [1.0]}), "frame: must have a column ticker, symbol, name or holding"),
        ([1.0], "frame must be a DataFrame with one row per holding, a Series or a mapping, got [1.0]"),
        ({}, "frame must hold at least one holding, got none"),
        ({"A": "40"}, "frame: 'A' must be a value, or a mapping such as {'shares': 10, 'price': 400.0}, got '40'"),
        ({"A": {"share": 3, "price": 2}}, "frame: fields of 'A' must be among value, shares, price, cost, cost per"),
        ({1: 40}, "frame: name of a holding must be a non-empty string, got 1"),
    ],
)
def test_a_doubtful_frame_is_refused_with_its_place(frame, message):
    with refused(message):
        rk.Portfolio.from_frame(frame)


def test_shares_times_price_are_the_value_of_a_row_without_one():
    """10 shares at 400 cost 20 each: worth 4000, bought for 200. The second row says its value, 6000."""
    columns = {"ticker": ["TSLA", "VTI"], "shares": [10, 7], "price eur": [400.0, 1.0], "cost per share": [20.0, 500.0]}
    without, both = pd.DataFrame(columns), pd.DataFrame({**columns, "value eur": [np.nan, 6000.0]})
    holdings = [rk.Holding("TSLA", 4000, cost=200), rk.Holding("VTI", 6000, cost=3500)]
    assert rk.Portfolio.from_frame(both) == rk.Portfolio(holdings, currency="EUR")
    assert rk.Portfolio.from_frame(without).values.to_dict() == {"TSLA": 4000.0, "VTI": 7.0}
    assert rk.Portfolio.from_frame(without).currency == "EUR"


def test_a_mapping_and_a_series_are_portfolios_too():
    plain = rk.Portfolio([rk.Holding("TSLA", 60), rk.Holding("VTI", 40)])
    assert rk.Portfolio.from_frame({"TSLA": 60, "VTI": 40.0}) == plain
    assert rk.Portfolio.from_frame(pd.Series({"TSLA": 60, "VTI": 40})) == plain
    rows = {
        "TSLA": {"shares": 6, "price": 10.0, "cost": 12.0, "founder": {"Musk": 0.5}},
        "VTI": {"value": 40, "cost": 30.0},
    }
    holdings = [rk.Holding("TSLA", 60, cost=12, founder={"Musk": 0.5}), rk.Holding("VTI", 40, cost=30)]
    assert rk.Portfolio.from_frame(rows) == rk.Portfolio(holdings)
    assert rk.Portfolio.from_frame(rows, {"TSLA": "Musk"}).holding("TSLA").founder == {"Musk": 1.0}


def test_a_result_lists_the_lines_left_out(tmp_path):
    content = "Positions\n\nticker,value\nTSLA,60\nVTI,40\nGME,-5\nTSLA260116P200,8\nTotal,103\n\nEnd of it\n"
    reading = read_holdings(written(tmp_path, content))
    assert [(each.line, each.name, each.value, each.reason) for each in reading.left_out] == [
        (6, "GME", -5.0, "value of 0 or below"),
        (7, "TSLA260116P200", 8.0, "derivative"),
        (8, "Total", 103.0, "sum"),
        (10, "End of it", None, "text"),
    ]


WORST = {
    "many holdings": "ticker,value\n" + "".join(f"N{n},{n + 1}\n" for n in range(24_000)),
    "one holding in many lines": "ticker,value,cost\n" + "A,1,1\n" * 24_000,
    "many sums": "ticker,value\nA,1\n" + "Total,1\n" * 24_000,
    "many options": "ticker,value\nA,1\n" + "TSLA260116P200,1\n" * 24_000,
    "more lines than allowed": "ticker,value\n" + "A,1\n" * 250_000,
    "many notes": "ticker,value\nA,1\n\n" + "x\n" * 450_000,
    "many heads": "ticker,value\n" * 75_000 + "A,1\n",
    "many columns": "ticker,value" + ",x" * 60_000 + "\nA,1" + ",y" * 60_000 + "\n",
    "long names": "name,value\n" + "".join(f"{'x ' * 16_000}{n},1\n" for n in range(30)),
    "long options": "name,value\n" + "".join(f"{'JAN 1 ' * 5_000}{n},1\n" for n in range(30)),
    "blank lines": "ticker,value\nA,1\n" + "\n" * 1_000_000,
    "many lots": "level,ticker,value\nSummary,A,1\n" + "Lot,A,1\n" * 24_000,
    "many rows with lots": "level,ticker,value,cost\n" + "Summary,A,1,1\n" * 12_000 + "Lot,A,1,1\n" * 12_000,
    "many rows with a lot each": "level,ticker,value,cost\n" + "Summary,A,1,1\nLot,A,1,1\n" * 12_000,
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")
@pytest.mark.parametrize("content", WORST.values(), ids=WORST)
def test_a_megabyte_of_the_worst_kind_is_read_or_refused_in_seconds(tmp_path, content):
    """Quadratic work on these takes minutes to hours; the bound leaves room for a loaded machine."""
    path = written(tmp_path, content)
    begin = time.process_time()
    message = ""
    try:
        holdings(path)
    except InvalidInput as error:
        message = str(error).removeprefix(str(path))
    assert len(message) < 400
    assert time.process_time() - begin < 15.0
