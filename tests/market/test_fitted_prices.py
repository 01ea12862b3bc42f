"""The example of markets fitted to real prices prints the right figures, and skips without prices."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

import riskkit as rk

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "fitted_prices.py"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The example's output with these arguments, on 60 paths."""
    sample = rk.sample
    monkeypatch.setattr(rk, "sample", lambda market, **others: sample(market, **{**others, "paths": 60}))

    def output(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
        runpy.run_path(str(SCRIPT), run_name="__main__")
        return capsys.readouterr().out

    return output


@pytest.mark.slow
def test_shipped_prices(run):
    """As the other example on these prices says: Apple fell by 81.8 % from 2000-03-22."""
    pytest.importorskip("skfolio", reason="skfolio ships the prices")
    printed = run()
    assert "The max drawdown of AAPL was 81.8%, from 2000-03-22" in printed
    assert "expected returns are sample means" in printed
    assert "survivors" in printed


def test_tesla_with_its_figure(run, data, tmp_path):
    """FIELD: 57.15 % volatility, 73.6 % from 2021-11-04 to 2023-01-03."""
    printed = run(data / "tsla_spy_daily.csv", "TSLA", "--figure", tmp_path / "falls.png")
    assert "The max drawdown of TSLA was 73.6%, from 2021-11-04 to 2023-01-03" in printed
    [past] = [line for line in printed.splitlines() if line.startswith("the past")]
    assert past.split()[2:4] == ["57.1%", "4.7"]
    assert (tmp_path / "falls.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_that_is_not_there_is_skipped(run, tmp_path):
    assert run(tmp_path / "none.csv").startswith("Skipped: there is no file")
