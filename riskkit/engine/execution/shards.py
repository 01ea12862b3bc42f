"""Shards: columns on disk, one atomically written Parquet file per range of paths."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from riskkit._core.atomic_write import PARTIAL, write_atomically
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr
from riskkit.engine.columns import ShardColumns, named_columns, source_columns
from riskkit.engine.execution.out_of_core import Streamed, values_at
from riskkit.engine.execution.parquet_bounds import check_columns, check_footer
from riskkit.engine.execution.scratch_folder import ScratchFolder
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.outcomes import NAMED, Rows, label

__all__ = ["Shards", "on_disk", "rows_of"]

#: Most columns of a shard. It bounds the footer, because a reader of a few columns does not know the number of all.
MOST_COLUMNS = 2**13


class Shards:
    """The shards in a folder; a file name gives the first path and the one after the last.

    Parameters
    ----------
    folder : Path, optional
        The folder; by default a temporary one that is removed with this object.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.temporary = None
        if folder is None:
            self.temporary = ScratchFolder()
            folder = self.temporary.path
        self.folder = folder
        for partial_file in self.folder.glob(f"*{PARTIAL}"):
            partial_file.unlink()
        self.files = {_range_of(path): path for path in self.folder.glob("paths-*.parquet")}

    @cached_property
    def ordered(self) -> list[range]:
        """The shards in the order of their paths."""
        return sorted(self.files, key=lambda shard: shard.start)

    def missing(self, paths: int) -> list[range]:
        """Ranges of paths 0 … paths - 1 that are in no shard."""
        gaps, end = [], 0
        for shard in [*self.ordered, range(paths, paths)]:
            if end < min(shard.start, paths):
                gaps.append(range(end, min(shard.start, paths)))
            end = max(end, shard.stop)
        return gaps

    def write(self, start: int, columns: ShardColumns) -> None:
        """Write a shard."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        shard = range(start, start + len(next(iter(columns.values()))))
        path = self.folder / f"paths-{shard.start:012d}-{shard.stop:012d}.parquet"
        table = pa.table({name: pa.array(values) for name, values in columns.items()})
        options = {
            "compression": "zstd",
            "use_dictionary": False,
            "write_statistics": False,
            "write_page_checksum": True,
        }
        try:
            write_atomically(path, lambda file: pq.write_table(table, file, **options))
        except OSError as error:
            advice = "finished shards are complete and stay; the same call continues the run"
            if self.temporary:
                advice = "name a larger disk, as in TMPDIR=..., or give a checkpoint"
            error.add_note(f"while paths were written to {str(self.folder)!r}; {advice}")
            raise
        self.files[shard] = path
        self.__dict__.pop("ordered", None)

    def clear(self) -> None:
        """Delete every shard."""
        for path in self.files.values():
            path.unlink()
        self.files.clear()
        self.__dict__.pop("ordered", None)

    def read(self, paths: range, into: ShardColumns) -> None:
        """Read columns of a range of paths into memory."""
        columns = {name: values.dtype.type for name, values in into.items()}
        begin = bisect_right(self.ordered, paths.start, key=lambda shard: shard.stop)
        for shard in takewhile(lambda shard: shard.start < paths.stop, self.ordered[begin:]):
            first, end = max(shard.start, paths.start), min(shard.stop, paths.stop)
            for name, values in zip(into, _columns_of(self.files[shard], shard, columns), strict=True):
                into[name][first - paths.start : end - paths.start] = values[first - shard.start : end - shard.start]


def _range_of(path: Path) -> range:
    """The paths of a shard, from its file name."""
    try:
        start, stop = map(int, path.stem.split("-")[1:])
    except ValueError:
        start, stop = 0, 0
    if not 0 <= start < stop:
        raise InvalidInput(f"{path} must be named paths-FIRST-END.parquet; it is no shard of a run: remove it")
    return range(start, stop)


def _columns_of(path: Path, shard: range, columns: Mapping[str, type]) -> list[NDArray[Any]]:
    """Read columns of one shard, by name and type."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        check_footer(path, MOST_COLUMNS, len(shard))
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            rows = file.metadata.num_rows
            if rows == len(shard):
                check_columns(path, file, columns, rows, alone=False)
                table = file.read(columns=list(columns), use_threads=False)
                return [table[name].to_numpy() for name in columns]
    except FileNotFoundError as error:
        raise InvalidInput(f"{path} is gone; run the comparison again") from error
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise InvalidInput(f"{path} is damaged ({short_repr(str(error))}); remove it and run again") from error
    raise InvalidInput(f"{path} must have {len(shard)} rows; remove it and run again")


class ColumnsOnDisk(Mapping[str, Streamed]):
    """Columns by name, read in chunks; the last column is cached for the next metric.

    Parameters
    ----------
    shards : Shards
    paths : int
        Number of paths.
    names : mapping of str to tuple
        Name → label of the column, and its type.
    cache : ChunkCache
        The chunks that were read last.
    """

    def __init__(self, shards: Shards, paths: int, names: Mapping[str, tuple[str, type]], cache: ChunkCache) -> None:
        self.shards, self.paths, self.names, self.cache = shards, paths, names, cache
        self.last: tuple[str, Streamed] | None = None

    def __getitem__(self, name: str) -> Streamed:
        if name not in self.names:
            raise KeyError(name)
        if self.last is None or self.last[0] != name:
            self.last = name, Streamed(self.paths, partial(self._chunk, name))
        return self.last[1]

    def rows(self, name: str, rows: slice) -> NDArray[Any]:
        """Values of a slice of the paths (path)."""
        paths, (label_on_disk, dtype) = range(self.paths)[rows], self.names[name]
        values: NDArray[Any] = np.empty(len(paths), dtype)
        self.shards.read(paths, {label_on_disk: values})
        values.flags.writeable = False
        return values

    def _chunk(self, name: str, rows: slice) -> NDArray[Any]:
        return self.cache.get((self.names[name][0], rows.start, rows.stop), lambda: self.rows(name, rows))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self) -> NoReturn:
        raise InvalidInput("a result whose columns are on disk cannot be pickled; save it, as in result.save(folder)")


class ChunkCache:
    """The chunks of columns that were read last, as many as the capacity allows.

    Parameters
    ----------
    capacity : float
        Bytes.
    """

    def __init__(self, capacity: float) -> None:
        self.capacity, self.size = capacity, 0
        self.chunks: dict[Hashable, NDArray[Any]] = {}

    def get(self, key: Hashable, read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return a chunk; read it if it is not cached."""
        values = self.chunks.pop(key, None)
        if values is None:
            values = read()
            self.size += values.nbytes
        self.chunks[key] = values
        while self.size > self.capacity:
            self.size -= self.chunks.pop(next(iter(self.chunks))).nbytes
        return values


@dataclass(frozen=True, eq=False)
class RowsOnDisk:
    """One quantity of every rule; see `Rows`."""

    columns: ColumnsOnDisk
    quantity: str
    rules: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """(rule, path)."""
        return len(self.rules), self.columns.paths

    def __getitem__(self, index: Any, /) -> Any:
        if isinstance(index, tuple):
            return self.columns.rows(label(self.quantity, self.rules[index[0]]), index[1])
        return self.columns[label(self.quantity, self.rules[index])]


@dataclass(frozen=True, eq=False)
class ZeroRows:
    """A quantity that is 0 throughout; see `Rows`."""

    shape: tuple[int, int]

    def __getitem__(self, index: Any, /) -> Any:
        zeros = np.broadcast_to(0.0, self.shape[1:])
        return zeros[index[1]] if isinstance(index, tuple) else Streamed(self.shape[1], lambda rows: zeros[rows])


def on_disk(shards: Shards, setup: RunSetup, paths: int, cache_bytes: float) -> tuple[dict[str, Rows], dict[str, Any]]:
    """Readers of the columns on disk: by quantity, and by field of `Outcomes` for those of shocks or holdings."""
    sources, rules, cache = source_columns(setup), setup.scenario.names, ChunkCache(cache_bytes)
    labels = [label(source, rule) for source in sources.values() if source for rule in rules]
    columns = ColumnsOnDisk(shards, paths, {name: (name, np.float64) for name in labels}, cache)
    quantities: dict[str, Rows] = {
        name: RowsOnDisk(columns, source, rules) if source else ZeroRows((len(rules), paths))
        for name, source in sources.items()
    }
    named = {}
    for kind, names in named_columns(setup).items():
        labels_on_disk = {name: (label(NAMED[kind].prefix, name), NAMED[kind].dtype) for name in names}
        named[kind] = ColumnsOnDisk(shards, paths, labels_on_disk, cache)
    return quantities, named


def rows_of(columns: Mapping[str, Any], name: str, rows: slice) -> NDArray[Any]:
    """Values of a slice of the paths (path), of a column in memory or on disk."""
    return columns.rows(name, rows) if isinstance(columns, ColumnsOnDisk) else values_at(columns[name], rows)
