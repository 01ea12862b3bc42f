"""Names that look alike: invisible characters are removed; differences only in case and punctuation are refused."""

from __future__ import annotations

import pytest

import riskkit as rk
from riskkit._core.validation import clean_text, name_key, require_known

UNSEEN = {
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "word joiner": "\u2060",
    "bell": "\x07",
    "escape": "\x1b",
    "next line of the C1 set, a space": "\x85",
    "variation selector": "\ufe0f",
    "Hangul filler": "\u3164",
    "tag": "\U000e0041",
}


@pytest.mark.parametrize("sign", UNSEEN.values(), ids=UNSEEN)
def test_what_cannot_be_seen_is_removed_from_names(sign):
    holding = rk.Holding(f"{sign}TSLA{sign}", 40, founder={f"Musk{sign}": 0.5})
    assert (holding.name, holding.founder) == ("TSLA", {"Musk": 0.5})
    assert list(rk.Market({f"TSLA{sign}": rk.Asset(0.08, 0.5)}).assets) == ["TSLA"]


@pytest.mark.parametrize(
    ("words", "clean"),
    [
        ("Berkshire\u00a0Hathaway", "Berkshire Hathaway"),
        ("  a \t b\n", "a b"),
        ("a\u3000\u2003b", "a b"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("S&P 500 (ETF)", "S&P 500 (ETF)"),
        ("特斯拉", "特斯拉"),
    ],
)
def test_space_is_single_and_accents_are_part_of_their_letters(words, clean):
    assert clean_text(words) == clean


@pytest.mark.parametrize("sign", ["\u200b", "\x07 ", "\ufeff\u202e"])
def test_a_name_of_nothing_that_can_be_seen_is_refused(sign):
    with pytest.raises(rk.InvalidInput, match="name of a holding must be a non-empty string, got only invisible"):
        rk.Holding(sign, 40)


ALIKE = [("Musk", "musk"), ("Musk", "MUSK"), ("BRK.B", "BRK/B"), ("BRK.B", "BRK B"), ("BRK-B", "brkb"), ("ﬁat", "FIAT")]


@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_names_equal_but_for_case_and_punctuation_are_refused_with_both_spellings(first, second):
    both = f"must differ by more than case and punctuation, got '{first}' and '{second}'; write them alike"
    with pytest.raises(rk.InvalidInput, match=f"names of holdings {both}"):
        rk.Portfolio([rk.Holding(first, 40), rk.Holding(second, 60)])
    with pytest.raises(rk.InvalidInput, match=f"names of founders {both}"):
        rk.Portfolio([rk.Holding("TSLA", 40, founder=first), rk.Holding("SPCX", 60, founder=second)])
    with pytest.raises(rk.InvalidInput, match=f"Holding 'A': names of founders {both}"):
        rk.Holding("A", 40, founder={first: 0.5, second: 0.1})
    with pytest.raises(rk.InvalidInput, match=f"Market: names of assets {both}"):
        rk.Market({first: rk.Asset(0.08, 0.5), second: rk.Asset(0.08, 0.5)})


def test_what_a_fund_holds_meets_the_same_check():
    mine = rk.Portfolio([rk.Holding("TSLA", 65, founder="Musk"), rk.Holding("FUND", 35)])
    with pytest.raises(rk.InvalidInput, match="founders must be spelled alike, got 'Musk' in the portfolio and 'musk'"):
        mine.look_through({"FUND": rk.Portfolio([rk.Holding("SPCX", 1, founder="musk")])})
    seen = mine.look_through({"FUND": rk.Portfolio([rk.Holding("tsla", 1, founder="Musk")])})
    assert seen.values.to_dict() == {"TSLA": 100.0}


@pytest.mark.parametrize(
    "pair",
    [("1.5x", "15x"), ("GOOG", "GOOGL"), ("Fund +10", "Fund 10"), ("2026 1", "202 61"), ("A", "B"), ("...", "..")],
)
def test_names_that_do_differ_are_taken(pair):
    assert rk.Portfolio([rk.Holding(name, 50) for name in pair]).names == pair


def test_a_name_that_is_not_found_hints_at_the_one_that_is_alike():
    with pytest.raises(rk.InvalidInput, match=r"got 'MUSK' \(did you mean 'Musk'\?\)"):
        require_known("founder", ["MUSK"], ["Huang", "Musk"])
    held = rk.Portfolio([rk.Holding("TSLA", 65, founder="Musk"), rk.Holding("BRK.B", 35)])
    with pytest.raises(rk.InvalidInput, match=r"got 'musk' \(did you mean 'Musk'\?\)"):
        rk.founder_exit(held, "musk", 0.02, -0.5)
    assert rk.founder_exit(held, "Musk\u200b", 0.02, -0.5).impact == {"TSLA": rk.Impact(-0.5, 0.0)}
    with pytest.raises(rk.InvalidInput, match=r"did you mean 'BRK.B'"):
        held.holding("brkb")


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_keys_of_long_names_take_time_linear_in_their_length(size):
    assert name_key("a- " * size + "1 . 1") == "a" * size + "1 1"
