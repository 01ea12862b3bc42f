"""Examples of plans: facts that hold for any paths or follow by hand."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

import riskkit as rk
import riskkit.optimize

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.usefixtures("few_paths")


@pytest.fixture
def few_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans and comparisons over at most 4000 paths."""
    compare, plan = rk.compare, riskkit.optimize.sell_down
    monkeypatch.setattr(
        rk, "compare", lambda scenario, *, paths, seed: compare(scenario, paths=min(paths, 4000), seed=seed)
    )
    monkeypatch.setattr(
        riskkit.optimize,
        "sell_down",
        lambda scenario, *, paths, **rest: plan(scenario, paths=min(paths, 4000), **rest),
    )


def output(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    script = ROOT / "examples" / name
    monkeypatch.setattr(sys, "argv", [str(script)])
    runpy.run_path(str(script), run_name="__main__")
    return capsys.readouterr().out


def shares(printed: str, name: str) -> list[list[float]]:
    """The percentages of every printed row of a holding."""
    found = re.findall(rf"^{re.escape(name)}((?: +[\d.]+ %)+)$", printed, re.MULTILINE)
    return [[float(share) for share in re.findall(r"[\d.]+", row)] for row in found]


def test_a_fund_is_taken_to_its_limit_by_hand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """32 + 10 + 0.4 * 20 = 50 %. 20 points less: the growth fund gives 8 for a tax of .238 * 3, TSLA 10 for .238 * 6,
    and SPCX, after its lock, the last 2, a sixteenth of it. Alike, 40 % of all gains: .238 * .4 * 39."""
    printed = output("fund_limit.py", monkeypatch, capsys)
    assert "Of the fund 50% rides on one founder; it is to be 30%." in printed
    assert shares(printed, "SPCX") == [[0.0, 6.2, 0.0], [0.0, 6.2, 0.0]]
    assert shares(printed, "TSLA")[0] == shares(printed, "growth fund")[0] == [100.0, 0.0, 0.0]
    # Of the 1.5 % of the fund that the budget allows at once, .714 is the growth fund's; the rest sells TSLA.
    assert shares(printed, "TSLA")[1][0] == pytest.approx(100.0 * (0.015 - 0.00714) / 0.01428, abs=0.1)
    first, second = re.findall(r"^Expected tax, times the start wealth: (.*)$", printed, re.MULTILINE)
    assert first.startswith("0.0214 (t = 0)")
    assert second.startswith("0.0150 (t = 0)")
    assert "would cost 0.0371." in printed


@pytest.mark.slow
def test_plans_for_the_founding_case(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """With no view TSLA is sold whole at once; the budget binds from the first date; the clients' last part is sold at
    the end of month 36, so that the pledge lets go a year later; and the plans beat trim, cap and hold."""
    printed = output("sell_down.py", monkeypatch, capsys)
    tail, certain, budgeted, believed, pledged = shares(printed, "TSLA")
    assert tail == certain == [100.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert budgeted[0] == pytest.approx(100.0 * 0.03 / (0.238 * 0.4 * 0.9), abs=0.1)
    assert believed[0] < 100.0
    assert pledged == [0.0, 0.0, 0.0, 0.0, 100.0, 0.0]
    gaps = re.findall(r"^  (trim|cap|hold).*? ([-+][\d.]+) ± ([\d.]+)$", printed, re.MULTILINE)
    assert len(gaps) == 12
    for place, (_, gap, error) in enumerate(gaps):
        if place // 3 != 2:  # the plan under a budget, which the other rules do not have
            assert float(gap) > 3.0 * float(error)
