"""The gallery: a script for each figure, which writes it as PNG."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest

from riskkit.report import figures
from riskkit.report.figures._by_name import OF_RESULT

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "figures"
SCRIPTS = sorted(FOLDER.glob("*.py"))

every_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def test_every_figure_has_a_script():
    """By its function, or by `result.figure(name)` and `plan.figure()`."""
    used = {"sales_by_year"} if "plan.figure(" in (FOLDER / "sales_by_year.py").read_text(encoding="utf-8") else set()
    for script in SCRIPTS:
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = node.args[0] if node.func.attr == "figure" and node.args else None
                used.add(name.value if isinstance(name, ast.Constant) else node.func.attr)
    assert set(figures.__all__) - used == {"svg"}
    assert set(OF_RESULT) <= used
    assert len(SCRIPTS) >= 18


@every_script
def test_script_begins_with_the_question_it_answers(script: Path):
    title, line = script.read_text(encoding="utf-8").removeprefix('"""').split("\n", 2)[:2]
    assert title.endswith("?")
    assert line == "=" * len(title)


@pytest.mark.slow
@every_script
def test_script_writes_its_figure(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Under its own name, 1200 pixels wide or more, as the header of a PNG file says in its bytes 16 to 19."""
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script))
    [file] = tmp_path.iterdir()
    head = file.read_bytes()[:24]
    assert file.name == f"{script.stem}.png"
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20], "big") >= 1200
