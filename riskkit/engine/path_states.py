"""The states of a rule with a trigger: each path has the state that the rule returned when it last fired there."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Bools, Ints
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import set_fields
from riskkit._core.validation import short_repr

__all__ = ["PathStates", "taken", "unequal"]


class PathStates:
    """States by path, None at first. Paths whose states have one form are stored, and asked about, together.

    The form of a state is None, or its nesting with the dtype and the shape of each array, without the path axis.
    """

    def __init__(self, paths: int) -> None:
        self._states: list[Any] = [None]
        self._forms: list[Any] = [None]
        self._form_of = np.zeros(paths, dtype=np.intp)

    def groups(self, fired: Ints) -> list[tuple[Ints, Any]]:
        """The paths that fire, in groups of one form, with the state of each group."""
        if len(self._states) == 1:
            return [(fired, None)] if fired.size else []
        forms = self._form_of[fired]
        groups = [fired[forms == number] for number in range(len(self._states))]
        return [(paths, taken(state, paths)) for paths, state in zip(groups, self._states, strict=True) if paths.size]

    def store(self, paths: Ints, state: Any) -> None:
        """Store the state of some paths.

        Raises
        ------
        InvalidInput
            If it is not None or arrays with these paths as last axis, in tuples, dicts or dataclasses.
        """
        if state is None and len(self._states) == 1:
            return
        form = _form(state, paths.size)
        if form not in self._forms:
            self._forms.append(form)
            self._states.append(_mapped(state, self._empty))
        number = self._forms.index(form)
        for whole, member in zip(_arrays(self._states[number]), _arrays(state), strict=True):
            whole[..., paths] = member
        self._form_of[paths] = number

    def _empty(self, array: NDArray[Any]) -> NDArray[Any]:
        return np.zeros((*array.shape[:-1], self._form_of.size), array.dtype)


def taken(state: Any, paths: Ints) -> Any:
    """Return a copy of the state of some of the paths."""
    return _mapped(state, lambda array: np.take(array, paths, axis=-1))


def unequal(one: Any, other: Any, paths: int) -> Bools:
    """Where two states of the same paths differ (path); everywhere if they have different forms."""
    differ = np.zeros(paths, dtype=bool)
    if _form(one, paths) != _form(other, paths):
        return ~differ
    for first, second in zip(_arrays(one), _arrays(other), strict=True):
        same = (first == second) | ((first != first) & (second != second))  # NaN equals NaN here
        differ |= ~same.reshape(-1, paths).all(axis=0)
    return differ


def _form(state: Any, paths: int) -> Any:
    """The form of a state, which is refused if it is not one of a rule with a trigger."""
    if state is None:
        return None
    if type(state) is np.ndarray:
        if state.shape[-1:] != (paths,):
            raise _refusal(f"an array of shape {state.shape} on {paths:,} paths")
        return state.dtype.str, state.shape[:-1]
    keys = tuple(state) if isinstance(state, dict) else None
    return type(state), keys, tuple(_form(member, paths) for member in _members(state))


def _arrays(state: Any) -> list[NDArray[Any]]:
    """The arrays of a state, in their order."""
    if state is None:
        return []
    return [state] if type(state) is np.ndarray else [array for member in _members(state) for array in _arrays(member)]


def _mapped(state: Any, function: Callable[[NDArray[Any]], NDArray[Any]]) -> Any:
    """A state of the same nesting with each array replaced."""
    if state is None:
        return None
    if type(state) is np.ndarray:
        return function(state)
    members = [_mapped(member, function) for member in _members(state)]
    if isinstance(state, tuple):
        return type(state)(*members) if hasattr(state, "_fields") else tuple(members)
    if isinstance(state, dict):
        return dict(zip(state, members, strict=True))
    result = copy.copy(state)
    for field, member in zip(dataclasses.fields(state), members, strict=True):
        set_fields(result, **{field.name: member})  # a frozen dataclass too
    return result


def _members(state: Any) -> tuple[Any, ...]:
    """The members of a tuple, dict or dataclass; any other state is refused."""
    if type(state) is tuple or (isinstance(state, tuple) and hasattr(state, "_fields")):
        return tuple(state)
    if type(state) is dict:
        return tuple(state.values())
    if dataclasses.is_dataclass(state) and not isinstance(state, type):
        return tuple(getattr(state, field.name) for field in dataclasses.fields(state))
    raise _refusal(f"{type(state).__name__} {short_repr(state, 80)}")


def _refusal(received: str) -> InvalidInput:
    return InvalidInput(
        "the state of a rule with a trigger must be None or arrays with the path as last axis, in tuples, dicts or "
        f"dataclasses, got {received}"
    )
