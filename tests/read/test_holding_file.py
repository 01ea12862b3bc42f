"""Holdings from CSV files: columns found by header, securities added up, founders matched."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.portfolio._portfolio import Loan, Portfolio
from riskkit.read import holdings

BARON_PARTNERS = "baron_partners_holdings_2026-06-30.csv"


def written(folder, content):
    path = folder / "held.csv"
    path.write_text(content, encoding="utf-8")
    return path


def test_baron_partners_has_46_8_percent_of_gross_and_50_0_of_net_on_one_founder(data):
    """Net assets of the filing 18,051,101,044.45; SpaceX 34.96 % and Tesla 15.04 % of them make 50.00 %."""
    portfolio = holdings(data / BARON_PARTNERS, {"TSLA": "Musk", "SPCX": "Musk"})
    assert len(portfolio.names) == 31
    assert portfolio.exposure()["Musk"] == pytest.approx((6311277938.00 + 2714973000.00) / portfolio.total, rel=1e-12)
    assert round(100 * portfolio.exposure()["Musk"], 1) == 46.8
    net = 18_051_101_044.45
    leveraged = Portfolio(portfolio.holdings, loan=Loan(portfolio.total - net, 0.05, 0.3))
    assert leveraged.net == pytest.approx(net, rel=1e-12)
    assert round(leveraged.exposure(of="net")["Musk"], 3) == 0.500
    assert round(portfolio.total / net, 3) == 1.069


@pytest.mark.parametrize("header", ["ticker,value", "Symbol,Market Value", "NAME,value_usd", " Holding ,MARKET VALUE"])
def test_columns_are_found_by_their_usual_names(tmp_path, header):
    portfolio = holdings(written(tmp_path, f"{header}\nTSLA,40\nRest,60\n"))
    assert portfolio.names == ("TSLA", "Rest")
    np.testing.assert_array_equal(portfolio.values, [40, 60])


def test_a_holding_is_named_by_its_ticker_else_by_its_name(tmp_path):
    content = "name,shares,ticker,market_value ($)\nTesla Inc,1,TSLA,40\nSpaceX,,-,25\nxAI,,N/A,2\nMoney market,,,33\n"
    portfolio = holdings(written(tmp_path, content))
    assert portfolio.names == ("TSLA", "SpaceX", "xAI", "Money market")


def test_founders_are_matched_by_ticker_or_by_name(tmp_path):
    path = written(tmp_path, "ticker,name,value\nTSLA,Tesla Inc,40\n,SpaceX,25\nREST,Everything else,35\n")
    portfolio = holdings(path, {"Tesla Inc": "Musk", "SpaceX": {"Musk": 0.5, "Shotwell": 0.1}})
    assert portfolio.holding("TSLA").founder == {"Musk": 1.0}
    assert portfolio.holding("SpaceX").founder == {"Musk": 0.5, "Shotwell": 0.1}
    assert portfolio.holding("REST").founder == {}


def test_a_column_of_founders_is_read_and_the_argument_wins(tmp_path):
    path = written(tmp_path, "ticker,value,Founder\nTSLA,40,Musk\nNVDA,30,Huang\nREST,30,\n")
    assert holdings(path).founders == ("Musk", "Huang")
    portfolio = holdings(path, {"NVDA": {"Huang": 0.5}})
    assert [holding.founder_share for holding in portfolio.holdings] == [1.0, 0.5, 0.0]


def test_lines_of_one_security_are_added_up(tmp_path):
    path = written(tmp_path, "ticker,name,value\nTSLA,Tesla,10\nREST,Rest,60\nTSLA,Tesla class A,30\n")
    portfolio = holdings(path, {"Tesla": "Musk"})
    assert portfolio.names == ("TSLA", "REST")
    np.testing.assert_array_equal(portfolio.values, [40, 60])
    assert portfolio.holding("TSLA").founder == {"Musk": 1.0}


def test_shorts_are_left_out_and_listed_with_their_share(tmp_path):
    # The rest is 50: -5 and (2.5) are -10 % and -5 % of it.
    path = written(tmp_path, 'ticker,value\nTSLA,40\nSHORT,-5\n"PUT",($2.5)\nREST,10\nSOLD,0\n')
    listed = r"'SHORT' \(-10\.00 %\), 'PUT' \(-5\.00 %\), 'SOLD' \(0\.00 %\)"
    with pytest.warns(RiskkitWarning, match=f"held.csv: lines .* are left out .*{listed}") as seen:
        portfolio = holdings(path)
    assert portfolio.names == ("TSLA", "REST")
    assert seen[0].filename == __file__


def test_a_plain_file_gives_no_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        holdings(written(tmp_path, "\ufeffticker,value\nTSLA,40\n\n,\nREST,60\n"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "held.csv: must have a header line, got an empty file"),
        ("ticker,value\n", "held.csv: must hold at least one line with a value > 0, got none"),
        ("ticker,value\nA,-1\n", "held.csv: must hold at least one line with a value > 0, got none"),
        ("cusip,value\nA,1\n", "must have a column ticker, symbol, name or holding, got 'cusip', 'value'"),
        ("ticker,price\nA,1\n", "must have a column value, value_usd, .*, got 'ticker', 'price'"),
        ("ticker,value,Market_Value\nA,1,1\n", "one column for value, got 'value' and 'Market_Value'; rename"),
        ("ticker,ticker,value\nA,B,1\n", "must have one column for ticker, got 'ticker' and 'ticker'"),
        ("ticker,value\nA,1\n\nB,abc\n", "held.csv, line 4, column 'value': must be a finite number, got 'abc'"),
        ("ticker,value\nA,\n", "line 2, column 'value': must be a finite number, got ''"),
        ("ticker,value\nA,nan\n", "line 2, column 'value': must be a finite number, got 'nan'"),
        ("ticker,value\nA,inf\n", "line 2, column 'value': must be a finite number, got 'inf'"),
        ('ticker,value\nA,"1.234,5"\n', "line 2, column 'value': must be a finite number .*, got '1.234,5'; give"),
        ("ticker,name,value\n-,,1\n", "line 2: must have a ticker or a name, got neither"),
        ("ticker,value\nA,1,2\n", "line 2: must have 2 cells like the header, got 3"),
        (
            "ticker,value,founder\nA,1,Ann 50%\n",
            "line 2, column 'founder': must be one person's name .*, got 'Ann 50%'",
        ),
        (
            "ticker,value,founder\nA,1,Ann\nB,1,\nA,1,Bob\n",
            "held.csv: 'A' must have one founder, got 'Ann' and 'Bob' from lines 2 and 4",
        ),
    ],
)
def test_a_doubtful_file_is_refused_with_its_place(tmp_path, content, message):
    with pytest.raises(InvalidInput, match=message):
        holdings(written(tmp_path, content))


@pytest.mark.parametrize(
    ("founders", "message"),
    [
        ({"TSLAA": "Musk"}, "founders must name one of 'TSLA', 'Tesla Inc', 'REST', got 'TSLAA' .did you mean 'TSLA'"),
        ({"TSLA": {"Musk": 1.2}}, "Holding 'TSLA': founder share of 'Musk' must be >= 0 and <= 1, got 1.2"),
        ({"TSLA": "Musk", "Tesla Inc": "Ron"}, "'TSLA' must have one founder, got 'Musk' and 'Ron' from founders"),
        ("Musk", "founders must be a mapping from tickers or names to founders, got 'Musk'"),
    ],
)
def test_founders_that_do_not_fit_are_refused(tmp_path, founders, message):
    path = written(tmp_path, "ticker,name,value\nTSLA,Tesla Inc,40\nREST,,60\n")
    with pytest.raises(InvalidInput, match=message):
        holdings(path, founders)
