"""The user's statistics on one batch of paths: the arrays that the kernel fills, their states and their columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array, UInts
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import read_only
from riskkit._core.validation import array_summary, name_list, short_repr
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel.structs import RecordedArrays
from riskkit.engine.statistic import Statistic

__all__ = ["OwnStatistics", "chunk_steps", "recorded_steps"]


#: Most steps of one call of a statistic or a time change.
LONGEST_CHUNK = 64


def chunk_steps(setup: RunSetup) -> int:
    """The most steps of one call of the user's code: those between two dates, up to LONGEST_CHUNK."""
    dates = np.array([0, *setup.dates, setup.calendar.steps])
    return min(LONGEST_CHUNK, int(np.diff(dates).max()))


def recorded_steps(setup: RunSetup) -> int:
    """Number of steps that the kernel records at a time; 0 without statistics."""
    return chunk_steps(setup) if setup.statistics else 0


class OwnStatistics:
    """The statistics of every rule's book on a batch of paths.

    Parameters
    ----------
    setup : RunSetup
    paths : ndarray of uint64
        Numbers of the paths.
    """

    def __init__(self, setup: RunSetup, paths: UInts) -> None:
        self.setup, self.paths = setup, paths
        self.steps = recorded_steps(setup)
        self.rules = setup.scenario.names if setup.statistics else ()
        shape = (len(self.rules), self.steps, paths.size)
        self.recorded = RecordedArrays(np.empty(shape), np.empty(shape))
        self.states: dict[tuple[int, int], Any] = {}
        for number, statistic in enumerate(setup.statistics):
            for book in range(len(self.rules)):
                with self._called(statistic, "start", book):
                    self.states[number, book] = statistic.start(read_only(paths), setup.calendar)
                self._update(number, book, 0, np.ones((1, paths.size)), np.ones((1, paths.size)))

    def update(self, first_step: int, last_step: int) -> None:
        """Pass the steps that the kernel has recorded to every statistic."""
        rows = last_step - first_step + 1
        for number in range(len(self.setup.statistics)):
            for book in range(len(self.rules)):
                wealth, peak = self.recorded.wealth[book, :rows], self.recorded.peak[book, :rows]
                self._update(number, book, first_step, wealth, peak)

    def columns(self, book: int) -> dict[str, Array]:
        """Every column of one book after the last step (path)."""
        found: dict[str, Array] = {}
        for number, statistic in enumerate(self.setup.statistics):
            with self._called(statistic, "finish", book):
                answer = statistic.finish(self.states[number, book], self.setup.calendar)
            found |= self._checked(statistic, answer, book)
        return found

    def _update(self, number: int, book: int, first_step: int, wealth: Array, peak: Array) -> None:
        statistic = self.setup.statistics[number]
        with self._called(statistic, f"update at step {first_step}", book):
            state = statistic.update(self.states[number, book], first_step, read_only(wealth), read_only(peak))
        if any(np.may_share_memory(array, each) for array in _arrays(state) for each in (wealth, peak)):
            raise InvalidInput(
                f"statistic {statistic.name!r}: the state must not have views of wealth or peak, which are valid "
                "during update only; store a copy, as in wealth[-1].copy()"
            )
        self.states[number, book] = state

    @contextmanager
    def _called(self, statistic: Statistic, method: str, book: int) -> Iterator[None]:
        """Add the place of the call to an error of the user's code."""
        try:
            yield
        except Exception as error:
            error.add_note(f"while statistic {statistic.name!r} was called: {method}, of rule {self.rules[book]!r}")
            raise

    def _checked(self, statistic: Statistic, answer: Any, book: int) -> dict[str, Array]:
        """The validated columns that `finish` returned."""
        what = f"statistic {statistic.name!r}: finish must return"
        if not isinstance(answer, Mapping):
            raise InvalidInput(f"{what} a mapping of column to array, got {short_repr(answer)}")
        if set(answer) != set(statistic.columns):
            raise InvalidInput(f"{what} the columns {name_list(statistic.columns)}, got {name_list(answer) or 'none'}")
        found, shape = {}, self.paths.shape
        for column in statistic.columns:
            values = answer[column]
            if not isinstance(values, np.ndarray) or values.shape != shape or values.dtype.kind not in "biuf":
                raise InvalidInput(
                    f"{what} {column!r} as an array of numbers of shape (path,) = {shape}, got {array_summary(values)}"
                )
            numbers = values.astype(np.float64)
            invalid = np.isinf(numbers) if statistic.nan_means else ~np.isfinite(numbers)
            if invalid.any():
                path = int(np.argmax(invalid))
                hint = "" if np.isinf(numbers[path]) else "; where NaN has a meaning, the class says so in nan_means"
                raise InvalidInput(
                    f"{what} finite numbers as {column!r}, got {numbers[path]} on path {int(self.paths[path])} of rule "
                    f"{self.rules[book]!r}{hint}"
                )
            found[column] = numbers
        return found


def _arrays(state: Any, depth: int = 0) -> Iterator[NDArray[Any]]:
    """The arrays of a state, in tuples, lists, dicts and dataclasses."""
    if isinstance(state, np.ndarray):
        yield state
    elif depth < 4:
        members: Any = ()
        if isinstance(state, tuple | list):
            members = state
        elif isinstance(state, Mapping):
            members = state.values()
        elif dataclasses.is_dataclass(state):
            members = (getattr(state, field.name) for field in dataclasses.fields(state))
        for member in members:
            yield from _arrays(member, depth + 1)
