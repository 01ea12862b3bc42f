"""Fixtures that several test files share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A shell that runs the tests in the background has them ignore Ctrl-C, which some of them send themselves.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A loaded machine is slow now and then; that is no fault of the code. The same examples each time, unless new ones are
# asked for with RISKKIT_EXPLORE=1.
settings.register_profile("riskkit", deadline=None, derandomize="RISKKIT_EXPLORE" not in os.environ)
settings.load_profile("riskkit")

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real prices and holdings, which lies beside the project; tests that need it skip without it."""
    folder = Path(os.environ.get("RISKKIT_DATA", HERE.parent.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the folder of real prices is not beside the project (set RISKKIT_DATA to point to it)")
    return folder
