"""Look-through: one company is one holding, whatever its name; likely matches are warned of."""

from __future__ import annotations

import re
import warnings

import pytest

from riskkit import Scenario
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit.market import Asset, Market
from riskkit.portfolio._company_names import company_words
from riskkit.portfolio._holding import Holding, merged
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules import Hold
from riskkit.toml import from_toml, to_toml

#: Of the fund 30 of 100 are Tesla.
REST = Holding("Rest", 70)


def own(*names: str, **options: object) -> Portfolio:
    """40 of Tesla, called so, and 60 in the fund."""
    return Portfolio([Holding(names[0], 40, aliases=names[1:], **options), Holding("FUND", 60)])


def fund(*names: str, **options: object) -> Portfolio:
    return Portfolio([Holding(names[0], 30, aliases=names[1:], **options), REST])


def quiet(portfolio: Portfolio, *arguments: object, **options: object) -> Portfolio:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return portfolio.look_through(*arguments, **options)


def doubts(portfolio: Portfolio, funds: object, **options: object) -> list[str]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        portfolio.look_through(funds, **options)
    assert all(each.category is RiskkitWarning and each.filename == __file__ for each in seen)
    return [str(each.message) for each in seen]


# ---------------------------------------------------------------------------------------------------------------------
# What is one company
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (("TSLA",), ("TSLA",)),
        (("TSLA",), ("tsla",)),
        (("TSLA",), ("Tesla Inc", "TSLA", "88160R101")),
        (("Tesla, Inc.",), ("TESLA INC",)),
        (("TSLA", "88160R101"), ("Tesla Inc", "88160R101")),
        (("Tesla", "US88160R1014"), ("TSLA", "88160R101", "US88160R1014")),
        (("88160R101",), ("TSLA", "Tesla Inc", "88160R101")),
        (("TSLA", "Tesla Inc"), ("Tesla Inc.",)),
    ],
)
def test_one_company_by_ticker_cusip_isin_or_name_is_one_holding(mine, theirs):
    """40 of my own and 60 % of 30, 18, are 58; the rest of the fund is 42."""
    seen = quiet(own(*mine, founder="Musk"), {"FUND": fund(*theirs, founder="Musk")})
    assert seen.names == (mine[0], "Rest")
    assert seen.values.to_dict() == {mine[0]: pytest.approx(58), "Rest": pytest.approx(42)}
    assert seen.exposure()["Musk"] == pytest.approx(0.58)


@pytest.mark.parametrize(
    "aliases",
    [{"TSLA": "Tesla Inc"}, {"Tesla Inc": "TSLA"}, {"TSLA": ["Tesla Inc"]}, {"tsla": ("TESLA, INC.",)}],
)
def test_aliases_make_one_company_in_either_direction(aliases):
    seen = quiet(own("TSLA"), {"FUND": fund("Tesla Inc")}, aliases=aliases)
    assert seen.values.to_dict() == {"TSLA": pytest.approx(58), "Rest": pytest.approx(42)}


def test_aliases_hold_in_funds_within_funds_and_join():
    """30 of my own, 30 in F, half of it Tesla Inc; 40 in G, which has half in F: 30 + 15 + 10 of Tesla."""
    mine = Portfolio([Holding("TSLA", 30), Holding("F", 30), Holding("G", 40)])
    inner = Portfolio([Holding("Tesla Inc", 1), Holding("B", 1)])
    outer = Portfolio([Holding("F", 2), Holding("Tesla Motors", 2)])
    seen = quiet(mine, {"F": inner, "G": outer}, aliases={"TSLA": ["Tesla Inc"], "Tesla Inc": "Tesla Motors"})
    assert seen.values.to_dict() == {"TSLA": pytest.approx(30 + 15 + 10 + 20), "B": pytest.approx(25)}


def test_a_fund_may_show_that_two_holdings_of_mine_are_one():
    """10 called TSLA, 5 called Tesla Inc, and a fund whose TSLA is also called Tesla Inc: 10 + 5 + 3."""
    mine = Portfolio([Holding("A", 1), Holding("TSLA", 10), Holding("Tesla Inc", 5), Holding("FUND", 10)])
    seen = quiet(mine, {"FUND": fund("TSLA", "Tesla Inc")})
    assert seen.values.to_dict() == {"A": 1, "TSLA": pytest.approx(18), "Rest": pytest.approx(7)}


def test_classes_of_shares_with_cusips_of_their_own_stay_apart():
    mine = Portfolio([Holding("GOOG", 40, aliases=["02079K107"]), Holding("FUND", 60)])
    seen = quiet(mine, {"FUND": fund("GOOGL", "02079K305")})
    assert seen.names == ("GOOG", "GOOGL", "Rest")


def test_merged_holdings_keep_all_names_and_aliases():
    one = merged(Holding("TSLA", 1, aliases=["88160R101"]), Holding("Tesla", 2, aliases=["TSLA", "88160R101"]))
    assert (one.name, one.value, one.aliases) == ("TSLA", 3, ("88160R101", "Tesla"))


# ---------------------------------------------------------------------------------------------------------------------
# What may be one company, or one person
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("Tesla", "Tesla Inc"),
        ("Tesla Inc. Common Stock", "TESLA"),
        ("Tesla", "Tesla Motors Inc"),
        ("Alphabet Inc Class A", "Alphabet Inc Class C"),
        ("Berkshire Hathaway", "Berkshire Hathaway Inc Cl B"),
    ],
)
def test_similar_names_are_warned_of_with_the_argument_that_merges_them(mine, theirs):
    assert doubts(own(mine), {"FUND": fund(theirs)}) == [
        f"look_through: may be one company but are not merged: '{mine}' in the portfolio and '{theirs}' in fund "
        "'FUND'; aliases={name: other name} merges them"
    ]
    assert doubts(own(mine), {"FUND": fund(theirs)}, aliases={mine: theirs}) == []


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("TSLA", "Tesla Inc"),
        ("Other", "Other assets"),
        ("cash", "Cash reserve fund"),
        ("GE", "GE Vernova"),
        ("A", "B"),
        ("—", "–"),
    ],
)
def test_names_that_begin_alike_by_chance_are_not_warned_of(mine, theirs):
    assert doubts(own(mine), {"FUND": fund(theirs)}) == []


def test_near_names_within_one_portfolio_are_two_companies():
    """A fund that holds both says that they are two."""
    mine = Portfolio([Holding("FUND", 1), Holding("A", 1)])
    inner = Portfolio([Holding("Tesla", 1, founder="Musk"), Holding("Tesla Motors", 1)])
    assert doubts(mine, {"FUND": inner}) == []


def test_funds_are_compared_where_a_founder_is_concerned():
    mine = Portfolio([Holding("F", 1), Holding("G", 1)])
    first, second = Portfolio([Holding("Tesla", 1)]), Portfolio([Holding("Tesla Inc", 1)])
    assert doubts(mine, {"F": first, "G": second}) == []
    tied = Portfolio([Holding("Tesla Inc", 1, founder="Musk")])
    assert "'Tesla' in fund 'F' and 'Tesla Inc' in fund 'G'" in doubts(mine, {"F": first, "G": tied})[0]


def test_a_founder_in_one_portfolio_only_is_warned_of():
    """Of 58 of Tesla 40 are tied to Musk."""
    mine = own("TSLA", founder="Musk")
    assert doubts(mine, {"FUND": fund("Tesla Inc", "TSLA")}) == [
        "look_through: 'TSLA' is tied to 'Musk' in the portfolio and to nobody in fund 'FUND', whose part counts as "
        "tied to nobody; give the founder in both"
    ]
    assert doubts(own("TSLA"), {"FUND": fund("TSLA", founder="Musk")}) == [
        "look_through: 'TSLA' is tied to 'Musk' in fund 'FUND' and to nobody in the portfolio, whose part counts as "
        "tied to nobody; give the founder in both"
    ]


@pytest.mark.parametrize("spelling", ["musk", "MUSK", "Mu-sk", "M.usk"])
def test_founders_equal_but_for_case_and_punctuation_are_refused(spelling):
    mine, other = own("TSLA", founder="Musk"), Portfolio([Holding("SpaceX", 1, founder={spelling: 0.5})])
    message = (
        f"look_through: founders must be spelled alike, got 'Musk' in the portfolio and '{spelling}' in fund 'FUND'"
    )
    with pytest.raises(InvalidInput, match=re.escape(message)):
        mine.look_through({"FUND": other})


@pytest.mark.parametrize("person", ["Elon Musk", "Ron Baron"])
def test_one_company_with_two_founders_is_refused(person):
    message = (
        f"'TSLA' must have the same founders everywhere, got 'Musk' in the portfolio and '{person}' in fund 'FUND'"
    )
    with pytest.raises(InvalidInput, match=message):
        own("TSLA", founder="Musk").look_through({"FUND": fund("TSLA", founder=person)})


@pytest.mark.parametrize(("person", "near"), [("Elon Musk", True), ("Kimbal Musk", True), ("Muskrat", False)])
def test_founders_with_one_name_part_of_the_other_are_warned_of(person, near):
    mine = own("TSLA", founder="Musk")
    other = Portfolio([Holding("SpaceX", 1, founder=person)])
    sentence = (
        f"look_through: founders 'Musk' in the portfolio and '{person}' in fund 'FUND' may be one person and are taken "
        "for two; spell them alike if they are"
    )
    assert doubts(mine, {"FUND": other}) == ([sentence] if near else [])


def test_two_brothers_are_two_persons():
    mine = own("A", founder="Elon Musk")
    assert doubts(mine, {"FUND": Portfolio([Holding("B", 1, founder="Kimbal Musk")])}) == []


def test_a_long_list_of_near_names_is_cut_short():
    """Of 25 pairs 20 are listed."""
    names = [f"Company{letter}" for letter in "abcdefghijklmnopqrstuvwxy"]
    mine = Portfolio([*(Holding(name, 1) for name in names), Holding("FUND", 1)])
    other = Portfolio([Holding(f"{name} Inc", 1) for name in names])
    (sentence,) = doubts(mine, {"FUND": other})
    assert sentence.count(" in fund ") == 20
    assert "; and 5 more; aliases=" in sentence


@pytest.mark.slow
def test_large_funds_are_compared_in_time_that_grows_with_their_holdings():
    """10,000 bonds of one name but for a number, in two funds: no pair of them is compared."""
    first, second = (
        Portfolio([Holding(f"United States Treasury {n + start}", 1) for n in range(10_000)]) for start in (0, 10_000)
    )
    mine = Portfolio([Holding("F", 1), Holding("G", 1)])
    assert len(quiet(mine, {"F": first, "G": second}).names) == 20_000


# ---------------------------------------------------------------------------------------------------------------------
# Aliases
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        ({"TSLA": "Tesla Icn"}, r"aliases must name one of 'TSLA', .*, got 'Tesla Icn' \(did you mean 'Tesla Inc'\?\)"),
        ({"TSL": "Tesla Inc"}, r"aliases must name one of 'TSLA', .*, got 'TSL' \(did you mean 'TSLA'\?\)"),
        (["TSLA", "Tesla Inc"], r"aliases must be a mapping from names to names, got \['TSLA', 'Tesla Inc'\]"),
        ({"TSLA": 1}, "aliases of 'TSLA' must be a name or a list of names, got 1"),
        ({"TSLA": [1]}, "alias of 'TSLA' must be a non-empty string, got 1"),
        ({"": "TSLA"}, "name in aliases must be a non-empty string, got ''"),
        ({"FUND": "TSLA"}, "aliases must name one of 'TSLA', .*, got 'FUND'"),
    ],
)
def test_aliases_that_name_nothing_are_refused(aliases, message):
    with pytest.raises(InvalidInput, match=f"look_through: {message}"):
        own("TSLA").look_through({"FUND": fund("Tesla Inc")}, aliases=aliases)


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        ("TSLA", "Holding 'A': aliases must be a list of names, got 'TSLA'"),
        (1, "Holding 'A': aliases must be a list of names, got 1"),
        ([""], "Holding 'A': alias must be a non-empty string, got ''"),
        (["\u200b"], "Holding 'A': alias must be a non-empty string, got only invisible characters"),
    ],
)
def test_aliases_of_a_holding_must_be_names(aliases, message):
    with pytest.raises(InvalidInput, match=re.escape(message)):
        Holding("A", 1, aliases=aliases)


def test_aliases_change_nothing_but_what_is_looked_through():
    plain, called = Holding("A", 1), Holding("A", 1, aliases=["B", "B", "C\u200b"])
    assert called.aliases == ("B", "C")
    assert plain == called
    assert hash(plain) == hash(called)


def test_aliases_are_stored_in_files():
    portfolio = Portfolio([Holding("TSLA", 1, aliases=["88160R101", "Tesla Inc"]), Holding("B", 1)])
    scenario = Scenario(portfolio, Market({"TSLA": Asset(0.1, 0.5), "B": Asset(0.05, 0.1)}), [Hold()])
    text = to_toml(scenario)
    assert "aliases = [" in text
    read = from_toml(Scenario, text)
    assert read == scenario
    assert [holding.aliases for holding in read.portfolio.holdings] == [("88160R101", "Tesla Inc"), ()]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Tesla, Inc.", "tesla"),
        ("The Coca-Cola Company", "coca cola"),
        ("Novo Nordisk A/S Sponsored ADR", "novo nordisk a s"),
        ("Berkshire Hathaway Inc Cl B", "berkshire hathaway"),
        ("S&P 500 Index", "s p 500 index"),
        ("Company", "company"),
        ("株式会社", "株式会社"),
        ("—", ""),
    ],
)
def test_words_of_a_company_are_those_that_are_not_its_legal_form(name, words):
    assert " ".join(company_words(name)) == words
