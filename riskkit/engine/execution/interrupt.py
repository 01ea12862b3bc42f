"""Ctrl-C: it ends a run as one error, which says how to go on, wherever in the run it comes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from riskkit._core.errors import Interrupted

__all__ = ["stopping"]


@contextmanager
def stopping(when: str, stop: threading.Event | None = None, checkpoint: Path | None = None) -> Iterator[None]:
    """Turn Ctrl-C into `Interrupted`, with the threads told to stop at their next look."""
    with _listening() as heard:
        try:
            yield
        except KeyboardInterrupt:
            heard.set()
        except Exception:
            # Where it comes while LLVM calls Python back, it cannot be raised, and what was called fails otherwise.
            if not heard.is_set():
                raise
    if heard.is_set():
        if stop is not None:
            stop.set()
        kept = "nothing was kept, as no checkpoint was given"
        if checkpoint is not None:
            kept = f"what is done is kept: the same call with checkpoint={str(checkpoint)!r} goes on from there"
        raise Interrupted(f"stopped by Ctrl-C {when}; {kept}") from None


@contextmanager
def _listening() -> Iterator[threading.Event]:
    """What is set when Ctrl-C raises, even if the code that it comes upon loses the exception."""
    heard = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield heard
        return

    def hear(number: int, frame: FrameType | None) -> None:
        try:
            before(number, frame)
        except KeyboardInterrupt:
            heard.set()
            raise

    signal.signal(signal.SIGINT, hear)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)
