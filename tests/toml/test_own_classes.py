"""User classes are written to scenario files by import path, and read only if importing is allowed."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import riskkit
from riskkit._core.errors import InvalidInput
from riskkit.market import Hazard, Shock
from riskkit.portfolio._holding import Holding
from riskkit.portfolio._liquidity import Liquidity
from riskkit.portfolio._portfolio import Portfolio
from riskkit.rules import Rule, SellLast, Trim
from riskkit.scenario._scenario import Scenario
from riskkit.scenario.scenarios import baron
from riskkit.toml import from_toml, to_toml
from riskkit.toml.stored_rule import StoredRule
from riskkit.toml.stored_source import StoredSource


class Own(Rule):
    limit: float = 0.3
    inner: Rule | None = None

    def decide(self, view: Any, state: Any) -> Any:
        return None, None


class Outer:
    class Inside(Own):
        """A class within a class."""


class Opaque(Rule):
    """A rule with a field that is not data."""

    thing: object

    def decide(self, view: Any, state: Any) -> Any:
        return None, None


@dataclass(frozen=True)
class Ageing(Hazard):
    growth: float

    def cumulative(self, t: Any) -> Any:
        return 0.5 * self.growth * np.asarray(t) ** 2


@dataclass(frozen=True)
class Drawer(Liquidity):
    days: int


class Marked(Holding):
    """A holding of a class outside riskkit."""


def with_rules(*rules: Rule) -> Scenario:
    return replace(baron(), rules=rules, baseline=None)


def with_first(kind: type[Holding] = Holding, **changed: Any) -> Scenario:
    first, *others = baron().portfolio.holdings
    return replace(baron(), portfolio=Portfolio([kind(first.name, first.value, founder="Musk", **changed), *others]))


def with_hazard() -> Scenario:
    shock = Shock("late", Ageing(0.01), {"TSLA": -0.5})
    return replace(baron(), market=replace(baron().market, shocks=[shock]))


# By import path


@pytest.mark.parametrize(
    ("scenario", "written"),
    [
        (with_rules(Own(0.2)), '{ type = "test_own_classes:Own", limit = 0.2 }'),
        (with_rules(SellLast(after=Own())), 'after = { type = "test_own_classes:Own" }'),
        (with_rules(Own(inner=Trim(0.5, 2))), 'inner = { type = "Trim", fraction = 0.5, years = 2.0 }'),
        (with_rules(Outer.Inside(name="in")), '{ type = "test_own_classes:Outer.Inside", name = "in" }'),
        (with_hazard(), 'type = "test_own_classes:Ageing"\ngrowth = 0.01'),
    ],
)
def test_importable_classes_are_read_equal_if_allowed(scenario: Scenario, written: str):
    text = to_toml(scenario)
    assert written in text
    assert from_toml(Scenario, text, allow_import=True) == scenario
    with pytest.raises(InvalidInput, match=r"\.type must name a class of riskkit's, got 'test_own_classes:"):
        from_toml(Scenario, text)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules, none of which stays imported."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


RULE = """
import riskkit as rk

class Halve(rk.Rule):
    every: int = 3

    def decide(self, view, state):
        return view.weights, state
"""


def file_with(kind: str, rest: str = "") -> str:
    return to_toml(with_rules(Own(0.2))).replace('"test_own_classes:Own", limit = 0.2', f'"{kind}"{rest}')


def test_a_file_runs_no_code_unless_that_is_allowed(folder: Path):
    (folder / "halving.py").write_text(RULE)
    file = folder / "scenario.toml"
    file.write_text(file_with("halving:Halve", ", every = 6"))
    message_pattern = (
        r"scenario\.toml: rules\[0\]\.type must .*, got 'halving:Halve', .*--allow-import, or allow_import=True"
    )
    with pytest.raises(InvalidInput, match=message_pattern):
        Scenario.load(file)
    assert "halving" not in sys.modules
    (rule,) = Scenario.load(file, allow_import=True).rules
    assert repr(rule) == "Halve(name='halve', every=6)"


@pytest.mark.parametrize(
    ("kind", "rest", "message"),
    [
        (
            "absent.module:Halve",
            "",
            r"rules\[0\]\.type must name a class that can be imported, .*No module named 'ab",
        ),
        ("halving:Half", "", r"rules\[0\]\.type must name a class that can be imported, .*no attribute 'Half'"),
        (
            "broken:Halve",
            "",
            r"rules\[0\]\.type must name a class that can be imported, .*ZeroDivisionError: div",
        ),
        ("halving:rk.rule", "", r"rules\[0\]\.type must name a data class, .*got 'halving:rk\.rule', <function rule"),
        (
            "test_own_classes:Opaque",
            "",
            r"rules\[0\]\.type must name a data class, .*whose required fields a",
        ),
        (
            "test_own_classes:Ageing",
            "",
            r"rules\[0\]: type must name one of 'AdaptiveSellDown', .* got 'test_own_classes:Ageing'",
        ),
        (
            "halving:Halve",
            ", evry = 2",
            r"rules\[0\]: key must name one of 'type', .* got 'evry' \(did you mean 'every'",
        ),
        ("halving:Halve", ", every = 0.5", r"rules\[0\]\.every must be a whole number, got 0\.5"),
    ],
)
def test_an_unsuitable_class_is_refused(kind: str, rest: str, message: str, folder: Path):
    (folder / "halving.py").write_text(RULE)
    (folder / "broken.py").write_text("1 / 0")
    with pytest.raises(InvalidInput, match=message):
        from_toml(Scenario, file_with(kind, rest), allow_import=True)


def test_only_true_or_false_allows():
    with pytest.raises(InvalidInput, match="allow_import must be True or False, got 'yes'"):
        from_toml(Scenario, to_toml(baron()), allow_import="yes")  # type: ignore[arg-type]


# What has no import path


def local_rule() -> Rule:
    class Here(Own):
        pass

    return Here()


def rule_of_a_script() -> Rule:
    cls = type("Typed", (Own,), {"__module__": "__main__", "__annotations__": {}})
    rule: Rule = cls()
    return rule


@pytest.mark.parametrize(
    ("scenario", "key"),
    [
        (with_rules(local_rule()), r"rules\[0\]"),
        (with_rules(rule_of_a_script()), r"rules\[0\]"),
        (with_rules(Opaque(object())), r"rules\[0\]"),
        (with_rules(riskkit.rule(lambda view: None, name="mine")), r"rules\[0\]"),
        (with_rules(SellLast(after=local_rule())), r"rules\[0\]\.after"),
        (with_rules(StoredRule("Own(limit=0.3)", name="own")), r"rules\[0\]"),
        (with_first(Marked), r"portfolio\.holdings\[0\]"),
    ],
)
def test_classes_that_cannot_be_imported_are_refused(scenario: Scenario, key: str):
    message_pattern = rf"^{key} must be of a class of riskkit that a file can hold, or of one that can be imported"
    with pytest.raises(InvalidInput, match=message_pattern):
        to_toml(scenario)


# Saved results, which are read without importing anything


@pytest.mark.parametrize(
    ("scenario", "key"),
    [
        (with_hazard(), r"market\.shocks\[0\]\.rate"),
        (with_first(liquidity=Drawer(3)), r"portfolio\.holdings\[0\]\.liquidity"),
        (with_first(Marked), r"portfolio\.holdings\[0\]"),
    ],
)
def test_a_saved_result_contains_no_user_class_except_rules(scenario: Scenario, key: str):
    with pytest.raises(InvalidInput, match=rf"^{key} must be of a class of riskkit that a file can hold, as"):
        to_toml(scenario, strict=False)


def test_a_saved_result_contains_a_stored_rule():
    scenario = with_rules(Own(name="own"), SellLast(after=Own()))
    back = from_toml(Scenario, to_toml(scenario, strict=False))
    stored = StoredRule(repr(Own()), name="own")
    assert back.rules == (stored, SellLast(after=stored))
    assert back.names == ("own", "sell last")
    assert replace(back, rules=scenario.rules) == scenario
    assert from_toml(Scenario, to_toml(back, strict=False)) == back
    assert pickle.loads(pickle.dumps(back)) == back


def test_what_is_stored_of_a_rule_or_source_prints_as_the_object_itself():
    """Also inside a rule of riskkit; the class of the placeholder does not appear."""
    scenario = with_rules(Own(name="own"), SellLast(after=Own()))
    back = from_toml(Scenario, to_toml(scenario, strict=False))
    assert repr(back.rules) == repr(scenario.rules)
    assert repr(StoredSource("Meteor(rate=0.1)", name="meteor")) == "Meteor(rate=0.1)"


def test_a_stored_rule_cannot_be_run():
    scenario = with_rules(StoredRule("Own(limit=0.3)", name="own"))
    with pytest.raises(InvalidInput, match=r"rule 'own' must be a rule that can be run, got only its record .*Own\("):
        riskkit.compare(scenario, paths=1)
    with pytest.raises(InvalidInput, match="rule 'own' must be a rule that can be run"):
        scenario.rules[0].decide(None, None)  # type: ignore[arg-type]
