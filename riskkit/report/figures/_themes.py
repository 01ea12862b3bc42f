"""Colours and markers: one palette that colour-blind readers can tell apart, on white, on black and on any page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from riskkit.scenario._scenario import Scenario

__all__ = ["LINES", "MARKERS", "PAGE_INK", "PALETTE", "THEMES", "LineStyle", "Theme", "line_styles", "rule_styles"]

#: Okabe & Ito, "Color Universal Design" (2008), without yellow, which is lost on white, and black, which is the ink.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

#: Colours of lines: three more, as far from the others and from the ink as colour-blind readers can tell them apart.
LINES = (*PALETTE, "#B030F0", "#984828", "#90C068")

#: Markers differ in form, so they differ in grey too. One more than there are colours of lines, so ten rules differ in
#: both, and 91 in one of them.
MARKERS = ("s", "^", "D", "v", "P", "X", "*", "<", ">", "p")

#: The ink that `svg` turns into ``currentColor``; no other theme has it.
PAGE_INK = "#1f2329"


@dataclass(frozen=True)
class Theme:
    """Colour of text and lines, and of the background; colours of data are the same in all themes."""

    ink: str
    background: str


THEMES: Mapping[str, Theme] = MappingProxyType(
    {
        "light": Theme("#1f2328", "#ffffff"),
        "dark": Theme("#e6edf3", "#15181c"),
        "page": Theme(PAGE_INK, "none"),
    }
)


@dataclass(frozen=True)
class LineStyle:
    """Colour and marker of a rule, or of another line of a figure."""

    colour: str
    marker: str


def line_styles(names: Iterable[str], theme: Theme) -> dict[str, LineStyle]:
    """Style of each line of a figure by its place: the first in ink, the others in colours.

    Examples
    --------
    >>> styles = line_styles(["TSLA", "VTI"], THEMES["light"])
    >>> styles["TSLA"].marker, styles["VTI"].marker
    ('o', 's')
    """
    first, *others = names
    found = {
        name: LineStyle(LINES[place % len(LINES)], MARKERS[place % len(MARKERS)]) for place, name in enumerate(others)
    }
    return {first: LineStyle(theme.ink, "o"), **found}


def rule_styles(scenario: Scenario, theme: Theme) -> dict[str, LineStyle]:
    """Style of each rule of a scenario, the same in every figure: the baseline in ink, the others by position.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> rule_styles(baron(), THEMES["light"])["diversify now"]
    LineStyle(colour='#0072B2', marker='s')
    """
    others = [name for name in scenario.names if name != scenario.baseline_name]
    return line_styles([scenario.baseline_name, *others], theme)
