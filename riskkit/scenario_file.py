"""A scenario as a TOML file and back, every number exactly: written field by field, read with pydantic."""

from __future__ import annotations

import datetime
import numbers
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

import pandas as pd

from riskkit.errors import InvalidInput, MissingExtra
from riskkit.file_form import Place, fault_lines, file_form, key_path, shown, storable, untyped
from riskkit.holding import Holding
from riskkit.market import Hazard, Impact, Market, Shock
from riskkit.market.hazard import Constant, SumHazard
from riskkit.market.history import PastPrices, columns
from riskkit.market.uncertain import Uncertain
from riskkit.rules import Rule, View
from riskkit.scenario import Scenario

__all__ = ["StoredRule", "load_scenario", "save_scenario", "scenario_from_toml", "scenario_to_toml"]

#: Version of the file's form; a file of a later one is refused.
FORMAT = "0.1"


class StoredRule(Rule):
    """What is left of a user's own rule in a saved result: its name and how it printed itself; it cannot be run.

    Parameters
    ----------
    text : str
        The rule's ``repr``.
    """

    text: str

    def decide(self, view: View, state: Any) -> Any:
        """Refuse: the code of the rule is not in the file."""
        raise self._refusal()

    def watches(self) -> tuple[Rule, ...]:
        """Refuse, so that a run ends before it begins."""
        raise self._refusal()

    def _refusal(self) -> InvalidInput:
        return InvalidInput(
            f"rule {self.name!r} must be a rule that can be run, got only its record from a file, {self.text}; "
            "build the scenario in Python with the rule itself"
        )


def scenario_to_toml(scenario: Scenario, *, strict: bool = True) -> str:
    """Write a scenario as TOML.

    Parameters
    ----------
    scenario : Scenario
        What is written; fields that have their default are left out.
    strict : bool
        Whether a rule that is not built in is refused. If not, its name and its ``repr`` are written, and what is
        read back is a `StoredRule`, which cannot be run.

    Returns
    -------
    str
        Equal scenarios may differ in form; the scenario that is read back is equal to this one.

    Raises
    ------
    InvalidInput
        If a part is of a class of the user's own; the message gives its place in the file.

    Examples
    --------
    >>> from riskkit.scenarios import baron
    >>> print(scenario_to_toml(baron()).split("[market]")[0].split("[portfolio]")[1].strip())
    holdings = [
        { name = "TSLA", value = 40.0, founder = "Musk" },
        { name = "SpaceX", value = 24.0, founder = "Musk" },
        { name = "xAI", value = 1.0, founder = "Musk" },
        { name = "diversified", value = 35.0 },
    ]
    """
    import tomli_w

    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {scenario!r}")
    return tomli_w.dumps({"riskkit": FORMAT, **_table(scenario, (), strict, Scenario)})


def scenario_from_toml(text: str, *, source: str = "scenario") -> Scenario:
    """Read a scenario from TOML; nothing in it is imported or run.

    Parameters
    ----------
    text : str
        What `scenario_to_toml` wrote, or a person.
    source : str
        Name of the file, for errors.

    Returns
    -------
    Scenario

    Raises
    ------
    InvalidInput
        If the text is not TOML (the message names the line), is of a later version, or does not meet the requirements
        of the data classes; the message names each place in the file, the requirement and what came.
    MissingExtra
        If pydantic is not installed.

    Examples
    --------
    >>> from riskkit.scenarios import baron
    >>> scenario_from_toml(scenario_to_toml(baron())) == baron()
    True
    """
    try:
        from pydantic import TypeAdapter, ValidationError
    except ImportError:
        raise MissingExtra("scenario files need pydantic: pip install 'riskkit[files]'") from None
    if not isinstance(text, str):
        raise InvalidInput(f"{source}: text must be a string of TOML, got {type(text).__name__}")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{source} must be TOML, got a fault: {error}") from None
    _check_version(data.pop("riskkit", FORMAT), source)
    adapter: TypeAdapter[Scenario] = TypeAdapter(file_form(Scenario))
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        raise InvalidInput("\n".join(fault_lines(error, data, source))) from None


def save_scenario(scenario: Scenario, path: str | os.PathLike[str]) -> None:
    """Write a scenario to a TOML file, which is replaced at one go where it exists.

    Parameters
    ----------
    scenario : Scenario
        What is written.
    path : str or path
        The file.

    Raises
    ------
    InvalidInput
        If a part is of a class of the user's own.
    OSError
        If the file cannot be written.
    """
    content = scenario_to_toml(scenario)
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    try:
        partial.write_text(content, encoding="utf-8", newline="\n")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def load_scenario(path: str | os.PathLike[str]) -> Scenario:
    """Read a scenario from a TOML file.

    Parameters
    ----------
    path : str or path
        The file, in UTF-8.

    Returns
    -------
    Scenario

    Raises
    ------
    InvalidInput
        As `scenario_from_toml`; the message begins with the path.
    MissingExtra
        If pydantic is not installed.
    OSError
        If the file cannot be read.
    """
    source = os.fspath(path)
    try:
        content = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{source} must be text in UTF-8, got {error.reason} at byte {error.start}") from None
    return scenario_from_toml(content, source=source)


def _check_version(version: object, source: str) -> None:
    if not isinstance(version, str) or not all(part.isdecimal() for part in version.split(".")):
        raise InvalidInput(f'{source}: riskkit must be the version of the file\'s form, "{FORMAT}", got {version!r}')
    if [int(part) for part in version.split(".")] > [int(part) for part in FORMAT.split(".")]:
        raise InvalidInput(
            f"{source}: riskkit must be at most {FORMAT!r}, got {version!r}; read the file with a newer riskkit"
        )


def _written(value: Any, place: Place, strict: bool, plain: type | None) -> Any:
    """A value as TOML has it; tables of the class `plain` do not tell their type."""
    if is_dataclass(value):
        return _table(value, place, strict, plain)
    if isinstance(value, Mapping):
        return {name: _written(item, (*place, name), strict, plain) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_written(item, (*place, number), strict, plain) for number, item in enumerate(value)]
    if isinstance(value, (bool, str, datetime.date)):
        return value
    if isinstance(value, numbers.Real):
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    raise InvalidInput(f"{key_path(place)} must be data that a file can hold, got {shown(value)}")


def _table(value: Any, place: Place, strict: bool, plain: type | None) -> dict[str, Any]:
    """A data class as a table, without the fields that can be left out."""
    cls = type(value)
    if isinstance(value, Rule) and not strict and not storable(cls):
        value = StoredRule(repr(value), name=value.name)
    elif not storable(cls) or (strict and cls is StoredRule):
        raise InvalidInput(
            f"{key_path(place) or 'scenario'} must be of a class that riskkit brings and a file can hold, "
            f"got {shown(value)}; leave it out, or keep the Python that builds it"
        )
    table = {} if type(value) is plain else {"type": type(value).__name__}
    hints = get_type_hints(type(value))
    for field in fields(value):
        item = getattr(value, field.name)
        if field.init and item is not None and not _is_default(value, field):
            form = _form(cls, field.name)
            table[field.name] = _written(form(item), (*place, field.name), strict, untyped(hints[field.name]))
    return table


def _is_default(value: Any, field: Field[Any]) -> bool:
    """Whether leaving the field out makes the same object."""
    default = field.default if field.default_factory is MISSING else field.default_factory()
    if default is MISSING:
        return False
    try:
        return bool(replace(value, **{field.name: default}) == value)
    except InvalidInput:
        return False


def _pairs(correlation: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Each pair that is not 0, once."""
    names = list(correlation.columns)
    matrix = correlation.to_numpy()
    rows = {
        name: {other: float(matrix[row, column]) for column, other in enumerate(names) if column > row}
        for row, name in enumerate(names)
    }
    nonzero = {name: {other: value for other, value in pairs.items() if value} for name, pairs in rows.items()}
    return {name: pairs for name, pairs in nonzero.items() if pairs}


def _founders(shares: Mapping[str, float]) -> str | Mapping[str, float]:
    """The name alone where all of the value is tied to one person."""
    return next(iter(shares)) if list(shares.values()) == [1.0] else shares


def _changes(impacts: Mapping[str, Impact]) -> Mapping[str, float | Uncertain | Impact]:
    """Numbers where all are certain: TOML has numbers before tables, and the order of the holdings would be lost."""
    certain = all(isinstance(impact.mean, float) and impact.sd == 0.0 for impact in impacts.values())
    return {name: impact.mean for name, impact in impacts.items()} if certain else impacts


def _rates(parts: Sequence[Hazard]) -> list[float | Hazard]:
    """Plain rates as numbers."""
    return [part.rate if isinstance(part, Constant) else part for part in parts]


# Fields that stand in a file in another form that their constructor takes.
_FORMS: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Holding, "founder"): _founders,
    (Market, "correlation"): _pairs,
    (PastPrices, "prices"): columns,
    (Shock, "impact"): _changes,
    (SumHazard, "parts"): _rates,
}


def _form(cls: type, name: str) -> Callable[[Any], Any]:
    """How a field is turned into what a file has; for most it is what it was."""
    return next((_FORMS[base, name] for base in cls.__mro__ if (base, name) in _FORMS), lambda same: same)
