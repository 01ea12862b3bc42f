"""The check of a trigger: a rule that decides about all paths must do nothing more than about those that fire."""

from __future__ import annotations

from typing import Any

import numpy as np

from riskkit._core.array_types import Array, Bools, Ints, UInts
from riskkit._core.errors import InvalidInput
from riskkit.engine.kernel.allowances import UNTOUCHED
from riskkit.engine.path_states import taken, unequal

__all__ = ["refuse_wrong_trigger"]


def refuse_wrong_trigger(
    label: str,
    numbers: UInts,
    weights: Array,
    solvent: Bools,
    groups: list[tuple[Ints, Array | None, Any]],
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
    solvent : ndarray of bool
        Paths whose target counts (path).
    groups : list of tuple
        Of each decision about paths that fire: these paths, as places in the batch, the target weights or None
        (asset, path), and the state after it.
    of_all : tuple
        The target weights (asset, path) from the decision about all paths, and the state before and after it.
    """
    target, before, after = of_all
    fired, differs = np.zeros((2, numbers.size), dtype=np.bool_)
    for paths, alone, state in groups:
        fired[paths] = True
        expected = weights[:, paths] if alone is None else alone
        differs[paths] = (expected != target[:, paths]).any(axis=0) | unequal(taken(after, paths), state, paths.size)
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
    refuse(
        solvent & differs,
        "a rule with a trigger must treat each path by itself, but it decides otherwise about all paths than about "
        "those that fire",
    )
