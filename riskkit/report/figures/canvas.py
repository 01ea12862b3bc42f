"""The paper that figures are drawn on: a figure of its own or the caller's Axes, its style, its notes, and SVG."""

from __future__ import annotations

import html
import io
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from riskkit.checks import one_of
from riskkit.errors import InvalidInput, MissingExtra
from riskkit.report.figures.themes import PAGE_INK, THEMES, Theme
from riskkit.report.figures.wording import assumed, shortened, told, wrapped

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["NOTE", "Sheet", "rows_height", "sheet", "svg"]

#: Width and height of a figure of its own, in inches of 100 pixels.
WIDTH, HEIGHT = 6.0, 4.0

#: Points of text: labels, ticks and legends, notes.
LABEL, TICK, NOTE = 10.0, 9.0, 8.0

#: Pixels that a sign of a legend takes, and what stands before it.
SIGN, HANDLE = 6.2, 48.0


def rows_height(rows: int) -> float:
    """Height of a figure with a row for each of so many things, in inches."""
    return max(HEIGHT, 1.6 + 0.36 * rows)


@dataclass(frozen=True, eq=False)
class Sheet:
    """What a figure is drawn on.

    Attributes
    ----------
    ax : Axes
    theme : Theme
    own : bool
        Whether the figure was made for it, and has no other Axes.
    """

    ax: Axes
    theme: Theme
    own: bool

    def label(self, x: str, y: str, x_unit: str = "", y_unit: str = "") -> None:
        """Name the axes, and show their ticks in the unit; shares are drawn as fractions and shown in percent."""
        self.ax.set_xlabel(textwrap.fill(x, 80))
        self.ax.set_ylabel(textwrap.fill(y, 46))
        for axis, unit in ((self.ax.xaxis, x_unit), (self.ax.yaxis, y_unit)):
            if unit:
                in_unit(axis, unit)

    def logarithmic(self, low: float, high: float) -> None:
        """Make the y axis logarithmic, from below `low` to above `high`, with enough ticks to read it by."""
        from matplotlib.ticker import LogLocator

        self.ax.set_yscale("log", nonpositive="clip")
        self.ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 300.0 * low else (1.0,)))
        self.ax.set_ylim(low / 1.1, high * 1.1)

    def rows(self, names: Iterable[str]) -> None:
        """Make the y axis a list of names, from the top."""
        labels = [wrapped(name) for name in names]
        self.ax.set_yticks(range(len(labels)), labels)
        self.ax.set_ylim(len(labels) - 0.4, -0.6)
        self.ax.tick_params(axis="y", length=0)
        self.ax.grid(visible=False, axis="y")

    def legend(self, handles: Sequence[Artist | tuple[Artist, ...]], names: Iterable[str]) -> None:
        """Explain the marks, above the picture."""
        texts = [shortened(name) for name in names]
        room = self.ax.bbox.width / (HANDLE + SIGN * max(map(len, texts)))
        legend = self.ax.legend(
            handles, ["" for _ in texts], loc="lower left", bbox_to_anchor=(0.0, 1.01), ncols=max(1, int(room)),
            borderaxespad=0.0, columnspacing=1.2, handlelength=1.6,
        )  # fmt: skip
        # Set afterwards: a label that begins with an underscore would be left out.
        for place, text in zip(legend.get_texts(), texts, strict=True):
            place.set_text(text)

    def note(self, parts: Iterable[str]) -> None:
        """Say below the picture what it assumes."""
        width = self.ax.figure.bbox.width - 60.0 if self.own else self.ax.bbox.width
        text = assumed(parts, max(int(width / 5.6), 30))
        if text:
            below = -46.0 if "\n" in self.ax.get_xlabel() else -34.0
            self.ax.annotate(
                text, (1.0, 0.0), (0.0, below), "axes fraction", "offset points",
                ha="right", va="top", multialignment="left", fontsize=NOTE, annotation_clip=False,
            )  # fmt: skip


def in_unit(axis: Axis, unit: str) -> None:
    """Show an axis' numbers in a unit; none stand at minor ticks."""
    axis.set_major_formatter(lambda value, place: told(value, unit))
    axis.set_minor_formatter(lambda value, place: "")


@contextmanager
def sheet(ax: Axes | None, theme: str, height: float = HEIGHT) -> Iterator[Sheet]:
    """Give a sheet to draw on, in the style of a theme, without a trace in matplotlib's settings.

    Parameters
    ----------
    ax : Axes or None
        The caller's, or None for one in a figure of its own.
    theme : {"light", "dark", "page"}
    height : float
        Of a figure of its own, in inches.

    Raises
    ------
    InvalidInput
        If `ax` is no Axes or there is no such theme.
    MissingExtra
        If matplotlib is not installed.
    """
    colours = THEMES[one_of("theme", theme, THEMES)]
    try:
        import matplotlib
        from matplotlib.axes import Axes
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("figures need matplotlib: pip install 'riskkit[plot]'") from None
    if not isinstance(ax, Axes | None):
        raise InvalidInput(f"ax must be a matplotlib Axes or None, got {ax!r}")
    with matplotlib.rc_context(_style(colours)):
        own = ax is None
        if ax is None:
            ax = Figure(figsize=(WIDTH, height), dpi=100, layout="constrained").add_subplot()
            # Notebooks ask for this; without it they would show the name of the class.
            setattr(ax, "_repr_html_", partial(svg, ax))  # noqa: B010
        _dress(ax, colours)
        yield Sheet(ax, colours, own)
        for text in (ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()):
            text.set_parse_math(False)


def _style(theme: Theme) -> dict[Any, Any]:
    return {
        "font.family": "sans-serif",
        "font.size": TICK,
        "axes.labelsize": LABEL,
        "legend.fontsize": TICK,
        "legend.frameon": False,
        "legend.labelcolor": theme.ink,
        "text.color": theme.ink,
        "axes.labelcolor": theme.ink,
        "figure.facecolor": theme.paper,
        "axes.facecolor": "none",
        # Names are shown as they are: a dollar or an underscore in one is no mathematics.
        "text.parse_math": False,
        "text.usetex": False,
    }


def _dress(ax: Axes, theme: Theme) -> None:
    ax.tick_params(labelsize=TICK, colors=theme.ink)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.ink)
    ax.set_axisbelow(True)
    ax.grid(visible=True, color=theme.ink, alpha=0.15, linewidth=0.6)


def svg(ax: Axes, label: str | None = None) -> str:
    """The figure of an Axes as SVG that can stand inside an HTML page.

    Parameters
    ----------
    ax : Axes
        Made by any of the figures.
    label : str, optional
        What a screen reader says of it; by default the names of its axes.

    Returns
    -------
    str
        An ``<svg>`` element that loads nothing. Texts stay texts. What was drawn with ``theme="page"`` has no
        background, and its ink is the colour of the text around it, so that it suits light and dark pages and print.

    Raises
    ------
    InvalidInput
        If `ax` is no Axes.

    Examples
    --------
    >>> import riskkit as rk
    >>> svg(concentration_bars(rk.scenarios.baron().portfolio, theme="page"))[:5]
    '<svg '
    """
    import matplotlib
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise InvalidInput(f"ax must be a matplotlib Axes, got {ax!r}")
    said = label or f"{ax.get_ylabel()} over {ax.get_xlabel()}"
    page = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    # The salt keeps the marks of several figures on one page apart, and the same figure the same.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": said}):
        ax.figure.savefig(page, format="svg", metadata=nothing)
    drawn = page.getvalue()
    drawn = drawn[drawn.index("<svg") :].replace(PAGE_INK, "currentColor")
    drawn = re.sub(r'<g id="[^"]*"', "<g", drawn)
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{html.escape(said)}" ', 1)
