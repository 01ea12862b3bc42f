"""Colours and marks: one palette that colour-blind readers can tell apart, on white, on black and on any page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from riskkit.scenario._scenario import Scenario

__all__ = ["MARKERS", "PAGE_INK", "PALETTE", "THEMES", "Look", "Theme", "rule_looks"]

#: Okabe & Ito, "Color Universal Design" (2008), without yellow, which is lost on white, and black, which is the ink.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

#: One more than there are colours, so that 42 rules differ in colour or mark.
MARKERS = ("s", "^", "D", "v", "P", "X", "p")

#: The ink that `svg` turns into ``currentColor``; no other theme has it.
PAGE_INK = "#1f2329"


@dataclass(frozen=True)
class Theme:
    """Colour of text and lines, and of what lies behind them; colours of data are the same in all themes."""

    ink: str
    paper: str


THEMES: Mapping[str, Theme] = MappingProxyType(
    {
        "light": Theme("#1f2328", "#ffffff"),
        "dark": Theme("#e6edf3", "#15181c"),
        "page": Theme(PAGE_INK, "none"),
    }
)


@dataclass(frozen=True)
class Look:
    """How a rule is drawn."""

    colour: str
    marker: str


def rule_looks(scenario: Scenario, theme: Theme) -> dict[str, Look]:
    """How each rule of a scenario is drawn, in every figure alike: the baseline in ink, the others by their place.

    Examples
    --------
    >>> from riskkit.scenario.scenarios import baron
    >>> rule_looks(baron(), THEMES["light"])["diversify now"]
    Look(colour='#0072B2', marker='s')
    """
    others = [name for name in scenario.names if name != scenario.baseline_name]
    found = {
        name: Look(PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)]) for place, name in enumerate(others)
    }
    return {scenario.baseline_name: Look(theme.ink, "o"), **found}
