"""A figure as SVG that can stand inside an HTML page, light, dark or printed."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from riskkit._core.errors import InvalidInput
from riskkit.report.figures._labels import plain
from riskkit.report.figures._themes import PAGE_INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["svg"]

SVG = "http://www.w3.org/2000/svg"


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
        An ``<svg>`` element that loads nothing and is as wide as its place allows, at most 600 pixels. Texts stay
        texts. What was drawn with ``theme="page"`` has no background, and its ink is the colour of the text around it,
        so that it suits light and dark pages and print.

    Raises
    ------
    InvalidInput
        If `ax` is no Axes.

    Examples
    --------
    >>> import riskkit as rk
    >>> from riskkit.report.figures import concentration_bars
    >>> svg(concentration_bars(rk.scenarios.baron().portfolio, theme="page"))[:5]
    '<svg '
    """
    import matplotlib
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise InvalidInput(f"ax must be a matplotlib Axes, got {ax!r}")
    said = plain(label or "") or " over ".join(filter(None, map(plain, (ax.get_ylabel(), ax.get_xlabel()))))
    figure = ax.get_figure(root=True)
    assert figure is not None
    file = io.StringIO()
    # Ids come from the salt: figures on one page are kept apart, and the same figure is the same text.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": said}):
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    root = ElementTree.fromstring(file.getvalue())
    for element in root.iter():
        _tidy(element)
    width = float(figure.get_figwidth()) * 100.0
    root.attrib.update({"xmlns": SVG, "role": "img", "aria-label": said, "width": f"{width:.0f}"})
    root.set("style", "max-width: 100%; height: auto; stroke-linejoin: round")
    del root.attrib["height"]
    return ElementTree.tostring(root, encoding="unicode")


def _tidy(element: ElementTree.Element) -> None:
    """Make an element fit to stand in a page of others, and short."""
    element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    for part in list(element):
        # A style sheet would reach the whole page.
        if part.tag == f"{{{SVG}}}style":
            element.remove(part)
    if element.tag == "g":
        element.attrib.pop("id", None)
    for name, value in list(element.attrib.items()):
        if name.startswith("{"):
            del element.attrib[name]
            name = name.rpartition("}")[2]
        if name == "style":
            value = re.sub(r"'DejaVu Sans'[^;]*", "sans-serif", value).replace(PAGE_INK, "currentColor")
        elif name in ("d", "x", "y"):
            # A hundredth of a point is enough, and half the size.
            value = re.sub(r"(\.\d\d)\d+", r"\1", value)
        element.set(name, value)
