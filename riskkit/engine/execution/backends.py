"""Who does the work: threads of this process, or through joblib other processes and clusters."""

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

__all__ = ["BACKENDS", "check_backend", "elsewhere", "in_processes", "in_threads"]

BACKENDS = ("threads", "loky", "dask", "ray")

#: Extra of riskkit → the package that it brings.
EXTRAS = {"dask": "distributed", "ray": "ray"}

#: Ray's door in joblib takes its tasks in rounds; so many tasks a worker go into each.
TASKS_A_ROUND = 8

T = TypeVar("T")
R = TypeVar("R")


def check_backend(backend: str) -> str:
    """Refuse a backend that does not exist, is not installed or has no cluster to go to."""
    one_of("backend", backend, BACKENDS)
    needed = EXTRAS.get(backend)
    if needed and importlib.util.find_spec(needed) is None:
        raise MissingExtra(f"backend={backend!r} needs {needed}: pip install 'riskkit[{backend}]'")
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


def in_threads(work: Callable[[T], R], tasks: Iterable[T], workers: int, stop: threading.Event) -> Iterator[R]:
    """Do every task in `workers` threads; yield each result as it comes, in the calling thread."""
    if workers == 1:
        yield from map(work, tasks)
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            pending: set[Future[R]] = set()
            for task in tasks:
                pending.add(pool.submit(work, task))
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
def elsewhere(backend: str, workers: int | None) -> Iterator[int]:
    """Set joblib up for a backend other than threads, and say how many tasks run at a time."""
    from joblib import effective_n_jobs, parallel_config

    if backend == "ray":
        from ray.util import joblib as ray_joblib

        ray_joblib.register_ray()
    with parallel_config(backend=backend, n_jobs=workers or -1):
        yield effective_n_jobs(workers or -1)


def in_processes(
    work: Callable[..., R], tasks: Iterable[tuple[Any, ...]], workers: int | None, backend: str
) -> Iterator[R]:
    """Do every task, given as the arguments of `work`, in processes; yield each result as it comes.

    Parameters
    ----------
    work : callable
        A function of a module, which the processes import.
    tasks : iterable of tuple
        What it is called with.
    workers : int, optional
        Processes; by default all that the backend has.
    backend : str
        ``"loky"``, ``"dask"`` or ``"ray"``.
    """
    from joblib import Parallel, delayed

    calls = (delayed(work)(*task) for task in tasks)
    in_rounds = backend == "ray"
    with elsewhere(backend, workers) as beside:
        parallel = Parallel(batch_size=1, return_as="list" if in_rounds else "generator_unordered")
    if in_rounds:
        with parallel:
            while some := list(islice(calls, TASKS_A_ROUND * beside)):
                yield from parallel(some)
        return
    with closing(parallel(calls)) as results:
        yield from results
