"""The example on look-through prints the figures of the case, with and without a filing."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
from filings import filing, investment, written

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "look_through.py"


def output(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *arguments])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    return capsys.readouterr().out


def test_it_runs_without_a_filing_and_says_so(tmp_path, monkeypatch, capsys):
    """65 % + 22 % of 35 % = 72.7 %; 65 % + half of 22 % of 35 % = 68.85 %; TSLA 40 % + 12 % of 35 % = 44.2 %."""
    monkeypatch.setenv("RISKKIT_DATA", str(tmp_path))
    printed = output(monkeypatch, capsys)
    for fact in ("is 72.7% through the fund; TSLA alone 44.2%", "is 68.8% through the fund", "Skipped: "):
        assert fact in printed


def test_it_ends_with_the_filing_that_it_is_given(tmp_path, monkeypatch, capsys):
    """Of 100 net 80 ride on him and 10 are borrowed: 65 + 35 · 0.80 = 93, my part of it 3.5, 93 / 103.5 = 89.9 %."""
    lines = investment(50, ticker="TSLA"), investment(30, name="A"), investment(30, ticker="SPCX", fairValLevel="3")
    path = written(tmp_path, filing(*lines, net=100))
    printed = output(monkeypatch, capsys, str(path))
    assert "3 holdings worth 110.0% of net assets" in printed
    assert "Without a market, as far as the file tells: SPCX." in printed
    assert "is 93.0% through the fund; TSLA alone 57.5%" in printed
    assert "is 3.5: of gross assets it is 89.9%" in printed


def test_the_filing_of_baron_partners(data, monkeypatch, capsys):
    """65 % + 35 % of 50.0 % = 82.5 %; the fund owes 6.88 % of net assets: 2.4 of 102.4 gross, of which 80.6 %."""
    monkeypatch.setenv("RISKKIT_DATA", str(data))
    printed = output(monkeypatch, capsys)
    assert "31 holdings worth 106.9% of net assets of 18.05 bn USD" in printed
    assert "SPCX 35.0%, TSLA 15.0%" in printed
    assert "is 82.5% through the fund" in printed
    assert "is 2.4: of gross assets it is 80.6%" in printed
