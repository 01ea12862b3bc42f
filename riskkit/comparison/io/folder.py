"""Save and load a comparison, bit for bit: TOML for the scenario and facts, Parquet for the paths; no pickle."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from riskkit._core.atomic_write import PARTIAL, write_atomically
from riskkit._core.errors import InvalidInput
from riskkit._core.fraction_bounds import without_bounds
from riskkit._core.validation import boolean, file_path, integer, name_list, number, short_repr, text
from riskkit.comparison.io.parquet import read_paths, write_paths
from riskkit.comparison.reweighting.moment_matching import MOMENT_MATCHED, is_matched, restored
from riskkit.comparison.run_data import Run, RunData
from riskkit.engine.outcomes import DRIVERS, NAMED, THRESHOLDS
from riskkit.engine.statistic import checked_column
from riskkit.scenario._scenario import Scenario

__all__ = ["load_result", "save_result"]

#: Number of the layout below; a reader of one layout refuses the others.
FORMAT = 2
FACTS, SCENARIO, PATHS = "result.toml", "scenario.toml", "paths.parquet"
#: Suffix of a new file until the facts with its checksum are in place.
NEW = ".riskkit-new"
#: Files whose checksums are in the facts.
SAVED = (SCENARIO, PATHS)
#: Suffixes of files that an interrupted save may leave.
LEFTOVERS = (PARTIAL, NEW, f"{NEW}{PARTIAL}")
#: Most paths that share a draw in a file; the runs of this version have far fewer.
LARGEST_GROUP = 2**20


def save_result(result: RunData, folder: str | Path) -> None:
    """Write a comparison into a folder.

    ``result.toml`` holds the facts of the run and a checksum of the two other files, ``scenario.toml`` the scenario,
    and ``paths.parquet`` a row a path, with columns such as ``wealth: hold``, ``ticks: founder exit``, ``weight`` and,
    for a stratified result, ``stratum``.

    Parameters
    ----------
    result : RunData
        What is saved.
    folder : str or Path
        A new or empty folder, or one that holds a saved result, which is replaced; other files beside it stay.

    Raises
    ------
    InvalidInput
        If the folder holds anything else, a file that would be replaced is not as it was saved, or the scenario cannot
        be written to TOML.

    Notes
    -----
    The new scenario and paths are written beside the old ones. Then the facts are replaced, in one step: from then on
    `load_result` finds the new files by their checksums, under either name. Last, they are renamed. So an interrupted
    save leaves the old result or the new one.
    """
    import tomli_w

    from riskkit.toml import to_toml

    folder = file_path("folder", folder)
    _check_folder(folder)
    scenario = to_toml(result.scenario, strict=False).encode()
    facts = _facts(result)
    folder.mkdir(parents=True, exist_ok=True)
    _finish_save(folder)
    try:
        write_atomically(folder / f"{SCENARIO}{NEW}", lambda file: file.write(scenario))
        write_atomically(folder / f"{PATHS}{NEW}", lambda file: write_paths(result, file))
        facts["checksums"] = {name: _checksum(folder / f"{name}{NEW}") for name in SAVED}
        write_atomically(folder / FACTS, lambda file: file.write(tomli_w.dumps(facts).encode()))
    except BaseException:
        _finish_save(folder)
        raise
    _finish_save(folder)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that is no saved result, or whose files would be replaced but are not those that were saved."""
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"folder must be a folder, got the file {str(folder)!r}")
    leftovers = {f"{name}{end}" for name in (FACTS, *SAVED) for end in LEFTOVERS}
    if not folder.is_dir() or all(path.name in leftovers for path in folder.iterdir()):
        return
    if not (folder / FACTS).is_file():
        raise InvalidInput(
            f"folder must be new, empty or hold a saved result, got {str(folder)!r} with other files; choose another"
        )
    try:
        checksums = _read_checksums(folder / FACTS)
    except InvalidInput as error:
        raise InvalidInput(
            f"folder must be new, empty or hold a saved result, got {str(folder)!r} with a {FACTS} that riskkit "
            f"did not write ({error}); choose another folder"
        ) from None
    for name in SAVED:
        path = folder / name
        # A link is replaced by a file of its own: what it leads to stays as it is.
        if path.exists() and not path.is_symlink() and not _is_saved(folder, name, checksums):
            raise InvalidInput(
                f"{path} must be as it was saved with {FACTS}, got another file; move it away or choose another folder"
            )


def _is_saved(folder: Path, name: str, checksums: Mapping[str, str]) -> bool:
    """Whether a file is that of a saved result, or was before an interrupted save."""
    path, new = folder / name, folder / f"{name}{NEW}"
    if not path.is_file():
        return False
    if new.is_file() and checksums.get(name) == _checksum(new):
        return True
    return checksums.get(name) == _checksum(path)


def _finish_save(folder: Path) -> None:
    """Finish or undo an interrupted save: rename the new files that match the facts, and delete the others."""
    checksums: Mapping[str, str] = {}
    if (folder / FACTS).is_file():
        checksums = _read_checksums(folder / FACTS)
    for name in SAVED:
        new = folder / f"{name}{NEW}"
        if new.is_file() and checksums.get(name) == _checksum(new):
            os.replace(new, folder / name)
        else:
            new.unlink(missing_ok=True)
        for end in (PARTIAL, f"{NEW}{PARTIAL}"):
            (folder / f"{name}{end}").unlink(missing_ok=True)


def load_result(cls: type[Run], folder: str | Path) -> Run:
    """Read what `save_result` wrote, as a result of the class `cls`.

    Raises
    ------
    InvalidInput
        If a file is missing, damaged, of another format, or does not fit the others; the message names it.
    """
    from riskkit.toml import from_toml
    from riskkit.toml.toml_limits import read_text

    folder = file_path("folder", folder)
    places = {FACTS: [folder / FACTS], **{name: [folder / name, folder / f"{name}{NEW}"] for name in SAVED}}
    existing = {name: [path for path in paths if path.is_file()] for name, paths in places.items()}
    if missing := [f"without {name}" for name, paths in existing.items() if not paths]:
        raise InvalidInput(f"folder must hold a saved result, got {str(folder)!r} {', '.join(missing)}")
    for path in chain(*existing.values()):
        if path.resolve().parent != folder.resolve():
            raise InvalidInput(f"{path} must lie in the folder itself, got a link that leaves it")
    facts = _read_facts(folder / FACTS)
    scenario_file, paths_file = (_matching(folder, name, facts["checksums"]) for name in SAVED)
    source = str(folder / SCENARIO)
    with without_bounds():  # it was run: warned of then, or by a version without bounds, or the facts of a backtest
        scenario = from_toml(Scenario, read_text(scenario_file, source), source=source)
    _check_names(folder / FACTS, facts, scenario)
    if list(facts["thresholds"]) != list(scenario.names):
        raise InvalidInput(
            f"{folder / FACTS}: thresholds must name the rules {name_list(scenario.names)}, "
            f"got {name_list(facts['thresholds'])}"
        )
    if facts["time_weighted"] and not scenario.frictions.external_flows:
        raise InvalidInput(f"{folder / FACTS}: time_weighted must be false without external flows, got true")
    outcomes = read_paths(paths_file, facts, scenario)
    result = cls(scenario, outcomes, seed=facts["seed"], notes=facts["notes"])
    if not is_matched(result):
        return result
    try:
        return restored(result)
    except InvalidInput as error:
        raise InvalidInput(f"{folder}: {error}") from None


def _matching(folder: Path, name: str, checksums: Mapping[str, Any]) -> Path:
    """The file with the checksum of the facts: in place, or not yet renamed."""
    for path in (folder / name, folder / f"{name}{NEW}"):
        if path.is_file() and checksums.get(name) == _checksum(path):
            return path
    raise InvalidInput(f"{folder / name} does not match its checksum in {FACTS}: changed, damaged or partly saved")


def _check_names(path: Path, facts: Mapping[str, Any], scenario: Scenario) -> None:
    """Refuse columns of shocks and holdings that the scenario does not have."""
    shocks = [shock.name for shock in scenario.market.shocks]
    founder_holdings = [holding.name for holding in scenario.portfolio.holdings if holding.founder_share > 0.0]
    moving = [name for name in scenario.portfolio.names if scenario.market.moving[name]]
    if facts["notes"].get("sampling") != MOMENT_MATCHED:
        moving = []
    wanted = {"ticks": shocks, "hazards": shocks, "holdings": founder_holdings, "brownian": moving}
    wanted["log_martingale"] = moving if scenario.market.tails else []
    whose_names = {"holdings": "founder holdings", **dict.fromkeys(DRIVERS, "holdings with a volatility")}
    for kind, names in wanted.items():
        if facts[kind] != names:
            whose = whose_names.get(kind, "shocks")
            raise InvalidInput(
                f"{path}: {kind} must name the {whose} of the scenario {short_repr(names, 80)}, "
                f"got {short_repr(facts[kind], 80)}"
            )


def _facts(result: RunData) -> dict[str, Any]:
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
        **{
            named.key: list(getattr(outcomes, kind))
            for kind, named in NAMED.items()
            if outcomes.brownian or kind not in DRIVERS
        },
        "thresholds": {rule: row.tolist() for rule, row in zip(rules, outcomes.thresholds, strict=True)},
        **({"time_weighted": True} if result.has_time_weighted else {}),
        **({"statistics": dict(outcomes.own_columns)} if outcomes.own_columns else {}),
        "checksums": {},
    }


def _read_facts(path: Path) -> dict[str, Any]:
    from riskkit.toml.toml_limits import parse_toml, read_text

    facts = parse_toml(read_text(path, str(path)), str(path))
    if facts.get("format") != FORMAT:
        raise InvalidInput(
            f"{path}: format must be {FORMAT}, got {short_repr(facts.get('format'))}; run the comparison again"
        )
    for name, least, most in (("seed", 0, 2**64 - 1), ("paths", 1, 2**63 - 1), ("group", 1, LARGEST_GROUP)):
        integer(f"{path}: {name}", facts.get(name), at_least=least, at_most=most)
    facts.setdefault("time_weighted", False)  # earlier versions have none
    for driver in DRIVERS:
        facts.setdefault(NAMED[driver].key, [])  # only moment-matched results have them
    for name in ("stratified", "sequential", "overlapping", "time_weighted"):
        boolean(f"{path}: {name}", facts.get(name))
    keys = [named.key for named in NAMED.values()]
    for name, kind in {"notes": dict, "thresholds": dict, "checksums": dict, **dict.fromkeys(keys, list)}.items():
        if not isinstance(facts.get(name), kind):
            raise InvalidInput(f"{path}: {name} must be a {kind.__name__}, got {short_repr(facts.get(name))}")
    places = {f"notes.{key}": note for key, note in facts["notes"].items()}
    places |= {f"{kind}[{place}]": name for kind in keys for place, name in enumerate(facts[kind])}
    for place, each in places.items():
        text(f"{path}: {place}", each)
    _check_own_columns(path, facts)
    for rule, levels in facts["thresholds"].items():
        if not isinstance(levels, list) or len(levels) != THRESHOLDS:
            raise InvalidInput(f"{path}: thresholds of {rule!r} must be {THRESHOLDS} numbers, got {short_repr(levels)}")
        steps = [number(f"{path}: thresholds of {rule!r}", level, at_least=0.0) for level in levels]
        if any(later <= earlier for earlier, later in pairwise(steps)):
            raise InvalidInput(f"{path}: thresholds of {rule!r} must rise, got {short_repr(levels)}")
    return facts


def _check_own_columns(path: Path, facts: dict[str, Any]) -> None:
    """Refuse columns of user-defined statistics that no run can have; without any in the facts there are none."""
    own = facts.setdefault("statistics", {})
    if not isinstance(own, dict):
        raise InvalidInput(f"{path}: statistics must be a dict, got {short_repr(own)}")
    for column, nan_means in own.items():
        checked_column(f"{path}: statistics", column)
        if nan_means != "":
            text(f"{path}: statistics.{column}", nan_means)


def _read_checksums(path: Path) -> dict[str, str]:
    """The checksums in the facts of a result of any version; other files are refused."""
    from riskkit.toml.toml_limits import parse_toml, read_text

    facts = parse_toml(read_text(path, str(path)), str(path))
    integer(f"{path}: format", facts.get("format"), at_least=1)
    checksums = facts.get("checksums")
    if not isinstance(checksums, dict) or not all(isinstance(each, str) for each in checksums.values()):
        raise InvalidInput(f"{path}: checksums must be a table of texts, got {short_repr(checksums)}")
    return checksums


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
