"""A read-only, hashable mapping: the form in which data classes keep the dictionaries they are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

__all__ = ["FrozenMap"]

Value = TypeVar("Value")


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
