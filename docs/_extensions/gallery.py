"""The gallery of examples: the order of the scripts, their arguments, figures and thumbnails, and links to them."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

#: Scripts write their figures here; the gallery moves them to its pages. Gone when the build ends.
FOLDER = tempfile.TemporaryDirectory(prefix="riskkit-figures-")
FIGURES = Path(FOLDER.name)

#: Arguments of the scripts that can draw.
ARGUMENTS = {
    "fitted_prices.py": ["--figure", str(FIGURES / "fitted_prices.png")],
    "low_correlation.py": ["--figure", str(FIGURES / "low_correlation.png")],
}

#: What a script printed, on its page.
PRINTED = re.compile(r"^ \.\. code-block:: none\n\n(?P<text>(?:    .*\n|\s*\n)+)", re.MULTILINE)

#: The lines and columns of it that a thumbnail shows.
LINES, COLUMNS = 16, 60


class Order:
    """The order of the index of the examples; scripts that it does not list come last."""

    def __init__(self, folder: str) -> None:
        index = (EXAMPLES / "README.md").read_text(encoding="utf-8")
        self.listed: list[str] = re.findall(r"\((\w+\.py)\)", index)

    def __call__(self, script: str) -> int:
        return [*self.listed, script].index(script)


def arguments(settings: Mapping[str, Any], script: Mapping[str, Any]) -> list[str]:
    """Arguments of a script, which is told where it is, as Python does; one that can draw is asked to."""
    script["example_globals"]["__file__"] = script["src_file"]
    return ARGUMENTS.get(Path(script["src_file"]).name, [])


def figures(block: object, places: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Put the figures that a script has written, as its argument says or beside itself, on its page."""
    from sphinx_gallery.scrapers import figure_rst

    written = [*FIGURES.iterdir(), *Path(places["src_file"]).parent.glob("*.png")]
    return figure_rst(list(moved(written, places["image_path_iterator"])), settings["src_dir"])


def moved(written: list[Path], places: Iterator[str]) -> Iterator[str]:
    for figure in sorted(written):
        yield shutil.move(figure, next(places))


def draw_outputs(app: Sphinx) -> None:
    """Give a script that draws nothing a thumbnail of what it prints, in place of the gallery's empty one."""
    for page in sorted((Path(app.srcdir) / "examples").glob("*.rst")):
        images = page.parent / "images"
        printed = PRINTED.search(page.read_text(encoding="utf-8"))
        if printed and not list(images.glob(f"sphx_glr_{page.stem}_001.*")):
            text_thumbnail(dedent(printed["text"]), images / "thumb" / f"sphx_glr_{page.stem}_thumb.png")


def text_thumbnail(text: str, file: Path) -> None:
    """Draw the first lines of a text, as a terminal has them."""
    from matplotlib.figure import Figure

    lines = [line[:COLUMNS] for line in text.strip().splitlines() if line.strip()][:LINES]
    figure = Figure(figsize=(4, 2.8), dpi=200, facecolor="#15181c")
    figure.text(0.03, 0.96, "\n".join(lines), family="monospace", size=7.5, color="#e6e6e6", va="top", parse_math=False)
    figure.savefig(file)


def link(app: Sphinx, docname: str, source: list[str]) -> None:
    """Let links to scripts, which lead to the files on a code host, lead to their pages."""
    source[0] = re.sub(r"\]\(\.\./examples/(\w+)\.py\)", r"](examples/\1.rst)", source[0])
    source[0] = source[0].replace("](../examples/README.md)", "](examples/index.rst)")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", link)
    app.connect("builder-inited", draw_outputs, priority=900)  # after the scripts have run
    return {"parallel_read_safe": True, "parallel_write_safe": True}
