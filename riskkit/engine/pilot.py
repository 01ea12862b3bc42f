"""The pilot run: it places the drawdown levels at which each rule's pooled tail is recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from riskkit._core.array_types import Array
from riskkit.engine.execution.backends import in_threads
from riskkit.engine.execution.batch_size import numbers, paths_per_batch, split_ranges
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.kernel import layout
from riskkit.engine.outcomes import THRESHOLDS
from riskkit.engine.path_batch import PathBatch, run_batch

__all__ = ["PILOT_PATHS", "placed_thresholds"]

#: Paths 0 … 4095 place the thresholds of the pooled drawdown tail, for any number of paths.
PILOT_PATHS = 4096

#: Pooled quantiles of the pilot's month-end drawdowns that are the thresholds, and the smallest gap between them.
PILOT_QUANTILES = (0.90, 0.94, 0.96, 0.98)
PILOT_GAP = 1e-6


def placed_thresholds(setup: RunSetup, workers: int, stop: threading.Event) -> Array:
    """Place four thresholds per rule (rule, 4) at pooled quantiles of the pilot paths' month-end drawdowns."""
    setup = replace(setup, statistics=())
    rules = len(setup.scenario.rules)
    ends = [int(step) for step in setup.calendar.month_ends] or [setup.calendar.steps]
    pooled = np.empty((rules, len(ends), PILOT_PATHS))

    def run_pilot(paths: range) -> None:
        def recorder(month: int) -> Callable[[PathBatch], None]:
            def record_drawdowns(batch: PathBatch) -> None:
                for rule in range(rules):
                    wealth, peak = batch.appraise(rule)[1], batch.statistic(rule, layout.PEAK)
                    pooled[rule, month, paths.start : paths.stop] = (1.0 - wealth / peak)[: len(paths)]

            return record_drawdowns

        callbacks = {step: recorder(month) for month, step in enumerate(ends)}
        run_batch(setup, numbers(paths.start, len(paths)), callbacks=callbacks, stopped=stop.is_set)

    size = paths_per_batch(setup, PILOT_PATHS, workers)
    for _ in in_threads(run_pilot, split_ranges([range(PILOT_PATHS)], size), workers, stop):
        pass
    thresholds = np.empty((rules, THRESHOLDS))

    def place(rule: int) -> None:
        values = pooled[rule].reshape(-1)
        ranks = [max(int(np.ceil(q * values.size - 1e-9)) - 1, 0) for q in PILOT_QUANTILES]
        found = np.partition(values, ranks)[ranks]
        for level in range(1, THRESHOLDS):
            found[level] = max(found[level], found[level - 1] + PILOT_GAP)
        thresholds[rule] = found

    for _ in in_threads(place, range(rules), workers, stop):
        pass
    return thresholds
