"""The task of a run: everything a worker needs to simulate any shard of paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from riskkit._core.array_types import Array
from riskkit._core.errors import InvalidInput
from riskkit._version import __version__
from riskkit.engine.columns import Columns, ShardColumns
from riskkit.engine.execution.batch_size import numbers, split_ranges
from riskkit.engine.inputs.run_setup import RunSetup, make_run_setup
from riskkit.engine.inputs.strata import Strata, stratify
from riskkit.engine.path_batch import run_batch

__all__ = ["Task", "run_packed_task"]


@dataclass(frozen=True, eq=False)
class Task:
    """Everything that the simulation of a path depends on.

    Attributes
    ----------
    setup : RunSetup
        The compiled scenario, made once in each process.
    seed : int
        The seed of the setup.
    on : tuple of str
        Shocks by whose number of events the paths are stratified.
    thresholds : ndarray
        Drawdown levels of each rule, placed by the pilot (rule, 4).
    """

    setup: RunSetup
    seed: int
    on: tuple[str, ...]
    thresholds: Array

    @cached_property
    def strata(self) -> Strata | None:
        """The strata of the paths; None for a plain sample."""
        return stratify(self.setup.scenario, self.on) if self.on else None

    def run(self, shard: range, batch_paths: int, stopped: Callable[[], bool] = lambda: False) -> ShardColumns:
        """Simulate a shard in batches of `batch_paths`, and return its columns; incomplete if it was stopped."""
        columns = Columns.empty(self.setup, len(shard))
        self.fill(columns, shard.start, shard, batch_paths, stopped)
        return columns.stored

    def fill(self, columns: Columns, first: int, shard: range, batch_paths: int, stopped: Callable[[], bool]) -> None:
        """Simulate a shard in batches, and write it into the columns of the paths from `first` on."""
        setup, strata = self.setup, self.strata
        for batch_range in split_ranges([shard], batch_paths):
            chosen = numbers(batch_range.start, len(batch_range))
            fixed = None if strata is None else strata.event_counts(chosen, setup.streams)
            batch = run_batch(setup, chosen, fixed_events=fixed, thresholds=self.thresholds, stopped=stopped)
            if stopped():
                break
            columns.take(setup, batch, batch_range.start - first, len(batch_range))

    def packed(self) -> bytes:
        """The task as bytes; a user's class without an importable module is packed with its code."""
        import cloudpickle

        setup = self.setup
        flags = {"check_triggers": setup.check_triggers, "brownian_values": setup.brownian_values}
        fields = (setup.scenario, self.seed, self.on, self.thresholds, setup.statistics, flags)
        packed: bytes = cloudpickle.dumps((__version__, cloudpickle.dumps(fields)))
        return packed


@lru_cache(maxsize=2)
def _unpacked(packed: bytes) -> Task:
    import cloudpickle

    version, fields = cloudpickle.loads(packed)
    if version != __version__:
        raise InvalidInput(f"workers must have the caller's riskkit {version}, got {__version__}; install it")
    scenario, seed, on, thresholds, statistics, flags = cloudpickle.loads(fields)
    return Task(make_run_setup(scenario, seed, statistics, **flags), seed, on, thresholds)


def run_packed_task(packed: bytes, shard: range, batch_paths: int) -> tuple[range, ShardColumns]:
    """Run `Task.run` in another process, which unpacks the scenario only once."""
    return shard, _unpacked(packed).run(shard, batch_paths)
