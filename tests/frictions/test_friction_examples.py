"""The examples of frictions: facts that hold for any paths, and the page that shows the output of one."""

from __future__ import annotations

import re
import runpy
import sys
import warnings
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

import riskkit as rk

ROOT = Path(__file__).resolve().parents[2]

# Four hundred paths are too few for the error of a certainty equivalent, which a warning says.
pytestmark = pytest.mark.filterwarnings("ignore::riskkit.RiskkitWarning")


def compare_few_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons of at most 400 paths."""
    compare = rk.compare
    monkeypatch.setattr(
        rk, "compare", lambda scenario, *, paths, seed: compare(scenario, paths=min(paths, 400), seed=seed)
    )


@pytest.fixture
def few_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    compare_few_paths(monkeypatch)


def output(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    script = ROOT / "examples" / name
    monkeypatch.setattr(sys, "argv", [str(script)])
    runpy.run_path(str(script), run_name="__main__")
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def taxes() -> str:
    """What examples/taxes.py prints of few paths."""
    script = ROOT / "examples" / "taxes.py"
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed, warnings.catch_warnings():
        warnings.simplefilter("ignore", rk.RiskkitWarning)
        compare_few_paths(patch)
        patch.setattr(sys, "argv", [str(script)])
        runpy.run_path(str(script), run_name="__main__")
    return printed.getvalue()


def rows(printed: str, label: str) -> list[list[float]]:
    """The numbers of every printed row that begins with the label, without their errors."""
    lines = [line[len(label) :] for line in printed.splitlines() if re.match(rf"{re.escape(label)}\s+[-+\d]", line)]
    return [[float(cell.strip("%")) for cell in re.sub(r"±\S+", "", line).split()] for line in lines]


@pytest.mark.slow
def test_step_up_makes_holding_untaxed(taxes: str):
    """Who never sells pays only the last tax: none under step_up, 23.8 % of the gain over 0.1 if all is sold in the
    end, so that the mean is 0.762 times the untaxed one + 0.0238, as hardly a path ends below its purchase cost; with
    a death in between it lies between the two. The drawdown is the same under all of them."""
    for first in (0, 4):
        untaxed, sold, stepped_up, died = rows(taxes, "hold")[first : first + 4]
        assert stepped_up == untaxed
        assert sold[1] == pytest.approx(0.762 * untaxed[1] + 0.0238, abs=2e-3)
        assert sold[0] < died[0] < stepped_up[0]
        assert untaxed[4] == sold[4] == died[4]


@pytest.mark.slow
def test_a_step_up_lowers_the_belief_that_breaks_even(taxes: str):
    """At every belief holding gains more on diversifying now when its tax is forgiven than when it is only late."""
    table = taxes.split("Break-even")[1]
    [sold], [stepped_up] = rows(table, "sell"), rows(table, "step_up")
    assert len(sold) == 5
    assert all(late < forgiven for late, forgiven in zip(sold[1:], stepped_up[1:], strict=True))


@pytest.mark.slow
@pytest.mark.usefixtures("few_paths")
def test_tender_windows_by_hand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """19 windows of a tenth leave 0.9^19 = 13.5 %, 4 leave 65.6 %; 0.9^7 = 0.478 < ½ after 3.5 years."""
    printed = output("tender.py", monkeypatch, capsys)
    assert "left in the end 13.5%" in printed
    assert "after two years 65.6%" in printed
    assert "sold after 3.5 years" in printed
    holding_rows = [row for row in rows(printed, "hold") if len(row) == 5]
    assert len(holding_rows) == 3
    assert holding_rows[0][2] == holding_rows[0][3]
    for row in holding_rows[1:]:
        assert row[0] == holding_rows[0][0]
        assert row[3] < row[2]


@pytest.mark.slow
@pytest.mark.usefixtures("few_paths")
def test_listing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Listed after three years it is gone a month later, with the lock-up half a year later."""
    printed = output("listing.py", monkeypatch, capsys).split("Weight of the founder")[1]
    titles = ("listed with a lock-up", "listed without one", "listed today", "never listed")
    [locked], [free], [today], [never] = (rows(printed, title) for title in titles)
    assert [weight > 0.0 for weight in locked] == [True, True, True, True, False, False, False]
    assert [weight > 0.0 for weight in free] == [True, True, True, False, False, False, False]
    assert today == [0.0] * 7
    assert min(never) > 0.0
    assert never[:3] == locked[:3] == free[:3]


@pytest.mark.slow
@pytest.mark.usefixtures("few_paths")
def test_margin_spiral(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """65 % of gross are 65 · 1.07 = 69.5 % of net at Baron Partners' gross/net; on the path that is followed the exit
    is a margin call that restores the limit of 50 %, listed holdings are sold alike, and the unlisted one is not."""
    printed = output("margin_spiral.py", monkeypatch, capsys)
    trouble = printed.split("Probability of margin calls")[1].split("Net wealth and maximum")[0]
    assert rows(trouble, "1.000")[0][1:] == [0.0, 0.0, 0.0]
    assert rows(trouble, "1.070")[0][0] == 69.5
    [left] = rows(printed, "he leaves")
    _, wealth, alone, owed, tesla, spacex, rest, _ = left
    assert owed == 50.0
    assert spacex == 100.0
    assert tesla == rest < 100.0
    assert wealth < alone


@pytest.mark.slow
@pytest.mark.nightly
def test_page_shows_the_output_of_taxes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Word for word; numbers to 1 % or 0.02, as a path may fall on the other side of an edge on another processor."""
    page = (ROOT / "docs" / "frictions.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^\$ python examples/taxes.py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    printed, expected = output("taxes.py", monkeypatch, capsys).split(), example.split()
    assert len(printed) == len(expected)
    for ours, theirs in zip(printed, expected, strict=True):
        try:
            expected = float(theirs.strip("±%"))
        except ValueError:
            assert ours == theirs
        else:
            assert float(ours.strip("±%")) == pytest.approx(expected, rel=0.01, abs=0.02)
