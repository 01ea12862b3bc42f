"""Untrusted Parquet files: bounds that are checked before anything is decompressed."""

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

#: Most bytes of a footer: for the file, and for each column of each row group.
FOOTER, FOOTER_PER_CHUNK = 2**20, 2**11
#: Fewest expected bytes of a row group, except the last one.
SMALLEST_GROUP = 2**22
#: Most bytes of a decompressed column chunk: per row, a number and its index in a dictionary, and for its pages.
BYTES_PER_ROW, BYTES_OF_PAGES = 16, 2**16
#: Most bytes of the header of a page.
HEADER = 2**12


def check_footer(path: Path, columns: int, rows: int) -> None:
    """Refuse a file whose footer is too long for its columns and rows, because it is parsed as a whole.

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
        raise InvalidInput(f"{path} must be a Parquet file, got another file or a truncated one")
    length = int.from_bytes(end[:4], "little")
    most = FOOTER + FOOTER_PER_CHUNK * columns * (2 + 8 * rows * columns // SMALLEST_GROUP)
    if length > min(most, size):
        raise InvalidInput(f"{path} must be a Parquet file, got a footer of {length:,} bytes; at most {most:,} fit")


def check_columns(path: Path, file: Any, wanted: Mapping[str, type], rows: int, *, alone: bool) -> None:
    """Refuse a file without the columns that are wanted, or with columns that are longer once decompressed.

    Parameters
    ----------
    path : Path
        Path of the file.
    file : pyarrow.parquet.ParquetFile
        The file; only its footer has been read.
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
    column_paths = [metadata.schema.column(number).path for number in range(metadata.num_columns)]
    numbers = [number for number, column_path in enumerate(column_paths) if column_path in wanted]
    with path.open("rb") as content:
        for group, number in product(groups, numbers):
            chunk = group.column(number)
            most = BYTES_PER_ROW * group.num_rows + BYTES_OF_PAGES
            if chunk.num_values != group.num_rows or not 0 <= _decompressed(content, chunk, most) <= most:
                raise InvalidInput(
                    f"{path}: column {column_paths[number]!r} must be {group.num_rows:,} numbers, got more or others"
                )


def _decompressed(file: IO[bytes], chunk: Any, most: int) -> int:
    """Bytes of the decompressed pages of a column chunk, by their headers; -1 if a header is invalid."""
    position = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < position:
        position = chunk.dictionary_page_offset
    end = position + chunk.total_compressed_size
    size = os.fstat(file.fileno()).st_size
    if not 0 < position <= end <= size:
        return -1
    total = 0
    while position < end and total <= most:
        file.seek(position)
        try:
            decompressed, compressed, header = _page(file.read(HEADER))
        except ValueError:
            return -1
        if decompressed < 0 or compressed < 0:
            return -1
        total += decompressed
        position += header + compressed
    return total


def _page(content: bytes) -> tuple[int, int, int]:
    """Bytes of a page decompressed and compressed, and of its header (Thrift's compact protocol)."""
    stream = iter(content)
    sizes = dict(_fields(stream))
    if not sizes.keys() >= {2, 3}:
        raise ValueError("no sizes")
    return sizes[2], sizes[3], len(content) - length_hint(stream)


def _fields(stream: Iterator[int], depth: int = 0) -> Iterator[tuple[int, int]]:
    """Number and value of each field of a struct; the value is 0 if it is no integer."""
    if depth > 8:
        raise ValueError("nested too deep")
    field = 0
    while (head := _byte(stream)) != 0:
        delta, kind = head >> 4, head & 15
        field = field + delta if delta else _zigzag(stream)
        yield field, _value(stream, kind, depth)


def _value(stream: Iterator[int], kind: int, depth: int) -> int:
    """Read a value; see the Thrift compact protocol for the kinds."""
    if kind in (1, 2):  # true and false are in the kind
        return 0
    if kind == 3:
        return _byte(stream)
    if kind in (4, 5, 6):
        return _zigzag(stream)
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
    raise ValueError("truncated")


def _varint(stream: Iterator[int]) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = _byte(stream)
        value |= (byte & 127) << shift
        if byte < 128:
            return value
    raise ValueError("too many bytes")


def _zigzag(stream: Iterator[int]) -> int:
    value = _varint(stream)
    return (value >> 1) ^ -(value & 1)
