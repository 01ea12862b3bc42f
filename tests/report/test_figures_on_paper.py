"""Figures on the caller's Axes or new ones, in pages and notebooks, with matplotlib's settings restored."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from figure_cases import FIGURES
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import riskkit as rk
from riskkit.report import figures
from riskkit.report.figures._themes import THEMES

every_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)


# ---------------------------------------------------------------------------------------------------------------------
# Paper
# ---------------------------------------------------------------------------------------------------------------------


@every_figure
def test_callers_axes_are_drawn_on_and_returned(draw: Callable[..., Axes]):
    mine = Figure().add_subplot()
    assert draw(ax=mine) is mine
    assert mine.has_data()


@every_figure
def test_settings_of_matplotlib_stay_as_they_were(draw: Callable[..., Axes]):
    before = dict(matplotlib.rcParams)
    draw()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.slow
@every_figure
def test_figures_can_be_kept(draw: Callable[..., Axes]):
    """A pickled one is drawn alike."""
    ax = draw()
    [again, *_] = pickle.loads(pickle.dumps(ax.figure)).axes
    assert figures.svg(again) == figures.svg(ax)


def run_python(code: str, **variables: str) -> str:
    """What a fresh interpreter prints on stderr; its code must succeed."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env={**os.environ, **variables}
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


ONE_FIGURE = """
import sys, riskkit as rk
from riskkit.report import figures
assert "matplotlib" not in sys.modules
figures.concentration_bars(rk.scenarios.baron().portfolio).figure.savefig("/dev/null", format="png")
assert "matplotlib.pyplot" not in sys.modules
"""

EVERY_FIGURE = f"""
import io, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from figure_cases import FIGURES
for draw in FIGURES.values():
    draw().figure.savefig(io.BytesIO(), format="png")
assert "matplotlib.pyplot" not in sys.modules
"""


@pytest.mark.parametrize("code", [ONE_FIGURE, pytest.param(EVERY_FIGURE, marks=pytest.mark.slow)], ids=["one", "all"])
def test_no_figure_needs_a_display_or_imports_pyplot(code: str):
    run_python(code, MPLBACKEND="")


@pytest.mark.skipif(os.name != "posix", reason="needs a file that is no folder at a known place")
def test_a_home_that_cannot_be_written_costs_a_warning():
    """Below a file no folder can be made, not even by a user who may write everywhere."""
    nowhere = dict.fromkeys(("HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), "/dev/null/nowhere")
    assert "temporary cache directory" in run_python(ONE_FIGURE, **nowhere)


def test_dark_paper_is_dark_and_a_page_has_none():
    faces = {theme: FIGURES["waterfall"](theme=theme).figure.get_facecolor() for theme in THEMES}
    assert sum(faces["light"][:3]) == 3.0
    assert sum(faces["dark"][:3]) < 0.5
    assert faces["page"][3] == 0.0


def test_other_axes_and_themes_are_refused():
    with pytest.raises(rk.InvalidInput, match="ax must be a matplotlib Axes or None, got 'axes'"):
        FIGURES["waterfall"](ax="axes")
    with pytest.raises(rk.InvalidInput, match="theme must be one of 'light', 'dark', 'page', got 'black'"):
        FIGURES["waterfall"](theme="black")
    with pytest.raises(rk.InvalidInput, match="ax must be a matplotlib Axes, got None"):
        figures.svg(None)


# ---------------------------------------------------------------------------------------------------------------------
# Pages
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@every_figure
def test_svg_can_stand_in_a_page(draw: Callable[..., Axes]):
    """It loads nothing, styles nothing but itself, names itself, and its ink is that of the page."""
    drawn = figures.svg(draw(theme="page"), label='what "it" shows')
    root = ElementTree.fromstring(drawn)
    assert drawn.startswith("<svg ")
    assert (root.get("role"), root.get("aria-label"), root.get("width")) == ("img", 'what "it" shows', "600")
    assert not [each for each in root.iter() if each.tag.endswith(("style", "script", "metadata"))]
    links = [each.get("href") for each in root.iter() if each.get("href")]
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert drawn.count("http") == 1  # the name of the language itself
    assert "currentColor" in drawn
    assert THEMES["page"].ink not in drawn
    assert len(drawn) < 100_000


def test_svg_of_the_same_figure_is_the_same_text():
    assert figures.svg(FIGURES["frontier"](theme="page")) == figures.svg(FIGURES["frontier"](theme="page"))


def test_svg_is_labelled_by_its_axes_by_default():
    assert 'aria-label="median of final wealth (times the start) over mean' in figures.svg(FIGURES["frontier"]())
    assert 'aria-label="share of gross assets (%)"' in figures.svg(FIGURES["concentration_bars"]())


def test_notebooks_display_the_axes_and_the_figure():
    ax = FIGURES["waterfall"]()
    for displayed in (ax, ax.figure):
        assert displayed._repr_html_().startswith("<svg ")


def test_ipython_displays_the_axes_and_the_figure():
    """Its formatters, on which notebooks build, without pyplot's or ``%matplotlib inline``."""
    formatters = pytest.importorskip("IPython.core.formatters", reason="needs pip install ipython")
    ax = FIGURES["waterfall"]()
    for displayed in (ax, ax.figure):
        data, _ = formatters.DisplayFormatter().format(displayed)
        assert data["text/html"].startswith("<svg ")
