"""An object as TOML: a table for each data class, without the fields that have their default."""

from __future__ import annotations

import datetime
import numbers
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any

import pandas as pd

from riskkit._core.atomic_write import write_atomically
from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.validation import file_path, short_repr
from riskkit.market import EventSource, Hazard, Impact, Market, Shock
from riskkit.market.diffusion._uncertain import Uncertain
from riskkit.market.hazards._hazard import Constant, SumHazard
from riskkit.market.history._past_prices import PastPrices, columns
from riskkit.portfolio._holding import Holding
from riskkit.rules import Rule
from riskkit.toml.errors import Place, key_path
from riskkit.toml.imports import import_path
from riskkit.toml.schema_types import FORMAT, hints_of, storable, untyped
from riskkit.toml.stored_rule import StoredRule
from riskkit.toml.stored_source import StoredSource

__all__ = ["save", "to_toml"]


def to_toml(value: object, *, strict: bool = True) -> str:
    """Write an object of a data class as TOML, such as a `Scenario`.

    Parameters
    ----------
    value : object
        What is written; fields that have their default are left out. A rule, source of events, hazard, tail or term
        of trade of the user's own is written by its import path, and read back only with ``allow_import=True``.
    strict : bool
        Whether all of it must be readable again. If not, rules and sources of events of the user's own are written as
        their name and ``repr``, and what is read back is a `StoredRule` or `StoredSource`, which needs no import and
        cannot be run.

    Returns
    -------
    str
        Equal objects may differ in form; what is read back is equal to what was written.

    Raises
    ------
    InvalidInput
        If it, or a part, is of a class that cannot be imported or built from data; the message gives the place in the
        file.

    Examples
    --------
    >>> from riskkit.portfolio._holding import Holding
    >>> print(to_toml(Holding("TSLA", 40, founder="Musk")).strip())
    riskkit = "0.1"
    name = "TSLA"
    value = 40.0
    founder = "Musk"
    """
    import tomli_w

    cls = type(value)
    return tomli_w.dumps({"riskkit": FORMAT, **_table(value, (), strict, cls if storable(cls) else None)})


def save(value: object, path: str | os.PathLike[str]) -> None:
    """Write an object to a TOML file, which is replaced at one go where it exists.

    Parameters
    ----------
    value : object
        What is written.
    path : str or path
        The file.

    Raises
    ------
    InvalidInput
        As `to_toml`.
    OSError
        If the file cannot be written.
    """
    content = to_toml(value).encode()
    write_atomically(file_path("path", path), lambda file: file.write(content))


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
    raise InvalidInput(f"{key_path(place)} must be data that a file can hold, got {short_repr(value, 60)}")


def _table(value: Any, place: Place, strict: bool, plain: type | None) -> dict[str, Any]:
    """A data class as a table, without the fields that can be left out."""
    if not strict and not storable(type(value)):
        if isinstance(value, Rule):
            value = StoredRule(repr(value), name=value.name)
        elif isinstance(value, EventSource):
            value = StoredSource(repr(value), name=value.name, after=value.after)
    cls: type = type(value)
    table = {} if cls is plain else {"type": _class_name(value, place, strict)}
    hints = hints_of(cls)
    for field in fields(value):
        item = getattr(value, field.name)
        if field.init and item is not None and not _is_default(value, field):
            form = _form(cls, field.name)
            table[field.name] = _written(form(item), (*place, field.name), strict, untyped(hints[field.name]))
    return table


def _class_name(value: Any, place: Place, strict: bool) -> str:
    """What the key ``type`` says."""
    cls = type(value)
    name = cls.__name__ if storable(cls) else import_path(cls) if strict else None
    if name is None or (strict and cls in (StoredRule, StoredSource)):
        other = "or of one that can be imported" if strict else "as reading a saved result imports nothing"
        raise InvalidInput(
            f"{key_path(place) or 'what is written'} must be of a class that riskkit brings and a file can hold, "
            f"{other}, got {short_repr(value, 60)}; keep the Python that builds it"
        )
    return name


def _is_default(value: Any, field: Field[Any]) -> bool:
    """Whether leaving the field out makes the same object."""
    default = field.default if field.default_factory is MISSING else field.default_factory()
    if default is MISSING:
        return False
    if not field.compare:
        return bool(getattr(value, field.name) == default)
    if getattr(value, field.name) is default:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RiskkitWarning)  # they were told when the object itself was built
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
