"""N-PORT: totals against the file's own, securities added up and named, what has no market, leverage."""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from filings import filing, investment, written

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.portfolio._holding import Holding
from riskkit.portfolio._liquidity import Listed, Locked, TenderWindows
from riskkit.portfolio._portfolio import Loan, Portfolio
from riskkit.read import holdings, nport

BARON_PARTNERS = "nport/baron_partners_2026-06-30_reconstructed.xml"
SEC_SAMPLE = "nport/sec_schema_sample_3.xml"
NAMESPACE = "{http://www.sec.gov/edgar/nport}"
MUSK = {"TSLA": "Musk", "SPCX": "Musk"}


def quiet(path, *arguments, **options):
    """Read a file of which no warning is expected."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return nport(path, *arguments, **options)


# ---------------------------------------------------------------------------------------------------------------------
# Real files
# ---------------------------------------------------------------------------------------------------------------------


def test_baron_partners_against_the_files_own_totals(data):
    """Each share of net assets is the file's pctVal, to 6 digits; so is their sum, and the net value."""
    path = data / BARON_PARTNERS
    root = ET.parse(path).getroot()
    lines = [
        {tag.tag.removeprefix(NAMESPACE): tag.text for tag in line} for line in root.iter(f"{NAMESPACE}invstOrSec")
    ]
    fund = quiet(path, MUSK)
    assert len(fund.names) == len(lines) == 31
    np.testing.assert_allclose(fund.values, [float(line["valUSD"]) for line in lines], rtol=1e-15)
    percent = [float(line["pctVal"]) for line in lines]
    np.testing.assert_allclose(100 * fund.exposure("holding", of="net"), percent, atol=6e-7)
    assert fund.net == pytest.approx(float(root.findtext(f".//{NAMESPACE}netAssets")), rel=1e-14)
    assert 100 * fund.total / fund.net == pytest.approx(sum(percent), abs=31 * 6e-7)
    assert all(holding.liquidity == Listed() for holding in fund.holdings)


def test_baron_partners_is_50_percent_of_net_on_one_founder(data):
    """SpaceX 34.963396 % and Tesla 15.040484 % of net assets; holdings are 106.88 % of them, so 6.44 % is borrowed."""
    fund = quiet(data / BARON_PARTNERS, MUSK)
    assert 100 * fund.exposure(of="net")["Musk"] == pytest.approx(34.963396 + 15.040484, abs=1e-6)
    assert round(fund.total / fund.net, 4) == 1.0688
    assert fund.loan == Loan(fund.total - 18_051_101_044.45, 0.0, 1 / 3)
    assert round(fund.loan.amount / fund.total, 4) == 0.0644


def test_the_filing_and_the_table_of_its_holdings_are_one_portfolio(data):
    """The table calls the money-market fund CASH_MMF; the filing gives it no ticker."""
    table = holdings(data / "baron_partners_holdings_2026-06-30.csv", MUSK)
    fund = quiet(data / BARON_PARTNERS, MUSK, loan_rate=0.06, max_loan_to_value=0.2)
    assert fund.holdings[:-1] == table.holdings[:-1]
    assert fund.holdings[-1].value == table.holdings[-1].value
    assert fund.loan == Loan(table.total - 18_051_101_044.45, 0.06, 0.2)


def test_through_baron_partners_the_65_percent_are_82_5_of_net(data):
    # 0.65 + 0.35 · 0.50003880
    own = Portfolio([Holding("TSLA", 40, founder="Musk"), Holding("SPCX", 25, founder="Musk"), Holding("BPTRX", 35)])
    seen = own.look_through({"BPTRX": quiet(data / BARON_PARTNERS, MUSK)})
    assert seen.net == pytest.approx(100)
    assert seen.exposure(of="net")["Musk"] == pytest.approx(0.65 + 0.35 * 0.50003880, abs=1e-8)
    assert seen.holding("TSLA").value == pytest.approx(40 + 35 * 0.15040484, abs=1e-6)


def test_the_secs_own_sample_is_read_and_its_negative_net_assets_are_refused(data):
    with pytest.raises(InvalidInput, match=r"line 65: <netAssets> must be .* > 0, got '-123456789012345678901234'"):
        nport(data / SEC_SAMPLE)


def test_the_reference_of_a_derivative_is_not_taken_for_the_line_itself(data, tmp_path):
    """The sample with values: its line is a derivative, marked at 60, on a swap on an option on a basket.

    Without that information its line is "token", title "1", restricted but no stock; deeper elements are other things.
    """
    content = (data / SEC_SAMPLE).read_text(encoding="utf-8")
    for tag, text, number in [
        ("netAssets", "-123456789012345678901234", 50),
        ("valUSD", "0.0", 60),
        ("pctVal", "0.0", 120),
    ]:
        assert content.count(f"<{tag}>{text}<") == 1
        content = content.replace(f"<{tag}>{text}<", f"<{tag}>{number}<")
    with pytest.raises(InvalidInput, match="must hold at least one line with a value > 0, got none"):
        nport(written(tmp_path, content))
    plain = content.replace("derivativeInfo>", "formerInfo>")
    fund = quiet_but_for_the_loan(written(tmp_path, plain), {"AHJNP*#A1": "Token"})
    assert fund == Portfolio([Holding("1", 60, founder="Token")], loan=Loan(10, 0, 1 / 3))


def quiet_but_for_the_loan(path, *arguments, **options):
    """In the sample the fund has borrowed 0, and the line is worth 10 more than its net assets."""
    with pytest.warns(RiskkitWarning, match="the loan, 20.00% of net assets") as seen:
        fund = nport(path, *arguments, **options)
    assert len(seen) == 1
    return fund


# ---------------------------------------------------------------------------------------------------------------------
# Securities and their names
# ---------------------------------------------------------------------------------------------------------------------


def test_lines_that_share_a_cusip_or_an_isin_are_one(tmp_path):
    """A and B share a CUSIP, B and C an ISIN: one holding of 10 + 20 + 30; D has dummies only, E a CUSIP of its own."""
    content = filing(
        investment(10, title="A", cusip="88160R101"),
        investment(5, title="D", cusip="000000000", isin="N/A"),
        investment(20, title="B", cusip="88160r101", isin="US88160R1014"),
        investment(30, title="C", isin="US88160R1014", cusip="N/A"),
        investment(7, title="E", cusip="912828XX1"),
        investment(8, title="F", cusip="000000000"),
        net=80,
    )
    fund = quiet(written(tmp_path, content))
    assert fund.values.to_dict() == {"A": 60, "D": 5, "E": 7, "F": 8}


def test_unlisted_stock_without_an_identifier_is_added_up_by_issuer(tmp_path):
    """Three rounds of one company, matched by LEI or by name; its bond, and listed stock, are separate."""
    company = {"name": "Space Exploration Technologies Corp.", "cusip": "N/A"}
    lei = "549300SPACEX00000X12"
    content = filing(
        investment(10, title="Space Exploration, Class A", **company, assetCat="EC", fairValLevel="3"),
        investment(20, title="Series N", name="SpaceX", lei=lei, assetCat="EP", fairValLevel="3"),
        investment(30, title="Series G", **company, lei=lei, assetCat="EP", isRestrictedSec="Y"),
        investment(1, title="Bond", **company, assetCat="DBT", fairValLevel="3"),
        investment(2, title="Other class", **company, assetCat="EC", fairValLevel="1"),
        investment(4, title="Numbered", **(company | {"cusip": "84615X107"}), assetCat="EC", fairValLevel="3"),
        net=67,
    )
    fund = quiet(written(tmp_path, content), {"Space Exploration Technologies Corp.": "Musk"})
    assert fund.values.to_dict() == {"Space Exploration, Class A": 60, "Bond": 1, "Other class": 2, "Numbered": 4}
    assert fund.exposure()["Musk"] == pytest.approx(1)


def test_names_are_tickers_else_titles_else_issuers_made_unique_by_cusip(tmp_path):
    content = filing(
        investment(1, ticker="TSLA", title="Tesla common", name="Tesla"),
        investment(1, title="  Some\n bond ", name="Bonds Inc", ticker="N/A"),
        investment(1, name="Bonds Inc", title="N/A"),
        investment(1, title="US TREASURY N/B", cusip="912828XX1"),
        investment(1, title="US TREASURY N/B", cusip="912828YY9"),
        investment(1, title="US TREASURY N/B", isin="US912828ZZ77"),
        investment(1, title="Forward"),
        investment(1, title="Forward (2)"),
        investment(1, title="Forward"),
        investment(1, title="Forward"),
        net=10,
    )
    assert quiet(written(tmp_path, content)).names == (
        "TSLA",
        "Some bond",
        "Bonds Inc",
        "US TREASURY N/B (912828XX1)",
        "US TREASURY N/B (912828YY9)",
        "US TREASURY N/B (US912828ZZ77)",
        "Forward",
        "Forward (2)",
        "Forward (3)",
        "Forward (4)",
    )


def test_names_that_differ_only_by_case_or_punctuation_get_a_number(tmp_path):
    """Titles of strangers: a portfolio takes no two names that differ by case and punctuation alone."""
    titles = ["Some Bond 5%", "SOME BOND 5 %", "Some bond, 5% (2)", "Some-Bond 5%"]
    numbered = [investment(1, title="US TREASURY N/B", cusip="912828XX1"), investment(1, title="US Treasury N/B")]
    content = filing(*(investment(1, title=title) for title in titles), *numbered, net=6)
    assert quiet(written(tmp_path, content)).names == (
        "Some Bond 5%",
        "SOME BOND 5 % (2)",
        "Some bond, 5% (2) (2)",
        "Some-Bond 5% (3)",
        "US TREASURY N/B (912828XX1)",
        "US Treasury N/B",
    )


def test_the_other_names_of_a_holding_are_its_aliases(tmp_path):
    """A name that several have is nobody's; that of an issuer is that of its stock."""
    content = filing(
        investment(
            1, ticker="TSLA", name="Tesla Inc", title="Tesla common", cusip="88160R101", isin="US88160R1014",
            assetCat="EC",
        ),
        investment(1, title="GOOG", name="Alphabet Inc", isin="US02079K1079"),
        investment(1, title="GOOGL", name="Alphabet Inc", isin="US02079K3059"),
        investment(1, title="Ford bond", name="Ford Motor Co", assetCat="DBT"),
        net=4,
    )  # fmt: skip
    aliases = {holding.name: holding.aliases for holding in quiet(written(tmp_path, content)).holdings}
    assert aliases == {
        "TSLA": ("Tesla common", "Tesla Inc", "88160R101", "US88160R1014"),
        "GOOG": ("02079K107", "US02079K1079"),
        "GOOGL": ("02079K305", "US02079K3059"),
        "Ford bond": (),
    }


def test_a_fund_is_looked_through_by_cusip_and_by_the_name_of_the_issuer(tmp_path):
    """The fund calls Tesla by its title, and has half of its 100 in it: 40 of my own and 30 of my 60 in the fund."""
    line = investment(50, name="Tesla Inc", title="TESLA INC COM", cusip="88160R101", assetCat="EC")
    fund = quiet(written(tmp_path, filing(line, investment(50, name="Rest"), net=100)), {"88160R101": "Musk"})
    for portfolio in (Holding("88160R101", 40, founder="Musk"), Holding("Tesla, Inc.", 40, founder="Musk")):
        seen = Portfolio([portfolio, Holding("FUND", 60)]).look_through({"FUND": fund})
        assert seen.values.to_dict() == {portfolio.name: pytest.approx(70), "Rest": pytest.approx(30)}
        assert seen.exposure()["Musk"] == pytest.approx(0.7)


@pytest.mark.parametrize("key", ["TSLA", "Tesla Inc", "Tesla Inc. common stock", "88160R101"])
def test_founders_match_ticker_name_and_cusip(tmp_path, key):
    line = investment(1, ticker="TSLA", name="Tesla Inc", title="Tesla Inc. common stock", cusip="88160R101")
    path = written(tmp_path, filing(line, investment(3, name="Rest"), net=4))
    assert quiet(path).founders == ()
    assert quiet(path, {key: {"Musk": 0.5}}).exposure()["Musk"] == 0.125


@pytest.mark.parametrize(
    ("founders", "message"),
    [
        (
            {"TSLAA": "Musk"},
            r"xml: founders must name one of 'TSLA', 'Tesla Inc', got 'TSLAA' \(did you mean 'TSLA'\?\)",
        ),
        ({"TSLA": "Musk", "Tesla Inc": "Ron"}, "'TSLA' must have one founder, got 'Musk' and 'Ron' from founders"),
        ({"TSLA": {"Musk": 1.2}}, "Holding 'TSLA': founder share of 'Musk' must be >= 0 and <= 1, got 1.2"),
        ("Musk", "founders must be a mapping from tickers or names to founders, got 'Musk'"),
    ],
)
def test_founders_that_do_not_fit_are_refused(tmp_path, founders, message):
    with pytest.raises(InvalidInput, match=message):
        nport(written(tmp_path, filing(investment(1, ticker="TSLA", name="Tesla Inc"), net=1)), founders)


def test_an_unknown_founder_in_a_long_file_is_not_answered_with_all_of_it(tmp_path):
    path = written(tmp_path, filing(*(investment(1, name=f"Bond number {n}") for n in range(500)), net=500))
    with pytest.raises(
        InvalidInput, match=r"'Bond number 19' and 480 more, got 'Bond number 4999' \(did you mean 'Bond"
    ):
        nport(path, {"Bond number 4999": "Ann"})


# ---------------------------------------------------------------------------------------------------------------------
# What has no market
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "listed"),
    [
        ({}, True),
        ({"fairValLevel": "1"}, True),
        ({"fairValLevel": "2"}, True),
        ({"fairValLevel": "N/A"}, True),
        ({"fairValLevel": "3"}, False),
        ({"isRestrictedSec": "N", "assetCat": "EC"}, True),
        ({"isRestrictedSec": "Y", "assetCat": "EC", "fairValLevel": "2"}, False),
        ({"isRestrictedSec": "Y", "assetCat": "EP", "fairValLevel": "1"}, False),
        # A bond under rule 144A is restricted, and traded all the same.
        ({"isRestrictedSec": "Y", "assetCat": "DBT", "fairValLevel": "2"}, True),
    ],
)
def test_level_3_and_restricted_stock_have_no_market(tmp_path, texts, listed):
    path = written(tmp_path, filing(investment(1, name="A", **texts), net=1))
    assert quiet(path).holding("A").liquidity == (Listed() if listed else TenderWindows())
    assert quiet(path, unlisted=Locked(2)).holding("A").liquidity == (Listed() if listed else Locked(2))


@pytest.mark.parametrize(("without", "listed"), [(49, True), (51, False)])
def test_the_larger_part_of_a_holding_says_whether_it_has_a_market(tmp_path, without, listed):
    lines = [(100 - without, "1"), (without, "3")]
    content = filing(*(investment(v, name="A", cusip="88160R101", fairValLevel=level) for v, level in lines), net=100)
    assert quiet(written(tmp_path, content)).holding("A").liquidity.listed == listed


# ---------------------------------------------------------------------------------------------------------------------
# Net assets
# ---------------------------------------------------------------------------------------------------------------------


def test_net_assets_beyond_the_lines_are_a_holding(tmp_path):
    fund = quiet(written(tmp_path, filing(investment(95, name="A"), net=100)))
    assert fund == Portfolio([Holding("A", 95), Holding("other assets less liabilities", 5)])


def test_that_holding_gets_a_unique_name(tmp_path):
    fund = quiet(written(tmp_path, filing(investment(95, name="other assets less liabilities"), net=100)))
    assert fund.names == ("other assets less liabilities", "other assets less liabilities (2)")


def test_cents_are_neither_a_loan_nor_a_holding(tmp_path):
    for net in (99_999_999.99, 100_000_000.01):
        assert quiet(written(tmp_path, filing(investment(1e8, name="A"), net=net))) == Portfolio([Holding("A", 1e8)])


@pytest.mark.parametrize(("net", "limit"), [(80, 1 / 3), (40, 0.6)])
def test_the_limit_of_the_loan_is_a_third_or_its_present_share(tmp_path, net, limit):
    """The loan is 20 or 60 of 100."""
    fund = quiet(written(tmp_path, filing(investment(100, name="A"), net=net)))
    assert (fund.loan.amount, fund.loan.rate) == (100 - net, 0)
    assert fund.loan.max_loan_to_value == pytest.approx(limit)


def test_a_limit_below_the_loan_is_refused(tmp_path):
    path = written(tmp_path, filing(investment(100, name="A"), net=80))
    with pytest.raises(InvalidInput, match=r"loan must be at most max_loan_to_value = 0.1 of the gross value"):
        nport(path, max_loan_to_value=0.1)
    with pytest.raises(InvalidInput, match=r"Loan: rate must be >= 0 and < 1, got -0\.1"):
        nport(path, loan_rate=-0.1)


# ---------------------------------------------------------------------------------------------------------------------
# What is left out, and what is doubtful
# ---------------------------------------------------------------------------------------------------------------------


def test_negative_lines_are_left_out_and_listed_with_their_share_of_net_assets(tmp_path):
    """Of 200 net: the largest first; a short with a value above 0 is one too, and counts as -1."""
    content = filing(
        investment(190, name="Long", ticker="TSLA"),
        investment(-4, name="Swap", pctVal="-2"),
        investment(-20, name="Short", ticker="GME", payoffProfile="Short"),
        investment(1, name="Wrong sign", payoffProfile="Short"),
        investment(0, name="Worthless"),
        net=200,
    )
    listed = (
        r"are left out \(share of net assets\): 'GME' \(-10\.00%\), 'Swap' \(-2\.00%\), 'Wrong sign' \(-0\.50%\), "
        r"'Worthless' \(0\.00%\); together -12\.50%"
    )
    with pytest.warns(RiskkitWarning, match=f"primary_doc.xml: lines .*{listed}") as seen:
        fund = nport(written(tmp_path, content), {"GME": "Cohen", "TSLA": "Musk"})
    assert fund.values.to_dict() == {"TSLA": 190, "other assets less liabilities": 10}
    assert seen[0].filename == __file__
    assert len(seen) == 1


@pytest.mark.parametrize(
    "short",
    [
        investment(-10, ticker="TSLA", cusip="88160R101"),
        investment(-10, title="TESLA INC", isin="US88160R1014", payoffProfile="Short", balance=-20),
        investment(10, cusip="88160R101", title="T", payoffProfile="Short"),
        investment(10, cusip="88160r101", title="T", balance="-20"),
    ],
    ids=["value", "isin", "profile", "balance"],
)
def test_shorts_are_netted_against_longs_of_one_security(tmp_path, short):
    """30 long and 10 short are 20, whichever of value, payoff profile and balance marks the short one."""
    line = investment(30, ticker="TSLA", cusip="88160R101", isin="US88160R1014")
    fund = quiet(written(tmp_path, filing(line, short, investment(80, name="Rest"), net=100)))
    assert fund.values.to_dict() == {"TSLA": 20, "Rest": 80}
    assert fund.loan is None


def test_net_shorts_are_warned_of_as_a_share_of_net_assets(tmp_path):
    """10 long and 40 short of one ISIN: -30 of net assets of 100. The lines sum to 100; the longs are worth 130."""
    long, short = (investment(value, title="GameStop", isin="US36467W1099") for value in (10, -40))
    content = filing(long, investment(130, ticker="TSLA"), short, net=100)
    with pytest.warns(RiskkitWarning) as seen:
        fund = nport(written(tmp_path, content))
    assert fund == Portfolio([Holding("TSLA", 130)], loan=Loan(30, 0, 1 / 3))
    warning_texts = [str(each.message) for each in seen]
    assert "are left out (share of net assets): 'GameStop' (-30.00%); together -30.00%" in warning_texts[0]
    assert warning_texts[1].endswith(
        "the loan, 30.00% of net assets, is the value of the holdings less net assets; not all of it is borrowed money "
        "(share of net assets): shorts left out 30.00%"
    )
    assert len(warning_texts) == 2


def test_a_long_list_of_lines_left_out_is_truncated(tmp_path):
    """Of 1000 net, 20 of the 30 are listed; the other 10 sum to 1 + … + 10 = 55."""
    content = filing(investment(1000, name="A"), *(investment(-n, name=f"F{n}") for n in range(1, 31)), net=1000)
    with pytest.warns(RiskkitWarning, match=r"'F30' \(-3.00%\), .*'F11' \(-1.10%\), and 10 more \(-5.50%\); together"):
        nport(written(tmp_path, content))


def test_a_value_that_differs_from_its_percentage_of_net_assets_is_warned_of(tmp_path):
    """30 of 100 is not 31 %; 69.996 % may have been rounded to 70 %."""
    content = filing(investment(30, name="A", pctVal="31"), investment("69.996", name="B", pctVal="70"), net="99.996")
    with pytest.warns(RiskkitWarning, match=r"valUSD / netAssets is not pctVal \(difference\): 'A' \(-1\.00%\)$"):
        nport(written(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (filing(net=1), "xml: must have an element <edgarSubmission/formData/invstOrSecs/invstOrSec>, got none"),
        (
            filing(investment(1, name="A"), net=1).replace("netAssets", "grossAssets"),
            "xml: must have an element <edgarSubmission/formData/fundInfo/netAssets>, got none",
        ),
        (filing(investment(1, name="A"), net="0"), "line 2: <netAssets> must be a number > 0, got '0'"),
        (filing(investment(1, name="A"), net="N/A"), "line 2: <netAssets> must be a number > 0, got 'N/A'"),
        (
            filing(investment(1, name="A"), net="1</netAssets><netAssets>2"),
            "line 2: <netAssets> must occur once, got it twice",
        ),
        (filing(investment(-1, name="A"), net=1), "must hold at least one line with a value > 0, got none"),
        (
            filing(investment(1, name="A"), investment(1, title="N/A"), net=1),
            "line 4: an <invstOrSec> must have a <ticker>, a <title> or a <name>, got none",
        ),
        (
            filing(investment(1, name="A").replace("valUSD", "valEUR"), net=1),
            "line 3: the <invstOrSec> of 'A' must have an element <valUSD>, got none",
        ),
        (filing(investment("", name="A"), net=1), "line 3: <valUSD> of 'A' must be a finite number, got ''"),
        (filing(investment("nan", name="A"), net=1), "line 3: <valUSD> of 'A' must be a finite number, got 'nan'"),
        (filing(investment("1e999", name="A"), net=1), "<valUSD> of 'A' must be a finite number, got '1e999'"),
        (filing(investment(1, name="A", pctVal="most"), net=1), "<pctVal> of 'A' must be a finite number, got 'most'"),
        (
            filing(investment(1, name="A").replace("<valUSD>", "<valUSD>2</valUSD><valUSD>"), net=1),
            "line 3: <valUSD> must occur once in an <invstOrSec>, got it twice",
        ),
        (
            filing(investment(1, name="A", balance="many"), net=1),
            "line 3: <balance> of 'A' must be a finite number, got 'many'",
        ),
        (
            filing(investment(1, name="A" * 10_001), net=1),
            "line 3: <name> must have at most 10,000 characters, got more",
        ),
        ("<html><body/></html>", r"line 1: the root must be <edgarSubmission>, got <html>; use primary_doc.xml"),
        (
            filing(investment("1e308", name="A"), investment("1e308", name="B"), net=1),
            "xml: sum of all values must be finite, got inf",
        ),
    ],
)
def test_a_doubtful_file_is_refused_with_its_place(tmp_path, content, message):
    with pytest.raises(InvalidInput, match=message):
        nport(written(tmp_path, content))


def test_more_lines_than_any_fund_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("riskkit.read.nport_lines._MAX_LINES", 3)
    lines = [investment(1, name=f"A{n}") for n in range(4)]
    assert len(quiet(written(tmp_path, filing(*lines[:3], net=3))).names) == 3
    with pytest.raises(InvalidInput, match="line 6: must have at most 3 <invstOrSec>, got more"):
        nport(written(tmp_path, filing(*lines, net=4)))


def test_a_file_without_namespace_or_with_another_prefix_is_read(tmp_path):
    plain = filing(investment(1, name="A"), net=1)
    bare = plain.replace(' xmlns="http://www.sec.gov/edgar/nport"', "")
    prefixed = bare.replace("<", "<n:").replace("<n:/", "</n:").replace("<n:?", "<?")
    prefixed = prefixed.replace("<n:edgarSubmission>", '<n:edgarSubmission xmlns:n="http://www.sec.gov/edgar/nport">')
    for content in (plain, bare, prefixed, plain.replace("UTF-8", "UTF-16").encode("utf-16")):
        assert quiet(written(tmp_path, content)).names == ("A",)
