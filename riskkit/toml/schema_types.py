"""The form of data classes in a file: a pydantic schema made of their fields."""

from __future__ import annotations

import datetime
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from riskkit._core.fraction_bounds import without_bounds
from riskkit._core.frozen import FrozenMap
from riskkit._core.size_limits import MOST_LISTED
from riskkit._core.validation import require_known

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = [
    "FORMAT",
    "pydantic_type",
    "has_table",
    "field_types",
    "is_riskkit_class",
    "concrete_subclasses",
    "storable",
    "default_class",
]

#: Version of the file's form; a later one is refused.
FORMAT = "0.1"

_SCALAR_TYPES = (str, int, float, bool, datetime.date)


def concrete_subclasses(base: type) -> dict[str, type]:
    """Return the classes that may replace `base` in a file by name: its public concrete subclasses in riskkit."""
    found: dict[str, type] = {}
    cls: type
    for cls in base.__subclasses__():
        if storable(cls):
            found[cls.__name__] = cls
        found |= concrete_subclasses(cls)
    return dict(sorted(found.items()))


def storable(cls: type) -> bool:
    """Whether a file can name the class without a module: a public class of riskkit that has a table."""
    return (
        is_riskkit_class(cls) and cls.__name__ in getattr(sys.modules[cls.__module__], "__all__", ()) and has_table(cls)
    )


def has_table(cls: type) -> bool:
    """Whether objects of the class can be built from a table: a data class with only data as required fields."""
    if not is_dataclass(cls) or inspect.isabstract(cls):
        return False
    hints = field_types(cls)
    return all(_has_schema(hints[field.name]) for field in fields(cls) if _is_required(field))


@cache
def field_types(cls: type) -> Mapping[str, Any]:
    """Return the types of the fields of a class."""
    return get_type_hints(cls)


def is_riskkit_class(annotation: Any) -> bool:
    """Whether an annotation is a class of riskkit."""
    return inspect.isclass(annotation) and annotation.__module__.split(".")[0] == "riskkit"


def default_class(annotation: Any) -> type | None:
    """Return the class of a field whose table needs no key ``type``: the first, unless it has subclasses."""
    classes = _classes(annotation)
    return classes[0] if classes and not concrete_subclasses(classes[0]) else None


def pydantic_type(cls: type, user_classes: Mapping[str, type] = FrozenMap({})) -> Any:
    """Return the type from which pydantic's ``TypeAdapter`` reads a data class.

    A data class is a table with a key for each field. If several classes are possible, subclasses of a common base or
    alternatives of a field, the key ``type`` is the class; see `default_class` for the exception. Values keep their
    TOML types: a number in quotes is not a number. Objects are built by their constructors, which validate them, and
    only as public classes of riskkit or those in `user_classes`.

    Parameters
    ----------
    cls : type
        The class of the whole table.
    user_classes : mapping of str to type
        User classes by the value of ``type``; each may replace those of its bases that have subclasses.

    Examples
    --------
    >>> from pydantic import TypeAdapter
    >>> from riskkit.portfolio._holding import Holding
    >>> TypeAdapter(pydantic_type(Holding)).validate_python({"name": "TSLA", "value": 40, "founder": "Musk"}).value
    40.0
    """

    class TableType:
        @classmethod
        def __get_pydantic_core_schema__(cls_, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
            from pydantic_core import core_schema

            builder = _SchemaBuilder(handler, user_classes)
            return core_schema.definitions_schema(builder.build(cls), list(builder.schemas.values()))

    return TableType


class _SchemaBuilder:
    """Builds schemas of annotations; each data class has one schema and references, because they may be recursive."""

    def __init__(self, handler: GetCoreSchemaHandler, user_classes: Mapping[str, type]) -> None:
        self.handler = handler
        self.user_classes = user_classes
        self.schemas: dict[str, Any] = {}
        self.error_count = _ErrorCount()

    def build(self, annotation: Any) -> CoreSchema:
        """Return the schema of a field's type."""
        from pydantic import Strict
        from pydantic_core import core_schema

        origin, inner = get_origin(annotation), get_args(annotation)
        if origin in (Union, types.UnionType):
            riskkit_classes = [
                alternative for alternative in inner if is_riskkit_class(alternative) and _has_schema(alternative)
            ]
            alternatives = [
                self.build(alternative)
                for alternative in inner
                if not is_riskkit_class(alternative) and _has_schema(alternative)
            ]
            alternatives += [self._table_of(*riskkit_classes)] if riskkit_classes else []
            # No key in a file can have these labels, so they are distinguishable from keys in errors.
            if len(alternatives) == 1:
                return alternatives[0]
            plain = _is_plain(annotation)
            labelled = [
                (alternative if plain else self.error_count.wrap_alternative(alternative), f"\0{number}")
                for number, alternative in enumerate(alternatives)
            ]
            union = core_schema.union_schema(cast("list[Any]", labelled))
            return union if plain else self.error_count.wrap_union(union)
        if _is_list(origin):
            if _is_plain(inner[0]):
                return core_schema.tuple_schema([self.build(inner[0])], variadic_item_index=0, fail_fast=True)
            return core_schema.tuple_schema(
                [self.error_count.count_errors(self.build(inner[0]))], variadic_item_index=0
            )
        if origin is Literal:
            return core_schema.literal_schema(list(inner))
        if origin is not None:
            return core_schema.dict_schema(
                core_schema.str_schema(), self.error_count.count_errors(self.build(inner[1]))
            )
        if is_riskkit_class(annotation):
            return self._table_of(annotation)
        return self.handler.generate_schema(Annotated[annotation, Strict()])

    def _table_of(self, *classes: type) -> CoreSchema:
        """A table of one of the classes, or of their concrete subclasses."""
        first = classes[0].__name__
        choices: dict[str, type] = {}
        for cls in classes:
            subclasses = concrete_subclasses(cls)
            choices |= subclasses or {cls.__name__: cls}
            choices |= {
                path: user_class
                for path, user_class in self.user_classes.items()
                if subclasses and issubclass(user_class, cls)
            }
        if list(choices) == [first]:
            return self._table(choices[first], first, None)
        name = " or ".join(cls.__name__ for cls in classes)
        return self._referenced(name, lambda: self._tagged(choices, first if first in choices else None))

    def _tagged(self, choices: Mapping[str, type], default: str | None) -> Any:
        """Tables with their class under the key ``type``, which is optional for the class `default`."""
        from pydantic_core import core_schema

        table_schemas = {tag: self._table(cls, tag, tag != default) for tag, cls in sorted(choices.items())}
        union = core_schema.tagged_union_schema(table_schemas, discriminator="type")
        return core_schema.no_info_before_validator_function(_type_check(table_schemas, default), union)

    def _table(self, cls: type, tag: str, typed: bool | None) -> CoreSchema:
        """A table whose key ``type`` must be there (True), may be there (False) or is not one of its keys (None)."""
        from pydantic_core import core_schema

        if typed is None:
            return self._referenced(tag, lambda: self._fields(cls, {}))
        keys = {"type": core_schema.typed_dict_field(core_schema.literal_schema([tag]), required=typed)}
        return self._referenced(f"{'typed' if typed else 'default'} {tag}", lambda: self._fields(cls, keys))

    def _referenced(self, name: str, build: Callable[[], Any]) -> CoreSchema:
        from pydantic_core import core_schema

        if name not in self.schemas:
            self.schemas[name] = None  # set before the inner schemas, which may refer to this one
            self.schemas[name] = {**build(), "ref": name}
        return core_schema.definition_reference_schema(name)

    def _fields(self, cls: type, keys: dict[str, Any]) -> CoreSchema:
        """A table with the keys `keys` and one for each field."""
        from pydantic_core import core_schema

        hints, history = field_types(cls), _History()
        for field in fields(cls):
            if field.init and _has_schema(hints[field.name]):
                schema = self.build(hints[field.name])
                if field.name == getattr(cls, "from_history", None):
                    schema = history.wrap_facts(schema)
                keys[field.name] = core_schema.typed_dict_field(schema, required=_is_required(field))
        table: CoreSchema = core_schema.typed_dict_schema(keys, extra_behavior="forbid", metadata={"class": cls})
        if hasattr(cls, "from_history"):
            table = history.wrap_table(table)
        checked = core_schema.no_info_before_validator_function(_key_check(keys), table)
        return core_schema.no_info_after_validator_function(_builder(cls), checked)


class _History:
    """Lifts the bounds of fractions from facts: the assets of a market that also has the prices they come from."""

    def __init__(self) -> None:
        self.present = False

    def wrap_table(self, schema: CoreSchema) -> CoreSchema:
        """Wrap the schema of a table, which may have a history."""
        from pydantic_core import core_schema

        def note(table: Any) -> Any:
            self.present = isinstance(table, Mapping) and "history" in table
            return table

        return core_schema.no_info_before_validator_function(note, schema)

    def wrap_facts(self, schema: CoreSchema) -> CoreSchema:
        """Wrap the schema of the field that comes from the history."""
        from pydantic_core import core_schema

        def check(value: Any, handler: Callable[[Any], Any]) -> Any:
            with without_bounds() if self.present else nullcontext():
                return handler(value)

        return core_schema.no_info_wrap_validator_function(check, schema)


class _ErrorCount:
    """Counts the errors of a file: after a maximum the rest is not validated, because each error takes a kilobyte.

    Only items of a file that is already invalid are skipped. Each alternative of a union starts with the count before
    the union, and a valid alternative restores it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.count_before = 0

    def count_errors(self, schema: CoreSchema) -> CoreSchema:
        """Wrap the schema of an item of a list or table."""
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

    def wrap_union(self, union: CoreSchema) -> CoreSchema:
        """Wrap the schema of a union."""
        from pydantic_core import core_schema

        def check(value: Any, handler: Callable[[Any], Any]) -> Any:
            count_before, self.count_before = self.count_before, self.count
            try:
                result = handler(value)
                self.count = self.count_before
                return result
            finally:
                self.count_before = count_before

        return core_schema.no_info_wrap_validator_function(check, union)

    def wrap_alternative(self, alternative: CoreSchema) -> CoreSchema:
        """Wrap the schema of one alternative of a union."""
        from pydantic_core import core_schema

        def start(value: Any) -> Any:
            self.count = self.count_before
            return value

        return core_schema.no_info_before_validator_function(start, alternative)


def _is_required(field: Field[Any]) -> bool:
    return field.init and field.default is MISSING and field.default_factory is MISSING


def _is_list(origin: Any) -> bool:
    return inspect.isclass(origin) and issubclass(origin, Sequence)


def _is_plain(annotation: Any) -> bool:
    """Whether values of the type are single numbers, texts and dates."""
    return all(alternative in _SCALAR_TYPES for alternative in get_args(annotation) or (annotation,))


def _has_schema(annotation: Any) -> bool:
    """Whether values of the type can be in a file; None, functions and frames cannot."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return any(_has_schema(alternative) for alternative in inner)
    if _is_list(origin):
        return _has_schema(inner[0])
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        return inner[0] is str and _has_schema(inner[1])
    if is_riskkit_class(annotation):
        return bool(annotation.__subclasses__()) or storable(annotation)
    return origin is Literal or annotation in _SCALAR_TYPES


def _classes(annotation: Any) -> list[type]:
    """Classes of riskkit among the alternatives or items of the type of a field."""
    if is_riskkit_class(annotation):
        return [annotation] if _has_schema(annotation) else []
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
