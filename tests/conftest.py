"""Fixtures that several test files share."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout
from hypothesis import settings

from riskkit._random import compiling

# A shell that runs the tests in the background has them ignore Ctrl-C, which some of them send themselves.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A loaded machine is slow now and then; that is no fault of the code. The same examples each time, unless new ones are
# asked for with RISKKIT_EXPLORE=1.
settings.register_profile("riskkit", deadline=None, derandomize="RISKKIT_EXPLORE" not in os.environ)
settings.load_profile("riskkit")


class _CompiledOnce(compiling._Cache):
    """The cache of one of several workers: what another worker is compiling is waited for, and not compiled twice."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self.name = f"{function.__module__}.{function.__qualname__}"

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Load compiled code; where there is none, no other worker compiles it before `save_overload`."""
        # Of the same name in every worker, which what Numba calls the cache is not: it has the function's address.
        name = f"{self._on_disk.cache_path} {self.name} {signature}"
        self.lock = FileLock(LOCKS / f"{blake2b(name.encode(), digest_size=16).hexdigest()}.lock")
        with suppress(Timeout):  # one that failed to compile never ends
            self.lock.acquire(timeout=300)
        found = super().load_overload(signature, target)
        if found is not None:
            self.lock.release()
        return found

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Store compiled code for the others; Numba's index of a function takes one writer at a time."""
        name = f"{self._on_disk.cache_path} {self.name}"
        with FileLock(LOCKS / f"{blake2b(name.encode(), digest_size=16).hexdigest()}.lock"):
            super().save_overload(signature, compiled)
        self.lock.release()


if run := os.environ.get("PYTEST_XDIST_TESTRUNUID"):
    LOCKS = Path(tempfile.gettempdir(), f"riskkit-tests-{run}")
    LOCKS.mkdir(exist_ok=True)
    compiling._Cache = _CompiledOnce


def pytest_collection_finish() -> None:
    """What has been collected stays to the end; the collector of garbage need not look at it again and again."""
    gc.freeze()


HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real prices and holdings, which lies beside the project; tests that need it skip without it."""
    folder = Path(os.environ.get("RISKKIT_DATA", HERE.parent.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of real prices is not beside the project (set RISKKIT_DATA to point to it)")
    return folder
