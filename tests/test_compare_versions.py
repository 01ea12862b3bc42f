"""The comparison of two versions finds no difference between a version and itself, and finds one that is planted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from compare_versions import differences

HERE = Path(__file__).resolve().parent

#: Added to the front page of a copy: a tax rate that is off by its last bits.
FAULT = """

_sound = __getattr__


def __getattr__(name):
    if name == "CapitalGains":
        return lambda rate, **terms: _sound(name)(rate * (1.0 + 2.0**-50), **terms)
    return _sound(name)
"""


def test_equal_arrays_do_not_differ_and_nan_equals_nan():
    before = {"wealth": np.array([1.0, np.nan]), "peak": np.array([2.0])}
    assert differences(before, {name: array.copy() for name, array in before.items()}) == []


def test_the_last_bit_of_one_number_is_a_difference():
    before = {"wealth": np.array([1.0, 2.0, 3.0])}
    [line] = differences(before, {"wealth": np.array([1.0, np.nextafter(2.0, 3.0), 3.0])})
    assert line == "wealth: 1 of 3 numbers differ, by at most 4.44e-16"  # 2 + 2**-51


def test_minus_zero_is_not_zero():
    [line] = differences({"cost": np.array([0.0])}, {"cost": np.array([-0.0])})
    assert line.startswith("cost:")


def test_arrays_that_one_version_lacks_and_other_shapes_are_differences():
    before = {"cost": np.zeros(2), "tax": np.zeros(2)}
    after = {"cost": np.zeros(3), "interest": np.zeros(2)}
    assert differences(before, after) == [
        "tax: only before", "interest: only after", "cost: shape (2,) before, (3,) after",
    ]  # fmt: skip


def compared(before: Path, after: Path) -> subprocess.CompletedProcess[str]:
    """One case with every friction, of two folders, with the packages of this Python."""
    command = [sys.executable, str(HERE / "compare_versions.py"), str(before), str(after), "--shared-packages"]
    command += ["--paths", "16", "--only", "frictions 1"]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.nightly
def test_a_version_equals_itself_and_a_planted_fault_is_found(tmp_path):
    """The fault is in the tax rate: taxes differ, and prices, which know no tax, do not."""
    sound, planted = tmp_path / "sound", tmp_path / "planted"
    for copy in (sound, planted):
        copy.mkdir()
        shutil.copytree(HERE.parent / "riskkit", copy / "riskkit", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(HERE.parent / name, copy)
    with (planted / "riskkit" / "__init__.py").open("a") as front_page:
        front_page.write(FAULT)
    same = compared(sound, sound)
    assert same.returncode == 0, same.stdout + same.stderr
    assert same.stdout.endswith(": 0 differ\n")
    found = compared(sound, planted)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "frictions 1: tax_paid: " in found.stdout
    assert "prices" not in found.stdout
