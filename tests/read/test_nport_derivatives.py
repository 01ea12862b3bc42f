"""Exposures of derivatives in an N-PORT file by hand, in warnings and at their notional; a mark is not a holding."""

from __future__ import annotations

import re
import warnings

import pytest
from filings import TESLA, currency_forward, derivative, filing, future, investment, option, reference, swap, written

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.portfolio._holding import Holding
from riskkit.portfolio._portfolio import Loan, Portfolio
from riskkit.read import nport

STOCK = investment(50, name="Tesla Inc", ticker="TSLA", cusip="88160R101", assetCat="EC", balance=10, units="NS")
BILLS = investment(45, title="Bills")
MUSK = {"TSLA": "Musk"}

FIXED = '<fixed{}Desc fixedOrFloating="Fixed" fixedRt="1.0" curCd="USD" amount="0"/>'
FLOATING = '<floating{}Desc fixedOrFloating="Floating" floatingRtIndex="SOFR" curCd="USD"/>'
OTHER = '<other{}Desc fixedOrFloating="Other">{}</other{}Desc>'


def read(tmp_path, *lines, net=100, **options):
    """The fund and the texts of the warnings without the name of the file."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        fund = nport(written(tmp_path, filing(*lines, net=net)), **options)
    assert all(each.category is RiskkitWarning and each.filename == __file__ for each in seen)
    return fund, [str(each.message).split("primary_doc.xml: ")[1] for each in seen]


def exposure_text(tmp_path, line, *more):
    """The exposure in the warning about a derivative, in a fund of 100 with 10 shares of TSLA worth 50."""
    _, warning_texts = read(tmp_path, STOCK, BILLS, *more, line)
    assert warning_texts[0].startswith("derivatives are left out: ")
    return warning_texts[0].removeprefix("derivatives are left out: ").split("; their marks are")[0]


def exposure_percent(tmp_path, line, *more):
    """The exposure to Tesla in percent of net assets."""
    text = exposure_text(tmp_path, line, *more)
    share = re.fullmatch(r"their exposure \(share of net assets\): 'TSLA' \((-?[\d.]+) %\)", text)
    assert share, text
    return float(share[1])


def unknown_reason(tmp_path, line, *more):
    """The reason why the exposure of a derivative on Tesla is unknown."""
    text = exposure_text(tmp_path, line, *more)
    reason = re.fullmatch(r"their exposure is unknown for 'TSLA' \((.*)\)", text)
    assert reason, text
    with pytest.raises(InvalidInput, match=r"line \d+: derivatives='notional' needs .*; derivatives='leave out' reads"):
        read(tmp_path, STOCK, BILLS, *more, line, derivatives="notional")
    return reason[1]


# ---------------------------------------------------------------------------------------------------------------------
# A mark is not a holding
# ---------------------------------------------------------------------------------------------------------------------


def test_a_swap_of_150_in_a_fund_of_100_is_left_out_with_a_warning(tmp_path):
    """Net assets 100: Tesla 50, bills 45, and 5 that is the mark of a swap on Tesla with a notional of 150."""
    fund, warning_texts = read(tmp_path, STOCK, BILLS, swap(5, 150), founders=MUSK)
    assert fund.values.to_dict() == {"TSLA": 50, "Bills": 45, "other assets less liabilities": 5}
    assert fund.exposure(of="net")["Musk"] == 0.5
    assert warning_texts == [
        "derivatives are left out: their exposure (share of net assets): 'TSLA' (150.00 %); their marks are 5.00 % of "
        "net assets; derivatives='notional' adds their exposure"
    ]


def test_at_its_notional_it_is_200_percent_of_net(tmp_path):
    """50 + 150 of Tesla and 45 of bills are 245 gross; net assets are 100, so the loan is 145."""
    fund, warning_texts = read(tmp_path, STOCK, BILLS, swap(5, 150), founders=MUSK, derivatives="notional")
    assert fund.values.to_dict() == {"TSLA": 200, "Bills": 45}
    assert fund.loan == Loan(145, 0, 145 / 245)
    assert fund.net == pytest.approx(100)
    assert fund.exposure(of="net")["Musk"] == pytest.approx(2.0)
    assert warning_texts == []


def test_a_fund_of_nothing_but_a_swap_and_cash_is_financed_by_the_cash(tmp_path):
    """100 of net assets, of which the file lists only a swap, marked at 0, of 80: Tesla 80 and cash 20."""
    fund, _ = read(tmp_path, swap(0, 80), founders={"Tesla Inc": "Musk"}, derivatives="notional")
    assert fund == Portfolio([Holding("Tesla Inc", 80, founder="Musk"), Holding("other assets less liabilities", 20)])


def test_a_protective_put_lowers_the_founder(tmp_path):
    """One contract of 4 shares at 5 (50 for 10 shares), delta -0.5: -10. Tesla 90 - 10 = 80; its mark, 2, is cash."""
    stock = investment(90, ticker="TSLA", cusip="88160R101", balance=18, units="NS")
    put = option(2, "Put", "Purchased", 1, -0.5, shares=4)
    fund, warning_texts = read(tmp_path, stock, put, founders=MUSK, derivatives="notional")
    assert fund.exposure(of="net")["Musk"] == pytest.approx(0.8)
    assert fund.net == 100
    assert warning_texts == []
    fund, warning_texts = read(tmp_path, stock, put, founders=MUSK)
    assert fund.exposure(of="net")["Musk"] == 0.9
    assert "'TSLA' (-10.00 %)" in warning_texts[0]


def test_a_short_swap_with_a_gain_is_no_holding(tmp_path):
    """Tesla 50 less a notional of 20 is 30, whatever the swap gained; of 60 nothing is left but 10 short."""
    short = {"received": FLOATING.format("Rec"), "paid": OTHER.format("Pmnt", "Tesla Inc", "Pmnt")}
    fund, warning_texts = read(tmp_path, STOCK, BILLS, swap(5, 20, **short))
    assert fund.values.to_dict() == {"TSLA": 50, "Bills": 45, "other assets less liabilities": 5}
    assert "'TSLA' (-20.00 %)" in warning_texts[0]
    fund, warning_texts = read(tmp_path, STOCK, BILLS, swap(5, 20, **short), derivatives="notional")
    assert fund.values.to_dict() == {"TSLA": 30, "Bills": 45, "other assets less liabilities": 25}
    assert warning_texts == []
    fund, warning_texts = read(tmp_path, STOCK, BILLS, swap(5, 60, **short), derivatives="notional")
    assert fund.values.to_dict() == {"Bills": 45, "other assets less liabilities": 55}
    assert warning_texts == [
        "lines that are short or worth nothing, net of longs of the same security, are left out (share of net "
        "assets): 'TSLA' (-10.00 %); together -10.00 %"
    ]


def test_futures_and_currency_forwards_are_no_holdings(tmp_path):
    """A future on an index of 30, marked at 3, and a forward on euros, marked at 2."""
    index = "<descRefInstrmnt><indexBasketInfo><indexName>Nasdaq-100</indexName></indexBasketInfo></descRefInstrmnt>"
    lines = STOCK, BILLS, future(3, "Long", 30, on=index), currency_forward(2)
    fund, warning_texts = read(tmp_path, *lines)
    assert fund.values.to_dict() == {"TSLA": 50, "Bills": 45, "other assets less liabilities": 5}
    assert warning_texts == [
        "derivatives are left out: their exposure (share of net assets): 'Nasdaq-100' (30.00 %); without a "
        "reference security: 1 on currencies; their marks are 5.00 % of net assets; derivatives='notional' adds their "
        "exposure"
    ]
    fund, warning_texts = read(tmp_path, *lines, derivatives="notional")
    assert fund.values.to_dict() == {"TSLA": 50, "Bills": 45, "Nasdaq-100": 30}
    assert fund.loan.amount == 25
    assert warning_texts == ["derivatives without a reference security are left out: 1 on currencies"]


@pytest.mark.parametrize("category", ["DE", "DCO", "DCR", "DFE", "DIR"])
def test_a_derivative_category_alone_makes_a_derivative(tmp_path, category):
    line = investment(5, title="A contract", assetCat=category, payoffProfile="Long")
    fund, warning_texts = read(tmp_path, STOCK, BILLS, line)
    assert fund.values.to_dict() == {"TSLA": 50, "Bills": 45, "other assets less liabilities": 5}
    assert "their exposure is unknown for 'A contract' (it has no terms)" in warning_texts[0]


def test_derivative_information_alone_makes_a_derivative(tmp_path):
    line = investment(5, "<derivativeInfo/>", title="A warrant", assetCat="EC", payoffProfile="Long")
    assert read(tmp_path, STOCK, BILLS, line)[0].values["other assets less liabilities"] == 5


# ---------------------------------------------------------------------------------------------------------------------
# Swaps: notional and direction
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "paid", "share"),
    [
        (OTHER.format("Rec", "equity return", "Rec"), FLOATING.format("Pmnt"), 30),
        (OTHER.format("Rec", "equity return", "Rec"), FIXED.format("Pmnt"), 30),
        (FLOATING.format("Rec"), OTHER.format("Pmnt", "equity return", "Pmnt"), -30),
        (FIXED.format("Rec"), OTHER.format("Pmnt", "TSLA", "Pmnt"), -30),
        # Both are told in words, and one names the reference, or the other a rate.
        (OTHER.format("Rec", "Tesla, Inc. total return", "Rec"), OTHER.format("Pmnt", "financing", "Pmnt"), 30),
        (OTHER.format("Rec", "1 day SOFR + 50 bps", "Rec"), OTHER.format("Pmnt", "total return", "Pmnt"), -30),
        # Some files write the reference as the floating side's index.
        (FLOATING.format("Rec").replace("SOFR", "TESLA INC"), FLOATING.format("Pmnt"), 30),
        (FLOATING.format("Rec"), FLOATING.format("Pmnt").replace("SOFR", "Tesla Inc common stock"), -30),
        # By the ticker, which only the line of the stock tells.
        (FLOATING.format("Rec").replace("SOFR", "TSLA"), FIXED.format("Pmnt"), 30),
        (OTHER.format("Rec", "OTC", "Rec"), OTHER.format("Pmnt", "TSLA US Equity", "Pmnt"), -30),
    ],
)
def test_a_swap_is_long_if_the_return_is_received_and_short_if_it_is_paid(tmp_path, received, paid, share):
    assert exposure_percent(tmp_path, swap(1, 30, received=received, paid=paid)) == share
    assert exposure_percent(tmp_path, swap(-1, 30, received=received, paid=paid)) == share


@pytest.mark.parametrize(
    ("received", "paid"),
    [
        (FIXED.format("Rec"), FLOATING.format("Pmnt")),
        (OTHER.format("Rec", "return", "Rec"), OTHER.format("Pmnt", "return", "Pmnt")),
        (OTHER.format("Rec", "TSLA", "Rec"), OTHER.format("Pmnt", "TSLA", "Pmnt")),
        ("", ""),
        ('<otherRecDesc fixedOrFloating="None"/>', FLOATING.format("Pmnt")),
        (OTHER.format("Rec", "SOFR plus spread", "Rec"), FIXED.format("Pmnt")),
    ],
)
def test_the_exposure_of_a_swap_without_a_direction_is_unknown(tmp_path, received, paid):
    line = swap(1, 30, received=received, paid=paid)
    assert unknown_reason(tmp_path, line) == "which leg of the swap follows the reference is unclear"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (swap(1, "N/A"), "notionalAmt is 'N/A'"),
        (swap(1, ""), "notionalAmt is missing"),
        (swap(1, "XXXX"), "notionalAmt is 'XXXX'"),
        (swap(1, 0), "its notional amount is 0"),
        (swap(1, -30), "it is long, and its notional amount is negative"),
        (swap(1, 30, currency="CHF"), "it is in 'CHF', for which the file has no exchange rate"),
        (swap(1, 30, assetCat="DCR"), "a credit swap pays on default, not by the price"),
        (
            swap(1, 30, received=OTHER.format("Rec", "variance of Tesla Inc", "Rec")),
            "the leg of the reference is 'variance of Tesla Inc', not the price",
        ),
    ],
)
def test_the_exposure_of_a_swap_with_missing_terms_is_unknown(tmp_path, line, reason):
    assert unknown_reason(tmp_path, line) == reason


def test_a_negative_notional_of_a_short_swap_is_its_sign_again(tmp_path):
    short = {"received": FLOATING.format("Rec"), "paid": OTHER.format("Pmnt", "Tesla Inc", "Pmnt")}
    assert exposure_percent(tmp_path, swap(1, -30, **short)) == -30


def test_interest_rate_swaps_refer_to_no_security(tmp_path):
    """With no reference, or with the rate that they pay."""
    for on in (reference(), reference("SOFR", "SOFR")):
        line = swap(1, 5000, on=on, received=FLOATING.format("Rec"), paid=FIXED.format("Pmnt"), assetCat="DIR")
        assert exposure_text(tmp_path, line) == "without a reference security: 1 on interest rates"


def test_a_derivative_without_a_reference_is_unknown_by_its_own_name(tmp_path):
    for line in (swap(1, 30, on=reference(), title="A swap"), swap(1, 30, on="", title="A swap")):
        text = exposure_text(tmp_path, line)
        assert text == "their exposure is unknown for 'A swap' (it names no reference)"


# ---------------------------------------------------------------------------------------------------------------------
# Options and warrants
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "side", "contracts", "delta", "share"),
    [
        # 2 contracts × 4 shares × 5 = 40 of net assets of 100, times |delta|.
        ("Call", "Purchased", 2, "0.25", 10),
        ("Call", "Written", -2, "-0.25", -10),
        ("Call", "Written", 2, "0.25", -10),
        ("Put", "Purchased", 2, "-0.75", -30),
        ("Put", "Purchased", 2, "0.75", -30),
        ("Put", "Written", -2, "0.75", 30),
        ("call", "purchased", 2, "1", 40),
        ("Put", "Written", -2, "0", 0),
    ],
)
def test_the_exposure_of_an_option_is_contracts_times_shares_times_spot_times_delta(
    tmp_path, right, side, contracts, delta, share
):
    """The spot is that of the stock in the same file, 50 for 10 shares; strike and sign of delta say nothing."""
    line = option(1, right, side, contracts, delta, shares=4, strike=1000)
    assert exposure_percent(tmp_path, line) == share


def test_a_warrant_is_an_option(tmp_path):
    """3 warrants for 2 shares each at 5, delta 0.9: 27."""
    line = option(1, "Call", "Purchased", 3, "0.9", shares=2).replace('derivCat="OPT"', 'derivCat="WAR"')
    assert exposure_percent(tmp_path, line) == 27


def test_contracts_may_be_in_other_units_or_in_shares(tmp_path):
    """2 contracts of 4 shares at 5, delta 0.5, are 20; a balance of 8 shares is the same."""
    other = option(1, "Call", "Purchased", 2, "0.5", shares=4, units="OU", descOthUnits="Number of contracts")
    shares = option(1, "Call", "Purchased", 8, "0.5", shares=1, units="NS")
    assert exposure_percent(tmp_path, other) == exposure_percent(tmp_path, shares) == 20


@pytest.mark.parametrize(("strike", "currency", "rate", "share"), [(6, "USD", "", 12), (6, "EUR", "0.8", 15)])
def test_without_the_price_of_the_security_the_strike_is_used_with_a_warning(tmp_path, strike, currency, rate, share):
    """1 contract × 4 shares × a strike of 6 × 0.5 = 12; of 6 euros at 0.8 a dollar, 7.5, 15."""
    stock = investment(50, name="Tesla Inc", ticker="TSLA", cusip="88160R101")
    filed_rate = f'<currencyConditional curCd="{currency}" exchangeRt="{rate}"/>' if rate else ""
    line = option(1, "Call", "Purchased", 1, "0.5", shares=4, strike=strike, currency=currency)
    line = line.replace("<derivativeInfo>", f"{filed_rate}<derivativeInfo>")
    note = "at the strike, because the file does not contain the price"
    notes = f"at 0.8 EUR a dollar, {note}" if rate else note
    _, warning_texts = read(tmp_path, stock, BILLS, line)
    assert f"their exposure (share of net assets): 'TSLA' ({share}.00 %, {notes});" in warning_texts[0]
    fund, warning_texts = read(tmp_path, stock, BILLS, line, derivatives="notional")
    assert fund.values["TSLA"] == pytest.approx(50 + share)
    assert warning_texts == [
        f"derivatives are taken at their notional (share of net assets): 'TSLA' ({share}.00 %, {notes})"
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (option(1, "Call", "Purchased", 1, "XXXX"), "delta is 'XXXX'"),
        (option(1, "Call", "Purchased", 1, "N/A"), "delta is 'N/A'"),
        (option(1, "Call", "Purchased", 1, ""), "delta is missing"),
        (option(1, "Call", "Purchased", 1, 45), "delta must be from -1 to 1, got 45"),
        (option(1, "", "Purchased", 1, 0.5), "its direction is missing"),
        (option(1, "Call", "N/A", 1, 0.5), "its direction is missing"),
        (option(1, "Straddle", "Purchased", 1, 0.5), "its direction is missing"),
        (option(1, "Call", "Purchased", -1, 0.5), "it is purchased, and its balance is negative"),
        (option(1, "Call", "Purchased", 0, 0.5), "the number of contracts is missing"),
        (option(1, "Call", "Purchased", "N/A", 0.5), "the number of contracts is missing"),
        (option(1, "Call", "Purchased", 1, 0.5, shares="N/A"), "shareNo is 'N/A'"),
        (option(1, "Call", "Purchased", 1, 0.5, units="NS"), "its balance is in shares, and a contract has 100"),
        (option(1, "Call", "Purchased", 1, 0.5, units="PA"), "its balance is in 'PA', not in contracts"),
        (option(1, "Call", "Purchased", "1e300", 0.5, shares="1e300"), "its terms give no finite number"),
    ],
)
def test_the_exposure_of_an_option_with_missing_terms_is_unknown(tmp_path, line, reason):
    assert unknown_reason(tmp_path, line) == reason


def test_without_strike_and_price_the_exposure_is_unknown(tmp_path):
    line = option(1, "Call", "Purchased", 1, 0.5, strike="XXXX", on=reference("SpaceX", "SpaceX"))
    text = exposure_text(tmp_path, line)
    assert text == "their exposure is unknown for 'SpaceX' (exercisePrice is 'XXXX')"


# ---------------------------------------------------------------------------------------------------------------------
# Futures, forwards, other and nested derivatives
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "notional", "kind", "share"),
    [
        ("Long", 30, "futrDeriv", 30),
        ("Short", 30, "futrDeriv", -30),
        ("Short", -30, "futrDeriv", -30),
        ("Long", 30, "fwdDeriv", 30),
        ("short", 30, "fwdDeriv", -30),
    ],
)
def test_the_exposure_of_futures_and_forwards_is_their_notional(tmp_path, profile, notional, kind, share):
    assert exposure_percent(tmp_path, future(-2, profile, notional, kind=kind)) == share


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (future(1, "N/A", 30), "its direction is missing"),
        (future(1, "", 30, kind="fwdDeriv"), "its direction is missing"),
        (future(1, "Long", -30), "it is long, and its notional amount is negative"),
        (future(1, "Long", "N/A"), "notionalAmt is 'N/A'"),
        (derivative(1, "othDeriv", f'{TESLA}<notionalAmts><notionalAmt amt="9" curCd="USD"/></notionalAmts>'),
         "its direction is missing"),
    ],
)  # fmt: skip
def test_the_exposure_of_futures_and_others_with_missing_terms_is_unknown(tmp_path, line, reason):
    assert unknown_reason(tmp_path, line) == reason


def test_swaptions_and_options_on_derivatives_are_unknown_by_their_final_reference(tmp_path):
    nested = f"<descRefInstrmnt><nestedDerivInfo><swapDeriv>{TESLA}</swapDeriv></nestedDerivInfo></descRefInstrmnt>"
    assert (
        unknown_reason(tmp_path, option(1, "Call", "Purchased", 1, 0.5, on=nested)) == "it refers to another derivative"
    )
    assert unknown_reason(tmp_path, swap(1, 30, on=nested)) == "it refers to another derivative"
    assert unknown_reason(tmp_path, future(1, "Long", 30, on=nested)) == "it refers to another derivative"


def test_options_on_currencies_and_rates_refer_to_no_security(tmp_path):
    inner = "<fwdDeriv><curSold>USD</curSold><curPur>EUR</curPur></fwdDeriv>"
    nested = f"<descRefInstrmnt><nestedDerivInfo>{inner}</nestedDerivInfo></descRefInstrmnt>"
    lines = [option(0, "Call", "Purchased", 1, "XXXX", on=nested, assetCat=category) for category in ("DFE", "DIR")]
    assert exposure_text(tmp_path, *lines) == "without a reference security: 1 on interest rates, 1 on currencies"


def test_a_swap_on_several_securities_is_unknown_for_each(tmp_path):
    both = TESLA + reference("Space Exploration", "SpaceX")
    warning_texts = exposure_text(tmp_path, swap(1, 30, on=both))
    reason = "(it refers to 2 securities, in unknown proportions)"
    assert warning_texts == f"their exposure is unknown for 'TSLA' {reason}, 'SpaceX' {reason}"


# ---------------------------------------------------------------------------------------------------------------------
# Baskets
# ---------------------------------------------------------------------------------------------------------------------


def basket(*components: tuple[str, object], name: str = "AI basket") -> str:
    """An index or basket that holds these securities, by name and value; Tesla is named by its CUSIP."""
    parts = "".join(
        f"<component><othIndName>{each}</othIndName><identifiers>"
        + ('<cusip value="88160R101"/>' if each == "Tesla" else "")
        + "</identifiers><othIndNotAmt>1</othIndNotAmt><othIndCurCd>USD</othIndCurCd>"
        f"<othIndValue>{value}</othIndValue><othIndIssCurCd>USD</othIndIssCurCd></component>"
        for each, value in components
    )
    inside = f"<indexName>{name}</indexName><indexIdentifier>BSKT</indexIdentifier><narrativeDesc>x</narrativeDesc>"
    warning_texts = f"<components>{parts}</components>" if parts else ""
    return f"<descRefInstrmnt><indexBasketInfo>{inside}{warning_texts}</indexBasketInfo></descRefInstrmnt>"


def test_a_basket_is_split_into_its_components_and_the_rest(tmp_path):
    """Of 30, Tesla is 12 and Nvidia 8: the rest is 10. On the paid leg, all are short."""
    on = basket(("Tesla", 12), ("Nvidia", 8))
    words = OTHER.format("Rec", "basket return", "Rec")
    warning_texts = exposure_text(tmp_path, swap(1, 30, on=on, received=words))
    assert warning_texts == (
        "their exposure (share of net assets): 'TSLA' (12.00 %), 'AI basket' (10.00 %), 'Nvidia' (8.00 %)"
    )
    paid = {"received": FLOATING.format("Rec"), "paid": OTHER.format("Pmnt", "basket return", "Pmnt")}
    fund, warning_texts = read(tmp_path, STOCK, BILLS, swap(1, 30, on=on, **paid), derivatives="notional")
    assert fund.values["TSLA"] == 50 - 12
    assert "'AI basket' (-10.00 %), 'Nvidia' (-8.00 %); together -18.00 %" in warning_texts[0]


def test_an_index_without_components_is_one_holding(tmp_path):
    line = swap(1, 30, on=basket(), received=OTHER.format("Rec", "index return", "Rec"))
    assert exposure_text(tmp_path, line) == "their exposure (share of net assets): 'AI basket' (30.00 %)"


@pytest.mark.parametrize(
    ("components", "reason"),
    [
        ([("Tesla", 12), ("Nvidia", 28)], "the components of its basket are worth more than its notional amount"),
        ([("Tesla", 12), ("Nvidia", -2)], "its basket holds 'Nvidia' with the value '-2'"),
        ([("Tesla", "N/A")], "its basket holds 'Tesla' with the value ''"),
    ],
)
def test_a_basket_that_does_not_add_up_is_unknown(tmp_path, components, reason):
    line = swap(1, 30, on=basket(*components), received=OTHER.format("Rec", "return", "Rec"))
    assert exposure_text(tmp_path, line) == f"their exposure is unknown for 'AI basket' ({reason})"


# ---------------------------------------------------------------------------------------------------------------------
# Which security, which currency, which founder
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "on",
    [
        reference("N/A", "N/A", cusip="88160R101"),
        reference("N/A", "N/A", isin="US88160R1014"),
        reference("N/A", "N/A", ticker="TSLA"),
        reference("TESLA, INC.", "N/A"),
        reference("A bank", "TSLA"),
    ],
    ids=["cusip", "isin", "ticker", "spelling", "title"],
)
def test_a_reference_is_found_by_identifier_or_name(tmp_path, on):
    line = swap(1, 30, on=on, received=OTHER.format("Rec", "return", "Rec"))
    assert exposure_percent(tmp_path, line) == 30


def test_another_class_of_shares_is_another_security(tmp_path):
    """The file holds class C; the swap is on class A, by its CUSIP. By the name alone it could be either."""
    portfolio = investment(10, name="Alphabet Inc", title="GOOG", cusip="02079K107")
    other = investment(10, name="Alphabet Inc", title="GOOGL", cusip="02079K305")
    words = OTHER.format("Rec", "return", "Rec")
    line = swap(1, 30, on=reference("Alphabet Inc", "Alphabet Inc", cusip="02079K305"), received=words)
    assert exposure_text(tmp_path, line, portfolio) == "their exposure (share of net assets): 'Alphabet Inc' (30.00 %)"
    line = swap(1, 30, on=reference("Alphabet Inc", "Alphabet Inc"), received=words)
    assert (
        exposure_text(tmp_path, line, portfolio, other)
        == "their exposure (share of net assets): 'Alphabet Inc' (30.00 %)"
    )


def test_derivatives_on_one_security_are_added_up(tmp_path):
    """150 by a swap, -10 by puts (1 contract of 4 shares at 5, delta -0.5), 7 by a forward."""
    lines = swap(0, 150), option(0, "Put", "Purchased", 1, -0.5, shares=4), future(0, "Long", 7, kind="fwdDeriv")
    assert exposure_percent(tmp_path, *lines) == 147


def test_references_that_the_fund_does_not_hold_are_one_holding(tmp_path):
    """Two swaps on SpaceX, one by its name in capitals: 20 + 10."""
    words = OTHER.format("Rec", "return", "Rec")
    lines = [
        swap(0, 20, on=reference("Space Exploration", "SpaceX"), received=words),
        swap(0, 10, on=reference("SPACE EXPLORATION", "SPACEX"), received=words),
    ]
    fund, _ = read(tmp_path, STOCK, *lines, founders={"SpaceX": "Musk"}, derivatives="notional")
    assert fund.holding("SpaceX").value == 30
    assert fund.exposure(of="net")["Musk"] == 0.3
    assert fund.holding("SpaceX").liquidity.listed


@pytest.mark.parametrize("key", ["SpaceX", "Space Exploration", "84615Q103", "US84615Q1031"])
def test_founders_match_what_derivatives_refer_to(tmp_path, key):
    """By title, issuer, CUSIP and ISIN, though the fund holds none of it."""
    on = reference("Space Exploration", "SpaceX", cusip="84615Q103", isin="US84615Q1031")
    line = swap(0, 30, on=on, received=OTHER.format("Rec", "return", "Rec"))
    fund, _ = read(tmp_path, STOCK, line, founders={key: "Musk"}, derivatives="notional")
    assert fund.exposure(of="net")["Musk"] == 0.3
    fund, warning_texts = read(tmp_path, STOCK, line, founders={key: "Musk"})
    assert fund.founders == ()
    assert "'SpaceX' (30.00 %)" in warning_texts[0]


def test_notional_in_another_currency_is_converted_at_the_files_rate(tmp_path):
    """1,320 yen at 132 a dollar are 10; the rate is the line's own, else that of other lines, and is told."""
    rate = '<currencyConditional curCd="JPY" exchangeRt="132"/>'
    own = swap(0, 1320, currency="JPY").replace("<derivativeInfo>", f"{rate}<derivativeInfo>")
    bond = investment(0.5, rate, title="A bond")
    for lines in ([own], [swap(0, 1320, currency="JPY"), bond]):
        warning_texts = exposure_text(tmp_path, *lines)
        assert warning_texts == "their exposure (share of net assets): 'TSLA' (10.00 %, at 132 JPY a dollar)"


def test_a_long_list_is_sorted_by_size_and_truncated(tmp_path):
    words = OTHER.format("Rec", "return", "Rec")
    lines = [swap(0, n, on=reference(f"Company {n}", f"Company {n}"), received=words) for n in range(1, 31)]
    _, warning_texts = read(tmp_path, STOCK, *lines)
    assert "'Company 30' (30.00 %), 'Company 29' (29.00 %), " in warning_texts[0]
    assert "'Company 11' (11.00 %), and 10 more (55.00 %);" in warning_texts[0]


# ---------------------------------------------------------------------------------------------------------------------
# What the fund owes
# ---------------------------------------------------------------------------------------------------------------------


def borrowing(*lines: str, net: object, **amounts: object) -> str:
    """A filing that tells what the fund has borrowed."""
    warning_texts = "".join(f"<{tag}>{value}</{tag}>" for tag, value in amounts.items())
    return filing(*lines, net=net).replace("</netAssets>", f"</netAssets>{warning_texts}")


def test_a_loan_that_is_reported_as_borrowed_gives_no_warning(tmp_path):
    """Holdings of 120 on net assets of 100; 15 is owed to banks within the year and 5 later."""
    content = borrowing(investment(120, name="A"), net=100, amtPayOneYrBanksBorr=15, amtPayAftOneYrOther=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nport(written(tmp_path, content)).loan.amount == 20


@pytest.mark.parametrize(
    ("amounts", "more", "warning_texts"),
    [
        ({"amtPayOneYrBanksBorr": 0}, [], "reported as borrowed 0.00 %"),
        ({"amtPayOneYrBanksBorr": 15}, [], "reported as borrowed 15.00 %"),
        (
            {"amtPayOneYrBanksBorr": 0},
            [investment(-3, name="Short")],
            "reported as borrowed 0.00 %, shorts left out 3.00 %",
        ),
        ({}, [swap(-4, 30)], "derivatives at a loss 4.00 %"),
        (
            {},
            [
                investment(
                    0.001,
                    "<securityLending><cashCollateralCondition isCashCollateral='Y' cashCollateralVal='20'/>"
                    "</securityLending>",
                    title="Money market",
                )
            ],
            "cash collateral of securities on loan 20.00 %",
        ),
    ],
    ids=["nothing borrowed", "some borrowed", "shorts", "losses", "collateral"],
)
def test_a_loan_beyond_reported_borrowings_is_warned_of(tmp_path, amounts, more, warning_texts):
    """Holdings of 120 on net assets of 100, of which something else than a bank's loan is a part."""
    content = borrowing(investment(120, title="A"), *more, net=100, **amounts)
    with pytest.warns(RiskkitWarning) as seen:
        fund = nport(written(tmp_path, content))
    assert fund.loan.amount == pytest.approx(20, abs=0.01)
    assert str(seen[-1].message).endswith(
        "the loan, 20.00 % of net assets, is the value of the holdings less net assets; not all of it is borrowed "
        f"money (share of net assets): {warning_texts}"
    )


def test_the_financing_of_derivatives_at_their_notional_gives_no_warning(tmp_path):
    content = borrowing(STOCK, BILLS, swap(5, 150), net=100, amtPayOneYrBanksBorr=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nport(written(tmp_path, content), derivatives="notional").loan.amount == 145


# ---------------------------------------------------------------------------------------------------------------------
# Refusals
# ---------------------------------------------------------------------------------------------------------------------


def test_notional_is_refused_with_the_line_the_reason_and_the_way_out(tmp_path):
    """The swaps are lines 5 and 6 of the file; one of them and an option are unknown."""
    lines = STOCK, BILLS, swap(1, 30), swap(1, -30, title="A swap"), option(1, "Call", "Purchased", 1, "XXXX")
    with pytest.raises(InvalidInput) as error:
        nport(written(tmp_path, filing(*lines, net=100)), derivatives="notional")
    assert str(error.value).endswith(
        "primary_doc.xml, line 6: derivatives='notional' needs the exposure of each derivative, and that of "
        "'A swap' to 'TSLA' is unknown: it is long, and its notional amount is negative (and 1 more); "
        "derivatives='leave out' reads the file without them"
    )


@pytest.mark.parametrize("chosen", ["delta", "", None, True])
def test_derivatives_must_be_one_of_two(tmp_path, chosen):
    with pytest.raises(InvalidInput, match="derivatives must be one of 'leave out', 'notional', got"):
        nport(written(tmp_path, filing(STOCK, net=50)), derivatives=chosen)


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        ("notionalAmt", swap(1, 30).replace("<notionalAmt>", "<notionalAmt>1</notionalAmt><notionalAmt>")),
        ("delta", option(1, "Call", "Purchased", 1, 0.5).replace("<delta>", "<delta>1</delta><delta>")),
        ("payOffProf", future(1, "Long", 1).replace("<payOffProf>", "<payOffProf>Short</payOffProf><payOffProf>")),
    ],
)
def test_a_term_that_comes_twice_is_refused(tmp_path, tag, content):
    with pytest.raises(InvalidInput, match=f"line 4: <{tag}> must occur once in an <invstOrSec>, got it twice"):
        read(tmp_path, STOCK, content)


@pytest.mark.parametrize(
    "line",
    [
        swap(1, "9" * 10_001),
        swap(1, 1, on=reference("x" * 10_001)),
        swap(1, 1, received=OTHER.format("Rec", "x" * 10_001, "Rec")),
    ],
)
def test_a_giant_term_is_refused(tmp_path, line):
    with pytest.raises(InvalidInput, match=r"line 4: <\w+> must have at most 10,000 characters, got more"):
        read(tmp_path, STOCK, line)


def test_baskets_of_more_components_than_any_fund_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("riskkit.read.nport_lines._MAX_LINES", 3)
    lines = [swap(1, 30, on=basket(("Nvidia", 1), ("Meta", 1))) for _ in range(2)]
    with pytest.raises(InvalidInput, match="line 5: must have at most 3 <component>, got more"):
        read(tmp_path, STOCK, *lines)
