"""The example of the founder's age: its hazards against the printed life table."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

import riskkit as rk

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "mortality.py"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")  # 400 paths are few
def test_chances_of_an_exit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """1 - e^-0.2 = 18.1 % at 2 % a year; with Π (1 - q) of 0.9019 from 54 to 63 in the table, 1 - 0.9019 e^-0.1 =
    18.4 %, of which the fit lacks 0.7 points; an older founder's exit is likelier."""
    compare = rk.compare
    monkeypatch.setattr(
        rk, "compare", lambda scenario, *, paths, seed: compare(scenario, paths=min(paths, 400), seed=seed)
    )
    monkeypatch.setattr(sys, "argv", [str(SCRIPT)])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    chances = [float(share) for share in re.findall(r"([\d.]+)%, the same as a rate of", capsys.readouterr().out)]
    plain, young, middle, old = chances
    assert plain == 18.1
    assert middle == pytest.approx(18.4, abs=0.8)
    assert young < middle < old
