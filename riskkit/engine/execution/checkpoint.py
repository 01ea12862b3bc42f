"""Checkpoints: the folder from which an interrupted run continues, after a check that it is of the same run."""

from __future__ import annotations

import hashlib
import re
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cached_property, partial, partialmethod
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from riskkit._core.array_types import Array
from riskkit._core.atomic_write import PARTIAL, write_atomically
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._version import __version__
from riskkit.engine.execution.folder_lock import LOCK, lock_folder
from riskkit.engine.execution.shards import Shards
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.outcomes import THRESHOLDS
from riskkit.engine.statistic import Statistic
from riskkit.market import EventSource
from riskkit.rules import Rule

__all__ = ["begin_checkpoint", "locked_folder", "open_checkpoint"]

FACTS = "checkpoint.toml"

#: Facts that change the last bits of a run, but not the run.
ENVIRONMENT = ("version", "machine")

#: Attributes that define what code does, by its type.
CODE_ATTRIBUTES: dict[type, tuple[str, ...]] = {
    FunctionType: ("__code__", "__defaults__", "__kwdefaults__", "__closure__"),
    CodeType: ("co_code", "co_names", "co_consts"),
    MethodType: ("__func__", "__self__"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget",),
    cached_property: ("func",),
    partial: ("func", "args", "keywords"),
    partialmethod: ("func", "args", "keywords"),
}


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Create the folder if it does not exist, and lock it; the lock ends with the process.

    Raises
    ------
    InvalidInput
        If it is a file, or another run has locked it.
    """
    from filelock import Timeout

    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"checkpoint must be a folder, got the file {str(folder)!r}")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = lock_folder(folder)
    except Timeout:
        raise InvalidInput(
            f"checkpoint must be a folder that no other run is using, got {str(folder)!r}; wait until that run has "
            "ended, or choose another folder"
        ) from None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def open_checkpoint(folder: Path, setup: RunSetup, seed: int, on: tuple[str, ...]) -> tuple[Shards, Array | None]:
    """Read the finished shards and the thresholds of a run from its folder; a new run has neither.

    Shards of the same run from another version of riskkit or Numba, or from another processor type, are deleted after
    a `RiskkitWarning` that says so, because their bits may differ.

    Raises
    ------
    InvalidInput
        If the folder has other files, or the shards of another run; the message says what differs.
    """
    scenario, expected = setup.scenario, _facts(setup, seed, on)
    if not (folder / FACTS).is_file():
        if any(path for path in folder.iterdir() if path.name not in (LOCK, f"{FACTS}{PARTIAL}")):
            raise InvalidInput(
                f"checkpoint must be a new or empty folder or that of an interrupted run, got {str(folder)!r} with "
                "other files; choose another"
            )
        return Shards(folder), None
    try:
        stored = tomllib.loads((folder / FACTS).read_text(encoding="utf-8"))
        levels = stored.pop("thresholds", None)
        environment = [{name: facts.pop(name, None) for name in ENVIRONMENT} for facts in (stored, expected)]
        differing, changed = list(_differences(stored, expected)), list(_differences(environment[0], environment[1]))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{folder / FACTS} is damaged ({error}); choose another folder") from error
    if differing:
        raise InvalidInput(f"checkpoint {str(folder)!r} is of another run: {_first(differing)}; choose another folder")
    if changed:
        return _emptied(folder, changed), None
    thresholds = _valid_thresholds(levels, len(scenario.rules))
    if thresholds is None:
        raise InvalidInput(
            f"{folder / FACTS} is damaged (thresholds must be {THRESHOLDS} finite, rising numbers for each of the "
            f"{len(scenario.rules)} rules); choose another folder"
        )
    return Shards(folder), thresholds


def begin_checkpoint(folder: Path, setup: RunSetup, seed: int, on: tuple[str, ...], thresholds: Array) -> None:
    """Write the facts of a run and the thresholds that the pilot placed."""
    import tomli_w

    facts = {**_facts(setup, seed, on), "thresholds": thresholds.tolist()}
    write_atomically(folder / FACTS, lambda file: file.write(tomli_w.dumps(facts).encode()))


def _facts(setup: RunSetup, seed: int, on: tuple[str, ...]) -> dict[str, Any]:
    """Everything that the bits of a path depend on."""
    from riskkit.toml import to_toml

    scenario = setup.scenario
    text = _without_addresses(to_toml(scenario, strict=False))
    sources = {source.name: digest for source in scenario.market.shocks if (digest := _fingerprint(source))}
    statistics = {each.name: {"code": _fingerprint(each), "fields": _canonical_text(each)} for each in setup.statistics}
    return {
        "version": __version__,
        "machine": _machine(),
        "seed": seed,
        "on": list(on),
        **({"brownian_values": True} if setup.brownian_values else {}),
        "code": {rule.name: digest for rule in scenario.rules if (digest := _fingerprint(rule))},
        **({"shocks": sources} if sources else {}),
        "scenario": tomllib.loads(text),
        **({"statistics": statistics} if statistics else {}),
    }


def _machine() -> dict[str, Any]:
    """The Numba version and the instruction set that the kernel is compiled for."""
    import numba
    from numba.core.registry import cpu_target

    platform, processor, features = cpu_target.target_context.codegen().magic_tuple()
    enabled = {feature[1:]: feature.startswith("+") for feature in features.split(",") if feature}
    return {"numba": numba.__version__, "system": platform, "processor": processor, "features": enabled}


def _emptied(folder: Path, changed: list[str]) -> Shards:
    """Warn that a run starts anew, and delete its shards; a warning that is raised as an error leaves them."""
    shards = Shards(folder)
    paths = sum(map(len, shards.files))
    warnings.warn(
        f"checkpoint {str(folder)!r} starts anew: {_first(changed)}, so that its last bits may differ; "
        f"{paths:,} finished paths in {len(shards.files):,} files of this folder are deleted",
        RiskkitWarning,
        stacklevel=2,
    )
    shards.clear()
    (folder / FACTS).unlink()
    return shards


def _differences(stored: Any, expected: Any, place: str = "") -> Iterator[str]:
    """Describe each place where two tables differ."""
    if isinstance(stored, Mapping) and isinstance(expected, Mapping):
        for name in dict.fromkeys([*stored, *expected]):
            yield from _differences(stored.get(name), expected.get(name), f"{place}.{name}" if place else str(name))
    elif isinstance(stored, list) and isinstance(expected, list) and len(stored) == len(expected):
        for number, (theirs, ours) in enumerate(zip(stored, expected, strict=True)):
            yield from _differences(theirs, ours, f"{place}[{number}]")
    elif stored != expected:
        yield f"{place} was {_short_text(stored)} and is now {_short_text(expected)}"


def _first(differences: list[str]) -> str:
    """The first three differences, and the number of the others."""
    more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
    return f"{'; '.join(differences[:3])}{more}"


def _short_text(value: Any) -> str:
    text = "not there" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _valid_thresholds(levels: Any, rules: int) -> Array | None:
    """Thresholds (rule, level) as the pilot placed them; None for any other value."""
    try:
        thresholds = np.array(levels, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    shaped = thresholds.shape == (rules, THRESHOLDS)
    return thresholds if shaped and np.isfinite(thresholds).all() and (np.diff(thresholds) > 0.0).all() else None


def _fingerprint(rule: Rule | EventSource | Statistic) -> str:
    """A digest of the user's code: the class, and the functions and arrays in its fields."""
    classes = [kind for kind in type(rule).__mro__ if not kind.__module__.startswith(("riskkit.", "builtins"))]
    code = tuple(CODE_ATTRIBUTES)
    class_members = [
        value
        for kind in classes
        for name, value in vars(kind).items()
        if isinstance(value, code) or not name.startswith("__")
    ]
    field_values = [value for field in fields(rule) if _components(value := getattr(rule, field.name)) is not None]
    if not any(isinstance(value, code) for value in (*class_members, *field_values)):
        return ""
    return hashlib.blake2b(_canonical_text([*class_members, *field_values]).encode(), digest_size=16).hexdigest()


def _canonical_text(value: Any, inside: tuple[int, ...] = ()) -> str:
    """A text of a value that is the same in every process of one Python, and for code on any line of its file."""
    if id(value) in inside:
        return "..."
    components = _components(value)
    if components is None:
        return _without_addresses(repr(value))
    texts = [_canonical_text(component, (*inside, id(value))) for component in components]
    return f"{type(value).__name__}({', '.join(sorted(texts) if isinstance(value, set | frozenset) else texts)})"


def _components(value: Any) -> list[Any] | None:
    """The components of a value whose repr is incomplete or varies between processes; None for other values."""
    if isinstance(value, CellType):
        try:
            return [value.cell_contents]
        except ValueError:  # the variable has no value yet
            return []
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.shape, value.tolist() if value.dtype.hasobject else value.tobytes()]
    if isinstance(value, tuple | list | set | frozenset):
        return list(value)
    if isinstance(value, Mapping):
        return list(value.items())
    names = next((names for kind, names in CODE_ATTRIBUTES.items() if isinstance(value, kind)), None)
    return None if names is None else [getattr(value, name) for name in names]


def _without_addresses(text: str) -> str:
    """A repr without memory addresses, which vary between processes."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)
