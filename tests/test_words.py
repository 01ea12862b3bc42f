"""Names and first docstring lines use words of the field: invented senses of words are refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import riskkit as rk

SOURCE = Path(rk.__file__).resolve().parent

#: Packages whose words have not been gone through; one that is clean must leave the list.
NOT_YET = ()

#: Refused as a word of an identifier, such as `told` in `_told_once`, and what to say instead.
REFUSED_WORDS = {
    "asked": "validated inputs, requested",
    "canvas": "axes style",
    "clock": "hazard (intensity) of a shock, time change (subordinator) of a market",
    "clocks": "hazards, time changes",
    "closing": "last sections",
    "door": "input validation",
    "doors": "input validation",
    "followed": "replayed",
    "further": "extra runs",
    "leaves": "node data",
    "looks": "path counts, style",
    "mass": "path_weights",
    "masses": "path_weights",
    "opening": "question, opportunity",
    "openings": "opportunities",
    "piece": "batch, shard, chunk",
    "pieces": "batches, shards, chunks",
    "remembered": "memoized",
    "rival": "alternative",
    "rivals": "alternatives",
    "room": "memory budget, capacity, slack, scratch arrays",
    "rooms": "capacities",
    "strike": "sample impacts",
    "strikes": "sample impacts",
    "struck": "sampled impacts",
    "tape": "market inputs",
    "tick": "event (arrival of a shock)",
    "ticks": "event_counts",
    "tile": "batch (of paths)",
    "tiles": "batches",
    "told": "reported, stated; text",
}

#: Refused as a whole identifier, whatever its case and leading underscores; part of a longer name they are English.
REFUSED_NAMES = {
    "given": "fixed, conditional, passed arguments",
    "held": "holdings, fixed",
    "kept": "stored",
    "known": "fixed, conditional",
    "leaf": "node",
    "look": "path count, style",
    "means": "execution settings, moments",
    "record": "market inputs, events",
    "records": "market inputs, events",
    "shown": "reported, true; formatted",
    "work": "task",
}

#: Refused in one package only, where they stand for chunks of a run.
REFUSED_IN = {
    "engine": {"part": "shard, fraction", "parts": "shards"},
    "comparison": {"part": "shard, fraction", "parts": "shards"},
}

#: Refused in identifiers as words that follow each other, and in first docstring lines.
REFUSED_PHRASES = {
    "come what may": "atomically",
    "deepest fall": "maximum drawdown",
    "lived through": "replayed",
    "set off": "triggered",
    "sets off": "triggers",
    "setting off": "triggering",
    "sure wealth": "certainty equivalent",
    "than which": "a plain sentence",
    "weighed anew": "reweighted",
    "worst dd": "CED 95 %",
}

#: Refused in first docstring lines; the other words above are free there, where they are English.
REFUSED_IN_DOCSTRINGS = {
    "canvas", "clock", "clocks", "door", "doors", "mass", "masses", "openings", "rival", "rivals", "room", "tape",
    "tick", "ticks", "tile", "tiles", "told",
}  # fmt: skip

#: A relative clause that a comma opens is a second thought: a sentence of its own says it better.
SECOND_THOUGHT = re.compile(r",\s+(by|for|from|in|of|on|than|to|under|with|without)\s+which\b")

#: Identifier, or "file: identifier", "file: docstring of name" or "file: word" -> why the word is one of the field.
ALLOWED = {
    "engine/inputs/instruments.py: opening": "of a position",
    "engine/inputs/instruments.py: openings": "of positions",
    "engine/instrument_books.py: opening": "of a position",
    "engine/kernel/option_values.py: opening": "of a position",
    "engine/kernel/option_values.py: strike": "of an option",
    "engine/kernel/structs.py: opening": "of a position",
    "engine/positions.py: opening": "of a position",
    "engine/positions.py: openings": "of positions",
    "instruments/base.py: openings": "of positions",
    "instruments/black_scholes.py: strike": "of an option",
    "instruments/collar.py: strike": "of an option",
    "instruments/collar.py: strikes": "of options",
    "instruments/covered_call.py: strike": "of an option",
    "instruments/leg.py: strike": "of an option",
    "instruments/option_pricing.py: strike": "of an option",
    "instruments/put.py: strike": "of an option",
    "read/holding_rows.py: strike": "of an option",
    "read/holding_words.py: strike": "of an option",
    "report/figures/_style.py: tick": "of an axis",
    "report/figures/_style.py: ticks": "of an axis",
    "report/figures/_sweep_heatmap.py: ticks": "of an axis",
}


class Finding(NamedTuple):
    """A word that is refused: where it stands, in which name, and what to say instead."""

    place: str
    name: str
    word: str
    instead: str

    @property
    def keys(self) -> tuple[str, str, str]:
        file = self.place.partition(":")[0]
        return self.name, f"{file}: {self.name}", f"{file}: {self.word}"

    def __str__(self) -> str:
        return f"{self.place}: {self.name}: {self.word!r} -> {self.instead}"


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of what a module names itself: definitions, parameters, assigned names and attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.alias(asname=str(name)):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Line, name and docstring summary of a module and of its classes and functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), getattr(node, "name", "module"), text.partition("\n\n")[0]


def words(name: str) -> list[str]:
    """Words of a snake_case or CamelCase identifier, in small letters."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return [word for word in spaced.lower().split("_") if word]


def refused_in_name(name: str, package: str) -> Iterator[tuple[str, str]]:
    """Refused words of an identifier, and what to say instead."""
    refused = REFUSED_WORDS | REFUSED_IN.get(package, {})
    for word in words(name):
        if word in refused:
            yield word, refused[word]
    spaced = " ".join(words(name))
    if spaced in REFUSED_NAMES:
        yield spaced, REFUSED_NAMES[spaced]
    for phrase, instead in REFUSED_PHRASES.items():
        if f" {phrase} " in f" {spaced} ":
            yield phrase, instead


def refused_in_prose(text: str) -> Iterator[tuple[str, str]]:
    """Refused words of a docstring's summary, and what to say instead."""
    prose = " ".join(re.findall(r"[a-z]+", re.sub(r"`[^`]*`", " ", text).lower()))
    for word in prose.split():
        if word in REFUSED_IN_DOCSTRINGS:
            yield word, REFUSED_WORDS[word]
    for phrase, instead in REFUSED_PHRASES.items():
        if f" {phrase} " in f" {prose} ":
            yield phrase, instead
    for clause in SECOND_THOUGHT.finditer(text):
        yield " ".join(clause.group().split()), "two plain sentences"


def findings(source: Path) -> list[Finding]:
    """Every refused word below a folder, in the order of files."""
    found = []
    for path in sorted([*source.rglob("*.py"), *source.rglob("*.pyi")]):
        place = path.relative_to(source).as_posix()
        package = place.partition("/")[0].removesuffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [(1, path.stem), (1, path.parent.name), *identifiers(tree)]
        seen = set()
        for line, name in names:
            if name not in seen:
                found += [Finding(f"{place}:{line}", name, *each) for each in refused_in_name(name, package)]
            seen.add(name)
        for line, name, text in docstrings(tree):
            for each in refused_in_prose(text):
                found.append(Finding(f"{place}:{line}", f"docstring of {name}", *each))
    return found


def package_of(finding: Finding) -> str:
    """Top folder or module of a finding."""
    return finding.place.partition("/")[0].partition(":")[0].removesuffix(".py")


FINDINGS = findings(SOURCE)
PACKAGES = sorted({path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()})
REFUSED = [finding for finding in FINDINGS if not any(key in ALLOWED for key in finding.keys)]


@pytest.mark.parametrize("package", [package for package in PACKAGES if package not in NOT_YET])
def test_names_and_first_docstring_lines_use_words_of_the_field(package):
    assert not [str(finding) for finding in REFUSED if package_of(finding) == package]


def test_a_package_that_is_clean_is_not_on_the_list_of_those_to_do():
    assert set(NOT_YET) <= {package_of(finding) for finding in REFUSED}


def test_every_exception_is_needed_and_has_a_reason():
    used = {key for finding in FINDINGS for key in finding.keys}
    assert not [key for key in ALLOWED if key not in used]
    assert all(reason.strip() for reason in ALLOWED.values())


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("told = 1", "told"),
        ("def _tell(shown): ...", "shown"),
        ("class PriceTape: ...", "tape"),
        ("self._held = 1", "held"),
        ("for kept in range(3): ...", "kept"),
        ("import numpy as canvas", "canvas"),
        ("weights_weighed_anew = 1", "weighed anew"),
        ("try: ...\nexcept OSError as door: ...", "door"),
        ('def f():\n    """Return the clock of a shock."""', "clock"),
        ('"""The rules\nthan which no other is better."""', "than which"),
        ('class A:\n    """The design, on which errors depend."""', ", on which"),
    ],
)
def test_a_planted_word_is_found(tmp_path, code, word):
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "planted.py").write_text(code)
    assert word in {finding.word for finding in findings(tmp_path)}


@pytest.mark.parametrize("name", ["kept_fraction", "mean_return", "withheld", "tickers", "rows_shown", "unknown"])
def test_english_is_free_in_names(name):
    assert not list(refused_in_name(name, "engine"))


def test_a_module_named_by_an_invented_word_is_found(tmp_path):
    (tmp_path / "_clock.py").write_text("")
    assert [finding.word for finding in findings(tmp_path)] == ["clock"]
