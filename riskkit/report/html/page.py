"""Write the report as one self-contained HTML file, atomically."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from riskkit._core.atomic_write import write_atomically
from riskkit._core.errors import InvalidInput
from riskkit._core.terminal_text import printable
from riskkit._core.validation import boolean, file_path, integer
from riskkit._version import __version__
from riskkit.comparison._comparison import Comparison
from riskkit.report.figures._labels import one_line

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_report"]


# White space that a page may contain.
_SPACES = "\n\t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"


def write_report(
    result: Comparison,
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    paths: int | None = None,
    prices: pd.DataFrame | None = None,
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
        Of each extra run.
    prices : DataFrame, optional
        Past prices for the section on history.

    Raises
    ------
    InvalidInput
        If the file exists and `force` is false, it cannot be written, or a number is out of its bounds.
    """
    boolean("force", force)
    if paths is not None:
        integer("paths", paths, at_least=100)
    target, begun = file_path("path", path), False
    _refuse_taken(target, force)

    def write(file: IO[bytes]) -> None:
        """The runs start when the file is open, so a path that cannot be written is refused at once."""
        nonlocal begun
        begun = True
        file.write(page(result, paths, prices).encode(errors="replace"))

    try:
        write_atomically(target, write)
    except OSError as error:
        if begun:
            raise
        raise InvalidInput(f"path must be a file that can be written, got {str(path)!r}: {error.strerror}") from None


def page(result: Comparison, paths: int | None = None, prices: pd.DataFrame | None = None) -> str:
    """The whole report as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from riskkit.report.html import last_sections, sections
    from riskkit.report.html.extra_runs import attribution_run, breakeven_run, evidence_sentences
    from riskkit.report.html.gap_section import gap_sections
    from riskkit.report.html.hedges_section import hedges_sections
    from riskkit.report.html.history_section import history_sections
    from riskkit.report.html.node_data import node_data
    from riskkit.report.html.what_if import Grid, grid
    from riskkit.report.text.question import headline

    # First, because prices that are not valid are refused before the runs.
    history = history_sections(result, prices)
    attribution, break_even = attribution_run(result, paths), breakeven_run(result, paths)
    varied = grid(result, paths)
    content = (
        last_sections.summary_section(result, attribution, break_even),
        sections.question_section(result),
        sections.assumptions_section(result, evidence_sentences(result, paths)),
        sections.concentration_section(result),
        *history,
        sections.outcomes_section(result),
        sections.drawdown_section(result),
        sections.rules_section(result, varied),
        *hedges_sections(result, sections.replay_obstacle(result)),
        last_sections.attribution_section(result, attribution),
        last_sections.breakeven_section(result, break_even),
        *gap_sections(result, paths),
        last_sections.method_section(result),
        last_sections.reproduction_section(result),
    )
    environment = Environment(
        loader=PackageLoader("riskkit.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = page_text
    environment.globals["counter"] = count().__next__
    data = with_page_text(node_data(varied)) if isinstance(varied, Grid) else None
    template = environment.get_template("report.html.j2")
    html = template.render(title=headline(result.scenario), sections=content, data=data, version=__version__)
    return printable(html, keep=_SPACES, mark="�")


def page_text(text: str) -> str:
    """Text for the page: true minus signs, no line break before a percent sign, no unprintable characters.

    Examples
    --------
    >>> page_text("-50 % \\x00")
    '−50\\xa0% �'
    """
    text = re.sub(r"(?<!\w)-(?=\d)", "−", one_line(text))
    return re.sub(r"(?<=\d) %", "\xa0%", text)


def with_page_text(data: Any) -> Any:
    """Data with `page_text` applied to all texts."""
    if isinstance(data, str):
        return page_text(data)
    if isinstance(data, dict):
        return {name: with_page_text(value) for name, value in data.items()}
    return [with_page_text(value) for value in data] if isinstance(data, list) else data


def _refuse_taken(path: Path, force: bool) -> None:
    if path.is_dir():
        raise InvalidInput(f"path must be a file, got the folder {str(path)!r}")
    if os.path.lexists(path) and not force:
        raise InvalidInput(
            f"path must not exist yet, got {str(path)!r}; say force=True (--force on the command line) to replace it"
        )
