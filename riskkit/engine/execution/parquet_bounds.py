"""Parquet files from strangers: what a file claims is checked before anything in it is decompressed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import product
from operator import length_hint
from pathlib import Path
from typing import IO, Any

import numpy as np

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr

__all__ = ["check_columns", "check_footer"]

#: Bytes that a footer may take: for the file, and for each column of each row group.
FOOTER, FOOTER_A_CHUNK = 2**20, 2**11
#: A row group of that many bytes is the smallest that is expected, but for the last one.
SMALLEST_GROUP = 2**22
#: Bytes of a column chunk once it is decompressed: for each row, a number and its place in a dictionary, and for pages.
A_ROW, PAGES = 16, 2**16
#: Bytes that the header of a page may take.
HEADER = 2**12


def check_footer(path: Path, columns: int, rows: int) -> None:
    """Refuse a file whose footer is too long for so many columns and rows: it is parsed as a whole.

    Raises
    ------
    InvalidInput
        If it is no Parquet file, or its footer is too long.
    OSError
        If it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - 8, 0))
        end = file.read(8)
    if size < 12 or end[4:] != b"PAR1":
        raise InvalidInput(f"{path} must be a Parquet file, got another one or one that is cut short")
    length = int.from_bytes(end[:4], "little")
    most = FOOTER + FOOTER_A_CHUNK * columns * (2 + 8 * rows * columns // SMALLEST_GROUP)
    if length > min(most, size):
        raise InvalidInput(f"{path} must be a Parquet file, got a footer of {length:,} bytes; at most {most:,} fit")


def check_columns(path: Path, file: Any, wanted: Mapping[str, type], rows: int, *, alone: bool) -> None:
    """Refuse a file that has not the columns that are wanted, or whose columns would be longer once decompressed.

    Parameters
    ----------
    path : Path
        Of the file.
    file : pyarrow.parquet.ParquetFile
        The file, of which only the footer has been read.
    wanted : mapping of str to type
        Name of a column → ``np.float64`` or ``np.int64``.
    rows : int
        Number of rows.
    alone : bool
        Whether other columns are refused.

    Raises
    ------
    InvalidInput
        The message names the column.
    """
    import pyarrow as pa

    schema, metadata = file.schema_arrow, file.metadata
    if metadata.num_rows != rows:
        raise InvalidInput(f"{path} must have {rows} rows, got {metadata.num_rows}")
    there: dict[str, int] = {}
    for name in schema.names:
        there[name] = there.get(name, 0) + 1
    for name, dtype in wanted.items():
        if there.get(name, 0) != 1:
            raise InvalidInput(f"{path} must have one column {name!r}, got {there.get(name, 0)}")
        kind = schema.field(name).type
        if kind != (pa.float64() if dtype is np.float64 else pa.int64()):  # a list or a text may be of any length
            raise InvalidInput(f"{path}: column {name!r} must be {dtype.__name__}, got {short_repr(str(kind))}")
    if alone and len(there) > len(wanted):
        others = [name for name in there if name not in wanted]
        more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
        raise InvalidInput(
            f"{path}: column {short_repr(others[0], 80)}{more} must not be there; a result has {len(wanted):,} columns"
        )
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    if any(group.num_rows < 0 for group in groups) or sum(group.num_rows for group in groups) != rows:
        raise InvalidInput(f"{path} must have {rows} rows, got row groups of another sum")
    leaves = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
    numbers = [number for number, leaf in enumerate(leaves) if leaf in wanted]
    with path.open("rb") as content:
        for group, number in product(groups, numbers):
            chunk = group.column(number)
            most = A_ROW * group.num_rows + PAGES
            if chunk.num_values != group.num_rows or not 0 <= _decompressed(content, chunk, most) <= most:
                raise InvalidInput(
                    f"{path}: column {leaves[number]!r} must be {group.num_rows:,} numbers, got more or other ones"
                )


def _decompressed(file: IO[bytes], chunk: Any, most: int) -> int:
    """Bytes that the pages of a column chunk take once they are decompressed, by their headers; -1 for a fault."""
    place = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < place:
        place = chunk.dictionary_page_offset
    end = place + chunk.total_compressed_size
    size = os.fstat(file.fileno()).st_size
    if not 0 < place <= end <= size:
        return -1
    total = 0
    while place < end and total <= most:
        file.seek(place)
        try:
            decompressed, compressed, header = _page(file.read(HEADER))
        except ValueError:
            return -1
        if decompressed < 0 or compressed < 0:
            return -1
        total += decompressed
        place += header + compressed
    return total


def _page(content: bytes) -> tuple[int, int, int]:
    """Bytes of a page once decompressed and as stored, and those of its header (Thrift's compact protocol)."""
    stream = iter(content)
    sizes = dict(_fields(stream))
    if not sizes.keys() >= {2, 3}:
        raise ValueError("no sizes")
    return sizes[2], sizes[3], len(content) - length_hint(stream)


def _fields(stream: Iterator[int], depth: int = 0) -> Iterator[tuple[int, int]]:
    """Number and value of each field of a struct; of what is not a whole number the value is 0."""
    if depth > 8:
        raise ValueError("nested too deep")
    field = 0
    while (head := _byte(stream)) != 0:
        delta, kind = head >> 4, head & 15
        field = field + delta if delta else _whole(stream)
        yield field, _value(stream, kind, depth)


def _value(stream: Iterator[int], kind: int, depth: int) -> int:
    """Read a value; see the Thrift compact protocol for the kinds."""
    if kind in (1, 2):  # true and false are in the kind
        return 0
    if kind == 3:
        return _byte(stream)
    if kind in (4, 5, 6):
        return _whole(stream)
    if kind == 8:
        for _ in range(_varint(stream)):
            _byte(stream)
        return 0
    if kind == 12:
        for _ in _fields(stream, depth + 1):
            pass
        return 0
    raise ValueError(f"no page has a field of kind {kind}")


def _byte(stream: Iterator[int]) -> int:
    for byte in stream:
        return byte
    raise ValueError("cut short")


def _varint(stream: Iterator[int]) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = _byte(stream)
        value |= (byte & 127) << shift
        if byte < 128:
            return value
    raise ValueError("too many bytes")


def _whole(stream: Iterator[int]) -> int:
    value = _varint(stream)
    return (value >> 1) ^ -(value & 1)
