"""Colours and markers: one palette that colour-blind readers can tell apart, on white, on black and on any page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from riskkit.scenario._scenario import Scenario

__all__ = ["MARKERS", "PAGE_INK", "PALETTE", "THEMES", "RuleStyle", "Theme", "rule_styles"]

#: Okabe & Ito, "Color Universal Design" (2008), without yellow, which is lost on white, and black, which is the ink.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

#: One more than there are colours, so 42 rules differ in colour or marker.
MARKERS = ("s", "^", "D", "v", "P", "X", "p")

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
class RuleStyle:
    """Colour and marker of a rule."""

    colour: str
    marker: str


def rule_styles(scenario: Scenario, theme: Theme) -> dict[str, RuleStyle]:
    """Style of each rule of a scenario, the same in every figure: the baseline in ink, the others by position.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> rule_styles(baron(), THEMES["light"])["diversify now"]
    RuleStyle(colour='#0072B2', marker='s')
    """
    others = [name for name in scenario.names if name != scenario.baseline_name]
    found = {
        name: RuleStyle(PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)])
        for place, name in enumerate(others)
    }
    return {scenario.baseline_name: RuleStyle(theme.ink, "o"), **found}
