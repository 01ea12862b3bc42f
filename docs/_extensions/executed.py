"""The outputs of the Markdown pages are made while the site is built: their code runs, and what it prints is shown.

A page is read on a code host too, so it holds the outputs of an earlier run, and a run that prints something else is a
problem. What runs, block after block, in one namespace a page, as the main program, in a folder with a copy of
``examples/``, as in the project's own:

- a block ``python``. A block ``text`` after it, with nothing but words between them, is what it prints. A figure in its
  last line is shown on the site.
- a block ``python needs=NAME``, where the package NAME is installed; it has no output.
- a block ``console`` of commands, ``$ python SCRIPT`` or ``$ riskkit ...``, each followed by what it prints.

``python docs/_extensions/executed.py PAGE.md ...`` writes the outputs of today into pages.
"""

from __future__ import annotations

import ast
import contextlib
import io
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]

#: Pages that are read from start to end. While the site is built they run as notebooks, by the extension `notebooks`.
TUTORIALS = ("tutorial", "first_steps", "founder_case", "sell_down", "hedges")

BLOCKS = re.compile(
    r"^```python(?P<needs> needs=\w+)?\n(?P<code>.*?)^```$(?:(?P<words>[^`]*)^```text\n(?P<shown>.*?)^```$)?"
    r"|^```console\n(?P<session>\$ .*?)^```$",
    re.MULTILINE | re.DOTALL,
)

#: A command of a session, and the lines that it prints.
COMMANDS = re.compile(r"^\$ (?P<command>.*)\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)

#: Programs of a session.
PROGRAMS = {"python": [sys.executable], "riskkit": [sys.executable, "-m", "riskkit"]}

#: Two runs may differ by this much: a path may fall on the other side of an edge on another processor.
RELATIVE, ABSOLUTE = 0.01, 0.02


def fresh(
    text: str, name: str, figures: bool = False, execute: Callable[[re.Match[str], int], tuple[str, str]] | None = None
) -> tuple[str, list[tuple[int, str]]]:
    """Run the code of a page.

    Parameters
    ----------
    text : str
        The page.
    name : str
        What tracebacks call it.
    figures : bool
        Whether its figures are put into it, as raw HTML.
    execute : callable, optional
        Runs a block of Python, given with its line: what it prints, and the HTML of its figure. By default the blocks
        run here, in one namespace.

    Returns
    -------
    text : str
        The page with what its code prints now.
    problems : list of (int, str)
        Line and description of each block that failed, printed something else than the page holds, or is an output of
        nothing.
    """
    space: dict[str, Any] = {"__name__": "__main__"}
    problems: list[tuple[int, str]] = []
    execute = execute or (lambda block, line: done(block, name, line, space))

    def renewed(block: re.Match[str]) -> str:
        line = text.count("\n", 0, block.start()) + 1
        shown = block["session"] or block["shown"]
        try:
            printed, drawn = (session(shown), "") if block["session"] else execute(block, line)
        except Exception:
            problems.append((line, traceback.format_exc()))
            return block.group()
        if shown is not None and not same(printed, shown):
            problems.append((line, f"the page must show what its code prints, which now is\n{printed}"))
        if block["session"]:
            return fenced("console", printed)
        picture = "\n\n" + fenced("{raw} html", f"{drawn}\n") if figures and drawn else ""
        output = "" if shown is None else block["words"] + fenced("text", printed)
        return fenced(f"python{block['needs'] or ''}", block["code"]) + picture + output

    if text.count("\n```text\n") != sum(block["shown"] is not None for block in BLOCKS.finditer(text)):
        problems.append((1, "every block of text must follow the code that prints it"))
    return BLOCKS.sub(renewed, text), problems


def done(block: re.Match[str], name: str, line: int, space: dict[str, Any]) -> tuple[str, str]:
    """Run a block of Python: what it prints, and the HTML of its figure, if it has one."""
    if block["needs"] and find_spec(block["needs"].partition("=")[2]) is None:
        return "", ""
    tree = ast.parse(block["code"], name)
    ast.increment_lineno(tree, line)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name, "exec"), space)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), space)
    drawn = getattr(value, "_repr_html_", str)()
    return trimmed(printed.getvalue()), drawn


def session(shown: str) -> str:
    """Run the commands of a session: each with what it prints."""
    return "".join(f"$ {found['command']}\n{output(found['command'])}" for found in COMMANDS.finditer(shown))


def output(command: str) -> str:
    """Run a command: what it prints."""
    program, *words = shlex.split(command)
    done = subprocess.run([*PROGRAMS[program], *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"$ {command} ended with {done.returncode}:\n{done.stderr}")
    return trimmed(done.stdout)


def trimmed(printed: str) -> str:
    """What was printed, with no spaces at the ends of lines, which editors take away."""
    return "".join(f"{line.rstrip()}\n" for line in printed.splitlines())


def same(printed: str, shown: str) -> bool:
    """Whether two outputs are the same word for word, and number for number but for rounding."""
    ours, theirs = printed.split(), shown.split()
    return len(ours) == len(theirs) and all(map(alike, ours, theirs))


def alike(got: str, wanted: str) -> bool:
    try:
        return got == wanted or math.isclose(number(got), number(wanted), rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    except ValueError:
        return False


def number(word: str) -> float:
    return float(word.strip("±%,"))


def fenced(kind: str, content: str) -> str:
    """A block whose fence is longer than any in its content, which can therefore not end it."""
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall("`{3,}", content))])
    return f"{fence}{kind}\n{content}{fence}"


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """A folder with a copy of the examples to run in, warnings of riskkit as errors, and pandas left as it was."""
    import pandas as pd

    import riskkit as rk

    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error", rk.RiskkitWarning)
        with pd.option_context("display.width", pd.get_option("display.width")):
            shutil.copytree(ROOT / "examples", Path(folder) / "examples", ignore=shutil.ignore_patterns("__pycache__"))
            os.chdir(folder)
            try:
                yield
            finally:
                os.chdir(here)


def renew(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put fresh outputs into a page before it is read."""
    path = app.env.doc2path(docname)
    if path.suffix == ".md" and docname not in TUTORIALS:
        with apart():
            source[0], problems = fresh(source[0], str(path), figures=True)
        report(docname, problems)


def report(docname: str, problems: list[tuple[int, str]]) -> None:
    """Each problem of a page is a warning, and with that ends a build in which warnings are errors."""
    from sphinx.util.logging import getLogger

    for line, problem in problems:
        getLogger(__name__).warning("%s", problem, location=(docname, line))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", renew)
    return {"parallel_read_safe": False}


if __name__ == "__main__":
    for page in [Path(name).resolve() for name in sys.argv[1:]]:
        with apart():
            page.write_text(fresh(page.read_text(encoding="utf-8"), str(page))[0], encoding="utf-8")
