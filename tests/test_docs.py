"""The documentation site: it has every public name, fresh outputs and valid links."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import executed
import links
import notebooks
import pytest

import riskkit as rk
from riskkit.comparison.metrics import METRICS
from riskkit.report import figures

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
HOSTILE = "<script>alert(1)</script>"


def public(module: ModuleType, name: str = "riskkit") -> Iterator[tuple[str, object]]:
    """Every public name and what it stands for; folders such as `riskkit.measures` are walked."""
    for each in module.__all__:
        value = getattr(module, each)
        if isinstance(value, ModuleType):
            yield from public(value, f"{name}.{each}")
        else:
            yield f"{name}.{each}", value


def named(dotted: str) -> object:
    """What a dotted name stands for: the longest part that is a module, then attributes."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value = import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            value = getattr(value, part)
        return value
    raise ImportError(dotted)


def listed() -> Iterator[str]:
    """Full names in the lists of the reference."""
    for page in sorted((DOCS / "api").glob("*.rst")):
        parts = re.split(r"^\.\. currentmodule:: (\S+)\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for module, text in zip(parts[1::2], parts[2::2], strict=True):
            for names in re.findall(r"^   :toctree: generated\n\n((?:   \S+\n)+)", text, re.MULTILINE):
                yield from (f"{module}.{name}" for name in names.split())


PUBLIC = dict(public(rk)) | dict(public(figures, "riskkit.report.figures"))
LISTED = list(listed())


def test_every_public_name_is_in_the_reference_once():
    shown = [named(name) for name in LISTED]
    assert [name for name, value in PUBLIC.items() if sum(value is each for each in shown) != 1] == []
    assert len(PUBLIC) > 90


@pytest.mark.parametrize("name", LISTED)
def test_what_is_in_the_reference_is_documented(name: str):
    value = named(name)
    assert documented(value), name
    if inspect.isclass(value):
        members = {each: member for each, member in vars(value).items() if not each.startswith("_")}
        bare = [each for each, member in members.items() if needs_words(member) and not documented(member)]
        assert bare == [], f"{name}: no docstring"


def needs_words(member: object) -> bool:
    return inspect.isfunction(member) or isinstance(member, property | classmethod | staticmethod)


def documented(value: object) -> bool:
    """Whether it has a docstring of its own; a dataclass without one gets its signature for one."""
    text = inspect.getdoc(value) or ""
    return bool(text.strip()) and not text.startswith(f"{getattr(value, '__name__', None)}(")


def test_every_metric_has_one_formula():
    page = (DOCS / "formulas.md").read_text(encoding="utf-8").partition("## Standard errors")[0]
    defined = re.findall(r"^\| `(\w+)` \| .*\$.*\|$", page, re.MULTILINE)
    assert sorted(defined) == sorted(METRICS)


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.name)
def test_title_of_an_example_is_underlined(script: Path):
    """The gallery takes it for the title of the page; docutils asks for a line at least as long."""
    title, line = script.read_text(encoding="utf-8").removeprefix('"""').split("\n", 2)[:2]
    assert line == "=" * len(title)


PAGE = """# A page

```python
x = 3
print(x * {factor})
```

As a text:

```text
6
```
"""


def test_output_of_a_page_is_what_its_code_prints():
    assert executed.fresh(PAGE.format(factor=2), "page") == (PAGE.format(factor=2), [])


def test_another_output_is_a_problem_and_is_replaced():
    text, [(line, problem)] = executed.fresh(PAGE.format(factor=5), "page")
    assert line == 3
    assert "which now is\n15" in problem
    assert "\n15\n```" in text


def test_an_output_of_nothing_is_a_problem():
    assert len(executed.fresh("A page.\n\n```text\n6\n```\n", "page")[1]) == 1


def test_code_that_fails_is_a_problem_and_the_next_block_runs():
    text = "```python\n1 / 0\n```\n\n```python\nprint(2)\n```\n\n```text\n2\n```\n"
    same, [(line, problem)] = executed.fresh(text, "page")
    assert same == text
    assert line == 1
    assert 'File "page", line 2' in problem
    assert "ZeroDivisionError" in problem


def test_outputs_may_differ_by_a_hundredth_and_no_word():
    assert executed.same("hold 1.274 ±0.008 nan", "hold  1.270 ±0.010 nan")
    assert not executed.same("hold 1.30", "hold 1.20")
    assert not executed.same("hold 1.30", "cap 1.30")
    assert not executed.same("hold 1.30 2", "hold 1.30")


def test_code_that_needs_a_package_runs_only_with_it():
    text = "```python needs={}\nassert False\n```\n"
    assert executed.fresh(text.format("no_such_package"), "page")[1] == []
    assert "AssertionError" in executed.fresh(text.format("json"), "page")[1][0][1]


def test_commands_on_a_page_print_what_the_page_shows():
    page = f"```console\n$ python -c 'print(6 * 7)'\n42\n$ riskkit --version\nriskkit {rk.__version__}\n```\n"
    assert executed.fresh(page, "page") == (page, [])
    assert len(executed.fresh(page.replace("42", "41"), "page")[1]) == 1


def test_a_command_that_fails_is_a_problem():
    page = "```console\n$ riskkit run no_file.toml\n```\n"
    same, [(_, problem)] = executed.fresh(page, "page")
    assert same == page
    assert "$ riskkit run no_file.toml ended with 2:\nriskkit: error: " in problem


def test_an_output_cannot_end_its_block():
    text, _ = executed.fresh('```python\nprint("```\\n# A heading")\n```\n\n```text\n```\n', "page")
    assert text.endswith("````text\n```\n# A heading\n````\n")


def test_a_figure_is_shown_where_figures_are_asked_for():
    page = (
        "```python\nimport riskkit as rk\nfrom riskkit.report import figures\n"
        f"figures.concentration_bars(rk.Portfolio([rk.Holding({HOSTILE!r}, 1)]))\n```\n"
    )
    assert executed.fresh(page, "page") == (page, [])
    drawn, problems = executed.fresh(page, "page", figures=True)
    assert problems == []
    assert "```{raw} html\n<svg " in drawn
    assert drawn.count(HOSTILE) == 1  # in the code alone
    assert "&lt;script&gt;" in drawn


def test_dead_links_names_of_pages_and_loads_from_outside_are_found(tmp_path: Path):
    (tmp_path / "one.html").write_text(
        '<p id="here"><a href="two.html#there">1</a> <a href="#here">2</a> <a href="https://example.org/x">3</a>'
        '<img src="data:,"> <a href="lost.html">4</a> <a href="two.html#lost">5</a> <a href="#lost">6</a>'
        '<script src="https://example.org/x.js"></script><link rel="stylesheet" href="//example.org/x.css">'
    )
    (tmp_path / "two.html").write_text(
        '<p id="there"><img src="lost.png"> See docs/one.md, <a href="one.html">one.md</a>, <pre>one.md</pre>.'
    )
    found = [f"{page}: {fault.rpartition(' ')[2]}" for page, fault in links.faults(tmp_path)]
    assert found == [
        "one.html: lost.html",
        "one.html: two.html#lost",
        "one.html: #lost",
        "one.html: https://example.org/x.js",
        "one.html: //example.org/x.css",
        "two.html: one.md",
        "two.html: lost.png",
    ]


LINKED = "# A page\n\nSee [rules](rules.md#own) and [a site](https://example.org).\n\n" + PAGE.partition("\n\n")[2]


def cells(text: str) -> list[tuple[str, str]]:
    pytest.importorskip("jupytext", reason="needs pip install -e '.[docs]'")
    return [(cell.cell_type, cell.source) for cell in notebooks.notebook(text).cells]


def test_a_notebook_has_the_words_and_the_code_of_its_page_without_outputs():
    assert cells(LINKED.format(factor=2)) == [
        ("markdown", f"# A page\n\n{notebooks.INTRODUCTION}\n\nSee rules and [a site](https://example.org)."),
        ("code", "x = 3\nprint(x * 2)"),
        ("markdown", "As a text:"),
    ]


@pytest.mark.parametrize("name", executed.TUTORIALS)
def test_a_tutorial_becomes_a_notebook_with_all_its_code(name: str):
    """A code cell a block, in order, and no block of output."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    code = [source for kind, source in cells(text) if kind == "code"]
    assert code == [block.strip() for block in re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)]
    assert not [source for _, source in cells(text) if "```" in source]


@pytest.mark.slow
def test_a_notebook_runs_and_holds_what_it_prints_and_draws():
    for package in ("jupytext", "nbclient", "ipykernel"):
        pytest.importorskip(package, reason="needs pip install -e '.[docs]'")
    page = (
        "# A page\n\n```python\nimport sys\n\nimport riskkit as rk\nprint(6 * 7)\n"
        "print('progress', file=sys.stderr)\n```\n\n"
        "```python\npath = 'examples/data/holdings.csv'\n"
        "rk.report.figures.concentration_bars(rk.read.holdings(path, founders={}))\n```\n"
    )
    made = notebooks.notebook(page)
    notebooks.run(made)
    _, printing, drawing = made.cells
    assert [output["text"] for output in printing.outputs] == ["42\n"]
    assert "<svg " in drawing.outputs[-1]["data"]["text/html"]


@pytest.mark.slow
def test_outputs_of_a_notebook_go_into_its_page_and_faults_of_its_cells_are_problems():
    """An error and a warning, after which the next block runs, and an output that the page does not have."""
    for package in ("jupytext", "nbclient", "ipykernel"):
        pytest.importorskip(package, reason="needs pip install -e '.[docs]'")
    faulty = "```python\n1 / 0\n```\n\n```python\nimport warnings\n\nwarnings.warn('too few')\n```\n\n"
    page = PAGE.format(factor=5).replace("```python", faulty + "```python", 1)
    made = notebooks.notebook(page)
    notebooks.run(made)
    text, [(first, error), (_, warning), (_, other)] = executed.fresh(page, "page", execute=notebooks.outputs(made))
    assert first == 3
    assert "ZeroDivisionError" in error
    assert "UserWarning: too few" in warning
    assert "which now is\n15" in other
    assert "\n15\n```" in text


@pytest.mark.slow
def test_a_hostile_name_shows_as_text_on_the_site(tmp_path: Path):
    """In printed output, in a figure, and in a formula, each built by Sphinx as the pages are."""
    for package in ("sphinx", "myst_parser", "latex2mathml"):
        pytest.importorskip(package, reason="needs pip install -e '.[docs]'")
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path.insert(0, {str(DOCS / '_extensions')!r})\n"
        "extensions = ['myst_parser', 'executed', 'mathml', 'links']\n"
        "myst_enable_extensions = ['dollarmath']\nhtml_math_renderer = 'mathml'\n"
    )
    (tmp_path / "index.md").write_text(
        f"# Title\n\n$\\text{{{HOSTILE}}}$\n\n```python\nimport riskkit as rk\nfrom riskkit.report import figures\n\n"
        f'portfolio = rk.Portfolio([rk.Holding("{HOSTILE}", 1)])\nprint(portfolio.names[0])\n```\n\n'
        f"```text\n{HOSTILE}\n```\n\n```python\nfigures.concentration_bars(portfolio)\n```\n"
    )
    site = tmp_path / "site"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(tmp_path), str(site)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    page = (site / "index.html").read_text(encoding="utf-8")
    assert HOSTILE not in page
    for element in ("math", "pre", "svg"):
        [first, *_] = re.findall(rf"<{element}\b.*?</{element}>", page, re.DOTALL)
        assert "&lt;script&gt;" in first, element
