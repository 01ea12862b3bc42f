"""Exports of positions in the layouts of brokers, written by hand: weights, costs and what is left out.

The same two positions throughout: 100 shares of Tesla at 420 dollars, bought at 20 (42,000 and 2,000), and 58,000 or
48,000 of something else. Values are worked by hand from the lines of the files.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

import riskkit as rk
from riskkit.read.holding_file import read_holdings

HERE = Path(__file__).parent / "brokers"

#: File → arguments; holdings with value and cost; currency; what is owed; what is left out, by line, with its reason.
BROKERS = {
    "fidelity": (
        {},
        {"SPAXX": (10_000, None), "TSLA": (42_000, 2_000), "BRKB": (48_000, 30_000)},
        "USD",
        None,
        {5: "derivative", 7: "text", 9: "text", 11: "text"},
    ),
    "schwab": (
        {},
        {"TSLA": (42_000, 2_000), "VTI": (58_000, 30_000), "Cash & Cash Investments": (6_000, None)},
        "USD",
        None,
        {6: "derivative", 8: "sum"},
    ),
    # 100 and 50 shares of Tesla in two accounts make 63,000; the second table is one of transactions.
    "vanguard": (
        {},
        {"VTI": (58_000, None), "TSLA": (63_000, None), "VMFXX": (5_000, None)},
        None,
        None,
        {9: "table", 10: "table", 11: "table"},
    ),
    # Price paid × quantity: 20 × 100 and 150 × 200.
    "etrade": (
        {},
        {"TSLA": (42_000, 2_000), "VTI": (58_000, 30_000)},
        "USD",
        40_000,
        {3: "table", 4: "table", 8: "table", 13: "derivative", 15: "sum", 17: "text"},
    ),
    # 60 shares at 10 and 40 at 60; the lots are not added to the line that sums them.
    "interactive_brokers": (
        {},
        {"TSLA": (42_000, [rk.Lot(25_200, 600), rk.Lot(16_800, 2_400)]), "VTI": (58_000, 30_000)},
        "USD",
        40_000,
        {1: "table", 4: "table", 6: "table", 13: "sum", 15: "derivative", 16: "sum", 19: "sum", 20: "table"},
    ),
    # 2,800,000 yen × 0.0067 = 18,760 dollars; 2,000,000 yen × 0.0067 = 13,400.
    "interactive_brokers_flex": (
        {"currency": "USD", "fx": {"JPY": 0.0067}},
        {"TSLA": (42_000, [rk.Lot(25_200, 600), rk.Lot(16_800, 2_400)]), "7203": (18_760, 13_400)},
        "USD",
        None,
        {6: "derivative"},
    ),
    "merrill": (
        {},
        {"TSLA": (42_000, 2_000), "BRK.B": (48_000, 30_000), "CASH": (10_000, None)},
        "USD",
        None,
        {5: "sum"},
    ),
    "degiro": (
        {"decimal": ","},
        {
            "CASH & CASH FUND & FTX CASH (EUR)": (5_000, None),
            "US88160R1014": (38_500.5, None),
            "IE00B3RBWM25": (56_500, None),
        },
        "EUR",
        None,
        {},
    ),
    # Values in francs; purchase costs in the position's own currency, 20 × 100 dollars × 0.8.
    "swissquote": (
        {"currency": "CHF", "fx": {"USD": 0.8}},
        {"TSLA": (33_600, 1_600), "NESN": (46_400, 50_000)},
        "CHF",
        None,
        {4: "text", 7: "sum"},
    ),
    "comdirect": (
        {"decimal": ","},
        {"TESLA INC. DL -,001": (38_500.5, 1_800), "VANGUARD FTSE ALL-WORLD": (56_500, 40_000)},
        "EUR",
        None,
        {1: "table", 6: "sum"},
    ),
    "hargreaves_lansdown": (
        {},
        {"TSLA": (32_000, 1_600), "VWRL": (48_000, 30_000)},
        "GBP",
        None,
        {3: "table", 4: "table", 5: "table", 10: "sum"},
    ),
}


def test_every_file_is_tested():
    assert {file.stem for file in HERE.iterdir()} == set(BROKERS)


@pytest.mark.parametrize("broker", BROKERS)
def test_positions_of_a_broker_have_the_right_values_and_costs(broker):
    arguments, expected, currency, debt, left_out = BROKERS[broker]
    result = read_holdings(HERE / f"{broker}.csv", **arguments)
    portfolio = result.portfolio
    assert portfolio.values.to_dict() == pytest.approx(
        {name: value for name, (value, _) in expected.items()}, rel=1e-12
    )
    gross = sum(value for value, _ in expected.values())
    assert portfolio.weights.to_dict() == pytest.approx(
        {name: value / gross for name, (value, _) in expected.items()}, rel=1e-12
    )
    for name, (_, cost) in expected.items():
        cost = portfolio.holding(name).cost
        assert cost == (tuple(cost) if isinstance(cost, list) else pytest.approx(cost)), name
    assert portfolio.currency == currency
    assert (portfolio.loan.amount if portfolio.loan else None) == debt
    assert {each.line: each.reason for each in result.left_out} == left_out


@pytest.mark.parametrize("broker", BROKERS)
def test_lines_left_out_are_warned_of_by_name(broker):
    arguments, _, _, debt, left_out = BROKERS[broker]
    file = HERE / f"{broker}.csv"
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        rk.read.holdings(file, **arguments)
    warning_text = "\n".join(str(warning.message) for warning in seen)
    for each in read_holdings(file, **arguments).left_out:
        assert repr(each.name) in warning_text
    assert ("negative cash and debts become a loan" in warning_text) == (debt is not None)
    assert (warning_text == "") == (not left_out)


def test_a_purchase_cost_in_another_currency_needs_its_rate():
    with pytest.raises(
        rk.InvalidInput, match=re.escape("swissquote.csv, line 5: a purchase cost must be in CHF like the")
    ):
        rk.read.holdings(HERE / "swissquote.csv")


@pytest.mark.parametrize("broker", ["degiro", "comdirect"])
def test_decimal_commas_are_refused_with_the_remedy(broker):
    with pytest.raises(
        rk.InvalidInput, match=r"line \d, column 'Wert? ?.*|line \d, column 'Value in EUR'.*give decimal=','"
    ):
        rk.read.holdings(HERE / f"{broker}.csv")
