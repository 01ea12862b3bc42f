"""Errors about a scenario file name the key and the reason."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr
from riskkit.market import Mortality, Shock
from riskkit.scenario._scenario import Scenario
from riskkit.scenario.scenarios import baron
from riskkit.toml import from_toml, to_toml
from riskkit.toml.errors import key_path

GOOD = to_toml(baron())


def test_the_good_file_is_good():
    assert from_toml(Scenario, GOOD) == baron()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # Keys
        ("volatility = 0.57", "volatilty = 0.57", r"assets\.TSLA: key must name one of .* got 'volatilty' \(did you"),
        ("[portfolio]", "[portfolo]", r"f\.toml: key must name .* got 'portfolo' \(did you mean 'portfolio'\?"),
        ("mean = -0.5\n", "maen = -0.5\n", r"impact\.TSLA: key must name one of 'type', 'mean', 'sd', got"),
        ("multiple = 2.0", "multiples = 2.0", r"rules\[2\]: key must name .* got 'multiples' \(did you mean"),
        ("volatility = 0.57", "", r"f\.toml: market\.assets\.TSLA\.volatility must be given, got none"),
        # Types
        ("volatility = 0.57", 'volatility = "0.57"', r"TSLA\.volatility must be a number or a table, got '0.57'"),
        ("volatility = 0.57", "volatility = true", r"assets\.TSLA\.volatility must be a number or a table, got True"),
        ("volatility = 0.57", f"volatility = {'9' * 400}", r"volatility must be a number or a table, got 9{57}\.\.\.$"),
        ('founder = "Musk"', "founder = 3", r"portfolio\.holdings\[0\]\.founder must be a string or a table, got 3"),
        ('founder = "Musk"', 'founder = {Musk = "all"}', r"holdings\[0\]\.founder\.Musk must be a number, got 'all'"),
        ("compensate = true", "compensate = 1", r"market\.compensate must be true or false, got 1"),
        ("years = 5.0", "years = 1979-05-27", r"rules\[3\]\.after\.years must be a number, got datetime"),
        ('baseline = "hold"', "steps_per_year = 12.0", r"steps_per_year must be a whole number, got 12\.0"),
        ('baseline = "hold"', "years = []", r"f\.toml: years must be a number, got \[\]"),
        ("rate = 0.02", 'rate = "often"', r"shocks\[0\]\.rate must be a number or a table, got 'often'"),
        ("cost = 0.001", "cost = { TSLA = '1' }", r"frictions\.cost\.TSLA must be a number, got '1'"),
        ('"Hold"', '"Band"\nwidth = 0.1\nto = "egde"', r"rules\[0\]\.to must be 'target' or 'edge', got 'egde'"),
        # Classes
        ('type = "Cap"', 'type = "Capp"', r"rules\[4\]: type must name one of 'AdaptiveSellDown', .* got 'Capp' \(did"),
        ('type = "Cap"', "", r"rules\[4\]: type must name one of .* got None"),
        ('type = "Cap"', "type = 7", r"rules\[4\]: type must name one of .* got 7"),
        ('type = "Cap"', 'type = "os.system"', r"rules\[4\]: type must name one of .* got 'os.system'"),
        ('type = "Cap"', 'type = "Listed"', r"rules\[4\]: type must name one of .* got 'Listed'"),
        ('type = "Cap"', 'type = "FunctionRule"', r"rules\[4\]: type must name one of .* got 'FunctionRule'"),
        ('type = "Trim"', 'type = "Trm"', r"rules\[3\]\.after: type must name .* got 'Trm' \(did you mean"),
        # Values, which the data classes themselves refuse
        ("value = 40.0", "value = -40.0", r"portfolio\.holdings\[0\]: Holding 'TSLA': value must be >= 0, got -40\.0"),
        ("volatility = 0.57", "volatility = nan", r"market\.assets\.TSLA: Asset: volatility must be >= 0, got nan"),
        ('founder = "Musk"', "founder = {A = 0.7, B = 0.7}", r"holdings\[0\]: .* founder shares must sum to at most 1"),
        ("sd = 0.15", "sd = -0.15", r"shocks\[0\]\.impact\.TSLA: Impact: sd must be >= 0 and < 1e\+06, got -0\.15"),
        ("SpaceX = 0.15", "SpaceX = 1.5", r"market: correlation of 'TSLA' and 'SpaceX' must be from -1 to 1, got 1\.5"),
        ("xAI = 0.15", "xIA = 0.15", r"market: correlation of 'TSLA' must name .* got 'xIA' \(did you mean"),
        ('baseline = "hold"', 'baseline = "holt"', r"f\.toml: baseline must name one of .* got 'holt' \(did you mean"),
        ('name = "client trim"', 'name = "hold"', r"f\.toml: names of rules must be unique, got 'hold' twice"),
        ("rate = 0.02", 'rate = {type="Constant", rate=-1}', r"shocks\[0\]\.rate: rate must be >= 0, got -1\.0"),
        ("cost = 0.001", "tax = 0.2", r"frictions\.tax must be a table, got 0\.2"),
        ("cost = 0.001", "tax = {rate = 1}", r"frictions\.tax: CapitalGains: rate must be >= 0 and < 1, got 1\.0"),
        ("cost = 0.001", "tax = {rate = 0, at_end = 'x'}", r"tax\.at_end must be 'sell', 'step_up' or 'keep', got 'x'"),
        ("cost = 0.001", "spending = {}", r"frictions\.spending: Spending: exactly one of rate and amount must be"),
        ("cost = 0.001", "death = 0.1", r"frictions: Frictions: death must come with a tax"),
        ("value = 40.0", "value = 40.0, cost = -1", r"holdings\[0\]: Holding 'TSLA': cost must be >= 0, got -1\.0"),
        ("value = 40.0", "value = 40.0, cost = [{value = 1}]", r"holdings\[0\]\.cost\[0\]\.cost must be given, got"),
        ("value = 40.0", "value = 40.0, liquidity = {type = 'Lock'}", r"liquidity: type must name .* got 'Lock'"),
        (
            "value = 40.0", "value = 40.0, liquidity = {type = 'TenderWindows', months = [13]}",
            r"holdings\[0\]\.liquidity: TenderWindows: month must be >= 1 and <= 12, got 13",
        ),
        # Versions
        ('"0.1"', '"0.2"', r"f\.toml: riskkit must be at most '0\.1', got '0\.2'; read the file with a newer riskkit"),
        ('"0.1"', '"1.0"', r"f\.toml: riskkit must be at most '0\.1', got '1\.0'"),
        ('"0.1"', "0.1", r"f\.toml: riskkit must be the version of the file's form, \"0\.1\", got 0\.1"),
        ('"0.1"', '"new"', r"f\.toml: riskkit must be the version of the file's form, \"0\.1\", got 'new'"),
        # Syntax
        ("volatility = 0.57", "volatility =", r"f\.toml must be TOML, got an error: .* \(at line 17, column 13\)"),
    ],
)  # fmt: skip
def test_the_error_of_a_wrong_file_names_key_and_reason(old: str, new: str, message: str):
    assert old in GOOD
    with pytest.raises(InvalidInput, match=message):
        from_toml(Scenario, GOOD.replace(old, new, 1), source="f.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"Mortality"', '"Mortalty"', r"shocks\[0\]\.rate: type must name one of .* got 'Mortalty' \(did you mean"),
        ("54.0", "154.0", r"shocks\[0\]\.rate: Mortality: age must be >= 20 and <= 90, got 154\.0$"),
        ('"male"', '"man"', r"shocks\[0\]\.rate\.sex must be 'male' or 'female', got 'man'$"),
    ],
)
def test_the_error_of_a_wrong_hazard_names_key_and_reason(old: str, new: str, message: str):
    base = baron()
    text = to_toml(
        replace(base, market=replace(base.market, shocks=[Shock("exit", Mortality(54, "male"), {"TSLA": -0.5})]))
    )
    with pytest.raises(InvalidInput, match=message):
        from_toml(Scenario, text.replace(old, new))


def test_an_empty_sum_of_hazards_is_refused():
    with pytest.raises(InvalidInput, match=r"rate: SumHazard: parts must hold at least one rate or hazard, got none$"):
        from_toml(Scenario, GOOD.replace("rate = 0.02", 'rate = {type = "SumHazard", parts = []}', 1))


def test_each_wrong_key_gets_a_line():
    text = GOOD.replace("volatility = 0.57", "volatility = '1'").replace("value = 40.0", "value = '1'")
    with pytest.raises(InvalidInput) as refusal:
        from_toml(Scenario, text, source="f.toml")
    assert str(refusal.value).splitlines() == [
        "f.toml: portfolio.holdings[0].value must be a number, got '1'",
        "f.toml: market.assets.TSLA.volatility must be a number or a table, got '1'",
    ]


def test_parts_that_are_missing_or_of_the_wrong_kind():
    with pytest.raises(InvalidInput) as refusal:
        from_toml(Scenario, "")
    assert str(refusal.value).splitlines() == [
        "scenario: portfolio must be given, got none",
        "scenario: market must be given, got none",
        "scenario: rules must be given, got none",
    ]
    with pytest.raises(InvalidInput) as refusal:
        from_toml(Scenario, "portfolio = 3\nrules = [4]\nmarket = { assets = [] }")
    assert str(refusal.value).splitlines() == [
        "scenario: portfolio must be a table, got 3",
        "scenario: market.assets must be a table, got []",
        "scenario: rules[0] must be a table, got 4",
    ]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_raises_invalid_input(data: st.DataObject):
    """With any replacement of a value, the file is read, or raises InvalidInput."""
    table = tomllib.loads(GOOD)
    at: Any = table
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], (dict, list)) or not at[key] or data.draw(st.integers(0, 3)) == 0:
            break
        at = at[key]
    labels = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
    leaf = st.one_of(st.booleans(), st.integers(), st.floats(), labels, st.dates())
    at[key] = data.draw(st.one_of(leaf, st.lists(leaf, max_size=2), st.dictionaries(labels, leaf, max_size=2)))
    text = tomli_w.dumps(table)
    try:
        read: object = from_toml(Scenario, text)
    except InvalidInput as refusal:
        read = str(refusal)
    assert isinstance(read, Scenario) or str(read).startswith("scenario")


class OwnScenario(Scenario):
    """Of no class that a file could name."""


@pytest.mark.parametrize(
    "value", [3, "baron", [baron()], OwnScenario(baron().portfolio, baron().market, baron().rules)]
)
def test_only_objects_of_classes_that_a_file_can_hold_are_written(value: object):
    got = re.escape(short_repr(value, 60))
    with pytest.raises(InvalidInput, match=f"^the object must be of a class of riskkit .*, got {got}; "):
        to_toml(value)


def test_only_text_is_read():
    with pytest.raises(InvalidInput, match="scenario: text must be a string of TOML, got bytes"):
        from_toml(Scenario, b"")  # type: ignore[arg-type]


def test_keys_that_need_quotes():
    assert key_path(("market", "assets", 'A "B"', "x-1")) == 'market.assets."A \\"B\\"".x-1'
