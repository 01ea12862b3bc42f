"""How data classes look in a file: a pydantic schema drawn from their fields, and its faults in plain words."""

from __future__ import annotations

import datetime
import inspect
import json
import re
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from riskkit.checks import known

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, ValidationError
    from pydantic_core import CoreSchema

__all__ = ["Place", "fault_lines", "file_form", "key_path", "members", "shown", "storable", "untyped"]

Place = tuple[str | int, ...]

_LEAVES = (str, int, float, bool, datetime.date)

# pydantic's kinds of fault that only say that a value has the wrong type, and what should have come.
_WANTED = {
    "bool_type": "true or false",
    "date_type": "a date",
    "dict_type": "a table",
    "float_type": "a number",
    "int_type": "a whole number",
    "model_attributes_type": "a table",
    "string_type": "a string",
    "tuple_type": "an array",
}


def members(base: type) -> dict[str, type]:
    """The classes that stand for `base` in a file, by name: its public, complete subclasses in riskkit."""
    found: dict[str, type] = {}
    cls: type
    for cls in base.__subclasses__():
        if storable(cls):
            found[cls.__name__] = cls
        found |= members(cls)
    return dict(sorted(found.items()))


def storable(cls: type) -> bool:
    """Whether a file can hold objects of that class: a public data class of riskkit that can be built from data."""
    public = _is_ours(cls) and cls.__name__ in getattr(sys.modules[cls.__module__], "__all__", ())
    if not public or not is_dataclass(cls) or inspect.isabstract(cls):
        return False
    hints = get_type_hints(cls)
    return all(_has_form(hints[field.name]) for field in fields(cls) if _is_required(field))


def untyped(annotation: Any) -> type | None:
    """The class of a field's type whose table needs no key ``type``: the first, unless it stands for its subclasses."""
    classes = _classes(annotation)
    return classes[0] if classes and not members(classes[0]) else None


def file_form(cls: type) -> Any:
    """Return the type by which pydantic's ``TypeAdapter`` reads a data class from tables.

    A data class is a table with a key for each field. Where it is one of several, subclasses of a common base or
    alternatives of a field, it says which by the key ``type``; see `untyped` for the one that need not. Values keep
    their TOML types: a number in quotes is not a number. Objects are built by their own constructors, which check
    them, and only riskkit's own public classes come out.

    Examples
    --------
    >>> from pydantic import TypeAdapter
    >>> from riskkit.holding import Holding
    >>> TypeAdapter(file_form(Holding)).validate_python({"name": "TSLA", "value": 40, "founder": "Musk"}).value
    40.0
    """

    class Form:
        @classmethod
        def __get_pydantic_core_schema__(cls_, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
            from pydantic_core import core_schema

            forms = _Forms(handler)
            return core_schema.definitions_schema(forms.draw(cls), list(forms.drawn.values()))

    return Form


class _Forms:
    """Schemas of annotations; each data class is drawn once and referred to, as they may hold one another."""

    def __init__(self, handler: GetCoreSchemaHandler) -> None:
        self.handler = handler
        self.drawn: dict[str, Any] = {}

    def draw(self, annotation: Any) -> CoreSchema:
        """Return the schema of a field's type."""
        from pydantic import Strict
        from pydantic_core import core_schema

        origin, inner = get_origin(annotation), get_args(annotation)
        if origin in (Union, types.UnionType):
            ours = [arm for arm in inner if _is_ours(arm) and _has_form(arm)]
            arms = [self.draw(arm) for arm in inner if not _is_ours(arm) and _has_form(arm)]
            arms += [self._refer(*ours)] if ours else []
            # Labels that no key in a file has, so that they are told from keys in the place of a fault.
            labelled: list[Any] = [(arm, f"\0{number}") for number, arm in enumerate(arms)]
            return arms[0] if len(arms) == 1 else core_schema.union_schema(labelled)
        if _is_list(origin):
            return core_schema.tuple_schema([self.draw(inner[0])], variadic_item_index=0)
        if origin is Literal:
            return core_schema.literal_schema(list(inner))
        if origin is not None:
            return core_schema.dict_schema(core_schema.str_schema(), self.draw(inner[1]))
        if _is_ours(annotation):
            return self._refer(annotation)
        return self.handler.generate_schema(Annotated[annotation, Strict()])

    def _refer(self, *classes: type) -> CoreSchema:
        from pydantic_core import core_schema

        name = " | ".join(f"{cls.__module__}.{cls.__qualname__}" for cls in classes)
        if name not in self.drawn:
            self.drawn[name] = None  # taken before the classes inside are drawn: they may refer to this one
            self.drawn[name] = {**self._alternatives(classes), "ref": name}
        return core_schema.definition_reference_schema(name)

    def _alternatives(self, classes: tuple[type, ...]) -> Any:
        from pydantic_core import core_schema

        choices: dict[str, type] = {}
        for cls in classes:
            choices |= members(cls) or {cls.__name__: cls}
        if list(choices.values()) == list(classes[:1]):
            return self._table(classes[0])
        tables = {tag: self._table(member, tag) for tag, member in sorted(choices.items())}
        union = core_schema.tagged_union_schema(tables, discriminator="type")
        first = classes[0].__name__ if classes[0].__name__ in choices else None
        return core_schema.no_info_before_validator_function(_type_check(tables, first), union)

    def _table(self, cls: type, tag: str | None = None) -> CoreSchema:
        from pydantic_core import core_schema

        hints = get_type_hints(cls)
        keys = {
            field.name: core_schema.typed_dict_field(self.draw(hints[field.name]), required=_is_required(field))
            for field in fields(cls)
            if field.init and _has_form(hints[field.name])
        }
        if tag is not None:
            keys = {"type": core_schema.typed_dict_field(core_schema.literal_schema([tag])), **keys}
        table = core_schema.typed_dict_schema(keys, extra_behavior="forbid")
        checked = core_schema.no_info_before_validator_function(_key_check(keys), table)
        return core_schema.no_info_after_validator_function(_builder(cls), checked)


def _is_ours(annotation: Any) -> bool:
    return inspect.isclass(annotation) and annotation.__module__.split(".")[0] == "riskkit"


def _is_required(field: Field[Any]) -> bool:
    return field.init and field.default is MISSING and field.default_factory is MISSING


def _is_list(origin: Any) -> bool:
    return inspect.isclass(origin) and issubclass(origin, Sequence)


def _has_form(annotation: Any) -> bool:
    """Whether values of that type can stand in a file: None cannot, nor can functions and frames."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return any(_has_form(arm) for arm in inner)
    if _is_list(origin):
        return _has_form(inner[0])
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        return inner[0] is str and _has_form(inner[1])
    if _is_ours(annotation):
        return bool(annotation.__subclasses__()) or storable(annotation)
    return origin is Literal or annotation in _LEAVES


def _classes(annotation: Any) -> list[type]:
    """Riskkit's own classes among the alternatives, or the items, of a field's type."""
    if _is_ours(annotation):
        return [annotation] if _has_form(annotation) else []
    return [cls for inner in get_args(annotation) for cls in _classes(inner)]


def _type_check(choices: Iterable[str], default: str | None) -> Callable[[Any], Any]:
    def check(table: Any) -> Any:
        if not isinstance(table, Mapping):
            return table
        typed = {"type": table.get("type", default), **table}
        known("type", [typed["type"]], choices)
        return typed

    return check


def _key_check(keys: Iterable[str]) -> Callable[[Any], Any]:
    def check(table: Any) -> Any:
        if isinstance(table, Mapping):
            known("key", table, keys)
        return table

    return check


def _builder(cls: type) -> Callable[[dict[str, Any]], Any]:
    return lambda values: cls(**{key: value for key, value in values.items() if key != "type"})


def fault_lines(error: ValidationError, data: object, source: str) -> list[str]:
    """Say what is wrong with a file, a line a place: where, what was required, what came.

    Parameters
    ----------
    error : ValidationError
        From pydantic.
    data : object
        What was read.
    source : str
        Name of the file.
    """
    faults: dict[Place, list[Any]] = {}
    for fault in error.errors(include_url=False):
        faults.setdefault(_place(data, fault), []).append(fault)
    # A union of types tells a fault for each type; those that got further into the file know more.
    deepest = [place for place in faults if not any(other[: len(place)] == place != other for other in faults)]
    return [f"{source}: {line}" for place in deepest for line in _told(place, faults[place])]


def _place(data: Any, fault: Any) -> Place:
    """Where in the file a fault is: pydantic's location without the parts that are not keys or positions."""
    place: list[str | int] = []
    for part in fault["loc"]:
        inside = part in data if isinstance(data, Mapping) else isinstance(data, list) and part in range(len(data))
        if inside:
            place.append(part)
            data = data[part]
    if fault["type"] == "missing":
        place.append(fault["loc"][-1])
    return tuple(place)


def _told(place: Place, faults: list[Any]) -> list[str]:
    where = key_path(place)
    wanted = dict.fromkeys(_WANTED[fault["type"]] for fault in faults if fault["type"] in _WANTED)
    others = [fault for fault in faults if fault["type"] not in _WANTED]
    if not others:
        return [f"{where or 'the file'} must be {' or '.join(wanted)}, got {shown(faults[0]['input'])}"]
    lines = []
    for fault in others:
        if fault["type"] == "literal_error":
            lines.append(f"{where} must be {fault['ctx']['expected']}, got {shown(fault['input'])}")
        elif fault["type"] == "missing":
            lines.append(f"{where} must be given, got none")
        elif fault["type"] == "value_error":
            lines.append(f"{where}: {fault['ctx']['error']}" if where else str(fault["ctx"]["error"]))
        else:
            lines.append(f"{where}: {fault['msg']}, got {shown(fault['input'])}")
    return list(dict.fromkeys(lines))


def key_path(place: Place) -> str:
    """Write a place in a file as TOML writes keys.

    Examples
    --------
    >>> key_path(("portfolio", "holdings", 0, "founder", "Ann B."))
    'portfolio.holdings[0].founder."Ann B."'
    """
    path = ""
    for part in place:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            bare = re.fullmatch(r"[\w-]+", part, re.ASCII)
            path += ("." if path else "") + (part if bare else json.dumps(part, ensure_ascii=False))
    return path


def shown(value: object) -> str:
    """Write a value as an error tells it: no more than the beginning of a long one."""
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:57]}..."
