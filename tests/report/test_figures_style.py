"""Legibility of every figure: distinct colours, no overlapping texts, and literal names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from figure_cases import FIGURES, SWEEP, gaps_of, plan, prices, result, rows
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

import riskkit as rk
from riskkit.report import figures
from riskkit.report.figures._themes import LINES, MARKERS, THEMES, LineStyle, rule_styles

every_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)


def test_every_function_is_tried_here():
    assert {name.split()[0] for name in FIGURES} == set(figures.__all__) - {"svg"}


# ---------------------------------------------------------------------------------------------------------------------
# Colours
# ---------------------------------------------------------------------------------------------------------------------

#: Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision deficiency", IEEE TVCG
#: 15 (2009), table 1, severity 1: on linear RGB.
SEEN_BY = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}

#: Linear sRGB to XYZ over the white of D65 (IEC 61966-2-1).
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    share = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB 1976."""
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_colours_are_distinct_for_colour_blind_readers(eyes: str):
    """A distance of 2.3 in CIELAB is just noticed (Mahy et al. 1994); six times that is seen at a glance."""
    for one, other in itertools.combinations(LINES, 2):
        gap = lab(SEEN_BY[eyes] @ linear(one)) - lab(SEEN_BY[eyes] @ linear(other))
        assert np.linalg.norm(gap) > 14


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.2."""
    dark, bright = sorted(0.05 + float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return bright / dark


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_marks_stand_out_from_the_paper(theme: str):
    """WCAG's 7 for texts; marks, which differ in form too, at least 2."""
    paper = THEMES[theme].background
    assert contrast(THEMES[theme].ink, paper) > 7
    assert min(contrast(colour, paper) for colour in LINES) > 2


def styles_of(count: int) -> list[LineStyle]:
    scenario = result().scenario
    rules = [rk.Trim((number + 1) / 100, years=1, name=f"rule {number}") for number in range(count)]
    return list(rule_styles(replace(scenario, rules=rules, baseline=None), THEMES["light"]).values())


def test_ten_rules_differ_in_colour_and_in_mark():
    """A mark differs in form, so it is told from the others in grey; the last is left over for the eleventh rule."""
    styles = styles_of(10)
    assert len({style.colour for style in styles}) == 10
    assert len({style.marker for style in styles}) == 10


def test_ninety_rules_differ_in_colour_or_mark():
    """The baseline, and 90 others: nine colours and ten markers have no common divisor."""
    assert len(set(styles_of(91))) == 91


def test_the_page_can_draw_every_mark():
    script = Path(rk.__file__).parent / "report" / "html" / "templates" / "what_if.js"
    [drawn] = re.findall(r"const MARKS = \{(.*?)\};", script.read_text(encoding="utf-8"), re.DOTALL)
    assert set(re.findall(r'["\s]([^\s"])"?: "M', drawn)) == {"o", *MARKERS}


# ---------------------------------------------------------------------------------------------------------------------
# Texts
# ---------------------------------------------------------------------------------------------------------------------


def visible_texts(figure: Figure) -> dict[Text, BboxBase]:
    """Every text that is seen, and where it stands."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    # Figures are fitted in two rounds: the room that texts take is known after the first one.
    canvas.draw()
    renderer = canvas.get_renderer()
    found = {each: each.get_window_extent(renderer) for each in figure.findobj(Text) if each.get_text().strip()}
    ticks = {tick for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for tick in out_of_sight(axis)}
    return {text: place for text, place in found.items() if text.get_visible() and text not in ticks}


def out_of_sight(axis: Axis) -> set[Text]:
    """Labels of ticks beyond the ends of an axis."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    outside = [tick for tick in axis.get_major_ticks() if not low - slack <= tick.get_loc() <= high + slack]
    return {label for tick in outside for label in (tick.label1, tick.label2)}


def assert_readable(ax: Axes) -> None:
    """At 600 pixels no text is cut off, none lies on another one, and none is smaller than 8 points."""
    places = visible_texts(ax.figure)
    width, height = ax.figure.bbox.width, ax.figure.bbox.height
    assert width == 600
    for text, place in places.items():
        beyond = max(-place.x0, place.x1 - width, -place.y0, place.y1 - height)
        assert beyond <= 1, text.get_text()
        assert text.get_fontsize() >= 8
    for (one, here), (other, there) in itertools.combinations(places.items(), 2):
        assert not on_one_another(here, there), (one.get_text(), other.get_text())
    for scale in ax.figure.axes[1:]:
        for text in places.keys() & set(ax.findobj(Text)):
            assert not on_one_another(places[text], scale.bbox), text.get_text()


def on_one_another(here: BboxBase, there: BboxBase) -> bool:
    """Whether two boxes share more than half a pixel in both directions."""
    wide = min(here.x1, there.x1) - max(here.x0, there.x0)
    high = min(here.y1, there.y1) - max(here.y0, there.y0)
    return min(wide, high) > 0.5


@pytest.mark.slow
@every_figure
def test_every_figure_is_readable_at_600_pixels(draw: Callable[..., Axes]):
    assert_readable(draw())


@every_figure
def test_every_axis_is_named_with_its_unit_unless_it_is_a_list(draw: Callable[..., Axes]):
    ax = draw()
    units = (
        "years", "%)", "times the start)", "logarithmic scale)", "% a year)", "% of paths)", "% of gross assets)",
        "% below the peak)", "% of the start wealth)", "% of net wealth)", "the opening)", "(−1 to 1)",
    )  # fmt: skip
    assert ax.get_xlabel().endswith((*units, "is better", "date", "years from the start"))
    assert ax.get_ylabel().endswith(units) if ax.get_ylabel() else len(rows(ax)) > 1


HARD_NAMES = [
    "<script>alert(1)</script>",
    "$x^2$ costs $5",
    "_hidden",
    "\\frac{a}{b} & co",
    "ünïcode → ∑",
    "a name that is so long that nobody would ever type it, the first one",
    "two\nlines\x00",
]
SHOWN_NAMES = [
    *HARD_NAMES[:5],
    "a name that is so l…pe it, the first one",
    "two lines",
]


@pytest.fixture(scope="module")
def hard() -> rk.Comparison:
    """Twenty rules, holdings and shocks with names that are not easy to show."""
    holdings = [rk.Holding(name, 1, founder=f"Dr. {name}") for name in HARD_NAMES]
    portfolio = rk.Portfolio([*holdings, rk.Holding("rest", 1)])
    market = rk.Market(
        {name: rk.Asset(0.05, 0.3) for name in portfolio.names},
        shocks=[rk.Shock(name, 0.1, {name: -0.5}) for name in HARD_NAMES],
    )
    names = [*HARD_NAMES, *(f"rule {number}" for number in range(13))]
    rules = [rk.Trim((number + 1) / 21, years=2, name=name) for number, name in enumerate(names)]
    return rk.compare(rk.Scenario(portfolio, market, rules, years=3, steps_per_year=12), paths=400, seed=1)


PAST = ("correlation_matrix", "price_drawdowns", "rolling_volatility", "rolling_correlation", "monthly_returns")


def hard_figures(found: rk.Comparison) -> dict[str, Axes]:
    name = HARD_NAMES[5]
    table = pd.DataFrame(0.5, [*HARD_NAMES, *(f"holding {number}" for number in range(5))], [0, 1])
    named = pd.DataFrame({each: prices()["A"] * (1 + place) for place, each in enumerate(HARD_NAMES[:6])})
    points = SWEEP.rename({"hold": name, "sell": HARD_NAMES[1]}, level="rule")
    return {
        "wealth_fan": figures.wealth_fan(found, name, paths=100),
        "founder_weight_fan": figures.founder_weight_fan(found, founder=f"Dr. {name}", paths=100),
        "under_water": figures.under_water(found, name, paths=6),
        "max_drawdowns": figures.max_drawdowns(found),
        "drawdown_probability": figures.drawdown_probability(found),
        "frontier": figures.frontier(found),
        "paired_differences": figures.paired_differences(found, baseline=name),
        "waterfall": figures.waterfall(pd.Series(dict.fromkeys(HARD_NAMES, 0.1)), name=name),
        "sweep_map": figures.sweep_map(points, name, HARD_NAMES[1]),
        "gap_bars": figures.gap_bars(gaps_of({**dict.fromkeys(HARD_NAMES, (1.2, 0.01, 0.02, 0.06)), "not": "it buys"})),
        "concentration_bars": figures.concentration_bars(found.scenario.portfolio),
        "sales_by_year": figures.sales_by_year(replace(plan(), table=table, weights=pd.Series(0.1, table.index))),
        **{name: getattr(figures, name)(named) for name in PAST},
    }


@pytest.mark.slow
def test_hard_names_leave_every_figure_readable(hard: rk.Comparison):
    for ax in hard_figures(hard).values():
        assert_readable(ax)


@pytest.mark.slow
def test_names_are_shown_as_they_are(hard: rk.Comparison):
    """In lists, legends and SVG; a name too long is cut in its middle, and nothing is taken for mathematics."""
    drawn = hard_figures(hard)
    assert rows(drawn["max_drawdowns"])[:7] == SHOWN_NAMES
    # Rows of a series of the user's own are no names of riskkit's: what cannot be seen is marked there.
    assert rows(drawn["waterfall"])[:7] == [*SHOWN_NAMES[:6], "two lines�"]
    legend = drawn["drawdown_probability"].get_legend().get_texts()
    assert [each.get_text() for each in legend][:7] == SHOWN_NAMES
    for ax in drawn.values():
        page = ElementTree.fromstring(figures.svg(ax))
        assert not [each for each in page.iter() if each.tag.endswith("script")]
        if ax in (drawn["max_drawdowns"], drawn["concentration_bars"]):
            text = " ".join("".join(each.itertext()) for each in page.iter() if each.tag.endswith("text"))
            for name in SHOWN_NAMES[:5]:
                assert name in text
