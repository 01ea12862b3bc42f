"""Types: a script that uses the whole public API passes mypy --strict and pyright, and wrong uses are refused."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import riskkit as rk
from riskkit.report import figures

ROOT = Path(__file__).resolve().parents[1]
RIGHT = ROOT / "tests" / "typed" / "public_api.py"
WRONG = ROOT / "tests" / "typed" / "wrong_uses.py"

#: Pages whose code works on types of other packages: those of skfolio, and single cells and rows of frames.
OTHER_TYPES = {"coming_from", "tutorial", "your_own_files"}
PAGES = sorted(page for page in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"] if page.stem not in OTHER_TYPES)

#: Code of a page leaves out annotations, and prints labels of frames.
OF_A_PAGE = (
    "# mypy: disallow-untyped-defs=False, disallow-incomplete-defs=False, disallow-untyped-calls=False, "
    'disable-error-code="str-bytes-safe"'
)

Found = dict[str, dict[int, str]]


def code_of(page: Path) -> str:
    """The Python blocks of a page, each line at its number in the page."""
    kept, inside = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        inside = inside and not line.startswith("```")
        kept.append(line if inside else "")
        inside = inside or line == "```python"
    return "\n".join([OF_A_PAGE, *kept[1:], ""])


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with this riskkit."""
    words = [sys.executable, *map(str, command)]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    return subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def by_mypy(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What mypy says of both scripts and of the pages, name → line → message; its cache is that of ``mypy riskkit``."""
    pytest.importorskip("mypy", reason="mypy checks the types")
    folder = tmp_path_factory.mktemp("pages")
    for page in PAGES:
        (folder / f"page_{page.stem.lower()}.py").write_text(code_of(page), encoding="utf-8")
    said = run("-m", "mypy", "--strict", "--show-absolute-path", "--no-pretty", RIGHT, WRONG, folder, folder=ROOT)
    assert said.returncode in (0, 1), said.stdout + said.stderr
    found: Found = {}
    for path, line, message in re.findall(r"^(.+?):(\d+): error: (.*)$", said.stdout, re.MULTILINE):
        found.setdefault(Path(path).name, {})[int(line)] = message
    return found


@pytest.fixture(scope="module")
def by_pyright(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What pyright says of both scripts in its standard mode, name → line → message."""
    pytest.importorskip("basedpyright", reason="basedpyright brings pyright, which checks the types")
    folder = tmp_path_factory.mktemp("pyright")
    settings = {"typeCheckingMode": "standard", "include": [str(RIGHT.parent)], "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    said = run(
        *("-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", folder),
        folder=folder,
    )
    assert said.returncode in (0, 1), said.stdout + said.stderr
    found: Found = {}
    for each in json.loads(said.stdout)["generalDiagnostics"]:
        if each["severity"] == "error":
            found.setdefault(Path(each["file"]).name, {})[each["range"]["start"]["line"] + 1] = each["message"]
    return found


def public() -> set[str]:
    """Public names as a script writes them, with the methods and properties of a comparison."""
    names = {f"rk.{name}" for name in rk.__all__}
    for namespace in (rk.evidence, rk.measures, rk.optimize, rk.read, rk.scenarios):
        names |= {f"rk.{namespace.__name__.rpartition('.')[2]}.{name}" for name in namespace.__all__}
    names |= {f"figures.{name}" for name in figures.__all__}
    return names | {f"result.{name}" for name in vars(rk.Comparison) if not name.startswith("_")} - FIELDS


#: What a comparison is built of, which `compare` does.
FIELDS = {"result.scenario", "result.outcomes", "result.seed", "result.notes", "result.fixed_moments",
          "result.fixed_scores"}  # fmt: skip


def unused(script: str) -> list[str]:
    """Public names that a script does not use."""
    chains = (ast.unparse(node) for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Attribute))
    used = {name for chain in chains for name in (chain, chain.replace("rk.Comparison.", "result."))}
    return sorted(public() - used)


def test_the_script_uses_every_public_name():
    script = RIGHT.read_text(encoding="utf-8")
    assert unused(script) == []
    assert unused(script.replace("rk.Proxy(", "Proxy(").replace("result.regret()", "0")) == [
        "result.regret",
        "rk.Proxy",
    ]


@pytest.mark.slow
def test_mypy_takes_every_documented_use(by_mypy: Found):
    assert by_mypy.get(RIGHT.name, {}) == {}


@pytest.mark.slow
def test_pyright_takes_every_documented_use(by_pyright: Found):
    assert by_pyright.get(RIGHT.name, {}) == {}


def refused_lines() -> dict[int, str]:
    """Lines of the script of wrong uses that are to be refused."""
    lines = WRONG.read_text(encoding="utf-8").splitlines()
    return {number: line for number, line in enumerate(lines, 1) if line.endswith("  # refused")}


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["by_mypy", "by_pyright"])
def test_each_wrong_use_is_refused_and_nothing_else(checker: str, request: pytest.FixtureRequest):
    """So the types are not `Any`: a checker must name exactly the marked lines."""
    said = request.getfixturevalue(checker)[WRONG.name]
    marked = refused_lines()
    assert len(marked) > 80
    assert {line: use for line, use in marked.items() if line not in said} == {}
    assert {line: message for line, message in said.items() if line not in marked} == {}


@pytest.mark.slow
def test_mypy_takes_the_code_of_the_pages(by_mypy: Found):
    """Without annotations of its functions; each page by itself, as a reader would type it."""
    assert {name: said for name, said in by_mypy.items() if name.startswith("page_")} == {}


def test_code_of_a_page_keeps_its_lines(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n```python\nx = 3\n```\n\n```text\n3\n```\n", encoding="utf-8")
    assert code_of(page).splitlines()[1:] == ["", "", "x = 3", "", "", "", "", ""]


@pytest.mark.slow
def test_the_script_runs(tmp_path: Path):
    ran = run(RIGHT, tmp_path, folder=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
