"""How far a run has come: a bar on a terminal and in a notebook, silence in a pipe, or a call to a function."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr

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
    elif progress is False or ((progress is None or progress is True) and not _watched(asked=progress is True)):
        yield lambda done, total: None
    elif progress is None or progress is True:
        with _bar(total) as show:
            yield show
    else:
        raise InvalidInput(f"progress must be None, True, False or a callable, got {short_repr(progress)}")


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    """A bar; a run does not end because nobody reads stderr any more, or stdout, which tqdm flushes, is closed."""
    from tqdm.auto import tqdm

    # On one line: how much of how many, the time left, and paths per second.
    bar = None
    with suppress(OSError, ValueError):
        bar = tqdm(total=total, unit=" paths", unit_scale=True, dynamic_ncols=True, leave=False)

    def show(done: int, total: int) -> None:
        if bar is not None:
            with suppress(OSError, ValueError):
                bar.total = total
                bar.update(done - bar.n)

    try:
        yield show
    finally:
        if bar is not None:
            with suppress(OSError, ValueError):
                bar.close()


def _watched(asked: bool) -> bool:
    """Whether this runs in a notebook, whose kernel has an app of this name, or stderr is there and can move a bar."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if "IPKernelApp" in getattr(shell, "config", {}):
        return True
    if sys.stderr is None or sys.stderr.closed:
        return False
    return asked or (sys.stderr.isatty() and os.environ.get("TERM") != "dumb")
