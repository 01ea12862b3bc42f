"""Limits of time and memory for code that reads a file: a file of 1 MB may take ten seconds and 512 MiB, not more.

Both are those of a machine with other work to do: time is processor time, and memory is what is added to what the
process has. A reader whose time grows with the square of its input takes minutes for 1 MB, and is found.
"""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["MEGABYTE", "MEMORY", "TooSlow", "bounded", "seconds_allowed"]

MEGABYTE = 2**20
#: Processor seconds for any file, and for each megabyte beside: ten for 1 MB. A busy machine may take three times as
#: long as an idle one, so that a small file is given more than its share.
SECONDS, SECONDS_PER_MEGABYTE = 5.0, 5.0
#: Bytes of address space beyond what the process has.
MEMORY = 512 * MEGABYTE


class TooSlow(BaseException):
    """Code took too long. It is a BaseException, so that no handler mistakes it for a bad file."""


def seconds_allowed(size: int) -> float:
    """Return the processor seconds that a file of `size` bytes may take."""
    return SECONDS + SECONDS_PER_MEGABYTE * size / MEGABYTE


@contextmanager
def bounded(size: int) -> Iterator[None]:
    """Raise `TooSlow` or MemoryError where the block takes more than a file of `size` bytes may take.

    For the main thread of a process on Unix. The address space is bounded on Linux only.
    """
    allowed = seconds_allowed(size)

    def stop(*_: object) -> None:
        raise TooSlow(f"took more than the {allowed:.1f} seconds of {size:,} bytes")

    handler = signal.signal(signal.SIGPROF, stop)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    begun = time.process_time()
    resource.setrlimit(resource.RLIMIT_AS, (_address_space(soft), hard))
    signal.setitimer(signal.ITIMER_PROF, allowed)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, handler)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    if time.process_time() - begun > allowed:  # code that no signal can interrupt
        stop()


def _address_space(otherwise: int) -> int:
    statistics = Path("/proc/self/statm")
    if not statistics.exists():
        return otherwise
    return int(statistics.read_text().split()[0]) * resource.getpagesize() + MEMORY
