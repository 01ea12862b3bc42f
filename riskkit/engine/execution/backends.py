"""Backends: threads of this process, or other processes and clusters through joblib."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any, TypeVar

from riskkit._core.errors import InvalidInput, MissingExtra
from riskkit._core.validation import one_of

__all__ = ["BACKENDS", "check_backend", "in_processes", "in_threads", "joblib_backend"]

BACKENDS = ("threads", "loky", "dask", "ray")

#: Extra of riskkit → the package that it installs.
EXTRAS = {"dask": "distributed", "ray": "ray"}

#: Tasks per worker in a round; joblib's Ray backend takes tasks in rounds.
TASKS_PER_ROUND = 8

T = TypeVar("T")
R = TypeVar("R")


def check_backend(backend: str) -> str:
    """Refuse a backend that does not exist, is not installed or has no cluster to go to."""
    one_of("backend", backend, BACKENDS)
    needed = EXTRAS.get(backend)
    if needed and importlib.util.find_spec(needed) is None:
        raise MissingExtra(
            f"backend={backend!r} needs {needed}, which the extra {backend!r} installs: pip install {needed}"
        )
    if backend == "dask":
        from distributed import get_client

        try:
            get_client()
        except ValueError:
            raise InvalidInput(
                "backend='dask' needs a client: make one first, as in client = dask.distributed.Client(...)"
            ) from None
    if backend == "ray":
        import ray

        if not ray.is_initialized():
            raise InvalidInput("backend='ray' needs a cluster: connect to one first, as in ray.init(...)")
    return backend


def in_threads(function: Callable[[T], R], tasks: Iterable[T], workers: int, stop: threading.Event) -> Iterator[R]:
    """Run every task in `workers` threads; yield each result as it completes, in the calling thread."""
    if workers == 1:
        yield from map(function, tasks)
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            pending: set[Future[R]] = set()
            for task in tasks:
                pending.add(pool.submit(function, task))
                if len(pending) < 2 * workers:
                    continue
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop.set()
            raise


@contextmanager
def joblib_backend(backend: str, workers: int | None) -> Iterator[int]:
    """Configure joblib for a backend other than threads, and yield the number of concurrent tasks."""
    from joblib import effective_n_jobs, parallel_config

    if backend == "ray":
        from ray.util import joblib as ray_joblib

        ray_joblib.register_ray()
    with parallel_config(backend=backend, n_jobs=workers or -1):
        yield effective_n_jobs(workers or -1)


def in_processes(
    function: Callable[..., R], tasks: Iterable[tuple[Any, ...]], workers: int | None, backend: str
) -> Iterator[R]:
    """Run every task, given as arguments of `function`, in processes; yield each result as it completes.

    Parameters
    ----------
    function : callable
        A function of a module, which the processes import.
    tasks : iterable of tuple
        Arguments of each call.
    workers : int, optional
        Processes; by default all that the backend has.
    backend : str
        ``"loky"``, ``"dask"`` or ``"ray"``.
    """
    from joblib import Parallel, delayed

    calls = (delayed(function)(*task) for task in tasks)
    in_rounds = backend == "ray"
    with joblib_backend(backend, workers) as concurrent:
        parallel = Parallel(batch_size=1, return_as="list" if in_rounds else "generator_unordered")
    if in_rounds:
        with parallel:
            while batch := list(islice(calls, TASKS_PER_ROUND * concurrent)):
                yield from parallel(batch)
        return
    with closing(parallel(calls)) as results:
        yield from results
