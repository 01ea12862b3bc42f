"""Columns in a folder, a Parquet file for each part of the paths: written whole or not at all, read one at a time."""

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
from riskkit.engine.columns import Piece, kept_as, named_in
from riskkit.engine.execution.out_of_core import Streamed, part_of
from riskkit.engine.execution.parquet_bounds import check_columns, check_footer
from riskkit.engine.execution.scratch_folder import TemporaryFolder
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.outcomes import NAMED, Rows, label

__all__ = ["Parts", "on_disk", "rows_of"]

#: So many columns a part may have by the length of its footer; not all of them are known where a few are read.
MOST_COLUMNS = 2**13


class Parts:
    """The parts in a folder, each named by its first path and the one after its last.

    Parameters
    ----------
    folder : Path, optional
        Where they are; by default a folder for temporary files that goes with this object.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.temporary = None
        if folder is None:
            self.temporary = TemporaryFolder()
            folder = self.temporary.path
        self.folder = folder
        for left in self.folder.glob(f"*{PARTIAL}"):
            left.unlink()
        self.files = {_range_of(path): path for path in self.folder.glob("paths-*.parquet")}

    @cached_property
    def ordered(self) -> list[range]:
        """The parts from the first paths to the last."""
        return sorted(self.files, key=lambda part: part.start)

    def missing(self, paths: int) -> list[range]:
        """Paths of 0 … paths - 1 that are in no part."""
        gaps, end = [], 0
        for part in [*self.ordered, range(paths, paths)]:
            if end < min(part.start, paths):
                gaps.append(range(end, min(part.start, paths)))
            end = max(end, part.stop)
        return gaps

    def write(self, start: int, piece: Piece) -> None:
        """Keep a part."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        part = range(start, start + len(next(iter(piece.values()))))
        path = self.folder / f"paths-{part.start:012d}-{part.stop:012d}.parquet"
        table = pa.table({name: pa.array(values) for name, values in piece.items()})
        how = {"compression": "zstd", "use_dictionary": False, "write_statistics": False, "write_page_checksum": True}
        try:
            write_atomically(path, lambda file: pq.write_table(table, file, **how))
        except OSError as error:
            then = "what is there is whole and stays, and the same call goes on"
            if self.temporary:
                then = "a larger disk may be named, as in TMPDIR=..., or a checkpoint given"
            error.add_note(f"while paths were written to {str(self.folder)!r}; {then}")
            raise
        self.files[part] = path
        self.__dict__.pop("ordered", None)

    def read(self, asked: range, into: Piece) -> None:
        """Read columns of some paths in a row into memory."""
        columns = {name: values.dtype.type for name, values in into.items()}
        begin = bisect_right(self.ordered, asked.start, key=lambda part: part.stop)
        for part in takewhile(lambda part: part.start < asked.stop, self.ordered[begin:]):
            first, end = max(part.start, asked.start), min(part.stop, asked.stop)
            for name, values in zip(into, _columns_of(self.files[part], part, columns), strict=True):
                there = values[first - part.start : end - part.start]
                into[name][first - asked.start : end - asked.start] = there


def _range_of(path: Path) -> range:
    """The paths of a part, by its name."""
    try:
        start, stop = map(int, path.stem.split("-")[1:])
    except ValueError:
        start, stop = 0, 0
    if not 0 <= start < stop:
        raise InvalidInput(f"{path} must be named paths-FIRST-END.parquet; it is no part of a run: take it away")
    return range(start, stop)


def _columns_of(path: Path, part: range, columns: Mapping[str, type]) -> list[NDArray[Any]]:
    """Columns of one part, by name and type."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        check_footer(path, MOST_COLUMNS, len(part))
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            rows = file.metadata.num_rows
            if rows == len(part):
                check_columns(path, file, columns, rows, alone=False)
                table = file.read(columns=list(columns), use_threads=False)
                return [table[name].to_numpy() for name in columns]
    except FileNotFoundError as error:
        raise InvalidInput(f"{path} is gone; run the comparison again") from error
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise InvalidInput(f"{path} is damaged ({short_repr(str(error))}); take it away and run again") from error
    raise InvalidInput(f"{path} must have {len(part)} rows; take it away and run again")


class ColumnsOnDisk(Mapping[str, Streamed]):
    """Columns by name, gone through piece by piece; what was counted of the last one is kept for the next metric.

    Parameters
    ----------
    parts : Parts
    paths : int
        Number of paths.
    names : mapping of str to tuple
        Name → label of the column, and its type.
    recent : Recent
        The pieces that were read lately.
    """

    def __init__(self, parts: Parts, paths: int, names: Mapping[str, tuple[str, type]], recent: Recent) -> None:
        self.parts, self.paths, self.names, self.recent = parts, paths, names, recent
        self.last: tuple[str, Streamed] | None = None

    def __getitem__(self, name: str) -> Streamed:
        if name not in self.names:
            raise KeyError(name)
        if self.last is None or self.last[0] != name:
            self.last = name, Streamed(self.paths, partial(self._piece, name))
        return self.last[1]

    def rows(self, name: str, part: slice) -> NDArray[Any]:
        """Values of some paths in a row (path)."""
        asked, (place, dtype) = range(self.paths)[part], self.names[name]
        values: NDArray[Any] = np.empty(len(asked), dtype)
        self.parts.read(asked, {place: values})
        values.flags.writeable = False
        return values

    def _piece(self, name: str, part: slice) -> NDArray[Any]:
        return self.recent.get((self.names[name][0], part.start, part.stop), lambda: self.rows(name, part))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self) -> NoReturn:
        raise InvalidInput("a result whose columns are on disk cannot be pickled; save it, as in result.save(folder)")


class Recent:
    """The pieces of columns that were read last, as many as there is room for.

    Parameters
    ----------
    room : float
        Bytes.
    """

    def __init__(self, room: float) -> None:
        self.room, self.taken = room, 0
        self.kept: dict[Hashable, NDArray[Any]] = {}

    def get(self, key: Hashable, read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """A piece, read if it is not there."""
        values = self.kept.pop(key, None)
        if values is None:
            values = read()
            self.taken += values.nbytes
        self.kept[key] = values
        while self.taken > self.room:
            self.taken -= self.kept.pop(next(iter(self.kept))).nbytes
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

    def __getitem__(self, place: Any, /) -> Any:
        if isinstance(place, tuple):
            return self.columns.rows(label(self.quantity, self.rules[place[0]]), place[1])
        return self.columns[label(self.quantity, self.rules[place])]


@dataclass(frozen=True, eq=False)
class NoRows:
    """A quantity that is 0 throughout; see `Rows`."""

    shape: tuple[int, int]

    def __getitem__(self, place: Any, /) -> Any:
        nothing = np.broadcast_to(0.0, self.shape[1:])
        return nothing[place[1]] if isinstance(place, tuple) else Streamed(self.shape[1], lambda part: nothing[part])


def on_disk(parts: Parts, setup: RunSetup, paths: int, room: float) -> tuple[dict[str, Rows], dict[str, Any]]:
    """What reads the columns from disk: by quantity, and by field of `Outcomes` those of its shocks or holdings."""
    kept, rules, recent = kept_as(setup), setup.scenario.names, Recent(room)
    labels = [label(source, rule) for source in kept.values() if source for rule in rules]
    columns = ColumnsOnDisk(parts, paths, {name: (name, np.float64) for name in labels}, recent)
    quantities: dict[str, Rows] = {
        name: RowsOnDisk(columns, source, rules) if source else NoRows((len(rules), paths))
        for name, source in kept.items()
    }
    named = {}
    for kind, names in named_in(setup).items():
        places = {name: (label(NAMED[kind].prefix, name), NAMED[kind].dtype) for name in names}
        named[kind] = ColumnsOnDisk(parts, paths, places, recent)
    return quantities, named


def rows_of(columns: Mapping[str, Any], name: str, part: slice) -> NDArray[Any]:
    """Values of some paths in a row (path), of a column in memory or on disk."""
    return columns.rows(name, part) if isinstance(columns, ColumnsOnDisk) else part_of(columns[name], part)
