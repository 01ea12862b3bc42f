"""What frozen data needs: a read-only, hashable mapping, and results remembered on the object they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

__all__ = ["FrozenMap", "remembered"]

Value = TypeVar("Value")
Frozen = TypeVar("Frozen")
Arguments = ParamSpec("Arguments")


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


def remembered(
    function: Callable[Concatenate[Frozen, Arguments], Value],
) -> Callable[Concatenate[Frozen, Arguments], Value]:
    """Work a function of a frozen object out once for each set of further arguments, and keep the result on the object.

    Looking it up costs no comparison of objects, unlike a cache keyed by their value.
    """
    label = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def recall(frozen: Frozen, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Value:
        kept: dict[Any, Any] = frozen.__dict__.setdefault("_remembered", {})
        key = (label, arguments, tuple(named.items()))
        if key not in kept:
            kept[key] = function(frozen, *arguments, **named)
        result: Value = kept[key]
        return result

    return recall
