"""The example of all figures writes each of them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from riskkit.report import figures

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "figures.py"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script with few paths and a small grid."""
    spec = importlib.util.spec_from_file_location("example_of_figures", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    grid = {name: values[::2] for name, values in module.GRID.items()}
    for name, value in {"PATHS": 400, "RUNS_OF_QUESTIONS": 200, "GRID": grid}.items():
        monkeypatch.setattr(module, name, value)
    return module


@pytest.mark.slow
def test_example_writes_every_figure(
    example: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """One for each function but `svg`, 1200 pixels wide, as the header of a PNG file says in its bytes 16 to 19."""
    folder = tmp_path / "new" / "folder"
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(folder)])
    example.main()
    files = sorted(folder.iterdir())
    printed = capsys.readouterr().out
    assert len(files) == len(figures.__all__) - 1
    for file in files:
        head = file.read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(head[16:20], "big") == 1200
        assert file.name in printed
    assert f"Written to {folder}" in printed


def test_example_uses_every_figure():
    text = SCRIPT.read_text(encoding="utf-8")
    assert [name for name in figures.__all__ if f"figures.{name}(" not in text] == ["svg"]
