"""A comparison in a folder and back, bit for bit: TOML for what was asked, Parquet for the paths; no pickle."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Any

from riskkit.checks import file_path, flag, number, shown, text, whole
from riskkit.comparison.result import Comparison
from riskkit.comparison.stored_paths import read_paths, write_paths
from riskkit.engine.outcomes import NAMED, THRESHOLDS
from riskkit.errors import InvalidInput
from riskkit.whole_files import write_whole

__all__ = ["load_result", "save_result"]

#: Number of the layout below; a reader of one layout refuses the others.
FORMAT = 2
FACTS, SCENARIO, PATHS = "result.toml", "scenario.toml", "paths.parquet"
#: Most paths that share a draw in a file; the runs of this version have far fewer.
LARGEST_GROUP = 2**20


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

    folder = file_path("folder", folder)
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
        write_whole(folder / FACTS, lambda file: file.write(tomli_w.dumps(facts).encode()))
    write_whole(folder / SCENARIO, lambda file: file.write(scenario))
    write_whole(folder / PATHS, lambda file: write_paths(result, file))
    facts["checksums"] = {name: _checksum(folder / name) for name in (SCENARIO, PATHS)}
    write_whole(folder / FACTS, lambda file: file.write(tomli_w.dumps(facts).encode()))


def load_result(folder: str | Path) -> Comparison:
    """Read what `save_result` wrote.

    Raises
    ------
    InvalidInput
        If a file is missing, damaged, of another format, or does not fit the others; the message names it.
    """
    from riskkit.scenario_file import scenario_from_toml
    from riskkit.scenario_file.toml_text import read_text

    folder = file_path("folder", folder)
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
    outcomes = read_paths(folder / PATHS, facts, scenario.names)
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
        steps = [number(f"{path}: thresholds of {rule!r}", level, at_least=0.0) for level in levels]
        if any(later <= earlier for earlier, later in pairwise(steps)):
            raise InvalidInput(f"{path}: thresholds of {rule!r} must rise, got {shown(levels)}")
    return facts


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
