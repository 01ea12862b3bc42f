"""The JSON Schema that ships is that of the classes, and agrees with the reader on files."""

from __future__ import annotations

import json
import sys
import tomllib
from dataclasses import fields, replace
from typing import Any

import pytest

import riskkit as rk
from riskkit.market import Contagion, Hazard, Impact, Shock, Tail, Uncertain
from riskkit.market.history._past_prices import PastPrices
from riskkit.portfolio._liquidity import Liquidity
from riskkit.rules import Rule
from riskkit.scenario._scenario import Scenario
from riskkit.scenario.scenarios import baron
from riskkit.toml import from_toml, to_toml
from riskkit.toml.json_schema import SCHEMA_FILE, make_schema, parameters
from riskkit.toml.schema_types import concrete_subclasses, storable

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
TABLES = {"Scenario": SCHEMA, **SCHEMA["$defs"]}


def test_the_schema_that_ships_is_that_of_the_classes():
    """If it is not: ``python -m riskkit.toml.json_schema`` writes it."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == make_schema(Scenario)


def classes() -> dict[str, type]:
    """Every class that a file can hold, and more, by name."""
    found = {name: getattr(rk, name) for name in rk.__all__ if isinstance(getattr(rk, name), type)}
    for base in (Rule, Hazard, Tail, Liquidity, PastPrices):
        found |= concrete_subclasses(base)
    return found


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if "properties" in table])
def test_every_field_of_a_class_is_a_key_of_its_table(name: str):
    """A file has every field of a class."""
    cls = classes()[name.removeprefix("typed_").removeprefix("default_")]
    assert set(TABLES[name]["properties"]) - {"type", "riskkit"} == {field.name for field in fields(cls) if field.init}


def test_every_key_is_described():
    silent = {
        f"{table}.{key}"
        for table, form in TABLES.items()
        for key, described_keys in form.get("properties", {}).items()
        if key != "type" and not described_keys.get("description")
    }
    assert silent == set()


def test_descriptions_are_those_of_the_docstrings():
    """Written by hand from the docstrings of `Trim` and of its base."""
    described = SCHEMA["$defs"]["typed_Trim"]["properties"]
    assert described["every"] == {
        "default": 1,
        "description": "Months between consultations; 0 means every step.",
        "type": "integer",
    }
    assert described["name"]["default"] == "trim"
    assert parameters(Contagion)["source"] == parameters(Contagion)["target"] != ""


def test_one_class_is_not_another_of_the_same_name():
    """Tables go by the bare names of their classes."""
    data = ("portfolio", "market", "rules", "frictions", "scenario", "toml")
    modules = [module for name, module in sys.modules.items() if name.startswith(tuple(f"riskkit.{n}" for n in data))]
    stored = {cls for module in modules for cls in vars(module).values() if isinstance(cls, type) and storable(cls)}
    assert stored >= {
        Rule,
        Uncertain,
        Shock,
        Scenario,
        *concrete_subclasses(Rule).values(),
        *concrete_subclasses(Hazard).values(),
    }
    assert len({cls.__name__ for cls in stored}) == len(stored)


# The schema and the reader say the same of a file. The schema knows no bounds, so these faults are of keys and types.

GOOD = to_toml(baron())

FAULTS = {
    "volatility = 0.57": ['volatility = "0.57"', "volatilty = 0.57", "volatility = true"],
    "[portfolio]": ["[portfolo]"],
    'founder = "Musk"': ["founder = 3", "founder = { Musk = 'all' }"],
    'type = "Cap"': ['type = "Capp"', "limits = 0.3", 'type = "os.system"', "type = 7"],
    "compensate = true": ["compensate = 1"],
    "mean = -0.5\n": ["maen = -0.5\n", 'type = "Impakt"\nmean = -0.5\n'],
    "rate = 0.02": ['rate = "often"', 'rate = { type = "Mortality", age = 54, sex = "man" }'],
    "value = 40.0": ["value = 40.0, cost = [{ value = 1 }]", "value = 40.0, liquidity = { type = 'Lock' }"],
    'riskkit = "0.1"': ["riskkit = 0.1"],
}
GRANTED = {
    'riskkit = "0.1"': [""],
    "mean = -0.5\n": ['type = "Impact"\nmean = -0.5\n', 'type = "Uncertain"\nmean = -0.5\n'],
    "rate = 0.02": ['rate = { type = "Mortality", age = 54, sex = "male" }', "rate = { mean = 0.02, sd = 0.01 }"],
    "value = 40.0": [
        "value = 40, cost = 1, method = 'fifo'",
        "value = 40.0, liquidity = { type = 'Locked', years = 1 }",
    ],
    "volatility = 0.57": ["volatility = { mean = 0.57, sd = 0.1 }", "volatility = 1"],
}


def complaints(text: str) -> list[Any]:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema checks files against the schema")
    return list(jsonschema.Draft7Validator(SCHEMA).iter_errors(tomllib.loads(text)))


def test_the_schema_is_a_schema():
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema checks files against the schema")
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, many in FAULTS.items() for new in many])
def test_what_the_reader_refuses_the_schema_refuses(old: str, new: str):
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    with pytest.raises(ValueError, match="scenario"):
        from_toml(Scenario, text)
    assert complaints(text)


@pytest.mark.parametrize(("old", "new"), [("", ""), *((old, new) for old, many in GRANTED.items() for new in many)])
def test_what_the_reader_takes_the_schema_takes(old: str, new: str):
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    assert from_toml(Scenario, text).names == baron().names
    assert complaints(text) == []


def test_the_schema_takes_every_kind_of_market_and_a_rule_by_import_path():
    shocks = [Shock("a", Uncertain(0.02, 0.01), {"TSLA": Impact(-0.5)}), Contagion("a", "a", 0.5, delay=0.25)]
    scenario = replace(baron(), market=replace(baron().market, shocks=shocks)).with_event("a", year=1)
    assert complaints(to_toml(scenario)) == []
    assert complaints(GOOD.replace('type = "Hold"', 'type = "mine.rules:Wait"\nweeks = 3')) == []
    assert complaints(GOOD.replace('type = "Hold"', 'type = "mine"'))
