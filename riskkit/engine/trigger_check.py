"""The check of a trigger: a rule that decides about all paths must do nothing more than about those that fire."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array, Bools, UInts
from riskkit._core.errors import InvalidInput
from riskkit.engine.kernel.allowances import UNTOUCHED
from riskkit.engine.path_states import taken, unequal

__all__ = ["refuse_wrong_trigger"]

Paths = NDArray[np.intp]


def refuse_wrong_trigger(
    label: str,
    numbers: UInts,
    weights: Array,
    fired: Bools,
    solvent: Bools,
    of_fired: tuple[Array, list[tuple[Paths, Any]]],
    of_all: tuple[Array, Any, Any],
) -> None:
    """Refuse a rule that trades or changes its state where its trigger does not fire, or decides otherwise elsewhere.

    Parameters
    ----------
    label : str
        The rule and the date in words.
    numbers : ndarray of uint64
        Numbers of the paths (path).
    weights : ndarray
        Weights before the trade (asset, path).
    fired : ndarray of bool
        Paths on which the trigger fires (path).
    solvent : ndarray of bool
        Paths whose target counts (path).
    of_fired : tuple
        The rule's target weights (asset, path) from its decisions about the paths that fire, and its state after each
        of them, with the paths.
    of_all : tuple
        Its target weights (asset, path) from its decision about all paths, and its state before and after.
    """
    (alone, groups), (target, before, after) = of_fired, of_all
    idle = solvent & ~fired

    def refuse(wrong: Bools, what: str) -> None:
        if wrong.any():
            path = int(wrong.argmax())
            raise InvalidInput(
                f"{label}: {what} on path {int(numbers[path])}; its weights are {weights[:, path].tolist()}, the "
                f"target is {target[:, path].tolist()}"
            )

    trades = (np.abs(target - weights) > UNTOUCHED).any(axis=0)
    refuse(idle & trades, "its trigger must fire wherever it trades, but it does not")
    if before is not None:
        changes = unequal(before, after, numbers.size)
        refuse(idle & changes, "its trigger must fire wherever its state changes, but it does not")
    differs = (alone != target).any(axis=0)
    for paths, state in groups:
        differs[paths] |= unequal(taken(after, paths), state, paths.size)
    refuse(
        solvent & fired & differs,
        "a rule with a trigger must treat each path by itself, but it decides otherwise about all paths than about "
        "those that fire",
    )
