"""Compiled code is cached where a folder can be written; where none can, a program still runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import riskkit as rk

#: Each test compiles in programs of its own.
pytestmark = [pytest.mark.slow, pytest.mark.nightly]

PROGRAM = "import riskkit as rk; print(rk.compare(rk.scenarios.baron(), paths=128, progress=False).table().to_json())"

#: Below a file no folder can be made, not even by a user who may write everywhere.
NOWHERE = "/dev/null/nowhere"


@pytest.fixture(scope="module")
def expected():
    return rk.compare(rk.scenarios.baron(), paths=128).table().to_json() + "\n"


@pytest.fixture
def installed(tmp_path):
    """A copy of the package in which no file can be written beside the source, and a user without a home."""
    source, copy = Path(rk.__file__).parent, tmp_path / "installed" / "riskkit"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [copy, *filter(Path.is_dir, copy.rglob("*"))]:
        (folder / "__pycache__").write_bytes(b"")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))}
    return {**kept, "PYTHONPATH": str(copy.parent), "HOME": NOWHERE, "PYTHONDONTWRITEBYTECODE": "1"}


def begun(where):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=where, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
    )


@pytest.mark.skipif(os.name != "posix", reason="needs a file that is no folder at a known place")
@pytest.mark.parametrize("more", [{}, {"NUMBA_CACHE_DIR": NOWHERE}])
def test_a_program_runs_where_nothing_can_be_cached(installed, expected, more):
    """Read-only installation, no home, and no or a useless folder for the cache of Numba."""
    run = begun({**installed, **more})
    printed, told = run.communicate(timeout=300)
    assert printed == expected, told
    assert "so each process compiles" in told  # so nothing was found anywhere


@pytest.mark.skipif(os.name != "posix", reason="needs a file that is no folder at a known place")
def test_two_programs_that_compile_at_once_share_a_cache(installed, expected, tmp_path):
    """Both begin with the same empty folder; a third one finds all that it needs there."""
    where = {**installed, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    for run in [begun(where), begun(where)]:
        printed, told = run.communicate(timeout=300)
        assert printed == expected, told
        assert told.count("riskkit: compiling for this machine") == 1
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.nb?")}
    assert before
    printed, told = begun(where).communicate(timeout=300)
    assert printed == expected
    assert "compiling" not in told
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.nb?")} == before
