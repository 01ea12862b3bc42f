"""The examples of questions: facts that hold for any paths."""

from __future__ import annotations

import re
import runpy
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import riskkit as rk
from riskkit.analysis._attribution import attribution
from riskkit.analysis._breakeven import breakeven
from riskkit.analysis._reverse_stress import reverse_stress
from riskkit.analysis._stress import stress
from riskkit.analysis._sweep import sweep

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(autouse=True)
def few_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run has 300 paths."""

    def smaller(function: Any, *arguments: Any, **named: Any) -> Any:
        return function(*arguments, **{**named, "paths": 300})

    monkeypatch.setattr(rk, "stress", stress, raising=False)
    for function in (rk.compare, reverse_stress, attribution, breakeven, sweep):
        monkeypatch.setattr(rk, function.__name__, partial(smaller, function), raising=False)


def output(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.slow
def test_stress(capsys: pytest.CaptureFixture[str]):
    """24 + 12 + 0.8 + 7 = 43.8 of 100, or of 80; 20 of 56.2 is 35.6 %. Who sold at once does not feel the exit."""
    printed = output("stress.py", capsys)
    assert "43.8 % of net wealth is lost, 100 becomes 56.2" in printed
    assert "54.8 % of net wealth is lost, 80 becomes 36.2" in printed
    assert "The loan goes from 20 % to 35.6 % of gross assets, above 35 %: a margin call" in printed
    assert re.search(r"^diversify now +(\+0\.000 *){4}$", printed, re.MULTILINE)
    assert re.search(r"^hold +-", printed, re.MULTILINE)
    years = re.findall(r"^ +(\d+) +(\d\.\d\d) ", printed, re.MULTILINE)
    assert [int(year) for year, _ in years] == list(range(11))
    assert years[0][1] == "1.00"
    assert float(years[-1][1]) <= 0.5


@pytest.mark.slow
def test_causes(capsys: pytest.CaptureFixture[str]):
    """The contributions of each rule sum to the total of its sentence, up to rounding."""
    printed = output("causes.py", capsys)
    wholes = [float(whole) for whole in re.findall(r"^Of the (\S+) points", printed, re.MULTILINE)]
    table = printed.split("Attribution of the mean")[1].split("Loss in the worst")[0]
    rows = re.findall(r"^[\w ]+? +(-?\d+\.\d) ±\S+ +(-?\d+\.\d) ±\S+$", table, re.MULTILINE)
    assert len(rows) == 4
    for rule, whole in enumerate(wholes):
        assert sum(float(row[rule]) for row in rows) == pytest.approx(whole, abs=0.25)
    assert "rides on him at the start: 65%" in printed


@pytest.mark.slow
def test_breakeven(capsys: pytest.CaptureFixture[str]):
    printed = output("breakeven.py", capsys)
    assert "'hold' beats 'cap 30 %' by growth_median only if the expected return of Musk's companies" in printed
    assert "'hold' is behind 'cap 30 %' by ced95 wherever" in printed
    assert "12 runs of 4,000 paths" in printed
    assert re.search(r"^0\.08 +diversify now", printed, re.MULTILINE)
