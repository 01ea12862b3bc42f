"""The report as one HTML file that needs nothing else: written whole or not at all."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path
from typing import IO, Any

from riskkit._core.atomic_write import write_atomically
from riskkit._core.errors import InvalidInput, MissingExtra
from riskkit._core.terminal_text import printable
from riskkit._core.validation import boolean, file_path, integer
from riskkit._version import __version__
from riskkit.comparison._comparison import Comparison
from riskkit.report.figures._labels import plain

__all__ = ["write_report"]


# What sets words apart on a page without being seen.
_SPACES = "\n\t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"


def write_report(
    result: Comparison, path: str | os.PathLike[str], *, force: bool = False, paths: int | None = None
) -> None:
    """Write a result as a report; see `Comparison.report`.

    Parameters
    ----------
    result : Comparison
    path : str or path
        The file.
    force : bool
        Whether a file that exists is replaced.
    paths : int, optional
        Of each further run.

    Raises
    ------
    InvalidInput
        If the file exists and `force` is false, it cannot be written, or a number is out of its bounds.
    MissingExtra
        If matplotlib or Jinja2 is not installed.
    """
    boolean("force", force)
    if paths is not None:
        integer("paths", paths, at_least=100)
    _refuse_missing()
    target, begun = file_path("path", path), False
    _refuse_taken(target, force)

    def write(file: IO[bytes]) -> None:
        """The work begins when the file is open, so that a path that cannot be written is refused at once."""
        nonlocal begun
        begun = True
        file.write(page(result, paths).encode(errors="replace"))

    try:
        write_atomically(target, write)
    except OSError as error:
        if begun:
            raise
        raise InvalidInput(f"path must be a file that can be written, got {str(path)!r}: {error.strerror}") from None


def page(result: Comparison, paths: int | None = None) -> str:
    """The whole report as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from riskkit.report.html import last_sections as closing
    from riskkit.report.html import sections
    from riskkit.report.html.further_runs import causes, tie
    from riskkit.report.html.node_data import leaves
    from riskkit.report.html.what_if import Grid, grid
    from riskkit.report.text.question import headline

    sources, needed, varied = causes(result, paths), tie(result, paths), grid(result, paths)
    parts = (
        closing.summary(result, sources, needed),
        sections.asked(result),
        sections.assumed(result),
        sections.concentration(result),
        sections.outcomes(result),
        sections.falls(result),
        sections.compared(result, varied),
        closing.came_from(result, sources),
        closing.needed(result, needed),
        closing.found_by(result),
        closing.made_again(result),
    )
    environment = Environment(
        loader=PackageLoader("riskkit.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words
    environment.globals["counter"] = count().__next__
    data = in_words(leaves(varied)) if isinstance(varied, Grid) else None
    template = environment.get_template("report.html.j2")
    html = template.render(title=headline(result.scenario), sections=parts, data=data, version=__version__)
    return printable(html, keep=_SPACES, mark="�")


def words(text: str) -> str:
    """Text as a page shows it: true minus signs, percent signs that stay with their number, nothing unprintable.

    Examples
    --------
    >>> words("-50 % \\x00")
    '−50\\xa0% �'
    """
    text = re.sub(r"(?<!\w)-(?=\d)", "−", plain(text))
    return re.sub(r"(?<=\d) %", "\xa0%", text)


def in_words(data: Any) -> Any:
    """Data whose texts are all as `words` has them."""
    if isinstance(data, str):
        return words(data)
    if isinstance(data, dict):
        return {name: in_words(value) for name, value in data.items()}
    return [in_words(value) for value in data] if isinstance(data, list) else data


def _refuse_missing() -> None:
    for name, module in (("matplotlib", "matplotlib"), ("Jinja2", "jinja2")):
        try:
            __import__(module)
        except ImportError:
            raise MissingExtra(f"the report needs {name}: pip install 'riskkit[plot]'") from None


def _refuse_taken(path: Path, force: bool) -> None:
    if path.is_dir():
        raise InvalidInput(f"path must be a file, got the folder {str(path)!r}")
    if os.path.lexists(path) and not force:
        raise InvalidInput(
            f"path must not exist yet, got {str(path)!r}; say force=True (--force on the command line) to replace it"
        )
