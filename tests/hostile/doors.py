"""The doors through which files come in from strangers, and what is asked of each: an answer, or a refusal by place."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

import riskkit as rk
from riskkit.scenario_file import scenario_from_toml, scenario_to_toml

__all__ = ["DOORS", "RESULT", "Case", "answer", "sealed", "written"]

#: Files by their names in a folder.
Case = Mapping[str, bytes]

RESULT = ("result.toml", "scenario.toml", "paths.parquet")


def _scenario(file: Path) -> None:
    """What is read can be told in words, and is the same once it is written and read again."""
    scenario = rk.Scenario.load(file)
    assert repr(scenario)
    assert scenario.assumptions()
    assert scenario_from_toml(scenario_to_toml(scenario, strict=False)) == scenario


def _portfolio(portfolio: rk.Portfolio) -> None:
    """What is read can be printed and measured, and every number of it is finite."""
    assert repr(portfolio)
    for measured in (rk.concentration(portfolio, by) for by in ("holding", "founder")):
        assert 0.0 < measured.herfindahl <= 1.0 + 1e-9
        assert repr(measured)
    assert all(np.isfinite(portfolio.exposure(of=of)).all() for of in ("gross", "net"))


def _result(folder: Path) -> None:
    """What is read can be asked for every metric."""
    result = rk.Comparison.load(folder)
    assert len(result.table()) == len(result.errors()) == len(result.scenario.rules)
    assert repr(result)


#: Door → the file that it opens, and how; a saved result is the folder itself.
DOORS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "scenario": ("scenario.toml", _scenario),
    "prices": ("prices.csv", rk.read.prices),
    "holdings": ("holdings.csv", lambda file: _portfolio(rk.read.holdings(file))),
    "nport": ("primary_doc.xml", lambda file: _portfolio(rk.read.nport(file))),
    "result": ("", _result),
}

# After the name of the file: a line, a column, a key of TOML; or a requirement that a file can only fail as a whole.
_PLACED = re.compile(
    r", (line \d+|column ).*: |: (?!must )[\w\"-]+|:? must be .*(at (line|end|byte)|in position) ", re.DOTALL
)
_WHOLE = re.compile(
    r":? ((must|'.*' must) (be|have|hold|name|make) "
    r"(a table|a column|one column|one founder|an element|a Parquet file|\d+ rows|at (least|most)|its columns"
    r"|TOML, got.*(recursion|digits))"
    r"|must lie in the folder|(sum of all values|what is owed,.*) must be|does not match its checksum)",
    re.DOTALL,
)


def answer(door: str, folder: Path) -> str:
    """Return "" if the door takes what is in the folder, else its refusal, which must be riskkit's and name the place.

    Any other exception, or a warning that is not riskkit's, comes through: it is a fault.
    """
    name, opened = DOORS[door]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        try:
            opened(folder / name)
        except rk.RiskkitError as refusal:
            return _placed(str(refusal), folder, RESULT if door == "result" else (name,))
    return ""


def _placed(told: str, folder: Path, names: tuple[str, ...]) -> str:
    file = next((str(folder / name) for name in names if told.startswith(str(folder / name))), None)
    assert file is not None, f"names no file: {told}"
    rest = told.removeprefix(file)
    assert _PLACED.match(rest) or _WHOLE.match(rest), f"names no place: {rest}"
    return told


def written(case: Case, folder: Path) -> Path:
    """Write a case into a folder, which then holds nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in case:
            old.unlink()
    for name, content in case.items():
        (folder / name).write_bytes(content)
    return folder


def sealed(case: Case, before: Case) -> dict[str, bytes]:
    """A changed result with checksums that fit again, as someone writes it who means harm."""
    facts = case[RESULT[0]]
    for name in RESULT[1:]:
        facts = facts.replace(_digest(before[name]), _digest(case[name]))
    return {**case, RESULT[0]: facts}


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content).hexdigest().encode()
