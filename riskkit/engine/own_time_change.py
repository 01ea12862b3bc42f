"""The user's time changes on one batch of paths: their states, and the arrays of paces that the kernel reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array, UInts
from riskkit._core.errors import InvalidInput
from riskkit._core.frozen import name_in_words, read_only
from riskkit._core.validation import array_summary, short_repr
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel.structs import TimeChangeArrays
from riskkit.engine.own_statistics import chunk_steps
from riskkit.market.time_change._time_change import TimeChange

__all__ = ["OwnTimeChange", "filled_steps"]


def filled_steps(setup: RunSetup) -> int:
    """Number of steps for which paces are computed at a time; 0 where the kernel runs every time change."""
    return chunk_steps(setup) if _own(setup) else 0


class OwnTimeChange:
    """The time changes of a batch of paths that the kernel does not run by itself.

    Parameters
    ----------
    setup : RunSetup
    paths : ndarray of uint64
        Numbers of the paths.
    """

    def __init__(self, setup: RunSetup, paths: UInts) -> None:
        self.setup, self.paths, self.dt = setup, paths, setup.calendar.dt
        self.steps, self.time_changes = filled_steps(setup), _own(setup)
        self.streams = [
            setup.streams(f"time change {name_in_words(type(time_change))}") for time_change in self.time_changes
        ]
        self.pace = np.ones((self.steps, paths.size))
        switching = any(time_change.regimes > 1 for time_change in self.time_changes)
        self.regime = np.zeros((self.steps if switching else 0, paths.size))
        self.states: list[Any] = []
        for time_change, stream in zip(self.time_changes, self.streams, strict=True):
            with self._called(time_change, "start"):
                self.states.append(time_change.start(stream, read_only(paths), self.dt))

    def filled(self, arrays: TimeChangeArrays | None, first: int, end: int) -> TimeChangeArrays | None:
        """The kernel's arrays with the paces of the steps from `first` to before `end`."""
        if arrays is None or not self.time_changes:
            return arrays
        steps, rows = np.arange(first, end), end - first
        self.pace[:rows] = 1.0
        for number, (time_change, stream) in enumerate(zip(self.time_changes, self.streams, strict=True)):
            with self._called(time_change, f"advance at step {first}"):
                answer = time_change.advance(stream, read_only(self.paths), steps, self.dt, self.states[number])
            pace, regime, self.states[number] = self._checked(time_change, answer, rows)
            self.pace[:rows] *= pace
            if regime is not None:
                self.regime[:rows] = regime
        return arrays._replace(pace=self.pace, regime=self.regime, first=first)

    def _checked(self, time_change: TimeChange, answer: Any, rows: int) -> tuple[Array, NDArray[Any] | None, Any]:
        """What `advance` returned, if it is what it must be."""
        what, shape = f"{time_change!r}: advance must return", (rows, self.paths.size)
        if not isinstance(answer, tuple) or len(answer) != 3:
            raise InvalidInput(f"{what} (pace, regime, state), got {short_repr(answer)}")
        pace, regime, state = answer
        if not isinstance(pace, np.ndarray) or pace.shape != shape or pace.dtype.kind not in "iuf":
            came = array_summary(pace, short_repr(pace))
            raise InvalidInput(f"{what} paces of shape (step, path) = {shape}, got {came}")
        if not (np.isfinite(pace).all() and pace.min(initial=0.0) >= 0.0):
            wrong = pace[~(np.isfinite(pace) & (pace >= 0.0))][0]
            raise InvalidInput(f"{what} finite paces >= 0, got {wrong}")
        if time_change.regimes == 1:
            if regime is not None:
                raise InvalidInput(f"{what} None as regime, as it has one only; a class with more sets regimes")
            return pace, None, state
        if not isinstance(regime, np.ndarray) or regime.shape != shape or regime.dtype.kind not in "iu":
            came = array_summary(regime, short_repr(regime))
            raise InvalidInput(f"{what} regimes as whole numbers of shape (step, path) = {shape}, got {came}")
        if not (regime.min(initial=0) >= 0 and regime.max(initial=0) < time_change.regimes):
            raise InvalidInput(
                f"{what} regimes from 0 to {time_change.regimes - 1}, got {regime.min()} to {regime.max()}"
            )
        return pace, regime, state

    @contextmanager
    def _called(self, time_change: TimeChange, method: str) -> Iterator[None]:
        """Add the call to an error of the user's code."""
        try:
            yield
        except Exception as error:
            error.add_note(f"while time change {time_change!r} was called: {method}")
            raise


def _own(setup: RunSetup) -> list[TimeChange]:
    """The time changes that the kernel does not run by itself."""
    return [
        time_change for time_change in setup.scenario.market.tails if type(time_change).compiled is TimeChange.compiled
    ]
