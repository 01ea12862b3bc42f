"""How far a run has come: a bar on a terminal and in a notebook, silence in a pipe, or a call to a function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from riskkit.errors import InvalidInput

__all__ = ["Progress", "shown_progress"]

#: Takes the number of paths done and their total, which may grow.
Progress = Callable[[int, int], None]


@contextmanager
def shown_progress(progress: bool | Progress | None, total: int) -> Iterator[Progress]:
    """Turn the argument `progress` of `compare` into a callable, with a bar that is closed at the end.

    Parameters
    ----------
    progress : bool or callable, optional
        None shows a bar where somebody watches, on a terminal or in a notebook; True always shows one, False never. A
        callable gets the number of paths done and their total.
    total : int
        Number of paths.

    Raises
    ------
    InvalidInput
        If it is anything else.

    Examples
    --------
    >>> with shown_progress(lambda done, total: print(f"{done} of {total}"), 100) as report:
    ...     report(50, 100)
    50 of 100
    """
    if callable(progress):
        yield progress
    elif progress is False or (progress is None and not _watched()):
        yield lambda done, total: None
    elif progress is None or progress is True:
        from tqdm.auto import tqdm

        # On one line: how much of how many, the time left, and paths per second.
        with tqdm(total=total, unit=" paths", unit_scale=True, dynamic_ncols=True, leave=False) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield show
    else:
        raise InvalidInput(f"progress must be None, True, False or a callable, got {progress!r}")


def _watched() -> bool:
    """Whether stderr is a terminal, or this runs in a notebook, whose kernel has an app of this name."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return sys.stderr.isatty() or "IPKernelApp" in getattr(shell, "config", {})
