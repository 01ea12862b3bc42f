"""Ctrl-C: it ends a run with one error, which says how to continue."""

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
    """Turn Ctrl-C into `Interrupted`, and make the threads stop at their next check."""
    with _interrupts() as interrupted:
        try:
            yield
        except KeyboardInterrupt:
            interrupted.set()
        except Exception:
            # While LLVM calls Python back, the interrupt cannot be raised; the call fails with another error.
            if not interrupted.is_set():
                raise
    if interrupted.is_set():
        if stop is not None:
            stop.set()
        advice = "nothing was stored, because no checkpoint was given"
        if checkpoint is not None:
            call = f"the same call with checkpoint={str(checkpoint)!r}"
            advice = f"finished shards are stored: {call} continues from there"
        raise Interrupted(f"stopped by Ctrl-C {when}; {advice}") from None


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that is set on Ctrl-C, even if the interrupted code loses the exception."""
    interrupted = threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield interrupted
        return

    def handle(number: int, frame: FrameType | None) -> None:
        try:
            previous(number, frame)
        except KeyboardInterrupt:
            interrupted.set()
            raise

    signal.signal(signal.SIGINT, handle)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, previous)
