"""A figure as SVG for an HTML page, light, dark or printed."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from riskkit._core.errors import InvalidInput
from riskkit.report.figures._labels import one_line
from riskkit.report.figures._themes import PAGE_INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["svg"]

SVG = "http://www.w3.org/2000/svg"


def svg(ax: Axes, label: str | None = None) -> str:
    """The figure of an Axes as SVG for embedding in an HTML page.

    Parameters
    ----------
    ax : Axes
        Made by any of the figures.
    label : str, optional
        Its description for screen readers; by default the labels of its axes.

    Returns
    -------
    str
        An ``<svg>`` element that loads nothing and is as wide as its container, at most 600 pixels. Texts stay texts.
        A figure drawn with ``theme="page"`` has no background and takes the text colour of the page, so it suits
        light and dark pages and print.

    Raises
    ------
    InvalidInput
        If `ax` is not an Axes.

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
    description = one_line(label or "") or " over ".join(
        filter(None, map(one_line, (ax.get_ylabel(), ax.get_xlabel())))
    )
    figure = ax.get_figure(root=True)
    assert figure is not None
    file = io.StringIO()
    # Ids depend on the salt: they differ between figures on one page, and the same figure gives the same text.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": description}):
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    root = ElementTree.fromstring(file.getvalue())
    for element in root.iter():
        _clean(element)
    width = float(figure.get_figwidth()) * 100.0
    root.attrib.update({"xmlns": SVG, "role": "img", "aria-label": description, "width": f"{width:.0f}"})
    root.set("style", "max-width: 100%; height: auto; stroke-linejoin: round")
    del root.attrib["height"]
    return ElementTree.tostring(root, encoding="unicode")


def _clean(element: ElementTree.Element) -> None:
    """Remove from an element what would affect the rest of the page, and shorten it."""
    element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    for child in list(element):
        # A style sheet would affect the whole page.
        if child.tag == f"{{{SVG}}}style":
            element.remove(child)
    if element.tag == "g":
        element.attrib.pop("id", None)
    for name, value in list(element.attrib.items()):
        if name.startswith("{"):
            del element.attrib[name]
            name = name.rpartition("}")[2]
        if name == "style":
            value = re.sub(r"'DejaVu Sans'[^;]*", "sans-serif", value).replace(PAGE_INK, "currentColor")
        elif name in ("d", "x", "y"):
            # A hundredth of a point is precise enough and halves the size.
            value = re.sub(r"(\.\d\d)\d+", r"\1", value)
        element.set(name, value)
