"""The readers of files that strangers write, and what each must give: an answer, or a refusal that names the place."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import riskkit as rk
from riskkit.scenario_file import scenario_from_toml, scenario_to_toml

__all__ = ["READERS", "RESULT", "Case", "Reader", "answer", "sealed", "size", "written"]

#: Files by their names in a folder.
Case = Mapping[str, bytes]

RESULT = ("result.toml", "scenario.toml", "paths.parquet")

#: Characters of a refusal or a warning, without the path of the file: what a person reads on a screen.
LONGEST = 10_000


@dataclass(frozen=True)
class Reader:
    """A reader: the file that it reads, "" for a folder; the calls, by what tells one from another; what it names."""

    file: str
    calls: Mapping[str, Callable[[Path], object]]
    names: tuple[str, ...] = ()


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


def _prices(prices: pd.DataFrame) -> None:
    """What is read is prices > 0 or gaps, of names that differ, on dates in order."""
    values = prices.to_numpy()
    assert (np.isnan(values) | ((values > 0.0) & np.isfinite(values))).all()
    assert prices.columns.is_unique
    assert prices.index.is_unique
    assert prices.index.is_monotonic_increasing


def _result(folder: Path) -> None:
    """What is read can be asked for every metric."""
    result = rk.Comparison.load(folder)
    assert len(result.table()) == len(result.errors()) == len(result.scenario.rules)
    assert repr(result)


def _holdings(**arguments: object) -> Callable[[Path], object]:
    return lambda file: _portfolio(rk.read.holdings(file, **arguments))


def _nport(**arguments: object) -> Callable[[Path], object]:
    return lambda file: _portfolio(rk.read.nport(file, **arguments))


READERS: dict[str, Reader] = {
    "scenario": Reader("scenario.toml", {"": _scenario}),
    "prices": Reader("prices.csv", {"": lambda file: _prices(rk.read.prices(file))}),
    "holdings": Reader("holdings.csv", {"": _holdings()}),
    "nport": Reader("primary_doc.xml", {"": _nport()}),
    "result": Reader("", {"": _result}, RESULT),
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


def answer(reader: str, folder: Path, call: str = "") -> str:
    """Return "" if the reader takes what is in the folder, else its refusal: riskkit's own, with the place.

    Any other exception, or a warning that is not riskkit's, comes through: it is a fault. So does a refusal or a
    warning that no screen can show.
    """
    read = READERS[reader]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("error")
        warnings.simplefilter("always", rk.RiskkitWarning)
        try:
            read.calls[call](folder / read.file)
        except rk.RiskkitError as refusal:
            return _placed(str(refusal), folder, read.names or (read.file,))
    for warning in warned:
        _readable(str(warning.message).replace(str(folder), ""))
    return ""


def _placed(refusal: str, folder: Path, names: tuple[str, ...]) -> str:
    file = next((str(folder / name) for name in names if refusal.startswith(str(folder / name))), None)
    assert file is not None, f"names no file: {refusal}"
    rest = refusal.removeprefix(file)
    assert _PLACED.match(rest) or _WHOLE.match(rest), f"names no place: {rest}"
    _readable(refusal.replace(str(folder), ""))
    return refusal


def _readable(text: str) -> None:
    """A refusal or a warning is no page, and holds no sign that a terminal obeys."""
    assert len(text) <= LONGEST, f"is {len(text):,} characters long: {text[:200]}"
    raw = next((sign for line in text.split("\n") for sign in line if not sign.isprintable()), None)
    assert raw is None, f"holds a raw {raw!a}: {text!a}"


def written(case: Case, folder: Path) -> Path:
    """Write a case into a folder, which then holds nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in case:
            old.unlink()
    for name, content in case.items():
        (folder / name).write_bytes(content)
    return folder


def size(case: Case) -> int:
    """Return the bytes of all files together."""
    return sum(map(len, case.values()))


def sealed(case: Case, before: Case) -> dict[str, bytes]:
    """A changed result with checksums that fit again, as someone writes it who means harm."""
    facts = case[RESULT[0]]
    for name in RESULT[1:]:
        facts = facts.replace(_digest(before[name]), _digest(case[name]))
    return {**case, RESULT[0]: facts}


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content).hexdigest().encode()
