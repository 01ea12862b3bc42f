"""Notebooks of the tutorials: each is made from its page and executed while the site is built.

The page shows what the notebook printed and drew, and links to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from executed import BLOCKS, TUTORIALS, apart, fenced, fresh, report, trimmed

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from sphinx.application import Sphinx

#: The longest that a cell may run, in seconds.
LONGEST = 300

INTRODUCTION = (
    "This notebook runs in a clone of riskkit: `python -m pip install . notebook` there, then `jupyter notebook`."
)


def notebook(text: str) -> NotebookNode:
    """Return the notebook of a page: its words and its code, without the outputs that the page holds.

    Links to other pages become their words, because a notebook does not lie beside the pages.
    """
    import jupytext

    code_only = BLOCKS.sub(
        lambda block: block.group() if block["session"] else fenced("python", block["code"]) + (block["words"] or ""),
        text,
    )
    made = jupytext.reads(code_only, fmt="md")
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]+\)", r"\1", cell.source).strip()
    title, _, words = made.cells[0].source.partition("\n")
    made.cells[0].source = f"{title}\n\n{INTRODUCTION}\n{words}".rstrip()
    made.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return made


def run(made: NotebookNode) -> None:
    """Execute a notebook in a folder with a copy of the examples, and leave out what only reports progress."""
    from nbclient import NotebookClient
    from traitlets.config import Config

    private = Config(KernelManager={"transport": "ipc"})  # by files that no other user of the machine can read
    with apart():
        folder = {"metadata": {"path": str(Path.cwd())}}
        NotebookClient(made, timeout=LONGEST, allow_errors=True, resources=folder, config=private).execute()
    for cell in code_cells(made):
        cell.outputs = [output for output in cell.outputs if not passing(output)]
    made.metadata.pop("widgets", None)


def code_cells(made: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in made.cells if cell.cell_type == "code")


def passing(output: NotebookNode) -> bool:
    """Whether an output only reports progress: a bar, or a line on the error stream that is no warning."""
    if output.get("name") == "stderr":
        return "Warning" not in output["text"]
    return "application/vnd.jupyter.widget-view+json" in output.get("data", {})


def outputs(made: NotebookNode) -> Callable[[re.Match[str], int], tuple[str, str]]:
    """Return what gives the next block of a page its outputs in the executed notebook; see `executed.fresh`."""
    cells = code_cells(made)

    def execute(block: re.Match[str], line: int) -> tuple[str, str]:
        printed, drawn = "", ""
        for output in next(cells).outputs:
            if output.output_type == "error":
                raise RuntimeError("\n".join(output["traceback"]))
            if output.get("name") == "stderr":
                raise RuntimeError(output["text"])
            printed += output.get("text", "")
            drawn = output.get("data", {}).get("text/html", drawn)
        return trimmed(printed), drawn

    return execute


def renew(app: Sphinx, docname: str, source: list[str]) -> None:
    """Run a tutorial as a notebook; put its outputs and a link to the notebook into the page."""
    import nbformat

    if docname not in TUTORIALS:
        return
    made = notebook(source[0])
    run(made)
    text, problems = fresh(source[0], docname, figures=True, execute=outputs(made))
    report(docname, problems)
    folder = Path(app.outdir) / "notebooks"
    folder.mkdir(exist_ok=True)
    nbformat.write(made, folder / f"{docname}.ipynb")
    title, _, words = text.partition("\n")
    address = f'<p><a href="notebooks/{docname}.ipynb" download>Download this page as a notebook</a></p>\n'
    source[0] = f"{title}\n\n{fenced('{raw} html', address)}\n{words}"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", renew)
    return {"parallel_read_safe": False}
