"""The benchmarks run, and the docs page has the output of each."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "benchmarks"

#: What is run by no command of its own: the job that the others time, and the command that runs them.
PARTS = {"job", "measure"}
NAMES = sorted(file.stem for file in FOLDER.glob("*.py") if file.stem not in PARTS)


def test_the_page_shows_every_benchmark_and_on_which_machine():
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```{include} _measured/(\w+)\.md$", page, re.MULTILINE)
    assert sorted(shown) == sorted([*NAMES, "machine"])
    assert [name for name in shown if not (ROOT / "docs" / "_measured" / f"{name}.md").is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_was_printed_by_that_benchmark(name: str):
    text = (ROOT / "docs" / "_measured" / f"{name}.md").read_text(encoding="utf-8")
    [script] = re.findall(r"^```text\n\$ python tests/benchmarks/(\w+)\.py\b", text)
    assert script == name


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs(name: str, tmp_path: Path):
    command = [sys.executable, str(FOLDER / "measure.py"), "--tiny", "--to", str(tmp_path), name]
    subprocess.run(command, check=True, timeout=600)
    printed = (tmp_path / f"{name}.md").read_text(encoding="utf-8").splitlines()
    assert printed[1].startswith(f"$ python tests/benchmarks/{name}.py")
    assert len(printed) > 4


def test_what_a_tiny_run_prints_does_not_get_into_the_docs():
    done = subprocess.run(
        [sys.executable, str(FOLDER / "measure.py"), "--tiny", "speed"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--tiny needs --to FOLDER" in done.stderr
