"""How data classes look in a file: a pydantic schema drawn from their fields."""

from __future__ import annotations

import datetime
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from riskkit._core.frozen import FrozenMap
from riskkit._core.size_limits import MOST_LISTED
from riskkit._core.validation import require_known

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["FORMAT", "file_form", "has_table", "hints_of", "is_ours", "members", "storable", "untyped"]

#: Version of the file's form; a file of a later one is refused.
FORMAT = "0.1"

_LEAVES = (str, int, float, bool, datetime.date)


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
    """Whether a file can hold objects of that class by its bare name: a public class of riskkit that has a table."""
    return is_ours(cls) and cls.__name__ in getattr(sys.modules[cls.__module__], "__all__", ()) and has_table(cls)


def has_table(cls: type) -> bool:
    """Whether objects of that class can be built from a table: a data class all of whose required fields are data."""
    if not is_dataclass(cls) or inspect.isabstract(cls):
        return False
    hints = hints_of(cls)
    return all(_has_form(hints[field.name]) for field in fields(cls) if _is_required(field))


@cache
def hints_of(cls: type) -> Mapping[str, Any]:
    """The types of a class's fields."""
    return get_type_hints(cls)


def is_ours(annotation: Any) -> bool:
    """Whether a class is one of riskkit's."""
    return inspect.isclass(annotation) and annotation.__module__.split(".")[0] == "riskkit"


def untyped(annotation: Any) -> type | None:
    """The class of a field's type whose table needs no key ``type``: the first, unless it stands for its subclasses."""
    classes = _classes(annotation)
    return classes[0] if classes and not members(classes[0]) else None


def file_form(cls: type, own: Mapping[str, type] = FrozenMap({})) -> Any:
    """Return the type by which pydantic's ``TypeAdapter`` reads a data class from tables.

    A data class is a table with a key for each field. Where it is one of several, subclasses of a common base or
    alternatives of a field, it says which by the key ``type``; see `untyped` for the one that need not. Values keep
    their TOML types: a number in quotes is not a number. Objects are built by their own constructors, which check
    them, and only riskkit's own public classes come out, and those in `own`.

    Parameters
    ----------
    cls : type
        What the whole table is.
    own : mapping of str to type
        Further classes, by what the key ``type`` says; each stands for those of its bases that have subclasses.

    Examples
    --------
    >>> from pydantic import TypeAdapter
    >>> from riskkit.portfolio._holding import Holding
    >>> TypeAdapter(file_form(Holding)).validate_python({"name": "TSLA", "value": 40, "founder": "Musk"}).value
    40.0
    """

    class Form:
        @classmethod
        def __get_pydantic_core_schema__(cls_, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
            from pydantic_core import core_schema

            forms = _Forms(handler, own)
            return core_schema.definitions_schema(forms.draw(cls), list(forms.drawn.values()))

    return Form


class _Forms:
    """Schemas of annotations; each data class is drawn once and referred to, as they may hold one another."""

    def __init__(self, handler: GetCoreSchemaHandler, own: Mapping[str, type]) -> None:
        self.handler = handler
        self.own = own
        self.drawn: dict[str, Any] = {}
        self.faults = _Faults()

    def draw(self, annotation: Any) -> CoreSchema:
        """Return the schema of a field's type."""
        from pydantic import Strict
        from pydantic_core import core_schema

        origin, inner = get_origin(annotation), get_args(annotation)
        if origin in (Union, types.UnionType):
            ours = [arm for arm in inner if is_ours(arm) and _has_form(arm)]
            arms = [self.draw(arm) for arm in inner if not is_ours(arm) and _has_form(arm)]
            arms += [self._one_of(*ours)] if ours else []
            # Labels that no key in a file has, so that they are told from keys in the place of a fault.
            if len(arms) == 1:
                return arms[0]
            plain = _is_plain(annotation)
            labelled = [(arm if plain else self.faults.of_one(arm), f"\0{number}") for number, arm in enumerate(arms)]
            union = core_schema.union_schema(cast("list[Any]", labelled))
            return union if plain else self.faults.of_any(union)
        if _is_list(origin):
            if _is_plain(inner[0]):
                return core_schema.tuple_schema([self.draw(inner[0])], variadic_item_index=0, fail_fast=True)
            return core_schema.tuple_schema([self.faults.counted(self.draw(inner[0]))], variadic_item_index=0)
        if origin is Literal:
            return core_schema.literal_schema(list(inner))
        if origin is not None:
            return core_schema.dict_schema(core_schema.str_schema(), self.faults.counted(self.draw(inner[1])))
        if is_ours(annotation):
            return self._one_of(annotation)
        return self.handler.generate_schema(Annotated[annotation, Strict()])

    def _one_of(self, *classes: type) -> CoreSchema:
        """A table of one of the classes, or of those that stand for them."""
        first = classes[0].__name__
        choices: dict[str, type] = {}
        for cls in classes:
            theirs = members(cls)
            choices |= theirs or {cls.__name__: cls}
            choices |= {path: each for path, each in self.own.items() if theirs and issubclass(each, cls)}
        if list(choices) == [first]:
            return self._table(choices[first], first, None)
        name = " or ".join(cls.__name__ for cls in classes)
        return self._referred(name, lambda: self._tagged(choices, first if first in choices else None))

    def _tagged(self, choices: Mapping[str, type], default: str | None) -> Any:
        """Tables that tell their class by the key ``type``; that of the class `default` need not."""
        from pydantic_core import core_schema

        tables = {tag: self._table(cls, tag, tag != default) for tag, cls in sorted(choices.items())}
        union = core_schema.tagged_union_schema(tables, discriminator="type")
        return core_schema.no_info_before_validator_function(_type_check(tables, default), union)

    def _table(self, cls: type, tag: str, typed: bool | None) -> CoreSchema:
        """A table whose key ``type`` must be there (True), may be there (False) or is not one of its keys (None)."""
        from pydantic_core import core_schema

        if typed is None:
            return self._referred(tag, lambda: self._fields(cls, {}))
        keys = {"type": core_schema.typed_dict_field(core_schema.literal_schema([tag]), required=typed)}
        return self._referred(f"{'typed' if typed else 'default'} {tag}", lambda: self._fields(cls, keys))

    def _referred(self, name: str, draw: Callable[[], Any]) -> CoreSchema:
        from pydantic_core import core_schema

        if name not in self.drawn:
            self.drawn[name] = None  # taken before the classes inside are drawn: they may refer to this one
            self.drawn[name] = {**draw(), "ref": name}
        return core_schema.definition_reference_schema(name)

    def _fields(self, cls: type, keys: dict[str, Any]) -> CoreSchema:
        """A table with the given keys and one for each field."""
        from pydantic_core import core_schema

        hints = hints_of(cls)
        for field in fields(cls):
            if field.init and _has_form(hints[field.name]):
                form = self.draw(hints[field.name])
                keys[field.name] = core_schema.typed_dict_field(form, required=_is_required(field))
        table = core_schema.typed_dict_schema(keys, extra_behavior="forbid", metadata={"class": cls})
        checked = core_schema.no_info_before_validator_function(_key_check(keys), table)
        return core_schema.no_info_after_validator_function(_builder(cls), checked)


class _Faults:
    """The faults of a file, counted: after so many the rest is not looked at, as each takes a kilobyte to tell.

    Only what has failed for sure is passed over. The alternatives of a union each begin with the faults before it, and
    one that is met leaves no more than those.
    """

    def __init__(self) -> None:
        self.count = 0
        self.before = 0

    def counted(self, schema: CoreSchema) -> CoreSchema:
        """An item of a list or a table."""
        from pydantic_core import ValidationError, core_schema

        def check(value: Any, handler: Callable[[Any], Any]) -> Any:
            if self.count > MOST_LISTED:
                return value
            try:
                return handler(value)
            except ValidationError:
                self.count += 1
                raise

        return core_schema.no_info_wrap_validator_function(check, schema)

    def of_any(self, union: CoreSchema) -> CoreSchema:
        """A union."""
        from pydantic_core import core_schema

        def check(value: Any, handler: Callable[[Any], Any]) -> Any:
            before, self.before = self.before, self.count
            try:
                result = handler(value)
                self.count = self.before
                return result
            finally:
                self.before = before

        return core_schema.no_info_wrap_validator_function(check, union)

    def of_one(self, arm: CoreSchema) -> CoreSchema:
        """One of the alternatives of a union."""
        from pydantic_core import core_schema

        def start(value: Any) -> Any:
            self.count = self.before
            return value

        return core_schema.no_info_before_validator_function(start, arm)


def _is_required(field: Field[Any]) -> bool:
    return field.init and field.default is MISSING and field.default_factory is MISSING


def _is_list(origin: Any) -> bool:
    return inspect.isclass(origin) and issubclass(origin, Sequence)


def _is_plain(annotation: Any) -> bool:
    """Whether values of that type are single numbers, texts and dates."""
    return all(arm in _LEAVES for arm in get_args(annotation) or (annotation,))


def _has_form(annotation: Any) -> bool:
    """Whether values of that type can stand in a file: None cannot, nor can functions and frames."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return any(_has_form(arm) for arm in inner)
    if _is_list(origin):
        return _has_form(inner[0])
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        return inner[0] is str and _has_form(inner[1])
    if is_ours(annotation):
        return bool(annotation.__subclasses__()) or storable(annotation)
    return origin is Literal or annotation in _LEAVES


def _classes(annotation: Any) -> list[type]:
    """Riskkit's own classes among the alternatives, or the items, of a field's type."""
    if is_ours(annotation):
        return [annotation] if _has_form(annotation) else []
    return [cls for inner in get_args(annotation) for cls in _classes(inner)]


def _type_check(choices: Iterable[str], default: str | None) -> Callable[[Any], Any]:
    def check(table: Any) -> Any:
        if not isinstance(table, Mapping):
            return table
        typed = {"type": table.get("type", default), **table}
        require_known("type", [typed["type"]], choices)
        return typed

    return check


def _key_check(keys: Iterable[str]) -> Callable[[Any], Any]:
    def check(table: Any) -> Any:
        if isinstance(table, Mapping):
            require_known("key", table, keys)
        return table

    return check


def _builder(cls: type) -> Callable[[dict[str, Any]], Any]:
    return lambda values: cls(**{key: value for key, value in values.items() if key != "type"})
