"""The paper that figures are drawn on: a figure of its own or the caller's Axes, its style, and its notes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from riskkit._core.errors import InvalidInput, MissingExtra
from riskkit._core.terminal_text import printable
from riskkit._core.validation import one_of
from riskkit.report.figures._labels import assumed, shortened, told, wrapped
from riskkit.report.figures._svg import svg
from riskkit.report.figures._themes import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = ["HEIGHT", "LINE_SIGNS", "NOTE", "Sheet", "in_unit", "rows_height", "sheet"]

#: Width and height of a figure of its own, in inches of 100 pixels.
WIDTH, HEIGHT = 6.0, 4.0

#: Points of text: labels, ticks and legends, notes.
LABEL, TICK, NOTE = 10.0, 9.0, 8.0

#: Signs that a label has room for across a figure, and beside a list of names.
LINE_SIGNS, ROW_LINE_SIGNS = 74, 52

#: Pixels that a sign of a legend takes, and what stands before it.
SIGN, HANDLE = 7.0, 46.0


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

    @property
    def figure(self) -> Figure:
        """The whole figure."""
        figure = self.ax.get_figure(root=True)
        assert figure is not None
        return figure

    def label(self, x: str, y: str = "", x_unit: str = "", y_unit: str = "") -> None:
        """Name the axes, and show their ticks in the unit; shares are drawn as fractions and shown in percent.

        The name of the y axis lies flat above it, where a long one can be read; without one there is a list of rows.
        """
        self.ax.set_xlabel(textwrap.fill(printable(x), LINE_SIGNS if y else ROW_LINE_SIGNS))
        self.ax.set_ylabel(textwrap.fill(printable(y), LINE_SIGNS), rotation=0, ha="left", va="bottom")
        self.ax.yaxis.set_label_coords(0.0, 1.02)
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

    def legend(self, handles: Sequence[Artist], names: Iterable[str]) -> None:
        """Explain the marks, above the picture and the name of its y axis."""
        from matplotlib.transforms import ScaledTranslation

        texts = [shortened(name, 40) for name in names]
        # Beside a list of names there is less room than the layout, which comes later, now says.
        columns = _columns(texts, self.ax.bbox.width * (1.0 if self.ax.get_ylabel() else 0.75))
        if self.own:
            self.figure.set_figheight(self.figure.get_figheight() + 0.18 * (len(texts) - 1) / columns)
        named = self.ax.get_ylabel().count("\n") + 1 if self.ax.get_ylabel() else 0
        above = ScaledTranslation(0.0, (4.0 + 14.0 * named) / 72.0, self.figure.dpi_scale_trans)
        legend = self.ax.legend(
            handles, ["" for _ in texts], loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.0,
            bbox_transform=self.ax.transAxes + above, ncols=columns, columnspacing=1.2, handlelength=1.6,
            borderpad=0.1,
        )  # fmt: skip
        # Set afterwards: a label that begins with an underscore would be left out.
        for place, text in zip(legend.get_texts(), texts, strict=True):
            place.set_text(text)

    def note(self, parts: Iterable[str]) -> None:
        """Say below the picture what it assumes."""
        width = self.figure.bbox.width - 60.0 if self.own else self.ax.bbox.width
        text = assumed(parts, max(int(width / 6.0), 30))
        if text:
            below = -36.0 - 12.0 * self.ax.get_xlabel().count("\n")
            self.ax.annotate(
                text, (1.0, 0.0), (0.0, below), "axes fraction", "offset points",
                ha="right", va="top", multialignment="left", fontsize=NOTE, annotation_clip=False,
            )  # fmt: skip


def _columns(texts: list[str], width: float) -> int:
    """How many columns of a legend, which matplotlib fills one by one, fit into so many pixels."""
    for columns in range(len(texts), 1, -1):
        longest = [max(map(len, part)) for part in np.array_split(texts, columns)]
        if sum(HANDLE + SIGN * signs for signs in longest) <= width:
            return columns
    return 1


def in_unit(axis: Axis, unit: str) -> None:
    """Show an axis' numbers in a unit; none stand at minor ticks."""
    from matplotlib.ticker import NullFormatter

    axis.set_major_formatter(partial(_at_tick, unit))
    axis.set_minor_formatter(NullFormatter())


def _at_tick(unit: str, value: float, place: int | None) -> str:
    return told(value, unit)


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
        # Comes with matplotlib, so that labels take the same room on every machine.
        "font.sans-serif": ["DejaVu Sans"],
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
