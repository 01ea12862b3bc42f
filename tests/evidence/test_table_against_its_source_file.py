"""The table of published figures: every number is that of the file in which they were collected, and is cited."""

from __future__ import annotations

import os
import re
import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

import riskkit as rk

HERE = Path(__file__).resolve()

#: Figure → words that only one line of the collection has, and what that line prints, its number in brackets.
PRINTED = {
    "sudden_death_mean": ("| sudden death of a CEO", "[−2.32] %"),
    "death_p10": ("449 CEO deaths", "[−13] %"),
    "death_p90": ("449 CEO deaths", "[+11] %"),
    "death_normal_mean": ("| a normal law", "[−1]"),
    "death_normal_sd": ("| a normal law", "[9.4] points"),
    "absolute_1950": ("| absolute three-day", "[2.8] % (1950–69)"),
    "absolute_1970": ("| absolute three-day", "[4.9] % (1970–89)"),
    "absolute_1990": ("| absolute three-day", "[5.7] % (1990–2009)"),
    "sudden_executive_deaths": ("Johnson, Magee", "[53]"),
    "departure_no_clean_succession": ("177 departure", "without clean succession [−0.40] %"),
    "departure_interim_successor": ("177 departure", "interim successor [−3.57] %"),
    "departure_personal_reasons": ("177 departure", '"personal reasons" [−3.90] %'),
    "departure_bad_news": ("177 departure", "with bad news [−7.91] %"),
    "departure_criticised": ("177 departure", "of a criticised CEO [+3.33] %"),
    "turnover": ("| CEO turnover", "[15.8] % a year 1992–2007"),
    "turnover_since_2000": ("| CEO turnover", "[16.8] % since 2000"),
    "departures": ("zenodo 4543893", "[9,423]"),
    "departures_retired": ("zenodo 4543893", "retired [3,668]"),
    "departures_other": ("zenodo 4543893", "other [2,129]"),
    "departures_dismissed": ("zenodo 4543893", "performance [1,320]"),
    "founder_led_equal": ("Fahlenbrach", "[+8.3] % a year"),
    "founder_led_value": ("Fahlenbrach", "[+10.7] % value-weighted"),
    "founder_led_controls": ("Fahlenbrach", "[+4.4] % after controls"),
    "founder_led_share": ("Fahlenbrach", "[11] % of the largest"),
    "catastrophe_all": ("| stocks ever in the Russell 3000", "[40] % of about"),
    "below_start": ("| negative lifetime return", "[40] %;"),
    "behind_index": ("| negative lifetime return", "[two thirds]"),
    "extreme_winners": ("| negative lifetime return", "[7] %;"),
    "lifetime_excess": ("| negative lifetime return", "[−54] %"),
    "catastrophe_technology": ("| stocks ever in the Russell 3000", "technology [57] %"),
    "catastrophe_utilities": ("| stocks ever in the Russell 3000", "utilities [13] %"),
    "below_start_2021": ("| 1980–2020", "[42] % negative"),
    "behind_index_2021": ("| 1980–2020", "[66] % behind"),
    "megawinners_2021": ("| 1980–2020", "about [10] %"),
    "catastrophe_2021": ("| 1980–2020", "over [40] %"),
    "never_recovered": ("Boom or Bust", "nearly [40] %"),
    "never_recovered_sectors": ("Boom or Bust", "most sectors [30] %"),
    "ten_year_excess": ("Petajisto", "[−7.9] % ("),
    "ten_year_excess_yearly": ("Petajisto", "[−0.82] % a year"),
    "winners_excess": ("Petajisto", "before: [−17.8] %"),
    "winners_excess_yearly": ("Petajisto", "[−1.94] % a year"),
    "winners_negative": ("Petajisto", "negative [93] %"),
    "beat_bills": ("Bessembinder", "[42.6] %"),
    "made_wealth": ("Bessembinder", "; [4] %"),
    "venture_below_1": ("21,000 financings", "[65] % below"),
    "venture_5": ("21,000 financings", "[10] % at 5 ×"),
    "venture_10": ("21,000 financings", ", [4] % at 10 ×"),
    "venture_dollars_lost": ("| by dollars", "[37] % lost"),
    "venture_dollars_10": ("| by dollars", "under [4] %"),
    "venture_lost": ("| by dollars", "[nearly half]"),
    "premium_index": ("Hill, Balasubramanian", "[2.4] points"),
    "premium_stocks_low": ("Stone Ridge", "| [3.9]–"),
    "premium_stocks_high": ("Stone Ridge", "–[4.3] points"),
    "collar_excess": ("95/110 collar", "[3.2] %, volatility"),
    "collar_volatility": ("95/110 collar", "volatility [10.7] %"),
    "collar_beta": ("95/110 collar", "beta [.62]"),
    "collar_stocks_excess": ("95/110 collar", "S&P 500 [7.3] %"),
    "collar_stocks_volatility": ("95/110 collar", "7.3 %, [15.7] %"),
    "covered_call_mean": ("| covered-call index", "[1.12] %"),
    "covered_call_sd": ("| covered-call index", "sd [2.66] %"),
    "covered_call_stocks_mean": ("| covered-call index", "[1.19] %"),
    "covered_call_stocks_sd": ("| covered-call index", "[4.10] %"),
    "prepayment_low": ("Jagolinzer", "[75]–"),
    "prepayment_high": ("Jagolinzer", "–[90] %"),
    "prepaid_years_low": ("Jagolinzer", "; [1]–5 years"),
    "prepaid_years_high": ("Jagolinzer", "–[5] years"),
    "prepaid_cover": ("Jagolinzer", "[30] %"),
    "collar_cover": ("Bettis", "over [a third]"),
    "pledge_limit": ("| Tesla's board", "[25] %"),
    "lockup_return": ("Field, Hanka", "[−1.5] %"),
    "lockup_volume": ("Field, Hanka", "volume [+40] %"),
    "fund_years": ("usecache.com", "[7] years"),
    "fund_illiquid": ("usecache.com", "at least [20] %"),
    "fund_fee_low": ("usecache.com", "fee [0.40]–"),
    "fund_fee_high": ("usecache.com", "–[0.95] %"),
    "fund_exit_low": ("usecache.com", "less [1]–"),
    "fund_exit_high": ("usecache.com", "–[2] %"),
    "value_nyse": ("Meulbroek", "[70] %"),
    "value_internet": ("Meulbroek", "[53] %"),
    "longstaff_30_1": ("| Longstaff's bound", "[26.276]"),
    "longstaff_30_2": ("| Longstaff's bound", "[38.605]"),
    "longstaff_30_5": ("| Longstaff's bound", "[65.772] %"),
    "longstaff_20_1": ("| Longstaff's bound", "[16.984]"),
    "longstaff_20_2": ("| Longstaff's bound", "[24.643]"),
    "longstaff_20_5": ("| Longstaff's bound", "[40.979]"),
    "longstaff_10_1": ("| Longstaff's bound", "[8.232]"),
    "longstaff_10_2": ("| Longstaff's bound", "[11.793]"),
    "longstaff_10_5": ("| Longstaff's bound", "[19.128]"),
    "harvesting": ("Chaudhuri", "[1.08] %"),
    "harvesting_wash_sales": ("Chaudhuri", "[.82] %"),
}

WORDS = {"two thirds": Fraction(2, 3), "nearly half": Fraction(1, 2), "a third": Fraction(1, 3)}
ABSOLUTE = {"deaths", "departures", "years", "beta"}


@pytest.fixture(scope="module")
def collection() -> list[str]:
    """Lines of the file in which the figures were collected."""
    data = Path(os.environ.get("RISKKIT_DATA", HERE.parents[3] / "shared" / "data"))
    file = data.parent / "evidence.md"
    if not file.is_file():
        pytest.skip("the collection of published figures, evidence.md, is not beside the folder of real prices")
    return file.read_text(encoding="utf-8").splitlines()


def number(printed: str, unit: str) -> float:
    """What stands in brackets, in the unit."""
    (text,) = re.findall(r"\[(.*)\]", printed)
    if text in WORDS:
        return float(WORDS[text])
    value = Fraction(text.replace("−", "-").replace(",", ""))
    return float(value if unit in ABSOLUTE else value / 100)


def test_every_figure_is_one_of_the_collection(collection: list[str]):
    table = rk.evidence.table()
    assert set(PRINTED) == set(table.index)
    for name, (words, printed) in PRINTED.items():
        (line,) = [line for line in collection if words in line]
        assert printed.replace("[", "").replace("]", "") in line, f"{name}: {printed!r} is not there"
        assert table.loc[name, "value"] == number(printed, table.loc[name, "unit"]), name


def test_second_hand_and_computed_figures_are_those_of_the_collection(collection: list[str]):
    """The collection marks a line (2), (C) or, where a part of it is second-hand, names that part."""
    for name, row in rk.evidence.table().iterrows():
        (line, *_) = [line for line in collection if PRINTED[str(name)][0] in line]
        second_hand = bool(re.search(r"\(2[:)]", line)) or (
            "(R; sectors 2)" in line and name in ("catastrophe_technology", "catastrophe_utilities")
        )
        expected = "computed" if "(C)" in line else "second-hand" if second_hand else "at the source"
        assert row["read"] == expected, name


def test_figures_without_a_named_source_stay_out(collection: list[str]):
    """The three-day return at Steve Jobs's death is marked (2), and names no page."""
    assert [line for line in collection if "Steve Jobs" in line and line.rstrip(" |").endswith("(2)")]
    assert not rk.evidence.table()["quantity"].str.contains("Jobs").any()


def test_every_row_names_its_source_and_its_period_and_sample():
    table = rk.evidence.table()
    assert not table.isna().to_numpy().any()
    for column in ("quantity", "unit", "spread", "period", "sample", "source"):
        assert table[column].str.strip().ne("").all(), column
    assert table["source"].str.contains("[A-Za-z]{4}").all()
    assert not table["source"].str.contains("not stated").any()
    assert table["period"].str.contains(r"\d{4}|^not stated$").all()
    assert set(table["read"]) == {"at the source", "second-hand", "computed"}
    assert table["quantity"].is_unique


def test_no_key_of_the_file_is_ignored():
    """A key that is spelled wrongly would be a silent gap in the table."""
    file = Path(rk.evidence.__file__).with_name("figures.toml")
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(content) == {"study"}
    for study in content["study"]:
        assert set(study) == {"source", "read", "period", "sample", "figures"}
        for figure in study["figures"].values():
            assert {"quantity", "value"} <= set(figure) <= {"quantity", "value", "unit", "spread", "note"}
    names = [name for study in content["study"] for name in study["figures"]]
    assert len(names) == len(set(names)) == len(rk.evidence.table())


def test_the_table_is_a_copy():
    mine = rk.evidence.table()
    mine.loc["turnover", "value"] = 0.5
    assert rk.evidence.table().loc["turnover", "value"] == 0.158
