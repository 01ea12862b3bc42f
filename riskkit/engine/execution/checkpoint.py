"""The folder in which an interrupted run goes on: what was asked, checked before any finished part is believed."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cached_property, partial, partialmethod
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.atomic_write import PARTIAL, write_atomically
from riskkit._core.errors import InvalidInput
from riskkit._version import __version__
from riskkit.engine.execution.folder_lock import lock, unlock
from riskkit.engine.execution.shards import Parts
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.outcomes import THRESHOLDS
from riskkit.engine.statistic import Statistic
from riskkit.rules import Rule

__all__ = ["alone_in", "begin_checkpoint", "open_checkpoint"]

FACTS = "checkpoint.toml"

#: What makes code do what it does, by the kind of thing that code comes as.
MADE_OF: dict[type, tuple[str, ...]] = {
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
def alone_in(folder: Path) -> Iterator[None]:
    """Make the folder if need be, and keep other runs out of it; a run that is killed holds it no longer.

    Raises
    ------
    InvalidInput
        If it is a file, or another run is in it.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"checkpoint must be a folder, got the file {str(folder)!r}")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        place = lock(folder)
    except BlockingIOError:
        raise InvalidInput(
            f"checkpoint must be a folder that no other run is using, got {str(folder)!r}; wait until that run has "
            "ended, or choose another folder"
        ) from None
    try:
        yield
    finally:
        if place is not None:
            unlock(place)


def open_checkpoint(
    folder: Path, setup: RunSetup, seed: int, on: tuple[str, ...]
) -> tuple[Parts, NDArray[np.float64] | None]:
    """The parts of a run that are in a folder, and its thresholds; of a new one neither.

    Raises
    ------
    InvalidInput
        If the folder holds anything else, or the parts of another run; the message says what differs.
    """
    scenario, asked = setup.scenario, _facts(setup, seed, on)
    if not (folder / FACTS).is_file():
        if any(path for path in folder.iterdir() if path.name != f"{FACTS}{PARTIAL}"):
            raise InvalidInput(
                f"checkpoint must be a new or empty folder or that of an interrupted run, got {str(folder)!r} with "
                "other files; choose another"
            )
        return Parts(folder), None
    try:
        found = tomllib.loads((folder / FACTS).read_text(encoding="utf-8"))
        levels = found.pop("thresholds", None)
        differing = list(_differences(found, asked))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{folder / FACTS} is damaged ({error}); choose another folder") from error
    if differing:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise InvalidInput(
            f"checkpoint {str(folder)!r} is of another run: {'; '.join(differing[:3])}{more}; choose another folder"
        )
    thresholds = _rising(levels, len(scenario.rules))
    if thresholds is None:
        raise InvalidInput(
            f"{folder / FACTS} is damaged (thresholds must be {THRESHOLDS} finite, rising numbers for each of the "
            f"{len(scenario.rules)} rules); choose another folder"
        )
    return Parts(folder), thresholds


def begin_checkpoint(
    folder: Path, setup: RunSetup, seed: int, on: tuple[str, ...], thresholds: NDArray[np.float64]
) -> None:
    """Write down what was asked and the thresholds that the pilot placed."""
    import tomli_w

    facts = {**_facts(setup, seed, on), "thresholds": thresholds.tolist()}
    write_atomically(folder / FACTS, lambda file: file.write(tomli_w.dumps(facts).encode()))


def _facts(setup: RunSetup, seed: int, on: tuple[str, ...]) -> dict[str, Any]:
    """All that a path's numbers depend on."""
    from riskkit.toml import to_toml

    scenario = setup.scenario
    asked = _placeless(to_toml(scenario, strict=False))
    statistics = {each.name: {"code": _fingerprint(each), "fields": _told(each)} for each in setup.statistics}
    return {
        "version": __version__,
        "seed": seed,
        "on": list(on),
        "code": {rule.name: told for rule in scenario.rules if (told := _fingerprint(rule))},
        "scenario": tomllib.loads(asked),
        **({"statistics": statistics} if statistics else {}),
    }


def _differences(found: Any, asked: Any, place: str = "") -> Iterator[str]:
    """Each place where two tables differ, in words."""
    if isinstance(found, Mapping) and isinstance(asked, Mapping):
        for name in dict.fromkeys([*found, *asked]):
            yield from _differences(found.get(name), asked.get(name), f"{place}.{name}" if place else str(name))
    elif isinstance(found, list) and isinstance(asked, list) and len(found) == len(asked):
        for number, (theirs, ours) in enumerate(zip(found, asked, strict=True)):
            yield from _differences(theirs, ours, f"{place}[{number}]")
    elif found != asked:
        yield f"{place} was {_shown(found)} and is now {_shown(asked)}"


def _shown(value: Any) -> str:
    told = "not there" if value is None else repr(value)
    return told if len(told) <= 60 else f"{told[:57]}..."


def _rising(levels: Any, rules: int) -> NDArray[np.float64] | None:
    """Thresholds (rule, level) as they were written; None if they cannot be that."""
    try:
        found = np.array(levels, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    whole = found.shape == (rules, THRESHOLDS) and np.isfinite(found).all() and (np.diff(found) > 0.0).all()
    return found if whole else None


def _fingerprint(rule: Rule | Statistic) -> str:
    """A digest of what the user has written: the class, and the functions and tables in its fields."""
    classes = [kind for kind in type(rule).__mro__ if not kind.__module__.startswith(("riskkit.", "builtins"))]
    code = tuple(MADE_OF)
    written = [
        value
        for kind in classes
        for name, value in vars(kind).items()
        if isinstance(value, code) or not name.startswith("__")
    ]
    held = [value for field in fields(rule) if _parts(value := getattr(rule, field.name)) is not None]
    if not any(isinstance(value, code) for value in (*written, *held)):
        return ""
    return hashlib.blake2b(_told([*written, *held]).encode(), digest_size=16).hexdigest()


def _told(value: Any, inside: tuple[int, ...] = ()) -> str:
    """A value in words that are the same in every process of one Python, wherever code stands in its file."""
    if id(value) in inside:
        return "..."
    parts = _parts(value)
    if parts is None:
        return _placeless(repr(value))
    told = [_told(part, (*inside, id(value))) for part in parts]
    return f"{type(value).__name__}({', '.join(sorted(told) if isinstance(value, set | frozenset) else told)})"


def _parts(value: Any) -> list[Any] | None:
    """What a value is made of, where its repr does not tell it all or not always the same; else None."""
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
    names = next((names for kind, names in MADE_OF.items() if isinstance(value, kind)), None)
    return None if names is None else [getattr(value, name) for name in names]


def _placeless(told: str) -> str:
    """A repr without places in memory, which are others each time."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", told)
