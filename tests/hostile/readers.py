"""The readers of untrusted files, and what each must return: an object, or an error that names the place."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import riskkit as rk
from riskkit.toml import from_toml, to_toml

__all__ = ["READERS", "RESULT", "Case", "Reader", "answer", "sealed", "size", "written"]

#: Files by their names in a folder.
Case = Mapping[str, bytes]

RESULT = ("result.toml", "scenario.toml", "paths.parquet")

#: Characters of a refusal or a warning, without the path of the file: what a person reads on a screen.
LONGEST = 10_000


@dataclass(frozen=True)
class Reader:
    """A reader, and the beginning of its errors: the path of a file, or the name of a frame.

    Parameters
    ----------
    file : str
        The file that it reads, "" for a folder.
    calls : mapping of str to callable
        The same reader with other arguments, by what tells one from another.
    files : tuple of str, optional
        The files that refusals may name; `file` by default.
    frame : str, optional
        What refusals call a frame; None where a file is read.
    """

    file: str
    calls: Mapping[str, Callable[[Path], object]]
    files: tuple[str, ...] = ()
    frame: str | None = None


def _scenario(file: Path) -> None:
    """The object has assumptions, and is equal after writing and reading."""
    scenario = rk.Scenario.load(file)
    assert repr(scenario)
    assert scenario.assumptions()
    assert from_toml(rk.Scenario, to_toml(scenario, strict=False)) == scenario


def _portfolio(portfolio: rk.Portfolio) -> None:
    """The object can be printed and measured, and all its numbers are finite."""
    assert repr(portfolio)
    for measured in (rk.concentration(portfolio, by) for by in ("holding", "founder")):
        assert 0.0 < measured.herfindahl <= 1.0 + 1e-9
        assert repr(measured)
    assert all(np.isfinite(portfolio.exposure(of=of)).all() for of in ("gross", "net"))


def _prices(prices: pd.DataFrame) -> None:
    """The prices are > 0 or gaps, with distinct names and ordered dates."""
    values = prices.to_numpy()
    assert (np.isnan(values) | ((values > 0.0) & np.isfinite(values))).all()
    assert prices.columns.is_unique
    assert prices.index.is_unique
    assert prices.index.is_monotonic_increasing


def _result(folder: Path) -> None:
    """The result computes every metric."""
    result = rk.Comparison.load(folder)
    assert len(result.table()) == len(result.errors()) == len(result.scenario.rules)
    assert repr(result)


def _frame(name: str, **arguments: Any) -> Callable[[Path], pd.DataFrame]:
    """A frame as pandas reads it from a file; a file that pandas cannot read counts as refused."""

    def read(file: Path) -> pd.DataFrame:
        with file.open("rb") as stream:
            heads = [line.split(b",") for line in islice(stream, 5)]
        if any(len(cells) - len(set(cells)) > 500 for cells in heads):  # pandas numbers them in quadratic time
            raise rk.InvalidInput(f"{name}.iloc[0]: pandas reads no frame here: too many heads repeat")
        if max(map(len, heads), default=0) > 20_000:  # it takes a tenth of a millisecond and more for each
            raise rk.InvalidInput(f"{name}.iloc[0]: pandas reads no frame here: too many columns")
        if re.search(rb"\d{5000}", file.read_bytes()):  # it tries in quadratic time whether that is a date
            raise rk.InvalidInput(f"{name}.iloc[0]: pandas reads no frame here: a number of thousands of digits")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return pd.read_csv(file, **arguments)
            except Exception as error:
                raise rk.InvalidInput(f"{name}.iloc[0]: pandas reads no frame here: {type(error).__name__}") from None

    return read


def _mapping(file: Path) -> dict[Any, dict[str, Any]]:
    """A mapping of names to fields, of a frame's rows; empty cells are no fields."""
    frame = _frame("frame", index_col=0)(file)
    rows = zip(frame.index, frame.to_dict("records"), strict=True)
    return {name: {field: cell for field, cell in row.items() if not pd.isna(cell)} for name, row in rows}


def _calls(check: Callable[[Any], None], read: Callable[..., Any], source: Callable[[Path], Any], **ways: Any) -> Any:
    """The calls of a reader: arguments by name of the call."""

    def call(arguments: Mapping[str, Any]) -> Callable[[Path], None]:
        return lambda file: check(read(source(file), **arguments))

    return {"": call({}), **{way: call(arguments) for way, arguments in ways.items()}}


def _path(file: Path) -> Path:
    return file


_FX = {"EUR": 1.1, "JPY": 0.0067, "GBP": 1.3, "USD": 1.0}

_HOLDINGS = {
    "currency": {"currency": "USD"},
    "fx": {"currency": "USD", "fx": {code: rate for code, rate in _FX.items() if code != "USD"}},
    "fx to EUR": {"currency": "EUR", "fx": {"USD": 0.9, "JPY": 0.006, "GBP": 1.2}},
    "fx to CHF": {"currency": "CHF", "fx": {"USD": 0.8, "EUR": 0.95, "JPY": 0.0054}},
    "keep": {"keep": ["TOTAL"]},
    "founders": {"founders": {"TSLA": "Musk"}},
    "shares of founders": {"founders": {"TSLA": {"Musk": 0.5, "Ann": 0.25}}},
    "loan": {"loan_rate": 0.05, "max_loan_to_value": 0.9},
}
_PRICES = {
    "name": {"name": "TSLA"},
    "splits": {"splits": {"TSLA": {"2020-08-31": 5.0}}},
    "real moves": {"real_moves": {"TSLA": ["2020-08-31"]}},
    "dates and decimals": {"date_format": "%d.%m.%Y", "decimal": ","},
    "day first": {"date_format": "%d/%m/%Y", "splits": {"TSLA": {"2026-09-01": 5.0}}},
}
_PRICES_OF_FRAMES = {
    "one level": {"index_col": 0, "parse_dates": True},
    "two levels": {"index_col": 0, "parse_dates": True, "header": [0, 1]},
}

READERS: dict[str, Reader] = {
    "scenario": Reader("scenario.toml", {"": _scenario}),
    "prices": Reader("prices.csv", _calls(_prices, rk.read.prices, _path, **_PRICES)),
    "price_frame": Reader(
        "frame.csv",
        {
            shape: _calls(_prices, rk.read.prices, _frame("prices", **arguments))[""]
            for shape, arguments in _PRICES_OF_FRAMES.items()
        },
        frame="prices",
    ),
    "holdings": Reader(
        "holdings.csv",
        _calls(_portfolio, rk.read.holdings, _path, **_HOLDINGS, comma={"decimal": ","}, point={"decimal": "."}),
    ),
    "holding_frame": Reader(
        "frame.csv",
        {
            **_calls(_portfolio, rk.Portfolio.from_frame, _frame("frame"), **_HOLDINGS),
            "mapping": _calls(_portfolio, rk.Portfolio.from_frame, _mapping)[""],
        },
        frame="frame",
    ),
    "nport": Reader(
        "primary_doc.xml",
        _calls(
            _portfolio,
            rk.read.nport,
            _path,
            notional={"derivatives": "notional"},
            founders={"founders": {"TSLA": "Musk"}},
            terms={"unlisted": rk.Locked(2.0), "loan_rate": 0.05, "max_loan_to_value": 0.5},
        ),
    ),
    "result": Reader("", {"": _result}, RESULT),
}

# After the name of the file: a line, a column, a key of TOML; or a requirement that a file can only fail as a whole.
_PLACED = re.compile(
    r"(, line \d+|, column |\.iloc\[\d+\]).*: |: (?!must )[\w\"-]+|:? must be .*(at (line|end|byte)|in position) ",
    re.DOTALL,
)
# What is wrong with an argument beside the file.
_ARGUMENTS = ("splits of ", "real_moves of ", "splits must name ", "real_moves must name ")
_WHOLE = re.compile(
    r":? ((must|'.*' must) (be|have|hold|name|make) "
    r"(a table|a header line|one index level|a column|the record of one company|one column|a line called"
    r"|two column levels|one founder|an element"
    r"|a Parquet file|\d+ rows"
    r"|at (least|most)|its columns"
    r"|TOML, got.*(recursion|digits))"
    r"|must lie in the folder|(sum of all values|the loan as a share of all values) must be"
    r"|does not match its checksum)",
    re.DOTALL,
)


def answer(reader: str, folder: Path, call: str = "") -> str:
    """Return "" if the reader accepts the folder, else its error: riskkit's own, with the place.

    Any other exception, or a warning that is not riskkit's, propagates: it is a failure. So does a refusal or a
    warning that no screen can show.
    """
    read = READERS[reader]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("error")
        warnings.simplefilter("always", rk.RiskkitWarning)
        try:
            read.calls[call](folder / read.file)
        except rk.RiskkitError as refusal:
            if str(refusal).startswith(_ARGUMENTS):
                return str(refusal)
            begins = [str(folder / name) for name in read.files or (read.file,)] if read.frame is None else [read.frame]
            return _placed(str(refusal), folder, begins)
    for warning in warned:
        _readable(str(warning.message).replace(str(folder), ""))
    return ""


def _placed(refusal: str, folder: Path, begins: Sequence[str]) -> str:
    begin = next((begin for begin in begins if refusal.startswith(begin)), None)
    assert begin is not None, f"names no file: {refusal}"
    rest = refusal.removeprefix(begin)
    assert _PLACED.match(rest) or _WHOLE.match(rest), f"names no place: {rest}"
    _readable(refusal.replace(str(folder), ""))
    return refusal


def _readable(text: str) -> None:
    """An error or a warning is short, and has no control characters."""
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
    """A changed result with correct checksums, as an attacker would write it."""
    facts = case[RESULT[0]]
    for name in RESULT[1:]:
        facts = facts.replace(_digest(before[name]), _digest(case[name]))
    return {**case, RESULT[0]: facts}


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content).hexdigest().encode()
