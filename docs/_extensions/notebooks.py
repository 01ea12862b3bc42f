"""Notebooks of the tutorials: each is made from its page, executed while the site is built, and linked from there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from executed import BLOCKS, apart, fenced

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from sphinx.application import Sphinx

#: Pages that are read from start to end.
TUTORIALS = ("tutorial", "first_steps", "founder_case", "sell_down")

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
    """Execute a notebook in a folder with a copy of the examples, and leave out what only reports progress.

    An error of a cell is raised.
    """
    from nbclient import NotebookClient
    from traitlets.config import Config

    private = Config(KernelManager={"transport": "ipc"})  # by files that no other user of the machine can read
    with apart():
        folder = {"metadata": {"path": str(Path.cwd())}}
        NotebookClient(made, timeout=LONGEST, resources=folder, config=private).execute()
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not passing(output)]
    made.metadata.pop("widgets", None)


def passing(output: NotebookNode) -> bool:
    """Whether an output only reports progress: a bar, or a line on the error stream."""
    return output.get("name") == "stderr" or "application/vnd.jupyter.widget-view+json" in output.get("data", {})


def write(app: Sphinx, problem: Exception | None) -> None:
    """Write the executed notebooks; a failure is a warning, and with that ends a build in which warnings are errors."""
    import nbformat
    from nbclient.exceptions import CellExecutionError
    from sphinx.util.logging import getLogger

    if problem is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "notebooks"
    folder.mkdir(exist_ok=True)
    for name in TUTORIALS:
        made = notebook((Path(app.srcdir) / f"{name}.md").read_text(encoding="utf-8"))
        try:
            run(made)
        except CellExecutionError as error:
            getLogger(__name__).warning("its notebook does not run: %s", error, location=name)
        nbformat.write(made, folder / f"{name}.ipynb")


def link(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put a link to its notebook under the title of a tutorial."""
    if docname in TUTORIALS:
        title, _, words = source[0].partition("\n")
        address = f'<p><a href="notebooks/{docname}.ipynb" download>Download this page as a notebook</a></p>'
        source[0] = f"{title}\n\n{fenced('{raw} html', address + chr(10))}\n{words}"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", link, priority=900)  # after the page's code has run, whose problems give its lines
    app.connect("build-finished", write, priority=400)  # before the links are checked
    return {"parallel_read_safe": True, "parallel_write_safe": True}
