"""A saved result takes no more memory than its scenario's columns: what a file claims is checked before it is read."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_saving_over import made

import riskkit as rk
from riskkit._core.errors import InvalidInput, NotEnoughMemory
from riskkit.engine.execution import parquet_bounds


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    made(1).save(tmp_path)
    return tmp_path


def sealed(folder: Path, content: bytes, *facts: tuple[str, str]) -> None:
    """Put other paths and facts into a saved result, with the checksum that fits, as someone does who means harm."""
    before = hashlib.blake2b((folder / "paths.parquet").read_bytes()).hexdigest()
    (folder / "paths.parquet").write_bytes(content)
    text = (folder / "result.toml").read_text(encoding="utf-8")
    for old, new in (*facts, (before, hashlib.blake2b(content).hexdigest())):
        assert old in text
        text = text.replace(old, new)
    (folder / "result.toml").write_text(text, encoding="utf-8")


def columns(folder: Path) -> dict[str, pa.ChunkedArray]:
    table = pq.read_table(folder / "paths.parquet")
    return {name: table[name] for name in table.column_names}


def parquet(arrays: dict[str, object], **how: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink, compression="zstd", **how)
    return sink.getvalue()


@pytest.fixture
def nothing_read(monkeypatch):
    """Reading a column is a fault of the test: all must be refused by the footer and the headers of pages."""

    def read(*args: object, **named: object) -> None:
        raise AssertionError("a column was read")

    monkeypatch.setattr(pq.ParquetFile, "read", read)


@pytest.mark.usefixtures("nothing_read")
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({f"more {n}": np.zeros(20) for n in range(300)}, "column 'more 0' and 299 more must not be there"),
        ({"ticks: flood": np.zeros(20, np.int64)}, "column 'ticks: flood' must not be there"),
        ({"wealth: Hold": np.zeros(20)}, "column 'wealth: Hold' must not be there; a result has 29 columns"),
        ({"x" * 5000: np.zeros(20)}, r"column 'xxx.{60,80}\.\.\. must not be there"),
    ],
    ids=["300", "a shock", "almost a rule", "a long name"],
)
def test_columns_that_the_scenario_does_not_have_are_refused_before_any_is_read(saved, more, message):
    """29 columns: a weight, a holding, and of one rule 8 of wealth and drawdown, 4 + 4 at thresholds, 11 more."""
    sealed(saved, parquet(columns(saved) | more))
    with pytest.raises(InvalidInput, match=message):
        rk.Comparison.load(saved)


@pytest.mark.usefixtures("nothing_read")
@pytest.mark.parametrize("kind", ["ticks", "hazards", "holdings"])
def test_names_in_the_facts_that_the_scenario_does_not_have_are_refused(saved, kind):
    """Else three hundred of them would be read as columns of the result."""
    names = [f"s{n}" for n in range(300)]
    prefix = {"ticks": "ticks", "hazards": "hazard", "holdings": "holding catastrophe"}[kind]
    dtype = np.int64 if kind == "ticks" else np.float64
    more = {f"{prefix}: {name}": np.zeros(20, dtype) for name in names}
    old = 'holdings = [\n    "TSLA",\n]' if kind == "holdings" else f"{kind} = []"
    sealed(saved, parquet(columns(saved) | more), (old, f"{kind} = {names}".replace("'", '"')))
    whose = "founder holdings" if kind == "holdings" else "shocks"
    with pytest.raises(
        InvalidInput, match=rf"result\.toml: {kind} must name the {whose} of the scenario .*, got \['s0'"
    ):
        rk.Comparison.load(saved)


@pytest.mark.usefixtures("nothing_read")
@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pa.array(["a" * 2**20] * 20), "column 'wealth: hold' must be float64, got 'string'"),
        (pa.array(np.zeros(20, np.float32)), "column 'wealth: hold' must be float64, got 'float'"),
        (pa.array([[0.0] * 1000] * 20), "column 'wealth: hold' must be float64, got 'list<"),
        (pa.array([{"a": 0.0}] * 20), "column 'wealth: hold' must be float64, got 'struct<"),
    ],
    ids=["text", "float32", "lists", "structs"],
)
def test_columns_of_other_types_are_refused_before_any_is_read(saved, values, message):
    sealed(saved, parquet(columns(saved) | {"wealth: hold": values}))
    with pytest.raises(InvalidInput, match=message):
        rk.Comparison.load(saved)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_read")
def test_rows_beyond_those_of_the_facts_are_refused_before_any_is_read(saved):
    """Ten million equal rows of 29 columns are 1.3 MB on disk and 2.3 GB once read."""
    many = {name: np.zeros(10_000_000, np.int64 if name == "stratum" else float) for name in columns(saved)}
    content = parquet(many)
    assert len(content) < 2_000_000
    sealed(saved, content)
    with pytest.raises(InvalidInput, match=r"must have 20 rows, got 10000000"):
        rk.Comparison.load(saved)


@pytest.mark.usefixtures("nothing_read")
def test_all_columns_count_where_they_would_not_fit_into_memory(saved, monkeypatch):
    """20 rows of 29 columns are 4640 bytes. Four fifths may be taken: 4560 of 5700 bytes, 4800 of 6000."""
    monkeypatch.setattr("riskkit.engine.execution.memory.memory_size", lambda: 5700.0)
    with pytest.raises(NotEnoughMemory, match="20 paths of 1 rules need"):
        rk.Comparison.load(saved)
    monkeypatch.setattr("riskkit.engine.execution.memory.memory_size", lambda: 6000.0)
    with pytest.raises(AssertionError, match="a column was read"):
        rk.Comparison.load(saved)


def test_a_file_of_many_row_groups_and_pages_of_its_own_is_read(saved):
    """How a file is cut up is its writer's business, as long as it adds up."""
    content = parquet(columns(saved), row_group_size=3, data_page_size=8, use_dictionary=False, data_page_version="2.0")
    sealed(saved, content)
    np.testing.assert_array_equal(rk.Comparison.load(saved).values("hold", "wealth"), made(1).values("hold", "wealth"))


# ---------------------------------------------------------------------------------------------------------------------
# Files whose footer lies
# ---------------------------------------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    """A whole number as Thrift's compact protocol has it: zigzag, seven bits a byte."""
    value = value << 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def test_a_page_that_decompresses_beyond_its_column_is_refused(saved):
    """The header of a page tells how much is set aside for it, up to 2 GB, whatever the footer says of the column."""
    content = bytearray(parquet(columns(saved), use_dictionary=False))
    chunk = pq.ParquetFile(io.BytesIO(bytes(content))).metadata.row_group(0).column(0)
    place = chunk.data_page_offset
    decompressed, compressed, length = parquet_bounds._page(bytes(content[place : place + 4096]))
    assert length + compressed == chunk.total_compressed_size
    # Field 1 is the kind of page, field 2 what it takes once decompressed; one as long in bytes takes its place.
    assert content[place : place + 3] == bytes([0x15, 0x00, 0x15])
    old = varint(decompressed)
    longest = 2 ** (7 * len(old) - 1) - 1
    content[place + 3 : place + 3 + len(old)] = varint(longest)
    found = parquet_bounds._page(bytes(content[place : place + 4096]))
    assert found == (longest, compressed, length)
    most = parquet_bounds.BYTES_PER_ROW * 20 + parquet_bounds.BYTES_OF_PAGES
    (saved / "paths.parquet").write_bytes(content)
    with (saved / "paths.parquet").open("rb") as file:
        assert parquet_bounds._decompressed(file, chunk, most) == longest


def test_page_headers_by_hand():
    """Kind 0, 3000 bytes decompressed, 25 stored, then a struct of three fields, as Thrift has them."""
    inner = bytes([0x15]) + varint(20) + bytes([0x15]) + varint(0) + bytes([0x15]) + varint(3) + b"\x00"
    page = bytes([0x15]) + varint(0) + bytes([0x15]) + varint(3000) + bytes([0x15]) + varint(25)
    page += bytes([0x2C]) + inner + b"\x00"
    assert parquet_bounds._page(page + b"what is stored") == (3000, 25, len(page))
    for fault in (b"", page[:5], bytes([0x1F]), bytes([0x1C]) * 40, b"\x15" + b"\xff" * 40, b"\x00"):
        with pytest.raises(ValueError, match=r"."):
            parquet_bounds._page(fault)


@pytest.mark.parametrize("length", [2**24, 2**32 - 1])
def test_a_footer_that_is_too_long_is_refused_before_it_is_parsed(saved, length):
    content = bytes(2**24) + parquet(columns(saved))
    sealed(saved, content[:-8] + length.to_bytes(4, "little") + b"PAR1")
    with pytest.raises(InvalidInput, match=rf"must be a Parquet file, got a footer of {length:,} bytes"):
        rk.Comparison.load(saved)


PEAK = """
import resource, sys
import riskkit as rk
import pyarrow.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    rk.Comparison.load(sys.argv[1])
except rk.InvalidInput as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss is that of Linux")
def test_a_small_file_with_many_columns_takes_little_memory(saved):
    """300 columns of a million equal rows would take 2.4 GB; refusing them takes less than 100 MB."""
    many = {name: np.zeros(1_000_000) for name in [*columns(saved), *(f"ticks: {n}" for n in range(300))]}
    content = parquet(many)
    assert len(content) < 2_000_000
    sealed(saved, content, ("paths = 20", "paths = 1000000"))
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(saved)], capture_output=True, text=True, timeout=120, check=True
    )
    assert int(run.stdout) < 100_000  # kB


# ---------------------------------------------------------------------------------------------------------------------
# Parts of a run
# ---------------------------------------------------------------------------------------------------------------------


def run(folder: Path):
    scenario = rk.Scenario(
        rk.Portfolio([rk.Holding("A", 1.0)]),
        rk.Market({"A": rk.Asset(0.08, 0.3)}),
        rk.Hold(),
        years=1,
        steps_per_year=4,
    )
    return rk.compare(scenario, paths=300, checkpoint=folder, workers=1, progress=False)


@pytest.mark.parametrize(
    "changed",
    [
        lambda table: table.set_column(0, table.column_names[0], pa.array(["a" * 1000] * len(table))),
        lambda table: table.append_column(table.column_names[0], table[0]),
        lambda table: pa.table({name: np.zeros(5_000_000) for name in table.column_names}),
        lambda table: table.drop_columns(table.column_names[0]),
    ],
    ids=["text", "twice", "rows", "missing"],
)
def test_a_shard_that_differs_from_what_was_written_is_refused_before_it_is_read(tmp_path, changed, monkeypatch):
    run(tmp_path)
    part = min(tmp_path.glob("*.parquet"))
    pq.write_table(changed(pq.read_table(part)), part, compression="zstd")
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *args, **named: pytest.fail("a column was read"))
    with pytest.raises(InvalidInput, match=rf"{part.name} .*remove it and run again"):
        run(tmp_path)
