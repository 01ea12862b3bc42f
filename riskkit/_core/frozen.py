"""Frozen data: read-only mappings and arrays, types of converted fields, memoized methods."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, Generic, ParamSpec, TypeVar, dataclass_transform, overload

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Converted", "FrozenMap", "FrozenWhenWritten", "Shorthand", "converting_dataclass", "freeze_mappings", "memoized",
    "name_in_words", "read_only", "set_fields",
]  # fmt: skip

Value = TypeVar("Value")
Frozen = TypeVar("Frozen")
Arguments = ParamSpec("Arguments")
Accepted = TypeVar("Accepted", contravariant=True)
Stored = TypeVar("Stored", covariant=True)
Number = TypeVar("Number", bound=np.generic)


class FrozenMap(Mapping[str, Value], Generic[Value]):
    """A mapping from names to hashable values that keeps its order, cannot change and compares by value.

    Examples
    --------
    >>> FrozenMap({"TSLA": 0.4}) == {"TSLA": 0.4}
    True
    """

    __slots__ = ("_items",)
    _items: dict[str, Value]

    def __init__(self, items: Mapping[str, Value]) -> None:
        object.__setattr__(self, "_items", dict(items))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a FrozenMap cannot be changed")

    def __getitem__(self, name: str) -> Value:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[type[FrozenMap[Value]], tuple[dict[str, Value]]]:
        return (FrozenMap, (self._items,))


if TYPE_CHECKING:

    class Converted(Generic[Accepted, Stored]):
        """As below, for type checkers: a descriptor."""

        @overload
        def __get__(self, instance: None, owner: type, /) -> Any: ...
        @overload
        def __get__(self, instance: object, owner: type, /) -> Stored: ...
        def __get__(self, instance: object, owner: type, /) -> Any: ...
        def __set__(self, instance: object, value: Accepted) -> None: ...

    class Shorthand(Converted[Accepted, Stored]):
        """As below, for type checkers."""

else:

    class Converted:
        """The type of a field of a data class whose argument has another type than its attribute.

        ``holdings: Converted[Iterable[Holding], tuple[Holding, ...]]``: the constructor takes any iterable,
        ``__post_init__`` stores a tuple. Type checkers read it as a descriptor (typing specification, *Dataclasses*,
        descriptor-typed fields), so a default is written ``cast(Any, ())``. At runtime it stands for the stored type,
        which files have too.
        """

        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            return types[1]

    class Shorthand:
        """A `Converted` field with a short form that files accept too, such as ``founder = "Musk"``."""

        def __class_getitem__(cls, types: tuple[Any, Any]) -> Any:
            return types[0]


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def converting_dataclass(**options: bool) -> Callable[[type[Value]], type[Value]]:
    """Make a frozen dataclass that has a `Converted` field without a default.

    mypy takes such a field of a plain `dataclasses.dataclass` for one of type `Converted`.
    """
    return dataclasses.dataclass(frozen=True, **options)


def name_in_words(cls: type) -> str:
    """Return the name of a class in lower case, with spaces between its words.

    Examples
    --------
    >>> name_in_words(FrozenMap), name_in_words(type("CPPIFloor", (), {}))
    ('frozen map', 'cppi floor')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", cls.__name__).lower()


@dataclass_transform(field_specifiers=(dataclasses.field,))
class FrozenWhenWritten:
    """Makes each subclass a frozen dataclass, with what it sets for its `keywords` as their defaults.

    The default of ``name`` is the class name in words. A keyword that a class defines as a property or as a class
    variable is no argument of it.

    Type checkers are not told that it is frozen: mypy would take ``columns = (...)`` in a subclass for a property.
    """

    #: Keyword → its type, as an annotation.
    keywords: ClassVar[Mapping[str, str]] = MappingProxyType({"name": "str"})

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        annotated = cls.__dict__.get("__annotations__", {})
        defaults = {} if "name" in annotated else {"name": name_in_words(cls)}
        defaults |= {name: cls.__dict__[name] for name in cls.keywords if name in cls.__dict__}
        for name, default in defaults.items():
            fixed_by_class = isinstance(default, property) or "ClassVar" in str(annotated.get(name))
            form = ClassVar[Any] if fixed_by_class else cls.keywords[name]
            cls.__annotations__ = {**cls.__dict__.get("__annotations__", {}), name: form}
            if not fixed_by_class and not isinstance(default, dataclasses.Field):
                fixed = tuple(default) if isinstance(default, list) else default
                setattr(cls, name, dataclasses.field(default=fixed, kw_only=True))
        dataclasses.dataclass(frozen=True)(cls)


def set_fields(instance: object, **values: Any) -> None:
    """Set fields of a frozen dataclass; for ``__post_init__``, after the values are validated.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Goal:
    ...     multiple: float
    ...     def __post_init__(self):
    ...         set_fields(self, multiple=float(self.multiple))
    >>> Goal(5)
    Goal(multiple=5.0)
    """
    for name, value in values.items():
        object.__setattr__(instance, name, value)


def freeze_mappings(instance: Any) -> None:
    """Replace each mapping in the fields of a frozen dataclass by a `FrozenMap`; for ``__post_init__``."""
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if isinstance(value, Mapping) and not isinstance(value, FrozenMap):
            set_fields(instance, **{field.name: FrozenMap(value)})


def read_only(values: NDArray[Number]) -> NDArray[Number]:
    """Return a view of an array that cannot be written to."""
    view = values.view()
    view.flags.writeable = False
    return view


def memoized(
    function: Callable[Concatenate[Frozen, Arguments], Value],
) -> Callable[Concatenate[Frozen, Arguments], Value]:
    """Compute a method of a frozen object once for each set of arguments, and store the result on the object.

    The lookup compares no objects, unlike a cache that is keyed by their values.
    """
    label = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def look_up(frozen: Frozen, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Value:
        results: dict[Any, Any] = frozen.__dict__.setdefault("_memoized", {})
        key = (label, arguments, tuple(named.items()))
        if key not in results:
            results[key] = function(frozen, *arguments, **named)
        result: Value = results[key]
        return result

    return look_up
