"""Progress of a run: a bar on a terminal or in a notebook, a callback, or nothing."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import short_repr

__all__ = ["Progress", "progress_reporter"]

#: Takes the number of paths done and their total, which may grow.
Progress = Callable[[int, int], None]


@contextmanager
def progress_reporter(progress: bool | Progress | None, total: int) -> Iterator[Progress]:
    """Turn the argument `progress` of `compare` into a callable; a bar is closed at the end.

    Parameters
    ----------
    progress : bool or callable, optional
        None draws a bar on a terminal or in a notebook only; True always draws one, False never. A callable gets the
        number of paths done and their total.
    total : int
        Number of paths.

    Raises
    ------
    InvalidInput
        If it is anything else.

    Examples
    --------
    >>> with progress_reporter(lambda done, total: print(f"{done} of {total}"), 100) as report:
    ...     report(50, 100)
    50 of 100
    """
    if callable(progress):
        yield progress
    elif progress is False or ((progress is None or progress is True) and not _can_draw(required=progress is True)):
        yield lambda done, total: None
    elif progress is None or progress is True:
        with _bar(total) as update:
            yield update
    else:
        raise InvalidInput(f"progress must be None, True, False or a callable, got {short_repr(progress)}")


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    """A bar of tqdm. Errors of a closed stderr, or of a closed stdout that tqdm flushes, do not end the run."""
    with warnings.catch_warnings():
        # A notebook without ipywidgets gets a bar of text.
        warnings.filterwarnings("ignore", "IProgress not found")
        from tqdm.auto import tqdm

    # On one line: how much of how many, the time left, and paths per second.
    bar = None
    with suppress(OSError, ValueError):
        bar = tqdm(total=total, unit=" paths", unit_scale=True, dynamic_ncols=True, leave=False)

    def update(done: int, total: int) -> None:
        if bar is not None:
            with suppress(OSError, ValueError):
                bar.total = total
                bar.update(done - bar.n)

    try:
        yield update
    finally:
        if bar is not None:
            with suppress(OSError, ValueError):
                bar.close()


def _can_draw(required: bool) -> bool:
    """Whether a bar can be drawn: in a notebook, whose kernel has an app of this name, or on stderr."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if "IPKernelApp" in getattr(shell, "config", {}):
        return True
    if sys.stderr is None or sys.stderr.closed:
        return False
    return required or (sys.stderr.isatty() and os.environ.get("TERM") != "dumb")
