"""The work of a run as it travels: what a worker needs to run any range of paths, and what it sends back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from riskkit._core.errors import InvalidInput
from riskkit._version import __version__
from riskkit.engine.columns import Columns, Piece
from riskkit.engine.execution.batch_size import cut, numbers
from riskkit.engine.inputs.run_setup import RunSetup, make_run_setup
from riskkit.engine.inputs.strata import Strata, stratify
from riskkit.engine.path_batch import run_batch

__all__ = ["Work", "piece_elsewhere"]


@dataclass(frozen=True, eq=False)
class Work:
    """What is asked of every path.

    Attributes
    ----------
    setup : RunSetup
        The scenario unfolded, once in each process.
    seed : int
        That of the setup.
    on : tuple of str
        Shocks by whose number of ticks the paths are stratified.
    thresholds : ndarray
        The drawdown levels of each rule that the pilot has placed (rule, 4).
    """

    setup: RunSetup
    seed: int
    on: tuple[str, ...]
    thresholds: NDArray[np.float64]

    @cached_property
    def strata(self) -> Strata | None:
        """The strata of the paths; None for a plain sample."""
        return stratify(self.setup.scenario, self.on) if self.on else None

    def piece(self, part: range, size: int, stopped: Callable[[], bool] = lambda: False) -> Piece:
        """The columns of some paths in a row, run in tiles of `size`; incomplete where it was stopped."""
        setup, strata = self.setup, self.strata
        columns = Columns.empty(setup, len(part))
        for tiled in cut([part], size):
            chosen = numbers(tiled.start, len(tiled))
            given = None if strata is None else strata.given(chosen, setup.streams)
            batch = run_batch(setup, chosen, fixed_events=given, thresholds=self.thresholds, stopped=stopped)
            if stopped():
                break
            columns.take(setup, batch, tiled.start - part.start, len(tiled))
        return columns.stored

    def packed(self) -> bytes:
        """The work as bytes; what the user wrote goes along, with its code where it has no module to come from."""
        import cloudpickle

        parts = (
            self.setup.scenario,
            self.seed,
            self.on,
            self.thresholds,
            self.setup.statistics,
            self.setup.check_triggers,
        )
        packed: bytes = cloudpickle.dumps((__version__, cloudpickle.dumps(parts)))
        return packed


@lru_cache(maxsize=2)
def _unpacked(packed: bytes) -> Work:
    import cloudpickle

    version, parts = cloudpickle.loads(packed)
    if version != __version__:
        raise InvalidInput(f"workers must have the caller's riskkit {version}, got {__version__}; install it")
    scenario, seed, on, thresholds, statistics, check_triggers = cloudpickle.loads(parts)
    return Work(make_run_setup(scenario, seed, statistics, check_triggers=check_triggers), seed, on, thresholds)


def piece_elsewhere(packed: bytes, part: range, size: int) -> tuple[range, Piece]:
    """`Work.piece` in another process, which unfolds the scenario only once."""
    return part, _unpacked(packed).piece(part, size)
