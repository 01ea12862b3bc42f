"""The scratch folder is removed with its run, and that of a killed run by the next one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from riskkit.engine.execution.scratch_folder import ScratchFolder

SHARD = "paths-000000000000-000000000128.parquet"

#: Makes a folder with a part in it, tells its name, and waits to be killed.
PROGRAM = f"""
import sys, tempfile
from riskkit.engine.execution.scratch_folder import ScratchFolder
tempfile.tempdir = sys.argv[1]
folder = ScratchFolder()
(folder.path / {SHARD!r}).write_bytes(b"columns")
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def made(names):
    folder = ScratchFolder()
    for name in names:
        (folder.path / name).write_bytes(b"columns")
    return folder


def test_it_goes_with_its_object(place):
    folder = made([SHARD])
    assert list(place.iterdir()) == [folder.path]
    del folder
    assert not list(place.iterdir())


def test_that_of_a_killed_process_goes_and_those_in_use_stay(place):
    command = [sys.executable, "-c", PROGRAM, str(place)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    theirs = Path(process.stdout.readline().strip())
    ours, second = made([SHARD]), made([SHARD, f"{SHARD}.partial"])
    assert (theirs / SHARD).is_file()
    process.kill()
    process.communicate(timeout=60)
    third = made([])
    assert {path.name for path in place.iterdir()} == {each.path.name for each in (ours, second, third)}
    assert (ours.path / SHARD).is_file()


def test_what_is_not_a_leftover_stays(place):
    """An empty folder, which may be a moment old; one with other files; a file; and a link to a folder of parts."""
    for name, file in (("empty", None), ("mine", "checkpoint.toml"), ("parts", SHARD)):
        (place / f"riskkit-columns-{name}").mkdir()
        if file:
            (place / f"riskkit-columns-{name}" / file).write_bytes(b"mine")
    (place / "riskkit-columns-parts").rename(place / "elsewhere")
    (place / "riskkit-columns-link").symlink_to(place / "elsewhere")
    (place / "riskkit-columns-file").write_bytes(b"mine")
    before = sorted(place.rglob("*"))
    made([])
    assert sorted(place.rglob("*")) == before


def test_an_empty_one_goes_when_it_is_old(place):
    left = place / "riskkit-columns-empty"
    left.mkdir()
    os.utime(left, (0.0, 0.0))
    made([])
    assert not left.exists()
