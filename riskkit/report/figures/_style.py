"""Styled Axes for figures: a new figure or the caller's Axes, with theme, labels, legend and notes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from riskkit._core.errors import InvalidInput
from riskkit._core.terminal_text import printable
from riskkit._core.validation import one_of
from riskkit.report.figures._labels import assumption_note, formatted, shortened, wrapped
from riskkit.report.figures._svg import svg
from riskkit.report.figures._themes import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

__all__ = [
    "HEIGHT", "LINE_CHARACTERS", "NOTE", "ROW_LINE_CHARACTERS", "StyledAxes", "in_unit", "rows_height", "styled_axes",
]  # fmt: skip

#: Width and height of a new figure, in inches of 100 pixels.
WIDTH, HEIGHT = 6.0, 4.0

#: Font sizes in points: labels, ticks and legends, notes.
LABEL, TICK, NOTE = 10.0, 9.0, 8.0

#: Characters that fit in a line of a label across a figure, and beside a list of names.
LINE_CHARACTERS, ROW_LINE_CHARACTERS = 74, 52

#: Width in pixels of a character of a legend, and of its handle.
CHARACTER, HANDLE = 7.0, 46.0


def rows_height(rows: int) -> float:
    """Height of a figure with this many rows, in inches."""
    return max(HEIGHT, 1.6 + 0.36 * rows)


@dataclass(frozen=True, eq=False)
class StyledAxes:
    """Axes in the style of a theme.

    Attributes
    ----------
    ax : Axes
    theme : Theme
    owns_figure : bool
        Whether the figure was made for these Axes and has no others.
    """

    ax: Axes
    theme: Theme
    owns_figure: bool

    @property
    def figure(self) -> Figure:
        """The whole figure."""
        figure = self.ax.get_figure(root=True)
        assert figure is not None
        return figure

    def label(self, x: str, y: str = "", x_unit: str = "", y_unit: str = "") -> None:
        """Label the axes and their ticks in these units; shares are data in fractions with ticks in percent.

        The label of the y axis is horizontal above it, for legibility; without one the y axis is a list of rows.
        """
        self.ax.set_xlabel(textwrap.fill(printable(x), LINE_CHARACTERS if y else ROW_LINE_CHARACTERS))
        self.ax.set_ylabel(textwrap.fill(printable(y), LINE_CHARACTERS), rotation=0, ha="left", va="bottom")
        self.ax.yaxis.set_label_coords(0.0, 1.02)
        for axis, unit in ((self.ax.xaxis, x_unit), (self.ax.yaxis, y_unit)):
            if unit:
                in_unit(axis, unit)

    def logarithmic(self, low: float, high: float) -> None:
        """Make the y axis logarithmic from `low` to `high`, with enough ticks."""
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
        """Add a legend above the plot and the label of its y axis."""
        from matplotlib.transforms import ScaledTranslation

        texts = [shortened(name, 40) for name in names]
        # Beside a list of names the final layout, computed later, is narrower than the bounding box now.
        columns = _columns(texts, self.ax.bbox.width * (1.0 if self.ax.get_ylabel() else 0.75))
        if self.owns_figure:
            self.figure.set_figheight(self.figure.get_figheight() + 0.18 * (len(texts) - 1) / columns)
        named = self.ax.get_ylabel().count("\n") + 1 if self.ax.get_ylabel() else 0
        above = ScaledTranslation(0.0, (4.0 + 14.0 * named) / 72.0, self.figure.dpi_scale_trans)
        legend = self.ax.legend(
            handles, ["" for _ in texts], loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.0,
            bbox_transform=self.ax.transAxes + above, ncols=columns, columnspacing=1.2, handlelength=1.6,
            borderpad=0.1,
        )  # fmt: skip
        # Set afterwards, because matplotlib omits labels that begin with an underscore.
        for place, text in zip(legend.get_texts(), texts, strict=True):
            place.set_text(text)

    def note(self, notes: Iterable[str]) -> None:
        """Add a note of the assumptions below the plot."""
        width = self.figure.bbox.width - 60.0 if self.owns_figure else self.ax.bbox.width
        text = assumption_note(notes, max(int(width / 6.0), 30))
        if text:
            below = -36.0 - 12.0 * self.ax.get_xlabel().count("\n")
            self.ax.annotate(
                text, (1.0, 0.0), (0.0, below), "axes fraction", "offset points",
                ha="right", va="top", multialignment="left", fontsize=NOTE, annotation_clip=False,
            )  # fmt: skip


def _columns(texts: list[str], width: float) -> int:
    """The most legend columns that fit into this many pixels; matplotlib fills columns one by one."""
    for columns in range(len(texts), 1, -1):
        longest = [max(map(len, column)) for column in np.array_split(texts, columns)]
        if sum(HANDLE + CHARACTER * characters for characters in longest) <= width:
            return columns
    return 1


def in_unit(axis: Axis, unit: str) -> None:
    """Format an axis' major ticks in a unit, without labels at minor ticks."""
    from matplotlib.ticker import NullFormatter

    axis.set_major_formatter(partial(_at_tick, unit))
    axis.set_minor_formatter(NullFormatter())


def _at_tick(unit: str, value: float, place: int | None) -> str:
    return formatted(value, unit)


@contextmanager
def styled_axes(ax: Axes | None, theme: str, height: float = HEIGHT) -> Iterator[StyledAxes]:
    """Axes in the style of a theme; matplotlib's settings are restored afterwards.

    Parameters
    ----------
    ax : Axes or None
        The caller's, or None for Axes in a new figure.
    theme : {"light", "dark", "page"}
    height : float
        Of a new figure, in inches.

    Raises
    ------
    InvalidInput
        If `ax` is not an Axes or there is no such theme.
    """
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    if not isinstance(ax, Axes | None):
        raise InvalidInput(f"ax must be a matplotlib Axes or None, got {ax!r}")
    colours = THEMES[one_of("theme", theme, THEMES)]
    with matplotlib.rc_context(_rc_params(colours)):
        owns_figure = ax is None
        if ax is None:
            ax = Figure(figsize=(WIDTH, height), dpi=100, layout="constrained").add_subplot()
            # Notebooks call this. They know how to show figures of pyplot alone, and would print the name of the class.
            for displayed in (ax, ax.figure):
                setattr(displayed, "_repr_html_", partial(svg, ax))  # noqa: B010
        _style_axes(ax, colours)
        yield StyledAxes(ax, colours, owns_figure)
        for text in (ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()):
            text.set_parse_math(False)


def _rc_params(theme: Theme) -> dict[Any, Any]:
    return {
        "font.family": "sans-serif",
        # It comes with matplotlib, so labels have the same size on every machine.
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": TICK,
        "axes.labelsize": LABEL,
        "legend.fontsize": TICK,
        "legend.frameon": False,
        "legend.labelcolor": theme.ink,
        "text.color": theme.ink,
        "axes.labelcolor": theme.ink,
        "figure.facecolor": theme.background,
        "axes.facecolor": "none",
        # Names are literal: a dollar sign or an underscore does not start mathematics.
        "text.parse_math": False,
        "text.usetex": False,
    }


def _style_axes(ax: Axes, theme: Theme) -> None:
    ax.tick_params(labelsize=TICK, colors=theme.ink)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.ink)
    ax.set_axisbelow(True)
    ax.grid(visible=True, color=theme.ink, alpha=0.15, linewidth=0.6)
