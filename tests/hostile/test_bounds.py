"""Sizes are bounded: a small file cannot take much memory or time, and a large one is refused before it does."""

from __future__ import annotations

import io
import tomllib
import tracemalloc

import numpy as np
import pytest
from file_seeds import NPORT
from readers import RESULT, answer, sealed, written
from seeds import sound_result

import riskkit as rk
from riskkit.read import csv_file, nport_lines, price_file
from riskkit.toml import toml_limits

MUCH = 200 * 2**20


@pytest.fixture
def little_memory():
    """The test must not take 200 MiB."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MUCH, f"took {peak / 2**20:.0f} MiB"


def scenario(content: str) -> dict[str, bytes]:
    return {"scenario.toml": content.encode()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 20_000,
        "a = " + "[" * 100_000 + "]" * 100_000,
        "[" + "a." * 5_000 + "a]",
        "\n".join(f"k{number} = 1" for number in range(50_000)),
        "riskkit = '" + "9" * 5_000 + "'",
        "riskkit = " + "9" * 5_000,
        "years = " + "9" * 400,
        "years = " + "0x" + "f" * 100_000,
    ],
    ids=["open arrays", "open tables", "arrays", "dotted keys", "many keys", "version", "digits", "beyond", "hex"],
)
def test_deep_wide_and_long_scenarios_are_refused(content, tmp_path, little_memory):
    assert answer("scenario", written(scenario(content), tmp_path / "case"))


@pytest.mark.slow
def test_of_twenty_thousand_faulty_holdings_the_first_are_told(tmp_path, little_memory):
    """Each error takes a line; the time does not grow with the square of their number."""
    content = "".join(f"[[portfolio.holdings]]\nname = 'h{number}'\nvalue = -1\n" for number in range(20_000))
    refusal = answer("scenario", written(scenario(content), tmp_path / "case")).splitlines()
    assert ["holdings[19]: Holding 'h19': value must be >= 0, got -1.0" in line for line in refusal].count(True) == 1
    assert "there are more errors" in refusal[-1]
    assert len(refusal) == 21


def test_a_long_csv_file_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_file, "_MAX_FILE_BYTES", 1_000)
    case = {"prices.csv": b"date,A\n" + b"2026-01-01,1\n" * 100}
    assert "must have at most 1,000 bytes, got more" in answer("prices", written(case, tmp_path / "case"))


def test_a_device_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(csv_file, "_MAX_FILE_BYTES", 1_000)
    with pytest.raises(rk.InvalidInput, match="/dev/zero: must have at most 1,000 bytes, got more"):
        rk.read.prices("/dev/zero")


def test_a_long_file_of_scattered_dates_makes_no_huge_table(tmp_path, little_memory):
    """20,000 names with a date each would make a table of 400 million prices, 3 GB, from 400 kB."""
    lines = "\n".join(f"{1000 + n // 336:04}-{n % 336 // 28 + 1:02}-{n % 28 + 1:02},N{n},1" for n in range(20_000))
    refusal = answer("prices", written({"prices.csv": f"date,name,price\n{lines}".encode()}, tmp_path / "case"))
    assert (
        f"must make a table of at most {price_file._MAX_PRICES:,} prices, got 20,000 dates of 20,000 names" in refusal
    )


def test_a_filing_of_more_lines_than_any_fund_has_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(nport_lines, "_MAX_LINES", 1_000)
    line = b"<invstOrSec><name>a</name><valUSD>1</valUSD></invstOrSec>"
    case = {"primary_doc.xml": NPORT.replace(b"</invstOrSecs>", line * 1_001 + b"</invstOrSecs>")}
    assert "must have at most 1,000 <invstOrSec>, got more" in answer("nport", written(case, tmp_path / "case"))


# ---------------------------------------------------------------------------------------------------------------------
# Parquet
# ---------------------------------------------------------------------------------------------------------------------


def result(facts: dict[str, str], **columns: object) -> dict[str, bytes]:
    """A saved result with other facts and other columns of paths, and with checksums that fit."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    before = sound_result()
    table = pq.read_table(io.BytesIO(before["paths.parquet"]))
    arrays = {name: columns.get(name, table[name]) for name in table.column_names}
    if "every" in columns:
        arrays = dict.fromkeys(arrays, columns["every"])
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink, compression="zstd")
    text = before[RESULT[0]]
    for old, new in facts.items():
        assert old.encode() in text
        text = text.replace(old.encode(), new.encode())
    return sealed({**before, RESULT[0]: text, "paths.parquet": sink.getvalue()}, before)


def test_paths_that_would_not_fit_into_memory_are_refused_before_they_are_read(tmp_path, monkeypatch):
    """A column of one value is run-length encoded: 10^9 rows may be a few kilobytes on disk, and 8 GB in memory."""
    monkeypatch.setattr("riskkit.engine.execution.memory.memory_size", lambda: 1000.0)
    refusal = answer("result", written(sound_result(), tmp_path / "case"))
    assert "paths.parquet: 10 paths of 2 rules need" in refusal


@pytest.mark.parametrize("rows", ["0", "9", "11", "-1", "1" * 30])
def test_the_facts_must_tell_the_rows_of_the_file(rows, tmp_path):
    assert answer("result", written(result({"paths = 10": f"paths = {rows}"}), tmp_path / "case"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1.0, "must be from 0 to 1, got -1.0 in row 3"),
        (1e140, "must be from 0 to 1, got 1e+140 in row 3"),
        (0.2, "must sum to 1, got the sum 1.1"),
    ],
)
def test_weights_that_are_none_are_refused(value, message, tmp_path):
    weights = np.full(10, 0.1)
    weights[3] = value
    refusal = answer("result", written(result({}, weight=weights), tmp_path / "case"))
    assert f"column 'weight' {message}" in refusal


@pytest.mark.parametrize("value", [np.nan, np.inf, -1e200])
@pytest.mark.parametrize("quantity", ["wealth: hold", "max_drawdown: rebalance"])
def test_paths_that_are_no_numbers_are_refused(quantity, value, tmp_path):
    values = np.full(10, 0.5)
    values[3] = value
    assert f"column '{quantity}' must be from 0 to " in answer(
        "result", written(result({}, **{quantity: values}), tmp_path / "case")
    )


def test_a_column_of_lists_is_refused_by_its_type(tmp_path):
    """Ten rows of lists may hold any number of numbers; one row here has four million."""
    import pyarrow as pa

    values = pa.ListArray.from_arrays(pa.array([0] * 10 + [2**22], pa.int32()), pa.array(np.zeros(2**22)))
    refusal = answer("result", written(result({}, **{"wealth: hold": values}), tmp_path / "case"))
    assert "column 'wealth: hold' must be float64, got 'list<" in refusal


def test_tails_that_no_drawdowns_have_are_refused(tmp_path):
    """From one threshold to the next the mean excess can neither grow nor fall by more than the gap."""
    for grown in (0.999, 0.0):
        refusal = answer("result", written(result({}, **{"excess_2: hold": np.full(10, grown)}), tmp_path / "case"))
        assert "column 'excess_" in refusal, grown


@pytest.mark.parametrize(("name", "most"), [("seed = 1", 2**64 - 1), ("group = 1", 2**20)])
@pytest.mark.parametrize("number", ["-1", "18446744073709551616", "1" + "0" * 900, "0x" + "f" * 900])
def test_numbers_of_the_facts_are_bounded(name, most, number, tmp_path):
    key = name.split()[0]
    case = result({f"\n{name}\n": f"\n{key} = {number}\n"})
    refusal = answer("result", written(case, tmp_path / "case"))
    assert f"result.toml: {key} must be >= " in refusal
    assert f"<= {most}, got" in refusal


# ---------------------------------------------------------------------------------------------------------------------
# TOML
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["result.toml", "scenario.toml"])
def test_a_long_toml_file_is_refused_before_it_is_parsed(name, tmp_path, monkeypatch):
    monkeypatch.setattr(toml_limits, "_MAX_FILE_BYTES", 10_000)
    before = sound_result()
    case = sealed({**before, name: before[name] + b"#" * 10_000}, before)
    assert f"{name} must have at most 10,000 bytes, got more" in answer("result", written(case, tmp_path / "case"))


def test_a_scenario_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(toml_limits, "_MAX_FILE_BYTES", 1_000)
    with pytest.raises(rk.InvalidInput, match="/dev/zero must have at most 1,000 bytes, got more"):
        rk.Scenario.load("/dev/zero")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ("\n\na = " + "[" * 60, "line 3: tables and arrays must be nested at most 50 deep"),
        ("\na = " + "{ b = " * 60, "line 2: tables and arrays must be nested at most 50 deep"),
        ("\n[" + "a." * 50_000 + "a]", "line 2: a dotted key must have at most 32 parts"),
        ("\n" + "'a' . \"b\"." * 30_000 + "a = 1", "line 2: a dotted key must have at most 32 parts"),
        ("a = [{ " + "b." * 30 + "c = [[{ " + "b." * 20 + "c = 1}]]}]", "a[0].b must be nested at most 50 deep"),
        ("\n\nyears = " + "1" * 1_001, "line 3: a number must have at most 1,000 digits"),
        ("years = 0x" + "f" * 5_000, "line 1: a number must have at most 1,000 digits"),
    ],
    ids=["arrays", "tables", "dotted", "dotted with quotes", "both", "digits", "hex"],
)
def test_what_takes_a_parser_long_is_refused_by_line(content, refusal, tmp_path):
    """The standard library takes more than a minute for a dotted key of 50,000 parts."""
    assert refusal in answer("scenario", written(scenario(content), tmp_path / "case"))


@pytest.mark.parametrize(
    "text",
    [
        'a = "' + "[" * 60 + '"',
        "a = '" + "{" * 60 + "'",
        'a = """\n' + "[" * 60 + '\\""" ' + "[" * 60 + '""""',
        "a = '''\n" + "[" * 60 + "'''''\n",
        "# " + "[" * 60 + "\na = 1",
        "# it's\na = [" + "[1], " * 100 + "]",
        'a = "' + "9" * 1_200 + '"',
        "a = '" + "b." * 40 + "'",
        "a = 1" + "_1" * 400,
        "a = [" + "1.5, " * 1000 + "]",
    ],
)
def test_what_only_looks_deep_is_read_as_the_parser_reads_it(text):
    """Strings and comments may hold anything."""
    assert toml_limits.parse_toml(text, "f") == tomllib.loads(text)
