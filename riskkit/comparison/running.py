"""`compare`: run every rule of a scenario on the same paths."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import riskkit
from riskkit.checks import seed_number, whole
from riskkit.comparison.result import Comparison
from riskkit.errors import InvalidInput
from riskkit.scenario import Scenario

__all__ = ["compare", "shown_progress", "thread_count"]

Progress = Callable[[int, int], None]


def compare(
    scenario: Scenario,
    *,
    paths: int = 100_000,
    seed: int = 0,
    workers: int | None = None,
    progress: bool | Progress | None = None,
) -> Comparison:
    """Simulate every rule of a scenario on the same paths and measure what becomes of each.

    Parameters
    ----------
    scenario : Scenario
        The portfolio, its market, the rules, and what trading costs.
    paths : int
        Number of paths, at least 1.
    seed : int
        Same seed, same bits, for any number of workers. Paths 0 … n - 1 are the same in a longer run.
    workers : int, optional
        Threads; by default one for each processor.
    progress : bool or callable, optional
        None shows a bar on a terminal and nothing elsewhere, False nothing, True always a bar; a callable gets the
        number of paths done and their total.

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidInput
        If an argument does not meet its requirement, or a rule returns a target that is not valid (the message names
        rule, path and date).
    NotEnoughMemory
        If the results would not fit into memory.
    Interrupted
        On Ctrl-C.

    Examples
    --------
    >>> import riskkit as rk
    >>> result = rk.compare(rk.scenarios.baron(), paths=1000, seed=1)
    >>> result.table(["wealth_median", "max_drawdown_median"]).shape[1]
    2
    """
    if not isinstance(scenario, Scenario):
        raise InvalidInput(f"scenario must be a Scenario, got {scenario!r}")
    count = whole("paths", paths, at_least=1)
    number = seed_number(seed)
    threads = thread_count(workers)
    from riskkit.engine.run import run

    with shown_progress(progress, count) as report:
        outcomes = run(scenario, count, number, threads, report)
    return Comparison(scenario, outcomes, number, {"version": riskkit.__version__})


def thread_count(workers: int | None) -> int:
    """Threads asked for; by default the processors that this process may use."""
    if workers is not None:
        return whole("workers", workers, at_least=1)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def shown_progress(progress: bool | Progress | None, total: int) -> Iterator[Progress]:
    """Turn the argument into a callable, with a bar that is closed at the end."""
    if callable(progress):
        yield progress
    elif progress is False or (progress is None and not sys.stderr.isatty()):
        yield lambda done, whole: None
    elif progress is None or progress is True:
        from tqdm.auto import tqdm

        with tqdm(total=total, unit="path", unit_scale=True, leave=False) as bar:
            yield lambda done, whole: bar.update(done - bar.n)
    else:
        raise InvalidInput(f"progress must be None, True, False or a callable, got {progress!r}")
