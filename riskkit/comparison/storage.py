"""A comparison in a folder and back, bit for bit: TOML for what was asked, Parquet for the paths; no pickle."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit.checks import flag, number, shown, text, whole
from riskkit.comparison.result import Comparison
from riskkit.engine.outcomes import COLUMNS, NAMED, THRESHOLDS, Outcomes, label
from riskkit.errors import InvalidInput, NotEnoughMemory

__all__ = ["load_result", "save_result"]

#: Number of the layout below; a reader of one layout refuses the others.
FORMAT = 2
#: Rows that are written at a time.
ROWS_AT_A_TIME = 2**20
FACTS, SCENARIO, PATHS = "result.toml", "scenario.toml", "paths.parquet"
#: Most paths that share a draw in a file; the runs of this version have far fewer.
LARGEST_GROUP = 2**20
#: No run has a number beyond it: prices are refused there (`riskkit.engine.tile`).
LARGEST = 1e150


def save_result(result: Comparison, folder: str | Path) -> None:
    """Write a comparison into a folder.

    ``result.toml`` holds the facts of the run and a checksum of the two other files, ``scenario.toml`` the scenario,
    and ``paths.parquet`` a row a path, with columns such as ``wealth: hold``, ``ticks: founder exit``, ``weight`` and,
    where the paths were drawn by strata, ``stratum``.

    Parameters
    ----------
    result : Comparison
        What is saved.
    folder : str or Path
        A new or empty folder, or one that holds a saved result, which is replaced.

    Raises
    ------
    InvalidInput
        If the folder holds anything else, or the scenario cannot be written to TOML.
    """
    import tomli_w

    from riskkit.scenario_file import scenario_to_toml

    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"folder must be a folder, got the file {str(folder)!r}")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / FACTS).is_file():
        raise InvalidInput(
            f"folder must be new, empty or hold a saved result, got {str(folder)!r} with other files; choose another"
        )
    scenario = scenario_to_toml(result.scenario, strict=False).encode()
    facts = _facts(result)
    folder.mkdir(parents=True, exist_ok=True)
    # Facts first, without checksums, and last with them: a save that was cut short is known, refused and can be redone.
    if not (folder / FACTS).exists():
        _replace(folder / FACTS, lambda path: path.write_bytes(tomli_w.dumps(facts).encode()))
    _replace(folder / SCENARIO, lambda path: path.write_bytes(scenario))
    _replace(folder / PATHS, lambda path: _write_paths(result, path))
    facts["checksums"] = {name: _checksum(folder / name) for name in (SCENARIO, PATHS)}
    _replace(folder / FACTS, lambda path: path.write_bytes(tomli_w.dumps(facts).encode()))


def load_result(folder: str | Path) -> Comparison:
    """Read what `save_result` wrote.

    Raises
    ------
    InvalidInput
        If a file is missing, damaged, of another format, or does not fit the others; the message names it.
    """
    from riskkit.scenario_file import scenario_from_toml
    from riskkit.scenario_file.toml_text import read_text

    folder = Path(folder)
    for name in (FACTS, SCENARIO, PATHS):
        if not (folder / name).is_file():
            raise InvalidInput(f"folder must hold a saved result, got {str(folder)!r} without {name}")
        if (folder / name).resolve().parent != folder.resolve():
            raise InvalidInput(f"{folder / name} must lie in the folder itself, got a link that leaves it")
    facts = _read_facts(folder / FACTS)
    for name in (SCENARIO, PATHS):
        if facts["checksums"].get(name) != _checksum(folder / name):
            raise InvalidInput(
                f"{folder / name} does not match its checksum in {FACTS}: changed, damaged or half saved"
            )
    source = str(folder / SCENARIO)
    scenario = scenario_from_toml(read_text(folder / SCENARIO, source), source=source)
    if list(facts["thresholds"]) != list(scenario.names):
        raise InvalidInput(
            f"{folder / FACTS}: thresholds must name the rules {list(scenario.names)}, got {list(facts['thresholds'])}"
        )
    outcomes = _read_paths(folder / PATHS, facts, scenario.names)
    return Comparison(scenario, outcomes, seed=facts["seed"], notes=facts["notes"])


def _facts(result: Comparison) -> dict[str, Any]:
    outcomes, rules = result.outcomes, result.scenario.names
    return {
        "format": FORMAT,
        "seed": result.seed,
        "paths": result.paths,
        "notes": dict(result.notes),
        "stratified": outcomes.stratum is not None,
        "group": outcomes.group,
        "sequential": outcomes.sequential,
        "overlapping": outcomes.overlapping,
        **{kind: list(getattr(outcomes, kind)) for kind in NAMED},
        "thresholds": {rule: row.tolist() for rule, row in zip(rules, outcomes.thresholds, strict=True)},
        "checksums": {},
    }


def _write_paths(result: Comparison, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    for start in range(0, result.paths, ROWS_AT_A_TIME):
        columns = _rows_of(result, slice(start, min(start + ROWS_AT_A_TIME, result.paths)))
        table = pa.table({name: pa.array(np.ascontiguousarray(values)) for name, values in columns.items()})
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _rows_of(result: Comparison, part: slice) -> dict[str, NDArray[Any]]:
    """Every column of some paths in a row, by its name in the file."""
    from riskkit.engine.parts import rows_of

    outcomes = result.outcomes
    columns: dict[str, NDArray[Any]] = {"weight": outcomes.weights[part]}
    if outcomes.stratum is not None:
        columns["stratum"] = outcomes.stratum[part]
    for quantity in COLUMNS:
        for row, rule in enumerate(result.scenario.names):
            columns[label(quantity, rule)] = outcomes.columns[quantity][row, part]
    for kind, (prefix, _) in NAMED.items():
        named = getattr(outcomes, kind)
        columns |= {label(prefix, name): rows_of(named, name, part) for name in named}
    return columns


def _read_paths(path: Path, facts: dict[str, Any], rules: tuple[str, ...]) -> Outcomes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from riskkit.engine.room import memory_size

    def column(name: str, dtype: type = np.float64) -> NDArray[Any]:
        if schema.names.count(name) != 1:
            raise InvalidInput(f"{path} must have one column {name!r}, got {schema.names.count(name)}")
        kind = schema.field(name).type
        if kind != (pa.float64() if dtype is np.float64 else pa.int64()):  # a list or a text may be of any length
            raise InvalidInput(f"{path}: column {name!r} must be {dtype.__name__}, got {shown(str(kind))}")
        values: NDArray[Any] = np.asarray(file.read(columns=[name])[name].to_numpy())
        if values.size != paths:
            raise InvalidInput(f"{path}: column {name!r} must have {paths} rows, got {values.size}")
        if values.dtype != dtype:
            raise InvalidInput(f"{path}: column {name!r} must have a number in each row, got rows with none")
        wrong = np.flatnonzero(~(np.abs(values) <= LARGEST))
        if wrong.size:
            raise InvalidInput(
                f"{path}: column {name!r} must be finite and at most {LARGEST:g}, got {values[wrong[0]]} in row "
                f"{wrong[0]} (the first is 0)"
            )
        return values

    paths = facts["paths"]
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            if file.metadata.num_rows != paths:
                raise InvalidInput(f"{path} must have {paths} rows, got {file.metadata.num_rows}")
            # A column of one value takes a few bytes on disk for any number of rows.
            need, have = 8.0 * paths * len(COLUMNS) * len(rules), memory_size()
            if have is not None and need > 0.8 * have:
                raise NotEnoughMemory(
                    f"{path}: {paths:,} paths of {len(rules)} rules need {need / 2**30:.1f} GB of memory, and the "
                    f"machine has {have / 2**30:.1f} GB"
                )
            columns = {quantity: np.stack([column(label(quantity, rule)) for rule in rules]) for quantity in COLUMNS}
            named: dict[str, Any] = {
                kind: {name: column(label(prefix, name), dtype) for name in facts[kind]}
                for kind, (prefix, dtype) in NAMED.items()
            }
            weights = column("weight")
            stratum = column("stratum", np.int64) if facts["stratified"] else None
    except (OSError, UnicodeError, pa.ArrowException) as error:
        raise InvalidInput(f"{path} must be a Parquet file, got: {error}") from error
    total = float(weights.sum())
    if not ((weights >= 0.0).all() and abs(total - 1.0) < 1e-6):
        raise InvalidInput(f"{path}: column 'weight' must be >= 0 and sum to 1, got the sum {total!r}")
    thresholds = np.array([facts["thresholds"][rule] for rule in rules])
    drawn = {"stratum": stratum, **{name: facts[name] for name in ("group", "sequential", "overlapping")}}
    return Outcomes(columns=columns, weights=weights, thresholds=thresholds, **named, **drawn)


def _read_facts(path: Path) -> dict[str, Any]:
    from riskkit.scenario_file.toml_text import read_text, tables

    facts = tables(read_text(path, str(path)), str(path))
    if facts.get("format") != FORMAT:
        raise InvalidInput(
            f"{path}: format must be {FORMAT}, got {shown(facts.get('format'))}; run the comparison again"
        )
    for name, least, most in (("seed", 0, 2**64 - 1), ("paths", 1, 2**63 - 1), ("group", 1, LARGEST_GROUP)):
        whole(f"{path}: {name}", facts.get(name), at_least=least, at_most=most)
    for name in ("stratified", "sequential", "overlapping"):
        flag(f"{path}: {name}", facts.get(name))
    for name, kind in {"notes": dict, "thresholds": dict, "checksums": dict, **dict.fromkeys(NAMED, list)}.items():
        if not isinstance(facts.get(name), kind):
            raise InvalidInput(f"{path}: {name} must be a {kind.__name__}, got {shown(facts.get(name))}")
    places = {f"notes.{key}": note for key, note in facts["notes"].items()}
    places |= {f"{kind}[{place}]": name for kind in NAMED for place, name in enumerate(facts[kind])}
    for place, each in places.items():
        text(f"{path}: {place}", each)
    for rule, levels in facts["thresholds"].items():
        if not isinstance(levels, list) or len(levels) != THRESHOLDS:
            raise InvalidInput(f"{path}: thresholds of {rule!r} must be {THRESHOLDS} numbers, got {shown(levels)}")
        for level in levels:
            number(f"{path}: thresholds of {rule!r}", level)
    return facts


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside the file and move into place, so that the file is always whole."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)  # it may be a link that someone laid to a file elsewhere
    try:
        write(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
