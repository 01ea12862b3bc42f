"""Write data classes as TOML: one table per object, without fields at their default."""

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
from riskkit.instruments import Instrument
from riskkit.market import EventSource, Hazard, Impact, Market, Shock
from riskkit.market.diffusion._uncertain import Uncertain
from riskkit.market.hazards._hazard import Constant, SumHazard
from riskkit.market.history._past_prices import PastPrices, columns
from riskkit.portfolio._holding import Holding
from riskkit.rules import Rule
from riskkit.toml.errors import KeyPath, key_path
from riskkit.toml.imports import import_path
from riskkit.toml.schema_types import FORMAT, default_class, field_types, storable
from riskkit.toml.stored_instrument import StoredInstrument
from riskkit.toml.stored_rule import StoredRule
from riskkit.toml.stored_source import StoredSource

__all__ = ["save", "to_toml"]


def to_toml(value: object, *, strict: bool = True) -> str:
    """Write an object of a data class as TOML, such as a `Scenario`.

    Parameters
    ----------
    value : object
        The object; fields at their default are left out. A user's own rule, instrument, source of events, hazard, tail
        or liquidity is written by its import path, and read back only with ``allow_import=True``.
    strict : bool
        Whether the object must be fully readable. If not, a user's own rules, instruments and sources of events are
        written as name and ``repr``, and read back as a `StoredRule`, `StoredInstrument` or `StoredSource`, which needs
        no import and cannot be run.

    Returns
    -------
    str
        TOML. Equal objects may differ in form; reading gives an object equal to the one written.

    Raises
    ------
    InvalidInput
        If the object, or a part, is of a class that cannot be imported or built from data; the message gives the key.

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
    """Write an object to a TOML file; an existing file is replaced atomically.

    Parameters
    ----------
    value : object
        The object.
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


def _toml_value(value: Any, key: KeyPath, strict: bool, default_type: type | None) -> Any:
    """A value as TOML data; a table of the class `default_type` has no key ``type``."""
    if is_dataclass(value):
        return _table(value, key, strict, default_type)
    if isinstance(value, Mapping):
        return {name: _toml_value(item, (*key, name), strict, default_type) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_toml_value(item, (*key, number), strict, default_type) for number, item in enumerate(value)]
    if isinstance(value, (bool, str, datetime.date)):
        return value
    if isinstance(value, numbers.Real):
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    raise InvalidInput(f"{key_path(key)} must be data that a file can hold, got {short_repr(value, 60)}")


def _table(value: Any, key: KeyPath, strict: bool, default_type: type | None) -> dict[str, Any]:
    """A data class as a table, without optional fields at their default."""
    if not strict and not storable(type(value)):
        if isinstance(value, Rule):
            value = StoredRule(repr(value), name=value.name)
        elif isinstance(value, EventSource):
            value = StoredSource(repr(value), name=value.name, after=value.after)
        elif isinstance(value, Instrument):
            value = StoredInstrument(value.on, repr(value), title=value.label, years=value.years, share=value.share)
    cls: type = type(value)
    table = {} if cls is default_type else {"type": _class_name(value, key, strict)}
    hints = field_types(cls)
    for field in fields(value):
        item = getattr(value, field.name)
        if field.init and item is not None and not _is_default(value, field):
            converter = _converter(cls, field.name)
            table[field.name] = _toml_value(
                converter(item), (*key, field.name), strict, default_class(hints[field.name])
            )
    return table


def _class_name(value: Any, key: KeyPath, strict: bool) -> str:
    """The value of the key ``type``."""
    cls = type(value)
    name = cls.__name__ if storable(cls) else import_path(cls) if strict else None
    if name is None or (strict and cls in (StoredInstrument, StoredRule, StoredSource)):
        other = "or of one that can be imported" if strict else "as reading a saved result imports nothing"
        raise InvalidInput(
            f"{key_path(key) or 'the object'} must be of a class of riskkit that a file can hold, "
            f"{other}, got {short_repr(value, 60)}; keep the Python that builds it"
        )
    return name


def _is_default(value: Any, field: Field[Any]) -> bool:
    """Whether the object without the field is equal."""
    default = field.default if field.default_factory is MISSING else field.default_factory()
    if default is MISSING:
        return False
    if not field.compare:
        return bool(getattr(value, field.name) == default)
    if getattr(value, field.name) is default:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RiskkitWarning)  # issued when the object was built
            return bool(replace(value, **{field.name: default}) == value)
    except InvalidInput:
        return False


def _pairs(correlation: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The nonzero pairs of a correlation, each once."""
    names = list(correlation.columns)
    matrix = correlation.to_numpy()
    rows = {
        name: {other: float(matrix[row, column]) for column, other in enumerate(names) if column > row}
        for row, name in enumerate(names)
    }
    nonzero = {name: {other: value for other, value in pairs.items() if value} for name, pairs in rows.items()}
    return {name: pairs for name, pairs in nonzero.items() if pairs}


def _founders(shares: Mapping[str, float]) -> str | Mapping[str, float]:
    """The name of a sole founder, else the shares."""
    return next(iter(shares)) if list(shares.values()) == [1.0] else shares


def _plain_impacts(impacts: Mapping[str, Impact]) -> Mapping[str, float | Uncertain | Impact]:
    """Impacts as numbers if all are certain; TOML has numbers before tables, so a mixture would change the order."""
    is_certain = all(isinstance(impact.mean, float) and impact.sd == 0.0 for impact in impacts.values())
    return {name: impact.mean for name, impact in impacts.items()} if is_certain else impacts


def _rates(parts: Sequence[Hazard]) -> list[float | Hazard]:
    """Constant hazards as numbers."""
    return [part.rate if isinstance(part, Constant) else part for part in parts]


# Fields with another form in a file, which their constructor accepts.
_CONVERTERS: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Holding, "founder"): _founders,
    (Market, "correlation"): _pairs,
    (PastPrices, "prices"): columns,
    (Shock, "impact"): _plain_impacts,
    (SumHazard, "parts"): _rates,
}


def _converter(cls: type, name: str) -> Callable[[Any], Any]:
    """The conversion of a field for a file; identity for most."""
    return next(
        (_CONVERTERS[base, name] for base in cls.__mro__ if (base, name) in _CONVERTERS), lambda unchanged: unchanged
    )
