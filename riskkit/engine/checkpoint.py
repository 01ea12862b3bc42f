"""The folder in which an interrupted run goes on: what was asked, checked before any finished part is believed."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import riskkit
from riskkit.engine.locking import lock, unlock
from riskkit.engine.parts import Parts, write_whole
from riskkit.errors import InvalidInput
from riskkit.rules import Rule
from riskkit.scenario import Scenario

__all__ = ["alone_in", "begin_checkpoint", "open_checkpoint"]

FACTS = "checkpoint.toml"


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
    folder: Path, scenario: Scenario, seed: int, on: tuple[str, ...]
) -> tuple[Parts, NDArray[np.float64] | None]:
    """The parts of a run that are in a folder, and its thresholds; of a new one neither.

    Raises
    ------
    InvalidInput
        If the folder holds anything else, or the parts of another run; the message says what differs.
    """
    asked = _facts(scenario, seed, on)
    if not (folder / FACTS).is_file():
        if any(path for path in folder.iterdir() if path.name != f"{FACTS}.partial"):
            raise InvalidInput(
                f"checkpoint must be a new or empty folder or that of an interrupted run, got {str(folder)!r} with "
                "other files; choose another"
            )
        return Parts(folder), None
    try:
        found = tomllib.loads((folder / FACTS).read_text(encoding="utf-8"))
        thresholds = np.array(found.pop("thresholds"), dtype=np.float64).reshape(len(scenario.rules), -1)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise InvalidInput(f"{folder / FACTS} is damaged ({error}); choose another folder") from error
    differing = list(_differences(found, asked))
    if differing:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise InvalidInput(
            f"checkpoint {str(folder)!r} is of another run: {'; '.join(differing[:3])}{more}; choose another folder"
        )
    return Parts(folder), thresholds


def begin_checkpoint(
    folder: Path, scenario: Scenario, seed: int, on: tuple[str, ...], thresholds: NDArray[np.float64]
) -> None:
    """Write down what was asked and the thresholds that the pilot placed."""
    import tomli_w

    facts = {**_facts(scenario, seed, on), "thresholds": thresholds.tolist()}
    write_whole(folder / FACTS, lambda file: file.write(tomli_w.dumps(facts).encode()))


def _facts(scenario: Scenario, seed: int, on: tuple[str, ...]) -> dict[str, Any]:
    """All that a path's numbers depend on."""
    from riskkit.scenario_file import scenario_to_toml

    # A rule that is a function is written with its place in memory, which is another each time.
    asked = re.sub(r" at 0x[0-9a-fA-F]+", "", scenario_to_toml(scenario, strict=False))
    return {
        "version": riskkit.__version__,
        "seed": seed,
        "on": list(on),
        "code": {rule.name: told for rule in scenario.rules if (told := _fingerprint(rule))},
        "scenario": tomllib.loads(asked),
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


def _fingerprint(rule: Rule) -> str:
    """A digest of the code that the user has written: the functions of the rule's class and of its fields."""
    classes = [kind for kind in type(rule).__mro__ if not kind.__module__.startswith(("riskkit.", "builtins"))]
    written = [value for kind in classes for value in vars(kind).values()]
    held = [getattr(rule, field.name) for field in fields(rule)] if is_dataclass(rule) else []
    codes = [each.__code__ for each in (*written, *held) if isinstance(each, FunctionType)]
    return hashlib.blake2b("".join(map(_told, codes)).encode(), digest_size=16).hexdigest() if codes else ""


def _told(code: CodeType) -> str:
    """Code in words that are the same in every process of one Python, wherever the code stands in its file."""
    constants = [_told(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return repr((code.co_code.hex(), code.co_names, constants))
