"""The README, the pages in docs/ and the scripts in examples/ run and give their documented results."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import executed
import numpy as np
import pandas as pd
import pytest

import riskkit as rk
from riskkit import rules
from riskkit.comparison.metrics import METRICS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Pages that take seconds or minutes: the build of the site runs them in .ci/run, and .ci/nightly has the tests do so
#: too.
LONG = (
    "best_possible.md",
    "coming_from.md",
    "evidence.md",
    "extending.md",
    "first_steps.md",
    "founder_case.md",
    "frictions.md",
    "hedges.md",
    "index.md",
    "markets.md",
    "metrics.md",
    "precision.md",
    "rules.md",
    "scale.md",
    "sell_down.md",
    "tutorial.md",
    "what_if.md",
)
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))

#: The page that takes several seconds and is not on the site; `.ci/run` runs it with the slow tests.
SECONDS = ("README.md",)

COMMANDS = {
    "Run it": "python3 -m venv .venv && .venv/bin/python -m pip install . && .venv/bin/riskkit demo",
    "Test it": 'python3 -m venv .venv && .venv/bin/python -m pip install -e ".[test]" && .venv/bin/python -m pytest',
}


def named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("heading", COMMANDS)
def test_readme_has_one_fenced_command_under_its_heading(heading: str):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## )", readme, re.MULTILINE | re.DOTALL)
    [command] = re.findall(r"^```\w*\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert command.strip() == COMMANDS[heading]
    assert "Windows" in section
    assert "conda" in section


@pytest.fixture
def readers_folder() -> Iterator[None]:
    """A folder of its own with the examples and their data, as a reader has them."""
    with executed.apart():
        yield


@pytest.mark.usefixtures("readers_folder")
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page,
            marks=[pytest.mark.slow] * (page.name in LONG + SECONDS) + [pytest.mark.nightly] * (page.name in LONG),
            id=page.name,
        )
        for page in PAGES
    ],
)
def test_python_of_a_page_prints_what_the_page_shows(page: Path):
    """Blocks run one after the other in one namespace, as a reader would run them."""
    assert executed.fresh(page.read_text(encoding="utf-8"), str(page))[1] == []


def test_blocks_of_the_readme_run_or_are_its_two_commands():
    """Python and sessions of commands run in the test above, and .ci/run runs the two under their headings."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    kinds = re.findall(r"^```(\w*)\n.*?^```$", readme, re.MULTILINE | re.DOTALL)
    assert set(kinds) == {"python", "text", "console", "sh"}
    assert kinds.count("sh") == len(COMMANDS)


def test_data_of_the_readme_agree():
    """A value is the quantity times the last price, to a cent."""
    folder = ROOT / "examples" / "data"
    rows = pd.read_csv(folder / "holdings.csv", index_col="Name")
    last = pd.read_csv(folder / "prices.csv", index_col="date").iloc[-1]
    assert list(rows.index) == list(last.index)
    np.testing.assert_array_equal(rows["Price"], last)
    np.testing.assert_allclose(rows["Market Value"], rows["Quantity"] * last, atol=0.005)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 100_000


@pytest.mark.parametrize("page", [*PAGES, ROOT / "examples" / "README.md"], ids=str)
def test_links_between_pages_lead_somewhere(page: Path):
    for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_every_metric_is_defined():
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8").partition("## The same on your own arrays")[0]
    defined = [name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert [name for name in METRICS if defined.count(name) != 1] == []


def test_every_rule_is_described():
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    built_in = {name for name in rules.__all__ if name[0].isupper()} - {"FunctionRule", "Rule", "Trigger", "View"}
    assert set(re.findall(r"^\| `(\w+)\(", page, re.MULTILINE)) >= built_in


def test_every_example_is_in_the_index():
    index = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert [script.name for script in SCRIPTS if f"({script.name})" not in index] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_example_begins_with_the_question_it_answers(script: Path):
    first = script.read_text(encoding="utf-8").split("\n", 1)[0]
    assert re.fullmatch(r'"""[A-Z].*\?', first), first


@pytest.fixture
def few_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparisons of at most 400 paths."""
    compare = rk.compare
    monkeypatch.setattr(
        rk, "compare", lambda scenario, *, paths, seed: compare(scenario, paths=min(paths, 400), seed=seed)
    )


def output(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    script = ROOT / "examples" / name
    monkeypatch.setattr(sys, "argv", [str(script), *arguments])
    runpy.run_path(str(script), run_name="__main__")
    return capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("few_paths")
def test_founder_case(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """65 % + 22 % of 35 % = 72.7 %, 65 % + half of 35 % = 82.5 %; 1 - exp(-0.2) = 18.1 %; Cap trades at time 0."""
    printed = output("founder_case.py", monkeypatch, capsys)
    for fact in ("72.7% rides on him", "82.5% rides on him", "must be near 18.1%"):
        assert fact in printed
    assert re.search(r"^hold: 0 dates with trades", printed, re.MULTILINE)
    assert re.search(r"^cap 30 %: [1-9]\d* dates with trades", printed, re.MULTILINE)


@pytest.mark.usefixtures("few_paths")
def test_own_rule(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert "leave with him" in output("own_rule.py", monkeypatch, capsys)


@pytest.mark.slow
@pytest.mark.usefixtures("few_paths")
def test_drawdown_probabilities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """The sheet has what is printed: a row a rule and threshold, in percent there."""
    pytest.importorskip("openpyxl", reason="openpyxl is an extra")
    file = tmp_path / "baron.xlsx"
    with pytest.warns(rk.RiskkitWarning, match="handful of paths"):  # means of 400 paths
        printed = output("drawdown_probabilities.py", monkeypatch, capsys, str(file))
    sheet = pd.read_excel(file, sheet_name="drawdowns")
    assert len(sheet) == 3 * len(rk.scenarios.baron().rules)
    row = sheet[(sheet["rule"] == "hold") & (sheet["above"] == 0.5)].iloc[0]
    assert re.search(
        rf"^ +0.5 +{100 * row['probability']:.1f} +{100 * row['standard_error']:.1f}$", printed, re.MULTILINE
    )


@pytest.mark.usefixtures("few_paths")
def test_own_files(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """400 + 250 of 1000 are Ann's; the exit moves these two alone."""
    printed = output("own_files.py", monkeypatch, capsys)
    assert re.search(r"ACME +400 +40\.0 ?% +Ann", printed)
    assert "65" in printed
    assert "founder exit: 2 % a year, once; ACME and BOLT -50 % (assumption)." in printed


@pytest.mark.slow
@pytest.mark.usefixtures("few_paths")
def test_shipped_prices(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("skfolio", reason="skfolio ships the prices")
    printed = output("shipped_prices.py", monkeypatch, capsys)
    assert "AAPL fell by 81.8% from 2000-03-22" in printed
    assert "survivors" in printed


@pytest.mark.slow
@pytest.mark.usefixtures("few_paths")
def test_baron_partners_against_the_filing(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """SPCX and TSLA are 6.3113 + 2.7150 bn of 19.2929 bn gross (46.8 %) and of 18.0511 bn net assets (50.0 %)."""
    files = [data / "baron_partners_holdings_2026-06-30.csv", data / "baron_names_daily_2024_2026.csv"]
    printed = output("baron_partners.py", monkeypatch, capsys, *map(str, files))
    assert "46.8% of gross, 50.0% of net assets" in printed
    assert "No prices: CHH, MTN, RRR, BIRK, KNSL, MORN, together 11.5% of gross" in printed
    assert "loan is left out" in printed


def test_baron_partners_says_why_it_skips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("RISKKIT_DATA", str(tmp_path))
    assert output("baron_partners.py", monkeypatch, capsys).startswith("Skipped: ")
